package copilot_test

import (
	"os"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

// TestShortMessagesAreUnderstood reads a table of what people write, in thirteen languages. None that asks for nobody may ring.
func TestShortMessagesAreUnderstood(t *testing.T) {
	t.Parallel()
	c := copilot.New(library(t), nil, copilot.Options{Logger: pgtest.Logger()})
	b, err := os.ReadFile("testdata/messages.txt")
	if err != nil {
		t.Fatal(err)
	}
	all, right := 0, 0
	for line := range strings.Lines(string(b)) {
		f := strings.SplitN(strings.TrimSpace(line), "|", 4)
		if len(f) < 4 || strings.HasPrefix(line, "#") {
			continue
		}
		conv := handover.Conversation{State: handover.WithBot, Language: f[0]}
		bot := handover.Message{ID: 2, Seq: 2, From: handover.FromBot, Text: "…"}
		switch f[1] {
		case "offer":
			conv.Offered, conv.Offers = true, 1
		case "waiting":
			conv.State = handover.Waiting
		case "answer":
			bot.Citations = []handover.Citation{{Title: "Reset your password", Passage: 1}}
		}
		talk := []handover.Message{{ID: 1, Seq: 1, From: handover.FromCustomer, Text: "How do I reset my password?"}, bot, {ID: 3, Seq: 3, From: handover.FromCustomer, Text: f[3]}}
		s, err := c.Read(t.Context(), conv, talk)
		if err != nil {
			t.Fatal(err)
		}
		about := s.Courtesy == handover.CourtesyBot || s.Courtesy == handover.CourtesyHelp || s.Courtesy == handover.CourtesySpeak
		var got string
		switch {
		case s.WantsHuman:
			got = "person"
		case s.Frustration >= 0.7:
			got = "angry"
		case s.Corrects:
			got = "correction"
		case s.Accepts && f[1] == "offer":
			got = "accept"
		case s.Declines && f[1] == "offer":
			got = "decline"
		case s.Solved && f[1] == "waiting":
			got = "solved"
		case s.SmallTalk && about:
			got = "about"
		case s.SmallTalk:
			got = "courtesy"
		default:
			got = "question"
		}
		if f[2] == "refuses" && got == "courtesy" {
			got = "refuses"
		}
		all++
		if got == f[2] {
			right++
			continue
		}
		t.Logf("%s after %q: %s, want %s: %s", f[0], f[1], got, f[2], f[3])
		if got == "person" || got == "angry" && f[2] != "person" {
			t.Errorf("a false ring: %s", f[3])
		}
	}
	t.Logf("%d of %d", right, all)
	if 100*right < 95*all {
		t.Errorf("only %d of %d", right, all)
	}
}
