package function_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
)

type request struct {
	Name string `json:"name"`
}

type result struct {
	Greeting string `json:"greeting"`
}

func newTask(log *bytes.Buffer, handle func(context.Context, request) (result, error)) function.Task[request, result] {
	return function.Task[request, result]{
		Name:   "greet",
		Errors: failure.NewTable([]string{failure.InvalidRequest, failure.NoText}, nil),
		Log:    slog.New(slog.NewJSONHandler(log, nil)),
		Decode: func(payload []byte) (request, error) {
			return function.DecodeJSON[request](payload, `{"name": "…"}`)
		},
		Handle:     handle,
		Attributes: func(r request) []slog.Attr { return []slog.Attr{slog.String("who", r.Name)} },
		Outcome:    func(r result) []slog.Attr { return []slog.Attr{slog.Int("length", len(r.Greeting))} },
	}
}

var _ lambda.Handler = function.Task[request, result]{}

func TestInvoke(t *testing.T) {
	cases := []struct {
		name    string
		payload string
		err     error
		want    string // the answer, or the error type
		message string
		logged  []string
	}{
		{"answer", `{"name":"Ann"}`, nil, `{"greeting":"hello Ann"}`, "", []string{`"level":"INFO"`, `"msg":"done"`, `"who":"Ann"`, `"length":9`, `"function":"greet"`, `"durationMs":`}},
		{"not JSON", `{"name"`, nil, failure.InvalidRequest, `it should be {"name": "…"}`, []string{`"level":"ERROR"`, `"errorType":"InvalidRequest"`}},
		{"wrong type", `{"name":7}`, nil, failure.InvalidRequest, "name is a number", []string{`"errorType":"InvalidRequest"`}},
		{"declared", `{"name":"Ann"}`, failure.New(failure.NoText, "nothing to say"), failure.NoText, "nothing to say", []string{`"errorType":"NoText"`, `"errorMessage":"nothing to say"`, `"who":"Ann"`}},
		{"not declared", `{"name":"Ann"}`, errors.New("surprise"), failure.Unexpected, "surprise", []string{`"errorType":"Unexpected"`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			task := newTask(&log, func(_ context.Context, r request) (result, error) {
				return result{"hello " + r.Name}, c.err
			})
			answer, err := task.Invoke(context.Background(), []byte(c.payload))
			if c.message == "" {
				if err != nil || string(answer) != c.want {
					t.Errorf("got %s, %v; want %s", answer, err, c.want)
				}
			} else {
				got, ok := err.(messages.InvokeResponse_Error)
				if !ok || got.Type != c.want || !strings.Contains(got.Message, c.message) {
					t.Errorf("got %#v, want %s with %q", err, c.want, c.message)
				}
			}
			if n := strings.Count(log.String(), "\n"); n != 1 {
				t.Errorf("%d lines of log, want one: %s", n, log.String())
			}
			if !json.Valid(log.Bytes()) {
				t.Errorf("the log is not JSON: %s", log.String())
			}
			for _, part := range c.logged {
				if !strings.Contains(log.String(), part) {
					t.Errorf("the log has no %s: %s", part, log.String())
				}
			}
		})
	}
}

func TestPayloadIsBounded(t *testing.T) {
	var log bytes.Buffer
	task := newTask(&log, func(context.Context, request) (result, error) {
		t.Error("the handler was called")
		return result{}, nil
	})
	_, err := task.Invoke(context.Background(), make([]byte, function.MaxPayload+1))
	if failure.Name(err) != failure.InvalidRequest {
		t.Errorf("got %v", err)
	}
}

func TestPanicEndsTheProcessAndKeepsItsValueToItself(t *testing.T) {
	var log bytes.Buffer
	task := newTask(&log, func(context.Context, request) (result, error) { panic("the secret text") })
	_, err := task.Invoke(context.Background(), []byte(`{"name":"Ann"}`))
	got, ok := err.(messages.InvokeResponse_Error)
	if !ok || got.Type != failure.Unexpected || !got.ShouldExit {
		t.Errorf("got %#v", err)
	}
	if strings.Contains(log.String()+got.Message, "secret") {
		t.Errorf("the value of the panic was told: %s %s", got.Message, log.String())
	}
	if !strings.Contains(log.String(), "TestPanicEndsTheProcess") {
		t.Errorf("the log does not say where: %s", log.String())
	}
}

func TestHandlerHasTimeToAnswer(t *testing.T) {
	var log bytes.Buffer
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	var own time.Time
	task := newTask(&log, func(ctx context.Context, _ request) (result, error) {
		own, _ = ctx.Deadline()
		return result{}, nil
	})
	if _, err := task.Invoke(ctx, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if got := deadline.Sub(own); got != function.AnswerMargin {
		t.Errorf("the handler ends %s before the call, want %s", got, function.AnswerMargin)
	}
}
