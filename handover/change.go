package handover

import (
	"fmt"
	"slices"
	"time"
)

// transition applies the state table.
func (ch *Change) transition(s Step) error {
	next, ok := transitions[ch.Next.State][s]
	if !ok {
		return &NotAllowedError{Step: s, State: ch.Next.State, Agent: ch.Next.Handoff.Agent}
	}
	ch.Next.State = next
	return nil
}

// newID gives away one of the step's ids.
func (ch *Change) newID() int64 {
	id := ch.turn.FreeID
	ch.turn.FreeID++
	return id
}

// add appends a new message that nobody but the team may see yet, and returns it as it was saved.
func (ch *Change) add(m Message) Message {
	m.ID = ch.newID()
	m.Conversation = ch.Next.ID
	m.At = ch.turn.Now
	if m.Handoff == 0 && (ch.Next.State == Waiting || ch.Next.State == Claimed) {
		m.Handoff = ch.Next.Handoff.ID
	}
	ch.Messages = append(ch.Messages, m)
	return m
}

// replace puts a message in the place of what was appended of it before.
func (ch *Change) replace(m Message) {
	i := slices.IndexFunc(ch.Messages, func(x Message) bool { return x.ID == m.ID })
	ch.Messages[i] = m
}

// say appends a new message that the customer sees.
func (ch *Change) say(m Message) Message {
	m.Visibility = Public
	m = ch.add(m)
	ch.publish(&m)
	ch.replace(m)
	return m
}

// publish gives m, or its change, to the customer: the next rev and, the first time, the next seq.
func (ch *Change) publish(m *Message) {
	c := &ch.Next
	c.Rev++
	m.Rev = c.Rev
	if m.Seq == 0 {
		c.Seq++
		m.Seq = c.Seq
	}
	if m.From == FromCustomer {
		c.LastCustomer = m.Seq
	} else if c.Push {
		ch.enqueueMessage(KindDeliver, *m)
	}
}

// bumpState tells the customer of a new state.
func (ch *Change) bumpState() {
	ch.Next.Rev++
	ch.Next.StateRev = ch.Next.Rev
	if ch.Next.Push {
		ch.enqueue(KindState)
	}
}

// enqueue saves an effect on the conversation with the step.
func (ch *Change) enqueue(k Kind) { ch.enqueueMessage(k, Message{}) }

// enqueueMessage saves an effect on a message with the step.
func (ch *Change) enqueueMessage(k Kind, m Message) {
	e := Effect{Kind: k, Message: m, Handoff: ch.Next.Handoff.ID, Priority: relay}
	card := ch.Next.Handoff.Card
	switch k {
	case KindCard:
		e.Priority, e.Limit = redraw, card.UpdateLimit()
		if card.TS == "" {
			e.Priority, e.Limit = firstCard, card.PostLimit()
		}
	case KindRelay, KindTranscript, KindMark, KindSweep:
		e.Limit = card.PostLimit()
		e.Blocked = card.TS == ""
	case KindIntroduce:
		e.Priority = claim
	case KindErase:
		e.Priority = redraw
	case KindDeliver, KindState:
		e.Limit = chatLimit(ch.Next)
	case KindAnswer, KindBrief, KindFetch, KindRemind, KindPreview:
	}
	if (e.Kind.Lane() == LaneCard || e.Kind.Lane() == LaneThread) && card.Workspace == "" {
		return // no team workspace: the console reads the rows
	}
	ch.Effects = append(ch.Effects, e)
}

// enqueueLimited saves an effect that another limit holds than its kind's.
func (ch *Change) enqueueLimited(k Kind, limit LimitKey) {
	ch.enqueue(k)
	ch.Effects[len(ch.Effects)-1].Limit = limit
}

// publish numbers the pending replies, all (0) or up to and with the one named, in the thread's own order. The agent is
// introduced before their first word.
func (d *Desk) publish(ch *Change, upTo int64) {
	found := upTo == 0
	for _, m := range ch.turn.Pending {
		found = found || m.ID == upTo
	}
	if !found || len(ch.turn.Pending) == 0 {
		return
	}
	d.introduce(ch)
	for _, m := range ch.turn.Pending {
		ch.Elapsed = append(ch.Elapsed, Timer{Conversation: ch.Next.ID, Kind: TimerPublish, Subject: m.ID})
		m.Visibility = Public
		ch.publish(&m)
		ch.Messages = append(ch.Messages, m)
		if m.ID == upTo {
			break
		}
	}
}

// openHandoff makes the handoff and its card, and all that must follow.
func (ch *Change) openHandoff(h Handoff, place Place) {
	h.ID = ch.newID()
	h.State = Waiting
	if h.Topic == nil {
		h.Topic = ch.Next.Topic
	}
	h.RequestedAt = ch.turn.Now
	if place.Workspace != "" {
		h.Card = Card{ID: ch.newID(), Handoff: h.ID, Place: place}
		ch.Cards = append(ch.Cards, h.Card)
	}
	ch.Next.Handoff = h
	ch.enqueue(KindCard)
	ch.enqueue(KindTranscript)
	ch.enqueue(KindBrief)
	if place.Workspace != "" {
		ch.redrawAt(1, 5, 15)
	}
}

// redrawAt redraws the card when its age is so many minutes.
func (ch *Change) redrawAt(minutes ...int64) {
	for _, m := range minutes {
		ch.Timers = append(ch.Timers, Timer{Conversation: ch.Next.ID, Handoff: ch.Next.Handoff.ID, Kind: TimerRedraw, Subject: m, After: time.Duration(m) * time.Minute})
	}
}

// assign gives the claim to the actor.
func (ch *Change) assign(a Agent, workspace, since string) {
	h := &ch.Next.Handoff
	h.State, h.Agent, h.ClaimedAt = Claimed, a, ch.turn.Now
	h.SnoozedUntil = time.Time{}
	ch.Elapsed = append(ch.Elapsed, Timer{Conversation: ch.Next.ID, Kind: TimerRemind})
	ch.Assignments = append(ch.Assignments, Assignment{ID: ch.newID(), Agent: a.ID, Workspace: workspace, Since: since, Open: true})
}

// unassign ends the assignment of whoever holds the claim.
func (ch *Change) unassign(workspace, until string) {
	for _, t := range ch.turn.Assignments {
		if t.Open {
			t.Open = false
			if t.Workspace == "" {
				t.Workspace = workspace
			}
			if t.Workspace == workspace {
				t.Until = until
			}
			ch.Assignments = append(ch.Assignments, t)
		}
	}
}

// introduce introduces the agent to the customer, once.
func (d *Desk) introduce(ch *Change) {
	h := &ch.Next.Handoff
	if h.Introduced || h.State != Claimed {
		return
	}
	h.Introduced = true
	ch.bumpState()
	name := h.Agent.Title
	if name == "" {
		name = d.texts(ch.Next).Persona
	}
	ch.say(Message{From: FromAgent, Agent: h.Agent, Text: fmt.Sprintf(d.texts(ch.Next).Hello, name)})
}

// finish ends the handoff.
func (ch *Change) finish(o Outcome) {
	h := &ch.Next.Handoff
	h.State, h.Outcome, h.EndedAt = Closed, o, ch.turn.Now
	h.SnoozedUntil = time.Time{}
	ch.Elapsed = append(ch.Elapsed, Timer{Conversation: ch.Next.ID, Kind: TimerRemind})
	ch.Next.Offers, ch.Next.Offered = 0, false
	ch.bumpState()
	ch.enqueue(KindCard)
}

// newEpisode makes the copilot read only what comes from here on.
func (ch *Change) newEpisode() {
	ch.Next.Episode = ch.Next.Seq
	ch.Next.Topic = nil
	ch.Next.Offers, ch.Next.Offered = 0, false
}
