package handover

import (
	"context"
	"strings"
	"sync/atomic"
	"time"
)

// Texts are the sentences that the desk itself says to customers.
type Texts struct {
	Waiting   string // said with a handoff; default "I have asked a person to join. You can keep writing here."
	Hello     string // said by the agent who claims; %s is their name; default "Hi, I'm %s."
	PassedOn  string // said once while waiting; default "I have passed that on. A person will read it here."
	Cancelled string // default "All right, you are back with the assistant."
	Returned  string // default "You are back with the assistant."
	Resolved  string // default "This conversation is closed. Write again any time."
	Persona   string // the name of an agent without one; default "A colleague"
}

// Options are the desk's knobs.
type Options struct {
	UndoWindow      time.Duration    // how long a line in a thread can still be edited or deleted unseen, 0…1m
	Teams           map[string]Place // where each team's cards are posted; a zero Place: at the console alone
	Team            string           // the default team
	Gate            Gate             // default open
	AgentsReachable func() bool      // whether there is a way for agents to come in; nil: there is. Without one the gate is disabled
	ListedOnly      bool             // only agents of the configuration may claim
	Texts           Texts            // in English, and where a language has none
	TextsIn         map[string]Texts // by language
	PageParameters  []string         // of a page's address, kept beside its path; the others are dropped

	RemindAfter time.Duration // how long nobody claims before agents who asked for it are told elsewhere; 0: they are not
}

// Desk is where bot and team meet: every step of a conversation is one method, and every method is one transaction.
type Desk struct {
	store    Store
	bus      *Bus
	opts     Options
	settings atomic.Pointer[map[string]string] // as they were read last: at most a second old
}

// NewDesk returns a desk over store that tells bus what it has committed.
func NewDesk(store Store, bus *Bus, o Options) *Desk {
	def := func(s *string, text string) {
		if *s == "" {
			*s = text
		}
	}
	def(&o.Texts.Waiting, "I have asked a person to join. You can keep writing here.")
	def(&o.Texts.Hello, "Hi, I'm %s.")
	def(&o.Texts.PassedOn, "I have passed that on. A person will read it here.")
	def(&o.Texts.Cancelled, "All right, you are back with the assistant.")
	def(&o.Texts.Returned, "You are back with the assistant.")
	def(&o.Texts.Resolved, "This conversation is closed. Write again any time.")
	def(&o.Texts.Persona, "A colleague")
	if o.Gate == "" {
		o.Gate = GateOpen
	}
	return &Desk{store: store, bus: bus, opts: o}
}

// Persona is the name of an agent who has none.
func (d *Desk) Persona() string { return d.opts.Texts.Persona }

// texts are those of a conversation's language.
func (d *Desk) texts(c Conversation) Texts {
	language, _, _ := strings.Cut(strings.ToLower(c.Language), "-")
	if t, ok := d.opts.TextsIn[language]; ok {
		return t
	}
	return d.opts.Texts
}

// update is Store.Update, and tells the bus after the commit.
func (d *Desk) update(ctx context.Context, ref Ref, decide func(c Turn, ch *Change) error) (Saved, error) {
	return d.step(ctx, ref, func(c Turn, ch *Change) error {
		if c.Erasing {
			return ErrUnknown
		}
		return decide(c, ch)
	})
}

// step is update for conversations that are being erased as well.
func (d *Desk) step(ctx context.Context, ref Ref, decide func(c Turn, ch *Change) error) (Saved, error) {
	s, err := d.store.Update(ctx, ref, func(c Turn) (Change, error) {
		ch := c.change()
		if err := decide(c, ch); err != nil {
			return Change{}, err
		}
		return *ch, nil
	})
	if err == nil && s.Changed {
		d.bus.Publish(s)
	}
	return s, err
}
