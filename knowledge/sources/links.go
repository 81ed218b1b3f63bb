package sources

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	gmtext "github.com/yuin/goldmark/text"

	"github.com/deskbell/deskbell/knowledge"
)

// inlineLink is [text](destination "title") or, with ! before it, an image; its text may hold an image.
var inlineLink = regexp.MustCompile(`(!?)\[((?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\]\(\s*(?:<([^<>\n]*)>|([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)`)

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
	at, next := 0, 0
	for _, m := range pattern.FindAllStringSubmatchIndex(text, -1) {
		for next < len(code) && code[next][1] <= m[0] {
			next++
		}
		if next < len(code) && code[next][0] <= m[0] { // a link may have code in its text
			continue
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

// page is where an article can be read, and by whom.
type page struct {
	url      string
	audience knowledge.Audience
}

// resolve makes the links and images of articles such that a customer can follow them: to the pages of other articles, or to where the article
// itself stands. One that leads nowhere leaves its text, an image its description.
func resolve(articles []knowledge.Article) {
	pages := map[string]page{}
	for _, a := range articles {
		to := page{a.URL, a.Audience}
		pages[a.Key], pages[strings.TrimSuffix(a.Key, path.Ext(a.Key))] = to, to
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
		if strings.ContainsAny(to, " ()") {
			to = "<" + to + ">"
		}
		return m[1] + "[" + label + "](" + to + ")"
	})
}

// destination is where a link of an article leads; "" when a customer cannot get there.
func destination(a knowledge.Article, to string, pages map[string]page) string {
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
			p, known := pages[k]
			switch {
			case !known:
			case p.url == "" || p.audience == knowledge.Internal && a.Audience != knowledge.Internal:
				return ""
			case u.Fragment != "":
				return p.url + "#" + u.EscapedFragment()
			default:
				return p.url
			}
		}
		if ext := strings.ToLower(path.Ext(u.Path)); ext == ".md" || ext == ".markdown" { // a file that was not imported: such are not published
			return ""
		}
	}
	base, err := url.Parse(a.URL)
	if err != nil || a.URL == "" {
		return ""
	}
	return base.ResolveReference(u).String()
}

// placed gives articles without a URL the one that they have below base: of Markdown without the file's ending.
func placed(articles []knowledge.Article, base string) {
	for i, a := range articles {
		key := a.Key
		if base == "" || a.URL != "" || strings.Contains(key, "#") || strings.Contains(key, ".epub/") || strings.Contains(key, ".zip/") { // what is within a file has no page of its own
			continue
		}
		if ext := strings.ToLower(path.Ext(key)); ext == ".md" || ext == ".markdown" {
			key = strings.TrimSuffix(key, path.Ext(key))
		}
		articles[i].URL = strings.TrimSuffix(base, "/") + "/" + (&url.URL{Path: key}).EscapedPath()
	}
}
