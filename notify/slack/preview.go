package slack

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify"
)

func previewBlock(w handover.Preview) string {
	return fmt.Sprintf("watch:%d:%d", w.Conversation, w.Episode)
}

// Preview implements notify.Workspace.
func (w *Workspace) Preview(ctx context.Context, c notify.Card, x handover.Preview, look bool) (string, error) {
	if x.TS == "" && look {
		posts, err := w.history(ctx, handover.Card{Place: x.Place})
		if err != nil {
			return "", err
		}
		for _, p := range slices.Backward(posts) { // in the end the oldest
			if slices.Contains(p.blocks, previewBlock(x)) {
				x.TS = p.ts
			}
		}
	}
	blocks, fallback := previewCard(c, x)
	switch {
	case x.TS != "":
		_, _, _, err := w.api().UpdateMessageContext(ctx, x.Place.Channel, x.TS, slack.MsgOptionBlocks(blocks...), slack.MsgOptionText(fallback, false))
		return x.TS, outcome(err, w.updateLimit(), true)
	case c.State != handover.WithBot: // nothing was shown, and nothing need be
		return "", nil
	}
	_, ts, err := w.api().PostMessageContext(ctx, x.Place.Channel, slack.MsgOptionBlocks(blocks...), slack.MsgOptionText(fallback, false), slack.MsgOptionDisableLinkUnfurl())
	return ts, outcome(err, x.Place.PostLimit(), false)
}

// previewCard shows a conversation that is with the bot; once it holds it no longer, what became of it.
func previewCard(c notify.Card, x handover.Preview) (blocks []slack.Block, fallback string) {
	head := "WITH THE BOT"
	switch c.State {
	case handover.Claimed:
		head = "TAKEN by " + agentName(c.Handoff.Agent)
	case handover.Waiting:
		head = "HANDED OVER"
	case handover.Closed:
		head = "ENDED"
	case handover.WithBot:
	}
	person := "*" + plain(clip(name(c.Contact), 200)) + "* · " + plain(c.Channel)
	if c.PageURL != "" {
		person += " on " + plain(clip(c.PageURL, 200))
	}
	blocks = []slack.Block{
		slack.NewHeaderBlock(plainText(clip(head, maxHeader)), slack.HeaderBlockOptionBlockID(previewBlock(x))),
		section(clipEscaped(person+"\n_Why:_ "+escape(clip(x.Why, 300)), maxSection)),
	}
	if quote := quoted(c); quote != "" {
		blocks = append(blocks, section(clipEscaped(quote, maxSection)))
	}
	if c.State == handover.WithBot {
		button := slack.NewButtonBlockElement("take_over", strconv.FormatInt(c.ID, 10), plainText("Take over"))
		blocks = append(blocks, slack.NewActionBlock("actions", button))
	}
	return blocks, escape(clip(head+" · "+name(c.Contact)+" · "+x.Why, 3000))
}

// quoted are the newest lines.
func quoted(c notify.Card) string {
	var quote []string
	for _, m := range c.Last {
		text := strings.ReplaceAll(plain(clip(m.Text, 300)), "\n", "\n> ")
		if m.Text == "" && len(m.Files) > 0 {
			text = filesSent(m.Files)
		}
		quote = append(quote, "> *"+speaker(m, c.Contact)+":* "+text)
	}
	return strings.Join(quote, "\n")
}

func filesSent(files []handover.File) string {
	what := "files"
	if len(files) == 1 {
		what = "file"
	}
	return fmt.Sprintf("_sent %d %s_", len(files), what)
}
