package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pgvector/pgvector-go"

	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/postgres"
)

// made are articles of a made-up language: words from topics, so that neighbours are near and not the same. Each third is internal.
func made(n int) []knowledge.Article {
	r := rand.New(rand.NewPCG(7, uint64(n))) // the same articles each time
	word := func(topic int) string {
		if r.IntN(3) > 0 {
			return fmt.Sprintf("w%dx%d", topic, r.IntN(60))
		}
		return fmt.Sprintf("c%d", r.IntN(3000))
	}
	text := func(topic, words int) string {
		w := make([]string, words)
		for i := range w {
			w[i] = word(topic)
		}
		return strings.Join(w, " ")
	}
	articles := make([]knowledge.Article, n)
	for i := range articles {
		topic := r.IntN(200)
		articles[i] = knowledge.Article{Key: fmt.Sprint(i), Title: text(topic, 4), Audience: knowledge.ForAll, Language: "en", Sections: []knowledge.Section{{Heading: text(topic, 3), Text: text(topic, 50)}}}
		if i%3 == 0 {
			articles[i].Audience = knowledge.Internal
		}
	}
	return articles
}

// TestTheIndexFindsWhatAnExactSearchFinds builds an HNSW index and compares the search through it with the exact one: recall at 10, no short
// answers under a filter, and the time beside the raw SQL's. PROVE=1 takes 10,000 and 100,000 passages, of two chunks each.
func TestTheIndexFindsWhatAnExactSearchFinds(t *testing.T) {
	t.Parallel()
	sizes := []int{600} // two chunks each: the text, and its title with heading
	if os.Getenv("PROVE") != "" {
		sizes = []int{10_000, 100_000}
	}
	for _, size := range sizes {
		t.Run(fmt.Sprint(2*size), func(t *testing.T) {
			db := pgtest.New(t, postgres.Migrations())
			embed := knowledge.NewHashed(384)
			sql := &stopwatch{}
			config := db.Config()
			config.ConnConfig.Tracer = sql
			timed, err := pgxpool.NewWithConfig(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(timed.Close)
			index := postgres.New(timed, postgres.Options{ExactBelow: 2 * size, SmallBelow: -1})
			base := knowledge.NewBase(index, embed, nil)
			articles := made(size)
			began := time.Now()
			if _, err := base.Import(t.Context(), "made", articles, nil); err != nil {
				t.Fatal(err)
			}
			imported := time.Since(began)
			var ef int
			if err := db.QueryRow(t.Context(), `SELECT ef FROM embedders WHERE searched`).Scan(&ef); err != nil || ef == 0 {
				t.Fatal("no index was made", ef, err)
			}
			r := rand.New(rand.NewPCG(3, 3)) // the same questions each time
			const questions = 60
			hit, short := 0, 0
			var searches, statements, raw []time.Duration
			for range questions {
				words := strings.Fields(articles[r.IntN(size)].Sections[0].Text)
				question := strings.Join(words[:8], " ")
				v, err := embed.Embed(context.Background(), []string{question})
				if err != nil {
					t.Fatal(err)
				}
				vector := pgvector.NewVector(v[0]).String()
				ten := func(setting string) map[int64]bool {
					tx, err := db.Begin(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = tx.Rollback(t.Context()) }()
					if _, err := tx.Exec(t.Context(), setting); err != nil {
						t.Fatal(err)
					}
					rows, err := tx.Query(t.Context(), `SELECT chunk_id FROM embeddings_hashed2_384 ORDER BY embedding <=> (SELECT $1::text::halfvec) LIMIT 10`, vector)
					if err != nil {
						t.Fatal(err)
					}
					ids := map[int64]bool{}
					for rows.Next() {
						var id int64
						if err := rows.Scan(&id); err != nil {
							t.Fatal(err)
						}
						ids[id] = true
					}
					return ids
				}
				exact := ten(`SET LOCAL enable_indexscan = off`)
				began := time.Now()
				through := ten(fmt.Sprintf(`SET LOCAL enable_seqscan = off; SET LOCAL hnsw.ef_search = %d`, ef))
				raw = append(raw, time.Since(began))
				for id := range through {
					if exact[id] {
						hit++
					}
				}
				began, sql.sum = time.Now(), 0
				found, err := base.Search(t.Context(), question, 20, knowledge.Filter{})
				searches, statements = append(searches, time.Since(began)), append(statements, sql.sum)
				if err != nil {
					t.Fatal(err)
				}
				if len(found) < 20 {
					short++
				}
				for _, p := range found {
					if p.Audience != knowledge.ForAll {
						t.Fatal("the filter let an internal article through")
					}
				}
			}
			recall := float64(hit) / (10 * questions)
			t.Logf("%d chunks: imported in %.1f s, ef_search %d, recall@10 %.3f, %d short answers of %d under a filter; search p50 %v p99 %v, its SQL p50 %v p99 %v, ten nearest vectors alone p50 %v", 2*size, imported.Seconds(), ef, recall, short,
				questions, at(searches, 0.5), at(searches, 0.99), at(statements, 0.5), at(statements, 0.99), at(raw, 0.5))
			most := 3.0 // the race detector slows what reads the passages, and not PostgreSQL
			if os.Getenv("PROVE") != "" {
				most = 1.5
			}
			if at(searches, 0.5).Seconds() > most*at(statements, 0.5).Seconds() {
				t.Errorf("search takes %v, its SQL %v: more than %v times", at(searches, 0.5), at(statements, 0.5), most)
			}
			if recall < 0.95 || short > 0 {
				t.Errorf("recall@10 %.3f, short answers %d", recall, short)
			}
		})
	}
}

// stopwatch sums the time that the database takes for a pool's statements, one at a time.
type stopwatch struct {
	began time.Time
	sum   time.Duration
}

func (s *stopwatch) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	s.began = time.Now()
	return ctx
}

func (s *stopwatch) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {
	s.sum += time.Since(s.began)
}

func at(d []time.Duration, p float64) time.Duration {
	s := slices.Sorted(slices.Values(d))
	return s[int(p*float64(len(s)-1))].Round(100 * time.Microsecond)
}

// turned is another embedder: the built-in one's vectors, turned round, failing now and then.
type turned struct {
	knowledge.Embedder
	fail *int
}

func (turned) Name() string { return "turned" }

func (e turned) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	if *e.fail > 0 {
		if *e.fail--; *e.fail == 0 {
			return nil, fmt.Errorf("the endpoint is down")
		}
	}
	v, err := e.Embedder.Embed(ctx, texts)
	for _, x := range v {
		slices.Reverse(x)
	}
	return v, err
}

func TestANewEmbedderIsFilledWhileTheOldOneIsSearchedAndThenTakesItsPlace(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, postgres.Migrations())
	index := postgres.New(db, postgres.Options{})
	old := knowledge.NewHashed(384)
	if _, err := knowledge.NewBase(index, old, nil).Import(t.Context(), "made", made(200), nil); err != nil {
		t.Fatal(err)
	}
	fail := 3 // the third call: two batches are done
	base := knowledge.NewBase(index, turned{old, &fail}, func(string, int) (knowledge.Embedder, error) { return old, nil })
	searched := func() string {
		c, err := index.Corpus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c.Embedder
	}
	if err := base.Embed(t.Context(), nil); err == nil || searched() != old.Name() {
		t.Fatal("no error, or switched before it was complete", err, searched())
	}
	found, err := base.Search(t.Context(), made(200)[5].Title, 3, knowledge.Filter{Internal: true})
	if err != nil || len(found) == 0 || found[0].Key != "5" || found[0].Similarity == 0 {
		t.Fatal("search does not go on with the old vectors", err, found)
	}
	if _, err := base.Import(t.Context(), "more", made(3), nil); err != nil { // an import meanwhile
		t.Fatal(err)
	}
	first := -1
	if err := base.Embed(t.Context(), func(_, of int) {
		if first < 0 {
			first = of
		}
	}); err != nil {
		t.Fatal(err)
	}
	if searched() != "turned" || first != 406-2*128 {
		t.Fatal("not switched, or begun anew", searched(), first)
	}
	if found, err = base.Search(t.Context(), made(200)[5].Title, 3, knowledge.Filter{Internal: true}); err != nil || found[0].Key != "5" || found[0].Naming < 0.5 {
		t.Fatal(err, found)
	}
}

func TestFiltersAndLanguages(t *testing.T) {
	b := base(t)
	article := func(key, language, title, text string, tags ...string) knowledge.Article {
		return knowledge.Article{Key: key, Language: language, Title: title, Audience: knowledge.ForAll, Tags: tags, Sections: []knowledge.Section{{Text: text}}}
	}
	if _, err := b.Import(t.Context(), "x", []knowledge.Article{
		article("en", "en", "Returns", "You can return parcels within fourteen days.", "shop"),
		article("de", "", "Rücksendungen", "Sie können Ihre Pakete innerhalb von vierzehn Tagen zurücksenden. Die Rücksendung ist für Sie kostenlos, wenn Sie das Etikett benutzen, das dem Paket beiliegt.", "shop"),
		article("b2b", "en", "Returns for companies", "Companies return parcels within thirty days.", "shop", "company"),
	}, nil); err != nil {
		t.Fatal(err)
	}
	first := func(q string, f knowledge.Filter) string {
		found, err := b.Search(t.Context(), q, 3, f)
		if err != nil || len(found) == 0 {
			t.Fatal(q, found, err)
		}
		return found[0].Key
	}
	if k := first("kann ich die Paketen zurücksendete", knowledge.Filter{}); k != "de" { // other forms of the words: stemmed in German
		t.Error(k)
	}
	if k := first("returning a parcel", knowledge.Filter{Tags: []string{"company"}}); k != "b2b" {
		t.Error(k)
	}
	if k := first("returning a parcel", knowledge.Filter{Language: "de"}); k != "de" {
		t.Error(k)
	}
	found, err := b.Search(t.Context(), "returning parcels", 1, knowledge.Filter{Language: "en"})
	if err != nil || string([]rune(found[0].Whole)[found[0].Start:found[0].End]) != found[0].Text || found[0].Text == "" {
		t.Errorf("the citation's offsets do not hold: %+v %v", found, err)
	}
}
