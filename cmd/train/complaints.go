package main

// complaints are templates of our own, as phrases.go has them: what frustrated customers write, and calm lines about the same things.
var complaints = map[string]struct{ upset, calm []string }{
	"en": {
		upset: []string{
			"(your|this) (service|support|company|app|website|product|bot) is (terrible|awful|a joke|useless|ridiculous|horrible|pathetic|a disgrace|the worst|unacceptable|garbage|so bad|really disappointing)",
			"(i have been|i've been|i am|still) waiting for (weeks|months|hours|days|three weeks|over an hour|forever)(| and nobody answers| now| and nothing happens| for an answer)",
			"(this is|that is) (ridiculous|unacceptable|outrageous|insane|a scam|robbery|absurd|not acceptable|beyond frustrating|a nightmare|complete nonsense|so annoying)",
			"(you guys|you people|you) (are|all are) (fraud|frauds|scammers|thieves|liars|useless|incompetent|a joke|wasting my time)", "(what a |complete |total |such a |)(waste of (my |)(time|money))", "(worst|most useless) (service|experience|company|support|customer service|app)(| ever| i have ever had)",
			"(nobody|no one) (answers|helps|cares|replies|calls back|responds)(| at your company| to my emails| to me)", "i am (so |very |really |extremely |)(angry|frustrated|disappointed|upset|annoyed|fed up|tired of this|sick of this|unhappy)(| with you| with your service|)",
			"(i already|i have already) (told you|said that|explained this|tried that)(| three times| twice|, are you stupid| and it did not help)", "(it|the app|my order|the site|this thing) (still |)(doesn't work|does not work|is broken|crashes)(| again| for the third time|!!| and i am fed up)",
			"(i want|give me) my money back(| now| immediately|, this is a scam|, you thieves)", "(i will|i'm going to) (sue you|call my lawyer|report you|cancel everything|never buy here again|tell everyone|leave a bad review|go to the competition)", "(how hard can it be|how many times do i have to ask|why is nobody helping me|are you kidding me|are you serious|seriously|unbelievable|what is wrong with you)",
			"(you|you guys) (lost|broke|ruined|destroyed|messed up|screwed up) my (order|parcel|holiday|trip|account|bags|booking)", "(never|never ever) (again|buying from you again|flying with you again|using this again)", "(rude|lazy|incompetent|unhelpful) (staff|agents|people|employees|driver|crew)(| again|!)",
			"(third|fourth|fifth) time (i ask|i call|i write|this happens)(| this week|!)", "(fix this|fix it|answer me|do your job|do something)( now|!|!!| already| finally)", "(cancelled|delayed|late) again(|!| and no explanation| thanks for nothing)", "thanks for (nothing|ruining my day|wasting my time)", "(you overcharged me|you charged me twice|you stole my money)(| again|!)",
		},
		calm: []string{
			"(how|where|when) (can|do|could) i (reset my password|track my order|return an item|change my address|pay my bill|find my invoice|cancel my booking|upgrade my plan|check in|add a bag)(|?)", "(my|the) order (has not arrived yet|is late|arrived today|is number 1182|was delivered)", "(i would like|i want|i need) (a refund|to cancel my order|my money back|to return this|to change my flight|an invoice|to speak about my bill)(| please)",
			"(the|my) (app|parcel|screen|printer|account|login) (does not work|is broken|is locked|shows an error|is missing)(|, can you help| since today| what should i do)", "(thank you|thanks|great|perfect|ok|okay|yes|no|fine|alright|sure|good|got it|no thanks|not yet|yes please|i see)(| very much| for your help| so much|)", "(hello|hi|good morning|hey)(| there| i have a question| can you help me)",
			"(what|which) (are your opening hours|payment methods do you accept|sizes do you have|is the price|does shipping cost|is the return period|is your phone number)(|?)", "(i am waiting for|where is) (my parcel|my refund|a reply|my delivery|the technician)(| please)", "(do you|can you) (ship to france|have this in blue|offer gift cards|send me the link|check my order|repeat that)(|?)",
			"(my name is|the number is|it is|my email is) (anna|1182|12345|tom)(|)", "(i cannot|i can't) (log in|find the invoice|open the app|see my order|change my plan)(|, what can i do)", "(flight|order|booking) (1234|ab12|9981)(| please| on monday)",
		},
	},
	"de": {
		upset: []string{
			"(ihr|dieser|der) (service|support|laden|bot|kundendienst) ist (schrecklich|eine katastrophe|unverschämt|nutzlos|lächerlich|das letzte|furchtbar|eine frechheit)", "(das ist|so) (eine |)(frechheit|unverschämtheit|unmöglich|inakzeptabel|lächerlich|betrug|eine zumutung|nicht zu fassen)(|!)", "ich (warte|warte schon|warte immer noch) (seit wochen|seit stunden|seit monaten|ewig)(|!| und niemand antwortet)",
			"ich bin (so |sehr |total |wirklich |)(sauer|wütend|enttäuscht|genervt|verärgert)(|!)", "(niemand|keiner) (hilft|antwortet|meldet sich|kümmert sich)(|!)", "(reine|was für eine|totale) (zeitverschwendung|geldverschwendung)", "(nie wieder|schlechtester service|ihr seid betrüger|ich gehe zum anwalt|jetzt reicht es|mir reicht es|das habe ich schon dreimal gesagt|es funktioniert immer noch nicht)(|!)",
		},
		calm: []string{"(wie|wo|wann) kann ich (mein passwort zurücksetzen|meine bestellung verfolgen|die rechnung finden|etwas zurückgeben)(|?)", "(danke|vielen dank|super|ok|ja|nein|hallo|guten tag|alles klar)(| für die hilfe|)", "(mein paket ist noch nicht da|ich warte auf mein paket|ich möchte stornieren|die app zeigt einen fehler|was kostet der versand|ich brauche eine rechnung)(| bitte)"},
	},
	"es": {
		upset: []string{
			"(su|este|el) (servicio|soporte|bot) es (terrible|pésimo|horrible|una vergüenza|ridículo|inútil|lo peor)", "(esto es|qué) (una vergüenza|inaceptable|ridículo|una estafa|increíble|un robo)(|!)", "(llevo|estoy) (semanas|meses|horas|días) esperando(|!| y nadie responde)", "estoy (muy |tan |)(enfadado|enfadada|enojado|harto|harta|decepcionado|furioso|molesto)(|!)",
			"(nadie|nunca) (responde|me ayuda|contesta)(|!)", "(qué pérdida de tiempo|nunca más|son unos ladrones|son unos estafadores|ya lo dije tres veces|el peor servicio|sigue sin funcionar)(|!)",
		},
		calm: []string{"(cómo|dónde|cuándo) puedo (cambiar mi contraseña|ver mi pedido|encontrar la factura|devolver un producto)(|?)", "(gracias|muchas gracias|vale|sí|no|hola|buenos días|perfecto)(| por la ayuda|)", "(mi pedido no ha llegado|quiero cancelar|cuánto cuesta el envío|necesito una factura|estoy esperando mi paquete)(| por favor)"},
	},
	"fr": {
		upset: []string{
			"(votre|ce|le) (service|support|bot|site) est (nul|horrible|lamentable|inutile|une honte|catastrophique|ridicule)", "(c'est|quelle) (une honte|inadmissible|scandaleux|inacceptable|ridicule|une arnaque|n'importe quoi)(|!)", "j'attends depuis (des semaines|des mois|des heures|une éternité)(|!| et personne ne répond)", "je suis (très |vraiment |tellement |)(en colère|déçu|déçue|furieux|énervé|énervée|mécontent)(|!)",
			"(personne ne|vous ne) (répond|m'aide|répondez jamais|servez à rien)(|!)", "(quelle perte de temps|plus jamais|vous êtes des voleurs|vous êtes des escrocs|j'en ai marre|je l'ai déjà dit trois fois|ça ne marche toujours pas)(|!)",
		},
		calm: []string{"(comment|où|quand) puis-je (changer mon mot de passe|suivre ma commande|trouver la facture|retourner un article)(|?)", "(merci|merci beaucoup|d'accord|oui|non|bonjour|parfait|très bien)(| pour votre aide|)", "(mon colis n'est pas arrivé|je voudrais annuler|combien coûte la livraison|j'ai besoin d'une facture|j'attends mon colis)(| s'il vous plaît)"},
	},
	"nl": {
		upset: []string{
			"(jullie|deze|de) (service|klantenservice|bot|website) is (vreselijk|waardeloos|belachelijk|een schande|slecht|om te huilen|nutteloos)", "(dit is|wat een) (schande|onacceptabel|belachelijk|oplichting|te gek voor woorden|ongelooflijk)(|!)", "ik wacht (al |nu al |)(weken|maanden|uren|dagen)(|!| en niemand antwoordt)", "ik ben (erg |zo |heel |echt |)(boos|teleurgesteld|kwaad|het zat|gefrustreerd|ontevreden)(|!)",
			"(niemand|jullie) (helpt|antwoordt|helpen niet|luisteren niet)(|!)", "(wat een tijdverspilling|nooit meer|jullie zijn oplichters|slechtste service ooit|dat zei ik al drie keer|het werkt nog steeds niet)(|!)",
		},
		calm: []string{"(hoe|waar|wanneer) kan ik (mijn wachtwoord wijzigen|mijn bestelling volgen|de factuur vinden|iets terugsturen)(|?)", "(bedankt|dank je wel|oké|ja|nee|hallo|goedemorgen|prima)(| voor de hulp|)", "(mijn pakket is er nog niet|ik wil annuleren|wat kost verzending|ik heb een factuur nodig|ik wacht op mijn pakket)(| alstublieft)"},
	},
}
