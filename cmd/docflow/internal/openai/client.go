// Package openai answers docflow's model requests with any server that speaks the OpenAI
// chat completions protocol, such as Ollama, llama.cpp or vLLM on the same machine.
package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// The environment variables that FromEnv reads.
const (
	EnvBaseURL = "DOCFLOW_OPENAI_BASE_URL" // such as http://localhost:11434/v1
	EnvModel   = "DOCFLOW_OPENAI_MODEL"
	EnvAPIKey  = "DOCFLOW_OPENAI_API_KEY" // may be empty for a local server
)

const (
	// DefaultTimeout bounds one answer. Models on a laptop's processor are slow.
	DefaultTimeout = 5 * time.Minute
	// maxResponseBytes bounds what is read of an answer.
	maxResponseBytes = 8 << 20
	// maxErrorBytes bounds what an error message repeats of a server's answer.
	maxErrorBytes = 500
)

// Config says where to send requests.
type Config struct {
	// BaseURL is the address up to and with /v1. A URL without a path gets /v1.
	BaseURL string
	// Model is the server's name of the model; the Bedrock model id is not sent.
	Model   string
	APIKey  string
	Timeout time.Duration // zero: DefaultTimeout
}

// FromEnv reads a Config from the environment. ok is false when no base URL is set.
func FromEnv(getenv func(string) string) (c Config, ok bool) {
	c = Config{BaseURL: getenv(EnvBaseURL), Model: getenv(EnvModel), APIKey: getenv(EnvAPIKey)}
	return c, c.BaseURL != ""
}

// Client is a bedrockserver.Completer that forwards requests.
type Client struct {
	endpoint string
	shown    string // endpoint without a password, for messages
	config   Config
	http     *http.Client
}

// New checks the configuration and returns a client.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%s: %q is no http or https address; write it like http://localhost:11434/v1", EnvBaseURL, c.BaseURL)
	}
	if c.Model == "" {
		return nil, fmt.Errorf("%s is empty: name the model that the server at %s shall use", EnvModel, u.Redacted())
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1"
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	u = u.JoinPath("chat/completions")
	return &Client{endpoint: u.String(), shown: u.Redacted(), config: c, http: &http.Client{}}, nil
}

type chatMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// chatRequest has max_tokens and not max_completion_tokens: the local servers know the
// former.
type chatRequest struct {
	Model       string        `json:"model"`
	Messages    []chatMessage `json:"messages"`
	MaxTokens   int           `json:"max_tokens"`
	Temperature *float64      `json:"temperature,omitempty"`
	TopP        *float64      `json:"top_p,omitempty"`
	Stop        []string      `json:"stop,omitempty"`
	Stream      bool          `json:"stream"`
}

type chatResponse struct {
	ID      string `json:"id"`
	Model   string `json:"model"`
	Choices []struct {
		Message struct {
			Content string `json:"content"`
			Refusal string `json:"refusal"`
		} `json:"message"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
	} `json:"usage"`
}

// Complete forwards a request. Its errors are *bedrockserver.Exception of the kind that
// Bedrock would send, so that a flow's retries do what they do on AWS.
func (c *Client) Complete(ctx context.Context, request bedrock.Request, _ string) (bedrock.Response, error) {
	chat, err := c.translate(request)
	if err != nil {
		return bedrock.Response{}, err
	}
	body, err := json.Marshal(chat)
	if err != nil {
		return bedrock.Response{}, fmt.Errorf("encode the request: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	data, err := c.post(ctx, body)
	if err != nil {
		return bedrock.Response{}, err
	}
	var answer chatResponse
	if err := json.Unmarshal(data, &answer); err != nil || len(answer.Choices) == 0 {
		return bedrock.Response{}, &bedrockserver.Exception{Type: bedrockserver.ModelError, Message: fmt.Sprintf(
			"the server at %s did not answer with a chat completion: %s", c.shown, clip(data))}
	}
	return answer.translate(), nil
}

func (c *Client) translate(r bedrock.Request) (chatRequest, error) {
	chat := chatRequest{
		Model: c.config.Model, MaxTokens: r.MaxTokens,
		Temperature: r.Temperature, TopP: r.TopP, Stop: r.StopSequences,
	}
	if !r.System.IsZero() {
		chat.Messages = append(chat.Messages, chatMessage{"system", r.System.String()})
	}
	for i, m := range r.Messages {
		for j, b := range m.Content.Blocks {
			if b.Type != bedrock.BlockText {
				return chat, &bedrock.RequestError{
					Field:   fmt.Sprintf("messages.%d.content.%d", i, j),
					Message: fmt.Sprintf("a block of type %q cannot be forwarded; text blocks can", b.Type),
				}
			}
		}
		chat.Messages = append(chat.Messages, chatMessage{string(m.Role), m.Content.String()})
	}
	return chat, nil
}

func (a chatResponse) translate() bedrock.Response {
	choice := a.Choices[0]
	r := bedrock.Response{
		ID: a.ID, Type: "message", Role: bedrock.Assistant, Model: a.Model,
		Content:    []bedrock.ContentBlock{{Type: bedrock.BlockText, Text: choice.Message.Content}},
		StopReason: bedrock.StopEndTurn,
		Usage:      bedrock.Usage{InputTokens: a.Usage.PromptTokens, OutputTokens: a.Usage.CompletionTokens},
	}
	switch choice.FinishReason {
	case "length":
		r.StopReason = bedrock.StopMaxTokens
	case "content_filter":
		r.StopReason = bedrock.StopRefusal
	case "tool_calls", "function_call":
		r.StopReason = bedrock.StopToolUse
	}
	if choice.Message.Refusal != "" {
		r.StopReason = bedrock.StopRefusal
		r.Content[0].Text = choice.Message.Refusal
	}
	return r
}

func (c *Client) post(ctx context.Context, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if c.config.APIKey != "" {
		request.Header.Set("Authorization", "Bearer "+c.config.APIKey)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.connectionError(err)
	}
	defer func() { _ = response.Body.Close() }() // only read from
	data, err := io.ReadAll(io.LimitReader(response.Body, maxResponseBytes+1))
	if err != nil {
		return nil, c.connectionError(err)
	}
	if len(data) > maxResponseBytes {
		return nil, &bedrockserver.Exception{Type: bedrockserver.ModelError, Message: fmt.Sprintf(
			"the answer of %s is larger than %d bytes", c.shown, maxResponseBytes)}
	}
	if response.StatusCode != http.StatusOK {
		return nil, &bedrockserver.Exception{Type: exceptionFor(response.StatusCode), Message: fmt.Sprintf(
			"%s answered %s: %s", c.shown, response.Status, errorText(data))}
	}
	return data, nil
}

// connectionError tells a time-out from a server that cannot be reached.
func (c *Client) connectionError(err error) error {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &bedrockserver.Exception{Type: bedrockserver.ModelTimeout, Message: fmt.Sprintf(
			"%s did not answer within %s", c.shown, c.config.Timeout)}
	default:
		return &bedrockserver.Exception{Type: bedrockserver.ServiceUnavailable, Message: fmt.Sprintf(
			"%s cannot be reached (is the server running?): %v", c.shown, errors.Unwrap(err))}
	}
}

func exceptionFor(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return bedrockserver.Throttling
	case http.StatusUnauthorized, http.StatusForbidden:
		return bedrockserver.AccessDenied
	case http.StatusNotFound:
		return bedrockserver.ResourceNotFound
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return bedrockserver.ModelTimeout
	case http.StatusServiceUnavailable, http.StatusBadGateway:
		return bedrockserver.ServiceUnavailable
	case http.StatusInternalServerError:
		return bedrockserver.InternalServer
	}
	if status >= 400 && status < 500 {
		return bedrockserver.Validation
	}
	return bedrockserver.InternalServer
}

// errorText takes the message out of {"error":{"message":…}} or {"error":"…"}.
func errorText(data []byte) string {
	var body struct {
		Error json.RawMessage `json:"error"`
	}
	var object struct {
		Message string `json:"message"`
	}
	var text string
	if json.Unmarshal(data, &body) == nil {
		if json.Unmarshal(body.Error, &object) == nil && object.Message != "" {
			return clip([]byte(object.Message))
		}
		if json.Unmarshal(body.Error, &text) == nil && text != "" {
			return clip([]byte(text))
		}
	}
	return clip(data)
}

func clip(data []byte) string {
	text := strings.ToValidUTF8(string(data[:min(len(data), maxErrorBytes)]), "")
	if len(data) > maxErrorBytes {
		text += "…"
	}
	return strings.TrimSpace(text)
}
