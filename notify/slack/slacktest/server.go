// Package slacktest is a stateful fake Slack that enforces Slack's rules by itself, with faults on demand. It stands at the
// platform's door: what it is sent by HTTP is what Slack would be sent, and what it sends is signed as Slack signs.
package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The workspace that every server is.
const (
	Team          = "T1"
	BotUser       = "UBOT"
	BotID         = "BBOT"
	BotToken      = "xoxb-fake"
	AppToken      = "xapp-fake"
	SigningSecret = "8f742231b10e888"
)

// Options are the server's knobs.
type Options struct {
	PostsPerSecond float64 // in one channel; 0: 1; negative: no limit
	Burst          int     // posts let through at once, default 3
	NoTiers        bool    // do not limit the other methods (50 or 100 a minute)
	Retries        []time.Duration
	Events         string // where events are posted, as http://127.0.0.1:1/slack/events; "" with Socket Mode
	Interactions   string
	Commands       string
	Scopes         string        // of the token, as Slack tells them; "": not told
	Skew           time.Duration // of Slack's clock, ahead of ours
	Addr           string        // listen there; "": anywhere on loopback
}

// Message is a message as the server keeps it.
type Message struct {
	TS, ThreadTS, Channel, User, BotID, Username, Text string
	Blocks                                             []map[string]any
	Reactions                                          []string
	Files                                              []*File
	Deleted                                            bool
	EditedTS                                           string
	Posted                                             time.Time
}

// Fault makes one call fail.
type Fault struct {
	Status     int           // 429, 500, …; 0: none
	After      bool          // the call is done first: its outcome is unknown to the caller
	RetryAfter int           // seconds, with 429
	Hang       time.Duration // the answer waits so long
	Say        string        // ok:false with this error
	Body       string        // the answer, instead of what Slack would say
}

func (f Fault) harmless() bool { return f.Status == 0 && f.Say == "" && f.Body == "" }

// Server is a fake Slack.
type Server struct {
	URL string // ends in /api/
	o   Options
	h   *httptest.Server

	mu         sync.Mutex
	channels   map[string]*channel
	users      map[string]string // id → first name
	buckets    map[string]*bucket
	views      map[string]*View
	triggers   map[string]time.Time
	faults     map[string][]Fault
	fault      func(method, thread string) Fault
	acked      map[string]bool // channel and ts of lines whose event was acked
	calls      map[string]int
	limited    map[string]int
	ephemerals []*Ephemeral
	homes      map[string]map[string]any // of users
	n          int
	sockets    map[*socket]struct{}
	tickets    map[string]bool
	duplicate  bool
	shuffle    func() time.Duration
	unacked    map[string]*envelope
	pending    sync.WaitGroup
	closed     chan struct{}

	uninstalled bool
	guests      map[string]bool
	files       map[string]*File
	grants      map[string]grant  // by token
	codes       map[string]string // of OAuth, by team
	approves    string
	life        time.Duration
}

type channel struct {
	team     string // "": Team
	archived bool
	messages []*Message
	lastTS   int64 // in microseconds
}

type bucket struct {
	left float64
	at   time.Time
}

// Ephemeral is a message that one user sees.
type Ephemeral struct {
	Channel, User, Text, TS string
	Blocks                  []map[string]any
}

// View is an open modal.
type View struct {
	ID, User, Callback, Metadata string
	Body                         map[string]any
	Updates                      int
	Was                          []string // Text before each update
}

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := New(o)
	t.Cleanup(s.Close)
	return s
}

// New runs a server until Close.
func New(o Options) *Server {
	if o.PostsPerSecond == 0 {
		o.PostsPerSecond = 1
	}
	if o.Burst == 0 {
		o.Burst = 3
	}
	if o.Retries == nil {
		o.Retries = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	s := &Server{
		o: o, channels: map[string]*channel{"C1": {}, "C2": {}}, users: map[string]string{"UMIA": "Mia", "UBOB": "Bob"}, buckets: map[string]*bucket{}, views: map[string]*View{}, homes: map[string]map[string]any{}, guests: map[string]bool{}, files: map[string]*File{}, grants: map[string]grant{BotToken: {team: Team}}, codes: map[string]string{},
		triggers: map[string]time.Time{}, faults: map[string][]Fault{}, calls: map[string]int{}, limited: map[string]int{}, sockets: map[*socket]struct{}{}, tickets: map[string]bool{},
		unacked: map[string]*envelope{}, acked: map[string]bool{}, closed: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", s.api)
	mux.HandleFunc("/socket", s.socket)
	mux.HandleFunc("/response/", s.respond)
	mux.HandleFunc("/upload/", s.upload)
	mux.HandleFunc("/oauth/v2/authorize", s.authorize)
	mux.HandleFunc("/download/", s.download)
	s.h = httptest.NewServer(mux)
	s.URL = s.h.URL + "/api/"
	return s
}

// Close ends the server and what it still sends.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	for c := range s.sockets {
		_ = c.conn.Close()
	}
	s.mu.Unlock()
	s.h.CloseClientConnections()
	s.h.Close()
	s.pending.Wait()
}

// Listen tells the server where the app takes events and interactions, by HTTP.
func (s *Server) Listen(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.Events, s.o.Interactions, s.o.Commands = base+"/slack/events", base+"/slack/interactions", base+"/slack/commands"
}

// Fail makes the next calls of a method fail, one fault each.
func (s *Server) Fail(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = append(s.faults[method], faults...)
}

// FailAs decides of every call whether it fails; thread is the thread it posts into. nil: none does.
func (s *Server) FailAs(f func(method, thread string) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Archive archives a channel.
func (s *Server) Archive(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[name].archived = true
	s.emit(map[string]any{"type": "channel_archive", "channel": name, "user": "UBOB"})
}

// Uninstall removes the app from the workspace: its token is no good any more. On installs it again.
func (s *Server) Uninstall(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uninstalled = on; on {
		s.emit(map[string]any{"type": "app_uninstalled"})
	}
}

// Deactivate deactivates a person.
func (s *Server) Deactivate(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emit(map[string]any{"type": "user_change", "user": map[string]any{"id": user, "deleted": true}})
}

// AddChannel adds a channel that the app is in.
func (s *Server) AddChannel(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[name] = &channel{}
}

// AddUser adds a person with a first name.
func (s *Server) AddUser(id, first string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[id] = first
}

// AddGuest adds a guest with a first name.
func (s *Server) AddGuest(id, first string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[id], s.guests[id] = first, true
}

// SetRate changes how many posts a second a channel takes.
func (s *Server) SetRate(posts float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.PostsPerSecond = posts
}

// Calls returns how often a method was called and how often it was limited.
func (s *Server) Calls(method string) (calls, limited int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method], s.limited[method]
}

type args map[string]any

func (a args) str(key string) string { v, _ := a[key].(string); return v }

// api serves one Web API method.
func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	body, _ := io.ReadAll(r.Body)
	in := args{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		_ = json.Unmarshal(body, &in)
	} else {
		form, _ := url.ParseQuery(string(body))
		for k, v := range form {
			in[k] = v[0]
		}
		for k, v := range r.URL.Query() {
			in[k] = v[0]
		}
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		token = in.str("token")
	}
	w.Header().Set("Date", time.Now().Add(s.o.Skew).UTC().Format(http.TimeFormat))
	s.mu.Lock()
	s.calls[method]++
	f := s.nextFault(method, in.str("thread_ts"))
	if f.harmless() || f.After {
		if wait := s.limit(method, in.str("channel")); wait > 0 {
			f = Fault{Status: http.StatusTooManyRequests, RetryAfter: int(wait.Seconds() + 0.999)}
			s.limited[method]++
		}
	}
	var out map[string]any
	if f.harmless() || f.After {
		out = s.call(method, token, in)
	}
	s.mu.Unlock()
	if f.Hang > 0 {
		select {
		case <-time.After(f.Hang):
		case <-r.Context().Done():
			return
		case <-s.closed:
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-OAuth-Scopes", s.o.Scopes)
	switch {
	case f.Status == http.StatusTooManyRequests:
		w.Header().Set("Retry-After", strconv.Itoa(max(1, f.RetryAfter)))
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, `{"ok":false,"error":"ratelimited"}`)
	case f.Status != 0 || f.Body != "":
		w.WriteHeader(max(f.Status, http.StatusOK))
		_, _ = io.WriteString(w, f.Body)
	case f.Say != "":
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": f.Say})
	default:
		_ = json.NewEncoder(w).Encode(out)
	}
}

func (s *Server) nextFault(method, thread string) Fault {
	if q := s.faults[method]; len(q) > 0 {
		s.faults[method] = q[1:]
		return q[0]
	}
	if s.fault != nil {
		return s.fault(method, thread)
	}
	return Fault{}
}

// limit is how long the caller must wait: about one post a second in a channel, and the methods' tiers.
func (s *Server) limit(method, where string) time.Duration {
	rate, burst, key := 50.0/60, 50, method
	switch method {
	case "chat.postMessage":
		rate, burst, key = s.o.PostsPerSecond, s.o.Burst, method+" "+where
	case "views.open", "views.update", "views.push", "views.publish", "users.info", "chat.postEphemeral", "files.info", "files.getUploadURLExternal", "files.completeUploadExternal":
		rate, burst = 100.0/60, 100
	case "auth.test", "apps.connections.open":
		return 0
	}
	if rate < 0 || s.o.NoTiers && method != "chat.postMessage" {
		return 0
	}
	now := time.Now()
	b := s.buckets[key]
	if b == nil {
		b = &bucket{left: float64(burst), at: now}
		s.buckets[key] = b
	}
	b.left = min(float64(burst), b.left+now.Sub(b.at).Seconds()*rate)
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / rate * float64(time.Second))
	}
	b.left--
	return 0
}

func no(err string) map[string]any { return map[string]any{"ok": false, "error": err} }

// call does one method; the lock is held.
func (s *Server) call(method, token string, in args) map[string]any {
	if method == "apps.connections.open" {
		if token != AppToken {
			return no("invalid_auth")
		}
		return s.openSocket()
	}
	if method == "oauth.v2.access" {
		return s.oauth(in)
	}
	g, known := s.grants[token]
	switch {
	case !known:
		return no("invalid_auth")
	case !g.ends.IsZero() && time.Now().After(g.ends):
		return no("token_expired")
	}
	if s.uninstalled {
		return no("account_inactive")
	}
	switch method {
	case "auth.test":
		return map[string]any{"ok": true, "team_id": g.team, "user_id": botUser(g.team), "bot_id": botID(g.team), "team": "Fake", "user": "deskbell", "url": "http://127.0.0.1/"}
	case "users.info":
		first, ok := s.users[in.str("user")]
		if !ok {
			return no("user_not_found")
		}
		return map[string]any{"ok": true, "user": map[string]any{"id": in.str("user"), "team_id": g.team, "is_restricted": s.guests[in.str("user")], "name": strings.ToLower(first), "profile": map[string]any{"first_name": first, "image_192": "https://img.example/" + first}}}
	case "files.info", "files.getUploadURLExternal", "files.completeUploadExternal", "files.delete":
		return s.fileCall(method, in)
	case "views.open", "views.update", "views.push":
		return s.view(method, in)
	case "views.publish":
		body, _ := in["view"].(map[string]any)
		if body["type"] != "home" || !checkBlocks(body["blocks"], 100) {
			return no("invalid_blocks")
		}
		s.homes[in.str("user_id")] = body
		return map[string]any{"ok": true, "view": map[string]any{"id": "VHOME" + in.str("user_id")}}
	}
	c := s.channels[in.str("channel")]
	switch {
	case c == nil || s.teamOf(in.str("channel")) != g.team:
		return no("channel_not_found")
	case c.archived && method != "conversations.history" && method != "conversations.replies":
		return no("is_archived")
	}
	switch method {
	case "chat.postMessage":
		return s.post(c, in)
	case "chat.postEphemeral":
		e := &Ephemeral{Channel: in.str("channel"), User: in.str("user"), Text: in.str("text"), TS: s.nextTS(c)}
		if raw := in.str("blocks"); raw != "" {
			if err := json.Unmarshal([]byte(raw), &e.Blocks); err != nil {
				return no("invalid_blocks_format")
			}
		}
		if problem := check(e.Text, e.Blocks); problem != "" {
			return no(problem)
		}
		s.ephemerals = append(s.ephemerals, e)
		return map[string]any{"ok": true, "message_ts": e.TS}
	case "chat.update":
		return s.update(c, in)
	case "chat.delete":
		m := c.find(in.str("ts"))
		if m == nil || m.BotID != botID(g.team) {
			return no("message_not_found")
		}
		m.Deleted = true
		return map[string]any{"ok": true, "channel": in.str("channel"), "ts": m.TS}
	case "reactions.add":
		m := c.find(in.str("timestamp"))
		switch {
		case m == nil:
			return no("message_not_found")
		case slices.Contains(m.Reactions, in.str("name")):
			return no("already_reacted")
		}
		m.Reactions = append(m.Reactions, in.str("name"))
		return map[string]any{"ok": true}
	case "reactions.remove":
		m := c.find(in.str("timestamp"))
		if m == nil || !slices.Contains(m.Reactions, in.str("name")) {
			return no("no_reaction")
		}
		m.Reactions = slices.DeleteFunc(m.Reactions, func(r string) bool { return r == in.str("name") })
		return map[string]any{"ok": true}
	case "conversations.replies":
		return s.list(c, in, func(m *Message) bool { return m.ThreadTS == in.str("ts") || m.TS == in.str("ts") }, false)
	case "conversations.history":
		return s.list(c, in, func(m *Message) bool { return m.ThreadTS == "" }, true)
	}
	return no("unknown_method")
}

// Restore puts messages into their channels as they were when Channel and Everything returned them from another server.
func (s *Server) Restore(messages ...Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		c := s.channels[m.Channel]
		seconds, micros, _ := strings.Cut(m.TS, ".")
		at, _ := strconv.ParseInt(seconds+micros, 10, 64)
		c.lastTS = max(c.lastTS, at)
		c.messages = append(c.messages, &m)
	}
}

func (c *channel) find(ts string) *Message {
	for _, m := range slices.Backward(c.messages) {
		if m.TS == ts && !m.Deleted {
			return m
		}
	}
	return nil
}

// nextTS is unique in its channel only: two channels that were used at the same time have the same ones.
func (s *Server) nextTS(c *channel) string {
	now := time.Now().UnixMilli() / 10 * 10_000
	c.lastTS = max(c.lastTS+1, now)
	return fmt.Sprintf("%d.%06d", c.lastTS/1_000_000, c.lastTS%1_000_000)
}

func (s *Server) post(c *channel, in args) map[string]any {
	m := &Message{Channel: in.str("channel"), ThreadTS: in.str("thread_ts"), User: botUser(s.teamOf(in.str("channel"))), BotID: botID(s.teamOf(in.str("channel"))), Username: in.str("username"), Text: in.str("text"), Posted: time.Now()}
	if raw := in.str("blocks"); raw != "" {
		if err := json.Unmarshal([]byte(raw), &m.Blocks); err != nil {
			return no("invalid_blocks_format")
		}
	}
	if problem := check(m.Text, m.Blocks); problem != "" {
		return no(problem)
	}
	if m.ThreadTS != "" && c.find(m.ThreadTS) == nil {
		return no("thread_not_found")
	}
	m.TS = s.nextTS(c)
	c.messages = append(c.messages, m)
	s.emit(event(m, nil)) // our own posts come back as events
	return map[string]any{"ok": true, "channel": m.Channel, "ts": m.TS, "message": render(m, c)}
}

func (s *Server) update(c *channel, in args) map[string]any {
	m := c.find(in.str("ts"))
	if m == nil {
		return no("message_not_found")
	}
	if m.BotID != botID(s.teamOf(in.str("channel"))) {
		return no("cant_update_message")
	}
	var blocks []map[string]any
	if raw := in.str("blocks"); raw != "" {
		if err := json.Unmarshal([]byte(raw), &blocks); err != nil {
			return no("invalid_blocks_format")
		}
	}
	if problem := check(in.str("text"), blocks); problem != "" {
		return no(problem)
	}
	m.Text, m.Blocks = in.str("text"), blocks
	return map[string]any{"ok": true, "channel": m.Channel, "ts": m.TS, "text": m.Text}
}

func (s *Server) list(c *channel, in args, want func(*Message) bool, newestFirst bool) map[string]any {
	limit, _ := strconv.Atoi(in.str("limit"))
	if limit <= 0 || limit > 1000 {
		limit = 100
	}
	skip, _ := strconv.Atoi(in.str("cursor"))
	all := []map[string]any{}
	messages := slices.Clone(c.messages)
	if newestFirst {
		slices.Reverse(messages)
	}
	for _, m := range messages {
		oldest, latest, inclusive := in.str("oldest"), in.str("latest"), in.str("inclusive") == "1" || in.str("inclusive") == "true"
		after := m.TS > oldest || inclusive && m.TS == oldest
		before := latest == "" || m.TS < latest || inclusive && m.TS == latest
		if !m.Deleted && want(m) && after && before {
			all = append(all, render(m, c))
		}
	}
	if in.str("ts") != "" && len(all) == 0 {
		return no("thread_not_found")
	}
	page := all[min(skip, len(all)):min(skip+limit, len(all))]
	next := ""
	if skip+limit < len(all) {
		next = strconv.Itoa(skip + limit)
	}
	return map[string]any{"ok": true, "messages": page, "has_more": next != "", "response_metadata": map[string]any{"next_cursor": next}}
}

// render is a message as Slack sends it.
func render(m *Message, c *channel) map[string]any {
	out := map[string]any{"type": "message", "ts": m.TS, "user": m.User, "text": m.Text}
	if m.ThreadTS != "" {
		out["thread_ts"] = m.ThreadTS
	}
	if m.BotID != "" {
		out["bot_id"] = m.BotID
	}
	if len(m.Blocks) > 0 {
		out["blocks"] = m.Blocks
	}
	if len(m.Files) > 0 {
		out["files"] = rendered(m.Files)
	}
	if m.EditedTS != "" {
		out["edited"] = map[string]any{"user": m.User, "ts": m.EditedTS}
	}
	if c != nil {
		replies := 0
		for _, r := range c.messages {
			if r.ThreadTS == m.TS && !r.Deleted {
				replies++
			}
		}
		if replies > 0 {
			out["reply_count"] = replies
			out["thread_ts"] = m.TS
		}
	}
	return out
}

func (s *Server) view(method string, in args) map[string]any {
	body, _ := in["view"].(map[string]any)
	if raw := in.str("view"); raw != "" {
		_ = json.Unmarshal([]byte(raw), &body)
	}
	if problem := checkView(body); problem != "" {
		return no(problem)
	}
	callback, _ := body["callback_id"].(string)
	metadata, _ := body["private_metadata"].(string)
	if method == "views.update" {
		v := s.views[in.str("view_id")]
		if v == nil {
			return no("not_found")
		}
		if h := in.str("hash"); h != "" && h != v.hash() {
			return no("hash_conflict")
		}
		v.Was = append(v.Was, v.Text())
		v.Body, v.Metadata, v.Callback, v.Updates = body, metadata, callback, v.Updates+1
		return map[string]any{"ok": true, "view": map[string]any{"id": v.ID, "hash": v.hash()}}
	}
	trigger := in.str("trigger_id")
	at, known := s.triggers[trigger]
	switch {
	case !known:
		return no("invalid_trigger_id")
	case time.Since(at) > 3*time.Second:
		return no("expired_trigger_id")
	}
	delete(s.triggers, trigger)
	s.n++
	v := &View{ID: fmt.Sprint("V", s.n), User: strings.Split(trigger, ".")[0], Callback: callback, Metadata: metadata, Body: body}
	s.views[v.ID] = v
	return map[string]any{"ok": true, "view": map[string]any{"id": v.ID, "hash": v.hash()}}
}
