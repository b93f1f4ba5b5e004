package function_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/metrics"
	"github.com/docflow-asl/docflow/tasks/trace"
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
		Log:    slog.New(function.Reveal(slog.NewJSONHandler(log, nil))),
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

// What is Private is in no log, unless it Reveals.
func TestPrivate(t *testing.T) {
	for _, c := range []struct {
		name           string
		handler        func(slog.Handler) slog.Handler
		payload        string
		wanted, hidden []string
	}{
		{
			"a log", func(h slog.Handler) slog.Handler { return h }, `{"name":"Ann"}`,
			[]string{`"errorType":"NoText"`, `"errorDetail":"pdf"`, `"id":"x-1"`},
			[]string{"Ann", "secret", "called", "errorMessage"},
		},
		{
			"one with attributes", func(h slog.Handler) slog.Handler {
				return h.WithAttrs([]slog.Attr{function.Private("owner", "secret"), slog.String("id", "x-2")})
			}, `{"name":"Ann"}`, []string{`"id":"x-2"`}, []string{"Ann", "secret"},
		},
		{
			"one that reveals", function.Reveal, `{"name":"Ann"}`,
			[]string{`"who":"Ann"`, `"errorMessage":"secret.pdf has no text"`, `"msg":"called","payload":"{\"name\":\"Ann\"}"`, `"msg":"answers"`},
			nil,
		},
		{
			"one that reveals, with attributes and a group", func(h slog.Handler) slog.Handler {
				return function.Reveal(h).WithAttrs([]slog.Attr{slog.String("id", "x-3")}).WithGroup("g")
			}, `{"name":"Ann"}`, []string{`"id":"x-3"`, `"g":{`, `"who":"Ann"`}, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			task := newTask(&log, func(context.Context, request) (result, error) {
				return result{}, failure.WithDetail(failure.New(failure.NoText, "secret.pdf has no text"), "pdf")
			})
			task.Attributes = func(r request) []slog.Attr {
				return []slog.Attr{function.Private("who", r.Name), slog.String("id", "x-1")}
			}
			task.Log = slog.New(c.handler(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
			if _, err := task.Invoke(t.Context(), []byte(c.payload)); failure.Message(err) != "secret.pdf has no text" {
				t.Errorf("got %v", err)
			}
			for _, part := range c.wanted {
				if !strings.Contains(log.String(), part) {
					t.Errorf("the log has no %s: %s", part, log.String())
				}
			}
			for _, part := range c.hidden {
				if strings.Contains(log.String(), part) {
					t.Errorf("the log tells %s: %s", part, log.String())
				}
			}
		})
	}
}

// An observer is told of every call: metrics with where they come from, a subsegment with what the log has and nothing Private,
// and which call was the first.
func TestObserver(t *testing.T) {
	daemon, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = daemon.Close() }()
	tracer, err := trace.New(daemon.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	var log, measured bytes.Buffer
	fails := false
	task := newTask(&log, func(_ context.Context, r request) (result, error) {
		if fails {
			return result{Greeting: "partial"}, failure.New(failure.NoText, "Ann said nothing")
		}
		return result{"hello"}, nil
	})
	task.Log = slog.New(slog.NewJSONHandler(&log, nil))
	task.Attributes = func(r request) []slog.Attr {
		return []slog.Attr{slog.String("execution", "run-1"), function.Private("who", r.Name)}
	}
	task.Measure = func(c function.Call[request, result]) []metrics.Metric {
		m := metrics.Metric{Name: "Letters", Unit: metrics.Count, Value: float64(len(c.Result.Greeting))}
		if c.Err != nil {
			m.By, m.ByValue = metrics.Reason, failure.Name(c.Err)
		}
		return []metrics.Metric{m}
	}
	task.Observer = &function.Observer{Metrics: metrics.NewEmitter(&measured, "prod", "INFO"), Trace: tracer}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	//lint:ignore SA1029 the key is aws-lambda-go's
	ctx = context.WithValue(ctx, "x-amzn-trace-id", "Root=1-a;Parent=b;Sampled=1")
	for i, want := range []struct{ log, metrics, trace []string }{
		{
			[]string{`"coldStart":true`, `"execution":"run-1"`},
			[]string{`"Letters":5`, `"requestId":"r-1"`, `"execution":"run-1"`, `"function":"greet"`, `"Pipeline":"prod"`},
			[]string{`"name":"greet"`, `"trace_id":"1-a"`, `"execution":"run-1"`, `"length":5`, `"coldStart":true`},
		},
		{
			[]string{`"coldStart":false`, `"errorType":"NoText"`},
			[]string{`"Letters":7`, `"Reason":"NoText"`},
			[]string{`"fault":true`, `"type":"NoText"`, `"errorType":"NoText"`, `"coldStart":false`},
		},
	} {
		log.Reset()
		measured.Reset()
		fails = i == 1
		_, _ = task.Invoke(ctx, []byte(`{"name":"Ann"}`))
		buffer := make([]byte, 64<<10)
		if err := daemon.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _, err := daemon.ReadFrom(buffer)
		if err != nil {
			t.Fatal(err)
		}
		for text, parts := range map[string][]string{log.String(): want.log, measured.String(): want.metrics, string(buffer[:n]): want.trace} {
			for _, part := range parts {
				if !strings.Contains(text, part) {
					t.Errorf("call %d: no %s in %s", i, part, text)
				}
			}
			if strings.Contains(text, "Ann") {
				t.Errorf("call %d: what is private is told: %s", i, text)
			}
		}
	}
}

// Metrics that cannot be written are told of, and change no answer.
func TestMetricsThatCannotBeWritten(t *testing.T) {
	var log bytes.Buffer
	task := newTask(&log, func(context.Context, request) (result, error) { return result{"hello"}, nil })
	task.Measure = func(function.Call[request, result]) []metrics.Metric { return []metrics.Metric{{Name: ""}} }
	task.Observer = &function.Observer{Metrics: metrics.NewEmitter(&log, "prod", "INFO")}
	if answer, err := task.Invoke(t.Context(), []byte(`{}`)); err != nil || string(answer) != `{"greeting":"hello"}` {
		t.Errorf("got %s, %v", answer, err)
	}
	if !strings.Contains(log.String(), "metrics are not written") {
		t.Errorf("the log says %s", log.String())
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

// A panic in a goroutine of its own is one of the handler, too.
func TestGuardedWork(t *testing.T) {
	var log bytes.Buffer
	task := newTask(&log, func(context.Context, request) (result, error) {
		done := make(chan error)
		go func() { done <- function.Guarded(func() error { panic("the secret text") })() }()
		return result{}, fmt.Errorf("work: %w", <-done)
	})
	_, err := task.Invoke(context.Background(), []byte(`{"name":"Ann"}`))
	got, ok := err.(messages.InvokeResponse_Error)
	if !ok || got.Type != failure.Unexpected || !got.ShouldExit || !strings.Contains(got.Message, "panicked (string)") {
		t.Errorf("got %#v", err)
	}
	if strings.Contains(log.String()+got.Message, "secret") || !strings.Contains(log.String(), "TestGuardedWork") || strings.Contains(log.String(), `"failed"`) {
		t.Errorf("the log says %s", log.String())
	}
	want := errors.New("as it is")
	if err := function.Guarded(func() error { return want })(); err != want {
		t.Errorf("an error becomes %v", err)
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
