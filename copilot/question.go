package copilot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

// asked is what a turn wants looked up.
type asked struct {
	text     string
	context  string         // with what it refers to; "": it stands by itself
	parts    []string       // of several questions
	loose    bool           // they may as well be one
	corrects bool           // the last answer was not it
	not      map[int64]bool // passages that were not it
}

// questionOf leaves out what is no part of the question.
func questionOf(turn, language string, h heard, w wish, corrects bool, talk []handover.Message, last handover.Message) asked {
	q := asked{text: turn, not: map[int64]bool{}}
	if w.refuses && len(w.rest) > 0 {
		q.text = strings.Join(w.rest, ". ")
	}
	before := previousQuestion(talk)
	if len(last.Citations) > 0 && (corrects || h.all&(sayWrong|sayMeant) != 0 && h.first&(sayWrong|sayMeant|sayNo) != 0) {
		q.corrects = true
		for _, x := range last.Citations {
			q.not[x.Passage] = true
		}
		var rest []string
		for _, part := range clauses(q.text) {
			if x := hear(part); x.only == 0 {
				rest = append(rest, part)
			}
		}
		q.text = strings.Join(rest, ". ")
		if len(knowledge.Terms(q.text)) == 0 || q.text == "" {
			q.text = before
		}
	} else if text := withoutGreeting(q.text); text != "" {
		q.text = text
	}
	if q.text == "" {
		q.text = turn
	}
	if before != "" && before != q.text && follows(q.text) {
		q.context = before + " " + q.text
	}
	q.parts, q.loose = partsOf(q.text, knowledge.LanguageAmong(q.text, language))
	return q
}

// withoutGreeting leaves a courtesy at the beginning out: "hi", "thanks, and …".
func withoutGreeting(text string) string {
	parts := clauses(text)
	if len(parts) < 2 {
		return text
	}
	var kept []string
	for _, p := range parts {
		if x := hear(p); x.only&courtesies != 0 && x.only&aboutBot == 0 {
			text = strings.Replace(text, p, "", 1)
			continue
		}
		kept = append(kept, p)
	}
	if len(kept) == 0 {
		return ""
	}
	return strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) && r != '¿' && r != '¡' })
}

// previousQuestion is what the customer asked before this turn.
func previousQuestion(talk []handover.Message) string {
	i := len(talk) - 1
	for i >= 0 && talk[i].From == handover.FromCustomer {
		i--
	}
	for ; i >= 0; i-- {
		if m := talk[i]; m.From == handover.FromCustomer && !courteous(m.Text) && !wantsHuman(m.Text) {
			return shorten(m.Text, 40)
		}
	}
	return ""
}

var follow = regexp.MustCompile(`^(?:and|and what|what about|how about|what if|and if|and for|or|also|same for|then|but|und|und was|was ist mit|wie ist es|wie sieht es|oder|auch|aber|y|y si|que hay de|que pasa con|o|pero|tambien|et|et pour|et si|ou|mais|qu en est il|e|e se|e per|ma|mas|ou se|en|en als|maar|of|hoe zit het|i|a|a co|ale|lub|albo|ve|ya|peki|ama|و|وماذا|وهل|او|لكن|وكم)(?: |$)`)

// follows is whether a question is short, and begins as one that goes on from another.
func follows(text string) bool {
	f := string(folded(text))
	n := len(strings.Fields(f))
	return n <= 3 || n <= 8 && follow.MatchString(f)
}

// joining are the words between two questions, a language each. Some mean something else in others: "en" is Spanish for "in", and "i" English.
var joining = map[string]string{
	"en": `and also|and|also|plus|n|also,`, "de": `und außerdem|und|sowie|außerdem`, "es": `y además|y también|y|e|además`, "fr": `et aussi|et|aussi`, "pt": `e também|e`, "it": `e anche|e|inoltre`,
	"nl": `en ook|en|ook`, "pl": `oraz|i jeszcze|i`, "tr": `ve ayrıca|ve|ayrıca`, "ar": `وكمان|وأيضا`, "": `and also|and|und außerdem|und|sowie|y además|y también|y|e também|e anche|et aussi|et|en ook|oraz|i jeszcze|ve ayrıca|ve|وكمان|وأيضا`,
}

// joints cut a text of a language into questions; "" stands for those of whose language nothing is told.
var joints = sync.OnceValue(func() map[string]*regexp.Regexp {
	all := map[string]*regexp.Regexp{}
	for language, words := range joining {
		between := `\s*[?!;\n]+\s*|\s+[+&]\s+|,?\s+(?:` + words + `)\s+`
		if language == "ar" || language == "" {
			between += `|\s+و(?:هل|كم|متى|اين|كيف)?`
		}
		all[language] = regexp.MustCompile(`(?i)` + between)
	}
	return all
})

// looseJoints may stand between two questions, and more often stand within one.
var looseJoints = regexp.MustCompile(`,\s+|\.\s+`)

// partsOf are the questions that a text may be made of: at most three, each with a word of content; loose where only a comma or a full stop is between them.
func partsOf(text, language string) (parts []string, loose bool) {
	if len(text) > mostWished {
		return nil, false
	}
	at := joints()[language]
	if at == nil {
		at = joints()[""]
	}
	if parts = cut(text, at); len(parts) > 0 {
		return parts, false
	}
	return cut(text, looseJoints), true
}

func cut(text string, at *regexp.Regexp) []string {
	var out []string
	for _, p := range at.Split(text, -1) {
		p = strings.TrimSpace(p)
		if x := hear(p); p == "" || x.only != 0 || !knowledge.Content(p) {
			continue
		}
		out = append(out, p)
	}
	if len(out) < 2 || len(out) > 3 {
		return nil
	}
	return out
}

// What each of several questions must be sure of: that it is one of its own; that it is, where they may as well be one; and that nobody needs to look for the
// whole text, which takes as long as all of them.
const (
	partAt      = 0.35
	loosePartAt = 0.70
	surePart    = 0.65
)

// searches are those of a turn, which may begin before it is sure that they are needed.
type searches struct {
	c      *Copilot
	turn   context.Context // the view's: a query that is broken off costs its connection
	ctx    context.Context // the searches'
	cancel func()
	view   *knowledge.View // nil: nothing was looked for
	begun  map[string]func() ([]knowledge.Passage, error)
}

func (c *Copilot) searches(ctx context.Context) *searches {
	s := &searches{c: c, turn: ctx, begun: map[string]func() ([]knowledge.Passage, error){}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s
}

// open opens the knowledge base, which the first search does else: a turn that most likely asks is read meanwhile.
func (s *searches) open() {
	if s.view == nil {
		s.view = s.c.library.Open(s.turn)
	}
}

// begin looks for texts from now on.
func (s *searches) begin(texts ...string) {
	s.open()
	for _, text := range texts {
		if s.begun[text] == nil {
			s.begun[text] = begun(func() ([]knowledge.Passage, error) { return s.c.searchIn(s.ctx, s.view, text, false) })
		}
	}
}

// found is what a text finds.
func (s *searches) found(text string) ([]knowledge.Passage, error) {
	s.begin(text)
	return s.begun[text]()
}

// each is what each of several texts finds, all looked for at once.
func (s *searches) each(texts []string) ([][]knowledge.Passage, error) {
	s.begin(texts...)
	all, errs := make([][]knowledge.Passage, len(texts)), make([]error, len(texts))
	for i, text := range texts {
		all[i], errs[i] = s.found(text)
	}
	return all, errors.Join(errs...)
}

// stop ends them: nothing of them goes on behind this.
func (s *searches) stop() {
	s.cancel()
	for _, found := range s.begun {
		_, _ = found()
	}
	if s.view != nil {
		s.view.Close()
	}
}

// ahead begins to look for a turn that most likely asks, while the rest of it is read.
func (s *searches) ahead(turn, language string, h heard, w wish, last handover.Message) {
	if h.only != 0 || h.emoji || w.refuses || w.score >= humanAt || len(last.Choices) > 0 {
		return
	}
	text := cmp.Or(withoutGreeting(turn), turn)
	parts, loose := partsOf(text, knowledge.LanguageAmong(text, language))
	if firm := len(parts) > 1 && !loose; firm {
		s.begin(parts...)
	} else {
		s.begin(text)
	}
}

// begun is what a function gives, which runs from now on; a panic in it is an error, as it is where a turn is read.
func begun[T any](do func() (T, error)) func() (T, error) {
	var out T
	var err error
	var done sync.WaitGroup
	done.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		out, err = do()
	})
	return func() (T, error) {
		done.Wait()
		return out, err
	}
}

// lookUp answers what a turn asks, and gives the passages that the whole of it found: none where each of its questions is surely answered by itself, and no
// model wants to read them.
func (c *Copilot) lookUp(s *handover.Signals, q asked, turn string, h heard, look *searches) ([]knowledge.Passage, error) {
	if firm := len(q.parts) > 1 && !q.loose; firm {
		if c.model != nil {
			look.begin(q.text)
		}
		all, err := look.each(q.parts)
		if err != nil {
			return nil, err
		}
		several(s, q, all, partAt)
		if c.model == nil && len(s.Parts) == len(q.parts) && !slices.ContainsFunc(s.Parts, func(p handover.Part) bool { return p.Confidence < surePart }) {
			s.Language = cmp.Or(writtenIn(turn, h, all[0]), s.Language)
			together(s)
			return nil, nil
		}
	}
	if q.context != "" {
		look.begin(q.text, q.context)
	}
	found, err := look.found(q.text)
	if err != nil {
		return nil, err
	}
	if q.context != "" {
		if with, err := look.found(q.context); err == nil && Confidence(with) > Confidence(found) {
			q.text, found = q.context, with
		}
	}
	s.Language = cmp.Or(writtenIn(turn, h, found), s.Language)
	found = q.but(found)
	s.Answer, s.Confidence, s.Citations = answer(q.text, found)
	s.Found = len(found) > 0 && found[0].Signs[1] > 0
	s.Suggestions, s.Likely = suggestions(found)
	if len(q.parts) > 1 && q.loose && s.Confidence < loosePartAt {
		all, err := look.each(q.parts)
		if err != nil {
			return nil, err
		}
		several(s, q, all, loosePartAt)
	}
	return found, nil
}

// together is what several answers say together: the surest, as sure as the least is, and for a policy that asks for more what they are about.
func together(s *handover.Signals) {
	surest, least := s.Parts[0], 1.0
	headed := map[string]int{}
	for _, p := range s.Parts {
		headed[strings.ToLower(p.Heading)]++
		least = min(least, p.Confidence)
		if p.Confidence > surest.Confidence {
			surest = p
		}
	}
	s.Answer, s.Confidence, s.Citations, s.Found = surest.Answer, least, surest.Citations, true
	for _, p := range s.Parts {
		label := p.Heading
		if headed[strings.ToLower(label)] > 1 {
			label = p.Citations[0].Title + ": " + label
		}
		s.Suggestions = append(s.Suggestions, choiceOf(label, p.Citations[0].Passage))
	}
	s.Likely = min(surest.Confidence, 0.99) // 1 is a bare yes to several
}

// choiceOf is a passage to choose.
func choiceOf(label string, section int64) handover.Choice {
	return handover.Choice{Label: shorten(label, 14), ID: handover.ChoosePassage + strconv.FormatInt(section, 10)}
}

// writtenIn is the language of what was found, where the turn may be in it too: what the articles are written in is what most ask in. "" where it is not.
func writtenIn(turn string, h heard, found []knowledge.Passage) string {
	if h.only != 0 || h.words < 2 || len(found) == 0 || knowledge.LanguageAmong(turn, found[0].Language) != found[0].Language {
		return ""
	}
	return found[0].Language
}

// but leaves out the passages that were not it.
func (q asked) but(found []knowledge.Passage) []knowledge.Passage {
	if len(q.not) == 0 {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), func(p knowledge.Passage) bool { return q.not[p.Section] })
}

// several answers each of several questions, of which all were found, where their answers are different ones.
func several(s *handover.Signals, q asked, all [][]knowledge.Passage, at float64) {
	var out []handover.Part
	seen := map[int64]bool{}
	for i, p := range q.parts {
		found := q.but(all[i])
		text, sure, citations := answer(p, found)
		if text == "" || sure < at || seen[found[0].Section] {
			continue
		}
		seen[found[0].Section] = true
		out = append(out, handover.Part{Question: p, Heading: labelOf(found[0]), Answer: text, Confidence: sure, Citations: citations})
	}
	if len(out) > 1 {
		s.Parts = out
	}
}

// mostSuggested is how many passages a customer is asked to choose from.
const mostSuggested = 3

// suggestions are the likeliest passages as choices, and how probable it is that one of them answers.
func suggestions(found []knowledge.Passage) ([]handover.Choice, float64) {
	if len(found) == 0 || found[0].Signs[1] == 0 {
		return nil, 0
	}
	likely := answerModels().three(found)
	named, titled := map[string]int{}, map[string]int{}
	for _, p := range found {
		named[strings.ToLower(labelOf(p))]++
		titled[strings.ToLower(p.Title)]++
	}
	var out []handover.Choice
	for _, p := range found[:min(len(found), mostSuggested)] {
		label := labelOf(p)
		switch {
		case p.Signs[1] == 0 && p.Coverage == 0:
			continue // it shares nothing with the question
		case p.Heading == "" && titled[strings.ToLower(p.Title)] > 1:
			continue // a title that several sections share names none of them
		case named[strings.ToLower(label)] > 1:
			label = p.Title + ": " + label
		}
		if label = strings.TrimSpace(label); label != "" && !slices.ContainsFunc(out, func(c handover.Choice) bool { return c.Label == label }) {
			out = append(out, choiceOf(label, p.Section))
		}
	}
	if len(out) < 2 {
		return nil, 0 // there is nothing to choose from
	}
	return out, likely
}

// labelOf is a passage's heading, the last of its path, or the title of one that has none.
func labelOf(p knowledge.Passage) string {
	if p.Heading == "" {
		return p.Title
	}
	parts := strings.Split(p.Heading, " › ")
	return parts[len(parts)-1]
}
