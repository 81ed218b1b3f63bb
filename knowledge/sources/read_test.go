package sources

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/knowledge"
)

func TestWhatAFileSaysOfItselfIsHeardHoweverItsLinesEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"crlf.md":   "---\r\naudience: internal\r\ntitle: Margins\r\n---\r\n# Margins\r\n\r\nWe make 40 %.\r\n",
		"spaces.md": "--- \naudience: internal\n---\t\nWe make 40 %.\n",
		"bom.md":    "\xef\xbb\xbf---\r\naudience: internal\r\n...\r\nWe make 40 %.",
		"end.md":    "---\naudience: internal\n---",
		"draft.md":  "---\r\ndraft: true\r\n---\r\nNot yet.\r\n",
		"old.md":    "---\npublished: false\n---\nNot any more.\n",
		"public.md": "---\npublished: true\ndraft: false\n---\n# Delivery\n\nTwo days.\n",
		"rule.md":   "# A\n\ntext\n\n---\n\nmore\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g, err := Read(t.Context(), dir, Options{})
	if err != nil || len(g.Refused) > 0 {
		t.Fatal(err, g.Refused)
	}
	for _, a := range g.Articles {
		want := knowledge.Internal
		if a.Key == "public.md" || a.Key == "rule.md" {
			want = knowledge.ForAll
		}
		if a.Audience != want {
			t.Errorf("%s is %s: %+v", a.Key, a.Audience, a.Sections)
		}
	}
	var skipped []string
	for _, r := range g.Skipped {
		skipped = append(skipped, r.String())
	}
	slices.Sort(skipped)
	if want := []string{"draft.md: a draft, which is not served", "end.md: nothing in it to read", "old.md: a draft, which is not served"}; len(g.Articles) != 5 || !slices.Equal(skipped, want) {
		t.Fatal(len(g.Articles), skipped)
	}
}

func TestEveryFormatIsRead(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"page.html":  `<html><head><title>x</title><link rel="canonical" href="https://help.example/p"></head><body><nav>Menu</nav><main><h1>Invoices</h1><p>By <b>mail</b>.</p><h2>Copies</h2><ul><li>Ask us</li></ul><script>alert(1)</script></main></body></html>`,
		"note.txt":   "Opening hours\nNine to five.",
		"faq.csv":    "question,answer,url\nWhere are you?,In Ghent.,https://help.example/where\n\"Why, though?\",Because.,\n",
		"faq.jsonl":  "{\"question\":\"Who?\",\"answer\":\"We.\"}\n\n{\"question\":\"When?\",\"answer\":\"Soon.\",\"audience\":\"internal\"}\n",
		"image.png":  "x",
		"deep.md":    "# Top\n\nintro\n\n## A\n\n### B\n\nunder b\n\n## C\n\nunder c",
		".hidden.md": "# Hidden",
	})
	g, err := Read(t.Context(), dir, Options{})
	if err != nil || len(g.Skipped) != 1 || g.Skipped[0].Where != "image.png" {
		t.Fatal(g, err)
	}
	by := map[string]knowledge.Article{}
	for _, a := range g.Articles {
		by[a.Key] = a
	}
	if len(by) != 7 {
		t.Fatal(len(by))
	}
	page := by["page.html"]
	if page.Title != "Invoices" || page.URL != "https://help.example/p" || len(page.Sections) != 2 || page.Sections[0].Text != "By **mail**." || page.Sections[1].Heading != "Copies" {
		t.Errorf("%+v", page)
	}
	if a := by["faq.csv#3"]; a.Title != "Why, though?" || a.Sections[0].Text != "Because." {
		t.Errorf("%+v", a)
	}
	if a := by["faq.jsonl#3"]; a.Title != "When?" || a.Audience != knowledge.Internal {
		t.Errorf("%+v", a)
	}
	if a := by["deep.md"]; a.Title != "Top" || a.Sections[1].Heading != "A › B" || a.Sections[2].Heading != "C" {
		t.Errorf("%+v", a)
	}
	if by["note.txt"].Title != "Opening hours" {
		t.Errorf("%+v", by["note.txt"])
	}
}

// folder has these files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWhatCannotBeReadIsNamedWithItsPlaceAndStopsNothing(t *testing.T) {
	t.Parallel()
	g, err := Read(t.Context(), folder(t, map[string]string{
		"a.jsonl": "{\"question\":\"q\",\"answer\":\"a\"}\n{", "b.csv": "question,answer\n,x\nWho?,We.\n", "d.md": "---\naudience: secret\n---\n# x", "e.md": "---\ntitle: [\n---\nx", "f.md": "# Good\n\ntext\n",
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var refused []string
	for _, r := range g.Refused {
		refused = append(refused, r.String())
	}
	for i, want := range []string{"a.jsonl, line 2: not an object of JSON", "b.csv, line 2: no question; fill the cell", `d.md: front matter: audience "secret"`, "e.md: front matter: "} {
		if i >= len(refused) || !strings.HasPrefix(refused[i], want) {
			t.Errorf("want %s in %q", want, refused)
		}
	}
	if len(g.Articles) != 3 || len(refused) != 4 {
		t.Errorf("%+v %q", g.Articles, refused)
	}
	for key, want := range map[string]bool{"a.jsonl#2": true, "b.csv#2": true, "b.csv": false, "d.md": true, "f.md": false, "d.md2": false} {
		if g.Keeps(key) != want {
			t.Errorf("%s stays: %v", key, !want)
		}
	}
}
