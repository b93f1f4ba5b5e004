package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

const fleetMachine = `{"TimeoutSeconds": 100, "StartAt": "Wait", "States": {
	"Wait": {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Call"},
	"Call": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "TimeoutSeconds": 20,
		"Parameters": {"ModelId": "m", "Body": {}},
		"Retry": [{"ErrorEquals": ["Throttled"], "IntervalSeconds": 3, "BackoffRate": 1, "MaxAttempts": 9}], "End": true}}}`

var fleetStart = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

func arrivals(program *engine.Program, waits ...int) iter.Seq[engine.Arrival] {
	return func(yield func(engine.Arrival) bool) {
		for i, wait := range waits {
			input := value.NewObject(value.Member{Name: "wait", Value: value.Int(wait)})
			if !yield(engine.Arrival{At: fleetStart.Add(time.Duration(i) * time.Second), Program: program, Input: input, Name: fmt.Sprint("x", i)}) {
				return
			}
		}
	}
}

// One handler serves all executions: it sees them in the order of time, not one execution after the other.
func TestFleetSharesAClock(t *testing.T) {
	program := compile(t, fleetMachine)
	var seen []string
	var last time.Time
	calls := 0
	handler := engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
		if call.Now.Before(last) {
			t.Errorf("%s is called at %v, after a call at %v", call.ExecutionName, call.Now, last)
		}
		last = call.Now
		seen = append(seen, fmt.Sprintf("%s@%v", call.ExecutionName, call.Now.Sub(fleetStart)))
		if calls++; calls == 2 {
			return nil, &engine.TaskError{Name: "Throttled"}
		}
		call.Elapse(5 * time.Second)
		return value.NewObject(), nil
	})
	var ended []string
	totals, err := engine.RunFleet(t.Context(), arrivals(program, 10, 3, 1),
		engine.Options{Seed: 1, StartTime: fleetStart, Tasks: engine.Handlers{"*": handler}},
		func(x *engine.Execution) {
			ended = append(ended, fmt.Sprintf("%s %s %v", x.Name, x.Status, x.StopTime.Sub(x.StartTime)))
		})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"x2@3s", "x1@4s", "x1@7s", "x0@10s"}; !slices.Equal(seen, want) {
		t.Errorf("calls %v, want %v", seen, want)
	}
	if want := []string{"x2 SUCCEEDED 6s", "x1 SUCCEEDED 11s", "x0 SUCCEEDED 15s"}; !slices.Equal(ended, want) {
		t.Errorf("ended %v, want %v", ended, want)
	}
	if totals.Executions != 3 || totals.MostOpen != 3 || totals.Transitions != 7 || totals.Stop.Sub(fleetStart) != 15*time.Second {
		t.Errorf("totals are %+v", totals)
	}
}

// Time-outs of a task and of an execution count from when these began.
func TestFleetTimesOut(t *testing.T) {
	program := compile(t, fleetMachine)
	slow := engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
		call.Elapse(time.Hour)
		return value.NewObject(), nil
	})
	var ended []string
	_, err := engine.RunFleet(t.Context(), arrivals(program, 10, 99), engine.Options{Seed: 1, StartTime: fleetStart, Tasks: engine.Handlers{"*": slow}},
		func(x *engine.Execution) {
			ended = append(ended, fmt.Sprintf("%s %s %s %v", x.Name, x.Status, x.Error, x.StopTime.Sub(x.StartTime)))
		})
	if want := []string{"x0 FAILED States.Timeout 30s", "x1 TIMED_OUT  1m40s"}; err != nil || !slices.Equal(ended, want) {
		t.Errorf("ended %v, %v, want %v", ended, err, want)
	}
}

func TestFleetRunsDistributedMaps(t *testing.T) {
	program := compile(t, distributedMapOf)
	ended := 0
	totals, err := engine.RunFleet(t.Context(), func(yield func(engine.Arrival) bool) {
		for range 50 {
			if !yield(engine.Arrival{Program: program, Input: value.MustParse("[1,2,3]")}) {
				return
			}
		}
	}, engine.Options{Seed: 1}, func(x *engine.Execution) {
		if x.Status == engine.Succeeded && value.Compact(x.Output) == "[1,2,3]" && len(x.History) == 0 {
			ended++
		}
	})
	if err != nil || ended != 50 || totals.Transitions != 50*4 {
		t.Errorf("%d ended as expected, %+v, %v", ended, totals, err)
	}
}

// An execution of a fleet does what it does alone.
func TestFleetDoesAsRun(t *testing.T) {
	handler := engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
		call.Elapse(7 * time.Second)
		if call.RetryCount == 0 {
			return nil, &engine.TaskError{Name: "Throttled", Cause: "once"}
		}
		return value.MustParse(`{"text": "t"}`), nil
	})
	machines := map[string]struct{ definition, input string }{
		"tasks":       {fleetMachine, `{"wait": 3}`},
		"fails":       {pipeline, `{"text": "t"}`},
		"parallel":    {parallelOf(5), `{}`},
		"map":         {mapOf, numbers(50)},
		"distributed": {distributedMapOf, numbers(50)},
		"loop":        {choiceLoop, `{"n": 1}`},
		"too long":    {strings.Replace(choiceLoop, "500", "50000", 1), `{"n": 1}`}, // it ends at the limit of its history
	}
	for name, m := range machines {
		t.Run(name, func(t *testing.T) {
			program, opts := compile(t, m.definition), engine.Options{Seed: 1, StartTime: fleetStart, Tasks: engine.Handlers{"*": handler}}
			alone := run(t, program, m.input, opts)
			ended := 0
			_, err := engine.RunFleet(t.Context(), func(yield func(engine.Arrival) bool) {
				for i := range 3 {
					if !yield(engine.Arrival{At: fleetStart.Add(time.Duration(i) * time.Second), Program: program, Input: value.MustParse(m.input)}) {
						return
					}
				}
			}, opts, func(x *engine.Execution) {
				ended++
				if x.Status != alone.Status || x.Error != alone.Error || x.Cause != alone.Cause || x.StopTime.Sub(x.StartTime) != alone.StopTime.Sub(alone.StartTime) {
					t.Errorf("got %s %s %s after %v, want %s %s %s after %v", x.Status, x.Error, x.Cause, x.StopTime.Sub(x.StartTime),
						alone.Status, alone.Error, alone.Cause, alone.StopTime.Sub(alone.StartTime))
				}
				if alone.Output != nil && value.Text(x.Output) != value.Text(alone.Output) {
					t.Errorf("the output is %s, want %s", value.Text(x.Output), value.Text(alone.Output))
				}
			})
			if err != nil || ended != 3 {
				t.Errorf("%d ended, %v", ended, err)
			}
		})
	}
}

func TestFleetOfNone(t *testing.T) {
	totals, err := engine.RunFleet(t.Context(), func(func(engine.Arrival) bool) {}, engine.Options{}, nil)
	if err != nil || totals.Executions != 0 {
		t.Errorf("%+v, %v", totals, err)
	}
	if _, err := engine.RunFleet(t.Context(), nil, engine.Options{Clock: engine.RealClock}, nil); !errors.Is(err, engine.ErrRealClock) {
		t.Errorf("a real clock: %v", err)
	}
}

func TestFleetStopsWithItsContext(t *testing.T) {
	program := compile(t, fleetMachine)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	stop := engine.HandlerFunc(func(context.Context, *engine.Call) (value.Value, error) {
		cancel(enough)
		return value.NewObject(), nil
	})
	_, err := engine.RunFleet(ctx, arrivals(program, 1, 1), engine.Options{Seed: 1, StartTime: fleetStart, Tasks: engine.Handlers{"*": stop}}, nil)
	if !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkFleet(b *testing.B) {
	program := compile(b, fleetMachine)
	handler := engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
		call.Elapse(time.Second)
		return value.NewObject(), nil
	})
	input := value.NewObject(value.Member{Name: "wait", Value: value.Int(1)})
	b.ReportAllocs()
	_, err := engine.RunFleet(b.Context(), func(yield func(engine.Arrival) bool) {
		for i := range b.N {
			if !yield(engine.Arrival{At: fleetStart.Add(time.Duration(i) * time.Millisecond), Program: program, Input: input}) {
				return
			}
		}
	}, engine.Options{Seed: 1, StartTime: fleetStart, Tasks: engine.Handlers{"*": handler}}, nil)
	if err != nil {
		b.Fatal(err)
	}
}
