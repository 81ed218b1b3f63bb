package slack

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
)

// parse cuts "command and its arguments".
func parse(text string) (command, args string) {
	command, args, _ = strings.Cut(strings.TrimSpace(text), " ")
	command = strings.ReplaceAll(strings.ToLower(command), "-", "_")
	if command == "" {
		command = "help"
	}
	return command, strings.TrimSpace(args)
}

// slashCommand takes a /deskbell in.
func (w *Workspace) slashCommand(ctx context.Context, channel, user, trigger, text string) any {
	a := request{user: user, channel: channel, trigger: trigger}
	a.name, a.args = parse(sanitize(text))
	r, err := w.perform(ctx, a)
	if err != nil {
		w.o.Logger.ErrorContext(ctx, "a command failed", "command", a.name, "err", err)
		r = reply{text: "Something went wrong. Try again in a moment."}
	}
	if r.text == "" && r.blocks == nil {
		return nil
	}
	out := map[string]any{"response_type": "ephemeral", "text": r.text}
	if len(r.blocks) > 0 {
		out["blocks"] = r.blocks
	}
	return out
}

// runMention does what @deskbell was told in a thread, once: the line itself has been kept as a note. raw is the line as Slack has it. It is done
// before the event is acked; only the answer is a courtesy.
func (w *Workspace) runMention(ctx context.Context, l handover.Line, raw string) {
	text, is := strings.CutPrefix(strings.TrimSpace(sanitize(raw)), "<@"+w.o.Identity.BotUser+">")
	if !is {
		return
	}
	a := request{user: l.Account, at: l.TS, channel: l.Place.Channel, card: l.ThreadTS}
	a.name, a.args = parse(text)
	conv, err := w.reads.OfThread(ctx, l.Place, l.ThreadTS)
	var r reply
	if err == nil {
		a.conv = conv
		r, err = w.perform(ctx, a)
	}
	if err != nil {
		r = reply{text: "Something went wrong. Try again in a moment."}
		w.o.Logger.ErrorContext(ctx, "a command failed", "command", a.name, "err", err)
	}
	w.answer(a.channel, a.user, a.card, r)
}

// answer shows somebody alone a reply, as a courtesy.
func (w *Workspace) answer(channel, user, thread string, r reply) {
	w.bestEffort("answer", func(ctx context.Context) error { return w.show(ctx, channel, user, thread, r) })
}

// show answers one person in a thread, where the others do not see it.
func (w *Workspace) show(ctx context.Context, channel, user, thread string, r reply) error {
	if r.text == "" && r.blocks == nil {
		return nil
	}
	opts := []slack.MsgOption{slack.MsgOptionText(r.text, false)}
	if len(r.blocks) > 0 {
		opts = append(opts, slack.MsgOptionBlocks(r.blocks...))
	}
	if thread != "" {
		opts = append(opts, slack.MsgOptionTS(thread))
	}
	_, err := w.api().PostEphemeralContext(ctx, channel, user, opts...)
	return err
}
