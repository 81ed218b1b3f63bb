package sources

import (
	"strings"
	"testing"
	"time"

	"github.com/go-pdf/fpdf"

	"github.com/deskbell/deskbell/knowledge/sources/sourcestest"
)

// TestFilesThatAreMadeToDoHarmAreReadInTimeOrRefused has what takes a reader's stack, its memory or its time.
func TestFilesThatAreMadeToDoHarmAreReadInTimeOrRefused(t *testing.T) {
	t.Parallel()
	far := sourcestest.PDF(t, func(p *fpdf.Fpdf, _ func(string) string) {
		p.AddPage()
		p.SetFont("Times", "", 11)
		for i := range 20 {
			p.Text(72, 100+14*float64(i), "some words here")
			p.Text(72+5e8*float64(i), 100+14*float64(i), "far away")
		}
	})
	for name, x := range map[string]struct {
		b       []byte
		refused string
	}{
		"tables.docx":     {sourcestest.DOCX(t, "", strings.Repeat("<w:tbl><w:tr><w:tc>", 300_000)), "nested too deep"},
		"links.docx":      {sourcestest.DOCX(t, "", "<w:p>"+strings.Repeat("<w:hyperlink>", 300_000)), "nested too deep"},
		"lists.odt":       {sourcestest.ODT(t, "", strings.Repeat("<text:list><text:list-item>", 2000)+strings.Repeat("</text:list-item></text:list>", 2000)), "nested too deep"},
		"deep.html":       {[]byte(strings.Repeat("<div>", 200_000)), "open stack of elements"},
		"spans.html":      {[]byte("<table>" + strings.Repeat("<tr>"+strings.Repeat("<td colspan=200 rowspan=200>x", 50), 100) + "</table>"), ""},
		"quotes.md":       {[]byte(strings.Repeat("> - ", 20_000) + "x"), ""},
		"wide.csv":        {[]byte(strings.Repeat("a;", 20_000) + "\n" + strings.Repeat("1;", 20_000)), ""},
		"accordions.html": {[]byte("<main>" + strings.Repeat("<button aria-expanded=false>q</button><div hidden>a</div>", 1000)), ""},
		"folds.html":      {[]byte("<main>" + strings.Repeat("<details><summary>q</summary>a</details>", 5000)), ""},
		"far.pdf":         {far, ""},
	} {
		began := time.Now()
		g := &Gathered{}
		g.take(&file{key: name, data: x.b, g: g})
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if refused := len(g.Refused) > 0 && strings.Contains(g.Refused[0].What, x.refused); refused != (x.refused != "") {
			t.Errorf("%s: %.200q", name, g.Refused)
		}
	}
}
