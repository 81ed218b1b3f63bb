// Package sourcestest writes files as offices have them, of every kind that knowledge/sources reads, and broken ones.
package sourcestest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/go-pdf/fpdf"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// Folder is a new folder with these files, by their paths.
func Folder(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Zip packs files, in the order of their names.
func Zip(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// DOCX is a document of Word's with this body, in its own markup. It has the styles Title, Heading1, Heading2, Strong, Hidden and Unseen, the list 1 with bullets and the
// list 2 with numbers, and the link rId9.
func DOCX(t testing.TB, title, body string) []byte {
	t.Helper()
	style := func(kind, id, name, more string) string {
		return fmt.Sprintf(`<w:style w:type="%s" w:styleId="%s"><w:name w:val="%s"/>%s</w:style>`, kind, id, name, more)
	}
	const ns = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"`
	const rels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	const kind = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	return Zip(t, map[string]string{
		"[Content_Types].xml":          `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":                  rels + `<Relationship Id="rId1" Type="` + kind + `officeDocument" Target="word/document.xml"/></Relationships>`,
		"docProps/core.xml":            `<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + title + `</dc:title></cp:coreProperties>`,
		"word/_rels/document.xml.rels": rels + `<Relationship Id="rId9" Type="` + kind + `hyperlink" Target="https://shop.example/returns" TargetMode="External"/></Relationships>`,
		"word/styles.xml": `<w:styles ` + ns + `>` + style("paragraph", "Title", "Title", "") + style("paragraph", "Heading1", "heading 1", "") + style("paragraph", "Heading2", "heading 2", `<w:basedOn w:val="Heading1"/>`) +
			style("paragraph", "Mine", "My heading", `<w:basedOn w:val="Heading2"/>`) + style("paragraph", "TOC1", "toc 1", "") + style("character", "Strong", "Strong", `<w:rPr><w:b/></w:rPr>`) +
			style("paragraph", "Hidden", "Hidden", `<w:rPr><w:vanish/></w:rPr>`) + style("character", "Unseen", "Unseen", `<w:rPr><w:vanish/></w:rPr>`) + `</w:styles>`,
		"word/numbering.xml": `<w:numbering ` + ns + `><w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>` +
			`<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num></w:numbering>`,
		"word/document.xml": `<w:document ` + ns + `><w:body>` + body + `<w:sectPr/></w:body></w:document>`,
	})
}

// P is a paragraph of Word's in a style ("": none).
func P(style, text string) string {
	if style != "" {
		style = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return `<w:p>` + style + `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

// Item is a paragraph of Word's in a list.
func Item(list, level int, text string) string {
	return fmt.Sprintf(`<w:p><w:pPr><w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr></w:pPr><w:r><w:t>%s</w:t></w:r></w:p>`, level, list, text)
}

// Table is a table of Word's.
func Table(rows ...[]string) string {
	var b strings.Builder
	b.WriteString("<w:tbl><w:tblPr/>")
	for _, row := range rows {
		b.WriteString("<w:tr>")
		for _, c := range row {
			b.WriteString("<w:tc><w:tcPr/>" + P("", c) + "</w:tc>")
		}
		b.WriteString("</w:tr>")
	}
	return b.String() + "</w:tbl>"
}

// ODT is an OpenDocument text with this body, in its own markup. It has the styles Title, P1 (in bold) and P2 (hidden), and the list styles L1 (bullets) and
// L2 (numbers).
func ODT(t testing.TB, title, body string) []byte {
	t.Helper()
	const ns = `xmlns:office="urn:o" xmlns:style="urn:s" xmlns:text="urn:t" xmlns:table="urn:tb" xmlns:fo="urn:f" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:meta="urn:m" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:draw="urn:d"`
	return Zip(t, map[string]string{
		"mimetype":   "application/vnd.oasis.opendocument.text",
		"meta.xml":   `<office:document-meta ` + ns + `><office:meta><dc:title>` + title + `</dc:title></office:meta></office:document-meta>`,
		"styles.xml": `<office:document-styles ` + ns + `><office:styles><style:style style:name="Title" style:family="paragraph"/></office:styles></office:document-styles>`,
		"content.xml": `<office:document-content ` + ns + `><office:automatic-styles><style:style style:name="P1" style:family="paragraph"><style:text-properties fo:font-weight="bold"/></style:style>` +
			`<style:style style:name="P2" style:family="paragraph"><style:text-properties text:display="none"/></style:style><style:style style:name="P3" style:family="paragraph" style:parent-style-name="Title"/>` +
			`<text:list-style style:name="L1"><text:list-level-style-bullet text:level="1"/></text:list-style><text:list-style style:name="L2"><text:list-level-style-number text:level="1" style:num-format="1"/></text:list-style>` +
			`</office:automatic-styles><office:body><office:text>` + body + `</office:text></office:body></office:document-content>`,
	})
}

// EPUB is a book with these chapters, in the order given.
func EPUB(t testing.TB, title string, chapters ...string) []byte {
	t.Helper()
	files := map[string]string{
		"mimetype":               "application/epub+zip",
		"META-INF/container.xml": `<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>`,
		"OPS/nav.xhtml":          `<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol><li><a href="c1.xhtml">One</a></li></ol></nav></body></html>`,
		"OPS/cover.xhtml":        `<html xmlns="http://www.w3.org/1999/xhtml"><body><img src="cover.png"/></body></html>`,
	}
	manifest, spine := `<item id="nav" href="nav.xhtml" properties="nav"/><item id="cover" href="cover.xhtml"/>`, `<itemref idref="nav"/><itemref idref="cover"/>`
	for i, c := range chapters {
		name := fmt.Sprintf("c%d", i+1)
		files["OPS/"+name+".xhtml"] = `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>` + name + `</title></head><body>` + c + `</body></html>`
		manifest += fmt.Sprintf(`<item id="%s" href="%s.xhtml"/>`, name, name)
		spine += fmt.Sprintf(`<itemref idref="%s"/>`, name)
	}
	files["OPS/book.opf"] = `<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + title + `</dc:title><dc:language>en</dc:language></metadata><manifest>` + manifest + `</manifest><spine>` + spine + `</spine></package>`
	return Zip(t, files)
}

// XLSX is a workbook with these sheets.
func XLSX(t testing.TB, sheets map[string][][]any, more func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for i, name := range slices.Sorted(maps.Keys(sheets)) {
		if i == 0 {
			if err := f.SetSheetName("Sheet1", name); err != nil {
				t.Fatal(err)
			}
		} else if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for r, row := range sheets[name] {
			at, err := excelize.CoordinatesToCellName(1, r+1)
			if err == nil {
				err = f.SetSheetRow(name, at, &row)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if more != nil {
		more(f)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// PDF is a document that draw draws, in Latin letters and fonts that every reader has.
func PDF(t testing.TB, draw func(p *fpdf.Fpdf, tr func(string) string)) []byte {
	t.Helper()
	p := fpdf.New("P", "pt", "A4", "")
	p.SetMargins(72, 72, 72)
	p.SetAutoPageBreak(true, 72)
	draw(p, p.UnicodeTranslatorFromDescriptor(""))
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// UTF16 is a text as some spreadsheets save it, with a mark of its order or without.
func UTF16(s string, marked bool) []byte {
	var b []byte
	if marked {
		s = "\ufeff" + s
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// Encoded is a text in a code page.
func Encoded(t testing.TB, page *charmap.Charmap, s string) []byte {
	t.Helper()
	b, err := page.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(b)
}

// The document that each kind of office has: headings, a table, both kinds of lists.
const (
	Title  = "Shipping and returns"
	Words  = "We ship to most of Europe. Parcels leave our warehouse on the day you order, Monday to Friday."
	Return = "You can return everything within 30 days: office, flat, efficient, Größe, niño, naïve."
)

// Markdown is the document as a person would write it.
func Markdown() string {
	return "---\ntitle: " + Title + "\n---\n\n# Shipping\n\n" + Words + "\n\n## Prices\n\n| Shipping to | Time | Price |\n|---|---|---|\n| Spain | 4 days | 7 EUR |\n| Portugal | 5 days | 8,50 EUR |\n\n## What you need\n\n- an address\n- patience\n\n1. First do this\n2. Then do that\n\n# Returns\n\n" + Return + "\n"
}

// Written is the same document in every format.
func Written(t testing.TB) map[string][]byte {
	t.Helper()
	rows := [][]string{{"Shipping to", "Time", "Price"}, {"Spain", "4 days", "7 EUR"}, {"Portugal", "5 days", "8,50 EUR"}}
	return map[string][]byte{
		"shipping.md": []byte(Markdown()),
		"shipping.docx": DOCX(t, "Old name", P("Title", Title)+P("Heading1", "Shipping")+P("", Words)+P("Mine", "Prices")+Table(rows...)+P("Heading2", "What you need")+
			Item(1, 0, "an address")+Item(1, 0, "patience")+Item(2, 0, "First do this")+Item(2, 0, "Then do that")+P("Heading1", "Returns")+P("", Return)),
		"shipping.odt": ODT(t, "Old name", `<text:p text:style-name="P3">`+Title+`</text:p><text:h text:outline-level="1">Shipping</text:h><text:p>`+Words+`</text:p><text:h text:outline-level="2">Prices</text:h>`+odtTable(rows)+
			`<text:h text:outline-level="2">What you need</text:h><text:list text:style-name="L1"><text:list-item><text:p>an address</text:p></text:list-item><text:list-item><text:p>patience</text:p></text:list-item></text:list>`+
			`<text:list text:style-name="L2"><text:list-item><text:p>First do this</text:p></text:list-item><text:list-item><text:p>Then do that</text:p></text:list-item></text:list><text:h text:outline-level="1">Returns</text:h><text:p>`+Return+`</text:p>`),
		"shipping.pdf": PDF(t, func(p *fpdf.Fpdf, tr func(string) string) { draw(p, tr, rows) }),
	}
}

func odtTable(rows [][]string) string {
	var b strings.Builder
	b.WriteString("<table:table>")
	for _, row := range rows {
		b.WriteString("<table:table-row>")
		for _, c := range row {
			b.WriteString("<table:table-cell><text:p>" + c + "</text:p></table:table-cell>")
		}
		b.WriteString("</table:table-row>")
	}
	return b.String() + "</table:table>"
}

func draw(p *fpdf.Fpdf, tr func(string) string, rows [][]string) {
	head := func(size float64, s string) {
		p.Ln(size / 2)
		p.SetFont("Helvetica", "B", size)
		p.MultiCell(0, size*1.3, tr(s), "", "L", false)
		p.Ln(4)
		p.SetFont("Times", "", 11)
	}
	p.SetTitle(Title, true)
	p.AddPage()
	head(20, Title)
	head(16, "Shipping")
	p.MultiCell(0, 14, tr(Words), "", "L", false)
	head(13, "Prices")
	for _, row := range rows {
		for _, c := range row {
			p.CellFormat(130, 16, tr(c), "", 0, "L", false, 0, "")
		}
		p.Ln(16)
	}
	head(13, "What you need")
	for _, s := range []string{"• an address", "• patience", "1. First do this", "2. Then do that"} {
		p.MultiCell(0, 14, tr(s), "", "L", false)
	}
	head(16, "Returns")
	p.MultiCell(0, 14, tr(Return), "", "L", false)
}
