package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/copilot/eval"
	"github.com/deskbell/deskbell/knowledge"
)

func calibrateCommand() *cobra.Command {
	var labels string
	var revert, dry bool
	c := &cobra.Command{
		Use: "calibrate", Short: "Fit the bot's confidence to questions of your own", Args: cobra.NoArgs,
		Long: fmt.Sprintf("Fit the confidence to labelled questions, at least %d: each line is {\"question\": …, \"article\": the key or title of the article that answers it, null for none}.\n", eval.FewestLabels) +
			"Ask what customers ask, in their words, and some that no article answers. The fit is kept as a version in the database and holds at once, in all processes; it is refused\n" +
			"when it tells questions that it was not fitted to worse than what ships does. --revert takes the newest version back.",
		Example: "  deskbell calibrate --labels questions.jsonl --dry-run\n  deskbell calibrate --labels questions.jsonl\n  deskbell calibrate --revert",
		RunE: func(c *cobra.Command, _ []string) error {
			if (labels == "") == !revert {
				return usageError{errors.New("expected one of --labels FILE and --revert")}
			}
			return withKnowledge(c, func(ctx context.Context, b *knowledge.Base) error {
				if revert {
					now, ok, err := b.Uncalibrate(ctx)
					switch {
					case err != nil:
						return err
					case !ok:
						c.Println("there was no calibration to take back")
					case now.Calibration == knowledge.Calibration{}:
						c.Println("taken back; the confidence is what ships")
					default:
						c.Printf("taken back; the one of %s with %d labels holds\n", now.At.Format("2006-01-02 15:04"), now.Labels)
					}
					return nil
				}
				f, err := eval.Fit(ctx, b, labels)
				if err != nil {
					return usageError{err}
				}
				c.Printf("%d labels, the right passage first for %d. On questions that it was not fitted to:\n  expected calibration error  %.3f, was %.3f\n  log loss                    %.3f, was %.3f\n", f.Labels, f.Right, f.ECE, f.ECEWas, f.Loss, f.LossWas)
				for _, p := range []float64{0.3, 0.5, 0.7} {
					c.Printf("  what ships as %.2f            says %.2f\n", p, f.Of(p))
				}
				switch {
				case !f.Better():
					return errors.New("not kept: it tells new questions no better than what ships; more labels may help")
				case dry:
					c.Println("not kept: --dry-run")
					return nil
				}
				if err := b.Calibrate(ctx, f.Calibrated); err != nil {
					return err
				}
				c.Println("kept, and in use; deskbell calibrate --revert takes it back")
				return nil
			})
		},
	}
	c.Flags().StringVar(&labels, "labels", "", "the labelled questions, JSONL")
	c.Flags().BoolVar(&revert, "revert", false, "take the newest calibration back")
	c.Flags().BoolVar(&dry, "dry-run", false, "measure, and keep nothing")
	return c
}
