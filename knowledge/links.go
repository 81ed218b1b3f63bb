package knowledge

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	gmtext "github.com/yuin/goldmark/text"
)

var (
	// inlineLink is [text](destination "title") or, with ! before it, an image; its text may hold an image.
	inlineLink = regexp.MustCompile(`(!?)\[((?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\]\(\s*(?:<([^<>\n]*)>|([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)`)
	// reference is [text][label], [label][] or [label]; definition is what gives a label its destination.
	reference  = regexp.MustCompile(`\[((?:[^\[\]\\]|\\.)*)\](?:\[([^\[\]]*)\])?(\(?)`)
	definition = regexp.MustCompile(`(?m)^ {0,3}\[([^\[\]\n]+)\]:[ \t]*<?([^\s<>]+)>?(?:[ \t]+(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*(?:\n|$)`)
)

// inline makes inline links of references, whose definitions may stand in another section.
func inline(text string) string {
	to := map[string]string{}
	text = outsideCode(text, definition, func(m []string) string {
		if label := strings.ToLower(m[1]); to[label] == "" && !strings.HasPrefix(label, "^") { // a footnote is none
			to[label] = m[2]
			return ""
		}
		return m[0]
	})
	if len(to) == 0 {
		return text
	}
	return outsideCode(text, reference, func(m []string) string {
		label := m[2]
		if label == "" {
			label = m[1]
		}
		if dest := to[strings.ToLower(label)]; dest != "" && m[3] == "" { // not an inline link already
			return "[" + m[1] + "](" + dest + ")"
		}
		return m[0]
	})
}

// outsideCode replaces what matches outside code; m holds the match and its groups.
func outsideCode(text string, pattern *regexp.Regexp, replace func(m []string) string) string {
	if !pattern.MatchString(text) {
		return text
	}
	source := []byte(text)
	var code [][2]int
	_ = ast.Walk(goldmark.New().Parser().Parse(gmtext.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			if l := n.Lines(); entering && l.Len() > 0 {
				code = append(code, [2]int{l.At(0).Start, l.At(l.Len() - 1).Stop})
			}
		case *ast.CodeSpan:
			for c := n.FirstChild(); entering && c != nil; c = c.NextSibling() {
				if t, is := c.(*ast.Text); is {
					code = append(code, [2]int{t.Segment.Start, t.Segment.Stop})
				}
			}
		}
		return ast.WalkContinue, nil
	})
	var b strings.Builder
	at := 0
next:
	for _, m := range pattern.FindAllStringSubmatchIndex(text, -1) {
		for _, c := range code {
			if m[0] < c[1] && c[0] < m[1] {
				continue next
			}
		}
		groups := make([]string, len(m)/2)
		for i := range groups {
			if m[2*i] >= 0 {
				groups[i] = text[m[2*i]:m[2*i+1]]
			}
		}
		b.WriteString(text[at:m[0]])
		b.WriteString(replace(groups))
		at = m[1]
	}
	return b.String() + text[at:]
}

// resolve makes the links and images of articles such that a customer can follow them: to the pages of other articles, or to where the article
// itself stands. One that leads nowhere leaves its text, an image its description.
func resolve(articles []Article) {
	pages := map[string]string{}
	for _, a := range articles {
		pages[a.Key] = a.URL
		pages[strings.TrimSuffix(a.Key, path.Ext(a.Key))] = a.URL
	}
	for _, a := range articles {
		for i := range a.Sections {
			a.Sections[i].Text = followable(a.Sections[i].Text, func(to string) string { return destination(a, to, pages) })
		}
	}
}

func followable(text string, destination func(string) string) string {
	return outsideCode(text, inlineLink, func(m []string) string {
		to := destination(m[3] + m[4])
		label := m[2]
		if m[1] == "" {
			label = followable(label, destination)
		}
		if to == "" {
			return label
		}
		return m[1] + "[" + label + "](" + to + ")"
	})
}

// destination is where a link of an article leads; "" when a customer cannot get there.
func destination(a Article, to string, pages map[string]string) string {
	u, err := url.Parse(to)
	switch {
	case err != nil:
		return ""
	case u.Scheme != "":
		if u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "mailto" || u.Scheme == "tel" {
			return to
		}
		return ""
	}
	if u.Host == "" && u.Path != "" {
		key := path.Join(path.Dir(a.Key), u.Path)
		if strings.HasPrefix(u.Path, "/") {
			key = strings.TrimPrefix(path.Clean(u.Path), "/")
		}
		for _, k := range []string{key, strings.TrimSuffix(key, path.Ext(key)), path.Join(key, "index"), path.Join(key, "README")} {
			if page, known := pages[k]; known {
				if page == "" {
					return ""
				}
				if u.Fragment != "" {
					page += "#" + u.EscapedFragment()
				}
				return page
			}
		}
	}
	base, err := url.Parse(a.URL)
	if err != nil || a.URL == "" {
		return ""
	}
	return base.ResolveReference(u).String()
}

// placed gives articles without a URL the one that they have below base: of Markdown without the file's ending.
func placed(articles []Article, base string) {
	for i, a := range articles {
		key := a.Key
		if base == "" || a.URL != "" || strings.Contains(key, "#") { // a row of a table has no page
			continue
		}
		if ext := strings.ToLower(path.Ext(key)); ext == ".md" || ext == ".markdown" {
			key = strings.TrimSuffix(key, path.Ext(key))
		}
		articles[i].URL = strings.TrimSuffix(base, "/") + "/" + (&url.URL{Path: key}).EscapedPath()
	}
}
