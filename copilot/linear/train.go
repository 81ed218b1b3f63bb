package linear

import (
	"math"
	"math/rand/v2"
)

// Options steer a training; the zero value is what measured best.
type Options struct {
	Epochs int     // rounds over the examples, default 12
	Rate   float64 // of AdaGrad, default 0.5
	Decay  float64 // L2, a step, default 1e-5
	Bias   float64 // OneVsRest's, of every class, and not learnt: what a text must overcome to be of one
	Seed   uint64  // of the order; the same seed gives the same weights, bit for bit
}

func (o Options) or() Options {
	if o.Epochs == 0 {
		o.Epochs = 12
	}
	if o.Rate == 0 {
		o.Rate = 0.5
	}
	if o.Decay == 0 {
		o.Decay = 1e-5
	}
	return o
}

// Every product is rounded by itself (float64(a*b)): some processors would fuse it into the sum and learn other weights.

// Sigmoid turns a logit into a probability.
func Sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Logit is Sigmoid's inverse, of a probability kept within 1e-6 of both ends.
func Logit(p float64) float64 {
	p = min(1-1e-6, max(1e-6, p))
	return math.Log(p / (1 - p))
}

// OneVsRest is a logistic regression for each of several classes: a text may be of none.
type OneVsRest struct {
	classes int
	weights []float32 // by feature, then class
	bias    []float64
}

// TrainOneVsRest learns classes 0 … classes-1; an example of class -1 is of none.
func TrainOneVsRest(size, classes int, xs []Vector, ys []int, o Options) *OneVsRest {
	o = o.or()
	m := &OneVsRest{classes: classes, weights: make([]float32, size*classes), bias: make([]float64, classes)}
	g := make([]float32, size*classes)
	p := make([]float64, classes)
	for c := range m.bias {
		m.bias[c] = o.Bias
	}
	type error struct {
		class int
		by    float64
	}
	var errors []error
	r := rand.New(rand.NewPCG(o.Seed, 2))
	rate, decay := float32(o.Rate), float32(o.Decay)
	for range o.Epochs {
		for _, i := range r.Perm(len(xs)) {
			m.scores(xs[i], p)
			errors = errors[:0]
			for c, s := range p {
				d := Sigmoid(s)
				if c == ys[i] {
					d--
				}
				if d > 2e-3 || d < -2e-3 { // the rest moves next to nothing
					errors = append(errors, error{c, d})
				}
			}
			for _, f := range xs[i] {
				at := int(f.Index) * classes
				w, gw := m.weights[at:at+classes], g[at:at+classes]
				for _, e := range errors {
					step := float32(e.by*f.Value) + float32(decay*w[e.class])
					gw[e.class] += float32(step * step)
					w[e.class] -= float32(rate*step) / (float32(math.Sqrt(float64(gw[e.class]))) + 1e-6)
				}
			}
		}
	}
	return m
}

func (m *OneVsRest) scores(x Vector, into []float64) {
	copy(into, m.bias)
	for _, f := range x {
		at := int(f.Index) * m.classes
		if at >= len(m.weights) {
			continue
		}
		for c, w := range m.weights[at : at+m.classes] {
			into[c] += float64(float64(w) * f.Value)
		}
	}
}

// Scores are the logits, one a class.
func (m *OneVsRest) Scores(x Vector) []float64 {
	out := make([]float64, m.classes)
	m.scores(x, out)
	return out
}
