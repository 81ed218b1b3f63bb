// Package postgres is handover's Store and Queue on PostgreSQL: it locks, applies and commits.
package postgres

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/pg"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the desk's tables.
func Migrations() pg.Migrations {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	return pg.Migrations{Table: "deskbell_handover_version", Files: sub}
}

// Store is a handover.Store and a handover.Queue.
type Store struct {
	db     *pgxpool.Pool
	queue  *pgxpool.Pool // for the worker's queue, timers and health
	crowd  crowd
	memory *memory
	limits sync.Map // keys whose row is there: such rows are never deleted
}

var (
	_ handover.Store = (*Store)(nil)
	_ handover.Queue = (*Store)(nil)
)

// New returns a store over db, whose tables must have been migrated. The worker's queue has a pool of its own, so that it goes on however
// busy db is; it may be the same.
func New(db, queue *pgxpool.Pool) *Store {
	return &Store{db: db, queue: queue, crowd: crowd{at: map[any]*gate{}}, memory: newMemory()}
}

const conversationColumns = `c.id, c.channel, c.customer, c.push, c.contact, c.language, c.page_url, c.state, c.rev, c.state_rev, c.seq, c.last_customer,
	c.episode, c.answered, c.offers, c.offered, c.seen, c.topic, c.erasing,
	coalesce(h.id, 0), coalesce(h.previous_id, 0), coalesce(h.team, ''), coalesce(h.reason, ''), h.why, h.brief, h.topic, coalesce(h.priority, 0), coalesce(h.state, ''),
	coalesce(h.outcome, ''), coalesce(h.requested_at, 'epoch'), coalesce(h.claimed_at, 'epoch'), coalesce(h.ended_at, 'epoch'), coalesce(h.passed_on, false),
	coalesce(h.introduced, false), coalesce(h.score, 0), coalesce(h.comment, ''), coalesce(h.label, ''), coalesce(h.snoozed_until, 'epoch'),
	coalesce(a.id, 0), coalesce(a.name, ''), coalesce(a.title, ''), coalesce(a.avatar, ''),
	coalesce(k.id, 0), coalesce(k.handoff_id, 0), coalesce(k.workspace, ''), coalesce(k.channel, ''), coalesce(k.ts, ''), k.closed_at IS NOT NULL`

const conversationJoins = ` conversations c LEFT JOIN handoffs h ON h.id = c.handoff_id LEFT JOIN agents a ON a.id = h.agent_id
	LEFT JOIN cards k ON k.handoff_id = h.id AND k.closed_at IS NULL `

func conversationFields(c *handover.Conversation) []any {
	h := &c.Handoff
	return []any{
		&c.ID, &c.Channel, &c.Customer, &c.Push, &c.Contact, &c.Language, &c.PageURL, &c.State, &c.Rev, &c.StateRev, &c.Seq, &c.LastCustomer,
		&c.Episode, &c.Answered, &c.Offers, &c.Offered, &c.Seen, &c.Topic, &c.Erasing,
		&h.ID, &h.Previous, &h.Team, &h.Reason, &h.Why, &h.Brief, &h.Topic, &h.Priority, &h.State,
		&h.Outcome, &h.RequestedAt, &h.ClaimedAt, &h.EndedAt, &h.PassedOn,
		&h.Introduced, &h.Score, &h.Comment, &h.Label, &h.SnoozedUntil,
		&h.Agent.ID, &h.Agent.Name, &h.Agent.Title, &h.Agent.Avatar,
		&h.Card.ID, &h.Card.Handoff, &h.Card.Workspace, &h.Card.Channel, &h.Card.TS, &h.Card.Closed,
	}
}

const messageColumns = `m.id, m.conversation_id, coalesce(m.handoff_id, 0), m.sender, coalesce(ma.id, 0), coalesce(ma.name, ''), coalesce(ma.title, ''), coalesce(ma.avatar, ''),
	m.visibility, m.text, coalesce(m.external_id, ''), m.line_ts, m.edited_ts, coalesce(m.seq, 0), coalesce(m.rev, 0), m.options, m.citations, m.files, m.at, m.edited, m.deleted, m.failure`

const messageJoins = ` messages m LEFT JOIN agents ma ON ma.id = m.agent_id `

func messageFields(m *handover.Message) []any {
	return []any{
		&m.ID, &m.Conversation, &m.Handoff, &m.From, &m.Agent.ID, &m.Agent.Name, &m.Agent.Title, &m.Agent.Avatar,
		&m.Visibility, &m.Text, &m.ExternalID, &m.LineTS, &m.EditedTS, &m.Seq, &m.Rev, &m.Choices, &m.Citations, &m.Files, &m.At, &m.Edited, &m.Deleted, &m.Failure,
	}
}

func scanMessages(rows pgx.Rows) ([]handover.Message, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m handover.Message, err error) {
		return m, row.Scan(messageFields(&m)...)
	})
}

// where returns the condition on conversations c that a ref is, with its arguments. What its subqueries read never changes,
// so that waiting for the lock cannot make them stale.
func where(a handover.Ref) (string, []any) {
	switch {
	case a.ID != 0:
		return `c.id = $1`, []any{a.ID}
	case a.Channel != "":
		return `c.channel = $1 AND c.customer = $2`, []any{a.Channel, a.Customer}
	case a.Handoff != 0:
		return `c.id = (SELECT conversation_id FROM handoffs WHERE id = $1)`, []any{a.Handoff}
	default:
		return `c.id = (SELECT h.conversation_id FROM cards k JOIN handoffs h ON h.id = k.handoff_id WHERE k.workspace = $1 AND k.channel = $2 AND k.ts = $3)`,
			[]any{a.Card.Workspace, a.Card.Channel, a.Card.TS}
	}
}

// basis is what a step is decided on.
type basis int

const (
	remembered basis = iota // what this process saved last: no reading
	fresh                   // what one statement reads
	locked                  // what is read under the row's lock: nobody comes between
)

// errNotRemembered means that a step must read.
var errNotRemembered = errors.New("not remembered")

// Update implements handover.Store: in one round trip, which checks that nobody came between and saves; in two where it must
// read first; and under the row's lock where it lost a race, opens a conversation, or reads in several statements.
func (s *Store) Update(ctx context.Context, ref handover.Ref, decide func(handover.Turn) (handover.Change, error)) (handover.Saved, error) {
	on := remembered
	leave, err := s.crowd.enter(ctx, s.memory.called(ref))
	if err != nil {
		return handover.Saved{}, err
	}
	defer leave()
	if ref.Open != nil || ref.Message != "" || ref.Pending {
		on = locked
	}
	for try := 0; ; try++ {
		saved, err := s.update(ctx, ref, on, decide)
		// Another step came between, or another first step of one account: now its work is seen.
		var pgErr *pgconn.PgError
		collided := errors.As(err, &pgErr) && (pgErr.Code == "40001" || pgErr.Code == "23505" && pgErr.TableName == "agent_accounts")
		if try == 5 || !collided && !errors.Is(err, errNotRemembered) {
			return saved, err
		}
		on = min(on+1, locked)
	}
}

func (s *Store) update(ctx context.Context, ref handover.Ref, on basis, decide func(handover.Turn) (handover.Change, error)) (saved handover.Saved, err error) {
	var c handover.Turn
	var version int64
	at := time.Now()
	if on == remembered {
		known := false
		if c, version, at, known = s.memory.recall(ref); !known {
			return saved, errNotRemembered
		}
	}
	conn, err := s.acquire(ctx)
	if err != nil {
		return saved, fmt.Errorf("connect: %w", err)
	}
	defer conn.Release()
	open := on == locked
	defer func() {
		if open && !conn.Conn().IsClosed() {
			if _, e := conn.Exec(context.WithoutCancel(ctx), "ROLLBACK"); e != nil {
				_ = conn.Conn().Close(context.WithoutCancel(ctx))
			}
		}
	}()
	if on != remembered {
		if c, version, err = read(ctx, conn, ref, on == locked); err != nil {
			return saved, err
		}
	}
	ch, err := decide(c)
	nothing := err == nil && ref.Open == nil && ch.Nothing(c)
	switch {
	case on == remembered && (err != nil || nothing): // it may be old
		return saved, errNotRemembered
	case nothing:
		return handover.Saved{Conversation: c.Conversation, Actor: c.Actor, Thread: c.ThreadCard, Before: c.Rev}, nil
	case err != nil: // a repeat of what was allowed then
		if again, is, e := first(ctx, conn, c, ref.Key); is || e != nil {
			return again, e
		}
		return saved, err
	}
	b, now, next := &pgx.Batch{}, c.Now, int64(0) // one transaction
	check(b, ref, on, ch.Next, version, &now, &next)
	saved = s.save(b, c, ch)
	if open {
		b.Queue("COMMIT")
	}
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		s.memory.forget(c.ID)
		// A repeat is told by the unique index, so that the others need not look.
		var pgErr *pgconn.PgError
		if errors.As(err, &pgErr) && pgErr.ConstraintName == "messages_conversation_id_external_id_key" {
			if open {
				if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
					return handover.Saved{}, fmt.Errorf("roll back: %w", err)
				}
				open = false
			}
			if again, is, e := first(ctx, conn, c, ref.Key); is || e != nil {
				return again, e
			}
		}
		return handover.Saved{}, fmt.Errorf("save conversation: %w", err)
	}
	open = false
	s.memory.keep(ref, c, version+1, at, ch, now, next)
	for _, e := range ch.Effects {
		if e.Kind.Lane() != handover.LaneCustomer { // there are as many of a customer's as conversations
			s.limits.LoadOrStore(e.Limit, true)
		}
	}
	return saved, nil
}

// patience is how long a step waits for a connection, or for its turn.
const patience = 4 * time.Second

// acquire is a connection, or an error soon.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.db.Acquire(ctx)
}

// check queues the conversation's row, which is refused if it is of another version than the one decided on, or is there no more. It tells the
// time and the ids for the next step.
func check(b *pgx.Batch, ref handover.Ref, on basis, next handover.Conversation, version int64, now *time.Time, ids *int64) {
	same, args := `version = $2`, []any{next.ID, version, next.Language, next.PageURL, next.State, next.Rev, next.StateRev, next.Seq, next.LastCustomer, next.Episode, next.Offers, next.Seen, next.Handoff.ID, next.Offered, next.Answered, next.Topic, next.Erasing}
	if on == remembered && ref.Card.TS != "" { // nor may there be what read would have found beside the row
		same += ` AND NOT EXISTS (SELECT FROM unmatched_lines l WHERE l.workspace = $18 AND l.channel = $19 AND l.ts = $20 AND l.kind <> 'written')`
		args = append(args, ref.Card.Workspace, ref.Card.Channel, lineTS(ref))
	}
	b.Queue(`WITH saved AS (UPDATE conversations SET version = version + 1, language = $3, page_url = $4, state = $5, rev = $6, state_rev = $7,
			seq = $8, last_customer = $9, episode = $10, offers = $11, seen = $12, handoff_id = nullif($13, 0), offered = $14, answered = $15, topic = $16, erasing = $17, changed_at = now()
			WHERE id = $1 AND `+same+` RETURNING id)
		SELECT now(), CASE WHEN EXISTS (SELECT FROM saved) THEN nextval('ids') ELSE collided() END`, args...).QueryRow(func(row pgx.Row) error { return row.Scan(now, ids) })
}

// lineTS is the ts in the key of a line.
func lineTS(a handover.Ref) string { return a.Key[strings.LastIndexByte(a.Key, ':')+1:] }

// read is the first round trip: what decide must see, and the version that it is. Locked, it begins a transaction, opens if
// asked to, and locks; reading is a statement after the lock then, because one that waits for it would see the rows from before.
func read(ctx context.Context, conn *pgxpool.Conn, a handover.Ref, locked bool) (c handover.Turn, version int64, err error) {
	b := &pgx.Batch{}
	if locked {
		b.Queue("BEGIN")
	}
	cond, args := where(a)
	if o := a.Open; o != nil {
		b.Queue(`INSERT INTO conversations (id, channel, customer, push, contact, language, page_url)
			VALUES (nextval('ids'), $1, $2, $3, $4, $5, $6) ON CONFLICT (channel, customer) DO NOTHING`,
			o.Channel, o.Customer, o.Push, o.Contact, o.Language, o.PageURL)
	}
	if locked {
		b.Queue(`SELECT FROM conversations c WHERE `+cond+` FOR NO KEY UPDATE`, args...)
	}
	found, kept := false, false
	columns, joins, extra := conversationColumns, conversationJoins, []any{}
	fields := append([]any{&c.Now, &c.FreeID, &version}, conversationFields(&c.Conversation)...)
	n := len(args)
	arg := func(v any) string {
		extra = append(extra, v)
		return fmt.Sprintf("$%d", n+len(extra))
	}
	if a.Actor != (handover.Account{}) {
		x := `(SELECT x.agent_id FROM agent_accounts x WHERE x.workspace = ` + arg(a.Actor.Workspace) + ` AND x.external = ` + arg(a.Actor.External) + `)`
		if a.Actor.ID != 0 {
			x, extra = "$"+fmt.Sprint(n+1), []any{a.Actor.ID}
		}
		columns += `, coalesce(g.id, 0), coalesce(g.name, ''), coalesce(g.title, ''), coalesce(g.avatar, '')`
		joins += ` LEFT JOIN agents g ON g.id = ` + x
		fields = append(fields, &c.Actor.ID, &c.Actor.Name, &c.Actor.Title, &c.Actor.Avatar)
	}
	handoff := `c.handoff_id`
	if a.Card.TS != "" {
		columns += `, thread.id, thread.handoff_id, thread.workspace, thread.channel, thread.ts, thread.closed_at IS NOT NULL,
			EXISTS (SELECT FROM unmatched_lines l WHERE l.workspace = $1 AND l.channel = $2 AND l.ts = ` + arg(lineTS(a)) + ` AND l.kind <> 'written')`
		joins += ` JOIN cards thread ON thread.workspace = $1 AND thread.channel = $2 AND thread.ts = $3`
		fields = append(fields, &c.ThreadCard.ID, &c.ThreadCard.Handoff, &c.ThreadCard.Workspace, &c.ThreadCard.Channel, &c.ThreadCard.TS, &c.ThreadCard.Closed, &kept)
		handoff = `thread.handoff_id`
	}
	if a.Pending || a.Card.TS != "" {
		columns += `, (SELECT jsonb_agg(jsonb_build_object('ID', t.id, 'Agent', t.agent_id, 'Workspace', t.workspace, 'Since', t.since_ts, 'Until', t.until_ts, 'Open', t.open) ORDER BY t.id) FROM assignments t WHERE t.handoff_id = ` + handoff + `)`
		fields = append(fields, &c.Assignments)
	}
	b.Queue(`SELECT now(), nextval('ids'), c.version, `+columns+` FROM `+joins+` WHERE `+cond, append(slices.Clone(args), extra...)...).QueryRow(func(row pgx.Row) error {
		err := row.Scan(fields...)
		if found = err == nil; errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	this := `(SELECT c.id FROM conversations c WHERE ` + cond + `)`
	if a.Message != "" {
		b.Queue(fmt.Sprintf(`SELECT `+messageColumns+` FROM `+messageJoins+` WHERE m.conversation_id = %s AND m.external_id = $%d`, this, n+1), append(slices.Clone(args), a.Message)...).Query(func(rows pgx.Rows) error {
			lines, err := scanMessages(rows)
			if len(lines) > 0 {
				c.Message = &lines[0]
			}
			return err
		})
	}
	if a.Pending {
		b.Queue(`SELECT `+messageColumns+` FROM `+messageJoins+` WHERE m.conversation_id = `+this+` AND m.visibility = 'pending' ORDER BY m.line_ts, m.id`, args...).Query(func(rows pgx.Rows) (err error) {
			c.Pending, err = scanMessages(rows)
			return err
		})
	}
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return c, 0, fmt.Errorf("read conversation: %w", err)
	}
	if !found {
		return c, 0, handover.ErrUnknown
	}
	if kept { // rare: a third round trip
		rows, err := conn.Query(ctx, `SELECT line FROM unmatched_lines WHERE workspace = $1 AND channel = $2 AND ts = $3 AND kind <> 'written' ORDER BY kind DESC, edited_ts`,
			a.Card.Workspace, a.Card.Channel, lineTS(a))
		if err != nil {
			return c, 0, fmt.Errorf("read kept lines: %w", err)
		}
		if c.Waiting, err = pgx.CollectRows(rows, pgx.RowTo[handover.Line]); err != nil {
			return c, 0, fmt.Errorf("read kept lines: %w", err)
		}
	}
	return c, version, nil
}

// first looks for what the first of several repeats saved.
func first(ctx context.Context, conn *pgxpool.Conn, c handover.Turn, key string) (handover.Saved, bool, error) {
	if key == "" {
		return handover.Saved{}, false, nil
	}
	rows, err := conn.Query(ctx, `SELECT `+messageColumns+` FROM `+messageJoins+` WHERE m.conversation_id = $1 AND m.external_id = $2`, c.ID, key)
	if err != nil {
		return handover.Saved{}, false, fmt.Errorf("look for a repeat: %w", err)
	}
	found, err := scanMessages(rows)
	return handover.Saved{Conversation: c.Conversation, Actor: c.Actor, Thread: c.ThreadCard, Messages: found, Repeat: true}, len(found) > 0, err
}

// save queues all that a change is, and says what will have been saved.
func (s *Store) save(b *pgx.Batch, was handover.Turn, ch handover.Change) handover.Saved {
	next := ch.Next
	if a := ch.NewAgent; a != nil {
		b.Queue(`INSERT INTO agents (id) VALUES ($1)`, a.ID)
		b.Queue(`INSERT INTO agent_accounts (workspace, external, agent_id) VALUES ($1, $2, $3)`, a.Account.Workspace, a.Account.External, a.ID)
	}
	if a := ch.Agent; a != nil {
		b.Queue(`UPDATE agents SET title = $2, avatar = $3 WHERE id = $1 AND NOT (listed AND title <> '')`, a.ID, a.Title, a.Avatar)
	}
	saveHandoff(b, was.Conversation, next)
	for _, t := range ch.Assignments {
		b.Queue(`INSERT INTO assignments (id, handoff_id, agent_id, workspace, since_ts, until_ts, open) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET workspace = EXCLUDED.workspace, until_ts = EXCLUDED.until_ts, open = EXCLUDED.open`,
			t.ID, next.Handoff.ID, t.Agent, t.Workspace, t.Since, t.Until, t.Open)
	}
	learnt := false
	for _, k := range ch.Cards {
		b.Queue(`INSERT INTO cards (id, handoff_id, workspace, channel, ts, closed_at) VALUES ($1, $2, $3, $4, nullif($5, ''), CASE WHEN $6 THEN now() END)
			ON CONFLICT (id) DO UPDATE SET workspace = EXCLUDED.workspace, channel = EXCLUDED.channel, ts = coalesce(cards.ts, EXCLUDED.ts), closed_at = coalesce(cards.closed_at, EXCLUDED.closed_at)`,
			k.ID, k.Handoff, k.Workspace, k.Channel, k.TS, k.Closed)
		learnt = learnt || k.TS != "" && k.ID == next.Handoff.Card.ID && was.Handoff.Card.TS == ""
	}
	saveMessages(b, was.FreeID, ch.Messages)
	if f := ch.Failed; f != nil {
		b.Queue(`UPDATE messages SET failure = $2 WHERE id = $1`, f.Message, f.Why)
	}
	if ch.Decision != nil {
		b.Queue(`INSERT INTO decisions (conversation_id, up_to, decision) VALUES ($1, $2, $3)`, next.ID, was.LastCustomer, ch.Decision)
	}
	savePreview(b, ch.Preview)
	if ch.Erase != nil {
		beginErasure(b, *ch.Erase)
	}
	for _, l := range ch.Unmatched {
		keep(b, l)
	}
	for _, l := range ch.Matched {
		forget(b, l)
	}
	saved := handover.Saved{Conversation: next, Actor: ch.Actor(), Thread: was.ThreadCard, Changed: true, Before: was.Rev, Messages: ch.Messages, Lanes: s.saveEffects(b, next.ID, ch.Effects)}
	if learnt { // what waited for the card's thread
		b.Queue(`UPDATE lanes SET due_at = now(), limit_name = $3, limit_key = $4 WHERE conversation_id = $1 AND lane = $2 AND queued > 0 AND due_at = 'infinity'`,
			next.ID, handover.LaneThread, next.Handoff.Card.PostLimit().Name, next.Handoff.Card.PostLimit().Key)
		saved.Lanes = append(saved.Lanes, handover.LaneThread)
	}
	for _, t := range ch.Timers {
		b.Queue(`INSERT INTO timers (conversation_id, handoff_id, kind, subject, due_at) VALUES ($1, $2, $3, $4, now() + $5)
			ON CONFLICT (conversation_id, kind, subject) DO UPDATE SET handoff_id = EXCLUDED.handoff_id, due_at = EXCLUDED.due_at`,
			t.Conversation, t.Handoff, t.Kind, t.Subject, t.After)
		saved.Timers = append(saved.Timers, t.After)
	}
	for _, t := range ch.Elapsed {
		b.Queue(`DELETE FROM timers WHERE conversation_id = $1 AND kind = $2 AND subject = $3`, t.Conversation, t.Kind, t.Subject)
	}
	return saved
}

func saveHandoff(b *pgx.Batch, was, next handover.Conversation) {
	h := next.Handoff
	h.Card, was.Handoff.Card = handover.Card{}, handover.Card{}
	if h.ID == 0 || reflect.DeepEqual(h, was.Handoff) {
		return
	}
	if h.ID != was.Handoff.ID {
		b.Queue(`INSERT INTO handoffs (id, conversation_id, previous_id, team, reason, why, topic, state, requested_at) VALUES ($1, $2, nullif($3, 0), $4, $5, $6, $7, 'waiting', $8)`,
			h.ID, next.ID, h.Previous, h.Team, h.Reason, h.Why, h.Topic, h.RequestedAt)
	}
	at := func(t time.Time) any {
		if t.Unix() <= 0 {
			return nil
		}
		return t
	}
	if h.State == handover.Waiting && was.Handoff.State == handover.Claimed { // who was told of it once is told again
		b.Queue(`DELETE FROM notified WHERE handoff_id = $1`, h.ID)
	}
	b.Queue(`UPDATE handoffs SET team = $2, brief = $3, priority = $4, state = $5, outcome = $6, agent_id = nullif($7, 0), claimed_at = $8, ended_at = $9, passed_on = $10,
		introduced = $11, score = $12, comment = $13, label = $14, snoozed_until = $15 WHERE id = $1`,
		h.ID, h.Team, h.Brief, h.Priority, h.State, h.Outcome, h.Agent.ID, at(h.ClaimedAt), at(h.EndedAt), h.PassedOn, h.Introduced, h.Score, h.Comment, h.Label, at(h.SnoozedUntil))
}

func saveMessages(b *pgx.Batch, firstNew int64, messages []handover.Message) {
	for _, m := range messages {
		if m.ID < firstNew {
			b.Queue(`UPDATE messages SET visibility = $2, text = $3, edited_ts = $4, seq = nullif($5, 0), rev = nullif($6, 0), edited = $7, deleted = $8, failure = $9, agent_id = nullif($10, 0), files = $11 WHERE id = $1`,
				m.ID, m.Visibility, m.Text, m.EditedTS, m.Seq, m.Rev, m.Edited, m.Deleted, m.Failure, m.Agent.ID, listed(m.Files))
			erase(b, m)
			continue
		}
		b.Queue(`INSERT INTO messages (id, conversation_id, handoff_id, sender, agent_id, visibility, text, external_id, line_ts, edited_ts, seq, rev, options, citations, at, deleted, files)
			VALUES ($1, $2, nullif($3, 0), $4, nullif($5, 0), $6, $7, nullif($8, ''), $9, $10, nullif($11, 0), nullif($12, 0), $13, $14, $15, $16, $17)`,
			m.ID, m.Conversation, m.Handoff, m.From, m.Agent.ID, m.Visibility, m.Text, m.ExternalID, m.LineTS, m.EditedTS, m.Seq, m.Rev, listed(m.Choices), listed(m.Citations), m.At, m.Deleted, listed(m.Files))
		attach(b, m)
	}
}

// listed is a list as JSON, nil when it is empty.
func listed[T any](list []T) any {
	if len(list) == 0 {
		return nil
	}
	b, err := json.Marshal(list)
	if err != nil {
		return nil // strings and numbers always encode
	}
	return b
}

// saveEffects queues the effects with their lanes, in the order of the lanes' names so that no two steps lock each other out.
func (s *Store) saveEffects(b *pgx.Batch, conversation int64, effects []handover.Effect) (lanes []string) {
	byLane := slices.Clone(effects)
	slices.SortStableFunc(byLane, func(x, y handover.Effect) int { return strings.Compare(x.Kind.Lane(), y.Kind.Lane()) })
	for _, e := range byLane {
		lane := e.Kind.Lane()
		if _, there := s.limits.Load(e.Limit); e.Limit.Name != "" && !there {
			b.Queue(`INSERT INTO limits (name, key) VALUES ($1, $2) ON CONFLICT DO NOTHING`, e.Limit.Name, e.Limit.Key)
		}
		b.Queue(`WITH e AS (INSERT INTO effects (conversation_id, lane, kind, message_id, handoff_id) VALUES ($1, $2, $3, nullif($4, 0), nullif($5, 0)))
			INSERT INTO lanes AS l (conversation_id, lane, limit_name, limit_key, priority, queued, due_at) VALUES ($1, $2, $6, $7, $8, 1, CASE WHEN $9 THEN 'infinity' ELSE now() END)
			ON CONFLICT (conversation_id, lane) DO UPDATE SET limit_name = EXCLUDED.limit_name, limit_key = EXCLUDED.limit_key, queued = l.queued + 1,
			priority = CASE WHEN l.queued = 0 THEN EXCLUDED.priority ELSE least(l.priority, EXCLUDED.priority) END,
			due_at = CASE WHEN l.queued = 0 OR l.failures = 0 THEN least(l.due_at, EXCLUDED.due_at) ELSE l.due_at END`,
			conversation, lane, e.Kind, e.Message.ID, e.Handoff, e.Limit.Name, e.Limit.Key, e.Priority, e.Blocked)
		if !e.Blocked && !slices.Contains(lanes, lane) {
			lanes = append(lanes, lane)
		}
	}
	return lanes
}

// keep queues a line until what it belongs to comes; nothing of a thread whose conversation was erased. It holds on to the thread's card or watch, so that an
// erasure at the same moment comes before it, and is seen, or after it, and deletes it.
func keep(b *pgx.Batch, l handover.Line) {
	for _, table := range []string{"cards", "previews"} {
		b.Queue(`SELECT FROM `+table+` WHERE workspace = $1 AND channel = $2 AND ts = $3 FOR KEY SHARE`, l.Place.Workspace, l.Place.Channel, l.ThreadTS)
	}
	b.Queue(`INSERT INTO unmatched_lines (workspace, channel, thread_ts, ts, kind, edited_ts, line) SELECT $1, $2, $3, $4, $5, $6, $7
		WHERE NOT EXISTS (SELECT FROM erased_threads e WHERE e.workspace = $1 AND e.channel = $2 AND e.ts = $3) ON CONFLICT DO NOTHING`,
		l.Place.Workspace, l.Place.Channel, l.ThreadTS, l.TS, l.Kind, l.EditedTS, l)
}

// Keep implements handover.Store.
func (s *Store) Keep(ctx context.Context, l handover.Line) error {
	b := &pgx.Batch{}
	keep(b, l)
	b.Queue(`DELETE FROM unmatched_lines WHERE at < now() - interval '7 days'`)
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("keep line: %w", err)
	}
	return nil
}

// Kept implements handover.Store. Edits and deletions stay kept until their line comes.
func (s *Store) Kept(ctx context.Context) ([]handover.Line, error) {
	rows, err := s.db.Query(ctx, `SELECT l.line FROM unmatched_lines l JOIN cards k ON k.workspace = l.workspace AND k.channel = l.channel AND k.ts = l.thread_ts WHERE l.kind = 'written'
		OR EXISTS (SELECT FROM messages m WHERE m.line_ts <> '' AND m.external_id = l.workspace || ':' || l.channel || ':' || l.ts) ORDER BY l.ts, l.edited_ts LIMIT 100`)
	if err != nil {
		return nil, fmt.Errorf("match kept lines: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[handover.Line])
}

// Forget implements handover.Store.
func (s *Store) Forget(ctx context.Context, l handover.Line) error {
	b := &pgx.Batch{}
	forget(b, l)
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("forget line: %w", err)
	}
	return nil
}

func forget(b *pgx.Batch, l handover.Line) {
	b.Queue(`DELETE FROM unmatched_lines WHERE workspace = $1 AND channel = $2 AND ts = $3 AND kind = $4 AND edited_ts = $5`, l.Place.Workspace, l.Place.Channel, l.TS, l.Kind, l.EditedTS)
}

// DueTimers implements handover.Store.
func (s *Store) DueTimers(ctx context.Context, n int, retry time.Duration) ([]handover.Timer, error) {
	rows, err := s.queue.Query(ctx, `UPDATE timers t SET due_at = now() + $2 FROM (
			SELECT conversation_id, kind, subject, due_at AS was FROM timers WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED) d
		WHERE t.conversation_id = d.conversation_id AND t.kind = d.kind AND t.subject = d.subject
		RETURNING t.conversation_id, t.handoff_id, t.kind, t.subject, d.was`, n, retry)
	if err != nil {
		return nil, fmt.Errorf("due timers: %w", err)
	}
	type due struct {
		handover.Timer
		at time.Time
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d due, err error) {
		return d, row.Scan(&d.Conversation, &d.Handoff, &d.Kind, &d.Subject, &d.at)
	})
	slices.SortFunc(all, func(a, b due) int { return a.at.Compare(b.at) })
	timers := make([]handover.Timer, len(all))
	for i, d := range all {
		timers[i] = d.Timer
	}
	return timers, err
}
