package handover

import (
	"regexp"
	"testing"
)

// numbers hides codes of four digits, and all after a question for a PIN.
type numbers struct{}

var four = regexp.MustCompile(`\b\d{4}\b|\S+@\S+`)

func (numbers) Mask(text string) string { return four.ReplaceAllString(text, "[x]") }

func (n numbers) Talk(talk []Message) []Message {
	out := []Message{talk[0], {From: FromCustomer, Text: n.Mask(talk[1].Text)}}
	if talk[0].Text == "Your PIN?" {
		out[1].Text = "[secret]"
	}
	return out
}

func TestWhatIsPersonalIsVeiled(t *testing.T) {
	t.Parallel()
	c := Conversation{
		Contact: Contact{Name: "Ana", Email: "ana.ruiz@example.com", Phone: "+49 171 1234567", Variables: map[string]string{"order": "1182"}},
		PageURL: "https://shop.example?email=ana%40example.com",
		Handoff: Handoff{Comment: "call 4711", Topic: &Topic{Values: []Value{{Name: "PIN", Text: "77", Ask: "Your PIN?", Line: "it is 77"}, {Name: "Why", Text: "broken", Line: "broken since 2024"}, {Name: "Code", Text: "4711", Line: "code 4711"}}}},
	}
	v := c.Masked(numbers{})
	if v.Contact.Email != "ana@…" || v.Contact.Phone != "…67" || v.Contact.Variables["order"] != "[x]" || v.PageURL != "https://shop.example[x]" || v.Handoff.Comment != "call [x]" {
		t.Errorf("%+v", v)
	}
	if m := v.Handoff.Topic.Values; m[0].Text != "[secret]" || m[1].Text != "broken" || m[2].Text != "code [x]" {
		t.Errorf("%+v", m)
	}
	if c.Contact.Variables["order"] != "1182" || c.Handoff.Topic.Values[0].Text != "77" {
		t.Error("the conversation itself was changed")
	}
	if v := (Conversation{PageURL: "http://127.0.0.1:4711/a?b=1"}).Masked(numbers{}); v.PageURL != "http://127.0.0.1:4711/a?b=1" {
		t.Error(v.PageURL)
	}
}

func TestMarksAreTakenOutAndNothingElse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"In three days. [1]\n\nOr five [2].":               "In three days.\n\nOr five [2].",
		"See [1](https://x.example)":                       "See [1](https://x.example)",
		"`items[1]` is it [1]":                             "`items[1]` is it",
		"```\na[1]\n``` [1]":                               "```\na[1]\n```",
		Unmarkable("Press [1] or `a[1]`. [2](x)") + " [1]": "Press \\[1\\] or `a[1]`. [2](x)",
		"[0] [01]": "[0]",
	} {
		if got := Unmarked(text, 1); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
