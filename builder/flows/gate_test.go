package flows_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
)

const ungated = `{"StartAt": "Call", "States": {
	"Call": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "TimeoutSeconds": 300,
		"Parameters": {"ModelId": "haiku", "Input": {"S3Uri.$": "$.request"}}, "ResultPath": null, "Next": "Each"},
	"Each": {"Type": "Map", "ItemsPath": "$.chunks", "ResultPath": null, "Next": "More", "ItemProcessor": {"StartAt": "Inner", "States": {
		"Inner": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "TimeoutSeconds": 300,
			"Parameters": {"ModelId": "haiku", "Input": {"S3Uri.$": "$.request"}}, "End": true}}}},
	"More": {"Type": "Choice", "Choices": [{"Variable": "$.again", "BooleanEquals": true, "Next": "Again"}], "Default": "Done"},
	"Again": {"Type": "Pass", "Result": false, "ResultPath": "$.again", "Next": "Call"},
	"Done": {"Type": "Succeed"}}}`

func parsed(t *testing.T, text string) *asl.Machine {
	t.Helper()
	doc := asl.Parse("machine.asl.json", []byte(text))
	if len(doc.Problems) > 0 {
		t.Fatal(doc.Problems)
	}
	return doc.Machine
}

func gated(t *testing.T, text string, g flows.Gate) *asl.Machine {
	t.Helper()
	m := parsed(t, text)
	if n, err := g.Put(m); err != nil || n == 0 {
		t.Fatalf("%d tasks, %v", n, err)
	}
	return parsed(t, string(asl.Marshal(m)))
}

// counter is the table of the gate: the two updates that it makes, in Go.
type counter struct {
	next  map[string]int64
	fault func(calls int) error
	calls int
}

func (c *counter) Handle(_ context.Context, call *engine.Call) (value.Value, error) {
	c.calls++
	if c.fault != nil {
		if err := c.fault(c.calls); err != nil {
			return nil, err
		}
	}
	at := func(path ...string) string {
		v := call.Input
		for _, name := range path {
			v, _ = v.(*value.Object).Get(name)
		}
		return string(v.(value.String))
	}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(at("ExpressionAttributeValues", name, "N"), 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	id := at("Key", "id", "S")
	old, there := c.next[id]
	switch expression := at("UpdateExpression"); {
	case strings.Contains(expression, ":interval"):
		if !there || old <= number(":now") {
			return nil, &engine.TaskError{Name: "DynamoDb.ConditionalCheckFailedException"}
		}
		c.next[id] = old + number(":interval")
		return value.MustParse(fmt.Sprintf(`{"Attributes":{"nextCall":{"N":"%d"}}}`, old)), nil
	default:
		if there && old > number(":now") {
			return nil, &engine.TaskError{Name: "DynamoDb.ConditionalCheckFailedException"}
		}
		c.next[id] = number(":next")
		return value.NewObject(), nil
	}
}

var monday = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// calls runs so many executions at once, and gives the times of their calls.
func calls(t *testing.T, m *asl.Machine, table engine.Handler, n int, input string) []time.Duration {
	t.Helper()
	program, err := engine.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	_, err = engine.RunFleet(t.Context(), func(yield func(engine.Arrival) bool) {
		for range n {
			if !yield(engine.Arrival{At: monday, Program: program, Input: value.MustParse(input)}) {
				return
			}
		}
	}, engine.Options{Seed: 1, StartTime: monday, Tasks: engine.Handlers{
		"arn:aws:states:::bedrock:invokeModel": engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
			times = append(times, call.Now.Sub(monday))
			return value.NewObject(), nil
		}),
		"arn:aws:states:::aws-sdk:dynamodb:updateItem": table,
	}}, func(x *engine.Execution) {
		if x.Status != engine.Succeeded {
			t.Errorf("%s: %s: %s", x.Status, x.Error, x.Cause)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return times
}

func seconds(n ...float64) []time.Duration {
	var all []time.Duration
	for _, s := range n {
		all = append(all, time.Duration(s*float64(time.Second)))
	}
	return all
}

func TestGateLetsCallsThroughAtItsRate(t *testing.T) {
	const input = `{"request": "s3://b/r", "chunks": [{"request": "s3://b/1"}, {"request": "s3://b/2"}], "again": true}`
	cases := []struct {
		name string
		gate flows.Gate
		n    int
		want []time.Duration
	}{
		{"one by one", flows.Gate{Interval: 2 * time.Second}, 1, seconds(0, 2, 4, 6, 8, 10)},
		{"burst", flows.Gate{Interval: 2 * time.Second, Burst: 3}, 1, seconds(0, 0, 0, 2, 4, 6)},
		{"substitution", flows.Gate{Millis: "${Millis}", Burst: 2}, 1, seconds(0, 0, 2, 4, 6, 8)},
		{"two executions", flows.Gate{Interval: 500 * time.Millisecond}, 2, seconds(0, .5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.gate.Table = "rates"
			m := gated(t, ungated, c.gate)
			m.Substitute(map[string]string{"Millis": "2000"})
			got := calls(t, m, &counter{next: map[string]int64{}}, c.n, input)
			if !slices.Equal(got, c.want) {
				t.Errorf("calls at %v, want %v", got, c.want)
			}
		})
	}
}

// A gate before a state takes the time of several calls at once.
func TestGateBeforeAState(t *testing.T) {
	m := parsed(t, ungated)
	gate := flows.Gate{Table: "rates", Interval: 2 * time.Second}
	if err := gate.PutBefore(m, "Each", "$count($states.input.chunks) + 0.25"); err != nil {
		t.Fatal(err)
	}
	m = parsed(t, string(asl.Marshal(m)))
	got := calls(t, m, &counter{next: map[string]int64{}}, 3, `{"request": "r", "chunks": [{"request": "r"}, {"request": "r"}], "again": false}`)
	if want := seconds(0, 0, 0, 0, 0, 4.5, 4.5, 9, 9); !slices.Equal(got, want) {
		t.Errorf("calls at %v, want %v", got, want)
	}
	if err := gate.PutBefore(m, "None", "1"); err == nil {
		t.Error("a state that does not exist is no error")
	}
}

// After a pause the first call goes at once.
func TestGateAfterAPause(t *testing.T) {
	table := &counter{next: map[string]int64{"haiku": monday.Add(-time.Hour).UnixMilli()}}
	m := gated(t, ungated, flows.Gate{Table: "rates", Interval: time.Second})
	if got := calls(t, m, table, 1, `{"request": "r", "chunks": [], "again": false}`); !slices.Equal(got, seconds(0)) {
		t.Errorf("calls at %v", got)
	}
}

// Without DynamoDB the calls are made all the same.
func TestGateWithoutItsTable(t *testing.T) {
	table := &counter{next: map[string]int64{}, fault: func(int) error { return &engine.TaskError{Name: "DynamoDb.ResourceNotFoundException"} }}
	m := gated(t, ungated, flows.Gate{Table: "rates", Interval: time.Second})
	if got := calls(t, m, table, 3, `{"request": "r", "chunks": [{"request": "r"}], "again": false}`); len(got) != 6 {
		t.Errorf("calls at %v", got)
	}
}

// The pipeline with a gate is as sound as without one.
func TestGateInThePipeline(t *testing.T) {
	all, err := flows.All(flows.ProfileDefault)
	if err != nil {
		t.Fatal(err)
	}
	for _, flow := range all {
		m := flow.Machine
		findings := func(m *asl.Machine) []string {
			var all []string
			for _, d := range check.Document(asl.Parse(flow.Name+".asl.json", asl.Marshal(m)), check.Options{}) {
				all = append(all, d.Code+" "+d.State+" "+d.Message)
			}
			return all
		}
		before := findings(m)
		if flow.Name == flows.DocumentPipelineName {
			err := flows.Gate{Table: "${RateTable}", Millis: "${DocumentMillis}"}.PutBefore(m, "PrepareAnalysis", "$states.input.chunkCount + 3")
			if err != nil {
				t.Fatal(err)
			}
		}
		n, err := flows.Gate{Table: "${RateTable}", Millis: "${ModelMillis}"}.Put(m)
		if err != nil || n == 0 {
			t.Fatalf("%s: %d tasks, %v", flow.Name, n, err)
		}
		if after := findings(m); !slices.Equal(before, after) {
			t.Errorf("%s: %d findings with the gate, %d without:\n%s", flow.Name, len(after), len(before), strings.Join(after, "\n"))
		}
	}
}

func TestGateRefuses(t *testing.T) {
	if _, err := (flows.Gate{Table: "t"}).Put(parsed(t, ungated)); err == nil {
		t.Error("no interval is no error")
	}
	g := flows.Gate{Table: "t", Interval: time.Second}
	m := parsed(t, ungated)
	if _, err := g.Put(m); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Put(m); err == nil {
		t.Error("two gates are no error")
	}
}
