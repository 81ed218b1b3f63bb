package slack

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify"
)

// sample is a card as most are, in a customer's language.
func sample(language, name, question string) notify.Card {
	at := time.Unix(1700000000, 0)
	c := notify.Card{Wait: handover.Wait{Position: 2, Low: 2 * time.Minute, High: 4 * time.Minute}, Fields: []handover.Value{{Name: "plan", Text: "team"}}}
	c.ID, c.Channel, c.PageURL, c.State = 16, "web", "https://shop.example/pricing", handover.Waiting
	c.Contact = handover.Contact{Name: name, Email: "ana@…"}
	c.Last = []handover.Message{{From: handover.FromCustomer, Text: question}, {From: handover.FromBot, Text: "I am not sure about that."}}
	c.Handoff = handover.Handoff{
		ID: 32, Team: "billing", Reason: handover.LowConfidence, State: handover.Waiting, RequestedAt: at,
		Why:   &handover.Decision{OfferBelow: 0.4, Frustration: 0.7, Signals: handover.Signals{Confidence: 0.31, Frustration: 0.5, Evidence: "rephrased 3 times; 0.2 → 0.5"}},
		Brief: &handover.Brief{Summary: "Customer: " + question + ". The bot gave the article on refunds.", Wants: question, KeyPoints: []string{question}, Entities: []string{"order 1182"}, Tried: []string{"Refunds"}, Language: language, Related: []handover.Citation{{Title: "Refunds"}}},
		Topic: &handover.Topic{Intent: "refund", Skills: []string{"refunds"}, Values: []handover.Value{{Name: "Order", Text: "1182"}}},
		Card:  handover.Card{ID: 33, Handoff: 32, Place: handover.Place{Workspace: "slack:T1", Channel: "C1"}, TS: "1700000000.000100"},
	}
	return c
}

// sampleCards are cards of each state, and of customers in several languages.
func sampleCards() map[string]notify.Card {
	claimed := func(c *notify.Card) {
		c.State, c.Handoff.State, c.Handoff.Agent, c.Handoff.ClaimedAt = handover.Claimed, handover.Claimed, handover.Agent{ID: 1, Title: "Mia"}, time.Unix(1700000060, 0)
	}
	closed := func(o handover.Outcome) func(c *notify.Card) {
		return func(c *notify.Card) {
			claimed(c)
			c.State, c.Handoff.State, c.Handoff.Outcome, c.Handoff.EndedAt = handover.Closed, handover.Closed, o, time.Unix(1700000600, 0)
		}
	}
	cards := map[string]notify.Card{}
	for state, change := range map[string]func(c *notify.Card){
		"waiting": func(*notify.Card) {}, "urgent": func(c *notify.Card) { c.Handoff.Priority = 2 }, "claimed": claimed, "resolved": closed(handover.Resolved), "returned": closed(handover.Returned),
		"snoozed":       func(c *notify.Card) { claimed(c); c.Handoff.SnoozedUntil = time.Unix(1700007200, 0) },
		"rated":         func(c *notify.Card) { closed(handover.Resolved)(c); c.Handoff.Score, c.Handoff.Comment = 4, "quick" },
		"not_a_handoff": func(c *notify.Card) { closed(handover.Returned)(c); c.Handoff.Label = handover.LabelNotAHandoff },
		"moved":         func(c *notify.Card) { c.Moved = true },
		"cancelled": func(c *notify.Card) {
			c.State, c.Handoff.State, c.Handoff.Outcome = handover.WithBot, handover.Closed, handover.Cancelled
		},
		"unread": func(c *notify.Card) { c.Handoff.Brief, c.Handoff.Topic = nil, nil },
	} {
		c := sample("en", "Ana Ruiz", "I want my money back for order 1182")
		change(&c)
		cards[state] = c
	}
	cards["waiting_de"] = sample("de", "Jörg Müller", "Ich möchte mein Geld für Bestellung 1182 zurück")
	cards["waiting_es"] = sample("es", "Íñigo Peña", "Quiero que me devuelvan el dinero del pedido 1182")
	cards["waiting_ar"] = sample("ar", "ليلى", "أريد استرداد أموالي للطلب 1182")
	return cards
}

// TestCardsAreAsDrawn compares the cards with testdata; UPDATE=1 accepts what is drawn now.
func TestCardsAreAsDrawn(t *testing.T) {
	t.Parallel()
	for name, c := range sampleCards() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blocks, fallback := card(c)
			got, err := json.MarshalIndent(map[string]any{"blocks": blocks, "text": fallback}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if problem := limits(blocks); problem != "" {
				t.Error(problem)
			}
			file := filepath.Join("testdata", "card_"+name+".json")
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(file); err != nil || string(want) != string(got)+"\n" {
				t.Errorf("%s is another card than what is drawn now (UPDATE=1 accepts it): %v\n%s", file, err, got)
			}
		})
	}
}
