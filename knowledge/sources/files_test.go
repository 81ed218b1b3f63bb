package sources

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-pdf/fpdf"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/sources/sourcestest"
)

// read reads one file that is meant to be readable.
func read(t *testing.T, name string, b []byte, o Options) *Gathered {
	t.Helper()
	g, err := Read(t.Context(), sourcestest.Folder(t, map[string][]byte{name: b}), o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// outline is what articles say, a section each with its title and heading.
func outline(articles []knowledge.Article) string {
	var b strings.Builder
	for _, a := range articles {
		for _, s := range a.Sections {
			fmt.Fprintf(&b, "%s › %s\n%s\n\n", a.Title, s.Heading, s.Text)
		}
	}
	return strings.TrimSpace(b.String())
}

func same(t *testing.T, name, got, want string) {
	t.Helper()
	if got = strings.TrimSpace(got); got != strings.TrimSpace(want) {
		t.Errorf("%s:\n%s\n--- want\n%s", name, got, want)
	}
}

func TestADocumentSaysTheSameInEveryFormat(t *testing.T) {
	t.Parallel()
	want := sourcestest.Title + " › Shipping\n" + sourcestest.Words + "\n\n" +
		sourcestest.Title + " › Shipping › Prices\n- Shipping to Spain: Time 4 days, Price 7 EUR\n- Shipping to Portugal: Time 5 days, Price 8,50 EUR\n\n" +
		sourcestest.Title + " › Shipping › What you need\n- an address\n- patience\n\n1. First do this\n2. Then do that\n\n" +
		sourcestest.Title + " › Returns\n" + sourcestest.Return
	for name, b := range sourcestest.Written(t) {
		g := read(t, name, b, Options{})
		same(t, name, outline(g.Articles), want)
		if len(g.Refused)+len(g.Skipped)+len(g.Notes) > 0 {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

func TestATableIsReadHoweverASpreadsheetWroteIt(t *testing.T) {
	t.Parallel()
	const de = "Frage;Antwort;Stand\r\nWie lange dauert die Lieferung?;\"Drei Tage nach Österreich, für Größen über 2 m fünf.\";2026\r\n\r\nWas kostet das?;Nichts – wir zahlen.;2026\r\n"
	want := "Wie lange dauert die Lieferung? › \nDrei Tage nach Österreich, für Größen über 2 m fünf.\n\nWas kostet das? › \nNichts – wir zahlen."
	for name, x := range map[string]struct {
		b    []byte
		note string
	}{
		"utf8":    {[]byte(de), "x.csv: columns separated by semicolons; question = Frage, answer = Antwort; not taken: Stand"},
		"bom":     {[]byte("\ufeff" + de), "x.csv: columns separated by semicolons; question = Frage, answer = Antwort; not taken: Stand"},
		"1252":    {sourcestest.Encoded(t, charmap.Windows1252, de), "x.csv: read as windows-1252 (a guess); columns separated by semicolons; question = Frage, answer = Antwort; not taken: Stand"},
		"utf16":   {sourcestest.UTF16(de, true), "x.csv: columns separated by semicolons; question = Frage, answer = Antwort; not taken: Stand"},
		"unsaid":  {sourcestest.UTF16(de, false), "x.csv: read as UTF-16 (a guess); columns separated by semicolons; question = Frage, answer = Antwort; not taken: Stand"},
		"tabs":    {[]byte(strings.ReplaceAll(de, ";", "\t")), "x.csv: columns separated by tabs; question = Frage, answer = Antwort; not taken: Stand"},
		"said":    {[]byte("sep=;\r\n" + de), "x.csv: question = Frage, answer = Antwort; not taken: Stand"},
		"no head": {[]byte(strings.ReplaceAll(strings.TrimPrefix(de, "Frage;Antwort;Stand\r\n"), ";2026", "")), "x.csv: columns separated by semicolons; without a line of headings: question = the first column, answer = the second"},
	} {
		g := read(t, "x.csv", x.b, Options{})
		same(t, name, outline(g.Articles), want)
		if len(g.Notes) != 1 || g.Notes[0].String() != x.note || len(g.Refused) > 0 {
			t.Errorf("%s: %q %q", name, g.Notes, g.Refused)
		}
	}
	for page, x := range map[*charmap.Charmap][2]string{
		charmap.Windows1250: {"Pytanie;Odpowiedź\nIle trwa dostawa?;Dostawa trwa trzy dni, a za granicę pięć dni roboczych. Łódź i Gdańsk – wszędzie.\n", "pięć dni roboczych. Łódź i Gdańsk"},
		charmap.Windows1254: {"Soru;Cevap\nTeslimat ne kadar sürer?;Teslimat üç iş günü sürer. İstanbul içinde aynı gün, şehir dışında beş gün.\n", "üç iş günü sürer. İstanbul içinde aynı gün, şehir"},
		charmap.Windows1251: {"Вопрос;Ответ\nСколько длится доставка?;Доставка занимает три дня по всей стране.\n", "занимает три дня"},
	} {
		if g := read(t, "x.csv", sourcestest.Encoded(t, page, x[0]), Options{}); !strings.Contains(outline(g.Articles), x[1]) {
			t.Errorf("%v: %s %q", page, outline(g.Articles), g.Notes)
		}
	}
}

func TestColumnsAreFoundByTheirNamesOrByTheirOwners(t *testing.T) {
	t.Parallel()
	export := "id,title,body,html_url,locale,draft,label_names,created_at\n360,Returns,\"<p>Within <b>30 days</b>.</p><h2>How</h2><ul><li>Print it</li></ul>\",https://help.example/360,en-us,false,\"returns,labels\",2026\n361,Secret,<p>x</p>,,en-us,true,,\n"
	g := read(t, "help.csv", []byte(export), Options{})
	a := g.Articles[0]
	if a.Key != "help.csv#360" || a.URL != "https://help.example/360" || a.Language != "en" || !slices.Equal(a.Tags, []string{"returns", "labels"}) {
		t.Errorf("%+v", a)
	}
	same(t, "export", outline(g.Articles), "Returns › \nWithin **30 days**.\n\nReturns › How\n- Print it")
	if len(g.Articles) != 1 || len(g.Skipped) != 1 || g.Skipped[0].String() != "help.csv, line 3: a draft, which is not served" {
		t.Errorf("%q", g.Skipped)
	}
	columns, err := ParseColumns("question = Thema des Falls, answer=Was wir sagen,tags=Art")
	if err != nil {
		t.Fatal(err)
	}
	g = read(t, "x.csv", []byte("Nr,Was wir sagen,Thema des Falls,Art\n1,Drei Tage.,Lieferung,a b\n"), Options{Columns: columns})
	if same(t, "chosen", outline(g.Articles), "Lieferung › \nDrei Tage."); !slices.Equal(g.Articles[0].Tags, []string{"a", "b"}) {
		t.Errorf("%+v", g.Articles)
	}
	g = read(t, "x.csv", []byte("Frage,Antwort\na,b\n"), Options{Columns: columns})
	if len(g.Refused) != 1 || g.Refused[0].String() != `x.csv: no column "Thema des Falls"; its columns are: Frage, Antwort` || len(g.Articles) > 0 {
		t.Errorf("%q", g.Refused)
	}
	for _, bad := range []string{"question", "frage=a", "question="} {
		if _, err := ParseColumns(bad); err == nil || !strings.Contains(err.Error(), "expected PART=COLUMN") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	// A price list has names and descriptions as well: what else it says must not be lost.
	g = read(t, "goods.csv", []byte("Name,Description,Price\nHelmet,Red,40 EUR\nBell,Loud,9 EUR\n"), Options{})
	same(t, "goods", outline(g.Articles), "goods › \n- Name Helmet: Description Red, Price 40 EUR\n- Name Bell: Description Loud, Price 9 EUR")
}

func TestAnExportIsReadWhereverItsArticlesStand(t *testing.T) {
	t.Parallel()
	g := read(t, "export.json", []byte(`{"count": 3, "users": [{"id": 1, "name": "x"}], "articles": {"items": [
		{"id": 1, "title": "Delivery", "body": "<p>Two days.</p>", "user_segment_id": null, "label_names": ["a", "b"], "locale": "de"},
		{"id": 2, "title": "Staff", "body": "<p>Margin</p>", "user_segment_id": 77},
		{"id": 3, "title": "Old", "body": "x", "state": "archived"}, {"name": "By name", "text": "By text"}]}}`), Options{})
	same(t, "json", outline(g.Articles), "Delivery › \nTwo days.\n\nStaff › \nMargin\n\nBy name › \nBy text")
	if g.Articles[0].Language != "de" || !slices.Equal(g.Articles[0].Tags, []string{"a", "b"}) || g.Articles[1].Audience != knowledge.Internal {
		t.Errorf("%+v", g.Articles)
	}
	for text, want := range map[string]string{"{\"a\":\n[1,}": "x.json: line 2: invalid character", `{"a": [1, 2]}`: "x.json: no list of articles in it; expected objects"} {
		if g := read(t, "x.json", []byte(text), Options{}); len(g.Refused) != 1 || !strings.HasPrefix(g.Refused[0].String(), want) {
			t.Errorf("%s: %q", text, g.Refused)
		}
	}
}

func TestAWorkbookIsReadAsItIsShown(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	b := sourcestest.XLSX(t, map[string][][]any{
		"FAQ":    {{"Question", "Answer"}, {"When?", "At nine."}, {"Why?", ""}},
		"Prices": {{"Shipping to", "Price", "Share", "From"}, {"Spain", 7.5, 0.25, day}, {"Portugal", 1200, 1, day}},
		"Secret": {{"Question", "Answer"}, {"Margin?", "40 %"}},
	}, func(f *excelize.File) {
		euros, percent, date := "#,##0.00 €", 9, "yyyy-mm-dd"
		for cells, style := range map[string]*excelize.Style{"B2:B3": {CustomNumFmt: &euros}, "C2:C3": {NumFmt: percent}, "D2:D3": {CustomNumFmt: &date}} {
			id, err := f.NewStyle(style)
			from, to, _ := strings.Cut(cells, ":")
			if err == nil {
				err = f.SetCellStyle("Prices", from, to, id)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := f.SetSheetVisible("Secret", false); err != nil {
			t.Fatal(err)
		}
	})
	g := read(t, "book.xlsx", b, Options{})
	same(t, "book", outline(g.Articles), "When? › \nAt nine.\n\nbook: Prices › \n- Shipping to Spain: Price 7.50 €, Share 25%, From 2026-03-09\n- Shipping to Portugal: Price 1,200.00 €, Share 100%, From 2026-03-09")
	if len(g.Refused) != 1 || g.Refused[0].String() != "book.xlsx, sheet FAQ, row 3: no answer; fill the cell, or remove the row" || len(g.Skipped) != 1 || g.Skipped[0].What != "a hidden sheet" {
		t.Errorf("%q %q", g.Refused, g.Skipped)
	}
}

func TestADocumentOfWordsIsReadAsItIsMeant(t *testing.T) {
	t.Parallel()
	run := func(properties, s string) string {
		return `<w:r><w:rPr>` + properties + `</w:rPr><w:t xml:space="preserve">` + s + `</w:t></w:r>`
	}
	bold := func(s string) string { return `<w:p>` + run("<w:b/>", s) + `</w:p>` }
	g := read(t, "faq-of-the-shop.docx", sourcestest.DOCX(t, "", sourcestest.P("TOC1", "Contents 3")+
		bold("Can I pay by card?")+sourcestest.P("", "Yes.")+
		bold("How do I send it back?")+`<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>`+run("", "By ")+`<w:hyperlink r:id="rId9"><w:r><w:t>the form</w:t></w:r></w:hyperlink>`+run("<w:strike/>", " or by fax")+run("<w:vanish/>", " (margin 40 %)")+
		`<w:ins><w:r><w:t>, within</w:t></w:r></w:ins><w:del><w:r><w:delText> never</w:delText></w:r></w:del><w:r><w:tab/><w:t>30 days</w:t><w:br/><w:t>of delivery.</w:t></w:r></w:p>`+
		bold("Sizes")+`<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc>`+sourcestest.P("", "Size")+`</w:tc><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>`+sourcestest.P("", "Chest")+`</w:tc></w:tr>`+
		`<w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>`+sourcestest.P("", "S")+`</w:tc><w:tc>`+sourcestest.P("", "men 90")+`</w:tc><w:tc>`+sourcestest.P("", "women 84")+`</w:tc></w:tr>`+
		`<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc>`+sourcestest.P("", "boys 80")+`</w:tc><w:tc>`+sourcestest.P("", "girls 78")+`</w:tc></w:tr></w:tbl>`+
		bold("Steps")+sourcestest.Item(2, 0, "Print")+sourcestest.Item(1, 1, "on paper")+sourcestest.Item(2, 0, "Send")), Options{})
	if strings.Contains(outline(read(t, "h.docx", sourcestest.DOCX(t, "", sourcestest.P("Hidden", "A secret")+`<w:p><w:r><w:t>All may read it.</w:t></w:r>`+run(`<w:rStyle w:val="Unseen"/>`, "Another secret")+run(`<w:strike/><w:vanish w:val="0"/>`, "A third secret")+`</w:p>`), Options{}).Articles), "secret") {
		t.Error("what a style hides is read")
	}
	same(t, "docx", outline(g.Articles), `faq of the shop › Can I pay by card?
Yes.

faq of the shop › How do I send it back?
By [the form](https://shop.example/returns), within 30 days  
of delivery.

faq of the shop › Sizes
- Size S: Chest men 90, Chest women 84
- Size S: Chest boys 80, Chest girls 78

faq of the shop › Steps
1. Print
   
   - on paper
2. Send`)
}

func TestABookIsReadByItsChapters(t *testing.T) {
	t.Parallel()
	g := read(t, "guide.epub", sourcestest.EPUB(t, "The guide", "<h1>Delivery</h1><p>Two days.</p>", "<p>Only words here.</p>"), Options{})
	same(t, "epub", outline(g.Articles), "Delivery › \nTwo days.\n\nThe guide › \nOnly words here.")
	if g.Articles[0].Key != "guide.epub/OPS/c1.xhtml" || g.Articles[0].Language != "en" || len(g.Skipped)+len(g.Refused) > 0 {
		t.Errorf("%+v", g)
	}
}

func TestAnArchiveIsReadAsAFolder(t *testing.T) {
	t.Parallel()
	inner := string(sourcestest.Zip(t, map[string]string{"deep.md": "# Deep\n\ndeep down"}))
	g := read(t, "pack.zip", sourcestest.Zip(t, map[string]string{
		"help/a.md": "# A\n\nSee [b](b.md).", "help/b.md": "---\nurl: https://x.example/b\n---\n# B\n\ntext", "help/c.png": "x", "__MACOSX/a.md": "x", "../../evil.md": "# E\n\nstays inside", "inner.zip": inner, "bad.pdf": "%PDF-1.4 x", "old.doc": "x",
	}), Options{})
	var keys []string
	for _, a := range g.Articles {
		keys = append(keys, a.Key)
	}
	slices.Sort(keys)
	if want := []string{"pack.zip/evil.md", "pack.zip/help/a.md", "pack.zip/help/b.md", "pack.zip/inner.zip/deep.md"}; !slices.Equal(keys, want) {
		t.Errorf("%q", keys)
	}
	if !strings.Contains(outline(g.Articles), "See [b](https://x.example/b).") {
		t.Error(outline(g.Articles))
	}
	if len(g.Refused) != 2 || len(g.Skipped) != 1 || !g.Keeps("pack.zip/bad.pdf") || g.Keeps("pack.zip/help/a.md") {
		t.Errorf("%q %q", g.Refused, g.Skipped)
	}
	bomb := strings.Repeat("\x00", 1<<20)
	many := map[string]string{}
	for i := range 230 {
		many[fmt.Sprintf("f%03d.txt", i)] = bomb
	}
	if g := read(t, "bomb.zip", sourcestest.Zip(t, many), Options{}); !strings.Contains(fmt.Sprint(g.Refused), "unpacked it is more than 200 MiB") {
		t.Errorf("%.300q", g.Refused)
	}
}

func TestWhatIsNotWhatItsNameSaysIsToldWhatItIs(t *testing.T) {
	t.Parallel()
	docx := sourcestest.DOCX(t, "", sourcestest.P("", "x"))
	for name, x := range map[string]struct {
		b    []byte
		want string
	}{
		"a.docx": {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...), "protected by a password, or of the years before 2007; save it as .docx without a password"},
		"b.pdf":  {docx, "not a .pdf inside, but a .docx; give it the ending that it is, or save it as .pdf"},
		"c.csv":  {docx, "not a text inside, but a .docx; give it the ending that it is"},
		"d.docx": {[]byte("<html><body>x</body></html>"), "not a .docx inside, but a .html; give it the ending that it is, or save it as .docx"},
		"e.doc":  {[]byte("x"), "files of this kind are not read; save it as .docx or .pdf"},
		"f.txt":  {[]byte(strings.Repeat("\x01\x02\xff\xfe\x80", 90)), "not a text inside, but something that cannot be told; give it the ending that it is"},
		"g.epub": {sourcestest.Zip(t, map[string]string{"x": "y"}), "not a book: it has no META-INF/container.xml"},
		"h.docx": {sourcestest.Zip(t, map[string]string{"word/document.xml": "<w:document><w:body><w:p>"}), "damaged: XML syntax error on line 1: unexpected EOF; open it and save it again"},
		"i.odt":  {sourcestest.Zip(t, map[string]string{"META-INF/manifest.xml": "<encryption-data/>", "content.xml": "x"}), "protected by a password; save it without one"},
		"j.docx": {docx[:len(docx)/2], "damaged: zip: not a valid zip file; open it and save it again"},
	} {
		if g := read(t, name, x.b, Options{}); len(g.Refused) != 1 || g.Refused[0].String() != name+": "+x.want || len(g.Articles) > 0 {
			t.Errorf("%s: %q", name, g.Refused)
		}
	}
}

func TestAPDFIsReadByWhereItsTextStands(t *testing.T) {
	t.Parallel()
	two := sourcestest.PDF(t, func(p *fpdf.Fpdf, tr func(string) string) {
		p.SetHeaderFuncMode(func() {
			p.SetFont("Helvetica", "", 8)
			p.Text(72, 40, "The handbook of the shop")
			p.Text(290, 810, tr(fmt.Sprintf("Seite %d von 3", p.PageNo())))
		}, false)
		for page := range 3 {
			p.AddPage()
			p.SetFont("Times", "", 11)
			for i := range 14 {
				about := strings.Fields("brakes lights wheels")[page]
				p.Text(72, 100+14*float64(i), fmt.Sprintf("Left %s %d has several words that go", about, i))
				p.Text(320, 100+14*float64(i), fmt.Sprintf("Right %s %d has several words as", about, i))
			}
		}
	})
	text := outline(read(t, "columns.pdf", two, Options{}).Articles)
	if strings.Contains(text, "handbook") || strings.Contains(text, "Seite") {
		t.Errorf("a running head is left: %s", text)
	}
	if l, r, next := strings.Index(text, "Left brakes 13"), strings.Index(text, "Right brakes 0"), strings.Index(text, "Left lights 0"); l < 0 || r < l || next < r {
		t.Errorf("not column by column: %s", text)
	}
	words := sourcestest.PDF(t, func(p *fpdf.Fpdf, tr func(string) string) {
		p.AddPage()
		p.SetFont("Times", "", 11)
		for i, s := range []string{"The warranty covers every part of the bicycle for two years, in-", "cluding the battery. It does not cover wear. Please keep your E-Mail-", "Adresse up to date, and write to the work-", "shop."} {
			p.Text(72, 100+14*float64(i), tr(s))
		}
		p.Text(72, 180, "Another paragraph stands below, after a space.")
		p.Text(72, 220, "Parts  .................................. 7")
	})
	same(t, "divided", outline(read(t, "divided.pdf", words, Options{}).Articles), "divided › \nThe warranty covers every part of the bicycle for two years, including the battery. It does not cover wear. Please keep your E-Mail- Adresse up to date, and write to the workshop.\n\nAnother paragraph stands below, after a space.\n\nParts: 7")
	cells := sourcestest.PDF(t, func(p *fpdf.Fpdf, tr func(string) string) {
		p.AddPage()
		p.SetFont("Times", "", 11)
		for i, row := range [][]string{{"Country", "Notes", "Price"}, {"Spain", "by lorry, which takes", "7 EUR"}, {"", "four days", ""}, {"Malta", "by ship", "19 EUR"}} {
			for j, c := range row {
				p.Text(72+150*float64(j), 100+13*float64(i), tr(c))
			}
		}
	})
	same(t, "cells", outline(read(t, "cells.pdf", cells, Options{}).Articles), "cells › \n- Country Spain: Notes: by lorry, which takes four days, Price 7 EUR\n- Country Malta: Notes by ship, Price 19 EUR")
}

func TestAPDFIsReadAsReadersShowIt(t *testing.T) {
	t.Parallel()
	drawn := func(draw func(p *fpdf.Fpdf)) string {
		return outline(read(t, "x.pdf", sourcestest.PDF(t, func(p *fpdf.Fpdf, _ func(string) string) {
			p.AddPage()
			p.SetFont("Times", "", 11)
			draw(p)
		}), Options{}).Articles)
	}
	same(t, "prices", drawn(func(p *fpdf.Fpdf) {
		for i, s := range []string{"What our work costs, with tax.", "Haircut ............ 25", "Colouring ............ 60", "Wash ............ 10", "112"} {
			p.Text(72, 100+30*float64(i), s)
		}
	}), "x › \nWhat our work costs, with tax.\n\nHaircut: 25\n\nColouring: 60\n\nWash: 10\n\n112")
	same(t, "contents", drawn(func(p *fpdf.Fpdf) {
		for i, s := range []string{"Delivery . . . . . . . 1", "Returns . . . . . . . 2", "Payment . . . . . . . 2", "The text begins here."} {
			p.Text(72, 100+30*float64(i), s)
		}
	}), "x › \nThe text begins here.")
	same(t, "turned", drawn(func(p *fpdf.Fpdf) {
		p.Text(72, 100, "This line is read as it stands.")
		for _, angle := range []float64{90, 45} {
			p.TransformBegin()
			p.TransformRotate(angle, 300, 400)
			p.Text(100, 300, "This one stands upright.")
			p.TransformEnd()
		}
	}), "x › \nThis line is read as it stands.\n\nThis one stands upright.")
	same(t, "unseen", drawn(func(p *fpdf.Fpdf) {
		p.Text(72, 100, "Everybody sees this line.")
		p.Text(72, 1500, "It stands beside the page.")
		layer := p.AddLayer("Internal", false)
		p.BeginLayer(layer)
		p.Text(72, 130, "It stands on a layer that is not shown.")
		p.EndLayer()
	}), "x › \nEverybody sees this line.")
}

func TestAPDFThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	scan := sourcestest.PDF(t, func(p *fpdf.Fpdf, _ func(string) string) {
		p.AddPage()
		p.RegisterImageOptionsReader("page", fpdf.ImageOptions{ImageType: "png"}, strings.NewReader(picture))
		p.ImageOptions("page", 0, 0, 500, 700, false, fpdf.ImageOptions{ImageType: "png"}, 0, "")
	})
	locked := sourcestest.PDF(t, func(p *fpdf.Fpdf, _ func(string) string) {
		p.SetProtection(0, "open", "own")
		p.AddPage()
		p.SetFont("Times", "", 11)
		p.Text(72, 100, "Secret")
	})
	for name, x := range map[string]struct {
		b    []byte
		want string
	}{
		"scan.pdf":   {scan, "a scan: pictures of pages without a text layer; run it through text recognition first, such as ocrmypdf"},
		"locked.pdf": {locked, "protected by a password; save it without one"},
		"bad.pdf":    {[]byte("%PDF-1.7\nnothing more"), "damaged: "},
	} {
		if g := read(t, name, x.b, Options{}); len(g.Refused) != 1 || !strings.HasPrefix(g.Refused[0].String(), name+": "+x.want) {
			t.Errorf("%s: %q %+v", name, g.Refused, g.Articles)
		}
	}
	// One that is only protected against printing is read.
	open := sourcestest.PDF(t, func(p *fpdf.Fpdf, _ func(string) string) {
		p.SetProtection(0, "", "own")
		p.AddPage()
		p.SetFont("Times", "", 11)
		p.Text(72, 100, "All may read this line.")
	})
	same(t, "open", outline(read(t, "open.pdf", open, Options{}).Articles), "open › \nAll may read this line.")
}

// picture is a PNG of one white point.
const picture = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\b\x00\x00\x00\x00:~\x9bU\x00\x00\x00\nIDATx\x9cc\xf8\x0f\x00\x01\x01\x01\x00\x1b\xb6\xeeV\x00\x00\x00\x00IEND\xaeB`\x82"

// TestALongPDFIsReadInTime has the bar: 300 pages in 5 s, which are 25 times as long under the race detector, and 150 MiB.
func TestALongPDFIsReadInTime(t *testing.T) {
	sentence := "Parcels leave our warehouse on the day you order, and the driver rings twice before they leave a card with the address of the shop that keeps it. "
	b := sourcestest.PDF(t, func(p *fpdf.Fpdf, tr func(string) string) {
		for page := range 300 {
			p.AddPage()
			p.SetFont("Helvetica", "B", 16)
			p.MultiCell(0, 22, tr(fmt.Sprintf("Chapter %d", page+1)), "", "L", false)
			p.SetFont("Times", "", 11)
			p.MultiCell(0, 13, tr(strings.Repeat(sentence, 22)), "", "L", false)
		}
	})
	runtime.GC()
	var before, m runtime.MemStats
	runtime.ReadMemStats(&before)
	most, done, watched := uint64(0), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc-min(m.HeapAlloc, before.HeapAlloc))
			}
		}
	}()
	began := time.Now()
	g := read(t, "long.pdf", b, Options{})
	took := time.Since(began)
	close(done)
	<-watched
	t.Logf("%d pages, %d KiB in %v, %d MiB at most", 300, len(b)>>10, took, most>>20)
	if len(g.Articles) != 1 || len(g.Articles[0].Sections) < 250 {
		t.Fatalf("%q, %d sections", g.Refused, len(g.Articles[0].Sections))
	}
	if took > 25*time.Second || most > 150<<20 {
		t.Errorf("%v, %d MiB", took, most>>20)
	}
}
