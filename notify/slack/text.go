package slack

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// escape makes text mean itself in mrkdwn: no mention, no link, no broadcast.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// plain shows a customer's text as it was written. Marks like *this* are broken up by a word joiner, so that they show.
func plain(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "*\u2060", "_", "_\u2060", "~", "~\u2060", "`", "`\u2060").Replace(s)
}

var markdown = goldmark.New(goldmark.WithExtensions(extension.Strikethrough, extension.Linkify))

// fromMarkdown turns Markdown into mrkdwn, by way of the syntax tree.
func fromMarkdown(source string) string {
	src := []byte(source)
	var b strings.Builder
	writeBlocks(&b, markdown.Parser().Parse(text.NewReader(src)), src, "")
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

func writeInlines(b *strings.Builder, parent ast.Node, src []byte) {
	around := func(mark string, n ast.Node) {
		b.WriteString(mark)
		writeInlines(b, n, src)
		b.WriteString(mark)
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			b.WriteString(escape(string(n.Segment.Value(src))))
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
			around("`", n)
		case *ast.Link:
			writeLink(b, string(n.Destination), func() { writeInlines(b, n, src) })
		case *ast.Image:
			writeLink(b, string(n.Destination), func() { writeInlines(b, n, src) })
		case *ast.AutoLink:
			writeLink(b, string(n.URL(src)), nil)
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

// writeLink writes a link to a web page or a mailbox; of others only the text.
func writeLink(b *strings.Builder, url string, label func()) {
	ok := strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "mailto:")
	if ok {
		b.WriteString("<" + strings.NewReplacer("|", "%7C", ">", "%3E", "<", "%3C", "&", "&amp;").Replace(url))
	}
	if label != nil {
		if ok {
			b.WriteString("|")
		}
		label()
	} else if !ok {
		b.WriteString(escape(url))
	}
	if ok {
		b.WriteString(">")
	}
}

var (
	token   = regexp.MustCompile("```(?s:.*?)```|`[^`\n]+`|<[^<>\n]+>|\\*[^*\n]+\\*|_[^_\n]+_|~[^~\n]+~")
	special = regexp.MustCompile(`([\\*_\[\]~` + "`" + `])`)
)

// toMarkdown turns what an agent wrote, mrkdwn as Slack sends it, into Markdown.
func toMarkdown(s string) string {
	var b strings.Builder
	at := 0
	for _, m := range token.FindAllStringIndex(s, -1) {
		t := s[m[0]:m[1]]
		if strings.ContainsAny(t[:1], "*_~") && !stands(s, m[0], m[1]) {
			continue
		}
		b.WriteString(unescape(s[at:m[0]]))
		at = m[1]
		inner := t[1 : len(t)-1]
		switch {
		case strings.HasPrefix(t, "```"):
			b.WriteString("```\n" + strings.Trim(raw(t[3:len(t)-3]), "\n") + "\n```")
		case t[0] == '`':
			b.WriteString("`" + raw(inner) + "`")
		case t[0] == '*':
			b.WriteString("**" + toMarkdown(inner) + "**")
		case t[0] == '_':
			b.WriteString("_" + toMarkdown(inner) + "_")
		case t[0] == '~':
			b.WriteString("~~" + toMarkdown(inner) + "~~")
		default:
			b.WriteString(angle(inner))
		}
	}
	b.WriteString(unescape(s[at:]))
	return b.String()
}

// stands says whether a mark stands at the edges of words, as Slack wants it.
func stands(s string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, _ := utf8.DecodeRuneInString(s[to:])
	word := func(r rune) bool {
		return r != utf8.RuneError && (r == '_' || r == '*' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 127)
	}
	return !word(before) && !word(after) && s[from+1] != ' ' && s[to-2] != ' '
}

// angle turns <…> into what a customer may read: links stay, ids of users and channels become names where Slack gives them.
func angle(s string) string {
	target, label, has := strings.Cut(s, "|")
	if target == "" {
		return unescape(label)
	}
	switch target[0] {
	case '@':
		if has {
			return "@" + unescape(label)
		}
		return "@colleague"
	case '#':
		if has {
			return "#" + unescape(label)
		}
		return "#channel"
	case '!':
		if has {
			return unescape(label)
		}
		name, _, _ := strings.Cut(target[1:], "^")
		return "@" + unescape(name)
	}
	if !has || label == target || "mailto:"+label == target {
		return raw(strings.TrimPrefix(target, "mailto:"))
	}
	return "[" + unescape(label) + "](" + strings.NewReplacer(")", "%29", " ", "%20").Replace(raw(target)) + ")"
}

func raw(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// unescape gives the text itself, with Markdown's own marks made harmless. A line that starts with > stays a quote, and one
// that starts with • a list.
func unescape(s string) string {
	s = special.ReplaceAllString(s, `\$1`)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if rest, ok := strings.CutPrefix(l, "• "); ok {
			lines[i] = "- " + rest
		}
	}
	return raw(strings.Join(lines, "\n"))
}

// split cuts mrkdwn into pieces of up to n characters, at line ends or spaces where it can, never inside an entity.
func split(s string, n int) []string {
	var out []string
	for utf8.RuneCountInString(s) > n {
		end, count := 0, 0
		for i := range s {
			if count > n {
				break
			}
			end, count = i, count+1
		}
		cut := end
		if i := strings.LastIndexByte(s[:end], '\n'); i > end/2 {
			cut = i
		} else if i := strings.LastIndexByte(s[:end], ' '); i > end/2 {
			cut = i
		} else if i := strings.LastIndexByte(s[:end], '&'); i > end-6 && i > 0 {
			cut = i
		}
		out = append(out, s[:cut])
		s = strings.TrimPrefix(strings.TrimPrefix(s[cut:], "\n"), " ")
	}
	return append(out, s)
}

// clip shortens plain text to n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}
