package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// crowd lets few steps of one conversation have a connection at a time, for they wait for one lock: a conversation whose lock somebody holds
// does not take the pool from the others. It settles nothing; who has waited too long is told.
type crowd struct {
	mu sync.Mutex
	at map[any]*gate
}

// gate is one conversation's.
type gate struct {
	places chan struct{}
	users  int
}

// perConversation is how many of its steps may be under way at once.
const perConversation = 3

// enter waits for a place; ErrBusy when there is none for too long. leave gives it back.
func (c *crowd) enter(ctx context.Context, conversation any) (leave func(), err error) {
	c.mu.Lock()
	g := c.at[conversation]
	if g == nil {
		g = &gate{places: make(chan struct{}, perConversation)}
		c.at[conversation] = g
	}
	g.users++
	c.mu.Unlock()
	left := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if g.users--; g.users == 0 {
			delete(c.at, conversation)
		}
	}
	entered := func() { <-g.places; left() }
	select {
	case g.places <- struct{}{}:
		return entered, nil
	default:
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case g.places <- struct{}{}:
		return entered, nil
	case <-ctx.Done():
		left()
		return nil, ctx.Err()
	case <-late.C:
		left()
		return nil, handover.ErrBusy
	}
}
