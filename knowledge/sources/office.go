package sources

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/deskbell/deskbell/knowledge"
)

// office builds the tree of a document from paragraphs as word processors have them, in which a list is but a row of paragraphs.
type office struct {
	root  *html.Node
	into  []*html.Node // where blocks go; the last is the innermost
	lists []*html.Node // the lists that are open, outermost first
	title string       // of a paragraph that says it is one
	tops  int          // headings of the first level
	deep  int          // how deep its reader is
}

// mostNested is how deep tables, lists and links may stand in one another: what is deeper was made to do harm.
const mostNested = 100

var errNested = errors.New("its parts are nested too deep")

func newOffice() *office {
	o := &office{root: &html.Node{Type: html.DocumentNode}}
	o.into = []*html.Node{o.root}
	return o
}

// paragraph is one with what a word processor says of it.
type paragraph struct {
	node    *html.Node // what it holds
	level   int        // of a heading, 1…6
	title   bool
	list    int // how deep in lists it stands, from 1; 0: in none
	ordered bool
	bold    bool // all of it
}

// mostBold is how many words a paragraph in bold may have that stands for a heading.
const mostBold = 20

func (o *office) add(p paragraph) {
	words := spaced(textOf(p.node))
	if words == "" {
		return
	}
	in := o.into[len(o.into)-1]
	if p.list == 0 {
		o.lists = nil
	}
	switch {
	case p.title && len(o.into) == 1:
		if o.title == "" {
			o.title = words
			return
		}
		in.AppendChild(p.node)
	case p.level > 0 && len(o.into) == 1:
		if p.level = min(p.level, 6); p.level == 1 {
			o.tops++
		}
		rename(p.node, []atom.Atom{atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6}[p.level-1])
		in.AppendChild(p.node)
	case p.list > 0:
		o.item(p)
	case p.bold && len(o.into) == 1 && len(strings.Fields(words)) <= mostBold && !strings.HasSuffix(words, ".") && !strings.HasSuffix(words, ":"):
		rename(p.node, atom.H6) // as people write headings who do not know of styles
		in.AppendChild(p.node)
	default:
		if p.bold && in.DataAtom == atom.Td && in.FirstChild == nil {
			in.Attr = append(in.Attr, html.Attribute{Key: "bold", Val: "true"})
		}
		in.AppendChild(p.node)
	}
}

// item puts a paragraph into the list that it belongs to.
func (o *office) item(p paragraph) {
	kind := atom.Ul
	if p.ordered {
		kind = atom.Ol
	}
	if len(o.lists) > p.list {
		o.lists = o.lists[:p.list]
	}
	if n := len(o.lists); n == p.list && o.lists[n-1].DataAtom != kind { // another list
		o.lists = o.lists[:n-1]
	}
	for len(o.lists) < p.list {
		in := o.into[len(o.into)-1]
		if n := len(o.lists); n > 0 {
			in = o.lists[n-1].LastChild
		}
		if in == nil { // it begins deep
			in = wrapped(atom.Li)
			o.lists[len(o.lists)-1].AppendChild(in)
		}
		list := wrapped(kind)
		in.AppendChild(list)
		o.lists = append(o.lists, list)
	}
	rename(p.node, atom.Li)
	o.lists[p.list-1].AppendChild(p.node)
}

// open begins a block in which others stand; the function that it returns ends it.
func (o *office) open(n *html.Node) func() {
	o.into[len(o.into)-1].AppendChild(n)
	o.into = append(o.into, n)
	lists := o.lists
	o.lists = nil
	return func() {
		o.into, o.lists = o.into[:len(o.into)-1], lists
		if n.DataAtom == atom.Table {
			o.lists = nil
		}
	}
}

// article writes what was built. A document whose only heading of the first level is its first is called so; one with several is called what its author
// or, failing that, its file's name calls it.
func (o *office) article(called string) (a knowledge.Article, err error) {
	folded(o.root)
	title := o.title
	if title == "" && o.tops != 1 {
		title = called
	}
	a.Title, a.Sections, err = written(o.root, title)
	return a, err
}

// folded takes back headings in bold that have nothing below them, or only another such heading.
func folded(root *html.Node) {
	for n := root.FirstChild; n != nil; n = n.NextSibling {
		if n.DataAtom == atom.H6 && (n.NextSibling == nil || n.NextSibling.DataAtom == atom.H6) {
			strong := wrapped(atom.Strong, moved(n)...)
			rename(n, atom.P)
			n.AppendChild(strong)
		}
	}
}

// tagged takes a tree that says itself what it is made of.
func (o *office) tagged(n *html.Node) {
	for c := range n.Descendants() {
		if c.DataAtom == atom.H1 {
			o.tops++
		}
	}
	o.root.AppendChild(n)
}

// headings is how many a tree has.
func headings(root *html.Node) (n int) {
	for c := range root.Descendants() {
		switch c.DataAtom {
		case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			n++
		}
	}
	return n
}

// each hands over the elements up to the end of one ("": of the document), which take may read to their ends.
func (o *office) each(d *xml.Decoder, until string, take func(xml.StartElement) error) error {
	if o.deep++; o.deep > mostNested {
		return errNested
	}
	defer func() { o.deep-- }()
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && until == "" {
			return nil
		}
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.EndElement:
			if e.Name.Local == until {
				return nil
			}
		case xml.StartElement:
			if err := take(e); err != nil {
				return err
			}
		}
	}
}

// deeper is one step into a document; the function that it returns is the way out.
func (o *office) deeper() (func(), error) {
	if o.deep++; o.deep > mostNested {
		return nil, errNested
	}
	return func() { o.deep-- }, nil
}
