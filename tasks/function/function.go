// Package function turns a task's handler into what aws-lambda-go calls: bytes in, bytes
// or a declared error out, one line of log for each call, its metrics and its trace.
//
// Decoding is done here and not by aws-lambda-go, since its errors of decoding have Go
// type names ("SyntaxError") that no state machine can be expected to name.
package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/metrics"
)

// AnswerMargin is the time before the deadline of a call at which the handler's own
// context ends, so that it can still answer with an error of its own. Without it Lambda
// kills the process and reports Sandbox.Timedout.
const AnswerMargin = 500 * time.Millisecond

// MaxPayload bounds the payload of a call: Lambda takes 6 MB (Lambda developer guide,
// "Lambda quotas").
const MaxPayload = 6 << 20

// Task is a Lambda function. It implements lambda.Handler of aws-lambda-go.
type Task[Request, Result any] struct {
	Name   string // for the log
	Errors failure.Table
	Log    *slog.Logger
	// Decode reads the payload. Its errors should be declared.
	Decode func(payload []byte) (Request, error)
	Handle func(context.Context, Request) (Result, error)
	// Attributes says what of a request belongs in the log and the trace: the execution, and
	// as Private the object. Never text of the document.
	Attributes func(Request) []slog.Attr
	// Outcome says what of a result belongs there. May be nil.
	Outcome func(Result) []slog.Attr
	// Measure says what a call counts for. May be nil.
	Measure func(Call[Request, Result]) []metrics.Metric
	// Observer is told of calls, beside the log. May be nil.
	Observer *Observer
}

// Call is a call that ended. Err is a declared error, or nil. Beside an error, Request is
// as far as it could be read, and Result what the handler returned with it.
type Call[Request, Result any] struct {
	Request Request
	Result  Result
	Err     error
	Took    time.Duration
}

// Invoke answers one call. Its error is always a messages.InvokeResponse_Error.
func (t Task[Request, Result]) Invoke(ctx context.Context, request []byte) (answer []byte, err error) {
	e := ended{cold: t.Observer.cold(), started: time.Now()}
	defer func() {
		if fault := recover(); fault != nil {
			answer, err = nil, t.panicked(ctx, &workPanic{fmt.Sprintf("%T", fault), debug.Stack()}, e)
		} else if declared, ok := err.(messages.InvokeResponse_Error); !ok || !declared.ShouldExit {
			t.log(ctx, e, err)
		}
		t.Observer.trace(ctx, t.Name, e, failure.Name(err))
	}()
	if len(request) > MaxPayload {
		e.detail = fmt.Sprintf("the request has %d bytes; the limit is %d", len(request), MaxPayload)
		return nil, failure.New(failure.InvalidRequest, "%s", e.detail)
	}
	payload(ctx, t.Log, "called", request)
	decoded, err := t.Decode(request)
	if err != nil {
		e.detail, err = failure.Detail(err), t.Errors.Declared(err)
		t.measure(ctx, e, Call[Request, Result]{Request: decoded, Err: err})
		return nil, err
	}
	e.attributes = t.Attributes(decoded)
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-AnswerMargin))
		defer cancel()
	}
	result, err := t.Handle(ctx, decoded)
	if fault := (*workPanic)(nil); errors.As(err, &fault) {
		return nil, t.panicked(ctx, fault, e)
	}
	if err != nil {
		e.detail, err = failure.Detail(err), t.Errors.Declared(err)
	} else {
		if t.Outcome != nil {
			e.attributes = append(e.attributes, t.Outcome(result)...)
		}
		if answer, err = json.Marshal(result); err != nil {
			err = failure.New(failure.Unexpected, "the result cannot be written as JSON: %v", err)
		}
	}
	t.measure(ctx, e, Call[Request, Result]{decoded, result, err, time.Since(e.started)})
	payload(ctx, t.Log, "answers", answer)
	return answer, err
}

// ended is what is known of a call at its end.
type ended struct {
	cold       bool // the first call of the process
	started    time.Time
	attributes []slog.Attr
	detail     string // of the error
}

func (e ended) execution() string {
	for _, a := range e.attributes {
		if a.Key == attributeExecution {
			return a.Value.String()
		}
	}
	return ""
}

// attributeExecution is the attribute that names the execution.
const attributeExecution = "execution"

func (t Task[Request, Result]) log(ctx context.Context, e ended, err error) {
	attributes := append(slices.Clip(e.attributes), slog.String("function", t.Name), slog.Bool("coldStart", e.cold),
		slog.Int64("durationMs", time.Since(e.started).Milliseconds()))
	if err == nil {
		t.Log.LogAttrs(ctx, slog.LevelInfo, "done", attributes...)
		return
	}
	attributes = append(attributes, ErrorAttributes(err, e.detail)...)
	t.Log.LogAttrs(ctx, slog.LevelError, "failed", attributes...)
}

// ErrorAttributes are what a log says of an error. Its message may name a document, or
// quote it: it is Private.
func ErrorAttributes(err error, detail string) []slog.Attr {
	attributes := []slog.Attr{slog.String("errorType", failure.Name(err))}
	if detail != "" {
		attributes = append(attributes, slog.String("errorDetail", detail))
	}
	return append(attributes, Private("errorMessage", failure.Message(err)))
}

func (t Task[Request, Result]) measure(ctx context.Context, e ended, call Call[Request, Result]) {
	if t.Observer == nil || t.Measure == nil {
		return
	}
	properties := map[string]string{"function": t.Name, attributeExecution: e.execution()}
	if c, ok := lambdacontext.FromContext(ctx); ok {
		properties["requestId"] = c.AwsRequestID
	}
	if err := t.Observer.Metrics.Emit(t.Measure(call), properties); err != nil {
		t.Log.LogAttrs(ctx, slog.LevelWarn, "metrics are not written", slog.String(attributeExecution, e.execution()), slog.String("errorDetail", err.Error()))
	}
}

// panicked logs where a handler panicked, but not with what: a runtime error can quote
// the data. The process should end, as it does after any panic under aws-lambda-go,
// since nobody knows what state it is in.
func (t Task[Request, Result]) panicked(ctx context.Context, fault *workPanic, e ended) error {
	attributes := append(slices.Clip(e.attributes), slog.String("function", t.Name), slog.Bool("coldStart", e.cold),
		slog.String("errorType", failure.Unexpected), slog.String("panic", fault.kind), slog.String("stack", string(fault.stack)))
	t.Log.LogAttrs(ctx, slog.LevelError, "panicked", attributes...)
	return messages.InvokeResponse_Error{
		Type:       failure.Unexpected,
		Message:    fmt.Sprintf("the function %s panicked (%s); its log has the stack", t.Name, fault.kind),
		ShouldExit: true,
	}
}

// DecodeJSON reads a payload into a Request. The error of one that cannot be read says
// what it should be.
func DecodeJSON[Request any](payload []byte, should string) (Request, error) {
	var request Request
	if err := json.Unmarshal(payload, &request); err != nil {
		return request, failure.Plain(failure.InvalidRequest, "the request cannot be read: %s; it should be %s", failure.JSONFault(err), should)
	}
	return request, nil
}
