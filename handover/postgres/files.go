package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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

// erase queues that what a message was sent with, and has no more, is gone for good.
func erase(b *pgx.Batch, m handover.Message) {
	if !m.Deleted && m.EditedTS == "" {
		return
	}
	keep := []string{}
	for _, f := range m.Files {
		if !m.Deleted {
			keep = append(keep, f.Key)
		}
	}
	b.Queue(`UPDATE files SET content = NULL WHERE message_id = $1 AND key <> ALL($2)`, m.ID, keep)
}

// Upload implements handover.Files.
func (s *Store) Upload(ctx context.Context, conversation int64, f handover.File, content []byte, of handover.Budget) error {
	b := &pgx.Batch{}
	kept := int64(0)
	b.Queue(`INSERT INTO files (key, conversation_id, file, content) SELECT $1, $2, $3, $4
		FROM (SELECT FROM conversations WHERE id = $2 AND NOT erasing FOR KEY SHARE) c WHERE ($6::bigint = 0 OR $5::bigint + (SELECT coalesce(sum(octet_length(content)), 0) FROM files WHERE conversation_id = $2 AND at > now() - interval '1 day') <= $6)
			AND ($7::bigint = 0 OR $5::bigint + (SELECT coalesce(sum(octet_length(content)), 0) FROM files WHERE at > now() - interval '1 day') <= $7)`,
		f.Key, conversation, f, content, int64(len(content)), of.Conversation, of.All).Exec(func(done pgconn.CommandTag) error { kept = done.RowsAffected(); return nil })
	b.Queue(`DELETE FROM files WHERE message_id IS NULL AND at < now() - interval '1 day'`)
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	if kept == 0 {
		return handover.ErrTooMuch
	}
	return nil
}

// Uploads implements handover.Files.
func (s *Store) Uploads(ctx context.Context, conversation int64, keys []string) ([]handover.File, error) {
	if slices.ContainsFunc(keys, func(k string) bool { return !handover.IsFileKey(k) }) {
		return nil, handover.ErrNoFile
	}
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
func (s *Store) Content(ctx context.Context, key string, shown bool) (f handover.File, content io.Reader, err error) {
	if !handover.IsFileKey(key) {
		return f, nil, handover.ErrNoFile
	}
	var now []handover.File // the message's: what it says of its files is the newest
	var size int64
	var first []byte
	err = s.db.QueryRow(ctx, `SELECT f.file, octet_length(f.content), substring(f.content FROM 1 FOR $3), m.files FROM files f LEFT JOIN messages m ON m.id = f.message_id
		WHERE f.key = $1 AND f.content IS NOT NULL AND (NOT $2 OR m.visibility = 'public' AND NOT m.deleted)`, key, shown, piece).Scan(&f, &size, &first, &now)
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
	f.Size = size
	return f, &pieces{ctx: ctx, s: s, key: key, at: int64(len(first)), left: size - int64(len(first)), now: first}, nil
}

// piece is how much of a file is read at once: a slow reader holds no more than that.
const piece = 256 << 10

// pieces read a file's content one after the other.
type pieces struct {
	ctx      context.Context //nolint:containedctx // a reader has no other way
	s        *Store
	key      string
	at, left int64
	now      []byte
}

func (r *pieces) Read(p []byte) (int, error) {
	if len(r.now) == 0 {
		if r.left <= 0 {
			return 0, io.EOF
		}
		err := r.s.db.QueryRow(r.ctx, `SELECT substring(content FROM $2 FOR $3) FROM files WHERE key = $1 AND content IS NOT NULL`, r.key, r.at+1, piece).Scan(&r.now)
		if err != nil || len(r.now) == 0 {
			return 0, fmt.Errorf("file broke off: %w", errors.Join(err, io.ErrUnexpectedEOF))
		}
		r.at, r.left = r.at+int64(len(r.now)), r.left-int64(len(r.now))
	}
	n := copy(p, r.now)
	r.now = r.now[n:]
	return n, nil
}

// KeepContent implements handover.Files.
func (s *Store) KeepContent(ctx context.Context, key string, content []byte) error {
	if _, err := s.db.Exec(ctx, `UPDATE files f SET content = $2 WHERE key = $1 AND EXISTS (SELECT FROM messages m WHERE m.id = f.message_id AND NOT m.deleted)`, key, content); err != nil {
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
