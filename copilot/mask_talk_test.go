package copilot_test

import (
	"testing"

	"github.com/deskbell/deskbell/copilot"
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
	} {
		talk := m.Talk(said(x.talk...))
		if got := talk[len(talk)-1].Text; got != x.want {
			t.Errorf("%q: %s, want %s", x.talk, got, x.want)
		}
	}
}
