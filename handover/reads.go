package handover

import (
	"context"
	"time"
)

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

// Reads is what may be asked of the desk without changing it.
type Reads interface {
	// Find returns the conversation with a contact on a channel; ErrUnknown when there is none.
	Find(ctx context.Context, channel, customer string) (Conversation, error)
	// Get returns a conversation; ErrUnknown when there is none.
	Get(ctx context.Context, id int64) (Conversation, error)
	// OfHandoff returns the conversation of a handoff, which may be an earlier one; ErrUnknown when there is none.
	OfHandoff(ctx context.Context, handoff int64) (Conversation, error)
	// Since returns what a customer may see of a conversation and that changed after rev, in order of Rev: the first limit of
	// them or, with a negative limit, the last.
	Since(ctx context.Context, conversation, rev int64, limit int) (Conversation, []Message, error)
	// Page is Since in pieces of a few dozen KiB: the first of the changes after rev, none older than the newest so many; more says that there
	// are others.
	Page(ctx context.Context, conversation, rev int64, newest int) (c Conversation, messages []Message, more bool, err error)
	// Transcript returns all messages after seq, notes among them, in the order they were written.
	Transcript(ctx context.Context, conversation, after int64) ([]Message, error)
	// Recent returns what was said in public after seq and not taken back, in the customer's order: the newest MostRead bytes of it.
	Recent(ctx context.Context, conversation, after int64) ([]Message, error)
	// Queue returns the open conversations for the team, waiting ones first; with live, also those the bot holds.
	Queue(ctx context.Context, live bool) ([]Conversation, error)
	// Held returns the conversations that an agent holds, the longest held first.
	Held(ctx context.Context, agent int64) ([]Conversation, error)
	// OfTeam returns the open conversations of a team.
	OfTeam(ctx context.Context, team string) ([]Conversation, error)
	// Wait says how many wait up to and with this handoff, and the usual wait; zeros when not known.
	Wait(ctx context.Context, h Handoff) (Wait, error)
	// OfThread returns the conversation in whose card's thread a line stands, with that card's handoff; ErrUnknown when there is none.
	OfThread(ctx context.Context, p Place, ts string) (Conversation, error)
	// Figures counts the handoffs of the last while.
	Figures(ctx context.Context, since time.Duration) (Figures, error)
	// Revs returns the Rev of each of the conversations.
	Revs(ctx context.Context, conversations []int64) (map[int64]int64, error)
}
