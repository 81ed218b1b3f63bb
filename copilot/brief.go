package copilot

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/deskbell/deskbell/copilot/linear"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

const (
	pointWords = 40 // of one key point
	mostPoints = 40
)

// Extract is the brief without a model: what the conversation says, word for word, secrets and personal data masked. A nil masker has the
// built-in types.
func Extract(m *Masker, talk []handover.Message) handover.Brief {
	talk = masked(m, talk)
	b := handover.Brief{Summary: Summarise(talk)}
	mood := Frustration(talk)
	b.Frustration, b.Evidence = mood.Level, mood.Evidence
	seen := map[string]bool{}
	for _, t := range talk {
		switch t.From {
		case handover.FromCustomer:
			if courtesy(t.Text) != "" || accepts(t.Text) || declines(t.Text) {
				continue
			}
			point := shorten(t.Text, pointWords)
			if asks := wantsHuman(t.Text) && len(linear.Words(t.Text)) < 10; !asks && len(knowledge.Terms(point)) > 0 {
				b.Wants = point
			}
			if !seen[point] && point != "" && len(b.KeyPoints) < mostPoints {
				seen[point] = true
				b.KeyPoints = append(b.KeyPoints, point)
			}
		case handover.FromBot:
			for _, c := range t.Citations {
				if !seen["tried "+c.Title] {
					seen["tried "+c.Title] = true
					b.Tried = append(b.Tried, c.Title)
				}
			}
		case handover.FromAgent:
		}
	}
	return b
}

// masked is the conversation as a model may see it: the other lines as well.
func masked(m *Masker, talk []handover.Message) []handover.Message {
	out := m.Talk(talk)
	for i, t := range out {
		if t.From != handover.FromCustomer {
			out[i].Text = m.Mask(t.Text)
		}
	}
	return out
}

var numbers = regexp.MustCompile(`\d[\d.,:/-]*\d|\d`)

// Invented are the numbers and names of a text that its sources do not have: what a summary must not say. A name is a capitalised word
// inside a sentence.
func Invented(text string, sources ...string) []string {
	all := strings.ToLower(strings.Join(sources, "\n"))
	known := set(linear.Words(all))
	figures := map[string]bool{}
	for _, n := range numbers.FindAllString(all, -1) {
		figures[digitsOf(n)] = true
	}
	var out []string
	for _, n := range numbers.FindAllString(text, -1) {
		if !figures[digitsOf(n)] {
			out = append(out, n)
		}
	}
	for _, s := range sentencesOf(text) {
		for i, w := range strings.Fields(s) {
			core := strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) })
			if r := []rune(core); i == 0 || len(r) < 2 || !unicode.IsUpper(r[0]) || usual[strings.ToLower(core)] {
				continue
			}
			for _, part := range linear.Words(core) {
				if !known[part] {
					out = append(out, core)
					break
				}
			}
		}
	}
	return out
}

// usual are capitalised words that name nobody of the conversation.
var usual = words(`customer agent bot the they she he it i slack deskbell monday tuesday wednesday thursday friday saturday sunday`)
