package copilot

import (
	"hash/maphash"
	"sync"
)

// memo keeps what was found out of texts, by their hashes: a turn is looked at several times, and a conversation's lines again with each new one. When it
// is full it forgets all of it.
type memo[V any] struct {
	most int
	mu   sync.Mutex
	kept map[uint64]V
}

var seed = maphash.MakeSeed()

func (m *memo[V]) of(text string, find func() V) V {
	key := maphash.String(seed, text)
	m.mu.Lock()
	v, ok := m.kept[key]
	m.mu.Unlock()
	if ok {
		return v
	}
	v = find()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil || len(m.kept) >= m.most {
		m.kept = make(map[uint64]V, m.most)
	}
	m.kept[key] = v
	return v
}

// forget empties it, for tests that measure.
func (m *memo[V]) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept = nil
}

var (
	angers    = memo[float64]{most: 4096}
	wishes    = memo[wish]{most: 256}
	hears     = memo[heard]{most: 256}
	kindsSeen = memo[[]float64]{most: 256}
	cleaned   = memo[string]{most: 512} // passages, which are asked for again and again
)
