package slack

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
)

const formCallback = "verb"

// form is what the modal of a command is about; it is kept in the modal itself.
type form struct {
	Command string `json:"verb"`
	Handoff int64  `json:"handoff"`
	Channel string `json:"channel,omitempty"`
}

// byForm asks for what a command needs: in a modal, or where none can be opened by a button that can.
func (w *Workspace) byForm(_ context.Context, a request) (reply, error) {
	if a.trigger == "" {
		return w.byButton(a, "*"+title(a.name)+"* needs a word more.")
	}
	f := form{a.name, a.conv.Handoff.ID, a.channel}
	blocks, submit := w.fields(a.name, a.conv)
	w.bestEffort("open a form", func(ctx context.Context) error {
		about, _ := json.Marshal(f) // plain values always encode
		_, err := w.api().OpenViewContext(ctx, a.trigger, slack.ModalViewRequest{
			Type: slack.VTModal, CallbackID: formCallback, PrivateMetadata: string(about), Title: plainText(clip(title(a.name), 24)), Close: plainText("Cancel"), Submit: plainText(submit),
			Blocks: slack.Blocks{BlockSet: blocks},
		})
		return err
	})
	return reply{}, nil
}

// fields are a form's inputs, each in a block of its own name.
func (w *Workspace) fields(verb string, conv handover.Conversation) (blocks []slack.Block, submit string) {
	text := func(block, label, hint, initial string, lines bool) slack.Block {
		e := slack.NewPlainTextInputBlockElement(nil, block).WithMultiline(lines).WithMaxLength(maxInput)
		if initial != "" {
			e = e.WithInitialValue(clip(initial, maxInput))
		}
		b := slack.NewInputBlock(block, plainText(label), nil, e)
		if hint != "" {
			b.Hint = plainText(hint)
		}
		return b
	}
	choose := func(block, label string, values ...string) slack.Block {
		var options []*slack.OptionBlockObject
		for _, v := range values[:min(100, len(values))] {
			options = append(options, slack.NewOptionBlockObject(v, plainText(clip(v, 75)), nil))
		}
		return slack.NewInputBlock(block, plainText(label), nil, slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, block, options...))
	}
	switch verb {
	case "assign":
		return []slack.Block{slack.NewInputBlock("user", plainText("Colleague"), nil, slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, "user"))}, "Assign"
	case "transfer":
		return []slack.Block{choose("team", "Team", w.o.Teams...), text("reason", "Why", "The next agent reads it.", "", true)}, "Transfer"
	case "escalate":
		return []slack.Block{text("reason", "Why", "It stands in the thread.", "", true)}, "Escalate"
	case "snooze":
		return []slack.Block{choose("for", "For", "15m", "1h", "2h", "4h", "1d", "3d", "7d")}, "Snooze"
	default: // add_to_knowledge
		return []slack.Block{
			text("title", "Question", "As customers ask it.", question(conv), false),
			text("text", "Answer", "Customers read it word for word. Leave out what is personal.", "", true),
		}, "Add"
	}
}

// question is what a handoff was about, in the customer's words as the brief has them, masked.
func question(conv handover.Conversation) string {
	if b := conv.Handoff.Brief; b != nil {
		return clip(b.Wants, 150)
	}
	return ""
}

// submitForm does a form's command; what is refused is said at its first field.
func (w *Workspace) submitForm(ctx context.Context, user string, v slack.View) (any, error) {
	var f form
	if err := json.Unmarshal([]byte(v.PrivateMetadata), &f); err != nil || v.State == nil {
		return nil, nil
	}
	value := func(block string) string {
		for _, a := range v.State.Values[block] {
			for _, s := range []string{a.SelectedUser, a.SelectedOption.Value, a.Value} {
				if s = strings.TrimSpace(sanitize(s)); s != "" {
					return s
				}
			}
		}
		return ""
	}
	conv, err := w.reads.OfHandoff(ctx, f.Handoff)
	if err != nil && !errors.Is(err, handover.ErrUnknown) {
		return nil, err
	}
	a := request{name: f.Command, user: user, channel: f.Channel, conv: conv, form: true}
	blocks, _ := w.fields(f.Command, conv)
	first := blocks[0].ID()
	a.args = strings.TrimSpace(value("team") + " " + value("reason") + value("for") + value("title"))
	if user := value("user"); user != "" {
		a.args = "<@" + user + ">"
	}
	a.text = value("text")
	r, err := w.perform(ctx, a)
	if err == nil && !r.done {
		return map[string]any{"response_action": "errors", "errors": map[string]string{first: strings.NewReplacer("*", "", "`", "").Replace(r.text)}}, nil
	}
	return nil, err
}
