// Package markdown keeps what a parser of Markdown costs in proportion to the text: it takes the square of nested quotes and lists, and of
// unfinished links, which nobody writes but to do harm.
package markdown

import (
	"strings"
	"unicode"
)

// The bounds: how deep quotes and lists may nest, and how many bytes without a space may be anything but words.
const (
	deepest = 12
	longest = 2048
)

// Bounded is a text that a parser reads in time: quotes and lists nested deeper than anybody's are words from there on. A text with a longer run
// without a space than any address has is no Markdown; its second value is false.
func Bounded(text string) (string, bool) {
	run := 0
	for i := range len(text) {
		if run++; text[i] == ' ' || text[i] == '\n' || text[i] == '\t' {
			run = 0
		} else if run > longest {
			return text, false
		}
	}
	if !strings.ContainsAny(text, ">-*+.)") {
		return text, true
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		at := containers(line)
		b.WriteString(line[:at])
		if at < len(line) {
			if at > 0 && line[at-1] != '\n' && nested(line[:at]) == deepest {
				b.WriteByte('\\')
			}
			b.WriteString(line[at:])
		}
	}
	return b.String(), true
}

// containers is where, in a line, the marks of quotes and list items end, the deepest allowed at most.
func containers(line string) int {
	at := 0
	for n := 0; n < deepest; {
		rest := strings.TrimLeft(line[at:], " \t")
		mark := markAt(rest)
		if mark == 0 {
			break
		}
		at = len(line) - len(rest) + mark
		n++
	}
	return at
}

// nested is how many marks a line's beginning has.
func nested(head string) (n int) {
	for {
		head = strings.TrimLeft(head, " \t")
		mark := markAt(head)
		if mark == 0 {
			return n
		}
		head = head[mark:]
		n++
	}
}

// markAt is how long the mark of a quote or an item is that a text begins with; 0: it begins with none.
func markAt(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case '>':
		return 1
	case '-', '*', '+':
		if len(s) > 1 && (s[1] == ' ' || s[1] == '\t') {
			return 2
		}
		return 0
	}
	n := strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsDigit(r) })
	if n < 1 || n > 9 || len(s) < n+2 || s[n] != '.' && s[n] != ')' || s[n+1] != ' ' && s[n+1] != '\t' {
		return 0
	}
	return n + 2
}
