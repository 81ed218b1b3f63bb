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
}

var (
	sentenceEnd = regexp.MustCompile(`[.!?。！？؟]+["”»)\]*_]*(?:\s+|$)|[。！？]`)
	ruleLine    = regexp.MustCompile(`^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$`)
)

// Pieces are a text's, in order; blank lines and the lines between a table's heading and its rows belong to none.
func Pieces(text string) []Piece {
	var out []Piece
	var head [2]int
	at := 0
	before := [2]int{}
	for line := range strings.Lines(text) {
		start, end := at, at+len(strings.TrimRight(line, "\r\n"))
		at += len(line)
		body := strings.TrimSpace(line)
		switch {
		case body == "":
			head, before = [2]int{}, [2]int{}
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
				continue
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
	}
	return out
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
