package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify/slack/slacktest"
)

// byBothDoors plays a story with Slack by signed HTTP and by Socket Mode.
func byBothDoors(t *testing.T, story func(w *whole)) {
	t.Helper()
	t.Parallel()
	for name, sockets := range map[string]bool{"signed HTTP": false, "Socket Mode": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(begin(t, settings{sockets: sockets}))
		})
	}
}

// waits is a customer who waits for a person.
func (w *whole) waits(question string) (*visitor, slacktest.Message) {
	w.Helper()
	ana := w.visit()
	ana.says(question)
	ana.says("a human please")
	return ana, w.cardShows("WAITING", "*Summary*")
}

// held is a customer whose conversation Mia has claimed.
func (w *whole) held(question string) (*visitor, slacktest.Message) {
	w.Helper()
	ana, card := w.waits(question)
	w.click(card.TS, "claim", "UMIA")
	ana.reads("Hi, I'm Mia.")
	return ana, card
}

func (w *whole) told(user, part string) {
	w.Helper()
	w.until(user+" alone reads "+part, func() bool {
		return slices.ContainsFunc(w.slack.Ephemerals(user), func(s string) bool { return strings.Contains(s, part) })
	})
}

func (w *whole) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// command is /deskbell in C1, whose answer must have the parts.
func (w *whole) command(user, text string, parts ...string) {
	w.Helper()
	got, err := w.slack.Command(user, "C1", text)
	w.ok(err)
	for _, p := range parts {
		if got == "" { // who is new is looked up after the ack, and told then
			w.told(user, p)
		} else if !strings.Contains(got, p) {
			w.Fatalf("/deskbell %s has no %q: %s", text, p, got)
		}
	}
}

func TestALineBeforeTheClaimIsClaimedAndSent(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, card := w.waits("Do you sell lawn mowers?")
		line := w.slack.Say("C1", card.TS, "UBOB", "We do, from May on.")
		w.told("UBOB", "nobody has claimed")
		w.until("the line is marked", func() bool { return slices.Contains(w.reactions(card.TS, line), "memo") })
		if strings.Contains(ana.sees(), "May") {
			w.Fatal("a line leaked")
		}
		w.ok(w.slack.Answer("UBOB", "claim_send"))
		ana.reads("Hi, I'm Bob.")
		ana.reads("agent: We do, from May on.")
		if sees := ana.sees(); strings.Index(sees, "I'm Bob") > strings.Index(sees, "from May") {
			w.Error("she speaks before she says hello:\n" + sees)
		}
		w.cardShows("CLAIMED by Bob")
		w.told("UBOB", "Sent to the customer.")
		w.until("the mark is gone", func() bool { return !slices.Contains(w.reactions(card.TS, line), "memo") })
		w.slack.Edit("C1", line, "We do, from *June* on.") // it is a line like any other now
		ana.reads("from **June** on.")
	})
}

func TestAColleaguesLineIsSentOnBehalfOrStays(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, card := w.held("Do you sell lawn mowers?")
		w.slack.Say("C1", card.TS, "UBOB", "They are in the cellar.")
		w.told("UBOB", "Mia has this conversation")
		w.ok(w.slack.Answer("UBOB", "send_on_behalf"))
		ana.reads("agent: They are in the cellar.")
		if m := ana.last(); m.Author != "Mia" {
			w.Errorf("it is %s's", m.Author)
		}
		w.slack.Say("C1", card.TS, "UBOB", "She is a difficult one.")
		w.until("he is asked again", func() bool { return len(w.slack.Ephemerals("UBOB")) == 2 })
		w.ok(w.slack.Answer("UBOB", "keep_internal"))
		w.told("UBOB", "It stays in the team.")
		if strings.Contains(ana.sees(), "difficult") {
			w.Error("a note leaked")
		}
	})
}

func (w *whole) reactions(thread, ts string) []string {
	for _, m := range w.slack.Thread("C1", thread) {
		if m.TS == ts {
			return m.Reactions
		}
	}
	return nil
}

func TestAConversationIsTransferredWithItsReason(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, card := w.held("Do you sell lawn mowers?")
		w.cardShows("CLAIMED by Mia")
		w.click(card.TS, "transfer", "UMIA")
		w.until("the form is open", func() bool { v := w.slack.Modal("UMIA"); return v != nil && strings.Contains(v.Text(), "Transfer") })
		refused, err := w.slack.SubmitForm("UMIA", map[string]string{"team": "billing"})
		if err != nil || !strings.Contains(fmt.Sprint(refused), "Say why") {
			w.Fatal(refused, err)
		}
		refused, err = w.slack.SubmitForm("UMIA", map[string]string{"team": "billing", "reason": "she asks for an invoice"})
		if err != nil || len(refused) > 0 {
			w.Fatal(refused, err)
		}
		w.cardShows("MOVED")
		w.until("the new team has a card", func() bool { return len(w.slack.Channel("C2")) == 1 })
		next := w.slack.Channel("C2")[0]
		w.until("its thread has all that was said, and why", func() bool {
			var all string
			for _, m := range w.slack.Thread("C2", next.TS) {
				all += m.Shown()
			}
			return strings.Contains(all, "lawn mowers") && strings.Contains(all, "Transferred to billing: she asks for an invoice")
		})
		w.ok(w.slack.Click("C2", next.TS, "claim", "UBOB"))
		ana.reads("Hi, I'm Bob.")
		if strings.Contains(ana.sees(), "invoice") {
			w.Error("the reason leaked")
		}
	})
}

func TestCommandsInTheThreadAreDoneOnceAndStayInTheTeam(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		w.slack.Duplicate(true)
		ana, card := w.waits("Do you sell lawn mowers?")
		say := func(user, text string) { w.slack.Say("C1", card.TS, user, "<@UBOT> "+text) }
		say("UMIA", "claim")
		ana.reads("Hi, I'm Mia.")
		w.told("UMIA", "It is yours.")
		say("UBOB", "resolve")
		w.until("Bob resolved it: without a list of agents anybody may", func() bool { return strings.HasPrefix(ana.stateText(), "closed") })
		w.cardShows("RESOLVED by Mia", "Reopen")
		w.click(card.TS, "reopen", "UMIA")
		w.until("a new handoff rings", func() bool { return len(w.slack.Channel("C1")) == 2 })
		card = w.cardShows("CLAIMED by Mia")
		w.until("the card's thread is known", func() bool {
			_, err := w.app.store.OfThread(t.Context(), handover.Place{Workspace: "slack:T1", Channel: "C1"}, card.TS)
			return err == nil
		})
		say("UMIA", "escalate she is a journalist")
		w.cardShows("URGENT")
		w.threadHas(card.TS, "Escalated: she is a journalist")
		say("UMIA", "snooze 2h")
		w.cardShows("snoozed until")
		ana.says("Are you there?")
		w.threadHas(card.TS, "the snooze is over")
		say("UMIA", "snooze for a while")
		w.told("UMIA", "Say for how long")
		say("UMIA", "assign <@UBOB>")
		ana.reads("Hi, I'm Bob.")
		w.cardShows("CLAIMED by Bob")
		say("UMIA", "dance")
		w.told("UMIA", `Unknown command "dance"`)
		say("UBOB", "not-a-handoff")
		w.cardShows("NOT A HANDOFF")
		ana.reads("You are back with the assistant.")
		if n := strings.Count(w.thread(card.TS), "Escalated:"); n != 1 {
			w.Errorf("escalated %d times", n)
		}
		for _, part := range []string{"journalist", "snooze", "UBOT", "dance"} {
			if strings.Contains(ana.sees(), part) {
				w.Errorf("%q leaked", part)
			}
		}
	})
}

func TestTheKnowledgeBaseIsSearchedAndInserted(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, card := w.held("Do you sell lawn mowers?")
		w.slack.Say("C1", card.TS, "UMIA", "<@UBOT> kb what does delivery cost")
		w.told("UMIA", "found")
		w.ok(w.slack.Answer("UMIA", "insert"))
		w.until("the draft is open", func() bool {
			v := w.slack.Modal("UMIA")
			return v != nil && strings.Contains(v.Text(), "Delivery costs")
		})
		refused, err := w.slack.Submit("UMIA", w.slack.Modal("UMIA").Fields()[0].Initial)
		if err != nil || len(refused) > 0 {
			w.Fatal(refused, err)
		}
		ana.reads("agent: Delivery costs €4.90.")
		w.command("UMIA", "kb what does delivery cost", "Delivery times and costs")
		w.click(card.TS, "resolve", "UMIA")
		w.cardShows("RESOLVED")
		w.click(card.TS, "add_to_knowledge", "UMIA")
		w.until("the form is open", func() bool { v := w.slack.Modal("UMIA"); return v != nil && strings.Contains(v.Text(), "lawn mowers") })
		refused, err = w.slack.SubmitForm("UMIA", map[string]string{"title": "Do you sell lawn mowers?", "text": "Yes, lawn mowers are in the cellar from May on."})
		if err != nil || len(refused) > 0 {
			w.Fatal(refused, err)
		}
		eve := w.visit()
		eve.says("Do you sell lawn mowers?")
		eve.reads("bot: Yes, lawn mowers are in the cellar from May on.")
	})
}

func TestTheQueueIsReadAndWorkedFromACommand(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		w.command("UMIA", "", "/deskbell COMMAND", "snooze 2h", "pause REASON|off")
		w.command("UMIA", "queue", "Nobody waits")
		w.command("UMIA", "resolve", "You hold no conversation")
		w.command("UMIA", "nonsense", "Unknown command")
		ana, _ := w.waits("Do you sell lawn mowers?")
		w.command("UMIA", "queue", "Ana Ruiz", "asked for a person", "Claim")
		w.ok(w.slack.Answer("UMIA", "claim"))
		ana.reads("Hi, I'm Mia.")
		w.told("UMIA", "It is yours.")
		w.command("UMIA", "queue", "with Mia")
		w.command("UMIA", "status busy", "You are busy now.")
		w.command("UMIA", "status", "You are busy.")
		w.command("UMIA", "status asleep", "Expected available")
		w.command("UMIA", "resolve", "Resolved.")
		w.until("it is resolved", func() bool { return strings.HasPrefix(ana.stateText(), "closed") })
		w.command("UMIA", "stats 1d", "1 handoff · 1 claimed", "1 resolved")
		w.command("UMIA", "doctor", "0 wait, 0 are with agents.")
		eve := w.visit()
		eve.says("How long does delivery take?")
		eve.reads("2 to 3 working days")
		w.command("UBOB", "status", "You are")
		w.command("UBOB", "live", "with the bot", "Take over")
		w.ok(w.slack.Answer("UBOB", "take_over"))
		eve.reads("Hi, I'm Bob.")
	})
}

func TestAPauseClosesTheGateEverywhere(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		w.command("UMIA", `pause "payments are down"`, "Paused: customers are told")
		ana := w.visit()
		ana.says("a human please")
		ana.reads("nobody can join right now")
		w.command("UMIA", "pause", "payments are down")
		w.command("UMIA", "pause off", "open again")
		ana.says("a human please!")
		w.cardShows("WAITING")
	})
}

func TestHomeShowsMineTheQueueAndMyStatus(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, card := w.waits("Do you sell lawn mowers?")
		shows := func(parts ...string) {
			w.Helper()
			w.until("home shows "+strings.Join(parts, ", "), func() bool {
				return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(w.slack.Home("UMIA"), p) })
			})
		}
		w.slack.OpenHome("UMIA")
		shows("Yours: 0", "Waiting: 1", "Ana Ruiz", "1 handoff ·")
		w.ok(w.slack.AtHome("UMIA", "claim", ""))
		ana.reads("Hi, I'm Mia.")
		shows("Yours: 1", "Waiting: 0")
		w.ok(w.slack.AtHome("UMIA", "home_status", "away"))
		w.command("UMIA", "status", "You are away.")
		w.cardShows("CLAIMED by Mia")
		w.ok(w.slack.More("C1", card.TS, "Snooze", "UMIA"))
		w.until("the form is open", func() bool { v := w.slack.Modal("UMIA"); return v != nil && strings.Contains(v.Text(), "Snooze") })
		if refused, err := w.slack.SubmitForm("UMIA", map[string]string{"for": "1h"}); err != nil || len(refused) > 0 {
			w.Fatal(refused, err)
		}
		w.cardShows("snoozed until")
		w.ok(w.slack.Shortcut("C1", card.TS, "release", "UMIA"))
		w.cardShows("WAITING")
	})
}

func TestCommandsAskForTheRightPerson(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{more: `
agents:
  mia: {slack_user: UMIA, display_name: Mia}
  bob: {slack_user: UBOB, display_name: Bob, role: lead}
  eve: {slack_user: UEVE, display_name: Eve}
`})
	w.slack.AddUser("UEVE", "Eve")
	ana, card := w.held("Do you sell lawn mowers?")
	w.cardShows("CLAIMED by Mia")
	w.click(card.TS, "resolve", "UEVE")
	w.told("UEVE", "Mia has this conversation. Only they or a lead can do that.")
	w.command("UEVE", "pause incident", "This is for leads")
	w.ok(w.slack.More("C1", card.TS, "Not a handoff", "UEVE"))
	w.slack.Say("C1", card.TS, "UEVE", "<@UBOT> assign <@UEVE>")
	w.until("she is told twice more", func() bool {
		return strings.Count(strings.Join(w.slack.Ephemerals("UEVE"), "|"), "Only they or a lead can do that.") == 3
	})
	if !strings.HasPrefix(ana.stateText(), "claimed") {
		t.Error(ana.stateText())
	}
	w.slack.OpenHome("UEVE")
	w.until("Eve's home is drawn", func() bool { return strings.Contains(w.slack.Home("UEVE"), "Yours: 0") })
	if strings.Contains(w.slack.Home("UEVE"), "Pause") {
		t.Error("Eve is offered the gate's switch")
	}
	w.slack.OpenHome("UBOB")
	w.until("Bob's home has the switch", func() bool { return strings.Contains(w.slack.Home("UBOB"), "Pause handoffs") })
	w.ok(w.slack.AtHome("UBOB", "home_pause", ""))
	w.until("it is paused", func() bool { return strings.Contains(w.slack.Home("UBOB"), "Open handoffs again") })
	w.click(card.TS, "resolve", "UBOB")
	w.cardShows("RESOLVED")
}

func TestAnArchivedChannelIsToldAndItsCardsMove(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		w.slack.AddChannel("C9")
		ana, _ := w.held("Do you sell lawn mowers?")
		w.slack.Archive("C1")
		w.until("admins are told", func() bool {
			return len(w.app.desk.Alerts()) == 1 && strings.Contains(w.app.desk.Alerts()[0], "was archived")
		})
		w.slack.OpenHome("UMIA")
		w.until("home tells it", func() bool { return strings.Contains(w.slack.Home("UMIA"), "was archived") })
		got, err := w.slack.Command("UMIA", "C9", "rehome support")
		if err != nil || !strings.Contains(got, "Moving the cards of support") {
			w.Fatal(got, err)
		}
		w.until("the open card is in the new channel", func() bool {
			cards := w.slack.Channel("C9")
			return len(cards) == 2 && strings.Contains(cards[1].Shown(), "CLAIMED by Mia")
		})
		moved := w.slack.Channel("C9")[1]
		w.until("its thread has what was said", func() bool {
			for _, m := range w.slack.Thread("C9", moved.TS) {
				if strings.Contains(m.Shown(), "lawn mowers") {
					return true
				}
			}
			return false
		})
		w.slack.Say("C9", moved.TS, "UMIA", "I am still here.")
		ana.reads("agent: I am still here.")
		eve := w.visit()
		eve.says("a human please")
		w.until("the next one comes there as well", func() bool { return len(w.slack.Channel("C9")) == 3 })
		w.until("the alert is over: nothing is to come to the old channel", func() bool { return len(w.app.desk.Alerts()) == 0 })
		if got, err = w.slack.Command("UMIA", "D1", "rehome support"); err != nil || !strings.Contains(got, "Say it in the channel") {
			w.Error(got, err)
		}
	})
}

func TestAnAppThatIsTakenOutLosesNothing(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		w.slack.Uninstall(true)
		w.until("admins are told", func() bool { return strings.Contains(strings.Join(w.app.desk.Alerts(), ""), "uninstalled") })
		ana := w.visit()
		ana.says("Do you sell lawn mowers?")
		ana.says("a human please")
		ana.reads("I have asked a person to join")
		w.until("the card was refused", func() bool { n, _ := w.slack.Calls("chat.postMessage"); return n > 0 }) // and would wait a minute
		w.slack.Uninstall(false)
		w.until("the trouble is over", func() bool { return len(w.app.desk.Alerts()) == 0 })
		w.cardShows("WAITING")
		w.threadHas(w.card().TS, "lawn mowers")
	})
}

func TestWhoIsDeactivatedReleasesWhatSheHolds(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, _ := w.held("Do you sell lawn mowers?")
		w.slack.Deactivate("UMIA")
		w.cardShows("WAITING")
		w.until("Ana waits again", func() bool { return strings.HasPrefix(ana.stateText(), "waiting") })
	})
}

func TestADraftIsSentAndResolvedOrKeptAsANoteOrStartsFromAMacro(t *testing.T) {
	t.Parallel()
	w := begin(t, settings{more: `macros: {thanks: "Thank you, {{contact.first_name}}. {{agent.name}} is here."}`})
	ana, card := w.held("What does delivery cost?")
	open := func() {
		t.Helper()
		w.cardShows("CLAIMED")
		w.click(card.TS, "draft", "UMIA")
		w.until("the draft is there", func() bool { v := w.slack.Modal("UMIA"); return v != nil && len(v.Fields()) == 1 })
	}
	open()
	w.ok(w.slack.Press("UMIA", "draft_note", "She is in a hurry."))
	w.until("it says so", func() bool { return strings.Contains(w.slack.Modal("UMIA").Text(), "Saved as a note") })
	w.threadHas(card.TS, "(note): She is in a hurry.")
	w.slack.CloseModal("UMIA")
	open()
	w.ok(w.slack.Press("UMIA", "draft_resolve", " "))
	w.until("it is refused", func() bool { return strings.Contains(w.slack.Modal("UMIA").Text(), "Write something first.") })
	w.slack.CloseModal("UMIA")
	w.ok(w.slack.Choose("UMIA", "draft_macro", "thanks", "my own"))
	w.until("the macro is in the field", func() bool {
		f := w.slack.Modal("UMIA").Fields()
		return len(f) == 2 && f[0].Initial == "Thank you, Ana. Mia is here." && f[1].Initial == "my own"
	})
	w.ok(w.slack.Press("UMIA", "draft_resolve", "Thank you, Ana."))
	ana.reads("agent: Thank you, Ana.")
	w.until("it is resolved", func() bool { return strings.HasPrefix(ana.stateText(), "closed") })
	if strings.Contains(ana.sees(), "hurry") {
		t.Error("a note leaked")
	}
}

func TestAGuestCannotClaim(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		w.slack.AddGuest("UGUEST", "Gus")
		ana, card := w.waits("Do you sell lawn mowers?")
		w.click(card.TS, "claim", "UGUEST")
		w.threadHas(card.TS, "guests cannot")
		w.cardShows("WAITING")
		w.click(card.TS, "claim", "UMIA")
		ana.reads("Hi, I'm Mia.")
		w.slack.Say("C1", card.TS, "UGUEST", "buy my watches")
		w.told("UGUEST", "Mia has this conversation")
		w.ok(w.slack.Answer("UGUEST", "send_on_behalf"))
		w.told("UGUEST", "Guests can do nothing here")
		w.command("UGUEST", "queue") // they are looked up after the ack
		w.until("they are told again", func() bool {
			return strings.Count(strings.Join(w.slack.Ephemerals("UGUEST"), "|"), "Guests can do nothing here") == 2
		})
		if strings.Contains(ana.sees(), "watches") || strings.Contains(ana.sees(), "Gus") || strings.Contains(ana.sees(), "guest") {
			w.Error("the customer reads of the guest:\n" + ana.sees())
		}
	})
}

func TestALineThatMentionsSomebodyStaysInTheTeamUntilItsAuthorSaysSo(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		ana, card := w.held("Do you sell lawn mowers?")
		for _, text := range []string{"hey <@UBOT> resolve", "cc <@UBOB>", "this is odd <!here>", "look, <!subteam^S1|@billing>", "[note] they are angry", "(internal) refund this", "Internal: refund this", "fyi team: refund this"} {
			asked := len(w.slack.Ephemerals("UMIA"))
			w.slack.Say("C1", card.TS, "UMIA", text)
			w.until("the author is asked of "+text, func() bool { return len(w.slack.Ephemerals("UMIA")) > asked })
		}
		w.told("UMIA", "Send it all the same?")
		asked := len(w.slack.Ephemerals("UMIA"))
		w.slack.Say("C1", card.TS, "UMIA", "I am looking into it, says <@UBOB>")
		w.until("the author is asked", func() bool { return len(w.slack.Ephemerals("UMIA")) > asked })
		w.slack.Say("C1", card.TS, "UMIA", "One moment.")
		ana.reads("One moment.")
		w.ok(w.slack.Answer("UMIA", "send_line"))
		ana.reads("I am looking into it, says @")
		ts := w.slack.Say("C1", card.TS, "UMIA", "It costs 5 EUR.")
		ana.reads("It costs 5 EUR.")
		w.slack.Edit("C1", ts, "It costs 5 EUR, <@UBOB> knows.")
		w.told("UMIA", "the customer still reads the line as it was")
		ana.reads("It costs 5 EUR.")
		w.ok(w.slack.Answer("UMIA", "send_edit"))
		ana.reads("It costs 5 EUR, @")
		w.slack.Edit("C1", ts, "note: it costs 6 EUR")
		w.until("the line is taken back", func() bool { return strings.Contains(ana.sees(), "(deleted)") })
		for _, leak := range []string{"resolve", "cc ", "odd", "look, ", "angry", "refund", "6 EUR"} {
			if strings.Contains(ana.sees(), leak) {
				w.Errorf("%q reached the customer:\n%s", leak, ana.sees())
			}
		}
	})
}

func TestWhoIsNewIsLookedUpAfterTheAck(t *testing.T) {
	byBothDoors(t, func(w *whole) {
		w.slack.AddUser("UNIA", "Nia")
		_, card := w.waits("Do you sell lawn mowers?")
		w.slack.Fail("users.info", slacktest.Fault{Hang: 1500 * time.Millisecond})
		start := time.Now()
		w.ok(w.slack.More("C1", card.TS, "Escalate", "UNIA")) // it has a form, which a trigger of three seconds opens
		if took := time.Since(start); took > time.Second {
			w.Errorf("acked after %v", took)
		}
		w.until("the form is there", func() bool { return w.slack.Modal("UNIA") != nil })

		w.slack.AddUser("UOLE", "Ole")
		w.slack.Fail("users.info", slacktest.Fault{Hang: 1500 * time.Millisecond})
		line := w.slack.Say("C1", card.TS, "UOLE", "<@UBOT> escalate they are in a hurry")
		start = time.Now()
		w.until("the event is acked", func() bool { return w.slack.Acked("C1", line) })
		if took := time.Since(start); took > time.Second {
			w.Errorf("acked after %v", took)
		}
		w.threadHas(card.TS, "Escalated: they are in a hurry")

		w.slack.AddGuest("UGUS", "Gus")
		w.slack.Say("C1", card.TS, "UGUS", "<@UBOT> resolve")
		w.told("UGUS", "Guests can do nothing here")
	})
}
