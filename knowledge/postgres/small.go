package postgres

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/knowledge"
)

// A small base is kept in memory as it is in the database, and searched there: most installations have a few hundred sections, and five statements
// take longer than looking at all of them. Each search asks the database whether what is kept is still what is there, so that all processes search the same.

// settled is how long a base must have been as it is before it is read again: an import changes it many times.
const settled = 2 * time.Second

// snapshot is a small base at one revision.
type snapshot struct {
	revision                   int64
	dims                       int // of the searched vectors; 0: none
	titleAvg, headAvg, bodyAvg float64
	sections                   []sectioned
	postings                   map[string][]posting // by term; sections ascending
}

type sectioned struct {
	hit    knowledge.Hit // without what a question says of it
	tags   []string
	chunks []chunked // windows of the text, as they follow
	name   []float32 // the vector of title and heading; nil: none
}

type chunked struct {
	start, end int
	text       string
	vector     []float32
}

type posting struct {
	section                                                int // its place in sections
	title, heading, body, titleLen, headingLen, bodyLength float64
}

// kept is the snapshot that an index has.
type kept struct {
	mu      sync.Mutex
	now     *snapshot
	read    time.Time // when it was last read anew
	loading bool
}

// fresh makes sure that the snapshot is of a revision, or that there is none: then the database is asked. Nobody waits for whoever reads it anew, and
// what fails in that, the search that follows meets and says.
func (x *Index) fresh(ctx context.Context, revision int64, sections int) {
	k := &x.small
	if !k.due(revision, sections, x.o.SmallBelow) {
		return
	}
	ctx, done := context.WithTimeout(ctx, settled)
	defer done()
	s, err := x.load(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loading = false
	if err == nil {
		k.now = s
	}
}

// due says whether the caller is to read the base anew.
func (k *kept) due(revision int64, sections, most int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now != nil && k.now.revision == revision && sections <= most {
		return false
	}
	k.now = nil
	if sections == 0 || sections > most || k.loading || time.Since(k.read) < settled { // a thousand sections take about 10 MiB
		return false
	}
	k.loading, k.read = true, time.Now()
	return true
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
		rows, err := tx.Query(ctx, `SELECT s.id, a.id, a.source, a.key, a.title, a.url, a.audience, a.language, s.heading, s.text, a.tags
			FROM sections s JOIN articles a ON a.id = s.article_id ORDER BY s.id`)
		if err != nil {
			return err
		}
		at := map[int64]int{}
		var h knowledge.Hit
		var tags []string
		if _, err := pgx.ForEachRow(rows, []any{&h.Section, &h.Article, &h.Source, &h.Key, &h.Title, &h.URL, &h.Audience, &h.Language, &h.Heading, &h.Whole, &tags}, func() error {
			at[h.Section] = len(s.sections)
			s.sections = append(s.sections, sectioned{hit: h, tags: slices.Clone(tags)})
			return nil
		}); err != nil {
			return err
		}
		vector, join := `NULL::real[]`, ``
		if s.dims > 0 {
			vector, join = `v.embedding::vector::real[]`, `LEFT JOIN `+tableName(embedder, s.dims)+` v ON v.chunk_id = c.id`
		}
		if rows, err = tx.Query(ctx, `SELECT c.section_id, c.start_at, c.end_at, `+vector+` FROM chunks c `+join+` ORDER BY c.section_id, c.start_at, c.id`); err != nil {
			return err
		}
		var section int64
		var c chunked
		if _, err := pgx.ForEachRow(rows, []any{&section, &c.start, &c.end, &c.vector}, func() error {
			c.vector = unit(slices.Clone(c.vector))
			if of := &s.sections[at[section]]; c.end == 0 {
				of.name = c.vector
			} else {
				r := []rune(of.hit.Whole)
				c.text = string(r[min(c.start, len(r)):min(c.end, len(r))])
				of.chunks = append(of.chunks, c)
			}
			return nil
		}); err != nil {
			return err
		}
		if rows, err = tx.Query(ctx, `SELECT term, section_id, title, heading, body, title_len, head_len, body_len FROM postings ORDER BY term, section_id`); err != nil {
			return err
		}
		var term string
		var p posting
		_, err = pgx.ForEachRow(rows, []any{&term, &section, &p.title, &p.heading, &p.body, &p.titleLen, &p.headingLen, &p.bodyLength}, func() error {
			p.section = at[section]
			s.postings[term] = append(s.postings[term], p)
			return nil
		})
		return err
	})
	return s, err
}

// unit is a vector of length one; nil stays nil.
func unit(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return v
	}
	by := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= by
	}
	return v
}

// half is a number as a halfvec keeps it: IEEE 754's binary16, rounded to the even.
func half(x float32) float32 {
	if math.Abs(float64(x)) < 1.0/(1<<14) { // one of the smallest, which are 2^-24 apart
		return float32(math.RoundToEven(float64(x)*(1<<24)) / (1 << 24))
	}
	b := math.Float32bits(x)
	return math.Float32frombits((b + 0xfff + b>>13&1) &^ 0x1fff)
}

func cosine(a, b []float32) float64 {
	if len(a) != len(b) {
		return 0
	}
	var sum float32
	for i, x := range a {
		sum += x * b[i]
	}
	return float64(sum)
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
			f := &all[p.section]
			f.worded = true
			f.score += idf[i] * (title*p.title/(p.title+least+titleBy*p.titleLen) + head*p.heading/(p.heading+least+headBy*p.headingLen) + body*p.body/(p.body+least+bodyBy*p.bodyLength))
			if content[i] {
				f.matched += idf[i]
			}
		}
	}
	var may, worded []int
	for i := range s.sections {
		if s.sections[i].passes(q.Filter) {
			may = append(may, i)
			if all[i].worded {
				worded = append(worded, i)
			}
		}
	}
	slices.SortFunc(worded, func(a, b int) int { return cmp.Or(cmp.Compare(all[b].score, all[a].score), cmp.Compare(a, b)) })
	chosen := map[int]bool{}
	for _, i := range worded[:min(len(worded), q.N)] {
		chosen[i] = true
	}
	var vector []float32
	if len(q.Vector) > 0 && len(q.Vector) == s.dims {
		vector = make([]float32, len(q.Vector))
		for i, v := range q.Vector {
			vector[i] = half(v)
		}
		unit(vector)
		type near struct {
			section int
			by      float64
		}
		var nearest []near
		for _, i := range may {
			for _, c := range s.sections[i].chunks {
				if c.vector != nil {
					nearest = append(nearest, near{i, cosine(vector, c.vector)})
				}
			}
			if s.sections[i].name != nil {
				nearest = append(nearest, near{i, cosine(vector, s.sections[i].name)})
			}
		}
		slices.SortStableFunc(nearest, func(a, b near) int { return cmp.Compare(b.by, a.by) })
		for _, n := range nearest[:min(len(nearest), 2*q.N)] {
			chosen[n.section] = true
		}
	}
	var hits []knowledge.Hit
	for _, i := range may {
		if chosen[i] {
			hits = append(hits, s.sections[i].described(all[i], vector, total))
		}
	}
	return hits
}

func (s *sectioned) passes(f knowledge.Filter) bool {
	return (s.hit.Audience == knowledge.ForAll || f.Internal) && (f.Language == "" || s.hit.Language == f.Language) &&
		!slices.ContainsFunc(f.Tags, func(t string) bool { return !slices.Contains(s.tags, t) })
}

// described is a section as a hit: scored by both legs, with its nearest chunk.
func (s *sectioned) described(f found, vector []float32, total float64) knowledge.Hit {
	h := s.hit
	h.BM25, h.Coverage = f.score, min(1, f.matched/total)
	best, at := math.Inf(-1), -1
	for i, c := range s.chunks {
		by := -2.0 // without a vector, the first
		if vector != nil && c.vector != nil {
			by = cosine(vector, c.vector)
		}
		if by > best {
			best, at = by, i
		}
	}
	if at >= 0 {
		h.Start, h.End, h.Text = s.chunks[at].start, s.chunks[at].end, s.chunks[at].text
		if best > -2 {
			h.Similarity = best
		}
	}
	if vector != nil && s.name != nil {
		h.Naming = cosine(vector, s.name)
	}
	return h
}
