package copilot

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
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
	factLabels = words(`error fault bay locker place reading course student stand policy claim confirmation booking reservation member membership contract flight seat order invoice ticket tickets case reference ref tracking parcel model make maker brand year manufactured date
		time amount price cost costs paid pay charged charge account ac acc acct card credit debit version serial isbn room gate zip postcode phone mobile size gb dated res
		fehler fehlercode zählerstand schrank stellplatz matrikelnummer kurs police vertrag vertragsnummer buchung buchungsnummer bestellung bestellnummer rechnung rechnungsnummer kundennummer auftrag sendungsnummer datum uhrzeit betrag preis jahr baujahr modell konto karte flug sitz zimmer plz kd gepäck gepäcknummer kundennr
		lectura taquilla plaza asignatura expediente póliza reserva pedido factura contrato socio vuelo asiento fecha hora importe precio año modelo cuenta tarjeta habitación habitacion poliza
		relevé casier erreur resa réservation commande facture contrat dossier vol siège heure montant prix année modèle compte carte chambre
		fout kluisje meterstand boeking bestelling factuur klantnummer vlucht stoel datum tijd bedrag prijs jaar rekening kaart kamer prenotazione ordine fattura volo data importo prezzo anno encomenda fatura voo valor preço conta cartão`)
	secretLabels = words(`ssn social password pass pw pwd passcode pin otp cvv cvc tan kennwort passwort contraseña clave wachtwoord`)
	besideLabels = words(`err match server since`) // only where nothing was asked, and the code is the next word
	units        = words(`persons person people passengers adults children kids nights night days day weeks months years am pm th st nd rd o'clock dollars euros euro usd eur per percent times pieces pcs items door km kg miles
		personen nächte tage uhr personas noches días personnes nuits jours`)
	streetsFirst = words(`calle avenida rue via rua viale corso piazza plaza strada`)
	sentBy       = words(`sms mail e-mail email text app whatsapp telefono phone`)
	streets      = words(`st street road rd ave avenue lane ln drive dr cross blvd boulevard way court place straße strasse str weg platz allee calle avenida rue straat via rua`)
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
		case factLabels[w], besideLabels[ahead[n]] && n == len(ahead)-1:
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
	if len(digits) == len(code) && inGroups(l, at) {
		return saysFact
	}
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
	if len(digits) <= 4 && house(ahead) {
		return saysFact
	}
	if inParts(l) && about(topic, tickets) {
		return saysFact
	}
	all := strings.Fields(l)
	if known(lines[max(0, i-6):i]) && len(code) == len(strings.TrimSpace(l)) && len(code) == 4 && len(digits) == 4 && !year.MatchString(code) && !strings.HasSuffix(code, "00") {
		return saysSecret // who has said who they are says by what they prove it
	}
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

// house is whether words are a street before its number, as Romance languages have it: "via roma", at the beginning or behind a comma.
func house(ahead []string) bool {
	for n := len(ahead) - 2; n >= max(0, len(ahead)-3); n-- {
		if streetsFirst[ahead[n]] && (n == 0 || strings.HasSuffix(ahead[n-1], ",")) && !sentBy[ahead[n+1]] {
			return true
		}
	}
	return false
}

// known is whether somebody has said in these lines who they are, by a number.
func known(lines []string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return len(digitsOf(l)) >= 5 })
}

// sentCode is a one-time code by itself, in the halves that messages send it in.
var sentCode = regexp.MustCompile(`^\W*(\d{3}[ -]\d{3}|\d\d[ -]\d{4})\W*$`)

// inGroups is whether a code stands with others in groups of at most four digits, seven or more in all: who gives such a number says which
// customer, contract or parcel theirs is, where one-time codes and PINs are shorter; nine are also a social security number's.
func inGroups(line string, at Span) bool {
	from, to := at.Start, at.End
	grouped := func(b byte) bool { return b >= '0' && b <= '9' || b == ' ' || b == '-' }
	for from > 0 && grouped(line[from-1]) {
		from--
	}
	for to < len(line) && grouped(line[to]) {
		to++
	}
	groups := strings.FieldsFunc(line[from:to], func(r rune) bool { return r == ' ' || r == '-' })
	all := 0
	for _, g := range groups {
		if len(g) > 4 {
			return false
		}
		all += len(g)
	}
	return len(groups) > 1 && all >= 7 && all != 9
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
	waiting correct right great nice fine done sorry about only around approximately total number phone email mail address bye with from for xmas christmas easter weihnachten ostern navidad noël pâques natale pasqua`)
