package knowledge

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// tokens are the words of a text, in lower case; of a script without spaces, its pairs of characters.
func tokens(s string) []string {
	s = strings.ToLower(s)
	if strings.Contains(s, "'") || strings.Contains(s, "’") {
		if elides(s) {
			s = elisions.ReplaceAllString(s, "$1 $2")
		}
		s = apostrophes.Replace(s)
	}
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Mc, r)
	})
	for i, w := range words {
		if w[0] >= 0xe0 && strings.ContainsFunc(w, unspaced) {
			return append(words[:i:i], paired(words[i:])...)
		}
	}
	return words
}

var (
	apostrophes = strings.NewReplacer("'", "", "’", "")
	// elisions are French and Italian: "l'adresse" is two words, "don't" is one.
	elisions = regexp.MustCompile(`(^|[^\p{L}])(?:l|d|j|qu|n|s|c|m|t|dell|nell|all|sull|dall|un|quest|jusqu|lorsqu|puisqu)['’](\p{L}{3})`)
)

// elides is whether an apostrophe has three letters behind it, as elisions have and most English short forms do not.
func elides(s string) bool {
	letters := -1 // behind an apostrophe; -1: behind none
	for _, r := range s {
		switch {
		case r == '\'' || r == '’':
			letters = 0
		case letters >= 0 && unicode.IsLetter(r):
			if letters++; letters == 3 {
				return true
			}
		default:
			letters = -1
		}
	}
	return false
}

// unspaced is whether a character is of a script that puts no spaces between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// paired cuts runs of such a script into pairs that overlap; what else is in a word stays one.
func paired(words []string) []string {
	var out []string
	for _, w := range words {
		for r := []rune(w); len(r) > 0; {
			n, run := 1, unspaced(r[0])
			for n < len(r) && (unspaced(r[n]) == run || run && unicode.Is(unicode.Mn, r[n])) {
				n++
			}
			if !run || n == 1 {
				out = append(out, string(r[:n]))
			}
			for i := 0; run && i+2 <= n; i++ {
				out = append(out, string(r[i:i+2]))
			}
			r = r[n:]
		}
	}
	return out
}

// Term is a word of a question, as each of the languages searched stems it.
type Term struct {
	Stems   []string
	Content bool // not a function word
}

// Terms are the content words of a text, stemmed, each once, in order; of one that has function words alone, those.
func Terms(s string) []string {
	var out, rest []string
	for _, t := range terms(s, nil) {
		if t.Content {
			out = append(out, t.Stems[0])
		} else {
			rest = append(rest, t.Stems[0])
		}
	}
	if len(out) == 0 {
		return rest
	}
	return out
}

// Content is whether a text has a word that says something by itself.
func Content(s string) bool {
	return slices.ContainsFunc(terms(s, nil), func(t Term) bool { return t.Content })
}

// terms are the words of a question, each once, in order, stemmed in its own language and in the others given.
func terms(s string, languages []string) []Term {
	own := Language(s)
	if len(languages) > 0 {
		own = LanguageAmong(s, languages[0])
	}
	switch {
	case len(languages) > 0 && !contains(languages, own):
		own = languages[0] // what nothing is written in is hardly asked in
	case own == "":
		own = "en"
	}
	var out []Term
	seen := map[string]bool{}
	for _, w := range tokens(s) {
		first := stem(own, w)
		if seen[first] || len(out) == maxTerms {
			continue
		}
		seen[first] = true
		t := Term{Stems: []string{first}, Content: !stopped(own, w)}
		if x := stem(own, restored(own, w)); x != first {
			t.Stems = append(t.Stems, x)
		}
		for _, l := range languages {
			if x := stem(l, w); !contains(t.Stems, x) {
				t.Stems = append(t.Stems, x)
			}
		}
		out = append(out, t)
	}
	return out
}

// maxTerms of a question are searched: nobody asks with more, and each costs a look-up.
const maxTerms = 40

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// count is how often each term occurs in a text of a language.
func count(language, s string) map[string]int {
	n := map[string]int{}
	for _, t := range tokens(s) {
		n[stem(language, t)]++
	}
	return n
}

// A chunk has up to chunkWords words and starts chunkStep words after the one before; both measured best for hashed n-grams.
const (
	chunkWords = 80
	chunkStep  = 60
)

// cut makes a section's chunks: windows of words that start, where they can, at a line.
func cut(text string) []Chunk {
	type word struct{ start, end int } // in characters
	var list []word
	at, began := 0, -1
	for _, r := range text {
		if unicode.IsSpace(r) {
			if began >= 0 {
				list = append(list, word{began, at})
				began = -1
			}
		} else if began < 0 {
			began = at
		}
		at++
	}
	if began >= 0 {
		list = append(list, word{began, at})
	}
	if len(list) == 0 {
		return nil
	}
	runes := []rune(text)
	var chunks []Chunk
	for i := 0; ; i += chunkStep {
		end := min(len(list), i+chunkWords)
		start := list[i].start
		chunks = append(chunks, Chunk{Start: start, End: list[end-1].end, Text: string(runes[start:list[end-1].end])})
		if end == len(list) {
			return chunks
		}
	}
}

// Hashed is the built-in embedder: word-boundary character 3–5-grams and word 1–2-grams, sublinear term frequency, each kind
// L2-normalised, signed feature hashing. No model, any language, tolerant of typos.
type Hashed struct{ dims int }

// NewHashed returns an embedder of so many dimensions; 384 is the usual.
func NewHashed(dims int) Hashed { return Hashed{dims: dims} }

// Name implements Embedder.
func (h Hashed) Name() string { return "hashed2" }

// Dimensions implements Embedder.
func (h Hashed) Dimensions() int { return h.dims }

// Embed implements Embedder. It never fails.
func (h Hashed) Embed(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = h.one(Language(t), t)
	}
	return out, nil
}

// EmbedIn implements LanguageEmbedder. It never fails.
func (h Hashed) EmbedIn(_ context.Context, language string, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = h.one(language, t)
	}
	return out, nil
}

func (h Hashed) one(language, text string) []float32 {
	if language == "" {
		language = "en"
	}
	var chars, grams features
	before := ""
	var starts []int // of a word's characters
	list := tokens(text)
	all := true
	for _, t := range list {
		all = all && stopped(language, t)
	}
	for _, t := range list {
		if !all && stopped(language, t) {
			before = ""
			continue
		}
		s := stem(language, t)
		padded := " " + t + " "
		starts = starts[:0]
		for i := range padded {
			starts = append(starts, i)
		}
		starts = append(starts, len(padded))
		for n := 3; n <= 5; n++ {
			for i := 0; i+n < len(starts); i++ {
				chars.add(padded[starts[i]:starts[i+n]])
			}
		}
		grams.add(s)
		if before != "" {
			grams.add(before + " " + s)
		}
		before = s
	}
	v := make([]float64, h.dims)
	h.fold(v, &chars, 'c')
	h.fold(v, &grams, 'w')
	var norm float64
	for _, x := range v {
		norm += x * x
	}
	norm = math.Sqrt(max(norm, 1e-12))
	out := make([]float32, h.dims)
	for i, x := range v {
		out[i] = float32(x / norm)
	}
	return out
}

// features are counted names, in the order they came: floating sums depend on it.
type features struct {
	order  []string
	counts map[string]float64
}

func (f *features) add(name string) {
	if f.counts == nil {
		f.counts = map[string]float64{}
	}
	if f.counts[name]++; f.counts[name] == 1 {
		f.order = append(f.order, name)
	}
}

// FNV-1a's numbers for 64 bits.
const offset64, prime64 = 14695981039346656037, 1099511628211

// fold adds one kind of features, L2-normalised, hashed with a sign.
func (h Hashed) fold(v []float64, f *features, kind byte) {
	var norm float64
	values := make([]float64, len(f.order))
	for i, name := range f.order {
		values[i] = 1 + math.Log(f.counts[name])
		norm += values[i] * values[i]
	}
	norm = math.Sqrt(max(norm, 1e-12))
	for i, name := range f.order {
		x := (offset64 ^ uint64(kind)) * prime64
		for i := range len(name) {
			x = (x ^ uint64(name[i])) * prime64
		}
		x ^= x >> 32
		sign := 1.0
		if x>>31&1 == 1 {
			sign = -1
		}
		v[(x&(1<<31-1))%uint64(h.dims)] += sign * values[i] / norm
	}
}
