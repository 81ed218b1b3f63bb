package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

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

// query is a question with what the search found, and which of it is right.
type query struct {
	set    string // the knowledge base it was asked of; those of one organisation teach and are held out together
	text   string
	found  []knowledge.Passage
	right  map[string]bool // the keys of the right articles; none: it is not answered
	far    bool            // it is about nothing that the base is about
	weight float64
}

// top is whether the first passage is right.
func (q query) top() bool { return len(q.found) > 0 && q.right[q.found[0].Key] }

// ranked is the query with its passages in the order of other weights.
func (q query) ranked(w rankWeights) query {
	q.found = slices.Clone(q.found)
	for i := range q.found {
		q.found[i].Score = 0
		for j, x := range q.found[i].Signs {
			q.found[i].Score += float64(w[j] * x)
		}
	}
	slices.SortStableFunc(q.found, func(a, b knowledge.Passage) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Section, b.Section))
	})
	return q
}

type rankWeights = [knowledge.Signs]float64

// learnRank fits the ranking's weights: the right passages of a question are to have the greatest share of all (a softmax over its passages).
func learnRank(queries []query) rankWeights {
	const rounds, rate, ridge = 600, 0.3, 2e-3
	var w, speed rankWeights
	var n float64
	var use []query
	for _, q := range queries {
		if slices.ContainsFunc(q.found, func(p knowledge.Passage) bool { return q.right[p.Key] }) {
			q.found = slices.Clone(q.found)
			for i := range q.found {
				for j, x := range q.found[i].Signs {
					q.found[i].Signs[j] = math.Round(x*1e6) / 1e6
				}
			}
			slices.SortFunc(q.found, func(a, b knowledge.Passage) int { return cmp.Compare(a.Key, b.Key) })
			use = append(use, q)
			n += q.weight
		}
	}
	for range rounds {
		var g rankWeights
		for _, q := range use {
			scores := make([]float64, len(q.found))
			most := math.Inf(-1)
			for i := range q.found {
				for j, x := range q.found[i].Signs {
					scores[i] += float64(w[j] * x)
				}
				most = max(most, scores[i])
			}
			var all, right float64
			for i, s := range scores {
				scores[i] = math.Exp(s - most)
				all += scores[i]
				if q.right[q.found[i].Key] {
					right += scores[i]
				}
			}
			for i, s := range scores {
				d := s / all
				if q.right[q.found[i].Key] {
					d -= s / max(right, 1e-12)
				}
				for j, x := range q.found[i].Signs {
					g[j] += float64(q.weight * d * x)
				}
			}
		}
		for j := range w {
			speed[j] = float64(0.9*speed[j]) - float64(rate*(g[j]/n+float64(ridge*w[j])))
			w[j] += speed[j]
		}
	}
	for j := range w {
		w[j] = math.Round(w[j]*1e4) / 1e4
	}
	w[0] = 0
	return w
}

// wordsAlone is a query as a server without pgvector answers it.
func (q query) wordsAlone() query {
	q.found = slices.Clone(q.found)
	for i := range q.found {
		q.found[i].Similarity, q.found[i].Naming, q.found[i].Signs[11], q.found[i].Signs[12] = 0, 0, 0, 0
	}
	return q
}

// farRather is how much worse it is to answer what the base is not about than to leave out what it is about.
const farRather = 4

// learnAnswer fits the confidence to queries that are ranked.
func learnAnswer(queries []query) copilot.AnswerModel {
	var signs, about [][copilot.AnswerFeatures]float64
	var right, near []bool
	var weigh, aboutWeigh []float64
	for _, q := range queries {
		s := copilot.Features(q.found)
		if !q.far {
			signs, right, weigh = append(signs, s), append(right, q.top()), append(weigh, q.weight)
		}
		if q.far || len(q.right) > 0 { // another question of the same field is neither
			w := q.weight
			if q.far {
				w *= farRather
			}
			about, near, aboutWeigh = append(about, s), append(near, !q.far), append(aboutWeigh, w)
		}
	}
	return copilot.AnswerModel{Right: copilot.LearnWeights(signs, right, weigh), Near: copilot.LearnWeights(about, near, aboutWeigh)}
}

// suggestRather is how much worse it is not to suggest the right passage than to suggest a wrong one.
const suggestRather = 0.62

// learnThree fits how probable it is that one of the first three passages is right.
func learnThree(queries []query) copilot.Weights {
	var signs [][copilot.AnswerFeatures]float64
	var right []bool
	var weigh []float64
	for _, q := range queries {
		in3, w := q.inThree(), q.weight
		switch {
		case in3:
			w *= suggestRather
		case q.far:
			w *= farRather
		}
		signs, weigh, right = append(signs, copilot.Features(q.found)), append(weigh, w), append(right, in3)
	}
	return copilot.LearnWeights(signs, right, weigh)
}

// inThree is whether one of the first three passages is right.
func (q query) inThree() bool {
	return slices.ContainsFunc(q.found[:min(3, len(q.found))], func(p knowledge.Passage) bool { return q.right[p.Key] })
}

// queries asks everything of everything: organisations, help articles, and help articles in small bases.
func queries(data string) (learn, held []query, err error) {
	ctx := context.Background()
	db, drop, err := pg.Scratch(ctx, pg.Options{Logger: slog.New(slog.DiscardHandler)}, postgres.Migrations())
	if err != nil {
		return nil, nil, err
	}
	defer drop()
	base := knowledge.NewBase(postgres.New(db.Pool, postgres.Options{SmallBelow: -1}), knowledge.NewHashed(384), nil)
	for _, dir := range organisations(data) {
		q, err := organisation(ctx, base, dir)
		if err != nil {
			return nil, nil, err
		}
		learn = append(learn, q...)
	}
	help, held, err := helpPages(ctx, base, data)
	return append(learn, help...), held, err
}

// organisations are the directories of invented organisations: those of the data, and our own.
func organisations(data string) []string {
	a, _ := filepath.Glob(filepath.Join(data, "shops", "*", "articles.jsonl"))
	b, _ := filepath.Glob(filepath.Join("cmd", "train", "organisations", "*", "articles.jsonl"))
	var out []string
	for _, f := range slices.Concat(a, b) {
		out = append(out, filepath.Dir(f))
	}
	return out
}

type orgArticle struct{ ID, Title, Heading, Body, Language string }

type orgQuestion struct {
	ID, Text, Kind, Language string
	Gold                     []string
}

func organisation(ctx context.Context, base *knowledge.Base, dir string) (out []query, err error) {
	rows, err := eval.Rows[orgArticle](filepath.Join(dir, "articles.jsonl"))
	if err != nil {
		return nil, err
	}
	var articles []knowledge.Article
	for _, a := range rows {
		heading := a.Heading
		if heading == a.Title {
			heading = ""
		}
		articles = append(articles, knowledge.Article{Key: a.ID, Title: a.Title, Audience: knowledge.ForAll, Language: a.Language, Sections: []knowledge.Section{{Heading: heading, Text: a.Body}}})
	}
	if _, err := base.Import(ctx, "organisation", articles, nil); err != nil {
		return nil, err
	}
	questions, err := eval.Rows[orgQuestion](filepath.Join(dir, "questions.jsonl"))
	if err != nil {
		return nil, err
	}
	for _, x := range questions {
		if x.Kind != "answerable" && x.Kind != "unanswerable_near" && x.Kind != "unanswerable_far" {
			continue
		}
		q := query{set: filepath.Base(dir), text: x.Text, right: map[string]bool{}, far: x.Kind == "unanswerable_far", weight: organisationWeight}
		if plain[q.set] {
			q.weight *= plainRather
		}
		for _, g := range x.Gold {
			q.right[g] = true
		}
		if q.found, err = base.Search(ctx, x.Text, 40, knowledge.Filter{}); err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	_, err = base.Remove(ctx, "organisation", "")
	return out, err
}

// helpWeight is what a question to help pages counts, and organisationWeight one to an invented organisation: they are few, and most like what is asked.
const (
	helpWeight         = 0.5
	organisationWeight = 2
)

// plain are the organisations that are asked as most are, in a hurry; of the others many a question was written to have no word of its article, or nearly
// all of an article that does not answer it. They count plainRather times as much: at even weight what they are asked is held back more often than it is wrong.
var plain = map[string]bool{"bikes": true, "zahnarzt": true, "invoicing": true, "fontaneria": true, "teatro": true, "guarderia": true, "kennel": true, "makerspace": true}

const plainRather = 2

// far is how many of CLINC150's questions, which no help article answers, teach what is far off.
const far = 1000

// helpPages: FeedbackQA's train questions (Apache-2.0) on its articles without the holes, and questions of CLINC150's train rows (CC BY 3.0);
// then the same on knowledge bases of a few articles, which are what most installations have.
func helpPages(ctx context.Context, base *knowledge.Base, data string) (learn, held []query, err error) {
	rows, err := read[helpArticle](data, "kb_feedbackqa_au_articles")
	if err != nil {
		return nil, nil, err
	}
	var articles []knowledge.Article
	for _, a := range rows {
		if !a.Hole {
			articles = append(articles, knowledge.Article{Key: strconv.Itoa(a.ID), Title: a.Title, URL: a.URL, Audience: knowledge.ForAll, Sections: []knowledge.Section{{Heading: a.Heading, Text: a.Body}}})
		}
	}
	if _, err := base.Import(ctx, "articles", articles, nil); err != nil {
		return nil, nil, err
	}
	questions, err := read[helpQuestion](data, "kb_feedbackqa_au_queries")
	if err != nil {
		return nil, nil, err
	}
	off, err := read[labelled](data, "oos_clinc150")
	if err != nil {
		return nil, nil, err
	}
	ask := func(set, text, gold string, far bool) (query, error) {
		found, err := base.Search(ctx, text, 40, knowledge.Filter{})
		q := query{set: set, text: text, found: found, right: map[string]bool{}, far: far, weight: helpWeight}
		if gold != "" {
			q.right[gold] = true
		}
		return q, err
	}
	for _, x := range questions {
		gold := strconv.Itoa(x.Gold)
		if x.GoldIsHole {
			gold = ""
		}
		q, err := ask("help", x.Q, gold, false)
		if err != nil {
			return nil, nil, err
		}
		switch x.Split {
		case "train":
			learn = append(learn, q)
		case "valid":
			held = append(held, q)
		}
	}
	n := 0
	for i, r := range off {
		if r.Split != "train" || i%14 != 0 || n == far {
			continue
		}
		n++
		q, err := ask("help", r.Text, "", true)
		if err != nil {
			return nil, nil, err
		}
		learn = append(learn, q)
	}
	if _, err := base.Remove(ctx, "articles", ""); err != nil {
		return nil, nil, err
	}
	for round, size := range []int{5, 5, 10, 10, 10, 18, 18, 18, 30, 30, 80} {
		in := map[string]bool{}
		var few []knowledge.Article
		for i := range size {
			a := articles[(round*97+i*31)%len(articles)]
			if !in[a.Key] {
				in[a.Key] = true
				if round%3 == 1 { // many a help page has no headings, and a title that says little
					a.Sections = []knowledge.Section{{Text: a.Sections[0].Text}}
				}
				few = append(few, a)
			}
		}
		if _, err := base.Import(ctx, "few", few, nil); err != nil {
			return nil, nil, err
		}
		others := 0
		for i, x := range questions {
			gold := strconv.Itoa(x.Gold)
			if x.Split != "train" || !in[gold] && ((i+round)%40 != 0 || others >= size) {
				continue
			}
			if !in[gold] {
				others++
				gold = ""
			}
			q, err := ask("few", x.Q, gold, false)
			if err != nil {
				return nil, nil, err
			}
			learn = append(learn, q)
		}
		for i, r := range off {
			if r.Split != "train" || (i+round)%300 != 0 {
				continue
			}
			q, err := ask("few", r.Text, "", true)
			if err != nil {
				return nil, nil, err
			}
			learn = append(learn, q)
		}
	}
	_, err = base.Remove(ctx, "few", "")
	return learn, held, err
}

// trained is a ranking with its confidence.
type trained struct {
	rank  rankWeights
	model copilot.AnswerModels
}

func learnBoth(all []query) trained {
	t := trained{rank: learnRank(all)}
	both, words := make([]query, len(all)), make([]query, len(all))
	for i, q := range all {
		both[i], words[i] = q.ranked(t.rank), q.wordsAlone().ranked(t.rank)
	}
	t.model = copilot.AnswerModels{Both: learnAnswer(both), Words: learnAnswer(words), Three: learnThree(both)}
	return t
}

// figures say how well what was learnt does on queries; they are what was said of each, and whether it was right.
func (t trained) figures(w io.Writer, name string, queries []query) (p []float64, was []bool) {
	var pos, neg []float64
	first, three, answerable, answered, wrong, suggested, needless, rest := 0, 0, 0, 0, 0, 0, 0, 0
	var at [3][2]int  // right and wrong at other thresholds
	var ask [4][2]int // suggested rightly and needlessly, from which likelihood on
	for _, q := range queries {
		q = q.ranked(t.rank)
		c := t.model.Both.Probability(copilot.Features(q.found))
		p, was = append(p, c), append(was, q.top())
		if q.top() {
			pos = append(pos, c)
		} else {
			neg = append(neg, c)
		}
		in3, likely := q.inThree(), t.model.Three.Probability(copilot.Features(q.found))
		if len(q.right) > 0 {
			answerable++
			if q.top() {
				first++
			}
			if in3 {
				three++
			}
		} else {
			rest++
		}
		for i, t := range []float64{0.5, 0.6, 0.7} {
			if c >= t && q.top() {
				at[i][0]++
			} else if c >= t {
				at[i][1]++
			}
		}
		for i, t := range []float64{0.2, 0.3, 0.4, 0.5} {
			if c < offerBelow && likely >= t {
				switch {
				case len(q.right) == 0:
					ask[i][1]++
				case in3:
					ask[i][0]++
				}
			}
		}
		switch {
		case c >= offerBelow && q.top():
			answered++
		case c >= offerBelow:
			wrong++
		case likely >= suggestAbove && len(q.right) == 0:
			needless++
		case likely >= suggestAbove && in3:
			suggested++
		}
		if verbose && name != "help, held" && (c >= offerBelow) != q.top() {
			_, _ = fmt.Fprintf(w, "      %.2f %v %q -> %s want %v\n", c, q.top(), q.text, q.found[0].Key, slices.Sorted(maps.Keys(q.right)))
		}
	}
	c := eval.Calibrate(p, was)
	n := float64(max(1, answerable))
	_, _ = fmt.Fprintf(w, "  %-12s recall@1 %.3f @3 %.3f; answered %.3f, wrong %.3f of all; suggested %.3f, needless %.3f; AUROC %.3f ECE %.3f; at 0.5, 0.6, 0.7 right and wrong %v; suggested and needless from 0.2, 0.3, 0.4, 0.5 %v; mean %.2f of %.2f\n", name, float64(first)/n, float64(three)/n,
		float64(answered)/n, float64(wrong)/float64(len(queries)), float64(suggested)/n, float64(needless)/float64(max(1, rest)), eval.AUROC(pos, neg), c.ECE, at, ask, mean(p), float64(len(pos))/float64(max(1, len(p))))
	return p, was
}

func mean(values []float64) (sum float64) {
	for _, v := range values {
		sum += v / float64(len(values))
	}
	return sum
}

// trials are what a model said of queries that it was not learnt from, and what was right.
type trials struct {
	set            []string
	p, size, weigh []float64
	right          []bool
}

func (x *trials) add(t trained, m copilot.AnswerModel, queries []query, wordsAlone bool) {
	m.Map = copilot.Map{}
	for _, q := range queries {
		if wordsAlone {
			q = q.wordsAlone()
		}
		q = q.ranked(t.rank)
		signs := copilot.Features(q.found)
		x.set, x.p, x.size, x.right, x.weigh = append(x.set, q.set), append(x.p, m.Probability(signs)), append(x.size, math.Log1p(float64(q.found[0].Of))/6), append(x.right, q.top()), append(x.weigh, q.weight)
	}
}

// fit maps what was said to what was right, without one set.
func (x *trials) fit(without string) copilot.Map {
	var y trials
	for i, set := range x.set {
		if set != without {
			y.p, y.size, y.right, y.weigh = append(y.p, x.p[i]), append(y.size, x.size[i]), append(y.right, x.right[i]), append(y.weigh, x.weigh[i])
		}
	}
	return copilot.LearnMap(y.p, y.size, y.right, y.weigh)
}

// The product's defaults: policy.offer_below and policy.suggest_above.
const (
	offerBelow   = 0.65
	suggestAbove = 0.20
)

var verbose = os.Getenv("VERBOSE") != ""

// answer learns how the search ranks (knowledge/rank.json) and how far its first passage is to be trusted. The figures of each organisation are
// of what was learnt without it.
func answer(data string, w io.Writer) ([]byte, error) {
	learn, held, err := queries(data)
	if err != nil {
		return nil, err
	}
	sets := map[string][]query{}
	for _, q := range learn {
		sets[q.set] = append(sets[q.set], q)
	}
	var together []query
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(sets)), func(name string) bool { return name == "help" })
	without := make([]trained, len(names))
	var folds errgroup.Group
	folds.SetLimit(runtime.NumCPU())
	for i, name := range names {
		folds.Go(func() error {
			without[i] = learnBoth(slices.DeleteFunc(slices.Clone(learn), func(q query) bool { return q.set == name }))
			return nil
		})
	}
	t := learnBoth(learn)
	_ = folds.Wait()
	var both, words trials // what was said of queries that nothing was learnt from
	for i, name := range names {
		both.add(without[i], without[i].model.Both, sets[name], false)
		words.add(without[i], without[i].model.Words, sets[name], true)
	}
	var said []float64 // of all organisations, each left out
	var right []bool
	both.add(t, t.model.Both, held, false)
	words.add(t, t.model.Words, held, true)
	for i, name := range names {
		if name == "few" {
			continue
		}
		without[i].model.Both.Map = both.fit(name)
		p, was := without[i].figures(w, name, sets[name])
		said, right = append(said, p...), append(right, was...)
		together = append(together, sets[name]...)
	}
	t.model.Both.Map, t.model.Words.Map = both.fit(""), words.fit("")
	if len(together) > 0 {
		_, _ = fmt.Fprintf(w, "  (all, each left out) ECE %.3f over %d questions\n", eval.Calibrate(said, right).ECE, len(said))
		t.figures(w, "(all, seen)", together)
	}
	t.figures(w, "help, held", held)
	_, _ = fmt.Fprintf(w, "  maps: %+v, words alone %+v\n", t.model.Both.Map, t.model.Words.Map)
	b, err := json.Marshal(t.rank)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile("knowledge/rank.json", append(b, '\n'), 0o600); err != nil {
		return nil, err
	}
	b, err = json.Marshal(t.model)
	return append(b, '\n'), err
}
