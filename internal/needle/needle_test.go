package needle

import (
	"slices"
	"testing"
)

func TestEveryMatchHasANeedle(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string][]string{
		`(?:^|[ ])(?:human|person)(?:$|[ ])`: {"human", "person"},
		`talk(?:ing)?(?: to| with)`:          {"talk"},
		`(?:ai|bots?)\b.{0,20}\bplease`:      {"please"},
		`[€$]\s?\d|free`:                     {"$", "€", "free"},
		`[a-z]+`:                             nil,
		`a|`:                                 nil,
		`(?i)human`:                          nil,
	} {
		if got := MustCompile(expr).Needles; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
	r := MustCompile(`(?:human|person)s?`)
	if !r.MatchString("two persons") || r.MatchString("two people") || r.ReplaceAllString("a human", "x") != "a x" || r.ReplaceAllString("a bot", "x") != "a bot" {
		t.Error("it does not match as its expression does")
	}
}
