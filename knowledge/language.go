package knowledge

import (
	"strings"

	"github.com/abadojack/whatlanggo"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
)

// stemmers are by ISO 639-1. A language without one is searched by whole words and by vectors.
var stemmers = map[string]func(*snowballstem.Env) bool{
	"da": danish.Stem, "de": german.Stem, "en": english.Stem, "es": spanish.Stem, "fi": finnish.Stem, "fr": french.Stem, "hu": hungarian.Stem, "it": italian.Stem, "nl": dutch.Stem,
	"no": norwegian.Stem, "pt": portuguese.Stem, "ro": romanian.Stem, "ru": russian.Stem, "sv": swedish.Stem, "tr": turkish.Stem,
}

// spoken are the languages that detection chooses from.
var spoken = map[whatlanggo.Lang]bool{
	whatlanggo.Dan: true, whatlanggo.Deu: true, whatlanggo.Eng: true, whatlanggo.Spa: true, whatlanggo.Fin: true, whatlanggo.Fra: true, whatlanggo.Hun: true, whatlanggo.Ita: true, whatlanggo.Nld: true,
	whatlanggo.Nob: true, whatlanggo.Por: true, whatlanggo.Ron: true, whatlanggo.Rus: true, whatlanggo.Swe: true, whatlanggo.Tur: true, whatlanggo.Pol: true, whatlanggo.Ces: true, whatlanggo.Ukr: true,
	whatlanggo.Cmn: true, whatlanggo.Jpn: true, whatlanggo.Kor: true, whatlanggo.Arb: true, whatlanggo.Ell: true, whatlanggo.Heb: true,
}

// marks are the small words that tell a language in a short text, where letter statistics do not.
var marks = map[string]map[string]bool{
	"en": words("the is are you what how my to and of in it for can do not have with this i where when why please hello thanks was"),
	"de": words("der die das ist sind ich sie wie was mein meine nicht und zu mit kann haben für ein eine einen bitte wo wann warum hallo danke auf es im den dem"),
	"es": words("el la los las es son que cómo como mi no y de en con puedo tengo para una un por quiero dónde cuándo hola gracias está qué"),
	"fr": words("le la les est sont que comment mon ma mes ne pas et de avec je vous pour une un où quand bonjour merci puis-je des du"),
	"nl": words("de het een is zijn ik u hoe wat mijn niet en met kan hebben voor waar wanneer graag hallo bedankt op van dat dit je"),
}

// Language is the language of a text, ISO 639-1: by its small words when it is short, by its letters when it is long; "" when neither is sure.
func Language(text string) string {
	best, most, second := "", 0, 0
	list := tokens(text)
	for _, l := range []string{"en", "de", "es", "fr", "nl"} {
		n := 0
		for _, w := range list[:min(len(list), 200)] {
			if marks[l][w] {
				n++
			}
		}
		switch {
		case n > most:
			best, most, second = l, n, most
		case n > second:
			second = n
		}
	}
	if most >= 2 && most > second {
		return best
	}
	if len(list) >= 8 {
		if d := whatlanggo.DetectWithOptions(text, whatlanggo.Options{Whitelist: spoken}); d.IsReliable() {
			if d.Lang == whatlanggo.Nob {
				return "no"
			}
			return d.Lang.Iso6391()
		}
	}
	if most == 1 && second == 0 {
		return best
	}
	return ""
}

// stem is a word's stem in a language; the word itself where we have no stemmer.
func stem(language, word string) string {
	s, ok := stemmers[language]
	if !ok {
		return word
	}
	e := snowballstem.NewEnv(word)
	s(e)
	return e.Current()
}

// stop words carry no content of their own: function words, and what people wrap a question in.
var stop = map[string]map[string]bool{
	"en": words(`a about above after again all also am an and any are as at be because been before being below between both but by can cannot could did do does doing down during each
		few for from further get got had has have having he her here hers him his how i if in into is it its itself just let like me more most my myself no nor not now of off on once only or other our
		ours out over own please same shall she should so some such than that the their theirs them then there these they this those through to too under until up us very was we were what when where
		which while who whom why will with would you your yours hi hello hey thanks thank need want know tell help question way possible im ive id dont doesnt isnt cant whats hows theres lets much many`),
	"de": words(`aber alle als also am an auch auf aus bei bin bis bist bitte da damit das dass dein deine dem den der des die dies diese diesem dieser doch dort du durch ein eine einem einen einer
		er es etwas euch für gibt habe haben hallo hat hatte hätte ich ihm ihn ihr ihre im in ist ja kann kannst können könnte man mein meine meinem meinen meiner mich mir mit möchte muss nach nein nicht noch nur ob
		oder ohne sehr sein seine sich sie sind so soll über um und uns unser von vor wann warum was weil welche wenn wer werden wie wieder will wird wo zu zum zur danke`),
	"es": words(`a al algo como cómo con cual cuál cuando cuándo de del desde donde dónde el él ella en es esta está este esto hay hola la las le lo los me mi mis muy más no nos o para pero por porque puede puedo
		que qué quiero se ser si sí sin sobre son su sus te tengo tiene tu tus un una uno usted y ya yo gracias`),
	"fr": words(`à ai au aux avec avez bonjour c ce ces cette comment d dans de des du elle en est et être fait il ils j je l la le les leur lui ma mais me merci mes moi mon n ne nos notre nous on ou où par pas peut
		peux pour puis qu quand que quel quelle qui s sa se ses si son sont sur ta te tes toi ton tu un une va veux vos votre vous y`),
	"nl": words(`aan al als ben bent bij dan dat de der deze die dit doe door dus een en er ging graag had hallo heb hebben heeft het hier hij hoe hoef hun ik in is ja je jij jullie kan kunnen maar me meer met mij mijn moet
		na naar nee niet nog nu of om onder ons ook op over te toch tot u uit uw van veel voor waar waarom wanneer want was wat we wel werd wie wij wil worden zal ze zelf zich zij zijn zo zonder zou bedankt`),
}

func stopped(language, word string) bool { return stop[language][word] }

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}
