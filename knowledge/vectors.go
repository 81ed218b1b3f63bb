package knowledge

import (
	_ "embed"
	"encoding/binary"
	"math"
	"math/bits"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

// vectorsFile is made by cmd/vectors of GloVe vectors (see NOTICE): English words alone.
//
//go:embed vectors.bin
var vectorsFile string

// wordVectors are searched where they lie: nothing of them is copied, so that only the pages that are looked at take memory.
type wordVectors struct {
	dims    int
	usual   string           // how usual each word is: 8 ln(rank+1), a byte
	text    string           // the words, sorted, a line each
	starts  []uint32         // of each word in text
	from    [26*26 + 1]int32 // the first word of each two letters
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
	next := 0
	for start := 0; start < size; start += strings.IndexByte(v.text[start:], '\n') + 1 {
		for ; next <= letters2(v.text[start:]); next++ {
			v.from[next] = int32(len(v.starts))
		}
		v.starts = append(v.starts, uint32(start))
	}
	for ; next < len(v.from); next++ {
		v.from[next] = int32(len(v.starts))
	}
	return v
})

// letters2 is a word's place by its first two letters; -1 where they are none from a to z.
func letters2(word string) int {
	if len(word) < 2 || word[0] < 'a' || word[0] > 'z' || word[1] < 'a' || word[1] > 'z' {
		return -1
	}
	return int(word[0]-'a')*26 + int(word[1]-'a')
}

func (v *wordVectors) word(i int) string {
	rest := v.text[v.starts[i]:]
	return rest[:strings.IndexByte(rest, '\n')]
}

// find is a word's number; -1: it has none.
func (v *wordVectors) find(word string) int32 {
	k := letters2(word)
	if k < 0 {
		return -1
	}
	from, to := int(v.from[k]), int(v.from[k+1])
	i := from + sort.Search(to-from, func(i int) bool { return v.word(from+i) >= word })
	if i < to && v.word(i) == word {
		return int32(i)
	}
	return -1
}

// unitLength is what cmd/vectors counts a vector of unit length.
const unitLength = 300

// cosines keeps the last pairs that were compared, by a hash of the pair: the two words' numbers, of 16 bits each, and the cosine's bits. A question's words
// meet the same words in passage after passage.
var cosines [1 << 15]atomic.Uint64

// cosine is of two words' vectors, -1…1.
func (v *wordVectors) cosine(a, b int32) float64 {
	pair := uint64(a)<<16 | uint64(b)
	slot := &cosines[pair*0x9e3779b97f4a7c15>>(64-15)]
	if kept := slot.Load(); kept>>32 == pair && kept != 0 {
		return float64(math.Float32frombits(uint32(kept)))
	}
	xy := dot(v.numbers[int(a)*v.dims:(int(a)+1)*v.dims], v.numbers[int(b)*v.dims:(int(b)+1)*v.dims])
	cosine := float32(float64(xy) / (unitLength * unitLength))
	slot.Store(pair<<32 | uint64(math.Float32bits(cosine)))
	return float64(cosine)
}

// outline is which of a vector's numbers are negative.
type outline [2]uint64

// outline of a word's vector; that of a word without one is empty.
func (v *wordVectors) outline(word int32) (o outline) {
	if word < 0 {
		return o
	}
	for i, x := range []byte(v.numbers[int(word)*v.dims : (int(word)+1)*v.dims]) {
		if int8(x) < 0 {
			o[i/64] |= 1 << (i % 64)
		}
	}
	return o
}

// mostApart is in how many signs two vectors of a hundred numbers may differ that are worth comparing: of our organisations' words it keeps .92 of the pairs with
// cosines of .3 to .4, .99 of those up to .5, all above .6, and one in six of all.
const mostApart = 44

func (o outline) near(p outline) bool {
	return bits.OnesCount64(o[0]^p[0])+bits.OnesCount64(o[1]^p[1]) <= mostApart
}

// dot is the inner product of two vectors of signed bytes of one length, four numbers at a time: a question's words are compared with some thousand others,
// and one by one each takes more than three times as long.
func dot(x, y string) int32 {
	var a, b, c, d int32
	for ; len(x) >= 4 && len(y) >= 4; x, y = x[4:], y[4:] {
		a += int32(int8(x[0])) * int32(int8(y[0]))
		b += int32(int8(x[1])) * int32(int8(y[1]))
		c += int32(int8(x[2])) * int32(int8(y[2]))
		d += int32(int8(x[3])) * int32(int8(y[3]))
	}
	for i := range min(len(x), len(y)) {
		a += int32(int8(x[i])) * int32(int8(y[i]))
	}
	return a + b + c + d
}

// rarity is how much a word says by itself, 0 (the most frequent) … 1 (rank 10,000 and beyond).
func (v *wordVectors) rarity(i int32) float64 {
	const from, to = 8 * 4.6, 8 * 9.2 // ln 100, ln 10,000
	return min(1, max(0, (float64(v.usual[i])-from)/(to-from)))
}
