package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// passChain is a machine of n Pass states in a row.
func passChain(n int) string {
	var b strings.Builder
	b.WriteString(`{"StartAt": "P0", "States": {`)
	for i := range n {
		end := fmt.Sprintf(`"Next": "P%d"`, i+1)
		if i == n-1 {
			end = `"End": true`
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"P%d": {"Type": "Pass", %s}`, i, end)
	}
	b.WriteString(`}}`)
	return b.String()
}

const choiceLoop = `{"StartAt": "Add", "States": {
	"Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More"},
	"More": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 500, "Next": "Add"}], "Default": "Done"},
	"Done": {"Type": "Succeed"}}}`

const mapOf = `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "In", "States": {
	"In": {"Type": "Pass", "End": true}}}}}}`

const distributedMapOf = `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {
	"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "In", "States": {
	"In": {"Type": "Pass", "End": true}}}}}}`

// pipeline has the shape of the article's second machine: two tasks, and a Parallel of two.
const pipeline = `{"StartAt": "Extract", "States": {
	"Extract": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:extract", "Next": "Analyze"},
	"Analyze": {"Type": "Parallel", "ResultPath": "$.analysis", "Next": "Combine", "Branches": [
		{"StartAt": "Sentiment", "States": {"Sentiment": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel",
			"Parameters": {"ModelId": "m", "Body": {"prompt.$": "$.text"}}, "End": true}}},
		{"StartAt": "Keywords", "States": {"Keywords": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel",
			"Parameters": {"ModelId": "m", "Body": {"prompt.$": "$.text"}}, "End": true}}}]},
	"Combine": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:combine", "End": true}}}`

func numbers(n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]"
}

func parallelOf(n int) string {
	branch := `{"StartAt": "B%d", "States": {"B%d": {"Type": "Pass", "End": true}}}`
	branches := make([]string, n)
	for i := range branches {
		branches[i] = fmt.Sprintf(branch, i, i)
	}
	return `{"StartAt": "All", "States": {"All": {"Type": "Parallel", "End": true, "Branches": [` + strings.Join(branches, ",") + `]}}}`
}

// BenchmarkRun measures whole executions with their history. transitions/s counts the states entered in that history, which has
// none of a distributed Map's children.
func BenchmarkRun(b *testing.B) {
	answer := value.MustParse(`{"text": "some words", "Body": {"ok": true}}`)
	tasks := engine.Handlers{"*": engine.HandlerFunc(func(context.Context, *engine.Call) (value.Value, error) { return answer, nil })}
	for _, bench := range []struct {
		name, definition, input string
	}{
		{"PassChain100", passChain(100), `{"a": 1}`},
		{"PassChain10000", passChain(10_000), `{"a": 1}`},
		{"ChoiceLoop500", choiceLoop, `{"n": 0}`},
		{"Parallel10", parallelOf(10), `{"a": 1}`},
		{"Map100", mapOf, numbers(100)},
		{"DistributedMap100000", distributedMapOf, numbers(100_000)},
		{"Pipeline", pipeline, `{"bucket": "b", "key": "k"}`},
		{"YearWait", `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 31536000, "End": true}}}`, `{}`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			program := compile(b, bench.definition)
			input := value.MustParse(bench.input)
			opts := engine.Options{Name: "bench", Tasks: tasks}
			transitions := 0
			b.ReportAllocs()
			for b.Loop() {
				x, err := program.Run(context.Background(), input, opts)
				if err != nil || x.Status != engine.Succeeded {
					b.Fatal(err, x.Error, x.Cause)
				}
				transitions = countEntered(x)
			}
			b.ReportMetric(float64(transitions)*float64(b.N)/b.Elapsed().Seconds(), "transitions/s")
		})
	}
}

func countEntered(x *engine.Execution) int {
	n := 0
	for i := range x.History {
		if _, ok := x.History[i].Details.(*engine.EnteredDetails); ok {
			n++
		}
	}
	return n
}

func BenchmarkCompile(b *testing.B) {
	doc := parse(b, pipeline)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := engine.Compile(doc.Machine); err != nil {
			b.Fatal(err)
		}
	}
}
