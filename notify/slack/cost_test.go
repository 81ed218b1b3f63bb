package slack

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/cost"
)

func texts() map[string]func(string) {
	return map[string]func(string){
		"mrkdwn":  func(s string) { toMarkdown(s) },
		"drawn":   func(s string) { fromMarkdown(s) },
		"plain":   func(s string) { plain(s) },
		"escaped": func(s string) { escape(s) },
		"notes":   func(s string) { isNote(s) },
		"split":   func(s string) { split(s, 3000) },
		"clip":    func(s string) { clipEscaped(s, 3000) },
	}
}

func TestWhatATextCostsGrowsWithItsLength(t *testing.T) {
	t.Parallel()
	cost.Linear(t, texts())
}

func TestCostOfTheLongestMessage(t *testing.T) {
	cost.Measure(t, 20*time.Millisecond, texts())
}
