package pg

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	startDeadline = 30 * time.Second // a crashed predecessor may need to finish its recovery or its shutdown first
	maxSocketPath = 107              // sun_path of unix(7), less its final NUL
	superuser     = "deskbell"
	databaseName  = "deskbell"
)

// cluster is the private PostgreSQL in one directory. Of several processes with the same directory one runs it and the
// others join; when the one ends, another takes over.
type cluster struct {
	dir    string // DataDir
	bin    string
	socket string // the socket's directory
	cred   *syscall.Credential
	logger *slog.Logger

	mu      sync.Mutex
	lock    *os.File // held while we run the server
	pid     int
	stopped bool
	end     context.CancelFunc
	done    chan struct{}
}

func openCluster(ctx context.Context, o Options) (*cluster, error) {
	dir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return nil, fmt.Errorf("data_dir: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("data_dir: %w (set data_dir to a directory that can be written)", err)
	}
	c := &cluster{dir: dir, logger: o.Logger, done: make(chan struct{})}
	if c.bin, err = findBinaries(o.BinDir); err != nil {
		return nil, err
	}
	if err := c.dropPrivileges(); err != nil {
		return nil, err
	}
	if err := c.makeSocketDir(); err != nil {
		return nil, err
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.end = cancel
	mine, err := c.tryLock()
	if err != nil {
		return nil, err
	}
	if mine {
		if err := c.prepare(ctx); err != nil {
			c.unlock()
			return nil, err
		}
		started := make(chan error, 1)
		go c.supervise(background, started)
		if err := <-started; err != nil {
			c.stop()
			return nil, err
		}
	} else {
		go c.join(background)
	}
	if err := c.ensureDatabase(ctx); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *cluster) data() string { return filepath.Join(c.dir, "postgres") }

func (c *cluster) url() string { return c.urlOf(databaseName) }

func (c *cluster) urlOf(database string) string {
	return fmt.Sprintf("host='%s' user=%s dbname=%s sslmode=disable", c.socket, superuser, database)
}

func (c *cluster) owned() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lock != nil
}

// FindBinaries returns where this machine has postgres and initdb, preferring the copy with pgvector.
func FindBinaries() (string, error) { return findBinaries("") }

// findBinaries returns the directory that holds initdb and postgres: the one asked for, else the private copy with
// pgvector that .ci/setup makes, else the newest where Debian and others put them.
func findBinaries(asked string) (string, error) {
	has := func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, "postgres"))
		return err == nil
	}
	if asked != "" {
		if !has(asked) {
			return "", fmt.Errorf("database.bin_dir: no postgres in %s", asked)
		}
		return asked, nil
	}
	var roots []string
	if cache, err := os.UserCacheDir(); err == nil && os.Getuid() != 0 {
		roots = append(roots, filepath.Join(cache, "deskbell/postgresql"))
	}
	roots = append(roots, "/var/cache/deskbell/postgresql", "/")
	for _, root := range roots {
		found, _ := filepath.Glob(filepath.Join(root, "usr/lib/postgresql/*/bin"))
		slices.SortFunc(found, func(a, b string) int { return majorOf(b) - majorOf(a) })
		for _, dir := range found {
			if has(dir) {
				return dir, nil
			}
		}
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", errors.New("no PostgreSQL on this machine: install it (apt-get install postgresql), or set database.url to a server")
}

func majorOf(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

// dropPrivileges chooses whom the server runs as: PostgreSQL refuses root.
func (c *cluster) dropPrivileges() error {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		out, err := exec.Command("id", "-u", name).Output()
		if err != nil {
			continue
		}
		gid, err := exec.Command("id", "-g", name).Output()
		if err != nil {
			continue
		}
		u, err1 := strconv.ParseUint(strings.TrimSpace(string(out)), 10, 32)
		g, err2 := strconv.ParseUint(strings.TrimSpace(string(gid)), 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		c.cred = &syscall.Credential{Uid: uint32(u), Gid: uint32(g)}
		break
	}
	if c.cred == nil {
		return errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody: run as another user, or set database.url")
	}
	for dir := c.dir; dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("data_dir: the user PostgreSQL runs as cannot enter %s: choose a data_dir outside it (as root, /var/lib/deskbell)", dir)
		}
	}
	return nil
}

func (c *cluster) makeSocketDir() error {
	c.socket = filepath.Join(c.dir, "run")
	if len(c.socket)+len("/.s.PGSQL.5432") > maxSocketPath {
		sum := sha256.Sum256([]byte(c.dir))
		c.socket = filepath.Join("/tmp", "deskbell-"+hex.EncodeToString(sum[:6]))
	}
	if err := os.MkdirAll(c.socket, 0o700); err != nil {
		return err
	}
	return c.own(c.socket)
}

func (c *cluster) own(path string) error {
	if c.cred == nil {
		return nil
	}
	return os.Chown(path, int(c.cred.Uid), int(c.cred.Gid))
}

func (c *cluster) tryLock() (bool, error) {
	f, err := os.OpenFile(filepath.Join(c.dir, "cluster.lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return false, fmt.Errorf("data_dir: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, nil
		}
		return false, fmt.Errorf("lock data_dir: %w", err)
	}
	c.mu.Lock()
	c.lock = f
	c.mu.Unlock()
	return true, nil
}

func (c *cluster) unlock() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lock != nil {
		_ = c.lock.Close()
		c.lock = nil
	}
}

// prepare makes the data directory if there is none, and refuses one of another major version.
func (c *cluster) prepare(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, filepath.Join(c.bin, "postgres"), "--version").Output()
	if err != nil {
		return fmt.Errorf("run postgres: %w", err)
	}
	fields := strings.Fields(string(out)) // postgres (PostgreSQL) 15.18 (Debian …)
	major := ""
	if len(fields) > 2 {
		major, _, _ = strings.Cut(fields[2], ".")
	}
	has, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	switch {
	case err == nil && strings.TrimSpace(string(has)) != major:
		return fmt.Errorf("data_dir: %s was made by PostgreSQL %s and this machine's is %s: install PostgreSQL %[2]s, or move the data with pg_dump and set database.url",
			c.data(), strings.TrimSpace(string(has)), major)
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	// Into a directory beside, then renamed: a half-made cluster never looks finished.
	tmp := c.data() + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return err
	}
	if err := c.own(tmp); err != nil {
		return err
	}
	c.logger.InfoContext(ctx, "making a private PostgreSQL", "dir", c.data(), "bin", c.bin)
	cmd := c.command("initdb", "--pgdata", tmp, "--username", superuser, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLine(out))
	}
	return os.Rename(tmp, c.data())
}

func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = "/" // ours may not be readable by the server's user
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	// Setpgid keeps ^C from reaching the server before we have drained; Pdeathsig stops it when we are killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT, Credential: c.cred}
	return cmd
}

// supervise runs the server, again and again should it die, until ctx ends. started hears of the first time.
func (c *cluster) supervise(ctx context.Context, started chan<- error) {
	defer close(c.done)
	runtime.LockOSThread() // Pdeathsig fires when the thread that started the child ends
	defer runtime.UnlockOSThread()
	deadline := time.Now().Add(startDeadline)
	first := true
	for ctx.Err() == nil {
		var log bytes.Buffer
		cmd := c.command("postgres", "-D", c.data(), "-k", c.socket, "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-c", "max_connections=200")
		cmd.Stdout, cmd.Stderr = &tail{buf: &log}, &tail{buf: &log}
		err := cmd.Start()
		if err == nil {
			exited := make(chan *os.ProcessState, 1)
			go func() {
				_ = cmd.Wait() // how it ended is in its state
				exited <- cmd.ProcessState
			}()
			if c.waitReady(ctx, cmd.Process.Pid, exited) {
				c.mu.Lock()
				c.pid = cmd.Process.Pid
				c.mu.Unlock()
				if first {
					first = false
					started <- nil
				}
				select {
				case state := <-exited:
					c.logger.WarnContext(ctx, "the private PostgreSQL ended, starting it again", "state", state)
					deadline = time.Now().Add(startDeadline)
				case <-ctx.Done():
					end(cmd.Process, exited)
					return
				}
			} else if ctx.Err() != nil {
				end(cmd.Process, exited)
				return
			}
		}
		if time.Now().After(deadline) {
			err := fmt.Errorf("the private PostgreSQL in %s did not start: %s", c.data(), lastLine(log.Bytes()))
			if first {
				started <- err
				return
			}
			c.logger.ErrorContext(ctx, "still trying", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	if first {
		started <- ctx.Err()
	}
}

// waitReady trusts postmaster.pid only when its first line is our child: a stale one names a dead server.
func (c *cluster) waitReady(ctx context.Context, pid int, exited chan *os.ProcessState) bool {
	for ctx.Err() == nil {
		b, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
		if err == nil {
			lines := strings.Split(string(b), "\n")
			if lines[0] == strconv.Itoa(pid) && len(lines) > 7 && strings.HasPrefix(lines[7], "ready") {
				return true
			}
		}
		select {
		case state := <-exited:
			exited <- state
			return false
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
	return false
}

func end(p *os.Process, exited chan *os.ProcessState) {
	_ = p.Signal(syscall.SIGINT) // fast shutdown
	select {
	case <-exited:
	case <-time.After(10 * time.Second):
		_ = p.Signal(syscall.SIGQUIT) // immediate: recovery at the next start
		<-exited
	}
}

// join waits to take over from the process that runs the cluster.
func (c *cluster) join(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			close(c.done)
			return
		case <-time.After(500 * time.Millisecond):
		}
		mine, err := c.tryLock()
		if err != nil {
			c.logger.WarnContext(ctx, "joining the private PostgreSQL", "err", err)
		}
		if mine {
			c.logger.InfoContext(ctx, "taking over the private PostgreSQL", "dir", c.data())
			c.supervise(ctx, make(chan error, 1))
			return
		}
	}
}

func (c *cluster) stop() {
	c.mu.Lock()
	stopped := c.stopped
	c.stopped = true
	c.mu.Unlock()
	if stopped {
		return
	}
	c.end()
	<-c.done
	c.unlock()
}

// ensureDatabase connects, making our database the first time; whoever joins waits for the runner to be ready.
func (c *cluster) ensureDatabase(ctx context.Context) error {
	deadline := time.Now().Add(startDeadline)
	for {
		err := c.tryDatabase(ctx)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *cluster) tryDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.url())
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "3D000" { // invalid_catalog_name
		if conn, err = pgx.Connect(ctx, c.urlOf("postgres")); err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		_, err = conn.Exec(ctx, "CREATE DATABASE "+databaseName)
		if errors.As(err, &pgErr) && pgErr.Code == "42P04" { // duplicate_database
			return nil
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("connect to the private PostgreSQL: %w", err)
	}
	return conn.Close(ctx)
}

func lastLine(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}

// tail keeps the last few kilobytes of a server's log, for the error that needs them.
type tail struct{ buf *bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	if t.buf.Len() > 8<<10 {
		t.buf.Reset()
	}
	return t.buf.Write(p)
}
