package sources

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pdfcpu/pdfcpu/pkg/font"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"golang.org/x/text/encoding/charmap"
)

// pdfFont is what a font of a PDF says of its letters.
type pdfFont struct {
	wide    bool            // codes of two bytes
	letters map[int]string  // by code, as ToUnicode or the differences to an encoding say
	base    *[256]rune      // the encoding, of codes of one byte
	widths  map[int]float64 // of a glyph, in parts of the size
	usual   float64         // the width of those without one
	core    string          // its name, of the fourteen that every reader knows
	bold    bool
	ucs2    bool // codes are UTF-16
}

func (f *pdfFont) code(raw string) (code, n int) {
	if f.wide && len(raw) > 1 {
		return int(raw[0])<<8 | int(raw[1]), 2
	}
	return int(raw[0]), 1
}

// letter is what a code stands for; false when nothing tells.
func (f *pdfFont) letter(code, _ int) (string, bool) {
	if s, known := f.letters[code]; known {
		return s, s != ""
	}
	if f.ucs2 {
		return string(rune(code)), true
	}
	if f.wide {
		return "", false
	}
	if f.base != nil && code < 256 {
		if r := f.base[code]; r != utf8.RuneError && r != 0 {
			return string(r), true
		}
		return "", code < ' '
	}
	if code >= ' ' && code < 0x7f {
		return string(rune(code)), true
	}
	return string(charmap.Windows1252.DecodeByte(byte(code))), code >= 0x80
}

// usualWidth is that of a glyph of which nothing else tells.
const usualWidth = 0.5

// width is a glyph's, in parts of the size.
func (f *pdfFont) width(code int, t string) float64 {
	if w, known := f.widths[code]; known {
		return w
	}
	if f.core != "" {
		if r, _ := utf8.DecodeRuneInString(t); t != "" {
			if w, err := font.CharWidth(f.core, r); err == nil && w > 0 {
				return float64(w) / 1000
			}
		}
	}
	if f.usual > 0 {
		return f.usual
	}
	return usualWidth
}

// font is one of a page's by its name there.
func (p *printer) font(resources types.Dict, name string) *pdfFont {
	all, err := p.doc.DereferenceDict(resources["Font"])
	if err != nil || all == nil {
		return &pdfFont{}
	}
	ref, is := all[name].(types.IndirectRef)
	number := 0
	if is {
		number = ref.ObjectNumber.Value()
		if f := p.fonts[number]; f != nil {
			return f
		}
	}
	f := &pdfFont{}
	if d, err := p.doc.DereferenceDict(all[name]); err == nil && d != nil {
		p.read(f, d)
	}
	if is {
		p.fonts[number] = f
	}
	return f
}

func nameIn(d types.Dict, key string) string {
	if s := d.NameEntry(key); s != nil {
		return *s
	}
	return ""
}

func (p *printer) read(f *pdfFont, d types.Dict) {
	described := d
	f.letters, f.widths = map[int]string{}, map[int]float64{}
	encoding, _ := p.doc.Dereference(d["Encoding"])
	switch nameIn(d, "Subtype") {
	case "Type0":
		f.wide, f.usual = true, 1
		if n, is := encoding.(types.Name); is {
			f.ucs2 = strings.Contains(string(n), "UCS2") || strings.Contains(string(n), "UTF16")
		}
		if kids, err := p.doc.DereferenceArray(d["DescendantFonts"]); err == nil && len(kids) > 0 {
			if kid, err := p.doc.DereferenceDict(kids[0]); err == nil && kid != nil {
				described = kid
				if w, err := p.doc.DereferenceNumber(kid["DW"]); err == nil && kid["DW"] != nil {
					f.usual = w / 1000
				}
				p.wideWidths(f, kid["W"])
			}
		}
	default:
		f.base = baseEncoding("")
		unit := 1.0 / 1000
		if m, err := p.doc.DereferenceArray(d["FontMatrix"]); err == nil && len(m) == 6 {
			unit = p.numbers(m)[0]
		}
		first, _ := p.doc.DereferenceNumber(d["FirstChar"])
		if widths, err := p.doc.DereferenceArray(d["Widths"]); err == nil {
			for i, w := range p.numbers(widths) {
				f.widths[int(first)+i] = w * unit
			}
		}
		switch e := encoding.(type) {
		case types.Name:
			f.base = baseEncoding(string(e))
		case types.Dict:
			f.base = baseEncoding(nameIn(e, "BaseEncoding"))
			if diff, err := p.doc.DereferenceArray(e["Differences"]); err == nil {
				code := 0
				for _, o := range diff {
					switch o := o.(type) {
					case types.Integer:
						code = o.Value()
					case types.Name:
						if s, known := glyphNamed(string(o)); known {
							f.letters[code] = s
						}
						code++
					}
				}
			}
		}
	}
	name := nameIn(d, "BaseFont")
	if font.IsCoreFont(name) {
		f.core = name
	}
	name = strings.ToLower(name)
	f.bold = strings.Contains(name, "bold") || strings.Contains(name, "black") || strings.Contains(name, "heavy") || strings.HasPrefix(strings.TrimLeft(name[strings.Index(name, "+")+1:], " "), "cmbx")
	if fd, err := p.doc.DereferenceDict(described["FontDescriptor"]); err == nil && fd != nil {
		flags, _ := p.doc.DereferenceNumber(fd["Flags"])
		weight, _ := p.doc.DereferenceNumber(fd["FontWeight"])
		f.bold = f.bold || int(flags)&(1<<18) != 0 || weight >= 600
		if w, err := p.doc.DereferenceNumber(fd["MissingWidth"]); err == nil && w > 0 && !f.wide {
			f.usual = w / 1000
		}
	}
	if sd, _, err := p.doc.DereferenceStreamDict(d["ToUnicode"]); err == nil && sd != nil && sd.Decode() == nil {
		toUnicode(sd.Content, f.letters)
	}
}

// wideWidths reads the widths of a font of many letters: [first [w w w] first last w …].
func (p *printer) wideWidths(f *pdfFont, o types.Object) {
	a, err := p.doc.DereferenceArray(o)
	if err != nil {
		return
	}
	for i := 0; i+1 < len(a) && len(f.widths) < mostLetters; {
		first, _ := p.doc.DereferenceNumber(a[i])
		if list, err := p.doc.DereferenceArray(a[i+1]); err == nil && list != nil {
			for j, w := range p.numbers(list) {
				f.widths[int(first)+j] = w / 1000
			}
			i += 2
			continue
		}
		if i+2 >= len(a) {
			return
		}
		last, _ := p.doc.DereferenceNumber(a[i+1])
		w, _ := p.doc.DereferenceNumber(a[i+2])
		for c := int(first); c <= int(last) && c-int(first) < 1<<16; c++ {
			f.widths[c] = w / 1000
		}
		i += 3
	}
}

// standard are the signs in which Adobe's own encoding differs from Windows's.
var standard = map[byte]rune{
	0x27: '’', 0x60: '‘', 0xa4: '⁄', 0xa9: '\'', 0xaa: '“', 0xac: '‹', 0xad: '›', 0xae: 'ﬁ', 0xaf: 'ﬂ', 0xb1: '–', 0xb2: '†', 0xb3: '‡', 0xb4: '·', 0xb7: '•', 0xb8: '‚', 0xb9: '„', 0xba: '”', 0xbc: '…', 0xbd: '‰',
	0xd0: '—', 0xe1: 'Æ', 0xe8: 'Ł', 0xe9: 'Ø', 0xea: 'Œ', 0xf1: 'æ', 0xf5: 'ı', 0xf8: 'ł', 0xf9: 'ø', 0xfa: 'œ', 0xfb: 'ß',
}

func baseEncoding(name string) *[256]rune {
	var t [256]rune
	for i := range t {
		switch name {
		case "MacRomanEncoding":
			t[i] = charmap.Macintosh.DecodeByte(byte(i))
		default:
			t[i] = charmap.Windows1252.DecodeByte(byte(i))
		}
		if r, differs := standard[byte(i)]; differs && name == "StandardEncoding" {
			t[i] = r
		}
		if i < ' ' {
			t[i] = 0
		}
	}
	return &t
}

// glyphNames are names of letters that do not follow from their accents and ligatures, as fonts call them.
var glyphNames = map[string]string{
	"space": " ", "nbspace": " ", "exclam": "!", "quotedbl": "\"", "numbersign": "#", "dollar": "$", "percent": "%", "ampersand": "&", "quotesingle": "'", "parenleft": "(", "parenright": ")", "asterisk": "*", "plus": "+",
	"comma": ",", "hyphen": "-", "sfthyphen": "-", "minus": "−", "period": ".", "slash": "/", "colon": ":", "semicolon": ";", "less": "<", "equal": "=", "greater": ">", "question": "?", "at": "@", "bracketleft": "[",
	"backslash": "\\", "bracketright": "]", "asciicircum": "^", "underscore": "_", "grave": "`", "braceleft": "{", "bar": "|", "braceright": "}", "asciitilde": "~", "quoteleft": "‘", "quoteright": "’", "quotedblleft": "“",
	"quotedblright": "”", "quotesinglbase": "‚", "quotedblbase": "„", "guillemotleft": "«", "guillemotright": "»", "guilsinglleft": "‹", "guilsinglright": "›", "endash": "–", "emdash": "—", "bullet": "•", "ellipsis": "…",
	"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "Euro": "€", "euro": "€", "sterling": "£", "yen": "¥", "cent": "¢", "section": "§",
	"paragraph": "¶", "degree": "°", "copyright": "©", "registered": "®", "trademark": "™", "exclamdown": "¡", "questiondown": "¿", "germandbls": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "oslash": "ø", "Oslash": "Ø",
	"aring": "å", "Aring": "Å", "ccedilla": "ç", "Ccedilla": "Ç", "ntilde": "ñ", "Ntilde": "Ñ", "lslash": "ł", "Lslash": "Ł", "dotlessi": "ı", "multiply": "×", "divide": "÷", "plusminus": "±", "onehalf": "½", "onequarter": "¼",
	"threequarters": "¾", "ordfeminine": "ª", "ordmasculine": "º", "periodcentered": "·", "middot": "·", "mu": "µ", "fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi", "ffl": "ffl", "dagger": "†", "daggerdbl": "‡", "arrowright": "→",
}

// accented are the ends of letters' names that say which accent they have.
var accented = map[string]rune{"acute": 0x301, "grave": 0x300, "circumflex": 0x302, "dieresis": 0x308, "tilde": 0x303, "caron": 0x30c, "cedilla": 0x327, "ogonek": 0x328, "dotaccent": 0x307, "ring": 0x30a, "breve": 0x306, "macron": 0x304, "hungarumlaut": 0x30b}

// glyphNamed is the letter of a glyph's name.
func glyphNamed(name string) (string, bool) {
	if s, known := glyphNames[name]; known {
		return s, true
	}
	name, _, _ = strings.Cut(name, ".")
	if len(name) == 1 {
		return name, true
	}
	if s, known := glyphNames[name]; known {
		return s, true
	}
	if hex, is := strings.CutPrefix(name, "uni"); is && len(hex) >= 4 {
		if n, err := strconv.ParseUint(hex[:4], 16, 32); err == nil {
			return string(rune(n)), true
		}
	}
	if hex, is := strings.CutPrefix(name, "u"); is && len(hex) >= 4 {
		if n, err := strconv.ParseUint(hex, 16, 32); err == nil {
			return string(rune(n)), true
		}
	}
	for end, mark := range accented {
		if letter, is := strings.CutSuffix(name, end); is && len(letter) == 1 {
			return composed(letter + string(mark)), true
		}
	}
	return "", false
}

// mostLetters is how many a font has: as many as codes of two bytes, and some.
const mostLetters = 1 << 17

// toUnicode reads which letters the codes of a font stand for.
func toUnicode(b []byte, letters map[int]string) {
	in := &instructions{b: b}
	for len(letters) < mostLetters {
		op, args, ok := in.next()
		if !ok {
			return
		}
		switch op {
		case "endbfchar":
			for i := 0; i+1 < len(args); i += 2 {
				letters[number(args[i].text)] = utf16Text(args[i+1].text)
			}
		case "endbfrange":
			for i := 0; i+2 < len(args); i += 3 {
				low, high := number(args[i].text), number(args[i+1].text)
				for c := low; c <= high && c-low < 1<<16; c++ {
					if list := args[i+2].list; list != nil {
						if c-low < len(list) {
							letters[c] = utf16Text(list[c-low].text)
						}
						continue
					}
					to := []rune(utf16Text(args[i+2].text))
					if len(to) > 0 {
						to[len(to)-1] += rune(c - low)
					}
					letters[c] = string(to)
				}
			}
		}
	}
}

func number(s string) (n int) {
	for i := range len(s) {
		n = n<<8 | int(s[i])
	}
	return n
}

// utf16Text is a text of a map to Unicode, without what no text has.
func utf16Text(s string) string {
	if len(s) == 1 {
		s = "\x00" + s
	}
	units := make([]uint16, len(s)/2)
	for i := range units {
		units[i] = uint16(s[2*i])<<8 | uint16(s[2*i+1])
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' || r >= 0xE000 && r <= 0xF8FF && r != 0xF0B7 {
			return -1
		}
		if r == 0xF0B7 { // the bullet of a font of signs
			return '•'
		}
		return r
	}, string(utf16.Decode(units)))
}

// argument is one of an instruction: a number, a name or string, or a list of them.
type argument struct {
	number float64
	text   string
	list   []argument
}

// instructions are those of a page, or of a map to Unicode, read one by one.
type instructions struct {
	b    []byte
	at   int
	args []argument
}

const delimiters = "()<>[]{}/% \t\r\n\f\x00"

// next reads up to the next operator.
func (in *instructions) next() (op string, args []argument, ok bool) {
	in.args = in.args[:0]
	for {
		a, word, ok := in.token(0)
		switch {
		case !ok:
			return "", nil, false
		case word == "":
			in.args = append(in.args, a)
			if len(in.args) > 1<<12 { // no operator has so many
				in.args = in.args[:0]
			}
		case word == "BI":
			in.picture()
			return word, nil, true
		case word == "begincodespacerange" || word == "beginbfchar" || word == "beginbfrange":
			in.args = in.args[:0]
		default:
			return word, in.args, true
		}
	}
}

// picture leaves out one that stands among the instructions.
func (in *instructions) picture() {
	i := bytes.Index(in.b[in.at:], []byte("ID"))
	if i < 0 {
		in.at = len(in.b)
		return
	}
	in.at += i + 2
	for {
		i := bytes.Index(in.b[in.at:], []byte("EI"))
		if i < 0 {
			in.at = len(in.b)
			return
		}
		in.at += i + 2
		before, after := in.b[in.at-3], byte(' ')
		if in.at < len(in.b) {
			after = in.b[in.at]
		}
		if strings.IndexByte(" \n\r\t", before) >= 0 && strings.IndexByte(" \n\r\tQ", after) >= 0 {
			return
		}
	}
}

// token reads an argument, or a word that is an operator.
func (in *instructions) token(deep int) (a argument, word string, ok bool) {
	for in.at < len(in.b) {
		c := in.b[in.at]
		switch {
		case strings.IndexByte(" \t\r\n\f\x00", c) >= 0:
			in.at++
		case c == '%':
			for in.at < len(in.b) && in.b[in.at] != '\n' && in.b[in.at] != '\r' {
				in.at++
			}
		case c == '(':
			return argument{text: in.literal()}, "", true
		case c == '<' && in.at+1 < len(in.b) && in.b[in.at+1] == '<', c == '>' && in.at+1 < len(in.b) && in.b[in.at+1] == '>':
			in.at += 2 // a dictionary's entries are read as arguments of their own, which nobody looks at
		case c == '<':
			return argument{text: in.hex()}, "", true
		case c == '[' && deep < 8:
			in.at++
			list := []argument{}
			for {
				for in.at < len(in.b) && strings.IndexByte(" \t\r\n\f\x00", in.b[in.at]) >= 0 {
					in.at++
				}
				if in.at >= len(in.b) || in.b[in.at] == ']' {
					in.at++
					return argument{list: list}, "", true
				}
				x, word, ok := in.token(deep + 1)
				if !ok {
					return argument{list: list}, "", true
				}
				if word == "" {
					list = append(list, x)
				}
			}
		case c == '/':
			from := in.at + 1
			in.word(from)
			return argument{text: string(in.b[from:in.at])}, "", true
		case strings.IndexByte(delimiters, c) >= 0:
			in.at++
		default:
			from := in.at
			in.word(from)
			s := string(in.b[from:in.at])
			if c == '+' || c == '-' || c == '.' || c >= '0' && c <= '9' {
				n, err := strconv.ParseFloat(s, 64)
				if err != nil && strings.LastIndexByte(s, '-') > 0 { // "12-3", as some write it
					n, _ = strconv.ParseFloat(s[:strings.LastIndexByte(s, '-')], 64)
				}
				return argument{number: n}, "", true
			}
			return argument{}, s, true
		}
	}
	return argument{}, "", false
}

func (in *instructions) word(from int) {
	for in.at = from; in.at < len(in.b) && strings.IndexByte(delimiters, in.b[in.at]) < 0; in.at++ {
		continue
	}
}

// literal is a string in parentheses.
func (in *instructions) literal() string {
	var out []byte
	depth := 0
	for ; in.at < len(in.b); in.at++ {
		switch c := in.b[in.at]; c {
		case '(':
			if depth++; depth > 1 {
				out = append(out, c)
			}
		case ')':
			if depth--; depth == 0 {
				in.at++
				return string(out)
			}
			out = append(out, c)
		case '\\':
			in.at++
			if in.at >= len(in.b) {
				return string(out)
			}
			switch c := in.b[in.at]; {
			case c >= '0' && c <= '7':
				n := 0
				for i := 0; i < 3 && in.at < len(in.b) && in.b[in.at] >= '0' && in.b[in.at] <= '7'; i++ {
					n = n*8 + int(in.b[in.at]-'0')
					in.at++
				}
				in.at--
				out = append(out, byte(n))
			case c == '\r':
				if in.at+1 < len(in.b) && in.b[in.at+1] == '\n' {
					in.at++
				}
			case c == '\n':
			default:
				if i := strings.IndexByte("nrtbf", c); i >= 0 {
					c = "\n\r\t\b\f"[i]
				}
				out = append(out, c)
			}
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func (in *instructions) hex() string {
	var out []byte
	high := -1
	for in.at++; in.at < len(in.b); in.at++ {
		c := in.b[in.at]
		if c == '>' {
			in.at++
			break
		}
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		switch {
		case d < 0:
		case high < 0:
			high = d
		default:
			out, high = append(out, byte(high<<4|d)), -1
		}
	}
	if high >= 0 {
		out = append(out, byte(high<<4))
	}
	return string(out)
}
