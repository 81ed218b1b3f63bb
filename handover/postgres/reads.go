package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

func (s *Store) one(ctx context.Context, cond string, args ...any) (c handover.Conversation, err error) {
	err = s.db.QueryRow(ctx, `SELECT `+conversationColumns+` FROM `+conversationJoins+` WHERE NOT c.erasing AND `+cond, args...).Scan(conversationFields(&c)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, handover.ErrUnknown
	}
	return c, err
}

// Find returns the conversation with a contact on a channel; ErrUnknown when there is none.
func (s *Store) Find(ctx context.Context, channel, customer string) (handover.Conversation, error) {
	return s.one(ctx, `c.channel = $1 AND c.customer = $2`, channel, customer)
}

// Get returns a conversation; ErrUnknown when there is none.
func (s *Store) Get(ctx context.Context, id int64) (handover.Conversation, error) {
	return s.one(ctx, `c.id = $1`, id)
}

// OfHandoff returns the conversation of a handoff, which may be an earlier one; ErrUnknown when there is none.
func (s *Store) OfHandoff(ctx context.Context, handoff int64) (handover.Conversation, error) {
	var c handover.Conversation
	err := s.db.QueryRow(ctx, `SELECT `+conversationColumns+` FROM handoffs h JOIN conversations c ON c.id = h.conversation_id LEFT JOIN agents a ON a.id = h.agent_id
		LEFT JOIN LATERAL (SELECT * FROM cards k WHERE k.handoff_id = h.id ORDER BY k.closed_at DESC NULLS FIRST LIMIT 1) k ON true WHERE h.id = $1 AND NOT c.erasing`, handoff).
		Scan(conversationFields(&c)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, handover.ErrUnknown
	}
	return c, err
}

// Since returns what a customer may see of a conversation and that changed after rev, in order of Rev: the first limit of
// them or, with a negative limit, the last.
func (s *Store) Since(ctx context.Context, conversation, rev int64, limit int) (c handover.Conversation, messages []handover.Message, err error) {
	b := &pgx.Batch{}
	// The conversation first: messages read after it are at least as new, so a reader that goes on from c.Rev misses nothing.
	b.Queue(`SELECT `+conversationColumns+` FROM `+conversationJoins+` WHERE c.id = $1 AND NOT c.erasing`, conversation).QueryRow(func(row pgx.Row) error {
		return row.Scan(conversationFields(&c)...)
	})
	order := `m.rev`
	if limit < 0 {
		order, limit = `m.rev DESC`, -limit
	}
	b.Queue(`SELECT * FROM (SELECT `+messageColumns+` FROM `+messageJoins+` WHERE m.conversation_id = $1 AND m.rev > $2 ORDER BY `+order+` LIMIT $3) x ORDER BY 15`, conversation, rev, limit).Query(func(rows pgx.Rows) (err error) {
		messages, err = scanMessages(rows)
		return err
	})
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return c, nil, handover.ErrUnknown
		}
		return c, nil, fmt.Errorf("read changes: %w", err)
	}
	for len(messages) > 0 && messages[len(messages)-1].Rev > c.Rev { // committed between the two: next time
		messages = messages[:len(messages)-1]
	}
	return c, messages, nil
}

// pageBytes is how much text a page of changes has, unless its first message has more.
const pageBytes = 32 << 10

// Page is Since in pieces of a few dozen KiB: the first of the changes after rev, none older than the newest so many; more says that there
// are others.
func (s *Store) Page(ctx context.Context, conversation, rev int64, newest int) (c handover.Conversation, messages []handover.Message, more bool, err error) {
	b := &pgx.Batch{}
	b.Queue(`SELECT `+conversationColumns+` FROM `+conversationJoins+` WHERE c.id = $1 AND NOT c.erasing`, conversation).QueryRow(func(row pgx.Row) error { // first, as in Since
		return row.Scan(conversationFields(&c)...)
	})
	b.Queue(`WITH start AS (SELECT greatest($2, coalesce((SELECT rev - 1 FROM messages WHERE conversation_id = $1 AND rev IS NOT NULL ORDER BY rev DESC OFFSET $3 - 1 LIMIT 1), 0)) AS rev),
			page AS (SELECT id, sum(octet_length(text)) OVER (ORDER BY rev) - octet_length(text) AS before FROM messages WHERE conversation_id = $1 AND rev > (SELECT rev FROM start) ORDER BY rev LIMIT 200)
		SELECT `+messageColumns+` FROM `+messageJoins+` JOIN page ON page.id = m.id WHERE page.before < $4 ORDER BY m.rev`, conversation, rev, newest, pageBytes).Query(func(rows pgx.Rows) (err error) {
		messages, err = scanMessages(rows)
		return err
	})
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return c, nil, false, handover.ErrUnknown
		}
		return c, nil, false, fmt.Errorf("read changes: %w", err)
	}
	size := 0
	for len(messages) > 0 && messages[len(messages)-1].Rev > c.Rev { // committed between the two: next time
		messages = messages[:len(messages)-1]
	}
	for _, m := range messages {
		size += len(m.Text)
	}
	return c, messages, len(messages) == 200 || size >= pageBytes, nil
}

// Transcript returns all messages after seq, notes among them, in the order they were written.
func (s *Store) Transcript(ctx context.Context, conversation, after int64) ([]handover.Message, error) {
	rows, err := s.db.Query(ctx, `SELECT `+messageColumns+` FROM `+messageJoins+` WHERE m.conversation_id = $1 AND (m.seq > $2 OR m.seq IS NULL AND m.id > coalesce(
		(SELECT max(id) FROM messages WHERE conversation_id = $1 AND seq <= $2), 0)) ORDER BY m.id`, conversation, after)
	if err != nil {
		return nil, fmt.Errorf("transcript: %w", err)
	}
	return scanMessages(rows)
}

// Recent returns what was said in public after seq and not taken back, in the customer's order: the newest MostRead bytes of it.
// Each message counts for 100 bytes more than its text.
func (s *Store) Recent(ctx context.Context, conversation, after int64) ([]handover.Message, error) {
	rows, err := s.db.Query(ctx, `SELECT `+messageColumns+` FROM `+messageJoins+` WHERE m.conversation_id = $1 AND m.seq > coalesce(
		(SELECT max(r.seq) FROM (SELECT seq, sum(octet_length(text) + 100) OVER (ORDER BY seq DESC) AS total FROM messages WHERE conversation_id = $1 AND seq > $2 ORDER BY seq DESC LIMIT $3) r WHERE r.total > $4), $2)
		AND NOT m.deleted ORDER BY m.seq`, conversation, after, handover.MostRead/100, handover.MostRead)
	if err != nil {
		return nil, fmt.Errorf("recent messages: %w", err)
	}
	return scanMessages(rows)
}

// Queue returns the open conversations for the team, waiting ones first; with live, also those the bot holds.
func (s *Store) Queue(ctx context.Context, live bool) ([]handover.Conversation, error) {
	rows, err := s.db.Query(ctx, `SELECT `+conversationColumns+` FROM `+conversationJoins+`
		WHERE h.state IN ('waiting', 'claimed') OR $1 AND c.state = 'bot' AND c.seq > 0 AND c.changed_at > now() - interval '30 minutes'
		ORDER BY array_position(ARRAY['waiting', 'claimed', 'bot'], c.state), h.priority DESC, h.requested_at, c.changed_at DESC LIMIT 200`, live)
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c handover.Conversation, err error) {
		return c, row.Scan(conversationFields(&c)...)
	})
}

// Held returns the conversations that an agent holds, the longest held first.
func (s *Store) Held(ctx context.Context, agent int64) ([]handover.Conversation, error) {
	return s.list(ctx, `h.state = 'claimed' AND h.agent_id = $1 ORDER BY h.claimed_at`, agent)
}

// OfTeam returns the open conversations of a team.
func (s *Store) OfTeam(ctx context.Context, team string) ([]handover.Conversation, error) {
	return s.list(ctx, `h.state <> 'closed' AND h.team = $1 ORDER BY h.requested_at`, team)
}

func (s *Store) list(ctx context.Context, where string, arg any) ([]handover.Conversation, error) {
	rows, err := s.db.Query(ctx, `SELECT `+conversationColumns+` FROM `+conversationJoins+` WHERE `+where, arg)
	if err != nil {
		return nil, fmt.Errorf("list conversations: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c handover.Conversation, err error) {
		return c, row.Scan(conversationFields(&c)...)
	})
}

// Wait says how many wait up to and with this handoff, and the usual wait; zeros when not known.
// The usual wait is the middle half of the last 20 claims of a day, when there are 5.
func (s *Store) Wait(ctx context.Context, h handover.Handoff) (w handover.Wait, err error) {
	if h.State != handover.Waiting {
		return w, nil
	}
	var l, u *float64
	err = s.db.QueryRow(ctx, `
		WITH w AS (SELECT extract(epoch FROM claimed_at - requested_at)::float8 AS s FROM handoffs WHERE claimed_at > now() - interval '1 day' AND reason <> 'agent_initiated' ORDER BY claimed_at DESC LIMIT 20)
		SELECT (SELECT count(*) FROM handoffs WHERE state = 'waiting' AND team = $1 AND (priority > $2 OR priority = $2 AND requested_at <= $3)),
			(SELECT CASE WHEN count(*) >= 5 THEN percentile_cont(0.25) WITHIN GROUP (ORDER BY s) END FROM w),
			(SELECT CASE WHEN count(*) >= 5 THEN percentile_cont(0.75) WITHIN GROUP (ORDER BY s) END FROM w)`, h.Team, h.Priority, h.RequestedAt).Scan(&w.Position, &l, &u)
	if err == nil && l != nil && u != nil {
		w.Low, w.High = time.Duration(*l*float64(time.Second)), time.Duration(*u*float64(time.Second))
	}
	return w, err
}

// Revs returns the Rev of each of the conversations.
func (s *Store) Revs(ctx context.Context, conversations []int64) (map[int64]int64, error) {
	revs := make(map[int64]int64, len(conversations))
	rows, err := s.db.Query(ctx, `SELECT id, rev FROM conversations WHERE id = ANY($1)`, conversations)
	if err != nil {
		return nil, fmt.Errorf("read revs: %w", err)
	}
	var id, rev int64
	_, err = pgx.ForEachRow(rows, []any{&id, &rev}, func() error { revs[id] = rev; return nil })
	return revs, err
}

// ClosedCards returns the cards that a handoff left behind when it was transferred.
func (s *Store) ClosedCards(ctx context.Context, handoff int64) ([]handover.Card, error) {
	rows, err := s.db.Query(ctx, `SELECT id, handoff_id, workspace, channel, ts FROM cards WHERE handoff_id = $1 AND closed_at IS NOT NULL AND ts IS NOT NULL ORDER BY id`, handoff)
	if err != nil {
		return nil, fmt.Errorf("closed cards: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (k handover.Card, err error) {
		k.Closed = true
		return k, row.Scan(&k.ID, &k.Handoff, &k.Workspace, &k.Channel, &k.TS)
	})
}

// OfThread returns the conversation in whose card's thread a line stands, with that card's handoff; ErrUnknown when there is none.
func (s *Store) OfThread(ctx context.Context, p handover.Place, ts string) (handover.Conversation, error) {
	var handoff int64
	err := s.db.QueryRow(ctx, `SELECT handoff_id FROM cards WHERE workspace = $1 AND channel = $2 AND ts = $3`, p.Workspace, p.Channel, ts).Scan(&handoff)
	if errors.Is(err, pgx.ErrNoRows) {
		return handover.Conversation{}, handover.ErrUnknown
	}
	if err != nil {
		return handover.Conversation{}, fmt.Errorf("thread: %w", err)
	}
	return s.OfHandoff(ctx, handoff)
}

// Figures counts the handoffs of the last while.
func (s *Store) Figures(ctx context.Context, since time.Duration) (f handover.Figures, err error) {
	var wait, score float64
	err = s.db.QueryRow(ctx, `SELECT count(*)::int, count(*) FILTER (WHERE claimed_at IS NOT NULL)::int, count(*) FILTER (WHERE outcome = 'resolved')::int, count(*) FILTER (WHERE outcome = 'cancelled')::int,
			count(*) FILTER (WHERE label = 'not_a_handoff')::int, coalesce(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY claimed_at - requested_at) FILTER (WHERE reason <> 'agent_initiated')), 0)::float8,
			coalesce(avg(score) FILTER (WHERE score > 0), 0)::float8
		FROM handoffs WHERE requested_at > now() - $1::interval`, since).Scan(&f.Handoffs, &f.Claimed, &f.Resolved, &f.Cancelled, &f.NotAHandoff, &wait, &score)
	f.Wait, f.Score = time.Duration(wait*float64(time.Second)), score
	return f, err
}
