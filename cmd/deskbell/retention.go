package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/handover"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
)

// retention is how long conversations are kept.
func retention(c *configs.Config) handover.Retention {
	r := handover.Retention{Channels: map[string]time.Duration{}, Default: c.Kept("")}
	for _, name := range configs.Channels {
		r.Channels[name] = c.Kept(name)
	}
	return r
}

func contactSweep() *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use: "sweep", Short: "Erase conversations that are older than retention says; serve does it each night", Args: cobra.NoArgs,
		Example: "  deskbell contact sweep --dry-run\n  deskbell contact sweep",
		RunE: func(c *cobra.Command, _ []string) error {
			return withDatabase(c, func(ctx context.Context, config *configs.Config, db *pg.DB, logger *slog.Logger) error {
				r := retention(config)
				if r.None() {
					c.Println("everything is kept: set retention")
					return nil
				}
				if dryRun {
					old, err := desk.New(db.Patient, db.Reserve).Old(ctx, r, 1_000_000)
					if err != nil {
						return err
					}
					count := map[string]int{}
					for _, o := range old {
						count[o.Channel]++
					}
					for _, channel := range configs.Channels {
						if r.Channels[channel] > 0 {
							c.Printf("%s: %d untouched for more than %.0f days\n", channel, count[channel], r.Channels[channel].Hours()/24)
						}
					}
					c.Printf("would be: %d erased\n", len(old))
					return nil
				}
				a, err := wireEraser(ctx, config, db, quietly(logger))
				if err != nil {
					return err
				}
				defer a.erase(ctx)()
				n, err := sweep(ctx, a.desk, a.store, r)
				if err != nil {
					return err
				}
				for since := time.Now(); ; time.Sleep(100 * time.Millisecond) {
					open, err := a.store.OpenErasures(ctx)
					if err != nil {
						return err
					}
					if open == 0 {
						break
					}
					if time.Since(since) > time.Minute {
						c.Printf("%d are begun, and go on as soon as a server runs\n", open)
						break
					}
				}
				c.Printf("%d erased\n", n)
				return nil
			})
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say how many would be erased, and do nothing")
	return c
}

// sweepAtOnce is how many conversations a sweep begins to erase before it looks whether they are done.
const sweepAtOnce = 100

// sweep erases what is older than it is kept, a few at a time, and says how many. It ends with ctx, and whoever begins again goes on.
func sweep(ctx context.Context, d *handover.Desk, store *desk.Store, r handover.Retention) (n int, err error) {
	for {
		begun, err := d.Sweep(ctx, store, r, sweepAtOnce)
		n += begun
		if err != nil || begun == 0 {
			return n, err
		}
		for { // no more than so many are under way: what waits for Slack does not pile up
			open, err := store.OpenErasures(ctx)
			if err != nil {
				return n, err
			}
			if open < sweepAtOnce {
				break
			}
			select {
			case <-ctx.Done():
				return n, nil
			case <-time.After(time.Second):
			}
		}
	}
}

// The night, by this machine's clock: what it begins it goes on with until it ends. Slack lets some 50 posts a minute be deleted.
const nightBegins, nightEnds = 1, 6

// nightly tidies up, and sweeps where retention says so, each night at one process.
func (a *app) nightly(ctx context.Context) error {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	done := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-minute.C:
		}
		now := time.Now()
		if now.Hour() < nightBegins || now.Hour() >= nightEnds || done == now.Format(time.DateOnly) {
			continue
		}
		until, cancel := context.WithDeadline(ctx, time.Date(now.Year(), now.Month(), now.Day(), nightEnds, 0, 0, 0, now.Location()))
		ours, err := a.store.InTurn(until, "night", a.night)
		cancel()
		if err != nil && ctx.Err() == nil {
			a.logger.WarnContext(ctx, "the nightly sweep is tried again", "err", err)
			continue
		}
		if ours { // else whoever has it may end before it is done
			done = now.Format(time.DateOnly)
		}
	}
}

func (a *app) night(ctx context.Context) error {
	if err := a.store.Tidy(ctx); err != nil {
		return err
	}
	r := retention(a.config)
	if r.None() {
		return nil
	}
	n, err := sweep(ctx, a.desk, a.store, r)
	a.logger.InfoContext(ctx, "the nightly sweep is over", "erased", n)
	return err
}
