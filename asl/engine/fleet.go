package engine

import (
	"context"
	"errors"
	"iter"
	"math"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// Arrival is an execution of a fleet: what starts, and when.
type Arrival struct {
	At      time.Time // one before the fleet's time starts at once
	Program *Program
	Input   value.Value
	Name    string // default a random UUID
}

// FleetTotals is what the executions of a fleet came to, with the child executions of their distributed Maps.
type FleetTotals struct {
	Executions  int64 // without child executions
	Events      int64
	Transitions int64 // states that were entered, and attempts that were retried: what a Standard workflow costs
	MostOpen    int   // executions that ran at the same time
	Stop        time.Time
}

// ErrRealClock is why RunFleet refuses Options with RealClock.
var ErrRealClock = errors.New("a fleet runs on a virtual clock only")

// RunFleet runs many executions on one virtual clock, which begins at opts.StartTime: what one does at a time, its handlers see
// before anything that another does later. So handlers can hold what executions share, such as a quota.
//
// Handlers are called one after the other, in the order of time, and must not block: no goroutine is spent on them. Arrivals are
// taken one by one as their time comes, ordered by At. No history is kept, and what an execution held is given back when ended was
// called with it, so memory depends on how many executions run at the same time, not on how many there are. AWS's limits hold for
// every execution; those of Limits that are not AWS's, which protect a computer from one execution, do not.
//
// When ctx ends, RunFleet returns its error, and ended is not called with what still runs.
func RunFleet(ctx context.Context, arrivals iter.Seq[Arrival], opts Options, ended func(*Execution)) (FleetTotals, error) {
	if opts.Clock == RealClock {
		return FleetTotals{}, ErrRealClock
	}
	opts.Limits.MemoryBytes, opts.Limits.WriteBytes = math.MaxInt, math.MaxInt
	opts.Limits.Steps, opts.Limits.ChildEvents = math.MaxInt/2, math.MaxInt
	opts.Limits = opts.Limits.withDefaults(opts.Type)
	opts.OnEvent, opts.OnDecision = nil, nil
	s := newScheduler(ctx, &opts)
	defer close(s.over)
	s.direct = true
	opts.names(s.rand)
	f := &fleet{s: s, opts: &opts, ended: ended, feed: &thread{}}
	f.feed.x = newExecution(s, &opts, emptyObject)
	s.budget.top = f.feed.x
	next, stop := iter.Pull(arrivals)
	defer stop()
	f.next = next
	f.take()
	if !s.loop() {
		return f.totals(), context.Cause(ctx)
	}
	return f.totals(), nil
}

// fleet is the executions that run on one scheduler.
type fleet struct {
	s     *scheduler
	opts  *Options
	next  func() (Arrival, bool)
	ended func(*Execution)
	feed  *thread // of no state: the timer of the next arrival
	dry   bool    // there are no more arrivals
	open  int
	most  int
	count int64
}

func (f *fleet) totals() FleetTotals {
	return FleetTotals{
		Executions: f.count, Events: int64(f.s.budget.childEvents), Transitions: f.s.transitions, MostOpen: f.most, Stop: f.s.time(),
	}
}

// take waits for the next arrival.
func (f *fleet) take() {
	arrival, ok := f.next()
	if !ok {
		f.dry = true
		f.s.done = f.open == 0
		return
	}
	if arrival.At.Before(f.s.now) {
		arrival.At = f.s.now
	}
	f.s.at(arrival.At, f.feed, func(*thread) {
		f.start(arrival)
		f.take()
	})
}

func (f *fleet) start(arrival Arrival) {
	opts := *f.opts
	opts.Name, opts.ExecutionArn = arrival.Name, ""
	opts.names(f.s.rand)
	input := arrival.Input
	if input == nil {
		input = emptyObject
	}
	x := newExecution(f.s, &opts, input)
	x.program, x.quiet = arrival.Program, true
	x.onEnd = func(x *execution, _ *failure) {
		f.open--
		x.resume, x.root, x.watch = nil, nil, nil
		if f.ended != nil {
			f.ended(&x.Execution)
		}
		f.s.done = f.dry && f.open == 0
	}
	f.count++
	f.open++
	f.most = max(f.most, f.open)
	x.emit(0, ExecutionStarted, nil)
	x.root = &thread{x: x, graph: arrival.Program.graph, input: input, vars: &scope{}}
	x.root.begin()
	x.deadlines(arrival.Program.timeout)
}
