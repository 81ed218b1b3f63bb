package knowledge

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// root is a word's stem as words are compared and the thesauri keep it: of a word that is written without its accents as of one with them, and of one
// whose stem is too short to tell it by, the word. What is indexed is stemmed plainly.
func root(language, word string) string {
	s := stem(language, restored(language, word))
	switch language {
	case "es":
		s = monophthong(s)
		fallthrough
	case "it", "pt": // "solo" and "sol", "para" and "par"
		if utf8.RuneCountInString(s) <= shortestRoot {
			s = strings.TrimSuffix(unaccented(word), "s")
		}
	}
	return s
}

// shortestRoot is how short a stem without its last vowel may be and is still taken for another word's.
const shortestRoot = 3

// unwritten are endings that hurried people write without their accents, and how a stemmer knows them, the longest first.
var unwritten = map[string][][2]string{
	"es": {{"logia", "logía"}, {"logias", "logías"}, {"cion", "ción"}, {"sion", "sión"}, {"xion", "xión"}, {"eria", "ería"}, {"erias", "erías"}, {"ais", "áis"}, {"eis", "éis"}},
	"pt": {{"encias", "ências"}, {"ancias", "âncias"}, {"encia", "ência"}, {"ancia", "ância"}, {"aveis", "áveis"}, {"iveis", "íveis"}, {"avel", "ável"}, {"ivel", "ível"}, {"coes", "ções"}, {"soes", "sões"},
		{"cao", "ção"}, {"sao", "são"}, {"logia", "logía"}},
	"fr": {{"ees", "ées"}, {"ee", "ée"}, {"ilites", "ilités"}, {"ilite", "ilité"}, {"ivite", "ivité"}, {"arite", "arité"}, {"urite", "urité"}, {"alite", "alité"}},
	"pl": {{"osci", "ości"}, {"osc", "ość"}, {"ac", "ać"}, {"ic", "ić"}, {"yc", "yć"}, {"aja", "ają"}, {"eja", "eją"}, {"uja", "ują"}},
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
			if before := word[:at]; u[0] == "ue" && (before == "" || strings.ContainsAny(before[len(before)-1:], "aeqo") || slices.ContainsFunc(hiatus, func(s string) bool { return strings.HasPrefix(word[at:], s) })) {
				from = at + len(u[0])
				continue
			}
			word = word[:at] + u[1] + word[at+len(u[0]):]
			from = at + len(u[1])
		}
	}
	return word
}

// hiatus are where "ue" is two vowels: "aktuell", "manuell", "individuelle".
var hiatus = []string{"uell"}

// monophthong is a Spanish stem with the vowel that it has where it is not stressed: "cierr" and "cerr", "devuelv" and "devolv".
func monophthong(stem string) string {
	at := max(strings.LastIndex(stem, "ie"), strings.LastIndex(stem, "ue"))
	if at < 1 || strings.ContainsAny(stem[at+2:], "aeiou") || stem[at-1] == 'q' || stem[at-1] == 'g' && stem[at] == 'u' {
		return stem
	}
	if stem[at] == 'i' {
		return stem[:at] + stem[at+1:]
	}
	return stem[:at] + "o" + stem[at+2:]
}
