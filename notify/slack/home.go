package slack

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
)

// homeLater draws an agent's home tab.
func (w *Workspace) homeLater(user string) {
	w.bestEffort("home", func(ctx context.Context) error {
		blocks, err := w.home(ctx, user)
		if err != nil {
			return err
		}
		_, err = w.api().PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: user, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}})
		return err
	})
}

// home is what an agent with ten open threads looks at: theirs, the longest first, then the queue, their status, the day's figures, and for leads the
// gate's switch.
func (w *Workspace) home(ctx context.Context, user string) (blocks []slack.Block, err error) {
	me, err := w.people.AgentFor(ctx, w.account(user))
	if err != nil {
		return nil, err
	}
	status, err := w.people.Availability(ctx, me.ID)
	if err != nil {
		return nil, err
	}
	refused, stranger, err := w.checkAccess(ctx, user)
	if stranger { // nobody waits for an ack here
		refused, err = w.lookUp(ctx, user)
	}
	if refused != "" || err != nil {
		return []slack.Block{section(refused)}, err
	}
	queue, err := w.reads.Queue(ctx, false)
	if err != nil {
		return nil, err
	}
	mine, err := w.reads.Held(ctx, me.ID)
	if err != nil {
		return nil, err
	}
	day, err := w.reads.Figures(ctx, 24*time.Hour)
	if err != nil {
		return nil, err
	}
	waiting := slices.DeleteFunc(queue, func(c handover.Conversation) bool { return c.State != handover.Waiting })
	heading := func(text string) slack.Block { return slack.NewHeaderBlock(plainText(text)) }
	blocks = append(blocks, slack.NewActionBlock("status", choice("home_status", string(status), string(handover.Available), string(handover.Busy), string(handover.Away), string(handover.Offline))))
	for _, a := range w.desk.Alerts() {
		blocks = append(blocks, section(clipEscaped(":warning: "+escape(a), maxSection)))
	}
	if why := w.desk.Paused(); why != "" {
		blocks = append(blocks, section(":double_vertical_bar: *Paused:* "+escape(clip(why, 300))))
	}
	yours := fmt.Sprintf("Yours: %d", len(mine))
	if room := w.capacity(me); room > 0 {
		yours += fmt.Sprintf(" of %d", room)
	}
	blocks = append(blocks, heading(yours))
	if len(mine) == 0 {
		blocks = append(blocks, section("You hold no conversation."))
	}
	blocks = append(append(blocks, w.rows(mine, 30)...), heading(fmt.Sprintf("Waiting: %d", len(waiting))))
	if len(waiting) == 0 {
		blocks = append(blocks, section("Nobody waits."))
	}
	blocks = append(append(blocks, w.rows(waiting, 30)...), heading("The last 24 hours"), section(figures(day)))
	if mail := w.mail(me); mail != "" {
		on, err := w.mailed(ctx, me, mail)
		if err != nil {
			return nil, err
		}
		action, label := "home_mail", "Mail me when nobody claims"
		if on {
			action, label = "home_no_mail", "No more mail when nobody claims"
		}
		blocks = append(blocks, slack.NewActionBlock("mail", slack.NewButtonBlockElement(action, "0", plainText(label))))
	}
	if w.o.Lead != nil && w.o.Lead(w.account(user)) {
		action, label := "home_pause", "Pause handoffs"
		if w.desk.Paused() != "" {
			action, label = "home_resume", "Open handoffs again"
		}
		blocks = append(blocks, slack.NewActionBlock("gate", slack.NewButtonBlockElement(action, "0", plainText(label))), slack.NewContextBlock("", mrkdwn("Configuration "+escape(w.o.Config))))
	}
	return blocks, nil
}

// mail is where an agent can be told that nobody claims, or "".
func (w *Workspace) mail(a handover.Agent) string {
	if w.o.Mail == nil {
		return ""
	}
	return w.o.Mail(a)
}

// mailed says whether they asked for it.
func (w *Workspace) mailed(ctx context.Context, a handover.Agent, mail string) (bool, error) {
	subscriptions, err := w.people.Subscriptions(ctx, a.ID)
	return slices.ContainsFunc(subscriptions, func(b handover.Subscription) bool { return b.Way == "email" && b.Address == mail }), err
}

// setMail turns it on or off.
func (w *Workspace) setMail(ctx context.Context, user string, on bool) (reply, error) {
	me, err := w.people.AgentFor(ctx, w.account(user))
	if err != nil {
		return reply{}, err
	}
	mail := w.mail(me)
	if mail == "" {
		return refuse("There is no mail address of yours in the list of agents.")
	}
	return reply{done: true}, w.people.Subscribe(ctx, handover.Subscription{Agent: me.ID, Way: "email", Address: mail}, on)
}

// permalink is where a card is; Slack leads on to the workspace's own address.
func permalink(k handover.Card) string {
	return "https://slack.com/archives/" + k.Channel + "/p" + strings.ReplaceAll(k.TS, ".", "")
}

// rows are conversations, one a line, with the button that each wants.
func (w *Workspace) rows(list []handover.Conversation, most int) (blocks []slack.Block) {
	for _, c := range list[:min(most, len(list))] {
		h := c.Handoff
		text := "*" + plain(clip(name(c.Contact), 60)) + "*"
		if h.Card.TS != "" && c.State != handover.WithBot {
			text = "*<" + permalink(h.Card) + "|" + strings.ReplaceAll(plain(clip(name(c.Contact), 60)), "|", "¦") + ">*"
		}
		var button *slack.ButtonBlockElement
		switch c.State {
		case handover.Waiting:
			text += " · waits since " + when(h.RequestedAt) + " · " + whyPlain(h)
			button = slack.NewButtonBlockElement("claim", strconv.FormatInt(h.ID, 10), plainText("Claim"))
		case handover.Claimed:
			text += " · with " + plain(agentName(h.Agent)) + " since " + when(h.ClaimedAt)
			if h.SnoozedUntil.Unix() > 0 {
				text += " · snoozed until " + clockTime(h.SnoozedUntil)
			}
		case handover.WithBot:
			text += " · with the bot · " + c.Channel
			button = slack.NewButtonBlockElement("take_over", strconv.FormatInt(c.ID, 10), plainText("Take over"))
		case handover.Closed:
		}
		if h.Priority > 0 && c.State != handover.WithBot {
			text += " · URGENT"
		}
		if h.Brief != nil && c.State != handover.WithBot {
			text += "\n" + escape(clip(h.Brief.Summary, 300))
		}
		s := slack.NewSectionBlock(mrkdwn(clipEscaped(text, maxSection)), nil, nil)
		if button != nil {
			s.Accessory = slack.NewAccessory(button)
		}
		blocks = append(blocks, s)
	}
	if more := len(list) - most; more > 0 {
		blocks = append(blocks, slack.NewContextBlock("", mrkdwn(fmt.Sprintf("and %d more, in the console", more))))
	}
	return blocks
}

func figures(f handover.Figures) string {
	handoffs := "1 handoff"
	if f.Handoffs != 1 {
		handoffs = fmt.Sprintf("%d handoffs", f.Handoffs)
	}
	text := fmt.Sprintf("%s · %d claimed, median %s · %d resolved · %d cancelled · %d not a handoff", handoffs, f.Claimed, f.Wait.Round(time.Second), f.Resolved, f.Cancelled, f.NotAHandoff)
	if f.Score > 0 {
		text += fmt.Sprintf(" · rated %.1f of 5", f.Score)
	}
	return text
}
