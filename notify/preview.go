package notify

import (
	"context"
	"errors"

	"github.com/deskbell/deskbell/handover"
)

// preview shows a team a conversation that is with the bot; what it shows is closed once the bot holds it no longer.
func (n *Notifier) preview(ctx context.Context, r handover.Batch) error {
	c, err := n.reads.Get(ctx, r.Conversation.ID)
	if err != nil {
		return err
	}
	x, err := n.reads.Preview(ctx, c.ID)
	if errors.Is(err, handover.ErrUnknown) || err == nil && x.TS == "" && !r.CheckFirst && c.State != handover.WithBot {
		return nil // a handoff was made first
	}
	if err != nil {
		return err
	}
	w := n.workspaces(x.Place.Workspace)
	if w == nil {
		return nil // it is not connected any more: nobody looks at it
	}
	card, err := n.cardOf(ctx, c)
	if err != nil {
		return err
	}
	ts, err := w.Preview(ctx, card, x, r.CheckFirst)
	if errors.Is(err, ErrPlace) {
		n.o.Logger.ErrorContext(ctx, "a team is not shown a conversation: its channel takes no cards", "channel", x.Place.Channel, "err", err)
		return nil
	}
	if err != nil || ts == x.TS {
		return err
	}
	if err := n.reads.SetPreview(ctx, x, ts); err != nil { // it is there, and we do not know its ts: look
		return &handover.UnknownOutcomeError{Err: err}
	}
	return nil
}
