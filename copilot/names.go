package copilot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/handover"
)

// A mask hides who people are and where they live from a model: names, addresses and mail addresses are replaced by numbered places, and those that the
// model's answer has are put back. The zero mask hides nothing.
type mask struct {
	hidden []hidden
}

type hidden struct {
	kind  string // name, address, email
	text  string
	place string // [name 1]
	find  *regexp.Regexp
}

// introduced is how people say their name, in the languages that we ship: the first group is it.
var introduced = []*regexp.Regexp{
	regexp.MustCompile(`(?i:\b(?:my (?:full |first |last )?name is|my name's|i am called|call me|name:|ich heiße|ich heisse|mein name ist|me llamo|mi nombre es|je m['’]appelle|mon nom est|mi chiamo|il mio nome è|o meu nome é|meu nome é|me chamo|chamo-me|mijn naam is|ik heet|nazywam się|mam na imię|benim adım|adım|ismim))\s+(\p{Lu}[\p{L}'’-]+(?:\s+(?:(?:van|de|der|den|von|da|di|del|la|le|el|bin|al)\s+)*\p{Lu}[\p{L}'’-]+){0,2})`),
	regexp.MustCompile(`(?i:\b(?:my (?:full |first |last )?name is|my name's|i am called|ich heiße|ich heisse|mein name ist|me llamo|mi nombre es|je m['’]appelle|mon nom est|mi chiamo|il mio nome è|meu nome é|me chamo|mijn naam is|ik heet|nazywam się|mam na imię|benim adım))\s+(\p{Ll}[\p{L}'’-]{2,})`),
	regexp.MustCompile(`(?:اسمي|أنا اسمي)\s+(\p{Arabic}+(?:\s\p{Arabic}+)?)`),
	regexp.MustCompile(`(?mi:^\s*(?:(?:kind |best |warm )?regards|best|cheers|sincerely|yours|lg|vg|mfg|(?:viele|liebe|beste|freundliche) grüße|mit freundlichen grüßen|saludos(?: cordiales)?|cordialement|bien à vous|cordiali saluti|atenciosamente|met vriendelijke groet|groeten|pozdrawiam|saygılarımla)[,!.]?\s+)(\p{Lu}[\p{L}'’-]+(?:[ \t]\p{Lu}[\p{L}'’-]+){0,2})\s*$`),
}

// noName are words behind "my name is" that are none.
var noName = words(`not wrong spelled spelt misspelled misspelt on in at missing incorrect still also the now written listed different falsch nicht auf mal mal está mal no incorrecto pas sur mal`)

// addresses are postal ones: a number and a street in either order, and a postcode with what must stand beside it.
var addresses = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b\d{1,5}[a-z]?,?\s(?:[\p{L}'’.-]+\s){0,3}?[\p{L}'’.-]+\s(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|way|boulevard|blvd|square|sq|place|close|terrace|crescent|gardens|grove)\b\.?(?:,?\s(?:apt|apartment|flat|unit|suite)\.?\s?\w{1,5})?`),
	regexp.MustCompile(`\b\p{Lu}[\p{L}.-]*(?:\s\p{Lu}[\p{L}.-]*)?(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|straat|laan|plein|gracht|kade|singel|dijk)\s\d{1,4}\s?[a-z]?\b`),
	regexp.MustCompile(`(?i)\b(?:calle|c/|avenida|avda\.?|plaza|paseo|rua|travessa|via|viale|piazza|corso|ulica|ul\.|aleja|al\.)\s(?:[\p{L}'’.-]+\s?){1,4},?\s?(?:n[.º°o]*\s?)?\d{1,4}[a-z]?\b`),
	regexp.MustCompile(`(?i)\b\d{1,4}(?:\s?(?:bis|ter))?,?\s(?:rue|avenue|boulevard|place|chemin|allée|impasse|quai)\s(?:(?:de|du|des|la|le|les|l['’])\s?)*[\p{L}'’-]+(?:[\s-]\p{Lu}[\p{L}'’-]+)*`),
	regexp.MustCompile(`(?:\p{Lu}\p{L}*\s){1,3}(?i:sokak|sok\.|sokağı|caddesi|cad\.|mahallesi|mah\.)(?:\s?(?i:no:?)\s?\d{1,4})?`),
	regexp.MustCompile(`\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b|\b\d{4}\s?[A-Z]{2}\b(?:\s\p{Lu}\p{L}+)?|\b\d{5}\s\p{Lu}\p{L}{2,}\b|\b\d{2}-\d{3}\s\p{Lu}\p{L}{2,}\b`),
}

// noAddress are words that no address has: "20 minutes on the way".
var noAddress = words(`the my your our this that on in a an to for from by minutes minute hours hour days day people times weeks is are was were`)

// masked is the conversation with who is in it hidden, and what puts it back.
func (c *Copilot) masked(contact handover.Contact, talk []handover.Message) (*mask, []handover.Message) {
	v := &mask{}
	if !c.o.MaskNames {
		return v, talk
	}
	v.name(contact.Name)
	for _, m := range talk {
		if m.From == handover.FromAgent {
			v.name(m.Agent.Title)
			v.name(m.Agent.Name)
		}
	}
	for _, m := range talk {
		if m.From != handover.FromCustomer {
			continue
		}
		for _, at := range emails(m.Text) {
			v.add("email", m.Text[at[0]:at[1]])
		}
		for _, p := range addresses {
			for _, found := range p.FindAllString(m.Text, -1) {
				if !slices.ContainsFunc(strings.Fields(found), func(w string) bool { return noAddress[w] }) {
					v.add("address", strings.TrimSpace(found))
				}
			}
		}
		for _, p := range introduced {
			for _, found := range p.FindAllStringSubmatch(m.Text, -1) {
				if first, _, _ := strings.Cut(strings.ToLower(found[1]), " "); !noName[first] {
					v.name(found[1])
				}
			}
		}
	}
	out := slices.Clone(talk)
	for i := range out {
		out[i].Text = v.hide(out[i].Text)
	}
	return v, out
}

// shownToTeam is what a draft or a brief may have: mail addresses stay hidden in the team's channel.
var shownToTeam = []string{"name", "address"}

// name hides a name, and each of its words by itself.
func (v *mask) name(name string) {
	name = strings.Join(strings.Fields(name), " ")
	if len(name) < 2 || strings.ContainsAny(name, "@0123456789") {
		return
	}
	v.add("name", name)
	if parts := strings.Fields(name); len(parts) > 1 {
		for _, p := range parts {
			if r := []rune(p); len(r) >= 3 && strings.ToUpper(string(r[:1])) == string(r[:1]) {
				v.add("name", p)
			}
		}
	}
}

func (v *mask) add(kind, text string) {
	n := 1
	for _, h := range v.hidden {
		if strings.EqualFold(h.text, text) {
			return
		}
		if h.kind == kind {
			n++
		}
	}
	v.hidden = append(v.hidden, hidden{kind, text, fmt.Sprintf("[%s %d]", kind, n), regexp.MustCompile(`(?i)(^|[^\p{L}\p{N}])` + regexp.QuoteMeta(text) + `($|[^\p{L}\p{N}])`)})
}

// hide replaces what is hidden in a text, the longest first.
func (v *mask) hide(text string) string {
	for _, h := range slices.SortedStableFunc(slices.Values(v.hidden), func(a, b hidden) int { return len(b.text) - len(a.text) }) {
		for range 2 { // two in a row share what stands between
			text = h.find.ReplaceAllString(text, "${1}"+h.place+"${2}")
		}
	}
	return text
}

// lift puts back what is hidden of the kinds; who reads it may read those.
func (v *mask) lift(text string, kinds ...string) string {
	for _, h := range v.hidden {
		if slices.Contains(kinds, h.kind) {
			text = strings.ReplaceAll(text, h.place, h.text)
		} else {
			text = strings.ReplaceAll(text, h.place, "["+h.kind+"]")
		}
	}
	return text
}
