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
	t := &thesaurus{language: language, phrases: map[string][]phrase{}}
	b, _ := conceptFiles.ReadFile("concepts/" + language + ".txt")
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
			var stems []string
			for _, w := range tokens(entry) {
				stems = append(stems, stem(language, w))
			}
			if len(stems) > 0 {
				key := strings.Join(stems[:min(2, len(stems))], " ")
				t.phrases[key] = append(t.phrases[key], phrase{stems, id})
			}
		}
	}
	kept, _ := thesauri.LoadOrStore(language, t)
	return kept.(*thesaurus)
}

// A mention is a phrase in a text: of its words from one up to another.
type mention struct {
	from, to int
	concept  uint16
}

// mentions are the phrases that a text of stems has; what is inside a longer one does not count: "gift card" is no card to pay with.
func (t *thesaurus) mentions(stems []string) []mention {
	var out []mention
	longest := make([]int, len(stems)) // of the phrases over each word
	var pair []byte
	for i, s := range stems {
		known := t.phrases[s]
		if i+1 < len(stems) {
			pair = append(append(append(pair[:0], s...), ' '), stems[i+1]...)
			known = slices.Concat(known, t.phrases[string(pair)])
		}
	phrases:
		for _, p := range known {
			if i+len(p.stems) > len(stems) {
				continue
			}
			for j, x := range p.stems {
				if stems[i+j] != x {
					continue phrases
				}
			}
			out = append(out, mention{i, i + len(p.stems), p.concept})
			for j := range p.stems {
				longest[i+j] = max(longest[i+j], len(p.stems))
			}
		}
	}
	return slices.DeleteFunc(out, func(m mention) bool {
		for i := m.from; i < m.to; i++ {
			if longest[i] > m.to-m.from {
				return true
			}
		}
		return false
	})
}

// Names is whether a text names one of the concepts, which are called as in concepts/en.txt, in its own language.
func Names(text string, concepts ...string) bool {
	own := Language(text)
	if own == "" {
		own = "en"
	}
	var stems []string
	for _, w := range tokens(text) {
		stems = append(stems, stem(own, w))
	}
	return slices.ContainsFunc(thesaurusOf(own).mentions(stems), func(m mention) bool {
		return slices.ContainsFunc(concepts, func(name string) bool { return conceptNames()[name] == m.concept })
	})
}
