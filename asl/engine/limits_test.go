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

// TestVariableLimits has the texts that were captured on AWS in 2026-09: github.com/radkawar/stackd
// testdata/aws/stepfunctions/variable_limits.json.
func TestVariableLimits(t *testing.T) {
	const pass = `{"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Pass", "Assign": {@}, "Next": "Z"}, "Z": {"Type": "Pass", "Next": "S"}}}`
	const perVariable = "Variable size limit exceeded. Variable 'x' in state 'S' was assigned 21 bytes."
	for _, test := range []struct{ name, definition, assign, cause string }{
		{"variable", pass, `"a": 1, "x": "{% $pad('', 19, '*') %}"`, perVariable},
		{
			"state", pass, `"x": "{% $pad('', 18, '*') %}", "y": 1`,
			"State total variable size limit exceeded. Variable 'y' in state 'S' was assigned 1 bytes, which caused the size of variables assigned in the state to exceed its limit by 1 bytes.",
		},
		{
			"execution", `{"QueryLanguage": "JSONata", "StartAt": "T", "States": {"T": {"Type": "Pass", "Assign": {"a": "{% $pad('', 16, '*') %}", "x": ""}, "Next": "P"},` +
				`"P": {"Type": "Map", "Items": [1, 2, 3], "MaxConcurrency": 1, "ItemProcessor": {"StartAt": "S", "States": {"S": {"Type": "Pass", "Assign": {"b": "123", "a": "4567"}, "End": true}}}, "Next": "U"},` +
				`"U": {"Type": "Pass", "Assign": {"a": "a"}, "Next": "V"},` +
				`"V": {"Type": "Parallel", "Next": "T", "Branches": [{"StartAt": "S", "States": {"S": {"Type": "Pass", "Assign": {@}, "Next": "W"}, "W": {"Type": "Wait", "Seconds": 1, "End": true}}},` +
				`{"StartAt": "S2", "States": {"S2": {"Type": "Pass", "Assign": {@}, "Next": "W2"}, "W2": {"Type": "Wait", "Seconds": 1, "End": true}}}]}}}`,
			`"x": "{% $pad('', 18, '*') %}"`,
			"Execution total variable size limit exceeded. State 'S2' assigned variables that exceed the total execution limit by 9 bytes.",
		},
		{
			"rule", `{"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Choice", "Choices": [{"Condition": true, "Assign": {@}, "Next": "Z"}]}, "Z": {"Type": "Succeed"}}}`,
			`"x": "{% $pad('', 19, '*') %}"`, perVariable,
		},
		{
			"catcher", `{"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "r", "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {@}, "Next": "Z"}], "Next": "Z"}, "Z": {"Type": "Succeed"}}}`,
			`"x": "{% $pad('', 19, '*') %}"`, perVariable,
		},
		{"JSONPath", strings.Replace(pass, "JSONata", "JSONPath", 1), `"x": "1234567890123456789"`, perVariable},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := run(t, compile(t, strings.ReplaceAll(test.definition, "@", test.assign)), `{}`, engine.Options{
				Limits: engine.Limits{AssignBytes: 20, VariableBytes: 36},
				Tasks:  engine.Handlers{"r": engine.HandlerFunc(func(context.Context, *engine.Call) (value.Value, error) { return nil, errors.New("no") })},
			})
			if x.Error != engine.ErrorDataLimitExceeded || x.Cause != test.cause {
				t.Fatalf("%s %s: %q, want %q", x.Status, x.Error, x.Cause, test.cause)
			}
			told, failed := x.History[len(x.History)-2], x.History[len(x.History)-1]
			details, _ := told.Details.(*engine.EvaluationFailedDetails)
			location := map[string]string{"rule": "Choices[0]/Assign", "catcher": "Catch[0]/Assign"}[test.name]
			if location == "" {
				location = "Assign"
			}
			switch {
			case test.name == "JSONPath" && told.Type == engine.EvaluationFailed:
				t.Error("an EvaluationFailed in JSONPath")
			case test.name == "variable" || test.name == "rule":
				if details == nil || details.Error != x.Error || details.Cause != x.Cause || details.Location != location || details.State != "S" || failed.PreviousEventID != told.ID {
					t.Errorf("%v %+v", told, details)
				}
			}
		})
	}
	caught := `{"StartAt": "S", "States": {"S": {"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}],
		"Assign": {"x": "1234567890123456789"}, "Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Z"}], "End": true}, "Z": {"Type": "Pass", "End": true}}}`
	x := run(t, compile(t, caught), `{}`, engine.Options{Limits: engine.Limits{AssignBytes: 20}})
	if want := `{"Error":"States.DataLimitExceeded","Cause":"` + perVariable + `"}`; x.Status != engine.Succeeded || value.Text(x.Output) != want {
		t.Errorf("%s %s %s", x.Status, x.Cause, value.Text(x.Output))
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

// TestRuntimeFailures has what AWS reports as States.Runtime, with the text that follows "An error occurred … #2). ".
func TestRuntimeFailures(t *testing.T) {
	distributed := func(field string) string {
		return `"Type": "Map", "ItemsPath": "$.l", ` + field + `, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
			"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}`
	}
	inline := func(field string) string {
		return `"Type": "Map", "ItemsPath": "$.l", ` + field + `, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}`
	}
	const input = `{"l": [1], "s": "no", "n": -1, "f": 1.5, "o": {}, "big": 101}`
	for state, cause := range map[string]string{
		`"Type": "Pass", "InputPath": "$.x"`:                                 "Invalid path '$.x' : No results for path: $['x']",
		`"Type": "Pass", "OutputPath": "$.x.y"`:                              "Invalid path '$.x.y' : Missing property in path $['x']",
		`"Type": "Pass", "Parameters": {"a": [{"b.$": "$.x"}]}`:              "The JSONPath '$.x' specified for the field 'b.$' could not be found in the input '" + input + "'",
		`"Type": "Wait", "SecondsPath": "$.x"`:                               "The SecondsPath parameter does not reference an input value: $.x",
		`"Type": "Wait", "SecondsPath": "$.f"`:                               "The SecondsPath parameter cannot be parsed as a long value: $.f == 1.5",
		`"Type": "Wait", "SecondsPath": "$.n"`:                               "The SecondsPath parameter references a negative value: $.n == -1",
		`"Type": "Wait", "Seconds": 2147483648`:                              "Wait state delay is too long.",
		`"Type": "Wait", "Timestamp": "2999-01-01T00:00:00Z"`:                "Wait state delay is too long.",
		`"Type": "Wait", "TimestampPath": "$.s"`:                             "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.s == no",
		`"Type": "Wait", "TimestampPath": "$.x"`:                             "The TimestampPath parameter does not reference an input value: $.x",
		`"Type": "Task", "Resource": "arn:x", "TimeoutSecondsPath": "$.x"`:   "Invalid path '$.x' : No results for path: $['x']",
		`"Type": "Task", "Resource": "arn:x", "TimeoutSecondsPath": "$.n"`:   "The TimeoutSecondsPath parameter cannot be parsed as a positive long value: $.n == -1",
		`"Type": "Task", "Resource": "arn:x", "HeartbeatSecondsPath": "$.s"`: "The HeartbeatSecondsPath parameter cannot be parsed as a positive long value: $.s == no",
		inline(`"MaxConcurrencyPath": "$.s"`):                                `The MaxConcurrencyPath field refers to value "no" which is not a valid integer: $.s`,
		inline(`"MaxConcurrencyPath": "$.o"`):                                `The MaxConcurrencyPath field refers to value "{}" which is not a valid integer: $.o`,
		inline(`"MaxConcurrencyPath": "$.n"`):                                "MaxConcurrency cannot be negative.",
		inline(`"ItemSelector": {"a.$": "$.x"}`):                             "The JSONPath '$.x' specified for the field 'a.$' could not be found in the input '" + input + "'",
		distributed(`"ToleratedFailureCountPath": "$.f"`):                    `The ToleratedFailureCountPath field refers to value "1.5" which is not a valid integer: $.f`,
		distributed(`"ToleratedFailureCountPath": "$.n"`):                    "ToleratedFailureCount cannot be negative.",
		distributed(`"ToleratedFailurePercentagePath": "$.o"`):               `The ToleratedFailurePercentagePath field refers to value "{}" which is not a valid float: $.o`,
		distributed(`"ToleratedFailurePercentagePath": "$.big"`):             "ToleratedFailurePercentage must be between 0 and 100.",
		`"Type": "Parallel", "Branches": [], "Parameters": {"a.$": "$.x"}`:   "The JSONPath '$.x' specified for the field 'a.$' could not be found in the input '" + input + "'",
	} {
		x := run(t, compile(t, `{"StartAt": "S", "States": {"S": {`+state+`, "End": true}}}`), input, engine.Options{
			Tasks: handle(func(context.Context, *engine.Call) (value.Value, error) { return value.Null{}, nil }),
		})
		if want := "An error occurred while executing the state 'S' (entered at the event id #2). " + cause; x.Error != engine.ErrorRuntime || x.Cause != want {
			t.Errorf("%s\ngot  %s %s %q\nwant %q", state, x.Status, x.Error, x.Cause, want)
		}
	}
}

// TestToleratedFailurePercentage has three of four children fail.
func TestToleratedFailurePercentage(t *testing.T) {
	for percent, want := range map[string]engine.Status{"75": engine.Succeeded, "74.9": engine.Failed} {
		x := run(t, compile(t, `{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ToleratedFailurePercentage": `+percent+`, "ItemProcessor": {
			"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "C", "States": {
			"C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 3, "Next": "S"}], "Default": "F"},
			"S": {"Type": "Succeed"}, "F": {"Type": "Fail", "Error": "E"}}}}}}`), `[1, 2, 3, 4]`, engine.Options{})
		if x.Status != want {
			t.Errorf("%s %%: got %s %s", percent, x.Status, x.Error)
		}
	}
}
