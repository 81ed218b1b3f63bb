package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/copilot/eval"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/knowledge"
	library "github.com/deskbell/deskbell/knowledge/postgres"
)

func evalCommand() *cobra.Command {
	var o eval.Options
	var predictions, plot string
	var data []string
	var asJSON bool
	c := &cobra.Command{
		Use: "eval TASK", Short: "Measure the copilot's decisions on labelled data", Args: cobra.ExactArgs(1),
		Long: "Measure one of " + strings.Join(eval.Tasks(), ", ") + ",\nor all of them over a directory. It works in a throw-away database and reads nothing of the installation's knowledge.\n" +
			"docs/evaluation.md says what the files look like and what the figures mean.",
		Example: "  deskbell eval oos --gold oos.jsonl\n  deskbell eval answer --gold questions.jsonl --articles articles.jsonl --holes --predictions out.jsonl\n  deskbell eval all --data data --json",
		RunE: func(c *cobra.Command, args []string) error {
			config, err := load(c)
			if err != nil {
				return err
			}
			o.Base = scratchBase(config)
			var sets []eval.Set
			switch task := args[0]; {
			case task == "all" && len(data) == 0:
				return usageError{errors.New("eval all: name the directory with --data DIR")}
			case task == "all":
				if sets = eval.Known(data...); len(sets) == 0 {
					return usageError{fmt.Errorf("%s: none of the known files is there (see docs/evaluation.md)", strings.Join(data, ", "))}
				}
			case !known(task):
				return usageError{fmt.Errorf("%q is no task: expected all or one of %s", task, strings.Join(eval.Tasks(), ", "))}
			case o.Gold == "":
				return usageError{fmt.Errorf("eval %s: name the labelled rows with --gold FILE", task)}
			default:
				sets = []eval.Set{{Task: task, Gold: o.Gold, Articles: o.Articles, Far: o.Far, Holes: o.Holes}}
			}
			return measure(c, o, sets, predictions, plot, asJSON)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Gold, "gold", "", "the labelled rows, JSONL")
	f.StringVar(&o.Articles, "articles", "", "the articles that search and answer index, JSONL")
	f.StringVar(&o.Far, "far", "", "texts that no article answers, for answer, JSONL")
	f.BoolVar(&o.Holes, "holes", false, "leave the articles marked as holes out: their questions must be handed off")
	f.StringVar(&predictions, "predictions", "", "write what was predicted, a JSON object a row; for all, a directory")
	f.StringArrayVar(&data, "data", nil, "for all: a directory of evaluation data; may be given again")
	f.StringVar(&plot, "plot", "", "write the calibration as SVG files into this directory")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func known(task string) bool {
	for _, t := range eval.Tasks() {
		if t == task {
			return true
		}
	}
	return false
}

// scratchBase makes empty, throw-away knowledge bases with the built-in embedder.
func scratchBase(config *configs.Config) func(ctx context.Context) (*knowledge.Base, func(), error) {
	return func(ctx context.Context) (*knowledge.Base, func(), error) {
		db, drop, err := pg.Scratch(ctx, pg.Options{URL: config.String("database.url"), BinDir: config.String("database.bin_dir"), Logger: newLogger(io.Discard, config)}, library.Migrations())
		if err != nil {
			return nil, nil, err
		}
		return knowledge.NewBase(library.New(db.Pool, library.Options{}), knowledge.NewHashed(384), nil), drop, nil
	}
}

func measure(c *cobra.Command, o eval.Options, sets []eval.Set, predictions, plot string, asJSON bool) error {
	var reports []eval.Report
	for _, s := range sets {
		began := time.Now()
		o.Gold, o.Articles, o.Far, o.Holes = s.Gold, s.Articles, s.Far, s.Holes
		bar := progress(c, s.Task+" "+filepath.Base(s.Gold), "rows")
		o.Progress = bar
		r, err := predicted(c.Context(), s, o, predictions, len(sets) > 1)
		bar(0, 0)
		if err != nil {
			return err
		}
		reports = append(reports, r)
		if plot != "" && r.Calibration != nil {
			if err := os.WriteFile(filepath.Join(plot, r.Task+"_"+r.File+".svg"), []byte(r.Calibration.SVG(r.Task+" · "+r.File)), 0o600); err != nil {
				return err
			}
		}
		if !asJSON {
			print(c, r, time.Since(began))
		}
	}
	if asJSON {
		e := json.NewEncoder(c.OutOrStdout())
		e.SetIndent("", "  ")
		return e.Encode(reports)
	}
	return nil
}

// predicted runs a set with its predictions written to where they are wanted.
func predicted(ctx context.Context, s eval.Set, o eval.Options, to string, many bool) (r eval.Report, err error) {
	if to == "" {
		return eval.Run(ctx, s.Task, o)
	}
	if many {
		to = filepath.Join(to, s.Task+"_"+filepath.Base(s.Gold))
	}
	f, err := os.Create(to)
	if err != nil {
		return r, err
	}
	w := bufio.NewWriter(f)
	o.Predictions = w
	r, err = eval.Run(ctx, s.Task, o)
	return r, errors.Join(err, w.Flush(), f.Close())
}

func print(c *cobra.Command, r eval.Report, took time.Duration) {
	c.Printf("%s on %s: %d rows, %.1f s\n", r.Task, r.File, r.N, took.Seconds())
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, f := range r.Figures {
		line := fmt.Sprintf("  %s\t%.3f", f.Name, f.Value)
		if f.Bar != nil {
			sign, word := "≥", "reached"
			if f.AtMost {
				sign = "≤"
			}
			if !f.Reached {
				word = "MISSED"
			}
			line += fmt.Sprintf("\t%s %.3g\t%s", sign, *f.Bar, word)
		}
		_, _ = fmt.Fprintln(w, line)
	}
	_ = w.Flush()
}
