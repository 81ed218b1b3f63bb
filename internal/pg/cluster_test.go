package pg

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tempDir is short, because a socket path may have 107 bytes, and open to the server's user.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "db")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func open(t *testing.T, dir string) *DB {
	t.Helper()
	db, err := Open(t.Context(), Options{DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func answers(t *testing.T, db *DB) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var one int
		if err = db.QueryRow(t.Context(), "SELECT 1").Scan(&one); err == nil {
			return
		}
	}
	t.Fatal(err)
}

func TestPrivateClusterKeepsItsDataAndListensOnNoPort(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	db := open(t, dir)
	if _, err := db.Exec(t.Context(), "CREATE TABLE kept (n int)"); err != nil {
		t.Fatal(err)
	}
	var ports string
	if err := db.QueryRow(t.Context(), "SHOW listen_addresses").Scan(&ports); err != nil || ports != "" {
		t.Fatalf("listens on %q, %v", ports, err)
	}
	db.Close()
	db = open(t, dir)
	if _, err := db.Exec(t.Context(), "SELECT FROM kept"); err != nil {
		t.Fatal(err)
	}
}

func TestSecondProcessJoinsAndNeverStopsTheCluster(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	first := open(t, dir)
	second := open(t, dir)
	if _, ours := second.Private(); ours {
		t.Fatal("the second runs the cluster")
	}
	second.Close()
	answers(t, first)
}

func TestSecondProcessTakesOverWhenTheFirstEnds(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	first := open(t, dir)
	second := open(t, dir)
	first.Close()
	answers(t, second)
	if _, ours := second.Private(); !ours {
		t.Fatal("nobody runs the cluster")
	}
}

func TestKilledServerIsStartedAgain(t *testing.T) {
	t.Parallel()
	db := open(t, tempDir(t))
	db.cluster.mu.Lock()
	pid := db.cluster.pid
	db.cluster.mu.Unlock()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	answers(t, db)
}

func TestDataOfAnotherMajorVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "postgres"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "postgres", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(context.Background(), Options{DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "was made by PostgreSQL 9") || !strings.Contains(err.Error(), "database.url") {
		t.Fatal(err)
	}
}
