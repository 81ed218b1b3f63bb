// Package knowledge finds the passages nearest to a question.
package knowledge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Audience says whom an article may be shown to.
type Audience string

// Internal articles inform agents, never customers.
const (
	ForAll   Audience = "public"
	Internal Audience = "internal"
)

// Article is one page of the knowledge base.
type Article struct {
	Source   string // what it was imported from
	Key      string // its name in the source
	Title    string
	URL      string
	Audience Audience
	Tags     []string
	Language string // ISO 639-1; "": found out from the text
	Sections []Section
}

// Section is a part of an article under one heading.
type Section struct {
	Heading string // the path of headings, "A › B"; "" at the top
	Text    string // Markdown
}

// text is all of the article that a reader sees.
func (a Article) text() string {
	var b strings.Builder
	b.WriteString(a.Title)
	for _, s := range a.Sections {
		b.WriteString("\n" + s.Heading + "\n" + s.Text)
	}
	return b.String()
}

// hash changes when anything that search knows of the article does.
func (a Article) hash() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%d\x00%s\x00%s\x00%s\x00%s\x00%s\x00", indexVersion, a.Title, a.URL, a.Audience, a.Language, strings.Join(a.Tags, "\x01"))
	for _, s := range a.Sections {
		_, _ = fmt.Fprintf(h, "%s\x00%s\x00", s.Heading, s.Text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// indexVersion is raised when chunks or terms are made in another way, so that the next import makes them anew.
const indexVersion = 2

// Chunk is a window of a section: what is embedded, and what an answer cites.
type Chunk struct {
	Start, End int       // in characters of the section's text
	Text       string    // that part
	Vector     []float32 // nil without an embedder
}

// Indexed is an article ready to be stored.
type Indexed struct {
	Article
	Hash     string
	Sections []IndexedSection
}

// IndexedSection is a section ready to be stored.
type IndexedSection struct {
	Section
	Title, Head, Body map[string]int // how often each term occurs in title, heading and text; without a heading, the title stands for it
	Chunks            []Chunk        // the first stands for title and heading alone
}

// Listed is an article as it is listed.
type Listed struct {
	Source, Key, Title, URL string
	Audience                Audience
	Language                string
	Tags                    []string
	Chunks                  int
}

// Filter says which articles may be found.
type Filter struct {
	Internal bool     // those for the team as well
	Language string   // of that language alone; "": any
	Tags     []string // with all of these
}

// Query is what an Index is asked.
type Query struct {
	Filter
	Terms  []Term
	Rarity map[string]float64 // of each stem, from Index.Rarity
	Vector []float32          // nil: by words alone
	N      int                // sections of each leg
}

// Hit is a section that a leg of the search found, with both legs' scores and the chunk of it that is nearest.
type Hit struct {
	Section    int64
	Article    int64
	Source     string
	Key        string
	Title      string
	URL        string
	Audience   Audience
	Language   string
	Heading    string
	Whole      string // the section's text
	Start, End int    // the nearest chunk, in characters of Whole
	Text       string // that chunk
	BM25       float64
	Coverage   float64 // of the question's terms, weighted by how rare they are, 0…1
	Similarity float64 // of the nearest chunk: cosine, -1…1
	Naming     float64 // of title and heading alone: cosine, -1…1
}

// Corpus is what an Index knows of itself.
type Corpus struct {
	Sections  int
	Languages []string // of its articles, the usual one first
	Embedder  string   // whose vectors are searched; "": none yet
	Dims      int
}

// Index keeps articles, sections, terms and vectors.
type Index interface {
	// Hashes returns the hash of each article of a source, by key.
	Hashes(ctx context.Context, source string) (map[string]string, error)
	// Put stores articles, with vectors of e, and removes others of the source by key, in one transaction.
	Put(ctx context.Context, source string, articles []Indexed, remove []string, e Embedder) error
	// Remove removes a source, or one article of it with a key, and says how many articles went.
	Remove(ctx context.Context, source, key string) (int, error)
	// List lists all articles.
	List(ctx context.Context) ([]Listed, error)
	Searcher
	Embeddings
}

// Searcher finds sections.
type Searcher interface {
	Corpus(ctx context.Context) (Corpus, error)
	// Rarity returns the inverse document frequency of each stem: greater than 0, the rarer the greater.
	Rarity(ctx context.Context, stems []string) (map[string]float64, error)
	// Find returns the best sections of each leg, with both legs' scores; without pgvector, or without a vector, those of the words.
	Find(ctx context.Context, q Query) ([]Hit, error)
}

// Embeddings keeps a table of vectors for each embedder; one is searched, another may be filled meanwhile.
type Embeddings interface {
	// Missing returns up to n chunks that have no vector of e yet, and how many there are in all.
	Missing(ctx context.Context, e Embedder, n int) (chunks []Pending, of int, err error)
	// Fill stores vectors of e.
	Fill(ctx context.Context, e Embedder, chunks []Pending) error
	// Switch makes e the one that is searched, when no chunk is missing; false when one is.
	Switch(ctx context.Context, e Embedder) (bool, error)
	// Tune makes the index that a large table needs, and measures how wide it must be searched.
	Tune(ctx context.Context) error
}

// Pending is a chunk that wants a vector.
type Pending struct {
	Chunk  int64
	Text   string // with its title and heading
	Vector []float32
}

// Embedder turns texts into vectors of unit length.
type Embedder interface {
	Name() string // of the method: vectors of different names or dimensions are not compared
	Dimensions() int
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// Base is the knowledge base.
type Base struct {
	index Index
	embed Embedder                                      // the one that is wanted
	named func(name string, dims int) (Embedder, error) // those that were
}

// NewBase returns a base over index whose vectors shall be embed's; named gives an embedder that an earlier configuration wanted,
// for as long as its vectors are still searched. It may be nil.
func NewBase(index Index, embed Embedder, named func(name string, dims int) (Embedder, error)) *Base {
	return &Base{index: index, embed: embed, named: named}
}

// Passage is a found passage, with how it was found.
type Passage struct {
	Hit
	Score  float64 // of the fused ranking; only its order means something
	Terms  int     // content terms of the question
	Attain float64 // BM25 as a share of what the question's terms could score at most, 0…1
}

// The fields' weights in BM25, and each vector leg's beside BM25's 1, all as z-scores: what measured best on help articles, with k1 1.2 and b 0.75.
const (
	k1                                  = 1.2
	titleWeight, headWeight, bodyWeight = 0.8, 1.5, 0.5
	similarWeight, namingWeight         = 0.7, 0.7
	// candidates is how many sections each leg offers.
	candidates = 50
)

// Search returns up to n passages nearest to the question, at most one an article, the best first. Both legs run always; a
// vector leg that fails or is not there leaves the lexical one, and the error that is returned beside says so.
func (b *Base) Search(ctx context.Context, question string, n int, f Filter) ([]Passage, error) {
	corpus, err := b.index.Corpus(ctx)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	q := Query{Filter: f, Terms: terms(question, corpus.Languages), N: max(candidates, n)}
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
	all := make([]Passage, len(hits))
	for i, h := range hits {
		all[i] = Passage{Hit: h, Terms: content, Attain: h.BM25 / max(most, 1e-9)}
	}
	bm25, similar := zscores(all, func(p Passage) float64 { return p.BM25 }), zscores(all, func(p Passage) float64 { return p.Similarity })
	naming := zscores(all, func(p Passage) float64 { return p.Naming })
	for i := range all {
		all[i].Score = bm25[i]
		if q.Vector != nil {
			all[i].Score += similarWeight*similar[i] + namingWeight*naming[i]
		}
	}
	slices.SortFunc(all, func(a, b Passage) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Section, b.Section))
	})
	var out []Passage
	seen := map[int64]bool{}
	for _, p := range all {
		if !seen[p.Article] && len(out) < n {
			seen[p.Article] = true
			out = append(out, p)
		}
	}
	return out, vectorErr
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

func zscores(all []Passage, of func(Passage) float64) []float64 {
	z := make([]float64, len(all))
	var sum, squares float64
	for i, p := range all {
		z[i] = of(p)
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

// Report says what an import did, or would do.
type Report struct {
	Added, Changed, Unchanged, Removed int
	Changes                            []Change // of each article that is not unchanged, in order
}

// Change is what happens to one article.
type Change struct {
	What string // "added", "changed" or "removed"
	Key  string
}

func (r Report) String() string {
	return fmt.Sprintf("%d added, %d changed, %d unchanged, %d removed", r.Added, r.Changed, r.Unchanged, r.Removed)
}

// Compare says what Import would do.
func (b *Base) Compare(ctx context.Context, source string, articles []Article) (Report, error) {
	r, _, _, err := b.compare(ctx, source, articles)
	return r, err
}

func (b *Base) compare(ctx context.Context, source string, articles []Article) (r Report, put []Indexed, remove []string, err error) {
	had, err := b.index.Hashes(ctx, source)
	if err != nil {
		return r, nil, nil, fmt.Errorf("import: %w", err)
	}
	keys := map[string]bool{}
	usual := usualLanguage(articles)
	for _, a := range articles {
		a.Source = source
		if keys[a.Key] {
			return r, nil, nil, fmt.Errorf("import: two articles are called %q", a.Key)
		}
		keys[a.Key] = true
		hash := a.hash() // before the language is found out: another article must not change this one's
		if a.Language == "" {
			a.Language = languageOf(a, usual)
		}
		old, known := had[a.Key]
		switch {
		case known && old == hash:
			r.Unchanged++
			continue
		case known:
			r.Changed++
			r.Changes = append(r.Changes, Change{"changed", a.Key})
		default:
			r.Added++
			r.Changes = append(r.Changes, Change{"added", a.Key})
		}
		put = append(put, Indexed{Article: a, Hash: hash})
	}
	for _, key := range slices.Sorted(maps.Keys(had)) {
		if !keys[key] {
			remove = append(remove, key)
			r.Changes = append(r.Changes, Change{"removed", key})
		}
	}
	r.Removed = len(remove)
	return r, put, remove, nil
}

// usualLanguage is what most of the articles are in.
func usualLanguage(articles []Article) string {
	n := map[string]int{}
	best := ""
	for _, a := range articles {
		l := a.Language
		if l == "" {
			l = Language(a.text())
		}
		if n[l]++; l != "" && n[l] > n[best] {
			best = l
		}
	}
	return best
}

// surely is how many words tell a language that is not the usual one.
const surely = 20

func languageOf(a Article, usual string) string {
	text := a.text()
	if l := Language(text); l != "" && (l == usual || len(tokens(text)) >= surely) {
		return l
	}
	return usual
}

// Import makes the source's articles these: new and changed ones are indexed, unchanged ones left alone, others removed, all in
// one transaction: a failed import changes nothing. progress, which may be nil, hears how many of those to index are done.
func (b *Base) Import(ctx context.Context, source string, articles []Article, progress func(done, of int)) (Report, error) {
	r, put, remove, err := b.compare(ctx, source, articles)
	if err != nil || len(put)+len(remove) == 0 {
		return r, err
	}
	corpus, err := b.index.Corpus(ctx)
	if err != nil {
		return r, fmt.Errorf("import: %w", err)
	}
	e, err := b.current(corpus)
	if err != nil {
		return r, fmt.Errorf("import: %w", err)
	}
	if e == nil {
		e = b.embed
	}
	for i := range put {
		if err := prepare(ctx, &put[i], e); err != nil {
			return r, fmt.Errorf("import %s: %w", put[i].Key, err)
		}
		if progress != nil {
			progress(i+1, len(put))
		}
	}
	if err := b.index.Put(ctx, source, put, remove, e); err != nil {
		return r, err
	}
	return r, b.index.Tune(ctx)
}

// prepare makes an article's sections, terms, chunks and vectors.
func prepare(ctx context.Context, a *Indexed, e Embedder) error {
	sections := a.Article.Sections
	if len(sections) == 0 {
		sections = []Section{{}}
	}
	var texts []string
	for _, s := range sections {
		x := IndexedSection{Section: s, Title: count(a.Language, a.Title), Head: count(a.Language, s.Heading), Body: count(a.Language, s.Text)}
		if len(x.Head) == 0 {
			x.Title, x.Head = nil, x.Title
		}
		x.Chunks = append([]Chunk{{}}, cut(s.Text)...)
		for _, c := range x.Chunks {
			texts = append(texts, embedded(a.Title, s.Heading, c.Text))
		}
		a.Sections = append(a.Sections, x)
	}
	if e == nil {
		return nil
	}
	vectors, err := e.Embed(ctx, texts)
	if err != nil {
		return err
	}
	if len(vectors) != len(texts) {
		return errors.New("the embedder returned another number of vectors")
	}
	for i := range a.Sections {
		for j := range a.Sections[i].Chunks {
			a.Sections[i].Chunks[j].Vector, vectors = vectors[0], vectors[1:]
		}
	}
	return nil
}

// embedded is the text whose vector stands for a chunk: title and heading are repeated in each.
func embedded(title, heading, text string) string {
	return strings.Join([]string{title, heading, text}, "\n")
}

// batch is how many chunks Embed takes at a time.
const batch = 128

// Embed gives every chunk a vector of the embedder that is wanted, and then makes search use it. Until then search goes on with the
// one before. What is done stays done: called again, it goes on where it stopped. progress may be nil.
func (b *Base) Embed(ctx context.Context, progress func(done, of int)) error {
	corpus, err := b.index.Corpus(ctx)
	if err != nil || b.embed == nil || corpus.Embedder == b.embed.Name() && corpus.Dims == b.embed.Dimensions() {
		return err
	}
	first := -1
	for {
		chunks, left, err := b.index.Missing(ctx, b.embed, batch)
		if err != nil {
			return err
		}
		if first < 0 {
			first = left
		}
		if progress != nil {
			progress(max(0, first-left), first)
		}
		if len(chunks) == 0 {
			done, err := b.index.Switch(ctx, b.embed)
			if err != nil {
				return err
			}
			if done {
				return b.index.Tune(ctx)
			}
			continue // an import came between
		}
		texts := make([]string, len(chunks))
		for i, c := range chunks {
			texts[i] = c.Text
		}
		vectors, err := b.embed.Embed(ctx, texts)
		if err != nil {
			return fmt.Errorf("embed: %w", err)
		}
		for i := range chunks {
			chunks[i].Vector = vectors[i]
		}
		if err := b.index.Fill(ctx, b.embed, chunks); err != nil {
			return err
		}
	}
}

// Remove removes a source, or one article of it with a key, and says how many articles went.
func (b *Base) Remove(ctx context.Context, source, key string) (int, error) {
	return b.index.Remove(ctx, source, key)
}

// List lists all articles.
func (b *Base) List(ctx context.Context) ([]Listed, error) { return b.index.List(ctx) }
