package postgres_test

import (
	"testing"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

func TestWhatBecameOfDraftsIsCountedByArticle(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, postgres.Migrations())
	s := postgres.New(db, db)
	b := setupOn(t, db)
	b.writes("hello")
	h := b.ok(b.desk.AskForPerson(t.Context(), eve)).Conversation.Handoff.ID
	d := handover.Draft{Text: "Three days.", Citations: []handover.Citation{{Title: "Delivery"}}}
	for key, sent := range map[string]string{"a": "Three days.", "b": "Four days.", "c": ""} {
		for range 2 { // shown twice is once
			if err := s.Drafted(t.Context(), key, h, d); err != nil {
				t.Fatal(err)
			}
		}
		if sent == "" {
			continue
		}
		if err := s.DraftSent(t.Context(), key, sent); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DraftSent(t.Context(), "unknown", "x"); err != nil {
		t.Fatal(err)
	}
	got, err := s.DraftOutcomes(t.Context())
	if err != nil || len(got) != 1 || got[0] != (postgres.ArticleOutcomes{Article: "Delivery", Used: 1, Edited: 1, Ignored: 1, Distance: 5}) {
		t.Fatalf("%+v %v", got, err)
	}
}
