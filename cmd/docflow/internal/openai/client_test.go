package openai

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/bedrock"
)

func request() bedrock.Request {
	return bedrock.Request{
		AnthropicVersion: bedrock.AnthropicVersion, MaxTokens: 50,
		System:   bedrock.TextContent("Be brief."),
		Messages: []bedrock.Message{{Role: bedrock.User, Content: bedrock.TextContent("Hello")}},
	}
}

func newClient(t *testing.T, handler http.HandlerFunc, change func(*Config)) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	config := Config{BaseURL: server.URL, Model: "llama", APIKey: "secret"}
	if change != nil {
		change(&config)
	}
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestComplete(t *testing.T) {
	temperature := 0.5
	r := request()
	r.Temperature, r.StopSequences = &temperature, []string{"END"}
	r.Messages = append(r.Messages,
		bedrock.Message{Role: bedrock.Assistant, Content: bedrock.TextContent("Hi")},
		bedrock.Message{Role: bedrock.User, Content: bedrock.Content{Blocks: []bedrock.ContentBlock{{Type: "text", Text: "a"}, {Type: "text", Text: "b"}}}})
	const want = `{"model":"llama","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"},` +
		`{"role":"assistant","content":"Hi"},{"role":"user","content":"a\n\nb"}],"max_tokens":50,"temperature":0.5,"stop":["END"],"stream":false}`
	client := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/chat/completions" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("%s, authorization %q, %v", r.URL.Path, r.Header.Get("Authorization"), err)
		}
		if diff := cmp.Diff(want, string(body)); diff != "" {
			t.Errorf("the body sent (-want +got):\n%s", diff)
		}
		_, _ = io.WriteString(w, `{"id":"c1","model":"llama3","choices":[{"message":{"content":"答え"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}`)
	}, nil)
	got, err := client.Complete(context.Background(), r, "any")
	if err != nil {
		t.Fatal(err)
	}
	expected := bedrock.Response{
		ID: "c1", Type: "message", Role: bedrock.Assistant, Model: "llama3",
		Content:    []bedrock.ContentBlock{{Type: "text", Text: "答え"}},
		StopReason: bedrock.StopEndTurn, Usage: bedrock.Usage{InputTokens: 7, OutputTokens: 2},
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestStopReasons(t *testing.T) {
	tests := []struct {
		choice string
		want   bedrock.StopReason
	}{
		{`{"message":{"content":"x"},"finish_reason":"stop"}`, bedrock.StopEndTurn},
		{`{"message":{"content":"x"},"finish_reason":null}`, bedrock.StopEndTurn},
		{`{"message":{"content":"x"},"finish_reason":"length"}`, bedrock.StopMaxTokens},
		{`{"message":{"content":""},"finish_reason":"content_filter"}`, bedrock.StopRefusal},
		{`{"message":{"content":null,"refusal":"no"},"finish_reason":"stop"}`, bedrock.StopRefusal},
		{`{"message":{"content":null},"finish_reason":"tool_calls"}`, bedrock.StopToolUse},
	}
	for _, tt := range tests {
		var a chatResponse
		if err := json.Unmarshal([]byte(`{"choices":[`+tt.choice+`]}`), &a); err != nil {
			t.Fatal(err)
		}
		if got := a.translate().StopReason; got != tt.want {
			t.Errorf("%s gives %s, want %s", tt.choice, got, tt.want)
		}
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		status          int
		body            string
		exception, text string
	}{
		{429, `{"error":{"message":"slow down"}}`, bedrockserver.Throttling, "slow down"},
		{400, `{"error":"bad \"model\""}`, bedrockserver.Validation, `bad "model"`},
		{422, `x`, bedrockserver.Validation, "422"},
		{401, `{}`, bedrockserver.AccessDenied, "401"},
		{403, `{}`, bedrockserver.AccessDenied, "403"},
		{404, `{"error":{"message":"model not found"}}`, bedrockserver.ResourceNotFound, "model not found"},
		{408, ``, bedrockserver.ModelTimeout, "408"},
		{504, ``, bedrockserver.ModelTimeout, "504"},
		{500, strings.Repeat("x", 5000), bedrockserver.InternalServer, "…"},
		{502, ``, bedrockserver.ServiceUnavailable, "502"},
		{503, `{"error":{"message":"loading"}}`, bedrockserver.ServiceUnavailable, "loading"},
		{200, `<html>`, bedrockserver.ModelError, "did not answer with a chat completion"},
		{200, `{"choices":[]}`, bedrockserver.ModelError, "did not answer with a chat completion"},
		{200, strings.Repeat(" ", maxResponseBytes+1), bedrockserver.ModelError, "larger than"},
	}
	for _, tt := range tests {
		client := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		}, nil)
		_, err := client.Complete(context.Background(), request(), "")
		var exception *bedrockserver.Exception
		if !errors.As(err, &exception) || exception.Type != tt.exception || !strings.Contains(exception.Message, tt.text) {
			t.Errorf("%d %.40s: got %v, want %s with %q", tt.status, tt.body, err, tt.exception, tt.text)
		}
		if err != nil && (strings.Contains(err.Error(), "secret") || len(err.Error()) > 1000) {
			t.Errorf("the error shows the key, or is long: %v", err)
		}
	}
}

func TestTimeout(t *testing.T) {
	release := make(chan struct{})
	client := newClient(t, func(http.ResponseWriter, *http.Request) { <-release }, func(c *Config) { c.Timeout = time.Millisecond })
	defer close(release)
	_, err := client.Complete(context.Background(), request(), "")
	var exception *bedrockserver.Exception
	if !errors.As(err, &exception) || exception.Type != bedrockserver.ModelTimeout {
		t.Errorf("got %v", err)
	}
}

func TestCanceled(t *testing.T) {
	client := newClient(t, func(http.ResponseWriter, *http.Request) {}, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := client.Complete(ctx, request(), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNoServer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	client, err := New(Config{BaseURL: strings.Replace(server.URL, "://", "://user:pass@", 1), Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Complete(context.Background(), request(), "")
	var exception *bedrockserver.Exception
	if !errors.As(err, &exception) || exception.Type != bedrockserver.ServiceUnavailable || !strings.Contains(err.Error(), "is the server running?") {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "user:pass") {
		t.Errorf("the error shows the password: %v", err)
	}
}

func TestImageBlock(t *testing.T) {
	client := newClient(t, func(http.ResponseWriter, *http.Request) { t.Error("the request was sent") }, nil)
	r := request()
	r.Messages[0].Content = bedrock.Content{Blocks: []bedrock.ContentBlock{{Type: "image"}}}
	_, err := client.Complete(context.Background(), r, "")
	var fault *bedrock.RequestError
	if !errors.As(err, &fault) || fault.Field != "messages.0.content.0" {
		t.Errorf("got %v", err)
	}
}

func TestNew(t *testing.T) {
	tests := []struct{ url, model, endpoint, fault string }{
		{url: "http://localhost:11434", model: "m", endpoint: "http://localhost:11434/v1/chat/completions"},
		{url: "http://localhost:11434/v1/", model: "m", endpoint: "http://localhost:11434/v1/chat/completions"},
		{url: "https://host/openai/v1", model: "m", endpoint: "https://host/openai/v1/chat/completions"},
		{url: "localhost:11434", model: "m", fault: EnvBaseURL},
		{url: "ftp://host", model: "m", fault: EnvBaseURL},
		{url: "", model: "m", fault: EnvBaseURL},
		{url: "http://host", fault: EnvModel},
	}
	for _, tt := range tests {
		c, err := New(Config{BaseURL: tt.url, Model: tt.model})
		if tt.fault != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("%q: got %v", tt.url, err)
			}
			continue
		}
		if err != nil || c.endpoint != tt.endpoint || c.config.Timeout != DefaultTimeout {
			t.Errorf("%q: got %+v, %v", tt.url, c, err)
		}
	}
}

func TestFromEnv(t *testing.T) {
	env := map[string]string{EnvBaseURL: "http://x", EnvModel: "m", EnvAPIKey: "k"}
	c, ok := FromEnv(func(name string) string { return env[name] })
	if want := (Config{BaseURL: "http://x", Model: "m", APIKey: "k"}); !ok || c != want {
		t.Errorf("got %+v, %v", c, ok)
	}
	if _, ok := FromEnv(func(string) string { return "" }); ok {
		t.Error("an empty environment configures a server")
	}
}
