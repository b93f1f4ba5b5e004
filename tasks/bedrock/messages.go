package bedrock

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// AnthropicVersion is the only value of anthropic_version that Bedrock takes
// (Bedrock user guide, "Anthropic Claude Messages API").
const AnthropicVersion = "bedrock-2023-05-31"

// Request is the body of InvokeModel for Anthropic models: the Messages API without
// model and stream, which Bedrock has in the URL.
type Request struct {
	AnthropicVersion string    `json:"anthropic_version"`
	MaxTokens        int       `json:"max_tokens"`
	System           Content   `json:"system,omitzero"`
	Messages         []Message `json:"messages"`
	Temperature      *float64  `json:"temperature,omitempty"`
	TopP             *float64  `json:"top_p,omitempty"`
	TopK             *int      `json:"top_k,omitempty"`
	StopSequences    []string  `json:"stop_sequences,omitempty"`
}

// Role is who speaks a message.
type Role string

// The roles of the Messages API.
const (
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one turn of a conversation.
type Message struct {
	Role    Role    `json:"role"`
	Content Content `json:"content"`
}

// Content is what a message or the system instruction holds: in JSON a string, or an
// array of blocks. Blocks that are not nil win over Text.
type Content struct {
	Text   string
	Blocks []ContentBlock
}

// ContentBlock is one part of a content. Only text blocks carry Text.
type ContentBlock struct {
	Type string `json:"type"`
	Text string `json:"text,omitempty"`
}

// BlockText is the type of a text block.
const BlockText = "text"

// TextContent returns content that is marshalled as a string.
func TextContent(text string) Content { return Content{Text: text} }

// IsZero tells that there is no content, so that an empty system instruction is left out.
func (c Content) IsZero() bool { return c.Text == "" && c.Blocks == nil }

// String returns the text of c: its string, or its text blocks joined by a blank line.
func (c Content) String() string {
	if c.Blocks == nil {
		return c.Text
	}
	return joinText(c.Blocks, "\n\n")
}

// MarshalJSON writes a string, or an array when c has blocks.
func (c Content) MarshalJSON() ([]byte, error) {
	if c.Blocks != nil {
		return json.Marshal(c.Blocks)
	}
	return json.Marshal(c.Text)
}

// UnmarshalJSON reads a string or an array of blocks.
func (c *Content) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*c = Content{}
		return json.Unmarshal(data, &c.Text)
	}
	if len(data) > 0 && data[0] == '[' {
		blocks := []ContentBlock{}
		if err := json.Unmarshal(data, &blocks); err != nil {
			return err
		}
		*c = Content{Blocks: blocks}
		return nil
	}
	return errors.New("content must be a string or an array of content blocks")
}

// StopReason tells why a model stopped.
type StopReason string

// The stop reasons of the Messages API (Anthropic, "Stop reasons").
const (
	StopEndTurn       StopReason = "end_turn"
	StopMaxTokens     StopReason = "max_tokens"
	StopSequence      StopReason = "stop_sequence"
	StopToolUse       StopReason = "tool_use"
	StopPauseTurn     StopReason = "pause_turn"
	StopRefusal       StopReason = "refusal"
	StopContextWindow StopReason = "model_context_window_exceeded"
	// These two are Bedrock's, for what a guardrail or the provider's filter withheld.
	StopGuardrail       StopReason = "guardrail_intervened"
	StopContentFiltered StopReason = "content_filtered"
)

// Response is the body that InvokeModel returns for Anthropic models.
type Response struct {
	ID           string         `json:"id"`
	Type         string         `json:"type"` // "message"
	Role         Role           `json:"role"`
	Model        string         `json:"model"`
	Content      []ContentBlock `json:"content"`
	StopReason   StopReason     `json:"stop_reason"`
	StopSequence *string        `json:"stop_sequence"`
	Usage        Usage          `json:"usage"`
	// GuardrailAction is GuardrailIntervened when a guardrail of Bedrock replaced what the
	// model was asked or answered.
	GuardrailAction string `json:"amazon-bedrock-guardrailAction,omitempty"`
	// Cached is docflow's: the answer was given to the same request before.
	Cached bool `json:"docflowCached,omitempty"`
	// Batch is docflow's: the answer is one of a batch inference job.
	Batch bool `json:"docflowBatch,omitempty"`
}

// GuardrailIntervened is the GuardrailAction of an answer that is the guardrail's.
const GuardrailIntervened = "INTERVENED"

// Usage counts tokens.
type Usage struct {
	InputTokens  int `json:"input_tokens"`
	OutputTokens int `json:"output_tokens"`
}

// Text returns the text blocks of the response, joined without a gap. Thinking and tool
// blocks are left out.
func (r Response) Text() string { return joinText(r.Content, "") }

func joinText(blocks []ContentBlock, gap string) string {
	var parts []string
	for _, b := range blocks {
		if b.Type == BlockText {
			parts = append(parts, b.Text)
		}
	}
	return strings.Join(parts, gap)
}

// InvokeModelResult is the result of the Step Functions integration
// arn:aws:states:::bedrock:invokeModel, which is Body and ContentType with capitals
// (Step Functions developer guide, "Invoke and customize Amazon Bedrock models").
type InvokeModelResult struct {
	Body        Response `json:"Body"`
	ContentType string   `json:"ContentType"`
}

// RequestError tells which field of a request Bedrock would refuse, in the words of its
// ValidationException.
type RequestError struct {
	Field   string
	Message string
}

func (e *RequestError) Error() string { return e.Field + ": " + e.Message }

// Validate returns a *RequestError for the first fault that Bedrock would refuse with a
// ValidationException whatever the model, or nil.
func (r Request) Validate() error {
	switch {
	case r.AnthropicVersion == "":
		return &RequestError{"anthropic_version", "Field required"}
	case r.AnthropicVersion != AnthropicVersion:
		return &RequestError{"anthropic_version", fmt.Sprintf("Input should be '%s'", AnthropicVersion)}
	case r.MaxTokens < 1:
		return &RequestError{"max_tokens", "Input should be greater than or equal to 1"}
	case len(r.Messages) == 0:
		return &RequestError{"messages", "at least one message is required"}
	}
	for i, m := range r.Messages {
		field := fmt.Sprintf("messages.%d", i)
		if m.Role != User && m.Role != Assistant {
			return &RequestError{field + ".role", "Input should be 'user' or 'assistant'"}
		}
		if m.Content.Blocks == nil && m.Content.Text == "" || m.Content.Blocks != nil && len(m.Content.Blocks) == 0 {
			return &RequestError{field, "all messages must have non-empty content"}
		}
		for j, b := range m.Content.Blocks {
			if b.Type == BlockText && b.Text == "" {
				return &RequestError{fmt.Sprintf("%s.content.%d", field, j), "text content blocks must be non-empty"}
			}
		}
	}
	if r.Messages[0].Role != User {
		return &RequestError{"messages", "first message must use the \"user\" role"}
	}
	if t := r.Temperature; t != nil && (*t < 0 || *t > 1) {
		return &RequestError{"temperature", "range: 0..1"}
	}
	if p := r.TopP; p != nil && (*p < 0 || *p > 1) {
		return &RequestError{"top_p", "range: 0..1"}
	}
	if k := r.TopK; k != nil && *k < 0 {
		return &RequestError{"top_k", "Input should be greater than or equal to 0"}
	}
	return nil
}
