package postgres

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/knowledge"
)

var odd = regexp.MustCompile(`[^a-z0-9]+`)

// tableName is the table of one embedder's vectors.
func tableName(embedder string, dims int) string {
	return pgx.Identifier{fmt.Sprintf("embeddings_%.40s_%d", odd.ReplaceAllString(embedder, "_"), dims)}.Sanitize()
}

// table returns the table of e's vectors, made when it is first needed; "" without an embedder or without pgvector.
func (x *Index) table(ctx context.Context, e knowledge.Embedder) (string, error) {
	if e == nil {
		return "", nil
	}
	version, err := pg.HasVector(ctx, x.db)
	if err != nil || version == "" {
		return "", err
	}
	table := tableName(e.Name(), e.Dimensions())
	var known bool
	if err := x.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM embedders WHERE name = $1 AND dims = $2)`, e.Name(), e.Dimensions()).Scan(&known); err != nil || known {
		return table, err
	}
	err = pgx.BeginFunc(ctx, x.works, func(tx pgx.Tx) error {
		// Plain storage keeps the vectors beside their rows: out of line, an exact scan takes six times as long.
		for _, sql := range []string{
			`SELECT pg_advisory_xact_lock(7310294781)`,
			`CREATE EXTENSION IF NOT EXISTS vector`,
			fmt.Sprintf(`DROP TABLE IF EXISTS %s`, table), // of a version of these tables before the embedders had one
			fmt.Sprintf(`CREATE TABLE %s (chunk_id bigint PRIMARY KEY REFERENCES chunks ON DELETE CASCADE, embedding halfvec(%d) NOT NULL)`, table, e.Dimensions()),
			fmt.Sprintf(`ALTER TABLE %s ALTER COLUMN embedding SET STORAGE PLAIN`, table),
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `INSERT INTO embedders (name, dims) VALUES ($1, $2) ON CONFLICT DO NOTHING`, e.Name(), e.Dimensions())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make the vectors' table: %w", err)
	}
	return table, nil
}

// Missing implements knowledge.Embeddings.
func (x *Index) Missing(ctx context.Context, e knowledge.Embedder, n int) (chunks []knowledge.Pending, of int, err error) {
	table, err := x.table(ctx, e)
	if err != nil || table == "" {
		return nil, 0, err
	}
	if err := x.works.QueryRow(ctx, `SELECT count(*) FROM chunks c WHERE NOT EXISTS (SELECT FROM `+table+` v WHERE v.chunk_id = c.id)`).Scan(&of); err != nil {
		return nil, 0, err
	}
	rows, err := x.works.Query(ctx, `SELECT c.id, a.language, a.title || E'\n' || s.heading || E'\n' || substr(s.text, c.start_at + 1, c.end_at - c.start_at)
		FROM chunks c JOIN sections s ON s.id = c.section_id JOIN articles a ON a.id = s.article_id
		WHERE NOT EXISTS (SELECT FROM `+table+` v WHERE v.chunk_id = c.id) ORDER BY c.id LIMIT $1`, n)
	if err != nil {
		return nil, 0, err
	}
	chunks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p knowledge.Pending, err error) {
		return p, row.Scan(&p.Chunk, &p.Language, &p.Text)
	})
	return chunks, of, err
}

// Fill implements knowledge.Embeddings. Chunks that were removed meanwhile are left out.
func (x *Index) Fill(ctx context.Context, e knowledge.Embedder, chunks []knowledge.Pending) error {
	table, err := x.table(ctx, e)
	if err != nil || table == "" {
		return err
	}
	b := &pgx.Batch{}
	for _, c := range chunks {
		b.Queue(`INSERT INTO `+table+` (chunk_id, embedding) SELECT id, $2::text::halfvec FROM chunks WHERE id = $1 ON CONFLICT DO NOTHING`, c.Chunk, pgvector.NewVector(c.Vector).String())
	}
	return x.works.SendBatch(ctx, b).Close()
}

// Switch implements knowledge.Embeddings. An import that commits between the look and the switch waits for neither: it holds articles'
// lock, which the switch takes.
func (x *Index) Switch(ctx context.Context, e knowledge.Embedder) (switched bool, err error) {
	table, err := x.table(ctx, e)
	if err != nil || table == "" {
		return table == "", err
	}
	err = pgx.BeginFunc(ctx, x.works, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE chunks IN SHARE MODE`); err != nil {
			return err
		}
		var missing bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM chunks c WHERE NOT EXISTS (SELECT FROM `+table+` v WHERE v.chunk_id = c.id))`).Scan(&missing); err != nil || missing {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE embedders SET searched = false WHERE searched`); err != nil {
			return err
		}
		switched = true
		if _, err := tx.Exec(ctx, `UPDATE corpus SET revision = revision + 1`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE embedders SET searched = true WHERE name = $1 AND dims = $2`, e.Name(), e.Dimensions())
		return err
	})
	return switched, err
}

const (
	wanted  = 0.97 // recall at 10 of the HNSW index against an exact search, on its own vectors
	samples = 100
)

// widths are the values of hnsw.ef_search that are tried, the narrowest first.
var widths = []int{40, 64, 100, 160, 250, 400, 640, 1000}

// Tune implements knowledge.Embeddings: below ExactBelow chunks there is nothing to do. Above, the table gets its HNSW index, and
// the narrowest search whose measured recall is good enough is kept.
func (x *Index) Tune(ctx context.Context) error {
	var name string
	var dims, ef, chunks int
	rows, err := x.db.Query(ctx, `SELECT e.name, e.dims, e.ef, c.chunks FROM embedders e, corpus c WHERE e.searched`)
	if err != nil {
		return err
	}
	if _, err = pgx.ForEachRow(rows, []any{&name, &dims, &ef, &chunks}, func() error { return nil }); err != nil || name == "" {
		return err
	}
	table := tableName(name, dims)
	for _, t := range []string{"articles", "sections", "chunks", "postings", "corpus", "embedders", table} {
		if _, err := x.works.Exec(ctx, `VACUUM (ANALYZE) `+t); err != nil { // a bulk load leaves the planner blind, and every row to be looked up
			return fmt.Errorf("vacuum: %w", err)
		}
	}
	if chunks < x.o.ExactBelow || ef > 0 && !x.grown(ctx, name, dims, chunks) {
		return nil
	}
	return pgx.BeginFunc(ctx, x.works, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(7310294782); SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL max_parallel_maintenance_workers = 2`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf(`CREATE INDEX IF NOT EXISTS %s ON %s USING hnsw (embedding halfvec_cosine_ops)`,
			pgx.Identifier{fmt.Sprintf("hnsw_%.40s_%d", odd.ReplaceAllString(name, "_"), dims)}.Sanitize(), table)); err != nil {
			return fmt.Errorf("make the vectors' index: %w", err)
		}
		ef, err := narrowest(ctx, tx, table)
		if err != nil {
			return fmt.Errorf("measure the vectors' index: %w", err)
		}
		_, err = tx.Exec(ctx, `UPDATE embedders SET ef = $3, tuned_at = $4 WHERE name = $1 AND dims = $2`, name, dims, ef, chunks)
		return err
	})
}

// grown is whether there are half as many chunks again as when the index was measured.
func (x *Index) grown(ctx context.Context, name string, dims, chunks int) bool {
	var at int
	err := x.db.QueryRow(ctx, `SELECT tuned_at FROM embedders WHERE name = $1 AND dims = $2`, name, dims).Scan(&at)
	return err == nil && chunks > at*3/2
}

// narrowest measures recall at 10 over sampled vectors, each a little turned, so that none finds merely itself.
func narrowest(ctx context.Context, tx pgx.Tx, table string) (int, error) {
	rows, err := tx.Query(ctx, `SELECT l2_normalize(a.embedding::vector + b.embedding::vector)::text FROM
		(SELECT embedding, row_number() OVER () AS n FROM (SELECT embedding FROM `+table+` ORDER BY chunk_id * 2654435761 % 1000003 LIMIT $1) x) a JOIN
		(SELECT embedding, row_number() OVER () AS n FROM (SELECT embedding FROM `+table+` ORDER BY chunk_id * 40503 % 999983 LIMIT $1) y) b USING (n)`, samples)
	if err != nil {
		return 0, err
	}
	questions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, err
	}
	ten := func(q string) ([]int64, error) {
		rows, err := tx.Query(ctx, `SELECT chunk_id FROM `+table+` ORDER BY embedding <=> (SELECT $1::text::halfvec) LIMIT 10`, q)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	if _, err := tx.Exec(ctx, `SET LOCAL enable_indexscan = off`); err != nil {
		return 0, err
	}
	exact := make([]map[int64]bool, len(questions))
	for i, q := range questions {
		found, err := ten(q)
		if err != nil {
			return 0, err
		}
		exact[i] = map[int64]bool{}
		for _, id := range found {
			exact[i][id] = true
		}
	}
	if _, err := tx.Exec(ctx, `SET LOCAL enable_indexscan = on; SET LOCAL enable_seqscan = off`); err != nil {
		return 0, err
	}
	for _, ef := range widths {
		if err := widen(ctx, tx, ef); err != nil {
			return 0, err
		}
		hit, all := 0, 0
		for i, q := range questions {
			found, err := ten(q)
			if err != nil {
				return 0, err
			}
			for _, id := range found {
				if exact[i][id] {
					hit++
				}
			}
			all += len(exact[i])
		}
		if float64(hit) >= wanted*float64(all) {
			return ef, nil
		}
	}
	return widths[len(widths)-1], nil
}
