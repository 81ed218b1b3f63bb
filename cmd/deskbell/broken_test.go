package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// heard is a request as it came.
type heard struct {
	method, path string // with its query
	header       http.Header
	body         []byte
}

// recorder stands before the server and keeps every request, one of each kind.
type recorder struct {
	url  string
	mu   sync.Mutex
	kept map[string]heard
}

// record leads all of a server's clients through a recorder.
func (w *whole) record() *recorder {
	w.Helper()
	to, err := url.Parse(w.url)
	w.ok(err)
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }, FlushInterval: -1}
	rec := &recorder{kept: map[string]heard{}}
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := heard{r.Method, r.URL.RequestURI(), r.Header.Clone(), body}
		rec.mu.Lock()
		if _, has := rec.kept[h.kind()]; !has {
			rec.kept[h.kind()] = h
		}
		rec.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		forward.ServeHTTP(rw, r)
	}))
	w.Cleanup(s.CloseClientConnections)
	rec.url, w.url = s.URL, s.URL
	w.slack.Listen(s.URL)
	return rec
}

var (
	digits = regexp.MustCompile(`\d+`)
	random = regexp.MustCompile(`[A-Z0-9]{20,}`)
)

// kind tells requests apart by what they want.
func (h heard) kind() string {
	path, query, _ := strings.Cut(h.path, "?")
	kind := h.method + " " + random.ReplaceAllString(digits.ReplaceAllString(path, "#"), "KEY")
	if query != "" {
		v, _ := url.ParseQuery(query)
		kind += " ?" + strings.Join(slices.Sorted(maps.Keys(v)), ",")
	}
	of := func(b []byte) {
		var x struct {
			Type, Text string
			Event      struct{ Type, Subtype string }
			Actions    []struct {
				ID string `json:"action_id"`
			}
			Callback string `json:"callback_id"`
			View     struct {
				Callback string `json:"callback_id"`
			}
		}
		_ = json.Unmarshal(b, &x)
		kind += " " + strings.Join([]string{x.Type, x.Event.Type, x.Event.Subtype, x.Callback, x.View.Callback}, " ")
		for _, a := range x.Actions {
			kind += " " + a.ID
		}
	}
	switch form, isForm := h.form(); {
	case isForm && form.Has("payload"):
		of([]byte(form.Get("payload")))
	case isForm && form.Has("command"):
		verb, _, _ := strings.Cut(form.Get("text"), " ")
		kind += " " + verb
	case strings.HasPrefix(h.path, "/slack"):
		of(h.body)
	}
	return strings.Join(strings.Fields(kind), " ")
}

func (h heard) form() (url.Values, bool) {
	if !strings.HasPrefix(h.header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil, false
	}
	v, err := url.ParseQuery(string(h.body))
	return v, err == nil
}

// change is a request with one thing broken.
type change struct {
	name string
	heard
}

// Text that JSON cannot carry is put in where these stand.
const badUTF8 = "BAD-UTF-8"

// values are what a field may be instead.
func values(was any) map[string]any {
	all := map[string]any{
		"null": nil, "empty": "", "NUL": "a\x00b", "bad UTF-8": badUTF8, "huge": strings.Repeat("x", 9000), "negative": -1, "endless": json.Number("1e999"), "beyond int64": json.Number("99999999999999999999"),
		"true": true, "a list": []any{}, "an object": map[string]any{}, "lists in lists": json.RawMessage(strings.Repeat("[", 200) + strings.Repeat("]", 200)), "path": "../../etc/passwd", "template": "{{.}}%s<!channel>",
	}
	switch was := was.(type) {
	case string: // ids and places stand in texts
		if digits.MatchString(was) {
			all["with a number below zero"] = digits.ReplaceAllString(was, "-1")
			all["with a number far beyond"] = digits.ReplaceAllString(was, "99")
		}
	case bool:
		delete(all, "true")
	case []any:
		delete(all, "a list")
	case map[string]any:
		delete(all, "an object")
	}
	return all
}

// broken are JSON values with one thing in them changed, by what was.
func broken(at string, v any, emit func(name string, v any)) {
	switch x := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			with := func(name string, of any) {
				c := maps.Clone(x)
				c[k] = of
				emit(name, c)
			}
			here := strings.TrimPrefix(at+"."+k, ".")
			without := maps.Clone(x)
			delete(without, k)
			emit(here+" is missing", without)
			all := values(x[k])
			for _, name := range slices.Sorted(maps.Keys(all)) {
				with(here+" is "+name, all[name])
			}
			broken(here, x[k], with)
		}
	case []any:
		if len(x) > 0 {
			broken(at+"[0]", x[0], func(name string, of any) {
				c := slices.Clone(x)
				c[0] = of
				emit(name, c)
			})
			emit(at+"[0] is null", append([]any{nil}, x[1:]...))
		}
	}
}

func raw(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return bytes.ReplaceAll(b, []byte(badUTF8), []byte("\xff\xfe"))
}

// changes are all ways in which a request can be broken.
func (h heard) changes() (all []change) {
	add := func(name string, body []byte) {
		if body != nil {
			c := h
			c.body = body
			all = append(all, change{h.kind() + ": " + name, c})
		}
	}
	tree := func(b []byte, pack func([]byte) []byte) bool {
		var v any
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return false
		}
		if _, is := v.(map[string]any); !is {
			return false
		}
		broken("", v, func(name string, v any) { add(name, pack(raw(v))) })
		for name, body := range map[string]string{"half of it": string(b[:len(b)/2]), "an empty body": "", "no JSON": "x=1&", "a list": "[]", "a number": "7", "null": "null", "a text": `"x"`} {
			add(name, pack([]byte(body)))
		}
		return true
	}
	form, isForm := h.form()
	switch {
	case isForm && form.Has("payload"):
		tree([]byte(form.Get("payload")), func(b []byte) []byte { return []byte(url.Values{"payload": {string(b)}}.Encode()) })
	case isForm:
		for _, k := range slices.Sorted(maps.Keys(form)) {
			c := maps.Clone(form)
			delete(c, k)
			add(k+" is missing", []byte(c.Encode()))
			for name, v := range map[string]string{"empty": "", "NUL": "a\x00b", "bad UTF-8": "\xff\xfe", "huge": strings.Repeat("x", 9000), "negative": "-1", "beyond int64": "99999999999999999999", "path": "../../x"} {
				c := maps.Clone(form)
				c[k] = []string{v}
				add(k+" is "+name, []byte(c.Encode()))
			}
		}
		add("a broken escape", []byte("text=%zz&handoff=%"))
	case len(h.body) > 0:
		if !tree(h.body, func(b []byte) []byte { return b }) {
			add("an empty body", []byte{})
		}
	}
	path, query, _ := strings.Cut(h.path, "?")
	for name, with := range map[string]string{"no number": "x", "negative": "-1", "zero": "0", "beyond int64": "99999999999999999999", "NUL": "%00", "bad UTF-8": "%ff"} {
		if found := digits.FindString(path); found != "" && strings.Contains(path, "/"+found) {
			c := h
			c.path = strings.Replace(path, "/"+found, "/"+with, 1)
			all = append(all, change{h.kind() + ": the number in its path is " + name, c})
		}
		if found := random.FindString(path); found != "" {
			c := h
			c.path = strings.Replace(path, found, with, 1)
			all = append(all, change{h.kind() + ": the key in its path is " + name, c})
		}
		if v, err := url.ParseQuery(query); err == nil {
			for _, k := range slices.Sorted(maps.Keys(v)) {
				c := h
				c.path = path + "?" + strings.Replace(v.Encode(), k+"="+url.QueryEscape(v.Get(k)), k+"="+with, 1)
				all = append(all, change{h.kind() + ": " + k + " is " + name, c})
			}
		}
	}
	for _, name := range []string{"Authorization", "Cookie", "Origin", "Content-Type", "X-Slack-Signature", "X-Slack-Request-Timestamp", "Webhook-Signature", "Webhook-Id"} {
		if h.header.Get(name) == "" && name != "Origin" {
			continue
		}
		for what, v := range map[string]string{"garbage": "garbage", "empty": "", "long": strings.Repeat("x", 8000)} {
			c := h
			c.header = h.header.Clone()
			c.header.Set(name, v)
			c.header.Set("X-Broken", name) // so that it is not signed anew
			all = append(all, change{h.kind() + ": the header " + name + " is " + what, c})
		}
	}
	slices.SortFunc(all, func(a, b change) int { return strings.Compare(a.name, b.name) })
	return all
}

// send sends a request again, signed anew where it was signed, and returns what it is answered.
func (h heard) send(t *testing.T, base string, p *platform) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, h.method, base, bytes.NewReader(h.body))
	if err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(h.path, "?")
	r.URL.Opaque, r.URL.RawQuery = path, query
	r.Header = h.header.Clone()
	again := r.Header.Get("X-Broken")
	r.Header.Del("X-Broken")
	r.Header.Del("Connection")
	r.Header.Del("Content-Length")
	if strings.HasPrefix(h.path, "/slack/") && !strings.HasPrefix(again, "X-Slack") {
		maps.Copy(r.Header, slacktest.Sign(slacktest.SigningSecret, time.Now(), h.body))
	}
	if strings.HasPrefix(h.path, "/webhook/") && !strings.HasPrefix(again, "Webhook") {
		p.signs(r, string(h.body))
	}
	res, err := stays.Do(r)
	if err != nil {
		return "no answer: " + err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	if res.Header.Get("Content-Type") == "text/event-stream" {
		return "200 a stream"
	}
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	var e struct {
		Error struct{ Code, Message string }
	}
	switch {
	case json.Unmarshal(b, &e) == nil && e.Error.Code != "":
		return fmt.Sprint(res.StatusCode, " ", e.Error.Code, " ", e.Error.Message)
	case res.StatusCode/100 == 4 && len(b) < 300:
		return fmt.Sprint(res.StatusCode, " ", strings.TrimSpace(string(b)))
	}
	return fmt.Sprint(res.StatusCode)
}

// answers is where every bad input stands with its exact answer: UPDATE=1 writes it.
const answers = "testdata/answers.txt"

// medley is one of everything that customers, agents and platforms send.
func (w *whole) medley(p *platform) {
	w.Helper()
	ana := w.visitAs(`{"contact":{"name":"Ana Ruiz","email":"ana@example.com","phone":"+49 171 1234567","variables":{"order":"1182"}},"page_url":"https://shop.example/pricing?x=1","language":"en"}`)
	ana.says("how long does delivery take?")
	ana.reads("bot: ")
	ana.call(http.MethodGet, "/web/messages?after=0", "", http.StatusOK, nil)
	ana.call(http.MethodPost, "/web/handoff", "", http.StatusOK, nil)
	w.cardShows("WAITING")
	ana.call(http.MethodDelete, "/web/handoff", "", http.StatusOK, nil)
	w.cardShows("CANCELLED")
	ana.says("a human please")
	w.until("another card", func() bool { return len(w.slack.Channel("C1")) == 2 })
	card := w.cardShows("WAITING", "Ana Ruiz")
	ana.call(http.MethodPost, "/web/typing", "", http.StatusNoContent, nil)
	ana.call(http.MethodPost, "/web/seen", `{"seq":2}`, http.StatusOK, nil)
	line := w.slack.Say("C1", card.TS, "UBOB", "A line before the claim")
	w.told("UBOB", "nobody has claimed")
	w.ok(w.slack.Answer("UBOB", "keep_internal"))
	w.slack.Edit("C1", line, "A line before the claim, edited")
	w.click(card.TS, "claim", "UMIA")
	ana.reads("Hi, I'm Mia.")
	ana.sends("f1", "with a file", ana.uploads("a.txt", []byte("text of a file"), http.StatusCreated))
	w.until("the file is in the thread", func() bool { return len(w.sharedIn(card.TS)) == 1 })
	line = w.slack.Say("C1", card.TS, "UMIA", "We do, from May on.")
	ana.reads("We do, from May on.")
	w.slack.Edit("C1", line, "We do, from June on.")
	ana.reads("from June on")
	w.slack.Delete("C1", line)
	w.slack.SayFiles("C1", card.TS, "UMIA", "see here", slacktest.File{Name: "b.txt", Content: []byte("of an agent")})
	f := ana.file("b.txt", ready)
	w.gets(f.URL)
	w.slack.Broadcast("C1", card.TS, "UMIA", "also in the channel")
	w.slack.Say("C1", card.TS, "UMIA", "cc <@UBOB> what do you think?")
	w.told("UMIA", "mention")
	w.ok(w.slack.Answer("UMIA", "send_line"))
	w.slack.Say("C1", card.TS, "UMIA", "<@UBOT> kb what does delivery cost")
	w.told("UMIA", "found")
	w.ok(w.slack.Answer("UMIA", "insert"))
	w.until("the draft is open", func() bool { v := w.slack.Modal("UMIA"); return v != nil && len(v.Fields()) > 0 })
	_, err := w.slack.Submit("UMIA", "from the draft")
	w.ok(err)
	w.click(card.TS, "draft", "UMIA")
	w.until("a draft is open", func() bool { v := w.slack.Modal("UMIA"); return v != nil && len(v.Fields()) > 0 })
	for _, text := range []string{"", "queue", "live", "status busy", "status", "stats 1d", "doctor", "kb what does delivery cost", "snooze 2h", "nonsense", "pause incident", "pause off", "help", "escalate", "assign", "transfer"} {
		_, err := w.slack.Command("UMIA", "C1", text)
		w.ok(err)
	}
	w.slack.OpenHome("UMIA")
	w.until("home is there", func() bool { return w.slack.Home("UMIA") != "" })
	_ = w.slack.AtHome("UMIA", "home_status", "away")
	w.ok(w.slack.More("C1", card.TS, "Snooze", "UMIA"))
	w.ok(w.slack.Shortcut("C1", card.TS, "release", "UMIA"))
	w.cardShows("WAITING")
	w.click(card.TS, "claim", "UMIA")
	w.cardShows("CLAIMED")
	for _, action := range []string{"assign", "transfer", "escalate"} {
		if w.slack.Click("C1", card.TS, action, "UMIA") == nil {
			w.until("a form is open", func() bool { return w.slack.Modal("UMIA") != nil })
		}
	}
	mia := w.console()
	id, err := w.app.store.Queue(w.Context(), true)
	w.ok(err)
	page, handoff := fmt.Sprintf("/console/c/%d", id[0].ID), map[string]string{"handoff": fmt.Sprint(id[0].Handoff.ID), "key": "k1", "text": "from the console", "cited": "0"}
	mia.gets("/console/")
	mia.gets(page)
	for _, step := range []string{"show", "note", "draft", "reply", "release", "claim", "return"} {
		mia.posts(page+"/"+step, handoff)
	}
	if res, err := mia.PostForm(w.url+page+"/typing", url.Values{"form": {w.formOf(mia.Client)}}); err == nil {
		_ = res.Body.Close()
	}
	mia.posts(page+"/claim", map[string]string{"handoff": "0"})
	w.until("a third card", func() bool { return len(w.slack.Channel("C1")) == 3 })
	now, err := w.app.store.Get(w.Context(), id[0].ID)
	w.ok(err)
	handoff["handoff"] = fmt.Sprint(now.Handoff.ID)
	mia.posts(page+"/resolve", handoff)
	mia.posts(page+"/reopen", handoff)
	mia.gets("/console/audit?before=1000")
	if res, err := mia.PostForm(w.url+"/console/bells", url.Values{"form": {w.formOf(mia.Client)}, "way": {"email"}, "on": {"yes"}}); err == nil {
		_ = res.Body.Close()
	}
	if res, err := mia.PostForm(w.url+"/console/login", url.Values{"token": {"0123456789abcdef0123"}, "next": {"/console/"}}); err == nil {
		_ = res.Body.Close()
	}
	if res, err := mia.PostForm(w.url+"/console/login", url.Values{"link": {"once"}}); err == nil {
		_ = res.Body.Close()
	}
	now, err = w.app.store.Get(w.Context(), id[0].ID)
	w.ok(err)
	handoff["handoff"] = fmt.Sprint(now.Handoff.ID)
	mia.posts(page+"/resolve", handoff)
	ana.call(http.MethodPost, "/web/rating", `{"score":4,"comment":"fine"}`, http.StatusOK, nil)
	for _, body := range []string{`{"id":"w1","text":"hello","customer":{"id":"c1","name":"Eli","email":"eli@example.com"},"page_url":"https://x.example/","language":"en"}`} {
		r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.url+"/webhook/messages", strings.NewReader(body))
		w.ok(err)
		p.signs(r, body)
		res, err := http.DefaultClient.Do(r)
		w.ok(err)
		_ = res.Body.Close()
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/widget.js", "/", "/slack/install", "/slack/oauth?code=x&state=y", "/console/login?next=/console/", "/console/login?link=x", "/console/sw.js", "/console/assets/console.css"} {
		res, err := stays.Get(w.url + path)
		w.ok(err)
		_ = res.Body.Close()
	}
}

// stays is a client that follows no redirect.
var stays = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// TestWhatIsBrokenIsRefused replays one request of each kind with one thing in it broken, and holds the server to an answer below 500: bad input is
// never a fault of ours. In make check a slice of them, in make prove all.
func TestWhatIsBrokenIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 1)
	w := begin(t, settings{more: "agents:\n  mia: {slack_user: UMIA, display_name: Mia, role: lead, console_token: 0123456789abcdef0123}\n  bob: {slack_user: UBOB, display_name: Bob}\npublic_url: http://127.0.0.1:1\nchannels: {webhook: {secret: " + platformSecret + ", url: \"" + p.url + "\"}}\n",
		web: "bad_tokens_per_minute: 0, reads_per_second: 0, streams_per_session: 0, uploads_per_session: 0", slackMore: "client_id: '" + slacktest.ClientID + "', client_secret: " + slacktest.ClientSecret + ", token_keys: '" + key + "'"})
	real := w.url
	rec := w.record()
	w.medley(p)
	rec.mu.Lock()
	var all []change
	for _, kind := range slices.Sorted(maps.Keys(rec.kept)) {
		all = append(all, rec.kept[kind].changes()...)
	}
	kinds := len(rec.kept)
	rec.mu.Unlock()
	if kinds < 60 {
		t.Fatalf("%d kinds of requests: %v", kinds, slices.Sorted(maps.Keys(rec.kept)))
	}
	want := map[string]string{}
	b, err := os.ReadFile(answers)
	if err != nil && os.Getenv("UPDATE") == "" {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if name, answer, is := strings.Cut(strings.TrimSuffix(line, "\n"), " → "); is {
			want[name] = answer
		}
	}
	s, refused := seed(t), 0
	var list []string
	for i, c := range all {
		if os.Getenv("PROVE")+os.Getenv("UPDATE") == "" && (uint64(i)+s)%5 != 0 {
			continue
		}
		if c.path == "/console/logout" {
			continue // it would end what the others stand on
		}
		got := c.send(t, real, p)
		if strings.HasPrefix(got, "5") || strings.HasPrefix(got, "no answer") {
			t.Errorf("%s: %s", c.name, got)
		}
		if !strings.HasPrefix(got, "4") || strings.HasPrefix(got, "409") || strings.HasPrefix(got, "429") { // it was harmless, or it depends on what was before
			continue
		}
		refused++
		list = append(list, c.name+" → "+got+"\n")
		if known, is := want[c.name]; is && known != got && os.Getenv("UPDATE") == "" {
			t.Errorf("%s: %s, want %s", c.name, got, known)
		}
	}
	if log := w.log.String(); strings.Contains(log, "panic") {
		t.Error("something panicked")
	}
	if status, body := w.ready(); status != http.StatusOK {
		t.Error(status, body)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(answers, []byte(strings.Join(list, "")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(want) < 500 {
		t.Errorf("%s has %d bad inputs", answers, len(want))
	}
	t.Logf("%d kinds of requests, %d broken ones of %d tried, %d of them refused; %d stand with their exact answers", kinds, len(list), len(all), refused, len(want))
}
