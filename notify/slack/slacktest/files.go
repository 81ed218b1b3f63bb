package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// File is a file as the server keeps it.
type File struct {
	ID, Name, Mimetype string
	Content            []byte
	Size               int // as Slack tells it; 0: as it is
	Shared             int // how often it was shown somewhere
	uploading, deleted bool
}

// Gone says whether it was deleted.
func (f *File) Gone() bool { return f.deleted }

func (f *File) size() int {
	if f.Size > 0 {
		return f.Size
	}
	return len(f.Content)
}

// SayFiles writes a line with files as a person.
func (s *Server) SayFiles(channel, thread, user, text string, files ...File) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := &Message{Channel: channel, ThreadTS: thread, User: user, Text: text, TS: s.nextTS(c), Posted: time.Now()}
	for _, f := range files {
		s.n++
		f.ID = fmt.Sprint("F", s.n)
		s.files[f.ID] = &f
		m.Files = append(m.Files, &f)
	}
	c.messages = append(c.messages, m)
	s.emit(event(m, map[string]any{"subtype": "file_share"}))
	return m.TS
}

// Broadcast writes a line into a thread and shows it in the channel as well.
func (s *Server) Broadcast(channel, thread, user, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := &Message{Channel: channel, ThreadTS: thread, User: user, Text: text, TS: s.nextTS(c), Posted: time.Now()}
	c.messages = append(c.messages, m)
	s.emit(event(m, map[string]any{"subtype": "thread_broadcast", "root": map[string]any{"ts": thread}}))
	return m.TS
}

// DeleteFile deletes the nth file of a line as its author; the line stays.
func (s *Server) DeleteFile(channel, ts string, nth int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := c.find(ts)
	before := render(m, nil)
	m.Files[nth].deleted = true
	m.EditedTS = s.nextTS(c)
	s.emit(map[string]any{"type": "message", "subtype": "message_changed", "hidden": true, "channel": channel, "ts": m.EditedTS, "event_ts": m.EditedTS, "message": render(m, nil), "previous_message": before})
}

// rendered are files as Slack sends them.
func rendered(files []*File) []map[string]any {
	var out []map[string]any
	for _, f := range files {
		if f.deleted {
			out = append(out, map[string]any{"id": f.ID, "mode": "tombstone"})
			continue
		}
		out = append(out, map[string]any{"id": f.ID, "name": f.Name, "title": f.Name, "mimetype": f.Mimetype, "size": f.size(), "mode": "hosted"})
	}
	return out
}

// fileCall does one method about files; the lock is held.
func (s *Server) fileCall(method string, in args) map[string]any {
	switch method {
	case "files.info":
		f := s.files[in.str("file")]
		if f == nil || f.deleted || f.uploading {
			return no("file_not_found")
		}
		about := rendered([]*File{f})[0]
		about["url_private_download"] = s.h.URL + "/download/" + f.ID
		shares := map[string]any{}
		for name, c := range s.channels {
			for _, m := range c.messages {
				if slices.Contains(m.Files, f) && !m.Deleted {
					shares[name] = []any{map[string]any{"ts": m.TS}}
				}
			}
		}
		about["shares"] = map[string]any{"public": shares}
		return map[string]any{"ok": true, "file": about}
	case "files.delete":
		f := s.files[in.str("file")]
		if f == nil || f.deleted {
			return no("file_not_found")
		}
		f.deleted = true
		return map[string]any{"ok": true}
	case "files.getUploadURLExternal":
		if in.str("filename") == "" || in.str("length") == "" {
			return no("invalid_arguments")
		}
		s.n++
		f := &File{ID: fmt.Sprint("F", s.n), Name: in.str("filename"), uploading: true}
		s.files[f.ID] = f
		return map[string]any{"ok": true, "file_id": f.ID, "upload_url": s.h.URL + "/upload/" + f.ID}
	}
	var ids []struct{ ID string }
	if json.Unmarshal([]byte(in.str("files")), &ids) != nil || len(ids) == 0 {
		return no("invalid_arguments")
	}
	c := s.channels[in.str("channel_id")]
	if c == nil {
		return no("channel_not_found")
	}
	if c.archived {
		return no("is_archived")
	}
	var files []*File
	for _, id := range ids {
		f := s.files[id.ID]
		if f == nil || f.uploading && f.Content == nil {
			return no("file_not_found")
		}
		files = append(files, f)
	}
	if in.str("thread_ts") != "" && c.find(in.str("thread_ts")) == nil {
		return no("thread_not_found")
	}
	var blocks []map[string]any
	if json.Unmarshal([]byte(in.str("blocks")), &blocks) != nil || check("a file", blocks) != "" {
		return no("invalid_blocks")
	}
	for _, f := range files {
		f.uploading = false
	}
	s.pending.Add(1)
	time.AfterFunc(shareAfter, func() { // Slack says ok first, and shows it later
		defer s.pending.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.post(c, args{"channel": in.str("channel_id"), "thread_ts": in.str("thread_ts"), "blocks": in.str("blocks"), "text": "a file"})["ok"] == true {
			c.messages[len(c.messages)-1].Files = files
			for _, f := range files {
				f.Shared++
			}
		}
	})
	return map[string]any{"ok": true, "files": rendered(files)}
}

// shareAfter is how long a file takes to be shown.
const shareAfter = 150 * time.Millisecond

// upload takes a file's content, download gives it, to who has the token.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.files[strings.TrimPrefix(r.URL.Path, "/upload/")]
	s.mu.Unlock()
	part, _, err := r.FormFile("file")
	if f == nil || err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	content, _ := io.ReadAll(part)
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Content = content
	_, _ = io.WriteString(w, "OK - "+fmt.Sprint(len(content)))
}

func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls["download"]++
	f := s.files[strings.TrimPrefix(r.URL.Path, "/download/")]
	switch {
	case s.grants[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")].team == "":
		w.WriteHeader(http.StatusForbidden)
	case s.nextFault("download", "").Status != 0:
		w.WriteHeader(http.StatusInternalServerError)
	case f == nil || f.deleted:
		w.WriteHeader(http.StatusNotFound)
	default:
		_, _ = w.Write(f.Content)
	}
}
