package copilot

import (
	"regexp"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/knowledge"
)

// commands are ways to speak to a model instead of to a reader. They are no defence by themselves — most injections look like any
// sentence — but a sentence that has one is never quoted to anybody.
var commands = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b(?:ignore|disregard|forget|override|bypass)\b.{0,30}\b(?:previous|prior|above|earlier|all|any|your|these|the)\b.{0,20}\b(?:instruction|prompt|rule|direction|guideline|context|command|polic(?:y|ies)|programming|restriction)s?\b`),
	regexp.MustCompile(`(?i)\b(?:reveal|print|show|repeat|output|leak|tell me)\b.{0,25}\b(?:system prompt|initial prompt|hidden prompt|your instructions|your prompt)\b`),
	regexp.MustCompile(`(?i)\b(?:you are now|from now on,? you(?:'re| are)?|act as|pretend (?:to be|you are)|roleplay as|you will be)\b.{0,40}\b(?:dan|jailbroken|unrestricted|uncensored|without (?:any )?(?:rules|restrictions|limits)|no (?:rules|restrictions)|developer mode|evil)\b`),
	regexp.MustCompile(`(?i)<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?INST\]|^\s*(?:system|assistant)\s*:`),
	regexp.MustCompile(`(?i)\b(?:in|into|to|modify|change|alter|adjust|end|start|begin) your (?:answer|reply|response|output)\b|\byour (?:answer|reply|response) (?:must|should|has to) (?:include|contain|end|start|mention)\b`),
}

// shortestCommand is what the shortest of them has, in bytes: [INST].
const shortestCommand = 6

// Suspicion is how many ways a text speaks to a model, as a share, 0…1.
func Suspicion(text string) float64 {
	if len(text) < shortestCommand {
		return 0
	}
	n := 0
	for _, c := range commands {
		if c.MatchString(text) {
			n++
		}
	}
	return float64(n) / float64(len(commands))
}

// withoutCommands leaves out the sentences that speak to a model.
func withoutCommands(text string) string {
	if Suspicion(text) == 0 {
		return text
	}
	var b strings.Builder
	for _, s := range sentence.FindAllString(text, -1) {
		if Suspicion(s) == 0 {
			b.WriteString(s)
		}
	}
	return strings.TrimSpace(b.String())
}

// Excerpt is the part of a passage that answers a question, word for word, without sentences that speak to a model: the whole of a short one, of a longer
// one its best sentence and what follows, or the rows of a table that it is in with their heading.
func Excerpt(question string, p knowledge.Passage) string {
	whole := withoutCommands(p.Whole)
	if whole != p.Whole || p.Best.End == 0 || len(strings.Fields(whole)) <= excerptWords {
		return excerpt(question, whole, excerptWords)
	}
	return nearby(whole, p.Best, excerptWords)
}

// nearby is a piece of a text with the pieces behind it, as many as the words allow, and then those before it.
func nearby(text string, best knowledge.Piece, words int) string {
	pieces := knowledge.Pieces(text)
	at := slices.IndexFunc(pieces, func(p knowledge.Piece) bool { return p.Start == best.Start })
	if at < 0 {
		return strings.TrimSpace(text[best.Start:best.End])
	}
	size := func(p knowledge.Piece) int { return len(strings.Fields(text[p.Start:p.End])) }
	from, to, n := at, at+1, size(pieces[at])
	for to < len(pieces) && n+size(pieces[to]) <= words {
		n += size(pieces[to])
		to++
	}
	for from > 0 && n+size(pieces[from-1]) <= words {
		from--
		n += size(pieces[from])
	}
	out := text[pieces[from].Start:pieces[to-1].End]
	if first := pieces[from]; first.Row {
		out = text[first.Head[0]:first.Head[1]] + "\n" + out
	}
	return strings.TrimSpace(out)
}
