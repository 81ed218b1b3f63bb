package copilot

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/copilot/linear"
	"github.com/deskbell/deskbell/handover"
)

// Span is a part of a text that is masked.
type Span struct {
	Start, End int    // in bytes
	Type       string // "email", "phone", "card", "iban", "ssn", "ip", "licence", "secret", or a configured pattern's name
}

// Masker hides secrets and personal data of structured types before a text leaves for Slack or a model. What it hides stays in the
// conversation itself.
type Masker struct{ extra map[string]*regexp.Regexp }

// NewMasker returns a masker with further patterns by name, besides the built-in types.
func NewMasker(patterns map[string]string) (*Masker, error) {
	m := &Masker{extra: map[string]*regexp.Regexp{}}
	for name, p := range patterns {
		r, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Errorf("masking.%s: %w", name, err)
		}
		m.extra[name] = r
	}
	return m, nil
}

type rule struct {
	kind    string
	pattern *regexp.Regexp
	group   int // the part of the match that is masked
	check   func(text string, start, end int) bool
	digit   bool                      // it has one: most lines have none, and are not searched
	find    func(text string) [][]int // in place of the pattern
}

const separators = `[ .\-/()]{0,2}`

// rules in the order they claim their text: what one has taken another cannot.
var rules = []rule{
	{kind: "email", find: emails},
	{kind: "secret", pattern: regexp.MustCompile(`\b(?:sk-[A-Za-z0-9_-]{16,}|xox[a-z]-[A-Za-z0-9-]{10,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*)`)},
	{digit: true, kind: "secret", group: 1, pattern: regexp.MustCompile(`(?i)\b(?:api[ _-]?key|secret key|access token|auth token|bearer|cvv2?|cvc2?|security code|(?:on|at) the back|one[ -]?time (?:code|pin|\p{L}?[a-z]{0,3}[as]{1,3}words?)|otp|tan|pin(?: code| number)?)\b\s*(?:is|was|ist|es|est|:|=|-)*\s*["']?([A-Za-z0-9_\-]*\d[A-Za-z0-9_\-]*)`)},
	{digit: true, kind: "secret", group: 1, pattern: regexp.MustCompile(`(?i)\b(?:code|kod|código|codigo|codice|رمز)\b[^\d\n.]{0,24}\b(?:sms|text|texted|mail|app|whatsapp)\b\D{0,16}?(\d[\d -]{2,8}\d)`)},
	{digit: true, kind: "iban", pattern: regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b`), check: isIBAN},
	{digit: true, kind: "card", pattern: regexp.MustCompile(`\b\d(?:[ \-]?\d){11,18}\b`), check: isCard},
	{digit: true, kind: "ssn", pattern: regexp.MustCompile(`\b\d{3}[- ]\d{2}[- ]\d{4}\b`)},
	{digit: true, kind: "ssn", group: 1, pattern: regexp.MustCompile(`(?i)\b(?:ssn|social security(?: number)?)\b\D{0,12}(\d[\d -]{2,12}\d)`)},
	{kind: "ip", pattern: regexp.MustCompile(`\b(?:\d{1,3}\.){3}\d{1,3}\b|(?i)\b(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{0,4}(?::[0-9a-f]{1,4})*`), check: isIP},
	{digit: true, kind: "licence", group: 1, pattern: regexp.MustCompile(`(?i)\b(?:driver'?s?'? licen[sc]e|licen[sc]e|passport|national id|id card|personalausweis|führerschein|permis|pasaporte|dni|rijbewijs)(?: (?:number|no\.?|nr\.?|nummer|numéro|número))?\s*(?:is|was|ist|es|est|:|#)*\s*([A-Za-z]{0,3}\d[A-Za-z0-9-]{4,18})`)},
	{kind: "website", group: 1, pattern: regexp.MustCompile(`(?i)\b(?:my|our|personal|own) (?:website|site|homepage|blog|page|portfolio)\b\D{0,6}?\s*(?:is|at|:)*\s*((?:https?://|www\.)\S+)|\bwebsite:\s*(https?://\S+)`)},
	{digit: true, kind: "phone", pattern: regexp.MustCompile(`(?:\+|\b00|\()?\d{1,4}\)?(?:` + separators + `\d{1,5}){1,6}(?:\s?(?:x|ext\.?)\s?\d{1,6})?`), check: isPhone},
}

// Find are the spans to mask, in order, none over another.
func (m *Masker) Find(text string) []Span {
	var spans []Span
	var t taken
	take := func(kind string, start, end int) {
		if t.take(start, end, len(text)) {
			spans = append(spans, Span{start, end, kind})
		}
	}
	for _, s := range passwords(text) {
		take("secret", s.Start, s.End)
	}
	for _, s := range typed(text) {
		take("secret", s.Start, s.End)
	}
	for _, s := range selfEvident(text) {
		take("secret", s.Start, s.End)
	}
	digits := strings.ContainsAny(text, "0123456789")
	for _, r := range rules {
		if r.digit && !digits {
			continue
		}
		find := r.find
		if find == nil {
			find = func(text string) [][]int { return r.pattern.FindAllStringSubmatchIndex(text, -1) }
		}
		for _, at := range find(text) {
			start, end := at[2*r.group], at[2*r.group+1]
			if start >= 0 && start < end && (r.check == nil || r.check(text, start, end)) {
				take(r.kind, start, end)
			}
		}
	}
	if m != nil {
		for name, r := range m.extra {
			for _, at := range r.FindAllStringIndex(text, -1) {
				if at[0] < at[1] {
					take(name, at[0], at[1])
				}
			}
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	return spans
}

// taken says which bytes of a text belong to a span: asking each span whether it is in the way would cost the square of their number.
type taken []bool

// take claims a part of a text of so many bytes; false: some of it is claimed already.
func (t *taken) take(start, end, size int) bool {
	if *t == nil {
		*t = make(taken, size)
	}
	if slices.Contains((*t)[start:end], true) {
		return false
	}
	for i := start; i < end; i++ {
		(*t)[i] = true
	}
	return true
}

// Mask is the text with each span replaced by its type in brackets.
func (m *Masker) Mask(text string) string { return replaced(text, m.Find(text)) }

// without is the text without the spans.
func (m *Masker) without(text string) string {
	var b strings.Builder
	at := 0
	for _, s := range m.Find(text) {
		b.WriteString(text[at:s.Start])
		at = s.End
	}
	return b.String() + text[at:]
}

func replaced(text string, spans []Span) string {
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.Start])
		b.WriteString("[" + s.Type + "]")
		at = s.End
	}
	b.WriteString(text[at:])
	return b.String()
}

var domain = regexp.MustCompile(`^@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,5}`)

// The longest local part of an address, in characters (RFC 5321, 4.5.3.1.1), and more bytes than a domain that we take for one has.
const (
	longestLocal  = 64
	longestDomain = 6 * 64 * utf8.UTFMax
)

// emails are the addresses of a text, found from their @ on: most texts have none, and a pattern would try each letter as a beginning.
func emails(text string) (found [][]int) {
	for end := 0; ; {
		at := strings.IndexByte(text[end:], '@')
		if at < 0 {
			return found
		}
		at += end
		start := at
		for range longestLocal {
			r, n := utf8.DecodeLastRuneInString(text[end:start])
			if n == 0 || !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("._%+'-", r) {
				break
			}
			start -= n
		}
		host := domain.FindString(text[at:min(len(text), at+longestDomain)])
		if end = at + 1; start < at && host != "" {
			end = at + len(host)
			found = append(found, []int{start, end})
		}
	}
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// luhn is the check digit of card numbers (ISO/IEC 7812-1).
func luhn(text string, start, end int) bool {
	d := digitsOf(text[start:end])
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0 && strings.Trim(d, "0") != ""
}

// isCard is whether digits are a card's, and not of something that says its name: an IMEI has the same check digit.
func isCard(text string, start, end int) bool {
	return (luhn(text, start, end) || inFours.MatchString(text[start:end])) && !serial.MatchString(near(text, start))
}

// inFours is how a card's number is printed on it: one that is mistyped is still somebody's.
var inFours = regexp.MustCompile(`^[3-6]\d{3}([ -])\d{4}[ -]\d{4}[ -]\d{4}$`)

// telephoned is whether a span says by itself, or by the words before it, that it is a telephone's number.
func telephoned(text string, s Span) bool {
	return text[s.Start] == '+' || strings.HasPrefix(text[s.Start:], "00") && len(s.Type) > 0 && calls.MatchString(near(text, s.Start)) || calls.MatchString(near(text, s.Start))
}

var serial = regexp.MustCompile(`(?i)\b(?:serial|isbn|imei|ean|gtin|meter|tracking|parcel|seriennummer|sendungsnummer|número de serie|numéro de série|serienummer)[^\d\n]{0,16}$`)

// isIBAN checks the length and, where the letters allow, ISO 13616's remainder 97; a mistyped one is still somebody's.
func isIBAN(text string, start, end int) bool {
	n := len(strings.ReplaceAll(text[start:end], " ", ""))
	return n >= 15 && n <= 34
}

func isIP(text string, start, end int) bool {
	_, err := netip.ParseAddr(text[start:end])
	return err == nil
}

var (
	year    = regexp.MustCompile(`^(?:19|20)\d\d$`)
	date    = regexp.MustCompile(`^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})$`)
	calls   = regexp.MustCompile(`(?i)(?:phone|tel|telephone|mobile|cell|fax|call|whatsapp|sms|text|desk|contact|reach (?:me|them|us|him|her)|answering at|registered|messages? to|ring|dial|number is|telefon|handy|rufnummer|móvil|teléfono|téléphone|portable|telefoon|gsm|nummer)\D{0,24}$`)
	ordered = regexp.MustCompile(`(?i)(?:\b(?:order|invoice|ticket|case|reference|ref|tracking|parcel|booking|reservation|confirmation|policy|claim|member(?:ship)?|customer|contract|flight|seat|serial|isbn|imei|vin|meter|licen[cs]e key|product key|batch|lot|part|sku|` +
		`article|item|model|version|account|bestellung|bestellnummer|kundennummer|vertragsnummer|seriennummer|buchung|versicherungsnummer|pedido|reserva|póliza|serie|commande|réservation|contrat|série|bestelling|klantnummer|boeking|rechnung|factuur|factura|fattura|ordine|prenotazione|card|iban)|#|№|\$|€|£)[^\d\n]{0,16}$`)
	money = regexp.MustCompile(`^(?:\s?(?:€|\$|£|%|usd|eur|euro|dollars?|pieces|pcs|items|km|kg|cm|mm|gb|mb|ml|inch|x\s?\d))`)
)

// besides is how many bytes around a number its words are looked for in; more than what the patterns reach.
const besides = 160

// near is what stands just before a place, up to a digit: the words that say what a number is have none. It is cut between characters.
func near(text string, at int) string {
	from := at
	for from > max(0, at-besides) && (text[from-1] < '0' || text[from-1] > '9') {
		from--
	}
	for from < at && !utf8.RuneStart(text[from]) {
		from++
	}
	return text[from:at]
}

// isPhone tells a phone number from a date, an amount or an order's number: by its length, its groups, and the words before it.
func isPhone(text string, start, end int) bool {
	s := text[start:end]
	d := digitsOf(s)
	before, after := near(text, start), text[end:min(len(text), end+besides)]
	if r, _ := utf8.DecodeLastRuneInString(text[:start]); unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '@' {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(after); unicode.IsLetter(r) || unicode.IsDigit(r) || r == '@' || r == ':' || r == '%' {
		return false
	}
	if len(d) < 7 || len(d) > 18 || date.MatchString(s) || ordered.MatchString(before) || money.MatchString(strings.ToLower(after)) {
		return false
	}
	called := calls.MatchString(before) || s[0] == '+' || strings.HasPrefix(s, "00")
	groups := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if len(groups) == 1 {
		return called && len(d) >= 8
	}
	for _, g := range groups {
		if year.MatchString(g) && len(groups) == 2 && !called {
			return false
		}
	}
	if !called && strings.Contains(s, ".") && !strings.ContainsAny(s, "-() ") && len(groups) < 3 {
		return false // a decimal number
	}
	if !called && len(groups) == 2 && (len(groups[0]) < 2 || len(d) < 8 && !strings.ContainsAny(s, "-()")) {
		return false
	}
	thousands := true // 12 000 000 and 12.000.000 are amounts
	for i, g := range groups {
		thousands = thousands && (len(g) == 3 || i == 0 && len(g) < 3)
	}
	return !thousands || called || strings.ContainsAny(s, "-()") || s[0] == '0'
}

var keyword = regexp.MustCompile(`(?i)\b(?:pass ?words?|pas{1,2} ?w[a-z]{2,5}|passwd|pass ?codes?|passphrase|pswd|pwd|pword|pw|pass(?: is|:|=)|kennwort|passwort|contraseña|clave|mot de passe|mdp|wachtwoord)\b(?:\s+(?:is|was|to|as|ist|lautet|es|est|its|it's))*[\s:=\-"']*`)

// notSecret are words that follow "password" without being one.
var notSecret = words(`reset change changed forgot forgotten lost new old link page email mail please help and or for of on in at to the my your a an is not does doesn't doesnt isn't isnt won't wont can can't cant how what
	when where why it that this protected manager policy field expired wrong incorrect invalid again request recovery no yes but with i we you screen box problem issue issues problems zurücksetzen ändern vergessen und
	olvidé cambiar y oublié changer et vergeten wijzigen en has was have had will keeps working works work accepted recognized recognised correct right safe strong weak hint details secure required never still`)

func words(s string) map[string]bool { return set(strings.Fields(s)) }

// passwords are the words said to be one: after the keyword, up to what ends it.
func passwords(text string) []Span {
	var spans []Span
	for _, at := range keyword.FindAllStringIndex(text, -1) {
		i, taken := at[1], 0
		for taken < 3 {
			rest := text[i:]
			gap := len(rest) - len(strings.TrimLeft(rest, " \t"))
			end := strings.IndexAny(rest[gap:], " \t\n,;")
			if end < 0 {
				end = len(rest) - gap
			}
			w := strings.TrimRight(rest[gap:gap+end], `.!?"')`)
			if w == "" || notSecret[strings.ToLower(w)] {
				break
			}
			digit := strings.IndexFunc(w, unicode.IsDigit) >= 0
			if ends := len(w) <= 3 && i+gap+end == len(text); taken > 0 && !digit && !ends {
				break
			}
			if taken == 0 && !digit && !secretLooking(text[i+gap:]) {
				break
			}
			spans = append(spans, Span{i + gap, i + gap + len(w), "secret"})
			i += gap + end
			taken++
			if i < len(text) && text[i] != ' ' {
				break
			}
		}
	}
	return spans
}

// typing is how people tell what they have entered and that it was refused.
var typing = regexp.MustCompile(`(?i)\b(?:i|ich|je|j')\s?(?:type|typed|put in|put|enter|entered|wrote|write|tippe|schreibe|tape|écris|mets|saisis)\s+(\S+(?:\s+\S+){0,3}?)\s+(?:and|but|then|it|und|aber|et|mais|ein und|ein aber)\b`)

// notTyped are words that such a sentence may go on with instead.
var notTyped = words(`it to in my the that this them everything all something anything a an again mein meine das den die es le la les mon ma un une ça correctly wrong right`)

// typed are what a text on a credential says was entered.
func typed(text string) (spans []Span) {
	at := typing.FindAllStringSubmatchIndex(text, 8)
	if len(at) == 0 || !secretNames.MatchString(text) {
		return nil
	}
	for _, m := range at {
		if first, _, _ := strings.Cut(strings.ToLower(text[m[2]:m[3]]), " "); !notTyped[first] {
			spans = append(spans, Span{m[2], m[3], "secret"})
		}
	}
	return spans
}

// selfEvident are the words that only a password looks like: letters, a digit and a mark among them.
func selfEvident(text string) (spans []Span) {
	if !strings.ContainsAny(text, "!$%&*+=#^~") {
		return nil
	}
	for _, w := range tokens(text) {
		word := text[w[0]:w[1]]
		letters, digits, marks := 0, 0, 0
		for _, r := range word {
			switch {
			case unicode.IsLetter(r):
				letters++
			case unicode.IsDigit(r):
				digits++
			case strings.ContainsRune("!$%&*+=#^~", r):
				marks++
			case strings.ContainsRune("/:@<>()[]|", r): // an address, a tag
				marks = -100
			}
		}
		if letters >= 4 && digits > 0 && marks > 0 && len(word) <= 40 {
			spans = append(spans, Span{w[0], w[1], "secret"})
		}
	}
	return spans
}

// secretLooking is whether what follows the keyword ends the clause or has a digit soon: "password is hunter" but not "password page of".
func secretLooking(rest string) bool {
	rest = rest[:min(len(rest), besides)]
	f := strings.Fields(strings.SplitN(rest, "\n", 2)[0])
	if len(f) <= 2 {
		return true
	}
	return strings.IndexFunc(f[1], unicode.IsDigit) >= 0 || strings.ContainsAny(f[0], ",.;!@#$%&*_")
}

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
	secrets := map[string]bool{}
	topic, before := Topic(lines), 0
	for i, l := range lines {
		found[i] = m.Find(l)
		if asked[i].of(wantNumber) && !asked[i].of(wantPhone) { // it is the number that was asked for
			found[i] = slices.DeleteFunc(found[i], func(s Span) bool { return s.Type == "phone" && !telephoned(l, s) })
		} else if asked[i].unknown && len(strings.Fields(l)) <= 6 { // an answer: a telephone's number begins with 0, or is longer
			found[i] = slices.DeleteFunc(found[i], func(s Span) bool {
				return s.Type == "phone" && !telephoned(l, s) && l[s.Start] != '0' && l[s.Start] != '(' && len(digitsOf(l[s.Start:s.End])) <= 9
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
			if strings.Contains(word, " ") {
				if start := strings.Index(l, word); start >= 0 && claimed[i].take(start, start+len(word), len(l)) {
					spans = append(spans, Span{start, start + len(word), "secret"})
				}
			}
		}
		slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
		out[at[i]].Text = replaced(l, spans)
	}
	return out
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
	codes := Codes(l)
	says := make([]told, len(codes))
	placed := false // one of them is certain: the name beside it is not
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

// told is what the words around a code and its shape say that it is.
type told int

const (
	saysNothing told = iota
	saysFact
	saysSecret
)

// Words that name the code behind them, in the languages that we ship; and units that stand behind a number that is one of something.
var (
	factLabels = words(`policy claim confirmation booking reservation member membership contract flight seat order invoice ticket tickets case reference ref tracking parcel model make maker brand year manufactured date
		time amount price cost costs paid pay charged charge account ac acc acct card credit debit version serial isbn room gate zip postcode phone mobile size gb dated
		police vertrag vertragsnummer buchung buchungsnummer bestellung bestellnummer rechnung rechnungsnummer kundennummer auftrag sendungsnummer datum uhrzeit betrag preis jahr baujahr modell konto karte flug sitz zimmer plz
		póliza reserva pedido factura contrato socio vuelo asiento fecha hora importe precio año modelo cuenta tarjeta habitación
		réservation commande facture contrat dossier vol siège heure montant prix année modèle compte carte chambre
		boeking bestelling factuur klantnummer vlucht stoel datum tijd bedrag prijs jaar rekening kaart kamer prenotazione ordine fattura volo data importo prezzo anno encomenda fatura voo valor preço conta cartão`)
	secretLabels = words(`ssn social password pass pw pwd passcode pin otp cvv cvc tan kennwort passwort contraseña clave wachtwoord`)
	units        = words(`persons person people passengers adults children kids nights night days day weeks months years am pm th st nd rd o'clock dollars euros euro usd eur per percent times pieces pcs items door km kg miles
		personen nächte tage uhr personas noches días personnes nuits jours`)
	streets = words(`st street road rd ave avenue lane ln drive dr cross blvd boulevard way court place straße strasse str weg platz allee calle avenida rue straat via rua`)
)

// unlabelled are words between a label and its code.
var unlabelled = words(`number no nr num nbr is was it its it's id code the my of on for and digit digits last ends ending with # : = nummer número numéro es ist est`)

// dated are digits of a date written together: with a year of four digits, or of two where day and month leave no doubt.
var dated = regexp.MustCompile(`^(?:(?:0?[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:19|20)\d\d|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d|(?:0?[1-9]|1[0-2])20[1-4]\d|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[12]\d)$`)

// What a conversation is about says what is asked of people: on journeys a bare number is a date; tickets, policies and orders have codes in
// groups; where money or insurance is dealt with, people are asked to say who they are by the last digits of a number that is secret.
var (
	travel     = words(`flight flights plane boarding seat train hotel trip journey itinerary`)
	tickets    = words(`boarding seat booking book booked reservation itinerary claim policy insurance insured parcel order tracking delivery shipment repair warranty membership`)
	vehicles   = words(`car cars vehicle bike motorcycle van truck auto automobile house built`)
	identified = words(`insurance insured policy claim bank banking balance debit credit card cards money transfer loan mortgage charge charges charged statement address savings checking cheque check`)
)

func about(topic []string, words map[string]bool) bool {
	return slices.ContainsFunc(topic, func(w string) bool { return words[w] })
}

// label reads what a code is from its label, else from its shape; before is how many long codes the lines before have.
func label(lines []string, i int, at Span, topic []string, before int) told {
	l := lines[i]
	code := strings.ToLower(l[at.Start:at.End])
	ahead, behind := strings.Fields(strings.ToLower(near(l, at.Start))), strings.Fields(strings.ToLower(l[at.End:min(len(l), at.End+besides)]))
	letters := 0 // what stands between the label and a code in parts
	for n := len(ahead) - 1; n >= 0; n-- {
		w := strings.Trim(ahead[n], ".,:;!?#()'\"")
		switch {
		case secretLabels[w]:
			return saysSecret
		case factLabels[w]:
			return saysFact
		case unlabelled[w] || w == "":
		case len(w) <= 3 && letters < 2:
			letters++
		default:
			n = 0
		}
	}
	if len(behind) > 0 && units[strings.Trim(behind[0], ".,!?")] {
		return saysFact
	}
	digits := digitsOf(code)
	if len(digits) == len(code) && dated.MatchString(code) {
		return saysFact
	}
	if year.MatchString(code) && (len(behind) > 0 && strings.TrimSpace(l[:at.Start]) == "" || about(topic, vehicles)) {
		return saysFact
	}
	for n, w := range behind {
		if n < 5 && streets[strings.Trim(w, ".,!?")] {
			return saysFact
		}
	}
	if inParts(l) && about(topic, tickets) {
		return saysFact
	}
	all := strings.Fields(l)
	if len(code) == 4 && len(digits) == 4 && about(topic, identified) && !about(topic, travel) {
		switch {
		case len(all) == 1 && (before == 0 || i > 0 && nameLike(lines[i-1])): // a line by itself, the first, or after a name
			return saysSecret
		case len(all) > 1 && nameLike(strings.Join(all[:len(all)-1], " ")) && all[len(all)-1] == l[at.Start:at.End]: // behind a name
			return saysSecret
		case before == 0 && strings.TrimSpace(l[:at.Start]) == "" && len(all) <= 3 && len(all) > 1 && unlabelled[strings.ToLower(all[1])]: // the first of two
			return saysSecret
		}
	}
	return saysNothing
}

// inParts is whether a line is one code written in groups, as on tickets and policies: letters of one to three and digits.
func inParts(line string) bool {
	all := strings.Fields(line)
	letters, digits := 0, 0
	for _, w := range all {
		switch d := len(digitsOf(w)); {
		case d == len(w):
			digits++
		case d > 0 || len(w) > 3 || notCode[strings.ToLower(w)]:
			return false
		default:
			letters++
		}
	}
	name := letters == 1 && digits == 1 && (len(all[0]) == 3 || len(all[0]) == 1) && len(all[1]) == 4 // and a number of theirs
	return letters > 0 && digits > 0 && len(all) <= 8 && !name
}

// notCode are short words that are no part of a code.
var notCode = words(`i a an is it its my the to of on in at by or and no not ok so we he she me us am are was for pin ssn pay paid day th st nd rd pm yes hi hey`)

// nameLike is whether a line is a name, as people give one: one to three words of letters that say nothing else.
func nameLike(line string) bool {
	all := strings.Fields(strings.ToLower(line))
	if len(all) == 0 || len(all) > 3 {
		return false
	}
	for _, w := range all {
		if len(w) < 3 || strings.IndexFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && r != '.' && r != '-' && r != '\'' }) >= 0 || factLabels[w] || units[w] || notName[w] || notCode[w] {
			return false
		}
	}
	return true
}

// notName are words that people write by themselves and that are nobody's name.
var notName = words(`hello hii hai hey good morning evening afternoon thanks thank you thankyou okay sure yes yeah yep nope please help need want can could would what when where how who why need have has had this that there here wait
	waiting correct right great nice fine done sorry about only around approximately total number phone email mail address bye with from for`)

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
