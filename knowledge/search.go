package knowledge

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
)

// Passage is a found passage, with how it was found.
type Passage struct {
	Hit
	Score  float64        // of the ranking: the greater, the likelier it answers
	Signs  [Signs]float64 // what speaks for it
	Best   Piece          // of Whole: what answers best
	Of     int            // how many sections there are
	Terms  int            // content terms of the question
	Attain float64        // BM25 as a share of what the question's terms could score at most, 0…1
	Calibration
}

// The fields' weights in BM25, and each vector leg's beside BM25's 1, all as z-scores: what measured best on help articles, with k1 1.2 and b 0.75.
const (
	k1                                  = 1.2
	titleWeight, headWeight, bodyWeight = 0.8, 1.5, 0.5
	similarWeight, namingWeight         = 0.7, 0.7
	// candidates is how many sections each leg offers.
	candidates = 50
	// manySections is how many a base must have that the words without content are left out of the search.
	manySections = 4000
)

// View is the base with what the database said of it when it was opened, which it is asked once, however often the view is searched; sections are found as
// they are.
type View struct {
	base   *Base
	corpus Corpus
	err    error
	asked  sync.WaitGroup
}

// Open begins to ask what the base is, which goes on until the first search needs it or Close waits for it.
func (b *Base) Open(ctx context.Context) *View {
	v := &View{base: b}
	v.asked.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				v.err = fmt.Errorf("panic: %v", p)
			}
		}()
		v.corpus, v.err = b.index.Corpus(ctx)
	})
	return v
}

// Close waits until nothing of the view goes on: a query that is broken off costs its connection.
func (v *View) Close() { v.asked.Wait() }

// Search is View.Search of the base as it is now.
func (b *Base) Search(ctx context.Context, question string, n int, f Filter) ([]Passage, error) {
	v := b.Open(ctx)
	defer v.Close()
	return v.Search(ctx, question, n, f)
}

// Search returns up to n passages nearest to the question, the best first. Both legs run always; a
// vector leg that fails or is not there leaves the lexical one, and the error that is returned beside says so.
func (v *View) Search(ctx context.Context, question string, n int, f Filter) ([]Passage, error) {
	v.asked.Wait()
	b, corpus, err := v.base, v.corpus, v.err
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	usual := ""
	if len(corpus.Languages) > 0 {
		usual = corpus.Languages[0]
	}
	question = Clean(question)
	question = spelled(question, LanguageAmong(question, usual))
	q := Query{Filter: f, Terms: terms(question, corpus.Languages), N: max(candidates, n), Of: corpus.Sections}
	if content := func(t Term) bool { return t.Content }; corpus.Sections > manySections && slices.ContainsFunc(q.Terms, content) {
		q.Terms = slices.DeleteFunc(q.Terms, func(t Term) bool { return !t.Content }) // half of all sections have them, and they tell nothing
	}
	var stems []string
	for _, t := range q.Terms {
		stems = append(stems, t.Stems...)
	}
	if q.Rarity, err = b.index.Rarity(ctx, stems); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	vector, vectorErr := b.question(ctx, question, corpus)
	q.Vector = vector
	hits, err := b.index.Find(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	var most float64
	content := 0
	for _, t := range q.Terms {
		if t.Content {
			content++
		}
		best := 0.0
		for _, s := range t.Stems {
			best = max(best, q.Rarity[s])
		}
		most += best * (k1 + 1) * (headWeight + bodyWeight)
	}
	score := zscores(hits, func(h *Hit) float64 { return h.BM25 })
	if q.Vector != nil {
		similar, naming := zscores(hits, func(h *Hit) float64 { return h.Similarity }), zscores(hits, func(h *Hit) float64 { return h.Naming })
		for i := range score {
			score[i] += similarWeight*similar[i] + namingWeight*naming[i]
		}
	}
	order := make([]int, len(hits))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(score[j], score[i]), cmp.Compare(hits[i].Section, hits[j].Section))
	})
	order = distinct(hits, order)
	all := make([]Passage, min(len(order), max(n, compared)))
	for k := range all {
		i := order[k]
		all[k] = Passage{Hit: hits[i], Score: score[i], Of: corpus.Sections, Terms: content, Attain: hits[i].BM25 / max(most, 1e-9), Calibration: corpus.Calibration}
	}
	b.rank(question, corpus, all)
	return all[:min(len(all), n)], vectorErr
}

// distinct leaves out, of sections that say the same, all but the first: a copy speaks neither for an answer nor against it.
func distinct(hits []Hit, order []int) []int {
	seen := make(map[[2]string]bool, len(order))
	return slices.DeleteFunc(order, func(i int) bool {
		said := [2]string{hits[i].Heading, hits[i].Whole}
		if hits[i].Heading == "" {
			said[0] = hits[i].Title
		}
		copied := seen[said]
		seen[said] = true
		return copied && hits[i].Whole != ""
	})
}

// Passage returns a section by its number; false when it is no more, or the filter keeps it from the reader.
func (b *Base) Passage(ctx context.Context, id int64, f Filter) (Passage, bool, error) {
	h, ok, err := b.index.Section(ctx, id, f)
	if err != nil || !ok {
		return Passage{}, false, err
	}
	return Passage{Hit: h, Of: 1}, true, nil
}

// question embeds it with the embedder whose vectors are searched.
func (b *Base) question(ctx context.Context, question string, c Corpus) ([]float32, error) {
	e, err := b.current(c)
	if err != nil || e == nil {
		return nil, err
	}
	vectors, err := e.Embed(ctx, []string{question})
	if err != nil {
		return nil, fmt.Errorf("embed the question: %w", err)
	}
	if !slices.ContainsFunc(vectors[0], func(x float32) bool { return x != 0 }) {
		return nil, nil // "???" is near to nothing
	}
	return vectors[0], nil
}

// current is the embedder whose vectors are searched; nil when there are none.
func (b *Base) current(c Corpus) (Embedder, error) {
	if c.Embedder == "" {
		return nil, nil
	}
	if b.embed != nil && c.Embedder == b.embed.Name() && c.Dims == b.embed.Dimensions() {
		return b.embed, nil
	}
	if b.named == nil {
		return nil, fmt.Errorf("the vectors are %s's of %d dimensions, which is not configured", c.Embedder, c.Dims)
	}
	return b.named(c.Embedder, c.Dims)
}

func zscores(all []Hit, of func(*Hit) float64) []float64 {
	z := make([]float64, len(all))
	var sum, squares float64
	for i := range all {
		z[i] = of(&all[i])
		sum += z[i]
		squares += z[i] * z[i]
	}
	n := max(1, float64(len(all)))
	mean := sum / n
	deviation := math.Sqrt(max(0, squares/n-mean*mean))
	for i := range z {
		z[i] = (z[i] - mean) / max(deviation, 1e-9)
	}
	return z
}
