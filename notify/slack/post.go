package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify"
)

func (w *Workspace) updateLimit() handover.LimitKey {
	return handover.Place{Workspace: w.o.Identity.Workspace()}.UpdateLimit()
}

// Post implements notify.Workspace.
func (w *Workspace) Post(ctx context.Context, c notify.Card, look bool) (string, error) {
	k := c.Handoff.Card
	if look {
		posts, err := w.history(ctx, k)
		if err != nil {
			return "", err
		}
		for _, p := range posts { // oldest first
			if slices.Contains(p.blocks, cardBlock(k.ID)) {
				return p.ts, nil
			}
		}
	}
	blocks, fallback := card(c)
	_, ts, err := w.api().PostMessageContext(ctx, k.Channel, slack.MsgOptionBlocks(blocks...), slack.MsgOptionText(fallback, false), slack.MsgOptionDisableLinkUnfurl(),
		metadata("deskbell_card", "card", k.ID))
	return ts, outcome(err, k.PostLimit(), false)
}

func metadata(kind, name string, id int64) slack.MsgOption {
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: kind, EventPayload: map[string]any{name: strconv.FormatInt(id, 10)}})
}

// Redraw implements notify.Workspace.
func (w *Workspace) Redraw(ctx context.Context, c notify.Card) error {
	blocks, fallback := card(c)
	_, _, _, err := w.api().UpdateMessageContext(ctx, c.Handoff.Card.Channel, c.Handoff.Card.TS, slack.MsgOptionBlocks(blocks...), slack.MsgOptionText(fallback, false))
	err = outcome(err, w.updateLimit(), true)
	if errors.Is(err, notify.ErrPlace) { // somebody deleted the card, or archived its channel: there is nothing to redraw
		w.o.Logger.WarnContext(ctx, "a card cannot be redrawn", "handoff", c.Handoff.ID, "err", err)
		return nil
	}
	return err
}

// Relay implements notify.Workspace. Every message has a block of its own whose id names it; what an earlier attempt has posted
// is found by those ids and not posted again.
func (w *Workspace) Relay(ctx context.Context, thread handover.Card, key string, lines []notify.Line, look bool) error {
	posted := map[string]bool{}
	if look {
		posts, err := w.replies(ctx, thread)
		if err != nil {
			return err
		}
		for _, p := range posts {
			for _, b := range p.blocks {
				posted[b] = true
			}
		}
	}
	p := &post{key: key}
	sent := false
	for _, l := range lines {
		if posted[p.block(l)] {
			continue
		}
		if look && len(l.Files) > 0 {
			if there, err := w.shared(ctx, thread, l, posted); err != nil || there {
				if err != nil {
					return partly(sent, err)
				}
				continue
			}
		}
		if !p.fits(l) {
			if err := w.send(ctx, thread, p); err != nil {
				return partly(sent, err)
			}
			sent, p = true, &post{key: key}
		}
		p.add(l)
	}
	return partly(sent, w.send(ctx, thread, p))
}

// partly: where a post before this one went through, doing it all again must look first.
func partly(sent bool, err error) error {
	var notNow *handover.RetryLaterError
	switch {
	case err == nil || !sent:
		return err
	case errors.As(err, &notNow):
		notNow.CheckFirst = true
		return err
	}
	return &handover.UnknownOutcomeError{Err: err}
}

func (w *Workspace) send(ctx context.Context, thread handover.Card, p *post) error {
	if len(p.blocks) == 0 {
		return nil
	}
	if len(p.files) > 0 {
		return w.share(ctx, thread, p)
	}
	opts := []slack.MsgOption{
		slack.MsgOptionTS(thread.TS), slack.MsgOptionBlocks(p.blocks...), slack.MsgOptionText(clipEscaped(strings.Join(p.texts, "\n"), 3900), false),
		slack.MsgOptionDisableLinkUnfurl(), metadata("deskbell_relay", "message", p.first),
	}
	if p.persona != nil {
		opts = append(opts, slack.MsgOptionUsername(p.persona.Author))
		if strings.HasPrefix(p.persona.Avatar, "https://") {
			opts = append(opts, slack.MsgOptionIconURL(p.persona.Avatar))
		}
	}
	_, _, err := w.api().PostMessageContext(ctx, thread.Channel, opts...)
	err = outcome(err, thread.PostLimit(), false)
	if handover.IsPermanent(err) { // say in the thread that something is not shown, rather than show nothing
		w.o.Logger.ErrorContext(ctx, "Slack refused a post", "channel", thread.Channel, "err", err)
		_, _, e := w.api().PostMessageContext(ctx, thread.Channel, slack.MsgOptionTS(thread.TS), slack.MsgOptionText("A message could not be shown here. Open the console to read it.", false))
		return outcome(e, thread.PostLimit(), false)
	}
	return err
}

// post is one Slack message in the making: lines merged as far as Slack's limits and one persona allow.
type post struct {
	key     string // names a post that is not of messages
	first   int64
	blocks  []slack.Block
	texts   []string
	persona *notify.Line // the agent in whose name it is posted; nil: our own
	size    int
	files   []handover.File
}

// block is the id of a line's first block.
func (p *post) block(l notify.Line) string {
	if p.key != "" {
		return fmt.Sprintf("%s:%d", p.key, l.ID)
	}
	return fmt.Sprintf("m:%d", l.ID)
}

func persona(l notify.Line) bool { return l.From == handover.FromAgent && !l.Private }

// fits says whether the line can go into the same Slack message.
func (p *post) fits(l notify.Line) bool {
	if len(p.blocks) == 0 {
		return true
	}
	if len(l.Files) > 0 || len(p.files) > 0 { // a message with files is a post of its own
		return false
	}
	same := persona(l) == (p.persona != nil) && (p.persona == nil || p.persona.Author == l.Author)
	parts := pieces(l)
	return same && len(p.blocks)+len(parts) <= maxBlocks && p.size+len(strings.Join(parts, "")) < 12000
}

func (p *post) add(l notify.Line) {
	for _, f := range l.Files {
		if f.Ready {
			p.files = append(p.files, f)
		}
	}
	if len(p.blocks) == 0 {
		p.first = l.ID
		if persona(l) {
			p.persona = &l
		}
	}
	for i, piece := range pieces(l) {
		id := p.block(l)
		if i > 0 {
			id += "/" + strconv.Itoa(i)
		}
		p.blocks = append(p.blocks, slack.NewSectionBlock(mrkdwn(piece), nil, nil, slack.SectionBlockOptionBlockID(id)))
		p.texts = append(p.texts, piece)
		p.size += len(piece)
	}
}

// pieces are a line's texts, each short enough for one block.
func pieces(l notify.Line) []string {
	text := plain(l.Text)
	if l.From != handover.FromCustomer {
		text = fromMarkdown(l.Text)
	}
	switch {
	case strings.TrimSpace(text) == "" && len(l.Files) > 0:
		text = filesSent(l.Files)
	case strings.TrimSpace(text) == "":
		text = "_(empty)_"
	}
	switch {
	case l.Private && l.From == handover.FromAgent:
		text = ":memo: *" + plain(clip(l.Author, 60)) + "* (note): " + text
	case l.Private:
		text = ":warning: " + text
	case persona(l) && len(l.Files) > 0: // a post with files has no other name than ours
		text = "*" + plain(clip(l.Author, 60)) + ":* " + text
	case persona(l):
	case l.From == handover.FromBot:
		text = ":robot_face: *" + plain(clip(l.Author, 60)) + ":* " + text
	default:
		text = "*" + plain(clip(l.Author, 60)) + ":* " + text
	}
	return split(text, maxSection)
}

// seen is one of our posts, as far as looking needs it.
type seen struct {
	ts     string
	blocks []string
	thread bool // it has replies
}

// replies reads our posts in a thread.
func (w *Workspace) replies(ctx context.Context, thread handover.Card) ([]seen, error) {
	var all []seen
	for cursor := ""; ; {
		messages, more, next, err := w.api().GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: thread.Channel, Timestamp: thread.TS, Limit: 200, Cursor: cursor})
		if err != nil {
			return nil, fmt.Errorf("look into the thread: %w", outcome(err, handover.LimitKey{}, true))
		}
		for _, m := range messages {
			if m.Timestamp != thread.TS {
				all = append(all, w.ours(m)...)
			}
		}
		if cursor = next; !more || next == "" {
			return all, nil
		}
	}
}

// history reads our newest posts in a channel, oldest first.
func (w *Workspace) history(ctx context.Context, k handover.Card) ([]seen, error) {
	r, err := w.api().GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: k.Channel, Limit: 200, IncludeAllMetadata: true})
	if err != nil {
		return nil, fmt.Errorf("look into the channel: %w", outcome(err, handover.LimitKey{}, true))
	}
	var all []seen
	for _, m := range r.Messages {
		all = append(all, w.ours(m)...)
	}
	slices.Reverse(all)
	return all, nil
}

func (w *Workspace) ours(m slack.Message) []seen {
	if m.BotID != w.o.Identity.BotID && m.User != w.o.Identity.BotUser {
		return nil
	}
	s := seen{ts: m.Timestamp, thread: m.ReplyCount > 0}
	for _, b := range m.Blocks.BlockSet {
		s.blocks = append(s.blocks, b.ID())
	}
	for _, f := range m.Files {
		s.blocks = append(s.blocks, fileMark+f.ID)
	}
	return []seen{s}
}

// Sweep implements notify.Workspace: of two posts that carry the same message the later is deleted, and of two cards the one
// that is not ours.
func (w *Workspace) Sweep(ctx context.Context, thread handover.Card) (deleted int, err error) {
	posts, err := w.replies(ctx, thread)
	if err != nil {
		return 0, err
	}
	had := map[string]bool{}
	for _, p := range posts { // oldest first
		fresh := len(p.blocks) == 0
		for _, b := range p.blocks {
			fresh = fresh || !had[b]
			had[b] = true
		}
		if !fresh {
			if err := w.remove(ctx, thread.Channel, p.ts); err != nil {
				return deleted, err
			}
			deleted++
		}
	}
	cards, err := w.history(ctx, thread)
	if err != nil {
		return deleted, err
	}
	for _, p := range cards {
		if p.ts != thread.TS && !p.thread && slices.Contains(p.blocks, cardBlock(thread.ID)) {
			if err := w.remove(ctx, thread.Channel, p.ts); err != nil {
				return deleted, err
			}
			deleted++
		}
	}
	return deleted, nil
}

func (w *Workspace) remove(ctx context.Context, channel, ts string) error {
	_, _, err := w.api().DeleteMessageContext(ctx, channel, ts)
	var said slack.SlackErrorResponse
	if errors.As(err, &said) && said.Err == "message_not_found" {
		return nil
	}
	return outcome(err, handover.LimitKey{}, true)
}

// Limits are Slack's: about one post a second in a channel with short bursts, and 50 updates a minute in a workspace. None with 0 posts a second.
func Limits(postsPerSecond float64) []handover.Limit {
	if postsPerSecond == 0 {
		return nil
	}
	every := time.Duration(float64(time.Second) / postsPerSecond)
	return []handover.Limit{{Name: "slack:post", Every: every, Burst: 2}, {Name: "slack:update", Every: time.Minute / 50, Burst: 20}}
}
