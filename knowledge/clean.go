package knowledge

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Clean is a text in the form in which questions and articles are compared: letters with their accents in one (NFC), Latin of one width, spaces and hyphens
// that are no others, one apostrophe inside words, and nothing that nobody sees. Line breaks stay.
func Clean(s string) string {
	if !odd(s) {
		return s
	}
	in := []rune(norm.NFC.String(s))
	out := make([]rune, 0, len(in))
	code := strings.Count(s, "`") > 1
	for i, r := range in {
		switch {
		case r == '\u00ad' || r == '\u200b' || r == '\u2060' || r == '\ufeff' || r == '\u200e' || r == '\u200f': // soft hyphen, no width, marks of direction
			continue
		case r == '\u2010' || r == '\u2011':
			r = '-'
		case r >= '\uff01' && r <= '\uff5e' && (unicode.IsLetter(r) || unicode.IsDigit(r)): // ASCII in the width of Chinese signs
			r -= 0xfee0
		case r == '`' && code:
		case apostrophe(r) && i > 0 && i+1 < len(in) && unicode.IsLetter(in[i-1]) && unicode.IsLetter(in[i+1]):
			r = '’'
		case r != ' ' && unicode.Is(unicode.Zs, r):
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}

func apostrophe(r rune) bool {
	return r == 'ʼ' || r == '´' || r == '`' || r == '′' || r == '‘' || r == '＇'
}

// odd is whether a text may have anything that Clean changes: most have not.
func odd(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == '`' || c >= 0x80 {
			return strings.ContainsFunc(s[i:], func(r rune) bool {
				return r == '`' || r == '´' || r == 0xa0 || r == 0xad || r >= 0x2b0 && (r < 0x370 || r >= 0x1e00)
			}) || !norm.NFC.IsNormalString(s[i:])
		}
	}
	return false
}

// cleaned is an article whose texts are.
func cleaned(a Article) Article {
	a.Title = Clean(a.Title)
	sections := make([]Section, len(a.Sections))
	for i, s := range a.Sections {
		sections[i] = Section{Clean(s.Heading), Clean(s.Text)}
	}
	if a.Sections != nil {
		a.Sections = sections
	}
	return a
}
