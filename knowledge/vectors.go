package knowledge

import (
	_ "embed"
	"encoding/binary"
	"sort"
	"strings"
	"sync"
)

// vectorsFile is made by cmd/vectors of GloVe vectors (see NOTICE): English words alone.
//
//go:embed vectors.bin
var vectorsFile string

// wordVectors are searched where they lie: nothing of them is copied, so that only the pages that are looked at take memory.
type wordVectors struct {
	dims    int
	usual   string   // how usual each word is: 8 ln(rank+1), a byte
	text    string   // the words, sorted, a line each
	starts  []uint32 // of each word in text
	numbers string
}

var vectors = sync.OnceValue(func() *wordVectors {
	le := func(at int) int { return int(binary.LittleEndian.Uint32([]byte(vectorsFile[at : at+4]))) }
	n, dims := le(4), int(vectorsFile[8])
	v := &wordVectors{dims: dims, usual: vectorsFile[9 : 9+n]}
	size := le(9 + n)
	at := 13 + n
	v.text, v.numbers = vectorsFile[at:at+size], vectorsFile[at+size:]
	v.starts = make([]uint32, 0, n)
	for start := 0; start < size; start += strings.IndexByte(v.text[start:], '\n') + 1 {
		v.starts = append(v.starts, uint32(start))
	}
	return v
})

func (v *wordVectors) word(i int) string {
	rest := v.text[v.starts[i]:]
	return rest[:strings.IndexByte(rest, '\n')]
}

// find is a word's number; -1: it has none.
func (v *wordVectors) find(word string) int32 {
	i := sort.Search(len(v.starts), func(i int) bool { return v.word(i) >= word })
	if i < len(v.starts) && v.word(i) == word {
		return int32(i)
	}
	return -1
}

// unitLength is what cmd/vectors counts a vector of unit length.
const unitLength = 300

// cosine is of two words' vectors, -1…1.
func (v *wordVectors) cosine(a, b int32) float64 {
	x, y := v.numbers[int(a)*v.dims:(int(a)+1)*v.dims], v.numbers[int(b)*v.dims:(int(b)+1)*v.dims]
	var xy int32
	for i := range len(x) {
		xy += int32(int8(x[i])) * int32(int8(y[i]))
	}
	return float64(xy) / (unitLength * unitLength)
}

// rarity is how much a word says by itself, 0 (the most frequent) … 1 (rank 10,000 and beyond).
func (v *wordVectors) rarity(i int32) float64 {
	const from, to = 8 * 4.6, 8 * 9.2 // ln 100, ln 10,000
	return min(1, max(0, (float64(v.usual[i])-from)/(to-from)))
}
