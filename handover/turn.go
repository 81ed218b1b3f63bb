package handover

import (
	"reflect"
	"time"
)

// Turn is what decide sees: the conversation, and what the Ref asked for beside it, which is not saved.
type Turn struct {
	Conversation
	Now         time.Time // the database's clock
	FreeID      int64     // the first of 16 ids that this step may give away
	Actor       Agent     // who takes the step; ID 0: an account not seen before
	ThreadCard  Card      // the card in whose thread the step was taken
	Message     *Message  // the message that the step is about
	Pending     []Message // replies in their undo window, in the thread's order
	Assignments []Assignment
	Waiting     []Line // edits and deletions that came before their message
}

// change starts a step.
func (t Turn) change() *Change { return &Change{Next: t.Conversation, turn: t} }

// Actor is who took the step.
func (ch Change) Actor() Agent { return ch.turn.Actor }

// Nothing reports whether a change that was decided on t changes nothing.
func (ch Change) Nothing(t Turn) bool {
	ch.turn = Turn{}
	return reflect.DeepEqual(ch, Change{Next: t.Conversation})
}

// heldAt says whether agent held the claim when a line with this time was written. Where an end of the assignment has no time
// of that workspace, the order of arrival decides.
func (t Turn) heldAt(agent int64, workspace, ts string) bool {
	for _, a := range t.Assignments {
		if a.Agent != agent {
			continue
		}
		here := a.Workspace == workspace
		since, until := a.Open, a.Open
		if here && a.Since != "" {
			since = a.Since <= ts
		}
		if here && a.Until != "" {
			until = ts < a.Until
		}
		if since && until {
			return true
		}
	}
	return false
}
