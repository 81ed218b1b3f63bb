package handover

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
)

// LineKind says what happened to a line of a thread.
type LineKind string

// A line is written, edited or deleted.
const (
	LineWritten LineKind = "written"
	LineEdited  LineKind = "edited"
	LineDeleted LineKind = "deleted"
)

// Line is what somebody wrote in the thread of a card. Times are the workspace's own, compared only with each other.
type Line struct {
	Kind     LineKind
	Place    Place
	ThreadTS string // the card's
	TS       string // the line's name and time
	EditedTS string // when it was edited; with LineEdited
	Account  string // who wrote it
	Text     string // Markdown
	Files    []File // what came along
	Note     bool   // marked as internal by the platform's own means
	Ask      bool   // it mentions somebody of the team: it stays internal, and its author is asked whether that was meant
}

// Key is the line's external id.
func (l Line) Key() string { return l.Place.Workspace + ":" + l.Place.Channel + ":" + l.TS }

// Where says where an agent's message stands as a line of a thread: the other way round than Key; false: it is none.
func (m Message) Where() (p Place, ts string, is bool) {
	at, ts, is := cutLast(m.ExternalID)
	if m.LineTS == "" || !is {
		return Place{}, "", false
	}
	p.Workspace, p.Channel, is = cutLast(at)
	return p, ts, is
}

// note says whether a line is meant for the team: it starts with // or note:, in any case.
func (l Line) note() bool {
	return l.Note || noteText(l.Text)
}

// asks says whether a line stays in the team until its author says what was meant: whoever calls a teammate, or begins as people mark what is
// not for customers, has seldom written it for them.
func (l Line) asks() bool { return l.Ask || asideText(l.Text) }

// asideText says so of a text, by its beginning.
func asideText(text string) bool {
	text = strings.ReplaceAll(text[:min(len(text), 200)], `\`, "") // Markdown's escapes
	text = strings.ToLower(strings.TrimLeftFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("*_~`>-•#\\", r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r)
	}))
	for _, mark := range []string{"[note]", "(note)", "[internal]", "(internal)", "internal:", "internal note", "fyi team"} {
		if strings.HasPrefix(text, mark) {
			return true
		}
	}
	return false
}

// noteText says so of a text, whatever marks or invisible characters stand before: in doubt it stays in the team.
func noteText(text string) bool {
	if strings.HasPrefix(text, "```") { // code may begin with a comment
		return false
	}
	text = strings.ToLower(strings.TrimLeftFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("*_~`>-•#\\[(", r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r)
	}))
	rest, is := strings.CutPrefix(text, "note")
	return strings.HasPrefix(text, "//") || is && strings.HasPrefix(strings.TrimLeft(rest, " *_~`"), ":")
}

// SendEdit shows the customer an edit that mentions somebody after all, because its author says so.
func (d *Desk) SendEdit(ctx context.Context, l Line) (Saved, error) {
	return d.edited(ctx, l, true)
}

// ReceiveLine takes in a line of a thread. An edit that would make a public line mention somebody changes nothing and is ErrAsk. Whether the customer will read it is decided by who held the claim when it was
// written: Saved.Message().Visibility tells. A line of a thread not known yet is kept and matched later; then Saved is
// zero. An edit or deletion that comes before its line is kept, and wins.
func (d *Desk) ReceiveLine(ctx context.Context, l Line) (Saved, error) {
	step := d.reply
	switch l.Kind {
	case LineEdited:
		step = d.edit
	case LineDeleted:
		step = d.delete
	case LineWritten:
	}
	s, err := step(ctx, l)
	if errors.Is(err, ErrUnknown) {
		return Saved{}, d.store.Keep(ctx, l)
	}
	return s, err
}

func (d *Desk) reply(ctx context.Context, l Line) (Saved, error) {
	ref := ByCard(l.Place, l.ThreadTS).By(Account{Workspace: l.Place.Workspace, External: l.Account}).WithKey(l.Key())
	return d.update(ctx, ref, func(c Turn, ch *Change) error {
		l := l
		listed := d.knowActor(ch, Account{Workspace: l.Place.Workspace, External: l.Account}) == nil
		m := Message{From: FromAgent, Agent: ch.turn.Actor, Visibility: Internal, Handoff: c.ThreadCard.Handoff, Text: l.Text, Files: l.Files, ExternalID: l.Key(), LineTS: l.TS}
		l.Note = l.note() // an edit never makes an internal line public
		l.Ask = l.asks()
		for _, k := range c.Waiting { // oldest first
			if k.Kind == LineDeleted {
				m.Deleted = true
			} else {
				l.Text, l.Note, l.Ask = k.Text, l.Note || k.note(), l.Ask || k.asks()
				m.Text, m.EditedTS, m.Files = k.Text, k.EditedTS, withoutRemoved(m.Files, k.Files)
			}
			ch.Matched = append(ch.Matched, k)
		}
		if !listed || m.Deleted || c.ThreadCard.Closed || l.note() || l.Ask || !c.heldAt(ch.turn.Actor.ID, l.Place.Workspace, l.TS) {
			ch.add(m)
			return nil
		}
		m.Visibility = Pending
		m = ch.add(m)
		ch.fetch(&m)
		if d.opts.UndoWindow > 0 {
			ch.Timers = append(ch.Timers, Timer{Conversation: c.ID, Handoff: c.Handoff.ID, Kind: TimerPublish, Subject: m.ID, After: d.opts.UndoWindow})
			return nil
		}
		d.introduce(ch)
		m.Visibility = Public
		ch.publish(&m)
		ch.replace(m)
		return nil
	})
}

// nameWithin is how long a profile may take to be looked up before an agent speaks under the default persona.
const nameWithin = 2 * time.Second

// SendLine sends an internal line of a thread to the customer after all, because its author says so: with claim they take a waiting handoff
// first; else they must hold it, or the line goes out under the name of who does. A line that is gone or sent already changes nothing.
func (d *Desk) SendLine(ctx context.Context, handoff int64, by By, key string, claim bool) (Saved, error) {
	return d.update(ctx, ByHandoff(handoff).By(by.Account).WithMessage(key).WithPending(), func(c Turn, ch *Change) error {
		if err := d.knowActor(ch, by.Account); err != nil {
			return err
		}
		if c.Handoff.ID != handoff || c.Message == nil || c.Message.From != FromAgent {
			return ErrNotYours
		}
		m := *c.Message
		if m.Deleted || m.Visibility != Internal {
			return nil
		}
		if m.Agent.ID != ch.turn.Actor.ID || noteText(m.Text) { // a note, or made one meanwhile
			return ErrNotYours
		}
		switch {
		case c.State == Claimed && c.Handoff.Agent.ID == ch.turn.Actor.ID:
		case c.State == Waiting && claim:
			if err := ch.transition(stepClaim); err != nil {
				return err
			}
			d.claimFor(ch, by, ch.turn.Actor)
		case c.State == Claimed && !claim:
			m.Agent = c.Handoff.Agent
		default:
			return &NotAllowedError{Step: stepReply, State: c.State, Agent: c.Handoff.Agent}
		}
		if h := ch.Next.Handoff; !h.Introduced && h.Agent.Title == "" { // their name is being looked up: then they say hello, and then this
			m.Visibility = Pending
			ch.fetch(&m)
			ch.Messages = append(ch.Messages, m)
			ch.Timers = append(ch.Timers, Timer{Conversation: c.ID, Handoff: handoff, Kind: TimerPublish, Subject: m.ID, After: nameWithin})
			return nil
		}
		d.publish(ch, 0)
		d.introduce(ch)
		m.Visibility = Public
		ch.fetch(&m)
		ch.publish(&m)
		ch.Messages = append(ch.Messages, m)
		return nil
	})
}

// Publish ends the undo window of a reply: it is numbered, with all earlier pending replies of its thread, in the
// thread's own order.
func (d *Desk) Publish(ctx context.Context, t Timer) (Saved, error) {
	return d.update(ctx, ByID(t.Conversation).WithPending(), func(_ Turn, ch *Change) error {
		ch.Elapsed = append(ch.Elapsed, t)
		d.publish(ch, t.Subject)
		return nil
	})
}

func (d *Desk) edit(ctx context.Context, l Line) (Saved, error) { return d.edited(ctx, l, false) }

// edited changes a line; meant: whatever it mentions.
func (d *Desk) edited(ctx context.Context, l Line, meant bool) (Saved, error) {
	return d.update(ctx, ByCard(l.Place, l.ThreadTS).WithMessage(l.Key()), func(c Turn, ch *Change) error {
		if c.Message == nil {
			ch.Unmatched = append(ch.Unmatched, l)
			return nil
		}
		m := *c.Message
		if m.Deleted || m.EditedTS >= l.EditedTS && m.EditedTS != "" {
			return nil // older than what we have
		}
		if !meant && m.Visibility == Public && l.asks() && !l.note() {
			return ErrAsk // what the customer has read stays as it was
		}
		left := withoutRemoved(m.Files, l.Files)
		if m.Text == l.Text && len(left) == len(m.Files) { // nothing to see, but older edits are older than this one
			m.EditedTS = l.EditedTS
			ch.Messages = append(ch.Messages, m)
			return nil
		}
		m.Text, m.EditedTS, m.Files = l.Text, l.EditedTS, left
		switch {
		case m.Visibility == Public && l.note():
			m.Deleted = true
			ch.publish(&m)
		case m.Visibility == Public:
			m.Edited = true
			ch.publish(&m)
		case m.Visibility == Pending && (l.note() || l.asks()):
			m.Visibility = Internal
		}
		ch.Messages = append(ch.Messages, m)
		return nil
	})
}

func (d *Desk) delete(ctx context.Context, l Line) (Saved, error) {
	return d.update(ctx, ByCard(l.Place, l.ThreadTS).WithMessage(l.Key()), func(c Turn, ch *Change) error {
		if c.Message == nil {
			ch.Unmatched = append(ch.Unmatched, l)
			return nil
		}
		m := *c.Message
		if m.Deleted {
			return nil
		}
		m.Deleted = true
		if m.Visibility == Public {
			ch.publish(&m)
		} else {
			m.Visibility = Internal
		}
		ch.Messages = append(ch.Messages, m)
		return nil
	})
}

// MatchLines takes in the lines that were kept until a card learnt its ts.
func (d *Desk) MatchLines(ctx context.Context) error {
	lines, err := d.store.Kept(ctx)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if _, err := d.ReceiveLine(ctx, l); err != nil {
			return err
		}
		if err := d.store.Forget(ctx, l); err != nil {
			return err
		}
	}
	return nil
}
