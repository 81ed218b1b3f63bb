package knowledge

import (
	"context"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/cost"
)

func texts() map[string]func(string) {
	embedder := NewHashed(384)
	return map[string]func(string){
		"markdown": func(s string) { _, _ = readMarkdown("x", []byte(s)) },
		"html":     func(s string) { _, _ = readPage([]byte("<h1>a</h1>"+s), nil) },
		"links":    func(s string) { _, _ = readMarkdown("x", []byte(s+"\n\n[x]: https://a\n")) },
		"terms":    func(s string) { Terms(s) },
		"vectors":  func(s string) { _, _ = embedder.Embed(context.Background(), []string{s}) },
		"chunks":   func(s string) { cut(s) },
	}
}

func TestWhatATextCostsGrowsWithItsLength(t *testing.T) {
	t.Parallel()
	cost.Linear(t, texts())
}

func TestCostOfTheLongestMessage(t *testing.T) {
	cost.Measure(t, 60*time.Millisecond, texts()) // but for vectors and terms these are articles: read at import, not when a customer writes
}
