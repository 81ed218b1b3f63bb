package knowledge

import (
	"context"
	"hash/fnv"
	"math"
	"strings"
	"unicode"

	"github.com/kljensen/snowball/english"
)

// stop words carry no content of their own: function words, and what people wrap a question in.
var stop = words(`a about above after again all also am an and any are as at be because been before being below between both but by can cannot could did do does doing down during each
	few for from further get got had has have having he her here hers him his how i if in into is it its itself just let like me more most my myself no nor not now of off on once only or other our
	ours out over own please same shall she should so some such than that the their theirs them then there these they this those through to too under until up us very was we were what when where
	which while who whom why will with would you your yours hi hello hey thanks thank need want know tell help question way possible im ive id dont doesnt isnt cant whats hows there's let's much many
	der die das und oder ist ein eine ich mein wie was wo kann bitte`)

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// tokens are the words of a text, in lower case.
func tokens(s string) []string {
	s = strings.NewReplacer("'", "", "’", "").Replace(strings.ToLower(s))
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// Terms are the content words of a text, stemmed, each once, in order.
func Terms(s string) []string {
	var out []string
	seen := map[string]bool{}
	for _, t := range tokens(s) {
		if stop[t] {
			continue
		}
		if t = english.Stem(t, false); !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

func count(s string) map[string]int {
	n := map[string]int{}
	for _, t := range tokens(s) {
		if !stop[t] {
			n[english.Stem(t, false)]++
		}
	}
	return n
}

// A chunk has up to chunkWords words and starts chunkStep words after the one before; both measured best for hashed n-grams.
const (
	chunkWords = 80
	chunkStep  = 60
)

// cut makes an article's chunks: each section's paragraphs, together as far as chunkWords; a longer paragraph in overlapping pieces.
func cut(a Article) []Chunk {
	var chunks []Chunk
	add := func(heading, text string) {
		if strings.TrimSpace(text) != "" {
			chunks = append(chunks, Chunk{Heading: heading, Text: text, Title: count(a.Title + " " + heading), Body: count(text)})
		}
	}
	for _, s := range a.Sections {
		var held string
		for p := range strings.SplitSeq(s.Text, "\n\n") {
			n := len(strings.Fields(p))
			if held != "" && len(strings.Fields(held))+n > chunkWords {
				add(s.Heading, held)
				held = ""
			}
			if n <= chunkWords {
				held = strings.TrimSpace(held + "\n\n" + p)
				continue
			}
			for w := strings.Fields(p); ; w = w[chunkStep:] {
				add(s.Heading, strings.Join(w[:min(chunkWords, len(w))], " "))
				if len(w) <= chunkWords {
					break
				}
			}
		}
		add(s.Heading, held)
	}
	if len(chunks) == 0 {
		add("", a.Title)
	}
	return chunks
}

// Hashed is the built-in embedder: word-boundary character 3–5-grams and word 1–2-grams, sublinear term frequency, each kind
// L2-normalised, signed feature hashing. No model, any language, tolerant of typos.
type Hashed struct{ dims int }

// NewHashed returns an embedder of so many dimensions; 384 is the usual.
func NewHashed(dims int) Hashed { return Hashed{dims: dims} }

// Name implements Embedder.
func (h Hashed) Name() string { return "hashed" }

// Dimensions implements Embedder.
func (h Hashed) Dimensions() int { return h.dims }

// Embed implements Embedder. It never fails.
func (h Hashed) Embed(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = h.one(t)
	}
	return out, nil
}

func (h Hashed) one(text string) []float32 {
	chars, grams := map[string]float64{}, map[string]float64{}
	before := ""
	for _, t := range tokens(text) {
		if stop[t] {
			before = ""
			continue
		}
		r := []rune(" " + t + " ")
		for n := 3; n <= 5; n++ {
			for i := 0; i+n <= len(r); i++ {
				chars[string(r[i:i+n])]++
			}
		}
		t = english.Stem(t, false)
		grams[t]++
		if before != "" {
			grams[before+" "+t]++
		}
		before = t
	}
	v := make([]float64, h.dims)
	h.fold(v, chars, "c")
	h.fold(v, grams, "w")
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

// fold adds one kind of features, L2-normalised, hashed with a sign.
func (h Hashed) fold(v []float64, features map[string]float64, kind string) {
	var norm float64
	for _, n := range features {
		norm += (1 + math.Log(n)) * (1 + math.Log(n))
	}
	norm = math.Sqrt(max(norm, 1e-12))
	for f, n := range features {
		sum := fnv.New64a()
		_, _ = sum.Write([]byte(kind + f))
		x := sum.Sum64()
		sign := 1.0
		if x>>63 == 1 {
			sign = -1
		}
		v[(x&(1<<62-1))%uint64(h.dims)] += sign * (1 + math.Log(n)) / norm
	}
}
