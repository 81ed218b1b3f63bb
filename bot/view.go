package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// MessageView is a message as customers' sides read it.
type MessageView struct {
	ID       string     `json:"id"`
	ClientID string     `json:"client_id,omitempty"` // the client's own name for it, of a customer's message
	Seq      int64      `json:"seq"`
	From     string     `json:"from"` // customer, bot or agent
	Author   string     `json:"author"`
	Text     string     `json:"text"` // Markdown
	At       time.Time  `json:"at"`
	Choices  []string   `json:"choices,omitempty"`
	Files    []FileView `json:"files,omitempty"`
	Edited   bool       `json:"edited,omitempty"`
	Deleted  bool       `json:"deleted,omitempty"` // then Text is empty
}

// FileView is a file as customers' sides read it.
type FileView struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`          // bytes
	URL    string `json:"url,omitempty"` // path on this server; "": on its way, or Failed
	Image  bool   `json:"image,omitempty"`
	Failed bool   `json:"failed,omitempty"` // it will not come
}

// filesOf are a message's files for its customer.
func filesOf(files []handover.File) (views []FileView) {
	for _, f := range files {
		v := FileView{Name: f.Name, Type: f.Type, Size: f.Size, Image: f.Image(), Failed: f.Failure != ""}
		if f.Ready {
			v.URL = "/web/files/" + f.Key
		}
		views = append(views, v)
	}
	return views
}

// AgentView is an agent as customers see them.
type AgentView struct {
	Name   string `json:"name"`
	Avatar string `json:"avatar,omitempty"`
}

// Range is a wait in minutes.
type Range struct {
	Low  int `json:"low"`
	High int `json:"high"`
}

// StateView is the state of a conversation as customers' sides read it; Text is the one line to show.
type StateView struct {
	State    handover.State `json:"state"`
	Text     string         `json:"text"`
	Agent    *AgentView     `json:"agent,omitempty"`
	Gate     handover.Gate  `json:"gate"`
	Position int            `json:"position,omitempty"` // 1: next
	Wait     *Range         `json:"wait,omitempty"`
	Rate     bool           `json:"rate,omitempty"` // the last handoff can be rated
}

// Delivery is what a Sender sends: a message (new, edited or deleted), or a state. ID is the same when it is sent again.
type Delivery struct {
	ID           string
	Conversation int64
	Customer     string
	Message      *MessageView
	State        *StateView
}

// ViewOf is a message for its customer, in their language.
func ViewOf(m handover.Message, say Say) MessageView {
	v := MessageView{ID: strconv.FormatInt(m.ID, 10), Seq: m.Seq, From: string(m.From), Text: m.Text, At: m.At, Choices: handover.Labels(m.Choices), Files: filesOf(m.Files), Edited: m.Edited}
	switch m.From {
	case handover.FromCustomer:
		v.ClientID = strings.TrimPrefix(m.ExternalID, "c:")
	case handover.FromBot:
		v.Author = say("state_assistant")
	case handover.FromAgent:
		if v.Author = m.Agent.Title; v.Author == "" {
			v.Author = say("persona")
		}
	}
	if m.Deleted {
		v.Text, v.Choices, v.Files, v.Edited, v.Deleted = "", nil, nil, false, true
	}
	return v
}

// StateOf is the state of a conversation for its customer, in their language.
func StateOf(c handover.Conversation, gate handover.Gate, say Say, w handover.Wait) StateView {
	v := StateView{State: c.State, Gate: gate, Text: say("state_assistant")}
	h := c.Handoff
	switch c.State {
	case handover.WithBot:
	case handover.Waiting:
		v.Position = w.Position
		v.Text = say("state_waiting")
		if w.Position > 0 {
			v.Text += " · " + fmt.Sprintf(say("state_place"), w.Position)
		}
		if w.High > 0 {
			v.Wait = &Range{Low: minutes(w.Low), High: minutes(w.High)}
			if v.Wait.Low == v.Wait.High {
				v.Text += ", " + fmt.Sprintf(say("state_minutes"), v.Wait.High)
			} else {
				v.Text += ", " + fmt.Sprintf(say("state_range"), v.Wait.Low, v.Wait.High)
			}
		}
	case handover.Claimed:
		v.Text = say("state_joining")
		if h.Introduced {
			name := h.Agent.Title
			if name == "" {
				name = say("persona")
			}
			v.Agent = &AgentView{Name: name, Avatar: h.Agent.Avatar}
			v.Text = name
		}
	case handover.Closed:
		v.Text = say("state_closed")
	}
	v.Rate = h.State == handover.Closed && h.Agent.ID != 0 && h.Score == 0 && c.Episode == c.Seq
	return v
}

func minutes(d time.Duration) int { return max(1, int((d+30*time.Second)/time.Minute)) }
