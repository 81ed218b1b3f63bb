package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/handover"
)

const (
	heartbeat    = 20 * time.Second
	writeTimeout = 30 * time.Second // a reader slower than this comes back and goes on from its rev
)

// stream serves server-sent events. It reads the rows after each wake, so a reader, slow or back again, misses nothing and
// gets nothing twice.
func (c *Channel) stream(w http.ResponseWriter, r *http.Request) {
	conv, rev, limit, ok := c.reader(w, r)
	if !ok {
		return
	}
	woken, typing, stop := c.wakes.Follow(conv.ID, handover.FromAgent)
	defer stop()
	if c.o.Observer != nil {
		c.o.Observer.Streams(1)
		defer c.o.Observer.Streams(-1)
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	e := &events{w: w, rc: http.NewResponseController(w)}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	first := limit < 0
	if first || rev > conv.Rev {
		rev, first = 0, true
	}
	for {
		var err error
		if rev, err = c.catchUp(r, e, conv.ID, rev, first); err != nil {
			if r.Context().Err() == nil {
				c.o.Logger.WarnContext(r.Context(), "stream broke off", "conversation", conv.ID, "err", err)
			}
			return
		}
		first = false
		select {
		case <-r.Context().Done():
			return
		case <-c.ended:
			return
		case <-woken:
		case <-typing:
			e.event("typing", 0, map[string]string{"from": "agent"})
		case <-beat.C:
			e.text(": \n\n")
		}
		if e.err != nil {
			return
		}
	}
}

// catchUp writes what changed after rev and returns the rev reached.
func (c *Channel) catchUp(r *http.Request, e *events, id, rev int64, first bool) (int64, error) {
	for {
		limit := readMany
		if first {
			limit = -newest
		}
		var conv handover.Conversation
		var messages []handover.Message
		known := false
		if !first {
			conv, messages, known = c.wakes.Since(id, rev)
		}
		if !known {
			var err error
			if conv, messages, err = c.reads.Since(r.Context(), id, rev, limit); err != nil {
				return rev, err
			}
		}
		if conv.Rev == rev && !first {
			return rev, nil
		}
		state := func(rev int64) error {
			v, err := c.state(r.Context(), conv)
			if err == nil {
				e.event("state", rev, v)
			}
			return err
		}
		last := conv.Rev
		full := len(messages) == limit
		if full {
			last = messages[limit-1].Rev
		}
		told := conv.StateRev <= rev || conv.StateRev > last // the state is told where it changed, or at the end of a first reading
		for _, m := range messages {
			if !first && !told && conv.StateRev < m.Rev {
				if err := state(conv.StateRev); err != nil {
					return rev, err
				}
				told = true
			}
			e.event("message", m.Rev, bot.ViewOf(m, c.desk.Persona()))
			if c.o.Observer != nil && m.From != handover.FromCustomer && !first {
				c.o.Observer.CustomerSaw(time.Since(m.At))
			}
		}
		if first || !told {
			at := conv.StateRev
			if first {
				at = conv.Rev
			}
			if err := state(at); err != nil {
				return rev, err
			}
		}
		e.flush()
		rev, first = last, false
		if !full {
			return rev, e.err
		}
	}
}

// events writes server-sent events; after the first error nothing more.
type events struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	err error
}

func (e *events) event(name string, rev int64, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		e.err = err
		return
	}
	id := ""
	if rev > 0 {
		id = "id: " + strconv.FormatInt(rev, 10) + "\n"
	}
	e.write(fmt.Sprintf("%sevent: %s\ndata: %s\n\n", id, name, b))
	if name == "typing" {
		e.flush()
	}
}

func (e *events) text(s string) {
	e.write(s)
	e.flush()
}

func (e *events) write(s string) {
	if e.err == nil {
		_ = e.rc.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, e.err = e.w.Write([]byte(s))
	}
}

func (e *events) flush() {
	if e.err == nil {
		e.err = e.rc.Flush()
	}
}
