package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

// Found is a conversation that may be a person's.
type Found struct {
	ID              int64
	Channel         string
	Customer        string
	Contact         handover.Contact
	State           handover.State
	Messages        int
	Opened, Changed time.Time
}

// Contacts returns the conversations of whoever has this e-mail address or, on any channel, this customer id; and the conversation of that id.
// Those not asked for are "" or 0.
func (s *Store) Contacts(ctx context.Context, id int64, email, customer string) ([]Found, error) {
	rows, err := s.db.Query(ctx, `SELECT c.id, c.channel, c.customer, c.contact, c.state, (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id), c.opened_at, c.changed_at FROM conversations c
		WHERE NOT c.erasing AND (c.id = nullif($1, 0) OR lower(c.contact ->> 'email') = lower(nullif($2, '')) OR c.customer = nullif($3, '')) ORDER BY c.id`, id, email, customer)
	if err != nil {
		return nil, fmt.Errorf("contacts: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f Found, err error) {
		return f, row.Scan(&f.ID, &f.Channel, &f.Customer, &f.Contact, &f.State, &f.Messages, &f.Opened, &f.Changed)
	})
}

// Export returns all rows that are kept of a conversation as JSON, files without what they have, and the keys of those that have something.
func (s *Store) Export(ctx context.Context, conversation int64) (all json.RawMessage, files []string, err error) {
	err = pgx.BeginTxFunc(ctx, s.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT jsonb_build_object(
			'id', c.id, 'channel', c.channel, 'customer', c.customer, 'contact', c.contact, 'language', c.language, 'page_url', c.page_url, 'state', c.state, 'about', c.topic,
			'opened_at', c.opened_at, 'changed_at', c.changed_at, 'seen', c.seen,
			'messages', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', m.at, 'from', m.sender, 'agent', a.title, 'visibility', m.visibility, 'text', m.text, 'choices', m.options, 'citations', m.citations,
				'files', m.files, 'edited', m.edited, 'deleted', m.deleted, 'failure', m.failure, 'external_id', m.external_id) ORDER BY m.id), '[]') FROM messages m LEFT JOIN agents a ON a.id = m.agent_id WHERE m.conversation_id = c.id),
			'handoffs', (SELECT coalesce(jsonb_agg(to_jsonb(h) - 'conversation_id' - 'agent_id' || jsonb_build_object('agent', a.title) ORDER BY h.id), '[]') FROM handoffs h LEFT JOIN agents a ON a.id = h.agent_id WHERE h.conversation_id = c.id),
			'decisions', (SELECT coalesce(jsonb_agg(d.decision || jsonb_build_object('at', d.at) ORDER BY d.id), '[]') FROM decisions d WHERE d.conversation_id = c.id),
			'drafts', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', d.at, 'text', d.text, 'outcome', d.outcome) ORDER BY d.at), '[]') FROM drafts d JOIN handoffs h ON h.id = d.handoff_id WHERE h.conversation_id = c.id),
			'uploads', (SELECT coalesce(jsonb_agg(f.file || jsonb_build_object('at', f.at) ORDER BY f.at), '[]') FROM files f WHERE f.conversation_id = c.id))
			FROM conversations c WHERE c.id = $1`, conversation).Scan(&all); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT key FROM files WHERE conversation_id = $1 AND content IS NOT NULL ORDER BY at, key`, conversation)
		if err != nil {
			return err
		}
		files, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("export: %w", err)
	}
	return all, files, nil
}
