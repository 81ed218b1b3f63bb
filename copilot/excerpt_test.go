package copilot_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/knowledge"
)

// best is a passage of a text whose piece with these words answers best.
func best(t *testing.T, text, words string) knowledge.Passage {
	t.Helper()
	for _, p := range knowledge.Pieces(text) {
		if strings.Contains(text[p.Start:p.End], words) {
			return knowledge.Passage{Hit: knowledge.Hit{Whole: text}, Best: p}
		}
	}
	t.Fatal("no piece has " + words)
	return knowledge.Passage{}
}

func TestAnAnswerIsNeverCutInsideAListATableOrCode(t *testing.T) {
	t.Parallel()
	before := strings.Repeat("We are a small shop and like to help. ", 12)
	list := func(n int, mark func(int) string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%s step %d says what has to be done next.\n", mark(i), i)
		}
		return strings.TrimSpace(b.String())
	}
	bullets, numbers := func(int) string { return "-" }, func(i int) string { return fmt.Sprintf("%d.", i+1) }
	code := "```\nfirst line of it\nsecond line\n\nlast line\n```"
	table := "| Where | Price |\n|---|---|\n" + strings.Repeat("| far away | 9 EUR |\n", 10)
	if got := copilot.Excerpt("How do I build it?", best(t, before+"\n\n"+list(9, numbers)+"\n\nIt fits well.", "It fits")); !strings.Contains(got, list(9, numbers)) {
		t.Errorf("no steps: %s", got)
	}
	text := before + "\n\nYou can pay by card.\n\nTo send something back:\n\n" + list(9, numbers)
	if got := copilot.Excerpt("How can I pay?", best(t, text, "by card")); !strings.Contains(got, "by card") {
		t.Errorf("other steps: %s", got)
	}
	for name, x := range map[string]struct{ text, words, want string }{
		"a list as a whole, with what leads to it": {before + "\n\nYou need:\n\n" + list(12, bullets) + "\n\n" + before, "step 7", "You need:\n\n" + list(12, bullets)},
		"the list that a sentence leads to":        {before + "\n\nThis is what you need:\n\n" + list(12, bullets) + "\n\n" + before, "This is", "This is what you need:\n\n" + list(12, bullets)},
		"one item of a long list":                  {before + "\n\n" + list(60, bullets), "step 40", "step 40 says what has to be done next."},
		"all steps, however many":                  {before + "\n\n" + list(30, numbers), "step 20", list(30, numbers)},
		"code":                                     {before + "\n\nType this:\n\n" + code + "\n\n" + before, "second", "Type this:\n\n" + code},
		"a table":                                  {before + "\n\n" + table + "\n" + before, "far away", strings.TrimSpace(table)},
	} {
		got := copilot.Excerpt("a question", best(t, x.text, x.words))
		if !strings.HasPrefix(got, x.want) && !strings.HasSuffix(got, x.want) {
			t.Errorf("%s:\n%s\n--- want\n%s", name, got, x.want)
		}
		if n := len(strings.Fields(got)) - len(strings.Fields(x.want)); n > 70 {
			t.Errorf("%s: %d more words:\n%s", name, n, got)
		}
	}
}
