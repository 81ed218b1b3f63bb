// Package pgtest gives each test a database of its own, on one throw-away PostgreSQL cluster that all test binaries of
// a run share. A server without pgvector fails the test.
package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/deskbell/deskbell/internal/pg"
)

// New returns a pool on an empty, migrated database that ends with the test.
func New(t testing.TB, migrations ...pg.Migrations) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), URL(t, migrations...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// URL is New for those who open the database themselves.
func URL(t testing.TB, migrations ...pg.Migrations) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatalf("test cluster: %v", err)
	}
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, server("postgres"))
	if err != nil {
		t.Fatalf("test cluster: %v", err)
	}
	defer func() { _ = admin.Close(ctx) }()
	template, err := makeTemplate(ctx, admin, server, migrations)
	if err != nil {
		t.Fatalf("test template: %v", err)
	}
	name := "t_" + strings.ToLower(rand.Text()[:16])
	if _, err := admin.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template)); err != nil {
		t.Fatalf("test database: %v", err)
	}
	t.Cleanup(func() {
		admin, err := pgx.Connect(ctx, server("postgres"))
		if err != nil {
			return
		}
		defer func() { _ = admin.Close(ctx) }()
		_, _ = admin.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	})
	return server(name)
}

var making sync.Mutex

// makeTemplate migrates a database once for all tests that want these migrations.
func makeTemplate(ctx context.Context, admin *pgx.Conn, server func(string) string, migrations []pg.Migrations) (string, error) {
	h := sha256.New()
	for _, m := range migrations {
		_, _ = io.WriteString(h, m.Table)
		err := fs.WalkDir(m.Files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(m.Files, path)
			h.Write(b)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	name := "tpl_" + hex.EncodeToString(h.Sum(nil)[:8])
	making.Lock() // this binary's tests; other binaries meet at the advisory lock
	defer making.Unlock()
	if _, err := admin.Exec(ctx, `SELECT pg_advisory_lock(1)`); err != nil {
		return "", err
	}
	defer func() { _, _ = admin.Exec(ctx, `SELECT pg_advisory_unlock(1)`) }()
	var exists bool
	if err := admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists); err != nil || exists {
		return name, err
	}
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name+"_new"); err != nil {
		return "", err
	}
	pool, err := pgxpool.New(ctx, server(name+"_new"))
	if err != nil {
		return "", err
	}
	version, err := pg.HasVector(ctx, pool)
	if err == nil && version == "" {
		err = fmt.Errorf("the test server has no pgvector: run .ci/setup --tests")
	}
	if err == nil {
		err = pg.Migrate(ctx, pool, migrations...)
	}
	pool.Close()
	if err != nil {
		_, _ = admin.Exec(ctx, "DROP DATABASE "+name+"_new WITH (FORCE)")
		return "", err
	}
	_, err = admin.Exec(ctx, fmt.Sprintf("ALTER DATABASE %s_new RENAME TO %s", name, name))
	return name, err
}

// shared starts or finds the run's cluster. Each test binary holds a shared lock on a file; a small shell waits for the
// exclusive lock, which it gets when the last of them has ended, and takes the cluster down.
var shared = sync.OnceValues(func() (func(string) string, error) {
	if url := os.Getenv("DESKBELL_TEST_DATABASE_URL"); url != "" {
		return func(name string) string { return url + " dbname=" + name }, nil
	}
	wd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for wd != "/" {
		if _, err := os.Stat(filepath.Join(wd, "go.mod")); err == nil {
			break
		}
		wd = filepath.Dir(wd)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", wd, os.Getuid()))
	dir := filepath.Join(os.TempDir(), "dbt-"+hex.EncodeToString(sum[:4]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	starting, err := lock(filepath.Join(dir, "starting.lock"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer func() { _ = starting.Close() }()
	if using, err = lock(filepath.Join(dir, "users.lock"), syscall.LOCK_SH); err != nil {
		return nil, err
	}
	server := func(name string) string {
		return fmt.Sprintf("host=%s user=deskbell dbname=%s sslmode=disable", dir, name)
	}
	if conn, err := pgx.Connect(context.Background(), server("postgres")); err == nil {
		return server, conn.Close(context.Background())
	}
	return server, start(dir)
})

// using is held until this process ends; a file that nothing names would be closed before.
var using *os.File //nolint:unused // held, not read

func lock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	return f, syscall.Flock(int(f.Fd()), how)
}

const script = `set -e
cd /
rm -rf "$DIR/data"; mkdir -m 700 "$DIR/data"
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }
if [ "$(id -u)" = 0 ]; then chown postgres "$DIR" "$DIR/data"; fi
as "$BIN/initdb" -D "$DIR/data" -U deskbell -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions >"$DIR/log" 2>&1
as "$BIN/pg_ctl" -D "$DIR/data" -w -l "$DIR/data/log" -o "-k $DIR -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=500" start >>"$DIR/log" 2>&1 </dev/null
(flock -x 9 # held to the end, so that whoever starts next waits until all is gone
 as "$BIN/pg_ctl" -D "$DIR/data" -m immediate stop 9>&-; rm -rf "$DIR/data" "$DIR/log") 9<>"$DIR/users.lock" >/dev/null 2>&1 </dev/null &
`

func start(dir string) error {
	bin, err := pg.FindBinaries()
	if err != nil {
		return err
	}
	cmd := exec.Command("sh", "-c", script)
	cmd.Env = append(os.Environ(), "DIR="+dir, "BIN="+bin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if out, err := cmd.CombinedOutput(); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return fmt.Errorf("start: %w: %s %s", err, out, log)
	}
	return nil
}

// Logger drops what is logged.
func Logger() *slog.Logger { return slog.New(slog.DiscardHandler) }
