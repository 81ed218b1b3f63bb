package copilot

import (
	"regexp"
	"strings"
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

// Excerpt is the part of a knowledge text that answers a question, word for word, without sentences that speak to a model.
func Excerpt(question, text string) string {
	return excerpt(question, withoutCommands(text), excerptWords)
}
