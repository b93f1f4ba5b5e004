package bound_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/bound"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// The property test: random machines are run on the engine, on its virtual clock, with every sequence of answers that their tasks can
// give: success, errors, silence until the time-out, each at the last moment and some at once. The worst of all these runs is what
// the bound says.

// maker makes random machines.
type maker struct {
	*rand.Rand
	states  int // left
	names   int
	grouped bool   // the machine has a Parallel or Map
	head    string // of the machine's loop; empty for none
}

func (r *maker) name() string {
	r.names++
	return fmt.Sprintf("S%d", r.names)
}

// errorNames are what tasks raise, besides time-outs. No retrier or catcher names C.
var errorNames = []string{"A", "B", "C"}

func (r *maker) errorEquals() string {
	return []string{`["A"]`, `["B"]`, `["A", "B"]`, `["States.Timeout"]`, `["States.TaskFailed"]`, `["States.Timeout", "B"]`}[r.IntN(6)]
}

// handling is Retry and Catch.
func (r *maker) handling(catch string, tries int) string {
	var b strings.Builder
	if n := r.IntN(3); n > 0 {
		var list []string
		for i := range n {
			equals := r.errorEquals()
			if i == n-1 && r.IntN(3) == 0 {
				equals = `["States.ALL"]`
			}
			limit := ""
			if r.IntN(3) == 0 {
				limit = fmt.Sprintf(`, "MaxDelaySeconds": %d`, 2+r.IntN(20))
			}
			list = append(list, fmt.Sprintf(`{"ErrorEquals": %s, "MaxAttempts": %d, "IntervalSeconds": %d, "BackoffRate": %v%s}`,
				equals, r.IntN(tries+1), 1+r.IntN(30), []float64{1, 1.5, 2, 3.25}[r.IntN(4)], limit))
		}
		fmt.Fprintf(&b, `, "Retry": [%s]`, strings.Join(list, ", "))
	}
	if catch != "" && r.IntN(2) == 0 {
		equals := r.errorEquals()
		if r.IntN(2) == 0 {
			equals = `["States.ALL"]`
		}
		fmt.Fprintf(&b, `, "Catch": [{"ErrorEquals": %s, "ResultPath": null, "Next": %q}]`, equals, catch)
	}
	return b.String()
}

// topDepth is how deep groups may stand in each other.
const topDepth = 2

// scope is `"StartAt": …, "States": {…}` of up to n states. Ways lead forward, but for those of a decision that starts again.
func (r *maker) scope(n, depth int) string {
	n = min(n, max(r.states, 1))
	names := make([]string, n+1)
	for i := range names {
		names[i] = r.name()
	}
	var list []string
	for i := range n {
		r.states--
		next, later := names[i+1], names[i+1+r.IntN(n-i)]
		kind := r.IntN(10)
		switch {
		case kind < 1:
			list = append(list, fmt.Sprintf(`%q: {"Type": "Wait", "Seconds": %d, "Next": %q}`, names[i], 1+r.IntN(200), next))
		case kind < 2:
			// A decision: a task that says where to go, and a Choice.
			where := later
			if r.IntN(2) == 0 && r.head == "" && depth == topDepth {
				where = names[r.IntN(i+1)]
				r.head = where
			}
			list = append(list, fmt.Sprintf(`%q: {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "decide"}, "TimeoutSeconds": %d, "ResultPath": "$.go", "Next": "%sC"}`, names[i], 1+r.IntN(50), names[i]))
			list = append(list, fmt.Sprintf(`"%sC": {"Type": "Choice", "Choices": [{"Variable": "$.go", "NumericEquals": 1, "Next": %q}], "Default": %q}`, names[i], where, next))
		case kind < 4 && depth > 0 && r.states > 1:
			r.grouped = true
			branches := []string{"{" + r.scope(1+r.IntN(2), depth-1) + "}", "{" + r.scope(1+r.IntN(2), depth-1) + "}"}
			list = append(list, fmt.Sprintf(`%q: {"Type": "Parallel", "ResultPath": null, "Branches": [%s], "Next": %q%s}`, names[i], strings.Join(branches, ", "), next, r.handling(later, 1)))
		case kind < 5 && depth > 0 && r.states > 0:
			r.grouped = true
			items := []string{"[{}]", "[{}, {}]", "[{}, {}, {}]"}[r.IntN(3)]
			list = append(list, fmt.Sprintf(`%q: {"Type": "Map", "QueryLanguage": "JSONata", "Items": %s, "MaxConcurrency": %d, "Output": {}, "ItemProcessor": {%s}, "Next": %q%s}`,
				names[i], items, r.IntN(3), r.scope(1, depth-1), next, strings.ReplaceAll(r.handling(later, 1), `"ResultPath": null, `, "")))
		default:
			resource := "bedrock:invokeModel"
			if r.IntN(2) == 0 {
				resource = "lambda:invoke"
			}
			list = append(list, fmt.Sprintf(`%q: {"Type": "Task", "Resource": "arn:aws:states:::%s", "Parameters": {"FunctionName": "f", "ModelId": "m", "Body": {}}, "TimeoutSeconds": %d, "ResultPath": null, "Next": %q%s}`,
				names[i], resource, 1+r.IntN(900), next, r.handling(later, 2)))
		}
	}
	last := fmt.Sprintf(`%q: {"Type": "Succeed"}`, names[n])
	if r.IntN(4) == 0 {
		last = fmt.Sprintf(`%q: {"Type": "Fail", "Error": %q}`, names[n], errorNames[r.IntN(2)])
	}
	list = append(list, last)
	return fmt.Sprintf(`"StartAt": %q, "States": {%s}`, names[0], strings.Join(list, ", "))
}

// script is a sequence of decisions, of which the runs try all.
type script struct {
	taken   []int
	options []int
	at      int
}

func (s *script) take(options int) int {
	if s.at == len(s.taken) {
		s.taken, s.options = append(s.taken, 0), append(s.options, options)
	}
	s.options[s.at] = options
	s.at++
	return s.taken[s.at-1]
}

// next makes it the next sequence; false after the last.
func (s *script) next() bool {
	s.taken, s.options = s.taken[:s.at], s.options[:s.at]
	s.at = 0
	for i := len(s.taken) - 1; i >= 0; i-- {
		if s.taken[i]+1 < s.options[i] {
			s.taken[i]++
			s.taken, s.options = s.taken[:i+1], s.options[:i+1]
			return true
		}
	}
	return false
}

// iterations is how often a loop is passed at most, in bound and simulation.
const iterations = 2

// worst runs a machine with every sequence of answers; ok is false when there are too many.
func worst(t *testing.T, m *asl.Machine, head string, early bool) (figures map[bound.Metric]float64, ok bool) {
	t.Helper()
	program, err := engine.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	const most = 2500 // runs of one machine
	figures = map[bound.Metric]float64{}
	s := &script{}
	for run := 0; ; run++ {
		if run == most {
			return nil, false
		}
		calls := map[bound.Metric]float64{}
		handler := engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
			calls[bound.Attempts]++
			if strings.Contains(call.Resource, "bedrock") {
				calls[bound.ModelCalls]++
			}
			if call.RetryCount > 0 {
				calls[bound.Transitions]++
			}
			late := func() { call.Elapse(time.Duration(call.TimeoutSeconds)*time.Second - time.Millisecond) }
			answer := func(choice int) (value.Value, error) {
				switch choice {
				case 0:
					late()
					return value.Int(0), nil
				case 1:
					return nil, engine.ErrNoAnswer
				case 2, 3, 4:
					late()
					return nil, &engine.TaskError{Name: errorNames[choice-2]}
				case 5:
					return value.Int(0), nil
				default:
					return nil, &engine.TaskError{Name: "C"}
				}
			}
			decides := strings.Contains(value.Text(call.Input), "decide")
			options := 2 + len(errorNames)
			if decides {
				if choice := s.take(options + 1); choice != options {
					return answer(choice)
				}
				late()
				return value.Int(1), nil
			}
			if early {
				options += 2
			}
			return answer(s.take(options))
		})
		s.at = 0
		entered := map[string]int{}
		ctx, cancel := context.WithCancel(context.Background())
		options := engine.Options{Seed: 1, Tasks: engine.Handlers{"*": handler}}
		options.OnEvent = func(e engine.Event) {
			switch {
			case strings.HasSuffix(string(e.Type), "StateEntered"):
				calls[bound.Transitions]++
				if details, ok := e.Details.(*engine.EnteredDetails); ok {
					entered[details.Name]++
					if details.Name == head && entered[head] > iterations {
						cancel()
					}
				}
			case e.Type == engine.EventType("ParallelStateStarted") || e.Type == engine.EventType("MapStateStarted"):
				calls[bound.Transitions]++
			}
		}
		x, err := program.Run(ctx, value.NewObject(), options)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range x.History {
			if e.Type == "ParallelStateEntered" || e.Type == "MapStateEntered" {
				calls[bound.Transitions]--
			}
		}
		if entered[head] > iterations {
			calls = nil
		} else {
			calls[bound.Duration] = x.StopTime.Sub(x.StartTime).Seconds()
		}
		for metric, n := range calls {
			figures[metric] = max(figures[metric], n)
		}
		if !s.next() {
			return figures, true
		}
	}
}

func TestBoundAgreesWithExhaustiveSimulation(t *testing.T) {
	machines := 100
	if testing.Short() {
		machines = 30
	}
	compared, loops, groups, loose := 0, 0, 0, map[bound.Metric]int{}
	for seed := uint64(1); compared < machines; seed++ {
		r := &maker{Rand: rand.New(rand.NewPCG(seed, 5)), states: 4}
		text := "{" + r.scope(1+r.IntN(3), topDepth) + "}"
		m := asl.ParseJSON("random", []byte(text)).Machine
		if !loopsAt(t, m, r.head) {
			continue
		}
		figures, ok := worst(t, m, r.head, r.grouped && seed%2 == 0)
		if !ok {
			continue
		}
		compared++
		if r.head != "" {
			loops++
		}
		if r.grouped {
			groups++
		}
		report, err := bound.Of(m, bound.Options{LoopIterations: iterations})
		if err != nil {
			t.Fatal(err)
		}
		for _, metric := range []bound.Metric{bound.Duration, bound.Attempts, bound.ModelCalls, bound.Transitions} {
			got, want := report.Figure(metric).Amount, figures[metric]
			switch {
			case got < want-1e-6:
				t.Fatalf("seed %d: %s is bounded by %v, but came to %v:\n%s", seed, metric, got, want, text)
			case math.Abs(got-want) > 0.02*want+0.1:
				// Counts within Parallels and Maps are bounds that need not be reached: siblings may not have the time.
				loose[metric]++
				if metric == bound.Duration || !r.grouped {
					t.Errorf("seed %d: %s is bounded by %v, but comes to %v at most:\n%s", seed, metric, got, want, text)
				}
			}
		}
	}
	t.Logf("%d machines, %d with a loop, %d with groups; not within 2 %%: %v", compared, loops, groups, loose)
}

// loopsAt tells whether a machine has no loop but the one with that first state.
func loopsAt(t *testing.T, m *asl.Machine, head string) bool {
	t.Helper()
	report, err := bound.Of(m, bound.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Figures {
		for _, reason := range f.Unbounded {
			if len(reason.Loop) > 0 && reason.State != head {
				return false
			}
		}
	}
	return true
}
