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
const far = 250

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
		if r.Split != "train" || i%37 != 0 || n == far {
			continue
		}
		n++
		s, _, err := ask(r.Text, "")
		if err != nil {
			return nil, err
		}
		signs, right = append(signs, s), append(right, false)
	}
	weights := copilot.LearnWeights(signs, right)
	var pos, neg, p []float64
	var was []bool
	for _, h := range held {
		x := weights.Probability(h.signs)
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
