package sources

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/knowledge"
)

// readJSONL reads a file with an object on each line.
func readJSONL(f *file) ([]knowledge.Article, error) {
	s := bufio.NewScanner(bytes.NewReader(f.data))
	s.Buffer(nil, maxText)
	var all []map[string]any
	var lines []int
	for n := 1; s.Scan(); n++ {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		object := map[string]any{}
		if err := json.Unmarshal(s.Bytes(), &object); err != nil {
			f.reject(f.key, fmt.Sprintf("line %d", n), refusal{"not an object of JSON: " + err.Error(), `expected {"question": …, "answer": …}`})
			continue
		}
		all, lines = append(all, object), append(lines, n)
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	return f.objects(all, func(i int) string { return fmt.Sprintf("line %d", lines[i]) }, func(i int) string { return strconv.Itoa(lines[i]) })
}

// readJSON reads an export, wherever in it the articles stand.
func readJSON(f *file) ([]knowledge.Article, error) {
	var whole any
	if err := json.Unmarshal(f.data, &whole); err != nil {
		var at *json.SyntaxError
		if errors.As(err, &at) {
			return nil, refusal{fmt.Sprintf("line %d: %v", 1+bytes.Count(f.data[:min(int(at.Offset), len(f.data))], []byte("\n")), err), "export it again"}
		}
		return nil, err
	}
	var found []map[string]any
	f.articles(whole, &found)
	if len(found) == 0 {
		return nil, refusal{"no list of articles in it", `expected objects with a question and an answer, or a title and a body, such as [{"title": …, "body": …}]`}
	}
	return f.objects(found, func(i int) string { return fmt.Sprintf("article %d", i+1) }, func(i int) string { return strconv.Itoa(i + 1) })
}

// articles are all objects in an export that look like articles.
func (f *file) articles(v any, found *[]map[string]any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			f.articles(x, found)
		}
	case map[string]any:
		if mapped(keysOf(v), f.o.Columns).pairs() {
			*found = append(*found, v)
			return
		}
		for _, k := range keysOf(v) {
			f.articles(v[k], found)
		}
	}
}

func keysOf(o map[string]any) (keys []string) {
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// objects reads them as a table whose columns are their keys.
func (f *file) objects(all []map[string]any, where, key func(int) string) ([]knowledge.Article, error) {
	if len(all) == 0 {
		return nil, nil
	}
	seen := map[string]bool{}
	var heads []string
	for _, o := range all {
		for _, k := range keysOf(o) {
			if !seen[k] {
				seen[k] = true
				heads = append(heads, k)
			}
		}
	}
	if c := mapped(heads, f.o.Columns); !c.pairs() {
		return nil, refusal{"expected a question and an answer, or a title and a body, found " + strings.Join(heads, ", "), "name them, such as --columns question=…,answer=…"}
	}
	t := table{rows: [][]string{heads}}
	for _, o := range all {
		row := make([]string, len(heads))
		for i, k := range heads {
			row[i] = said(o[k])
		}
		t.rows = append(t.rows, row)
	}
	t.where = func(row int) string { return where(row - 1) }
	t.key = func(row int) string { return key(row - 1) }
	return f.read(t)
}

// said is a value as a cell would have it.
func said(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		var all []string
		for _, x := range v {
			if s := said(x); s != "" {
				all = append(all, s)
			}
		}
		return strings.Join(all, ",")
	case map[string]any:
		for _, k := range []string{"name", "value", "text", "rendered"} {
			if s, is := v[k].(string); is {
				return s
			}
		}
	}
	return ""
}
