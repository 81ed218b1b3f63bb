package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/deskbell/deskbell/configs"
	"github.com/deskbell/deskbell/handover"
	desk "github.com/deskbell/deskbell/handover/postgres"
	"github.com/deskbell/deskbell/notify/slack"
)

func slackCommand() *cobra.Command {
	c := &cobra.Command{Use: "slack", Short: "What Slack needs to know of this installation"}
	c.AddCommand(&cobra.Command{
		Use: "manifest", Short: "Print the Slack app's manifest for this configuration", Args: cobra.NoArgs,
		Long:    "Print the manifest that the Slack app is made from: its scopes, each with its reason, command, shortcuts and events. With slack.signing_secret and\nwithout slack.app_token it is for signed HTTP at public_url, else for Socket Mode.\nWith slack.client_id it says where workspaces that install it come back to, and lets tokens rotate.",
		Example: "  deskbell slack manifest\n  DESKBELL_PUBLIC_URL=https://desk.example DESKBELL_SLACK_SIGNING_SECRET=… deskbell slack manifest",
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := load(c)
			if err != nil {
				return err
			}
			sockets := config.String("slack.app_token") != "" || config.String("slack.signing_secret") == ""
			c.Print(slack.Manifest(config.String("public_url"), sockets, config.String("slack.client_id") != "", config.String("slack.bot_token") == ""))
			return nil
		},
	})
	return c
}

// slackDoor is how we reach Slack, and Slack us.
func slackDoor(c *configs.Config) slack.Options {
	return slack.Options{
		BotToken: c.String("slack.bot_token"), AppToken: c.String("slack.app_token"), SigningSecret: c.String("slack.signing_secret"), APIURL: c.String("slack.api_url"),
		ClientID: c.String("slack.client_id"), ClientSecret: c.String("slack.client_secret"), PublicURL: c.String("public_url"), Allowed: c.SlackWorkspaces(), Silence: c.Duration("slack.socket_silence"),
	}
}

// slackAccounts are who an agent is in Slack: U1 in the workspace of the bot token or, without one, in every workspace of the configuration; T1:U1 in
// that one.
func slackAccounts(c *configs.Config, a configs.Agent, id slack.Identity) (accounts []handover.Account) {
	for _, user := range strings.FieldsFunc(a.SlackUser, func(r rune) bool { return r == ' ' || r == ',' }) {
		teams := c.SlackWorkspaces()
		if team, rest, of := strings.Cut(user, ":"); of {
			teams, user = []string{team}, rest
		} else if id.Team != "" {
			teams = []string{id.Team}
		}
		for _, team := range teams {
			accounts = append(accounts, handover.Account{Workspace: slack.Identity{Team: team}.Workspace(), External: user})
		}
	}
	return accounts
}

// slackLeads says who is a lead or an admin; nil without a list of agents: then everybody is as good as one.
func slackLeads(c *configs.Config, id slack.Identity) func(handover.Account) bool {
	if len(c.Agents) == 0 {
		return nil
	}
	leads := map[handover.Account]bool{}
	for _, a := range c.Agents {
		for _, account := range slackAccounts(c, a, id) {
			leads[account] = a.Role == "lead" || a.Role == "admin"
		}
	}
	return func(a handover.Account) bool { return leads[a] }
}

// identify asks Slack who we are, the first time with this token; later starts do not wait for Slack.
func identify(ctx context.Context, store *desk.Store, o slack.Options) (slack.Identity, error) {
	sum := sha256.Sum256([]byte(o.APIURL + o.BotToken))
	key := hex.EncodeToString(sum[:])
	var id slack.Identity
	if known, err := store.Identity(ctx, key, &id); err != nil || known {
		return id, err
	}
	ask, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		found, err := slack.Identify(ask, o)
		if err == nil {
			return found, store.SaveIdentity(ctx, key, found)
		}
		select {
		case <-ask.Done():
			return id, errors.Join(errors.New("Slack did not say who we are; check slack.bot_token, or start without it"), err) //nolint:staticcheck // a name
		case <-time.After(2 * time.Second):
			if !errors.As(err, new(interface{ Timeout() bool })) {
				return id, err
			}
		}
	}
}

// examineSlack looks at each workspace with the channels of its teams; false: there is none.
func examineSlack(ctx context.Context, config *configs.Config, store *desk.Store, thorough bool, say func(what, how string, err error)) bool {
	o := slackDoor(config)
	in := map[string]slack.Options{} // by the workspace that teams name
	own := ""
	if o.BotToken != "" {
		if id, err := slack.Identify(ctx, o); err == nil {
			own = id.Team
		}
		in[own] = o
	}
	if o.ClientID != "" {
		keys, err := slack.ParseKeys(config.String("slack.token_keys"))
		if err != nil {
			say("slack", "", fmt.Errorf("slack.token_keys: %w", err))
		}
		o.Keys = keys
		installs, err := store.Installs(ctx)
		if err != nil {
			say("slack", "", err)
		}
		for _, i := range installs {
			there, err := o.In(i)
			if err != nil {
				say("slack", "", err)
				continue
			}
			if team := there.Identity.Team; team != own && slices.Contains(config.SlackWorkspaces(), team) {
				in[team] = there
			}
		}
		for _, team := range config.SlackWorkspaces() {
			if _, installed := in[team]; !installed {
				say("slack", "", fmt.Errorf("the workspace %s has not installed the app: open %s/slack/install", team, strings.TrimSuffix(o.PublicURL, "/")))
			}
		}
	}
	for _, team := range slices.Sorted(maps.Keys(in)) {
		if !thorough {
			id, err := slack.Identify(ctx, in[team])
			say("slack", "team "+id.Team+" as "+id.BotUser, err)
			continue
		}
		var channels []string
		for _, name := range slices.Sorted(maps.Keys(config.Teams)) {
			if t := config.Teams[name]; cmp.Or(t.SlackWorkspace, own) == team {
				channels = append(channels, t.SlackChannel)
			}
		}
		slack.Examine(ctx, in[team], channels, say)
	}
	return len(in) > 0
}
