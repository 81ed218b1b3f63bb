package copilot

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"github.com/kljensen/snowball/english"

	"github.com/deskbell/deskbell/copilot/linear"
)

var (
	angerModel = shipped("anger")
	turnModel  = shipped("turn")
)

// AngerBits and TurnBits are the sizes of the models of frustration: 2^bits features.
const (
	AngerBits = 18
	TurnBits  = 16
)

// AngerFeatures are what the model of a single turn sees: words, pieces of words, and how they are shouted.
func AngerFeatures(text string) linear.Text {
	words := linear.Words(text)
	stems := make([]string, len(words))
	for i, w := range words {
		stems[i] = english.Stem(w, false)
	}
	return linear.Text{linear.WordGrams(stems, 2), linear.CharGrams(words, 2, 5), shown(words), tone(text)}
}

//go:embed lexicon.txt
var lexiconFile string

// lexicon is lexicon.txt: the class of each word, and of each stem.
var lexicon = sync.OnceValue(func() (l struct{ words, stems map[string]string }) {
	l.words, l.stems = map[string]string{}, map[string]string{}
	for line := range strings.Lines(lexiconFile) {
		class, list, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for w := range strings.FieldsSeq(list) {
			if stem, open := strings.CutSuffix(w, "*"); open {
				l.stems[stem] = class
			} else {
				l.words[w] = class
			}
		}
	}
	return l
})

// classOf is what a word shows; "" nothing.
func classOf(word string) string {
	l := lexicon()
	if c := l.words[word]; c != "" {
		return c
	}
	for i := len(word); i >= 3; i-- {
		if c := l.stems[word[:i]]; c != "" {
			return c
		}
	}
	return ""
}

// shown are the classes of words in a text, once each; "not joy" for what a negation stands before; twice and more is said.
func shown(words []string) []string {
	counts := map[string]int{}
	var order []string
	say := func(s string) {
		if counts[s]++; counts[s] == 1 {
			order = append(order, s)
		}
	}
	negated := 0
	for _, w := range words {
		c := classOf(w)
		negated--
		switch {
		case c == "":
			continue
		case c == "never":
			negated = 4
			say(c)
		case negated > 0:
			say("not " + c)
		default:
			say(c)
		}
	}
	for _, c := range order {
		if counts[c] > 1 {
			order = append(order, c+" twice")
		}
	}
	return order
}

// tone is what stands between and above the words.
func tone(text string) []string {
	var marks []string
	for _, m := range []string{"!", "!!", "?", "??", "?!", "...", "*", ":(", ":)"} {
		if strings.Contains(text, m) {
			marks = append(marks, m)
		}
	}
	if shouting(text) {
		marks = append(marks, "shouting")
	}
	for w := range strings.FieldsSeq(text) {
		if len(w) > 3 && strings.ToUpper(w) == w && strings.IndexFunc(w, unicode.IsLetter) >= 0 {
			marks = append(marks, "capitals")
			break
		}
	}
	return marks
}

// TurnFeatures are what the model of a turn in its dialogue sees: the customer's words, what the bot said before them, and what the
// customer had said before that.
func TurnFeatures(customer, bot, before string) linear.Text {
	words := linear.Words(customer)
	return linear.Text{linear.WordGrams(words, 3), linear.WordGrams(linear.Words(bot), 2), linear.CharGrams(words, 3, 4), append(opening(words), repeated(words, before, bot)...)}
}

// opening is how the turn starts, and how long it is.
func opening(words []string) []string {
	var out []string
	if len(words) > 0 {
		out = append(out, "1 "+words[0])
	}
	if len(words) > 1 {
		out = append(out, "2 "+words[0]+" "+words[1])
	}
	length := "long"
	switch n := len(words); {
	case n <= 2:
		length = "tiny"
	case n <= 5:
		length = "short"
	case n <= 12:
		length = "middling"
	}
	return append(out, length)
}

func repeated(words []string, before, bot string) []string {
	var out []string
	if share(words, linear.Words(before)) >= 0.6 {
		out = append(out, "again")
	}
	if share(words, linear.Words(bot)) >= 0.5 {
		out = append(out, "echo")
	}
	if before == "" {
		out = append(out, "first")
	}
	return out
}

// share is how much of a is in b.
func share(a, b []string) float64 {
	if len(a) < 3 {
		return 0
	}
	in := set(b)
	n := 0
	for _, w := range a {
		if in[w] {
			n++
		}
	}
	return float64(n) / float64(len(a))
}
