package eval

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/knowledge"
)

type articleRow struct {
	ID                        int
	Title, Heading, Body, URL string
	Hole                      bool
}

type questionRow struct {
	Split, Q   string
	Gold       int
	GoldIsHole bool `json:"gold_is_hole"`
}

// asked is a test question with what the search said.
type asked struct {
	questionRow
	ranked []int
	found  []knowledge.Passage
	conf   float64
}

// ask indexes the articles in a throw-away base and asks it every test question.
func ask(ctx context.Context, o Options, each func(i int, a asked) error) (*knowledge.Base, func(), error) {
	if o.Articles == "" {
		return nil, nil, fmt.Errorf("the articles are missing: name them with --articles FILE")
	}
	list, err := Rows[articleRow](o.Articles)
	if err != nil {
		return nil, nil, err
	}
	questions, err := Rows[questionRow](o.Gold)
	if err != nil {
		return nil, nil, err
	}
	base, end, err := o.Base(ctx)
	if err != nil {
		return nil, nil, err
	}
	var articles []knowledge.Article
	for _, a := range list {
		if !o.Holes || !a.Hole {
			articles = append(articles, knowledge.Article{Key: strconv.Itoa(a.ID), Title: a.Title, URL: a.URL, Audience: knowledge.ForAll, Sections: []knowledge.Section{{Heading: a.Heading, Text: a.Body}}})
		}
	}
	if _, err := base.Import(ctx, "articles", articles, nil); err != nil {
		end()
		return nil, nil, err
	}
	for i, q := range questions {
		if q.Split != "test" {
			continue
		}
		found, err := base.Search(ctx, q.Q, 10, knowledge.Filter{})
		if err != nil {
			end()
			return nil, nil, err
		}
		a := asked{questionRow: q, found: found, conf: copilot.Confidence(found)}
		for _, p := range found {
			id, _ := strconv.Atoi(p.Key)
			a.ranked = append(a.ranked, id)
		}
		if err := o.predict(map[string]any{"i": i, "ranked": a.ranked, "conf": a.conf}); err != nil {
			end()
			return nil, nil, err
		}
		if err := each(i, a); err != nil {
			end()
			return nil, nil, err
		}
		o.progress(i+1, len(questions))
	}
	return base, end, nil
}

// search: {split, q, gold} over {id, title, heading, body, url, hole}; the ranks of the right articles, of both legs together and of each.
func search(ctx context.Context, r *Report, o Options) error {
	legs := map[string]func(p knowledge.Passage) float64{
		"words alone: ": func(p knowledge.Passage) float64 { return p.BM25 }, "vectors alone: ": func(p knowledge.Passage) float64 { return p.Similarity + p.Naming },
	}
	ranks := map[string][]int{}
	rankOf := func(found []knowledge.Passage, gold int) int {
		for i, p := range found {
			if p.Key == strconv.Itoa(gold) {
				return i + 1
			}
		}
		return 1 << 30
	}
	base, end, err := ask(ctx, o, func(_ int, a asked) error {
		r.N++
		if !o.Holes || !a.GoldIsHole {
			ranks[""] = append(ranks[""], rankOf(a.found, a.Gold))
		}
		return nil
	})
	if err != nil {
		return err
	}
	defer end()
	questions, err := Rows[questionRow](o.Gold)
	if err != nil {
		return err
	}
	for _, q := range questions {
		if q.Split != "test" || o.Holes && q.GoldIsHole {
			continue
		}
		found, err := base.Search(ctx, q.Q, 100, knowledge.Filter{})
		if err != nil {
			return err
		}
		for leg, score := range legs {
			sorted := slices.Clone(found)
			slices.SortStableFunc(sorted, func(a, b knowledge.Passage) int { return compare(score(b), score(a)) })
			ranks[leg] = append(ranks[leg], rankOf(sorted, q.Gold))
		}
	}
	for _, leg := range []string{"", "words alone: ", "vectors alone: "} {
		for _, k := range []int{1, 5, 10} {
			n := 0
			for _, x := range ranks[leg] {
				if x <= k {
					n++
				}
			}
			if leg == "" || k == 1 {
				r.add(fmt.Sprintf("%srecall@%d", leg, k), float64(n)/float64(max(1, len(ranks[leg]))))
			}
		}
		var mrr float64
		for _, x := range ranks[leg] {
			if x <= 10 {
				mrr += 1 / float64(x) / float64(len(ranks[leg]))
			}
		}
		r.add(leg+"mrr@10", mrr)
	}
	return nil
}

// answer: as search; whether the confidence tells right answers from the rest.
func answer(ctx context.Context, r *Report, o Options) error {
	var conf, pos, neg, answerable, hole []float64
	var right []bool
	base, end, err := ask(ctx, o, func(_ int, a asked) error {
		ok := len(a.ranked) > 0 && a.ranked[0] == a.Gold && (!o.Holes || !a.GoldIsHole)
		conf, right = append(conf, a.conf), append(right, ok)
		if ok {
			pos = append(pos, a.conf)
		} else {
			neg = append(neg, a.conf)
		}
		if a.GoldIsHole {
			hole = append(hole, a.conf)
		} else {
			answerable = append(answerable, a.conf)
		}
		return nil
	})
	if err != nil {
		return err
	}
	defer end()
	r.N = len(conf)
	r.add("right vs rest", AUROC(pos, neg))
	r.add("precision@30%", Precision(conf, right, 0.30))
	r.add("precision@50%", Precision(conf, right, 0.50))
	if o.Holes {
		r.add("answerable vs holes", AUROC(answerable, hole))
	}
	r.calibrate(conf, right)
	if o.Far == "" {
		return nil
	}
	off, err := Rows[struct{ Split, Text, Intent string }](o.Far)
	if err != nil {
		return err
	}
	var far []float64
	for _, x := range off {
		if x.Split != "test" {
			continue
		}
		found, err := base.Search(ctx, x.Text, 10, knowledge.Filter{})
		if err != nil {
			return err
		}
		if far = append(far, copilot.Confidence(found)); len(far) == 1000 {
			break
		}
	}
	r.add("far", AUROC(answerable, far))
	return nil
}

// Precision is the share that was right among the surest, so many of all.
func Precision(conf []float64, right []bool, share float64) float64 {
	order := make([]int, len(conf))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(conf[b], conf[a]) })
	n, ok := int(share*float64(len(order)))+1, 0
	for _, i := range order[:min(n, len(order))] {
		if right[i] {
			ok++
		}
	}
	return float64(ok) / float64(max(1, min(n, len(order))))
}
