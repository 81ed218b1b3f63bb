package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

// maxRun is how many effects of a lane are given out at once: a platform merges what fits into one post.
const maxRun = 40

// chooseFree chooses lanes where nothing is limited.
const chooseFree = `
		WITH chosen AS (
			SELECT l.conversation_id, l.lane, l.leased_until IS NOT NULL AS lost FROM lanes l
			WHERE l.due_at <= now() AND l.lane = ANY($1) AND (l.leased_until IS NULL OR l.leased_until <= now())
			ORDER BY l.priority, l.due_at LIMIT $2 FOR UPDATE SKIP LOCKED),`

// chooseLimited chooses the most urgent lane of each limit that is free, and takes a place of it.
const chooseLimited = `
		WITH due AS (
			SELECT l.conversation_id, l.lane, row_number() OVER (PARTITION BY l.limit_name, l.limit_key ORDER BY l.priority, l.due_at) AS nth, l.priority, l.due_at
			FROM lanes l LEFT JOIN limits p ON p.name = l.limit_name AND p.key = l.limit_key
			WHERE l.due_at <= now() AND l.lane = ANY($1) AND (l.leased_until IS NULL OR l.leased_until <= now()) AND coalesce(p.next_at, '-infinity') <= now()),
		declared AS (SELECT * FROM unnest($5::text[], $6::interval[], $7::int[]) AS u (name, every, burst)),
		free AS (
			SELECT l.conversation_id, l.lane, l.leased_until IS NOT NULL AS lost FROM lanes l JOIN due USING (conversation_id, lane)
			WHERE l.limit_name NOT IN (SELECT name FROM declared)
				AND l.due_at <= now() AND (l.leased_until IS NULL OR l.leased_until <= now())
			ORDER BY due.priority, due.due_at LIMIT $2 FOR UPDATE OF l SKIP LOCKED),
		paced AS (
			SELECT l.conversation_id, l.lane, l.leased_until IS NOT NULL AS lost, p.name, p.key FROM lanes l JOIN due USING (conversation_id, lane) JOIN limits p ON p.name = l.limit_name AND p.key = l.limit_key
			WHERE due.nth = 1 AND l.limit_name IN (SELECT name FROM declared) AND p.next_at <= now()
				AND l.due_at <= now() AND (l.leased_until IS NULL OR l.leased_until <= now())
			ORDER BY due.priority, due.due_at LIMIT $2 FOR UPDATE OF l, p SKIP LOCKED),
		taken AS (
			UPDATE limits p SET next_at = greatest(p.next_at, now() - u.every * u.burst) + u.every FROM paced, declared u
			WHERE p.name = paced.name AND p.key = paced.key AND u.name = p.name),
		chosen AS (SELECT conversation_id, lane, lost FROM free UNION ALL SELECT conversation_id, lane, lost FROM paced LIMIT $2),`

// leased leases the chosen lanes and reads what they have to do.
const leased = `
		leased AS (
			UPDATE lanes l SET leased_until = now() + $3, attempt = l.attempt + 1, check_first = l.check_first OR f.lost
			FROM chosen f
			WHERE l.conversation_id = f.conversation_id AND l.lane = f.lane
			RETURNING l.conversation_id, l.lane, l.limit_name, l.limit_key, l.priority, l.attempt, l.failures, l.check_first)
		SELECT l.lane, l.limit_name, l.limit_key, l.attempt, l.failures, l.check_first, now() - coalesce(e.at, now()), coalesce(e.id, 0), coalesce(e.kind, ''), coalesce(e.handoff_id, 0), ` + conversationColumns + `,
			m.id IS NOT NULL, coalesce(m.id, 0), coalesce(m.conversation_id, 0), coalesce(m.handoff_id, 0), coalesce(m.sender, ''), coalesce(ma.id, 0), coalesce(ma.name, ''), coalesce(ma.title, ''), coalesce(ma.avatar, ''),
			coalesce(m.visibility, ''), coalesce(m.text, ''), coalesce(m.external_id, ''), coalesce(m.line_ts, ''), coalesce(m.edited_ts, ''), coalesce(m.seq, 0), coalesce(m.rev, 0), m.options, m.citations, m.files,
			coalesce(m.at, 'epoch'), coalesce(m.edited, false), coalesce(m.deleted, false), coalesce(m.failure, '')
		FROM leased l
		JOIN ` + conversationJoins + ` ON c.id = l.conversation_id
		LEFT JOIN LATERAL (SELECT * FROM effects e WHERE e.conversation_id = l.conversation_id AND e.lane = l.lane AND e.failed_at IS NULL ORDER BY e.id LIMIT $4) e ON true
		LEFT JOIN messages m ON m.id = e.message_id LEFT JOIN agents ma ON ma.id = m.agent_id
		ORDER BY l.priority, l.conversation_id, l.lane, e.id`

// Lease implements handover.Queue. Of the lanes that wait for one limit the most urgent is chosen, and the limit's row is locked
// with it: two processes cannot take the same place. A lane whose last lease ended without a word was lost: Look is set.
func (s *Store) Lease(ctx context.Context, lanes []string, n int, lease time.Duration, limits []handover.Limit) ([]handover.Batch, error) {
	names, every, burst := make([]string, len(limits)), make([]time.Duration, len(limits)), make([]int32, len(limits))
	for i, p := range limits {
		names[i], every[i], burst[i] = p.Name, p.Every, int32(p.Burst)
	}
	args := []any{lanes, n, lease, maxRun}
	with := chooseFree
	if len(limits) > 0 {
		with, args = chooseLimited, append(args, names, every, burst)
	}
	rows, err := s.queue.Query(ctx, with+leased, args...)
	if err != nil {
		return nil, fmt.Errorf("lease lanes: %w", err)
	}
	defer rows.Close()
	var runs []handover.Batch
	mixed := false
	for rows.Next() {
		var r handover.Batch
		var e handover.Effect
		var about bool
		fields := append([]any{&r.Lane, &e.Limit.Name, &e.Limit.Key, &r.Attempt, &r.Failures, &r.CheckFirst, &r.Age, &e.ID, &e.Kind, &e.Handoff}, conversationFields(&r.Conversation)...)
		if err := rows.Scan(append(append(fields, &about), messageFields(&e.Message)...)...); err != nil {
			return nil, fmt.Errorf("lease lanes: %w", err)
		}
		last := len(runs) - 1
		if last < 0 || runs[last].Conversation.ID != r.Conversation.ID || runs[last].Lane != r.Lane {
			r.Kind, mixed = e.Kind, false
			if e.ID != 0 { // none when it was saved while we looked: the lane comes again
				r.Effects = []handover.Effect{e}
			}
			runs = append(runs, r)
			continue
		}
		head := &runs[last]
		mixed = mixed || head.Kind != e.Kind || head.Effects[0].Handoff != e.Handoff // the rest is for the next lease
		if !mixed {
			head.Effects = append(head.Effects, e)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("lease lanes: %w", err)
	}
	return runs, nil
}

func ids(r handover.Batch) []int64 {
	ids := make([]int64, len(r.Effects))
	for i, e := range r.Effects {
		ids[i] = e.ID
	}
	return ids
}

// swept plans a sweep with what l, the lane as it was given back, says: $1 is the conversation, $4 the handoff whose posts may have copies if its lane was
// taken over, $5 whether they may have anyhow.
const swept = `
		s AS (INSERT INTO timers (conversation_id, handoff_id, kind, subject, due_at)
			SELECT c.id, $4::bigint, 'sweep', $4::bigint, now() + $6 FROM conversations c WHERE c.id = $1 AND NOT c.erasing AND $4::bigint > 0 AND ($5::bool OR NOT EXISTS (SELECT FROM l))
			ON CONFLICT (conversation_id, kind, subject) DO UPDATE SET due_at = EXCLUDED.due_at)`

// ended are a run's arguments for a statement that gives its lane back: $1 … $8; checked: whether it is over and had to check first.
func ended(r handover.Batch, checked bool) []any {
	posted := int64(0)
	if r.Kind.Posts() && len(r.Effects) > 0 {
		posted = r.Effects[0].Handoff
	}
	return []any{r.Conversation.ID, r.Lane, r.Attempt, posted, checked, handover.SweepAfter, len(r.Effects), ids(r)}
}

// Done implements handover.Queue.
func (s *Store) Done(ctx context.Context, r handover.Batch) (more bool, err error) {
	err = s.queue.QueryRow(ctx, `
		WITH l AS (
			UPDATE lanes SET leased_until = NULL, queued = queued - $7, failures = 0, check_first = false, error = '',
				due_at = CASE WHEN queued - $7 > 0 THEN now() ELSE 'infinity' END
			WHERE conversation_id = $1 AND lane = $2 AND attempt = $3 AND leased_until IS NOT NULL RETURNING queued),
		d AS (DELETE FROM effects WHERE id = ANY($8) AND EXISTS (SELECT FROM l)),`+swept+`
		SELECT queued > 0 FROM l`, ended(r, r.CheckFirst)...).Scan(&more)
	return more, lost(err)
}

// Fail implements handover.Queue.
func (s *Store) Fail(ctx context.Context, r handover.Batch, cause string) error {
	var more bool
	err := s.queue.QueryRow(ctx, `
		WITH l AS (
			UPDATE lanes SET leased_until = NULL, queued = queued - $7, failures = 0, check_first = false, error = $9,
				due_at = CASE WHEN queued - $7 > 0 THEN now() ELSE 'infinity' END
			WHERE conversation_id = $1 AND lane = $2 AND attempt = $3 AND leased_until IS NOT NULL RETURNING queued),
		f AS (UPDATE effects SET failed_at = now(), error = $9 WHERE id = ANY($8) AND EXISTS (SELECT FROM l)),`+swept+`
		SELECT queued > 0 FROM l`, append(ended(r, r.CheckFirst), cause)...).Scan(&more)
	return lost(err)
}

// Retry implements handover.Queue.
func (s *Store) Retry(ctx context.Context, r handover.Batch, b handover.Backoff) error {
	if b.Limit.Name != "" {
		if _, err := s.queue.Exec(ctx, `INSERT INTO limits AS p (name, key, next_at) VALUES ($1, $2, now() + $3) ON CONFLICT (name, key) DO UPDATE SET next_at = greatest(p.next_at, EXCLUDED.next_at)`, b.Limit.Name, b.Limit.Key, b.Wait); err != nil {
			return fmt.Errorf("move limit: %w", err)
		}
	}
	var more bool
	err := s.queue.QueryRow(ctx, `
		WITH l AS (
			UPDATE lanes SET leased_until = NULL, due_at = now() + $7, failures = failures + CASE WHEN $8 THEN 1 ELSE 0 END, check_first = check_first OR $9, error = $10
			WHERE conversation_id = $1 AND lane = $2 AND attempt = $3 AND leased_until IS NOT NULL RETURNING true AS given),`+swept+`
		SELECT given FROM l`, append(ended(r, false)[:6], b.After, b.Failed, b.CheckFirst, b.Cause)...).Scan(&more)
	return lost(err)
}

// Resume lets everything that waits for a workspace be tried at once: it takes what it refused before.
func (s *Store) Resume(ctx context.Context, workspace string) error {
	b := &pgx.Batch{}
	b.Queue(`UPDATE limits SET next_at = now() WHERE (key = $1 OR starts_with(key, $1 || ' ')) AND next_at > now()`, workspace)
	b.Queue(`UPDATE lanes SET due_at = now() WHERE (limit_key = $1 OR starts_with(limit_key, $1 || ' ')) AND queued > 0 AND due_at > now() AND due_at <> 'infinity' AND leased_until IS NULL`, workspace)
	if err := s.queue.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	return nil
}

func lost(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return handover.ErrLeaseLost
	}
	return err
}
