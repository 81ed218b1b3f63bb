package handover

import (
	"regexp"
	"strconv"
	"strings"
)

// Citation names the passage that a sentence rests on.
type Citation struct {
	Title string  `json:"title"`
	URL   string  `json:"url,omitempty"`
	Text  string  `json:"text,omitempty"`
	Score float64 `json:"score"` // 0…1

	Passage  int64 `json:"passage,omitempty"`  // its number in the knowledge base; 0: not known
	Internal bool  `json:"internal,omitempty"` // of an article for the team alone
}

// Signals are what the copilot reads from a conversation at one turn.
type Signals struct {
	Intent      string     `json:"intent,omitempty"`
	WantsHuman  bool       `json:"wants_human,omitempty"`
	Accepts     bool       `json:"accepts,omitempty"`    // says yes to the offer of a person
	Declines    bool       `json:"declines,omitempty"`   // says no to it
	Solved      bool       `json:"solved,omitempty"`     // says that it is settled
	Unclear     bool       `json:"unclear,omitempty"`    // says "cancel", and may mean an order instead of the wait
	SmallTalk   bool       `json:"small_talk,omitempty"` // courtesies alone, or a question about the bot: Courtesy says which
	Courtesy    Courtesy   `json:"courtesy,omitempty"`
	Helped      bool       `json:"helped,omitempty"`      // thanks for an answer
	Corrects    bool       `json:"corrects,omitempty"`    // says that the last answer was not what they meant
	Else        bool       `json:"else,omitempty"`        // says that none of the choices shown is it
	Parts       []Part     `json:"parts,omitempty"`       // of several questions at once, each with its answer; Answer is the surest's
	Suggestions []Choice   `json:"suggestions,omitempty"` // passages that may answer, the likeliest first
	Likely      float64    `json:"likely,omitempty"`      // 0…1, that one of Suggestions answers
	Answer      string     `json:"answer,omitempty"`      // Markdown; "": none
	Confidence  float64    `json:"confidence"`            // 0…1, that Answer is right
	Found       bool       `json:"found"`                 // passages were found at all
	Citations   []Citation `json:"citations,omitempty"`
	Frustration float64    `json:"frustration"`        // 0…1
	Evidence    string     `json:"evidence,omitempty"` // what the frustration shows in: "rephrased 3 times; 0.2 → 0.7"
	Language    string     `json:"language,omitempty"` // ISO 639-1
	Sure        bool       `json:"sure,omitempty"`     // that it is Language: the text tells
	Value       string     `json:"value,omitempty"`    // the answer to the field that the bot asked for; "": none
	Line        string     `json:"line,omitempty"`     // in which Value stands
	Failed      bool       `json:"failed,omitempty"`   // the advisor failed or had no line
}

// Courtesy is what a customer says who asks nothing that an article could answer.
type Courtesy string

// The courtesies.
const (
	CourtesyHello  Courtesy = "hello"
	CourtesyThanks Courtesy = "thanks"
	CourtesyBye    Courtesy = "bye"
	CourtesyOK     Courtesy = "ok"
	CourtesyBot    Courtesy = "about_bot" // asks what the bot is
	CourtesyHelp   Courtesy = "help"      // asks what it can do
	CourtesySpeak  Courtesy = "speak"     // asks for a language
)

// Part is one of several questions, with its answer.
type Part struct {
	Question   string     `json:"question"`
	Heading    string     `json:"heading"`
	Answer     string     `json:"answer"`
	Confidence float64    `json:"confidence"` // 0…1
	Citations  []Citation `json:"citations,omitempty"`
}

// Choice is a one-tap answer below what the bot says: its label is what the customer sends, its ID what it stands for.
type Choice struct {
	Label string `json:"label"`
	ID    string `json:"id"`
}

// What choices stand for, beside passages: "passage:" and the number of one.
const (
	ChoosePerson   = "person"
	ChooseNoThanks = "no_thanks"
	ChooseElse     = "else"
	ChooseLeave    = "leave" // while waiting: no person is needed
	ChooseStay     = "stay"  // while waiting: one is
	ChoosePassage  = "passage:"
)

// Labels are the choices' labels.
func Labels(choices []Choice) []string {
	var out []string
	for _, c := range choices {
		out = append(out, c.Label)
	}
	return out
}

// Act is what the bot does at a turn.
type Act string

// The acts.
const (
	ActAnswer         Act = "answer"
	ActAnswerAndOffer Act = "answer_and_offer"
	ActOffer          Act = "offer"
	ActSuggest        Act = "suggest" // asks which of a few passages it is about
	ActHandOff        Act = "hand_off"
	ActStaySilent     Act = "stay_silent"
	ActPassOn         Act = "pass_on"   // while waiting: "I have passed that on", once
	ActCancel         Act = "cancel"    // while waiting: solved without a person
	ActConfirm        Act = "confirm"   // while waiting: "cancel" may be meant for something else
	ActDecline        Act = "declined"  // the offer was turned down
	ActNoPerson       Act = "no_person" // a person is needed and none can be had
	ActAsk            Act = "ask"       // a field of the intent's form
)

// Decision is what the policy made of the signals, with all that is needed to explain it and to play it again.
type Decision struct {
	Act         Act     `json:"act"`
	State       State   `json:"state"` // of the conversation it was made on
	Reason      Reason  `json:"reason,omitempty"`
	Notify      string  `json:"notify,omitempty"` // why the team is shown the conversation although the bot goes on
	Raise       bool    `json:"raise,omitempty"`  // while waiting: frustration raises the priority
	Topic       *Topic  `json:"topic,omitempty"`  // what the episode is about from here on
	Ask         string  `json:"ask,omitempty"`    // what ActAsk says
	Signals     Signals `json:"signals"`
	AnswerAbove float64 `json:"answer_above"`
	OfferBelow  float64 `json:"offer_below"`
	SuggestFrom float64 `json:"suggest_above"`
	Frustration float64 `json:"frustration_at"`
	Config      string  `json:"config,omitempty"` // hash of the configuration
}

// Brief is what an agent reads before claiming.
type Brief struct {
	Summary     string     `json:"summary"`
	Wants       string     `json:"wants,omitempty"`
	KeyPoints   []string   `json:"key_points,omitempty"`
	Entities    []string   `json:"entities,omitempty"` // amounts, dates and codes that the customer named: "order 1182", "€ 20"
	Tried       []string   `json:"tried,omitempty"`    // what the bot answered with
	Intent      string     `json:"intent,omitempty"`
	Frustration float64    `json:"frustration"`
	Evidence    string     `json:"evidence,omitempty"`
	Language    string     `json:"language,omitempty"`
	Related     []Citation `json:"related,omitempty"`
}

// Draft is an answer proposed to an agent.
type Draft struct {
	Text        string     `json:"text"`                  // Markdown; [1] … [n] stand behind what the nth citation bears out, for the agent alone
	Citations   []Citation `json:"citations,omitempty"`   // what the text rests on, in the order of their numbers
	Unsupported []string   `json:"unsupported,omitempty"` // sentences that no citation bears out: the agent looks twice
	Notes       []string   `json:"notes,omitempty"`       // what else the agent should know: "The article is in EN, the customer writes DE."
	Internal    []Citation `json:"internal,omitempty"`    // articles for the team that fit; nothing of them stands in Text
}

var mark = regexp.MustCompile(`[ \t]?\[(\d{1,2})\]`)

// Unmarked is a draft's text without the marks [1] … [cited] of its citations: what is sent. Links, [1](…), stay, and so does code.
func Unmarked(text string, cited int) string {
	return outsideCode(text, func(part string) string {
		var b strings.Builder
		at := 0
		for _, m := range mark.FindAllStringSubmatchIndex(part, -1) {
			n, _ := strconv.Atoi(part[m[2]:m[3]])
			if n < 1 || n > cited || strings.HasPrefix(part[m[1]:], "(") {
				continue
			}
			b.WriteString(part[at:m[0]])
			at = m[1]
		}
		return b.String() + part[at:]
	})
}

// Unmarkable is a text whose own [1] can be told from marks: escaped, as Markdown has it.
func Unmarkable(text string) string {
	return outsideCode(text, func(part string) string { return own.ReplaceAllString(part, `\[$1\]$2`) })
}

var (
	own  = regexp.MustCompile(`\[(\d{1,2})\]([^(]|$)`)
	code = regexp.MustCompile("(?s)```.*?(?:```|$)|`[^`\n]+`")
)

func outsideCode(text string, change func(string) string) string {
	var b strings.Builder
	at := 0
	for _, c := range code.FindAllStringIndex(text, -1) {
		b.WriteString(change(text[at:c[0]]))
		b.WriteString(text[c[0]:c[1]])
		at = c[1]
	}
	return b.String() + change(text[at:])
}

// Tone is how a draft speaks to the customer.
type Tone string

// The tones, the usual first.
const (
	ToneFriendly Tone = "friendly"
	ToneNeutral  Tone = "neutral" // no greeting, no ending
	ToneFormal   Tone = "formal"
)

// Length is how much a draft says.
type Length string

// The lengths, the usual first.
const (
	LengthMedium Length = "medium" // about 70 words
	LengthShort  Length = "short"  // about 30
	LengthLong   Length = "long"   // about 150
)

// Style is how an agent wants a draft.
type Style struct {
	Tone   Tone   `json:"tone"`
	Length Length `json:"length"`
}

// StyleOf reads a style from what a form says; what it does not know is the usual.
func StyleOf(tone, length string) Style {
	s := Style{ToneFriendly, LengthMedium}
	switch t := Tone(tone); t {
	case ToneFriendly, ToneNeutral, ToneFormal:
		s.Tone = t
	}
	switch l := Length(length); l {
	case LengthMedium, LengthShort, LengthLong:
		s.Length = l
	}
	return s
}
