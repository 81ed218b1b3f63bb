package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/pg/pgtest"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// The matrix: everything that we stand on fails at once, and the bot knows nothing.
var (
	slackFaults = []struct {
		name  string
		fault slacktest.Fault
	}{
		{"down", slacktest.Fault{Status: http.StatusServiceUnavailable}}, {"limits us", slacktest.Fault{Status: http.StatusTooManyRequests, RetryAfter: 1}}, {"slow", slacktest.Fault{After: true, Hang: 1500 * time.Millisecond}},
		{"a page of HTML", slacktest.Fault{Status: http.StatusBadGateway, Body: "<html><h1>502 Bad Gateway</h1></html>"}}, {"half an answer", slacktest.Fault{After: true, Body: `{"ok":true,"channel":"C1","ts":"17`}},
	}
	databaseFaults = []struct {
		name    string
		trouble pgtest.Trouble
	}{
		{"slow", pgtest.Trouble{Delay: 100 * time.Millisecond}}, {"gone", pgtest.Trouble{Down: true}}, {"read-only", pgtest.Trouble{Code: "25006", Writes: true}},
	}
	modelFaults = []string{"hangs", "garbage", "401"}
)

// cell is what becomes of a customer, of the agent, and of the wish for a person.
type cell struct{ slack, database, model, reads, sees, person string }

// documented is the file that has the matrix, between its two marks.
const (
	documented = "../../docs/operators.md"
	beginsAt   = "<!-- the matrix, written by UPDATE=1 PROVE=1 go test ./cmd/deskbell -run Matrix -->\n"
	endsAt     = "<!-- its end -->"
)

// TestTheMatrixOfFaults tries the cells, in make check a few of them, and holds the table of the documentation to what it sees.
func TestTheMatrixOfFaults(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile(documented)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, has := strings.Cut(string(file), beginsAt)
	table, after, ends := strings.Cut(rest, endsAt)
	if !has || !ends {
		t.Fatalf("%s has no table", documented)
	}
	s := seed(t)
	var mu sync.Mutex
	var all []cell
	t.Run("cells", func(t *testing.T) {
		for i, model := range modelFaults {
			t.Run("model "+model, func(t *testing.T) {
				t.Parallel()
				m := newMatrix(t, model)
				n := 0
				for j, slack := range slackFaults {
					for k, db := range databaseFaults {
						if os.Getenv("PROVE") == "" && (j+int(s)+i)%len(slackFaults) != k { // three of fifteen
							continue
						}
						n++
						c := m.try(n, cell{slack: slack.name, database: db.name, model: model}, slack.fault, db.trouble)
						mu.Lock()
						all = append(all, c)
						mu.Unlock()
					}
				}
			})
		}
	})
	if os.Getenv("PROVE") != "" {
		got := grouped(all)
		t.Log("\n" + got)
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(documented, []byte(before+beginsAt+got+endsAt+after), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if got != table {
			t.Errorf("the table of %s is another", documented)
		}
		return
	}
	for _, c := range all { // a row that holds for it says the same
		found := false
		for row := range strings.Lines(table) {
			f := strings.Split(row, " | ")
			if len(f) != 6 {
				continue
			}
			f[0], f[5] = strings.TrimPrefix(f[0], "| "), strings.TrimSuffix(f[5], " |\n")
			if (f[0] == "any" || slices.Contains(strings.Split(f[0], ", "), c.database)) && (f[1] == "any" || slices.Contains(strings.Split(f[1], ", "), c.slack)) && (f[2] == "any" || slices.Contains(strings.Split(f[2], ", "), c.model)) {
				found = f[3] == c.reads && f[4] == c.sees && f[5] == c.person
			}
		}
		if !found {
			t.Errorf("the table does not say what happened: %+v", c)
		}
	}
}

// grouped is the table, cells with one outcome in one row.
func grouped(all []cell) string {
	var b strings.Builder
	b.WriteString("| Database | Slack | Model | The customer reads | The agent sees | A person can be had |\n|---|---|---|---|---|---|\n")
	type outcome struct{ database, reads, sees, person string }
	for _, db := range databaseFaults {
		models := map[string][]string{} // by Slack's fault and outcome
		var order []outcome
		slacks := map[outcome]map[string][]string{}
		for _, s := range slackFaults {
			for _, m := range modelFaults {
				i := slices.IndexFunc(all, func(c cell) bool { return c.database == db.name && c.slack == s.name && c.model == m })
				if i < 0 {
					continue
				}
				c := all[i]
				o := outcome{db.name, c.reads, c.sees, c.person}
				if slacks[o] == nil {
					slacks[o], order = map[string][]string{}, append(order, o)
				}
				slacks[o][s.name] = append(slacks[o][s.name], m)
			}
		}
		for _, o := range order {
			clear(models)
			for _, s := range slackFaults {
				if of := slacks[o][s.name]; of != nil {
					models[either(of, len(modelFaults))] = append(models[either(of, len(modelFaults))], s.name)
				}
			}
			for _, m := range append([]string{"any"}, modelFaults...) {
				if names := models[m]; names != nil {
					fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", o.database, either(names, len(slackFaults)), m, o.reads, o.sees, o.person)
				}
			}
		}
	}
	return b.String()
}

func either(names []string, all int) string {
	if len(names) == all {
		return "any"
	}
	return strings.Join(names, ", ")
}

// matrix is the whole product with a model that fails in one way.
type matrix struct {
	*whole
	mia signedIn
}

func newMatrix(t *testing.T, model string) *matrix {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch model {
		case "hangs":
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
		case "401":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			_, _ = io.WriteString(w, strings.Repeat("garbage ", 1000))
		}
	}))
	t.Cleanup(s.Close)
	w := begin(t, settings{wire: true, empty: true, more: lead + fmt.Sprintf("openai: {api_key: sk-test, base_url: %q, timeout: 1s}\n", s.URL+"/v1"), options: comesAgain()})
	return &matrix{whole: w, mia: w.console()}
}

// sentence is what the answer to a request says.
func (v *visitor) sentence(method, path, body string) (status int, says string) {
	v.w.Helper()
	r, err := http.NewRequestWithContext(v.w.Context(), method, v.w.url+path, strings.NewReader(body))
	v.w.ok(err)
	r.Header.Set("Authorization", "Bearer "+v.token)
	res, err := http.DefaultClient.Do(r)
	v.w.ok(err)
	defer func() { _ = res.Body.Close() }()
	var answer struct{ Error struct{ Message string } }
	_ = json.NewDecoder(res.Body).Decode(&answer)
	return res.StatusCode, answer.Error.Message
}

// try is one customer in one cell: they ask what nobody knows, then for a person, until all is well again and an agent has them.
func (m *matrix) try(n int, c cell, slack slacktest.Fault, db pgtest.Trouble) cell {
	m.Helper()
	name := fmt.Sprintf("Customer %d of %s", n, c.model)
	v := m.visitAs(fmt.Sprintf(`{"contact":{"name":%q}}`, name))
	m.until("the stream is open", func() bool { return v.stateText() != ": " })
	var found []struct{ ID string }
	ids, err := m.app.db.Query(m.Context(), `SELECT id::text FROM conversations WHERE contact ->> 'name' = $1`, name)
	m.ok(err)
	for ids.Next() {
		var id string
		m.ok(ids.Scan(&id))
		found = append(found, struct{ ID string }{id})
	}
	m.ok(ids.Err())
	page := "/console/c/" + found[0].ID
	cards := func() (ts []string) {
		for _, p := range m.slack.Channel("C1") {
			if strings.Contains(p.Shown(), name) {
				ts = append(ts, p.TS)
			}
		}
		return ts
	}
	m.slack.FailAs(func(string, string) slacktest.Fault { return slack })
	m.wire.Set(db)
	question := `{"id":"q","text":"Do you sell lawn mowers?"}`
	status, says := v.sentence(http.MethodPost, "/web/messages", question)
	claimed := false
	if status == http.StatusAccepted {
		v.reads("bot: ")
		offer := v.last().Text
		if status, says = v.sentence(http.MethodPost, "/web/handoff", ""); status/100 != 2 {
			m.Fatal(status, says)
		}
		v.reads("I have asked a person to join")
		c.reads = "“" + offer + "”, then “" + v.last().Text + "”"
		queue := m.mia.gets("/console/")
		if !strings.Contains(queue, name) {
			m.Fatal("the console does not show who waits: ", queue)
		}
		c.sees = "the console's queue; the card once Slack takes it"
		for from := time.Now(); time.Since(from) < 4*time.Second && len(cards()) == 0; {
			time.Sleep(20 * time.Millisecond) // until Slack shows it, if it does
		}
		if len(cards()) > 0 {
			c.sees = "the console's queue, and the card"
		}
		var handoff string
		m.ok(m.app.db.QueryRow(m.Context(), `SELECT handoff_id::text FROM conversations WHERE id = $1`, found[0].ID).Scan(&handoff))
		m.mia.posts(page+"/claim", map[string]string{"handoff": handoff})
		v.reads("Hi, I'm Mia.")
		c.person, claimed = "at once, at the console", true
	} else {
		c.reads = "“" + says + "”"
		res, err := m.mia.Get(m.url + page)
		m.ok(err)
		b, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		switch {
		case res.StatusCode == http.StatusOK && strings.Contains(string(b), name):
			c.sees = "the console, which reads; no step is taken"
		case res.StatusCode == http.StatusServiceUnavailable:
			c.sees = "“" + strings.TrimSpace(string(b)) + "”"
		default:
			m.Fatal(res.Status, string(b))
		}
		c.person = "once the database is back: what was not taken is sent again"
		time.Sleep(time.Duration(500+rand.IntN(500)) * time.Millisecond) // the fault lasts
	}
	m.wire.Set(pgtest.Trouble{})
	m.slack.FailAs(nil)
	v.keepsTrying("q", "Do you sell lawn mowers?")
	m.until("a person is asked for", func() bool { status, _ := v.sentence(http.MethodPost, "/web/handoff", ""); return status/100 == 2 })
	var card string
	m.until("the card is there", func() bool {
		ts := cards()
		if len(ts) == 1 {
			card = ts[0]
		}
		return len(ts) == 1
	})
	if !claimed {
		m.until("it is claimed", func() bool { return m.slack.Click("C1", card, "claim", "UMIA") == nil })
		v.reads("Hi, I'm Mia.")
	}
	m.slack.Say("C1", card, "UMIA", "We do, from May on.")
	v.reads("agent: We do, from May on.")
	if n := strings.Count(v.sees(), "Do you sell lawn mowers?"); n != 1 {
		m.Errorf("the question stands %d times", n)
	}
	return c
}
