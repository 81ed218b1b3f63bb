package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

var _ handover.Installs = (*Store)(nil)

const installColumns = `workspace, about, sealed, key, coalesce(expires_at, 'epoch')`

func scanInstall(row pgx.CollectableRow) (i handover.Install, err error) {
	err = row.Scan(&i.Workspace, &i.About, &i.Sealed, &i.Key, &i.Expires)
	if i.Expires.Unix() <= 0 {
		i.Expires = time.Time{}
	}
	return i, err
}

func expires(i handover.Install) any {
	if i.Expires.IsZero() {
		return nil
	}
	return i.Expires
}

// Installs implements handover.Installs.
func (s *Store) Installs(ctx context.Context) ([]handover.Install, error) {
	rows, err := s.db.Query(ctx, `SELECT `+installColumns+` FROM installs ORDER BY workspace`)
	if err != nil {
		return nil, fmt.Errorf("installs: %w", err)
	}
	return pgx.CollectRows(rows, scanInstall)
}

// SaveInstall implements handover.Installs.
func (s *Store) SaveInstall(ctx context.Context, i handover.Install) error {
	_, err := s.db.Exec(ctx, `INSERT INTO installs (workspace, about, sealed, key, expires_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (workspace) DO UPDATE SET about = EXCLUDED.about, sealed = EXCLUDED.sealed, key = EXCLUDED.key, expires_at = EXCLUDED.expires_at, at = now()`,
		i.Workspace, i.About, i.Sealed, i.Key, expires(i))
	if err != nil {
		return fmt.Errorf("save install: %w", err)
	}
	return nil
}

// Renew implements handover.Installs: the row is locked while the platform answers, because what renews a token may be used once.
func (s *Store) Renew(ctx context.Context, workspace string, renew func(handover.Install) (handover.Install, error)) error {
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+installColumns+` FROM installs WHERE workspace = $1 FOR UPDATE`, workspace)
		if err != nil {
			return fmt.Errorf("renew: %w", err)
		}
		was, err := pgx.CollectExactlyOneRow(rows, scanInstall)
		if err != nil {
			return fmt.Errorf("renew: %w", err)
		}
		now, err := renew(was)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE installs SET sealed = $2, key = $3, expires_at = $4, at = now() WHERE workspace = $1`, workspace, now.Sealed, now.Key, expires(now))
		return err
	})
}
