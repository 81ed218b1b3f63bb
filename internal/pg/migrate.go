package pg

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Migrations are the forward-only steps of one package's tables, as goose files (00001_name.sql).
type Migrations struct {
	Table string // where the applied versions are kept
	Files fs.FS
}

// migrationLock is the key of the transaction-level lock under which processes migrate one after the other.
const migrationLock = 0x6465736b62656c6c // "deskbell"

// Migrate applies what is missing of each of the migrations, in order. Any number of processes may call it at once. The pool is one without
// time-outs: a migration takes as long as it takes.
func Migrate(ctx context.Context, pool *pgxpool.Pool, all ...Migrations) error {
	pending := false
	for _, m := range all {
		_, behind, err := Version(ctx, pool, m)
		if err != nil {
			return err
		}
		pending = pending || behind > 0
	}
	if !pending {
		return nil
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(migrationLock)); err != nil {
			return fmt.Errorf("lock migrations: %w", err)
		}
		for _, m := range all {
			provider, err := m.provider(pool)
			if err != nil {
				return err
			}
			_, err = provider.Up(ctx)
			if closeErr := provider.Close(); err == nil {
				err = closeErr
			}
			if err != nil {
				return fmt.Errorf("migrate %s: %w", m.Table, err)
			}
		}
		return nil
	})
}

func (m Migrations) provider(pool *pgxpool.Pool) (*goose.Provider, error) {
	store, err := database.NewStore(database.DialectPostgres, m.Table)
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider("", stdlib.OpenDBFromPool(pool), m.Files, goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read migrations of %s: %w", m.Table, err)
	}
	return p, nil
}

// Version returns the version that m's tables are at, and by how many steps they are behind this program.
func Version(ctx context.Context, pool *pgxpool.Pool, m Migrations) (at, behind int, err error) {
	files, err := fs.Glob(m.Files, "*.sql")
	if err != nil {
		return 0, 0, err
	}
	var exists bool
	if err := pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, m.Table).Scan(&exists); err != nil {
		return 0, 0, fmt.Errorf("read migrations: %w", err)
	}
	if exists {
		if err := pool.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM `+pgx.Identifier{m.Table}.Sanitize()).Scan(&at); err != nil {
			return 0, 0, fmt.Errorf("read migrations: %w", err)
		}
	}
	return at, len(files) - at, nil
}
