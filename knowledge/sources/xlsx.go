package sources

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/deskbell/deskbell/knowledge"
)

// readXLSX reads each sheet of a workbook that somebody sees, its cells as Excel shows them.
func readXLSX(f *file) (articles []knowledge.Article, err error) {
	book, err := excelize.OpenReader(bytes.NewReader(f.data), excelize.Options{UnzipSizeLimit: maxPacked, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return nil, refusal{"damaged: " + err.Error(), "open it and save it again"}
	}
	defer func() { _ = book.Close() }()
	sheets := book.GetSheetList()
	for _, name := range sheets {
		if visible, err := book.GetSheetVisible(name); err == nil && !visible {
			f.g.Skipped = append(f.g.Skipped, Remark{Where: f.key + ", sheet " + name, What: "a hidden sheet"})
			continue
		}
		rows, err := book.GetRows(name)
		if err != nil {
			f.reject(f.key, "sheet "+name, err) // its rows may be known by other keys
			continue
		}
		hidden := shown(book, name, rows)
		if hidden > 0 {
			f.g.Skipped = append(f.g.Skipped, Remark{Where: f.key + ", sheet " + name, What: fmt.Sprintf("hidden rows and columns (%d)", hidden)})
		}
		t := table{rows: rows, name: name, where: func(row int) string { return fmt.Sprintf("sheet %s, row %d", name, row+1) }, key: func(row int) string { return fmt.Sprintf("%s!%d", name, row+1) }}
		if len(sheets) == 1 {
			t.name = ""
		}
		read, err := f.read(t)
		if err != nil {
			f.reject(f.key, "sheet "+name, err) // its rows may be known by other keys
			continue
		}
		articles = append(articles, read...)
	}
	return articles, nil
}

// shown leaves of a sheet's rows what somebody sees: hidden rows and columns become empty, and what cells share that were joined stands in each. It says how
// many rows and columns are hidden.
func shown(book *excelize.File, sheet string, rows [][]string) (hidden int) {
	joined, _ := book.GetMergeCells(sheet)
	for _, m := range joined {
		left, top, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		if err != nil {
			continue
		}
		right, bottom, err := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err != nil {
			continue
		}
		for y := top - 1; y < bottom && y < len(rows); y++ {
			for x := left - 1; x < right && x < len(rows[y]); x++ {
				rows[y][x] = m.GetCellValue()
			}
		}
	}
	width := 0
	for _, row := range rows {
		width = max(width, len(row))
	}
	gone := make([]bool, min(width, mostColumns))
	for j := range gone {
		if name, err := excelize.ColumnNumberToName(j + 1); err == nil {
			if visible, err := book.GetColVisible(sheet, name); err == nil && !visible {
				gone[j] = true
				hidden++
			}
		}
	}
	for i := range rows {
		if visible, err := book.GetRowVisible(sheet, i+1); err == nil && !visible && filled(rows[i]) {
			rows[i] = nil
			hidden++
		}
		kept := rows[i][:0]
		for j, cell := range rows[i] {
			if j >= len(gone) || !gone[j] {
				kept = append(kept, strings.TrimSpace(cell))
			}
		}
		rows[i] = kept
	}
	return hidden
}
