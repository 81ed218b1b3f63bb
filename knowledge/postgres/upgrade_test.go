package postgres_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/postgres"
)

// TestAnInstallationOfTheFirstVersionIsBroughtUp: its vectors had a table that refers to its chunks.
func TestAnInstallationOfTheFirstVersionIsBroughtUp(t *testing.T) {
	t.Parallel()
	all := postgres.Migrations()
	first, err := fs.ReadFile(all.Files, "00001_knowledge.sql")
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t, pg.Migrations{Table: all.Table, Files: fstest.MapFS{"00001_knowledge.sql": {Data: first}}})
	for _, sql := range []string{
		`CREATE EXTENSION IF NOT EXISTS vector`,
		`CREATE TABLE embeddings_hashed_384 (chunk_id bigint PRIMARY KEY REFERENCES chunks ON DELETE CASCADE, embedding halfvec(384) NOT NULL)`,
		`INSERT INTO articles (source, key, title, url, audience, hash) VALUES ('x', 'a', 'A', '', 'public', 'h')`,
		`INSERT INTO chunks (article_id, heading, text, title_len, body_len) SELECT id, '', 'b', 1, 1 FROM articles`,
		`INSERT INTO embeddings_hashed_384 SELECT id, array_fill(1, ARRAY[384])::halfvec(384) FROM chunks`,
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	if err := pg.Migrate(t.Context(), db, all); err != nil {
		t.Fatal(err)
	}
	b := knowledge.NewBase(postgres.New(db, postgres.Options{}), knowledge.NewHashed(384), nil)
	if _, err := b.Import(t.Context(), "x", []knowledge.Article{{Key: "a", Title: "Delivery", Audience: knowledge.ForAll, Sections: []knowledge.Section{{Text: "Parcels arrive within three days."}}}}, nil); err != nil {
		t.Fatal(err)
	}
	if found, err := b.Search(t.Context(), "when do parcels arrive", 1, knowledge.Filter{}); err != nil || len(found) != 1 || found[0].Similarity == 0 {
		t.Fatal(found, err)
	}
}
