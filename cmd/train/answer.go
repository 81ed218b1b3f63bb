package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strconv"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/copilot/eval"
	"github.com/deskbell/deskbell/internal/pg"
	"github.com/deskbell/deskbell/knowledge"
	"github.com/deskbell/deskbell/knowledge/postgres"
)

type helpArticle struct {
	ID                        int
	Title, Heading, Body, URL string
	Hole                      bool
}

type helpQuestion struct {
	Split, Q   string
	Gold       int
	GoldIsHole bool `json:"gold_is_hole"`
}

// far is how many of CLINC150's questions, which no help article answers, teach what is far off.
const far = 1000

// answer: FeedbackQA's train questions (Apache-2.0) on its articles without the holes, and questions of CLINC150's train rows (CC BY 3.0).
func answer(data string, w io.Writer) ([]byte, error) {
	ctx := context.Background()
	db, drop, err := pg.Scratch(ctx, pg.Options{Logger: slog.New(slog.DiscardHandler)}, postgres.Migrations())
	if err != nil {
		return nil, err
	}
	defer drop()
	base := knowledge.NewBase(postgres.New(db.Pool, postgres.Options{}), knowledge.NewHashed(384), nil)
	rows, err := read[helpArticle](data, "kb_feedbackqa_au_articles")
	if err != nil {
		return nil, err
	}
	var articles []knowledge.Article
	for _, a := range rows {
		if !a.Hole {
			articles = append(articles, knowledge.Article{Key: strconv.Itoa(a.ID), Title: a.Title, URL: a.URL, Audience: knowledge.ForAll, Sections: []knowledge.Section{{Heading: a.Heading, Text: a.Body}}})
		}
	}
	if _, err := base.Import(ctx, "articles", articles, nil); err != nil {
		return nil, err
	}
	questions, err := read[helpQuestion](data, "kb_feedbackqa_au_queries")
	if err != nil {
		return nil, err
	}
	var signs [][copilot.AnswerSigns]float64
	var right []bool
	ask := func(q string, gold string) ([copilot.AnswerSigns]float64, bool, error) {
		found, err := base.Search(ctx, q, 10, knowledge.Filter{})
		return copilot.Signs(found), len(found) > 0 && found[0].Key == gold, err
	}
	var about [][copilot.AnswerSigns]float64
	var near []bool
	type asked struct {
		signs [copilot.AnswerSigns]float64
		right bool
	}
	var held []asked
	for _, q := range questions {
		s, ok, err := ask(q.Q, strconv.Itoa(q.Gold))
		if err != nil {
			return nil, err
		}
		switch q.Split {
		case "train":
			signs, right = append(signs, s), append(right, ok)
			about, near = append(about, s), append(near, true)
		case "valid":
			held = append(held, asked{s, ok})
		}
	}
	off, err := read[labelled](data, "oos_clinc150")
	if err != nil {
		return nil, err
	}
	n := 0
	for i, r := range off {
		if r.Split != "train" || i%14 != 0 || n == far {
			continue
		}
		n++
		s, _, err := ask(r.Text, "")
		if err != nil {
			return nil, err
		}
		about, near = append(about, s), append(near, false)
	}
	if err := small(ctx, base, articles, questions, off, func(s [copilot.AnswerSigns]float64, ok, here, far bool) {
		signs, right = append(signs, s), append(right, ok)
		if here || far { // another question of the same field is neither
			about, near = append(about, s), append(near, here)
		}
	}); err != nil {
		return nil, err
	}
	model := func(of func([copilot.AnswerSigns]float64) [copilot.AnswerSigns]float64) copilot.AnswerModel {
		a, b := make([][copilot.AnswerSigns]float64, len(signs)), make([][copilot.AnswerSigns]float64, len(about))
		for i, s := range signs {
			a[i] = of(s)
		}
		for i, s := range about {
			b[i] = of(s)
		}
		return copilot.AnswerModel{Right: copilot.LearnWeights(a, right), Near: copilot.LearnWeights(b, near)}
	}
	weights := copilot.AnswerModels{Both: model(func(s [copilot.AnswerSigns]float64) [copilot.AnswerSigns]float64 { return s }), Words: model(copilot.WithoutVectors)}
	var pos, neg, p []float64
	var was []bool
	for _, h := range held {
		x := weights.Both.Probability(h.signs)
		p, was = append(p, x), append(was, h.right)
		if h.right {
			pos = append(pos, x)
		} else {
			neg = append(neg, x)
		}
	}
	c := eval.Calibrate(p, was)
	_, _ = fmt.Fprintf(w, "  kb_feedbackqa_au valid, with holes (not trained on): right against the rest: AUROC %.3f, Brier %.3f, ECE %.3f\n", eval.AUROC(pos, neg), c.Brier, c.ECE)
	b, err := json.Marshal(weights)
	return append(b, '\n'), err
}

// small asks knowledge bases of a few articles as well: what a score is worth must not hang on how much there is.
func small(ctx context.Context, base *knowledge.Base, articles []knowledge.Article, questions []helpQuestion, off []labelled, learn func(signs [copilot.AnswerSigns]float64, right, here, far bool)) error {
	if _, err := base.Remove(ctx, "articles", ""); err != nil {
		return err
	}
	for round, size := range []int{3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 10, 10, 10, 30, 30, 80} {
		in := map[string]bool{}
		var few []knowledge.Article
		for i := range size {
			a := articles[(round*97+i*31)%len(articles)]
			if !in[a.Key] {
				in[a.Key] = true
				if round%2 == 1 { // many a help page has no headings, and a title that says little
					a.Sections = []knowledge.Section{{Text: a.Sections[0].Text}}
				}
				few = append(few, a)
			}
		}
		if _, err := base.Import(ctx, "few", few, nil); err != nil {
			return err
		}
		others := 0
		for i, q := range questions {
			gold := strconv.Itoa(q.Gold)
			if q.Split != "train" || !in[gold] && ((i+round)%40 != 0 || others >= 3*size) {
				continue
			}
			if !in[gold] {
				others++
			}
			found, err := base.Search(ctx, q.Q, 10, knowledge.Filter{})
			if err != nil {
				return err
			}
			if in[gold] {
				learn(copilot.Signs(found), len(found) > 0 && found[0].Key == gold, true, false)
			} else {
				learn(copilot.Signs(found), false, false, false)
			}
		}
		for i, r := range off {
			if r.Split != "train" || (i+round)%300 != 0 {
				continue
			}
			found, err := base.Search(ctx, r.Text, 10, knowledge.Filter{})
			if err != nil {
				return err
			}
			learn(copilot.Signs(found), false, false, true)
		}
	}
	return nil
}
