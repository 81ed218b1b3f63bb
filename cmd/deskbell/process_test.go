package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
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
	// Its own word: at the address, which was free, some other server of these tests may have come to listen.
	wait("it serves", func() bool { return strings.Contains(c.log.String(), "listening") && healthy() })
	c.signal(syscall.SIGHUP)
	wait("it says what to do", func() bool { return strings.Contains(c.log.String(), "restart for a change") })
	if !healthy() {
		t.Error("it has ended")
	}
}

// TestTheDemoIsThereInOneCommandAndSurvivesARestart is what a newcomer tries first.
func TestTheDemoIsThereInOneCommandAndSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "dbdemo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.RemoveAll(dir)
		_ = os.RemoveAll(dir + "-demo")
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	get := func(address string) (*url.URL, string) {
		t.Helper()
		res, err := browser.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res.Status, err)
		}
		return res.Request.URL, string(b)
	}
	addr, said := freeAddr(t), regexp.MustCompile(`http://\S+/console/login\?token=\S+`)
	var links []string
	for range 2 {
		c := &child{t: t, args: []string{"demo"}, env: []string{"DESKBELL_DATA_DIR=" + dir, "DESKBELL_LISTEN=" + addr}, log: &buffer{}}
		c.start()
		for deadline := time.Now().Add(time.Minute); said.FindString(c.log.String()) == ""; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(c.log.String())
			}
		}
		if links = append(links, said.FindString(c.log.String())); len(links) == 1 {
			get(links[0])
		}
		if at, page := get("http://" + addr + "/console/"); at.Path != "/console/" || !strings.Contains(page, "Demo agent") {
			t.Error("signed out: ", at)
		}
		if _, shop := get("http://" + addr + "/"); !strings.Contains(shop, "widget.js") {
			t.Error("the shop has no widget")
		}
		c.signal(syscall.SIGTERM)
		<-c.gone
	}
	if links[0] != links[1] {
		t.Error("the link is another after a restart")
	}
}
