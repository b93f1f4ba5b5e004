package bound

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
)

func machine(t *testing.T, text string) *asl.Machine {
	t.Helper()
	doc := asl.ParseJSON("m.asl.json", []byte(text))
	if len(doc.Problems) > 0 {
		t.Fatal(doc.Problems)
	}
	return doc.Machine
}

// states makes a definition of the members of States, of which the first is where it starts.
func states(members string) string {
	start := strings.SplitN(members, `"`, 3)[1]
	return `{"StartAt": "` + start + `", "States": {` + members + `}}`
}

const lambda = `"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}`

const model = `"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "us.anthropic.claude-haiku-4-5-20251001-v1:0", "Body": {"max_tokens": 1000}}`

func TestFigures(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		name        string
		definition  string
		opts        Options
		seconds     float64
		attempts    float64
		calls       float64
		transitions float64
	}{
		{
			"a retrier of 10 s, 8 attempts, backoff 2.5, no cap", // 10·(2.5⁸−1)/1.5 s of delays and 9 attempts of 900 s
			states(`"A": {` + lambda + `, "TimeoutSeconds": 900, "End": true, "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "MaxAttempts": 8, "BackoffRate": 2.5}]}`),
			Options{},
			10*(math.Pow(2.5, 8)-1)/1.5 + 9*900, 9, 0, 9,
		},
		{
			"the same with a cap", // 10 + 25 + 6 × 30
			states(`"A": {` + lambda + `, "TimeoutSeconds": 900, "End": true, "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "MaxAttempts": 8, "BackoffRate": 2.5, "MaxDelaySeconds": 30}]}`),
			Options{},
			215 + 9*900, 9, 0, 9,
		},
		{
			"the defaults of a retrier, and jitter", // 1 + 2 + 4
			states(`"A": {` + model + `, "TimeoutSeconds": 10, "End": true, "Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "FULL"}]}`),
			Options{},
			47, 4, 4, 4,
		},
		{
			"every retrier counts for itself",
			states(`"A": {` + model + `, "TimeoutSeconds": 10, "End": true, "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 2, "BackoffRate": 1}, {"ErrorEquals": ["F"], "MaxAttempts": 3, "BackoffRate": 1}]}`),
			Options{},
			65, 6, 6, 6,
		},
		{
			"a retrier that no error finds counts for nothing",
			states(`"A": {` + model + `, "TimeoutSeconds": 10, "End": true, "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 2, "BackoffRate": 1}, {"ErrorEquals": ["E"], "MaxAttempts": 3}]}`),
			Options{},
			32, 3, 3, 3,
		},
		{
			"a catcher leads to the longer way",
			states(`"A": {` + lambda + `, "TimeoutSeconds": 10, "End": true, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]}, "B": {"Type": "Wait", "Seconds": 100, "Next": "C"}, "C": {"Type": "Fail"}`),
			Options{},
			110, 1, 0, 3,
		},
		{"a task without a time-out", states(`"A": {` + lambda + `, "End": true}`), Options{}, inf, 1, 0, 1},
		{"a task without a time-out, with an assumption", states(`"A": {` + lambda + `, "End": true}`), Options{TaskDuration: time.Minute}, 60, 1, 0, 1},
		{
			"a heartbeat is no bound",
			states(`"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "HeartbeatSeconds": 10, "End": true}`),
			Options{},
			inf, 1, 0, 1,
		},
		{
			"the machine's time-out", `{"TimeoutSeconds": 600, ` + states(`"A": {` + lambda + `, "End": true}`)[1:], Options{}, 600, 1, 0, 1,
		},
		{"an Express machine", states(`"A": {` + lambda + `, "End": true}`), Options{Express: true}, 300, 1, 0, 1},
		{
			"Parallel: the slowest branch, and all that is counted",
			states(`"P": {"Type": "Parallel", "End": true, "Branches": [` + states(`"A": {`+model+`, "TimeoutSeconds": 10, "End": true}`) + `, ` + states(`"B": {`+model+`, "TimeoutSeconds": 70, "End": true}`) + `]}`),
			Options{},
			70, 2, 2, 3,
		},
		{
			"nested retriers multiply",
			states(`"P": {"Type": "Parallel", "End": true, "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 2, "BackoffRate": 1}], "Branches": [` +
				states(`"A": {`+model+`, "TimeoutSeconds": 10, "End": true, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 3, "BackoffRate": 1}]}`) + `]}`),
			Options{},
			3*43 + 2, 12, 12, 15,
		},
		{
			"a Parallel whose branches handle every error is not tried again",
			states(`"P": {"Type": "Parallel", "End": true, "Retry": [{"ErrorEquals": ["States.ALL"]}], "Branches": [` +
				states(`"A": {`+model+`, "TimeoutSeconds": 10, "End": true, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]}, "B": {"Type": "Pass", "End": true}`) + `]}`),
			Options{},
			10, 1, 1, 3,
		},
		{
			"a retrier of a Parallel that no branch can find",
			states(`"P": {"Type": "Parallel", "End": true, "Retry": [{"ErrorEquals": ["E"]}], "Branches": [` + states(`"A": {"Type": "Fail", "Error": "F"}`) + `]}`),
			Options{},
			0, 0, 0, 2,
		},
		{
			"the first branch that fails ends the others",
			states(`"P": {"Type": "Parallel", "End": true, "Branches": [` + states(`"A": {"Type": "Wait", "Seconds": 5, "Next": "F"}, "F": {"Type": "Fail", "Error": "F"}`) + `, ` + states(`"B": {"Type": "Wait", "Seconds": 50, "End": true}`) + `]}`),
			Options{},
			5, 0, 0, 4,
		},
		{
			"Map, 40 at a time",
			states(`"M": {"Type": "Map", "End": true, "ItemProcessor": ` + states(`"A": {`+model+`, "TimeoutSeconds": 10, "End": true}`) + `}`),
			Options{MapItems: 100},
			30, 100, 100, 101,
		},
		{
			"Map one after the other, by name",
			states(`"M": {"Type": "Map", "MaxConcurrency": 1, "End": true, "ItemProcessor": ` + states(`"A": {`+model+`, "TimeoutSeconds": 10, "End": true}`) + `}`),
			Options{MapItemsOf: map[string]int64{"M": 7}, MapItems: 100},
			70, 7, 7, 8,
		},
		{
			"Map over items that stand there",
			states(`"M": {"Type": "Map", "QueryLanguage": "JSONata", "Items": [1, 2, 3], "MaxConcurrency": 2, "End": true, "ItemProcessor": ` + states(`"A": {`+model+`, "TimeoutSeconds": 10, "End": true}`) + `}`),
			Options{},
			20, 3, 3, 4,
		},
		{
			"Map without a number", states(`"M": {"Type": "Map", "End": true, "ItemProcessor": ` + states(`"A": {`+model+`, "TimeoutSeconds": 10, "End": true}`) + `}`),
			Options{},
			inf, inf, inf, inf,
		},
		{
			"a distributed Map in batches that tolerates failures",
			states(`"M": {"Type": "Map", "End": true, "MaxConcurrency": 10, "ToleratedFailurePercentage": 100, "ItemBatcher": {"MaxItemsPerBatch": 5}, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"MaxItems": 500}, "Parameters": {"Bucket": "b", "Key": "k"}}, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, ` +
				states(`"A": {` + model + `, "TimeoutSeconds": 10, "End": true, "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}]}`)[1:] + `}`),
			Options{},
			210, 200, 200, 201,
		},
		{
			"a loop", states(`"W": {"Type": "Wait", "Seconds": 30, "Next": "A"}, "A": {` + model + `, "TimeoutSeconds": 10, "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "E"}], "Default": "W"}, "E": {"Type": "Succeed"}`),
			Options{LoopIterations: 5},
			200, 5, 5, 16,
		},
		{
			"a loop without a bound", states(`"W": {"Type": "Wait", "Seconds": 30, "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "E"}], "Default": "W"}, "E": {"Type": "Succeed"}`),
			Options{},
			inf, 0, 0, inf,
		},
		{
			"a loop that waits, within a time-out", `{"TimeoutSeconds": 100, ` + states(`"W": {"Type": "Wait", "Seconds": 30, "Next": "A"}, "A": {` + model + `, "TimeoutSeconds": 10, "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "E"}], "Default": "W"}, "E": {"Type": "Succeed"}`)[1:],
			Options{},
			100, 4, 4, 13,
		},
		{
			"a loop in a loop", states(`"A": {` + model + `, "TimeoutSeconds": 1, "Next": "B"}, "B": {` + model + `, "TimeoutSeconds": 1, "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "E"}, {"Variable": "$.a", "IsNull": false, "Next": "B"}], "Default": "A"}, "E": {"Type": "Succeed"}`),
			Options{LoopIterations: 3},
			12, 12, 12, 22,
		},
		{"a state that leads to itself", states(`"A": {` + model + `, "TimeoutSeconds": 1, "Next": "A"}`), Options{LoopIterations: 4}, 4, 4, 4, 4},
		{"a Wait that is computed", states(`"A": {"Type": "Wait", "SecondsPath": "$.n", "End": true}`), Options{WaitDuration: time.Hour}, 3600, 0, 0, 1},
		{"States.Runtime finds no retrier", states(`"A": {` + lambda + `, "TimeoutSeconds": 1, "End": true, "Retry": [{"ErrorEquals": ["States.Runtime"]}]}`), Options{}, 1, 1, 0, 1},
		{"StartAt leads nowhere", `{"StartAt": "X", "States": {"A": {"Type": "Pass", "End": true}}}`, Options{}, 0, 0, 0, 0},
		{"Next leads nowhere", states(`"A": {"Type": "Pass", "Next": "X"}`), Options{}, 0, 0, 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := Of(machine(t, test.definition), test.opts)
			if err != nil {
				t.Fatal(err)
			}
			for metric, want := range map[Metric]float64{Duration: test.seconds, Attempts: test.attempts, ModelCalls: test.calls, Transitions: test.transitions} {
				f := report.Figure(metric)
				if got := f.Amount; got != want && math.Abs(got-want) > 1e-6 {
					t.Errorf("%s is %v, not %v; path %+v", metric, got, want, f.Path)
				}
				if f.Bounded() == (len(f.Unbounded) > 0) {
					t.Errorf("%s is %v because of %v", metric, f.Amount, f.Unbounded)
				}
			}
		})
	}
}

// TestPriceOfGeographies: the profile of a geography costs more than that of all regions.
func TestPriceOfGeographies(t *testing.T) {
	p := DefaultPrices()
	for id, want := range map[string]float64{
		"global.anthropic.claude-haiku-4-5-20251001-v1:0": 1, "anthropic.claude-haiku-4-5-20251001-v1:0": 1, "us.anthropic.claude-haiku-4-5-20251001-v1:0": 1.1,
		"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0": 1.1,
	} {
		if got, known := p.model(id); !known || math.Abs(got.Input-want) > 1e-9 {
			t.Errorf("%s: %v, not %v", id, got.Input, want)
		}
	}
}

// TestGivenPrices: what a file gives is not made dearer.
func TestGivenPrices(t *testing.T) {
	for text, want := range map[string]float64{`{"models": {"claude-haiku-4-5": {"input": 2, "output": 3}}}`: 2, `{"models": {"claude-haiku-4-5": {"input": 2, "output": 3}}, "geographic": 0.5}`: 3, `{}`: 1.1} {
		p, err := ReadPrices([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := p.model("us.anthropic.claude-haiku-4-5-20251001-v1:0"); math.Abs(got.Input-want) > 1e-9 {
			t.Errorf("%s: %v, not %v", text, got.Input, want)
		}
	}
}

// TestPriceSources: every price tells where it was read.
func TestPriceSources(t *testing.T) {
	p := DefaultPrices()
	names := []string{"transition", "expressRequest", "expressGBSecond", "lambdaRequest", "lambdaGBSecond", "lambdaMemoryGB", "geographic"}
	for name := range p.Models {
		names = append(names, name)
	}
	for _, name := range names {
		if p.Sources[name] == "" {
			t.Errorf("%s has no source", name)
		}
	}
}
