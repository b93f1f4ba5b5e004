package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata/folder"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
)

// world is what an execution and those that it starts have around them.
type world struct {
	machines map[string]*program   // by ARN: what tasks start executions of
	mocks    map[string]*taskMocks // of those, by ARN
	objects  *folder.Folder        // nil for none
	stop     context.CancelCauseFunc
	options  engine.Options // of executions that tasks start

	mu    sync.Mutex
	notes []note // what was lacking
}

// maxNesting is how deep executions may start each other. On AWS nothing ends a state machine that starts itself.
const maxNesting = 100

// mockMachines finds the mocks of the state machines that tasks start, by the last part of their ARNs.
func (w *world) mockMachines(config *mockConfig, testCase string) error {
	w.mocks = map[string]*taskMocks{}
	for _, arn := range sortedKeys(w.machines) {
		name := arn[strings.LastIndexByte(arn, ':')+1:]
		if !config.has(name, testCase) {
			continue
		}
		mocks, err := config.mocks(name, testCase, w.machines[arn])
		if err != nil {
			return err
		}
		w.mocks[arn] = mocks
	}
	return nil
}

// tasks answers the tasks of one execution.
type tasks struct {
	world    *world
	handlers engine.Handlers
	session  *session // nil without mocks
	nested   bool
	hints    map[string]func() string // by the location of a state: what to do about what it has not
}

// tasks makes the handlers for an execution that is nested so deep. started is told of each execution that a task has started.
func (w *world) tasks(p *program, mocks *taskMocks, depth int, started func(state, machine string, x *engine.Execution)) *tasks {
	t := &tasks{world: w, handlers: engine.Handlers{}, nested: depth > 0, hints: map[string]func() string{}}
	if len(w.machines) > 0 {
		t.handlers[engine.StartExecutionPattern] = engine.HandlerFunc(func(ctx context.Context, call *engine.Call) (value.Value, error) {
			return w.startExecution(ctx, call, depth+1, started)
		})
	}
	lacking := lackingTasks{program: p}
	asl.Walk(p.machine, func(scope *asl.Scope, state asl.State) {
		name := state.Common().Name
		switch state := state.(type) {
		case *asl.TaskState:
			if t.handlers.Lookup(state.Resource) == nil && (mocks == nil || !mocks.states[name]) {
				lacking.states = append(lacking.states, lackingTask{scope.StateLocation(state), name, state.Resource})
			}
		case *asl.MapState:
			if w.objects == nil && state.Distributed() && (state.ItemReader != nil || state.ResultWriter != nil) {
				t.hints[scope.StateLocation(state)] = func() string {
					return fmt.Sprintf("the Map state %q reads or writes objects in S3; --s3 DIR gives it a folder laid out BUCKET/KEY", name)
				}
			}
		}
	})
	for _, l := range lacking.states {
		t.hints[l.location] = func() string { return lacking.hint(l) }
	}
	if mocks != nil {
		t.session = mocks.start(t.handlers)
		t.handlers = engine.Handlers{"*": t.session}
	}
	return t
}

// decided notes when a state is entered that lacks something.
func (t *tasks) decided(d engine.Decision) {
	hint := t.hints[d.State]
	switch {
	case hint == nil || d.Kind != engine.EnteredState:
	case t.nested:
		t.world.lacks("", hint())
	default:
		t.world.lacks(d.State, hint())
	}
}

// startExecution answers a task that starts an execution.
func (w *world) startExecution(ctx context.Context, call *engine.Call, depth int, started func(state, machine string, x *engine.Execution)) (value.Value, error) {
	if depth > maxNesting {
		stop := &engine.StopExecution{
			ErrorName: "StepFunctions.ExecutionLimitExceeded",
			Cause:     fmt.Sprintf("docflow exec stopped it: executions that start each other are nested %d deep", maxNesting),
		}
		w.stop(stop)
		return nil, &engine.TaskError{Name: stop.ErrorName, Cause: stop.Cause}
	}
	machines := engine.Machines{}
	for arn, p := range w.machines {
		machines[arn] = p.Program
	}
	opts := w.options
	arn := ""
	if input, ok := call.Input.(*value.Object); ok {
		v, _ := input.Get("StateMachineArn")
		text, _ := v.(value.String)
		arn = string(text)
	}
	child := w.machines[arn]
	if child == nil {
		w.lacks("", fmt.Sprintf("the state %q starts %s, which is none of the state machines that --machine ARN=FILE gives", call.State, cmp.Or(arn, "no state machine")))
		return machines.Handler(opts, nil).Handle(ctx, call)
	}
	tasks := w.tasks(child, w.mocks[arn], depth, func(string, string, *engine.Execution) {})
	opts.Tasks, opts.OnDecision = tasks.handlers, tasks.decided
	return machines.Handler(opts, func(x *engine.Execution) {
		started(call.State, arn[strings.LastIndexByte(arn, ':')+1:], x)
		for _, u := range tasks.session.unanswered() {
			w.lacks("", u)
		}
	}).Handle(ctx, call)
}

// note tells what a state lacked.
type note struct{ location, text string }

// mostNotes is how many notes are printed.
const mostNotes = 5

// lacks notes what a state lacks, once. Without a location it is a state of another machine's.
func (w *world) lacks(location, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := (note{location, text}); len(w.notes) < mostNotes && !slices.Contains(w.notes, n) {
		w.notes = append(w.notes, n)
	}
}

// lacked are the notes.
func (w *world) lacked() []note {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.notes
}

// lackingTasks are the tasks of a definition that nothing answers.
type lackingTasks struct {
	program *program
	states  []lackingTask
}

type lackingTask struct{ location, state, resource string }

// mostExamples is how many tasks the example of a mock configuration has; with more of them it has only the one that was called.
const mostExamples = 8

// hint says how to give a task what it calls, and the others what they will call.
func (l *lackingTasks) hint(called lackingTask) string {
	hint := fmt.Sprintf("nothing answers the task of the state %q (%s); ", called.state, report.Clean(called.resource))
	if strings.HasPrefix(called.resource, strings.TrimSuffix(engine.StartExecutionPattern, "*")) {
		hint += "give the state machine that it starts with --machine ARN=FILE, or "
	}
	states := l.states // with all of them, so that the next one is not missing then
	if len(states) > mostExamples {
		states = []lackingTask{called}
	}
	var names, responses []value.Member
	for _, s := range states {
		example := `{"0":{"Return":{}}}`
		if s.resource == "arn:aws:states:::lambda:invoke" {
			example = `{"0":{"Return":{"StatusCode":200,"Payload":{}}}}`
		}
		names = append(names, value.Member{Name: s.state, Value: value.String(s.state)})
		responses = append(responses, value.Member{Name: s.state, Value: value.MustParse(example)})
	}
	object := func(name string, v value.Value) value.Value {
		return value.NewObject(value.Member{Name: name, Value: v})
	}
	config := value.NewObject(
		value.Member{Name: "StateMachines", Value: object(l.program.name(), object("TestCases", object("Happy", value.NewObject(names...))))},
		value.Member{Name: "MockedResponses", Value: value.NewObject(responses...)},
	)
	return hint + "mock it in a test for docflow test, or here with --mock-config mocks.json and such a file:\n" + value.Text(config)
}
