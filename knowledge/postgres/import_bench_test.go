package postgres_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/postgres"
	"github.com/deskbell/deskbell/knowledge/sources"
)

// TestBenchImport imports 10,000 rows of a table, and 1,000 files; without BENCH a hundredth of them.
func TestBenchImport(t *testing.T) {
	share := 100
	if os.Getenv("BENCH") != "" {
		share = 1
	}
	say := func(i, n int) string {
		var b strings.Builder
		things := strings.Fields("delivery parcel invoice helmet pedal refund warranty address driver shop brake light wheel label card account return order size price")
		for j := range n {
			fmt.Fprintf(&b, "The %s of the %s number %d takes %d days when the %s is ready. ", things[(i+j)%20], things[(i*7+j)%20], i, j+2, things[(i*3+j*5)%20])
		}
		return strings.TrimSpace(b.String())
	}
	dir := t.TempDir()
	var table strings.Builder
	table.WriteString("Question;Answer\n")
	for i := range 10_000 / share {
		fmt.Fprintf(&table, "How does number %d work?;%s\n", i, say(i, 2))
	}
	if err := os.WriteFile(filepath.Join(dir, "rows.csv"), []byte(table.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	files := filepath.Join(dir, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 / share {
		text := fmt.Sprintf("# Article %d\n\n", i)
		for j := range 6 {
			text += fmt.Sprintf("## Part %d\n\n%s\n\n- one of it\n- and another\n\n| A | B |\n|---|---|\n| x %d | y |\n\n", j, say(i*6+j, 4), i)
		}
		if err := os.WriteFile(filepath.Join(files, fmt.Sprintf("a%d.md", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]int{"rows.csv": 10_000 / share, "files": 1000 / share} {
		base := knowledge.NewBase(postgres.New(pgtest.New(t, postgres.Migrations()), postgres.Options{}), knowledge.NewHashed(384), nil)
		began := time.Now()
		g, err := sources.Read(t.Context(), filepath.Join(dir, name), sources.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := base.Import(t.Context(), name, g.Articles, nil)
		if err != nil || r.Added != want {
			t.Fatal(r, err)
		}
		t.Logf("%s: %d articles in %v", name, r.Added, time.Since(began).Round(100*time.Millisecond))
		if share == 1 && name == "rows.csv" && time.Since(began) > 20*time.Second {
			t.Error("more than 20 s")
		}
	}
}
