package postgres

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/handover"
)

func TestABusyConversationIsReadAgainNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		asks := handover.ByID(7).Asks()
		step := func(read time.Time, version int64) {
			c := handover.Conversation{ID: 7, Rev: version}
			m.keep(asks, c, version, read, handover.Change{Next: c}, time.Now(), 16)
		}
		start := time.Now()
		step(start, 1)
		steps := 0
		for version := int64(2); ; version++ {
			time.Sleep(time.Second) // synctest's own clock: a step a second
			c, was, read, ok := m.recall(asks)
			if !ok {
				break
			}
			if steps++; was != version-1 || c.Rev != was || !c.Now.Equal(time.Now()) {
				t.Fatalf("version %d, rev %d, at %v", was, c.Rev, c.Now)
			}
			step(read, version)
		}
		if steps != int(keepFor/time.Second) || time.Since(start) > keepFor+time.Second {
			t.Fatalf("%d steps in %v were decided on what was read once", steps, time.Since(start))
		}
	})
}
