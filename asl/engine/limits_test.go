package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// TestEndlessLoop ends at 25,000 events: the failure is the last of them.
func TestEndlessLoop(t *testing.T) {
	for name, definition := range map[string]string{
		"pass":     `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}`,
		"parallel": `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Next": "P", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}, {"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "B"}}}]}}}`,
		"retry":    `{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.l", "End": true, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 99999999, "BackoffRate": 1}], "ItemProcessor": {"StartAt": "F", "States": {"F": {"Type": "Fail"}}}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			x := run(t, compile(t, definition), `{"l": [1, 2]}`, engine.Options{})
			n := len(x.History)
			if x.Status != engine.Failed || x.Error != "States.Runtime" || x.Cause != "The execution reached the maximum number of history events (25000)." || n != 25_000 {
				t.Fatalf("got %s %s %q and %d events", x.Status, x.Error, x.Cause, n)
			}
			last := x.History[n-1]
			if last.Type != engine.ExecutionFailed || last.ID != 25_000 || last.PreviousEventID != 24_999 {
				t.Errorf("last event %v", last)
			}
		})
	}
}

// TestRetryEndsWithTheExecution has a retrier whose delays outgrow the year that an execution may last.
func TestRetryEndsWithTheExecution(t *testing.T) {
	definition := `{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:x", "End": true, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 99999999, "BackoffRate": 1000}]}}}`
	x := run(t, compile(t, definition), `{}`, engine.Options{Tasks: handle(func(context.Context, *engine.Call) (value.Value, error) {
		return nil, errors.New("always")
	})})
	if x.Status != engine.TimedOut || x.Error != "" {
		t.Errorf("got %s %s", x.Status, x.Error)
	}
}

func TestPayloadLimit(t *testing.T) {
	if _, err := compile(t, passChain(1)).Run(t.Context(), value.String(strings.Repeat("x", engine.DefaultPayloadBytes)), engine.Options{}); !errors.Is(err, engine.ErrInputTooLarge) {
		t.Errorf("got %v, want ErrInputTooLarge", err)
	}
	double := `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "Next": "A"}}}`
	x := run(t, compile(t, double), `"0123456789"`, engine.Options{})
	if x.Status != engine.Failed || x.Error != engine.ErrorDataLimitExceeded || x.Cause != "The state/task 'A' returned a result with a size exceeding the maximum number of bytes service limit." {
		t.Errorf("got %s %s %q", x.Status, x.Error, x.Cause)
	}
	caught := `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}], "End": true, "Branches": [
		{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}, {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}]}, "Z": {"Type": "Pass", "OutputPath": "$.Error", "End": true}}}`
	x = run(t, compile(t, caught), `"`+strings.Repeat("x", 200_000)+`"`, engine.Options{})
	if x.Status != engine.Succeeded || x.Output != value.String(engine.ErrorDataLimitExceeded) {
		t.Errorf("got %s %s %s", x.Status, x.Error, value.Text(x.Output))
	}
}

// TestDeepNesting runs Parallel states in each other, 150 deep.
func TestDeepNesting(t *testing.T) {
	const depth = 150
	definition := `{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}`
	for range depth {
		definition = `{"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [` + definition + `]}}}`
	}
	x := run(t, compile(t, definition), `1`, engine.Options{})
	if want := strings.Repeat("[", depth) + "1" + strings.Repeat("]", depth); x.Status != engine.Succeeded || value.Text(x.Output) != want {
		t.Errorf("got %s %s", x.Status, value.Text(x.Output))
	}
}

// TestProgramIsShared runs one program many times at once, with handlers in parallel; the race detector watches.
func TestProgramIsShared(t *testing.T) {
	program := compile(t, pipeline)
	tasks := handle(func(_ context.Context, call *engine.Call) (value.Value, error) {
		return value.NewObject(value.Member{Name: "text", Value: value.String(call.ExecutionName)}), nil
	})
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			name := value.Text(value.Int(i))
			x, err := program.Run(context.Background(), value.MustParse(`{"bucket": "b"}`), engine.Options{Name: name, Tasks: tasks})
			if err != nil || x.Status != engine.Succeeded || value.Text(x.Output) != `{"text":"`+name+`"}` {
				t.Errorf("got %v %v", x, err)
			}
		})
	}
	wg.Wait()
}

func TestEventJSON(t *testing.T) {
	x := run(t, compile(t, `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"v": [1, "ü"]}, "End": true}}}`), `{"a": "\"<"}`,
		engine.Options{Name: "n", StartTime: time.UnixMilli(1_700_000_000_123).UTC()})
	got, err := json.Marshal(x.History)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"timestamp":1700000000.123,"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":"{\"a\": \"\\\"<\"}","inputDetails":{"truncated":false},"roleArn":"arn:aws:iam::123456789012:role/StepFunctionsRole"}},` +
		`{"timestamp":1700000000.123,"type":"PassStateEntered","id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"A","input":"{\"a\": \"\\\"<\"}","inputDetails":{"truncated":false}}},` +
		`{"timestamp":1700000000.123,"type":"PassStateExited","id":3,"previousEventId":2,"stateExitedEventDetails":{"name":"A","output":"{\"a\": \"\\\"<\"}","outputDetails":{"truncated":false},"assignedVariables":{"v":"[1,\"ü\"]"},"assignedVariablesDetails":{"truncated":false}}},` +
		`{"timestamp":1700000000.123,"type":"ExecutionSucceeded","id":4,"previousEventId":3,"executionSucceededEventDetails":{"output":"{\"a\": \"\\\"<\"}","outputDetails":{"truncated":false}}}]`
	var buffer strings.Builder
	encoder := json.NewEncoder(&buffer) // json.Marshal writes < as \u003c
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(x.History); err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(buffer.String()) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
