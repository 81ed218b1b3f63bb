package sources

import (
	"math"
	"strings"
	"unicode"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A PDF that says of itself what is a heading, an item or a cell ("tagged", as Word and browsers write it) is read by that.

// tagged are the kinds of a document's parts, as HTML has them.
var tagged = map[string]atom.Atom{
	"P": atom.P, "H": atom.H2, "H1": atom.H1, "H2": atom.H2, "H3": atom.H3, "H4": atom.H4, "H5": atom.H5, "H6": atom.H6, "Title": atom.H1, "L": atom.Ul, "LI": atom.Li, "Table": atom.Table, "TR": atom.Tr, "TH": atom.Th, "TD": atom.Td,
	"THead": atom.Thead, "TBody": atom.Tbody, "TFoot": atom.Tfoot, "BlockQuote": atom.Blockquote, "Caption": atom.P, "Document": atom.Div, "Part": atom.Div, "Sect": atom.Div, "Div": atom.Div, "Art": atom.Div,
}

// fewestTagged is how much of a document's text must belong to such parts.
const fewestTagged = 0.8

// tree reads the parts that a document says it has.
type tree struct {
	p     *printer
	roles types.Dict
	said  map[[2]int][]run // by page and mark
	last  run
	chars int
	steps int
}

// mostSteps is how many parts are looked at; a tree that is drawn in a circle has no end.
const mostSteps = 1 << 20

// tags is a document as it says it is; nil when it does not say.
func (p *printer) tags() *html.Node {
	root, err := p.doc.DereferenceDict(p.catalog()["StructTreeRoot"])
	if err != nil || root == nil || len(p.said) == 0 {
		return nil
	}
	t := &tree{p: p, said: p.said}
	t.roles, _ = p.doc.DereferenceDict(root["RoleMap"])
	node := wrapped(atom.Div)
	t.kids(root["K"], node, 0, 0)
	all := 0
	for _, runs := range p.said {
		for _, r := range runs {
			all += len(strings.TrimSpace(r.text))
		}
	}
	if float64(t.chars) < fewestTagged*float64(all+p.untagged) {
		return nil
	}
	return node
}

func (p *printer) catalog() types.Dict {
	d, err := p.doc.Catalog()
	if err != nil {
		return nil
	}
	return d
}

// kids reads what is below a part: on which page, unless it says otherwise.
func (t *tree) kids(o types.Object, into *html.Node, page, deep int) {
	if t.steps++; t.steps > mostSteps || deep > 60 {
		return
	}
	if ref, is := o.(types.IndirectRef); is {
		o, _ = t.p.doc.Dereference(ref)
	}
	switch o := o.(type) {
	case types.Integer:
		t.text(into, page, o.Value())
	case types.Array:
		for _, x := range o {
			t.kids(x, into, page, deep+1)
		}
	case types.Dict:
		if ref := o.IndirectRefEntry("Pg"); ref != nil {
			page = ref.ObjectNumber.Value()
		}
		switch nameIn(o, "Type") {
		case "MCR":
			if n := o.IntEntry("MCID"); n != nil {
				t.text(into, page, *n)
			}
		case "OBJR":
		default:
			t.part(o, into, page, deep)
		}
	}
}

// part reads one.
func (t *tree) part(o types.Dict, into *html.Node, page, deep int) {
	role := nameIn(o, "S")
	for range 5 {
		if _, known := tagged[role]; known || t.roles == nil {
			break
		}
		to := nameIn(t.roles, role)
		if to == "" {
			break
		}
		role = to
	}
	switch kind, known := tagged[role]; {
	case role == "TOC" || role == "TOCI" || role == "Artifact" || role == "Lbl" && into.DataAtom == atom.Li:
		t.left(o["K"], page, deep+1)
	case known:
		n := wrapped(kind)
		for _, key := range []string{"ColSpan", "RowSpan"} {
			if v := t.attribute(o["A"], key); v != "" {
				n.Attr = append(n.Attr, html.Attribute{Key: strings.ToLower(key), Val: v})
			}
		}
		if kind == atom.Ul {
			switch t.attribute(o["A"], "ListNumbering") {
			case "Decimal", "LowerAlpha", "UpperAlpha", "LowerRoman", "UpperRoman", "Ordered":
				rename(n, atom.Ol)
			}
		}
		into.AppendChild(n)
		t.kids(o["K"], n, page, deep+1)
	default: // a span, a link, an item's body
		t.kids(o["K"], into, page, deep+1)
	}
}

// left counts the text of parts that are left out.
func (t *tree) left(o types.Object, page, deep int) { t.kids(o, wrapped(atom.Div), page, deep) }

// attribute is one of a part, from wherever it says it.
func (t *tree) attribute(o types.Object, name string) string {
	o, err := t.p.doc.Dereference(o)
	if err != nil {
		return ""
	}
	switch o := o.(type) {
	case types.Array:
		for _, x := range o {
			if s := t.attribute(x, name); s != "" {
				return s
			}
		}
	case types.Dict:
		x, err := t.p.doc.Dereference(o[name])
		if err != nil || x == nil {
			return ""
		}
		if n, is := x.(types.Name); is {
			return string(n)
		}
		return x.String()
	}
	return ""
}

// text adds what a page draws under a mark, to what stands there already.
func (t *tree) text(into *html.Node, page, mark int) {
	runs := t.said[[2]int{page, mark}]
	if len(runs) == 0 {
		return
	}
	node := into.LastChild
	if node == nil || node.Type != html.TextNode {
		node = text("")
		into.AppendChild(node)
	}
	s := node.Data
	for _, r := range runs {
		t.chars += len(strings.TrimSpace(r.text))
		said := composed(strings.ReplaceAll(r.text, "\u00ad", ""))
		next := math.Abs(r.y-t.last.y) > 0.5*t.last.size
		switch {
		case s == "" || strings.HasSuffix(s, " ") || strings.HasPrefix(said, " "):
		case next && divided(s, said):
			s = strings.TrimSuffix(s, "-")
		case next || r.x-t.last.end > wordGap*r.size || r.x < t.last.x-t.last.size:
			s += " "
		}
		s += said
		t.last = r
	}
	node.Data = s
}

// divided is whether a word goes on that was divided at the end of a line.
func divided(before, after string) bool {
	head, hyphen := strings.CutSuffix(before, "-")
	if !hyphen || head == "" || after == "" {
		return false
	}
	r, first := []rune(head), []rune(after)[0]
	return unicode.IsLower(r[len(r)-1]) && unicode.IsLower(first)
}
