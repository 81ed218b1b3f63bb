package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/deskbell/deskbell/bot/web"
	"github.com/deskbell/deskbell/copilot/openai"
	"github.com/deskbell/deskbell/handover"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/notify/slack"
)

// metrics is every package's Observer, on Prometheus.
type metrics struct {
	registry   *prometheus.Registry
	acked      *prometheus.HistogramVec
	visible    *prometheus.HistogramVec
	effects    *prometheus.HistogramVec
	failures   *prometheus.CounterVec
	calls      *prometheus.HistogramVec
	model      *prometheus.HistogramVec
	tokens     *prometheus.CounterVec
	cost       *prometheus.CounterVec
	prices     map[tokenKind]float64
	streams    prometheus.Gauge
	sockets    prometheus.Gauge
	conditions *prometheus.GaugeVec
}

var (
	_ handover.Observer = (*metrics)(nil)
	_ web.Observer      = (*metrics)(nil)
	_ slack.Observer    = (*metrics)(nil)
)

// tokenKind is what has one price: a model's tokens, one way ("sent" or "received").
type tokenKind struct{ model, way string }

// newMetrics takes what a token of each kind costs; those without a price are not counted as cost.
func newMetrics(prices map[tokenKind]float64) *metrics {
	seconds := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "deskbell", Name: name, Help: help, Buckets: seconds}, labels)
	}
	m := &metrics{
		registry:   prometheus.NewRegistry(),
		acked:      histogram("ack_seconds", "From a message's arrival to its ack: committed by then.", "side"),
		visible:    histogram("visible_seconds", "From when a message was said to when the other side could see it.", "side"),
		effects:    histogram("effect_seconds", "How long effects took.", "kind"),
		failures:   prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "deskbell", Name: "effect_failures_total", Help: "Effects that were not done, and why."}, []string{"kind", "why"}),
		calls:      histogram("slack_call_seconds", "Calls of Slack's methods, by outcome (ratelimited: 429).", "method", "outcome"),
		model:      histogram("model_call_seconds", "Calls of the language model, tries again included, by outcome.", "model", "outcome"),
		tokens:     prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "deskbell", Name: "model_tokens_total", Help: "Tokens sent to the language model and received."}, []string{"model", "way"}),
		cost:       prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "deskbell", Name: "model_cost_total", Help: "What the tokens cost, by openai.price_…, in their currency."}, []string{"model"}),
		prices:     prices,
		streams:    prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "deskbell", Name: "streams", Help: "Customers' open streams."}),
		sockets:    prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "deskbell", Name: "slack_sockets", Help: "Open sockets to Slack."}),
		conditions: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "deskbell", Name: "desk", Help: "The desk: waiting, claimed, cards_unposted, effects_queued, effects_oldest_seconds, effects_failed."}, []string{"what"}),
	}
	m.registry.MustRegister(m.acked, m.visible, m.effects, m.failures, m.calls, m.model, m.tokens, m.cost, m.streams, m.sockets, m.conditions, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// EffectsDone implements handover.Observer.
func (m *metrics) EffectsDone(k handover.Kind, _ int, took, age time.Duration, err error) {
	m.effects.WithLabelValues(string(k)).Observe(took.Seconds())
	switch {
	case errors.Is(err, handover.ErrGaveUp):
		m.failures.WithLabelValues(string(k), "given_up").Inc()
	case err == nil && k == handover.KindRelay:
		m.visible.WithLabelValues("agent").Observe(age.Seconds())
	case handover.IsPermanent(err):
		m.failures.WithLabelValues(string(k), "for_good").Inc()
	case err != nil:
		m.failures.WithLabelValues(string(k), "again").Inc()
	}
}

// modelCalled hears of each call of the language model.
func (m *metrics) modelCalled(model string, sent, received int, took time.Duration, err error) {
	outcome := "ok"
	switch {
	case errors.Is(err, openai.ErrOpen):
		outcome = "resting"
	case errors.Is(err, context.DeadlineExceeded):
		outcome = "timeout"
	case err != nil:
		outcome = "failed"
	}
	m.model.WithLabelValues(model, outcome).Observe(took.Seconds())
	for way, n := range map[string]int{"sent": sent, "received": received} {
		m.tokens.WithLabelValues(model, way).Add(float64(n))
		if price := m.prices[tokenKind{model, way}]; price > 0 {
			m.cost.WithLabelValues(model).Add(float64(n) * price)
		}
	}
}

// CustomerAcked implements web.Observer.
func (m *metrics) CustomerAcked(took time.Duration) {
	m.acked.WithLabelValues("customer").Observe(took.Seconds())
}

// CustomerSaw implements web.Observer.
func (m *metrics) CustomerSaw(age time.Duration) {
	m.visible.WithLabelValues("customer").Observe(age.Seconds())
}

// Streams implements web.Observer.
func (m *metrics) Streams(change int) { m.streams.Add(float64(change)) }

// Called implements slack.Observer.
func (m *metrics) Called(method, outcome string, took time.Duration) {
	m.calls.WithLabelValues(method, outcome).Observe(took.Seconds())
}

// AgentAcked implements slack.Observer.
func (m *metrics) AgentAcked(took time.Duration) {
	m.acked.WithLabelValues("agent").Observe(took.Seconds())
}

// Sockets implements slack.Observer.
func (m *metrics) Sockets(n int) { m.sockets.Set(float64(n)) }

// run reads the desk's conditions every 15 s.
func (m *metrics) run(ctx context.Context, store *desk.Store, logger *slog.Logger) error {
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		h, err := store.Health(ctx)
		if err == nil {
			for what, n := range map[string]float64{
				"waiting": float64(h.Waiting), "claimed": float64(h.Claimed), "cards_unposted": float64(h.Unposted),
				"effects_queued": float64(h.Queued), "effects_oldest_seconds": h.Oldest.Seconds(), "effects_failed": float64(h.Failed),
			} {
				m.conditions.WithLabelValues(what).Set(n)
			}
		} else if ctx.Err() == nil {
			logger.WarnContext(ctx, "reading the desk's conditions", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
