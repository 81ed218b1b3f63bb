package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const consoleToken = "agents: {mia: {display_name: Mia, slack_user: UMIA, console_token: 0123456789abcdef0123}}"

// browser starts Chromium for one test.
func browser(t *testing.T) context.Context {
	t.Helper()
	var options []chromedp.ExecAllocatorOption
	options = append(options, chromedp.DefaultExecAllocatorOptions[:]...)
	for _, flag := range []string{"no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium: %v", err)
	}
	return ctx
}

// tab is one page of a browser. What it logs as an error fails the test.
type tab struct {
	*testing.T
	ctx    context.Context
	mu     sync.Mutex
	errors []string
}

func open(t *testing.T, parent context.Context, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	p := &tab{T: t, ctx: ctx}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1200, 800)); err != nil {
		t.Fatal(err)
	}
	err := chromedp.Listen(ctx, func(e any) {
		if x, ok := e.(*runtime.EventExceptionThrown); ok && x.ExceptionDetails != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.errors = append(p.errors, fmt.Sprintf("%+v", *x.ExceptionDetails))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, e := range p.errors {
			t.Errorf("a script failed: %s", e)
		}
	})
	p.run(chromedp.Navigate(url))
	return p
}

func (p *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.Fatal(err)
	}
}

// js runs JavaScript; root is the widget's shadow root.
func (p *tab) js(code string) string {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => { const host = document.querySelector('#deskbell-widget'); const root = host && host.shadowRoot; const r = (() => { `+code+` })(); return r === undefined ? '' : String(r); })()`))
	if err != nil {
		return "error: " + err.Error()
	}
	return out
}

func (p *tab) until(what, code string) {
	p.Helper()
	for deadline := time.Now().Add(20 * time.Second); p.js(code) != "true"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.shot("failed")
			p.Fatalf("not within 20 s: %s; the page says %s", what, p.js(`return root ? root.querySelector('.panel').innerText : document.body.innerText`))
		}
	}
}

func (p *tab) says(text string) {
	p.Helper()
	quoted, _ := json.Marshal(text)
	p.js(fmt.Sprintf(`const b = root.querySelector('form.write textarea'); b.value = %s; root.querySelector('form.write').requestSubmit();`, quoted))
}

func (p *tab) reads(text string) {
	p.Helper()
	quoted, _ := json.Marshal(text)
	p.until("the customer reads "+text, fmt.Sprintf(`return root && root.querySelector('.log').innerText.includes(%s)`, quoted))
}

// shot saves a screenshot where SHOTS says, for people to look at.
func (p *tab) shot(name string) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), b, 0o600); err != nil {
		p.Fatal(err)
	}
}

func (p *tab) dark(on bool) {
	value := "light"
	if on {
		value = "dark"
	}
	p.run(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}})
		return err
	}))
}

func TestTheWholeStoryInABrowser(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{more: consoleToken})
	chromium := browser(t)
	shop := open(t, chromium, w.url+"/")
	shop.until("the launcher is there", `return !!root.querySelector('.launcher')`)
	shop.shot("shop")
	shop.js(`root.querySelector('.launcher').click()`)
	shop.until("the field has the focus", `return root.activeElement === root.querySelector('form.write textarea')`)
	shop.says("How long does delivery take?")
	shop.reads("We deliver within 2 to 3 working days")
	shop.reads("Delivered")
	if !strings.Contains(shop.js(`return root.querySelector('.log').innerText`), "Assistant") {
		t.Error("the bot's answer is not labelled")
	}
	shop.says("Do you sell **lawn mowers** <img src=x onerror=alert(1)>?")
	shop.reads("Shall I ask a person to join?")
	shop.shot("offer")
	shop.js(`root.querySelector('.choice').click()`)
	shop.until("the state line says that she waits", `return root.querySelector('.state').textContent.includes('Finding a person')`)
	shop.shot("waiting")

	desk := open(t, chromium, w.url+"/console/login?token=0123456789abcdef0123")
	desk.until("the queue shows her", `return !!document.querySelector('.row.waiting')`)
	desk.shot("queue")
	desk.js(`document.querySelector('.row.waiting').click()`)
	desk.until("the conversation is open", `return !!document.querySelector('#transcript .msg') && document.body.innerText.includes('Claim')`)
	desk.shot("conversation")
	desk.js(`document.querySelector('#actions .primary').click()`)
	desk.until("it is hers", `return document.body.innerText.includes('claimed by you')`)
	shop.reads("Hi, I'm Mia.")
	shop.until("the state line names her", `return root.querySelector('.state').textContent === 'Mia'`)
	desk.js(`document.querySelector('form.write textarea').value = 'note: no, just **kidding**'; document.querySelector('[formaction$=note]').click()`)
	desk.until("the note is there", `return document.querySelectorAll('.msg.internal').length === 1`)
	desk.js(`document.querySelector('form.write textarea').value = 'We do, from **May** on.'; document.querySelector('form.write .primary').click()`)
	shop.reads("We do, from May on.")
	if n := shop.js(`return root.querySelectorAll('.log strong').length`); n != "1" {
		t.Errorf("%s bold words: Markdown of the agent is shown, the customer's own is not", n)
	}
	shop.says("And what does delivery cost? Write to ana@example.com")
	desk.until("her address is masked", `return document.querySelector('#transcript').innerText.includes('Write to [email]')`)
	desk.js(`document.querySelector('[name=tone]').value = 'formal'; document.querySelector('[formaction$=draft]').click()`)
	desk.until("the draft is in the field", `return (document.querySelector('form.write textarea') || {value: ''}).value.includes('Delivery costs €4.90') && document.body.innerText.includes('they are not sent')`)
	desk.shot("draft")
	desk.js(`document.querySelector('form.write .primary').click()`)
	shop.reads("Delivery costs €4.90")
	shop.reads("Kind regards")
	if shop.js(`return root.querySelector('.log').innerText.includes('[1]')`) != "false" {
		t.Error("the customer reads a draft's mark")
	}
	shop.says("Great!")
	desk.until("her line appears by itself", `return document.querySelector('#transcript').innerText.includes('Great!')`)
	desk.until("the brief is there", `return document.querySelector('.brief').innerText.includes('Summary')`)
	desk.shot("claimed")
	card := w.cardShows("CLAIMED by Mia", "*Summary*")
	w.threadHas(card.TS, "[Mia] We do, from *May* on.")
	w.threadHas(card.TS, "(note)")

	// A reload and a second tab: nothing lost, nothing doubled.
	shop.run(chromedp.Reload())
	shop.reads("Great!")
	second := open(t, shop.ctx, w.url+"/")
	second.until("the launcher is there", `return !!root.querySelector('.launcher')`)
	second.js(`root.querySelector('.panel').hidden && root.querySelector('.launcher').click()`)
	second.reads("We do, from May on.")
	second.says("from the second tab")
	shop.reads("from the second tab")
	desk.until("the second tab's line is stored", `return document.querySelector('#transcript').innerText.includes('from the second tab')`)
	if n := shop.js(`return root.querySelectorAll('.msg.mine').length`); n != second.js(`return root.querySelectorAll('.msg.mine').length`) || n != "6" {
		t.Errorf("%s of her own lines in the first tab, %s in the second", n, second.js(`return root.querySelectorAll('.msg.mine').length`))
	}
	w.until("two tabs have one stream", func() bool { return w.open() == 1 }) // that of the page before the reload ends when the server hears so

	shop.shot("answered")
	desk.js(`document.querySelector('form[action$=resolve] button').click()`)
	shop.until("she is asked for a rating", `return !!root.querySelector('.rating')`)
	shop.js(`root.querySelectorAll('.star')[3].click()`)
	shop.shot("rating")
	shop.js(`[...root.querySelectorAll('.rating button')].pop().click()`)
	shop.reads("Thank you.")
	w.cardShows("rated 4 of 5")

	shop.dark(true)
	shop.shot("dark")
	shop.dark(false)
	shop.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	shop.shot("phone")
	desk.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	desk.shot("console-phone")
	desk.dark(true)
	desk.run(chromedp.EmulateViewport(1200, 800))
	desk.shot("console-dark")
	if leak := shop.js(`return root.querySelector('.log').innerText.includes('kidding')`); leak != "false" {
		t.Error("the note leaked")
	}
}

// open is how many streams are open.
func (w *whole) open() int {
	var n int
	families, err := w.app.metrics.registry.Gather()
	if err != nil {
		w.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "deskbell_streams" {
			n = int(f.GetMetric()[0].GetGauge().GetValue())
		}
	}
	return n
}

func TestTheWidgetOutlivesTheServer(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{noSlack: true, more: consoleToken})
	shop := open(t, browser(t), w.url+"/")
	shop.until("the launcher is there", `return !!root.querySelector('.launcher')`)
	shop.js(`root.querySelector('.launcher').click()`)
	shop.says("Where do I find my invoice?")
	shop.reads("The invoice comes by e-mail")
	addr := strings.TrimPrefix(w.url, "http://")
	w.stop()
	shop.says("How often should I water a fern?")
	shop.until("she sees that it is not sent yet", `return /Sending|Not sent/.test(root.querySelector('.log').innerText)`)
	w = begin(t, settings{noSlack: true, more: consoleToken, database: w.app.config.String("database.url"), listen: addr})
	shop.reads("Water a fern two or three times a week")
	if n := shop.js(`return root.querySelectorAll('.msg.mine').length`); n != "2" {
		t.Errorf("%s lines of her own", n)
	}
	// The session is gone with the data: no endless retries, and the next message starts a new one.
	if _, err := w.app.db.Exec(t.Context(), `TRUNCATE conversations, messages CASCADE`); err != nil {
		t.Fatal(err)
	}
	w.stop()
	begin(t, settings{noSlack: true, more: consoleToken, database: w.app.config.String("database.url"), listen: addr})
	shop.until("the old session is forgotten", `return root.querySelectorAll('.msg.mine').length === 0`)
	shop.says("How often should I water a fern?")
	shop.reads("Water a fern two or three times a week")
}

func TestTheWidgetIsUsableByKeyboardAtTwiceTheSizeAndRightToLeft(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{noSlack: true, more: consoleToken})
	shop := open(t, browser(t), w.url+"/")
	shop.until("the launcher is there", `return !!root.querySelector('.launcher')`)
	shop.js(`document.documentElement.dir = 'rtl'; root.querySelector('.launcher').focus()`)
	shop.run(chromedp.KeyEvent("\r"))
	shop.until("it opens by keyboard", `return !root.querySelector('.panel').hidden`)
	shop.run(chromedp.KeyEvent("How long does delivery take?\r"))
	shop.reads("We deliver within 2 to 3 working days")
	if left := shop.js(`return root.querySelector('.launcher').getBoundingClientRect().left < innerWidth / 2`); left != "true" {
		t.Error("right to left, the launcher is not on the left")
	}
	shop.shot("rtl")
	shop.run(chromedp.EmulateViewport(600, 400)) // 200 % of 1200 × 800
	shop.until("all of it can be reached at 200 %", `const p = root.querySelector('.panel').getBoundingClientRect(), f = root.querySelector('form.write').getBoundingClientRect(); return p.top >= 0 && p.left >= 0 && p.right <= innerWidth && f.bottom <= innerHeight`)
	shop.shot("zoom")
	shop.run(chromedp.KeyEvent("\x1b"))
	shop.until("Escape closes it and gives the focus back", `return root.querySelector('.panel').hidden && root.activeElement === root.querySelector('.launcher')`)
	unnamed := shop.js(`return [...root.querySelectorAll('button, textarea, [role]')].filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.getAttribute('role') === 'status' || e.getAttribute('role') === 'alert')).length`)
	if unnamed != "0" {
		t.Errorf("%s controls have no name", unnamed)
	}
}
