// Package linear learns linear models from labelled texts: small, deterministic, and fast enough to be trained at start.
package linear

import (
	"hash/fnv"
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
	for _, w := range words {
		r := []rune(" " + w + " ")
		for n := from; n <= to; n++ {
			for i := 0; i+n <= len(r); i++ {
				grams = append(grams, string(r[i:i+n]))
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

// bucket is where, below 2^bits, a feature of one kind lies.
func bucket(kind int, name string, bits int) uint32 {
	h := fnv.New64a()
	_, _ = h.Write([]byte{byte('a' + kind)})
	_, _ = h.Write([]byte(name))
	x := h.Sum64()
	x ^= x >> 32 // FNV's low bits alone are weak
	return uint32(x & (1<<bits - 1))
}
