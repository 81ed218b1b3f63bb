package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// mostUploads is how many files are taken in at once: each stands in memory while its content is looked at.
const mostUploads = 8

// slowest is the rate at which a file must be read, in bytes a second.
const slowest = 16 << 10

// uploadWithin is how long an upload may take: the server's own time-out is for small requests.
const uploadWithin = 2 * time.Minute

// upload takes a file in, which a message may then name: its body is the content, ?name= what the customer calls it.
func (c *Channel) upload(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadWithin)) // where there is none, there is no deadline either
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
	var f handover.File
	var content []byte
	if err == nil {
		select {
		case c.uploads <- struct{}{}:
			defer func() { <-c.uploads }()
			f, content, err = c.taken(w, r)
		default:
			err = tooMany(2 * time.Second)
		}
	}
	if err == nil {
		err = c.files.Upload(r.Context(), conv.ID, f, content, c.o.MostFile)
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

// taken reads an upload and looks what it is.
func (c *Channel) taken(w http.ResponseWriter, r *http.Request) (f handover.File, content []byte, err error) {
	content, err = io.ReadAll(http.MaxBytesReader(w, r.Body, c.o.MostFile))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return f, nil, problem{status: http.StatusRequestEntityTooLarge, code: "too_large", message: fmt.Sprintf("A file may have %d MB.", c.o.MostFile>>20)}
	case err != nil:
		return f, nil, problem{status: http.StatusBadRequest, code: "bad_request", message: "The upload broke off."}
	case len(content) == 0:
		return f, nil, unprocessable("empty", "The file is empty.")
	}
	f = handover.File{Key: rand.Text(), Name: handover.FileName(r.URL.Query().Get("name")), Size: int64(len(content)), Ready: true}
	if f.Type, err = handover.FileType(content); err != nil {
		return f, nil, problem{status: http.StatusUnsupportedMediaType, code: "bad_type", message: "Pictures, PDF, text, office documents, sound and video can be sent; this is something else."}
	}
	f.Name = handover.NameFor(f.Name, f.Type)
	return f, content, nil
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
