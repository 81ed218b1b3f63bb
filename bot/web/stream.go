package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/handover"
)

const (
	heartbeat    = 20 * time.Second
	writeTimeout = 30 * time.Second // a reader slower than this comes back and goes on from its rev
)

// stream serves server-sent events. It reads the rows after each wake, so a reader, slow or back again, misses nothing and
// gets nothing twice. A reader may wait for hours: its connection is taken from the HTTP server, whose buffers and stack cost three
// times what a waiting stream needs.
func (c *Channel) stream(w http.ResponseWriter, r *http.Request) {
	release := func() {}
	who, err := c.customer(r)
	if err == nil {
		if wait := c.readings.wait(who); wait > 0 {
			err = tooMany(wait)
		}
	}
	if err == nil {
		var ok bool
		if release, ok = both(c.streamsOf, who, c.streamsFrom, from(r.RemoteAddr)); !ok {
			err = problem{status: http.StatusTooManyRequests, code: "too_many_streams", message: "This chat is open too often already. Close one of its windows.", retry: heartbeat}
		}
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	conv, rev, limit, ok := c.reader(w, r)
	if !ok {
		release()
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	s := &stream{c: c, id: conv.ID, rev: rev, first: limit < 0 || rev > conv.Rev, release: release, ctx: c.living}
	if s.first {
		s.rev = 0
	}
	if conn := detached(w); conn != nil {
		s.out = newDirect(conn)
		if !c.streams.add(s) {
			release()
			_ = conn.Close()
		}
		return
	}
	s.ctx, s.out, s.over = r.Context(), &flushed{w: w, rc: http.NewResponseController(w)}, make(chan struct{})
	if !c.streams.add(s) {
		release()
		return
	}
	select { // its turns write with w until it is over
	case <-r.Context().Done():
		s.wake(ends)
		<-s.over
	case <-s.over:
	}
}

// detached takes a request's connection from the server, its answer begun; nil where that cannot be (HTTP/2).
func detached(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil
	}
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n")
	h := w.Header()
	h.Set("Connection", "close")
	_ = h.Write(&head)
	head.WriteString("\r\n")
	_ = conn.SetDeadline(time.Time{})
	_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := conn.Write(head.Bytes()); err != nil {
		_ = conn.Close()
	}
	return conn
}

// stream is one reader's. While it waits nobody runs for it: what wakes it begins a turn, unless one is under way.
type stream struct {
	c       *Channel
	ctx     context.Context //nolint:containedctx // of all its turns
	id      int64           // of the conversation
	rev     int64           // that the reader has
	first   bool            // it has nothing: it gets the newest
	out     output
	buf     []byte
	err     error
	release func()        // gives its place back
	unheard func()        // ends its wakes
	over    chan struct{} // closed when it is over; nil: nobody waits for that

	mu   sync.Mutex
	todo event // since its last turn
	busy bool  // a turn is under way, or it is over
}

// event is what a stream is signalled for.
type event uint8

const (
	changed event = 1 << iota
	types         // an agent is writing
	beats
	ends
)

// wake begins a turn, or leaves word for the one under way.
func (s *stream) wake(what event) {
	s.mu.Lock()
	s.todo |= what
	begins := !s.busy
	s.busy = true
	s.mu.Unlock()
	if begins {
		go s.turn()
	}
}

// turn does what the stream was woken for, until there is nothing more.
func (s *stream) turn() {
	for {
		s.mu.Lock()
		todo := s.todo
		s.todo, s.busy = 0, todo != 0
		s.mu.Unlock()
		if todo == 0 {
			return
		}
		if todo&changed != 0 && todo&ends == 0 {
			if err := s.catchUp(s.ctx); err != nil && s.err == nil {
				if s.err = err; s.ctx.Err() == nil && !errors.Is(err, handover.ErrUnknown) {
					s.c.o.Logger.WarnContext(s.ctx, "stream broke off", "conversation", s.id, "err", err)
				}
			}
		}
		if todo&types != 0 {
			s.event("typing", 0, map[string]string{"from": "agent"})
		}
		if todo&beats != 0 {
			s.buf = append(s.buf, ": \n\n"...)
		}
		if todo&ends != 0 || s.err != nil {
			s.c.streams.remove(s)
			return // busy stays: no turn begins any more
		}
		if s.flush(); s.err != nil {
			s.wake(ends)
		}
	}
}

// catchUp writes what changed since.
func (s *stream) catchUp(ctx context.Context) error {
	c := s.c
	for {
		first, oldest := s.first, 1<<30
		if first {
			oldest = newest
		}
		more := false
		var conv handover.Conversation
		var messages []handover.Message
		known := false
		if !first {
			conv, messages, known = c.bus.Since(s.id, s.rev)
		}
		if !known {
			var err error
			if conv, messages, more, err = c.page(ctx, s.id, s.rev, oldest); err != nil {
				return err
			}
		}
		if conv.Rev == s.rev && !first {
			return nil
		}
		state := func(rev int64) error {
			v, err := c.state(ctx, conv)
			if err == nil {
				s.event("state", rev, v)
			}
			return err
		}
		last := conv.Rev
		if more {
			last = messages[len(messages)-1].Rev
		}
		told := conv.StateRev <= s.rev || conv.StateRev > last // the state is told where it changed
		if first {                                             // or at the end of a first reading
			told = more
		}
		for _, m := range messages {
			if !first && !told && conv.StateRev < m.Rev {
				if err := state(conv.StateRev); err != nil {
					return err
				}
				told = true
			}
			s.event("message", m.Rev, bot.ViewOf(m, c.o.Texts.In(conv.Language)))
			if c.o.Observer != nil && m.From != handover.FromCustomer && !first {
				c.o.Observer.CustomerSaw(time.Since(m.At))
			}
		}
		if !told {
			at := conv.StateRev
			if first {
				at = conv.Rev
			}
			if err := state(at); err != nil {
				return err
			}
		}
		s.flush()
		s.rev, s.first = last, first && more
		if !more || s.err != nil {
			return s.err
		}
	}
}

// page reads what changed, for no longer than somebody waits: a stream that reads nothing for so long comes again. A slow reader has one page
// in memory.
func (c *Channel) page(ctx context.Context, id, rev int64, oldest int) (handover.Conversation, []handover.Message, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return c.reads.Page(ctx, id, rev, oldest)
}

func (s *stream) event(name string, rev int64, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		s.err = err
		return
	}
	id := ""
	if rev > 0 {
		id = "id: " + strconv.FormatInt(rev, 10) + "\n"
	}
	s.buf = fmt.Appendf(s.buf, "%sevent: %s\ndata: %s\n\n", id, name, b)
	if len(s.buf) > mostBuffered {
		s.flush()
	}
}

// mostBuffered is how many bytes of events are collected before they are sent.
const mostBuffered = 64 << 10

// flush sends what was collected, and keeps no buffer while the stream waits; after the first error nothing more.
func (s *stream) flush() {
	if s.err == nil && len(s.buf) > 0 {
		s.err = s.out.write(s.buf)
	}
	s.buf = nil
}
