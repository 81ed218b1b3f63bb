package copilot

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/kljensen/snowball/english"

	"github.com/deskbell/deskbell/copilot/linear"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/needle"
	"github.com/deskbell/deskbell/knowledge"
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

// Anger is how angry the words of one text are: a logit.
func Anger(text string) float64 { return angerModel().Score(AngerFeatures(text)) }

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
var lexicon = sync.OnceValue(func() (l struct {
	words, stems map[string]string
	longest      int // stem
}) {
	l.words, l.stems = map[string]string{}, map[string]string{}
	for line := range strings.Lines(lexiconFile) {
		class, list, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for w := range strings.FieldsSeq(list) {
			if stem, open := strings.CutSuffix(w, "*"); open {
				l.stems[stem], l.longest = class, max(l.longest, len(stem))
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
	for i := min(len(word), l.longest); i >= 3; i-- {
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

// Mood is how frustrated a customer is by now, and what it shows in.
type Mood struct {
	Level    float64 // 0…1
	Evidence string  // "rephrased 2×; angry words in 1 of 3 turns; 0.1 → 0.7"; "" when there is nothing to say
}

// What each sign adds to a turn; what is left of the turns before; both set by hand, so that the wording alone moves most and what the
// turns repeat decides. The models' logits are moved to the share of positives they will meet (training counted those 3 and 5 times).
const (
	angerShift, angerPart = 0.7, 0.9
	turnShift, turnPart   = 1.6, 0.7 // ln 5
	insistPart            = 0.3      // at first; once the bot has answered, insistAgain
	insistAgain           = 0.7
	callPart              = 0.55 // "HELLO???", once the bot has answered
	insultPart            = 0.72 // insults, threats
	fedUpPart             = 0.5
	angryPart             = 0.6  // what the model of short messages takes for anger, in whatever language
	nobodyPart            = 0.45 // nobody answers
	againPart             = 0.35 // that, or fed up, for the second time
	rephrasePart          = 0.3
	shoutPart             = 0.2
	shoutAgain            = 0.3
	longPart              = 0.03 // each turn beyond longTurns, and each longWait beyond the first
	longTurns             = 5
	longWait              = 10 * time.Minute
	carry                 = 0.6
	settles               = 0.2 // a level up to this is gone by the next turn
)

// ends are a text's beginning and end: of a very long one the mood shows in either.
func ends(text string) string {
	if len(text) <= mostRead {
		return text
	}
	return strings.ToValidUTF8(text[:mostRead/2]+" "+text[len(text)-mostRead/2:], "")
}

// Frustration follows the customer's mood over the turns: the wording of each, in its dialogue; insisting; the same question again in
// other words; capitals and exclamation; how long it has taken.
func Frustration(talk []handover.Message) Mood {
	var level, first float64
	var asked [][]string
	var began time.Time
	turns, angry, insisting, rephrased, shouts, fedUp := 0, 0, 0, 0, 0, 0
	said, before := "", ""
	for _, m := range talk {
		if m.From != handover.FromCustomer {
			said = ends(m.Text)
			continue
		}
		if turns == 0 {
			began = m.At
		}
		turns++
		text := ends(m.Text)
		anger := linear.Sigmoid(angerModel().Score(AngerFeatures(text)) - angerShift)
		if anger > 0.45 && knowledge.Language(text) != "en" && hear(text).all&(sayInsult|sayThreat|sayFedUp|sayNobody) == 0 {
			anger = 0.45 // the model learnt most from English: by itself it is no proof in another language
		}
		calm := 1 - angerPart*math.Pow(anger, 1.5)
		calm *= 1 - turnPart*linear.Sigmoid(turnModel().Score(TurnFeatures(text, said, before))-turnShift)
		insist := insistPart
		if turns > 1 {
			insist = insistAgain
		}
		h := hear(text)
		if h.only == 0 && anger <= 0.5 {
			if by := angered(text, h); by > 0 {
				calm *= 1 - angryPart*by
				anger = max(anger, 0.3+0.3*by)
			}
		}
		if turns > 1 && stuck().MatchString(string(folded(text))) {
			if turns > 2 {
				calm *= 1 - insistAgain
			} else {
				calm *= 1 - insistPart
			}
			insisting++
		}
		if anger > 0.5 {
			angry++
		}
		if turns > 1 && h.first&sayHello != 0 && asksLoudly(text) {
			calm *= 1 - callPart
		}
		if h.only == 0 || h.only&(sayWrong|sayNever) != 0 {
			for c, part := range map[class]float64{sayInsult | sayThreat: insultPart, sayFedUp: fedUpPart, sayNobody: nobodyPart, sayInsist: insist, sayWrong: insist / 2} {
				if h.all&c != 0 {
					calm *= 1 - part
					if c&(sayFedUp|sayNobody) != 0 && fedUp > 0 { // for the second time
						calm *= 1 - againPart
					}
				}
			}
			if h.all&(sayInsist|sayWrong) != 0 {
				insisting++
			}
			if h.all&(sayFedUp|sayNobody) != 0 {
				fedUp++
			}
			if h.all&(sayInsult|sayThreat|sayFedUp|sayNobody) != 0 && anger <= 0.5 {
				angry++
			}
		}
		terms := knowledge.Terms(m.Text)
		for _, old := range asked {
			if overlap(terms, old) >= 0.5 {
				rephrased++
				calm *= 1 - rephrasePart
				break
			}
		}
		if len(terms) >= 2 {
			asked = append(asked, terms)
		}
		if shouting(m.Text) || strings.Contains(m.Text, "!!") || asksLoudly(m.Text) {
			if shouts++; turns > 1 {
				calm *= 1 - shoutAgain
			} else {
				calm *= 1 - shoutPart
			}
		}
		long := max(0, turns-longTurns)
		if !began.IsZero() && m.At.After(began) {
			long += min(10, int(m.At.Sub(began)/longWait))
		}
		if level > 0.2 { // a long talk alone frustrates nobody
			calm *= math.Pow(1-longPart, float64(long))
		}
		level = 1 - calm*(1-carry*max(0, level-settles))
		if turns == 1 {
			first = level
		}
		before = text
	}
	var evidence []string
	note := func(n int, format string, a ...any) {
		if n > 0 {
			evidence = append(evidence, fmt.Sprintf(format, a...))
		}
	}
	note(rephrased, "rephrased %d×", rephrased)
	note(insisting, "insisted %d×", insisting)
	note(angry, "angry words in %d of %d turns", angry, turns)
	note(shouts, "shouted %d×", shouts)
	if len(evidence) > 0 {
		evidence = append(evidence, fmt.Sprintf("%.1f → %.1f", first, level))
	}
	return Mood{Level: level, Evidence: strings.Join(evidence, "; ")}
}

// stuck is how people say that they have done all that they were told, once the bot has answered: politely, too.
var stuck = sync.OnceValue(func() *needle.Regexp {
	return needle.MustCompile(`(?:already|have|had|ive|i) (?:tried|done|did|checked|restarted|reset) (?:all|everything|each|that|this|it|both)\b.{0,24}(?:\btwice|\bthree|\bfour|\bfive|times|\bagain|\bstill|\bsame|\bnothing)|(?:tried|did|done) everything|going round in circles|same thing (?:again|over)|still (?:nothing|the same|doesnt|does not|not working|no)\b.{0,40}(?:tried|twice|times|again)` +
		`|(?:alles|das|beides) (?:schon |bereits )?(?:\S+ ){0,3}(?:probiert|versucht|gemacht|ausprobiert|durch)\b|(?:zweimal|dreimal|viermal|mehrfach|mehrmals|x mal) (?:\S+ ){0,3}(?:gemacht|probiert|versucht|neu gestartet)|drehen uns im kreis|ich dreh mich im kreis|immer noch (?:das gleiche|dasselbe|nichts)` +
		`|ya (?:he |lo |la )?(?:\S+ ){0,2}(?:hecho|probado|intentado|hice|probe|intente)\b.{0,24}(?:todo|veces|dos|tres|cuatro|igual|nada)|he probado (?:todo|de todo)|sigue (?:igual|lo mismo|sin funcionar).{0,30}(?:veces|todo)|damos vueltas|dando vueltas` +
		`|deja (?:\S+ ){0,3}(?:fait|essaye|tente|verifie)\b.{0,24}(?:tout|fois|deux|trois|rien|pareil)|j ai tout (?:essaye|fait|tente)|tourne en rond|toujours (?:pareil|la meme chose)` +
		`|ja (?:\S+ ){0,2}(?:fiz|tentei|testei|reiniciei|experimentei)\b.{0,24}(?:tudo|isso|vezes|duas|tres|quatro|igual)|tentei de tudo|continua tudo (?:na mesma|igual)|andando em circulos` +
		`|ho (?:gia )?(?:provato|fatto|tentato)\b.{0,24}(?:tutto|volte|due|tre|quattro|niente|uguale)|sempre (?:uguale|lo stesso|la stessa cosa)|giriamo in tondo` +
		`|(?:alles|dat) (?:\S+ ){0,3}(?:al |al eens )?(?:geprobeerd|gedaan)|al (?:twee|drie|vier|tien) keer (?:\S+ ){0,3}(?:gedaan|geprobeerd|opgestart)|nog steeds (?:hetzelfde|niks|niets)|draaien in cirkels|in rondjes` +
		`|(?:juz |)(?:to |wszystko |wszystkiego )(?:juz )?(?:zrobil\w*|probowal\w*|sprawdzal\w*|robil\w*)|wszystkiego probowal\w*|(?:dwa|trzy|cztery|kilka) razy (?:\S+ ){0,3}(?:zrobil\w*|robil\w*|probowal\w*|sprawdz\w*)|dalej (?:to samo|nic)|kreci\w* sie w kolko` +
		`|(?:hepsini|her seyi|soylediginiz her seyi|dediklerinizi) (?:\S+ ){0,4}(?:yaptim|denedim)|(?:iki|uc|dort|iki ser|ikiser) (?:kere|kez|defa) (?:\S+ ){0,2}(?:yaptim|denedim)|hala ayni|degisen bir sey yok` +
		`|جربت (?:كل|كله|كل شي|هذا كله)|عملت كل (?:شي|حاجه|اللي)|سويت كل|نفس (?:المشكله|النتيجه)|بدون فايده|ما في فايده`)
})

// angered is how far the model of short messages takes a text for anger, 0…1; 0 when it takes it for something else.
func angered(text string, h heard) float64 {
	if !wordy(text) {
		return 0
	}
	return angers.of(text, func() float64 {
		kind, margin := KindOf(kindScores(text, "", h, wishOf(text)), "")
		if kind != kindAngry {
			return 0
		}
		return min(1, max(0, (margin+0.5)/2.5))
	})
}

// asksLoudly is whether a text has two question marks and more.
func asksLoudly(text string) bool {
	return strings.Contains(text, "??") || strings.Contains(text, "؟؟") || strings.Contains(text, "？？")
}

// overlap is how much two sets of terms share, 0…1; 0 of fewer than two.
func overlap(a, b []string) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	in := set(b)
	both := 0
	for _, t := range a {
		if in[t] {
			both++
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}
