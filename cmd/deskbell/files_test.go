package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/deskbell/deskbell/bot"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// picture is a PNG of a colour.
func picture(t testing.TB, shade uint8) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = color.Gray{Y: shade}.Y
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// uploads sends a file and returns its id; want is the status.
func (v *visitor) uploads(name string, content []byte, want int) string {
	v.w.Helper()
	var out struct{ ID string }
	v.call(http.MethodPost, "/web/files?name="+name, string(content), want, &out)
	return out.ID
}

func (v *visitor) sends(id, text string, files ...string) {
	v.w.Helper()
	body, _ := json.Marshal(map[string]any{"id": id, "text": text, "files": files})
	v.call(http.MethodPost, "/web/messages", string(body), http.StatusAccepted, nil)
}

// file waits for an agent's file that is called so, and returns it as the customer sees it.
func (v *visitor) file(name string, ok func(bot.FileView) bool) (found bot.FileView) {
	v.w.Helper()
	v.w.until("the customer sees "+name, func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, m := range v.messages {
			for _, f := range m.Files {
				if f.Name == name && ok(f) {
					found = f
					return true
				}
			}
		}
		return false
	})
	return found
}

func ready(f bot.FileView) bool { return f.URL != "" }

// gets asks for a file as a page does: without a token.
func (w *whole) gets(path string) (int, http.Header, []byte) {
	w.Helper()
	res, err := http.Get(w.url + path)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatal(err)
	}
	return res.StatusCode, res.Header, b
}

// sharedIn are the files that were shown in a thread.
func (w *whole) sharedIn(thread string) (files []slacktest.File) {
	for _, m := range w.slack.Thread("C1", thread) {
		if m.BotID != "" {
			for _, f := range m.Files {
				files = append(files, *f)
			}
		}
	}
	return files
}

func TestFilesTravelBothWays(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, card := w.held("Do you sell lawn mowers?")
		broken, mended := picture(t, 40), picture(t, 200)
		ana.sends("f1", "This is what it looks like", ana.uploads("broken%20blade.png", broken, http.StatusCreated))
		w.until("the picture is in the thread, with its words", func() bool {
			files := w.sharedIn(card.TS)
			return len(files) == 1 && files[0].Name == "broken blade.png" && bytes.Equal(files[0].Content, broken) && strings.Contains(w.thread(card.TS), "This is what it looks like")
		})
		ana.sends("f2", "", ana.uploads("notes.txt", []byte("serial number 7"), http.StatusCreated))
		w.until("a file without words is there as well", func() bool { return len(w.sharedIn(card.TS)) == 2 })
		w.threadHas(card.TS, "sent 1 file")

		line := w.slack.SayFiles("C1", card.TS, "UMIA", "Like *this*:", slacktest.File{Name: "mended.png", Mimetype: "image/png", Content: mended}, slacktest.File{Name: "how.txt", Mimetype: "text/plain", Content: []byte("Turn it.")})
		ana.reads("agent: Like **this**:")
		shown := ana.file("mended.png", ready)
		status, head, content := w.gets(shown.URL)
		if status != http.StatusOK || !bytes.Equal(content, mended) || head.Get("Content-Type") != "image/png" || !strings.HasPrefix(head.Get("Content-Disposition"), "inline") || !strings.Contains(head.Get("Content-Security-Policy"), "sandbox") || !shown.Image {
			t.Error(status, head, shown)
		}
		text := ana.file("how.txt", ready)
		if _, head, _ = w.gets(text.URL); !strings.HasPrefix(head.Get("Content-Disposition"), "attachment") {
			t.Error(head)
		}
		w.slack.DeleteFile("C1", line, 0)
		w.until("the deleted one is gone", func() bool { status, _, _ := w.gets(shown.URL); return status == http.StatusNotFound })
		if status, _, _ = w.gets(text.URL); status != http.StatusOK {
			t.Error("the other is gone, too")
		}
		w.slack.Delete("C1", line)
		ana.reads("agent: (deleted)")
		if status, _, _ = w.gets(text.URL); status != http.StatusNotFound {
			w.Error(status)
		}
		var kept int
		if err := w.app.db.QueryRow(w.Context(), `SELECT count(*) FROM files WHERE file ->> 'source' <> '' AND content IS NOT NULL`).Scan(&kept); err != nil || kept != 0 {
			w.Errorf("%d files are kept that were taken back, %v", kept, err)
		}
	})
}

func TestAFileThatIsNotForTheCustomerIsNeverFetched(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, card := w.held("Do you sell lawn mowers?")
		w.slack.SayFiles("C1", card.TS, "UMIA", "note: her invoice", slacktest.File{Name: "invoice.txt", Content: []byte("secret")})
		w.slack.SayFiles("C1", card.TS, "UBOB", "", slacktest.File{Name: "warehouse.txt", Content: []byte("secret")})
		w.told("UBOB", "Mia has this conversation")
		if n, _ := w.slack.Calls("files.info"); n != 0 {
			t.Errorf("%d files were asked for", n)
		}
		w.ok(w.slack.Answer("UBOB", "send_on_behalf"))
		ana.file("warehouse.txt", ready)
		w.slack.Say("C1", card.TS, "UMIA", "That is all.")
		ana.reads("That is all.")
		ana.mu.Lock()
		defer ana.mu.Unlock()
		for _, m := range ana.messages {
			if slices.ContainsFunc(m.Files, func(f bot.FileView) bool { return f.Name == "invoice.txt" }) {
				t.Error("a note's file leaked")
			}
		}
	})
}

func TestAFileThatIsRefusedIsTold(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, card := w.held("Do you sell lawn mowers?")
		program := append([]byte("MZ"), make([]byte, 300)...)
		w.slack.SayFiles("C1", card.TS, "UMIA", "Try this", slacktest.File{Name: "holiday.png", Mimetype: "image/png", Content: program})
		failed := func(f bot.FileView) bool { return f.Failed }
		ana.file("holiday.png", failed)
		w.threadHas(card.TS, "holiday.png did not reach the customer")
		w.slack.SayFiles("C1", card.TS, "UMIA", "", slacktest.File{Name: "film.txt", Content: []byte("short"), Size: 11 << 20})
		ana.file("film.txt", failed)
		w.threadHas(card.TS, "larger than 10 MB")
		w.slack.SayFiles("C1", card.TS, "UMIA", "", slacktest.File{Name: "liar.txt", Content: bytes.Repeat([]byte("a"), 11<<20), Size: 5})
		ana.file("liar.txt", failed)
		w.slack.Fail("download", slacktest.Fault{Status: 500}, slacktest.Fault{Status: 500})
		w.slack.SayFiles("C1", card.TS, "UMIA", "", slacktest.File{Name: "late.txt", Content: []byte("late")})
		ana.file("late.txt", ready)

		ana.uploads("program.exe", program, http.StatusUnsupportedMediaType)
		ana.uploads("page.png", []byte("<html><script>alert(1)</script></html>"), http.StatusUnsupportedMediaType)
		ana.uploads("drawing.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), http.StatusUnsupportedMediaType)
		ana.uploads("empty.txt", nil, http.StatusUnprocessableEntity)
		ana.uploads("large.txt", bytes.Repeat([]byte("a"), 10<<20+1), http.StatusRequestEntityTooLarge)
		eve := w.visit()
		hers := eve.uploads("hers.txt", []byte("hers"), http.StatusCreated)
		ana.call(http.MethodPost, "/web/messages", `{"id":"x","text":"mine?","files":["`+hers+`"]}`, http.StatusUnprocessableEntity, nil)
		if status, _, _ := w.gets("/web/files/" + hers); status != http.StatusNotFound {
			t.Error("a file that no message has is given out")
		}
		for _, name := range []string{"../../etc/passwd", "a\u202egnp.exe"} {
			id := eve.uploads(strings.ReplaceAll(strings.ReplaceAll(name, "/", "%2F"), "\u202e", "%E2%80%AE"), []byte("text"), http.StatusCreated)
			eve.sends(name, "", id)
		}
		eve.file("passwd.txt", ready) // an ending of its type: nothing runs on a double click
		eve.file("agnp.exe.txt", ready)
		eve.reads("bot: I am not sure about that.") // it cannot read files
	})
}

func TestAFileIsSharedOnceWhateverSlackAnswers(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{})
	ana, card := w.held("Do you sell lawn mowers?")
	w.slack.Fail("files.completeUploadExternal", slacktest.Fault{Status: 500, After: true})
	ana.sends("f1", "first", ana.uploads("one.txt", []byte("one"), http.StatusCreated))
	ana.sends("f2", "second", ana.uploads("two.txt", []byte("two"), http.StatusCreated))
	w.threadHas(card.TS, "second")
	files := w.sharedIn(card.TS)
	if len(files) != 2 || files[0].Name != "one.txt" || files[1].Name != "two.txt" || files[0].Shared != 1 {
		t.Errorf("%+v", files)
	}
	w.slack.Fail("files.getUploadURLExternal", slacktest.Fault{Say: "missing_scope"})
	ana.sends("f3", "third", ana.uploads("three.txt", []byte("three"), http.StatusCreated))
	w.threadHas(card.TS, "Not shown here, open the console: three.txt")
	w.threadHas(card.TS, "third")
}

func TestFilesInABrowser(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{more: consoleToken})
	chromium := browser(t)
	shop := open(t, chromium, w.url+"/")
	shop.until("the launcher is there", `return !!root.querySelector('.launcher')`)
	shop.js(`root.querySelector('.launcher').click()`)
	shop.until("files can be attached", `return !root.querySelector('.clip').hidden`)
	choose := func(name string, content []byte) {
		t.Helper()
		shop.js(fmt.Sprintf(`const b = Uint8Array.from(atob(%q), (c) => c.charCodeAt(0)), d = new DataTransfer();
			d.items.add(new File([b], %q)); const p = root.querySelector('input[type=file]'); p.files = d.files; p.dispatchEvent(new Event('change'))`, base64.StdEncoding.EncodeToString(content), name))
	}
	choose("broken.png", picture(t, 90))
	shop.until("it is chosen", `return root.querySelectorAll('.chosen li').length === 1 && !root.querySelector('.chosen').innerText.includes('uploading')`)
	choose("virus.exe", append([]byte("MZ"), make([]byte, 300)...))
	shop.until("another is refused, with a reason", `return root.querySelector('.chosen').innerText.includes('this is something else')`)
	shop.shot("files-chosen")
	shop.js(`[...root.querySelectorAll('.chosen button')].pop().click()`)
	shop.says("a human please")
	shop.until("her picture stands in the log", `const i = root.querySelector('.msg.mine .files img'); return !!i && i.complete && i.naturalWidth === 40`)
	card := w.cardShows("WAITING")
	w.until("it is in the thread", func() bool { return len(w.sharedIn(card.TS)) == 1 })
	w.click(card.TS, "claim", "UMIA")
	shop.reads("Hi, I'm Mia.")
	w.slack.SayFiles("C1", card.TS, "UMIA", "Like this, see the paper :thumbsup:", slacktest.File{Name: "mended.png", Content: picture(t, 220)}, slacktest.File{Name: "manual.pdf", Content: []byte("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")})
	shop.until("both are there", `const f = root.querySelector('.msg:not(.mine) .files'); const i = f && f.querySelector('img'); return !!i && i.complete && i.naturalWidth === 40 && f.innerText.includes('manual.pdf (')`)
	shop.reads("👍")
	shop.shot("files")
	w.slack.Say("C1", card.TS, "UMIA", "_2 * 3_ and _snake_case is it_ and *bold _in_ it* <https://x.example/a_b|see ]it[> 請看<https://x.example/c>謝謝")
	shop.reads("2 * 3 and snake_case is it and bold in it see ]it[ 請看https://x.example/c謝謝")
	if got := shop.js(`const m = [...root.querySelectorAll('.msg:not(.mine) .bubble')].pop(); return [...m.querySelectorAll('em')].map((e) => e.textContent).join('|') + ' ' + [...m.querySelectorAll('a')].map((a) => a.href).join('|')`); got != "2 * 3|snake_case is it|in https://x.example/a_b|https://x.example/c" {
		t.Error(got)
	}
	desk := open(t, chromium, w.url+"/console/login?token=0123456789abcdef0123")
	desk.until("the queue shows her", `return !!document.querySelector('.row.claimed')`)
	desk.js(`document.querySelector('.row.claimed').click()`)
	desk.until("the console shows both sides' files", `const i = [...document.querySelectorAll('#transcript img')]; return i.length === 2 && i.every((x) => x.complete && x.naturalWidth === 40) && document.querySelector('#transcript').innerText.includes('manual.pdf')`)
	desk.shot("files-console")
	shop.run(chromedp.Reload())
	shop.until("all of it is there after a reload", `return root && root.querySelectorAll('.files img').length === 2`)
}
