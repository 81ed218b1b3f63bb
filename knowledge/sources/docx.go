package sources

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"path"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/deskbell/deskbell/knowledge"
)

// The parts of a document of Word's that tell how its paragraphs look.
type (
	wordStyles struct {
		Styles []struct {
			Type string `xml:"type,attr"`
			ID   string `xml:"styleId,attr"`
			Name struct {
				Value string `xml:"val,attr"`
			} `xml:"name"`
			Based struct {
				Value string `xml:"val,attr"`
			} `xml:"basedOn"`
			Outline *struct {
				Value int `xml:"val,attr"`
			} `xml:"pPr>outlineLvl"`
			Number *struct {
				Value string `xml:"val,attr"`
			} `xml:"pPr>numPr>numId"`
			Bold   *wordSwitch `xml:"rPr>b"`
			Hidden *wordSwitch `xml:"rPr>vanish"`
		} `xml:"style"`
	}
	wordSwitch struct {
		Value string `xml:"val,attr"`
	}
	wordNumbers struct {
		Abstract []struct {
			ID     string `xml:"abstractNumId,attr"`
			Levels []struct {
				Level  int `xml:"ilvl,attr"`
				Format struct {
					Value string `xml:"val,attr"`
				} `xml:"numFmt"`
			} `xml:"lvl"`
		} `xml:"abstractNum"`
		Numbers []struct {
			ID       string `xml:"numId,attr"`
			Abstract struct {
				Value string `xml:"val,attr"`
			} `xml:"abstractNumId"`
		} `xml:"num"`
	}
	relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
			Mode   string `xml:"TargetMode,attr"`
			Type   string `xml:"Type,attr"`
		} `xml:"Relationship"`
	}
)

func (s *wordSwitch) on() bool {
	return s != nil && s.Value != "0" && s.Value != "false" && s.Value != "none"
}

// wordStyle is what a style makes of a paragraph.
type wordStyle struct {
	level       int
	title, bold bool
	hidden      bool
	contents    bool // a line of the table of contents
	number      string
}

// word reads a document of Word's.
type word struct {
	*office
	d       *xml.Decoder
	styles  map[string]wordStyle
	ordered map[string]map[int]bool // by number and level
	links   map[string]string
}

func readDOCX(key string, b []byte) (a knowledge.Article, err error) {
	p, err := unpack(b)
	if err != nil {
		return a, err
	}
	main := "word/document.xml"
	var top relations
	if _, err := p.decode("_rels/.rels", &top); err != nil {
		return a, err
	}
	for _, r := range top.All {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			main = strings.TrimPrefix(r.Target, "/")
		}
	}
	text, err := p.part(main)
	if err != nil {
		return a, err
	}
	if text == nil {
		return a, refusal{"not a document of Word's: it has no " + main, "open it and save it again as .docx"}
	}
	w := &word{office: newOffice(), d: xml.NewDecoder(bytes.NewReader(text)), styles: map[string]wordStyle{}, ordered: map[string]map[int]bool{}, links: map[string]string{}}
	if err := w.looks(p, path.Dir(main), path.Base(main)); err != nil {
		return a, err
	}
	if err := w.blocks(""); err != nil {
		return a, refusal{"damaged: " + err.Error(), "open it and save it again"}
	}
	var core struct {
		Title    string `xml:"title"`
		Language string `xml:"language"`
	}
	_, _ = p.decode("docProps/core.xml", &core)
	called := spaced(core.Title)
	if called == "" || strings.HasPrefix(called, "Microsoft Word") {
		called = titleOf(key)
	}
	return w.article(called)
}

// looks reads what the other parts say.
func (w *word) looks(p *packed, dir, main string) error {
	var styles wordStyles
	if _, err := p.decode(dir+"/styles.xml", &styles); err != nil {
		return err
	}
	based := map[string]string{}
	for _, s := range styles.Styles {
		x := wordStyle{bold: s.Bold.on(), hidden: s.Hidden.on()}
		name := strings.ToLower(s.Name.Value)
		if n, is := strings.CutPrefix(name, "heading "); is {
			x.level, _ = strconv.Atoi(n)
		} else if s.Outline != nil && s.Outline.Value < 6 {
			x.level = s.Outline.Value + 1
		}
		x.title, x.contents = name == "title", strings.HasPrefix(name, "toc ")
		if s.Number != nil {
			x.number = s.Number.Value
		}
		w.styles[s.ID], based[s.ID] = x, s.Based.Value
	}
	for id, x := range w.styles { // what a style does not say, the one says that it is based on
		for up, n := based[id], 0; up != "" && n < 20; up, n = based[up], n+1 {
			y := w.styles[up]
			if x.level == 0 && !x.title {
				x.level, x.title = y.level, y.title
			}
			if x.number == "" {
				x.number = y.number
			}
			x.bold, x.contents, x.hidden = x.bold || y.bold, x.contents || y.contents, x.hidden || y.hidden
		}
		w.styles[id] = x
	}
	var numbers wordNumbers
	if _, err := p.decode(dir+"/numbering.xml", &numbers); err != nil {
		return err
	}
	abstract := map[string]map[int]bool{}
	for _, a := range numbers.Abstract {
		abstract[a.ID] = map[int]bool{}
		for _, l := range a.Levels {
			abstract[a.ID][l.Level] = l.Format.Value != "bullet" && l.Format.Value != "none"
		}
	}
	for _, n := range numbers.Numbers {
		w.ordered[n.ID] = abstract[n.Abstract.Value]
	}
	var rels relations
	if _, err := p.decode(dir+"/_rels/"+main+".rels", &rels); err != nil {
		return err
	}
	for _, r := range rels.All {
		if r.Mode == "External" {
			w.links[r.ID] = r.Target
		}
	}
	return nil
}

func value(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// blocks reads paragraphs and tables up to the end of an element.
func (w *word) blocks(until string) error {
	return w.each(w.d, until, func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "p":
			err = w.paragraph()
		case "tbl":
			end := w.open(wrapped(atom.Table))
			err = w.blocks("tbl")
			end()
		case "tr":
			end := w.open(wrapped(atom.Tr))
			err = w.row()
			end()
		case "sdtPr", "sectPr", "tblPr", "tblGrid", "del", "moveFrom", "Fallback":
			err = w.d.Skip()
		}
		return err
	})
}

// row reads a table's row up to its end.
func (w *word) row() error {
	tr := w.into[len(w.into)-1]
	head := false
	return w.each(w.d, "tr", func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "tblHeader":
			head = value(e, "val") != "0" && value(e, "val") != "false"
		case "del": // the row is deleted, while changes are tracked
			if tr.Parent != nil {
				tr.Parent.RemoveChild(tr)
			}
		case "tc":
			kind := atom.Td
			if head {
				kind = atom.Th
			}
			td := wrapped(kind)
			end := w.open(td)
			err = w.cell(td)
			end()
		}
		return err
	})
}

// cell reads a table's cell up to its end.
func (w *word) cell(td *html.Node) error {
	return w.each(w.d, "tc", func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "gridSpan":
			td.Attr = append(td.Attr, html.Attribute{Key: "colspan", Val: value(e, "val")})
		case "vMerge":
			if value(e, "val") != "restart" { // what the cell above holds, holds here
				td.Attr = append(td.Attr, html.Attribute{Key: "merged", Val: "true"})
			}
		case "p":
			err = w.paragraph()
		case "tbl":
			end := w.open(wrapped(atom.Table))
			err = w.blocks("tbl")
			end()
		}
		return err
	})
}

// paragraph reads one up to its end.
func (w *word) paragraph() error {
	p := paragraph{node: wrapped(atom.P)}
	var style wordStyle
	level, number := 0, ""
	bold, plainRuns := false, false
	err := w.inline("p", p.node, func(e xml.StartElement) {
		switch e.Name.Local {
		case "pStyle":
			style = w.styles[value(e, "val")]
		case "ilvl":
			level, _ = strconv.Atoi(value(e, "val"))
		case "numId":
			number = value(e, "val")
		case "outlineLvl":
			if n, err := strconv.Atoi(value(e, "val")); err == nil && n < 6 {
				p.level = n + 1
			}
		}
	}, &bold, &plainRuns)
	if err != nil {
		return err
	}
	if style.contents || style.hidden {
		return nil
	}
	if p.level == 0 {
		p.level = style.level
	}
	p.title = style.title
	if number == "" {
		number = style.number
	}
	if p.level == 0 && number != "" && number != "0" {
		p.list, p.ordered = min(level+1, 9), w.ordered[number][level]
	}
	p.bold = style.bold && p.level == 0 || bold && !plainRuns
	w.add(p)
	return nil
}

// inline reads runs up to the end of an element; properties hears what the paragraph says of itself. bold and other become whether some text is in bold,
// and whether some is not.
func (w *word) inline(until string, into *html.Node, properties func(xml.StartElement), bold, other *bool) error {
	out, err := w.deeper()
	if err != nil {
		return err
	}
	defer out()
	var heavy, hidden bool // of the run
	add := func(s string) {
		if s == "" || hidden {
			return
		}
		if strings.TrimSpace(s) != "" {
			if heavy {
				*bold = true
			} else {
				*other = true
			}
		}
		if last := into.LastChild; last != nil && last.Type == html.TextNode {
			last.Data += s
			return
		}
		into.AppendChild(text(s))
	}
	for {
		t, err := w.d.Token()
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.EndElement:
			if e.Name.Local == until {
				return nil
			}
		case xml.StartElement:
			switch e.Name.Local {
			case "t":
				var s string
				if err = w.d.DecodeElement(&s, &e); err == nil {
					add(s)
				}
			case "tab":
				add(" ")
			case "br", "cr":
				if !hidden {
					into.AppendChild(wrapped(atom.Br))
				}
			case "noBreakHyphen":
				add("-")
			case "b":
				heavy = value(e, "val") != "0" && value(e, "val") != "false"
			case "strike", "dstrike":
				hidden = hidden || value(e, "val") != "0" && value(e, "val") != "false" // its author took it back
			case "vanish":
				hidden = hidden || value(e, "val") != "0" && value(e, "val") != "false"
			case "hyperlink":
				a := wrapped(atom.A)
				if to := w.links[value(e, "id")]; to != "" {
					if _, err := url.Parse(to); err == nil {
						a.Attr = []html.Attribute{{Key: "href", Val: to}}
					}
				}
				into.AppendChild(a)
				err = w.inline("hyperlink", a, properties, bold, other)
			case "txbxContent": // a box beside the text: its paragraphs come before this one
				err = w.blocks("txbxContent")
			case "del", "moveFrom", "instrText", "Fallback", "delText", "rPrChange", "pPrChange", "object", "sectPr":
				err = w.d.Skip()
			case "r":
				heavy, hidden = false, false // what was said before is of the mark at the paragraph's end
			case "rStyle":
				style := w.styles[value(e, "val")]
				heavy, hidden = heavy || style.bold, hidden || style.hidden
			default:
				properties(e)
			}
		}
		if err != nil {
			return err
		}
	}
}
