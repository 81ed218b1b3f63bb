package handover

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrStale is returned when the conversation moved on while the bot or the copilot was thinking.
	ErrStale = errors.New("the conversation moved on")
	// ErrUnknown is returned when a Ref names no conversation.
	ErrUnknown = errors.New("no such conversation")
	// ErrNoPerson is returned when a person is asked for and none can be had.
	ErrNoPerson = errors.New("no person can be had")
	// ErrNotRated is returned when there is no ended handoff to rate.
	ErrNotRated = errors.New("nothing to rate")
	// ErrNotYours is returned when a line is to be sent that is not the sender's own, or is a note.
	ErrNotYours = errors.New("not a line of yours that can be sent")
	// ErrAsk is returned of an edit that mentions somebody of the team, of a line that the customer reads: its author is to be asked.
	ErrAsk = errors.New("the edit mentions somebody of the team")
	// ErrBusy is returned when too many steps of one conversation wait already: it may be tried again in a moment.
	ErrBusy = errors.New("too many steps of this conversation at once")
	// ErrLeaseLost is returned to a worker whose lane was taken over.
	ErrLeaseLost = errors.New("the lane was taken over")
)

// NotAllowedError says that a conversation cannot take this step from where it is.
type NotAllowedError struct {
	Step  Step
	State State
	Agent Agent // who holds it, if anybody
}

func (e *NotAllowedError) Error() string {
	return fmt.Sprintf("cannot %s a conversation that is %s", e.Step, e.State)
}

// NotListedError says that an account belongs to none of the agents in the configuration.
type NotListedError struct{ Account Account }

func (e *NotListedError) Error() string { return "this account is not in the list of agents" }

// permanentError wraps an answer about this very message: trying again cannot help.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent marks err as an answer about this very message: the effect fails for good.
func Permanent(err error) error { return permanentError{err} }

// IsPermanent reports whether err was marked by Permanent.
func IsPermanent(err error) bool { return errors.As(err, new(permanentError)) }

// RetryLaterError says that the platform is limited or down: nothing is wrong with the message, and no attempt is used up.
type RetryLaterError struct {
	Err        error
	Limit      LimitKey      // that must wait; zero: this lane alone
	After      time.Duration // how long
	CheckFirst bool          // part of it was done: look before doing the rest
}

func (e *RetryLaterError) Error() string { return e.Err.Error() }
func (e *RetryLaterError) Unwrap() error { return e.Err }

// UnknownOutcomeError says that the platform may or may not have done it: wait, then look before doing it again.
type UnknownOutcomeError struct{ Err error }

func (e *UnknownOutcomeError) Error() string { return "outcome unknown: " + e.Err.Error() }
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }
