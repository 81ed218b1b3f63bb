package copilot

import (
	"slices"
	"testing"

	"github.com/deskbell/deskbell/knowledge"
)

func TestTheQuestionsOfATextAreCutInItsOwnLanguage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{ // nil: it is one
		"How much is a bath and what time do you open?":          {"How much is a bath", "what time do you open"},
		"whats the price n when do you close":                    {"whats the price", "when do you close"},
		"when will i see my money again":                         nil, // "i" is Polish for "and"
		"can i try one before i buy it":                          nil,
		"alquilan bicis en el camping?":                          nil, // "en" is Dutch for "and"
		"hay wifi en las parcelas o solo en el bar":              nil,
		"¿Cuánto cuesta la entrada y a qué hora abren?":          {"¿Cuánto cuesta la entrada", "a qué hora abren"},
		"Wat kost een kaartje en hoe laat gaan jullie open?":     {"Wat kost een kaartje", "hoe laat gaan jullie open"},
		"Was kostet der Eintritt und wann macht ihr auf?":        {"Was kostet der Eintritt", "wann macht ihr auf"},
		"quanto costa il corso e quando comincia la lezione?":    {"quanto costa il corso", "quando comincia la lezione"},
		"ile kosztuje bilet i o której otwieracie kasę?":         {"ile kosztuje bilet", "o której otwieracie kasę"},
		"combien coûte l'abonnement et quand ouvre la piscine ?": {"combien coûte l'abonnement", "quand ouvre la piscine"},
	} {
		got, loose := partsOf(text, knowledge.Language(text))
		if loose {
			got = nil
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
