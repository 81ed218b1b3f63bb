package copilot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNeedlesAreInEveryMatch(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string][]string{
		`(?:^|[ ])(?:human|person)(?:$|[ ])`: {"human", "person"},
		`talk(?:ing)?(?: to| with)`:          {"talk"},
		`(?:ai|bots?)\b.{0,20}\bplease`:      {"please"},
		`[a-z]+`:                             nil,
		`a|`:                                 nil,
		`(?i)human`:                          nil,
	} {
		if got := compile(expr).needles; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
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
		for name, p := range map[string]*needled{"near": a.near, "alone": a.alone, "phrases": a.phrases, "not": a.not, "innocent": a.innocent} {
			if p == nil {
				continue
			}
			if name != "alone" && len(p.needles) == 0 { // slow for all
				t.Errorf("language %d: %s has no needles", i, name)
			}
			for _, s := range texts {
				if p.Regexp.MatchString(s) {
					matched++
					if !p.may(s) {
						t.Errorf("language %d: %s matches %q, which has none of %q", i, name, s, p.needles)
					}
				}
			}
		}
	}
	if matched < 100 {
		t.Errorf("%d matches are few to compare", matched)
	}
}
