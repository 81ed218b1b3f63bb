package main

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/internal/pg"
)

func configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check or show the configuration"}
	c.AddCommand(&cobra.Command{
		Use: "check", Short: "Report every mistake with its line", Args: cobra.NoArgs, Example: "  deskbell config check --config configs/deskbell.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := load(c)
			if err != nil {
				return err
			}
			file := config.File
			if file == "" {
				file = "no file"
			}
			c.Printf("%s: good (config %s)\n", file, config.Hash)
			return nil
		},
	}, &cobra.Command{
		Use: "show", Short: "Print what is in force: file, environment and defaults, secrets masked", Args: cobra.NoArgs, Example: "  deskbell config show",
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := load(c)
			if err != nil {
				return err
			}
			c.Print(config.Show())
			return nil
		},
	})
	return c
}

func migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the database's tables up to this program; serve does it as well", Args: cobra.NoArgs, Example: "  deskbell migrate",
		RunE: func(c *cobra.Command, _ []string) error {
			return withDatabase(c, func(ctx context.Context, _ *configs.Config, db *pg.DB, _ *slog.Logger) error {
				for _, m := range migrations() {
					at, _, err := pg.Version(ctx, db.Pool, m)
					if err != nil {
						return err
					}
					c.Printf("%s: version %d\n", m.Table, at)
				}
				return nil
			})
		},
	}
}
