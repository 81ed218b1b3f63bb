package knowledge

import (
	"regexp"
	"strings"
)

// Piece is a part of a text that says something by itself: a sentence, an item of a list, a row of a table.
type Piece struct {
	Start, End int // in bytes of the text
	Row        bool
	Head       [2]int // of a row: where its table's heading row and the line below it stand, in bytes; else 0, 0
	Block      int    // which list, table or code the piece is a part of, from 1; 0: of none
	Steps      bool   // that list is numbered
}

var (
	sentenceEnd = regexp.MustCompile(`[.!?。！？؟]+["”»)\]*_]*(?:\s+|$)|[。！？]`)
	itemLine    = regexp.MustCompile(`^\s*(?:[-*+•]|(\d{1,3}[.)]))\s`)
	ruleLine    = regexp.MustCompile(`^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$`)
)

// Pieces are a text's, in order; blank lines and the lines between a table's heading and its rows belong to none.
func Pieces(text string) []Piece {
	var out []Piece
	var head [2]int
	at := 0
	before := [2]int{}
	var in block
	for line := range strings.Lines(text) {
		start, end := at, at+len(strings.TrimRight(line, "\r\n"))
		at += len(line)
		body := strings.TrimSpace(line)
		first := len(out)
		code := in.next(line, body)
		switch {
		case body == "":
			head, before = [2]int{}, [2]int{}
		case code:
			out = append(out, Piece{Start: start, End: end})
		case before[1] > 0 && strings.Contains(body, "--") && ruleLine.MatchString(body):
			head = [2]int{before[0], end}
			if n := len(out); n > 0 && out[n-1].Start == before[0] {
				out = out[:n-1] // the heading row is no piece of its own
			}
		case head[1] > 0 && strings.Contains(body, "|"):
			out = append(out, Piece{Start: start, End: end, Row: true, Head: head})
		default:
			head = [2]int{}
			before = [2]int{start, end}
			if strings.Contains(body, "|") {
				out = append(out, Piece{Start: start, End: end})
				break
			}
			for from := start; from < end; {
				to := end
				if m := endOf(text[from:end]); m != nil && !abbreviated(text[from:from+m[0]]) {
					to = from + m[1]
				} else if m != nil { // look behind the abbreviation
					for skip := from + m[1]; skip < end; {
						n := endOf(text[skip:end])
						if n == nil {
							break
						}
						if !abbreviated(text[from : skip+n[0]]) {
							to = skip + n[1]
							break
						}
						skip += n[1]
					}
				}
				if s := strings.TrimSpace(text[from:to]); s != "" {
					out = append(out, Piece{Start: from, End: from + len(strings.TrimRight(text[from:to], " \t"))})
				}
				from = to
			}
		}
		if first > len(out) { // a table's heading row
			first = len(out)
		}
		for i := range out[first:] {
			p := &out[first+i]
			switch {
			case in.kind != 0:
				p.Block, p.Steps = in.number, in.kind == 'n'
			case p.Row:
				p.Block = in.row()
			}
		}
	}
	return out
}

// block is the list or code that a line stands in.
type block struct {
	number int
	kind   byte   // 'n' of a numbered list, 'l' of another, 'c' of code, 'r' of a table; 0: none
	fence  string // that ends code
	rows   bool   // the line before was a table's row
}

// next takes a line; true when it is code.
func (b *block) next(line, body string) bool {
	rows := b.rows
	b.rows = false
	if b.kind == 'c' {
		if b.fence != "" {
			if strings.HasPrefix(body, b.fence) && strings.Trim(body, b.fence[:1]) == "" {
				b.fence = ""
			}
			return true
		}
		b.kind = 0 // the line before was its last
	}
	for _, fence := range []string{"```", "~~~"} {
		if strings.HasPrefix(body, fence) && (b.kind == 0 || strings.HasPrefix(line, fence)) { // not one within an item
			b.number, b.kind, b.fence = b.number+1, 'c', fence
			return true
		}
	}
	var m []string
	kind := byte('l')
	if body != "" && (body[0] < 'A' || body[0] > '~') { // most lines begin with a letter
		m = itemLine.FindStringSubmatch(line)
	}
	if m != nil && m[1] != "" {
		kind = 'n'
	}
	switch {
	case m != nil && (b.kind == 0 || kind != b.kind && line[0] != ' ' && line[0] != '\t'): // what is indented belongs to the item above
		b.number, b.kind = b.number+1, kind
	case m != nil || body == "" || line[0] == ' ' || line[0] == '\t':
		b.rows = rows
	default:
		b.kind, b.rows = 0, rows
	}
	return false
}

// row is the number of the table that a row belongs to, which begins if the line before was none.
func (b *block) row() int {
	if !b.rows {
		b.number++
	}
	b.rows = true
	return b.number
}

// endOf is where a sentence's end stands: nil where there is none.
func endOf(text string) []int {
	at := strings.IndexAny(text, ".!?。！？؟")
	if at < 0 {
		return nil
	}
	m := sentenceEnd.FindStringIndex(text[at:])
	if m != nil {
		m[0], m[1] = m[0]+at, m[1]+at
	}
	return m
}

// abbreviated is whether a text ends in what a full stop follows inside a sentence.
func abbreviated(text string) bool {
	i := strings.LastIndexAny(text, " \n\t(")
	w := strings.ToLower(text[i+1:])
	switch w {
	case "e.g", "i.e", "etc", "approx", "no", "nr", "z.b", "d.h", "ca", "usw", "bzw", "inkl", "evtl", "p.ej", "ej", "aprox", "núm", "sr", "sra", "dr", "mr", "mrs", "ms", "st", "str", "tel", "min", "max", "vs", "art", "p.ex", "ex", "env", "m", "mme":
		return true
	}
	return len(w) > 0 && len(w) <= 2 && strings.Trim(w, "0123456789") == "" // "am 1. Mai", "3. Stock"
}
