package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/handover"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
)

func doctorCommand() *cobra.Command {
	var thorough bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look at everything the desk stands on and say what is wrong", Args: cobra.NoArgs,
		Long:    "Look at configuration, database, knowledge, desk and Slack, and exit with 1 if something is wrong. With --slack also at the token's scopes, the\nclock, the socket, and in each team's channel at a test card, which is deleted again.",
		Example: "  deskbell doctor --config configs/deskbell.yaml\n  deskbell doctor --slack",
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := load(c)
			if err != nil {
				return err
			}
			bad := 0
			say := func(what, how string, err error) {
				if err != nil {
					bad++
					c.Printf("✗ %-12s %v\n", what+":", err)
					return
				}
				c.Printf("✓ %-12s %s\n", what+":", how)
			}
			say("config", config.File+" ("+config.Hash+")", nil)
			ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
			defer cancel()
			logger := newLogger(c.ErrOrStderr(), config)
			db, err := openDatabase(ctx, config, logger)
			if err != nil {
				say("database", "", err)
				return errors.New("1 thing is wrong")
			}
			defer db.Close()
			where := "the server of database.url"
			if dir, ours := db.Private(); dir != "" {
				where = "private, in " + dir
				if !ours {
					where += ", run by another process"
				}
			}
			say("database", where, nil)
			version, err := pg.HasVector(ctx, db.Pool)
			if version == "" && err == nil {
				err = errors.New("not on this server: search is by words alone")
			}
			say("pgvector", version, err)
			base, _, err := openKnowledge(ctx, config, db, nil, logger)
			if err == nil {
				all, e := base.List(ctx)
				if err = e; err == nil && len(all) == 0 {
					err = errors.New("empty: deskbell knowledge import DIR")
				}
				say("knowledge", fmt.Sprintf("%d articles", len(all)), err)
			} else {
				say("knowledge", "", err)
			}
			health, err := desk.New(db.Pool, db.Reserve).Health(ctx)
			if err == nil && (health.Failed > 0 || len(health.Errors) > 0) {
				err = fmt.Errorf("%d effects failed for good this week; held up by: %s", health.Failed, strings.Join(append(health.Errors, ""), "; "))
			}
			say("desk", fmt.Sprintf("%d waiting, %d claimed, %d cards unposted, %d effects queued, the oldest %s", health.Waiting, health.Claimed, health.Unposted, health.Queued, health.Oldest.Round(time.Second)), err)
			settings, err := desk.New(db.Pool, db.Reserve).RuntimeSettings(ctx)
			if err != nil {
				say("alerts", "", err)
			}
			for _, alert := range handover.AlertsOf(settings) {
				say("alert", "", errors.New(alert))
			}
			if !examineSlack(ctx, config, desk.New(db.Pool, db.Reserve), thorough, say) {
				c.Println("– slack:       not connected (slack.bot_token, or slack.client_id and /slack/install)")
			}
			if bad > 0 {
				return fmt.Errorf("%d things are wrong", bad)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&thorough, "slack", false, "look at Slack thoroughly, with a test card in each channel")
	return cmd
}
