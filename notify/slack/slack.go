// Package slack speaks Slack: cards, threads, buttons and events, by signed HTTP or Socket Mode with the same handlers.
package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/outside"
	"github.com/deskbell/deskbell/notify"
)

// Identity is who we are in a workspace, as auth.test says.
type Identity struct {
	Team, BotUser, BotID string
}

// Workspace is the name that this workspace has everywhere else: slack:T1.
func (id Identity) Workspace() string { return "slack:" + id.Team }

// Observer hears of the calls we make, for metrics.
type Observer interface {
	// Called hears of one call of a method: how long it took and what Slack said ("ok", an error code, "ratelimited", "5xx", "network").
	Called(method, outcome string, took time.Duration)
	// AgentAcked hears how long it took to take an event or a click in.
	AgentAcked(took time.Duration)
	// Sockets hears how many sockets are open.
	Sockets(n int)
}

// Options are the adapter's knobs.
type Options struct {
	BotToken      string // xoxb-…
	AppToken      string // xapp-…; set: Socket Mode
	SigningSecret string // signs what Slack sends by HTTP
	APIURL        string // ends in /api/; default Slack's own
	Identity      Identity
	// What workspaces that install the app by themselves need; ClientID "": none does.
	ClientID, ClientSecret string
	Keys                   Keys                        // that their tokens are kept with
	Allowed                []string                    // teams that may
	PublicURL              string                      // of this server
	Silence                time.Duration               // after which a socket is given up for another; 0: 10m
	Config                 string                      // hash of the configuration, for admins
	Teams                  []string                    // that a conversation can be moved to, sorted
	ListedOnly             bool                        // only agents of the configuration may claim
	Guests                 bool                        // guests and people of other organisations may claim as well
	UndoWindow             time.Duration               // how long a line can be taken back
	Lead                   func(handover.Account) bool // whether somebody is a lead or an admin; nil: everybody is as good as one
	Macros                 map[string]string           // texts written beforehand, by name
	Capacity               func(handover.Agent) int    // conversations that an agent should hold at once, 0: not said; may be nil
	Mail                   func(handover.Agent) string // where an agent can be told that nobody claims, or ""; may be nil
	// Learn adds an article, a question with its answer, to the knowledge base; what has the same key is replaced.
	Learn func(ctx context.Context, key, title, text string) error
	// Doctor says how the desk is, as plain text. May be nil.
	Doctor   func(ctx context.Context) string
	Now      func() time.Time // this machine's clock; nil: time.Now
	Observer Observer
	Logger   *slog.Logger // required
}

// Reads is what the adapter reads of the desk.
type Reads interface {
	OfHandoff(ctx context.Context, handoff int64) (handover.Conversation, error)
	OfThread(ctx context.Context, p handover.Place, ts string) (handover.Conversation, error)
	Queue(ctx context.Context, live bool) ([]handover.Conversation, error)
	Held(ctx context.Context, agent int64) ([]handover.Conversation, error)
	OfTeam(ctx context.Context, team string) ([]handover.Conversation, error)
	Figures(ctx context.Context, since time.Duration) (handover.Figures, error)
	Recent(ctx context.Context, conversation, after int64) ([]handover.Message, error)
	// Drafted and DraftSent keep what became of the drafts that agents are shown.
	Drafted(ctx context.Context, key string, handoff int64, d handover.Draft) error
	DraftSent(ctx context.Context, key, sent string) error
}

// People knows agents by their accounts.
type People interface {
	AgentFor(ctx context.Context, a handover.Account) (handover.Agent, error)
	Availability(ctx context.Context, agent int64) (handover.Availability, error)
	SetAvailability(ctx context.Context, agent int64, a handover.Availability) error
	SetProfile(ctx context.Context, a handover.Agent) error // keeps what they are called
	Subscribe(ctx context.Context, b handover.Subscription, on bool) error
	Subscriptions(ctx context.Context, agent int64) ([]handover.Subscription, error)
}

// Files has what messages came with.
type Files interface {
	Content(ctx context.Context, key string, shown bool) (handover.File, io.Reader, error)
	Copy(ctx context.Context, key, place string) (string, error)
	Copied(ctx context.Context, key, place, id string) error
}

// Store is what the adapter needs of the desk's store.
type Store interface {
	Reads
	People
	Files
	handover.Installs
	// Resume lets everything that waits for the workspace be tried at once.
	Resume(ctx context.Context, workspace string) error
}

// Workspace is one Slack workspace.
type Workspace struct {
	desk     *handover.Desk
	reads    Reads
	people   People
	resume   func(ctx context.Context, workspace string) error
	store    Files
	uploads  sync.Map // how often a file was uploaded in vain
	drafter  notify.Drafter
	o        Options
	client   atomic.Pointer[slack.Client] // with the newest token
	http     *http.Client                 // for answers to Slack's own addresses
	courtesy chan func(context.Context)
	drafts   chan func(context.Context)
	marks    chan func(context.Context)
	growing  *rate.Limiter // of updates that only show how far a draft is
	marking  *rate.Limiter // of marks that a line was delivered
}

var _ notify.Workspace = (*Workspace)(nil)

// mostAnswer is how many bytes an answer of Slack's may have; the largest are files, which have a limit of their own.
const mostAnswer = 128 << 20

// client returns slack-go's client. Its own retries stay off: after an unknown outcome a second post may double the first.
func client(o Options, observer Observer) *slack.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	opts := []slack.Option{slack.OptionHTTPClient(&http.Client{Transport: outside.Transport(observed{transport, observer}, mostAnswer), Timeout: 15 * time.Second})}
	if o.APIURL != "" {
		opts = append(opts, slack.OptionAPIURL(o.APIURL))
	}
	if o.AppToken != "" {
		opts = append(opts, slack.OptionAppLevelToken(o.AppToken))
	}
	return slack.New(o.BotToken, opts...)
}

// Identify asks Slack who we are.
func Identify(ctx context.Context, o Options) (Identity, error) {
	r, err := client(o, nil).AuthTestContext(ctx)
	if err != nil {
		return Identity{}, fmt.Errorf("slack.bot_token: auth.test: %w", err)
	}
	return Identity{Team: r.TeamID, BotUser: r.UserID, BotID: r.BotID}, nil
}

// newWorkspace returns the workspace that Identify named.
func newWorkspace(desk *handover.Desk, store Store, drafter notify.Drafter, o Options) *Workspace {
	w := &Workspace{
		desk: desk, reads: store, people: store, resume: store.Resume, store: store, drafter: drafter, o: o, http: &http.Client{Transport: outside.Transport(nil, 1<<20), Timeout: 10 * time.Second},
		courtesy: make(chan func(context.Context), 256), drafts: make(chan func(context.Context), 64), marks: make(chan func(context.Context), 1024), growing: rate.NewLimiter(1, 1), marking: rate.NewLimiter(rate.Every(3*time.Second), 10),
	}
	w.client.Store(client(o, o.Observer))
	return w
}

// api calls Slack.
func (w *Workspace) api() *slack.Client { return w.client.Load() }

// run does the courtesies (ephemeral answers, reactions) and writes drafts until ctx ends. No state depends on a courtesy: when there are too many,
// some are dropped.
func (w *Workspace) run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, of := range []struct {
		work    chan func(context.Context)
		workers int
	}{{w.courtesy, 4}, {w.drafts, 8}, {w.marks, 1}} {
		for range of.workers {
			wg.Go(func() { w.work(ctx, of.work) })
		}
	}
	wg.Go(func() { w.recover(ctx) })
	wg.Wait()
}

func (w *Workspace) work(ctx context.Context, jobs <-chan func(context.Context)) {
	for {
		select {
		case <-ctx.Done():
			return
		case do := <-jobs:
			c, cancel := context.WithTimeout(ctx, 2*time.Minute)
			func() {
				defer recoverPanic(c, w.o.Logger)
				do(c)
			}()
			cancel()
		}
	}
}

func (w *Workspace) bestEffort(what string, do func(context.Context) error) {
	select {
	case w.courtesy <- func(ctx context.Context) {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			w.o.Logger.InfoContext(ctx, "a courtesy was not done", "what", what, "err", err)
		}
	}:
	default:
		w.o.Logger.Info("a courtesy was dropped: too many wait", "what", what)
	}
}

// retryUntilDone does a courtesy until it is done, ctx ends, or Slack refuses it; where Slack is limited it waits as it says.
func retryUntilDone(ctx context.Context, do func() error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := do()
		var limited *slack.RateLimitedError
		var said slack.SlackErrorResponse
		switch {
		case errors.As(err, &limited):
			return struct{}{}, backoff.RetryAfter(max(1, int(limited.RetryAfter.Seconds())))
		case errors.As(err, &said):
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(backoff.NewConstantBackOff(time.Second)))
	return err
}

// recoverPanic keeps one hostile message from ending the process; over HTTP the server does the same.
func recoverPanic(ctx context.Context, logger *slog.Logger) {
	if p := recover(); p != nil {
		logger.ErrorContext(ctx, "a request from Slack panicked", "panic", p)
	}
}

// Profile implements notify.Workspace.
func (w *Workspace) Profile(ctx context.Context, account string) (handover.Agent, error) {
	u, err := w.api().GetUserInfoContext(ctx, account)
	if err != nil {
		return handover.Agent{}, fmt.Errorf("users.info: %w", err)
	}
	if foreign := u.IsRestricted || u.IsUltraRestricted || u.IsStranger || u.TeamID != "" && u.TeamID != w.o.Identity.Team && u.Enterprise.ID == ""; foreign && !w.o.Guests {
		return handover.Agent{}, notify.ErrGuest
	}
	a := handover.Agent{Avatar: u.Profile.Image192}
	for _, name := range []string{u.Profile.FirstName, u.Profile.DisplayName, u.RealName, u.Name} {
		if a.Title == "" {
			a.Title = strings.TrimSpace(name)
		}
	}
	return a, nil
}

// observed tells the observer of every call. It sees method names and outcomes, never tokens or texts.
type observed struct {
	next     http.RoundTripper
	observer Observer
}

func (o observed) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	res, err := o.next.RoundTrip(r)
	if o.observer != nil {
		outcome := "ok"
		switch {
		case err != nil:
			outcome = "network"
		case res.StatusCode == http.StatusTooManyRequests:
			outcome = "ratelimited"
		case res.StatusCode >= 500:
			outcome = "5xx"
		}
		method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		if !strings.HasSuffix(strings.TrimSuffix(r.URL.Path, method), "/api/") { // a file's own address has its name
			method = "file"
		}
		o.observer.Called(method, outcome, time.Since(start))
	}
	return res, err
}

// outcome says what an error of a call means. repeatable: doing it twice is the same as once, so an unknown outcome is none.
func outcome(err error, limit handover.LimitKey, repeatable bool) error {
	if err == nil {
		return nil
	}
	var limited *slack.RateLimitedError
	var status slack.StatusCodeError
	var said slack.SlackErrorResponse
	var op *net.OpError
	switch {
	case errors.As(err, &limited):
		return &handover.RetryLaterError{Err: err, Limit: limit, After: max(limited.RetryAfter, 100*time.Millisecond)}
	case errors.As(err, &said):
		return refusal(said, limit, repeatable)
	case errors.As(err, &op) && op.Op == "dial": // nothing was sent
		return &handover.RetryLaterError{Err: err, Limit: limit, After: 2 * time.Second}
	case repeatable && (errors.As(err, &status) || errors.As(err, &op) || errors.Is(err, context.DeadlineExceeded)):
		return &handover.RetryLaterError{Err: err, Limit: limit, After: time.Second}
	case repeatable:
		return err
	}
	return &handover.UnknownOutcomeError{Err: err}
}

// refusal: ok:false comes with HTTP 200 and is a failure all the same.
func refusal(said slack.SlackErrorResponse, limit handover.LimitKey, repeatable bool) error {
	err := fmt.Errorf("refused by Slack: %w", said)
	switch said.Err {
	case "channel_not_found", "is_archived", "not_in_channel", "restricted_action", "restricted_action_read_only_channel", "cannot_reply_to_message", "message_not_found", "thread_not_found":
		return &handover.RetryLaterError{Err: fmt.Errorf("%w: %w", notify.ErrPlace, err), After: 30 * time.Second}
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope", "org_login_required", "ekm_access_denied", "no_permission":
		return &handover.RetryLaterError{Err: err, Limit: limit, After: time.Minute}
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return &handover.RetryLaterError{Err: err, Limit: limit, After: time.Second}
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout":
		if repeatable {
			return &handover.RetryLaterError{Err: err, Limit: limit, After: time.Second}
		}
		return &handover.UnknownOutcomeError{Err: err}
	}
	return handover.Permanent(err)
}

// teamOf is a team's id in the name of its workspace.
func teamOf(workspace string) string { return strings.TrimPrefix(workspace, "slack:") }
