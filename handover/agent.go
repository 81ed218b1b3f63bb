package handover

import (
	"context"
	"fmt"
	"strings"
)

// By is who takes a step at the team's side, and when.
type By struct {
	Account    Account
	At         string // the workspace's own time of the click or line; "" at the console
	Card       Card   // the message clicked on, which teaches a card its ts; zero: none
	OnlyHolder bool   // not on what a colleague holds: checked where it is decided
}

// agentStep runs decide for a step on the current handoff; a button of an earlier one is a *NotAllowedError.
func (d *Desk) agentStep(ctx context.Context, handoff int64, by By, step Step, decide func(c Turn, ch *Change) error) (Saved, error) {
	s, err := d.update(ctx, ByHandoff(handoff).By(by.Account).WithPending(), func(c Turn, ch *Change) error {
		if c.Handoff.ID != handoff {
			return &NotAllowedError{Step: step, State: Closed, Agent: c.Handoff.Agent}
		}
		if err := d.knowActor(ch, by.Account); err != nil {
			return err
		}
		if by.OnlyHolder && c.State == Claimed && c.Handoff.Agent.ID != ch.turn.Actor.ID {
			return &NotAllowedError{Step: step, State: c.State, Agent: c.Handoff.Agent}
		}
		d.learnPosted(ch, by.Card)
		now := ch.turn
		now.Conversation = ch.Next
		return decide(now, ch)
	})
	if err == nil && by.Card.TS != "" {
		return s, d.MatchLines(ctx)
	}
	return s, err
}

// knowActor makes an agent of an account not seen before.
func (d *Desk) knowActor(ch *Change, a Account) error {
	if ch.turn.Actor.ID == 0 {
		ch.turn.Actor.ID = ch.newID()
		ch.NewAgent = &NewAgent{ID: ch.turn.Actor.ID, Account: a}
	}
	if d.opts.ListedOnly && ch.turn.Actor.Name == "" {
		return &NotListedError{Account: a}
	}
	return nil
}

// learnPosted keeps a card's ts, if it has none yet.
func (d *Desk) learnPosted(ch *Change, card Card) {
	h := &ch.Next.Handoff
	if card.ID != 0 && card.ID != h.Card.ID { // one that was left meanwhile
		ch.Cards = append(ch.Cards, card)
		return
	}
	if card.TS == "" || h.Card.ID == 0 || h.Card.TS != "" || h.Card.Place != card.Place {
		return
	}
	h.Card.TS = card.TS
	ch.Cards = append(ch.Cards, h.Card)
}

// Posted keeps the ts that a handoff's card got. Lines written in its thread meanwhile are matched.
func (d *Desk) Posted(ctx context.Context, handoff int64, card Card) error {
	_, err := d.update(ctx, ByHandoff(handoff), func(c Turn, ch *Change) error {
		if c.Handoff.ID != handoff {
			ch.Cards = append(ch.Cards, card) // an earlier handoff's: kept, and drawn once more
			return nil
		}
		d.learnPosted(ch, card)
		return nil
	})
	if err != nil {
		return err
	}
	return d.MatchLines(ctx)
}

// Rehome moves a handoff's card to the default team's channel, because its own refuses it. It does nothing once posted.
func (d *Desk) Rehome(ctx context.Context, handoff int64) (Saved, error) {
	return d.update(ctx, ByHandoff(handoff), func(c Turn, ch *Change) error {
		_, place := d.place("")
		if c.Handoff.ID != handoff || c.Handoff.Card.TS != "" || c.Handoff.Card.Place == place {
			return nil
		}
		ch.Next.Handoff.Card.Place = place
		ch.Cards = append(ch.Cards, ch.Next.Handoff.Card)
		ch.enqueue(KindCard)
		return nil
	})
}

// Claim gives the waiting handoff to an agent. Of many who click one wins; the others get a *NotAllowedError that names
// the one. Claiming what one holds changes nothing.
func (d *Desk) Claim(ctx context.Context, handoff int64, by By) (Saved, error) {
	return d.agentStep(ctx, handoff, by, stepClaim, func(c Turn, ch *Change) error {
		if c.State == Claimed && c.Handoff.Agent.ID == c.Actor.ID {
			return nil
		}
		if err := ch.transition(stepClaim); err != nil {
			return err
		}
		d.claimFor(ch, by, ch.turn.Actor)
		return nil
	})
}

// claimFor makes an agent hold the handoff, and introduces them as soon as their name is known.
func (d *Desk) claimFor(ch *Change, by By, who Agent) {
	ch.assign(who, by.Account.Workspace, by.At)
	ch.Next.Handoff.Introduced = false
	if who.Title == "" && by.Account.Workspace != "" {
		ch.enqueue(KindIntroduce)
	} else {
		d.introduce(ch)
	}
	ch.enqueue(KindCard)
}

// TakeOver lets an agent step into a conversation that is with the bot: a handoff claimed at once.
func (d *Desk) TakeOver(ctx context.Context, conversation int64, by By) (Saved, error) {
	return d.update(ctx, ByID(conversation).By(by.Account).WithPending(), func(_ Turn, ch *Change) error {
		if err := d.knowActor(ch, by.Account); err != nil {
			return err
		}
		if err := ch.transition(stepTakeOver); err != nil {
			return err
		}
		team := ""
		if m := ch.Next.Topic; m != nil {
			team = m.Team
		}
		team, place := d.place(team)
		ch.openHandoff(Handoff{Team: team, Reason: AgentInitiated}, place)
		d.claimFor(ch, by, ch.turn.Actor)
		return nil
	})
}

// Assign gives a waiting or claimed handoff to another agent.
func (d *Desk) Assign(ctx context.Context, handoff int64, by By, to Agent) (Saved, error) {
	return d.agentStep(ctx, handoff, by, stepAssign, func(c Turn, ch *Change) error {
		if c.State == Claimed && c.Handoff.Agent.ID == to.ID {
			return nil // they have it already
		}
		if err := ch.transition(stepAssign); err != nil {
			return err
		}
		d.publish(ch, 0)
		ch.unassign(by.Account.Workspace, by.At)
		d.claimFor(ch, by, to)
		return nil
	})
}

// Introduce says hello once the agent's profile has been looked up; a zero profile leaves the default persona.
func (d *Desk) Introduce(ctx context.Context, handoff int64, profile Agent) (Saved, error) {
	return d.update(ctx, ByHandoff(handoff), func(c Turn, ch *Change) error {
		if c.Handoff.ID != handoff || c.State != Claimed {
			return nil
		}
		if profile.Title != "" && profile.ID == c.Handoff.Agent.ID {
			ch.Agent = &profile
			ch.Next.Handoff.Agent.Title, ch.Next.Handoff.Agent.Avatar = profile.Title, profile.Avatar
			ch.enqueue(KindCard)
		}
		d.introduce(ch)
		return nil
	})
}

// checkHolder reports whether the actor holds the claim; if not, the error says who does.
func checkHolder(c Turn, s Step) error {
	if c.State != Claimed || c.Handoff.Agent.ID != c.Actor.ID {
		return &NotAllowedError{Step: s, State: c.State, Agent: c.Handoff.Agent}
	}
	return nil
}

// Write is what an agent says where there is no thread: it reaches the customer at once and, under their name, the
// thread. key makes a repeat harmless. Only the holder may.
func (d *Desk) Write(ctx context.Context, handoff int64, by By, key, text string) (Saved, error) {
	return d.update(ctx, ByHandoff(handoff).By(by.Account).WithPending().WithKey(key), func(c Turn, ch *Change) error {
		if c.Handoff.ID != handoff {
			return &NotAllowedError{Step: stepReply, State: Closed}
		}
		if err := checkHolder(c, stepReply); err != nil {
			return err
		}
		d.publish(ch, 0)
		d.introduce(ch)
		ch.enqueueMessage(KindRelay, ch.say(Message{From: FromAgent, Agent: c.Actor, Text: text, ExternalID: key}))
		return nil
	})
}

// Note keeps a line for the team, and shows it in the thread.
func (d *Desk) Note(ctx context.Context, handoff int64, by By, key, text string) (Saved, error) {
	return d.update(ctx, ByHandoff(handoff).By(by.Account).WithKey(key), func(c Turn, ch *Change) error {
		if err := d.knowActor(ch, by.Account); err != nil {
			return err
		}
		m := ch.add(Message{From: FromAgent, Agent: ch.turn.Actor, Visibility: Internal, Handoff: handoff, Text: text, ExternalID: key})
		if c.Handoff.ID == handoff {
			ch.enqueueMessage(KindRelay, m)
		}
		return nil
	})
}

// Release puts the handoff back into the queue.
func (d *Desk) Release(ctx context.Context, handoff int64, by By) (Saved, error) {
	return d.agentStep(ctx, handoff, by, stepRelease, func(_ Turn, ch *Change) error {
		if err := ch.transition(stepRelease); err != nil {
			return err
		}
		d.publish(ch, 0)
		ch.unassign(by.Account.Workspace, by.At)
		ch.Next.Handoff.State, ch.Next.Handoff.Agent = Waiting, Agent{}
		ch.clearSnooze()
		d.remindLater(ch)
		ch.bumpState()
		ch.enqueue(KindCard)
		return nil
	})
}

// Transfer moves the handoff to another team: a new card in its channel, the old one closed. reason is shown there.
func (d *Desk) Transfer(ctx context.Context, handoff int64, by By, team, reason string) (Saved, error) {
	return d.agentStep(ctx, handoff, by, stepTransfer, func(c Turn, ch *Change) error {
		if _, known := d.opts.Teams[team]; !known {
			return fmt.Errorf("no team is called %q", team)
		}
		if c.State == Waiting && c.Handoff.Team == team {
			return nil // it waits there already
		}
		_, place := d.place(team)
		if err := ch.transition(stepTransfer); err != nil {
			return err
		}
		d.publish(ch, 0)
		ch.unassign(by.Account.Workspace, by.At)
		h := &ch.Next.Handoff
		h.Card.Closed = true
		ch.Cards = append(ch.Cards, h.Card)
		h.State, h.Agent, h.Team = Waiting, Agent{}, team
		d.remindLater(ch)
		ch.clearSnooze()
		h.Card = Card{ID: ch.newID(), Handoff: h.ID, Place: place}
		ch.Cards = append(ch.Cards, h.Card)
		why := ch.add(Message{From: FromAgent, Agent: c.Actor, Visibility: Internal, Text: "Transferred to " + team + ": " + reason})
		ch.bumpState()
		ch.enqueue(KindCard)
		ch.enqueue(KindTranscript)
		ch.enqueueMessage(KindRelay, why)
		return nil
	})
}

// Return gives the conversation back to the bot.
func (d *Desk) Return(ctx context.Context, handoff int64, by By) (Saved, error) {
	return d.end(ctx, handoff, by, stepReturn, Returned, func(t Texts) string { return t.Returned })
}

// Resolve ends the handoff and the conversation; a customer who writes again starts with the bot.
func (d *Desk) Resolve(ctx context.Context, handoff int64, by By) (Saved, error) {
	return d.end(ctx, handoff, by, stepResolve, Resolved, func(t Texts) string { return t.Resolved })
}

func (d *Desk) end(ctx context.Context, handoff int64, by By, step Step, o Outcome, text func(Texts) string) (Saved, error) {
	return d.agentStep(ctx, handoff, by, step, func(c Turn, ch *Change) error {
		if c.Handoff.State == Closed && c.Handoff.Outcome == o {
			return nil
		}
		return d.ended(ch, by, step, o, text(d.texts(ch.Next)))
	})
}

// ended is how every handoff ends at the team's side.
func (d *Desk) ended(ch *Change, by By, step Step, o Outcome, text string) error {
	if err := ch.transition(step); err != nil {
		return err
	}
	d.publish(ch, 0)
	ch.unassign(by.Account.Workspace, by.At)
	ch.say(Message{From: FromBot, Text: text})
	ch.finish(o)
	ch.newEpisode()
	return nil
}

// Reopen makes a new handoff, linked to the last one and claimed by the actor.
func (d *Desk) Reopen(ctx context.Context, handoff int64, by By) (Saved, error) {
	return d.agentStep(ctx, handoff, by, stepReopen, func(c Turn, ch *Change) error {
		if err := ch.transition(stepReopen); err != nil {
			return err
		}
		team, place := d.place(c.Handoff.Team)
		ch.turn.Assignments = nil
		ch.openHandoff(Handoff{Previous: handoff, Team: team, Reason: AgentInitiated, Brief: c.Handoff.Brief, Topic: c.Handoff.Topic}, place)
		d.claimFor(ch, by, ch.turn.Actor)
		return nil
	})
}

func firstLine(s string) string {
	line, _, more := strings.Cut(s, "\n")
	if r := []rune(line); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	if more {
		line += " …"
	}
	return line
}
