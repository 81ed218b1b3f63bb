// Package knowledge finds the passages nearest to a question.
package knowledge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
	Sections []Section
}

// Section is a part of an article under one heading.
type Section struct {
	Heading string // the path of headings, "A › B"; "" at the top
	Text    string // Markdown
}

// hash changes when anything that search knows of the article does.
func (a Article) hash() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%d\x00%s\x00%s\x00%s\x00", indexVersion, a.Title, a.URL, a.Audience)
	for _, s := range a.Sections {
		_, _ = fmt.Fprintf(h, "%s\x00%s\x00", s.Heading, s.Text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// indexVersion is raised when chunks or terms are made in another way, so that the next import makes them anew.
const indexVersion = 1

// Chunk is what search finds: a passage of an article.
type Chunk struct {
	Heading, Text string
	Title, Body   map[string]int // how often each term occurs in title and heading, and in the text
	Vector        []float32      // nil without an embedder
}

// Indexed is an article ready to be stored.
type Indexed struct {
	Article
	Hash   string
	Chunks []Chunk
}

// Listed is an article as it is listed.
type Listed struct {
	Source, Key, Title, URL string
	Audience                Audience
	Chunks                  int
}

// Hit is a chunk that one leg of the search found.
type Hit struct {
	Chunk      int64
	Article    int64
	Title      string
	URL        string
	Heading    string
	Text       string
	BM25       float64
	Coverage   float64 // of the question's terms, weighted by how rare they are, 0…1
	Similarity float64 // cosine, -1…1
}

// Index keeps articles, chunks and vectors.
type Index interface {
	// Hashes returns the hash of each article of a source, by key.
	Hashes(ctx context.Context, source string) (map[string]string, error)
	// Put stores articles and removes others of the source by key, in one transaction.
	Put(ctx context.Context, source string, articles []Indexed, remove []string) error
	// Remove removes a source, or one article of it with a key, and says how many articles went.
	Remove(ctx context.Context, source, key string) (int, error)
	// List lists all articles.
	List(ctx context.Context) ([]Listed, error)
	// Lexical returns the n best chunks by BM25 over fields, with the coverage of the terms; internal ones only if asked.
	Lexical(ctx context.Context, terms []string, n int, internal bool) ([]Hit, error)
	// Nearest returns the n chunks nearest to the vector; none when the server has no pgvector.
	Nearest(ctx context.Context, vector []float32, n int, internal bool) ([]Hit, error)
}

// Embedder turns texts into vectors of unit length.
type Embedder interface {
	Name() string // of the method and its dimensions: vectors of different names are not compared
	Dimensions() int
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// Base is the knowledge base.
type Base struct {
	index Index
	embed Embedder
}

// NewBase returns a base over index. embed must be the one that index keeps vectors of.
func NewBase(index Index, embed Embedder) *Base { return &Base{index: index, embed: embed} }

// Passage is a found passage, with how it was found.
type Passage struct {
	Hit
	Score float64 // of the fused ranking; only its order means something
	Terms int     // content terms of the question
}

// vectorWeight is the vector leg's share beside BM25's 1, both as z-scores: what measured best for hashed n-grams.
const vectorWeight = 0.5

// candidates is how many chunks each leg offers.
const candidates = 50

// Search returns up to n passages nearest to the question, at most one an article, the best first. Both legs run always; a
// vector leg that fails or is not there leaves the lexical one, and the error that is returned beside says so.
func (b *Base) Search(ctx context.Context, question string, n int, internal bool) ([]Passage, error) {
	terms := Terms(question)
	found := map[int64]*Passage{}
	lexical, err := b.index.Lexical(ctx, terms, candidates, internal)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	for _, h := range lexical {
		found[h.Chunk] = &Passage{Hit: h, Terms: len(terms)}
	}
	vectorErr := b.nearest(ctx, question, internal, found, len(terms))
	all := make([]*Passage, 0, len(found))
	for _, p := range found {
		all = append(all, p)
	}
	bm25, similar := zscores(all, func(p *Passage) float64 { return p.BM25 }), zscores(all, func(p *Passage) float64 { return p.Similarity })
	for i, p := range all {
		p.Score = bm25[i] + vectorWeight*similar[i]
	}
	slices.SortFunc(all, func(a, b *Passage) int {
		if a.Score != b.Score {
			return cmp(b.Score, a.Score)
		}
		return int(a.Chunk - b.Chunk)
	})
	var out []Passage
	seen := map[int64]bool{}
	for _, p := range all {
		if !seen[p.Article] && len(out) < n {
			seen[p.Article] = true
			out = append(out, *p)
		}
	}
	return out, vectorErr
}

func (b *Base) nearest(ctx context.Context, question string, internal bool, found map[int64]*Passage, terms int) error {
	if b.embed == nil {
		return nil
	}
	vectors, err := b.embed.Embed(ctx, []string{question})
	if err != nil {
		return fmt.Errorf("embed the question: %w", err)
	}
	hits, err := b.index.Nearest(ctx, vectors[0], candidates, internal)
	if err != nil {
		return fmt.Errorf("nearest: %w", err)
	}
	for _, h := range hits {
		if p := found[h.Chunk]; p != nil {
			p.Similarity = h.Similarity
		} else {
			found[h.Chunk] = &Passage{Hit: h, Terms: terms}
		}
	}
	return nil
}

func cmp(a, b float64) int {
	if a < b {
		return -1
	}
	return 1
}

func zscores(all []*Passage, of func(*Passage) float64) []float64 {
	z := make([]float64, len(all))
	var sum, squares float64
	for i, p := range all {
		z[i] = of(p)
		sum += z[i]
		squares += z[i] * z[i]
	}
	n := float64(len(all))
	mean := sum / n
	deviation := math.Sqrt(max(0, squares/n-mean*mean))
	for i := range z {
		z[i] = (z[i] - mean) / max(deviation, 1e-9)
	}
	return z
}

// Report says what an import did.
type Report struct{ Added, Changed, Unchanged, Removed int }

func (r Report) String() string {
	return fmt.Sprintf("%d added, %d changed, %d unchanged, %d removed", r.Added, r.Changed, r.Unchanged, r.Removed)
}

// Import makes the source's articles these: new and changed ones are indexed, unchanged ones left alone, others removed, all in
// one transaction. progress hears how many of them are done.
func (b *Base) Import(ctx context.Context, source string, articles []Article, progress func(done, of int)) (Report, error) {
	var r Report
	had, err := b.index.Hashes(ctx, source)
	if err != nil {
		return r, fmt.Errorf("import: %w", err)
	}
	var put []Indexed
	keys := map[string]bool{}
	for i, a := range articles {
		a.Source = source
		if keys[a.Key] {
			return r, fmt.Errorf("import: two articles are called %q", a.Key)
		}
		keys[a.Key] = true
		hash := a.hash()
		switch old, ok := had[a.Key]; {
		case ok && old == hash:
			r.Unchanged++
		default:
			if ok {
				r.Changed++
			} else {
				r.Added++
			}
			chunks, err := b.chunks(ctx, a)
			if err != nil {
				return r, fmt.Errorf("import %s: %w", a.Key, err)
			}
			put = append(put, Indexed{Article: a, Hash: hash, Chunks: chunks})
		}
		if progress != nil {
			progress(i+1, len(articles))
		}
	}
	var remove []string
	for key := range had {
		if !keys[key] {
			remove = append(remove, key)
		}
	}
	r.Removed = len(remove)
	if len(put)+len(remove) == 0 {
		return r, nil
	}
	return r, b.index.Put(ctx, source, put, remove)
}

func (b *Base) chunks(ctx context.Context, a Article) ([]Chunk, error) {
	chunks := cut(a)
	if b.embed == nil {
		return chunks, nil
	}
	texts := make([]string, len(chunks))
	for i, c := range chunks {
		texts[i] = strings.Join([]string{a.Title, c.Heading, c.Text}, "\n")
	}
	vectors, err := b.embed.Embed(ctx, texts)
	if err != nil {
		return nil, err
	}
	if len(vectors) != len(chunks) {
		return nil, errors.New("the embedder returned another number of vectors")
	}
	for i := range chunks {
		chunks[i].Vector = vectors[i]
	}
	return chunks, nil
}

// Remove removes a source, or one article of it with a key, and says how many articles went.
func (b *Base) Remove(ctx context.Context, source, key string) (int, error) {
	return b.index.Remove(ctx, source, key)
}

// List lists all articles.
func (b *Base) List(ctx context.Context) ([]Listed, error) { return b.index.List(ctx) }
