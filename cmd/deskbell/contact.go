package main

import (
	"archive/zip"
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/handover"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
	library "github.com/deskbell/deskbell/knowledge/postgres"
	"github.com/deskbell/deskbell/notify"
	"github.com/deskbell/deskbell/notify/slack"
)

func contactCommand() *cobra.Command {
	c := &cobra.Command{Use: "contact", Short: "Find, export or erase what is kept of a person"}
	c.AddCommand(contactFind(), contactExport(), contactErase(), contactSweep())
	return c
}

// operator is who the audit log says ran a command.
func operator() string {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return "command line, " + name
}

// whose are the kinds of names that a person can be found by.
var whose = []string{"conversation", "email", "customer"}

// person finds the conversations of whoever who names: an e-mail address, a conversation's id, or a customer's id on their channel.
func person(ctx context.Context, store *desk.Store, who, as string) ([]desk.Found, error) {
	if as != "" && !slices.Contains(whose, as) {
		return nil, usageError{fmt.Errorf("--as: got %q, expected one of %s", as, strings.Join(whose, ", "))}
	}
	if who = strings.TrimSpace(who); who == "" || !keepable(who) {
		return nil, usageError{fmt.Errorf("expected a conversation's id, an e-mail address or a customer's id")}
	}
	id, err := strconv.ParseInt(who, 10, 64)
	if as == "conversation" && (err != nil || id <= 0) {
		return nil, usageError{fmt.Errorf("--as conversation: got %q, expected a number", who)}
	}
	email, customer := who, who
	switch as {
	case "conversation":
		email, customer = "", ""
	case "email":
		id, customer = 0, ""
	case "customer":
		id, email = 0, ""
	}
	found, err := store.Contacts(ctx, id, email, customer)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("nothing is kept of %q: it is no conversation's id, no e-mail address that a customer gave, and no customer's id on their channel", who)
	}
	if named := slices.ContainsFunc(found, func(f desk.Found) bool { return f.Customer == who }); as == "" && named && slices.ContainsFunc(found, func(f desk.Found) bool { return f.ID == id && f.Customer != who }) {
		return found, usageError{fmt.Errorf("%q is a conversation's id and a customer's: say which with --as conversation or --as customer", who)}
	}
	return found, nil
}

func keepable(s string) bool {
	return !strings.ContainsRune(s, 0) && strings.ToValidUTF8(s, "") == s && len(s) < 1000
}

// list shows what was found.
func listFound(c *cobra.Command, found []desk.Found) {
	w := tabwriter.NewWriter(c.ErrOrStderr(), 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CONVERSATION\tCHANNEL\tNAME\tE-MAIL\tSTATE\tMESSAGES\tOPENED\tLAST CHANGE")
	for _, f := range found {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", f.ID, f.Channel, short(f.Contact.Name, 40), short(f.Contact.Email, 60), f.State, f.Messages, f.Opened.Format(time.DateOnly), f.Changed.Format(time.DateOnly))
	}
	_ = w.Flush()
}

const aboutWho = "WHO is a conversation's id (the console's address bar, the session's conversation_id), an e-mail address, or a customer's id on their\n" +
	"channel (what your system calls them at the webhook). An address that somebody typed into the widget proves nothing: make sure that\n" +
	"whoever asks is who they say."

func contactFind() *cobra.Command {
	var as string
	c := &cobra.Command{
		Use: "find WHO", Short: "List a person's conversations", Args: cobra.ExactArgs(1), Long: "List a person's conversations.\n" + aboutWho,
		Example: "  deskbell contact find ana@shop.example",
		RunE: func(c *cobra.Command, args []string) error {
			return withDatabase(c, func(ctx context.Context, _ *configs.Config, db *pg.DB, _ *slog.Logger) error {
				found, err := person(ctx, desk.New(db.Patient, db.Reserve), args[0], as)
				if len(found) > 0 {
					c.SetErr(c.OutOrStdout())
					listFound(c, found)
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&as, "as", "", "what WHO is: "+strings.Join(whose, ", ")+" (default: any of them)")
	return c
}

func contactExport() *cobra.Command {
	var as, out string
	c := &cobra.Command{
		Use: "export WHO", Short: "Write all that is kept of a person into a ZIP file", Args: cobra.ExactArgs(1),
		Long:    "Write all that is kept of a person into a ZIP file: one JSON file a conversation (contact, messages, notes, handoffs, decisions), and their\nfiles. Nothing in it is masked. The audit log keeps that it was done.\n" + aboutWho,
		Example: "  deskbell contact export ana@shop.example --out ana.zip\n  deskbell contact export 4711",
		RunE: func(c *cobra.Command, args []string) error {
			return withDatabase(c, func(ctx context.Context, _ *configs.Config, db *pg.DB, _ *slog.Logger) error {
				store := desk.New(db.Patient, db.Reserve)
				found, err := person(ctx, store, args[0], as)
				if err != nil {
					return err
				}
				listFound(c, found)
				name := cmp.Or(out, "contact-"+time.Now().Format("2006-01-02-150405")+".zip")
				if err := export(ctx, c, store, found, name); err != nil {
					return err
				}
				c.Println(name)
				return nil
			})
		},
	}
	c.Flags().StringVar(&as, "as", "", "what WHO is: "+strings.Join(whose, ", ")+" (default: any of them)")
	c.Flags().StringVar(&out, "out", "", "the ZIP file, which must not be there yet (default: contact-DATE.zip)")
	return c
}

// export writes the conversations into a new file that nobody else may read. One that breaks off leaves no file.
func export(ctx context.Context, c *cobra.Command, store *desk.Store, found []desk.Found, name string) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usageError{fmt.Errorf("--out: %w", err)}
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			_ = os.Remove(name)
		}
	}()
	z := zip.NewWriter(f)
	bar := progress(c, "exporting", "conversations")
	for i, x := range found {
		// It is kept before it is done: what was read and not kept would be worse.
		if err := store.Audit(ctx, handover.AuditEntry{Who: operator(), Deed: handover.DeedExported, Conversation: x.ID}); err != nil {
			return err
		}
		all, files, err := store.Export(ctx, x.ID)
		if err != nil {
			return err
		}
		dir := fmt.Sprintf("conversation-%d", x.ID)
		w, err := z.CreateHeader(&zip.FileHeader{Name: path.Join(dir, "conversation.json"), Method: zip.Deflate, Modified: time.Now()})
		if err != nil {
			return err
		}
		pretty := json.NewEncoder(w)
		pretty.SetIndent("", "  ")
		pretty.SetEscapeHTML(false)
		if err := pretty.Encode(all); err != nil {
			return err
		}
		for n, key := range files {
			about, content, err := store.Content(ctx, key, false)
			if errors.Is(err, handover.ErrNoFile) {
				continue // it was taken away just now
			}
			if err != nil {
				return err
			}
			w, err := z.CreateHeader(&zip.FileHeader{Name: path.Join(dir, "files", fmt.Sprintf("%d-%s", n+1, handover.FileName(about.Name))), Method: zip.Deflate, Modified: time.Now()})
			if err != nil {
				return err
			}
			if _, err := io.Copy(w, content); err != nil {
				return err
			}
		}
		bar(i+1, len(found))
	}
	bar(0, 0)
	return z.Close()
}

func contactErase() *cobra.Command {
	var as string
	var yes, alone bool
	c := &cobra.Command{
		Use: "erase WHO", Short: "Erase all that is kept of a person", Args: cobra.ExactArgs(1),
		Long: "Erase all that is kept of a person: messages, files, handoffs, decisions, drafts, what we posted of them in Slack, and articles that agents\n" +
			"made of their conversations. From the start nobody finds it any more; whoever waits or is talked to is not any longer. What Slack does not\n" +
			"let us delete, such as agents' own lines, is listed. A running server does the work, or else this command; it goes on after an\n" +
			"interruption. Backups are yours. The audit log keeps that it was done, under a random id.\n" + aboutWho,
		Example: "  deskbell contact erase ana@shop.example\n  deskbell contact erase 4711 --as conversation --yes",
		RunE: func(c *cobra.Command, args []string) error {
			return withDatabase(c, func(ctx context.Context, config *configs.Config, db *pg.DB, logger *slog.Logger) error {
				found, err := person(ctx, desk.New(db.Patient, db.Reserve), args[0], as)
				if err != nil {
					return err
				}
				listFound(c, found)
				if !yes {
					if err := agreed(c, fmt.Sprintf("Erase %d conversations for good? Type yes: ", len(found))); err != nil {
						return err
					}
				}
				a, err := wireEraser(ctx, config, db, quietly(logger))
				if err != nil {
					return err
				}
				var begun []string
				for _, x := range found {
					e := handover.Erasure{ID: rand.Text(), Alone: alone, Articles: true, By: operator()}
					s, err := a.desk.Erase(ctx, x.ID, e)
					if err == nil && !s.Changed { // somebody else has begun
						e, err = a.store.Erasure(ctx, "", x.ID)
					}
					switch {
					case errors.Is(err, handover.ErrUnknown): // and has ended
					case err != nil:
						return err
					default:
						begun = append(begun, e.ID)
					}
				}
				return a.erased(ctx, c, begun, alone)
			})
		},
	}
	c.Flags().StringVar(&as, "as", "", "what WHO is: "+strings.Join(whose, ", ")+" (default: any of them)")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.Flags().BoolVar(&alone, "without-workspaces", false, "go on although a workspace is not connected: what we posted there stays, and is listed")
	return c
}

// agreed asks whoever sits there.
func agreed(c *cobra.Command, question string) error {
	if f, is := c.InOrStdin().(*os.File); is && !term.IsTerminal(int(f.Fd())) {
		return usageError{errors.New("nobody is there to be asked: say --yes")}
	}
	c.PrintErr(question)
	line, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	if strings.TrimSpace(line) != "yes" {
		return errors.Join(errors.New("nothing was erased"), err)
	}
	return nil
}

// quietly logs what is wrong alone: a command has words of its own.
func quietly(l *slog.Logger) *slog.Logger { return slog.New(above{l.Handler()}) }

type above struct{ slog.Handler }

func (h above) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelError && h.Handler.Enabled(ctx, l)
}

// eraser is what a command needs to erase: the desk, and the workspaces that it posted in. It leaves alone what a server sets as it starts.
type eraser struct {
	desk   *handover.Desk
	store  *desk.Store
	worker *handover.Worker
}

func wireEraser(ctx context.Context, c *configs.Config, db *pg.DB, logger *slog.Logger) (*eraser, error) {
	store := desk.New(db.Pool, db.Reserve)
	e := &eraser{store: store, desk: handover.NewDesk(store, handover.NewBus(nil), handover.Options{})}
	o := slackDoor(c)
	o.Logger = logger
	workspaces := func(string) notify.Workspace { return nil }
	if o.BotToken != "" || o.ClientID != "" {
		var err error
		if o.ClientID != "" {
			if o.Keys, err = slack.ParseKeys(c.String("slack.token_keys")); err != nil {
				return nil, usageError{fmt.Errorf("slack.token_keys: %w", err)}
			}
		}
		if o.BotToken != "" {
			if o.Identity, err = identify(ctx, store, o); err != nil {
				return nil, err
			}
		}
		app, err := slack.NewApp(ctx, e.desk, store, nil, o)
		if err != nil {
			return nil, err
		}
		workspaces = app.Workspace
	}
	n := notify.New(e.desk, store, workspaces, notify.Options{Unlearn: unlearn(library.New(db.Pool, library.Options{Works: db.Patient}).Remove), Logger: logger})
	handlers := map[handover.Kind]handover.Handler{}
	for _, k := range handover.Kinds() { // the lanes of the others are left to servers
		handlers[k] = func(context.Context, handover.Batch) error { return handover.ErrLeaseLost }
	}
	handlers[handover.KindErase] = n.Handlers()[handover.KindErase]
	var err error
	e.worker, err = handover.NewWorker(store, handover.NewBus(nil), handlers, handover.WorkerOptions{Lease: c.Duration("worker.lease"), Logger: logger})
	return e, err
}

// erase does erasures until the function that it returns is called.
func (a *eraser) erase(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = a.worker.Run(ctx, stopEffects, handover.LaneErase) // it ends with ctx alone
	}()
	return func() {
		cancel()
		<-ended
	}
}

// erased does erasures that were begun, beside the servers if any run, and says what is left.
func (a *eraser) erased(ctx context.Context, c *cobra.Command, begun []string, alone bool) error {
	defer a.erase(ctx)()
	bar, said := progress(c, "erasing", "conversations"), ""
	var left []string
	for i, id := range begun {
		if alone {
			if err := a.store.GoAlone(ctx, id); err != nil {
				return err
			}
		}
		for {
			e, err := a.store.Erasure(ctx, id, 0)
			if err != nil && ctx.Err() == nil {
				return err
			}
			if !e.Done.IsZero() {
				left = append(left, e.Left...)
				break
			}
			if e.Error != "" && e.Error != said {
				said = e.Error
				c.PrintErrln("waits: " + said)
			}
			select {
			case <-ctx.Done():
				return errors.New("it is begun, and goes on as soon as a server runs: nobody finds it any more")
			case <-time.After(100 * time.Millisecond):
			}
		}
		bar(i+1, len(begun))
	}
	bar(0, 0)
	c.Printf("%d erased\n", len(begun))
	if len(left) > 0 {
		c.Printf("%d messages are left that only people in the workspace can delete:\n  %s\n", len(left), strings.Join(left, "\n  "))
	}
	return nil
}
