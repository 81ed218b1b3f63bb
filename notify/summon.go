package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/deskbell/deskbell/handover"
)

// Summons is what reaches an agent who is not looking: short, personal data out of sight, and where to go on.
type Summons struct {
	Key   string // the same when it is sent again
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
	var failed []error
	for _, b := range bells {
		way := n.o.Bells[b.Way]
		if way == nil || n.o.Serves != nil && !n.o.Serves(b, card.Handoff.Team) {
			continue
		}
		err := way.Ring(ctx, b.Address, s)
		switch {
		case errors.Is(err, ErrGone):
			if err := n.reads.SetBell(ctx, b, false); err != nil {
				return err
			}
			continue
		case handover.IsPermanent(err):
			n.o.Logger.ErrorContext(ctx, "an agent cannot be reached", "agent", b.Agent, "way", b.Way, "err", err)
		case err != nil:
			failed = append(failed, fmt.Errorf("%s: %w", b.Way, err))
			continue
		}
		if err := n.reads.Rang(ctx, handoff, b); err != nil {
			return err
		}
	}
	if err := errors.Join(failed...); err != nil && r.Failures+1 < summonTries {
		return err
	} else if err != nil {
		n.o.Logger.ErrorContext(ctx, "agents were not reached", "handoff", handoff, "err", err)
	}
	return nil
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
		Key: fmt.Sprintf("handoff-%d", h.ID), Title: fmt.Sprintf("%s waits, and nobody has claimed", name), Text: text,
		URL: strings.TrimSuffix(n.o.PublicURL, "/") + fmt.Sprintf("/console/c/%d", c.ID),
	}
}
