package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
)

// click is a button pressed on a card.
type click struct {
	handoff     int64
	user        string
	at          string // Slack's time of the click
	channel, ts string // of the card
	trigger     string
}

func (w *Workspace) by(c click) handover.By {
	place := handover.Place{Workspace: w.o.Identity.Workspace(), Channel: c.channel}
	return handover.By{
		Account: handover.Account{Workspace: place.Workspace, External: c.user}, At: c.at,
		Card: handover.Card{Place: place, TS: c.ts}, // a click teaches a card its missing ts
	}
}

// buttons are what the card's buttons do: one step of the desk each.
func (w *Workspace) buttons() map[string]func(context.Context, click) error {
	step := func(do func(context.Context, int64, handover.By) (handover.Saved, error)) func(context.Context, click) error {
		return func(ctx context.Context, c click) error {
			_, err := do(ctx, c.handoff, w.by(c))
			return err
		}
	}
	return map[string]func(context.Context, click) error{
		"claim": step(w.desk.Claim), "resolve": step(w.desk.Resolve), "return": step(w.desk.Return), "release": step(w.desk.Release), "reopen": step(w.desk.Reopen),
		"draft": w.openDraft,
	}
}

// interaction takes a click or a modal in, from HTTP or a socket. reply, if not nil, is the answer's body; after an error Slack
// is to come again.
func (w *Workspace) interaction(ctx context.Context, payload []byte) (reply any, err error) {
	var in struct {
		Type      string `json:"type"`
		TriggerID string `json:"trigger_id"`
		Team      struct{ ID string }
		User      struct{ ID string }
		Channel   struct{ ID string }
		Container struct {
			MessageTS string `json:"message_ts"`
		}
		Message struct {
			TS       string
			ThreadTS string `json:"thread_ts"`
		}
		Actions []struct {
			ActionID string `json:"action_id"`
			Value    string
			ActionTS string `json:"action_ts"`
		}
		View slack.View
	}
	if err := json.Unmarshal(payload, &in); err != nil {
		w.o.Logger.WarnContext(ctx, "an interaction that cannot be read", "err", err)
		return nil, nil
	}
	if in.Team.ID != "" && in.Team.ID != w.o.Identity.Team {
		return nil, nil
	}
	if in.Type == "view_submission" {
		return w.submitDraft(ctx, in.User.ID, in.View)
	}
	if in.Type != "block_actions" || len(in.Actions) == 0 {
		return nil, nil
	}
	a := in.Actions[0]
	do := w.buttons()[a.ActionID]
	handoff, err := strconv.ParseInt(a.Value, 10, 64)
	if do == nil || err != nil {
		w.o.Logger.InfoContext(ctx, "a button that is none of ours", "action", a.ActionID)
		return nil, nil
	}
	c := click{handoff: handoff, user: in.User.ID, at: a.ActionTS, channel: in.Channel.ID, ts: in.Message.TS, trigger: in.TriggerID}
	if in.Message.ThreadTS != "" {
		c.ts = in.Message.ThreadTS
	}
	err = do(ctx, c)
	if text := refusalText(err); text != "" {
		w.tell(c.channel, c.user, "", text)
		return nil, nil
	}
	return nil, err
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
	case errors.Is(err, handover.ErrUnknown):
		return "This conversation is not known here."
	}
	return ""
}

const (
	draftCallback = "draft"
	draftBlock    = "text"
)

// openDraft opens a modal at once, because its trigger lives three seconds, and fills it when the draft is there.
func (w *Workspace) openDraft(_ context.Context, c click) error {
	w.politely("draft", func(ctx context.Context) error {
		value := strconv.FormatInt(c.handoff, 10)
		view, err := w.api.OpenViewContext(ctx, c.trigger, modal(value, []slack.Block{section("Reading the conversation …")}, false))
		if err != nil {
			return err
		}
		conv, err := w.reads.OfHandoff(ctx, c.handoff)
		if err != nil {
			return err
		}
		talk, err := w.reads.Transcript(ctx, conv.ID, conv.Episode)
		if err != nil {
			return err
		}
		draft, err := w.drafter.Draft(ctx, conv, talk)
		if err != nil {
			draft = handover.Draft{}
			w.o.Logger.WarnContext(ctx, "no draft", "handoff", c.handoff, "err", err)
		}
		if err := w.reads.Drafted(ctx, "view:"+view.ID, c.handoff, draft); err != nil {
			w.o.Logger.WarnContext(ctx, "what becomes of the draft is not known", "handoff", c.handoff, "err", err)
		}
		_, err = w.api.UpdateViewContext(ctx, modal(value, draftBlocks(draft), true), "", "", view.ID)
		return err
	})
	return nil
}

func modal(handoff string, blocks []slack.Block, submit bool) slack.ModalViewRequest {
	text := func(s string) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
	}
	v := slack.ModalViewRequest{Type: slack.VTModal, CallbackID: draftCallback, PrivateMetadata: handoff, Title: text("Draft reply"), Close: text("Cancel"), Blocks: slack.Blocks{BlockSet: blocks}}
	if submit {
		v.Submit = text("Send")
	}
	return v
}

func draftBlocks(d handover.Draft) []slack.Block {
	input := slack.NewPlainTextInputBlockElement(slack.NewTextBlockObject(slack.PlainTextType, "Write the answer", false, false), draftBlock).WithMultiline(true).WithInitialValue(clip(d.Text, 3000))
	blocks := []slack.Block{slack.NewInputBlock(draftBlock, slack.NewTextBlockObject(slack.PlainTextType, "Answer", false, false), nil, input)}
	if d.Text == "" {
		blocks = append(blocks, section("The knowledge base has nothing on this. Write the answer yourself."))
	}
	for i, c := range d.Citations[:min(5, len(d.Citations))] {
		title := escape(clip(c.Title, 200))
		if strings.HasPrefix(c.URL, "http://") || strings.HasPrefix(c.URL, "https://") {
			title = "<" + escape(c.URL) + "|" + strings.ReplaceAll(title, "|", "¦") + ">"
		}
		blocks = append(blocks, slack.NewContextBlock("", mrkdwn(fmt.Sprintf("%d. %s · %.2f", i+1, title, c.Score))))
	}
	if len(d.Unsupported) > 0 {
		blocks = append(blocks, section(clipEscaped(":warning: *No source bears this out:* "+escape(strings.Join(d.Unsupported, " … ")), maxSection)))
	}
	return blocks
}

// submitDraft sends what the agent made of the draft. She must hold the conversation; else the modal says who does.
func (w *Workspace) submitDraft(ctx context.Context, user string, v slack.View) (any, error) {
	handoff, err := strconv.ParseInt(v.PrivateMetadata, 10, 64)
	if v.CallbackID != draftCallback || err != nil || v.State == nil {
		return nil, nil
	}
	refuse := func(text string) any {
		return map[string]any{"response_action": "errors", "errors": map[string]string{draftBlock: text}}
	}
	text := strings.TrimSpace(keepable(v.State.Values[draftBlock][draftBlock].Value))
	if text == "" {
		return refuse("Write something first."), nil
	}
	by := handover.By{Account: handover.Account{Workspace: w.o.Identity.Workspace(), External: user}}
	_, err = w.desk.Write(ctx, handoff, by, "view:"+v.ID, text)
	if said := refusalText(err); said != "" {
		return refuse(strings.ReplaceAll(said, "*", "")), nil
	}
	if err == nil {
		w.politely("draft's outcome", func(ctx context.Context) error { return w.reads.DraftSent(ctx, "view:"+v.ID, text) })
	}
	return nil, err
}
