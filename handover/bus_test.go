package handover_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/handover"
)

func TestWhoWritesIsSeenInEveryProcess(t *testing.T) {
	t.Parallel()
	there := handover.NewBus(nil)
	here := handover.NewBus(there.Deliver)
	_, typing, stop := there.Follow(7, handover.FromAgent)
	defer stop()
	_, other, stopOther := there.Follow(8, handover.FromAgent)
	defer stopOther()
	here.Typing(7, handover.FromAgent)
	select {
	case <-typing:
	case <-time.After(time.Second):
		t.Error("it is not seen")
	}
	here.Typing(8, handover.FromCustomer)
	select {
	case <-other:
		t.Error("it is seen as the other side's")
	default:
	}
}
