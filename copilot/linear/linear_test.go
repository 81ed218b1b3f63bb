package linear_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/deskbell/deskbell/copilot/linear"
)

func examples() []linear.Example {
	var out []linear.Example
	for i := range 60 {
		text, label := fmt.Sprintf("please track parcel %d", i%7), 0.0
		if i%3 == 0 {
			text, label = fmt.Sprintf("this is a terrible mess %d", i%5), 1
		}
		words := linear.Words(text)
		out = append(out, linear.Example{Text: linear.Text{linear.WordGrams(words, 2), linear.CharGrams(words, 3, 4)}, Label: label, Weight: 1})
	}
	return out
}

func score(m *linear.Model, text string) float64 {
	words := linear.Words(text)
	return m.Score(linear.Text{linear.WordGrams(words, 2), linear.CharGrams(words, 3, 4)})
}

func TestTheSameExamplesGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	a, b := linear.Train(12, 1e-4, examples()), linear.Train(12, 1e-4, examples())
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Fatal("two trainings differ")
	}
	loaded, err := linear.Load(a.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"a terible mess", "track my parcel", ""} {
		if score(a, text) != score(loaded, text) {
			t.Error("a loaded model says something else", text)
		}
	}
	if score(a, "what a terible mess") < 0 || score(a, "track the parcels") > 0 {
		t.Error(score(a, "what a terible mess"), score(a, "track the parcels"))
	}
}

func TestABrokenFileIsNoModel(t *testing.T) {
	t.Parallel()
	good := linear.Train(8, 1e-4, examples()).Bytes()
	for _, b := range [][]byte{nil, good[:len(good)-1], append(bytes.Clone(good), 0), append([]byte("XXXX"), good[4:]...), append([]byte("DBL1"), bytes.Repeat([]byte{255}, 40)...)} {
		if _, err := linear.Load(b); err == nil {
			t.Errorf("%d bytes were taken", len(b))
		}
	}
}

func TestATextOfNoClassScoresLowInAll(t *testing.T) {
	t.Parallel()
	v := func(i uint32) linear.Vector { return linear.Vector{{Index: i, Value: 1}} }
	var xs []linear.Vector
	var ys []int
	for range 30 {
		xs, ys = append(xs, v(0), v(1), v(2)), append(ys, 0, 1, -1)
	}
	m := linear.TrainOneVsRest(4, 2, xs, ys, linear.Options{Bias: -2})
	if s := m.Scores(v(0)); s[0] < 0 || s[1] > 0 {
		t.Error(s)
	}
	for _, i := range []uint32{2, 3} {
		if s := m.Scores(v(i)); s[0] > 0 || s[1] > 0 {
			t.Error(i, s)
		}
	}
}

func TestProbabilitiesTurnBack(t *testing.T) {
	t.Parallel()
	for _, p := range []float64{0.01, 0.5, 0.99} {
		if got := linear.Sigmoid(linear.Logit(p)); math.Abs(got-p) > 1e-9 {
			t.Error(p, got)
		}
	}
}
