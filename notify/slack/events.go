package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
)

// maxRequest is above what Slack sends with the longest message.
const maxRequest = 1 << 20

// Routes adds the paths that Slack calls.
func (a *App) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /slack/events", a.signed(a.serveEvent))
	mux.HandleFunc("POST /slack/interactions", a.signed(a.serveInteraction))
	mux.HandleFunc("POST /slack/commands", a.signed(a.serveCommand))
	if a.o.ClientID != "" {
		mux.HandleFunc("GET /slack/install", a.install)
		mux.HandleFunc("GET /slack/oauth", a.installed)
	}
}

// signed lets in what Slack signed within the last five minutes.
func (a *App) signed(next func(rw http.ResponseWriter, r *http.Request, body []byte)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		start := time.Now()
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxRequest))
		if err != nil {
			answer(rw, http.StatusRequestEntityTooLarge, "too_large", "A request may have 1 MiB.")
			return
		}
		ahead, err := verify(r.Header, body, a.o.SigningSecret, a.o.Now())
		if !errors.Is(err, errSignature) { // Slack's own
			a.clock(r.Context(), ahead, err)
		}
		if err != nil {
			answer(rw, http.StatusUnauthorized, "bad_signature", "The Slack signature is missing, wrong or older than five minutes.")
			return
		}
		next(rw, r, body)
		if a.o.Observer != nil {
			a.o.Observer.AgentAcked(time.Since(start))
		}
	}
}

func answer(rw http.ResponseWriter, status int, code, message string) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}

// again asks Slack to come back: nothing was stored.
func (a *App) again(rw http.ResponseWriter, r *http.Request, err error) {
	a.o.Logger.ErrorContext(r.Context(), "Slack's request failed, it will come again", "path", r.URL.Path, "err", err)
	answer(rw, http.StatusServiceUnavailable, "unavailable", "Something went wrong.")
}

func (a *App) serveEvent(rw http.ResponseWriter, r *http.Request, body []byte) {
	var outer struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(body, &outer); err != nil {
		answer(rw, http.StatusBadRequest, "bad_json", "The body is not JSON.")
		return
	}
	if outer.Type == "url_verification" {
		rw.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(rw, outer.Challenge)
		return
	}
	if err := a.event(r.Context(), body); err != nil {
		a.again(rw, r, err)
		return
	}
	rw.WriteHeader(http.StatusOK)
}

func (a *App) serveInteraction(rw http.ResponseWriter, r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("payload") == "" {
		answer(rw, http.StatusBadRequest, "bad_form", "The body is not a form with a payload.")
		return
	}
	reply, err := a.interaction(r.Context(), []byte(form.Get("payload")))
	switch {
	case err != nil:
		a.again(rw, r, err)
	case reply != nil:
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(reply)
	default:
		rw.WriteHeader(http.StatusOK)
	}
}

func (a *App) serveCommand(rw http.ResponseWriter, r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("command") == "" {
		answer(rw, http.StatusBadRequest, "bad_form", "The body is not a form with a command.")
		return
	}
	out := a.command(r.Context(), form.Get("team_id"), form.Get("channel_id"), form.Get("user_id"), form.Get("trigger_id"), form.Get("text"))
	if out == nil {
		rw.WriteHeader(http.StatusOK)
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(out)
}

// message is a message as events carry it.
type message struct {
	Type     string `json:"type"`
	Subtype  string `json:"subtype"`
	Channel  string `json:"channel"`
	User     string `json:"user"`
	BotID    string `json:"bot_id"`
	Text     string `json:"text"`
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	EventTS  string `json:"event_ts"`
	Edited   *struct {
		TS string `json:"ts"`
	} `json:"edited"`
	Message   *message     `json:"message"`
	Previous  *message     `json:"previous_message"`
	Files     []attachment `json:"files"`
	DeletedTS string       `json:"deleted_ts"`
	Tab       string       `json:"tab"` // of app_home_opened
}

// event takes one of the workspace's events in. nil: it may be acked. Kinds that we do not know are logged and acked.
func (w *Workspace) event(ctx context.Context, body []byte) error {
	var in struct {
		ID    string  `json:"event_id"`
		Event message `json:"event"`
	}
	var person struct { // in whose events a user is no name
		Event struct {
			User struct {
				ID      string
				Deleted bool
			}
		}
	}
	if json.Unmarshal(body, &person) == nil && person.Event.User.ID != "" {
		return w.changed(ctx, person.Event.User.ID, person.Event.User.Deleted)
	}
	if err := json.Unmarshal(body, &in); err != nil {
		w.o.Logger.WarnContext(ctx, "an event that cannot be read", "err", err)
		return nil
	}
	e := in.Event
	if e.Type == "app_home_opened" && e.Tab == "home" {
		w.homeLater(e.User)
		return nil
	}
	if handled, err := w.trouble(ctx, e.Type, e); handled || err != nil {
		return err
	}
	if e.Type != "message" {
		w.o.Logger.DebugContext(ctx, "an event that is none of ours", "type", e.Type, "id", in.ID)
		return nil
	}
	place := handover.Place{Workspace: w.o.Identity.Workspace(), Channel: e.Channel}
	switch e.Subtype {
	case "", "file_share", "thread_broadcast", "me_message":
		if w.own(e) || !inThread(e) {
			return nil
		}
		return w.written(ctx, w.line(place, e), e.Text)
	case "message_changed":
		if e.Message == nil || w.own(*e.Message) || !inThread(*e.Message) {
			return nil
		}
		l := w.line(place, *e.Message)
		switch {
		case e.Message.Edited != nil:
			l.EditedTS = e.Message.Edited.TS
		case e.Previous != nil && len(w.files(e.Previous.Files)) > len(l.Files): // a file was deleted
			l.EditedTS = e.EventTS
		default:
			return nil // not edited by a person: an unfurled link, a reply's count
		}
		l.Kind = handover.LineEdited
		s, err := w.desk.ReceiveLine(ctx, l)
		if errors.Is(err, handover.ErrAsk) {
			w.askOfEdit(ctx, l)
			return nil
		}
		if m := s.Message(); err == nil && s.Changed && m.ID != 0 && m.Visibility == handover.Internal && !m.Deleted && l.Ask && !l.Note { // it was in its undo window
			w.offerToSend(l, s)
		}
		if m := s.Message(); err == nil && s.Changed && m.ID != 0 && (l.Note || l.Ask) && (m.Deleted || m.Visibility == handover.Internal) { // it became a note
			w.unmarkLater(markDelivered, l.Place, l.TS)
			w.markLater(markNote, l.Place, l.TS)
		}
		return err
	case "message_deleted":
		if e.Previous == nil || w.own(*e.Previous) || !inThread(*e.Previous) {
			return nil
		}
		l := w.line(place, *e.Previous)
		l.Kind, l.TS = handover.LineDeleted, e.DeletedTS
		_, err := w.desk.ReceiveLine(ctx, l)
		return err
	}
	return nil
}

func inThread(m message) bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

// own says whether a bot wrote it, we or another: never loop.
func (w *Workspace) own(m message) bool {
	return m.BotID != "" || m.User == "" || m.User == w.o.Identity.BotUser
}

func (w *Workspace) line(p handover.Place, m message) handover.Line {
	return handover.Line{
		Kind: handover.LineWritten, Place: p, ThreadTS: m.ThreadTS, TS: m.TS, Account: m.User, Text: toMarkdown(sanitize(m.Text)), Files: w.files(m.Files),
		Note: isNote(m.Text) || w.toUs(m.Text), Ask: mentions.MatchString(m.Text),
	}
}

// toUs says whether a line tells us to do something: it is nothing for the customer, and nobody need be asked.
func (w *Workspace) toUs(text string) bool {
	return w.o.Identity.BotUser != "" && strings.HasPrefix(strings.TrimSpace(text), "<@"+w.o.Identity.BotUser+">")
}

// mentions are people, groups and everybody at once.
var mentions = regexp.MustCompile(`<@[UW][A-Z0-9]*|<!(?:here|channel|everyone|subteam)`)

// A line is a note that begins with // or note:, whatever marks, list signs, emoji or invisible characters stand before or in between: in doubt it
// stays in the team. Code may begin with a comment.
var note = regexp.MustCompile("(?i)^(?:[\\s\\p{Cf}\\p{Cc}*_~`>•◦▪(\\[{\"'“„«-]|&gt;|\\d{1,3}[.)]|:[a-z0-9_+'-]+:)*(?://|note[\\s\\p{Cf}*_~`]*[:：])")

// isNote says whether a line, as Slack has it, is meant for the team.
func isNote(text string) bool {
	return !strings.HasPrefix(strings.TrimSpace(text), "```") && note.MatchString(text)
}

// sanitize leaves out what PostgreSQL cannot keep.
func sanitize(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "")
}

// withoutNUL drops U+0000 from the strings of JSON: no database keeps it, and Slack sends none.
func withoutNUL(b []byte) []byte {
	nul := []byte(`\u0000`)
	if !bytes.Contains(b, nul) {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		switch {
		case bytes.HasPrefix(b[i:], nul):
			i += len(nul)
		case b[i] == '\\' && i+1 < len(b): // an escaped backslash is no beginning
			out = append(out, b[i], b[i+1])
			i += 2
		default:
			out = append(out, b[i])
			i++
		}
	}
	return out
}

// written takes a line in; what became of it is told by a mark, after the commit and the ack. raw is the line as Slack has it.
func (w *Workspace) written(ctx context.Context, l handover.Line, raw string) error {
	s, err := w.desk.ReceiveLine(ctx, l)
	m := s.Message()
	if err == nil && s.Conversation.ID == 0 && strings.HasPrefix(strings.TrimSpace(raw), "<@"+w.o.Identity.BotUser+">") && w.o.Identity.BotUser != "" {
		w.answer(l.Place.Channel, l.Account, l.ThreadTS, reply{text: "This thread belongs to no conversation of ours, or not yet. Try again in a moment."})
	}
	if err == nil && m.Visibility == handover.Pending {
		w.desk.AgentTypes(s.Conversation)
	}
	if err == nil && s.Changed && !s.Conversation.Push && (m.Visibility == handover.Pending || m.Visibility == handover.Public) { // what is sent on may still fail
		w.deliveredLater(l)
	}
	if err == nil && s.Conversation.ID == 0 { // kept until its card knows its ts: they hear what became of it then
		time.AfterFunc(keptFor, func() {
			w.bestEffort("tell of a line that was kept", func(ctx context.Context) error {
				s, err := w.desk.ReceiveLine(ctx, l)
				if err == nil && s.Message().Visibility == handover.Internal && !s.Message().Deleted {
					w.markInternal(l, s)
				}
				return err
			})
		})
	}
	if err != nil || !s.Changed || m.Visibility != handover.Internal || m.Deleted {
		return err
	}
	w.runMention(ctx, l, raw)
	w.markInternal(l, s)
	return nil
}

// keptFor is how long a card takes to learn its ts, as a rule.
const keptFor = 2 * time.Second

// markInternal marks a line that stays in the team, and asks its author whether they meant it.
func (w *Workspace) markInternal(l handover.Line, s handover.Saved) {
	w.markLater(markNote, l.Place, l.TS)
	if !l.Note {
		w.offerToSend(l, s)
	}
}

// offerToSend tells who wrote a line that it stayed in the team, and what can be done about it.
func (w *Workspace) offerToSend(l handover.Line, s handover.Saved) {
	c := s.Conversation
	text, value := notSent(s), strconv.FormatInt(c.Handoff.ID, 10)
	button := func(action, label string) slack.BlockElement {
		return slack.NewButtonBlockElement(action, value, plainText(label))
	}
	keep := button("keep_internal", "Keep internal")
	blocks := []slack.Block{section(text)}
	switch {
	case s.Thread.Closed: // the card has moved on
	case c.State == handover.Waiting:
		blocks = append(blocks, slack.NewActionBlock("line:"+l.TS, button("claim_send", "Claim & send"), keep))
	case c.State == handover.Claimed && c.Handoff.Agent.ID == s.Actor.ID:
		blocks = append(blocks, slack.NewActionBlock("line:"+l.TS, button("send_line", "Send"), keep))
	case c.State == handover.Claimed:
		blocks = append(blocks, slack.NewActionBlock("line:"+l.TS, button("send_on_behalf", clip("Send on behalf of "+agentName(c.Handoff.Agent), 75)), keep))
	}
	w.answer(l.Place.Channel, l.Account, l.ThreadTS, reply{text: text, blocks: blocks})
}

// askOfEdit tells who edited a line that the customer goes on reading it as it was.
func (w *Workspace) askOfEdit(ctx context.Context, l handover.Line) {
	conv, err := w.reads.OfThread(ctx, l.Place, l.ThreadTS)
	if err != nil {
		w.o.Logger.WarnContext(ctx, "an edit that mentions somebody", "err", err)
		return
	}
	text := "Your edit mentions a colleague: the customer still reads the line as it was. Show them the edit all the same?"
	value := strconv.FormatInt(conv.Handoff.ID, 10)
	w.answer(l.Place.Channel, l.Account, l.ThreadTS, reply{text: text, blocks: []slack.Block{section(text), slack.NewActionBlock("line:"+l.TS,
		slack.NewButtonBlockElement("send_edit", value, plainText("Show the edit")), slack.NewButtonBlockElement("keep_internal", value, plainText("Keep internal")))}})
}

// notSent says why a line stayed in the team.
func notSent(s handover.Saved) string {
	c := s.Conversation
	if c.State == handover.Claimed && c.Handoff.Agent.ID == s.Actor.ID && !s.Thread.Closed {
		return "Not sent to the customer: your line mentions a colleague, or is marked as internal. Send it all the same?"
	}
	if c.State == handover.Claimed && c.Handoff.Agent.ID != s.Actor.ID {
		return "Not sent to the customer: " + agentName(c.Handoff.Agent) + " has this conversation. Your line is a note for the team."
	}
	if c.State == handover.Waiting {
		return "Not sent to the customer: nobody has claimed this conversation yet. Press *Claim* on the card, then write."
	}
	return "Not sent to the customer: your line is a note for the team."
}
