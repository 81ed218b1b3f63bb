package console

import (
	"bytes"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/markdown"
)

var reader = goldmark.New(goldmark.WithExtensions(extension.Linkify, extension.Strikethrough))

// templates reads the pages.
func templates() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"markdown": func(s string) template.HTML {
			var b bytes.Buffer
			bounded, is := markdown.Bounded(s)
			if !is {
				return template.HTML(template.HTMLEscapeString(s)) //nolint:gosec // escaped
			}
			if err := reader.Convert([]byte(bounded), &b); err != nil {
				return template.HTML(template.HTMLEscapeString(s)) //nolint:gosec // escaped
			}
			return template.HTML(b.String()) //nolint:gosec // goldmark leaves raw HTML and dangerous links out
		},
		"ago": func(t time.Time) string {
			switch d := time.Since(t); {
			case d < time.Minute:
				return "now"
			case d < time.Hour:
				return fmt.Sprintf("%d min", int(d.Minutes()))
			case d < 48*time.Hour:
				return fmt.Sprintf("%d h", int(d.Hours()))
			default:
				return fmt.Sprintf("%d days", int(d.Hours()/24))
			}
		},
		"day":   func(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") },
		"short": func(id string) string { return id[:min(8, len(id))] },
		"clock": func(t time.Time) string { return t.Local().Format("15:04") },
		"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"name": func(c handover.Conversation) string {
			if c.Contact.Name != "" {
				return c.Contact.Name
			}
			return fmt.Sprint("Customer ", c.ID/16)
		},
		"state": func(s handover.State) string {
			return map[handover.State]string{handover.WithBot: "with the bot", handover.Waiting: "waiting", handover.Claimed: "claimed", handover.Closed: "closed"}[s]
		},
		"why": func(h handover.Handoff) string {
			text := map[handover.Reason]string{
				handover.Requested: "asked for a person", handover.LowConfidence: "the bot is not sure", handover.OutsideKnowledge: "not in the knowledge base", handover.BotBreak: "the bot had no line",
				handover.Frustration: "frustrated", handover.Rule: "a rule says so", handover.FormComplete: "the form is complete", handover.AgentInitiated: "taken over by an agent",
			}[h.Reason]
			if h.Why != nil && (h.Reason == handover.LowConfidence || h.Reason == handover.OutsideKnowledge) {
				text += fmt.Sprintf(" · confidence %.2f < %.2f", h.Why.Signals.Confidence, h.Why.OfferBelow)
			}
			if h.Why != nil && h.Why.Signals.Evidence != "" {
				text += " · " + h.Why.Signals.Evidence
			}
			return text
		},
		"by": func(m handover.Message, c handover.Conversation) string {
			switch {
			case m.From == handover.FromCustomer && c.Contact.Name != "":
				return c.Contact.Name
			case m.From == handover.FromCustomer:
				return "Customer"
			case m.From == handover.FromBot:
				return "Assistant"
			case m.Agent.Title != "":
				return m.Agent.Title
			}
			return "A colleague"
		},
		"fits": func(a Agent, h handover.Handoff) bool { // whether the topic wants just what they can
			return h.Topic != nil && len(h.Topic.Skills) > 0 && !slices.ContainsFunc(h.Topic.Skills, func(s string) bool { return !slices.Contains(a.Skills, s) })
		},
		"join": strings.Join,
		"tones": func() []handover.Tone {
			return []handover.Tone{handover.ToneFriendly, handover.ToneNeutral, handover.ToneFormal}
		},
		"lengths": func() []handover.Length {
			return []handover.Length{handover.LengthShort, handover.LengthMedium, handover.LengthLong}
		},
	}).ParseFS(assets, "assets/*.html"))
}
