package copilot

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/cost"
)

func FuzzMask(f *testing.F) {
	for _, s := range []string{"mail a@b.co", "my password is hunter2 ok", "card 4111 1111 1111 1111", "+49 (0)30 123-456", "GB82 WEST 1234 5698 7654 32", "pin: 1234", "İİ pässwörd: ß9", "::1 1.2.3.4", "asdfasdf 12", "İİİ 1 Ⱥ2", strings.Repeat("4 ", 4000), strings.Repeat("a@", 4000), strings.Repeat("password is ", 700)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var m *Masker
		if took, most := cost.Of(func() { m.Find(s) }), 100*time.Millisecond+time.Duration(len(s))*50*time.Microsecond; took > most {
			t.Fatalf("%d bytes take %s, at most %s is allowed: %q", len(s), took, most, s)
		}
		at := 0
		for _, span := range m.Find(s) {
			if span.Start < at || span.End <= span.Start || span.End > len(s) {
				t.Fatalf("%+v after %d in %q", span, at, s)
			}
			if utf8.ValidString(s) && (!utf8.ValidString(s[:span.Start]) || !utf8.ValidString(s[:span.End])) {
				t.Fatalf("%+v cuts a character of %q", span, s)
			}
			at = span.End
		}
		talk := []handover.Message{{From: handover.FromBot}}
		for l := range strings.SplitSeq(s, "\n") {
			talk = append(talk, handover.Message{From: handover.FromCustomer, Text: l})
		}
		if len(m.Talk(talk)) != len(talk) {
			t.Fatal("lines are lost")
		}
		if rest := m.Mask("write to jo@example.com " + s); strings.Contains(rest, "jo@example.com ") {
			t.Fatalf("a mail address is left: %q", rest)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"text":"a","sources":[1]}`, "```json\n{\"text\":\"a\",\"sources\":[]}\n```", `{"text":"a`, `[1]`, `Sure! {"text": "x", "sources": [1,]}`, "", "null", `{"text":{"a":1},"sources":"no"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var out struct {
			Text    *string
			Sources []int
		}
		if decode([]byte(s), drafting, &out) == nil && out.Text == nil && !strings.Contains(s, "null") {
			t.Fatalf("accepted without its text: %q", s)
		}
	})
}
