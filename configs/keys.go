package configs

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Kind is what a key's value must be.
type Kind string

// The kinds of values.
const (
	Text     Kind = "text"
	Secret   Kind = "secret"
	Number   Kind = "number"
	Whole    Kind = "whole number"
	Duration Kind = "duration"
	URL      Kind = "URL"
)

// Key is one scalar of the configuration.
type Key struct {
	Name     string
	Was      string // its name before; it still works, with a warning
	Kind     Kind
	Default  any
	Min, Max float64  // of numbers and, in seconds, of durations; both 0: any
	OneOf    []string // of texts
}

// Keys are all the scalars; deskbell.yaml explains each.
var Keys = []Key{
	{Name: "listen", Kind: Text, Default: "127.0.0.1:8080"},
	{Name: "public_url", Kind: URL, Default: ""},
	{Name: "metrics.listen", Kind: Text, Default: ""},
	{Name: "data_dir", Kind: Text, Default: ""},
	{Name: "database.url", Kind: Secret, Default: ""},
	{Name: "database.bin_dir", Kind: Text, Default: ""},
	{Name: "database.max_connections", Kind: Whole, Default: 16, Min: 4, Max: 1000},
	{Name: "log.level", Kind: Text, Default: "info", OneOf: []string{"debug", "info", "warn", "error"}},
	{Name: "log.format", Kind: Text, Default: "text", OneOf: []string{"text", "json"}},
	{Name: "slack.bot_token", Kind: Secret, Default: ""},
	{Name: "slack.app_token", Kind: Secret, Default: ""},
	{Name: "slack.signing_secret", Kind: Secret, Default: ""},
	{Name: "slack.client_id", Kind: Text, Default: ""},
	{Name: "slack.client_secret", Kind: Secret, Default: ""},
	{Name: "slack.token_keys", Kind: Secret, Default: ""},
	{Name: "slack.api_url", Kind: URL, Default: ""},
	{Name: "slack.socket_silence", Kind: Duration, Default: "10m", Min: 0.1, Max: 3600},
	{Name: "slack.undo_window", Kind: Duration, Default: "3s", Max: 60},
	{Name: "slack.guests", Kind: Text, Default: "no", OneOf: []string{"no", "yes"}},
	{Name: "slack.posts_per_second", Kind: Number, Default: 1.0, Max: 100},
	{Name: "openai.api_key", Kind: Secret, Default: ""},
	{Name: "openai.base_url", Kind: URL, Default: ""},
	{Name: "openai.model", Kind: Text, Default: "gpt-4o-mini"},
	{Name: "openai.embedding_model", Kind: Text, Default: ""},
	{Name: "openai.timeout", Kind: Duration, Default: "15s", Min: 1, Max: 60},
	{Name: "openai.max_tokens", Kind: Whole, Default: 800, Min: 100, Max: 100000},
	{Name: "openai.price_sent", Kind: Number, Default: 0.0, Max: 1e6},
	{Name: "openai.price_received", Kind: Number, Default: 0.0, Max: 1e6},
	{Name: "openai.price_embedded", Kind: Number, Default: 0.0, Max: 1e6},
	{Name: "openai.mask_names", Kind: Text, Default: "yes", OneOf: []string{"yes", "no"}},
	{Name: "openai.log_calls", Kind: Text, Default: "no", OneOf: []string{"no", "yes"}},
	{Name: "policy.answer_above", Kind: Number, Default: 0.70, Max: 1},
	{Name: "policy.offer_below", Kind: Number, Default: 0.65, Max: 1},
	{Name: "policy.suggest_above", Kind: Number, Default: 0.20, Max: 1},
	{Name: "policy.frustration_at", Kind: Number, Default: 0.70, Max: 1},
	{Name: "reminders.after", Was: "summon.after", Kind: Duration, Default: "1m", Max: 86400},
	{Name: "email.host", Kind: Text, Default: ""},
	{Name: "email.port", Kind: Whole, Default: 587, Min: 1, Max: 65535},
	{Name: "email.user", Kind: Text, Default: ""},
	{Name: "email.password", Kind: Secret, Default: ""},
	{Name: "email.tls", Kind: Text, Default: "starttls", OneOf: []string{"starttls", "tls", "none"}},
	{Name: "email.from", Kind: Text, Default: ""},
	{Name: "push.host", Kind: Text, Default: ""},
	{Name: "files.max_megabytes", Kind: Whole, Default: 10, Max: 100},
	{Name: "policy.notify_at", Kind: Number, Default: 0.0, Max: 1},
	{Name: "knowledge.exact_below", Kind: Whole, Default: 10000, Min: 100, Max: 1e7},
	{Name: "web.greeting", Kind: Text, Default: "Hello! Ask me anything, or ask for a person."},
	{Name: "web.messages_per_minute", Kind: Whole, Default: 60, Max: 1e6},
	{Name: "web.sessions_per_minute", Kind: Whole, Default: 60, Max: 1e6},
	{Name: "web.bad_tokens_per_minute", Kind: Whole, Default: 60, Max: 1e6},
	{Name: "web.reads_per_second", Kind: Whole, Default: 30, Max: 1e6},
	{Name: "web.streams_per_session", Kind: Whole, Default: 10, Max: 1e6},
	{Name: "web.streams_per_address", Kind: Whole, Default: 2000, Max: 1e6},
	{Name: "web.uploads_per_session", Kind: Whole, Default: 2, Max: 1e6},
	{Name: "web.uploads_per_address", Kind: Whole, Default: 16, Max: 1e6},
	{Name: "web.megabytes_per_session", Kind: Whole, Default: 100, Max: 1e6},
	{Name: "web.megabytes_per_address", Kind: Whole, Default: 1000, Max: 1e6},
	{Name: "web.megabytes_per_day", Kind: Whole, Default: 10000, Max: 1e6},
	{Name: "channels.webhook.url", Kind: Secret, Default: ""},
	{Name: "channels.webhook.secret", Kind: Secret, Default: ""},
	{Name: "worker.lease", Kind: Duration, Default: "30s", Min: 2, Max: 600},
	{Name: "worker.slots", Kind: Whole, Default: 8, Min: 1, Max: 256},
	{Name: "texts.waiting", Kind: Text, Default: ""},
	{Name: "texts.hello", Kind: Text, Default: ""},
	{Name: "texts.passed_on", Kind: Text, Default: ""},
	{Name: "texts.cancelled", Kind: Text, Default: ""},
	{Name: "texts.returned", Kind: Text, Default: ""},
	{Name: "texts.resolved", Kind: Text, Default: ""},
	{Name: "texts.persona", Kind: Text, Default: ""},
	{Name: "texts.offer", Kind: Text, Default: ""},
	{Name: "texts.declined", Kind: Text, Default: ""},
	{Name: "texts.no_person", Kind: Text, Default: ""},
	{Name: "default_team", Kind: Text, Default: ""},
}

// lists are the keys that only the file can set.
var lists = []string{"teams", "agents", "intents", "masking", "web.origins", "slack.card_fields", "macros", "trusted_proxies", "web.page_parameters", "retention", "knowledge.sources"}

// renamed returns the key that was called this before, or nil.
func renamed(name string) *Key {
	for i := range Keys {
		if Keys[i].Was != "" && Keys[i].Was == name {
			return &Keys[i]
		}
	}
	return nil
}

func find(name string) *Key {
	for i := range Keys {
		if Keys[i].Name == name {
			return &Keys[i]
		}
	}
	return nil
}

// problem says what is wrong with a value, "" if nothing.
func (k Key) problem(value string) string {
	got := fmt.Sprintf("%q", value)
	if k.Kind == Secret {
		got = "a value"
	}
	switch k.Kind {
	case Text, Secret:
		if len(k.OneOf) > 0 && !contains(k.OneOf, value) {
			return fmt.Sprintf("%s: got %s, expected one of %s%s", k.Name, got, strings.Join(k.OneOf, ", "), nearest(value, k.OneOf))
		}
	case Number, Whole:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || k.Kind == Whole && n != float64(int64(n)) {
			return fmt.Sprintf("%s: got %s, expected a %s", k.Name, got, k.Kind)
		}
		if n < k.Min || n > k.Max {
			return fmt.Sprintf("%s: got %s, expected %v to %v; the nearest is %v", k.Name, got, k.Min, k.Max, min(max(n, k.Min), k.Max))
		}
	case Duration:
		d, err := time.ParseDuration(value)
		if err != nil {
			return fmt.Sprintf("%s: got %s, expected a duration such as 3s, 500ms or 1m", k.Name, got)
		}
		if s := d.Seconds(); s < k.Min || s > k.Max {
			return fmt.Sprintf("%s: got %s, expected %vs to %vs; the nearest is %vs", k.Name, got, k.Min, k.Max, min(max(s, k.Min), k.Max))
		}
	case URL:
		if u, err := url.Parse(value); value != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Sprintf("%s: got %s, expected http://… or https://…", k.Name, got)
		}
	}
	return ""
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}
