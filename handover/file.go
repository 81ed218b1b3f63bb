package handover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/gabriel-vasile/mimetype"
)

// File is something sent along with a message. Its content is kept beside the message, by Key.
type File struct {
	Key     string `json:"key"`               // its name everywhere, which nobody can guess
	Name    string `json:"name"`              // as its sender called it, made harmless
	Type    string `json:"type"`              // its media type, as its content shows once it is ready
	Size    int64  `json:"size"`              // in bytes
	Source  string `json:"source,omitempty"`  // where its content is to be fetched: a workspace, a colon and the workspace's own name for it
	Ready   bool   `json:"ready,omitempty"`   // its content is here
	Failure string `json:"failure,omitempty"` // why its content never will be
}

// Waiting says whether its content has yet to be fetched.
func (f File) Waiting() bool { return !f.Ready && f.Failure == "" }

// From says which workspace has its content, and what it is called there; false: none has.
func (f File) From() (workspace, id string, is bool) { return cutLast(f.Source) }

// Image says whether pages show it where it stands; others are offered for download.
func (f File) Image() bool {
	return slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp"}, f.Type)
}

// MostFiles is how many a message may have.
const MostFiles = 10

// ErrFileType is wrapped when a file is of a kind that is not passed on.
var ErrFileType = errors.New("files of this kind are not passed on")

// fileTypes are the kinds of files that are passed on: what browsers and desks show without running it. The endings are those that they may have.
var fileTypes = []struct{ name, endings string }{
	{"image/png", ".png"}, {"image/jpeg", ".jpg .jpeg .jpe .jfif"}, {"image/gif", ".gif"}, {"image/webp", ".webp"}, {"image/bmp", ".bmp"}, {"image/heic", ".heic .heif"}, {"image/avif", ".avif"},
	{"application/pdf", ".pdf"}, {"text/csv", ".csv .txt"}, {"text/plain", ".txt .text .md .csv .tsv .log .ini .conf .yaml .yml .json .eml"},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"}, {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"},
	{"application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"}, {"application/vnd.oasis.opendocument.text", ".odt"},
	{"application/vnd.oasis.opendocument.spreadsheet", ".ods"}, {"application/vnd.oasis.opendocument.presentation", ".odp"},
	{"audio/mpeg", ".mp3"}, {"audio/ogg", ".ogg .oga .opus"}, {"audio/wav", ".wav"}, {"audio/mp4", ".m4a .mp4"}, {"audio/x-m4a", ".m4a"},
	{"video/mp4", ".mp4 .m4v"}, {"video/webm", ".webm"}, {"video/quicktime", ".mov .qt"},
}

// FileType is the media type that a content shows, whatever it is called. What is not passed on — programs, pages, archives — wraps ErrFileType.
func FileType(content []byte) (string, error) {
	found := mimetype.Detect(content)
	if bytes.Contains(content, []byte("vbaProject.bin")) { // an office document with macros is a program
		return "", fmt.Errorf("an office document with macros: %w", ErrFileType)
	}
	for _, t := range fileTypes {
		if found.Is(t.name) {
			return t.name, nil
		}
	}
	name, _, _ := strings.Cut(found.String(), ";")
	return "", fmt.Errorf("%s: %w", name, ErrFileType)
}

// NameFor is a file's name with an ending of its type: what opens it on a double click is what its content is.
func NameFor(name, fileType string) string {
	for _, t := range fileTypes {
		if t.name == fileType {
			endings := strings.Fields(t.endings)
			if !slices.Contains(endings, strings.ToLower(path.Ext(name))) {
				name += endings[0]
			}
		}
	}
	return name
}

// FileName makes a file's name harmless: no folders, no control or direction marks, at most 120 characters with its ending kept.
func FileName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name))
	if r := []rune(name); len(r) > 120 {
		end := path.Ext(name)
		if len([]rune(end)) > 12 {
			end = ""
		}
		name = string(r[:119-len([]rune(end))]) + "…" + end
	}
	if name == "" || name == "." || name == "/" || name == ".." {
		return "file"
	}
	return name
}

// Budget is how many bytes may be uploaded in a day; 0: any number.
type Budget struct {
	Conversation int64 // by one
	All          int64 // by all together
}

// IsFileKey says whether a text can be the key of a file: anything else is asked of no database.
func IsFileKey(key string) bool {
	return key != "" && len(key) <= 200 && !strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII })
}

// Files keeps the contents of files.
type Files interface {
	// Upload keeps a ready file of a conversation until a message has it; after a day without one it is gone. ErrTooMuch when more than the budget
	// has been uploaded within a day.
	Upload(ctx context.Context, conversation int64, f File, content []byte, b Budget) error
	// Uploads returns the files of a conversation by key, in the order asked for; ErrNoFile where one is not there.
	Uploads(ctx context.Context, conversation int64, keys []string) ([]File, error)
	// Content returns a file, and what reads what it has, piece by piece. shown: only where its customer can see its message. ErrNoFile where there is
	// none, or not yet.
	Content(ctx context.Context, key string, shown bool) (File, io.Reader, error)
	// KeepContent keeps what was fetched for a file.
	KeepContent(ctx context.Context, key string, content []byte) error
	// Copy returns what a file is called in a place it was copied to; "": it was not.
	Copy(ctx context.Context, key, place string) (string, error)
	// Copied keeps what a file is called in a place it was copied to.
	Copied(ctx context.Context, key, place, id string) error
}

var (
	// ErrNoFile is returned when there is no such file, or its content is not here.
	ErrNoFile = errors.New("no such file")
	// ErrTooMuch is returned when a conversation has uploaded too much in a day.
	ErrTooMuch = errors.New("too much in a day")
)

// fetch causes what a message's files have to be fetched.
func (ch *Change) fetch(m *Message) {
	if slices.ContainsFunc(m.Files, File.Waiting) {
		ch.enqueueMessage(KindFetch, *m)
	}
}

// Fetched keeps that a file's content is here, or with f.Failure why it never will be: then the team is told.
func (d *Desk) Fetched(ctx context.Context, m Message, f File) (Saved, error) {
	return d.update(ctx, ByID(m.Conversation).WithMessage(m.ExternalID), func(c Turn, ch *Change) error {
		if c.Message == nil {
			return nil
		}
		m := *c.Message
		m.Files = slices.Clone(m.Files)
		i := slices.IndexFunc(m.Files, func(x File) bool { return x.Key == f.Key })
		if i < 0 || !m.Files[i].Waiting() {
			return nil // its sender has taken it away
		}
		m.Files[i] = f
		if m.Visibility == Public && !m.Deleted {
			ch.publish(&m)
		}
		ch.Messages = append(ch.Messages, m)
		if f.Failure != "" && m.Visibility != Internal && (c.State == Claimed || c.State == Waiting) {
			ch.noteForTeam("The file " + f.Name + " did not reach the customer: " + f.Failure)
		}
		return nil
	})
}

// withoutRemoved are the files that an edit has left; an edit adds none.
func withoutRemoved(had, left []File) []File {
	return slices.DeleteFunc(slices.Clone(had), func(f File) bool {
		return f.Source != "" && !slices.ContainsFunc(left, func(l File) bool { return l.Source == f.Source })
	})
}
