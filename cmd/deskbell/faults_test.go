package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

// tries posts a message of a customer, and returns the status, when it may be tried again, and how long it took.
func (v *visitor) tries(id, text string) (status int, retry string, took time.Duration) {
	from := time.Now()
	r, err := http.NewRequestWithContext(v.w.Context(), http.MethodPost, v.w.url+"/web/messages", strings.NewReader(fmt.Sprintf(`{"id":%q,"text":%q}`, id, text)))
	if err != nil {
		v.w.Error(err)
		return 0, "", 0
	}
	r.Header.Set("Authorization", "Bearer "+v.token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		v.w.Error(err)
		return 0, "", 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode, res.Header.Get("Retry-After"), time.Since(from)
}

// ready is what /readyz says.
func (w *whole) ready() (int, string) {
	w.Helper()
	res, err := http.Get(w.url + "/readyz")
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

func TestAStuckTransactionHoldsUpItsOwnConversationAlone(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, migrations()...)
	w := begin(t, settings{noSlack: true, database: url})
	eve, ana := w.visit(), w.visit()
	eve.says("hello")
	ana.says("hello")
	stuck, err := pgx.Connect(t.Context(), url) // a process that was stopped in the middle of a step
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stuck.Close(t.Context()) }()
	if _, err := stuck.Exec(t.Context(), `BEGIN; SELECT FROM conversations WHERE customer = (SELECT customer FROM conversations ORDER BY id LIMIT 1) FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if status, retry, took := eve.tries(fmt.Sprint("stuck", i), "x"); status != http.StatusServiceUnavailable || retry == "" || took > 12*time.Second {
				t.Errorf("a message that waits for the lock: %d, Retry-After %q, after %s", status, retry, took)
			}
		})
	}
	time.Sleep(300 * time.Millisecond) // all twenty wait
	for i := range 20 {
		if status, _, took := ana.tries(fmt.Sprint("other", i), "x"); status != http.StatusAccepted || took > time.Second {
			t.Errorf("another customer's message: %d after %s", status, took)
		}
	}
	if status, body := w.ready(); status != http.StatusOK {
		t.Error(status, body)
	}
	wg.Wait()
	if _, err := stuck.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	eve.says("and on")
	eve.reads("and on")
}

func TestAReadOnlyDatabaseIsToldAndComesBackByItself(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "dbro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	server, err := pg.Open(t.Context(), pg.Options{DataDir: dir, Logger: pgtest.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	turn := func(to string) {
		for _, sql := range []string{`SET default_transaction_read_only = off`, `ALTER SYSTEM SET default_transaction_read_only = ` + to, `SELECT pg_reload_conf()`} {
			if _, err := server.Patient.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	w := begin(t, settings{noSlack: true, database: server.Config().ConnString()})
	ana := w.visit()
	ana.says("hello")
	ana.reads("Hello! What can I do for you?")
	turn("on")
	w.until("readyz says so", func() bool {
		status, body := w.ready()
		return status == http.StatusServiceUnavailable && strings.Contains(body, "read-only")
	})
	w.until("a write is refused", func() bool {
		status, retry, _ := ana.tries("ro", "are you there?")
		return status == http.StatusServiceUnavailable && retry != ""
	})
	ana.call(http.MethodGet, "/web/messages", "", http.StatusOK, nil) // what was said can be read
	turn("off")
	w.until("readyz is good again", func() bool { status, _ := w.ready(); return status == http.StatusOK })
	for range 20 { // no connection is left that only reads
		if status, _, _ := ana.tries("ro", "are you there?"); status != http.StatusAccepted {
			t.Fatal(status)
		}
	}
	ana.reads("are you there?")
	if log := w.log.String(); bytes.Count([]byte(log), []byte("level=ERROR")) > 200 {
		t.Errorf("the log is flooded: %d lines", strings.Count(log, "\n"))
	}
}
