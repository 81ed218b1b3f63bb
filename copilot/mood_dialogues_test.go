package copilot

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/deskbell/deskbell/handover"
)

// TestATeamIsRungForWhoIsFrustratedAndForNobodyElse plays dialogues in ten languages, written by somebody who had not seen the code: the turn at which
// somebody who reads along would step in.
func TestATeamIsRungForWhoIsFrustratedAndForNobodyElse(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/frustration.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rang, should, calm, early := 0, 0, 0, 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var d struct {
			ID    string
			Turns []struct{ From, Text string }
			Ring  *int
		}
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		var talk []handover.Message
		at := -1
		for i, x := range d.Turns {
			talk = append(talk, handover.Message{From: handover.Party(x.From), Text: x.Text})
			level := Frustration(talk).Level
			if x.From == "customer" && testing.Verbose() {
				t.Logf("%s %d %.2f %s", d.ID, i, level, x.Text)
			}
			if at < 0 && x.From == "customer" && level >= 0.7 {
				at = i
			}
		}
		if d.Ring == nil {
			calm++
			if at >= 0 {
				early++
				t.Errorf("%s: rings at turn %d of a calm dialogue: %s", d.ID, at, d.Turns[at].Text)
			}
			continue
		}
		should++
		if at >= 0 && at <= *d.Ring {
			rang++
		} else {
			t.Logf("%s: rang at %d, not by turn %d: %s", d.ID, at, *d.Ring, d.Turns[*d.Ring].Text)
		}
	}
	t.Logf("%d of %d rang by the turn, %d of %d calm ones did", rang, should, early, calm)
	if 100*rang < 85*should {
		t.Errorf("only %d of %d rang by the turn a reader would choose", rang, should)
	}
}
