package sources

import (
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"syscall"
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

// ErrPrivate is the answer to an address that only this machine or its networks have.
var ErrPrivate = errors.New("a private address: allow it with --allow-private if that is meant")

// SafeClient returns a client whose one dialer refuses addresses that are not public, whatever name led there and whichever redirect:
// it looks at the address that is dialled.
func SafeClient(allowPrivate bool, timeout time.Duration) *http.Client {
	d := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("dial %s: %w", address, err)
		}
		// Link-local is where clouds keep their machines' credentials: no knowledge lives there, allowed or not.
		if link := at.Addr().Unmap().IsLinkLocalUnicast(); link || !allowPrivate && !public(at.Addr()) {
			return fmt.Errorf("%s: %w", at.Addr(), ErrPrivate)
		}
		return nil
	}}
	return &http.Client{Timeout: timeout, Transport: &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout, MaxIdleConnsPerHost: 2, DisableCompression: true}}
}

// reserved are the blocks that the public internet does not route (IANA's special-purpose registries) and netip has no word for.
var reserved = func() (out []netip.Prefix) {
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "2002::/16", "64:ff9b::/96",
		"2001::/23", "192.88.99.0/24", "::/96", "3fff::/20", "5f00::/16", "fec0::/10"} /* Teredo and other tunnels: who knows where they end */ {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}()

func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Skipped is a page that was not imported, with the reason.
type Skipped struct{ URL, Why string }

// Crawl reads a site's pages: those of a sitemap when start is one (.xml, .xml.gz), else start and what it links to under the same host and
// directory. It keeps to robots.txt and to its own pace. A page that cannot be read is skipped and named; a start that cannot be read
// is an error.
func Crawl(ctx context.Context, start string, o CrawlOptions) ([]knowledge.Article, []Skipped, error) {
	o = o.or()
	from, err := url.Parse(start)
	if err != nil || from.Host == "" || from.Scheme != "http" && from.Scheme != "https" {
		return nil, nil, fmt.Errorf("%q: expected http://… or https://…", start)
	}
	c := &crawler{o: o, client: SafeClient(o.AllowPrivate, o.Timeout), limit: rate.NewLimiter(rate.Limit(o.PerSecond), 1), from: from, robots: map[string]*robotstxt.Group{}, seen: map[string]bool{}}
	c.client.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		if len(via) >= 5 {
			return errors.New("more than five redirects")
		}
		return nil
	}
	if strings.HasSuffix(from.Path, ".xml") || strings.HasSuffix(from.Path, ".xml.gz") {
		if err := c.sitemap(ctx, from, 0); err != nil {
			return nil, nil, fmt.Errorf("sitemap: %w", err)
		}
	} else {
		c.follow = true
		c.push(from)
	}
	var articles []knowledge.Article
	keys := map[string]bool{}
	for done := 0; len(c.queue) > 0; done++ {
		u := c.queue[0]
		c.queue = c.queue[1:]
		a, err := c.page(ctx, u)
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case err != nil && done == 0 && c.follow:
			return nil, nil, fmt.Errorf("%s: %w", u, err)
		case err != nil:
			c.skip(u.String(), err.Error())
		case !keys[a.Key] && len(a.Sections) > 0:
			keys[a.Key] = true
			articles = append(articles, a)
		}
		o.Progress(done+1, done+1+len(c.queue))
	}
	if len(articles) == 0 {
		return nil, c.skipped, fmt.Errorf("%s: no readable page found (%d skipped)", start, len(c.skipped))
	}
	return articles, c.skipped, nil
}

type crawler struct {
	o       CrawlOptions
	client  *http.Client
	limit   *rate.Limiter
	from    *url.URL
	follow  bool
	robots  map[string]*robotstxt.Group
	seen    map[string]bool
	queue   []*url.URL
	skipped []Skipped
}

func (c *crawler) skip(u, why string) { c.skipped = append(c.skipped, Skipped{u, why}) }

// push queues a page once, of this site alone.
func (c *crawler) push(u *url.URL) {
	v := *u
	v.Fragment, v.RawFragment = "", ""
	key := v.String()
	if c.seen[key] || v.Host != c.from.Host || v.Scheme != "http" && v.Scheme != "https" {
		return
	}
	if dir := path.Dir(c.from.Path + "x"); c.follow && dir != "/" && dir != "." && !strings.HasPrefix(v.Path, dir) {
		return
	}
	c.seen[key] = true
	if len(c.seen) > c.o.MaxPages {
		if len(c.seen) == c.o.MaxPages+1 {
			c.skip(key, fmt.Sprintf("more than %d pages: the rest is left out (--max-pages)", c.o.MaxPages))
		}
		return
	}
	c.queue = append(c.queue, &v)
}

// get fetches at the site's pace, no more than the cap; the body is decoded to UTF-8 when it is a text.
func (c *crawler) get(ctx context.Context, u *url.URL, limit int64) (body []byte, final *url.URL, kind string, err error) {
	if err := c.limit.Wait(ctx); err != nil {
		return nil, nil, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, "", err
	}
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Accept", "text/html, text/plain, text/markdown, application/xml;q=0.9")
	res, err := c.client.Do(req)
	if err != nil {
		return nil, nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, nil, "", fmt.Errorf("the site answered %s", res.Status)
	}
	if res.ContentLength > limit {
		return nil, nil, "", fmt.Errorf("%d MiB is more than a page may have (%d MiB)", res.ContentLength>>20, limit>>20)
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, nil, "", err
	}
	if int64(len(body)) > limit {
		return nil, nil, "", fmt.Errorf("more than a page may have (%d MiB)", limit>>20)
	}
	kind, _, _ = mime.ParseMediaType(res.Header.Get("Content-Type"))
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
	return body, res.Request.URL, kind, nil
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

func (c *crawler) page(ctx context.Context, u *url.URL) (knowledge.Article, error) {
	ok, err := c.allowed(ctx, u)
	if err != nil {
		return knowledge.Article{}, err
	}
	if !ok {
		return knowledge.Article{}, errors.New("robots.txt forbids it")
	}
	body, final, kind, err := c.get(ctx, u, c.o.MaxPage)
	if err != nil {
		return knowledge.Article{}, err
	}
	if final.Host != c.from.Host {
		return knowledge.Article{}, fmt.Errorf("it leads to another site, %s", final.Host)
	}
	if ok, err := c.allowed(ctx, final); err != nil || !ok {
		return knowledge.Article{}, errors.Join(errors.New("robots.txt forbids where it leads"), err)
	}
	var a knowledge.Article
	switch kind {
	case "text/html", "application/xhtml+xml":
		if c.follow {
			c.links(body, final)
		}
		a, err = readPage(body, final)
	case "text/markdown":
		a, err = readMarkdown("", body)
	case "text/plain":
		a, err = readText("", body)
	default:
		return knowledge.Article{}, fmt.Errorf("%s is no text", kind)
	}
	if err != nil {
		return knowledge.Article{}, err
	}
	final.Fragment = ""
	if a.URL == "" {
		a.URL = final.String()
	}
	a.Key, a.Audience = final.String(), knowledge.ForAll
	if a.Title == "" {
		a.Title = strings.Trim(final.Path, "/")
	}
	return a, nil
}

func (c *crawler) links(body []byte, base *url.URL) {
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
	if err != nil {
		return
	}
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
	body, final, _, err := c.get(ctx, at, 10*c.o.MaxPage)
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
			c.skip(u.String(), err.Error())
		}
	}
	return nil
}
