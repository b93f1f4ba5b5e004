// Package function turns a task's handler into what aws-lambda-go calls: bytes in, bytes
// or a declared error out, one line of log for each call.
//
// Decoding is done here and not by aws-lambda-go, since its errors of decoding have Go
// type names ("SyntaxError") that no state machine can be expected to name.
package function

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/docflow-asl/docflow/tasks/failure"
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
	// Attributes says what of a request belongs in the log: the execution and the object,
	// never text of the document.
	Attributes func(Request) []slog.Attr
	// Outcome says what of a result belongs in the log. May be nil.
	Outcome func(Result) []slog.Attr
}

// Invoke answers one call. Its error is always a messages.InvokeResponse_Error.
func (t Task[Request, Result]) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	started := time.Now()
	var attributes []slog.Attr
	defer func() {
		if fault := recover(); fault != nil {
			answer, err = nil, t.panicked(ctx, fault, attributes)
			return
		}
		t.log(ctx, started, attributes, err)
	}()

	if len(payload) > MaxPayload {
		return nil, failure.New(failure.InvalidRequest, "the request has %d bytes; the limit is %d", len(payload), MaxPayload)
	}
	request, err := t.Decode(payload)
	if err != nil {
		return nil, t.Errors.Declared(err)
	}
	attributes = t.Attributes(request)
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-AnswerMargin))
		defer cancel()
	}
	result, err := t.Handle(ctx, request)
	if err != nil {
		return nil, t.Errors.Declared(err)
	}
	if t.Outcome != nil {
		attributes = append(attributes, t.Outcome(result)...)
	}
	answer, err = json.Marshal(result)
	if err != nil {
		return nil, failure.New(failure.Unexpected, "the result cannot be written as JSON: %v", err)
	}
	return answer, nil
}

func (t Task[Request, Result]) log(ctx context.Context, started time.Time, attributes []slog.Attr, err error) {
	attributes = append(attributes, slog.String("function", t.Name), slog.Int64("durationMs", time.Since(started).Milliseconds()))
	if err == nil {
		t.Log.LogAttrs(ctx, slog.LevelInfo, "done", attributes...)
		return
	}
	attributes = append(attributes, slog.String("errorType", failure.Name(err)), slog.String("errorMessage", failure.Message(err)))
	t.Log.LogAttrs(ctx, slog.LevelError, "failed", attributes...)
}

// panicked logs where a handler panicked, but not with what: a runtime error can quote
// the data. The process should end, as it does after any panic under aws-lambda-go,
// since nobody knows what state it is in.
func (t Task[Request, Result]) panicked(ctx context.Context, fault any, attributes []slog.Attr) error {
	attributes = append(attributes, slog.String("function", t.Name),
		slog.String("panic", fmt.Sprintf("%T", fault)), slog.String("stack", string(debug.Stack())))
	t.Log.LogAttrs(ctx, slog.LevelError, "panicked", attributes...)
	return messages.InvokeResponse_Error{
		Type:       failure.Unexpected,
		Message:    fmt.Sprintf("the function %s panicked (%T); its log has the stack", t.Name, fault),
		ShouldExit: true,
	}
}

// DecodeJSON reads a payload into a Request. The error of one that cannot be read says
// what it should be.
func DecodeJSON[Request any](payload []byte, should string) (Request, error) {
	var request Request
	if err := json.Unmarshal(payload, &request); err != nil {
		return request, failure.New(failure.InvalidRequest, "the request cannot be read: %s; it should be %s", failure.JSONFault(err), should)
	}
	return request, nil
}
