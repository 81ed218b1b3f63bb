package handover

// Subscription is how an agent asked to be reached when nobody claims.
type Subscription struct {
	Agent   int64
	Way     string // "email", "push"
	Address string // of that way
}

// remindLater has those agents told who asked for it, should nobody claim in a while.
func (d *Desk) remindLater(ch *Change) {
	if d.opts.RemindAfter > 0 {
		ch.Timers = append(ch.Timers, Timer{Conversation: ch.Next.ID, Handoff: ch.Next.Handoff.ID, Kind: TimerRemind, After: d.opts.RemindAfter})
	}
}
