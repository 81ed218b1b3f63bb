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
		"terms":   func(s string) { Terms(s) },
		"vectors": func(s string) { _, _ = embedder.Embed(context.Background(), []string{s}) },
		"chunks":  func(s string) { cut(s) },
	}
}

func TestWhatATextCostsGrowsWithItsLength(t *testing.T) {
	t.Parallel()
	cost.Linear(t, texts())
}

func TestCostOfTheLongestMessage(t *testing.T) {
	cost.Measure(t, 60*time.Millisecond, texts())
}
