package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/handover"
)

// Drafted keeps a draft that an agent is shown; key names what shows it, and the newest that it shows counts. Until something is sent it counts
// as ignored.
func (s *Store) Drafted(ctx context.Context, key string, handoff int64, d handover.Draft) error {
	articles := []string{}
	for _, c := range d.Citations {
		articles = append(articles, c.Title)
	}
	_, err := s.db.Exec(ctx, `INSERT INTO drafts (key, handoff_id, text, articles) SELECT $1, id, $3, $4 FROM (SELECT id FROM handoffs WHERE id = $2 FOR KEY SHARE) h
		ON CONFLICT (key) DO UPDATE SET text = EXCLUDED.text, articles = EXCLUDED.articles WHERE drafts.outcome = 'ignored'`, key, handoff, handover.Unmarked(d.Text, len(d.Citations)), articles)
	if err != nil {
		return fmt.Errorf("keep the draft: %w", err)
	}
	return nil
}

// DraftSent says what was sent from what showed a draft: the draft itself, or how far from it. One that was never kept is no error.
func (s *Store) DraftSent(ctx context.Context, key, sent string) error {
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		var text string
		err := tx.QueryRow(ctx, `SELECT text FROM drafts WHERE key = $1 FOR UPDATE`, key).Scan(&text)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		outcome, distance := "used", levenshtein.ComputeDistance(strings.TrimSpace(text), strings.TrimSpace(sent))
		if distance > 0 {
			outcome = "edited"
		}
		_, err = tx.Exec(ctx, `UPDATE drafts SET outcome = $2, distance = $3 WHERE key = $1`, key, outcome, distance)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep what became of the draft: %w", err)
	}
	return nil
}

// ArticleOutcomes are how often drafts that cite an article were used, edited and ignored, and by how much they were edited.
type ArticleOutcomes struct {
	Article               string
	Used, Edited, Ignored int
	Distance              float64 // mean, of the edited
}

// DraftOutcomes counts what became of drafts, by article, those with most drafts first. Drafts without a text are not counted.
func (s *Store) DraftOutcomes(ctx context.Context) ([]ArticleOutcomes, error) {
	rows, err := s.db.Query(ctx, `SELECT a, count(*) FILTER (WHERE outcome = 'used')::int, count(*) FILTER (WHERE outcome = 'edited')::int, count(*) FILTER (WHERE outcome = 'ignored')::int,
		coalesce(avg(distance) FILTER (WHERE outcome = 'edited'), 0)::float8 FROM drafts, unnest(articles) a WHERE text <> '' GROUP BY a ORDER BY count(*) DESC, a`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ArticleOutcomes])
}
