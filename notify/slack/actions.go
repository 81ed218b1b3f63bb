package slack

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

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
			ActionID       string `json:"action_id"`
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
	if in.View.ID != "" {
		w.restyle(in.View, a.ActionID, a.SelectedOption.Value)
		return nil, nil
	}
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
