package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/copilot/eval"
	"github.com/deskbell/deskbell/copilot/linear"
	"github.com/deskbell/deskbell/knowledge"
)

// message is a line of the corpus of short messages: what the bot did before, what it is, and what it says.
type message struct{ language, after, is, text string }

// messages reads corpora of our own, a file a language, written by people who had not seen the code: messages, and complaints.
func messages(corpora ...string) (out []message, err error) {
	var files []string
	for _, c := range corpora {
		in, err := filepath.Glob(filepath.Join("cmd", "train", c, "*.txt"))
		if len(in) == 0 {
			in, err = filepath.Glob(filepath.Join(c, "*.txt"))
		}
		if err != nil {
			return nil, err
		}
		files = append(files, in...)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			if part := strings.SplitN(s.Text(), "|", 3); len(part) == 3 && !strings.HasPrefix(s.Text(), "#") {
				out = append(out, message{strings.TrimSuffix(filepath.Base(name), ".txt"), part[0], part[1], part[2]})
			}
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// spokenIn is a text with its language.
type spokenIn struct{ language, text string }

// language learns to tell the languages of short texts: from the messages, and from what our organisations' articles and the questions to them say.
// It writes knowledge/languages.bin.
func language(data string, w io.Writer) ([]byte, error) {
	all, err := messages("messages")
	if err != nil {
		return nil, err
	}
	var texts []spokenIn
	for _, m := range all {
		if slices.Contains(knowledge.Latin(), m.language) {
			texts = append(texts, spokenIn{m.language, m.text})
		}
	}
	for _, dir := range organisations(data) {
		articles, err := eval.Rows[orgArticle](filepath.Join(dir, "articles.jsonl"))
		if err != nil {
			return nil, err
		}
		for _, a := range articles {
			for s := range strings.SplitSeq(a.Body, ". ") {
				if len(strings.Fields(s)) >= 3 {
					texts = append(texts, spokenIn{a.Language, s})
				}
			}
		}
	}
	if err := count(texts); err != nil {
		return nil, err
	}
	learn := func(texts []spokenIn) []byte {
		xs, ys := make([]linear.Vector, len(texts)), make([]int, len(texts))
		for i, t := range texts {
			xs[i], ys[i] = languageVector(t.text), slices.Index(knowledge.Latin(), t.language)
		}
		m := linear.TrainOneVsRest(knowledge.LanguageSize, len(knowledge.Latin()), xs, ys, linear.Options{Epochs: 8, Seed: 1})
		b := make([]byte, knowledge.LanguageSize*len(knowledge.Latin()))
		for f := range knowledge.LanguageSize {
			for c, s := range m.Scores(linear.Vector{{Index: uint32(f), Value: 1}}) {
				b[f*len(knowledge.Latin())+c] = byte(int8(math.Round(max(-127, min(127, s*knowledge.LanguageScale)))))
			}
		}
		return b
	}
	var train, held []spokenIn
	for i, t := range texts {
		if i%10 == 0 {
			held = append(held, t)
		} else {
			train = append(train, t)
		}
	}
	knowledge.UseLanguages(learn(train))
	right, said := map[string]int{}, map[string]int{}
	of := map[string]int{}
	for _, t := range held {
		of[t.language]++
		switch knowledge.Language(t.text) {
		case t.language:
			right[t.language]++
			said[t.language]++
		case "":
		default:
			said[t.language]++
		}
	}
	for _, l := range knowledge.Latin() {
		_, _ = fmt.Fprintf(w, "  language %s: %d held out, %.3f right, %.3f wrong\n", l, of[l], float64(right[l])/float64(max(1, of[l])), float64(said[l]-right[l])/float64(max(1, of[l])))
	}
	b := learn(texts)
	knowledge.UseLanguages(b)
	return b, nil
}

func languageVector(text string) linear.Vector {
	features := knowledge.LanguageFeatures(text)
	v := make(linear.Vector, len(features))
	length := math.Sqrt(float64(max(1, len(features))))
	for i, f := range features {
		v[i] = linear.Feature{Index: f, Value: 1 / length}
	}
	return v
}

// mostUsual is how many words of a language are counted.
const mostUsual = 800

// count writes how often the words of each language are used: knowledge/usual.txt.
func count(texts []spokenIn) error {
	all, times := map[string]int{}, map[string]map[string]int{}
	for _, t := range texts {
		if times[t.language] == nil {
			times[t.language] = map[string]int{}
		}
		for _, w := range knowledge.Plain(t.text) {
			all[t.language]++
			times[t.language][w]++
		}
	}
	var b strings.Builder
	b.WriteString("# How often words are used in our messages and articles, by cmd/train: all words, then the most usual ones.\n")
	for _, l := range slices.Sorted(maps.Keys(times)) {
		_, _ = fmt.Fprintf(&b, "%s: %d", l, all[l])
		words := slices.SortedFunc(maps.Keys(times[l]), func(x, y string) int {
			return cmp.Or(cmp.Compare(times[l][y], times[l][x]), cmp.Compare(x, y))
		})
		for _, w := range words[:min(len(words), mostUsual)] {
			if times[l][w] > 2 {
				_, _ = fmt.Fprintf(&b, " %s %d", w, times[l][w])
			}
		}
		b.WriteString("\n")
	}
	return os.WriteFile(filepath.Join("knowledge", "usual.txt"), []byte(b.String()), 0o600)
}
