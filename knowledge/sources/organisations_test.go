package sources

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-pdf/fpdf"
	"golang.org/x/text/encoding/charmap"

	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/sources/sourcestest"
)

type told struct{ ID, Title, Heading, Body, Language string }

// TestOrganisationsSayTheSameInEveryFormat has the articles of all our made-up organisations as a spreadsheet, as documents of Word's and as PDFs: what is
// read is what is read of Markdown, so that the same questions are answered.
func TestOrganisationsSayTheSameInEveryFormat(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../copilot/eval/testdata/organisations/*/articles.jsonl")
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), err)
	}
	for _, name := range files {
		var all []told
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			var a told
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				t.Fatal(err)
			}
			if a.Heading == a.Title {
				a.Heading = ""
			}
			all = append(all, a)
		}
		_ = f.Close()
		plain := func(files map[string][]byte) map[string]string {
			g, err := Read(t.Context(), sourcestest.Folder(t, files), Options{})
			if err != nil || len(g.Refused) > 0 {
				t.Fatal(name, err, g.Refused)
			}
			out := map[string]string{}
			for _, a := range g.Articles {
				id := a.Key[strings.IndexByte(a.Key, '#')+1:]
				out[strings.TrimSuffix(id, filepath.Ext(id))] = strings.NewReplacer("**", "", "\\", "").Replace(outline([]knowledge.Article{a})) // bold may be missing
			}
			return out
		}
		compare := func(format string, got, want map[string]string) {
			t.Helper()
			for id, text := range want {
				same(t, name+" as "+format+", "+id, got[id], text)
			}
		}
		markdown, docx, pdf := map[string][]byte{}, map[string][]byte{}, map[string][]byte{}
		var table strings.Builder
		rows := csv.NewWriter(&table)
		rows.Comma = ';'
		_ = rows.Write([]string{"id", "title", "heading", "body", "language"})
		book := [][]any{{"id", "title", "heading", "body", "language"}}
		latin := true
		for _, a := range all {
			head := ""
			if a.Heading != "" {
				head = "## " + a.Heading + "\n\n"
			}
			title, _ := json.Marshal(a.Title)
			markdown[a.ID+".md"] = []byte("---\ntitle: " + string(title) + "\n---\n\n" + head + a.Body + "\n")
			docx[a.ID+".docx"] = sourcestest.DOCX(t, "", wordOf(a))
			if _, err := charmap.Windows1252.NewEncoder().String(a.Title + a.Heading + a.Body); err != nil {
				latin = false
			}
			pdf[a.ID+".pdf"] = sourcestest.PDF(t, func(p *fpdf.Fpdf, tr func(string) string) { printed(p, tr, a) })
			_ = rows.Write([]string{a.ID, a.Title, a.Heading, a.Body, a.Language})
			book = append(book, []any{a.ID, a.Title, a.Heading, a.Body, a.Language})
		}
		rows.Flush()
		want := plain(markdown)
		compare("DOCX", plain(docx), want)
		compare("CSV", plain(map[string][]byte{"a.csv": []byte(table.String())}), want)
		compare("XLSX", plain(map[string][]byte{"a.xlsx": sourcestest.XLSX(t, map[string][][]any{"Articles": book}, nil)}), want)
		if latin {
			compare("PDF", plain(pdf), want)
		}
	}
}

var (
	tableRule  = regexp.MustCompile(`^\|[-:| ]+\|$`)
	listBullet = regexp.MustCompile(`^[-*] `)
	listNumber = regexp.MustCompile(`^\d+\. `)
)

// parts hands over the lines of a body, and its tables.
func parts(body string, line func(kind byte, s string), table func(rows [][]string)) {
	var rows [][]string
	for _, l := range append(strings.Split(body, "\n"), "") {
		if strings.HasPrefix(l, "|") {
			if !tableRule.MatchString(l) {
				var row []string
				for _, c := range strings.Split(strings.Trim(l, "|"), "|") {
					row = append(row, strings.TrimSpace(c))
				}
				rows = append(rows, row)
			}
			continue
		}
		if rows != nil {
			table(rows)
			rows = nil
		}
		l = strings.ReplaceAll(l, "**", "")
		switch {
		case strings.TrimSpace(l) == "":
		case listBullet.MatchString(l):
			line('b', l[2:])
		case listNumber.MatchString(l):
			line('n', l[strings.IndexByte(l, ' ')+1:])
		default:
			line('p', l)
		}
	}
}

func wordOf(a told) string {
	var b strings.Builder
	b.WriteString(sourcestest.P("Title", html.EscapeString(a.Title)))
	if a.Heading != "" {
		b.WriteString(sourcestest.P("Heading1", html.EscapeString(a.Heading)))
	}
	parts(a.Body, func(kind byte, s string) {
		s = html.EscapeString(s)
		switch kind {
		case 'b':
			b.WriteString(sourcestest.Item(1, 0, s))
		case 'n':
			b.WriteString(sourcestest.Item(2, 0, s))
		default:
			b.WriteString(sourcestest.P("", s))
		}
	}, func(rows [][]string) {
		for i := range rows {
			for j := range rows[i] {
				rows[i][j] = html.EscapeString(rows[i][j])
			}
		}
		b.WriteString(sourcestest.Table(rows...))
	})
	return b.String()
}

func printed(p *fpdf.Fpdf, tr func(string) string, a told) {
	p.AddPage()
	p.SetFont("Helvetica", "B", 20)
	p.MultiCell(0, 26, tr(a.Title), "", "L", false)
	if a.Heading != "" {
		p.Ln(6)
		p.SetFont("Helvetica", "B", 15)
		p.MultiCell(0, 20, tr(a.Heading), "", "L", false)
	}
	p.SetFont("Times", "", 11)
	n := 0
	parts(a.Body, func(kind byte, s string) {
		switch kind {
		case 'b':
			p.MultiCell(0, 14, tr("• "+s), "", "L", false)
		case 'n':
			n++
			p.MultiCell(0, 14, tr(strings.Repeat("", n)+string(rune('0'+n))+". "+s), "", "L", false)
		default:
			p.Ln(8)
			p.MultiCell(0, 14, tr(s), "", "L", false)
			p.Ln(4)
		}
	}, func(rows [][]string) {
		p.Ln(8)
		p.SetFont("Times", "", 9)
		wide := make([]float64, len(rows[0]))
		for _, row := range rows {
			for i, c := range row {
				wide[i] = max(wide[i], p.GetStringWidth(tr(c))+14)
			}
		}
		for _, row := range rows {
			for i, c := range row {
				p.CellFormat(wide[i], 16, tr(c), "", 0, "L", false, 0, "")
			}
			p.Ln(16)
		}
		p.SetFont("Times", "", 11)
		p.Ln(8)
	})
}
