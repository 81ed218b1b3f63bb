package postgres

import (
	"sync"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// memory keeps what this process last saved of its busy conversations, so that their next step need not read. It settles
// nothing: what was decided on it is saved only if the row still has the same version, else it is forgotten and the step
// reads. What is outside the row (an agent's name) was read at most keepFor ago.
type memory struct {
	mu    sync.Mutex
	known map[int64]*known
	names map[name]int64 // a conversation's contact or a card: what they name never changes
}

// The bounds of memory.
const (
	keepFor   = 10 * time.Second
	keepKnown = 2000
)

// name is how a Ref can call a conversation other than by its id.
type name struct{ workspace, channel, contact, ts string }

// known is a conversation as of one version.
type known struct {
	c           handover.Turn    // Now: when this was saved; FreeID: ids for the next step; of the rest, Actor and Assignments
	actor       handover.Account // c.Actor's
	assignments bool             // c.Assignments are there
	version     int64
	at          time.Time // when it was saved
	read        time.Time // when what is outside the row was read
}

func newMemory() *memory { return &memory{known: map[int64]*known{}, names: map[name]int64{}} }

func named(a handover.Ref) (name, bool) {
	switch {
	case a.Channel != "":
		return name{channel: a.Channel, contact: a.Customer}, true
	case a.Card.TS != "":
		return name{workspace: a.Card.Workspace, channel: a.Card.Channel, ts: a.Card.TS}, true
	}
	return name{}, false
}

// called is what a conversation is known by here: one thing for all the ways to name it, where that is remembered.
func (m *memory) called(a handover.Ref) any {
	n, is := named(a)
	switch {
	case !is && a.Handoff != 0:
		return [2]int64{a.Handoff, 0}
	case !is:
		return a.ID
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if id := m.names[n]; id != 0 {
		return id
	}
	return n
}

// recall returns what a step that ref for no more than its conversation would read, its version, and when it was read; false:
// read.
func (m *memory) recall(a handover.Ref) (c handover.Turn, version int64, read time.Time, ok bool) {
	if a.Open != nil || a.Message != "" || a.Pending {
		return c, 0, read, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	id := a.ID
	if n, is := named(a); is {
		id = m.names[n]
	}
	k := m.known[id]
	if k == nil || time.Since(k.read) > keepFor || a.Actor != (handover.Account{}) && a.Actor != k.actor {
		return c, 0, read, false
	}
	c = k.c
	c.Now = c.Now.Add(time.Since(k.at)).Truncate(time.Microsecond) // as the database keeps it
	if a.Actor == (handover.Account{}) {
		c.Actor = handover.Agent{}
	}
	if a.Card.TS == "" {
		c.Assignments = nil
	} else if c.ThreadCard = c.Handoff.Card; !k.assignments || c.ThreadCard.Place != a.Card.Place || c.ThreadCard.TS != a.Card.TS {
		return c, 0, read, false
	}
	return c, k.version, k.read, true
}

// keep remembers what a step saved that was decided on what was read then.
func (m *memory) keep(a handover.Ref, was handover.Turn, version int64, read time.Time, ch handover.Change, now time.Time, next int64) {
	k := &known{c: handover.Turn{Conversation: ch.Next, Now: now, FreeID: next, Actor: was.Actor, Assignments: was.Assignments}, actor: a.Actor, assignments: a.Card.TS != "" && was.ThreadCard.ID == ch.Next.Handoff.Card.ID, version: version, at: time.Now(), read: read}
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.known[k.c.ID]
	if old != nil && old.version >= version {
		return
	}
	if ch.NewAgent != nil || ch.Agent != nil { // an agent may be in many conversations
		clear(m.known)
		return
	}
	if ch.Cards != nil || ch.Assignments != nil { // the next step reads them
		delete(m.known, k.c.ID)
		return
	}
	if old != nil && old.version == version-1 && old.c.Handoff.ID == k.c.Handoff.ID && time.Since(old.read) <= keepFor { // the step did not ask for what another did
		if k.actor == (handover.Account{}) && old.actor != k.actor {
			k.actor, k.c.Actor = old.actor, old.c.Actor
			if old.read.Before(k.read) {
				k.read = old.read
			}
		}
		if !k.assignments {
			k.assignments, k.c.Assignments = old.assignments, old.c.Assignments
		}
	}
	if len(m.known) >= keepKnown || len(m.names) >= 2*keepKnown {
		clear(m.known)
		clear(m.names)
	}
	m.known[k.c.ID] = k
	if n, is := named(a); is {
		m.names[n] = k.c.ID
	}
}

// Unremember drops all that this process remembers of conversations: the next steps read.
func (s *Store) Unremember() { s.memory.forget(0) }

// forget drops a conversation of which another version was heard, or all with 0.
func (m *memory) forget(conversation int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if conversation == 0 {
		clear(m.known)
		return
	}
	delete(m.known, conversation)
}
