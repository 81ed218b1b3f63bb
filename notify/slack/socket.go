package slack

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// maxBackoff is how long to wait for the next socket at most.
const maxBackoff = 5 * time.Second

// runSockets keeps a socket open until ctx ends. What arrives is handled as over HTTP, and acked when it is committed; what is
// not acked Slack sends again, on another socket or by this one. A socket that brings nothing for long is given up for another: pings alone do not
// show that events come.
func (a *App) runSockets(ctx context.Context) {
	most := a.o.Silence
	var open atomic.Int64
	for ctx.Err() == nil {
		socket := socketmode.New(client(a.o, a.o.Observer), socketmode.OptionLog(log.New(io.Discard, "", 0)))
		inner, stop := context.WithCancel(ctx)
		handled := make(chan struct{})
		wait := time.Second // before the next one
		go func() {
			defer close(handled)
			watchdog := time.NewTimer(most)
			defer watchdog.Stop()
			for {
				select {
				case <-inner.Done():
					return
				case <-watchdog.C:
					a.o.Logger.InfoContext(ctx, "the socket to Slack is silent, opening another", "for", most, "slack", a.reached(inner))
					wait = 0
					stop()
				case e := <-socket.Events:
					watchdog.Reset(most)
					a.fromSocket(ctx, socket, e, &open)
					if failed, ok := e.Data.(*slack.ConnectionErrorEvent); ok {
						a.o.Logger.WarnContext(ctx, "no socket to Slack", "attempt", failed.Attempt, "err", failed.ErrorObj)
						if failed.Backoff > maxBackoff { // slack-go would wait up to five minutes
							wait = maxBackoff
							if errors.As(failed.ErrorObj, new(*slack.RateLimitedError)) {
								wait = failed.Backoff // Slack says so
							}
							stop()
						}
					}
				}
			}
		}()
		err := socket.RunContext(inner)
		stop()
		<-handled
		a.sockets(&open, 0)
		if ctx.Err() == nil && wait > 0 {
			a.o.Logger.WarnContext(ctx, "the socket to Slack broke off, opening another", "err", err)
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
		}
	}
}

// reached says whether Slack answers at all, for the log.
func (a *App) reached(ctx context.Context) string {
	ask, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, w := range a.all() {
		if _, err := w.api().AuthTestContext(ask); err != nil {
			return err.Error()
		}
	}
	return "answers"
}

func (a *App) sockets(open *atomic.Int64, n int64) {
	if open.Swap(n) != n && a.o.Observer != nil {
		a.o.Observer.Sockets(int(n))
	}
}

func (a *App) fromSocket(ctx context.Context, s *socketmode.Client, e socketmode.Event, open *atomic.Int64) {
	switch e.Type {
	case socketmode.EventTypeConnected, socketmode.EventTypeHello:
		a.sockets(open, 1)
	case socketmode.EventTypeDisconnect, socketmode.EventTypeConnecting, socketmode.EventTypeConnectionError:
		a.sockets(open, 0)
	case socketmode.EventTypeInvalidAuth:
		a.o.Logger.ErrorContext(ctx, "Slack refuses slack.app_token")
	case socketmode.EventTypeEventsAPI, socketmode.EventTypeInteractive, socketmode.EventTypeSlashCommand:
		a.take(ctx, s, string(e.Type), e.Request.EnvelopeID, e.Request.Payload)
	case socketmode.EventTypeErrorBadMessage: // a kind that slack-go does not know: ours may be among them
		if bad, ok := e.Data.(*socketmode.ErrorBadMessage); ok {
			var raw struct {
				Type     string          `json:"type"`
				Envelope string          `json:"envelope_id"`
				Payload  json.RawMessage `json:"payload"`
			}
			if json.Unmarshal(bad.Message, &raw) == nil && raw.Envelope != "" {
				a.take(ctx, s, raw.Type, raw.Envelope, raw.Payload)
			}
		}
	default:
	}
}

// take handles one envelope beside the others, so that a slow one does not hold up the acks.
func (a *App) take(ctx context.Context, s *socketmode.Client, kind, envelope string, payload []byte) {
	a.processed <- struct{}{}
	go func() {
		defer func() { <-a.processed }()
		defer recoverPanic(ctx, a.o.Logger)
		start := time.Now()
		var reply any
		var err error
		switch kind {
		case string(socketmode.EventTypeEventsAPI):
			err = a.event(ctx, payload)
		case string(socketmode.EventTypeInteractive):
			reply, err = a.interaction(ctx, payload)
		case string(socketmode.EventTypeSlashCommand):
			var in struct {
				Team    string `json:"team_id"`
				Channel string `json:"channel_id"`
				User    string `json:"user_id"`
				Trigger string `json:"trigger_id"`
				Text    string `json:"text"`
			}
			if err = json.Unmarshal(payload, &in); err == nil {
				reply = a.command(ctx, in.Team, in.Channel, in.User, in.Trigger, in.Text)
			}
		}
		if err != nil {
			a.o.Logger.ErrorContext(ctx, "an envelope from Slack failed, it will come again", "kind", kind, "err", err)
			return
		}
		if err := s.AckCtx(ctx, envelope, reply); err != nil && ctx.Err() == nil {
			a.o.Logger.WarnContext(ctx, "an envelope could not be acked, it will come again", "err", err)
		}
		if a.o.Observer != nil {
			a.o.Observer.AgentAcked(time.Since(start))
		}
	}()
}
