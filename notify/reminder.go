package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// Reminder is what reaches an agent who is not looking: short, personal data out of sight, and where to go on.
type Reminder struct {
	Key   string // the same when it is sent again, another once it was claimed in between
	Title string
	Text  string // plain
	URL   string // opens the conversation
}

// Sender is a way to reach an agent. Ringing twice with one Key is seen once, as far as the way can. Its errors say whether to try again; ErrGone: the
// address is no good any more.
type Sender interface {
	Send(ctx context.Context, address string, s Reminder) error
}

// remindTries is how often a sender that does not answer is asked.
const remindTries = 8

// remind tells agents who asked for it of a handoff that nobody has claimed.
func (n *Notifier) remind(ctx context.Context, r handover.Batch) error {
	handoff := r.Effects[0].Handoff
	card, err := n.cardFor(ctx, handoff)
	if err != nil || card.Handoff.State != handover.Waiting {
		return err
	}
	subscriptions, err := n.reads.Unnotified(ctx, handoff)
	if err != nil {
		return err
	}
	s := n.reminder(card)
	var wg sync.WaitGroup
	failed := make([]error, len(subscriptions))
	slots := make(chan struct{}, sendAtOnce)
	for i, b := range subscriptions {
		way := n.o.Senders[b.Way]
		if way == nil || n.o.Subscribed != nil && !n.o.Subscribed(b, card.Handoff.Team) {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			failed[i] = n.send(ctx, card.Handoff, way, b, s)
		})
	}
	wg.Wait()
	if err := errors.Join(failed...); err != nil && r.Failures+1 < remindTries {
		return err
	} else if err != nil {
		n.o.Logger.ErrorContext(ctx, "agents were not reached", "handoff", handoff, "err", err)
	}
	return nil
}

// A slow sender keeps no other waiting, and all are asked before the lane's lease ends.
const (
	sendAtOnce = 16
	sendWithin = 8 * time.Second
)

// send notifies one agent, and keeps that it did.
func (n *Notifier) send(ctx context.Context, h handover.Handoff, way Sender, b handover.Subscription, s Reminder) error {
	at, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	err := way.Send(at, b.Address, s)
	save := context.WithoutCancel(ctx) // it was sent
	switch {
	case errors.Is(err, ErrGone):
		return n.reads.Subscribe(save, b, false)
	case handover.IsPermanent(err):
		n.o.Logger.ErrorContext(ctx, "an agent cannot be reached", "agent", b.Agent, "way", b.Way, "err", err)
	case err != nil:
		return fmt.Errorf("%s: %w", b.Way, err)
	}
	return n.reads.MarkNotified(save, h.ID, h.ClaimedAt, b)
}

func (n *Notifier) reminder(c Card) Reminder {
	h := c.Handoff
	name := c.Contact.Name
	if name == "" {
		name = "A customer"
	}
	text := fmt.Sprintf("%s waits for %s since %s (%s).", name, h.Team, h.RequestedAt.Local().Format("15:04"), strings.ReplaceAll(string(h.Reason), "_", " "))
	if h.Brief != nil {
		text += "\n" + h.Brief.Summary
	}
	return Reminder{
		Key: fmt.Sprintf("handoff-%d-%d", h.ID, max(0, h.ClaimedAt.Unix())), Title: fmt.Sprintf("%s waits, and nobody has claimed", name), Text: text,
		URL: strings.TrimSuffix(n.o.PublicURL, "/") + fmt.Sprintf("/console/c/%d", c.ID),
	}
}
