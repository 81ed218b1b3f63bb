// Command deskbell is the whole product: it serves, imports knowledge, checks its configuration and itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/internal/pg"
)

func main() {
	// The heap is small and most of what a message needs is garbage at once: collecting half as often costs a few MiB.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// usageError ends with exit code 2: the command line or the configuration is wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run is main with its outside named: 0 done, 1 failed, 2 bad usage or configuration.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := command()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintln(stderr, "deskbell: "+strings.ReplaceAll(err.Error(), "\n", "\n          "))
	var mistakes *configs.Mistakes
	if errors.As(err, &mistakes) || errors.As(err, new(usageError)) || strings.HasPrefix(err.Error(), "unknown command") {
		return 2
	}
	return 1
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use: "deskbell", Short: "Deskbell rings for a human: a bot that hands over, a desk in Slack",
		Long: "Customers chat with a bot; when it should not go on alone, Deskbell rings for a human: a card appears in the\n" +
			"team's Slack channel, an agent claims it and answers in the thread.",
		Example:       "  deskbell demo\n  deskbell serve --config configs/deskbell.yaml\n  deskbell knowledge import docs/help",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.PersistentFlags().String("config", "", "the configuration file (default "+configs.DefaultFile+", if it is there)")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(serveCommand(), demoCommand(), configCommand(), knowledgeCommand(), evalCommand(), calibrateCommand(), doctorCommand(), slackCommand(), contactCommand(), auditCommand(), consoleCommand(), migrateCommand(), versionCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, c := range root.Commands() {
		usage(c)
	}
	return root
}

// usage makes wrong arguments an error of usage.
func usage(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{fmt.Errorf("%w (see %s --help)", err, c.CommandPath())}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usage(sub)
	}
}

// load reads the configuration that the command line names.
func load(c *cobra.Command) (*configs.Config, error) {
	file, err := c.Flags().GetString("config")
	if err != nil {
		return nil, err
	}
	config, err := configs.Load(file, nil)
	if err != nil {
		return nil, err
	}
	for _, warning := range config.Warned() {
		c.PrintErrln("warning: " + warning)
	}
	return config, nil
}

// withDatabase runs do with the configuration that the command line names and its database, migrated.
func withDatabase(c *cobra.Command, do func(ctx context.Context, config *configs.Config, db *pg.DB, logger *slog.Logger) error) error {
	config, err := load(c)
	if err != nil {
		return err
	}
	logger := newLogger(c.ErrOrStderr(), config)
	db, err := openDatabase(c.Context(), config, logger)
	if err != nil {
		return err
	}
	defer db.Close() // last: what else stops may still write
	return do(c.Context(), config, db, logger)
}

// newLogger logs to w, secrets masked.
func newLogger(w io.Writer, c *configs.Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.String("log.level"))) // the configuration has been checked
	o := &slog.HandlerOptions{Level: level}
	out := masked{w: w, secrets: replacer(c.Secrets())}
	if c.String("log.format") == "json" {
		return slog.New(slog.NewJSONHandler(out, o))
	}
	return slog.New(slog.NewTextHandler(out, o))
}

func replacer(secrets []string) *strings.Replacer {
	var pairs []string
	for _, s := range secrets {
		pairs = append(pairs, s, "••••")
	}
	return strings.NewReplacer(pairs...)
}

// masked writes without the secrets, whatever an error from outside may carry.
type masked struct {
	w       io.Writer
	secrets *strings.Replacer
}

func (m masked) Write(p []byte) (int, error) {
	if _, err := m.secrets.WriteString(m.w, string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs, Example: "  deskbell version",
		Run: func(c *cobra.Command, _ []string) { c.Println(version()) },
	}
}

// version is the module's, with the revision it was built from where that is known.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && v == "(devel)" {
			v += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return v
}
