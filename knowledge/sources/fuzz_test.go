package sources

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-pdf/fpdf"

	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/sources/sourcestest"
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

// taken reads bytes as a file, and checks what is said of it.
func taken(t *testing.T, name string, b []byte) {
	t.Helper()
	g := &Gathered{}
	g.take(&file{key: name, data: b, g: g})
	for _, r := range g.Refused {
		if strings.HasPrefix(r.What, "damaged: runtime error") {
			t.Fatalf("it panics: %s", r)
		}
	}
	for _, a := range g.Articles {
		if a.Key == "" || a.Title == "" || len(a.Sections) == 0 {
			t.Fatalf("%+v", a)
		}
		for _, s := range a.Sections {
			if strings.ContainsAny(s.Text+s.Heading, markers) || !utf8.ValidString(s.Text) {
				t.Fatalf("%q", s)
			}
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, s := range []string{"question,answer\na,b\n", "Frage;Antwort\n\"x;y\nz\";1\n", "sep=;\na;b", "a\tb\n1\t2\n", "\xff\xfeq\x00;\x00", "Name,Price\nx,1\n,\n", "id,title,body,draft\n1,<p>x,<table><tr><td>1<td>2</table>,no\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) { taken(t, "x.csv", b) })
}

func FuzzWord(f *testing.F) {
	for _, s := range []string{sourcestest.P("Title", "x") + sourcestest.P("", "y"), sourcestest.Table([]string{"a", "b"}, []string{"1", "2"}), sourcestest.Item(1, 0, "x") + sourcestest.Item(2, 3, "y"), "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"9999999\"/></w:tcPr><w:tbl/></w:tc></w:tr></w:tbl>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) { taken(t, "x.docx", sourcestest.DOCX(t, "", body)) })
}

func FuzzPDF(f *testing.F) {
	f.Add([]byte("BT /F1 11 Tf 72 700 Td (Hello) Tj [(a) -300 (b)] TJ ET"))
	f.Add([]byte("q 1 0 0 1 0 0 cm BI /W 1 ID x EI Q /Fm0 Do BT <00ff> Tj (\\101\\)) ' ET"))
	f.Fuzz(func(t *testing.T, page []byte) {
		doc := sourcestest.PDF(t, func(p *fpdf.Fpdf, _ func(string) string) {
			p.SetCompression(false)
			p.AddPage()
			p.SetFont("Times", "", 11)
			p.RawWriteStr(string(page))
		})
		taken(t, "x.pdf", doc)
	})
}
