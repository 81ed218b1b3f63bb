package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

// savePreview queues what a team is to be shown; once an episode.
func savePreview(b *pgx.Batch, w *handover.Preview) {
	if w != nil {
		b.Queue(`INSERT INTO previews (conversation_id, episode, workspace, channel, why) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, w.Conversation, w.Episode, w.Place.Workspace, w.Place.Channel, w.Why)
	}
}

// Preview returns what a team is shown, or to be shown, of a conversation's newest watched episode; ErrUnknown when there is none.
func (s *Store) Preview(ctx context.Context, conversation int64) (w handover.Preview, err error) {
	err = s.db.QueryRow(ctx, `SELECT conversation_id, episode, workspace, channel, coalesce(ts, ''), why FROM previews WHERE conversation_id = $1 ORDER BY episode DESC LIMIT 1`, conversation).
		Scan(&w.Conversation, &w.Episode, &w.Place.Workspace, &w.Place.Channel, &w.TS, &w.Why)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, handover.ErrUnknown
	}
	if err != nil {
		return w, fmt.Errorf("preview: %w", err)
	}
	return w, nil
}

// SetPreview keeps where a team is shown it.
func (s *Store) SetPreview(ctx context.Context, w handover.Preview, ts string) error {
	if _, err := s.db.Exec(ctx, `UPDATE previews SET ts = $3 WHERE conversation_id = $1 AND episode = $2`, w.Conversation, w.Episode, ts); err != nil {
		return fmt.Errorf("preview: %w", err)
	}
	return nil
}
