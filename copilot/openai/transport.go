package openai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sony/gobreaker/v2"
)

// ErrOpen is the answer while the endpoint is given a rest: it failed several times running.
var ErrOpen = errors.New("the model's endpoint failed several times and is given a rest")

const (
	tries     = 3
	restAfter = 5                // failures running
	rest      = 30 * time.Second // before one call is let through again
	longest   = 20 * time.Second // that a Retry-After is waited for; a longer one is a failure
)

// retrying sends a request again on 429, 5xx and broken connections, as the endpoint's Retry-After says: go-openai's own errors carry no
// headers. Behind it a breaker stops calling an endpoint that is down.
type retrying struct {
	next    http.RoundTripper
	breaker *gobreaker.CircuitBreaker[*http.Response]
}

func newTransport(next http.RoundTripper) *retrying {
	return &retrying{next: next, breaker: gobreaker.NewCircuitBreaker[*http.Response](gobreaker.Settings{ //nolint:bodyclose // whoever calls a RoundTripper closes
		Name: "openai", Timeout: rest,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= restAfter },
		// A caller who gave up before the first answer says nothing of the endpoint; one whose deadline passed does.
		IsSuccessful: func(err error) bool { return err == nil || errors.Is(err, context.Canceled) },
	})}
}

// RoundTrip implements http.RoundTripper.
func (t *retrying) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	res, err := t.breaker.Execute(func() (*http.Response, error) {
		return backoff.Retry(r.Context(), func() (*http.Response, error) { return t.once(r, body) },
			backoff.WithMaxTries(tries), backoff.WithBackOff(&backoff.ExponentialBackOff{InitialInterval: 200 * time.Millisecond, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: 5 * time.Second}))
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return nil, ErrOpen
	}
	return res, err
}

func (t *retrying) once(r *http.Request, body []byte) (*http.Response, error) {
	again := r.Clone(r.Context())
	again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	res, err := t.next.RoundTrip(again)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode < 500 {
		return res, nil
	}
	wait := retryAfter(res.Header.Get("Retry-After"))
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	err = fmt.Errorf("the endpoint answered %s", res.Status)
	deadline, bounded := r.Context().Deadline()
	switch {
	case wait > longest || bounded && time.Now().Add(wait).After(deadline):
		return nil, backoff.Permanent(err)
	case wait > 0:
		return nil, errors.Join(err, backoff.RetryAfter(int((wait+time.Second-1)/time.Second)))
	}
	return nil, err
}

// retryAfter is in seconds or a date (RFC 9110); 0 without one.
func retryAfter(s string) time.Duration {
	if n, err := strconv.ParseFloat(s, 64); err == nil && n > 0 {
		return time.Duration(n * float64(time.Second))
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
