package slack

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark-emoji/definition"
)

// kind is what a node of a mrkdwn text is.
type kind int

const (
	words   kind = iota // text itself
	bold                // *…*
	italic              // _…_
	strike              // ~…~
	code                // `…`
	link                // <url|label>
	newline             // inside a paragraph
	paragraph
	fence // ```…```
	quote // lines after >
	item  // of a list
)

// node is a part of a mrkdwn text. Words, code and fences have text, links a url and kids or none, items their mark and depth.
type node struct {
	kind   kind
	text   string
	url    string
	number int // of an item; 0: a bullet
	depth  int // of an item
	kids   []node
}

// toMarkdown turns what an agent wrote, mrkdwn as Slack sends it, into Markdown, by way of its syntax tree.
func toMarkdown(s string) string {
	var b strings.Builder
	renderBlocks(&b, parseMrkdwn(s))
	return strings.TrimSpace(b.String())
}

// parseMrkdwn reads a message's text.
func parseMrkdwn(s string) (blocks []node) {
	for s != "" {
		before, rest, opened := strings.Cut(s, "```")
		inside, after, closed := strings.Cut(rest, "```")
		if !opened || !closed || inside == "" {
			return append(blocks, parseLines(s)...)
		}
		blocks = append(blocks, parseLines(before)...)
		blocks = append(blocks, node{kind: fence, text: raw(strings.Trim(inside, "\n"))})
		s = strings.TrimPrefix(after, "\n")
	}
	return blocks
}

var listed = regexp.MustCompile(`^( *)(?:([•◦▪-]\x{fe0e}?)|(\d{1,3})\.) +(.+)$`)

// parseLines reads text without fences: quotes, lists and paragraphs.
func parseLines(s string) (blocks []node) {
	lines := strings.Split(s, "\n")
	for i, l := range lines { // what Slack sends; what it is sent may have the mark itself
		if rest := strings.TrimLeft(l, ">"); rest != l {
			lines[i] = strings.Repeat("&gt;", len(l)-len(rest)) + rest
		}
	}
	last := func(k kind) *node {
		if n := len(blocks); n > 0 && blocks[n-1].kind == k {
			return &blocks[n-1]
		}
		return nil
	}
	open := false // the last paragraph goes on
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if all, is := strings.CutPrefix(l, "&gt;&gt;&gt;"); is { // everything from here on
			rest := strings.Join(append([]string{strings.TrimPrefix(all, " ")}, lines[i+1:]...), "\n")
			return append(blocks, node{kind: quote, kids: parseLines(rest)})
		}
		if quoted, is := strings.CutPrefix(l, "&gt;"); is {
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "&gt;") {
				i++
				quoted += "\n" + strings.TrimPrefix(strings.TrimPrefix(lines[i], "&gt;"), " ")
			}
			blocks, open = append(blocks, node{kind: quote, kids: parseLines(strings.TrimPrefix(quoted, " "))}), false
			continue
		}
		if m := listed.FindStringSubmatch(l); m != nil {
			n := node{kind: item, depth: len(m[1]) / 4, kids: parseInline(m[4])}
			n.number, _ = strconv.Atoi(m[3])
			blocks, open = append(blocks, n), false
			continue
		}
		if strings.TrimSpace(l) == "" {
			open = false
			continue
		}
		if p := last(paragraph); p != nil && open {
			p.kids = append(append(p.kids, node{kind: newline}), parseInline(l)...)
		} else {
			blocks = append(blocks, node{kind: paragraph, kids: parseInline(l)})
		}
		open = true
	}
	return blocks
}

var marks = map[byte]kind{'*': bold, '_': italic, '~': strike}

// parseInline reads one line.
func parseInline(s string) (nodes []node) {
	text := func(t string) {
		if t = raw(t); t == "" {
			return
		}
		if n := len(nodes); n > 0 && nodes[n-1].kind == words {
			nodes[n-1].text += t
			return
		}
		nodes = append(nodes, node{kind: words, text: t})
	}
	from := 0
	for i := 0; i < len(s); {
		n, length := token(s, i)
		if length == 0 {
			i++
			continue
		}
		text(s[from:i])
		if n.kind == words {
			text(escape(n.text)) // joins with what is beside it
		} else {
			nodes = append(nodes, n)
		}
		i += length
		from = i
	}
	text(s[from:])
	return nodes
}

// token reads what begins at s[i] and is more than itself; length 0: nothing does.
func token(s string, i int) (n node, length int) {
	switch c := s[i]; c {
	case '`':
		if end := strings.IndexByte(s[i+1:], '`'); end > 0 && !strings.HasPrefix(s[i+1:], joiner) && !strings.HasPrefix(s[i+2+end:], joiner) {
			return node{kind: code, text: raw(s[i+1 : i+1+end])}, end + 2
		}
	case '<':
		if end := strings.IndexByte(s[i:], '>'); end > 1 {
			return angle(s[i+1 : i+end]), end + 1
		}
	case ':':
		if m := shortcode.FindStringSubmatch(s[i:]); m != nil {
			if e := emoji(m[1], m[2]); e != "" {
				return node{kind: words, text: e}, len(m[0])
			}
		}
	case '*', '_', '~':
		if end := closing(s, i); end > 0 {
			return node{kind: marks[c], kids: parseInline(s[i+1 : end])}, end - i + 1
		}
	default:
		if strings.HasPrefix(s[i:], joiner) || strings.HasPrefix(s[i:], spacer) { // what we put beside marks
			return node{}, len(joiner)
		}
	}
	return n, 0
}

// mostSpan is how far a mark is looked for that closes another: a line of marks alone must not cost the square of its length.
const mostSpan = 2000

// closing is where the mark that opens at s[i] ends, 0 if it opens nothing: marks stand at the edges of words.
func closing(s string, i int) int {
	if inWord(before(s, i)) || i+1 >= len(s) || s[i+1] == s[i] || unicode.IsSpace(after(s, i+1)) || strings.HasPrefix(s[i+1:], joiner) {
		return 0
	}
	for j := i + 1; j < min(len(s), i+mostSpan); j++ {
		if s[j] == '`' || s[j] == '<' {
			if _, skip := token(s, j); skip > 0 {
				j += skip - 1
				continue
			}
		}
		if s[j] == s[i] && s[j-1] != s[i] && !unicode.IsSpace(before(s, j)) && after(s, j+1) != rune(s[i]) && !strings.HasPrefix(s[j+1:], joiner) && !inWord(after(s, j+1)) {
			return j
		}
	}
	return 0
}

func before(s string, i int) rune { r, _ := utf8.DecodeLastRuneInString(s[:i]); return r }
func after(s string, i int) rune  { r, _ := utf8.DecodeRuneInString(s[i:]); return r }

func inWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// angle reads <…>: links stay, ids of users and channels become names where Slack gives them.
func angle(s string) node {
	target, label, has := strings.Cut(s, "|")
	named := func(mark, otherwise string) node {
		if has && label != "" {
			return node{kind: words, text: mark + raw(label)}
		}
		return node{kind: words, text: mark + otherwise}
	}
	switch {
	case target == "":
		return node{kind: words, text: raw(label)}
	case target[0] == '@':
		return named("@", "colleague")
	case target[0] == '#':
		return named("#", "channel")
	case target[0] == '!':
		if has && label != "" {
			return node{kind: words, text: raw(label)}
		}
		name, _, _ := strings.Cut(target[1:], "^")
		return node{kind: words, text: "@" + raw(name)}
	case !has || label == target || "mailto:"+label == target || "tel:"+label == target:
		if !strings.Contains(target, "://") {
			_, plain, _ := strings.Cut(target, ":")
			return node{kind: words, text: raw(plain)}
		}
		return node{kind: link, url: raw(target)}
	}
	return node{kind: link, url: raw(target), kids: []node{{kind: words, text: raw(label)}}}
}

func raw(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

var shortcode = regexp.MustCompile(`^:([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?`)

var emojis = sync.OnceValue(func() definition.Emojis { return definition.Github() })

// emoji is the character that a name of Slack's stands for, "" where only the workspace knows it.
func emoji(name, tone string) string {
	e, known := emojis().Get(name)
	if !known || len(e.Unicode) == 0 {
		return ""
	}
	if tone == "" {
		return string(e.Unicode)
	}
	return string(e.Unicode[0]) + string(rune(0x1F3FB+int(tone[0]-'2'))) + strings.TrimPrefix(string(e.Unicode[1:]), "\ufe0f")
}

func renderBlocks(b *strings.Builder, blocks []node) {
	for i, n := range blocks {
		if i > 0 {
			if n.kind != item || blocks[i-1].kind != item {
				b.WriteString("\n")
			}
			b.WriteString("\n")
		}
		switch n.kind {
		case fence:
			ticks := "```"
			for strings.Contains(n.text, ticks) {
				ticks += "`"
			}
			b.WriteString(ticks + "\n" + n.text + "\n" + ticks)
		case quote:
			var in strings.Builder
			renderBlocks(&in, n.kids)
			b.WriteString("> " + strings.ReplaceAll(in.String(), "\n", "\n> "))
		case item:
			mark := "-"
			if n.number > 0 {
				mark = strconv.Itoa(n.number) + "."
			}
			b.WriteString(strings.Repeat("    ", n.depth) + mark + " ")
			renderInline(b, n.kids)
		default:
			renderInline(b, n.kids)
		}
	}
}

func renderInline(b *strings.Builder, nodes []node) {
	start := true // of a line, where more means something
	for _, n := range nodes {
		around := func(mark string) {
			b.WriteString(mark)
			renderInline(b, n.kids)
			b.WriteString(mark)
		}
		switch n.kind {
		case words:
			b.WriteString(literally(n.text, start))
		case bold:
			around("**")
		case italic:
			around("_")
		case strike:
			around("~~")
		case code:
			ticks := "`"
			if strings.HasPrefix(n.text, " ") && strings.HasSuffix(n.text, " ") {
				n.text = " " + n.text + " " // Markdown takes one off
			}
			b.WriteString(ticks + n.text + ticks)
		case link:
			if n.kids == nil {
				b.WriteString(n.url)
				break
			}
			b.WriteString("[")
			renderInline(b, n.kids)
			b.WriteString("](" + strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", `\`, "%5C").Replace(n.url) + ")")
		default:
			b.WriteString("\n")
		}
		start = n.kind == newline
	}
}

var (
	special   = regexp.MustCompile("[\\\\*_\\[\\]~`<]|&(?:#|[A-Za-z])")
	lineStart = regexp.MustCompile(`^(\s*)([#>+=-]|\d+[.)])`)
)

// literally is a text as Markdown that means just that.
func literally(s string, start bool) string {
	s = special.ReplaceAllString(s, `\$0`)
	if m := lineStart.FindStringSubmatch(s); start && m != nil {
		rest := s[len(m[0]):]
		mark := m[2]
		s = m[1] + mark[:len(mark)-1] + `\` + mark[len(mark)-1:] + rest
	}
	return s
}
