package console_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/notify/console"
	"github.com/deskbell/deskbell/notify/notifytest"
)

const token = "0123456789abcdef"

// door is Mia at the console, with a browser that runs no scripts.
type door struct {
	url    string
	client *http.Client
	desk   *notifytest.Desk
}

func (d door) page() string {
	res, err := d.client.Get(fmt.Sprintf("%s/console/c/%d", d.url, d.desk.Conv))
	if err != nil {
		return err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	return string(b)
}

var key = regexp.MustCompile(`name="key" value="([^"]+)"`)

// press submits the form of a button, which must be on the page.
func (d door) press(t *testing.T, action, text string) {
	t.Helper()
	page := d.page()
	path := fmt.Sprintf("/console/c/%d/%s", d.desk.Conv, action)
	if !strings.Contains(page, `action="`+path+`"`) {
		t.Fatalf("there is no button for %s", action)
	}
	form := url.Values{"handoff": {fmt.Sprint(d.desk.Handoff)}, "text": {text}}
	if m := key.FindStringSubmatch(page); m != nil {
		form.Set("key", m[1])
	}
	res, err := d.client.PostForm(d.url+path, form)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatal(action, res.Status)
	}
}

func (d door) Claim(t *testing.T)              { d.press(t, "claim", "") }
func (d door) Return(t *testing.T)             { d.press(t, "return", "") }
func (d door) Resolve(t *testing.T)            { d.press(t, "resolve", "") }
func (d door) Reply(t *testing.T, text string) { d.press(t, "reply", text) }
func (d door) Note(t *testing.T, text string)  { d.press(t, "note", text) }
func (d door) Shows(text string) bool {
	return strings.Contains(html.UnescapeString(d.page()), text)
}

func open(t *testing.T) (*notifytest.Desk, door) {
	t.Helper()
	desk := notifytest.NewDesk(t, handover.Place{})
	listed, err := desk.Store.SyncAgents(t.Context(), []postgres.Listed{{Agent: handover.Agent{Name: "mia", Title: "Mia"}}})
	if err != nil {
		t.Fatal(err)
	}
	c := console.New(desk.Desk, desk.Store, desk.Wakes, console.Options{Agents: []console.Agent{{Agent: listed[0].Agent, Token: token}}, Drafter: notifytest.Drafter("A **draft**."), Logger: pgtest.Logger()})
	mux := http.NewServeMux()
	c.Routes(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := door{url: s.URL, client: &http.Client{Jar: jar}, desk: desk}
	res, err := d.client.Get(s.URL + "/console/login?token=" + token)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return desk, d
}

func TestTheStoryAtTheConsole(t *testing.T) {
	t.Parallel()
	notifytest.Run(t, func(t *testing.T) (*notifytest.Desk, notifytest.Door) {
		desk, d := open(t)
		desk.Work(t, nil)
		return desk, d
	})
}

func TestADraftStandsInTheFieldAndNothingIsSent(t *testing.T) {
	t.Parallel()
	desk, d := open(t)
	d.Claim(t)
	before, err := desk.Store.Get(t.Context(), desk.Conv)
	if err != nil {
		t.Fatal(err)
	}
	res, err := d.client.PostForm(fmt.Sprintf("%s/console/c/%d/draft", d.url, desk.Conv), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	after, err := desk.Store.Get(t.Context(), desk.Conv)
	if err != nil || !strings.Contains(string(b), "A **draft**.</textarea>") || after.Rev != before.Rev {
		t.Fatal(err, before.Rev, after.Rev)
	}
}

func TestWhoDoesNotHoldItIsToldWhoDoes(t *testing.T) {
	t.Parallel()
	desk, d := open(t)
	other := handover.By{Account: handover.Account{Workspace: "slack:T1", External: "bob"}, At: "1.0"}
	if _, err := desk.Claim(t.Context(), desk.Handoff, other); err != nil {
		t.Fatal(err)
	}
	res, err := d.client.PostForm(fmt.Sprintf("%s/console/c/%d/reply", d.url, desk.Conv), url.Values{"handoff": {fmt.Sprint(desk.Handoff)}, "text": {"my words"}, "key": {"k"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusConflict || !strings.Contains(string(b), "A colleague holds this conversation.") || !strings.Contains(string(b), "my words</textarea>") {
		t.Fatal(res.Status, string(b))
	}
}

func TestABotsConversationCanBeTakenOver(t *testing.T) {
	t.Parallel()
	desk, d := open(t)
	if _, err := desk.CancelHandoff(t.Context(), handover.ByCustomer("web", "ana")); err != nil {
		t.Fatal(err)
	}
	d.press(t, "claim", "")
	c, err := desk.Store.Get(t.Context(), desk.Conv)
	if err != nil || c.State != handover.Claimed || c.Handoff.Reason != handover.AgentInitiated || c.Handoff.ID == desk.Handoff {
		t.Fatalf("%+v %v", c.Handoff, err)
	}
}
