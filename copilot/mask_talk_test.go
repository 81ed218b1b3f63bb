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
	} {
		talk := m.Talk(said(x.talk...))
		if got := talk[len(talk)-1].Text; got != x.want {
			t.Errorf("%q: %s, want %s", x.talk, got, x.want)
		}
	}
}
