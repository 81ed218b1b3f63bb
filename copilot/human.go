package copilot

import (
	"embed"
	"regexp"
	"strings"
	"sync"

	"github.com/deskbell/deskbell/copilot/linear"
)

//go:embed weights
var weights embed.FS

// shipped reads a model that cmd/train made.
func shipped(name string) func() *linear.Model {
	return sync.OnceValue(func() *linear.Model {
		b, err := weights.ReadFile("weights/" + name + ".bin")
		if err != nil {
			panic(err) // it is embedded above
		}
		m, err := linear.Load(b)
		if err != nil {
			panic(err)
		}
		return m
	})
}

var humanModel = shipped("human")

// HumanBits is the size of the model that hears "I want a human": 2^HumanBits features.
const HumanBits = 16

// HumanFeatures are what that model sees of a text: words, for negation and order, and pieces of words, for typos.
func HumanFeatures(text string) linear.Text {
	words := linear.Words(text)
	return linear.Text{linear.WordGrams(words, 3), linear.CharGrams(words, 2, 5)}
}

const people = `(?:human|humans|person|people|agent|representative|rep|operator|advisor|adviser|colleague|manager|supervisor|someone|somebody|anyone|real (?:person|human)|live (?:agent|chat|person)|customer (?:service|support|care)|support team|staff|employee|your team)`

// asks are careful patterns, of each language, that ask for a person; each stands by itself in a sentence.
var asks = []*regexp.Regexp{
	regexp.MustCompile(`\b(?:talk|speak|chat|connect(?:ed)?|transfer(?:red)?|pass(?:ed)?|put|escalate|hand|switch|forward|reach|get hold of|get in touch)\w*\b.{0,30}\b` + people + `\b`),
	regexp.MustCompile(`\b(?:want|need|like|prefer|give me|get me|can i have|let me|i'd rather)\b.{0,20}\b(?:human|real person|live agent|live person|representative|operator|supervisor|manager)\b`),
	regexp.MustCompile(`^(?:an? |the |some(?:one|body) from )?(?:real |live |human )?(?:human|person|agent|representative|operator|advisor|adviser|manager|supervisor|customer (?:service|care|support)|live chat|handoff|hand ?over|hand off)(?: please| pls| now|!|\.|\?)*$`),
	regexp.MustCompile(`\b(?:don'?t|do not|no more|stop|hate|instead of|rather than|tired of|sick of)\b.{0,20}\b(?:bot|robot|machine|chatbot|ai)\b`),
	regexp.MustCompile(`\b(?:sprechen|reden|verbinden|verbunden|chatten)\b.{0,30}\b(?:mensch\w*|mitarbeiter\w*|berater\w*|jemand\w*)\b|\b(?:mensch\w*|mitarbeiter\w*|berater\w*|jemand\w*|kundenservice)\b.{0,20}\b(?:sprechen|reden|verbinden|verbunden|chatten)\b`),
	regexp.MustCompile(`\b(?:hablar|comunicar\w*|comuniqueme|comuníqueme|pásame)\b.{0,20}\b(?:persona|agente|humano|alguien|asesor|operador)\b`),
	regexp.MustCompile(`\b(?:parler|joindre|passez-moi)\b.{0,20}\b(?:humain|conseiller|personne|quelqu'un|responsable)`),
	regexp.MustCompile(`\b(?:spreken|praten|chatten|verbind)\b.{0,20}\b(?:mens|medewerker|iemand)\b|\b(?:mens|medewerker|iemand)\b.{0,20}\b(?:spreken|praten|chatten)\b`),
}

// asksNot say that no person is wanted; they win over asks.
var asksNot = regexp.MustCompile(`\b(?:don'?t|do not|doesn'?t|didn'?t|never) (?:really |even )?(?:need|want|have|require|wish)\b.{0,25}\b` + people + `\b|\b(?:no need|not necessary|without)\b.{0,25}\b` + people + `\b|\bno (?:need for (?:a |an )?)?` + people + `\b|` +
	`\bkeinen? (?:menschen|mitarbeiter\w*|berater\w*)\b|\bno (?:necesito|quiero)\b.{0,20}\b(?:agente|persona|humano|nadie)\b|\b(?:pas|plus) (?:besoin )?d'(?:un )?(?:humain|conseiller|agent)|\bgeen (?:mens|medewerker)\b`)

// identity are questions of what we are, which ask for nobody.
var identity = regexp.MustCompile(`^(?:(?:so|hey|hi|hello|wait),? )?(?:am i (?:talking|speaking|chatting|writing)|are (?:you|u)|you are|you're|r u|is this|bist du|sind sie|eres|es usted|es-tu|êtes-vous|ben je|bent u)\b[^,.;!]*[?.!]*$`)

var robot = regexp.MustCompile(`\b(?:bot|robot|machine|chatbot|ai|computer|maschine|máquina)\b`)

// HumanScore says how surely a text asks for a person: a logit, 0 at even odds.
func HumanScore(text string) float64 {
	s := flat(text)
	score := humanModel().Score(HumanFeatures(s))
	if asksNot.MatchString(s) && !robot.MatchString(s) {
		return min(score, 0) - 4
	}
	if identity.MatchString(s) && !strings.Contains(s, "can i") {
		return min(score, 0) - 2
	}
	for _, r := range asks {
		if r.MatchString(s) {
			return score + 3
		}
	}
	return score
}

// wantsHuman is whether a text asks for a person.
func wantsHuman(s string) bool { return strings.TrimSpace(s) != "" && HumanScore(s) >= humanAt }

// humanAt keeps false alarms below 1 % on texts it was not trained on (Bitext test 0 of 733, Rasa 0 of 922).
const humanAt = 0.0
