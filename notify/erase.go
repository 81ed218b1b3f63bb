package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// Eraser is a Workspace that can delete what we posted in it.
type Eraser interface {
	// Erase deletes a card of ours with all that we posted in its thread, and our files there. A card without a ts is looked for. left names what
	// stays: what others wrote, and what it refuses to delete for good.
	Erase(ctx context.Context, card handover.Card, files []string) (left []string, err error)
}

// erase leaves nothing of a conversation: first what stands elsewhere, then its rows. It goes on where it was interrupted, since what is deleted is
// not there to be deleted again.
func (n *Notifier) erase(ctx context.Context, r handover.Batch) error {
	id := r.Conversation.ID
	if quiet, err := n.reads.Quiet(ctx, id); err != nil || !quiet {
		return errors.Join(err, &handover.RetryLaterError{Err: errors.New("something is under way in it"), After: time.Second})
	}
	e, err := n.reads.Erasure(ctx, "", id)
	if err != nil {
		return err
	}
	at, err := n.reads.Footprint(ctx, id)
	if err != nil {
		return err
	}
	for _, card := range append(at.Cards, at.Previews...) {
		if card.Workspace == "" {
			continue
		}
		eraser, can := n.workspaces(card.Workspace).(Eraser)
		switch {
		case !can && !e.Alone:
			return &handover.RetryLaterError{Err: fmt.Errorf("the workspace %q is not connected: what we posted there cannot be deleted", card.Workspace), After: 30 * time.Second}
		case !can:
			e.Left = append(e.Left, fmt.Sprintf("%s, channel %s, message %s: the workspace is not connected", card.Workspace, card.Channel, card.TS))
			continue
		}
		left, err := eraser.Erase(ctx, card, at.Files[card.Channel+":"+card.TS])
		if err != nil {
			return fmt.Errorf("erase in %s: %w", card.Workspace, err)
		}
		e.Left = append(e.Left, left...)
	}
	if e.Articles && n.o.Unlearn != nil {
		for _, h := range at.Handoffs {
			if err := n.o.Unlearn(ctx, h); err != nil {
				return err
			}
		}
	}
	if err := n.reads.Purge(ctx, r, e); err != nil {
		return err
	}
	n.o.Logger.InfoContext(ctx, "a conversation is erased", "erasure", e.ID, "left", len(e.Left))
	return nil
}
