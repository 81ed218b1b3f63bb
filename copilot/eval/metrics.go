// Package eval measures advice against labelled data.
package eval

import (
	"fmt"
	"html"
	"math"
	"regexp"
	"slices"
	"strings"
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

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// Rouge are the mean ROUGE-1, -2 and -L F1 of a summary against references (Lin, 2004), without stemming.
func Rouge(summary string, references []string) (r1, r2, rl float64) {
	split := func(s string) []string { return strings.Fields(notWord.ReplaceAllString(strings.ToLower(s), " ")) }
	h := split(summary)
	for _, ref := range references {
		f := split(ref)
		n := float64(len(references))
		r1 += overlap(h, f, 1) / n
		r2 += overlap(h, f, 2) / n
		if l := longest(h, f); l > 0 {
			rl += 2 * float64(l) / float64(len(h)+len(f)) / n
		}
	}
	return r1, r2, rl
}

func overlap(a, b []string, n int) float64 {
	grams := func(w []string) (map[string]int, int) {
		m := map[string]int{}
		for i := 0; i+n <= len(w); i++ {
			m[strings.Join(w[i:i+n], " ")]++
		}
		return m, max(0, len(w)-n+1)
	}
	x, nx := grams(a)
	y, ny := grams(b)
	both := 0
	for g, c := range x {
		both += min(c, y[g])
	}
	if both == 0 {
		return 0
	}
	return 2 * float64(both) / float64(nx+ny)
}

// longest is the length of the longest common subsequence.
func longest(a, b []string) int {
	l := make([]int, len(b)+1)
	for _, x := range a {
		before := 0
		for j, y := range b {
			at := l[j+1]
			if x == y {
				l[j+1] = before + 1
			} else {
				l[j+1] = max(l[j], l[j+1])
			}
			before = at
		}
	}
	return l[len(b)]
}

// SVG draws the reliability diagram: what was said against what came true, each bin's dot as large as its share.
func (c Calibration) SVG(title string) string {
	const size, edge = 320.0, 48.0
	at := func(x, y float64) (float64, float64) { return edge + x*size, edge + (1-y)*size }
	total := 0
	for _, b := range c.Bins {
		total += b.N
	}
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" font-family="sans-serif" font-size="12"><rect width="100%%" height="100%%" fill="#fff"/>`, size+2*edge, size+2*edge)
	fmt.Fprintf(&s, `<text x="%.0f" y="20">%s</text><text x="%.0f" y="36">Brier %.3f, ECE %.3f, n %d</text>`, edge, html.EscapeString(title), edge, c.Brier, c.ECE, total)
	for i := 0; i <= 5; i++ {
		v := float64(i) / 5
		x, y := at(v, v)
		fmt.Fprintf(&s, `<path d="M%.1f %.1fV%.1fM%.1f %.1fH%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="middle">%.1f</text><text x="%.1f" y="%.1f" text-anchor="end">%.1f</text>`,
			x, edge, edge+size, edge, y, edge+size, x, edge+size+16, v, edge-6, y+4, v)
	}
	x0, y0 := at(0, 0)
	x1, y1 := at(1, 1)
	fmt.Fprintf(&s, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#888" stroke-dasharray="4"/><path fill="none" stroke="#2458c5" stroke-width="2" d="`, x0, y0, x1, y1)
	for i, b := range c.Bins {
		x, y := at(b.Confidence, b.Accuracy)
		fmt.Fprintf(&s, "%c%.1f %.1f", "ML"[min(1, i)], x, y)
	}
	s.WriteString(`"/>`)
	for _, b := range c.Bins {
		x, y := at(b.Confidence, b.Accuracy)
		fmt.Fprintf(&s, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="#2458c5" fill-opacity=".6"/>`, x, y, 3+14*math.Sqrt(float64(b.N)/float64(max(1, total))))
	}
	fmt.Fprintf(&s, `<text x="%.1f" y="%.1f" text-anchor="middle">stated confidence</text></svg>`, edge+size/2, edge+size+36)
	return s.String()
}
