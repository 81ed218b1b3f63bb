package copilot

import (
	"regexp"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/knowledge"
)

// A command is a pattern and the words, one of which a text has in lower case that it may match: most texts have none, and are not searched.
type command struct {
	needs   []string
	pattern *regexp.Regexp
}

func (c command) in(text, lower string) bool {
	return slices.ContainsFunc(c.needs, func(w string) bool { return strings.Contains(lower, w) }) && c.pattern.MatchString(text)
}

// commands are ways to speak to a model instead of to a reader. They are no defence by themselves — many injections look like any
// sentence — but a sentence that has one is never quoted to anybody. Each names what only a model has: instructions that came before, a prompt, a
// reply that is still to be written. What people are told to do with a letter, a reminder or their own reply to a mail is none of it.
var commands = []command{
	{[]string{"ignore", "disregard", "forget", "override", "bypass"}, regexp.MustCompile(`(?i)\b(?:ignore|disregard|forget|override|bypass)\b.{0,30}\b(?:previous|prior|above|earlier|all|any|your|these|the)\b.{0,20}\b(?:instruction|prompt|rule|direction|guideline|context|command|polic(?:y|ies)|programming|restriction)s?\b`)},
	{[]string{"anweisung", "vorgaben", "instruc", "istruzion", "instru", "polecen", "talimat", "yönerge"}, regexp.MustCompile(`(?i)\b(?:ignorier\w*|vergiss|vergesst|missachte\w*|ignora|ignorad|ignore[zs]?|olvida|oublie[zr]?|dimentica|esque[cç]a|negeer|vergeet|zignoruj|pomiń|yok say|görmezden gel|unut)\b.{0,40}\b(?:anweisungen|vorgaben|instrucciones|instructions?|istruzioni|instruções|instructies|instrukcje|polecenia|talimatlar\w*|yönerge\w*)`)},
	{[]string{"talimat", "تجاهل"}, regexp.MustCompile(`(?i)\btalimatlar\w*.{0,20}(?:yok say|görmezden gel|unut)|تجاهل.{0,30}(?:التعليمات|الأوامر)`)},
	{[]string{"prompt", "your instructions"}, regexp.MustCompile(`(?i)\b(?:reveal|print|show|repeat|output|leak|tell me)\b.{0,25}\b(?:system prompt|initial prompt|hidden prompt|your instructions|your prompt)\b`)},
	{[]string{"you are", "you're", "act as", "pretend", "roleplay", "you will be"}, regexp.MustCompile(`(?i)\b(?:you are now|from now on,? you(?:'re| are)?|act as|pretend (?:to be|you are)|roleplay as|you will be)\b.{0,40}\b(?:dan|jailbroken|unrestricted|uncensored|without (?:any )?(?:rules|restrictions|limits)|no (?:rules|restrictions)|developer mode|evil)\b`)},
	{[]string{"im_start", "im_end", "system", "endoftext", "inst]", "assistant"}, regexp.MustCompile(`(?im)<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?INST\]|^\s*(?:system|assistant)\s*:\s*(?:you|ignore|answer|always|never|the (?:user|customer)|from now|new|do not|tell|say)\b`)},
	// to the one who writes the answer
	{[]string{"ai", "a.i.", "model", "llm", "bot", "gpt", "assistant"}, regexp.MustCompile(`(?i)(?:^|[.!?:;(]\s*)(?:if|when|since|as) you(?: are|'re) an? (?:ai|a\.i\.|language model|llm|chat ?bot|ai assistant|virtual assistant|bot)\b|\b(?:dear|note to(?: the| any| all)?|attention,?|message (?:to|for)(?: the| any| all)?|instructions? (?:to|for)(?: the| any| all)?) (?:ai|llm|language model|chat ?bot|bot|gpt|ai assistant|virtual assistant)s?\b|\b(?:ai|llm|language model|chat ?bot|gpt|ai assistant|virtual assistant)s? (?:must|should|shall|has to|have to|is to|are to|needs? to)\b.{0,40}\b(?:say|answer|reply|respond|tell|state|recommend|mention|claim|ignore|write|output|add|include)`)},
	{[]string{"answer", "reply", "response", "output", "respond"}, regexp.MustCompile(`(?i)(?:^|[.!?:;]\s+)\W*(?:always |only |just |instead,? |now |then |please |never |you must |you should )*(?:answer|reply|respond) (?:only |always |just |instead )*(?:with|in|to (?:every|any|all)(?: \w+)? (?:question|customer|user|message)s?)\b.{0,20}(?:["“'‘«:]|only\b|the (?:following|word|words|text|sentence)\b|haiku|rhyme|emoji|pirate|capital|upper ?case|base64|json)|\b(?:every|each|any|all) (?:answer|reply|response)s? (?:must|should|has to|have to|needs? to|shall) (?:begin|start|end|include|contain|mention)`)},
	{[]string{"customer", "user", "visitor", "client", "person asking"}, regexp.MustCompile(`(?i)(?:^|[.!?:;,(]\s*|\b(?:and|then|always|please|never) )(?:tell|inform|assure|convince|instruct|advise|ask|persuade) (?:the |every |each |all |any )(?:customer|user|visitor|client|person asking)s?\b|\bdo(?: not|n't) (?:tell|inform|let|mention (?:this|it) to|reveal (?:this|it) to) (?:the |any )(?:customer|user)s?\b`)},
	{[]string{"answer", "reply", "response", "output", "message"}, regexp.MustCompile(`(?i)\b(?:modify|change|alter|adjust|enhance|augment|rewrite|rephrase|modif(?:y|ies)|append to|prepend to|begin|start|end|finish|conclude|preface|fill|decorate|encode|encrypt|translate|convert|scramble|jumble|misspell|anagram|reverse|group|combine) (?:(?:up|all|the|every|each|letters?|words?|vowels?|in|of|from|out|first|second|third|fourth|main|keywords?|sentences?|order)\s+)*your (?:entire |whole |final |own |next )?(?:answer|reply|response|output)s?\b`)},
	{[]string{"answer", "reply", "response", "output", "message"}, regexp.MustCompile(`(?i)\b(?:letters?|words?|vowels?|consonants?|spaces?|punctuation|keywords?|anagrams?|misspell(?:ings?)?|typos?|symbols?|syllables?|characters?|emojis?|alphanumeric\w*|substitutions?|rhymes?)\b.{0,40}\b(?:in|of|to|from|for|throughout|within) your (?:answer|reply|response|message|output)\b|\byour (?:answer|reply|response|message|output)(?:'s)?\b.{0,40}\b(?:letters?|words|vowels?|spaces|punctuation|anagrams?|misspell\w*|typos?|symbols|substitution|rhymes?|numbers (?:based|for))\b`)},
	{[]string{"letter", "vowel", "consonant", "word", "spaces"}, regexp.MustCompile(`(?i)(?:^|[.!?:;]\s+)\W*(?:please )?(?:substitute|replace|swap|anagram|scramble|jumble(?: up)?|misspell|rearrange|reverse|encode|group|convert|remove|use|combine)\b.{0,30}\b(?:letters|vowels?|consonants?|(?:every|each) (?:\w+ )?(?:letter|word|vowel)|spaces between)\b`)},
	{[]string{"answer", "reply", "response", "output", "message"}, regexp.MustCompile(`(?i)\b(?:in|into|to|within|throughout|with) your (?:answer|reply|response|output)\b[ ,]*(?:always |please |also )*(?:suggest|recommend|tease|mention|promote|advertise|claim|say|urge|encourage|hint|direct|state|stress|praise)\b`)},
	{[]string{"answer", "reply", "response", "output", "message"}, regexp.MustCompile(`(?i)\b(?:add|include|insert|integrate|incorporate|embed|weave|mention|slip|work|introduce|place|put|provide|suggest|promote|recommend)\b(?:.{0,90}?)\b(?:sentence|statement|recommendation|reminder|appeal|tip|headline|suggestion|link(?:ing|s)?|reason|hint|joke|quote|fact|claim|advertisement|promotion|announcement|phrase|slogan|warning|call to action|www\.|https?:|\w+\.(?:com|net|org|xyz|io))\b.{0,90}?\b(?:in|into|to|within|throughout|at the end of) your (?:answer|reply|response|output|message)\b`)},
	{[]string{"answer", "reply", "response", "output", "message"}, regexp.MustCompile(`(?i)\b(?:add|include|insert|integrate|incorporate|embed|weave|mention|introduce|append)\b.{0,40}?(?:["“«].+["”»]|'.+'|\bwww\.\S+|\bhttps?:\S+|\b\w+\.(?:com|net|org|xyz|io)\b).{0,60}?\b(?:in|into|to|within) your (?:answer|reply|response|output|message)\b|\b(?:add|include|insert|integrate) an? (?:\w+ ){0,2}(?:sentence|statement|recommendation|appeal|headline|tip|reminder)\b.{0,90}\b(?:in|to|into|with) your (?:answer|reply|response|message)\b|\b(?:in|with|to) your (?:answer|reply|response|message) (?:an? )?(?:sentence|statement|recommendation|appeal|headline|tip|reminder)\b`)},
	{[]string{"answer", "reply", "response", "output", "message"}, regexp.MustCompile(`(?i)\byour (?:answer|reply|response) (?:must|should|has to|needs to) (?:include|contain|end|start|begin|mention|be (?:in|written))\b|\b(?:provide|give|write|deliver|send) your (?:answer|reply|response) (?:with|without|in|using|as) (?:intentional|any|anagram|rhym|code|base64|pig|alphanumeric|emoji|only|all)\w*`)},
	// in other languages
	{[]string{"antwort", "ausgabe", "respuesta", "réponse", "risposta", "resposta", "antwoord", "odpowiedz", "yanıt", "cevab"}, regexp.MustCompile(`(?i)\b(?:füge|ergänze|erwähne|beginne|beende|schreibe?|ändere|ersetze)\b.{0,80}\b(?:deine[rnm]?|ihre[rnm]?) (?:antwort|ausgabe)\b|\b(?:añade|agrega|incluye|modifica|menciona|empieza|termina|reemplaza)\b.{0,80}\b(?:tu|su) respuesta\b|\b(?:ajoutez?|inclu(?:s|ez)|modifiez?|mentionnez?|commence[rz]?|terminez?|remplacez?)\b.{0,80}\b(?:ta|votre) réponse\b|\b(?:aggiungi|includi|modifica|menziona|inizia|termina)\b.{0,80}\b(?:tua|vostra) risposta\b|\b(?:adicione|inclua|modifique|mencione|comece|termine)\b.{0,80}\bsua resposta\b|\b(?:voeg|vermeld|wijzig|begin|eindig|vervang)\b.{0,80}\b(?:je|jouw|uw) antwoord\b|\b(?:dodaj|zmień|wspomnij|zacznij|zakończ)\b.{0,80}\b(?:swojej|swoją) odpowiedzi?\b|\b(?:yanıtına|cevabına|yanıtında|cevabında|yanıtını|cevabını)\b.{0,80}\b(?:ekle|belirt|değiştir|başla|bitir|yaz)\b`)},
	{[]string{"kund", "nutzer", "client", "usuario", "utilisateur", "wenn du", "falls du", "da du", "si eres", "si tu es", "si vous êtes"}, regexp.MustCompile(`(?i)\b(?:sag|sage|erzähle|teile) (?:dem|den|allen|jedem) (?:kunden|nutzern?|benutzern?|kundinnen)\b|\b(?:di|dile|diles|informa|asegura) (?:al|a los|a todos los) (?:clientes?|usuarios?)\b|\b(?:dis|dites|informe[zr]?) (?:au|aux|à tous les) (?:clients?|utilisateurs?)\b|\b(?:wenn|falls|da) du (?:eine? )?(?:ki|sprachmodell|chatbot|bot)\b|\bsi eres (?:una? )?(?:ia|modelo|bot|asistente virtual)\b|\bsi (?:tu es|vous êtes) (?:une? )?(?:ia|modèle|bot)\b`)},
}

// shortestCommand is what the shortest of them has, in bytes: [INST].
const shortestCommand = 6

// Suspicion is how many ways a text speaks to a model, as a share, 0…1.
func Suspicion(text string) float64 {
	if len(text) < shortestCommand {
		return 0
	}
	n, lower := 0, strings.ToLower(text)
	for _, c := range commands {
		if c.in(text, lower) {
			n++
		}
	}
	return float64(n) / float64(len(commands))
}

// suspicious is whether a text speaks to a model in any way.
func suspicious(text string) bool {
	if len(text) < shortestCommand {
		return false
	}
	lower := strings.ToLower(text)
	return slices.ContainsFunc(commands, func(c command) bool { return c.in(text, lower) })
}

// Commands are the sentences of a text that speak to a model: quoted to nobody, and somebody should look at how they came there.
func Commands(text string) (found []string) {
	for _, s := range sentence.FindAllString(text, -1) {
		if suspicious(s) {
			found = append(found, s)
		}
	}
	return found
}

// withoutCommands leaves out the sentences that speak to a model.
func withoutCommands(text string) string {
	return cleaned.of(text, func() string { return withoutPlanted(text) })
}

func withoutPlanted(text string) string {
	planted := Commands(text)
	if len(planted) == 0 {
		return text
	}
	for _, s := range planted {
		text = strings.ReplaceAll(text, s, "")
	}
	return strings.TrimSpace(text)
}

// Excerpt is the part of a passage that answers a question, word for word, without sentences that speak to a model: the whole of a short one, of a longer
// one its best sentence and what stands around it. A list, a table or code is quoted as a whole or, if it is long and no steps, the item that answers best.
func Excerpt(question string, p knowledge.Passage) string {
	whole := withoutCommands(p.Whole)
	if whole != p.Whole || p.Best.End == 0 || len(strings.Fields(whole)) <= excerptWords {
		return excerpt(question, whole, excerptWords)
	}
	best := p.Best
	if asksHow(question) {
		best = steps(question, whole, best)
	}
	return nearby(whole, best, excerptWords)
}

// how begins a question for what is to be done, in our languages.
var how = regexp.MustCompile(`(?i)^\W*(?:how (?:do|can|to|should|would|does one)\b|wie (?:kann|mache|muss|geht|richte|man|soll)\b|c[oó]mo\b|comment\b|come (?:si|posso|faccio|devo)\b|hoe (?:kan|moet|doe|stel)\b|jak\b|nasıl\b|كيف)`)

func asksHow(question string) bool { return how.MatchString(question) }

// steps are the first numbered ones of a text, where the best piece stands in no list and says no more of what is asked than they and what leads to them.
func steps(question, text string, best knowledge.Piece) knowledge.Piece {
	pieces := knowledge.Pieces(text)
	at := slices.IndexFunc(pieces, func(p knowledge.Piece) bool { return p.Start <= best.Start && best.Start < p.End })
	if at >= 0 && pieces[at].Block > 0 {
		return best
	}
	shared := func(s string) (n int) {
		terms := knowledge.Terms(s)
		for _, t := range knowledge.Terms(question) {
			if slices.Contains(terms, t) {
				n++
			}
		}
		return n
	}
	for i := 0; i+1 < len(pieces); i++ {
		if !pieces[i].Steps || !pieces[i+1].Steps {
			continue
		}
		from, to := max(0, i-1), i
		for to < len(pieces) && pieces[to].Block == pieces[i].Block {
			to++
		}
		if shared(text[pieces[from].Start:pieces[to-1].End]) < shared(text[best.Start:best.End]) {
			return best
		}
		return pieces[i]
	}
	return best
}

// How long lists, tables and code may be that are quoted as a whole, in words: any, and such as tell steps.
const (
	blockWords = 150
	stepsWords = 400
)

// unit is what is quoted as a whole or not at all: a sentence, or a list, a table or code.
type unit struct {
	from, to int // pieces
	words    int
	block    bool
	whole    bool // it is quoted as a whole, however many words may be
	leads    bool // it ends in a colon: what follows belongs to it
}

func unitsOf(text string, pieces []knowledge.Piece) (all []unit) {
	for i := 0; i < len(pieces); {
		u := unit{from: i, to: i + 1, block: pieces[i].Block > 0}
		for u.to < len(pieces) && u.block && pieces[u.to].Block == pieces[i].Block {
			u.to++
		}
		u.words = len(strings.Fields(text[pieces[u.from].Start:pieces[u.to-1].End]))
		u.whole = u.block && (u.words <= blockWords || pieces[i].Steps && u.words <= stepsWords)
		u.leads = !u.block && strings.HasSuffix(strings.TrimRight(text[pieces[i].Start:pieces[i].End], " *_\n"), ":")
		all = append(all, u)
		i = u.to
	}
	return all
}

// nearby is a piece of a text with what stands behind it, as much as the words allow, and then what stands before it.
func nearby(text string, best knowledge.Piece, words int) string {
	pieces := knowledge.Pieces(text)
	at := slices.IndexFunc(pieces, func(p knowledge.Piece) bool { return p.Start <= best.Start && best.Start < p.End })
	if at < 0 {
		return strings.TrimSpace(text[best.Start:best.End])
	}
	units := unitsOf(text, pieces)
	i := slices.IndexFunc(units, func(u unit) bool { return u.from <= at && at < u.to })
	first := units[i]
	if first.block && !first.whole { // too long: what answers, by itself
		return strings.TrimPrefix(piecesOf(text, pieces, at, at+1), "- ")
	}
	from, to, n := i, i+1, first.words
	for to < len(units) {
		u := units[to]
		if led := units[to-1].leads && u.whole; !led && n+u.words > words {
			break
		}
		n += u.words
		to++
	}
	if to > from+1 && units[to-1].leads { // what it leads to is not quoted
		to--
	}
	for from > 0 && (n+units[from-1].words <= words || units[from].block && units[from-1].leads) {
		from--
		n += units[from].words
	}
	return piecesOf(text, pieces, units[from].from, units[to-1].to)
}

// piecesOf are pieces of a text, with the heading of the table in whose middle they begin.
func piecesOf(text string, pieces []knowledge.Piece, from, to int) string {
	out := text[pieces[from].Start:pieces[to-1].End]
	if first := pieces[from]; first.Row {
		out = text[first.Head[0]:first.Head[1]] + "\n" + out
	}
	return strings.TrimSpace(out)
}
