package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// runs is a command beside the server, and what it printed.
func (w *whole) runs(want int, args ...string) string {
	w.Helper()
	var out, errs bytes.Buffer
	if got := run(append(args, "--config", w.file), &out, &errs); got != want {
		w.Fatalf("deskbell %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, want, out.String(), errs.String())
	}
	return out.String() + errs.String()
}

// kept says in which tables something stands, and whether it is in a dump.
func (w *whole) kept(needle string) (places []string) {
	w.Helper()
	ctx := w.Context()
	rows, err := w.app.db.Query(ctx, `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`)
	w.ok(err)
	var tables []string
	for rows.Next() {
		var name string
		w.ok(rows.Scan(&name))
		tables = append(tables, name)
	}
	w.ok(rows.Err())
	if len(tables) < 25 {
		w.Fatal("tables: ", tables)
	}
	for _, table := range tables {
		n := 0
		w.ok(w.app.db.QueryRow(ctx, `SELECT count(*) FROM `+table+` x WHERE position(lower($1) IN lower(x::text)) > 0 OR position($2 IN x::text) > 0`, needle, hex.EncodeToString([]byte(needle))).Scan(&n))
		if n > 0 {
			places = append(places, fmt.Sprintf("%s (%d rows)", table, n))
		}
	}
	bin, err := pg.FindBinaries()
	w.ok(err)
	dump, err := exec.CommandContext(ctx, filepath.Join(bin, "pg_dump"), "--dbname", w.app.config.String("database.url")).Output()
	w.ok(err)
	if !bytes.Contains(dump, []byte("CREATE TABLE public.conversations")) {
		w.Fatal("this is no dump")
	}
	if low := bytes.ToLower(dump); bytes.Contains(low, bytes.ToLower([]byte(needle))) || bytes.Contains(low, []byte(hex.EncodeToString([]byte(needle)))) {
		places = append(places, "the dump")
	}
	return places
}

// signedIn is a browser at the console.
type signedIn struct {
	w *whole
	*http.Client
}

// console signs Mia in, whose token is lead's.
func (w *whole) console() signedIn {
	w.Helper()
	jar, err := cookiejar.New(nil)
	w.ok(err)
	b := signedIn{w, &http.Client{Jar: jar}}
	b.gets("/console/login?token=0123456789abcdef0123")
	return b
}

func (b signedIn) gets(path string) string {
	b.w.Helper()
	res, err := b.Get(b.w.url + path)
	b.w.ok(err)
	return b.read(res)
}

func (b signedIn) posts(path string, form map[string]string) string {
	b.w.Helper()
	fields := url.Values{"form": {b.w.formOf(b.Client)}}
	for k, v := range form {
		fields.Set(k, v)
	}
	res, err := b.PostForm(b.w.url+path, fields)
	b.w.ok(err)
	return b.read(res)
}

func (b signedIn) read(res *http.Response) string {
	b.w.Helper()
	defer func() { _ = res.Body.Close() }()
	page, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		b.w.Fatalf("%s: %s %v\n%s", res.Request.URL, res.Status, err, page)
	}
	return string(page)
}

const lead = "agents: {mia: {slack_user: UMIA, display_name: Mia, role: lead, console_token: 0123456789abcdef0123}}\n"

var number = regexp.MustCompile(`\d{2,}`)

func TestNothingIsLeftOfWhoIsErased(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{more: lead})
	other := w.visit()
	other.says("how long does delivery take?")
	other.reads("bot: ")

	v := w.visitAs(`{"contact":{"name":"Quetzalina Bell","email":"Quetzal@xanadu.example","phone":"+49 171 7654321","variables":{"order":"ord-55667788"}},"page_url":"https://shop.example/xyzzyx"}`)
	v.says("my xylophone-7731 broke, how long does delivery take?")
	v.says("a human please")
	card := w.cardShows("WAITING", "Quetzalina")
	w.click(card.TS, "claim", "UMIA")
	v.reads("Hi, I'm Mia.")
	v.sends("f1", "a picture of the xylophone-7731", v.uploads("xylophone-7731.txt", []byte("zebrafish inside"), http.StatusCreated))
	w.until("the file is in the thread", func() bool { return len(w.sharedIn(card.TS)) == 1 })
	line := w.slack.Say("C1", card.TS, "UMIA", "Dear Quetzalina, it will be mended.")
	v.reads("it will be mended")
	w.slack.Say("C1", card.TS, "UBOB", "// xylophone-7731 again")
	w.click(card.TS, "resolve", "UMIA")
	w.cardShows("RESOLVED")
	w.click(card.TS, "add_to_knowledge", "UMIA")
	w.until("the form is open", func() bool { return w.slack.Modal("UMIA") != nil })
	_, err := w.slack.SubmitForm("UMIA", map[string]string{"title": "Broken xylophone-7731", "text": "We mend them for Quetzalina."})
	w.ok(err)
	w.until("it is learnt", func() bool { return strings.Contains(w.runs(0, "knowledge", "list"), "Broken xylophone-7731") })
	v.call(http.MethodPost, "/web/rating", `{"score":2,"comment":"xylophone-7731 still broken"}`, http.StatusOK, nil)
	w.cardShows("xylophone-7731 still broken")

	mia := w.console()
	found := w.runs(0, "contact", "find", "quetzal@XANADU.example")
	conversation := number.FindString(found[strings.Index(found, "\n"):])
	mia.posts("/console/c/"+conversation+"/show", nil)
	var hash string
	w.ok(w.app.db.QueryRow(t.Context(), `SELECT customer FROM conversations WHERE id = $1`, conversation).Scan(&hash))

	needles := []string{"quetzal", "xanadu", "7654321", "ord-55667788", "xyzzyx", "xylophone-7731", "zebrafish", hash, v.token}
	for _, n := range needles[:8] {
		if len(w.kept(n)) < 2 {
			t.Errorf("%q is not kept before: the test would prove nothing", n)
		}
	}
	archive := filepath.Join(t.TempDir(), "theirs.zip")
	w.runs(0, "contact", "export", "quetzal@xanadu.example", "--out", archive)
	w.runs(2, "contact", "export", "quetzal@xanadu.example", "--out", archive) // it is there already
	z, err := zip.OpenReader(archive)
	w.ok(err)
	defer func() { _ = z.Close() }()
	all := ""
	for _, f := range z.File {
		r, err := f.Open()
		w.ok(err)
		b, err := io.ReadAll(r)
		w.ok(err)
		all += f.Name + string(b)
	}
	for _, part := range []string{"Quetzal@xanadu.example", "my xylophone-7731 broke", "it will be mended", "xylophone-7731 again", "ord-55667788", "still broken", "files/1-xylophone-7731.txt", "zebrafish inside"} {
		if !strings.Contains(all, part) {
			t.Errorf("the export has no %q", part)
		}
	}
	if strings.Contains(all, "ana@example.com") {
		t.Error("the export has another's data")
	}

	w.runs(2, "contact", "erase", "quetzal@xanadu.example") // nobody is there to be asked
	said := w.runs(0, "contact", "erase", "quetzal@xanadu.example", "--yes")
	for _, part := range []string{"1 erased", "2 messages are left", "channel C1, message " + line + ": written by UMIA", "written by UBOB"} {
		if !strings.Contains(said, part) {
			t.Errorf("it does not say %q:\n%s", part, said)
		}
	}
	for _, n := range needles {
		if places := w.kept(n); len(places) > 0 {
			t.Errorf("%q is still in %v", n, places)
		}
	}
	for _, m := range slices.Concat(w.slack.Channel("C1"), w.slack.Thread("C1", card.TS)) {
		if m.BotID != "" && !m.Deleted && strings.Contains(strings.ToLower(m.Shown()), "quetzal") {
			t.Errorf("Slack still shows %s", m.Shown())
		}
	}
	if files := w.sharedIn(card.TS); slices.ContainsFunc(files, func(f slacktest.File) bool { return !f.Gone() }) {
		t.Error("the file is still in Slack")
	}
	v.call(http.MethodGet, "/web/messages?after=0", "", http.StatusUnauthorized, nil)
	v.call(http.MethodPost, "/web/messages", `{"id":"late","text":"xylophone-7731"}`, http.StatusUnauthorized, nil)
	w.runs(1, "contact", "find", "quetzal@xanadu.example")
	other.says("and is it free?")
	other.call(http.MethodGet, "/web/messages?after=0", "", http.StatusOK, nil)

	// The log says what was done to one and the same person, and not to whom.
	log := strings.Split(strings.TrimSpace(w.runs(0, "audit", "--json")), "\n")
	var subjects []string
	for i, deed := range []string{"erased", "asked to erase", "exported", "read personal data"} {
		m := regexp.MustCompile(`"deed":"` + deed + `".*"subject":"([0-9a-f-]{36})"`).FindStringSubmatch(log[i])
		if m == nil || !strings.Contains(log[i], `"conversation":0,`) || strings.Contains(log[i], `"detail":"`+conversation) { // which one it was is not said
			t.Fatalf("line %d is %s, want %s", i, log[i], deed)
		}
		subjects = append(subjects, m[1])
	}
	if len(slices.Compact(subjects)) != 1 {
		t.Error(subjects)
	}
	if page := mia.gets("/console/audit"); !strings.Contains(page, "asked to erase") || !strings.Contains(page, subjects[0][:8]) {
		t.Error("the console does not show the audit log", page)
	}
	for _, q := range []string{`UPDATE audit SET who = 'x'`, `DELETE FROM audit`, `TRUNCATE audit`} {
		if _, err := w.app.db.Exec(t.Context(), q); err == nil {
			t.Errorf("%s: the audit log can be changed", q)
		}
	}
}

func TestWhoWaitsIsErasedAndSlackIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{more: lead})
	v, card := w.waits("Do you sell lawn mowers?")
	down := func(method, _ string) slacktest.Fault {
		if method == "chat.delete" {
			return slacktest.Fault{Status: http.StatusServiceUnavailable}
		}
		return slacktest.Fault{}
	}
	w.slack.FailAs(down)
	_, err := w.app.db.Exec(t.Context(), `UPDATE cards SET ts = NULL`) // as if the server had been killed before it knew: the card is found, and found again once emptied
	w.ok(err)
	id, err := w.app.store.Contacts(t.Context(), 0, "ana@example.com", "")
	w.ok(err)
	done := make(chan string, 1)
	text, err := os.ReadFile(w.file)
	w.ok(err)
	other := filepath.Join(t.TempDir(), "other.yaml") // an operator's, which knows the database and Slack, and no agents
	w.ok(os.WriteFile(other, bytes.ReplaceAll(text, []byte(lead), nil), 0o600))
	go func() {
		var out bytes.Buffer
		code := run([]string{"contact", "erase", fmt.Sprint(id[0].ID), "--as", "conversation", "--yes", "--config", other}, &out, &out)
		done <- fmt.Sprintf("%sexit %d", out.String(), code)
	}()
	w.until("the card is emptied first", func() bool { return strings.Contains(w.card().Shown(), "This conversation was erased.") })
	v.call(http.MethodGet, "/web/messages?after=0", "", http.StatusUnauthorized, nil)
	if q, err := w.app.store.Queue(t.Context(), true); err != nil || len(q) != 0 {
		t.Error("it still waits", q, err)
	}
	if err := w.slack.Click("C1", card.TS, "claim", "UMIA"); err == nil {
		t.Error("the card can still be claimed")
	}
	select {
	case said := <-done:
		t.Fatal("it says that it is done", said)
	case <-time.After(time.Second):
	}
	w.slack.FailAs(nil)
	w.until("it is done", func() bool { return len(done) == 1 })
	if said := <-done; !strings.Contains(said, "1 erased") || !strings.HasSuffix(said, "exit 0") || !strings.Contains(said, "waits: ") || strings.Contains(said, "are left") {
		t.Error(said)
	}
	if n := len(w.slack.Channel("C1")); n != 0 {
		t.Errorf("%d posts are left", n)
	}
	if places := w.kept("lawn mowers"); len(places) > 0 {
		t.Error(places)
	}
	if page := w.console().gets("/console/"); !strings.Contains(page, "Mia") {
		t.Error("the command has changed who the agents are")
	}
	if _, err := w.app.store.AgentNamed(t.Context(), "mia"); err != nil {
		t.Error("the command has changed who the agents are: ", err)
	}
}

func TestRetentionErasesWhatIsOldAndWaitsForNobody(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{noSlack: true, more: lead + "retention: {default: 0, web: 365d}\n"})
	var all []int64
	for range 5 {
		v := w.visit()
		v.says("how long does delivery take?")
		v.reads("bot: ")
	}
	found, err := w.app.store.Contacts(t.Context(), 0, "ana@example.com", "")
	w.ok(err)
	for _, f := range found {
		all = append(all, f.ID)
	}
	old, waits, held, young, closed := all[0], all[1], all[2], all[3], all[4]
	mia := w.console()
	for _, id := range []int64{waits, held, closed} {
		mia.posts(fmt.Sprintf("/console/c/%d/claim", id), map[string]string{"handoff": "0"})
	}
	for id, step := range map[int64]string{waits: "release", closed: "resolve"} {
		var h string
		w.ok(w.app.db.QueryRow(t.Context(), `SELECT handoff_id::text FROM conversations WHERE id = $1`, id).Scan(&h))
		mia.posts(fmt.Sprintf("/console/c/%d/%s", id, step), map[string]string{"handoff": h})
	}
	w.until("nothing is under way", func() bool { h, err := w.app.store.Health(t.Context()); return err == nil && h.Queued == 0 })
	_, err = w.app.db.Exec(t.Context(), `UPDATE conversations SET changed_at = now() - interval '366 days' WHERE id <> $1`, young)
	w.ok(err)
	if said := w.runs(0, "contact", "sweep", "--dry-run"); !strings.Contains(said, "web: 2 untouched for more than 365 days") || !strings.Contains(said, "would be: 2 erased") {
		t.Error(said)
	}
	w.ok(w.app.night(t.Context()))
	left := func() (ids []int64) {
		rest, err := w.app.store.Contacts(context.Background(), 0, "ana@example.com", "")
		w.ok(err)
		for _, f := range rest {
			ids = append(ids, f.ID)
		}
		return ids
	}
	w.until("they are erased", func() bool { open, err := w.app.store.OpenErasures(t.Context()); return err == nil && open == 0 })
	if ids := left(); !slices.Equal(ids, []int64{waits, held, young}) {
		t.Errorf("left: %v, want %v", ids, []int64{waits, held, young})
	}
	for _, id := range []int64{old, closed} {
		n := 0
		w.ok(w.app.db.QueryRow(t.Context(), `SELECT count(*) FROM messages WHERE conversation_id = $1`, id).Scan(&n))
		if n > 0 {
			t.Error("messages are left")
		}
	}
}
