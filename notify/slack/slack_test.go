package slack_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/notify"
	"github.com/deskbell/deskbell/notify/notifytest"
	"github.com/deskbell/deskbell/notify/slack"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// agent is Mia in Slack.
type agent struct{ s *slacktest.Server }

func (d agent) card(t *testing.T) string {
	t.Helper()
	for range 1000 {
		if cards := d.s.Channel("C1"); len(cards) > 0 {
			return cards[0].TS
		}
		time.Sleep(10 * time.Millisecond) // until it is posted
	}
	t.Fatal("no card")
	return ""
}

func (d agent) click(t *testing.T, action string) {
	t.Helper()
	ts := d.card(t)
	var err error
	for range 200 { // the card is redrawn with its next buttons
		if err = d.s.Click("C1", ts, action, "UMIA"); !errors.Is(err, slacktest.ErrNoButton) {
			break
		}

		time.Sleep(10 * time.Millisecond) // until it is
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (d agent) Claim(t *testing.T)              { d.click(t, "claim") }
func (d agent) Return(t *testing.T)             { d.click(t, "return") }
func (d agent) Resolve(t *testing.T)            { d.click(t, "resolve") }
func (d agent) Reply(t *testing.T, text string) { d.s.Say("C1", d.card(t), "UMIA", text) }
func (d agent) Note(t *testing.T, text string)  { d.s.Say("C1", d.card(t), "UMIA", "note: "+text) }

func (d agent) Shows(text string) bool {
	for _, m := range d.s.Everything("C1") {
		if strings.Contains(m.Shown(), text) {
			return true
		}
	}
	return false
}

func TestTheStoryInSlack(t *testing.T) {
	t.Parallel()
	for name, sockets := range map[string]bool{"signed HTTP": false, "Socket Mode": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notifytest.Run(t, func(t *testing.T) (*notifytest.Desk, notifytest.Agent) {
				d, s := connect(t, notifytest.Drafter("draft"), sockets)
				return d, agent{s}
			})
		})
	}
}

// connect is a desk connected to a fake Slack.
func connect(t *testing.T, drafter notify.Drafter, sockets bool, more ...func(*slack.Options)) (*notifytest.Desk, *slacktest.Server) {
	t.Helper()
	s := slacktest.Start(t, slacktest.Options{PostsPerSecond: -1})
	o := slack.Options{BotToken: slacktest.BotToken, SigningSecret: slacktest.SigningSecret, APIURL: s.URL, Logger: pgtest.Logger()}
	if sockets {
		o.AppToken = slacktest.AppToken
	}
	id, err := slack.Identify(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Identity = id
	for _, f := range more {
		f(&o)
	}
	d := notifytest.NewDesk(t, handover.Place{Workspace: id.Workspace(), Channel: "C1"})
	w, err := slack.NewApp(t.Context(), d.Desk, d.Store, drafter, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = w.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	if !sockets {
		mux := http.NewServeMux()
		w.Routes(mux)
		h := httptest.NewServer(mux)
		t.Cleanup(h.Close)
		s.Listen(h.URL)
	}
	d.Work(t, w.Workspace)
	return d, s
}

func TestClocksThatDifferAreToldAndHoldNothingUp(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			var off atomic.Int64
			off.Store(int64(skew))
			wrong := func(o *slack.Options) {
				o.Now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
			}
			t.Run("Socket Mode", func(t *testing.T) { // nothing there is signed
				notifytest.Run(t, func(t *testing.T) (*notifytest.Desk, notifytest.Agent) {
					d, s := connect(t, notifytest.Drafter("draft"), true, wrong)
					return d, agent{s}
				})
			})
			d, s := connect(t, notifytest.Drafter("draft"), false, wrong)
			here := agent{s}
			if err := s.Click("C1", here.card(t), "claim", "UMIA"); err == nil {
				t.Error("a request of another time is taken")
			}
			if a := strings.Join(d.Alerts(), " "); !strings.Contains(a, "10 minutes") || !strings.Contains(a, "Slack's") || strings.Contains(a, "ahead") != (skew > 0) {
				t.Error("admins are not told: ", a)
			}
			off.Store(0)
			here.Claim(t)
			for i := 0; len(d.Alerts()) > 0; i++ { // one that came before and was still being answered may have told it once more
				if i == 20 {
					t.Fatal("it stays: ", d.Alerts())
				}
				here.Note(t, "the clock is right")
			}
		})
	}
}
