package aslmock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// Session is the use of mocks by one execution: it counts the calls. It is an engine.Handler for any resource.
type Session struct {
	mocks    *Mocks
	fallback engine.Handlers
	hint     func(*engine.Call) string

	mu       sync.Mutex
	used     map[use]int
	calls    map[string][]Call
	unmocked []*UnmockedError
}

// use is an answer of a mock: test cases share answers, but each state counts for itself.
type use struct {
	mock   *Mock
	answer int
}

// Call is a call of a task as a mock saw it.
type Call struct {
	State      string
	Resource   string
	Input      value.Value // what Parameters or Arguments made
	RetryCount int         // 0 for the first attempt
	Time       time.Time   // on the execution's clock
}

// Start begins a session for one execution. Tasks without a mock go to the fallback; one that it has no handler for either fails
// with an UnmockedError.
func (m *Mocks) Start(fallback engine.Handlers) *Session {
	return &Session{mocks: m, fallback: fallback, hint: hintGo, used: map[use]int{}, calls: map[string][]Call{}}
}

// Handlers is what engine.Options.Tasks takes: the session, for every resource.
func (s *Session) Handlers() engine.Handlers { return engine.Handlers{"*": s} }

// Handles tells that the session answers a task: with an UnmockedError, when it has no mock for it. Only an activity that nobody
// answers is left to the engine, which says as AWS does that it does not exist.
func (s *Session) Handles(state, resource string) bool {
	if !strings.Contains(resource, ":activity:") || s.fallback.Lookup(resource) != nil {
		return true
	}
	for _, l := range s.mocks.layers {
		if l.states[state] != nil {
			return true
		}
		for _, m := range l.resources {
			if m.Fits(resource) {
				return true
			}
		}
	}
	return false
}

// UnmockedError is why a task fails that has neither a mock nor a handler, or whose mock is at fault. The execution ends with
// States.Runtime, which no catcher takes.
type UnmockedError struct {
	State      string
	Resource   string
	Invocation int // of the state, from 0
	Reason     string
}

func (e *UnmockedError) Error() string {
	return fmt.Sprintf("state %q (%s), call %d (from 0): %s", e.State, e.Resource, e.Invocation, e.Reason)
}

// Unwrap gives the error that the task fails with.
func (e *UnmockedError) Unwrap() error {
	return &engine.RuntimeError{Cause: fmt.Sprintf("no mock answers state %q", e.State)}
}

// Handle answers a call.
func (s *Session) Handle(ctx context.Context, call *engine.Call) (value.Value, error) {
	s.mu.Lock()
	invocation := len(s.calls[call.State])
	s.calls[call.State] = append(s.calls[call.State], Call{call.State, call.Resource, call.Input, call.RetryCount, call.Now})
	a, exhausted := s.pick(call)
	var handler engine.Handler
	switch {
	case a != nil:
		handler = engine.HandlerFunc(a.handle)
	case exhausted == nil || !exhausted.closed:
		handler = s.fallback.Lookup(call.Resource)
	}
	s.mu.Unlock()
	unmocked := func(reason string) error {
		err := &UnmockedError{State: call.State, Resource: call.Resource, Invocation: invocation, Reason: reason}
		s.mu.Lock()
		s.unmocked = append(s.unmocked, err)
		s.mu.Unlock()
		return err
	}
	switch {
	case handler != nil:
	case exhausted != nil:
		reason := fmt.Sprintf("the mock of %s has no answer left; it answers %s", exhausted, plural(exhausted.invocations(), "call", "calls"))
		if exhausted.where != "" {
			reason += " (" + exhausted.where + ")"
		}
		return nil, unmocked(reason)
	default:
		return nil, unmocked("there is no mock and no handler for it; " + s.hint(call))
	}
	v, err := handler.Handle(ctx, call)
	var (
		fault   *expressionError
		failure *engine.TaskError
	)
	switch {
	case errors.As(err, &fault):
		return nil, unmocked("the expression of its mock fails: " + fault.Error())
	case a != nil && waits(call.Resource) && errors.As(err, &failure) && !ofService(failure.Name):
		call.Submit(value.NewObject())
	}
	return v, err
}

// waits tells whether a resource is one with .sync, .sync:2 or .waitForTaskToken: a failure of such a task is mostly that of the job,
// whose request the service has taken (recorded on AWS: TaskSubmitted comes before TaskFailed).
func waits(resource string) bool {
	return strings.HasPrefix(resource, "arn:aws:states:::") && strings.Contains(resource, ".")
}

// ofService tells whether an error has a name such as Sqs.QueueDoesNotExistException: the service has refused the request.
func ofService(name string) bool {
	service, _, dotted := strings.Cut(name, ".")
	return dotted && service != "States" && !strings.Contains(service, " ")
}

// pick finds the answer for a call, or else a mock that has run out of answers.
func (s *Session) pick(call *engine.Call) (a *answer, exhausted *Mock) {
	for _, l := range s.mocks.layers {
		candidates := l.resources
		if m := l.states[call.State]; m != nil {
			candidates = append([]*Mock{m}, candidates...)
		}
		for _, m := range candidates {
			if m.state == "" && !m.Fits(call.Resource) {
				continue
			}
			a, had := s.pickOf(m, call)
			switch {
			case a != nil:
				return a, nil
			case had && m.closed:
				return nil, m
			case had && exhausted == nil:
				exhausted = m
			}
		}
	}
	return nil, exhausted
}

// pickOf finds the answer of a mock, and tells whether it had one for such a call at all.
func (s *Session) pickOf(m *Mock, call *engine.Call) (a *answer, had bool) {
	if len(m.answers) == 0 {
		return nil, true
	}
	for i, a := range m.answers {
		if a.when != nil && !Contains(call.Input, a.when) {
			continue
		}
		had = true
		if s.used[use{m, i}] < m.limit(i) {
			s.used[use{m, i}]++
			return a, true
		}
	}
	return nil, had
}

// Calls lists the calls of a state's task so far, retries included, in the order in which they were made.
func (s *Session) Calls(state string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls[state]...)
}

// Unmocked lists the calls that neither a mock nor a handler answered.
func (s *Session) Unmocked() []*UnmockedError {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*UnmockedError(nil), s.unmocked...)
}

// hintGo says how to mock a task in Go.
func hintGo(call *engine.Call) string {
	return fmt.Sprintf("mock it with aslmock.State(%q).Returns(…) or aslmock.Resource(%q).Returns(…)", call.State, call.Resource)
}
