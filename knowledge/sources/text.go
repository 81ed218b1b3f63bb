package sources

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/deskbell/deskbell/knowledge"
)

// decoded is a text file in UTF-8, without what no text has. said is how it was written, where that was a guess.
func decoded(b []byte) (text []byte, said string, err error) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		if b, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(b); err != nil {
			return nil, "", err
		}
	default:
		if order, is := halved(b); is {
			if b, err = unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder().Bytes(b); err != nil {
				return nil, "", err
			}
			said = "UTF-16"
		}
	}
	b = bytes.ReplaceAll(b, []byte{0}, nil)
	if utf8.Valid(b) {
		return b, said, nil
	}
	name, e, err := guessed(b)
	if err != nil {
		return nil, "", err
	}
	b, err = e.NewDecoder().Bytes(b)
	return b, name, err
}

// halved is whether bytes are text in UTF-16 that does not say so: every second of them is 0 in what is mostly Latin.
func halved(b []byte) (order unicode.Endianness, is bool) {
	b = b[:min(len(b), 4096)&^1]
	var zero [2]int
	for i, c := range b {
		if c == 0 {
			zero[i&1]++
		}
	}
	switch half := len(b) / 2; {
	case half > 0 && zero[1]*10 > half*7 && zero[0]*10 < half:
		return unicode.LittleEndian, true
	case half > 0 && zero[0]*10 > half*7 && zero[1]*10 < half:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}

// windows are the code pages that Windows writes in place of the standards that a detector names: the same letters, and more.
var windows = map[string]string{"ISO-8859-1": "windows-1252", "ISO-8859-9": "windows-1254", "ISO-8859-8": "windows-1255", "ISO-8859-7": "windows-1253", "ISO-8859-6": "windows-1256", "ISO-8859-5": "windows-1251"}

// sureGuess is how sure the detector must be, of 100, of a code page that is not that of Western Europe.
const sureGuess = 40

// guessed is the encoding that a text is most likely in.
func guessed(b []byte) (name string, e encoding.Encoding, err error) {
	all, err := chardet.NewTextDetector().DetectAll(b)
	name = "windows-1252"
	if err == nil {
		for _, r := range all {
			if strings.HasPrefix(r.Charset, "UTF-") {
				continue
			}
			if r.Confidence >= sureGuess {
				name = r.Charset
			}
			break
		}
	}
	if w := windows[name]; w != "" {
		name = w
	}
	if name == "ISO-8859-2" && windows1250(b) {
		name = "windows-1250"
	}
	if name == "windows-1252" && turkish(b) {
		name = "windows-1254"
	}
	e, known := charset.Lookup(strings.ToLower(name))
	if e == nil {
		return "", nil, refusal{fmt.Sprintf("written in an encoding that cannot be read (%s)", known), "save it as UTF-8"}
	}
	return name, e, nil
}

// windows1250 is whether a text in Central Europe's letters has such as Windows puts where the standard has signs that nobody writes.
func windows1250(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 && c <= 0x9f || c == 0xb9 || c == 0xa5 || c == 0xbe || c == 0xbc {
			return true
		}
	}
	return false
}

// turkish is whether a text is Turkish that would be read as Icelandic: their code pages differ in six letters.
func turkish(b []byte) bool {
	if !slices.ContainsFunc(b, func(c byte) bool { return strings.IndexByte("\xd0\xdd\xde\xf0\xfd\xfe", c) >= 0 }) {
		return false
	}
	s, err := charmap.Windows1254.NewDecoder().String(string(b[:min(len(b), sampled)]))
	return err == nil && knowledge.Language(s) == "tr"
}
