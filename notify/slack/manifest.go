package slack

import (
	"fmt"
	"strings"
)

// scope is a permission of the bot, with the reason for it.
type scope struct{ name, why string }

// scopes are the least that what we do needs.
var scopes = []scope{
	{"chat:write", "post and redraw cards, write customers' lines into threads"},
	{"chat:write.customize", "post what an agent says at the console under their own name"},
	{"channels:read", "hear that a channel is archived, or that we are no longer in it"},
	{"groups:read", "the same of private channels"},
	{"channels:history", "hear the lines of threads in public channels, and look whether a post went through"},
	{"groups:history", "the same in private channels"},
	{"users:read", "the name and picture of an agent, looked up once"},
	{"reactions:write", "mark lines that stay internal"},
	{"files:read", "pass on files that agents send"},
	{"files:write", "show agents the files that customers send"},
	{"commands", "/deskbell, and the shortcuts on messages"},
}

// shortcuts are what the menu of a message offers; Slack allows five.
var shortcuts = []struct{ callback, name, description string }{
	{"send_to_customer", "Send to customer", "Send a line that stayed internal"},
	{"draft", "Draft reply", "A draft from the knowledge base"},
	{"claim", "Claim", "Take the conversation of this thread"},
	{"transfer", "Transfer", "Move it to another team"},
	{"resolve", "Resolve", "End the conversation of this thread"},
}

// Manifest is the Slack app for an installation, as YAML: by Socket Mode or, with the address that Slack reaches it by, by signed HTTP. oauth: other
// workspaces install it by themselves; rotate: their tokens may end, which a bot token of the configuration must not.
func Manifest(publicURL string, sockets, oauth, rotate bool) string {
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	address := strings.TrimSuffix(publicURL, "/")
	at := func(indent, path string) {
		switch {
		case sockets:
		case address == "":
			line("%s# request_url: https://your.example%s", indent, path)
		default:
			line("%srequest_url: %s%s", indent, address, path)
		}
	}
	line("# The Slack app that Deskbell is. Create it at api.slack.com/apps → Create New App → From a manifest.")
	line("# Each scope with its reason; nothing else is asked for. Made by: deskbell slack manifest")
	line("display_information:\n  name: Deskbell\n  description: Rings for a human when the bot should not go on alone\n  background_color: \"#1d3557\"")
	line("features:\n  app_home:\n    home_tab_enabled: true\n    messages_tab_enabled: false\n  bot_user:\n    display_name: Deskbell\n    always_online: true")
	line("  slash_commands:\n    - command: /deskbell\n      description: The desk, in a word\n      usage_hint: queue | live | claim | kb QUESTION | status busy | help\n      should_escape: true")
	if !sockets && address != "" {
		line("      url: %s/slack/commands", address)
	}
	line("  shortcuts:")
	for _, s := range shortcuts {
		line("    - {type: message, callback_id: %s, name: %s, description: %s}", s.callback, s.name, s.description)
	}
	line("oauth_config:")
	if oauth && address != "" {
		line("  redirect_urls:\n    - %s/slack/oauth", address)
	}
	line("  scopes:\n    bot:")
	for _, s := range scopes {
		line("      - %-21s # %s", s.name, s.why)
	}
	line("settings:\n  event_subscriptions:")
	at("    ", "/slack/events")
	line("    bot_events:\n      - app_home_opened # the home tab\n      - message.channels\n      - message.groups")
	for _, e := range []string{"app_uninstalled", "tokens_revoked", "channel_archive", "channel_deleted", "channel_left", "channel_unarchive", "group_archive", "group_deleted", "group_left", "group_unarchive", "member_joined_channel"} {
		line("      - %s", e)
	}
	line("      - user_change # who was deactivated releases what they hold")
	line("  interactivity:\n    is_enabled: true")
	at("    ", "/slack/interactions")
	line("  # Socket Mode needs no public address; for signed HTTP set public_url and slack.signing_secret instead of slack.app_token.")
	line("  socket_mode_enabled: %v\n  org_deploy_enabled: false\n  token_rotation_enabled: %v", sockets, oauth && rotate)
	return b.String()
}
