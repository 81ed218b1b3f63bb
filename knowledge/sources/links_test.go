package sources

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLinksBetweenFilesLeadToPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"returns.md":       "# Returns\n\nSee [delivery](shop/delivery.md#costs), [here][d] or [delivery]; [the guide](guide.html).\n\n![A label](img/label.png) [![logo](x.png)](shop/)\n\n[mail](mailto:a@b.co) [run](javascript:alert(1)) [gone](lost.md) [file](<my file.pdf>) [`code`](guide.html) [![Build][badge]][d] [top](#top)\n\n`[code](lost.md)`\n\n    [indented](lost.md)\n\n## More\n\n[badge]: https://x.example/b.svg\n[d]: shop/delivery.md\n[delivery]: <https://x.example/d> \"t\"\n",
		"shop/delivery.md": "---\nurl: https://shop.example/delivery\n---\n# Delivery\n\nBack to [returns](../returns.md \"Returns\"). ![Map](map.png) [other](/elsewhere?a=1) [a (b)](<../returns.md>)\n",
		"shop/index.md":    "# Shop\n\ntext\n",
		"guide.html":       "<html><body><main><h1>Guide</h1><p>Read <a href=\"returns.md\">returns</a> and <a href=\"https://y.example/\">more</a>.</p></main></body></html>",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for base, want := range map[string]map[string]string{
		"": {
			"returns.md": "See [delivery](https://shop.example/delivery#costs), [here](https://shop.example/delivery) or [delivery](https://x.example/d); the guide.\n\nA label logo\n\n[mail](mailto:a@b.co) run gone file `code` [![Build](https://x.example/b.svg)](https://shop.example/delivery) top\n\n" +
				"`[code](lost.md)`\n\n```\n[indented](lost.md)\n```",
			"shop/delivery.md": "Back to returns. ![Map](https://shop.example/map.png) [other](https://shop.example/elsewhere?a=1) a (b)",
			"guide.html":       "Read returns and [more](https://y.example/).",
		},
		"https://help.example/": {
			"returns.md": "See [delivery](https://shop.example/delivery#costs), [here](https://shop.example/delivery) or [delivery](https://x.example/d); [the guide](https://help.example/guide.html).\n\n" +
				"![A label](https://help.example/img/label.png) [![logo](https://help.example/x.png)](https://help.example/shop/index)\n\n[mail](mailto:a@b.co) run gone [file](https://help.example/my%20file.pdf) [`code`](https://help.example/guide.html) [![Build](https://x.example/b.svg)](https://shop.example/delivery) [top](https://help.example/returns#top)\n\n" +
				"`[code](lost.md)`\n\n```\n[indented](lost.md)\n```",
			"shop/delivery.md": "Back to [returns](https://help.example/returns). ![Map](https://shop.example/map.png) [other](https://shop.example/elsewhere?a=1) [a (b)](https://help.example/returns)",
			"guide.html":       "Read [returns](https://help.example/returns) and [more](https://y.example/).",
		},
	} {
		g, err := Read(t.Context(), dir, Options{Base: base})
		if err != nil || len(g.Refused) > 0 {
			t.Fatal(err, g.Refused)
		}
		for _, a := range g.Articles {
			if w := want[a.Key]; w != "" && a.Sections[0].Text != w {
				t.Errorf("base %q, %s:\n%s\nwant\n%s", base, a.Key, a.Sections[0].Text, w)
			}
		}
	}
}
