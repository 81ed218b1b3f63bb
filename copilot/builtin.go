package copilot

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

// answer is the passage that answers the question best, word for word, with the probability that it does.
func answer(question string, found []knowledge.Passage) (text string, sure float64, citations []handover.Citation) {
	if len(found) == 0 || found[0].Signs[1] == 0 && found[0].Coverage == 0 || strings.TrimSpace(found[0].Whole) == "" {
		return "", 0, nil
	}
	best := found[0]
	sure = Confidence(found)
	text = Excerpt(question, best) + source(best)
	c := cite(best)
	c.Text, c.Score = text, sure // what is quoted, not the window that search found it by
	return text, sure, []handover.Citation{c}
}

// excerptWords is how long an answer may be.
const excerptWords = 70

// excerpt is the passage or, of one of more words, the sentences from the best on.
func excerpt(question, text string, words int) string {
	if len(strings.Fields(text)) <= words {
		return text
	}
	want := map[string]bool{}
	for _, t := range knowledge.Terms(question) {
		want[t] = true
	}
	pieces := knowledge.Pieces(text)
	if len(pieces) == 0 {
		return text
	}
	best, most := 0, -1
	for i, p := range pieces {
		n := 0
		for _, t := range knowledge.Terms(text[p.Start:p.End]) {
			if want[t] {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return nearby(text, pieces[best], words)
}

var sentence = regexp.MustCompile(`(?s).+?(?:[.!?](?:\s+|$)|\n+|$)`)

// --- what the customer wants of us

func flat(s string) string {
	return strings.Join(strings.Fields(flattening.Replace(strings.ToLower(s))), " ")
}

var flattening = strings.NewReplacer("’", "'", "\n", " ")

// accepts is whether a text only says yes.
func accepts(s string) bool { return hear(s).only&sayYes != 0 && !declines(s) }

// declines is whether it only says no, or not now.
func declines(s string) bool {
	only := hear(s).only
	return only&(sayNo|sayLater) != 0 && only&sayYes == 0
}

// courteous is whether a text says nothing that an answer could be looked up for.
func courteous(s string) bool {
	h := hear(s)
	return h.emoji || h.only != 0
}

// greets is whether a text is a greeting, thanks or a goodbye alone: "no" and "ok" answer a question.
func greets(s string) bool {
	only := hear(s).only
	return only != 0 && only&^(sayHello|sayThanks|sayBye|sayOK) == 0 && only&(sayHello|sayThanks|sayBye) != 0
}

// --- words

func shouting(s string) bool {
	upper, letters := 0, 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	return letters >= 8 && float64(upper) > 0.7*float64(letters)
}

func set(terms []string) map[string]bool {
	m := map[string]bool{}
	for _, t := range terms {
		m[t] = true
	}
	return m
}

// --- language, intent, summary

// language is the text's own, else the one that the customer's side named, else en.
func language(s, named string) string {
	if l := knowledge.Language(s); l != "" {
		return l
	}
	if l, _, _ := strings.Cut(strings.ToLower(named), "-"); len(l) == 2 {
		return l
	}
	return "en"
}

// shorten keeps the first n words.
func shorten(s string, n int) string {
	w := strings.Fields(s)
	if len(w) <= n {
		return strings.Join(w, " ")
	}
	return strings.Join(w[:n], " ") + " …"
}
