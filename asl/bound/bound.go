package bound

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/docflow-asl/docflow/asl"
)

// Metric is one of the figures.
type Metric string

// The metrics.
const (
	Duration    Metric = "duration"    // seconds
	Attempts    Metric = "attempts"    // of tasks, retries included
	ModelCalls  Metric = "modelCalls"  // attempts of tasks that call a model on Bedrock
	Transitions Metric = "transitions" // states entered, and retries: what AWS bills of a Standard machine
	Cost        Metric = "cost"        // US dollars
)

// Metrics lists all metrics.
func Metrics() []Metric { return []Metric{Duration, Attempts, ModelCalls, Transitions, Cost} }

// Options hold what the definition does not say. The zero Options assume nothing.
type Options struct {
	Express bool // the machine's type is EXPRESS: it ends after five minutes

	TaskDuration   time.Duration // of an attempt at a task without TimeoutSeconds; 0: unbounded
	WaitDuration   time.Duration // of a Wait whose time is computed; 0: unbounded
	LoopIterations int64         // how often the first state of a loop is entered at most; 0: unbounded
	MapItems       int64         // of a Map whose items are computed; 0: unbounded
	MapItemsOf     map[string]int64
	Machines       map[string]*asl.Machine // by ARN: what tasks start executions of
	Prices         *Prices                 // nil: DefaultPrices
}

// AWS's quotas for an execution (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html), in seconds.
const (
	standardSeconds = 365 * 24 * 3600
	expressSeconds  = 5 * 60
)

// Iterations of a Map at the same time, where MaxConcurrency does not say less.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html and …/state-map-distributed.html.
const (
	inlineConcurrency      = 40
	distributedConcurrency = 10_000
)

// Report is the worst case of a definition.
type Report struct {
	Figures []Figure
	Prices  *Prices
}

// Figure is the worst case in one metric.
type Figure struct {
	Metric    Metric
	Amount    float64 // +Inf when unbounded
	EndedBy   string  // what ends an execution of greater duration: "TimeoutSeconds", "the five minutes of an EXPRESS machine"; else empty
	Uncut     float64 // the duration without that end
	Path      []Step
	Unbounded []Reason // why it is
}

// Figure returns the figure of a metric.
func (r *Report) Figure(m Metric) *Figure {
	for i := range r.Figures {
		if r.Figures[i].Metric == m {
			return &r.Figures[i]
		}
	}
	return nil
}

// Bounded tells whether there is a greatest amount.
func (f *Figure) Bounded() bool { return !math.IsInf(f.Amount, 1) }

// Reason is why a figure has no bound.
type Reason struct {
	State string   // the state that is to blame; of a loop its first one
	Loop  []string // the states of a loop, in the order in which the worst way takes them
	Why   string   // in words
	Cure  string   // what would bound it
}

// ErrTooLarge is what Of returns for a definition that would take too long to judge.
var ErrTooLarge = errors.New("the definition has too many loops, errors and states to bound it")

// Of computes the worst case of a machine.
func Of(m *asl.Machine, opts Options) (*Report, error) { return of(m, opts, nil) }

func of(m *asl.Machine, opts Options, starting []*asl.Machine) (*Report, error) {
	if opts.Prices == nil {
		opts.Prices = DefaultPrices()
	}
	a := &analysis{machine: m, opts: &opts, limit: math.Inf(1), starting: append(starting, m), nested: map[*asl.TaskState]*Report{}}
	if seconds, ok := m.TimeoutSeconds.Float(); ok && seconds > 0 {
		a.limit, a.limitedBy = seconds, "TimeoutSeconds"
	}
	if opts.Express && a.limit > expressSeconds {
		a.limit, a.limitedBy = expressSeconds, "the five minutes of an EXPRESS machine"
	}
	top, err := a.newScope(m.StartAt, m.States, nil)
	if err != nil {
		return nil, err
	}
	report := &Report{Prices: opts.Prices}
	for _, metric := range Metrics() {
		a.metric, a.reasons = metric, nil
		out := a.scope(top)
		if a.work > maxWork {
			return nil, ErrTooLarge
		}
		report.Figures = append(report.Figures, a.figure(out.worst()))
	}
	if opts.Express {
		cost := report.Figure(Cost)
		cost.Amount += opts.Prices.express(report.Figure(Duration).Amount)
	}
	return report, nil
}

func (a *analysis) figure(worst result) Figure {
	f := Figure{Metric: a.metric, Amount: max(worst.amount, 0), Path: steps(worst.trail)}
	f.Uncut = f.Amount
	if !f.Bounded() {
		f.Unbounded = a.unbounded()
	}
	if a.metric != Duration {
		return f
	}
	limit, by := a.limit, a.limitedBy
	if math.IsInf(limit, 1) && f.Bounded() {
		limit, by = standardSeconds, "the year that a Standard execution may last"
	}
	if f.Amount > limit {
		f.Amount, f.EndedBy, f.Unbounded = limit, by, nil
	}
	return f
}

// unbounded is every reason once, in the order in which they were found.
func (a *analysis) unbounded() []Reason {
	var list []Reason
	known := map[[2]string]bool{}
	for _, r := range slices.Concat(a.reasons, a.unknownNumbers) {
		if key := [2]string{r.State, r.Why}; !known[key] {
			known[key] = true
			list = append(list, r)
		}
	}
	return list
}

// because notes why something has no bound.
func (a *analysis) because(state, why, cure string) {
	a.reasons = append(a.reasons, Reason{State: state, Why: why, Cure: cure})
}

// Exceeds tells in words what of the report is above a limit; empty when it is not.
func (f *Figure) Exceeds(limit float64) string {
	if f.Amount <= limit {
		return ""
	}
	return fmt.Sprintf("%s is %s, above the %s that are allowed", f.Metric.title(), f.Text(), f.Metric.text(limit))
}
