package slack

import (
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/cost"
)

// What agents and the knowledge base write is drawn in time, and mentions nobody.
func FuzzDrawn(f *testing.F) {
	for _, s := range []string{"*a* **b** ~~c~~", "> - 1. x", "[a](https://b)", "<!channel> <@U1>", strings.Repeat("- ", 2000) + strings.Repeat("| a |\n", 200), strings.Repeat(">", 4000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var out string
		if took, most := cost.Of(func() { out = toMarkdown(fromMarkdown(s)) }), 200*time.Millisecond+time.Duration(len(s))*40*time.Microsecond; took > most {
			t.Fatalf("%d bytes take %s, at most %s is allowed: %q", len(s), took, most, s)
		}
		if drawn := fromMarkdown(s); strings.Contains(drawn, "<!") || strings.Contains(drawn, "<@") {
			t.Fatalf("%q is drawn as %q", s, drawn)
		}
		_ = out
	})
}
