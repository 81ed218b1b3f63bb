package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

// mostSkew is how far our clock may be from Slack's: signatures are good for five minutes.
const mostSkew = 2 * time.Minute

// Examine looks at all that the adapter needs of Slack — scopes, the clock, the socket, and in each channel a test card that is posted, changed and
// deleted again — and says what it found, one thing at a time.
func Examine(ctx context.Context, o Options, channels []string, say func(what, how string, err error)) {
	seen := &headers{next: http.DefaultTransport}
	opts := []slack.Option{slack.OptionHTTPClient(&http.Client{Transport: seen, Timeout: 15 * time.Second})}
	if o.APIURL != "" {
		opts = append(opts, slack.OptionAPIURL(o.APIURL))
	}
	if o.AppToken != "" {
		opts = append(opts, slack.OptionAppLevelToken(o.AppToken))
	}
	api := slack.New(o.BotToken, opts...)
	id, err := api.AuthTestContext(ctx)
	if err != nil {
		say("slack", "", fmt.Errorf("slack.bot_token: auth.test: %w", err))
		return
	}
	say("slack", "team "+id.TeamID+" as "+id.UserID, nil)
	say("scopes", fmt.Sprintf("all %d", len(scopes)), seen.missing())
	skew, err := seen.skew()
	say("clock", "within "+skew.Abs().Round(time.Second).String()+" of Slack's", err)
	if o.AppToken != "" {
		_, _, err := api.StartSocketModeContext(ctx)
		if err != nil {
			err = fmt.Errorf("slack.app_token: apps.connections.open: %w; it needs the scope connections:write", err)
		}
		say("socket", "can be opened", err)
	}
	for _, channel := range channels {
		took, err := roundTrip(ctx, api, channel)
		say("channel "+channel, "a test card went there and back in "+took.Round(time.Millisecond).String(), err)
	}
}

// roundTrip posts a test card, changes it, and deletes it again.
func roundTrip(ctx context.Context, api *slack.Client, channel string) (time.Duration, error) {
	began := time.Now()
	_, ts, err := api.PostMessageContext(ctx, channel, slack.MsgOptionText("Deskbell tests this channel; this card goes away by itself.", false))
	if err != nil {
		var said slack.SlackErrorResponse
		if errors.As(err, &said) && (said.Err == "not_in_channel" || said.Err == "channel_not_found") {
			return 0, fmt.Errorf("%w: invite the app with /invite, and compare the id with the channel's details", err)
		}
		return 0, err
	}
	_, _, _, changed := api.UpdateMessageContext(ctx, channel, ts, slack.MsgOptionText("Deskbell has tested this channel.", false))
	_, _, deleted := api.DeleteMessageContext(context.WithoutCancel(ctx), channel, ts)
	return time.Since(began), errors.Join(changed, deleted)
}

// headers keeps what Slack says beside its answers.
type headers struct {
	next http.RoundTripper

	mu     sync.Mutex
	scopes string
	date   string
	at     time.Time
}

func (h *headers) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := h.next.RoundTrip(r)
	if err == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		if s := res.Header.Get("X-OAuth-Scopes"); s != "" {
			h.scopes = s
		}
		h.date, h.at = res.Header.Get("Date"), time.Now()
	}
	return res, err
}

// missing names the scopes that the token does not have.
func (h *headers) missing() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.scopes == "" {
		return nil // not Slack itself: it says nothing of scopes
	}
	var missing []string
	have := strings.Split(strings.ReplaceAll(h.scopes, " ", ""), ",")
	for _, s := range scopes {
		if !slices.Contains(have, s.name) {
			missing = append(missing, s.name+" ("+s.why+")")
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("missing: %s; add them to the app (deskbell slack manifest) and install it again", strings.Join(missing, ", "))
}

func (h *headers) skew() (time.Duration, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	date, err := http.ParseTime(h.date)
	if err != nil {
		return 0, nil // it says no time
	}
	skew := h.at.Sub(date)
	if skew.Abs() > mostSkew {
		return skew, fmt.Errorf("this machine's clock is %s off Slack's: signatures will be refused; set it by NTP", skew.Round(time.Second))
	}
	return skew, nil
}
