package knowledge

import (
	"strings"
	"sync"
)

// short are the short forms of a chat, by language: each with what it stands for. What is a word of its own in the language is left out.
var short = map[string]string{
	"en": `u you|ur your|r are|y why|pls please|plz please|thx thanks|tmrw tomorrow|tmr tomorrow|2moro tomorrow|2morrow tomorrow|2day today|hrs hours|hr hour|mins minutes|wk week|wks weeks|yr year|yrs years|mth month|mths months|appt appointment|appts appointments
		|acc account|acct account|accnt account|pw password|pwd password|pword password|qty quantity|addr address|adress address|msg message|wknd weekend|wkend weekend|cos because|coz because|bc because|gonna going to|wanna want to|gotta have to|thru through|gr8 great
		|til until|wich which|whch which|mch much|wen when|wat what|wot what|wher where|hw how|abt about|b4 before|l8 late|l8r later|rly really|btw by the way|asap as soon as possible|eta arrival time|dob date of birth|tel telephone|fone phone|info information|recpt receipt|del delivery|deliv delivery
		|num number|no. number|diff different|w with|w/ with|w/o without|esp especially|max maximum|mon monday|tue tuesday|tues tuesday|wed wednesday|thu thursday|thurs thursday|fri friday|sat saturday|sun sunday|xmas christmas|bday birthday|cert certificate|docs documents|ppl people|kiddo child|kiddos children|govt government|dept department`,
	"de": `vllt vielleicht|evtl eventuell|bzgl bezüglich|wg wegen|nich nicht|net nicht|ned nicht|nit nicht|nix nichts|ne eine|nen einen|nem einem|ner einer|wieviel wie viel|gibts gibt es|habs habe es|hab habe|iwie irgendwie|iwann irgendwann|zb zum beispiel|ggf gegebenenfalls
		|std stunden|stdn stunden|min minuten|tel telefon|telnr telefonnummer|nr nummer|hbf hauptbahnhof|mo montag|di dienstag|mi mittwoch|do donnerstag|fr freitag|sa samstag|we wochenende|rechnungsnr rechnungsnummer
		|kundennr kundennummer|bestellnr bestellnummer|inkl inklusive|exkl exklusive|max maximal|ca ungefähr|mtl monatlich|jährl jährlich|öffis bus bahn|handynr handynummer|perso personalausweis|mwst mehrwertsteuer|ust umsatzsteuer|plz postleitzahl|str straße|abo abonnement|infos informationen|kannste kannst du|haste hast du|gehts geht es|wirds wird es|ists ist es|grad gerade|heut heute|morgn morgen|ham haben|sin sind|isch ist|kriegt bekommt|kriegen bekommen|krieg bekomme|kriege bekomme`,
	"es": `q que|k que|x por|xq por qué|pq por qué|porq por qué|xk por qué|pa para|tb también|tmb también|tbn también|dnd dónde|dd dónde|cdo cuando|cnd cuando|cuand cuando|xfa por favor|porfa por favor|porfi por favor|pf por favor|xfavor por favor|bno bueno|tlf teléfono|tfno teléfono|tel teléfono|wsp whatsapp|wasap whatsapp|guasap whatsapp|d de|m me|t te|s es
		|finde fin de semana|msj mensaje|mjs mensaje|aki aquí|aqui aquí|kiero quiero|kieren quieren|quiro quiero|cuanto cuánto|kuanto cuánto|min minutos|hrs horas|h horas|dni identificación|insti instituto|tarj tarjeta|efect efectivo|desc descuento|dto descuento|info información|tmbn también|salu2 saludos|grax gracias|mñn mañana|hr hora|pal para el|pasao pasado|pagao pagado|na nada|toy estoy|tas estás|ta está|toa toda|to todo`,
	"fr": `pk pourquoi|pq pourquoi|pkoi pourquoi|slt salut|bjr bonjour|bsr bonsoir|qd quand|qand quand|jpeux je peux|jveux je veux|jsuis je suis|jai j'ai|jdois je dois|jvoudrais je voudrais|ya il y a|pr pour|ds dans|tt tout|ts tous|ttes toutes|qqn quelqu'un|kelkun quelqu'un|qqch quelque chose|cb combien|cmb combien|cmbien combien|dispo disponible|rdv rendez-vous|rv rendez-vous|svp s'il vous plaît|stp s'il te plaît|vs vous|ns nous|pcq parce que|psk parce que|tjs toujours|tjrs toujours|mnt maintenant|auj aujourd'hui|ajd aujourd'hui|dem demain|we week-end|bcp beaucoup|pb problème|num numéro|tel téléphone|cmt comment|koi quoi|ki qui|ke que|k que|c c'est|cest c'est|g j'ai|t tu es|mm même|nn non|adr adresse|cmd commande|remb remboursement|remboursmt remboursement|abo abonnement|resto restaurant|appart appartement|ordi ordinateur|perso personnel`,
	"it": `xke perché|xche perché|perke perché|perche perché|cmq comunque|nn non|x per|xò però|qnd quando|qndo quando|qnt quanto|qnto quanto|dv dove|ke che|k che|ki chi|tt tutto|qlc qualcosa|qlcn qualcuno|qlk1 qualcuno|c6 ci sei|msg messaggio|tel telefono|num numero|appunt appuntamento|dom domenica|sab sabato|lun lunedì|mar martedì|mer mercoledì|gio giovedì|ven venerdì|pz pezzi|sped spedizione|ord ordine|ind indirizzo|doc documento|docs documenti|info informazioni|dm domani|ogg oggi|grz grazie|pome pomeriggio|sn sono|cn con|ank anche|qst questo`,
	"pt": `vc você|vcs vocês|pq por que|q que|oq o que|tb também|tbm também|pra para|pro para o|pras para as|pros para os|msg mensagem|qnt quanto|qto quanto|qnto quanto|qnts quantos|qdo quando|qnd quando|hj hoje|td tudo|tds todos|n não|ñ não|nao não|blz beleza|cmg comigo|ctg contigo|obg obrigado|vlw valeu|bj beijo|tel telefone|cel celular|zap whatsapp|whats whatsapp|end endereço|cad cadastro|min minutos|hrs horas|hr hora|fds fim de semana|seg segunda|qua quarta|qui quinta|sex sexta|sab sábado|dom domingo|qq qualquer|dps depois|agr agora|mt muito|mto muito|ta está|tá está|to estou|tô estou|num não|cê você|ocê você|aki aqui|eh é|kd onde está|pfv por favor|pf por favor|pagto pagamento|doc documento|desc desconto`,
	"nl": `ff even|idd inderdaad|mn mijn|m'n mijn|zn zijn|z'n zijn|mss misschien|msch misschien|ipv in plaats van|wnr wanneer|wss waarschijnlijk|iig in ieder geval|ivm in verband met|tel telefoon|nr nummer|gsm mobiel|aub alsjeblieft|svp alsjeblieft|gr groeten|ma maandag|wo woensdag|vr vrijdag|za zaterdag|wknd weekend|nie niet|da dat|kheb ik heb|kben ik ben|kwil ik wil|ge je|gij jij|hebde heb je|kunde kun je|kunnede kun je|hoelang hoe lang|hvl hoeveel|bet betaling|best bestelling|abo abonnement|min minuten|adr adres|evt eventueel|bv bijvoorbeeld|id idee|kadobon cadeaubon|effe even|effkes even`,
	"pl": `pzdr pozdrawiam|nr numer|tel telefon|wgl w ogóle|cb ciebie|ok dobrze|zl złotych|zł złotych|godz godzina|min minut|pon poniedziałek|wt wtorek|sr środa|czw czwartek|pt piątek|sob sobota|niedz niedziela|nd niedziela|prosze proszę|moge mogę|moze może|mozna można|sie się|dzieki dziękuję|dziex dziękuję|jutr jutro|dzis dziś|dlacz dlaczego|bd będzie|bede będę|wiad wiadomość|zam zamówienie|zamow zamówienie|przes przesyłka|fv faktura|rach rachunek|ul ulica|spr sprawdzić|tyg tydzień|m-c miesiąc|mies miesiąc`,
	"tr": `slm selam|nbr ne haber|tsk teşekkürler|tşk teşekkürler|kac kaç|ne kadr ne kadar|nasil nasıl|napıyım ne yapayım|napcam ne yapacağım|bi bir|birsey bir şey|bişey bir şey|bişi bir şey|tl lira|dk dakika|sa saat|tel telefon|no numara|nr numara|cmt cumartesi|pzr pazar|pzt pazartesi|çrş çarşamba|prş perşembe|cum cuma|hft hafta|bgn bugün|yrn yarın|lutfen lütfen|lzm lazım|mrb merhaba|mrhb merhaba|msj mesaj|siparis sipariş|kargom kargo|gelcek gelecek|olcak olacak|yapcam yapacağım|istiyom istiyorum|diyo diyor|deil değil|degil değil`,
}

var shortForms = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	for l, list := range short {
		all[l] = map[string]string{}
		for entry := range strings.SplitSeq(list, "|") {
			if form, full, ok := strings.Cut(strings.TrimSpace(entry), " "); ok && form != full {
				all[l][form] = full
			}
		}
	}
	return all
})

// spelled writes the short forms of a chat out: "q vale" is "que vale". Letters that are held down ("holaaaa") are let go.
func spelled(text, language string) string {
	forms := shortForms()[language]
	words := strings.Fields(text)
	changed := false
	for i, w := range words {
		bare := strings.ToLower(strings.Trim(w, ".,;:!?¿¡()\"'"))
		full := forms[bare]
		if full == "" {
			if held := released(bare); held != bare {
				full = held
			} else if w != strings.ToUpper(w) { // a name in capitals is none
				if full = swapped(bare, language); full == "" {
					full = elided(bare, language)
				}
			}
		}
		if full != "" {
			tail := w[len(strings.TrimRight(w, ".,;:!?")):]
			words[i], changed = full+tail, true
		}
	}
	if !changed {
		return text
	}
	return strings.Join(words, " ")
}

// elided is a word with the apostrophe that it was written without: "ladresse". "" for all others, and for those that somebody uses.
func elided(word, language string) string {
	if language != "fr" && language != "it" || len(word) < 5 || used(language, word) || stopped(language, word) {
		return ""
	}
	for _, article := range []string{"qu", "l", "d", "j", "n", "s", "m", "t", "c"} {
		rest, is := strings.CutPrefix(word, article)
		if first := unaccented(rest); is && first != "" && strings.ContainsRune("aeiouh", rune(first[0])) && used(language, rest) {
			return article + "'" + rest
		}
	}
	return ""
}

// swapped is the function word that a word is but for two neighbours that have changed places: "waht". "" for all others, and for those that somebody uses.
func swapped(word, language string) string {
	r := []rune(word)
	if len(r) < 3 || len(r) > 8 || stopped(language, word) || used(language, word) || language == "en" && vectors().find(word) >= 0 {
		return ""
	}
	for i := 1; i+1 < len(r); i++ { // hands that hurry begin with the right letter
		r[i], r[i+1] = r[i+1], r[i]
		if w := string(r); stopped(language, w) {
			return w
		}
		r[i], r[i+1] = r[i+1], r[i]
	}
	return ""
}

// released is a word without letters that are held down: three of one in a row are one.
func released(word string) string {
	r := []rune(word)
	var out []rune
	for i := 0; i < len(r); {
		n := i
		for n < len(r) && r[n] == r[i] {
			n++
		}
		if n-i >= 3 && (r[i] < '0' || r[i] > '9') && r[i] != 'w' {
			out = append(out, r[i])
		} else {
			out = append(out, r[i:n]...)
		}
		i = n
	}
	return string(out)
}

// Spelled is a text with the short forms of chats in its language written out; the text itself where its language is not sure.
func Spelled(text string) string { return spelled(text, Language(text)) }

// SpelledIn is Spelled where the language is known.
func SpelledIn(text, language string) string { return spelled(text, language) }
