package handover

import (
	"context"
	"errors"
	"slices"
	"time"
)

var errMoved = errors.New("the state changed while the bot was thinking")

// BotMessage is what the bot says.
type BotMessage struct {
	Text      string
	Citations []Citation
	Choices   []Choice // one-tap answers shown below it
	Offers    bool     // it offers a person
	NoAnswer  bool     // the offer is all it could say
}

// botTurn is a step that the bot takes on what it read up to and with the customer's message of Seq upTo. It is ErrStale
// when the customer has written since, an agent has claimed, or the turn has been taken; a *NotNowError when the state has
// changed from what the decision was made on: it is to be made again. The decision is stored with the step.
func (d *Desk) botTurn(ctx context.Context, id, upTo int64, why Decision, decide func(c Turn, ch *Change) error) (Saved, error) {
	return d.update(ctx, ByID(id), func(c Turn, ch *Change) error {
		if c.LastCustomer != upTo || c.State != WithBot && c.State != Waiting {
			return ErrStale
		}
		if c.Answered >= upTo { // a repeat, after a crash between the step and its effect's end
			return ErrStale
		}
		if why.State != "" && why.State != c.State {
			return &RetryLaterError{Err: errMoved, After: 50 * time.Millisecond}
		}
		ch.Next.Answered = upTo
		ch.Next.Topic = why.Topic
		if l := why.Signals.Language; l != "" && why.Signals.Sure {
			ch.Next.Language = l // what they write in, whatever their browser says
		}
		ch.Decision = &why
		if c.State == WithBot && why.Notify != "" {
			d.preview(ch, why)
		}
		if c.State == Waiting && why.Raise && c.Handoff.Priority < 1 {
			ch.Next.Handoff.Priority = 1
			ch.enqueue(KindCard)
		}
		return decide(c, ch)
	})
}

// Preview is what a team is shown of a conversation that is with the bot, once an episode.
type Preview struct {
	Conversation, Episode int64
	Place                 Place
	TS                    string // of the message; "": not posted yet
	Why                   string
}

// preview has the team that the topic is for shown the conversation.
func (d *Desk) preview(ch *Change, why Decision) {
	team := ""
	if why.Topic != nil {
		team = why.Topic.Team
	}
	if _, place := d.place(team); place.Workspace != "" {
		ch.Preview = &Preview{Conversation: ch.Next.ID, Episode: ch.Next.Episode, Place: place, Why: why.Notify}
		ch.enqueueLimited(KindPreview, place.PostLimit())
	}
}

// RefreshPreview brings what a team was shown up to date, once the bot holds the conversation no longer.
func (d *Desk) RefreshPreview(ctx context.Context, w Preview) (Saved, error) {
	return d.update(ctx, ByID(w.Conversation), func(_ Turn, ch *Change) error {
		ch.enqueueLimited(KindPreview, w.Place.UpdateLimit())
		return nil
	})
}

// Say sends the bot's answer, with an offer of a person or without; ErrStale when the conversation moved on.
func (d *Desk) Say(ctx context.Context, id, upTo int64, s BotMessage, why Decision) (Saved, error) {
	return d.botTurn(ctx, id, upTo, why, func(c Turn, ch *Change) error {
		s := s
		if c.State == Waiting {
			s.Offers = false // a handoff was made already
			s.Choices = slices.DeleteFunc(slices.Clone(s.Choices), func(c Choice) bool { return c.ID != ChooseLeave && c.ID != ChooseStay })
		}
		ch.Next.Offers, ch.Next.Offered = 0, s.Offers
		if s.NoAnswer {
			ch.Next.Offers = c.Offers + 1
		}
		m := ch.say(Message{From: FromBot, Text: s.Text, Citations: s.Citations, Choices: s.Choices})
		if c.State == Waiting {
			ch.enqueueMessage(KindRelay, m)
		}
		return nil
	})
}

// RequestHandoff is the bot's own request for a human; ErrStale when the conversation moved on, ErrNoPerson while the gate
// is not open.
func (d *Desk) RequestHandoff(ctx context.Context, id, upTo int64, why Decision) (Saved, error) {
	return d.botTurn(ctx, id, upTo, why, func(c Turn, ch *Change) error {
		if c.State != WithBot {
			return ErrStale
		}
		return d.request(ch, why.Reason, &why)
	})
}

// StaySilent stores why the bot said nothing.
func (d *Desk) StaySilent(ctx context.Context, id, upTo int64, why Decision) (Saved, error) {
	return d.botTurn(ctx, id, upTo, why, func(Turn, *Change) error { return nil })
}

// PassOn says, once a handoff, that what the customer wrote while waiting has been passed on.
func (d *Desk) PassOn(ctx context.Context, id, upTo int64, why Decision) (Saved, error) {
	return d.botTurn(ctx, id, upTo, why, func(c Turn, ch *Change) error {
		if c.State != Waiting || c.Handoff.PassedOn {
			return nil
		}
		ch.Next.Handoff.PassedOn = true
		ch.say(Message{From: FromBot, Text: d.texts(ch.Next).PassedOn})
		return nil
	})
}

// Solved ends a waiting handoff because the customer no longer needs it.
func (d *Desk) Solved(ctx context.Context, id, upTo int64, why Decision) (Saved, error) {
	return d.botTurn(ctx, id, upTo, why, func(c Turn, ch *Change) error {
		if c.State != Waiting {
			return ErrStale
		}
		return d.cancel(ch)
	})
}

// Briefed keeps the copilot's brief of a handoff and redraws its card; it does nothing once another handoff runs.
func (d *Desk) Briefed(ctx context.Context, handoff int64, b Brief) (Saved, error) {
	return d.update(ctx, ByHandoff(handoff), func(c Turn, ch *Change) error {
		if c.Handoff.ID != handoff {
			return nil
		}
		ch.Next.Handoff.Brief = &b
		ch.enqueue(KindCard)
		return nil
	})
}

// Undelivered keeps why a message did not reach the customer, and tells the team in the thread.
func (d *Desk) Undelivered(ctx context.Context, m Message, why string) (Saved, error) {
	return d.update(ctx, ByID(m.Conversation), func(c Turn, ch *Change) error {
		ch.Failed = &Failed{Message: m.ID, Why: why} // the message itself may have changed since
		if c.State == Claimed || c.State == Waiting {
			note := ch.add(Message{From: FromBot, Visibility: Internal, Text: "Not delivered to the customer: " + why + "\n> " + firstLine(m.Text)})
			ch.enqueueMessage(KindRelay, note)
		}
		if m.LineTS != "" {
			ch.enqueueMessage(KindMark, m)
		}
		return nil
	})
}

// Redeliver tries a message again that did not reach the customer; it does nothing to others.
func (d *Desk) Redeliver(ctx context.Context, handoff int64, by By, key string) (Saved, error) {
	return d.update(ctx, ByHandoff(handoff).By(by.Account).WithMessage(key), func(c Turn, ch *Change) error {
		if c.Message == nil || c.Message.Failure == "" || c.Message.Visibility != Public {
			return nil
		}
		m := *c.Message
		m.Failure = ""
		ch.Failed = &Failed{Message: m.ID}
		ch.enqueueMessage(KindDeliver, m)
		return nil
	})
}
