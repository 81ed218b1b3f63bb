// Package webhook is the API channel: signed JSON in, signed POSTs out, both as in Standard Webhooks.
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/outside"
)

const (
	maxBody = 64 << 10
	maxText = 8000
	maxName = 200
)

// Options are the channel's knobs.
type Options struct {
	Secret string        // whsec_… as in Standard Webhooks; signs both ways; required
	URL    string        // where deliveries are posted; required
	Base   string        // address of this server, for links to files; "": they have paths alone
	Wait   time.Duration // for an answer, default 10s
	Logger *slog.Logger  // required
}

// Channel takes messages of customers from another program, and posts what they may see to it.
type Channel struct {
	desk   *handover.Desk
	sign   *webhooks.Webhook
	client *http.Client
	o      Options
}

var _ bot.Sender = (*Channel)(nil)

// New returns the API channel. A secret that cannot be read is an error.
func New(desk *handover.Desk, o Options) (*Channel, error) {
	sign, err := webhooks.NewWebhook(o.Secret)
	if err != nil || o.Secret == "" {
		return nil, errors.New("channels.webhook.secret: expected whsec_ and base64")
	}
	if o.Wait == 0 {
		o.Wait = 10 * time.Second
	}
	// A redirect would carry customers' words to where the configuration does not say.
	client := &http.Client{Transport: outside.Transport(nil, maxBody), Timeout: o.Wait, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Channel{desk: desk, sign: sign, client: client, o: o}, nil
}

// Name implements bot.Channel.
func (c *Channel) Name() string { return "webhook" }

// Routes adds the channel's path.
func (c *Channel) Routes(mux *http.ServeMux) { mux.HandleFunc("POST /webhook/messages", c.receive) }

type inbound struct {
	ID       string `json:"id"`
	Text     string `json:"text"`
	PageURL  string `json:"page_url"`
	Language string `json:"language"`
	Customer struct {
		ID string `json:"id"`
		handover.Contact
	} `json:"customer"`
}

func (c *Channel) receive(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, "too_large", "A request may have 64 KiB.")
		return
	}
	if err := c.sign.Verify(b, r.Header); err != nil {
		answer(w, http.StatusUnauthorized, "bad_signature", "The signature is missing, wrong or older than five minutes.")
		return
	}
	var in inbound
	if !utf8.Valid(b) {
		answer(w, http.StatusBadRequest, "bad_json", "The body is not UTF-8.")
		return
	}
	if err := json.Unmarshal(b, &in); err != nil {
		answer(w, http.StatusBadRequest, "bad_json", bot.Misread(err))
		return
	}
	if code, message := check(in); code != "" {
		answer(w, http.StatusUnprocessableEntity, code, message)
		return
	}
	ref := handover.ByOpening(handover.Opening{Channel: "webhook", Customer: in.Customer.ID, Push: true, Contact: in.Customer.Contact, Language: in.Language, PageURL: in.PageURL})
	s, err := c.desk.Receive(r.Context(), ref, handover.Inbound{ID: in.ID, Text: in.Text, PageURL: in.PageURL})
	if err != nil {
		c.o.Logger.ErrorContext(r.Context(), "webhook message failed", "err", err)
		w.Header().Set("Retry-After", "2")
		answer(w, http.StatusServiceUnavailable, "unavailable", "Something went wrong. Try again in a moment.")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	m := s.Message()
	_ = json.NewEncoder(w).Encode(map[string]any{"id": strconv.FormatInt(m.ID, 10), "seq": m.Seq, "conversation_id": strconv.FormatInt(s.Conversation.ID, 10)})
}

func check(in inbound) (code, message string) {
	long := func(s string) bool { return utf8.RuneCountInString(s) > maxName }
	all := in.ID + in.Text + in.PageURL + in.Language + in.Customer.ID + in.Customer.Name + in.Customer.Email + in.Customer.Phone
	for k, v := range in.Customer.Variables {
		all += k + v
	}
	switch {
	case in.ID == "" || long(in.ID):
		return "bad_id", "id is the message's unique id, of up to 200 characters."
	case in.Customer.ID == "" || long(in.Customer.ID):
		return "bad_customer", "customer.id names the customer, in up to 200 characters."
	case long(in.Customer.Name) || long(in.Customer.Email) || long(in.Customer.Phone) || long(in.Language) || len(in.PageURL) > 2000:
		return "too_long", "A field is too long."
	case strings.TrimSpace(in.Text) == "":
		return "empty", "A message needs a text."
	case utf8.RuneCountInString(in.Text) > maxText:
		return "too_long", "A message may have 8,000 characters."
	case strings.ContainsRune(all, 0):
		return "bad_text", "The character U+0000 cannot be kept."
	}
	return "", ""
}

func answer(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}

// Send implements bot.Sender. A delivery sent again, because its first outcome is not known, has the same webhook-id: the
// receiver drops what it has. 400, 409, 413, 422 and the like are an answer about this message; all else is tried again.
func (c *Channel) Send(ctx context.Context, d bot.Delivery) error {
	kind := "state"
	if d.Message != nil {
		kind = "message"
	}
	if m := d.Message; m != nil && c.o.Base != "" {
		for i, f := range m.Files {
			if f.URL != "" {
				m.Files[i].URL = strings.TrimSuffix(c.o.Base, "/") + f.URL
			}
		}
	}
	b, err := json.Marshal(struct {
		Type         string           `json:"type"`
		Conversation string           `json:"conversation_id"`
		Customer     string           `json:"customer"`
		Message      *bot.MessageView `json:"message,omitempty"`
		State        *bot.StateView   `json:"state,omitempty"`
	}{kind, strconv.FormatInt(d.Conversation, 10), d.Customer, d.Message, d.State})
	if err != nil {
		return handover.Permanent(err)
	}
	now := time.Now()
	signature, err := c.sign.Sign(d.ID, now, b)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.o.URL, bytes.NewReader(b))
	if err != nil {
		return handover.Permanent(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(webhooks.HeaderWebhookID, d.ID)
	req.Header.Set(webhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(webhooks.HeaderWebhookSignature, signature)
	res, err := c.client.Do(req)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" { // down: nothing was sent
			return &handover.RetryLaterError{Err: errors.New("channels.webhook.url cannot be reached"), After: 2 * time.Second}
		}
		return errors.New("channels.webhook.url did not answer") // the error itself names the URL, which may hold a secret
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	return outcome(res)
}

func outcome(res *http.Response) error {
	err := fmt.Errorf("the platform answered %s", res.Status)
	wait, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable && wait > 0:
		return &handover.RetryLaterError{Err: err, After: time.Duration(max(1, wait)) * time.Second}
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		return &handover.RetryLaterError{Err: err, After: 30 * time.Second} // about the receiver, not about this message
	case res.StatusCode/100 == 4 && res.StatusCode != http.StatusRequestTimeout:
		return handover.Permanent(err)
	}
	return err
}
