package copilot

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// needled is a regular expression with the words of which every match has one: most texts have none of them, and looking for words is ten times as fast.
type needled struct {
	*regexp.Regexp
	needles []string // none: each text may match
}

func compile(expr string) *needled {
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		panic(err) // it is ours
	}
	n := &needled{regexp.MustCompile(expr), needlesOf(parsed.Simplify())}
	slices.SortFunc(n.needles, func(a, b string) int { return len(a) - len(b) })
	var few []string // without those that have another in them
	for _, w := range n.needles {
		if !slices.ContainsFunc(few, func(f string) bool { return strings.Contains(w, f) }) {
			few = append(few, w)
		}
	}
	n.needles = few
	return n
}

// may is whether a text may match.
func (n *needled) may(s string) bool {
	return len(n.needles) == 0 || slices.ContainsFunc(n.needles, func(w string) bool { return strings.Contains(s, w) })
}

// MatchString is regexp's.
func (n *needled) MatchString(s string) bool { return n.may(s) && n.Regexp.MatchString(s) }

// ReplaceAllString is regexp's.
func (n *needled) ReplaceAllString(s, by string) string {
	if !n.may(s) {
		return s
	}
	return n.Regexp.ReplaceAllString(s, by)
}

// needlesOf are texts of which each match has at least one; nil when none can be named.
func needlesOf(r *syntax.Regexp) []string {
	switch r.Op {
	case syntax.OpLiteral:
		if r.Flags&syntax.FoldCase == 0 {
			return []string{string(r.Rune)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needlesOf(r.Sub[0])
	case syntax.OpConcat: // the part whose shortest is the longest
		var best []string
		for _, part := range r.Sub {
			if found := needlesOf(part); shortest(found) > shortest(best) {
				best = found
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, part := range r.Sub {
			found := needlesOf(part)
			if found == nil {
				return nil
			}
			all = append(all, found...)
		}
		return all
	}
	return nil
}

func shortest(all []string) int {
	least := 0
	for i, s := range all {
		if i == 0 || len(s) < least {
			least = len(s)
		}
	}
	return least
}
