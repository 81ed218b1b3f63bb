package main

import (
	"context"
	"crypto/rand"
	"embed"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/configs"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/sources"
)

//go:embed demo/*.md
var demoKnowledge embed.FS

func demoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "Serve a made-up shop with a sample knowledge base, to try everything in five minutes", Args: cobra.NoArgs,
		Long:    "Serve a made-up shop on a private database of its own (beside data_dir, ending in -demo). Set DESKBELL_SLACK_* to see it in your Slack.",
		Example: "  deskbell demo\n  DESKBELL_LISTEN=127.0.0.1:9000 deskbell demo",
		RunE: func(c *cobra.Command, _ []string) error {
			hangups := hangups()
			defer signal.Stop(hangups)
			config, err := load(c)
			if err != nil {
				return err
			}
			if config, err = configs.Load(config.File, map[string]string{"data_dir": config.DataDir() + "-demo"}); err != nil {
				return err
			}
			ctx := c.Context()
			db, err := openDatabase(ctx, config, newLogger(c.ErrOrStderr(), config))
			if err != nil {
				return err
			}
			defer db.Close()
			token, err := demoAgent(ctx, config, desk.New(db.Pool, db.Reserve))
			if err != nil {
				return err
			}
			logger := newLogger(c.ErrOrStderr(), config) // which knows the token, to leave it out
			if err := importDemo(ctx, config, db, logger); err != nil {
				return err
			}
			a, err := wire(ctx, config, db, logger, true)
			if err != nil {
				return err
			}
			return a.serve(ctx, hangups, func(addr string) {
				c.Printf("\n  The shop, as a customer:  http://%s/\n", addr)
				c.Printf("  The desk, as an agent:    http://%s/console/login?token=%s\n", addr, token)
				c.Printf("\n  ^C stops it.\n\n")
			})
		},
	}
}

// readDemo reads the sample articles.
func readDemo() ([]knowledge.Article, error) {
	dir, err := os.MkdirTemp("", "deskbell-demo")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	sub, err := fs.Sub(demoKnowledge, "demo")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(filepath.Join(dir, "kb"), sub); err != nil {
		return nil, err
	}
	g, err := sources.Read(context.Background(), filepath.Join(dir, "kb"), sources.Options{})
	if err != nil {
		return nil, err
	}
	return g.Articles, nil
}

func importDemo(ctx context.Context, config *configs.Config, db *pg.DB, logger *slog.Logger) error {
	base, _, err := openKnowledge(ctx, config, db, nil, logger)
	if err != nil {
		return err
	}
	articles, err := readDemo()
	if err != nil {
		return err
	}
	_, err = base.Import(ctx, "demo", articles, nil)
	return err
}

// demoAgent adds "Demo agent", whose token lasts as long as the demo's database, and returns it: a page that is open survives a restart.
func demoAgent(ctx context.Context, config *configs.Config, store *desk.Store) (token string, err error) {
	var kept struct{ Token string }
	kept.Token = rand.Text()
	if err := store.Made(ctx, "demo_token", kept, &kept); err != nil {
		return "", err
	}
	config.Agents["demo"] = configs.Agent{DisplayName: "Demo agent", Role: "lead", ConsoleToken: kept.Token}
	return kept.Token, nil
}
