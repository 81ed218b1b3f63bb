package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

// benched is a claimed conversation on a database opened as the product opens it.
func benched(b *testing.B) (*handover.Desk, *postgres.Store, *pg.DB) {
	b.Helper()
	db, err := pg.Open(b.Context(), pg.Options{URL: pgtest.URL(b, postgres.Migrations()), Logger: pgtest.Logger()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(db.Close)
	store := postgres.New(db.Pool, db.Pool)
	desk := handover.NewDesk(store, handover.NewBus(nil), handover.Options{Team: "x", Teams: map[string]handover.Place{"x": home}})
	ctx := b.Context()
	if _, err := desk.Open(ctx, handover.Opening{Channel: "web", Customer: "eve"}); err != nil {
		b.Fatal(err)
	}
	s, err := desk.AskForPerson(ctx, eve)
	if err != nil {
		b.Fatal(err)
	}
	card := s.Conversation.Handoff.Card
	card.TS = "100.0"
	if err := desk.Posted(ctx, s.Conversation.Handoff.ID, card); err != nil {
		b.Fatal(err)
	}
	if _, err := desk.Claim(ctx, s.Conversation.Handoff.ID, by("mia", "200.0")); err != nil {
		b.Fatal(err)
	}
	return desk, store, db
}

func BenchmarkReceive(b *testing.B) {
	desk, _, _ := benched(b)
	for i := 0; b.Loop(); i++ {
		if _, err := desk.Receive(b.Context(), eve, handover.Inbound{ID: fmt.Sprint(i), Text: "hello"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHear(b *testing.B) {
	desk, _, _ := benched(b)
	for i := 0; b.Loop(); i++ {
		if _, err := desk.ReceiveLine(b.Context(), line("mia", fmt.Sprintf("3%09d.0", i), "hello")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLeaseAndDone(b *testing.B) {
	desk, store, _ := benched(b)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		if _, err := desk.Receive(b.Context(), eve, handover.Inbound{ID: fmt.Sprint(i), Text: "hello"}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		runs, err := store.Lease(b.Context(), []string{handover.LaneCard, handover.LaneThread}, 8, time.Minute, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range runs {
			if _, err := store.Done(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkLeaseOfNothing(b *testing.B) {
	_, store, db := benched(b)
	if _, err := db.Exec(b.Context(), `UPDATE lanes SET queued = 0, due_at = 'infinity'`); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := store.Lease(b.Context(), []string{handover.LaneCard, handover.LaneThread}, 8, time.Minute, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSince(b *testing.B) {
	_, store, db := benched(b)
	var id int64
	if err := db.QueryRow(b.Context(), `SELECT id FROM conversations`).Scan(&id); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := store.Since(b.Context(), id, 1, 1000); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBareInsert(b *testing.B) {
	_, _, db := benched(b)
	if _, err := db.Exec(b.Context(), `CREATE TABLE bare (id bigserial PRIMARY KEY, body text)`); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := db.Exec(b.Context(), `INSERT INTO bare (body) VALUES ($1)`, "hello"); err != nil {
			b.Fatal(err)
		}
	}
}
