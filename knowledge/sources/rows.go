package sources

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// cell is one of a table: its text, and where that stands; nil in the further rows and columns of one that spans several.
type cell struct {
	text string
	at   *html.Node
	head bool
}

// grid is a table's rows, each with as many cells as the widest; a cell that spans several stands in each.
type grid [][]cell

// How far a cell may span, and how many columns a table may have: what says more was made by a mistake, or to do harm.
const (
	mostSpan    = 200
	mostColumns = 300
)

// table writes a table as a list with a sentence for each row, as neither the widget nor Slack can draw one, and as a row by itself says too little.
// A table of questions and answers becomes sections, and one that lays out a page what stands in it.
func (w *writer) table(n *html.Node, level int, inside bool) {
	if laysOut(n) {
		for c := range n.Descendants() {
			switch c.DataAtom {
			case atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr, atom.Td, atom.Th, atom.Caption:
				rename(c, atom.Div)
			}
		}
		rename(n, atom.Div)
		w.walk(n, level, inside)
		return
	}
	w.walk(n, level, true) // what its cells hold
	g := gridOf(n)
	if len(g) == 0 {
		n.Parent.RemoveChild(n)
		return
	}
	heads := g.heads()
	body := g[heads:]
	names := make([]string, len(g[0]))
	for _, row := range g[:heads] {
		for i, c := range row {
			if c.text != "" && !strings.Contains(names[i], c.text) {
				names[i] = strings.TrimSpace(names[i] + " " + c.text)
			}
		}
	}
	caption := ""
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Caption {
			caption = spaced(textOf(c))
		}
	}
	out := wrapped(atom.Div)
	if columns := mapped(names, nil); !inside && heads > 0 && columns.pairs() && len(columns.left()) == 0 && len(body) > 0 {
		for _, row := range body {
			question, answer := row[columns.at["question"]].text, row[columns.at["answer"]]
			if question == "" || answer.text == "" || answer.at == nil {
				continue
			}
			part := wrapped(atom.Div, moved(answer.at)...)
			w.section(part, question, level+1, func() {})
			out.AppendChild(part)
		}
		replace(n, out)
		return
	}
	if caption != "" {
		out.AppendChild(element(atom.P, caption))
	}
	if len(body) == 0 { // one row alone
		names, body = make([]string, len(names)), g
	}
	var items []*html.Node
	var firsts []string
	words := 0
	for _, row := range body {
		if li := item(names, row); li != nil {
			items, firsts = append(items, li), append(firsts, row[0].text)
			words += len(strings.Fields(textOf(li)))
		}
	}
	if inside || words <= mostRowWords {
		out.AppendChild(wrapped(atom.Ul, items...))
		replace(n, out)
		return
	}
	// A long table is several sections, each as long as one is read as a whole, called by its first row and its last.
	about := w.about()
	for from := 0; from < len(items); {
		to, words := from, 0
		for to < len(items) && (to == from || words < mostRowWords) {
			words += len(strings.Fields(textOf(items[to])))
			to++
		}
		heading := firsts[from]
		if to-from > 1 {
			heading += " – " + firsts[to-1]
		}
		if about != "" { // where somebody is asked whether they mean it, nothing else tells what it is of
			heading = about + ": " + heading
		}
		part := wrapped(atom.Div, wrapped(atom.Ul, items[from:to]...))
		w.section(part, heading, level+1, func() {})
		out.AppendChild(part)
		from = to
	}
	replace(n, out)
}

// mostRowWords is how long a section of a table's rows may be, in words.
const mostRowWords = 300

// item is the sentence of a row: "Shipping to Spain: Time 4 days, Price 7 EUR"; nil of a row that says nothing.
func item(names []string, row []cell) *html.Node {
	li := wrapped(atom.Li)
	said := 0
	before := ""
	for i, c := range row {
		if c.text == "" || i > 0 && c.text == before && c.at == nil { // the same cell, which spans several
			continue
		}
		before = c.text
		switch said {
		case 0:
		case 1:
			li.AppendChild(text(": "))
		default:
			li.AppendChild(text(", "))
		}
		if names[i] != "" && !strings.EqualFold(names[i], c.text) {
			glue := " "
			if r := []rune(c.text)[0]; said > 0 && unicode.IsLetter(r) && len(strings.Fields(c.text)) > 3 {
				glue = ": "
			}
			li.AppendChild(text(names[i] + glue))
		}
		if c.at == nil {
			li.AppendChild(text(c.text))
		} else {
			for _, n := range inline(c.at) {
				li.AppendChild(n)
			}
		}
		said++
	}
	if said == 0 {
		return nil
	}
	return li
}

// laysOut is whether a table lays out a page: it says so, has but one column or holds what no cell of a table of facts does.
func laysOut(n *html.Node) bool {
	if role := attr(n, "role"); role == "presentation" || role == "none" {
		return true
	}
	most := 0
	for c := range n.Descendants() {
		switch c.DataAtom {
		case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Pre, atom.Details, atom.Article, atom.Section, atom.Form:
			return true
		case atom.Tr:
			cells := 0
			for d := c.FirstChild; d != nil; d = d.NextSibling {
				if d.DataAtom == atom.Td || d.DataAtom == atom.Th {
					cells++
				}
			}
			most = max(most, cells)
		}
	}
	return most < 2
}

// gridOf reads a table.
func gridOf(table *html.Node) (g grid) {
	type spanning struct {
		cell
		rows int
	}
	var over []spanning // by column
	width := 0
	for tr := range table.Descendants() {
		if tr.DataAtom != atom.Tr {
			continue
		}
		var row []cell
		place := func(c cell, rows int) {
			if len(row) == mostColumns {
				return
			}
			row = append(row, c)
			for len(over) < len(row) {
				over = append(over, spanning{})
			}
			over[len(row)-1] = spanning{cell{text: c.text, head: c.head}, rows}
		}
		carried := func() {
			for len(row) < len(over) && len(row) < mostColumns && over[len(row)].rows > 0 {
				at := len(row)
				place(over[at].cell, over[at].rows-1)
			}
		}
		var next *html.Node
		for td := tr.FirstChild; td != nil; td = next {
			next = td.NextSibling
			if td.DataAtom != atom.Td && td.DataAtom != atom.Th {
				continue
			}
			carried()
			c := cell{text: spaced(textOf(td)), at: td, head: td.DataAtom == atom.Th || attr(td, "bold") != ""}
			if n := len(row); c.text == "" && merged(td) && len(g) > 0 && n < len(g[len(g)-1]) {
				c.text, c.at = g[len(g)-1][n].text, nil
			}
			for range span(td, "colspan") {
				place(c, span(td, "rowspan")-1)
				c.at = nil
			}
		}
		carried()
		if len(row) > 0 {
			g = append(g, row)
			width = max(width, len(row))
		}
	}
	for i := range g {
		for len(g[i]) < width {
			g[i] = append(g[i], cell{})
		}
	}
	return g
}

// merged is whether a cell is one with the one above, as word processors say it.
func merged(td *html.Node) bool { return attr(td, "merged") != "" }

func span(n *html.Node, name string) int {
	v, err := strconv.Atoi(attr(n, name))
	if err != nil || v < 1 {
		return 1
	}
	return min(v, mostSpan)
}

// inline is what stands in a cell, on one line: its blocks follow one another with a space between them.
func inline(td *html.Node) (all []*html.Node) {
	for _, c := range moved(td) {
		if c.Type == html.ElementNode && (blocks[c.DataAtom] || c.DataAtom == atom.Br) {
			if len(all) > 0 {
				all = append(all, text(" "))
			}
			all = append(all, inline(c)...)
			continue
		}
		all = append(all, c)
	}
	return all
}

// heads is how many rows a grid begins with that name its columns.
func (g grid) heads() (n int) {
	for n < len(g)-1 && all(g[n], func(c cell) bool { return c.head || c.text == "" }) && !all(g[n], func(c cell) bool { return c.text == "" }) {
		n++
	}
	if n == len(g)-1 && all(g[n], func(c cell) bool { return c.head || c.text == "" }) && len(g) > 1 { // all of it is in bold
		n = 0
	}
	if n > 0 || len(g) < 2 {
		return min(n, 3)
	}
	texts := make([][]string, len(g))
	for i, row := range g {
		for _, c := range row {
			texts[i] = append(texts[i], c.text)
		}
	}
	if headed(texts) {
		return 1
	}
	return 0
}

// mostHeadWords is how many words the name of a column has.
const mostHeadWords = 6

// headed is whether the first of some rows names their columns, which nothing else tells: each has a name, short and unlike the others, and below one of
// them stand figures of a shape that its name has not ("8.40 €" below "250 g"); or the names are such as we know.
func headed(rows [][]string) bool {
	first := rows[0]
	if columns := mapped(first, nil); columns.pairs() {
		return true
	}
	if len(rows) < 2 || len(first) < 2 {
		return false
	}
	seen := map[string]bool{}
	for i, s := range first {
		if s == "" && i == 0 {
			continue
		}
		if s == "" || seen[s] || len(strings.Fields(s)) > mostHeadWords || strings.HasSuffix(s, "?") || strings.HasSuffix(s, ".") {
			return false
		}
		seen[s] = true
	}
	like, unlike, figures := 0, 0, strings.ContainsFunc(strings.Join(first, ""), unicode.IsDigit)
	for i, s := range first {
		shapes, of := map[string]int{}, 0
		for _, row := range rows[1:] {
			if i < len(row) && row[i] != "" {
				shapes[shape(row[i])]++
				of++
			}
		}
		for x, n := range shapes {
			switch {
			case 2*n <= of || !strings.Contains(x, "9"):
			case x == shape(s):
				like++
			default:
				unlike++
			}
		}
	}
	if like+unlike > 0 {
		return unlike > like
	}
	return len(first) > 2 && !figures // of two columns without a figure, the first names what the second says
}

// shape is what a text looks like: "9.9 €", "9 a".
func shape(s string) string {
	var b strings.Builder
	var last rune
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			r = '9'
		case unicode.IsLetter(r):
			r = 'a'
		}
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

func all(row []cell, is func(cell) bool) bool {
	for _, c := range row {
		if !is(c) {
			return false
		}
	}
	return true
}
