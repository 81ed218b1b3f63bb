package copilot

import (
	"encoding/json"
	"math"
	"slices"
	"sync"

	"github.com/deskbell/deskbell/copilot/linear"
	"github.com/deskbell/deskbell/knowledge"
)

// looked is how many passages the confidence compares the first with.
const looked = 10

// AnswerSigns is how many signs speak for an answer being right.
const AnswerSigns = 14

// Signs are what the search says of its first passage, beside the others: each of the same scale whatever the knowledge base.
func Signs(found []knowledge.Passage) [AnswerSigns]float64 {
	if len(found) == 0 {
		return [AnswerSigns]float64{}
	}
	top := found[0]
	var score, bm25, similar, naming float64 // the greatest among the others
	score = math.Inf(-1)
	for _, p := range found[1:min(len(found), looked)] {
		score, bm25, similar, naming = max(score, p.Score), max(bm25, p.BM25), max(similar, p.Similarity), max(naming, p.Naming)
	}
	lead := 4.0
	if len(found) > 1 {
		lead = min(4, top.Score-score)
	}
	yes := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	return [AnswerSigns]float64{
		1, top.Coverage, top.Attain, top.Similarity, top.Naming, lead,
		(top.BM25 - bm25) / max(top.BM25, bm25, 1e-9), top.Similarity - similar, top.Naming - naming,
		yes(top.BM25 >= bm25), yes(top.Similarity >= similar), yes(top.Naming >= naming), math.Log1p(float64(top.Terms)), min(top.Score, 12) / 4,
	}
}

// Weights are a small logistic regression's, the constant first.
type Weights [AnswerSigns]float64

// AnswerModel says how probable it is that the first passage is right, and that the question is anything the knowledge base is about: near
// misses and far-off questions show in different signs.
type AnswerModel struct {
	Right Weights `json:"right"`
	Near  Weights `json:"near"`
}

// WithoutVectors are the signs that words alone give, as on a server without pgvector.
func WithoutVectors(signs [AnswerSigns]float64) [AnswerSigns]float64 {
	for _, i := range []int{3, 4, 7, 8, 10, 11} {
		signs[i] = 0
	}
	return signs
}

// AnswerModels are what ships: for both legs of the search together, and for words alone.
type AnswerModels struct {
	Both  AnswerModel `json:"both"`
	Words AnswerModel `json:"words"`
}

// Probability is of the first passage answering the question, 0…1.
func (m AnswerModel) Probability(signs [AnswerSigns]float64) float64 {
	return m.Right.Probability(signs) * m.Near.Probability(signs)
}

var answerModels = sync.OnceValue(func() (m AnswerModels) {
	b, err := weights.ReadFile("weights/answer.json")
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic(err) // it is embedded, and cmd/train wrote it
	}
	return m
})

// Confidence is the probability, 0…1, that the first passage answers the question.
func Confidence(found []knowledge.Passage) float64 {
	if len(found) == 0 || found[0].Coverage == 0 {
		return 0
	}
	signs := Signs(found)
	for _, p := range found {
		if p.Similarity != 0 || p.Naming != 0 {
			return answerModels().Both.Probability(signs)
		}
	}
	return answerModels().Words.Probability(WithoutVectors(signs))
}

// Probability is of what the weights were fitted to, 0…1.
func (w Weights) Probability(signs [AnswerSigns]float64) float64 {
	var s float64
	for i, x := range signs {
		s += float64(w[i] * x)
	}
	return linear.Sigmoid(s)
}

// LearnWeights fits the weights to questions whose first passage was right or not; by gradient descent, from nothing, so that the same
// questions give the same weights. The signs are rounded, and so are the weights: a database adds a sum's terms in any order, and the last
// digits tell.
func LearnWeights(signs [][AnswerSigns]float64, right []bool) Weights {
	signs = slices.Clone(signs)
	for i := range signs {
		for j, x := range signs[i] {
			signs[i][j] = math.Round(x*1e6) / 1e6
		}
	}
	const rounds, rate, ridge = 4000, 0.5, 1e-3
	var w, speed Weights
	n := float64(len(signs))
	for range rounds {
		var g Weights
		for i, x := range signs {
			d := w.Probability(x)
			if right[i] {
				d--
			}
			for j, v := range x {
				g[j] += float64(d * v)
			}
		}
		for j := range w {
			speed[j] = float64(0.9*speed[j]) - float64(rate*0.1*(g[j]/n+float64(ridge*w[j])))
			w[j] += speed[j]
		}
	}
	for j := range w {
		w[j] = math.Round(w[j]*1e6) / 1e6
	}
	return w
}
