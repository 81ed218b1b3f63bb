package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

var (
	_ handover.Erasures = (*Store)(nil)
	_ handover.Ages     = (*Store)(nil)
)

// beginErasure queues that a conversation is found by nobody any more.
func beginErasure(b *pgx.Batch, e handover.Erasure) {
	b.Queue(`INSERT INTO erasures (id, conversation_id, alone, articles) VALUES ($1, $2, $3, $4)`, e.ID, e.Conversation, e.Alone, e.Articles)
	b.Queue(`UPDATE conversations SET customer = 'erased:' || $2, contact = '{}' WHERE id = $1`, e.Conversation, e.ID)
	b.Queue(`DELETE FROM timers WHERE conversation_id = $1`, e.Conversation)
	audit(b, handover.AuditEntry{Who: e.By, Deed: handover.DeedErasing, Conversation: e.Conversation})
}

// Quiet implements handover.Erasures.
func (s *Store) Quiet(ctx context.Context, conversation int64) (quiet bool, err error) {
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `WITH l AS (SELECT leased_until FROM lanes WHERE conversation_id = $1 AND lane <> $2 FOR UPDATE)
			SELECT NOT EXISTS (SELECT FROM l WHERE leased_until > now())`, conversation, handover.LaneErase).Scan(&quiet); err != nil || !quiet {
			return err
		}
		b := &pgx.Batch{} // the fence moves on, for whoever has lost a lease and does not know it
		b.Queue(`UPDATE lanes SET queued = 0, due_at = 'infinity', leased_until = NULL, attempt = attempt + 1, error = '' WHERE conversation_id = $1 AND lane <> $2`, conversation, handover.LaneErase)
		b.Queue(`DELETE FROM effects WHERE conversation_id = $1 AND lane <> $2`, conversation, handover.LaneErase)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return false, fmt.Errorf("quiet a conversation: %w", err)
	}
	return quiet, nil
}

// Erasure implements handover.Erasures.
func (s *Store) Erasure(ctx context.Context, id string, conversation int64) (e handover.Erasure, err error) {
	err = s.db.QueryRow(ctx, `SELECT e.id, coalesce(e.conversation_id, 0), e.alone, e.articles, e.asked_at, coalesce(e.done_at, 'epoch'), e.left_over, coalesce(l.error, '')
		FROM erasures e LEFT JOIN lanes l ON l.conversation_id = e.conversation_id AND l.lane = $3 WHERE e.id = $1 OR e.conversation_id = nullif($2, 0)`, id, conversation, handover.LaneErase).
		Scan(&e.ID, &e.Conversation, &e.Alone, &e.Articles, &e.At, &e.Done, &e.Left, &e.Error)
	if errors.Is(err, pgx.ErrNoRows) {
		return e, handover.ErrUnknown
	}
	if e.Done.Unix() == 0 {
		e.Done = time.Time{}
	}
	return e, err
}

// GoAlone lets an erasure be done although workspaces are not connected: what stands there stays.
func (s *Store) GoAlone(ctx context.Context, id string) error {
	if _, err := s.db.Exec(ctx, `UPDATE erasures SET alone = true WHERE id = $1`, id); err != nil {
		return fmt.Errorf("erasure: %w", err)
	}
	return nil
}

// OpenErasures is how many erasures are not done yet.
func (s *Store) OpenErasures(ctx context.Context) (n int, err error) {
	err = s.db.QueryRow(ctx, `SELECT count(*) FROM erasures WHERE done_at IS NULL`).Scan(&n)
	return n, err
}

// Footprint implements handover.Erasures.
func (s *Store) Footprint(ctx context.Context, conversation int64) (f handover.Footprint, err error) {
	b := &pgx.Batch{}
	b.Queue(`SELECT id FROM handoffs WHERE conversation_id = $1 ORDER BY id`, conversation).Query(func(rows pgx.Rows) (err error) {
		f.Handoffs, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	cards := func(into *[]handover.Card) func(pgx.Rows) error {
		return func(rows pgx.Rows) (err error) {
			*into, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (k handover.Card, err error) {
				return k, row.Scan(&k.ID, &k.Handoff, &k.Workspace, &k.Channel, &k.TS)
			})
			return err
		}
	}
	b.Queue(`SELECT k.id, k.handoff_id, k.workspace, k.channel, coalesce(k.ts, '') FROM cards k JOIN handoffs h ON h.id = k.handoff_id WHERE h.conversation_id = $1 ORDER BY k.id`, conversation).Query(cards(&f.Cards))
	b.Queue(`SELECT 0::bigint, 0::bigint, workspace, channel, ts FROM previews WHERE conversation_id = $1 AND ts IS NOT NULL`, conversation).Query(cards(&f.Previews))
	f.Files = map[string][]string{}
	b.Queue(`SELECT c.key, c.value FROM files f, jsonb_each_text(f.copies) c WHERE f.conversation_id = $1`, conversation).Query(func(rows pgx.Rows) error {
		var place, id string
		_, err := pgx.ForEachRow(rows, []any{&place, &id}, func() error { f.Files[place] = append(f.Files[place], id); return nil })
		return err
	})
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		return f, fmt.Errorf("footprint: %w", err)
	}
	return f, nil
}

// Purge implements handover.Erasures.
func (s *Store) Purge(ctx context.Context, r handover.Batch, e handover.Erasure) error {
	id := r.Conversation.ID
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		ours, err := tx.Exec(ctx, `SELECT FROM conversations WHERE id = $1 AND erasing FOR UPDATE`, id)
		if err != nil {
			return err
		}
		lane, err := tx.Exec(ctx, `DELETE FROM lanes WHERE conversation_id = $1 AND lane = $2 AND attempt = $3 AND leased_until IS NOT NULL`, id, handover.LaneErase, r.Attempt)
		if err != nil {
			return err
		}
		if ours.RowsAffected() == 0 || lane.RowsAffected() == 0 {
			return handover.ErrLeaseLost
		}
		b := &pgx.Batch{}
		audit(b, handover.AuditEntry{Who: "Deskbell", Deed: handover.DeedErased, Conversation: id})
		of := ` IN (SELECT id FROM handoffs WHERE conversation_id = $1)`
		for _, q := range []string{
			`DELETE FROM audit_subjects WHERE conversation_id = $1`,
			`INSERT INTO erased_threads (workspace, channel, ts) SELECT k.workspace, k.channel, k.ts FROM cards k JOIN handoffs h ON h.id = k.handoff_id WHERE h.conversation_id = $1 AND k.ts IS NOT NULL
				UNION SELECT workspace, channel, ts FROM previews WHERE conversation_id = $1 AND ts IS NOT NULL ON CONFLICT DO NOTHING`,
			`DELETE FROM drafts WHERE handoff_id` + of, `DELETE FROM notified WHERE handoff_id` + of, `DELETE FROM assignments WHERE handoff_id` + of, `DELETE FROM cards WHERE handoff_id` + of,
			`DELETE FROM effects WHERE conversation_id = $1`, `DELETE FROM timers WHERE conversation_id = $1`, `DELETE FROM lanes WHERE conversation_id = $1`,
			`DELETE FROM decisions WHERE conversation_id = $1`, `DELETE FROM previews WHERE conversation_id = $1`, `DELETE FROM limits WHERE key = $1::bigint::text`, `DELETE FROM files WHERE conversation_id = $1`,
			`DELETE FROM messages WHERE conversation_id = $1`, `DELETE FROM handoffs WHERE conversation_id = $1`, `DELETE FROM conversations WHERE id = $1`,
		} {
			b.Queue(q, id)
		}
		b.Queue(`DELETE FROM unmatched_lines l USING erased_threads e WHERE l.workspace = e.workspace AND l.channel = e.channel AND l.thread_ts = e.ts AND e.at = now()`) // behind the cards and watches: see keep
		b.Queue(`UPDATE erasures SET conversation_id = NULL, done_at = now(), left_over = $2 WHERE id = $1`, e.ID, e.Left)
		return tx.SendBatch(ctx, b).Close()
	})
	s.memory.forget(id)
	if err != nil && !errors.Is(err, handover.ErrLeaseLost) {
		err = fmt.Errorf("purge: %w", err)
	}
	return err
}

// Old implements handover.Ages.
func (s *Store) Old(ctx context.Context, r handover.Retention, n int) ([]handover.Old, error) {
	channels, kept := []string{}, []time.Duration{}
	for name, d := range maps.All(r.Channels) {
		channels, kept = append(channels, name), append(kept, d)
	}
	// What is kept for ever is as old as nothing can be. No index: it would cost every step something, and this is read once a night.
	rows, err := s.db.Query(ctx, `WITH r AS (SELECT * FROM unnest($1::text[], $2::interval[]) AS u (channel, kept))
		SELECT c.id, c.rev, c.channel, c.changed_at FROM conversations c LEFT JOIN r ON r.channel = c.channel
		WHERE c.state IN ('bot', 'closed') AND NOT c.erasing AND coalesce(r.kept, $3::interval) > '0' AND c.changed_at < now() - coalesce(r.kept, $3::interval)
		ORDER BY c.changed_at LIMIT $4`, channels, kept, r.Default, n)
	if err != nil {
		return nil, fmt.Errorf("old conversations: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o handover.Old, err error) {
		return o, row.Scan(&o.ID, &o.Rev, &o.Channel, &o.Changed)
	})
}

// turnFor is how long a process has a turn without saying that it goes on: another takes over when it is gone for so long.
const turnFor = 5 * time.Minute

// InTurn runs do unless another process has this turn; false: one has. do's context ends when the turn is lost.
func (s *Store) InTurn(ctx context.Context, name string, do func(context.Context) error) (ours bool, err error) {
	took, err := s.queue.Exec(ctx, `INSERT INTO turns AS t (name, until) VALUES ($1, now() + $2::interval) ON CONFLICT (name) DO UPDATE SET until = EXCLUDED.until WHERE t.until <= now()`, name, turnFor)
	if err != nil || took.RowsAffected() == 0 {
		return false, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		again := time.NewTicker(turnFor / 5)
		defer again.Stop()
		for last := time.Now(); ; {
			select {
			case <-ctx.Done():
				return
			case <-again.C:
			}
			if _, err := s.queue.Exec(ctx, `UPDATE turns SET until = now() + $2::interval WHERE name = $1`, name, turnFor); err == nil {
				last = time.Now()
			} else if time.Since(last) > turnFor {
				cancel()
			}
		}
	}()
	err = do(ctx)
	cancel()
	<-ended
	if _, e := s.queue.Exec(context.WithoutCancel(ctx), `UPDATE turns SET until = now() WHERE name = $1`, name); err == nil {
		err = e
	}
	return true, err
}

// Tidy deletes what is over: lines whose thread never came, uploads that no message has, console sessions.
func (s *Store) Tidy(ctx context.Context) error {
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM unmatched_lines WHERE at < now() - interval '7 days'`)
	b.Queue(`DELETE FROM erased_threads WHERE at < now() - interval '90 days'`)
	b.Queue(`DELETE FROM files WHERE message_id IS NULL AND at < now() - interval '1 day'`)
	b.Queue(`DELETE FROM console_sessions WHERE seen_at < now() - interval '14 days'`)
	b.Queue(`DELETE FROM erasures WHERE done_at < now() - interval '90 days'`)
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("tidy: %w", err)
	}
	return nil
}
