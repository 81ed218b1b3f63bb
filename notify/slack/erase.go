package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify"
)

var _ notify.Eraser = (*Workspace)(nil)

// copied is how long after a card was posted copies of it may be there that no sweep has found yet: much longer than a lease.
const copied = time.Hour

// Erase implements notify.Eraser. Of a card that was to be posted, or was a while ago, copies go as well.
func (w *Workspace) Erase(ctx context.Context, card handover.Card, files []string) (left []string, err error) {
	cards, err := w.copies(ctx, card)
	if err != nil && !w.stays(&left, card, "copies of the card", err) {
		return nil, err
	}
	if card.TS != "" {
		cards = append(cards, card.TS)
	}
	for _, ts := range cards {
		card.TS = ts
		more, err := w.eraseThread(ctx, card, files)
		if err != nil {
			return nil, err
		}
		left = append(left, more...)
	}
	return left, nil
}

// copies are the posts of a card that its ts does not name.
func (w *Workspace) copies(ctx context.Context, card handover.Card) (found []string, err error) {
	seconds, _ := strconv.ParseFloat(card.TS, 64)
	if card.ID == 0 || card.TS != "" && time.Since(time.Unix(int64(seconds), 0)) > copied { // a watched conversation's has no id
		return nil, nil
	}
	posts, err := w.history(ctx, card)
	for _, p := range posts {
		if p.ts != card.TS && slices.Contains(p.blocks, cardBlock(card.ID)) {
			found = append(found, p.ts)
		}
	}
	return found, err
}

// eraseThread deletes a card and what we posted in its thread. The card is emptied first, so that nothing can be pressed or read on it should Slack not delete it.
func (w *Workspace) eraseThread(ctx context.Context, card handover.Card, files []string) (left []string, err error) {
	// It keeps the card's id, by which it is found again if this is all that is done now.
	gone := slack.NewSectionBlock(mrkdwn("_This conversation was erased._"), nil, nil, slack.SectionBlockOptionBlockID(cardBlock(card.ID)))
	_, _, _, err = w.api().UpdateMessageContext(ctx, card.Channel, card.TS, slack.MsgOptionBlocks(gone), slack.MsgOptionText("This conversation was erased.", false))
	if err = outcome(err, w.updateLimit(), true); err != nil && !handover.IsPermanent(err) && !errors.Is(err, notify.ErrPlace) {
		return nil, err
	}
	for cursor, more := "", true; more; { // what is deleted is not there the next time
		var messages []slack.Message
		messages, more, cursor, err = w.api().GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: card.Channel, Timestamp: card.TS, Limit: 200, Cursor: cursor})
		if saying(err, "thread_not_found", "message_not_found") {
			break
		}
		if err = outcome(err, handover.LimitKey{}, true); w.stays(&left, card, card.TS, err) {
			return left, nil
		}
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			switch {
			case m.Timestamp == card.TS:
			case m.BotID == w.o.Identity.BotID || m.User == w.o.Identity.BotUser:
				if err := w.remove(ctx, card.Channel, m.Timestamp); err != nil && !w.stays(&left, card, m.Timestamp, err) {
					return nil, err
				}
			default:
				left = append(left, fmt.Sprintf("%s, channel %s, message %s: written by %s", card.Workspace, card.Channel, m.Timestamp, m.User))
			}
		}
		more = more && cursor != ""
	}
	for _, id := range files {
		err := w.api().DeleteFileContext(ctx, id)
		if saying(err, "file_not_found", "file_deleted") {
			continue
		}
		if err := outcome(err, handover.LimitKey{}, true); handover.IsPermanent(err) {
			left = append(left, fmt.Sprintf("%s, file %s: %v", card.Workspace, id, err))
		} else if err != nil {
			return nil, err
		}
	}
	if err := w.remove(ctx, card.Channel, card.TS); err != nil && !w.stays(&left, card, card.TS, err) {
		return nil, err
	}
	return left, nil
}

// stays notes what Slack will not let us delete however often we ask.
func (w *Workspace) stays(left *[]string, card handover.Card, ts string, err error) bool {
	if err == nil || !handover.IsPermanent(err) && !errors.Is(err, notify.ErrPlace) {
		return false
	}
	*left = append(*left, fmt.Sprintf("%s, channel %s, message %s: %v", card.Workspace, card.Channel, ts, err))
	return true
}

// saying says whether Slack has answered one of these errors.
func saying(err error, codes ...string) bool {
	var said slack.SlackErrorResponse
	return errors.As(err, &said) && slices.Contains(codes, said.Err)
}
