package handover

import (
	"context"
	"time"
)

// Ref finds the conversation of a step, and says what decide must see beside it. The functions below make one.
type Ref struct {
	ID                int64
	Channel, Customer string
	Open              *Opening // opens the conversation when it is absent
	Handoff           int64
	Card              Card

	Key     string  // of the message that makes the step a repeat; "": it has none
	Actor   Account // who takes the step
	Message string  // external id of the message that decide is shown; "": none
	Pending bool    // decide is shown the replies in their undo window
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
func ByID(id int64) Ref { return Ref{ID: id} }

// ByCustomer names the conversation with a contact on a channel.
func ByCustomer(channel, customer string) Ref { return Ref{Channel: channel, Customer: customer} }

// ByOpening is ByCustomer for a conversation that may have to be opened first.
func ByOpening(o Opening) Ref { return Ref{Channel: o.Channel, Customer: o.Customer, Open: &o} }

// ByHandoff names the conversation of a handoff.
func ByHandoff(id int64) Ref { return Ref{Handoff: id} }

// ByCard names the conversation whose card, current or old, is this message of a workspace.
func ByCard(p Place, ts string) Ref { return Ref{Card: Card{Place: p, TS: ts}} }

// WithKey makes the step a repeat when a message with this external id is there already.
func (r Ref) WithKey(external string) Ref { r.Key = external; return r }

// By says who takes the step.
func (r Ref) By(a Account) Ref { r.Actor = a; return r }

// WithMessage shows decide the message with this external id.
func (r Ref) WithMessage(external string) Ref { r.Message = external; return r }

// WithPending shows decide the replies in their undo window.
func (r Ref) WithPending() Ref { r.Pending = true; return r }

// Change is what one step does.
type Change struct {
	turn        Turn         // what it is decided on, as it goes on
	Next        Conversation // whole
	Messages    []Message    // new ones, and those that changed
	Effects     []Effect
	Timers      []Timer
	Elapsed     []Timer      // timers that have done their work
	Cards       []Card       // new or changed, of Next.Handoff
	Assignments []Assignment // new or changed, of Next.Handoff
	NewAgent    *NewAgent    // who took the step, not seen before
	Agent       *Agent       // an agent whose profile was looked up
	Failed      *Failed      // a message that was refused for good
	Decision    *Decision    // to be explained and played again
	Preview     *Preview     // a team is to be shown the conversation
	Erase       *Erasure     // nothing is to be left of it
	Unmatched   []Line       // edits and deletions to keep until their message comes
	Matched     []Line       // kept lines that were used
}

// NewAgent is an agent made of an account that was not seen before.
type NewAgent struct {
	ID      int64
	Account Account
}

// Failed is why a message did not reach the customer.
type Failed struct {
	Message int64
	Why     string
}

// Saved is what a step saved.
type Saved struct {
	Conversation Conversation
	Actor        Agent // who took the step
	Thread       Card  // the card in whose thread they took it; zero: nowhere
	Before       int64 // the conversation's Rev before the step
	Messages     []Message
	Repeat       bool            // a step with the same key was saved before, and this is what it saved
	Changed      bool            // this step saved something
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
	// nothing and returns what the first one saved, with Repeat set. decide may be called again after a collision, so it is
	// pure. An unknown Ref is ErrUnknown.
	Update(ctx context.Context, ref Ref, decide func(Turn) (Change, error)) (Saved, error)
	// DueTimers returns up to n timers that are due, none of them again to anybody within retry.
	DueTimers(ctx context.Context, n int, retry time.Duration) ([]Timer, error)
	UnmatchedLines
	RuntimeSettings
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
