package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// TestWhatWaitedForSlackIsDrainedInFewPosts: Slack is down while 30 conversations go on with 300 messages and three more ring; then it takes one
// post a second (twenty, unless PROVE=1). New cards come first, each conversation's lines are merged, none is lost, doubled or out of order.
func TestWhatWaitedForSlackIsDrainedInFewPosts(t *testing.T) { // alone: it measures
	const conversations, messages = 30, 10
	rate := 20.0
	if os.Getenv("PROVE") != "" {
		rate = 1
	}
	w := begin(t, settings{})
	var customers []*visitor
	for range conversations {
		v := w.visit()
		v.says("a human please")
		customers = append(customers, v)
	}
	w.until("all are carded", func() bool {
		cards := w.slack.Channel("C1")
		return len(cards) == conversations && !slices.ContainsFunc(cards, func(m slacktest.Message) bool { return len(w.slack.Thread("C1", m.TS)) == 0 })
	})
	var down atomic.Bool
	down.Store(true)
	w.slack.FailAs(func(string, string) slacktest.Fault {
		if down.Load() {
			return slacktest.Fault{Status: 503}
		}
		return slacktest.Fault{}
	})
	for n := range messages {
		for i, v := range customers {
			v.says(fmt.Sprintf("customer %02d line %02d xyzzy", i, n))
		}
	}
	for range 3 {
		v := w.visit()
		v.says("I want to talk to a human")
	}
	w.until("everything waits", func() bool {
		h, err := w.app.store.Health(t.Context())
		return err == nil && h.Unposted == 3
	})
	w.slack.SetRate(rate)
	before, _ := w.slack.Calls("chat.postMessage")
	_, limitedBefore := w.slack.Calls("chat.postMessage")
	began := time.Now()
	down.Store(false)
	all := func() string {
		var b strings.Builder
		for _, m := range w.slack.Everything("C1") {
			if m.ThreadTS != "" { // a card quotes the last lines
				b.WriteString(m.Shown() + "\n")
			}
		}
		return b.String()
	}
	deadline := began.Add(4 * time.Minute)
	for strings.Count(all(), "xyzzy") < conversations*messages || len(w.slack.Channel("C1")) < conversations+3 {
		if time.Now().After(deadline) {
			t.Fatalf("not drained: %d lines, %d cards", strings.Count(all(), "xyzzy"), len(w.slack.Channel("C1")))
		}
		time.Sleep(100 * time.Millisecond) // until it is
	}
	took := time.Since(began)
	calls, limited := w.slack.Calls("chat.postMessage")
	posts := calls - before - (limited - limitedBefore)
	text := all()
	for i := range conversations {
		at := -1
		for n := range messages {
			line := fmt.Sprintf("customer %02d line %02d xyzzy", i, n)
			if strings.Count(text, line) != 1 {
				t.Fatalf("%q is there %d times", line, strings.Count(text, line))
			}
			if next := strings.Index(text, line); next < at {
				t.Fatalf("%q is out of order", line)
			} else {
				at = next
			}
		}
	}
	lines, cards := time.Time{}, time.Time{}
	for _, m := range w.slack.Everything("C1") {
		if m.ThreadTS == "" && m.Posted.After(began) && m.Posted.After(cards) {
			cards = m.Posted
		}
		if m.ThreadTS != "" && strings.Contains(m.Shown(), "xyzzy") && m.Posted.After(lines) {
			lines = m.Posted
		}
	}
	t.Logf("%d messages of %d conversations and 3 new cards: %d posts in %.1f s at %.0f posts a second, new cards after %.1f s", conversations*messages, conversations, posts, took.Seconds(), rate, cards.Sub(began).Seconds())
	if posts > 60 || cards.After(lines) {
		t.Errorf("%d posts, more than 60; or the new cards came last", posts)
	}
}
