package copilot

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

// Read gives the signals of the customer's newest turn. It fails only when the knowledge base cannot be read.
func (c *Copilot) Read(ctx context.Context, conv handover.Conversation, talk []handover.Message) (handover.Signals, error) {
	talk = withText(talk)
	burst := newest(talk)
	turn := strings.Join(burst, "\n")
	last := lastOfBot(talk)
	look := c.searches(ctx)
	defer look.stop()
	wished := begun(func() (wish, error) { return wishOf(turn), nil })
	h := hear(turn)
	if h.only == 0 && !h.emoji {
		look.open()
	}
	s := handover.Signals{}
	s.Language, s.Sure = turnLanguage(turn, h, conv.Language)
	w, err := wished()
	if err != nil {
		return s, err
	}
	look.ahead(turn, s.Language, h, w, last)
	s.Intent = c.intent(turn)
	if conv.Topic.Asking() {
		if s.Value = value(*conv.Topic.Asked, turn); s.Value != "" {
			s.Line = turn
		}
	}
	mood := Frustration(talk)
	s.Frustration, s.Evidence = mood.Level, mood.Evidence
	if chosen, ok := tapped(turn, last.Choices); ok {
		return c.choose(ctx, s, chosen)
	}
	s.WantsHuman = w.score >= humanAt
	c.answerTo(&s, h, conv, last)
	kind := ""
	if h.only == 0 && !h.emoji { // the lists have not understood all of it
		after := afterWhat(conv, last)
		if after != afterOffer && !s.WantsHuman && h.all&(sayNever|saySolved) != 0 && !surelyAsks(turn, after, h, w) {
			after = afterWaiting // "nvm, found it" says the same whoever was to answer
		}
		kind = kindOf(turn, after, h, w)
		if rest := strings.Join(w.rest, ". "); kind == kindRefuses && rest != "" && surelyAsks(rest, after, hear(rest), wishOf(rest)) {
			kind = "" // "no agent pls. when is chat open"
		}
		if kind == kindDecline && suggested(last) && kindOf(turn, afterAnswer, h, w) == kindCorrection {
			kind = "" // "no, it arrived broken": none of these, and what it is instead
		}
		if kind == kindQuestion && w.refuses && len(w.rest) == 0 && surelyAsks(turn, after, h, w) {
			w.refuses = false // "the doorbell does not ring" refuses nobody
		}
		if !w.refuses || kind == kindRefuses || kind == kindAbout {
			take(&s, kind, h, last, conv.State == handover.Waiting)
		}
	}
	switch nothing := w.refuses && !s.WantsHuman && (len(w.rest) == 0 || kind == kindRefuses); {
	case w.refuses && !s.WantsHuman && conv.State == handover.Waiting && (nothing || hear(strings.Join(w.rest, ". ")).only&(saySolved|sayNever) != 0):
		take(&s, kindSolved, h, last, true) // "cancel that, I don't need the agent any more"
	case nothing: // "don't connect me": nothing is asked
		s.SmallTalk, s.Courtesy = true, handover.CourtesyOK
	}
	if conv.State == handover.Waiting && s.Solved && !leaving(last) && calledOff(turn) && knowledge.Names(earlier(talk, burst), "cancel", "order", "book", "appointment", "contract", "subscription") {
		s.Solved, s.Unclear = false, true
	}
	if s.Unclear || s.SmallTalk || s.WantsHuman || s.Else || len(s.Suggestions) > 0 {
		return s, nil
	}
	q := questionOf(turn, s.Language, h, w, kind == kindCorrection, talk, last)
	s.Corrects = q.corrects
	found, err := c.lookUp(&s, q, turn, h, look)
	if err != nil {
		return s, err
	}
	if c.model != nil {
		v, talk := c.masked(conv.Contact, talk)
		c.judge(ctx, &s, masked(c.o.Masker, talk), found, v)
	}
	return s, nil
}

// turnLanguage is the language that a reply is in, and whether the text itself tells it: a word or two do not, against what their side has named.
func turnLanguage(turn string, h heard, named string) (string, bool) {
	own := language("", named)
	if h.only != 0 {
		if l := h.language(own); l != "" {
			return l, l != own && h.words >= 2
		}
		return own, false
	}
	l := knowledge.LanguageAmong(turn, own)
	if l == "" || l != own && h.words < 3 && l != knowledge.LanguageAmong(turn+" "+turn, own) {
		return own, false
	}
	return l, h.words >= 3
}

// lastOfBot is the bot's newest line before what the customer wrote now; none when an agent spoke since.
func lastOfBot(talk []handover.Message) handover.Message {
	for i := len(talk) - 1; i >= 0; i-- {
		switch talk[i].From {
		case handover.FromBot:
			return talk[i]
		case handover.FromAgent:
			return handover.Message{}
		}
	}
	return handover.Message{}
}

// tapped is the choice that a text is, as its label says it.
func tapped(turn string, choices []handover.Choice) (handover.Choice, bool) {
	for _, c := range choices {
		if strings.EqualFold(strings.TrimSpace(turn), strings.TrimSpace(knowledge.Clean(c.Label))) {
			return c, true
		}
	}
	return handover.Choice{}, false
}

// choose gives the signals of a tap.
func (c *Copilot) choose(ctx context.Context, s handover.Signals, chosen handover.Choice) (handover.Signals, error) {
	s.Frustration, s.Evidence, s.Sure = 0, "", false
	switch id, passage := strings.CutPrefix(chosen.ID, handover.ChoosePassage); {
	case passage:
		n, _ := strconv.ParseInt(id, 10, 64)
		p, ok, err := c.library.Passage(ctx, n, knowledge.Filter{})
		if err != nil {
			return s, err
		}
		if ok {
			text := Excerpt(chosen.Label, p) + source(p)
			cited := cite(p)
			cited.Text, cited.Score = text, 1
			s.Answer, s.Confidence, s.Citations, s.Found = text, 1, []handover.Citation{cited}, true
		}
	case chosen.ID == handover.ChoosePerson:
		s.WantsHuman = true
	case chosen.ID == handover.ChooseElse:
		s.Else = true
	case chosen.ID == handover.ChooseLeave:
		s.Solved = true
	case chosen.ID == handover.ChooseStay:
		s.SmallTalk, s.Courtesy = true, handover.CourtesyOK
	default: // No, thanks; and those of messages from before choices had IDs
		s.Accepts, s.Declines = accepts(chosen.Label) || wantsHuman(chosen.Label), declines(chosen.Label)
	}
	return s, nil
}

// which are the passages that a message asks to choose from.
func which(m handover.Message) []handover.Choice {
	return slices.DeleteFunc(slices.Clone(m.Choices), func(c handover.Choice) bool { return !strings.HasPrefix(c.ID, handover.ChoosePassage) })
}

// leaving is whether a message asks if a person is still needed.
func leaving(m handover.Message) bool {
	return slices.ContainsFunc(m.Choices, func(c handover.Choice) bool { return c.ID == handover.ChooseLeave })
}

var callOff = regexp.MustCompile(`^(?:please |pls |can you |i want to |id like to |bitte |por favor |quiero |je veux |voglio |ik wil |chce |quero )?(?:cancel|stop|storno|stornieren|abbrechen|kundigen|cancelar|cancela|cancelen|anular|annuler|annulez|annulla|annullare|annullate|cancellare|annuleren|annuleer|anuluj|anulowac|iptal|iptal et|iptal edin|الغاء|الغي)(?: (?:it|that|this|please|pls|everything|bitte|das|alles|por favor|todo|tout|tutto|per favore|alles|het|graag|prosze|to|lutfen|من فضلك))*$`)

// calledOff is whether a turn says no more than "cancel", which may be meant for an order as well as for the wait.
func calledOff(turn string) bool { return callOff.MatchString(string(folded(turn))) }

// earlier is what the customer said before this turn.
func earlier(talk []handover.Message, burst []string) string {
	var lines []string
	for _, m := range talk {
		if m.From == handover.FromCustomer {
			lines = append(lines, shorten(m.Text, 40))
		}
	}
	return strings.Join(lines[:max(0, len(lines)-len(burst))], "\n")
}

// suggested is whether a message asks which of a few passages it is about.
func suggested(m handover.Message) bool {
	return slices.ContainsFunc(m.Choices, func(c handover.Choice) bool { return strings.HasPrefix(c.ID, handover.ChoosePassage) })
}

var (
	thumbsUp   = regexp.MustCompile(`^[\s\p{M}]*[👍👌✅✔🆗☑]`)
	thumbsDown = regexp.MustCompile(`^[\s\p{M}]*[👎❌✖🚫🙅]`)
)

// answerTo reads what answers the bot, and what asks for nothing.
func (c *Copilot) answerTo(s *handover.Signals, h heard, conv handover.Conversation, last handover.Message) {
	turn := ""
	if h.emoji {
		turn = strings.TrimSpace(h.text)
	}
	yes := h.only&sayYes != 0 && h.only&(sayNo|sayLater|sayNever|saySolved) == 0 || thumbsUp.MatchString(turn)
	if h.only&sayThanks != 0 && !h.agrees { // "ok thanks" takes leave of an offer
		yes = false
	}
	no := h.only&(sayNo|sayLater|sayNever|saySolved) != 0 && (h.only&sayYes == 0 || h.only&(sayLater|sayNo) != 0) || thumbsDown.MatchString(turn)
	switch {
	case h.only&aboutBot != 0 && h.only&^(aboutBot|courtesies|sayWrong) == 0 && h.only&(sayBot|sayWrong) != sayWrong: // "that is not my question" asks nothing
		s.SmallTalk = true
		switch {
		case h.only&saySpeak != 0:
			s.Courtesy = handover.CourtesySpeak
		case h.only&sayBot != 0:
			s.Courtesy = handover.CourtesyBot
		default:
			s.Courtesy = handover.CourtesyHelp
		}
		return
	case conv.State == handover.Waiting && leaving(last) && yes:
		s.Solved = true
	case conv.State == handover.Waiting:
		s.Solved = h.only&(saySolved|sayNever) != 0 && h.only&(sayYes|sayThanks|sayOK|saySolved|sayNever) != 0
	case suggested(last) && no && h.only&(sayLater|sayNever|saySolved) != 0: // none of it, and no more of it
	case suggested(last) && no:
		s.Else = true
		return
	case suggested(last) && h.agrees && yes && namesPerson(h.text, last.Choices): // "yes please get someone": that choice is beside the headings
		s.WantsHuman = true
		return
	case suggested(last) && yes && h.only&(sayThanks|sayBye) == 0: // "ok thanks" chooses nothing
		s.Suggestions, s.Likely = which(last), 1
		return
	default:
		s.Accepts, s.Declines = yes && !no, no
		s.Solved = h.only&(saySolved|sayNever) != 0
	}
	if !h.emoji && (h.only == 0 || h.only&sayWrong != 0) {
		return
	}
	s.SmallTalk = true
	switch {
	case h.only&sayThanks != 0, h.only&(sayPraise|saySolved) != 0, h.emoji && last.ID != 0:
		s.Courtesy, s.Helped = handover.CourtesyThanks, len(last.Citations) > 0
		if h.only&sayBye != 0 {
			s.Courtesy = handover.CourtesyBye
		}
	case h.only&sayBye != 0:
		s.Courtesy = handover.CourtesyBye
	case h.only&sayHello != 0 && h.only&(sayOK|sayYes|sayNo) == 0 || h.only&sayHello != 0 && h.first&sayHello != 0, h.emoji:
		s.Courtesy = handover.CourtesyHello
	default:
		s.Courtesy = handover.CourtesyOK
	}
}

// afterWhat is what a message comes after, as the model of the kinds knows it. An offer beside an answer is no question that a yes or no answers.
func afterWhat(conv handover.Conversation, last handover.Message) string {
	switch {
	case conv.State == handover.Waiting:
		return afterWaiting
	case len(last.Citations) > 0:
		return afterAnswer
	case conv.Offered || suggested(last):
		return afterOffer
	}
	return ""
}

// take reads what a learnt kind says where the lists say nothing, and takes back a wish for a person that only the lists have seen.
func take(s *handover.Signals, kind string, h heard, last handover.Message, waiting bool) {
	if kind != kindPerson && kind != kindAbout && h.all&(sayNobody|sayFedUp|sayInsist|sayInsult|sayThreat) != 0 { // "still nothing and nobody answers" refuses no offer
		return
	}
	switch kind {
	case kindPerson:
		s.WantsHuman = true
		return
	case kindAccept, kindDecline:
		if suggested(last) && kind == kindAccept {
			if h.all&sayYes != 0 && namesPerson(h.text, last.Choices) {
				s.WantsHuman = true
				return
			}
			s.Suggestions, s.Likely = which(last), 1
			return
		}
		s.Accepts, s.Declines = kind == kindAccept, kind == kindDecline && !suggested(last)
		s.SmallTalk, s.Courtesy = true, handover.CourtesyOK
	case kindSolved:
		if waiting && h.all&(saySolved|sayNever) == 0 && !leaving(last) { // the model alone takes nobody out of the queue: it asks
			s.Unclear = true
			return
		}
		s.Solved, s.SmallTalk, s.Courtesy = true, true, handover.CourtesyThanks
	case kindRefuses:
		s.SmallTalk, s.Courtesy = true, handover.CourtesyOK
	case kindAbout:
		s.SmallTalk, s.Courtesy = true, handover.CourtesyBot
		switch {
		case h.all&saySpeak != 0:
			s.Courtesy = handover.CourtesySpeak
		case h.all&sayWhat != 0:
			s.Courtesy = handover.CourtesyHelp
		}
	case kindCourtesy:
		s.SmallTalk, s.Courtesy = true, handover.CourtesyOK
		switch {
		case h.all&sayBye != 0:
			s.Courtesy = handover.CourtesyBye
		case h.all&sayThanks != 0 || len(last.Citations) > 0:
			s.Courtesy, s.Helped = handover.CourtesyThanks, len(last.Citations) > 0
		case h.all&sayHello != 0 || last.ID == 0:
			s.Courtesy = handover.CourtesyHello
		}
	default:
		return
	}
	s.WantsHuman = false
}
