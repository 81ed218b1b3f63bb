package copilot

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/copilot/linear"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

// summaryWords is how long a summary may be.
const summaryWords = 60

// Summarise says in the third person what the customer wants and what was done about it: the sentences that say most, word for word but
// for the pronouns, so that nothing is in it that the conversation does not say. Lines are to be masked before.
func Summarise(talk []handover.Message) string {
	wants := firstWants(talk)
	if wants == "" {
		if wants = shorten(customerText(talk), 40); wants == "" {
			return "The customer has not said what it is about."
		}
	}
	out := "The customer " + verb(wants) + " " + inQuotes(wants, wantsWords)
	if did, who := lastHelp(talk); did != "" {
		out += " " + who + " " + inQuotes(did, helpWords)
	}
	if bot := func(m handover.Message) bool { return m.From == handover.FromBot }; slices.ContainsFunc(talk, bot) { // what it answered is done: the last line is open
		if last := lastWants(talk); last != wants && last != "" {
			out += " Last, the customer " + verb(last) + " " + inQuotes(last, helpWords)
		}
	}
	return shorten(out, summaryWords)
}

// inQuotes is what somebody said, word for word: reported speech is right in no language that we only half understand.
func inQuotes(text string, most int) string {
	text = strings.TrimRight(shorten(text, most), ". ")
	if !strings.HasSuffix(text, "?") && !strings.HasSuffix(text, "!") && !strings.HasSuffix(text, "…") {
		text += "."
	}
	return "“" + text + "”"
}

const (
	wantsWords = 24
	helpWords  = 18
)

var splits = regexp.MustCompile(`(?s).+?(?:[.!?]+(?:\s+|$)|\n+|$)`)

var opener = regexp.MustCompile(`(?i)^(?:(?:hi|hello|hey|dear|guys|team|there|all|please|pls|so|well|ok|okay|good (?:morning|afternoon|evening))[\s,!.:]+)+`)

// mostRead is how much of one line a summary of 60 words looks at, in bytes.
const mostRead = 2 << 10

// beginning is what a summary looks at of a line.
func beginning(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), mostRead)], "")
}

// sentencesOf are a text's sentences, without the ends.
func sentencesOf(text string) []string {
	var out []string
	for _, s := range splits.FindAllString(text, -1) {
		s = opener.ReplaceAllString(strings.TrimSpace(strings.Trim(strings.TrimSpace(s), ".")), "")
		if utf8.RuneCountInString(s) > 1 {
			out = append(out, s)
		}
	}
	return out
}

// firstWants is what the customer's first line with content wants.
func firstWants(talk []handover.Message) string {
	for _, m := range talk {
		if w := wantsOf(m); w != "" {
			return w
		}
	}
	return ""
}

// lastWants is what their last one wants.
func lastWants(talk []handover.Message) string {
	for i := len(talk) - 1; i >= 0; i-- {
		if w := wantsOf(talk[i]); w != "" {
			return w
		}
	}
	return ""
}

// wantsOf are the sentences of a customer's line that have content; "" when none has, or it is not theirs.
func wantsOf(m handover.Message) string {
	if m.From != handover.FromCustomer || courteous(m.Text) {
		return ""
	}
	var best string
	for _, s := range sentencesOf(beginning(m.Text)) {
		if len(knowledge.Terms(s)) < 2 || courteous(s) || wantsHuman(s) && len(linear.Words(s)) < 10 {
			continue
		}
		if best == "" {
			best = s
		} else if len(linear.Words(best))+len(linear.Words(s)) <= wantsWords {
			best += ", " + lowered(s)
		}
	}
	return best
}

// lowered begins with a small letter.
func lowered(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

var hollow = regexp.MustCompile(`(?i)^(?:hi|hello|hey|thanks?|thank you|sorry|we're sorry|i'm sorry|apolog|no problem|you're welcome|youre welcome|welcome|glad|great|good (?:morning|day|evening)|have a|enjoy|cheers|my pleasure|anytime|let (?:me|us) know|please wait|one moment|ok(?:ay)?\b|sure\b|happy to)`)

// lastHelp is what was last done or asked for the customer, and by whom.
func lastHelp(talk []handover.Message) (string, string) {
	for i := len(talk) - 1; i >= 0; i-- {
		m := talk[i]
		if m.From == handover.FromCustomer || m.Deleted || m.Visibility == handover.Internal || m.From == handover.FromBot && len(m.Citations) == 0 {
			continue // what the bot says without a source is about itself: "Shall I ask a person?"
		}
		who := "An agent answered"
		if m.From == handover.FromBot {
			who = "The bot answered"
		}
		best, most := "", 0
		for _, s := range sentencesOf(beginning(m.Text)) {
			if hollow.MatchString(s) && len(linear.Words(s)) < 12 {
				continue
			}
			if n := len(knowledge.Terms(s)); n > most {
				best, most = s, n
			}
		}
		if most >= 3 {
			if strings.HasSuffix(best, "?") {
				who = strings.Replace(who, "answered", "asked", 1)
			}
			return best, who
		}
	}
	return "", ""
}

var question = regexp.MustCompile(`(?i)\?$|^(?:how|what|when|where|why|who|which|can|could|is|are|do|does|did|will|would|any)\b`)

// verb is how the customer says it.
func verb(s string) string {
	switch {
	case question.MatchString(s):
		return "asks"
	case angerModel().Score(AngerFeatures(s)) > -0.5:
		return "complains"
	}
	return "writes"
}
