package bot_test

import (
	"context"
	"testing"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/bot/bottest"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

func TestACustomerWhoseTurnCannotBeReadIsHandedOver(t *testing.T) {
	t.Parallel()
	d := bottest.NewDesk(t)
	eve := handover.ByCustomer("web", "eve")
	if _, err := d.Open(t.Context(), handover.Opening{Channel: "web", Customer: "eve"}); err != nil {
		t.Fatal(err)
	}
	s, err := d.Receive(t.Context(), eve, handover.Inbound{ID: "1", Text: "how long does delivery take?"})
	if err != nil {
		t.Fatal(err)
	}
	b := bot.New(d.Desk, d.Store, bottest.Quiet{}, nil, bot.Options{Policy: bot.Policy{AnswerAbove: 0.7, OfferBelow: 0.4, FrustrationAt: 0.7}, Logger: pgtest.Logger()})
	do := b.Handlers()
	run := handover.Batch{Conversation: s.Conversation, Failures: handover.GiveUpAfter, Effects: []handover.Effect{{}}}
	if err := do[handover.KindAnswer](context.Background(), run); err != nil {
		t.Fatal(err)
	}
	c, err := d.Store.Get(t.Context(), s.Conversation.ID)
	if err != nil || c.State != handover.Waiting || c.Handoff.Reason != handover.BotBreak {
		t.Fatal(c.State, c.Handoff.Reason, err)
	}
	run.Effects[0].Handoff = c.Handoff.ID
	if err := do[handover.KindBrief](context.Background(), run); err != nil { // the card stands without it
		t.Fatal(err)
	}
}
