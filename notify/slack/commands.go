package slack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify"
)

// role says who a command is for.
type role int

const (
	anyone role = iota // of the agents
	holder             // who holds the conversation, or a lead
	leads
)

// command is something that agents can do, by a button, a message shortcut, @deskbell in a thread or /deskbell.
type command struct {
	args, help string
	may        role
	about      bool // a conversation
	do         func(context.Context, request) (reply, error)
}

// request is a command with all that is known of where it was given.
type request struct {
	name, args string
	text       string // of a form that has a second field
	form       bool   // the words are a form's: plain text
	user       string
	at         string // Slack's time; "" where there is none
	channel    string
	card       string // ts of the card; "" where there is none
	own        bool   // not on what a colleague holds
	trigger    string // opens a modal within three seconds; "": it cannot be opened
	conv       handover.Conversation
}

// reply is what the agent alone reads.
type reply struct {
	text   string
	blocks []slack.Block
	done   bool // the command was done; false: it was refused, or asks for more
}

// refuse refuses, or tells what is missing.
func refuse(format string, a ...any) (reply, error) {
	return reply{text: fmt.Sprintf(format, a...)}, nil
}

func ok(format string, a ...any) (reply, error) {
	return reply{text: fmt.Sprintf(format, a...), done: true}, nil
}

func (w *Workspace) account(user string) handover.Account {
	return handover.Account{Workspace: w.o.Identity.Workspace(), External: user}
}

func (w *Workspace) by(a request) handover.By {
	by := handover.By{Account: w.account(a.user), At: a.at, OnlyHolder: a.own}
	if a.card != "" {
		by.Card = handover.Card{Place: handover.Place{Workspace: w.o.Identity.Workspace(), Channel: a.channel}, TS: a.card}
	}
	return by
}

// commands are all of them, by name.
func (w *Workspace) commands() map[string]command {
	step := func(do func(context.Context, int64, handover.By) (handover.Saved, error), text string) func(context.Context, request) (reply, error) {
		return func(ctx context.Context, a request) (reply, error) {
			_, err := do(ctx, a.conv.Handoff.ID, w.by(a))
			return reply{text: text, done: true}, err
		}
	}
	return map[string]command{
		"claim":            {"", "take the conversation; without one, the next that waits", anyone, true, step(w.desk.Claim, "It is yours. Write in its thread to answer.")},
		"release":          {"", "put it back into the queue", holder, true, step(w.desk.Release, "Back in the queue.")},
		"resolve":          {"", "end it, and ask for a rating", holder, true, step(w.desk.Resolve, "Resolved.")},
		"return":           {"", "give it back to the bot", holder, true, step(w.desk.Return, "The bot has it again.")},
		"reopen":           {"", "take an ended one up again", anyone, true, step(w.desk.Reopen, "It is yours again.")},
		"not_a_handoff":    {"", "this needed no person: back to the bot, labelled so", holder, true, step(w.desk.Dismiss, "Noted: not a handoff. The bot has it.")},
		"draft":            {"", "a draft from the knowledge base", anyone, true, w.commandDraft},
		"kb":               {"QUESTION", "search the knowledge base", anyone, false, w.commandSearch},
		"assign":           {"@COLLEAGUE", "give it to a colleague", holder, true, w.commandAssign},
		"transfer":         {"TEAM REASON", "move it to another team, which reads the reason", holder, true, w.commandTransfer},
		"escalate":         {"REASON", "make it more urgent", anyone, true, w.commandEscalate},
		"snooze":           {"2h", "lay it aside until then, or until the customer writes", holder, true, w.commandSnooze},
		"add_to_knowledge": {"", "make an article of the question and your answer", anyone, true, w.commandLearn},
		"status":           {"available|busy|away|offline", "shown to colleagues who assign to you, and on Home", anyone, false, w.commandStatus},
		"queue":            {"", "who waits, and who has whom", anyone, false, w.commandQueue},
		"live":             {"", "what the bot is talking about, to take over", anyone, false, w.commandLive},
		"stats":            {"7d", "figures of a while", anyone, false, w.commandStats},
		"pause":            {"REASON|off", "nobody can be had: no handoffs until off", leads, false, w.commandPause},
		"rehome":           {"[TEAM]", "this team's cards come into this channel from now on, open ones too", leads, false, w.commandRehome},
		"doctor":           {"", "how the desk is", anyone, false, w.commandDoctor},
		"help":             {"", "this list", anyone, false, w.commandHelp},
	}
}

// perform does a command for whoever asks, from wherever. What is refused is said in the reply; an error is for trying again.
func (w *Workspace) perform(ctx context.Context, a request) (reply, error) {
	v, known := w.commands()[a.name]
	if !known {
		return refuse("Unknown command %q. There are: %s.", clip(a.name, 40), strings.Join(slices.Sorted(maps.Keys(w.commands())), ", "))
	}
	if a.name == "claim" { // who claims is looked up when they are introduced, and a guest's claim is taken back
		return w.carryOut(ctx, v, a)
	}
	return w.permitted(ctx, a.user, func(ctx context.Context) (reply, error) { return w.carryOut(ctx, v, a) }, func(r reply) { w.answer(a.channel, a.user, a.card, r) })
}

// carryOut does a command for somebody who may do things here.
func (w *Workspace) carryOut(ctx context.Context, v command, a request) (reply, error) {
	lead := w.o.Lead == nil || w.o.Lead(w.account(a.user))
	if v.may == leads && !lead {
		return refuse("This is for leads and admins.")
	}
	if v.about && a.conv.ID == 0 {
		conv, text, err := w.targetConversation(ctx, a)
		if err != nil || text != "" {
			return reply{text: text}, err
		}
		a.conv = conv
	}
	a.own = v.may == holder && !lead
	r, err := v.do(ctx, a)
	var no *handover.NotAllowedError
	if a.own && errors.As(err, &no) && no.State == handover.Claimed {
		return refuse("%s has this conversation. Only they or a lead can do that.", agentName(no.Agent))
	}
	if text := refusalText(err); text != "" {
		return reply{text: text}, nil
	}
	return r, err
}

// permitted does something for somebody, if they may do things here. Who has not been seen before has to be looked up, which does not keep Slack
// waiting for its ack: it is done after that, and what came of it is told to later.
func (w *Workspace) permitted(ctx context.Context, user string, do func(context.Context) (reply, error), later func(reply)) (reply, error) {
	refused, stranger, err := w.checkAccess(ctx, user)
	if err != nil || refused != "" {
		return reply{text: refused}, err
	}
	if !stranger {
		return do(ctx)
	}
	w.bestEffort("do something for somebody new", func(ctx context.Context) error {
		refused, err := w.lookUp(ctx, user)
		r := reply{text: refused}
		if err == nil && refused == "" {
			r, err = do(ctx)
		}
		if err != nil {
			r = reply{text: "Something went wrong. Try again in a moment."}
		}
		later(r)
		return err
	})
	return reply{done: true}, nil
}

// checkAccess says why somebody may do nothing here: where agents are listed they must be. A stranger, who has not been seen before, must be looked up
// first.
func (w *Workspace) checkAccess(ctx context.Context, user string) (refused string, stranger bool, err error) {
	me, err := w.people.AgentFor(ctx, w.account(user))
	switch {
	case err != nil:
		return "", false, err
	case me.Name == "" && w.o.ListedOnly:
		return refusalText(&handover.NotListedError{}), false, nil
	}
	return "", me.Name == "" && me.Title == "" && !w.o.Guests, nil
}

// lookUp asks Slack who somebody is, once, and says why they may do nothing here: a guest must be allowed.
func (w *Workspace) lookUp(ctx context.Context, user string) (refused string, err error) {
	me, err := w.people.AgentFor(ctx, w.account(user))
	if err != nil {
		return "", err
	}
	ask, cancel := context.WithTimeout(ctx, nameWithin)
	defer cancel()
	profile, err := w.Profile(ask, user)
	if errors.Is(err, notify.ErrGuest) {
		return "Guests can do nothing here unless an admin lists them, or sets `slack.guests`.", nil
	}
	if err != nil {
		return "Slack does not say who you are just now. Try again in a moment.", nil
	}
	profile.ID = me.ID
	return "", w.people.SetProfile(ctx, profile)
}

// nameWithin is how long looking somebody up may take while they wait.
const nameWithin = 2 * time.Second

// targetConversation is the conversation that a command without a thread is about: for claim the next that waits in the channel's team, else the only one
// that the agent holds.
func (w *Workspace) targetConversation(ctx context.Context, a request) (conv handover.Conversation, text string, err error) {
	queue, err := w.reads.Queue(ctx, false)
	if err != nil {
		return conv, "", err
	}
	if a.name == "claim" {
		for _, c := range queue {
			if c.State == handover.Waiting && (c.Handoff.Card.Channel == a.channel || c.Handoff.Card.Channel == "") {
				return c, "", nil
			}
		}
		return conv, "Nobody waits here.", nil
	}
	me, err := w.people.AgentFor(ctx, w.account(a.user))
	if err != nil {
		return conv, "", err
	}
	mine, err := w.reads.Held(ctx, me.ID)
	if err != nil {
		return conv, "", err
	}
	switch len(mine) {
	case 0:
		return conv, "You hold no conversation. Write `@deskbell " + a.name + "` in the thread of the one you mean.", nil
	case 1:
		return mine[0], "", nil
	}
	return conv, fmt.Sprintf("You hold %d conversations. Write `@deskbell %s` in the thread of the one you mean.", len(mine), a.name), nil
}

func (w *Workspace) commandDraft(_ context.Context, a request) (reply, error) {
	if a.trigger == "" {
		return w.byButton(a, "Press it to draft a reply.")
	}
	w.openDraft(click{handoff: a.conv.Handoff.ID, user: a.user, channel: a.channel, ts: a.card, trigger: a.trigger})
	return reply{done: true}, nil
}

// byButton is for where no modal can be opened: a button can.
func (w *Workspace) byButton(a request, text string) (reply, error) {
	b := slack.NewButtonBlockElement(a.name, strconv.FormatInt(a.conv.Handoff.ID, 10), plainText(title(a.name)+" …"))
	return reply{text: text, blocks: []slack.Block{section(text), slack.NewActionBlock("", b)}}, nil
}

func title(verb string) string {
	verb = strings.ReplaceAll(verb, "_", " ")
	return strings.ToUpper(verb[:1]) + verb[1:]
}

// mostQuery of a question are searched: it stands in a block_id, so that Insert finds the same.
const mostQuery = 230

func (w *Workspace) commandSearch(ctx context.Context, a request) (reply, error) {
	if a.args == "" {
		return refuse("Say what to look for: `kb how long does delivery take`.")
	}
	query := clip(raw(a.args), mostQuery)
	return w.withinAck(ctx, a, "Searching …", func(ctx context.Context) (reply, error) { return w.search(ctx, a, query) })
}

// ackWithin is how long somebody waits for an answer where Slack waits: it gives up after three seconds.
const ackWithin = 1500 * time.Millisecond

// withinAck does what may take longer than Slack waits, because an embedder far away is asked: then it is told later.
func (w *Workspace) withinAck(ctx context.Context, a request, meanwhile string, do func(context.Context) (reply, error)) (reply, error) {
	type outcome struct {
		reply
		err error
	}
	work, came, left := context.WithoutCancel(ctx), make(chan outcome), make(chan struct{})
	go func() {
		defer recoverPanic(work, w.o.Logger)
		work, cancel := context.WithTimeout(work, time.Minute)
		defer cancel()
		r, err := do(work)
		select {
		case came <- outcome{r, err}:
			return
		case <-left:
		}
		if err != nil {
			w.o.Logger.WarnContext(work, "a command failed", "command", a.name, "err", err)
			r = reply{text: "Something went wrong. Try again in a moment."}
		}
		w.answer(a.channel, a.user, a.card, r)
	}()
	select {
	case o := <-came:
		return o.reply, o.err
	case <-time.After(ackWithin):
		close(left)
	}
	return ok("%s", meanwhile)
}

func (w *Workspace) search(ctx context.Context, a request, query string) (reply, error) {
	found, err := w.drafter.Search(ctx, query)
	if err != nil {
		return reply{}, err
	}
	if len(found) == 0 {
		return refuse("The knowledge base has nothing on that.")
	}
	r := reply{text: fmt.Sprintf("%d found", len(found))}
	for i, c := range found[:min(5, len(found))] {
		text := fmt.Sprintf("%d. *%s*", i+1, linked(c))
		if c.Internal {
			text += " · :lock: for the team alone"
		}
		s := slack.NewSectionBlock(mrkdwn(clipEscaped(text+"\n"+fromMarkdown(clip(c.Text, 600)), maxSection)), nil, nil)
		if a.conv.Handoff.ID != 0 && !c.Internal {
			s.Accessory = slack.NewAccessory(slack.NewButtonBlockElement("insert", strconv.FormatInt(a.conv.Handoff.ID, 10), plainText("Insert")))
			s.BlockID = fmt.Sprintf("kb:%d:%s", i, query)
		}
		r.blocks = append(r.blocks, s)
	}
	return r, nil
}

var mentioned = regexp.MustCompile(`^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>$`)

func (w *Workspace) commandAssign(ctx context.Context, a request) (reply, error) {
	if a.args == "" {
		return w.byForm(ctx, a)
	}
	m := mentioned.FindStringSubmatch(strings.TrimSpace(a.args))
	if m == nil {
		return refuse("Name a colleague: `assign @mia`.")
	}
	return w.assign(ctx, a, m[1])
}

func (w *Workspace) assign(ctx context.Context, a request, user string) (reply, error) {
	to, err := w.people.AgentFor(ctx, w.account(user))
	if err != nil {
		return reply{}, err
	}
	if w.o.ListedOnly && to.Name == "" {
		return refuse("<@%s> is not in the list of agents.", user)
	}
	if _, err := w.desk.Assign(ctx, a.conv.Handoff.ID, w.by(a), to); err != nil {
		return reply{}, err
	}
	text := fmt.Sprintf("<@%s> has it now", user)
	if now, err := w.people.Availability(ctx, to.ID); err == nil && now != handover.Available {
		text += fmt.Sprintf("; their status is %s", now)
	}
	if room := w.capacity(to); room > 0 {
		if held, err := w.reads.Held(ctx, to.ID); err == nil && len(held) > room {
			text += fmt.Sprintf("; they have %d of %d", len(held), room)
		}
	}
	return ok("%s.", text)
}

// capacity is how many conversations an agent should hold at once; 0: not said.
func (w *Workspace) capacity(a handover.Agent) int {
	if w.o.Capacity == nil {
		return 0
	}
	return w.o.Capacity(a)
}

func (w *Workspace) commandTransfer(ctx context.Context, a request) (reply, error) {
	if a.args == "" {
		return w.byForm(ctx, a)
	}
	team, reason, known := w.team(a.args)
	if !known {
		return refuse("No team is called that. There are: %s.", strings.Join(w.o.Teams, ", "))
	}
	if reason == "" {
		return refuse("Say why, the next agent reads it: `transfer %s they ask for an invoice of 2019`.", team)
	}
	if _, err := w.desk.Transfer(ctx, a.conv.Handoff.ID, w.by(a), team, a.words(reason)); err != nil {
		return reply{}, err
	}
	return ok("It waits for %s now.", team)
}

// team cuts a team's name, which may have spaces, from what follows it.
func (w *Workspace) team(args string) (team, rest string, known bool) {
	for _, t := range w.o.Teams {
		if after, is := strings.CutPrefix(args+" ", t+" "); is && len(t) >= len(team) {
			team, rest, known = t, strings.TrimSpace(after), true
		}
	}
	return team, rest, known
}

// words are what somebody wrote, as Markdown: a form's are plain, others are mrkdwn.
func (a request) words(s string) string {
	if a.form {
		return s
	}
	return toMarkdown(s)
}

func (w *Workspace) commandEscalate(ctx context.Context, a request) (reply, error) {
	if a.args == "" {
		return w.byForm(ctx, a)
	}
	_, err := w.desk.Escalate(ctx, a.conv.Handoff.ID, w.by(a), a.words(a.args))
	return reply{text: "Escalated.", done: true}, err
}

// mostSnooze is how long a conversation can be laid aside.
const mostSnooze = 30 * 24 * time.Hour

// parseDuration reads 30m, 2h, 1d; 0 when it is none, or of no use.
func parseDuration(s string) time.Duration {
	s = strings.TrimSpace(strings.ToLower(s))
	if days, is := strings.CutSuffix(s, "d"); is {
		if n, err := strconv.ParseFloat(days, 64); err == nil {
			s = fmt.Sprintf("%fh", n*24)
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Minute || d > mostSnooze {
		return 0
	}
	return d
}

func (w *Workspace) commandSnooze(ctx context.Context, a request) (reply, error) {
	if a.args == "" {
		return w.byForm(ctx, a)
	}
	d := parseDuration(a.args)
	if d == 0 {
		return refuse("Say for how long, 1m to 30d: `snooze 2h`.")
	}
	_, err := w.desk.Snooze(ctx, a.conv.Handoff.ID, w.by(a), d)
	return reply{text: "Laid aside for " + strings.TrimSpace(a.args) + ", or until the customer writes.", done: true}, err
}

// ArticleKey is what an article is called that was made of a handoff.
func ArticleKey(handoff int64) string { return "handoff-" + strconv.FormatInt(handoff, 10) }

// commandLearn makes an article of what an agent has read over: customers get it word for word.
func (w *Workspace) commandLearn(ctx context.Context, a request) (reply, error) {
	if a.args == "" || a.text == "" {
		return w.byForm(ctx, a)
	}
	return w.withinAck(ctx, a, "It is being added.", func(ctx context.Context) (reply, error) {
		if err := w.o.Learn(ctx, ArticleKey(a.conv.Handoff.ID), a.args, a.text); err != nil {
			return reply{}, err
		}
		return ok("Added: the bot answers it from now on.")
	})
}

func (w *Workspace) commandStatus(ctx context.Context, a request) (reply, error) {
	me, err := w.people.AgentFor(ctx, w.account(a.user))
	if err != nil {
		return reply{}, err
	}
	if a.args == "" {
		now, err := w.people.Availability(ctx, me.ID)
		return reply{text: fmt.Sprintf("You are %s.", now)}, err
	}
	to, err := handover.AvailabilityOf(strings.ToLower(strings.TrimSpace(a.args)))
	if err != nil {
		return refuse("Expected available, busy, away or offline.")
	}
	if err := w.people.SetAvailability(ctx, me.ID, to); err != nil {
		return reply{}, err
	}
	w.homeLater(a.user)
	return refuse("You are %s now.", to)
}

func (w *Workspace) commandQueue(ctx context.Context, _ request) (reply, error) {
	queue, err := w.reads.Queue(ctx, false)
	if err != nil {
		return reply{}, err
	}
	if len(queue) == 0 {
		return refuse("Nobody waits, and nobody is with an agent.")
	}
	return reply{text: fmt.Sprintf("%d open", len(queue)), blocks: w.rows(queue, 20)}, nil
}

func (w *Workspace) commandLive(ctx context.Context, _ request) (reply, error) {
	queue, err := w.reads.Queue(ctx, true)
	if err != nil {
		return reply{}, err
	}
	live := slices.DeleteFunc(queue, func(c handover.Conversation) bool { return c.State != handover.WithBot })
	if len(live) == 0 {
		return refuse("The bot is talking to nobody just now.")
	}
	return reply{text: fmt.Sprintf("%d with the bot", len(live)), blocks: w.rows(live, 20)}, nil
}

func (w *Workspace) takeOver(ctx context.Context, a request, conversation int64) (reply, error) {
	s, err := w.desk.TakeOver(ctx, conversation, handover.By{Account: w.account(a.user), At: a.at})
	if text := refusalText(err); text != "" {
		return reply{text: text}, nil
	}
	if err != nil {
		return reply{}, err
	}
	return refuse("%s is yours. The card comes in the channel of %s.", plain(clip(name(s.Conversation.Contact), 60)), s.Conversation.Handoff.Team)
}

func (w *Workspace) commandStats(ctx context.Context, a request) (reply, error) {
	since := 7 * 24 * time.Hour
	if a.args != "" {
		if since = parseDuration(a.args); since == 0 {
			return refuse("Say of how long, 1m to 30d: `stats 7d`.")
		}
	}
	f, err := w.reads.Figures(ctx, since)
	return reply{text: figures(f)}, err
}

func (w *Workspace) commandPause(ctx context.Context, a request) (reply, error) {
	switch why := strings.Trim(strings.TrimSpace(raw(a.args)), `"“”`); {
	case why == "" && w.desk.Paused() != "":
		return refuse("Paused: %s. `pause off` opens again.", escape(w.desk.Paused()))
	case why == "":
		return refuse("Not paused. Say why: `pause incident with payments`.")
	case strings.EqualFold(why, "off"):
		return reply{text: "Handoffs are open again."}, w.desk.Pause(ctx, "", a.user)
	default:
		return reply{text: "Paused: customers are told that nobody can join. `pause off` opens again."}, w.desk.Pause(ctx, clip(why, 200), a.user)
	}
}

// commandRehome moves a team to the channel that it is said in: its own was archived, or the team moves. The channel must take a message first.
func (w *Workspace) commandRehome(_ context.Context, a request) (reply, error) {
	team, _, known := w.team(a.args)
	if a.args == "" && len(w.o.Teams) == 1 {
		team, known = w.o.Teams[0], true
	}
	if !known {
		return refuse("Say which team: `rehome TEAM`. There are: %s.", strings.Join(w.o.Teams, ", "))
	}
	if at := w.desk.Place(team); at.Workspace != "" && at.Workspace != w.o.Identity.Workspace() {
		return refuse("The cards of %s are in another workspace.", team)
	}
	if !strings.HasPrefix(a.channel, "C") && !strings.HasPrefix(a.channel, "G") {
		return refuse("Say it in the channel that the cards are to come to.")
	}
	to := handover.Place{Workspace: w.o.Identity.Workspace(), Channel: a.channel}
	w.bestEffort("rehome "+team, func(ctx context.Context) error {
		_, _, err := w.api().PostMessageContext(ctx, a.channel, slack.MsgOptionText("The cards of "+escape(team)+" come here from now on.", false))
		if err != nil {
			return errors.Join(err, w.show(ctx, a.channel, a.user, "", reply{text: "This channel does not take our messages: invite the app first. Nothing was moved."}))
		}
		open, err := w.reads.OfTeam(ctx, team)
		if err == nil {
			err = w.desk.Move(ctx, team, to, a.user, open)
		}
		if err != nil {
			return errors.Join(err, w.show(ctx, a.channel, a.user, "", reply{text: "Not all of it could be moved. Say it again in a moment."}))
		}
		return nil
	})
	return ok("Moving the cards of %s here; open ones come with what was said.", team)
}

func (w *Workspace) commandDoctor(ctx context.Context, _ request) (reply, error) {
	if w.o.Doctor == nil {
		return refuse("Run `deskbell doctor` where it is installed.")
	}
	return reply{text: escape(w.o.Doctor(ctx)), done: true}, nil
}

func (w *Workspace) commandHelp(context.Context, request) (reply, error) {
	verbs := w.commands()
	var lines []string
	for name, v := range verbs {
		line := "`" + strings.TrimSpace(name+" "+v.args) + "` " + v.help
		switch v.may {
		case holder:
			line += " (who holds it, or a lead)"
		case leads:
			line += " (leads)"
		case anyone:
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	text := "In a channel `/deskbell COMMAND`, in a thread `@deskbell COMMAND`:\n" + strings.Join(lines, "\n")
	return reply{text: text, blocks: []slack.Block{section(clipEscaped(text, maxSection))}}, nil
}
