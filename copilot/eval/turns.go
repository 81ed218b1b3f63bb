package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

// rung is the level of frustration at which the product's defaults ring.
const rung = 0.70

// turnRow is a short message and what a reader takes it for.
type turnRow struct {
	Language, After, Is, Text string
}

// kinds are what a short message can be.
var kinds = []string{"courtesy", "about", "person", "refuses", "question", "angry", "accept", "decline", "correction", "solved"}

// turns: {language, after, is, text}; after is what the bot did before: "", answer, offer or waiting. What each message is taken for; a ring is false
// where somebody who asks a question, is polite, answers an offer with no, … is taken for a person who wants somebody or is angry.
func turns(ctx context.Context, r *Report, o Options) error {
	all, err := Rows[turnRow](o.Gold)
	if err != nil {
		return err
	}
	base, end, err := o.Base(ctx)
	if err != nil {
		return err
	}
	defer end()
	if _, err := base.Import(ctx, "articles", []knowledge.Article{
		{Key: "password", Title: "Reset your password", Audience: knowledge.ForAll, Sections: []knowledge.Section{{Text: "Choose Forgot password on the sign-in page. We send you a link to set a new one."}}},
	}, nil); err != nil {
		return err
	}
	reader := copilot.New(base, nil, copilot.Options{})
	right, of := map[string]int{}, map[string]int{}
	sum, falsely := 0, 0
	for i, x := range all {
		if !slices.Contains(kinds, x.Is) {
			return fmt.Errorf("%s: row %d: %q is none of %v", o.Gold, i+1, x.Is, kinds)
		}
		got, err := taken(ctx, reader, x)
		if err != nil {
			return err
		}
		if err := o.predict(map[string]any{"i": i, "is": got, "expected": x.Is, "text": x.Text}); err != nil {
			return err
		}
		of[x.Is]++
		switch {
		case got == x.Is:
			right[x.Is]++
			sum++
		case x.Is == "person" || x.Is == "angry" || x.Is == "accept": // who asks for somebody in one way or another
		case got == "person" || got == "angry" || got == "accept":
			falsely++
		}
		o.progress(i+1, len(all))
	}
	r.N = len(all)
	r.add("right", float64(sum)/float64(len(all)))
	r.add("false rings", float64(falsely))
	for _, k := range kinds {
		if of[k] > 0 {
			r.add("  "+k, float64(right[k])/float64(of[k]))
		}
	}
	return nil
}

// taken says what the copilot takes a message for.
func taken(ctx context.Context, reader *copilot.Copilot, x turnRow) (string, error) {
	conv := handover.Conversation{State: handover.WithBot, Language: x.Language}
	bot := handover.Message{ID: 2, Seq: 2, From: handover.FromBot, Text: "…"}
	switch x.After {
	case "offer":
		conv.Offered, conv.Offers = true, 1
	case "waiting":
		conv.State = handover.Waiting
	case "answer":
		bot.Citations = []handover.Citation{{Title: "Reset your password", Passage: 1}}
	}
	s, err := reader.Read(ctx, conv, []handover.Message{
		{ID: 1, Seq: 1, From: handover.FromCustomer, Text: "How do I reset my password?"}, bot, {ID: 3, Seq: 3, From: handover.FromCustomer, Text: x.Text},
	})
	if err != nil {
		return "", err
	}
	about := s.Courtesy == handover.CourtesyBot || s.Courtesy == handover.CourtesyHelp || s.Courtesy == handover.CourtesySpeak
	switch {
	case s.WantsHuman:
		return "person", nil
	case s.Frustration >= rung:
		return "angry", nil
	case s.Corrects:
		return "correction", nil
	case s.Accepts && x.After == "offer":
		return "accept", nil
	case s.Declines && x.After == "offer":
		return "decline", nil
	case (s.Solved || s.Unclear) && x.After == "waiting": // it is asked, where the words alone do not say so
		return "solved", nil
	case s.SmallTalk && about:
		return "about", nil
	case s.SmallTalk && x.Is == "refuses":
		return "refuses", nil // said politely, which is all that is asked for
	case s.SmallTalk:
		return "courtesy", nil
	}
	return "question", nil
}

// stepIn: {turns: [{from, text}], ring}; ring is the number, from 0, of the turn by which somebody who reads along would step in, or null in a calm dialogue.
func stepIn(_ context.Context, r *Report, o Options) error {
	all, err := Rows[struct {
		Turns []struct{ From, Text string }
		Ring  *int
	}](o.Gold)
	if err != nil {
		return err
	}
	rang, should, calm, falsely := 0, 0, 0, 0
	for i, d := range all {
		var talk []handover.Message
		at := -1
		var levels []float64
		for n, x := range d.Turns {
			talk = append(talk, handover.Message{From: handover.Party(x.From), Text: x.Text})
			if x.From != string(handover.FromCustomer) {
				continue
			}
			level := copilot.Frustration(talk).Level
			levels = append(levels, level)
			if at < 0 && level >= rung {
				at = n
			}
		}
		if err := o.predict(map[string]any{"i": i, "at": at, "levels": levels}); err != nil {
			return err
		}
		switch {
		case d.Ring == nil:
			calm++
			if at >= 0 {
				falsely++
			}
		case at >= 0 && at <= *d.Ring:
			rang++
			should++
		default:
			should++
		}
		o.progress(i+1, len(all))
	}
	r.N = len(all)
	r.add("rung by the turn", float64(rang)/float64(max(1, should)))
	r.add("calm ones rung", float64(falsely))
	return nil
}

// factRow is a conversation with what an agent must see of it and what nobody may.
type factRow struct {
	Turns   []json.RawMessage // [turn, text, act] of the customer's alone, or {from, text}
	Facts   [][2]string
	Secrets [][2]string
}

// talk is the conversation as we have it. The other side's lines that are missing, or are to be left out, stand as empty ones.
func (x factRow) talk(without bool) (talk []handover.Message, whole bool, err error) {
	next := 0.0
	for _, raw := range x.Turns {
		var said struct{ From, Text string }
		if json.Unmarshal(raw, &said) == nil {
			whole = true
			if without && said.From != string(handover.FromCustomer) {
				said.Text = ""
			}
			talk = append(talk, handover.Message{From: handover.Party(said.From), Text: said.Text})
			continue
		}
		var t []any
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, false, err
		}
		if len(t) < 2 {
			continue
		}
		if turn, is := t[0].(float64); is {
			if turn > next { // the other side spoke, and we are not told what
				talk = append(talk, handover.Message{From: handover.FromAgent})
			}
			next = turn + 1
		}
		if text, ok := t[1].(string); ok {
			talk = append(talk, handover.Message{From: handover.FromCustomer, Text: text})
		}
	}
	return talk, whole, nil
}
