package sources

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/deskbell/deskbell/internal/markdown"
	"github.com/deskbell/deskbell/knowledge"
)

// Every kind of file becomes a tree of HTML first, and what is written here from the tree is all that the knowledge base has of it: sections of
// Markdown, in the constructs that the widget, the console and Slack can show.

// toMarkdown writes a tree as Markdown. Markers, which stand for headings, pass through it as words.
var toMarkdown = sync.OnceValue(func() *converter.Converter {
	return converter.NewConverter(converter.WithPlugins(base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(commonmark.WithListEndComment(false), commonmark.WithHorizontalRule("---"))))
})

// A marker is a paragraph that stands in the tree where a section begins or ends: a number between two characters that no text has.
const (
	markOpen, markClose = '\uE000', '\uE001'
	markers             = string(markOpen) + string(markClose) + less + and
)

// What stands in the tree for two signs that would be written as entities, which the widget does not read.
const (
	less, and = "\uE002", "\uE003"
)

var (
	coded = strings.NewReplacer("<", less, "&", and)
	// entity is what a reader of Markdown would take for one.
	entity     = regexp.MustCompile(and + `(#?[0-9A-Za-z]{1,32};)`)
	decoder    = strings.NewReplacer(less, `\<`, and, "&")
	plainSigns = strings.NewReplacer(less, "<", and, "&")
)

// struck is what an author of Markdown took back. One sign alone is none: "2~3 days".
var struck = regexp.MustCompile(`~~[^~\s](?:[^~\n]*[^~\s])?~~`)

// signs puts the signs back, so that they mean themselves.
func signs(text string) string {
	if !strings.Contains(text, less) && !strings.Contains(text, and) {
		return text
	}
	return decoder.Replace(entity.ReplaceAllString(text, `\&$1`))
}

// mark is where a section begins, under a heading, or ends.
type mark struct {
	level int    // of the heading; greater is deeper
	text  string // of the heading
	first bool   // an h1
	ends  int    // one more than the number of the mark whose section ends here; 0: none does
}

// writer makes a tree ready to be written.
type writer struct {
	title string // that is known already
	marks []mark
}

// written is a tree as sections. Title is the title that is known already, which no section has as its heading; where it is "", the first h1 is taken
// for it.
func written(root *html.Node, title string) (string, []knowledge.Section, error) {
	if _, is := markdown.Bounded(textOf(root)); !is { // its words alone: escaping them would take the square of their number
		return title, flat(textOf(root)), nil
	}
	w := &writer{title: title}
	w.walk(root, 0, false)
	b, err := toMarkdown().ConvertNode(root)
	if err != nil {
		return "", nil, err
	}
	if title == "" {
		for i, m := range w.marks {
			if m.first {
				title = m.text
				w.marks[i].text = ""
				break
			}
		}
	}
	return title, w.sections(signs(string(b)), title), nil
}

// flat is a text without structure.
func flat(text string) []knowledge.Section {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return []knowledge.Section{{Text: text}}
}

// sections cuts what was written at its marks.
func (w *writer) sections(text, title string) (out []knowledge.Section) {
	var open []int // numbers of marks
	var b strings.Builder
	flush := func() {
		var path []string
		for _, i := range open {
			if t := w.marks[i].text; t != "" && (len(path) > 0 || t != title) {
				path = append(path, t)
			}
		}
		if s := strings.Trim(b.String(), "\n"); strings.TrimSpace(s) != "" {
			out = append(out, knowledge.Section{Heading: strings.Join(path, " › "), Text: strings.TrimRight(s, " \n")})
		}
		b.Reset()
	}
	for line := range strings.Lines(text) {
		n, is := marked(line)
		if !is || n >= len(w.marks) {
			b.WriteString(line)
			continue
		}
		flush()
		m := w.marks[n]
		if m.ends > 0 {
			for i, o := range open {
				if o == m.ends-1 {
					open = open[:i]
					break
				}
			}
			continue
		}
		for len(open) > 0 && w.marks[open[len(open)-1]].level >= m.level {
			open = open[:len(open)-1]
		}
		open = append(open, n)
	}
	flush()
	return out
}

func marked(line string) (int, bool) {
	s, opens := strings.CutPrefix(strings.TrimSpace(line), string(markOpen))
	s, closes := strings.CutSuffix(s, string(markClose))
	if !opens || !closes {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// mark adds a mark and returns the paragraph that stands for it.
func (w *writer) mark(m mark) *html.Node {
	m.text = plainSigns.Replace(m.text)
	w.marks = append(w.marks, m)
	return element(atom.P, string(markOpen)+strconv.Itoa(len(w.marks)-1)+string(markClose))
}

// walk makes what is below a node ready: headings become marks, tables lists, and what nobody reads goes. Deeper is by how much headings lie deeper
// than they say; inside is whether the node stands in a list, a quote or a cell, where no section can begin.
func (w *writer) walk(n *html.Node, deeper int, inside bool) {
	var next *html.Node
	for c := n.FirstChild; c != nil; c = next {
		next = c.NextSibling
		switch c.Type {
		case html.TextNode:
			if strings.Contains(c.Data, "~~") {
				c.Data = struck.ReplaceAllString(c.Data, "")
			}
			c.Data = coded.Replace(strings.ReplaceAll(unmarked(c.Data), "\n", " ")) // as HTML does; a line break is an element
		case html.ElementNode:
			if hidden(c) {
				n.RemoveChild(c)
				continue
			}
			switch c.DataAtom {
			case atom.Del, atom.S, atom.Strike: // its author took it back
				n.RemoveChild(c)
			case atom.Sup, atom.A, atom.Hr:
				if footnote(c) {
					n.RemoveChild(c)
				} else {
					w.walk(c, deeper, inside)
				}
			case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Head, atom.Iframe, atom.Svg, atom.Object, atom.Input:
				n.RemoveChild(c)
			case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
				level, text := int(c.Data[1]-'0'), spaced(textOf(c))
				switch {
				case inside:
					rename(c, atom.Strong)
					w.walk(c, deeper, inside)
				case text == "":
					n.RemoveChild(c)
				default:
					replace(c, w.mark(mark{level: deeper + level, text: text, first: level == 1 && deeper == 0}))
				}
			case atom.Details:
				w.details(c, w.below(deeper), inside)
			case atom.Table:
				w.table(c, w.below(deeper), inside)
			case atom.Li, atom.Blockquote, atom.Td, atom.Th, atom.Dt, atom.Dd:
				w.walk(c, deeper, true)
			case atom.Pre, atom.Code:
				for d := range c.Descendants() {
					if d.Type == html.TextNode {
						d.Data = unmarked(d.Data)
					}
				}
			default:
				w.walk(c, deeper, inside)
			}
		case html.CommentNode, html.DoctypeNode:
			n.RemoveChild(c)
		}
	}
}

// unmarked is a text without the characters that stand for something here.
func unmarked(s string) string {
	if !strings.ContainsAny(s, markers) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(markers, r) {
			return -1
		}
		return r
	}, s)
}

// footnote is whether a node is the sign of one, the way back from one, or the line above them.
func footnote(n *html.Node) bool {
	class := attr(n, "class")
	if n.DataAtom == atom.Hr {
		class = attr(n.Parent, "class")
	}
	for c := n.FirstChild; c != nil && n.DataAtom == atom.Sup; c = c.NextSibling {
		class += " " + attr(c, "class")
	}
	return strings.Contains(class, "footnote")
}

// below is the level of what stands below the last heading, at least this one.
func (w *writer) below(level int) int {
	if n := len(w.marks); n > 0 {
		level = max(level, w.marks[n-1].level)
	}
	return level
}

// about is what stands below no heading but the title: that is about all of it. "" below another heading.
func (w *writer) about() string {
	switch n := len(w.marks); {
	case n == 0:
		return w.title
	case n == 1 && w.marks[0].first:
		return w.marks[0].text
	}
	return ""
}

// details writes a question that opens: a section of its own, which ends where it does.
func (w *writer) details(n *html.Node, level int, inside bool) {
	question := ""
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Summary {
			question = spaced(textOf(c))
			n.RemoveChild(c)
			break
		}
	}
	rename(n, atom.Div)
	n.Attr = nil
	if question == "" {
		w.walk(n, level, inside)
		return
	}
	if inside {
		w.walk(n, level, inside)
		n.InsertBefore(wrapped(atom.P, element(atom.Strong, question)), n.FirstChild)
		return
	}
	w.section(n, question, level+1, func() { w.walk(n, level+1, inside) })
}

// section makes what stands in a node a section of its own; walk makes it ready.
func (w *writer) section(n *html.Node, heading string, level int, walk func()) {
	open := w.mark(mark{level: level, text: heading})
	number := len(w.marks)
	walk()
	n.InsertBefore(open, n.FirstChild)
	n.AppendChild(w.mark(mark{ends: number, level: w.marks[number-1].level - 1}))
}

// textOf is all the text below a node that a reader sees.
func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.DataAtom == atom.Script || n.DataAtom == atom.Style || n.DataAtom == atom.Template || n.DataAtom == atom.Noscript:
			return
		case n.DataAtom == atom.Img:
			b.WriteString(attr(n, "alt"))
		case n.DataAtom == atom.Br || blocks[n.DataAtom]:
			b.WriteByte('\n')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if blocks[n.DataAtom] {
			b.WriteByte('\n')
		}
	}
	walk(n)
	return b.String()
}

// blocks are the elements that stand on lines of their own.
var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Table: true, atom.Tr: true, atom.Td: true, atom.Th: true, atom.Pre: true, atom.Blockquote: true, atom.Section: true, atom.Article: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Dl: true, atom.Dt: true, atom.Dd: true, atom.Details: true, atom.Summary: true, atom.Figure: true, atom.Figcaption: true, atom.Hr: true,
}

// spaced is a text on one line, with one space between its words.
func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// hidden is whether a page shows a node to nobody.
func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "hidden" || a.Key == "aria-hidden" && a.Val == "true" {
			return true
		}
	}
	return false
}

func text(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }

// element is one with a text in it.
func element(a atom.Atom, s string) *html.Node { return wrapped(a, text(s)) }

func wrapped(a atom.Atom, children ...*html.Node) *html.Node {
	n := &html.Node{Type: html.ElementNode, DataAtom: a, Data: a.String()}
	for _, c := range children {
		n.AppendChild(c)
	}
	return n
}

func rename(n *html.Node, a atom.Atom) { n.DataAtom, n.Data = a, a.String() }

// replace puts another node in a node's place.
func replace(n, by *html.Node) {
	n.Parent.InsertBefore(by, n)
	n.Parent.RemoveChild(n)
}

// moved takes all children of a node from it.
func moved(n *html.Node) (all []*html.Node) {
	for c := n.FirstChild; c != nil; c = n.FirstChild {
		n.RemoveChild(c)
		all = append(all, c)
	}
	return all
}

// parsed is the tree of a page or a part of one.
func parsed(b []byte) (*html.Node, error) { return html.Parse(bytes.NewReader(b)) }
