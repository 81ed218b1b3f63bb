package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// previews are what the team is shown of conversations that are with the bot, or were.
func (w *whole) previews() []slacktest.Message {
	return slices.DeleteFunc(w.slack.Channel("C2"), func(m slacktest.Message) bool {
		return !strings.Contains(m.Shown(), "_Why:_ about delivery")
	})
}

func TestATeamIsShownWhatTheBotTalksAboutAndTakesOver(t *testing.T) {
	t.Parallel()
	for name, sockets := range map[string]bool{"signed HTTP": false, "Socket Mode": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, settings{sockets: sockets, more: `intents: {delivery: {examples: ["How long does delivery take?", "When does my parcel arrive?"], team: billing, notify_team: true}}`})
			w.slack.Fail("chat.postMessage", slacktest.Fault{Status: 500, After: true}) // it is shown once all the same
			ana := w.visit()
			ana.says("How long does delivery take?")
			ana.reads("2 to 3 working days")
			w.until("the team sees it", func() bool {
				all := w.previews()
				return len(all) == 1 && strings.Contains(all[0].Shown(), "WITH THE BOT") && strings.Contains(all[0].Shown(), "How long does delivery take?")
			})
			ana.says("When does my parcel arrive?")
			ana.reads("When does my parcel")
			if !strings.HasPrefix(ana.stateText(), "bot") {
				t.Error(ana.stateText())
			}
			watch := w.previews()[0]
			w.ok(w.slack.Click("C2", watch.TS, "take_over", "UMIA"))
			ana.reads("Hi, I'm Mia.")
			w.until("it shows who has it", func() bool {
				all := w.previews()
				return len(all) == 1 && strings.Contains(all[0].Shown(), "TAKEN by Mia")
			})
			if err := w.slack.Click("C2", watch.TS, "take_over", "UBOB"); err == nil {
				t.Error("it still offers to take over")
			}
			w.until("the card is the same team's", func() bool { return len(w.slack.Channel("C2")) == 2 })
		})
	}
}
