package postgres

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/knowledge"
)

// A base of ordinary size is kept in memory as it is in the database, and searched there: five statements take longer than looking at all of it. Each
// search asks the database whether what is kept is still what is there, so that all processes search the same.

const (
	// settled is how long after one reading the next may begin, and readings take at most a sixth of the time: an import changes a base many times.
	settled = 2 * time.Second
	// quick is up to how many sections a search waits for the base to be read, some 20 ms; the reading of more goes on beside the searches.
	quick = 1000
	// mostNumbers are the numbers of all chunks' vectors, of 2 bytes each; a base without vectors may have as many chunks as with those of leastDims.
	mostNumbers = 16_000_000
	leastDims   = 384
	// longest is how long reading a base may take.
	longest = time.Minute
)

// snapshot is a base at one revision.
type snapshot struct {
	revision                   int64
	titleAvg, headAvg, bodyAvg float64
	sections                   []sectioned
	postings                   map[string][]posting // by term; sections ascending
	chunks                     []chunked            // section after section, as they follow
	dims                       int                  // of the searched vectors; 0: none
	numbers                    []uint16             // of the chunks' vectors, as a halfvec keeps them: each dimension's, chunk by chunk
}

type sectioned struct {
	hit       knowledge.Hit // without what a question says of it
	tags      []string
	lens      [3]float64 // of title, heading and body, in terms
	from, end int        // its chunks
}

type chunked struct {
	section    int     // its place in sections
	start, end int     // in bytes of the section; both 0: title and heading
	at, to     int     // the same in characters
	by         float32 // 1 / its vector's length; 0: it has none
}

type posting struct {
	section              uint32 // its place in sections
	title, heading, body uint16 // how often
}

// kept is the snapshot that an index has, and what is known of the base.
type kept struct {
	mu      sync.Mutex
	now     *snapshot // of wanted, or nil
	wanted  int64     // the revision that was seen last
	fits    bool      // the base is small enough
	quick   bool      // it is read while a search waits
	next    time.Time // when it may be read next
	loading bool
}

// saw tells of the base as it is in the database; a snapshot of another revision, also of a later one (a backup was restored), is no longer searched.
func (k *kept) saw(revision int64, sections, chunks, dims, most int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted, k.quick = revision, sections <= quick
	k.fits = sections > 0 && sections <= most && chunks*max(dims, leastDims) <= mostNumbers
	if k.now != nil && (k.now.revision != revision || !k.fits) {
		k.now = nil
	}
}

// due says whether the caller is to read the base, and whether it waits for that. Nobody waits for another who reads it.
func (k *kept) due() (load, wait bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now != nil || !k.fits || k.loading || time.Now().Before(k.next) {
		return false, false
	}
	k.loading = true
	return true, k.quick
}

// done keeps what was read, unless the base has changed since.
func (k *kept) done(s *snapshot, took time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loading, k.next = false, time.Now().Add(max(settled, 5*took))
	if s != nil && k.fits && s.revision >= k.wanted {
		k.now, k.wanted = s, s.revision
	}
}

// keep reads the base where it is small and not kept as it is; meanwhile the database is searched.
func (x *Index) keep(ctx context.Context) {
	switch load, wait := x.small.due(); {
	case load && wait:
		done := make(chan struct{})
		go func() {
			defer close(done)
			x.reload()
		}()
		select {
		case <-done:
		case <-ctx.Done(): // the next search has it all the same
		}
	case load:
		go x.reload()
	}
}

func (x *Index) reload() {
	began := time.Now()
	ctx, cancel := context.WithTimeout(x.o.Until, longest)
	defer cancel()
	var s *snapshot
	var err error
	func() {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		s, err = x.load(ctx)
	}()
	if err != nil {
		if s = nil; x.o.Until.Err() != nil {
			return // everything ends
		}
		x.o.Logger.WarnContext(ctx, "the knowledge base is searched in the database: it could not be read into memory", "err", err)
	}
	x.small.done(s, time.Since(began))
}

func (x *Index) snapshot() *snapshot {
	x.small.mu.Lock()
	defer x.small.mu.Unlock()
	return x.small.now
}

// load reads the whole base.
func (x *Index) load(ctx context.Context) (*snapshot, error) {
	s := &snapshot{postings: map[string][]posting{}}
	err := pgx.BeginTxFunc(ctx, x.db, pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		var embedder string
		if err := tx.QueryRow(ctx, `SELECT revision, title_avg, head_avg, body_avg, coalesce(e.name, ''), coalesce(e.dims, 0) FROM corpus LEFT JOIN embedders e ON e.searched`).
			Scan(&s.revision, &s.titleAvg, &s.headAvg, &s.bodyAvg, &embedder, &s.dims); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT s.id, a.id, a.source, a.key, a.title, a.url, a.audience, a.language, s.heading, s.text, s.lens, a.tags
			FROM sections s JOIN articles a ON a.id = s.article_id ORDER BY s.id`)
		if err != nil {
			return err
		}
		at := map[int64]int{}
		var h knowledge.Hit
		var lens []int
		var tags []string
		if _, err := pgx.ForEachRow(rows, []any{&h.Section, &h.Article, &h.Source, &h.Key, &h.Title, &h.URL, &h.Audience, &h.Language, &h.Heading, &h.Whole, &lens, &tags}, func() error {
			if len(lens) != 3 {
				return fmt.Errorf("section %d has %d lengths, not 3", h.Section, len(lens))
			}
			at[h.Section] = len(s.sections)
			s.sections = append(s.sections, sectioned{hit: h, tags: slices.Clone(tags), lens: [3]float64{float64(lens[0]), float64(lens[1]), float64(lens[2])}})
			return nil
		}); err != nil {
			return err
		}
		vector, join, all := `NULL::real[]`, ``, 0
		if s.dims > 0 {
			vector, join = `v.embedding::vector::real[]`, `LEFT JOIN `+tableName(embedder, s.dims)+` v ON v.chunk_id = c.id`
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM chunks`).Scan(&all); err != nil {
				return err
			}
			s.numbers = make([]uint16, s.dims*all)
		}
		if rows, err = tx.Query(ctx, `SELECT c.section_id, c.start_at, c.end_at, `+vector+` FROM chunks c `+join+` ORDER BY c.section_id, c.end_at = 0, c.start_at, c.id`); err != nil {
			return err
		}
		var section int64
		var c chunked
		var numbers []float32
		if _, err := pgx.ForEachRow(rows, []any{&section, &c.at, &c.to, &numbers}, func() error {
			c.section, c.by = at[section], length(numbers)
			if c.by > 0 {
				c.by = 1 / c.by
			}
			for d, x := range numbers {
				s.numbers[d*all+len(s.chunks)] = halfOf(x)
			}
			of := &s.sections[c.section]
			c.start, c.end = byteAt(of.hit.Whole, c.at), byteAt(of.hit.Whole, c.to)
			if of.end == 0 {
				of.from = len(s.chunks)
			}
			s.chunks = append(s.chunks, c)
			of.end = len(s.chunks)
			return nil
		}); err != nil {
			return err
		}
		if rows, err = tx.Query(ctx, `SELECT term, section_id, title, heading, body FROM postings ORDER BY term, section_id`); err != nil {
			return err
		}
		var term string
		var title, heading, body int
		_, err = pgx.ForEachRow(rows, []any{&term, &section, &title, &heading, &body}, func() error {
			s.postings[term] = append(s.postings[term], posting{uint32(at[section]), count(title), count(heading), count(body)})
			return nil
		})
		return err
	})
	return s, err
}

// count is how often a term stands in a field; more than 65,535 times is as often.
func count(n int) uint16 { return uint16(min(n, math.MaxUint16)) }

// byteAt is where a text's character n begins.
func byteAt(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}

func length(v []float32) float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return float32(math.Sqrt(sum))
}

// A halfvec's numbers are IEEE 754's binary16: those below 2^-14 are 2^-24 apart, the others have eleven digits.
const smallestHalf = 1.0 / (1 << 14)

// half is a number as a halfvec keeps it, rounded to the even.
func half(x float32) float32 {
	if math.Abs(float64(x)) < smallestHalf {
		return float32(math.RoundToEven(float64(x)*(1<<24)) / (1 << 24))
	}
	b := math.Float32bits(x)
	return math.Float32frombits((b + 0xfff + b>>13&1) &^ 0x1fff)
}

// halfOf are the bits of a number that is such a one.
func halfOf(x float32) uint16 {
	b := math.Float32bits(x)
	sign := uint16(b>>16) & 0x8000
	if a := math.Abs(float64(x)); a < smallestHalf {
		return sign | uint16(a*(1<<24))
	}
	return sign | uint16(int(b>>23&0xff)-127+15)<<10 | uint16(b>>13&0x3ff)
}

// halfBits are a half's bits where a float32 has them: its value is too small by halfScale, also of the numbers below smallestHalf.
func halfBits(n uint16) float32 {
	return math.Float32frombits(uint32(int32(int16(n))<<13) & 0x8fffe000)
}

const halfScale = 1 << (127 - 15)

// similarities are the cosines of each chunk's vector and a question's; nil where they have nothing to compare. A question has few of the dimensions that
// the built-in embedder knows: those alone are looked at.
func (s *snapshot) similarities(question []float32) []float32 {
	if len(question) == 0 || len(question) != s.dims {
		return nil
	}
	asked := make([]float32, len(question))
	for i, x := range question {
		asked[i] = half(x)
	}
	long := length(asked)
	if long == 0 {
		long = 1
	}
	all := make([]float32, len(s.chunks))
	for d, x := range asked {
		if x /= long; x != 0 {
			x *= halfScale
			for i, n := range s.numbers[d*len(all) : (d+1)*len(all)] {
				all[i] += x * halfBits(n)
			}
		}
	}
	for i := range all {
		all[i] *= s.chunks[i].by
	}
	return all
}

// rarity is Rarity's, from what is kept.
func (s *snapshot) rarity(stems []string) map[string]float64 {
	n := math.Max(1, float64(len(s.sections)))
	out := map[string]float64{}
	for _, t := range stems {
		df := min(n, max(1, float64(len(s.postings[t]))))
		out[t] = math.Log(1 + (n-df+0.5)/(df+0.5))
	}
	return out
}

// found is what a question says of a section.
type found struct {
	score, matched float64
	worded         bool // a word of the question is in it
}

// find is Find's, from what is kept.
func (s *snapshot) find(q knowledge.Query, terms []string, content []bool, idf []float64, total float64) []knowledge.Hit {
	const title, head, body, least = 0.8 * 2.2, 1.5 * 2.2, 0.5 * 2.2, 1.2 * 0.25 // as in ranked
	titleBy, headBy, bodyBy := 1.2*0.75/max(s.titleAvg, 1), 1.2*0.75/max(s.headAvg, 1), 1.2*0.75/max(s.bodyAvg, 1)
	all := make([]found, len(s.sections))
	for i, t := range terms {
		for _, p := range s.postings[t] {
			f, lens := &all[p.section], &s.sections[p.section].lens
			f.worded = true
			if p.title > 0 {
				f.score += idf[i] * title * float64(p.title) / (float64(p.title) + least + titleBy*lens[0])
			}
			if p.heading > 0 {
				f.score += idf[i] * head * float64(p.heading) / (float64(p.heading) + least + headBy*lens[1])
			}
			if p.body > 0 {
				f.score += idf[i] * body * float64(p.body) / (float64(p.body) + least + bodyBy*lens[2])
			}
			if content[i] {
				f.matched += idf[i]
			}
		}
	}
	chosen := map[int]bool{}
	for _, i := range first(q.N, len(all), func(i int) float64 { return all[i].score }, func(i int) bool { return all[i].worded && s.sections[i].passes(q.Filter) }) {
		chosen[i] = true
	}
	similar := s.similarities(q.Vector)
	for _, i := range first(2*q.N, len(similar), func(i int) float64 { return float64(similar[i]) }, func(i int) bool { return s.chunks[i].by > 0 && s.sections[s.chunks[i].section].passes(q.Filter) }) {
		chosen[s.chunks[i].section] = true
	}
	hits := make([]knowledge.Hit, 0, len(chosen))
	for _, i := range slices.Sorted(maps.Keys(chosen)) {
		hits = append(hits, s.described(i, all[i], similar, total))
	}
	return hits
}

// first are the n of so many that have the highest score, of those that count, which is asked of the best alone; of equal ones the first.
func first(n, many int, score func(i int) float64, counts func(i int) bool) []int {
	type scored struct {
		i  int
		by float64
	}
	var best []scored
	if n <= 0 {
		return nil
	}
	for i := range many {
		by := score(i)
		if len(best) == n && by <= best[n-1].by || !counts(i) {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, by, func(s scored, by float64) int { // behind its equals
			if s.by >= by {
				return -1
			}
			return 1
		})
		if len(best) == n {
			best = best[:n-1]
		}
		best = slices.Insert(best, at, scored{i, by})
	}
	out := make([]int, len(best))
	for i, s := range best {
		out[i] = s.i
	}
	return out
}

func (s *sectioned) passes(f knowledge.Filter) bool {
	return (s.hit.Audience == knowledge.ForAll || f.Internal) && (f.Language == "" || s.hit.Language == f.Language) &&
		!slices.ContainsFunc(f.Tags, func(t string) bool { return !slices.Contains(s.tags, t) })
}

// described is a section as a hit: scored by both legs, with its nearest chunk; without vectors, its first.
func (s *snapshot) described(section int, f found, similar []float32, total float64) knowledge.Hit {
	of := &s.sections[section]
	h := of.hit
	h.BM25, h.Coverage = f.score, min(1, f.matched/total)
	best, at := -2.0, -1
	for i := of.from; i < of.end; i++ {
		c := &s.chunks[i]
		compared := similar != nil && c.by > 0
		if c.to == 0 { // title and heading
			if compared {
				h.Naming = float64(similar[i])
			}
			continue
		}
		if by := float64(-2); at < 0 || compared {
			if compared {
				by = float64(similar[i])
			}
			if at < 0 || by > best {
				best, at = by, i
			}
		}
	}
	if at >= 0 {
		c := &s.chunks[at]
		h.Start, h.End, h.Text = c.at, c.to, h.Whole[c.start:c.end]
		if best > -2 {
			h.Similarity = best
		}
	}
	return h
}
