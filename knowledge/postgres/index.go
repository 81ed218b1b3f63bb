// Package postgres is knowledge's Index on PostgreSQL: BM25 in SQL, and pgvector where the server has it.
package postgres

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pgvector/pgvector-go"

	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/knowledge"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the knowledge base's tables. The vectors' are made when the server has pgvector.
func Migrations() pg.Migrations {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	return pg.Migrations{Table: "deskbell_knowledge_version", Files: sub}
}

// Options steer an index.
type Options struct {
	ExactBelow int             // vectors are searched exactly below so many chunks, by an HNSW index above; default 10,000
	SmallBelow int             // a base of at most so many sections is kept in memory and searched there; default 10,000, negative: none is
	Until      context.Context // ends what goes on beside the searches; nil: never
	Logger     *slog.Logger    // nil: silent
	Works      *pgxpool.Pool   // for imports and indexes, which take their time; nil: the one that is searched
}

// Index is a knowledge.Index.
type Index struct {
	db    *pgxpool.Pool
	works *pgxpool.Pool // for what takes its time
	o     Options
	small kept
}

var _ knowledge.Index = (*Index)(nil)

// New returns an index. On a server without pgvector it keeps no vectors, and search is lexical only.
func New(db *pgxpool.Pool, o Options) *Index {
	if o.ExactBelow == 0 {
		o.ExactBelow = 10_000
	}
	if o.SmallBelow == 0 {
		o.SmallBelow = 10_000
	}
	if o.Works == nil {
		o.Works = db
	}
	if o.Until == nil {
		o.Until = context.Background()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Index{db: db, works: o.Works, o: o}
}

// Hashes implements knowledge.Index.
func (x *Index) Hashes(ctx context.Context, source string) (map[string]string, error) {
	rows, err := x.db.Query(ctx, `SELECT key, hash FROM articles WHERE source = $1`, source)
	if err != nil {
		return nil, err
	}
	hashes := map[string]string{}
	var key, hash string
	_, err = pgx.ForEachRow(rows, []any{&key, &hash}, func() error { hashes[key] = hash; return nil })
	return hashes, err
}

// Put implements knowledge.Index.
func (x *Index) Put(ctx context.Context, source string, articles []knowledge.Indexed, remove []string, e knowledge.Embedder) error {
	table, err := x.table(ctx, e)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, x.works, func(tx pgx.Tx) error {
		for _, a := range articles {
			remove = append(remove, a.Key)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM articles WHERE source = $1 AND key = ANY($2)`, source, remove); err != nil {
			return err
		}
		if err := put(ctx, tx, table, source, articles); err != nil {
			return err
		}
		if table != "" { // the first import's vectors are the ones that are searched
			if _, err := tx.Exec(ctx, `UPDATE embedders SET searched = true WHERE name = $1 AND dims = $2 AND NOT EXISTS (SELECT FROM embedders WHERE searched)`, e.Name(), e.Dimensions()); err != nil {
				return err
			}
		}
		return recount(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("store articles: %w", err)
	}
	return nil
}

// vectorsAtOnce are stored in one statement.
const vectorsAtOnce = 500

// put stores articles with numbers that it takes first, so that each table is filled in one go.
func put(ctx context.Context, tx pgx.Tx, table, source string, articles []knowledge.Indexed) error {
	sections, chunks := 0, 0
	for _, a := range articles {
		sections += len(a.Sections)
		for _, s := range a.Sections {
			chunks += len(s.Chunks)
		}
	}
	article, err := numbers(ctx, tx, "articles", len(articles))
	if err != nil {
		return err
	}
	section, err := numbers(ctx, tx, "sections", sections)
	if err != nil {
		return err
	}
	chunk, err := numbers(ctx, tx, "chunks", chunks)
	if err != nil {
		return err
	}
	var ofArticles, ofSections, ofChunks [][]any
	var postings []stored
	var withVector []int64
	var vectors []string
	for i, a := range articles {
		tags := a.Tags
		if tags == nil {
			tags = []string{}
		}
		ofArticles = append(ofArticles, []any{article[i], source, a.Key, a.Title, a.URL, string(a.Audience), tags, a.Language, a.Hash})
		for _, s := range a.Sections {
			id := section[len(ofSections)]
			terms, n, lens := columns(s)
			ofSections = append(ofSections, []any{id, article[i], s.Heading, s.Text, lens})
			for k, t := range terms {
				postings = append(postings, stored{t, id, [6]float32{float32(n[0][k]), float32(n[1][k]), float32(n[2][k]), float32(lens[0]), float32(lens[1]), float32(lens[2])}})
			}
			for _, c := range s.Chunks {
				at := chunk[len(ofChunks)]
				ofChunks = append(ofChunks, []any{at, id, c.Start, c.End})
				if table != "" && c.Vector != nil {
					withVector, vectors = append(withVector, at), append(vectors, pgvector.NewVector(c.Vector).String())
				}
			}
		}
	}
	slices.SortFunc(postings, func(a, b stored) int { // as their index has them
		return cmp.Or(strings.Compare(a.term, b.term), cmp.Compare(a.section, b.section))
	})
	for _, c := range []struct {
		table   string
		columns string
		rows    pgx.CopyFromSource
	}{
		{"articles", "id source key title url audience tags language hash", pgx.CopyFromRows(ofArticles)},
		{"sections", "id article_id heading text lens", pgx.CopyFromRows(ofSections)},
		{"postings", "term section_id title heading body title_len head_len body_len", pgx.CopyFromSlice(len(postings), func(i int) ([]any, error) { return postings[i].row(), nil })},
		{"chunks", "id section_id start_at end_at", pgx.CopyFromRows(ofChunks)},
	} {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{c.table}, strings.Fields(c.columns), c.rows); err != nil {
			return fmt.Errorf("%s: %w", c.table, err)
		}
	}
	for i := 0; i < len(vectors); i += vectorsAtOnce {
		end := min(i+vectorsAtOnce, len(vectors))
		if _, err := tx.Exec(ctx, `INSERT INTO `+table+` (chunk_id, embedding) SELECT id, v::halfvec FROM unnest($1::bigint[], $2::text[]) AS u (id, v)`, withVector[i:end], vectors[i:end]); err != nil {
			return fmt.Errorf("vectors: %w", err)
		}
	}
	return nil
}

// stored is a posting as its table has it.
type stored struct {
	term    string
	section int64
	counts  [6]float32 // in title, heading and text, and how long those are
}

func (p stored) row() []any {
	return []any{p.term, p.section, p.counts[0], p.counts[1], p.counts[2], p.counts[3], p.counts[4], p.counts[5]}
}

// numbers takes the next n of a table's.
func numbers(ctx context.Context, tx pgx.Tx, table string, n int) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, $2)`, table, n)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// columns are a section's postings, by column, and the lengths of its fields.
func columns(s knowledge.IndexedSection) (terms []string, n [3][]int, lens []int) {
	terms, lens = []string{}, make([]int, 3)
	fields := [3]map[string]int{s.Title, s.Head, s.Body}
	all := map[string]bool{}
	for i, f := range fields {
		for t, times := range f {
			lens[i] += times
			if !all[t] {
				all[t] = true
				terms = append(terms, t)
			}
		}
	}
	slices.Sort(terms) // two imports at once take their rows' locks in the same order
	for _, t := range terms {
		for i, f := range fields {
			n[i] = append(n[i], f[t])
		}
	}
	return terms, n, lens
}

func recount(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE corpus SET (sections, title_avg, head_avg, body_avg) =
		(SELECT count(*), coalesce(avg(lens[1]), 0), coalesce(avg(lens[2]), 0), coalesce(avg(lens[3]), 0) FROM sections),
		chunks = (SELECT count(*) FROM chunks), revision = revision + 1, languages = (SELECT coalesce(array_agg(language ORDER BY n DESC, language), '{}') FROM (SELECT language, count(*) AS n FROM articles WHERE language <> '' GROUP BY 1) l)`)
	return err
}

// Remove implements knowledge.Index.
func (x *Index) Remove(ctx context.Context, source, key string) (removed int, err error) {
	err = pgx.BeginFunc(ctx, x.works, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM articles WHERE source = $1 AND ($2 = '' OR key = $2)`, source, key)
		removed = int(tag.RowsAffected())
		if err != nil {
			return err
		}
		return recount(ctx, tx)
	})
	return removed, err
}

// Synced implements knowledge.Index.
func (x *Index) Synced(ctx context.Context, source string) (knowledge.Sync, error) {
	s := knowledge.Sync{Source: source}
	err := x.db.QueryRow(ctx, `SELECT at, outcome FROM syncs WHERE source = $1`, source).Scan(&s.At, &s.Outcome)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil
	}
	return s, err
}

// SetSynced implements knowledge.Index.
func (x *Index) SetSynced(ctx context.Context, source, outcome string) error {
	_, err := x.works.Exec(ctx, `INSERT INTO syncs VALUES ($1, now(), $2) ON CONFLICT (source) DO UPDATE SET at = EXCLUDED.at, outcome = EXCLUDED.outcome`, source, outcome)
	return err
}

// List implements knowledge.Index.
func (x *Index) List(ctx context.Context) ([]knowledge.Listed, error) {
	rows, err := x.db.Query(ctx, `SELECT source, key, title, url, audience, language, tags,
		(SELECT count(*) FROM chunks c JOIN sections s ON s.id = c.section_id WHERE s.article_id = a.id AND c.end_at > 0)::int FROM articles a ORDER BY source, key`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[knowledge.Listed])
}

// Corpus implements knowledge.Searcher.
func (x *Index) Corpus(ctx context.Context) (c knowledge.Corpus, err error) {
	var revision int64
	var chunks int
	err = x.db.QueryRow(ctx, `SELECT sections, languages, coalesce(e.name, ''), coalesce(e.dims, 0), coalesce(c.scale, 0), coalesce(c.shift, 0), revision, chunks
		FROM corpus LEFT JOIN embedders e ON e.searched LEFT JOIN LATERAL (`+calibration+`) c ON true`).Scan(&c.Sections, &c.Languages, &c.Embedder, &c.Dims, &c.Scale, &c.Shift, &revision, &chunks)
	if err == nil {
		x.small.saw(revision, c.Sections, chunks, c.Dims, x.o.SmallBelow)
	}
	return c, err
}

// calibration is the one that holds, of the searched embedder e.
const calibration = `SELECT at, embedder, scale, shift, labels, loss, loss_was FROM calibrations WHERE taken_back IS NULL AND embedder = coalesce(e.name, '') ORDER BY id DESC LIMIT 1`

// Calibrate implements knowledge.Index.
func (x *Index) Calibrate(ctx context.Context, c knowledge.Calibrated) error {
	_, err := x.db.Exec(ctx, `INSERT INTO calibrations (embedder, scale, shift, labels, loss, loss_was) VALUES ($1, $2, $3, $4, $5, $6)`, c.Embedder, c.Scale, c.Shift, c.Labels, c.Loss, c.LossWas)
	return err
}

// Uncalibrate implements knowledge.Index.
func (x *Index) Uncalibrate(ctx context.Context) (now knowledge.Calibrated, ok bool, err error) {
	tag, err := x.db.Exec(ctx, `UPDATE calibrations SET taken_back = now() WHERE id = (SELECT max(id) FROM calibrations WHERE taken_back IS NULL)`)
	if err != nil || tag.RowsAffected() == 0 {
		return now, false, err
	}
	err = x.db.QueryRow(ctx, `SELECT c.* FROM corpus LEFT JOIN embedders e ON e.searched, LATERAL (`+calibration+`) c`).
		Scan(&now.At, &now.Embedder, &now.Scale, &now.Shift, &now.Labels, &now.Loss, &now.LossWas)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return now, true, err
}

// Rarity implements knowledge.Searcher. A term that no section has weighs as one that a single section has: a small corpus says little
// about it.
func (x *Index) Rarity(ctx context.Context, stems []string) (map[string]float64, error) {
	x.keep(ctx) // here and not in Corpus, which imports ask as well
	if s := x.snapshot(); s != nil {
		return s.rarity(stems), nil
	}
	rows, err := x.db.Query(ctx, `SELECT q.term, ln(1 + (n.n - d.df + 0.5) / (d.df + 0.5))
		FROM unnest($1::text[]) AS q (term), (SELECT greatest(sections, 1)::float8 AS n FROM corpus) n,
			LATERAL (SELECT least(n.n, greatest(count(*), 1)) AS df FROM postings p WHERE p.term = q.term) d`, stems)
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	var term string
	var idf float64
	_, err = pgx.ForEachRow(rows, []any{&term, &idf}, func() error { out[term] = idf; return nil })
	return out, err
}

// The filter of knowledge.Filter, from $1 on.
const (
	filter = `(a.audience = 'public' OR $1) AND ($2 = '' OR a.language = $2) AND a.tags @> $3`
	// ranked is BM25, in floats alone, over the fields title, heading and body, with knowledge's weights; $4 terms, $5 whether each has content, $6 their rarity.
	ranked = `
	SELECT p.section_id AS id, sum(q.idf * (
			n.title * p.title / (p.title + n.least + n.title_by * p.title_len) +
			n.head * p.heading / (p.heading + n.least + n.head_by * p.head_len) +
			n.body * p.body / (p.body + n.least + n.body_by * p.body_len))) AS score,
		coalesce(sum(q.idf) FILTER (WHERE q.content), 0) AS matched
	FROM unnest($4::text[], $5::bool[], $6::float8[]) AS q (term, content, idf) JOIN postings p ON p.term = q.term,
		(SELECT 0.8::float8 * 2.2 AS title, 1.5::float8 * 2.2 AS head, 0.5::float8 * 2.2 AS body, 1.2::float8 * 0.25 AS least,
			(1.2 * 0.75 / greatest(title_avg, 1))::float8 AS title_by, (1.2 * 0.75 / greatest(head_avg, 1))::float8 AS head_by, (1.2 * 0.75 / greatest(body_avg, 1))::float8 AS body_by FROM corpus) n`
	lexical = `SELECT r.id, r.score, r.matched FROM (` + ranked + ` GROUP BY 1) r JOIN sections s ON s.id = r.id JOIN articles a ON a.id = s.article_id
		WHERE ` + filter + ` ORDER BY r.score DESC, r.id LIMIT $7`
)

// leg is what one leg says of a section.
type leg struct {
	ID             int64
	Score, Matched float64
}

// Find implements knowledge.Searcher: each leg offers its best, then both score what either offered.
func (x *Index) Find(ctx context.Context, q knowledge.Query) (hits []knowledge.Hit, err error) {
	tags := q.Tags
	if tags == nil {
		tags = []string{}
	}
	var terms []string
	var content []bool
	var idf []float64
	var total float64
	for _, t := range q.Terms {
		best := 0.0
		for _, s := range t.Stems {
			terms, content, idf = append(terms, s), append(content, t.Content), append(idf, q.Rarity[s])
			best = max(best, q.Rarity[s])
		}
		if t.Content {
			total += best
		}
	}
	if s := x.snapshot(); s != nil {
		return s.find(q, terms, content, idf, max(total, 1e-9)), nil
	}
	args := []any{q.Internal, q.Language, tags, terms, content, idf}
	err = pgx.BeginTxFunc(ctx, x.db, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// How many sections a term has differs by the thousand: a plan for any question is right for none. What is searched is in memory:
		// at a disk's price for a random page a hundred sections would be found by reading all.
		// In a small base any plan will do, and making one takes longer than what it saves.
		plan := "force_custom_plan"
		if q.Of > 0 && q.Of <= fewSections {
			plan = "force_generic_plan"
		}
		if _, err := tx.Exec(ctx, `SET LOCAL plan_cache_mode = `+plan+`; SET LOCAL random_page_cost = 1.1`); err != nil {
			return err
		}
		offering := slices.Clone(args)
		offering[3], offering[4], offering[5] = telling(terms, content, idf, q.Of)
		rows, _ := tx.Query(ctx, lexical, append(offering, q.N)...)
		words, err := pgx.CollectRows(rows, pgx.RowToStructByPos[leg])
		if err != nil {
			return fmt.Errorf("by words: %w", err)
		}
		ids := map[int64]bool{}
		for _, w := range words {
			ids[w.ID] = true
		}
		table, vector := "", ""
		if q.Vector != nil {
			vector = pgvector.NewVector(q.Vector).String()
			var near []int64
			if table, near, err = x.nearest(ctx, tx, q, tags, vector); err != nil {
				return fmt.Errorf("by vectors: %w", err)
			}
			for _, id := range near {
				ids[id] = true
			}
		}
		hits, err = x.describe(ctx, tx, slices.Sorted(maps.Keys(ids)), args[3:], table, vector, max(total, 1e-9))
		return err
	})
	return hits, err
}

// fewSections is up to how many sections a plan for any question is made once; mostPostings is how many postings the words may have by which sections are
// offered, of which the rarest are taken: the others count once the sections are there.
const (
	fewSections  = 2000
	mostPostings = 6000
)

// telling are the rarest of the terms.
func telling(terms []string, content []bool, idf []float64, sections int) (t []string, c []bool, r []float64) {
	order := make([]int, len(terms))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(idf[b], idf[a]) })
	postings := 0.0
	for n, i := range order {
		postings += (float64(sections) + 1) / math.Exp(idf[i]) // the inverse of Rarity, about
		if n > 0 && postings > mostPostings {
			break
		}
		t, c, r = append(t, terms[i]), append(c, content[i]), append(r, idf[i])
	}
	return t, c, r
}

// Section implements knowledge.Searcher.
func (x *Index) Section(ctx context.Context, id int64, f knowledge.Filter) (h knowledge.Hit, ok bool, err error) {
	tags := f.Tags
	if tags == nil {
		tags = []string{}
	}
	err = x.db.QueryRow(ctx, `SELECT s.id, a.id, a.source, a.key, a.title, a.url, a.audience, a.language, s.heading, s.text
		FROM sections s JOIN articles a ON a.id = s.article_id WHERE `+filter+` AND s.id = $4`, f.Internal, f.Language, tags, id).
		Scan(&h.Section, &h.Article, &h.Source, &h.Key, &h.Title, &h.URL, &h.Audience, &h.Language, &h.Heading, &h.Whole)
	if errors.Is(err, pgx.ErrNoRows) {
		return h, false, nil
	}
	h.Text = h.Whole
	return h, err == nil, err
}

// Each hands over every section, article by article.
func (x *Index) Each(ctx context.Context, do func(knowledge.Hit) error) error {
	rows, err := x.db.Query(ctx, `SELECT s.id, a.id, a.source, a.key, a.title, a.url, a.audience, a.language, s.heading, s.text
		FROM sections s JOIN articles a ON a.id = s.article_id ORDER BY a.source, a.key, s.id`)
	if err != nil {
		return err
	}
	var h knowledge.Hit
	_, err = pgx.ForEachRow(rows, []any{&h.Section, &h.Article, &h.Source, &h.Key, &h.Title, &h.URL, &h.Audience, &h.Language, &h.Heading, &h.Whole}, func() error {
		h.Text = h.Whole
		return do(h)
	})
	return err
}

// nearest returns the table that is searched, and the sections of the chunks nearest to the vector.
func (x *Index) nearest(ctx context.Context, tx pgx.Tx, q knowledge.Query, tags []string, vector string) (table string, ids []int64, err error) {
	var name string
	var dims, ef int
	err = tx.QueryRow(ctx, `SELECT name, dims, ef FROM embedders WHERE searched`).Scan(&name, &dims, &ef)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && dims != len(q.Vector) {
		return "", nil, nil // it was switched a moment ago: the words alone, this once
	}
	if err != nil {
		return "", nil, err
	}
	if err := widen(ctx, tx, ef); err != nil {
		return "", nil, err
	}
	table = tableName(name, dims)
	// The vector is read once, by the inner SELECT, and not for each row. Several chunks of a section may be near: ask for more chunks than sections.
	rows, err := tx.Query(ctx, `SELECT DISTINCT section_id FROM (SELECT c.section_id FROM `+table+` v JOIN chunks c ON c.id = v.chunk_id JOIN sections s ON s.id = c.section_id
		JOIN articles a ON a.id = s.article_id WHERE `+filter+` ORDER BY v.embedding <=> (SELECT $4::text::halfvec) LIMIT $5) near`, q.Internal, q.Language, tags, vector, 2*q.N)
	if err != nil {
		return "", nil, err
	}
	ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	return table, ids, err
}

// widen sets how widely an HNSW index is searched; it goes on until the filter has let enough through.
func widen(ctx context.Context, tx pgx.Tx, ef int) error {
	if ef == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`SET LOCAL hnsw.ef_search = %d; SET LOCAL hnsw.iterative_scan = strict_order; SET LOCAL hnsw.max_scan_tuples = 1000000`, ef))
	return err
}

// describe scores sections by both legs and picks the nearest chunk of each.
func (x *Index) describe(ctx context.Context, tx pgx.Tx, ids []int64, terms []any, table, vector string, total float64) ([]knowledge.Hit, error) {
	similarity, naming, join, order := `0::float8`, `0::float8`, ``, `c.start_at`
	args := append([]any{ids, total, nil}, terms...)
	if table != "" {
		similarity, join, order = `coalesce((1 - (v.embedding <=> (SELECT $3::text::halfvec)))::float8, 0)`, `LEFT JOIN `+table+` v ON v.chunk_id = c.id`, `v.embedding <=> (SELECT $3::text::halfvec)`
		naming = `coalesce((SELECT (1 - (nv.embedding <=> (SELECT $3::text::halfvec)))::float8 FROM chunks nc JOIN ` + table + ` nv ON nv.chunk_id = nc.id WHERE nc.section_id = s.id AND nc.end_at = 0), 0)`
		args[2] = vector
	}
	rows, err := tx.Query(ctx, `WITH r AS (`+ranked+` WHERE p.section_id = ANY($1) GROUP BY 1),
		b AS (SELECT DISTINCT ON (s.id) s.id, c.start_at, c.end_at, `+similarity+` AS similarity FROM sections s JOIN chunks c ON c.section_id = s.id AND c.end_at > 0 `+join+`
			WHERE s.id = ANY($1) ORDER BY s.id, `+order+`)
		SELECT s.id, a.id, a.source, a.key, a.title, a.url, a.audience, a.language, s.heading, s.text, coalesce(b.start_at, 0), coalesce(b.end_at, 0),
			coalesce(substr(s.text, b.start_at + 1, b.end_at - b.start_at), ''), coalesce(r.score, 0), least(1, coalesce(r.matched, 0) / $2), coalesce(b.similarity, 0), `+naming+`
		FROM sections s JOIN articles a ON a.id = s.article_id LEFT JOIN b ON b.id = s.id LEFT JOIN r ON r.id = s.id
		WHERE s.id = ANY($1) AND ($3::text IS NULL OR true) ORDER BY s.id`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[knowledge.Hit])
}
