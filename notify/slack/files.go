package slack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify"
)

// attachment is a file as events carry it.
type attachment struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Title    string `json:"title"`
	Mimetype string `json:"mimetype"`
	Size     int64  `json:"size"`
	Mode     string `json:"mode"`
}

// files are those of a line; what was deleted or may not be seen leaves a tombstone.
func (w *Workspace) files(all []attachment) (files []handover.File) {
	for _, a := range all {
		if a.ID == "" || a.Mode == "tombstone" || a.Mode == "hidden_by_limit" || len(files) == handover.MostFiles {
			continue
		}
		name := a.Name
		if name == "" {
			name = a.Title
		}
		files = append(files, handover.File{Key: rand.Text(), Name: handover.FileName(sanitize(name)), Type: clip(sanitize(a.Mimetype), 100), Size: a.Size, Source: w.o.Identity.Workspace() + ":" + a.ID})
	}
	return files
}

// Fetch implements notify.Workspace.
func (w *Workspace) Fetch(ctx context.Context, file string, most int64) ([]byte, error) {
	info, _, _, err := w.api().GetFileInfoContext(ctx, file, 0, 0)
	var said slack.SlackErrorResponse
	switch {
	case errors.As(err, &said) && (said.Err == "file_not_found" || said.Err == "file_deleted"):
		return nil, notify.ErrGone
	case err != nil:
		return nil, fmt.Errorf("files.info: %w", err)
	case info.IsExternal || info.URLPrivateDownload == "" && info.URLPrivate == "":
		return nil, fmt.Errorf("kept elsewhere than in Slack: %w", handover.ErrFileType)
	case int64(info.Size) > most:
		return nil, notify.ErrTooLarge
	}
	from := info.URLPrivateDownload
	if from == "" {
		from = info.URLPrivate
	}
	into := &bounded{most: most}
	if err := w.api().GetFileContext(ctx, from, into); err != nil && !into.over {
		var address *url.Error
		if errors.As(err, &address) { // the address ends in the file's name
			err = address.Err
		}
		return nil, fmt.Errorf("download a file: %w", err)
	}
	if into.over { // more than it says
		return nil, notify.ErrTooLarge
	}
	return into.taken, nil
}

// bounded takes so many bytes and no more.
type bounded struct {
	taken []byte
	most  int64
	over  bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.over = b.over || int64(len(b.taken)+len(p)) > b.most; b.over {
		return 0, notify.ErrTooLarge
	}
	b.taken = append(b.taken, p...)
	return len(p), nil
}

// share posts a message with its files: each is uploaded once, and what Slack calls it is kept before it is shown, so that after an unknown
// outcome it is found in the thread.
func (w *Workspace) share(ctx context.Context, thread handover.Card, p *post) error {
	var uploaded []slack.FileSummary
	var missing []string
	for _, f := range p.files {
		id, err := w.uploaded(ctx, thread, f)
		switch {
		case err == nil:
			uploaded = append(uploaded, slack.FileSummary{ID: id, Title: f.Name})
		case refusedFile(err):
			w.o.Logger.ErrorContext(ctx, "Slack does not take a file", "channel", thread.Channel, "err", err)
			missing = append(missing, f.Name)
		default:
			return err
		}
	}
	if len(uploaded) > 0 {
		_, err := w.api().CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
			Files: uploaded, Channel: thread.Channel, ThreadTimestamp: thread.TS, Blocks: slack.Blocks{BlockSet: p.blocks},
		})
		switch err = outcome(err, thread.PostLimit(), false); {
		case err == nil:
			if err := w.shown(ctx, thread, uploaded[len(uploaded)-1].ID); err != nil {
				return err
			}
			return partly(true, w.notShown(ctx, thread, &post{key: p.key, first: p.first}, missing)) // the words are there
		case !refusedFile(err):
			return err
		}
		w.o.Logger.ErrorContext(ctx, "Slack does not take files", "channel", thread.Channel, "err", err)
		for _, u := range uploaded {
			missing = append(missing, u.Title)
		}
	}
	p.files = nil
	return w.notShown(ctx, thread, p, missing)
}

// notShown posts what is left of a message, with the names of files that Slack does not take.
func (w *Workspace) notShown(ctx context.Context, thread handover.Card, p *post, missing []string) error {
	if len(missing) > 0 {
		text := ":warning: Not shown here, open the console: " + plain(strings.Join(missing, ", "))
		p.blocks, p.texts = append(p.blocks, section(clipEscaped(text, maxSection))), append(p.texts, text)
	}
	return w.send(ctx, thread, p)
}

// shown waits a while until Slack has put a file into its thread: it does so later than it says, and what is posted meanwhile would stand above it.
func (w *Workspace) shown(ctx context.Context, thread handover.Card, id string) error {
	for range 6 {
		f, _, _, err := w.api().GetFileInfoContext(ctx, id, 0, 0)
		if err == nil && len(f.Shares.Public[thread.Channel])+len(f.Shares.Private[thread.Channel]) > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return &handover.UnknownOutcomeError{Err: ctx.Err()} // the next line waits, and looks
		case <-time.After(500 * time.Millisecond):
		}
	}
	return nil
}

// refusedFile says whether Slack will never take a file from us: it is about this file, or about what we may.
func refusedFile(err error) bool {
	var said slack.SlackErrorResponse
	return handover.IsPermanent(err) || errors.Is(err, handover.ErrNoFile) || errors.As(err, &said) && said.Err == "missing_scope"
}

// mostUploads is how often an upload is tried.
const mostUploads = 5

// uploaded is what Slack calls a file in this thread.
func (w *Workspace) uploaded(ctx context.Context, thread handover.Card, f handover.File) (string, error) {
	place := thread.Channel + ":" + thread.TS
	if id, err := w.store.Copy(ctx, f.Key, place); err != nil || id != "" {
		return id, err
	}
	now, content, err := w.store.Content(ctx, f.Key, false)
	if err != nil {
		return "", err
	}
	to, err := w.api().GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: f.Name, FileSize: int(now.Size)})
	if err != nil {
		return "", outcome(err, handover.LimitKey{}, true)
	}
	if err := w.api().UploadToURL(ctx, slack.UploadToURLParameters{UploadURL: to.UploadURL, Filename: f.Name, Reader: content}); err != nil {
		var status slack.StatusCodeError
		if tried, _ := w.uploads.LoadOrStore(f.Key+place, new(atomic.Int32)); tried.(*atomic.Int32).Add(1) >= mostUploads || errors.As(err, &status) && status.Code/100 == 4 && status.Code != 429 {
			return "", handover.Permanent(fmt.Errorf("upload: %w", err)) // the thread goes on without it
		}
		return "", fmt.Errorf("upload: %w", err)
	}
	w.uploads.Delete(f.Key + place)
	return to.FileID, w.store.Copied(ctx, f.Key, place, to.FileID)
}

// shared says whether one of a line's files is among the posts of its thread.
func (w *Workspace) shared(ctx context.Context, thread handover.Card, l notify.Line, posted map[string]bool) (bool, error) {
	for _, f := range l.Files {
		id, err := w.store.Copy(ctx, f.Key, thread.Channel+":"+thread.TS)
		if err != nil && !errors.Is(err, handover.ErrNoFile) {
			return false, err
		}
		if id == "" {
			continue
		}
		if posted[fileMark+id] {
			return true, nil
		}
		info, _, _, err := w.api().GetFileInfoContext(ctx, id, 0, 0) // Slack may not have put it into the thread yet
		if err == nil && len(info.Shares.Public[thread.Channel])+len(info.Shares.Private[thread.Channel]) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// fileMark stands before a file's id among the marks that posts are found by.
const fileMark = "file:"
