package bot

import (
	"cmp"
	"strings"
)

// Texts are what customers read, by language and key (configs/texts). English stands in where a language has none.
type Texts map[string]map[string]string

// A Say gives the sentence of a key in one language.
type Say func(key string) string

// In is what is said in a language, such as "de" or "de-AT".
func (t Texts) In(language string) Say {
	language, _, _ = strings.Cut(strings.ToLower(language), "-")
	return func(key string) string {
		return cmp.Or(t[language][key], t["en"][key], english[key])
	}
}

// english is what is said where no texts were given.
var english = map[string]string{
	"offer": "I am not sure about that. Shall I ask a person to join?", "declined": "All right. What else can I do for you?", "no_person": "I cannot answer that, and nobody can join right now.",
	"person": "Talk to a person", "no_thanks": "No, thanks", "else": "Something else", "suggest": "Is it about one of these?", "which": "Which of these is it?",
	"leave_which": "Do you no longer need a person? Otherwise you keep your place.", "leave": "No person needed", "stay": "Keep my place",
	"say_hello": "Hello! What can I do for you?", "say_thanks": "You're welcome!", "say_bye": "Goodbye!", "say_ok": "All right. Is there anything else?",
	"about_bot": "I am an automated assistant, not a person. I answer from our help articles.", "help": "I can answer questions from our help articles.", "speak": "You can write to me in your language.",
	"persona": "A colleague", "state_assistant": "Assistant", "state_waiting": "Finding a person", "state_place": "no. %d", "state_minutes": "about %d min", "state_range": "about %d–%d min",
	"state_joining": "A person is joining", "state_closed": "Closed",
}
