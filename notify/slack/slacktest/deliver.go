package slacktest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// ackWithin is how long Slack waits for an ack.
const ackWithin = 3 * time.Second

// Sign signs a body as Slack does.
func Sign(secret string, at time.Time, body []byte) http.Header {
	ts := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "v0:%s:%s", ts, body)
	return http.Header{"X-Slack-Request-Timestamp": {ts}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))}}
}

// envelope is something on its way to the app, until it is acked.
type envelope struct {
	id      string
	kind    string // events_api, interactive or slash_commands
	payload []byte
	tries   int
	reply   chan []byte // of an interaction
	line    string      // channel and ts of the line it tells of
}

// Duplicate sends every event twice.
func (s *Server) Duplicate(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.duplicate = on
}

// Delay makes events wait, each for its own time, so that they overtake each other; nil: not at all.
func (s *Server) Delay(f func() time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shuffle = f
}

func event(m *Message, change map[string]any) map[string]any {
	e := render(m, nil)
	for k, v := range change {
		e[k] = v
	}
	e["channel"], e["event_ts"], e["channel_type"] = m.Channel, m.TS, "channel"
	return e
}

// emit sends an event; the lock is held.
func (s *Server) emit(e map[string]any) {
	if s.o.Events == "" && len(s.tickets) == 0 && len(s.sockets) == 0 {
		return
	}
	s.n++
	payload, _ := json.Marshal(map[string]any{"type": "event_callback", "team_id": s.teamOf(e["channel"]), "api_app_id": "A1", "event_id": fmt.Sprint("Ev", s.n), "event_time": time.Now().Unix(), "event": e})
	times := 1
	if s.duplicate {
		times = 2
	}
	for range times {
		s.n++
		env := &envelope{id: fmt.Sprint("env", s.n), kind: "events_api", payload: payload}
		if sub := e["subtype"]; sub == nil || sub == "file_share" || sub == "thread_broadcast" {
			env.line = fmt.Sprint(e["channel"], " ", e["ts"])
		}
		wait := time.Duration(0)
		if s.shuffle != nil {
			wait = s.shuffle()
		}
		s.pending.Add(1)
		go func() {
			defer s.pending.Done()
			s.deliver(env, wait)
		}()
	}
}

// deliver sends an envelope until it is acked, or given up: at once, at once again, after a minute, after five.
func (s *Server) deliver(e *envelope, wait time.Duration) {
	for try := 0; ; try++ {
		select {
		case <-s.closed:
			return
		case <-time.After(wait):
		}
		s.mu.Lock()
		to := s.o.Events
		if e.kind == "interactive" {
			to = s.o.Interactions
		}
		bySocket := to == ""
		s.mu.Unlock()
		if bySocket {
			s.toSocket(e)
			return
		}
		if s.post1(to, e, try) || try >= len(s.o.Retries) {
			return
		}
		wait = s.o.Retries[try]
	}
}

// post1 posts an envelope once and says whether it was acked in time.
func (s *Server) post1(to string, e *envelope, try int) bool {
	body, kind := e.payload, "application/json"
	if e.kind == "slash_commands" {
		var fields map[string]string
		_ = json.Unmarshal(e.payload, &fields)
		form := url.Values{}
		for k, v := range fields {
			form.Set(k, v)
		}
		body, kind = []byte(form.Encode()), "application/x-www-form-urlencoded"
	}
	if e.kind == "interactive" {
		body, kind = []byte(url.Values{"payload": {string(e.payload)}}.Encode()), "application/x-www-form-urlencoded"
	}
	r, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return true
	}
	r.Header = Sign(SigningSecret, time.Now(), body)
	r.Header.Set("Content-Type", kind)
	if try > 0 {
		r.Header.Set("X-Slack-Retry-Num", strconv.Itoa(try))
		r.Header.Set("X-Slack-Retry-Reason", "http_error")
	}
	res, err := (&http.Client{Timeout: ackWithin}).Do(r)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	answer, _ := io.ReadAll(res.Body)
	if res.StatusCode == http.StatusOK && e.line != "" {
		s.mu.Lock()
		s.acked[e.line] = true
		s.mu.Unlock()
	}
	if res.StatusCode == http.StatusOK && e.reply != nil {
		e.reply <- answer
	}
	return res.StatusCode == http.StatusOK
}

// --- Socket Mode

type socket struct {
	conn *websocket.Conn
	out  chan any
	deaf bool // it brings nothing any more, but pings
}

func (s *Server) openSocket() map[string]any {
	s.n++
	ticket := fmt.Sprint("ticket", s.n)
	s.tickets[ticket] = true
	return map[string]any{"ok": true, "url": "ws" + strings.TrimPrefix(s.h.URL, "http") + "/socket?ticket=" + ticket}
}

// Slack's clients name Slack's own origin.
var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	ok := s.tickets[r.URL.Query().Get("ticket")]
	s.tickets[r.URL.Query().Get("ticket")] = false // a ticket is good for one socket
	full := len(s.sockets) >= 10
	s.mu.Unlock()
	if !ok || full {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &socket{conn: conn, out: make(chan any, 100)}
	s.mu.Lock()
	s.sockets[c] = struct{}{}
	hello := map[string]any{"type": "hello", "num_connections": len(s.sockets), "connection_info": map[string]any{"app_id": "A1"}, "debug_info": map[string]any{"host": "fake"}}
	c.out <- hello
	for _, e := range s.unacked { // what no socket has acked is sent again
		c.out <- e.wire()
	}
	s.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		ping := time.NewTicker(5 * time.Second)
		defer ping.Stop()
		for {
			select {
			case m := <-c.out:
				s.mu.Lock()
				deaf := c.deaf
				s.mu.Unlock()
				if deaf {
					continue
				}
				if conn.WriteJSON(m) != nil {
					return
				}
			case <-ping.C:
				_ = conn.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(time.Second))
			case <-gone:
				return
			}
		}
	}()
	defer func() {
		close(gone)
		s.mu.Lock()
		delete(s.sockets, c)
		s.mu.Unlock()
		_ = conn.Close()
	}()
	for {
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if err := conn.ReadJSON(&ack); err != nil {
			return
		}
		s.mu.Lock()
		e := s.unacked[ack.EnvelopeID]
		delete(s.unacked, ack.EnvelopeID)
		if e != nil && e.line != "" {
			s.acked[e.line] = true
		}
		s.mu.Unlock()
		if e != nil && e.reply != nil {
			e.reply <- ack.Payload
		}
	}
}

func (e *envelope) wire() map[string]any {
	return map[string]any{"type": e.kind, "envelope_id": e.id, "payload": json.RawMessage(e.payload), "accepts_response_payload": e.kind != "events_api", "retry_attempt": e.tries}
}

// toSocket gives an envelope to one of the sockets, and again after three seconds until it is acked.
func (s *Server) toSocket(e *envelope) {
	s.mu.Lock()
	s.unacked[e.id] = e
	s.mu.Unlock()
	for {
		s.mu.Lock()
		if _, open := s.unacked[e.id]; !open {
			s.mu.Unlock()
			return
		}
		for c := range s.sockets { // Slack picks one
			select {
			case c.out <- e.wire():
				e.tries++
			default:
			}
			break
		}
		s.mu.Unlock()
		select {
		case <-s.closed:
			return
		case <-time.After(ackWithin):
		}
	}
}

// Refresh tells the sockets to reconnect, as Slack does every few hours, and closes them a moment later.
func (s *Server) Refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sockets {
		c.out <- map[string]any{"type": "disconnect", "reason": "refresh_requested", "debug_info": map[string]any{"host": "fake"}}
		time.AfterFunc(50*time.Millisecond, func() { _ = c.conn.Close() })
	}
}

// Drop closes the sockets without a word.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sockets {
		_ = c.conn.Close()
	}
}

// Deafen makes the open sockets bring nothing any more, though they answer pings: as broken as a connection can look whole.
func (s *Server) Deafen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sockets {
		c.deaf = true
	}
}

// Sockets returns how many sockets are open.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}
