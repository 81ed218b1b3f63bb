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
	b.Entities = entities(talk)
	seen := map[string]bool{}
	for _, t := range talk {
		switch t.From {
		case handover.FromCustomer:
			if courteous(t.Text) {
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

// mostEntities is how many a card has room for.
const mostEntities = 12

// entity is what of a customer's words a colleague would look up or reckon with: an amount with its currency, a date, a time, or a code — letters
// and digits, at least two digits — with the noun before it.
var entity = regexp.MustCompile(`(?i)(?:\b\p{L}{3,20} (?:(?:no\.?|nr\.?|number|nummer|is|ist|:) )?)?(?:` +
	`[€$£] ?\d(?:[\d.,]*\d)?|\b\d(?:[\d.,]*\d)? ?(?:(?:eur|euros?|dollars?|usd|pounds?|gbp)\b|€|£|\$)` +
	`|\b(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d\d)?|\d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|\d{1,2}:\d\d(?: ?[ap]m)?)` +
	`|#?\b[\p{L}-]{0,6}\d[\p{L}\d-]*\d\b)`)

// entities are those that the customer named, each once, in order.
func entities(talk []handover.Message) []string {
	var out []string
	seen := map[string]bool{}
	for _, t := range talk {
		if t.From != handover.FromCustomer {
			continue
		}
		for _, e := range entity.FindAllString(t.Text, -1) {
			noun, code, two := strings.Cut(e, " ")
			if two && len(knowledge.Terms(noun+" 1")) == 1 { // a function word is no name for it
				e = code
			}
			if key := strings.ToLower(e); !seen[key] && len(out) < mostEntities {
				seen[key] = true
				out = append(out, e)
			}
		}
	}
	return out
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
