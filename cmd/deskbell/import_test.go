package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-pdf/fpdf"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/sources"
	"github.com/deskbell/deskbell/knowledge/sources/sourcestest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// share is a folder as a team has it: a file of every kind and encoding, and ten that cannot be read.
func share(t *testing.T) string {
	t.Helper()
	const de = "Frage;Antwort;Stand\r\nWie lange dauert die Lieferung nach Österreich?;Drei Tage.;2026\r\n"
	files := sourcestest.Written(t)
	for name, b := range map[string][]byte{
		"tables/excel-1252.csv":   sourcestest.Encoded(t, charmap.Windows1252, de),
		"tables/utf16.csv":        sourcestest.UTF16(de, true),
		"tables/utf16-unsaid.csv": sourcestest.UTF16(de, false),
		"tables/bom.csv":          []byte("\ufeff" + de),
		"tables/tabs.tsv":         []byte(strings.ReplaceAll(de, ";", "\t")),
		"tables/commas.csv":       []byte("question,answer\n\"Why, though?\",Because.\n"),
		"tables/no-head.csv":      []byte("Where are you?,In Ghent.\nWhen do you open?,\"At nine, every day.\"\n"),
		"tables/prices.csv":       []byte("Shipping to;Time;Price\nSpain;4 days;7 EUR\nPortugal;5 days;8,50 EUR\n"),
		"tables/polish.csv":       sourcestest.Encoded(t, charmap.Windows1250, "Pytanie;Odpowiedź\nIle trwa dostawa?;Dostawa trwa trzy dni, a za granicę pięć dni roboczych.\nCzy mogę zwrócić zamówienie?;Tak, w ciągu trzydziestu dni.\n"),
		"tables/book.xlsx": sourcestest.XLSX(t, map[string][][]any{"FAQ": {{"Frage", "Antwort"}, {"Wann?", "Um neun."}, {"Warum?", ""}}, "Margins": {{"Question", "Answer"}, {"Margin?", "40 %"}}}, func(f *excelize.File) {
			if err := f.SetSheetVisible("Margins", false); err != nil {
				t.Fatal(err)
			}
		}),
		"exports/centre.json":    []byte(`{"articles": [{"id": 1, "title": "Delivery", "body": "<p>Two days.</p>", "html_url": "https://help.example/1"}, {"id": 2, "title": "Later", "body": "<p>x</p>", "draft": true}]}`),
		"exports/centre.csv":     []byte("title,body,url\nReturns,<p>Within 30 days.</p>,https://help.example/2\n"),
		"exports/pairs.jsonl":    []byte("{\"question\": \"Who?\", \"answer\": \"We.\"}\nnot json\n"),
		"web/faq.html":           []byte(`<html lang=en><title>FAQ</title><main><h1>FAQ</h1><button aria-expanded="false" aria-controls="p">By card?</button><div id="p" hidden>Yes.</div></main></html>`),
		"web/plans.html":         []byte("<title>Plans</title><article><h2>Basic</h2><p>5 EUR</p></article><article><h2>Pro</h2><p>9 EUR</p></article>"),
		"guide.epub":             sourcestest.EPUB(t, "Guide", "<h1>Care</h1><p>Clean it.</p>"),
		"packed.zip":             sourcestest.Zip(t, map[string]string{"in/care.md": "# Care of wood\n\nOil it.", "in/photo.jpg": "x"}),
		"note.txt":               []byte("Opening hours\nNine to five."),
		"draft.md":               []byte("---\ndraft: true\n---\nNot yet.\n"),
		"photo.png":              []byte("\x89PNG"),
		"empty.md":               nil,
		"broken/front.md":        []byte("---\ntitle: [unclosed\n---\n# A\n"),
		"broken/audience.md":     []byte("---\naudience: secret\n---\n# A\n"),
		"broken/damaged.docx":    []byte("PK\x03\x04 and no more"),
		"broken/damaged.pdf":     []byte("%PDF-1.7\nand no more"),
		"broken/locked.xlsx":     append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...),
		"broken/old.doc":         []byte("x"),
		"broken/noise.csv":       []byte(strings.Repeat("\x01\x02\xff\xfe\x80", 90)),
		"broken/unfinished.json": []byte("{\"articles\": [\n{\"title\": "),
		"broken/renamed.pdf":     sourcestest.DOCX(t, "", sourcestest.P("", "x")),
		"broken/locked.pdf": sourcestest.PDF(t, func(p *fpdf.Fpdf, _ func(string) string) {
			p.SetProtection(0, "open", "own")
			p.AddPage()
		}),
	} {
		files[name] = b
	}
	return sourcestest.Folder(t, files)
}

// desktop is a configuration with a database of its own, and a way to run commands in it.
func desktop(t *testing.T, more string) (cli func(want int, args ...string) string) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "desk.yaml")
	if err := os.WriteFile(config, []byte("database: {url: \""+pgtest.URL(t, migrations()...)+"\"}\n"+more), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := run(append([]string{"--config", config}, args...), &out, &out); code != want {
			t.Errorf("%v: exit %d, want %d\n%s", args, code, want, out.String())
		}
		return out.String()
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is (write it anew with -update):\n%s", name, got)
	}
}

func TestAShareIsImportedWithAListOfWhatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	cli, dir := desktop(t, ""), share(t)
	out := cli(1, "knowledge", "import", dir, "--source", "share")
	var list strings.Builder
	for line := range strings.Lines(cli(0, "knowledge", "list")) {
		list.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	golden(t, "share.golden", out+"\n"+list.String())
	for question, want := range map[string]string{
		"wie lange dauert die Lieferung nach Oesterreich": "Wie lange dauert die Lieferung nach Österreich?", "how much is shipping to Portugal": "8,50 EUR", "can I pay by card": "By card?", "how much is the pro plan": "Pro",
		"ile trwa dostawa": "Ile trwa dostawa?", "opening hours": "Opening hours",
	} {
		if found := cli(0, "knowledge", "search", "-n", "1", "--", question); !strings.Contains(found, want) {
			t.Errorf("%s: %s", question, found)
		}
	}
}

func TestWhatCannotBeReadThisTimeStaysAsItWas(t *testing.T) {
	t.Parallel()
	cli := desktop(t, "")
	dir := sourcestest.Folder(t, map[string][]byte{"a.md": []byte("# A\n\none"), "b.md": []byte("# B\n\ntwo"), "c.csv": []byte("question,answer\nq1?,a1\nq2?,a2\nq3?,a3\n"), "d.md": []byte("# D\n\nfour")})
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := cli(0, "knowledge", "import", dir); !strings.Contains(out, "6 added") {
		t.Error(out)
	}
	write("a.md", "---\ntitle: [\n---\n# A\n")
	write("b.md", "# B\n\nnew")
	write("c.csv", "question,answer\nq1?,a1\nq2?,\nq4?,a4\n")
	if err := os.Remove(filepath.Join(dir, "d.md")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--strict"}, {"--strict", "--dry-run"}} {
		if out := cli(1, append([]string{"knowledge", "import", dir}, args...)...); !strings.Contains(out, "2 were refused, and nothing is imported (--strict)") {
			t.Error(out)
		}
	}
	if out := cli(1, "knowledge", "import", dir, "--dry-run"); !strings.Contains(out, "would be: 0 added, 2 changed, 1 unchanged, 1 removed, 2 kept as they were") {
		t.Error(out)
	}
	out := cli(1, "knowledge", "import", dir)
	for _, want := range []string{"refused (2):\n  a.md: front matter", "c.csv, line 3: no answer", "0 added, 2 changed, 1 unchanged, 1 removed, 2 kept as they were", "deskbell: 2 were refused; all else is imported"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	if out := cli(0, "knowledge", "search", "q2?"); !strings.Contains(out, "a2") {
		t.Error(out)
	}
	// A share that is not there today takes nothing away either.
	if out := cli(1, "knowledge", "import", sourcestest.Folder(t, map[string][]byte{"x.png": nil}), "--source", dir); !strings.Contains(out, "no article found, and nothing is changed") {
		t.Error(out)
	}
	for want, args := range map[string][]string{
		"no such file":            {filepath.Join(dir, "gone")},
		`got "frage=x", expected`: {dir, "--columns", "frage=x"},
		"--base-url: got \"x\"":   {dir, "--base-url", "x"},
	} {
		if out := cli(2, append([]string{"knowledge", "import"}, args...)...); !strings.Contains(out, want) {
			t.Error(out)
		}
	}
}

func TestConfiguredSourcesAreReadAnew(t *testing.T) {
	t.Parallel()
	text := atomic.Pointer[string]{}
	first := "Three days."
	text.Store(&first)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text.Load() == nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if r.URL.Path != "/help" {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprintf(w, "<main><h1>Delivery time</h1><p>%s</p></main>", *text.Load())
	}))
	t.Cleanup(site.Close)
	dir := sourcestest.Folder(t, map[string][]byte{"f.csv": []byte("Thema;Text dazu\nRückgabe;In 30 Tagen.\n"), "old.doc": []byte("x")})
	cli := desktop(t, "knowledge:\n  sources:\n    site: {from: "+site.URL+"/help, every: 6h, allow_private: true, per_second: 100}\n    files: {from: "+dir+", every: never, base_url: https://shop.example, columns: {question: Thema, answer: Text dazu}}\n")
	if out := cli(0, "knowledge", "sync", "--list"); !strings.Contains(out, "never") || !strings.Contains(out, "by hand") || !strings.Contains(out, "now") {
		t.Error(out)
	}
	out := cli(1, "knowledge", "sync")
	for _, want := range []string{"site: 1 added", "files: 1 added, 0 changed, 0 unchanged, 0 removed, 1 refused", "old.doc: files of this kind are not read", "1 was refused; all else is imported"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	second := "Two days now."
	text.Store(&second)
	if out := cli(0, "knowledge", "sync", "site"); !strings.Contains(out, "site: 0 added, 1 changed") {
		t.Error(out)
	}
	text.Store(nil)
	if out := cli(1, "knowledge", "sync", "site"); !strings.Contains(out, "site: failed: ") || !strings.Contains(out, "1 of 1 sources failed") {
		t.Error(out)
	}
	if out := cli(0, "knowledge", "search", "how long does delivery take"); !strings.Contains(out, "Two days now.") {
		t.Errorf("a site that is down took its articles with it: %s", out)
	}
	if out := cli(0, "knowledge", "sync", "--list"); !strings.Contains(out, "failed: ") {
		t.Error(out)
	}
	if out := cli(2, "knowledge", "sync", "sight"); !strings.Contains(out, `no source is called "sight"; configured are files, site`) {
		t.Error(out)
	}
	if out := desktop(t, "")(2, "knowledge", "sync"); !strings.Contains(out, "no sources are configured") {
		t.Error(out)
	}
	out = desktop(t, "knowledge: {sources: {a: {every: 1m}, b: {from: ftp://x, columns: {frage: x}, evry: 1h}}}\n")(2, "config", "check")
	for _, want := range []string{"knowledge.sources.a: expected from", `knowledge.sources.a.every: got "1m", expected a time of at least 10m`, `knowledge.sources.b.from: got "ftp://x"`, "knowledge.sources.b.columns.frage: no part", "knowledge.sources.b.evry is not a key"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	if !slices.Equal(configs.Columns, sources.Parts) {
		t.Errorf("%q, and %q", configs.Columns, sources.Parts)
	}
}

func TestTheServerReadsItsSourcesWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	dir := sourcestest.Folder(t, map[string][]byte{"delivery.md": []byte("# Delivery\n\nParcels take three days.")})
	w := begin(t, settings{noSlack: true, more: "knowledge: {sources: {files: {from: '" + dir + "', every: 1h}, other: {from: '" + dir + "/gone', every: 1h}}}\n"})
	w.until("they are there", func() bool {
		found, err := w.app.knowledge.List(context.Background())
		return err == nil && slices.ContainsFunc(found, func(a knowledge.Listed) bool { return a.Source == "files" })
	})
	w.until("and what failed is told", func() bool {
		s, err := w.app.knowledge.Synced(context.Background(), "other")
		return err == nil && strings.HasPrefix(s.Outcome, "failed: stat")
	})
}
