package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// The property test of time: random machines of waits, tasks with time-outs and retries, Parallels and sequential Maps are run
// and compared with a model that knows nothing of schedulers: it adds up seconds, recursively.

// step is one state of such a machine.
type step struct {
	wait int // of a Wait

	task      bool
	takes     int // what the task takes; 0 is no time
	timeout   int // 0 for none
	retries   int
	interval  int
	caught    bool
	branches  [][]step // of a Parallel
	items     []int    // of a Map: each iteration waits so long
	unlimited bool     // the Map runs them all at once
}

// outcome is when a chain of steps ends, and whether by a failure.
type outcome struct {
	at     int
	failed bool
}

func model(steps []step, at int) outcome {
	for _, s := range steps {
		end := s.model(at)
		if end.failed {
			return end
		}
		at = end.at
	}
	return outcome{at: at}
}

func (s step) model(at int) outcome {
	switch {
	case s.task:
		for try := 0; ; try++ {
			if s.timeout == 0 || s.takes < s.timeout {
				return outcome{at: at + s.takes}
			}
			at += s.timeout
			if try == s.retries {
				return outcome{at, !s.caught}
			}
			at += s.interval
		}
	case s.branches != nil:
		latest, failed := at, -1
		for _, branch := range s.branches {
			end := model(branch, at)
			latest = max(latest, end.at)
			if end.failed && (failed < 0 || end.at < failed) {
				failed = end.at
			}
		}
		if failed >= 0 {
			return outcome{failed, true}
		}
		return outcome{at: latest}
	case s.items != nil:
		total, longest := 0, 0
		for _, n := range s.items {
			total += n
			longest = max(longest, n)
		}
		if s.unlimited {
			return outcome{at: at + longest}
		}
		return outcome{at: at + total}
	}
	return outcome{at: at + s.wait}
}

func randomSteps(r *rand.Rand, depth int) []step {
	steps := make([]step, 1+r.IntN(3))
	for i := range steps {
		s := &steps[i]
		switch kind := r.IntN(10); {
		case kind < 3 || depth == 0 && kind > 6:
			s.wait = r.IntN(8)
		case kind < 7:
			*s = step{task: true, takes: r.IntN(8), timeout: r.IntN(8), retries: r.IntN(3), interval: r.IntN(4), caught: r.IntN(2) == 0}
		case kind < 9:
			for range 1 + r.IntN(3) {
				s.branches = append(s.branches, randomSteps(r, depth-1))
			}
		default:
			s.unlimited = r.IntN(2) == 0
			s.items = []int{}
			for range r.IntN(4) {
				s.items = append(s.items, r.IntN(6))
			}
		}
	}
	return steps
}

// definition writes steps as a set of states; names counts states, so that a task's handler knows its step.
func definition(steps []step, tasks map[string]step, names *int) map[string]any {
	states := map[string]any{}
	first := *names
	own := make([]string, len(steps)+1)
	for i := range steps {
		own[i] = fmt.Sprintf("S%d", *names)
		*names++
	}
	own[len(steps)] = fmt.Sprintf("End%d", first)
	states[own[len(steps)]] = map[string]any{"Type": "Succeed"}
	for i, s := range steps {
		name := own[i]
		state := map[string]any{"Next": own[i+1], "ResultPath": nil}
		switch {
		case s.task:
			tasks[name] = s
			state["Type"], state["Resource"] = "Task", "arn:aws:lambda:us-east-1:123456789012:function:f"
			if s.timeout > 0 {
				state["TimeoutSeconds"] = s.timeout
			}
			state["Retry"] = []any{map[string]any{"ErrorEquals": []string{"States.Timeout"}, "IntervalSeconds": s.interval, "MaxAttempts": s.retries, "BackoffRate": 1}}
			if s.caught {
				state["Catch"] = []any{map[string]any{"ErrorEquals": []string{"States.ALL"}, "Next": own[i+1]}}
			}
		case s.branches != nil:
			state["Type"] = "Parallel"
			var branches []any
			for _, b := range s.branches {
				branches = append(branches, definition(b, tasks, names))
			}
			state["Branches"] = branches
		case s.items != nil:
			inner := fmt.Sprintf("I%d", *names)
			*names++
			list := fmt.Sprintf("L%d", *names)
			*names++
			states[name] = map[string]any{"Type": "Pass", "Result": map[string]any{"l": s.items}, "Next": list}
			state["Type"], state["ItemsPath"], state["MaxConcurrency"] = "Map", "$.l", 1
			if s.unlimited {
				state["MaxConcurrency"] = 0
			}
			state["ItemProcessor"] = map[string]any{"StartAt": inner, "States": map[string]any{inner: map[string]any{"Type": "Wait", "SecondsPath": "$", "End": true}}}
			name = list
		default:
			state["Type"], state["Seconds"] = "Wait", s.wait
			delete(state, "ResultPath")
		}
		states[name] = state
	}
	return map[string]any{"StartAt": own[0], "States": states}
}

func TestTimeAgainstModel(t *testing.T) {
	machines := 3000
	if testing.Short() {
		machines = 300
	}
	for seed := range machines {
		r := rand.New(rand.NewPCG(uint64(seed), 99))
		steps := randomSteps(r, 3)
		timeout := 1 + r.IntN(40)
		tasks := map[string]step{}
		names := 0
		machine := definition(steps, tasks, &names)
		machine["TimeoutSeconds"] = timeout
		text, err := json.Marshal(machine)
		if err != nil {
			t.Fatal(err)
		}
		end := model(steps, 0)
		want, status := end.at, engine.Succeeded
		if end.failed {
			status = engine.Failed
		}
		if end.at >= timeout {
			want, status = timeout, engine.TimedOut
		}
		opts := engine.Options{Tasks: handle(func(_ context.Context, call *engine.Call) (value.Value, error) {
			call.Elapse(time.Duration(tasks[call.State].takes) * time.Second)
			return value.Null{}, nil
		})}
		if seed%2 == 0 {
			opts.Seed = 1
		}
		x, err := compile(t, string(text)).Run(t.Context(), nil, opts)
		if err != nil {
			t.Fatal(err)
		}
		if got := x.StopTime.Sub(x.StartTime); x.Status != status || got != time.Duration(want)*time.Second {
			t.Fatalf("seed %d: got %s %s %q after %v, want %s after %ds\n%s", seed, x.Status, x.Error, x.Cause, got, status, want, text)
		}
		for i := 1; i < len(x.History); i++ {
			if x.History[i].Timestamp.Before(x.History[i-1].Timestamp) {
				t.Fatalf("seed %d: event %d is before the one before it", seed, i+1)
			}
		}
	}
}

// TestYearIsQuick has a Wait of a year and a long back-off: they take no real time to speak of.
func TestYearIsQuick(t *testing.T) {
	definition := `{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:x", "Next": "W", "Retry": [
		{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "BackoffRate": 2, "MaxAttempts": 8}]}, "W": {"Type": "Wait", "Seconds": 31000000, "End": true}}}`
	tries := 0
	x := run(t, compile(t, definition), `{}`, engine.Options{Tasks: handle(func(context.Context, *engine.Call) (value.Value, error) {
		if tries++; tries <= 8 {
			return nil, &engine.TaskError{Name: "Busy"}
		}
		return value.Null{}, nil
	})})
	if got, want := x.StopTime.Sub(x.StartTime), (60*255+31_000_000)*time.Second; x.Status != engine.Succeeded || got != want {
		t.Errorf("got %s after %v, want %v", x.Status, got, want)
	}
}

// TestTimeoutExpressions has the texts that AWS was seen to give for TimeoutSeconds: github.com/gabrielmoreira/tiny-asl-machine
// tests/conformance/cases/.snapshots/aws/Feature.JSONataValidation-007 to -010 (read in 2026-09).
func TestTimeoutExpressions(t *testing.T) {
	for expression, want := range map[string]string{
		`'3'`:              `The JSONata expression ''3'' specified for the field 'TimeoutSeconds' returned an unexpected result type. Expected 'number', but was 'string' for value: "3"`,
		`-1`:               `TimeoutSeconds must be between 0 and 99999999 but was: -1`,
		`1.6`:              `The TimeoutSeconds field cannot be parsed as an integer: 1.6`,
		`$states.input.no`: `The JSONata expression '$states.input.no' specified for the field 'TimeoutSeconds' returned nothing (undefined).`,
	} {
		x := run(t, compile(t, `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "r", "TimeoutSeconds": "{% `+expression+` %}",
			"Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Output": "{% $states.errorOutput.Cause %}", "Next": "Z"}], "End": true}, "Z": {"Type": "Succeed"}}}`),
			`{}`, engine.Options{})
		want = "An error occurred while executing the state 'A' (entered at the event id #2). " + want
		if x.Output != value.String(want) {
			t.Errorf("got %s %s, want %s", x.Cause, value.Text(x.Output), want)
		}
		if d, ok := x.History[2].Details.(*engine.EvaluationFailedDetails); !ok || d.Location != "TimeoutSeconds" {
			t.Errorf("%+v", x.History[2])
		}
	}
}
