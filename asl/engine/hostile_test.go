package engine_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

// hostile is a definition, or an input, that would take a computer down, and the limit that it ends at instead.
type hostile struct {
	name    string
	machine string                // the definition
	model   func() *asl.Machine   // or the model, for what no parser would read
	input   string                // {} when empty
	options func() engine.Options // for those that need some

	status engine.Status // Failed when empty
	err    string        // the error's name
	cause  string        // a part of the cause, or of the output
	events int           // the longest history that it may have; 0 is 25,000
	full   bool          // it needs the default limits, under the race detector, too
}

const (
	eventsCause      = "The execution reached the maximum number of history events ("
	stepsCause       = " steps together (Limits.Steps, and 20 for every event)."
	memoryCause      = " bytes in its history, variables and Maps (Limits.MemoryBytes)."
	childEventsCause = ", Limits.ChildEvents)."
	payloadCause     = "with a size exceeding the maximum number of bytes service limit"
)

// states writes a definition of states that are given as JSON members without their braces; the first one is where it starts.
func states(members ...string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(members[0], `"`), `"`)
	return `{"StartAt": "` + name + `", "States": {` + strings.Join(members, ",") + `}}`
}

// jsonataStates is states for a machine in JSONata.
func jsonataStates(members ...string) string {
	return `{"QueryLanguage": "JSONata", ` + states(members...)[1:]
}

// query writes a JSONata expression as a JSON string.
func query(expression string) string { return value.Text(value.String("{% " + expression + " %}")) }

// inline and distributed write a Map over what another field says, with a processor.
func inline(fields, processor string) string {
	return `"Type": "Map", ` + fields + `, "ItemProcessor": ` + processor
}

func distributed(fields, processor string) string {
	return inline(fields, `{"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, `+processor[1:])
}

func list(item string, n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
}

// nested is a machine of so many Parallel states in each other.
func nested(depth int, innermost asl.State) func() *asl.Machine {
	return func() *asl.Machine {
		start, inner := innermost.Common().Name, []asl.State{innermost}
		for i := range depth {
			s := &asl.ParallelState{Branches: []*asl.Branch{{StartAt: start, States: inner}}, Transition: asl.Transition{End: true}}
			s.Name = fmt.Sprint("P", i)
			start, inner = s.Name, []asl.State{s}
		}
		return &asl.Machine{StartAt: start, States: inner}
	}
}

func named[S asl.State](s S, name string) S {
	s.Common().Name = name
	return s
}

func express() engine.Options { return engine.Options{Type: engine.Express} }

// answers is a handler for everything.
func answers(v value.Value) func() engine.Options {
	return func() engine.Options {
		return engine.Options{Tasks: handle(func(context.Context, *engine.Call) (value.Value, error) { return v, nil })}
	}
}

func throws(err error) func() engine.Options {
	return func() engine.Options {
		return engine.Options{Tasks: handle(func(context.Context, *engine.Call) (value.Value, error) { return nil, err })}
	}
}

// stored gives an object storage with one object, s3://bucket/key.
func stored(key string, body func() []byte) func() engine.Options {
	return func() engine.Options {
		objects := &mapdata.Memory{}
		objects.Store("bucket", key, body())
		return engine.Options{Objects: objects}
	}
}

// zipped compresses n times the text, or a little more.
func zipped(text string, n int) func() []byte {
	return func() []byte {
		var b bytes.Buffer
		w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		block := []byte(strings.Repeat(text, max(1, min(n, 1<<20/len(text)))))
		for left := n * len(text); left > 0; left -= len(block) {
			_, _ = w.Write(block)
		}
		_ = w.Close()
		return b.Bytes()
	}
}

const (
	lambda = `"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"`
	all    = `"ErrorEquals": ["States.ALL"]`
)

func reader(key, inputType string) string {
	return `"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "` + inputType + `"}, "Parameters": {"Bucket": "bucket", "Key": "` + key + `"}}`
}

const writer = `"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "bucket", "Prefix": "out"}}`

var (
	passOn      = states(`"I": {"Type": "Pass", "End": true}`)
	endlessPass = states(`"I": {"Type": "Pass", "Next": "I"}`)
	text200K    = `"` + strings.Repeat("x", 200_000) + `"`
	neverEnds   = `($f := function($n){ $f($n + 1) }; $f(0))`
)

var hostiles = []hostile{
	// Loops.
	{name: "loop of Pass", machine: endlessPass, err: "States.Runtime", cause: eventsCause},
	{
		name: "loop of Pass, Express", machine: endlessPass, options: express,
		err: "States.Runtime", cause: eventsCause, events: 500_000,
	},
	{
		name: "loop of Choice", machine: states(`"C": {"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": true, "Next": "C"}]}`),
		err: "States.Runtime", cause: eventsCause,
	},
	{
		name: "loop of Choice, JSONata, Express", machine: jsonataStates(`"C": {"Type": "Choice", "Choices": [{"Condition": ` + query(`$states.context.State.Name = "C"`) + `, "Next": "C"}]}`), options: express,
		err: "States.Runtime", cause: eventsCause, events: 500_000,
	},
	{
		name: "loop of Catch", machine: states(`"T": {` + lambda + `, "End": true, "Catch": [{` + all + `, "Next": "T"}]}`), options: throws(errors.New("no")),
		err: "States.Runtime", cause: eventsCause,
	},
	{
		name: "loop in 40 iterations", input: list("1", 40), machine: states(`"M": {` + inline(`"End": true`, endlessPass) + `}`),
		err: "States.Runtime", cause: eventsCause,
	},
	{
		name: "loop in every child of a distributed Map, all tolerated", input: list("1", 5000),
		machine: states(`"M": {` + distributed(`"End": true, "ToleratedFailurePercentage": 100`, endlessPass) + `}`),
		err:     "States.Runtime", cause: childEventsCause,
	},
	{
		name: "loop of Waits of no time, Express", machine: states(`"W": {"Type": "Wait", "Seconds": 0, "Next": "W"}`), options: express,
		err: "States.Runtime", cause: eventsCause, events: 500_000,
	},
	{
		name: "loop of Waits of a second, Express", machine: states(`"W": {"Type": "Wait", "Seconds": 1, "Next": "W"}`), options: express,
		status: engine.TimedOut,
	},

	// Retries.
	{
		name: "retry for ever", machine: states(`"T": {` + lambda + `, "End": true, "Retry": [{` + all + `, "MaxAttempts": 99999999, "BackoffRate": 1, "IntervalSeconds": 0}]}`),
		options: throws(errors.New("no")), err: "States.Runtime", cause: eventsCause,
	},
	{
		name: "retry with a backoff that overflows", machine: states(`"T": {` + lambda + `, "End": true, "Retry": [{` + all + `, "MaxAttempts": 1e400, "BackoffRate": 1e308, "IntervalSeconds": 1e308}]}`),
		options: throws(errors.New("no")), status: engine.TimedOut,
	},
	{
		name: "retry with a backoff that overflows, capped", machine: states(`"T": {` + lambda + `, "End": true, "Retry": [{` + all + `, "MaxAttempts": 1e400, "BackoffRate": 1e308, "MaxDelaySeconds": 1}]}`),
		options: throws(errors.New("no")), err: "States.Runtime", cause: eventsCause,
	},
	{
		name: "retry with a backoff that overflows from nothing", machine: states(`"T": {` + lambda + `, "End": true, "Retry": [{` + all + `, "MaxAttempts": 1e400, "BackoffRate": 1e308, "IntervalSeconds": 0}]}`),
		options: throws(errors.New("no")), err: "States.Runtime", cause: eventsCause,
	},
	{
		name: "retry an expression that never ends", machine: jsonataStates(`"T": {` + lambda + `, "Arguments": ` + query(neverEnds) + `, "End": true, "Retry": [{` + all + `, "MaxAttempts": 99999999, "BackoffRate": 1}]}`),
		options: answers(value.Null{}), err: "States.Runtime", cause: stepsCause,
	},

	// Nesting.
	{name: "1,000 Parallels in each other", model: nested(1000, named(&asl.SucceedState{}, "S")), status: engine.Succeeded, cause: strings.Repeat("[", 1000) + "{}"},
	{
		name: "1,000 Parallels in each other, retried", err: "E", events: 10_000,
		model: func() *asl.Machine {
			m := nested(1000, named(&asl.FailState{Error: "E"}, "F"))()
			m.States[0].(*asl.ParallelState).Retry = []asl.Retrier{{ErrorEquals: []string{"States.ALL"}, MaxAttempts: asl.Number{Text: "1"}}}
			return m
		},
	},
	{name: "1,000 Parallels in each other around a loop", model: nested(1000, func() asl.State {
		s := named(&asl.PassState{}, "L")
		s.Next = "L"
		return s
	}()), err: "States.Runtime", cause: eventsCause},
	{
		name: "200 Parallels of two in each other", err: "States.Runtime", cause: eventsCause,
		model: func() *asl.Machine { // the branches are the same states: 2^200 of them
			m := nested(0, named(&asl.SucceedState{}, "S"))()
			branch := &asl.Branch{StartAt: m.StartAt, States: m.States}
			for i := range 16 {
				s := named(&asl.ParallelState{Branches: []*asl.Branch{branch, branch}, Transition: asl.Transition{End: true}}, fmt.Sprint("P", i))
				branch = &asl.Branch{StartAt: s.Name, States: []asl.State{s}}
			}
			return &asl.Machine{StartAt: branch.StartAt, States: branch.States}
		},
	},
	{name: "10,000 branches", machine: parallelOf(10_000), status: engine.Succeeded, cause: "[{},{},"},
	{name: "10,000 branches, for ever", machine: strings.Replace(parallelOf(10_000), `"End": true`, `"ResultPath": null, "Next": "All"`, 1), err: "States.Runtime", cause: eventsCause},
	{
		name: "Map in Map in Map", input: list("1", 1000), err: "States.Runtime", cause: eventsCause,
		machine: states(`"A": {` + inline(`"ItemsPath": "$$.Execution.Input", "End": true`,
			states(`"B": {`+inline(`"ItemsPath": "$$.Execution.Input", "End": true`,
				states(`"C": {`+inline(`"ItemsPath": "$$.Execution.Input", "End": true`, passOn)+`}`))+`}`)) + `}`),
	},
	{
		name: "Map in Map in Map, Express", input: list("1", 1000), err: "States.Runtime", cause: memoryCause, options: express, events: 500_000,
		machine: states(`"A": {` + inline(`"ItemsPath": "$$.Execution.Input", "End": true`,
			states(`"B": {`+inline(`"ItemsPath": "$$.Execution.Input", "End": true`,
				states(`"C": {`+inline(`"ItemsPath": "$$.Execution.Input", "End": true`, passOn)+`}`))+`}`)) + `}`),
	},
	{
		name: "distributed Map in Map in Map", input: list("1", 1000), err: "States.Runtime", cause: "Limits.",
		machine: states(`"A": {` + distributed(`"ItemSelector": {"l.$": "$$.Execution.Input"}, "End": true`,
			states(`"B": {`+distributed(`"ItemsPath": "$.l", "ItemSelector": {"l.$": "$.l"}, "End": true`,
				states(`"C": {`+distributed(`"ItemsPath": "$.l", "End": true`, passOn)+`}`))+`}`)) + `}`),
	},

	// Data that grows.
	{
		name: "data doubled by Parallel", input: `"0123456789"`, err: "States.DataLimitExceeded", cause: payloadCause,
		machine: states(`"P": {"Type": "Parallel", "Next": "P", "Branches": [` + passOn + `,` + states(`"J": {"Type": "Pass", "End": true}`) + `]}`),
	},
	{
		name: "data doubled by States.Array", input: `"0123456789"`, err: "States.DataLimitExceeded", cause: payloadCause,
		machine: states(`"A": {"Type": "Pass", "Parameters": {"a.$": "States.Array($, $)"}, "Next": "A"}`),
	},
	{
		name: "data doubled by JSONata", input: `"0123456789"`, err: "States.DataLimitExceeded", cause: payloadCause,
		machine: jsonataStates(`"A": {"Type": "Pass", "Output": ` + query(`[[$states.input, $states.input]]`) + `, "Next": "A"}`),
	},
	{
		name: "data doubled by ResultSelector in an endless Map", input: `[1, 2]`, err: "States.DataLimitExceeded", cause: payloadCause,
		machine: states(`"M": {` + inline(`"ResultSelector": {"l.$": "$"}, "OutputPath": "$.l", "Next": "M"`, states(`"I": {"Type": "Pass", "Parameters": {"a.$": "States.Array($, $)"}, "End": true}`)) + `}`),
	},
	{
		name: "data doubled sixty times within a state", full: true, input: `"0123456789"`, err: "States.QueryEvaluationError", cause: "Expression evaluation memory limit exceeded",
		machine: jsonataStates(`"A": {"Type": "Pass", "Output": ` + query(`$reduce([1..60], function($a, $i){ {"a": $a, "b": $a} }, $states.input)`) + `, "End": true}`),
	},
	{
		name: "a template that repeats its input 20,000 times", input: `{"b": ` + list("1", 100_000) + `}`, err: "States.DataLimitExceeded", cause: payloadCause,
		machine: states(`"A": {"Type": "Pass", "End": true, "Parameters": {"l": ` + list(`{"b.$": "$.b"}`, 20_000) + `}}`),
	},
	{
		name: "a new text of 200 KB in every state", input: text200K, err: "States.Runtime", cause: memoryCause,
		machine: states(`"A": {"Type": "Pass", "Parameters": {"b.$": "States.Format('{}{}', $$.State.EnteredTime, $$.Execution.Input)"}, "Next": "A"}`),
	},
	{
		name: "a new list of 65,000 numbers in every state", full: true, input: `0`, err: "States.Runtime", cause: memoryCause,
		machine: jsonataStates(`"A": {"Type": "Pass", "Output": ` + query(`[1..40000]`) + `, "Next": "A"}`),
	},
	{
		name: "the same 200 KB in every state", full: true, input: `{"n": 0, "big": ` + text200K + `}`, err: "States.Runtime", cause: eventsCause,
		machine: states(`"A": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "ResultPath": "$.sum", "Next": "A"}`),
	},
	{
		name: "nested deeper in every state, Express", options: express, err: "States.DataLimitExceeded", cause: payloadCause, events: 500_000,
		machine: states(`"A": {"Type": "Pass", "Parameters": {"abcdefghijkl.$": "$"}, "Next": "A"}`),
	},
	{
		name: "nested deeper in every state, JSONata, Express", options: express, err: "States.DataLimitExceeded", cause: payloadCause, events: 500_000,
		machine: jsonataStates(`"A": {"Type": "Pass", "Output": {"abcdefghijkl": ` + query(`$states.input`) + `}, "Next": "A"}`),
	},
	{
		name: "40 iterations that make 200 KB each", input: `{"l": ` + list("1", 4000) + `, "b": ` + text200K + `}`, err: "States.Runtime", cause: memoryCause,
		machine: states(`"M": {` + inline(`"ItemsPath": "$.l", "End": true`, states(`"I": {"Type": "Pass", "Parameters": {"b.$": "States.Format('{}{}', $$.Map.Item.Index, $$.Execution.Input.b)"}, "End": true}`)) + `}`),
	},
	{
		name: "10,000 children that hold 200 KB each", input: `{"l": ` + list("1", 10_000) + `, "b": ` + text200K + `}`, err: "States.Runtime", cause: memoryCause,
		machine: states(`"M": {` + distributed(`"ItemsPath": "$.l", "ItemSelector": {"i.$": "$$.Map.Item.Index", "b.$": "$.b"}, "End": true`, states(
			`"I": {"Type": "Pass", "Parameters": {"b.$": "States.Format('{}{}', $.i, $.b)"}, "Next": "W"}`, `"W": {"Type": "Wait", "Seconds": 1, "End": true}`)) + `}`),
	},
	{
		name: "10,000 inputs of 200 KB each", input: `{"l": ` + list("1", 10_000) + `, "b": ` + text200K + `}`, err: "States.Runtime", cause: memoryCause,
		machine: states(`"M": {` + distributed(`"ItemsPath": "$.l", "End": true, "ItemSelector": {"b.$": "States.Format('{}{}', $$.Map.Item.Index, $.b)"}`, passOn) + `}`),
	},
	{
		name: "10,000 results of 200 KB each", input: list("1", 10_000), err: "States.Runtime", cause: memoryCause,
		machine: states(`"M": {` + distributed(`"End": true`, states(`"I": {`+lambda+`, "End": true}`)) + `}`),
		options: func() engine.Options {
			return engine.Options{Tasks: handle(func(_ context.Context, call *engine.Call) (value.Value, error) {
				return value.String(strings.Repeat("x", 200_000)), nil
			}), MaxConcurrentTasks: 10}
		},
	},
	{
		name: "10,000 results of the same 200 KB, written", input: `{"l": ` + list("1", 10_000) + `, "b": ` + text200K + `}`, err: "States.Runtime", cause: "to write (Limits.MemoryBytes)",
		machine: states(`"M": {` + distributed(`"ItemsPath": "$.l", "ItemSelector": {"b.$": "$.b"}, "End": true, `+writer, passOn) + `}`),
		options: stored("x", func() []byte { return nil }),
	},
	{
		name: "10,000 inputs of the same 200 KB that nobody works on, written", input: `{"l": ` + list("1", 10_000) + `, "b": ` + text200K + `}`, err: "States.Runtime", cause: "to write (Limits.MemoryBytes)",
		machine: states(`"M": {` + distributed(`"ItemsPath": "$.l", "MaxConcurrency": 1, "ItemSelector": {"b.$": "$.b"}, "End": true, `+writer, states(`"F": {"Type": "Fail"}`)) + `}`),
		options: stored("x", func() []byte { return nil }),
	},
	{
		name: "the same results written for ever", input: list("1", 10_000), err: "States.Runtime", cause: "to write (Limits.WriteBytes)",
		machine: states(`"M": {` + distributed(`"ResultPath": null, "Next": "M", `+writer, passOn) + `}`),
		options: stored("x", func() []byte { return nil }),
	},
	{
		name: "a new cause of 10 MB for every failure", err: "States.Runtime", cause: memoryCause,
		machine: states(`"T": {` + lambda + `, "End": true, "Retry": [{` + all + `, "MaxAttempts": 99999999, "BackoffRate": 1}]}`),
		options: func() engine.Options {
			return engine.Options{Tasks: handle(func(context.Context, *engine.Call) (value.Value, error) {
				return nil, errors.New(strings.Repeat("x", 10_000_000))
			})}
		},
	},
	{
		name: "children that fail, each with a cause of 200 KB, tolerated and written", input: `{"l": ` + list("1", 10_000) + `, "b": ` + text200K + `}`, err: "States.Runtime", cause: "Limits.MemoryBytes",
		machine: states(`"M": {` + distributed(`"ItemsPath": "$.l", "ToleratedFailurePercentage": 100, "ItemSelector": {"b.$": "$.b"}, "End": true, `+writer, states(`"I": {"Type": "Pass", "Parameters": {"x.$": "$.nothing"}, "End": true}`)) + `}`),
		options: stored("x", func() []byte { return nil }),
	},
	{
		name: "results of a task beyond the payload limit", err: "States.DataLimitExceeded", cause: payloadCause,
		machine: states(`"T": {` + lambda + `, "End": true}`), options: answers(value.String(strings.Repeat("x", 10_000_000))),
	},

	// Variables.
	{
		name: "a variable of 300 KB", full: true, input: text200K, err: "States.DataLimitExceeded", cause: "Variable 'v' in state 'A' was assigned 300002 bytes.",
		machine: jsonataStates(`"A": {"Type": "Pass", "Assign": {"v": ` + query(`$join([1..300].$join([1..1000].("x")))`) + `}, "End": true}`),
	},
	{
		name: "an Assign of 400 KB", input: text200K, err: "States.DataLimitExceeded", cause: "exceed its limit by 137860 bytes",
		machine: states(`"A": {"Type": "Pass", "Assign": {"v.$": "$", "w.$": "$"}, "End": true}`),
	},
	{
		name: "60 variables of 200 KB", input: text200K, err: "States.DataLimitExceeded", cause: "exceed the total execution limit by 114346 bytes",
		machine: states(func() (members []string) {
			for i := range 60 {
				members = append(members, fmt.Sprintf(`"S%d": {"Type": "Pass", "Assign": {"v%d.$": "$"}, "Next": "S%d"}`, i, i, i+1))
			}
			return append(members, `"S60": {"Type": "Succeed"}`)
		}()...),
	},
	{
		name: "a variable that doubles", input: `[1]`, err: "States.DataLimitExceeded", cause: "was assigned 524287 bytes",
		machine: jsonataStates(`"A": {"Type": "Pass", "Assign": {"v": `+query(`$states.input`)+`}, "Next": "B"}`, `"B": {"Type": "Pass", "Assign": {"v": `+query(`[[$v, $v]]`)+`}, "Next": "B"}`),
	},
	{
		name: "a variable of 200 KB in each of 100 branches", input: text200K, err: "States.DataLimitExceeded", cause: "exceed the total execution limit by 114346 bytes",
		machine: states(`"P": {"Type": "Parallel", "End": true, "Branches": [` + func() string {
			branches := make([]string, 100)
			for i := range branches {
				branches[i] = states(fmt.Sprintf(`"V%d": {"Type": "Pass", "Assign": {"v.$": "$"}, "Next": "W%d"}`, i, i), fmt.Sprintf(`"W%d": {"Type": "Wait", "Seconds": 1, "End": true}`, i))
			}
			return strings.Join(branches, ",")
		}() + `]}`),
	},
	{
		name: "a variable of 200 KB in each iteration after the other", input: `{"l": ` + list("1", 100) + `, "b": ` + text200K + `}`, status: engine.Succeeded, cause: `{"l": [1,`,
		machine: states(`"M": {` + inline(`"ItemsPath": "$.l", "MaxConcurrency": 1, "ResultPath": null, "End": true`, states(`"V": {"Type": "Pass", "Assign": {"v.$": "$$.Execution.Input.b"}, "End": true}`)) + `}`),
	},

	// Expressions.
	{
		name: "JSONata that never ends", full: true, err: "States.QueryEvaluationError", cause: "Expression evaluation timeout",
		machine: jsonataStates(`"A": {"Type": "Pass", "Output": ` + query(neverEnds) + `, "End": true}`),
	},
	{
		name: "JSONata that recurses for ever", err: "States.QueryEvaluationError", cause: "Stack overflow",
		machine: jsonataStates(`"A": {"Type": "Pass", "Output": ` + query(`($f := function($n){ 1 + $f($n + 1) }; $f(0))`) + `, "End": true}`),
	},
	{
		name: "JSONata that allocates without bound", err: "States.QueryEvaluationError", cause: "Expression evaluation memory limit exceeded",
		machine: jsonataStates(`"A": {"Type": "Pass", "Output": ` + query(`($f := function($a){ $f($append($a, $a)) }; $f([1..100]))`) + `, "End": true}`),
	},
	{
		name: "JSONata that makes a longer and longer text", err: "States.QueryEvaluationError", cause: "Expression evaluation memory limit exceeded",
		machine: jsonataStates(`"A": {"Type": "Pass", "Output": ` + query(`($f := function($s){ $f($s & $s) }; $f("abcdefgh"))`) + `, "End": true}`),
	},
	{
		name: "JSONata that never ends in every state, caught", err: "States.Runtime", cause: stepsCause,
		machine: jsonataStates(`"T": {` + lambda + `, "Arguments": ` + query(neverEnds) + `, "Catch": [{` + all + `, "Next": "T"}], "End": true}`), options: answers(value.Null{}),
	},
	{
		name: "JSONata that works hard in every state", err: "States.Runtime", cause: stepsCause,
		machine: jsonataStates(`"A": {"Type": "Choice", "Choices": [{"Condition": ` + query(`$sum([1..100000].($ * 2)) > 0`) + `, "Next": "A"}]}`),
	},
	{
		name: "10,000 expressions that never end in one state", full: true, err: "States.QueryEvaluationError", cause: "Expression evaluation timeout",
		machine: jsonataStates(`"A": {"Type": "Pass", "Output": ` + list(query(neverEnds), 10_000) + `, "End": true}`),
	},
	{
		name: "10,000 expressions that work hard in one state", err: "States.Runtime", cause: stepsCause,
		machine: jsonataStates(`"A": {"Type": "Pass", "Output": ` + list(query(`$count([1..100000].($ * 2))`), 10_000) + `, "End": true}`),
	},
	{
		name: "JSONata that works hard in every child, all tolerated", input: list("1", 10_000), err: "States.Runtime", cause: "Limits.Steps",
		machine: jsonataStates(`"M": {` + distributed(`"End": true, "ToleratedFailurePercentage": 100`, states(`"A": {"Type": "Pass", "Output": `+query(`$count([1..10000].($ * 2))`)+`, "End": true}`)) + `}`),
	},
	{
		name: "JSONata with a regular expression that backtracks, caught for ever", err: "States.Runtime", cause: stepsCause,
		machine: jsonataStates(`"T": {` + lambda + `, "Arguments": ` + query(`$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /(a+)+$/)`) + `, "Catch": [{` + all + `, "Next": "T"}], "End": true}`), options: answers(value.Null{}),
	},
	{
		name: "Items of 873,782", full: true, err: "States.Runtime", cause: eventsCause,
		machine: jsonataStates(`"M": {` + inline(`"Items": `+query(`[1..873782]`)+`, "End": true`, passOn) + `}`),
	},
	{
		name: "JSONPath that backtracks", input: list(`"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"`, 5000), err: "States.Runtime", cause: "took longer than 250ms",
		machine: states(`"A": {"Type": "Pass", "InputPath": "$[?(@ =~ /(?=a)(a+)+b/)]", "End": true}`),
	},
	{
		name: "JSONPath that backtracks, asked for in a loop", input: list(`"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"`, 5000), err: "States.Runtime", cause: stepsCause,
		machine: states(`"C": {"Type": "Choice", "Choices": [{"Variable": "$[?(@ =~ /(?=a)(a+)+b/)]", "IsPresent": true, "Next": "C"}], "Default": "C"}`),
	},
	{
		name: "JSONPath that goes everywhere", input: strings.Repeat("[", 900) + strings.Repeat("]", 900), err: "States.Runtime", cause: "takes more than 5000000 steps",
		machine: states(`"A": {"Type": "Pass", "InputPath": "$..*..*..*", "End": true}`),
	},
	{
		name: "JSONPath that compares all with all", input: list("1", 100_000), err: "States.Runtime", cause: "takes more than 5000000 steps",
		machine: states(`"A": {"Type": "Pass", "InputPath": "$[?(@ in $)]", "End": true}`),
	},
	{
		name: "JSONPath through 200 KB in every state", input: list("1", 100_000), err: "States.Runtime", cause: stepsCause,
		machine: states(`"C": {"Type": "Choice", "Choices": [{"Variable": "$[?(@ > 2)]", "IsPresent": true, "Next": "C"}], "Default": "C"}`),
	},
	{
		name: "intrinsic functions on 200 KB in every state", input: list("1", 100_000), err: "States.Runtime", cause: stepsCause,
		machine: states(`"A": {"Type": "Pass", "Parameters": {"a.$": "States.ArrayLength(States.StringToJson(States.JsonToString($$.Execution.Input)))"}, "Next": "A"}`),
	},
	{
		name: "StringMatches with many stars", input: `"` + strings.Repeat("a", 200_000) + `"`, err: "States.Runtime", cause: stepsCause,
		machine: states(`"C": {"Type": "Choice", "Choices": [{"Variable": "$", "StringMatches": "` + strings.Repeat("*a", 50_000) + `*b", "Next": "C"}], "Default": "C"}`),
	},
	{
		name: "a Choice with 10,000 rules", input: `1`, err: "States.Runtime", cause: stepsCause,
		machine: states(`"C": {"Type": "Choice", "Choices": ` + list(`{"Variable": "$", "NumericEquals": 2, "Next": "C"}`, 10_000) + `, "Default": "C"}`),
	},

	// Numbers.
	{name: "Seconds of 1e400", machine: states(`"W": {"Type": "Wait", "Seconds": 1e400, "End": true}`), err: "States.Runtime", cause: "Wait state delay is too long."},
	{name: "SecondsPath to 1e400", input: `1e400`, machine: states(`"W": {"Type": "Wait", "SecondsPath": "$", "End": true}`), err: "States.Runtime", cause: "cannot be parsed as a long value"},
	{
		name: "SecondsPath to a number of 100,000 digits", input: strings.Repeat("9", 100_000), machine: states(`"W": {"Type": "Wait", "SecondsPath": "$", "End": true}`),
		err: "States.Runtime", cause: "cannot be parsed as a long value",
	},
	{
		name: "Seconds of 1e400 by JSONata", input: `1e400`, machine: jsonataStates(`"W": {"Type": "Wait", "Seconds": ` + query(`$states.input`) + `, "End": true}`),
		err: "States.QueryEvaluationError", cause: "The Seconds field cannot be parsed as an integer: 1e400",
	},
	{
		name: "TimeoutSeconds of 1e400", machine: states(`"T": {` + lambda + `, "TimeoutSeconds": 1e400, "HeartbeatSeconds": 1e399, "End": true}`), options: throws(engine.ErrNoAnswer),
		status: engine.TimedOut,
	},
	{
		name: "MaxConcurrency of 1e400", input: list("1", 100), machine: states(`"M": {` + inline(`"MaxConcurrency": 1e400, "End": true`, passOn) + `}`),
		status: engine.Succeeded, cause: list("1", 100),
	},
	{
		name: "MathAdd of numbers of 100,000 digits", input: strings.Repeat("9", 100_000), machine: states(`"A": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($, $)"}, "Next": "A"}`),
		err: "States.Runtime", cause: "MathAdd",
	},
	{
		name: "numbers of 100,000 digits compared in a loop", input: `[` + strings.Repeat("9", 100_000) + `,` + strings.Repeat("9", 100_000) + `]`, err: "States.Runtime", cause: "Limits",
		machine: states(`"C": {"Type": "Choice", "Choices": [{"Variable": "$[0]", "NumericEqualsPath": "$[1]", "Next": "C"}], "Default": "C"}`),
	},
	{
		name: "powers of ten, by JSONata", machine: jsonataStates(`"A": {"Type": "Pass", "Output": ` + query(`$power(10, 400)`) + `, "End": true}`),
		err: "States.QueryEvaluationError", cause: "cannot be represented",
	},

	// Datasets.
	{
		name: "a dataset of 10,000,000 lines in a small file", machine: states(`"M": {` + distributed(reader("lines.jsonl.gz", "JSONL")+`, "End": true`, passOn) + `}`),
		options: stored("lines.jsonl.gz", zipped("1\n", 10_000_000)), err: "States.Runtime", cause: memoryCause,
	},
	{
		name: "a line of 20 MB in a small file", machine: states(`"M": {` + distributed(reader("lines.jsonl.gz", "JSONL")+`, "End": true`, passOn) + `}`),
		options: stored("lines.jsonl.gz", zipped("1111111111", 2_000_000)), err: "States.ItemReaderFailed", cause: "exceeds the limit Item of 8388608 bytes",
	},
	{
		name: "lines of 200 KB", machine: states(`"M": {` + distributed(reader("lines.jsonl.gz", "JSONL")+`, "End": true`, passOn) + `}`),
		options: stored("lines.jsonl.gz", zipped(list("[1]", 50_000)+"\n", 150)), err: "States.Runtime", cause: memoryCause,
	},
	{
		name: "lines of 7 MB of which little is left", machine: states(`"M": {` + distributed(reader("lines.jsonl.gz", "JSONL")+`, "ItemSelector": {"n.$": "$$.Map.Item.Index"}, "End": true`, passOn) + `}`),
		options: stored("lines.jsonl.gz", func() []byte { return zipped(list(list("1", 1000), 3500)+"\n", 4)() }), err: "States.Runtime", cause: memoryCause,
	},
	{
		name: "batches of one item each", full: true, input: list("1", 100_000), status: engine.Failed, err: "States.DataLimitExceeded", cause: payloadCause,
		machine: states(`"M": {` + distributed(`"ItemBatcher": {"MaxItemsPerBatch": 1, "BatchInput": {"b.$": "$[0:50000]"}}, "End": true`, passOn) + `}`),
	},
	{
		name: "a CSV file of 5,000,000 cells", machine: states(`"M": {` + distributed(reader("x.csv", "CSV")+`, "End": true`, passOn) + `}`),
		options: stored("x.csv", func() []byte {
			var text strings.Builder
			for i := range 1000 {
				fmt.Fprintf(&text, "h%d,", i)
			}
			return []byte(text.String() + "\n" + strings.Repeat(strings.Repeat("1,", 1000)+"\n", 5000))
		}),
		err: "States.Runtime", cause: memoryCause,
	},
}

// TestHostile wants each to end at the limit that it names. What they take is measured by BenchmarkHostile.
func TestHostile(t *testing.T) {
	for i := range hostiles {
		h := &hostiles[i]
		if raceEnabled && i%4 != 0 { // all of them run without it
			continue
		}
		t.Run(h.name, func(t *testing.T) {
			program := h.program(t)
			input, opts := h.prepare()
			x, err := program.Run(t.Context(), input, opts)
			if err != nil {
				t.Fatal(err)
			}
			h.check(t, x)
		})
	}
}

func (h *hostile) program(t testing.TB) *engine.Program {
	if h.model == nil {
		return compile(t, h.machine)
	}
	program, err := engine.Compile(h.model())
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// prepare gives the input and the options. Under the race detector the limits that are the engine's own are lower.
func (h *hostile) prepare() (value.Value, engine.Options) {
	var opts engine.Options
	if h.options != nil {
		opts = h.options()
	}
	opts.StartTime = start
	if raceEnabled && !h.full {
		opts.Limits.Steps, opts.Limits.MemoryBytes, opts.Limits.ChildEvents = engine.DefaultSteps/10, engine.DefaultMemoryBytes/4, engine.DefaultChildEvents/10
		opts.Limits.WriteBytes = engine.DefaultWriteBytes / 4
		if opts.Type == engine.Express {
			opts.Limits.HistoryEvents = engine.DefaultExpressEvents / 10
		}
	}
	input := h.input
	if input == "" {
		input = "{}"
	}
	return value.MustParse(input), opts
}

func (h *hostile) check(t testing.TB, x *engine.Execution) {
	status := h.status
	if status == "" {
		status = engine.Failed
	}
	text := x.Cause
	if x.Output != nil {
		text = value.Text(x.Output)
	}
	if x.Status != status || x.Error != h.err || !strings.Contains(text, h.cause) {
		t.Errorf("got %s %s %.300q\nwant %s %s %.300q", x.Status, x.Error, text, status, h.err, h.cause)
	}
	events := h.events
	if events == 0 {
		events = engine.DefaultHistoryEvents
	}
	if len(x.History) > events {
		t.Errorf("%d events", len(x.History))
	}
}

// BenchmarkHostile measures what the hostile definitions take: the time, and the most that the heap held, garbage included.
func BenchmarkHostile(b *testing.B) {
	for i := range hostiles {
		h := &hostiles[i]
		b.Run(strings.ReplaceAll(h.name, " ", "_"), func(b *testing.B) {
			program := h.program(b)
			input, opts := h.prepare()
			var most uint64
			for b.Loop() {
				most = max(most, peak(func() {
					if _, err := program.Run(b.Context(), input, opts); err != nil {
						b.Fatal(err)
					}
				}))
			}
			b.ReportMetric(float64(most)/(1<<20), "peak-MiB")
		})
	}
}

// peak is the largest size that the heap has while f runs.
func peak(f func()) uint64 {
	runtime.GC()
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		most := uint64(0)
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64())
			select {
			case <-stop:
				result <- most
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	return <-result
}
