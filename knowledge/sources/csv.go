package sources

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/knowledge"
)

// separators are what stands between the cells of a line, as spreadsheets of several countries write them.
var separators = []rune{',', ';', '\t', '|'}

// sampled is how much of a file is looked at to find its separator, in bytes.
const sampled = 64 << 10

func readCSV(f *file) ([]knowledge.Article, error) {
	data := f.data
	if line, rest, _ := bytes.Cut(data, []byte("\n")); len(line) < 10 { // "sep=;", as Excel understands it
		if s, is := strings.CutPrefix(strings.ToLower(strings.TrimSpace(string(line))), "sep="); is && len(s) == 1 {
			return f.separated(rest, rune(s[0]), 1)
		}
	}
	sep := separatorOf(data[:min(len(data), sampled)])
	if sep != ',' {
		f.note("columns separated by " + map[rune]string{';': "semicolons", '\t': "tabs", '|': "bars"}[sep])
	}
	return f.separated(data, sep, 0)
}

// separatorOf is the one that cuts the most lines into the same number of cells, two at least.
func separatorOf(sample []byte) rune {
	best, most := ',', 0.0
	for _, sep := range separators {
		r := reader(sample, sep)
		counts, rows := map[int]int{}, 0
		for rows < 200 {
			row, err := r.Read()
			if err != nil {
				break
			}
			if filled(row) {
				counts[len(row)]++
				rows++
			}
		}
		for n, c := range counts {
			if share := float64(c) / float64(max(rows, 1)); n > 1 && share > most+0.05 {
				best, most = sep, share
			}
		}
	}
	return best
}

// reader reads what spreadsheets write, and what people write by hand: rows of any length, and quotes where they should not be.
func reader(data []byte, sep rune) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = sep, -1, true
	return r
}

// mostLines are those of a cell with separators in it: more are rows that a quote has swallowed which is not closed.
const mostLines = 1

func (f *file) separated(data []byte, sep rune, before int) ([]knowledge.Article, error) {
	r := reader(data, sep)
	t := table{}
	var lines []int
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, refusal{err.Error(), "open it in a spreadsheet and save it as CSV again"}
		}
		line, _ := r.FieldPos(0)
		t.rows, lines = append(t.rows, row), append(lines, line+before)
	}
	strict := reader(data, sep)
	strict.LazyQuotes = false
	_, wrong := strict.ReadAll()
	for i, row := range t.rows {
		for _, cell := range row {
			if swallowed := strings.Count(strings.TrimSpace(cell), "\n"); wrong != nil && swallowed > mostLines && strings.Count(cell, string(sep)) >= swallowed {
				return nil, refusal{fmt.Sprintf("line %d: a quote is opened and not closed", lines[i]), "close it, or open the file in a spreadsheet and save it again"}
			}
		}
	}
	t.where = func(row int) string { return fmt.Sprintf("line %d", lines[row]) }
	t.key = func(row int) string { return strconv.Itoa(lines[row]) }
	return f.read(t)
}
