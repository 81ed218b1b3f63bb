package knowledge

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
)

// An item is a word of a passage as it is compared with.
type item struct {
	word, stem string
	concepts   []uint16
	phrased    bool  // its concepts are of phrases that it is a part of: by itself it says less
	vector     int32 // -1: none
	outline    outline
}

// A unit is a word or a phrase of a question that says something.
type unit struct {
	item
	weight float64           // how much it says by itself, 0…1
	alone  []uint16          // the concepts of a phrase's word without the phrase, which an article in another language may not have
	stems  map[string]string // in each language that passages are in
}

// reading is a section made ready to be compared with.
type reading struct {
	language    string
	title, head []*item
	pieces      []Piece
	items       [][]*item // of each piece, its table's heading row among them
	texts       []string  // of each piece, its table's heading row among them
	asks        kind      // what its heading asks for or is about

	mu     sync.Mutex
	looked kind   // the kinds that were looked for
	shows  []kind // of each piece, what of them it shows
}

// mostPieces of a section are compared, and mostPieceWords words of each: what a page has more is found by words and vectors alone.
const (
	mostPieces     = 120
	mostPieceWords = 60
)

// lexeme is what is known of a word by itself.
type lexeme struct {
	stem    string
	stopped bool
	vector  int32 // -1: none
	outline outline
	parts   []uint16 // the concepts of a compound's parts
	entered entered  // in the thesaurus of its language
}

// lexemes keeps the words of passages, a language each: a base has a few thousand. When it has too many it forgets all.
var lexemes struct {
	mu   sync.RWMutex
	kept map[string]map[string]lexeme
	n    int
}

const mostLexemes = 20_000

func lexemesOf(language string, words []string) []lexeme {
	out := make([]lexeme, len(words))
	var fresh []int
	lexemes.mu.RLock()
	of := lexemes.kept[language]
	for i, w := range words {
		x, ok := of[w]
		if out[i] = x; !ok {
			fresh = append(fresh, i)
		}
	}
	lexemes.mu.RUnlock()
	if len(fresh) == 0 {
		return out
	}
	for _, i := range fresh {
		words[i] = strings.Clone(words[i]) // a stem is a part of its word, and a word of its text, which is not kept
		x := lexeme{stem: root(language, words[i]), stopped: stopped(language, words[i]), vector: -1}
		if language == "en" {
			x.vector = vectors().find(words[i])
			x.outline = vectors().outline(x.vector)
		}
		x.parts, x.entered = thesaurusOf(language).parts(words[i]), thesaurusOf(language).entered(x.stem)
		out[i] = x
	}
	lexemes.mu.Lock()
	defer lexemes.mu.Unlock()
	if lexemes.kept == nil || lexemes.n > mostLexemes {
		lexemes.kept, lexemes.n = map[string]map[string]lexeme{}, 0
	}
	if lexemes.kept[language] == nil {
		lexemes.kept[language] = map[string]lexeme{}
	}
	for _, i := range fresh {
		lexemes.kept[language][words[i]] = out[i]
	}
	lexemes.n += len(fresh)
	return out
}

// items keeps each word of passages once, however many have it: a question is compared with it once then, and a section takes little. When it has too many it
// forgets all, and what was read before keeps its own.
var items struct {
	mu   sync.RWMutex
	kept map[itemKey]*item
}

// An itemKey is all that an item is made of.
type itemKey struct {
	language, word, concepts string
	phrased                  bool
}

const mostItems = 60_000

// kept is the one item that is like this one.
func (x item) kept(language string) *item {
	concepts := make([]byte, 0, 16)
	for _, c := range x.concepts {
		concepts = append(concepts, byte(c), byte(c>>8))
	}
	key := itemKey{language, x.word, string(concepts), x.phrased}
	items.mu.RLock()
	known := items.kept[key]
	items.mu.RUnlock()
	if known != nil {
		return known
	}
	items.mu.Lock()
	defer items.mu.Unlock()
	if known = items.kept[key]; known != nil {
		return known
	}
	if items.kept == nil || len(items.kept) >= mostItems {
		items.kept = map[itemKey]*item{}
	}
	key.word = strings.Clone(x.word) // the text that it is a part of is not kept
	x.word = key.word
	items.kept[key] = &x
	return &x
}

// itemsOf are the content words of a text, with the concepts that it mentions.
func itemsOf(language, text string) []*item {
	words := tokens(text)
	if len(words) > mostPieceWords {
		words = words[:mostPieceWords]
	}
	known, stems, entries := lexemesOf(language, words), make([]string, len(words)), make([]entered, len(words))
	for i := range words {
		stems[i], entries[i] = known[i].stem, known[i].entered
	}
	concepts := make([][]uint16, len(words))
	var loose []uint16 // of phrases without a content word
	phrased := make([]bool, len(words))
	for _, m := range thesaurusOf(language).among(stems, entries) {
		bare, content := true, 0
		for i := m.from; i < m.to; i++ {
			if !known[i].stopped {
				content++
			}
		}
		for i := m.from; i < m.to; i++ {
			if !known[i].stopped {
				bare = false
				phrased[i] = phrased[i] || content > 1
				if !slices.Contains(concepts[i], m.concept) {
					concepts[i] = append(concepts[i], m.concept)
				}
			}
		}
		if bare && !slices.Contains(loose, m.concept) {
			loose = append(loose, m.concept)
		}
	}
	out := make([]*item, 0, len(words))
	for i, w := range words {
		if !known[i].stopped {
			if len(concepts[i]) == 0 {
				concepts[i] = known[i].parts
			}
			x := item{word: w, stem: stems[i], concepts: concepts[i], phrased: phrased[i], vector: known[i].vector, outline: known[i].outline}
			out = append(out, x.kept(language))
		}
	}
	if len(loose) > 0 {
		out = append(out, item{concepts: loose, vector: -1}.kept(language))
	}
	return out
}

// read makes a section ready; text is all of it or, of a long one, its nearest window.
func read(language, title, heading, text string) *reading {
	r := &reading{language: language, title: itemsOf(language, title), head: itemsOf(language, heading), pieces: Pieces(text)}
	if len(r.head) == 0 {
		r.head, r.title, heading = r.title, nil, title
	}
	for _, k := range wanted(language, tokens(heading)) {
		r.asks |= k
	}
	r.pieces = r.pieces[:min(len(r.pieces), mostPieces)]
	for _, p := range r.pieces {
		s := text[p.Start:p.End]
		items := itemsOf(language, s)
		if p.Row {
			head := text[p.Head[0]:p.Head[1]]
			items = append(items, itemsOf(language, head)...)
			s = head + "\n" + s
		}
		r.items, r.texts = append(r.items, items), append(r.texts, s)
	}
	return r
}

// asked is a question made ready.
type asked struct {
	units []unit
	wants []kind // each of which any of its kinds will do for
	kind  kind   // all of them
}

// askedOf reads a question: in its own language or, where nothing tells that, the articles' usual one.
func askedOf(question string, languages []string) *asked {
	usual := ""
	if len(languages) > 0 {
		usual = languages[0]
	}
	own := LanguageAmong(question, usual)
	if usual == "" {
		usual = cmp.Or(own, "en")
	}
	words := tokens(question)
	words = words[:min(len(words), maxTerms)]
	if own == "" {
		own = speaks(words, usual, possible(question, usual))
	}
	concepts, phrased, said := make([][]uint16, len(words)), make([]bool, len(words)), make([]bool, len(words))
	var loose []uint16
	q := &asked{}
	content := func(w string) bool { return !stopped(own, w) && (own == usual || !stopped(usual, w)) }
	for _, l := range slices.Compact([]string{own, usual}) {
		mentions := thesaurusOf(l).mentions
		if l == own {
			mentions = thesaurusOf(l).meant
		}
		for _, m := range mentions(words) {
			n := 0
			for i := m.from; i < m.to; i++ {
				if content(words[i]) {
					n++
				}
			}
			for i := m.from; i < m.to; i++ {
				if content(words[i]) {
					phrased[i], said[i] = phrased[i] || n > 1, said[i] || m.to-m.from > 1
					if !slices.Contains(concepts[i], m.concept) {
						concepts[i] = append(concepts[i], m.concept)
					}
				}
			}
			if n == 0 && m.to-m.from > 1 && !slices.Contains(loose, m.concept) {
				loose = append(loose, m.concept)
			}
		}
	}
	q.wants = wanted(own, words)
	if usual != own {
		q.wants = append(q.wants, wanted(usual, words)...)
	}
	for _, k := range q.wants {
		q.kind |= k
	}
	seen := map[string]bool{}
	for i, w := range words {
		if !content(w) || seen[w] {
			continue
		}
		seen[w] = true
		if len(concepts[i]) == 0 {
			concepts[i] = thesaurusOf(own).parts(w)
		}
		u := unit{item: item{word: w, concepts: concepts[i], phrased: phrased[i], vector: -1}, weight: 0.8, stems: map[string]string{}}
		if rare, ok := rarity(own, w); ok && own != "en" {
			u.weight = 0.25 + 0.75*rare
		}
		if own == "en" {
			if u.vector = vectors().find(w); u.vector >= 0 {
				u.outline = vectors().outline(u.vector)
				u.weight = 0.25 + 0.75*vectors().rarity(u.vector)
			}
		}
		if numeral(w) {
			u.weight = min(u.weight, numeralWeight)
		}
		if u.phrased && own != usual {
			u.alone = thesaurusOf(own).single(w)
		}
		q.units = append(q.units, u)
	}
	if len(q.units) == 1 { // "when does it arrive" says no more than its phrase does
		i := slices.Index(words, q.units[0].word)
		q.units[0].phrased = i >= 0 && said[i]
	}
	q.lighten(own)
	for _, c := range loose {
		q.units = append(q.units, unit{item: item{concepts: []uint16{c}, vector: -1}, weight: 0.5, stems: map[string]string{}})
	}
	return q
}

// What a word weighs that says little of what is asked, and a number, which an article with a limit or a price seldom has itself.
const (
	lightWeight   = 0.1
	numeralWeight = 0.4
)

// lighten takes weight from the words that say little: all that name nothing, and those that only help others to name it, as "until" in "until what hour".
func (q *asked) lighten(language string) {
	var by []uint16 // what words that say something name
	for _, u := range q.units {
		if !light(language, u.word) {
			by = append(by, u.concepts...)
		}
	}
	for i := range q.units {
		u := &q.units[i]
		if !light(language, u.word) {
			continue
		}
		most := lightWeight
		if slices.ContainsFunc(u.concepts, func(c uint16) bool { return !slices.Contains(by, c) }) {
			most, by = 0.5, append(by, u.concepts...)
		}
		u.weight = min(u.weight, most)
	}
}

func numeral(w string) bool { return strings.Trim(w, "0123456789.,:") == "" }

// speaks is the language whose concepts most of the words name, of those that they may be in: the usual one unless another has more. A thesaurus takes some
// megabytes and a tenth of a second when it is first asked, so that those are not asked which the letters speak against.
func speaks(words []string, usual string, possible []string) string {
	best, most := usual, named(words, usual)
	if 2*most >= len(words) {
		return usual
	}
	for _, l := range possible {
		if n := named(words, l); n > most {
			best, most = l, n
		}
	}
	return best
}

// named is how many of the words name a concept of a language.
func named(words []string, language string) (n int) {
	in := make([]bool, len(words))
	for _, m := range thesaurusOf(language).mentions(words) {
		for i := m.from; i < m.to; i++ {
			in[i] = true
		}
	}
	for _, x := range in {
		if x {
			n++
		}
	}
	return n
}

func (u *unit) in(language string) string {
	s, ok := u.stems[language]
	if !ok && u.word != "" {
		s = root(language, u.word)
		u.stems[language] = s
	}
	return s
}

// likeness of a unit, whose stem is s in the passage's language, and a word, 0…1: hard by the word itself, its stem, a typing error or a part of a compound; soft by concept or vector.
func likeness(u *unit, s string, x *item, language string, typos bool) (hard, soft float64) {
	both := 0
	for _, c := range u.concepts {
		if slices.Contains(x.concepts, c) {
			both++
		}
	}
	shared := both > 0
	if s != "" && x.stem != "" {
		switch {
		case s == x.stem && (u.phrased || x.phrased) && !shared:
			return 0.5, 0.5 // "credit card" and "gift card"
		case s == x.stem && u.phrased && !x.phrased && len(u.concepts) > 1:
			hard = 0.7 // "will my order arrive" is not "my plant arrived damaged"
		case s == x.stem:
			return 1, 1
		case typos && nearly(u.word, x.word):
			hard = 0.85
		default:
			hard = compound(s, x.stem, language)
		}
	}
	soft = hard
	if shared {
		soft = max(soft, 0.5+0.35*float64(both)/math.Sqrt(float64(len(u.concepts)*len(x.concepts)))) // a word of many meanings says less
	}
	if soft < 0.7 && slices.ContainsFunc(u.alone, func(c uint16) bool { return slices.Contains(x.concepts, c) }) {
		soft = 0.7 // "per Rechnung zahlen", and an article about invoices
	}
	if soft < 0.75 && u.vector >= 0 && x.vector >= 0 && u.outline.near(x.outline) {
		soft = max(soft, min(0.75, max(0, (vectors().cosine(u.vector, x.vector)-0.3)*1.3)))
	}
	return hard, soft
}

// joining are the languages that write compounds as one word.
var joining = map[string]bool{"de": true, "nl": true, "sv": true, "da": true, "no": true, "fi": true, "hu": true, "tr": true, "pl": true, "ar": true}

// compound is how much of the longer of two words the shorter is, where it begins or ends it.
func compound(a, b, language string) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 4 || a == b || a[0] != b[0] && a[len(a)-1] != b[len(b)-1] {
		return 0
	}
	if joining[language] && (strings.HasPrefix(b, a) || strings.HasSuffix(b, a)) {
		return 0.5 + 0.35*float64(len(a))/float64(len(b))
	}
	n := 0
	for n < len(a) && a[n] == b[n] {
		n++
	}
	if n >= 5 && 10*n >= 7*len(b) {
		return 0.7
	}
	return 0
}

// nearly is whether two words are one but for a typing error: one in four to seven letters, two in more; two neighbours that changed
// places are one.
func nearly(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	most := 0
	switch n := len(x); {
	case n >= 8:
		most = 2
	case n >= 4:
		most = 1
	}
	if most == 0 || len(y)-len(x) > most || x[0] != y[0] && most < 2 {
		return false
	}
	rows := [3][32]int{}
	if len(y) >= 32 {
		return false
	}
	for j := range len(y) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur, last, older := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			cur[j] = min(last[j]+1, cur[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cur[j] = min(cur[j], older[j-2]+1)
			}
		}
	}
	return rows[len(x)%3][len(y)] <= most
}

// Signs are how many signs say how well a passage answers a question.
const Signs = 25

// matched is what a section's words say to a question's units.
type matched struct {
	head, any, hard []float64   // of each unit: the greatest likeness in title and heading, anywhere, and anywhere by the word itself
	pieces          [][]float64 // of each piece and unit
	headHit         float64     // how much of the heading the question has, 0…1
	titleHit        float64
}

// A likening is how like one of a question's units a word is.
type likening struct {
	unit       int
	hard, soft float64
}

// likenings are those of the words that were compared so far; most are like none. They are used again, question after question.
type likenings struct {
	of  map[*item][2]int // from and to in all
	all []likening
}

var likeningsPool = sync.Pool{New: func() any { return &likenings{of: map[*item][2]int{}} }}

func (l *likenings) forget() {
	clear(l.of)
	l.all = l.all[:0]
}

func (q *asked) match(r *reading, typos []bool, known *likenings) matched {
	m := matched{head: make([]float64, len(q.units)), any: make([]float64, len(q.units)), hard: make([]float64, len(q.units)), pieces: make([][]float64, len(r.items))}
	stems := make([]string, len(q.units))
	for u := range q.units {
		stems[u] = q.units[u].in(r.language)
	}
	to := func(x *item) []likening {
		at, ok := known.of[x]
		if !ok {
			at[0] = len(known.all)
			for u := range q.units {
				if hard, soft := likeness(&q.units[u], stems[u], x, r.language, typos[u]); soft > 0 {
					known.all = append(known.all, likening{u, hard, soft})
				}
			}
			at[1] = len(known.all)
			known.of[x] = at
		}
		return known.all[at[0]:at[1]]
	}
	named := func(words []*item) float64 {
		sum := 0.0
		for _, x := range words {
			best := 0.0
			for _, l := range to(x) {
				u := l.unit
				m.head[u], m.any[u], m.hard[u] = max(m.head[u], l.soft), max(m.any[u], l.soft), max(m.hard[u], l.hard)
				best = max(best, l.soft)
			}
			sum += best
		}
		return sum / float64(max(1, len(words)))
	}
	m.headHit, m.titleHit = named(r.head), named(r.title)
	rows := make([]float64, len(r.items)*len(q.units))
	for p, piece := range r.items {
		row := rows[p*len(q.units) : (p+1)*len(q.units)]
		for _, x := range piece {
			for _, l := range to(x) {
				u := l.unit
				row[u], m.any[u], m.hard[u] = max(row[u], l.soft), max(m.any[u], l.soft), max(m.hard[u], l.hard)
			}
		}
		m.pieces[p] = row
	}
	return m
}

// compare gives each passage its signs, its best piece, and what the question's units weigh among them.
func (q *asked) compare(passages []Passage, readings []*reading) {
	n := len(passages)
	typos := make([]bool, len(q.units))
	for u := range q.units {
		typos[u] = q.units[u].vector < 0 && q.units[u].word != ""
		for _, r := range readings {
			typos[u] = typos[u] && !r.has(&q.units[u])
		}
	}
	all := make([]matched, n)
	found := make([]float64, len(q.units))
	for _, r := range readings { // the stems are made before several look at them
		for u := range q.units {
			q.units[u].in(r.language)
		}
	}
	together(n, func(share iter.Seq[int]) {
		known := likeningsPool.Get().(*likenings)
		defer func() {
			known.forget() // it keeps no word that the readings have let go
			likeningsPool.Put(known)
		}()
		for i := range share {
			all[i] = q.match(readings[i], typos, known)
			if q.kind != 0 {
				readings[i].showing(q.kind) // kept: looking for it is what takes longest
			}
		}
	})
	for i := range readings {
		for u, x := range all[i].any {
			if x >= 0.5 {
				found[u]++
			}
		}
	}
	weights := make([]float64, len(q.units))
	var plain, total, nowhere float64
	for u := range q.units {
		idf := math.Log((float64(n)+1)/(found[u]+0.5)) / math.Log(float64(n)+2)
		weights[u] = q.units[u].weight * (0.25 + 0.75*min(1, max(0, idf)))
		plain += q.units[u].weight
		total += weights[u]
		if found[u] == 0 {
			nowhere += q.units[u].weight
		}
	}
	var most float64
	for _, p := range passages {
		most = max(most, p.BM25)
	}
	for i := range passages {
		passages[i].Signs, passages[i].Best = q.signs(&passages[i].Hit, readings[i], all[i], weights, plain, total)
		s := &passages[i].Signs
		s[10] = passages[i].BM25 / max(most, 1e-9)
		s[13] = passages[i].Attain
		s[18], s[19] = nowhere/max(plain, 1e-9), math.Log1p(float64(len(q.units)))
	}
}

// has is whether a word of the section is the unit's, by its stem.
func (r *reading) has(u *unit) bool {
	s := u.in(r.language)
	is := func(x *item) bool { return x.stem == s }
	return slices.ContainsFunc(r.title, is) || slices.ContainsFunc(r.head, is) || slices.ContainsFunc(r.items, func(p []*item) bool { return slices.ContainsFunc(p, is) })
}

func (q *asked) signs(h *Hit, r *reading, m matched, weights []float64, plain, total float64) (s [Signs]float64, best Piece) {
	var soft, hard, telling, head, weakest, weakestTelling float64
	for u, w := range weights {
		soft += q.units[u].weight * m.any[u]
		hard += q.units[u].weight * m.hard[u]
		telling += w * m.any[u]
		head += w * m.head[u]
		weakest = max(weakest, q.units[u].weight*(1-m.any[u]))
		weakestTelling = max(weakestTelling, w*(1-m.any[u]))
	}
	at, most, bare := -1, -1.0, 0.0
	var all kind
	var shows []kind
	if q.kind != 0 {
		shows = r.showing(q.kind)
		for _, k := range shows {
			all |= k
		}
	}
	for p, row := range m.pieces {
		var together, alone float64
		for u, w := range weights {
			together += w * max(row[u], 0.6*m.head[u])
			alone += w * row[u]
		}
		if q.kind != 0 && shows[p] != 0 {
			alone += 0.15 * total
		}
		if together+0.5*alone > most {
			at, most, bare = p, together+0.5*alone, together
		}
	}
	plain, total = max(plain, 1e-9), max(total, 1e-9)
	s = [Signs]float64{1, soft / plain, hard / plain, telling / total, head / total, max(0, bare) / total, m.headHit, m.titleHit, 0, weakest, 0, h.Similarity, h.Naming, 0, weakestTelling, h.Coverage}
	if q.kind != 0 && at >= 0 {
		switch {
		case satisfied(q.wants, shows[at]):
			s[8] = 1
		case all != 0:
			s[8] = 0.3
		default:
			s[8] = -1
		}
	}
	if q.kind != 0 && r.asks != 0 { // the heading asks for the same, or for something else
		s[24] = -1
		if q.kind&r.asks != 0 {
			s[24] = 1
		}
	}
	if m.headHit > 0.99 && len(r.head) > 0 {
		s[16] = 1
	}
	if q.kind&(money|duration|clock) == duration && all&duration == 0 {
		s[17] = 1
	}
	s[20] = s[4] * s[6]          // the question and the heading say the same
	s[21] = s[3] * s[3]          // all that tells is there
	s[22] = s[2] * s[3]          //
	s[23] = max(0, 0.5-s[3]) * 2 // little that tells is there
	if at >= 0 {
		best = r.pieces[at]
	}
	return s, best
}

// Nearly is whether two words are one but for a typing error.
func Nearly(a, b string) bool { return nearly(a, b) }

// Known is whether a word is among the usual ones of English, the one language whose words we have.
func Known(word string) bool { return vectors().find(word) >= 0 }
