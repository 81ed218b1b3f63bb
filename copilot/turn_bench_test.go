package copilot_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/postgres"
)

// rows reads a file of the organisations that the training has, a JSON object a line.
func rows[T any](t *testing.T, glob string) (out []T) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join("..", "cmd", "train", "organisations", glob))
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			var x T
			if err := json.Unmarshal([]byte(line), &x); err != nil {
				t.Fatal(err)
			}
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		t.Fatal("no organisations")
	}
	return out
}

// TestBenchTurn reads what customers ask, one turn at a time, without a key: BENCH=1. Bars: 5 ms at the 99th percentile with 200 articles, 20 ms with
// 10,000 passages.
func TestBenchTurn(t *testing.T) {
	if os.Getenv("BENCH") == "" {
		t.Skip("BENCH=1 measures")
	}
	articles := rows[struct{ Title, Heading, Body, Language string }](t, "*/articles.jsonl")
	questions := rows[struct{ Text, Language string }](t, "*/questions.jsonl")
	articles = slices.DeleteFunc(articles, func(a struct{ Title, Heading, Body, Language string }) bool { return a.Language != "en" })
	questions = slices.DeleteFunc(questions, func(q struct{ Text, Language string }) bool { return q.Language != "en" })
	var sentences []string
	for _, a := range articles {
		sentences = append(sentences, strings.Split(a.Body, ". ")...)
	}
	for _, size := range []struct {
		passages int
		bar      time.Duration
	}{{200, 5 * time.Millisecond}, {10000, 20 * time.Millisecond}} {
		t.Run(fmt.Sprint(size.passages), func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, 5))
			base := knowledge.NewBase(postgres.New(pgtest.New(t, postgres.Migrations()), postgres.Options{}), knowledge.NewHashed(384), nil)
			var made []knowledge.Article
			for i := range size.passages {
				a := articles[i%len(articles)]
				body := a.Body
				if i >= len(articles) { // no two are the same
					body = ""
					for range 5 {
						body += sentences[r.IntN(len(sentences))] + ". "
					}
				}
				made = append(made, knowledge.Article{Key: fmt.Sprint(i), Title: a.Title, Audience: knowledge.ForAll, Language: a.Language, Sections: []knowledge.Section{{Heading: a.Heading, Text: body}}})
			}
			if _, err := base.Import(t.Context(), "made", made, nil); err != nil {
				t.Fatal(err)
			}
			reader := copilot.New(base, nil, copilot.Options{})
			var took []time.Duration
			for i, q := range questions {
				began := time.Now()
				if _, err := reader.Read(t.Context(), handover.Conversation{State: handover.WithBot}, said(q.Text)); err != nil {
					t.Fatal(err)
				}
				if i >= 100 { // the first ones fill what is made when first used
					took = append(took, time.Since(began))
				}
			}
			slices.Sort(took)
			at := func(p float64) time.Duration { return took[int(p*float64(len(took)-1))].Round(10 * time.Microsecond) }
			t.Logf("a turn with %d passages: p50 %s, p99 %s, worst %s, over %d questions", size.passages, at(0.5), at(0.99), at(1), len(took))
			if at(0.99) > size.bar {
				t.Errorf("p99 %s, the bar is %s", at(0.99), size.bar)
			}
		})
	}
}
