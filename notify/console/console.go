// Package console is the desk in the browser: pages over Desk and Store, for teams without Slack and the first five minutes.
// What is said here is posted in the Slack thread as well, under the agent's name.
package console

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify"
)

//go:embed assets
var assets embed.FS

// Agent is somebody who may sign in.
type Agent struct {
	handover.Agent
	Token    string // at least 16 characters
	Personal bool   // may look at personal data
	Email    string // where mail reaches them; "": nowhere
	Skills   []string
	Form     string // what the forms of the agent's session carry; set by the console
}

// Reads is what the console reads of the desk.
type Reads interface {
	Get(ctx context.Context, id int64) (handover.Conversation, error)
	Queue(ctx context.Context, live bool) ([]handover.Conversation, error)
	Transcript(ctx context.Context, conversation, after int64) ([]handover.Message, error)
	Recent(ctx context.Context, conversation, after int64) ([]handover.Message, error)
	// Drafted and DraftSent keep what became of the drafts that agents are shown.
	Drafted(ctx context.Context, key string, handoff int64, d handover.Draft) error
	DraftSent(ctx context.Context, key, sent string) error
	// Content returns what a file has.
	Content(ctx context.Context, key string, shown bool) (handover.File, io.Reader, error)
	// Subscribe and Subscriptions keep where agents are told that nobody claims.
	Subscribe(ctx context.Context, b handover.Subscription, on bool) error
	Subscriptions(ctx context.Context, agent int64) ([]handover.Subscription, error)
}

// Options are the console's knobs.
type Options struct {
	Agents  []Agent
	Drafter notify.Drafter
	Mask    handover.Masker            // nil: nothing is hidden
	Secure  bool                       // cookies over HTTPS only
	Links   bool                       // a link with a token signs in, as the demo prints it: such links stand in histories and logs
	Mail    bool                       // agents may be told by mail that nobody claims
	PushKey string                     // what browsers subscribe to for the same; "": they cannot
	Push    func(address string) error // says what is wrong with a subscription
	Logger  *slog.Logger               // required
}

// Console serves the pages.
type Console struct {
	desk  *handover.Desk
	reads Reads
	bus   *handover.Bus
	o     Options
	pages *template.Template
	ended chan struct{}

	sessions Sessions
	log      handover.AuditLog
	attempts attempts
	ownPages *http.CrossOriginProtection
}

// Store is what the console needs of the desk's store.
type Store interface {
	Reads
	Sessions
	handover.AuditLog
}

// New returns the console.
func New(desk *handover.Desk, store Store, bus *handover.Bus, o Options) *Console {
	if o.Mask == nil {
		o.Mask = handover.Unmasked{}
	}
	return &Console{desk: desk, reads: store, sessions: store, log: store, bus: bus, o: o, pages: templates(), ended: make(chan struct{}), ownPages: http.NewCrossOriginProtection()}
}

// EndStreams ends all live pages' streams. Call it once.
func (c *Console) EndStreams() { close(c.ended) }

// Routes adds the console's paths.
func (c *Console) Routes(mux *http.ServeMux) {
	for path, h := range map[string]func(http.ResponseWriter, *http.Request, Agent){
		"GET /console/{$}": c.queue, "GET /console/c/{id}": c.open, "GET /console/events": c.events, "GET /console/files/{key}": c.file,
		"POST /console/c/{id}/claim": c.step(c.claim), "POST /console/c/{id}/resolve": c.step(onHandoff(c.desk.Resolve)), "POST /console/c/{id}/return": c.step(onHandoff(c.desk.Return)),
		"POST /console/c/{id}/release": c.step(onHandoff(c.desk.Release)), "POST /console/c/{id}/reopen": c.step(onHandoff(c.desk.Reopen)),
		"POST /console/c/{id}/reply": c.step(c.reply), "POST /console/c/{id}/note": c.step(c.note), "POST /console/c/{id}/draft": c.draft, "POST /console/c/{id}/show": c.show, "POST /console/c/{id}/typing": c.typing,
		"GET /console/audit": c.audit, "POST /console/logout": c.logout, "POST /console/bells": c.subscribe,
	} {
		mux.HandleFunc(path, c.signedIn(h))
	}
	mux.HandleFunc("GET /console/sw.js", headers(func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, assets, "assets/sw.js") })) // below /console/, so that it serves all of it
	mux.HandleFunc("GET /console/login", headers(c.loginPage))
	mux.HandleFunc("POST /console/login", headers(c.login))
	mux.Handle("GET /console/assets/", http.StripPrefix("/console/", headers(http.FileServerFS(assets).ServeHTTP)))
	mux.HandleFunc("GET /console", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/console/", http.StatusMovedPermanently)
	})
}

func headers(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "same-origin") // with no-referrer, browsers send Origin: null from our own forms
		h.Set("X-Content-Type-Options", "nosniff")
		if !strings.HasPrefix(r.URL.Path, "assets/") {
			h.Set("Cache-Control", "no-store")
		}
		next(w, r)
	}
}

// page is what a template shows.
type page struct {
	Agent         Agent
	Say           string // what went wrong, or what to know
	Next          string
	Link          string // a login link's secret
	Audit         []handover.AuditEntry
	Before        int64 // older lines of the audit log are before this; 0: there are none
	Queue         []handover.Conversation
	Alerts        []string // what an admin should know
	Notifications notifications
	Paused        string // why nobody can be had; "": it is not paused
	C             handover.Conversation
	Transcript    []handover.Message
	Draft         handover.Draft
	Style         handover.Style
	Text          string // what stands in the reply field
	Cited         int    // articles that its marks name
	Drafted       string // fingerprint of the draft that stood there; "": none did
	Had           string // what the agent had written there before
	Key           string // of the next reply, so that sending it twice is harmless
	Mine          bool
	Hidden        bool // personal data is out of sight
}

func (c *Console) render(w http.ResponseWriter, status int, name string, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if p.Key == "" {
		p.Key = rand.Text()
	}
	if err := c.pages.ExecuteTemplate(w, name, p); err != nil {
		c.o.Logger.Warn("a page broke off", "page", name, "err", err)
	}
}

func (c *Console) failed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, handover.ErrUnknown) {
		http.Error(w, "There is no such conversation.", http.StatusNotFound)
		return
	}
	if r.Context().Err() == nil {
		c.o.Logger.ErrorContext(r.Context(), "console request failed", "path", r.URL.Path, "err", err)
	}
	http.Error(w, "Something went wrong. Try again in a moment.", http.StatusServiceUnavailable)
}

func (c *Console) queue(w http.ResponseWriter, r *http.Request, a Agent) {
	q, err := c.reads.Queue(r.Context(), true)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	mine, err := c.reads.Subscriptions(r.Context(), a.ID)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	b := notifications{Push: c.o.PushKey}
	if c.o.Mail {
		b.Email = a.Email
	}
	for _, x := range mine {
		b.Mailed = b.Mailed || x.Way == "email" && x.Address == a.Email
	}
	c.render(w, http.StatusOK, "queue", page{Agent: a, Queue: q, Alerts: c.desk.Alerts(), Paused: c.desk.Paused(), Notifications: b})
}

// notifications are the ways in which an agent can be told that nobody claims.
type notifications struct {
	Email  string // "": no mail
	Mailed bool   // they asked for it
	Push   string // key to subscribe with; "": no push
}

// subscribe turns one on or off.
func (c *Console) subscribe(w http.ResponseWriter, r *http.Request, a Agent) {
	b := handover.Subscription{Agent: a.ID, Way: r.PostFormValue("way"), Address: r.PostFormValue("address")}
	switch {
	case b.Way == "email" && c.o.Mail && a.Email != "":
		b.Address = a.Email
	case b.Way == "push" && c.o.PushKey != "" && len(b.Address) < 2000:
		if err := c.o.Push(b.Address); err != nil && r.PostFormValue("on") == "yes" {
			http.Error(w, "This browser cannot be reached: "+err.Error()+".", http.StatusUnprocessableEntity)
			return
		}
	default:
		http.Error(w, "There is no such way to reach you here.", http.StatusUnprocessableEntity)
		return
	}
	if err := c.reads.Subscribe(r.Context(), b, r.PostFormValue("on") == "yes"); err != nil {
		c.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/console/", http.StatusSeeOther)
}

func (c *Console) conversation(r *http.Request, a Agent) (page, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return page{}, handover.ErrUnknown
	}
	p := page{Agent: a, Style: handover.StyleOf("", "")}
	if p.C, err = c.reads.Get(r.Context(), id); err != nil {
		return p, err
	}
	p.Mine = p.C.State == handover.Claimed && p.C.Handoff.Agent.ID == a.ID
	p.Transcript, err = c.reads.Transcript(r.Context(), id, 0)
	return p, err
}

func (c *Console) open(w http.ResponseWriter, r *http.Request, a Agent) {
	p, err := c.conversation(r, a)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	c.present(w, r, http.StatusOK, p)
}

// file gives out what a message came with. Nothing in it runs.
func (c *Console) file(w http.ResponseWriter, r *http.Request, _ Agent) {
	f, content, err := c.reads.Content(r.Context(), r.PathValue("key"), false)
	if errors.Is(err, handover.ErrNoFile) {
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	h, disposition := w.Header(), "attachment"
	if f.Image() {
		disposition = "inline"
	}
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(5 * time.Minute))
	_, _ = io.Copy(w, content)
}

// request is a button pressed or a line written.
type request struct {
	c       handover.Conversation
	by      handover.By
	handoff int64
	text    string
	key     string
}

// step runs one step of the desk, then shows the conversation; a refusal is said on the page.
func (c *Console) step(do func(context.Context, request) error) func(http.ResponseWriter, *http.Request, Agent) {
	return func(w http.ResponseWriter, r *http.Request, a Agent) {
		p, err := c.conversation(r, a)
		if err != nil {
			c.failed(w, r, err)
			return
		}
		handoff, _ := strconv.ParseInt(r.PostFormValue("handoff"), 10, 64)
		if p.C.Handoff.ID != handoff && p.C.State != handover.WithBot { // a page left open, or a form of another conversation
			handoff = 0
		}
		cited, _ := strconv.Atoi(r.PostFormValue("cited"))
		in := request{
			c: p.C, by: handover.By{Account: handover.Account{ID: a.ID}, OnlyHolder: !a.Personal}, handoff: handoff,
			text: strings.TrimSpace(handover.Unmarked(field(r, "text"), cited)), key: "console:" + r.PostFormValue("key"),
		}
		if err = errMoved; handoff != 0 || p.C.State == handover.WithBot {
			err = do(r.Context(), in)
		}
		text := refusal(err)
		switch {
		case err == nil:
			http.Redirect(w, r, "/console/c/"+r.PathValue("id"), http.StatusSeeOther)
		case text != "":
			var gone error
			if p, gone = c.conversation(r, a); gone != nil {
				c.failed(w, r, gone)
				return
			}
			p.Say, p.Text, p.Key, p.Cited = text, field(r, "text"), r.PostFormValue("key"), cited
			if errors.Is(err, errUsed) {
				p.Key = "" // the text goes out under a new one
			}
			p.Drafted, p.Had = r.PostFormValue("drafted"), field(r, "had")
			c.present(w, r, http.StatusConflict, p)
		default:
			c.failed(w, r, err)
		}
	}
}

// field is what stands in a form's field; browsers end its lines with CR LF.
func field(r *http.Request, name string) string {
	return strings.TrimSpace(strings.ReplaceAll(r.PostFormValue(name), "\r\n", "\n"))
}

var (
	errEmpty   = errors.New("Write something first.")                                                                  //nolint:staticcheck // a sentence for people
	errMoved   = errors.New("This conversation has moved on; look again.")                                             //nolint:staticcheck // a sentence for people
	errUsed    = errors.New("This form was sent before, with another text. Yours was not sent yet: press Send again.") //nolint:staticcheck // a sentence for people
	errTooLong = errors.New("A message may have 8,000 characters, and no U+0000.")                                     //nolint:staticcheck // a sentence for people
)

// refusal says why a step was refused, "" when it was not.
func refusal(err error) string {
	var no *handover.NotAllowedError
	switch {
	case errors.Is(err, errEmpty), errors.Is(err, errTooLong), errors.Is(err, errMoved), errors.Is(err, errUsed):
		return err.Error()
	case errors.As(err, &no) && no.State == handover.Claimed && no.Agent.Title != "":
		return no.Agent.Title + " has this conversation."
	case errors.As(err, &no) && no.State == handover.Claimed:
		return "A colleague has this conversation."
	case errors.As(err, &no) && no.State == handover.Waiting:
		return "Claim this conversation first."
	case errors.As(err, &no):
		return "This conversation has moved on; look again."
	case errors.As(err, new(*handover.NotListedError)):
		return "You are not in the list of agents."
	}
	return ""
}

func onHandoff(do func(context.Context, int64, handover.By) (handover.Saved, error)) func(context.Context, request) error {
	return func(ctx context.Context, in request) error {
		_, err := do(ctx, in.handoff, in.by)
		return err
	}
}

// claim takes a waiting conversation, or takes over one that is with the bot.
func (c *Console) claim(ctx context.Context, in request) error {
	if in.c.State == handover.WithBot {
		_, err := c.desk.TakeOver(ctx, in.c.ID, in.by)
		return err
	}
	_, err := c.desk.Claim(ctx, in.handoff, in.by)
	return err
}

func checked(in request) error {
	if in.text == "" {
		return errEmpty
	}
	if utf8.RuneCountInString(in.text) > 8000 || strings.ContainsRune(in.text, 0) || !utf8.ValidString(in.text) {
		return errTooLong
	}
	return nil
}

func (c *Console) reply(ctx context.Context, in request) error {
	if err := checked(in); err != nil {
		return err
	}
	s, err := c.desk.Write(ctx, in.handoff, in.by, in.key, in.text)
	if err != nil {
		return err
	}
	if s.Repeat && s.Message().Text != in.text { // the browser went back to a page whose form was sent
		return errUsed
	}
	if err := c.reads.DraftSent(ctx, in.key, in.text); err != nil { // it was sent all the same
		c.o.Logger.WarnContext(ctx, "what became of the draft is not known", "handoff", in.handoff, "err", err)
	}
	return nil
}

func (c *Console) note(ctx context.Context, in request) error {
	if err := checked(in); err != nil {
		return err
	}
	s, err := c.desk.Note(ctx, in.handoff, in.by, in.key, in.text)
	if err == nil && s.Repeat && s.Message().Text != in.text {
		return errUsed
	}
	return err
}

// draft shows the conversation with a draft in the reply field; nothing is sent. What stood there is kept below it.
func (c *Console) draft(w http.ResponseWriter, r *http.Request, a Agent) {
	p, err := c.conversation(r, a)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	p.Style = handover.StyleOf(r.PostFormValue("tone"), r.PostFormValue("length"))
	episode, err := c.reads.Recent(r.Context(), p.C.ID, p.C.Episode)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	if p.Draft, err = c.o.Drafter.Draft(r.Context(), p.C, episode, p.Style, nil); err != nil {
		c.o.Logger.WarnContext(r.Context(), "no draft", "conversation", p.C.ID, "err", err)
	}
	if p.Text = p.Draft.Text; p.Text == "" {
		p.Say = "The knowledge base has nothing on this. Write the answer yourself."
	}
	p.Had = field(r, "had")
	if own := field(r, "text"); own != "" && notify.Fingerprint(own) != r.PostFormValue("drafted") {
		p.Had = strings.TrimSpace(own + "\n\n" + p.Had)
	}
	p.Key, p.Cited, p.Drafted = rand.Text(), len(p.Draft.Citations), notify.Fingerprint(p.Text)
	if err := c.reads.Drafted(r.Context(), "console:"+p.Key, p.C.Handoff.ID, p.Draft); err != nil {
		c.o.Logger.WarnContext(r.Context(), "what becomes of the draft is not known", "conversation", p.C.ID, "err", err)
	}
	c.present(w, r, http.StatusOK, p)
}

func (c *Console) typing(w http.ResponseWriter, r *http.Request, a Agent) {
	if p, err := c.conversation(r, a); err == nil && p.Mine {
		c.bus.Typing(p.C.ID, handover.FromAgent)
	}
	w.WriteHeader(http.StatusNoContent)
}

// events tells a page that something changed; the page then reads itself anew.
func (c *Console) events(w http.ResponseWriter, r *http.Request, _ Agent) {
	id, _ := strconv.ParseInt(r.URL.Query().Get("c"), 10, 64)
	var changed, typing <-chan struct{}
	var stop func()
	if id == 0 {
		changed, stop = c.bus.ListenAll()
	} else {
		changed, typing, stop = c.bus.Follow(id, handover.FromCustomer)
	}
	defer stop()
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	beat := time.NewTicker(20 * time.Second)
	defer beat.Stop()
	for text := "event: changed\ndata: 1\n\n"; ; {
		_ = rc.SetWriteDeadline(time.Now().Add(30 * time.Second))
		if _, err := w.Write([]byte(text)); err != nil || rc.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-c.ended:
			return
		case <-changed:
			text = "event: changed\ndata: 1\n\n"
		case <-typing:
			text = "event: typing\ndata: 1\n\n"
		case <-beat.C:
			text = "event: changed\ndata: 1\n\n" // other processes' changes, and ages
		}
	}
}
