// Package handover is the heart: who holds a conversation, and what each step must cause.
// It imports no driver, no HTTP, no Slack and no model; all that happens outside the database is an Effect.
package handover

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Party says who wrote a message.
type Party string

// The three who speak.
const (
	FromCustomer Party = "customer"
	FromBot      Party = "bot"
	FromAgent    Party = "agent"
)

// Visibility says who may read a message.
type Visibility string

// A pending message is public once its undo window has passed.
const (
	Public   Visibility = "public"
	Pending  Visibility = "pending"
	Internal Visibility = "internal" // a note: for the team
)

// Message is one line of a conversation.
type Message struct {
	ID           int64
	Conversation int64
	Handoff      int64 // the episode it belongs to; 0: with the bot
	From         Party
	Agent        Agent // who wrote it, when FromAgent
	Visibility   Visibility
	Text         string // Markdown
	ExternalID   string // its name where it came from: what makes receiving twice harmless
	LineTS       string // the platform's own time and order, where it has one
	EditedTS     string // the platform's time of the newest edit
	Seq          int64  // 1, 2, 3 … in the customer's order, given when it becomes visible; 0: not visible
	Rev          int64  // the conversation's Rev when it last changed for the customer
	Choices      []Choice
	Citations    []Citation
	Files        []File
	At           time.Time
	Edited       bool
	Deleted      bool
	Failure      string // why it could not be delivered; "": it was, or will be
}

// Contact is what is known of a customer.
type Contact struct {
	Name      string            `json:"name,omitempty"`
	Email     string            `json:"email,omitempty"`
	Phone     string            `json:"phone,omitempty"`
	Variables map[string]string `json:"variables,omitempty"`
}

// FirstName is the first word of the name, or "".
func (c Contact) FirstName() string {
	first, _, _ := strings.Cut(strings.TrimSpace(c.Name), " ")
	return first
}

// Masker hides secrets and personal data in what a customer says; *copilot.Masker is one.
type Masker interface {
	Mask(text string) string
	// Talk hides them in the customer's lines of a conversation: what is one shows in what it answers.
	Talk(talk []Message) []Message
}

// Unmasked hides nothing.
type Unmasked struct{}

// Mask implements Masker.
func (Unmasked) Mask(text string) string { return text }

// Talk implements Masker.
func (Unmasked) Talk(talk []Message) []Message { return talk }

// Masked is the conversation with what is personal or secret of its contact, its topic, its page and its rating out of sight: enough is left to
// tell people apart. Its messages are the Masker's own work.
func (c Conversation) Masked(m Masker) Conversation {
	c.Contact = c.Contact.masked(m.Mask)
	c.Topic, c.Handoff.Topic = c.Topic.masked(m), c.Handoff.Topic.masked(m)
	c.Handoff.Comment = m.Mask(c.Handoff.Comment)
	c.PageURL = maskedURL(c.PageURL, m.Mask)
	return c
}

// maskedURL hides what stands behind the host, which is the team's own; what is encoded there is decoded to see it.
func maskedURL(page string, mask func(string) string) string {
	host, rest := "", page
	if u, err := url.Parse(page); err == nil && u.Host != "" {
		host = u.Scheme + "://" + u.Host
		rest = strings.TrimPrefix(page, host)
	}
	plain, err := url.QueryUnescape(rest)
	if err != nil {
		plain = rest
	}
	if masked := mask(plain); masked != plain {
		return host + masked
	}
	return page
}

// PageAddress is what is kept of the address of a page that a customer is on: scheme, host, path, and of the parameters those listed. The others
// may be anything, a token that signs them in among it.
func PageAddress(page string, parameters []string) string {
	u, err := url.Parse(page)
	if err != nil {
		return ""
	}
	kept := url.Values{}
	for name, values := range u.Query() {
		if slices.Contains(parameters, name) {
			kept[name] = values
		}
	}
	u.User, u.Fragment, u.RawFragment, u.RawQuery, u.ForceQuery = nil, "", "", kept.Encode(), false
	return u.String()
}

func (c Contact) masked(mask func(string) string) Contact {
	if local, _, is := strings.Cut(c.Email, "@"); is {
		r := []rune(local)
		c.Email = string(r[:min(3, len(r))]) + "@…"
	} else if c.Email != "" {
		c.Email = "…"
	}
	if r := []rune(c.Phone); len(r) > 0 {
		c.Phone = "…" + string(r[max(0, len(r)-2):])
	}
	if c.Variables != nil {
		c.Variables = maps.Clone(c.Variables)
		for k, v := range c.Variables {
			c.Variables[k] = mask(v)
		}
	}
	return c
}

// Agent is a human of the team.
type Agent struct {
	ID     int64
	Name   string // the key in the configuration; "": not listed there
	Title  string // the name that customers and colleagues read; "": not looked up yet
	Avatar string // a URL, or ""
}

// Account names an agent on one workspace; or, with ID alone, an agent at the console.
type Account struct {
	Workspace, External string
	ID                  int64
}

// Place is a channel of a workspace that cards are posted in.
type Place struct{ Workspace, Channel string }

// Platform is the platform of the workspace: its name up to the first colon.
func (p Place) Platform() string {
	platform, _, _ := strings.Cut(p.Workspace, ":")
	return platform
}

// Card is the live message of a handoff in a team's channel.
type Card struct {
	ID      int64
	Handoff int64
	Place
	TS     string // the message's name, unique in its channel only; "": not posted yet
	Closed bool   // lines in its thread are internal
}

// Assignment is a time in which one agent held the claim. Its ends are the workspace's own times, compared only with such
// times; "" where the step was taken elsewhere.
type Assignment struct {
	ID           int64
	Agent        int64
	Workspace    string
	Since, Until string
	Open         bool
}

// Handoff is one bot-to-human episode.
type Handoff struct {
	ID          int64
	Previous    int64 // the one it was reopened from
	Team        string
	Reason      Reason
	Why         *Decision // what led to it, with its figures; nil: asked for by a person's click
	Brief       *Brief    // nil until the copilot has read the conversation
	Topic       *Topic    // what the bot knew of it by then; nil: nothing
	Priority    int       // 0 normal; higher is sooner
	State       State     // Waiting, Claimed or Closed
	Outcome     Outcome
	Agent       Agent // who holds it, or held it last once closed
	RequestedAt time.Time
	ClaimedAt   time.Time
	EndedAt     time.Time
	PassedOn    bool // the bot has said "I have passed that on"
	Introduced  bool // the customer knows the agent
	Score       int  // 1…5; 0: not rated
	Comment     string
	Label       string // what the team says of it: LabelNotAHandoff, or ""
	Card        Card

	SnoozedUntil time.Time // claimed and laid aside; zero: not
}

// Conversation is the whole exchange with one contact on one channel: what is saved of it.
type Conversation struct {
	ID                int64
	Channel, Customer string
	Push              bool // what the customer may see must be sent; false: the customer's side reads the rows
	Contact           Contact
	Language          string
	PageURL           string
	State             State
	Rev               int64  // counts every change that a customer may see
	StateRev          int64  // Rev of the last change of state
	Seq               int64  // of the newest visible message
	LastCustomer      int64  // Seq of the customer's newest message
	Episode           int64  // Seq after which the current episode starts; the copilot reads from there
	Answered          int64  // Seq of the customer's newest message that the bot has dealt with
	Offers            int    // times in a row that the bot could only offer a person
	Offered           bool   // an offer stands: a yes is a yes to it
	Topic             *Topic // what the episode is about; nil: not known
	Seen              int64  // Seq up to which the customer has read
	Erasing           bool   // nobody finds it, and no step is taken in it any more
	Handoff           Handoff
}
