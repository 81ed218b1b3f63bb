package knowledge

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed rank.json
var rankFile []byte

// rankWeights are what each sign is worth, learnt by cmd/train.
var rankWeights = sync.OnceValue(func() (w [Signs]float64) {
	if err := json.Unmarshal(rankFile, &w); err != nil {
		panic(err) // it is embedded, and cmd/train wrote it
	}
	return w
})

// compared is how many passages that the two legs think most of are read word by word, and ranked anew.
const compared = 40

// rank reads the first passages beside the question, and puts the one that answers it best first.
func (b *Base) rank(question string, corpus Corpus, all []Passage) {
	all = all[:min(len(all), compared)]
	readings := make([]*reading, len(all))
	offsets := make([]int, len(all))
	together(len(all), func(share iter.Seq[int]) {
		for i := range share {
			readings[i], offsets[i] = b.readings.of(&all[i].Hit)
		}
	})
	q := askedOf(question, corpus.Languages)
	q.compare(all, readings)
	w := rankWeights()
	for i := range all {
		all[i].Best.Start, all[i].Best.End = all[i].Best.Start+offsets[i], all[i].Best.End+offsets[i]
		if all[i].Best.Row {
			all[i].Best.Head[0], all[i].Best.Head[1] = all[i].Best.Head[0]+offsets[i], all[i].Best.Head[1]+offsets[i]
		}
		all[i].Score = 0
		for j, x := range all[i].Signs {
			all[i].Score += float64(w[j] * x)
		}
	}
	slices.SortFunc(all, func(a, b Passage) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Section, b.Section))
	})
}

// wholeWords is how long a section may be that is read as a whole; of a longer one the window that search found is.
const wholeWords = 400

// readings keeps sections that were read: a section never changes, a changed article gets new ones.
type readings struct {
	mu   sync.Mutex
	kept map[[2]int64]*reading
}

// mostReadings are kept at once: one to four KiB each, beside the text.
const mostReadings = 4000

func (k *readings) of(h *Hit) (r *reading, offset int) {
	text := h.Whole
	if longer(text, wholeWords) {
		text = h.Text
		offset = max(0, strings.Index(h.Whole, text))
	}
	key := [2]int64{h.Section, int64(offset)}
	k.mu.Lock()
	r = k.kept[key]
	k.mu.Unlock()
	if r != nil {
		return r, offset
	}
	r = read(h.Language, h.Title, h.Heading, text)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || len(k.kept) >= mostReadings {
		k.kept = map[[2]int64]*reading{}
	}
	k.kept[key] = r
	return r, offset
}

// longer is whether a text has more words than that.
func longer(text string, words int) bool {
	if len(text) <= 2*words {
		return false
	}
	inside := false
	for _, r := range text {
		space := unicode.IsSpace(r)
		if !space && !inside {
			if words--; words < 0 {
				return true
			}
		}
		inside = !space
	}
	return false
}

// together does n things on all processors: each gets a share of their numbers.
func together(n int, do func(share iter.Seq[int])) {
	var w sync.WaitGroup
	shares := min(n, runtime.GOMAXPROCS(0))
	for first := range shares {
		w.Go(func() {
			do(func(yield func(int) bool) {
				for i := first; i < n && yield(i); i += shares {
				}
			})
		})
	}
	w.Wait()
}
