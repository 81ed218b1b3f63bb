package copilot

import (
	"embed"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// phraseFiles are what people say that is no question for the knowledge base, a file a language.
//
//go:embed phrases/*.txt
var phraseFiles embed.FS

// class is what a phrase says.
type class uint32

// The classes of the files.
const (
	sayHello class = 1 << iota
	sayThanks
	sayBye
	sayOK
	sayPraise // that helped
	sayFiller // says nothing by itself
	saySolved // the customer no longer needs anybody
	sayNever  // never mind, cancel
	sayYes
	sayNo
	sayLater
	sayBot   // asks what we are
	sayWhat  // asks what we can do
	saySpeak // asks for a language
	sayWrong // that is not what I asked
	sayMeant // I meant …
	sayInsult
	sayThreat
	sayFedUp
	sayInsist
	sayNobody // nobody answers
)

var classes = map[string]class{
	"hello": sayHello, "thanks": sayThanks, "bye": sayBye, "ok": sayOK, "praise": sayPraise, "filler": sayFiller, "solved": saySolved, "never": sayNever, "yes": sayYes, "no": sayNo, "later": sayLater,
	"bot": sayBot, "what": sayWhat, "speak": saySpeak, "wrong": sayWrong, "meant": sayMeant, "insult": sayInsult, "threat": sayThreat, "fedup": sayFedUp, "insist": sayInsist, "nobody": sayNobody,
}

// What answers what.
const (
	courtesies = sayHello | sayThanks | sayBye | sayOK | sayPraise | sayYes | sayNo
	aboutBot   = sayBot | sayWhat | saySpeak
)

// An instruction of the machine that all phrases make together: it runs over the characters of a text, all its phrases at once, in time that grows with
// the text alone.
type instruction struct {
	char rune // opChar's
	op   uint8
	x, y int32 // where it goes on; opMatch: class and language
}

const (
	opChar  uint8 = iota
	opSpace       // none or one
	opSplit
	opMatch
)

type phrasebook struct {
	code   []instruction
	starts map[[3]rune][]int32 // by the first three characters; behind a space, spaces
	names  []string            // of the languages
}

var phrases = sync.OnceValue(func() *phrasebook {
	b := &phrasebook{starts: map[[3]rune][]int32{}}
	files, _ := phraseFiles.ReadDir("phrases")
	for _, f := range files {
		text, _ := phraseFiles.ReadFile("phrases/" + f.Name())
		b.names = append(b.names, strings.TrimSuffix(path.Base(f.Name()), ".txt"))
		for line := range strings.Lines(string(text)) {
			name, list, ok := strings.Cut(line, ":")
			if !ok || classes[name] == 0 {
				continue
			}
			for _, template := range templatesOf(list) {
				b.add(template, classes[name], len(b.names)-1)
			}
		}
	}
	return b
})

// templatesOf splits a list at the commas that are in no choice.
func templatesOf(list string) []string {
	var out []string
	depth, from := 0, 0
	for i, r := range list {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out, from = append(out, list[from:i]), i+1
			}
		}
	}
	return append(out, list[from:])
}

func (b *phrasebook) emit(i instruction) int32 {
	b.code = append(b.code, i)
	return int32(len(b.code) - 1)
}

// add compiles a template backwards: each part knows where it goes on.
func (b *phrasebook) add(template string, c class, language int) {
	template = strings.Join(strings.Fields(template), " ")
	if template == "" {
		return
	}
	end := b.emit(instruction{op: opMatch, x: int32(c), y: int32(language)})
	start := b.sequence([]rune(template), end)
	seen := map[[3]rune]bool{}
	b.first(start, map[int32]bool{}, func(r rune, next int32) {
		b.first(next, map[int32]bool{}, func(second rune, next int32) {
			b.first(next, map[int32]bool{}, func(third rune, _ int32) {
				if key := beginsWith(r, second, third); !seen[key] {
					seen[key] = true
					b.starts[key] = append(b.starts[key], start)
				}
			})
		})
	})
}

// beginsWith is what phrases are looked up by.
func beginsWith(first, second, third rune) [3]rune {
	if second == ' ' {
		third = ' '
	}
	return [3]rune{first, second, third}
}

// sequence compiles a template that goes on at next, and returns where it starts.
func (b *phrasebook) sequence(t []rune, next int32) int32 {
	optional := false // "(a )?b": what stands before a question mark may be left out
	for i := len(t) - 1; i >= 0; i-- {
		without := next
		switch r := t[i]; r {
		case '?':
			optional = true
			continue
		case ')':
			open, depth := i, 0
			for ; open >= 0; open-- {
				if t[open] == ')' {
					depth++
				} else if t[open] == '(' {
					if depth--; depth == 0 {
						break
					}
				}
			}
			next = b.choice(t[open+1:i], next)
			i = open
		case ' ':
			next = b.emit(instruction{op: opSpace, x: next})
		case '\'', '*', '’':
		default:
			if plain := plainRune(r); plain != 0 {
				next = b.emit(instruction{op: opChar, char: plain, x: next})
			} else {
				for _, x := range slices.Backward([]rune(foldRune(r))) {
					next = b.emit(instruction{op: opChar, char: x, x: next})
				}
			}
		}
		if optional {
			next, optional = b.emit(instruction{op: opSplit, x: next, y: without}), false
		}
	}
	return next
}

func (b *phrasebook) choice(t []rune, next int32) int32 {
	at := int32(-1)
	depth, from := 0, 0
	add := func(part []rune) {
		s := b.sequence(part, next)
		if at < 0 {
			at = s
		} else {
			at = b.emit(instruction{op: opSplit, x: at, y: s})
		}
	}
	for i, r := range t {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth == 0 {
				add(t[from:i])
				from = i + 1
			}
		}
	}
	add(t[from:])
	return at
}

// first calls with every character that may come first, and where it leads; a space stands for the end as well.
func (b *phrasebook) first(at int32, seen map[int32]bool, with func(r rune, next int32)) {
	if seen[at] {
		return
	}
	seen[at] = true
	switch i := b.code[at]; i.op {
	case opChar:
		with(i.char, i.x)
	case opMatch:
		with(' ', at)
	case opSpace:
		with(' ', i.x)
		b.first(i.x, seen, with)
	case opSplit:
		b.first(i.x, seen, with)
		b.first(i.y, seen, with)
	}
}

// A found phrase.
type found struct {
	class    class
	spoken   uint32 // the languages that have it, a bit each
	from, to int    // in runes of the folded text
}

// folded is a text as phrases are compared with: lower case, no accents, single spaces for all that is neither letter nor digit, no apostrophes, letters that
// are repeated more than twice once.
func folded(text string) []rune {
	out := make([]rune, 0, len(text))
	var last rune
	run := 0
	for _, r := range elided.ReplaceAllString(strings.ToLower(text), "$1 $2") {
		if r == '\'' || r == '’' || r == '`' || unicode.Is(unicode.Mn, r) && (r < 0x370 || r >= 0xfe00 && r < 0xfe10) { // accents, and what chooses an emoji's look
			continue
		}
		if unicode.Is(unicode.Mn, r) && r >= 0x600 && r < 0x700 || r == 'ـ' { // Arabic's vowel signs, and its stretching
			continue
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Mc, r) {
			r = ' '
		}
		if r == last {
			run++
		} else {
			run = 1
		}
		last = r
		if r == ' ' {
			if len(out) > 0 && out[len(out)-1] != ' ' {
				out = append(out, ' ')
			}
			continue
		}
		if run > 2 && !unicode.IsDigit(r) {
			if run == 3 { // the second goes as well: "heyyy", "sooo"
				out = out[:len(out)-1]
			}
			continue
		}
		if p := plainRune(r); p != 0 {
			out = append(out, p)
		} else {
			out = append(out, []rune(foldRune(r))...)
		}
	}
	if n := len(out); n > 0 && out[n-1] == ' ' {
		out = out[:n-1]
	}
	return out
}

// elided is where an apostrophe stands between two words, as in French and Italian: "l'adresse", but not "I'll".
var elided = regexp.MustCompile(`(\b[a-z]|qu)['’]([aeiouhyàâéèêîôû])`)

// plainRune is a letter without its accent; 0 when it becomes two.
func plainRune(r rune) rune {
	if r < 0x80 {
		return r
	}
	s := foldRune(r)
	p, n := utf8.DecodeRuneInString(s)
	if n == len(s) {
		return p
	}
	return 0
}

func foldRune(r rune) string {
	if s, ok := unmarked[r]; ok {
		return s
	}
	return string(r)
}

var unmarked = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'œ': "oe", 'æ': "ae", 'ı': "i", 'ł': "l", 'ø': "o", 'أ': "ا", 'إ': "ا", 'آ': "ا", 'ى': "ي", 'ؤ': "و", 'ئ': "ي"}
	for to, from := range map[string]string{"a": "áàâäãåą", "c": "çćč", "e": "éèêëęě", "i": "íìîï", "n": "ñńň", "o": "óòôöõő", "r": "ř", "s": "śšş", "t": "ť", "u": "úùûüůű", "y": "ýÿ", "z": "źżž", "g": "ğ"} {
		for _, r := range from {
			m[r] = to
		}
	}
	return m
}()

// mostPhrased is how much of a text is looked at for phrases, in characters: from its beginning, and from its end.
const mostPhrased = 400

// run is one search's memory: it is as long as the machine, and used again.
type run struct {
	mark       []uint32
	generation uint32
	now, next  []int32
	ends       []found
}

var runs = sync.Pool{New: func() any { return &run{mark: make([]uint32, len(phrases().code))} }}

// find calls with each phrase of a folded text: of each class and set of languages, the longest at each word.
func (b *phrasebook) find(text []rune, with func(found)) {
	r := runs.Get().(*run)
	defer runs.Put(r)
	for from := range text {
		if from > 0 && text[from-1] != ' ' || text[from] == ' ' {
			continue
		}
		r.now, r.ends = r.now[:0], r.ends[:0]
		r.generation++
		next := [3]rune{' ', ' ', ' '}
		copy(next[:], text[from:])
		for _, s := range b.starts[beginsWith(next[0], next[1], next[2])] {
			r.now = b.follow(r, r.now, s, text, from, from)
		}
		for pos := from; pos < len(text) && len(r.now) > 0; pos++ {
			r.next = r.next[:0]
			r.generation++
			for _, at := range r.now {
				i := b.code[at]
				if i.op == opChar && i.char == text[pos] || i.op == opSpace && text[pos] == ' ' {
					r.next = b.follow(r, r.next, i.x, text, from, pos+1)
				}
			}
			r.now, r.next = r.next, r.now
		}
		for _, x := range r.ends {
			with(x)
		}
	}
}

// follow adds to a list where the machine may stand at a place, and notes what ends there.
func (b *phrasebook) follow(r *run, list []int32, at int32, text []rune, from, pos int) []int32 {
	if r.mark[at] == r.generation {
		return list
	}
	r.mark[at] = r.generation
	switch i := b.code[at]; i.op {
	case opSplit:
		return b.follow(r, b.follow(r, list, i.x, text, from, pos), i.y, text, from, pos)
	case opSpace:
		list = b.follow(r, list, i.x, text, from, pos)
		if pos < len(text) && text[pos] == ' ' {
			list = append(list, at)
		}
	case opMatch:
		if pos == from || pos < len(text) && text[pos] != ' ' && text[pos-1] != ' ' {
			return list
		}
		end := pos
		if text[pos-1] == ' ' {
			end--
		}
		x := found{class: class(i.x), spoken: 1 << i.y, from: from, to: end}
		for j := range r.ends { // a longer one takes its place
			if r.ends[j].class == x.class && r.ends[j].spoken == x.spoken {
				r.ends[j] = x
				return list
			}
		}
		r.ends = append(r.ends, x)
	default:
		return append(list, at)
	}
	return list
}

// has is whether a language is among those of a set.
func (b *phrasebook) has(spoken uint32, language string) bool {
	i := slices.Index(b.names, language)
	return i >= 0 && spoken&(1<<i) != 0
}
