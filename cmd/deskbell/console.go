package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/handover"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/notify/console"
)

// linkLife is how long a login link can be used.
const linkLife = 10 * time.Minute

func consoleCommand() *cobra.Command {
	c := &cobra.Command{Use: "console", Short: "Let agents into the console"}
	c.AddCommand(&cobra.Command{
		Use: "link AGENT", Short: "Print a link that signs an agent in at the console, once, within 10 minutes", Args: cobra.ExactArgs(1),
		Long:    "Print a link that signs an agent of the configuration in at the console. It works once, within 10 minutes; changing the agent's\nconsole_token ends the session that it began.",
		Example: "  deskbell console link mia",
		RunE: func(c *cobra.Command, args []string) error {
			return withDatabase(c, func(ctx context.Context, config *configs.Config, db *pg.DB, _ *slog.Logger) error {
				names := slices.Sorted(maps.Keys(config.Agents))
				if config.Agents[args[0]].ConsoleToken == "" {
					return usageError{fmt.Errorf("%q has no agents.%s.console_token in the configuration; its agents are: %s", args[0], args[0], cmp.Or(strings.Join(names, ", "), "none"))}
				}
				store, secret := desk.New(db.Pool, db.Reserve), rand.Text()
				id, err := store.AgentNamed(ctx, args[0])
				if errors.Is(err, handover.ErrUnknown) {
					return fmt.Errorf("no server has run with the agent %q yet: start one first", args[0])
				}
				if err != nil {
					return err
				}
				if err := store.Link(ctx, console.LinkHash(secret), id, linkLife); err != nil {
					return err
				}
				base := cmp.Or(config.String("public_url"), "http://"+config.String("listen"))
				c.Println(strings.TrimSuffix(base, "/") + console.LinkPath(secret))
				return nil
			})
		},
	})
	return c
}
