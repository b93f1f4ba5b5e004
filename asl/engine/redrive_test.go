package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
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

// TestRedrive wants an execution to go on where it failed, without doing again what has succeeded. The events, and which one each
// follows, are as captured on AWS in 2026-09 for the same kinds of machines: github.com/radkawar/stackd
// testdata/aws/stepfunctions/redrive_execution.json and redrive_map.json.
func TestRedrive(t *testing.T) {
	const task = `"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"`
	for _, test := range []struct {
		name, definition, input string
		fail                    []string
		calls, again            string // of the first run and of the redrive
		output                  string
		events                  string // of the redrive, each with the id of the event that it follows
		took                    time.Duration
	}{
		{
			name: "task", input: `1`,
			definition: `{"StartAt": "A", "States": {"A": {` + task + `, "ResultPath": null, "Assign": {"v": 5}, "Next": "B"},
				"B": {` + task + `, "Retry": [{"ErrorEquals": ["Flaky"], "MaxAttempts": 1}], "ResultPath": null, "Next": "C"},
				"C": {"Type": "Pass", "Parameters": {"v.$": "$v"}, "End": true}}}`,
			fail: []string{"B1"}, calls: "A1 B1 B1", again: "B1", output: `{"v":5}`,
			events: "ExecutionRedriven<14 LambdaFunctionScheduled<7 LambdaFunctionStarted<16 LambdaFunctionSucceeded<17 TaskStateExited<18 " +
				"PassStateEntered<19 PassStateExited<20 ExecutionSucceeded<21",
		},
		{
			name: "parallel", input: `1`,
			definition: `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [
				{"StartAt": "A", "States": {"A": {` + task + `, "End": true}}},
				{"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 1, "Next": "C"}, "C": {` + task + `, "End": true}}},
				{"StartAt": "D", "States": {"D": {"Type": "Wait", "Seconds": 9, "Next": "E"}, "E": {` + task + `, "End": true}}}], "End": true}}}`,
			fail: []string{"C1"}, calls: "A1 C1", again: "C1 E1", output: `["done A1","done C1","done E1"]`, took: 9 * time.Second,
			events: "ExecutionRedriven<19 LambdaFunctionScheduled<12 LambdaFunctionStarted<21 LambdaFunctionSucceeded<22 TaskStateExited<23 WaitStateExited<7 " +
				"TaskStateEntered<25 LambdaFunctionScheduled<26 LambdaFunctionStarted<27 LambdaFunctionSucceeded<28 TaskStateExited<29 " +
				"ParallelStateSucceeded<30 ParallelStateExited<30 ExecutionSucceeded<32",
		},
		{
			name: "map", input: `[1, 2, 3]`,
			definition: `{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {
				"StartAt": "A", "States": {"A": {` + task + `, "End": true}}}, "End": true}}}`,
			fail: []string{"A2"}, calls: "A1 A2", again: "A2 A3", output: `["done A1","done A2","done A3"]`,
			events: "ExecutionRedriven<19 LambdaFunctionScheduled<12 LambdaFunctionStarted<21 LambdaFunctionSucceeded<22 TaskStateExited<23 MapIterationSucceeded<24 " +
				"MapIterationStarted<24 TaskStateEntered<26 LambdaFunctionScheduled<27 LambdaFunctionStarted<28 LambdaFunctionSucceeded<29 TaskStateExited<30 " +
				"MapIterationSucceeded<31 MapStateSucceeded<32 MapStateExited<32 ExecutionSucceeded<34",
		},
		{
			name: "distributed map", input: `[1, 2, 3]`,
			definition: `{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {
				"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
				"StartAt": "A", "States": {"A": {` + task + `, "End": true}}}, "End": true}}}`,
			fail: []string{"A2"}, calls: "A1 A2", again: "A2 A3", output: `["done A1","done A2","done A3"]`,
			events: "ExecutionRedriven<7 MapRunRedriven<3 MapRunSucceeded<9 MapStateSucceeded<10 MapStateExited<9 ExecutionSucceeded<12",
		},
		{
			name: "express children", input: `[1, 2]`,
			definition: `{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {
				"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
				"StartAt": "A", "States": {"A": {` + task + `, "ResultPath": null, "Next": "B"}, "B": {` + task + `, "End": true}}}, "End": true}}}`,
			fail: []string{"B2"}, calls: "A1 B1 A2 B2", again: "A2 B2", output: `["done B1","done B2"]`,
			events: "ExecutionRedriven<7 MapRunRedriven<3 MapRunSucceeded<9 MapStateSucceeded<10 MapStateExited<9 ExecutionSucceeded<12",
		},
		{
			name: "distributed map fails again", input: `[1, 2]`,
			definition: `{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": {
				"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
				"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E"}}}, "End": true}}}`,
			events: "ExecutionRedriven<7 MapRunRedriven<3 MapRunFailed<9 MapStateFailed<10 ExecutionFailed<11",
		},
		{
			name: "fail", input: `{}`,
			definition: `{"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E"}}}`,
			events:     "ExecutionRedriven<3 ExecutionFailed<4",
		},
		{
			name: "choice", input: `{}`,
			definition: `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}]}, "B": {"Type": "Succeed"}}}`,
			events:     "ExecutionRedriven<3 ExecutionFailed<4",
		},
		{
			name: "time-out", input: `{"until": "2025-01-01T00:00:09Z"}`,
			definition: `{"TimeoutSeconds": 5, "StartAt": "A", "States": {"A": {"Type": "Wait", "TimestampPath": "$.until", "Next": "B"}, "B": {` + task + `, "ResultPath": null, "End": true}}}`,
			again:      `B{"until": "2025-01-01T00:00:09Z"}`, output: `{"until": "2025-01-01T00:00:09Z"}`, took: 4 * time.Second,
			events: "ExecutionRedriven<3 WaitStateExited<2 TaskStateEntered<5 LambdaFunctionScheduled<6 LambdaFunctionStarted<7 LambdaFunctionSucceeded<8 TaskStateExited<9 ExecutionSucceeded<10",
		},
		{
			name: "seconds anew", input: `1`,
			definition: `{"TimeoutSeconds": 5, "StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$$.Execution.RedriveCount", "NumericEquals": 0, "Next": "A"}], "Default": "A"},
				"A": {"Type": "Wait", "Seconds": 8, "Next": "B"}, "B": {"Type": "Succeed"}}}`,
			events: "ExecutionRedriven<5 ExecutionTimedOut<0", took: 5 * time.Second,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			program := compile(t, test.definition)
			tasks := &flakyTasks{fail: map[string]bool{}}
			for _, key := range test.fail {
				tasks.fail[key] = true
			}
			x, err := program.Run(context.Background(), value.MustParse(test.input), tasks.options())
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
			if took := again.StopTime.Sub(x.StopTime); took != test.took {
				t.Errorf("the redrive took %v, want %v", took, test.took)
			}
			var events []string
			for i, e := range again.History {
				if e.ID != int64(i+1) {
					t.Errorf("event %d has the id %d", i+1, e.ID)
				}
				if i >= before {
					events = append(events, fmt.Sprintf("%s<%d", e.Type, e.PreviousEventID))
				}
			}
			if diff := cmp.Diff(strings.Fields(test.events), events); diff != "" {
				t.Errorf("events (-want +got):\n%s\n%v", diff, again.History)
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
	const arn = "arn:aws:states:us-east-1:123456789012:execution:StateMachine:x"
	const refused = "ExecutionNotRedrivable: Execution " + arn + " invalid for redrive as: "
	for _, test := range []struct {
		input string
		run   engine.Options
		again engine.Options
		want  string
	}{
		{"1", engine.Options{}, engine.Options{}, refused + "Execution is SUCCEEDED and cannot be redriven"},
		{"2", engine.Options{Type: engine.Express}, engine.Options{}, "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'"},
		{"2", engine.Options{Limits: engine.Limits{HistoryEvents: 3}}, engine.Options{}, refused + "Execution has exceeded the maximum history event limit"},
		{"2", engine.Options{Limits: engine.Limits{HistoryEvents: 6}}, engine.Options{}, refused + "Execution has exceeded the maximum history event limit"}, // it has 5
		{"2", engine.Options{Seed: 1}, engine.Options{StartTime: time.Date(2025, 1, 16, 0, 0, 0, 0, time.UTC)}, refused + "Execution redrivable period exceeded"},
	} {
		test.run.Name = "x"
		x, err := program.Run(context.Background(), value.MustParse(test.input), test.run)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = x.Redrive(context.Background(), test.again); err == nil || err.Error() != test.want {
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

// TestRedriveChildren looks at what the children of a redriven Map Run see of themselves, and at its files, in the order of things
// captured on AWS in 2026-09: github.com/radkawar/stackd testdata/aws/stepfunctions/redrive_map.json.
func TestRedriveChildren(t *testing.T) {
	for _, test := range []struct {
		kind  string
		first string // of the children in the first run: item, redrives, whether they know when
		again string // of those in the redrive
		names int    // different ones
	}{
		{"STANDARD", "0:0:false 1:0:false", "1:1:true 2:0:false", 3},
		{"EXPRESS", "0:0:false 1:0:false", "1:1:false 2:0:false", 3},
	} {
		t.Run(test.kind, func(t *testing.T) {
			program := compile(t, `{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {
				"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "`+test.kind+`"},
				"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "Next": "A"}, "A": {"Type": "Task", "Resource": "r",
					"Parameters": {"i.$": "$", "x.$": "$$.Execution"}, "End": true}}},
				"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}, "End": true}}}`)
			var seen []string
			names, starts := map[string]bool{}, map[string]string{}
			broken := true
			objects := &mapdata.Memory{}
			objects.CreateBucket("b")
			opts := engine.Options{Seed: 5, Objects: objects, Tasks: engine.Handlers{"r": engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
				at := func(path ...string) string {
					v := call.Input
					for _, name := range path {
						object, ok := v.(*value.Object)
						if !ok {
							return ""
						}
						v, _ = object.Get(name)
					}
					if v == nil {
						return ""
					}
					return value.Text(v)
				}
				name, start := at("x", "Name"), at("x", "StartTime")
				again := names[name]
				names[name] = true
				if again && (starts[name] == start) != (test.kind == "STANDARD") {
					t.Errorf("child %s starts at %s, and at %s in the first run", at("i"), start, starts[name])
				}
				starts[name] = start
				seen = append(seen, fmt.Sprintf("%s:%s:%v", at("i"), at("x", "RedriveCount"), at("x", "RedriveTime") != ""))
				if at("i") == "1" && broken {
					return nil, errors.New("no")
				}
				return value.Int(1), nil
			})}}
			x, err := program.Run(context.Background(), value.MustParse(`[0, 1, 2]`), opts)
			if got := strings.Join(seen, " "); err != nil || got != test.first {
				t.Fatalf("%v: %s, want %s; %s", err, got, test.first, x.Cause)
			}
			seen, broken = nil, false
			if x, err = x.Redrive(context.Background(), opts); err != nil || x.Status != engine.Succeeded {
				t.Fatal(err, x.Cause)
			}
			if got := strings.Join(seen, " "); got != test.again || len(names) != test.names {
				t.Errorf("%s, want %s; names %v", got, test.again, names)
			}
			output := value.Text(x.Output)
			key := output[strings.Index(output, "p/") : strings.Index(output, "manifest.json")+len("manifest.json")]
			folder, ok := strings.CutSuffix(key, "/Redrive-1/manifest.json")
			if !ok {
				t.Fatalf("output %s", output)
			}
			manifest, _ := objects.Bytes("b", key)
			for _, want := range []string{`"FAILED":[]`, `"PENDING":[]`, `"SUCCEEDED":[{"Key":"` + folder + `/SUCCEEDED_0.json","Size":`, `},{"Key":"` + folder + `/Redrive-1/SUCCEEDED_0.json","Size":`} {
				if !strings.Contains(string(manifest), want) {
					t.Errorf("manifest %s\nwant %s", manifest, want)
				}
			}
			for file, want := range map[string]string{
				folder + "/SUCCEEDED_0.json":           "SUCCEEDED 0",
				folder + "/FAILED_0.json":              "FAILED 0",
				folder + "/Redrive-1/SUCCEEDED_0.json": "SUCCEEDED 1 SUCCEEDED 0",
			} {
				body, _ := objects.Bytes("b", file)
				list, ok := value.MustParse(string(body)).(*value.Array)
				if !ok {
					t.Fatalf("%s: %s", file, body)
				}
				var got []string
				for _, item := range list.Items() {
					status, _ := item.(*value.Object).Get("Status")
					n, _ := item.(*value.Object).Get("RedriveCount")
					got = append(got, string(status.(value.String)), value.Text(n))
					if _, has := item.(*value.Object).Get("RedriveStatus"); has != (test.kind == "STANDARD") {
						t.Errorf("%s: RedriveStatus: %v", file, has)
					}
				}
				if got := strings.Join(got, " "); got != want {
					t.Errorf("%s: %s, want %s", file, got, want)
				}
			}
		})
	}
}

// TestFailingMapRun wants the children that still run when a Map Run fails to be aborted, but Express ones to come to their end.
func TestFailingMapRun(t *testing.T) {
	for kind, want := range map[string]string{
		"STANDARD": `1s FAILED {"Cause":"The map run execution [`,
		"EXPRESS":  `3s SUCCEEDED {"ExecutionArn":`,
	} {
		program := compile(t, `{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": {
			"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "`+kind+`"},
			"StartAt": "W", "States": {"W": {"Type": "Wait", "SecondsPath": "$", "Next": "C"}, "C": {"Type": "Choice",
				"Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "F"}], "Default": "S"}, "F": {"Type": "Fail"}, "S": {"Type": "Succeed"}}},
			"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}, "End": true}}}`)
		objects := &mapdata.Memory{}
		objects.CreateBucket("b")
		x := run(t, program, `[1, 3]`, engine.Options{Seed: 5, Objects: objects})
		if x.Error != engine.ErrorToleranceExceeded {
			t.Errorf("%s %s", x.Error, x.Cause)
		}
		status, second, _ := strings.Cut(want[3:], " ")
		arn := x.History[3].Details.(*engine.MapRunDetails).MapRunArn
		body, _ := objects.Bytes("b", arn[strings.LastIndexByte(arn, ':')+1:]+"/"+status+"_0.json")
		if took := x.StopTime.Sub(x.StartTime).String(); took != want[:2] || !strings.Contains(string(body), second) {
			t.Errorf("%s: after %s %s: %s", kind, took, status, body)
		}
	}
}
