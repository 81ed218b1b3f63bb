// Package push reaches agents in their browsers, by Web Push (RFC 8030, 8291, 8292).
package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/outside"
	"github.com/deskbell/deskbell/notify"
)

// Keys are what push services know us by (VAPID).
type Keys struct{ Private, Public string }

// NewKeys makes a pair.
func NewKeys() (k Keys, err error) {
	k.Private, k.Public, err = webpush.GenerateVAPIDKeys()
	return k, err
}

// Options are the sender's knobs.
type Options struct {
	Keys    Keys
	Contact string // a URL or mail address at which a push service finds us
	Host    string // of another push service than the browsers' own, which may be reached without TLS; "": none
}

// Sender reaches agents in their browsers.
type Sender struct {
	o      Options
	client *http.Client
}

var _ notify.Sender = (*Sender)(nil)

// New returns a sender.
func New(o Options) *Sender {
	// An address comes from a browser: a redirect would lead where nobody has looked.
	return &Sender{o: o, client: &http.Client{Transport: outside.Transport(nil, 64<<10), Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// services are those of the browsers: Chrome, Edge, Firefox, Safari. Their hosts end so.
var services = []string{"fcm.googleapis.com", ".notify.windows.com", ".push.services.mozilla.com", ".push.apple.com"}

// Check says what is wrong with what a browser gave as its address: JSON of a PushSubscription, at a push service that we know.
func (b *Sender) Check(address string) error {
	_, err := b.subscription(address)
	return err
}

func (b *Sender) subscription(address string) (*webpush.Subscription, error) {
	var s webpush.Subscription
	if err := json.Unmarshal([]byte(address), &s); err != nil || s.Keys.Auth == "" || s.Keys.P256dh == "" {
		return nil, errors.New("not a push subscription")
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.User != nil {
		return nil, errors.New("not a push subscription")
	}
	if b.o.Host != "" && u.Host == b.o.Host {
		return &s, nil
	}
	known := slices.ContainsFunc(services, func(x string) bool {
		return u.Host == x || strings.HasPrefix(x, ".") && strings.HasSuffix(u.Host, x)
	})
	if u.Scheme != "https" || !known {
		return nil, fmt.Errorf("%s is not a push service of a browser's that we know; an admin may name it in push.host", u.Host)
	}
	return &s, nil
}

// Send implements notify.Sender. A browser shows one notice a handoff.
func (b *Sender) Send(ctx context.Context, address string, s notify.Reminder) error {
	to, err := b.subscription(address)
	if err != nil {
		return notify.ErrGone
	}
	body, err := json.Marshal(map[string]string{"title": s.Title, "text": s.Text, "url": s.URL, "tag": s.Key})
	if err != nil {
		return handover.Permanent(err)
	}
	res, err := webpush.SendNotificationWithContext(ctx, body, to, &webpush.Options{
		HTTPClient: b.client, Subscriber: b.o.Contact, VAPIDPublicKey: b.o.Keys.Public, VAPIDPrivateKey: b.o.Keys.Private, TTL: int(time.Hour.Seconds()), Urgency: webpush.UrgencyHigh,
	})
	if err != nil {
		return fmt.Errorf("push: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	err = fmt.Errorf("the push service answered %s", res.Status)
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		return notify.ErrGone
	case res.StatusCode == http.StatusTooManyRequests:
		wait, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return &handover.RetryLaterError{Err: err, After: time.Duration(max(1, wait)) * time.Second}
	case res.StatusCode/100 == 4:
		return handover.Permanent(err)
	}
	return err
}
