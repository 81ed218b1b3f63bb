// Package linear learns linear models from labelled texts: small, deterministic, and fast enough to be trained at start.
package linear

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// Words are the words of a text in lower case; an apostrophe stays inside its word ("don't").
func Words(text string) []string {
	text = strings.ReplaceAll(strings.ToLower(text), "’", "'")
	words := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && r != '\''
	})
	out := words[:0]
	for _, w := range words {
		if w = strings.Trim(w, "'"); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// WordGrams are the runs of one to n words, with the text's ends marked, in order.
func WordGrams(words []string, n int) []string {
	marked := append(append([]string{"^"}, words...), "$")
	var grams []string
	for size := 1; size <= n; size++ {
		for i := 0; i+size <= len(marked); i++ {
			if size == 1 && (i == 0 || i == len(marked)-1) {
				continue
			}
			grams = append(grams, strings.Join(marked[i:i+size], " "))
		}
	}
	return grams
}

// CharGrams are the runs of from to to characters inside each word, its bounds marked by spaces, in order.
func CharGrams(words []string, from, to int) []string {
	var grams []string
	var starts []int // of a word's characters
	for _, w := range words {
		w = " " + w + " "
		starts = starts[:0]
		for i := range w {
			starts = append(starts, i)
		}
		starts = append(starts, len(w))
		for n := from; n <= to; n++ {
			for i := 0; i+n < len(starts); i++ {
				grams = append(grams, w[starts[i]:starts[i+n]])
			}
		}
	}
	return grams
}

// Feature is one entry of a sparse vector.
type Feature struct {
	Index uint32
	Value float64
}

// Vector is sparse, its indices ascending and each there once.
type Vector []Feature

// Collect makes a vector of features that may repeat; values of the same index add up.
func Collect(features []Feature) Vector {
	slices.SortStableFunc(features, func(a, b Feature) int { return int(a.Index) - int(b.Index) })
	out := features[:0]
	for _, f := range features {
		if n := len(out); n > 0 && out[n-1].Index == f.Index {
			out[n-1].Value += f.Value
		} else {
			out = append(out, f)
		}
	}
	return out
}

// Norm is the vector's Euclidean length.
func (v Vector) Norm() float64 {
	var sum float64
	for _, f := range v {
		sum += float64(f.Value * f.Value)
	}
	return math.Sqrt(sum)
}

// plus is the sum of two vectors.
func (v Vector) plus(w Vector) Vector {
	if len(v) == 0 {
		return w
	}
	out := make(Vector, 0, len(v)+len(w))
	for len(v) > 0 && len(w) > 0 {
		switch {
		case v[0].Index < w[0].Index:
			out, v = append(out, v[0]), v[1:]
		case v[0].Index > w[0].Index:
			out, w = append(out, w[0]), w[1:]
		default:
			out, v, w = append(out, Feature{v[0].Index, v[0].Value + w[0].Value}), v[1:], w[1:]
		}
	}
	return append(append(out, v...), w...)
}

// buckets are where features of one kind lie, ascending, each once.
func buckets(kind int, names []string, bits int) []uint32 {
	all := make([]uint32, len(names))
	for i, n := range names {
		all[i] = bucket(kind, n, bits)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// bucket is where, below 2^bits, a feature of one kind lies, by FNV-1a.
func bucket(kind int, name string, bits int) uint32 {
	const offset, prime = 14695981039346656037, 1099511628211
	x := (offset ^ uint64(byte('a'+kind))) * prime
	for i := range len(name) {
		x = (x ^ uint64(name[i])) * prime
	}
	x ^= x >> 32 // FNV's low bits alone are weak
	return uint32(x & (1<<bits - 1))
}
