package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// postbox is a mail server that keeps what it is given.
type postbox struct {
	mu    sync.Mutex
	mails []string // with who they are for before them
	fail  int      // so many are refused for now
}

func (p *postbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &letter{p: p}, nil }

func (p *postbox) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mails
}

type letter struct {
	p  *postbox
	to string
}

func (l *letter) Mail(string, *smtp.MailOptions) error { return nil }
func (l *letter) Rcpt(to string, _ *smtp.RcptOptions) error {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	if l.p.fail > 0 {
		l.p.fail--
		return &smtp.SMTPError{Code: 451, Message: "later"}
	}
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, Message: "no such user"}
	}
	l.to = to
	return nil
}
func (l *letter) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	l.p.mails = append(l.p.mails, l.to+"\n"+string(b))
	return err
}
func (*letter) Reset()        {}
func (*letter) Logout() error { return nil }

// startPostbox listens until the test ends, and returns its port.
func startPostbox(t *testing.T) (*postbox, string) {
	t.Helper()
	p := &postbox{}
	s := smtp.NewServer(p)
	s.Domain = "localhost"
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Close() })
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return p, port
}

// pushed is a browser that has subscribed to pushes, with the push service behind it.
type pushed struct {
	*httptest.Server
	key  *ecdh.PrivateKey
	auth []byte
	mu   sync.Mutex
	got  []map[string]string
	gone bool
	t    *testing.T
}

func newPushed(t *testing.T) *pushed {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &pushed{key: key, auth: make([]byte, 16), t: t}
	_, _ = rand.Read(b.auth)
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

// subscription is what the browser tells the desk.
func (b *pushed) subscription() string {
	out, _ := json.Marshal(map[string]any{"endpoint": b.URL + "/send/1", "keys": map[string]string{
		"p256dh": base64.RawURLEncoding.EncodeToString(b.key.PublicKey().Bytes()), "auth": base64.RawURLEncoding.EncodeToString(b.auth),
	}})
	return string(out)
}

func (b *pushed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gone {
		w.WriteHeader(http.StatusGone)
		return
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "vapid ") || r.Header.Get("TTL") == "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	plain, err := b.open(body)
	var m map[string]string
	if err != nil || json.Unmarshal(plain, &m) != nil {
		b.t.Errorf("a push that cannot be read: %v %q", err, plain)
	}
	b.got = append(b.got, m)
	w.WriteHeader(http.StatusCreated)
}

// open decrypts a push: RFC 8188 with the key of RFC 8291.
func (b *pushed) open(body []byte) ([]byte, error) {
	if len(body) < 86 {
		return nil, fmt.Errorf("%d bytes", len(body))
	}
	salt, n := body[:16], int(body[20])
	theirs, err := ecdh.P256().NewPublicKey(body[21 : 21+n])
	if err != nil {
		return nil, err
	}
	shared, err := b.key.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(b.key.PublicKey().Bytes()) + string(theirs.Bytes())
	ikm, err := hkdf.Key(sha256.New, shared, b.auth, info, 32)
	if err != nil {
		return nil, err
	}
	cek, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, body[21+n:], nil)
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(plain, "\x00")[:bytes.LastIndexByte(bytes.TrimRight(plain, "\x00"), 2)], nil
}

func (b *pushed) all() []map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got
}

// desk is an agent's browser at the console.
func (w *whole) signIn(token string) *http.Client {
	w.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	w.posts(c, "/console/login", url.Values{"token": {token}}, http.StatusOK)
	return c
}

var ownForm = regexp.MustCompile(`name="form" value="([^"]+)"`)

// formOf is what the forms of a signed-in browser carry; "": it is not signed in.
func (w *whole) formOf(c *http.Client) string {
	w.Helper()
	res, err := c.Get(w.url + "/console/")
	w.ok(err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	w.ok(err)
	if m := ownForm.FindSubmatch(b); m != nil {
		return string(m[1])
	}
	return ""
}

func (w *whole) posts(c *http.Client, path string, form url.Values, want int) string {
	w.Helper()
	if path != "/console/login" {
		form.Set("form", w.formOf(c))
	}
	res, err := c.PostForm(w.url+path, form)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode != want {
		w.Fatalf("%s: %s %s", path, res.Status, b)
	}
	return string(b)
}

func TestAgentsWhoAskedForItHearThatNobodyClaims(t *testing.T) {
	t.Parallel()
	box, port := startPostbox(t)
	phone := newPushed(t)
	addr := freeAddr(t)
	w := begin(t, settings{listen: addr, more: `
public_url: http://` + addr + `
reminders: {after: 1s}
email: {host: 127.0.0.1, port: ` + port + `, tls: none, from: "Deskbell <desk@desk.example>"}
push: {host: "` + strings.TrimPrefix(phone.URL, "http://") + `"}
agents:
  mia: {slack_user: UMIA, display_name: Mia, email: mia@desk.example, console_token: mia-0123456789abcdef}
  bob: {slack_user: UBOB, display_name: Bob, email: bob@desk.example, teams: [billing], console_token: bob-0123456789abcdef}
  eve: {display_name: Eve, email: nobody@desk.example, console_token: eve-0123456789abcdef}
  dan: {display_name: Dan, email: dan@desk.example, console_token: dan-0123456789abcdef}
`})
	mia := w.signIn("mia-0123456789abcdef")
	if page := w.posts(mia, "/console/bells", url.Values{"way": {"email"}, "on": {"yes"}}, http.StatusOK); !strings.Contains(page, "No more mail to mia@desk.example") {
		t.Error(page)
	}
	w.posts(w.signIn("bob-0123456789abcdef"), "/console/bells", url.Values{"way": {"email"}, "on": {"yes"}}, http.StatusOK)
	w.posts(w.signIn("eve-0123456789abcdef"), "/console/bells", url.Values{"way": {"email"}, "on": {"yes"}}, http.StatusOK)
	w.posts(mia, "/console/bells", url.Values{"way": {"push"}, "on": {"yes"}, "address": {phone.subscription()}}, http.StatusOK)
	w.posts(mia, "/console/bells", url.Values{"way": {"push"}, "on": {"yes"}, "address": {`{"endpoint":"http://169.254.169.254/","keys":{"auth":"a","p256dh":"b"}}`}}, http.StatusUnprocessableEntity)
	box.mu.Lock()
	box.fail = 1
	box.mu.Unlock()

	ana, _ := w.waits("Do you sell lawn mowers?")
	w.until("the mail and the push are there", func() bool { return len(box.all()) == 1 && len(phone.all()) == 1 })
	to, raw, _ := strings.Cut(box.all()[0], "\n")
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(m.Body)
	if to != "mia@desk.example" || !strings.Contains(m.Header.Get("Subject"), "Ana Ruiz waits") || m.Header.Get("Message-Id") == "" || strings.Contains(string(body), "ana@example.com") {
		t.Error(to, m.Header, string(body))
	}
	_, link, _ := strings.Cut(strings.ReplaceAll(string(body), "=\r\n", ""), "Open it: ")
	link, _, _ = strings.Cut(link, "\r\n")
	if link != phone.all()[0]["url"] || !strings.Contains(phone.all()[0]["title"], "Ana Ruiz") {
		t.Error(link, phone.all())
	}
	res, err := mia.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if !strings.Contains(string(page), "lawn mowers") || !strings.Contains(string(page), "Claim</button>") {
		t.Errorf("the link opens %s", page)
	}
	fresh, err := http.Get(link) // not signed in: she is asked to, and then is there
	if err != nil {
		t.Fatal(err)
	}
	_ = fresh.Body.Close()
	if to := fresh.Request.URL; to.Path != "/console/login" || "http://"+addr+to.Query().Get("next") != link {
		t.Error(to)
	}

	// What is claimed in time rings for nobody; a subscription that is gone is forgotten.
	phone.mu.Lock()
	phone.gone = true
	phone.mu.Unlock()
	w.click(w.card().TS, "claim", "UMIA")
	ana.reads("Hi, I'm Mia.")
	second := w.visit()
	second.says("a human please")
	w.until("a second card", func() bool { return len(w.slack.Channel("C1")) == 2 })
	w.click(w.card().TS, "claim", "UMIA")
	second.reads("Hi, I'm Mia.")
	third := w.visit()
	third.says("a human please")
	w.until("the third is told by mail alone", func() bool { return len(box.all()) == 2 })
	card := w.card()
	w.click(card.TS, "claim", "UMIA")
	third.reads("Hi, I'm Mia.")
	w.ok(w.slack.Shortcut("C1", card.TS, "release", "UMIA"))
	w.until("who waits again is reminded of again", func() bool { return len(box.all()) == 3 })
	w.until("the subscription is gone", func() bool {
		var n int
		return w.app.db.QueryRow(t.Context(), `SELECT count(*) FROM subscriptions WHERE way = 'push'`).Scan(&n) == nil && n == 0
	})
	if n := len(phone.all()); n != 1 {
		t.Errorf("%d pushes", n)
	}
}
