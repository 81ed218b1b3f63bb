package slack

import (
	"bufio"
	"html"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	render "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"

	"github.com/deskbell/deskbell/internal/markdown"
)

// escape makes text mean itself in mrkdwn: no mention, no link, no broadcast.
func escape(s string) string {
	return escaping.Replace(s)
}

var escaping = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// What is put beside a mark: one between it and what it would mark, so that it shows itself; one before and after a mark inside a word, so that it
// marks.
const (
	joiner = "\u2060" // word joiner
	spacer = "\u200b" // zero width space
)

// plain shows a text as it was written. Marks like *this* are broken up, so that they show; those inside a word show anyway.
func plain(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '*', '_', '~', '`':
			b.WriteRune(r)
			if !inWord(before(s, i)) || !inWord(after(s, i+1)) || r == '`' {
				b.WriteString(joiner)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

var reader = goldmark.New(goldmark.WithExtensions(extension.Strikethrough, extension.Linkify))

// fromMarkdown turns Markdown into mrkdwn, by way of the syntax tree.
func fromMarkdown(source string) string {
	source, is := markdown.Bounded(source)
	if !is {
		return strings.TrimSpace(plain(source))
	}
	src := []byte(source)
	var b strings.Builder
	writeBlocks(&b, reader.Parser().Parse(text.NewReader(src)), src, "")
	return strings.TrimSpace(b.String())
}

func writeBlocks(b *strings.Builder, parent ast.Node, src []byte, indent string) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Heading:
			b.WriteString(indent + "*")
			writeInlines(b, n, src)
			b.WriteString("*\n")
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			b.WriteString("```\n")
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				b.WriteString(escape(strings.ReplaceAll(string(line.Value(src)), "```", "'''")))
			}
			b.WriteString("```\n")
		case *ast.Blockquote:
			var q strings.Builder
			writeBlocks(&q, n, src, "")
			for line := range strings.SplitSeq(strings.TrimSpace(q.String()), "\n") {
				b.WriteString(">" + line + "\n")
			}
		case *ast.List:
			number := n.Start
			for item := n.FirstChild(); item != nil; item = item.NextSibling() {
				mark := "• "
				if n.IsOrdered() {
					mark = itoa(number) + ". "
					number++
				}
				var in strings.Builder
				writeBlocks(&in, item, src, "")
				b.WriteString(indent + mark + strings.ReplaceAll(strings.TrimSpace(in.String()), "\n", "\n    ") + "\n")
			}
		case *ast.ThematicBreak:
			b.WriteString("———\n")
		case *ast.HTMLBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				b.WriteString(escape(string(line.Value(src))))
			}
			if n.HasClosure() {
				b.WriteString(escape(string(n.ClosureLine.Value(src))))
			}
		default:
			b.WriteString(indent)
			writeInlines(b, n, src)
			b.WriteString("\n")
		}
		if n.NextSibling() != nil && n.Kind() != ast.KindTextBlock {
			b.WriteString("\n")
		}
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// meant is a text of Markdown's without its escapes and entities.
func meant(text []byte) string {
	var b strings.Builder
	w := bufio.NewWriter(&b)
	render.DefaultWriter.Write(w, text)
	_ = w.Flush() // into memory
	return html.UnescapeString(b.String())
}

func writeInlines(b *strings.Builder, parent ast.Node, src []byte) {
	around := func(mark string, n ast.Node) {
		if inWord(before(b.String(), b.Len())) {
			b.WriteString(spacer)
		}
		b.WriteString(mark)
		writeInlines(b, n, src)
		b.WriteString(mark)
		if next, is := n.NextSibling().(*ast.Text); is && inWord(after(meant(next.Segment.Value(src)), 0)) {
			b.WriteString(spacer)
		}
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			b.WriteString(plain(meant(n.Segment.Value(src))))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteString("\n")
			}
		case *ast.String:
			b.WriteString(escape(string(n.Value)))
		case *ast.Emphasis:
			if n.Level == 2 {
				around("*", n)
			} else {
				around("_", n)
			}
		case *extast.Strikethrough:
			around("~", n)
		case *ast.CodeSpan:
			b.WriteString("`")
			for t := n.FirstChild(); t != nil; t = t.NextSibling() {
				if t, is := t.(*ast.Text); is {
					b.WriteString(escape(strings.ReplaceAll(strings.ReplaceAll(string(t.Segment.Value(src)), "\n", " "), "`", "'")))
				}
			}
			b.WriteString("`")
		case *ast.Link:
			writeLink(b, string(n.Destination), labelOf(n, src))
		case *ast.Image:
			writeLink(b, string(n.Destination), labelOf(n, src))
		case *ast.AutoLink:
			writeLink(b, string(n.URL(src)), "")
		case *ast.RawHTML:
			for i := range n.Segments.Len() {
				segment := n.Segments.At(i)
				b.WriteString(escape(string(segment.Value(src))))
			}
		default:
			writeInlines(b, n, src)
		}
	}
}

// labelOf is what a link says: marks mean nothing in it.
func labelOf(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, is := n.(*ast.Text); is && entering {
			b.WriteString(meant(t.Segment.Value(src)))
			if t.SoftLineBreak() || t.HardLineBreak() {
				b.WriteString(" ")
			}
		}
		return ast.WalkContinue, nil
	})
	return escape(strings.ReplaceAll(b.String(), "|", "¦"))
}

// writeLink writes a link to a web page or a mailbox; of others only the text.
func writeLink(b *strings.Builder, url string, label string) {
	ok := strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "mailto:")
	if ok {
		b.WriteString("<" + strings.NewReplacer("|", "%7C", ">", "%3E", "<", "%3C", "&", "&amp;").Replace(url))
	}
	if label != "" {
		if ok {
			b.WriteString("|")
		}
		b.WriteString(label)
	} else if !ok {
		b.WriteString(escape(url))
	}
	if ok {
		b.WriteString(">")
	}
}

// split cuts mrkdwn into pieces of up to n characters, at least 16: at line ends or spaces where it can, never inside an entity, and where it can
// not inside a link, a marked span or code. A fence that is cut is closed and opened again.
func split(s string, n int) []string {
	n = max(n, 16)
	if utf8.RuneCountInString(s) <= n {
		return []string{s}
	}
	var out []string
	whole := unbroken(s)
	fenced, at := false, 0
	for {
		open, room := "", n
		if fenced {
			open, room = fenceMark, n-len(fenceMark)
		}
		if utf8.RuneCountInString(s[at:]) <= room {
			return append(out, open+s[at:])
		}
		end, count := at, 0
		for i := range s[at:] {
			if count > room-len(fenceMark) { // room to close a fence
				break
			}
			end, count = at+i, count+1
		}
		cut := place(s, at, end, whole)
		piece := open + s[at:cut]
		if strings.Count(s[at:cut], "```")%2 == 1 {
			fenced = !fenced
		}
		if fenced {
			piece = strings.TrimSuffix(piece, "\n") + "\n```"
		}
		out = append(out, piece)
		if at = cut; s[at] == '\n' || s[at] == ' ' {
			at++
		}
		if fenced && strings.HasPrefix(s[at:], "```") { // it ends here
			at, fenced = at+3, false
			if strings.HasPrefix(s[at:], "\n") {
				at++
			}
		}
	}
}

const fenceMark = "```\n"

// place is where to cut, after from and at most at end.
func place(s string, from, end int, whole func(int) bool) int {
	half := from + (end-from)/2
	for _, good := range []func(int) bool{whole, func(int) bool { return true }} {
		for _, stop := range []byte{'\n', ' '} {
			for i := end - 1; i > half; i-- {
				if s[i] == stop && good(i) {
					return i
				}
			}
		}
	}
	if i := strings.LastIndexByte(s[from:end], '&'); i > 0 && from+i > end-6 {
		return from + i
	}
	return end
}

// unbroken says of a place in a text whether it is outside of links, marked spans and code.
func unbroken(s string) func(int) bool {
	inside := make([]bool, len(s)+1)
	fenced, at := false, 0
	for text := range strings.SplitSeq(s, "\n") {
		l := scan(text)
		for i := 0; i < len(text); {
			if strings.HasPrefix(text[i:], "```") {
				fenced = !fenced
				i += 3
				continue
			}
			end := 0
			if !fenced {
				if end = l.ends[i]; end == 0 && (text[i] == '*' || text[i] == '_' || text[i] == '~') {
					if end = l.closing(i); end > 0 {
						end++
					}
				}
			}
			for k := i + 1; k < end; k++ {
				inside[at+k] = true
			}
			i = max(end, i+1)
		}
		at += len(text) + 1
	}
	return func(i int) bool { return !inside[i] }
}

// clip shortens plain text to n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
