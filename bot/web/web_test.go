package web

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/bot/bottest"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

// page is a customer's browser, as far as HTTP goes.
type page struct {
	url, token string

	mu       sync.Mutex
	messages map[string]bot.MessageView
	state    bot.StateView
	revs     []string
}

func serve(t *testing.T, o Options) (*bottest.Desk, *Channel, string) {
	t.Helper()
	d := bottest.NewDesk(t)
	o.Logger = pgtest.Logger()
	c := New(d.Desk, d.Store, d.Bus, o)
	mux := http.NewServeMux()
	c.Routes(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	t.Cleanup(c.EndStreams)
	return d, c, s.URL
}

func call(t *testing.T, method, url, token, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func open(t *testing.T, url string) *page {
	t.Helper()
	status, body := call(t, http.MethodPost, url+"/web/sessions", "", `{"contact":{"name":"Eve"}}`)
	var in struct{ Token string }
	if err := json.Unmarshal([]byte(body), &in); err != nil || status != http.StatusCreated {
		t.Fatal(status, body)
	}
	p := &page{url: url, token: in.Token, messages: map[string]bot.MessageView{}}
	go p.follow(t, "")
	return p
}

// follow reads the stream until it ends.
func (p *page) follow(t *testing.T, after string) {
	res, err := http.Get(p.url + "/web/stream?token=" + p.token + after)
	if err != nil {
		return
	}
	defer func() { _ = res.Body.Close() }()
	var name, id string
	for s := bufio.NewScanner(res.Body); s.Scan(); {
		field, value, _ := strings.Cut(s.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			p.mu.Lock()
			p.revs = append(p.revs, id)
			switch name {
			case "message":
				var m bot.MessageView
				if err := json.Unmarshal([]byte(value), &m); err != nil {
					t.Error(err)
				}
				p.messages[m.ID] = m
			case "state":
				if err := json.Unmarshal([]byte(value), &p.state); err != nil {
					t.Error(err)
				}
			}
			p.mu.Unlock()
		}
	}
}

func (p *page) Write(t *testing.T, id, text string) (string, int64) {
	t.Helper()
	status, body := call(t, http.MethodPost, p.url+"/web/messages", p.token, fmt.Sprintf(`{"id":%q,"text":%q}`, id, text))
	var out struct {
		ID  string
		Seq int64
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil || status != http.StatusAccepted {
		t.Fatal(status, body)
	}
	return out.ID, out.Seq
}

func (p *page) Sees() ([]bot.MessageView, bot.StateView) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []bot.MessageView
	for _, m := range p.messages {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b bot.MessageView) int { return int(a.Seq - b.Seq) })
	if len(all) == 0 {
		all = append(all, bot.MessageView{})
	}
	return all, p.state
}

func (p *page) Ref() handover.Ref { return handover.ByCustomer("web", hashed(p.token)) }

func TestChannelKeepsItsPromises(t *testing.T) {
	t.Parallel()
	bottest.Run(t, func(t *testing.T) (*bottest.Desk, bottest.Customer) {
		d, _, url := serve(t, Options{})
		return d, open(t, url)
	})
}

func TestAReaderWhoComesBackGetsEachChangeOnce(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t, Options{})
	p := open(t, url)
	for i := range 5 {
		p.Write(t, fmt.Sprint(i), fmt.Sprint("line ", i))
	}
	again := &page{url: url, token: p.token, messages: map[string]bot.MessageView{}}
	go again.follow(t, "&after=3")
	wait(t, func() bool { m, _ := again.Sees(); return m[len(m)-1].Text == "line 4" })
	again.mu.Lock()
	defer again.mu.Unlock()
	if got := strings.Join(again.revs, " "); got != "4 5" {
		t.Fatal(got)
	}
}

func TestALongAbsenceIsCaughtUpInOrderAndWithoutGaps(t *testing.T) {
	t.Parallel()
	d, _, url := serve(t, Options{})
	p := open(t, url)
	p.Write(t, "0", "x")
	if _, err := d.DB.Exec(t.Context(), `INSERT INTO messages (id, conversation_id, sender, visibility, text, seq, rev, at)
		SELECT -n, c.id, 'customer', 'public', 'line ' || n, n, n, now() FROM conversations c, generate_series(2, 2500) n`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DB.Exec(t.Context(), `UPDATE conversations SET seq = 2500, rev = 2500, last_customer = 2500, version = version + 1`); err != nil {
		t.Fatal(err)
	}
	again := &page{url: url, token: p.token, messages: map[string]bot.MessageView{}}
	go again.follow(t, "&after=1")
	wait(t, func() bool { m, _ := again.Sees(); return len(m) == 2499 })
	again.mu.Lock()
	for i, rev := range again.revs {
		if rev != fmt.Sprint(i+2) {
			t.Fatalf("event %d has rev %s", i, rev)
		}
	}
	again.mu.Unlock()
	fresh := &page{url: url, token: p.token, messages: map[string]bot.MessageView{}}
	go fresh.follow(t, "")
	wait(t, func() bool {
		m, st := fresh.Sees()
		return len(m) == 200 && m[0].Seq == 2301 && st.State == handover.WithBot
	})
}

func TestStreamsEndWhenAskedTo(t *testing.T) {
	t.Parallel()
	d := bottest.NewDesk(t)
	c := New(d.Desk, d.Store, d.Bus, Options{Logger: pgtest.Logger()})
	mux := http.NewServeMux()
	c.Routes(mux)
	s := httptest.NewServer(mux)
	defer s.Close()
	p := &page{url: s.URL, messages: map[string]bot.MessageView{}}
	_, body := call(t, http.MethodPost, s.URL+"/web/sessions", "", "")
	p.token = strings.Split(strings.Split(body, `"token":"`)[1], `"`)[0]
	done := make(chan struct{})
	go func() { p.follow(t, ""); close(done) }()
	wait(t, func() bool { _, st := p.Sees(); return st.State != "" })
	c.EndStreams()
	<-done
}

func TestTokensAreStoredHashed(t *testing.T) {
	t.Parallel()
	d, _, url := serve(t, Options{})
	p := open(t, url)
	var n int
	if err := d.DB.QueryRow(t.Context(), `SELECT count(*) FROM conversations c WHERE c::text LIKE '%' || $1 || '%'`, p.token).Scan(&n); err != nil || n != 0 {
		t.Fatal(n, err)
	}
}

func TestBadRequestsGetACodeAndASentence(t *testing.T) {
	t.Parallel()
	d, _, url := serve(t, Options{Origins: []string{"https://shop.example"}})
	p := open(t, url)
	message := func(id, text string) string {
		b, _ := json.Marshal(map[string]string{"id": id, "text": text})
		return string(b)
	}
	for _, x := range []struct {
		name, method, path, token, body string
		header                          []string
		want                            string
	}{
		{"malformed JSON", "POST", "/web/messages", p.token, `{"id":`, nil, "400 bad_json"},
		{"wrong type", "POST", "/web/messages", p.token, `{"id":1,"text":2}`, nil, "400 bad_json"},
		{"an array", "POST", "/web/messages", p.token, `[]`, nil, "400 bad_json"},
		{"invalid UTF-8", "POST", "/web/messages", p.token, "{\"id\":\"u\",\"text\":\"\xff\xfe\"}", nil, "400 bad_json"},
		{"no token", "POST", "/web/messages", "", message("1", "x"), nil, "401 bad_token"},
		{"foreign token", "POST", "/web/messages", "stolen", message("1", "x"), nil, "401 bad_token"},
		{"endless token", "POST", "/web/messages", strings.Repeat("x", 5000), message("1", "x"), nil, "401 bad_token"},
		{"a token in the query elsewhere than the stream", "GET", "/web/messages?token=" + p.token, "", "", nil, "401 bad_token"},
		{"stream of nobody", "GET", "/web/stream?token=nobody", "", "", nil, "401 bad_token"},
		{"foreign origin", "POST", "/web/messages", p.token, message("1", "x"), []string{"Origin", "https://evil.example"}, "403 origin"},
		{"null origin", "POST", "/web/sessions", "", "", []string{"Origin", "null"}, "403 origin"},
		{"oversize", "POST", "/web/messages", p.token, message("1", strings.Repeat("x", 65<<10)), nil, "413 too_large"},
		{"100 KB", "POST", "/web/messages", p.token, message("1", strings.Repeat("x", 100<<10)), nil, "413 too_large"},
		{"8,001 characters", "POST", "/web/messages", p.token, message("1", strings.Repeat("é", 8001)), nil, "422 too_long"},
		{"no text", "POST", "/web/messages", p.token, message("1", " \n"), nil, "422 empty"},
		{"no id", "POST", "/web/messages", p.token, message("", "x"), nil, "422 no_id"},
		{"endless id", "POST", "/web/messages", p.token, message(strings.Repeat("x", 201), "x"), nil, "422 bad_id"},
		{"NUL", "POST", "/web/messages", p.token, message("1", "a\x00b"), nil, "422 bad_text"},
		{"bad rev", "GET", "/web/messages?after=soon", p.token, "", nil, "400 bad_rev"},
		{"negative rev", "GET", "/web/messages?after=-1", p.token, "", nil, "400 bad_rev"},
		{"bad Last-Event-ID", "GET", "/web/stream", p.token, "", []string{"Last-Event-ID", "x"}, "400 bad_rev"},
		{"nothing to rate", "POST", "/web/rating", p.token, `{"score":5}`, nil, "409 not_ended"},
		{"score 6", "POST", "/web/rating", p.token, `{"score":6}`, nil, "422 bad_score"},
		{"score as text", "POST", "/web/rating", p.token, `{"score":"5"}`, nil, "400 bad_json"},
		{"seen backwards", "POST", "/web/seen", p.token, `{"seq":-1}`, nil, "422 bad_seq"},
		{"a long name", "POST", "/web/sessions", "", `{"contact":{"name":"` + strings.Repeat("x", 201) + `"}}`, nil, "422 too_long"},
		{"NUL in a variable", "POST", "/web/sessions", "", `{"contact":{"variables":{"a":"\u0000"}}}`, nil, "422 bad_text"},
	} {
		status, body := call(t, x.method, url+x.path, x.token, x.body, x.header...)
		var e struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil || e.Error.Message == "" {
			t.Errorf("%s: %d %s", x.name, status, body)
			continue
		}
		if got := fmt.Sprint(status, " ", e.Error.Code); got != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
	}
	var stored int
	if err := d.DB.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM effects)`).Scan(&stored); err != nil || stored != 0 {
		t.Fatal(stored, err)
	}
}

func TestHostileTextIsKeptAsItIs(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t, Options{})
	p := open(t, url)
	for i, text := range []string{`'); DROP TABLE messages; --`, `<script>alert(1)</script>`, `<!channel> *bold* <https://evil|bank>`, "🙂 \u202eRTL", strings.Repeat("x", 8000)} {
		p.Write(t, fmt.Sprint(i), text)
		wait(t, func() bool { m, _ := p.Sees(); return m[len(m)-1].Text == text })
	}
}

func TestAllowedOriginsMayUseTheWidget(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t, Options{Origins: []string{"https://shop.example"}})
	for _, origin := range []string{"https://shop.example", url, ""} {
		header := []string{"Origin", origin}
		if origin == "" {
			header = nil
		}
		if status, body := call(t, http.MethodPost, url+"/web/sessions", "", "", header...); status != http.StatusCreated {
			t.Errorf("%q: %d %s", origin, status, body)
		}
	}
	if status, _ := call(t, http.MethodOptions, url+"/web/messages", "", "", "Origin", "https://shop.example"); status != http.StatusNoContent {
		t.Errorf("preflight: %d", status)
	}
}

func TestWhoSendsTooMuchIsToldHowLongToWait(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t, Options{Limits: Limits{MessagesPerMinute: 6, SessionsPerMinute: 60}})
	p := open(t, url)
	p.Write(t, "1", "x")
	p.Write(t, "2", "x")
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/web/messages", bytes.NewReader([]byte(`{"id":"3","text":"x"}`)))
	r.Header.Set("Authorization", "Bearer "+p.token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Fatal(res.Status, res.Header)
	}
}

func TestTheDemoPageRunsNothingButItself(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t, Options{Demo: true})
	res, err := http.Get(url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Fatal(csp)
	}
}

func wait(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen in 10 s")
		}
	}
}

func TestTheWidgetSpeaksTheCustomersLanguage(t *testing.T) {
	t.Parallel()
	texts := bot.Texts{"en": {"state_waiting": "Finding a person"}, "de": {"widget_open": "Chat </script> öffnen", "state_assistant": "Assistent", "greeting": "Hallo!", "offer": "Hm?"}}
	_, _, url := serve(t, Options{Texts: texts})
	_, script := call(t, http.MethodGet, url+"/widget.js", "", "")
	if strings.Contains(script, "/* texts */") || strings.Contains(script, "</script> öffnen") || !strings.Contains(script, `"open":"Chat \u003c/script\u003e öffnen"`) || strings.Contains(script, "Hm?") {
		t.Error("the texts are not in the script as they should be")
	}
	for language, want := range map[string]string{"de-AT": `"greeting":"Hallo!"`, "de": `"text":"Assistent"`, "xx": `"text":"Assistant"`} {
		if _, body := call(t, http.MethodPost, url+"/web/sessions", "", `{"language":"`+language+`"}`); !strings.Contains(body, want) {
			t.Errorf("%s: %s, want %s", language, body, want)
		}
	}
}
