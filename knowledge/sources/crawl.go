package sources

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/temoto/robotstxt"
	"golang.org/x/net/html/charset"
	"golang.org/x/time/rate"

	"github.com/deskbell/deskbell/knowledge"
)

// CrawlOptions bound a crawl.
type CrawlOptions struct {
	PerSecond    float64       // requests to the site, default 2; its robots.txt may ask for fewer
	MaxPages     int           // default 2,000
	MaxPage      int64         // bytes of one page, default 5 MiB: a longer one is skipped
	Timeout      time.Duration // of one request, default 20 s
	AllowPrivate bool          // addresses of this machine and its networks may be asked
	Progress     func(done, known int)
}

func (o CrawlOptions) or() CrawlOptions {
	if o.PerSecond <= 0 {
		o.PerSecond = 2
	}
	if o.MaxPages <= 0 {
		o.MaxPages = 2000
	}
	if o.MaxPage <= 0 {
		o.MaxPage = 5 << 20
	}
	if o.Timeout <= 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	return o
}

// agent is how the crawler names itself, in requests and to robots.txt.
const agent = "Deskbell"

// Crawl reads a site's pages: those of a sitemap when start is one (.xml, .xml.gz), else start and what it links to below it. It keeps to robots.txt,
// to what pages say of themselves to robots, and to its own pace. A page that is not to be read is skipped, one that cannot be read now is refused, and
// both are named; a start that cannot be read is an error.
func Crawl(ctx context.Context, start string, o CrawlOptions) (*Gathered, error) {
	o = o.or()
	from, err := url.Parse(start)
	if err != nil || from.Host == "" || from.Scheme != "http" && from.Scheme != "https" {
		return nil, fmt.Errorf("%q: expected http://… or https://…", start)
	}
	c := &crawler{o: o, client: SafeClient(o.AllowPrivate, o.Timeout), limit: rate.NewLimiter(rate.Limit(o.PerSecond), 1), from: from, robots: map[string]*robotstxt.Group{}, seen: map[string]bool{}, g: &Gathered{gone: map[string]bool{}}}
	c.client.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		if len(via) >= 5 {
			return errors.New("more than five redirects")
		}
		return nil
	}
	if strings.HasSuffix(from.Path, ".xml") || strings.HasSuffix(from.Path, ".xml.gz") {
		if err := c.sitemap(ctx, from, 0); err != nil {
			return nil, fmt.Errorf("sitemap: %w", err)
		}
	} else {
		c.follow = true
		c.push(from)
	}
	var pages []crawled
	keys := map[string]bool{}
	for done := 0; len(c.queue) > 0; done++ {
		u := c.queue[0]
		c.queue = c.queue[1:]
		p, err := c.page(ctx, u)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && done == 0 && c.follow && !errors.As(err, new(unwanted)):
			return nil, fmt.Errorf("%s: %w", u, err)
		case err != nil:
			c.leave(u.String(), err)
		case len(p.Sections) == 0:
			c.skip(u.String(), "nothing in it to read")
		case !keys[p.Key]:
			keys[p.Key] = true
			pages = append(pages, p)
		}
		o.Progress(done+1, done+1+len(c.queue))
	}
	c.once(pages)
	c.g.storable()
	c.g.partly = c.g.partly || len(c.g.Refused) > 0
	if len(c.g.Articles) == 0 {
		return c.g, fmt.Errorf("%s: no readable page found (%d skipped, %d refused)", start, len(c.g.Skipped), len(c.g.Refused))
	}
	return c.g, nil
}

// crawled is a page that was read.
type crawled struct {
	knowledge.Article
	canonical string // the address that it says is its own; "": it says none
}

// once takes each page once: of equal ones, that which has the address that they say is theirs or, failing that, the first.
func (c *crawler) once(pages []crawled) {
	said := func(p crawled) string {
		var b strings.Builder
		for _, s := range p.Sections {
			b.WriteString(s.Heading + "\x00" + s.Text + "\x00")
		}
		return p.Title + "\x00" + b.String()
	}
	own := func(p crawled) bool { return p.canonical == "" || p.canonical == p.Key }
	by := map[string]int{} // by what it says
	var taken []crawled
	copies := map[int][]string{}
	for _, p := range pages {
		i, known := by[said(p)]
		if !known {
			by[said(p)] = len(taken)
			taken = append(taken, p)
			continue
		}
		if own(p) && !own(taken[i]) {
			p, taken[i] = taken[i], p
		}
		copies[i] = append(copies[i], p.Key)
	}
	for i, p := range taken {
		c.g.Articles = append(c.g.Articles, p.Article)
		for _, at := range copies[i] {
			c.skip(at, "a copy of "+p.Key)
		}
	}
}

type crawler struct {
	o      CrawlOptions
	client *http.Client
	limit  *rate.Limiter
	from   *url.URL
	follow bool
	begun  bool // the start is read
	robots map[string]*robotstxt.Group
	seen   map[string]bool
	queue  []*url.URL
	g      *Gathered
}

func (c *crawler) skip(u, why string) {
	c.g.Skipped = append(c.g.Skipped, Remark{Where: u, What: why})
	c.g.gone[u] = true
}

// unwanted is the error of a page that is not to be read, as the site says, or that is no more.
type unwanted string

func (u unwanted) Error() string { return string(u) }

// leave says why a page is not among the articles. What may be read another time keeps what an earlier import had of it.
func (c *crawler) leave(u string, err error) {
	if errors.As(err, new(unwanted)) {
		c.skip(u, err.Error())
		return
	}
	c.g.reject(u, u, err)
}

// push queues a page once, of this site alone.
func (c *crawler) push(u *url.URL) {
	v := *u
	v.Fragment, v.RawFragment = "", ""
	key := v.String()
	if c.seen[key] || v.Host != c.from.Host || v.Scheme != "http" && v.Scheme != "https" {
		return
	}
	if c.follow && !below(v.Path, c.from.Path) {
		return
	}
	c.seen[key] = true
	if len(c.seen) > c.o.MaxPages {
		if len(c.seen) == c.o.MaxPages+1 {
			c.g.partly = true
			c.skip(key, fmt.Sprintf("more than %d pages: the rest is left out (--max-pages)", c.o.MaxPages))
		}
		return
	}
	c.queue = append(c.queue, &v)
}

// below is whether a path stands where a start does or below it: "/help" has "/help/a", not "/products", and neither "/helpers"; "/help/index.html" has
// all of "/help/".
func below(at, start string) bool {
	if strings.Contains(path.Base(start), ".") {
		start = path.Dir(start)
	}
	start = strings.TrimSuffix(start, "/")
	return at == start || strings.HasPrefix(at, start+"/")
}

// documents are the kinds of files that a site may have beside pages, by their ending.
var documents = map[string]string{"application/pdf": ".pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx", "application/vnd.oasis.opendocument.text": ".odt"}

// documentTimes is how many times as long as a page a document may be.
const documentTimes = 10

// get fetches at the site's pace, no more than the cap; the body is decoded to UTF-8 when it is a text.
func (c *crawler) get(ctx context.Context, u *url.URL, limit int64) (body []byte, head http.Header, final *url.URL, kind string, err error) {
	if err := c.limit.Wait(ctx); err != nil {
		return nil, nil, nil, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, nil, "", err
	}
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Accept", "text/html, text/plain, text/markdown, application/xml;q=0.9")
	res, err := c.client.Do(req)
	if err != nil {
		return nil, nil, nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, nil, nil, "", unwanted("the site answered " + res.Status)
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, nil, nil, "", refusal{"the site answered " + res.Status, "it asks for a login, or turns us away"}
	default:
		return nil, nil, nil, "", refusal{"the site answered " + res.Status, "try again later"}
	}
	kind, _, _ = mime.ParseMediaType(res.Header.Get("Content-Type"))
	if documents[kind] != "" {
		limit *= documentTimes
	}
	if res.ContentLength > limit {
		return nil, nil, nil, "", unwanted(fmt.Sprintf("%d MiB is more than a page may have (%d MiB)", res.ContentLength>>20, limit>>20))
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, nil, nil, "", err
	}
	if int64(len(body)) > limit {
		return nil, nil, nil, "", unwanted(fmt.Sprintf("more than a page may have (%d MiB)", limit>>20))
	}
	if kind == "" {
		kind, _, _ = mime.ParseMediaType(http.DetectContentType(body))
	}
	if strings.HasPrefix(kind, "text/") {
		encoding, _, _ := charset.DetermineEncoding(body, res.Header.Get("Content-Type"))
		if decoded, err := encoding.NewDecoder().Bytes(body); err == nil {
			body = decoded
		}
		body = []byte(strings.ToValidUTF8(string(body), "\uFFFD"))
	}
	return body, res.Header, res.Request.URL, kind, nil
}

// allowed asks the host's robots.txt, once. One that the site refuses (4xx) allows all; one that fails (5xx, unreachable) forbids all, as RFC 9309 says.
func (c *crawler) allowed(ctx context.Context, u *url.URL) (bool, error) {
	group, known := c.robots[u.Host]
	if !known {
		at := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
		if err != nil {
			return false, err
		}
		req.Header.Set("User-Agent", agent)
		res, err := c.client.Do(req)
		if err != nil {
			return false, fmt.Errorf("robots.txt: %w", err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(io.LimitReader(res.Body, 500<<10))
		if err != nil {
			return false, fmt.Errorf("robots.txt: %w", err)
		}
		data, err := robotstxt.FromStatusAndBytes(res.StatusCode, b)
		if err != nil {
			return false, fmt.Errorf("robots.txt: %w", err)
		}
		group = data.FindGroup(agent)
		c.robots[u.Host] = group
		if group.CrawlDelay > 0 {
			c.limit.SetLimit(min(c.limit.Limit(), rate.Every(min(group.CrawlDelay, time.Minute))))
		}
	}
	return group.Test(u.EscapedPath()), nil
}

func (c *crawler) page(ctx context.Context, u *url.URL) (p crawled, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = refusal{fmt.Sprintf("damaged: %v", r), ""}
		}
	}()
	ok, err := c.allowed(ctx, u)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, unwanted("robots.txt forbids it")
	}
	body, head, final, kind, err := c.get(ctx, u, c.o.MaxPage)
	if err != nil {
		return p, err
	}
	if final.Host != c.from.Host {
		return p, unwanted("it leads to another site, " + final.Host)
	}
	if ok, err := c.allowed(ctx, final); err != nil {
		return p, err
	} else if !ok {
		return p, unwanted("robots.txt forbids where it leads")
	}
	final.Fragment = ""
	noindex, nofollow := false, false
	for _, v := range head.Values("X-Robots-Tag") {
		noindex, nofollow = robotsSay(v, noindex, nofollow)
	}
	if c.follow && !c.begun { // a start that leads elsewhere is what it leads to
		c.begun, c.from = true, final
	}
	switch kind {
	case "text/html", "application/xhtml+xml":
		doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
		if err != nil {
			return p, err
		}
		doc.Find("meta[name]").Each(func(_ int, m *goquery.Selection) {
			if name := strings.ToLower(m.AttrOr("name", "")); name == "robots" || name == strings.ToLower(agent) {
				noindex, nofollow = robotsSay(m.AttrOr("content", ""), noindex, nofollow)
			}
		})
		if c.follow && !nofollow {
			c.links(doc, final)
		}
		if at, err := final.Parse(doc.Find(`link[rel="canonical"]`).AttrOr("href", "")); err == nil && at.Host == final.Host && doc.Find(`link[rel="canonical"]`).Length() > 0 {
			at.Fragment = ""
			p.canonical = at.String()
		}
		if !noindex {
			p.Article, err = readPage(body, final)
		}
		if err != nil {
			return p, err
		}
	case "text/markdown":
		p.Article, err = readMarkdown("", body)
	case "text/plain":
		p.Article, err = readText("", body)
	default:
		if documents[kind] == "" {
			return p, unwanted(kind + " is no text")
		}
		if noindex {
			break
		}
		p.Article, err = c.document(final, kind, body)
	}
	switch {
	case errors.Is(err, errDraft):
		return p, unwanted(err.Error())
	case err != nil:
		return p, err
	case noindex:
		return p, unwanted("it says that it is not to be found (noindex)")
	}
	if p.URL == "" {
		p.URL = cmp.Or(p.canonical, final.String())
	}
	p.Key, p.Audience = final.String(), cmp.Or(p.Audience, knowledge.ForAll)
	if p.Title == "" {
		p.Title = strings.Trim(final.Path, "/")
	}
	return p, nil
}

// document reads a file that stands on a site.
func (c *crawler) document(at *url.URL, kind string, body []byte) (knowledge.Article, error) {
	name := strings.TrimSuffix(path.Base(at.Path), path.Ext(at.Path)) + documents[kind]
	g := &Gathered{}
	g.take(&file{key: name, data: body, g: g})
	switch {
	case len(g.Refused) > 0:
		return knowledge.Article{}, refusal{g.Refused[0].What, g.Refused[0].Help}
	case len(g.Articles) == 0:
		return knowledge.Article{}, unwanted("nothing in it to read")
	}
	return g.Articles[0], nil
}

// robotsSay is what a page says to robots: "noindex, nofollow", perhaps of one robot alone, "Deskbell: noindex".
func robotsSay(said string, noindex, nofollow bool) (bool, bool) {
	said = strings.ToLower(said)
	if name, rest, is := strings.Cut(said, ":"); is && !strings.Contains(name, ",") {
		if strings.TrimSpace(name) != strings.ToLower(agent) {
			return noindex, nofollow
		}
		said = rest
	}
	for word := range strings.SplitSeq(said, ",") {
		word = strings.TrimSpace(word)
		noindex, nofollow = noindex || word == "noindex" || word == "none", nofollow || word == "nofollow" || word == "none"
	}
	return noindex, nofollow
}

func (c *crawler) links(doc *goquery.Document, base *url.URL) {
	doc.Find("a[href]").Each(func(_ int, s *goquery.Selection) {
		href, _ := s.Attr("href")
		if rel, _ := s.Attr("rel"); strings.Contains(rel, "nofollow") {
			return
		}
		if u, err := base.Parse(strings.TrimSpace(href)); err == nil {
			c.push(u)
		}
	})
}

// sitemap queues the pages of a sitemap, and of the sitemaps it names, three deep.
func (c *crawler) sitemap(ctx context.Context, at *url.URL, depth int) error {
	body, _, final, _, err := c.get(ctx, at, 10*c.o.MaxPage)
	if err != nil {
		return err
	}
	if strings.HasSuffix(final.Path, ".gz") {
		z, err := gzip.NewReader(strings.NewReader(string(body)))
		if err != nil {
			return err
		}
		if body, err = io.ReadAll(io.LimitReader(z, 10*c.o.MaxPage)); err != nil {
			return err
		}
	}
	var m struct {
		Pages []struct {
			Loc string `xml:"loc"`
		} `xml:"url"`
		Maps []struct {
			Loc string `xml:"loc"`
		} `xml:"sitemap"`
	}
	if err := xml.Unmarshal(body, &m); err != nil {
		return fmt.Errorf("%s: %w", final, err)
	}
	for _, p := range m.Pages {
		if u, err := final.Parse(strings.TrimSpace(p.Loc)); err == nil {
			c.push(u)
		}
	}
	for _, s := range m.Maps {
		u, err := final.Parse(strings.TrimSpace(s.Loc))
		if err != nil || u.Host != c.from.Host || depth >= 2 {
			c.skip(s.Loc, "a sitemap of another site, or too deep")
			continue
		}
		if err := c.sitemap(ctx, u, depth+1); err != nil {
			c.leave(u.String(), err)
		}
	}
	return nil
}
