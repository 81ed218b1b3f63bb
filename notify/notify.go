// Package notify is the team's side: it keeps the cards of each handoff true and carries words between thread and customer.
// Each folder below it is one place that agents work at.
package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// Card is all that a card shows.
type Card struct {
	handover.Conversation                    // its Handoff is the card's own
	Last                  []handover.Message // the newest public messages, oldest first
	Fields                []handover.Value   // of the contact's variables, those that may leave
	Wait                  handover.Wait
	Moved                 bool // the handoff went on to another team's card
}

// Line is a message on its way into a thread.
type Line struct {
	ID      int64 // the message's: how a post is found again
	From    handover.Party
	Author  string
	Avatar  string
	Text    string // Markdown, of a customer plain text
	Files   []handover.File
	Private bool // a note
	At      time.Time
}

// Workspace is a platform with channels, threads and cards. Its errors say whether to try again, and whether the outcome is
// known (see handover's errors.go). With look, an earlier attempt may have gone through: it looks before it posts.
type Workspace interface {
	// Post posts the card and returns its ts.
	Post(ctx context.Context, c Card, look bool) (ts string, err error)
	// Redraw brings the posted card up to date.
	Redraw(ctx context.Context, c Card) error
	// Relay posts lines into a card's thread, in order, merged into one post as far as they fit. Key names a post that is
	// not of messages; "" otherwise.
	Relay(ctx context.Context, thread handover.Card, key string, lines []Line, look bool) error
	// Sweep deletes late copies of our posts, and says how many it found.
	Sweep(ctx context.Context, thread handover.Card) (deleted int, err error)
	// Mark shows on an agent's line, as a courtesy, that it did not reach the customer, and offers them to try again.
	Mark(handoff int64, line handover.Line, why string)
	// Profile looks up what an account is called.
	Profile(ctx context.Context, account string) (handover.Agent, error)
	// Preview shows a conversation that is with the bot, or brings what it shows up to date, and returns its ts.
	Preview(ctx context.Context, c Card, x handover.Preview, look bool) (ts string, err error)
	// Fetch returns what one of its files has, of at most so many bytes; more is ErrTooLarge, a file that is gone ErrGone.
	Fetch(ctx context.Context, file string, most int64) ([]byte, error)
}

// Drafter proposes answers to agents; *copilot.Copilot is one.
type Drafter interface {
	// Draft answers what the customer asked last; heard, which may be nil, hears the text grow.
	Draft(ctx context.Context, c handover.Conversation, talk []handover.Message, style handover.Style, heard func(text string)) (handover.Draft, error)
	// Search finds the passages nearest to a question, those for the team among them, the best first.
	Search(ctx context.Context, question string) ([]handover.Citation, error)
}

// Fingerprint tells whether a text is still the one that was shown; spaces around it do not count.
func Fingerprint(text string) string {
	sum := sha256.Sum256([]byte(strings.TrimSpace(text)))
	return hex.EncodeToString(sum[:8])
}

// ErrPlace is wrapped by a Workspace when a channel refuses cards: it is gone, archived, or we are not in it.
var ErrPlace = errors.New("the channel does not take cards")

// ErrTooLarge and ErrGone are wrapped by a Workspace's Fetch.
var (
	ErrTooLarge = errors.New("it is too large")
	ErrGone     = errors.New("it is not there any more")
)

// ErrGuest is wrapped by a Workspace's Profile: the account is a guest's, or of another organisation.
var ErrGuest = errors.New("a guest")

// Reads is what the notifier reads of the desk.
type Reads interface {
	OfHandoff(ctx context.Context, handoff int64) (handover.Conversation, error)
	ClosedCards(ctx context.Context, handoff int64) ([]handover.Card, error)
	Transcript(ctx context.Context, conversation, after int64) ([]handover.Message, error)
	Recent(ctx context.Context, conversation, after int64) ([]handover.Message, error)
	Wait(ctx context.Context, h handover.Handoff) (handover.Wait, error)
	ExternalAccount(ctx context.Context, workspace string, agent int64) (string, error)
	KeepContent(ctx context.Context, key string, content []byte) error
	Get(ctx context.Context, id int64) (handover.Conversation, error)
	// Preview and SetPreview keep what a team is shown of a conversation that is with the bot.
	Preview(ctx context.Context, conversation int64) (handover.Preview, error)
	SetPreview(ctx context.Context, w handover.Preview, ts string) error
	Unnotified(ctx context.Context, handoff int64) ([]handover.Subscription, error)
	MarkNotified(ctx context.Context, handoff int64, claimed time.Time, b handover.Subscription) error
	Subscribe(ctx context.Context, b handover.Subscription, on bool) error
	handover.Erasures
}

// Notifier does the team's side's effects.
type Notifier struct {
	desk       *handover.Desk
	reads      Reads
	workspaces func(name string) Workspace
	o          Options
}

// Options are the notifier's knobs.
type Options struct {
	Mask       handover.Masker                                 // nil: nothing is hidden
	Fields     []string                                        // variables of a contact that cards show, at most 10; no others leave for a workspace
	MostFile   int64                                           // bytes that a file of an agent's may have; 0: none is passed on
	Senders    map[string]Sender                               // ways to reach agents who asked for it, by name
	Subscribed func(b handover.Subscription, team string) bool // whether one is notified of a team's handoffs; nil: all are
	Unlearn    func(ctx context.Context, handoff int64) error  // removes the article that was made of a handoff; nil: there are none
	PublicURL  string                                          // where the console is reached, for links
	Logger     *slog.Logger                                    // required
}

// New returns a notifier. workspaces finds one by its name; nil: it is not connected.
func New(desk *handover.Desk, reads Reads, workspaces func(name string) Workspace, o Options) *Notifier {
	if o.Mask == nil {
		o.Mask = handover.Unmasked{}
	}
	return &Notifier{desk: desk, reads: reads, workspaces: workspaces, o: o}
}

// Handlers are the effects that the notifier does.
func (n *Notifier) Handlers() map[handover.Kind]handover.Handler {
	return map[handover.Kind]handover.Handler{
		handover.KindCard: n.card, handover.KindTranscript: n.transcript, handover.KindRelay: n.relay, handover.KindSweep: n.sweep, handover.KindIntroduce: n.introduce, handover.KindFetch: n.fetch, handover.KindRemind: n.remind, handover.KindPreview: n.preview, handover.KindMark: n.mark,
		handover.KindErase: n.erase,
	}
}

func (n *Notifier) workspace(name string) (Workspace, error) {
	w := n.workspaces(name)
	if w == nil { // it is no longer in the configuration; the console shows what waits
		return nil, &handover.RetryLaterError{Err: fmt.Errorf("the workspace %q is not connected", name), After: 10 * time.Second}
	}
	return w, nil
}

// A line is read with those before it, because what is a secret shows in what it answers: the card's with as many as remembered, a relayed one's,
// of which there are many, with as many as heard.
const remembered, heard = 12, 4

// cardFor reads what the card of a handoff shows.
func (n *Notifier) cardFor(ctx context.Context, handoff int64) (Card, error) {
	c, err := n.reads.OfHandoff(ctx, handoff)
	if err != nil {
		return Card{}, err
	}
	return n.cardOf(ctx, c)
}

// cardOf is a conversation as a card may show it.
func (n *Notifier) cardOf(ctx context.Context, c handover.Conversation) (Card, error) {
	card := Card{Conversation: c.Masked(n.o.Mask)}
	for _, name := range n.o.Fields {
		if value := card.Contact.Variables[name]; value != "" {
			card.Fields = append(card.Fields, handover.Value{Name: name, Text: value})
		}
	}
	card.Contact.Variables = nil
	all, err := n.reads.Transcript(ctx, c.ID, max(0, c.Seq-remembered))
	if err != nil {
		return card, err
	}
	for _, m := range n.o.Mask.Talk(all) {
		if m.Visibility == handover.Public && !m.Deleted {
			card.Last = append(card.Last, m)
		}
	}
	card.Last = card.Last[max(0, len(card.Last)-3):]
	card.Wait, err = n.reads.Wait(ctx, c.Handoff)
	return card, err
}

// card posts the card of a handoff, or redraws it from the newest row: however many changes wait, they cost one call.
func (n *Notifier) card(ctx context.Context, r handover.Batch) error {
	handoff := r.Effects[0].Handoff
	card, err := n.cardFor(ctx, handoff)
	if err != nil || card.Handoff.Card.ID == 0 {
		return err
	}
	w, err := n.workspace(card.Handoff.Card.Workspace)
	if err != nil {
		return err
	}
	if card.Handoff.Card.TS != "" {
		return w.Redraw(ctx, card)
	}
	posted := card.Handoff.Card
	if posted.TS, err = w.Post(ctx, card, r.CheckFirst); err != nil {
		return n.cardFailed(ctx, card, err)
	}
	if err := n.desk.Posted(ctx, handoff, posted); errors.Is(err, handover.ErrUnknown) {
		return n.takeBack(ctx, posted)
	} else if err != nil { // it is there, and we do not know its ts: look
		return &handover.UnknownOutcomeError{Err: err}
	}
	if x, err := n.reads.Preview(ctx, card.ID); err == nil { // the bot holds it no longer
		if _, err := n.desk.RefreshPreview(ctx, x); err != nil {
			return err
		}
	} else if !errors.Is(err, handover.ErrUnknown) {
		return err
	}
	closed, err := n.reads.ClosedCards(ctx, handoff)
	if err != nil {
		return err
	}
	for _, old := range closed {
		card.Handoff.Card, card.Moved = old, true
		was := n.workspaces(old.Workspace)
		if was == nil {
			continue // it is not connected any more
		}
		if err := was.Redraw(ctx, card); err != nil {
			n.o.Logger.WarnContext(ctx, "the card that was left is not redrawn", "handoff", handoff, "err", err)
		}
	}
	return nil
}

// takeBack deletes a card of a conversation that was erased while it was being posted, by whom nobody waited for any more.
func (n *Notifier) takeBack(ctx context.Context, card handover.Card) error {
	eraser, can := n.workspaces(card.Workspace).(Eraser)
	if !can {
		return nil
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	left, err := eraser.Erase(ctx, card, nil)
	if err != nil || len(left) > 0 {
		n.o.Logger.ErrorContext(ctx, "a card of an erased conversation is left", "workspace", card.Workspace, "channel", card.Channel, "ts", card.TS, "err", err)
	}
	return err
}

// cardFailed: a card never fails for good. It falls to the default team's channel, and stays due.
func (n *Notifier) cardFailed(ctx context.Context, card Card, err error) error {
	if errors.As(err, new(*handover.UnknownOutcomeError)) {
		if _, e := n.reads.OfHandoff(ctx, card.Handoff.ID); errors.Is(e, handover.ErrUnknown) {
			return n.takeBack(ctx, card.Handoff.Card)
		}
	}
	if !errors.Is(err, ErrPlace) {
		if handover.IsPermanent(err) {
			return &handover.RetryLaterError{Err: fmt.Errorf("card refused: %w", errors.Unwrap(err)), After: time.Minute}
		}
		return err
	}
	s, e := n.desk.Rehome(ctx, card.Handoff.ID)
	if e != nil {
		return e
	}
	n.o.Logger.ErrorContext(ctx, "a channel does not take cards", "channel", card.Handoff.Card.Channel, "err", err)
	if !s.Changed { // the default team's own channel
		return &handover.RetryLaterError{Err: err, After: time.Minute}
	}
	return nil
}

// thread returns the card in whose thread effects are done, once it is posted.
func (n *Notifier) thread(ctx context.Context, handoff int64) (handover.Conversation, Workspace, error) {
	c, err := n.reads.OfHandoff(ctx, handoff)
	if err != nil {
		return c, nil, err
	}
	if c.Handoff.Card.TS == "" {
		return c, nil, &handover.RetryLaterError{Err: errors.New("the card is not posted yet"), After: time.Second}
	}
	w, err := n.workspace(c.Handoff.Card.Workspace)
	return c, w, err
}

// transcript puts what was said before the handoff into its thread.
func (n *Notifier) transcript(ctx context.Context, r handover.Batch) error {
	c, w, err := n.thread(ctx, r.Effects[0].Handoff)
	if err != nil {
		return err
	}
	all, err := n.reads.Recent(ctx, c.ID, 0)
	if err != nil {
		return err
	}
	var lines []Line
	for _, m := range n.o.Mask.Talk(all) {
		if m.Visibility == handover.Public && !m.Deleted && m.ID < c.Handoff.Card.ID { // ids are drawn under the conversation's lock
			lines = append(lines, n.line(c, m))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return w.Relay(ctx, c.Handoff.Card, fmt.Sprint("transcript:", c.Handoff.Card.ID), lines, r.CheckFirst)
}

// relay carries messages into the thread.
func (n *Notifier) relay(ctx context.Context, r handover.Batch) error {
	c, w, err := n.thread(ctx, r.Effects[0].Handoff)
	if err != nil {
		return err
	}
	// What was said in public before a card stands in its transcript: lines that waited for a card that was left.
	effects := slices.DeleteFunc(slices.Clone(r.Effects), func(e handover.Effect) bool {
		return e.Message.Visibility == handover.Public && e.Message.ID < c.Handoff.Card.ID
	})
	if len(effects) == 0 {
		return nil
	}
	shown, err := n.masked(ctx, c, effects)
	if err != nil {
		return err
	}
	lines := make([]Line, len(effects))
	for i, m := range shown {
		lines[i] = n.line(c, m)
	}
	return w.Relay(ctx, c.Handoff.Card, "", lines, r.CheckFirst)
}

// masked are the messages of effects as a workspace may see them, each read with those before it.
func (n *Notifier) masked(ctx context.Context, c handover.Conversation, effects []handover.Effect) ([]handover.Message, error) {
	all, err := n.reads.Transcript(ctx, c.ID, max(0, effects[0].Message.Seq-1-heard))
	if err != nil {
		return nil, err
	}
	before := slices.DeleteFunc(all, func(m handover.Message) bool { return m.ID >= effects[0].Message.ID }) // ids are drawn in order
	before = before[max(0, len(before)-heard):]
	talk := before
	for _, e := range effects {
		talk = append(talk, e.Message)
	}
	return n.o.Mask.Talk(talk)[len(before):], nil
}

func (n *Notifier) line(c handover.Conversation, m handover.Message) Line {
	l := Line{ID: m.ID, From: m.From, Text: m.Text, Files: m.Files, Private: m.Visibility == handover.Internal, At: m.At}
	switch m.From {
	case handover.FromCustomer:
		l.Author = c.Contact.Name
		if l.Author == "" {
			l.Author = "Customer"
		}
	case handover.FromBot:
		l.Author = "Assistant"
	case handover.FromAgent:
		l.Author, l.Avatar = m.Agent.Title, m.Agent.Avatar
		if l.Author == "" {
			l.Author = n.desk.Persona()
		}
	}
	return l
}

// mark shows on agents' lines that they failed.
func (n *Notifier) mark(ctx context.Context, r handover.Batch) error {
	c, w, err := n.thread(ctx, r.Effects[0].Handoff)
	if err != nil {
		return err
	}
	for _, e := range r.Effects {
		place, ts, is := e.Message.Where()
		if e.Message.Failure == "" || !is || place.Workspace != c.Handoff.Card.Workspace {
			continue
		}
		account, err := n.reads.ExternalAccount(ctx, place.Workspace, e.Message.Agent.ID)
		if err != nil {
			return err
		}
		card := c.Handoff.Card
		closed, err := n.reads.ClosedCards(ctx, c.Handoff.ID)
		if err != nil {
			return err
		}
		for _, old := range closed { // the line may stand in the thread of a card that was left
			if old.Place == place && card.Place != place {
				card = old
			}
		}
		w.Mark(c.Handoff.ID, handover.Line{Place: place, ThreadTS: card.TS, TS: ts, Account: account}, e.Message.Failure)
	}
	return nil
}

// sweep deletes late copies.
func (n *Notifier) sweep(ctx context.Context, r handover.Batch) error {
	c, w, err := n.thread(ctx, r.Effects[0].Handoff)
	if err != nil {
		return err
	}
	deleted, err := w.Sweep(ctx, c.Handoff.Card)
	if deleted > 0 {
		n.o.Logger.InfoContext(ctx, "late copies deleted", "handoff", c.Handoff.ID, "copies", deleted)
	}
	return err
}

// introduce looks the agent's profile up once, else leaves the default persona; then the customer is told who came.
func (n *Notifier) introduce(ctx context.Context, r handover.Batch) error {
	c, err := n.reads.OfHandoff(ctx, r.Effects[0].Handoff)
	if err != nil || c.Handoff.State != handover.Claimed {
		return err
	}
	profile := c.Handoff.Agent
	if w := n.workspaces(c.Handoff.Card.Workspace); w != nil && profile.Title == "" {
		account, err := n.reads.ExternalAccount(ctx, c.Handoff.Card.Workspace, profile.ID)
		if err != nil {
			return err
		}
		ask, cancel := context.WithTimeout(ctx, 3*time.Second)
		found, err := w.Profile(ask, account)
		cancel()
		if errors.Is(err, ErrGuest) {
			_, err = n.desk.Unclaim(ctx, c.Handoff.ID, profile.ID, "A guest has claimed this; guests cannot, unless an admin lists them or sets slack.guests. It is back in the queue.")
			return err
		}
		if err != nil {
			n.o.Logger.WarnContext(ctx, "an agent's profile could not be looked up", "err", err)
		}
		profile.Title, profile.Avatar = found.Title, found.Avatar
	}
	_, err = n.desk.Introduce(ctx, c.Handoff.ID, profile)
	return err
}
