package handover

import (
	"context"
	"time"
)

// Bell is how an agent asked to be reached when nobody claims.
type Bell struct {
	Agent   int64
	Way     string // "email", "push"
	Address string // of that way
}

// Bells keeps them.
type Bells interface {
	// SetBell hangs one up, or takes it away.
	SetBell(ctx context.Context, b Bell, on bool) error
	// BellsOf returns an agent's.
	BellsOf(ctx context.Context, agent int64) ([]Bell, error)
	// Unrung returns those that have not been rung for a handoff.
	Unrung(ctx context.Context, handoff int64) ([]Bell, error)
	// Rang keeps that one has been, since the handoff was claimed last (the zero time: never); nothing when it was claimed once more meanwhile.
	Rang(ctx context.Context, handoff int64, claimed time.Time, b Bell) error
}

// summonLater has those agents told who asked for it, should nobody claim in a while.
func (d *Desk) summonLater(ch *Change) {
	if d.opts.SummonAfter > 0 {
		ch.Timers = append(ch.Timers, Timer{Conversation: ch.Next.ID, Handoff: ch.Next.Handoff.ID, Kind: TimerSummon, After: d.opts.SummonAfter})
	}
}
