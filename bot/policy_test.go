package bot

import (
	"testing"

	"github.com/deskbell/deskbell/handover"
)

func TestPolicyDecides(t *testing.T) {
	t.Parallel()
	p := Policy{AnswerAbove: 0.7, OfferBelow: 0.4, SuggestAbove: 0.2, FrustrationAt: 0.7}
	bot, offered := handover.Conversation{State: handover.WithBot}, handover.Conversation{State: handover.WithBot, Offers: 1, Offered: true}
	beside := handover.Conversation{State: handover.WithBot, Offered: true}
	waiting, passed := handover.Conversation{State: handover.Waiting}, handover.Conversation{State: handover.Waiting, Handoff: handover.Handoff{PassedOn: true}}
	answer := func(confidence float64) handover.Signals {
		return handover.Signals{Answer: "x", Confidence: confidence, Found: true}
	}
	open := handover.GateOpen
	choices := []handover.Choice{{Label: "Returns", ID: "passage:1"}, {Label: "Delivery", ID: "passage:2"}}
	for _, x := range []struct {
		name   string
		c      handover.Conversation
		s      handover.Signals
		gate   handover.Gate
		act    handover.Act
		reason handover.Reason
	}{
		{"sure", bot, answer(0.7), open, handover.ActAnswer, ""},
		{"between", bot, answer(0.69), open, handover.ActAnswerAndOffer, ""},
		{"at offer_below", bot, answer(0.4), open, handover.ActAnswerAndOffer, ""},
		{"below", bot, answer(0.39), open, handover.ActOffer, handover.LowConfidence},
		{"nothing found", bot, handover.Signals{}, open, handover.ActOffer, handover.OutsideKnowledge},
		{"below a second time", offered, answer(0.39), open, handover.ActHandOff, handover.LowConfidence},
		{"nothing a second time", offered, handover.Signals{}, open, handover.ActHandOff, handover.OutsideKnowledge},
		{"below after an answer with an offer beside it", beside, answer(0.39), open, handover.ActOffer, handover.LowConfidence},
		{"sure after an offer", offered, answer(0.9), open, handover.ActAnswer, ""},
		{"yes to the offer", offered, handover.Signals{Accepts: true}, open, handover.ActHandOff, handover.Requested},
		{"yes beside an answer is a courtesy", beside, handover.Signals{Accepts: true, SmallTalk: true, Courtesy: handover.CourtesyOK}, open, handover.ActAnswer, ""},
		{"thanks end an offer", offered, handover.Signals{SmallTalk: true, Courtesy: handover.CourtesyThanks}, open, handover.ActDecline, ""},
		{"hello after an offer", offered, handover.Signals{SmallTalk: true, Courtesy: handover.CourtesyHello}, open, handover.ActAnswer, ""},
		{"several may be it", bot, handover.Signals{Answer: "x", Confidence: 0.3, Suggestions: choices, Likely: 0.2}, open, handover.ActSuggest, ""},
		{"several may be it, hardly", bot, handover.Signals{Answer: "x", Confidence: 0.1, Found: true, Suggestions: choices, Likely: 0.19}, open, handover.ActOffer, handover.LowConfidence},
		{"several may be it after an offer", offered, handover.Signals{Answer: "x", Confidence: 0.3, Suggestions: choices, Likely: 0.5}, open, handover.ActSuggest, ""},
		{"none of the choices", bot, handover.Signals{Else: true, Suggestions: choices, Likely: 0.9}, open, handover.ActOffer, handover.OutsideKnowledge},
		{"a bare yes to several", bot, handover.Signals{Suggestions: choices, Likely: 1}, open, handover.ActSuggest, ""},
		{"several may be it while waiting", waiting, handover.Signals{Answer: "x", Confidence: 0.3, Suggestions: choices, Likely: 0.9}, open, handover.ActPassOn, ""},
		{"two questions, both sure", bot, handover.Signals{Answer: "a", Confidence: 0.5, Parts: []handover.Part{{Heading: "A", Answer: "a", Confidence: 0.8}, {Heading: "B", Answer: "b", Confidence: 0.9}}}, open, handover.ActAnswer, ""},
		{"two questions, one sure", bot, handover.Signals{Answer: "a", Confidence: 0.5, Parts: []handover.Part{{Heading: "A", Answer: "a", Confidence: 0.8}, {Heading: "B", Answer: "b", Confidence: 0.3}}}, open, handover.ActAnswerAndOffer, ""},
		{"two questions, one sure and one nearly", bot, handover.Signals{Answer: "a", Confidence: 0.5, Parts: []handover.Part{{Heading: "A", Answer: "a", Confidence: 0.8}, {Heading: "B", Answer: "b", Confidence: 0.35}}}, open, handover.ActAnswer, ""},
		{"yes to nothing", bot, handover.Signals{Accepts: true}, open, handover.ActOffer, handover.OutsideKnowledge},
		{"no to the offer", offered, handover.Signals{Declines: true}, open, handover.ActDecline, ""},
		{"asks for a person", bot, handover.Signals{WantsHuman: true, Answer: "x", Confidence: 1}, open, handover.ActHandOff, handover.Requested},
		{"frustrated", bot, handover.Signals{Frustration: 0.7, Answer: "x", Confidence: 1}, open, handover.ActHandOff, handover.Frustration},
		{"advisor failed", bot, handover.Signals{Failed: true}, open, handover.ActHandOff, handover.BotBreak},
		{"hello", bot, handover.Signals{SmallTalk: true, Answer: "Hello!"}, open, handover.ActAnswer, ""},
		{"asks for a person, none can be had", bot, handover.Signals{WantsHuman: true}, handover.GateClosed, handover.ActNoPerson, ""},
		{"between, none can be had", bot, answer(0.5), handover.GateDisabled, handover.ActAnswer, ""},
		{"below, none can be had", bot, answer(0.1), handover.GateDisabled, handover.ActNoPerson, ""},
		{"waiting, sure", waiting, answer(0.9), open, handover.ActAnswer, ""},
		{"waiting, between", waiting, answer(0.5), open, handover.ActPassOn, ""},
		{"waiting, unsure again", passed, answer(0.1), open, handover.ActStaySilent, ""},
		{"waiting, asks again", passed, handover.Signals{WantsHuman: true, Answer: "x", Confidence: 1}, open, handover.ActStaySilent, ""},
		{"waiting, advisor failed", waiting, handover.Signals{Failed: true}, open, handover.ActPassOn, ""},
		{"waiting, solved", waiting, handover.Signals{Solved: true}, open, handover.ActCancel, ""},
		{"waiting, thanks", waiting, handover.Signals{SmallTalk: true, Answer: "Hello!"}, open, handover.ActStaySilent, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			d := p.Decide(x.s, x.c, x.gate)
			if d.Act != x.act || d.Reason != x.reason {
				t.Errorf("%s (%s), want %s (%s)", d.Act, d.Reason, x.act, x.reason)
			}
		})
	}
	if !p.Decide(handover.Signals{Frustration: 0.8}, waiting, open).Raise {
		t.Error("frustration while waiting does not raise the priority")
	}
}
