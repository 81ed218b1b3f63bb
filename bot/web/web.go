// Package web is the chat widget's channel: JSON in, server-sent events out, and the widget itself.
package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/handover"
)

const (
	maxBody  = 64 << 10 // bytes of a request
	maxText  = 8000     // characters of a message
	maxID    = 200      // characters of a client's id
	newest   = 200      // messages given to a reader who names no rev
	readMany = 1000     // changes read at once

	answerWithin = 10 * time.Second // whoever cannot be answered by then is told to come again
)

//go:embed assets
var assets embed.FS

// Reads is what the channel reads of the desk.
type Reads interface {
	Find(ctx context.Context, channel, customer string) (handover.Conversation, error)
	Since(ctx context.Context, conversation, rev int64, limit int) (handover.Conversation, []handover.Message, error)
	Page(ctx context.Context, conversation, rev int64, newest int) (handover.Conversation, []handover.Message, bool, error)
	Wait(ctx context.Context, h handover.Handoff) (handover.Wait, error)
}

// Store is what the channel needs of the desk's store.
type Store interface {
	Reads
	// Upload, Uploads and Content are of handover.Files.
	Upload(ctx context.Context, conversation int64, f handover.File, content []byte, b handover.Budget) error
	Uploads(ctx context.Context, conversation int64, keys []string) ([]handover.File, error)
	Content(ctx context.Context, key string, shown bool) (handover.File, io.Reader, error)
}

// Observer hears of what customers wait for, for metrics.
type Observer interface {
	// CustomerAcked hears how long it took to take a customer's message in.
	CustomerAcked(took time.Duration)
	// CustomerSaw hears how old a message from the team or the bot was when it was written to a stream.
	CustomerSaw(age time.Duration)
	// Streams hears that so many streams more (or fewer) are open.
	Streams(change int)
}

// Options are the channel's knobs.
type Options struct {
	Origins  []string  // pages that may embed the widget, as https://shop.example; "*": any; none: this server's own
	Greeting string    // shown before the first message, in every language; "": that of Texts
	Silent   bool      // nothing is shown before the first message
	Texts    bot.Texts // what customers read
	Limits   Limits
	MostFile int64 // bytes that a file may have; 0: none can be sent
	Demo     bool  // serve the demo page at /
	Observer Observer
	Logger   *slog.Logger // required
}

// Channel serves the widget.
type Channel struct {
	desk     *handover.Desk
	reads    Reads
	files    Store
	bus      *handover.Bus
	o        Options
	messages *limiter
	steps    *limiter // everything else a customer does
	readings *limiter
	sessions *limiter
	strange  *limiter // tokens that nobody has
	known    known

	streamsOf, streamsFrom *places       // of a session, from an address
	uploadsOf, uploadsFrom *places       // likewise
	uploadedFrom           *day          // from an address
	uploads                chan struct{} // files that are taken in now

	streams *streams
	living  context.Context // of the streams that have left the HTTP server
	end     func()
}

var _ bot.Channel = (*Channel)(nil)

// New returns the widget's channel.
func New(desk *handover.Desk, store Store, bus *handover.Bus, o Options) *Channel {
	l := o.Limits
	c := &Channel{
		desk: desk, reads: store, files: store, bus: bus, o: o,
		messages: newLimiter(l.MessagesPerMinute, time.Minute, l.MessagesPerMinute/3), steps: newLimiter(l.MessagesPerMinute, time.Minute, l.MessagesPerMinute/3),
		readings: newLimiter(l.ReadsPerSecond, time.Second, 2*l.ReadsPerSecond), sessions: newLimiter(l.SessionsPerMinute, time.Minute, l.SessionsPerMinute/3), strange: newLimiter(l.BadTokensPerMinute, time.Minute, l.BadTokensPerMinute),
		streamsOf: newPlaces(l.StreamsPerSession), streamsFrom: newPlaces(l.StreamsPerAddress), uploadsOf: newPlaces(l.UploadsPerSession), uploadsFrom: newPlaces(l.UploadsPerAddress),
		uploadedFrom: &day{most: l.BytesPerAddress}, uploads: make(chan struct{}, mostUploads), streams: newStreams(),
	}
	c.living, c.end = context.WithCancel(context.Background())
	return c
}

// Name implements bot.Channel.
func (c *Channel) Name() string { return "web" }

// EndStreams ends all streams, and waits for them; their clients come back, to another process or the next one.
func (c *Channel) EndStreams() {
	c.end()
	c.streams.end()
}

// Routes adds the channel's paths.
func (c *Channel) Routes(mux *http.ServeMux) {
	for path, h := range map[string]http.HandlerFunc{
		"POST /web/sessions": c.open, "POST /web/messages": c.receive, "POST /web/files": c.upload, "GET /web/files/{key}": c.download, "GET /web/messages": c.list, "GET /web/stream": c.stream,
		"POST /web/handoff": c.ask, "DELETE /web/handoff": c.cancel, "POST /web/rating": c.rate, "POST /web/typing": c.typing, "POST /web/seen": c.seen,
	} {
		mux.HandleFunc(path, c.guard(h))
	}
	mux.HandleFunc("OPTIONS /web/", c.guard(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	mux.HandleFunc("GET /widget.js", c.widget())
	if c.o.Demo {
		mux.HandleFunc("GET /{$}", asset("demo.html", "no-store"))
		mux.HandleFunc("GET /demo.css", asset("demo.css", "no-store"))
	}
}

// widget is the script with what customers read in it, in all languages.
func (c *Channel) widget() http.HandlerFunc {
	texts := map[string]map[string]string{}
	for language, all := range c.o.Texts {
		texts[language] = map[string]string{"person": all["person"], "assistant": all["state_assistant"]}
		for key, text := range all {
			if name, is := strings.CutPrefix(key, "widget_"); is {
				texts[language][name] = text
			}
		}
	}
	b, err := json.Marshal(texts) // which escapes what could end a script
	if err != nil {
		panic(err) // maps of texts
	}
	script := read("widget.js")
	return served("widget.js", "public, max-age=300", bytes.Replace(script, []byte("/* texts */ {}"), b, 1))
}

func read(name string) []byte {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is embedded above
	}
	return b
}

func asset(name, cache string) http.HandlerFunc { return served(name, cache, read(name)) }

func served(name, cache string, b []byte) http.HandlerFunc {
	sum := sha256.Sum256(b)
	etag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", mime.TypeByExtension(name[strings.LastIndexByte(name, '.'):]))
		h.Set("Cache-Control", cache)
		h.Set("ETag", etag)
		h.Set("X-Content-Type-Options", "nosniff")
		if strings.HasSuffix(name, ".html") {
			h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
			h.Set("Referrer-Policy", "no-referrer")
		}
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(b)
	}
}

// problem is an error for the client: a status, a code for programs and a sentence for people.
type problem struct {
	status        int
	code, message string
	retry         time.Duration
}

func (p problem) Error() string { return p.message }

var errToken = problem{status: http.StatusUnauthorized, code: "bad_token", message: "This session is not known. Start a new one with POST /web/sessions."}

// fail answers with an error. What went wrong inside is logged, and not told.
func (c *Channel) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p problem
	var no *handover.NotAllowedError
	switch {
	case errors.As(err, &p):
	case errors.Is(err, handover.ErrUnknown):
		p = errToken
		_ = c.strange.wait(from(r.RemoteAddr)) // counted: customer looks
	case errors.Is(err, handover.ErrBusy):
		p = problem{status: http.StatusServiceUnavailable, code: "busy", message: "Your last messages are still being taken in. Try again in a moment.", retry: 2 * time.Second}
	case errors.As(err, &no):
		p = problem{status: http.StatusConflict, code: string(no.State), message: "A person has joined already."}
	case errors.Is(err, handover.ErrNoPerson):
		p = problem{status: http.StatusConflict, code: "no_person", message: "Nobody can join right now."}
	case errors.Is(err, handover.ErrNotRated):
		p = problem{status: http.StatusConflict, code: "not_ended", message: "There is no ended conversation with a person to rate."}
	case errors.Is(r.Context().Err(), context.Canceled):
		return // the client has gone
	default:
		c.o.Logger.ErrorContext(r.Context(), "customer's request failed", "path", r.URL.Path, "err", err)
		p = problem{status: http.StatusServiceUnavailable, code: "unavailable", message: "Something went wrong. Try again in a moment.", retry: 2 * time.Second}
	}
	if p.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.retry.Seconds()+0.999)))
	}
	encode(w, p.status, map[string]any{"error": map[string]string{"code": p.code, "message": p.message}})
}

func encode(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// decode reads the body into v; an empty body is an empty object.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if errors.As(err, new(*http.MaxBytesError)) {
		return problem{status: http.StatusRequestEntityTooLarge, code: "too_large", message: "A request may have 64 KiB."}
	}
	if err != nil {
		return problem{status: http.StatusBadRequest, code: "bad_request", message: "The request broke off."}
	}
	if len(b) == 0 {
		return nil
	}
	if !utf8.Valid(b) {
		return problem{status: http.StatusBadRequest, code: "bad_json", message: "The body is not UTF-8."}
	}
	if err := json.Unmarshal(b, v); err != nil {
		return problem{status: http.StatusBadRequest, code: "bad_json", message: bot.Misread(err)}
	}
	return nil
}

// guard lets in only pages of allowed origins; requests without an Origin do not come from a page and pass.
func (c *Channel) guard(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if origin := r.Header.Get("Origin"); origin != "" {
			if !c.allowed(origin, r.Host) {
				c.fail(w, r, problem{status: http.StatusForbidden, code: "origin", message: "This page may not use the widget: add its origin to web.origins."})
				return
			}
			h.Set("Access-Control-Allow-Origin", origin)
			h.Add("Vary", "Origin")
			h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
			h.Set("Access-Control-Max-Age", "600")
			h.Set("Access-Control-Expose-Headers", "Retry-After")
		}
		if r.URL.Path != "/web/stream" && !strings.HasPrefix(r.URL.Path, "/web/files") {
			ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
			defer cancel()
			r = r.WithContext(ctx)
		}
		next(w, r)
	}
}

func (c *Channel) allowed(origin, host string) bool {
	if slices.Contains(c.o.Origins, "*") || slices.Contains(c.o.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == host
}

// hashed is what we keep of a token: the contact's name on this channel.
func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// customer is who a request's token belongs to, if anybody. Who tries too many that belong to nobody is not looked up any more.
func (c *Channel) customer(r *http.Request) (string, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok && r.URL.Path == "/web/stream" { // EventSource cannot set a header
		token = r.URL.Query().Get("token")
	}
	if token == "" || len(token) > maxID {
		return "", errToken
	}
	who := hashed(token)
	if !c.known.has(who) {
		if wait := c.strange.waits(from(r.RemoteAddr), 0); wait > 0 {
			return "", tooMany(wait)
		}
	}
	return who, nil
}

func (c *Channel) ref(r *http.Request) (handover.Ref, string, error) {
	who, err := c.customer(r)
	return handover.ByCustomer("web", who), who, err
}

func (c *Channel) open(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Contact  handover.Contact `json:"contact"`
		PageURL  string           `json:"page_url"`
		Language string           `json:"language"`
	}
	if wait := c.sessions.wait(from(r.RemoteAddr)); wait > 0 {
		c.fail(w, r, tooMany(wait))
		return
	}
	if err := decode(w, r, &in); err != nil {
		c.fail(w, r, err)
		return
	}
	if err := errors.Join(short("contact.name", in.Contact.Name), short("contact.email", in.Contact.Email), short("contact.phone", in.Contact.Phone), short("language", in.Language),
		variables(in.Contact.Variables), clean(in.PageURL)); err != nil {
		c.fail(w, r, err)
		return
	}
	token := base64.RawURLEncoding.EncodeToString(random(32))
	s, err := c.desk.Open(r.Context(), handover.Opening{
		Channel: "web", Customer: hashed(token), Contact: in.Contact, PageURL: cut(in.PageURL, 2000), Language: in.Language,
	})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.known.add(hashed(token))
	encode(w, http.StatusCreated, map[string]any{
		"token": token, "conversation_id": strconv.FormatInt(s.Conversation.ID, 10), "messages": []bot.MessageView{},
		"state": bot.StateOf(s.Conversation, c.desk.Gate(), c.o.Texts.In(s.Conversation.Language), handover.Wait{}), "rev": s.Conversation.Rev, "greeting": c.greeting(s.Conversation), "most_file": c.o.MostFile,
	})
}

// greeting is what is shown before the first message.
func (c *Channel) greeting(conv handover.Conversation) string {
	if c.o.Greeting != "" || c.o.Silent {
		return c.o.Greeting
	}
	return c.o.Texts.In(conv.Language)("greeting")
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func tooMany(wait time.Duration) problem {
	return problem{status: http.StatusTooManyRequests, code: "too_many", message: "That is too much at once. Wait a moment.", retry: wait}
}

func unprocessable(code, message string) problem {
	return problem{status: http.StatusUnprocessableEntity, code: code, message: message}
}

func short(field, s string) error {
	if utf8.RuneCountInString(s) > 200 {
		return unprocessable("too_long", field+" may have 200 characters.")
	}
	return clean(s)
}

func variables(v map[string]string) error {
	if len(v) > 50 {
		return unprocessable("too_many_variables", "contact.variables may have 50 entries.")
	}
	for key, value := range v {
		if err := errors.Join(short("the name of a variable", key), clean(value)); err != nil {
			return err
		}
		if utf8.RuneCountInString(value) > 1000 {
			return unprocessable("too_long", "A variable may have 1,000 characters.")
		}
	}
	return nil
}

// clean refuses what PostgreSQL cannot keep.
func clean(s string) error {
	if strings.ContainsRune(s, 0) {
		return unprocessable("bad_text", "The character U+0000 cannot be kept.")
	}
	return nil
}

func cut(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

func (c *Channel) receive(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	var in struct {
		ID      string   `json:"id"`
		Text    string   `json:"text"`
		Files   []string `json:"files"`
		PageURL string   `json:"page_url"`
	}
	ref, who, err := c.ref(r)
	if err == nil {
		if wait := c.messages.wait(who); wait > 0 {
			err = tooMany(wait)
		}
	}
	if err == nil {
		err = decode(w, r, &in)
	}
	if err == nil {
		err = checkMessage(in.ID, in.Text, len(in.Files))
	}
	if err == nil {
		err = clean(in.PageURL)
	}
	var files []handover.File
	if err == nil {
		files, err = c.attached(r.Context(), who, in.Files)
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	s, err := c.desk.Receive(r.Context(), ref, handover.Inbound{ID: in.ID, Text: in.Text, Files: files, PageURL: cut(in.PageURL, 2000)})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.known.add(who)
	m := s.Message()
	encode(w, http.StatusAccepted, map[string]any{"id": strconv.FormatInt(m.ID, 10), "seq": m.Seq})
	if c.o.Observer != nil {
		c.o.Observer.CustomerAcked(time.Since(start))
	}
}

func checkMessage(id, text string, files int) error {
	switch {
	case id == "":
		return unprocessable("no_id", "A message needs an id of the client's own, so that sending it twice is harmless.")
	case utf8.RuneCountInString(id) > maxID:
		return unprocessable("bad_id", "An id may have 200 characters.")
	case strings.TrimSpace(text) == "" && files == 0:
		return unprocessable("empty", "A message needs a text.")
	case utf8.RuneCountInString(text) > maxText:
		return unprocessable("too_long", "A message may have 8,000 characters.")
	}
	return errors.Join(clean(id), clean(text))
}

// reader finds the conversation of who wants to read, and from which rev on. False: it has been answered.
func (c *Channel) reader(w http.ResponseWriter, r *http.Request) (conv handover.Conversation, after int64, limit int, ok bool) {
	who, err := c.customer(r)
	if err == nil {
		after, limit, err = since(r)
	}
	if err == nil {
		conv, err = c.reads.Find(r.Context(), "web", who)
	}
	if err != nil {
		c.fail(w, r, err)
	} else {
		c.known.add(who)
	}
	return conv, after, limit, err == nil
}

func (c *Channel) list(w http.ResponseWriter, r *http.Request) {
	if who, err := c.customer(r); err == nil {
		if wait := c.readings.wait(who); wait > 0 {
			c.fail(w, r, tooMany(wait))
			return
		}
	}
	conv, after, limit, ok := c.reader(w, r)
	if !ok {
		return
	}
	conv, messages, err := c.reads.Since(r.Context(), conv.ID, after, limit)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	state, err := c.state(r.Context(), conv)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	rev := conv.Rev
	if limit > 0 && len(messages) == limit { // there is more: the next request goes on from here
		rev = messages[limit-1].Rev
	}
	views := make([]bot.MessageView, len(messages))
	for i, m := range messages {
		views[i] = bot.ViewOf(m, c.o.Texts.In(conv.Language))
	}
	slices.SortFunc(views, func(a, b bot.MessageView) int { return int(a.Seq - b.Seq) })
	encode(w, http.StatusOK, map[string]any{"messages": views, "state": state, "rev": rev, "greeting": c.greeting(conv), "most_file": c.o.MostFile})
}

// since reads which changes are asked for: all after a rev or, without one, the newest messages.
func since(r *http.Request) (after int64, limit int, err error) {
	s := r.Header.Get("Last-Event-ID")
	if s == "" {
		s = r.URL.Query().Get("after")
	}
	if s == "" {
		return 0, -newest, nil
	}
	after, err = strconv.ParseInt(s, 10, 64)
	if err != nil || after < 0 {
		return 0, 0, problem{status: http.StatusBadRequest, code: "bad_rev", message: "after (or Last-Event-ID) is a rev: a whole number from an earlier event."}
	}
	return after, readMany, nil
}

func (c *Channel) state(ctx context.Context, conv handover.Conversation) (bot.StateView, error) {
	wait, err := c.reads.Wait(ctx, conv.Handoff)
	return bot.StateOf(conv, c.desk.Gate(), c.o.Texts.In(conv.Language), wait), err
}

// step runs one step of the desk and answers with the state after it.
func (c *Channel) step(w http.ResponseWriter, r *http.Request, do func(ref handover.Ref) (handover.Saved, error)) {
	ref, who, err := c.ref(r)
	if err == nil {
		if wait := c.steps.wait(who); wait > 0 {
			err = tooMany(wait)
		}
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	s, err := do(ref)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	state, err := c.state(r.Context(), s.Conversation)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	encode(w, http.StatusOK, map[string]any{"state": state, "rev": s.Conversation.Rev})
}

func (c *Channel) ask(w http.ResponseWriter, r *http.Request) {
	c.step(w, r, func(ref handover.Ref) (handover.Saved, error) { return c.desk.AskForPerson(r.Context(), ref) })
}

func (c *Channel) cancel(w http.ResponseWriter, r *http.Request) {
	c.step(w, r, func(ref handover.Ref) (handover.Saved, error) { return c.desk.CancelHandoff(r.Context(), ref) })
}

func (c *Channel) rate(w http.ResponseWriter, r *http.Request) {
	c.step(w, r, func(ref handover.Ref) (s handover.Saved, err error) {
		var in struct {
			Score   int    `json:"score"`
			Comment string `json:"comment"`
		}
		if err := decode(w, r, &in); err != nil {
			return s, err
		}
		if in.Score < 1 || in.Score > 5 {
			return s, unprocessable("bad_score", "A score is a whole number from 1 to 5.")
		}
		if utf8.RuneCountInString(in.Comment) > 2000 {
			return s, unprocessable("too_long", "A comment may have 2,000 characters.")
		}
		if err := clean(in.Comment); err != nil {
			return s, err
		}
		return c.desk.Rate(r.Context(), ref, in.Score, in.Comment)
	})
}

func (c *Channel) seen(w http.ResponseWriter, r *http.Request) {
	c.step(w, r, func(ref handover.Ref) (s handover.Saved, err error) {
		var in struct {
			Seq int64 `json:"seq"`
		}
		if err := decode(w, r, &in); err != nil {
			return s, err
		}
		if in.Seq < 0 {
			return s, unprocessable("bad_seq", "seq is the number of a message.")
		}
		return c.desk.SeenUpTo(r.Context(), ref, in.Seq)
	})
}

// typing is a courtesy: whoever watches the conversation sees it, nothing is kept.
func (c *Channel) typing(w http.ResponseWriter, r *http.Request) {
	_, who, err := c.ref(r)
	if err == nil {
		if wait := c.readings.wait(who); wait > 0 {
			err = tooMany(wait)
		}
	}
	var conv handover.Conversation
	if err == nil {
		conv, err = c.reads.Find(r.Context(), "web", who)
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.bus.Typing(conv.ID, handover.FromCustomer)
	w.WriteHeader(http.StatusNoContent)
}
