package slack

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

// picture draws a card's blocks as an SVG, about as Slack shows them.
func picture(blocks []slack.Block) string {
	var b strings.Builder
	y := 34
	text := func(x, size int, style, s string) {
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" font-size=\"%d\" %s>%s</text>\n", x, y, size, style, s)
	}
	para := func(s string, size int, fill string) {
		for line := range strings.SplitSeq(s, "\n") {
			x := 24
			if rest, quoted := strings.CutPrefix(line, "> "); quoted {
				line = rest
				fmt.Fprintf(&b, "<rect x=\"24\" y=\"%d\" width=\"4\" height=\"20\" fill=\"#ddd\"/>\n", y-15)
				x = 38
			}
			for _, part := range wrapped(line, 92) {
				text(x, size, `fill="`+fill+`"`, spans(part))
				y += size + 7
			}
		}
	}
	for _, block := range blocks {
		switch x := block.(type) {
		case *slack.HeaderBlock:
			text(24, 20, `font-weight="700" fill="#1d1c1d"`, html.EscapeString(x.Text.Text))
			y += 32
		case *slack.SectionBlock:
			if x.Text != nil {
				para(x.Text.Text, 15, "#1d1c1d")
			}
			for _, f := range x.Fields {
				para(f.Text, 15, "#1d1c1d")
			}
			y += 8
		case *slack.ContextBlock:
			for _, e := range x.ContextElements.Elements {
				if t, is := e.(*slack.TextBlockObject); is {
					para(t.Text, 13, "#616061")
				}
			}
			y += 8
		case *slack.ActionBlock:
			left := 24
			for _, e := range x.Elements.ElementSet {
				label, fill, ink := "⋯", "#fff", "#1d1c1d"
				if button, is := e.(*slack.ButtonBlockElement); is {
					if label = button.Text.Text; button.Style == slack.StylePrimary {
						fill, ink = "#007a5a", "#fff"
					}
				}
				width := 24 + 8*len([]rune(label))
				fmt.Fprintf(&b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"32\" rx=\"4\" fill=\"%s\" stroke=\"#bbb\"/>\n", left, y-10, width, fill)
				fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" font-size=\"14\" font-weight=\"700\" fill=\"%s\">%s</text>\n", left+12, y+11, ink, html.EscapeString(label))
				left += width + 8
			}
			y += 40
		}
	}
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"%d\" font-family=\"system-ui, sans-serif\"><rect width=\"760\" height=\"%d\" fill=\"#fff\"/>\n%s</svg>\n", y, y, b.String())
}

var (
	tokenDate = regexp.MustCompile(`<!date\^\d+\^[^|]*\|([^>]*)>`)
	strong    = regexp.MustCompile(`\*([^*\n]+)\*`)
	slanted   = regexp.MustCompile(`_([^_\n]+)_`)
)

// spans is mrkdwn as SVG: bold and italic, dates as their fallback.
func spans(s string) string {
	s = tokenDate.ReplaceAllString(s, "$1")
	s = strings.NewReplacer("`", "", "\u2060", "").Replace(s)
	s = strong.ReplaceAllString(s, `<tspan font-weight="700">$1</tspan>`)
	return slanted.ReplaceAllString(s, `<tspan font-style="italic">$1</tspan>`)
}

func wrapped(s string, width int) []string {
	s = tokenDate.ReplaceAllString(s, "$1")
	lines := []string{""}
	for _, w := range strings.Fields(s) {
		if last := lines[len(lines)-1]; len([]rune(last))+len([]rune(w)) >= width && last != "" {
			lines = append(lines, "")
		}
		lines[len(lines)-1] = strings.TrimSpace(lines[len(lines)-1] + " " + w)
	}
	return lines
}

// TestThePicturesOfTheGuideAreTheCards draws the pictures of docs/agents.md from the cards themselves; UPDATE=1 draws them anew.
func TestThePicturesOfTheGuideAreTheCards(t *testing.T) {
	t.Parallel()
	for name, c := range sampleCards() {
		if name != "waiting" && name != "claimed" && name != "resolved" {
			continue
		}
		blocks, _ := card(c)
		got, file := picture(blocks), filepath.Join("..", "..", "docs", "pictures", "card_"+name+".svg")
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil || string(want) != got {
			t.Errorf("%s is another card than what is drawn now (UPDATE=1 draws it anew): %v", file, err)
		}
	}
}
