package webhook

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/bot/bottest"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// platform is the program at the other end: it keeps what it is sent, by id, and fails as told.
type platform struct {
	sign *webhooks.Webhook
	send func(body []byte) *http.Response

	mu       sync.Mutex
	faults   []int // statuses answered first; 2xx after keeping, 5xx as well
	seen     map[string]bool
	messages map[string]bot.MessageView
	state    bot.StateView
	again    int
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	if p.sign.Verify(b, r.Header) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	status := http.StatusOK
	if len(p.faults) > 0 {
		status, p.faults = p.faults[0], p.faults[1:]
	}
	if status/100 == 4 {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(status)
		return
	}
	id := r.Header.Get("webhook-id")
	if p.seen[id] {
		p.again++
	} else {
		var d struct {
			Message *bot.MessageView
			State   *bot.StateView
		}
		_ = json.Unmarshal(b, &d)
		if d.Message != nil {
			p.messages[d.Message.ID] = *d.Message
		}
		if d.State != nil {
			p.state = *d.State
		}
		p.seen[id] = true
	}
	w.WriteHeader(status)
}

func (p *platform) Write(t *testing.T, id, text string) (string, int64) {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"id": id, "text": text, "customer": map[string]string{"id": "eve", "name": "Eve"}})
	res := p.send(body)
	var out struct {
		ID  string
		Seq int64
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusAccepted {
		t.Fatal(res.Status, err)
	}
	return out.ID, out.Seq
}

func (p *platform) Sees() ([]bot.MessageView, bot.StateView) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []bot.MessageView
	for _, m := range p.messages {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b bot.MessageView) int { return int(a.Seq - b.Seq) })
	if len(all) == 0 {
		all = append(all, bot.MessageView{})
	}
	return all, p.state
}

func (p *platform) Ref() handover.Ref { return handover.ByCustomer("webhook", "eve") }

func setup(t *testing.T, faults ...int) (*bottest.Desk, *platform) {
	t.Helper()
	d := bottest.NewDesk(t)
	sign, err := webhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{sign: sign, faults: faults, seen: map[string]bool{}, messages: map[string]bot.MessageView{}}
	there := httptest.NewServer(p)
	t.Cleanup(there.Close)
	c, err := New(d.Desk, Options{Secret: secret, URL: there.URL, Logger: pgtest.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	d.Work(t, c)
	mux := http.NewServeMux()
	c.Routes(mux)
	p.send = func(body []byte) *http.Response {
		now := time.Now()
		signature, _ := sign.Sign("in", now, body)
		return post(mux, body, "in", now, signature)
	}
	return d, p
}

func post(h http.Handler, body []byte, id string, at time.Time, signature string) *http.Response {
	r := httptest.NewRequest(http.MethodPost, "/webhook/messages", bytes.NewReader(body))
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	r.Header.Set("webhook-signature", signature)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestChannelKeepsItsPromises(t *testing.T) {
	t.Parallel()
	bottest.Run(t, func(t *testing.T) (*bottest.Desk, bottest.Customer) { d, p := setup(t); return d, p })
}

func TestAnUnknownOutcomeIsSentAgainUnderTheSameID(t *testing.T) {
	t.Parallel()
	d, p := setup(t, 500) // kept, and answered with an error
	p.Write(t, "1", "hello")
	if _, err := d.AskForPerson(t.Context(), p.Ref()); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { m, st := p.Sees(); return st.State == handover.Waiting && m[len(m)-1].Text != "" })
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.again != 1 || len(p.messages) != 1 {
		t.Fatalf("sent again %d times, %d messages", p.again, len(p.messages))
	}
}

func TestALimitIsWaitedOutAndNothingIsLost(t *testing.T) {
	t.Parallel()
	d, p := setup(t, 429)
	p.Write(t, "1", "hello")
	if _, err := d.AskForPerson(t.Context(), p.Ref()); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { m, st := p.Sees(); return st.State == handover.Waiting && m[len(m)-1].Text != "" })
}

func TestARefusedMessageIsToldInTheThreadAndHoldsUpNothing(t *testing.T) {
	t.Parallel()
	d, p := setup(t, 200, 422) // the state goes through, the notice is refused
	p.Write(t, "1", "hello")
	c, err := d.AskForPerson(t.Context(), p.Ref())
	if err != nil {
		t.Fatal(err)
	}
	var told []handover.Message
	wait(t, func() bool {
		all, err := d.Store.Transcript(t.Context(), c.Conversation.ID, 0)
		told = slices.DeleteFunc(all, func(m handover.Message) bool { return m.Visibility != handover.Internal })
		return err == nil && len(told) == 1
	})
	if !strings.Contains(told[0].Text, "Not delivered to the customer: the platform answered 422") {
		t.Fatal(told[0].Text)
	}
	if _, err := d.CancelHandoff(t.Context(), p.Ref()); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { _, st := p.Sees(); return st.State == handover.WithBot })
}

func wait(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen in 10 s")
		}
	}
}

func TestBadRequestsAreRefusedWithTheirCode(t *testing.T) {
	t.Parallel()
	_, p := setup(t)
	c, err := New(nil, Options{Secret: secret, URL: "http://127.0.0.1:1", Logger: pgtest.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Routes(mux)
	now := time.Now()
	good := []byte(`{"id":"1","text":"x","customer":{"id":"eve"}}`)
	signature, _ := p.sign.Sign("in", now, good)
	stale, _ := p.sign.Sign("in", now.Add(-10*time.Minute), good)
	for name, x := range map[string]struct {
		res  *http.Response
		want string
	}{
		"no signature":    {post(mux, good, "", now, ""), `401 bad_signature`},
		"wrong signature": {post(mux, []byte(`{"id":"2"}`), "in", now, signature), `401 bad_signature`},
		"stale":           {post(mux, good, "in", now.Add(-10*time.Minute), stale), `401 bad_signature`},
		"oversize":        {post(mux, bytes.Repeat([]byte("x"), 70<<10), "in", now, signature), `413 too_large`},
		"no JSON":         {p.send([]byte(`{"id":`)), `400 bad_json`},
		"invalid UTF-8":   {p.send([]byte("{\"id\":\"1\",\"text\":\"\xff\",\"customer\":{\"id\":\"e\"}}")), `400 bad_json`},
		"no id":           {p.send([]byte(`{"text":"x","customer":{"id":"eve"}}`)), `422 bad_id`},
		"no customer":     {p.send([]byte(`{"id":"1","text":"x"}`)), `422 bad_customer`},
		"no text":         {p.send([]byte(`{"id":"1","text":" ","customer":{"id":"eve"}}`)), `422 empty`},
		"NUL":             {p.send([]byte(`{"id":"1","text":"a\u0000b","customer":{"id":"eve"}}`)), `422 bad_text`},
		"too long":        {p.send([]byte(`{"id":"1","text":"` + strings.Repeat("x", 8001) + `","customer":{"id":"eve"}}`)), `422 too_long`},
	} {
		var body struct{ Error struct{ Code string } }
		_ = json.NewDecoder(x.res.Body).Decode(&body)
		if got := strconv.Itoa(x.res.StatusCode) + " " + body.Error.Code; got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
}
