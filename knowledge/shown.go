package knowledge

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/needle"
)

// kind is a set of what a text shows or a question asks for.
type kind uint16

const (
	money kind = 1 << iota
	duration
	clock
	phoneOrMail
	place
	amount
)

// units are those of time, as durations have them.
var units = words(`second seconds minute minutes min mins hour hours hr hrs day days week weeks month months year years sekunde sekunden minute minuten stunde stunden tage tagen woche wochen monat monaten monate jahr jahren jahre
	segundo segundos minuto minutos hora horas día días dia dias semana semanas mes meses año años heure heures jour jours semaine semaines mois an ans ore ora giorni giorno settimana settimane mese mesi anno anni
	mês ano anos uur dagen dag weken maanden maand jaar dni dzień lat saat gün hafta ay yıl working business ساعة ساعات يوم أيام اسبوع أسابيع شهر أشهر`)

// shown are looked for in lower case, each first by what every text has that shows it: a word or how one begins, or a digit.
var shown = []struct {
	kind   kind
	words  map[string]bool
	begins []string
	digit  bool
	re     *needle.Regexp // nil: that is all
}{
	{kind: money, re: needle.MustCompile(`[€$£₺¥]\s?\d|\d\s?(?:[€$£₺¥]|eur\b|euros?\b|usd\b|dollars?\b|pounds?\b|gbp\b|p\b|cents?\b|reais\b|pesos?\b|mxn\b|cop\b|zł|zl\b|pln\b|tl\b|lira\b|chf\b|franken\b|percent\b|prozent\b|por ciento\b|%)|r\$\s?\d|\b(?:free|kostenlos|gratis|gratuit\w*|gratuito|bezpłatn\w*|darmow\w*|ücretsiz|kostenfrei|geen kosten|مجان\w*)\b`)},
	{kind: duration, words: units, begins: strings.Fields(`godzin tygodni miesi rok werk laborable ouvr`), re: needle.MustCompile(`\b(?:\d+|one|two|three|four|five|six|seven|ten|twelve|ein\w*|zwei|drei|vier|fünf|sechs|zehn|un|una|dos|tres|cuatro|cinco|deux|trois|due|tre|dois|duas|twee|drie|dwa|trzy|iki|üç|few|half)\b[^.|\n]{0,14}?\b(?:seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|sekunden?|minuten?|stunden?|tagen?|wochen?|monate?n?|jahre?n?|segundos?|minutos?|horas?|d[ií]as?|semanas?|mes(?:es)?|años?|heures?|jours?|semaines?|mois|ans?|ore|ora|giorni|giorno|settiman[ae]|mes[ei]|ann[io]|dias?|mês|anos?|uur|dagen|dag|weken|maanden|maand|jaar|godzin\w*|dni|dzień|tygodni\w*|miesi\w+|lat|rok\w*|saat|gün|hafta|ay|yıl|working|business|werk\w*|laborable\w*|ouvr\w*)\b|\d+\s?(?:ساعة|ساعات|يوم|أيام|اسبوع|أسابيع|شهر|أشهر)`)},
	{kind: clock, digit: true, re: needle.MustCompile(`\b\d{1,2}[:.h]\d\d\b|\b\d{1,2}\s?(?:am|pm|uhr|h\b|hs\b|uur)|\b\d{1,2}\s?[–-]\s?\d{1,2}\s?(?:uhr|h\b|uur)?`)},
	{kind: clock, words: words(`monday mondays tuesday tuesdays wednesday wednesdays thursday thursdays friday fridays saturday saturdays sunday sundays montag montags dienstag dienstags mittwoch mittwochs donnerstag donnerstags freitag freitags samstag samstags sonntag sonntags
		lunes martes miércoles jueves viernes sábado sábados domingo domingos lundi mardi mercredi jeudi vendredi samedi dimanche lunedì martedì mercoledì giovedì venerdì sabato domenica segunda terça quarta quinta sexta
		maandag dinsdag woensdag donderdag vrijdag zaterdag zondag pazartesi salı çarşamba perşembe cuma cumartesi pazar الاثنين الجمعة السبت الأحد`), begins: strings.Fields(`poniedział wtor środ czwart piąt sobot niedziel`)},
	{kind: phoneOrMail, re: needle.MustCompile(`[\w.+-]+@[\w-]+\.\w+|(?:\+|\b0)\d[\d /()-]{5,}\d|\b(?:phone|telefon\w*|teléfono|téléphone|telefono|telefone|call us|hotline|hattı)\b`)},
	{kind: place, re: needle.MustCompile(`\b(?:street|road|avenue|square|yard|lane|floor|behind|opposite|next to|entrance|\w*straße|\w*strasse|platz|hinter|gegenüber|neben|eingang|calle|avenida|plaza|detrás|junto a|rue|place|derrière|via|piazza|dietro|rua|praça|atrás|straat|plein|achter|ulica|ul|sokak|cadde\w*|bus|tram|station|parking)\b|شارع`)},
	{kind: amount, digit: true},
}

// asks are the concepts by which a question asks for a kind.
var asks = sync.OnceValue(func() map[uint16]kind {
	m := map[uint16]kind{}
	for name, k := range map[string]kind{
		"price": money, "discount": money, "late fee": money, "deposit": money, "duration": duration, "validity": duration, "notice": duration, "opening": clock, "weekend": clock, "weekday": clock,
		"contact": phoneOrMail, "location": place, "parking": place, "publictransport": place, "size": amount, "weight": amount, "limit": amount, "minimum": amount, "age": amount,
	} {
		m[conceptNamed(name)] |= k
	}
	return m
})

// showing are the kinds, of those wanted, that each piece of a section shows; each kind is looked for once.
func (r *reading) showing(want kind) []kind {
	r.mu.Lock()
	defer r.mu.Unlock()
	if left := want &^ r.looked; left != 0 {
		if r.shows == nil {
			r.shows = make([]kind, len(r.texts))
		}
		for i, t := range r.texts {
			r.shows[i] |= shows(t, left)
		}
		r.looked |= left
	}
	out := make([]kind, len(r.shows))
	for i, k := range r.shows {
		out[i] = k & want
	}
	return out
}

func shows(text string, want kind) (k kind) {
	text = strings.ToLower(text)
	digit := strings.ContainsAny(text, "0123456789")
	for _, s := range shown {
		switch {
		case want&s.kind == 0 || k&s.kind != 0 || s.digit && !digit:
		case s.words != nil && !hasWord(text, s.words, s.begins):
		case s.re == nil || s.re.MatchString(text):
			k |= s.kind
		}
	}
	return k
}

// hasWord is whether a text has one of some words, or one that begins so.
func hasWord(text string, words map[string]bool, begins []string) bool {
	for start := 0; start < len(text); {
		r, n := utf8.DecodeRuneInString(text[start:])
		if !unicode.IsLetter(r) {
			start += n
			continue
		}
		end := start + n
		for end < len(text) {
			r, n := utf8.DecodeRuneInString(text[end:])
			if !unicode.IsLetter(r) && !unicode.IsMark(r) {
				break
			}
			end += n
		}
		word := text[start:end]
		if words[word] || slices.ContainsFunc(begins, func(b string) bool { return strings.HasPrefix(word, b) }) {
			return true
		}
		start = end
	}
	return false
}
