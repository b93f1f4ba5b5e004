package engine

import (
	"cmp"
	"context"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// probe watches an execution of one state from within: the points at which the engine tells it something are those that InspectionData has.
// The engine calls it also where there is none, so its methods take a nil receiver.
type probe struct {
	test     *stateTest
	x        *execution
	given    *value.Object // the context object of the request
	seen     [steps]value.Value
	retry    *retryProbe
	decision *Decision
	exited   *ExitedDetails
	handled  *failure // what retriers and catchers were asked about
	failed   *failure // what ended the state
	mapped   testMapSettings
	refused  error // what shows only as the state runs that the request is refused
}

// step is a point of the data flow.
type step uint8

const (
	afterInputPath step = iota
	afterArguments      // or Parameters
	rawResult
	afterResultSelector
	afterResultPath
	afterItems
	afterItemSelector
	afterItemBatcher
	steps
)

// retryProbe is what came of the retrier that matches.
type retryProbe struct {
	index   int
	again   bool // it has attempts left
	seconds int64
}

// note takes the value at a step.
func (p *probe) note(s step, v value.Value) {
	if p != nil {
		p.seen[s] = v
	}
}

// enter gives a state that is about to begin the retries that it is to have had.
func (p *probe) enter(t *thread) {
	if p == nil || t.state.errors == nil {
		return
	}
	n := p.test.Configuration.RetrierRetryCount
	if n == 0 && p.given != nil {
		// The documentation has retries exhausted by the context object's count alone.
		n = contextRetries(p.given)
	}
	t.retries = int(min(n, maxRetries))
	t.attempts = make([]int64, len(t.state.errors.retriers))
	for i := range t.attempts {
		t.attempts[i] = n
	}
}

const maxRetries = 1 << 30

func contextRetries(object *value.Object) int64 {
	part, _ := object.Get("State")
	members, ok := part.(*value.Object)
	if !ok {
		return 0
	}
	count, _ := members.Get("RetryCount")
	number, _ := count.(value.Number)
	n, _ := number.Int()
	return max(n, 0)
}

// handle takes a failure that retriers and catchers are about to see.
func (p *probe) handle(f *failure) {
	if p != nil {
		p.handled = f
	}
}

// contextObject is the context object that the request gives, with the item that an ItemSelector is about; nil for none.
func (p *probe) contextObject(t *thread) value.Value {
	if p == nil || p.given == nil {
		return nil
	}
	if t.item != nil {
		return p.given.With("Map", t.item.contextObject())
	}
	return p.given
}

// retrier takes the retrier that matches a failure, after so many attempts. What jitter makes of the delay is not shown: the delay is its
// upper bound.
func (p *probe) retrier(index int, r *retrier, attempts int64) {
	if p == nil {
		return
	}
	p.retry = &retryProbe{index: index, again: attempts < r.maxAttempts}
	p.retry.seconds = int64(r.delay(attempts, func() float64 { return 1 }).Seconds())
}

// event takes the events that tell of the data flow, and stops after the state's last one.
func (p *probe) event(e Event) {
	switch d := e.Details.(type) {
	case *ScheduledDetails:
		p.note(afterArguments, d.Input)
	case *OutputDetails:
		if e.Type == TaskSucceeded || e.Type == LambdaFunctionSucceeded || e.Type == ActivitySucceeded {
			p.note(rawResult, d.Output)
		}
	case *ExitedDetails:
		p.exited = d
		p.stop()
	}
}

// decide takes what the state decided, and stops before it is tried again.
func (p *probe) decide(d Decision) {
	if d.Kind == EnteredState {
		return
	}
	p.decision = &d
	if d.Kind == TookRetrier {
		p.stop()
	}
}

func (p *probe) stop() { p.x.s.done = true }

// run runs the state to its end, and what is around it as far as an error goes that the state does not handle.
func (test *stateTest) run(ctx context.Context) (*TestResponse, error) {
	input := test.Input
	if input == nil {
		input = emptyObject
	}
	opts := test.Options
	opts.Type, opts.Sync = Express, true
	opts.Limits = opts.Limits.withDefaults(Express)
	if value.Size(input) > opts.Limits.PayloadBytes {
		return nil, &TestStateError{"InvalidExecutionInput", ErrInputTooLarge.Error()}
	}
	p := &probe{test: test, given: test.Context}
	watch(&opts, p)
	if test.Mock != nil {
		opts.Tasks = Handlers{"*": HandlerFunc(test.answer)}
	}
	if opts.RoleArn == "" {
		opts.RoleArn = test.RoleArn
	}
	s := newScheduler(ctx, &opts)
	defer close(s.over)
	opts.testNames(s)
	x := newExecution(s, &opts, input)
	x.probe, p.x = p, x
	x.contextParts = x.testContext()
	x.onEnd = func(_ *execution, f *failure) {
		p.failed = f
		p.stop()
	}
	x.emit(0, ExecutionStarted, &StartedDetails{Input: input, RoleArn: opts.RoleArn})
	x.root = &thread{x: x, graph: &graph{start: test.state}, input: input, vars: &scope{}}
	if test.Variables != nil {
		x.root.vars.set(test.Variables.Members())
	}
	if test.Context == nil && test.inMap() {
		x.root.item = &mapItem{value: input} // documented
	}
	x.root.begin()
	x.deadlines(0)
	if !s.loop() {
		return nil, context.Cause(ctx)
	}
	deciding := test.state
	for _, owner := range test.owners {
		if p.failed == nil || p.failed.runtime {
			break
		}
		deciding = owner
		p.propagate(owner)
	}
	if p.refused != nil {
		return nil, p.refused
	}
	return test.respond(p, deciding), nil
}

func (test *stateTest) inMap() bool {
	for _, owner := range test.owners {
		if owner.kind == asl.TypeMap {
			return true
		}
	}
	return false
}

// propagate lets a Parallel or Map handle the error of a state within (documented). What the Parallel or Map itself was entered with is not
// known; its catchers get the input of the tested state.
func (p *probe) propagate(owner *state) {
	f, x := p.failed, p.x
	p.failed, p.decision, p.retry = nil, nil, nil
	x.ended, x.s.done = false, false
	t := &thread{
		x: x, graph: x.root.graph, state: owner, input: x.root.input, effective: x.root.input, vars: x.root.vars, last: x.root.last,
		entered: x.root.entered, enteredAt: x.root.enteredAt,
	}
	x.root = t
	p.enter(t)
	t.handle(f)
}

// answer is the handler of a mocked task.
func (test *stateTest) answer(context.Context, *Call) (value.Value, error) {
	if e := test.Mock.ErrorOutput; e != nil {
		return nil, e.err()
	}
	return test.mocked, nil
}

func (e *TestMockError) err() error { return &TaskError{Name: e.Error, Cause: e.Cause} }

// watch lets the probe hear what the caller's own functions hear, too.
func watch(opts *Options, p *probe) {
	onEvent, onDecision := opts.OnEvent, opts.OnDecision
	opts.OnEvent = func(e Event) {
		if onEvent != nil {
			onEvent(e)
		}
		p.event(e)
	}
	opts.OnDecision = func(d Decision) {
		if onDecision != nil {
			onDecision(d)
		}
		p.decide(d)
	}
}

// testNames gives the execution the names that TestState gives it (recorded): those of an Express workflow with random names, in the account
// of the role.
func (o *Options) testNames(s *scheduler) {
	if o.StateMachineName == "" && o.StateMachineArn == "" {
		o.StateMachineName = newUUID(s.rand)
		if parts := strings.Split(o.RoleArn, ":"); len(parts) == 6 && parts[2] == "iam" && parts[4] != "" {
			o.StateMachineArn = "arn:" + parts[1] + ":states:us-east-1:" + parts[4] + ":stateMachine:" + o.StateMachineName
		}
	}
	if o.Name == "" && o.ExecutionArn == "" {
		o.Name = newUUID(s.rand)
	}
	given := o.ExecutionArn
	o.names(s.rand)
	o.ExecutionArn = cmp.Or(given, strings.Replace(o.StateMachineArn, ":stateMachine:", ":express:", 1)+":"+o.Name)
}

// testContext is what the context object says of execution and machine, in the order in which TestState was recorded to say it.
func (x *execution) testContext() [2]value.Value {
	execution, machine := x.contextObjects()
	o := execution.(*value.Object)
	members := make([]value.Member, 0, o.Len())
	for _, name := range []string{"Id", "Input", "Name", "RoleArn", "StartTime"} {
		v, _ := o.Get(name)
		members = append(members, value.Member{Name: name, Value: v})
	}
	return [2]value.Value{value.NewObject(members...), machine}
}
