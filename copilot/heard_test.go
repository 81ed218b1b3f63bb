package copilot

import "testing"

func TestAPersonOrAMachineIsAskedOfUsAlone(t *testing.T) {
	t.Parallel()
	for text, about := range map[string]bool{
		"bot or human?": true, "am i chatting with a real person or just a bot": true, "bist du ein mensch oder ein bot": true, "¿eres una persona o un robot?": true, "c'est quelqu'un qui répond ou c'est une machine ?": true,
		"is the coffee machine for one or two people": false, "ist die kaffeemaschine für eine person oder für zwei personen": false, "do two people need one machine or two": false,
		"你是真人还是机器人呢？": true, "人間ですか、それともロボットですか": true, "are you a bot or a human, just curious": true, "bist du ein mensch oder doch nur ein bot": true, "eres un bot o una persona de verdad": true, "robot musun yoksa gerçek bir insan mı": true,
		"la máquina de coser sirve para una persona o para más gente": false, "i need a person, not this bot or machine": false,
	} {
		if got := hear(text).only&sayBot != 0; got != about {
			t.Errorf("%q: %v, want %v", text, got, about)
		}
	}
}

func TestAQuestionWithNeverMindInItAsks(t *testing.T) {
	t.Parallel()
	for text, asks := range map[string]bool{
		"no me va bien la fecha que me disteis, como la cambio": true, "that time no longer works for me, how do i move it": true,
		"nvm, found it": false, "never mind i have sorted it": false, "ya no hace falta": false,
	} {
		if got := surelyAsks(text, "", hear(text), wishOf(text)); got != asks {
			t.Errorf("%q: %v, want %v", text, got, asks)
		}
	}
}
