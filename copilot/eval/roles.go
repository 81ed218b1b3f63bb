package eval

import (
	"strings"
	"unicode"

	"github.com/deskbell/deskbell/handover"
)

// Roles gives lines without speakers the likeliest: "Name: " where lines have it; a handle that lines are addressed to (the customer writes
// to it); else in turns. The first line is the customer's.
func Roles(lines []string) []handover.Message {
	firsts := map[string]int{}
	for _, l := range lines {
		if f := strings.Fields(l); len(f) > 1 {
			firsts[f[0]]++
		}
	}
	handle := ""
	for i, l := range lines {
		f := strings.Fields(l)
		if i == 0 || len(f) < 1 {
			continue
		}
		w := f[0]
		if (firsts[w] >= 2 && capital(w) || inner(w)) && firsts[w] > firsts[handle] {
			handle = w
		}
	}
	if f := strings.Fields(lines[0]); handle == "" && len(f) > 0 && inner(f[0]) {
		handle = f[0]
	}
	speaker := ""
	talk := make([]handover.Message, len(lines))
	for i, l := range lines {
		from := handover.FromAgent
		name, rest, named := strings.Cut(l, ": ")
		switch {
		case named && strings.HasPrefix(name, "#"):
			if speaker == "" {
				speaker = name
			}
			if name == speaker {
				from = handover.FromCustomer
			}
			l = rest
		case i == 0:
			from = handover.FromCustomer
			if handle != "" {
				l = strings.TrimPrefix(l, handle+" ")
			}
		case handle != "" && strings.HasPrefix(l, handle+" "):
			from, l = handover.FromCustomer, strings.TrimPrefix(l, handle+" ")
		case handle == "" && i%2 == 0:
			from = handover.FromCustomer
		}
		talk[i] = handover.Message{From: from, Text: l}
	}
	return talk
}

func capital(w string) bool { return w != "" && unicode.IsUpper([]rune(w)[0]) }

// inner is a capital inside a word: "AskeBay".
func inner(w string) bool {
	r := []rune(w)
	for i := 1; i < len(r); i++ {
		if unicode.IsUpper(r[i]) && unicode.IsLower(r[i-1]) {
			return true
		}
	}
	return false
}
