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

// may says who a verb is for.
type may int

const (
	anyone may = iota // of the agents
	keeper            // who holds the conversation, or a lead
	leads
)

// verb is something that agents can do, by a button, a message shortcut, @deskbell in a thread or /deskbell.
type verb struct {
	args, help string
	may        may
	about      bool // a conversation
	do         func(context.Context, ask) (reply, error)
}

// ask is a verb with all that its door knows.
type ask struct {
	verb, args string
	text       string // of a form that has a second field
	form       bool   // the words are a form's: plain text
	user       string
	at         string // Slack's time, where the door has one
	channel    string
	card       string // ts of the card, where the door has one
	own        bool   // not on what a colleague holds
	trigger    string // opens a modal within three seconds; "": this door cannot
	conv       handover.Conversation
}

// reply is what the agent alone reads.
type reply struct {
	text   string
	blocks []slack.Block
	done   bool // the verb was done; false: it was refused, or asks for more
}

// said refuses, or tells what is missing.
func said(format string, a ...any) (reply, error) { return reply{text: fmt.Sprintf(format, a...)}, nil }

func done(format string, a ...any) (reply, error) {
	return reply{text: fmt.Sprintf(format, a...), done: true}, nil
}

func (w *Workspace) account(user string) handover.Account {
	return handover.Account{Workspace: w.o.Identity.Workspace(), External: user}
}

func (w *Workspace) byOf(a ask) handover.By {
	by := handover.By{Account: w.account(a.user), At: a.at, Own: a.own}
	if a.card != "" {
		by.Card = handover.Card{Place: handover.Place{Workspace: w.o.Identity.Workspace(), Channel: a.channel}, TS: a.card}
	}
	return by
}

// verbs are all of them, by name.
func (w *Workspace) verbs() map[string]verb {
	step := func(do func(context.Context, int64, handover.By) (handover.Saved, error), text string) func(context.Context, ask) (reply, error) {
		return func(ctx context.Context, a ask) (reply, error) {
			_, err := do(ctx, a.conv.Handoff.ID, w.byOf(a))
			return reply{text: text, done: true}, err
		}
	}
	return map[string]verb{
		"claim":            {"", "take the conversation; without one, the next that waits", anyone, true, step(w.desk.Claim, "It is yours. Write in its thread to answer.")},
		"release":          {"", "put it back into the queue", keeper, true, step(w.desk.Release, "It waits again.")},
		"resolve":          {"", "end it, and ask for a rating", keeper, true, step(w.desk.Resolve, "Resolved.")},
		"return":           {"", "give it back to the bot", keeper, true, step(w.desk.Return, "The bot has it again.")},
		"reopen":           {"", "take an ended one up again", anyone, true, step(w.desk.Reopen, "It is yours again.")},
		"not_a_handoff":    {"", "this should not have rung: back to the bot, with a label", keeper, true, step(w.desk.Dismiss, "Noted: not a handoff. The bot has it.")},
		"draft":            {"", "a draft from the knowledge base", anyone, true, w.verbDraft},
		"kb":               {"QUESTION", "search the knowledge base", anyone, false, w.verbSearch},
		"assign":           {"@COLLEAGUE", "give it to a colleague", keeper, true, w.verbAssign},
		"transfer":         {"TEAM REASON", "move it to another team, which reads the reason", keeper, true, w.verbTransfer},
		"escalate":         {"REASON", "make it more urgent", anyone, true, w.verbEscalate},
		"snooze":           {"2h", "lay it aside until then, or until the customer writes", keeper, true, w.verbSnooze},
		"add_to_knowledge": {"", "make an article of the question and your answer", anyone, true, w.verbLearn},
		"status":           {"available|busy|away|offline", "shown to colleagues who assign to you, and on Home", anyone, false, w.verbStatus},
		"queue":            {"", "who waits, and who has whom", anyone, false, w.verbQueue},
		"live":             {"", "what the bot is talking about, to take over", anyone, false, w.verbLive},
		"stats":            {"7d", "figures of a while", anyone, false, w.verbStats},
		"pause":            {"REASON|off", "nobody can be had: no handoffs until off", leads, false, w.verbPause},
		"rehome":           {"[TEAM]", "this team's cards come into this channel from now on, open ones too", leads, false, w.verbRehome},
		"doctor":           {"", "how the desk is", anyone, false, w.verbDoctor},
		"help":             {"", "this list", anyone, false, w.verbHelp},
	}
}

// perform does a verb for whoever asks, from whatever door. What is refused is said in the reply; an error is for trying again.
func (w *Workspace) perform(ctx context.Context, a ask) (reply, error) {
	v, known := w.verbs()[a.verb]
	if !known {
		return said("There is no verb %q. There are: %s.", clip(a.verb, 40), strings.Join(slices.Sorted(maps.Keys(w.verbs())), ", "))
	}
	if a.verb != "claim" { // who claims is looked up when they are introduced, and a guest's claim is taken back: a claim does not wait for Slack
		if text, err := w.stranger(ctx, a.user); text != "" || err != nil {
			return reply{text: text}, err
		}
	}
	lead := w.o.Lead == nil || w.o.Lead(w.account(a.user))
	if v.may == leads && !lead {
		return said("This is for leads and admins.")
	}
	if v.about && a.conv.ID == 0 {
		conv, text, err := w.meant(ctx, a)
		if err != nil || text != "" {
			return reply{text: text}, err
		}
		a.conv = conv
	}
	a.own = v.may == keeper && !lead
	r, err := v.do(ctx, a)
	var no *handover.NotAllowedError
	if a.own && errors.As(err, &no) && no.State == handover.Claimed {
		return said("%s holds this conversation. They or a lead can do that.", agentName(no.Agent))
	}
	if text := refusalText(err); text != "" {
		return reply{text: text}, nil
	}
	return r, err
}

// stranger says why somebody may do nothing here, "" when they may: where agents are listed they must be, and a guest must be allowed. Who has not
// been seen before is looked up, once.
func (w *Workspace) stranger(ctx context.Context, user string) (string, error) {
	me, err := w.people.Meet(ctx, w.account(user))
	switch {
	case err != nil:
		return "", err
	case me.Name != "":
		return "", nil
	case w.o.ListedOnly:
		return refusalText(&handover.NotListedError{}), nil
	case me.Title != "" || w.o.Guests:
		return "", nil
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
	return "", w.people.Named(ctx, profile)
}

// nameWithin is how long looking somebody up may take while they wait.
const nameWithin = 2 * time.Second

// meant is the conversation that a verb without a thread is about: for claim the next that waits in the channel's team, else the only one
// that the agent holds.
func (w *Workspace) meant(ctx context.Context, a ask) (conv handover.Conversation, text string, err error) {
	queue, err := w.reads.Queue(ctx, false)
	if err != nil {
		return conv, "", err
	}
	if a.verb == "claim" {
		for _, c := range queue {
			if c.State == handover.Waiting && (c.Handoff.Card.Channel == a.channel || c.Handoff.Card.Channel == "") {
				return c, "", nil
			}
		}
		return conv, "Nobody waits here.", nil
	}
	me, err := w.people.Meet(ctx, w.account(a.user))
	if err != nil {
		return conv, "", err
	}
	mine, err := w.reads.Held(ctx, me.ID)
	if err != nil {
		return conv, "", err
	}
	switch len(mine) {
	case 0:
		return conv, "You hold no conversation. Write `@deskbell " + a.verb + "` in the thread of the one you mean.", nil
	case 1:
		return mine[0], "", nil
	}
	return conv, fmt.Sprintf("You hold %d conversations. Write `@deskbell %s` in the thread of the one you mean.", len(mine), a.verb), nil
}

func (w *Workspace) verbDraft(_ context.Context, a ask) (reply, error) {
	if a.trigger == "" {
		return w.byButton(a, "Press it to draft a reply.")
	}
	w.openDraft(click{handoff: a.conv.Handoff.ID, user: a.user, channel: a.channel, ts: a.card, trigger: a.trigger})
	return reply{done: true}, nil
}

// byButton is for a door that cannot open a modal: a button can.
func (w *Workspace) byButton(a ask, text string) (reply, error) {
	b := slack.NewButtonBlockElement(a.verb, strconv.FormatInt(a.conv.Handoff.ID, 10), plainText(title(a.verb)+" …"))
	return reply{text: text, blocks: []slack.Block{section(text), slack.NewActionBlock("", b)}}, nil
}

func title(verb string) string {
	verb = strings.ReplaceAll(verb, "_", " ")
	return strings.ToUpper(verb[:1]) + verb[1:]
}

// mostQuery of a question are searched: it stands in a block_id, so that Insert finds the same.
const mostQuery = 230

func (w *Workspace) verbSearch(ctx context.Context, a ask) (reply, error) {
	if a.args == "" {
		return said("Say what to look for: `kb how long does delivery take`.")
	}
	query := clip(raw(a.args), mostQuery)
	return w.soon(ctx, a, "Searching …", func(ctx context.Context) (reply, error) { return w.search(ctx, a, query) })
}

// soonEnough is how long somebody waits for an answer where Slack waits: it gives up after three seconds.
const soonEnough = 1500 * time.Millisecond

// soon does what may take longer than Slack waits, because an embedder far away is asked: then it is told later.
func (w *Workspace) soon(ctx context.Context, a ask, meanwhile string, do func(context.Context) (reply, error)) (reply, error) {
	type outcome struct {
		reply
		err error
	}
	work, came, left := context.WithoutCancel(ctx), make(chan outcome), make(chan struct{})
	go func() {
		defer survive(work, w.o.Logger)
		work, cancel := context.WithTimeout(work, time.Minute)
		defer cancel()
		r, err := do(work)
		select {
		case came <- outcome{r, err}:
			return
		case <-left:
		}
		if err != nil {
			w.o.Logger.WarnContext(work, "a verb failed", "verb", a.verb, "err", err)
			r = reply{text: "This did not work just now. Try again in a moment."}
		}
		w.answer(a.channel, a.user, a.card, r)
	}()
	select {
	case o := <-came:
		return o.reply, o.err
	case <-time.After(soonEnough):
		close(left)
	}
	return done("%s", meanwhile)
}

func (w *Workspace) search(ctx context.Context, a ask, query string) (reply, error) {
	found, err := w.drafter.Search(ctx, query)
	if err != nil {
		return reply{}, err
	}
	if len(found) == 0 {
		return said("The knowledge base has nothing on that.")
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

func (w *Workspace) verbAssign(ctx context.Context, a ask) (reply, error) {
	if a.args == "" {
		return w.byForm(ctx, a)
	}
	m := mentioned.FindStringSubmatch(strings.TrimSpace(a.args))
	if m == nil {
		return said("Name a colleague: `assign @mia`.")
	}
	return w.assign(ctx, a, m[1])
}

func (w *Workspace) assign(ctx context.Context, a ask, user string) (reply, error) {
	to, err := w.people.Meet(ctx, w.account(user))
	if err != nil {
		return reply{}, err
	}
	if w.o.ListedOnly && to.Name == "" {
		return said("<@%s> is not in the list of agents.", user)
	}
	if _, err := w.desk.Assign(ctx, a.conv.Handoff.ID, w.byOf(a), to); err != nil {
		return reply{}, err
	}
	text := fmt.Sprintf("<@%s> has it now", user)
	if now, err := w.people.Availability(ctx, to.ID); err == nil && now != handover.Available {
		text += fmt.Sprintf("; their status is %s", now)
	}
	if room := w.capacity(to); room > 0 {
		if held, err := w.reads.Held(ctx, to.ID); err == nil && len(held) > room {
			text += fmt.Sprintf("; they hold %d, their capacity is %d", len(held), room)
		}
	}
	return done("%s.", text)
}

// capacity is how many conversations an agent should hold at once; 0: not said.
func (w *Workspace) capacity(a handover.Agent) int {
	if w.o.Capacity == nil {
		return 0
	}
	return w.o.Capacity(a)
}

func (w *Workspace) verbTransfer(ctx context.Context, a ask) (reply, error) {
	if a.args == "" {
		return w.byForm(ctx, a)
	}
	team, reason, known := w.team(a.args)
	if !known {
		return said("No team is called that. There are: %s.", strings.Join(w.o.Teams, ", "))
	}
	if reason == "" {
		return said("Say why, the next agent reads it: `transfer %s they ask for an invoice of 2019`.", team)
	}
	if _, err := w.desk.Transfer(ctx, a.conv.Handoff.ID, w.byOf(a), team, a.words(reason)); err != nil {
		return reply{}, err
	}
	return done("It waits for %s now.", team)
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
func (a ask) words(s string) string {
	if a.form {
		return s
	}
	return toMarkdown(s)
}

func (w *Workspace) verbEscalate(ctx context.Context, a ask) (reply, error) {
	if a.args == "" {
		return w.byForm(ctx, a)
	}
	_, err := w.desk.Escalate(ctx, a.conv.Handoff.ID, w.byOf(a), a.words(a.args))
	return reply{text: "Escalated.", done: true}, err
}

// mostSnooze is how long a conversation can be laid aside.
const mostSnooze = 30 * 24 * time.Hour

// lasting reads 30m, 2h, 1d; 0 when it is none, or of no use.
func lasting(s string) time.Duration {
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

func (w *Workspace) verbSnooze(ctx context.Context, a ask) (reply, error) {
	if a.args == "" {
		return w.byForm(ctx, a)
	}
	d := lasting(a.args)
	if d == 0 {
		return said("Say for how long, 1m to 30d: `snooze 2h`.")
	}
	_, err := w.desk.Snooze(ctx, a.conv.Handoff.ID, w.byOf(a), d)
	return reply{text: "Laid aside for " + strings.TrimSpace(a.args) + ", or until the customer writes.", done: true}, err
}

// ArticleKey is what an article is called that was made of a handoff.
func ArticleKey(handoff int64) string { return "handoff-" + strconv.FormatInt(handoff, 10) }

// verbLearn makes an article of what an agent has read over: customers get it word for word.
func (w *Workspace) verbLearn(ctx context.Context, a ask) (reply, error) {
	if a.args == "" || a.text == "" {
		return w.byForm(ctx, a)
	}
	return w.soon(ctx, a, "It is being added.", func(ctx context.Context) (reply, error) {
		if err := w.o.Learn(ctx, ArticleKey(a.conv.Handoff.ID), a.args, a.text); err != nil {
			return reply{}, err
		}
		return done("Added: the bot answers it from now on.")
	})
}

func (w *Workspace) verbStatus(ctx context.Context, a ask) (reply, error) {
	me, err := w.people.Meet(ctx, w.account(a.user))
	if err != nil {
		return reply{}, err
	}
	if a.args == "" {
		now, err := w.people.Availability(ctx, me.ID)
		return reply{text: fmt.Sprintf("You are %s.", now)}, err
	}
	to, err := handover.AvailabilityOf(strings.ToLower(strings.TrimSpace(a.args)))
	if err != nil {
		return said("Expected available, busy, away or offline.")
	}
	if err := w.people.SetAvailability(ctx, me.ID, to); err != nil {
		return reply{}, err
	}
	w.homeLater(a.user)
	return said("You are %s now.", to)
}

func (w *Workspace) verbQueue(ctx context.Context, _ ask) (reply, error) {
	queue, err := w.reads.Queue(ctx, false)
	if err != nil {
		return reply{}, err
	}
	if len(queue) == 0 {
		return said("Nobody waits, and nobody is with an agent.")
	}
	return reply{text: fmt.Sprintf("%d open", len(queue)), blocks: w.rows(queue, 20)}, nil
}

func (w *Workspace) verbLive(ctx context.Context, _ ask) (reply, error) {
	queue, err := w.reads.Queue(ctx, true)
	if err != nil {
		return reply{}, err
	}
	live := slices.DeleteFunc(queue, func(c handover.Conversation) bool { return c.State != handover.WithBot })
	if len(live) == 0 {
		return said("The bot is talking to nobody just now.")
	}
	return reply{text: fmt.Sprintf("%d with the bot", len(live)), blocks: w.rows(live, 20)}, nil
}

func (w *Workspace) takeOver(ctx context.Context, a ask, conversation int64) (reply, error) {
	s, err := w.desk.TakeOver(ctx, conversation, handover.By{Account: w.account(a.user), At: a.at})
	if text := refusalText(err); text != "" {
		return reply{text: text}, nil
	}
	if err != nil {
		return reply{}, err
	}
	return said("%s is yours. The card comes in the channel of %s.", plain(clip(name(s.Conversation.Contact), 60)), s.Conversation.Handoff.Team)
}

func (w *Workspace) verbStats(ctx context.Context, a ask) (reply, error) {
	since := 7 * 24 * time.Hour
	if a.args != "" {
		if since = lasting(a.args); since == 0 {
			return said("Say of how long, 1m to 30d: `stats 7d`.")
		}
	}
	f, err := w.reads.Figures(ctx, since)
	return reply{text: figures(f)}, err
}

func (w *Workspace) verbPause(ctx context.Context, a ask) (reply, error) {
	switch why := strings.Trim(strings.TrimSpace(raw(a.args)), `"“”`); {
	case why == "" && w.desk.Paused() != "":
		return said("Paused: %s. `pause off` opens again.", escape(w.desk.Paused()))
	case why == "":
		return said("Not paused. Say why: `pause incident with payments`.")
	case strings.EqualFold(why, "off"):
		return reply{text: "Handoffs are open again."}, w.desk.Pause(ctx, "", a.user)
	default:
		return reply{text: "Paused: customers are told that nobody can join. `pause off` opens again."}, w.desk.Pause(ctx, clip(why, 200), a.user)
	}
}

// verbRehome moves a team to the channel that it is said in: its own was archived, or the team moves. The channel must take a message first.
func (w *Workspace) verbRehome(_ context.Context, a ask) (reply, error) {
	team, _, known := w.team(a.args)
	if a.args == "" && len(w.o.Teams) == 1 {
		team, known = w.o.Teams[0], true
	}
	if !known {
		return said("Say which team: `rehome TEAM`. There are: %s.", strings.Join(w.o.Teams, ", "))
	}
	if at := w.desk.Place(team); at.Workspace != "" && at.Workspace != w.o.Identity.Workspace() {
		return said("The cards of %s are in another workspace.", team)
	}
	if !strings.HasPrefix(a.channel, "C") && !strings.HasPrefix(a.channel, "G") {
		return said("Say it in the channel that the cards are to come to.")
	}
	to := handover.Place{Workspace: w.o.Identity.Workspace(), Channel: a.channel}
	w.politely("rehome "+team, func(ctx context.Context) error {
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
	return done("Moving the cards of %s here; open ones come with what was said.", team)
}

func (w *Workspace) verbDoctor(ctx context.Context, _ ask) (reply, error) {
	if w.o.Doctor == nil {
		return said("Run `deskbell doctor` where it is installed.")
	}
	return reply{text: escape(w.o.Doctor(ctx)), done: true}, nil
}

func (w *Workspace) verbHelp(context.Context, ask) (reply, error) {
	verbs := w.verbs()
	var lines []string
	for name, v := range verbs {
		line := "`" + strings.TrimSpace(name+" "+v.args) + "` " + v.help
		switch v.may {
		case keeper:
			line += " (who holds it, or a lead)"
		case leads:
			line += " (leads)"
		case anyone:
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	text := "In a channel `/deskbell VERB`, in a thread `@deskbell VERB`:\n" + strings.Join(lines, "\n")
	return reply{text: text, blocks: []slack.Block{section(clipEscaped(text, maxSection))}}, nil
}
