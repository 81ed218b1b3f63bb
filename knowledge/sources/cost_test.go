package sources

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/cost"
)

func texts() map[string]func(string) {
	return map[string]func(string){
		"markdown": func(s string) { _, _ = readMarkdown("x", []byte(s)) },
		"html":     func(s string) { _, _ = readPage([]byte("<h1>a</h1>"+s), nil) },
		"links":    func(s string) { _, _ = readMarkdown("x", []byte(s+"\n\n[x]: https://a\n")) },
	}
}

func TestWhatATextCostsGrowsWithItsLength(t *testing.T) {
	t.Parallel()
	cost.Linear(t, texts())
}

func TestCostOfTheLongestMessage(t *testing.T) {
	cost.Measure(t, 60*time.Millisecond, texts()) // articles are read at import, not when a customer writes
}
