package copilot

import (
	"slices"
	"strings"
	"unicode"

	"github.com/deskbell/deskbell/knowledge"
)

// heard is what a text says besides what it may ask.
type heard struct {
	all      class  // what it says anywhere
	only     class  // what it says when it says nothing else; 0: there is more in it
	language string // of the phrases; "": none, or of several
	first    class  // what it begins with
	emoji    bool   // it has no words at all
	words    int
}

// mostCourteous is how many words a text may have that only says something.
const mostCourteous = 25

// hear reads a text.
func hear(text string) heard {
	f := folded(text)
	if len(f) > 2*mostPhrased {
		f = slices.Concat(f[:mostPhrased], []rune(" "), f[len(f)-mostPhrased:])
	}
	s := heard{words: len(strings.Fields(string(f)))}
	if len(f) == 0 {
		s.emoji = strings.TrimSpace(text) != "" && !strings.ContainsAny(text, "?؟？")
		return s
	}
	f = mended(f)
	b := phrases()
	at := map[int][]found{} // by where they begin
	b.find(f, func(x found) {
		at[x.from] = append(at[x.from], x)
		s.all |= x.class
		if x.from == 0 {
			s.first |= x.class
		}
	})
	if s.words <= mostCourteous {
		s.cover(b, f, at)
	}
	return s
}

// covered is how a text up to a place can be said by phrases alone.
type covered struct {
	ok       bool
	classes  class
	fillers  int
	language int
}

// cover looks whether phrases make up the whole text, with as few fillers as can be; whole phrases of a kind win over a courtesy with fillers.
func (s *heard) cover(b *phrasebook, f []rune, at map[int][]found) {
	best := make([]covered, len(f)+2)
	best[0] = covered{ok: true, language: -1}
	cost := func(c covered) int { return c.fillers }
	for i := range f {
		if !best[i].ok {
			continue
		}
		for _, x := range at[i] {
			to := x.to
			if to < len(f) {
				to++ // the space
			}
			next := covered{ok: true, classes: best[i].classes | x.class, fillers: best[i].fillers + 2, language: best[i].language}
			if x.class == sayFiller {
				next.fillers += 9 * len(strings.Fields(string(f[x.from:x.to])))
			} else {
				next.language = x.language
			}
			if x.class&(sayInsult|sayThreat|sayFedUp|sayInsist|sayNobody|sayMeant) != 0 {
				continue
			}
			if x.class&(sayYes|sayNo|sayOK) != 0 {
				next.fillers++
			}
			if old := best[to]; !old.ok || cost(next) < cost(old) {
				best[to] = next
			} else if cost(next) == cost(old) {
				best[to].classes |= next.classes
			}
		}
	}
	end := best[len(f)]
	if end.ok && end.classes&^sayFiller != 0 {
		s.only = end.classes &^ sayFiller
		if end.language >= 0 {
			s.language = b.names[end.language]
		}
	}
}

// mended corrects typing errors in words that stand for themselves: a word that no language knows, and one letter of which makes it one of the
// usual courtesies.
func mended(f []rune) []rune {
	words := strings.Fields(string(f))
	if len(words) > mostCourteous {
		return f
	}
	changed := false
	for i, w := range words {
		if len(w) < 5 || usualWords()[w] || knowledge.Known(w) {
			continue
		}
		for _, u := range oftenMistyped {
			if knowledge.Nearly(w, u) {
				words[i], changed = u, true
				break
			}
		}
	}
	if !changed {
		return f
	}
	return []rune(strings.Join(words, " "))
}

// oftenMistyped are long words of the courtesies.
var oftenMistyped = strings.Fields("thanks thank goodbye hello perfect great danke dankeschon tschuss hallo gracias perfecto merci bonjour obrigado obrigada grazie bedankt dziekuje dzieki tesekkurler merhaba useless ridiculous solved cancel cancelar annuler sorry brilliant awesome cheers appreciate morning")

var usualWords = func() func() map[string]bool {
	m := set(oftenMistyped)
	return func() map[string]bool { return m }
}()

// bare says whether a text says nothing but one of the classes, courtesies beside it.
func (s heard) bare(c class) bool { return s.only&c != 0 && s.only&^(c|courtesies) == 0 }

// clauses are the parts of a text that say something by themselves.
func clauses(text string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".,;:!?¿¡\n…。，、！？؟،–—", r) }) {
		if part = strings.TrimSpace(part); strings.ContainsFunc(part, unicode.IsLetter) {
			out = append(out, part)
		}
	}
	return out
}
