package knowledge

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/needle"
)

// kind is a set of what a text shows or a question asks for.
type kind uint16

const (
	money kind = 1 << iota
	duration
	clock
	phoneOrMail
	place
	amount
)

// units are those of time, as durations have them.
var units = words(`second seconds minute minutes min mins hour hours hr hrs day days week weeks month months year years sekunde sekunden minute minuten stunde stunden tage tagen woche wochen monat monaten monate jahr jahren jahre
	segundo segundos minuto minutos hora horas día días dia dias semana semanas mes meses año años heure heures jour jours semaine semaines mois an ans ore ora giorni giorno settimana settimane mese mesi anno anni
	mês ano anos uur dagen dag weken maanden maand jaar dni dzień lat saat gün hafta ay yıl working business ساعة ساعات يوم أيام اسبوع أسابيع شهر أشهر`)

// numberWords stand before a unit of time.
var numberWords = words(`one two three four five six seven ten twelve few half zwei drei vier fünf sechs zehn ein eine einen einem einer eines un una dos tres cuatro cinco deux trois due tre dois duas twee drie dwa trzy iki üç`)

// days of the week, and how those begin that are inflected.
var days = words(`monday mondays tuesday tuesdays wednesday wednesdays thursday thursdays friday fridays saturday saturdays sunday sundays montag montags dienstag dienstags mittwoch mittwochs donnerstag donnerstags freitag freitags samstag samstags sonntag sonntags
		lunes martes miércoles jueves viernes sábado sábados domingo domingos lundi mardi mercredi jeudi vendredi samedi dimanche lunedì martedì mercoledì giovedì venerdì sabato domenica segunda terça quarta quinta sexta
		maandag dinsdag woensdag donderdag vrijdag zaterdag zondag pazartesi salı çarşamba perşembe cuma cumartesi pazar الاثنين الجمعة السبت الأحد`)

// places are words by which a text says where something is.
var places = words(`street road avenue square yard lane floor behind opposite entrance platz hinter gegenüber neben eingang calle avenida plaza detrás rue place derrière via piazza dietro rua praça atrás straat plein achter
	ulica ul sokak cadde caddesi caddede bus tram station parking شارع`)

// How words of those begin or end that are inflected or welded to others.
var (
	unitsBegin = strings.Fields(`godzin tygodni miesi rok werk laborable ouvr`)
	daysBegin  = strings.Fields(`poniedział wtor środ czwart piąt sobot niedziel`)
	placesEnd  = strings.Fields(`straße strasse straat`)
	placesSaid = []string{"next to", "junto a"}
)

// patterned are looked for by a pattern, in lower case.
var patterned = []struct {
	kind  kind
	digit bool // there is none without one
	re    *needle.Regexp
}{
	{money, false, needle.MustCompile(`[€$£₺¥]\s?\d|\d\s?(?:[€$£₺¥]|eur\b|euros?\b|usd\b|dollars?\b|pounds?\b|gbp\b|p\b|cents?\b|reais\b|pesos?\b|mxn\b|cop\b|zł|zl\b|pln\b|tl\b|lira\b|chf\b|franken\b|percent\b|prozent\b|por ciento\b|%)|r\$\s?\d|\b(?:free|kostenlos|gratis|gratuit\w*|gratuito|bezpłatn\w*|darmow\w*|ücretsiz|kostenfrei|geen kosten|مجان\w*)\b`)},
	{clock, true, needle.MustCompile(`\b\d{1,2}[:.h]\d\d\b|\b\d{1,2}\s?(?:am|pm|uhr|h\b|hs\b|uur)|\b\d{1,2}\s?[–-]\s?\d{1,2}\s?(?:uhr|h\b|uur)?`)},
	{phoneOrMail, false, needle.MustCompile(`[\w.+-]+@[\w-]+\.\w+|(?:\+|\b0)\d[\d /()-]{5,}\d|\b(?:phone|telefon\w*|teléfono|téléphone|telefono|telefone|call us|hotline|hattı)\b`)},
}

// asks are the concepts by which a question asks for a kind.
var asks = sync.OnceValue(func() map[uint16]kind {
	m := map[uint16]kind{}
	for name, k := range map[string]kind{
		"price": money, "discount": money, "late fee": money, "deposit": money, "duration": duration, "validity": duration, "notice": duration, "opening": clock, "weekend": clock, "weekday": clock,
		"contact": phoneOrMail, "location": place, "parking": place, "publictransport": place, "size": amount, "weight": amount, "limit": amount, "minimum": amount, "age": amount,
	} {
		m[conceptNamed(name)] |= k
	}
	return m
})

// whens ask for a time: how long something takes or when it is. In the middle of a sentence they join two of them.
var whens = words(`when wann cuándo cuando quand quando wanneer kiedy zaman متى`)

// Where a word that asks for a time stands: among the first so many, or behind one of these.
const firstWords = 3

var beforeWhen = words(`until till by since from and or so und oder bis ab seit y e o hasta desde para et ou jusqu depuis fino da até en tot vanaf sinds i lub do od ne ve veya و او`)

// wanted are the kinds that a text of words asks for, each with those that will do for it.
func wanted(language string, words []string) (all []kind) {
	for _, m := range thesaurusOf(language).mentions(words) {
		if k := asks()[m.concept]; k != 0 && !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	for i, w := range words {
		if whens[w] && (i < firstWords || beforeWhen[words[i-1]]) && !slices.ContainsFunc(all, func(k kind) bool { return k&(duration|clock) != 0 }) {
			all = append(all, duration|clock)
		}
	}
	return all
}

// satisfied is whether all that is wanted is shown.
func satisfied(wants []kind, shown kind) bool {
	return !slices.ContainsFunc(wants, func(k kind) bool { return k&shown == 0 })
}

// showing are the kinds, of those wanted, that each piece of a section shows; each kind is looked for once.
func (r *reading) showing(want kind) []kind {
	r.mu.Lock()
	defer r.mu.Unlock()
	if left := want &^ r.looked; left != 0 {
		if r.shows == nil {
			r.shows = make([]kind, len(r.texts))
		}
		for i, t := range r.texts {
			r.shows[i] |= shows(t, left)
		}
		r.looked |= left
	}
	out := make([]kind, len(r.shows))
	for i, k := range r.shows {
		out[i] = k & want
	}
	return out
}

func shows(text string, want kind) (k kind) {
	text = strings.ToLower(text)
	digit := strings.ContainsAny(text, "0123456789")
	if digit {
		k |= amount
	}
	if want&(duration|clock|place) != 0 {
		k |= worded(text)
	}
	for _, p := range patterned {
		if want&p.kind != 0 && k&p.kind == 0 && (digit || !p.digit) && p.re.MatchString(text) {
			k |= p.kind
		}
	}
	return k & want
}

// longestGap is how many bytes may stand between a number and its unit of time: "2 to 3 working days".
const longestGap = 14

// worded are the kinds that a text shows by its words: a day of the week, a place, and a number before a unit of time in the same sentence or cell.
func worded(text string) (k kind) {
	for _, s := range placesSaid {
		if strings.Contains(text, s) {
			k |= place
		}
	}
	number := -1 // where the last one ended
	for start := 0; start < len(text); {
		r, n := utf8.DecodeRuneInString(text[start:])
		switch {
		case r == '.' || r == '|' || r == '\n':
			number = -1
		case r >= '0' && r <= '9':
			number = start + n
		case unicode.IsLetter(r):
			for start+n < len(text) {
				r, more := utf8.DecodeRuneInString(text[start+n:])
				if !unicode.IsLetter(r) && !unicode.IsMark(r) {
					break
				}
				n += more
			}
			word := text[start : start+n]
			if number >= 0 && start-number <= longestGap && (units[word] || hasPrefix(word, unitsBegin)) {
				k |= duration
			}
			if days[word] || hasPrefix(word, daysBegin) {
				k |= clock
			}
			if places[word] || hasSuffix(word, placesEnd) {
				k |= place
			}
			switch {
			case numberWords[word]:
				number = start + n
			case number == start: // "15p", "22nd"
				number = -1
			}
		}
		start += n
	}
	return k
}

func hasPrefix(word string, all []string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(word, s) })
}

func hasSuffix(word string, all []string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return strings.HasSuffix(word, s) })
}
