package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

var _ handover.AuditLog = (*Store)(nil)

// audit queues a line of the audit log. Whom it is about is named by a random id, which the first line gives them.
func audit(b *pgx.Batch, e handover.AuditEntry) {
	b.Queue(`WITH s AS (INSERT INTO audit_subjects (conversation_id) SELECT $3::bigint WHERE $3::bigint <> 0 ON CONFLICT (conversation_id) DO UPDATE SET conversation_id = EXCLUDED.conversation_id RETURNING subject)
		INSERT INTO audit (who, deed, subject, detail) SELECT $1, $2, (SELECT subject FROM s), $4 WHERE $5::interval = '0' OR NOT EXISTS (
			SELECT FROM audit a WHERE a.who = $1 AND a.deed = $2 AND a.at > now() - $5::interval AND a.detail = $4 AND a.subject IS NOT DISTINCT FROM (SELECT subject FROM s))`,
		e.Who, e.Deed, e.Conversation, e.Detail, e.Within)
}

// Audit implements handover.AuditLog.
func (s *Store) Audit(ctx context.Context, e handover.AuditEntry) error {
	b := &pgx.Batch{}
	audit(b, e)
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// Audited implements handover.AuditLog.
func (s *Store) Audited(ctx context.Context, before int64, n int) ([]handover.AuditEntry, error) {
	rows, err := s.db.Query(ctx, `SELECT a.id, a.at, a.who, a.deed, coalesce(s.conversation_id, 0), coalesce(a.subject::text, ''), a.detail
		FROM audit a LEFT JOIN audit_subjects s ON s.subject = a.subject WHERE $1 = 0 OR a.id < $1 ORDER BY a.id DESC LIMIT $2`, before, n)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e handover.AuditEntry, err error) {
		return e, row.Scan(&e.ID, &e.At, &e.Who, &e.Deed, &e.Conversation, &e.Subject, &e.Detail)
	})
}

// Configured keeps in the audit log that a process runs with another configuration than the one before it.
func (s *Store) Configured(ctx context.Context, hash, who string) error {
	if _, err := s.db.Exec(ctx, `INSERT INTO audit (who, deed, detail) SELECT $1, $2, 'config ' || $3::text WHERE 'config ' || $3::text IS DISTINCT FROM (SELECT detail FROM audit WHERE deed = $2 ORDER BY id DESC LIMIT 1)`,
		who, handover.DeedConfigured, hash); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
