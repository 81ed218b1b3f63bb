package slacktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Say writes a line as a person: with a thread, into it. It returns the line's ts.
func (s *Server) Say(channel, thread, user, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := &Message{Channel: channel, ThreadTS: thread, User: user, Text: text, TS: s.nextTS(c), Posted: time.Now()}
	c.messages = append(c.messages, m)
	s.emit(event(m, nil))
	return m.TS
}

// Edit edits a line as its author.
func (s *Server) Edit(channel, ts, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := c.find(ts)
	before := render(m, nil)
	m.Text, m.EditedTS = text, s.nextTS(c)
	s.emit(map[string]any{"type": "message", "subtype": "message_changed", "hidden": true, "channel": channel, "ts": m.EditedTS, "event_ts": m.EditedTS, "message": render(m, nil), "previous_message": before})
}

// Delete deletes a line as its author.
func (s *Server) Delete(channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := c.find(ts)
	m.Deleted = true
	at := s.nextTS(c)
	s.emit(map[string]any{"type": "message", "subtype": "message_deleted", "hidden": true, "channel": channel, "deleted_ts": ts, "ts": at, "event_ts": at, "previous_message": render(m, nil)})
}

// Unfurl changes a line as Slack does when it unfurls a link: not an edit.
func (s *Server) Unfurl(channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := c.find(ts)
	at := s.nextTS(c)
	s.emit(map[string]any{"type": "message", "subtype": "message_changed", "hidden": true, "channel": channel, "ts": at, "event_ts": at, "message": render(m, nil), "previous_message": render(m, nil)})
}

// ErrNoButton is the error of a click on a button that is not there.
var ErrNoButton = errors.New("the message has no such button")

// Click presses a button of a message as a person. A button that is not there is an error: a person cannot press it.
func (s *Server) Click(channel, ts, action, user string) error {
	s.mu.Lock()
	c := s.channels[channel]
	m := c.find(ts)
	if m == nil {
		s.mu.Unlock()
		return errors.New("no such message")
	}
	_, value, found := press(m.Blocks, action)
	if !found {
		s.mu.Unlock()
		return fmt.Errorf("%w: %q", ErrNoButton, action)
	}
	env := s.interact(user, map[string]any{
		"type": "block_actions", "channel": map[string]any{"id": channel}, "container": map[string]any{"type": "message", "message_ts": ts, "channel_id": channel}, "message": render(m, c),
		"actions": []any{map[string]any{"type": "button", "action_id": action, "value": value, "action_ts": s.nextTS(c)}},
	})
	s.mu.Unlock()
	return acked(env)
}

// interact sends an interaction; the lock is held.
func (s *Server) interact(user string, body map[string]any) *envelope {
	s.n++
	trigger := fmt.Sprintf("%s.%d", user, s.n)
	s.triggers[trigger] = time.Now()
	team := Team
	if c, is := body["channel"].(map[string]any); is {
		team = s.teamOf(c["id"])
	}
	body["team"], body["user"], body["trigger_id"] = map[string]any{"id": team}, map[string]any{"id": user, "team_id": team}, trigger
	payload, _ := json.Marshal(body)
	return s.sendOnce("interactive", payload, s.o.Interactions)
}

// sendOnce sends what Slack does not send again; the lock is held.
func (s *Server) sendOnce(kind string, payload []byte, to string) *envelope {
	env := &envelope{id: fmt.Sprint("env", s.n), kind: kind, payload: payload, reply: make(chan []byte, 10)}
	s.pending.Add(1)
	go func() {
		defer s.pending.Done()
		if to == "" {
			s.toSocket(env)
			return
		}
		if !s.post1(to, env, 0) {
			env.reply <- []byte("failed")
		}
	}()
	return env
}

// Command writes /deskbell with a text in a channel, and returns what the person alone reads: text and blocks.
func (s *Server) Command(user, channel, text string) (string, error) {
	s.mu.Lock()
	s.n++
	trigger := fmt.Sprintf("%s.%d", user, s.n)
	s.triggers[trigger] = time.Now()
	payload, _ := json.Marshal(map[string]string{"command": "/deskbell", "text": text, "team_id": s.teamOf(channel), "channel_id": channel, "user_id": user, "trigger_id": trigger, "response_url": s.h.URL + "/response/0"})
	env := s.sendOnce("slash_commands", payload, s.o.Commands)
	s.mu.Unlock()
	select {
	case b := <-env.reply:
		if string(b) == "failed" {
			return "", errors.New("the app did not ack within 3 s")
		}
		if len(b) == 0 || string(b) == "null" {
			return "", nil
		}
		var out struct {
			Type   string `json:"response_type"`
			Text   string
			Blocks []map[string]any
		}
		if err := json.Unmarshal(b, &out); err != nil || out.Type != "ephemeral" {
			return "", fmt.Errorf("the answer to a command is %s", b)
		}
		if problem := check(out.Text, out.Blocks); problem != "" {
			return "", fmt.Errorf("the answer to a command: %s", problem)
		}
		s.mu.Lock()
		e := &Ephemeral{Channel: channel, User: user, Text: out.Text, Blocks: out.Blocks, TS: "0"}
		if c := s.channels[channel]; c != nil {
			e.TS = s.nextTS(c)
		}
		s.ephemerals = append(s.ephemerals, e)
		s.mu.Unlock()
		return Message{Text: out.Text, Blocks: out.Blocks}.Shown(), nil
	case <-time.After(ackWithin + time.Second):
		return "", errors.New("the app did not ack within 3 s")
	}
}

// Shortcut uses a message shortcut on a message.
func (s *Server) Shortcut(channel, ts, callback, user string) error {
	s.mu.Lock()
	c := s.channels[channel]
	m := c.find(ts)
	if m == nil {
		s.mu.Unlock()
		return errors.New("no such message")
	}
	env := s.interact(user, map[string]any{"type": "message_action", "callback_id": callback, "channel": map[string]any{"id": channel}, "message": render(m, c), "action_ts": s.nextTS(c), "response_url": s.h.URL + "/response/0"})
	s.mu.Unlock()
	return acked(env)
}

// More picks an option of a message's overflow menu, by its label.
func (s *Server) More(channel, ts, label, user string) error {
	s.mu.Lock()
	c := s.channels[channel]
	m := c.find(ts)
	value := ""
	if m != nil {
		value = option(m.Blocks, label)
	}
	if value == "" {
		s.mu.Unlock()
		return fmt.Errorf("the message has no %q in its menu", label)
	}
	env := s.interact(user, map[string]any{
		"type": "block_actions", "channel": map[string]any{"id": channel}, "container": map[string]any{"type": "message", "message_ts": ts, "channel_id": channel}, "message": render(m, c),
		"actions": []any{map[string]any{"type": "overflow", "action_id": "more", "selected_option": map[string]any{"value": value}, "action_ts": s.nextTS(c)}},
	})
	s.mu.Unlock()
	return acked(env)
}

func option(blocks []map[string]any, label string) string {
	for _, b := range blocks {
		elements, _ := b["elements"].([]any)
		for _, e := range elements {
			el, _ := e.(map[string]any)
			options, _ := el["options"].([]any)
			for _, o := range options {
				if m, _ := o.(map[string]any); m != nil {
					if text, _ := textOf(m["text"]); text == label {
						value, _ := m["value"].(string)
						return value
					}
				}
			}
		}
	}
	return ""
}

// press finds a button among blocks: its block and value.
func press(blocks []map[string]any, action string) (block, value string, found bool) {
	for _, b := range blocks {
		elements, _ := b["elements"].([]any)
		if a, is := b["accessory"].(map[string]any); is {
			elements = append(slices.Clone(elements), a)
		}
		for _, e := range elements {
			if el, _ := e.(map[string]any); el["action_id"] == action {
				block, _ = b["block_id"].(string)
				value, _ = el["value"].(string)
				return block, value, true
			}
		}
	}
	return "", "", false
}

// Answer presses a button of the newest ephemeral message of a user that has it.
func (s *Server) Answer(user, action string) error {
	s.mu.Lock()
	for i, e := range slices.Backward(s.ephemerals) {
		block, value, found := press(e.Blocks, action)
		if e.User != user || !found {
			continue
		}
		env := s.interact(user, map[string]any{
			"type": "block_actions", "channel": map[string]any{"id": e.Channel}, "container": map[string]any{"type": "message", "message_ts": e.TS, "channel_id": e.Channel, "is_ephemeral": true},
			"response_url": fmt.Sprint(s.h.URL, "/response/", i+1),
			"actions":      []any{map[string]any{"type": "button", "action_id": action, "block_id": block, "value": value, "action_ts": s.nextTS(s.channels[e.Channel])}},
		})
		s.mu.Unlock()
		return acked(env)
	}
	s.mu.Unlock()
	return fmt.Errorf("nothing that %s alone sees has a button %q", user, action)
}

// respond takes the answer to a response_url in: it replaces an ephemeral message.
func (s *Server) respond(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text    string
		Replace bool `json:"replace_original"`
	}
	n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/response/"))
	s.mu.Lock()
	defer s.mu.Unlock()
	if json.NewDecoder(r.Body).Decode(&in) != nil || n < 1 || n > len(s.ephemerals) || in.Text == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if in.Replace {
		s.ephemerals[n-1].Text, s.ephemerals[n-1].Blocks = in.Text, nil
	}
	_, _ = w.Write([]byte("ok"))
}

// OpenHome opens the app's home tab.
func (s *Server) OpenHome(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emit(map[string]any{"type": "app_home_opened", "user": user, "tab": "home", "channel": "D1"})
}

// Home is all that a user's home tab shows.
func (s *Server) Home(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Message{Blocks: blocksOf(s.homes[user])}.Shown()
}

func blocksOf(view map[string]any) (out []map[string]any) {
	blocks, _ := view["blocks"].([]any)
	for _, b := range blocks {
		m, _ := b.(map[string]any)
		out = append(out, m)
	}
	return out
}

// AtHome presses a button of a user's home tab, or with a value picks it in a menu.
func (s *Server) AtHome(user, action, value string) error {
	s.mu.Lock()
	block, own, found := press(blocksOf(s.homes[user]), action)
	if !found {
		s.mu.Unlock()
		return fmt.Errorf("the home tab has no %q", action)
	}
	env := s.interact(user, map[string]any{"type": "block_actions", "container": map[string]any{"type": "view"}, "view": map[string]any{"id": "VHOME" + user, "type": "home"}, "actions": []any{
		map[string]any{"action_id": action, "block_id": block, "value": own, "selected_option": map[string]any{"value": value}},
	}})
	s.mu.Unlock()
	return acked(env)
}

// SubmitForm submits the newest modal of a user with what stands in its fields, by block, and returns the errors that the app shows in it.
func (s *Server) SubmitForm(user string, values map[string]string) (map[string]string, error) {
	s.mu.Lock()
	v := s.newest(user)
	if v == nil || v.Body["submit"] == nil {
		s.mu.Unlock()
		return nil, errors.New("no modal that can be submitted is open")
	}
	state := map[string]any{}
	for _, b := range blocksOf(v.Body) {
		block, _ := b["block_id"].(string)
		e, _ := b["element"].(map[string]any)
		action, _ := e["action_id"].(string)
		kind, _ := e["type"].(string)
		field := map[string]any{"type": kind}
		switch kind {
		case "static_select":
			field["selected_option"] = map[string]any{"value": values[block]}
		case "users_select":
			field["selected_user"] = values[block]
		case "plain_text_input":
			field["value"] = values[block]
		}
		state[block] = map[string]any{action: field}
	}
	env := s.interact(user, map[string]any{"type": "view_submission", "view": map[string]any{
		"id": v.ID, "hash": v.hash(), "type": "modal", "callback_id": v.Callback, "private_metadata": v.Metadata, "state": map[string]any{"values": state},
	}})
	s.mu.Unlock()
	return submitted(env)
}

// submitted waits for the errors that the app answers a modal with.
func submitted(env *envelope) (map[string]string, error) {
	select {
	case b := <-env.reply:
		if string(b) == "failed" {
			return nil, errors.New("the app did not ack within 3 s")
		}
		var out struct {
			Errors map[string]string
		}
		_ = json.Unmarshal(b, &out)
		return out.Errors, nil
	case <-time.After(ackWithin + time.Second):
		return nil, errors.New("the app did not ack within 3 s")
	}
}

func acked(e *envelope) error {
	select {
	case b := <-e.reply:
		if string(b) == "failed" {
			return errors.New("the app did not ack within 3 s")
		}
		return nil
	case <-time.After(ackWithin + time.Second):
		return errors.New("the app did not ack within 3 s")
	}
}

// Submit submits the newest modal of a user with a text in its field, and returns the errors that the app shows in it.
func (s *Server) Submit(user, text string) (map[string]string, error) {
	s.mu.Lock()
	v := s.newest(user)
	if v == nil || v.Body["submit"] == nil {
		s.mu.Unlock()
		return nil, errors.New("no modal that can be submitted is open")
	}
	env := s.interact(user, map[string]any{"type": "view_submission", "view": v.with(text)})
	s.mu.Unlock()
	return submitted(env)
}

// Choose picks an option of a menu in the newest modal of a user, with a text in its field. An option that is not there is an error.
func (s *Server) Choose(user, action, value, text string) error {
	s.mu.Lock()
	v := s.newest(user)
	if v == nil || !strings.Contains(v.Text(), `"action_id":"`+action+`"`) || !strings.Contains(v.Text(), `"value":"`+value+`"`) {
		s.mu.Unlock()
		return fmt.Errorf("no modal with %s: %s is open", action, value)
	}
	env := s.interact(user, map[string]any{"type": "block_actions", "view": v.with(text), "actions": []any{
		map[string]any{"action_id": action, "type": "static_select", "selected_option": map[string]any{"value": value}},
	}})
	s.mu.Unlock()
	return acked(env)
}

// Press presses a button in the newest modal of a user, with a text in its first field.
func (s *Server) Press(user, action, text string) error {
	s.mu.Lock()
	v := s.newest(user)
	if v == nil {
		s.mu.Unlock()
		return errors.New("no modal is open")
	}
	block, value, found := press(blocksOf(v.Body), action)
	if !found {
		s.mu.Unlock()
		return fmt.Errorf("the modal has no button %q", action)
	}
	env := s.interact(user, map[string]any{"type": "block_actions", "view": v.with(text), "actions": []any{map[string]any{"action_id": action, "block_id": block, "type": "button", "value": value}}})
	s.mu.Unlock()
	return acked(env)
}

// CloseModal closes the newest modal of a user: it can no longer be updated.
func (s *Server) CloseModal(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.newest(user); v != nil {
		delete(s.views, v.ID)
	}
}

// Modal returns the newest modal of a user, or nil.
func (s *Server) Modal(user string) *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.newest(user)
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

func (s *Server) newest(user string) (v *View) {
	for _, o := range s.views {
		if o.User == user && (v == nil || len(o.ID) > len(v.ID) || len(o.ID) == len(v.ID) && o.ID > v.ID) {
			v = o
		}
	}
	return v
}

// hash changes with every update.
func (v *View) hash() string { return fmt.Sprint(v.ID, ".", v.Updates) }

// Field is a text field of a modal.
type Field struct{ Block, Action, Initial string }

// Fields are a modal's text fields, in order.
func (v *View) Fields() (fields []Field) {
	blocks, _ := v.Body["blocks"].([]any)
	for _, b := range blocks {
		if m, _ := b.(map[string]any); m["type"] == "input" {
			e, _ := m["element"].(map[string]any)
			var f Field
			f.Block, _ = m["block_id"].(string)
			f.Action, _ = e["action_id"].(string)
			f.Initial, _ = e["initial_value"].(string)
			fields = append(fields, f)
		}
	}
	return fields
}

// with is the modal as Slack sends it, with a text in its first field; the others hold what they did.
func (v *View) with(text string) map[string]any {
	values := map[string]any{}
	for i, f := range v.Fields() {
		if i > 0 {
			text = f.Initial
		}
		values[f.Block] = map[string]any{f.Action: map[string]any{"type": "plain_text_input", "value": text}}
	}
	return map[string]any{"id": v.ID, "hash": v.hash(), "type": "modal", "callback_id": v.Callback, "private_metadata": v.Metadata, "state": map[string]any{"values": values}}
}

// Text is all text of a modal.
func (v *View) Text() string {
	b, _ := json.Marshal(v.Body)
	return string(b)
}

// Shown is all that a message shows: the texts of its blocks or, without blocks, its own.
func (m Message) Shown() string {
	var all []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if s, ok := v["text"].(string); ok {
				all = append(all, s)
			}
			keys := make([]string, 0, len(v))
			for k := range v {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				walk(v[k])
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	for _, b := range m.Blocks {
		walk(b)
	}
	if len(all) == 0 {
		return m.Text
	}
	return strings.Join(all, "\n")
}

// Channel returns the messages of a channel outside of threads, oldest first, deleted ones left out.
func (s *Server) Channel(name string) []Message {
	return s.where(name, func(m *Message) bool { return m.ThreadTS == "" && !m.Deleted })
}

// Thread returns the replies of a thread, oldest first, deleted ones left out.
func (s *Server) Thread(name, ts string) []Message {
	return s.where(name, func(m *Message) bool { return m.ThreadTS == ts && !m.Deleted })
}

// Everything returns all messages of a channel, deleted ones among them.
func (s *Server) Everything(name string) []Message {
	return s.where(name, func(*Message) bool { return true })
}

func (s *Server) where(name string, want func(*Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.channels[name].messages {
		if want(m) {
			c := *m
			c.Reactions = slices.Clone(m.Reactions)
			out = append(out, c)
		}
	}
	return out
}

// Ephemerals returns what one user was told alone.
func (s *Server) Ephemerals(user string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, e := range s.ephemerals {
		if e.User == user {
			out = append(out, e.Text)
		}
	}
	return out
}

// Acked says whether the app has acked the event of a line.
func (s *Server) Acked(channel, ts string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked[channel+" "+ts]
}
