package sources

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/deskbell/deskbell/knowledge"
)

func TestWhatAFileSaysOfItselfIsHeardHoweverItsLinesEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"crlf.md":   "---\r\naudience: internal\r\ntitle: Margins\r\n---\r\n# Margins\r\n\r\nWe make 40 %.\r\n",
		"spaces.md": "--- \naudience: internal\n---\t\nWe make 40 %.\n",
		"bom.md":    "\xef\xbb\xbf---\r\naudience: internal\r\n...\r\nWe make 40 %.",
		"end.md":    "---\naudience: internal\n---",
		"draft.md":  "---\r\ndraft: true\r\n---\r\nNot yet.\r\n",
		"old.md":    "---\npublished: false\n---\nNot any more.\n",
		"public.md": "---\npublished: true\ndraft: false\n---\n# Delivery\n\nTwo days.\n",
		"rule.md":   "# A\n\ntext\n\n---\n\nmore\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	articles, skipped, err := Read(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range articles {
		want := knowledge.Internal
		if a.Key == "public.md" || a.Key == "rule.md" {
			want = knowledge.ForAll
		}
		if a.Audience != want {
			t.Errorf("%s is %s: %+v", a.Key, a.Audience, a.Sections)
		}
	}
	slices.Sort(skipped)
	if len(articles) != 6 || !slices.Equal(skipped, []string{"draft.md (a draft)", "old.md (a draft)"}) {
		t.Fatal(len(articles), skipped)
	}
}
