package copilot

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/deskbell/deskbell/copilot/linear"
)

// Labelled is a text with the intent that it belongs to; OutOfScope when it belongs to none.
type Labelled struct{ Text, Intent string }

// OutOfScope marks texts that no intent is for.
const OutOfScope = "oos"

// Recogniser tells which intent a text has, and how probably it has that one rather than none. It joins a linear model, the
// nearest examples and how much of the text the examples know at all; what each of these is worth it learns by leaving
// intents out: what an intent left out says is out of scope for the rest.
type Recogniser struct {
	base   *recognition
	fusion fusion
}

// NewRecogniser learns from examples. tune, which may be empty, are further texts, some of them OutOfScope, that say what is in
// scope; without any the examples alone do. The same examples give the same recogniser.
func NewRecogniser(examples, tune []Labelled) *Recogniser {
	examples = slices.DeleteFunc(slices.Clone(examples), func(l Labelled) bool { return len(linear.Words(l.Text)) == 0 })
	r := &Recogniser{base: newRecognition(examples)}
	r.fusion = fuse(r.base, examples, tune)
	return r
}

// Intent is a recognised intent.
type Intent struct {
	Name       string
	Confidence float64 // that any intent is for the text, 0…1
}

// Recognise returns the likeliest intent; no name when there are none to choose from.
func (r *Recogniser) Recognise(text string) Intent {
	if len(r.base.names) == 0 {
		return Intent{}
	}
	name, signs := r.base.read(text)
	return Intent{Name: name, Confidence: r.fusion.probability(signs)}
}

// recognition is a recogniser without its fusion.
type recognition struct {
	names    []string // of the intents, sorted
	class    []int    // of each example; -1: out of scope
	vocab    map[string]uint32
	idf      []float64
	rare     float64 // idf of a feature that no example has
	vectors  []linear.Vector
	postings [][]posting // of a feature: the examples that have it, with its value there
	model    *linear.OneVsRest
}

func newRecognition(examples []Labelled) *recognition {
	r := &recognition{vocab: map[string]uint32{}}
	index := map[string]int{}
	for _, e := range examples {
		index[e.Intent] = 0
	}
	delete(index, OutOfScope)
	r.names = slices.Sorted(maps.Keys(index))
	for i, n := range r.names {
		index[n] = i
	}
	var df []float64
	n := float64(len(examples))
	texts := make([][]string, len(examples))
	outside := 0
	for i, e := range examples {
		c, in := index[e.Intent]
		if !in {
			c = -1
			outside++
		}
		r.class = append(r.class, c)
		texts[i] = linear.Words(e.Text)
		seen := map[uint32]bool{}
		for _, kind := range grams(texts[i]) {
			for _, g := range kind {
				id, ok := r.vocab[g]
				if !ok {
					id = uint32(len(df))
					r.vocab[g] = id
					df = append(df, 0)
				}
				if !seen[id] {
					seen[id] = true
					df[id]++
				}
			}
		}
	}
	r.rare = math.Log(1+n) + 1
	r.idf = make([]float64, len(df))
	for i, d := range df {
		r.idf[i] = math.Log((1+n)/(1+d)) + 1
	}
	r.postings = make([][]posting, len(df))
	for i := range examples {
		v := r.vector(texts[i])
		r.vectors = append(r.vectors, v)
		for _, f := range v {
			r.postings[f.Index] = append(r.postings[f.Index], posting{int32(i), f.Value})
		}
	}
	r.model = linear.TrainOneVsRest(len(df), len(r.names), r.vectors, r.class, training(len(examples), outside))
	return r
}

// training is what measured best: few examples are held back more, and without any text out of scope to learn from a text must
// overcome more to be of an intent.
func training(examples, outside int) linear.Options {
	o := linear.Options{Epochs: 8, Rate: 0.5, Decay: 1e-5, Bias: -8}
	if examples < 2000 {
		o.Epochs, o.Decay = 10, 1e-3
	}
	if outside >= 30 {
		o.Bias = -4
	}
	return o
}

// grams are the features of a text: word 1–2-grams and character 3–5-grams, marked by kind.
func grams(words []string) [2][]string {
	return [2][]string{linear.WordGrams(words, 2), mark(linear.CharGrams(words, 3, 5))}
}

func mark(grams []string) []string {
	for i, g := range grams {
		grams[i] = "\x00" + g
	}
	return grams
}

// vector is of unit length in each kind: sublinear term frequency by idf. What no example has counts
// in the length: a text that is largely unknown is near to nothing.
func (r *recognition) vector(words []string) linear.Vector {
	var all []linear.Feature
	for _, kind := range grams(words) {
		var part []linear.Feature
		var unknown float64
		for _, g := range kind {
			if id, ok := r.vocab[g]; ok {
				part = append(part, linear.Feature{Index: id, Value: 1})
			} else {
				unknown++
			}
		}
		v := linear.Collect(part)
		for i, f := range v {
			v[i].Value = (1 + math.Log(f.Value)) * r.idf[f.Index]
		}
		norm := math.Sqrt(max(v.Norm()*v.Norm()+unknown*r.rare*r.rare, 1e-12))
		for i := range v {
			v[i].Value /= norm * math.Sqrt2
		}
		all = append(all, v...)
	}
	return linear.Collect(all)
}

// nFeatures is how many signs speak for an intent: the linear model's logit, how near the nearest example is, whether both name the same
// intent, how near the ten nearest are, and the five nearest of the intent.
const nFeatures = 5

const (
	around = 10
	within = 5
)

// read returns the likeliest intent and the signs for it, each greater the more it speaks for it.
func (r *recognition) read(text string) (string, [nFeatures]float64) {
	v := r.vector(linear.Words(text))
	logits := r.model.Scores(v)
	best := 0
	for c := range logits {
		if logits[c] > logits[best] {
			best = c
		}
	}
	similar := make([]float64, len(r.vectors))
	for _, f := range v {
		for _, p := range r.postings[f.Index] {
			similar[p.example] += f.Value * p.value
		}
	}
	var all, own nearest
	for i, s := range similar {
		all.add(s, r.class[i], around)
		if r.class[i] == best {
			own.add(s, best, within)
		}
	}
	agree := 0.0
	if len(all) > 0 && all[0].class == best {
		agree = 1
	}
	return r.names[best], [nFeatures]float64{logits[best], all.at(0), agree, all.mean(around), own.mean(within)}
}

// nearest keeps the greatest similarities, the greatest first.
type nearest []struct {
	similarity float64
	class      int
}

func (n *nearest) add(similarity float64, class, most int) {
	if similarity <= 0 || len(*n) == most && similarity <= (*n)[most-1].similarity {
		return
	}
	i := len(*n)
	for i > 0 && (*n)[i-1].similarity < similarity {
		i--
	}
	*n = slices.Insert(*n, i, struct {
		similarity float64
		class      int
	}{similarity, class})
	*n = (*n)[:min(most, len(*n))]
}

func (n nearest) at(i int) float64 {
	if i < len(n) {
		return n[i].similarity
	}
	return 0
}

// mean is over most, those that are missing counting 0.
func (n nearest) mean(most int) float64 {
	var sum float64
	for _, x := range n {
		sum += x.similarity
	}
	return sum / float64(most)
}

type posting struct {
	example int32
	value   float64
}

// fusion turns signs into a probability.
type fusion struct {
	mean, scale, weights [nFeatures]float64
	bias                 float64
}

// priorFusion is for too few examples to learn from: rounded from what larger sets learn.
var priorFusion = fusion{mean: [nFeatures]float64{-4, 0.35, 0.7, 0.15, 0.15}, scale: [nFeatures]float64{3, 0.2, 0.45, 0.1, 0.1}, weights: [nFeatures]float64{1, 0.3, 0.2, 0.3, 0.5}}

func (f fusion) probability(signs [nFeatures]float64) float64 {
	s := f.bias
	for i, x := range signs {
		s += float64(f.weights[i] * (x - f.mean[i]) / f.scale[i])
	}
	return linear.Sigmoid(s)
}

// evidence is one text's signs, with whether any intent is for it.
type evidence struct {
	signs   [nFeatures]float64
	inScope bool
}

// rounds is how often intents are left out.
const rounds = 5

// usuallyOutside is the share of messages taken to be out of scope where no texts say it.
const usuallyOutside = 0.25

// fuse learns what the signs are worth: from tune, when it has enough texts that are out of scope, else by leaving intents out. Each
// round then leaves a fifth of the intents out, and a fifth of the others' examples.
func fuse(base *recognition, examples, tune []Labelled) fusion {
	n := len(base.names)
	if n == 0 {
		return fusion{}
	}
	var all []evidence
	outside := 0
	for _, e := range tune {
		_, signs := base.read(e.Text)
		all = append(all, evidence{signs, e.Intent != OutOfScope})
		if e.Intent == OutOfScope {
			outside++
		}
	}
	if outside >= 50 || n < 4 {
		return learnFusion(all)
	}
	r := rand.New(rand.NewPCG(1, uint64(n))) // the same examples, the same recogniser
	order, lot := r.Perm(n), r.Perm(len(examples))
	for round := range min(rounds, n) {
		out := map[string]bool{}
		for i, c := range order {
			if i%min(rounds, n) == round {
				out[base.names[c]] = true
			}
		}
		var in, held []Labelled
		for i, e := range examples {
			switch {
			case out[e.Intent]:
				held = append(held, Labelled{e.Text, OutOfScope})
			case lot[i]%rounds == round:
				held = append(held, e)
			default:
				in = append(in, e)
			}
		}
		m := newRecognition(in)
		for _, e := range held {
			if len(m.names) > 0 {
				_, signs := m.read(e.Text)
				all = append(all, evidence{signs, e.Intent != OutOfScope})
			}
		}
	}
	f := learnFusion(all)
	in := 0
	for _, e := range all {
		if e.inScope {
			in++
		}
	}
	if out := len(all) - in; in > 0 && out > 0 { // leaving out makes its own share of texts out of scope: take the usual one for it
		f.bias += math.Log((1-usuallyOutside)/usuallyOutside) - math.Log(float64(in)/float64(out))
	}
	return f
}

// learnFusion is a logistic regression whose weights are not negative: every sign speaks for an intent, none against it. A little
// evidence leaves them near where they start.
func learnFusion(all []evidence) fusion {
	f := priorFusion
	n := float64(len(all))
	if n < 20 {
		return f
	}
	for i := range f.scale {
		var sum, squares float64
		for _, e := range all {
			sum += e.signs[i]
			squares += float64(e.signs[i] * e.signs[i])
		}
		f.mean[i] = sum / n
		f.scale[i] = max(math.Sqrt(max(0, squares/n-float64(f.mean[i]*f.mean[i]))), 1e-6)
	}
	const pull, rate, start = 0.01, 0.5, 0.3
	for i := range f.weights {
		f.weights[i] = start
	}
	f.bias = 0
	for range 400 {
		var g [nFeatures]float64
		var gb float64
		for _, e := range all {
			d := f.probability(e.signs)
			if e.inScope {
				d--
			}
			for i, s := range e.signs {
				g[i] += float64(d * (s - f.mean[i]) / f.scale[i])
			}
			gb += d
		}
		for i, w := range f.weights {
			f.weights[i] = max(0, w-float64(rate*(g[i]/n+float64(pull*(w-start)))))
		}
		f.bias -= float64(rate * gb / n)
	}
	return f
}
