package copilot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/needle"
)

func TestEveryWishHasItsNeedles(t *testing.T) {
	t.Parallel()
	var texts []string
	files, _ := filepath.Glob("eval/testdata/turns*.jsonl")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			var row struct{ Text string }
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(folded(row.Text)))
		}
	}
	matched := 0
	for i, a := range compiledWishings() {
		for name, p := range map[string]*needle.Regexp{"near": a.near, "alone": a.alone, "phrases": a.phrases, "not": a.not, "innocent": a.innocent} {
			if p == nil {
				continue
			}
			if name != "alone" && len(p.Needles) == 0 { // slow for all
				t.Errorf("language %d: %s has no needles", i, name)
			}
			for _, s := range texts {
				if p.Regexp.MatchString(s) {
					matched++
					if !p.May(s) {
						t.Errorf("language %d: %s matches %q, which has none of %q", i, name, s, p.Needles)
					}
				}
			}
		}
	}
	if matched < 100 {
		t.Errorf("%d matches are few to compare", matched)
	}
}
