package web

import (
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// streams are those that are open.
type streams struct {
	mu    sync.Mutex
	open  map[*stream]int // with the second of a heartbeat's that is theirs
	next  int
	ended bool
	none  *sync.Cond
	watch sync.Once
}

func newStreams() *streams {
	s := &streams{open: map[*stream]int{}}
	s.none = sync.NewCond(&s.mu)
	return s
}

// lookEvery is how often it is looked which readers have closed their connection.
const lookEvery = time.Second

// add begins a stream; false: they have ended.
func (all *streams) add(s *stream) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.ended {
		return false
	}
	all.next = (all.next + 1) % int(heartbeat/lookEvery)
	all.open[s] = all.next
	if s.c.o.Observer != nil {
		s.c.o.Observer.Streams(1)
	}
	s.unheard = s.c.bus.Listen(s.id, handover.FromAgent, func(typing bool) {
		if typing {
			s.wake(types)
		} else {
			s.wake(changed)
		}
	})
	all.watch.Do(func() { go all.look(s.c.living) })
	s.wake(changed)
	return true
}

// remove ends a stream, in its last turn; what begins it is done by then.
func (all *streams) remove(s *stream) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s.unheard()
	s.out.close()
	if s.c.o.Observer != nil {
		s.c.o.Observer.Streams(-1)
	}
	s.release()
	if s.over != nil {
		close(s.over)
	}
	if delete(all.open, s); len(all.open) == 0 {
		all.none.Broadcast()
	}
}

// end ends all streams, and waits until they are.
func (all *streams) end() {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.ended = true
	for s := range all.open {
		s.wake(ends)
	}
	for len(all.open) > 0 {
		all.none.Wait()
	}
}

// look ends the streams whose readers are gone, and sends the others their heartbeat, a part of them each second.
func (all *streams) look(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for second := 0; ; second = (second + 1) % int(heartbeat/lookEvery) {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		all.mu.Lock()
		for s, theirs := range all.open {
			switch {
			case s.out.gone():
				s.wake(ends)
			case theirs == second:
				s.wake(beats)
			}
		}
		all.mu.Unlock()
	}
}

// output is where a stream's events go.
type output interface {
	// write sends what there is, at once.
	write(b []byte) error
	// gone says whether the reader has closed the connection, as far as can be told.
	gone() bool
	close()
}

// flushed is an output by the HTTP server.
type flushed struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (f *flushed) write(b []byte) error {
	_ = f.rc.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := f.w.Write(b); err != nil {
		return err
	}
	return f.rc.Flush()
}

func (f *flushed) gone() bool { return false } // its context ends

func (f *flushed) close() {}

// direct is an output on the connection itself.
type direct struct {
	conn net.Conn
	raw  syscall.RawConn // nil: it cannot be looked at
}

func newDirect(conn net.Conn) *direct {
	d := &direct{conn: conn}
	if c, is := conn.(syscall.Conn); is {
		d.raw, _ = c.SyscallConn()
	}
	return d
}

func (d *direct) write(b []byte) error {
	_ = d.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := d.conn.Write(b)
	return err
}

func (d *direct) gone() bool { return d.raw != nil && closed(d.raw) }

func (d *direct) close() { _ = d.conn.Close() }
