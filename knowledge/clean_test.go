package knowledge

import (
	"slices"
	"testing"
)

func TestBothSidesAreCleaned(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain text, with 'quotes'":             "plain text, with 'quotes'",
		"Gro\u0308\u00dfe":                      "Gr\u00f6\u00dfe",
		"Liefer\u00adzeit ins Aus\u200bland":    "Lieferzeit ins Ausland",
		"10\u00a0\u20ac,\u202f3\u2009days":      "10 \u20ac, 3 days",
		"e\u2011mail check\u2010in 9\u201317 h": "e-mail check-in 9\u201317 h",
		"l\u02bcadresse l\u00b4adresse l`a":     "l\u2019adresse l\u2019adresse l\u2019a",
		"run `code` \u2018quoted\u2019":         "run `code` \u2018quoted\u2019",
		"\uff32\uff45\uff54\uff55\uff52\uff4e":  "Return",
		"line\nline":                            "line\nline",
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAnElisionIsHeardWithoutItsApostrophe(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"modifier ladresse": "modifier l'adresse", "la livraison dure": "la livraison dure"} {
		if got := spelled(text, "fr"); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestListsTablesAndCodeAreBlocks(t *testing.T) {
	t.Parallel()
	text := "You need:\n\n- an address\n\n- a number,\n  which we call\n\n1. First. Then wait.\n2. Second.\n\n```\na b\nc\n```\n\n| A | B |\n|---|---|\n| x | y |\n| z | w |\n\nEnd."
	var blocks []int
	var steps []bool
	for _, p := range Pieces(text) {
		blocks, steps = append(blocks, p.Block), append(steps, p.Steps)
	}
	if want := []int{0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 0}; !slices.Equal(blocks, want) {
		t.Errorf("%v, want %v", blocks, want)
	}
	if want := []bool{4: true, 5: true, 6: true, 13: false}; !slices.Equal(steps, want) {
		t.Errorf("%v", steps)
	}
}
