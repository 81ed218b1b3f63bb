package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/sources"
)

// origin is where articles come from.
type origin struct {
	from  string // a folder, a file or a site's address
	files sources.Options
	site  sources.CrawlOptions
}

func (o origin) isSite() bool { return strings.Contains(o.from, "://") }

// name is that of the source, if nobody gives it another.
func (o origin) name() (string, error) {
	if o.isSite() {
		return o.from, nil
	}
	return filepath.Abs(o.from)
}

// gather reads what is there; progress may be nil.
func (o origin) gather(ctx context.Context, progress func(done, of int)) (*sources.Gathered, error) {
	if o.isSite() {
		o.site.Progress = progress
		return sources.Crawl(ctx, o.from, o.site)
	}
	o.files.Progress = progress
	return sources.Read(ctx, o.from, o.files)
}

// errNothing is the error of a source that has no article: what an earlier import had of it stays, as a folder may just not be there.
var errNothing = errors.New("no article found, and nothing is changed")

func importCommand() *cobra.Command {
	var o origin
	var source, columns string
	var dryRun, strict bool
	c := &cobra.Command{
		Use: "import DIR|FILE|URL", Short: "Import articles; a second import touches only what changed", Args: cobra.ExactArgs(1),
		Long: "Import the files of a folder, a file, an archive, or a site: the pages of its sitemap, or a start page and what it links to below it. Read are\n" +
			sources.Endings + ". Tables of questions and answers, or of\n" +
			"titles and texts, become an article a row, whatever their columns are called and however they are separated and encoded; of other tables each row\n" +
			"becomes a sentence. What could only be guessed is printed.\n\n" +
			"What cannot be read is listed with the reason, and all else is imported; what an earlier import had of it stays. Articles that are no longer there are\n" +
			"removed. Exits with 1 if something was refused. An import that fails changes nothing.",
		Example: "  deskbell knowledge import docs/help\n  deskbell knowledge import docs/help --base-url https://shop.example/help\n  deskbell knowledge import faq.csv --source faq --dry-run\n" +
			"  deskbell knowledge import fragen.xlsx --columns question=Frage,answer=Antwort\n  deskbell knowledge import https://shop.example/sitemap.xml --per-second 1",
		RunE: func(c *cobra.Command, args []string) (err error) {
			o.from = args[0]
			if u, err := url.Parse(o.files.Base); o.files.Base != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
				return usageError{fmt.Errorf("--base-url: got %q, expected http://… or https://…", o.files.Base)}
			}
			if o.files.Columns, err = sources.ParseColumns(columns); err != nil {
				return usageError{fmt.Errorf("--columns: %w", err)}
			}
			if source == "" {
				if source, err = o.name(); err != nil {
					return err
				}
			}
			unit := "files"
			if o.isSite() {
				unit = "pages"
			}
			bar := progress(c, "reading", unit)
			g, err := o.gather(c.Context(), bar)
			bar(0, 0)
			if g != nil {
				remarks(c, g)
			}
			if err != nil {
				return usageError{err}
			}
			if strict && len(g.Refused) > 0 {
				return fmt.Errorf("%s refused, and nothing is imported (--strict)", were(len(g.Refused)))
			}
			if len(g.Articles) == 0 {
				return errNothing
			}
			if err := withKnowledge(c, func(ctx context.Context, b *knowledge.Base) error {
				if dryRun {
					report, err := b.Compare(ctx, source, g.Articles, g.Keeps)
					if err != nil {
						return err
					}
					for _, x := range report.Changes {
						c.Printf("%-8s %s\n", x.What, x.Key)
					}
					c.Printf("would be: %s\n", report)
					return nil
				}
				bar := progress(c, "importing", "articles")
				report, err := b.ImportKeeping(ctx, source, g.Articles, g.Keeps, bar)
				bar(0, 0)
				if err != nil {
					return err
				}
				c.Println(report)
				return nil
			}); err != nil {
				return err
			}
			if n := len(g.Refused); n > 0 {
				return fmt.Errorf("%s refused; all else is imported", were(n))
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&source, "source", "", "the name of what is imported (default: its absolute path, or its URL)")
	f.StringVar(&columns, "columns", "", "which column of tables holds what, as question=Frage,answer=Antwort; parts: "+strings.Join(sources.Parts, ", "))
	f.StringVar(&o.files.Base, "base-url", "", "where the files are published: an article without a URL gets one below it, and links between files follow")
	f.BoolVar(&dryRun, "dry-run", false, "say what would be added, changed and removed, and do nothing")
	f.BoolVar(&strict, "strict", false, "import nothing if anything is refused")
	f.Float64Var(&o.site.PerSecond, "per-second", 2, "requests to a site, a second")
	f.IntVar(&o.site.MaxPages, "max-pages", 2000, "pages of a site at most")
	f.BoolVar(&o.site.AllowPrivate, "allow-private", false, "a site may have an address of this machine or its networks")
	return c
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}

// mostRemarks of one kind are printed.
const mostRemarks = 100

// remarks prints what there is to say of what was read.
func remarks(c *cobra.Command, g *sources.Gathered) {
	for _, l := range []struct {
		what string
		all  []sources.Remark
	}{{"understood", g.Notes}, {"skipped", g.Skipped}, {"refused", g.Refused}} {
		if len(l.all) == 0 {
			continue
		}
		c.PrintErrf("%s (%d):\n", l.what, len(l.all))
		for _, r := range l.all[:min(len(l.all), mostRemarks)] {
			c.PrintErrf("  %s\n", r)
		}
		if n := len(l.all) - mostRemarks; n > 0 {
			c.PrintErrf("  … and %d more\n", n)
		}
	}
}

// progress draws a bar with rate and remaining time; 0 of 0 ends it. Where nobody looks, as in a job's log, it says now and then how far it is.
func progress(c *cobra.Command, what, unit string) func(done, of int) {
	if f, is := c.ErrOrStderr().(*os.File); !is || !term.IsTerminal(int(f.Fd())) {
		said := time.Now()
		return func(done, of int) {
			if of > 0 && time.Since(said) > 10*time.Second {
				said = time.Now()
				c.PrintErrf("%s: %d of %d %s\n", what, done, of, unit)
			}
		}
	}
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(c.ErrOrStderr()), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	return func(done, of int) {
		if of == 0 {
			_ = bar.Finish()
			return
		}
		bar.ChangeMax(of)
		_ = bar.Set(done)
	}
}

// configured is where a source of the configuration comes from.
func configured(s configs.Source) origin {
	return origin{from: s.From, files: sources.Options{Base: s.BaseURL, Columns: s.Columns}, site: sources.CrawlOptions{PerSecond: s.PerSecond, MaxPages: s.MaxPages, AllowPrivate: s.AllowPrivate}}
}

// readAnew reads a source of the configuration anew, and keeps what came of it. outcome is what is said of it, and refused whether there is anything that somebody
// should look at.
func readAnew(ctx context.Context, b *knowledge.Base, name string, s configs.Source, gathered func(*sources.Gathered), progress func(done, of int)) (outcome string, refused int, err error) {
	defer func() {
		if p := recover(); p != nil {
			outcome = fmt.Sprintf("%spanic: %v", failedSync, p)
			err = errors.Join(errors.New(outcome), b.SetSynced(ctx, name, outcome))
		}
	}()
	g, err := configured(s).gather(ctx, progress)
	if g != nil && gathered != nil {
		gathered(g)
	}
	var report knowledge.Report
	switch {
	case err != nil:
	case len(g.Articles) == 0:
		err = errNothing
	default:
		report, err = b.ImportKeeping(ctx, name, g.Articles, g.Keeps, nil)
	}
	if ctx.Err() != nil {
		return "", 0, ctx.Err()
	}
	if err != nil {
		outcome = failedSync + err.Error()
	} else if outcome = report.String(); len(g.Refused) > 0 {
		outcome += fmt.Sprintf(", %d refused", len(g.Refused))
		refused = len(g.Refused)
	}
	return outcome, refused, errors.Join(err, b.SetSynced(ctx, name, outcome))
}

// failedSync begins the outcome of one that is to be tried again soon.
const failedSync = "failed: "

func syncCommand() *cobra.Command {
	var list bool
	c := &cobra.Command{
		Use: "sync [SOURCE…]", Short: "Read the configured sources anew, all or some", Args: cobra.ArbitraryArgs,
		Long: "Read the sources of knowledge.sources anew, as the server does on their schedules. What cannot be read is listed, and keeps what an earlier reading had of\n" +
			"it. Exits with 1 if something was refused. With --list: say when each was read last, what came of it, and when it is read next.",
		Example: "  deskbell knowledge sync\n  deskbell knowledge sync site\n  deskbell knowledge sync --list",
		RunE: func(c *cobra.Command, args []string) error {
			return withDatabase(c, func(ctx context.Context, config *configs.Config, db *pg.DB, logger *slog.Logger) error {
				names := slices.Sorted(maps.Keys(config.Sources))
				if len(names) == 0 {
					return usageError{errors.New("no sources are configured; expected knowledge.sources, such as\n  knowledge:\n    sources:\n      site: {from: https://shop.example/help, every: 6h}")}
				}
				for _, name := range args {
					if !slices.Contains(names, name) {
						return usageError{fmt.Errorf("no source is called %q; configured are %s", name, strings.Join(names, ", "))}
					}
				}
				if len(args) > 0 {
					names = args
				}
				b, _, err := openKnowledge(ctx, config, db, nil, logger)
				if err != nil {
					return err
				}
				if list {
					return listSyncs(ctx, c, b, config, names)
				}
				refused, failed := 0, 0
				for _, name := range names {
					bar := progress(c, "reading "+name, "pages or files")
					outcome, n, err := readAnew(ctx, b, name, config.Sources[name], func(g *sources.Gathered) { bar(0, 0); remarks(c, g) }, bar)
					if ctx.Err() != nil {
						return ctx.Err()
					}
					if refused += n; err != nil {
						failed++
					}
					c.Printf("%s: %s\n", name, outcome)
				}
				switch {
				case failed > 0:
					return fmt.Errorf("%d of %d sources failed", failed, len(names))
				case refused > 0:
					return fmt.Errorf("%s refused; all else is imported", were(refused))
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&list, "list", false, "say when each was read last, and do nothing")
	return c
}

func listSyncs(ctx context.Context, c *cobra.Command, b *knowledge.Base, config *configs.Config, names []string) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "SOURCE\tFROM\tLAST READ\tNEXT\tOUTCOME")
	for _, name := range names {
		s, err := b.Synced(ctx, name)
		if err != nil {
			return err
		}
		last, next := "never", "by hand"
		if !s.At.IsZero() {
			last = s.At.Local().Format(time.DateTime)
		}
		if at, scheduled := due(config.Sources[name], s); scheduled {
			if next = at.Local().Format(time.DateTime); !at.After(time.Now()) {
				next = "now"
			}
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", name, config.Sources[name].From, last, next, s.Outcome)
	}
	return w.Flush()
}

// againAfter is how soon a source is read again that failed, if it is not due earlier.
const againAfter = 15 * time.Minute

// due is when a source is to be read next; false where it has no schedule.
func due(s configs.Source, last knowledge.Sync) (time.Time, bool) {
	pause := s.Pause()
	if pause == 0 {
		return time.Time{}, false
	}
	if last.At.IsZero() {
		return last.At, true
	}
	if strings.HasPrefix(last.Outcome, failedSync) {
		pause = min(pause, againAfter)
	}
	return last.At.Add(pause), true
}

// sourcesOnSchedule reads the configured sources when they are due, each in one process at a time.
func (a *app) sourcesOnSchedule(ctx context.Context) error {
	tick := time.NewTicker(scheduleLooks)
	defer tick.Stop()
	for {
		for _, name := range slices.Sorted(maps.Keys(a.config.Sources)) {
			isDue := func(ctx context.Context) bool {
				last, err := a.knowledge.Synced(ctx, name)
				if err != nil {
					return false // the database is away; others say so
				}
				at, scheduled := due(a.config.Sources[name], last)
				return scheduled && !time.Now().Before(at)
			}
			if !isDue(ctx) {
				continue
			}
			if _, err := a.store.InTurn(ctx, "source "+name, func(ctx context.Context) error {
				if !isDue(ctx) { // another process has read it
					return nil
				}
				outcome, refused, err := readAnew(ctx, a.knowledge, name, a.config.Sources[name], nil, nil)
				switch {
				case ctx.Err() != nil:
				case err != nil:
					a.logger.WarnContext(ctx, "a source could not be read, its articles stay as they are", "source", name, "err", err)
				case refused > 0:
					a.logger.WarnContext(ctx, "a source was read, but for some of it: deskbell knowledge sync names that", "source", name, "outcome", outcome)
				default:
					a.logger.InfoContext(ctx, "a source was read", "source", name, "outcome", outcome)
				}
				return nil
			}); err != nil && ctx.Err() == nil {
				a.logger.WarnContext(ctx, "a source is read later", "source", name, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// scheduleLooks is how often it is looked which sources are due.
const scheduleLooks = time.Minute
