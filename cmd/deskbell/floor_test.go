package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// floor is the least program that does the work of the two hot paths, without any feature on top: the product's speed is given
// as a share of it, from the same run.
type floor struct {
	db    *pgxpool.Pool
	slack string
	queue [32]chan floorItem // one worker a shard keeps a conversation's order
	mu    sync.RWMutex
	subs  map[string]chan string
}

type floorItem struct {
	id         int64
	conv, text string
}

// runFloor serves until its standard input closes.
func runFloor(database, slack string, stdin io.Reader, stdout io.Writer) int {
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		return 1
	}
	config.MaxConns = 16
	db, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return 1
	}
	if _, err := db.Exec(context.Background(), `CREATE TABLE IF NOT EXISTS floor_messages (id bigserial PRIMARY KEY, conv text NOT NULL, client text NOT NULL, body text NOT NULL, ts text, at timestamptz NOT NULL DEFAULT now(), UNIQUE (conv, client));
		CREATE TABLE IF NOT EXISTS floor_outbox (id bigint PRIMARY KEY, conv text NOT NULL, body text NOT NULL); CREATE TABLE IF NOT EXISTS floor_events (id text PRIMARY KEY)`); err != nil {
		return 1
	}
	f := &floor{db: db, slack: slack, subs: map[string]chan string{}}
	for i := range f.queue {
		f.queue[i] = make(chan floorItem, 4096)
		go f.post(f.queue[i])
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /messages", f.message)
	mux.HandleFunc("POST /slack/events", f.event)
	mux.HandleFunc("GET /stream", f.stream)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	_, _ = fmt.Fprintln(stdout, "ADDR", ln.Addr())
	go func() { _ = http.Serve(ln, mux) }()
	_, _ = io.Copy(io.Discard, stdin)
	return 0
}

func (f *floor) post(q chan floorItem) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	for it := range q {
		res, err := client.PostForm(f.slack+"chat.postMessage", url.Values{"channel": {"C1"}, "thread_ts": {it.conv}, "text": {it.text}})
		if err != nil {
			continue
		}
		var out struct{ TS string }
		_ = json.NewDecoder(res.Body).Decode(&out)
		_ = res.Body.Close()
		_, _ = f.db.Exec(context.Background(), `WITH d AS (DELETE FROM floor_outbox WHERE id = $1) UPDATE floor_messages SET ts = $2 WHERE id = $1`, it.id, out.TS)
	}
}

func (f *floor) message(w http.ResponseWriter, r *http.Request) {
	var in struct{ ID, Text string }
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	conv := r.Header.Get("Authorization")
	var id int64
	if err := f.db.QueryRow(r.Context(), `WITH m AS (INSERT INTO floor_messages (conv, client, body) VALUES ($1, $2, $3) RETURNING id, conv, body)
		INSERT INTO floor_outbox (id, conv, body) SELECT id, conv, body FROM m RETURNING id`, conv, in.ID, in.Text).Scan(&id); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	shard := 0
	for _, b := range []byte(conv) {
		shard = (shard*31 + int(b)) % len(f.queue)
	}
	f.queue[shard] <- floorItem{id, conv, in.Text}
	w.WriteHeader(http.StatusAccepted)
	_, _ = fmt.Fprintf(w, `{"id":"%d"}`, id)
}

func (f *floor) event(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	ts, _ := strconv.ParseInt(r.Header.Get("X-Slack-Request-Timestamp"), 10, 64)
	mac := hmac.New(sha256.New, []byte(benchSecret))
	_, _ = fmt.Fprintf(mac, "v0:%d:%s", ts, b)
	if err != nil || time.Since(time.Unix(ts, 0)).Abs() > 5*time.Minute || !hmac.Equal([]byte("v0="+hex.EncodeToString(mac.Sum(nil))), []byte(r.Header.Get("X-Slack-Signature"))) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var e struct {
		EventID string `json:"event_id"`
		Event   struct {
			Text     string
			ThreadTS string `json:"thread_ts"`
			TS       string
		}
	}
	if json.Unmarshal(b, &e) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	tag, err := f.db.Exec(r.Context(), `WITH e AS (INSERT INTO floor_events (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id)
		INSERT INTO floor_messages (conv, client, body, ts) SELECT $2, id, $3, $4 FROM e`, e.EventID, e.Event.ThreadTS, e.Event.Text, e.Event.TS)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusOK)
	if tag.RowsAffected() == 1 {
		f.mu.RLock()
		c := f.subs[e.Event.ThreadTS]
		f.mu.RUnlock()
		if c != nil {
			c <- e.Event.Text
		}
	}
}

func (f *floor) stream(w http.ResponseWriter, r *http.Request) {
	c := make(chan string, 256)
	f.mu.Lock()
	f.subs[r.URL.Query().Get("conv")] = c
	f.mu.Unlock()
	rc := http.NewResponseController(w)
	_ = rc.Flush()
	for {
		select {
		case text := <-c:
			_, _ = fmt.Fprintf(w, "data: %s\n\n", text)
			if rc.Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}
