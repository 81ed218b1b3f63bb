package knowledge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Report says what an import did, or would do.
type Report struct {
	Added, Changed, Unchanged, Removed int
	Kept                               int      // of those that are not among the new ones, and stay
	Changes                            []Change // of each article that is not unchanged, in order
}

// Change is what happens to one article.
type Change struct {
	What string // "added", "changed" or "removed"
	Key  string
}

func (r Report) String() string {
	kept := ""
	if r.Kept > 0 {
		kept = fmt.Sprintf(", %d kept as they were", r.Kept)
	}
	return fmt.Sprintf("%d added, %d changed, %d unchanged, %d removed%s", r.Added, r.Changed, r.Unchanged, r.Removed, kept)
}

// Compare says what ImportKeeping would do.
func (b *Base) Compare(ctx context.Context, source string, articles []Article, keeps func(key string) bool) (Report, error) {
	r, _, _, err := b.compare(ctx, source, articles, keeps)
	return r, err
}

func (b *Base) compare(ctx context.Context, source string, articles []Article, keeps func(key string) bool) (r Report, put []Indexed, remove []string, err error) {
	had, err := b.index.Hashes(ctx, source)
	if err != nil {
		return r, nil, nil, fmt.Errorf("import: %w", err)
	}
	keys := map[string]bool{}
	articles = slices.Clone(articles)
	tongues := make([]string, len(articles))
	together(len(articles), func(share iter.Seq[int]) {
		for i := range share {
			articles[i] = cleaned(articles[i])
			if tongues[i] = articles[i].Language; tongues[i] == "" {
				tongues[i] = Language(articles[i].text())
			}
		}
	})
	usual := usualLanguages(articles, tongues)
	for i, a := range articles {
		a.Source = source
		if keys[a.Key] {
			return r, nil, nil, fmt.Errorf("import: two articles are called %q", a.Key)
		}
		keys[a.Key] = true
		hash := a.hash() // before the language is found out: another article must not change this one's
		if a.Language == "" {
			a.Language = languageOf(a, tongues[i], usual[i])
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
		switch {
		case keys[key]:
		case keeps != nil && keeps(key):
			r.Kept++
		default:
			remove = append(remove, key)
			r.Changes = append(r.Changes, Change{"removed", key})
		}
	}
	r.Removed = len(remove)
	return r, put, remove, nil
}

// most is the language that most are in, of those that tell theirs.
func most(tongues []string) (best string) {
	n := map[string]int{}
	for _, l := range tongues {
		if n[l]++; l != "" && n[l] > n[best] {
			best = l
		}
	}
	return best
}

// toldBytes is how many bytes of the rows of a table are looked at to tell their language.
const toldBytes = 2000

// usualLanguages are, for each article, the language that those beside it are in: the other rows of its table or, where they do not tell, most articles of
// the source.
func usualLanguages(articles []Article, tongues []string) []string {
	usual := most(tongues)
	table := func(i int) string { name, _, _ := strings.Cut(articles[i].Key, "#"); return name }
	out := make([]string, len(articles))
	for from := 0; from < len(articles); {
		to := from
		var text strings.Builder
		for to < len(articles) && table(to) == table(from) {
			if text.Len() < toldBytes && articles[to].Language == "" {
				text.WriteString(articles[to].text() + "\n")
			}
			to++
		}
		own := usual
		if to-from > 1 {
			if l := Language(text.String()); l != "" && len(tokens(text.String())) >= surely {
				own = l
			}
		}
		for i := from; i < to; i++ {
			out[i] = own
		}
		from = to
	}
	return out
}

// surely is how many words tell a language that is not the usual one.
const surely = 20

// languageOf is an article's: the one that its text seems to be in, unless it is too short to tell another than the usual one.
func languageOf(a Article, seems, usual string) string {
	if seems != "" && (seems == usual || len(tokens(a.text())) >= surely) {
		return seems
	}
	return usual
}

// Import makes the source's articles these: new and changed ones are indexed, unchanged ones left alone, others removed, all in
// one transaction: a failed import changes nothing. progress, which may be nil, hears how many of those to index are done.
func (b *Base) Import(ctx context.Context, source string, articles []Article, progress func(done, of int)) (Report, error) {
	return b.ImportKeeping(ctx, source, articles, nil, progress)
}

// ImportKeeping is Import but for the articles of the source that keeps says stay, though they are not among the new ones: what they were made of could not
// be read this time.
func (b *Base) ImportKeeping(ctx context.Context, source string, articles []Article, keeps func(key string) bool, progress func(done, of int)) (Report, error) {
	r, put, remove, err := b.compare(ctx, source, articles, keeps)
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
	if err := prepareAll(ctx, put, e, progress); err != nil {
		return r, fmt.Errorf("import %w", err)
	}
	if err := b.index.Put(ctx, source, put, remove, e); err != nil {
		return r, err
	}
	return r, b.index.Tune(ctx)
}

// Add puts one article into a source, in the place of one with the same key; the source's others stay.
func (b *Base) Add(ctx context.Context, source string, a Article) error {
	corpus, err := b.index.Corpus(ctx)
	if err != nil {
		return fmt.Errorf("add: %w", err)
	}
	e, err := b.current(corpus)
	if err != nil {
		return fmt.Errorf("add: %w", err)
	}
	if e == nil {
		e = b.embed
	}
	a = cleaned(a)
	a.Source = source
	x := Indexed{Article: a, Hash: a.hash()}
	if x.Language == "" {
		x.Language = Language(a.text())
	}
	if err := prepare(ctx, &x, e); err != nil {
		return fmt.Errorf("add %s: %w", a.Key, err)
	}
	return b.index.Put(ctx, source, []Indexed{x}, nil, e)
}

// prepareAll prepares articles on all processors.
func prepareAll(ctx context.Context, all []Indexed, e Embedder, progress func(done, of int)) error {
	var mu sync.Mutex
	var first error
	done := 0
	together(len(all), func(share iter.Seq[int]) {
		for i := range share {
			err := prepare(ctx, &all[i], e)
			mu.Lock()
			if err != nil && first == nil {
				first = fmt.Errorf("%s: %w", all[i].Key, err)
			}
			if done++; progress != nil && first == nil {
				progress(done, len(all))
			}
			failed := first != nil
			mu.Unlock()
			if failed {
				return
			}
		}
	})
	return first
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
	vectors, err := embedIn(ctx, e, a.Language, texts)
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
		for from := 0; from < len(chunks); { // those of a language together
			var texts []string
			to := from
			for to < len(chunks) && chunks[to].Language == chunks[from].Language {
				texts = append(texts, chunks[to].Text)
				to++
			}
			vectors, err := embedIn(ctx, b.embed, chunks[from].Language, texts)
			if err != nil {
				return fmt.Errorf("embed: %w", err)
			}
			for i, v := range vectors {
				chunks[from+i].Vector = v
			}
			from = to
		}
		if err := b.index.Fill(ctx, b.embed, chunks); err != nil {
			return err
		}
	}
}

// Sync is when a source was last read, and what came of it.
type Sync struct {
	Source  string
	At      time.Time // zero: never
	Outcome string
}

// Synced says when a source was last read by a schedule or by hand.
func (b *Base) Synced(ctx context.Context, source string) (Sync, error) {
	return b.index.Synced(ctx, source)
}

// SetSynced keeps that a source was read now.
func (b *Base) SetSynced(ctx context.Context, source, outcome string) error {
	return b.index.SetSynced(ctx, source, outcome)
}
