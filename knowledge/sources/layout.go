package sources

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")

// composed is a text in Unicode's composed form, without ligatures.
func composed(s string) string { return ligatures.Replace(norm.NFC.String(s)) }

// segment is text on one line without a wide gap in it: a line of a column, or a cell.
type segment struct {
	text    string
	x, end  float64
	y, size float64
	bold    bool // all of it
}

// line is what stands at one height, from left to right.
type line []segment

func (l line) x() float64    { return l[0].x }
func (l line) end() float64  { return l[len(l)-1].end }
func (l line) size() float64 { return l[0].size }
func (l line) bold() bool    { return !slices.ContainsFunc(l, func(s segment) bool { return !s.bold }) }
func (l line) text() string {
	var all []string
	for _, s := range l {
		all = append(all, s.text)
	}
	return strings.Join(all, " ")
}

// layout reads the pages of a document by where their text stands.
type layout struct {
	pages [][]line
}

// What is a gap, in parts of the size of the letters: between two words, and between two cells or columns.
const (
	wordGap = 0.16
	cellGap = 0.85
)

// page takes a page's runs.
func (l *layout) page(runs []run) {
	l.pages = append(l.pages, columnsOf(linesOf(runs)))
}

// linesOf puts runs that stand at one height on one line, from the top of the page down.
func linesOf(runs []run) (lines []line) {
	slices.SortStableFunc(runs, func(a, b run) int { return cmp.Or(cmp.Compare(b.y, a.y), cmp.Compare(a.x, b.x)) })
	for i := 0; i < len(runs); {
		j, size := i+1, runs[i].size
		for j < len(runs) && runs[i].y-runs[j].y < 0.4*max(size, runs[j].size) {
			size = max(size, runs[j].size)
			j++
		}
		row := runs[i:j]
		slices.SortStableFunc(row, func(a, b run) int { return cmp.Compare(a.x, b.x) })
		if l := segmentsOf(row); len(l) > 0 {
			lines = append(lines, l)
		}
		i = j
	}
	return lines
}

// segmentsOf joins runs that follow one another.
func segmentsOf(row []run) (out line) {
	var b strings.Builder
	var s segment
	sizes := map[float64]int{}
	flush := func() {
		if s.text = spaced(composed(strings.ReplaceAll(b.String(), "\u00ad", ""))); s.text != "" {
			most := 0
			for size, n := range sizes {
				if n > most || n == most && size > s.size {
					s.size, most = size, n
				}
			}
			out = append(out, s)
		}
		b.Reset()
		clear(sizes)
	}
	before := ""
	for i, r := range row {
		if i > 0 && r.text == row[i-1].text && math.Abs(r.x-row[i-1].x) < 0.1*r.size && r.text != " " { // drawn twice, which looks bold
			continue
		}
		gap := r.x - s.end
		if b.Len() == 0 || gap > cellGap*max(r.size, 4) && !leaders(before) {
			flush()
			s = segment{x: r.x, y: r.y, bold: true}
		} else if gap > wordGap*r.size && !strings.HasSuffix(before, " ") {
			b.WriteByte(' ')
		}
		if r.text == " " && b.Len() == 0 {
			s.end = r.end
			continue
		}
		b.WriteString(r.text)
		before = r.text
		s.end = max(r.end, r.x)
		if strings.TrimSpace(r.text) != "" {
			s.bold = s.bold && r.bold
			sizes[math.Round(r.size*2)/2] += len(r.text)
			s.y = r.y
		}
	}
	flush()
	return out
}

func leaders(s string) bool { return strings.HasSuffix(strings.TrimSpace(s), "..") }

// A page is of two columns where this many lines have text on both sides of a gap, and both sides are this full of words: cells of a table are not.
const (
	columnLines = 6
	columnWords = 3.5
)

// columnsOf orders the lines of a page as they are read: where it has two columns, the left before the right.
func columnsOf(lines []line) []line {
	if len(lines) < columnLines {
		return lines
	}
	left, right := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		left, right = min(left, l.x()), max(right, l.end())
	}
	gutter, most := 0.0, 0
	for x := left + 0.3*(right-left); x < left+0.7*(right-left); x += max(2, (right-left)/300) {
		both, across, cells := 0, 0, 0
		var words [2]int
		for _, l := range lines {
			var n [2]int
			over := false
			for _, s := range l {
				switch {
				case s.end <= x:
					n[0] += len(strings.Fields(s.text))
				case s.x >= x:
					n[1] += len(strings.Fields(s.text))
				default:
					over = true
				}
			}
			switch {
			case over:
				across++
			case n[0] > 0 && n[1] > 0:
				both++
				cells += len(l)
				words[0], words[1] = words[0]+n[0], words[1]+n[1]
			}
		}
		full := func(n int) bool { return float64(n) >= columnWords*float64(both) }
		if both >= columnLines && both > most && 2*across < both && full(words[0]) && full(words[1]) && 2*cells < 5*both {
			gutter, most = x, both
		}
	}
	if gutter == 0 {
		return lines
	}
	var out, second []line
	for _, l := range lines {
		if slices.ContainsFunc(l, func(s segment) bool { return s.x < gutter && s.end > gutter }) { // across both
			out = append(append(out, second...), l)
			second = nil
			continue
		}
		i := slices.IndexFunc(l, func(s segment) bool { return s.x >= gutter })
		if i < 0 {
			i = len(l)
		}
		if i > 0 {
			out = append(out, l[:i])
		}
		if i < len(l) {
			second = append(second, l[i:])
		}
	}
	return append(out, second...)
}

var (
	figures    = regexp.MustCompile(`\d+`)
	pageNumber = regexp.MustCompile(`(?i)^(?:page|seite|página|pagina|strona|sayfa|p\.|s\.|–|-)?\s*\d{1,4}\s*(?:(?:/|of|von|de|di|van|z)\s*\d{1,4})?\s*(?:–|-)?$`)
	contents   = regexp.MustCompile(`(?:[.:·]\s?){4,}\s*(\d+)$`)
	leader     = regexp.MustCompile(`\s*(?:[.:·]\s?){4,}\s*`)
	bullet     = regexp.MustCompile(`^(?:[•▪●○■□◦‣·∙–\x{f0b7}]|[-*])$`)
	bulletText = regexp.MustCompile(`^(?:[•▪●○■□◦‣∙]\s*|[–·*-]\s+)(\S.*)$`)
	numbered   = regexp.MustCompile(`^(?:\d{1,2}|[a-z])[.)]$`)
	numberText = regexp.MustCompile(`^\d{1,2}[.)]\s+(\S.*)$`)
)

// running are the lines that stand at the head or the foot of many pages, by their text without figures; what is larger than the text is a heading.
func (l *layout) running(body float64) map[string]bool {
	n := map[string]int{}
	for _, page := range l.pages {
		seen := map[string]bool{}
		top, end := edges(page)
		for _, x := range page {
			if x.size() <= body*largerThan && atEdge(x, top, end) {
				if t := figures.ReplaceAllString(x.text(), "#"); !seen[t] {
					seen[t] = true
					n[t]++
				}
			}
		}
	}
	out := map[string]bool{}
	for t, c := range n {
		if c > 2 && 3*c > len(l.pages) || c == 2 && len(l.pages) == 2 && len(t) > 3 {
			out[t] = true
		}
	}
	return out
}

// contents are the lines of a page's table of contents: at least three that end in numbers of pages, which do not fall.
func (l *layout) contents(page []line) map[int]bool {
	found := map[int]bool{}
	last := 0
	for i, x := range page {
		m := contents.FindStringSubmatch(x.text())
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err != nil || n < last || n > len(l.pages)+mostFront {
			return nil // a list of prices has such lines too
		}
		last = n
		found[i] = true
	}
	if len(found) < 3 {
		return nil
	}
	return found
}

// mostFront is how many pages may be counted that are not in the file.
const mostFront = 20

// largerThan is how many times as large as the text a heading is at least.
const largerThan = 1.08

// edges are how high a page's second line from above stands, and from below: what is not between them stands at its head or foot.
func edges(page []line) (top, end float64) {
	heights := make([]float64, len(page))
	for i, x := range page {
		heights[i] = x[0].y
	}
	slices.Sort(heights)
	n := len(heights)
	if n < 2 {
		return math.Inf(-1), math.Inf(1)
	}
	return heights[n-2], heights[1]
}

// sameHeight is how far lines may stand from one another that stand at one height, in points.
const sameHeight = 1

func atEdge(x line, top, end float64) bool {
	return x[0].y >= top-sameHeight || x[0].y <= end+sameHeight
}

// write tells what a document says.
func (l *layout) write(o *office) {
	chars := map[float64]int{} // of lines that are no rows of a table, which is often set smaller
	for _, page := range l.pages {
		for _, x := range page {
			if len(x) == 1 {
				chars[x.size()] += len(x.text())
			}
		}
	}
	body := 0.0
	for size, n := range chars {
		if n > chars[body] || n == chars[body] && size < body {
			body = size
		}
	}
	running := l.running(body)
	sizes := map[float64]bool{}
	var pages [][]line
	for _, page := range l.pages {
		var lines []line
		top, end := edges(page)
		listed := l.contents(page)
		for i, x := range page {
			t := x.text()
			outermost := len(l.pages) > 1 && (i == 0 || i == len(page)-1)
			if listed[i] || outermost && pageNumber.MatchString(t) || atEdge(x, top, end) && x.size() <= body*largerThan && running[figures.ReplaceAllString(t, "#")] {
				continue
			}
			for j := range x {
				x[j].text = leader.ReplaceAllString(x[j].text, ": ")
			}
			lines = append(lines, x)
			sizes[x.size()] = true
		}
		pages = append(pages, lines)
	}
	var heads []float64 // the sizes of headings, greatest first
	for size := range sizes {
		if size > body*largerThan {
			heads = append(heads, size)
		}
	}
	slices.SortFunc(heads, func(a, b float64) int { return cmp.Compare(b, a) })
	w := &paragraphs{o: o, body: body, heads: heads}
	for _, lines := range pages {
		w.page(lines)
	}
	w.flush()
}

// paragraphs joins lines to paragraphs.
type paragraphs struct {
	o     *office
	body  float64
	heads []float64

	text    []byte // of the paragraph that is open
	last    line
	lead    float64 // from the line before the last to it; 0: it is the first
	list    int     // whether it is an item, and whether a numbered one
	right   float64 // how far the lines of the page reach
	bold    bool
	newPage bool
}

// longestHead is how many words a heading has.
const longestHead = 25

func (w *paragraphs) level(size float64) int {
	for i, s := range w.heads {
		if size >= s {
			return min(i+1, 5)
		}
	}
	return 0
}

func (w *paragraphs) flush() {
	if len(w.text) == 0 {
		return
	}
	words := string(w.text)
	p := paragraph{node: element(atom.P, words), bold: w.bold && w.list == 0}
	switch {
	case w.list > 0:
		p.list, p.ordered = 1, w.list == 2
	case len(strings.Fields(words)) <= longestHead && !strings.HasSuffix(words, "."):
		p.level = w.level(w.last.size())
	}
	w.o.add(p)
	w.text, w.list, w.lead = w.text[:0], 0, 0
}

func (w *paragraphs) page(lines []line) {
	w.right, w.newPage = 0, true
	for _, l := range lines {
		w.right = max(w.right, l.end())
	}
	for i := 0; i < len(lines); {
		if n := w.table(lines[i:]); n > 0 {
			i += n
			continue
		}
		w.line(lines[i])
		i++
	}
}

// itemOf is what an item of a list says, with its mark taken away; kind 1 is of a bulleted, 2 of a numbered one.
func itemOf(l line) (text string, kind int) {
	t := l.text()
	if len(l) > 1 {
		switch rest := l[1:].text(); {
		case bullet.MatchString(l[0].text):
			return rest, 1
		case numbered.MatchString(l[0].text):
			return rest, 2
		}
	}
	if m := bulletText.FindStringSubmatch(t); m != nil {
		return m[1], 1
	}
	if m := numberText.FindStringSubmatch(t); m != nil {
		return m[1], 2
	}
	return t, 0
}

func (w *paragraphs) line(l line) {
	t, kind := itemOf(l)
	if kind == 2 && (w.level(l.size()) > 0 || l.bold()) { // a heading with a number
		t, kind = l.text(), 0
	}
	gap := 0.0
	if w.last != nil {
		gap = w.last[0].y - l[0].y
	}
	size := l.size()
	switch {
	case len(w.text) == 0 || kind > 0 || w.last == nil:
	case w.newPage: // what goes on from the page before
		if first := []rune(t)[0]; unicode.IsLower(first) && !ends(w.text) && math.Abs(size-w.last.size()) < 0.6 {
			w.join(t, l)
			return
		}
	case math.Abs(size-w.last.size()) > 0.6 || l.bold() != w.bold && (w.bold || l.bold() && len(strings.Fields(t)) < longestHead):
	case gap <= 0 || gap > 1.75*size, w.lead > 0 && gap > 1.25*w.lead: // a space between paragraphs, or another column
	case l.x() > w.last.x()+3*size && w.list == 0 && w.level(size) == 0:
	case w.list > 0 && l.x() < w.last.x()-0.5*size && w.lead == 0 && !indented(w.last, l):
	case w.list == 0 && w.level(size) == 0 && w.last.end() < w.right-0.25*(w.right-l.x()) && ends(w.text): // it ended before the margin
	default:
		w.lead = gap
		w.join(t, l)
		return
	}
	w.flush()
	w.text, w.last, w.list, w.bold, w.newPage = append(w.text, t...), l, kind, l.bold(), false
}

// indented is whether a line stands below the words of an item whose mark is a part of its line.
func indented(item, l line) bool { return l.x() >= item.x() }

// join adds a line to the paragraph that is open. A word that was divided at the end of a line becomes one again.
func (w *paragraphs) join(t string, l line) {
	w.bold = w.bold && l.bold()
	w.last, w.newPage = l, false
	first, _ := utf8.DecodeRuneInString(t)
	last, _ := utf8.DecodeLastRune(w.text)
	switch {
	case divided(string(w.text[max(0, len(w.text)-8):]), t):
		w.text = w.text[:len(w.text)-1]
	case wide(last) && wide(first):
	default:
		w.text = append(w.text, ' ')
	}
	w.text = append(w.text, t...)
}

// ends is whether a text ends as a sentence does.
func ends(text []byte) bool { return strings.IndexByte(".!?:", text[len(text)-1]) >= 0 }

// wide is whether a letter is of a script without spaces.
func wide(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }

// table writes the lines that are one, if the first of some are, and says how many they are.
func (w *paragraphs) table(lines []line) int {
	rows := 0 // lines with several cells
	n := 0
	for n < len(lines) {
		l := lines[n]
		_, kind := itemOf(l)
		if n > 0 {
			gap := lines[n-1][0].y - l[0].y
			if gap <= 0 || gap > 3.2*l.size() {
				break
			}
		}
		if marked := kind == 1 || kind == 2 && len(l) == 2; !marked && len(l) > 1 {
			rows++
			n++
			continue
		}
		// a line of a cell that goes on belongs to the table, if more of it follows or it stands beside the first column
		if rows > 0 && len(l) == 1 && kind == 0 && lines[n-1][0].y-l[0].y < 1.45*l.size() && l.x() > lines[n-1].x()+2*l.size() {
			n++
			continue
		}
		break
	}
	if rows < 2 {
		return 0
	}
	lines = lines[:n]
	columns := spans(lines)
	if len(columns) < 2 || wordy(lines) {
		return 0
	}
	w.flush()
	w.last = nil
	type row struct{ cells []string }
	var all []row
	var bold []bool
	for i, l := range lines {
		at := make([]int, len(l))
		for j, s := range l {
			at[j] = columnOf(columns, s)
		}
		goesOn := i > 0 && at[0] > 0 && lines[i-1][0].y-l[0].y < 1.45*l.size()
		if !goesOn {
			all, bold = append(all, row{make([]string, len(columns))}), append(bold, l.bold())
		}
		for j, s := range l {
			cell := &all[len(all)-1].cells[at[j]]
			*cell = strings.TrimSpace(*cell + " " + s.text)
		}
	}
	heads := 0
	if len(all) > 1 && bold[0] && slices.Contains(bold, false) {
		heads = 1
	}
	end := w.o.open(wrapped(atom.Table))
	for i, r := range all {
		endRow := w.o.open(wrapped(atom.Tr))
		kind := atom.Td
		if i < heads {
			kind = atom.Th
		}
		for _, c := range r.cells {
			w.o.into[len(w.o.into)-1].AppendChild(element(kind, c))
		}
		endRow()
	}
	end()
	return n
}

// mostCellWords is how many words a cell has on each of its lines at most, on average: lines with more of them are text that was set wide.
const mostCellWords = 7

func wordy(lines []line) bool {
	words, cells := 0, 0
	for _, l := range lines {
		for _, s := range l {
			words, cells = words+len(strings.Fields(s.text)), cells+1
		}
	}
	return words > mostCellWords*cells
}

// spans are where the columns of a table begin and end: what no line crosses stands between them.
func spans(lines []line) (out [][2]float64) {
	var all [][2]float64
	for _, l := range lines {
		if len(l) < 2 {
			continue
		}
		for _, s := range l {
			all = append(all, [2]float64{s.x, s.end})
		}
	}
	slices.SortFunc(all, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
	for _, s := range all {
		if n := len(out); n > 0 && s[0] < out[n-1][1]+2 {
			out[n-1][1] = max(out[n-1][1], s[1])
			continue
		}
		out = append(out, s)
	}
	return out
}

func columnOf(columns [][2]float64, s segment) int {
	best, most := 0, math.Inf(-1)
	for i, c := range columns {
		if over := min(c[1], s.end) - max(c[0], s.x); over > most {
			best, most = i, over
		}
	}
	return best
}
