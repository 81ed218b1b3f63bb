package knowledge

import (
	"strings"
	"testing"
)

// A name that the English file has not would never be found, and nobody would be told.
func TestConceptsHaveTheirEnglishNames(t *testing.T) {
	t.Parallel()
	files, err := conceptFiles.ReadDir("concepts")
	if err != nil || len(files) != 10 {
		t.Fatal(len(files), err)
	}
	for _, l := range conceptLanguages {
		if len(thesaurusOf(l).phrases) == 0 {
			t.Errorf("%s has no concepts", l)
		}
	}
	for _, f := range files {
		b, err := conceptFiles.ReadFile("concepts/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for line := range strings.Lines(string(b)) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			name, words, ok := strings.Cut(line, ":")
			if name = strings.TrimSpace(name); !ok || conceptNames()[name] == 0 || seen[name] || strings.TrimSpace(words) == "" {
				t.Errorf("%s: %q", f.Name(), line)
			}
			seen[name] = true
		}
	}
}
