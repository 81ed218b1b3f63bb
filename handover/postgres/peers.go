package postgres

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/pg"
)

// channel is what processes notify each other on.
const channel = "deskbell"

// Peers carries wakes between the processes on one database: coalesced, and outside the writes, whose rate a NOTIFY
// inside would cut to a quarter. What is lost is found by polling.
type Peers struct {
	store  *Store
	me     string
	logger *slog.Logger
	woken  chan struct{}

	mu            sync.Mutex
	conversations map[int64]struct{}
	lanes         map[string]struct{}
}

// mostLanes is how many lanes, and people who write, one notification tells of.
const mostLanes = 100

// NewPeers returns the peers on the store's database.
func NewPeers(store *Store, logger *slog.Logger) *Peers {
	return &Peers{store: store, me: rand.Text()[:8], logger: logger, woken: make(chan struct{}, 1), conversations: map[int64]struct{}{}, lanes: map[string]struct{}{}}
}

// Forward remembers a wake for the next notification. It does not block.
func (n *Peers) Forward(conversation int64, lanes []string) {
	n.mu.Lock()
	if conversation != 0 {
		n.conversations[conversation] = struct{}{}
	}
	for _, l := range lanes {
		if len(n.lanes) < mostLanes { // that somebody writes may be left out
			n.lanes[l] = struct{}{}
		}
	}
	n.mu.Unlock()
	select {
	case n.woken <- struct{}{}:
	default:
	}
}

// Run sends and hears wakes until ctx ends.
func (n *Peers) Run(ctx context.Context, wakes *handover.Bus) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { n.send(ctx) })
	wg.Go(func() { n.poll(ctx, wakes) })
	return pg.Listen(ctx, n.store.db, channel, n.logger, func(payload string) { n.heard(payload, wakes) })
}

// heard wakes this process. Payload: who, lanes, conversations, separated by spaces; "" after a connection broke.
func (n *Peers) heard(payload string, wakes *handover.Bus) {
	if payload == "" {
		n.store.memory.forget(0)
		wakes.Deliver(0, []string{""})
		return
	}
	parts := strings.SplitN(payload, " ", 3)
	if len(parts) < 3 || parts[0] == n.me {
		return
	}
	if parts[1] != "" {
		wakes.Deliver(0, strings.Split(parts[1], ","))
	}
	for id := range strings.SplitSeq(parts[2], ",") {
		if c, err := strconv.ParseInt(id, 10, 64); err == nil {
			n.store.memory.forget(c)
			wakes.Deliver(c, nil)
		}
	}
}

// send notifies at most every 20 ms, with up to 300 conversations: a payload may have 8,000 bytes.
func (n *Peers) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.woken:
		}
		n.mu.Lock()
		var ids, lanes []string
		for id := range n.conversations {
			ids = append(ids, strconv.FormatInt(id, 10))
			delete(n.conversations, id)
			if len(ids) == 300 {
				select { // the rest next time
				case n.woken <- struct{}{}:
				default:
				}
				break
			}
		}
		for l := range n.lanes {
			lanes = append(lanes, l)
			delete(n.lanes, l)
		}
		n.mu.Unlock()
		if _, err := n.store.db.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, n.me+" "+strings.Join(lanes, ",")+" "+strings.Join(ids, ",")); err != nil && ctx.Err() == nil {
			n.logger.WarnContext(ctx, "notifying other processes", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// poll wakes the readers of conversations that changed without our hearing of it.
func (n *Peers) poll(ctx context.Context, wakes *handover.Bus) {
	known := map[int64]int64{}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		watched := wakes.Followed()
		if len(watched) == 0 {
			clear(known)
			continue
		}
		revs, err := n.store.Revs(ctx, watched)
		if err != nil {
			if ctx.Err() == nil {
				n.logger.WarnContext(ctx, "polling for changes", "err", err)
			}
			continue
		}
		for id, rev := range revs {
			if known[id] != rev {
				wakes.Deliver(id, nil)
			}
		}
		known = revs
	}
}
