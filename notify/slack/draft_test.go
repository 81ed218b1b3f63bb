package slack_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify/notifytest"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// writer is a drafter that writes a word each half second, until ctx ends.
type writer struct{ stopped chan error }

func (w writer) Draft(ctx context.Context, _ handover.Conversation, _ []handover.Message, _ handover.Style, heard func(string)) (handover.Draft, error) {
	text := ""
	for _, word := range strings.Fields("one two three four five six") {
		select {
		case <-ctx.Done():
			w.stopped <- ctx.Err()
			return handover.Draft{}, ctx.Err()
		case <-time.After(500 * time.Millisecond): // a model's pace
		}
		text += word + " "
		heard(text)
	}
	w.stopped <- nil
	return handover.Draft{Text: text + "[1]", Citations: []handover.Citation{{Title: "Numbers", Score: 0.5}}}, nil
}

func (writer) Search(context.Context, string) ([]handover.Citation, error) { return nil, nil }

func modal(t *testing.T, s *slacktest.Server, part string) *slacktest.View {
	t.Helper()
	for range 1000 {
		if v := s.Modal("UMIA"); v != nil && strings.Contains(v.Text(), part) {
			return v
		}
		time.Sleep(10 * time.Millisecond) // until it shows it
	}
	t.Fatal("the modal never shows " + part)
	return nil
}

func TestADraftGrowsInItsModal(t *testing.T) {
	t.Parallel()
	w := writer{make(chan error, 1)}
	d, s := connect(t, w, false)
	agent{s}.click(t, "draft")
	v := modal(t, s, "six [1]")
	if grew := strings.Join(v.Was, "\n"); !strings.Contains(grew, "one two three  …") || strings.Contains(grew, "[1]") || v.Updates > 5 {
		t.Errorf("%d updates: %s", v.Updates, grew)
	}
	agent{s}.click(t, "claim")
	if refused, err := s.Submit("UMIA", "one two three four five six [1]"); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		all, err := d.Store.DraftOutcomes(t.Context())
		if err == nil && len(all) == 1 && all[0].Used == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(all, err)
		}
	}
}

func TestADraftThatNobodyLooksAtIsNotWrittenOn(t *testing.T) {
	t.Parallel()
	w := writer{make(chan error, 1)}
	_, s := connect(t, w, false)
	agent{s}.click(t, "draft")
	modal(t, s, "one")
	s.CloseModal("UMIA")
	if err := <-w.stopped; err == nil {
		t.Fatal("it was written to its end")
	}
}

// distant is a drafter whose search takes longer than Slack waits.
type distant struct{ notifytest.Drafter }

func (d distant) Search(ctx context.Context, question string) ([]handover.Citation, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(3500 * time.Millisecond): // an embedder far away
	}
	return d.Drafter.Search(ctx, question)
}

func TestASearchThatTakesLongIsToldLater(t *testing.T) {
	t.Parallel()
	_, s := connect(t, distant{"draft"}, false)
	if _, err := s.Command("UMIA", "C1", "status"); err != nil { // who is new is looked up first
		t.Fatal(err)
	}
	for range 1000 {
		if strings.Contains(strings.Join(s.Ephemerals("UMIA"), "|"), "You are available") {
			break
		}
		time.Sleep(10 * time.Millisecond) // until they are known
	}
	got, err := s.Command("UMIA", "C1", "kb delivery")
	if err != nil || got != "Searching …" {
		t.Fatal(got, err)
	}
	for range 1000 {
		if all := s.Ephemerals("UMIA"); strings.Contains(all[len(all)-1], "2 found") {
			return
		}
		time.Sleep(10 * time.Millisecond) // until it is there
	}
	t.Error(s.Ephemerals("UMIA"))
}

// library finds one passage, slowly.
type library struct{ writer }

func (library) Search(ctx context.Context, _ string) ([]handover.Citation, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(3500 * time.Millisecond): // longer than Slack waits, or a trigger lives
		return []handover.Citation{{Title: "Numbers", Text: "One comes first.", Score: 0.9}}, nil
	}
}

func TestAPassageIsInsertedHoweverSlowTheSearch(t *testing.T) {
	t.Parallel()
	_, s := connect(t, library{}, false)
	agent{s}.click(t, "claim")
	s.Say("C1", agent{s}.card(t), "UMIA", "<@UBOT> kb which number is first")
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(strings.Join(s.Ephemerals("UMIA"), "\n"), "1 found"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(s.Ephemerals("UMIA"))
		}
	}
	start := time.Now()
	if err := s.Answer("UMIA", "insert"); err != nil || time.Since(start) > time.Second {
		t.Fatal(time.Since(start), err)
	}
	modal(t, s, "Reading the article")
	modal(t, s, "One comes first. [1]")
}
