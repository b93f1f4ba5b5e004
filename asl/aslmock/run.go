package aslmock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock/coverage"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// Run runs a definition with mocked tasks, on a virtual clock. The definition is the name of a file (a string), the text of one
// ([]byte), or a machine. What keeps it from running ends the test; a task that has no mock fails it.
func Run[D string | []byte | *asl.Machine](t testing.TB, definition D, options ...Option) *Result {
	t.Helper()
	s, err := newSetup(options)
	if err != nil {
		t.Fatal(err)
	}
	var d *Definition
	switch definition := any(definition).(type) {
	case string:
		d, err = Load(definition, s.substitutions)
	case []byte:
		d, err = Parse("", definition, s.substitutions)
	case *asl.Machine:
		d, err = Of(definition, s.substitutions)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range r.Unmocked {
		r.errorf(t, "%v", err)
	}
	return r
}

// Run runs the definition once. Its substitutions are filled already: Substitute has no effect here. The error is for options
// that do not fit the definition; whatever happens in the execution is in the Result.
func (d *Definition) Run(ctx context.Context, options ...Option) (*Result, error) {
	s, err := newSetup(options)
	if err != nil {
		return nil, err
	}
	return d.run(ctx, s)
}

func (d *Definition) run(ctx context.Context, s *setup) (*Result, error) {
	mocks, err := s.layers(d)
	if err != nil {
		return nil, err
	}
	if err := d.Check(mocks, s.mode); err != nil {
		return nil, err
	}
	r := &Result{Coverage: d.Coverage(), definition: d}
	opts := s.engine
	if opts.StateMachineName == "" {
		opts.StateMachineName = d.Name()
	}
	for _, adjust := range s.adjust {
		adjust(&opts)
	}
	r.session = mocks.Start(opts.Tasks)
	r.session.hint = s.hint
	opts.Tasks = r.session.Handlers()
	also := opts.OnDecision
	opts.OnDecision = func(decision engine.Decision) {
		r.Decisions = append(r.Decisions, decision)
		r.Coverage.Record(decision)
		for _, p := range s.profiles {
			p.Record(decision)
		}
		if also != nil {
			also(decision)
		}
	}
	x, err := d.program.Run(ctx, s.input, opts)
	if err != nil {
		return nil, err
	}
	r.Execution, r.Unmocked = x, r.session.Unmocked()
	return r, nil
}

// Result is an execution that has ended, with what its mocks saw.
type Result struct {
	*engine.Execution
	Decisions  []engine.Decision
	Coverage   *coverage.Profile // of this run alone
	Unmocked   []*UnmockedError  // calls that had neither a mock nor a handler
	session    *Session
	definition *Definition
	told       atomic.Bool // the story
}

// Calls lists the calls of a state's task, retries included, in the order in which they were made.
func (r *Result) Calls(state string) []Call { return r.session.Calls(state) }

// Duration is how long the execution took on its clock.
func (r *Result) Duration() time.Duration { return r.StopTime.Sub(r.StartTime) }

// States lists the states in the order in which they were entered, those within Map and Parallel included.
func (r *Result) States() []string {
	var names []string
	for _, d := range r.Decisions {
		if d.Kind == engine.EnteredState {
			names = append(names, r.stateName(d.State))
		}
	}
	return names
}

func (r *Result) stateName(location string) string {
	if state := r.definition.states[location]; state != nil {
		return state.Common().Name
	}
	return location[strings.LastIndexByte(location, '/')+1:]
}

// count counts the decisions of a kind in a state.
func (r *Result) count(kind engine.DecisionKind, state string) int {
	n := 0
	for _, d := range r.Decisions {
		if d.Kind == kind && r.stateName(d.State) == state {
			n++
		}
	}
	return n
}

// Retries is how often a state was tried again.
func (r *Result) Retries(state string) int { return r.count(engine.TookRetrier, state) }

// outputAt gives what a JSONPath finds in the output.
func (r *Result) outputAt(path string) (value.Value, error) {
	if r.Output == nil {
		return nil, errors.New("there is no output")
	}
	return evalPath(path, r.Output)
}

// String tells how the execution ended, which way it went, and what happened last.
func (r *Result) String() string {
	var b strings.Builder
	status, about := r.outcome()
	fmt.Fprintf(&b, "the execution %s after %v%s", status, rounded(r.Duration()), about)
	fmt.Fprintf(&b, "\n  path: %s", r.path())
	b.WriteString("\n  last events:")
	r.lastEvents(&b)
	return b.String()
}

// outcome is the status, and what belongs to it in a few words.
func (r *Result) outcome() (status engine.Status, about string) {
	switch {
	case r.Status == engine.Succeeded:
		about = " with " + clip(value.Text(r.Output))
	case r.Error != "":
		about = " with " + r.Error
	}
	if r.Cause != "" {
		about += ": " + clip(r.Cause)
	}
	return r.Status, about
}
