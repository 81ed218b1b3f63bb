// Package openai turns calls into HTTP, to any OpenAI-compatible endpoint: a copilot.Model and a knowledge.Embedder.
package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/internal/outside"
	"github.com/deskbell/deskbell/knowledge"
)

// Options say which endpoint and which models.
type Options struct {
	APIKey         string
	BaseURL        string // default OpenAI's own
	Model          string // for wording and judging
	EmbeddingModel string // "": the built-in embedder stays
	MaxTokens      int    // of one answer, default 800
	// Observer hears of each call: the model, the tokens sent and received, how long it took and how it ended. May be nil.
	Observer func(model string, sent, received int, took time.Duration, err error)
}

// Client calls the endpoint.
type Client struct {
	api *openai.Client
	o   Options
}

var (
	_ copilot.Model      = (*Client)(nil)
	_ knowledge.Embedder = (*Embedder)(nil)
)

// The most that is read of an answer, in bytes: 64 vectors of 4,096 numbers have about 6 MiB. mostText is a model's text, whatever it was told of
// max_tokens.
const (
	mostAnswer = 16 << 20
	mostText   = 256 << 10
)

// New returns a client.
func New(o Options) *Client {
	config := openai.DefaultConfig(o.APIKey)
	if o.BaseURL != "" {
		config.BaseURL = o.BaseURL
	}
	config.HTTPClient = &http.Client{Timeout: time.Minute, Transport: newTransport(outside.Transport(nil, mostAnswer))} // the caller's context is shorter
	if o.MaxTokens == 0 {
		o.MaxTokens = 800
	}
	if o.Observer == nil {
		o.Observer = func(string, int, int, time.Duration, error) {}
	}
	return &Client{api: openai.NewClientWithConfig(config), o: o}
}

// Complete implements copilot.Model, with a JSON schema that the endpoint must keep to.
func (c *Client) Complete(ctx context.Context, p copilot.Prompt) ([]byte, error) {
	r := openai.ChatCompletionRequest{
		Model: c.o.Model, MaxCompletionTokens: c.o.MaxTokens,
		Messages: []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleSystem, Content: p.System}, {Role: openai.ChatMessageRoleUser, Content: p.User}},
		ResponseFormat: &openai.ChatCompletionResponseFormat{
			Type:       openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: p.Schema.Name, Schema: json.RawMessage(p.Schema.JSON), Strict: true},
		},
	}
	began := time.Now()
	complete := c.atOnce
	if p.Heard != nil {
		complete = func(ctx context.Context, r openai.ChatCompletionRequest) (string, openai.Usage, error) {
			return c.streamed(ctx, r, p.Heard)
		}
	}
	text, usage, err := complete(ctx, r)
	c.o.Observer(c.o.Model, usage.PromptTokens, usage.CompletionTokens, time.Since(began), err)
	if err != nil {
		return nil, fmt.Errorf("chat completion: %w", err)
	}
	if text == "" {
		return nil, errors.New("chat completion: an empty answer")
	}
	return []byte(text), nil
}

func (c *Client) atOnce(ctx context.Context, r openai.ChatCompletionRequest) (string, openai.Usage, error) {
	res, err := c.api.CreateChatCompletion(ctx, r)
	if err != nil || len(res.Choices) == 0 {
		return "", res.Usage, err
	}
	if len(res.Choices[0].Message.Content) > mostText {
		return "", res.Usage, &outside.TooLargeError{Most: mostText}
	}
	return res.Choices[0].Message.Content, res.Usage, nil
}

// streamed tells heard of the answer as it grows. A stream that breaks off is an error: half an answer is none.
func (c *Client) streamed(ctx context.Context, r openai.ChatCompletionRequest, heard func(soFar []byte)) (text string, usage openai.Usage, err error) {
	r.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	stream, err := c.api.CreateChatCompletionStream(ctx, r)
	if err != nil {
		return "", usage, err
	}
	defer func() { _ = stream.Close() }()
	var b []byte
	finished := false
	for {
		part, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && !finished:
			return "", usage, errors.New("the stream broke off")
		case errors.Is(err, io.EOF):
			return string(b), usage, nil
		case err != nil:
			return "", usage, err
		}
		if part.Usage != nil {
			usage = *part.Usage
		}
		if len(part.Choices) > 0 {
			if b = append(b, part.Choices[0].Delta.Content...); len(b) > mostText {
				return "", usage, &outside.TooLargeError{Most: mostText}
			}
			finished = finished || part.Choices[0].FinishReason != ""
			heard(b)
		}
	}
}

// Embedder makes vectors with the embedding model.
type Embedder struct {
	c    *Client
	name string
	dims int
}

// Embedder returns the embedder of a model whose dimensions are known.
func (c *Client) Embedder(model string, dims int) *Embedder {
	return &Embedder{c: c, name: model, dims: dims}
}

// NewEmbedder asks the endpoint once, for the dimensions of its vectors.
func NewEmbedder(ctx context.Context, c *Client) (*Embedder, error) {
	e := &Embedder{c: c, name: c.o.EmbeddingModel}
	v, err := e.Embed(ctx, []string{"dimensions"})
	if err != nil {
		return nil, err
	}
	e.dims = len(v[0])
	return e, nil
}

// Name implements knowledge.Embedder.
func (e *Embedder) Name() string { return e.name }

// Dimensions implements knowledge.Embedder.
func (e *Embedder) Dimensions() int { return e.dims }

// Embed implements knowledge.Embedder, in batches of 64.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	var out [][]float32
	for start := 0; start < len(texts); start += 64 {
		part := texts[start:min(start+64, len(texts))]
		began := time.Now()
		res, err := e.c.api.CreateEmbeddings(ctx, openai.EmbeddingRequestStrings{Input: part, Model: openai.EmbeddingModel(e.name)})
		e.c.o.Observer(e.name, res.Usage.PromptTokens, 0, time.Since(began), err)
		if err != nil {
			return nil, fmt.Errorf("embeddings: %w", err)
		}
		if len(res.Data) != len(part) {
			return nil, fmt.Errorf("embeddings: %d vectors for %d texts", len(res.Data), len(part))
		}
		for _, d := range res.Data {
			if len(d.Embedding) == 0 {
				return nil, errors.New("embeddings: an empty vector")
			}
			out = append(out, d.Embedding)
		}
	}
	return out, nil
}
