package handover

import (
	"context"
	"time"
)

// Ref finds the conversation of a step, and says what decide must see beside it.
type Ref struct {
	id                int64
	channel, customer string
	open              *Opening // opens the conversation when it is absent
	handoff           int64
	card              Card

	key     string
	actor   Account
	line    string
	pending bool
}

// Opening is how a conversation starts.
type Opening struct {
	Channel, Customer string // Customer: the contact's name on that channel
	Push              bool   // the channel sends; false: the customer's side reads
	Contact           Contact
	Language          string
	PageURL           string
}

// ByID names a conversation.
func ByID(id int64) Ref { return Ref{id: id} }

// ByCustomer names the conversation with a contact on a channel.
func ByCustomer(channel, customer string) Ref { return Ref{channel: channel, customer: customer} }

// ByOpening is ByCustomer for a conversation that may have to be opened first.
func ByOpening(o Opening) Ref { return Ref{channel: o.Channel, customer: o.Customer, open: &o} }

// ByHandoff names the conversation of a handoff.
func ByHandoff(id int64) Ref { return Ref{handoff: id} }

// ByCard names the conversation whose card, current or old, is this message of a workspace.
func ByCard(p Place, ts string) Ref { return Ref{card: Card{Place: p, TS: ts}} }

// WithKey makes the step a repeat when a message with this external id is there already.
func (r Ref) WithKey(external string) Ref { r.key = external; return r }

// By says who takes the step.
func (r Ref) By(a Account) Ref { r.actor = a; return r }

// WithMessage shows decide the message with this external id.
func (r Ref) WithMessage(external string) Ref { r.line = external; return r }

// WithPending shows decide the replies in their undo window.
func (r Ref) WithPending() Ref { r.pending = true; return r }

// Asks is what a Ref says, for a Store.
type Asks struct {
	ID                int64
	Channel, Customer string
	Open              *Opening
	Handoff           int64
	Card              Card
	Key, Line         string
	Actor             Account
	Pending           bool
}

// Asks returns what the Ref says, for a Store.
func (r Ref) Asks() Asks {
	return Asks{
		ID: r.id, Channel: r.channel, Customer: r.customer, Open: r.open, Handoff: r.handoff, Card: r.card,
		Key: r.key, Line: r.line, Actor: r.actor, Pending: r.pending,
	}
}

// Change is what one step does.
type Change struct {
	Next        Conversation // whole
	Messages    []Message    // new ones, and those that changed
	Effects     []Effect
	Timers      []Timer
	Elapsed     []Timer      // timers that have done their work
	Cards       []Card       // new or changed, of Next.Handoff
	Assignments []Assignment // new or changed, of Next.Handoff
	NewAccount  *Account     // Next.Actor's account, to be remembered
	Agent       *Agent       // an agent whose profile was looked up
	Failed      *Failed      // a message that was refused for good
	Decision    *Decision    // to be explained and played again
	Preview     *Preview     // a team is to be shown the conversation
	Erase       *Erasure     // nothing is to be left of it
	Unmatched   []Line       // edits and deletions to keep until their message comes
	Matched     []Line       // kept lines that were used
}

// Failed is why a message did not reach the customer.
type Failed struct {
	Message int64
	Why     string
}

// Saved is what a step saved.
type Saved struct {
	Conversation Conversation
	Before       int64 // the conversation's Rev before the step
	Messages     []Message
	Again        bool            // it was a repeat: nothing was changed, this is what the first one saved
	Lanes        []string        // lanes that have something to do now
	Timers       []time.Duration // after which timers are due
}

// Message returns the first message saved, or a zero one.
func (s Saved) Message() Message {
	if len(s.Messages) == 0 {
		return Message{}
	}
	return s.Messages[0]
}

// Store keeps conversations.
type Store interface {
	// Update shows the conversation to decide and saves all that decide returns — the next conversation whole, messages,
	// effects, timers — in one transaction, or nothing; no other step comes between. A repeat (same external id) changes
	// nothing and returns what the first one saved, with Again set. decide may be called again after a collision, so it is
	// pure. An unknown Ref is ErrUnknown.
	Update(ctx context.Context, ref Ref, decide func(Conversation) (Change, error)) (Saved, error)
	// DueTimers returns up to n timers that are due, none of them again to anybody within retry.
	DueTimers(ctx context.Context, n int, retry time.Duration) ([]Timer, error)
	UnmatchedLines
	RuntimeSettings
	Files
}

// UnmatchedLines keeps lines of threads that are not known yet.
type UnmatchedLines interface {
	// Keep remembers a line whose thread is not known yet, for 7 days.
	Keep(ctx context.Context, l Line) error
	// Kept returns the kept lines whose thread is known by now, oldest first.
	Kept(ctx context.Context) ([]Line, error)
	// Forget drops a kept line that was taken in.
	Forget(ctx context.Context, l Line) error
}
