// Package configs reads and checks the one configuration file, reporting every mistake at once with its line.
package configs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// DefaultFile is read when no other is named; it need not exist.
const DefaultFile = "configs/deskbell.yaml"

// Team is where a team's cards go.
type Team struct {
	SlackChannel   string `yaml:"slack_channel"`
	SlackWorkspace string `yaml:"slack_workspace"`
}

// Agent is a human of the team.
type Agent struct {
	SlackUser    string   `yaml:"slack_user"`
	Email        string   `yaml:"email"`
	DisplayName  string   `yaml:"display_name"`
	Avatar       string   `yaml:"avatar"`
	Teams        []string `yaml:"teams"`
	Skills       []string `yaml:"skills"`
	Role         string   `yaml:"role"`
	Capacity     int      `yaml:"capacity"`
	ConsoleToken string   `yaml:"console_token"`
}

// Intent is what customers come with.
type Intent struct {
	Examples []string `yaml:"examples"`
	Team     string   `yaml:"team"`
	Skills   []string `yaml:"skills"`
	Form     []Field  `yaml:"form"`
	Notify   bool     `yaml:"notify_team"`
}

// Field is one thing that an intent's form asks.
type Field struct {
	Name    string `yaml:"name"`
	Ask     string `yaml:"ask"`
	Pattern string `yaml:"pattern"`
}

// Source is where articles are read from, again and again.
type Source struct {
	From         string            `yaml:"from"`  // a folder, a file or a site's address
	Every        string            `yaml:"every"` // how often, as 6h or 1d; "": once a day; "never": when somebody says so
	BaseURL      string            `yaml:"base_url"`
	Columns      map[string]string `yaml:"columns"`
	PerSecond    float64           `yaml:"per_second"`
	MaxPages     int               `yaml:"max_pages"`
	AllowPrivate bool              `yaml:"allow_private"`
}

// Pause is the time between two readings; 0: there is no schedule.
func (s Source) Pause() time.Duration {
	switch s.Every {
	case "":
		return 24 * time.Hour
	case "never":
		return 0
	}
	d, _ := days(s.Every) // checked
	return d
}

// Config is all that an admin can set.
type Config struct {
	v          *viper.Viper
	File       string // that was read; "": none
	Teams      map[string]Team
	Agents     map[string]Agent
	Intents    map[string]Intent
	Masking    map[string]string // further patterns that are hidden from Slack and models, by name
	Origins    []string
	Parameters []string                     // of pages' addresses, that are kept
	Proxies    []string                     // networks of our own reverse proxies
	Macros     map[string]string            // texts that agents use, by name
	texts      map[string]map[string]string // of texts.<language>
	Fields     []string                     // variables of a contact that cards show
	Sources    map[string]Source            // of articles, by name
	Retention  map[string]string            // how long conversations of a channel are kept, as 365d or 0; "default" for the others
	lines      map[string]int               // of what only the file can set: "intents.refund.team"
	Warnings   []Mistake                    // what works, and should be changed
	Hash       string                       // of all that is in force, secrets left out
}

// String returns a scalar key's value.
func (c *Config) String(key string) string { return c.v.GetString(known(key)) }

// Float returns a number.
func (c *Config) Float(key string) float64 { return c.v.GetFloat64(known(key)) }

// Int returns a whole number.
func (c *Config) Int(key string) int { return c.v.GetInt(known(key)) }

// Duration returns a duration.
func (c *Config) Duration(key string) time.Duration { return c.v.GetDuration(known(key)) }

// Kept is how long conversations of a channel are kept after their last change; 0: for ever.
func (c *Config) Kept(channel string) time.Duration {
	for _, name := range []string{channel, "default"} {
		if text, set := c.Retention[name]; set {
			d, _ := days(text) // checked
			return d
		}
	}
	return 0
}

// Channels are those whose retention can be set.
var Channels = []string{"web", "webhook"}

// days reads a duration that may be of days, as 365d.
func days(text string) (time.Duration, error) {
	if n, is := strings.CutSuffix(text, "d"); is {
		whole, err := strconv.ParseUint(n, 10, 16)
		return time.Duration(whole) * 24 * time.Hour, err
	}
	return time.ParseDuration(text)
}

// known panics on a key that the table does not have: a slip of the program, found by the first test that starts it.
func known(key string) string {
	if find(key) == nil {
		panic("no such configuration key: " + key)
	}
	return key
}

// Mistake is one thing wrong in the configuration.
type Mistake struct {
	Line int // 0: not in the file
	Text string
}

// in says where it stands, and what it is.
func (x Mistake) in(file string) string {
	if x.Line == 0 {
		return x.Text
	}
	return fmt.Sprintf("%s:%d: %s", file, x.Line, x.Text)
}

// Warned are the warnings, each with where it stands.
func (c *Config) Warned() (lines []string) {
	for _, x := range c.Warnings {
		lines = append(lines, x.in(c.File))
	}
	return lines
}

// Mistakes is everything wrong, in the file's order.
type Mistakes struct {
	File string
	List []Mistake
}

func (m *Mistakes) Error() string {
	lines := make([]string, len(m.List))
	for i, x := range m.List {
		lines[i] = x.in(m.File)
	}
	return strings.Join(lines, "\n")
}

// Load reads the file (DefaultFile, which may be absent, when file is "") and the environment. overrides, key by key, win over both.
// All mistakes come as one *Mistakes.
func Load(file string, overrides map[string]string) (*Config, error) {
	c := &Config{v: viper.New(), Teams: map[string]Team{}, Agents: map[string]Agent{}, Intents: map[string]Intent{}, Masking: map[string]string{}, Macros: map[string]string{}, Sources: map[string]Source{}, lines: map[string]int{}}
	for _, k := range Keys {
		c.v.SetDefault(k.Name, k.Default)
	}
	c.v.SetEnvPrefix("DESKBELL")
	c.v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	c.v.AutomaticEnv()
	name := file
	if name == "" {
		name = DefaultFile
	}
	m := &Mistakes{File: name}
	b, err := os.ReadFile(name)
	switch {
	case errors.Is(err, os.ErrNotExist) && file == "":
	case err != nil:
		return nil, &Mistakes{File: name, List: []Mistake{{Text: fmt.Sprintf("--config: %v", err)}}}
	default:
		c.File = name
		c.check(b, m)
	}
	for key, value := range overrides {
		c.v.Set(key, value)
	}
	c.checkValues(m)
	if len(m.List) > 0 {
		slices.SortStableFunc(m.List, func(a, b Mistake) int { return a.Line - b.Line })
		return nil, m
	}
	sum := sha256.Sum256([]byte(c.Show()))
	c.Hash = hex.EncodeToString(sum[:6])
	return c, nil
}

// Show is the configuration in force as YAML, secrets masked.
func (c *Config) Show() string {
	out := map[string]any{}
	for _, k := range Keys {
		value := c.v.Get(k.Name)
		if k.Kind == Secret {
			value = mask(c.v.GetString(k.Name))
		}
		if k.Name == "data_dir" {
			value = c.DataDir()
		}
		section, leaf, nested := strings.Cut(k.Name, ".")
		if !nested {
			out[section] = value
			continue
		}
		inner, _ := out[section].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
			out[section] = inner
		}
		if middle, last, deep := strings.Cut(leaf, "."); deep {
			m, _ := inner[middle].(map[string]any)
			if m == nil {
				m = map[string]any{}
				inner[middle] = m
			}
			m[last] = value
			continue
		}
		inner[leaf] = value
	}
	agents := map[string]Agent{}
	for name, a := range c.Agents {
		a.ConsoleToken = mask(a.ConsoleToken)
		agents[name] = a
	}
	out["teams"], out["agents"], out["intents"], out["masking"], out["macros"] = c.Teams, agents, c.Intents, c.Masking, c.Macros
	out["web"].(map[string]any)["origins"] = c.Origins
	out["trusted_proxies"] = c.Proxies
	out["retention"] = c.Retention
	for language, texts := range c.texts {
		out["texts"].(map[string]any)[language] = texts
	}
	out["web"].(map[string]any)["page_parameters"] = c.Parameters
	out["slack"].(map[string]any)["card_fields"] = c.Fields
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	_ = e.Encode(out) // plain values always encode
	return b.String()
}

func mask(s string) string {
	if s == "" {
		return ""
	}
	return "••••"
}

// Secrets are the values that must never be seen in a log.
func (c *Config) Secrets() []string {
	var all []string
	for _, k := range Keys {
		if s := c.v.GetString(k.Name); k.Kind == Secret && len(s) >= 6 {
			all = append(all, s)
		}
	}
	for _, a := range c.Agents {
		if len(a.ConsoleToken) >= 6 {
			all = append(all, a.ConsoleToken)
		}
	}
	return all
}

// DataDir is where the private PostgreSQL lives: as set, else /var/lib/deskbell as root, else under the user's data directory.
func (c *Config) DataDir() string {
	if d := c.String("data_dir"); d != "" {
		return d
	}
	if os.Getuid() == 0 {
		return "/var/lib/deskbell"
	}
	if d := os.Getenv("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "deskbell")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return filepath.Join(os.TempDir(), "deskbell")
	}
	return filepath.Join(home, ".local/share/deskbell")
}

// SlackWorkspaces are the workspaces that teams are in, sorted; those of the bot token's own are not named.
func (c *Config) SlackWorkspaces() (teams []string) {
	for _, t := range c.Teams {
		if t.SlackWorkspace != "" && !slices.Contains(teams, t.SlackWorkspace) {
			teams = append(teams, t.SlackWorkspace)
		}
	}
	slices.Sort(teams)
	return teams
}

// DefaultTeam is default_team or, with one team, that one; without any, "support".
func (c *Config) DefaultTeam() string {
	if t := c.String("default_team"); t != "" {
		return t
	}
	for name := range c.Teams {
		return name
	}
	return "support"
}
