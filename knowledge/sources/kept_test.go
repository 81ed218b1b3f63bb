package sources

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/sources/sourcestest"
)

func TestWhatIsNotForCustomersDoesNotReachThem(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a.csv": "title,body,workflow_state\nA,x,retired\nB,y,Review\nC,z,in progress\n", "b.csv": "Frage;Antwort;Entwurf\nA?;x;WAHR\n", "c.csv": "title,body,status,state\nA,x,published,draft\n",
		"d.md": "\n\n---\nDraft: true\n---\n# A\n\ntext\n", "e.md": "---\nstatus: draft\n---\n# A\n\ntext\n", "f.html": "---\npublished: false\n---\n<main><h1>A</h1><p>x</p></main>", "g.csv": "title,body,isVisibleInPkb\nA,x,FALSE\n",
		"h.csv": "Our FAQ 2026,,\n,,\nquestion,answer,status\nA?,x,draft\n",
	} {
		if g := read(t, name, []byte(text), Options{}); len(g.Articles) > 0 || len(g.Skipped) == 0 {
			t.Errorf("%s: %+v", name, *g)
		}
	}
	for name, text := range map[string]string{
		"a.csv": "title,body,internal\nA,x,yes\n", "b.json": `[{"title": "A", "body": "x", "user_segment_id": null, "user_segment_ids": [123]}]`, "c.md": "---\nAudience: Internal\n---\n# A\n\ntext\n", "d.html": "---\nvisibility: private\n---\n<main><h1>A</h1><p>x</p></main>",
	} {
		if g := read(t, name, []byte(text), Options{}); len(g.Articles) != 1 || g.Articles[0].Audience != knowledge.Internal {
			t.Errorf("%s: %+v", name, *g)
		}
	}
	g := read(t, "x.csv", []byte("title,body,status,published\nA,x,1,\nB,y,published,2026-01-05\nC,z,,perhaps\n"), Options{})
	if len(g.Articles) != 1 || g.Articles[0].Title != "B" || len(g.Refused) != 2 {
		t.Errorf("%+v", *g)
	}
	b := sourcestest.XLSX(t, map[string][][]any{"Goods": {{"Product", "Price", "Purchase price"}, {"Shoe", "50 EUR", "12 EUR"}, {"Boot", "70 EUR", "20 EUR"}}}, func(f *excelize.File) {
		for _, err := range []error{f.SetColVisible("Goods", "C", false), f.SetRowVisible("Goods", 3, false)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	g = read(t, "x.xlsx", b, Options{})
	same(t, "hidden cells", outline(g.Articles), "x › \n- Product Shoe: Price 50 EUR")
	g = read(t, "x.odt", sourcestest.ODT(t, "", `<text:section text:display="none"><text:p>A secret.</text:p></text:section><text:p>Before <draw:custom-shape><text:p>the shape</text:p></draw:custom-shape>after it.</text:p>`), Options{})
	same(t, "odt", outline(g.Articles), "x › \nBefore the shape after it.")
}

func TestNothingIsLostOnTheWay(t *testing.T) {
	t.Parallel()
	for name, x := range map[string][3]string{
		"one tilde":       {"x.md", "# A\n\n2~3 days in the EU and 5~7 days elsewhere, for ~~9~~ 7 EUR.", "A › \n2~3 days in the EU and 5~7 days elsewhere, for 7 EUR."},
		"two lists":       {"x.json", `[{"category": "Shipping", "faqs": [{"question": "A?", "answer": "a"}, {"question": "B?", "answer": "b"}]}, {"category": "Returns", "faqs": [{"question": "C?", "answer": "c"}]}]`, "A? › \na\n\nB? › \nb\n\nC? › \nc"},
		"joined button":   {"x.html", `<main><h1>T</h1><h3><button aria-controls="p1"><span role="button" aria-controls="p1">Q</span></button></h3><div id="p1">answer</div></main>`, "T › Q\nanswer"},
		"its encoding":    {"x.html", "<html><head><meta charset=windows-1252></head><main><h1>Gr\xf6\xdfe</h1><p>F\xfcr alle.</p></main></html>", "Größe › \nFür alle."},
		"a picture":       {"x.md", "# A\n\ntext\n\n<!-- internal -->\n\n![][i]\n\n[i]: <data:image/png;base64," + strings.Repeat("A", 5000) + ">\n", "A › \ntext"},
		"one column more": {"x.html", "<main><h1>T</h1><table><tr><th>Title</th><th>Text</th><th>Price</th></tr><tr><td>Helmet</td><td>Red</td><td>40 EUR</td></tr></table></main>", "T › \n- Title Helmet: Text Red, Price 40 EUR"},
		"zeros":           {"x.json", `[{"title": "S1\u0000?", "body": "x"}]`, "S1? › \nx"},
	} {
		g := read(t, x[0], []byte(x[1]), Options{})
		same(t, name, outline(g.Articles), x[2])
	}
	g := read(t, "x.csv", []byte("question,answer\nQ1?,a1\nQ2?,\"a2\nQ3?,a3\nQ4?,a4\nQ5?,a5\n"), Options{})
	if len(g.Refused) != 1 || !strings.Contains(g.Refused[0].What, "line 3: a quote is opened and not closed") || !g.Keeps("x.csv#4") {
		t.Errorf("%+v", *g)
	}
}
