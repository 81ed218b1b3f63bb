package copilot

import (
	"embed"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/deskbell/deskbell/copilot/linear"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/needle"
	"github.com/deskbell/deskbell/knowledge"
)

//go:embed weights
var weights embed.FS

// packed is a file of weights, which cmd/train packed: they are half as long that way.
func packed(name string) []byte {
	b, err := weights.ReadFile("weights/" + name + ".bin.gz")
	if err == nil {
		b, err = linear.Unpack(b)
	}
	if err != nil {
		panic(err) // it is embedded above
	}
	return b
}

// shipped reads a model that cmd/train made.
func shipped(name string) func() *linear.Model {
	return sync.OnceValue(func() *linear.Model {
		m, err := linear.Load(packed(name))
		if err != nil {
			panic(err)
		}
		return m
	})
}

var humanModel = shipped("human")

// HumanBits is the size of the model that hears "I want a human": 2^HumanBits features.
const HumanBits = 16

// HumanFeatures are what that model sees of a text: words, for negation and order, and pieces of words, for typos.
func HumanFeatures(text string) linear.Text {
	words := linear.Words(text)
	return linear.Text{linear.WordGrams(words, 3), linear.CharGrams(words, 2, 5)}
}

// wishing is how a language asks for a person: a verb and a person near each other in either order, a person alone, and whole phrases. All of it is compared
// with folded text: no accents, no apostrophes, single spaces.
type wishing struct {
	verbs, people string // alternatives
	alone         string // what asks when it is all that a clause says
	phrases       string
	not           string // says that none is wanted
	innocent      string // only looks like it: taken out before anything is compared
}

// wishings are by language; English first. Patterns of one language are not tried alone: a customer mixes them.
var wishings = []wishing{
	{ // en
		verbs:    `talk(?:ing)?(?: to| with| 2)|speak(?:ing)?(?: to| with| 2)|spk|tlk|speek|chat(?:ting)?(?: to| with)|connect(?:ed)? (?:me|us|to|with)|conect (?:me|us|to|with)|transfer(?:red)?(?: me| us| to| this)|pass(?:ed)? (?:me|us|this|it)|put me|put us|escalate|hand (?:me|this|it) (?:over|off)|switch (?:me|to)|forward (?:me|this)|reach|get hold of|get in touch with|complain to|deal with|rather have|prefer`,
		people:   `humans?|humna|huamn|hooman|humon|persons?|people|agents?|representatives?|rep|reps|operators?|advis[oe]rs?|colleagues?|managers?|supervisors?|someone|somebody|sombody|someoen|anyone|anybody|customer (?:service|support|care)|(?:support|suport) (?:team|staff|person|people)|support|staff|employees?|your (?:team|staff|people|boss|colleagues?|manager)|specialists?|team member|real one|(?:the |a )?department|billing|sales|tech support|service desk|head office|boss|expert|living being|actual being`,
		alone:    `(?:an? |the |some(?:one|body) from )?(?:real |live |human |actual )*(?:humans?|humna|huamn|hooman|persons?|agents?|representatives?|rep|operators?|advis[oe]rs?|managers?|supervisors?|customer (?:service|care|support)|live chat|live support|handoff|hand ?over|hand off|somebody|someone|staff|human help|human support|support staff|real person|csr|(?:customer )?(?:service|care|support) (?:rep|reps|agent|person|representative|team|advisor)|complaints department)(?: please| pls| plz| now| asap| thanks| thx)*`,
		phrases:  `(?:want|need|like|give me|get me|get us|can i have|could i have|id rather(?: have| chat)?|find me|bring me|fetch me|i require|looking for|send me)\b.{0,22}\b(?:humans?|humna|real person|real one|live (?:agent|person)|a person|an agent|representative|operator|supervisor|manager|someone (?:real|human|who|on|from|in|to (?:talk|speak|look|help|call|phone|ring|contact|see|explain))|somebody (?:real|human|who|on|from|in|to (?:talk|speak|look|help|call|phone|ring|contact|see|explain))|one of (?:you|your)|actual person|human help|human being|human support)|put me (?:through|thru)|(?:connect|conect|transfer) me\b(?: to| with| please| now| over|$)|(?:can|could|will|would|please|have|get|want|need|let|ask|wish|when will|when can)\b.{0,24}\b(?:some ?one|some ?body|any ?one|any ?body|a (?:person|human|colleague|agent)|your (?:team|staff|boss|manager))\b.{0,18}\b(?:ring|rings|call|calls|phone|contact|reach out|get back|help me|assist|take over|look (?:at|into)|handle|deal|sort|check|explain|answer me|talk|speak|come|jump in|step in|join)|(?:someone|somebody) (?:please )?(?:help|call|ring|contact|answer|talk to) me|(?:call|ring|phone) me(?: back| please| up| now|$)|give me a (?:call|ring|bell)|call ?back please|request (?:a )?call ?back|need a call ?back|(?:this|it|that|my case|my issue|my problem) (?:really |clearly |surely )?(?:needs|requires|calls for|is (?:one )?for) (?:a |an )?(?:real |actual |proper |living )?(?:human|person|agent|manager|someone)|(?:dont|do not|wont|not going to|refuse to|no more|stop|hate|instead of|rather than|tired of|sick of|not) (?:want to |wanna |to )?(?:talk|talking|speak|speaking|chat|chatting|type|typing|deal|dealing|waste time|argue|arguing)?(?: to| with)? ?(?:a |an |some |this |you |with |these |your )*\b(?:bot|bots|robot|robots|machine|machines|chatbot|chatbots|ai|computer|computers)\b|real (?:human|person|people)\b.{0,20}\b(?:please|pls|now|there|available|help)|(?:is|are) there (?:any|some|a )? ?(?:real |actual |live )?(?:one|body|humans?|person|people|someone|anyone|anybody|somebody)\b.{0,20}\b(?:i can|who can|that can|to (?:talk|speak|help|chat)|available|can talk|can help)|any (?:real )?(?:humans?|people|agents?) (?:there|available|around|online|here)|anyone (?:real|human|available)|(?:any|some)(?:one|body) (?:there )?(?:who|that) can (?:help|talk)|human please|person please|agent please|talk to (?:you guys|a live)|i want to complain to|make a complaint to|human(?: being)? (?:now|asap)|(?:get|go) past (?:this|the) bot|let me (?:talk|speak) (?:to|with)|take me to (?:a|an|your) (?:human|agent|person)|i need (?:to (?:talk|speak) to )?your (?:boss|manager|supervisor)|live agent|live person|live human`,
		not:      `(?:dont|do not|doesnt|didnt|never|wont|no longer|not) (?:really |even |actually |currently )?(?:need|want|wanna|have|require|wish|connect|transfer|put|pass|ring|call|get|bother|hand|forward|talk|speak|involve|send)(?: to| for)?\b.{0,30}\b(?:human|humans|person|persons|people|agent|agents|representative|rep|operator|advisor|colleague|manager|supervisor|someone|somebody|anyone|anybody|customer service|support|staff|employee|your team|through|me)|no (?:need|reason) (?:for|to)\b.{0,25}\b(?:human|person|people|agent|anyone|someone|anybody|somebody|staff|operator|representative)|(?:no|without(?: a| an| any)?) (?:real |live )?(?:humans?|persons?|people|agents?|operators?|reps?|representatives?|staff|person needed)(?: needed| necessary| required| please| pls| plz| thanks)?|not (?:a |an )?(?:human|person|agent)(?: needed| please)?|(?:human|person|agent) not (?:needed|necessary|required)`,
		innocent: `\b(?:insurance|travel|estate|user|real estate|booking|cleaning|letting|ticket|sales|secret|free|shipping|customs|press|release|foreign|change|bleaching|travelling|shopping|parking|delivery|double|ai) (?:agents?|agency)\b|agent (?:orange|fee|commission|discount|portal|license|licence|string|number|code|account|training|jobs?)|\b(?:humans?|persons?|people|someone|somebody|anyone|anybody|staff|agents?|employees?)\b (?:present |always |sitting |working |standing |available )?(?:at|behind|in|inside|on) (?:the|your) (?:counter|desk|reception|shop|store|till|checkout|door|office|front desk|branch|building|lobby|gate|site)|\b(?:transfer|connect|forward|pass|move|switch|assign|hand) (?:over )?(?:my|the|our|a|an|all|his|her|their|some|money|funds|files|data|ownership|credit|tickets?|points|licen[cs]es?|\d\w*)\b.{0,40}|(?:someone|somebody|anyone|anybody|person|people) (?:else|stole|took|has|had|broke|hacked|used|using|is using|entered|logged|keeps|scratched|damaged|sent|bought|gave|told me|called me|rang me|said|was|from your \w+ (?:told|said|called|wrote)|already)\b|who can (?:use|see|join|sign|apply|access|open|edit|book|borrow|get|be)|(?:how many|number of|per|for \w+|two|three|four|five|six|\d+|extra|additional|other|more|old|young|disabled|tall|short|deaf|blind) (?:persons?|people|agents?|employees?|staff|humans?|users?|operators?)|(?:do|does|are|is) (?:your |the )?(?:staff|employees|agents|people|team) (?:speak|trained|vaccinated|friendly|open|working|available on|allowed)|contact person|natural person|person (?:of|in) (?:contact|charge)|in person|per person|(?:talk|speak|chat) (?:about|to you(?:$| in| about| for)|with you(?:$| in| about))|customer (?:service|support|care|services) (?:hours?|number|phone|email|address|open|times?|opening|line open)|(?:hours?|number|phone|email|address|open(?:ing)?) (?:of|for|is|does) (?:the |your )?(?:customer )?(?:service|support)|(?:phone|telephone|contact) number|human resources|human hair|people mover|anyone over|anyone under`,
	},
	{ // de
		verbs:    `sprechen|spreche|reden|rede|verbinden|verbinde|verbunden|verbind|chatten|schreiben|telefonieren|telefoniere|besprechen|durchstellen|durchgestellt|weiterleiten|weitergeleitet|ubergeben|beschweren|melden|erreichen|kontaktieren|wenden|hilft|helfen`,
		people:   `mensch\w*|mitarbeiter\w*|mitarbeitr\w*|mitabeiter\w*|berater\w*|jemand\w*|wem|person|personen|kolleg\w*|kundenservice|kundendienst|kundenberat\w*|kundenbetreu\w*|chef\w*|ansprechpartner\w*|sachbearbeit\w*|support|vorgesetzte\w*|fachmann|fachabteilung|abteilung|leiter\w*|geschaftsfuhr\w*|euch|ihnen personlich|einem von euch|echte\w* person`,
		alone:    `(?:ein\w* |den |die )?(?:echte\w* |richtige\w* |lebendige\w* )?(?:mensch\w*|mitarbeiter\w*|mitarbeitr\w*|berater\w*|kundenservice|kundendienst|kundenberater|ansprechpartner\w*|support|ruckruf|person|menschliche hilfe|agent)(?: bitte| jetzt| sofort| danke)*`,
		phrases:  `(?:brauche?|will|mochte|hatte gern|wunsche|verlange|geben sie mir|gib mir|hol|holt|holen sie|bitte)\b.{0,22}\b(?:mensch\w*|echte\w* person|richtige\w* person|mitarbeiter\w*|mitarbeitr\w*|ansprechpartner\w*|berater\w*|jemanden? (?:echten|der|die|von|aus|zum)|vorgesetzt\w*|ruckruf|chef)|(?:ruf|rufen|ruft|anrufen|zuruckrufen|zuruck ruf\w*|zuruckruft|anruft|telefonisch|melden?|meldet|kummert|kummern|ubernehmen|ubernimmt|weiterhelfen|zuruckmeldet)\b.{0,18}\b(?:mich|mir|jemand\w*|bei mir)|(?:mich|mir|jemand\w*|einer)\b.{0,24}\b(?:anrufen|anruft|zuruckrufen|zuruckruft|zuruckmelden|ruckruf|helfen kann|weiterhelfen|ubernehmen|ansehen|drum kummern|darum kummern|kontaktieren|telefon)|(?:nicht|kein\w*|statt|hasse|genug von|keine lust auf)\b.{0,26}\b(?:bots?|roboter|maschine|computer|ki|automat)\b.{0,26}\b(?:sprechen|reden|schreiben|chatten|unterhalten|will|mochte|mehr|diskutieren)|(?:ist|gibt es|gibts) (?:da |hier |bei euch )?(?:ein\w* |denn |auch )*(?:echte\w* |richtige\w* )?(?:mensch\w*|jemand|person)\b.{0,26}(?:sprechen|reden|helfen|hilft|erreichbar|schreiben)|(?:ist|gibt es|gibts) (?:da |hier |bei euch )?(?:auch )?(?:echte\w*|richtige\w*) (?:menschen|leute|personen|mitarbeiter)|das muss (?:sich )?(?:ein mensch|jemand)|kein\w* (?:bot|roboter|maschine) (?:bitte|sondern)|mensch bitte|mit einem echten`,
		not:      `(?:brauche?|brauch|will|mochte|benotige|wunsche|bitte|einfach|ich)?\s?(?:jetzt |grad |gerade )?kein(?:e|en|em|er)? (?:menschen?|mitarbeiter\w*|berater\w*|person|agent\w*|ansprechpartner\w*|ruckruf|jemand\w*)(?: sprechen| notig| noetig| bitte| brauchen)?|(?:nicht|niemanden|nie) (?:mit (?:einem |ner |nem |einer )?(?:menschen|mitarbeiter\w*|person|jemandem|agenten) (?:sprechen|reden|verbinden|verbunden)|(?:anrufen|verbinden|weiterleiten))|(?:verbinde|verbinden|verbindet) (?:sie )?(?:mich )?(?:bitte )?(?:nicht|mit niemandem|mit keinem)|(?:mensch|mitarbeiter|person) (?:ist )?(?:nicht|unnotig) ?(?:notig|erforderlich)?|ohne (?:menschen|mitarbeiter)|brauche? niemanden|will niemanden sprechen|will mit niemandem`,
		innocent: `(?:versicherungs|reise|immobilien|werbe)\s?(?:agent\w*|vertreter\w*|makler\w*|berater\w*)|\b(?:user|travel) agent\w*|(?:mensch|mitarbeiter|jemand|person|personal)\w*\b (?:am|an der|im|an) (?:schalter|theke|kasse|laden|rezeption|empfang|buro|telefon da)|(?:ubertragen|ubertrage|uberweisen|verbinde|verbinden|verknupfen)\b.{0,12}(?:mein|das|den|die|unser)\w* (?:konto|bankkonto|account|vertrag|geld|gerat|handy|guthaben)\b.{0,30}|(?:mein|das|den|die|unser)\w* (?:konto|bankkonto|account|vertrag|geld|gerat|guthaben|termin)\b.{0,24}\b(?:ubertragen|verbinden|uberweisen|verknupfen|weitergeben)|jemand\w* (?:hat|anders|anderen|anderem|anderer|gestohlen|geklaut|war|aus der familie|schon)\b|(?:pro|fur|zwei|drei|vier|funf|\d+|mehrere|wie viele) (?:personen|person|mitarbeiter|menschen)|in person|(?:auf|in) (?:deutsch|englisch|spanisch|turkisch|franzosisch|italienisch|polnisch|arabisch) (?:sprechen|schreiben|reden)|(?:sprechen|reden|schreiben) (?:auf|uber)|ansprechpartner fur presse|mitarbeiterrabatt|(?:hat|habe) mir (?:gestern|schon|ein) (?:ein )?mitarbeiter|mitarbeiter (?:hat|war|haben|sucht|gesucht)|kundenservice (?:offnungs\w*|nummer|zeiten)|(?:nummer|zeiten|adresse) (?:vom|von|des|der) (?:kundenservice|kundendienst|support|anmeldung)|wer (?:darf|kann)`,
	},
	{ // es
		verbs:    `hablar|habla|hable|hablo|comunicar\w*|comunica\w*|comuniqueme|comuniquenme|pasame|paseme|pasenme|pasar\w*|pongame|ponme|conecta\w*|conectar\w*|transfer\w*|transfier\w*|contactar\w*|atienda|atender|charlar|quejar\w*|chatear|derivar|deriva\w*|escalar|escribir`,
		people:   `personas?|humanos?|humana|agentes?|ajente|alguien|alguin|asesor\w*|operador\w*|encargad\w*|supervisor\w*|representante|gerente|jefe|jefa|emplead\w*|atencion al cliente|servicio al cliente|soporte|ejecutiv\w*|responsable|recepcion|recepcionista|tecnico|departamento|companer\w*|un ser humano|gente`,
		alone:    `(?:un |una |el |la )?(?:personas?|humano|agente|ajente|asesor\w*|operador\w*|representante|supervisor\w*|encargad\w*|atencion al cliente|servicio al cliente|persona real|persona de verdad|soporte|ejecutivo|ayuda humana|alguien real)(?: real| humano| humana| por favor| porfa| ya| ahora| pls)*`,
		phrases:  `(?:pasa|pase|pasen|pasad|comunica|comunique|comuniquen)(?:me|nos) con|(?:me|nos) (?:pasas|pasais|comunicas|comunica|comunican) con|(?:quiero|quisiera|necesito|deme|dame|prefiero|busco|me gustaria|exijo|puedo tener)\b.{0,20}\b(?:humano|persona (?:real|de verdad|humana)|una persona|agente|asesor\w*|operador\w*|representante|supervisor\w*|encargad\w*|ayuda humana|alguien (?:real|que|de|del)|gerente)|(?:me |que me |podeis |pueden |puede |podrian |podria |puedes )\b.{0,24}\b(?:llam\w+|atienda\w*|marque\w*|contacte\w*|devuelv\w+ la llamada|telefone\w*)\b.{0,20}(?:alguien|por favor|ustedes|vosotros|una persona|$)|(?:alguien|una persona|un humano|un agente)\b.{0,18}\b(?:llam\w+|ayud\w+|atiend\w+|respond\w+|contact\w+|marc\w+|expliqu\w+|mir\w+)|llam(?:ame|enme|adme|eme)|(?:no quiero|no mas|harto de|cansado de|deja de|en vez de|odio)\b.{0,24}\b(?:bots?|robots?|maquinas?|ia)\b|(?:hay|esta|tienen|teneis) (?:alguien|alguna persona|una persona|un humano)\b.{0,24}\b(?:ayud\w+|hablar|real|disponible|atienda|pueda)|esto (?:necesita|lo tiene que ver|requiere) (?:a )?(?:un|una) (?:humano|persona)|persona real|humano por favor|con un humano|quiero quejarme (?:con|a) |poner una queja (?:con|a) alguien`,
		not:      `(?:no|sin|tampoco|ni) (?:necesito|quiero|hace falta|me pongas|me pases|me comuniques|me pase|me conectes|me transfieras|hablar con|busco|requiero)?\s?(?:hablar |que me (?:llame|atienda|pase)\w* |que me llame )?(?:con |a |de )?(?:un |una |ningun |ninguna )?(?:agente|persona|humano|nadie|asesor\w*|operador\w*|alguien|representante)(?: gracias| por favor)?|no (?:me )?(?:llam\w+|transfier\w+|conect\w+|pas\w+|comuniqu\w+)\b.{0,24}|no (?:hace falta|es necesario|tienes que|tiene que|tienen que|hay que|necesito)(?: que)?(?: me| nos)? (?:pas\w+|pong\w+|transf\w+|conect\w+|comuni\w+|llam\w+|deriv\w+)\b.{0,30}`,
		innocent: `agentes? (?:de seguros|de viajes|inmobiliari\w*|de usuario|de aduanas)|user agent|(?:persona|humano|alguien|personal|gente|agente)\w*\b (?:en|tras|detras de|atendiendo en) (?:el|la|los) (?:mostrador|tienda|recepcion|caja|ventanilla|local|taquilla|oficina|sucursal)|(?:transferir|traspasar|conectar|vincular|pasar|transferencia|ceder)\b (?:mi|la|el|una|dinero|mis|los|nuestra|de)\b.{0,30}|alguien (?:me robo|robo|ha robado|mas|uso|entro|de mi familia|hackeo|se llevo|ha usado|me ha robado)|(?:por|para|dos|tres|cuatro|cinco|\d+|cuantas) personas?|quien(?:es)? puede|hablar (?:de|sobre|contigo en|en (?:ingles|espanol|frances|aleman|italiano|portugues))|(?:horario|telefono|numero|correo) (?:de|del) (?:atencion|servicio|soporte)|(?:atencion al cliente|soporte) (?:horario|telefono)|un (?:agente|empleado|asesor) (?:ya )?me (?:ayudo|llamo|dijo|ha dicho|ha llamado)|en persona|persona fisica|llamar a (?:un taxi|mi)`,
	},
	{ // fr
		verbs:    `parler|parle|discuter|joindre|passez moi|passe moi|transferer|transferez moi|transfere moi|mettez moi|mets moi|contacter|echanger|relation|appeler|connecter|connectez moi|me plaindre|plaindre|adresser`,
		people:   `humains?|humaine|conseill\w*|personnes?|quelqu un|qqun|qq un|kelkun|quelquun|agents?|operateur\w*|operatrice|responsable|service client|superieur|manager|collegue|employe\w*|charge de clientele|technicien|sav|interlocuteur|directeur|equipe|chef|patron|service`,
		alone:    `(?:un |une |le |la )?(?:vrai |vraie )?(?:humain|conseill\w*|agent|operateur|service client|personne|responsable|interlocuteur|sav)(?: humain| humaine| reel| reelle| svp| s il vous plait| stp| vite| maintenant)*`,
		phrases:  `mettez (?:moi|nous) en (?:relation|contact|communication) avec|me mettre en (?:relation|contact|communication) avec|(?:je veux|je voudrais|j aimerais|besoin d|besoin de|donnez moi|je souhaite|je prefere|il me faut|j exige)\b.{0,22}\b(?:humain|vraie personne|conseill\w*|agent|operateur|responsable|quelqu un|interlocuteur|aide humaine|un rappel|etre rappelee?)|(?:quelqu un|une personne|un conseiller|on|vous|qqun)\b.{0,20}\b(?:m appeler|me rappeler|rappeler|m aider|me contacter|me rappelle|me repond|prendre le relais|m appelle|me joindre)|(?:rappelez|appelez|contactez) moi|me faire (?:rappeler|appeler)|(?:pas|plus|marre de|assez de|ras le bol de)\b.{0,22}\b(?:robots?|bots?|machines?|chatbot|ia)\b|(?:y a t il|il y a|y a)\b.{0,6}(?:quelqu un|une personne|un humain|un conseiller)\b.{0,26}\b(?:aider|parler|disponible|reel|peut|repondre)|(?:vraie personne|etre humain)|humain svp|(?:me plaindre|porter reclamation) (?:a|aupres)|il faut (?:un humain|une vraie personne|quelqu un)`,
		not:      `(?:pas|plus|sans) (?:besoin |la peine )?(?:d |de |d un |d une |parler a |avec )*(?:un |une )?(?:humain|conseill\w*|agent|quelqu un|operateur|personne)(?: svp| merci| s il vous plait)?|ne (?:me )?(?:transferez|passez|mettez|rappelez|appelez|connectez)\b.{0,12} pas\b.{0,24}|(?:pas besoin|pas la peine|pas necessaire|inutile) (?:de |d )?(?:que vous |que tu )?(?:me |nous |m )?(?:passer|passiez|transferer|mettre|connecter|rappeler|parler|appeler|faire (?:venir|appeler))\b.{0,40}`,
		innocent: `agents? (?:d assurance|immobilie\w*|de voyage|de securite|d entretien|commercial)|user agent|(?:humain|personne|quelqu un|personnel)\w*\b (?:au|a l|a la|derriere) (?:comptoir|guichet|accueil|caisse|magasin|reception|boutique|agence)|(?:transferer|connecter|lier|virer|transfert|ceder)\b (?:mon|ma|mes|le|la|les|un|de|d|notre)\b.{0,30}|quelqu un (?:a vole|m a vole|d autre|a utilise|a pirate|a pris|de ma famille|est)|(?:par|pour|deux|trois|quatre|cinq|six|\d+|combien de) personnes?|qui peut|parler (?:de|du|des|francais|anglais|espagnol|allemand|en)|(?:horaires|numero|telephone|mail|adresse) (?:du|de) (?:service|sav|support)|un (?:conseiller|agent|employe) m a (?:deja|dit)|en personne|personne (?:ne|n|physique|morale|repond|me repond)`,
	},
	{ // nl
		verbs:    `spreken|spreek|praten|praat|chatten|verbind\w*|verbonden|doorverbind\w*|doorzetten|doorverbonden|contact|bellen|overleggen|klagen|bereiken|schakel\w*`,
		people:   `mens|mensen|medewerker\w*|iemand|iemant|persoon|collega\w*|klantenservice|adviseur|baas|leidinggevende|manager|support|agent|jullie|helpdesk|afdeling|vertegenwoordiger|specialist`,
		alone:    `(?:een |de )?(?:echte? |levend )?(?:mens|medewerker\w*|persoon|klantenservice|collega|adviseur|agent|menselijke hulp)(?: graag| aub| alsjeblieft| alstublieft| nu| a u b)*`,
		phrases:  `(?:wil|heb|geef me|graag|mag ik|zoek|kan ik|eis)\b.{0,20}\b(?:een mens|echt mens|echt persoon|echte persoon|medewerker|iemand van|iemand die|een echt|leidinggevende|menselijke)|(?:iemand|een medewerker|jullie|een mens)\b.{0,22}\b(?:me |mij )?(?:\w+ )?(?:bellen|terugbellen|helpen|belt|terugbelt|contact opnemen|opbellen|meekijken|kijken|overnemen)|(?:bel|belt) (?:me|mij)\b|bel (?:me )?terug|terugbellen|(?:niet|geen|liever niet|stop met|genoeg van|zat van)\b.{0,24}\b(?:bot|robot|machine|computer|chatbot)\b.{0,16}(?:praten|chatten|spreken|meer|maar|$)|is er (?:iemand|een mens|een medewerker)\b.{0,26}\b(?:helpen|beschikbaar|praten|spreken|aanwezig|die)|verbind me (?:maar )?(?:door|even door|met)|verbind mij (?:door|met)|echt (?:mens|persoon)|mens graag|klagen bij (?:iemand|een)`,
		not:      `(?:hoef|wil|heb|nodig|wens)?\s?(?:ik )?(?:geen|niet met een|niet met|zonder) (?:mens|medewerker\w*|persoon|agent|iemand|collega|echt mens)(?: nodig| te spreken| spreken| bedankt| aub)?|(?:niet|nooit) (?:door)?verbinden|verbind me (?:maar )?niet\b.{0,24}|hoef niemand|niemand (?:nodig|spreken)|medewerker (?:is )?niet nodig`,
		innocent: `(?:verzekerings|reis|makelaars|vastgoed)\s?(?:agent\w*|adviseur)|user agent|(?:mens|iemand|medewerker|personeel)\w*\b (?:aan|achter|bij|in) de (?:balie|kassa|winkel|receptie|toonbank|deur)|(?:overzetten|overdragen|overboeken|koppelen|verbinden|doorgeven)\b.{0,10}(?:mijn|het|de|een)\b.{0,24}|(?:mijn|het|de|een) (?:account|rekening|bankrekening|abonnement|geld|toestel|contract)\b.{0,24}(?:overzetten|overdragen|koppelen|verbinden|doorgeven)|verbind mijn\b.{0,24}|iemand (?:heeft|anders|gestolen|in mijn|uit mijn|was)\b|(?:per|voor|twee|drie|vier|vijf|\d+|hoeveel) (?:personen|persoon|mensen|medewerkers)|wie (?:kan|mag)|(?:spreken|praten) (?:over|in het)|in het (?:engels|nederlands|duits|frans|spaans|turks) (?:praten|spreken)|(?:nummer|tijden|telefoonnummer|openingstijden) (?:van|klantenservice)|klantenservice (?:open|tijden|nummer)|een medewerker (?:heeft|zei|had)`,
	},
	{ // pt
		verbs:    `falar|fala|falo|conversar|conversa|passar|passa|passe|me passa|conectar|conecta|transferir|transfere|transfira|contatar|contactar|atendido|atendida|reclamar|atender|encaminh\w+|chama\w*|ligar|tratar`,
		people:   `pessoas?|humanos?|humana|atendentes?|atendete|alguem|algem|agente|assistente|operador\w*|gerente|supervisor\w*|representante|responsavel|funcionari\w*|suporte|sac|equipe|colaborador|consultor\w*|chefe|especialista|setor|gente de verdade|apoio ao cliente|colega`,
		alone:    `(?:um |uma |o |a )?(?:pessoa|humano|atendente|agente|operador\w*|representante|supervisor\w*|gerente|suporte humano|atendimento humano|pessoa real|pessoa de verdade|sac)(?: real| humano| humana| por favor| pf| pfv| agora| ja)*`,
		phrases:  `(?:me passa|me passe|passa me|passe me|me transfere|me transfira|transfere me|transfira me) com|(?:quero|queria|preciso|gostaria|me da|prefiro|posso ter|exijo|manda)\b.{0,22}\b(?:humano|pessoa (?:real|de verdade)|uma pessoa|um atendente|uma atendente|atendente|operador\w*|atendimento humano|alguem (?:real|que|da|do|de)|gerente|supervisor\w*)|(?:alguem|uma pessoa|um humano|um atendente|voces|vcs)\b.{0,22}\b(?:me )?(?:lig\w+|ajud\w+|atend\w+|retorn\w+|contat\w+|contact\w+|respond\w+|telefon\w+)\b.{0,10}(?:me|mim|por favor|$)|me (?:liga|ligue|liguem|telefona|telefonem|retorna|retorne)\b|(?:liguem|ligue|liga) (?:pra|para) mim|(?:nao quero|chega de|cansado de|odeio|parar de)\b.{0,24}\b(?:bot|robo|robos|maquina|ia)\b|(?:tem|ha|existe) (?:alguem|uma pessoa|algum humano|algum atendente)\b.{0,26}\b(?:ajud\w+|falar|real|disponivel|possa|atender)|pessoa (?:real|de verdade)|humano por favor|isso precisa de (?:um|uma) (?:humano|pessoa)|reclamar com alguem`,
		not:      `(?:nao|sem|nem) (?:preciso|quero|precisa|necessito|me passe|me passa|me transfira|me conecte|me transfere|chame|falar com|ha necessidade)?\s?(?:de |falar com |que |falar |me ligu\w+ )*(?:um |uma |o |nenhum |nenhuma )?(?:atendente|pessoa|humano|ninguem|agente|operador\w*|alguem|funcionari\w*)(?: obrigad\w| por favor)?|nao (?:me )?(?:lig\w+|transf\w+|conect\w+|pass\w+|encaminh\w+)\b.{0,24}|(?:nao|n) (?:precisa\w*|e preciso|necessita|tem que|ha necessidade)(?: de)?(?: me| nos| que)* (?:pass\w+|transf\w+|conect\w+|cham\w+|lig\w+|encaminh\w+)\b.{0,30}`,
		innocent: `agentes? (?:de seguros?|de viage\w+|imobiliari\w*|de usuario)|user agent|corretor\w* de seguros|(?:pessoa|humano|alguem|funcionario|atendente)\w*\b (?:no|na|atras do|atras da) (?:balcao|loja|recepcao|caixa|guiche|portaria)|(?:transferir|conectar|vincular|passar|ligar|transferencia|ceder)\b (?:minha|meu|a|o|uma|dinheiro|meus|os|as|de)\b.{0,30}|alguem (?:roubou|mais|usou|entrou|da minha|hackeou|levou|pegou)|(?:por|para|pra|duas|tres|quatro|cinco|\d+|quantas) pessoas?|quem pode|falar (?:de|sobre|ingles|portugues|espanhol|em|contigo em|com voce em)|(?:horario|telefone|numero|email) (?:do|de|da) (?:atendimento|sac|suporte)|um (?:atendente|funcionario) (?:ja )?me (?:ajudou|ligou|disse|falou)|em pessoa|pessoa fisica|pessoa juridica`,
	},
	{ // it
		verbs:    `parlare|parlo|parla|parli|conferire|passatemi|passami|mi passi|passare|mettetemi|mettimi|collega\w*|contattare|connett\w+|trasferi\w+|trasferisc\w+|chattare|lamentar\w+|reclamare|contatto|comunicare`,
		people:   `persona|persone|umano|umana|operator\w*|qualcuno|qualcun\w*|agente|addett\w*|responsabile|consulente|assistente|servizio clienti|assistenza|supervisore|direttore|impiegat\w*|tecnico|incaricat\w*|titolare|capo|essere umano|voi|reparto`,
		alone:    `(?:un |una |l |il )?(?:persona|umano|operator\w*|agente|addett\w*|responsabile|servizio clienti|assistenza umana|assistenza clienti|persona vera|persona reale|consulente|supervisore)(?: vera| reale| umano| umana| per favore| subito| grazie| perfavore)*`,
		phrases:  `(?:voglio|vorrei|ho bisogno|mi serve|datemi|dammi|preferisco|posso avere|esigo)\b.{0,22}\b(?:umano|persona vera|persona reale|una persona|operator\w*|un addetto|responsabile|assistenza umana|qualcuno (?:che|di|del)|essere umano)|(?:qualcuno|una persona|un operatore|potete|puo|potreste|mi)\b.{0,22}\b(?:mi )?(?:chiam\w+|richiam\w+|ricontatt\w+|contatt\w+|aiut\w+ di persona|telefon\w+)|(?:chiamatemi|richiamatemi|chiamami|ricontattatemi|mi richiami|mi chiami)\b|qualcuno\b.{0,20}\b(?:aiut\w+|rispond\w+|guard\w+|occup\w+)|(?:non voglio|basta|stanco di|stufo di|odio)\b.{0,26}\b(?:bot|robot|macchin\w+|ia|risponditore)\b|c e (?:qualcuno|una persona|un umano|un operatore)\b.{0,26}\b(?:aiut\w+|parlare|vero|disponibile|possa|puo)|persona (?:vera|reale|in carne)|umano per favore|serve (?:un umano|una persona)|lamentarmi con`,
		not:      `(?:non|senza|nessun|nessuna|niente)\s?(?:ho bisogno|voglio|serve|mi serve|occorre|mi passi|passatemi|passarmi|mi colleghi|trasferitemi)?\s?(?:di |parlare con |con |che mi )*(?:un |una |l |il |nessun |nessuna )?(?:persona|umano|operator\w*|agente|nessuno|addett\w*|qualcuno)(?: grazie| per favore)?|non (?:mi |voglio essere )?(?:chiam\w+|trasfer\w+|colleg\w+|pass\w+|richiam\w+|contatt\w+)\b.{0,24}|non (?:serve|occorre|c e bisogno|e necessario|importa|devi|dovete)(?: che| di)?(?: mi| me| ci)* (?:pass\w+|trasfer\w+|colleg\w+|chiam\w+|richiam\w+|mett\w+)\b.{0,30}`,
		innocent: `agent[ei] (?:assicurativ\w*|immobiliar\w*|di viaggio|di commercio)|user agent|(?:persona|umano|qualcuno|personale|addetto)\w*\b (?:al|in|alla|allo|dietro al) (?:banco|bancone|negozio|cassa|reception|sportello|officina)|(?:trasferire|collegare|passare|spostare|intestare|cedere)\b (?:il|la|mio|mia|un|i|le|dei|soldi|denaro|l)\b.{0,30}|qualcuno (?:ha rubato|mi ha rubato|altro|ha usato|e entrato|ha preso|della mia|ha hackerato)|qualcun altro|(?:per|a|due|tre|quattro|cinque|\d+|quante) person[ea]|chi puo|parlare (?:di|del|della|in|italiano|inglese|tedesco)|(?:orari|numero|telefono|mail) (?:del|dell|di) (?:servizio|assistenza)|un (?:operatore|addetto) (?:mi ha|ha gia)|di persona|persona fisica`,
	},
	{ // pl
		verbs:    `rozmawia\w*|porozmawia\w*|rozmowa|rozmowy|pogada\w*|gada\w*|pogadac|polacz\w*|polaczyc|polaczenie|przelacz\w*|przekieruj\w*|skontaktowa\w*|kontakt\w*|pisac|czatowa\w*|zadzwon\w*|poskarzyc|mowic|przekaz\w*`,
		people:   `czlowiek\w*|osob\w*|kims|konsultant\w*|pracownik\w*|ktos|kogos|agent\w*|operator\w*|doradc\w*|kierownik\w*|menadzer\w*|manager\w*|szef\w*|przelozon\w*|obslug\w*|specjalist\w*|bok|farmaceut\w*|zywym|zywego|dzial\w*|przedstawiciel\w*`,
		alone:    `(?:zywy |prawdziwy |zywego |prawdziwego )?(?:czlowiek\w*|konsultant\w*|pracownik\w*|agent\w*|operator\w*|doradca|osoba|infolinia|obsluga klienta|biuro obslugi klienta|bok)(?: prosze| teraz| poprosze| natychmiast)*`,
		phrases:  `(?:polacz\w*|przelacz\w*) mnie ze?|(?:chce|chcialbym|chcialabym|potrzebuje|poprosze|prosze|dajcie|daj mi|wole|zadam)\b.{0,22}\b(?:czlowiek\w*|konsultant\w*|pracownik\w*|zywa osob\w*|prawdziw\w* osob\w*|z kims|kierownik\w*|doradc\w*|operator\w*|szefa)|(?:ktos|pracownik|konsultant|mozecie|moze|prosze|niech)\b.{0,22}\b(?:zadzwoni\w*|oddzwoni\w*|pomoc|pomoze|skontaktuj\w*|przejmie|zajmie)\b|(?:zadzwoncie|oddzwoncie|prosze o (?:telefon|kontakt|oddzwonienie))|(?:nie chce|dosc|mam dosc|zamiast)\b.{0,24}\b(?:bot\w*|robot\w*|maszyn\w*|automat\w*)\b|(?:jest|czy jest) (?:tam |u was )?(?:ktos|jakis czlowiek|jakas osoba|jakis konsultant)\b.{0,24}\b(?:kto|pomoze|pomoc|dostepny|zywy|porozmawiac)|zyw\w+ (?:czlowiek\w*|osob\w*)|z zywym|poskarzyc sie komus`,
		not:      `(?:nie|bez) (?:potrzebuje|chce|trzeba|potrzeba|ma potrzeby|lacz\w*|przelacz\w*|przekierow\w*|rozmawiac)?\s?(?:rozmawiac |z |mnie |do |mi )*(?:zadnego |zadnej |zywego )?(?:czlowiek\w*|konsultant\w*|pracownik\w*|osob\w*|kims|nikogo|nikim|agent\w*|operator\w*)(?: dzieki| dziekuje| prosze)?|nie (?:dzwon\w*|lacz\w*|przelacz\w*|oddzwani\w*)\b.{0,24}`,
		innocent: `agent\w* (?:ubezpieczeniow\w*|nieruchomosci|turystyczn\w*)|user agent|(?:czlowiek|ktos|pracownik|osoba|obsluga)\w*\b (?:w|przy|na|za) (?:sklepie|kasie|recepcji|punkcie|ladzie|okienku|aptece)|(?:przeniesc|przelac|polaczyc|podlaczyc|przepisac|przekazac)\b (?:moje|moj|konto|na|pieniadze|umowe|swoje|srodki|karte)\b.{0,30}|ktos (?:ukradl|inny|uzyl|wlamal|zabral|z rodziny|mi ukradl)|(?:na|dla|dwie|trzy|cztery|\d+|ile|dwoch|trzech) osob\w*|kto moze|rozmawiac (?:o|po)|(?:godziny|numer|telefon|mail) (?:do|obslugi|infolinii|biura)|(?:pracownik|konsultant) (?:juz |mi )?(?:pomogl|dzwonil|powiedzial)|osobiscie`,
	},
	{ // tr
		verbs:    `konus\w*|gorus\w*|bagla\w*|aktar\w*|yazis\w*|ulas\w*|iletisim\w*|sikayet\w*|yonlendir\w*|cevap ver\w*|ilgilen\w*|ara\b|arasin|arayin|arar misiniz`,
		people:   `insan\w*|temsilci\w*|temsilcisi\w*|yetkili\w*|biri\w*|birisi\w*|kisi|kisiyle|musteri hizmet\w*|calisan\w*|gorevli\w*|operator\w*|mudur\w*|sorumlu\w*|personel\w*|canli (?:destek|biri\w*|insan\w*)|destek ekib\w*|amir\w*|arkadas\w*|danisman\w*`,
		alone:    `(?:bir |gercek |canli )*(?:insan|temsilci|musteri temsilcisi|yetkili|canli destek|musteri hizmetleri|operator|yetkiliyle|canli biri|gorevli)(?: lutfen| istiyorum| lazim| hemen| acil| baglayin| bagla)*`,
		phrases:  `(?:gercek|canli) (?:bir )?(?:insan\w*|kisi\w*|biri\w*|temsilci\w*)\b.{0,20}\b(?:istiyorum|lazim|lutfen|konus\w*|bagla\w*|var mi|gorus\w*)|(?:insan|temsilci|yetkili|biri)\w* (?:istiyorum|lazim|gerek)|(?:biri|birisi|yetkili|temsilci)\b.{0,22}\b(?:beni |bana )?(?:ara\w*|yardim\w*|don\w*|geri don\w*|bak\w*|ilgilen\w*)|beni (?:arayin|arar misiniz|arasin\w*|geri arayin)|(?:bot|robot|makine)\w*\b.{0,20}\b(?:istemiyorum|konusmak istemiyorum|degil)\b|(?:konusabilecegim|yardim edecek|yardimci olacak|bakacak) (?:biri|bir insan|kimse|bir yetkili)|(?:birine|yetkiliye) (?:sikayet|baglan|bagla)\w*`,
		not:      `(?:insan\w*|temsilci\w*|yetkili\w*|kimse\w*|biri\w*|canli destek\w*|birini|operator\w*)\b.{0,26}\b(?:istemiyorum|gerek yok|baglama\w*|gerekmiyor|lazim degil|ihtiyacim yok|aktarma\w*|gerek kalmadi|istemem|konusmak istemiyorum|olmasin)|(?:baglamayin|aktarmayin|baglama|aramayin|yonlendirmeyin)`,
		innocent: `(?:sigorta|seyahat|emlak)\s?(?:acente\w*|temsilci\w*|danisman\w*|ajan\w*)|user agent|(?:insan|biri|kimse|gorevli|personel)\w*\b .{0,10}(?:gisede|magazada|subede|kasada|resepsiyonda|bankoda)|(?:gisede|magazada|subede|kasada|resepsiyonda|bankoda)\b.{0,16}(?:insan|biri|kimse|gorevli|personel)\w*|(?:hesab\w*|banka\w*|para\w*|hatt\w*|uyelig\w*|numaram\w*)\b.{0,30}\b(?:aktar\w*|bagla\w*|devret\w*|tasi\w*)|biri(?:si)? (?:caldi|calmis|kullanmis|almis|girmis)|baska biri\w*|(?:kac|iki|uc|dort|bes|\d+) (?:kisi\w*|insan)|kisi basi|kimler|(?:hakkinda|ingilizce|turkce|almanca|arapca) konus\w*|musteri hizmetleri (?:numara\w*|saat\w*|telefon\w*|kacta)|(?:temsilci|yetkili) (?:aradi|dedi|yardim etti)`,
	},
	{ // ar
		verbs:    `اتكلم|أتكلم|التكلم|اتحدث|التحدث|احكي|اكلم|تحويلي|حولني|حولوني|وصلني|وصلوني|التواصل|اتواصل|تواصل|اكلمه|نتكلم|اشتكي|الكلام|كلام|ربطني|تحدث|الحديث|اكلمكم|احول|تحولني|توصلني`,
		people:   `شخص|انسان|موظف|موظفه|ممثل|احد|حد|بشر|مسؤول|مسوول|المدير|مدير|خدمه العملاء|خدمه الزباين|خدمه الزبائن|الدعم|مندوب|المشرف|وكيل|بشري|انسان حقيقي|حدا|ايجنت|مختص|المسؤول|القسم|الموظفين`,
		alone:    `(?:اريد |ابغى |عايز |ممكن |بدي )?(?:شخص حقيقي|انسان|موظف|ممثل خدمه العملاء|خدمه العملاء|شخص|بشر|مندوب|مسؤول|الدعم البشري|دعم بشري|موظف خدمه العملاء|انسان حقيقي|وكيل|ايجنت)(?: من فضلك| لو سمحت| رجاء| الان| حقيقي| بسرعه)*`,
		phrases:  `(?:اريد|ابغى|ابي|عايز|محتاج|احتاج|بدي|نريد|اطلب)\b?.{0,20}(?:شخص حقيقي|انسان حقيقي|انسان|موظف|بشري|خدمه العملاء|مسؤول|مندوب)|(?:احد|شخص|موظف|لاحد|لشخص) (?:ان )?(?:الاتصال|يتصل|التواصل) (?:بي|معي)|(?:حد|احد|شخص|موظف|احدكم|حدا).{0,16}(?:يتصل|يكلمني|يساعدني|يرد علي|يتواصل|يتصل بي|يكلمني)|(?:اتصلوا|اتصل|كلموني|تواصلوا|كلمني) (?:بي|معي|علي|فيني)|(?:لا اريد|ما ابي|ما ابغى|مش عايز|ما بدي).{0,20}(?:روبوت|بوت|الي|اله|ماكينه)|(?:هل يوجد|في|فيه|هل هناك|يوجد) (?:احد|حد|شخص|موظف|انسان).{0,20}(?:يساعد|اتكلم|حقيقي|متاح|يرد|اكلم)`,
		not:      `(?:لا|ما|مش|مو|بدون|ليس|ولا) (?:احتاج|اريد|ابي|ابغى|عايز|محتاج|داعي|تحولني|تحول|بدي|لازم|ضروري|حاجه|بحاجه)? ?(?:الى |ل|ان |التحدث |التكلم |اتكلم |اكلم |احكي |احكي مع |اتواصل |مع |لي |الي )*(?:شخص|موظف|انسان|احد|حد|بشر|ممثل|موظفه|تحويلي|تحويل)(?: شكرا| لو سمحت)?|(?:لا|ما) (?:تحولني|توصلني|تحولوني|تتصلوا|تتصل)`,
		innocent: `(?:وكيل|مندوب|موظف) (?:تامين|التامين|سفريات|سفر|عقارات|عقاري|مبيعات)|(?:شخص|موظف|احد|انسان|حد).{0,10}(?:على|عند|في|ورا|خلف) (?:الكاونتر|الاستقبال|المحل|الفرع|الصندوق|الشباك)|(?:تحويل|ربط|نقل|احول|اربط|انقل) (?:حسابي|حساب|المال|فلوس|رصيد|الحساب|اموال|بنكي|البنك|مبلغ|خطي).{0,30}|(?:شخص|احد|حد) (?:سرق|اخر|استخدم|دخل|اخذ)|(?:كم|لكل|شخصين|اشخاص|\d+) (?:شخص|اشخاص)|من يستطيع|(?:اتكلم|التحدث|نتكلم|اتحدث) (?:عن|بالعربي|بالانجليزي|بالعربيه|بالانجليزيه|العربيه)|(?:ساعات|رقم|مواعيد|اوقات) (?:خدمه|عمل خدمه|الدعم)`,
	},
	{ // zh, ja: no spaces between words
		phrases:  `转人工|轉人工|人工(?:客服|服务|服務|坐席)?|真人|找人工|找客服|找个人|找個人|活人|联系客服|聯繫客服|客服在吗|叫客服|跟人(?:说|聊|谈)|和人(?:说|聊|谈)|有人(?:吗|在吗|能)|客服人员|给我打电话|打电话给我|让人|派人|投诉|不想(?:和|跟)机器人|主管|经理|オペレーター|担当者|人間(?:と|に)|人と(?:話|はな|お話|チャット)|スタッフ(?:と|に|を)|有人(?:対応|チャット)|誰か(?:と|に|いませ|助け|話)|電話(?:して|を?(?:かけて|ください|頂け|いただ))|折り返し|責任者|上司|ボットじゃ|機械じゃ|人に代わ|係の人|本物の人|話せる人`,
		alone:    `客服|人工|人工客服|真人|真人客服|オペレーター|担当者|人間|有人|人|スタッフ|客服人员`,
		not:      `(?:不用|不要|不需要|别|無需|无需|不想|不必)(?:转|找|叫|要|接)?(?:人工|客服|真人|人)(?:客服)?|(?:人間|オペレーター|担当者|スタッフ|人)(?:は|と話す必要は|に(?:つな|繋)(?:が|げ))?(?:いりません|いらない|不要|必要(?:は)?(?:ない|ありません)|なくて|結構)|繋がないで|つながないで`,
		innocent: `(?:人工智能|人工費|人工费|人工降雨|客服(?:电话|时间|几点|邮箱)|人间|人間ドック|人工知能|(?:几|幾|多少|两|三|四|\d)个?人|保险(?:代理|经纪)|有人偷|有人用了|誰かが盗|何人|二人|人工物|一人|本人|スタッフ割引|人気)`,
	},
	{ // hi, in Latin letters
		verbs:    `baat|bat|connect|jodo|jod|milao|milwa\w*|call|phone|transfer|karwa\w*|karao|karwao|batao`,
		people:   `insaan|insan|aadmi|admi|agent|customer care|kisi|kisi se|banda|bande|executive|representative|manager|support|human|koi|vyakti|senior`,
		alone:    `(?:koi |ek )?(?:insaan|insan|aadmi|agent|customer care|executive|human|asli insaan|representative)(?: chahiye| please| plz| se| do| bulao)*`,
		phrases:  `(?:insaan|insan|agent|aadmi|human|kisi|executive|customer care|manager)\w* (?:se |ko |wale se |vale se )?(?:baat|bat|chahiye|connect|milwa|bulao|call)|(?:mujhe|muje|mujhko)\b.{0,20}\b(?:call|phone) (?:kar\w*|back)|bot se (?:baat )?nahi|koi (?:hai|insaan|madad)\b.{0,20}\b(?:baat|help|madad|insaan)?|asli (?:insaan|aadmi)|kisi se baat`,
		not:      `(?:insaan|agent|kisi|human|aadmi|executive)\w*\b.{0,20}\b(?:nahi|nahin|mat|nhi)\b.{0,10}(?:chahiye|karni|karna|connect|karo|chahie)?|(?:connect|call|transfer) mat`,
		innocent: `(?:insurance|travel|property|user) agent|(?:do|teen|char|kitne|\d+) (?:log|aadmi|insaan)|kisi (?:aur|ne)`,
	},
}

type compiledWishing struct{ near, alone, phrases, not, innocent *needle.Regexp }

var compiledWishings = sync.OnceValue(func() []compiledWishing {
	out := make([]compiledWishing, len(wishings))
	for i, a := range wishings {
		word := func(s string) string { return `(?:^|[ ])(?:` + s + `)(?:$|[ ])` }
		if a.verbs == "" && a.people == "" { // a script without spaces
			word = func(s string) string { return `(?:` + s + `)` }
		}
		c := &out[i]
		if a.verbs != "" {
			c.near = needle.MustCompile(word(a.verbs) + `(?:.{0,28}[ ])?(?:` + a.people + `)(?:$|[ ])|` + word(a.people) + `(?:.{0,28}[ ])?(?:` + a.verbs + `)(?:$|[ ])`)
		}
		c.alone = needle.MustCompile(`^(?:` + a.alone + `)$`)
		c.phrases = needle.MustCompile(word(a.phrases))
		c.not = needle.MustCompile(word(a.not))
		if a.innocent != "" {
			c.innocent = needle.MustCompile(word(a.innocent))
		}
	}
	return out
})

// anybody are the words for somebody who might answer, one by one, folded: no pronouns, no teams.
var anybody = words(`someone somebody anyone anybody person human agent jemand jemanden jemandem mensch menschen mitarbeiter mitarbeiterin alguien persona humano agente qqn personne humain conseiller qualcuno operatore umano alguem pessoa atendente
	iemand mens medewerker ktos kims czlowiek czlowiekiem konsultant biri birisi birine insan temsilci شخص موظف`)

// namesPerson is whether a text has a word for somebody who might answer that none of the choices' labels has.
func namesPerson(text string, choices []handover.Choice) bool {
	f := strings.ReplaceAll(string(folded(text)), "quelqu un", "qqn")
	return slices.ContainsFunc(strings.Fields(f), func(w string) bool {
		return anybody[w] && !slices.ContainsFunc(choices, func(c handover.Choice) bool {
			return c.ID != handover.ChoosePerson && slices.Contains(strings.Fields(string(folded(c.Label))), w)
		})
	})
}

// wish is what a text says about wanting a person.
type wish struct {
	score   float64  // of the surest clause: a logit, 0 at even odds
	refuses bool     // says that none is wanted
	rest    []string // the clauses that say neither
}

// mostWished is how much of a text is looked at for a wish: its beginning and its end, in characters.
const mostWished = 600

// wishOf scores each clause by itself, so that a long story before it hides no wish, and the whole where it is short.
func wishOf(text string) wish { return wishes.of(text, func() wish { return findWish(text) }) }

func findWish(text string) wish {
	w := wish{score: -9}
	text = knowledge.Spelled(endsOf(text, mostWished))
	parts := clauses(text)
	for _, part := range parts {
		score, refuses := wishOfClause(part)
		if refuses {
			w.refuses = true
			if left := behindRefusal(part); left != "" {
				w.rest = append(w.rest, left)
			}
			continue
		}
		if score < humanAt {
			w.rest = append(w.rest, part)
		}
		w.score = max(w.score, score)
	}
	if len(parts) > 1 && !w.refuses && len(linear.Words(text)) <= 14 {
		if score, refuses := wishOfClause(text); !refuses {
			w.score = max(w.score, score)
		}
	}
	return w
}

// goesOn are words by which a sentence goes on to what is wanted, without a comma: "no human needed just the price".
var goesOn = regexp.MustCompile(`(?i)\s(?:(?:but |and )?(?:just|only)|how|what|whats|when|where|which|who|why|nur|sondern|aber|wie|was|wann|wo|solo|sólo|pero|cuánto|cuanto|cómo|como|cuándo|dónde|qué|juste|seulement|so (?:quero|queria|preciso|gostaria)|combien|comment|quand|où|quels?|quelles?|só|apenas|quanto|quando|onde|qual|soltanto|come|dove|quale|alleen|gewoon|maar|hoe|wat|wanneer|waar|tylko|ile|jak|kiedy|gdzie|sadece|ne kadar|nasıl|nerede|kaç\p{L}*|بس|فقط|متى|كم|هل|وين|bas|kitna|kya|kab)\s+\S.*$|\s(?:就问|就想|只想|请问|我就).*$`)

// unbroken is a script that puts no spaces between words.
var unbroken = regexp.MustCompile(`\p{Han}{4}`)

// behindRefusal is what a clause that wants nobody asks all the same, "" when it asks nothing.
func behindRefusal(clause string) string {
	left := strings.TrimSpace(goesOn.FindString(clause))
	if len(strings.Fields(left)) < 2 && !unbroken.MatchString(left) {
		return ""
	}
	if score, refuses := wishOfClause(left); refuses || score >= humanAt { // it is still about the person
		return ""
	}
	return left
}

func wishOfClause(clause string) (score float64, refuses bool) {
	if h := hear(clause); h.only&aboutBot != 0 || h.only != 0 && h.only&^courtesies == 0 {
		return -6, false
	}
	s := keyed(string(folded(clause)))
	known := compiledWishings()
	for _, a := range known {
		if a.innocent != nil {
			s = strings.TrimSpace(a.innocent.ReplaceAllString(s, " "))
		}
	}
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return -6, false
	}
	for _, a := range known {
		if a.not.MatchString(s) && !robot.MatchString(s) {
			return -6, true
		}
	}
	score = humanModel().Score(HumanFeatures(s))
	for _, a := range known {
		if a.alone.MatchString(s) || a.phrases.MatchString(s) || a.near != nil && a.near.MatchString(s) {
			return max(score, -2) + 4, false
		}
	}
	return score, false
}

// keyWords ask for a person by themselves.
var keyWords = strings.Fields("human agent person representative operator manager supervisor advisor someone somebody")

// keyed mends a typing error in the key word of a few words: "humaan please".
func keyed(s string) string {
	all := strings.Fields(s)
	if len(all) > 3 {
		return s
	}
	for i, w := range all {
		if len(w) < 5 || knowledge.Known(w) || slices.Contains(keyWords, w) {
			continue
		}
		for _, k := range keyWords {
			if knowledge.Nearly(w, k) && (len(w) != len(k)+1 || !strings.HasPrefix(w, k)) { // "agente" is a word of other languages
				all[i] = k
				break
			}
		}
	}
	return strings.Join(all, " ")
}

var robot = regexp.MustCompile(`\b(?:bots?|robots?|roboter|machines?|maschine|chatbots?|ai|ki|ia|computers?|maquinas?|robo|macchin\w|maszyn\w*|automat\w*|makine\w*)\b`)

// HumanScore says how surely a text asks for a person: a logit, 0 at even odds.
func HumanScore(text string) float64 {
	w := wishOf(text)
	if w.refuses && w.score < humanAt {
		return -6
	}
	return w.score
}

// wantsHuman is whether a text asks for a person.
func wantsHuman(s string) bool { return strings.TrimSpace(s) != "" && HumanScore(s) >= humanAt }

// humanAt keeps false alarms below 1 % on texts it was not trained on.
const humanAt = 1.0

// endsOf are a text's beginning and end.
func endsOf(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most/2]) + "\n" + string(r[len(r)-most/2:])
}
