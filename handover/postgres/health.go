package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Identity reads into v who we are on a workspace, as SaveIdentity kept it; false when it did not.
func (s *Store) Identity(ctx context.Context, tokenHash string, v any) (bool, error) {
	var b []byte
	err := s.db.QueryRow(ctx, `SELECT identity FROM identities WHERE token_hash = $1`, tokenHash).Scan(&b)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read identity: %w", err)
	}
	return true, json.Unmarshal(b, v)
}

// SaveIdentity keeps who we are on a workspace.
func (s *Store) SaveIdentity(ctx context.Context, tokenHash string, v any) error {
	_, err := s.db.Exec(ctx, `INSERT INTO identities (token_hash, identity) VALUES ($1, $2) ON CONFLICT (token_hash) DO UPDATE SET identity = EXCLUDED.identity`, tokenHash, v)
	return err
}

// Health is what operators want to know of the desk at a glance.
type Health struct {
	Waiting, Claimed int
	Unposted         int           // open handoffs whose card is not posted yet
	Queued           int           // effects to do
	Oldest           time.Duration // age of the oldest of them
	Failed           int           // effects that failed for good, in a week
	Errors           []string      // what lanes are held up by, the most frequent first
}

// Health reads the desk's health.
func (s *Store) Health(ctx context.Context) (h Health, err error) {
	var oldest float64
	err = s.queue.QueryRow(ctx, `SELECT
		(SELECT count(*) FROM handoffs WHERE state = 'waiting'), (SELECT count(*) FROM handoffs WHERE state = 'claimed'),
		(SELECT count(*) FROM cards k JOIN handoffs h ON h.id = k.handoff_id WHERE k.ts IS NULL AND k.closed_at IS NULL AND h.state <> 'closed'),
		(SELECT count(*) FROM effects WHERE failed_at IS NULL),
		(SELECT coalesce(extract(epoch FROM now() - min(at)), 0)::float8 FROM effects WHERE failed_at IS NULL),
		(SELECT count(*) FROM effects WHERE failed_at > now() - interval '7 days'),
		(SELECT coalesce(array_agg(error), '{}') FROM (SELECT error FROM lanes WHERE error <> '' AND queued > 0 GROUP BY error ORDER BY count(*) DESC LIMIT 3) e)`).
		Scan(&h.Waiting, &h.Claimed, &h.Unposted, &h.Queued, &oldest, &h.Failed, &h.Errors)
	h.Oldest = time.Duration(oldest * float64(time.Second))
	return h, err
}
