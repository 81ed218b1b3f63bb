// Command train learns the weights that ship, from data whose licence allows it (NOTICE), and says how well each does on what it
// was not trained on. The same data gives the same files, bit for bit.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/copilot/eval"
	"github.com/deskbell/deskbell/copilot/linear"
)

func main() {
	data := flag.String("data", "", "the directory with the evaluation data")
	out := flag.String("out", "copilot/weights", "where the weights go")
	only := flag.String("only", "", "train one model: "+strings.Join(slices.Sorted(maps.Keys(models)), ", "))
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "Learn the weights that ship and write them.\n\n  go run ./cmd/train -data DIR\n  go run ./cmd/train -data DIR -only human")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *data == "" {
		flag.Usage()
		os.Exit(2)
	}
	for _, name := range slices.Sorted(maps.Keys(models)) {
		if *only != "" && *only != name {
			continue
		}
		b, err := models[name](*data, os.Stdout)
		if err == nil {
			to := filepath.Join(cmp.Or(elsewhere[name], *out), name)
			if elsewhere[name] == "" && filepath.Ext(name) == ".bin" {
				to += ".gz"
				b, err = linear.Pack(b)
			}
			if err == nil {
				err = os.WriteFile(to, b, 0o600)
			}
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "train %s: %v\n", name, err)
			os.Exit(1)
		}
		fmt.Printf("%s: %d bytes\n", name, len(b))
	}
}

// elsewhere are the weights that are not the copilot's.
var elsewhere = map[string]string{"languages.bin": "knowledge"}

// models are all that ship, each with how it is trained.
var models = map[string]func(data string, w io.Writer) ([]byte, error){
	"anger.bin":     anger,
	"answer.json":   answer,
	"human.bin":     human,
	"kinds.bin":     kinds,
	"languages.bin": language,
	"secret.bin":    secret,
	"turn.bin":      turn,
}

// read reads a file of the data, a JSON object a line.
func read[T any](data, file string) ([]T, error) {
	return eval.Rows[T](filepath.Join(data, file+".jsonl"))
}

type labelled struct {
	Split, Text, Intent string
	Human               *int
}

// human: Bitext's train rows (CDLA-Sharing), our own phrases, and CLINC150's train rows (CC BY 3.0) as what does not ask for a person.
func human(data string, w io.Writer) ([]byte, error) {
	var s []linear.Example
	bitext, err := read[labelled](data, "human_bitext")
	if err != nil {
		return nil, err
	}
	for _, r := range bitext {
		if r.Split == "train" && r.Human != nil {
			s = append(s, linear.Example{Text: copilot.HumanFeatures(r.Text), Label: float64(*r.Human), Weight: 1 + 3*float64(*r.Human)})
		}
	}
	clinc, err := read[labelled](data, "oos_clinc150")
	if err != nil {
		return nil, err
	}
	for _, r := range clinc {
		if r.Split == "train" {
			s = append(s, linear.Example{Text: copilot.HumanFeatures(r.Text), Label: 0, Weight: 1})
		}
	}
	for _, language := range slices.Sorted(maps.Keys(handoff)) {
		for y, templates := range [][]string{handoff[language].wantsNot, handoff[language].wants} {
			for _, t := range templates {
				texts := expand(t)
				for _, text := range texts {
					s = append(s, linear.Example{Text: copilot.HumanFeatures(text), Label: float64(y), Weight: min(1, 12/float64(len(texts)))})
				}
			}
		}
	}
	p := linear.Train(copilot.HumanBits, 1e-4, s)
	for file, split := range map[string]string{"human_bitext": "test", "human_rasa_finance": ""} {
		rows, err := read[labelled](data, file)
		if err != nil {
			return nil, err
		}
		var pos, neg []float64
		for _, r := range rows {
			if r.Split != split || r.Human == nil {
				continue
			}
			if x := p.Score(copilot.HumanFeatures(r.Text)); *r.Human == 1 {
				pos = append(pos, x)
			} else {
				neg = append(neg, x)
			}
		}
		_, _ = fmt.Fprintf(w, "  %s (not trained on): the model alone: AUROC %.3f, recall at 1 %% false alarms %.3f\n", file, eval.AUROC(pos, neg), eval.Above(pos, eval.Quantile(neg, 0.99)))
	}
	return p.Bytes(), nil
}

type emotional struct {
	Split, Text string
	Emotions    []string
}

func (e emotional) angry() float64 {
	for _, x := range e.Emotions {
		if x == "anger" || x == "annoyance" || x == "disappointment" {
			return 1
		}
	}
	return 0
}

// anger: GoEmotions' train rows (Apache-2.0), our own complaints beside calm lines, as a desk hears them, and the English messages of the corpus.
func anger(data string, w io.Writer) ([]byte, error) {
	rows, err := read[emotional](data, "frust_goemotions")
	if err != nil {
		return nil, err
	}
	var s []linear.Example
	for _, r := range rows {
		if r.Split == "train" {
			s = append(s, linear.Example{Text: copilot.AngerFeatures(r.Text), Label: r.angry(), Weight: 1 + 3*r.angry()})
		}
	}
	for _, language := range slices.Sorted(maps.Keys(complaints)) {
		for y, templates := range [][]string{complaints[language].calm, complaints[language].upset} {
			for _, t := range templates {
				texts := expand(t)
				for _, text := range texts {
					s = append(s, linear.Example{Text: copilot.AngerFeatures(text), Label: float64(y), Weight: min(2, 25/float64(len(texts)))})
				}
			}
		}
	}
	said, err := messages("messages", "complaints")
	if err != nil {
		return nil, err
	}
	for _, m := range said {
		label, weight, known := 0.0, 1.0, true
		switch m.is {
		case "calm":
			weight = 1.5
		case "complaint":
			label, weight = 1, 1.5
		case "angry":
			label, weight = 1, 0.5
		case "person", "correction": // they may be angry or not
			known = false
		}
		if m.language == "en" && known { // what is learnt of other languages made it worse in English
			s = append(s, linear.Example{Text: copilot.AngerFeatures(m.text), Label: label, Weight: weight})
		}
	}
	p := linear.Train(copilot.AngerBits, 5e-5, s)
	var pos, neg []float64
	for _, r := range rows {
		if r.Split != "dev" {
			continue
		}
		if x := p.Score(copilot.AngerFeatures(r.Text)); r.angry() == 1 {
			pos = append(pos, x)
		} else {
			neg = append(neg, x)
		}
	}
	airline, err := read[struct{ Text, Label string }](data, "frust_airline")
	if err == nil { // non-commercial: measured with, never learnt from
		var negative, other []float64
		for _, r := range airline {
			if x := p.Score(copilot.AngerFeatures(r.Text)); r.Label == "negative" {
				negative = append(negative, x)
			} else {
				other = append(other, x)
			}
		}
		_, _ = fmt.Fprintf(w, "  frust_airline, complaints against the rest (never trained on): AUROC %.3f\n", eval.AUROC(negative, other))
	}
	_, _ = fmt.Fprintf(w, "  frust_goemotions dev (not trained on): AUROC %.3f\n", eval.AUROC(pos, neg))
	return p.Bytes(), nil
}

type dialogue struct {
	Turns []struct {
		Role, Text string
		Sat        []float64
	}
}

// turns calls do with each rated turn of the customer.
func (d dialogue) turns(do func(customer, bot, before string, unhappy float64)) {
	bot, before := "", ""
	for _, t := range d.Turns {
		if t.Role != "user" {
			bot = t.Text
			continue
		}
		if len(t.Sat) > 0 {
			var sum float64
			for _, x := range t.Sat {
				sum += x
			}
			y := 0.0
			if sum/float64(len(t.Sat)) <= 2.5 {
				y = 1
			}
			do(t.Text, bot, before, y)
		}
		before = t.Text
	}
}

const folds = 5

// turn: the dialogues of user-satisfaction-simulation's SGD part (text CC BY-SA 4.0). It ships trained on all of them; the figure is of
// five folds, each scored by a model that has not seen its dialogues.
func turn(data string, w io.Writer) ([]byte, error) {
	all, err := read[dialogue](data, "frust_uss_sgd")
	if err != nil {
		return nil, err
	}
	learn := func(in func(i int) bool) *linear.Model {
		var s []linear.Example
		for i, d := range all {
			if in(i) {
				d.turns(func(customer, bot, before string, y float64) {
					s = append(s, linear.Example{Text: copilot.TurnFeatures(customer, bot, before), Label: y, Weight: 1 + 4*y})
				})
			}
		}
		return linear.Train(copilot.TurnBits, 1e-3, s)
	}
	var pos, neg []float64
	for fold := range folds {
		p := learn(func(i int) bool { return i%folds != fold })
		for i, d := range all {
			if i%folds != fold {
				continue
			}
			d.turns(func(customer, bot, before string, y float64) {
				if x := p.Score(copilot.TurnFeatures(customer, bot, before)); y == 1 {
					pos = append(pos, x)
				} else {
					neg = append(neg, x)
				}
			})
		}
	}
	_, _ = fmt.Fprintf(w, "  frust_uss_sgd (five folds, each not trained on): AUROC %.3f\n", eval.AUROC(pos, neg))
	return learn(func(int) bool { return true }).Bytes(), nil
}

type facts struct {
	Split string
	Turns [][]any
	Facts [][2]string
}

func (f facts) lines() []string {
	var out []string
	for _, t := range f.Turns {
		if text, ok := t[1].(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// credential is whether a word is one of the passwords' words.
func (f facts) credential(word string) float64 {
	for _, x := range f.Facts {
		if x[0] != "password" && x[0] != "ssn" {
			continue
		}
		if slices.Contains(strings.Fields(x[1]), word) {
			return 1
		}
	}
	return 0
}

// secret: MultiDoGO's annotated conversations (CDLA-Permissive). It ships trained on all of them; the figure is of the test rows, by a
// model that has seen the dev rows alone.
func secret(data string, w io.Writer) ([]byte, error) {
	rows, err := read[facts](data, "facts_multidogo_software")
	if err != nil {
		return nil, err
	}
	var s []linear.Example
	each := func(split string, do func(x linear.Text, y float64)) {
		for _, r := range rows {
			if r.Split != split {
				continue
			}
			lines := r.lines()
			topic := copilot.Topic(lines)
			for i, l := range lines {
				for _, c := range copilot.Codes(l) {
					do(copilot.SecretFeatures(lines, i, c, topic), r.credential(l[c.Start:c.End]))
				}
			}
		}
	}
	each("dev", func(x linear.Text, y float64) { s = append(s, linear.Example{Text: x, Label: y, Weight: 1}) })
	m := linear.Train(copilot.SecretBits, 1e-4, s)
	var pos, neg []float64
	each("test", func(x linear.Text, y float64) {
		if v := m.Score(x); y == 1 {
			pos = append(pos, v)
		} else {
			neg = append(neg, v)
		}
	})
	_, _ = fmt.Fprintf(w, "  facts_multidogo_software test (not trained on): AUROC %.3f; at -1: %.3f of the credentials, %.3f of the others\n", eval.AUROC(pos, neg), eval.Above(pos, -1), eval.Above(neg, -1))
	each("test", func(x linear.Text, y float64) { s = append(s, linear.Example{Text: x, Label: y, Weight: 1}) })
	return linear.Train(copilot.SecretBits, 1e-4, s).Bytes(), nil
}
