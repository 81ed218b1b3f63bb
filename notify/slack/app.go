package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/outside"
	"github.com/deskbell/deskbell/notify"
)

// App is our app in Slack: the same for every workspace that it is installed in.
type App struct {
	desk      *handover.Desk
	store     Store
	drafter   notify.Drafter
	o         Options
	processed chan struct{} // limits what is taken in at once
	http      *http.Client  // for Slack's OAuth

	mu    sync.Mutex
	in    map[string]*Workspace // by team
	seen  map[string][]byte     // the sealed tokens that each was made with
	start func(*Workspace)      // nil: not running

	tries map[string]int       // of renewing a workspace's token, in vain
	tryAt map[string]time.Time // not before; both are the follower's alone
}

// NewApp returns the app, in the workspace of the bot token if there is one, and in those that have installed it.
func NewApp(ctx context.Context, desk *handover.Desk, store Store, drafter notify.Drafter, o Options) (*App, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Silence == 0 {
		o.Silence = 10 * time.Minute
	}
	a := &App{
		desk: desk, store: store, drafter: drafter, o: o, processed: make(chan struct{}, 16), http: &http.Client{Transport: outside.Transport(nil, 1<<20), Timeout: 15 * time.Second},
		in: map[string]*Workspace{}, seen: map[string][]byte{}, tries: map[string]int{}, tryAt: map[string]time.Time{},
	}
	if o.BotToken != "" {
		a.add(o)
	}
	if err := a.follow(ctx); err != nil { // customers and the console need not wait for it
		o.Logger.ErrorContext(ctx, "Slack installs", "err", err)
		return a, desk.Alert(ctx, installsAlert, "Workspaces that have installed the Slack app are not all connected: "+err.Error())
	}
	return a, desk.Alert(ctx, installsAlert, "")
}

// add lets a workspace in.
func (a *App) add(o Options) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.in[o.Identity.Team]; w != nil { // a new token
		w.client.Store(client(o, o.Observer))
		return
	}
	w := newWorkspace(a.desk, a.store, a.drafter, o)
	a.in[o.Identity.Team] = w
	if a.start != nil {
		a.start(w)
	}
}

// of returns a workspace by its team's id, or nil; "" is the only one there is.
func (a *App) of(team string) *Workspace {
	a.mu.Lock()
	defer a.mu.Unlock()
	if team == "" && len(a.in) == 1 {
		for _, w := range a.in {
			return w
		}
	}
	return a.in[team]
}

// all are the workspaces.
func (a *App) all() []*Workspace {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Collect(maps.Values(a.in))
}

// Connected says whether the app is in any workspace.
func (a *App) Connected() bool { return len(a.all()) > 0 }

// Workspace returns a workspace by its name, as slack:T1; nil when the app is not in it.
func (a *App) Workspace(name string) notify.Workspace {
	for _, w := range a.all() {
		if w.o.Identity.Workspace() == name {
			return w
		}
	}
	return nil
}

// followEvery is how often we look who has installed the app, and whose token is to be renewed.
const followEvery = 2 * time.Second

// Run does each workspace's work until ctx ends, and keeps the sockets open in Socket Mode.
func (a *App) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	a.mu.Lock()
	a.start = func(w *Workspace) { wg.Go(func() { w.run(ctx) }) }
	for _, w := range a.in {
		a.start(w)
	}
	a.mu.Unlock()
	if a.o.ClientID != "" {
		wg.Go(func() {
			tick := time.NewTicker(followEvery)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				if err := errors.Join(a.follow(ctx), a.renew(ctx)); err != nil && ctx.Err() == nil {
					a.o.Logger.WarnContext(ctx, "Slack installs", "err", err)
				}
			}
		})
	}
	if a.o.AppToken != "" {
		a.runSockets(ctx)
	}
	wg.Wait()
	return nil
}

// tokens are what an install has, sealed.
type tokens struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh,omitempty"`
}

func (o Options) tokens(i handover.Install) (t tokens, err error) {
	plain, err := o.Keys.Open(i.Workspace, i.Key, i.Sealed)
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal(plain, &t)
}

// In is what the options are in a workspace that has installed the app.
func (o Options) In(i handover.Install) (Options, error) {
	t, err := o.tokens(i)
	o.BotToken, o.Identity = t.Access, Identity{}
	return o, errors.Join(err, json.Unmarshal(i.About, &o.Identity))
}

// follow lets in who has installed the app, here or at another process, and takes new tokens over.
func (a *App) follow(ctx context.Context) error {
	if a.o.ClientID == "" {
		return nil
	}
	all, err := a.store.Installs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range all {
		a.mu.Lock()
		known := bytes.Equal(a.seen[i.Workspace], i.Sealed)
		a.mu.Unlock()
		if known {
			continue
		}
		if team := teamOf(i.Workspace); a.o.BotToken != "" && team == a.o.Identity.Team || !slices.Contains(a.o.Allowed, team) {
			continue // the configuration's own token is the one, or it is not among the configuration's workspaces any more
		}
		o, err := a.o.In(i)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		a.add(o)
		if i.Key != a.o.Keys.names[0] { // an older key can be taken away then
			errs = append(errs, a.store.Renew(ctx, i.Workspace, a.resealed))
		}
		a.mu.Lock()
		a.seen[i.Workspace] = i.Sealed
		a.mu.Unlock()
	}
	return errors.Join(errs...)
}

// resealed is an install under the newest key.
func (a *App) resealed(i handover.Install) (handover.Install, error) {
	plain, err := a.o.Keys.Open(i.Workspace, i.Key, i.Sealed)
	if err == nil {
		i.Sealed, i.Key = a.o.Keys.Seal(i.Workspace, plain)
	}
	return i, err
}

// installsAlert is what admins are told under of workspaces that cannot be connected; tokenAlert of one whose token is not renewed.
const installsAlert = "slack installs"

func tokenAlert(workspace string) string { return "token of " + workspace }

// renewWithin is how long renewing may take.
const renewWithin = 20 * time.Second

// renewBefore is how long before its end a token is renewed: Slack's last 12 hours.
const renewBefore = 2 * time.Hour

// renew renews the tokens that end soon, each by one process.
func (a *App) renew(ctx context.Context) error {
	all, err := a.store.Installs(ctx)
	if err != nil {
		return err
	}
	due := func(i handover.Install) bool { return !i.Expires.IsZero() && i.Expires.Sub(a.o.Now()) < renewBefore }
	var errs []error
	for _, i := range all {
		if !due(i) || !slices.Contains(a.o.Allowed, teamOf(i.Workspace)) || time.Now().Before(a.tryAt[i.Workspace]) {
			continue
		}
		a.tries[i.Workspace]++
		a.tryAt[i.Workspace] = time.Now().Add(time.Minute << min(a.tries[i.Workspace]-1, 6))
		work, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewWithin) // a stop in between would lose what may be used once
		err := a.store.Renew(work, i.Workspace, func(i handover.Install) (handover.Install, error) {
			if !due(i) { // another process did
				return i, nil
			}
			t, err := a.o.tokens(i)
			if err != nil {
				return i, err
			}
			r, err := slack.RefreshOAuthV2TokenContext(work, a.http, a.o.ClientID, a.o.ClientSecret, t.Refresh, slack.OAuthOptionAPIURL(a.api()))
			if err != nil {
				return i, a.refused(ctx, i.Workspace, err)
			}
			a.o.Logger.InfoContext(ctx, "a Slack token was renewed", "workspace", i.Workspace)
			return a.sealed(i, r), nil
		})
		cancel()
		if err == nil {
			delete(a.tries, i.Workspace)
			delete(a.tryAt, i.Workspace)
			err = a.desk.Alert(ctx, tokenAlert(i.Workspace), "")
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// refused tells admins of tokens that Slack will not renew any more.
func (a *App) refused(ctx context.Context, workspace string, err error) error {
	var said slack.SlackErrorResponse
	if errors.As(err, &said) && said.Err != "internal_error" && said.Err != "ratelimited" {
		return errors.Join(err, a.desk.Alert(ctx, tokenAlert(workspace), "Slack does not renew the token of "+workspace+" ("+said.Err+"). Install the app again at /slack/install; cards and lines wait, the console goes on."))
	}
	return err
}

// sealed is an install with the tokens that Slack gave.
func (a *App) sealed(i handover.Install, r *slack.OAuthV2Response) handover.Install {
	plain, _ := json.Marshal(tokens{Access: r.AccessToken, Refresh: r.RefreshToken}) // strings always encode
	i.Sealed, i.Key = a.o.Keys.Seal(i.Workspace, plain)
	i.Expires = time.Time{}
	if r.ExpiresIn > 0 {
		i.Expires = a.o.Now().Add(time.Duration(r.ExpiresIn) * time.Second)
	}
	return i
}

// api is where Slack's methods are.
func (a *App) api() string {
	if a.o.APIURL != "" {
		return a.o.APIURL
	}
	return slack.APIURL
}

// event takes one event in, from HTTP or a socket, for the workspace that it was sent for. nil: it may be acked.
func (a *App) event(ctx context.Context, body []byte) error {
	body = withoutNUL(body)
	var to struct {
		Team           string `json:"team_id"`
		Authorizations []struct {
			Team string `json:"team_id"`
		}
	}
	if err := json.Unmarshal(body, &to); err != nil {
		a.o.Logger.WarnContext(ctx, "an event that cannot be read", "err", err)
		return nil
	}
	if len(to.Authorizations) > 0 && a.of(to.Authorizations[0].Team) != nil { // in a shared channel the event may be another's
		to.Team = to.Authorizations[0].Team
	}
	if w := a.of(to.Team); w != nil {
		return w.event(ctx, body)
	}
	if slices.Contains(a.o.Allowed, to.Team) { // installed at another process a moment ago
		if err := a.follow(ctx); err != nil {
			return err
		}
		if w := a.of(to.Team); w != nil {
			return w.event(ctx, body)
		}
		return fmt.Errorf("the workspace %s is not connected yet", to.Team)
	}
	a.o.Logger.DebugContext(ctx, "an event of a workspace that is none of ours", "team", to.Team)
	return nil
}

// interaction takes a click, a shortcut or a modal in.
func (a *App) interaction(ctx context.Context, payload []byte) (any, error) {
	payload = withoutNUL(payload)
	var to struct{ Team struct{ ID string } }
	if err := json.Unmarshal(payload, &to); err != nil {
		a.o.Logger.WarnContext(ctx, "an interaction that cannot be read", "err", err)
		return nil, nil
	}
	if w := a.of(to.Team.ID); w != nil {
		return w.interaction(ctx, payload)
	}
	if slices.Contains(a.o.Allowed, to.Team.ID) {
		return nil, fmt.Errorf("the workspace %s is not connected yet", to.Team.ID)
	}
	return nil, nil
}

// command takes a /deskbell in.
func (a *App) command(ctx context.Context, team, channel, user, trigger, text string) any {
	for _, s := range []*string{&team, &channel, &user, &trigger, &text} {
		*s = sanitize(*s)
	}
	if w := a.of(team); w != nil {
		return w.slashCommand(ctx, channel, user, trigger, text)
	}
	if slices.Contains(a.o.Allowed, team) {
		return map[string]any{"response_type": "ephemeral", "text": "This workspace is not connected yet. Try again in a moment."}
	}
	return nil
}
