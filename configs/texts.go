package configs

import (
	"embed"
	"maps"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// Texts are what customers read, by language and key: the built-in sentences, and in every language those that texts.… of the file has instead.
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
		b, _ := textFiles.ReadFile("texts/" + f.Name())
		texts := map[string]string{}
		if err := yaml.Unmarshal(b, &texts); err != nil {
			panic(err) // it is embedded above
		}
		maps.Copy(texts, own)
		out[strings.TrimSuffix(f.Name(), ".yaml")] = texts
	}
	return out
}
