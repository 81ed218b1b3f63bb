package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SignIn keeps a console session by the hash of its cookie, and forgets those that are over. credential is a fingerprint of what the agent
// signed in with.
func (s *Store) SignIn(ctx context.Context, hash string, agent int64, credential string, absolute time.Duration) error {
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM console_sessions WHERE made_at < now() - $1::interval`, absolute)
	b.Queue(`INSERT INTO console_sessions (hash, agent_id, credential) VALUES ($1, $2, $3)`, hash, agent, credential)
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	return nil
}

// SignedIn returns whose session a hash is, and the credential it was given for; agent 0 when there is none, or it is over: nobody has used it for
// idle, or it is older than absolute.
func (s *Store) SignedIn(ctx context.Context, hash string, idle, absolute time.Duration) (agent int64, credential string, err error) {
	var stale bool
	err = s.db.QueryRow(ctx, `SELECT agent_id, credential, seen_at < now() - interval '1 minute' FROM console_sessions
		WHERE hash = $1 AND seen_at > now() - $2::interval AND made_at > now() - $3::interval`, hash, idle, absolute).Scan(&agent, &credential, &stale)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("session: %w", err)
	}
	if stale { // a database that only reads keeps nobody out
		_, _ = s.db.Exec(ctx, `UPDATE console_sessions SET seen_at = now() WHERE hash = $1`, hash)
	}
	return agent, credential, nil
}

// Link keeps a link that signs an agent in once, by the hash of what stands in it, and forgets those that are over.
func (s *Store) Link(ctx context.Context, hash string, agent int64, life time.Duration) error {
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM console_links WHERE until < now()`)
	b.Queue(`INSERT INTO console_links (hash, agent_id, until) VALUES ($1, $2, now() + $3::interval)`, hash, agent, life)
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	return nil
}

// UseLink returns whom a link signs in, which it does no more then; 0 when it was used, is over, or was never made.
func (s *Store) UseLink(ctx context.Context, hash string) (agent int64, err error) {
	err = s.db.QueryRow(ctx, `DELETE FROM console_links WHERE hash = $1 AND until > now() RETURNING agent_id`, hash).Scan(&agent)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return agent, err
}

// SignOut ends a session, at every process.
func (s *Store) SignOut(ctx context.Context, hash string) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM console_sessions WHERE hash = $1`, hash); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}
