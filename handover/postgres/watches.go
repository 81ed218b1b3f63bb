package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

// watch queues what a team is to be shown; once an episode.
func watch(b *pgx.Batch, w *handover.Watch) {
	if w != nil {
		b.Queue(`INSERT INTO watches (conversation_id, episode, workspace, channel, why) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, w.Conversation, w.Episode, w.Place.Workspace, w.Place.Channel, w.Why)
	}
}

// Watch returns what a team is shown, or to be shown, of a conversation's newest watched episode; ErrUnknown when there is none.
func (s *Store) Watch(ctx context.Context, conversation int64) (w handover.Watch, err error) {
	err = s.db.QueryRow(ctx, `SELECT conversation_id, episode, workspace, channel, coalesce(ts, ''), why FROM watches WHERE conversation_id = $1 ORDER BY episode DESC LIMIT 1`, conversation).
		Scan(&w.Conversation, &w.Episode, &w.Place.Workspace, &w.Place.Channel, &w.TS, &w.Why)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, handover.ErrUnknown
	}
	if err != nil {
		return w, fmt.Errorf("watch: %w", err)
	}
	return w, nil
}

// Watched keeps where a team is shown it.
func (s *Store) Watched(ctx context.Context, w handover.Watch, ts string) error {
	if _, err := s.db.Exec(ctx, `UPDATE watches SET ts = $3 WHERE conversation_id = $1 AND episode = $2`, w.Conversation, w.Episode, ts); err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	return nil
}
