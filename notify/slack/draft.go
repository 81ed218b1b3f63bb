package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/notify"
)

const (
	draftCallback = "draft"
	draftBlock    = "text" // and the round: a field of the same name would keep what was typed into it
	hadBlock      = "had"  // and the round
	draftTone     = "draft_tone"
	draftLength   = "draft_length"
	draftMacro    = "draft_macro"
	draftSend     = "draft_send"
	draftResolve  = "draft_resolve"
	draftNote     = "draft_note"
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

// written is what stands in the draft's field, and what of it and of the other field the agent wrote themselves.
func (d draft) written(v slack.View) (text, had string) {
	if v.State == nil {
		return "", ""
	}
	read := func(block, action string) string {
		return strings.TrimSpace(sanitize(v.State.Values[fmt.Sprint(block, d.Round)][action].Value))
	}
	text, had = read(draftBlock, draftBlock), read(hadBlock, hadBlock)
	if text != "" && fingerprint(text) != d.Shown {
		had = strings.TrimSpace(text + "\n\n" + had)
	}
	return text, had
}

func fingerprint(text string) string { return notify.Fingerprint(sanitize(text)) }

func draftOf(v slack.View) (d draft, ok bool) {
	return d, v.CallbackID == draftCallback && json.Unmarshal([]byte(v.PrivateMetadata), &d) == nil && d.Handoff != 0
}

// openDraft opens a modal at once, because its trigger lives three seconds, and fills it when the draft is there.
func (w *Workspace) openDraft(c click) {
	w.bestEffort("draft", func(ctx context.Context) error {
		d := draft{Handoff: c.handoff, Style: handover.StyleOf("", "")}
		view, err := w.api().OpenViewContext(ctx, c.trigger, d.modal([]slack.Block{section("Reading the conversation …")}, false))
		if err != nil {
			return err
		}
		w.write(ctx, shown{w, view.ID, view.Hash}, d, "")
		return nil
	})
}

// openWith opens the modal at once, and fills it with a text when find has found it.
func (w *Workspace) openWith(c click, find func(context.Context) (found handover.Draft, refused string, err error)) {
	w.bestEffort("open a draft", func(ctx context.Context) error {
		d := draft{Handoff: c.handoff, Style: handover.StyleOf("", "")}
		view, err := w.api().OpenViewContext(ctx, c.trigger, d.modal([]slack.Block{section("Reading the article …")}, false))
		if err != nil {
			return err
		}
		s := shown{w, view.ID, view.Hash}
		search, cancel := context.WithTimeout(ctx, time.Minute)
		found, refused, err := find(search)
		cancel()
		if err != nil {
			refused = "Something went wrong. Try again in a moment."
		}
		if refused != "" {
			return errors.Join(err, s.last(ctx, d.modal([]slack.Block{section(refused)}, false)))
		}
		d.Round, d.Cited, d.Shown = 1, len(found.Citations), fingerprint(clip(found.Text, maxInput))
		if err := w.reads.Drafted(ctx, "view:"+view.ID, d.Handoff, found); err != nil {
			return err
		}
		return s.last(ctx, d.modal(w.draftBlocks(d, found, ""), true))
	})
}

// inModal does what is pressed or chosen in a draft's modal.
func (w *Workspace) inModal(ctx context.Context, user, trigger string, v slack.View, action, value string) error {
	d, ok := draftOf(v)
	if !ok {
		return nil
	}
	switch action {
	case draftMacro:
		w.useMacro(v, d, value)
	case draftResolve, draftNote:
		text, err := w.finish(ctx, user, v, d, action)
		if err != nil {
			return err
		}
		w.bestEffort("finish a draft", func(ctx context.Context) error {
			if text != "" { // what is typed stays in the modal below
				_, err := w.api().PushViewContext(ctx, trigger, slack.ModalViewRequest{Type: slack.VTModal, Title: plainText("Draft reply"), Close: plainText("Back"), Blocks: slack.Blocks{BlockSet: []slack.Block{section(text)}}})
				return err
			}
			done := map[string]string{draftResolve: "Sent, and resolved.", draftNote: "Saved as a note for the team."}[action]
			s := shown{w: w, id: v.ID}
			return s.last(ctx, d.modal([]slack.Block{section(done)}, false))
		})
	default:
		w.restyle(v, d, action, value)
	}
	return nil
}

// finish sends the text, sends it and resolves, or keeps it as a note; a refusal is returned as what to say.
func (w *Workspace) finish(ctx context.Context, user string, v slack.View, d draft, action string) (refused string, err error) {
	text, _ := d.written(v)
	if text = strings.TrimSpace(handover.Unmarked(text, d.Cited)); text == "" {
		return "Write something first.", nil
	}
	by := handover.By{Account: w.account(user)}
	if action == draftNote {
		_, err = w.desk.Note(ctx, d.Handoff, by, fmt.Sprintf("view:%s:note:%d", v.ID, d.Round), text)
		return refusalText(err), unless(err)
	}
	if _, err = w.desk.Write(ctx, d.Handoff, by, "view:"+v.ID, text); err == nil {
		w.bestEffort("draft's outcome", func(ctx context.Context) error { return w.reads.DraftSent(ctx, "view:"+v.ID, text) })
		if action == draftResolve {
			_, err = w.desk.Resolve(ctx, d.Handoff, by)
		}
	}
	return refusalText(err), unless(err)
}

// unless is err, unless it is a refusal.
func unless(err error) error {
	if refusalText(err) != "" {
		return nil
	}
	return err
}

// useMacro puts a text that was written beforehand into the field; what the agent had written stays below.
func (w *Workspace) useMacro(v slack.View, d draft, name string) {
	_, had := d.written(v)
	w.bestEffort("a macro", func(ctx context.Context) error {
		conv, err := w.reads.OfHandoff(ctx, d.Handoff)
		if err != nil {
			return err
		}
		found := handover.Draft{Text: filled(w.o.Macros[name], conv)}
		d.Round, d.Cited, d.Shown = d.Round+1, 0, fingerprint(clip(found.Text, maxInput))
		s := shown{w: w, id: v.ID}
		return s.last(ctx, d.modal(w.draftBlocks(d, found, had), true))
	})
}

// filled is a macro with its variables in.
func filled(macro string, c handover.Conversation) string {
	return strings.NewReplacer("{{contact.first_name}}", c.Contact.FirstName(), "{{contact.name}}", c.Contact.Name, "{{agent.name}}", c.Handoff.Agent.Title, "{{team}}", c.Handoff.Team).Replace(macro)
}

// draftBlocks are a draft's, with the macros to choose from.
func (w *Workspace) draftBlocks(d draft, found handover.Draft, had string) []slack.Block {
	blocks := d.blocks(found, had)
	if len(w.o.Macros) == 0 {
		return blocks
	}
	names := slices.Sorted(maps.Keys(w.o.Macros))
	menu := choice(draftMacro, "", names[:min(100, len(names))]...)
	menu.Placeholder = plainText("Use a macro")
	return append(blocks, slack.NewActionBlock("macros", menu))
}

// restyle drafts anew in another tone or length. What the agent has written themselves is kept in a field below the new draft.
func (w *Workspace) restyle(v slack.View, d draft, action, value string) {
	_, had := d.written(v)
	switch action {
	case draftTone:
		d.Style = handover.StyleOf(value, string(d.Length))
	case draftLength:
		d.Style = handover.StyleOf(string(d.Tone), value)
	default:
		return
	}
	w.bestEffort("draft in another style", func(ctx context.Context) error {
		s := shown{w, v.ID, v.Hash}
		if err := s.show(ctx, d.modal(d.waiting("Writing …", had), false)); s.gone(err) {
			return nil
		}
		w.write(ctx, s, d, had)
		return nil
	})
}

// shown is a modal that is open. Its hash is Slack's: an update of what somebody else has updated since is refused.
type shown struct {
	w        *Workspace
	id, hash string // no hash: it is not known
}

func (s *shown) show(ctx context.Context, m slack.ModalViewRequest) error {
	view, err := s.w.api().UpdateViewContext(ctx, m, "", s.hash, s.id)
	var said slack.SlackErrorResponse
	var limited *slack.RateLimitedError
	switch {
	case err == nil:
		s.hash = view.Hash
	case !errors.As(err, &said) && !errors.As(err, &limited):
		s.hash = "" // it may have been done all the same
	}
	return err
}

// gone says whether nobody looks at the modal any more, or another draft is being written into it.
func (s *shown) gone(err error) bool {
	var said slack.SlackErrorResponse
	return errors.As(err, &said) && (said.Err == "not_found" || said.Err == "hash_conflict")
}

// last shows what the modal is to stay with: whatever became of the work before, an agent must not be left with a page that waits.
func (s *shown) last(ctx context.Context, m slack.ModalViewRequest) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWithin)
	defer cancel()
	err := retryUntilDone(ctx, func() error { return s.show(ctx, m) })
	if s.gone(err) {
		return nil
	}
	return err
}

const (
	lastWithin = 8 * time.Second // the program may be stopping, and has ten
	showWithin = 3 * time.Second // of a growing draft: the model is not to wait for Slack
)

// write fills the modal when there is a writer free: a model takes seconds, and other courtesies are not to wait for it.
func (w *Workspace) write(ctx context.Context, s shown, d draft, had string) {
	select {
	case w.drafts <- func(ctx context.Context) { w.fill(ctx, &s, d, had) }:
	default:
		w.o.Logger.WarnContext(ctx, "a draft was not written: too many wait", "handoff", d.Handoff)
		_ = s.last(ctx, d.modal(d.waiting("Too many drafts are being written just now. Close this and try again in a moment.", had), false))
	}
}

func (w *Workspace) fill(ctx context.Context, s *shown, d draft, had string) {
	final, closed := d.modal(d.waiting("No draft could be written. Close this and press Draft reply again.", had), false), false
	defer func() {
		if closed {
			return
		}
		if err := s.last(ctx, final); err != nil {
			w.o.Logger.WarnContext(ctx, "a draft is not shown", "handoff", d.Handoff, "err", err)
		}
	}()
	writing, stop := context.WithCancel(ctx)
	defer stop()
	found, err := w.drafted(writing, d, func(text string) {
		if !w.growing.Allow() { // views.update is of tier 4, 100 a minute
			return
		}
		at, cancel := context.WithTimeout(writing, showWithin)
		defer cancel()
		if closed = s.gone(s.show(at, d.modal(d.waiting(text+" …", had), false))); closed {
			stop()
		}
	})
	if closed || ctx.Err() != nil {
		return
	}
	if err != nil {
		w.o.Logger.WarnContext(ctx, "no draft", "handoff", d.Handoff, "err", err)
	}
	if conv, err := w.reads.OfHandoff(ctx, d.Handoff); err == nil {
		w.desk.AgentTypes(conv) // they read it over
	}
	d.Round, d.Cited, d.Shown = d.Round+1, len(found.Citations), fingerprint(clip(found.Text, maxInput))
	if err := w.reads.Drafted(ctx, "view:"+s.id, d.Handoff, found); err != nil {
		w.o.Logger.WarnContext(ctx, "what becomes of the draft is not known", "handoff", d.Handoff, "err", err)
	}
	final = d.modal(w.draftBlocks(d, found, had), true)
}

func (w *Workspace) drafted(ctx context.Context, d draft, heard func(text string)) (handover.Draft, error) {
	conv, err := w.reads.OfHandoff(ctx, d.Handoff)
	if err != nil {
		return handover.Draft{}, err
	}
	talk, err := w.reads.Recent(ctx, conv.ID, conv.Episode)
	if err != nil {
		return handover.Draft{}, err
	}
	return w.drafter.Draft(ctx, conv, talk, d.Style, heard)
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

// waiting is a modal without a draft to send, and so without a field: Slack takes none without a button. What the agent wrote can be read there.
func (d draft) waiting(text, had string) []slack.Block {
	blocks := []slack.Block{section(clipEscaped(escape(text), maxSection))}
	for _, part := range split(escape(had), maxSection) {
		if part != "" {
			blocks = append(blocks, section(part))
		}
	}
	return blocks
}

// withHad keeps what the agent wrote in a field below the draft.
func (d draft) withHad(blocks []slack.Block, had string) []slack.Block {
	if had == "" {
		return blocks
	}
	field := slack.NewPlainTextInputBlockElement(nil, hadBlock).WithMultiline(true).WithInitialValue(clip(had, maxInput))
	return append(blocks, slack.NewInputBlock(fmt.Sprint(hadBlock, d.Round), plainText("You had written"), nil, field).WithOptional(true))
}

// maxInput is what a field takes: https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
const maxInput = 3000

func (d draft) blocks(found handover.Draft, had string) []slack.Block {
	input := slack.NewPlainTextInputBlockElement(plainText("Write the answer"), draftBlock).WithMultiline(true).WithInitialValue(clip(found.Text, maxInput))
	field := slack.NewInputBlock(d.block(), plainText("Answer"), nil, input)
	blocks := d.withHad([]slack.Block{field}, had)
	blocks = append(blocks, slack.NewActionBlock("style",
		choice(draftTone, string(d.Tone), string(handover.ToneFriendly), string(handover.ToneNeutral), string(handover.ToneFormal)),
		choice(draftLength, string(d.Length), string(handover.LengthShort), string(handover.LengthMedium), string(handover.LengthLong)),
		slack.NewButtonBlockElement(draftResolve, "send", plainText("Send & resolve")), slack.NewButtonBlockElement(draftNote, "note", plainText("Save as note"))))
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
		blocks = append(blocks, section(clipEscaped(":warning: *No source supports this:* "+escape(strings.Join(found.Unsupported, " … ")), maxSection)))
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
		o := slack.NewOptionBlockObject(v, plainText(clip(strings.ToUpper(v[:1])+v[1:], 75)), nil)
		if options = append(options, o); v == now {
			s.InitialOption = o
		}
	}
	s.Options = options
	return s
}

// submitDraft sends what the agent made of the draft. They must hold the conversation; else the modal says who does.
func (w *Workspace) submitDraft(ctx context.Context, user string, v slack.View) (any, error) {
	d, ok := draftOf(v)
	if !ok {
		return nil, nil
	}
	refuse := func(text string) any {
		return map[string]any{"response_action": "errors", "errors": map[string]string{d.block(): text}}
	}
	said, err := w.finish(ctx, user, v, d, draftSend)
	if said != "" {
		return refuse(strings.ReplaceAll(said, "*", "")), nil
	}
	return nil, err
}
