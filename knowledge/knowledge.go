// Package knowledge finds the passages nearest to a question.
package knowledge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
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
const indexVersion = 3

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
	Of     int                // sections that there are
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
	Calibration
}

// Calibration is an installation's own map of the confidence, a line through its log-odds: it may trust its articles more or less than the average base.
// The zero Calibration changes nothing.
type Calibration struct{ Scale, Shift float64 }

// Calibrated is a Calibration with what it was fitted to.
type Calibrated struct {
	Calibration
	At            time.Time
	Embedder      string // whose vectors were searched
	Labels        int
	Loss, LossWas float64 // mean log loss of questions that it was not fitted to, with and without it
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
	// Each hands over every section as it stands, article by article, without scores; what do returns ends it.
	Each(ctx context.Context, do func(Hit) error) error
	// Calibrate keeps a calibration, which holds from then on.
	Calibrate(ctx context.Context, c Calibrated) error
	// Uncalibrate takes the newest calibration back and says which holds now; false when there was none to take back.
	Uncalibrate(ctx context.Context) (now Calibrated, ok bool, err error)
	// Synced says when a source was last read; the zero time when it never was.
	Synced(ctx context.Context, source string) (Sync, error)
	// SetSynced keeps that a source was read now.
	SetSynced(ctx context.Context, source, outcome string) error
	Searcher
	Embeddings
}

// Searcher finds sections.
type Searcher interface {
	Corpus(ctx context.Context) (Corpus, error)
	// Rarity returns the inverse document frequency of each stem: greater than 0, the rarer the greater.
	Rarity(ctx context.Context, stems []string) (map[string]float64, error)
	// Section returns one by its number, without scores; false when there is none that the filter lets through.
	Section(ctx context.Context, id int64, f Filter) (Hit, bool, error)
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
	Chunk    int64
	Text     string // with its title and heading
	Language string // of its article
	Vector   []float32
}

// Embedder turns texts into vectors of unit length.
type Embedder interface {
	Name() string // of the method: vectors of different names or dimensions are not compared
	Dimensions() int
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// LanguageEmbedder is an embedder that makes better vectors, or makes them faster, of texts whose language is known.
type LanguageEmbedder interface {
	EmbedIn(ctx context.Context, language string, texts []string) ([][]float32, error)
}

func embedIn(ctx context.Context, e Embedder, language string, texts []string) ([][]float32, error) {
	if l, is := e.(LanguageEmbedder); is && language != "" {
		return l.EmbedIn(ctx, language, texts)
	}
	return e.Embed(ctx, texts)
}

// Base is the knowledge base.
type Base struct {
	index Index
	embed Embedder                                      // the one that is wanted
	named func(name string, dims int) (Embedder, error) // those that were

	readings readings
}

// NewBase returns a base over index whose vectors shall be embed's; named gives an embedder that an earlier configuration wanted,
// for as long as its vectors are still searched. It may be nil.
func NewBase(index Index, embed Embedder, named func(name string, dims int) (Embedder, error)) *Base {
	return &Base{index: index, embed: embed, named: named}
}

// Remove removes a source, or one article of it with a key, and says how many articles went.
func (b *Base) Remove(ctx context.Context, source, key string) (int, error) {
	return b.index.Remove(ctx, source, key)
}

// List lists all articles.
func (b *Base) List(ctx context.Context) ([]Listed, error) { return b.index.List(ctx) }

// Each hands over every section as it stands, article by article; what do returns ends it.
func (b *Base) Each(ctx context.Context, do func(Hit) error) error { return b.index.Each(ctx, do) }

// Calibrate keeps a calibration of the embedder whose vectors are searched; it holds from then on.
func (b *Base) Calibrate(ctx context.Context, c Calibrated) error {
	corpus, err := b.index.Corpus(ctx)
	if err != nil {
		return err
	}
	c.Embedder = corpus.Embedder
	return b.index.Calibrate(ctx, c)
}

// Uncalibrate takes the newest calibration back and says which holds now, the zero one for what ships; false when there was none.
func (b *Base) Uncalibrate(ctx context.Context) (Calibrated, bool, error) {
	return b.index.Uncalibrate(ctx)
}
