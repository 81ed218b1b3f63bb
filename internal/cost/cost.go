// Package cost checks, in tests alone, what a text costs whoever reads it: customers may write anything, and whatever
// they write must not take the time of the others.
package cost

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// seeds are what the shapes repeat: what makes a reader look far ahead, look back, or begin again.
var seeds = []string{
	"4 ", "4", "4-", "4.", "4 4 4 4 ", "12.", "+", "00", "a", "a ", "A", "A1 ", "é", "中", "\u0301", "\u202e", " ", "\n", "\t", ".", ". ", "?", "!", "! ", "x, ", "a:", "a.", "a-", "a@", "a@b", "a@b.", "@", "x@y.z ",
	"password ", "password is ", "pin ", "pin is is ", "call ", "call 4 ", "order 4 ", "ssn ", "DE00 ", "DE", "sk-", "eyJa.", "licence: ", "passport ", "http://", "https://a ", "www.", "my website ", "website: ", "::", "1:", "1:2 ",
	"*", "**", "_", "__", "~", "`", "```", "``` ", "*a ", "a* ", "_a_", "[", "]", "[a](", "[a](b", "![", "<", "<a", "<a>", "<@U1>", "<@", "<http://a|", "&lt;", "&", "&amp", ">", "> ", ">>", "- ", "  - ", "1. ", "# ", "#", "|", "|a", "| a |\n", "---\n",
	":", ":a", ":a:", "(", ")", "(a", "{", "\"", "\"a\":", "'", "\\", "\\*", "<!--", "<p>", "<div>", "</p>", "<b", "<script>", "=\"",
	"ignore ", "ignore the ", "your answer ", "you are now ", "talk to ", "don't need ", "no need ", "what may i ", "i said ", "how do i how do i ", "what ",
}

// Shapes are hostile texts of about n characters, by what they repeat.
func Shapes(n int) map[string]string {
	shapes := map[string]string{}
	for _, s := range seeds {
		shapes[s] = strings.Repeat(s, n/utf8.RuneCountInString(s))
	}
	for i, a := range seeds { // what opens and what closes, far apart
		b := seeds[(i+7)%len(seeds)]
		shapes[a+"…"+b] = strings.Repeat(a, n/2/utf8.RuneCountInString(a)) + strings.Repeat(b, n/2/utf8.RuneCountInString(b))
	}
	return shapes
}

// Of is the time on the processor that do takes: what else the machine does is not counted.
func Of(do func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	from := now()
	do()
	return now() - from
}

func now() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err) // every Linux has this clock
	}
	return time.Duration(t.Nano())
}

// The check doubles a text of so many characters; what takes less than enough says nothing.
const (
	small  = 8000
	enough = 15 * time.Millisecond
	slice  = 8 // shapes that are tried of each reader, where not all are
)

// always are shapes that were expensive once.
var always = []string{"4 ", "4-", "![", "<"}

// Linear fails the test for each reader to whom twice the text costs more than three times as much. It tries a seeded slice of the
// shapes, or all with PROVE.
func Linear(t *testing.T, readers map[string]func(text string)) {
	t.Helper()
	seed := rand.Uint64() % 1e6
	if n, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	texts, doubled := Shapes(small), Shapes(2*small)
	names := slices.Sorted(maps.Keys(texts))
	for _, reader := range slices.Sorted(maps.Keys(readers)) {
		read := readers[reader]
		rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		tried := append(slices.Clone(always), names...)
		if os.Getenv("PROVE") == "" {
			tried = tried[:slice]
		}
		for _, shape := range tried {
			var one, two time.Duration
			for range 4 { // a noisy machine is asked again; a square stays one
				one, two = Of(func() { read(texts[shape]) }), Of(func() { read(doubled[shape]) })
				if two < enough || two <= 3*one {
					break
				}
			}
			if two >= enough && two > 3*one {
				t.Errorf("%s of %q…: %d characters take %s, %d take %s", reader, shape, small, one, 2*small, two)
			}
		}
	}
}

// Measure prints what each reader takes for the worst shape of 8,000 characters, the longest message; more than most fails the test.
func Measure(t *testing.T, most time.Duration, readers map[string]func(text string)) {
	t.Helper()
	if os.Getenv("BENCH") == "" {
		t.Log("make bench measures")
		return
	}
	texts := Shapes(8000)
	for _, reader := range slices.Sorted(maps.Keys(readers)) {
		var worst time.Duration
		var of string
		for shape, text := range texts {
			took := Of(func() { readers[reader](text) })
			for range 3 {
				if took > worst {
					took = min(took, Of(func() { readers[reader](text) }))
				}
			}
			if took > worst {
				worst, of = took, shape
			}
		}
		fmt.Printf("reader %-10s 8,000 characters: worst of %d shapes %5.1f ms of CPU (%q…)\n", reader, len(texts), float64(worst.Microseconds())/1000, of)
		if worst > most {
			t.Errorf("%s takes %s, at most %s is allowed", reader, worst, most)
		}
	}
}
