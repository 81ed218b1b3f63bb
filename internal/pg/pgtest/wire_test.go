package pgtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

func TestAWireFailsAsServersDo(t *testing.T) {
	t.Parallel()
	w := pgtest.NewWire(t, pgtest.URL(t))
	ctx := t.Context()
	connect := func() *pgx.Conn {
		t.Helper()
		c, err := pgx.Connect(ctx, w.URL)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close(context.Background()) })
		return c
	}
	code := func(err error) string {
		var said *pgconn.PgError
		if errors.As(err, &said) {
			return said.Code
		}
		return ""
	}
	c := connect()
	count := func() (n int) {
		t.Helper()
		if err := c.QueryRow(ctx, `SELECT count(*) FROM x WHERE id > $1`, 0).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	insert := func() error { _, err := c.Exec(ctx, `INSERT INTO x (id) VALUES ($1)`, 1); return err }
	if _, err := c.Exec(ctx, `CREATE TABLE x (id int)`); err != nil || insert() != nil || count() != 1 {
		t.Fatal(err)
	}
	w.Set(pgtest.Trouble{Code: "53100", Writes: true})
	if got := code(insert()); got != "53100" || count() != 1 || w.Refused() != 1 {
		t.Errorf("a full disk: %s", got)
	}
	w.Set(pgtest.Trouble{})
	tx, err := c.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO x (id) VALUES (2)`); err != nil {
		t.Fatal(err)
	}
	w.Set(pgtest.Trouble{Code: "53100", Writes: true})
	if _, err := tx.Exec(ctx, `INSERT INTO x (id) VALUES (3)`); code(err) != "53100" {
		t.Error(err)
	}
	if err := tx.Rollback(ctx); err != nil || count() != 1 {
		t.Error("a transaction that failed: ", err, count())
	}
	w.Set(pgtest.Trouble{Delay: 300 * time.Millisecond})
	if from := time.Now(); count() != 1 || time.Since(from) < 300*time.Millisecond {
		t.Error("it is not slow")
	}
	w.Set(pgtest.Trouble{Hang: true})
	soon, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if _, err := c.Exec(soon, `SELECT 1`); !errors.Is(err, context.DeadlineExceeded) {
		t.Error("it does not hang: ", err)
	}
	w.Set(pgtest.Trouble{Full: true})
	if _, err := pgx.Connect(ctx, w.URL); code(err) != "53300" {
		t.Error(err)
	}
	w.Set(pgtest.Trouble{})
	c = connect()
	w.Set(pgtest.Trouble{Down: true})
	if _, err := c.Exec(ctx, `SELECT 1`); err == nil {
		t.Error("it is not cut")
	}
	if _, err := pgx.Connect(ctx, w.URL); err == nil {
		t.Error("it is not refused")
	}
	w.Set(pgtest.Trouble{})
	w.Switch("postgres")
	name := ""
	if err := connect().QueryRow(ctx, `SELECT current_database()`).Scan(&name); err != nil || name != "postgres" {
		t.Error(name, err)
	}
}
