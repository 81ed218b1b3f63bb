package sources

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/deskbell/deskbell/knowledge"
)

// odtStyles are the styles of an OpenDocument text, of both its parts that have some.
type odtStyles struct {
	All []struct {
		Name    string `xml:"name,attr"`
		Display string `xml:"display-name,attr"`
		Parent  string `xml:"parent-style-name,attr"`
		Text    struct {
			Weight  string `xml:"font-weight,attr"`
			Display string `xml:"display,attr"`
			Struck  string `xml:"text-line-through-style,attr"`
		} `xml:"text-properties"`
	} `xml:"style"`
	Lists []struct {
		Name    string `xml:"name,attr"`
		Numbers []struct {
			Level  int    `xml:"level,attr"`
			Format string `xml:"num-format,attr"`
		} `xml:"list-level-style-number"`
	} `xml:"list-style"`
}

type odtStyle struct {
	parent              string
	bold, hidden, title bool
}

// odt reads an OpenDocument text.
type odt struct {
	*office
	d       *xml.Decoder
	styles  map[string]odtStyle
	ordered map[string]map[int]bool // by the list's style and level
}

func readODT(key string, b []byte) (a knowledge.Article, err error) {
	p, err := unpack(b)
	if err != nil {
		return a, err
	}
	content, err := p.part("content.xml")
	if err != nil {
		return a, err
	}
	if content == nil {
		return a, refusal{"not an OpenDocument text: it has no content.xml", "open it and save it again as .odt"}
	}
	if manifest, _ := p.part("META-INF/manifest.xml"); bytes.Contains(manifest, []byte("encryption-data")) {
		return a, refusal{"protected by a password", "save it without one"}
	}
	o := &odt{office: newOffice(), d: xml.NewDecoder(bytes.NewReader(content)), styles: map[string]odtStyle{}, ordered: map[string]map[int]bool{}}
	var parts [2]struct {
		Common    odtStyles `xml:"styles"`
		Automatic odtStyles `xml:"automatic-styles"`
	}
	for i, name := range []string{"styles.xml", "content.xml"} {
		if _, err := p.decode(name, &parts[i]); err != nil {
			return a, err
		}
		o.looks(parts[i].Common)
		o.looks(parts[i].Automatic)
	}
	if err := o.blocks("", 0, ""); err != nil {
		return a, refusal{"damaged: " + err.Error(), "open it and save it again"}
	}
	var meta struct {
		Title string `xml:"meta>title"`
	}
	_, _ = p.decode("meta.xml", &meta)
	called := spaced(meta.Title)
	if called == "" {
		called = titleOf(key)
	}
	return o.article(called)
}

func (o *odt) looks(s odtStyles) {
	for _, x := range s.All {
		o.styles[x.Name] = odtStyle{parent: x.Parent, bold: x.Text.Weight == "bold" || x.Text.Weight >= "600" && len(x.Text.Weight) == 3 && x.Text.Weight < "a", hidden: x.Text.Display == "none" || x.Text.Struck != "" && x.Text.Struck != "none", title: x.Name == "Title" || x.Display == "Title"}
	}
	for _, l := range s.Lists {
		o.ordered[l.Name] = map[int]bool{}
		for _, n := range l.Numbers {
			o.ordered[l.Name][n.Level] = n.Format != ""
		}
	}
}

// style is what a style and those that it is based on say.
func (o *odt) style(name string) (s odtStyle) {
	for n := 0; name != "" && n < 20; n++ {
		x := o.styles[name]
		s.title = s.title || name == "Title"
		s.bold, s.hidden, s.title = s.bold || x.bold, s.hidden || x.hidden, s.title || x.title
		name = x.parent
	}
	return s
}

// blocks reads up to the end of an element; list is how deep in lists it stands, of the style that they have.
func (o *odt) blocks(until string, list int, listStyle string) error {
	return o.each(o.d, until, func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "h", "p":
			err = o.paragraph(e, list, listStyle)
		case "list":
			style := value(e, "style-name")
			if style == "" {
				style = listStyle
			}
			err = o.blocks("list", list+1, style)
		case "table":
			err = o.within(wrapped(atom.Table), "table")
		case "table-header-rows":
			err = o.within(wrapped(atom.Thead), "table-header-rows")
		case "table-row":
			err = o.within(wrapped(atom.Tr), "table-row")
		case "covered-table-cell":
			err = o.d.Skip()
		case "table-cell":
			kind := atom.Td
			if o.into[len(o.into)-2].DataAtom == atom.Thead {
				kind = atom.Th
			}
			td := wrapped(kind)
			for name, key := range map[string]string{"number-columns-spanned": "colspan", "number-rows-spanned": "rowspan"} {
				if v := value(e, name); v != "" {
					td.Attr = append(td.Attr, html.Attribute{Key: key, Val: v})
				}
			}
			err = o.within(td, "table-cell")
		case "section":
			if value(e, "display") == "none" {
				err = o.d.Skip()
			}
		case "tracked-changes", "table-of-content", "alphabetical-index", "illustration-index", "sequence-decls", "forms", "annotation", "styles", "automatic-styles", "font-face-decls", "scripts":
			err = o.d.Skip()
		}
		return err
	})
}

func (o *odt) within(n *html.Node, until string) error {
	end := o.open(n)
	defer end()
	return o.blocks(until, 0, "")
}

func (o *odt) paragraph(e xml.StartElement, list int, listStyle string) error {
	style := o.style(value(e, "style-name"))
	p := paragraph{node: wrapped(atom.P), title: style.title}
	if e.Name.Local == "h" {
		p.level, _ = strconv.Atoi(value(e, "outline-level"))
		p.level = max(p.level, 1)
	} else if list > 0 {
		p.list, p.ordered = min(list, 9), o.ordered[listStyle][list]
	}
	var bold, other bool
	if err := o.inline(e.Name.Local, p.node, style, &bold, &other); err != nil {
		return err
	}
	p.bold = bold && !other
	if !style.hidden {
		o.add(p)
	}
	return nil
}

// inline reads text up to the end of an element; bold and other become whether some of it is in bold, and whether some is not.
func (o *odt) inline(until string, into *html.Node, style odtStyle, bold, other *bool) error {
	out, err := o.deeper()
	if err != nil {
		return err
	}
	defer out()
	within := 0
	add := func(s string) {
		if style.hidden {
			return
		}
		if strings.TrimSpace(s) != "" {
			*bold, *other = *bold || style.bold, *other || !style.bold
		}
		into.AppendChild(text(s))
	}
	for {
		t, err := o.d.Token()
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.CharData:
			add(string(e))
		case xml.EndElement:
			if e.Name.Local == until {
				if within == 0 {
					return nil
				}
				within--
				add(" ")
			}
		case xml.StartElement:
			if e.Name.Local == until { // of a shape that stands in it
				within++
			}
			switch e.Name.Local {
			case "s", "tab":
				add(" ")
				err = o.d.Skip()
			case "line-break":
				into.AppendChild(wrapped(atom.Br))
				err = o.d.Skip()
			case "span":
				if until == "span" {
					within--
				}
				inner := o.style(value(e, "style-name"))
				inner.bold, inner.hidden = inner.bold || style.bold, inner.hidden || style.hidden
				err = o.inline("span", into, inner, bold, other)
			case "a":
				if until == "a" {
					within--
				}
				a := wrapped(atom.A)
				a.Attr = []html.Attribute{{Key: "href", Val: value(e, "href")}}
				into.AppendChild(a)
				err = o.inline("a", a, style, bold, other)
			case "text-box": // beside the text: its paragraphs come before this one
				err = o.blocks("text-box", 0, "")
			case "frame", "bookmark", "bookmark-start", "bookmark-end", "soft-page-break":
			case "note", "annotation", "hidden-text", "change", "change-start", "change-end", "desc", "title", "image", "object":
				err = o.d.Skip()
			}
		}
		if err != nil {
			return err
		}
	}
}
