package main

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
)

// far is another program's customers, who are sent what they may see. It refuses messages that have the word.
type far struct {
	mu     sync.Mutex
	refuse string
	got    []string
}

func (f *far) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != "" && bytes.Contains(b, []byte(f.refuse)) {
		rw.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	f.got = append(f.got, string(b))
}

func (f *far) reads(part string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.got, func(s string) bool { return strings.Contains(s, part) })
}

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// hook sends a message of a customer's on the API channel.
func (w *whole) hook(id, text string) {
	w.Helper()
	sign, err := webhooks.NewWebhook(hookSecret)
	if err != nil {
		w.Fatal(err)
	}
	body, _ := json.Marshal(map[string]any{"id": id, "text": text, "customer": map[string]string{"id": "eve", "name": "Eve"}})
	now := time.Now()
	signature, err := sign.Sign(id, now, body)
	if err != nil {
		w.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, w.url+"/webhook/messages", bytes.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set(webhooks.HeaderWebhookID, id)
	r.Header.Set(webhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(webhooks.HeaderWebhookSignature, signature)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		w.Fatal(res.Status)
	}
}

func TestALineThatFailedIsMarkedAndTriedAgain(t *testing.T) {
	t.Parallel()
	there := &far{refuse: "forbidden"}
	h := httptest.NewServer(there)
	t.Cleanup(h.Close)
	w := begin(t, settings{more: "channels: {webhook: {url: '" + h.URL + "', secret: " + hookSecret + "}}"})
	w.hook("m1", "a human please")
	card := w.cardShows("WAITING")
	w.click(card.TS, "claim", "UMIA")
	w.until("she is introduced", func() bool { return there.reads("Hi, I'm Mia.") })
	line := w.slack.Say("C1", card.TS, "UMIA", "A forbidden word.")
	w.until("it is marked as failed", func() bool { return slices.Contains(w.reactions(card.TS, line), "x") })
	w.threadHas(card.TS, "Not delivered to the customer")
	w.told("UMIA", "This line did not reach the customer")
	var free int
	if err := w.app.db.QueryRow(t.Context(), `SELECT count(*) FROM lanes WHERE lane = 'thread' AND limit_name = ''`).Scan(&free); err != nil || free > 0 {
		t.Error("a mark lets the thread forget Slack's pace", err)
	}
	fine := w.slack.Say("C1", card.TS, "UMIA", "A fine one.")
	w.until("the next is not held up", func() bool { return there.reads("A fine one.") })
	if slices.Contains(w.reactions(card.TS, fine), "white_check_mark") {
		t.Error("what another program was given is marked as delivered to the customer")
	}
	there.mu.Lock()
	there.refuse = ""
	there.mu.Unlock()
	w.ok(w.slack.Answer("UMIA", "retry"))
	w.told("UMIA", "Trying again.")
	w.until("it arrives", func() bool { return there.reads("A forbidden word.") })
	w.until("the mark is gone", func() bool { return !slices.Contains(w.reactions(card.TS, line), "x") })
}

func TestTheCardSaysThatTheCustomerHasSeenIt(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	ana, card := w.held("Do you sell lawn mowers?")
	line := w.slack.Say("C1", card.TS, "UMIA", "From May on.")
	ana.reads("From May on.")
	body, _ := json.Marshal(map[string]int64{"seq": ana.last().Seq})
	ana.call(http.MethodPost, "/web/seen", string(body), http.StatusOK, nil)
	w.cardShows("customer has seen it up to")
	w.until("the line is marked", func() bool { return slices.Contains(w.reactions(card.TS, line), "white_check_mark") })
}

func TestALineShownInTheChannelIsALineLikeAnyOther(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, card := w.held("Do you sell lawn mowers?")
		w.slack.Broadcast("C1", card.TS, "UBOB", "Who knows about mowers?")
		w.told("UBOB", "Mia has this conversation")
		w.slack.Broadcast("C1", card.TS, "UMIA", "note: does anybody know?")
		mine := w.slack.Broadcast("C1", card.TS, "UMIA", "From May on :tada:")
		ana.reads("agent: From May on 🎉")
		w.slack.Edit("C1", mine, "From *June* on")
		ana.reads("From **June** on")
		if sees := ana.sees(); strings.Contains(sees, "know") {
			w.Error("leaked: " + sees)
		}
	})
}

func TestHomeHasCapacityAndMail(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{more: `
public_url: http://127.0.0.1:1
email: {host: 127.0.0.1, port: 1, tls: none, from: desk@desk.example}
agents:
  mia: {slack_user: UMIA, display_name: Mia, email: mia@desk.example, capacity: 1}
  bob: {slack_user: UBOB, display_name: Bob, capacity: 1}
`})
	_, card := w.held("Do you sell lawn mowers?")
	w.slack.OpenHome("UMIA")
	shows := func(part string) {
		w.Helper()
		w.until("home shows "+part, func() bool { return strings.Contains(w.slack.Home("UMIA"), part) })
	}
	shows("Yours: 1 of 1")
	shows("Mail me when nobody claims")
	w.ok(w.slack.AtHome("UMIA", "home_mail", ""))
	shows("No more mail when nobody claims")
	w.ok(w.slack.AtHome("UMIA", "home_no_mail", ""))
	shows("Mail me when nobody claims")
	w.cardShows("CLAIMED by Mia")
	w.slack.Say("C1", card.TS, "UMIA", "<@UBOT> assign <@UBOB>")
	w.cardShows("CLAIMED by Bob")
	eve := w.visit()
	eve.says("a human please")
	w.until("a second card", func() bool { return len(w.slack.Channel("C1")) == 2 })
	w.click(w.card().TS, "claim", "UMIA")
	w.cardShows("CLAIMED by Mia")
	w.slack.Say("C1", w.card().TS, "UMIA", "<@UBOT> assign <@UBOB>")
	w.told("UMIA", "they have 2 of 1")
}
