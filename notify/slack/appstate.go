package slack

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// trouble takes in what Slack tells of the app itself: admins are told in the console, by doctor and on every home tab, and what is queued waits.
func (w *Workspace) trouble(ctx context.Context, kind string, e message) (handled bool, err error) {
	app, channel := w.o.Identity.Workspace(), w.o.Identity.Workspace()+":"+e.Channel
	what := ""
	switch kind {
	case "app_uninstalled":
		return true, w.desk.Alert(ctx, app, "The Slack app was uninstalled. Cards and lines wait until it is installed again; the console goes on.")
	case "tokens_revoked":
		return true, w.desk.Alert(ctx, app, "Slack revoked the app's token. Install it again and set slack.bot_token; cards and lines wait, the console goes on.")
	case "channel_archive", "group_archive":
		what = "was archived"
	case "channel_deleted", "group_deleted":
		what = "was deleted"
	case "channel_left", "group_left":
		what = "does not have the app any more"
	case "member_joined_channel":
		if e.User != w.o.Identity.BotUser {
			return true, nil
		}
		return true, w.desk.Alert(ctx, channel, "")
	case "channel_unarchive", "group_unarchive":
		return true, w.desk.Alert(ctx, channel, "")
	default:
		return false, nil
	}
	if !w.desk.CardsIn(handover.Place{Workspace: w.o.Identity.Workspace(), Channel: e.Channel}) {
		return true, nil
	}
	return true, w.desk.Alert(ctx, channel, "The Slack channel "+e.Channel+" "+what+". Its cards fall to the default team's channel; /deskbell rehome in another moves them there.")
}

// recheck is how often we ask whether Slack knows us again.
const recheck = 2 * time.Second

// recover takes alerts back: of the app itself once Slack knows it again, of a channel once no cards are to come there.
func (w *Workspace) recover(ctx context.Context) {
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, about := range w.desk.AlertedAbout() {
			channel, is := strings.CutPrefix(about, w.o.Identity.Workspace()+":")
			if is && !w.desk.CardsIn(handover.Place{Workspace: w.o.Identity.Workspace(), Channel: channel}) { // no team is there any more
				if err := w.desk.Alert(ctx, about, ""); err != nil {
					w.o.Logger.WarnContext(ctx, "an alert stays", "err", err)
				}
			}
		}
		if about := w.o.Identity.Workspace(); w.desk.Alerted(about) {
			if _, err := w.api().AuthTestContext(ctx); err != nil {
				continue
			}
			if err := errors.Join(w.resume(ctx, about), w.desk.Alert(ctx, about, "")); err != nil {
				w.o.Logger.WarnContext(ctx, "an alert stays", "err", err)
			}
		}
	}
}

// changed releases what somebody holds who was deactivated.
func (w *Workspace) changed(ctx context.Context, user string, deleted bool) error {
	if !deleted {
		return nil
	}
	me, err := w.people.AgentFor(ctx, w.account(user))
	if err != nil {
		return err
	}
	if err := w.people.SetAvailability(ctx, me.ID, handover.Offline); err != nil {
		return err
	}
	held, err := w.reads.Held(ctx, me.ID)
	if err != nil {
		return err
	}
	for _, c := range held {
		if _, err := w.desk.Unclaim(ctx, c.Handoff.ID, me.ID, agentName(me)+" was deactivated in Slack. It is back in the queue."); err != nil {
			return err
		}
	}
	return nil
}
