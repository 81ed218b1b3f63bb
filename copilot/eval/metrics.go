// Package eval measures advice against labelled data.
package eval

import (
	"math"
	"slices"
)

// AUROC is the probability that a positive scores above a negative, ties counting half. NaN without both.
func AUROC(positive, negative []float64) float64 {
	type scored struct {
		at  float64
		pos bool
	}
	all := make([]scored, 0, len(positive)+len(negative))
	for _, s := range positive {
		all = append(all, scored{s, true})
	}
	for _, s := range negative {
		all = append(all, scored{s, false})
	}
	slices.SortFunc(all, func(a, b scored) int { return compare(a.at, b.at) })
	var ranks float64
	for i := 0; i < len(all); {
		j, n := i, 0
		for ; j < len(all) && all[j].at == all[i].at; j++ {
			if all[j].pos {
				n++
			}
		}
		ranks += float64(n) * float64(i+1+j) / 2
		i = j
	}
	p, n := float64(len(positive)), float64(len(negative))
	return (ranks - p*(p+1)/2) / (p * n)
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Quantile interpolates linearly between the nearest ranks; p is 0…1.
func Quantile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(values))
	k := float64(len(v)-1) * p
	f := int(k)
	return v[f] + (v[min(f+1, len(v)-1)]-v[f])*(k-float64(f))
}

// Above is the share of values above a threshold.
func Above(values []float64, threshold float64) float64 {
	n := 0
	for _, v := range values {
		if v > threshold {
			n++
		}
	}
	return float64(n) / float64(max(1, len(values)))
}

// Bin is one bar of a reliability diagram.
type Bin struct {
	Confidence float64 `json:"confidence"` // mean, 0…1
	Accuracy   float64 `json:"accuracy"`   // share that was right, 0…1
	N          int     `json:"n"`
}

// Calibration says how far stated probabilities are from what came true.
type Calibration struct {
	Brier float64 `json:"brier"` // mean squared error, 0 (best) … 1
	ECE   float64 `json:"ece"`   // expected calibration error over ten bins of equal width, 0 (best) … 1
	Bins  []Bin   `json:"bins"`
}

// Calibrate compares probabilities with outcomes.
func Calibrate(p []float64, right []bool) Calibration {
	var c Calibration
	bins := make([]Bin, 10)
	for i, x := range p {
		y := 0.0
		if right[i] {
			y = 1
		}
		c.Brier += (x - y) * (x - y) / float64(len(p))
		b := &bins[min(9, max(0, int(x*10)))]
		b.Confidence += x
		b.Accuracy += y
		b.N++
	}
	for _, b := range bins {
		if b.N > 0 {
			b.Confidence /= float64(b.N)
			b.Accuracy /= float64(b.N)
			c.ECE += math.Abs(b.Confidence-b.Accuracy) * float64(b.N) / float64(len(p))
			c.Bins = append(c.Bins, b)
		}
	}
	return c
}
