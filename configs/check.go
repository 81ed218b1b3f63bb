package configs

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

// check reads the file into c and notes every mistake with its line.
func (c *Config) check(b []byte, m *Mistakes) {
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(b)).Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) { // an empty file is no mistake
			m.syntax(err)
		}
		return
	}
	if root := doc.Content[0]; root.Kind == yaml.MappingNode {
		c.walk("", root, m)
		c.oldNames(m)
		c.cross(m)
	} else if root.Tag != "!!null" {
		m.add(root.Line, "expected keys and values, such as listen: 127.0.0.1:8080")
	}
}

func (m *Mistakes) add(line int, format string, a ...any) {
	m.List = append(m.List, Mistake{Line: line, Text: fmt.Sprintf(format, a...)})
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

func (m *Mistakes) syntax(err error) {
	line, text := 0, err.Error()
	if x := yamlLine.FindStringSubmatch(text); x != nil {
		line, _ = strconv.Atoi(x[1])
		text = x[2]
	}
	m.add(line, "not YAML: %s", text)
}

// walk goes through one mapping; prefix is the path of its keys.
func (c *Config) walk(prefix string, n *yaml.Node, m *Mistakes) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		name := prefix + k.Value
		if line, twice := seen[name]; twice {
			m.add(k.Line, "%s stands here a second time; the first is on line %d", name, line)
			continue
		}
		seen[name] = k.Line
		c.lines[name] = k.Line
		key := find(name)
		switch {
		case key != nil:
			c.scalar(*key, v, m)
		case renamed(name) != nil:
			c.scalar(*renamed(name), v, m)
		case slices.Contains(lists, name):
			c.list(name, v, m)
		case prefix == "texts." && builtIn(k.Value) != nil:
			c.sentences(k.Value, v, m)
		case isSection(name) && v.Kind == yaml.MappingNode:
			c.walk(name+".", v, m)
		case isSection(name) && v.Tag == "!!null":
		case isSection(name):
			m.add(v.Line, "%s: expected keys below it, such as %s", name, firstKey(name))
		default:
			m.add(k.Line, "%s is not a key%s", name, nearest(name, append(all(), sections()...)))
		}
	}
}

// oldNames warns of keys that are written under the names they had before.
func (c *Config) oldNames(m *Mistakes) {
	for _, k := range Keys {
		line, old := c.lines[k.Was]
		switch now, both := c.lines[k.Name]; {
		case k.Was == "" || !old:
		case both:
			m.add(line, "%s is called %s now, which is set on line %d: remove one of them", k.Was, k.Name, now)
		default:
			c.Warnings = append(c.Warnings, Mistake{Line: line, Text: fmt.Sprintf("%s is called %s now; the old name still works", k.Was, k.Name)})
		}
	}
}

func (c *Config) scalar(k Key, v *yaml.Node, m *Mistakes) {
	if v.Kind != yaml.ScalarNode {
		m.add(v.Line, "%s: expected a %s, got a list or keys", k.Name, k.Kind)
		return
	}
	if v.Tag == "!!null" {
		return // empty: the default
	}
	if p := k.problem(v.Value); p != "" {
		if os.Getenv(env(k.Name)) == "" {
			m.add(v.Line, "%s", p)
		}
		return
	}
	_ = c.v.MergeConfigMap(nest(k.Name, v.Value)) // a map of texts always merges
}

func nest(name, value string) map[string]any {
	head, rest, deep := strings.Cut(name, ".")
	if !deep {
		return map[string]any{head: value}
	}
	return map[string]any{head: nest(rest, value)}
}

// strict keeps the line of everything below path, and notes the keys that its type does not have.
func (c *Config) strict(path string, n *yaml.Node, t reflect.Type, m *Mistakes) {
	c.lines[path] = n.Line
	switch {
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for i, item := range n.Content {
			c.strict(fmt.Sprintf("%s[%d]", path, i+1), item, t.Elem(), m)
		}
	case n.Kind == yaml.MappingNode && (t.Kind() == reflect.Map || t.Kind() == reflect.Struct):
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			var of reflect.Type
			if t.Kind() == reflect.Map {
				of = t.Elem()
			} else {
				at := slices.Index(tags(t), k.Value)
				if at < 0 {
					m.add(k.Line, "%s.%s is not a key%s", path, k.Value, nearest(k.Value, tags(t)))
					continue
				}
				of = t.Field(at).Type
			}
			c.strict(path+"."+k.Value, n.Content[i+1], of, m)
			c.lines[path+"."+k.Value] = k.Line
		}
	}
}

// list decodes what only the file can set.
func (c *Config) list(name string, v *yaml.Node, m *Mistakes) {
	into := map[string]any{"teams": &c.Teams, "agents": &c.Agents, "intents": &c.Intents, "masking": &c.Masking, "web.origins": &c.Origins, "slack.card_fields": &c.Fields, "macros": &c.Macros, "trusted_proxies": &c.Proxies, "web.page_parameters": &c.Parameters, "retention": &c.Retention, "knowledge.sources": &c.Sources}[name]
	if v.Tag == "!!null" {
		return // empty: none
	}
	c.strict(name, v, reflect.TypeOf(into).Elem(), m)
	if err := v.Decode(into); err != nil {
		var wrong *yaml.TypeError
		if !errors.As(err, &wrong) {
			m.add(v.Line, "%s: %v", name, err)
			return
		}
		for _, e := range wrong.Errors {
			line, text := v.Line, e
			if x := yamlLine.FindStringSubmatch(e); x != nil {
				line, _ = strconv.Atoi(x[1])
				text = x[2]
			}
			m.add(line, "%s: %s", name, text)
		}
		return
	}
	if name == "trusted_proxies" {
		for i, network := range c.Proxies {
			_, err := netip.ParseAddr(network)
			if p, e := netip.ParsePrefix(network); err != nil && (e != nil || p.Bits() == 0) {
				m.add(v.Content[i].Line, "trusted_proxies: got %q, expected a network such as 10.0.0.0/8, or an address", network)
			}
		}
	}
	if name == "retention" {
		names := append([]string{"default"}, Channels...)
		for channel, text := range c.Retention {
			line := c.lines["retention."+channel]
			if !contains(names, channel) {
				m.add(line, "retention: %q is not a channel; expected one of %s%s", channel, strings.Join(names, ", "), nearest(channel, names))
			}
			if d, err := days(text); err != nil || d < 0 || d > 0 && d < 24*time.Hour {
				m.add(line, "retention.%s: got %q, expected a time of at least a day, such as 365d, or 0 to keep for ever", channel, text)
			}
		}
	}
	if name == "web.origins" {
		for i, o := range c.Origins {
			if p := (Key{Name: "web.origins", Kind: URL}).problem(o); o != "*" && (p != "" || strings.Count(o, "/") != 2) {
				m.add(v.Content[i].Line, "web.origins: got %q, expected an origin such as https://shop.example (without a path), or *", o)
			}
		}
	}
}

// Columns are the parts of an article that a table's columns can be named for.
var Columns = []string{"question", "answer", "heading", "url", "audience", "language", "tags", "id"}

// shortestPause is the shortest time between two readings of a source.
const shortestPause = 10 * time.Minute

var channelID = regexp.MustCompile(`^[CG][A-Z0-9]+$`)

var teamID = regexp.MustCompile(`^T[A-Z0-9]+$`)

var variable = regexp.MustCompile(`\{\{[^}]*\}\}`)

// cross checks what the lists say of each other and of themselves.
func (c *Config) cross(m *Mistakes) {
	wrong := func(path, format string, a ...any) { m.add(c.lines[path], "%s: %s", path, fmt.Sprintf(format, a...)) }
	tokens := map[string]string{}
	skills := map[string]bool{}
	for _, agent := range slices.Sorted(maps.Keys(c.Agents)) {
		a, path := c.Agents[agent], "agents."+agent
		if a.Email != "" {
			if bare, err := mail.ParseAddress(a.Email); err != nil || bare.Address != a.Email {
				wrong(path+".email", "got %q, expected an address, such as mia@your.example", a.Email)
			}
		}
		if a.Capacity < 0 {
			wrong(path+".capacity", "got %d, expected a whole number, 0: not said", a.Capacity)
		}
		for i, team := range a.Teams {
			if _, known := c.Teams[team]; !known {
				names := slices.Sorted(maps.Keys(c.Teams))
				wrong(fmt.Sprintf("%s.teams[%d]", path, i+1), "%q is not among teams (%s)%s", team, cmp.Or(strings.Join(names, ", "), "none is listed"), nearest(team, names))
			}
		}
		if a.ConsoleToken != "" && len(a.ConsoleToken) < 16 {
			wrong(path+".console_token", "too short to be secret; expected at least 16 characters, for example from openssl rand -hex 16")
		}
		if other := tokens[a.ConsoleToken]; a.ConsoleToken != "" && other != "" {
			wrong(path+".console_token", "is also %s's", other)
		}
		tokens[a.ConsoleToken] = agent
		if roles := []string{"member", "lead", "admin"}; a.Role != "" && !contains(roles, a.Role) {
			wrong(path+".role", "got %q, expected one of %s%s", a.Role, strings.Join(roles, ", "), nearest(a.Role, roles))
		}
		for _, s := range a.Skills {
			skills[s] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Intents)) {
		of, path := c.Intents[name], "intents."+name
		if len(of.Examples) == 0 {
			wrong(path, "expected examples: what customers say, a few of them")
		}
		if _, known := c.Teams[of.Team]; of.Team != "" && !known {
			names := slices.Sorted(maps.Keys(c.Teams))
			wrong(path+".team", "%q is not among teams (%s)%s", of.Team, cmp.Or(strings.Join(names, ", "), "none is listed"), nearest(of.Team, names))
		}
		for i, s := range of.Skills {
			if len(c.Agents) > 0 && !skills[s] {
				wrong(fmt.Sprintf("%s.skills[%d]", path, i+1), "no agent has the skill %q%s", s, nearest(s, slices.Sorted(maps.Keys(skills))))
			}
		}
		for i, f := range of.Form {
			at := fmt.Sprintf("%s.form[%d]", path, i+1)
			if f.Name == "" || f.Ask == "" {
				wrong(at, "expected a name and what to ask")
			}
			if _, err := regexp.Compile(f.Pattern); err != nil {
				wrong(at+".pattern", "not a regular expression: %v", err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Macros)) {
		if utf8.RuneCountInString(name) > 75 || strings.TrimSpace(name) == "" {
			wrong("macros."+name, "a name has 1 to 75 characters")
		}
		for _, v := range variable.FindAllString(c.Macros[name], -1) {
			if known := []string{"{{contact.first_name}}", "{{contact.name}}", "{{agent.name}}", "{{team}}"}; !slices.Contains(known, v) {
				wrong("macros."+name, "%s is no variable; there are %s%s", v, strings.Join(known, ", "), nearest(v, known))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		s, path := c.Sources[name], "knowledge.sources."+name
		if strings.TrimSpace(s.From) == "" {
			wrong(path, "expected from: a folder, a file, or a site such as https://shop.example/help")
		} else if u, err := url.Parse(s.From); strings.Contains(s.From, "://") && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			wrong(path+".from", "got %q, expected a folder, a file, or http://… or https://…", s.From)
		}
		if d, err := days(s.Every); s.Every != "" && s.Every != "never" && (err != nil || d < shortestPause) {
			wrong(path+".every", "got %q, expected a time of at least 10m, such as 6h or 1d, or never", s.Every)
		}
		if p := (Key{Name: path + ".base_url", Kind: URL}).problem(s.BaseURL); p != "" {
			m.add(c.lines[path+".base_url"], "%s", p)
		}
		for _, part := range slices.Sorted(maps.Keys(s.Columns)) {
			if !contains(Columns, part) {
				wrong(path+".columns."+part, "no part of an article; expected one of %s%s", strings.Join(Columns, ", "), nearest(part, Columns))
			}
		}
		if s.PerSecond < 0 || s.PerSecond > 100 {
			wrong(path+".per_second", "got %v, expected 0 to 100", s.PerSecond)
		}
		if s.MaxPages < 0 {
			wrong(path+".max_pages", "got %d, expected a whole number from 1", s.MaxPages)
		}
	}
	if n := len(c.Fields); n > 10 {
		wrong("slack.card_fields", "%d fields; a card has room for 10", n)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Masking)) {
		if _, err := regexp.Compile(c.Masking[name]); err != nil {
			wrong("masking."+name, "not a regular expression: %v", err)
		}
	}
}

// checkValues checks what the environment and the whole say.
func (c *Config) checkValues(m *Mistakes) {
	for _, k := range Keys {
		name := env(k.Name)
		if k.Was != "" && os.Getenv(name) == "" && os.Getenv(env(k.Was)) != "" {
			name = env(k.Was)
			c.v.Set(k.Name, os.Getenv(name))
			c.Warnings = append(c.Warnings, Mistake{Text: fmt.Sprintf("%s is called %s now; the old name still works", name, env(k.Name))})
		}
		if value, set := os.LookupEnv(name); set && value != "" {
			if p := k.problem(value); p != "" {
				m.add(0, "%s: %s", name, p)
			}
		}
	}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "DESKBELL_") || strings.HasPrefix(name, "DESKBELL_TEST_") || slices.ContainsFunc(Keys, func(k Key) bool { return env(k.Name) == name || k.Was != "" && env(k.Was) == name }) {
			continue
		}
		var names []string
		for _, k := range Keys {
			names = append(names, env(k.Name))
		}
		m.add(0, "%s: the environment sets no such key%s", name, nearest(name, names))
	}
	if len(m.List) > 0 {
		return // the rest would only repeat them
	}
	for _, key := range []string{"listen", "metrics.listen"} {
		if _, port, err := net.SplitHostPort(c.String(key)); c.String(key) != "" && (err != nil || port == "") {
			m.add(0, "%s: got %q, expected an address with a port, such as 127.0.0.1:8080", key, c.String(key))
		}
	}
	if a, o := c.Float("policy.answer_above"), c.Float("policy.offer_below"); o > a {
		m.add(0, "policy.offer_below (%v) is above policy.answer_above (%v): nothing would lie between", o, a)
	} else if s := c.Float("policy.suggest_above"); s > o {
		m.add(0, "policy.suggest_above (%v) is above policy.offer_below (%v): nothing would ever be suggested; the nearest is %v", s, o, o)
	}
	bot, oauth := c.String("slack.bot_token") != "", c.String("slack.client_id") != ""
	slack := bot || oauth
	if oauth {
		for _, key := range []string{"slack.client_secret", "slack.token_keys", "public_url"} {
			if c.String(key) == "" {
				m.add(0, "slack.client_id is set: set %s as well, so that workspaces can install the app", key)
			}
		}
		for part := range strings.SplitSeq(c.String("slack.token_keys"), ",") {
			name, key, _ := strings.Cut(strings.TrimSpace(part), ":")
			if b, err := base64.StdEncoding.DecodeString(key); c.String("slack.token_keys") != "" && (name == "" || err != nil || len(b) != 32) {
				m.add(0, "slack.token_keys: expected NAME:KEY, KEY being 32 bytes in base64 (openssl rand -base64 32), several with commas between")
			}
		}
	} else if c.String("slack.client_secret") != "" {
		m.add(0, "slack.client_secret is set: set slack.client_id as well")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Teams)) {
		switch of := c.Teams[name].SlackWorkspace; {
		case of != "" && !teamID.MatchString(of):
			m.add(c.lines["teams."+name+".slack_workspace"], "teams.%s.slack_workspace: got %q, expected the id of a workspace, T…", name, of)
		case of != "" && !oauth:
			m.add(c.lines["teams."+name+".slack_workspace"], "teams.%s.slack_workspace is for workspaces that install the app by themselves: set slack.client_id as well", name)
		case of == "" && oauth && !bot:
			m.add(c.lines["teams."+name], "teams.%s.slack_workspace: expected the id of the workspace that its channel is in, T…", name)
		}
	}
	switch {
	case slack && c.String("slack.app_token") == "" && c.String("slack.signing_secret") == "":
		m.add(0, "slack.bot_token or slack.client_id is set: set slack.app_token (Socket Mode) or slack.signing_secret (HTTP) as well")
	case !slack && c.String("slack.app_token")+c.String("slack.signing_secret") != "":
		m.add(0, "slack.app_token or slack.signing_secret is set: set slack.bot_token as well, or slack.client_id")
	case slack && len(c.Teams) == 0:
		m.add(0, "Slack is set: name the channel for cards, teams.support.slack_channel: C…")
	}
	if u := c.String("slack.api_url"); u != "" && !strings.HasSuffix(u, "/api/") {
		m.add(0, "slack.api_url: got %q, expected it to end in /api/", u)
	}
	if len(c.Teams) > 1 && c.String("default_team") == "" {
		m.add(0, "default_team: there are several teams (%s): name the one that is asked first", strings.Join(slices.Sorted(maps.Keys(c.Teams)), ", "))
	}
	if t := c.String("default_team"); t != "" && len(c.Teams) > 0 {
		if _, ok := c.Teams[t]; !ok {
			names := slices.Sorted(maps.Keys(c.Teams))
			m.add(0, "default_team: %q is not among teams (%s)%s", t, strings.Join(names, ", "), nearest(t, names))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Teams)) {
		if slack && c.Teams[name].SlackChannel == "" {
			m.add(0, "teams.%s.slack_channel: expected the id of a channel, C…", name)
		}
		if got := c.Teams[name].SlackChannel; got != "" && !channelID.MatchString(got) {
			m.add(c.lines["teams."+name+".slack_channel"], "teams.%s.slack_channel: got %q, expected the id of a channel, C…: it stands at the end of the channel's details", name, got)
		}
	}
	if c.String("email.host") != "" {
		for _, key := range []string{"email.from", "public_url"} {
			if c.String(key) == "" {
				m.add(0, "email.host is set: set %s as well", key)
			}
		}
		if from := c.String("email.from"); from != "" {
			if _, err := mail.ParseAddress(from); err != nil {
				m.add(0, "email.from: got %q, expected an address such as Deskbell <desk@your.example>", from)
			}
		}
	}
	if (c.String("channels.webhook.url") == "") != (c.String("channels.webhook.secret") == "") {
		m.add(0, "channels.webhook: set both url and secret, or neither")
	}
	if t := c.String("texts.hello"); t != "" && strings.Count(t, "%s") != 1 {
		m.add(0, "texts.hello: expected %%s once, where the agent's name goes")
	}
}

func env(key string) string {
	return "DESKBELL_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

func isSection(name string) bool { return firstKey(name) != "" }

func firstKey(section string) string {
	for _, k := range all() {
		if strings.HasPrefix(k, section+".") {
			return k
		}
	}
	for _, k := range Keys {
		if strings.HasPrefix(k.Was, section+".") {
			return k.Was
		}
	}
	return ""
}

// sections are the keys that have others below them.
func sections() (names []string) {
	for _, k := range all() {
		for i, c := range k {
			if c == '.' && !slices.Contains(names, k[:i]) {
				names = append(names, k[:i])
			}
		}
	}
	return names
}

func all() []string {
	names := slices.Clone(lists)
	for _, k := range Keys {
		names = append(names, k.Name)
	}
	return names
}

func tags(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		out = append(out, t.Field(i).Tag.Get("yaml"))
	}
	return out
}

// nearest is "; did you mean X?" when one of the names is near.
func nearest(got string, names []string) string {
	best, least := "", 1+len(got)/3
	for _, n := range names {
		if d := levenshtein.ComputeDistance(got, n); d <= least && (best == "" || d < levenshtein.ComputeDistance(got, best)) {
			best = n
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}
