package handover

import (
	"slices"
	"strings"
)

// Field is one thing that a form asks the customer.
type Field struct {
	Name    string `json:"name"`              // as the team reads it
	Ask     string `json:"ask"`               // what the bot says
	Pattern string `json:"pattern,omitempty"` // a Go regular expression: what it matches is the answer; "": the whole line
}

// NotGiven stands for a field that the customer did not answer.
const NotGiven = "not given"

// Topic is what a customer came with, as far as the bot knows: who should take it, and what the bot has asked about it. It is never changed in
// place: a new one takes its place.
type Topic struct {
	Intent string   `json:"intent"`
	Team   string   `json:"team,omitempty"`
	Skills []string `json:"skills,omitempty"` // that its agent should have
	Values []Value  `json:"values,omitempty"` // the form's answers, in the order they were asked for
	Asked  *Field   `json:"asked,omitempty"`  // what the bot asked last, and waits for
	Tries  int      `json:"tries,omitempty"`  // how often it could not read the answer
}

// Value is a field of a form with its answer.
type Value struct {
	Name string `json:"name"`
	Text string `json:"text"`
	Ask  string `json:"ask,omitempty"`  // what the bot said
	Line string `json:"line,omitempty"` // the customer's, in which Text stands
}

// masked reads each answer with its question and its line: what is hidden there is hidden here.
func (m *Topic) masked(by Masker) *Topic {
	if m == nil || len(m.Values) == 0 {
		return m
	}
	v := *m
	v.Values = slices.Clone(m.Values)
	for i, x := range v.Values {
		v.Values[i].Ask, v.Values[i].Line = "", ""
		line := x.Line
		if line == "" {
			line = x.Text
		}
		if seen := by.Talk([]Message{{From: FromBot, Text: x.Ask}, {From: FromCustomer, Text: line}})[1].Text; !strings.Contains(seen, x.Text) {
			v.Values[i].Text = seen
		}
	}
	return &v
}

// Asking reports whether the bot waits for the answer to a field.
func (m *Topic) Asking() bool { return m != nil && m.Asked != nil }
