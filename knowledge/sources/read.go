// Package sources reads articles from where they are kept: files, folders, sites.
package sources

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"codeberg.org/readeck/go-readability"
	htmltomarkdown "github.com/JohannesKaufmann/html-to-markdown/v2"
	"github.com/PuerkitoBio/goquery"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	gmtext "github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"

	"github.com/deskbell/deskbell/internal/markdown"
	"github.com/deskbell/deskbell/knowledge"
)

// maxFile is more than a page of help ever has.
const maxFile = 10 << 20

// Read reads the articles of a file or a directory: Markdown (.md), HTML (.html), text (.txt), question–answer pairs (.csv with a
// header, .jsonl). Files of other kinds are returned as skipped. What cannot be read is an error that names the file and line. base, which may
// be "", is the address below which the files are published: an article that names no URL of its own gets its own there. Links between files
// become links to their URLs.
func Read(path, base string) (articles []knowledge.Article, skipped []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		articles, skipped, err = readDir(path)
	} else {
		var known bool
		if articles, known, err = readFile(path, filepath.Base(path)); err == nil && !known {
			err = fmt.Errorf("%s: expected .md, .html, .txt, .csv or .jsonl", path)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	placed(articles, base)
	resolve(articles)
	return articles, skipped, nil
}

func readDir(path string) (articles []knowledge.Article, skipped []string, err error) {
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && p != path {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() || !d.Type().IsRegular() {
			return nil
		}
		key, err := filepath.Rel(path, p)
		if err != nil {
			return err
		}
		a, known, err := readFile(p, filepath.ToSlash(key))
		if errors.Is(err, errDraft) {
			known, err = false, nil
			key += " (a draft)"
		}
		if !known {
			skipped = append(skipped, key)
		}
		articles = append(articles, a...)
		return err
	})
	if err == nil && len(articles) == 0 {
		err = fmt.Errorf("%s: no articles found (expected .md, .html, .txt, .csv or .jsonl)", path)
	}
	return articles, skipped, err
}

func readFile(path, key string) (articles []knowledge.Article, known bool, err error) {
	var read func(key string, b []byte) ([]knowledge.Article, error)
	switch strings.ToLower(filepath.Ext(path)) {
	case ".md", ".markdown":
		read = one(readMarkdown)
	case ".html", ".htm":
		read = one(readHTML)
	case ".txt":
		read = one(readText)
	case ".csv":
		read = readCSV
	case ".jsonl":
		read = readJSONL
	default:
		return nil, false, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, true, err
	}
	if info.Size() > maxFile {
		return nil, true, fmt.Errorf("%s: %d MiB is more than an article may have (%d MiB)", path, info.Size()>>20, maxFile>>20)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, true, err
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(b) {
		return nil, true, fmt.Errorf("%s: not UTF-8; convert it, for example with iconv", path)
	}
	articles, err = read(key, bytes.ReplaceAll(b, []byte{0}, nil))
	if err != nil {
		return nil, true, fmt.Errorf("%s: %w", path, err)
	}
	return articles, true, nil
}

func one(read func(key string, b []byte) (knowledge.Article, error)) func(string, []byte) ([]knowledge.Article, error) {
	return func(key string, b []byte) ([]knowledge.Article, error) {
		a, err := read(key, b)
		if a.Title == "" {
			a.Title = strings.ReplaceAll(strings.TrimSuffix(filepath.Base(key), filepath.Ext(key)), "-", " ")
		}
		if a.Audience == "" {
			a.Audience = knowledge.ForAll
		}
		a.Key = key
		return []knowledge.Article{a}, err
	}
}

// front is what the YAML at the head of a Markdown file may say.
type front struct {
	Title, URL, Language string
	Audience             knowledge.Audience
	Tags                 []string
	Draft                bool
	Published            *bool
}

// frontMatter is the YAML between two lines of --- (or, at its end, ...) with which a file begins; spaces behind them change nothing.
var frontMatter = regexp.MustCompile(`(?s)\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\z)`)

// errDraft is the error of an article that says it is not to be served.
var errDraft = errors.New("a draft, which is not served")

func readMarkdown(_ string, b []byte) (a knowledge.Article, err error) {
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) // as other editors end lines: "audience: internal" must not be missed for it
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
			a.Title, a.URL, a.Audience, a.Language, a.Tags, b = f.Title, f.URL, f.Audience, f.Language, f.Tags, body
		}
	}
	text, is := markdown.Bounded(string(b))
	if !is { // no links and no headings, but words to be found by
		a.Sections = []knowledge.Section{{Text: strings.TrimSpace(text)}}
		return a, nil
	}
	b = []byte(inline(text))
	doc := goldmark.New().Parser().Parse(gmtext.NewReader(b))
	var path []string
	var levels []int
	start := 0
	flush := func(end int) {
		if text := strings.TrimSpace(string(b[start:end])); text != "" {
			a.Sections = append(a.Sections, knowledge.Section{Heading: strings.Join(path, " › "), Text: text})
		}
	}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok || h.Lines().Len() == 0 {
			continue
		}
		line := h.Lines().At(0)
		from := bytes.LastIndexByte(b[:line.Start], '\n') + 1
		flush(from)
		text := string(line.Value(b))
		start = line.Stop
		if end := bytes.IndexByte(b[line.Stop:], '\n'); end >= 0 {
			start = line.Stop + end + 1
		}
		if a.Title == "" && h.Level == 1 {
			a.Title = strings.TrimSpace(text)
			continue
		}
		for len(levels) > 0 && levels[len(levels)-1] >= h.Level {
			levels, path = levels[:len(levels)-1], path[:len(path)-1]
		}
		if text = strings.TrimSpace(text); text != a.Title {
			levels, path = append(levels, h.Level), append(path, text)
		}
	}
	flush(len(b))
	return a, nil
}

func readHTML(_ string, b []byte) (knowledge.Article, error) {
	a, err := readPage(b, nil)
	return a, err
}

// boilerplate is what a page has around its content.
const boilerplate = "script, style, noscript, nav, header, footer, aside, form, iframe, template, svg, button, [hidden], [aria-hidden=true], [role=navigation], [role=banner], [role=contentinfo], [role=search]," +
	" .breadcrumb, .breadcrumbs, .cookie-banner, .sidebar, .menu, .share, .social, .pagination"

// readPage reads a page's content as Markdown, links and images resolved against base, the boilerplate left out: what stands in main or
// article or, on a page without either, what readability finds.
func readPage(b []byte, base *url.URL) (a knowledge.Article, err error) {
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(b))
	if err != nil {
		return a, err
	}
	canonical, _ := doc.Find(`link[rel="canonical"]`).Attr("href")
	if base == nil {
		base, _ = url.Parse(canonical)
		a.URL = canonical
	}
	a.Language, _, _ = strings.Cut(strings.ToLower(doc.Find("html").AttrOr("lang", "")), "-")
	if len(a.Language) != 2 {
		a.Language = ""
	}
	a.Title = strings.Join(strings.Fields(doc.Find("h1").First().Text()), " ")
	if a.Title == "" {
		a.Title = strings.Join(strings.Fields(doc.Find("title").First().Text()), " ")
	}
	root := doc.Find("main, article, [role=main]").First()
	if root.Length() == 0 {
		root = doc.Find("body")
		if found, err := readability.FromReader(bytes.NewReader(b), base); err == nil && found.Node != nil && len(strings.Fields(found.TextContent)) >= 40 {
			root = goquery.NewDocumentFromNode(found.Node).Selection
		}
	}
	root.Find(boilerplate).Remove()
	if base != nil && base.Host != "" {
		for _, at := range []string{"href", "src"} {
			root.Find("[" + at + "]").Each(func(_ int, s *goquery.Selection) {
				if u, err := base.Parse(s.AttrOr(at, "")); err == nil {
					s.SetAttr(at, u.String())
				}
			})
		}
	}
	root.Find("a[href]").Each(func(_ int, s *goquery.Selection) {
		if u, err := url.Parse(s.AttrOr("href", "")); err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" && u.Scheme != "tel" {
			s.RemoveAttr("href")
		}
	})
	content, err := root.Html()
	if err != nil {
		return a, err
	}
	text := root.Text()
	if _, is := markdown.Bounded(text); is { // else its words alone: escaping them would take the square of their number
		if text, err = htmltomarkdown.ConvertString(content); err != nil {
			return a, err
		}
	}
	if title := a.Title; title != "" {
		sections, err := readMarkdown("", []byte(text))
		sections.Title, sections.URL, sections.Language = title, a.URL, a.Language
		for i, s := range sections.Sections {
			sections.Sections[i].Heading = strings.TrimPrefix(strings.TrimPrefix(s.Heading, title), " › ")
		}
		return sections, err
	}
	sections, err := readMarkdown("", []byte(text))
	sections.URL, sections.Language = a.URL, a.Language
	return sections, err
}

func readText(_ string, b []byte) (knowledge.Article, error) {
	title, rest, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	if len(strings.Fields(title)) > 15 || strings.TrimSpace(rest) == "" {
		return knowledge.Article{Sections: []knowledge.Section{{Text: strings.TrimSpace(string(b))}}}, nil
	}
	return knowledge.Article{Title: strings.TrimSpace(title), Sections: []knowledge.Section{{Text: strings.TrimSpace(rest)}}}, nil
}

// pair is a question with its answer.
type pair struct {
	Question, Answer, URL, Language string
	Audience                        knowledge.Audience
	Tags                            []string
}

func (p pair) article(key string, n int) (knowledge.Article, error) {
	if strings.TrimSpace(p.Question) == "" || strings.TrimSpace(p.Answer) == "" {
		return knowledge.Article{}, fmt.Errorf("line %d: expected a question and an answer", n)
	}
	if p.Audience == "" {
		p.Audience = knowledge.ForAll
	}
	if p.Audience != knowledge.ForAll && p.Audience != knowledge.Internal {
		return knowledge.Article{}, fmt.Errorf("line %d: audience %q: expected public or internal", n, p.Audience)
	}
	return knowledge.Article{Key: fmt.Sprintf("%s#%d", key, n), Title: strings.TrimSpace(p.Question), URL: p.URL, Audience: p.Audience, Language: p.Language, Tags: p.Tags, Sections: []knowledge.Section{{Text: inline(strings.TrimSpace(p.Answer))}}}, nil
}

func readCSV(key string, b []byte) (articles []knowledge.Article, err error) {
	r := csv.NewReader(bytes.NewReader(b))
	head, err := r.Read()
	if err != nil {
		return nil, err
	}
	column := map[string]int{}
	for i, h := range head {
		column[strings.ToLower(strings.TrimSpace(h))] = i
	}
	if _, ok := column["question"]; !ok {
		return nil, fmt.Errorf("line 1: expected the columns question and answer (and perhaps url, audience, language, tags), got %s", strings.Join(head, ", "))
	}
	if _, ok := column["answer"]; !ok {
		return nil, errors.New("line 1: expected a column answer")
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return articles, nil
		}
		if err != nil {
			return nil, err
		}
		at := func(name string) string {
			if i, ok := column[name]; ok && i < len(row) {
				return row[i]
			}
			return ""
		}
		n, _ := r.FieldPos(0)
		a, err := pair{Question: at("question"), Answer: at("answer"), URL: at("url"), Audience: knowledge.Audience(at("audience")), Language: at("language"), Tags: strings.Fields(strings.ReplaceAll(at("tags"), ",", " "))}.article(key, n)
		if err != nil {
			return nil, err
		}
		articles = append(articles, a)
	}
}

func readJSONL(key string, b []byte) (articles []knowledge.Article, err error) {
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, maxFile)
	for n := 1; s.Scan(); n++ {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var p pair
		if err := json.Unmarshal(s.Bytes(), &p); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		a, err := p.article(key, n)
		if err != nil {
			return nil, err
		}
		articles = append(articles, a)
	}
	return articles, s.Err()
}
