package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

var key = "k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))

// oauth is a desk for two workspaces: T1 by the bot token, T2 by OAuth.
func oauth(t *testing.T, keys string, s *slacktest.Server, database string) *whole {
	t.Helper()
	addr := freeAddr(t)
	w := begin(t, settings{slack: s, listen: addr, database: database, noTeams: true, more: `
public_url: http://` + addr + `
teams: {support: {slack_channel: C1}, billing: {slack_channel: C7, slack_workspace: T2}}
agents:
  mia: {slack_user: "UMIA, T2:UMIA", display_name: Mia}
  bob: {slack_user: "T2:UBOB", display_name: Bob}
`, slackMore: "client_id: '" + slacktest.ClientID + "', client_secret: " + slacktest.ClientSecret + ", token_keys: '" + keys + "'"})
	return w
}

// browse follows links as a browser does, with its cookies.
func (w *whole) browse(path string) (int, string) {
	w.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	res, err := (&http.Client{Jar: jar}).Get(w.url + path)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

func TestAnotherWorkspaceInstallsTheApp(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{PostsPerSecond: 100, NoTiers: true})
	s.AddWorkspace("T2", "C7")
	s.AddWorkspace("T9", "C9")
	w := oauth(t, key, s, "")
	ana, card := w.held("Do you sell lawn mowers?")
	w.cardShows("CLAIMED by Mia")
	w.click(card.TS, "transfer", "UMIA")
	w.until("the form is open", func() bool { v := s.Modal("UMIA"); return v != nil && strings.Contains(v.Text(), "Transfer") })
	if refused, err := s.SubmitForm("UMIA", map[string]string{"team": "billing", "reason": "an invoice"}); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	w.until("the card waits for the workspace", func() bool { h, err := w.app.store.Health(t.Context()); return err == nil && h.Unposted == 1 })

	for team, want := range map[string]string{"": "was not installed", "T9": "T9 is not one of this desk"} {
		s.Approver(team)
		if _, page := w.browse("/slack/install"); !strings.Contains(page, want) {
			t.Errorf("%q: %s", team, page)
		}
	}
	s.Approver("T2")
	if status, page := w.browse("/slack/oauth?code=code1&state=mine"); status != http.StatusForbidden {
		t.Error(status, page) // somebody else's link
	}
	s.Life(12 * time.Hour)
	if status, page := w.browse("/slack/install"); status != http.StatusOK || !strings.Contains(page, "Deskbell is in Team T2") {
		t.Fatal(status, page)
	}
	w.until("the card is there", func() bool { return len(s.Channel("C7")) == 1 })
	there := s.Channel("C7")[0]
	w.ok(s.Click("C7", there.TS, "claim", "UBOB"))
	ana.reads("Hi, I'm Bob.")
	w.cardShows("MOVED")
	s.Say("C7", there.TS, "UBOB", "From the *other* workspace.")
	ana.reads("agent: From the **other** workspace.")
	ana.says("And here?")
	w.until("her words come there", func() bool {
		for _, m := range s.Thread("C7", there.TS) {
			if strings.Contains(m.Shown(), "And here?") {
				return true
			}
		}
		return false
	})
	if got, err := s.Command("UBOB", "C7", "queue"); err != nil || !strings.Contains(got, "with Bob") {
		t.Error(got, err)
	}

	var sealed []byte
	var ends time.Time
	if err := w.app.db.QueryRow(t.Context(), `SELECT sealed, expires_at FROM installs WHERE workspace = 'slack:T2' AND key = 'k1'`).Scan(&sealed, &ends); err != nil || bytes.Contains(sealed, []byte("xox")) {
		t.Error("the token is kept as it is", err)
	}
	// The token ends soon: it is renewed, once, though two processes look.
	other := oauth(t, "k2:"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32))+", "+key, s, w.app.config.String("database.url"))
	had := s.Tokens("T2")
	if _, err := w.app.db.Exec(t.Context(), `UPDATE installs SET expires_at = now() + interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	w.until("it is renewed", func() bool { return s.Tokens("T2") > had })
	w.until("its end is far", func() bool {
		return w.app.db.QueryRow(t.Context(), `SELECT expires_at FROM installs`).Scan(&ends) == nil && time.Until(ends) > 11*time.Hour
	})
	time.Sleep(2500 * time.Millisecond) // long enough for the other to have looked as well
	if n := s.Tokens("T2"); n != had+1 {
		t.Errorf("renewed %d times", n-had)
	}
	ana.says("Still there?")
	w.until("her words come there with the new token", func() bool {
		for _, m := range s.Thread("C7", there.TS) {
			if strings.Contains(m.Shown(), "Still there?") {
				return true
			}
		}
		return false
	})
	// Tokens that cannot be opened any more keep nobody else from work, and admins are told.
	blind := oauth(t, "k9:"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32)), s, w.app.config.String("database.url"))
	if told := strings.Join(blind.app.desk.Alerts(), "|"); !strings.Contains(told, "not all connected") || !blind.app.slack.Connected() {
		t.Error(told)
	}
	blind.stop()
	seeing := oauth(t, "k2:"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32)), s, w.app.config.String("database.url"))
	if told := seeing.app.desk.Alerts(); len(told) != 0 {
		t.Errorf("with the right keys admins are still told %v", told)
	}
	seeing.stop()
	s.Listen(w.url)
	looked := map[string]bool{}
	examineSlack(t.Context(), other.app.config, other.app.store, true, func(what, _ string, err error) {
		looked[what] = looked[what] || err == nil
	})
	if !looked["channel C1"] || !looked["channel C7"] {
		t.Errorf("the doctor saw %v", looked)
	}
	for _, x := range []*whole{w, other} {
		if log := x.log.String(); strings.Contains(log, "xox") {
			t.Error("a token is in the log")
		}
	}
}

func TestSlackIsNotAskedForSocketsSoonerThanItSays(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{sockets: true})
	for range 50 {
		w.slack.Fail("apps.connections.open", slacktest.Fault{Status: http.StatusTooManyRequests, RetryAfter: 30})
	}
	before, _ := w.slack.Calls("apps.connections.open")
	w.slack.Drop()
	time.Sleep(4 * time.Second) // the time that is measured
	if after, _ := w.slack.Calls("apps.connections.open"); after-before > 3 {
		t.Errorf("%d sockets were asked for in 4 s", after-before)
	}
}

func TestASocketThatIsSilentIsGivenUp(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{sockets: true, slackMore: "socket_silence: 700ms"})
	ana := w.visit()
	ana.says("a human please")
	card := w.cardShows("WAITING")
	w.slack.Deafen()
	go func() { _ = w.slack.Click("C1", card.TS, "claim", "UMIA") }() // the person waits; the click comes by the next socket
	ana.reads("Hi, I'm Mia.")
	w.until("the log says why", func() bool { return strings.Contains(w.log.String(), "silent, opening another") })
}
