package configs

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "deskbell.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheShippedFileIsAllDefaults(t *testing.T) {
	t.Parallel()
	shipped, err := Load("deskbell.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	none, err := Load(write(t, ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	if shipped.Show() != none.Show() {
		t.Fatal(shipped.Show())
	}
	b, err := os.ReadFile("deskbell.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all() {
		if leaf := k[strings.LastIndexByte(k, '.')+1:]; !strings.Contains(string(b), leaf+":") {
			t.Errorf("deskbell.yaml does not explain %s", k)
		}
	}
}

func TestEveryMistakeIsReportedAtOnceWithItsLine(t *testing.T) {
	t.Parallel()
	file := write(t, `listne: 127.0.0.1:1
policy:
  answer_above: 1.5
  offer_below: high
log:
  level: inof
slack:
  undo_window: 3
  undo_window: 4s
  api_url: slack.com
worker: 5
agents:
  mia:
    console_tokne: x
    role: leed
web:
  origins: [https://shop.example/path]
  messages_per_minute: 1.5
macros: {thanks: "Thank you, {{contact.frist_name}}"}
teams: {billing: {slack_channel: C1}}
intents:
  refund:
    examples: [I want my money back]
    team: biling
    skills: [refunds]
    form:
      - name: order
        ask: What is your order number?
        pattern: "[0-9"
      - asks: Why?
`)
	_, err := Load(file, nil)
	var m *Mistakes
	if !errors.As(err, &m) {
		t.Fatal(err)
	}
	want := []string{
		`:1: listne is not a key; did you mean listen?`,
		`:3: policy.answer_above: got "1.5", expected 0 to 1; the nearest is 1`,
		`:4: policy.offer_below: got "high", expected a number`,
		`:6: log.level: got "inof", expected one of debug, info, warn, error; did you mean info?`,
		`:8: slack.undo_window: got "3", expected a duration such as 3s, 500ms or 1m`,
		`:9: slack.undo_window stands here a second time; the first is on line 8`,
		`:10: slack.api_url: got "slack.com", expected http://… or https://…`,
		`:11: worker: expected keys below it, such as worker.lease`,
		`:14: agents.mia.console_tokne is not a key; did you mean console_token?`,
		`:15: agents.mia.role: got "leed", expected one of member, lead, admin; did you mean lead?`,
		`:17: web.origins: got "https://shop.example/path", expected an origin such as https://shop.example (without a path), or *`,
		`:18: web.messages_per_minute: got "1.5", expected a whole number`,
		`:19: macros.thanks: {{contact.frist_name}} is no variable; there are {{contact.first_name}}, {{contact.name}}, {{agent.name}}, {{team}}; did you mean {{contact.first_name}}?`,
		`:24: intents.refund.team: "biling" is not among teams (billing); did you mean billing?`,
		`:25: intents.refund.skills[1]: no agent has the skill "refunds"`,
		`:29: intents.refund.form[1].pattern: not a regular expression: error parsing regexp: missing closing ]: ` + "`[0-9`",
		`:30: intents.refund.form[2].asks is not a key; did you mean ask?`,
		`:30: intents.refund.form[2]: expected a name and what to ask`,
	}
	got := strings.Split(err.Error(), "\n")
	for i, w := range want {
		if i >= len(got) || !strings.HasSuffix(got[i], w) {
			t.Errorf("want %s\ngot  %s", w, strings.Join(got[min(i, len(got)-1):], "\n     "))
			break
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d mistakes, want %d:\n%v", len(got), len(want), err)
	}
}

func TestAKeyThatWasRenamedStillWorks(t *testing.T) {
	c, err := Load(write(t, "listen: 127.0.0.1:0\nsummon: {after: 7s}\n"), nil)
	if err != nil || c.Duration("reminders.after") != 7*time.Second {
		t.Fatal(c, err)
	}
	if got := strings.Join(c.Warned(), "\n"); !strings.HasSuffix(got, ":2: summon.after is called reminders.after now; the old name still works") {
		t.Error(got)
	}
	for _, text := range []string{"summon: {after: 7s}\nreminders: {after: 8s}\n", "reminders: {after: 8s}\nsummon: {after: 7s}\n"} {
		if _, err := Load(write(t, text), nil); err == nil || !strings.Contains(err.Error(), "remove one of them") {
			t.Error(text, err)
		}
	}
	t.Setenv("DESKBELL_SUMMON_AFTER", "9s")
	c, err = Load(write(t, "listen: 127.0.0.1:0\n"), nil)
	if err != nil || c.Duration("reminders.after") != 9*time.Second || len(c.Warned()) != 1 {
		t.Error(c.Warned(), err)
	}
}

func TestWhatDoesNotGoTogetherIsSaid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"slack: {bot_token: xoxb-123456}":                         "set slack.app_token (Socket Mode) or slack.signing_secret",
		"slack: {bot_token: xoxb-123456, signing_secret: abcdef}": "teams.support.slack_channel",
		"slack: {signing_secret: abcdef}":                         "set slack.bot_token as well",
		"slack: {api_url: http://127.0.0.1:1/}":                   "end in /api/",
		"policy: {answer_above: 0.3, offer_below: 0.5}":           "nothing would lie between",
		"teams: {a: {slack_channel: C1}, b: {slack_channel: C2}}": "default_team: there are several teams (a, b)",
		"teams: {a: {slack_channel: C1}}\ndefault_team: b":        "is not among teams (a)",
		"channels: {webhook: {url: http://127.0.0.1:1}}":          "set both url and secret",
		"agents: {mia: {console_token: short}}":                   "too short to be secret",
		"texts: {hello: Hi}":                                      "expected %s once",
		"texts: {de: {ofer: Hm}}":                                 "texts.de.ofer is not a key; did you mean offer?",
		"texts: {de: {hello: Hallo}}":                             `texts.de.hello: got "Hallo", expected %s in it`,
		"texts: {de: {offer: [a]}}":                               "texts.de.offer: expected a text",
		"texts: {de: none}":                                       "texts.de: expected keys below it",
		"texts: {xx: {offer: Hm}}":                                "texts.xx is not a key",
		"[]":                                                      "expected keys and values",
		"remiders: {after: 1m}":                                   "remiders is not a key; did you mean reminders?",
		"listen: [":                                               "not YAML",
		"agents: {mia: {teams: support}}":                         "agents: cannot unmarshal",
	} {
		if _, err := Load(write(t, text), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestASentenceIsReplacedInOneLanguageOrInAll(t *testing.T) {
	t.Parallel()
	c, err := Load(write(t, "texts: {offer: \"Person?\", de: {offer: \"Soll jemand kommen?\", state_place: \"Platz %d\"}}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string][2]string{"de": {"Soll jemand kommen?", "Platz %d"}, "en": {"Person?", "no. %d"}, "fr": {"Person?", "n° %d"}} {
		if texts := c.Texts()[language]; texts["offer"] != want[0] || texts["state_place"] != want[1] {
			t.Errorf("%s: %q, %q, want %q", language, texts["offer"], texts["state_place"], want)
		}
	}
	other, err := Load(write(t, "texts: {offer: \"Person?\"}"), nil)
	if err != nil || other.Hash == c.Hash {
		t.Errorf("the hash does not tell them apart: %s %v", c.Hash, err)
	}
}

func TestEveryLanguageHasEverySentence(t *testing.T) {
	t.Parallel()
	c, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	all := c.Texts()
	if len(all) != 10 {
		t.Errorf("%d languages", len(all))
	}
	for language, texts := range all {
		for key, english := range all["en"] {
			for way := range strings.SplitSeq(texts[key], "|") {
				first, _, _ := strings.Cut(english, "|")
				if way == "" || !slices.Equal(verbs.FindAllString(way, -1), verbs.FindAllString(first, -1)) {
					t.Errorf("%s: %s: %q, in English %q", language, key, way, first)
				}
			}
		}
		if len(texts) != len(all["en"]) {
			t.Errorf("%s has %d sentences, English %d", language, len(texts), len(all["en"]))
		}
	}
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	t.Setenv("DESKBELL_POLICY_ANSWER_ABOVE", "0.8")
	t.Setenv("DESKBELL_SLACK_UNDO_WINDOW", "5s")
	c, err := Load(write(t, "policy: {answer_above: 0.6}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Float("policy.answer_above") != 0.8 || c.Duration("slack.undo_window") != 5*time.Second {
		t.Fatal(c.Show())
	}
	t.Setenv("DESKBELL_POLICY_ANSWER_ABOVE", "often")
	if _, err := Load(write(t, ""), nil); err == nil || !strings.Contains(err.Error(), "DESKBELL_POLICY_ANSWER_ABOVE: policy.answer_above: got \"often\"") {
		t.Fatal(err)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	c, err := Load(write(t, `
slack: {bot_token: xoxb-very-secret, signing_secret: also-secret}
database: {url: "postgres://u:hidden-word@127.0.0.1/x"}
teams: {support: {slack_channel: C1}}
agents: {mia: {console_token: 0123456789abcdef}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Secrets() {
		if strings.Contains(c.Show(), s) {
			t.Errorf("shown: %s", s)
		}
	}
	if len(c.Secrets()) != 4 {
		t.Fatal(len(c.Secrets()))
	}
}

func TestAMissingFileIsAMistakeOnlyWhenNamed(t *testing.T) {
	t.Parallel()
	if _, err := Load("no-such-file.yaml", nil); err == nil || !strings.Contains(err.Error(), "--config") {
		t.Fatal(err)
	}
}

func TestAddressesChannelsAndVariablesThatCannotBeMeantAreTold(t *testing.T) {
	for name, x := range map[string]struct{ yaml, env, want string }{
		"a bare port":          {"listen: 8080\n", "", `listen: got "8080", expected an address with a port, such as 127.0.0.1:8080`},
		"a channel's name":     {"slack: {bot_token: xoxb-1, signing_secret: s}\nteams: {support: {slack_channel: '#support'}}\n", "", `teams.support.slack_channel: got "#support"`},
		"an unknown variable":  {"", "DESKBELL_LISTN", "did you mean DESKBELL_LISTEN?"},
		"a proxy of everybody": {"trusted_proxies: [0.0.0.0/0]\n", "", `trusted_proxies: got "0.0.0.0/0"`},
		"a channel nobody has": {"retention: {wbe: 30d}\n", "", `retention: "wbe" is not a channel; expected one of default, web, webhook; did you mean web?`},
		"kept for an hour":     {"retention: {web: 1h}\n", "", `retention.web: got "1h", expected a time of at least a day`},
		"kept for ever so":     {"retention: {default: ever}\n", "", `retention.default: got "ever"`},
		"a proxy's name":       {"trusted_proxies: [nginx]\n", "", `trusted_proxies: got "nginx"`},
	} {
		t.Run(name, func(t *testing.T) {
			if x.env != "" {
				t.Setenv(x.env, "x")
			}
			file := filepath.Join(t.TempDir(), "deskbell.yaml")
			if err := os.WriteFile(file, []byte(x.yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(file, nil); err == nil || !strings.Contains(err.Error(), x.want) {
				t.Fatal(err)
			}
		})
	}
}
