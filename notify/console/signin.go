package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/deskbell/deskbell/handover"
)

// Sessions keeps who is signed in.
type Sessions interface {
	SignIn(ctx context.Context, hash string, agent int64, credential string, absolute time.Duration) error
	SignedIn(ctx context.Context, hash string, idle, absolute time.Duration) (agent int64, credential string, err error)
	SignOut(ctx context.Context, hash string) error
	// UseLink returns whom a link signs in, once; 0: nobody.
	UseLink(ctx context.Context, hash string) (agent int64, err error)
}

const cookie = "deskbell_console"

// How long a session lasts that nobody uses, and at most.
const (
	idle     = 24 * time.Hour
	absolute = 14 * 24 * time.Hour
)

// attempts lets each address sign in wrongly so often; after that it waits.
type attempts struct {
	mu   sync.Mutex
	from map[string]*rate.Limiter
}

const (
	wrongPerMinute = 10
	mostAddresses  = 10_000
)

// allowed says whether an address may try; wrong counts one that failed.
func (a *attempts) allowed(remote string) bool { return a.of(remote).Tokens() >= 1 }

func (a *attempts) wrong(remote string) { a.of(remote).Allow() }

func (a *attempts) of(remote string) *rate.Limiter {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.from == nil || len(a.from) >= mostAddresses {
		a.from = map[string]*rate.Limiter{}
	}
	if a.from[host] == nil {
		a.from[host] = rate.NewLimiter(rate.Every(time.Minute/wrongPerMinute), wrongPerMinute)
	}
	return a.from[host]
}

func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// who returns the agent that a token signs in, compared in constant time.
func (c *Console) who(token string) (Agent, bool) {
	sum := sha256.Sum256([]byte(token))
	var found Agent
	ok := 0
	for _, a := range c.o.Agents {
		want := sha256.Sum256([]byte(a.Token))
		if a.Token != "" && subtle.ConstantTimeCompare(sum[:], want[:]) == 1 {
			found, ok = a, 1
		}
	}
	return found, ok == 1
}

// session returns the agent whose session a request's cookie is. One that was struck off the list, or whose token was changed, has none.
func (c *Console) session(r *http.Request) (Agent, bool, error) {
	ck, err := r.Cookie(cookie)
	if err != nil || ck.Value == "" || len(ck.Value) > 200 {
		return Agent{}, false, nil
	}
	id, credential, err := c.sessions.SignedIn(r.Context(), hashed(ck.Value), idle, absolute)
	if err != nil {
		return Agent{}, false, err
	}
	for _, a := range c.o.Agents {
		if a.ID == id && a.Token != "" && subtle.ConstantTimeCompare([]byte(hashed(a.Token)), []byte(credential)) == 1 {
			a.Form = formToken(ck.Value)
			return a, true, nil
		}
	}
	return Agent{}, false, nil
}

// formToken is what forms of a session's pages carry: whoever does not see the pages does not know it.
func formToken(cookie string) string { return hashed("form " + cookie)[:32] }

// signedIn lets agents in; what changes something must come from our own pages.
func (c *Console) signedIn(next func(http.ResponseWriter, *http.Request, Agent)) http.HandlerFunc {
	return headers(func(w http.ResponseWriter, r *http.Request) {
		if err := c.ownPages.Check(r); err != nil {
			http.Error(w, "This request does not come from the console.", http.StatusForbidden)
			return
		}
		agent, ok, err := c.session(r)
		if err != nil {
			c.failed(w, r, err)
			return
		}
		if !ok {
			if r.Method == http.MethodGet && r.URL.Path != "/console/events" {
				http.Redirect(w, r, "/console/login?next="+url.QueryEscape(r.URL.Path), http.StatusSeeOther)
				return
			}
			http.Error(w, "Sign in first.", http.StatusUnauthorized)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil { // what was read of it is not all
			http.Error(w, "This is too much at once, or no form. Go back and shorten it.", http.StatusRequestEntityTooLarge)
			return
		}
		if r.Method != http.MethodGet && subtle.ConstantTimeCompare([]byte(r.PostFormValue("form")), []byte(agent.Form)) != 1 {
			http.Error(w, "This page is older than your session, or not of the console. Go back, keep what you wrote, and load it again.", http.StatusForbidden)
			return
		}
		next(w, r, agent)
	})
}

// maxForm has room for two fields of 8,000 characters, each up to 12 bytes when encoded.
const maxForm = 256 << 10

func (c *Console) loginPage(w http.ResponseWriter, r *http.Request) {
	if token := r.URL.Query().Get("token"); token != "" && c.o.Links { // the link that the demo prints
		c.enter(w, r, token, "/console/")
		return
	}
	// A link is used by the button on the page that it opens, not by whatever looks what it is.
	c.render(w, http.StatusOK, "login", page{Next: r.URL.Query().Get("next"), Link: r.URL.Query().Get("link")})
}

func (c *Console) login(w http.ResponseWriter, r *http.Request) {
	if err := c.ownPages.Check(r); err != nil {
		http.Error(w, "This request does not come from the console.", http.StatusForbidden)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if link := r.PostFormValue("link"); link != "" {
		c.follow(w, r, link)
		return
	}
	c.enter(w, r, strings.TrimSpace(r.PostFormValue("token")), r.PostFormValue("next"))
}

// LinkPath is where a login link leads; what stands in it is kept hashed, as LinkHash says.
func LinkPath(secret string) string { return "/console/login?link=" + url.QueryEscape(secret) }

// LinkHash is what a login link is kept by.
func LinkHash(secret string) string { return hashed("link " + secret) }

// follow signs in whoever was given a login link.
func (c *Console) follow(w http.ResponseWriter, r *http.Request, link string) {
	if c.tooMany(w, r, "") {
		return
	}
	id, err := c.sessions.UseLink(r.Context(), LinkHash(link))
	if err != nil {
		c.failed(w, r, err)
		return
	}
	for _, a := range c.o.Agents {
		if a.ID == id && a.Token != "" {
			c.signIn(w, r, a, "/console/")
			return
		}
	}
	c.refuse(w, r, "This link was used, or its time is over. Ask for a new one.", "")
}

// tooMany says whether an address has to wait.
func (c *Console) tooMany(w http.ResponseWriter, r *http.Request, next string) bool {
	if c.attempts.allowed(r.RemoteAddr) {
		return false
	}
	w.Header().Set("Retry-After", "60")
	c.render(w, http.StatusTooManyRequests, "login", page{Say: "Too many attempts. Wait a minute, then try again.", Next: next})
	return true
}

// refuse lets nobody in, and remembers that they tried.
func (c *Console) refuse(w http.ResponseWriter, r *http.Request, why, next string) {
	c.attempts.wrong(r.RemoteAddr)
	c.o.Logger.WarnContext(r.Context(), "a sign-in at the console failed", "from", r.RemoteAddr)
	if err := c.log.Audit(r.Context(), handover.AuditEntry{Who: "somebody", Deed: handover.DeedRefused, Within: time.Minute}); err != nil {
		c.o.Logger.WarnContext(r.Context(), "not in the audit log", "err", err)
	}
	c.render(w, http.StatusUnauthorized, "login", page{Say: why, Next: next})
}

func (c *Console) enter(w http.ResponseWriter, r *http.Request, token, next string) {
	if c.tooMany(w, r, next) {
		return
	}
	agent, ok := c.who(token)
	if !ok {
		c.refuse(w, r, "This token is not known. It is agents.<name>.console_token in the configuration.", next)
		return
	}
	c.signIn(w, r, agent, next)
}

// signIn begins an agent's session.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request, agent Agent, next string) {
	if err := c.log.Audit(r.Context(), handover.AuditEntry{Who: agent.Name, Deed: handover.DeedSignedIn}); err != nil {
		c.failed(w, r, err)
		return
	}
	value := rand.Text()
	if err := c.sessions.SignIn(r.Context(), hashed(value), agent.ID, hashed(agent.Token), absolute); err != nil {
		c.failed(w, r, err)
		return
	}
	c.o.Logger.InfoContext(r.Context(), "signed in at the console", "agent", agent.Name)
	if !strings.HasPrefix(next, "/console/") || strings.Contains(next, "//") {
		next = "/console/"
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: value, Path: "/console", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.o.Secure, MaxAge: int(absolute.Seconds())}) //nolint:gosec // Secure where public_url is https
	// A strict cookie is not sent on the redirect of a link from elsewhere: a page of our own goes on.
	c.render(w, http.StatusOK, "entered", page{Next: next})
}

func (c *Console) logout(w http.ResponseWriter, r *http.Request, a Agent) {
	if ck, err := r.Cookie(cookie); err == nil {
		if err := c.sessions.SignOut(r.Context(), hashed(ck.Value)); err != nil {
			c.failed(w, r, err)
			return
		}
	}
	if err := c.log.Audit(r.Context(), handover.AuditEntry{Who: a.Name, Deed: handover.DeedSignedOut}); err != nil { // they are out all the same
		c.o.Logger.WarnContext(r.Context(), "not in the audit log", "err", err)
	}
	c.o.Logger.InfoContext(r.Context(), "signed out of the console", "agent", a.Name)
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/console", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.o.Secure}) //nolint:gosec // as above
	http.Redirect(w, r, "/console/login", http.StatusSeeOther)
}
