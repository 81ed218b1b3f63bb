// Package sources reads articles from where they are kept: files, folders, archives, sites.
package sources

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"github.com/deskbell/deskbell/knowledge"
)

// Options say how files are read.
type Options struct {
	// Base is the address below which the files are published: an article that names no URL of its own gets its own there. "": they are not.
	Base string
	// Columns say which column of a table holds which part of an article, where their names do not tell; see ParseColumns.
	Columns map[string]string
	// Progress hears how many files are read; it may be nil.
	Progress func(done, of int)
}

// Remark is what there is to say of a file, a row of one or a page.
type Remark struct {
	Where string // the file's name, or the page's URL, and what in it
	What  string
	Help  string // what somebody could do about it; may be ""
}

func (r Remark) String() string {
	if r.Help == "" {
		return r.Where + ": " + r.What
	}
	return r.Where + ": " + r.What + "; " + r.Help
}

// Gathered is what a source holds.
type Gathered struct {
	Articles []knowledge.Article
	Notes    []Remark        // how what was read was understood, where that was a guess
	Skipped  []Remark        // what is meant not to be read, or holds nothing to read
	Refused  []Remark        // what should have been read, and could not be
	kept     []string        // the keys below which an earlier import's articles stay
	partly   bool            // of a site: there may be pages that were not seen
	gone     map[string]bool // of a site: pages that are not to be read, or are no more
}

// Keeps is whether an article that an earlier import had, and this one has not, is to stay: what it was read from could not be read this time.
func (g *Gathered) Keeps(key string) bool {
	if g.partly && !g.gone[key] {
		return true
	}
	return slices.ContainsFunc(g.kept, func(k string) bool {
		rest, is := strings.CutPrefix(key, k)
		return is && (rest == "" || rest[0] == '#' || rest[0] == '/' || rest[0] == '!')
	})
}

// refusal is an error with what somebody could do about it.
type refusal struct{ what, help string }

func (r refusal) Error() string {
	if r.help == "" {
		return r.what
	}
	return r.what + "; " + r.help
}

// file is one that is read.
type file struct {
	key  string // its name in the source, with slashes
	data []byte
	deep int    // how many archives it is in
	left *int64 // bytes that may still be unpacked of the archive that it is in
	o    Options
	g    *Gathered
}

func (f *file) note(what string) {
	if n := len(f.g.Notes); n > 0 && f.g.Notes[n-1].Where == f.key {
		f.g.Notes[n-1].What += "; " + what
		return
	}
	f.g.Notes = append(f.g.Notes, Remark{Where: f.key, What: what})
}

// reject says that a part of a file could not be read; what of it an earlier import had under that key stays.
func (f *file) reject(key, where string, err error) {
	at := f.key
	if where != "" {
		at += ", " + where
	}
	f.g.reject(key, at, err)
}

func (g *Gathered) reject(key, where string, err error) {
	var r refusal
	switch {
	case errors.Is(err, errDraft):
		g.Skipped = append(g.Skipped, Remark{Where: where, What: errDraft.Error()})
		return
	case errors.As(err, &r):
		g.Refused = append(g.Refused, Remark{where, r.what, r.help})
	default:
		g.Refused = append(g.Refused, Remark{Where: where, What: err.Error()})
	}
	g.kept = append(g.kept, key)
}

// The bounds of a file, by what it holds: a text is read as a whole; what is packed is read as far as this.
const (
	maxText   = 10 << 20
	maxPacked = 200 << 20
)

// kind is how files with a certain ending are read.
type kind struct {
	read func(f *file) ([]knowledge.Article, error)
	text bool // in some encoding
}

// kinds are those that are read, by ending.
func kinds(ending string) (kind, bool) {
	k, known := map[string]kind{
		".md": {one(readMarkdown), true}, ".markdown": {one(readMarkdown), true}, ".txt": {one(readText), true},
		".html": {one(readHTML), false}, ".htm": {one(readHTML), false}, ".xhtml": {one(readHTML), false},
		".csv": {readCSV, true}, ".tsv": {readCSV, true}, ".tab": {readCSV, true},
		".json": {readJSON, true}, ".jsonl": {readJSONL, true}, ".ndjson": {readJSONL, true},
		".xlsx": {readXLSX, false}, ".xlsm": {readXLSX, false},
		".docx": {one(readDOCX), false}, ".odt": {one(readODT), false}, ".pdf": {one(readPDF), false},
		".epub": {readEPUB, false}, ".zip": {readZIP, false},
	}[ending]
	return k, known
}

// Endings are those of the files that are read.
const Endings = ".md, .html, .txt, .csv, .tsv, .json, .jsonl, .xlsx, .docx, .odt, .pdf, .epub or .zip"

// unread are kinds of files that hold text which somebody may miss, with what can be done.
var unread = map[string]string{
	".doc": "save it as .docx or .pdf", ".docm": "save it as .docx", ".dot": "save it as .docx", ".rtf": "save it as .docx", ".pages": "export it as .docx or .pdf", ".wpd": "save it as .docx",
	".xls": "save it as .xlsx or .csv", ".xlsb": "save it as .xlsx", ".ods": "save it as .xlsx or .csv", ".numbers": "export it as .xlsx or .csv",
	".ppt": "save it as .pdf", ".pptx": "save it as .pdf", ".odp": "save it as .pdf", ".key": "export it as .pdf",
	".rst": "convert it to .md or .html", ".adoc": "convert it to .html", ".tex": "convert it to .pdf", ".xml": "export it as .csv, .json or .html", ".mobi": "convert it to .epub", ".azw3": "convert it to .epub",
	".eml": "save its text as .txt", ".msg": "save its text as .txt", ".yaml": "export it as .json", ".yml": "export it as .json",
	".rar": "pack it as .zip", ".7z": "pack it as .zip", ".gz": "unpack it", ".tgz": "unpack it", ".tar": "unpack it",
}

// Read reads the articles of a file or a folder. What cannot be read is refused and named, and stops nothing else; err is of a path that is not
// there. Links between files become links to their URLs.
func Read(ctx context.Context, at string, o Options) (*Gathered, error) {
	if real, err := filepath.EvalSymlinks(at); err == nil && real != at { // of a folder that is a link, what it leads to
		if info, err := os.Stat(at); err == nil && info.IsDir() {
			at = real
		}
	}
	info, err := os.Stat(at)
	if err != nil {
		return nil, err
	}
	g := &Gathered{}
	paths, keys := []string{at}, []string{filepath.Base(at)}
	if info.IsDir() {
		paths, keys = g.walk(at)
	}
	for i, p := range paths {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		g.file(p, keys[i], o)
		if o.Progress != nil {
			o.Progress(i+1, len(paths))
		}
	}
	g.unique()
	g.storable()
	placed(g.Articles, o.Base)
	resolve(g.Articles)
	return g, nil
}

// walk lists the files of a folder, but for those that begin with a dot.
func (g *Gathered) walk(root string) (paths, keys []string) {
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		key, relErr := filepath.Rel(root, p)
		if relErr != nil {
			key = p
		}
		key = filepath.ToSlash(key)
		switch {
		case err != nil:
			g.reject(key, key, plain(err))
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
		case hiddenName(d.Name()) && p != root:
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.Type()&fs.ModeSymlink != 0:
			g.Skipped = append(g.Skipped, Remark{Where: key, What: "a link to another place, which is not followed"})
		case d.Type().IsRegular():
			paths, keys = append(paths, p), append(keys, key)
		}
		return nil
	})
	return paths, keys
}

// hiddenName is whether a file is none of its author's: of the system, or what an editor leaves beside one that is open.
func hiddenName(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || name == "__MACOSX" || name == "Thumbs.db" || name == "desktop.ini"
}

// plain is an error of the file system without the path, which is said beside it.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// file reads one of the disk.
func (g *Gathered) file(at, key string, o Options) {
	if !g.known(key) {
		return
	}
	info, err := os.Stat(at)
	if err == nil && info.Size() > maxPacked {
		err = refusal{fmt.Sprintf("%d MiB are more than a file may have (%d MiB)", info.Size()>>20, maxPacked>>20), "cut it in parts"}
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(at)
	}
	if err != nil {
		g.reject(key, key, plain(err))
		return
	}
	g.take(&file{key: key, data: b, o: o, g: g})
}

// known is whether a file is one that is read; of another it says why not.
func (g *Gathered) known(key string) bool {
	ending := strings.ToLower(path.Ext(key))
	if _, known := kinds(ending); known {
		return true
	}
	switch help := unread[ending]; {
	case help != "":
		g.reject(key, key, refusal{"files of this kind are not read", help})
	case ending == "":
		g.Skipped = append(g.Skipped, Remark{key, "its name has no ending that tells what it is", "expected " + Endings})
	default:
		g.Skipped = append(g.Skipped, Remark{key, ending + " is no kind of text that is read", ""})
	}
	return false
}

// take reads a file of a known kind. A fault of a reader is one file's, and no other's.
func (g *Gathered) take(f *file) {
	defer func() {
		if p := recover(); p != nil {
			g.reject(f.key, f.key, refusal{fmt.Sprintf("damaged: %v", p), "open it and save it again"})
		}
	}()
	if len(f.data) == 0 {
		g.Skipped = append(g.Skipped, Remark{Where: f.key, What: "empty"})
		return
	}
	k, _ := kinds(strings.ToLower(path.Ext(f.key)))
	if err := f.prepare(k.text); err != nil {
		g.reject(f.key, f.key, err)
		return
	}
	before := len(g.Refused)
	articles, err := k.read(f)
	if err != nil {
		g.reject(f.key, f.key, err)
		return
	}
	n := 0
	for _, a := range articles {
		if len(a.Sections) > 0 {
			g.Articles = append(g.Articles, a)
			n++
		}
	}
	if n == 0 && len(g.Refused) == before && path.Ext(f.key) != ".zip" {
		g.Skipped = append(g.Skipped, Remark{Where: f.key, What: "nothing in it to read"})
	}
}

// prepare looks whether a file is what its name says and, if it is a text, makes it UTF-8.
func (f *file) prepare(isText bool) error {
	if err := f.matches(); err != nil {
		return err
	}
	if ending := strings.ToLower(path.Ext(f.key)); ending == ".html" || ending == ".htm" || ending == ".xhtml" { // which say themselves how they are written
		e, name, _ := charset.DetermineEncoding(f.data, "")
		if b, err := e.NewDecoder().Bytes(f.data); err == nil && name != "utf-8" && !utf8.Valid(f.data) {
			f.data = b
		}
		return nil
	}
	if !isText {
		return nil
	}
	if len(f.data) > maxText {
		return refusal{fmt.Sprintf("%d MiB are more than a text may have (%d MiB)", len(f.data)>>20, maxText>>20), "cut it in parts"}
	}
	b, said, err := decoded(f.data)
	if err != nil {
		return err
	}
	if said != "" {
		f.note("read as " + said + " (a guess)")
	}
	f.data = b
	return nil
}

// one reads a file that is one article.
func one(read func(key string, b []byte) (knowledge.Article, error)) func(*file) ([]knowledge.Article, error) {
	return func(f *file) ([]knowledge.Article, error) {
		a, err := read(f.key, f.data)
		if err != nil {
			return nil, err
		}
		if a.Title == "" {
			a.Title = titleOf(f.key)
		}
		if a.Audience == "" {
			a.Audience = knowledge.ForAll
		}
		a.Key = f.key
		return []knowledge.Article{a}, nil
	}
}

// titleOf is what a file is called, as a title.
func titleOf(key string) string {
	return spaced(strings.NewReplacer("-", " ", "_", " ").Replace(strings.TrimSuffix(path.Base(key), path.Ext(key))))
}

// storable takes from articles what no database keeps: zeros, and bytes that are no text.
func (g *Gathered) storable() {
	clean := func(s *string) { *s = strings.ToValidUTF8(strings.ReplaceAll(*s, "\x00", ""), "\uFFFD") }
	for i := range g.Articles {
		a := &g.Articles[i]
		for _, s := range []*string{&a.Key, &a.Title, &a.URL, &a.Language} {
			clean(s)
		}
		for j := range a.Tags {
			clean(&a.Tags[j])
		}
		for j := range a.Sections {
			clean(&a.Sections[j].Heading)
			clean(&a.Sections[j].Text)
		}
	}
}

// unique gives each article a key of its own: of two rows with one id the second gets a number.
func (g *Gathered) unique() {
	seen := map[string]int{}
	for i := range g.Articles {
		key := g.Articles[i].Key
		if seen[key]++; seen[key] > 1 {
			g.Articles[i].Key = fmt.Sprintf("%s!%d", key, seen[key])
		}
	}
}
