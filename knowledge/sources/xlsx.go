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
			f.reject(f.key+"#"+name, "sheet "+name, err)
			continue
		}
		for i := range rows {
			for j := range rows[i] {
				rows[i][j] = strings.TrimSpace(rows[i][j])
			}
		}
		t := table{rows: rows, name: name, where: func(row int) string { return fmt.Sprintf("sheet %s, row %d", name, row+1) }, key: func(row int) string { return fmt.Sprintf("%s!%d", name, row+1) }}
		if len(sheets) == 1 {
			t.name = ""
		}
		read, err := f.read(t)
		if err != nil {
			f.reject(f.key+"#"+name, "sheet "+name, err)
			continue
		}
		articles = append(articles, read...)
	}
	return articles, nil
}
