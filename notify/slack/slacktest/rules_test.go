package slacktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// call calls a method as an app does.
func call(t *testing.T, s *Server, method string, in map[string]string) (status int, out map[string]any, header http.Header) {
	t.Helper()
	form := url.Values{"token": {BotToken}}
	for k, v := range in {
		form.Set(k, v)
	}
	res, err := http.PostForm(s.URL+method, form)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	_ = json.Unmarshal(b, &out)
	return res.StatusCode, out, res.Header
}

func blocks(b ...map[string]any) string {
	j, _ := json.Marshal(b)
	return string(j)
}

func text(kind string, n int) map[string]any {
	return map[string]any{"type": kind, "text": strings.Repeat("x", n)}
}

func TestRefusesWhatSlackRefuses(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{PostsPerSecond: -1})
	section := map[string]any{"type": "section", "text": text("mrkdwn", 10)}
	many := make([]map[string]any, 51)
	for i := range many {
		many[i] = section
	}
	button := func(label, value, id int) map[string]any {
		return map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "text": text("plain_text", label), "value": strings.Repeat("v", value), "action_id": strings.Repeat("a", id)}}}
	}
	eleven := make([]any, 11)
	for i := range eleven {
		eleven[i] = text("mrkdwn", 1)
	}
	s.AddChannel("CGONE")
	s.Archive("CGONE")
	theirs := s.Say("C1", "", "UMIA", "hello")
	for name, x := range map[string]struct {
		method string
		in     map[string]string
		want   string
	}{
		"no text":                    {"chat.postMessage", map[string]string{"channel": "C1"}, "no_text"},
		"blocks without a fallback":  {"chat.postMessage", map[string]string{"channel": "C1", "blocks": blocks(section)}, "no_text"},
		"40,001 characters":          {"chat.postMessage", map[string]string{"channel": "C1", "text": strings.Repeat("x", 40001)}, "msg_too_long"},
		"51 blocks":                  {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(many...)}, "invalid_blocks"},
		"a section of 3,001":         {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(map[string]any{"type": "section", "text": text("mrkdwn", 3001)})}, "invalid_blocks"},
		"an empty section":           {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(map[string]any{"type": "section", "text": text("mrkdwn", 0)})}, "invalid_blocks"},
		"a header of 151":            {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(map[string]any{"type": "header", "text": text("plain_text", 151)})}, "invalid_blocks"},
		"a button of 76":             {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(button(76, 1, 1))}, "invalid_blocks"},
		"a value of 2,001":           {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(button(1, 2001, 1))}, "invalid_blocks"},
		"an action_id of 256":        {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(button(1, 1, 256))}, "invalid_blocks"},
		"a block_id of 256":          {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(map[string]any{"type": "section", "block_id": strings.Repeat("b", 256), "text": text("mrkdwn", 1)})}, "invalid_blocks"},
		"the same block_id twice":    {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(map[string]any{"type": "section", "block_id": "b", "text": text("mrkdwn", 1)}, map[string]any{"type": "section", "block_id": "b", "text": text("mrkdwn", 1)})}, "invalid_blocks"},
		"11 elements in a context":   {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(map[string]any{"type": "context", "elements": eleven})}, "invalid_blocks"},
		"11 fields":                  {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(map[string]any{"type": "section", "fields": eleven})}, "invalid_blocks"},
		"one of the newer blocks":    {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": blocks(map[string]any{"type": "card"})}, "invalid_blocks"},
		"blocks that are no JSON":    {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "blocks": "["}, "invalid_blocks_format"},
		"an unknown thread":          {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "thread_ts": "1.1"}, "thread_not_found"},
		"an unknown channel":         {"chat.postMessage", map[string]string{"channel": "C404", "text": "x"}, "channel_not_found"},
		"an archived channel":        {"chat.postMessage", map[string]string{"channel": "CGONE", "text": "x"}, "is_archived"},
		"a wrong token":              {"chat.postMessage", map[string]string{"channel": "C1", "text": "x", "token": "xoxb-other"}, "invalid_auth"},
		"updating nothing":           {"chat.update", map[string]string{"channel": "C1", "text": "x", "ts": "1.1"}, "message_not_found"},
		"updating another's message": {"chat.update", map[string]string{"channel": "C1", "text": "x", "ts": theirs}, "cant_update_message"},
		"deleting another's message": {"chat.delete", map[string]string{"channel": "C1", "ts": theirs}, "message_not_found"},
		"an unknown user":            {"users.info", map[string]string{"user": "U404"}, "user_not_found"},
		"an unknown trigger":         {"views.open", map[string]string{"trigger_id": "x", "view": `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[{"type":"divider"}]}`}, "invalid_trigger_id"},
		"a modal's title of 25":      {"views.open", map[string]string{"trigger_id": "x", "view": `{"type":"modal","title":{"type":"plain_text","text":"` + strings.Repeat("x", 25) + `"},"blocks":[{"type":"divider"}]}`}, "invalid_arguments"},
		"private_metadata of 3,001":  {"views.open", map[string]string{"trigger_id": "x", "view": `{"type":"modal","title":{"type":"plain_text","text":"x"},"private_metadata":"` + strings.Repeat("x", 3001) + `","blocks":[{"type":"divider"}]}`}, "invalid_arguments"},
		"an unknown view":            {"views.update", map[string]string{"view_id": "V404", "view": `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[{"type":"divider"}]}`}, "not_found"},
	} {
		if status, out, _ := call(t, s, x.method, x.in); status != http.StatusOK || out["ok"] != false || out["error"] != x.want {
			t.Errorf("%s: %d %v, want %s", name, status, out, x.want)
		}
	}
	if n := len(s.Channel("C1")); n != 1 {
		t.Errorf("%d messages: something refused was kept", n)
	}
}

func TestAboutOnePostASecondInAChannel(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	post := func(channel string) (int, http.Header) {
		status, _, h := call(t, s, "chat.postMessage", map[string]string{"channel": channel, "text": "x"})
		return status, h
	}
	for range 3 {
		if status, _ := post("C1"); status != http.StatusOK {
			t.Fatal("a short burst is refused")
		}
	}
	status, h := post("C1")
	if status != http.StatusTooManyRequests || h.Get("Retry-After") != "1" {
		t.Fatal(status, h)
	}
	if status, _ := post("C2"); status != http.StatusOK {
		t.Fatal("another channel is limited too")
	}
}

func TestOtherMethodsHaveTheirTier(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{PostsPerSecond: -1})
	limited := Start(t, Options{})
	for range 50 {
		call(t, limited, "conversations.history", map[string]string{"channel": "C1"})
	}
	if status, _, _ := call(t, limited, "conversations.history", map[string]string{"channel": "C1"}); status != http.StatusTooManyRequests {
		t.Fatal(status)
	}
	if status, _, _ := call(t, s, "auth.test", nil); status != http.StatusOK {
		t.Fatal(status)
	}
}

func TestATSIsUniqueOnlyInItsChannel(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{PostsPerSecond: -1})
	same := 0
	for i := range 200 {
		a, b := s.Say("C1", "", "UMIA", fmt.Sprint(i)), s.Say("C2", "", "UMIA", fmt.Sprint(i))
		if a == b {
			same++
		}
	}
	seen := map[string]bool{}
	for _, m := range s.Channel("C1") {
		if seen[m.TS] {
			t.Fatal("a ts twice in one channel")
		}
		seen[m.TS] = true
	}
	if same == 0 {
		t.Fatal("never the same in two channels")
	}
}

// app is an app that takes events and fails as told.
type app struct {
	mu     sync.Mutex
	events []string
	fail   atomic.Int32
	slow   atomic.Bool
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	if a.slow.Load() {
		select {
		case <-r.Context().Done():
		case <-time.After(4 * time.Second):
		}
	}
	if a.fail.Add(-1) >= 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, r.Header.Get("X-Slack-Retry-Num")+" "+string(b))
}

func (a *app) got(n int) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.events) < n {
		return nil
	}
	return append([]string{}, a.events...)
}

func listen(t *testing.T, o Options) (*Server, *app) {
	t.Helper()
	a := &app{}
	there := httptest.NewServer(a)
	t.Cleanup(there.Close)
	s := Start(t, o)
	s.Listen(there.URL)
	return s, a
}

func wait(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 10 s")
		}
	}
}

func TestOurOwnPostsComeBackAsEvents(t *testing.T) {
	t.Parallel()
	s, a := listen(t, Options{})
	call(t, s, "chat.postMessage", map[string]string{"channel": "C1", "text": "ours"})
	wait(t, func() bool { return a.got(1) != nil })
	if e := a.got(1)[0]; !strings.Contains(e, `"bot_id":"BBOT"`) {
		t.Fatal(e)
	}
}

func TestAnEventThatIsNotAckedComesAgain(t *testing.T) {
	t.Parallel()
	s, a := listen(t, Options{Retries: []time.Duration{0, 10 * time.Millisecond}})
	a.fail.Store(2)
	ts := s.Say("C1", "", "UMIA", "hello")
	wait(t, func() bool { return a.got(1) != nil })
	if e := a.got(1)[0]; !strings.HasPrefix(e, "2 ") {
		t.Fatal(e)
	}
	wait(t, func() bool { return s.Acked("C1", ts) })
}

func TestAnAckAfterThreeSecondsIsNone(t *testing.T) {
	t.Parallel()
	s, a := listen(t, Options{Retries: []time.Duration{0, 0, 0}})
	a.slow.Store(true)
	ts := s.Say("C1", "", "UMIA", "hello")
	time.Sleep(3200 * time.Millisecond) // the ack's time itself
	if s.Acked("C1", ts) {
		t.Fatal("acked")
	}
	a.slow.Store(false)
	wait(t, func() bool { return s.Acked("C1", ts) })
}

func TestEventsAreDoubledAndOvertakeEachOtherOnDemand(t *testing.T) {
	t.Parallel()
	s, a := listen(t, Options{})
	s.Duplicate(true)
	var n atomic.Int32
	s.Delay(func() time.Duration { return time.Duration(100-25*n.Add(1)) * time.Millisecond })
	s.Say("C1", "", "UMIA", "first")
	s.Say("C1", "", "UMIA", "second")
	wait(t, func() bool { return a.got(4) != nil })
	if e := a.got(4); !strings.Contains(e[0], "second") || !strings.Contains(e[3], "first") {
		t.Fatal(e)
	}
}

func TestFaultsComeOnDemand(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{PostsPerSecond: -1})
	s.Fail("chat.postMessage", Fault{Status: 429, RetryAfter: 7}, Fault{Status: 500, After: true}, Fault{Status: 502}, Fault{Say: "fatal_error"}, Fault{Hang: 50 * time.Millisecond})
	status, _, h := call(t, s, "chat.postMessage", map[string]string{"channel": "C1", "text": "1"})
	if status != 429 || h.Get("Retry-After") != "7" {
		t.Error(status, h)
	}
	for i, want := range []int{500, 502, 200, 200, 200} {
		if status, _, _ := call(t, s, "chat.postMessage", map[string]string{"channel": "C1", "text": fmt.Sprint(i)}); status != want {
			t.Errorf("call %d: %d, want %d", i, status, want)
		}
	}
	var kept []string
	for _, m := range s.Channel("C1") {
		kept = append(kept, m.Text)
	}
	if got := strings.Join(kept, " "); got != "0 3 4" { // the 500 came after the commit
		t.Fatal(got)
	}
}

// dial opens a socket as an app does.
func dial(t *testing.T, s *Server) *websocket.Conn {
	t.Helper()
	_, out, _ := call(t, s, "apps.connections.open", map[string]string{"token": AppToken})
	to, _ := out["url"].(string)
	c, res, err := websocket.DefaultDialer.Dial(to, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func read(t *testing.T, c *websocket.Conn) map[string]any {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	var m map[string]any
	if err := c.ReadJSON(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSocketsSayHelloRepeatWhatIsNotAckedAndAreRefreshed(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	if _, out, _ := call(t, s, "apps.connections.open", nil); out["error"] != "invalid_auth" {
		t.Fatal("a bot token opens a socket")
	}
	c := dial(t, s)
	if m := read(t, c); m["type"] != "hello" {
		t.Fatal(m)
	}
	ts := s.Say("C1", "", "UMIA", "hello")
	m := read(t, c)
	_ = c.Close() // not acked
	c = dial(t, s)
	read(t, c)
	again := read(t, c)
	if again["envelope_id"] != m["envelope_id"] || s.Acked("C1", ts) {
		t.Fatal(again)
	}
	_ = c.WriteJSON(map[string]any{"envelope_id": again["envelope_id"]})
	wait(t, func() bool { return s.Acked("C1", ts) })
	s.Refresh()
	if m := read(t, c); m["type"] != "disconnect" || m["reason"] != "refresh_requested" {
		t.Fatal(m)
	}
}

func TestATriggerLivesThreeSecondsAndOnce(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	view := map[string]any{"type": "modal", "title": text("plain_text", 5), "blocks": []any{map[string]any{"type": "divider"}}}
	open := func(trigger string) any {
		b, _ := json.Marshal(map[string]any{"trigger_id": trigger, "view": view})
		r, _ := http.NewRequest(http.MethodPost, s.URL+"views.open", bytes.NewReader(b))
		r.Header.Set("Authorization", "Bearer "+BotToken)
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var out map[string]any
		_ = json.NewDecoder(res.Body).Decode(&out)
		return out["error"]
	}
	s.mu.Lock()
	s.triggers["UMIA.1"], s.triggers["UMIA.2"] = time.Now(), time.Now().Add(-3100*time.Millisecond)
	s.mu.Unlock()
	if e := open("UMIA.1"); e != nil {
		t.Fatal(e)
	}
	if e := open("UMIA.1"); e != "invalid_trigger_id" {
		t.Fatal(e)
	}
	if e := open("UMIA.2"); e != "expired_trigger_id" {
		t.Fatal(e)
	}
}
