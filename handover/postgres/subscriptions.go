package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

// Subscribe adds a subscription or, with on false, removes it.
func (s *Store) Subscribe(ctx context.Context, b handover.Subscription, on bool) error {
	query, args := `INSERT INTO subscriptions (way, address, agent_id) VALUES ($1, $2, $3) ON CONFLICT (way, address) DO UPDATE SET agent_id = EXCLUDED.agent_id`, []any{b.Way, b.Address, b.Agent}
	if !on {
		query = `DELETE FROM subscriptions WHERE way = $1 AND address = $2 AND agent_id = $3`
	}
	if _, err := s.db.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

// Subscriptions returns an agent's.
func (s *Store) Subscriptions(ctx context.Context, agent int64) ([]handover.Subscription, error) {
	return s.subscriptions(ctx, `b.agent_id = $1`, agent)
}

// Unnotified returns those that have not been notified of a handoff since it was claimed last.
func (s *Store) Unnotified(ctx context.Context, handoff int64) ([]handover.Subscription, error) {
	return s.subscriptions(ctx, `NOT EXISTS (SELECT FROM notified r WHERE r.handoff_id = $1 AND r.way = b.way AND r.address = b.address)`, handoff)
}

func (s *Store) subscriptions(ctx context.Context, cond string, arg int64) ([]handover.Subscription, error) {
	rows, err := s.db.Query(ctx, `SELECT b.agent_id, b.way, b.address FROM subscriptions b WHERE `+cond+` ORDER BY b.way, b.address`, arg)
	if err != nil {
		return nil, fmt.Errorf("subscriptions: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[handover.Subscription])
}

// MarkNotified keeps that one has been notified of a handoff that was claimed last at that time (zero: never); nothing when it was claimed again meanwhile.
func (s *Store) MarkNotified(ctx context.Context, handoff int64, claimed time.Time, b handover.Subscription) error {
	if claimed.IsZero() {
		claimed = time.Unix(0, 0)
	}
	if _, err := s.db.Exec(ctx, `INSERT INTO notified (handoff_id, way, address)
		SELECT id, $3, $4 FROM handoffs WHERE id = $1 AND coalesce(claimed_at, 'epoch') = $2 FOR SHARE ON CONFLICT DO NOTHING`, handoff, claimed, b.Way, b.Address); err != nil {
		return fmt.Errorf("mark notified: %w", err)
	}
	return nil
}

// Made reads into v what the installation has made for itself under this name; the first process to ask gives it.
func (s *Store) Made(ctx context.Context, name string, first, v any) error {
	if _, err := s.db.Exec(ctx, `INSERT INTO generated (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, first); err != nil {
		return fmt.Errorf("made: %w", err)
	}
	if err := s.db.QueryRow(ctx, `SELECT value FROM generated WHERE name = $1`, name).Scan(v); err != nil {
		return fmt.Errorf("made: %w", err)
	}
	return nil
}
