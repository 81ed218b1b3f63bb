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
	out := "Customer " + verb(wants) + " " + thirdPerson(shorten(wants, wantsWords)) + "."
	if did, who := lastHelp(talk); did != "" {
		out += " " + who + " " + thirdPersonOfHelper(shorten(did, helpWords)) + "."
	}
	if bot := func(m handover.Message) bool { return m.From == handover.FromBot }; slices.ContainsFunc(talk, bot) { // what it answered is done: the last line is open
		if last := lastWants(talk); last != wants && last != "" {
			out += " Last, the customer " + verb(last) + " " + thirdPerson(shorten(last, helpWords)) + "."
		}
	}
	return shorten(strings.ReplaceAll(out, " ….", " …"), summaryWords)
}

const (
	wantsWords = 24
	helpWords  = 18
)

var splits = regexp.MustCompile(`(?s).+?(?:[.!?]+(?:\s+|$)|\n+|$)`)

var opener = regexp.MustCompile(`(?i)^(?:(?:hi|hello|hey|dear|guys|team|there|all|please|pls|so|well|ok|okay|good (?:morning|afternoon|evening))[\s,!.:]+)+`)

// mostRead is how much of one line a summary of 60 words looks at, in bytes.
const mostRead = 4 << 10

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
		who := "Agent says that"
		if m.From == handover.FromBot {
			who = "Bot says that"
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
				who = strings.Replace(who, "says that", "asks", 1)
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
		return "is asking"
	case angerModel().Score(AngerFeatures(s)) > -0.5:
		return "is complaining that"
	}
	return "says that"
}

var pronouns = map[string]string{
	"i": "they", "me": "them", "my": "their", "mine": "theirs", "myself": "themselves", "im": "they are", "i'm": "they are", "ive": "they have", "i've": "they have", "i'd": "they would", "i'll": "they will",
	"ill": "they will", "am": "are", "we": "they", "our": "their", "us": "them", "we're": "they are", "we've": "they have",
}

// thirdPerson turns the customer's own words about themselves.
func thirdPerson(s string) string { return turned(s, pronouns) }

var helperPronouns = map[string]string{"you": "the customer", "your": "their", "you're": "the customer is", "youre": "the customer is", "yourself": "themselves", "i": "they", "my": "their", "we": "they", "our": "their", "us": "them", "i'm": "they are", "im": "they are", "ive": "they have", "i've": "they have", "we've": "they have", "weve": "they have", "i'll": "they will", "well": "they will", "we'll": "they will"}

func thirdPersonOfHelper(s string) string { return turned(s, helperPronouns) }

func turned(s string, by map[string]string) string {
	f := strings.Fields(strings.TrimRight(s, "?!. "))
	for i, w := range f {
		core := strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' })
		if to, ok := by[strings.ReplaceAll(strings.ToLower(core), "’", "'")]; ok && core != "" {
			f[i] = strings.Replace(w, core, to, 1)
		} else if i == 0 && len(w) > 1 && strings.ToLower(w[1:]) == w[1:] && !strings.Contains(w, "[") {
			f[i] = strings.ToLower(w)
		}
	}
	return strings.Join(f, " ")
}
