package postgres_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/postgres"
	"github.com/deskbell/deskbell/knowledge/sources"
)

func base(t *testing.T) *knowledge.Base {
	t.Helper()
	t.Parallel()
	embed := knowledge.NewHashed(384)
	return knowledge.NewBase(postgres.New(pgtest.New(t, postgres.Migrations()), postgres.Options{}), embed, nil)
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func imported(t *testing.T, b *knowledge.Base, dir string) knowledge.Report {
	t.Helper()
	g, err := sources.Read(t.Context(), dir, sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Import(t.Context(), "help", g.Articles, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var three = map[string]string{
	"delivery.md": "# Delivery\n\nParcels arrive within three working days.\n\n## Costs\n\nDelivery costs five euros.",
	"returns.md":  "---\nurl: https://help.example/returns\n---\n# Returns\n\nSend unused goods back within fourteen days for a refund.",
	"secret.md":   "---\naudience: internal\n---\n# Discount rules\n\nLoyal customers get ten percent.",
}

func TestASecondImportTouchesOnlyWhatChanged(t *testing.T) {
	b := base(t)
	dir := folder(t, three)
	if r := imported(t, b, dir); r.String() != (knowledge.Report{Added: 3}).String() {
		t.Fatal(r)
	}
	if r := imported(t, b, dir); r.String() != (knowledge.Report{Unchanged: 3}).String() {
		t.Fatal(r)
	}
	if err := os.WriteFile(filepath.Join(dir, "returns.md"), []byte("# Returns\n\nThirty days."), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "delivery.md")); err != nil {
		t.Fatal(err)
	}
	if r := imported(t, b, dir); r.String() != (knowledge.Report{Changed: 1, Unchanged: 1, Removed: 1}).String() {
		t.Fatal(r)
	}
	all, err := b.List(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	if n, err := b.Remove(t.Context(), "help", "returns.md"); err != nil || n != 1 {
		t.Fatal(n, err)
	}
}

func TestBothLegsFindAndInternalArticlesStayInside(t *testing.T) {
	b := base(t)
	imported(t, b, folder(t, three))
	find := func(q string, internal bool) []knowledge.Passage {
		found, err := b.Search(t.Context(), q, 5, knowledge.Filter{Internal: internal})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if p := find("what does delivery cost", false); p[0].Title != "Delivery" || p[0].Heading != "Costs" || p[0].BM25 <= 0 || p[0].Similarity <= 0 {
		t.Fatalf("%+v", p[0])
	}
	if p := find("refnud for unsued goods", false); p[0].Title != "Returns" { // typos: the vectors find it
		t.Fatalf("%+v", p[0])
	}
	for _, p := range find("discount rules for loyal customers", false) {
		if p.Title == "Discount rules" {
			t.Fatal("an internal article is shown to customers")
		}
	}
	if p := find("discount rules for loyal customers", true); p[0].Title != "Discount rules" {
		t.Fatalf("%+v", p[0])
	}
}

type broken struct{ knowledge.Embedder }

func (broken) Embed(context.Context, []string) ([][]float32, error) { return nil, context.Canceled }

func TestAFailedImportChangesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, postgres.Migrations())
	good := knowledge.NewHashed(384)
	index := postgres.New(db, postgres.Options{})
	imported(t, knowledge.NewBase(index, good, nil), folder(t, three))
	g, err := sources.Read(t.Context(), folder(t, map[string]string{"new.md": "# New\n\ntext"}), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bad := knowledge.NewBase(index, broken{good}, nil)
	if _, err := bad.Import(t.Context(), "help", g.Articles, nil); err == nil {
		t.Fatal("no error")
	}
	found, err := bad.Search(t.Context(), "what does delivery cost", 5, knowledge.Filter{})
	if len(found) == 0 || found[0].Title != "Delivery" || err == nil {
		t.Fatal("the words alone do not find it, or nobody is told", found, err)
	}
}
