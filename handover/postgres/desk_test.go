package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

var home = handover.Place{Workspace: "slack:T1", Channel: "C1"}

// bundle is a desk on a database of its own.
type bundle struct {
	*testing.T
	db    *pgxpool.Pool
	store *postgres.Store
	desk  *handover.Desk
	conv  int64
	n     int
}

func setup(t *testing.T, options ...func(*handover.Options)) *bundle {
	t.Helper()
	t.Parallel()
	o := handover.Options{
		UndoWindow: time.Hour, Team: "support",
		Teams: map[string]handover.Place{"support": home, "billing": {Workspace: "slack:T1", Channel: "C2"}},
	}
	for _, f := range options {
		f(&o)
	}
	return setupOn(t, pgtest.New(t, postgres.Migrations()), o)
}

// setupOn is setup on a database that is there.
func setupOn(t *testing.T, db *pgxpool.Pool, options ...handover.Options) *bundle {
	t.Helper()
	var o handover.Options
	for _, of := range options {
		o = of
	}
	store := postgres.New(db, db)
	return &bundle{T: t, db: db, store: store, desk: handover.NewDesk(store, handover.NewBus(nil), o)}
}

func atOnce(o *handover.Options) { o.UndoWindow = 0 }

var eve = handover.ByCustomer("web", "eve")

func (b *bundle) ok(s handover.Saved, err error) handover.Saved {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// writes is what eve says; her conversation opens with the first.
func (b *bundle) writes(text string) handover.Message {
	b.Helper()
	if b.conv == 0 {
		b.conv = b.ok(b.desk.Open(b.Context(), handover.Opening{Channel: "web", Customer: "eve"})).Conversation.ID
	}
	b.n++
	return b.ok(b.desk.Receive(b.Context(), eve, handover.Inbound{ID: fmt.Sprint("m", b.n), Text: text})).Message()
}

// waits brings eve into the queue, with a card posted at ts 100.
func (b *bundle) waits() handover.Handoff {
	b.Helper()
	b.writes("hello")
	h := b.ok(b.desk.AskForPerson(b.Context(), eve)).Conversation.Handoff
	b.posted(h, "100.0")
	return h
}

func (b *bundle) posted(h handover.Handoff, ts string) {
	b.Helper()
	card := h.Card
	card.TS = ts
	if err := b.desk.Posted(b.Context(), h.ID, card); err != nil {
		b.Fatal(err)
	}
}

func by(user, at string) handover.By {
	return handover.By{Account: handover.Account{Workspace: "slack:T1", External: user}, At: at}
}

// claimed is waits, claimed by mia at 200.
func (b *bundle) claimed() handover.Handoff {
	b.Helper()
	return b.ok(b.desk.Claim(b.Context(), b.waits().ID, by("mia", "200.0"))).Conversation.Handoff
}

func line(user, ts, text string) handover.Line {
	return handover.Line{Kind: handover.LineWritten, Place: home, ThreadTS: "100.0", TS: ts, Account: user, Text: text}
}

func (b *bundle) hears(l handover.Line) handover.Message {
	b.Helper()
	return b.ok(b.desk.ReceiveLine(b.Context(), l)).Message()
}

// sees is what eve reads, in her order.
func (b *bundle) sees() string {
	b.Helper()
	_, messages, err := b.store.Since(b.Context(), b.conv, 0, 1000)
	if err != nil {
		b.Fatal(err)
	}
	slices.SortFunc(messages, func(x, y handover.Message) int { return int(x.Seq - y.Seq) })
	var lines []string
	for i, m := range messages {
		if m.Seq != int64(i+1) {
			b.Fatalf("message %d has seq %d", i+1, m.Seq)
		}
		text := m.Text
		if m.Deleted {
			text = "(deleted)"
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, " | ")
}

func (b *bundle) conversation() handover.Conversation {
	b.Helper()
	c, err := b.store.Get(b.Context(), b.conv)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// lease gives out what is due in a lane.
func (b *bundle) lease(lane string, paces ...handover.Limit) []handover.Batch {
	b.Helper()
	runs, err := b.store.Lease(b.Context(), []string{lane}, 10, time.Minute, paces)
	if err != nil {
		b.Fatal(err)
	}
	return runs
}

func (b *bundle) kinds(lane string) string {
	b.Helper()
	var kinds []string
	for _, r := range b.lease(lane) {
		kinds = append(kinds, fmt.Sprintf("%s×%d", r.Kind, len(r.Effects)))
	}
	return strings.Join(kinds, " ")
}

func TestARepeatChangesNothingAndReturnsTheFirst(t *testing.T) {
	b := setup(t)
	first := b.writes("hello")
	b.writes("and")
	again := b.ok(b.desk.Receive(t.Context(), eve, handover.Inbound{ID: "m1", Text: "something else"}))
	if m := again.Message(); !again.Repeat || m.ID != first.ID || m.Seq != first.Seq || m.Text != "hello" {
		t.Fatalf("%+v", m)
	}
	if b.sees() != "hello | and" {
		t.Fatal(b.sees())
	}
}

func TestARepeatAtTheSameTimeIsOneMessage(t *testing.T) {
	b := setup(t)
	b.writes("hello")
	var wg sync.WaitGroup
	seqs := make([]int64, 20)
	for i := range seqs {
		wg.Go(func() {
			s, err := b.desk.Receive(t.Context(), eve, handover.Inbound{ID: "same", Text: "twice"})
			if err != nil {
				t.Error(err)
			}
			seqs[i] = s.Message().Seq
		})
	}
	wg.Wait()
	if slices.Max(seqs) != 2 || slices.Min(seqs) != 2 || b.sees() != "hello | twice" {
		t.Fatal(seqs, b.sees())
	}
}

func TestOfAHundredClaimsOneWinsAndTheOthersLearnWho(t *testing.T) {
	b := setup(t)
	h := b.waits()
	var won atomic.Int32
	var winner atomic.Int64
	lost := make(chan *handover.NotAllowedError, 100)
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			s, err := b.desk.Claim(t.Context(), h.ID, by(fmt.Sprint("agent", i), "200.0"))
			var no *handover.NotAllowedError
			switch {
			case err == nil:
				won.Add(1)
				winner.Store(s.Conversation.Handoff.Agent.ID)
			case errors.As(err, &no):
				lost <- no
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(lost)
	if won.Load() != 1 {
		t.Fatalf("%d won", won.Load())
	}
	for no := range lost {
		if no.Agent.ID != winner.Load() {
			t.Fatalf("a loser was told that %d holds it, not %d", no.Agent.ID, winner.Load())
		}
	}
}

func TestAnAgentWhoClaimsTwiceHoldsItOnce(t *testing.T) {
	b := setup(t)
	h := b.claimed()
	if s := b.ok(b.desk.Claim(t.Context(), h.ID, by("mia", "201.0"))); s.Changed {
		t.Fatal("a second claim of one's own changed something")
	}
}

func TestAStaleBotAnswerIsRefused(t *testing.T) {
	b := setup(t)
	b.writes("hello")
	b.writes("and?")
	if _, err := b.desk.Say(t.Context(), b.conv, 1, handover.BotMessage{Text: "old news"}, handover.Decision{}); !errors.Is(err, handover.ErrStale) {
		t.Fatal(err)
	}
	b.ok(b.desk.Say(t.Context(), b.conv, 2, handover.BotMessage{Text: "news"}, handover.Decision{}))
	if b.sees() != "hello | and? | news" {
		t.Fatal(b.sees())
	}
}

func TestTheBotNeverTalksOverAnAgent(t *testing.T) {
	b := setup(t)
	b.claimed()
	upTo := b.conversation().LastCustomer
	for name, err := range map[string]error{
		"say":  second(b.desk.Say(t.Context(), b.conv, upTo, handover.BotMessage{Text: "me too"}, handover.Decision{})),
		"ring": second(b.desk.RequestHandoff(t.Context(), b.conv, upTo, handover.Decision{Reason: handover.Frustration})),
		"pass": second(b.desk.PassOn(t.Context(), b.conv, upTo, handover.Decision{})),
	} {
		if !errors.Is(err, handover.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second(_ handover.Saved, err error) error { return err }

func TestAReplyInItsUndoWindowIsNotLostBehindTheCustomersNextLine(t *testing.T) {
	b := setup(t)
	b.claimed()
	before := b.conversation().Rev
	reply := b.hears(line("mia", "300.0", "Done."))
	if reply.Visibility != handover.Pending || reply.Seq != 0 {
		t.Fatalf("%+v", reply)
	}
	next := b.writes("thanks?")
	_, changes, err := b.store.Since(t.Context(), b.conv, before, 100)
	if err != nil || len(changes) != 1 {
		t.Fatal(changes, err)
	}
	b.ok(b.desk.Publish(t.Context(), handover.Timer{Conversation: b.conv, Kind: handover.TimerPublish, Subject: reply.ID}))
	_, changes, err = b.store.Since(t.Context(), b.conv, next.Rev, 100)
	if err != nil || changes[len(changes)-1].Text != "Done." {
		t.Fatal(changes, err)
	}
}

func TestPublishTakesEarlierPendingRepliesInTheThreadsOrder(t *testing.T) {
	b := setup(t)
	b.claimed()
	two := b.hears(line("mia", "302.0", "two"))
	b.hears(line("mia", "301.0", "one")) // arrived later
	b.hears(line("mia", "303.0", "three"))
	b.ok(b.desk.Publish(t.Context(), handover.Timer{Conversation: b.conv, Kind: handover.TimerPublish, Subject: two.ID}))
	if !strings.HasSuffix(b.sees(), "one | two") {
		t.Fatal(b.sees())
	}
}

func TestEndingPublishesWhatIsPendingFirst(t *testing.T) {
	for name, end := range map[string]func(b *bundle, h int64) error{
		"resolve": func(b *bundle, h int64) error { return second(b.desk.Resolve(b.Context(), h, by("mia", "400.0"))) },
		"return":  func(b *bundle, h int64) error { return second(b.desk.Return(b.Context(), h, by("mia", "400.0"))) },
		"release": func(b *bundle, h int64) error { return second(b.desk.Release(b.Context(), h, by("mia", "400.0"))) },
		"transfer": func(b *bundle, h int64) error {
			return second(b.desk.Transfer(b.Context(), h, by("mia", "400.0"), "billing", "refund"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			h := b.claimed()
			b.hears(line("mia", "300.0", "Last word."))
			if err := end(b, h.ID); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.sees(), "Hi, I'm A colleague. | Last word.") {
				t.Fatal(b.sees())
			}
			var timers int
			if err := b.db.QueryRow(t.Context(), `SELECT count(*) FROM timers WHERE kind = 'publish'`).Scan(&timers); err != nil || timers != 0 {
				t.Fatal(timers, err)
			}
		})
	}
}

func TestReleaseClearsTheAgent(t *testing.T) {
	b := setup(t)
	h := b.claimed()
	b.ok(b.desk.Release(t.Context(), h.ID, by("mia", "400.0")))
	if c := b.conversation(); c.State != handover.Waiting || c.Handoff.Agent != (handover.Agent{}) {
		t.Fatalf("%+v", c.Handoff)
	}
	b.ok(b.desk.Claim(t.Context(), h.ID, by("bob", "500.0")))
}

func TestABellThatRangBeforeAClaimRingsAgainBehindIt(t *testing.T) {
	b := setup(t)
	waited := b.waits()
	agent := b.ok(b.desk.Claim(t.Context(), waited.ID, by("mia", "200.0"))).Conversation.Handoff.Agent
	b.ok(b.desk.Release(t.Context(), waited.ID, by("mia", "400.0")))
	bell := handover.Subscription{Agent: agent.ID, Way: "email", Address: "mia@desk.example"}
	if err := b.store.Subscribe(t.Context(), bell, true); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		claimed time.Time
		left    int
	}{{waited.ClaimedAt, 1}, {b.conversation().Handoff.ClaimedAt, 0}} {
		if err := b.store.MarkNotified(t.Context(), waited.ID, x.claimed, bell); err != nil {
			t.Fatal(err)
		}
		if left, err := b.store.Unnotified(t.Context(), waited.ID); err != nil || len(left) != x.left {
			t.Errorf("rung since %s: %d are left to ring, want %d (%v)", x.claimed, len(left), x.left, err)
		}
	}
}

func TestWhoHeldTheClaimWhenALineWasWrittenDecides(t *testing.T) {
	b := setup(t, atOnce)
	h := b.claimed() // mia from 200
	b.ok(b.desk.Release(t.Context(), h.ID, by("mia", "400.0")))
	b.ok(b.desk.Claim(t.Context(), h.ID, by("bob", "500.0")))
	for _, x := range []struct {
		user, ts string
		want     handover.Visibility
	}{
		{"mia", "150.0", handover.Internal}, // before her claim
		{"mia", "399.9", handover.Public},   // hers, and late
		{"mia", "450.0", handover.Internal}, // nobody's
		{"bob", "450.0", handover.Internal},
		{"mia", "600.0", handover.Internal}, // bob's
		{"bob", "600.0", handover.Public},
		{"eli", "600.0", handover.Internal},
	} {
		l := line(x.user, x.ts, "text of "+x.user+" at "+x.ts)
		l.TS += x.user // a line's name is its own
		if got := b.hears(l).Visibility; got != x.want {
			t.Errorf("%s at %s: %s, want %s", x.user, x.ts, got, x.want)
		}
	}
}

func TestNotesStayInternal(t *testing.T) {
	b := setup(t, atOnce)
	b.claimed()
	for i, text := range []string{"// not for her", "note: nor this", "NOTE: this", "  Note: that"} {
		if m := b.hears(line("mia", fmt.Sprintf("30%d.0", i), text)); m.Visibility != handover.Internal {
			t.Errorf("%q is %s", text, m.Visibility)
		}
	}
	to := line("mia", "310.0", "@bob look")
	to.Note = true
	if m := b.hears(to); m.Visibility != handover.Internal {
		t.Error("a line to a teammate is public")
	}
}

func edited(l handover.Line, at, text string) handover.Line {
	l.Kind, l.EditedTS, l.Text = handover.LineEdited, at, text
	return l
}

func deleted(l handover.Line) handover.Line { l.Kind = handover.LineDeleted; return l }

func TestAnEditInTheWindowReplacesAndADeletionCancels(t *testing.T) {
	b := setup(t)
	h := b.claimed()
	one, two := line("mia", "301.0", "one"), line("mia", "302.0", "slip")
	b.hears(one)
	b.hears(two)
	b.hears(edited(one, "303.0", "ONE"))
	b.hears(deleted(two))
	b.ok(b.desk.Resolve(t.Context(), h.ID, by("mia", "400.0")))
	if got := b.sees(); !strings.Contains(got, "| ONE |") || strings.Contains(got, "slip") || strings.Contains(got, "one") {
		t.Fatal(got)
	}
}

func TestLaterEditsAndDeletionsTravel(t *testing.T) {
	b := setup(t, atOnce)
	b.claimed()
	one, two, three := line("mia", "301.0", "one"), line("mia", "302.0", "two"), line("mia", "303.0", "three")
	first := b.hears(one)
	b.hears(two)
	b.hears(three)
	changed := b.hears(edited(one, "304.0", "uno"))
	if changed.ID != first.ID || changed.Seq != first.Seq || changed.Rev <= first.Rev || !changed.Edited {
		t.Fatalf("%+v then %+v", first, changed)
	}
	b.hears(edited(one, "303.5", "an older edit"))
	b.hears(deleted(two))
	b.hears(edited(three, "305.0", "note: should have been a note"))
	if !strings.HasSuffix(b.sees(), "uno | (deleted) | (deleted)") {
		t.Fatal(b.sees())
	}
}

func TestAnEditNeverMakesAnInternalLinePublic(t *testing.T) {
	b := setup(t, atOnce)
	b.claimed()
	before := b.sees()
	l := line("mia", "301.0", "note: secret")
	b.hears(l)
	b.hears(edited(l, "302.0", "secret"))
	other := line("mia", "303.0", "hidden")
	b.hears(edited(other, "304.0", "note: hidden")) // before its line
	b.hears(other)
	third := line("mia", "305.0", "// she lies")
	b.hears(edited(third, "306.0", "she lies")) // the mark was in the line alone, and its edit came first
	b.hears(third)
	if b.sees() != before {
		t.Fatal(b.sees())
	}
}

func TestEditsThatOvertakeEachOtherEndOnTheNewest(t *testing.T) {
	b := setup(t, atOnce)
	b.claimed()
	l := line("mia", "301.0", "A")
	b.hears(l)
	b.hears(edited(l, "303.0", "A")) // changed to B and back; the way back came first
	b.hears(edited(l, "302.0", "B"))
	if !strings.HasSuffix(b.sees(), "| A") {
		t.Fatal(b.sees())
	}
}

func TestABotTurnIsTakenOnce(t *testing.T) {
	b := setup(t)
	m := b.writes("hello")
	b.ok(b.desk.Say(t.Context(), b.conv, m.Seq, handover.BotMessage{Text: "an offer", Offers: true, NoAnswer: true}, handover.Decision{State: handover.WithBot}))
	for _, err := range []error{
		second(b.desk.Say(t.Context(), b.conv, m.Seq, handover.BotMessage{Text: "an offer"}, handover.Decision{State: handover.WithBot})),
		second(b.desk.RequestHandoff(t.Context(), b.conv, m.Seq, handover.Decision{State: handover.WithBot, Reason: handover.LowConfidence})),
	} {
		if !errors.Is(err, handover.ErrStale) {
			t.Fatal(err)
		}
	}
	if b.sees() != "hello | an offer" {
		t.Fatal(b.sees())
	}
}

func TestATurnDecidedInAnotherStateIsDecidedAgain(t *testing.T) {
	b := setup(t)
	m := b.writes("do you sell mowers?")
	b.ok(b.desk.AskForPerson(t.Context(), eve)) // while the bot thinks
	var notNow *handover.RetryLaterError
	if _, err := b.desk.Say(t.Context(), b.conv, m.Seq, handover.BotMessage{Text: "Shall I ask a person?"}, handover.Decision{State: handover.WithBot}); !errors.As(err, &notNow) {
		t.Fatal(err)
	}
	b.ok(b.desk.PassOn(t.Context(), b.conv, m.Seq, handover.Decision{State: handover.Waiting}))
	if strings.Contains(b.sees(), "Shall I") {
		t.Fatal(b.sees())
	}
}

func TestAnAssignmentByAnAccountNotSeenBefore(t *testing.T) {
	b := setup(t)
	h := b.claimed()
	to, err := b.store.AgentFor(t.Context(), handover.Account{Workspace: "slack:T1", External: "tom"})
	if err != nil {
		t.Fatal(err)
	}
	to.Title = "Tom"
	s := b.ok(b.desk.Assign(t.Context(), h.ID, by("lead", "300.0"), to))
	if s.Conversation.Handoff.Agent.Title != "Tom" {
		t.Fatalf("%+v", s.Conversation.Handoff)
	}
	rev := s.Conversation.Rev
	if s = b.ok(b.desk.Assign(t.Context(), h.ID, by("lead", "301.0"), to)); s.Conversation.Rev != rev {
		t.Fatal("who has it already is introduced again")
	}
}

func TestEditsAndDeletionsThatComeFirstWin(t *testing.T) {
	b := setup(t, atOnce)
	b.claimed()
	one, two := line("mia", "301.0", "one"), line("mia", "302.0", "slip")
	b.hears(edited(one, "303.0", "first edit"))
	b.hears(edited(one, "304.0", "second edit"))
	b.hears(deleted(two))
	b.hears(one)
	b.hears(two)
	if got := b.sees(); !strings.HasSuffix(got, "| second edit") {
		t.Fatal(got)
	}
	var kept int
	if err := b.db.QueryRow(t.Context(), `SELECT count(*) FROM unmatched_lines`).Scan(&kept); err != nil || kept != 0 {
		t.Fatal(kept, err)
	}
}

func TestALineOfAnUnknownThreadIsKeptUntilTheCardLearnsItsTS(t *testing.T) {
	b := setup(t, atOnce)
	b.writes("hello")
	h := b.ok(b.desk.AskForPerson(t.Context(), eve)).Conversation.Handoff
	b.ok(b.desk.Claim(t.Context(), h.ID, by("mia", "200.0")))
	if s := b.ok(b.desk.ReceiveLine(t.Context(), line("mia", "300.0", "early bird"))); s.Conversation.ID != 0 {
		t.Fatal("matched a card without a ts")
	}
	b.posted(h, "100.0")
	if !strings.HasSuffix(b.sees(), "Hi, I'm A colleague. | early bird") {
		t.Fatal(b.sees())
	}
}

func TestAClickTeachesACardItsTS(t *testing.T) {
	b := setup(t, atOnce)
	b.writes("hello")
	h := b.ok(b.desk.AskForPerson(t.Context(), eve)).Conversation.Handoff
	click := by("mia", "200.0")
	click.Card = handover.Card{Place: home, TS: "100.0"}
	b.ok(b.desk.Claim(t.Context(), h.ID, click))
	if m := b.hears(line("mia", "300.0", "hello")); m.Visibility != handover.Public {
		t.Fatalf("%+v", m)
	}
}

func TestLinesInAClosedCardsThreadAreInternal(t *testing.T) {
	b := setup(t, atOnce)
	h := b.claimed()
	s := b.ok(b.desk.Transfer(t.Context(), h.ID, by("mia", "400.0"), "billing", "a refund"))
	if c := s.Conversation.Handoff.Card; c.Channel != "C2" || c.TS != "" || s.Conversation.State != handover.Waiting {
		t.Fatalf("%+v", c)
	}
	b.posted(s.Conversation.Handoff, "450.0")
	b.ok(b.desk.Claim(t.Context(), h.ID, by("mia", "500.0")))
	if m := b.hears(line("mia", "600.0", "in the old thread")); m.Visibility != handover.Internal {
		t.Fatalf("%+v", m)
	}
	there := line("mia", "601.0", "in the new one")
	there.Place.Channel, there.ThreadTS = "C2", "450.0"
	if m := b.hears(there); m.Visibility != handover.Public {
		t.Fatalf("%+v", m)
	}
}

func TestABareTSIsUniqueOnlyInItsChannel(t *testing.T) {
	b := setup(t, atOnce)
	b.claimed()
	elsewhere := line("mia", "300.0", "in another channel")
	elsewhere.Place.Channel = "C9"
	if s := b.ok(b.desk.ReceiveLine(t.Context(), elsewhere)); s.Conversation.ID != 0 {
		t.Fatal("matched by ts alone")
	}
}

func TestATimerDoesNotBlockALane(t *testing.T) {
	b := setup(t)
	b.claimed()
	b.lease(handover.LaneThread)
	if _, err := b.db.Exec(t.Context(), `UPDATE lanes SET leased_until = NULL, queued = 0, due_at = 'infinity'; `); err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.Exec(t.Context(), `DELETE FROM effects`); err != nil {
		t.Fatal(err)
	}
	b.hears(line("mia", "300.0", "waits for an hour"))
	b.writes("I go on")
	if got := b.kinds(handover.LaneThread); got != "relay×1" {
		t.Fatal(got)
	}
}

func TestTimersAreDueByTheDatabasesClockAndToOneAtATime(t *testing.T) {
	b := setup(t)
	b.claimed()
	b.hears(line("mia", "300.0", "soon"))
	if due, err := b.store.DueTimers(t.Context(), 10, time.Minute); err != nil || len(due) != 0 {
		t.Fatal(due, err)
	}
	if _, err := b.db.Exec(t.Context(), `UPDATE timers SET due_at = now() WHERE kind = 'publish'`); err != nil {
		t.Fatal(err)
	}
	due, err := b.store.DueTimers(t.Context(), 10, time.Minute)
	if err != nil || len(due) != 1 || due[0].Kind != handover.TimerPublish {
		t.Fatal(due, err)
	}
	if again, err := b.store.DueTimers(t.Context(), 10, time.Minute); err != nil || len(again) != 0 {
		t.Fatal(again, err)
	}
}

func TestADeadWorkersLaneIsTakenOverAndItsLateDoneRefused(t *testing.T) {
	b := setup(t)
	b.writes("hello")
	dead := b.lease(handover.LaneThink)
	if len(dead) != 1 || len(b.lease(handover.LaneThink)) != 0 {
		t.Fatal("a leased lane was given out again")
	}
	if _, err := b.db.Exec(t.Context(), `UPDATE lanes SET leased_until = now()`); err != nil {
		t.Fatal(err)
	}
	heir := b.lease(handover.LaneThink)
	if len(heir) != 1 || !heir[0].CheckFirst || dead[0].CheckFirst {
		t.Fatalf("%+v", heir)
	}
	if _, err := b.store.Done(t.Context(), dead[0]); !errors.Is(err, handover.ErrLeaseLost) {
		t.Fatal(err)
	}
	if err := b.store.Retry(t.Context(), dead[0], handover.Backoff{}); !errors.Is(err, handover.ErrLeaseLost) {
		t.Fatal(err)
	}
	if more, err := b.store.Done(t.Context(), heir[0]); err != nil || more {
		t.Fatal(more, err)
	}
	var left int
	if err := b.db.QueryRow(t.Context(), `SELECT count(*) FROM effects`).Scan(&left); err != nil || left != 0 {
		t.Fatal(left, err)
	}
}

func TestACopyThatMayBeThereIsLookedFor(t *testing.T) {
	sweeps := func(b *bundle) (n int) {
		if err := b.db.QueryRow(t.Context(), `SELECT count(*) FROM timers WHERE kind = 'sweep' AND handoff_id > 0`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, c := range map[string]struct {
		end    func(b *bundle, dead, heir handover.Batch) error
		sweeps int
	}{
		"the heir has looked and posted": {func(b *bundle, _, heir handover.Batch) error { _, err := b.store.Done(t.Context(), heir); return err }, 1},
		"the heir has looked and failed": {func(b *bundle, _, heir handover.Batch) error { return b.store.Fail(t.Context(), heir, "refused") }, 1},
		"the heir tries again, and looks": {func(b *bundle, _, heir handover.Batch) error {
			return b.store.Retry(t.Context(), heir, handover.Backoff{})
		}, 0},
		"the dead one has posted late": {func(b *bundle, dead, _ handover.Batch) error {
			_, err := b.store.Done(t.Context(), dead)
			return lost(err)
		}, 1},
		"the dead one may have": {func(b *bundle, dead, _ handover.Batch) error {
			return lost(b.store.Retry(t.Context(), dead, handover.Backoff{}))
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.waits()
			dead := b.lease(handover.LaneCard)
			if len(dead) != 1 || dead[0].Kind != handover.KindCard {
				t.Fatal(dead)
			}
			if _, err := b.db.Exec(t.Context(), `UPDATE lanes SET leased_until = now() WHERE lane = 'card'`); err != nil {
				t.Fatal(err)
			}
			heir := b.lease(handover.LaneCard)
			if err := c.end(b, dead[0], heir[0]); err != nil || sweeps(b) != c.sweeps {
				t.Errorf("%d sweeps, %v", sweeps(b), err)
			}
		})
	}
	b := setup(t)
	b.waits()
	if _, err := b.store.Done(t.Context(), b.lease(handover.LaneCard)[0]); err != nil || sweeps(b) != 0 {
		t.Errorf("a post that went well: %d sweeps, %v", sweeps(b), err)
	}
}

// lost is nil of an error that says that the lane was taken over.
func lost(err error) error {
	if errors.Is(err, handover.ErrLeaseLost) {
		return nil
	}
	return fmt.Errorf("the lane was not taken over: %w", err)
}

func TestAnOutageUsesUpNoAttemptAndHoldsItsPace(t *testing.T) {
	b := setup(t)
	b.waits()
	paces := []handover.Limit{{Name: "slack:post", Every: time.Millisecond}, {Name: "slack:update", Every: time.Millisecond}}
	for range 3 {
		time.Sleep(5 * time.Millisecond) // until the limit is free again
		runs := b.lease(handover.LaneThread, paces...)
		if len(runs) != 1 || runs[0].Failures != 0 {
			t.Fatalf("%+v", runs)
		}
		if err := b.store.Retry(t.Context(), runs[0], handover.Backoff{Limit: home.PostLimit(), Wait: time.Hour}); err != nil {
			t.Fatal(err)
		}
		if runs := b.lease(handover.LaneThread, paces...); len(runs) != 0 {
			t.Fatal("leased although the pace is not free")
		}
		if _, err := b.db.Exec(t.Context(), `UPDATE limits SET next_at = now()`); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPaceIsGivenToTheMostUrgentLane(t *testing.T) {
	b := setup(t)
	var first int64
	for i := range 3 {
		who := fmt.Sprint("customer", i)
		c := b.ok(b.desk.Open(t.Context(), handover.Opening{Channel: "web", Customer: who})).Conversation
		b.ok(b.desk.AskForPerson(t.Context(), handover.ByCustomer("web", who)))
		if i == 0 {
			first = c.ID
		}
	}
	pace := handover.Limit{Name: "slack:post", Every: time.Hour}
	runs := b.lease(handover.LaneCard, pace)
	if len(runs) != 1 || runs[0].Conversation.ID != first {
		t.Fatalf("%d runs", len(runs))
	}
	if more := b.lease(handover.LaneCard, pace); len(more) != 0 {
		t.Fatal("the pace was not taken")
	}
}

func TestACustomersLimitKeepsNobodyElseWaiting(t *testing.T) {
	b := setup(t)
	limit := handover.Limit{Name: "telegram:chat", Every: time.Hour}
	for _, who := range []string{"ana", "ben"} {
		b.ok(b.desk.Open(t.Context(), handover.Opening{Channel: "telegram", Customer: who, Push: true}))
		b.ok(b.desk.AskForPerson(t.Context(), handover.ByCustomer("telegram", who)))
	}
	for range 2 { // the state and the words of each, of which the first takes the limit
		for _, r := range b.lease(handover.LaneCustomer, limit) {
			if _, err := b.store.Done(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	var left, rows int
	if err := b.db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM effects WHERE lane = 'customer'), (SELECT count(*) FROM limits WHERE name = 'telegram:chat')`).Scan(&left, &rows); err != nil || left != 2 || rows != 2 {
		t.Fatalf("%d effects are left, want one of each; %d limits; %v", left, rows, err)
	}
	b.ok(b.desk.Open(t.Context(), handover.Opening{Channel: "telegram", Customer: "cy", Push: true}))
	b.ok(b.desk.AskForPerson(t.Context(), handover.ByCustomer("telegram", "cy")))
	if other := b.lease(handover.LaneCustomer, limit); len(other) != 1 {
		t.Fatalf("%d runs: the others' limits hold a third customer", len(other))
	}
}

func TestRunsOfALaneAreMergedInOrder(t *testing.T) {
	b := setup(t)
	b.claimed()
	for _, r := range b.lease(handover.LaneThread) { // the transcript
		if _, err := b.store.Done(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		b.writes(fmt.Sprint("line ", i))
	}
	runs := b.lease(handover.LaneThread)
	var texts []string
	for _, e := range runs[0].Effects {
		texts = append(texts, e.Message.Text)
	}
	if got := strings.Join(texts, "|"); got != "line 0|line 1|line 2|line 3|line 4" {
		t.Fatal(got)
	}
}

func TestABurstCostsOneAnswer(t *testing.T) {
	b := setup(t)
	for i := range 5 {
		b.writes(fmt.Sprint("line ", i))
	}
	if got := b.kinds(handover.LaneThink); got != "answer×5" {
		t.Fatal(got)
	}
}

func TestTheThreadWaitsForItsCard(t *testing.T) {
	b := setup(t)
	b.writes("hello")
	h := b.ok(b.desk.AskForPerson(t.Context(), eve)).Conversation.Handoff
	if runs := b.lease(handover.LaneThread); len(runs) != 0 {
		t.Fatal("the thread was written before its card")
	}
	b.posted(h, "100.0")
	if got := b.kinds(handover.LaneThread); got != "transcript×1" {
		t.Fatal(got)
	}
}

func TestReadersThatFollowRevSeeEveryChangeExactlyOnce(t *testing.T) {
	b := setup(t, atOnce)
	b.claimed()
	const writers, each = 4, 50
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("w%d-%d", w, i)
				if w%2 == 0 {
					b.ok(b.desk.Receive(t.Context(), eve, handover.Inbound{ID: id, Text: id}))
					continue
				}
				l := line("mia", fmt.Sprintf("3%d%03d.0", w, i), id)
				b.ok(b.desk.ReceiveLine(t.Context(), l))
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	seen := map[string]int{}
	var rev, last int64
	for over := false; ; {
		_, changes, err := b.store.Since(t.Context(), b.conv, rev, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range changes {
			seen[m.Text]++
			if m.Rev <= rev || m.Seq <= last {
				t.Fatalf("rev %d after %d, seq %d after %d", m.Rev, rev, m.Seq, last)
			}
			rev, last = m.Rev, m.Seq
		}
		if over {
			break
		}
		select {
		case <-done:
			over = true
		default:
		}
	}
	for w := range writers {
		for i := range each {
			if id := fmt.Sprintf("w%d-%d", w, i); seen[id] != 1 {
				t.Errorf("%s was seen %d times", id, seen[id])
			}
		}
	}
}

func TestEveryAckedStepSurvivesADroppedConnection(t *testing.T) {
	b := setup(t)
	b.writes("hello")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			_, _ = b.db.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1`)
			time.Sleep(3 * time.Millisecond) // the rate of the faults
		}
	}()
	acked := map[string]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 100 {
				id := fmt.Sprintf("%d-%d", w, i)
				if _, err := b.desk.Receive(t.Context(), eve, handover.Inbound{ID: id, Text: id}); err == nil {
					mu.Lock()
					acked[id] = true
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	cancel()
	var stored []string
	var messages []handover.Message
	var err error
	for range 10 { // the pool may still hold connections that were cut
		if _, messages, err = b.store.Since(t.Context(), b.conv, 0, 10000); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		stored = append(stored, m.Text)
	}
	for id := range acked {
		if n := strings.Count(" "+strings.Join(stored, " ")+" ", " "+id+" "); n != 1 {
			t.Errorf("%s was acked and stored %d times", id, n)
		}
	}
	t.Logf("%d of 400 acked", len(acked))
}

func TestWritingAfterClosedStartsANewEpisodeWithTheBot(t *testing.T) {
	b := setup(t)
	h := b.claimed()
	b.ok(b.desk.Resolve(t.Context(), h.ID, by("mia", "400.0")))
	if c := b.conversation(); c.State != handover.Closed || c.Episode != c.Seq {
		t.Fatalf("%+v", c)
	}
	m := b.writes("me again")
	c := b.conversation()
	if c.State != handover.WithBot || c.Episode != m.Seq-1 {
		t.Fatalf("%s, episode after %d, message %d", c.State, c.Episode, m.Seq)
	}
	s := b.ok(b.desk.AskForPerson(t.Context(), eve))
	if s.Conversation.Handoff.ID == h.ID {
		t.Fatal("the old handoff was used again")
	}
}

func TestReopenIsANewLinkedHandoffClaimedAtOnce(t *testing.T) {
	b := setup(t)
	h := b.claimed()
	b.ok(b.desk.Resolve(t.Context(), h.ID, by("mia", "400.0")))
	s := b.ok(b.desk.Reopen(t.Context(), h.ID, by("mia", "500.0")))
	if n := s.Conversation.Handoff; n.ID == h.ID || n.Previous != h.ID || n.State != handover.Claimed || s.Conversation.State != handover.Claimed {
		t.Fatalf("%+v", n)
	}
}

func TestCancelWhileWaitingAndNotAfterAClaim(t *testing.T) {
	b := setup(t)
	h := b.waits()
	if c := b.ok(b.desk.CancelHandoff(t.Context(), eve)).Conversation; c.State != handover.WithBot || c.Handoff.Outcome != handover.Cancelled {
		t.Fatalf("%+v", c)
	}
	var no *handover.NotAllowedError
	if _, err := b.desk.Claim(t.Context(), h.ID, by("mia", "200.0")); !errors.As(err, &no) {
		t.Fatal(err)
	}
	h = b.ok(b.desk.AskForPerson(t.Context(), eve)).Conversation.Handoff
	b.ok(b.desk.Claim(t.Context(), h.ID, by("mia", "300.0")))
	if _, err := b.desk.CancelHandoff(t.Context(), eve); !errors.As(err, &no) {
		t.Fatal(err)
	}
}

func TestTheAgentIsIntroducedOnceAndBeforeHerFirstWord(t *testing.T) {
	b := setup(t, atOnce)
	h := b.claimed()
	runs := b.lease(handover.LaneCustomer)
	if len(runs) != 1 || runs[0].Kind != handover.KindIntroduce {
		t.Fatalf("%+v", runs)
	}
	b.ok(b.desk.Introduce(t.Context(), h.ID, handover.Agent{ID: h.Agent.ID, Title: "Mia"}))
	b.ok(b.desk.Introduce(t.Context(), h.ID, handover.Agent{ID: h.Agent.ID, Title: "Mia"}))
	b.hears(line("mia", "300.0", "What happened?"))
	if !strings.HasSuffix(b.sees(), "Hi, I'm Mia. | What happened?") || strings.Count(b.sees(), "Mia") != 1 {
		t.Fatal(b.sees())
	}
	b.ok(b.desk.Release(t.Context(), h.ID, by("mia", "400.0")))
	b.ok(b.desk.Claim(t.Context(), h.ID, by("mia", "500.0")))
	if got := b.sees(); !strings.HasSuffix(got, "| Hi, I'm Mia.") { // her profile is known by now: in the same step
		t.Fatal(got)
	}
}

func TestMiaInSlackAndMiaAtTheConsoleAreOne(t *testing.T) {
	b := setup(t, atOnce)
	listed, err := b.store.SyncAgents(t.Context(), []postgres.Listed{{Agent: handover.Agent{Name: "mia", Title: "Mia"}, Accounts: []handover.Account{{Workspace: "slack:T1", External: "mia"}}}})
	if err != nil {
		t.Fatal(err)
	}
	h := b.waits()
	console := handover.By{Account: handover.Account{ID: listed[0].ID}}
	b.ok(b.desk.Claim(t.Context(), h.ID, console))
	if m := b.hears(line("mia", "300.0", "from Slack")); m.Visibility != handover.Public {
		t.Fatalf("%+v", m)
	}
	b.ok(b.desk.Write(t.Context(), h.ID, console, "k1", "from the console"))
	b.ok(b.desk.Write(t.Context(), h.ID, console, "k1", "from the console"))
	if !strings.HasSuffix(b.sees(), "Hi, I'm Mia. | from Slack | from the console") {
		t.Fatal(b.sees())
	}
	bob := handover.By{Account: handover.Account{Workspace: "slack:T1", External: "bob"}}
	var no *handover.NotAllowedError
	if _, err := b.desk.Write(t.Context(), h.ID, bob, "k2", "me too"); !errors.As(err, &no) || no.Agent.Title != "Mia" {
		t.Fatal(err)
	}
}

func TestOnlyListedAgentsMayClaimWhereThereIsAList(t *testing.T) {
	b := setup(t, func(o *handover.Options) { o.ListedOnly = true })
	var no *handover.NotListedError
	if _, err := b.desk.Claim(t.Context(), b.waits().ID, by("stranger", "200.0")); !errors.As(err, &no) {
		t.Fatal(err)
	}
}

func TestWhileWaitingTheBotAnswersIntoTheThreadAndNeverRingsAgain(t *testing.T) {
	b := setup(t)
	b.waits()
	for _, r := range b.lease(handover.LaneThread) {
		_, _ = b.store.Done(t.Context(), r)
	}
	m := b.writes("how long does it take?")
	b.ok(b.desk.Say(t.Context(), b.conv, m.Seq, handover.BotMessage{Text: "Two days.", Choices: []handover.Choice{{Label: "a person", ID: handover.ChoosePerson}}, Offers: true}, handover.Decision{Raise: true}))
	runs := b.lease(handover.LaneThread)
	if len(runs) != 1 || len(runs[0].Effects) != 2 || runs[0].Effects[1].Message.From != handover.FromBot || len(runs[0].Effects[1].Message.Choices) != 0 {
		t.Fatalf("%+v", runs)
	}
	if c := b.conversation(); c.Handoff.Priority != 1 {
		t.Fatal("frustration did not raise the priority")
	}
	if _, err := b.desk.RequestHandoff(t.Context(), b.conv, m.Seq, handover.Decision{Reason: handover.Frustration}); !errors.Is(err, handover.ErrStale) {
		t.Fatal(err)
	}
}

func TestPassedOnIsSaidOnce(t *testing.T) {
	b := setup(t)
	b.waits()
	for range 2 {
		m := b.writes("still there?")
		b.ok(b.desk.PassOn(t.Context(), b.conv, m.Seq, handover.Decision{}))
	}
	if strings.Count(b.sees(), "passed that on") != 1 {
		t.Fatal(b.sees())
	}
}

func TestNoPromiseWhenTheGateIsNotOpen(t *testing.T) {
	b := setup(t, func(o *handover.Options) { o.Gate = handover.GateDisabled })
	b.writes("hello")
	if _, err := b.desk.AskForPerson(t.Context(), eve); !errors.Is(err, handover.ErrNoPerson) {
		t.Fatal(err)
	}
	if c := b.conversation(); c.State != handover.WithBot || b.sees() != "hello" {
		t.Fatal(c.State, b.sees())
	}
}

func TestARatingBelongsToAnEndedHandoff(t *testing.T) {
	b := setup(t)
	h := b.claimed()
	if _, err := b.desk.Rate(t.Context(), eve, 5, ""); !errors.Is(err, handover.ErrNotRated) {
		t.Fatal(err)
	}
	b.ok(b.desk.Resolve(t.Context(), h.ID, by("mia", "400.0")))
	if c := b.ok(b.desk.Rate(t.Context(), eve, 5, "quick")).Conversation; c.Handoff.Score != 5 {
		t.Fatal(c.Handoff)
	}
}

// beside is a desk of another process on the same database.
func (b *bundle) beside(o handover.Options) *bundle {
	other := *b
	o.Team, o.Teams = "support", map[string]handover.Place{"support": home}
	other.store = postgres.New(b.db, b.db)
	other.desk = handover.NewDesk(other.store, handover.NewBus(nil), o)
	return &other
}

func TestAStepSeesWhatAnotherProcessDidSinceThisOnesLast(t *testing.T) {
	b := setup(t, atOnce)
	h := b.claimed()
	other := b.beside(handover.Options{})
	for n, x := range []*bundle{b, other} { // both have just seen mia hold it
		for i := range 3 {
			if m := x.hears(line("mia", fmt.Sprintf("3%02d.%d", i, n), "hello")); m.Visibility != handover.Public {
				t.Fatalf("the agent's line is %s", m.Visibility)
			}
		}
	}
	b.ok(other.desk.Release(b.Context(), h.ID, by("mia", "400.0")))
	if m := b.hears(line("mia", "500.0", "does she still have it?")); m.Visibility != handover.Internal {
		t.Fatalf("a line of the one who gave it up is %s", m.Visibility)
	}
	b.ok(b.desk.Claim(b.Context(), h.ID, by("tom", "600.0")))
	if m := other.hears(line("tom", "700.0", "now it is mine")); m.Visibility != handover.Public {
		t.Fatalf("a line of the one who holds it is %s", m.Visibility)
	}
	if m := other.hears(line("mia", "701.0", "not mine")); m.Visibility != handover.Internal {
		t.Fatalf("a line of another is %s", m.Visibility)
	}
}

func TestStepsOfTwoProcessesAreNumberedWithoutGaps(t *testing.T) {
	b := setup(t, atOnce)
	b.claimed()
	other := b.beside(handover.Options{})
	before := b.conversation().Seq
	const each = 60
	var wg sync.WaitGroup
	for i, x := range []*bundle{b, other, b, other} {
		wg.Go(func() {
			for n := range each {
				var err error
				if i < 2 {
					_, err = x.desk.Receive(b.Context(), eve, handover.Inbound{ID: fmt.Sprint(i, "-", n), Text: "hello"})
				} else {
					_, err = x.desk.ReceiveLine(b.Context(), line("mia", fmt.Sprintf("%d.%d", 300+n, i), "hello"))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var n, highest int64
	if err := b.db.QueryRow(b.Context(), `SELECT count(DISTINCT seq), max(seq) FROM messages WHERE seq > $1`, before).Scan(&n, &highest); err != nil {
		t.Fatal(err)
	}
	if c := b.conversation(); n < 4*each || highest != before+n || c.Seq != highest {
		t.Fatalf("%d messages after %d up to %d; the conversation says %d", n, before, highest, c.Seq)
	}
}

func TestAnAgentStruckFromTheListByAnotherProcessSpeaksToNobody(t *testing.T) {
	b := setup(t, atOnce, func(o *handover.Options) { o.ListedOnly = true })
	list := func(s *postgres.Store, agents ...postgres.Listed) {
		if _, err := s.SyncAgents(b.Context(), agents); err != nil {
			t.Fatal(err)
		}
	}
	mia := postgres.Listed{Agent: handover.Agent{Name: "mia", Title: "Mia"}, Accounts: []handover.Account{{Workspace: "slack:T1", External: "mia"}}}
	list(b.store, mia)
	b.claimed()
	for i := range 3 {
		if m := b.hears(line("mia", fmt.Sprintf("30%d.0", i), "hello")); m.Visibility != handover.Public {
			t.Fatalf("the agent's line is %s", m.Visibility)
		}
	}
	list(b.beside(handover.Options{ListedOnly: true}).store)
	if m := b.hears(line("mia", "400.0", "still here?")); m.Visibility != handover.Internal {
		t.Fatalf("a line of one who is no agent any more is %s", m.Visibility)
	}
}

func TestAnEditKeptByAnotherProcessWinsOverTheLineThatComesNext(t *testing.T) {
	b := setup(t, atOnce)
	b.claimed()
	other := b.beside(handover.Options{})
	b.hears(line("mia", "300.0", "hello"))
	b.hears(line("mia", "301.0", "hello again"))
	next := line("mia", "302.0", "with a slip")
	other.ok(other.desk.ReceiveLine(b.Context(), edited(next, "303.0", "without")))
	if m := b.hears(next); m.Text != "without" {
		t.Fatalf("the line says %q", m.Text)
	}
	again := line("mia", "304.0", "gone")
	if err := other.store.Keep(b.Context(), deleted(again)); err != nil {
		t.Fatal(err)
	}
	if m := b.hears(again); !m.Deleted || m.Visibility != handover.Internal {
		t.Fatalf("a line that was deleted is %+v", m)
	}
}

func TestTheSchemaRefusesWhatTheDeskWouldNever(t *testing.T) {
	b := setup(t)
	b.claimed()
	for _, sql := range []string{
		`UPDATE handoffs SET agent_id = NULL`,
		`UPDATE handoffs SET state = 'waiting'`,
		`UPDATE handoffs SET state = 'asleep'`,
		`UPDATE conversations SET state = 'limbo'`,
		`UPDATE conversations SET handoff_id = NULL`,
		`UPDATE messages SET seq = NULL`,
		`UPDATE messages SET visibility = 'internal' WHERE sender = 'customer'`,
		`INSERT INTO handoffs (id, conversation_id, team, reason, state, requested_at) SELECT 1, id, 'support', 'rule', 'waiting', now() FROM conversations`,
		`UPDATE lanes SET queued = -1`,
	} {
		if _, err := b.db.Exec(t.Context(), sql); err == nil {
			t.Errorf("allowed: %s", sql)
		}
	}
}

func TestAnUnknownKindOrAMissingHandlerFailsWhenWired(t *testing.T) {
	t.Parallel()
	wakes := handover.NewBus(nil)
	nothing := func(context.Context, handover.Batch) error { return nil }
	if _, err := handover.NewWorker(nil, wakes, map[handover.Kind]handover.Handler{handover.KindAnswer: nothing}, handover.WorkerOptions{Logger: pgtest.Logger()}); err == nil || !strings.Contains(err.Error(), `"relay"`) {
		t.Fatal(err)
	}
	if _, err := handover.NewWorker(nil, wakes, map[handover.Kind]handover.Handler{"fax": nothing}, handover.WorkerOptions{Logger: pgtest.Logger()}); err == nil || !strings.Contains(err.Error(), `"fax"`) {
		t.Fatal(err)
	}
}

func TestTwoWorkersShareLanesAndDoEachEffectOnce(t *testing.T) {
	b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	did := map[int64]int{}
	all := make(chan struct{}, 1000)
	handlers := map[handover.Kind]handover.Handler{}
	for _, k := range handover.Kinds() {
		handlers[k] = func(_ context.Context, r handover.Batch) error {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range r.Effects {
				did[e.ID]++
				all <- struct{}{}
			}
			return nil
		}
	}
	var wg sync.WaitGroup
	for range 2 {
		w, err := handover.NewWorker(b.store, handover.NewBus(nil), handlers, handover.WorkerOptions{Logger: pgtest.Logger()})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { _ = w.Run(ctx, time.Second) })
	}
	for i := range 60 {
		who := fmt.Sprint("c", i%6)
		b.ok(b.desk.Open(t.Context(), handover.Opening{Channel: "web", Customer: who}))
		b.ok(b.desk.Receive(t.Context(), handover.ByCustomer("web", who), handover.Inbound{ID: fmt.Sprint(i), Text: "x"}))
	}
	for range 60 {
		<-all
	}
	cancel()
	wg.Wait()
	for id, n := range did {
		if n != 1 {
			t.Errorf("effect %d was done %d times", id, n)
		}
	}
}

func TestThinkingThatUsesItsWholeTimeFailsAndIsGivenUp(t *testing.T) {
	b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answered, carded := make(chan handover.Batch, 10), make(chan struct{}, 100)
	var began atomic.Int64
	handlers := map[handover.Kind]handover.Handler{}
	for _, k := range handover.Kinds() {
		handlers[k] = func(context.Context, handover.Batch) error { return nil }
	}
	handlers[handover.KindCard] = func(context.Context, handover.Batch) error { carded <- struct{}{}; return nil }
	handlers[handover.KindAnswer] = func(_ context.Context, r handover.Batch) error {
		if r.Failures < handover.GiveUpAfter {
			began.Add(1)
			<-ctx.Done() // it does not hear that its time is up
			return nil
		}
		answered <- r
		return nil
	}
	var gaveUp atomic.Int64
	w, err := handover.NewWorker(b.store, handover.NewBus(nil), handlers, handover.WorkerOptions{Lease: 400 * time.Millisecond, Logger: pgtest.Logger(), Observer: observer(func(err error) {
		if errors.Is(err, handover.ErrGaveUp) {
			gaveUp.Add(1)
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { _ = w.Run(ctx, 0) })
	b.writes("4 4 4 4")
	for i := range 5 { // others get their cards meanwhile
		who := fmt.Sprint("c", i)
		b.ok(b.desk.Open(ctx, handover.Opening{Channel: "web", Customer: who}))
		b.ok(b.desk.AskForPerson(ctx, handover.ByCustomer("web", who)))
		<-carded
	}
	if r := <-answered; r.Failures != handover.GiveUpAfter || gaveUp.Load() != 1 {
		t.Fatal(r.Failures, gaveUp.Load())
	}
	if n := began.Load(); n != 1 {
		t.Fatalf("%d attempts of one conversation at a time", n)
	}
}

// observer hears how each run ended.
type observer func(error)

func (o observer) EffectsDone(_ handover.Kind, _ int, _, _ time.Duration, err error) { o(err) }

func TestOnlyTheNewestOfALongConversationIsRead(t *testing.T) {
	b := setup(t)
	for range 12 {
		b.writes(strings.Repeat("x", 8000))
	}
	last := b.writes("the last")
	recent, err := b.store.Recent(t.Context(), b.conv, 0)
	if err != nil || len(recent) != 9 || recent[8].ID != last.ID {
		t.Fatal(len(recent), err)
	}
	if recent, err = b.store.Recent(t.Context(), b.conv, 10); err != nil || len(recent) != 3 {
		t.Fatal(len(recent), err)
	}
}
