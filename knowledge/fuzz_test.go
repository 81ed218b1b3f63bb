package knowledge

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"# A\n\ntext\n\n## B\nmore", "---\ntitle: x\n---\n# y", "Setext\n===\n\nbody", "#\n##\n\x00", "```\n# no\n```", "> # q\n\n- # l", "[a][b] ![c](d.png) `[e](f)`\n\n[b]: <g h>", "[![a](b)](c)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		a, err := readMarkdown("x", []byte(s))
		if err != nil {
			return
		}
		resolve([]Article{a})
		for _, section := range a.Sections {
			if !inlineLink.MatchString(s) && !definition.MatchString(s) && !strings.Contains(s, section.Text) {
				t.Fatalf("%q is not in the file", section.Text)
			}
			checkChunks(t, section.Text)
		}
	})
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<h1>A</h1><p>b", "<main><h2>x</h2><ul><li>y</ul></main>", "<p><a href='javascript:x'>z</a>", "<table><tr><td>1<td>2</table>", "<!doctype html><title>t</title>" + strings.Repeat("<div>", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		a, err := readPage([]byte(s), nil)
		if err != nil {
			return
		}
		for _, section := range a.Sections {
			if strings.Contains(strings.ToLower(section.Text), "](javascript:") {
				t.Fatalf("a script's link: %q", section.Text)
			}
			checkChunks(t, section.Text)
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
