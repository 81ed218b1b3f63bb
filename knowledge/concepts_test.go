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

func TestASlipOfTheFingerIsMended(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ language, word, means string }{
		{"en", "arive", "arrive"}, {"en", "refnud", "refund"}, {"en", "delivry", "delivery"}, {"en", "shiping", "shipping"}, {"en", "statment", "statement"},
		{"de", "anmleden", "anmelden"}, {"es", "factrua", "factura"}, {"fr", "comande", "commande"},
		{"de", "stadt", ""}, {"es", "tortilla", ""}, {"es", "madrid", ""}, {"fr", "chocolat", ""}, {"en", "zebra", ""}, // words of their own
	} {
		want := ""
		if x.means != "" {
			want = root(x.language, x.means)
		}
		if got := thesaurusOf(x.language).nearest(root(x.language, x.word)); got != want {
			t.Errorf("%s, %s: %q, want %q", x.language, x.word, got, want)
		}
	}
}
