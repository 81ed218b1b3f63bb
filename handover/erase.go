package handover

import (
	"cmp"
	"context"
	"crypto/rand"
	"time"
)

// Erasure is the work of leaving nothing of a conversation: begun by a step, done by an effect.
type Erasure struct {
	ID           string // random, "": to be made; it outlives the conversation
	Conversation int64  // 0: nothing is left of it
	Alone        bool   // what stands in workspaces that are not connected stays there; else it waits for them
	Articles     bool   // articles that agents made of it go as well
	By           string // who asked, for the audit log
	At, Done     time.Time
	Left         []string // places where something is left that we may not delete
	Error        string   // why it is not done yet
}

// Footprint is where else than in its own rows something of a conversation stands.
type Footprint struct {
	Handoffs []int64
	Cards    []Card              // posted ones
	Previews []Card              // what teams were shown of it while the bot held it
	Files    map[string][]string // what its files are called where they were copied to, by channel:ts of the thread
}

// Erasures carry out what Erase has begun.
type Erasures interface {
	// Quiet drops all other effects of a conversation that is being erased; false while one of them is under way.
	Quiet(ctx context.Context, conversation int64) (bool, error)
	// Erasure returns what is known of an erasure by its id, or by its conversation; ErrUnknown when there is none.
	Erasure(ctx context.Context, id string, conversation int64) (Erasure, error)
	// Footprint says where something of a conversation stands.
	Footprint(ctx context.Context, conversation int64) (Footprint, error)
	// Purge deletes all rows of the run's conversation, and keeps what is left elsewhere. ErrLeaseLost when the lane was taken over.
	Purge(ctx context.Context, r Batch, e Erasure) error
}

// Erase begins to erase a conversation: from now on nobody finds it and no step is taken in it; whoever waits for a person, or has one, does no
// longer. The effect deletes what we posted, then every row. A repeat returns the erasure that is under way, with Again set.
func (d *Desk) Erase(ctx context.Context, conversation int64, e Erasure) (Saved, error) {
	return d.erase(ctx, conversation, e, func(Conversation) bool { return true })
}

func (d *Desk) erase(ctx context.Context, conversation int64, e Erasure, still func(Conversation) bool) (Saved, error) {
	e.ID, e.Conversation = cmp.Or(e.ID, rand.Text()), conversation
	return d.step(ctx, ByID(conversation), func(c Turn, ch *Change) error {
		if c.Erasing || !still(c.Conversation) {
			return nil
		}
		if err := ch.transition(stepErase); err != nil {
			return err
		}
		if h := &ch.Next.Handoff; h.ID != 0 && h.State != Closed {
			h.State, h.Outcome, h.EndedAt, h.SnoozedUntil = Closed, Cancelled, c.Now, time.Time{}
		}
		ch.Next.Erasing, ch.Next.PageURL, ch.Next.Language, ch.Next.Topic = true, "", "", nil
		ch.bumpState()
		ch.Effects = nil // of the customer nobody is told
		ch.enqueue(KindErase)
		ch.Erase = &e
		return nil
	})
}

// Retention is how long conversations of a channel are kept after their last change; 0: for ever.
type Retention struct {
	Channels map[string]time.Duration
	Default  time.Duration // of other channels
}

// None says that everything is kept.
func (r Retention) None() bool {
	for _, d := range r.Channels {
		if d > 0 {
			return false
		}
	}
	return r.Default <= 0
}

// Old is a conversation that nobody has touched for longer than it is kept.
type Old struct {
	ID, Rev int64
	Channel string
	Changed time.Time
}

// Ages finds old conversations.
type Ages interface {
	// Old returns up to n conversations that are older than they are kept, those the longest untouched first. None of them waits, is held or is being erased.
	Old(ctx context.Context, r Retention, n int) ([]Old, error)
}

// Sweep begins to erase up to n conversations that are older than they are kept, and says how many. What was done to one since it was found
// saves it. It is harmless to begin again, or twice.
func (d *Desk) Sweep(ctx context.Context, ages Ages, r Retention, n int) (int, error) {
	old, err := ages.Old(ctx, r, n)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, o := range old {
		s, err := d.erase(ctx, o.ID, Erasure{By: "retention"}, func(c Conversation) bool {
			return c.Rev == o.Rev && (c.State == WithBot || c.State == Closed)
		})
		if err != nil {
			return done, err
		}
		if s.Changed {
			done++
		}
	}
	return done, nil
}
