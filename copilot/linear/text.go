package linear

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// Text is a text as a model sees it: the features of each kind (words, pieces of words, …).
type Text [][]string

// Model scores texts: a logistic regression over hashed features, eight bits a weight. Each kind of a text's features is weighed by how rare
// it was in training, and of unit length.
type Model struct {
	bits    int
	bias    float64
	scale   float64
	weights []int8
	idf     []uint8 // in sixteenths; 0: not seen twice in training, and left out
}

// vector is the text's features by bucket.
func (m *Model) vector(t Text) Vector {
	var all Vector
	for k, names := range t {
		found := buckets(k, names, m.bits)
		v := make(Vector, 0, len(found))
		for _, at := range found {
			if m.idf[at] > 0 {
				v = append(v, Feature{at, float64(m.idf[at]) / 16}) // there or not: how often says little in a short text
			}
		}
		norm := max(v.Norm(), 1e-12)
		for i := range v {
			v[i].Value /= norm
		}
		all = all.plus(v)
	}
	return all
}

// Score is the logit.
func (m *Model) Score(t Text) float64 {
	var s float64
	for _, f := range m.vector(t) {
		s += float64(float64(m.weights[f.Index]) * f.Value)
	}
	return m.bias + float64(s*m.scale)
}

// Example is a text with what it teaches.
type Example struct {
	Text   Text
	Label  float64 // 0…1
	Weight float64 // how often it counts
}

const (
	iterations = 150
	step       = 5
	momentum   = 0.9

	smoothing = 5 // of the log-count ratios
)

// Train learns a model of 2^bits features; ridge holds its weights down, and more of it forgets more. It is the mean of two logistic regressions with ridge penalty, one over the features as
// they are and one with each scaled by its log-count ratio between the labels, as in naive Bayes (Wang and Manning, 2012). The same
// examples give the same model, bit for bit, on any processor: every product is rounded by itself, so that none is fused into a sum.
func Train(bits int, ridge float64, examples []Example) *Model {
	size := 1 << bits
	m := &Model{bits: bits, idf: make([]uint8, size)}
	df := make([]float64, size)
	for _, e := range examples {
		seen := map[uint32]bool{}
		for k, names := range e.Text {
			for _, n := range names {
				if at := bucket(k, n, bits); !seen[at] {
					seen[at] = true
					df[at]++
				}
			}
		}
	}
	n := float64(len(examples))
	for i, d := range df {
		if d >= 2 {
			m.idf[i] = uint8(min(255, math.Round(16*(1+math.Log((1+n)/(1+d))))))
		}
	}
	xs := make([]Vector, len(examples))
	var total, positive float64
	with, without := make([]float64, size), make([]float64, size)
	for i, e := range examples {
		xs[i] = m.vector(e.Text)
		total += e.Weight
		positive += e.Label
		for _, f := range xs[i] {
			with[f.Index] += e.Label
			without[f.Index] += 1 - e.Label
		}
	}
	plain, ratio := make([]float64, size), make([]float64, size)
	for i := range ratio {
		plain[i] = 1
		p, q := positive/n, 1-positive/n
		ratio[i] = 0.1 + math.Abs(math.Log((with[i]+float64(smoothing*p))/(positive+smoothing))-math.Log((without[i]+float64(smoothing*q))/(n-positive+smoothing)))
	}
	sum := make([]float64, size)
	for _, scale := range [][]float64{plain, ratio} {
		w, bias := fit(size, ridge, xs, scale, examples, total)
		for i := range w {
			sum[i] += float64(0.5 * float64(w[i]*scale[i]))
		}
		m.bias += float64(0.5 * bias)
	}
	top := 0.0
	for _, w := range sum {
		top = max(top, math.Abs(w))
	}
	m.scale = max(top, 1e-12) / 127
	m.weights = make([]int8, size)
	for i, w := range sum {
		m.weights[i] = int8(math.RoundToEven(w / m.scale))
	}
	return m
}

// fit is gradient descent with momentum over all examples at once.
func fit(size int, ridge float64, xs []Vector, scale []float64, examples []Example, total float64) (w []float64, bias float64) {
	xs = slices.Clone(xs)
	for i, x := range xs {
		xs[i] = slices.Clone(x)
		for j, f := range x {
			xs[i][j].Value = float64(f.Value * scale[f.Index])
		}
	}
	w = make([]float64, size)
	speed, g := make([]float64, size), make([]float64, size)
	var biasSpeed float64
	for range iterations {
		clear(g)
		var gb float64
		for i, x := range xs {
			s := bias
			for _, f := range x {
				s += float64(w[f.Index] * f.Value)
			}
			d := (Sigmoid(s) - examples[i].Label) * examples[i].Weight / total
			gb += d
			for _, f := range x {
				g[f.Index] += float64(d * f.Value)
			}
		}
		for i := range w {
			speed[i] = float64(momentum*speed[i]) - float64(step*(g[i]+float64(ridge*w[i])))
			w[i] += speed[i]
		}
		biasSpeed = float64(momentum*biasSpeed) - float64(0.5*gb)
		bias += biasSpeed
	}
	return w, bias
}

// magic heads a model's file.
const magic = "DBL1"

// Bytes is the model as a file: magic, bits, bias, scale, weights, idf; little-endian.
func (m *Model) Bytes() []byte {
	b := append([]byte(magic), byte(m.bits))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(m.bias))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(m.scale))
	for _, w := range m.weights {
		b = append(b, byte(w))
	}
	return append(b, m.idf...)
}

const head = len(magic) + 1 + 8 + 8

// Load reads what Bytes wrote.
func Load(b []byte) (*Model, error) {
	if len(b) < head || string(b[:len(magic)]) != magic || b[len(magic)] > 24 || len(b) != head+2<<b[len(magic)] {
		return nil, errors.New("not a model's file")
	}
	m := &Model{bits: int(b[4]), bias: math.Float64frombits(binary.LittleEndian.Uint64(b[5:])), scale: math.Float64frombits(binary.LittleEndian.Uint64(b[13:]))}
	size := 1 << m.bits
	m.weights, m.idf = make([]int8, size), slices.Clone(b[head+size:])
	for i := range m.weights {
		m.weights[i] = int8(b[head+i])
	}
	return m, nil
}
