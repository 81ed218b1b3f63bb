package eval

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

// oos: {split, text, intent}; trained on train, tuned on val or dev, scored on test.
func oos(_ context.Context, r *Report, o Options) error {
	all, err := Rows[struct{ Split, Text, Intent string }](o.Gold)
	if err != nil {
		return err
	}
	var train, tune []copilot.Labelled
	for _, x := range all {
		switch l := (copilot.Labelled{Text: x.Text, Intent: x.Intent}); x.Split {
		case "train":
			train = append(train, l)
		case "val", "valid", "dev":
			tune = append(tune, l)
		}
	}
	if len(train) == 0 {
		return fmt.Errorf("%s: no rows with split train", o.Gold)
	}
	rec := copilot.NewRecogniser(train, tune)
	var in, out, conf []float64
	var right []bool
	correct := 0
	for i, x := range all {
		if x.Split != "test" {
			continue
		}
		got := rec.Recognise(x.Text)
		if err := o.predict(map[string]any{"i": i, "intent": got.Name, "conf": got.Confidence}); err != nil {
			return err
		}
		if x.Intent == copilot.OutOfScope {
			out = append(out, got.Confidence)
		} else {
			in = append(in, got.Confidence)
			if got.Name == x.Intent {
				correct++
			}
		}
		conf, right = append(conf, got.Confidence), append(right, x.Intent != copilot.OutOfScope)
		o.progress(i+1, len(all))
	}
	r.N = len(conf)
	r.add("accuracy in scope", float64(correct)/float64(max(1, len(in))))
	r.add("auroc", AUROC(in, out))
	at := Quantile(in, 0.10)
	n := 0
	for _, s := range out {
		if s < at {
			n++
		}
	}
	r.add("oos recall at 90% in", float64(n)/float64(max(1, len(out))))
	r.calibrate(conf, right)
	return nil
}

func (r *Report) calibrate(p []float64, right []bool) {
	c := Calibrate(p, right)
	r.Calibration = &c
	r.add("brier", c.Brier)
	r.add("ece", c.ECE)
}

// heldOut are the rows that score.py scores: test rows, or dev rows where there are none; all of a file without splits.
func heldOut(splits []string) func(split string) bool {
	skip := []string{"train"}
	if slices.Contains(splits, "test") {
		skip = []string{"train", "dev", "valid"}
	}
	return func(split string) bool { return split == "" || !slices.Contains(skip, split) }
}

type binaryRow struct {
	Split, Text, Label, Src, Context string
	Emotions                         []string
	Human                            *int
}

// frustration: {split, text, emotions} or {text, label}; how angry the words of a single turn are.
func frustration(_ context.Context, r *Report, o Options) error {
	return binary(r, o, copilot.Anger, func(x binaryRow) *bool {
		angry := x.Label == "negative"
		for _, e := range x.Emotions {
			angry = angry || e == "anger" || e == "annoyance" || e == "disappointment"
		}
		return &angry
	})
}

// human: {split, text, human}; null is ambiguous and not scored.
func human(_ context.Context, r *Report, o Options) error {
	return binary(r, o, copilot.HumanScore, func(x binaryRow) *bool {
		if x.Human == nil {
			return nil
		}
		yes := *x.Human == 1
		return &yes
	})
}

func binary(r *Report, o Options, score func(string) float64, label func(binaryRow) *bool) error {
	all, err := Rows[binaryRow](o.Gold)
	if err != nil {
		return err
	}
	var splits []string
	for _, x := range all {
		splits = append(splits, x.Split)
	}
	scored := heldOut(splits)
	var pos, neg []float64
	for i, x := range all {
		if x.Src == "" && !scored(x.Split) {
			continue
		}
		s := score(x.Text)
		if err := o.predict(map[string]any{"i": i, "score": s}); err != nil {
			return err
		}
		switch y := label(x); {
		case y == nil:
		case *y:
			pos = append(pos, s)
		default:
			neg = append(neg, s)
		}
		o.progress(i+1, len(all))
	}
	r.N = len(pos) + len(neg)
	r.add("auroc", AUROC(pos, neg))
	r.add("recall at 10% false alarms", Above(pos, Quantile(neg, 0.90)))
	r.add("recall at 1% false alarms", Above(pos, Quantile(neg, 0.99)))
	return nil
}

// dialogueFrustration: {turns: [{role, text, sat}]}; the level at each of the customer's turns, positive where the mean satisfaction is 2.5 or less.
func dialogueFrustration(_ context.Context, r *Report, o Options) error {
	all, err := Rows[struct {
		Turns []struct {
			Role, Text string
			Sat        []float64
		}
	}](o.Gold)
	if err != nil {
		return err
	}
	var pos, neg []float64
	for i, d := range all {
		var talk []handover.Message
		for t, u := range d.Turns {
			from := handover.FromBot
			if u.Role == "user" {
				from = handover.FromCustomer
			}
			talk = append(talk, handover.Message{From: from, Text: u.Text})
			if u.Role != "user" || len(u.Sat) == 0 {
				continue
			}
			level := copilot.Frustration(talk).Level
			if err := o.predict(map[string]any{"i": i, "turn": t, "score": level}); err != nil {
				return err
			}
			var sum float64
			for _, s := range u.Sat {
				sum += s
			}
			if sum/float64(len(u.Sat)) <= 2.5 {
				pos = append(pos, level)
			} else {
				neg = append(neg, level)
			}
		}
		o.progress(i+1, len(all))
	}
	r.N = len(pos) + len(neg)
	r.add("auroc", AUROC(pos, neg))
	r.add("satisfied turns at or above 0.70", Above(neg, 0.6999))
	return nil
}

// summary: {split, turns, refs}; the brief's summary beside those that people wrote.
func summary(_ context.Context, r *Report, o Options) error {
	all, err := Rows[struct {
		Split       string
		Turns, Refs []string
	}](o.Gold)
	if err != nil {
		return err
	}
	var r1, r2, rl float64
	longest := 0
	for i, x := range all {
		if x.Split == "train" {
			continue
		}
		text := copilot.Summarise(Roles(x.Turns))
		if err := o.predict(map[string]any{"i": i, "summary": text}); err != nil {
			return err
		}
		a, b, c := Rouge(text, x.Refs)
		r1, r2, rl = r1+a, r2+b, rl+c
		longest = max(longest, len(strings.Fields(text)))
		r.N++
		o.progress(i+1, len(all))
	}
	n := float64(max(1, r.N))
	r.add("rouge-1", r1/n)
	r.add("rouge-2", r2/n)
	r.add("rouge-L", rl/n)
	r.add("longest, words", float64(longest))
	return nil
}

// facts: {turns: [[turn, text, act]], facts: [[slot, value]]}, or {turns: [{from, text}], facts, secrets: [[slot, value]]}; what of them stands on the card,
// and which secrets. Where the other side's lines are there, once with and once without them.
func facts(_ context.Context, r *Report, o Options) error {
	all, err := Rows[factRow](o.Gold)
	if err != nil {
		return err
	}
	whole := false
	for _, without := range []bool{false, true} {
		if without && !whole {
			break
		}
		var there, of, leaked, secrets int
		for i, x := range all {
			talk, both, err := x.talk(without)
			if err != nil {
				return fmt.Errorf("%s: row %d: %w", o.Gold, i+1, err)
			}
			whole = whole || both
			brief := copilot.Extract(nil, talk)
			card := strings.Join(append([]string{brief.Summary, brief.Wants}, brief.KeyPoints...), "\n")
			if !without {
				err = o.predict(map[string]any{"i": i, "card": card})
			} else {
				err = o.predict(map[string]any{"i": i, "without": card})
			}
			if err != nil {
				return err
			}
			secret := slices.Clone(x.Secrets)
			for _, f := range x.Facts {
				switch in := strings.Contains(card, f[1]); {
				case f[0] == "password" || f[0] == "ssn":
					secret = append(secret, f)
				case in:
					there++
					of++
				default:
					of++
				}
			}
			for _, f := range secret {
				secrets++
				if strings.Contains(card, f[1]) {
					leaked++
				}
			}
			o.progress(i+1, len(all))
		}
		r.N = len(all)
		name := ""
		if without {
			name = ", the other side's lines left out"
		}
		r.add("coverage"+name, float64(there)/float64(max(1, of)))
		r.add("secrets leaked"+name, float64(leaked)/float64(max(1, secrets)))
	}
	return nil
}

// structured are the types of personal data that have a form of their own.
var structured = []string{"CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "PHONE_NUMBER", "US_DRIVER_LICENSE", "US_SSN"}

// pii: {text, spans: [[start, end, type]]}, in characters; which spans are masked to nine tenths, and masks that touch none.
func pii(_ context.Context, r *Report, o Options) error {
	all, err := Rows[struct {
		Text  string
		Spans [][]any
	}](o.Gold)
	if err != nil {
		return err
	}
	var masker *copilot.Masker
	n, masked := map[string]int{}, map[string]int{}
	masks, touching := 0, 0
	for i, x := range all {
		spans := [][2]int{}
		for _, s := range masker.Find(x.Text) {
			spans = append(spans, [2]int{utf8.RuneCountInString(x.Text[:s.Start]), utf8.RuneCountInString(x.Text[:s.End])})
		}
		if err := o.predict(map[string]any{"i": i, "spans": spans}); err != nil {
			return err
		}
		touched := make([]bool, len(spans))
		for _, g := range x.Spans {
			if len(g) != 3 {
				return fmt.Errorf("%s: line %d: expected [start, end, type]", o.Gold, i+1)
			}
			from, _ := g[0].(float64)
			to, _ := g[1].(float64)
			kind, _ := g[2].(string)
			n[kind]++
			hit := false
			for j, s := range spans {
				both := min(to, float64(s[1])) - max(from, float64(s[0]))
				touched[j] = touched[j] || both > 0
				hit = hit || both >= 0.9*(to-from)
			}
			if hit {
				masked[kind]++
			}
		}
		masks += len(spans)
		for _, t := range touched {
			if t {
				touching++
			}
		}
		o.progress(i+1, len(all))
	}
	r.N = len(all)
	var good, of int
	for _, k := range structured {
		good, of = good+masked[k], of+n[k]
	}
	r.add("structured masked", float64(good)/float64(max(1, of)))
	r.add("masks touching none", float64(masks-touching)/float64(max(1, masks)))
	kinds := []string{}
	for k := range n {
		if masked[k] > 0 {
			kinds = append(kinds, k)
		}
	}
	sort.Strings(kinds)
	for _, k := range kinds {
		r.add(strings.ToLower(k), float64(masked[k])/float64(n[k]))
	}
	return nil
}

// injection: {text, label} or {context, question, attack, label}; what a filter would block of the clean rows, and whether what was planted in
// a knowledge text stands in a draft made from it.
func injection(_ context.Context, r *Report, o Options) error {
	all, err := Rows[struct {
		Text, Context, Question, Attack string
		Label                           int
	}](o.Gold)
	if err != nil {
		return err
	}
	var pos, neg []float64
	planted, quoted := 0, 0
	for i, x := range all {
		s := copilot.Suspicion(x.Text + x.Context)
		if err := o.predict(map[string]any{"i": i, "score": s}); err != nil {
			return err
		}
		if x.Label == 1 {
			pos = append(pos, s)
		} else {
			neg = append(neg, s)
		}
		if x.Attack != "" {
			planted++
			if strings.Contains(copilot.Excerpt(x.Question, knowledge.Passage{Hit: knowledge.Hit{Whole: x.Context}}), strings.TrimSpace(x.Attack)) {
				quoted++
			}
		}
	}
	r.N = len(all)
	r.add("benign blocked", Above(neg, 0))
	r.add("attacks a filter sees", Above(pos, 0))
	if planted > 0 {
		r.add("planted text quoted", float64(quoted)/float64(planted))
	}
	return nil
}
