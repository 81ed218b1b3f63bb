package slack_test

import (
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/notify/slack"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

func TestTheDoctorFindsWhatIsWrongWithSlack(t *testing.T) {
	t.Parallel()
	all := "chat:write,chat:write.customize,channels:read,groups:read,channels:history,groups:history,users:read,reactions:write,files:read,files:write,commands"
	for name, x := range map[string]struct {
		o        slacktest.Options
		token    string
		channels []string
		spoil    func(s *slacktest.Server)
		wrong    map[string]string
	}{
		"all well":          {slacktest.Options{Scopes: all}, slacktest.BotToken, []string{"C1", "C2"}, nil, nil},
		"a wrong token":     {slacktest.Options{}, "xoxb-no", []string{"C1"}, nil, map[string]string{"slack": "invalid_auth"}},
		"a missing scope":   {slacktest.Options{Scopes: strings.Replace(all, "commands", "team:read", 1)}, slacktest.BotToken, nil, nil, map[string]string{"scopes": "missing: commands"}},
		"a slow clock":      {slacktest.Options{Skew: time.Hour}, slacktest.BotToken, nil, nil, map[string]string{"clock": "off Slack's"}},
		"a wrong channel":   {slacktest.Options{}, slacktest.BotToken, []string{"C1", "C404"}, nil, map[string]string{"channel C404": "invite the app"}},
		"an archived one":   {slacktest.Options{}, slacktest.BotToken, []string{"C1"}, func(s *slacktest.Server) { s.Archive("C1") }, map[string]string{"channel C1": "is_archived"}},
		"a stuck test card": {slacktest.Options{}, slacktest.BotToken, []string{"C1"}, func(s *slacktest.Server) { s.Fail("chat.delete", slacktest.Fault{Say: "cant_delete_message"}) }, map[string]string{"channel C1": "cant_delete_message"}},
		"no socket to be had": {slacktest.Options{}, slacktest.BotToken, nil, func(s *slacktest.Server) {
			s.Fail("apps.connections.open", slacktest.Fault{Say: "not_allowed_token_type"})
		}, map[string]string{"socket": "connections:write"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := slacktest.Start(t, x.o)
			if x.spoil != nil {
				x.spoil(s)
			}
			found := map[string]string{}
			slack.Examine(t.Context(), slack.Options{BotToken: x.token, AppToken: slacktest.AppToken, APIURL: s.URL}, x.channels, func(what, _ string, err error) {
				if err != nil {
					found[what] = err.Error()
				}
			})
			for what, part := range x.wrong {
				if !strings.Contains(found[what], part) {
					t.Errorf("%s: %q, want %q", what, found[what], part)
				}
				delete(found, what)
			}
			if len(found) > 0 {
				t.Errorf("wrong as well: %v", found)
			}
			if left := s.Channel("C1"); len(left) > 0 && name != "a stuck test card" {
				t.Errorf("%d test cards are left", len(left))
			}
		})
	}
}
