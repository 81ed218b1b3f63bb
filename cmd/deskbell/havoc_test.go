package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/handover"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// atPoint kills the servers when a call comes by that is at the armed point: one of them made it.
func (c *chaos) atPoint(method, thread string) (slacktest.Fault, bool) {
	if method != "chat.postMessage" {
		return slacktest.Fault{}, false
	}
	select {
	case p := <-c.armed:
		fault := slacktest.Fault{Status: 500, After: true, Hang: 2 * time.Second} // accepted; the answer never arrives
		switch {
		case p == points[0] && thread == "", p == points[1] && thread != "":
		case p == points[2]:
			fault.After = false
		default:
			c.armed <- p
			return slacktest.Fault{}, false
		}
		go c.hit(p, 20*time.Millisecond)
		return fault, true
	default:
		return slacktest.Fault{}, false
	}
}

func (c *chaos) hit(point string, after time.Duration) {
	time.Sleep(after)
	c.points[point].Add(1)
	for _, s := range c.servers {
		c.kills.Add(1)
		s.kill()
	}
}

// undoWindow kills the servers if that point is armed: a line was acked and its window is open.
func (c *chaos) undoWindow() {
	select {
	case p := <-c.armed:
		if p != points[3] {
			c.armed <- p
			return
		}
		c.hit(p, 0)
	default:
	}
}

// troubles are what befalls one of the servers, beside being killed.
func (c *chaos) troubles() map[string]func(s *server, rng *rand.Rand) {
	lasts := func(least, most int) func(*rand.Rand) time.Duration {
		return func(rng *rand.Rand) time.Duration {
			return time.Duration(least+rng.IntN(most-least)) * time.Millisecond
		}
	}
	wire := func(t pgtest.Trouble, long func(*rand.Rand) time.Duration) func(*server, *rand.Rand) {
		return func(s *server, rng *rand.Rand) {
			s.wire.Set(t)
			c.pause(long(rng))
			s.wire.Set(pgtest.Trouble{})
		}
	}
	return map[string]func(s *server, rng *rand.Rand){
		"stopped beyond its lease": func(s *server, rng *rand.Rand) { // of 5 s
			s.signal(syscall.SIGSTOP)
			c.pause(lasts(5500, 8000)(rng))
			s.signal(syscall.SIGCONT)
		},
		"database gone":      wire(pgtest.Trouble{Down: true}, lasts(500, 8000)),
		"database hanging":   wire(pgtest.Trouble{Hang: true}, lasts(500, 7000)),
		"database slow":      wire(pgtest.Trouble{Delay: 200 * time.Millisecond}, lasts(1000, 4000)),
		"database read-only": wire(pgtest.Trouble{Code: "25006", Writes: true}, lasts(500, 4000)),
		"disk full":          wire(pgtest.Trouble{Code: "53100", Writes: true}, lasts(500, 4000)),
		"connections cut and refused": func(s *server, rng *rand.Rand) {
			s.wire.Set(pgtest.Trouble{Down: true})
			wire(pgtest.Trouble{Full: true}, lasts(500, 4000))(s, rng)
		},
		"the token is renewed":  func(*server, *rand.Rand) { c.sql(`UPDATE installs SET expires_at = now() + interval '1 minute'`) },
		"Slack calls the other": func(s *server, _ *rand.Rand) { c.slack.Listen(s.url) },
	}
}

// sql changes the database by hand, as time would.
func (c *chaos) sql(query string) {
	db, err := pgx.Connect(c.Context(), c.database)
	if err == nil {
		_, err = db.Exec(c.Context(), query)
		_ = db.Close(c.Context())
	}
	if err != nil && c.Context().Err() == nil {
		c.Error(err)
	}
}

// install lets the workspace have the app, whose token then ends.
func (c *chaos) install() {
	c.slack.Approver(slacktest.Team)
	c.slack.Life(12 * time.Hour)
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.Fatal(err)
	}
	res, err := (&http.Client{Jar: jar}).Get(c.servers[0].url + "/slack/install")
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if b, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(b), "Deskbell is in") {
		c.Fatal(res.Status, string(b), err)
	}
}

func (c *chaos) pause(d time.Duration) {
	select {
	case <-c.over:
	case <-time.After(d):
	}
}

// havoc kills servers so many times, at each named point in turn and at random, and meanwhile troubles them so many times; once, for a minute, one
// of them has no database.
func (c *chaos) havoc(kills, troubles int) {
	var wg sync.WaitGroup
	wg.Go(func() {
		rng := rand.New(rand.NewPCG(c.seed, 97))
		all := c.troubles()
		names := make([]string, 0, len(all))
		for name := range all {
			names = append(names, name)
		}
		slices.Sort(names)
		rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for i := range troubles {
			c.pause(time.Duration(200+rng.IntN(800)) * time.Millisecond)
			select {
			case <-c.over:
				return
			default:
			}
			name, s := names[i%len(names)], c.servers[rng.IntN(len(c.servers))]
			if troubles > len(names) && i == len(names) { // the full count has room for it
				s.wire.Set(pgtest.Trouble{Down: true})
				c.pause(time.Minute)
				s.wire.Set(pgtest.Trouble{})
			}
			all[name](s, rng)
			c.met[name].Add(1)
		}
	})
	defer wg.Wait()
	rng := rand.New(rand.NewPCG(c.seed, 98))
	named := 0
	for i := 1; int(c.kills.Load()) < kills; i++ {
		c.pause(time.Duration(800+rng.IntN(1200)) * time.Millisecond)
		select {
		case <-c.over:
			return
		default:
		}
		before := c.kills.Load()
		if i%2 == 1 && i > 2*len(points) {
			c.kills.Add(1)
			c.servers[rng.IntN(len(c.servers))].kill()
			continue
		}
		select {
		case c.armed <- points[named%len(points)]:
			named++
		default:
		}
		for wait := 0; c.kills.Load() == before && wait < 150; wait++ { // until somebody comes by the point
			c.pause(10 * time.Millisecond)
		}
		select { // nobody came by: the next point's turn
		case <-c.armed:
		default:
		}
	}
}

// guests are customers who ask for a person and then to be forgotten, which a killed server must not forget.
func (c *chaos) guests(n int) {
	db, err := pg.Open(c.Context(), pg.Options{URL: c.database, Logger: pgtest.Logger()})
	if err != nil {
		c.Error(err)
		return
	}
	defer db.Close()
	d := handover.NewDesk(desk.New(db.Pool, db.Reserve), handover.NewBus(nil), handover.Options{})
	rng := rand.New(rand.NewPCG(c.seed, 94))
	for i := range n {
		k := &talk{c: c, n: 4 * i, patience: time.Minute} // on the web; what they gave up could come after the erasure, and begin anew
		name := fmt.Sprintf("guest-%d", i)
		var in struct {
			Token string
			ID    string `json:"conversation_id"`
		}
		k.must("POST", "/web/sessions", fmt.Sprintf(`{"contact":{"name":%q}}`, name), &in)
		k.token = in.Token
		k.say("I want to talk to a person")
		k.sayMore("again", " as "+name+".")
		if rng.IntN(3) > 0 { // else perhaps before there is a card
			for !slices.ContainsFunc(c.slack.Channel("C1"), func(m slacktest.Message) bool { return strings.Contains(m.Shown(), name+"*") }) {
				time.Sleep(20 * time.Millisecond) // until there is
			}
		}
		id, _ := strconv.ParseInt(in.ID, 10, 64)
		if _, err := d.Erase(c.Context(), id, handover.Erasure{By: "a guest"}); err != nil {
			c.Error(err)
		}
	}
}

// forgotten counts what is left of the guests.
func (c *chaos) forgotten() (left int) {
	db, err := pgx.Connect(c.Context(), c.database)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = db.Close(c.Context()) }()
	if err := db.QueryRow(c.Context(), `SELECT (SELECT count(*) FROM conversations WHERE erasing OR contact::text LIKE '%guest-%') + (SELECT count(*) FROM messages WHERE text LIKE '%guest-%')
		+ (SELECT count(*) FROM erasures WHERE done_at IS NULL)`).Scan(&left); err != nil {
		c.Fatal(err)
	}
	if left > 0 {
		var rows string
		if err := db.QueryRow(c.Context(), `SELECT (SELECT coalesce(string_agg(c::text, E'\n'), '') FROM conversations c WHERE erasing OR contact::text LIKE '%guest-%') || E'\n' ||
			(SELECT coalesce(string_agg(l::text, E'\n'), '') FROM lanes l JOIN conversations c ON c.id = l.conversation_id WHERE erasing OR contact::text LIKE '%guest-%')`).Scan(&rows); err != nil {
			c.Error(err)
		}
		c.Logf("still in the database: %s", rows)
	}
	for _, m := range c.slack.Everything("C1") {
		if !m.Deleted && strings.Contains(m.Shown(), "guest-") {
			left++
			c.Logf("still in Slack: %s", m.Shown())
		}
	}
	return left
}

// atConsole is an agent who answers in the browser, as often as it takes: the form's key makes it harmless.
func (k *talk) atConsole(user, text string) {
	token := map[string]string{"UMIA": "console-token-of-mia", "UBOB": "console-token-of-bob"}[user]
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Timeout: impatient.Timeout}
	for n := 0; ; n++ {
		s := k.c.servers[(k.n+n)%len(k.c.servers)]
		if k.reply(browser, s.url, token, text) {
			return
		}
		time.Sleep(100 * time.Millisecond) // an agent's patience
	}
}

var formsHandoff = regexp.MustCompile(`name="handoff" value="(\d+)"`)

func (k *talk) reply(browser *http.Client, at, token, text string) (sent bool) {
	res, err := browser.PostForm(at+"/console/login", url.Values{"token": {token}})
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	page := at + "/console/c/" + k.id
	if res, err = browser.Get(page); err != nil {
		return false
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	handoff, own := formsHandoff.FindSubmatch(b), ownForm.FindSubmatch(b)
	if err != nil || handoff == nil || own == nil {
		return false
	}
	if res, err = browser.PostForm(page+"/reply", url.Values{"form": {string(own[1])}, "handoff": {string(handoff[1])}, "key": {text}, "text": {text}}); err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return err == nil && res.StatusCode == http.StatusOK
}

const platformSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// platform is the program at the other end of the webhook channel, which fails now and then.
type platform struct {
	url  string
	sign *webhooks.Webhook

	mu    sync.Mutex
	rng   *rand.Rand
	seen  map[string]bool                       // deliveries
	talks map[string]map[string]bot.MessageView // by customer and id
	last  map[string]int64                      // the newest seq that each customer has
	wrong int                                   // messages that came after a later one
}

func newPlatform(t *testing.T, seed uint64) *platform {
	t.Helper()
	sign, err := webhooks.NewWebhook(platformSecret)
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{sign: sign, rng: rand.New(rand.NewPCG(seed, 96)), seen: map[string]bool{}, talks: map[string]map[string]bot.MessageView{}, last: map[string]int64{}}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

func (p *platform) signs(r *http.Request, body string) {
	now := time.Now()
	id := strconv.FormatInt(now.UnixNano(), 36)
	signature, err := p.sign.Sign(id, now, []byte(body))
	if err != nil {
		panic(err) // the secret is good
	}
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("Webhook-Signature", signature)
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	if p.sign.Verify(b, r.Header) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	p.mu.Lock()
	chance := p.rng.Float64()
	if chance < 0.03 { // not kept
		p.mu.Unlock()
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	id := r.Header.Get("Webhook-Id")
	var d struct {
		Type, Customer string
		Message        bot.MessageView
	}
	if json.Unmarshal(b, &d) == nil && d.Type == "message" && !p.seen[id] {
		if p.talks[d.Customer] == nil {
			p.talks[d.Customer] = map[string]bot.MessageView{}
		}
		if _, known := p.talks[d.Customer][d.Message.ID]; !known {
			if d.Message.Seq < p.last[d.Customer] {
				p.wrong++
			}
			p.last[d.Customer] = max(p.last[d.Customer], d.Message.Seq)
		}
		p.talks[d.Customer][d.Message.ID] = d.Message
	}
	p.seen[id] = true
	p.mu.Unlock()
	if chance < 0.05 { // kept, and nobody is told
		time.Sleep(100 * time.Millisecond)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// has is what a customer's program shows, in their order.
func (p *platform) has(customer string) []bot.MessageView {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []bot.MessageView
	for _, m := range p.talks[customer] {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b bot.MessageView) int { return int(a.Seq - b.Seq) })
	return all
}

func (p *platform) disordered() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wrong
}

// newModel is a model that fails in every way there is, and its address.
func newModel(t *testing.T, seed uint64) string {
	t.Helper()
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 95))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		chance := rng.IntN(6)
		mu.Unlock()
		switch chance {
		case 0: // it hangs
			select {
			case <-r.Context().Done():
			case <-time.After(8 * time.Second):
			}
		case 1:
			w.WriteHeader(http.StatusUnauthorized)
		case 2:
			w.WriteHeader(http.StatusInternalServerError)
		case 3:
			_, _ = io.WriteString(w, "<html>502</html>")
		case 4:
			_, _ = fmt.Fprintf(w, `{"choices":[{"message":{"role":"assistant","content":%q}}]}`, strings.Repeat(`{"answer":`, 50))
		case 5:
			for range 2000 {
				if _, err := io.WriteString(w, strings.Repeat("garbage ", 500)); err != nil {
					return
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/v1"
}
