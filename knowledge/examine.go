package knowledge

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Finding is something in an article that somebody should look at.
type Finding struct {
	Source, Key string
	What        string
}

// Examiner looks at the articles as a whole: what is too long or empty, what is said twice, what contradicts itself, what is not in the language that it
// claims to be in. See takes the sections in the order of Base.Each; Findings is what there is to say in the end.
type Examiner struct {
	findings []Finding
	said     map[[2]string]spot   // by language and text, where it is said
	answers  map[[2]string][]spot // by language and question, what answers it
	article  [2]string            // that is looked at: its source and key
	headings map[string]int       // of that article
}

// spot is where a section stands.
type spot struct {
	source, key, name string
	figures           []string
}

func (p spot) String() string { return fmt.Sprintf("%s, %s (%s)", p.source, p.key, p.name) }

const (
	// longSection is how many words a section has of which only parts are read at a time, and are too many for anybody who asks.
	longSection = 800
	// fewestWords is how many words say something.
	fewestWords = 3
	// tellingWords is how many words tell their language for sure.
	tellingWords = 40
	// mostFigures are named of a contradiction.
	mostFigures = 5
)

// See looks at a section.
func (x *Examiner) See(h Hit) {
	if x.said == nil {
		x.said, x.answers = map[[2]string]spot{}, map[[2]string][]spot{}
	}
	add := func(format string, a ...any) {
		x.findings = append(x.findings, Finding{h.Source, h.Key, fmt.Sprintf(format, a...)})
	}
	if at := [2]string{h.Source, h.Key}; x.article != at {
		x.article, x.headings = at, map[string]int{}
	}
	name := h.Heading
	if name == "" {
		name = h.Title
	}
	if x.headings[h.Heading]++; x.headings[h.Heading] == 2 && h.Heading != "" {
		add("several sections have the heading %q", brief(h.Heading))
	}
	words := tokens(h.Whole)
	switch n := len(words); {
	case n < fewestWords && !figure.MatchString(h.Whole) && !strings.HasSuffix(name, "?"): // "No." answers a question, "9 EUR" tells a price
		add("%q says next to nothing: %q", brief(name), brief(h.Whole))
		return
	case n > longSection:
		add("%q has %d words: cut it with headings, of a section of more than %d nobody finds what they look for", brief(name), n, longSection)
	}
	if l := Language(h.Whole); l != "" && h.Language != "" && l != h.Language && len(words) >= tellingWords {
		add("%q seems to be in another language (%s) than its article says (%s)", brief(name), l, h.Language)
	}
	at := spot{h.Source, h.Key, brief(name), figuresOf(h.Whole)}
	same := [2]string{h.Language, strings.Join(words, " ")}
	if first, known := x.said[same]; known {
		add("%q says the same as %s", brief(name), first)
		return
	}
	x.said[same] = at
	question := Terms(h.Title + " " + h.Heading)
	slices.Sort(question)
	asked := [2]string{h.Language + " " + string(h.Audience), strings.Join(slices.Compact(question), " ")}
	for _, other := range x.answers[asked] {
		if other.source == h.Source && other.key == h.Key {
			continue // of one article under one heading: that is said above
		}
		if here, there := without(at.figures, other.figures), without(other.figures, at.figures); len(here) > 0 && len(there) > 0 {
			add("%q has other figures than %s: %s here, %s there", brief(name), other, strings.Join(here, ", "), strings.Join(there, ", "))
			break
		}
	}
	x.answers[asked] = append(x.answers[asked], at)
}

// Findings is what somebody should look at.
func (x *Examiner) Findings() []Finding { return x.findings }

var figure = regexp.MustCompile(`\d+(?:[.,:]\d+)*`)

// figuresOf are the numbers of a text, each once, but for those of its lists.
func figuresOf(text string) (all []string) {
	for _, line := range strings.Split(text, "\n") {
		if m := itemLine.FindString(line); m != "" {
			line = line[len(m):]
		}
		for _, f := range figure.FindAllString(line, -1) {
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	return all
}

func without(all, others []string) (out []string) {
	for _, f := range all {
		if !slices.Contains(others, f) && len(out) < mostFigures {
			out = append(out, f)
		}
	}
	return out
}

// brief is the beginning of a text, on one line.
func brief(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
