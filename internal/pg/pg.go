// Package pg opens the one database: the PostgreSQL that a URL names or, without one, a private cluster run from
// this machine's own PostgreSQL binaries. It also migrates, and listens.
package pg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options say which database to open.
type Options struct {
	URL      string       // postgres://… or a key=value string; "": a private cluster
	DataDir  string       // where the private cluster lives
	BinDir   string       // where initdb and postgres are; "": searched for
	MaxConns int          // connections of Pool and Reserve together, 4…1000; 0: 16
	Logger   *slog.Logger // required
}

// DB is an open database: its pools, and the private cluster when there is one. A statement on Pool and Reserve waits for no lock longer
// than LockTimeout, takes no longer than statementTimeout, and a transaction that nobody goes on with ends after idleTimeout: one
// stopped process holds up nobody for longer.
type DB struct {
	*pgxpool.Pool
	Reserve *pgxpool.Pool // for the worker's queue and for health: however busy Pool is, these go on
	Patient *pgxpool.Pool // without time-outs, for imports and indexes; at most two connections more
	cluster *cluster

	full      atomic.Int64           // when the server said last that its disk is full; UNIX time
	connected atomic.Pointer[func()] // called after each new connection of Pool
}

// LockTimeout is how long a statement waits for another's lock.
const LockTimeout = 4 * time.Second

const (
	statementTimeout = 20 * time.Second
	idleTimeout      = 10 * time.Second
	reserved         = 3
)

// timeouts are the settings that Patient is without.
var timeouts = map[string]time.Duration{"lock_timeout": LockTimeout, "statement_timeout": statementTimeout, "idle_in_transaction_session_timeout": idleTimeout}

// Open connects, starting or joining the private cluster when no URL is given.
// The error of a database that is not there says what to do.
func Open(ctx context.Context, o Options) (*DB, error) {
	db := &DB{}
	url := o.URL
	if url == "" {
		c, err := openCluster(ctx, o)
		if err != nil {
			return nil, err
		}
		db.cluster, url = c, c.url()
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("database.url: %w", withoutPassword(err))
	}
	if o.MaxConns == 0 {
		o.MaxConns = 16
	}
	config.MaxConns = int32(max(4, min(1000, o.MaxConns))) - min(reserved, int32(o.MaxConns/4))
	config.MaxConnIdleTime = 5 * time.Minute
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "deskbell"
	}
	// Our statements are prepared once and look rows up by index: planning them anew each time costs more than running them.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.ConnConfig.RuntimeParams["jit"] = "off"
	readWrite(config)
	config.ConnConfig.OnPgError = func(_ *pgconn.PgConn, err *pgconn.PgError) bool {
		if err.Code == diskFull {
			db.full.Store(time.Now().Unix())
		}
		return !strings.EqualFold(err.Severity, "FATAL")
	}
	patient := config.Copy()
	patient.MaxConns = 2
	for name, d := range timeouts {
		config.ConnConfig.RuntimeParams[name] = strconv.FormatInt(d.Milliseconds(), 10)
		patient.ConnConfig.RuntimeParams[name] = "0"
	}
	reserve := config.Copy()
	config.AfterConnect = func(context.Context, *pgx.Conn) error {
		if f := db.connected.Load(); f != nil {
			(*f)()
		}
		return nil
	}
	reserve.MaxConns = max(1, min(reserved, int32(o.MaxConns/4)))
	for into, config := range map[**pgxpool.Pool]*pgxpool.Config{&db.Pool: config, &db.Reserve: reserve, &db.Patient: patient} {
		if *into, err = pgxpool.NewWithConfig(ctx, config); err != nil { // it connects when it is first used
			db.Close()
			return nil, fmt.Errorf("open database: %w", err)
		}
	}
	if err := db.Ping(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("connect to the database: %w", withoutPassword(err))
	}
	return db, nil
}

// readWrite makes a pool find its way back after a fail-over: connections to a server that only reads are given up after use, and where a URL
// names several servers, those that only read are passed over.
func readWrite(config *pgxpool.Config) {
	config.AfterRelease = func(c *pgx.Conn) bool { return !readOnly(c.PgConn()) }
	if hosts := map[string]bool{config.ConnConfig.Host: true}; config.ConnConfig.ValidateConnect == nil {
		for _, f := range config.ConnConfig.Fallbacks {
			hosts[f.Host] = true
		}
		if len(hosts) > 1 {
			config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
		}
	}
}

// readOnly is what the server last told of itself (PostgreSQL 14 and later tell it without being asked).
func readOnly(c *pgconn.PgConn) bool {
	return c.ParameterStatus("in_hot_standby") == "on" || c.ParameterStatus("default_transaction_read_only") == "on"
}

// Connected has f called after each new connection of Pool: the server may be another one, and not have all that the one before it had.
func (db *DB) Connected(f func()) { db.connected.Store(&f) }

// What a server says of itself. https://www.postgresql.org/docs/15/errcodes-appendix.html
const (
	diskFull           = "53100"
	tooManyConnections = "53300"
)

// fullFor is how long a disk counts as full after the server has said so.
const fullFor = 10 * time.Second

// ErrReadOnly is returned by Writable of a server that answers, and takes no writes.
var ErrReadOnly = errors.New("the database is read-only")

// ErrFull is returned by Writable when a statement was refused lately because the server's disk is full, ErrCrowded when the server takes no more
// connections.
var (
	ErrFull    = errors.New("the database's disk is full")
	ErrCrowded = errors.New("the database takes no more connections")
)

// Writable says whether the database answers, and can be written to.
func (db *DB) Writable(ctx context.Context) error {
	var only bool
	if err := db.Reserve.QueryRow(ctx, `SELECT current_setting('transaction_read_only')::boolean`).Scan(&only); err != nil {
		var said *pgconn.PgError
		if errors.As(err, &said) && said.Code == tooManyConnections {
			return ErrCrowded
		}
		return err
	}
	switch {
	case only:
		return ErrReadOnly
	case time.Since(time.Unix(db.full.Load(), 0)) < fullFor:
		return ErrFull
	}
	return nil
}

// Private says where the private cluster is, and whether this process runs it; "" without one.
func (db *DB) Private() (dir string, ours bool) {
	if db.cluster == nil {
		return "", false
	}
	return db.cluster.dir, db.cluster.owned()
}

// Close closes the pools, then stops the private cluster if this process runs it.
func (db *DB) Close() {
	for _, pool := range []*pgxpool.Pool{db.Pool, db.Reserve, db.Patient} {
		if pool != nil {
			pool.Close()
		}
	}
	if db.cluster != nil {
		db.cluster.stop()
	}
}

// HasVector reports whether the server can run pgvector, and its version. It asks what is available: creating the
// extension can succeed without its library.
func HasVector(ctx context.Context, pool *pgxpool.Pool) (version string, err error) {
	err = pool.QueryRow(ctx, `SELECT default_version FROM pg_available_extensions WHERE name = 'vector'`).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return version, err
}

// withoutPassword keeps a parse error's reason; pgx masks the password in it already, other text is dropped.
func withoutPassword(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return errors.New("cannot be read; expected postgres://user:password@host:5432/database")
	}
	return err
}

// Listen calls heard for each notification on channel until ctx ends, on one connection of its own, reconnecting
// when it breaks. After each (re)connection it calls heard with "", because something may have been missed.
func Listen(ctx context.Context, pool *pgxpool.Pool, channel string, logger *slog.Logger, heard func(payload string)) error {
	for ctx.Err() == nil {
		err := listen(ctx, pool, channel, heard)
		if ctx.Err() != nil {
			return nil
		}
		logger.WarnContext(ctx, "listening to the database broke off, trying again", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

func listen(ctx context.Context, pool *pgxpool.Pool, channel string, heard func(string)) error {
	conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	heard("")
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		heard(n.Payload)
	}
}
