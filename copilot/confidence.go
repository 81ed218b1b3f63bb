package copilot

import (
	"encoding/json"
	"math"
	"slices"
	"sync"

	"github.com/deskbell/deskbell/copilot/linear"
	"github.com/deskbell/deskbell/knowledge"
)

// candidates is how many passages the confidence compares the first with.
const candidates = 10

// AnswerFeatures is how many signs speak for an answer being right.
const AnswerFeatures = 29

// Features are what the search says of its first passage, beside the others and the base: each of the same scale whatever the knowledge base.
func Features(found []knowledge.Passage) [AnswerFeatures]float64 {
	if len(found) == 0 {
		return [AnswerFeatures]float64{}
	}
	top := found[0]
	rest := found[1:min(len(found), candidates)]
	lead, share := 5.0, 1.0
	var bm25, similar, naming, telling float64 // the greatest among the others
	for _, p := range rest {
		bm25, similar, naming, telling = max(bm25, p.BM25), max(similar, p.Similarity), max(naming, p.Naming), max(telling, p.Signs[3])
		share += math.Exp(p.Score - top.Score)
	}
	if len(rest) > 0 {
		lead = min(5, top.Score-rest[0].Score)
	}
	share = 1 / share
	s := top.Signs
	single := 0.0
	if s[19] < 0.7 { // log 2
		single = 1
	}
	return [AnswerFeatures]float64{
		1, s[1], s[2], s[3], s[4], s[5], s[6], s[8], s[9], s[14], s[11], s[12], s[13], s[15], s[18], s[19],
		lead, share, s[3] - telling, s[11] - similar, s[12] - naming, (top.BM25 - bm25) / max(top.BM25, bm25, 1e-9), max(-2, min(3, top.Score/5)), math.Log1p(float64(top.Of)) / 6,
		lead * s[3], s[20], share * s[3], single, s[24],
	}
}

// Weights are a small logistic regression's, the constant first.
type Weights [AnswerFeatures]float64

// AnswerModel says how probable it is that the first passage is right, and that the question is anything the knowledge base is about: near
// misses and far-off questions show in different signs.
type AnswerModel struct {
	Right Weights `json:"right"`
	Near  Weights `json:"near"`
	Map   Map     `json:"map"` // from what the two say together to how often that was right in bases that they were not learnt from
}

// Map makes a probability out of a score that only ranks: a line through its log-odds (Platt scaling), which may lie higher or lower the larger the
// knowledge base is. The zero Map changes nothing.
type Map struct {
	Scale float64 `json:"scale"`
	Shift float64 `json:"shift"`
	Size  float64 `json:"size"` // for each unit of sizeSign
}

// sizeFeature is the sign that says how large the base is: the logarithm of its sections and one, through 6.
const sizeFeature = 23

// Of maps a probability of a base whose size sign is given.
func (m Map) Of(p, size float64) float64 {
	if m == (Map{}) {
		return p
	}
	return linear.Sigmoid(float64(m.Scale*logOdds(p)) + m.Shift + float64(m.Size*size))
}

func logOdds(p float64) float64 {
	p = min(1-1e-6, max(1e-6, p))
	return math.Log(p / (1 - p))
}

// LearnMap fits a Map to probabilities of answers that were right or not, each counting as much as it weighs; it stays near the one that changes nothing where
// they say little. Without sizes the base is one.
func LearnMap(p, sizes []float64, right []bool, weigh []float64) Map {
	const rounds, rate, ridge = 5000, 0.3, 2e-3
	m := Map{Scale: 1}
	var n float64
	for _, x := range weigh {
		n += x
	}
	var speed Map
	for range rounds {
		g := Map{Scale: ridge * (m.Scale - 1), Shift: ridge * m.Shift, Size: ridge * m.Size}
		for i, x := range p {
			size := 0.0
			if sizes != nil {
				size = sizes[i]
			}
			d := m.Of(x, size)
			if right[i] {
				d--
			}
			d *= weigh[i] / n
			g.Scale += float64(d * logOdds(x))
			g.Shift += d
			g.Size += float64(d * size)
		}
		speed = Map{Scale: 0.9*speed.Scale - rate*g.Scale*0.3, Shift: 0.9*speed.Shift - rate*g.Shift, Size: 0.9*speed.Size - rate*g.Size}
		m = Map{Scale: max(0.05, m.Scale+speed.Scale), Shift: m.Shift + speed.Shift, Size: m.Size + speed.Size}
	}
	round := func(x float64) float64 { return math.Round(x*1e5) / 1e5 }
	return Map{Scale: round(m.Scale), Shift: round(m.Shift), Size: round(m.Size)}
}

// AnswerModels are what ships: for both legs of the search together, and for words alone, as on a server without pgvector.
type AnswerModels struct {
	Both  AnswerModel `json:"both"`
	Words AnswerModel `json:"words"`
	Three Weights     `json:"three"` // that one of the first three is right
}

// three is the probability, 0…1, that one of the first three passages answers the question.
func (m AnswerModels) three(found []knowledge.Passage) float64 {
	return max(m.Three.Probability(Features(found)), Confidence(found))
}

// Probability is of the first passage answering the question, 0…1.
func (m AnswerModel) Probability(signs [AnswerFeatures]float64) float64 {
	return m.Map.Of(m.Right.Probability(signs)*m.Near.Probability(signs), signs[sizeFeature])
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
	if len(found) == 0 || found[0].Signs[1] == 0 && found[0].Coverage == 0 {
		return 0
	}
	own := Map{Scale: found[0].Scale, Shift: found[0].Shift}
	signs := Features(found)
	for _, p := range found {
		if p.Similarity != 0 || p.Naming != 0 {
			return own.Of(answerModels().Both.Probability(signs), 0)
		}
	}
	return own.Of(answerModels().Words.Probability(signs), 0)
}

// Probability is of what the weights were fitted to, 0…1.
func (w Weights) Probability(signs [AnswerFeatures]float64) float64 {
	var s float64
	for i, x := range signs {
		s += float64(w[i] * x)
	}
	return linear.Sigmoid(s)
}

// LearnWeights fits the weights to questions whose first passage was right or not, each counting as much as it weighs; by gradient descent, from
// nothing, so that the same questions give the same weights. The signs are rounded, and so are the weights: a database adds a sum's terms in any order, and
// the last digits tell.
func LearnWeights(signs [][AnswerFeatures]float64, right []bool, weigh []float64) Weights {
	signs = slices.Clone(signs)
	for i := range signs {
		for j, x := range signs[i] {
			signs[i][j] = math.Round(x*1e6) / 1e6
		}
	}
	const rounds, rate, ridge = 4000, 0.5, 1e-3
	var w, speed Weights
	var n float64
	for _, x := range weigh {
		n += x
	}
	for range rounds {
		var g Weights
		for i, x := range signs {
			d := w.Probability(x)
			if right[i] {
				d--
			}
			d *= weigh[i]
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
