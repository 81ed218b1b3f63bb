package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// whole is the whole product on a database of its own, with a fake Slack at its door.
type whole struct {
	*testing.T
	slack *slacktest.Server
	app   *app
	url   string
	wire  *pgtest.Wire // to the database, where one was asked for
	file  string       // the configuration
	log   *buffer
	stop  func()
}

// buffer is a log that tests may read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// settings are what a test wants of the product.
type settings struct {
	sockets   bool // Socket Mode
	noSlack   bool
	undo      string // default 0s
	more      string // YAML
	database  string // default: a new one
	listen    string // default: any port
	options   slacktest.Options
	slack     *slacktest.Server // default: a new one
	slackMore string            // keys of slack
	web       string            // keys of web
	noTeams   bool              // more has them
	empty     bool              // no articles
	wire      bool              // the database is reached through a wire that can fail
}

// begin starts the product, with the demo's knowledge.
func begin(t *testing.T, s settings) *whole {
	t.Helper()
	w := &whole{T: t, log: &buffer{}}
	if s.slack == nil && !s.noSlack {
		if s.options.PostsPerSecond == 0 {
			s.options.PostsPerSecond, s.options.NoTiers = 100, true
		}
		s.slack = slacktest.Start(t, s.options)
	}
	w.slack = s.slack
	if s.database == "" {
		s.database = pgtest.URL(t, migrations()...)
	}
	if s.wire {
		w.wire = pgtest.NewWire(t, s.database)
		s.database = w.wire.URL
	}
	if s.undo == "" {
		s.undo = "0s"
	}
	if s.listen == "" {
		s.listen = "127.0.0.1:0"
	}
	text := fmt.Sprintf("listen: %s\ndatabase: {url: %q}\nlog: {level: debug}\nweb: {messages_per_minute: 0, sessions_per_minute: 0, %s}\n%s\n", s.listen, s.database, s.web, s.more)
	if !s.noSlack {
		door := "signing_secret: " + slacktest.SigningSecret
		if s.sockets {
			door = "app_token: " + slacktest.AppToken
		}
		text += fmt.Sprintf("slack: {bot_token: %s, %s, api_url: %q, undo_window: %s, posts_per_second: 100, %s}\ndefault_team: support\n", slacktest.BotToken, door, s.slack.URL, s.undo, s.slackMore)
		if !s.noTeams {
			text += "teams: {support: {slack_channel: C1}, billing: {slack_channel: C2}}\n"
		}
	}
	file := filepath.Join(t.TempDir(), "deskbell.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.file = file
	config, err := configs.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	logger := newLogger(w.log, config)
	db, err := openDatabase(t.Context(), config, logger)
	if err != nil {
		t.Fatal(err)
	}
	if !s.empty {
		if err := importDemo(t.Context(), config, db, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
	}
	if w.app, err = wire(t.Context(), config, db, logger, true); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	up, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		if err := w.app.serve(ctx, nil, func(addr string) { up <- addr }); err != nil {
			t.Error(err)
		}
		db.Close()
	}()
	w.url = "http://" + <-up
	w.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(w.stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(w.log.String())
		}
	})
	if s.sockets {
		w.until("a socket is open", func() bool { return w.slack.Sockets() == 1 })
	} else if !s.noSlack {
		w.slack.Listen(w.url)
	}
	return w
}

func (w *whole) until(what string, ok func() bool) {
	w.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("not within 30 s: %s", what)
		}
	}
}

// visitor is a customer with the widget, as far as HTTP goes.
type visitor struct {
	w     *whole
	token string
	n     int

	mu       sync.Mutex
	messages map[string]bot.MessageView
	state    bot.StateView
	order    []string // texts as they came
}

func (w *whole) visit() *visitor {
	w.Helper()
	return w.visitAs(`{"contact":{"name":"Ana Ruiz","email":"ana@example.com"},"page_url":"https://shop.example/pricing"}`)
}

// visitAs opens a conversation as a page does.
func (w *whole) visitAs(session string) *visitor {
	w.Helper()
	v := &visitor{w: w, messages: map[string]bot.MessageView{}}
	var in struct{ Token string }
	v.call(http.MethodPost, "/web/sessions", session, http.StatusCreated, &in)
	v.token = in.Token
	go v.follow(w.url)
	return v
}

func (v *visitor) call(method, path, body string, want int, into any) {
	v.w.Helper()
	r, err := http.NewRequestWithContext(v.w.Context(), method, v.w.url+path, strings.NewReader(body))
	if err != nil {
		v.w.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+v.token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		v.w.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		v.w.Fatalf("%s %s: %s %s %v", method, path, res.Status, b, err)
	}
	if into != nil {
		if err := json.Unmarshal(b, into); err != nil {
			v.w.Fatal(err)
		}
	}
}

// follow reads the stream, and goes on behind what it has read when the stream breaks off, as a browser does.
func (v *visitor) follow(url string) {
	ctx, after := v.w.Context(), ""
	for ctx.Err() == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/web/stream?token="+v.token+after, nil)
		if err != nil {
			return
		}
		if res, err := http.DefaultClient.Do(r); err == nil {
			if id := v.read(res.Body); id != "" {
				after = "&after=" + id
			}
			_ = res.Body.Close()
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// read takes a stream's events until it ends, and says which was the last.
func (v *visitor) read(body io.Reader) (id string) {
	name := ""
	s := bufio.NewScanner(body)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		field, value, _ := strings.Cut(s.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			v.mu.Lock()
			switch name {
			case "message":
				var m bot.MessageView
				_ = json.Unmarshal([]byte(value), &m)
				v.messages[m.ID] = m
				v.order = append(v.order, m.Text)
			case "state":
				_ = json.Unmarshal([]byte(value), &v.state)
			}
			v.mu.Unlock()
		}
	}
	return id
}

func (v *visitor) says(text string) {
	v.w.Helper()
	v.n++
	body, _ := json.Marshal(map[string]string{"id": fmt.Sprint("c", v.n), "text": text})
	v.call(http.MethodPost, "/web/messages", string(body), http.StatusAccepted, nil)
}

// sees is what the customer reads, in order.
func (v *visitor) sees() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []bot.MessageView
	for _, m := range v.messages {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b bot.MessageView) int { return int(a.Seq - b.Seq) })
	var lines []string
	for _, m := range all {
		text := m.Text
		if m.Deleted {
			text = "(deleted)"
		}
		lines = append(lines, m.From+": "+text)
	}
	return strings.Join(lines, "\n")
}

func (v *visitor) last() bot.MessageView {
	v.mu.Lock()
	defer v.mu.Unlock()
	var last bot.MessageView
	for _, m := range v.messages {
		if m.Seq > last.Seq {
			last = m
		}
	}
	return last
}

func (v *visitor) stateText() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return string(v.state.State) + ": " + v.state.Text
}

func (v *visitor) reads(part string) {
	v.w.Helper()
	defer func() {
		if v.w.Failed() {
			v.w.Log("the customer sees:\n" + v.sees())
		}
	}()
	v.w.until("the customer reads "+part, func() bool { return strings.Contains(v.sees(), part) })
}

// card is the newest card in a channel.
func (w *whole) card() slacktest.Message {
	w.Helper()
	var cards []slacktest.Message
	w.until("a card is posted", func() bool { cards = w.slack.Channel("C1"); return len(cards) > 0 })
	return cards[len(cards)-1]
}

func (w *whole) cardShows(parts ...string) slacktest.Message {
	w.Helper()
	var c slacktest.Message
	w.until("the card shows "+strings.Join(parts, ", "), func() bool {
		c = w.card()
		for _, p := range parts {
			if !strings.Contains(c.Shown(), p) {
				return false
			}
		}
		return true
	})
	return c
}

func (w *whole) thread(ts string) string {
	var all []string
	for _, m := range w.slack.Thread("C1", ts) {
		name := m.Username
		if name != "" {
			name = "[" + name + "] "
		}
		all = append(all, name+m.Shown())
	}
	return strings.Join(all, "\n")
}

func (w *whole) threadHas(ts, part string) {
	w.Helper()
	w.until("the thread has "+part, func() bool { return strings.Contains(w.thread(ts), part) })
}

func (w *whole) click(ts, action, user string) {
	w.Helper()
	var err error
	w.until("there is a button "+action, func() bool { // people wait for it: the card follows what has happened
		err = w.slack.Click("C1", ts, action, user)
		return !errors.Is(err, slacktest.ErrNoButton)
	})
	if err != nil {
		w.Fatal(err)
	}
}

func TestTheWholeStoryThroughSlack(t *testing.T) {
	t.Parallel()
	for name, sockets := range map[string]bool{"signed HTTP": false, "Socket Mode": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, settings{sockets: sockets})
			ana := w.visit()

			ana.says("How long does delivery take?")
			ana.reads("bot: We deliver within 2 to 3 working days")
			ana.says("I want a person please")
			ana.reads("bot: I have asked a person to join")
			w.until("she is told that she waits", func() bool { return strings.HasPrefix(ana.stateText(), "waiting: Finding a person · no. 1") })

			card := w.cardShows("WAITING", "Ana Ruiz", "asked for a person", "*Summary* The customer asks “How long does delivery take?”", "*Bot tried:* Delivery times and costs")
			w.threadHas(card.TS, "How long does delivery take?") // the transcript

			early := w.slack.Say("C1", card.TS, "UMIA", "too early, nobody has claimed")
			ana.says("are you there?")
			w.threadHas(card.TS, "Ana Ruiz:* are you there?")
			w.until("Mia is told that nobody has claimed", func() bool {
				return slices.ContainsFunc(w.slack.Ephemerals("UMIA"), func(s string) bool { return strings.Contains(s, "nobody has claimed") })
			})
			w.until("the early line is marked", func() bool {
				for _, m := range w.slack.Thread("C1", card.TS) {
					if m.TS == early {
						return slices.Contains(m.Reactions, "memo")
					}
				}
				return false
			})

			var wg sync.WaitGroup
			for _, user := range []string{"UMIA", "UBOB"} {
				wg.Go(func() { w.click(card.TS, "claim", user) })
			}
			wg.Wait()
			w.until("the card names who claimed", func() bool {
				card = w.card()
				return strings.Contains(card.Shown(), "CLAIMED by Mia") || strings.Contains(card.Shown(), "CLAIMED by Bob")
			})
			holder, other, name := "UMIA", "UBOB", "Mia"
			if strings.Contains(card.Shown(), "CLAIMED by Bob") {
				holder, other, name = "UBOB", "UMIA", "Bob"
			}
			w.until("the loser learns who", func() bool {
				return slices.ContainsFunc(w.slack.Ephemerals(other), func(s string) bool { return strings.Contains(s, "claimed this a moment ago") })
			})
			ana.reads("agent: Hi, I'm " + name + ".")
			w.until("the customer sees who came", func() bool { return ana.stateText() == "claimed: "+name })

			w.slack.Say("C1", card.TS, other, "an outsider's line")
			w.slack.Say("C1", card.TS, holder, "note: difficult customer")
			w.slack.Say("C1", card.TS, holder, "// so difficult")
			w.slack.Say("C1", card.TS, holder, "*Note:* really difficult")
			w.slack.Say("C1", card.TS, holder, "\u200b&gt; _// difficult_")
			w.slack.Say("C1", card.TS, holder, "*<@"+other+">* difficult, is it not?")
			w.slack.Say("C1", card.TS, holder, "<@"+other+"> what do you think?")
			reply := w.slack.Say("C1", card.TS, holder, "It leaves *today*, see <https://shop.example/t|your link>")
			ana.reads("agent: It leaves **today**, see [your link](https://shop.example/t)")
			w.slack.Unfurl("C1", reply) // not an edit
			w.slack.Edit("C1", reply, "It leaves *tomorrow*")
			ana.reads("agent: It leaves **tomorrow**")
			slip := w.slack.Say("C1", card.TS, holder, "a slip of the tongue")
			ana.reads("a slip of the tongue")
			w.slack.Delete("C1", slip)
			ana.reads("agent: (deleted)")
			ana.says("Thanks, and the <invoice> & *stars*?")
			w.threadHas(card.TS, "the &lt;invoice&gt; &amp; *\u2060stars*\u2060?")

			w.click(card.TS, "resolve", holder)
			ana.reads("bot: This conversation is closed.")
			w.cardShows("RESOLVED by " + name)
			ana.call(http.MethodPost, "/web/rating", `{"score":5,"comment":"quick"}`, http.StatusOK, nil)
			w.cardShows("rated 5 of 5", "quick")
			w.slack.Say("C1", card.TS, holder, "after the end")

			ana.says("How often should I water a fern?")
			ana.reads("bot: Water a fern two or three times a week")
			if n := len(w.slack.Channel("C1")); n != 1 {
				t.Errorf("%d cards: the old episode rang again", n)
			}
			for _, leak := range []string{"too early", "outsider", "difficult", "what do you think", "after the end"} {
				if slices.ContainsFunc(ana.order, func(s string) bool { return strings.Contains(s, leak) }) {
					t.Errorf("leaked: %s", leak)
				}
			}
		})
	}
}

func TestTheUndoWindowHidesASlip(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{undo: "400ms"})
	ana := w.visit()
	ana.says("an agent please")
	card := w.cardShows("WAITING")
	w.click(card.TS, "claim", "UMIA")
	ana.reads("Hi, I'm Mia")
	first := w.slack.Say("C1", card.TS, "UMIA", "teh answer")
	slip := w.slack.Say("C1", card.TS, "UMIA", "oops, wrong window")
	w.slack.Edit("C1", first, "the answer")
	w.slack.Delete("C1", slip)
	ana.says("hello?")
	ana.reads("agent: the answer")
	w.slack.Say("C1", card.TS, "UMIA", "last")
	ana.reads("agent: last")
	for _, text := range ana.order {
		if strings.Contains(text, "teh") || strings.Contains(text, "oops") {
			t.Errorf("the customer read %q", text)
		}
	}
}

func TestADraftIsReadChangedAndSent(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	ana := w.visit()
	ana.says("Where do I find my invoice?")
	ana.reads("The invoice comes by e-mail")
	ana.says("a human please")
	card := w.cardShows("WAITING")
	w.click(card.TS, "draft", "UMIA")
	shows := func(parts ...string) {
		t.Helper()
		w.until("the modal shows "+strings.Join(parts, ", "), func() bool {
			v := w.slack.Modal("UMIA")
			return v != nil && !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(v.Text(), p) })
		})
	}
	shows("Hi Ana,", "What exactly is still open?", "has been said already") // the bot quoted it
	w.slack.CloseModal("UMIA")
	ana.says("And how long does delivery take?")
	ana.reads("We deliver within 2 to 3 working days")
	w.click(card.TS, "claim", "UBOB") // while he has it, the bot does not answer first
	ana.reads("Hi, I'm Bob")
	ana.says("What do trees of two metres cost in delivery?")
	w.threadHas(card.TS, "What do trees")
	w.ok(w.slack.Shortcut("C1", card.TS, "release", "UBOB"))
	w.cardShows("WAITING")
	w.click(card.TS, "draft", "UMIA")
	shows("Hi Ana,", "Trees over one metre", " [1]", "The numbers in brackets are for you")
	if err := w.slack.Choose("UMIA", "draft_tone", "formal", "my own beginning"); err != nil {
		t.Fatal(err)
	}
	shows("Dear Ana Ruiz,", "Kind regards", "You had written", "my own beginning")
	if err := w.slack.Choose("UMIA", "draft_length", "short", w.slack.Modal("UMIA").Fields()[0].Initial); err != nil { // the draft as it is
		t.Fatal(err)
	}
	shows("Dear Ana Ruiz,", "You had written", "my own beginning", `\"length\":\"short`)
	refused, err := w.slack.Submit("UMIA", "Hi Ana!")
	if err != nil || !strings.Contains(fmt.Sprint(refused), "Nobody has claimed") {
		t.Fatal(refused, err)
	}
	w.click(card.TS, "claim", "UMIA")
	ana.reads("Hi, I'm Mia")
	if refused, err := w.slack.Submit("UMIA", "Hi Ana, it is in **your** mail [1] [2]."); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	ana.reads("agent: Hi Ana, it is in **your** mail [2].") // it cites one article: what it did not number is hers
	w.threadHas(card.TS, "[Mia] Hi Ana, it is in *your* mail [2].")
}

func TestAnUnsureBotOffersAndAYesRings(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	ana := w.visit()
	ana.says("Do you sell lawn mowers?")
	ana.reads("Shall I ask a person to join?")
	if c := ana.last().Choices; len(c) != 2 {
		t.Fatal(c)
	}
	ana.says("yes please")
	w.cardShows("WAITING", "asked for a person")
	ana.reads("I have asked a person to join")
	ana.call(http.MethodDelete, "/web/handoff", "", http.StatusOK, nil)
	w.cardShows("CANCELLED")
	ana.reads("you are back with the assistant")
}

func TestAFormIsFilledAndItsTeamIsRungFor(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{more: `
intents:
  refund:
    examples: [I want my money back, "How do I get a refund?", Please refund my order]
    team: billing
    skills: [refunds]
    form:
      - {name: Order, ask: "What is your order number?", pattern: '\b\d{4,8}\b'}
      - {name: Reason, ask: "What is wrong with it?"}
`})
	ana := w.visit()
	ana.says("I want my money back")
	ana.reads("bot: What is your order number?")
	ana.says("it is the 1182")
	ana.reads("bot: What is wrong with it?")
	ana.says("It came broken, write to ana@example.com")
	ana.reads("I have asked a person to join")
	var shown string
	w.until("the card is in the team's channel", func() bool {
		cards := w.slack.Channel("C2")
		if len(cards) > 0 {
			shown = cards[0].Shown()
		}
		return strings.Contains(shown, "*Summary*")
	})
	for _, part := range []string{"WAITING · billing", "the form is complete", "*About:* refund · *Needs:* refunds", "*Order:* 1182", "*Reason:* It came broken, write to [email]"} {
		if !strings.Contains(shown, part) {
			t.Errorf("the card has no %s:\n%s", part, shown)
		}
	}
	if len(w.slack.Channel("C1")) > 0 {
		t.Error("the default team was notified as well")
	}
}

func TestWhoLeavesBelowAnOfferIsNotAskedWhatElse(t *testing.T) {
	t.Parallel()
	ana := begin(t, settings{more: "texts: {en: {say_bye: Take care}}\n"}).visit()
	ana.says("Do you sell lawn mowers?")
	ana.reads("Shall I ask a person")
	ana.says("thanks, bye")
	ana.reads("Take care")
}

func TestASecondUnansweredQuestionRingsWithItsReason(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	ana := w.visit()
	ana.says("Do you sell lawn mowers?")
	ana.reads("Shall I ask a person")
	ana.says("Do you rent out tuxedos?")
	w.cardShows("WAITING", "confidence 0.0", "&lt; 0.65")
}

func TestACustomerReadsEverythingInTheirLanguage(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	eva := w.visitAs(`{"language":"de-DE"}`)
	var in struct{ State struct{ Text string } }
	eva.says("hallo")
	eva.reads("Guten Tag! Wie kann ich helfen?")
	eva.says("Ich möchte mit einem Menschen sprechen")
	eva.reads("Ich habe jemanden aus dem Team gebeten")
	eva.call(http.MethodGet, "/web/messages", "", http.StatusOK, &in)
	if !strings.HasPrefix(in.State.Text, "Wir suchen jemanden aus dem Team") {
		t.Errorf("the line above the chat says %q", in.State.Text)
	}
}

func TestTwoProcessesShareLanesAndEachOthersCustomers(t *testing.T) {
	t.Parallel()
	one := begin(t, settings{})
	two := begin(t, settings{slack: one.slack, database: one.app.config.String("database.url")})
	ana, eli := one.visit(), two.visit()
	ana.says("a person please")
	one.cardShows("WAITING", "Ana Ruiz")
	card := one.card()
	two.slack.Listen(two.url) // Slack calls the other process
	one.click(card.TS, "claim", "UMIA")
	ana.reads("Hi, I'm Mia")
	one.slack.Say("C1", card.TS, "UMIA", "answered by way of the other process")
	ana.reads("answered by way of the other process")
	two.slack.Listen(one.url)
	eli.says("a person please")
	one.until("a second card", func() bool { return len(one.slack.Channel("C1")) == 2 })
	second := one.card()
	one.click(second.TS, "claim", "UBOB")
	eli.reads("Hi, I'm Bob")
	one.stop() // the other goes on alone
	two.slack.Listen(two.url)
	two.slack.Say("C1", second.TS, "UBOB", "still here")
	eli.reads("still here")
}

func TestSlackDownLosesNothingAndKeepsOrder(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	ana := w.visit()
	down := true
	var mu sync.Mutex
	w.slack.FailAs(func(string, string) slacktest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if down {
			return slacktest.Fault{Status: 503}
		}
		return slacktest.Fault{}
	})
	ana.says("a person please")
	for i := range 5 {
		ana.says(fmt.Sprintf("line %d xyzzy", i))
	}
	w.until("Slack was tried", func() bool { n, _ := w.slack.Calls("chat.postMessage"); return n > 0 })
	mu.Lock()
	down = false
	mu.Unlock()
	card := w.cardShows("WAITING")
	w.threadHas(card.TS, "line 4")
	text := w.thread(card.TS)
	for i := range 5 {
		if strings.Count(text, fmt.Sprintf("line %d xyzzy", i)) != 1 || i > 0 && strings.Index(text, fmt.Sprintf("line %d", i)) < strings.Index(text, fmt.Sprintf("line %d", i-1)) {
			t.Fatal(text)
		}
	}
	if n := len(w.slack.Channel("C1")); n != 1 {
		t.Fatalf("%d cards", n)
	}
}

func TestAPostWhoseOutcomeIsUnknownIsNotDoubled(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	ana := w.visit()
	w.slack.Fail("chat.postMessage", slacktest.Fault{Status: 500, After: true}) // the card
	ana.says("a person please")
	card := w.cardShows("WAITING")
	w.click(card.TS, "claim", "UMIA") // before its ts is known: the click teaches it
	ana.reads("Hi, I'm Mia")
	w.slack.Fail("chat.postMessage", slacktest.Fault{Status: 500, After: true})
	ana.says("only once")
	w.slack.Say("C1", card.TS, "UMIA", "an answer")
	ana.reads("agent: an answer")
	w.threadHas(card.TS, "only once")
	w.until("nothing is left to do", func() bool { h, err := w.app.store.Health(t.Context()); return err == nil && h.Queued == 0 })
	if n := strings.Count(w.thread(card.TS), "only once"); n != 1 || len(w.slack.Channel("C1")) != 1 {
		t.Fatalf("%d times, %d cards", n, len(w.slack.Channel("C1")))
	}
}

func TestDroppedAndRefreshedSocketsLoseNothing(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{sockets: true})
	ana := w.visit()
	ana.says("a person please")
	card := w.cardShows("WAITING")
	w.click(card.TS, "claim", "UMIA")
	ana.reads("Hi, I'm Mia")
	w.slack.Drop()
	w.slack.Say("C1", card.TS, "UMIA", "said while the socket was down")
	ana.reads("said while the socket was down")
	w.slack.Refresh()
	w.slack.Say("C1", card.TS, "UMIA", "said during a refresh")
	ana.reads("said during a refresh")
	if n := strings.Count(ana.sees(), "said while"); n != 1 {
		t.Fatal(ana.sees())
	}
}

func TestNoSecretIsLogged(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	ana := w.visit()
	ana.says("I want to talk to a person, my card is 4111 1111 1111 1111")
	card := w.cardShows("WAITING")
	w.slack.FailAs(func(string, string) slacktest.Fault { return slacktest.Fault{Status: 500} })
	w.click(card.TS, "claim", "UMIA")
	ana.reads("Hi, I'm")
	w.slack.FailAs(nil)
	w.stop()
	for what, secret := range map[string]string{"bot token": slacktest.BotToken, "signing secret": slacktest.SigningSecret, "customer's token": ana.token, "customer's words": "4111", "customer's e-mail": "ana@example.com"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log has the %s", what)
		}
	}
	if !strings.Contains(w.log.String(), "stopping") {
		t.Error("there is no log")
	}
}

func TestStoppingTakesLessThanTenSecondsWithStreamsOpen(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	for range 5 {
		w.visit()
	}
	start := time.Now()
	w.stop()
	if took := time.Since(start); took > 8*time.Second {
		t.Fatal(took)
	}
}

func TestReadyTellsOfTheDatabaseAndItsMigrations(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{noSlack: true})
	get := func() (int, string) {
		res, err := http.Get(w.url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	if status, body := get(); status != http.StatusOK || !strings.Contains(body, `"migrations":"ok"`) {
		t.Fatal(status, body)
	}
	if _, err := w.app.db.Exec(t.Context(), `DELETE FROM deskbell_handover_version WHERE version_id > 0`); err != nil {
		t.Fatal(err)
	}
	if status, body := get(); status != http.StatusServiceUnavailable || !strings.Contains(body, "at version 0, ") || !strings.Contains(body, " behind this program") {
		t.Fatal(status, body)
	}
}

func TestMetricsTellWhatOperatorsAsk(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	ana := w.visit()
	ana.says("a person please")
	ana.reads("bot: ") // what the stream begins with was there before, and is not counted
	card := w.cardShows("WAITING")
	w.click(card.TS, "claim", "UMIA")
	w.slack.Say("C1", card.TS, "UMIA", "hello")
	ana.reads("agent: hello")
	ana.says("hello back")
	w.threadHas(card.TS, "hello back")
	var text string
	for _, want := range []string{
		`deskbell_ack_seconds_count{side="customer"}`, `deskbell_ack_seconds_count{side="agent"}`, `deskbell_visible_seconds_count{side="agent"}`, `deskbell_visible_seconds_count{side="customer"}`,
		`deskbell_effect_seconds_count{kind="card"}`, `deskbell_slack_call_seconds_count{method="chat.postMessage",outcome="ok"}`, `deskbell_streams 1`, `deskbell_slack_sockets 0`, `deskbell_desk{what="cards_unposted"} 0`,
	} {
		w.until(want, func() bool {
			res, err := http.Get(w.url + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			b, _ := io.ReadAll(res.Body)
			text = string(b)
			return strings.Contains(text, want)
		})
	}
}

func TestWithoutPgvectorEverythingWorksByWordsAlone(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, migrations()...)
	db, err := pg.Open(t.Context(), pg.Options{URL: url, Logger: pgtest.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	// A view of that name before the catalogue's hides the extension, as on a server without it.
	for _, sql := range []string{`CREATE SCHEMA hidden`, `CREATE VIEW hidden.pg_available_extensions AS SELECT name, default_version FROM pg_catalog.pg_available_extensions WHERE name <> 'vector'`} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	w := begin(t, settings{database: url + " options='-c search_path=hidden,public,pg_catalog'", noSlack: true})
	if !strings.Contains(w.log.String(), "no pgvector") {
		t.Error("the log does not say so")
	}
	ana := w.visit()
	ana.says("How long does delivery take?")
	ana.reads("We deliver within 2 to 3 working days")
}

var _ = handover.Waiting
