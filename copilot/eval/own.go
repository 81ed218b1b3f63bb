package eval

import (
	"context"
	"fmt"

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

// Own asks a knowledge base the questions of a file, {"question", "article"} a line, the article by its key or title, "" for none.
func Own(ctx context.Context, b *knowledge.Base, file string) (r OwnReport, err error) {
	list, err := Rows[struct{ Question, Article string }](file)
	if err != nil {
		return r, err
	}
	var conf []float64
	var right []bool
	for i, q := range list {
		if q.Question == "" {
			return r, fmt.Errorf("%s: line %d: expected a question", file, i+1)
		}
		found, err := b.Search(ctx, q.Question, 10, knowledge.Filter{})
		if err != nil && found == nil {
			return r, err
		}
		rank := 0
		for j, p := range found {
			if rank == 0 && q.Article != "" && (p.Key == q.Article || p.Title == q.Article) {
				rank = j + 1
			}
		}
		conf, right = append(conf, copilot.Confidence(found)), append(right, rank == 1)
		if q.Article == "" {
			continue
		}
		r.Answerable++
		if rank == 1 {
			r.Recall1++
		}
		if rank > 0 {
			r.MRR += 1 / float64(rank)
			if rank <= 5 {
				r.Recall5++
			}
		}
	}
	r.N = len(list)
	n := float64(max(1, r.Answerable))
	r.Recall1, r.Recall5, r.MRR = r.Recall1/n, r.Recall5/n, r.MRR/n
	for _, at := range []float64{0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9} {
		answered, ok := 0, 0
		for i, c := range conf {
			if c >= at {
				answered++
				if right[i] {
					ok++
				}
			}
		}
		r.Points = append(r.Points, Point{at, float64(answered) / float64(r.N), float64(ok) / float64(max(1, answered))})
	}
	return r, nil
}
