package configs

import (
	"cmp"
	"embed"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// Texts are what customers read, by language and key: the built-in sentences, in every language those that texts.… of the file has instead, and those that
// texts.<language>.… has in one.
func (c *Config) Texts() map[string]map[string]string {
	out := map[string]map[string]string{}
	files, _ := textFiles.ReadDir("texts")
	own := map[string]string{}
	for _, k := range Keys {
		if name, ok := strings.CutPrefix(k.Name, "texts."); ok && c.String(k.Name) != "" {
			own[name] = c.String(k.Name)
		}
	}
	for _, f := range files {
		language := strings.TrimSuffix(f.Name(), ".yaml")
		texts := builtIn(language)
		maps.Copy(texts, own)
		maps.Copy(texts, c.texts[language])
		out[language] = texts
	}
	return out
}

// Greeting is what the widget shows before the first message, in every language; "": the one of each language, or none.
func (c *Config) Greeting() string {
	if g := c.String("web.greeting"); g != find("web.greeting").Default {
		return g
	}
	return ""
}

// builtIn are the sentences that ship in a language; nil: there are none.
func builtIn(language string) map[string]string {
	b, err := textFiles.ReadFile("texts/" + language + ".yaml")
	if err != nil {
		return nil
	}
	texts := map[string]string{}
	if err := yaml.Unmarshal(b, &texts); err != nil {
		panic(err) // it is embedded above
	}
	return texts
}

var verbs = regexp.MustCompile(`%[sd]`)

// sentences reads texts.<language>: what customers read in one language instead of what ships.
func (c *Config) sentences(language string, n *yaml.Node, m *Mistakes) {
	name := "texts." + language
	if n.Kind != yaml.MappingNode {
		m.add(n.Line, "%s: expected keys below it, such as %s.offer", name, name)
		return
	}
	known := builtIn("en")
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		was, ok := known[k.Value]
		if !ok {
			m.add(k.Line, "%s.%s is not a key%s", name, k.Value, nearest(k.Value, slices.Sorted(maps.Keys(known))))
			continue
		}
		if v.Kind != yaml.ScalarNode {
			m.add(v.Line, "%s.%s: expected a text", name, k.Value)
			continue
		}
		first, _, _ := strings.Cut(was, "|")
		want := verbs.FindAllString(first, -1)
		for way := range strings.SplitSeq(v.Value, "|") {
			if got := verbs.FindAllString(way, -1); v.Value != "" && !slices.Equal(got, want) {
				m.add(v.Line, "%s.%s: got %q, expected %s in it, as in %q", name, k.Value, way, cmp.Or(strings.Join(want, " and "), "no %s or %d"), first)
			}
		}
		if v.Value == "" {
			continue
		}
		if c.texts == nil {
			c.texts = map[string]map[string]string{}
		}
		if c.texts[language] == nil {
			c.texts[language] = map[string]string{}
		}
		c.texts[language][k.Value] = v.Value
	}
}
