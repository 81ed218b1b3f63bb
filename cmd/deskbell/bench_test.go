package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskbell/deskbell/handover"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

const benchSecret = "8f742231b10e8888abcd99"

// lat collects latencies.
type lat struct {
	mu sync.Mutex
	d  []time.Duration
}

func (l *lat) add(d time.Duration) { l.mu.Lock(); l.d = append(l.d, d); l.mu.Unlock() }

func (l *lat) pct(p float64) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.d) == 0 {
		return 0
	}
	slices.Sort(l.d)
	return float64(l.d[int(p*float64(len(l.d)-1))].Microseconds()) / 1000
}

// tracked follows messages by the id in their text, (m.ID).
type tracked struct {
	mu      sync.Mutex
	sent    map[string]time.Time
	seen    atomic.Int64
	visible lat
}

var marker = regexp.MustCompile(`\(m\.([0-9a-z.]+)\)`)

func (t *tracked) saw(text string) {
	now := time.Now()
	for _, m := range marker.FindAllStringSubmatch(text, -1) {
		t.mu.Lock()
		at, ok := t.sent[m[1]]
		delete(t.sent, m[1])
		t.mu.Unlock()
		if ok {
			t.visible.add(now.Sub(at))
			t.seen.Add(1)
		}
	}
}

// result is one line of the table.
type result struct{ rate, ack50, ack99, visible50, visible99 float64 }

// drive sends from c conversations for d: as fast as acks come, or rate messages a second in all.
func drive(t *tracked, c int, d time.Duration, rate float64, send func(conv int, id, text string) error) result {
	t.mu.Lock()
	t.sent = map[string]time.Time{}
	t.mu.Unlock()
	t.seen.Store(0)
	t.visible = lat{}
	var acks lat
	var n atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	run := strconv.FormatInt(start.UnixNano()%1e9, 36)
	for w := range c {
		wg.Go(func() {
			next := start.Add(time.Duration(float64(w) / max(rate, 1) * 1e9))
			for i := 0; time.Since(start) < d; i++ {
				if rate > 0 {
					time.Sleep(time.Until(next)) // the rate of the load
					next = next.Add(time.Duration(float64(c) / rate * 1e9))
				}
				id := fmt.Sprintf("%s.%d.%d", run, w, i)
				t.mu.Lock()
				t.sent[id] = time.Now()
				t.mu.Unlock()
				at := time.Now()
				if err := send(w, id, strings.Repeat("lorem ipsum ", 14)+"(m."+id+")"); err != nil {
					fmt.Println("error:", err)
					continue
				}
				acks.add(time.Since(at))
				n.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	for deadline := time.Now().Add(15 * time.Second); t.seen.Load() < n.Load() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond) // until all were seen
	}
	if t.seen.Load() < n.Load() {
		fmt.Printf("LOST: %d of %d were not seen\n", n.Load()-t.seen.Load(), n.Load())
	}
	return result{float64(n.Load()) / took.Seconds(), acks.pct(.5), acks.pct(.99), t.visible.pct(.5), t.visible.pct(.99)}
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 30 * time.Second}

func post(to, token, kind string, body []byte, header http.Header) error {
	r, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for k, v := range header {
		r.Header[k] = v
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", token)
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s %s", to, res.Status, b)
	}
	return err
}

func signedBody(body []byte) http.Header {
	ts := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(benchSecret))
	_, _ = fmt.Fprintf(mac, "v0:%s:%s", ts, body)
	return http.Header{"X-Slack-Request-Timestamp": {ts}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))}}
}

// stub is a Slack that takes everything at once.
type stub struct {
	*httptest.Server
	seen  *tracked
	n     atomic.Int64
	mu    sync.Mutex
	cards map[string][2]string // customer → ts and handoff of her card
}

var cardOf = regexp.MustCompile(`bench-(\d+)\\?\*?`)
var claimOf = regexp.MustCompile(`"action_id":"claim"[^}]*?\}?[^}]*?"value":"(\d+)"`)

func newStub() *stub {
	s := &stub{seen: &tracked{}, cards: map[string][2]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(b))
		n := s.n.Add(1)
		ts := fmt.Sprintf("%d.%06d", 1700000000+n/1e6, n%1e6)
		switch {
		case strings.HasSuffix(r.URL.Path, "auth.test"):
			_, _ = io.WriteString(w, `{"ok":true,"team_id":"T1","user_id":"UB","bot_id":"BB"}`)
			return
		case strings.HasSuffix(r.URL.Path, "users.info"):
			_, _ = io.WriteString(w, `{"ok":true,"user":{"id":"UMIA","profile":{"first_name":"Mia"}}}`)
			return
		case strings.HasSuffix(r.URL.Path, "chat.postMessage") && form.Get("thread_ts") == "":
			blocks := form.Get("blocks")
			if c, v := cardOf.FindStringSubmatch(blocks), claimOf.FindStringSubmatch(blocks); c != nil && v != nil {
				s.mu.Lock()
				s.cards[c[1]] = [2]string{ts, v[1]}
				s.mu.Unlock()
			}
		case strings.HasSuffix(r.URL.Path, "chat.postMessage"):
			if text := form.Get("blocks"); text != "" {
				s.seen.saw(text)
			} else {
				s.seen.saw(form.Get("text"))
			}
		}
		_, _ = fmt.Fprintf(w, `{"ok":true,"channel":"C1","ts":%q}`, ts)
	}))
	return s
}

// process is the floor or the product as a child.
func process(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if len(args) > 0 && strings.HasPrefix(args[0], "/") {
		self, args = args[0], args[1:]
	}
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), env...)
	c.Stderr = os.Stderr
	return c
}

func streamInto(t *tracked, url string) {
	res, err := http.Get(url)
	if err != nil {
		return
	}
	for s := bufio.NewScanner(res.Body); s.Scan(); {
		t.saw(s.Text())
	}
}

func TestBench(t *testing.T) {
	if os.Getenv("BENCH") == "" {
		t.Log("make bench measures; here only that it builds")
		return
	}
	dir, err := os.MkdirTemp("/tmp", "dbbench")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	db, err := pg.Open(t.Context(), pg.Options{DataDir: dir, Logger: pgtest.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	database := db.Config().ConnString()
	const c, d = 16, 3 * time.Second

	slack := newStub()
	defer slack.Close()
	fc := process(t, []string{"DESKBELL_TEST_FLOOR=" + database, "DESKBELL_TEST_SLACK=" + slack.URL + "/api/"})
	in, _ := fc.StdinPipe()
	out, _ := fc.StdoutPipe()
	if err := fc.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	floorURL := "http://" + strings.TrimSpace(strings.TrimPrefix(line, "ADDR "))
	floorSeen := &tracked{}
	for i := range c {
		go streamInto(floorSeen, fmt.Sprintf("%s/stream?conv=%d", floorURL, i))
	}
	w1 := func(base string, token func(int) string) func(int, string, string) error {
		return func(w int, id, text string) error {
			b, _ := json.Marshal(map[string]string{"id": id, "text": text})
			return post(base, token(w), "application/json", b, nil)
		}
	}
	var tsCounter atomic.Int64
	tsCounter.Store(time.Now().UnixMicro() + 100_000_000)
	w2 := func(base string, thread func(int) string) func(int, string, string) error {
		return func(w int, id, text string) error {
			n := tsCounter.Add(1)
			b, _ := json.Marshal(map[string]any{"type": "event_callback", "event_id": "Ev" + id, "team_id": "T1",
				"event": map[string]string{"type": "message", "channel": "C1", "user": "UMIA", "text": text, "thread_ts": thread(w), "ts": fmt.Sprintf("%d.%06d", n/1e6, n%1e6)}})
			return post(base+"/slack/events", "", "application/json", b, signedBody(b))
		}
	}

	// The product, as built, on the same PostgreSQL.
	file := filepath.Join(dir, "deskbell.yaml")
	addr := freeAddr(t)
	text := fmt.Sprintf("listen: %s\ndatabase: {url: %q}\nlog: {level: warn}\nweb: {messages_per_minute: 0, sessions_per_minute: 0, reads_per_second: 0, streams_per_session: 0, streams_per_address: 0}\nslack: {bot_token: xoxb-1, signing_secret: %s, api_url: %q, undo_window: 0s, posts_per_second: 0}\nteams: {support: {slack_channel: C1}}\n",
		addr, database, benchSecret, slack.URL+"/api/")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	binary, err := filepath.Abs("../../bin/deskbell")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + addr
	begin := func() (*exec.Cmd, time.Duration) {
		p := process(t, nil, binary, "serve", "--config", file)
		at := time.Now()
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		for {
			if res, err := client.Get(base + "/readyz"); err == nil {
				_ = res.Body.Close()
				if res.StatusCode == http.StatusOK {
					return p, time.Since(at)
				}
			}
			if time.Since(at) > 20*time.Second {
				t.Fatal("the product does not start")
			}
			time.Sleep(time.Millisecond) // until it is ready
		}
	}
	end := func(p *exec.Cmd) { _ = p.Process.Signal(os.Interrupt); _ = p.Wait() }
	p, _ := begin() // migrates
	end(p)
	var starts lat
	for range 5 {
		p, took := begin()
		starts.add(took)
		end(p)
	}
	p, _ = begin()
	defer end(p)
	time.Sleep(2 * time.Second) // idle
	idle := rss(p.Process.Pid)

	benchIdle(t, base, addr, p.Process.Pid)

	tokens, threads := make([]string, c), make([]string, c)
	productSeen := &tracked{}
	for i := range c {
		tokens[i], threads[i] = benchConversation(t, base, slack, i)
		go streamInto(productSeen, base+"/web/stream?token="+strings.TrimPrefix(tokens[i], "Bearer "))
	}
	time.Sleep(500 * time.Millisecond) // the streams are open

	type row struct {
		name           string
		floor, product result
	}
	var rows []row
	for _, k := range []int{1, c} {
		r := row{name: fmt.Sprintf("W1 c=%d", k)}
		r.floor = drive(slack.seen, k, d, 0, w1(floorURL+"/messages", strconv.Itoa))
		r.product = drive(slack.seen, k, d, 0, w1(base+"/web/messages", func(w int) string { return tokens[w] }))
		rows = append(rows, r)
		r = row{name: fmt.Sprintf("W2 c=%d", k)}
		r.floor = drive(floorSeen, k, d, 0, w2(floorURL, strconv.Itoa))
		r.product = drive(productSeen, k, d, 0, w2(base, func(w int) string { return threads[w] }))
		rows = append(rows, r)
	}
	r := row{name: "W1 50/s"}
	r.floor = drive(slack.seen, c, d, 50, w1(floorURL+"/messages", strconv.Itoa))
	r.product = drive(slack.seen, c, d, 50, w1(base+"/web/messages", func(w int) string { return tokens[w] }))
	rows = append(rows, r)
	r = row{name: "W2 50/s"}
	r.floor = drive(floorSeen, c, d, 50, w2(floorURL, strconv.Itoa))
	r.product = drive(productSeen, c, d, 50, w2(base, func(w int) string { return threads[w] }))
	rows = append(rows, r)
	fmt.Println("         floor/s  product/s  share   ack p50/p99 ms (floor)      visible p50/p99 ms (floor)")
	for _, r := range rows {
		fmt.Printf("%-8s %7.0f %9.0f %6.0f%%   %5.1f /%6.1f (%4.1f /%5.1f)   %6.1f /%7.1f (%5.1f /%6.1f)\n", r.name, r.floor.rate, r.product.rate, 100*r.product.rate/r.floor.rate,
			r.product.ack50, r.product.ack99, r.floor.ack50, r.floor.ack99, r.product.visible50, r.product.visible99, r.floor.visible50, r.floor.visible99)
	}
	_ = in.Close()
	_ = fc.Wait()
	benchClaims(t, db)
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("W7 ready on a migrated, running database: p50 %.0f ms, worst of 5 %.0f ms; idle RSS %.1f MiB; after the load %.1f MiB; binary %.1f MB\n", starts.pct(.5), starts.pct(1), idle, rss(p.Process.Pid), float64(info.Size())/1e6)
}

// benchIdle measures what customers who wait cost: their streams are open, and nothing happens.
func benchIdle(t *testing.T, base, addr string, pid int) {
	t.Helper()
	const readers = 2000
	res, err := client.Post(base+"/web/sessions", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	var in struct{ Token string }
	_ = json.NewDecoder(res.Body).Decode(&in)
	_ = res.Body.Close()
	before := rss(pid)
	open := make([]net.Conn, 0, readers)
	for range readers {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
		if _, err := io.WriteString(conn, "GET /web/stream?token="+in.Token+" HTTP/1.1\r\nHost: "+addr+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 15)
		if _, err := io.ReadFull(conn, head); err != nil || string(head) != "HTTP/1.1 200 OK" {
			t.Fatal(string(head), err)
		}
	}
	time.Sleep(3 * time.Second) // all wait
	fmt.Printf("W5 %d idle streams: %.1f KiB each\n", readers, (rss(pid)-before)*1024/readers)
	for _, conn := range open {
		_ = conn.Close()
	}
}

// benchConversation brings a customer to where an agent holds her conversation.
func benchConversation(t *testing.T, base string, slack *stub, i int) (token, thread string) {
	t.Helper()
	res, err := client.Post(base+"/web/sessions", "application/json", strings.NewReader(fmt.Sprintf(`{"contact":{"name":"bench-%d"}}`, i)))
	if err != nil {
		t.Fatal(err)
	}
	var in struct{ Token string }
	_ = json.NewDecoder(res.Body).Decode(&in)
	_ = res.Body.Close()
	token = "Bearer " + in.Token
	if err := post(base+"/web/handoff", token, "application/json", nil, nil); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		slack.mu.Lock()
		card, ok := slack.cards[strconv.Itoa(i)]
		slack.mu.Unlock()
		if ok {
			payload := fmt.Sprintf(`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"UMIA"},"channel":{"id":"C1"},"message":{"ts":%q},"actions":[{"action_id":"claim","value":%q,"action_ts":"1700000000.000000"}]}`, card[0], card[1])
			body := []byte(url.Values{"payload": {payload}}.Encode())
			if err := post(base+"/slack/interactions", "", "application/x-www-form-urlencoded", body, signedBody(body)); err != nil {
				t.Fatal(err)
			}
			return token, card[0]
		}
		if time.Now().After(deadline) {
			t.Fatal("no card")
		}
	}
}

// benchClaims races 100 claims, 100 times, beside the bare SQL of it.
func benchClaims(t *testing.T, db *pg.DB) {
	t.Helper()
	ctx := context.Background()
	const rounds, racers = 100, 100
	race := func(claim func(racer int) bool, l *lat) int {
		var won atomic.Int32
		var wg sync.WaitGroup
		gate := make(chan struct{})
		for i := range racers {
			wg.Go(func() {
				<-gate
				at := time.Now()
				if claim(i) {
					won.Add(1)
				}
				l.add(time.Since(at))
			})
		}
		close(gate)
		wg.Wait()
		return int(won.Load())
	}
	if _, err := db.Exec(ctx, `CREATE TABLE IF NOT EXISTS bare (id bigint PRIMARY KEY, agent text)`); err != nil {
		t.Fatal(err)
	}
	store := desk.New(db.Pool, db.Reserve)
	d := handover.NewDesk(store, handover.NewBus(nil), handover.Options{Team: "x", Teams: map[string]handover.Place{"x": {}}})
	var bare, ours lat
	good := 0
	for n := range rounds {
		if _, err := db.Exec(ctx, `INSERT INTO bare (id) VALUES ($1)`, n); err != nil {
			t.Fatal(err)
		}
		race(func(i int) bool {
			tag, err := db.Exec(ctx, `UPDATE bare SET agent = $2 WHERE id = $1 AND agent IS NULL`, n, strconv.Itoa(i))
			return err == nil && tag.RowsAffected() == 1
		}, &bare)
		who := handover.Opening{Channel: "web", Customer: fmt.Sprint("racer", n)}
		if _, err := d.Open(ctx, who); err != nil {
			t.Fatal(err)
		}
		s, err := d.AskForPerson(ctx, handover.ByCustomer("web", who.Customer))
		if err != nil {
			t.Fatal(err)
		}
		var told atomic.Int32
		won := race(func(i int) bool {
			_, err := d.Claim(ctx, s.Conversation.Handoff.ID, handover.By{Account: handover.Account{Workspace: "slack:B", External: strconv.Itoa(i)}, At: "1.0"})
			if no := new(handover.NotAllowedError); err != nil && asNotAllowed(err, &no) && no.Agent.ID != 0 {
				told.Add(1)
			}
			return err == nil
		}, &ours)
		if won == 1 && told.Load() == racers-1 {
			good++
		}
	}
	fmt.Printf("W3 %d claims at once: one winner and %d told who in %d of %d rounds; p50 %.1f ms, p99 %.1f ms (bare SQL %.1f / %.1f: %.1f×)\n", racers, racers-1, good, rounds, ours.pct(.5), ours.pct(.99), bare.pct(.5), bare.pct(.99), ours.pct(.99)/bare.pct(.99))
}

func asNotAllowed(err error, no **handover.NotAllowedError) bool {
	e, ok := err.(*handover.NotAllowedError) //nolint:errorlint // hot
	if ok {
		*no = e
	}
	return ok
}

func rss(pid int) float64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}
