package handover

import "time"

// Wait is a handoff's place in its team's queue, 1 the next, and the usual wait; zeros when not known.
type Wait struct {
	Position  int
	Low, High time.Duration
}

// Figures are what became of the handoffs of a while.
type Figures struct {
	Handoffs, Claimed, Resolved, Cancelled, NotAHandoff int
	Wait                                                time.Duration // median until the claim
	Score                                               float64       // mean of the ratings, 1…5; 0: none
}

// MostRead is how much of a conversation is read at once to think about it, in bytes of text: whoever writes more than that in one
// episode does not take the time of the others.
const MostRead = 64 << 10
