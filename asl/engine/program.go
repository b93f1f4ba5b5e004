package engine

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// Problem is one fault of a definition that keeps it from running.
type Problem struct {
	State   string // empty for the machine itself
	Field   string // such as Parameters.x.$ or Choices[0].Next
	Message string // what is wrong, and what would be right
	Err     error  // the error behind it, or nil
}

func (p Problem) String() string {
	if p.State == "" {
		return fmt.Sprintf("%s: %s", p.Field, p.Message)
	}
	return fmt.Sprintf("state %q, %s: %s", p.State, p.Field, p.Message)
}

// CompileError holds all problems of a definition.
type CompileError struct {
	Problems []Problem
}

func (e *CompileError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the errors behind the problems.
func (e *CompileError) Unwrap() []error {
	var errs []error
	for _, p := range e.Problems {
		if p.Err != nil {
			errs = append(errs, p.Err)
		}
	}
	return errs
}

// Program is a compiled definition. It does not change: any number of executions may share it.
type Program struct {
	graph   *graph
	timeout int64 // seconds; 0 for none

	standardOnly []Problem // what an Express workflow cannot have
}

// graph is a set of states with a start: the machine, a branch, or a Map's processor.
type graph struct {
	start  *state
	states map[string]*state
}

// state is a compiled state.
type state struct {
	name     string
	location string // in the definition, such as /States/Each/ItemProcessor/States/Work
	kind     asl.StateType
	entered  EventType
	exited   EventType
	aborted  EventType // of Task, Wait, Parallel and Map
	jsonata  bool
	flow     dataflow
	next     *state // nil at the end of the graph
	run      func(t *thread)

	errors *errorHandling // of Task, Parallel and Map
	task   *taskSpec
	choice *choiceSpec
	wait   *waitSpec
	fail   *failSpec
	groups *groupSpec // of Parallel and Map
}

type taskSpec struct {
	resource    resource
	timeout     number
	heartbeat   number
	credentials expr // nil for none
}

type choiceSpec struct {
	rules    []choiceRule
	fallback *state // Default; nil for none
}

type choiceRule struct {
	condition condition
	next      *state
	flow      dataflow
}

type waitSpec struct {
	seconds       number
	timestamp     expr // nil when the state waits for seconds
	timestampPath string
}

type failSpec struct {
	err, cause expr // nil for none
}

// groupSpec is what a Parallel or a Map runs.
type groupSpec struct {
	started, succeeded, failed EventType
	branches                   []*graph // of a Parallel

	processor        *graph // of a Map
	items            itemSource
	selector         expr // nil: an iteration gets the item itself
	concurrency      number
	toleratedCount   number
	toleratedPercent number
	distributed      bool
	label            string
	childType        WorkflowType // of a distributed Map
	reader           *readerSpec
	batcher          *batcherSpec
	writer           *writerSpec
}

// errorHandling are the retriers and catchers of a state.
type errorHandling struct {
	retriers []retrier
	catchers []catcher
}

type retrier struct {
	errorEquals []string
	interval    float64 // seconds
	maxAttempts int64
	backoff     float64
	maxDelay    float64 // seconds; 0 for none
	jitter      bool
}

type catcher struct {
	errorEquals []string
	flow        catchFlow
	next        *state
}

// number is a field that holds a number or says where one is.
type number struct {
	set   bool
	value float64
	text  string // of a literal, as written
	expr  expr   // of a path, else nil
	query *query // of a JSONata expression, else nil
	path  string // the path's text
	field string // the name of the path field, such as SecondsPath
}

// itemSource gives the items of a Map.
type itemSource interface {
	items(e *env) (*value.Array, error)
}
