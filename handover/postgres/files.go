package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

var _ handover.Files = (*Store)(nil)

// attach queues a new message's files: those uploaded before become its own.
func attach(b *pgx.Batch, m handover.Message) {
	for _, f := range m.Files {
		b.Queue(`INSERT INTO files AS f (key, conversation_id, message_id, file) VALUES ($1, $2, $3, $4)
			ON CONFLICT (key) DO UPDATE SET message_id = EXCLUDED.message_id WHERE f.message_id IS NULL AND f.conversation_id = EXCLUDED.conversation_id`, f.Key, m.Conversation, m.ID, f)
	}
}

// Upload implements handover.Files.
func (s *Store) Upload(ctx context.Context, conversation int64, f handover.File, content []byte) error {
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO files (key, conversation_id, file, content) VALUES ($1, $2, $3, $4)`, f.Key, conversation, f, content)
	b.Queue(`DELETE FROM files WHERE message_id IS NULL AND at < now() - interval '1 day'`)
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	return nil
}

// Uploads implements handover.Files.
func (s *Store) Uploads(ctx context.Context, conversation int64, keys []string) ([]handover.File, error) {
	rows, err := s.db.Query(ctx, `SELECT file FROM files WHERE conversation_id = $1 AND key = ANY($2) AND content IS NOT NULL ORDER BY array_position($2, key)`, conversation, keys)
	if err != nil {
		return nil, fmt.Errorf("uploads: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[handover.File])
	if err == nil && len(found) < len(keys) {
		err = handover.ErrNoFile
	}
	return found, err
}

// Content implements handover.Files.
func (s *Store) Content(ctx context.Context, key string, shown bool) (f handover.File, content []byte, err error) {
	var now []handover.File // the message's: what it says of its files is the newest
	err = s.db.QueryRow(ctx, `SELECT f.file, f.content, m.files FROM files f LEFT JOIN messages m ON m.id = f.message_id
		WHERE f.key = $1 AND f.content IS NOT NULL AND (NOT $2 OR m.visibility = 'public' AND NOT m.deleted)`, key, shown).Scan(&f, &content, &now)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, nil, handover.ErrNoFile
	}
	if err != nil {
		return f, nil, fmt.Errorf("file: %w", err)
	}
	gone := shown
	for _, x := range now {
		if x.Key == key {
			f, gone = x, false
		}
	}
	if gone || shown && !f.Ready {
		return f, nil, handover.ErrNoFile
	}
	return f, content, nil
}

// KeepContent implements handover.Files.
func (s *Store) KeepContent(ctx context.Context, key string, content []byte) error {
	if _, err := s.db.Exec(ctx, `UPDATE files SET content = $2 WHERE key = $1`, key, content); err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	return nil
}

// Copy implements handover.Files.
func (s *Store) Copy(ctx context.Context, key, place string) (id string, err error) {
	err = s.db.QueryRow(ctx, `SELECT coalesce(copies ->> $2, '') FROM files WHERE key = $1`, key, place).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", handover.ErrNoFile
	}
	return id, err
}

// Copied implements handover.Files.
func (s *Store) Copied(ctx context.Context, key, place, id string) error {
	if _, err := s.db.Exec(ctx, `UPDATE files SET copies = copies || jsonb_build_object($2::text, $3::text) WHERE key = $1`, key, place, id); err != nil {
		return fmt.Errorf("keep a file's copy: %w", err)
	}
	return nil
}
