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
