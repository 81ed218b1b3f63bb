package postgres_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/postgres"
)

// organisations are the articles of cmd/train and the questions to them.
func organisations(t *testing.T) (articles []knowledge.Article, questions []string) {
	t.Helper()
	type row struct{ ID, Title, Heading, Body, Language, Text string }
	read := func(name string) (out []row) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(b)) {
			var r row
			if err := json.Unmarshal([]byte(l), &r); err != nil {
				t.Fatal(err)
			}
			out = append(out, r)
		}
		return out
	}
	dirs, _ := filepath.Glob(filepath.Join("..", "..", "cmd", "train", "organisations", "*"))
	for i, dir := range dirs {
		for _, a := range read(filepath.Join(dir, "articles.jsonl")) {
			audience := knowledge.ForAll
			if i%5 == 0 {
				audience = knowledge.Internal
			}
			articles = append(articles, knowledge.Article{Key: filepath.Base(dir) + a.ID, Title: a.Title, Audience: audience, Language: a.Language, Tags: []string{filepath.Base(dir)}, Sections: []knowledge.Section{{Heading: a.Heading, Text: a.Body}}})
		}
		for _, q := range read(filepath.Join(dir, "questions.jsonl")) {
			questions = append(questions, q.Text)
		}
	}
	if len(articles) < 100 {
		t.Fatal("no organisations")
	}
	return articles, questions
}

func TestASmallBaseInMemoryIsSearchedAsInTheDatabase(t *testing.T) {
	t.Parallel()
	articles, questions := organisations(t)
	db := pgtest.New(t, postgres.Migrations())
	inDatabase := knowledge.NewBase(postgres.New(db, postgres.Options{SmallBelow: -1}), knowledge.NewHashed(384), nil)
	index := postgres.New(db, postgres.Options{})
	inMemory := knowledge.NewBase(index, knowledge.NewHashed(384), nil)
	if _, err := inDatabase.Import(t.Context(), "x", articles, nil); err != nil {
		t.Fatal(err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 2e-6 }
	compared := 0
	for i, q := range questions {
		if i%7 != 0 {
			continue
		}
		for _, f := range []knowledge.Filter{{}, {Internal: true}, {Language: "es"}, {Internal: true, Tags: []string{"moda"}}} {
			a, err := inDatabase.Search(t.Context(), q, 30, f)
			if err != nil {
				t.Fatal(err)
			}
			b, err := inMemory.Search(t.Context(), q, 30, f)
			if err != nil {
				t.Fatal(err)
			}
			if len(a) != len(b) {
				t.Fatalf("%q %+v: %d and %d passages", q, f, len(a), len(b))
			}
			by := map[int64]knowledge.Passage{}
			for _, p := range a {
				by[p.Section] = p
			}
			for j, p := range b[:min(len(b), 5)] {
				o, ok := by[p.Section]
				if !ok || !near(o.BM25, p.BM25) || !near(o.Coverage, p.Coverage) || !near(o.Similarity, p.Similarity) || !near(o.Naming, p.Naming) || o.Start != p.Start || o.End != p.End || o.Text != p.Text || o.Whole != p.Whole || o.Title != p.Title || o.Audience != p.Audience {
					t.Fatalf("%q %+v, passage %d:\n%+v\n%+v", q, f, j, p.Hit, o.Hit)
				}
				compared++
			}
		}
	}
	if !index.Kept() || compared < 100 {
		t.Fatalf("kept in memory: %v; %d passages compared", index.Kept(), compared)
	}
	// What changes in the database changes what is found, whoever changed it.
	if _, err := inDatabase.Import(t.Context(), "y", []knowledge.Article{{Key: "new", Title: "Xylophones", Audience: knowledge.ForAll, Language: "en", Sections: []knowledge.Section{{Heading: "Xylophone hire", Text: "We hire out xylophones."}}}}, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := inMemory.Search(t.Context(), "xylophone hire", 3, knowledge.Filter{}); err != nil || len(b) == 0 || b[0].Key != "new" {
		t.Errorf("%+v %v", b, err)
	}
	if _, err := inDatabase.Remove(t.Context(), "y", "new"); err != nil {
		t.Fatal(err)
	}
	if b, err := inMemory.Search(t.Context(), "xylophone hire", 3, knowledge.Filter{}); err != nil || len(b) > 0 && b[0].Key == "new" {
		t.Errorf("%+v %v", b, err)
	}
}

func TestARestoredBackupIsSearched(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, postgres.Migrations())
	index := postgres.New(db, postgres.Options{})
	base := knowledge.NewBase(index, knowledge.NewHashed(384), nil)
	hats := []knowledge.Article{{Key: "hats", Title: "Hats", Audience: knowledge.ForAll, Language: "en", Sections: []knowledge.Section{{Heading: "Hats", Text: "We sell hats."}}}}
	if _, err := base.Import(t.Context(), "x", hats, nil); err != nil {
		t.Fatal(err)
	}
	found := func() int {
		all, err := base.Search(t.Context(), "hats", 3, knowledge.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if found() != 1 || !index.Kept() {
		t.Fatal("it is not kept")
	}
	if _, err := db.Exec(t.Context(), "DELETE FROM articles; UPDATE corpus SET revision = 0"); err != nil { // as before the import
		t.Fatal(err)
	}
	if n := found(); n != 0 {
		t.Errorf("%d passages of what is no more", n)
	}
}

func TestALargerBaseIsReadBesideTheSearches(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, postgres.Migrations())
	var made []knowledge.Article
	for i := range 1200 {
		made = append(made, knowledge.Article{Key: fmt.Sprint(i), Title: fmt.Sprint("Größe ", i), Audience: knowledge.ForAll, Language: "de", Sections: []knowledge.Section{{Heading: fmt.Sprint("Schuhe Nr. ", i), Text: strings.Repeat("Maße für Füße. ", i%90) + fmt.Sprint("Modell ", i, " fällt groß aus.")}}})
	}
	index := postgres.New(db, postgres.Options{Until: t.Context()})
	base, inDatabase := knowledge.NewBase(index, knowledge.NewHashed(384), nil), knowledge.NewBase(postgres.New(db, postgres.Options{SmallBelow: -1}), knowledge.NewHashed(384), nil)
	if _, err := base.Import(t.Context(), "x", made, nil); err != nil {
		t.Fatal(err)
	}
	if index.Kept() {
		t.Error("an import reads the base into memory")
	}
	search := func(b *knowledge.Base) knowledge.Passage {
		found, err := b.Search(t.Context(), "Modell 777", 3, knowledge.Filter{})
		if err != nil || len(found) == 0 {
			t.Fatal(found, err)
		}
		return found[0]
	}
	search(base)
	for end := time.Now().Add(20 * time.Second); !index.Kept(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is never read")
		}
	}
	a, b := search(base), search(inDatabase)
	if a.Key != "777" || b.Key != "777" || a.Text != b.Text || a.Start != b.Start || math.Abs(a.BM25-b.BM25) > 2e-6 || math.Abs(a.Similarity-b.Similarity) > 2e-6 {
		t.Errorf("%+v\n%+v", a.Hit, b.Hit)
	}
}

func TestHalvesAreWhatTheirBitsSay(t *testing.T) {
	t.Parallel()
	for i := range uint16(0xffff) {
		e, digits := int(i>>10&0x1f), float64(i&0x3ff)
		if e == 0x1f {
			continue // infinite, or no number
		}
		want := math.Ldexp(digits, -24)
		if e > 0 {
			want = math.Ldexp(1024+digits, e-25)
		}
		if i >= 1<<15 {
			want = -want
		}
		if x := postgres.Half(i); float64(x) != want || postgres.HalfOf(x) != i {
			t.Fatalf("%#x is %v, not %v; of that it is %#x", i, x, want, postgres.HalfOf(x))
		}
	}
}

func TestTheFirstAreThoseWithTheHighestScores(t *testing.T) {
	t.Parallel()
	scores := []float64{1, 5, 3, 5, 0, 4}
	first := func(n int) []int {
		return postgres.First(n, len(scores), func(i int) float64 { return scores[i] }, func(i int) bool { return i != 5 })
	}
	for n, want := range map[int][]int{0: nil, 1: {1}, 3: {1, 3, 2}, 9: {1, 3, 2, 0, 4}} {
		if got := first(n); !slices.Equal(got, want) {
			t.Errorf("the first %d: %v, want %v", n, got, want)
		}
	}
}
