package bedrockserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/offline"
	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// echo answers with what it got.
type echo struct {
	request bedrock.Request
	model   string
	err     error
	stop    bedrock.StopReason
}

func (e *echo) Complete(_ context.Context, r bedrock.Request, modelID string) (bedrock.Response, error) {
	e.request, e.model = r, modelID
	if e.err != nil {
		return bedrock.Response{}, e.err
	}
	stop := e.stop
	if stop == "" {
		stop = bedrock.StopEndTurn
	}
	return bedrock.Response{
		ID: "msg_1", Type: "message", Role: bedrock.Assistant, Model: "echo",
		Content:    []bedrock.ContentBlock{{Type: bedrock.BlockText, Text: r.Messages[0].Content.String()}},
		StopReason: stop, Usage: bedrock.Usage{InputTokens: 11, OutputTokens: 7},
	}, nil
}

func start(t *testing.T, options bedrockserver.Options, attempts int) *bedrockruntime.Client {
	t.Helper()
	server, err := bedrockserver.Listen(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return bedrockruntime.New(bedrockruntime.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: attempts,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		HTTPClient:  loopback.Client(&http.Client{Transport: &http.Transport{}}),
	})
}

const defaultModel = "global." + bedrock.DefaultSummaryModel

func body(t *testing.T, r bedrock.Request) []byte {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func simple(text string) bedrock.Request {
	return bedrock.Request{
		AnthropicVersion: bedrock.AnthropicVersion, MaxTokens: 100,
		Messages: []bedrock.Message{{Role: bedrock.User, Content: bedrock.TextContent(text)}},
	}
}

// Every way to name a model reaches the completer as it was sent, and the SDK reads the
// answer.
func TestInvokeModel(t *testing.T) {
	completer := &echo{}
	client := start(t, bedrockserver.Options{Completer: completer}, 1)
	for _, id := range []string{
		bedrock.ArticleAnalysisModel,
		defaultModel,
		"arn:aws:bedrock:us-east-1::foundation-model/" + bedrock.ArticleSummaryModel,
		"arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/jp.anthropic.claude-sonnet-4-6",
	} {
		out, err := client.InvokeModel(context.Background(), &bedrockruntime.InvokeModelInput{ModelId: &id, Body: body(t, simple("こんにちは"))})
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		var r bedrock.Response
		if err := json.Unmarshal(out.Body, &r); err != nil {
			t.Fatal(err)
		}
		if r.Text() != "こんにちは" || completer.model != id || aws.ToString(out.ContentType) != "application/json" {
			t.Errorf("%s: got %q from %q, %s", id, r.Text(), completer.model, aws.ToString(out.ContentType))
		}
	}
}

func TestConverse(t *testing.T) {
	completer := &echo{}
	client := start(t, bedrockserver.Options{Completer: completer}, 1)
	input := &bedrockruntime.ConverseInput{
		ModelId: aws.String(defaultModel),
		System:  []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "Be brief."}},
		Messages: []types.Message{{
			Role:    types.ConversationRoleUser,
			Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Hello"}},
		}},
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(99), Temperature: aws.Float32(0.5), StopSequences: []string{"END"}},
	}
	out, err := client.Converse(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	message, ok := out.Output.(*types.ConverseOutputMemberMessage)
	if !ok || message.Value.Content[0].(*types.ContentBlockMemberText).Value != "Hello" {
		t.Errorf("got %+v", out.Output)
	}
	if out.StopReason != types.StopReasonEndTurn || *out.Usage.TotalTokens != 18 || out.Metrics == nil {
		t.Errorf("got %s, %+v", out.StopReason, out.Usage)
	}
	if r := completer.request; r.MaxTokens != 99 || *r.Temperature != 0.5 || r.System.String() != "Be brief." || len(r.StopSequences) != 1 {
		t.Errorf("the completer got %+v", r)
	}

	input.InferenceConfig = nil
	completer.stop = bedrock.StopRefusal
	if out, err = client.Converse(context.Background(), input); err != nil || out.StopReason != types.StopReasonContentFiltered {
		t.Errorf("a refusal became %v, %v", out, err)
	}
	if completer.request.MaxTokens != 4096 {
		t.Errorf("without maxTokens the bound is %d", completer.request.MaxTokens)
	}

	input.Messages[0].Content = []types.ContentBlock{&types.ContentBlockMemberImage{Value: types.ImageBlock{
		Format: types.ImageFormatPng, Source: &types.ImageSourceMemberBytes{Value: []byte{1}},
	}}}
	var validation *types.ValidationException
	if _, err := client.Converse(context.Background(), input); !errors.As(err, &validation) || !strings.Contains(err.Error(), "text blocks only") {
		t.Errorf("an image gave %v", err)
	}
}

// What a completer or the fault hook returns is a typed error for the SDK.
func TestTypedErrors(t *testing.T) {
	is := func(target any) func(error) bool { return func(err error) bool { return errors.As(err, target) } }
	tests := []struct {
		name string
		err  error
		is   func(error) bool
	}{
		{"throttling", &bedrockserver.Exception{Type: bedrockserver.Throttling, Message: "m"}, is(new(*types.ThrottlingException))},
		{"timeout", &bedrockserver.Exception{Type: bedrockserver.ModelTimeout}, is(new(*types.ModelTimeoutException))},
		{"not ready", &bedrockserver.Exception{Type: bedrockserver.ModelNotReady}, is(new(*types.ModelNotReadyException))},
		{"model error", &bedrockserver.Exception{Type: bedrockserver.ModelError}, is(new(*types.ModelErrorException))},
		{"unavailable", &bedrockserver.Exception{Type: bedrockserver.ServiceUnavailable}, is(new(*types.ServiceUnavailableException))},
		{"quota", &bedrockserver.Exception{Type: bedrockserver.ServiceQuota}, is(new(*types.ServiceQuotaExceededException))},
		{"access", &bedrockserver.Exception{Type: bedrockserver.AccessDenied}, is(new(*types.AccessDeniedException))},
		{"not found", &bedrockserver.Exception{Type: bedrockserver.ResourceNotFound}, is(new(*types.ResourceNotFoundException))},
		{"request", &bedrock.RequestError{Field: "messages", Message: "too long"}, is(new(*types.ValidationException))},
		{"wrapped", fmt.Errorf("wrapped: %w", &bedrockserver.Exception{Type: bedrockserver.Throttling}), is(new(*types.ThrottlingException))},
		{"deadline", context.DeadlineExceeded, is(new(*types.ModelTimeoutException))},
		{"other", errors.New("dictionary is broken"), is(new(*types.InternalServerException))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := start(t, bedrockserver.Options{Completer: &echo{err: tt.err}}, 1)
			_, err := client.InvokeModel(context.Background(), &bedrockruntime.InvokeModelInput{ModelId: aws.String(defaultModel), Body: body(t, simple("x"))})
			if !tt.is(err) {
				t.Errorf("the SDK sees %v", err)
			}
		})
	}
}

func TestRefusedRequests(t *testing.T) {
	const good = `"anthropic_version":"bedrock-2023-05-31","max_tokens":10,"messages":[{"role":"user","content":"x"}]`
	today := func() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }
	tests := []struct {
		name, model, body, code, message string
		strict                           bool
	}{
		{name: "unknown model", model: "amazon.titan-text-express-v1", body: `{` + good + `}`, code: "ValidationException", message: "The provided model identifier is invalid."},
		{name: "unknown profile", model: "mars." + bedrock.DefaultSummaryModel, body: `{` + good + `}`, code: "ValidationException", message: "The provided model identifier is invalid."},
		{name: "no version", body: `{"max_tokens":10,"messages":[]}`, code: "ValidationException", message: "anthropic_version: Field required"},
		{name: "no max_tokens", body: `{"anthropic_version":"bedrock-2023-05-31","messages":[]}`, code: "ValidationException", message: "max_tokens: Field required"},
		{name: "no messages", body: `{"anthropic_version":"bedrock-2023-05-31","max_tokens":1}`, code: "ValidationException", message: "messages: Field required"},
		{name: "model in body", body: `{` + good + `,"model":"x"}`, code: "ValidationException", message: "model: Extra inputs are not permitted"},
		{name: "stream in body", body: `{` + good + `,"stream":true}`, code: "ValidationException", message: "stream: Extra inputs are not permitted"},
		{name: "no JSON", body: `hello`, code: "ValidationException", message: "Malformed input request"},
		{name: "array", body: `[]`, code: "ValidationException", message: "Malformed input request"},
		{name: "wrong type", body: `{"anthropic_version":"bedrock-2023-05-31","max_tokens":"many","messages":[]}`, code: "ValidationException", message: "max_tokens: Input should be a valid int"},
		{name: "too many tokens", body: `{"anthropic_version":"bedrock-2023-05-31","max_tokens":64001,"messages":[{"role":"user","content":"x"}]}`, code: "ValidationException", message: "max_tokens: 64001 > 64000"},
		{name: "sampling", model: "global.anthropic.claude-haiku-5-5", body: `{` + good + `,"temperature":1}`, code: "ValidationException", message: "`temperature` is deprecated for this model."},
		{name: "too large", body: `{` + good + `,"system":"` + strings.Repeat("x", bedrockserver.MaxBodyBytes) + `"}`, code: "ValidationException", message: "less than or equal to 25000000"},
		{name: "end of life", strict: true, model: bedrock.ArticleSummaryModel, body: `{` + good + `}`, code: "ResourceNotFoundException", message: "reached the end of its life"},
		{name: "needs a profile", strict: true, model: bedrock.DefaultSummaryModel, body: `{` + good + `}`, code: "ValidationException", message: "on-demand throughput isn’t supported"},
		{name: "strict and right", strict: true, body: `{` + good + `,"tools":[]}`},
		{name: "article's model", model: bedrock.ArticleSummaryModel, body: `{` + good + `}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := start(t, bedrockserver.Options{Completer: &echo{}, Strict: tt.strict, Today: today}, 1)
			model := tt.model
			if model == "" {
				model = defaultModel
			}
			_, err := client.InvokeModel(context.Background(), &bedrockruntime.InvokeModelInput{ModelId: &model, Body: []byte(tt.body)})
			if tt.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var fault smithy.APIError
			if !errors.As(err, &fault) || fault.ErrorCode() != tt.code || !strings.Contains(fault.ErrorMessage(), tt.message) {
				t.Errorf("got %v, want %s: %s", err, tt.code, tt.message)
			}
		})
	}
}

// The hook fails the first calls and lets the others through; with its own retries off,
// as docflow has them, the SDK sees each.
func TestFailFirst(t *testing.T) {
	client := start(t, bedrockserver.Options{Completer: &echo{}, Before: bedrockserver.FailFirst(2, bedrockserver.Throttling)}, 1)
	input := &bedrockruntime.InvokeModelInput{ModelId: aws.String(defaultModel), Body: body(t, simple("x"))}
	for call := 1; call <= 3; call++ {
		_, err := client.InvokeModel(context.Background(), input)
		var throttled *types.ThrottlingException
		if got, want := errors.As(err, &throttled), call <= 2; got != want || !want && err != nil {
			t.Errorf("call %d: %v", call, err)
		}
	}
}

func TestPathsAndHeaders(t *testing.T) {
	handler := bedrockserver.New(bedrockserver.Options{Completer: &echo{}})
	good := string(body(t, simple("x")))
	tests := []struct {
		name, method, path, origin string
		status                     int
	}{
		{"good", "POST", "/model/" + defaultModel + "/invoke", "", 200},
		{"escaped ARN", "POST", "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2F" + bedrock.ArticleSummaryModel + "/invoke", "", 200},
		{"plain ARN", "POST", "/model/arn:aws:bedrock:us-east-1::foundation-model/" + bedrock.ArticleSummaryModel + "/invoke", "", 200},
		{"get", "GET", "/model/" + defaultModel + "/invoke", "", 404},
		{"stream", "POST", "/model/" + defaultModel + "/invoke-with-response-stream", "", 404},
		{"root", "POST", "/", "", 404},
		{"no operation", "POST", "/model/" + defaultModel, "", 404},
		{"web page", "POST", "/model/" + defaultModel + "/invoke", "https://example.com", 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(good))
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			data, err := io.ReadAll(w.Body)
			if err != nil || w.Code != tt.status {
				t.Fatalf("status %d: %s", w.Code, data)
			}
			if len(w.Header().Get("x-amzn-RequestId")) != 36 || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("headers %v", w.Header())
			}
			if tt.status == 200 && (w.Header().Get("X-Amzn-Bedrock-Input-Token-Count") != "11" || w.Header().Get("X-Amzn-Bedrock-Output-Token-Count") != "7") {
				t.Errorf("token counts in %v", w.Header())
			}
			if tt.status != 200 && (w.Header().Get("x-amzn-ErrorType") == "" || !strings.Contains(string(data), `"message":`)) {
				t.Errorf("no error type or message: %v %s", w.Header(), data)
			}
		})
	}
}

// The offline model behind the endpoint gives answers that the flows accept.
func TestOfflineModel(t *testing.T) {
	client := start(t, bedrockserver.Options{Completer: &offline.Model{}, Strict: true}, 1)
	for _, step := range bedrock.Steps() {
		request := bedrock.NewRequest(step, bedrock.Input{Text: "The new chat service was a great success. Customers praised it. The old telephone system failed twice."})
		out, err := client.InvokeModel(context.Background(), &bedrockruntime.InvokeModelInput{
			ModelId: aws.String("global.anthropic.claude-haiku-5-5"), Body: body(t, request),
		})
		if err != nil {
			t.Fatal(err)
		}
		var response bedrock.Response
		if err := json.Unmarshal(out.Body, &response); err != nil {
			t.Fatal(err)
		}
		if _, err := bedrock.ParseAnswer(step, response); err != nil || response.Model != offline.Name {
			t.Errorf("%s: %v, model %s", step, err, response.Model)
		}
	}
}

func FuzzInvokeBody(f *testing.F) {
	f.Add(`{"anthropic_version":"bedrock-2023-05-31","max_tokens":10,"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]}`, "invoke")
	f.Add(`{"messages":[{"role":"user","content":[{"text":"x"}]}]}`, "converse")
	f.Add(`{"messages":null,"max_tokens":null,"anthropic_version":null}`, "invoke")
	handler := bedrockserver.New(bedrockserver.Options{Completer: &echo{}})
	f.Fuzz(func(t *testing.T, body, operation string) {
		if operation != "invoke" && operation != "converse" {
			return
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/model/"+defaultModel+"/"+operation, strings.NewReader(body)))
		if w.Code != 200 && w.Code != 400 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("status %d, %s", w.Code, w.Body)
		}
	})
}
