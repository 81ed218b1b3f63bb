package main

import (
	"github.com/spf13/cobra"

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
			c.Print(slack.Manifest(config.String("public_url"), sockets, config.String("slack.client_id") != ""))
			return nil
		},
	})
	return c
}
