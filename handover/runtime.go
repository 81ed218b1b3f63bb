package handover

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// What is set at run time, for all processes; each reads it every second. The names are these, or begin with them.
const (
	settingPaused = "paused"
	settingPlace  = "place:" // and a team: workspace:channel
	settingAlert  = "alert:" // and what it is about: what an admin should know
)

// RuntimeSettings are what is set at run time.
type RuntimeSettings interface {
	// RuntimeSettings returns those that are set, by name.
	RuntimeSettings(ctx context.Context) (map[string]string, error)
	// SetRuntimeSetting sets one, or with "" turns it off; by is who did.
	SetRuntimeSetting(ctx context.Context, name, value, by string) error
}

func (d *Desk) readSettings(ctx context.Context) error {
	all, err := d.store.RuntimeSettings(ctx)
	if err == nil {
		d.settings.Store(&all)
	}
	return err
}

func (d *Desk) setting(name string) string {
	if all := d.settings.Load(); all != nil {
		return (*all)[name]
	}
	return ""
}

func (d *Desk) set(ctx context.Context, name, value, by string) error {
	if err := d.store.SetRuntimeSetting(ctx, name, value, by); err != nil {
		return err
	}
	return d.readSettings(ctx)
}

// Gate says whether a person can be had now.
func (d *Desk) Gate() Gate {
	if d.opts.AgentsReachable != nil && !d.opts.AgentsReachable() {
		return GateDisabled
	}
	if d.opts.Gate == GateOpen && d.Paused() != "" {
		return GateClosed
	}
	return d.opts.Gate
}

// Paused is why nobody can be had although the gate would be open; "": it is not paused.
func (d *Desk) Paused() string { return d.setting(settingPaused) }

// Pause closes the gate for all processes, within a second; with "" it opens again. by is who says so.
func (d *Desk) Pause(ctx context.Context, why, by string) error {
	return d.set(ctx, settingPaused, why, by)
}

// Alert keeps what an admin should know, about one thing at a time; "": it is over.
func (d *Desk) Alert(ctx context.Context, about, what string) error {
	return d.set(ctx, settingAlert+about, what, "")
}

// Alerted says whether there is something that an admin should know about this.
func (d *Desk) Alerted(about string) bool { return d.setting(settingAlert+about) != "" }

// AlertedAbout is what admins should know something about.
func (d *Desk) AlertedAbout() (names []string) {
	if all := d.settings.Load(); all != nil {
		for name := range *all {
			if about, is := strings.CutPrefix(name, settingAlert); is {
				names = append(names, about)
			}
		}
	}
	return names
}

// Alerts are what an admin should know, in the order of what they are about.
func (d *Desk) Alerts() (out []string) {
	all := d.settings.Load()
	if all == nil {
		return nil
	}
	return AlertsOf(*all)
}

// AlertsOf are the alerts among runtime settings.
func AlertsOf(settings map[string]string) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if strings.HasPrefix(name, settingAlert) {
			out = append(out, settings[name])
		}
	}
	return out
}

// place is where the cards of a team are posted: where it was moved to at run time, its own channel, else the default team's.
func (d *Desk) place(team string) (string, Place) {
	p, known := d.opts.Teams[team]
	if !known {
		team, p = d.opts.Team, d.opts.Teams[d.opts.Team]
	}
	// It was moved from the channel that is configured now, in the workspace that is connected now; else the file says anew.
	if to, was, _ := strings.Cut(d.setting(settingPlace+team), " was "); was == p.Channel {
		if workspace, channel, moved := cutLast(to); moved && workspace == p.Workspace {
			p.Channel = channel
		}
	}
	return team, p
}

func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// Place is where the cards of a team are posted.
func (d *Desk) Place(team string) Place {
	_, p := d.place(team)
	return p
}

// Move makes a team's cards appear in another place from now on, and brings those that are open there: each as a new card with all that was said
// in public, the old one closed. Claims stay.
func (d *Desk) Move(ctx context.Context, team string, to Place, by string, open []Conversation) error {
	if err := d.set(ctx, settingPlace+team, to.Workspace+":"+to.Channel+" was "+d.opts.Teams[team].Channel, by); err != nil {
		return err
	}
	for _, c := range open {
		if _, err := d.update(ctx, ByHandoff(c.Handoff.ID), func(_ Turn, ch *Change) error {
			h := &ch.Next.Handoff
			if h.ID != c.Handoff.ID || h.Team != team || h.State == Closed || h.Card.Place == to {
				return nil
			}
			if h.Card.ID != 0 {
				old := h.Card
				old.Closed = true
				ch.Cards = append(ch.Cards, old)
			}
			h.Card = Card{ID: ch.newID(), Handoff: h.ID, Place: to}
			ch.Cards = append(ch.Cards, h.Card)
			ch.enqueue(KindCard)
			ch.enqueue(KindTranscript)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// AgentTypes shows the customer of a claimed handoff that somebody is writing. It is a courtesy: nothing is stored.
func (d *Desk) AgentTypes(c Conversation) {
	if c.State == Claimed {
		d.bus.Typing(c.ID, FromAgent)
	}
}

// CardsIn says whether any team's cards are posted in a place.
func (d *Desk) CardsIn(p Place) bool {
	for team := range d.opts.Teams {
		if _, at := d.place(team); at == p {
			return true
		}
	}
	return false
}
