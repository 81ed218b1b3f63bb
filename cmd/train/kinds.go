package main

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/copilot/eval"
	"github.com/deskbell/deskbell/copilot/linear"
)

// kinds learns to tell what a short message is, from messages in thirteen languages.
func kinds(_ string, w io.Writer) ([]byte, error) {
	all, err := messages("messages")
	if err != nil {
		return nil, err
	}
	table, err := eval.Rows[struct{ Language, After, Is, Text string }](filepath.Join("copilot", "eval", "testdata", "turns.jsonl"))
	if err != nil {
		return nil, err
	}
	for _, t := range table { // our own table, which the tests hold
		all = append(all, message{t.Language, t.After, t.Is, t.Text})
	}
	asked, err := filepath.Glob(filepath.Join("cmd", "train", "organisations", "*", "questions.jsonl"))
	if err != nil {
		return nil, err
	}
	for _, name := range asked { // what is asked of organisations asks for nobody
		rows, err := eval.Rows[struct{ Language, Kind, Text string }](name)
		if err != nil {
			return nil, err
		}
		for _, q := range rows {
			if strings.HasPrefix(q.Kind, "unanswerable") || q.Kind == "answerable" || q.Kind == "two_in_one" {
				all = append(all, message{q.Language, "", "question", q.Text})
			}
		}
	}
	xs, ys := make([]linear.Vector, len(all)), make([]int, len(all))
	for i, m := range all {
		xs[i], ys[i] = copilot.KindVector(m.text, m.after), slices.Index(copilot.Kinds, m.is)
		if ys[i] < 0 {
			return nil, fmt.Errorf("messages of %s: %q is none of %v", m.language, m.is, copilot.Kinds)
		}
	}
	heldOutKinds(all, xs, ys, w)
	return copilot.KindBytes(copilot.LearnKinds(xs, ys)), nil
}

// heldOutKinds says how well the kinds are told in messages that nothing was learnt from, by four folds, and from which margin on each is sure.
func heldOutKinds(all []message, xs []linear.Vector, ys []int, w io.Writer) {
	const folds = 4
	type said struct {
		kind   string
		margin float64
	}
	got := make([]said, len(all))
	for fold := range folds {
		var train []linear.Vector
		var is []int
		for i := range all {
			if i%folds != fold {
				train, is = append(train, xs[i]), append(is, ys[i])
			}
		}
		m := copilot.LearnKinds(train, is)
		for i := range all {
			if i%folds == fold {
				got[i].kind, got[i].margin = copilot.KindOf(m.Scores(xs[i]), all[i].after)
			}
		}
	}
	rings := func(kind string) bool { return kind == "person" || kind == "angry" || kind == "accept" }
	wrong := map[string][]float64{} // the margins of what is no such thing
	calm, questions := 0, 0
	for i, m := range all {
		if !rings(m.is) {
			calm++
		}
		if m.is == "question" {
			questions++
		}
		if k := got[i].kind; rings(k) && !rings(m.is) || !rings(k) && m.is == "question" && k != "question" {
			wrong[k] = append(wrong[k], got[i].margin)
		}
	}
	at := map[string]float64{}
	for _, k := range copilot.Kinds {
		slices.Sort(wrong[k])
		slices.Reverse(wrong[k])
		most := questions / 100
		if rings(k) {
			most = calm / 300
		}
		if len(wrong[k]) > most {
			at[k] = wrong[k][most]
		}
	}
	right, of, languages := map[string]int{}, map[string]int{}, map[string][2]int{}
	for i, m := range all {
		is := "question"
		if got[i].margin > at[got[i].kind] {
			is = got[i].kind
		}
		of[m.is]++
		x := languages[m.language]
		x[1]++
		if is == m.is {
			right[m.is]++
			x[0]++
		}
		languages[m.language] = x
	}
	for _, k := range copilot.Kinds {
		_, _ = fmt.Fprintf(w, "  %-10s held out %4d, right %.3f, from margin %.2f\n", k, of[k], float64(right[k])/float64(max(1, of[k])), at[k])
	}
	for _, l := range slices.Sorted(maps.Keys(languages)) {
		_, _ = fmt.Fprintf(w, "  %s: %.3f of %d right\n", l, float64(languages[l][0])/float64(languages[l][1]), languages[l][1])
	}
}
