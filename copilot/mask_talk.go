package copilot

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/deskbell/deskbell/copilot/linear"
	"github.com/deskbell/deskbell/handover"
)

// SecretBits is the size of the model that tells a bare credential from other codes: 2^SecretBits features.
const SecretBits = 14

var secretModel = shipped("secret")

// secretAt is on the side of masking: what is hidden can still be read in the console.
const secretAt = -1.0

// Talk is a conversation with what must be hidden in the customer's lines hidden. Beside what Mask hides that is what they answer when a
// credential was asked for and, where a line of the other side is unknown — empty — the codes that a learnt model takes for one: a name and a
// code, as one signs in. What is a secret in one line is one in all.
func (m *Masker) Talk(talk []handover.Message) []handover.Message {
	out := slices.Clone(talk)
	var lines []string // the customer's
	var at []int
	var asked []request // that each of them answers
	var last request
	for i, t := range talk {
		switch {
		case t.From != handover.FromCustomer && (t.Deleted || t.Visibility == handover.Internal || t.Visibility == handover.Pending): // they have not read it
		case t.From == handover.FromCustomer:
			lines, at, asked = append(lines, t.Text), append(at, i), append(asked, last)
			last = last.after(t.Text)
		default:
			last = asksFor(t.Text, len(t.Citations) > 0, last)
		}
	}
	found, claimed := make([][]Span, len(lines)), make([]taken, len(lines))
	secrets, shapes := map[string]bool{}, map[string][]string{} // those with a digit, by their patterns
	topic, before := Topic(lines), 0
	for i, l := range lines {
		found[i] = m.Find(l)
		if asked[i].of(wantNumber) && !asked[i].of(wantPhone) { // it is the number that was asked for
			found[i] = slices.DeleteFunc(found[i], func(s Span) bool { return s.Type == "phone" && !telephoned(l, s) })
		} else if asked[i].unknown && len(strings.Fields(l)) <= 6 { // an answer: a telephone's number begins with 0, or is longer
			found[i] = slices.DeleteFunc(found[i], func(s Span) bool {
				return s.Type == "phone" && !telephoned(l, s) && !dialled(l[s.Start:s.End])
			})
		}
		for _, s := range found[i] {
			claimed[i].take(s.Start, s.End, len(l))
			if s.Type == "secret" || s.Type == "ssn" {
				secrets[l[s.Start:s.End]] = true
			}
		}
		for _, s := range guessed(lines, i, topic, asked[i], before) {
			word := l[s.Start:s.End]
			if claimed[i] != nil && slices.Contains(claimed[i][s.Start:s.End], true) {
				continue
			}
			if asked[i].unknown || hasDigit(word) || mashed.MatchString(word) { // hidden in every line
				secrets[word] = true
			}
			claimed[i].take(s.Start, s.End, len(l))
			found[i] = append(found[i], s)
		}
		for _, s := range corrected(l, asked[i], shapes) {
			if claimed[i].take(s.Start, s.End, len(l)) {
				found[i] = append(found[i], s)
				secrets[l[s.Start:s.End]] = true
			}
		}
		for _, s := range found[i] {
			if word := l[s.Start:s.End]; secrets[word] && hasDigit(word) {
				shapes[pattern(word)] = append(shapes[pattern(word)], word)
			}
		}
		before += longCodes(l)
	}
	for i, l := range lines {
		spans := found[i]
		for _, w := range tokens(l) {
			if secrets[l[w[0]:w[1]]] && claimed[i].take(w[0], w[1], len(l)) {
				spans = append(spans, Span{w[0], w[1], "secret"})
			}
		}
		for word := range secrets { // those in groups
			for from := 0; strings.Contains(word, " "); {
				start := strings.Index(l[from:], word)
				if start < 0 {
					break
				}
				start, from = from+start, from+start+len(word)
				if claimed[i].take(start, from, len(l)) {
					spans = append(spans, Span{start, from, "secret"})
				}
			}
		}
		slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
		out[at[i]].Text = replaced(l, spans)
	}
	return out
}

// dialled is whether digits that nobody has named are a telephone's: they begin with 0 or a bracket, or there are more than nine. In groups of
// four and more people write what is printed on a card or a contract.
func dialled(digits string) bool {
	if digits[0] == '0' || digits[0] == '(' {
		return true
	}
	groups := strings.FieldsFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
	return len(digitsOf(digits)) > 9 && (len(groups) < 3 || len(groups[0]) < 4)
}

// mostCorrecting is how many words a line may have in which people give a secret once more; a longer one is not read as a correction.
const mostCorrecting = 8

// corrected are the values of a line that give a secret of before once more: one of its pattern that is nearly the same or, where nothing else was asked for,
// stands by itself. secrets are by their patterns.
func corrected(line string, asked request, secrets map[string][]string) (spans []Span) {
	all := len(strings.Fields(line))
	if len(secrets) == 0 || all > mostCorrecting {
		return nil
	}
	for _, v := range valuesIn(line) {
		word := line[v.Start:v.End]
		alone := all-len(strings.Fields(word)) <= 1 && (asked.unknown || asked.of(wantSecret))
		if v.label == saysFact || year.MatchString(word) || len(word) < 4 {
			continue
		}
		again := func(s string) bool { return s != word && (alone && len(digitsOf(s)) >= 6 || mistyped(s, word)) }
		if slices.ContainsFunc(secrets[pattern(word)], again) {
			spans = append(spans, v.Span)
		}
	}
	return spans
}

// pattern is a value with each letter as "a" and each digit as "0".
func pattern(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '0'
		case unicode.IsLetter(r):
			return 'a'
		}
		return r
	}, s)
}

// mistyped is whether two values of one pattern differ as a slip of the finger does: in one character, or in two that have changed places.
func mistyped(a, b string) bool {
	x, y := []rune(a), []rune(b)
	var at []int
	for i := range x {
		if x[i] != y[i] {
			at = append(at, i)
		}
	}
	return len(at) == 1 || len(at) == 2 && x[at[0]] == y[at[1]] && x[at[1]] == y[at[0]]
}

// tokens are the words of a line, without the punctuation around them.
func tokens(line string) [][]int {
	all := token.FindAllStringIndex(line, -1)
	for _, w := range all {
		w[0], w[1] = bare(line, w[0], w[1])
	}
	return slices.DeleteFunc(all, func(w []int) bool { return w[0] == w[1] })
}

// bare is a word without the punctuation around it.
func bare(line string, start, end int) (int, int) {
	s := line[start:end]
	start += len(s) - len(strings.TrimLeft(s, "\"'(“‘"))
	return start, max(start, end-(len(s)-len(strings.TrimRight(s, ".!?:\"')”’"))))
}

// guessed are the words of a line that are probably a secret, by what was asked; before is how many long codes the lines before it have.
func guessed(lines []string, i int, topic []string, asked request, before int) (spans []Span) {
	l := lines[i]
	for _, w := range tokens(l) {
		if word := l[w[0]:w[1]]; len(word) >= 4 && mashed.MatchString(word) {
			spans = append(spans, Span{w[0], w[1], "secret"})
		}
	}
	if asked.unknown || !asked.of(wantNumber) {
		for _, at := range bareCode.FindAllStringSubmatchIndex(l, -1) {
			if n := len(digitsOf(l[at[2]:at[3]])); n >= 4 && n <= 8 && !otherCode.MatchString(l) {
				spans = append(spans, Span{at[2], at[3], "secret"})
			}
		}
	}
	if !asked.unknown {
		return append(spans, answered(l, asked)...)
	}
	if at := sentCode.FindStringSubmatchIndex(l); at != nil {
		return append(spans, Span{at[2], at[3], "secret"})
	}
	codes := Codes(l)
	says := make([]told, len(codes))
	placed := len(spans) > 0 // one of them is certain: the name beside it is not
	values := valuesIn(l)
	for n, w := range codes {
		if says[n] = label(lines, i, w, topic, before); says[n] == saysNothing {
			says[n] = shaped(l, values, w)
		}
		placed = placed || says[n] == saysSecret
	}
	for n, w := range codes {
		word := l[w.Start:w.End]
		secret := says[n] == saysSecret
		if placed && says[n] == saysNothing && len(digitsOf(word)) >= 7 && len(digitsOf(word)) != 9 { // whose number it is: the secret is the other
			continue
		}
		if says[n] == saysNothing && (!placed || len(digitsOf(word)) > 0) {
			secret = secretModel().Score(secretFeatures(lines, i, w, topic, before)) >= secretAt
		}
		if secret {
			if start, end := bare(l, w.Start, w.End); start < end {
				spans = append(spans, Span{start, end, "secret"})
			}
		}
	}
	return spans
}

// bareCode is a code of which nothing says what it is for, as people call the one that they sign in with; otherCode is what it may be for all the same.
var (
	bareCode = regexp.MustCompile(`(?i)(?:^|[,;(./]\s*|(?:^|\s)(?:and|und|et|y|e|en|i|ve|the|my|your|der|den|mein|meinen|le|mon|el|mi|il|mio|o|meu|de|mijn|mój|moj|got|kreeg|reçu|bekommen)\s+)(?:code|kod|kodu|kodum|código|codigo|codice|puk|رمز|الرمز|الكود)` +
		`(?:\s+(?:that i|i|que j['’]ai|que me|que|che ho|den ich|die ik)(?:\s+\p{L}+){1,2})?(?:\s*[:=]|\s+(?:is|was|ist|war|lautet|est|c['’]est|es|era|è|é|jest|to|هو))*\s+(\d[\d -]{2,8}\d)\b`)
	otherCode = regexp.MustCompile(`(?i)error|fehler|erreur|\bfout|\berro\b|\bbłąd|\bhata\b|fault|discount|promo|rabatt|voucher|gutschein|coupon|remise|descuento|sconto|desconto|korting|zniżk|indirim|postal|\bzip\b|country|\bqr\b|barcode|product|article|artikel`)
)

// longestWish is how many bytes three words may have that mean something; a longer one is a token.
const longestWish = 200

// mashed are keys struck along a keyboard's row: nobody's word, but many a password.
var mashed = regexp.MustCompile(`(?i)^[a-z]*(?:asdf|sdfg|dfgh|fghj|ghjk|hjkl|qwert|werty|rtyu|tyui|yuio|zxcv|xcvb|cvbn|vbnm|sdfs|dfgd|gsdf)[a-z]*$`)

var token = regexp.MustCompile(`[^\s,;]+`)

// shortLine is how many words a line may have to be a bare credential.
const shortLine = 11

// Codes are the words of a short line that might be a credential: those with a digit, and short words beside one.
func Codes(line string) []Span {
	all := token.FindAllStringIndex(line, -1)
	if len(all) > shortLine {
		return nil // who signs in says little beside; what stands in a sentence is told by its words
	}
	digit := func(i int) bool {
		return i >= 0 && i < len(all) && strings.IndexFunc(line[all[i][0]:all[i][1]], unicode.IsDigit) >= 0
	}
	var out []Span
	for i, at := range all {
		if ordered.MatchString(near(line, at[0])) {
			continue
		}
		if digit(i) || (digit(i-1) || digit(i+1)) && at[1]-at[0] <= 4 {
			out = append(out, Span{Start: at[0], End: at[1]})
		}
	}
	return out
}

// Topic are the content words of all a customer said: what a code is depends on what was asked for.
func Topic(lines []string) []string {
	var out []string
	for w := range set(linear.Words(strings.Join(lines, " "))) {
		if strings.IndexFunc(w, unicode.IsDigit) < 0 && len(w) > 2 {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

// SecretFeatures are what the model sees of one code: its shape, its neighbours, where it stands, and the topic.
func SecretFeatures(lines []string, i int, at Span, topic []string) linear.Text {
	n := 0
	for _, l := range lines[:i] {
		n += longCodes(l)
	}
	return secretFeatures(lines, i, at, topic, n)
}

// longCodes is how many codes of three digits and more a line has.
func longCodes(line string) (n int) {
	for _, c := range Codes(line) {
		if len(digitsOf(line[c.Start:c.End])) >= 3 {
			n++
		}
	}
	return n
}

// secretFeatures is SecretFeatures where the long codes of the lines before are counted.
func secretFeatures(lines []string, i int, at Span, topic []string, codesBefore int) linear.Text {
	line := lines[i] // lower case may have other lengths: the parts are cut before
	before, after := linear.Words(line[:at.Start]), linear.Words(line[at.End:])
	last := func(w []string) string {
		if len(w) == 0 {
			return "^"
		}
		return shape(w[len(w)-1], true)
	}
	first := func(w []string) string {
		if len(w) == 0 {
			return "$"
		}
		return shape(w[0], true)
	}
	own := shape(line[at.Start:at.End], false)
	n := len(before) + len(after) + 1
	length := "many"
	if n <= 6 {
		length = string(rune('0' + n))
	}
	nth := string(rune('0' + min(3, codesBefore)))
	around := append([]string{"<" + last(before), ">" + first(after), "#" + length, "n" + nth, "=" + own, "=" + own + "#" + length, "=" + own + "n" + nth, "=" + own + "<" + last(before), "=" + own + ">" + first(after)}, mark(slices.Clone(before))...)
	if i > 0 {
		for _, w := range linear.Words(lines[i-1]) {
			around = append(around, "-"+shape(w, true))
		}
	}
	pairs := make([]string, len(topic))
	for j, w := range topic {
		pairs[j] = w + "=" + own
	}
	return linear.Text{around, topic, pairs, []string{own}}
}

// shape is a word, or with digits what it looks like: "d4" four digits, "a2d3" mixed.
func shape(w string, keep bool) string {
	digits := len(digitsOf(w))
	letters := 0
	for _, r := range w {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	switch {
	case digits == 0 && keep:
		return w
	case digits == 0:
		return fmt.Sprintf("a%d", min(letters, 5))
	case letters == 0:
		return fmt.Sprintf("d%d", min(digits, 7))
	}
	return fmt.Sprintf("a%dd%d", min(letters, 4), min(digits, 5))
}
