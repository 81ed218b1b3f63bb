package bot

import (
	"testing"

	"github.com/deskbell/deskbell/handover"
)

func TestAFormIsAskedOneFieldAtATimeAndThenRings(t *testing.T) {
	t.Parallel()
	p := Policy{AnswerAbove: 0.7, OfferBelow: 0.4, FrustrationAt: 0.7, Intents: map[string]Intent{
		"refund": {Team: "billing", Skills: []string{"refunds"}, Form: []handover.Field{{Name: "Order", Ask: "Which order?", Pattern: `\d+`}, {Name: "Reason", Ask: "Why?"}}},
		"hours":  {Team: "shop"},
	}}
	sure := handover.Signals{Answer: "In your mail.", Confidence: 0.9, Found: true}
	refund := handover.Signals{Intent: "refund"}
	value := func(v string) handover.Signals { return handover.Signals{Value: v} }
	type turn struct {
		s    handover.Signals
		act  handover.Act
		says string
	}
	for name, x := range map[string]struct {
		turns  []turn
		values string
		reason handover.Reason
		team   string
		gate   handover.Gate
	}{
		"in order": {[]turn{{refund, handover.ActAsk, "Which order?"}, {value("1182"), handover.ActAsk, "Why?"}, {value("It is broken"), handover.ActHandOff, ""}},
			"Order=1182 Reason=It is broken ", handover.FormComplete, "billing", handover.GateOpen},
		"what cannot be read is asked for once more, then left": {[]turn{{refund, handover.ActAsk, "Which order?"}, {handover.Signals{}, handover.ActAsk, "Which order?"}, {handover.Signals{}, handover.ActAsk, "Why?"}, {value("x"), handover.ActHandOff, ""}},
			"Order=not given Reason=x ", handover.FormComplete, "billing", handover.GateOpen},
		"a question in between is answered": {[]turn{{refund, handover.ActAsk, "Which order?"}, {sure, handover.ActAsk, "In your mail.\n\nWhich order?"}, {value("1182"), handover.ActAsk, "Why?"}},
			"Order=1182 ", "", "billing", handover.GateOpen},
		"who asks for a person gets one": {[]turn{{refund, handover.ActAsk, "Which order?"}, {value("1182"), handover.ActAsk, "Why?"}, {handover.Signals{WantsHuman: true}, handover.ActHandOff, ""}},
			"Order=1182 ", handover.Requested, "billing", handover.GateOpen},
		"who is frustrated gets one": {[]turn{{refund, handover.ActAsk, "Which order?"}, {handover.Signals{Frustration: 0.9}, handover.ActHandOff, ""}},
			"", handover.Frustration, "billing", handover.GateOpen},
		"another intent in an answer changes nothing": {[]turn{{refund, handover.ActAsk, "Which order?"}, {handover.Signals{Intent: "hours", Value: "1"}, handover.ActAsk, "Why?"}},
			"Order=1 ", "", "billing", handover.GateOpen},
		"no form lasts for ever": {[]turn{{refund, handover.ActAsk, "Which order?"}, {sure, handover.ActAsk, "In your mail.\n\nWhich order?"}, {sure, handover.ActAsk, "In your mail.\n\nWhich order?"},
			{sure, handover.ActAsk, "In your mail.\n\nWhich order?"}, {sure, handover.ActAsk, "Why?"}}, "Order=not given ", "", "billing", handover.GateOpen},
		"who says no is not asked again": {[]turn{{refund, handover.ActAsk, "Which order?"}, {handover.Signals{Declines: true}, handover.ActAsk, "Why?"}},
			"Order=not given ", "", "billing", handover.GateOpen},
		"solved": {[]turn{{refund, handover.ActAsk, "Which order?"}, {handover.Signals{Solved: true}, handover.ActDecline, ""}},
			"", "", "", handover.GateOpen},
		"an intent without a form routes alone": {[]turn{{handover.Signals{Intent: "hours", Answer: "At nine.", Confidence: 0.9}, handover.ActAnswer, ""}, {handover.Signals{WantsHuman: true}, handover.ActHandOff, ""}},
			"", handover.Requested, "shop", handover.GateOpen},
		"nobody there, nothing asked": {[]turn{{refund, handover.ActNoPerson, ""}},
			"", "", "billing", handover.GateClosed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := handover.Conversation{State: handover.WithBot}
			var d handover.Decision
			for i, turn := range x.turns {
				if d = p.Decide(turn.s, c, x.gate); d.Act != turn.act || d.Ask != turn.says {
					t.Fatalf("turn %d: %s %q, want %s %q", i, d.Act, d.Ask, turn.act, turn.says)
				}
				c.Topic = d.Topic
			}
			values, team := "", ""
			if d.Topic != nil {
				team = d.Topic.Team
				for _, v := range d.Topic.Values {
					values += v.Name + "=" + v.Text + " "
				}
			}
			if values != x.values || d.Reason != x.reason || team != x.team {
				t.Errorf("%q %s %s", values, d.Reason, team)
			}
		})
	}
}
