package handover

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bus tells workers and readers in this process that something was committed. It carries no state: who is woken reads
// the database, and everybody reads it every second regardless, so a lost wake costs a second and nothing else.
type Bus struct {
	mu      sync.Mutex
	lanes   map[string]map[chan struct{}]struct{}
	readers map[int64][]*listener
	all     map[chan struct{}]struct{}
	recent  map[int64][]Saved // the newest steps of conversations that have readers, so that these need not ask
	forward func(conversation int64, lanes []string)
}

// NewBus returns a bus; forward, if not nil, carries wakes to other processes and must not block.
func NewBus(forward func(conversation int64, lanes []string)) *Bus {
	return &Bus{lanes: map[string]map[chan struct{}]struct{}{}, readers: map[int64][]*listener{}, all: map[chan struct{}]struct{}{}, recent: map[int64][]Saved{}, forward: forward}
}

// laneClock is woken when timers are set.
const laneClock = "clock"

// Publish wakes whoever cares for what a step saved.
func (w *Bus) Publish(s Saved) {
	id := s.Conversation.ID
	w.mu.Lock()
	if len(w.readers[id]) > 0 && s.Conversation.Rev > s.Before {
		w.recent[id] = append(w.recent[id][max(0, len(w.recent[id])-keepRecent):], s)
	}
	w.mu.Unlock()
	w.Deliver(s.Conversation.ID, s.Lanes)
	for _, after := range s.Timers {
		time.AfterFunc(after, func() { w.Deliver(0, []string{laneClock}) })
	}
	if w.forward != nil {
		w.forward(s.Conversation.ID, s.Lanes)
	}
}

// keepRecent is how many steps a reader may be behind before it has to ask.
const keepRecent = 15

// Since returns what Reads.Since would return after rev, if this process saved all of it lately; false: ask.
func (w *Bus) Since(conversation, rev int64) (c Conversation, messages []Message, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for more := true; more; {
		more = false
		for _, s := range w.recent[conversation] {
			if s.Before != rev {
				continue
			}
			for _, m := range s.Messages {
				if m.Rev > rev {
					messages = append(messages, m)
				}
			}
			c, rev, more, ok = s.Conversation, s.Conversation.Rev, true, true
		}
	}
	slices.SortFunc(messages, func(a, b Message) int { return int(a.Rev - b.Rev) })
	return c, messages, ok
}

// Deliver wakes this process only: workers of the lanes, readers of the conversation. Lane "" wakes all, conversation 0 none.
func (w *Bus) Deliver(conversation int64, lanes []string) {
	for _, lane := range lanes {
		if t, is := parseTyping(lane); is {
			w.deliverTyping(t)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, lane := range lanes {
		for name, set := range w.lanes {
			if name == lane || lane == "" {
				signal(set)
			}
		}
	}
	if conversation != 0 {
		for _, l := range w.readers[conversation] {
			l.heard(false)
		}
		signal(w.all)
	}
}

func signal(set map[chan struct{}]struct{}) {
	for c := range set {
		select {
		case c <- struct{}{}:
		default: // it is awake already
		}
	}
}

// listener is one reader of a conversation.
type listener struct {
	other Party // whose writing is heard
	heard func(typing bool)
}

// Listen calls heard after changes of a conversation and, with typing, while the other side is writing, until the function that it returns is
// called. heard must not wait for anything, nor call the Bus.
func (w *Bus) Listen(conversation int64, other Party, heard func(typing bool)) (stop func()) {
	l := &listener{other, heard}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readers[conversation] = append(w.readers[conversation], l)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		rest := w.readers[conversation]
		if i := slices.Index(rest, l); i >= 0 {
			rest[i] = rest[len(rest)-1] // the order says nothing
			rest[len(rest)-1] = nil
			w.readers[conversation] = rest[:len(rest)-1]
		}
		if len(w.readers[conversation]) == 0 {
			delete(w.readers, conversation)
			delete(w.recent, conversation)
		}
	}
}

// ListenAll returns a channel that is signalled after changes of any conversation, and a function that ends it.
func (w *Bus) ListenAll() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all[c] = struct{}{}
	return c, func() { w.mu.Lock(); delete(w.all, c); w.mu.Unlock() }
}

// Readers is how many follow conversations in this process.
func (w *Bus) Readers() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, set := range w.readers {
		n += len(set)
	}
	return n
}

// Followed returns the conversations that have readers in this process.
func (w *Bus) Followed() []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]int64, 0, len(w.readers))
	for id := range w.readers {
		ids = append(ids, id)
	}
	return ids
}

// typing is one side of a conversation.
type typing struct {
	conversation int64
	who          Party
}

// laneTyping, with a party and a conversation, tells that somebody is writing.
const laneTyping = "typing:"

// Typing tells those who follow the conversation, in any process, that one side is writing. Nothing is kept.
func (w *Bus) Typing(conversation int64, who Party) {
	w.deliverTyping(typing{conversation, who})
	if w.forward != nil {
		w.forward(0, []string{laneTyping + string(who) + ":" + strconv.FormatInt(conversation, 10)})
	}
}

func (w *Bus) deliverTyping(t typing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.readers[t.conversation] {
		if l.other == t.who {
			l.heard(true)
		}
	}
}

// parseTyping reads what Typing forwards.
func parseTyping(lane string) (t typing, is bool) {
	rest, is := strings.CutPrefix(lane, laneTyping)
	who, id, cut := strings.Cut(rest, ":")
	n, err := strconv.ParseInt(id, 10, 64)
	return typing{n, Party(who)}, is && cut && err == nil
}

// Follow is Listen with channels: the first is signalled after changes, the second while the other side is writing.
func (w *Bus) Follow(conversation int64, other Party) (changed, typing <-chan struct{}, stop func()) {
	c, t := make(chan struct{}, 1), make(chan struct{}, 1)
	return c, t, w.Listen(conversation, other, func(typing bool) {
		to := c
		if typing {
			to = t
		}
		select {
		case to <- struct{}{}:
		default: // it is awake already
		}
	})
}

// worker returns a channel that is signalled when one of the lanes has something to do.
func (w *Bus) worker(lanes ...string) chan struct{} {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, lane := range lanes {
		if w.lanes[lane] == nil {
			w.lanes[lane] = map[chan struct{}]struct{}{}
		}
		w.lanes[lane][c] = struct{}{}
	}
	return c
}
