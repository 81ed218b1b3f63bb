package slack

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
)

// oauthState is the cookie that binds an answer of Slack's to the browser that asked.
const oauthState = "deskbell_slack_install"

// authorizeURL is where somebody lets the app in.
func (a *App) authorizeURL() string {
	return strings.TrimSuffix(a.api(), "api/") + "oauth/v2/authorize"
}

func (a *App) redirectURI() string { return strings.TrimSuffix(a.o.PublicURL, "/") + "/slack/oauth" }

// install sends a browser to Slack, to let the app into a workspace.
func (a *App) install(rw http.ResponseWriter, r *http.Request) {
	state := rand.Text() + rand.Text()
	http.SetCookie(rw, &http.Cookie{Name: oauthState, Value: state, Path: "/slack/oauth", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(a.o.PublicURL, "https:"), MaxAge: 600}) //nolint:gosec // Secure where public_url is https
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = s.name
	}
	to := url.Values{"client_id": {a.o.ClientID}, "scope": {strings.Join(names, ",")}, "state": {state}, "redirect_uri": {a.redirectURI()}}
	http.Redirect(rw, r, a.authorizeURL()+"?"+to.Encode(), http.StatusSeeOther)
}

// installed takes Slack's answer in: only from the browser that asked, and only for a workspace that the configuration names.
func (a *App) installed(rw http.ResponseWriter, r *http.Request) {
	http.SetCookie(rw, &http.Cookie{Name: oauthState, Path: "/slack/oauth", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(a.o.PublicURL, "https:"), MaxAge: -1}) //nolint:gosec // as above
	q := r.URL.Query()
	ck, err := r.Cookie(oauthState)
	switch {
	case err != nil || q.Get("state") == "" || subtle.ConstantTimeCompare([]byte(ck.Value), []byte(q.Get("state"))) != 1:
		tell(rw, http.StatusForbidden, "This did not begin here, or more than ten minutes ago. Begin again at /slack/install.")
		return
	case q.Get("error") != "" || q.Get("code") == "":
		tell(rw, http.StatusBadRequest, "The app was not installed. Begin again at /slack/install.")
		return
	}
	ctx := r.Context()
	got, err := slack.GetOAuthV2ResponseContext(ctx, a.http, a.o.ClientID, a.o.ClientSecret, q.Get("code"), a.redirectURI(), slack.OAuthOptionAPIURL(a.api()))
	if err != nil {
		a.o.Logger.WarnContext(ctx, "Slack refused an install", "err", err)
		tell(rw, http.StatusBadGateway, "Slack did not confirm it. Compare slack.client_id, slack.client_secret and the app's redirect URL "+a.redirectURI()+", and begin again at /slack/install.")
		return
	}
	if !slices.Contains(a.o.Allowed, got.Team.ID) { // else anybody's workspace could read this desk
		a.o.Logger.WarnContext(ctx, "a workspace that the configuration does not name has installed the app", "team", got.Team.ID)
		tell(rw, http.StatusForbidden, "The workspace "+got.Team.ID+" is not one of this desk's. An admin can add it: teams.NAME.slack_workspace: "+got.Team.ID)
		return
	}
	o := a.o
	o.BotToken = got.AccessToken
	id, err := Identify(ctx, o)
	if err != nil {
		a.o.Logger.WarnContext(ctx, "an install could not be tried", "err", err)
		tell(rw, http.StatusBadGateway, "Slack gave a token that it does not take. Begin again at /slack/install.")
		return
	}
	about, _ := json.Marshal(id) // strings always encode
	if err := a.store.SaveInstall(ctx, a.sealed(handover.Install{Workspace: id.Workspace(), About: about}, got)); err != nil {
		a.o.Logger.ErrorContext(ctx, "an install could not be kept", "workspace", id.Workspace(), "err", err)
		tell(rw, http.StatusServiceUnavailable, "Something went wrong. Begin again at /slack/install.")
		return
	}
	if err := a.follow(ctx); err != nil {
		a.o.Logger.WarnContext(ctx, "an install is taken over later", "err", err)
	}
	if err := errors.Join(a.store.Resume(ctx, id.Workspace()), a.desk.Alert(ctx, tokenAlert(id.Workspace()), ""), a.desk.Alert(ctx, installsAlert, "")); err != nil {
		a.o.Logger.WarnContext(ctx, "what waits for the workspace is tried later", "err", err)
	}
	a.o.Logger.InfoContext(ctx, "Slack app installed", "workspace", id.Workspace())
	tell(rw, http.StatusOK, "Deskbell is in "+got.Team.Name+". Invite it to the channel of each team: /invite @Deskbell")
}

var told = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Deskbell in Slack</title></head><body><h1>Deskbell in Slack</h1><p>{{.}}</p></body></html>`))

func tell(rw http.ResponseWriter, status int, text string) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	rw.Header().Set("Referrer-Policy", "no-referrer")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	_ = told.Execute(rw, text)
}
