package console_test

import (
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/notify/console"
	"github.com/deskbell/deskbell/notify/notifytest"
)

const token = "0123456789abcdef"

// noMail hides mail addresses.
type noMail struct{}

func (noMail) Mask(text string) string {
	return regexp.MustCompile(`\S+@\S+`).ReplaceAllString(text, "[email]")
}

func (m noMail) Talk(talk []handover.Message) []handover.Message {
	out := slices.Clone(talk)
	for i := range out {
		out[i].Text = m.Mask(out[i].Text)
	}
	return out
}

// agent is Mia at the console, with a browser that runs no scripts.
type agent struct {
	url    string
	client *http.Client
	desk   *notifytest.Desk
	form   string // what its pages' forms carry
}

func (d agent) page() string {
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
func (d agent) press(t *testing.T, action, text string) {
	t.Helper()
	page := d.page()
	path := fmt.Sprintf("/console/c/%d/%s", d.desk.Conv, action)
	if !strings.Contains(page, `action="`+path+`"`) {
		t.Fatalf("there is no button for %s", action)
	}
	form := url.Values{"form": {d.form}, "handoff": {fmt.Sprint(d.desk.Handoff)}, "text": {text}}
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

func (d agent) Claim(t *testing.T)              { d.press(t, "claim", "") }
func (d agent) Return(t *testing.T)             { d.press(t, "return", "") }
func (d agent) Resolve(t *testing.T)            { d.press(t, "resolve", "") }
func (d agent) Reply(t *testing.T, text string) { d.press(t, "reply", text) }
func (d agent) Note(t *testing.T, text string)  { d.press(t, "note", text) }
func (d agent) Shows(text string) bool {
	return strings.Contains(html.UnescapeString(d.page()), text)
}

// open opens the desk; personal says whether Mia may look at personal data.
func open(t *testing.T, personal bool) (*notifytest.Desk, agent) {
	t.Helper()
	desk := notifytest.NewDesk(t, handover.Place{})
	listed, err := desk.Store.SyncAgents(t.Context(), []postgres.Listed{{Agent: handover.Agent{Name: "mia", Title: "Mia"}}})
	if err != nil {
		t.Fatal(err)
	}
	c := console.New(desk.Desk, desk.Store, desk.Bus, console.Options{Links: true, Agents: []console.Agent{{Agent: listed[0].Agent, Token: token, Personal: personal}}, Drafter: notifytest.Drafter("A **draft**."), Mask: noMail{}, Logger: pgtest.Logger()})
	mux := http.NewServeMux()
	c.Routes(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := agent{url: s.URL, client: &http.Client{Jar: jar}, desk: desk}
	res, err := d.client.Get(s.URL + "/console/login?token=" + token)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res, err = d.client.Get(s.URL + "/console/"); err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if m := ownForm.FindSubmatch(b); m != nil {
		d.form = string(m[1])
	}
	return desk, d
}

var ownForm = regexp.MustCompile(`name="form" value="([^"]+)"`)

func TestTheStoryAtTheConsole(t *testing.T) {
	t.Parallel()
	notifytest.Run(t, func(t *testing.T) (*notifytest.Desk, notifytest.Agent) {
		desk, d := open(t, true)
		desk.Work(t, nil)
		return desk, d
	})
}

// post submits a form and returns the page that follows.
func (d agent) post(t *testing.T, action string, form url.Values) (status int, page string) {
	t.Helper()
	with := url.Values{"form": {d.form}}
	maps.Copy(with, form)
	res, err := d.client.PostForm(fmt.Sprintf("%s/console/c/%d/%s", d.url, d.desk.Conv, action), with)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, html.UnescapeString(string(b))
}

func TestADraftStandsInTheFieldAndNothingIsSent(t *testing.T) {
	t.Parallel()
	desk, d := open(t, true)
	d.Claim(t)
	before, err := desk.Store.Get(t.Context(), desk.Conv)
	if err != nil {
		t.Fatal(err)
	}
	_, page := d.post(t, "draft", url.Values{"tone": {"formal"}, "text": {"My own words."}})
	for _, part := range []string{"formal: A **draft**. [1]</textarea>", "An article", "An unborne sentence.", "My own words.", `<option value="formal" selected>`} {
		if !strings.Contains(page, part) {
			t.Errorf("the page has no %s", part)
		}
	}
	after, err := desk.Store.Get(t.Context(), desk.Conv)
	if err != nil || after.Rev != before.Rev {
		t.Fatal(err, before.Rev, after.Rev)
	}
	again := url.Values{"handoff": {fmt.Sprint(desk.Handoff)}, "key": {key.FindStringSubmatch(page)[1]}, "cited": {"1"}, "text": {strings.Repeat("long ", 1700) + "[1]"}, "had": {"My own words."}}
	if status, refused := d.post(t, "reply", again); status != http.StatusConflict || !strings.Contains(refused, `name="cited" value="1"`) || !strings.Contains(refused, "My own words.") || !strings.Contains(refused, again.Get("key")) {
		t.Error("a refusal forgets the draft", status)
	}
	if status, _ := d.post(t, "note", url.Values{"text": {strings.Repeat("x", 300<<10)}}); status != http.StatusRequestEntityTooLarge {
		t.Error("a huge form: ", status)
	}
	form := url.Values{"handoff": {fmt.Sprint(desk.Handoff)}, "key": {key.FindStringSubmatch(page)[1]}, "cited": {"1"}, "text": {"formal: A **draft**. [1]\r\n"}}
	if _, page = d.post(t, "reply", form); !strings.Contains(page, "formal: A <strong>draft</strong>.</p>") {
		t.Error("the reply is not there, or has its mark")
	}
	if all, err := desk.Store.DraftOutcomes(t.Context()); err != nil || len(all) != 1 || all[0].Used != 1 || all[0].Article != "An article" {
		t.Errorf("%+v %v", all, err)
	}
}

func TestPersonalDataIsShownToThoseWhoMayAndAsk(t *testing.T) {
	t.Parallel()
	for _, may := range []bool{false, true} {
		desk, d := open(t, may)
		if _, err := desk.Receive(t.Context(), handover.ByCustomer("web", "ana"), handover.Inbound{ID: "2", Text: "write to ana@example.com"}); err != nil {
			t.Fatal(err)
		}
		if page := d.page(); !strings.Contains(page, "write to [email]") || strings.Contains(page, "ana@example.com") || strings.Contains(page, "Show personal data") != may {
			t.Errorf("may: %v, before: %s", may, page)
		}
		status, page := d.post(t, "show", nil)
		if may != strings.Contains(page, "write to ana@example.com") || (status == http.StatusForbidden) == may {
			t.Errorf("may: %v, after: %d %s", may, status, page)
		}
	}
}

func TestWhoDoesNotHoldItIsToldWhoDoes(t *testing.T) {
	t.Parallel()
	desk, d := open(t, true)
	other := handover.By{Account: handover.Account{Workspace: "slack:T1", External: "bob"}, At: "1.0"}
	if _, err := desk.Claim(t.Context(), desk.Handoff, other); err != nil {
		t.Fatal(err)
	}
	res, err := d.client.PostForm(fmt.Sprintf("%s/console/c/%d/reply", d.url, desk.Conv), url.Values{"form": {d.form}, "handoff": {fmt.Sprint(desk.Handoff)}, "text": {"my words"}, "key": {"k"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusConflict || !strings.Contains(string(b), "A colleague has this conversation.") || !strings.Contains(string(b), "my words</textarea>") {
		t.Fatal(res.Status, string(b))
	}
}

func TestABotsConversationCanBeTakenOver(t *testing.T) {
	t.Parallel()
	desk, d := open(t, true)
	if _, err := desk.CancelHandoff(t.Context(), handover.ByCustomer("web", "ana")); err != nil {
		t.Fatal(err)
	}
	d.press(t, "claim", "")
	c, err := desk.Store.Get(t.Context(), desk.Conv)
	if err != nil || c.State != handover.Claimed || c.Handoff.Reason != handover.AgentInitiated || c.Handoff.ID == desk.Handoff {
		t.Fatalf("%+v %v", c.Handoff, err)
	}
}
