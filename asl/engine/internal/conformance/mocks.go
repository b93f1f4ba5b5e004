package conformance

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// Replay is a handler for all tasks of one execution. It answers as the recording did: with the first unused call of the same
// state and input; if none fits, with the state's first unused call. A call beyond the recorded ones never answers where the
// recording shows that tasks were aborted, and fails elsewhere.
type Replay struct {
	mu          sync.Mutex
	calls       []TaskCall
	mocks       map[string][]Answer
	aborts      bool // the recording has tasks that were aborted before they answered
	invocations map[string]int
	tokens      bindings // what the recorded task tokens are in this execution
	notes       []string
}

// NewReplay makes the handler for one execution of a case.
func NewReplay(c *Case) *Replay {
	r := &Replay{calls: slices.Clone(c.Calls), mocks: c.Mocks, invocations: map[string]int{}, tokens: bindings{}}
	r.aborts = slices.ContainsFunc(c.History, func(e *value.Object) bool { return str(e, "type") == "TaskStateAborted" })
	return r
}

// Notes tell which calls had no counterpart in the recording.
func (r *Replay) Notes() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.notes
}

// Handle answers a call.
func (r *Replay) Handle(_ context.Context, call *engine.Call) (value.Value, error) {
	recorded := r.take(call)
	if recorded.Submitted != nil {
		call.Submit(value.Detach(recorded.Submitted))
	}
	switch a := recorded.Answer; {
	case a.Never:
		return nil, engine.ErrNoAnswer
	case a.Throw != nil:
		return nil, &engine.TaskError{Name: text(a.Throw.Error), Cause: text(a.Throw.Cause)}
	case a.Return != nil:
		return value.Detach(a.Return), nil
	}
	return nil, fmt.Errorf("no answer was recorded for %s with %s", call.State, value.Text(call.Input))
}

// take removes the recorded call that a call stands for.
func (r *Replay) take(call *engine.Call) TaskCall {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.invocations[call.State]
	r.invocations[call.State]++
	var (
		first  = -1
		reason string
		bound  bindings
	)
	for i, recorded := range r.calls {
		if recorded.State != call.State {
			continue
		}
		why, b := "", r.tokens.clone()
		if recorded.Input != nil {
			why = b.diff(recorded.Input, call.Input, "input", false)
		}
		if why == "" {
			first, reason, bound = i, "", b
			break
		}
		if first < 0 {
			first, reason, bound = i, why, r.tokens
		}
	}
	if reason != "" {
		r.notes = append(r.notes, fmt.Sprintf("%s: %s", call.State, reason))
	}
	if first >= 0 {
		recorded := r.calls[first]
		r.calls = slices.Delete(r.calls, first, first+1)
		r.tokens = bound
		recorded.Submitted = mapText(recorded.Submitted, bound.fill)
		recorded.Answer = recorded.Answer.mapText(bound.fill)
		return recorded
	}
	if mocks := r.mocks[call.State]; n < len(mocks) {
		return TaskCall{State: call.State, Answer: mocks[n]}
	}
	r.notes = append(r.notes, fmt.Sprintf("%s: call %d was not recorded", call.State, n+1))
	return TaskCall{Answer: Answer{Never: r.aborts}}
}
