package copilot

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

// Draft proposes an answer to what the customer asked last, from the articles that are for customers; an empty one when they have nothing on
// it. What the bot or an agent has said is not said again. heard, which may be nil, hears the text grow while a model writes it.
func (c *Copilot) Draft(ctx context.Context, conv handover.Conversation, talk []handover.Message, style handover.Style, heard func(text string)) (handover.Draft, error) {
	talk = slices.DeleteFunc(slices.Clone(talk), func(m handover.Message) bool { // what the team notes is not for customers
		return m.Deleted || m.Text == "" || m.Visibility == handover.Internal || m.Visibility == handover.Pending
	})
	q := draftQuestion{text: lastQuestion(talk), language: language(customerText(talk), conv.Language), style: handover.StyleOf(string(style.Tone), string(style.Length)), said: said(talk)}
	all, err := c.search(ctx, q.text, true)
	if err != nil {
		return handover.Draft{}, err
	}
	var found []knowledge.Passage
	var internal []handover.Citation
	for _, p := range all {
		switch {
		case p.Audience != knowledge.Internal:
			found = append(found, p)
		case p.Coverage > 0 && len(internal) < 3:
			internal = append(internal, cite(p))
		}
	}
	d := quote(q, found)
	if c.model != nil {
		v, talk := c.masked(conv.Contact, talk)
		c.compose(ctx, &d, q, masked(c.o.Masker, talk), found, heard, v)
	}
	d.Internal = internal
	d.Text = dressed(d.Text, q, conv.Contact, talk)
	return d, nil
}

// draftQuestion is what a draft answers, and how.
type draftQuestion struct {
	text, language string
	style          handover.Style
	said           []string // what the bot and the agents have said
}

func (q draftQuestion) words() int {
	return map[handover.Length]int{handover.LengthShort: 30, handover.LengthMedium: excerptWords, handover.LengthLong: 150}[q.style.Length]
}

func said(talk []handover.Message) []string {
	var out []string
	for _, m := range talk {
		if m.From != handover.FromCustomer {
			out = append(out, m.Text)
		}
	}
	return out
}

// nextBest is how sure the copilot must be of a passage that is not the best, when all that the best says has been said.
const nextBest = 0.3

// quote is the draft without a model: the best passage that has something new to say, word for word or, where all has been said, a question
// what of it does not fit.
func quote(q draftQuestion, found []knowledge.Passage) handover.Draft {
	var d handover.Draft
	var repeated *knowledge.Passage
	for i, p := range found[:min(len(found), passages)] {
		sure := Confidence(slices.Insert(slices.Delete(slices.Clone(found), i, i+1), 0, p)) // beside all the others
		if p.Coverage == 0 || strings.TrimSpace(p.Whole) == "" || i > 0 && (repeated == nil || sure < nextBest) {
			continue
		}
		whole := withoutCommands(p.Whole)
		if whole == "" {
			continue
		}
		text := handover.Unmarkable(excerpt(q.text, unsaid(whole, q.said), q.words()))
		if text == "" {
			if d.Notes = append(d.Notes, fmt.Sprintf("What “%s” says has been said already.", p.Title)); repeated == nil {
				repeated = &found[i]
			}
			continue
		}
		d.Citations = []handover.Citation{{Title: p.Title, URL: p.URL, Text: text, Score: sure}}
		d.Text, d.Unsupported = marked(text+source(p), d.Citations)
		d.Notes = append(d.Notes, foreign(q.language, d.Citations)...)
		return d
	}
	if p := repeated; p != nil {
		d.Citations = []handover.Citation{{Title: p.Title, URL: p.URL, Text: p.Whole, Score: Confidence(found)}}
		d.Text = mannersOf(q.language).given
	}
	return d
}

// source is the link to a passage's article, on a line of its own.
func source(p knowledge.Passage) string {
	if p.URL == "" {
		return ""
	}
	return "\n\n[" + strings.NewReplacer("[", "(", "]", ")").Replace(p.Title) + "](" + p.URL + ")"
}

// foreign notes that articles are in another language than the customer's.
func foreign(customers string, citations []handover.Citation) (notes []string) {
	for _, c := range citations {
		if l := knowledge.Language(c.Text); l != "" && l != customers {
			notes = append(notes, fmt.Sprintf("“%s” is in %s, the customer writes %s: compare the two.", c.Title, strings.ToUpper(l), strings.ToUpper(customers)))
		}
	}
	return notes
}

// compose lets the model word the draft from the passages. What it may not say — a link that no passage has, words to a model, only what has been
// said — leaves the built-in draft.
func (c *Copilot) compose(ctx context.Context, d *handover.Draft, q draftQuestion, talk []handover.Message, found []knowledge.Passage, heard func(string), v *mask) {
	type answer struct {
		Text    string
		Sources []int
	}
	found = slices.Clone(found[:min(len(found), passages)])
	for i, p := range found {
		found[i].Text = excerpt(q.text, withoutCommands(p.Whole), 200)
	}
	harmless := func(text string, of []knowledge.Passage) bool {
		var urls []string
		for _, p := range of {
			urls = append(urls, p.URL)
		}
		return onlyLinks(text, urls...) && Suspicion(text) == 0
	}
	var growing func([]byte)
	if heard != nil {
		var last time.Time
		growing = func(soFar []byte) {
			if time.Since(last) < heardEvery {
				return
			}
			last = time.Now()
			var a answer
			if b, err := repaired(soFar); err == nil && json.Unmarshal(b, &a) == nil && a.Text != "" && harmless(a.Text, found) {
				heard(v.lift(a.Text, shownToTeam...))
			}
		}
	}
	var a answer
	if !c.ask(ctx, "draft", quoted(talk, found, &q.style), drafting, &a, growing) {
		return
	}
	var sources []knowledge.Passage
	var citations []handover.Citation
	for _, n := range a.Sources {
		if n >= 1 && n <= len(found) && len(sources) < passages {
			sources = append(sources, found[n-1])
			citations = append(citations, cite(found[n-1]))
		}
	}
	a.Text = v.lift(a.Text, shownToTeam...)
	text := unsaid(salutation.ReplaceAllString(strings.TrimSpace(handover.Unmarked(a.Text, 99)), ""), q.said)
	if text == "" || !harmless(text, sources) {
		return
	}
	*d = handover.Draft{Citations: citations, Notes: foreign(q.language, citations)}
	d.Text, d.Unsupported = marked(text, citations)
}

// heardEvery is how often a growing draft is read.
const heardEvery = 200 * time.Millisecond

// salutation is how a model greets although it should not: we do.
var salutation = regexp.MustCompile(`^(?i:hi|hello|hey|dear|hallo|guten tag|hola|estimad[oa]|bonjour|beste|goedendag)\b[^\n.?]{0,40}[,!:]\s*\n+`)

// unsaid is a text without the sentences that have been said; "" when too little is left to say anything.
func unsaid(text string, said []string) string {
	var before []map[string]bool
	for _, s := range said {
		for _, x := range sentence.FindAllString(s, -1) {
			before = append(before, set(knowledge.Terms(x)))
		}
	}
	var b strings.Builder
	dropped, left := false, 0
	for _, s := range sentence.FindAllString(text, -1) {
		terms := knowledge.Terms(s)
		if slices.ContainsFunc(before, func(said map[string]bool) bool { return repeats(terms, said) }) {
			dropped = true
			continue
		}
		left += len(terms)
		b.WriteString(s)
	}
	if dropped && left < 3 {
		return ""
	}
	return strings.TrimSpace(b.String())
}

// repeats says whether a sentence says what one before it said: seven eighths of its content words, and every number.
func repeats(terms []string, said map[string]bool) bool {
	if len(terms) < 3 {
		return false
	}
	n := 0
	for _, t := range terms {
		switch {
		case said[t]:
			n++
		case numbers.MatchString(t):
			return false
		}
	}
	return 8*n >= 7*len(terms)
}

// marked puts [1] … [n] behind what the nth citation bears out, and returns the sentences that none does. It is our own reading, not the model's
// word: a sentence is borne out by a text that has at least half its content words, and every number. Of a citation in another language only
// numbers and names can be compared.
func marked(text string, citations []handover.Citation) (string, []string) {
	known := make([]map[string]bool, len(citations))
	own := knowledge.Language(text)
	var b strings.Builder
	var unsupported []string
	run, ends := 0, 0 // the citation that bears out what was last written, and where that ends
	flush := func() {
		if run > 0 {
			head, tail := b.String()[:ends], b.String()[ends:]
			b.Reset()
			b.WriteString(head + fmt.Sprintf(" [%d]", run) + tail)
		}
		run = 0
	}
	for i, c := range citations {
		known[i] = set(knowledge.Terms(c.Title + "\n" + c.Text))
	}
	fenced := false
	for _, s := range sentence.FindAllString(text, -1) {
		line := strings.TrimSpace(s)
		fence := strings.HasPrefix(line, "```")
		terms := knowledge.Terms(s)
		if plain := !fenced && !fence && len(terms) >= 3 && !linkLine.MatchString(line) && !strings.HasPrefix(line, "|"); plain {
			best := bearer(line, terms, own, citations, known)
			if best != run {
				flush()
			}
			if best == 0 && !strings.HasSuffix(line, "?") {
				unsupported = append(unsupported, line)
			}
			run, ends = best, b.Len()+len(strings.TrimRight(s, " \t\n"))
		} else if fence {
			flush()
			fenced = !fenced
		}
		b.WriteString(s)
		if strings.Contains(s, "\n\n") {
			flush()
		}
	}
	flush()
	return b.String(), unsupported
}

var linkLine = regexp.MustCompile(`^\[[^\]]*\]\([^)]*\)$`)

// bearer is the number, from 1, of the citation that bears a sentence out best; 0: none.
func bearer(s string, terms []string, language string, citations []handover.Citation, known []map[string]bool) int {
	best, most := 0, 0
	for i, c := range citations {
		n := 0
		for _, t := range terms {
			if known[i][t] {
				n++
			}
		}
		source := c.Title + "\n" + c.Text + "\n" + c.URL
		invented := Invented(strings.Join(numbers.FindAllString(s, -1), " "), source)
		if l := knowledge.Language(c.Text); l != "" && language != "" && l != language {
			n = max(n, (len(terms)+1)/2)
			invented = Invented(s, source)
		}
		if 2*n >= len(terms) && n > most && len(invented) == 0 {
			best, most = i+1, n
		}
	}
	return best
}

// manners are how a language greets and ends.
type manners struct{ friendly, formal, unnamed, end, given string }

var mannersIn = map[string]manners{
	"en": {"Hi%s,", "Dear%s,", "Good day,", "Kind regards", "I see that this is not settled yet. What exactly is still open?"},
	"de": {"Hallo%s,", "Guten Tag%s,", "Guten Tag,", "Freundliche Grüße", "Ich sehe, dass das noch nicht geklärt ist. Was genau ist noch offen?"},
	"es": {"Hola%s:", "Estimado/a%s:", "Buenos días:", "Un cordial saludo", "Veo que esto aún no está resuelto. ¿Qué queda pendiente exactamente?"},
	"fr": {"Bonjour%s,", "Bonjour%s,", "Bonjour,", "Cordialement", "Je vois que ce n'est pas encore réglé. Que reste-t-il à éclaircir ?"},
	"nl": {"Hallo%s,", "Beste%s,", "Goedendag,", "Met vriendelijke groet", "Ik zie dat dit nog niet is opgelost. Wat staat er precies nog open?"},
}

func mannersOf(language string) manners {
	if m, ok := mannersIn[language]; ok {
		return m
	}
	return mannersIn["en"]
}

var properName = regexp.MustCompile(`^[\p{L}\p{M}'’. -]{1,60}$`)

// dressed gives a draft its greeting and its ending, as the tone wants them. Who has been answered by a person already is not greeted again, nor
// is anybody in a language whose manners we do not know.
func dressed(text string, q draftQuestion, contact handover.Contact, talk []handover.Message) string {
	m, known := mannersIn[q.language]
	answered := 0
	for _, t := range talk {
		if t.From == handover.FromAgent {
			answered++ // the first is their hello
		}
	}
	if text == "" || !known || q.style.Tone == handover.ToneNeutral {
		return text
	}
	name, form := contact.FirstName(), m.friendly
	if q.style.Tone == handover.ToneFormal {
		name, form = strings.TrimSpace(contact.Name), m.formal
		text += "\n\n" + m.end
	}
	if answered > 1 {
		return text
	}
	switch {
	case properName.MatchString(name):
		return fmt.Sprintf(form, " "+name) + "\n\n" + text
	case q.style.Tone == handover.ToneFormal:
		return m.unnamed + "\n\n" + text
	}
	return fmt.Sprintf(form, "") + "\n\n" + text
}
