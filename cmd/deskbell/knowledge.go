package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/copilot/eval"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/knowledge"
)

func knowledgeCommand() *cobra.Command {
	c := &cobra.Command{Use: "knowledge", Short: "Import, search, list, remove and measure what the bot knows"}
	c.AddCommand(importCommand(), syncCommand(), searchCommand(), listCommand(), removeCommand(), evalQuestions(), draftsCommand(), knowledgeDoctor())
	return c
}

// withKnowledge runs do with the knowledge base of the configuration, beside a running server or alone.
func withKnowledge(c *cobra.Command, do func(ctx context.Context, b *knowledge.Base) error) error {
	return withDatabase(c, func(ctx context.Context, config *configs.Config, db *pg.DB, logger *slog.Logger) error {
		base, _, err := openKnowledge(ctx, config, db, nil, logger)
		if err != nil {
			return err
		}
		return do(ctx, base)
	})
}

// evalQuestions measures search and confidence on an admin's own questions.
func evalQuestions() *cobra.Command {
	return &cobra.Command{
		Use: "eval QUESTIONS.jsonl", Short: "Measure search and confidence on your own questions", Args: cobra.ExactArgs(1),
		Long: "Each line is {\"question\": …, \"article\": the key or title of the article that answers it, \"\" for none}. Prints how often the right\n" +
			"article is found, and how many questions would be answered, and how many of those rightly, at several thresholds.",
		Example: "  deskbell knowledge eval questions.jsonl",
		RunE: func(c *cobra.Command, args []string) error {
			return withKnowledge(c, func(ctx context.Context, b *knowledge.Base) error {
				r, err := eval.Own(ctx, b, args[0])
				if err != nil {
					return usageError{err}
				}
				c.Printf("%d questions, %d with an article: recall@1 %.3f, recall@5 %.3f, MRR %.3f\n\n", r.N, r.Answerable, r.Recall1, r.Recall5, r.MRR)
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				_, _ = fmt.Fprintln(w, "ANSWER_ABOVE\tANSWERED\tOF THEM RIGHT")
				for _, p := range r.Points {
					_, _ = fmt.Fprintf(w, "%.2f\t%.0f %%\t%.0f %%\n", p.Threshold, 100*p.Coverage, 100*p.Precision)
				}
				return w.Flush()
			})
		},
	}
}

func searchCommand() *cobra.Command {
	var n int
	var language string
	var tags []string
	c := &cobra.Command{
		Use: "search QUESTION", Short: "Search as the bot does, with each leg's score", Args: cobra.MinimumNArgs(1),
		Example: "  deskbell knowledge search how long does delivery take",
		RunE: func(c *cobra.Command, args []string) error {
			return withKnowledge(c, func(ctx context.Context, b *knowledge.Base) error {
				found, err := b.Search(ctx, strings.Join(args, " "), max(n, 10), knowledge.Filter{Internal: true, Language: language, Tags: tags})
				if err != nil && found == nil {
					return err
				}
				if len(found) == 0 {
					c.Println("nothing found")
				} else {
					c.Printf("confidence that the first answers it: %.2f\n", copilot.Confidence(found))
				}
				for i, p := range found[:min(n, len(found))] {
					c.Printf("%d. %s › %s  (score %.2f: bm25 %.2f, coverage %.2f; similarity %.2f, of title and heading %.2f)\n   %s %s, characters %d–%d\n   %s\n",
						i+1, p.Title, p.Heading, p.Score, p.BM25, p.Coverage, p.Similarity, p.Naming, p.Audience, p.URL, p.Start, p.End, short(p.Text, 160))
				}
				return nil
			})
		},
	}
	c.Flags().IntVarP(&n, "number", "n", 5, "how many passages")
	c.Flags().StringVar(&language, "language", "", "articles of this language alone, such as de")
	c.Flags().StringSliceVar(&tags, "tag", nil, "articles with this tag alone; may be given again")
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
				_, _ = fmt.Fprintln(w, "SOURCE\tARTICLE\tTITLE\tLANGUAGE\tTAGS\tAUDIENCE\tPASSAGES")
				for _, a := range all {
					_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\n", a.Source, a.Key, short(a.Title, 60), a.Language, strings.Join(a.Tags, ","), a.Audience, a.Chunks)
				}
				return w.Flush()
			})
		},
	}
}

func knowledgeDoctor() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Look at what is in the articles, and say what somebody should look at", Args: cobra.NoArgs,
		Long: "Print what somebody should look at: sections that are too long or say next to nothing, that are there twice, that answer one question with different\n" +
			"figures, that are in another language than their article says, headings that several sections of one article share (a customer who is asked which one\n" +
			"they mean cannot tell them apart), and sentences that speak to a language model instead of to a reader (they are quoted to nobody, and somebody may have\n" +
			"planted them). Exits with 1 if there is anything.",
		Example: "  deskbell knowledge doctor",
		RunE: func(c *cobra.Command, _ []string) error {
			found := 0
			if err := withKnowledge(c, func(ctx context.Context, b *knowledge.Base) error {
				var x knowledge.Examiner
				if err := b.Each(ctx, func(h knowledge.Hit) error {
					x.See(h)
					for _, s := range copilot.Commands(h.Whole) {
						found++
						c.Printf("✗ %s, %s: speaks to a model: %q\n", h.Source, h.Key, short(strings.TrimSpace(s), 200))
					}
					return nil
				}); err != nil {
					return err
				}
				for _, f := range x.Findings() {
					found++
					c.Printf("✗ %s, %s: %s\n", f.Source, f.Key, f.What)
				}
				return nil
			}); err != nil {
				return err
			}
			if found > 0 {
				return fmt.Errorf("%d things to look at", found)
			}
			c.Println("✓ nothing to look at")
			return nil
		},
	}
}

func draftsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "drafts", Short: "List what became of drafts, by the article they cite", Args: cobra.NoArgs, Example: "  deskbell knowledge drafts",
		RunE: func(c *cobra.Command, _ []string) error {
			var all []desk.ArticleOutcomes
			if err := withDatabase(c, func(ctx context.Context, _ *configs.Config, db *pg.DB, _ *slog.Logger) (err error) {
				all, err = desk.New(db.Pool, db.Reserve).DraftOutcomes(ctx)
				return err
			}); err != nil {
				return err
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			_, _ = fmt.Fprintln(w, "ARTICLE\tUSED\tEDITED\tIGNORED\tCHARACTERS CHANGED")
			for _, a := range all {
				_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%.0f\n", short(a.Article, 60), a.Used, a.Edited, a.Ignored, a.Distance)
			}
			return w.Flush()
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
