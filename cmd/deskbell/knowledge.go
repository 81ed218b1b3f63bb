package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/knowledge"
)

func knowledgeCommand() *cobra.Command {
	c := &cobra.Command{Use: "knowledge", Short: "Import, search, list and remove what the bot knows"}
	c.AddCommand(importCommand(), searchCommand(), listCommand(), removeCommand())
	return c
}

// withKnowledge runs do with the knowledge base of the configuration, beside a running server or alone.
func withKnowledge(c *cobra.Command, do func(ctx context.Context, b *knowledge.Base) error) error {
	config, err := load(c)
	if err != nil {
		return err
	}
	ctx := c.Context()
	db, err := openDatabase(ctx, config, newLogger(c.ErrOrStderr(), config))
	if err != nil {
		return err
	}
	defer db.Close()
	base, _, err := openKnowledge(ctx, config, db)
	if err != nil {
		return err
	}
	return do(ctx, base)
}

func importCommand() *cobra.Command {
	var source string
	c := &cobra.Command{
		Use: "import DIR|FILE", Short: "Import articles; a second import touches only what changed", Args: cobra.ExactArgs(1),
		Long: "Import Markdown (.md), HTML (.html), text (.txt) and question–answer pairs (.csv with the columns question and\n" +
			"answer, .jsonl with those keys). Articles that are no longer there are removed. A failed import changes nothing.",
		Example: "  deskbell knowledge import docs/help\n  deskbell knowledge import faq.csv --source faq",
		RunE: func(c *cobra.Command, args []string) error {
			articles, skipped, err := knowledge.Read(args[0])
			if err != nil {
				return usageError{err}
			}
			name := source
			if name == "" {
				if name, err = filepath.Abs(args[0]); err != nil {
					return err
				}
			}
			return withKnowledge(c, func(ctx context.Context, b *knowledge.Base) error {
				bar := progressbar.NewOptions(len(articles), progressbar.OptionSetWriter(c.ErrOrStderr()), progressbar.OptionSetDescription("importing"), progressbar.OptionShowCount(),
					progressbar.OptionShowIts(), progressbar.OptionSetItsString("articles"), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
				report, err := b.Import(ctx, name, articles, func(done, _ int) { _ = bar.Set(done) })
				_ = bar.Finish()
				if err != nil {
					return err
				}
				c.Println(report)
				if len(skipped) > 0 {
					c.Printf("skipped %d files of other kinds: %s\n", len(skipped), strings.Join(skipped[:min(5, len(skipped))], ", "))
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&source, "source", "", "the name of what is imported (default: its absolute path)")
	return c
}

func searchCommand() *cobra.Command {
	var n int
	c := &cobra.Command{
		Use: "search QUESTION", Short: "Search as the bot does, with each leg's score", Args: cobra.MinimumNArgs(1),
		Example: "  deskbell knowledge search how long does delivery take",
		RunE: func(c *cobra.Command, args []string) error {
			return withKnowledge(c, func(ctx context.Context, b *knowledge.Base) error {
				found, err := b.Search(ctx, strings.Join(args, " "), n, knowledge.Filter{Internal: true})
				if err != nil && found == nil {
					return err
				}
				if len(found) == 0 {
					c.Println("nothing found")
				}
				for i, p := range found {
					c.Printf("%d. %s  (score %.2f: bm25 %.2f, coverage %.2f, similarity %.2f)\n   %s\n   %s\n", i+1, p.Title, p.Score, p.BM25, p.Coverage, p.Similarity, p.URL, short(p.Text, 160))
				}
				return nil
			})
		},
	}
	c.Flags().IntVarP(&n, "number", "n", 5, "how many passages")
	return c
}

func short(s string, n int) string {
	if r := []rune(strings.Join(strings.Fields(s), " ")); len(r) > n {
		return string(r[:n]) + "…"
	}
	return strings.Join(strings.Fields(s), " ")
}

func listCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all articles", Args: cobra.NoArgs, Example: "  deskbell knowledge list",
		RunE: func(c *cobra.Command, _ []string) error {
			return withKnowledge(c, func(ctx context.Context, b *knowledge.Base) error {
				all, err := b.List(ctx)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				_, _ = fmt.Fprintln(w, "SOURCE\tARTICLE\tTITLE\tAUDIENCE\tPASSAGES")
				for _, a := range all {
					_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", a.Source, a.Key, short(a.Title, 60), a.Audience, a.Chunks)
				}
				return w.Flush()
			})
		},
	}
}

func removeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove SOURCE [ARTICLE]", Short: "Remove a source, or one article of it", Args: cobra.RangeArgs(1, 2),
		Example: "  deskbell knowledge remove faq\n  deskbell knowledge remove /srv/help delivery.md",
		RunE: func(c *cobra.Command, args []string) error {
			return withKnowledge(c, func(ctx context.Context, b *knowledge.Base) error {
				n, err := b.Remove(ctx, args[0], append(args, "")[1])
				if err != nil {
					return err
				}
				if n == 0 {
					return fmt.Errorf("nothing is called that; deskbell knowledge list shows the names")
				}
				c.Printf("%d removed\n", n)
				return nil
			})
		},
	}
}
