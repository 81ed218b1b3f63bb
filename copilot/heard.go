package copilot

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/deskbell/deskbell/internal/needle"
	"github.com/deskbell/deskbell/knowledge"
)

// heard is what a text says besides what it may ask.
type heard struct {
	all    class  // what it says anywhere
	only   class  // what it says when it says nothing else; 0: there is more in it
	spoken uint32 // the languages in which Only is said, a bit each
	first  class  // what it begins with
	agrees bool   // one of the phrases that make up only says yes, and not just that it was read
	emoji  bool   // it has no words at all
	words  int
	text   string
}

// mostCourteous is how many words a text may have that only says something.
const mostCourteous = 25

// hear reads a text.
func hear(text string) heard { return hears.of(text, func() heard { return listen(text) }) }

func listen(text string) heard {
	own := knowledge.Language(text)
	f := folded(knowledge.SpelledIn(text, own))
	if len(f) > 2*mostPhrased {
		f = slices.Concat(f[:mostPhrased], []rune(" "), f[len(f)-mostPhrased:])
	}
	s := heard{text: text, words: len(strings.Fields(string(f)))}
	if len(f) == 0 {
		s.emoji = strings.TrimSpace(text) != "" && !strings.ContainsAny(text, "?؟？")
		return s
	}
	f = mended(f)
	b := phrases()
	at := map[int]map[int]found{} // by where they begin and end; one that several classes have says all of them
	b.find(f, func(x found) {
		if x.class&strong != 0 && own != "" && own != "en" && !b.has(x.spoken, own) && !b.has(x.spoken, "en") || x.class&strong != 0 && own == "en" && !b.has(x.spoken, "en") {
			return // an insult in one language is a preposition in another
		}
		if at[x.from] == nil {
			at[x.from] = map[int]found{}
		}
		y := at[x.from][x.to]
		switch { // what is only a filler in one language may be the word itself in another
		case y.class&^sayFiller != 0 && x.class == sayFiller:
			x.spoken = y.spoken
		case y.class == 0 || y.class&^sayFiller != 0:
			x.spoken |= y.spoken
		}
		x.class |= y.class
		at[x.from][x.to] = x
		s.all |= x.class
		if x.from == 0 {
			s.first |= x.class
		}
	})
	if s.words <= mostCourteous {
		s.cover(f, at)
	}
	if t := string(f); s.only == 0 && s.words <= mostEither && eitherOr().MatchString(t) && !wantsOne.MatchString(t) {
		s.all, s.only = s.all&^sayInsist|sayBot, sayBot
		if i := slices.Index(b.names, own); i >= 0 {
			s.spoken = 1 << i
		}
	}
	return s
}

// mostEither is how many words a text may have that only asks what we are.
const mostEither = 14

// eitherOr is who asks which of two we are, a person or a machine, and wantsOne who says which they want.
var (
	eitherOr = sync.OnceValue(func() *needle.Regexp {
		const human, bot = `(?:humans?|person\w*|people|some(?:one|body)|mensch\w*|jemand|einer|personas?|humanos?|alguien|gente|quelqu un|qqn|humain\w*|pessoas?|alguem|qualcuno|umano|mens|iemand|ktos|czlowiek\w*|insan\w*|biri\w*|شخص|انسان|موظف|بشر|真人|人)`,
			`(?:bots?|robot\w*|roboter|machines?|maschine\w*|chatbots?|maquinas?|automat\w*|macchina|maszyn\w*|makine\w*|روبوت|اله|بوت|机器人|機器人|ボット|ロボット)`
		// What follows "or" is no more than the other of the two: a machine for one or for two people is something to buy.
		const or = `.{0,24}(?: (?:or|oder|o|u|ou|of|czy|yoksa|veya|ya|ولا|او|ام) (?:is |it |its |this |that |you |are |just |only |a |an |the |real |actual |ist |das |nur |bist |du |ein |eine |einen |einem |einer |ne |nem |n |es |eres |solo |un |una |uno |c |est |ce |juste |seulement |une |vrai |e |eh |so |um |uma |sei |solo |sono |dit |con |un ser |ser |doch |gercek |dun |dummer |echter |echte |richtiger |real |true |is |het |een |echt |gewoon |to |jest |tylko |bir |هو |هي |انت ){0,4}|还是|還是|それとも)`
		return needle.MustCompile(`(?:` + human + or + bot + `|` + bot + `.{0,6}` + or + human + `)(?: mi| misin\w*| here| there| just curious| right now| now| please| pls| real| de verdad| vera| vero| reale| eigentlich| eigenlijk| denn|吗|嗎|呢|啊|呀|ですか|なの|でしょうか|か)*$`)
	})
	wantsOne = regexp.MustCompile(`\b(?:want|need|prefer|rather|talk|speak|get|give|will|mochte|brauche?|sprech\w*|reden|quiero|necesito|habl\w*|veux|voudrais|besoin|parl\w*|quero|preciso|fal[ao]\w*|voglio|vorrei|wil|graag|spreken|chce|potrzebuje|rozmawia\w*|istiyorum|lazim|konus\w*)\b|اريد|ابغى|ابي|عايز|بدي|اتكلم|要|想|找`)
)

// covered is how a text up to a place can be said by phrases alone.
type covered struct {
	ok      bool
	classes class
	agrees  bool
	cost    int
	spoken  uint32
}

// strong are what is never only said.
const strong = sayInsult | sayThreat | sayFedUp | sayInsist | sayNobody | sayMeant

// acknowledges are words that say yes where nothing is said beside them, and with a thanks only that an answer was read.
var acknowledges = set(strings.Split("ok,okay,okey,okej,oki,oke,okee,k,kk,vale,venga,dale,bueno,bien,muy bien,perfecto,genial,d accord,dac,dacc,daccord,entendu,tres bien,parfait,super,top,ca marche,ca va,va bene,bene,ottimo,perfetto,"+
	"alles klar,klar soweit,passt,gut,sehr gut,prima,in ordnung,geht klar,perfekt,great,good,fine,perfect,cool,nice,alright,all right,right,got it,understood,goed,is goed,mooi,fijn,dobrze,w porzadku,spoko,tamam,peki,iyi,beleza,blz,ta bom,ta bem,esta bem,bom,certo entendi,entendi,حسنا,تمام,طيب,اوك,اوكي,好,好的", ","))

// cover looks whether phrases make up the whole text: as few as can be, and with as few fillers.
func (s *heard) cover(f []rune, at map[int]map[int]found) {
	best := make([]covered, len(f)+2)
	best[0] = covered{ok: true, spoken: ^uint32(0)}
	for i := range f {
		if !best[i].ok {
			continue
		}
		for _, to := range slices.Sorted(maps.Keys(at[i])) {
			x := at[i][to]
			says := x.class &^ (strong | sayFiller)
			if says == 0 && x.class&sayFiller == 0 {
				continue
			}
			if to < len(f) {
				to++ // the space
			}
			next := covered{ok: true, classes: best[i].classes | says, agrees: best[i].agrees || says&sayYes != 0 && (says&sayOK == 0 || !acknowledges[string(f[x.from:x.to])]), cost: best[i].cost + 2, spoken: best[i].spoken}
			if says == 0 {
				next.cost += 9 * len(strings.Fields(string(f[x.from:x.to])))
			} else {
				next.spoken &= x.spoken
			}
			if old := best[to]; !old.ok || next.cost < old.cost {
				best[to] = next
			}
		}
	}
	end := best[len(f)]
	if end.ok && end.classes != 0 {
		s.only, s.agrees = end.classes, end.agrees
		s.spoken = end.spoken
	}
}

// mended corrects typing errors in words that stand for themselves: a word that no language knows, and one letter of which makes it one of the
// usual courtesies.
func mended(f []rune) []rune {
	words := strings.Fields(string(f))
	if len(words) > mostCourteous {
		return f
	}
	changed := false
	for i, w := range words {
		if len(w) < 5 || usualWords()[w] || knowledge.Known(w) {
			continue
		}
		for _, u := range oftenMistyped {
			if knowledge.Nearly(w, u) {
				words[i], changed = u, true
				break
			}
		}
	}
	if !changed {
		return f
	}
	return []rune(strings.Join(words, " "))
}

// oftenMistyped are long words of the courtesies.
var oftenMistyped = strings.Fields("thanks thank goodbye hello perfect great danke dankeschon tschuss hallo gracias perfecto merci bonjour obrigado obrigada grazie bedankt dziekuje dzieki tesekkurler merhaba useless ridiculous solved cancel cancelar annuler sorry brilliant awesome cheers appreciate morning")

var usualWords = func() func() map[string]bool {
	m := set(oftenMistyped)
	return func() map[string]bool { return m }
}()

// language is the one in which it is said: usual, where that is one of them; "" when it may be any of several.
func (s heard) language(usual string) string {
	names := phrases().names
	found := ""
	for i, n := range names {
		if s.only == 0 || s.spoken&(1<<i) == 0 {
			continue
		}
		if n == usual {
			return n
		}
		if found != "" {
			found = "several"
		} else {
			found = n
		}
	}
	if found == "several" {
		return ""
	}
	return found
}

// clauses are the parts of a text that say something by themselves.
func clauses(text string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".,;:!?¿¡\n…。，、！？؟،–—", r) }) {
		if part = strings.TrimSpace(part); strings.ContainsFunc(part, unicode.IsLetter) {
			out = append(out, part)
		}
	}
	return out
}
