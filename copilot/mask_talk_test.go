package copilot_test

import (
	"testing"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/handover"
)

func TestWhatWasAskedTellsWhatACodeIs(t *testing.T) {
	t.Parallel()
	var m *copilot.Masker
	for _, x := range []struct {
		talk []string
		want string // the last line
	}{
		{[]string{"bot: Hello! Ask me anything.", "Where is my order?", "1182"}, "1182"},
		{[]string{"bot: What is your order number?", "AB123456"}, "AB123456"},
		{[]string{"bot: What is your password?", "hunter"}, "[secret]"},
		{[]string{"bot: Can I have your user name and password, please?", "it is john and 1234x"}, "it is john and [secret]"},
		{[]string{"bot: Choose Forgot password on the sign-in page.", "It is order 1182"}, "It is order 1182"},
		{[]string{"agent: ¿Cuál es su contraseña?", "hola77"}, "[secret]"},
		{[]string{"bot: ", "i want to report expenses", "bot: ", "arun", "987456"}, "[secret]"}, // what was asked is unknown: the model guesses
		{[]string{"bot: Hello!", "I paid 300 euros on 12.10. for an iPhone 15"}, "I paid 300 euros on 12.10. for an iPhone 15"},
		{[]string{"bot: What is your password?", "zebra7", "bot: Thanks.", "I said zebra7 already"}, "I said [secret] already"},
		{[]string{"I want a refund", "bot: If you forgot your password, please use the link.", "want refund"}, "want refund"},
		{[]string{"bot: What is your password?", "yes please"}, "yes please"},
		{[]string{"bot: What is your PIN?", "note: lock it if it is wrong", "4711"}, "[secret]"}, // she has not read the note
		{[]string{"bot: Hello!", "my password is hunter2", "I typed hunter2."}, "I typed [secret]."},
		// a name and a credential in one answer: the word that looks like one is
		{[]string{"bot: Your name and PIN, please? We need both.", "john 4711"}, "john [secret]"},
		{[]string{"bot: What are your user name and password?", "john zebra"}, "john [secret]"},
		// what was asked is unknown: labels, shapes and the topic say what a code is
		{[]string{"bot: ", "what about my claim", "bot: ", "policy number pvx 752197308"}, "policy number pvx 752197308"},
		{[]string{"bot: ", "what about my claim", "bot: ", "tom best ssn 8473"}, "tom best ssn [ssn]"},
		{[]string{"bot: ", "proof of insurance for my car", "bot: ", "ava 1538"}, "ava [secret]"},
		{[]string{"bot: ", "proof of insurance for my car", "bot: ", "ava best", "bot: ", "2014 nissan sentra"}, "2014 nissan sentra"},
		{[]string{"bot: ", "proof of insurance for my car", "bot: ", "2015"}, "2015"},
		{[]string{"bot: ", "i need my boarding pass", "bot: ", "james", "bot: ", "j 87 n 65"}, "j 87 n 65"},
		{[]string{"bot: ", "i lost my credit card", "bot: ", "date 06032018 time 330 pm"}, "date 06032018 time 330 pm"},
		{[]string{"bot: ", "i want to change my address", "bot: ", "leon best", "bot: ", "6554"}, "[secret]"},
		{[]string{"bot: ", "i want to change my address", "bot: ", "113 van dyke st"}, "113 van dyke st"},
		{[]string{"My serial number is 490154203237518, call me"}, "My serial number is 490154203237518, call me"},
		{[]string{"please contact me about policy 7521 973 0842"}, "please contact me about policy 7521 973 0842"},
		{[]string{"ISBN 978-3-16-148410-0 please"}, "ISBN 978-3-16-148410-0 please"},
		// what else was asked for is no secret, and no telephone's number
		{[]string{"bot: And what is your customer number?", "774 50 19"}, "774 50 19"},
		{[]string{"bot: Which telephone number can we reach you at?", "0774 501933"}, "[phone]"},
		{[]string{"bot: May I have your customer number and your telephone banking PIN?", "30 118 845 pin 60213"}, "30 118 845 pin [secret]"},
		{[]string{"bot: Bitte nennen Sie mir Ihre Kundennummer und den Einmalcode aus der SMS.", "20417763 und 559 081"}, "20417763 und [secret]"},
		{[]string{"bot: Please give me your customer number and your customer password.", "1180-5527 mangotree"}, "1180-5527 [secret]"},
		{[]string{"bot: Bitte nennen Sie mir Ihren Namen und Ihr Kundenkennwort.", "sabine best, Apfelbaum7"}, "sabine best, [secret]"},
		// asked in other words, or again
		{[]string{"bot: Thank you. And your account password phrase?", "sunny99"}, "[secret]"},
		{[]string{"bot: We have just sent you a six-digit code. Please enter it here.", "204 667"}, "[secret]"},
		{[]string{"bot: What is your PIN?", "4711", "bot: I'm afraid that one is not accepted.", "oh sorry 4712"}, "oh sorry [secret]"},
		{[]string{"bot: Please change your password right away.", "its snowcat2020 can u change it for me"}, "its [secret] can u change it for me"},
		{[]string{"bot: Please change your password right away.", "ok and my order 1182?"}, "ok and my order 1182?"},
		{[]string{"the code from the sms is 718204"}, "the code from the sms is [secret]"},
		{[]string{"the code on the voucher is 60417"}, "the code on the voucher is 60417"},
		{[]string{"security question doesnt work i type st anne hill and it says no"}, "security question doesnt work i type [secret] and it says no"},
		{[]string{"wrong password. i type it and it says no"}, "wrong password. i type it and it says no"},
		{[]string{"card is 5212 8840 1937 6605"}, "card is [card]"}, // mistyped
		{[]string{"bot: Once I have your PIN, we can go on.", "4711"}, "[secret]"},
		{[]string{"bot: Passwords are never visible to us. Which version of the app do you have?", "5.12.3"}, "5.12.3"},
		{[]string{"bot: I need your student ID and the code from your app.", "10448213", "731 904"}, "[secret]"},
		{[]string{"hello, its paperLamp!77 as always"}, "hello, its [secret] as always"},
		// what was asked is unknown: the shape says it
		{[]string{"bot: ", "my flight", "bot: ", "QX7K2P its on 14 March"}, "QX7K2P its on 14 March"},
		{[]string{"bot: ", "i cannot log in", "bot: ", "sunny99"}, "[secret]"},
		{[]string{"bot: ", "me han cobrado de más", "bot: ", "contrato 60-77415", "8830"}, "[secret]"}, // who they are, then what proves it
		{[]string{"bot: ", "it sent me a code", "bot: ", "731 904"}, "[secret]"},
		{[]string{"bot: ", "it sent me a code", "bot: ", "731 904", "bot: ", "ok 204 118"}, "ok [secret]"}, // the next one
		{[]string{"bot: ", "tan geht nicht", "bot: ", "kd 4471902 pin 3318", "bot: ", "3381 vertippt"}, "[secret] vertippt"},
		{[]string{"bot: ", "cancel my insurance", "bot: ", "tv2208815 from 1 sept"}, "tv2208815 from 1 sept"},
		{[]string{"bot: ", "no puedo entrar", "bot: ", "olvide el cargador en la habitacion 317"}, "olvide el cargador en la habitacion 317"},
		{[]string{"bot: What is your PIN?", "err, 4821"}, "err, [secret]"},
		{[]string{"bot: Please enter the code we texted you.", "doesnt match 482913"}, "doesnt match [secret]"},
		{[]string{"bot: Please type the 6-digit code we texted you.", "482913", "bot: Thanks! What is your order number?", "771204"}, "771204"},
		{[]string{"bot: ", "call me", "bot: ", "0049 170 1234567"}, "[phone]"},
		{[]string{"bot: ", "no code came", "bot: ", "731 904", "bot: ", "731 904 doesnt work, tried 731 904 again"}, "[secret] doesnt work, tried [secret] again"},
		{[]string{"bot: ", "my account", "bot: ", "5501 7738 20"}, "5501 7738 20"},
		{[]string{"bot: ", "my booking was charged twice", "bot: ", "5 118 207"}, "5 118 207"},
		{[]string{"bot: ", "zählerstand eingeben geht nicht", "bot: ", "Fehler 5031"}, "Fehler 5031"},
		{[]string{"bot: ", "sin luz", "bot: ", "9910044-ES lectura 3175"}, "9910044-ES lectura 3175"},
	} {
		talk := m.Talk(said(x.talk...))
		if got := talk[len(talk)-1].Text; got != x.want {
			t.Errorf("%q: %s, want %s", x.talk, got, x.want)
		}
	}
}

func TestACodeThatNothingIsSaidOfIsASecret(t *testing.T) {
	var m *copilot.Masker
	for text, want := range map[string]string{
		"22015583 et le code c'est 0416": "22015583 et le code c'est [secret]", "il codice è 0416": "il codice è [secret]", "der code lautet 731904": "der code lautet [secret]", "el código es 0416": "el código es [secret]",
		"le code que j'ai reçu 204877": "le code que j'ai reçu [secret]", "my code: 0416": "my code: [secret]", "the code I got is 731 904": "the code I got is [secret]", "ik kreeg code 731904": "ik kreeg code [secret]",
		// these say what they are for
		"code postal 75011": "", "discount code 2024": "", "booking code 448812": "", "error code 5003": "", "it shows an error, the code is 5003": "", "fehlercode 5003": "", "country code 0049": "",
	} {
		if want == "" {
			want = text
		}
		if got := m.Talk([]handover.Message{{From: handover.FromCustomer, Text: text}})[0].Text; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	asked := []handover.Message{{From: handover.FromBot, Text: "What is your booking number?"}, {From: handover.FromCustomer, Text: "the code is 448812"}}
	if got := m.Talk(asked)[1].Text; got != "the code is 448812" {
		t.Errorf("a number that was asked for: %q", got)
	}
}
