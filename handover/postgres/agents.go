package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

// Listed is an agent of the configuration with the accounts that are theirs.
type Listed struct {
	handover.Agent
	Accounts []handover.Account
}

// SyncAgents makes the listed agents those of the configuration, and returns them with their ids. An account that was an
// agent of its own becomes theirs; agents no longer listed keep their history.
func (s *Store) SyncAgents(ctx context.Context, listed []Listed) ([]Listed, error) {
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		names := make([]string, len(listed))
		for i := range listed {
			a := &listed[i]
			names[i] = a.Name
			if err := tx.QueryRow(ctx, `INSERT INTO agents (id, name, title, avatar, listed) VALUES (nextval('ids'), $1, $2, $3, true)
				ON CONFLICT (name) DO UPDATE SET title = EXCLUDED.title, avatar = EXCLUDED.avatar, listed = true RETURNING id`, a.Name, a.Title, a.Avatar).Scan(&a.ID); err != nil {
				return err
			}
			for _, x := range a.Accounts {
				if _, err := tx.Exec(ctx, `INSERT INTO agent_accounts (workspace, external, agent_id) VALUES ($1, $2, $3)
					ON CONFLICT (workspace, external) DO UPDATE SET agent_id = EXCLUDED.agent_id`, x.Workspace, x.External, a.ID); err != nil {
					return err
				}
			}
		}
		_, err := tx.Exec(ctx, `UPDATE agents SET listed = false, name = NULL WHERE listed AND name <> ALL($1)`, names)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("agents: %w", err)
	}
	// Whoever remembers a conversation as it was with the old agents must read it again. A statement of its own: it locks many
	// conversations, and none of them while it holds an agent.
	if _, err := s.db.Exec(ctx, `UPDATE conversations SET version = version + 1 WHERE state IN ('waiting', 'claimed')`); err != nil {
		return nil, fmt.Errorf("agents: %w", err)
	}
	return listed, nil
}

// AgentNamed returns the id of an agent of the configuration; ErrUnknown when no server has run with it.
func (s *Store) AgentNamed(ctx context.Context, name string) (id int64, err error) {
	err = s.db.QueryRow(ctx, `SELECT id FROM agents WHERE name = $1 AND listed`, name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, handover.ErrUnknown
	}
	return id, err
}

// ExternalAccount returns the name that an agent has on a workspace, or "".
func (s *Store) ExternalAccount(ctx context.Context, workspace string, agent int64) (string, error) {
	var external string
	err := s.db.QueryRow(ctx, `SELECT coalesce((SELECT external FROM agent_accounts WHERE workspace = $1 AND agent_id = $2 LIMIT 1), '')`, workspace, agent).Scan(&external)
	return external, err
}

// AgentFor returns the agent of an account; one not seen before is made.
func (s *Store) AgentFor(ctx context.Context, a handover.Account) (agent handover.Agent, err error) {
	find := func() error {
		return s.db.QueryRow(ctx, `SELECT g.id, coalesce(g.name, ''), g.title, g.avatar FROM agent_accounts x JOIN agents g ON g.id = x.agent_id WHERE x.workspace = $1 AND x.external = $2`,
			a.Workspace, a.External).Scan(&agent.ID, &agent.Name, &agent.Title, &agent.Avatar)
	}
	if err = find(); !errors.Is(err, pgx.ErrNoRows) {
		return agent, err
	}
	if _, err = s.db.Exec(ctx, `WITH a AS (INSERT INTO agents (id) VALUES (nextval('ids')) RETURNING id)
		INSERT INTO agent_accounts (workspace, external, agent_id) SELECT $1, $2, id FROM a ON CONFLICT DO NOTHING`, a.Workspace, a.External); err != nil {
		return agent, fmt.Errorf("meet an agent: %w", err)
	}
	return agent, find()
}

// SetAvailability keeps whether an agent can take a conversation.
func (s *Store) SetAvailability(ctx context.Context, agent int64, a handover.Availability) error {
	_, err := s.db.Exec(ctx, `UPDATE agents SET availability = $2 WHERE id = $1`, agent, a)
	return err
}

// Availability returns whether an agent can take a conversation.
func (s *Store) Availability(ctx context.Context, agent int64) (a handover.Availability, err error) {
	err = s.db.QueryRow(ctx, `SELECT availability FROM agents WHERE id = $1`, agent).Scan(&a)
	return a, err
}

// RuntimeSettings implements handover.RuntimeSettings.
func (s *Store) RuntimeSettings(ctx context.Context) (map[string]string, error) {
	rows, err := s.queue.Query(ctx, `SELECT name, value FROM runtime_settings`)
	if err != nil {
		return nil, fmt.Errorf("runtime settings: %w", err)
	}
	all := map[string]string{}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error { all[name] = value; return nil })
	return all, err
}

// SetRuntimeSetting implements handover.RuntimeSettings.
func (s *Store) SetRuntimeSetting(ctx context.Context, name, value, by string) error {
	query, args := `INSERT INTO runtime_settings (name, value, by) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, by = EXCLUDED.by, at = now()`, []any{name, value, by}
	if value == "" {
		query, args = `DELETE FROM runtime_settings WHERE name = $1`, args[:1]
	}
	b := &pgx.Batch{}
	b.Queue(query, args...)
	if deed, detail := asked(name, value); deed != "" { // by is an account, or its name
		b.Queue(`INSERT INTO audit (who, deed, detail) VALUES (coalesce((SELECT coalesce(nullif(a.title, ''), a.name) FROM agent_accounts x JOIN agents a ON a.id = x.agent_id WHERE x.external = $1 LIMIT 1), $1), $2, $3)`, by, deed, detail)
	}
	if err := s.db.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("runtime setting %s: %w", name, err)
	}
	return nil
}

// asked is what the audit log keeps of a runtime setting; alerts are our own.
func asked(name, value string) (deed handover.Deed, detail string) {
	switch {
	case strings.HasPrefix(name, "alert:"):
		return "", ""
	case name == "paused" && value == "":
		return handover.DeedResumed, ""
	case name == "paused":
		return handover.DeedPaused, value
	}
	return handover.DeedConfigured, name + " " + value
}

// SetProfile keeps what an agent is called, unless the configuration says it.
func (s *Store) SetProfile(ctx context.Context, a handover.Agent) error {
	_, err := s.db.Exec(ctx, `UPDATE agents SET title = $2, avatar = $3 WHERE id = $1 AND NOT (listed AND title <> '')`, a.ID, a.Title, a.Avatar)
	return err
}
