package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
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

// ownServer is a PostgreSQL server that a test may mistreat, and where it lives.
func ownServer(t *testing.T) (*pg.DB, string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "dbown")
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
	return server, dir
}

func TestAReadOnlyDatabaseIsToldAndComesBackByItself(t *testing.T) {
	t.Parallel()
	server, _ := ownServer(t)
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
	ana.reads("How can I help?")
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

// keepsTrying posts a message until it is taken, and fails after half a minute.
func (v *visitor) keepsTrying(id, text string) {
	v.w.Helper()
	v.w.until("a message is taken", func() bool {
		status, _, _ := v.tries(id, text)
		return status == http.StatusAccepted
	})
}

// comesAgain is a Slack that soon sends again what was not taken; its own times are a minute and five.
func comesAgain() (o slacktest.Options) {
	o.Retries = make([]time.Duration, 100)
	for i := range o.Retries {
		o.Retries[i] = 200 * time.Millisecond
	}
	return o
}

func TestAFullDiskIsToldAndNothingIsLostOfWhatWasAcked(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{wire: true, more: lead, options: comesAgain()})
	ana, card := w.held("Do you sell lawn mowers?")
	mia := w.console()
	w.wire.Set(pgtest.Trouble{Code: "53100", Writes: true})
	if status, retry, _ := ana.tries("full", "are you there?"); status != http.StatusServiceUnavailable || retry == "" {
		t.Error("the customer: ", status, retry)
	}
	line := w.slack.Say("C1", card.TS, "UMIA", "written while the disk is full")
	w.until("Slack tries again", func() bool { return w.wire.Refused() > 3 })
	if w.slack.Acked("C1", line) {
		t.Error("a line was acked that is kept nowhere")
	}
	if status, body := w.ready(); status != http.StatusServiceUnavailable || !strings.Contains(body, "its disk is full") {
		t.Error("the operator: ", status, body)
	}
	if page := mia.gets("/console/"); !strings.Contains(page, "Ana Ruiz") { // reading goes on
		t.Error("the console: ", page)
	}
	ana.call(http.MethodGet, "/web/messages", "", http.StatusOK, nil)
	w.wire.Set(pgtest.Trouble{})
	ana.keepsTrying("full", "are you there?")
	ana.reads("agent: written while the disk is full")
	w.threadHas(card.TS, "are you there?")
	if n := strings.Count(ana.sees(), "written while the disk is full"); n != 1 {
		t.Errorf("the line came %d times", n)
	}
	w.until("readyz is good again", func() bool { status, _ := w.ready(); return status == http.StatusOK })
}

func TestTooManyConnectionsAreToldAndWaitedOut(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{wire: true, noSlack: true, more: lead})
	ana := w.visit()
	ana.says("how long does delivery take?")
	ana.reads("bot: ")
	mia := w.console()
	w.wire.Set(pgtest.Trouble{Down: true}) // the server restarts, and others are quicker
	w.wire.Set(pgtest.Trouble{Full: true})
	w.until("readyz says so", func() bool {
		status, body := w.ready()
		return status == http.StatusServiceUnavailable && strings.Contains(body, "takes no more connections")
	})
	res, err := mia.Get(w.url + "/console/")
	w.ok(err)
	page, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(page), "Try again in a moment.") {
		t.Error("the agent: ", res.Status, string(page))
	}
	for i := range 20 {
		if status, retry, took := ana.tries(fmt.Sprint("crowd", i), "x"); status != http.StatusServiceUnavailable || retry == "" || took > 11*time.Second {
			t.Fatal(status, retry, took)
		}
	}
	w.wire.Set(pgtest.Trouble{})
	ana.keepsTrying("after", "what does it cost?")
	ana.reads("what does it cost?")
	w.until("readyz is good again", func() bool { status, _ := w.ready(); return status == http.StatusOK })
}

func TestARestartOfTheDatabaseLosesNothing(t *testing.T) {
	t.Parallel()
	server, dir := ownServer(t)
	w := begin(t, settings{database: server.Config().ConnString(), options: comesAgain()})
	ana, card := w.held("Do you sell lawn mowers?")
	var acked []string
	for i := range 60 {
		text := fmt.Sprintf("line-%d.", i)
		switch i {
		case 20, 40: // as the kernel does when memory ends
			pid := postmaster(t, dir)
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		ana.keepsTrying(fmt.Sprint("r", i), text)
		acked = append(acked, text)
		if i%10 == 5 {
			w.slack.Say("C1", card.TS, "UMIA", fmt.Sprintf("answer-%d.", i))
		}
	}
	for i := 5; i < 60; i += 10 {
		ana.reads(fmt.Sprintf("agent: answer-%d.", i))
	}
	w.threadHas(card.TS, "line-59.")
	thread, at := w.thread(card.TS), -1
	for _, text := range acked {
		if n := strings.Count(thread, text); n != 1 {
			t.Errorf("%s stands %d times in the thread", text, n)
		}
		if i := strings.Index(thread, text); i < at {
			t.Errorf("%s is out of order", text)
		} else {
			at = i
		}
	}
	if n := len(w.slack.Channel("C1")); n != 1 {
		t.Errorf("%d cards", n)
	}
}

// postmaster is the process of a private server.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", "postmaster.pid"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestAReplicaThatTookOverWithoutItsTailIsGoneOnWith(t *testing.T) {
	t.Parallel()
	primary := pgtest.URL(t, migrations()...)
	w := begin(t, settings{database: primary, wire: true, more: lead, options: comesAgain()})
	ana, card := w.held("Do you sell lawn mowers?")
	ana.says("before")
	w.threadHas(card.TS, "before")

	// A copy as of now; nobody may be connected to what is copied.
	admin, err := pgx.Connect(t.Context(), primary)
	w.ok(err)
	name := admin.Config().Database
	_ = admin.Close(t.Context())
	config := admin.Config().Copy()
	config.Database = "postgres"
	admin, err = pgx.ConnectConfig(t.Context(), config)
	w.ok(err)
	t.Cleanup(func() {
		_, _ = admin.Exec(context.Background(), "DROP DATABASE IF EXISTS "+name+"_r WITH (FORCE)")
		_ = admin.Close(context.Background())
	})
	w.wire.Set(pgtest.Trouble{Down: true})
	w.until("the replica is there", func() bool {
		_, err := admin.Exec(t.Context(), "CREATE DATABASE "+name+"_r TEMPLATE "+name)
		return err == nil
	})
	w.wire.Set(pgtest.Trouble{})

	ana.keepsTrying("tail", "in the tail")
	eve := w.visitAs(`{}`) // whose conversation will never have been
	eve.says("in the tail")
	ana.reads("in the tail")
	w.threadHas(card.TS, "in the tail")
	w.wire.Switch(name + "_r")
	w.until("readyz is good", func() bool { status, _ := w.ready(); return status == http.StatusOK })

	ana.keepsTrying("after", "after the tail")
	w.threadHas(card.TS, "after the tail")
	ana.keepsTrying("tail", "in the tail") // a client that sends again what it has no answer for
	w.slack.Say("C1", card.TS, "UMIA", "answered after the tail")
	ana.reads("agent: answered after the tail")
	again := &visitor{w: w, token: ana.token, messages: map[string]bot.MessageView{}}
	go again.follow(w.url)
	again.reads("agent: answered after the tail")
	if seen := again.sees(); strings.Count(seen, "after the tail") != 2 || strings.Count(seen, "customer: in the tail") != 1 || !strings.Contains(seen, "customer: before") {
		t.Error("a page that is loaded anew shows:\n" + seen)
	}
	eve.call(http.MethodGet, "/web/messages", "", http.StatusUnauthorized, nil) // their page begins anew
}
