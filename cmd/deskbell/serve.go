package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/bot/webhook"
	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/internal/proxy"
)

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Serve customers and agents until stopped", Args: cobra.NoArgs,
		Long: "Serve customers and agents until SIGTERM or ^C: then streams end, what is under way is finished, and all is\n" +
			"over within 10 seconds. Any number of processes may serve from one database.",
		Example: "  deskbell serve\n  DESKBELL_LISTEN=127.0.0.1:9000 deskbell serve --config /etc/deskbell.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			hangups := hangups()
			defer signal.Stop(hangups)
			return withDatabase(c, func(ctx context.Context, config *configs.Config, db *pg.DB, logger *slog.Logger) error {
				a, err := wire(ctx, config, db, logger, false)
				if err != nil {
					return err
				}
				return a.serve(ctx, hangups, nil)
			})
		},
	}
}

// route adds every path to the program's mux.
func (a *app) route(hook *webhook.Channel) {
	a.routes = http.NewServeMux()
	a.web.Routes(a.routes)
	a.console.Routes(a.routes)
	if hook != nil {
		hook.Routes(a.routes)
	}
	if a.slack != nil {
		a.slack.Routes(a.routes)
	}
	a.routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	a.routes.HandleFunc("GET /readyz", a.ready)
	if a.config.String("metrics.listen") == "" {
		a.routes.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	}
}

// ready says whether this process can do its work: the database answers, and its tables are those of this program.
func (a *app) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	detail := map[string]string{"database": "ok", "migrations": "ok"}
	status := http.StatusOK
	if a.stopping.Load() {
		detail["process"], status = "stopping", http.StatusServiceUnavailable
	}
	switch err := a.db.Writable(ctx); {
	case errors.Is(err, pg.ErrReadOnly):
		detail["database"], status = "read-only: customers can read, nobody can write", http.StatusServiceUnavailable
	case errors.Is(err, pg.ErrFull):
		detail["database"], status = "its disk is full: customers can read, nobody can write", http.StatusServiceUnavailable
	case errors.Is(err, pg.ErrCrowded):
		detail["database"], status = "takes no more connections", http.StatusServiceUnavailable
	case err != nil:
		detail["database"], status = "does not answer", http.StatusServiceUnavailable
	default:
		for _, m := range migrations() {
			if at, behind, err := pg.Version(ctx, a.db.Reserve, m); err != nil || behind != 0 {
				detail["migrations"], status = fmt.Sprintf("%s is at version %d, %d behind this program", m.Table, at, behind), http.StatusServiceUnavailable
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(detail)
}

// embed makes the vectors of a newly configured embedder while search goes on with the old ones. What fails is tried again; a restart
// goes on where it stopped.
func (a *app) embed(ctx context.Context) error {
	last := time.Time{}
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := a.knowledge.Embed(ctx, func(done, of int) {
			if time.Since(last) > 10*time.Second && of > 0 {
				last = time.Now()
				a.logger.InfoContext(ctx, "making new vectors", "done", done, "of", of)
			}
		})
		if err != nil && ctx.Err() == nil {
			a.logger.WarnContext(ctx, "making new vectors failed, search goes on with the old ones", "err", err)
		}
		return struct{}{}, err
	}, backoff.WithMaxElapsedTime(0), backoff.WithBackOff(&backoff.ExponentialBackOff{InitialInterval: 5 * time.Second, Multiplier: 2, MaxInterval: 5 * time.Minute}))
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// The whole stop takes less than 10 s: 2 s for requests, 5 s for effects under way, the rest for the database.
const (
	stopRequests = 2 * time.Second
	stopEffects  = 5 * time.Second
)

// serve runs until ctx ends, and says of each hangup what it does. up, if not nil, hears the address once it listens.
func (a *app) serve(ctx context.Context, hangups <-chan os.Signal, up func(addr string)) error {
	ln, err := net.Listen("tcp", a.config.String("listen"))
	if err != nil {
		return fmt.Errorf("listen: %w (set listen, or DESKBELL_LISTEN, to a free address)", err)
	}
	server := &http.Server{Handler: a.proxies().Handler(secure(a.routes), a.oneAddress), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10}
	server.RegisterOnShutdown(a.web.EndStreams)
	server.RegisterOnShutdown(a.console.EndStreams)
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var wg sync.WaitGroup
	start := func(name string, f func(context.Context) error) {
		wg.Go(func() {
			if err := f(work); err != nil {
				a.logger.ErrorContext(ctx, "stopped working", "what", name, "err", err)
			}
		})
	}
	start("peers", func(ctx context.Context) error { return a.peers.Run(ctx, a.bus) })
	start("worker", func(ctx context.Context) error { return a.worker.Run(ctx, stopEffects) })
	start("timers", func(ctx context.Context) error { return a.desk.RunTimers(ctx, a.logger) })
	start("embeddings", a.embed)
	start("metrics' own listener", a.serveMetrics)
	start("hangups", func(ctx context.Context) error { return a.hungUp(ctx, hangups) })
	start("nightly", a.nightly)
	start("sources", a.sourcesOnSchedule)
	start("metrics", func(ctx context.Context) error { return a.metrics.run(ctx, a.store, a.logger) })
	if a.slack != nil {
		start("slack", a.slack.Run)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	if len(a.config.Proxies) > 0 {
		if err := a.desk.Alert(ctx, proxyAlert, ""); err != nil {
			a.logger.WarnContext(ctx, "alert", "err", err)
		}
	}
	if err := a.store.Configured(ctx, a.config.Hash, "Deskbell"); err != nil {
		a.logger.WarnContext(ctx, "not in the audit log", "what", "configuration", "err", err)
	}
	a.logger.InfoContext(ctx, "listening", "addr", ln.Addr().String(), "config", a.config.Hash, "version", version())
	if up != nil {
		up(ln.Addr().String())
	}
	select {
	case err := <-served:
		stopWork()
		wg.Wait()
		return err
	case <-ctx.Done():
	}
	// Streams and requests first: nothing new comes in. Then the effects under way. The pool and the cluster last.
	a.logger.InfoContext(ctx, "stopping")
	a.stopping.Store(true)
	shut, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopRequests)
	defer cancel()
	if err := server.Shutdown(shut); err != nil {
		_ = server.Close()
	}
	stopWork()
	wg.Wait()
	if err := <-served; err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// serveMetrics serves /metrics by itself, where the configuration says so.
func (a *app) serveMetrics(ctx context.Context) error {
	at := a.config.String("metrics.listen")
	if at == "" {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	server := &http.Server{Addr: at, Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics.listen: %w", err)
	}
	return nil
}

// hangups are the SIGHUPs from now on. They end other programs: whoever serves takes them before anything else, as one may come while the
// database still starts.
func hangups() chan os.Signal {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	return hup
}

// hungUp says what a hangup does.
func (a *app) hungUp(ctx context.Context, hangups <-chan os.Signal) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hangups:
			a.logger.InfoContext(ctx, "SIGHUP: the configuration is not read anew while we run; restart for a change of it")
		}
	}
}

// proxies are the reverse proxies of the configuration, which has been checked.
func (a *app) proxies() (all proxy.Trusted) {
	for _, network := range a.config.Proxies {
		if p, err := proxy.Parse(network); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// proxyAlert is what admins are told under when all requests come from one address.
const proxyAlert = "proxy"

// oneAddress tells admins, and doctor, of a proxy that the configuration does not name.
func (a *app) oneAddress(address string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	text := "All requests come from " + address + ", a proxy: its customers share one address's limits. Set trusted_proxies: [" + address + "], or its network."
	a.logger.WarnContext(ctx, "a proxy that is not trusted", "address", address, "set", "trusted_proxies")
	if err := a.desk.Alert(ctx, proxyAlert, text); err != nil {
		a.logger.WarnContext(ctx, "alert", "err", err)
	}
}

// secure sets what every answer has. Streams have no read time-out: theirs is lifted when they start.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/web/stream" {
			_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
