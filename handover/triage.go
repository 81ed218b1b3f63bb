package handover

import (
	"context"
	"fmt"
	"time"
)

// LabelNotAHandoff marks a handoff that should not have been one: for tuning.
const LabelNotAHandoff = "not_a_handoff"

// Escalate is a step up: the handoff becomes more urgent, and the reason stands in its thread.
func (d *Desk) Escalate(ctx context.Context, handoff int64, by By, reason string) (Saved, error) {
	return d.agentStep(ctx, handoff, by, stepEscalate, func(c Turn, ch *Change) error {
		if c.State != Waiting && c.State != Claimed {
			return &NotAllowedError{Step: stepEscalate, State: c.State, Agent: c.Handoff.Agent}
		}
		if c.Handoff.Priority >= 2 {
			return nil // it is as urgent as can be
		}
		ch.Next.Handoff.Priority = 2
		ch.enqueue(KindCard)
		ch.noteForTeam("Escalated: " + reason)
		return nil
	})
}

// Unclaim takes the claim back from an agent who may not have it, and tells the team why.
func (d *Desk) Unclaim(ctx context.Context, handoff, agent int64, why string) (Saved, error) {
	return d.update(ctx, ByHandoff(handoff).WithPending(), func(c Turn, ch *Change) error {
		if c.Handoff.ID != handoff || c.State != Claimed || c.Handoff.Agent.ID != agent {
			return nil
		}
		if err := ch.transition(stepRelease); err != nil {
			return err
		}
		for _, m := range c.Pending { // theirs: nobody has read them
			m.Visibility = Internal
			ch.Messages = append(ch.Messages, m)
			ch.Elapsed = append(ch.Elapsed, Timer{Conversation: c.ID, Kind: TimerPublish, Subject: m.ID})
		}
		ch.unassign("", "")
		ch.Next.Handoff.State, ch.Next.Handoff.Agent = Waiting, Agent{}
		d.remindLater(ch)
		ch.bumpState()
		ch.enqueue(KindCard)
		ch.noteForTeam(why)
		return nil
	})
}

// Snooze lays a claimed handoff aside until a while has passed or the customer writes.
func (d *Desk) Snooze(ctx context.Context, handoff int64, by By, after time.Duration) (Saved, error) {
	return d.agentStep(ctx, handoff, by, stepSnooze, func(c Turn, ch *Change) error {
		if err := checkHolder(c, stepSnooze); err != nil {
			return err
		}
		ch.Next.Handoff.SnoozedUntil = c.Now.Add(after).Truncate(time.Second)
		ch.Timers = append(ch.Timers, Timer{Conversation: c.ID, Handoff: handoff, Kind: TimerSnooze, After: after})
		ch.enqueue(KindCard)
		return nil
	})
}

// endSnooze ends a snooze: the thread is told, so that it comes up again.
func (ch *Change) endSnooze(why string) {
	if ch.clearSnooze() {
		ch.enqueue(KindCard)
		ch.noteForTeam(why)
	}
}

// clearSnooze ends a snooze without a word, and says whether there was one.
func (ch *Change) clearSnooze() bool {
	if ch.Next.Handoff.SnoozedUntil.Unix() <= 0 {
		return false
	}
	ch.Next.Handoff.SnoozedUntil = time.Time{}
	ch.Elapsed = append(ch.Elapsed, Timer{Conversation: ch.Next.ID, Kind: TimerSnooze})
	return true
}

// EndSnooze ends a snooze whose time is over.
func (d *Desk) EndSnooze(ctx context.Context, t Timer) (Saved, error) {
	return d.update(ctx, ByID(t.Conversation), func(c Turn, ch *Change) error {
		if c.Handoff.ID == t.Handoff && c.Now.Before(c.Handoff.SnoozedUntil) {
			return nil // it was laid aside again meanwhile
		}
		ch.Elapsed = append(ch.Elapsed, t)
		if c.Handoff.ID == t.Handoff && c.State == Claimed {
			ch.endSnooze("The snooze is over.")
		}
		return nil
	})
}

// Dismiss says that this needed no person: the conversation goes back to the bot, and the handoff keeps the label.
func (d *Desk) Dismiss(ctx context.Context, handoff int64, by By) (Saved, error) {
	return d.agentStep(ctx, handoff, by, stepReturn, func(c Turn, ch *Change) error {
		if c.Handoff.Label == LabelNotAHandoff {
			return nil
		}
		ch.Next.Handoff.Label = LabelNotAHandoff
		if c.State == Closed || c.State == WithBot {
			ch.enqueue(KindCard)
			return nil
		}
		return d.ended(ch, by, stepReturn, Returned, d.texts(ch.Next).Returned)
	})
}

// noteForTeam puts a line of our own for the team into the thread.
func (ch *Change) noteForTeam(text string) {
	ch.enqueueMessage(KindRelay, ch.add(Message{From: FromBot, Visibility: Internal, Text: text}))
}

// Availability says whether an agent can take a conversation.
type Availability string

// The availabilities.
const (
	Available Availability = "available"
	Busy      Availability = "busy"
	Away      Availability = "away"
	Offline   Availability = "offline"
)

// AvailabilityOf reads one, as people write it.
func AvailabilityOf(s string) (Availability, error) {
	switch a := Availability(s); a {
	case Available, Busy, Away, Offline:
		return a, nil
	}
	return "", fmt.Errorf("%q: expected available, busy, away or offline", s)
}
