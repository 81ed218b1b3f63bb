package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/notify/slack"
)

func doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Look at everything the desk stands on and say what is wrong", Args: cobra.NoArgs, Example: "  deskbell doctor --config configs/deskbell.yaml",
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
			db, err := openDatabase(ctx, config, newLogger(c.ErrOrStderr(), config))
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
			base, _, err := openKnowledge(ctx, config, db, nil)
			if err == nil {
				all, e := base.List(ctx)
				if err = e; err == nil && len(all) == 0 {
					err = errors.New("empty: deskbell knowledge import DIR")
				}
				say("knowledge", fmt.Sprintf("%d articles", len(all)), err)
			} else {
				say("knowledge", "", err)
			}
			health, err := desk.New(db.Pool).Health(ctx)
			if err == nil && (health.Failed > 0 || len(health.Errors) > 0) {
				err = fmt.Errorf("%d effects failed for good this week; held up by: %s", health.Failed, strings.Join(append(health.Errors, ""), "; "))
			}
			say("desk", fmt.Sprintf("%d waiting, %d claimed, %d cards unposted, %d effects queued, the oldest %s", health.Waiting, health.Claimed, health.Unposted, health.Queued, health.Oldest.Round(time.Second)), err)
			if token := config.String("slack.bot_token"); token != "" {
				id, err := slack.Identify(ctx, slack.Options{BotToken: token, APIURL: config.String("slack.api_url")})
				say("slack", "team "+id.Team+" as "+id.BotUser, err)
			} else {
				c.Println("– slack:       not connected (slack.bot_token)")
			}
			if bad > 0 {
				return fmt.Errorf("%d things are wrong", bad)
			}
			return nil
		},
	}
}
