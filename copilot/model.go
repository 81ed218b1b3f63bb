package copilot

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/kaptinlin/jsonrepair"

	"github.com/deskbell/deskbell/copilot/linear"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/knowledge"
)

//go:embed prompts/*.md
var prompts embed.FS

func prompt(name string) string {
	b, err := prompts.ReadFile("prompts/" + name + ".md")
	if err != nil {
		panic(err) // it is embedded above
	}
	return string(b)
}

func object(name string, properties string, required ...string) Schema {
	list, _ := json.Marshal(required)
	return Schema{Name: name, JSON: fmt.Appendf(nil, `{"type":"object","additionalProperties":false,"properties":{%s},"required":%s}`, properties, list)}
}

var (
	judgement = object("judgement", `"answer":{"type":"string"},"confidence":{"type":"number"},"source":{"type":"integer"},"wants_human":{"type":"boolean"},"frustration":{"type":"number"}`,
		"answer", "confidence", "source", "wants_human", "frustration")
	briefing = object("brief", `"summary":{"type":"string"},"wants":{"type":"string"},"key_points":{"type":"array","items":{"type":"string"}}`, "summary", "wants", "key_points")
	drafting = object("draft", `"text":{"type":"string"},"sources":{"type":"array","items":{"type":"integer"}}`, "text", "sources")
)

// ask calls the model within the time-out. An answer that is no JSON is repaired once; whatever else goes wrong is logged, and the built-in
// parts stand. heard, which may be nil, hears the answer grow.
func (c *Copilot) ask(ctx context.Context, name string, user string, schema Schema, into any, heard func([]byte)) bool {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	b, err := c.model.Complete(ctx, Prompt{System: prompt(name), User: user, Schema: schema, Heard: heard})
	if c.o.Logged {
		c.o.Logger.InfoContext(ctx, "asked the model", "for", name, "prompt", c.o.Masker.Mask(user), "answer", c.o.Masker.Mask(string(b)), "err", err)
	}
	if err == nil {
		err = decode(b, schema, into)
	}
	if err != nil {
		c.o.Logger.WarnContext(ctx, "the model failed, the built-in parts take over", "for", name, "err", err)
	}
	return err == nil
}

// decode reads an answer of the schema: all its required properties must be there. Broken JSON — cut off, fenced, with words around it — is
// repaired once.
func decode(b []byte, schema Schema, into any) error {
	b, err := repaired(b)
	if err != nil {
		return err
	}
	var shape struct{ Required []string }
	if err := json.Unmarshal(schema.JSON, &shape); err != nil {
		return fmt.Errorf("schema %s: %w", schema.Name, err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(b, &got); err != nil {
		return fmt.Errorf("another shape than %s: %w", schema.Name, err)
	}
	for _, name := range shape.Required {
		if _, there := got[name]; !there {
			return fmt.Errorf("another shape than %s: %s is missing", schema.Name, name)
		}
	}
	return json.Unmarshal(b, into)
}

// mostRepaired is how long an answer may be that is repaired, in bytes: what it costs grows with the square.
const mostRepaired = 16 << 10

// repaired is b, or the JSON that it was to be.
func repaired(b []byte) ([]byte, error) {
	if b = bytes.TrimSpace(b); json.Valid(b) {
		return b, nil
	}
	if len(b) > mostRepaired {
		return nil, errors.New("no JSON, and too long to be repaired")
	}
	text := string(b)
	if from := strings.IndexByte(text, '{'); from > 0 {
		text = text[from:]
	}
	text, err := jsonrepair.Repair(text)
	if err != nil {
		return nil, fmt.Errorf("no JSON, and not to be repaired: %w", err)
	}
	return []byte(text), nil
}

// quoted is the data that a prompt speaks of: each piece a JSON value, so that nothing in it can end the quotation.
func quoted(talk []handover.Message, found []knowledge.Passage, style *handover.Style) string {
	type line struct{ From, Text string }
	type passage struct {
		Number      int
		Title, Text string
	}
	var in struct {
		Conversation []line
		Passages     []passage       `json:",omitempty"`
		Style        *handover.Style `json:",omitempty"`
	}
	in.Style = style
	for _, m := range talk[max(0, len(talk)-20):] {
		in.Conversation = append(in.Conversation, line{string(m.From), shorten(m.Text, 400)})
	}
	for i, p := range found[:min(len(found), passages)] {
		in.Passages = append(in.Passages, passage{i + 1, p.Title, withoutCommands(p.Text)})
	}
	b, _ := json.Marshal(in)
	return string(b)
}

// A model's word for how sure it is counts from wordLeast to wordMost: asked for a probability, models say 0.9 and more of much that is wrong. It
// counts wordWeight times what the search's own signs do, because it has read the passage.
const (
	wordLeast, wordMost = 0.05, 0.95
	wordWeight          = 1.5
)

// joined is the probability of a search and of a model that has read what it found, as a weighted mean of their log odds (a logarithmic opinion
// pool): one that is unsure does not silence the other.
func joined(search, word float64) float64 {
	odds := func(p float64) float64 {
		p = min(wordMost, max(wordLeast, p))
		return math.Log(p / (1 - p))
	}
	return linear.Sigmoid((odds(search) + wordWeight*odds(word)) / (1 + wordWeight))
}

// judge lets the model answer and judge. An answer must name its passage, and may hold no link but that passage's own.
func (c *Copilot) judge(ctx context.Context, s *handover.Signals, talk []handover.Message, found []knowledge.Passage, v *mask) {
	var j struct {
		Answer      string
		Confidence  float64
		Source      int
		WantsHuman  bool `json:"wants_human"`
		Frustration float64
	}
	if !c.ask(ctx, "read", quoted(talk, found, nil), judgement, &j, nil) {
		return
	}
	s.WantsHuman = s.WantsHuman || j.WantsHuman
	s.Frustration = max(s.Frustration, min(1, max(0, j.Frustration)))
	if j.Answer == "" || j.Source < 1 || j.Source > len(found) {
		s.Confidence = joined(s.Confidence, 0) // it read the passages and found no answer in them
		return
	}
	source := found[j.Source-1]
	text := strings.TrimSpace(v.lift(j.Answer, "name", "address", "email")) // the customer's own: they read the answer
	if !onlyLinks(text, source.URL) || Suspicion(text) > 0 {
		return // it says what no passage says: ours stands
	}
	if source.URL != "" && !strings.Contains(text, source.URL) {
		text += "\n\n[" + source.Title + "](" + source.URL + ")"
	}
	s.Answer, s.Citations = text, []handover.Citation{cite(source)}
	s.Confidence = joined(Confidence(found[j.Source-1:]), j.Confidence)
	s.Found = true
}

var link = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>()\[\]"']*`)

// onlyLinks says whether a text has no links but those allowed.
func onlyLinks(text string, allowed ...string) bool {
	for _, l := range link.FindAllString(text, -1) {
		if !slices.Contains(allowed, l) && !slices.Contains(allowed, strings.TrimRight(l, ".,;:!?*_")) {
			return false
		}
	}
	return !strings.Contains(link.ReplaceAllString(text, ""), "://")
}

func (c *Copilot) rewrite(ctx context.Context, b *handover.Brief, talk []handover.Message, v *mask) {
	var out struct {
		Summary, Wants string
		KeyPoints      []string `json:"key_points"`
	}
	if !c.ask(ctx, "brief", quoted(talk, nil, nil), briefing, &out, nil) || strings.TrimSpace(out.Summary) == "" {
		return
	}
	var said []string
	for _, m := range talk {
		said = append(said, m.Text)
	}
	if made := Invented(out.Summary+". "+out.Wants, said...); len(made) > 0 {
		c.o.Logger.WarnContext(ctx, "the model's summary names what nobody said, the extract stands", "how many", len(made))
		return
	}
	b.Summary, b.Wants = shorten(v.lift(out.Summary, shownToTeam...), summaryWords), shorten(v.lift(out.Wants, shownToTeam...), 40)
}
