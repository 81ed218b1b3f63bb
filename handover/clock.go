package handover

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// RunTimers calls the Desk method of each due timer until ctx ends.
func (d *Desk) RunTimers(ctx context.Context, logger *slog.Logger) error {
	woken := d.bus.worker(laneClock)
	poll := time.NewTicker(time.Second)
	defer poll.Stop()
	for ctx.Err() == nil {
		if err := d.readSettings(ctx); err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "reading runtime settings", "err", err)
		}
		due, err := d.store.DueTimers(ctx, 100, 10*time.Second)
		if err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "reading timers", "err", err)
		}
		for _, t := range due {
			if err := d.elapse(ctx, t); err != nil && ctx.Err() == nil && !errors.Is(err, ErrUnknown) { // it is gone, or going
				logger.WarnContext(ctx, "timer will be tried again", "kind", t.Kind, "conversation", t.Conversation, "err", err)
			}
		}
		if len(due) == 100 {
			continue
		}
		// A line that arrived while its card was learning its ts.
		if err := d.MatchLines(ctx); err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "matching lines", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-woken:
		case <-poll.C:
		}
	}
	return nil
}

func (d *Desk) elapse(ctx context.Context, t Timer) error {
	switch t.Kind {
	case TimerPublish:
		_, err := d.Publish(ctx, t)
		return err
	case TimerRedraw:
		return d.enqueueLater(ctx, t, KindCard)
	case TimerSnooze:
		_, err := d.EndSnooze(ctx, t)
		return err
	case TimerRemind:
		return d.enqueueLater(ctx, t, KindRemind)
	case TimerSweep:
		return d.enqueueLater(ctx, t, KindSweep)
	}
	return nil
}

// enqueueLater turns a timer into an effect: of an earlier handoff only, late copies are looked for.
func (d *Desk) enqueueLater(ctx context.Context, t Timer, k Kind) error {
	_, err := d.update(ctx, ByID(t.Conversation), func(c Turn, ch *Change) error {
		ch.Elapsed = append(ch.Elapsed, t)
		if k == KindSweep || c.Handoff.ID == t.Handoff && c.State == Waiting {
			ch.enqueue(k)
		}
		for i := range ch.Effects {
			ch.Effects[i].Handoff = t.Handoff
		}
		return nil
	})
	return err
}
