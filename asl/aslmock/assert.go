package aslmock

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/aslmock/internal/fields"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// T is what assertions report to: a testing.TB, or anything else that collects faults. The first fault of a Result tells the
// execution's story too: how it ended, the way that it took, the last events. To a T with a method Story(string) it is told apart.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// errorf reports a fault.
func (r *Result) errorf(t T, format string, args ...any) {
	t.Helper()
	fault := fmt.Sprintf(format, args...)
	if !r.told.Swap(true) {
		if s, ok := t.(interface{ Story(string) }); ok {
			s.Story(r.String())
		} else {
			fault += "\n" + r.String()
		}
	}
	t.Errorf("%s", fault)
}

// want makes a value of what an assertion was given.
func want(t T, x any) (value.Value, bool) {
	t.Helper()
	v, err := toValue(x)
	if err != nil {
		t.Errorf("what is wanted is no JSON: %v", err)
	}
	return v, err == nil
}

// Ended asserts how the execution ended.
func (r *Result) Ended(t T, status engine.Status) {
	t.Helper()
	if r.Status != status {
		r.errorf(t, "the status is %s, want %s", r.Status, status)
	}
}

// Succeeded asserts that the execution succeeded, and when an output is given, that its output is equal to that: JSON text, or
// anything that encoding/json can marshal.
func (r *Result) Succeeded(t T, output ...any) {
	t.Helper()
	r.Ended(t, engine.Succeeded)
	if r.Status != engine.Succeeded {
		return
	}
	for _, o := range output {
		r.compareOutput(t, o, false)
	}
}

// OutputContains asserts that the output holds what partial does: an object's members may be more, arrays are as long.
func (r *Result) OutputContains(t T, partial any) {
	t.Helper()
	r.compareOutput(t, partial, true)
}

func (r *Result) compareOutput(t T, output any, partial bool) {
	t.Helper()
	v, ok := want(t, output)
	if !ok {
		return
	}
	if d := Diff(v, r.Output, partial); d != "" {
		r.errorf(t, "the output is not as wanted:\n%s", d)
	}
}

// OutputAt asserts what a JSONPath finds in the output.
func (r *Result) OutputAt(t T, path string, output any) {
	t.Helper()
	v, ok := want(t, output)
	if !ok {
		return
	}
	got, err := r.outputAt(path)
	if err != nil {
		r.errorf(t, "%s of the output: %v", path, err)
		return
	}
	if d := Diff(v, got, false); d != "" {
		r.errorf(t, "%s of the output is not as wanted:\n%s", path, d)
	}
}

// Failed asserts that the execution failed with an error, and when a pattern is given, that the cause matches it: a regular
// expression.
func (r *Result) Failed(t T, errorName string, causePattern ...string) {
	t.Helper()
	r.Ended(t, engine.Failed)
	if r.Status != engine.Failed {
		return
	}
	r.ErrorIs(t, errorName)
	for _, pattern := range causePattern {
		r.CauseMatches(t, pattern)
	}
}

// ErrorIs asserts the error's name.
func (r *Result) ErrorIs(t T, errorName string) {
	t.Helper()
	if r.Error != errorName {
		r.errorf(t, "the error is %q, want %q", r.Error, errorName)
	}
}

// CauseIs asserts the cause.
func (r *Result) CauseIs(t T, cause string) {
	t.Helper()
	if r.Cause != cause {
		r.errorf(t, "the cause is %q, want %q", r.Cause, cause)
	}
}

// CauseMatches asserts that the cause matches a regular expression.
func (r *Result) CauseMatches(t T, pattern string) {
	t.Helper()
	expression, err := regexp.Compile(pattern)
	if err != nil {
		t.Errorf("the pattern of the cause: %v", err)
		return
	}
	if !expression.MatchString(r.Cause) {
		r.errorf(t, "the cause is %q, which %s does not match", r.Cause, pattern)
	}
}

// known asserts that states exist, lest a slip makes an assertion hold.
func (r *Result) known(t T, states ...string) bool {
	t.Helper()
	var names []string
	for _, state := range r.definition.states {
		names = append(names, state.Common().Name)
	}
	slices.Sort(names)
	ok := true
	for _, name := range states {
		if _, found := slices.BinarySearch(names, name); !found {
			t.Errorf("%s has no state %q; %s", r.definition.describe(), name, fields.Instead(name, names))
			ok = false
		}
	}
	return ok
}

// Visited asserts that the states were entered in this order; others may have been between them.
func (r *Result) Visited(t T, states ...string) {
	t.Helper()
	if !r.known(t, states...) {
		return
	}
	left := states
	for _, name := range r.States() {
		if len(left) > 0 && left[0] == name {
			left = left[1:]
		}
	}
	if len(left) > 0 {
		after := "at all"
		if n := len(states) - len(left); n > 0 {
			after = "after " + states[n-1]
		}
		r.errorf(t, "%s was not entered %s; want %s", left[0], after, strings.Join(states, " → "))
	}
}

// VisitedExactly asserts that these states were entered in this order, and no others. States within Map and Parallel count too.
func (r *Result) VisitedExactly(t T, states ...string) {
	t.Helper()
	if got := r.States(); r.known(t, states...) && !slices.Equal(got, states) {
		at := 0
		for at < len(got) && at < len(states) && got[at] == states[at] {
			at++
		}
		where := fmt.Sprintf("state %d", at+1)
		switch {
		case at == len(got):
			where += fmt.Sprintf(" should be %s, but there is none", states[at])
		case at == len(states):
			where += fmt.Sprintf(" is %s, where none should be", got[at])
		default:
			where += fmt.Sprintf(" is %s, want %s", got[at], states[at])
		}
		r.errorf(t, "the states entered are not as wanted: %s\n  want %s\n  got  %s", where, strings.Join(states, " → "), strings.Join(got, " → "))
	}
}

// NotVisited asserts that none of the states was entered.
func (r *Result) NotVisited(t T, states ...string) {
	t.Helper()
	if !r.known(t, states...) {
		return
	}
	for _, name := range states {
		if r.count(engine.EnteredState, name) > 0 {
			r.errorf(t, "%s was entered", name)
		}
	}
}

// Called asserts how often a state's task was called, retries included.
func (r *Result) Called(t T, state string, times int) {
	t.Helper()
	if n := len(r.Calls(state)); r.known(t, state) && n != times {
		r.errorf(t, "the task of %s was called %s, want %d", state, plural(n, "time", "times"), times)
	}
}

// Got asserts the inputs of a state's task: one for each call, retries included.
func (r *Result) Got(t T, state string, inputs ...any) {
	t.Helper()
	r.compareInputs(t, state, inputs, false)
}

// GotContaining asserts that the inputs of a state's task hold what these do: one for each call, retries included.
func (r *Result) GotContaining(t T, state string, partial ...any) {
	t.Helper()
	r.compareInputs(t, state, partial, true)
}

func (r *Result) compareInputs(t T, state string, inputs []any, partial bool) {
	t.Helper()
	calls := r.Calls(state)
	if !r.known(t, state) {
		return
	}
	if len(calls) != len(inputs) {
		r.errorf(t, "the task of %s was called %s, want %d", state, plural(len(calls), "time", "times"), len(inputs))
		return
	}
	for i, call := range calls {
		v, ok := want(t, inputs[i])
		if !ok {
			continue
		}
		if d := Diff(v, call.Input, partial); d != "" {
			r.errorf(t, "the input of call %d (from 0) of %s is not as wanted:\n%s", i, state, d)
		}
	}
}

// Retried asserts how often a state was tried again by its retriers.
func (r *Result) Retried(t T, state string, times int) {
	t.Helper()
	if n := r.Retries(state); r.known(t, state) && n != times {
		r.errorf(t, "%s was retried %s, want %d", state, plural(n, "time", "times"), times)
	}
}

// Caught asserts that catchers of a state took errors, so many times.
func (r *Result) Caught(t T, state string, times int) {
	t.Helper()
	if n := r.count(engine.TookCatcher, state); r.known(t, state) && n != times {
		r.errorf(t, "errors of %s were caught %s, want %d", state, plural(n, "time", "times"), times)
	}
}

// Took asserts how long the execution took on its virtual clock.
func (r *Result) Took(t T, d time.Duration) {
	t.Helper()
	r.TookBetween(t, d, d)
}

// TookBetween asserts that the execution took no less than least and no more than most: pauses with jitter are random.
func (r *Result) TookBetween(t T, least, most time.Duration) {
	t.Helper()
	if d := r.Duration(); d < least || d > most {
		wanted := fmt.Sprintf("%v to %v", least, most)
		switch {
		case least == most:
			wanted = least.String()
		case least <= 0:
			wanted = fmt.Sprintf("%v at most", most)
		case most == math.MaxInt64:
			wanted = fmt.Sprintf("%v at least", least)
		}
		r.errorf(t, "the execution took %v, want %s", d, wanted)
	}
}
