package sources

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	gmhtml "github.com/yuin/goldmark/renderer/html"
	"go.yaml.in/yaml/v3"

	"github.com/deskbell/deskbell/internal/markdown"
	"github.com/deskbell/deskbell/knowledge"
)

// front is what the YAML at the head of a Markdown file may say.
type front struct {
	Title, URL, Language         string
	Audience, Visibility, Status string
	Tags                         tagList
	Draft                        bool
	Published                    *bool
}

// tagList is a list of tags, or one written with commas.
type tagList []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (t *tagList) UnmarshalYAML(n *yaml.Node) error {
	var all []string
	if n.Kind == yaml.ScalarNode {
		var one string
		if err := n.Decode(&one); err != nil {
			return err
		}
		*t = tagsOf(one)
		return nil
	}
	if err := n.Decode(&all); err != nil {
		return err
	}
	*t = all
	return nil
}

// tagsOf are the tags of a text with commas between them or, without any, spaces.
func tagsOf(s string) (all []string) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '|' })
	if len(parts) == 1 {
		parts = strings.Fields(s)
	}
	for _, t := range parts {
		if t = strings.TrimSpace(t); t != "" {
			all = append(all, t)
		}
	}
	return all
}

// frontMatter is the YAML between two lines of --- (or, at its end, ...) with which a file begins; spaces behind them change nothing.
var frontMatter = regexp.MustCompile(`(?s)\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\z)`)

// errDraft is the error of an article that says it is not to be served.
var errDraft = errors.New("a draft, which is not served")

// fromMarkdown makes HTML of Markdown as editors and generators write it; fromCells of what stands in a cell, whose lines are meant as they are.
var (
	extensions   = goldmark.WithExtensions(extension.Table, extension.TaskList, extension.DefinitionList, extension.Footnote)
	fromMarkdown = goldmark.New(extensions, goldmark.WithRendererOptions(gmhtml.WithUnsafe()))
	fromCells    = goldmark.New(extensions, goldmark.WithRendererOptions(gmhtml.WithUnsafe(), gmhtml.WithHardWraps()))
)

func readMarkdown(_ string, b []byte) (a knowledge.Article, err error) {
	if a, b, err = withFront(b); err != nil {
		return a, err
	}
	a.Title, a.Sections, err = markdownSections(string(b), a.Title)
	return a, err
}

// withFront reads what a file says of itself at its head, and returns the rest. What cannot be read there refuses the file.
func withFront(b []byte) (a knowledge.Article, rest []byte, err error) {
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n")) // as other editors end lines: "audience: internal" must not be missed for it
	from := bytes.TrimLeft(b, " \t\n")
	if bytes.HasPrefix(from, []byte("+++\n")) {
		return a, nil, refusal{"front matter in TOML is not read", "write it as YAML, between two lines of ---"}
	}
	m := frontMatter.FindSubmatchIndex(from)
	if m == nil {
		return a, b, nil
	}
	head, body := from[max(0, m[2]):max(0, m[3])], from[m[1]:]
	if len(head) == 0 {
		return a, b, nil
	}
	var node yaml.Node
	var f front
	if err = yaml.Unmarshal(head, &node); err == nil && len(node.Content) == 1 && node.Content[0].Kind == yaml.MappingNode {
		for i := 0; i < len(node.Content[0].Content); i += 2 {
			node.Content[0].Content[i].Value = strings.ToLower(node.Content[0].Content[i].Value)
		}
		err = node.Decode(&f)
	} else if err == nil { // a line, text and a line
		return a, b, nil
	}
	if err != nil {
		return a, nil, fmt.Errorf("front matter: %w", err)
	}
	state := map[string][]string{}
	if f.Status != "" {
		state["status"] = []string{f.Status}
	}
	if f.Draft || f.Published != nil && !*f.Published {
		return a, nil, errDraft
	}
	if err := served(func(part string) []string { return state[part] }); err != nil {
		return a, nil, err
	}
	switch audience := plainName(cmp.Or(f.Audience, f.Visibility)); {
	case audience == "" || everybody[audience]:
		if audience != "" {
			a.Audience = knowledge.ForAll
		}
	case ourselves[audience]:
		a.Audience = knowledge.Internal
	default:
		return a, nil, fmt.Errorf("front matter: audience %q: expected public or internal", cmp.Or(f.Audience, f.Visibility))
	}
	a.Title, a.URL, a.Language, a.Tags = spaced(f.Title), f.URL, f.Language, f.Tags
	return a, body, nil
}

func markdownSections(body, title string) (string, []knowledge.Section, error) {
	return sectionsFrom(fromMarkdown, body, title)
}

func cellSections(body, title string) (string, []knowledge.Section, error) {
	return sectionsFrom(fromCells, body, title)
}

// embedded is a picture in the text itself, which nobody reads.
var embedded = regexp.MustCompile(`data:[a-z]+/[^)\s>"']+`)

func sectionsFrom(reader goldmark.Markdown, body, title string) (string, []knowledge.Section, error) {
	bounded, is := markdown.Bounded(embedded.ReplaceAllString(body, "data:"))
	if !is { // no links and no headings, but words to be found by
		return title, flat(bounded), nil
	}
	var page bytes.Buffer
	if err := reader.Convert([]byte(bounded), &page); err != nil {
		return "", nil, err
	}
	root, err := parsed(page.Bytes())
	if err != nil {
		return "", nil, err
	}
	if strings.Contains(body, "aria-") {
		accordions(goquery.NewDocumentFromNode(root).Selection)
	}
	followed(root, nil)
	return written(root, title)
}

// readText reads a plain text: its first line is its title, if it is short and more follows.
func readText(_ string, b []byte) (knowledge.Article, error) {
	title, rest, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(string(b), "\r\n", "\n")), "\n")
	if len(strings.Fields(title)) > 15 || strings.TrimSpace(rest) == "" {
		return knowledge.Article{Sections: flat(string(b))}, nil
	}
	return knowledge.Article{Title: strings.TrimSpace(title), Sections: flat(rest)}, nil
}
