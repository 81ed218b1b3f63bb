// Package pg opens the one database: the PostgreSQL that a URL names or, without one, a private cluster run from
// this machine's own PostgreSQL binaries. It also migrates, and listens.
package pg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	MaxConns int          // connections in the pool, 2…1000; 0: 16
	Logger   *slog.Logger // required
}

// DB is an open database: the pool, and the private cluster when there is one.
type DB struct {
	*pgxpool.Pool
	cluster *cluster
}

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
	config.MaxConns = int32(max(2, min(1000, o.MaxConns)))
	if o.MaxConns == 0 {
		config.MaxConns = 16
	}
	config.MaxConnIdleTime = 5 * time.Minute
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "deskbell"
	}
	// Our statements are prepared once and look rows up by index: planning them anew each time costs more than running them.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.ConnConfig.RuntimeParams["jit"] = "off"
	if db.Pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		db.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := db.Ping(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("connect to the database: %w", withoutPassword(err))
	}
	return db, nil
}

// Private says where the private cluster is, and whether this process runs it; "" without one.
func (db *DB) Private() (dir string, ours bool) {
	if db.cluster == nil {
		return "", false
	}
	return db.cluster.dir, db.cluster.owned()
}

// Close closes the pool, then stops the private cluster if this process runs it.
func (db *DB) Close() {
	if db.Pool != nil {
		db.Pool.Close()
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
