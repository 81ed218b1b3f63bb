package sources_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-pdf/fpdf"

	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/sources"
	"github.com/deskbell/deskbell/knowledge/sources/sourcestest"
)

// site is a local site with everything that a crawl meets; asked counts the requests by path.
func site(t *testing.T) (string, map[string]int) {
	t.Helper()
	asked := map[string]int{}
	page := func(title, body string) string {
		return "<html lang=en><head><title>" + title + " · Shop</title></head><body><nav><a href=/help/a>A</a> Menu of the shop</nav><main><h1>" + title + "</h1>" + body + "</main><footer>All rights</footer></body></html>"
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "User-agent: *\nDisallow: /help/secret\n")
	})
	mux.HandleFunc("/help/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/help/":
			_, _ = fmt.Fprint(w, page("Help", `<p>Choose a page.</p><a href="a">a</a> <a href="/help/b?x=1#part">b</a> <a href="secret">s</a> <a href="private">p</a> <a href="big">big</a> <a href="loop/0">loop</a>
				<a href="latin">l</a> <a href="broken">br</a> <a href="pdf">pdf</a> <a href="/elsewhere">e</a> <a href="https://other.example/">o</a> <a href="gone">g</a> <a href="javascript:alert(1)">js</a>`))
		case "/help/a":
			_, _ = fmt.Fprint(w, page("Returns", `<p>Send it back. See <a href="b">shipping</a>.</p><img src="/box.png" alt="a box"><h2>Refunds</h2><p>Within <b>14 days</b>.</p><script>alert(1)</script>`))
		case "/help/b":
			_, _ = fmt.Fprint(w, page("Shipping", "<p>Three days.</p>"))
		case "/help/private":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		case "/help/latin":
			w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
			_, _ = w.Write([]byte("<main><h1>Gr\xf6\xdfen</h1><p>Gr\xf6\xdfe M pa\xdft.</p></main>"))
		case "/help/broken":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<main><h1>Broken \xff\xfe</h1><p>still \xc3\x28 text</main>"))
		case "/help/pdf":
			w.Header().Set("Content-Type", "application/pdf")
		case "/help/big":
			chunk := []byte(strings.Repeat("<p>much text</p>", 1<<12))
			for range 800 { // 50 MB, without a length told before
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		default:
			if n, ok := strings.CutPrefix(r.URL.Path, "/help/loop/"); ok {
				_, _ = fmt.Fprint(w, page("Loop "+n, fmt.Sprintf(`<p>Again %s.</p><a href="%s0">on</a>`, n, n)))
				return
			}
			http.NotFound(w, r)
		}
	})
	mux.HandleFunc("/sitemap.xml", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>http://%s/help/a</loc></url><url><loc>http://%s/help/b</loc></url></urlset>`, r.Host, r.Host)
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path]++
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestACrawlReadsASiteAndStaysInside(t *testing.T) {
	t.Parallel()
	url, asked := site(t)
	g, err := sources.Crawl(t.Context(), url+"/help/", sources.CrawlOptions{PerSecond: 1000, MaxPages: 20, AllowPrivate: true, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]knowledge.Article{}
	for _, a := range g.Articles {
		by[strings.TrimPrefix(a.Key, url)] = a
	}
	returns := by["/help/a"]
	if returns.Title != "Returns" || len(returns.Sections) != 2 || returns.Sections[1].Heading != "Refunds" || returns.Sections[1].Text != "Within **14 days**." || returns.Language != "en" {
		t.Errorf("%+v", returns)
	}
	if text := returns.Sections[0].Text; !strings.Contains(text, "("+url+"/help/b)") || !strings.Contains(text, url+"/box.png") || strings.Contains(text, "Menu") {
		t.Errorf("links are not resolved, or boilerplate is left: %s", text)
	}
	if a := by["/help/latin"]; a.Title != "Größen" || !strings.Contains(a.Sections[0].Text, "paßt") {
		t.Errorf("%+v", a)
	}
	if a := by["/help/broken"]; !strings.Contains(a.Sections[0].Text, "still") {
		t.Errorf("%+v", a)
	}
	why := map[string]string{}
	for _, s := range append(g.Skipped, g.Refused...) {
		why[strings.TrimPrefix(s.Where, url)] = s.What
	}
	for path, want := range map[string]string{"/help/secret": "robots.txt", "/help/big": "more than a page may have", "/help/pdf": "nothing in it to read", "/help/gone": "404"} {
		if !strings.Contains(why[path], want) {
			t.Errorf("%s: %q, expected %q", path, why[path], want)
		}
	}
	if asked["/help/secret"] > 0 || asked["/elsewhere"] > 0 {
		t.Error("it went where it may not", asked)
	}
	if len(asked) > 25 {
		t.Error("the loop was followed without end", len(asked))
	}
}

func TestACrawlDialsNoPrivateAddress(t *testing.T) {
	t.Parallel()
	url, asked := site(t)
	_, err := sources.Crawl(t.Context(), url+"/help/", sources.CrawlOptions{PerSecond: 1000})
	if !errors.Is(err, sources.ErrPrivate) || len(asked) > 0 {
		t.Fatal(err, asked)
	}
	for _, host := range []string{"127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "[::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "100.64.1.1", "localhost", "[2001:0:53aa::1]", "[2002:7f00:1::1]", "[64:ff9b::7f00:1]", "[::7f00:1]", "[fec0::1]"} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+":9/", nil)
		res, err := sources.SafeClient(false, time.Second).Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		if !errors.Is(err, sources.ErrPrivate) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestARedirectToAPrivateAddressIsNotFollowed(t *testing.T) {
	t.Parallel()
	// The client itself may reach this machine's loopback here, but the metadata address is refused on any.
	url, _ := site(t)
	g, err := sources.Crawl(t.Context(), url+"/help/", sources.CrawlOptions{PerSecond: 1000, MaxPages: 12, AllowPrivate: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range g.Refused {
		if strings.HasSuffix(s.Where, "/help/private") && strings.Contains(s.What, "169.254.169.254") {
			return
		}
	}
	t.Fatal(g.Refused)
}

func TestASitemapIsReadAndThePaceIsKept(t *testing.T) {
	t.Parallel()
	url, asked := site(t)
	began := time.Now()
	g, err := sources.Crawl(t.Context(), url+"/sitemap.xml", sources.CrawlOptions{PerSecond: 10, AllowPrivate: true})
	if err != nil || len(g.Articles) != 2 || asked["/help/"] > 0 {
		t.Fatal(g, err, asked)
	}
	if took := time.Since(began); took < 190*time.Millisecond { // three requests at ten a second
		t.Errorf("%v", took)
	}
}

func TestABadStartIsAnError(t *testing.T) {
	t.Parallel()
	for _, start := range []string{"ftp://x", "help", "http://"} {
		if _, err := sources.Crawl(context.Background(), start, sources.CrawlOptions{}); err == nil || !strings.Contains(err.Error(), "expected http") {
			t.Errorf("%s: %v", start, err)
		}
	}
}

func TestASiteIsReadAsItWantsToBe(t *testing.T) {
	t.Parallel()
	page := func(head, body string) string {
		return "<html lang=en><head>" + head + "</head><body><main>" + body + "</main></body></html>"
	}
	pdf := sourcestest.PDF(t, func(p *fpdf.Fpdf, _ func(string) string) {
		p.AddPage()
		p.SetFont("Times", "", 11)
		p.Text(72, 100, "The warranty is two years.")
	})
	asked := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path]++
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		copied := page(`<link rel="canonical" href="/help/returns">`, "<h1>Returns</h1><p>Within 30 days.</p>")
		switch r.URL.Path {
		case "/help":
			_, _ = fmt.Fprint(w, page("", `<h1>Help</h1><p>Choose.</p><a href="/help/returns?from=menu">1</a> <a href="/help/returns/print">2</a> <a href="/help/returns">3</a> <a href="/help/same">4</a> <a href="/helpers">5</a> <a href="/products/1">6</a>
				<a href="/help/quiet">7</a> <a href="/help/header">8</a> <a href="/help/other-robot">9</a> <a href="/help/nofollow">10</a> <a href="/help/warranty.pdf">11</a> <a href="/help/faq">12</a> <a href="/help/down">13</a> <a href="/help/gone">14</a> <a href="/help/plans">15</a>`))
		case "/help/returns", "/help/returns/print":
			_, _ = fmt.Fprint(w, copied)
		case "/help/same":
			_, _ = fmt.Fprint(w, page("", "<h1>Returns</h1><p>Within 30 days.</p>"))
		case "/help/quiet":
			_, _ = fmt.Fprint(w, page(`<meta name="robots" content="NOINDEX, follow">`, `<h1>Quiet</h1><p>Not to be found.</p><a href="/help/behind-quiet">on</a>`))
		case "/help/behind-quiet":
			_, _ = fmt.Fprint(w, page("", "<h1>Behind</h1><p>To be found.</p>"))
		case "/help/header":
			w.Header().Set("X-Robots-Tag", "none")
			_, _ = fmt.Fprint(w, page("", `<h1>Header</h1><p>Not to be found.</p><a href="/help/behind-header">on</a>`))
		case "/help/other-robot":
			w.Header().Set("X-Robots-Tag", "OtherBot: noindex")
			_, _ = fmt.Fprint(w, page("", "<h1>Other</h1><p>Only another robot must not.</p>"))
		case "/help/nofollow":
			_, _ = fmt.Fprint(w, page(`<meta name="robots" content="nofollow">`, `<h1>Last</h1><p>No further.</p><a href="/help/behind-nofollow">on</a>`))
		case "/help/warranty.pdf":
			w.Header().Set("Content-Type", "application/pdf")
			_, _ = w.Write(pdf)
		case "/help/faq":
			_, _ = fmt.Fprint(w, page("", `<h1>FAQ</h1><button aria-expanded="false" aria-controls="p">By card?</button><div id="p" hidden>Yes.</div>`))
		case "/help/plans":
			_, _ = fmt.Fprint(w, "<title>Plans</title><article><h2>Basic</h2><p>5 EUR</p></article><article><h2>Pro</h2><p>9 EUR</p></article>")
		case "/help/down":
			w.WriteHeader(http.StatusBadGateway)
		case "/robots.txt":
			w.WriteHeader(http.StatusNotFound)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	g, err := sources.Crawl(t.Context(), s.URL+"/help", sources.CrawlOptions{PerSecond: 1000, AllowPrivate: true, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range g.Articles {
		for _, x := range a.Sections {
			got = append(got, strings.TrimPrefix(a.Key, s.URL)+" "+a.Title+" › "+x.Heading+": "+strings.Split(x.Text, "\n")[0])
		}
	}
	want := []string{
		"/help Help › : Choose.", "/help/returns Returns › : Within 30 days.", "/help/other-robot Other › : Only another robot must not.", "/help/nofollow Last › : No further.",
		"/help/warranty.pdf warranty › : The warranty is two years.", "/help/faq FAQ › By card?: Yes.", "/help/plans Plans › Basic: 5 EUR", "/help/plans Plans › Pro: 9 EUR", "/help/behind-quiet Behind › : To be found.",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var skipped []string
	for _, r := range g.Skipped {
		skipped = append(skipped, strings.ReplaceAll(r.String(), s.URL, ""))
	}
	slices.Sort(skipped)
	if want := []string{"/help/gone: the site answered 404 Not Found", "/help/header: it says that it is not to be found (noindex)", "/help/quiet: it says that it is not to be found (noindex)",
		"/help/returns/print: a copy of /help/returns", "/help/returns?from=menu: a copy of /help/returns", "/help/same: a copy of /help/returns"}; !slices.Equal(skipped, want) {
		t.Errorf("%q", skipped)
	}
	if len(g.Refused) != 1 || strings.TrimPrefix(g.Refused[0].String(), s.URL) != "/help/down: the site answered 502 Bad Gateway; try again later" || !g.Keeps(s.URL+"/help/down") || g.Keeps(s.URL+"/help/gone") {
		t.Errorf("%q", g.Refused)
	}
	if !g.Keeps(s.URL + "/help/behind-down") {
		t.Error("what only a page that is down leads to is taken away")
	}
	for _, at := range []string{"/helpers", "/products/1", "/help/behind-nofollow", "/help/behind-header"} {
		if asked[at] > 0 {
			t.Errorf("it went to %s", at)
		}
	}
}
