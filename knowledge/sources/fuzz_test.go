package sources

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/deskbell/deskbell/knowledge"
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
		resolve([]knowledge.Article{a})
		for _, section := range a.Sections {
			if strings.ContainsAny(section.Text, markers) {
				t.Fatalf("a marker is left: %q", section.Text)
			}
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
		}
	})
}
