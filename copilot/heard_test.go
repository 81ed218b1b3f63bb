package copilot

import (
	"fmt"
	"testing"
)

func TestHearing(t *testing.T) {
	for _, x := range []string{"thanks!", "thnaks, bye", "lovely thanks", "ta, thats sorted it", "right thats me done, see ya", "that answers it, have a good one", "great, works now", "are you a bot?", "who am i talking to here", "what sort of stuff can you help with", "bot or human?", "who is this", "what can i ask you", "bist du ein roboter", "mit wem schreib ich hier eigentlich", "was kannst du alles", "alles klar, tschüssi", "super hat geholfen", "👍", "???", "how long is delivery", "no thats not what i meant, i want to return a whole bike", "merci beaucoup", "nee das meinte ich nicht", "okay no thanks", "yes but not now", "sí", "no hace falta", "you are useless, f*** off", "I will sue you", "cheers mate", "morning", "nah dont bother", "yeah go on then", "schönen tag noch", "boah das bringt doch alles nix hier", "waste of time. third time im asking", "oh for gods sake this is useless"} {
		s := hear(x)
		fmt.Printf("%-55q only %b all %b first %b %s\n", x, s.only, s.all, s.first, s.language)
	}
}
