package sources

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func TestMarkdownIsReadAsEditorsAndGeneratorsWriteIt(t *testing.T) {
	t.Parallel()
	g := read(t, "page.md", []byte(`---
tags: a, b
---
Delivery & returns
==================

<!-- secret note: the margin is 40 % -->
Text one
two &amp; three\
new line <!-- hidden --> end, for ~~9~~ 7 EUR[^1].

<details><summary>Can I pay by card?</summary>

Yes, *all* cards.

</details>

After, <https://auto.example> and [a link][x] with `+"`code`"+`.

Costs
-----

> quoted

1. one
   - nested
2. two

`+"```sh\n# no heading <b>\n```"+`

Term
: What it means

- [x] done

| Where | Price |
|:------|------:|
| Spain \| Portugal | **7 EUR** |

### Deep ###

below

<div hidden>unseen</div>

[x]: https://shop.example/x "Title"
[^1]: With VAT.
`), Options{})
	if a := g.Articles[0]; fmt.Sprint(a.Tags) != "[a b]" {
		t.Errorf("%+v", a)
	}
	same(t, "page.md", outline(g.Articles), "Delivery & returns › \nText one two & three  \nnew line end, for 7 EUR.\n\n"+
		"Delivery & returns › Can I pay by card?\nYes, *all* cards.\n\n"+
		"Delivery & returns › \nAfter, [https://auto.example](https://auto.example) and [a link](https://shop.example/x) with `code`.\n\n"+
		"Delivery & returns › Costs\n> quoted\n\n1. one\n   \n   - nested\n2. two\n\n```sh\n# no heading <b>\n```\n\nTerm\n\nWhat it means\n\n- done\n\n- Where Spain | Portugal: Price **7 EUR**\n\n"+
		"Delivery & returns › Costs › Deep\nbelow\n\n1. With VAT.")
	for text, want := range map[string]string{
		"---\ntitle: [unclosed\n---\n# A\n":       "x.md: front matter: yaml: ",
		"---\ntags: {a: b}\n---\n# A\n\ntext":     "x.md: front matter: yaml: ",
		"---\naudience: nobody\n---\n# A\n\ntext": "x.md: front matter: audience \"nobody\": expected public or internal",
		"+++\ndraft = true\n+++\n# A\n\ntext":     "x.md: front matter in TOML is not read; write it as YAML",
		"---\nstatus: odd\n---\n# A\n\ntext":      "x.md: state \"odd\"; expected published or draft",
		"---\r\ndraft: perhaps\r\n---\r\n# A\r\n": "x.md: front matter: yaml: ",
	} {
		if g := read(t, "x.md", []byte(text), Options{}); len(g.Refused) != 1 || !strings.HasPrefix(g.Refused[0].String(), want) || len(g.Articles) > 0 {
			t.Errorf("%q: %q", text, g.Refused)
		}
	}
}

// TestEveryConstructOfCommonMarkReadsAsItsText has each example of CommonMark's specification, as the parser's own tests have them.
func TestEveryConstructOfCommonMarkReadsAsItsText(t *testing.T) {
	t.Parallel()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/goldmark").Output()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "_test", "spec.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Markdown string
		Example  int
	}
	if err := json.Unmarshal(b, &all); err != nil || len(all) < 600 {
		t.Fatal(len(all), err)
	}
	others := map[int]string{166: "text that was taken back", 167: "text that was taken back", 168: "text that was taken back", 171: "a form"}
	for _, x := range all {
		if others[x.Example] != "" {
			continue
		}
		_, sections, err := markdownSections(x.Markdown, "another")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, s := range sections {
			got += seen(t, s.Text)
		}
		if want := seen(t, x.Markdown); got != want {
			t.Errorf("example %d, %q: %q, want %q", x.Example, x.Markdown, got, want)
		}
	}
}

// seen is what a reader sees of Markdown, but for headings and spaces.
func seen(t *testing.T, s string) string {
	t.Helper()
	var page strings.Builder
	if err := fromMarkdown.Convert([]byte(s), &page); err != nil {
		t.Fatal(err)
	}
	root, err := parsed([]byte(page.String()))
	if err != nil {
		t.Fatal(err)
	}
	var heads []*html.Node
	for n := range root.Descendants() {
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' && n.Parent.DataAtom != atom.Li && n.Parent.DataAtom != atom.Blockquote {
			heads = append(heads, n)
		}
	}
	for _, n := range heads {
		n.Parent.RemoveChild(n)
	}
	return strings.Join(strings.Fields(textOf(root)), "")
}

func TestAPageKeepsApartWhatItKeepsApart(t *testing.T) {
	t.Parallel()
	for name, x := range map[string][2]string{
		"buttons": {`<main><h1>FAQ</h1><h2>Payment</h2><h3><button aria-expanded="false" aria-controls="p1">Can I pay by card?</button></h3><div id="p1" hidden><p>Yes, by Visa.</p></div>
			<h3><button aria-expanded="false" aria-controls="p2">On account?</button></h3><div id="p2" aria-hidden="true" style="display:none"><p>No.</p></div><p>Else ask us.</p></main>`,
			"FAQ › Payment › Can I pay by card?\nYes, by Visa.\n\nFAQ › Payment › On account?\nNo.\n\nFAQ › Payment\nElse ask us."},
		"bootstrap": {`<main><h1>FAQ</h1><div class="accordion-item"><h2><button class="accordion-button" data-bs-toggle="collapse" data-bs-target="#a">One?</button></h2><div id="a" class="collapse"><div>First.</div></div></div>
			<div class="accordion-item"><a data-toggle="collapse" href="#b">Two?</a><div id="b" class="collapse">Second.</div></div></main>`, "FAQ › One?\nFirst.\n\nFAQ › Two?\nSecond."},
		"unnamed": {`<main><h1>FAQ</h1><div><button aria-expanded="false">One?</button></div><div hidden>First.</div><dl><dt><button aria-expanded="true">Two?</button></dt><dd>Second.</dd></dl></main>`, "FAQ › One?\nFirst.\n\nFAQ › Two?\nSecond."},
		"details": {`<main><h1>FAQ</h1><details><summary><b>One?</b></summary>First.<details><summary>Inner?</summary>Deep.</details></details><details><summary>Two?</summary><h2>Part</h2><p>Second.</p></details><p>Last.</p></main>`,
			"FAQ › One?\nFirst.\n\nFAQ › One? › Inner?\nDeep.\n\nFAQ › Two? › Part\nSecond.\n\nFAQ › \nLast."},
		"articles": {`<title>Plans</title><article><h1>Basic</h1><p>5 EUR</p></article><article><h1>Pro</h1><p>9 EUR</p><article><h2>A comment</h2><p>Nice.</p></article></article><article><p>No heading.</p></article>`,
			"Plans › Basic\n5 EUR\n\nPlans › Pro\n9 EUR\n\nPlans › Pro › A comment\nNice.\n\nPlans › \nNo heading."},
		"articles in main": {`<main><h1>Plans</h1><p>Two of them.</p><article><h2>Basic</h2><p>5 EUR</p></article><article><h2>Pro</h2><p>9 EUR</p></article></main>`, "Plans › \nTwo of them.\n\nPlans › Basic\n5 EUR\n\nPlans › Pro\n9 EUR"},
		"menu":             {`<header><button aria-controls="m">Menu</button></header><nav id="m">Home</nav><main><h1>A</h1><button>Buy</button><p>Text.</p><div hidden>Unseen</div></main>`, "A › \nText."},
		"spans": {`<main><h1>T</h1><table><caption>All prices with VAT</caption><thead><tr><th rowspan="2">Zone</th><th colspan="2">Parcel</th></tr><tr><th>small</th><th>large</th></tr></thead><tr><td rowspan="2">EU</td><td>5 EUR</td><td>9 EUR</td></tr><tr><td>6 EUR</td><td><a href="https://x.example/">ask</a></td></tr></table></main>`,
			"T › \nAll prices with VAT\n\n- Zone EU: Parcel small 5 EUR, Parcel large 9 EUR\n- Zone EU: Parcel small 6 EUR, Parcel large [ask](https://x.example/)"},
		"no head":  {`<main><h1>T</h1><table><tr><td>Phone</td><td>0123 456</td></tr><tr><td>Mail</td><td>a@b.example</td></tr></table></main>`, "T › \n- Phone: 0123 456\n- Mail: a@b.example"},
		"faq":      {`<main><h1>T</h1><p>a &lt; b &amp; c &amp;amp; <code>x &lt; y</code></p><table><tr><th>Question</th><th>Answer</th></tr><tr><td>Open &amp; shut?</td><td><p>At nine.</p><ul><li>not on Sunday</li></ul></td></tr></table></main>`, "T › \na \\< b & c \\&amp; `x < y`\n\nT › Open & shut?\nAt nine.\n\n- not on Sunday"},
		"laid out": {`<main><h1>T</h1><table role="presentation"><tr><td><h2>Left</h2><p>a</p></td><td><h2>Right</h2><p>b</p></td></tr></table></main>`, "T › Left\na\n\nT › Right\nb"},
	} {
		same(t, name, outline(read(t, "x.html", []byte("<html><body>"+x[0]+"</body></html>"), Options{}).Articles), x[1])
	}
}

func TestALongTableIsSectionsOfRows(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Shipping\n\n| Country | Time | Price |\n|---|---|---|\n")
	for i := range 300 {
		fmt.Fprintf(&b, "| Country%03d | %d days | %d EUR |\n", i, 2+i%9, 5+i%40)
	}
	g := read(t, "long.md", []byte(b.String()), Options{})
	sections := g.Articles[0].Sections
	if len(sections) < 7 || len(sections) > 14 || sections[1].Heading != "Shipping: Country038 – Country075" || !strings.Contains(sections[1].Text, "- Country Country040: Time 6 days, Price 5 EUR\n") {
		t.Errorf("%d, %q", len(sections), sections[1])
	}
	for _, s := range sections {
		if n := len(strings.Fields(s.Text)); n > 345 {
			t.Errorf("%s has %d words", s.Heading, n)
		}
	}
}

func TestTextThatIsNoMarkdownIsFoundByItsWords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 4000)
	for _, name := range []string{"a.md", "a.html"} {
		g := read(t, name, []byte("Where we are "+long), Options{})
		if len(g.Articles) != 1 || !strings.Contains(g.Articles[0].Sections[0].Text, "Where we are") {
			t.Errorf("%s: %v", name, *g)
		}
	}
}
