package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/bot/web"
	"github.com/deskbell/deskbell/bot/webhook"
	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/copilot/openai"
	"github.com/deskbell/deskbell/handover"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/knowledge"
	library "github.com/deskbell/deskbell/knowledge/postgres"
	"github.com/deskbell/deskbell/notify"
	"github.com/deskbell/deskbell/notify/console"
	"github.com/deskbell/deskbell/notify/email"
	"github.com/deskbell/deskbell/notify/push"
	"github.com/deskbell/deskbell/notify/slack"
)

// app is the whole program, wired.
type app struct {
	config    *configs.Config
	logger    *slog.Logger
	metrics   *metrics
	db        *pg.DB
	store     *desk.Store
	bus       *handover.Bus
	peers     *desk.Peers
	desk      *handover.Desk
	web       *web.Channel
	slack     *slack.App // nil: not connected
	console   *console.Console
	worker    *handover.Worker
	knowledge *knowledge.Base
	routes    *http.ServeMux
	stopping  atomic.Bool
}

// migrations are all tables, in the order they are made.
func migrations() []pg.Migrations {
	return []pg.Migrations{desk.Migrations(), library.Migrations()}
}

// openDatabase opens and migrates the database that the configuration names.
func openDatabase(ctx context.Context, c *configs.Config, logger *slog.Logger) (*pg.DB, error) {
	db, err := pg.Open(ctx, pg.Options{
		URL: c.String("database.url"), DataDir: c.DataDir(), BinDir: c.String("database.bin_dir"), MaxConns: c.Int("database.max_connections"), Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	if err := pg.Migrate(ctx, db.Patient, migrations()...); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// openKnowledge returns the knowledge base on db, and the model; nil without a key. m may be nil.
func openKnowledge(ctx context.Context, c *configs.Config, db *pg.DB, m *metrics, logger *slog.Logger) (*knowledge.Base, *openai.Client, error) {
	builtin := knowledge.NewHashed(384)
	var client *openai.Client
	var embed knowledge.Embedder = builtin
	if key := c.String("openai.api_key"); key != "" {
		o := openai.Options{APIKey: key, BaseURL: c.String("openai.base_url"), Model: c.String("openai.model"), EmbeddingModel: c.String("openai.embedding_model"), MaxTokens: c.Int("openai.max_tokens")}
		if m != nil {
			o.Observer = m.modelCalled
		}
		client = openai.New(o)
		if c.String("openai.embedding_model") != "" {
			e, err := openai.NewEmbedder(ctx, client)
			if err != nil {
				return nil, nil, fmt.Errorf("openai.embedding_model: %w", err)
			}
			embed = e
		}
	}
	// named are embedders whose vectors are still searched while another's are made.
	named := func(name string, dims int) (knowledge.Embedder, error) {
		if name == builtin.Name() {
			return knowledge.NewHashed(dims), nil
		}
		if client == nil {
			return nil, fmt.Errorf("the vectors are %s's: set openai.api_key until the new ones are made", name)
		}
		return client.Embedder(name, dims), nil
	}
	return knowledge.NewBase(library.New(db.Pool, library.Options{ExactBelow: c.Int("knowledge.exact_below"), Works: db.Patient, Until: ctx, Logger: logger}), embed, named), client, nil
}

// wire makes the program. It knows everybody and decides nothing.
func wire(ctx context.Context, c *configs.Config, db *pg.DB, logger *slog.Logger, demo bool) (*app, error) {
	a := &app{config: c, logger: logger, metrics: newMetrics(prices(c)), db: db, store: desk.New(db.Pool, db.Reserve)}
	if version, err := pg.HasVector(ctx, db.Pool); err != nil {
		return nil, err
	} else if version == "" {
		logger.WarnContext(ctx, "this PostgreSQL has no pgvector: search is by words alone")
	}
	db.Connected(a.store.Unremember) // a server that took over may not have all that its predecessor had
	a.peers = desk.NewPeers(a.store, logger)
	a.bus = handover.NewBus(a.peers.Forward)
	base, client, err := openKnowledge(ctx, c, db, a.metrics, logger)
	if err != nil {
		return nil, err
	}
	a.knowledge = base
	var model copilot.Model
	if client != nil {
		model = client
	}
	masker, err := copilot.NewMasker(c.Masking)
	if err != nil {
		return nil, usageError{err}
	}
	advisor := copilot.New(base, model, copilot.Options{Intents: examples(c), Masker: masker, Logged: c.String("openai.log_calls") == "yes", MaskNames: c.String("openai.mask_names") == "yes", Timeout: c.Duration("openai.timeout"), Logger: logger})

	slackOptions := slackDoor(c)
	slackOptions.Observer, slackOptions.Logger = a.metrics, logger
	if slackOptions.ClientID != "" {
		if slackOptions.Keys, err = slack.ParseKeys(c.String("slack.token_keys")); err != nil {
			return nil, usageError{fmt.Errorf("slack.token_keys: %w", err)}
		}
	}
	if slackOptions.BotToken != "" {
		if slackOptions.Identity, err = identify(ctx, a.store, slackOptions); err != nil {
			return nil, err
		}
	}
	agents, err := a.store.SyncAgents(ctx, listed(c, slackOptions.Identity))
	if err != nil {
		return nil, err
	}
	options := deskOptions(c, slackOptions.Identity)
	options.ListedOnly = options.ListedOnly && !demo // whoever tries it out may claim
	atConsole := slices.ContainsFunc(slices.Collect(maps.Values(c.Agents)), func(a configs.Agent) bool { return a.ConsoleToken != "" })
	options.AgentsReachable = func() bool { return atConsole || a.slack != nil && a.slack.Connected() }
	a.desk = handover.NewDesk(a.store, a.bus, options)
	ways, pushKey, checkPush, err := senders(ctx, c, a.store)
	if err != nil {
		return nil, err
	}
	a.console = console.New(a.desk, a.store, a.bus, console.Options{
		Agents: consoleAgents(c, agents), Drafter: advisor, Mask: masker, Mail: ways["email"] != nil, PushKey: pushKey, Push: checkPush, Secure: strings.HasPrefix(c.String("public_url"), "https:"), Links: demo, Logger: logger,
	})
	workspaces := func(string) notify.Workspace { return nil }
	if slackOptions.BotToken != "" || slackOptions.ClientID != "" {
		slackOptions.Teams, slackOptions.ListedOnly, slackOptions.Config = slices.Sorted(maps.Keys(options.Teams)), options.ListedOnly, c.Hash
		slackOptions.Macros, slackOptions.Guests = c.Macros, c.String("slack.guests") == "yes"
		slackOptions.Capacity = func(who handover.Agent) int { return c.Agents[who.Name].Capacity }
		if ways["email"] != nil {
			slackOptions.Mail = func(who handover.Agent) string { return c.Agents[who.Name].Email }
		}
		slackOptions.UndoWindow = c.Duration("slack.undo_window")
		slackOptions.Lead, slackOptions.Doctor = slackLeads(c, slackOptions.Identity), a.condition
		slackOptions.Learn = func(ctx context.Context, key, title, text string) error {
			return base.Add(ctx, learnt, knowledge.Article{Key: key, Title: title, Audience: knowledge.ForAll, Sections: []knowledge.Section{{Text: text}}})
		}
		if a.slack, err = slack.NewApp(ctx, a.desk, a.store, advisor, slackOptions); err != nil {
			return nil, err
		}
		workspaces = a.slack.Workspace
	}

	a.web = web.New(a.desk, a.store, a.bus, web.Options{
		Origins: c.Origins, Greeting: c.Greeting(), Silent: c.String("web.greeting") == "", Texts: c.Texts(), Limits: limits(c), MostFile: mostFile(c),
		Demo: demo, Observer: a.metrics, Logger: logger,
	})
	channels := []bot.Channel{a.web}
	var hook *webhook.Channel
	if secret := c.String("channels.webhook.secret"); secret != "" {
		if hook, err = webhook.New(a.desk, webhook.Options{Secret: secret, URL: c.String("channels.webhook.url"), Base: c.String("public_url"), Logger: logger}); err != nil {
			return nil, usageError{err}
		}
		channels = append(channels, hook)
	}
	b := bot.New(a.desk, a.store, advisor, channels, bot.Options{
		Policy: bot.Policy{AnswerAbove: c.Float("policy.answer_above"), OfferBelow: c.Float("policy.offer_below"), SuggestAbove: c.Float("policy.suggest_above"), FrustrationAt: c.Float("policy.frustration_at"), NotifyAt: c.Float("policy.notify_at"), Config: c.Hash, Intents: intents(c)},
		Texts:  c.Texts(), Logger: logger,
	})
	n := notify.New(a.desk, a.store, workspaces, notify.Options{Mask: masker, Fields: c.Fields, MostFile: mostFile(c), Senders: ways, Subscribed: serves(c, agents), PublicURL: c.String("public_url"), Unlearn: unlearn(base.Remove), Logger: logger})
	handlers := b.Handlers()
	maps.Copy(handlers, n.Handlers())
	if a.worker, err = handover.NewWorker(a.store, a.bus, handlers, handover.WorkerOptions{
		Lease: c.Duration("worker.lease"), Slots: c.Int("worker.slots"), Limits: slack.Limits(c.Float("slack.posts_per_second")), Observer: a.metrics, Logger: logger,
	}); err != nil {
		return nil, err
	}
	a.route(hook)
	return a, nil
}

// learnt is what an article that an agent made of a handoff is kept under.
const learnt = "slack"

// unlearn removes the article that was made of a handoff, if there is one.
func unlearn(remove func(ctx context.Context, source, key string) (int, error)) func(context.Context, int64) error {
	return func(ctx context.Context, handoff int64) error {
		_, err := remove(ctx, learnt, slack.ArticleKey(handoff))
		return err
	}
}

// limits are what customers may do at once.
func limits(c *configs.Config) web.Limits {
	megabytes := func(key string) int64 { return int64(c.Int(key)) << 20 }
	return web.Limits{
		MessagesPerMinute: c.Int("web.messages_per_minute"), SessionsPerMinute: c.Int("web.sessions_per_minute"), BadTokensPerMinute: c.Int("web.bad_tokens_per_minute"), ReadsPerSecond: c.Int("web.reads_per_second"),
		StreamsPerSession: c.Int("web.streams_per_session"), StreamsPerAddress: c.Int("web.streams_per_address"), UploadsPerSession: c.Int("web.uploads_per_session"), UploadsPerAddress: c.Int("web.uploads_per_address"),
		BytesPerSession: megabytes("web.megabytes_per_session"), BytesPerAddress: megabytes("web.megabytes_per_address"), BytesPerDay: megabytes("web.megabytes_per_day"),
	}
}

// mostFile is how many bytes a file may have.
func mostFile(c *configs.Config) int64 { return int64(c.Int("files.max_megabytes")) << 20 }

// prices are what a token costs, by model and way.
func prices(c *configs.Config) map[tokenKind]float64 {
	model, embedder := c.String("openai.model"), c.String("openai.embedding_model")
	return map[tokenKind]float64{
		{embedder, "sent"}:  c.Float("openai.price_embedded") / 1e6,
		{model, "sent"}:     c.Float("openai.price_sent") / 1e6,
		{model, "received"}: c.Float("openai.price_received") / 1e6,
	}
}

func examples(c *configs.Config) map[string][]string {
	out := map[string][]string{}
	for name, i := range c.Intents {
		out[name] = i.Examples
	}
	return out
}

// intents are what follows from each.
func intents(c *configs.Config) map[string]bot.Intent {
	out := map[string]bot.Intent{}
	for name, i := range c.Intents {
		of := bot.Intent{Team: i.Team, Skills: i.Skills, Notify: i.Notify}
		for _, f := range i.Form {
			of.Form = append(of.Form, handover.Field{Name: f.Name, Ask: f.Ask, Pattern: f.Pattern})
		}
		out[name] = of
	}
	return out
}

func deskOptions(c *configs.Config, id slack.Identity) handover.Options {
	o := handover.Options{
		RemindAfter: c.Duration("reminders.after"), PageParameters: c.Parameters,
		UndoWindow: c.Duration("slack.undo_window"), Team: c.DefaultTeam(), Teams: map[string]handover.Place{}, ListedOnly: len(c.Agents) > 0, Gate: handover.GateOpen,
		Texts: deskTexts(c.Texts()["en"]), TextsIn: map[string]handover.Texts{},
	}
	for language, texts := range c.Texts() {
		o.TextsIn[language] = deskTexts(texts)
	}
	o.Teams[o.Team] = handover.Place{}
	for name, t := range c.Teams {
		o.Teams[name] = handover.Place{}
		if of := cmp.Or(t.SlackWorkspace, id.Team); of != "" {
			o.Teams[name] = handover.Place{Workspace: slack.Identity{Team: of}.Workspace(), Channel: t.SlackChannel}
		}
	}
	return o
}

// deskTexts are what the desk says in one language.
func deskTexts(t map[string]string) handover.Texts {
	return handover.Texts{Waiting: t["waiting"], Hello: t["hello"], PassedOn: t["passed_on"], Cancelled: t["cancelled"], Returned: t["returned"], Resolved: t["resolved"], Persona: t["persona"]}
}

func listed(c *configs.Config, id slack.Identity) []desk.Listed {
	var out []desk.Listed
	for _, name := range slices.Sorted(maps.Keys(c.Agents)) {
		a := c.Agents[name]
		l := desk.Listed{Agent: handover.Agent{Name: name, Title: a.DisplayName, Avatar: a.Avatar}}
		l.Accounts = slackAccounts(c, a, id)
		out = append(out, l)
	}
	return out
}

// condition is the desk's health in a few words, for Slack.
func (a *app) condition(ctx context.Context) string {
	h, err := a.store.Health(ctx)
	if err != nil {
		return "The database does not answer just now."
	}
	lines := []string{
		fmt.Sprintf("%d wait, %d are with agents.", h.Waiting, h.Claimed),
		fmt.Sprintf("%d things to do, the oldest for %s; %d failed for good in a week.", h.Queued, h.Oldest.Round(time.Second), h.Failed),
	}
	if h.Unposted > 0 {
		lines = append(lines, fmt.Sprintf(":warning: %d cards are not posted yet.", h.Unposted))
	}
	for _, e := range h.Errors {
		lines = append(lines, ":warning: "+e)
	}
	for _, alert := range a.desk.Alerts() {
		lines = append(lines, ":warning: "+alert)
	}
	if why := a.desk.Paused(); why != "" {
		lines = append(lines, "Paused: "+why)
	}
	return strings.Join(lines, "\n")
}

// senders are the ways in which agents can be told that nobody claims, with what browsers subscribe to and how that is checked.
func senders(ctx context.Context, c *configs.Config, store *desk.Store) (ways map[string]notify.Sender, pushKey string, check func(string) error, err error) {
	ways = map[string]notify.Sender{}
	if c.String("public_url") == "" || c.Duration("reminders.after") == 0 {
		return ways, "", nil, nil // there would be no link
	}
	if host := c.String("email.host"); host != "" {
		mail, err := email.New(email.Options{Host: host, Port: c.Int("email.port"), User: c.String("email.user"), Password: c.String("email.password"), TLS: c.String("email.tls"), From: c.String("email.from")})
		if err != nil {
			return nil, "", nil, usageError{err}
		}
		ways["email"] = mail
	}
	first, err := push.NewKeys()
	if err != nil {
		return nil, "", nil, err
	}
	var keys push.Keys
	if err := store.Made(ctx, "vapid", first, &keys); err != nil {
		return nil, "", nil, err
	}
	browsers := push.New(push.Options{Keys: keys, Contact: c.String("public_url"), Host: c.String("push.host")})
	ways["push"] = browsers
	return ways, keys.Public, browsers.Check, nil
}

// serves says whether somebody is notified of a team's handoffs: its agent is listed, with that address, and the team is theirs; with none all are.
func serves(c *configs.Config, agents []desk.Listed) func(b handover.Subscription, team string) bool {
	listed := map[int64]configs.Agent{}
	for _, a := range agents {
		listed[a.ID] = c.Agents[a.Name]
	}
	return func(b handover.Subscription, team string) bool {
		a, is := listed[b.Agent]
		return is && (b.Way != "email" || b.Address == a.Email) && (len(a.Teams) == 0 || slices.Contains(a.Teams, team))
	}
}

// consoleAgents are those with a console token.
func consoleAgents(c *configs.Config, agents []desk.Listed) []console.Agent {
	var out []console.Agent
	for _, a := range agents {
		if of := c.Agents[a.Name]; of.ConsoleToken != "" {
			out = append(out, console.Agent{Agent: a.Agent, Token: of.ConsoleToken, Personal: of.Role == "lead" || of.Role == "admin", Email: of.Email, Skills: of.Skills})
		}
	}
	return out
}
