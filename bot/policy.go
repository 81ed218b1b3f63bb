package bot

import (
	"fmt"

	"github.com/deskbell/deskbell/handover"
)

// Policy turns signals into a decision. Raising either threshold makes more handoffs.
type Policy struct {
	AnswerAbove   float64 // answer at or above it, 0…1, default 0.70
	OfferBelow    float64 // do not answer below it, offer a person instead, 0…1, default 0.40
	FrustrationAt float64 // hand off at or above it, 0…1, default 0.70
	NotifyAt      float64 // show the team the conversation at or above this frustration, 0…1; 0: not
	Config        string  // hash of the configuration, stored with every decision
	Intents       map[string]Intent
}

// Decide says what the bot does at a turn. It is pure, so that a stored decision can be explained and played again.
func (p Policy) Decide(s handover.Signals, c handover.Conversation, gate handover.Gate) handover.Decision {
	d := handover.Decision{State: c.State, Signals: s, AnswerAbove: p.AnswerAbove, OfferBelow: p.OfferBelow, Frustration: p.FrustrationAt, Config: p.Config}
	d.Matter = c.Matter
	if c.State == handover.Waiting {
		p.whileWaiting(&d, s, c)
		return d
	}
	d.Matter = p.matter(s, c.Matter)
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
		d.Notify = p.notify(s, d.Matter)
	}
	return d
}

// notify says why the team is shown a conversation that goes on with the bot, "" when it is not.
func (p Policy) notify(s handover.Signals, m *handover.Matter) string {
	switch {
	case p.NotifyAt > 0 && s.Frustration >= p.NotifyAt:
		return fmt.Sprintf("frustration %.2f of %.2f", s.Frustration, p.FrustrationAt)
	case m != nil && p.Intents[m.Intent].Notify:
		return "about " + m.Intent
	}
	return ""
}

// whileWaiting: the bot goes on helping where it is sure, and never offers or rings again.
func (p Policy) whileWaiting(d *handover.Decision, s handover.Signals, c handover.Conversation) {
	d.Raise = s.Frustration >= p.FrustrationAt
	switch {
	case s.Solved:
		d.Act = handover.ActCancel
	case s.SmallTalk:
		d.Act = handover.ActStaySilent
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
	case c.Offered && s.Accepts:
		return handover.ActHandOff, handover.Requested
	case c.Offered && s.Declines:
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
	case s.Solved && c.Matter.Asking():
		return handover.ActDecline, ""
	case s.SmallTalk:
		return handover.ActAnswer, ""
	case s.Answer != "" && s.Confidence >= p.AnswerAbove:
		return handover.ActAnswer, ""
	case s.Answer != "" && s.Confidence >= p.OfferBelow:
		return handover.ActAnswerAndOffer, ""
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
