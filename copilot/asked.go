package copilot

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// want is one thing that the other side asks for.
type want int

const (
	wantSecret want = iota
	wantName
	wantPhone
	wantNumber // an order's, a policy's, …: what an agent works with
)

// request is what a line of the other side asks for, in the order it names them.
type request struct {
	unknown bool // the line is not known
	advised bool // it says what to do with a credential, and some answer with theirs
	wants   []want
}

func (r request) of(w want) bool { return slices.Contains(r.wants, w) }

// secretNames name what only the customer may know, in the languages that we ship.
var secretNames = regexp.MustCompile(`(?i)(?:\p{L}*pass ?(?:words?|codes?|phrases?)|\bpw\b|\p{L}*kennw(?:o|ö)rt(?:er|es|s)?|\p{L}*passw(?:o|ö)rt(?:er|es|s)?|\p{L}*wachtwoord|(?:\p{L}+-?)?\bpin\b(?: ?code| number)?|\p{L}{3,}-?pin\b|\bcvv2?\b|\bcvc2?\b|\botp\b|\bssn\b|\btan\b|social security(?: number)?|credentials|log-?in (?:details|data|information)` +
	`|(?:security|verification|one[ -]?time|access|backup|secret|safe|sms|unlock|pick-?up|confirmation|authenti\w+) (?:codes?|passwords?|answers?|questions?|word)|(?:six|four|five|eight|\d)[ -]digit (?:code|number)|codes? (?:\S+ ){0,7}(?:sms|text(?:ed)?|app|sent you|did you set)|(?:sent|texted) (?:\S+ ){0,4}codes?|which code did you|codes? (?:is|are|was|were|has been|have been) (?:just |now )?(?:on (?:its|the|their) way|sent|texted|e-?mailed|coming)|(?:sent|texted) (?:\S+ ){0,5}text message|text message (?:\S+ ){0,6}says?|secret (?:question|answer|word)|(?:the|your) answer (?:you (?:set|gave|chose)|to (?:your|the) (?:security|secret))` +
	`|(?:einmal|sicherheits|abhol|bestätigungs|zugangs|sms-?|freischalt)-?(?:codes?|frage)|codes? (?:\S+ ){0,7}(?:per sms|geschickt|gesendet)|(?:geheim|einmal)-?(?:zahl|code|wort|passwort)|zugangsdaten|(?:geheim|sicherheits)(?:frage|antwort)` +
	`|contraseñas?|\bclaves?\b|códigos? (?:de (?:seguridad|verificación|acceso|un solo uso)|secreto|(?:\S+ ){0,6}(?:sms|enviado|mensaje))|pregunta (?:de seguridad|secreta)|credenciales` +
	`|mots? de passe|\bmdp\b|codes? (?:secret|confidentiel|personnel|d'accès|d’accès|de sécurité|de vérification|(?:\S+ ){0,5}(?:reçu|sms|envoyé))|identifiants|questions? secrètes?|(?:geheime?|beveiligings)[- ]?(?:vraag|code|woord|antwoord)|inloggegevens|(?:toegangs|verificatie|beveiligings|pin)code` +
	`|domanda (?:segreta|di sicurezza)|pergunta (?:secreta|de segurança)|codice (?:segreto|di sicurezza|di verifica|di accesso|(?:\S+ ){0,5}(?:sms|inviato|ricevuto))|parola d'ordine|\bsenha\b|palavra-passe|códigos? (?:\S+ ){0,6}(?:recebeu|enviamos)|\bhas(?:ł|l)[oa]\b|kod (?:\S+ ){0,4}sms|\bşifren?iz\w*|\bşifre\w*|\bparola\w*|كلمة (?:المرور|السر)|الرمز السري|رمز (?:التحقق|التاكيد|التأكيد))`)

// phoneNames name a telephone number; numberNames what else has a number, a code or a date; names a person or an account.
var (
	phoneNames  = regexp.MustCompile(`(?i)\b(?:(?:phone|telephone|mobile|cell(?: ?phone)?|contact|callback|call back|whatsapp|fax) (?:number|no\b)|(?:number|where) (?:\S+ ){0,3}(?:reach|call|ring) you|call you (?:back )?(?:on|at)|phone\b|(?:telefon|handy|ruf|mobil|rückruf)-?nummer|teléfono|móvil|celular|téléphone|portable|telefoon(?:nummer)?|(?:numero di )?(?:telefono|cellulare)|telefone|telem[oó]vel|(?:numer )?telefonu|telefon(?: numara\w*)?|رقم (?:الهاتف|الجوال|التلفون))`)
	numberNames = regexp.MustCompile(`(?i)(?:\b(?:number|no\.|id|reference|code|date|day|year|month|time|amount|model|version|error|invoice|order|booking|ticket|policy|contract|claim|account|case|serial|room|seat|flight|address|postcode|zip|device|message|plate|size)\b` +
		`|\p{L}*(?:nummer|nr\.|zeichen|datum|code|betrag|version|meldung|zimmer|adresse|modell)\b|\b(?:número|código|referencia|fecha|importe|modelo|versión|error|pedido|reserva|contrato|habitación|dirección)\b|\b(?:numéro|référence|date|montant|modèle|version|erreur|dossier|commande|contrat|chambre|adresse)\b|\b(?:numero|codice|data|importo|modello|versione|errore|ordine)\b|\b(?:datum|bedrag|kenmerk|adres)\b|\b(?:numer\w*|kwot\w*|dat[aęy])\b|\bnumara\w*|رقم|تاريخ)`)
	nameNames = regexp.MustCompile(`(?i)\b(?:(?:user ?|full |last |first |sur)?names?|login|log-in|e-?mail|user ?id|benutzernamen?|(?:vor|nach)?namen?|nombre|usuario|nom|prénom|identifiant|naam|gebruikersnaam|nome|utente|utilizador|usuário|imi(?:ę|e)|nazwisko|ad(?:ınız|iniz|ı)\w*|الاسم|اسمك)\b`)
)

// handing is how a sentence asks for what it names to be handed over, besides by a question mark.
var handing = regexp.MustCompile(`(?i)\b(?:please|pls|bitte|por favor|s'il vous pla[iî]t|svp|stp|alsjeblieft|alstublieft|graag|per favore|per cortesia|prosz[eę]|lütfen|tell|give|send|provide|share|confirm|state|enter|name|type|need|require|may i|nenn(?:en|e)|geb(?:en|t)|sag(?:en|t)|schick(?:en|t)|senden|best(?:ä|ae)tigen|brauche[n]?|ben(?:ö|oe)tige[n]?|d[ií]game|indique|env[ií]e|confirme|facilite|necesit\w+|donnez|envoyez|indiquez|confirmez|communiquez|besoin|geef|stuur|noem|bevestig|nodig|mi dia|mi dica|indichi|confermi|serve|informe|envie|preciso|podaj|prosimy|yaz\w*|من فضلك|لو سمحت|ارسل|اكتب)\b`)

// advises is a sentence on what to do with a credential, which asks for none.
var advises = regexp.MustCompile(`(?i)\b(?:(?:no|not|don't|do not|n't) need|not necessary|without (?:the|a|your)|brauch\w* (?:\S+ ){0,3}(?:nicht|kein\w*)|nicht nötig|no hace falta|no necesit\w+|pas besoin|niet nodig|non serve|não precisa|chang(?:e|ing)|reset(?:ting)?|choose|forgot(?:ten)?|new password|(?:do not|don't|never) (?:share|send|tell|give)|how (?:do|can|to)|zurücksetzen|ändern|vergessen|niemals|nicht (?:weitergeben|schicken|mitteilen)|cambiar|restablecer|olvidad[oa]|no comparta|changer|réinitialiser|oublié|ne (?:partagez|communiquez)|wijzigen|vergeten|cambiare|reimpostare|dimenticat[oa]|alterar|redefinir|esque\w+|zmieni\w+|zresetuj\w*|değiştir\w*|sıfırla\w*)\b`)

// again says that what was given did not fit, and asks for it once more.
var again = regexp.MustCompile(`(?i)(?:\b(?:expired|invalid|incorrect|wrong|another one|new one|once more|one more time|try again|again|already (?:been )?used|(?:not|\w+n't) (?:been )?(?:valid|accepted|right|correct|recogni[sz]ed|match\w*|work\w*|fit\w*|go(?:ing)? through)` +
	`|abgelaufen|ungültig|falsch|noch einmal|nochmals?|erneut|stimmt (?:\S+ )?nicht|nicht (?:gültig|korrekt|richtig|akzeptiert)|caducad[oa]|incorrect[oa]|otra vez|de nuevo|no (?:es|coincide|vale)|expiré|invalide|erroné|encore une fois|à nouveau|pas (?:valide|correct|bon)|verlopen|ongeldig|onjuist|opnieuw|nog een keer|klopt niet|scadut[oa]|errat[oa]|di nuovo|non (?:è|e) (?:valid|corrett)[oa]|expirad[oa]|inválid[oa]|novamente|niepoprawn\w+|nieprawidłow\w+|ponownie|jeszcze raz|geçersiz|yanlış|tekrar)\b|غير صحيح|مرة اخرى|مرة أخرى)`)

// asksFor reads what a line of the other side asks for; before is what it asked for last. There are a hundred ways to ask ("once I have your PIN, we can go
// on"): who names a credential asks for it, unless they advise on one, or quote an article.
func asksFor(line string, quoted bool, before request) request {
	if strings.TrimSpace(line) == "" {
		return request{unknown: true}
	}
	var r request
	names, other, mentioned := false, false, false // it names something; a question is about something else; a credential is only named
	all := sentences(line)
	if len(all) > 1 && handing.MatchString(all[len(all)-1]) && len(strings.Fields(all[len(all)-1])) <= 6 { // "We sent you a code. Please enter it here."
		all = append(all[:len(all)-2], all[len(all)-2]+all[len(all)-1])
	}
	for _, s := range all {
		question := strings.ContainsAny(s, "?؟")
		if !question && !handing.MatchString(s) && (quoted || !secretNames.MatchString(s)) {
			continue
		}
		s = calling.ReplaceAllString(s, " tell ")
		type named struct {
			at   int
			want want
		}
		var all []named // by the place
		hidden := s     // what one name has taken is not looked at again
		for _, n := range []struct {
			want    want
			pattern *regexp.Regexp
		}{{wantSecret, secretNames}, {wantPhone, phoneNames}, {wantName, nameNames}, {wantNumber, numberNames}} {
			if n.want == wantSecret && advises.MatchString(s) && !question {
				r.advised = r.advised || n.pattern.MatchString(s)
				continue
			}
			for _, m := range n.pattern.FindAllStringIndex(hidden, -1) {
				all = append(all, named{m[0], n.want})
				hidden = hidden[:m[0]] + strings.Repeat(" ", m[1]-m[0]) + hidden[m[1]:]
			}
		}
		slices.SortStableFunc(all, func(a, b named) int { return a.at - b.at })
		names = names || len(all) > 0
		secret := slices.ContainsFunc(all, func(n named) bool { return n.want == wantSecret })
		other = other || question && !secret && !itself.MatchString(s)
		mentioned = mentioned || secret && !question && !handing.MatchString(s)
		for i, n := range all {
			if i > 0 && all[i-1].want == n.want && !strings.ContainsAny(s[all[i-1].at:n.at], ",") && !listed.MatchString(s[all[i-1].at:n.at]) {
				continue // "the number of your order" is one
			}
			r.wants = append(r.wants, n.want)
		}
		if question && len(all) == 0 {
			r.wants = append(r.wants, wantNumber) // "since when?", "which one?": no secret
		}
	}
	if other && mentioned {
		r.wants = slices.DeleteFunc(r.wants, func(w want) bool { return w == wantSecret })
	}
	if before.of(wantSecret) && again.MatchString(line) && (!names || secretNames.MatchString(line) || again.MatchString(all[0]) && oneMore.MatchString(line)) {
		return request{wants: []want{wantSecret}}
	}
	return r
}

// calling is "name" as a verb; oneMore asks for another of what was given.
var (
	calling = regexp.MustCompile(`(?i)\bname (?:the|your|me|us)\b`)
	itself  = regexp.MustCompile(`(?i)\b(?:it|ihn|es|diesen|lo|la|le|l'|het|deze|isso|onu|go)\b`)
	oneMore = regexp.MustCompile(`(?i)\b(?:another|new) (?:one|code)\b|\b(?:neuen|anderen|anderes|otro|otra|autre|nouveau|ander|nieuwe|altro|nuovo|outro|inny|nowy|başka|yeni)\b`)
)

// after is what is still asked for behind a customer's line: people give one thing a line.
func (r request) after(line string) request {
	if !r.of(wantSecret) || len(r.wants) == 1 || len(answered(line, r)) > 0 {
		return r
	}
	given := len(valuesIn(line))
	if given == 0 && r.of(wantName) && nameLike(line) {
		return request{wants: slices.DeleteFunc(slices.Clone(r.wants), func(w want) bool { return w == wantName })}
	}
	left := slices.DeleteFunc(slices.Clone(r.wants), func(w want) bool {
		given--
		return w != wantSecret && given >= 0
	})
	return request{wants: left}
}

var listed = regexp.MustCompile(`(?i)\b(?:and|und|y|et|en|e|i|ve|as well as|sowie)\b|&|\+|و`)

// sentences are the sentences of a line, each with what ends it.
func sentences(line string) []string { return sentence.FindAllString(line, -1) }

// stated is a value in a customer's line: words with digits that stand side by side, and short capitals before them.
type stated struct {
	Span
	label told // what the words before it say that it is
}

// Words that say that a code behind them is secret, where one was asked for; "code" does for no others.
var codeLabels = words(`code codes kod codice código codigo puk einmalcode abholcode sicherheitscode`)

// short letters that begin a value: "AU 5590 2217", "XHB 440 21 908".
var prefix = regexp.MustCompile(`^[A-Z]{1,4}$`)

// valuesIn are the values of a line.
func valuesIn(line string) []stated {
	all := token.FindAllStringIndex(line, -1)
	var out []stated
	from := 0 // where the words before the next value begin
	for i := 0; i < len(all); i++ {
		start, end := bare(line, all[i][0], all[i][1])
		if start == end {
			continue
		}
		begins := prefix.MatchString(line[start:end]) && i+1 < len(all) && hasDigit(line[all[i+1][0]:all[i+1][1]]) && strings.TrimSpace(line[end:all[i+1][0]]) == ""
		if !begins && !hasDigit(line[start:end]) {
			continue
		}
		for ; i+1 < len(all); i++ { // the groups that follow, with nothing but a space between
			s, e := bare(line, all[i+1][0], all[i+1][1])
			if s == e || line[end:s] != " " || !grouped(line[start:end], line[s:e]) {
				break
			}
			end = e
		}
		v := stated{Span: Span{start, end, "secret"}}
		v.label = labelBefore(line[from:start])
		if v.label == saysNothing && end < len(line) {
			if next := strings.Fields(line[end:]); len(next) > 0 && units[strings.ToLower(strings.Trim(next[0], ".,!?"))] {
				v.label = saysFact
			}
		}
		out = append(out, v)
		from = end
	}
	return out
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// grouped is whether a word goes on with a value: both are digits, or the first are capitals of its beginning.
func grouped(value, word string) bool {
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789-/.") == "" }
	last := value[strings.LastIndexByte(value, ' ')+1:]
	upper := strings.ToUpper(word) == word && strings.ToUpper(last) == last
	return digits(word) && digits(last) || prefix.MatchString(last) && hasDigit(word) || upper && hasDigit(word) && hasDigit(last) || prefix.MatchString(word) && hasDigit(last) && strings.Contains(value, " ")
}

// ofThing is a code that stands on something, which anybody can read.
var ofThing = regexp.MustCompile(`(?i)\bcodes? (?:(?:printed|written|shown) )?(?:on|from|of|auf|am|vom|sur|du|en|del|de la|op|sul|sulla) (?:the |my |a |der |dem |le |la |el |un )?(?:box|voucher|machine|label|package|packaging|parcel|receipt|bottle|device|display|screen|coupon|gift ?card|door|lid|bag|paket|gutschein|gerät|karton|etikett|kassenzettel|automat\w*|carton|bon|reçu|étiquette|caja|vale|recibo|etiqueta|pantalla|doos|bon|scatola|buono)\b\D*$`)

// labelBefore is what the words before a value say that it is: the nearest that says anything.
func labelBefore(words string) told {
	if ofThing.MatchString(words) {
		return saysFact
	}
	all := strings.Fields(strings.ToLower(words))
	for n := len(all) - 1; n >= max(0, len(all)-4); n-- {
		w := strings.Trim(all[n], ".,:;!?#()'\"=")
		switch {
		case secretLabels[w] || codeLabels[w]:
			return saysSecret
		case factLabels[w] || strings.HasSuffix(w, "nummer") || w == "nr" || w == "no" || strings.HasSuffix(all[n], "#"):
			return saysFact
		}
	}
	return saysNothing
}

// answered are the parts of a customer's line that are secret, when the other side has asked for wants. A label says what a value is; of the others
// each is what was asked for in its place; what is not in values is a word alone.
func answered(line string, r request) (spans []Span) {
	all := tokens(line)
	if r.advised && !r.of(wantSecret) {
		for _, w := range all {
			if word := line[w[0]:w[1]]; hasDigit(word) && mixed(word) && !strings.Contains(word, "@") {
				spans = append(spans, Span{w[0], w[1], "secret"})
			}
		}
	}
	if !r.of(wantSecret) {
		return spans
	}
	if len(all) > shortLine && len(line) > 120 {
		return nil // a story, which its own words tell
	}
	numbers := 0
	secrets := 0
	for _, w := range r.wants {
		switch w {
		case wantNumber, wantPhone:
			numbers++
		case wantSecret:
			secrets++
		}
	}
	var open []stated
	for _, v := range valuesIn(line) {
		switch v.label {
		case saysSecret:
			spans = append(spans, v.Span)
			secrets--
		case saysFact:
			numbers--
		default:
			open = append(open, v)
		}
	}
	switch {
	case secrets <= 0 || len(open) == 0:
	case numbers <= 0:
		for _, v := range open {
			if !isDate(line[v.Start:v.End]) {
				spans = append(spans, v.Span)
			}
		}
	case len(open) == 1:
		if word := line[open[0].Start:open[0].End]; mixed(word) || r.wants[0] == wantSecret || len(word) <= 6 && digitsOf(word) == word {
			spans = append(spans, open[0].Span)
		}
	case r.wants[len(r.wants)-1] == wantSecret:
		spans = append(spans, open[len(open)-1].Span)
	default:
		spans = append(spans, open[0].Span)
	}
	if len(spans) > 0 || numbers > 0 && len(valuesIn(line)) == 0 {
		return spans
	}
	// no value: a word. It is the one left when all others are said.
	var left [][]int
	for _, w := range all {
		word := strings.ToLower(line[w[0]:w[1]])
		if hasDigit(word) || notSecret[word] || unlabelled[word] || factLabels[word] || secretLabels[word] || besidesSecret[word] {
			continue
		}
		left = append(left, w)
	}
	if len(all) > 3 && (len(left) != 1 || len(all) > 6) || len(line) <= longestWish && (courteous(line) || wantsHuman(line)) {
		return spans
	}
	if r.of(wantName) && len(left) > 1 || len(valuesIn(line)) > 0 && len(left) > 1 {
		left = left[len(left)-1:] // the name comes first, as it was asked for
	}
	for _, w := range left {
		spans = append(spans, Span{w[0], w[1], "secret"})
	}
	return spans
}

// besidesSecret are words that stand beside a secret in an answer.
var besidesSecret = words(`oh ah ok sorry hm uh its it's thats that's sure here heres here's ups oops ach moment vertippt perdon perdón disculpa pardon désolé c'est scusi ecco toma aquí hier voici mine try then now it's ja oui si sí yes yeah well so and und y et en e a the der die das den dem el la los las le les l un une una o os as il lo de het een to my mein meine mi mon ma mio mia meu minha mijn moj moja mój antwort answer respuesta réponse risposta resposta antwoord odpowiedź`)

// mixed is a password's shape: four small letters and more with digits, or marks, as no order's number has.
func mixed(word string) bool {
	letters := 0
	for _, r := range word {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return strings.ContainsAny(word, "!$%&*=+") && letters > 0 || word != strings.ToUpper(word) && hasDigit(word) && letters >= 4
}

var dateLike = regexp.MustCompile(`(?i)^(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})?|\d{4}-\d{2}-\d{2}|\d{1,2}[:.]\d{2}(?: ?h)?|\d{1,2}h\d{0,2}|\d{1,2}(?:[.:]\d{2})?(?:am|pm|uhr)|\d{1,2}(?:st|nd|rd|th|er|º|ª)|\d{1,2}\.)$`)

func isDate(s string) bool { return dateLike.MatchString(s) }

var (
	decimal = regexp.MustCompile(`^[€$£]?\d+(?:[.,]\d+)+(?:€|%|eur)?$`)
	capital = regexp.MustCompile(`^#?[A-Z0-9][A-Z0-9 ./_-]*$`)
	months  = regexp.MustCompile(`(?i)^(?:jan(?:uar[yi]?|uary|vier|eiro)?|feb(?:ruar[yi]?|brero|braio)?|mar(?:ch|s|zo|ço)?|apr(?:il|ile)?|may|june?|july?|aug(?:ust|ustus)?|sept?(?:ember|iembre|tembre|tembro)?|oct(?:ober|ubre|obre)?|nov(?:ember|iembre|embre|embro)?|dec(?:ember)?|märz?|mai|juni|juli|okt(?:ober)?|dez(?:ember|embro)?|ene(?:ro)?|febrero|abr(?:il)?|mayo|junio|julio|ago(?:sto)?|dic(?:iembre|embre)?|févr?(?:ier)?|fevrier|avr(?:il)?|juin|juil(?:let)?|août|aout|déc(?:embre)?|gennaio|maggio|giugno|luglio|set(?:tembre)?|ottobre|fev(?:ereiro)?|maio|junho|julho|outubro|maart|mrt|mei|augustus)$`)
)

// hexadecimal is a program's number of an error.
var hexadecimal = regexp.MustCompile(`^0[xX][0-9A-Fa-f]{2,}$`)

// beforeYear are words that a year stands behind.
var beforeYear = words(`in since from of until seit ab vom von aus bis desde en de del hasta depuis dal nel em do van sinds tot od w xmas christmas easter summer winter weihnachten ostern sommer navidad verano noël été natale estate`)

// namesDay is whether words name a day of a month, and no year: with one it may be a day of birth, by which people say who they are.
func namesDay(all []string) bool {
	if slices.ContainsFunc(all, func(w string) bool { return year.MatchString(strings.Trim(w, ".,!?")) }) {
		return false
	}
	for i, w := range all {
		if months.MatchString(strings.Trim(w, ".,!?")) && (i > 0 && hasDigit(all[i-1]) || i+1 < len(all) && hasDigit(all[i+1])) {
			return true
		}
	}
	return false
}

// shaped reads what a code is from its shape alone, where what was asked is not known; all are the values of its line.
func shaped(line string, all []stated, code Span) told {
	v := stated{Span: code}
	for _, x := range all {
		if x.Start <= code.Start && code.End <= x.End {
			v = x
		}
	}
	word := strings.Trim(line[v.Start:v.End], ".,:;!?")
	digits := digitsOf(word)
	before, behind := strings.Fields(line[:v.Start]), strings.Fields(line[v.End:])
	beside := func(w []string, i int) bool {
		return len(w) > 0 && months.MatchString(strings.Trim(w[max(0, i)], ".,!?"))
	}
	switch {
	case !hasDigit(word):
		for _, x := range all { // a month, a unit
			if shaped(line, all, x.Span) != saysFact {
				return saysNothing
			}
		}
		return saysFact
	case v.label == saysFact:
		return saysFact
	case mixed(word) && len(digits) < len(word)-1:
		return saysSecret
	case hexadecimal.MatchString(word):
		return saysFact
	case len(digits) >= 6 && len(digits) != 9 && len(before) == 0 && namesDay(behind): // "tv2208815 from 1 sept": who signs in says no day behind it
		return saysFact
	case year.MatchString(word) && len(before) > 0 && beforeYear[strings.ToLower(strings.Trim(before[len(before)-1], ".,:"))]:
		return saysFact
	case isDate(word), decimal.MatchString(word), beside(behind, 0), beside(before, len(before)-1):
		return saysFact
	case capital.MatchString(word) && len(digits) < len(strings.ReplaceAll(word, " ", "")): // letters, or groups with a dash
		return saysFact
	case strings.Contains(word, " ") && len(digits) >= 7 && strings.IndexByte(word, ' ') > 1:
		return saysFact
	case len(before)+len(behind) >= 5 && len(behind) > 0 && len(digits) <= 3, // in a sentence, as a number of something
		len(before) >= 7 && len(digits) <= 3 && !hasDigit(before[len(before)-2]) && !nameNames.MatchString(line):
		return saysFact
	}
	return saysNothing
}
