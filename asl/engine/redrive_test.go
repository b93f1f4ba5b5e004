package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// flakyTasks fails the calls that it is told to, by state and input, and notes all calls.
type flakyTasks struct {
	mu    sync.Mutex
	fail  map[string]bool
	calls []string
}

func (f *flakyTasks) Handle(_ context.Context, call *engine.Call) (value.Value, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := call.State + value.Text(call.Input)
	f.calls = append(f.calls, key)
	if f.fail[key] {
		return nil, &engine.TaskError{Name: "Flaky", Cause: key}
	}
	return value.String("done " + key), nil
}

func (f *flakyTasks) options() engine.Options {
	return engine.Options{Seed: 7, Tasks: engine.Handlers{"*": f}}
}

// TestRedrive wants an execution to go on where it failed, without doing again what has succeeded.
func TestRedrive(t *testing.T) {
	const task = `"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"`
	for _, test := range []struct {
		name, definition, input string
		fail                    []string
		calls, again            string // of the first run and of the redrive
		output                  string
		events                  string // of the redrive, without the states' types
	}{
		{
			name: "task", input: `1`,
			definition: `{"StartAt": "A", "States": {"A": {` + task + `, "ResultPath": null, "Assign": {"v": 5}, "Next": "B"},
				"B": {` + task + `, "Retry": [{"ErrorEquals": ["Flaky"], "MaxAttempts": 1}], "ResultPath": null, "Next": "C"},
				"C": {"Type": "Pass", "Parameters": {"v.$": "$v"}, "End": true}}}`,
			fail: []string{"B1"}, calls: "A1 B1 B1", again: "B1", output: `{"v":5}`,
			events: "ExecutionRedriven LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited PassStateEntered PassStateExited ExecutionSucceeded",
		},
		{
			name: "parallel", input: `1`,
			definition: `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [
				{"StartAt": "A", "States": {"A": {` + task + `, "End": true}}},
				{"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 1, "Next": "C"}, "C": {` + task + `, "End": true}}},
				{"StartAt": "D", "States": {"D": {"Type": "Wait", "Seconds": 9, "Next": "E"}, "E": {` + task + `, "End": true}}}], "End": true}}}`,
			fail: []string{"C1"}, calls: "A1 C1", again: "C1 E1", output: `["done A1","done C1","done E1"]`,
			events: "ExecutionRedriven LambdaFunctionScheduled WaitStateEntered LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited WaitStateExited " +
				"TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited ParallelStateSucceeded ParallelStateExited ExecutionSucceeded",
		},
		{
			name: "map", input: `[1, 2, 3]`,
			definition: `{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {
				"StartAt": "A", "States": {"A": {` + task + `, "End": true}}}, "End": true}}}`,
			fail: []string{"A2"}, calls: "A1 A2", again: "A2 A3", output: `["done A1","done A2","done A3"]`,
			events: "ExecutionRedriven LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited MapIterationSucceeded " +
				"MapIterationStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited MapIterationSucceeded MapStateSucceeded MapStateExited ExecutionSucceeded",
		},
		{
			name: "distributed map", input: `[1, 2, 3]`,
			definition: `{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {
				"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
				"StartAt": "A", "States": {"A": {` + task + `, "End": true}}}, "End": true}}}`,
			fail: []string{"A2"}, calls: "A1 A2", again: "A2 A3", output: `["done A1","done A2","done A3"]`,
			events: "ExecutionRedriven MapRunRedriven MapRunSucceeded MapStateSucceeded MapStateExited ExecutionSucceeded",
		},
		{
			name: "express children", input: `[1, 2]`,
			definition: `{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {
				"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
				"StartAt": "A", "States": {"A": {` + task + `, "ResultPath": null, "Next": "B"}, "B": {` + task + `, "End": true}}}, "End": true}}}`,
			fail: []string{"B2"}, calls: "A1 B1 A2 B2", again: "A2 B2", output: `["done B1","done B2"]`,
			events: "ExecutionRedriven MapRunRedriven MapRunSucceeded MapStateSucceeded MapStateExited ExecutionSucceeded",
		},
		{
			name: "fail", input: `{}`,
			definition: `{"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E"}}}`,
			events:     "ExecutionRedriven FailStateEntered ExecutionFailed",
		},
		{
			name: "time-out", input: `1`,
			definition: `{"TimeoutSeconds": 5, "StartAt": "A", "States": {"A": {"Type": "Wait", "TimestampPath": "$.until", "Next": "B"}, "B": {` + task + `, "ResultPath": null, "End": true}}}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			program := compile(t, test.definition)
			tasks := &flakyTasks{fail: map[string]bool{}}
			for _, key := range test.fail {
				tasks.fail[key] = true
			}
			input := test.input
			if test.name == "time-out" {
				input = `{"until": "2025-01-01T00:00:09Z"}`
				test.again, test.output = "B"+input, input
				test.events = "ExecutionRedriven WaitStateEntered WaitStateExited TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited ExecutionSucceeded"
			}
			x, err := program.Run(context.Background(), value.MustParse(input), tasks.options())
			if err != nil || x.Status == engine.Succeeded {
				t.Fatal(x.Status, err)
			}
			if got := strings.Join(tasks.calls, " "); got != test.calls {
				t.Errorf("calls %q, want %q", got, test.calls)
			}
			before := len(x.History)
			tasks.calls, tasks.fail = nil, nil
			again, err := x.Redrive(context.Background(), tasks.options())
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(tasks.calls, " "); got != test.again {
				t.Errorf("calls of the redrive %q, want %q", got, test.again)
			}
			if test.output != "" && (again.Status != engine.Succeeded || value.Text(again.Output) != test.output) {
				t.Errorf("%s %v %s %s", again.Status, again.Output, again.Error, again.Cause)
			}
			var events []string
			for i, e := range again.History {
				if e.ID != int64(i+1) {
					t.Errorf("event %d has the id %d", i+1, e.ID)
				}
				if i >= before {
					events = append(events, string(e.Type))
				}
			}
			if got := strings.Join(events, " "); got != test.events {
				t.Errorf("events\n%s\nwant\n%s", got, test.events)
			}
			if len(x.History) != before || again.RedriveCount != 1 || again.ExecutionArn != x.ExecutionArn || !again.StartTime.Equal(x.StartTime) {
				t.Error("the redrive has changed the execution, or is another one", again.RedriveCount, again.ExecutionArn)
			}
		})
	}
}

func TestNotRedrivable(t *testing.T) {
	program := compile(t, `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "B"}], "Default": "C"},
		"B": {"Type": "Succeed"}, "C": {"Type": "Fail"}}}`)
	for _, test := range []struct {
		input string
		run   engine.Options
		again engine.Options
		want  string
	}{
		{"1", engine.Options{}, engine.Options{}, "Execution is SUCCEEDED and cannot be redriven"},
		{"2", engine.Options{Type: engine.Express}, engine.Options{}, "Execution is of an EXPRESS workflow and cannot be redriven"},
		{"2", engine.Options{Limits: engine.Limits{HistoryEvents: 3}}, engine.Options{}, "Execution history event limit exceeded"},
		{"2", engine.Options{Seed: 1}, engine.Options{StartTime: time.Date(2025, 1, 16, 0, 0, 0, 0, time.UTC)}, "Execution redrivable period exceeded"},
	} {
		x, err := program.Run(context.Background(), value.MustParse(test.input), test.run)
		if err != nil {
			t.Fatal(err)
		}
		_, err = x.Redrive(context.Background(), test.again)
		var not *engine.NotRedrivableError
		if !errors.As(err, &not) || not.Reason != test.want {
			t.Errorf("%s: %v, want %s", test.input, err, test.want)
		}
	}
}

// TestRedriveCount reads the context object of an execution that was redriven twice.
func TestRedriveCount(t *testing.T) {
	program := compile(t, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "r",
		"Parameters": {"n.$": "$$.Execution.RedriveCount", "at.$": "$$.Execution.RedriveTime"}, "End": true}}}`)
	var seen []string
	fails := engine.Handlers{"r": engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
		seen = append(seen, value.Text(call.Input))
		return nil, fmt.Errorf("no")
	})}
	x, err := program.Run(context.Background(), nil, engine.Options{Seed: 1, Tasks: fails})
	for i := 0; err == nil && i < 2; i++ {
		x, err = x.Redrive(context.Background(), engine.Options{Seed: 1, Tasks: fails, StartTime: x.StopTime.Add(time.Minute)})
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(seen, " "), `{"at":"2025-01-01T00:01:00.000Z","n":1} {"at":"2025-01-01T00:02:00.000Z","n":2}`; got != want {
		t.Errorf("got %s, want %s; %s", got, want, x.Cause)
	}
}
