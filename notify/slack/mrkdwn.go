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
			return append(blocks, parseLines(s, 0)...)
		}
		blocks = append(blocks, parseLines(before, 0)...)
		blocks = append(blocks, node{kind: fence, text: raw(strings.Trim(inside, "\n"))})
		s = strings.TrimPrefix(after, "\n")
	}
	return blocks
}

var listed = regexp.MustCompile(`^( *)(?:([•◦▪-]\x{fe0e}?)|(\d{1,3})\.) +(.+)$`)

// mostQuoted is how deep quotes stand in quotes.
const mostQuoted = 3

// parseLines reads text without fences: quotes, lists and paragraphs.
func parseLines(s string, depth int) (blocks []node) {
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
		for depth >= mostQuoted && strings.HasPrefix(l, "&gt;") {
			l = strings.TrimPrefix(strings.TrimPrefix(l, "&gt;"), " ")
		}
		if all, is := strings.CutPrefix(l, "&gt;&gt;&gt;"); is { // everything from here on
			rest := strings.Join(append([]string{strings.TrimPrefix(all, " ")}, lines[i+1:]...), "\n")
			return append(blocks, node{kind: quote, kids: parseLines(rest, depth+1)})
		}
		if quoted, is := strings.CutPrefix(l, "&gt;"); is {
			within := []string{strings.TrimPrefix(quoted, " ")}
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "&gt;") {
				i++
				within = append(within, strings.TrimPrefix(strings.TrimPrefix(lines[i], "&gt;"), " "))
			}
			blocks, open = append(blocks, node{kind: quote, kids: parseLines(strings.Join(within, "\n"), depth+1)}), false
			continue
		}
		if m := listed.FindStringSubmatch(l); m != nil {
			n := node{kind: item, kids: parseInline(m[4])}
			n.number, _ = strconv.Atoi(m[3])
			if p := last(item); p != nil {
				n.depth = min(len(m[1])/4, p.depth+1)
			}
			if p := last(item); m[3] != "" && (n.number == 0 || p != nil && p.depth == n.depth && p.number > 0 && p.number != n.number-1) { // answers to questions 1 and 3 stay so
				blocks, open = append(blocks, node{kind: paragraph, kids: parseInline(strings.TrimLeft(l, " "))}), false
				continue
			}
			blocks, open = append(blocks, n), false
			continue
		}
		if strings.TrimSpace(l) == "" {
			open = false
			continue
		}
		l = strings.TrimLeft(l, " ") // more would be code
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

// line is one line of mrkdwn, with all that parsing asks looked up once: a line of marks alone must not cost the square of its length.
type line struct {
	s      string
	ends   map[int]int    // where code and <…> that begin somewhere end
	closes map[byte][]int // for each mark and place, the next mark from there on that can close one; len(s): none
}

func scan(s string) line {
	l := line{s: s, ends: map[int]int{}, closes: map[byte][]int{}}
	inside, last := make([]bool, len(s)), false // last: there is no other `
	for i := 0; i < len(s); {
		end := 0
		switch {
		case s[i] == '`' && !last:
			if n := strings.IndexByte(s[i+1:], '`'); n < 0 {
				last = true
			} else if n > 0 && !strings.HasPrefix(s[i+1:], joiner) && !strings.HasPrefix(s[i+2+n:], joiner) {
				end = i + n + 2
			}
		case s[i] == '<':
			if n := strings.IndexAny(s[i+1:], "<>"); n > 0 && s[i+1+n] == '>' {
				end = i + n + 2
			}
		}
		if end == 0 {
			i++
			continue
		}
		l.ends[i] = end
		for ; i < end; i++ {
			inside[i] = true
		}
	}
	for mark := range marks {
		next, at := make([]int, len(s)+1), len(s)
		next[len(s)] = at
		for i := len(s) - 1; i >= 0; i-- {
			if s[i] == mark && !inside[i] && i > 0 && s[i-1] != mark && !unicode.IsSpace(before(s, i)) && after(s, i+1) != rune(mark) &&
				!strings.HasPrefix(s[i+1:], joiner) && !inWord(after(s, i+1)) {
				at = i
			}
			next[i] = at
		}
		l.closes[mark] = next
	}
	return l
}

// mostNested is how deep marks stand in marks.
const mostNested = 4

// parseInline reads one line.
func parseInline(s string) []node {
	l := scan(s)
	return l.parse(0, len(s), 0)
}

// parse reads a part of the line.
func (l line) parse(from, to, depth int) (nodes []node) {
	var text strings.Builder // words that stand beside each other are one node, joined once
	said := func() {
		if text.Len() > 0 {
			nodes = append(nodes, node{kind: words, text: text.String()})
			text.Reset()
		}
	}
	done := from
	for i := from; i < to; {
		n, end := l.token(i, to, depth)
		if end == 0 {
			i++
			continue
		}
		text.WriteString(raw(l.s[done:i]))
		if n.kind == words {
			text.WriteString(raw(escape(n.text)))
		} else {
			said()
			nodes = append(nodes, n)
		}
		i, done = end, end
	}
	text.WriteString(raw(l.s[done:to]))
	said()
	return nodes
}

// token reads what begins at i and is more than itself, and says where it ends; 0: nothing does.
func (l line) token(i, to, depth int) (n node, end int) {
	s := l.s
	if end = l.ends[i]; end > 0 && end <= to {
		if s[i] == '`' {
			return node{kind: code, text: raw(s[i+1 : end-1])}, end
		}
		return angle(s[i+1 : end-1]), end
	}
	switch c := s[i]; c {
	case ':':
		if m := shortcode.FindStringSubmatch(s[i:min(to, i+longestCode)]); m != nil && !inWord(before(s, i)) && !inWord(after(s, i+len(m[0]))) { // 10:30:45 is none
			if e := emoji(m[1], m[2]); e != "" {
				return node{kind: words, text: e}, i + len(m[0])
			}
		}
	case '*', '_', '~':
		if end := l.closing(i); end > 0 && end < to && depth < mostNested {
			return node{kind: marks[c], kids: l.parse(i+1, end, depth+1)}, end + 1
		}
	default:
		if strings.HasPrefix(s[i:], joiner) || strings.HasPrefix(s[i:], spacer) { // what we put beside marks
			return node{}, i + len(joiner)
		}
	}
	return n, 0
}

// closing is where the mark that opens at i ends, 0 if it opens nothing: marks stand at the edges of words.
func (l line) closing(i int) int {
	s := l.s
	if inWord(before(s, i)) || i+2 >= len(s) || s[i+1] == s[i] || unicode.IsSpace(after(s, i+1)) || strings.HasPrefix(s[i+1:], joiner) {
		return 0
	}
	if end := l.closes[s[i]][i+2]; end < len(s) {
		return end
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
	return unescaping.Replace(s)
}

var unescaping = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// longestCode is what a shortcode with its tone has at most: the rest of a long line need not be looked at for each colon.
const longestCode = 80

var shortcode = regexp.MustCompile(`^:([a-z0-9_+'-]{1,60}):(?::skin-tone-([2-6]):)?`)

var emojis = sync.OnceValue(func() definition.Emojis { return definition.Github() })

// slackNames are emoji that Slack calls otherwise than the table.
var slackNames = map[string]string{
	"thinking_face": "thinking", "rolling_on_the_floor_laughing": "rofl", "hugging_face": "hugs", "face_with_rolling_eyes": "roll_eyes", "star-struck": "star_struck",
	"face_with_hand_over_mouth": "hand_over_mouth", "the_horns": "metal", "hand_with_index_and_middle_fingers_crossed": "crossed_fingers", "nerd_face": "nerd_face", "face_palm": "facepalm",
}

// emoji is the character that a name of Slack's stands for, "" where only the workspace knows it.
func emoji(name, tone string) string {
	if country, is := strings.CutPrefix(name, "flag-"); is && len(country) == 2 && country[0] >= 'a' && country[0] <= 'z' && country[1] >= 'a' && country[1] <= 'z' {
		return string([]rune{0x1F1E6 + rune(country[0]-'a'), 0x1F1E6 + rune(country[1]-'a')})
	}
	if other := slackNames[name]; other != "" {
		name = other
	}
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
	for i, n := range nodes {
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
			if n.kids == nil && alone(b, nodes[i+1:]) {
				b.WriteString(n.url)
				break
			}
			b.WriteString("[")
			if n.kids == nil {
				b.WriteString(literally(n.url, false))
			}
			renderInline(b, n.kids)
			b.WriteString("](" + strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", `\`, "%5C").Replace(n.url) + ")")
		default:
			b.WriteString("\n")
		}
		start = n.kind == newline
	}
}

// alone says whether an address can stand for itself: nothing is beside it that could be taken for a part.
func alone(b *strings.Builder, next []node) bool {
	if r := before(b.String(), b.Len()); r != utf8.RuneError && !unicode.IsSpace(r) && r != '(' {
		return false
	}
	if len(next) == 0 || next[0].kind == newline {
		return true
	}
	return next[0].kind == words && unicode.IsSpace(after(next[0].text, 0))
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
