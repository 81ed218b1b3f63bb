// Package needle has regular expressions that look first for the words of which every match has one: most texts have none of them, and looking for words
// is ten times as fast.
package needle

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Regexp is a regexp.Regexp that says no to a text without its needles.
type Regexp struct {
	*regexp.Regexp
	Needles []string // texts of which each match has at least one; none: every text may match
}

// MustCompile is regexp's.
func MustCompile(expr string) *Regexp {
	r := regexp.MustCompile(expr)
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		panic(err) // regexp has read the same
	}
	all := needlesOf(parsed.Simplify())
	slices.SortFunc(all, func(a, b string) int { return len(a) - len(b) })
	var few []string // without those that have another in them
	for _, w := range all {
		if !slices.ContainsFunc(few, func(f string) bool { return strings.Contains(w, f) }) {
			few = append(few, w)
		}
	}
	return &Regexp{r, few}
}

// May is whether a text may match.
func (r *Regexp) May(s string) bool {
	return len(r.Needles) == 0 || slices.ContainsFunc(r.Needles, func(w string) bool { return strings.Contains(s, w) })
}

// MatchString is regexp's.
func (r *Regexp) MatchString(s string) bool { return r.May(s) && r.Regexp.MatchString(s) }

// ReplaceAllString is regexp's.
func (r *Regexp) ReplaceAllString(s, by string) string {
	if !r.May(s) {
		return s
	}
	return r.Regexp.ReplaceAllString(s, by)
}

// mostRunes of a class are named one by one.
const mostRunes = 16

// needlesOf are texts of which each match has at least one; nil when none can be named.
func needlesOf(r *syntax.Regexp) []string {
	switch r.Op {
	case syntax.OpLiteral:
		if r.Flags&syntax.FoldCase == 0 {
			return []string{string(r.Rune)}
		}
	case syntax.OpCharClass:
		var all []string
		for i := 0; i < len(r.Rune); i += 2 {
			for c := r.Rune[i]; c <= r.Rune[i+1]; c++ {
				if all = append(all, string(c)); len(all) > mostRunes {
					return nil
				}
			}
		}
		return all
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
