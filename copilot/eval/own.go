package eval

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/knowledge"
)

// OwnReport is what an admin's own questions say of the knowledge base that is installed.
type OwnReport struct {
	N, Answerable         int
	Recall1, Recall5, MRR float64 // of the answerable
	Points                []Point
}

// Point is what a threshold would do: the share of all questions that is answered, and of those the share that is answered rightly.
type Point struct{ Threshold, Coverage, Precision float64 }

// A label is a question with the article that answers it, by its key or title; "" or null for none.
type label struct{ Question, Article string }

// labels reads a file of them.
func labels(file string) ([]label, error) {
	list, err := Rows[label](file)
	for i, q := range list {
		if err == nil && strings.TrimSpace(q.Question) == "" {
			err = fmt.Errorf("%s: line %d: expected a question", file, i+1)
		}
	}
	return list, err
}

// trial is what a knowledge base says to a label: how sure it is of its first passage, and where the right one stands, 0: nowhere.
type trial struct {
	label
	confidence float64
	rank       int
	calibrated knowledge.Calibration // what the confidence was mapped by
}

func try(ctx context.Context, b *knowledge.Base, list []label) ([]trial, error) {
	out := make([]trial, len(list))
	for i, q := range list {
		found, err := b.Search(ctx, q.Question, 10, knowledge.Filter{})
		if err != nil && found == nil {
			return nil, err
		}
		out[i] = trial{label: q, confidence: copilot.Confidence(found)}
		for j, p := range found {
			out[i].calibrated = p.Calibration
			if out[i].rank == 0 && q.Article != "" && (p.Key == q.Article || p.Title == q.Article) {
				out[i].rank = j + 1
			}
		}
	}
	return out, nil
}

// Own asks a knowledge base the questions of a file, {"question", "article"} a line, the article by its key or title, "" for none.
func Own(ctx context.Context, b *knowledge.Base, file string) (r OwnReport, err error) {
	list, err := labels(file)
	if err != nil {
		return r, err
	}
	all, err := try(ctx, b, list)
	if err != nil {
		return r, err
	}
	for _, t := range all {
		if t.Article == "" {
			continue
		}
		r.Answerable++
		if t.rank == 1 {
			r.Recall1++
		}
		if t.rank > 0 {
			r.MRR += 1 / float64(t.rank)
			if t.rank <= 5 {
				r.Recall5++
			}
		}
	}
	r.N = len(list)
	n := float64(max(1, r.Answerable))
	r.Recall1, r.Recall5, r.MRR = r.Recall1/n, r.Recall5/n, r.MRR/n
	for _, at := range []float64{0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9} {
		answered, ok := 0, 0
		for _, t := range all {
			if t.confidence >= at {
				answered++
				if t.rank == 1 {
					ok++
				}
			}
		}
		r.Points = append(r.Points, Point{at, float64(answered) / float64(max(1, r.N)), float64(ok) / float64(max(1, answered))})
	}
	return r, nil
}

// FewestLabels is how many a calibration needs: with fewer a few lucky ones decide.
const FewestLabels = 30

// Fitted is a calibration with what it does, measured on questions that it was not fitted to.
type Fitted struct {
	knowledge.Calibrated
	ECE, ECEWas float64
	Right       int // of the labels, with the right passage first
}

// Better is whether it predicts better than what ships.
func (f Fitted) Better() bool { return f.Loss < f.LossWas }

// Of is what the calibration makes of a confidence that ships.
func (f Fitted) Of(p float64) float64 { return copilot.Map{Scale: f.Scale, Shift: f.Shift}.Of(p, 0) }

// Fit fits an installation's own map of the confidence to its labels. What it does is measured by cross-validation in ten parts: each is told by a map
// that was fitted to the other nine.
func Fit(ctx context.Context, b *knowledge.Base, file string) (f Fitted, err error) {
	list, err := labels(file)
	if err != nil {
		return f, err
	}
	if len(list) < FewestLabels {
		return f, fmt.Errorf("%s: got %d labels, expected at least %d", file, len(list), FewestLabels)
	}
	all, err := try(ctx, b, list)
	if err != nil {
		return f, err
	}
	p, right := make([]float64, len(all)), make([]bool, len(all))
	for i, t := range all {
		p[i], right[i] = t.confidence, t.rank == 1
		if c := t.calibrated; c != (knowledge.Calibration{}) { // as it was before the calibration that holds
			p[i] = copilot.Map{Scale: 1 / c.Scale, Shift: -c.Shift / c.Scale}.Of(p[i], 0)
		}
		if right[i] {
			f.Right++
		}
	}
	if f.Right == 0 || f.Right == len(all) {
		return f, fmt.Errorf("%s: got %d of %d questions with the right passage first, expected some with and some without: questions that no article answers have \"article\": null", file, f.Right, len(all))
	}
	const parts = 10
	told := make([]float64, len(all))
	for part := range parts {
		m := fitted(p, right, func(i int) bool { return i%parts != part })
		for i := range all {
			if i%parts == part {
				told[i] = m.Of(p[i], 0)
			}
		}
	}
	m := fitted(p, right, func(int) bool { return true })
	f.Calibration = knowledge.Calibration{Scale: m.Scale, Shift: m.Shift}
	f.Labels, f.Loss, f.LossWas = len(all), logLoss(told, right), logLoss(p, right)
	f.ECE, f.ECEWas = Calibrate(told, right).ECE, Calibrate(p, right).ECE
	return f, nil
}

func fitted(p []float64, right []bool, in func(i int) bool) copilot.Map {
	var ps, weigh []float64
	var rs []bool
	for i := range p {
		if in(i) {
			ps, rs, weigh = append(ps, p[i]), append(rs, right[i]), append(weigh, 1)
		}
	}
	return copilot.LearnMap(ps, nil, rs, weigh)
}

// logLoss is the mean of what each outcome costs: nothing where it was certain and right.
func logLoss(p []float64, right []bool) (sum float64) {
	for i, x := range p {
		if !right[i] {
			x = 1 - x
		}
		sum -= math.Log(max(1e-6, x)) / float64(len(p))
	}
	return sum
}
