package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

func TestMetricsHaveAnAddressOfTheirOwn(t *testing.T) {
	t.Parallel()
	at := freeAddr(t)
	w := begin(t, settings{noSlack: true, more: "metrics: {listen: '" + at + "'}\n"})
	if status, _, _ := w.gets("/metrics"); status != http.StatusNotFound {
		t.Error("customers reach /metrics: ", status)
	}
	w.until("they are there", func() bool {
		res, err := http.Get("http://" + at + "/metrics")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

func TestAHangupEndsNothing(t *testing.T) {
	t.Parallel()
	addr := freeAddr(t)
	file := filepath.Join(t.TempDir(), "deskbell.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "listen: %s\ndatabase: {url: %q}\n", addr, pgtest.URL(t, migrations()...)), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, file: file, log: &buffer{}}
	c.start()
	t.Cleanup(c.end)
	healthy := func() bool {
		res, err := http.Get("http://" + addr + "/healthz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	}
	wait := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("not within 30 s: %s\n%s", what, c.log.String())
			}
		}
	}
	wait("it serves", healthy)
	c.signal(syscall.SIGHUP)
	wait("it says what to do", func() bool { return strings.Contains(c.log.String(), "restart for a change") })
	if !healthy() {
		t.Error("it has ended")
	}
}
