package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/handover"
)

func TestWhoMayDoWhatAtTheConsole(t *testing.T) {
	t.Parallel()
	bob := handover.By{Account: handover.Account{Workspace: "slack:T1", External: "bob"}, At: "1.0"}
	for _, x := range []struct {
		route          string
		lead, holds    bool
		want           int
		stays, becomes handover.State
	}{
		{"resolve", false, true, http.StatusOK, "", handover.Closed}, {"resolve", false, false, http.StatusConflict, handover.Claimed, ""}, {"resolve", true, false, http.StatusOK, "", handover.Closed},
		{"return", false, true, http.StatusOK, "", handover.WithBot}, {"return", false, false, http.StatusConflict, handover.Claimed, ""}, {"return", true, false, http.StatusOK, "", handover.WithBot},
		{"release", false, true, http.StatusOK, "", handover.Waiting}, {"release", false, false, http.StatusConflict, handover.Claimed, ""}, {"release", true, false, http.StatusOK, "", handover.Waiting},
		{"claim", false, false, http.StatusConflict, handover.Claimed, ""}, {"claim", true, false, http.StatusConflict, handover.Claimed, ""},
		{"reopen", false, false, http.StatusConflict, handover.Claimed, ""}, {"reopen", true, false, http.StatusConflict, handover.Claimed, ""},
		{"reply", false, false, http.StatusConflict, handover.Claimed, ""}, {"reply", true, false, http.StatusConflict, handover.Claimed, ""},
		{"note", false, false, http.StatusOK, handover.Claimed, ""},
	} {
		t.Run(fmt.Sprintf("%s as a lead %v, holding it %v", x.route, x.lead, x.holds), func(t *testing.T) {
			t.Parallel()
			desk, d := open(t, x.lead)
			if x.holds {
				d.press(t, "claim", "")
			} else if _, err := desk.Claim(t.Context(), desk.Handoff, bob); err != nil {
				t.Fatal(err)
			}
			code, body := d.post(t, x.route, url.Values{"handoff": {fmt.Sprint(desk.Handoff)}, "text": {"words"}, "key": {"k"}})
			c, err := desk.Store.Get(t.Context(), desk.Conv)
			if err != nil || code != x.want || c.State != x.stays+x.becomes {
				t.Fatal(code, c.State, err, body)
			}
		})
	}
}

func TestAFormOfAnotherConversationDoesNothing(t *testing.T) {
	t.Parallel()
	desk, d := open(t, true)
	eve := handover.ByCustomer("web", "eve")
	if _, err := desk.Open(t.Context(), handover.Opening{Channel: "web", Customer: "eve"}); err != nil {
		t.Fatal(err)
	}
	s, err := desk.AskForPerson(t.Context(), eve)
	if err != nil {
		t.Fatal(err)
	}
	other := s.Conversation.Handoff.ID
	if code, body := d.post(t, "resolve", url.Values{"handoff": {fmt.Sprint(other)}}); code != http.StatusConflict || !strings.Contains(body, "has moved on") {
		t.Fatal(code, body)
	}
	if c, err := desk.Store.OfHandoff(t.Context(), other); err != nil || c.State != handover.Waiting {
		t.Fatal(c.State, err)
	}
}

func TestAFormThatWasSentBeforeDropsNoText(t *testing.T) {
	t.Parallel()
	desk, d := open(t, false)
	d.press(t, "claim", "")
	form := func(text string) url.Values {
		return url.Values{"handoff": {fmt.Sprint(desk.Handoff)}, "text": {text}, "key": {"the same"}}
	}
	for range 2 { // sent twice, it is one reply
		if code, body := d.post(t, "reply", form("First.")); code != http.StatusOK {
			t.Fatal(code, body)
		}
	}
	code, body := d.post(t, "reply", form("Second."))
	if code != http.StatusConflict || !strings.Contains(body, "Second.</textarea>") || strings.Contains(body, `value="the same"`) {
		t.Fatal(code, body)
	}
	d.press(t, "reply", "Second.")
	if page := d.page(); strings.Count(page, "First.") != 1 || strings.Count(page, "Second.") != 1 {
		t.Fatal(page)
	}
}
