package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/bot"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

// settle waits until nothing is left to do: effects, timers, sweeps.
func (c *chaos) settle() {
	db, err := pg.Open(c.Context(), pg.Options{URL: c.database, Logger: pgtest.Logger()})
	if err != nil {
		c.Fatal(err)
	}
	defer db.Close()
	store := desk.New(db.Pool, db.Reserve)
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		h, err := store.Health(c.Context())
		var timers int
		if err == nil {
			err = db.QueryRow(c.Context(), `SELECT count(*) FROM timers WHERE kind <> 'redraw'`).Scan(&timers)
		}
		if err == nil && h.Queued == 0 && timers == 0 {
			return
		}
		if time.Now().After(deadline) {
			c.Fatalf("not settled: %+v, %d timers, %v", h, timers, err)
		}
	}
}

// report compares what was said with what was seen, and prints one line.
func (c *chaos) report(talks []*talk) {
	lost, doubled, before, disordered, leaked, total := 0, 0, 0, 0, 0, 0
	check := func(what string, want, got []string) {
		total += len(want)
		for _, w := range want {
			switch n := count(got, w); {
			case n == 0:
				lost++
				c.Logf("lost (%s): %s", what, w)
			case n > 1:
				doubled += n - 1
				c.Logf("doubled (%s): %s", what, w)
			}
		}
		last := -1
		for _, g := range got {
			i := slices.Index(want, g)
			if i < 0 {
				continue
			}
			if i < last {
				disordered++
				c.Logf("out of order (%s): %s", what, g)
			}
			last = max(last, i)
		}
	}
	for _, k := range talks {
		everything := c.slack.Everything("C1")
		var thread []string
		for _, m := range everything {
			if m.ThreadTS != k.card || m.BotID == "" {
				continue
			}
			for _, text := range words(m.Shown()) {
				if m.Deleted {
					before++
				} else {
					thread = append(thread, text)
				}
			}
		}
		check("customer to thread", k.said[1:], thread)
		var all struct{ Messages []bot.MessageView }
		if k.byWebhook() {
			all.Messages = c.platform.has(fmt.Sprintf("customer-%d", k.n))
		} else {
			for after := int64(0); ; { // in pages
				var page struct {
					Messages []bot.MessageView
					Rev      int64
				}
				k.must("GET", fmt.Sprint("/web/messages?after=", after), "", &page)
				if all.Messages = append(all.Messages, page.Messages...); page.Rev <= after || len(page.Messages) == 0 {
					break
				}
				after = page.Rev
			}
			slices.SortFunc(all.Messages, func(a, b bot.MessageView) int { return int(a.Seq - b.Seq) })
		}
		var seen []string
		for _, m := range all.Messages {
			if m.From == "agent" && !m.Deleted {
				seen = append(seen, m.Text)
			}
		}
		var want []string
		for _, a := range k.answered {
			if !a.deleted {
				want = append(want, a.text)
			} else if slices.Contains(seen, a.text) {
				lost++
				c.Logf("a deletion was lost: %s", a.text)
			}
		}
		check("thread to customer", want, seen)
		var files []string
		for _, m := range everything {
			for _, f := range m.Files {
				if m.ThreadTS == k.card && m.BotID != "" && !m.Deleted {
					files = append(files, f.Name)
				}
			}
		}
		check("files to thread", k.sent, files)
		if !k.byWebhook() {
			check("files to customer", k.filesWanted(), k.filesSeen(all.Messages))
		}
		for _, m := range all.Messages {
			if strings.Contains(m.Text, "leak") {
				leaked++
			}
		}
		k.mu.Lock()
		for text := range k.texts {
			if strings.Contains(text, "leak") {
				leaked++
			}
		}
		for _, m := range k.messages {
			for _, f := range m.Files {
				if strings.HasPrefix(f.Name, "leak") {
					leaked++
				}
			}
		}
		if !slices.IsSorted(k.order) {
			disordered++
			c.Logf("the stream of customer %d went backwards", k.n)
		}
		for text, ids := range k.texts {
			if n := len(ids); n > 1 && strings.HasPrefix(text, "a") && strings.HasSuffix(text, ".") {
				doubled += n - 1
				c.Logf("doubled (stream): %s", text)
			}
		}
		k.mu.Unlock()
	}
	var cards []string
	for _, m := range c.slack.Channel("C1") {
		if m.BotID != "" {
			cards = append(cards, fmt.Sprintf("card %s of %s: %.300s", m.TS, m.Posted.Format(time.TimeOnly+".000"), m.Shown()))
		}
	}
	if more := len(cards) - len(talks); more > 0 {
		doubled += more
		c.Logf("%d cards too many:\n%s", more, strings.Join(cards, "\n"))
	}
	var hit []string
	for _, p := range points {
		hit = append(hit, fmt.Sprintf("%s %d×", p, c.points[p].Load()))
		if os.Getenv("PROVE") != "" && c.points[p].Load() == 0 {
			c.Errorf("never killed at: %s", p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.met)) {
		hit = append(hit, fmt.Sprintf("%s %d×", name, c.met[name].Load()))
		if os.Getenv("PROVE") != "" && c.met[name].Load() == 0 {
			c.Errorf("never met: %s", name)
		}
	}
	disordered += c.platform.disordered()
	left := c.forgotten()
	c.Logf("crash test: %d messages, %d kills (%s), seed %d: lost %d, doubled %d (%d copies before the sweep), out of order %d, leaked %d, left of those erased %d",
		total, c.kills.Load(), strings.Join(hit, ", "), c.seed, lost, doubled, before, disordered, leaked, left)
	if lost+doubled+disordered+leaked+left > 0 {
		c.Error("see above")
	}
}

func count(all []string, one string) (n int) {
	for _, a := range all {
		if a == one {
			n++
		}
	}
	return n
}

func (k *talk) filesWanted() (names []string) {
	for _, a := range k.answered {
		if a.file != "" && !a.deleted {
			names = append(names, a.file)
		}
	}
	return names
}

// filesSeen are the agents' files that the customer can have, with what is in them.
func (k *talk) filesSeen(all []bot.MessageView) (names []string) {
	for _, m := range all {
		for _, f := range m.Files {
			if m.From != "agent" || f.URL == "" {
				continue
			}
			res, err := http.Get(k.server().url + f.URL)
			if err != nil {
				continue
			}
			b, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if string(b) == "contents of "+strings.TrimSuffix(f.Name, "txt") {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// words are the customer's lines that a post shows, in order.
func words(shown string) []string {
	var out []string
	for w := range strings.FieldsSeq(shown) {
		if strings.HasPrefix(w, "c") && strings.HasSuffix(w, ".") && strings.Contains(w, "-") {
			out = append(out, w)
		}
	}
	return out
}
