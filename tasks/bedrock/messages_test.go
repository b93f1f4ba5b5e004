package bedrock

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContentJSON(t *testing.T) {
	tests := []struct{ name, in, text, out, fault string }{
		{name: "string", in: `"hello"`, text: "hello", out: `"hello"`},
		{name: "empty string", in: `""`, text: "", out: `""`},
		{
			name: "blocks", in: `[{"type":"text","text":"a"},{"type":"text","text":"b"}]`, text: "a\n\nb",
			out: `[{"type":"text","text":"a"},{"type":"text","text":"b"}]`,
		},
		{
			name: "other block", in: `[{"type":"image"},{"type":"text","text":"b"}]`, text: "b",
			out: `[{"type":"image"},{"type":"text","text":"b"}]`,
		},
		{name: "no blocks", in: `[]`, text: "", out: `[]`},
		{name: "number", in: `1`, fault: "string or an array"},
		{name: "null", in: `null`, fault: "string or an array"},
		{name: "object", in: `{"type":"text"}`, fault: "string or an array"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c Content
			err := json.Unmarshal([]byte(tt.in), &c)
			if tt.fault != "" {
				if err == nil {
					t.Fatalf("%s was taken as %+v", tt.in, c)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			out, err := json.Marshal(c)
			if err != nil || string(out) != tt.out || c.String() != tt.text {
				t.Errorf("marshalled %s (%v), text %q; want %s, %q", out, err, c.String(), tt.out, tt.text)
			}
		})
	}
}

// The body that the article's definition sends must be what Request reads and writes.
func TestRequestJSON(t *testing.T) {
	const body = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":2048,"messages":[{"role":"user","content":"このドキュメントを分析してください: 本文"}]}`
	var r Request
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(r)
	if err != nil || string(out) != body {
		t.Errorf("marshalled %s (%v), want %s", out, err, body)
	}
}

func TestValidate(t *testing.T) {
	number := func(f float64) *float64 { return &f }
	minusOne := -1
	tests := []struct {
		name, want string
		change     func(*Request)
	}{
		{"right", "", func(*Request) {}},
		{"no version", "anthropic_version: Field required", func(r *Request) { r.AnthropicVersion = "" }},
		{"other version", "anthropic_version: Input should be 'bedrock-2023-05-31'", func(r *Request) { r.AnthropicVersion = "2023-06-01" }},
		{"no max_tokens", "max_tokens: Input should be greater than or equal to 1", func(r *Request) { r.MaxTokens = 0 }},
		{"no messages", "messages: at least one message is required", func(r *Request) { r.Messages = nil }},
		{"assistant first", `messages: first message must use the "user" role`, func(r *Request) { r.Messages[0].Role = Assistant }},
		{"system role", "messages.0.role: Input should be 'user' or 'assistant'", func(r *Request) { r.Messages[0].Role = "system" }},
		{"empty content", "messages.0: all messages must have non-empty content", func(r *Request) { r.Messages[0].Content = Content{} }},
		{"no blocks", "messages.0: all messages must have non-empty content", func(r *Request) { r.Messages[0].Content = Content{Blocks: []ContentBlock{}} }},
		{"empty block", "messages.0.content.0: text content blocks must be non-empty", func(r *Request) {
			r.Messages[0].Content = Content{Blocks: []ContentBlock{{Type: BlockText}}}
		}},
		{"hot", "temperature: range: 0..1", func(r *Request) { r.Temperature = number(1.5) }},
		{"top_p", "top_p: range: 0..1", func(r *Request) { r.TopP = number(-1) }},
		{"top_k", "top_k: Input should be greater than or equal to 0", func(r *Request) { r.TopK = &minusOne }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Request{AnthropicVersion: AnthropicVersion, MaxTokens: 10, Messages: []Message{{Role: User, Content: TextContent("hi")}}}
			tt.change(&r)
			err := r.Validate()
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var fault *RequestError
			if !errors.As(err, &fault) || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestInvokeModelResult(t *testing.T) {
	const result = `{"Body":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking"},{"type":"text","text":"a"},{"type":"text","text":"b"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}},"ContentType":"application/json"}`
	var r InvokeModelResult
	if err := json.Unmarshal([]byte(result), &r); err != nil {
		t.Fatal(err)
	}
	want := Usage{InputTokens: 3, OutputTokens: 2}
	if r.Body.Text() != "ab" || r.ContentType != "application/json" || r.Body.StopReason != StopEndTurn || !cmp.Equal(r.Body.Usage, want) {
		t.Errorf("got %+v", r)
	}
	out, err := json.Marshal(r)
	if err != nil || string(out) != result {
		t.Errorf("marshalled %s (%v)", out, err)
	}
}
