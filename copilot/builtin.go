package copilot

import (
	"context"
	"math"
	"regexp"
	"strings"
	"unicode"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

// answer is the passage that answers the question best, word for word, with the probability that it does.
func answer(question string, found []knowledge.Passage) (text string, sure float64, citations []handover.Citation) {
	if len(found) == 0 || found[0].Coverage == 0 {
		return "", 0, nil
	}
	best := found[0]
	next := 0.0
	if len(found) > 1 {
		next = found[1].BM25
	}
	sure = confidence(best, next)
	text = excerpt(question, best.Text)
	if best.URL != "" {
		text += "\n\n[" + strings.NewReplacer("[", "(", "]", ")").Replace(best.Title) + "](" + best.URL + ")"
	}
	c := cite(best)
	c.Score = sure
	return text, sure, []handover.Citation{c}
}

// confidence is high when the passage has the question's content words, more of them than another article has. A question of one
// word says little: 0.65 at most.
func confidence(p knowledge.Passage, next float64) float64 {
	sure := math.Pow(p.Coverage, 1.2) * (1 - math.Pow(0.35, float64(max(1, p.Terms))))
	if p.BM25 > 0 && next/p.BM25 > 0.9 {
		sure *= 0.85 // two articles fit as well: it may be the other
	}
	return min(0.97, sure)
}

// excerptWords is how long an answer may be.
const excerptWords = 70

// excerpt is the passage or, of a long one, the sentences from the best on.
func excerpt(question, text string) string {
	if len(strings.Fields(text)) <= excerptWords {
		return text
	}
	want := map[string]bool{}
	for _, t := range knowledge.Terms(question) {
		want[t] = true
	}
	sentences := sentence.FindAllString(text, -1)
	best, most := 0, -1
	for i, s := range sentences {
		n := 0
		for _, t := range knowledge.Terms(s) {
			if want[t] {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	var out strings.Builder
	for _, s := range sentences[best:] {
		if out.Len() > 0 && len(strings.Fields(out.String()+s)) > excerptWords {
			break
		}
		out.WriteString(s)
	}
	return strings.TrimSpace(out.String())
}

var sentence = regexp.MustCompile(`(?s).+?(?:[.!?](?:\s+|$)|\n+|$)`)

// --- what the customer wants of us

var (
	yes      = regexp.MustCompile(`^(?:yes|yeah|yep|yup|sure|ok|okay|please|please do|yes please|go ahead|do it|of course|absolutely|ja|ja bitte|bitte|sí|si|oui|graag)\b.{0,20}$`)
	noThanks = regexp.MustCompile(`^(?:no|nope|nah|no thanks|no thank you|not now|not needed|nein|nein danke|non|nee)\b.{0,20}$`)
	settled  = regexp.MustCompile(`\b(?:solved|resolved|sorted|fixed it|it works now|works now|that worked|problem is gone|found it|never ?mind|no longer need|don'?t need (?:it|help|anyone) any ?more|all good now|that'?s all)\b`)
	greeting = regexp.MustCompile(`^(?:hi|hello|hey|good (?:morning|afternoon|evening)|hallo|hola|bonjour|guten tag|moin)(?: there| all)?[\s!.,]*$`)
	thanks   = regexp.MustCompile(`^(?:ok(?:ay)?,? )?(?:thanks?|thank you|thx|cheers|great|perfect|danke|gracias|merci|bedankt)(?: you)?(?: so much| very much| a lot| schön)?[\s!.,]*(?:bye|goodbye)?[\s!.]*$`)
)

func flat(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("’", "'", "\n", " ").Replace(strings.ToLower(s))), " ")
}

func accepts(s string) bool { return yes.MatchString(flat(s)) }

func declines(s string) bool { return noThanks.MatchString(flat(s)) }

func solved(s string) bool { return settled.MatchString(flat(s)) && !strings.Contains(flat(s), "not ") }

// courtesy is the reply to a greeting or to thanks; "" when there is more in it.
func courtesy(s string) string {
	switch s = flat(s); {
	case greeting.MatchString(s):
		return "Hello! What can I do for you?"
	case thanks.MatchString(s):
		return "You're welcome!"
	}
	return ""
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

var marks = map[string]map[string]bool{
	"en": words("the is are you what how my to and of in it for can do not have with this i"),
	"de": words("der die das ist sind ich sie wie was mein nicht und zu mit kann haben für ein eine bitte"),
	"es": words("el la los es son que como mi no y de en con puedo tengo para una un por quiero"),
	"fr": words("le la les est sont que comment mon ma ne pas et de avec je vous pour une un où"),
	"nl": words("de het een is zijn ik u hoe wat mijn niet en met kan hebben voor waar graag"),
}

func words(s string) map[string]bool { return set(strings.Fields(s)) }

// language is the one whose small words occur most, else the one that the customer's side named, else en.
func language(s, named string) string {
	counts := map[string]int{}
	for w := range strings.FieldsSeq(flat(s)) {
		w = strings.Trim(w, ".,!?;:")
		for l, m := range marks {
			if m[w] {
				counts[l]++
			}
		}
	}
	best, most := "", 1
	for _, l := range []string{"en", "de", "es", "fr", "nl"} {
		if counts[l] > most {
			best, most = l, counts[l]
		}
	}
	if best == "" {
		if best, _, _ = strings.Cut(strings.ToLower(named), "-"); len(best) != 2 {
			best = "en"
		}
	}
	return best
}

// intents recognises by the nearest example.
type intents struct {
	names   []string
	vectors [][]float32
	embed   knowledge.Hashed
}

func learn(examples map[string][]string) intents {
	in := intents{embed: knowledge.NewHashed(512)}
	for name, texts := range examples {
		vectors, _ := in.embed.Embed(context.Background(), texts) // never fails
		for _, v := range vectors {
			in.names, in.vectors = append(in.names, name), append(in.vectors, v)
		}
	}
	return in
}

// intentAt is how near an example must be.
const intentAt = 0.45

func (in intents) of(text string) string {
	if len(in.names) == 0 {
		return ""
	}
	v, _ := in.embed.Embed(context.Background(), []string{text})
	best, near := "", intentAt
	for i, e := range in.vectors {
		var dot float64
		for j := range e {
			dot += float64(e[j]) * float64(v[0][j])
		}
		if dot > near || dot == near && in.names[i] < best {
			best, near = in.names[i], dot
		}
	}
	return best
}

// summarise picks what the conversation is about: the first line with content, the newest one, and what the bot answered with.
func summarise(talk []handover.Message) (summary, wants string, points, tried []string) {
	for _, m := range talk {
		switch m.From {
		case handover.FromCustomer:
			if courtesy(m.Text) == "" && !wantsHuman(m.Text) && !accepts(m.Text) && !declines(m.Text) && len(knowledge.Terms(m.Text)) > 0 {
				points = append(points, shorten(m.Text, 40))
			}
		case handover.FromBot:
			for _, c := range m.Citations {
				tried = append(tried, c.Title)
			}
		case handover.FromAgent:
		}
	}
	if len(points) == 0 {
		if summary = shorten(customerText(talk), 40); summary == "" {
			summary = "The customer has not said what it is about."
		}
		return summary, "", nil, tried
	}
	wants = points[len(points)-1]
	summary = points[0]
	if wants != summary {
		summary += " … " + wants
	}
	return shorten(summary, 60), wants, points[max(0, len(points)-5):], tried
}

// shorten keeps the first n words.
func shorten(s string, n int) string {
	w := strings.Fields(s)
	if len(w) <= n {
		return strings.Join(w, " ")
	}
	return strings.Join(w[:n], " ") + " …"
}
