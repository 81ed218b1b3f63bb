package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/handover/postgres"
)

// purged does the erasure as the effect does, without what stands elsewhere.
func (b *bundle) purged(conversation int64) {
	b.Helper()
	ctx := b.Context()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		quiet, err := b.store.Quiet(ctx, conversation)
		if err != nil || time.Now().After(deadline) {
			b.Fatal(quiet, err)
		}
		if quiet {
			break
		}
	}
	e, err := b.store.Erasure(ctx, "", conversation)
	if err != nil {
		b.Fatal(err)
	}
	runs, err := b.store.Lease(ctx, []string{handover.LaneErase}, 8, time.Minute, nil)
	if err != nil || len(runs) != 1 || runs[0].Kind != handover.KindErase || runs[0].Conversation.ID != conversation {
		b.Fatalf("%+v %v", runs, err)
	}
	late := runs[0]
	late.Attempt--
	if err := b.store.Purge(ctx, late, e); !errors.Is(err, handover.ErrLeaseLost) {
		b.Fatal("whoever lost the lane may not purge: ", err)
	}
	if err := b.store.Purge(ctx, runs[0], e); err != nil {
		b.Fatal(err)
	}
}

// rows counts what is left anywhere of conversations and of what belongs to them.
func (b *bundle) rows() (left string) {
	b.Helper()
	for _, table := range []string{"conversations", "handoffs", "assignments", "cards", "messages", "decisions", "timers", "effects", "lanes", "previews", "files", "drafts", "notified", "audit_subjects", "unmatched_lines"} {
		n := 0
		if err := b.db.QueryRow(b.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
			b.Fatal(err)
		}
		if n > 0 {
			left += fmt.Sprintf("%s %d, ", table, n)
		}
	}
	return left
}

func TestNoStepOfAnyProcessBringsBackWhatIsErased(t *testing.T) {
	b := setup(t)
	h := b.waits()
	neighbour := postgres.New(b.db, b.db)
	other := handover.NewDesk(neighbour, handover.NewBus(nil), handover.Options{Team: "support", Teams: map[string]handover.Place{"support": home}})
	b.ok(other.Receive(t.Context(), eve, handover.Inbound{ID: "there", Text: "hello"})) // the neighbour remembers her
	first := b.ok(b.desk.Erase(t.Context(), b.conv, handover.Erasure{By: "a test"}))
	if again := b.ok(b.desk.Erase(t.Context(), b.conv, handover.Erasure{By: "a test"})); !first.Changed || again.Changed {
		t.Error("a second request is another erasure")
	}
	mia := handover.By{Account: handover.Account{Workspace: "slack:T1", External: "UMIA"}, At: "200.0"}
	steps := func(when string) {
		for name, step := range map[string]func(*handover.Desk) error{
			"a message": func(d *handover.Desk) error {
				_, err := d.Receive(t.Context(), eve, handover.Inbound{ID: "late" + when, Text: "late"})
				return err
			},
			"a request":  func(d *handover.Desk) error { _, err := d.AskForPerson(t.Context(), eve); return err },
			"a claim":    func(d *handover.Desk) error { _, err := d.Claim(t.Context(), h.ID, mia); return err },
			"a note":     func(d *handover.Desk) error { _, err := d.Note(t.Context(), h.ID, mia, "n", "late"); return err },
			"a reopen":   func(d *handover.Desk) error { _, err := d.Reopen(t.Context(), h.ID, mia); return err },
			"a takeover": func(d *handover.Desk) error { _, err := d.TakeOver(t.Context(), b.conv, mia); return err },
			"seen":       func(d *handover.Desk) error { _, err := d.SeenUpTo(t.Context(), handover.ByID(b.conv), 1); return err },
			"an upload": func(*handover.Desk) error {
				return neighbour.Upload(t.Context(), b.conv, handover.File{Key: "k" + when, Name: "x"}, []byte("late"), handover.Budget{})
			},
		} {
			for who, d := range map[string]*handover.Desk{"this process": b.desk, "its neighbour": other} {
				if err := step(d); !errors.Is(err, handover.ErrUnknown) && !errors.Is(err, handover.ErrTooMuch) {
					t.Errorf("%s by %s, %s: %v", name, who, when, err)
				}
			}
		}
		for i, l := range []handover.Line{line("mia", "300.0", "told again"), line("mia", "301."+fmt.Sprint(len(when)), "late"), {Kind: handover.LineEdited, EditedTS: "302.0"}} { // Slack tells what nobody took in again, for an hour
			if i == 2 {
				l.Place, l.ThreadTS, l.TS, l.Text = home, "100.0", "300.0", "changed"
			}
			if s, err := other.ReceiveLine(t.Context(), l); err != nil || s.Conversation.ID != 0 {
				t.Errorf("a line of its thread, %s: %+v %v", when, s, err)
			}
		}
		if err := neighbour.Drafted(t.Context(), "late"+when, h.ID, handover.Draft{Text: "late"}); err != nil {
			t.Error(err)
		}
	}
	steps("while it is erased")
	for name, read := range map[string]func() error{
		"by id":       func() error { _, err := b.store.Get(t.Context(), b.conv); return err },
		"by customer": func() error { _, err := b.store.Find(t.Context(), "web", "eve"); return err },
		"by handoff":  func() error { _, err := b.store.OfHandoff(t.Context(), h.ID); return err },
		"by thread":   func() error { _, err := b.store.OfThread(t.Context(), home, "100.0"); return err },
		"a page":      func() error { _, _, _, err := b.store.Page(t.Context(), b.conv, 0, 10); return err },
		"changes":     func() error { _, _, err := b.store.Since(t.Context(), b.conv, 0, 10); return err },
	} {
		if err := read(); !errors.Is(err, handover.ErrUnknown) {
			t.Errorf("it is found %s: %v", name, err)
		}
	}
	b.purged(b.conv)
	steps("when it is gone")
	if left := b.rows(); left != "" {
		t.Error("left: ", left)
	}
}

func TestWritersAtTheMomentOfErasureLeaveNothing(t *testing.T) {
	b := setup(t, atOnce)
	for round := range 8 {
		name := fmt.Sprint("eve", round)
		ref := handover.ByCustomer("web", name)
		id := b.ok(b.desk.Open(t.Context(), handover.Opening{Channel: "web", Customer: name})).Conversation.ID
		h := b.ok(b.desk.AskForPerson(t.Context(), ref)).Conversation.Handoff.ID
		var wg sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		for writer := range 4 {
			d := handover.NewDesk(postgres.New(b.db, b.db), handover.NewBus(nil), handover.Options{Team: "support", Teams: map[string]handover.Place{"support": home}})
			wg.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					var err error
					if writer%2 == 0 {
						_, err = d.Receive(ctx, ref, handover.Inbound{ID: fmt.Sprint(writer, "-", n), Text: "hello"})
					} else {
						_, err = d.Note(ctx, h, handover.By{Account: handover.Account{Workspace: "slack:T1", External: fmt.Sprint("U", writer)}}, fmt.Sprint(writer, "-", n), "a note")
					}
					if err != nil && ctx.Err() == nil && !errors.Is(err, handover.ErrUnknown) && !errors.Is(err, handover.ErrBusy) {
						t.Error(err)
					}
				}
			})
		}
		time.Sleep(time.Duration(round*7) * time.Millisecond)
		b.ok(b.desk.Erase(t.Context(), id, handover.Erasure{By: "a test"}))
		b.purged(id)
		time.Sleep(10 * time.Millisecond)
		stop()
		wg.Wait()
		if left := b.rows(); left != "" {
			t.Fatalf("round %d: %s", round, left)
		}
	}
}

// stale finds conversations as they were.
type stale []handover.Old

func (s stale) Old(context.Context, handover.Retention, int) ([]handover.Old, error) { return s, nil }

func TestWhatIsTouchedAgainIsNotSwept(t *testing.T) {
	b := setup(t)
	b.writes("hello")
	was := stale{{ID: b.conv, Rev: b.conversation().Rev}}
	b.writes("I am back")
	if n, err := b.desk.Sweep(t.Context(), was, handover.Retention{}, 10); n != 0 || err != nil || b.conversation().Erasing {
		t.Fatal(n, err)
	}
	if n, err := b.desk.Sweep(t.Context(), stale{{ID: b.conv, Rev: b.conversation().Rev}}, handover.Retention{}, 10); n != 1 || err != nil {
		t.Fatal(n, err)
	}
}

func TestOneProcessHasATurnAndAnotherWhenItIsGone(t *testing.T) {
	b := setup(t)
	other := postgres.New(b.db, b.db)
	nothing := func(context.Context) error { return nil }
	ours, err := b.store.InTurn(t.Context(), "night", func(ctx context.Context) error {
		if ours, err := other.InTurn(ctx, "night", nothing); ours || err != nil {
			t.Error("two have one turn", err)
		}
		if _, err := b.db.Exec(ctx, `UPDATE turns SET until = now()`); err != nil { // it has said nothing for too long
			t.Error(err)
		}
		if ours, err := other.InTurn(ctx, "night", nothing); !ours || err != nil {
			t.Error("nobody takes over", err)
		}
		return nil
	})
	if !ours || err != nil {
		t.Fatal(ours, err)
	}
	if ours, err = other.InTurn(t.Context(), "night", nothing); !ours || err != nil {
		t.Error("a turn that is over is nobody's", ours, err)
	}
}
