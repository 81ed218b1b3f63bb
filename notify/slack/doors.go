package slack

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
)

// parse cuts "verb and its arguments".
func parse(text string) (verb, args string) {
	verb, args, _ = strings.Cut(strings.TrimSpace(text), " ")
	verb = strings.ReplaceAll(strings.ToLower(verb), "-", "_")
	if verb == "" {
		verb = "help"
	}
	return verb, strings.TrimSpace(args)
}

// command takes a /deskbell in.
func (w *Workspace) command(ctx context.Context, channel, user, trigger, text string) any {
	a := ask{user: user, channel: channel, trigger: trigger}
	a.verb, a.args = parse(keepable(text))
	r, err := w.perform(ctx, a)
	if err != nil {
		w.o.Logger.ErrorContext(ctx, "a command failed", "verb", a.verb, "err", err)
		r = reply{text: "This did not work just now. Try again in a moment."}
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

// called does what @deskbell was told in a thread, once: the line itself has been kept as a note. raw is the line as Slack has it. It is done
// before the event is acked; only the answer is a courtesy.
func (w *Workspace) called(ctx context.Context, l handover.Line, raw string) {
	text, is := strings.CutPrefix(strings.TrimSpace(keepable(raw)), "<@"+w.o.Identity.BotUser+">")
	if !is {
		return
	}
	a := ask{user: l.Account, at: l.TS, channel: l.Place.Channel, card: l.ThreadTS}
	a.verb, a.args = parse(text)
	conv, err := w.reads.OfThread(ctx, l.Place, l.ThreadTS)
	var r reply
	if err == nil {
		a.conv = conv
		r, err = w.perform(ctx, a)
	}
	if err != nil {
		r = reply{text: "This did not work just now. Try again in a moment."}
		w.o.Logger.ErrorContext(ctx, "a verb failed", "verb", a.verb, "err", err)
	}
	w.answer(a.channel, a.user, a.card, r)
}

// answer shows somebody alone a reply, as a courtesy.
func (w *Workspace) answer(channel, user, thread string, r reply) {
	w.politely("answer", func(ctx context.Context) error { return w.show(ctx, channel, user, thread, r) })
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
