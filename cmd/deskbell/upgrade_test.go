package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// installation is one of an earlier version, as it was when its server was stopped while Slack did not answer: a dump of its database, what stood in
// Slack, and what its customers saw.
type installation struct {
	Slack  map[string][]slacktest.Message // by channel
	Tokens map[string]string              // of customers
	Sees   map[string]string              // what they read by then
}

// upgrade starts this version on an installation of an earlier one.
func upgrade(t *testing.T, name string) (*whole, installation) {
	t.Helper()
	var was installation
	b, err := os.ReadFile("testdata/upgrade/" + name + ".json")
	if err == nil {
		err = json.Unmarshal(b, &was)
	}
	if err != nil {
		t.Fatal(err)
	}
	dump, err := os.ReadFile("testdata/upgrade/" + name + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	database := pgtest.URL(t)
	db, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.PgConn().Exec(t.Context(), string(dump)).ReadAll(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := slacktest.Start(t, slacktest.Options{PostsPerSecond: 100, NoTiers: true})
	s.AddChannel("C3")
	for _, messages := range was.Slack {
		s.Restore(messages...)
	}
	return begin(t, settings{slack: s, database: database, undo: "200ms", empty: true, more: `
intents: {delivery: {examples: ["How long does delivery take?", "When does my parcel arrive?"], team: billing, notify_team: true}}
public_url: http://127.0.0.1:1
email: {host: 127.0.0.1, port: 1, tls: none, from: desk@example.com}
summon: {after: 5m}
agents: {mia: {slack_user: UMIA, email: mia@example.com, display_name: Mia, console_token: mia-token-0123456789, role: admin, teams: [support, billing]}}
`}), was
}

// back is a customer who comes back with the token of an earlier session.
func (w *whole) back(token string) *visitor {
	v := &visitor{w: w, token: token, messages: map[string]bot.MessageView{}}
	go v.follow(w.url)
	return v
}

// in is the message of a channel that shows a part.
func (w *whole) in(channel, part string) (found slacktest.Message) {
	w.Helper()
	w.until(channel+" has "+part, func() bool {
		for _, m := range w.slack.Everything(channel) {
			if !m.Deleted && strings.Contains(m.Shown(), part) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func TestAnInstallationOfAnEarlierVersionGoesOn(t *testing.T) {
	t.Parallel()
	w, was := upgrade(t, "before-13")

	ana := w.back(was.Tokens["ana"]) // claimed by Mia, with a line and a reply that were under way
	ana.reads("This waits out its undo window")
	ana.reads("Are you still there?")
	for _, line := range strings.Split(was.Sees["ana"], "\n") {
		ana.reads(line)
	}
	card := w.in("C1", "Ana Ruiz")
	w.threadHas(card.TS, "Are you still there?")
	if n := strings.Count(w.thread(card.TS), "Are you still there?"); n != 1 {
		t.Errorf("%d times in the thread", n)
	}
	w.slack.Say("C1", card.TS, "UMIA", "Yes, I am")
	ana.reads("agent: Yes, I am")
	w.slack.Edit("C1", w.in("C1", "It leaves tomorrow").TS, "It leaves on Monday")
	ana.reads("agent: It leaves on Monday")
	w.slack.Edit("C1", w.in("C1", "note: a difficult one").TS, "a difficult one, still a note")
	w.slack.Delete("C1", w.in("C1", "the receipt").TS)
	ana.reads("agent: (deleted)")
	ana.sends("later", "Thanks!")
	w.threadHas(card.TS, "Thanks!")

	ben := w.back(was.Tokens["ben"]) // waits; Mia wrote too early
	w.click(w.in("C1", "Ben Okafor").TS, "claim", "UMIA")
	ben.reads("agent: Hi, I'm Mia.")
	w.ok(w.slack.Shortcut("C1", w.in("C1", "too early").TS, "send_to_customer", "UMIA"))
	ben.reads("agent: too early")

	cleo := w.back(was.Tokens["cleo"]) // a team that moved to another channel
	moved := w.in("C3", "Cleo Marsh")
	w.slack.Say("C3", moved.TS, "UBOB", "The invoice is on its way")
	cleo.reads("agent: The invoice is on its way")

	dora := w.back(was.Tokens["dora"]) // resolved and rated
	done := w.in("C1", "Dora Lind")
	w.click(done.TS, "reopen", "UBOB")
	w.until("Dora is with an agent again", func() bool { return strings.HasPrefix(dora.stateText(), "claimed") })

	eli := w.back(was.Tokens["eli"]) // shown to billing while with the bot
	w.ok(w.slack.Click("C2", w.in("C2", "Eli Sand").TS, "take_over", "UMIA"))
	eli.reads("Hi, I'm Mia.")
	w.in("C3", "Eli Sand") // the team's cards come to where it moved

	flo := w.back(was.Tokens["flo"])
	flo.sends("later", "still waiting")
	w.in("C1", "still waiting")

	for _, v := range []*visitor{ana, ben, cleo, dora, eli, flo} {
		v.mu.Lock()
		if slices.ContainsFunc(v.order, func(s string) bool { return strings.Contains(s, "difficult") }) {
			t.Error("a note was shown")
		}
		v.mu.Unlock()
	}
	var failed int
	if err := w.app.db.QueryRow(t.Context(), `SELECT count(*) FROM effects WHERE failed_at IS NOT NULL`).Scan(&failed); err != nil || failed > 0 {
		t.Errorf("%d effects failed, %v", failed, err)
	}
	if log := w.log.String(); strings.Contains(log, "level=ERROR") {
		t.Error("errors in the log")
	}
}
