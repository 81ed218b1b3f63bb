package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/configs"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
)

func auditCommand() *cobra.Command {
	var n int
	var asJSON bool
	c := &cobra.Command{
		Use: "audit", Short: "Show who read, exported or erased personal data, signed in, paused or changed the configuration", Args: cobra.NoArgs,
		Long:    "Show the newest lines of the audit log, the newest first. Whom a line is about is a random id, the same in all lines about one conversation;\nwhile it is there its number stands beside it. Nothing in the log can be changed or deleted.",
		Example: "  deskbell audit\n  deskbell audit -n 1000 --json",
		RunE: func(c *cobra.Command, _ []string) error {
			if n < 1 {
				return usageError{fmt.Errorf("--number: got %d, expected 1 or more", n)}
			}
			return withDatabase(c, func(ctx context.Context, _ *configs.Config, db *pg.DB, _ *slog.Logger) error {
				all, err := desk.New(db.Patient, db.Reserve).Audited(ctx, 0, n)
				if err != nil {
					return err
				}
				if asJSON {
					lines := json.NewEncoder(c.OutOrStdout())
					for _, e := range all {
						if err := lines.Encode(map[string]any{"at": e.At, "who": e.Who, "deed": e.Deed, "subject": e.Subject, "conversation": e.Conversation, "detail": e.Detail}); err != nil {
							return err
						}
					}
					return nil
				}
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				_, _ = fmt.Fprintln(w, "WHEN\tWHO\tDID\tABOUT\tDETAIL")
				for _, e := range all {
					about := e.Subject
					if e.Conversation != 0 {
						about += fmt.Sprintf(" (conversation %d)", e.Conversation)
					}
					_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.At.Local().Format(time.DateTime), e.Who, e.Deed, about, e.Detail)
				}
				return w.Flush()
			})
		},
	}
	c.Flags().IntVarP(&n, "number", "n", 50, "how many lines")
	c.Flags().BoolVar(&asJSON, "json", false, "a JSON object a line")
	return c
}
