package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/deskbell/deskbell/"

// table says what each package may import of ours, as docs/architecture.md draws it. cmd/deskbell wires all of them. A package that
// is not here fails.
var table = map[string][]string{
	"handover":           {},
	"handover/postgres":  {"handover", "internal/pg"},
	"knowledge":          {"internal/needle"},
	"knowledge/sources":  {"knowledge", "internal/markdown"},
	"knowledge/postgres": {"knowledge", "internal/pg"},
	"copilot":            {"internal/needle", "handover", "knowledge", "copilot/linear"},
	"copilot/linear":     {},
	"copilot/eval":       {"copilot", "handover", "knowledge"},
	"cmd/licences":       {},
	"cmd/vectors":        {},
	"cmd/train":          {"copilot", "copilot/eval", "copilot/linear", "internal/pg", "knowledge", "knowledge/postgres"},
	"copilot/openai":     {"copilot", "knowledge", "internal/outside"},
	"bot":                {"handover"},
	"bot/web":            {"bot", "handover"},
	"bot/webhook":        {"bot", "handover", "internal/outside"},
	"notify":             {"handover"},
	"notify/slack":       {"notify", "handover", "internal/markdown", "internal/outside"},
	"notify/console":     {"notify", "handover", "internal/markdown"},
	"notify/email":       {"notify", "handover", "internal/outside"},
	"notify/push":        {"notify", "handover", "internal/outside"},
	"configs":            {},
	"internal/pg":        {},
	"internal/markdown":  {},
	"internal/needle":    {},
	"internal/outside":   {},
	"internal/proxy":     {},
	// Packages for tests alone, which may stand on real peers.
	"bot/bottest":                   {"bot", "handover", "handover/postgres", "internal/pg/pgtest"},
	"notify/notifytest":             {"notify", "handover", "handover/postgres", "internal/pg/pgtest"},
	"notify/slack/slacktest":        {},
	"knowledge/sources/sourcestest": {},
	"internal/pg/pgtest":            {"internal/pg"},
	"internal/cost":                 {},
}

// importers says which one folder may import each of these.
var importers = map[string][]string{
	"github.com/slack-go/slack":             {"notify/slack"},
	"github.com/sashabaranov/go-openai":     {"copilot/openai"},
	"github.com/pgvector/pgvector-go":       {"knowledge/postgres"},
	"github.com/spf13/viper":                {"configs"},
	"github.com/jackc/pgx/v5":               {"internal/pg", "internal/pg/pgtest", "handover/postgres", "knowledge/postgres", "bot/bottest", "notify/notifytest"},
	"github.com/prometheus/client_golang":   {"cmd/deskbell"},
	"github.com/wneessen/go-mail":           {"notify/email"},
	"github.com/SherClockHolmes/webpush-go": {"notify/push"},
}

// mistakes walks a tree and says which imports the table does not allow.
func mistakes(root string) (found []string, packages int, err error) {
	seen := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		pkg, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		allowed, known := table[pkg]
		switch {
		case pkg == "cmd/deskbell":
			allowed, known = slices.Collect(func(yield func(string) bool) {
				for p := range table {
					if !yield(p) {
						return
					}
				}
			}), true
		case !known && !seen[pkg]:
			found = append(found, fmt.Sprintf("%s is not in the table", pkg))
		}
		seen[pkg] = true
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, im := range f.Imports {
			name := strings.Trim(im.Path.Value, `"`)
			if ours, ok := strings.CutPrefix(name, module); ok && known && !slices.Contains(allowed, ours) {
				found = append(found, fmt.Sprintf("%s may not import %s", pkg, ours))
			}
			for lib, folders := range importers {
				if (name == lib || strings.HasPrefix(name, lib+"/")) && !slices.Contains(folders, pkg) {
					found = append(found, fmt.Sprintf("%s may not import %s", pkg, lib))
				}
			}
			if pkg == "handover" && strings.HasPrefix(name, "net/http") {
				found = append(found, "handover may not import net/http")
			}
		}
		return nil
	})
	return found, len(seen), err
}

func TestImportsKeepToTheTable(t *testing.T) {
	t.Parallel()
	found, packages, err := mistakes("../..")
	if err != nil || packages < 10 {
		t.Fatalf("%d packages, %v", packages, err)
	}
	for _, m := range found {
		t.Error(m)
	}
}

func TestTheTableRefusesAForbiddenImportAndAnUnlistedPackage(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for path, text := range map[string]string{
		"bot/bot.go":           "package bot\nimport _ \"" + module + "copilot\"\n",
		"handover/handover.go": "package handover\nimport _ \"net/http\"\nimport _ \"github.com/jackc/pgx/v5/pgxpool\"\n",
		"util/util.go":         "package util\n",
		"bot/web/web.go":       "package web\nimport _ \"github.com/slack-go/slack\"\n",
	} {
		file := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, _, err := mistakes(root)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	want := []string{
		"bot may not import copilot", "bot/web may not import github.com/slack-go/slack", "handover may not import github.com/jackc/pgx/v5", "handover may not import net/http", "util is not in the table",
	}
	if !slices.Equal(found, want) {
		t.Fatal(strings.Join(found, "\n"))
	}
}
