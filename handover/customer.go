package handover

import "context"

// Inbound is a message that a customer sent: a text, files or both. ID is the client's own name for it, unique in the conversation.
type Inbound struct {
	ID, Text, PageURL string
	Files             []File // uploaded before
}

// Open starts a conversation, or finds it.
func (d *Desk) Open(ctx context.Context, o Opening) (Saved, error) {
	o.PageURL = PageAddress(o.PageURL, d.opts.PageParameters)
	return d.update(ctx, ByOpening(o), func(Turn, *Change) error { return nil })
}

// Receive takes in what a customer wrote and passes it to whoever holds the conversation: the bot, the thread, or both.
// A repeat returns the first's message.
func (d *Desk) Receive(ctx context.Context, ref Ref, in Inbound) (Saved, error) {
	if ref.Open != nil {
		o := *ref.Open
		o.PageURL = PageAddress(o.PageURL, d.opts.PageParameters)
		ref.Open = &o
	}
	return d.update(ctx, ref.WithKey("c:"+in.ID), func(c Turn, ch *Change) error {
		if err := ch.transition(stepWrite); err != nil {
			return err
		}
		if c.State == Closed {
			ch.newEpisode()
			ch.bumpState()
		}
		if in.PageURL != "" {
			ch.Next.PageURL = PageAddress(in.PageURL, d.opts.PageParameters)
		}
		m := ch.say(Message{From: FromCustomer, Text: in.Text, Files: in.Files, ExternalID: "c:" + in.ID})
		if ch.Next.State == WithBot || ch.Next.State == Waiting {
			ch.enqueueMessage(KindAnswer, m)
		}
		if ch.Next.State == Waiting || ch.Next.State == Claimed {
			ch.enqueueMessage(KindRelay, m)
			ch.endSnooze("The customer has written: the snooze is over.")
		}
		return nil
	})
}

// AskForPerson is the customer's own request; it does nothing where a person has been asked for already.
// ErrNoPerson while the gate is not open.
func (d *Desk) AskForPerson(ctx context.Context, ref Ref) (Saved, error) {
	return d.update(ctx, ref, func(c Turn, ch *Change) error {
		if c.State == Waiting || c.State == Claimed {
			return nil
		}
		if c.State == Closed {
			if err := ch.transition(stepWrite); err != nil {
				return err
			}
			ch.newEpisode()
		}
		return d.request(ch, Requested, nil)
	})
}

// request is the one way from the bot to waiting, to the team that the topic is for.
func (d *Desk) request(ch *Change, reason Reason, why *Decision) error {
	if d.Gate() != GateOpen {
		return ErrNoPerson
	}
	if err := ch.transition(stepRequest); err != nil {
		return err
	}
	var team string
	if m := ch.Next.Topic; m != nil {
		team = m.Team
	}
	team, place := d.place(team)
	h := Handoff{Team: team, Reason: reason, Why: why}
	if reason == Frustration {
		h.Priority = 1
	}
	ch.openHandoff(h, place)
	d.remindLater(ch)
	ch.bumpState()
	ch.say(Message{From: FromBot, Text: d.texts(ch.Next).Waiting})
	ch.Next.Offers, ch.Next.Offered = 0, false
	return nil
}

// CancelHandoff takes the request back. Once an agent has claimed it is a *NotAllowedError; with the bot it does nothing.
func (d *Desk) CancelHandoff(ctx context.Context, ref Ref) (Saved, error) {
	return d.update(ctx, ref, func(c Turn, ch *Change) error {
		if c.State == WithBot || c.State == Closed {
			return nil
		}
		return d.cancel(ch)
	})
}

func (d *Desk) cancel(ch *Change) error {
	if err := ch.transition(stepCancel); err != nil {
		return err
	}
	ch.finish(Cancelled)
	ch.say(Message{From: FromBot, Text: d.texts(ch.Next).Cancelled})
	ch.newEpisode()
	return nil
}

// Rate keeps the customer's score, 1…5, of the last handoff that an agent held and ended; else ErrNotRated.
func (d *Desk) Rate(ctx context.Context, ref Ref, score int, comment string) (Saved, error) {
	return d.update(ctx, ref, func(c Turn, ch *Change) error {
		if c.Handoff.ID == 0 || c.Handoff.State != Closed || c.Handoff.Agent.ID == 0 {
			return ErrNotRated
		}
		ch.Next.Handoff.Score, ch.Next.Handoff.Comment = score, comment
		ch.enqueue(KindCard)
		return nil
	})
}

// SeenUpTo keeps how far the customer has read.
func (d *Desk) SeenUpTo(ctx context.Context, ref Ref, seq int64) (Saved, error) {
	return d.update(ctx, ref, func(c Turn, ch *Change) error {
		ch.Next.Seen = max(c.Seen, min(seq, c.Seq))
		if c.State == Claimed && ch.Next.Seen > c.Seen && ch.Next.Seen == c.Seq && c.Seq > c.LastCustomer {
			ch.enqueue(KindCard) // it says so
		}
		return nil
	})
}
