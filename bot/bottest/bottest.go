// Package bottest holds every channel to the same promises.
package bottest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

// Desk is a desk on a database of its own, for channels to stand on.
type Desk struct {
	*handover.Desk
	Store *postgres.Store
	Bus   *handover.Bus
	DB    *pgxpool.Pool
}

// NewDesk returns a desk without an undo window. Its one team is at the place slack:T1, C1.
func NewDesk(t *testing.T) *Desk {
	t.Helper()
	db := pgtest.New(t, postgres.Migrations())
	store, wakes := postgres.New(db, db), handover.NewBus(nil)
	o := handover.Options{Team: "support", Teams: map[string]handover.Place{"support": {Workspace: "slack:T1", Channel: "C1"}}}
	return &Desk{Desk: handover.NewDesk(store, wakes, o), Store: store, Bus: wakes, DB: db}
}

// Quiet is an advisor that is never asked.
type Quiet struct{}

// Read implements bot.Advisor.
func (Quiet) Read(context.Context, handover.Conversation, []handover.Message) (handover.Signals, error) {
	return handover.Signals{}, errors.New("not asked")
}

// Brief implements bot.Advisor.
func (Quiet) Brief(context.Context, handover.Conversation, []handover.Message) (handover.Brief, error) {
	return handover.Brief{}, errors.New("not asked")
}

// Work does the customer lane's effects for the channels until the test ends; the other lanes rest.
func (d *Desk) Work(t *testing.T, channels ...bot.Channel) {
	t.Helper()
	b := bot.New(d.Desk, d.Store, Quiet{}, channels, bot.Options{Logger: pgtest.Logger()})
	rest := func(context.Context, handover.Batch) error { return nil }
	handlers := map[handover.Kind]handover.Handler{}
	for _, k := range handover.Kinds() {
		handlers[k] = rest
	}
	for k, h := range b.Handlers() {
		handlers[k] = h
	}
	handlers[handover.KindAnswer], handlers[handover.KindBrief] = rest, rest
	w, err := handover.NewWorker(d.Store, d.Bus, handlers, handover.WorkerOptions{Logger: pgtest.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = w.Run(ctx, time.Second) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// Customer is somebody at the other end of a channel.
type Customer interface {
	// Write sends a message under the client's own id and returns what was acked.
	Write(t *testing.T, id, text string) (messageID string, seq int64)
	// Sees returns the messages as the customer has them now, in order of seq, and the newest state.
	Sees() ([]bot.MessageView, bot.StateView)
	// Ref names the conversation.
	Ref() handover.Ref
}

// Run holds a channel to its promises; open brings a new customer on a new desk.
func Run(t *testing.T, open func(t *testing.T) (*Desk, Customer)) {
	for name, promise := range map[string]func(t *testing.T, s *story){
		"a message sent twice is one message":                     twice,
		"what the team says arrives once and in order":            inOrder,
		"an edit arrives as the same message":                     edit,
		"a deletion takes the text away":                          deletion,
		"notes never arrive":                                      notes,
		"the state arrives with the agent's name":                 state,
		"the customer's own lines keep their place among replies": interleaved,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, c := open(t)
			promise(t, &story{t: t, desk: d, customer: c})
		})
	}
}

// story is a customer who has been claimed by Mia.
type story struct {
	t        *testing.T
	desk     *Desk
	customer Customer
	handoff  int64
	n        int
}

var place = handover.Place{Workspace: "slack:T1", Channel: "C1"}

func (s *story) ok(saved handover.Saved, err error) handover.Saved {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return saved
}

func (s *story) claimed() {
	s.t.Helper()
	s.customer.Write(s.t, "first", "hello")
	h := s.ok(s.desk.AskForPerson(s.t.Context(), s.customer.Ref())).Conversation.Handoff
	card := h.Card
	card.TS = "100.0"
	if err := s.desk.Posted(s.t.Context(), h.ID, card); err != nil {
		s.t.Fatal(err)
	}
	mia := handover.By{Account: handover.Account{Workspace: "slack:T1", External: "mia"}, At: "200.0"}
	h = s.ok(s.desk.Claim(s.t.Context(), h.ID, mia)).Conversation.Handoff
	s.ok(s.desk.Introduce(s.t.Context(), h.ID, handover.Agent{ID: h.Agent.ID, Title: "Mia"}))
	s.handoff = h.ID
}

func (s *story) hears(ts, text string, kind handover.LineKind) {
	s.t.Helper()
	l := handover.Line{Kind: kind, Place: place, ThreadTS: "100.0", TS: ts, Account: "mia", Text: text}
	if kind == handover.LineEdited {
		s.n++
		l.EditedTS = fmt.Sprintf("900.%d", s.n)
	}
	s.ok(s.desk.ReceiveLine(s.t.Context(), l))
}

// until waits for the customer to see what ok accepts.
func (s *story) until(ok func(m []bot.MessageView, st bot.StateView) bool) {
	s.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		m, st := s.customer.Sees()
		if ok(m, st) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the customer sees %+v, %+v", m, st)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func texts(m []bot.MessageView) string {
	var b strings.Builder
	for _, v := range m {
		if v.From != "customer" {
			b.WriteString(v.Text + "|")
		}
	}
	return b.String()
}

func twice(t *testing.T, s *story) {
	id, seq := s.customer.Write(t, "x", "hello")
	if id2, seq2 := s.customer.Write(t, "x", "hello"); id2 != id || seq2 != seq {
		t.Fatalf("%s %d, then %s %d", id, seq, id2, seq2)
	}
	if _, seq := s.customer.Write(t, "y", "hello"); seq != 2 {
		t.Fatalf("the next message is number %d", seq)
	}
}

func inOrder(_ *testing.T, s *story) {
	s.claimed()
	want := ""
	for i := range 20 {
		s.hears(fmt.Sprintf("3%02d.0", i), fmt.Sprint("line ", i), handover.LineWritten)
		want += fmt.Sprint("line ", i, "|")
	}
	s.until(func(m []bot.MessageView, _ bot.StateView) bool {
		return strings.HasSuffix(texts(m), "Hi, I'm Mia.|"+want)
	})
}

func edit(t *testing.T, s *story) {
	s.claimed()
	s.hears("300.0", "teh answer", handover.LineWritten)
	var first bot.MessageView
	s.until(func(m []bot.MessageView, _ bot.StateView) bool {
		first = m[len(m)-1]
		return first.Text == "teh answer"
	})
	s.hears("300.0", "the answer", handover.LineEdited)
	s.until(func(m []bot.MessageView, _ bot.StateView) bool { return m[len(m)-1].Text == "the answer" })
	m, _ := s.customer.Sees()
	if last := m[len(m)-1]; last.ID != first.ID || last.Seq != first.Seq || !last.Edited {
		t.Fatalf("%+v became %+v", first, last)
	}
}

func deletion(_ *testing.T, s *story) {
	s.claimed()
	s.hears("300.0", "a slip", handover.LineWritten)
	s.until(func(m []bot.MessageView, _ bot.StateView) bool { return m[len(m)-1].Text == "a slip" })
	s.hears("300.0", "", handover.LineDeleted)
	s.until(func(m []bot.MessageView, _ bot.StateView) bool {
		last := m[len(m)-1]
		return last.Deleted && last.Text == ""
	})
}

func notes(t *testing.T, s *story) {
	s.claimed()
	s.hears("300.0", "note: rude customer", handover.LineWritten)
	s.hears("301.0", "How can I help?", handover.LineWritten)
	s.until(func(m []bot.MessageView, _ bot.StateView) bool {
		return strings.HasSuffix(texts(m), "How can I help?|")
	})
	if m, _ := s.customer.Sees(); strings.Contains(texts(m), "rude") {
		t.Fatal(texts(m))
	}
}

func state(_ *testing.T, s *story) {
	s.claimed()
	s.until(func(_ []bot.MessageView, st bot.StateView) bool {
		return st.State == handover.Claimed && st.Agent != nil && st.Agent.Name == "Mia"
	})
	s.ok(s.desk.Resolve(s.t.Context(), s.handoff, handover.By{Account: handover.Account{Workspace: "slack:T1", External: "mia"}, At: "400.0"}))
	s.until(func(_ []bot.MessageView, st bot.StateView) bool { return st.State == handover.Closed })
}

func interleaved(_ *testing.T, s *story) {
	s.claimed()
	s.hears("300.0", "one", handover.LineWritten)
	s.customer.Write(s.t, "mine", "two")
	s.hears("301.0", "three", handover.LineWritten)
	s.until(func(m []bot.MessageView, _ bot.StateView) bool {
		var at []int64
		for _, v := range m {
			if v.Text == "one" || v.Text == "three" {
				at = append(at, v.Seq)
			}
		}
		return len(at) == 2 && at[1] == at[0]+2
	})
}
