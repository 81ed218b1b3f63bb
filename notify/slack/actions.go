package slack

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
)

// click is a button pressed, or a shortcut used.
type click struct {
	handoff     int64
	user        string
	at          string // Slack's time of the click
	channel, ts string // of the card
	line        string // ts of the line that it is about; "": none
	block       string // that the button stands in
	trigger     string
	aside       string // where an answer that only they see is changed; "": the button stands on a card
}

// buttons are what buttons do beside the commands.
func (w *Workspace) buttons() map[string]func(context.Context, click) (reply, error) {
	return map[string]func(context.Context, click) (reply, error){
		"claim_send":     func(ctx context.Context, c click) (reply, error) { return w.sendLine(ctx, c, true) },
		"send_on_behalf": func(ctx context.Context, c click) (reply, error) { return w.sendLine(ctx, c, false) },
		"send_line":      func(ctx context.Context, c click) (reply, error) { return w.sendLine(ctx, c, false) },
		"send_edit":      w.sendEdit,
		"keep_internal": func(context.Context, click) (reply, error) {
			return ok("It stays in the team.")
		},
		"retry":  w.retry,
		"insert": w.insert,
		"take_over": func(ctx context.Context, c click) (reply, error) {
			return w.takeOver(ctx, request{user: c.user, at: c.at}, c.handoff)
		},
		"home_mail":    func(ctx context.Context, c click) (reply, error) { return w.setMail(ctx, c.user, true) },
		"home_no_mail": func(ctx context.Context, c click) (reply, error) { return w.setMail(ctx, c.user, false) },
		"home_pause": func(ctx context.Context, c click) (reply, error) {
			return w.perform(ctx, request{name: "pause", args: "paused in Slack", user: c.user})
		},
		"home_resume": func(ctx context.Context, c click) (reply, error) {
			return w.perform(ctx, request{name: "pause", args: "off", user: c.user})
		},
	}
}

// sendLine sends a line that stayed internal, at its author's wish.
func (w *Workspace) sendLine(ctx context.Context, c click, claim bool) (reply, error) {
	place := handover.Place{Workspace: w.o.Identity.Workspace(), Channel: c.channel}
	by := handover.By{Account: w.account(c.user), At: c.at}
	s, err := w.desk.SendLine(ctx, c.handoff, by, handover.Line{Place: place, TS: c.line}.Key(), claim)
	if err != nil {
		return reply{}, err
	}
	if !s.Changed || s.Message().ID == 0 { // it is gone, or was sent
		return refuse("There is nothing to send any more.")
	}
	w.unmarkLater(markNote, place, c.line)
	if !s.Conversation.Push && s.Message().Visibility == handover.Public {
		w.markLater(markDelivered, place, c.line)
	}
	return ok("Sent to the customer.")
}

// sendEdit shows the customer a line as it stands in the thread now, at its author's wish.
func (w *Workspace) sendEdit(ctx context.Context, c click) (reply, error) {
	conv, err := w.reads.OfHandoff(ctx, c.handoff)
	if err != nil {
		return reply{}, err
	}
	thread := conv.Handoff.Card
	w.bestEffort("show an edit", func(ctx context.Context) error {
		found, _, _, err := w.api().GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: c.channel, Timestamp: thread.TS, Oldest: c.line, Latest: c.line, Inclusive: true, Limit: 2})
		if err != nil {
			return err
		}
		for _, m := range found {
			if m.Timestamp == c.line && m.User == c.user && m.Edited != nil {
				l := w.line(thread.Place, message{User: m.User, Text: m.Text, TS: m.Timestamp, ThreadTS: thread.TS})
				l.Kind, l.EditedTS = handover.LineEdited, m.Edited.Timestamp
				_, err := w.desk.SendEdit(ctx, l)
				return err
			}
		}
		return w.show(ctx, c.channel, c.user, thread.TS, reply{text: "This line is not there any more, or is not yours."})
	})
	return ok("The customer is shown the edit.")
}

// insert puts what a search found into a draft. Its modal opens at once, because its trigger lives three seconds; the search may take longer.
func (w *Workspace) insert(_ context.Context, c click) (reply, error) {
	_, rest, _ := strings.Cut(c.block, ":")
	nth, query, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(nth)
	if err != nil || n < 0 {
		return reply{}, nil
	}
	w.openWith(c, func(ctx context.Context) (d handover.Draft, refused string, err error) {
		found, err := w.drafter.Search(ctx, query)
		if err != nil {
			return d, "", err
		}
		if n >= len(found) || found[n].Internal {
			return d, "It is not there any more. Search again.", nil
		}
		return handover.Draft{Text: handover.Unmarkable(found[n].Text) + " [1]", Citations: found[n : n+1]}, "", nil
	})
	return reply{done: true}, nil
}

// interaction takes a click, a shortcut or a modal in. out, if not nil, is the answer's body; after an error Slack
// is to come again.
func (w *Workspace) interaction(ctx context.Context, payload []byte) (out any, err error) {
	var in struct {
		Type        string `json:"type"`
		CallbackID  string `json:"callback_id"`
		TriggerID   string `json:"trigger_id"`
		ResponseURL string `json:"response_url"`
		ActionTS    string `json:"action_ts"`
		User        struct{ ID string }
		Channel     struct{ ID string }
		Container   struct {
			Ephemeral bool `json:"is_ephemeral"`
		}
		Message struct {
			TS       string
			ThreadTS string `json:"thread_ts"`
		}
		Actions []struct {
			ActionID       string `json:"action_id"`
			BlockID        string `json:"block_id"`
			Value          string
			SelectedOption struct{ Value string } `json:"selected_option"`
			ActionTS       string                 `json:"action_ts"`
		}
		View slack.View
	}
	if err := json.Unmarshal(payload, &in); err != nil {
		w.o.Logger.WarnContext(ctx, "an interaction that cannot be read", "err", err)
		return nil, nil
	}
	c := click{user: in.User.ID, at: in.ActionTS, channel: in.Channel.ID, ts: in.Message.TS, trigger: in.TriggerID}
	if in.Message.ThreadTS != "" {
		c.ts = in.Message.ThreadTS
	}
	switch {
	case in.Type == "view_submission" && in.View.CallbackID == formCallback:
		return w.submitForm(ctx, in.User.ID, in.View)
	case in.Type == "view_submission":
		return w.submitDraft(ctx, in.User.ID, in.View)
	case in.Type == "message_action":
		c.line = in.Message.TS
		return nil, w.shortcut(ctx, in.CallbackID, c)
	case in.Type != "block_actions" || len(in.Actions) == 0:
		return nil, nil
	}
	a := in.Actions[0]
	c.at, c.block = a.ActionTS, a.BlockID
	if in.View.ID != "" && in.View.Type != slack.VTHomeTab {
		return nil, w.inModal(ctx, in.User.ID, in.TriggerID, in.View, a.ActionID, a.SelectedOption.Value)
	}
	if in.Container.Ephemeral || in.View.ID != "" {
		c.aside = in.ResponseURL
		if c.aside == "" {
			c.aside = "home"
		}
	}
	if line, is := strings.CutPrefix(c.block, "line:"); is {
		c.line = line
	}
	return nil, w.pressed(ctx, a.ActionID, a.Value, a.SelectedOption.Value, c)
}

// pressed does a button or a choice. A card shows by itself what became of it; what it cannot show is told to whoever pressed.
func (w *Workspace) pressed(ctx context.Context, action, value, option string, c click) error {
	if action == "more" {
		action, value, _ = strings.Cut(option, ":")
	}
	if action == "home_status" {
		_, err := w.perform(ctx, request{name: "status", args: option, user: c.user})
		return err
	}
	c.handoff, _ = strconv.ParseInt(value, 10, 64)
	var r reply
	var err error
	if do := w.buttons()[action]; do != nil {
		r, err = w.permitted(ctx, c.user, func(ctx context.Context) (reply, error) { return refusedAsReply(do(ctx, c)) }, func(r reply) { w.tellPresser(c, r) })
	} else if v, is := w.commands()[action]; is && v.about && c.handoff != 0 {
		r, err = w.about(ctx, action, c)
	} else {
		w.o.Logger.InfoContext(ctx, "a button that is none of ours", "action", action)
		return nil
	}
	if err != nil {
		return err
	}
	w.tellPresser(c, r)
	return nil
}

// refusedAsReply makes a refusal a reply.
func refusedAsReply(r reply, err error) (reply, error) {
	if text := refusalText(err); text != "" {
		return reply{text: text}, nil
	}
	return r, err
}

// tellPresser tells whoever pressed a button what a card does not show.
func (w *Workspace) tellPresser(c click, r reply) {
	switch {
	case c.aside == "home":
		w.homeLater(c.user)
		if !r.done && r.text != "" {
			w.bestEffort("answer", func(ctx context.Context) error {
				_, err := w.api().OpenViewContext(ctx, c.trigger, slack.ModalViewRequest{Type: slack.VTModal, Title: plainText("Deskbell"), Close: plainText("Close"), Blocks: slack.Blocks{BlockSet: []slack.Block{section(r.text)}}})
				return err
			})
		}
	case c.aside != "" && r.text != "":
		w.bestEffort("answer", func(ctx context.Context) error {
			return slack.PostWebhookCustomHTTPContext(ctx, c.aside, w.http, &slack.WebhookMessage{Text: r.text, ReplaceOriginal: true})
		})
	case !r.done:
		w.answer(c.channel, c.user, "", r)
	}
}

// about does a command on a handoff.
func (w *Workspace) about(ctx context.Context, verb string, c click) (reply, error) {
	conv, err := w.reads.OfHandoff(ctx, c.handoff)
	if errors.Is(err, handover.ErrUnknown) {
		return reply{text: refusalText(err)}, nil
	}
	if err != nil {
		return reply{}, err
	}
	a := request{name: verb, user: c.user, at: c.at, channel: c.channel, trigger: c.trigger, conv: conv}
	if c.aside == "" {
		a.card = c.ts
	}
	return w.perform(ctx, a)
}

// shortcut does a command on the conversation in whose thread a message stands.
func (w *Workspace) shortcut(ctx context.Context, name string, c click) error {
	conv, err := w.reads.OfThread(ctx, handover.Place{Workspace: w.o.Identity.Workspace(), Channel: c.channel}, c.ts)
	var r reply
	switch {
	case errors.Is(err, handover.ErrUnknown):
		r, err = refuse("This message belongs to no conversation of ours.")
	case err != nil:
		return err
	case name == "send_to_customer":
		c.handoff = conv.Handoff.ID
		send := func(ctx context.Context) (reply, error) {
			return refusedAsReply(w.sendLine(ctx, c, conv.State == handover.Waiting))
		}
		r, err = w.permitted(ctx, c.user, send, func(r reply) { w.answer(c.channel, c.user, c.ts, r) })
	default:
		c.handoff = conv.Handoff.ID
		r, err = w.about(ctx, name, c)
	}
	if err == nil && r.text != "" {
		w.answer(c.channel, c.user, c.ts, r)
	}
	return err
}

// refusalText says why a step was refused, to the one who tried; "" when it was not a refusal.
func refusalText(err error) string {
	var no *handover.NotAllowedError
	switch {
	case errors.As(err, &no) && no.State == handover.Claimed:
		return agentName(no.Agent) + " claimed this a moment ago."
	case errors.As(err, &no) && no.State == handover.Waiting:
		return "Nobody has claimed this conversation yet. Press *Claim* first."
	case errors.As(err, &no):
		return "This conversation is not waiting for anybody any more."
	case errors.As(err, new(*handover.NotListedError)):
		return "You are not in the list of agents. Ask an admin to add you under `agents` in the configuration."
	case errors.Is(err, handover.ErrNotYours):
		return "Only a line of your own that stayed internal, and is no note, can be sent to the customer."
	case errors.Is(err, handover.ErrUnknown):
		return "This conversation is not known here."
	}
	return ""
}
