package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// Handler does the work of Task states: it stands for a Lambda function, an activity or a service's API.
// Handlers are called from many goroutines at once, also within one execution.
type Handler interface {
	// Handle returns the task's result. An error that is, or wraps, a *TaskError fails the task with its name and cause; a
	// *RuntimeError ends the execution; any other error fails the task with States.TaskFailed and the error's text; ErrNoAnswer
	// leaves the task running until it times out. ctx ends when the task times out, is aborted, or the execution ends.
	Handle(ctx context.Context, call *Call) (value.Value, error)
}

// Selective is a Handler that answers some of the tasks only that its resource or pattern stands for; for the others there is no
// handler.
type Selective interface {
	Handler
	// Handles tells whether the handler answers the task of that state with that resource.
	Handles(state, resource string) bool
}

// HandlerFunc is a function as a Handler.
type HandlerFunc func(ctx context.Context, call *Call) (value.Value, error)

// Handle calls the function.
func (f HandlerFunc) Handle(ctx context.Context, call *Call) (value.Value, error) {
	return f(ctx, call)
}

// TaskError is the failure of a task as Step Functions sees it. An empty Name or Cause counts as missing, as after a
// SendTaskFailure without them.
type TaskError struct {
	Name  string // what Retry and Catch match, such as Lambda.TooManyRequestsException
	Cause string
}

func (e *TaskError) Error() string {
	if e.Cause == "" {
		return e.Name
	}
	return e.Name + ": " + e.Cause
}

// RuntimeError is what a handler returns for a task that could not be started at all: the execution ends with States.Runtime, which no
// retrier or catcher takes.
type RuntimeError struct {
	Cause string
}

func (e *RuntimeError) Error() string { return ErrorRuntime + ": " + e.Cause }

// ErrNoAnswer is what a handler returns for a task that never ends by itself: the task then waits for its time-out.
var ErrNoAnswer = errors.New("the task gives no answer")

// Call is one attempt at a Task state.
type Call struct {
	Resource         string      // the state's Resource, an ARN
	Input            value.Value // what Parameters (or the input) made
	State            string      // the state's name
	ExecutionName    string
	ExecutionArn     string
	StateMachineName string
	RetryCount       int       // 0 at the first attempt
	TimeoutSeconds   int64     // 0 when the state sets none
	HeartbeatSeconds int64     // 0 when the state sets none
	TaskToken        string    // of .waitForTaskToken and activities, else empty
	Now              time.Time // the execution's clock when the task started

	elapsed    time.Duration
	heartbeats []time.Duration
	submitted  value.Value
	beat       func() // tells a real clock's scheduler; nil on the virtual clock
	nesting    *nesting
	entered    int64 // the id of the state's entry
}

// Elapse says that the task took that much of the execution's time (more, when called again). Without it a task takes no
// time on the virtual clock. The real clock measures by itself: the result counts when both have passed.
func (c *Call) Elapse(d time.Duration) { c.elapsed += max(0, min(d, math.MaxInt64-c.elapsed)) }

// Heartbeat says that the task sent a heartbeat at the time that it has told to have elapsed. A task whose HeartbeatSeconds
// pass without one times out.
func (c *Call) Heartbeat() {
	if c.beat != nil {
		c.beat()
		return
	}
	c.heartbeats = append(c.heartbeats, c.elapsed)
}

// Submit gives the service's answer to the request that a .sync or .waitForTaskToken task began with; it is the output of
// the TaskSubmitted event.
func (c *Call) Submit(answer value.Value) { c.submitted = answer }

// Handlers holds handlers by resource: an ARN, or a pattern in which `*` stands for any text, such as
// `arn:aws:states:::aws-sdk:s3:*`. The exact name wins, then the longest pattern that fits; of two as long the first in
// the order of their text.
type Handlers map[string]Handler

// Lookup returns the handler for a resource, or nil.
func (h Handlers) Lookup(resource string) Handler {
	if handler, ok := h[resource]; ok {
		return handler
	}
	best := ""
	for pattern := range h {
		if !strings.Contains(pattern, "*") || !matchWildcard(pattern, resource) {
			continue
		}
		if best == "" || len(pattern) > len(best) || len(pattern) == len(best) && pattern < best {
			best = pattern
		}
	}
	if best == "" {
		return nil
	}
	return h[best]
}

// matchWildcard matches text with a pattern in which * stands for any text.
func matchWildcard(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// taskFailure is what a handler's error does to the task.
func taskFailure(err error) *failure {
	if f, ok := err.(*failure); ok { // of Machines
		return f
	}
	var task *TaskError
	if !errors.As(err, &task) {
		return newFailure(ErrorTaskFailed, err.Error())
	}
	f := &failure{located: true}
	if task.Name != "" {
		f.name = &task.Name
	}
	if task.Cause != "" {
		f.cause = &task.Cause
	}
	return f
}

// protect calls the handler and turns a panic into an error. exited is told when the handler ended its goroutine
// (runtime.Goexit, as testing's FailNow does).
func protect(ctx context.Context, handler Handler, call *Call, done func(value.Value, error)) {
	var (
		result   value.Value
		err      error
		returned bool
	)
	defer func() {
		if returned {
			done(result, err)
			return
		}
		if p := recover(); p != nil {
			done(nil, fmt.Errorf("the handler of %s panicked: %v", call.Resource, p))
			return
		}
		done(nil, fmt.Errorf("the handler of %s ended its goroutine", call.Resource))
	}()
	result, err = handler.Handle(ctx, call)
	returned = true
}
