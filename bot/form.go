package bot

import (
	"slices"

	"github.com/deskbell/deskbell/handover"
)

// Intent is what follows from what a customer comes with.
type Intent struct {
	Team   string           // that takes it; "": the default team
	Skills []string         // that its agent should have
	Notify bool             // its team is shown the conversation while the bot goes on
	Form   []handover.Field // what the bot asks before it hands off; with a form it always does
}

// mostTries is how often the bot asks for a field before it goes on without; twice as often when it answers questions in between.
const mostTries = 2

// topic is what the episode is about from this turn on: an intent that was named anew, unless the bot waits for an answer.
func (p Policy) topic(s handover.Signals, m *handover.Topic) *handover.Topic {
	if m.Asking() && !slices.ContainsFunc(p.Intents[m.Intent].Form, func(f handover.Field) bool { return f.Name == m.Asked.Name }) {
		without := *m // the configuration changed: it is asked for no more
		without.Asked = nil
		m = &without
	}
	of, known := p.Intents[s.Intent]
	if !known || m.Asking() || m != nil && m.Intent == s.Intent {
		return m
	}
	return &handover.Topic{Intent: s.Intent, Team: of.Team, Skills: of.Skills}
}

// form takes the answer to the field that was asked for, and says what the bot asks next; asks is false when there is no form to fill at this
// turn, and complete true when it is filled.
func (p Policy) form(d *handover.Decision, s handover.Signals) (asks, complete bool) {
	m := d.Topic
	if m == nil || len(p.Intents[m.Intent].Form) == 0 {
		return false, false
	}
	fields := p.Intents[m.Intent].Form
	if !m.Asking() {
		if s.Intent != m.Intent || len(m.Values) > 0 || s.SmallTalk {
			return false, false
		}
		d.Topic, d.Ask = asking(*m, fields[0]), fields[0].Ask
		return true, false
	}
	next := *m
	next.Tries++
	d.Topic = &next
	switch sure := s.Answer != "" && !s.SmallTalk && s.Confidence >= p.AnswerAbove; {
	case s.Solved:
		d.Topic = nil // they no longer want it
		return false, false
	case s.Value != "":
		next = answered(next, s.Value, s.Line)
	case sure && next.Tries < 2*mostTries: // a question in between
		d.Ask = s.Answer + "\n\n" + m.Asked.Ask
		return true, false
	case !s.Declines && next.Tries < mostTries:
		d.Ask = m.Asked.Ask
		return true, false
	default:
		next = answered(next, handover.NotGiven, "")
	}
	for _, f := range fields {
		if !slices.ContainsFunc(next.Values, func(v handover.Value) bool { return v.Name == f.Name }) {
			d.Topic, d.Ask = asking(next, f), f.Ask
			return true, false
		}
	}
	return false, true
}

func asking(m handover.Topic, f handover.Field) *handover.Topic {
	m.Asked, m.Tries = &f, 0
	return &m
}

// answered keeps a value; the old topic's list is not touched.
func answered(m handover.Topic, value, line string) handover.Topic {
	values := make([]handover.Value, len(m.Values), len(m.Values)+1)
	copy(values, m.Values)
	m.Values, m.Asked, m.Tries = append(values, handover.Value{Name: m.Asked.Name, Text: value, Ask: m.Asked.Ask, Line: line}), nil, 0
	return m
}
