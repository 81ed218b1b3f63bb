// Package postgres is knowledge's Index on PostgreSQL: BM25 in SQL, and pgvector where the server has it.
package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"sync"

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

// Index is a knowledge.Index.
type Index struct {
	db    *pgxpool.Pool
	name  string
	dims  int
	mu    sync.Mutex
	table string // of the vectors; "" until made, or without pgvector
}

var _ knowledge.Index = (*Index)(nil)

// New returns an index that keeps vectors of one embedder, so many dimensions each. On a server without pgvector it keeps none,
// and search is lexical only.
func New(db *pgxpool.Pool, embedder string, dims int) *Index {
	return &Index{db: db, name: regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(embedder, "_"), dims: dims}
}

// vectors returns the table of this embedder's vectors, made when it is first needed; "" without pgvector.
func (x *Index) vectors(ctx context.Context) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.table != "" {
		return x.table, nil
	}
	version, err := pg.HasVector(ctx, x.db)
	if err != nil || version == "" {
		return "", err
	}
	table := pgx.Identifier{fmt.Sprintf("embeddings_%s_%d", x.name, x.dims)}.Sanitize()
	err = pgx.BeginFunc(ctx, x.db, func(tx pgx.Tx) error {
		// Plain storage keeps the vectors beside their rows: out of line, an exact scan takes six times as long.
		for _, sql := range []string{
			`SELECT pg_advisory_xact_lock(7310294781)`,
			`CREATE EXTENSION IF NOT EXISTS vector`,
			fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (chunk_id bigint PRIMARY KEY REFERENCES chunks ON DELETE CASCADE, embedding halfvec(%d) NOT NULL)`, table, x.dims),
			fmt.Sprintf(`ALTER TABLE %s ALTER COLUMN embedding SET STORAGE PLAIN`, table),
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("make the vectors' table: %w", err)
	}
	x.table = table
	return table, nil
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
func (x *Index) Put(ctx context.Context, source string, articles []knowledge.Indexed, remove []string) error {
	vectors, err := x.vectors(ctx)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, x.db, func(tx pgx.Tx) error {
		for _, a := range articles {
			remove = append(remove, a.Key)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM articles WHERE source = $1 AND key = ANY($2)`, source, remove); err != nil {
			return err
		}
		for _, a := range articles {
			if err := put(ctx, tx, vectors, source, a); err != nil {
				return fmt.Errorf("%s: %w", a.Key, err)
			}
		}
		return recount(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("store articles: %w", err)
	}
	return nil
}

func put(ctx context.Context, tx pgx.Tx, vectors, source string, a knowledge.Indexed) error {
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO articles (source, key, title, url, audience, hash) VALUES ($1, $2, $3, $4, $5, $6)`, source, a.Key, a.Title, a.URL, a.Audience, a.Hash)
	for _, c := range a.Chunks {
		terms, title, body := []string{}, []int32{}, []int32{}
		var titleLen, bodyLen int
		for t, n := range c.Title {
			terms, title, body = append(terms, t), append(title, int32(n)), append(body, int32(c.Body[t]))
			titleLen += n
		}
		for t, n := range c.Body {
			if c.Title[t] == 0 {
				terms, title, body = append(terms, t), append(title, 0), append(body, int32(n))
			}
			bodyLen += n
		}
		b.Queue(`WITH c AS (INSERT INTO chunks (article_id, heading, text, title_len, body_len) VALUES (currval('articles_id_seq'), $1, $2, $3, $4) RETURNING id)
			INSERT INTO postings (term, chunk_id, title, body) SELECT t, c.id, n, m FROM c, unnest($5::text[], $6::int[], $7::int[]) AS u (t, n, m)`,
			c.Heading, c.Text, titleLen, bodyLen, terms, title, body)
		if vectors != "" && c.Vector != nil {
			b.Queue(`INSERT INTO `+vectors+` (chunk_id, embedding) VALUES (currval('chunks_id_seq'), $1::text::halfvec)`, pgvector.NewVector(c.Vector).String())
		}
	}
	return tx.SendBatch(ctx, b).Close()
}

func recount(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE corpus SET (chunks, title_avg, body_avg) = (SELECT count(*), coalesce(avg(title_len), 0), coalesce(avg(body_len), 0) FROM chunks)`)
	return err
}

// Remove implements knowledge.Index.
func (x *Index) Remove(ctx context.Context, source, key string) (removed int, err error) {
	err = pgx.BeginFunc(ctx, x.db, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM articles WHERE source = $1 AND ($2 = '' OR key = $2)`, source, key)
		removed = int(tag.RowsAffected())
		if err != nil {
			return err
		}
		return recount(ctx, tx)
	})
	return removed, err
}

// List implements knowledge.Index.
func (x *Index) List(ctx context.Context) ([]knowledge.Listed, error) {
	rows, err := x.db.Query(ctx, `SELECT source, key, title, url, audience, (SELECT count(*) FROM chunks WHERE article_id = a.id)::int FROM articles a ORDER BY source, key`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[knowledge.Listed])
}

// BM25's parameters, and what a term in the body counts beside one in the title: measured best on help articles.
const bm25 = `
	WITH q AS (SELECT unnest($1::text[]) AS term),
	n AS (SELECT greatest(chunks, 1)::float8 AS n, greatest(title_avg, 1) AS ta, greatest(body_avg, 1) AS ba FROM corpus),
	df AS (SELECT q.term, (SELECT count(*) FROM postings p WHERE p.term = q.term) AS df FROM q),
	-- A term that no chunk has weighs as one that a single chunk has: a small corpus says little about it.
	w AS (SELECT term, df, ln(1 + (n.n - least(n.n, greatest(df, 1)) + 0.5) / (greatest(df, 1) + 0.5)) AS idf FROM df, n),
	total AS (SELECT sum(idf) AS idf FROM w),
	hits AS (
		SELECT p.chunk_id, sum(w.idf * (
				p.title * 2.2 / (p.title + 1.2 * (1 - 0.75 + 0.75 * c.title_len / n.ta)) +
				0.5 * p.body * 2.2 / (p.body + 1.2 * (1 - 0.75 + 0.75 * c.body_len / n.ba)))) AS score,
			sum(w.idf) / max(total.idf) AS coverage
		FROM w JOIN postings p ON p.term = w.term JOIN chunks c ON c.id = p.chunk_id JOIN articles a ON a.id = c.article_id, n, total
		WHERE a.audience = 'public' OR $3
		GROUP BY p.chunk_id ORDER BY score DESC, p.chunk_id LIMIT $2)
	SELECT c.id, a.id, a.title, a.url, c.heading, c.text, h.score, h.coverage, 0::float8 FROM hits h JOIN chunks c ON c.id = h.chunk_id JOIN articles a ON a.id = c.article_id ORDER BY h.score DESC, c.id`

// Lexical implements knowledge.Index.
func (x *Index) Lexical(ctx context.Context, terms []string, n int, internal bool) ([]knowledge.Hit, error) {
	rows, err := x.db.Query(ctx, bm25, terms, n, internal)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[knowledge.Hit])
}

// Nearest implements knowledge.Index, exactly: right up to about 10,000 chunks.
func (x *Index) Nearest(ctx context.Context, vector []float32, n int, internal bool) ([]knowledge.Hit, error) {
	vectors, err := x.vectors(ctx)
	if err != nil || vectors == "" {
		return nil, err
	}
	rows, err := x.db.Query(ctx, `SELECT c.id, a.id, a.title, a.url, c.heading, c.text, 0::float8, 0::float8, (1 - (v.embedding <=> $1::text::halfvec))::float8
		FROM `+vectors+` v JOIN chunks c ON c.id = v.chunk_id JOIN articles a ON a.id = c.article_id WHERE a.audience = 'public' OR $3
		ORDER BY v.embedding <=> $1::text::halfvec LIMIT $2`, pgvector.NewVector(vector).String(), n, internal)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[knowledge.Hit])
}
