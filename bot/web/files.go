package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// mostUploads is how many files are looked at and kept at once: each stands in memory then. Until it has arrived it stands in a temporary
// file, so that slow senders hold up nobody.
const mostUploads = 8

// slowest is the rate at which a file must be sent and read, in bytes a second, after grace.
const (
	slowest = 16 << 10
	grace   = 10 * time.Second
)

// keepWithin is how long a file that has arrived waits for one of the mostUploads places.
const keepWithin = 10 * time.Second

// upload takes a file in, which a message may then name: its body is the content, ?name= what the customer calls it.
func (c *Channel) upload(w http.ResponseWriter, r *http.Request) {
	_, who, err := c.ref(r)
	if err == nil {
		if wait := c.steps.wait(who); wait > 0 {
			err = tooMany(wait)
		}
	}
	if err == nil && c.o.MostFile == 0 {
		err = problem{status: http.StatusForbidden, code: "no_files", message: "Files cannot be sent here."}
	}
	var conv handover.Conversation
	if err == nil { // before a byte is read
		conv, err = c.reads.Find(r.Context(), "web", who)
	}
	if err == nil {
		release, ok := both(c.uploadsOf, who, c.uploadsFrom, from(r.RemoteAddr))
		if ok {
			defer release()
		} else {
			err = tooMany(2 * time.Second)
		}
	}
	var f handover.File
	if err == nil {
		f, err = c.taken(w, r, conv.ID)
	}
	if errors.Is(err, handover.ErrTooMuch) {
		err = problem{status: http.StatusTooManyRequests, code: "too_much", message: "That is too much for one day. Try again tomorrow, or ask for another way.", retry: time.Hour}
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	encode(w, http.StatusCreated, map[string]any{"id": f.Key, "name": f.Name, "type": f.Type, "size": f.Size})
}

// taken reads an upload, looks what it is, and keeps it.
func (c *Channel) taken(w http.ResponseWriter, r *http.Request, conversation int64) (f handover.File, err error) {
	arrived, err := os.CreateTemp("", "deskbell-upload-*")
	if err != nil {
		return f, fmt.Errorf("upload: %w", err)
	}
	defer func() { _ = os.Remove(arrived.Name()); _ = arrived.Close() }()
	body := &paced{Reader: http.MaxBytesReader(w, r.Body, c.o.MostFile), rc: http.NewResponseController(w), began: time.Now()}
	n, err := io.Copy(arrived, body)
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return f, problem{status: http.StatusRequestEntityTooLarge, code: "too_large", message: fmt.Sprintf("A file may have %d MB.", c.o.MostFile>>20)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return f, problem{status: http.StatusRequestTimeout, code: "too_slow", message: "The upload was too slow. Try again with a better connection, or with a smaller file."}
	case err != nil:
		return f, problem{status: http.StatusBadRequest, code: "bad_request", message: "The upload broke off."}
	case n == 0:
		return f, unprocessable("empty", "The file is empty.")
	case !c.uploadedFrom.take(from(r.RemoteAddr), n):
		return f, handover.ErrTooMuch
	}
	wait, cancel := context.WithTimeout(r.Context(), keepWithin)
	defer cancel()
	select {
	case c.uploads <- struct{}{}:
		defer func() { <-c.uploads }()
	case <-wait.Done():
		return f, tooMany(5 * time.Second)
	}
	content := make([]byte, n)
	if _, err := arrived.ReadAt(content, 0); err != nil {
		return f, fmt.Errorf("upload: %w", err)
	}
	if f, err = describe(r, content); err != nil {
		return f, err
	}
	l := c.o.Limits
	return f, c.files.Upload(r.Context(), conversation, f, content, handover.Budget{Conversation: l.BytesPerSession, All: l.BytesPerDay})
}

// paced is an upload that must keep to a rate.
type paced struct {
	io.Reader
	rc    *http.ResponseController
	began time.Time
	n     int64
}

func (p *paced) Read(b []byte) (int, error) {
	_ = p.rc.SetReadDeadline(p.began.Add(grace + time.Duration(p.n)*time.Second/slowest)) // the server's own time-out is for small requests
	n, err := p.Reader.Read(b[:min(len(b), 32<<10)])
	p.n += int64(n)
	return n, err
}

// describe looks what an upload is.
func describe(r *http.Request, content []byte) (f handover.File, err error) {
	f = handover.File{Key: rand.Text(), Name: handover.FileName(r.URL.Query().Get("name")), Size: int64(len(content)), Ready: true}
	if f.Type, err = handover.FileType(content); err != nil {
		return f, problem{status: http.StatusUnsupportedMediaType, code: "bad_type", message: "Pictures, PDF, text, office documents, sound and video can be sent; this is something else."}
	}
	f.Name = handover.NameFor(f.Name, f.Type)
	return f, nil
}

// attached are the files that a message names.
func (c *Channel) attached(ctx context.Context, who string, keys []string) ([]handover.File, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if len(keys) > handover.MostFiles {
		return nil, unprocessable("too_many_files", fmt.Sprintf("A message may have %d files.", handover.MostFiles))
	}
	conv, err := c.reads.Find(ctx, "web", who)
	if err != nil {
		return nil, err
	}
	files, err := c.files.Uploads(ctx, conv.ID, keys)
	if errors.Is(err, handover.ErrNoFile) {
		err = unprocessable("no_file", "One of the files is not known. Send it again with POST /web/files.")
	}
	return files, err
}

// download gives a file out to whoever has its name, as long as its message can be seen: nobody can guess one. Nothing in it runs.
func (c *Channel) download(w http.ResponseWriter, r *http.Request) {
	f, content, err := c.files.Content(r.Context(), r.PathValue("key"), true)
	if errors.Is(err, handover.ErrNoFile) {
		err = problem{status: http.StatusNotFound, code: "no_file", message: "There is no such file, or not any more."}
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	h := w.Header()
	disposition := "attachment"
	if f.Image() {
		disposition = "inline"
	}
	h.Set("Content-Type", f.Type)
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "private, max-age=60")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout + time.Duration(f.Size/slowest)*time.Second))
	_, _ = io.Copy(w, content) // a reader who is gone comes again
}
