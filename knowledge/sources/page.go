package sources

import (
	"bytes"
	"cmp"
	"net/url"
	"slices"
	"strings"

	"codeberg.org/readeck/go-readability"
	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/deskbell/deskbell/knowledge"
)

func readHTML(_ string, b []byte) (knowledge.Article, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("---")) {
		return readPage(b, nil)
	}
	said, b, err := withFront(b) // as generators of sites have it
	if err != nil {
		return said, err
	}
	a, err := readPage(b, nil)
	a.Title, a.URL, a.Language = cmp.Or(said.Title, a.Title), cmp.Or(said.URL, a.URL), cmp.Or(said.Language, a.Language)
	a.Audience, a.Tags = said.Audience, said.Tags
	return a, err
}

// boilerplate is what a page has around its content.
const boilerplate = "script, style, noscript, nav, header, footer, aside, form, iframe, template, svg, button, [hidden], [aria-hidden=true], [role=navigation], [role=banner], [role=contentinfo], [role=search], [role=dialog]," +
	" .breadcrumb, .breadcrumbs, .cookie-banner, .sidebar, .menu, .share, .social, .pagination"

// readPage reads a page's content, links and images resolved against base, the boilerplate left out: what stands in main or in articles or, on a page
// without either, what readability finds.
func readPage(b []byte, base *url.URL) (a knowledge.Article, err error) {
	tree, err := parsed(b)
	if err != nil {
		return a, err
	}
	doc := goquery.NewDocumentFromNode(tree)
	canonical, _ := doc.Find(`link[rel="canonical"]`).Attr("href")
	if base == nil {
		base, _ = url.Parse(canonical)
		a.URL = canonical
	}
	a.Language, _, _ = strings.Cut(strings.ToLower(doc.Find("html").AttrOr("lang", "")), "-")
	if len(a.Language) != 2 {
		a.Language = ""
	}
	root, articles := content(doc, b, base)
	if a.Title = spaced(root.Find("h1").First().Text()); a.Title == "" { // a logo may be one as well
		a.Title = spaced(doc.Find("h1").First().Text())
	}
	if outside := doc.Find("h1").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.Closest("article").Length() == 0 }); articles.Length() > 1 {
		a.Title = spaced(outside.First().Text()) // that of one of several is not that of the page
	}
	if a.Title == "" {
		a.Title = spaced(doc.Find("title").First().Text())
	}
	accordions(root)
	root.Find(boilerplate).Remove()
	node := &html.Node{Type: html.DocumentNode}
	root.Each(func(_ int, s *goquery.Selection) {
		part := s.Get(0)
		if part.Parent != nil {
			part.Parent.RemoveChild(part)
		}
		node.AppendChild(part)
	})
	followed(node, base)
	if articles.Length() > 1 {
		apart(articles)
	}
	a.Title, a.Sections, err = written(node, a.Title)
	return a, err
}

// content is where a page has what it is about, and the articles in there that stand in no other.
func content(doc *goquery.Document, b []byte, base *url.URL) (root, articles *goquery.Selection) {
	outermost := func(in *goquery.Selection) *goquery.Selection {
		return in.Find("article").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.Parent().Closest("article").Length() == 0 })
	}
	if root = doc.Find("main, [role=main]").First(); root.Length() > 0 {
		return root, outermost(root)
	}
	if articles = outermost(doc.Selection); articles.Length() > 0 {
		return articles, articles
	}
	root = doc.Find("body")
	if found, err := readability.FromReader(strings.NewReader(string(b)), base); err == nil && found.Node != nil && len(strings.Fields(found.TextContent)) >= 40 && root.Find("details, [aria-expanded], [data-bs-toggle], [data-toggle]").Length() == 0 {
		root = goquery.NewDocumentFromNode(found.Node).Selection // it would leave out what is folded
	}
	return root, articles
}

// apart makes sections of their own of articles: what is said in one holds for it alone.
func apart(articles *goquery.Selection) {
	articles.Each(func(_ int, s *goquery.Selection) {
		n := s.Get(0)
		heading := s.Find("h1, h2, h3, h4, h5, h6").First()
		summary := element(atom.Summary, spaced(heading.Text()))
		if heading.Length() == 0 {
			summary = element(atom.Summary, spaced(s.AttrOr("aria-label", "")))
		} else {
			heading.Remove()
		}
		details := wrapped(atom.Details, append([]*html.Node{summary}, moved(n)...)...)
		n.AppendChild(details)
	})
}

// accordions makes <details> of what folds and was written without it: a button, or a link or tab that acts as one, and the panel that it opens, which
// may be hidden.
func accordions(root *goquery.Selection) {
	ids := map[string][]*html.Node{}
	root.Find("[id]").Each(func(_ int, s *goquery.Selection) { ids[s.AttrOr("id", "")] = append(ids[s.AttrOr("id", "")], s.Get(0)) })
	hangs := func(s *goquery.Selection) bool { // it may have gone with a button around it
		for n := s.Get(0); n != nil; n = n.Parent {
			if slices.Contains(root.Nodes, n) {
				return n != s.Get(0)
			}
		}
		return false
	}
	root.Find("button, [role=button], [role=tab], a[data-toggle=collapse], a[data-bs-toggle=collapse], [aria-expanded]").Each(func(_ int, s *goquery.Selection) {
		question := spaced(s.Text())
		if question == "" || !hangs(s) || s.Closest("nav, header nav, footer, aside, form, [role=navigation], [role=dialog]").Length() > 0 {
			return
		}
		title := s
		if h := s.Closest("h1, h2, h3, h4, h5, h6, dt"); h.Length() > 0 && spaced(h.Text()) == question {
			title = h
		}
		panel := panelOf(ids, s, title)
		if panel == nil || !hangs(panel) || !hangs(title) || panel.Contains(title.Get(0)) || title.Contains(panel.Get(0)) || spaced(panel.Text()) == "" || panel.Find("nav, [role=menu]").Length() > 0 || panel.Is("nav, [role=menu]") || panel.Contains(s.Get(0)) {
			return
		}
		n := panel.Get(0)
		details := wrapped(atom.Details, element(atom.Summary, question))
		t := title.Get(0)
		t.Parent.InsertBefore(details, t)
		t.Parent.RemoveChild(t)
		if n.Parent != nil {
			n.Parent.RemoveChild(n)
		}
		panel.RemoveAttr("hidden").RemoveAttr("aria-hidden").RemoveAttr("style").RemoveAttr("role")
		if n.DataAtom == atom.Dd {
			rename(n, atom.Div)
		}
		details.AppendChild(n)
	})
}

// panelOf is what a button opens: what it names or, if it names nothing, what follows it or its heading.
func panelOf(ids map[string][]*html.Node, button, title *goquery.Selection) *goquery.Selection {
	for _, name := range []string{"aria-controls", "data-bs-target", "data-target", "href"} {
		id, is := button.Attr(name)
		if id = strings.TrimSpace(id); !is || id == "" || name == "href" && !strings.HasPrefix(id, "#") {
			continue
		}
		id = strings.TrimPrefix(id, "#")
		if found := ids[id]; len(found) == 1 {
			return goquery.NewDocumentFromNode(found[0]).Selection
		}
	}
	if _, folds := button.Attr("aria-expanded"); !folds {
		return nil
	}
	for _, s := range []*goquery.Selection{title, title.Parent()} {
		if next := s.Next(); next.Length() == 1 && !next.Is("button, h1, h2, h3, h4, h5, h6, dt, details") && next.Find("[aria-expanded]").Length() == 0 {
			return next
		}
	}
	return nil
}

// followed resolves links and images against base, if there is one, and makes words of those that no customer may be led to.
func followed(root *html.Node, base *url.URL) {
	for n := range root.Descendants() {
		if n.DataAtom != atom.A && n.DataAtom != atom.Img {
			continue
		}
		for i := range n.Attr {
			at := &n.Attr[i]
			if at.Key != "href" && at.Key != "src" {
				continue
			}
			u, err := url.Parse(strings.TrimSpace(at.Val))
			if err == nil && base != nil && base.Host != "" {
				u = base.ResolveReference(u)
				at.Val = u.String()
			}
			if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" && u.Scheme != "tel" {
				if n.DataAtom == atom.Img {
					n.AppendChild(text(attr(n, "alt")))
				}
				rename(n, atom.Span)
				n.Attr = nil
				break
			}
		}
	}
}

// readFragment reads a part of a page, such as an article's body in an export.
func readFragment(body, title string) (a knowledge.Article, err error) {
	tree, err := parsed([]byte(body))
	if err != nil {
		return a, err
	}
	root := goquery.NewDocumentFromNode(tree).Selection
	accordions(root)
	root.Find(boilerplate).Remove()
	followed(tree, nil)
	a.Title, a.Sections, err = written(tree, title)
	return a, err
}

// unescaped is a path of a URL as the file's name.
func unescaped(href string) string {
	href, _, _ = strings.Cut(href, "#")
	if u, err := url.PathUnescape(href); err == nil {
		return u
	}
	return href
}
