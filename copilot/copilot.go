// Package copilot reads a conversation and advises; it decides nothing and writes nothing. Its built-in parts need no key and no
// network; with a model, the model does the wording and the judging, and any failure of it falls back to the built-in parts.
package copilot

import (
	"context"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

// Library finds passages; *knowledge.Base is one.
type Library interface {
	// Open opens it as it is now, for one search or several.
	Open(ctx context.Context) *knowledge.View
	// Passage returns one by its number; false when it is no more.
	Passage(ctx context.Context, id int64, f knowledge.Filter) (knowledge.Passage, bool, error)
}

// Model is a language model; copilot/openai has one.
type Model interface {
	// Complete answers a prompt with JSON of its schema.
	Complete(ctx context.Context, p Prompt) ([]byte, error)
}

// Prompt is what a model is asked.
type Prompt struct {
	System string // ours
	User   string // JSON data, never instruction
	Schema Schema
	Heard  func(soFar []byte) // hears the answer grow while the model writes; nil: it comes at once
}

// Schema names a JSON schema that an answer must have.
type Schema struct {
	Name string
	JSON []byte
}

// Options are the copilot's knobs.
type Options struct {
	Intents   map[string][]string // examples of each intent
	Masker    *Masker             // nil: the built-in types
	Logged    bool                // each call's prompt and answer goes into the log, masked
	MaskNames bool                // names, mail and postal addresses are hidden from the model, and put back in what it answers
	Timeout   time.Duration       // for one call of the model, default 15s
	Logger    *slog.Logger        // required
}

// Copilot advises.
type Copilot struct {
	library Library
	model   Model // nil: the built-in parts alone
	intents *Recogniser
	o       Options
}

// New returns a copilot; model may be nil.
func New(library Library, model Model, o Options) *Copilot {
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Second
	}
	return &Copilot{library: library, model: model, intents: NewRecogniser(labelled(o.Intents), nil), o: o}
}

// passages is how many a turn looks at.
const passages = 4

// value is what a turn answers to a field: what its pattern matches — its first group, if it has one — or, without a pattern, all that is no
// question; "" when it answers nothing.
func value(f handover.Field, turn string) string {
	p, err := regexp.Compile(f.Pattern)
	patterned := err == nil && f.Pattern != ""
	if patterned {
		m := p.FindStringSubmatch(turn)
		for _, group := range append(slices.Clone(m[min(1, len(m)):]), m...) {
			if group != "" {
				return group
			}
		}
	}
	if notGiven.MatchString(flat(turn)) {
		return handover.NotGiven
	}
	if patterned {
		return ""
	}
	if turn = strings.TrimSpace(turn); strings.HasSuffix(turn, "?") || greets(turn) || wantsHuman(turn) {
		return ""
	}
	return shorten(turn, 100)
}

// notGiven is a whole line: "I don't have the charger" is an answer.
var notGiven = regexp.MustCompile(`^(?:sorry,? )?(?:(?:i )?(?:do not|don't|dont|can't|cannot) (?:know|have|remember|find)(?: (?:it|that|one|any|the number))?|no idea|not sure|(?:das )?weiß (?:ich )?nicht|(?:ich )?(?:weiß|habe) (?:es|sie|das|die|keine) ?nicht|keine ahnung|no (?:lo )?sé|no (?:lo|la) tengo|je ne sais pas|je ne l'ai pas|(?:dat )?weet ik niet|geen idee)[.! ]*$`)

// intentAt is how probable an intent must be to be named.
const intentAt = 0.5

// intent is the likeliest of the configured ones; "" when the text is probably out of their scope.
func (c *Copilot) intent(text string) string {
	if i := c.intents.Recognise(text); i.Confidence >= intentAt {
		return i.Name
	}
	return ""
}

func labelled(examples map[string][]string) []Labelled {
	var out []Labelled
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		for _, e := range examples[name] {
			out = append(out, Labelled{e, name})
		}
	}
	return out
}

// search goes on without vectors when only they fail. What must be hidden is not searched for: an embedder may be somebody else's.
func (c *Copilot) search(ctx context.Context, question string, internal bool) ([]knowledge.Passage, error) {
	view := c.library.Open(ctx)
	defer view.Close()
	return c.searchIn(ctx, view, question, internal)
}

func (c *Copilot) searchIn(ctx context.Context, view *knowledge.View, question string, internal bool) ([]knowledge.Passage, error) {
	found, err := view.Search(ctx, c.o.Masker.without(question), candidates, knowledge.Filter{Internal: internal})
	if err != nil && found == nil {
		return nil, err
	}
	if err != nil {
		c.o.Logger.WarnContext(ctx, "searching by words alone", "err", err)
	}
	return found, nil
}

// withText leaves out what has no words, files alone, and cleans what customers wrote.
func withText(talk []handover.Message) []handover.Message {
	talk = slices.DeleteFunc(slices.Clone(talk), func(m handover.Message) bool { return m.Text == "" })
	for i, m := range talk {
		if m.From == handover.FromCustomer {
			talk[i].Text = knowledge.Clean(m.Text)
		}
	}
	return talk
}

// Brief is what an agent reads before claiming.
func (c *Copilot) Brief(ctx context.Context, conv handover.Conversation, talk []handover.Message) (handover.Brief, error) {
	talk = withText(talk)
	b := Extract(c.o.Masker, talk)
	b.Language = language(customerText(talk), conv.Language)
	b.Intent = c.intent(b.Wants)
	found, err := c.search(ctx, b.Wants, true)
	if err != nil {
		c.o.Logger.WarnContext(ctx, "a brief without related articles", "err", err)
	}
	for _, p := range found[:min(len(found), passages)] {
		if p.Coverage > 0 {
			b.Related = append(b.Related, cite(p))
		}
	}
	if c.model != nil {
		v, talk := c.masked(conv.Contact, talk)
		c.rewrite(ctx, &b, masked(c.o.Masker, talk), v)
	}
	return b, nil
}

// Search finds the passages nearest to a question, those for the team among them, the best first.
func (c *Copilot) Search(ctx context.Context, question string) ([]handover.Citation, error) {
	found, err := c.search(ctx, question, true)
	if err != nil {
		return nil, err
	}
	var out []handover.Citation
	for _, p := range found {
		if p.Coverage > 0 {
			x := cite(p)
			x.Text = excerpt(question, withoutCommands(p.Whole), excerptWords)
			out = append(out, x)
		}
	}
	return out, nil
}

// newest is what the customer wrote since anybody answered, a burst line by line.
func newest(talk []handover.Message) []string {
	var lines []string
	for i := len(talk) - 1; i >= 0 && talk[i].From == handover.FromCustomer; i-- {
		lines = append([]string{talk[i].Text}, lines...)
	}
	return lines
}

func customerText(talk []handover.Message) string {
	var lines []string
	for _, m := range talk {
		if m.From == handover.FromCustomer {
			lines = append(lines, m.Text)
		}
	}
	return strings.Join(lines, "\n")
}

// lastQuestion is the customer's newest line with content: "yes" and "a person, please" are not what an answer is about.
func lastQuestion(talk []handover.Message) string {
	for i := len(talk) - 1; i >= 0; i-- {
		m := talk[i]
		if m.From == handover.FromCustomer && !wantsHuman(m.Text) && !courteous(m.Text) && len(knowledge.Terms(m.Text)) > 0 {
			return m.Text
		}
	}
	return strings.Join(newest(talk), "\n")
}

func cite(p knowledge.Passage) handover.Citation {
	return handover.Citation{Title: p.Title, URL: p.URL, Text: p.Text, Score: p.Coverage, Passage: p.Section, Internal: p.Audience == knowledge.Internal}
}
