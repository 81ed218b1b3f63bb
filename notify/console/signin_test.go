package console_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/notify/console"
)

func TestASessionEndsAtSignOutWhenUnusedAndWithItsToken(t *testing.T) {
	t.Parallel()
	in := func(d agent) bool {
		res, err := d.client.Get(d.url + "/console/")
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.Request.URL.Path == "/console/"
	}
	for name, end := range map[string]string{
		"unused":             `UPDATE console_sessions SET seen_at = now() - interval '25 hours'`,
		"too old":            `UPDATE console_sessions SET made_at = now() - interval '15 days'`,
		"of another token":   `UPDATE console_sessions SET credential = 'x'`,
		"of no agent listed": `WITH a AS (INSERT INTO agents (id) VALUES (99) RETURNING id) UPDATE console_sessions SET agent_id = 99 WHERE EXISTS (SELECT FROM a)`,
	} {
		desk, d := open(t, false)
		if !in(d) {
			t.Fatal("not signed in")
		}
		if err := desk.Exec(t.Context(), end); err != nil {
			t.Fatal(name, err)
		}
		if in(d) {
			t.Errorf("a session goes on: %s", name)
		}
	}
}

func TestGuessingTokensIsSlowed(t *testing.T) {
	t.Parallel()
	_, d := open(t, false)
	refused := 0
	for range 30 {
		res, err := d.client.PostForm(d.url+"/console/login", url.Values{"token": {"a guess of mine!"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 15 {
		t.Fatal(refused)
	}
}

func TestALoginLinkWorksOnceAndNotForLong(t *testing.T) {
	t.Parallel()
	desk, d := open(t, false)
	s, err := desk.Store.SyncAgents(t.Context(), []postgres.Listed{{Agent: handover.Agent{Name: "mia", Title: "Mia"}}})
	if err != nil {
		t.Fatal(err)
	}
	link := func(secret string, life time.Duration) {
		if err := desk.Store.Link(t.Context(), console.LinkHash(secret), s[0].ID, life); err != nil {
			t.Fatal(err)
		}
	}
	// use opens a link in a new browser and presses its button.
	use := func(secret string) int {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		browser := &http.Client{Jar: jar}
		for range 2 { // a preview of a link is no use of it
			res, err := browser.Get(d.url + console.LinkPath(secret))
			if err != nil || res.StatusCode != http.StatusOK {
				t.Fatal(err, res.Status)
			}
			_ = res.Body.Close()
		}
		res, err := browser.PostForm(d.url+"/console/login", url.Values{"link": {secret}})
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if in, err := browser.Get(d.url + "/console/"); err != nil || (in.Request.URL.Path == "/console/") != (res.StatusCode == http.StatusOK) {
			t.Fatal("signed in or not: ", in.Request.URL, res.Status, err)
		} else {
			_ = in.Body.Close()
		}
		return res.StatusCode
	}
	link("once", time.Minute)
	link("over", -time.Second)
	for _, x := range []struct {
		secret string
		want   int
	}{{"once", http.StatusOK}, {"once", http.StatusUnauthorized}, {"over", http.StatusUnauthorized}, {"never made", http.StatusUnauthorized}} {
		if got := use(x.secret); got != x.want {
			t.Errorf("%s: %d, want %d", x.secret, got, x.want)
		}
	}
}

func TestTheAuditLogIsForLeadsAndKeepsWhoSignedIn(t *testing.T) {
	t.Parallel()
	for _, lead := range []bool{false, true} {
		_, d := open(t, lead)
		if res, err := d.client.PostForm(d.url+"/console/login", url.Values{"token": {"a guess of mine!"}}); err != nil {
			t.Fatal(err)
		} else {
			_ = res.Body.Close()
		}
		res, err := d.client.Get(d.url + "/console/audit")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if !lead {
			if res.StatusCode != http.StatusForbidden {
				t.Error(res.Status)
			}
			continue
		}
		for _, part := range []string{"<td>mia</td><td>signed in</td>", "<td>sign-in refused</td>"} {
			if !strings.Contains(string(b), part) {
				t.Errorf("the page has no %s: %s", part, b)
			}
		}
		if res, err = d.client.Get(d.url + "/console/audit?before=x"); err != nil || res.StatusCode != http.StatusBadRequest {
			t.Error(res.Status, err)
		}
		_ = res.Body.Close()
	}
}

func TestPersonalDataStaysHiddenWhenItCannotBeWrittenDownWhoRead(t *testing.T) {
	t.Parallel()
	desk, d := open(t, true)
	if _, err := desk.Receive(t.Context(), handover.ByCustomer("web", "ana"), handover.Inbound{ID: "2", Text: "write to ana@example.com"}); err != nil {
		t.Fatal(err)
	}
	if _, page := d.post(t, "show", nil); !strings.Contains(page, "ana@example.com") {
		t.Fatal(page)
	}
	if err := desk.Exec(t.Context(), `ALTER TABLE audit_subjects RENAME TO gone`); err != nil {
		t.Fatal(err)
	}
	if page := d.page(); strings.Contains(page, "ana@example.com") || !strings.Contains(page, "Personal data stays hidden") {
		t.Fatal(page)
	}
}
