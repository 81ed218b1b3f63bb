package slack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify"
)

// Slack's limits: https://docs.slack.dev/reference/block-kit/blocks
const (
	maxSection = 3000
	maxHeader  = 150
	maxField   = 2000
	maxBlocks  = 50
)

func cardBlock(id int64) string { return "card:" + strconv.FormatInt(id, 10) }

func mrkdwn(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, s, false, false)
}

func section(s string) slack.Block {
	return slack.NewSectionBlock(mrkdwn(s), nil, nil)
}

var states = map[handover.State]string{handover.Waiting: "WAITING", handover.Claimed: "CLAIMED", handover.Closed: "CLOSED"}

// card is the card as a function of its state. The first block carries the card's id, by which it is found again.
func card(c notify.Card) (blocks []slack.Block, fallback string) {
	h := c.Handoff
	head := headline(c)
	blocks = append(blocks, slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, clip(head, maxHeader), false, false), slack.HeaderBlockOptionBlockID(cardBlock(h.Card.ID))))
	blocks = append(blocks, section(clipEscaped(who(c), maxSection)), section(clipEscaped("_Why now:_ "+why(h), maxSection)))
	if m := h.Topic; m != nil {
		text := "*About:* " + escape(m.Intent)
		if len(m.Skills) > 0 {
			text += " · *Needs:* " + escape(strings.Join(m.Skills, ", "))
		}
		for _, v := range m.Values {
			text += "\n*" + plain(clip(v.Name, 100)) + ":* " + plain(clip(v.Text, 300))
		}
		blocks = append(blocks, section(clipEscaped(text, maxSection)))
	}
	if b := h.Brief; b != nil {
		text := "*Summary* " + escape(b.Summary)
		if b.Wants != "" {
			text += "\n*Wants:* " + escape(b.Wants)
		}
		if b.Intent != "" && h.Topic == nil {
			text += "\n*About:* " + escape(b.Intent)
		}
		if len(b.Entities) > 0 {
			text += "\n*Named:* " + escape(strings.Join(b.Entities, " · "))
		}
		if len(b.Tried) > 0 {
			text += "\n*Bot tried:* " + escape(strings.Join(b.Tried, ", "))
		}
		if len(b.KeyPoints) > 1 {
			text += "\n*Said:* " + escape(strings.Join(b.KeyPoints, " · "))
		}
		blocks = append(blocks, section(clipEscaped(text, maxSection)))
	}
	if f := fields(c.Fields); len(f) > 0 {
		blocks = append(blocks, slack.NewSectionBlock(nil, f, nil))
	}
	if len(c.Last) > 0 {
		blocks = append(blocks, section(clipEscaped(quoted(c), maxSection)))
	}
	blocks = append(blocks, slack.NewContextBlock("", mrkdwn(clipEscaped(foot(c), maxField))))
	if actions := actions(c); len(actions) > 0 {
		blocks = append(blocks, slack.NewActionBlock("actions", actions...))
	}
	fallback = clip(head+" · "+name(c.Contact)+" · "+whyPlain(h), 3000)
	return blocks, escape(fallback)
}

func headline(c notify.Card) string {
	h := c.Handoff
	parts := []string{states[h.State]}
	switch {
	case c.Moved:
		parts[0] = "MOVED"
	case h.State == handover.Claimed:
		parts[0] = "CLAIMED by " + agentName(h.Agent)
	case h.State == handover.Closed && h.Label == handover.LabelNotAHandoff:
		parts[0] = "NOT A HANDOFF"
	case h.State == handover.Closed:
		parts[0] = strings.ToUpper(string(h.Outcome))
		if h.Agent.ID != 0 && h.Outcome == handover.Resolved {
			parts[0] += " by " + agentName(h.Agent)
		}
	}
	parts = append(parts, h.Team)
	if h.Brief != nil && h.Brief.Language != "" {
		parts = append(parts, strings.ToUpper(h.Brief.Language))
	}
	if h.Priority > 0 {
		parts = append(parts, "URGENT")
	}
	return strings.Join(parts, " · ")
}

func agentName(a handover.Agent) string {
	if a.Title == "" {
		return "a colleague"
	}
	return a.Title
}

func name(c handover.Contact) string {
	if c.Name == "" {
		return "A customer"
	}
	return c.Name
}

func who(c notify.Card) string {
	s := "*" + plain(clip(name(c.Contact), 200)) + "*"
	if c.Contact.Email != "" {
		s += " (" + plain(c.Contact.Email) + ")"
	}
	if c.Contact.Phone != "" {
		s += " · " + plain(c.Contact.Phone)
	}
	if c.PageURL != "" {
		s += " on " + plain(clip(c.PageURL, 200))
	}
	return s + " · " + c.Channel + " · " + when(c.Handoff.RequestedAt)
}

// when is a time whose age Slack draws itself, in the reader's own time.
func when(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{ago}|%s>", t.Unix(), t.UTC().Format("15:04 MST"))
}

// clockTime is a time to come, in the reader's own time.
func clockTime(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), t.UTC().Format("Jan 2 15:04 MST"))
}

func whyPlain(h handover.Handoff) string {
	return map[handover.Reason]string{
		handover.Requested: "asked for a person", handover.LowConfidence: "the bot is not sure", handover.OutsideKnowledge: "not in the knowledge base",
		handover.BotBreak: "the bot had no line", handover.Frustration: "frustrated", handover.Rule: "a rule says so", handover.FormComplete: "the form is complete",
		handover.AgentInitiated: "taken over by an agent",
	}[h.Reason]
}

// why gives the reason with its evidence against the threshold.
func why(h handover.Handoff) string {
	parts := []string{whyPlain(h)}
	if d := h.Why; d != nil {
		if h.Reason == handover.LowConfidence || h.Reason == handover.OutsideKnowledge {
			parts = append(parts, fmt.Sprintf("confidence %.2f &lt; %.2f", d.Signals.Confidence, d.OfferBelow))
		}
		if d.Signals.Frustration >= 0.3 {
			parts = append(parts, fmt.Sprintf("frustration %.2f of %.2f", d.Signals.Frustration, d.Frustration))
		}
		if d.Signals.Evidence != "" {
			parts = append(parts, escape(d.Signals.Evidence))
		}
	}
	return strings.Join(parts, " · ")
}

func fields(values []handover.Value) []*slack.TextBlockObject {
	var f []*slack.TextBlockObject
	for _, v := range values[:min(10, len(values))] {
		f = append(f, mrkdwn(clipEscaped("*"+plain(clip(v.Name, 100))+"*\n"+plain(clip(v.Text, 500)), maxField)))
	}
	return f
}

func speaker(m handover.Message, c handover.Contact) string {
	switch m.From {
	case handover.FromBot:
		return "Assistant"
	case handover.FromAgent:
		return plain(agentName(m.Agent))
	case handover.FromCustomer:
	}
	return plain(clip(name(c), 60))
}

func foot(c notify.Card) string {
	var parts []string
	if b := c.Handoff.Brief; b != nil && len(b.Related) > 0 {
		var titles []string
		for _, r := range b.Related[:min(3, len(b.Related))] {
			titles = append(titles, escape(clip(r.Title, 80)))
		}
		parts = append(parts, "Related: "+strings.Join(titles, " · "))
	}
	h := c.Handoff
	switch h.State {
	case handover.Waiting:
		if c.Wait.Position > 0 {
			place := fmt.Sprintf("Waiting no. %d", c.Wait.Position)
			if c.Wait.High > 0 {
				place += fmt.Sprintf(", customer was told %d–%d min", roundUp(c.Wait.Low), roundUp(c.Wait.High))
			}
			parts = append(parts, place)
		}
		parts = append(parts, "waits since "+when(h.RequestedAt))
	case handover.Claimed:
		if h.SnoozedUntil.Unix() > 0 {
			parts = append(parts, "*snoozed until* "+clockTime(h.SnoozedUntil))
		}
		for _, m := range slices.Backward(c.Last) { // true for ever, however old the card is
			if m.Seq <= c.Seen && m.From == handover.FromAgent {
				parts = append(parts, "customer has seen it up to "+when(m.At))
				break
			}
		}
		parts = append(parts, "claimed "+when(h.ClaimedAt), "write in this thread to answer; start with `//` or `note:` to keep a line internal")
	case handover.Closed:
		parts = append(parts, string(h.Outcome)+" "+when(h.EndedAt))
		if h.Score > 0 {
			parts = append(parts, fmt.Sprintf("rated %d of 5", h.Score))
		}
		if h.Comment != "" {
			parts = append(parts, "“"+plain(clip(h.Comment, 300))+"”")
		}
	case handover.WithBot:
	}
	return strings.Join(parts, " · ")
}

func roundUp(d time.Duration) int { return max(1, int((d+30*time.Second)/time.Minute)) }

func actions(c notify.Card) []slack.BlockElement {
	value := strconv.FormatInt(c.Handoff.ID, 10)
	button := func(action, label string, style slack.Style) slack.BlockElement {
		b := slack.NewButtonBlockElement(action, value, slack.NewTextBlockObject(slack.PlainTextType, label, false, false))
		b.Style = style
		return b
	}
	more := func(verbs ...string) slack.BlockElement { // at most five: Slack's overflow
		var options []*slack.OptionBlockObject
		for _, v := range verbs {
			options = append(options, slack.NewOptionBlockObject(v+":"+value, plainText(title(v)), nil))
		}
		return slack.NewOverflowBlockElement("more", options...)
	}
	switch {
	case c.Moved:
		return nil
	case c.Handoff.State == handover.Waiting:
		return []slack.BlockElement{button("claim", "Claim", slack.StylePrimary), button("draft", "Draft reply", ""), button("assign", "Assign…", ""), more("escalate", "transfer", "return", "not_a_handoff")}
	case c.Handoff.State == handover.Claimed:
		return []slack.BlockElement{button("draft", "Draft reply", slack.StylePrimary), button("resolve", "Resolve", ""), button("transfer", "Transfer…", ""), button("return", "Return to bot", ""),
			more("snooze", "release", "assign", "escalate", "not_a_handoff")}
	case c.Handoff.State == handover.Closed && c.Handoff.Agent.ID != 0 && c.State == handover.Closed:
		return []slack.BlockElement{button("reopen", "Reopen", ""), button("add_to_knowledge", "Add to knowledge", "")}
	case c.Handoff.State == handover.Closed && c.Handoff.Agent.ID != 0:
		return []slack.BlockElement{button("add_to_knowledge", "Add to knowledge", "")}
	}
	return nil
}

// clipEscaped shortens mrkdwn without cutting an entity.
func clipEscaped(s string, n int) string {
	parts := split(s, n-2)
	if len(parts) == 1 {
		return s
	}
	return parts[0] + "…"
}
