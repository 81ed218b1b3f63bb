package handover_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"testing"

	"github.com/deskbell/deskbell/handover"
)

// office is a document of an office program with these parts.
func office(t *testing.T, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range append([]string{"[Content_Types].xml", "_rels/.rels", "word/document.xml"}, parts...) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("<x/>")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestADocumentWithMacrosIsAProgram(t *testing.T) {
	t.Parallel()
	if got, err := handover.FileType(office(t)); err != nil || got != "application/vnd.openxmlformats-officedocument.wordprocessingml.document" {
		t.Error(got, err)
	}
	for _, macros := range []string{"word/vbaProject.bin", "xl/vbaProject.bin", "ppt/vbaProject.bin"} {
		if got, err := handover.FileType(office(t, macros)); !errors.Is(err, handover.ErrFileType) {
			t.Errorf("%s passes as %s", macros, got)
		}
	}
}
