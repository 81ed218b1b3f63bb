package knowledge

import "strings"

// root is a word's stem as words are compared and the thesauri keep it: of a word that is written without its accents as of one with them. What is indexed is
// stemmed plainly.
func root(language, word string) string {
	switch {
	case len(word) > longestRooted:
		return stem(language, word)
	case apart[language][word]:
		return unaccented(word)
	}
	s := stem(language, restored(language, word))
	if language == "es" {
		s = unstressed(s)
	}
	return s
}

// apart are words whose stem is another's: "solo" and "sol".
var apart = map[string]map[string]bool{"es": words(`solo solos sola solas sólo`), "it": words(`solo soli sola sole`)}

// longestRooted is how many bytes a word may have that is looked at more closely: what is longer is none.
const longestRooted = 48

// unwritten are endings that hurried people write without their accents, and how a stemmer knows them, the longest first.
var unwritten = map[string][][2]string{
	"es": {{"logia", "logía"}, {"logias", "logías"}, {"cion", "ción"}, {"sion", "sión"}, {"xion", "xión"}, {"eria", "ería"}, {"erias", "erías"}, {"ais", "áis"}, {"eis", "éis"}},
	"pt": {{"encias", "ências"}, {"ancias", "âncias"}, {"encia", "ência"}, {"ancia", "ância"}, {"aveis", "áveis"}, {"iveis", "íveis"}, {"avel", "ável"}, {"ivel", "ível"}, {"coes", "ções"}, {"soes", "sões"},
		{"cao", "ção"}, {"sao", "são"}},
	"fr": {{"ees", "ées"}, {"ee", "ée"}, {"ilites", "ilités"}, {"ilite", "ilité"}, {"ivites", "ivités"}, {"ivite", "ivité"}, {"arite", "arité"}, {"urite", "urité"}, {"alite", "alité"}},
	"pl": {{"osci", "ości"}, {"osc", "ość"}, {"aja", "ają"}, {"eja", "eją"}, {"uja", "ują"}},
}

// umlauts are German's, and how those write them whose keyboard has none; "neue" and "aktuell" have no umlaut.
var umlauts = [][2]string{{"ae", "ä"}, {"oe", "ö"}, {"ue", "ü"}}

// restored is a word with the accents that its ending must have.
func restored(language, word string) string {
	if language == "de" {
		return withUmlauts(word)
	}
	for _, e := range unwritten[language] {
		if bare, ok := strings.CutSuffix(word, e[0]); ok && len(bare) >= 2 {
			return bare + e[1]
		}
	}
	return word
}

func withUmlauts(word string) string {
	for _, u := range umlauts {
		from := 0
		for {
			at := strings.Index(word[from:], u[0])
			if at < 0 {
				break
			}
			at += from
			if before := word[:at]; u[0] == "ue" && (before == "" || strings.ContainsAny(before[len(before)-1:], "aeqo") || strings.HasPrefix(word[at:], "uell") && strings.ContainsAny(before[len(before)-1:], "tdnsx")) {
				from = at + len(u[0])
				continue
			}
			word = word[:at] + u[1] + word[at+len(u[0]):]
			from = at + len(u[1])
		}
	}
	return word
}

// alternating are the stems of Spanish verbs whose vowel changes where it is stressed, as they are where it is not.
var alternating = words(`cerr prob aprob mostr devolv volv resolv encontr cost empez comenz perd mov pens sent acord dorm encend entend atend calent sold colg descont`)

// unstressed is a Spanish verb's stem with the vowel that it has where it is not stressed: "cierr" and "cerr", "devuelv" and "devolv".
func unstressed(stem string) string {
	for _, v := range [][2]string{{"ie", "e"}, {"ue", "o"}} {
		if at := strings.LastIndex(stem, v[0]); at > 0 {
			if s := stem[:at] + v[1] + stem[at+2:]; alternating[s] {
				return s
			}
		}
	}
	return stem
}
