package copilot

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/deskbell/deskbell/copilot/linear"
)

// Kinds are what a short message can be, as cmd/train learns to tell it from messages in thirteen languages; the last is everything else.
var Kinds = []string{kindCourtesy, kindAbout, kindPerson, kindAngry, kindAccept, kindDecline, kindCorrection, kindSolved, kindRefuses, kindQuestion}

const (
	kindCourtesy   = "courtesy"
	kindAbout      = "about" // asks what we are
	kindPerson     = "person"
	kindAngry      = "angry"
	kindAccept     = "accept"  // after an offer
	kindDecline    = "decline" // after an offer
	kindCorrection = "correction"
	kindSolved     = "solved"  // while waiting
	kindRefuses    = "refuses" // wants no person, and asks nothing
	kindQuestion   = "question"
)

// kindBits is the size of the kinds' model: 2^kindBits features.
const kindBits = 17

// Where a kind is the last thing before a customer's message.
const (
	afterAnswer  = "answer"
	afterOffer   = "offer"
	afterWaiting = "waiting"
)

// KindVector is what the model sees of a message: its words, pieces of its words, what stands between and above them, what the lists of phrases say of
// it, and what the bot did before: "" nothing, "answer", "offer" or "waiting".
func KindVector(text, after string) linear.Vector {
	return kindVector(text, after, hear(text), wishOf(text))
}

func kindVector(text, after string, h heard, w wish) linear.Vector {
	words := linear.Words(string(folded(text)))
	pieces := linear.CharGrams(words, 2, 5)
	for _, w := range words {
		for _, r := range w {
			if r >= 0x2e80 { // a script in which a character says much
				pieces = append(pieces, string(r))
			}
		}
	}
	marks := append(tone(text), "after "+after, length(len(words)))
	for _, r := range text {
		if unicode.Is(unicode.So, r) {
			marks = append(marks, string(r), "emoji")
		}
	}
	return linear.Hashed(linear.Text{linear.WordGrams(words, 3), pieces, marks, append(ruled(text, h, w), denied(text)...)}, kindBits, 1, 1, 0.7, 1)
}

// negations are the words that deny, of the languages that put spaces between words, folded.
var negations = wordSet(`no not dont don never nobody none without wont wouldnt rather instead nope nah
	nicht nich kein keine keinen keinem keiner nie niemand niemanden niemandem ohne lieber statt
	nadie ningun ninguna ninguno sin nunca tampoco prefiero pas personne sans jamais aucun aucune plutot prefere
	nao naum ninguem nenhum nenhuma sem nunca prefiro non nessuno nessun nessuna senza mai preferisco
	niet geen niemand nooit zonder liever nie nikt nikogo nikomu nikim zaden zadnego zadnych bez wole
	yok istemiyorum istemem degil hic kimse kimseyle kimseye gerek gerekmez olmasin لا ما مش مو لن ليس بدون بلا مب موش ماش محد
	nahi nahin nai`)

// undone are the same in scripts that put no spaces between words.
var undone = []string{"不", "别", "別", "没", "無", "无", "ない", "いらな", "いりま", "ません", "なくて", "せず", "ずに"}

// excuses have one of undone, and deny nothing.
var excuses = strings.NewReplacer("对不起", "", "對不起", "", "差不多", "", "すみません", "")

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// denied is whether a text denies something, and how much it would ask for a person if it did not.
func denied(text string) []string {
	wish := "far from a wish"
	switch x := humanModel().Score(HumanFeatures(text)); {
	case x >= 2:
		wish = "a wish in its words"
	case x >= 0:
		wish = "a wish perhaps"
	case x >= -2:
		wish = "near a wish"
	}
	if !denies(text) {
		return []string{wish, "affirms", wish + ", affirms"}
	}
	return []string{wish, "denies", wish + ", denies"}
}

func denies(text string) bool {
	text = excuses.Replace(text)
	return slices.ContainsFunc(linear.Words(string(folded(text))), func(w string) bool { return negations[w] }) || slices.ContainsFunc(undone, func(s string) bool { return strings.Contains(text, s) })
}

// LearnKinds learns the model from messages; of each the number in Kinds.
func LearnKinds(xs []linear.Vector, kinds []int) *linear.OneVsRest {
	return linear.TrainOneVsRest(1<<kindBits, len(Kinds), xs, kinds, linear.Options{Epochs: 6, Decay: 3e-4, Seed: 1})
}

// KindBytes is what LearnKinds learnt, as it ships.
func KindBytes(m *linear.OneVsRest) []byte { return m.Bytes(kindBits) }

func length(words int) string {
	switch {
	case words <= 2:
		return "tiny"
	case words <= 5:
		return "short"
	case words <= 12:
		return "middling"
	}
	return "long"
}

// ruled is what the lists of phrases and of ways to ask for a person say of a text: the model weighs it with the rest.
func ruled(text string, h heard, w wish) []string {
	var out []string
	for c := class(1); c <= sayNobody; c <<= 1 {
		if h.only&c != 0 {
			out = append(out, fmt.Sprintf("only %d", c))
		}
		if h.all&c != 0 {
			out = append(out, fmt.Sprintf("says %d", c))
		}
		if h.first&c != 0 {
			out = append(out, fmt.Sprintf("first %d", c))
		}
	}
	switch {
	case w.refuses:
		out = append(out, "refuses")
	case w.score >= humanAt:
		out = append(out, "wish")
	case w.score >= -1:
		out = append(out, "perhaps a wish")
	}
	if h.only == 0 {
		out = append(out, "more than said")
	}
	if strings.ContainsAny(text, "?؟？") {
		out = append(out, "asks")
	}
	return out
}

var kindTable = sync.OnceValue(func() *linear.Table {
	t, err := linear.LoadTable(packed("kinds"))
	if err != nil {
		panic(err)
	}
	return t
})

// possible is whether a message can be of a kind, by what the bot did before it.
func possible(kind, after string) bool {
	switch kind {
	case kindAccept, kindDecline:
		return after == afterOffer
	case kindCorrection:
		return after == afterAnswer
	case kindSolved:
		return after == afterWaiting
	case kindRefuses:
		return after != afterOffer && after != afterWaiting // there it declines, or takes back
	}
	return true
}

// KindOf is the likeliest kind of a message by its scores, and by how much it beats the next, or nothing; who is angry and who wants a person are both
// heard by a person, and no rivals.
func KindOf(scores []float64, after string) (kind string, margin float64) {
	best, next := -1, math.Inf(-1)
	for i, k := range Kinds {
		if possible(k, after) && (best < 0 || scores[i] > scores[best]) {
			best = i
		}
	}
	rings := func(kind string) bool { return kind == kindPerson || kind == kindAngry }
	for i, k := range Kinds {
		if rival := !rings(k) || !rings(Kinds[best]); i != best && possible(k, after) && rival {
			next = max(next, scores[i])
		}
	}
	return Kinds[best], min(scores[best]-next, 2*(scores[best]+1))
}

// mostKind is how many words a message may have that is read as a whole; of a longer one each clause may be one thing.
const mostKind = 30

// kindAt are the margins from which on a message is of a kind, on messages held out (cmd/train prints them): where somebody is rung for, 1 of 300 that
// ask for nobody; else 1 of 100 that ask something.
var kindAt = map[string]float64{kindCourtesy: 0.3, kindAbout: 0.3, kindPerson: 2.3, kindAngry: 1, kindAccept: 0.6, kindDecline: 0.3, kindCorrection: 0.3, kindSolved: 1.5, kindRefuses: 0.3}

// deniedPersonAt is kindAt's for a wish for a person in a text that denies something: it may be that none is wanted.
const deniedPersonAt = 3.5

// unheardRefusalAt is kindAt's for a refusal where the lists hear none and the words are far from a wish for a person: "quiero devolver algo que no me gusta".
const (
	unheardRefusalAt = 2.8
	farFromAWish     = -1
)

// unheardReplyAt is kindAt's for what answers an offer where the lists hear neither yes nor no nor thanks in it, and asksAlone from which margin on it is a
// question to the model where no offer stands before it: "the leaves are brown" declines nothing.
const (
	unheardReplyAt = 3
	asksAlone      = 1
	replies        = sayYes | sayNo | sayLater | sayNever | saySolved | sayOK | sayThanks | sayPraise | sayBye
)

// likelyPersonAt is kindAt's for a wish that the other model, which learnt from whole dialogues, takes for likelier than not.
const (
	likelyPersonAt = 1
	perhapsHuman   = 0
)

// kindOf is the kind of a message; "" when none is sure.
func kindOf(text, after string, h heard, w wish) string {
	if !wordy(text) || suspicious(text) || strings.Contains(text, "@deskbell") || strings.Contains(text, "://") { // what speaks to a program settles nothing
		return ""
	}
	kind, margin := KindOf(kindScores(text, after, h, w), after)
	at := kindAt[kind]
	switch {
	case kind == kindPerson && denies(text):
		at = deniedPersonAt
	case kind == kindPerson && w.score >= perhapsHuman:
		at = likelyPersonAt
	case kind == kindRefuses && !w.refuses && w.score < farFromAWish:
		at = unheardRefusalAt
	case (kind == kindAccept || kind == kindDecline) && h.all&replies == 0:
		if alone, by := KindOf(kindScores(text, "", h, w), ""); alone == kindQuestion && by >= asksAlone {
			return ""
		}
		at = unheardReplyAt
	}
	if margin < at {
		return ""
	}
	return kind
}

// kindScores are the kinds' scores of a message, which several look at.
func kindScores(text, after string, h heard, w wish) []float64 {
	return kindsSeen.of(after+"\n"+text, func() []float64 { return kindTable().Scores(kindVector(text, after, h, w)) })
}

// surelyAsks is whether a message asks something and little else.
func surelyAsks(text, after string, h heard, w wish) bool {
	kind, margin := KindOf(kindScores(text, after, h, w), after)
	return kind == kindQuestion && margin >= 2
}

// wordy is whether a text has words to tell its kind by, and not too many: "c12-3." is a number of something, whatever it looks like.
func wordy(text string) bool {
	if len(strings.Fields(text)) > mostKind {
		return false
	}
	for _, w := range linear.Words(text) {
		letters := 0
		for _, r := range w {
			if unicode.IsLetter(r) {
				letters++
			} else if unicode.IsDigit(r) {
				letters = -len(w)
			}
			if r >= 0x2e80 && unicode.IsLetter(r) {
				return true
			}
		}
		if letters >= 2 {
			return true
		}
	}
	return false
}
