package slacktest

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// The app, for workspaces that install it.
const (
	ClientID     = "1.2"
	ClientSecret = "client-secret"
)

// grant is a token of a workspace.
type grant struct {
	team, refresh string
	ends          time.Time // zero: never
}

// AddWorkspace adds a workspace with a channel that the app is in once it is installed there.
func (s *Server) AddWorkspace(team, channelName string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[channelName] = &channel{team: team}
}

// Approver chooses the workspace that who comes to the page of OAuth lets the app into; "": they decline.
func (s *Server) Approver(team string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.approves = team
}

// Life sets how long tokens given from now on are good for; 0: for ever.
func (s *Server) Life(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life = d
}

// Tokens returns how many tokens were given for a workspace.
func (s *Server) Tokens(team string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants {
		if g.team == team {
			n++
		}
	}
	return n
}

// authorize is the page of OAuth, where somebody has approved at once.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	to, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != ClientID || q.Get("scope") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	if s.approves == "" {
		answer.Set("error", "access_denied")
	} else {
		s.n++
		code := fmt.Sprint("code", s.n)
		s.codes[code] = s.approves
		answer.Set("code", code)
	}
	to.RawQuery = answer.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// oauth is oauth.v2.access: a code or a refresh token, each good once, for a token.
func (s *Server) oauth(in args) map[string]any {
	if in.str("client_id") != ClientID || in.str("client_secret") != ClientSecret {
		return no("bad_client_secret")
	}
	team := ""
	if in.str("grant_type") == "refresh_token" {
		for token, g := range s.grants {
			if g.refresh != "" && g.refresh == in.str("refresh_token") {
				team = g.team
				g.refresh = ""
				s.grants[token] = g
			}
		}
		if team == "" {
			return no("invalid_refresh_token")
		}
	} else {
		team = s.codes[in.str("code")]
		delete(s.codes, in.str("code"))
		if team == "" {
			return no("invalid_code")
		}
	}
	s.n++
	token, g := fmt.Sprintf("xoxe.xoxb-%s-%d", team, s.n), grant{team: team}
	out := map[string]any{"ok": true, "access_token": token, "token_type": "bot", "bot_user_id": botUser(team), "team": map[string]any{"id": team, "name": "Team " + team}}
	if s.life > 0 {
		g.ends, g.refresh = time.Now().Add(s.life), fmt.Sprintf("xoxe-%d", s.n)
		out["expires_in"], out["refresh_token"] = int(s.life.Seconds()), g.refresh
	}
	s.grants[token] = g
	return out
}

func botUser(team string) string {
	if team == Team {
		return BotUser
	}
	return BotUser + team
}

func botID(team string) string {
	if team == Team {
		return BotID
	}
	return BotID + team
}

// teamOf is the workspace that a channel is in.
func (s *Server) teamOf(name any) string {
	if c := s.channels[fmt.Sprint(name)]; c != nil && c.team != "" {
		return c.team
	}
	return Team
}
