package knowledge

import (
	"embed"
	"slices"
	"strings"
	"sync"
)

// concepts are words and phrases of one meaning, a file a language; the concepts' names are the same in all, so that a question in one language finds
// an article in another.
//
//go:embed concepts/*.txt
var conceptFiles embed.FS

// conceptLanguages have a file.
var conceptLanguages = []string{"en", "de", "es", "fr", "it", "pt", "nl", "pl", "tr", "ar"}

// thesaurus is one language's concepts.
type thesaurus struct {
	language string
	phrases  map[string][]phrase // by the first two words' stems, or by the one that it is
	opens    map[string]bool     // the stems that longer phrases begin with

	listed sync.Once
	lone   map[byte][]string // the stems that are a phrase by themselves, by what they begin with
}

type phrase struct {
	stems   []string
	concept uint16
}

// conceptNames numbers the concepts, in the order of the English file.
var conceptNames = sync.OnceValue(func() map[string]uint16 {
	names := map[string]uint16{}
	b, _ := conceptFiles.ReadFile("concepts/en.txt")
	for line := range strings.Lines(string(b)) {
		if name, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
			names[strings.TrimSpace(name)] = uint16(len(names) + 1)
		}
	}
	return names
})

// conceptNamed is a concept's number; it panics when there is none, because the name is ours.
func conceptNamed(name string) uint16 {
	c := conceptNames()[name]
	if c == 0 {
		panic("no concept is called " + name)
	}
	return c
}

var thesauri sync.Map // by language: *thesaurus, made when first needed

// thesaurusOf is a language's; an empty one where we have none.
func thesaurusOf(language string) *thesaurus {
	if t, ok := thesauri.Load(language); ok {
		return t.(*thesaurus)
	}
	t := &thesaurus{language: language, phrases: map[string][]phrase{}, opens: map[string]bool{}}
	b, _ := conceptFiles.ReadFile("concepts/" + language + ".txt")
	known := map[string]string{} // most words stand in many entries
	for line := range strings.Lines(string(b)) {
		name, list, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		id := conceptNames()[strings.TrimSpace(name)]
		if id == 0 {
			continue
		}
		for entry := range strings.SplitSeq(list, ",") {
			stems := tokens(entry)
			for i, w := range stems {
				s, ok := known[w]
				if !ok {
					s = root(language, w)
					known[w] = s
				}
				stems[i] = s
			}
			if len(stems) == 0 {
				continue
			}
			key := strings.Join(stems[:min(2, len(stems))], " ")
			t.phrases[key] = append(t.phrases[key], phrase{stems, id})
			if len(stems) > 1 {
				t.opens[stems[0]] = true
			}
		}
	}
	kept, _ := thesauri.LoadOrStore(language, t)
	return kept.(*thesaurus)
}

// welded are the languages that weld nouns into one, and what may stand in the seam.
var welded = map[string][]string{"de": {"", "s", "n", "en", "es", "e", "er"}, "nl": {"", "s", "en", "e"}}

// A part of a compound has at least so many letters; shorter ones are endings.
const shortestPart = 4

// parts are the concepts of the two words that a compound is made of: "Spindschlüssel" is about lockers and about keys. None for other words.
func (t *thesaurus) parts(word string) (all []uint16) {
	seams := welded[t.language]
	if len(seams) == 0 || len(word) < 2*shortestPart || len(word) > longestRooted {
		return nil
	}
	for at := shortestPart; at <= len(word)-shortestPart; at++ { // the longest head, which comes last, says what it is
		head := t.single(word[at:])
		if len(head) == 0 {
			continue
		}
		for _, seam := range seams {
			first, ends := strings.CutSuffix(word[:at], seam)
			if !ends || len(first) < shortestPart {
				continue
			}
			if before := t.single(first); len(before) > 0 {
				for _, c := range append(head, before...) {
					if !slices.Contains(all, c) {
						all = append(all, c)
					}
				}
				return all
			}
		}
	}
	return nil
}

// single are the concepts that a word names by itself.
func (t *thesaurus) single(word string) (all []uint16) {
	for _, p := range t.phrases[root(t.language, word)] {
		if len(p.stems) == 1 && !slices.Contains(all, p.concept) {
			all = append(all, p.concept)
		}
	}
	return all
}

// A mention is a phrase in a text: of its words from one up to another.
type mention struct {
	from, to int
	concept  uint16
}

// mentions are the phrases that a text of words has; what is inside a longer one does not count: "gift card" is no card to pay with.
func (t *thesaurus) mentions(words []string) []mention {
	known, stems := make([]entered, len(words)), make([]string, len(words))
	for i, x := range lexemesOf(t.language, words) {
		known[i], stems[i] = x.entered, x.stem
	}
	return t.among(stems, known)
}

// meant are the phrases that a question has when its typing errors are mended: a word that nobody knows is the one word of the thesaurus that it is but for
// a slip of the finger.
func (t *thesaurus) meant(words []string) []mention {
	known, stems := make([]entered, len(words)), make([]string, len(words))
	for i, x := range lexemesOf(t.language, words) {
		known[i], stems[i] = x.entered, x.stem
		if x.stopped || x.vector >= 0 || x.entered.opens || len(x.entered.phrases) > 0 || len(x.parts) > 0 || len(words[i]) < shortestMended || len(words[i]) > longestRooted || used(t.language, words[i]) {
			continue
		}
		if s := t.nearest(x.stem); s != "" {
			known[i], stems[i] = t.entered(s), s
		}
	}
	return t.among(stems, known)
}

// shortestMended is how many bytes a word has at least that a slip is looked for in, and its stem where we do not know a language's words: short ones are a
// letter from many others.
const shortestMended = 5

// nearest is the one stem that a word of the thesaurus has by itself and that another stem is but for a slip; "" when there are several or none.
func (t *thesaurus) nearest(stem string) (found string) {
	if len(stem) < shortestMended-1 || len(stem) < shortestMended && t.language != "en" {
		return ""
	}
	t.listed.Do(func() {
		t.lone = map[byte][]string{}
		for key := range t.phrases {
			if strings.IndexByte(key, ' ') < 0 {
				t.lone[key[0]] = append(t.lone[key[0]], key)
			}
		}
	})
	runes := []rune(stem)
	for _, key := range t.lone[stem[0]] {
		if d := len(key) - len(stem); d > 2 || d < -2 || !slipped([]rune(key), runes, t.language == "en") {
			continue
		}
		if found != "" {
			return ""
		}
		found = key
	}
	return found
}

// slipped is whether one word is the other but for a slip: two neighbours that have changed places, a doubled letter written once or a single one twice;
// anyLetter: or any letter left out or put in, which in languages whose words we do not know makes one word of another.
func slipped(a, b []rune, anyLetter bool) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i] != a[i+1] && slices.Equal(a[i+2:], b[i+2:])
	case 1:
		return slices.Equal(a[i:], b[i+1:]) && (anyLetter || i > 0 && b[i] == b[i-1])
	}
	return false
}

// entered is what the thesaurus has by a stem: the phrases that it is, and whether it begins longer ones.
type entered struct {
	phrases []phrase
	opens   bool
}

func (t *thesaurus) entered(stem string) entered { return entered{t.phrases[stem], t.opens[stem]} }

// among are the mentions where what is known of each stem has been looked up.
func (t *thesaurus) among(stems []string, known []entered) []mention {
	var out []mention
	longest := make([]int, len(stems)) // of the phrases over each word
	var pair []byte
	for i, s := range stems {
		for _, p := range known[i].phrases {
			out = append(out, mention{i, i + 1, p.concept})
			longest[i] = max(longest[i], 1)
		}
		if !known[i].opens || i+1 == len(stems) {
			continue
		}
		pair = append(append(append(pair[:0], s...), ' '), stems[i+1]...)
		for _, p := range t.phrases[string(pair)] {
			if n := len(p.stems); i+n <= len(stems) && slices.Equal(p.stems[2:], stems[i+2:i+n]) {
				out = append(out, mention{i, i + n, p.concept})
				for j := range n {
					longest[i+j] = max(longest[i+j], n)
				}
			}
		}
	}
	return slices.DeleteFunc(out, func(m mention) bool {
		return slices.ContainsFunc(longest[m.from:m.to], func(n int) bool { return n > m.to-m.from })
	})
}

// Names is whether a text names one of the concepts, which are called as in concepts/en.txt, in its own language.
func Names(text string, concepts ...string) bool {
	own := Language(text)
	if own == "" {
		own = "en"
	}
	return slices.ContainsFunc(thesaurusOf(own).mentions(tokens(text)), func(m mention) bool {
		return slices.ContainsFunc(concepts, func(name string) bool { return conceptNames()[name] == m.concept })
	})
}
