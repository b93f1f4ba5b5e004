package simulate

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/simulate/delivery"
	"github.com/docflow-asl/docflow/tasks/trigger"
)

// monday is when simulations begin.
var monday = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// Run simulates once.
func Run(ctx context.Context, o Options) (*Report, error) {
	program, err := engine.Compile(o.Machine)
	if err != nil {
		return nil, err
	}
	w := &world{
		o: &o, rng: rand.New(rand.NewPCG(o.Seed, 0x3014d)), start: monday, open: map[string]*document{}, models: map[string]*model{},
		fastest: math.MaxInt64,
	}
	w.records, w.merges, w.indexes = features(o.Machine)
	if o.Gate {
		w.gate = w.newGate()
	}
	w.report = Report{
		Seed: o.Seed, Documents: o.Documents, Arrivals: o.Arrivals.String(), Failures: map[string]int{}, Repeated: map[string]int{},
	}
	arn := "arn:aws:states:us-east-1:123456789012:stateMachine:" + o.Name
	w.uploads = delivery.New(delivery.Options{
		Seed: o.Seed, Uploads: o.Documents, Arrivals: o.Arrivals.times(o.Documents, o.Seed), Faults: o.Faults.Faults, Path: o.Trigger, Pollers: o.Triggers,
		StartRate: o.StartRate, StartBurst: o.StartBurst,
		External: true,
	}, trigger.Handler{StateMachineARN: arn, ResultsBucket: bucket, PipelineVersion: "1"})
	var last time.Duration
	totals, err := engine.RunFleet(ctx, w.arrivals(program, &last), engine.Options{
		Seed: 2*o.Seed + 1, StartTime: monday, StateMachineArn: arn, Tasks: engine.Handlers{"*": w}, Objects: lists{w},
	}, w.ended)
	if err != nil {
		return nil, err
	}
	w.finish(totals, w.uploads.Report, last)
	return &w.report, nil
}

// arrivals are the executions that the uploads start.
func (w *world) arrivals(program *engine.Program, last *time.Duration) iter.Seq[engine.Arrival] {
	return func(yield func(engine.Arrival) bool) {
		for s := range w.uploads.Starts() {
			input, err := value.Parse(s.Input)
			if err != nil {
				panic(fmt.Sprintf("the trigger starts an execution with %s: %v", s.Input, err)) // the model has read it
			}
			if w.o.Input != nil {
				input = w.o.Input
			}
			*last = max(*last, s.Stored)
			w.arrive(s.Upload, s.Name, s.Stored)
			if !yield(engine.Arrival{At: monday.Add(s.At), Program: program, Input: input, Name: s.Name}) {
				return
			}
		}
	}
}

// features tells whether the definition writes a record of what failed, merges analyses, and lists what failed in an index.
func features(m *asl.Machine) (records, merges, indexes bool) {
	asl.Walk(m, func(_ *asl.Scope, s asl.State) {
		if task, ok := s.(*asl.TaskState); ok {
			records = records || strings.HasSuffix(task.Resource, ":s3:putObject")
			indexes = indexes || strings.HasSuffix(task.Resource, ":dynamodb:putItem")
			merges = merges || member(task.Parameters, "Payload", "level") != nil
		}
	})
	return records, merges, indexes
}

// finish makes the figures.
func (w *world) finish(totals engine.FleetTotals, uploads delivery.Report, last time.Duration) {
	r, o := &w.report, w.o
	r.Executions, r.Events, r.MostOpen, r.Delivery = int(totals.Executions), totals.Events, totals.MostOpen, uploads
	r.Lost += uploads.Lost
	r.Twice += uploads.Twice
	r.Violations = append(r.Violations, uploads.Violations[:min(len(uploads.Violations), max(0, mostViolations-len(r.Violations)))]...)
	r.Makespan = totals.Stop.Sub(w.start).Seconds()
	r.PerHour = ratio(float64(r.Ended)*3600, max(1, r.Makespan))
	r.P50, r.P99, r.Slowest = w.latency.quantile(0.5).Seconds(), w.latency.quantile(0.99).Seconds(), w.latency.most.Seconds()
	best := last
	if w.fastest != math.MaxInt64 {
		best += w.fastest
	}
	for _, id := range slices.Sorted(maps.Keys(w.models)) {
		m := w.models[id]
		burst := o.QuotaBurst.Seconds()
		if o.RPM > 0 {
			best = max(best, m.requestLoad.best(o.RPM/60, max(1, o.RPM/60*burst)))
		}
		if o.TPM > 0 {
			best = max(best, m.tokenLoad.best(o.TPM/60, max(1, o.TPM/60*burst)))
		}
		r.Models.Calls += m.attempts
		r.Models.Least += m.least
		r.Models.Throttled += m.throttled
		r.Models.InputTokens += m.inputTokens
		r.Models.OutputTokens += m.outputTokens
		calls := ModelCalls{Model: id, Calls: Calls{Calls: m.attempts, Least: m.least, Throttled: m.throttled, Failed: m.failed, InputTokens: m.inputTokens, OutputTokens: m.outputTokens}}
		if price, known := o.Prices.Model(id); known {
			dollars := (m.inputTokens*price.Input + m.outputTokens*price.Output) / 1e6
			calls.Dollars = &dollars
			r.Cost.Models += dollars
		}
		r.Models.Failed += m.failed
		r.ByModel = append(r.ByModel, calls)
	}
	r.BestMakespan = best.Seconds()
	r.Gate = w.tables.Requests
	r.Cost.Transitions = float64(totals.Transitions) * o.Prices.Transition
	r.Cost.Functions = float64(r.Functions.Calls)*o.Prices.LambdaRequest + w.seconds*o.Prices.LambdaMemoryGB*o.Prices.LambdaGBSecond
	r.Cost.Total = r.Cost.Models + r.Cost.Transitions + r.Cost.Functions
	r.Cost.PerDocument = ratio(r.Cost.Total, float64(max(1, o.Documents)))
	r.Cost.PriceDate = o.Prices.Date
}

// shrinkSeeds is how many seeds a smaller simulation is tried with.
const shrinkSeeds = 4

// Shrink looks for the fewest documents and faults with which a simulation that showed a violation still does, with the same seed or
// one that follows it. runs bounds the simulations that it takes.
func Shrink(ctx context.Context, o Options, first *Report, runs int) (*Shrunk, error) {
	s := &shrinking{ctx: ctx, best: o, found: first, runs: runs}
	s.best.Progress = nil
	for _, smaller := range []func() error{s.oneFault, s.fewerDocuments, s.fewerFaults, s.fewerDocuments} {
		if err := smaller(); err != nil {
			return nil, err
		}
	}
	shrunk := &Shrunk{Seed: s.best.Seed, Documents: s.best.Documents, Faults: s.best.Faults.String()}
	if len(s.found.Violations) > 0 {
		shrunk.Violation = s.found.Violations[0]
	}
	return shrunk, nil
}

type shrinking struct {
	ctx   context.Context
	best  Options
	found *Report // of best
	runs  int     // that are left
}

// try tells whether a smaller simulation shows a violation, and keeps it then.
func (s *shrinking) try(o Options) (bool, error) {
	for i := range uint64(shrinkSeeds) {
		if s.runs == 0 {
			break
		}
		s.runs--
		next := o
		next.Seed += i
		r, err := Run(s.ctx, next)
		if err != nil {
			return false, err
		}
		if r.Violated() {
			s.best, s.found = next, r
			return true, nil
		}
	}
	return false, nil
}

// names are the faults that there still are.
func (s *shrinking) names() []string {
	fields := s.best.Faults.fields()
	return slices.DeleteFunc(FaultNames(), func(name string) bool { return fields[name].IsZero() })
}

func (s *shrinking) oneFault() error {
	names := s.names()
	for _, name := range names {
		next := s.best
		next.Faults = Faults{}
		next.Faults.fields()[name].Set(s.best.Faults.fields()[name])
		if shows, err := s.try(next); shows || err != nil {
			return err
		}
	}
	return nil
}

func (s *shrinking) fewerFaults() error {
	names := s.names()
	for _, name := range names {
		next := s.best
		next.Faults.fields()[name].SetZero()
		if _, err := s.try(next); err != nil {
			return err
		}
	}
	return nil
}

func (s *shrinking) fewerDocuments() error {
	for lower := 0; s.best.Documents-lower > 1 && s.runs > 0; { // with lower none is known
		next := s.best
		next.Documents = lower + (s.best.Documents-lower)/2
		shows, err := s.try(next)
		if err != nil {
			return err
		}
		if !shows {
			lower = next.Documents
		}
	}
	return nil
}
