package sources

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/text/encoding/charmap"

	"github.com/deskbell/deskbell/knowledge"
)

// packed is a file of several parts: an archive, or a document of an office.
type packed struct {
	*zip.Reader
	left *int64 // bytes that may still be unpacked
}

func unpack(b []byte) (*packed, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, refusal{"damaged: " + err.Error(), "open it and save it again"}
	}
	left := int64(maxPacked)
	return &packed{z, &left}, nil
}

// part is one by its name; nil when there is none.
func (p *packed) part(name string) ([]byte, error) {
	for _, f := range p.File {
		if strings.TrimPrefix(f.Name, "/") == name {
			return p.read(f)
		}
	}
	return nil, nil
}

// read unpacks a part. What a small file can be blown up to has a bound.
func (p *packed) read(f *zip.File) ([]byte, error) {
	if f.Flags&1 != 0 {
		return nil, refusal{"protected by a password", "save it without one"}
	}
	r, err := f.Open()
	if err != nil {
		return nil, refusal{"damaged: " + err.Error(), "open it and save it again"}
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(io.LimitReader(r, *p.left+1))
	if err != nil {
		return nil, refusal{"damaged: " + err.Error(), "open it and save it again"}
	}
	if *p.left -= int64(len(b)); *p.left < 0 {
		return nil, refusal{fmt.Sprintf("unpacked it is more than %d MiB", maxPacked>>20), "cut it in parts"}
	}
	return b, nil
}

// decode reads a part that is XML; false when there is none.
func (p *packed) decode(name string, into any) (bool, error) {
	b, err := p.part(name)
	if err != nil || b == nil {
		return false, err
	}
	if err := xml.Unmarshal(b, into); err != nil {
		return false, refusal{name + " in it is damaged: " + err.Error(), "open it and save it again"}
	}
	return true, nil
}

// deepest is how many archives may stand in one another.
const deepest = 2

func readZIP(f *file) ([]knowledge.Article, error) {
	p, err := unpack(f.data)
	if err != nil {
		return nil, err
	}
	if f.deep == deepest {
		return nil, refusal{"an archive in an archive in an archive", "unpack it"}
	}
	if f.left != nil { // of all that stand in one another together
		p.left = f.left
	}
	files := 0
	for _, part := range p.File {
		name := part.Name
		if part.NonUTF8 {
			if s, err := charmap.CodePage437.NewDecoder().String(name); err == nil {
				name = s
			}
		}
		name = path.Clean("/" + strings.ReplaceAll(name, "\\", "/"))[1:]
		if part.FileInfo().IsDir() || hiddenPath(name) {
			continue
		}
		files++
		key := f.key + "/" + name
		if !f.g.known(key) {
			continue
		}
		b, err := p.read(part)
		if err != nil {
			if *p.left < 0 { // of what comes after it nothing is known
				return nil, err
			}
			f.g.reject(key, key, err)
			continue
		}
		f.g.take(&file{key: key, data: b, deep: f.deep + 1, left: p.left, o: f.o, g: f.g})
	}
	if files == 0 {
		f.g.Skipped = append(f.g.Skipped, Remark{Where: f.key, What: "nothing in it to read"})
	}
	return nil, nil
}

// hiddenPath is whether a file is none of its author's, or in a folder that is not.
func hiddenPath(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if hiddenName(part) {
			return true
		}
	}
	return false
}

// readEPUB reads a book: each of its chapters is an article.
func readEPUB(f *file) ([]knowledge.Article, error) {
	p, err := unpack(f.data)
	if err != nil {
		return nil, err
	}
	var container struct {
		Roots []struct {
			Path string `xml:"full-path,attr"`
		} `xml:"rootfiles>rootfile"`
	}
	var book struct {
		Title    string `xml:"metadata>title"`
		Language string `xml:"metadata>language"`
		Items    []struct {
			ID         string `xml:"id,attr"`
			Href       string `xml:"href,attr"`
			Properties string `xml:"properties,attr"`
		} `xml:"manifest>item"`
		Spine []struct {
			ID     string `xml:"idref,attr"`
			Linear string `xml:"linear,attr"`
		} `xml:"spine>itemref"`
	}
	if ok, err := p.decode("META-INF/container.xml", &container); err != nil || !ok || len(container.Roots) == 0 {
		return nil, errors.Join(refusal{"not a book: it has no META-INF/container.xml", ""}, err)
	}
	root := container.Roots[0].Path
	if ok, err := p.decode(root, &book); err != nil || !ok {
		return nil, errors.Join(refusal{"damaged: it has no " + root, ""}, err)
	}
	if b, _ := p.part("META-INF/encryption.xml"); b != nil && bytes.Contains(b, []byte("EncryptedKey")) {
		return nil, refusal{"protected against copying", "ask its publisher for one without"}
	}
	hrefs := map[string]string{}
	for _, i := range book.Items {
		if !strings.Contains(i.Properties, "nav") {
			hrefs[i.ID] = i.Href
		}
	}
	var articles []knowledge.Article
	for _, s := range book.Spine {
		href := hrefs[s.ID]
		if href == "" || s.Linear == "no" {
			continue
		}
		name := path.Join(path.Dir(root), unescaped(href))
		b, err := p.part(name)
		if err == nil && b == nil {
			err = refusal{"the chapter is missing", ""}
		}
		if err != nil {
			f.reject(f.key+"/"+name, name, err)
			continue
		}
		a, err := readPage(b, nil)
		if err != nil {
			f.reject(f.key+"/"+name, name, err)
			continue
		}
		if a.Title == "" || a.Title == strings.TrimSuffix(path.Base(name), path.Ext(name)) {
			a.Title = spaced(book.Title)
		}
		if len(strings.Fields(textOfSections(a))) < 2 && len(a.Sections) < 2 { // a cover
			continue
		}
		if l, _, _ := strings.Cut(strings.ToLower(book.Language), "-"); a.Language == "" && len(l) == 2 {
			a.Language = l
		}
		a.Key, a.URL, a.Audience = f.key+"/"+name, "", knowledge.ForAll
		if a.Title == "" {
			a.Title = titleOf(f.key)
		}
		articles = append(articles, a)
	}
	return articles, nil
}

func textOfSections(a knowledge.Article) string {
	var b strings.Builder
	for _, s := range a.Sections {
		b.WriteString(s.Text + "\n")
	}
	return b.String()
}

// What the first bytes of files are that are packed, and of documents of an office before 2007, which those with a password are as well.
var (
	zipped = []byte("PK\x03\x04")
	ole    = []byte("\xd0\xcf\x11\xe0")
	pdfed  = []byte("%PDF-")
)

// matches looks whether a file is of the kind that its name says.
func (f *file) matches() error {
	ending := strings.ToLower(path.Ext(f.key))
	is := func(magic []byte) bool { return bytes.HasPrefix(f.data, magic) }
	switch ending {
	case ".docx", ".xlsx", ".xlsm", ".odt", ".epub", ".zip":
		if is(ole) && (ending == ".docx" || ending == ".xlsx" || ending == ".xlsm") {
			return refusal{"protected by a password, or of the years before 2007", "save it as " + ending + " without a password"}
		}
		if !is(zipped) && !is([]byte("PK\x05\x06")) {
			return refusal{"not a " + ending + " inside, but " + kindOf(f.data), "give it the ending that it is, or save it as " + ending}
		}
		return nil
	case ".pdf":
		if !bytes.Contains(f.data[:min(len(f.data), 1024)], pdfed) {
			return refusal{"not a .pdf inside, but " + kindOf(f.data), "give it the ending that it is, or save it as .pdf"}
		}
		return nil
	}
	if _, wide := halved(f.data); wide {
		return nil
	}
	for m := mimetype.Detect(f.data); m != nil; m = m.Parent() {
		if m.Is("text/plain") {
			return nil
		}
	}
	return refusal{"not a text inside, but " + kindOf(f.data), "give it the ending that it is"}
}

// kindOf is what bytes are, as far as they tell.
func kindOf(b []byte) string {
	m := mimetype.Detect(b)
	if m.Extension() == "" || m.Is("application/octet-stream") {
		return "something that cannot be told"
	}
	return "a " + m.Extension()
}
