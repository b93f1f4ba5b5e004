package bedrockserver

import (
	"encoding/json"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// defaultConverseTokens is the bound on an answer when inferenceConfig has none.
const defaultConverseTokens = 4096

// converseRequest is the body of Converse, as far as text goes (API reference, Converse).
type converseRequest struct {
	Messages []struct {
		Role    bedrock.Role    `json:"role"`
		Content []converseBlock `json:"content"`
	} `json:"messages"`
	System          []converseBlock `json:"system"`
	InferenceConfig struct {
		MaxTokens     *int     `json:"maxTokens"`
		Temperature   *float64 `json:"temperature"`
		TopP          *float64 `json:"topP"`
		StopSequences []string `json:"stopSequences"`
	} `json:"inferenceConfig"`
}

// converseBlock is a union: exactly one member is set. Only text is read here.
type converseBlock struct {
	Text *string `json:"text,omitempty"`
}

type converseResponse struct {
	Output struct {
		Message struct {
			Role    bedrock.Role    `json:"role"`
			Content []converseBlock `json:"content"`
		} `json:"message"`
	} `json:"output"`
	StopReason string `json:"stopReason"`
	Usage      struct {
		InputTokens  int `json:"inputTokens"`
		OutputTokens int `json:"outputTokens"`
		TotalTokens  int `json:"totalTokens"`
	} `json:"usage"`
	Metrics struct {
		LatencyMs int64 `json:"latencyMs"`
	} `json:"metrics"`
}

func decodeConverse(data []byte, m bedrock.Model) (bedrock.Request, error) {
	r := bedrock.Request{AnthropicVersion: bedrock.AnthropicVersion, MaxTokens: min(defaultConverseTokens, m.MaxOutputTokens)}
	var c converseRequest
	if err := json.Unmarshal(data, &c); err != nil {
		return r, malformed(err)
	}
	if n := c.InferenceConfig.MaxTokens; n != nil {
		r.MaxTokens = *n
	}
	r.Temperature, r.TopP, r.StopSequences = c.InferenceConfig.Temperature, c.InferenceConfig.TopP, c.InferenceConfig.StopSequences
	var err error
	if len(c.System) > 0 {
		if r.System.Blocks, err = fromConverse(c.System); err != nil {
			return r, err
		}
	}
	for _, message := range c.Messages {
		blocks, err := fromConverse(message.Content)
		if err != nil {
			return r, err
		}
		r.Messages = append(r.Messages, bedrock.Message{Role: message.Role, Content: bedrock.Content{Blocks: blocks}})
	}
	return r, nil
}

func fromConverse(blocks []converseBlock) ([]bedrock.ContentBlock, error) {
	out := []bedrock.ContentBlock{}
	for _, b := range blocks {
		if b.Text == nil {
			return nil, &Exception{Validation, "docflow's embedded Bedrock endpoint reads text blocks only"}
		}
		out = append(out, bedrock.ContentBlock{Type: bedrock.BlockText, Text: *b.Text})
	}
	return out, nil
}

func encodeConverse(r bedrock.Response, latency int64) any {
	var c converseResponse
	c.Output.Message.Role = bedrock.Assistant
	c.Output.Message.Content = []converseBlock{}
	for _, b := range r.Content {
		if b.Type == bedrock.BlockText {
			c.Output.Message.Content = append(c.Output.Message.Content, converseBlock{Text: &b.Text})
		}
	}
	c.StopReason = string(r.StopReason)
	if r.StopReason == bedrock.StopRefusal {
		c.StopReason = "content_filtered" // Converse has no refusal
	}
	c.Usage.InputTokens, c.Usage.OutputTokens = r.Usage.InputTokens, r.Usage.OutputTokens
	c.Usage.TotalTokens = r.Usage.InputTokens + r.Usage.OutputTokens
	c.Metrics.LatencyMs = latency
	return c
}
