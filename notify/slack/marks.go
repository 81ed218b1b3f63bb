package slack

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
)

// The marks of a line, one at a time: it stayed in the team, it reached the customer, it did not.
const (
	markNote      = "memo"
	markDelivered = "white_check_mark"
	markFailed    = "x"
)

// react sets a mark, if it is not there.
func (w *Workspace) react(ctx context.Context, name string, at handover.Place, ts string) error {
	err := w.api().AddReactionContext(ctx, name, slack.NewRefToMessage(at.Channel, ts))
	var said slack.SlackErrorResponse
	if errors.As(err, &said) && said.Err == "already_reacted" {
		return nil
	}
	return err
}

// markWithin is how long a mark is tried: Slack allows 50 reactions a minute.
const markWithin = time.Minute

// markLater sets a mark, and unmarkLater takes one away, where Slack is limited when it may: marks have a worker of their own, so that nobody else
// waits for them.
func (w *Workspace) markLater(name string, at handover.Place, ts string) {
	w.marksLater(w.react, name, at, ts)
}

func (w *Workspace) unmarkLater(name string, at handover.Place, ts string) {
	w.marksLater(w.unmark, name, at, ts)
}

func (w *Workspace) marksLater(do func(context.Context, string, handover.Place, string) error, name string, at handover.Place, ts string) {
	select {
	case w.marks <- func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, markWithin)
		defer cancel()
		err := retryUntilDone(ctx, func() error { return do(ctx, name, at, ts) })
		if err != nil {
			w.o.Logger.InfoContext(ctx, "a line is not marked", "err", err)
		}
	}:
	default:
		w.o.Logger.Info("a line is not marked: too many wait")
	}
}

// unmark takes one away, if it is there.
func (w *Workspace) unmark(ctx context.Context, name string, at handover.Place, ts string) error {
	err := w.api().RemoveReactionContext(ctx, name, slack.NewRefToMessage(at.Channel, ts))
	var said slack.SlackErrorResponse
	if errors.As(err, &said) && said.Err == "no_reaction" {
		return nil
	}
	return err
}

// deliveredLater marks a line once its undo window is over, if the budget allows: marks of what stays in the team go first.
func (w *Workspace) deliveredLater(l handover.Line) {
	time.AfterFunc(w.o.UndoWindow+time.Second, func() {
		if !w.marking.Allow() {
			return
		}
		w.bestEffort("mark a delivered line", func(ctx context.Context) error {
			s, err := w.desk.ReceiveLine(ctx, l) // a repeat: it says what became of it
			if m := s.Message(); err == nil && m.Visibility == handover.Public && !m.Deleted {
				w.markLater(markDelivered, l.Place, l.TS)
			}
			return err
		})
	})
}

// Mark implements notify.Workspace.
func (w *Workspace) Mark(handoff int64, l handover.Line, why string) {
	w.markLater(markFailed, l.Place, l.TS)
	text := "This line did not reach the customer: " + escape(clip(why, 300))
	retry := slack.NewButtonBlockElement("retry", strconv.FormatInt(handoff, 10), plainText("Retry"))
	w.answer(l.Place.Channel, l.Account, l.ThreadTS, reply{text: text, blocks: []slack.Block{section(text), slack.NewActionBlock("line:"+l.TS, retry)}})
}

// retry tries a line again that did not reach the customer.
func (w *Workspace) retry(ctx context.Context, c click) (reply, error) {
	at := handover.Place{Workspace: w.o.Identity.Workspace(), Channel: c.channel}
	s, err := w.desk.Redeliver(ctx, c.handoff, handover.By{Account: w.account(c.user)}, handover.Line{Place: at, TS: c.line}.Key())
	if err != nil {
		return reply{}, err
	}
	if !s.Changed {
		return refuse("There is nothing to try again.")
	}
	w.unmarkLater(markFailed, at, c.line)
	return ok("Trying again.")
}
