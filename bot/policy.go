package bot

import (
	"fmt"
	"strings"

	"github.com/deskbell/deskbell/handover"
)

// Policy turns signals into a decision. Raising either threshold makes more handoffs.
type Policy struct {
	AnswerAbove   float64 // answer at or above it, 0…1, default 0.70
	OfferBelow    float64 // do not answer below it, offer a person instead, 0…1, default 0.65
	SuggestAbove  float64 // below OfferBelow: ask which passage it is about, at or above this probability that one of them is right, 0…1, default 0.20
	FrustrationAt float64 // hand off at or above it, 0…1, default 0.70
	NotifyAt      float64 // show the team the conversation at or above this frustration, 0…1; 0: not
	Config        string  // hash of the configuration, stored with every decision
	Intents       map[string]Intent
}

// Decide says what the bot does at a turn. It is pure, so that a stored decision can be explained and played again.
func (p Policy) Decide(s handover.Signals, c handover.Conversation, gate handover.Gate) handover.Decision {
	d := handover.Decision{State: c.State, Signals: s, AnswerAbove: p.AnswerAbove, OfferBelow: p.OfferBelow, SuggestFrom: p.SuggestAbove, Frustration: p.FrustrationAt, Config: p.Config}
	d.Topic = c.Topic
	if c.State == handover.Waiting {
		p.whileWaiting(&d, s, c)
		return d
	}
	d.Topic = p.topic(s, c.Topic)
	d.Act, d.Reason = p.withBot(&d, s, c, gate)
	if gate != handover.GateOpen { // no person can be had, so none is offered
		d.Reason = ""
		switch d.Act {
		case handover.ActHandOff, handover.ActOffer:
			d.Act = handover.ActNoPerson
		case handover.ActAnswerAndOffer:
			d.Act = handover.ActAnswer
		}
	}
	if d.Act != handover.ActHandOff {
		d.Notify = p.notify(s, d.Topic)
	}
	return d
}

// notify says why the team is shown a conversation that goes on with the bot, "" when it is not.
func (p Policy) notify(s handover.Signals, m *handover.Topic) string {
	switch {
	case p.NotifyAt > 0 && s.Frustration >= p.NotifyAt:
		return fmt.Sprintf("frustration %.2f of %.2f", s.Frustration, p.FrustrationAt)
	case m != nil && p.Intents[m.Intent].Notify:
		return "about " + m.Intent
	}
	return ""
}

// whileWaiting: the bot goes on helping where it is sure, and never offers or hands off again.
func (p Policy) whileWaiting(d *handover.Decision, s handover.Signals, c handover.Conversation) {
	d.Raise = s.Frustration >= p.FrustrationAt
	switch {
	case s.Unclear:
		d.Act = handover.ActConfirm
	case s.Solved:
		d.Act = handover.ActCancel
	case s.SmallTalk && s.Courtesy != handover.CourtesyBot && s.Courtesy != handover.CourtesyHelp && s.Courtesy != handover.CourtesySpeak:
		d.Act = handover.ActStaySilent
	case s.SmallTalk:
		d.Act = handover.ActAnswer
	case s.Answer != "" && !s.Failed && !s.WantsHuman && s.Confidence >= p.AnswerAbove:
		d.Act = handover.ActAnswer
	case c.Handoff.PassedOn:
		d.Act = handover.ActStaySilent
	default:
		d.Act = handover.ActPassOn
	}
}

func (p Policy) withBot(d *handover.Decision, s handover.Signals, c handover.Conversation, gate handover.Gate) (handover.Act, handover.Reason) {
	switch {
	case s.WantsHuman:
		return handover.ActHandOff, handover.Requested
	case c.Offered && c.Offers > 0 && s.Accepts: // beside an answer a yes may be to that
		return handover.ActHandOff, handover.Requested
	case c.Offered && s.Declines, c.Offered && c.Offers > 0 && s.SmallTalk && (s.Courtesy == handover.CourtesyThanks || s.Courtesy == handover.CourtesyBye):
		return handover.ActDecline, ""
	case s.Frustration >= p.FrustrationAt:
		return handover.ActHandOff, handover.Frustration
	case s.Failed:
		return handover.ActHandOff, handover.BotBreak
	}
	if gate == handover.GateOpen { // nothing is asked for nobody
		if asks, complete := p.form(d, s); complete {
			return handover.ActHandOff, handover.FormComplete
		} else if asks {
			return handover.ActAsk, ""
		}
	}
	switch {
	case s.Solved && c.Topic.Asking():
		return handover.ActDecline, ""
	case s.SmallTalk:
		return handover.ActAnswer, ""
	case len(s.Suggestions) > 0 && s.Likely == 1: // a bare yes to several: which?
		return handover.ActSuggest, ""
	case p.severalSure(d, s):
		if len(d.Signals.Parts) < len(s.Parts) {
			return handover.ActAnswerAndOffer, ""
		}
		return handover.ActAnswer, ""
	case s.Answer != "" && s.Confidence >= p.AnswerAbove:
		return handover.ActAnswer, ""
	case s.Answer != "" && s.Confidence >= p.OfferBelow:
		return handover.ActAnswerAndOffer, ""
	}
	if len(s.Suggestions) > 0 && s.Likely >= p.SuggestAbove && !s.Else && (c.Offers == 0 || !s.Corrects) {
		return handover.ActSuggest, ""
	}
	reason := handover.OutsideKnowledge
	if s.Found {
		reason = handover.LowConfidence
	}
	if c.Offers > 0 { // a second time running
		return handover.ActHandOff, reason
	}
	return handover.ActOffer, reason
}

// besideSure is how sure, as a part of OfferBelow, one of several answers must be that stands under its own heading beside a sure one: each question has found
// another passage first, which speaks for both.
const besideSure = 0.8

// severalSure is whether at least one of several questions has a sure answer; the decision's signals then keep those that have.
func (p Policy) severalSure(d *handover.Decision, s handover.Signals) bool {
	var sure []handover.Part
	surest := 0.0
	for _, x := range s.Parts {
		surest = max(surest, x.Confidence)
	}
	for _, x := range s.Parts {
		if x.Confidence >= p.OfferBelow || surest >= p.OfferBelow && x.Confidence >= besideSure*p.OfferBelow {
			sure = append(sure, x)
		}
	}
	if len(s.Parts) < 2 || len(sure) == 0 || len(sure) == 1 && s.Confidence >= p.AnswerAbove {
		return false
	}
	var text []string
	var citations []handover.Citation
	least := 1.0
	for _, x := range sure {
		if len(sure) > 1 {
			text = append(text, "**"+x.Heading+"**")
		}
		text = append(text, x.Answer)
		citations = append(citations, x.Citations...)
		least = min(least, x.Confidence)
	}
	d.Signals.Parts, d.Signals.Answer, d.Signals.Citations, d.Signals.Confidence = sure, strings.Join(text, "\n\n"), citations, least
	return true
}
