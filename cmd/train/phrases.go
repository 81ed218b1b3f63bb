package main

import (
	"slices"
	"strings"
)

// phrases are templates of our own: (a|b) is a choice, written out in full.
type phrases struct{ wants, wantsNot []string }

// handoff teaches what asking for a person sounds like, and what only looks like it.
var handoff = map[string]phrases{
	"en": {
		wants: []string{
			"(i want to|i would like to|i'd rather|can i|could i|may i|let me|i need to|please let me|how can i|how do i|is it possible to|wanna|i wish to|i must) (talk|speak|chat) (to|with) (a human|a person|a real person|an agent|someone|somebody|a representative|an operator|a manager|your supervisor|a colleague|customer service|the support team|an advisor|a live agent|a member of staff|an employee)",
			"(connect|transfer|forward|put|pass|switch|hand) me (to|through to|over to) (a human|a person|an agent|someone|a representative|an operator|customer support|a manager|a real human)",
			"(get|give|find|send) me (a human|a person|an agent|a real person|somebody who can help|a manager|an operator|your boss|a live agent)(| please| now)",
			"(human|agent|operator|representative|real person|live agent|live chat|person|handoff|customer service|speak to agent|talk to human|manager|supervisor)(| please| now|!|!!)",
			"(i don't want to|i do not want to|i hate to|stop making me|tired of|sick of|no more) (talk to|chat with|talking to|chatting with|answers from) (a bot|a robot|a machine|this bot|an ai|a computer)",
			"is there (a human|anyone|a real person|somebody|an agent|anybody) (i can talk to|there|available|who can help me|i could speak with)",
			"(are there any|do you have) (humans|real people|human support|agents) (i can talk to|available|around|there)",
			"(have|ask|let) (someone|a person|somebody|an agent|a colleague|your team) (call|contact|ring|phone|text|email|help) me(| back)(| please)",
			"(i want|i need|i demand|i'd like) (a human|a person|human help|a real person|help from a human|an actual human being|to see the manager|someone real|a real agent)",
			"(this is a|what a|you are a) waste of (my |)time(| let me speak to someone| get me a person|, i need a human)",
			"you (guys |)are (fraud|a fraud|scammers|useless|no help)(| i want to speak to someone| let me talk to your manager| connect me to a person)",
			"(escalate|raise) (this|my case|my issue) (to a human|to your manager|to someone|now|please)",
			"(forward|send|hand|put|refer|direct) (me|this|us|it) (on |over |)to (your team|a colleague of yours|the responsible person|your staff|someone in charge|somebody at your company|one of your employees)",
			"(i want to|can i|let me|i'd like to|may i) (talk|speak|chat) to (the owner|the boss|your ceo|someone at the company|someone else|someone who knows|someone smarter|somebody competent|another person|the people in charge|your team|your developers|your sales team|anybody real|someone in the office|a real employee)",
			"(gimme|give me|get|bring|show me|find) (a |an |the |some )(proper |real |actual |living |)(human|person|human being|agent|employee)(| now| already| please| to help me| to assist me)",
			"can you (get|ask|call|find|fetch) (a human|a person|somebody|an agent|a colleague|someone) (to assist me|to help me|to answer this|who can help|for me)",
			"(are there|is there|do you have|got) (also |any |)(humans|real people|people|employees|human agents|human support) (working |)(for your company|for you|there|behind this|at your place|i can reach)",
			"(thats|that's|this is) (not helping|annoying|no use|useless|wrong|not what i asked)(, | |. )(i want|can i talk to|get me|let me speak to|i'd like) (a human|someone real|a person|a real agent)",
			"(i prefer|i would prefer|i'd prefer|rather) (a human|talking to a human|a real person|to speak to someone|human contact)", "(i need|need|want) (some |)(human|real|personal) (help|support|assistance|contact|service)",
			"(please |)(give|hand|transfer|turn|pass) (me|this chat|the conversation|this conversation|the chat) (over |)to (a human|a person|an agent|someone else|human)",
			"(nobody|no one) (answers|picks up|replies) (the phone|my calls|my mails)(|, i want to talk to someone)",
			"bot (is not helping|is useless|doesn't understand me|keeps repeating itself)(|, human please| get me an agent)",
			"(can|could) (someone|anybody|a human|a person|one of your people) (please |)(help me|take over|look at this|assist me)(| instead)",
			"contact with (a |)(human|person|agent|customer agent)(| please)",
			"(how|where) (can|do) i (reach|contact|get hold of|call) (a human|a person|an agent|someone|an assistant|an operator)",
			"help (me |)(to |)(talk|speak|chat|talking|speaking|contacting) (to|with) (a person|an agent|someone|somebody|an assistant)",
		},
		wantsNot: []string{
			"(i don't|i do not|don't) (want|need) (to talk to |to speak with |)(a human|a person|an agent|anyone|somebody)(| thanks| you can help me| yet)",
			"(no need|there is no need|not necessary) (to call|for|to involve|to get) (a human|a person|an agent|anyone)",
			"are you (a human|human|a real person|a bot|a robot|an ai|real)(|?)", "am i (talking|speaking|chatting) (to|with) (a human|a person|a bot|a machine|a real person|an ai)(|?)",
			"(what is|how much is) (an agent fee|the agent's commission|the manager account|the operator manual|the customer service survey|the human resources policy)",
			"(can i|how do i) (add|invite|remove|change) (a person|a user|another person|an agent|my manager|someone) (to|from|in) my (account|booking|plan|order|team)",
			"(the person|the agent|an agent|somebody|a representative|your colleague) (already |)(helped me|called me|told me to wait|fixed it|was friendly|delivered my parcel|wrote to me yesterday)",
			"(can i|i want to) (change|cancel|track|return|update|check|see|pay|download|delete) my (order|subscription|account|address|invoice|booking|password|bill|parcel|plan|refund)",
			"i want to (open an account|buy a ticket|talk about my refund|talk about prices|book a table for one person|know more|send money to a person|transfer money to someone)",
			"(how many|do you have) (agents|employees|people|operators) (work here|do you have|are in your company)", "(speak|talk) (english|german|slower|louder)(| please)",
			"(connect|transfer) (my bank account|my phone|the device|money|100 dollars|funds) to (my laptop|savings|my friend|the network|checking)",
			"(call|text|email|message) my (mom|wife|boss|friend|doctor)", "who (are you|made you|do you work for|is the manager of the store)",
			"(i need help|help me|assistance|can you help me) (with|to) (my order|a refund|pay my bill|reset my password|my invoice|find a shop|recover my account)",
			"(hi|hello|thanks|thank you|ok|bye|good morning|yes|no|yes please|no thanks)", "what are your (opening hours|prices|delivery times|payment options)(|?)",
			"(help|help me|please help|i need help|help please|help pls|can you help me|help!|support|escalate|bot|robot|you are a robot|you're a bot|a bot|chatbot|who are you|are you there|hello bot|what can you do|assist me|i need assistance|question|menu|start|restart)(|?|!)",
			"(you are|are you|you're) (funny|smart|stupid|nice|a chatbot|my friend|a computer|human or bot|kidding)(|?)", "(tell me|what is) (a joke|your name|the weather|my balance|the status of my ticket|the price)",
			"(create|open|raise|log|file) (a |an |)(ticket|incident|case|issue|problem report)(| for me| about my laptop| for my email)", "(what's|what is|check) the (priority|status|state) of my (incident|ticket|case|order|issue)",
			"(my|the) (email|laptop|printer|password|screen|vpn|app) (is broken|does not work|isn't working|needs a reset|crashed)", "(pay|send|transfer) (money|50 dollars|some cash) to (someone|my friend|a person|my manager|katy)",
			"(show|search|list) my (transactions|payments|contacts|recipients|people)", "(don't|do not) (transfer|connect) me(| yet| please)", "(book|reserve) (a table|a room|tickets) for (two|four) (people|persons|adults)",
		},
	},
	"de": {
		wants: []string{
			"(ich möchte|ich will|ich würde gern|kann ich|könnte ich|darf ich|lassen sie mich|ich muss) (bitte |)mit (einem menschen|einem mitarbeiter|einer mitarbeiterin|einer person|jemandem|einem berater|einem echten menschen|dem kundenservice|dem chef|einem kollegen) (sprechen|reden|chatten|verbunden werden)",
			"(verbinden|verbinde) (sie |)mich (bitte |)mit (einem menschen|einem mitarbeiter|jemandem|dem support|einem berater|einer echten person|dem vorgesetzten)",
			"(mensch|mitarbeiter|berater|echter mensch|kundenservice|kundendienst|ansprechpartner)(| bitte|!)", "(ich brauche|ich will|geben sie mir|ich verlange) (einen menschen|einen mitarbeiter|einen echten menschen|einen ansprechpartner|den chef)",
			"(ich will|ich möchte) nicht (länger |mehr |)mit (einem bot|einer maschine|einem roboter|einem computer) (reden|sprechen|schreiben)",
			"(gibt es|ist da) (einen menschen|jemanden|jemand)(,|) (mit dem ich sprechen kann|der mir helfen kann|erreichbar)", "(kann|könnte) (mir |)(jemand|ein mensch|ein mitarbeiter) (bitte |)(helfen|mich anrufen|zurückrufen|übernehmen)",
			"(ruft|rufen sie) mich (bitte |)(an|zurück)", "(das ist reine|was für eine) zeitverschwendung(|, ich will einen menschen)", "wie erreiche ich (einen menschen|einen mitarbeiter|jemanden|den kundenservice)",
		},
		wantsNot: []string{
			"(ich brauche|ich will) keinen (menschen|mitarbeiter|berater)(|, danke)", "(bist du|sind sie) (ein mensch|ein bot|echt|eine maschine)", "(wie|wo) kann ich (meine bestellung|mein passwort|die rechnung|meine adresse) (ändern|finden|sehen|bezahlen|zurücksetzen)",
			"(danke|hallo|guten tag|ja|nein|tschüss|ok)(| danke)", "ein mitarbeiter hat (mir schon geholfen|mich gestern angerufen)", "(wo ist|wann kommt) (mein paket|meine lieferung|mein geld)", "(ich möchte|ich will) (meine bestellung stornieren|kündigen|eine rechnung|mein geld zurück|etwas zurückgeben)",
			"ich möchte über (preise|die rechnung) sprechen", "(tisch|zimmer) für zwei personen",
		},
	},
	"es": {
		wants: []string{
			"(quiero|quisiera|necesito|puedo|podría|me gustaría|déjame|prefiero) hablar con (una persona|un humano|un agente|alguien|un asesor|una persona real|un operador|atención al cliente|un representante|tu jefe|el encargado)",
			"(pásame|comuníqueme|conéctame|transfiéreme|póngame) con (una persona|un humano|un agente|alguien|un asesor|el supervisor|soporte)", "(agente|humano|persona real|operador|asesor|representante)(| por favor|!)",
			"no quiero (hablar|seguir hablando|chatear) con (un bot|una máquina|un robot)", "(hay alguien|hay una persona) (que me pueda ayudar|real|con quien hablar|disponible)", "(que me llame|puede llamarme|que me ayude) (alguien|una persona|un agente)",
			"(quiero|necesito) (un humano|una persona|ayuda humana|ayuda de una persona)", "(esto es una|qué) pérdida de tiempo(|, quiero hablar con alguien)", "cómo (contacto|puedo hablar|me comunico) con (una persona|un agente|alguien)",
		},
		wantsNot: []string{
			"no (necesito|quiero) (hablar con |)(un agente|una persona|nadie|un humano)(| gracias)", "(eres|es usted) (humano|un bot|una persona|un robot|real)", "(cómo|dónde) puedo (cambiar|ver|pagar|cancelar|devolver) (mi pedido|mi contraseña|la factura|mi cuenta)",
			"(gracias|hola|buenos días|sí|no|adiós|vale)(| gracias)", "un agente ya (me ayudó|me llamó)", "(dónde está|cuándo llega) mi (pedido|paquete|dinero)", "quiero (cancelar mi pedido|un reembolso|devolver el producto|hablar de precios)", "mesa para dos personas",
		},
	},
	"fr": {
		wants: []string{
			"(je veux|je voudrais|j'aimerais|puis-je|est-ce que je peux|je dois|laissez-moi|je souhaite|je préfère) parler (à|avec) (un humain|une personne|un conseiller|quelqu'un|un agent|une vraie personne|un opérateur|un responsable|un être humain|votre chef)",
			"(passez-moi|mettez-moi en contact avec|transférez-moi à|mettez-moi en relation avec) (un humain|un conseiller|quelqu'un|un agent|une personne|le responsable|le service client)", "(humain|conseiller|agent|opérateur|service client|une vraie personne)(| s'il vous plaît| svp|!)",
			"je ne veux (pas|plus) (parler|discuter) (à|avec) (un robot|une machine|un bot)", "(y a-t-il|il y a) (quelqu'un|une personne|un conseiller) (qui peut m'aider|de disponible|à qui parler)", "(est-ce que |)(quelqu'un|une personne|un conseiller) (peut|pourrait) (m'aider|me rappeler|m'appeler)",
			"(j'ai besoin d'|je veux )(un humain|un conseiller|une vraie personne)", "(c'est une|quelle) perte de temps(|, je veux quelqu'un)", "comment (joindre|contacter|parler à) (un conseiller|une personne|quelqu'un|un humain)",
		},
		wantsNot: []string{
			"je (n'ai pas besoin d'|ne veux pas d')(un conseiller|un humain|une personne)(| merci)", "(êtes-vous|es-tu|vous êtes) (un humain|un robot|une vraie personne|un bot)", "(comment|où) (modifier|voir|payer|annuler|retourner) (ma commande|mon mot de passe|la facture|mon compte)",
			"(merci|bonjour|oui|non|au revoir|salut|d'accord)(| merci)", "un conseiller m'a déjà (aidé|appelé)", "(où est|quand arrive) (mon colis|ma commande|mon argent)", "je (veux|voudrais) (annuler ma commande|un remboursement|une facture|parler des prix)", "une table pour deux personnes",
		},
	},
	"nl": {
		wants: []string{
			"(ik wil|ik zou graag|kan ik|mag ik|laat me|ik moet|kunnen we) (graag |even |)(met )(een mens|een medewerker|iemand|een echt persoon|een persoon|een collega|de klantenservice|een adviseur|je baas) (spreken|praten|chatten)",
			"(verbind|zet) (mij|me) (door |)(met|naar) (een mens|een medewerker|iemand|de klantenservice|een collega)(| door)", "(mens|medewerker|echt persoon|klantenservice|echte medewerker)(| graag| alsjeblieft| aub|!)", "ik wil (niet|niet meer|geen) (met |)(een bot|een robot|een machine|een computer)(| praten| chatten)",
			"is er (iemand|een mens|een medewerker) (die me kan helpen|beschikbaar|aanwezig|met wie ik kan praten)", "(kan|kunnen) (iemand|een medewerker|jullie) (mij |me )(helpen|bellen|terugbellen)", "(ik wil|ik heb) (een mens|een medewerker|een echt persoon)(| nodig)",
			"(dit is|wat een) tijdverspilling(|, ik wil iemand spreken)", "hoe (bereik|spreek) ik (een medewerker|iemand|een mens|de klantenservice)",
		},
		wantsNot: []string{
			"(ik hoef|ik wil) (geen|niet met een) (mens|medewerker)(| te spreken|, bedankt)", "(ben je|bent u) (een mens|een bot|een robot|echt)", "(hoe|waar) kan ik (mijn bestelling|mijn wachtwoord|de factuur|mijn adres) (wijzigen|vinden|zien|betalen)", "(bedankt|hallo|goedemorgen|ja|nee|doei|oké)(| bedankt)",
			"een medewerker heeft me (al geholpen|gisteren gebeld)", "(waar is|wanneer komt) (mijn pakket|mijn bestelling|mijn geld)", "ik wil (mijn bestelling annuleren|mijn geld terug|een factuur|over prijzen praten)", "een tafel voor twee personen",
		},
	},
}

// expand writes a template's choices out.
func expand(template string) []string {
	open := strings.IndexByte(template, '(')
	if open < 0 {
		return []string{strings.Join(strings.Fields(template), " ")}
	}
	end := open + strings.IndexByte(template[open:], ')')
	var out []string
	for choice := range strings.SplitSeq(template[open+1:end], "|") {
		out = append(out, expand(template[:open]+choice+template[end+1:])...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
