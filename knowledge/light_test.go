package knowledge

import (
	"slices"
	"testing"
)

func TestWordsThatSayLittleWeighLittle(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		language, question string
		heavy, light       []string
	}{
		{"de", "hab gestern meine Brille bei euch liegen lassen", []string{"brille"}, []string{"habe", "gestern", "lassen"}},
		{"de", "brauch ich für 3 Kinder nen Termin", []string{"kinder", "termin"}, []string{"brauch", "3"}},
		{"es", "hasta que hora abre la recepcion", []string{"recepcion", "abre"}, []string{"hasta"}},
		{"es", "podeis venir vosotros a recoger la lavadora", []string{"recoger", "lavadora"}, []string{"venir", "vosotros"}},
		{"en", "anything i can use to put the stuff in the locker", []string{"locker"}, []string{"anything", "use", "stuff"}},
		{"fr", "faut il apporter quelque chose pour la piscine", []string{"piscine"}, []string{"faut", "chose"}},
		{"nl", "kan iemand even naar mijn fiets kijken", []string{"fiets"}, []string{"iemand", "even"}},
	} {
		q := askedOf(spelled(x.question, x.language), []string{x.language})
		weight := func(word string) float64 {
			i := slices.IndexFunc(q.units, func(u unit) bool { return u.word == word })
			if i < 0 {
				return 0 // a function word
			}
			return q.units[i].weight
		}
		for _, h := range x.heavy {
			for _, l := range x.light {
				if weight(h) < 1.8*weight(l) || weight(h) == 0 {
					t.Errorf("%q: %q weighs %.2f, %q %.2f", x.question, h, weight(h), l, weight(l))
				}
			}
		}
	}
}

func TestLightWordsAreThere(t *testing.T) {
	t.Parallel()
	for _, l := range conceptLanguages {
		if len(lightWords()[l]) < 100 {
			t.Errorf("%s has %d", l, len(lightWords()[l]))
		}
	}
}

func TestPartsOfACompound(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		language, word string
		concepts       []string // that it has; none: it is no compound
	}{
		{"de", "spindschlüssel", []string{"locker"}},
		{"de", "lieferadresse", []string{"delivery", "address"}},
		{"de", "terminabsage", []string{"appointment", "cancel"}},
		{"de", "besonders", nil},
		{"de", "mitteilung", nil},
		{"en", "keyboard", nil}, // English writes its compounds apart
	} {
		got := thesaurusOf(x.language).parts(x.word)
		if x.concepts == nil && got != nil {
			t.Errorf("%s is %d", x.word, got)
		}
		for _, c := range x.concepts {
			if !slices.Contains(got, conceptNamed(c)) {
				t.Errorf("%s lacks %s", x.word, c)
			}
		}
	}
}

func TestFunctionWordsAreReadDespiteASlip(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ language, text, want string }{
		{"en", "how mcuh is it til satuday", "how much is it until satuday"},
		{"en", "waht abuot wehn im away?", "what about when im away?"},
		{"en", "form, fro, dose, tow", "form, fro, dose, tow"}, // words that there are stay
		{"de", "wo ist dsa udn wnan", "wo ist das und wann"},
		{"es", "q precio tinee", "que precio tiene"},
		{"", "mcuh", "mcuh"},
	} {
		if got := spelled(x.text, x.language); got != x.want {
			t.Errorf("%q in %q: %q, want %q", x.text, x.language, got, x.want)
		}
	}
}

func TestAPhraseIsFoundByItsWordsInAnotherLanguage(t *testing.T) {
	t.Parallel()
	likes := func(text string, languages ...string) float64 {
		q := askedOf("kann man bei euch auch per rechnung zahlen", languages)
		return q.match(read("en", "Payment", "", text), make([]bool, len(q.units)), &likenings{of: map[*item][2]int{}}).any[1]
	}
	if got := likes("We take cards, and you can pay by invoice.", "en"); got < 0.5 {
		t.Errorf("an invoice is no Rechnung: %.2f", got)
	}
	if got := likes("We take cards.", "en"); got >= 0.5 {
		t.Errorf("a card is a Rechnung: %.2f", got)
	}
}
