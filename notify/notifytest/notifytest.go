// Package notifytest plays an agent's story in each place that agents work at.
package notifytest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/notify"
)

// Desk is a desk on a database of its own, with a customer, Ana, who has asked for a person.
type Desk struct {
	*handover.Desk
	Store   *postgres.Store
	Bus     *handover.Bus
	Conv    int64
	Handoff int64
	db      *pgxpool.Pool
}

// Exec changes the database by hand, as time or another process would.
func (d *Desk) Exec(ctx context.Context, sql string) error {
	_, err := d.db.Exec(ctx, sql)
	return err
}

var ana = handover.ByCustomer("web", "ana")

// NewDesk returns such a desk, without an undo window; place is where its cards go.
func NewDesk(t *testing.T, place handover.Place) *Desk {
	t.Helper()
	db := pgtest.New(t, postgres.Migrations())
	d := &Desk{db: db, Store: postgres.New(db, db), Bus: handover.NewBus(nil)}
	d.Desk = handover.NewDesk(d.Store, d.Bus, handover.Options{Team: "support", Teams: map[string]handover.Place{"support": place}})
	ctx := t.Context()
	s, err := d.Open(ctx, handover.Opening{Channel: "web", Customer: "ana", Contact: handover.Contact{Name: "Ana"}})
	if err != nil {
		t.Fatal(err)
	}
	d.Conv = s.Conversation.ID
	d.writes(t, "1", "Where is my order 1182?")
	if s, err = d.AskForPerson(ctx, ana); err != nil {
		t.Fatal(err)
	}
	d.Handoff = s.Conversation.Handoff.ID
	return d
}

func (d *Desk) writes(t *testing.T, id, text string) {
	t.Helper()
	if _, err := d.Receive(t.Context(), ana, handover.Inbound{ID: id, Text: text}); err != nil {
		t.Fatal(err)
	}
}

// Work does the team's effects for the workspaces until the test ends; the other lanes rest.
func (d *Desk) Work(t *testing.T, workspaces func(name string) notify.Workspace) {
	t.Helper()
	rest := func(context.Context, handover.Batch) error { return nil }
	handlers := map[handover.Kind]handover.Handler{}
	for _, k := range handover.Kinds() {
		handlers[k] = rest
	}
	for k, h := range notify.New(d.Desk, d.Store, workspaces, notify.Options{Logger: pgtest.Logger()}).Handlers() {
		handlers[k] = h
	}
	w, err := handover.NewWorker(d.Store, d.Bus, handlers, handover.WorkerOptions{Logger: pgtest.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = w.Run(ctx, time.Second) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// Agent is how an agent works: as Mia, on the one conversation there is.
type Agent interface {
	Claim(t *testing.T)
	Reply(t *testing.T, text string)
	Note(t *testing.T, text string)
	Return(t *testing.T)
	Resolve(t *testing.T)
	// Shows says whether the agent can see this text now.
	Shows(text string) bool
}

// Drafter proposes the same answer to everything, behind the name of the tone unless that is the usual.
type Drafter string

// Draft implements notify.Drafter.
func (d Drafter) Draft(_ context.Context, _ handover.Conversation, _ []handover.Message, style handover.Style, _ func(string)) (handover.Draft, error) {
	text := string(d) + " [1]"
	if style.Tone != handover.ToneFriendly {
		text = string(style.Tone) + ": " + text
	}
	return handover.Draft{Text: text, Citations: []handover.Citation{{Title: "An article"}}, Unsupported: []string{"An unborne sentence."}}, nil
}

// Search implements notify.Drafter.
func (d Drafter) Search(context.Context, string) ([]handover.Citation, error) {
	return []handover.Citation{{Title: "An article", Text: "What it says.", Score: 0.5}, {Title: "For us", Text: "What the team knows.", Internal: true}}, nil
}

// Run plays the story; open brings a new desk and the agent to it.
func Run(t *testing.T, open func(t *testing.T) (*Desk, Agent)) {
	for name, story := range map[string]func(t *testing.T, d *Desk, agent Agent){
		"Mia claims, answers and resolves":           resolves,
		"what Mia notes stays in the team":           notes,
		"Mia returns Ana to the bot":                 returns,
		"what Ana writes on appears where Mia works": hears,
		"what is said before the claim is there":     before,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, agent := open(t)
			story(t, d, agent)
		})
	}
}

// until waits for something to be so.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func (d *Desk) state(t *testing.T) handover.Conversation {
	t.Helper()
	c, err := d.Store.Get(t.Context(), d.Conv)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reads waits for Ana to read a text, and returns all they read.
func (d *Desk) reads(t *testing.T, text string) string {
	t.Helper()
	var all string
	until(t, "Ana reads "+text, func() bool {
		_, messages, err := d.Store.Since(t.Context(), d.Conv, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, m := range messages {
			lines = append(lines, m.Text)
		}
		all = strings.Join(lines, "|")
		return strings.Contains(all, text)
	})
	return all
}

func claimed(t *testing.T, d *Desk, agent Agent) {
	t.Helper()
	agent.Claim(t)
	until(t, "it is Mia's", func() bool { c := d.state(t); return c.State == handover.Claimed && c.Handoff.Agent.Title == "Mia" })
	d.reads(t, "Hi, I'm Mia.")
}

func resolves(t *testing.T, d *Desk, agent Agent) {
	claimed(t, d, agent)
	agent.Reply(t, "It leaves today.")
	d.reads(t, "It leaves today.")
	agent.Resolve(t)
	d.reads(t, "This conversation is closed.")
	if c := d.state(t); c.State != handover.Closed || c.Handoff.Outcome != handover.Resolved {
		t.Fatalf("%+v", c.Handoff)
	}
}

func notes(t *testing.T, d *Desk, agent Agent) {
	claimed(t, d, agent)
	agent.Note(t, "check the warehouse")
	agent.Reply(t, "One moment.")
	if all := d.reads(t, "One moment."); strings.Contains(all, "warehouse") {
		t.Fatal(all)
	}
	until(t, "the note is there", func() bool { return agent.Shows("check the warehouse") })
}

func returns(t *testing.T, d *Desk, agent Agent) {
	claimed(t, d, agent)
	agent.Return(t)
	d.reads(t, "You are back with the assistant.")
	if c := d.state(t); c.State != handover.WithBot || c.Handoff.Outcome != handover.Returned || c.Episode != c.Seq {
		t.Fatalf("%+v", c)
	}
}

func hears(t *testing.T, d *Desk, agent Agent) {
	claimed(t, d, agent)
	d.writes(t, "2", "Thank you, Mia")
	until(t, "their line is there", func() bool { return agent.Shows("Thank you, Mia") })
}

func before(t *testing.T, d *Desk, agent Agent) {
	until(t, "the first line is there", func() bool { return agent.Shows("Where is my order 1182?") })
	d.writes(t, "2", "Hello?")
	until(t, "the second line is there", func() bool { return agent.Shows("Hello?") })
}
