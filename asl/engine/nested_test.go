package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

const childArn = "arn:aws:states:us-east-1:123456789012:stateMachine:Child"

func TestNestedExecutions(t *testing.T) {
	child := compile(t, `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 30, "Next": "C"},
		"C": {"Type": "Choice", "Choices": [{"Variable": "$.fail", "IsPresent": true, "Next": "F"}], "Default": "P"},
		"F": {"Type": "Fail", "Error": "ChildError", "Cause": "why"},
		"P": {"Type": "Pass", "Parameters": {"got.$": "$", "name.$": "$$.Execution.Name", "machine.$": "$$.StateMachine.Name"}, "End": true}}}`)
	parent := func(suffix, parameters string) *engine.Program {
		return compile(t, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution`+suffix+`",
			"Parameters": `+parameters+`, "End": true}}}`)
	}
	for _, test := range []struct {
		name, suffix, parameters string
		status                   engine.Status
		want                     string // part of the output or cause
		took                     time.Duration
	}{
		{
			"request and response", "", `{"StateMachineArn": "` + childArn + `", "Name": "one"}`, engine.Succeeded,
			`{"ExecutionArn":"arn:aws:states:us-east-1:123456789012:execution:Child:one","StartDate":"1735689600000"}`, 0,
		},
		{
			"sync", ".sync", `{"StateMachineArn": "` + childArn + `", "Name": "one", "Input": {"a": 1.0}}`, engine.Succeeded,
			`"Output":"{\"machine\":\"Child\",\"name\":\"one\",\"got\":{\"a\":1.0}}","OutputDetails":{"Included":true}`, 30 * time.Second,
		},
		{
			"sync:2", ".sync:2", `{"StateMachineArn": "` + childArn + `", "Name": "one", "Input": "{\"a\": 2}"}`, engine.Succeeded,
			`"Input":{"a": 2},"InputDetails":{"Included":true},"Name":"one","Output":{"machine":"Child","name":"one","got":{"a":2}},"OutputDetails":{"Included":true},` +
				`"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven",` +
				`"StartDate":"1735689600000","StateMachineArn":"` + childArn + `","Status":"SUCCEEDED","StopDate":"1735689630000"`, 30 * time.Second,
		},
		{
			"failure", ".sync", `{"StateMachineArn": "` + childArn + `", "Input": {"fail": 1}}`, engine.Failed,
			`{"Cause":"why","Error":"ChildError","ExecutionArn":"`, 30 * time.Second,
		},
		{"unknown", ".sync", `{"StateMachineArn": "arn:x"}`, engine.Failed, "State Machine Does Not Exist: 'arn:x'", 0},
		{"bad input", ".sync", `{"StateMachineArn": "` + childArn + `", "Input": "{"}`, engine.Failed, "Invalid State Machine Execution Input", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var children []*engine.Execution
			opts := engine.Options{Seed: 3}
			opts.Tasks = engine.Handlers{
				engine.StartExecutionPattern: engine.Machines{childArn: child}.Handler(engine.Options{Seed: 3}, func(x *engine.Execution) { children = append(children, x) }),
			}
			x := run(t, parent(test.suffix, test.parameters), `{}`, opts)
			got := x.Cause
			if x.Output != nil {
				got = value.Text(x.Output)
			}
			if x.Status != test.status || !strings.Contains(got, test.want) {
				t.Errorf("%s %s\n%s\nwant %s", x.Status, x.Error, got, test.want)
			}
			if took := x.StopTime.Sub(x.StartTime); took != test.took {
				t.Errorf("took %v, want %v", took, test.took)
			}
			again := run(t, parent(test.suffix, test.parameters), `{}`, opts)
			if x.Cause != again.Cause {
				t.Errorf("two runs with the same seed differ: %s, %s", x.Cause, again.Cause)
			}
			for _, c := range children {
				if c.StartTime != x.StartTime {
					t.Errorf("the child starts at %v", c.StartTime)
				}
			}
		})
	}
}

// TestMachinesThatStartThemselves end at the limits of nesting, whatever they retry and catch.
func TestMachinesThatStartThemselves(t *testing.T) {
	start := func(suffix string) string {
		return `"Type": "Task", "Resource": "arn:aws:states:::states:startExecution` + suffix + `", "Parameters": {"StateMachineArn": "` + childArn + `"},
			"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 99999999, "BackoffRate": 1, "IntervalSeconds": 0}],
			"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}], "Next": "S"}, "S": {"Type": "Succeed"`
	}
	for _, test := range []struct {
		name, definition string
		limits           engine.Limits
		want             string
	}{
		{"one in the other", states(`"A": {` + start(".sync:2") + `}`), engine.Limits{NestedExecutions: 2000}, "More than 200 executions have started each other (Limits.NestedDepth)."},
		{
			"two in each", states(`"P": {"Type": "Parallel", "End": true, "Branches": [` + states(`"A": {`+start("")+`}`) + `, ` + strings.ReplaceAll(states(`"B": {`+start(".sync")+`}`), `"S"`, `"T"`) + `]}`),
			engine.Limits{NestedExecutions: 2000},
			"started more than 2000 executions (Limits.NestedExecutions).",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			program := compile(t, test.definition)
			opts := engine.Options{Seed: 1, Limits: test.limits}
			tasks := engine.Handlers{}
			opts.Tasks = tasks
			ended, failed := 0, 0
			tasks[engine.StartExecutionPattern] = engine.Machines{childArn: program}.Handler(opts, func(x *engine.Execution) {
				ended++
				if strings.Contains(x.Cause, test.want) {
					failed++
				}
			})
			x := run(t, program, `{}`, opts)
			if failed == 0 || x.Error != engine.ErrorRuntime && x.Status != engine.Succeeded {
				t.Errorf("%s %s %s; %d of %d children ended at the limit", x.Status, x.Error, x.Cause, failed, ended)
			}
		})
	}
}

// TestNestedExecutionsDiffer starts an execution in every iteration of a Map: with a seed they have names of their own, the same ones in
// every run.
func TestNestedExecutionsDiffer(t *testing.T) {
	child := compile(t, states(`"S": {"Type": "Succeed"}`))
	program := compile(t, states(`"M": {`+inline(`"End": true`, states(`"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Parameters": {"StateMachineArn": "`+childArn+`"},
		"ResultSelector": {"arn.$": "$.ExecutionArn"}, "OutputPath": "$.arn", "End": true}`))+`}`))
	once := func() []value.Value {
		x := run(t, program, `[1, 2, 3]`, engine.Options{Seed: 5, Tasks: engine.Handlers{engine.StartExecutionPattern: engine.Machines{childArn: child}.Handler(engine.Options{Seed: 5}, nil)}})
		if x.Status != engine.Succeeded {
			t.Fatal(x.Status, x.Error, x.Cause)
		}
		return x.Output.(*value.Array).Items()
	}
	first, second := once(), once()
	seen := map[value.Value]bool{}
	for i, arn := range first {
		if seen[arn] || arn != second[i] {
			t.Errorf("the executions are %v and %v", first, second)
		}
		seen[arn] = true
	}
}
