package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

var _ handover.Bells = (*Store)(nil)

// SetBell implements handover.Bells.
func (s *Store) SetBell(ctx context.Context, b handover.Bell, on bool) error {
	query, args := `INSERT INTO bells (way, address, agent_id) VALUES ($1, $2, $3) ON CONFLICT (way, address) DO UPDATE SET agent_id = EXCLUDED.agent_id`, []any{b.Way, b.Address, b.Agent}
	if !on {
		query = `DELETE FROM bells WHERE way = $1 AND address = $2 AND agent_id = $3`
	}
	if _, err := s.db.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("set bell: %w", err)
	}
	return nil
}

// BellsOf implements handover.Bells.
func (s *Store) BellsOf(ctx context.Context, agent int64) ([]handover.Bell, error) {
	return s.bells(ctx, `b.agent_id = $1`, agent)
}

// Unrung implements handover.Bells.
func (s *Store) Unrung(ctx context.Context, handoff int64) ([]handover.Bell, error) {
	return s.bells(ctx, `NOT EXISTS (SELECT FROM rung r WHERE r.handoff_id = $1 AND r.way = b.way AND r.address = b.address)`, handoff)
}

func (s *Store) bells(ctx context.Context, cond string, arg int64) ([]handover.Bell, error) {
	rows, err := s.db.Query(ctx, `SELECT b.agent_id, b.way, b.address FROM bells b WHERE `+cond+` ORDER BY b.way, b.address`, arg)
	if err != nil {
		return nil, fmt.Errorf("bells: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[handover.Bell])
}

// Rang implements handover.Bells.
func (s *Store) Rang(ctx context.Context, handoff int64, claimed time.Time, b handover.Bell) error {
	if claimed.IsZero() {
		claimed = time.Unix(0, 0)
	}
	if _, err := s.db.Exec(ctx, `INSERT INTO rung (handoff_id, way, address)
		SELECT id, $3, $4 FROM handoffs WHERE id = $1 AND coalesce(claimed_at, 'epoch') = $2 FOR SHARE ON CONFLICT DO NOTHING`, handoff, claimed, b.Way, b.Address); err != nil {
		return fmt.Errorf("keep that a bell rang: %w", err)
	}
	return nil
}

// Made reads into v what the installation has made for itself under this name; the first process to ask gives it.
func (s *Store) Made(ctx context.Context, name string, first, v any) error {
	if _, err := s.db.Exec(ctx, `INSERT INTO made (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, first); err != nil {
		return fmt.Errorf("made: %w", err)
	}
	if err := s.db.QueryRow(ctx, `SELECT value FROM made WHERE name = $1`, name).Scan(v); err != nil {
		return fmt.Errorf("made: %w", err)
	}
	return nil
}
