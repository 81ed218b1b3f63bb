package knowledge

import (
	_ "embed"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
)

// stemmers are by ISO 639-1. A language without one is searched by whole words and by vectors.
var stemmers = map[string]func(*snowballstem.Env) bool{
	"da": danish.Stem, "de": german.Stem, "en": english.Stem, "es": spanish.Stem, "fi": finnish.Stem, "fr": french.Stem, "hu": hungarian.Stem, "it": italian.Stem, "nl": dutch.Stem,
	"no": norwegian.Stem, "pt": portuguese.Stem, "ro": romanian.Stem, "ru": russian.Stem, "sv": swedish.Stem, "tr": turkish.Stem,
}

// spoken are the languages that detection chooses from.
var spoken = map[whatlanggo.Lang]bool{
	whatlanggo.Dan: true, whatlanggo.Deu: true, whatlanggo.Eng: true, whatlanggo.Spa: true, whatlanggo.Fin: true, whatlanggo.Fra: true, whatlanggo.Hun: true, whatlanggo.Ita: true, whatlanggo.Nld: true,
	whatlanggo.Nob: true, whatlanggo.Por: true, whatlanggo.Ron: true, whatlanggo.Rus: true, whatlanggo.Swe: true, whatlanggo.Tur: true, whatlanggo.Pol: true, whatlanggo.Ces: true, whatlanggo.Ukr: true,
	whatlanggo.Cmn: true, whatlanggo.Jpn: true, whatlanggo.Kor: true, whatlanggo.Arb: true, whatlanggo.Ell: true, whatlanggo.Heb: true,
}

// scripts are those that tell the language by themselves.
var scripts = []struct {
	table    *unicode.RangeTable
	language string
}{
	{unicode.Hiragana, "ja"}, {unicode.Katakana, "ja"}, {unicode.Hangul, "ko"}, {unicode.Thai, "th"}, {unicode.Arabic, "ar"}, {unicode.Hebrew, "he"}, {unicode.Greek, "el"}, {unicode.Devanagari, "hi"}, {unicode.Han, "zh"},
}

// learnt are the weights by which short texts in Latin letters are told apart, made by cmd/train: a byte for each language at each of LanguageSize features.
//
//go:embed languages.bin
var learnt []byte

// Languages that the weights tell apart, in the file's order.
var latin = []string{"en", "de", "es", "fr", "nl", "pt", "it", "pl", "tr", "hi"}

// What cmd/train needs to know of the weights, and how sure a language must be.
const (
	LanguageSize  = 1 << 15 // features
	LanguageScale = 6.0     // a weight is its byte, signed, over this
	sureOf        = 0.70    // how likely a language must be that a text is said to be in
	expectedAs    = 4       // how much likelier the expected language is by itself, and again for each word that a text has less than fewWords
	fewWords      = 4
	mostTold      = 4000 // bytes tell a language
	longEnough    = 12   // words that letter statistics over many more languages need
)

// UseLanguages takes other weights in place of those that ship; for cmd/train, which measures them.
func UseLanguages(weights []byte) {
	learnt = weights
	told.Lock()
	defer told.Unlock()
	told.kept = nil
}

// Latin are the languages that LanguageFeatures tell apart, for cmd/train.
func Latin() []string { return latin }

// LanguageFeatures are what tells a text's language: its words, and runs of one to four letters in them, each as a number below LanguageSize.
func LanguageFeatures(text string) []uint32 {
	var out []uint32
	add := func(kind byte, s string) {
		h := uint32(2166136261) ^ uint32(kind)
		for i := range len(s) {
			h = (h ^ uint32(s[i])) * 16777619
		}
		out = append(out, (h^h>>15)%LanguageSize)
	}
	list := tokens(text)
	for _, w := range list[:min(len(list), 60)] {
		add(1, w)
		r := []rune(" " + w + " ")
		r = r[:min(len(r), 24)]
		for n := 1; n <= 4; n++ {
			for i := 0; i+n <= len(r); i++ {
				add(2, string(r[i:i+n]))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// told is what was found of the last texts: a turn's language is asked for by each that reads it.
var told struct {
	sync.Mutex
	seed maphash.Seed
	kept map[uint64]tongue
}

const mostToldKept = 512

// tongue is what a text's letters say of its language.
type tongue struct {
	sure   string    // of a long text, where its letters leave no doubt
	likely []float64 // else the share of likelihood of each of latin
}

func tongueOf(text string) tongue {
	told.Lock()
	if told.kept == nil {
		told.seed, told.kept = maphash.MakeSeed(), map[uint64]tongue{}
	}
	key := maphash.String(told.seed, text)
	t, ok := told.kept[key]
	told.Unlock()
	if ok {
		return t
	}
	if len(tokens(text)) >= longEnough {
		if d := whatlanggo.DetectWithOptions(text, whatlanggo.Options{Whitelist: spoken}); d.IsReliable() {
			if t.sure = d.Lang.Iso6391(); d.Lang == whatlanggo.Nob {
				t.sure = "no"
			}
		}
	}
	if t.sure == "" || slices.Contains(latin, t.sure) { // those we tell apart better ourselves
		t.likely = likelihoods(text)
		if best := slices.Index(t.likely, slices.Max(t.likely)); t.likely[best] > 0 && latin[best] != t.sure {
			t.sure = ""
		}
	}
	told.Lock()
	defer told.Unlock()
	if len(told.kept) >= mostToldKept {
		clear(told.kept)
	}
	told.kept[key] = t
	return t
}

// What the likelihood of a language must be at least, that a short text may be in it: by itself, and beside that of the usual one.
const (
	possibleShare  = 0.1
	possibleBeside = 0.5
)

// possible are the languages that a text of unsure language may be in, beside the usual one; none of a text without words.
func possible(text, usual string) (all []string) {
	if !slices.ContainsFunc(tokens(text), func(w string) bool { return len(w) > 2 && !numeral(w) }) {
		return nil
	}
	likely := tongueOf(text).likely
	least := possibleShare
	for i, share := range likely {
		if latin[i] == usual {
			least = max(least, possibleBeside*share)
		}
	}
	for i, share := range likely {
		if share >= least && latin[i] != usual {
			all = append(all, latin[i])
		}
	}
	return all
}

func likelihoods(text string) []float64 {
	p := make([]float64, len(latin))
	if len(learnt) != LanguageSize*len(latin) {
		return p
	}
	features := LanguageFeatures(text)
	if len(features) == 0 {
		return p
	}
	length := math.Sqrt(float64(len(features)))
	var sum float64
	for i := range p {
		var x float64
		for _, f := range features {
			x += float64(int8(learnt[int(f)*len(latin)+i]))
		}
		p[i] = math.Exp(x / LanguageScale / length)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// Language is the language of a text, ISO 639-1: by its script, by what was learnt from short messages, by its letters when it is long; "" when none is sure.
func Language(text string) string { return LanguageAmong(text, "") }

// LanguageAmong is Language where one is expected: it is the text's unless another is clearly likelier.
func LanguageAmong(text, expected string) string {
	if len(text) > mostTold {
		text = strings.ToValidUTF8(text[:mostTold], "")
	}
	if l := byScript(text); l != "" {
		return l
	}
	t := tongueOf(text)
	if t.sure != "" {
		return t.sure
	}
	p := slices.Clone(t.likely)
	best := 0
	for i := range p {
		if latin[i] == expected {
			p[i] *= math.Pow(expectedAs, float64(1+max(0, fewWords-len(strings.Fields(text)))))
		}
		if p[i] > p[best] {
			best = i
		}
	}
	var sum float64
	for _, x := range p {
		sum += x
	}
	if sum == 0 || p[best] < sureOf*sum {
		return ""
	}
	return latin[best]
}

// byScript is the language of a text most of whose letters are of one script; kana alone make Japanese.
func byScript(text string) string {
	n, all := map[string]int{}, 0
	for _, r := range text[:min(len(text), 2000)] {
		if !unicode.IsLetter(r) {
			continue
		}
		all++
		if r < 0x370 {
			continue
		}
		for _, s := range scripts {
			if unicode.Is(s.table, r) {
				n[s.language]++
				break
			}
		}
	}
	if n["ja"] > 0 {
		n["ja"] += n["zh"]
	}
	for l, x := range n {
		if 2*x > all && (l != "zh" || n["ja"] == 0) {
			return l
		}
	}
	return ""
}

var stemming = sync.Pool{New: func() any { return snowballstem.NewEnv("") }}

// stem is a word's stem in a language, without accents, which hurried people leave out; the word itself where we have no stemmer.
func stem(language, word string) string {
	if s, ok := stemmers[language]; ok {
		e := stemming.Get().(*snowballstem.Env)
		e.SetCurrent(word)
		s(e)
		word = e.Current()
		stemming.Put(e)
	} else if endings := endings[language]; endings != nil {
		word = shorn(word, endings)
	}
	return unaccented(word)
}

// endings are of languages without a stemmer of Snowball's, the longest first: what is cut off a long word once.
var endings = map[string][]string{
	"pl": strings.Fields("owaniami owaniach owaniem owania owanie owaniu owych owymi ościami ości iami iach ami ach ego emu owi ymi imi iem ych ich iej ość cie ają asz esz isz ysz ała iła yła ało iło ały iły ali ili em om ów ej ie ia ią ię iu ym im ać eć ić yć ał ił ył am ę ą y i e a o u"),
	"ar": strings.Fields("اتها اتكم تكم تنا هما كما ات ان ون ين ها هم كم نا ية ته تي ة ه ي ك"),
}

// beginnings are Arabic's article and what is written together with it.
var beginnings = strings.Fields("وال بال كال فال لل ال")

func shorn(word string, endings []string) string {
	for _, b := range beginnings {
		if rest, ok := strings.CutPrefix(word, b); ok && utf8.RuneCountInString(rest) >= 3 {
			word = rest
			break
		}
	}
	for _, e := range endings {
		if rest, ok := strings.CutSuffix(word, e); ok && utf8.RuneCountInString(rest) >= 3 {
			return rest
		}
	}
	return word
}

// unaccented leaves accents out.
func unaccented(word string) string {
	for i := 0; i < len(word); i++ {
		if word[i] >= 0x80 {
			return accents.Replace(word)
		}
	}
	return word
}

var accents = strings.NewReplacer("á", "a", "à", "a", "â", "a", "ä", "a", "ã", "a", "å", "a", "ą", "a", "ç", "c", "ć", "c", "č", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "ę", "e", "ě", "e",
	"í", "i", "ì", "i", "î", "i", "ï", "i", "ı", "i", "i̇", "i", "ł", "l", "ñ", "n", "ń", "n", "ň", "n", "ó", "o", "ò", "o", "ô", "o", "ö", "o", "õ", "o", "ø", "o", "ő", "o", "ř", "r", "ś", "s", "š", "s", "ş", "s", "ß", "ss",
	"ť", "t", "ú", "u", "ù", "u", "û", "u", "ü", "u", "ů", "u", "ű", "u", "ý", "y", "ÿ", "y", "ź", "z", "ż", "z", "ž", "z", "ğ", "g", "œ", "oe", "æ", "ae", "أ", "ا", "إ", "ا", "آ", "ا", "ى", "ي", "ة", "ه")

// stop words carry no content of their own: function words, and what people wrap a question in.
var stop = map[string]map[string]bool{
	"en": words(`a about above after again all also am an and any are as at be because been before being below between both but by can cannot could did do does doing down during each
		few for from further get got had has have having he her here hers him his how i if in into is it its itself just let like me more most my myself no nor not now of off on once only or other our
		ours out over own please same shall she should so some such than that the their theirs them then there these they this those through to too under until up us very was we were what when where
		which while who whom why will with would you your yours hi hello hey thanks thank need want know tell help question way possible im ive id dont doesnt isnt cant whats hows theres lets much many`),
	"de": words(`aber alle als also am an auch auf aus bei bin bis bist bitte da damit das dass dein deine dem den der des die dies diese diesem dieser doch dort du durch ein eine einem einen einer
		er es etwas euch für gibt habe haben hallo hat hatte hätte ich ihm ihn ihr ihre im in ist ja kann kannst können könnte man mein meine meinem meinen meiner mich mir mit möchte muss nach nein nicht noch nur ob
		oder ohne sehr sein seine sich sie sind so soll über um und uns unser von vor wann warum was weil welche wenn wer werden wie wieder will wird wo zu zum zur danke`),
	"es": words(`a al algo como cómo con cual cuál cuando cuándo de del desde donde dónde el él ella en es esta está este esto hay hola la las le lo los me mi mis muy más no nos o para pero por porque puede puedo
		que qué quiero se ser si sí sin sobre son su sus te tengo tiene tu tus un una uno usted y ya yo gracias`),
	"fr": words(`à ai au aux avec avez bonjour c ce ces cette comment d dans de des du elle en est et être fait il ils j je l la le les leur lui ma mais me merci mes moi mon n ne nos notre nous on ou où par pas peut
		peux pour puis qu quand que quel quelle qui s sa se ses si son sont sur ta te tes toi ton tu un une va veux vos votre vous y`),
	"nl": words(`aan al als ben bent bij dan dat de der deze die dit doe door dus een en er ging graag had hallo heb hebben heeft het hier hij hoe hoef hun ik in is ja je jij jullie kan kunnen maar me meer met mij mijn moet
		na naar nee niet nog nu of om onder ons ook op over te toch tot u uit uw van veel voor waar waarom wanneer want was wat we wel werd wie wij wil worden zal ze zelf zich zij zijn zo zonder zou bedankt`),
	"pt": words(`a à ao aos as às até com como da das de dele dela do dos e é ela ele em entre era essa esse esta está este eu foi há isso isto já lhe mais mas me meu meus minha minhas muito na não nas nem no nos nós o os ou para pela pelo
		por porque pra pro pode posso qual quando que quem se sem ser seu seus são só sua suas também te tem tenho ter teu tua tu um uma umas uns vai vocês você oi olá obrigado obrigada quero preciso onde aí aqui tá`),
	"it": words(`a ad ai al alla alle allo anche c che chi ci ciao come con cosa da dai dal dalla dei del della delle di dove e è ed era essere fare gli ha hai hanno ho i il in io l la le lei lo loro lui ma mi mia mie miei mio ne nei nel
		nella no noi non nostro o per perché più posso può puoi qual quale quando quanto quello questa questo se sei si sì solo sono sta su sua suo sul sulla ti tra tu tuo un una uno vi voi vorrei grazie avete serve devo voglio`),
	"pl": words(`a aby albo ale ani bo być był była było by co czy czym dla do dziękuję gdy gdzie go i ich ile im in ja jak jaki jaka jakie jako je jego jej jest jeśli już jeszcze kiedy kto która które który lub ma mam mi mnie można mogę może mój
		moja moje my na nad nam nie nią nich nim no o od on ona one oni oraz po pod proszę przez przy są się sobie ta tak tam te tego tej tem ten teraz to tu ty tylko tym u w was wasz we więc wy z za ze że żeby cześć hej chcę`),
	"tr": words(`acaba ama ancak artık aslında az bana bazı belki ben beni benim bile bir biraz biz bize bizi bu buna bunu çok çünkü da daha de değil diye en gibi hem hep her hiç için ile ise kadar ki kim mı mi mu mü nasıl ne neden nerede
		o olan olarak olur ona onu onun sadece sen siz sizin sonra şey şu ve veya var ya yani yok zaman merhaba selam lütfen teşekkürler istiyorum misiniz mısınız musunuz hangi bende`),
	"ar": words(`في من على إلى الى عن مع هل ما ماذا كيف متى أين اين كم هذا هذه ذلك التي الذي أنا انا أنت انت هو هي نحن لا لم لن أن ان إن كان كانت يكون و أو او ثم لكن لو سمحت شكرا مرحبا السلام عليكم يمكن ممكن عندي لدي لي لكم عندكم اريد أريد بعد قبل اذا إذا كل`),
}

func stopped(language, word string) bool { return stop[language][word] }

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}
