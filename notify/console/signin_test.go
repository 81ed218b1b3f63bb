package console_test

import (
	"net/http"
	"net/url"
	"testing"
)

func TestASessionEndsAtSignOutWhenUnusedAndWithItsToken(t *testing.T) {
	t.Parallel()
	in := func(d door) bool {
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
