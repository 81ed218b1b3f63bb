package sources

import (
	"bytes"
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
	Title, URL, Language string
	Audience             knowledge.Audience
	Tags                 tagList
	Draft                bool
	Published            *bool
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
	extensions   = goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList, extension.DefinitionList, extension.Footnote)
	fromMarkdown = goldmark.New(extensions, goldmark.WithRendererOptions(gmhtml.WithUnsafe()))
	fromCells    = goldmark.New(extensions, goldmark.WithRendererOptions(gmhtml.WithUnsafe(), gmhtml.WithHardWraps()))
)

func readMarkdown(_ string, b []byte) (a knowledge.Article, err error) {
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n")) // as other editors end lines: "audience: internal" must not be missed for it
	if m := frontMatter.FindSubmatchIndex(b); m != nil {
		if head, body := b[max(0, m[2]):max(0, m[3])], b[m[1]:]; len(head) > 0 {
			var f front
			if err := yaml.Unmarshal(head, &f); err != nil {
				return a, fmt.Errorf("front matter: %w", err)
			}
			if f.Draft || f.Published != nil && !*f.Published {
				return a, errDraft
			}
			if f.Audience != "" && f.Audience != knowledge.ForAll && f.Audience != knowledge.Internal {
				return a, fmt.Errorf("front matter: audience %q: expected public or internal", f.Audience)
			}
			a.Title, a.URL, a.Audience, a.Language, a.Tags, b = spaced(f.Title), f.URL, f.Audience, f.Language, f.Tags, body
		}
	}
	a.Title, a.Sections, err = markdownSections(string(b), a.Title)
	return a, err
}

func markdownSections(body, title string) (string, []knowledge.Section, error) {
	return sectionsFrom(fromMarkdown, body, title)
}

func cellSections(body, title string) (string, []knowledge.Section, error) {
	return sectionsFrom(fromCells, body, title)
}

func sectionsFrom(reader goldmark.Markdown, body, title string) (string, []knowledge.Section, error) {
	bounded, is := markdown.Bounded(body)
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
