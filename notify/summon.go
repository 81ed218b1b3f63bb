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

// Summons is what reaches an agent who is not looking: short, personal data out of sight, and where to go on.
type Summons struct {
	Key   string // the same when it is sent again, another once it was claimed in between
	Title string
	Text  string // plain
	URL   string // opens the conversation
}

// Bell is a way to reach an agent. Ringing twice with one Key is seen once, as far as the way can. Its errors say whether to try again; ErrGone: the
// address is no good any more.
type Bell interface {
	Ring(ctx context.Context, address string, s Summons) error
}

// summonTries is how often a bell that does not answer is rung.
const summonTries = 8

// summon tells agents who asked for it of a handoff that nobody has claimed.
func (n *Notifier) summon(ctx context.Context, r handover.Run) error {
	handoff := r.Effects[0].Handoff
	card, err := n.view(ctx, handoff)
	if err != nil || card.Handoff.State != handover.Waiting {
		return err
	}
	bells, err := n.reads.Unrung(ctx, handoff)
	if err != nil {
		return err
	}
	s := n.summons(card)
	var wg sync.WaitGroup
	failed := make([]error, len(bells))
	slots := make(chan struct{}, ringAtOnce)
	for i, b := range bells {
		way := n.o.Bells[b.Way]
		if way == nil || n.o.Serves != nil && !n.o.Serves(b, card.Handoff.Team) {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			failed[i] = n.ring(ctx, card.Handoff, way, b, s)
		})
	}
	wg.Wait()
	if err := errors.Join(failed...); err != nil && r.Failures+1 < summonTries {
		return err
	} else if err != nil {
		n.o.Logger.ErrorContext(ctx, "agents were not reached", "handoff", handoff, "err", err)
	}
	return nil
}

// A slow bell keeps no other waiting, and all are rung before the lane's lease ends.
const (
	ringAtOnce = 16
	ringWithin = 8 * time.Second
)

// ring rings one bell, and keeps that it did.
func (n *Notifier) ring(ctx context.Context, h handover.Handoff, way Bell, b handover.Bell, s Summons) error {
	at, cancel := context.WithTimeout(ctx, ringWithin)
	defer cancel()
	err := way.Ring(at, b.Address, s)
	save := context.WithoutCancel(ctx) // it rang
	switch {
	case errors.Is(err, ErrGone):
		return n.reads.SetBell(save, b, false)
	case handover.IsPermanent(err):
		n.o.Logger.ErrorContext(ctx, "an agent cannot be reached", "agent", b.Agent, "way", b.Way, "err", err)
	case err != nil:
		return fmt.Errorf("%s: %w", b.Way, err)
	}
	return n.reads.Rang(save, h.ID, h.ClaimedAt, b)
}

func (n *Notifier) summons(c Card) Summons {
	h := c.Handoff
	name := c.Contact.Name
	if name == "" {
		name = "A customer"
	}
	text := fmt.Sprintf("%s waits for %s since %s (%s).", name, h.Team, h.RequestedAt.Local().Format("15:04"), strings.ReplaceAll(string(h.Reason), "_", " "))
	if h.Brief != nil {
		text += "\n" + h.Brief.Summary
	}
	return Summons{
		Key: fmt.Sprintf("handoff-%d-%d", h.ID, max(0, h.ClaimedAt.Unix())), Title: fmt.Sprintf("%s waits, and nobody has claimed", name), Text: text,
		URL: strings.TrimSuffix(n.o.PublicURL, "/") + fmt.Sprintf("/console/c/%d", c.ID),
	}
}
