package knowledge

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzChunks(f *testing.F) {
	for _, s := range []string{"", "a", " a\n\nb ", "```\n# no\n```", strings.Repeat("word ", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if utf8.ValidString(s) {
			checkChunks(t, s)
		}
	})
}

// checkChunks: every chunk is the text at its place, and together they have every word.
func checkChunks(t *testing.T, text string) {
	t.Helper()
	runes := []rune(text)
	covered := 0
	for _, c := range cut(text) {
		if c.Start < 0 || c.End > len(runes) || c.Start > c.End || string(runes[c.Start:c.End]) != c.Text {
			t.Fatalf("%d…%d is not %q", c.Start, c.End, c.Text)
		}
		if c.Start > covered && strings.TrimSpace(string(runes[covered:c.Start])) != "" {
			t.Fatalf("%q is in no chunk", string(runes[covered:c.Start]))
		}
		covered = max(covered, c.End)
	}
	if strings.TrimSpace(string(runes[covered:])) != "" {
		t.Fatalf("%q is in no chunk", string(runes[covered:]))
	}
}
