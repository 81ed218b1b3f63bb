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
		mia := handover.Account{Workspace: "slack:T1", External: "mia"}
		var read time.Time
		reads := 0
		for version := int64(1); version <= 60; version++ { // a step a second, by synctest's clock; each second one is mia's
			ref := handover.ByID(7)
			if version%2 == 0 {
				ref = ref.By(mia)
			}
			c, was, at, ok := m.recall(ref)
			switch {
			case !ok:
				c, at = handover.Turn{Conversation: handover.Conversation{ID: 7}}, time.Now()
				read = at
				reads++
			case was != version-1 || c.Rev != was || !c.Now.Equal(time.Now()):
				t.Fatalf("version %d, rev %d, at %v", was, c.Rev, c.Now)
			case time.Since(read) > keepFor || !at.Equal(read):
				t.Fatalf("step %d is decided on what was read %v ago", version, time.Since(read))
			}
			c.Rev = version
			m.keep(ref, c, version, at, handover.Change{Next: c.Conversation}, time.Now(), 16)
			time.Sleep(time.Second)
		}
		if reads < 6 || reads > 12 { // theirs may have to be read apart
			t.Fatalf("%d reads in a minute", reads)
		}
	})
}
