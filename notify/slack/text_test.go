package slack

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify"
)

func TestMarkdownBecomesMrkdwn(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"It leaves **today**, *maybe* ~~soon~~ `x<y`.": "It leaves *today*, _maybe_ ~soon~ `x&lt;y`.",
		"See [the page](https://a.example/x?a=1&b=2).": "See <https://a.example/x?a=1&amp;b=2|the page>.",
		"[bad](javascript:alert(1))":                   "bad",
		"# Title\n\ntext":                              "*Title*\n\ntext",
		"- one\n- two\n\n3. three":                     "• one\n• two\n\n3. three",
		"> quoted\n> twice":                            ">quoted\n>twice",
		"```\na <b>\n```":                              "```\na &lt;b&gt;\n```",
		"<!channel> & <b>bold</b> <@U1>":               "&lt;!channel&gt; &amp; &lt;b&gt;bold&lt;/b&gt; &lt;@U1&gt;",
		"[<!here>](https://a.example/|x>)":             "<https://a.example/%7Cx%3E|&lt;!here&gt;>",
	} {
		if got := fromMarkdown(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestMrkdwnBecomesMarkdown(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"It leaves *today*, _maybe_ ~soon~ `a_b &lt; c`":              "It leaves **today**, _maybe_ ~~soon~~ `a_b < c`",
		"<https://a.example/x|the page> <https://b.example>":          "[the page](https://a.example/x) https://b.example",
		"2 * 3 * 4 and snake_case_name":                               `2 \* 3 \* 4 and snake\_case\_name`,
		"a &lt;b&gt; &amp; c":                                         `a \<b> & c`,
		"ask <@U123|mia> or <@U9> in <#C1|desk>, <!here>":             "ask @mia or @colleague in #desk, @here",
		"<mailto:a@b.example|a@b.example>":                            "a@b.example",
		"• one\n• two":                                                "- one\n- two",
		"```\n*not bold*\n```":                                        "```\n*not bold*\n```",
		"[x](y)":                                                      `\[x\](y)`,
		"# 1 is *not* a heading\n+ nor a list\n&amp;copy; is no sign": "\\# 1 is **not** a heading\n\\+ nor a list\n\\&copy; is no sign",
		"&gt; one\n&gt; *two*\nthree":                                 "> one\n> **two**\n\nthree",
		"first:\n• one\n    ◦ deeper\n2. two\nlast":                   "first:\n\n- one\n    - deeper\n2. two\n\nlast",
		"run ```a\nb``` then":                                         "run \n\n```\na\nb\n```\n\nthen",
		"*bold _and italic_*, `*code*` *`both`*":                      "**bold _and italic_**, `*code*` **`both`**",
		":wave::skin-tone-3: hi :tada: :our_own: at 10:30:45":         `👋🏼 hi 🎉 :our\_own: at 10:30:45`,
		"<https://a.example/a_b_(c)|see *this*>":                      `[see \*this\*](https://a.example/a_b_%28c%29)`,
		"*not bold* *nor*this or * that * and **":                     `**not bold** \*nor\*this or \* that \* and \*\*`,
		"&gt;&gt;&gt; all\nof it":                                     "> all\n> of it",
		"1. yes\n3. no":                                               "1. yes\n\n3\\. no",
		"00:cd:ef:ab:12 urn:id:4711 a :thinking_face: :flag-de:":      "00:cd:ef:ab:12 urn:id:4711 a 🤔 🇩🇪",
		"請看<https://x.example/a>謝謝":                                   "請看[https://x.example/a](https://x.example/a)謝謝",
	} {
		if got := toMarkdown(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestWhatACustomerWritesMeansNothingToSlack(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"<!channel>", "<@U1>", "<https://evil.example|your bank>", "*bold* _it_ ~s~ `c`", "&lt;!here&gt;"} {
		got := plain(in)
		if strings.ContainsAny(got, "<>") || got == in {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestSplittingKeepsEveryWordAndBreaksNoEntity(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		var b strings.Builder
		for range rng.IntN(400) {
			b.WriteString([]string{"word ", "&amp;", "&lt;", "é", "🙂", "\n", "longerword"}[rng.IntN(7)])
		}
		s := b.String()
		n := 20 + rng.IntN(100)
		parts := split(s, n)
		for _, p := range parts {
			if utf8.RuneCountInString(p) > n {
				t.Fatalf("%d characters of %d", utf8.RuneCountInString(p), n)
			}
			rest := strings.NewReplacer("&amp;", "", "&lt;", "").Replace(p)
			if strings.Contains(rest, "&") || !utf8.ValidString(p) {
				t.Fatalf("an entity or character is broken: %q", p)
			}
		}
		at := 0
		for _, p := range parts { // in order, and between them nothing but the one space or line end where it was cut
			next := strings.Index(s[at:], p)
			if next < 0 || next > 1 || next == 1 && s[at] != ' ' && s[at] != '\n' {
				t.Fatalf("something is lost before %q", p)
			}
			at += next + len(p)
		}
		if at != len(s) && strings.TrimSpace(s[at:]) != "" {
			t.Fatalf("lost at the end: %q", s[at:])
		}
	}
}

// TestTextsComeBackAsTheyWent turns random Markdown into mrkdwn and back: it must read the same.
func TestTextsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	cases := 2000
	if os.Getenv("PROVE") != "" {
		cases = 100000
	}
	seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64() % 1e6
	}
	t.Logf("SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 8))
	pick := func(all ...string) string { return all[rng.IntN(len(all))] }
	var inline func(depth int) string
	inline = func(depth int) string {
		var parts []string
		for range 1 + rng.IntN(4) {
			in := func() string { return strings.TrimSpace(inline(depth + 1)) }
			switch k := rng.IntN(12); {
			case k == 0 && depth < 1:
				parts = append(parts, "**"+in()+"**")
			case k == 1 && depth < 1:
				parts = append(parts, "~~"+in()+"~~")
			case k == 2 && depth < 1:
				parts = append(parts, "_"+in()+"_")
			case k == 3:
				parts = append(parts, "`"+pick("x", "a_b*c", "<b>", "a && b", ":tada:")+"`")
			case k == 4 && depth == 0:
				parts = append(parts, "["+pick("here", "this page", `a \_b\_`, "50 %")+"](https://a.example/"+pick("", "a_b_c", "x?a=1&b=2", "%28x%29")+")")
			case k == 5 && depth == 0:
				parts = append(parts, "https://b.example/"+pick("a_b", "x", "y?z=1&w=2"))
			case k < 8 && depth == 0: // marks beside marks are too much for mrkdwn
				parts = append(parts, pick("a \\* b", "\\*stars\\*", "\\~30", "a\\`b"))
			default:
				parts = append(parts, pick("word", "two words", "10:30", "snake\\_case", "x < y", "AT&T", "\\&copy;", "é", "重要", "\\# one", "it's", "(so)", "🎉", "5 > 3"))
			}
		}
		return strings.Join(parts, " ")
	}
	for range cases {
		var blocks []string
		for i := range 1 + rng.IntN(4) {
			switch k := rng.IntN(6); {
			case k == 0:
				blocks = append(blocks, "```\n"+pick("a := *b\nif x < y {}", "<html> & co", "  indented", "> no quote\n- no list")+"\n```")
			case k == 1 && (i == 0 || blocks[i-1][1] != ' ' && blocks[i-1][1] != '.'): // two lists are one
				blocks = append(blocks, "- "+inline(0)+"\n- "+inline(0))
			case k == 2 && (i == 0 || blocks[i-1][1] != ' ' && blocks[i-1][1] != '.'):
				blocks = append(blocks, "1. "+inline(0)+"\n2. "+inline(0))
			case k == 3 && (i == 0 || blocks[i-1][0] != '>'):
				blocks = append(blocks, "> "+inline(0)+"\n> "+inline(0))
			default:
				blocks = append(blocks, inline(0))
			}
		}
		html := func(s string) string {
			var b strings.Builder
			if err := reader.Convert([]byte(s), &b); err != nil {
				t.Fatal(err)
			}
			return strings.NewReplacer("</ul>\n<ul>\n", "", joiner, "", spacer, "").Replace(b.String())
		}
		in := strings.Join(blocks, "\n\n")
		mid := fromMarkdown(in)
		if out := toMarkdown(mid); html(out) != html(in) {
			t.Fatalf("Markdown %q\nbecame mrkdwn %q\nand Markdown %q\n%s\n%s", in, mid, out, html(in), html(out))
		}
	}
}

// TestLongHostileTextsAreReadInNoTime: a line is read before Slack is answered.
func TestLongHostileTextsAreReadInNoTime(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"*a ", "_a*b~", " *a`", " *a<", "_b <x|y> `c` ", ":a", "*a*", "&gt;", "&gt; a\n", "<", "`", "```", "_*~a~*_", "* ", ">>> x\n"} {
		s := strings.Repeat(piece, 40000/len(piece))
		start := time.Now()
		md := toMarkdown(s)
		split(s, 3000)
		if took := time.Since(start); took > 15*time.Second || // the race detector takes its time; the square of the length would take minutes
			len(md) > 10*len(s) {
			t.Errorf("%q: %s, %d bytes", piece, took, len(md))
		}
	}
	s := strings.Repeat("&gt;", 3000) + strings.Repeat("a\n", 14000)
	if md := toMarkdown(s); len(md) > 10*len(s) {
		t.Errorf("%d bytes", len(md))
	}
}

// TestSplittingBreaksNoSpan cuts texts with spans and fences: each piece means by itself what it meant in the whole.
func TestSplittingBreaksNoSpan(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 2))
	for range 2000 {
		var b strings.Builder
		fences := 0
		for range 20 + rng.IntN(60) {
			b.WriteString([]string{"word ", "*two words* ", "<https://a.example/x|a link here> ", "`some code` ", "_it is so_ ", "\n", "longerword "}[rng.IntN(7)])
			if rng.IntN(12) == 0 {
				fences++
				b.WriteString("\n```\n" + strings.Repeat("line of code\n", 1+rng.IntN(20)) + "```\n")
			}
		}
		n := 120 + rng.IntN(200)
		for _, p := range split(b.String(), n) {
			if utf8.RuneCountInString(p) > n {
				t.Fatalf("%d characters of %d", utf8.RuneCountInString(p), n)
			}
			if strings.Count(p, "```")%2 == 1 {
				t.Fatalf("a fence is broken: %q", p)
			}
			rest := p
			for _, whole := range []string{"*two words*", "<https://a.example/x|a link here>", "`some code`", "_it is so_", "```"} {
				rest = strings.ReplaceAll(rest, whole, "")
			}
			if strings.ContainsAny(rest, "*<>`_") {
				t.Fatalf("a span is broken: %q", p)
			}
		}
	}
}

// TestCardsKeepToSlacksLimits draws cards of hostile conversations.
func TestCardsKeepToSlacksLimits(t *testing.T) {
	t.Parallel()
	cases := 300
	if os.Getenv("PROVE") != "" {
		cases = 10000
	}
	seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64() % 1e6
	}
	t.Logf("SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 7))
	text := func() string {
		piece := []string{"<!channel>", "&amp;", "🙂🙂", "\u202eRTL", "*x*", "`", "word ", "\n", "<https://a|b>", strings.Repeat("long", 50), "é"}
		var b strings.Builder
		for range rng.IntN(1 << rng.IntN(10)) {
			b.WriteString(piece[rng.IntN(len(piece))])
		}
		return b.String()
	}
	for range cases {
		c := notify.Card{Wait: handover.Wait{Position: rng.IntN(5)}, Moved: rng.IntN(9) == 0}
		c.Channel, c.PageURL = "web", text()
		c.Contact = handover.Contact{Name: text(), Email: text(), Phone: text()}
		for i := range rng.IntN(15) {
			c.Fields = append(c.Fields, handover.Value{Name: fmt.Sprint(i, text()), Text: text()})
		}
		if rng.IntN(3) == 0 {
			c.Handoff.Topic = &handover.Topic{Intent: text(), Skills: []string{text()}, Values: []handover.Value{{Name: text(), Text: text()}}}
		}
		h := &c.Handoff
		h.ID, h.Team, h.Reason = 1, text(), []handover.Reason{handover.Requested, handover.LowConfidence, handover.Frustration}[rng.IntN(3)]
		h.State = []handover.State{handover.Waiting, handover.Claimed, handover.Closed}[rng.IntN(3)]
		h.Agent, h.Comment, h.Score = handover.Agent{ID: 1, Title: text()}, text(), rng.IntN(6)
		h.RequestedAt = time.Unix(1700000000, 0)
		if rng.IntN(2) == 0 {
			h.Why = &handover.Decision{Signals: handover.Signals{Evidence: text(), Frustration: 0.8}}
			h.Brief = &handover.Brief{Summary: text(), Wants: text(), Tried: []string{text(), text()}, Related: []handover.Citation{{Title: text()}, {Title: text()}}}
		}
		for range rng.IntN(4) {
			c.Last = append(c.Last, handover.Message{From: handover.FromCustomer, Text: text()})
		}
		blocks, fallback := card(c)
		if problem := limits(blocks); problem != "" {
			t.Fatalf("%.300s", problem)
		}
		if fallback == "" || strings.Contains(fallback, "<") {
			t.Fatalf("fallback %q", fallback)
		}
	}
}

// limits says which of Slack's limits blocks break.
func limits(blocks []slack.Block) string {
	b, err := json.Marshal(blocks)
	if err != nil {
		return err.Error()
	}
	var all []map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		return err.Error()
	}
	if len(all) > maxBlocks {
		return "too many blocks"
	}
	long := func(v any, n int) bool {
		o, _ := v.(map[string]any)
		s, _ := o["text"].(string)
		return s == "" || utf8.RuneCountInString(s) > n
	}
	for _, x := range all {
		if shown := fmt.Sprint(x); x["type"] != "header" && (strings.Contains(shown, "<!channel") || strings.Contains(shown, "<https://a|")) { // a header is plain text
			return "hostile text means something to Slack: " + shown
		}
		fields, _ := x["fields"].([]any)
		for _, f := range fields {
			if long(f, maxField) {
				return "a field"
			}
		}
		switch {
		case x["type"] == "header" && long(x["text"], maxHeader), x["type"] == "section" && x["text"] != nil && long(x["text"], maxSection), len(fields) > 10:
			return fmt.Sprint(x["type"])
		}
	}
	return ""
}

func TestRelayMergesOneBlockAMessageUnderItsID(t *testing.T) {
	t.Parallel()
	p := &post{}
	for i := range 3 {
		l := notify.Line{ID: int64(i + 1), From: handover.FromCustomer, Author: "Eve", Text: fmt.Sprint("line ", i)}
		if !p.fits(l) {
			t.Fatal("does not fit")
		}
		p.add(l)
	}
	if len(p.blocks) != 3 || p.blocks[1].ID() != "m:2" {
		t.Fatalf("%d blocks, the second is %s", len(p.blocks), p.blocks[1].ID())
	}
	if p.fits(notify.Line{ID: 9, From: handover.FromAgent, Author: "Mia", Text: "x"}) {
		t.Fatal("an agent's line goes out under another name")
	}
	long := notify.Line{ID: 4, From: handover.FromCustomer, Author: "Eve", Text: strings.Repeat("<", 8000)}
	q := &post{}
	q.add(long)
	if problem := limits(q.blocks); problem != "" {
		t.Fatal(problem)
	}
}

func TestANoteIsANoteBehindAnyMark(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"// x", "note: x", "NOTE: x", "*note*: x", "_Note_: x", "`note`: x", "*note:* x", "note :x", "note:memo: x", "1. note: x", ":memo: note: x",
		"\u200bnote: x", "\u202e// x", "&gt;&gt;&gt; // x", "~// x~", "“note: x”", "note： x",
	} {
		if !isNote(s) {
			t.Errorf("%q reaches the customer", s)
		}
	}
	for _, s := range []string{"We note that.", "Notes: see below", "https://a.example", "<https://a.example|note: x>", "```// comment```", "1. yes", "• one", "It is //not// so", "notebook: yes"} {
		if isNote(s) {
			t.Errorf("%q stays in the team", s)
		}
	}
}
