package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	crand "crypto/rand"

	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/value"
)

// ErrInputTooLarge is why Run refuses an input beyond Limits.PayloadBytes; StartExecution refuses it as InvalidExecutionInput.
var ErrInputTooLarge = errors.New("InvalidExecutionInput: the input exceeds the maximum number of bytes")

// NotExpressError is why Run refuses to run a program as an Express workflow; CreateStateMachine refuses such a definition.
type NotExpressError struct {
	Problems []Problem
}

func (e *NotExpressError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// seededStart is when an execution with a Seed and without a StartTime starts.
var seededStart = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Run executes the program to its end. When ctx ends first the execution is ABORTED. The error is for misuse only (an input
// that StartExecution would refuse); whatever happens within the execution is in the Execution.
func (p *Program) Run(ctx context.Context, input value.Value, opts Options) (*Execution, error) {
	if input == nil {
		input = emptyObject
	}
	if opts.Type == Express && len(p.standardOnly) > 0 {
		return nil, &NotExpressError{p.standardOnly}
	}
	opts.Limits = opts.Limits.withDefaults(opts.Type)
	if size := value.Size(input); size > opts.Limits.PayloadBytes {
		return nil, fmt.Errorf("%w: %d of %d", ErrInputTooLarge, size, opts.Limits.PayloadBytes)
	}
	s := newScheduler(ctx, &opts)
	defer close(s.over)
	opts.names(s.rand)
	x := newExecution(s, &opts, input)
	x.program, s.budget.top = p, x
	x.emit(0, ExecutionStarted, &StartedDetails{Input: input, RoleArn: opts.RoleArn})
	// The first state's event names no previous one, although it follows ExecutionStarted (recorded): last stays 0.
	x.root = &thread{x: x, graph: p.graph, input: input, vars: &scope{}}
	x.root.begin()
	x.deadlines(p.timeout)
	return x.finish(), nil
}

func newScheduler(ctx context.Context, opts *Options) *scheduler {
	source := newSource(opts.Seed)
	s := &scheduler{
		ctx: ctx, opts: opts, clock: opts.Clock, source: source, rand: rand.New(source), started: time.Now(),
		bindings: map[string]value.Value{}, reports: make(chan report), over: make(chan struct{}),
	}
	s.budget, s.nesting = newBudget(&opts.Limits), nestingOf(ctx, opts.Limits)
	s.world = jsonata.World{Now: s.time, Random: s.rand.Float64, Steps: &s.budget.steps}
	s.begin = s.startTime()
	s.now = s.begin
	return s
}

// finish runs the execution to its end.
func (x *execution) finish() *Execution {
	if !x.s.loop() {
		x.abort(context.Cause(x.s.ctx))
	}
	return &x.Execution
}

func (s *scheduler) startTime() time.Time {
	switch {
	case s.clock == RealClock:
		return s.started.UTC()
	case !s.opts.StartTime.IsZero():
		return s.opts.StartTime
	case s.opts.Seed != 0:
		return seededStart
	}
	return s.started.UTC()
}

// newSource is the source of all randomness of an execution.
func newSource(seed uint64) rand.Source {
	if seed != 0 {
		return rand.NewPCG(seed, seed)
	}
	var b [16]byte
	_, _ = crand.Read(b[:]) // never fails, by its documentation
	return rand.NewPCG(binary.NativeEndian.Uint64(b[:]), binary.NativeEndian.Uint64(b[8:]))
}

// newUUID makes a version 4 UUID.
func newUUID(r *rand.Rand) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// names fills in the names that the caller left out.
func (o *Options) names(r *rand.Rand) {
	if o.StateMachineName == "" {
		o.StateMachineName = "StateMachine"
		if i := strings.LastIndexByte(o.StateMachineArn, ':'); i >= 0 {
			o.StateMachineName = o.StateMachineArn[i+1:]
		}
	}
	if o.StateMachineArn == "" {
		o.StateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:" + o.StateMachineName
	}
	if o.Name == "" {
		if i := strings.LastIndexByte(o.ExecutionArn, ':'); i >= 0 {
			o.Name = o.ExecutionArn[i+1:]
		} else {
			o.Name = newUUID(r)
		}
	}
	if o.ExecutionArn == "" && o.Type == Express {
		o.ExecutionArn = strings.Replace(o.StateMachineArn, ":stateMachine:", ":express:", 1) + ":" + o.Name + ":" + newUUID(r)
	}
	if o.ExecutionArn == "" {
		o.ExecutionArn = strings.Replace(o.StateMachineArn, ":stateMachine:", ":execution:", 1) + ":" + o.Name
	}
	if o.RoleArn == "" {
		o.RoleArn = "arn:aws:iam::123456789012:role/StepFunctionsRole"
	}
}

// execution is a running execution: its history, and the thread at the root of all its threads. Child executions of a
// distributed Map run on their parent's scheduler.
type execution struct {
	Execution
	s            *scheduler
	opts         *Options
	program      *Program // nil for a child of a distributed Map
	root         *thread
	watch        *thread // of no state: the timers that end the whole execution
	ended        bool
	contextParts [2]value.Value // Execution and StateMachine of the context object, once made
	onEnd        func(x *execution, f *failure)
	probe        *probe // of TestState; else nil
	quiet        bool   // a child: its history counts against the limit, but nobody sees it
	events       int
	variables    int // bytes of its variables
}

func newExecution(s *scheduler, opts *Options, input value.Value) *execution {
	return &execution{
		Execution: Execution{Name: opts.Name, ExecutionArn: opts.ExecutionArn, Input: input, StartTime: s.time()},
		s:         s, opts: opts,
	}
}

// deadlines sets the timers of TimeoutSeconds and of the longest life that an execution has.
func (x *execution) deadlines(timeout int64) {
	x.watch = &thread{x: x}
	if timeout > 0 {
		x.s.at(x.s.time().Add(seconds(float64(timeout))), x.watch, func(t *thread) { t.x.timeOut() })
	}
	// An execution may last a year; only what comes after that is too late.
	x.s.at(x.StartTime.Add(x.opts.Limits.Duration+1), x.watch, func(t *thread) { t.x.timeOut() })
}

// emit adds an event to the history and returns its id. At the limit the event is replaced by the end of the execution.
func (x *execution) emit(previous int64, t EventType, details EventDetails) int64 {
	if x.ended {
		return previous
	}
	if x.events == x.opts.Limits.HistoryEvents-1 && t != ExecutionSucceeded && t != ExecutionFailed && t != ExecutionTimedOut && t != ExecutionAborted {
		// Measured on AWS: the failure itself is event number 25,000 (https://github.com/floci-io/floci/issues/2734).
		x.fail(newFailure(ErrorRuntime, fmt.Sprintf("The execution reached the maximum number of history events (%d).", x.opts.Limits.HistoryEvents)), int64(x.events))
		return previous
	}
	x.events++
	id := int64(x.events)
	if x.quiet {
		x.s.budget.child()
		return id
	}
	x.s.budget.event(details)
	event := Event{ID: id, PreviousEventID: previous, Timestamp: x.s.time(), Type: t, Details: details}
	x.History = append(x.History, event)
	if x.opts.OnEvent != nil {
		x.opts.OnEvent(event)
	}
	return id
}

// end closes the execution after its last event.
func (x *execution) end(status Status, f *failure) {
	x.ended = true
	x.Status = status
	x.StopTime = x.s.time()
	if x.root != nil {
		if status != Succeeded {
			x.resume = &resumption{x.program, *x.opts, x.root.checkpoint()}
		}
		x.root.kill()
	}
	if x.watch != nil {
		x.watch.dead = true
	}
	if x.onEnd != nil {
		x.onEnd(x, f)
		return
	}
	x.s.done = true
}

func (x *execution) succeed(output value.Value, previous int64) {
	x.Output = output
	x.emit(previous, ExecutionSucceeded, &OutputDetails{Output: output})
	if !x.ended {
		x.end(Succeeded, nil)
	}
}

func (x *execution) fail(f *failure, previous int64) {
	x.setError(f)
	x.emit(previous, ExecutionFailed, f.details())
	x.end(Failed, f)
}

func (x *execution) setError(f *failure) {
	if f.name != nil {
		x.Error = *f.name
	}
	if f.cause != nil {
		x.Cause = *f.cause
	}
}

// timeOut ends the execution when its own time is up. DescribeExecution then shows neither error nor cause (measured:
// https://github.com/floci-io/floci/pull/2782).
func (x *execution) timeOut() {
	name := ErrorTimeout
	x.emit(0, ExecutionTimedOut, &FailureDetails{Error: &name})
	x.end(TimedOut, &failure{name: &name, located: true})
}

// abort ends the execution as StopExecution does.
func (x *execution) abort(cause error) {
	details := &FailureDetails{}
	var stop *StopExecution
	if errors.As(cause, &stop) {
		if stop.ErrorName != "" {
			x.Error, details.Error = stop.ErrorName, &stop.ErrorName
		}
		if stop.Cause != "" {
			x.Cause, details.Cause = stop.Cause, &stop.Cause
		}
	}
	x.emit(0, ExecutionAborted, details)
	x.end(Aborted, nil)
}
