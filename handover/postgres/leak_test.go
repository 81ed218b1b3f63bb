package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

// TestNoInternalTextReachesTheCustomer plays random threads: authors, claims, releases, transfers, notes, edits, deletions, lines sent after
// all, with events that are doubled and overtake each other. Whatever the customer could ever see is compared with what she may; and what she
// must have got is there, once. PROVE=1 plays 10,000; SEED=n plays one seed's.
func TestNoInternalTextReachesTheCustomer(t *testing.T) {
	t.Parallel()
	cases := 150
	if os.Getenv("PROVE") != "" {
		cases = 10000
	}
	seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64() % 1e6
	}
	t.Logf("SEED=%d", seed)
	db := pgtest.New(t, postgres.Migrations())
	store := postgres.New(db, db)
	desk := handover.NewDesk(store, handover.NewBus(nil), handover.Options{UndoWindow: time.Hour, Team: "a", Teams: map[string]handover.Place{
		"a": {Workspace: "slack:T1", Channel: "CA"}, "b": {Workspace: "slack:T1", Channel: "CB"},
	}})
	var wg sync.WaitGroup
	var mu sync.Mutex
	sum := map[string]int{}
	for worker := range 4 {
		wg.Go(func() {
			for i := worker; i < cases && !t.Failed(); i += 4 {
				p := &play{desk: desk, store: store, db: db, r: rand.New(rand.NewPCG(seed, uint64(i))), n: i, lines: map[string]*spoken{}, seen: map[string]bool{}}
				if err := p.run(t.Context()); err != nil {
					t.Errorf("case %d: %v\n%s", i, err, strings.Join(p.log, "\n"))
				}
				mu.Lock()
				sum["lines"] += len(p.lines)
				sum["files"] += p.files
				for _, l := range p.lines {
					if l.got {
						sum["relayed"]++
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d cases, %d lines of which %d were relayed, %d files: no internal text or file was ever visible", cases, sum["lines"], sum["relayed"], sum["files"])
}

// spoken is a line of a thread, with all that may be shown of it.
type spoken struct {
	handover.Line
	version map[string]bool // texts that it has had → a note
	held    bool            // its author held the claim when she wrote it
	note    bool            // as it was written
	noted   bool            // it was a note at some time
	sent    bool            // its author said: send it after all
	here    bool            // its event came while its card was open
	deleted bool            // its deletion came
	edited  string          // the newest edit that came, by Slack's time
	text    string          // what that says
	files   []string        // keys of what came along
	gone    map[string]bool // of those, what edits that came have taken away
	got     bool            // the customer got it
}

type play struct {
	desk  *handover.Desk
	store *postgres.Store
	db    *pgxpool.Pool
	r     *rand.Rand
	n     int
	clock int
	words int
	files int // that the customer has in the end

	conv, handoff int64
	card          handover.Card
	open          map[string]bool // threads whose card is open
	holder        string
	lines         map[string]*spoken
	order         []string
	queue         []handover.Line
	seen          map[string]bool // every text, and every file's key, that the customer could ever see
	log           []string
}

func (p *play) tick() string { p.clock++; return fmt.Sprintf("%010d.%06d", 1700000000+p.n, p.clock) }

func (p *play) say(format string, a ...any) { p.log = append(p.log, fmt.Sprintf(format, a...)) }

// words are unique, so that each can be told wherever it turns up.
func (p *play) text() (text string, note bool) {
	p.words++
	text = fmt.Sprintf("w%dx%d", p.n, p.words)
	switch p.r.IntN(6) {
	case 0:
		return "// " + text, true
	case 1:
		return " NOTE: " + text, true
	}
	return text, false
}

func (p *play) account(name string) handover.Account {
	return handover.Account{Workspace: "slack:T1", External: name}
}

func (p *play) by1(name, at string) handover.By { return handover.By{Account: p.account(name), At: at} }

func refused(err error) bool { return errors.As(err, new(*handover.NotAllowedError)) }

func (p *play) run(ctx context.Context) error {
	customer := handover.ByCustomer("web", fmt.Sprint("c", p.n))
	s, err := p.desk.Open(ctx, handover.Opening{Channel: "web", Customer: fmt.Sprint("c", p.n)})
	if err != nil {
		return err
	}
	p.conv = s.Conversation.ID
	if s, err = p.desk.AskForPerson(ctx, customer); err != nil {
		return err
	}
	p.handoff, p.card, p.open = s.Conversation.Handoff.ID, s.Conversation.Handoff.Card, map[string]bool{}
	if err := p.posted(ctx); err != nil {
		return err
	}
	for step := range 14 + p.r.IntN(14) {
		if err := p.step(ctx, customer, step); err != nil {
			return err
		}
		if err := p.look(ctx); err != nil {
			return err
		}
	}
	for len(p.queue) > 0 {
		if err := p.deliver(ctx); err != nil {
			return err
		}
	}
	if err := p.publish(ctx); err != nil {
		return err
	}
	return p.judge(ctx)
}

// posted teaches the card its ts.
func (p *play) posted(ctx context.Context) error {
	p.card.TS = p.tick()
	p.open[p.card.TS] = true
	return p.desk.Posted(ctx, p.handoff, p.card)
}

func (p *play) step(ctx context.Context, customer handover.Ref, n int) error {
	people := []string{"U1", "U2", "U3"}
	who, at := people[p.r.IntN(3)], p.tick()
	switch p.r.IntN(13) {
	case 0, 1:
		_, err := p.desk.Claim(ctx, p.handoff, p.by1(who, at))
		if refused(err) {
			return nil
		}
		p.say("%s claims", who)
		p.holder = who
		return err
	case 2:
		if p.holder == "" {
			return nil
		}
		p.say("%s releases", p.holder)
		_, err := p.desk.Release(ctx, p.handoff, p.by1(p.holder, at))
		p.holder = ""
		return err
	case 3:
		if p.holder == "" || p.r.IntN(2) == 0 {
			return nil
		}
		p.say("%s transfers", p.holder)
		team := "b"
		if p.card.Channel == "CB" {
			team = "a"
		}
		s, err := p.desk.Transfer(ctx, p.handoff, p.by1(p.holder, at), team, "because")
		if err != nil {
			return err
		}
		p.open[p.card.TS], p.holder, p.card = false, "", s.Conversation.Handoff.Card
		return p.posted(ctx)
	case 4, 5, 6, 7:
		text, note := p.text()
		l := handover.Line{Kind: handover.LineWritten, Place: p.card.Place, ThreadTS: p.card.TS, TS: at, Account: who, Text: text, Ask: p.r.IntN(10) == 0}
		if p.holder != "" && p.r.IntN(3) > 0 {
			l.Account = p.holder
		}
		if l.Ask { // it mentions a teammate: only its author's word sends it
			text = "@mia " + text
			l.Text, note = text, false
		}
		o := &spoken{version: map[string]bool{text: note}, held: l.Account == p.holder && !l.Ask, note: note, noted: note, text: text, gone: map[string]bool{}}
		for range p.r.IntN(3) * p.r.IntN(2) {
			p.words++
			f := handover.File{Key: fmt.Sprintf("key%dx%d", p.n, p.words), Name: "a.txt", Source: fmt.Sprintf("slack:T1:F%d", p.words)}
			l.Files, o.files = append(l.Files, f), append(o.files, f.Key)
		}
		o.Line = l
		p.lines[at] = o
		p.order, p.queue = append(p.order, at), append(p.queue, l)
		p.say("%s writes %q at %s", l.Account, text, at)
	case 8:
		if len(p.order) == 0 {
			return nil
		}
		o := p.lines[p.order[p.r.IntN(len(p.order))]]
		text, note := p.text()
		e := o.Line
		e.Kind, e.EditedTS, e.Text, e.Ask = handover.LineEdited, at, text, false
		if len(o.Files) > 0 && p.r.IntN(3) == 0 { // a file is taken away with it
			o.Files = o.Files[1:]
		}
		e.Files = o.Files
		o.version[text], o.noted = note, o.noted || note
		p.queue = append(p.queue, e)
		p.say("%s edits %s into %q", o.Account, o.TS, text)
	case 9:
		if len(p.order) == 0 || p.r.IntN(2) == 0 {
			return nil
		}
		o := p.lines[p.order[p.r.IntN(len(p.order))]]
		e := o.Line
		e.Kind = handover.LineDeleted
		p.queue = append(p.queue, e)
		p.say("%s deletes %s", o.Account, o.TS)
	case 10:
		return p.publish(ctx)
	case 11:
		if len(p.order) == 0 {
			return nil
		}
		o, claim := p.lines[p.order[p.r.IntN(len(p.order))]], p.r.IntN(2) == 0
		s, err := p.desk.SendLine(ctx, p.handoff, p.by1(o.Account, at), o.Key(), claim)
		if refused(err) || errors.Is(err, handover.ErrUnknown) || errors.Is(err, handover.ErrNotYours) {
			return nil
		}
		if err == nil && s.Changed {
			p.say("%s sends %s after all", o.Account, o.TS)
			o.sent = true
			if s.Conversation.State == handover.Claimed && p.holder == "" {
				p.holder = o.Account
			}
		}
		return err
	case 12:
		_, err := p.desk.Receive(ctx, customer, handover.Inbound{ID: fmt.Sprint(n), Text: "hello"})
		return err
	}
	if p.r.IntN(2) == 0 {
		return p.deliver(ctx)
	}
	return nil
}

// deliver takes any of the events in that are on their way; some come again.
func (p *play) deliver(ctx context.Context) error {
	if len(p.queue) == 0 {
		return nil
	}
	i := p.r.IntN(len(p.queue))
	l := p.queue[i]
	if p.r.IntN(4) > 0 {
		p.queue = append(p.queue[:i], p.queue[i+1:]...)
	}
	o := p.lines[l.TS]
	p.say("%s %s %q comes", l.Kind, l.TS, l.Text)
	if _, err := p.desk.ReceiveLine(ctx, l); err != nil {
		return err
	}
	switch l.Kind {
	case handover.LineWritten:
		o.here = o.here || p.open[l.ThreadTS]
	case handover.LineEdited:
		if l.EditedTS > o.edited {
			o.edited, o.text = l.EditedTS, l.Text
		}
		for _, key := range o.files {
			o.gone[key] = o.gone[key] || !slices.ContainsFunc(l.Files, func(f handover.File) bool { return f.Key == key })
		}
	case handover.LineDeleted:
		o.deleted = true
	}
	return p.look(ctx)
}

// publish ends the undo window of a reply, or of all.
func (p *play) publish(ctx context.Context) error {
	all, err := p.store.Transcript(ctx, p.conv, 0)
	if err != nil {
		return err
	}
	for _, m := range all {
		for _, f := range m.Files { // those that the desk has asked for
			if asked := 0; f.Waiting() {
				if err := p.db.QueryRow(ctx, `SELECT count(*) FROM effects WHERE kind = 'fetch' AND message_id = $1`, m.ID).Scan(&asked); err != nil || asked == 0 {
					continue
				}
				f.Ready = true
				if err := p.store.KeepContent(ctx, f.Key, []byte(f.Key)); err != nil {
					return err
				}
				if _, err := p.desk.Fetched(ctx, m, f); err != nil {
					return err
				}
			}
		}
		if m.Visibility == handover.Pending {
			if _, err := p.desk.Publish(ctx, handover.Timer{Conversation: p.conv, Handoff: p.handoff, Kind: handover.TimerPublish, Subject: m.ID}); err != nil {
				return err
			}
		}
	}
	return p.look(ctx)
}

// look keeps what the customer could see now.
func (p *play) look(ctx context.Context) error {
	_, all, err := p.store.Since(ctx, p.conv, 0, 1000)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.From == handover.FromAgent && !m.Deleted {
			p.seen[m.Text] = true
			for _, f := range m.Files {
				p.seen[f.Key] = true
			}
		}
	}
	return nil
}

func (p *play) judge(ctx context.Context) error {
	if err := p.look(ctx); err != nil {
		return err
	}
	_, now, err := p.store.Since(ctx, p.conv, 0, 1000)
	if err != nil {
		return err
	}
	visible := map[string]bool{}
	for _, m := range now {
		for _, f := range m.Files {
			visible[f.Key] = visible[f.Key] || !m.Deleted
		}
	}
	for ts, l := range p.lines {
		for text, note := range l.version {
			if p.seen[text] && (note || !l.sent && (!l.held || l.note)) {
				return fmt.Errorf("the customer could see %q of %s (held %v, a note %v)", text, ts, l.held, note)
			}
		}
	}
	_, all, err := p.store.Since(ctx, p.conv, 0, 1000)
	if err != nil {
		return err
	}
	shown := map[string]int{}
	for _, m := range all {
		if m.From == handover.FromAgent && !m.Deleted {
			shown[m.Text]++
		}
	}
	for ts, l := range p.lines {
		for _, key := range l.files {
			_, _, err := p.store.Content(ctx, key, true)
			switch has := err == nil; {
			case err != nil && !errors.Is(err, handover.ErrNoFile):
				return err
			case p.seen[key] && !l.sent && (!l.held || l.note):
				return fmt.Errorf("the customer could see a file of %s (held %v, a note %v)", ts, l.held, l.note)
			case has && !visible[key]:
				return fmt.Errorf("a file of %s can be had, and no message that the customer sees has it", ts)
			case has && (l.deleted || l.gone[key]):
				return fmt.Errorf("a file of %s was taken away and is there", ts)
			case has:
				p.files++
			case (l.held || l.sent) && l.here && !l.noted && !l.deleted && !l.gone[key]:
				return fmt.Errorf("a file of %s is missing", ts)
			}
		}
		n := 0
		for text := range l.version {
			n += shown[text]
		}
		l.got = n > 0
		switch must := (l.held || l.sent) && l.here && !l.noted && !l.deleted; {
		case n > 1:
			return fmt.Errorf("%s is there %d times", ts, n)
		case l.deleted && n > 0:
			return fmt.Errorf("%s was deleted and is there", ts)
		case must && shown[l.text] != 1:
			return fmt.Errorf("%s should say %q", ts, l.text)
		}
	}
	return nil
}
