package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
)

const (
	draftCallback = "draft"
	draftBlock    = "text" // and the round: a field of the same name would keep what was typed into it
	draftTone     = "draft_tone"
	draftLength   = "draft_length"
	// showEvery is how often a growing draft is shown: views.update is of tier 4, 100 a minute.
	showEvery = time.Second
)

// draft is what the modal of a draft is about; it is kept in the modal itself.
type draft struct {
	Handoff int64  `json:"handoff"`
	Round   int    `json:"round"` // of the drafts it has shown
	Cited   int    `json:"cited"` // citations of the one shown
	Shown   string `json:"shown"` // fingerprint of its text
	handover.Style
}

func (d draft) block() string { return fmt.Sprint(draftBlock, d.Round) }

// written is what the agent has in the field, and whether that is still the draft itself.
func (d draft) written(v slack.View) (text string, untouched bool) {
	if v.State != nil {
		text = v.State.Values[d.block()][draftBlock].Value
	}
	text = strings.TrimSpace(keepable(text))
	return text, fingerprint(text) == d.Shown
}

func fingerprint(text string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.TrimSpace(keepable(text))))
	return strconv.FormatUint(h.Sum64(), 36)
}

func draftOf(v slack.View) (d draft, ok bool) {
	return d, v.CallbackID == draftCallback && json.Unmarshal([]byte(v.PrivateMetadata), &d) == nil && d.Handoff != 0
}

// openDraft opens a modal at once, because its trigger lives three seconds, and fills it when the draft is there.
func (w *Workspace) openDraft(_ context.Context, c click) error {
	w.politely("draft", func(ctx context.Context) error {
		d := draft{Handoff: c.handoff, Style: handover.StyleOf("", "")}
		view, err := w.api.OpenViewContext(ctx, c.trigger, d.modal([]slack.Block{section("Reading the conversation …")}, false))
		if err != nil {
			return err
		}
		w.write(ctx, shown{w, view.ID, view.Hash}, d, "")
		return nil
	})
	return nil
}

// restyle drafts anew in another tone or length. What the agent has written herself is kept below the new draft.
func (w *Workspace) restyle(v slack.View, action, value string) {
	d, ok := draftOf(v)
	if !ok {
		return
	}
	had, untouched := d.written(v)
	if untouched {
		had = ""
	}
	switch action {
	case draftTone:
		d.Style = handover.StyleOf(value, string(d.Length))
	case draftLength:
		d.Style = handover.StyleOf(string(d.Tone), value)
	default:
		return
	}
	w.politely("draft in another style", func(ctx context.Context) error {
		s := shown{w, v.ID, v.Hash}
		if err := s.show(ctx, d.modal(withHad([]slack.Block{section("Writing …")}, had), false)); err != nil {
			return err
		}
		w.write(ctx, s, d, had)
		return nil
	})
}

// shown is a modal that is open. Its hash is Slack's: an update of what somebody else has updated since is refused.
type shown struct {
	w        *Workspace
	id, hash string
}

func (s *shown) show(ctx context.Context, m slack.ModalViewRequest) error {
	view, err := s.w.api.UpdateViewContext(ctx, m, "", s.hash, s.id)
	if err == nil {
		s.hash = view.Hash
	}
	return err
}

// gone says whether nobody looks at the modal any more, or another draft is being written into it.
func gone(err error) bool {
	var said slack.SlackErrorResponse
	return errors.As(err, &said) && (said.Err == "not_found" || said.Err == "hash_conflict")
}

// write fills the modal when there is a writer free: a model takes seconds, and other courtesies are not to wait for it.
func (w *Workspace) write(ctx context.Context, s shown, d draft, had string) {
	select {
	case w.drafts <- func(ctx context.Context) { w.fill(ctx, s, d, had) }:
	default:
		w.o.Logger.WarnContext(ctx, "a draft was not written: too many wait", "handoff", d.Handoff)
		_ = s.show(ctx, d.modal(withHad([]slack.Block{section("Too many drafts are being written just now. Close this and try again in a moment.")}, had), false))
	}
}

func (w *Workspace) fill(ctx context.Context, s shown, d draft, had string) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failed := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			w.o.Logger.WarnContext(ctx, "a draft's modal", "what", what, "handoff", d.Handoff, "err", err)
		}
	}
	found, err := w.drafted(ctx, d, func(text string, last *time.Time) {
		if time.Since(*last) < showEvery {
			return
		}
		*last = time.Now()
		if err := s.show(ctx, d.modal(withHad([]slack.Block{section(clipEscaped(escape(text), maxSection-2) + " …")}, had), false)); gone(err) {
			stop()
		}
	})
	if ctx.Err() != nil {
		return
	}
	failed("no draft", err)
	d.Round, d.Cited, d.Shown = d.Round+1, len(found.Citations), fingerprint(clip(found.Text, maxInput))
	failed("what becomes of the draft is not known", w.reads.Drafted(ctx, "view:"+s.id, d.Handoff, found))
	if err := s.show(ctx, d.modal(withHad(d.blocks(found), had), true)); !gone(err) {
		failed("the draft is not shown", err)
	}
}

func (w *Workspace) drafted(ctx context.Context, d draft, heard func(text string, last *time.Time)) (handover.Draft, error) {
	conv, err := w.reads.OfHandoff(ctx, d.Handoff)
	if err != nil {
		return handover.Draft{}, err
	}
	talk, err := w.reads.Transcript(ctx, conv.ID, conv.Episode)
	if err != nil {
		return handover.Draft{}, err
	}
	last := time.Now()
	return w.drafter.Draft(ctx, conv, talk, d.Style, func(text string) { heard(text, &last) })
}

func plainText(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

func (d draft) modal(blocks []slack.Block, submit bool) slack.ModalViewRequest {
	about, _ := json.Marshal(d) // plain values always encode
	v := slack.ModalViewRequest{Type: slack.VTModal, CallbackID: draftCallback, PrivateMetadata: string(about), Title: plainText("Draft reply"), Close: plainText("Cancel"), Blocks: slack.Blocks{BlockSet: blocks}}
	if submit {
		v.Submit = plainText("Send")
	}
	return v
}

func withHad(blocks []slack.Block, had string) []slack.Block {
	if had == "" {
		return blocks
	}
	return append(blocks, section(clipEscaped("*You had written:*\n"+escape(had), maxSection)))
}

// maxInput is what a field takes: https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
const maxInput = 3000

func (d draft) blocks(found handover.Draft) []slack.Block {
	input := slack.NewPlainTextInputBlockElement(plainText("Write the answer"), draftBlock).WithMultiline(true).WithInitialValue(clip(found.Text, maxInput))
	field := slack.NewInputBlock(d.block(), plainText("Answer"), nil, input)
	blocks := []slack.Block{field, slack.NewActionBlock("style",
		choice(draftTone, string(d.Tone), string(handover.ToneFriendly), string(handover.ToneNeutral), string(handover.ToneFormal)),
		choice(draftLength, string(d.Length), string(handover.LengthShort), string(handover.LengthMedium), string(handover.LengthLong)))}
	if found.Text == "" {
		blocks = append(blocks, section("The knowledge base has nothing on this. Write the answer yourself."))
	}
	if len(found.Citations) > 0 {
		field.Hint = plainText("The numbers in brackets are for you: they are not sent.")
	}
	for i, c := range found.Citations[:min(5, len(found.Citations))] {
		blocks = append(blocks, slack.NewContextBlock("", mrkdwn(fmt.Sprintf("[%d] %s · %.2f", i+1, linked(c), c.Score))))
	}
	if len(found.Unsupported) > 0 {
		blocks = append(blocks, section(clipEscaped(":warning: *No source bears this out:* "+escape(strings.Join(found.Unsupported, " … ")), maxSection)))
	}
	for _, n := range found.Notes[:min(5, len(found.Notes))] {
		blocks = append(blocks, slack.NewContextBlock("", mrkdwn(clipEscaped(escape(n), maxField))))
	}
	for _, c := range found.Internal[:min(3, len(found.Internal))] {
		blocks = append(blocks, slack.NewContextBlock("", mrkdwn(":lock: For the team alone: "+linked(c))))
	}
	return blocks
}

func linked(c handover.Citation) string {
	title := escape(clip(c.Title, 200))
	if strings.HasPrefix(c.URL, "http://") || strings.HasPrefix(c.URL, "https://") {
		return "<" + escape(c.URL) + "|" + strings.ReplaceAll(title, "|", "¦") + ">"
	}
	return title
}

// choice is a menu whose values are its words.
func choice(action, now string, values ...string) *slack.SelectBlockElement {
	var options []*slack.OptionBlockObject
	s := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, action)
	for _, v := range values {
		o := slack.NewOptionBlockObject(v, plainText(strings.ToUpper(v[:1])+v[1:]), nil)
		if options = append(options, o); v == now {
			s.InitialOption = o
		}
	}
	s.Options = options
	return s
}

// submitDraft sends what the agent made of the draft. She must hold the conversation; else the modal says who does.
func (w *Workspace) submitDraft(ctx context.Context, user string, v slack.View) (any, error) {
	d, ok := draftOf(v)
	if !ok {
		return nil, nil
	}
	refuse := func(text string) any {
		return map[string]any{"response_action": "errors", "errors": map[string]string{d.block(): text}}
	}
	text, _ := d.written(v)
	if text = strings.TrimSpace(handover.Unmarked(text, d.Cited)); text == "" {
		return refuse("Write something first."), nil
	}
	by := handover.By{Account: handover.Account{Workspace: w.o.Identity.Workspace(), External: user}}
	_, err := w.desk.Write(ctx, d.Handoff, by, "view:"+v.ID, text)
	if said := refusalText(err); said != "" {
		return refuse(strings.ReplaceAll(said, "*", "")), nil
	}
	if err == nil {
		w.politely("draft's outcome", func(ctx context.Context) error { return w.reads.DraftSent(ctx, "view:"+v.ID, text) })
	}
	return nil, err
}
