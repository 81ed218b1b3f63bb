package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

func TestWhatSlackDidNotSignOrCannotMeanIsRefused(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	ana := w.visit()
	ana.says("a person please")
	card := w.cardShows("WAITING")
	w.click(card.TS, "claim", "UMIA")
	ana.reads("Hi, I'm Mia")
	event := func(text, ts string) []byte {
		b, _ := json.Marshal(map[string]any{"type": "event_callback", "team_id": slacktest.Team, "event_id": "Ev" + ts, "event": map[string]any{"type": "message", "channel": "C1", "user": "UMIA", "text": text, "ts": ts, "thread_ts": card.TS}})
		return b
	}
	now := time.Now()
	future := fmt.Sprintf("%d.000001", now.Unix()+60)
	form := func(payload string) []byte { return []byte(url.Values{"payload": {payload}}.Encode()) }
	sign := func(b []byte) http.Header { return slacktest.Sign(slacktest.SigningSecret, now, b) }
	good := event("a good line", future)
	for _, x := range []struct {
		name, path string
		body       []byte
		header     http.Header
		want       string
	}{
		{"no signature", "events", good, nil, "401 bad_signature"},
		{"wrong secret", "events", good, slacktest.Sign("another", now, good), "401 bad_signature"},
		{"empty secret", "events", good, slacktest.Sign("", now, good), "401 bad_signature"},
		{"stale", "events", good, slacktest.Sign(slacktest.SigningSecret, now.Add(-6*time.Minute), good), "401 bad_signature"},
		{"signature of another body", "events", good, sign([]byte("{}")), "401 bad_signature"},
		{"a timestamp that is none", "events", good, http.Header{"X-Slack-Request-Timestamp": {"soon"}, "X-Slack-Signature": {"v0=00"}}, "401 bad_signature"},
		{"no JSON", "events", []byte("{"), sign([]byte("{")), "400 bad_json"},
		{"an unknown event", "events", []byte(`{"type":"event_callback","event":{"type":"newer_than_us"}}`), sign([]byte(`{"type":"event_callback","event":{"type":"newer_than_us"}}`)), "200 "},
		{"an event of the wrong shape", "events", []byte(`{"type":"event_callback","event":5}`), sign([]byte(`{"type":"event_callback","event":5}`)), "200 "},
		{"2 MiB", "events", bytes.Repeat([]byte("x"), 2<<20), sign(nil), "413 too_large"},
		{"no payload", "interactions", []byte("x=1"), sign([]byte("x=1")), "400 bad_form"},
		{"a payload that is no JSON", "interactions", form("{"), sign(form("{")), "200 "},
		{"a button of nobody", "interactions", form(`{"type":"block_actions","user":{"id":"UMIA"},"actions":[{"action_id":"selfdestruct","value":"1"}]}`), sign(form(`{"type":"block_actions","user":{"id":"UMIA"},"actions":[{"action_id":"selfdestruct","value":"1"}]}`)), "200 "},
		{"a claim of nothing", "interactions", form(`{"type":"block_actions","user":{"id":"UMIA"},"channel":{"id":"C1"},"actions":[{"action_id":"claim","value":"999999"}]}`), sign(form(`{"type":"block_actions","user":{"id":"UMIA"},"channel":{"id":"C1"},"actions":[{"action_id":"claim","value":"999999"}]}`)), "200 "},
		{"a value that is SQL", "interactions", form(`{"type":"block_actions","user":{"id":"UMIA"},"actions":[{"action_id":"claim","value":"1; DROP TABLE messages"}]}`), sign(form(`{"type":"block_actions","user":{"id":"UMIA"},"actions":[{"action_id":"claim","value":"1; DROP TABLE messages"}]}`)), "200 "},
		{"another workspace's click", "interactions", form(`{"type":"block_actions","team":{"id":"T9"},"user":{"id":"UMIA"},"actions":[{"action_id":"resolve","value":"1"}]}`), sign(form(`{"type":"block_actions","team":{"id":"T9"},"user":{"id":"UMIA"},"actions":[{"action_id":"resolve","value":"1"}]}`)), "200 "},
		{"a good line", "events", good, sign(good), "200 "},
		{"the same again", "events", good, sign(good), "200 "},
		{"and again, as a retry", "events", good, sign(good), "200 "},
		{"NUL and invalid UTF-8", "events", event("a\x00b\xff", fmt.Sprintf("%d.000002", now.Unix()+60)), sign(event("a\x00b\xff", fmt.Sprintf("%d.000002", now.Unix()+60))), "200 "},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/slack/"+x.path, bytes.NewReader(x.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = x.header.Clone()
		if r.Header == nil {
			r.Header = http.Header{}
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		var e struct{ Error struct{ Code string } }
		_ = json.Unmarshal(b, &e)
		if got := fmt.Sprint(res.StatusCode, " ", e.Error.Code); got != x.want {
			t.Errorf("%s: %s %s, want %s", x.name, got, b, x.want)
		}
	}
	ana.reads("a good line")
	if n := strings.Count(ana.sees(), "a good line"); n != 1 {
		t.Errorf("the replayed event was kept %d times", n)
	}
	ana.says("still here?")
	w.threadHas(card.TS, "still here?")
}

func TestACustomersHostileTextReachesTheTeamHarmless(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{more: consoleToken})
	ana := w.visit()
	ana.says("a person please")
	card := w.cardShows("WAITING")
	for _, text := range []string{`<!channel> <@UMIA> <https://evil.example|your bank>`, `'); DROP TABLE messages; --`, `<script>alert(1)</script>`, strings.Repeat("<&>", 2600)} {
		ana.says(text)
	}
	w.threadHas(card.TS, "&lt;script&gt;")
	w.threadHas(card.TS, "DROP TABLE")
	if text := w.thread(card.TS); strings.Contains(text, "<!channel>") || strings.Contains(text, "<https://evil") {
		t.Fatal(text)
	}
	jar := &http.Client{}
	login, err := jar.Get(w.url + "/console/login?token=0123456789abcdef0123")
	if err != nil {
		t.Fatal(err)
	}
	_ = login.Body.Close()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/console/c/%d", w.url, 1), nil)
	for _, c := range login.Cookies() {
		r.AddCookie(c)
	}
	conv, err := w.app.store.Queue(t.Context(), true)
	if err != nil || len(conv) != 1 {
		t.Fatal(conv, err)
	}
	r.URL.Path = fmt.Sprintf("/console/c/%d", conv[0].ID)
	res, err := jar.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK || strings.Contains(string(b), "<script>alert") || !strings.Contains(string(b), "&lt;script&gt;alert") {
		t.Fatal(res.Status)
	}
}

func TestTheConsoleLetsOnlyAgentsIn(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{noSlack: true, more: consoleToken})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	own := "" // what the forms of the session's pages carry
	do := func(method, path, cookie, origin string) int {
		r, _ := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(url.Values{"form": {own}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "deskbell_console", Value: cookie})
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	const token = "0123456789abcdef0123"
	login, err := client.Get(w.url + "/console/login?token=" + token)
	if err != nil || len(login.Cookies()) != 1 {
		t.Fatal(err)
	}
	_ = login.Body.Close()
	signedIn := login.Cookies()[0].Value
	if got := do("POST", "/console/c/12345/claim", signedIn, ""); got != 403 {
		t.Error("a form that is none of our pages': ", got)
	}
	jar, _ := cookiejar.New(nil)
	at, _ := url.Parse(w.url + "/console")
	jar.SetCookies(at, login.Cookies())
	own = w.formOf(&http.Client{Jar: jar})
	if got := do("GET", "/console/", token, ""); got != 303 { // the cookie is no token
		t.Error(got)
	}
	defer func() {
		if got := do("POST", "/console/logout", signedIn, ""); got != 303 {
			t.Error(got)
		}
		if got := do("GET", "/console/", signedIn, ""); got != 303 { // and is worth nothing any more
			t.Error("a session goes on after it was ended:", got)
		}
	}()
	for _, x := range []struct {
		name, method, path, cookie, origin string
		want                               int
	}{
		{"a stranger", "GET", "/console/", "", "", 303},
		{"a stranger's events", "GET", "/console/events", "", "", 401},
		{"a stranger's claim", "POST", "/console/c/1/claim", "", "", 401},
		{"a wrong cookie", "GET", "/console/", "guess", "", 303},
		{"a wrong link", "GET", "/console/login?token=guess", "", "", 401},
		{"an agent", "GET", "/console/", signedIn, "", 200},
		{"another page's form", "POST", "/console/c/1/claim", signedIn, "https://evil.example", 403},
		{"no such conversation", "GET", "/console/c/12345", signedIn, "", 404},
		{"no number", "GET", "/console/c/x", signedIn, "", 404},
		{"a claim of nothing", "POST", "/console/c/12345/claim", signedIn, "", 404},
	} {
		if got := do(x.method, x.path, x.cookie, x.origin); got != x.want {
			t.Errorf("%s: %d, want %d", x.name, got, x.want)
		}
	}
}

func TestCommandsSayWhatIsWrongAndEndWithTheirCode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad, binary := filepath.Join(dir, "bad.yaml"), filepath.Join(dir, "faq.csv")
	for file, text := range map[string]string{bad: "policy:\n  answer_above: 2\nlisten: [\n", binary: "a,b\n1,2\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"version"}, 0, ""},
		{[]string{"serve", "--help"}, 0, "Examples:"},
		{[]string{"knowledge", "import", "--help"}, 0, "deskbell knowledge import docs/help"},
		{[]string{"srve"}, 2, `unknown command "srve"`},
		{[]string{"serve", "--nope"}, 2, "unknown flag: --nope"},
		{[]string{"knowledge", "import"}, 2, "accepts 1 arg(s), received 0 (see deskbell knowledge import --help)"},
		{[]string{"knowledge", "import", filepath.Join(dir, "none")}, 2, "no such file"},
		{[]string{"knowledge", "import", binary, "--columns", "question=x,answer=b"}, 1, `faq.csv: no column "x"; its columns are: a, b`},
		{[]string{"config", "check", "--config", bad}, 2, "bad.yaml:3: not YAML"},
		{[]string{"config", "check", "--config", "none.yaml"}, 2, "--config: open none.yaml"},
	} {
		var out bytes.Buffer
		if code := run(x.args, &out, &out); code != x.code || !strings.Contains(out.String(), x.want) {
			t.Errorf("%v: %d %s, want %d %s", x.args, code, out.String(), x.code, x.want)
		}
	}
}
