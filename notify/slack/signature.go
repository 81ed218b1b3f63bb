package slack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"
)

// errSignature is of a request that Slack did not sign, errClock of one that it signed at another time than ours.
var (
	errSignature = errors.New("the Slack signature is missing or wrong")
	errClock     = errors.New("the Slack signature is of another time")
)

// verify says whether Slack signed a request, and how far our clock is ahead of the time it was signed at.
// https://api.slack.com/authentication/verifying-requests-from-slack
func verify(h http.Header, body []byte, secret string, now time.Time) (ahead time.Duration, err error) {
	stamp := h.Get("X-Slack-Request-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || secret == "" {
		return 0, errSignature
	}
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	got, err := hex.DecodeString(trimVersion(h.Get("X-Slack-Signature")))
	if err != nil || !hmac.Equal(got, mac.Sum(nil)) {
		return 0, errSignature
	}
	if ahead = now.Sub(time.Unix(seconds, 0)); ahead.Abs() > mostSkew {
		return ahead, errClock
	}
	return ahead, nil
}

func trimVersion(signature string) string {
	if len(signature) > 3 && signature[:3] == "v0=" {
		return signature[3:]
	}
	return ""
}

// clock tells admins when this machine's clock is so far from Slack's that all that Slack sends is refused, and when it is right again.
func (a *App) clock(ctx context.Context, ahead time.Duration, err error) {
	host, _ := os.Hostname()
	about, text := "clock:"+host, ""
	if errors.Is(err, errClock) {
		way := "ahead of"
		if ahead < 0 {
			way = "behind"
		}
		text = fmt.Sprintf("The clock of %s is %.0f minutes %s Slack's: what Slack sends there is refused. Set it by NTP.", host, ahead.Abs().Minutes(), way)
	}
	if (text != "") == a.desk.Alerted(about) {
		return
	}
	if err := a.desk.Alert(ctx, about, text); err != nil {
		a.o.Logger.WarnContext(ctx, "alert", "about", about, "err", err)
	}
}
