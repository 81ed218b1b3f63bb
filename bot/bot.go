// Package bot is the customer's side: it answers when it is sure and hands over to a human when it is not.
// Each folder below it is one channel that customers write on.
package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/handover"
)

// Channel is a way that customers reach us. Each takes messages in on its own and hands them to the Desk.
type Channel interface {
	Name() string // as conversations are marked with it: "web", "webhook"
}

// Sender is a Channel whose customers must be sent what they may see; the others read it. What Send promises:
// the same Delivery twice is harmless, and its error says whether to try again (see handover's errors.go).
type Sender interface {
	Channel
	Send(ctx context.Context, d Delivery) error
}

// Advisor reads a conversation; *copilot.Copilot is one.
type Advisor interface {
	Read(ctx context.Context, c handover.Conversation, talk []handover.Message) (handover.Signals, error)
	Brief(ctx context.Context, c handover.Conversation, talk []handover.Message) (handover.Brief, error)
}

// Reads is what the bot reads of the desk.
type Reads interface {
	Get(ctx context.Context, id int64) (handover.Conversation, error)
	Recent(ctx context.Context, conversation, after int64) ([]handover.Message, error)
	Wait(ctx context.Context, h handover.Handoff) (handover.Wait, error)
}

// Options are the bot's knobs.
type Options struct {
	Policy Policy
	Texts  Texts        // what the bot says
	Logger *slog.Logger // required
}

// Bot carries the policy out.
type Bot struct {
	desk    *handover.Desk
	reads   Reads
	advisor Advisor
	senders map[string]Sender
	o       Options
}

// New returns a bot that sends on those of the channels that are Senders.
func New(desk *handover.Desk, reads Reads, advisor Advisor, channels []Channel, o Options) *Bot {
	b := &Bot{desk: desk, reads: reads, advisor: advisor, senders: map[string]Sender{}, o: o}
	for _, c := range channels {
		if s, ok := c.(Sender); ok {
			b.senders[c.Name()] = s
		}
	}
	return b
}

// Handlers are the effects that the bot does.
func (b *Bot) Handlers() map[handover.Kind]handover.Handler {
	return map[handover.Kind]handover.Handler{
		handover.KindAnswer: b.answer, handover.KindBrief: b.brief, handover.KindDeliver: b.deliver, handover.KindState: b.deliver,
	}
}

// answer thinks about what the customer wrote, all of a burst at once.
func (b *Bot) answer(ctx context.Context, r handover.Batch) error {
	c, err := b.reads.Get(ctx, r.Conversation.ID)
	if err != nil {
		return err
	}
	if c.State != handover.WithBot && c.State != handover.Waiting {
		return nil
	}
	talk, err := b.talk(ctx, c)
	if err != nil {
		return err
	}
	var signals handover.Signals // of a file alone nothing is known: it is not read
	if r.Failures >= handover.GiveUpAfter {
		signals.Failed = true
	} else if slices.ContainsFunc(talk, func(m handover.Message) bool {
		return m.From == handover.FromCustomer && m.Seq > c.Answered && m.Text != ""
	}) {
		signals, err = b.advisor.Read(ctx, c, talk)
	}
	if err != nil {
		b.o.Logger.WarnContext(ctx, "the advisor failed, handing over", "conversation", c.ID, "err", err)
		signals = handover.Signals{Failed: true}
	}
	return b.act(ctx, c, b.o.Policy.Decide(signals, c, b.desk.Gate()))
}

// talk is the newest of what was said in public since the episode began, up to what c knows of.
func (b *Bot) talk(ctx context.Context, c handover.Conversation) ([]handover.Message, error) {
	talk, err := b.reads.Recent(ctx, c.ID, c.Episode)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(talk, func(m handover.Message) bool { return m.Seq > c.Seq }), nil
}

// act carries a decision out by one step of the desk.
func (b *Bot) act(ctx context.Context, c handover.Conversation, d handover.Decision) error {
	say := func(s handover.BotMessage) error {
		_, err := b.desk.Say(ctx, c.ID, c.LastCustomer, s, d)
		return err
	}
	text := func(key string) string { return b.text(cmp.Or(d.Signals.Language, c.Language), key, c.LastCustomer) }
	person := handover.Choice{Label: text("person"), ID: handover.ChoosePerson}
	var err error
	switch d.Act {
	case handover.ActAnswer:
		if d.Signals.SmallTalk {
			return say(b.courtesy(d, text, person))
		}
		return say(handover.BotMessage{Text: d.Signals.Answer, Citations: d.Signals.Citations})
	case handover.ActAnswerAndOffer:
		return say(handover.BotMessage{Text: d.Signals.Answer, Citations: d.Signals.Citations, Choices: []handover.Choice{person}, Offers: true})
	case handover.ActOffer:
		return say(handover.BotMessage{Text: text("offer"), Choices: []handover.Choice{person, {Label: text("no_thanks"), ID: handover.ChooseNoThanks}}, Offers: true, NoAnswer: true})
	case handover.ActSuggest:
		s := handover.BotMessage{Text: text("suggest"), Choices: append(slices.Clone(d.Signals.Suggestions), handover.Choice{Label: text("else"), ID: handover.ChooseElse})}
		if d.Signals.Likely == 1 {
			s.Text = text("which")
		}
		if b.desk.Gate() == handover.GateOpen {
			s.Choices = append(s.Choices, person)
		}
		return say(s)
	case handover.ActAsk:
		s := handover.BotMessage{Text: d.Ask}
		if strings.HasPrefix(d.Ask, d.Signals.Answer) { // with the answer to a question in between
			s.Citations = d.Signals.Citations
		}
		return say(s)
	case handover.ActConfirm:
		return say(handover.BotMessage{Text: text("leave_which"), Choices: []handover.Choice{{Label: text("leave"), ID: handover.ChooseLeave}, {Label: text("stay"), ID: handover.ChooseStay}}})
	case handover.ActDecline:
		if d.Signals.Courtesy == handover.CourtesyBye { // nobody who leaves is asked what else they need
			return say(b.courtesy(d, text, person))
		}
		return say(handover.BotMessage{Text: text("declined")})
	case handover.ActNoPerson:
		return say(handover.BotMessage{Text: text("no_person")})
	case handover.ActHandOff:
		_, err = b.desk.RequestHandoff(ctx, c.ID, c.LastCustomer, d)
	case handover.ActPassOn:
		_, err = b.desk.PassOn(ctx, c.ID, c.LastCustomer, d)
	case handover.ActCancel:
		_, err = b.desk.Solved(ctx, c.ID, c.LastCustomer, d)
	case handover.ActStaySilent:
		_, err = b.desk.StaySilent(ctx, c.ID, c.LastCustomer, d)
	default:
		err = fmt.Errorf("no such act: %q", d.Act)
	}
	return err
}

// text is what the bot says in a language, else in English; of several ways, one after the other.
func (b *Bot) text(language, key string, turn int64) string {
	ways := strings.Split(b.o.Texts.In(language)(key), "|")
	return ways[int(turn)%len(ways)]
}

// courtesy is what the bot says to one, or to a question about itself; that carries the one choice of a person, when one can be had.
func (b *Bot) courtesy(d handover.Decision, text func(string) string, person handover.Choice) handover.BotMessage {
	switch d.Signals.Courtesy {
	case handover.CourtesyBot, handover.CourtesyHelp, handover.CourtesySpeak:
		s := handover.BotMessage{Text: text(string(d.Signals.Courtesy))}
		if b.desk.Gate() == handover.GateOpen && d.State == handover.WithBot {
			s.Choices = []handover.Choice{person}
		}
		return s
	}
	return handover.BotMessage{Text: text("say_" + string(d.Signals.Courtesy))}
}

// brief reads the conversation for the agent.
func (b *Bot) brief(ctx context.Context, r handover.Batch) error {
	handoff := r.Effects[0].Handoff
	if r.Failures >= handover.GiveUpAfter {
		return nil // the card stands without one
	}
	c, err := b.reads.Get(ctx, r.Conversation.ID)
	if err != nil || c.Handoff.ID != handoff {
		return err
	}
	talk, err := b.talk(ctx, c)
	if err != nil {
		return err
	}
	brief, err := b.advisor.Brief(ctx, c, talk)
	if err != nil {
		return err
	}
	_, err = b.desk.Briefed(ctx, handoff, brief)
	return err
}

// deliver sends messages, edits, deletions and states to a customer, in order. A message that the platform refuses for good is
// told in the thread, and does not hold up the next.
func (b *Bot) deliver(ctx context.Context, r handover.Batch) error {
	s := b.senders[r.Conversation.Channel]
	if s == nil {
		return handover.Permanent(fmt.Errorf("no channel is called %q", r.Conversation.Channel))
	}
	for _, e := range r.Effects {
		if e.Message.Failure != "" {
			continue // it was refused for good, and told
		}
		d := Delivery{Conversation: r.Conversation.ID, Customer: r.Conversation.Customer}
		if e.Kind == handover.KindDeliver {
			view := ViewOf(e.Message, b.o.Texts.In(r.Conversation.Language))
			d.ID, d.Message = fmt.Sprintf("msg_%d_%d", e.Message.ID, e.Message.Rev), &view
		} else {
			c, err := b.reads.Get(ctx, r.Conversation.ID)
			if err != nil {
				return err
			}
			w, err := b.reads.Wait(ctx, c.Handoff)
			if err != nil {
				return err
			}
			state := StateOf(c, b.desk.Gate(), b.o.Texts.In(c.Language), w)
			d.ID, d.State = fmt.Sprintf("state_%d_%d", c.ID, c.StateRev), &state
		}
		err := s.Send(ctx, d)
		if handover.IsPermanent(err) && d.Message != nil {
			b.o.Logger.ErrorContext(ctx, "a message was refused for good", "conversation", r.Conversation.ID, "channel", s.Name(), "err", err)
			_, err = b.desk.Undelivered(ctx, e.Message, errors.Unwrap(err).Error())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
