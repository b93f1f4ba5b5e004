package aslmock_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

var update = flag.Bool("update", false, "write golden files")

const flow = "testdata/flow.asl.json"

// collector takes the faults that assertions report.
type collector struct{ texts []string }

func (c *collector) Helper() {}
func (c *collector) Errorf(format string, args ...any) {
	c.texts = append(c.texts, fmt.Sprintf(format, args...))
}

func load(t *testing.T) *aslmock.Definition {
	t.Helper()
	d, err := aslmock.Load(flow, map[string]string{"ExtractFunction": "extract"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("not as in %s (-want +got; -update writes it anew):\n%s", name, diff)
	}
}

func extracted(pages int) *aslmock.Mock {
	return aslmock.State("Extract").Returns(map[string]any{"Payload": map[string]any{"pages": pages, "chunks": []int{1, 2, 3}}})
}

// task is a definition of one task.
func task(fields string) []byte {
	return []byte(`{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "End": true` + fields + `}}}`)
}

// loop is a definition that calls a task three times.
var loop = []byte(`{"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemsPath": "$", "End": true, "ItemProcessor": {
	"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work",
		"Retry": [{"ErrorEquals": ["Boom"], "MaxAttempts": 1}], "End": true}}}}}}`)

func TestAnswersInOrder(t *testing.T) {
	tests := map[string]struct {
		mock *aslmock.Mock
		want string // output
	}{
		"the last one answers all others": {aslmock.State("Work").Returns(`"a"`).Returns(`"b"`), `["a", "b", "b"]`},
		"times":                           {aslmock.State("Work").Returns(`"a"`).Times(2).Then().Returns(`"b"`), `["a", "a", "b"]`},
		"retries count":                   {aslmock.State("Work").Throws("Boom", "").Then().Returns(`"a"`).Then().Returns(`"b"`), `["b", "a", "b"]`},
		"by input":                        {aslmock.State("Work").Returns(`"two"`).When(`{"n": 2}`).Then().Returns(`"other"`), `["other", "two", "other"]`},
		"by input, before it":             {aslmock.State("Work").Returns(`"other"`).Times(2).Then().Returns(`"small"`).When(`{"n": 0.10}`), `["other", "other", "small"]`},
		"evaluated":                       {aslmock.State("Work").Evaluates(`$states.input.n * 10 & $states.context.State.Name`), `["10Work", "20Work", "1Work"]`},
		"computed":                        {aslmock.State("Work").Func(func(_ context.Context, c *engine.Call) (any, error) { return c.Input, nil }), `[{"n": 1}, {"n": 2}, {"n": 0.1}]`},
		"computed, of Go's types":         {aslmock.State("Work").Func(func(context.Context, *engine.Call) (any, error) { return map[string]int{"a": 1}, nil }), `[{"a": 1}, {"a": 1}, {"a": 1}]`},
		"resource":                        {aslmock.Resource("arn:aws:lambda:*:function:w*").Returns(`1`), `[1, 1, 1]`},
		"TestState":                       {aslmock.State("Work").TestState(`{"errorOutput": {"error": "Boom", "cause": "x"}}`).Then().TestState(`{"result": "[1]"}`), `[[1], [1], [1]]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			aslmock.Run(t, loop, aslmock.Input(`[{"n": 1}, {"n": 2}, {"n": 0.1}]`), test.mock).Succeeded(t, test.want)
		})
	}
}

func TestLayers(t *testing.T) {
	config, err := aslmock.ParseConfig("mocks.json", []byte(`{
		"StateMachines": {"M": {"TestCases": {"T": {"Work": "R"}}}},
		"MockedResponses": {"R": {"0-8": {"Return": "config"}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	set := aslmock.NewMocks(aslmock.Resource("arn:*").Returns(`"set"`))
	first := aslmock.State("Work").Returns(`"mock"`).When(`{"n": 1}`)
	aslmock.Run(t, loop, aslmock.Input(`[{"n": 1}, {"n": 2}]`), set, aslmock.TestCase(config, "", "T"), first).Succeeded(t, `["mock", "config"]`)
	aslmock.Run(t, loop, aslmock.Input(`[{"n": 1}, {"n": 2}]`), set, first).Succeeded(t, `["mock", "set"]`)
	// Within a layer the state comes before the resource, the exact resource before a pattern, the longer pattern before the shorter.
	const arn = "arn:aws:lambda:us-east-1:123456789012:function:work"
	for _, mocks := range []struct {
		mocks []*aslmock.Mock
		want  string
	}{
		{[]*aslmock.Mock{aslmock.Resource(arn).Returns(`"exact"`), aslmock.State("Work").Returns(`"state"`)}, `["state"]`},
		{[]*aslmock.Mock{aslmock.Resource("*").Returns(`"all"`), aslmock.Resource("arn:aws:lambda:us-east-1:123456789012:function:work*").Returns(`"long"`), aslmock.Resource(arn).Returns(`"exact"`)}, `["exact"]`},
		{[]*aslmock.Mock{aslmock.Resource("*").Returns(`"all"`), aslmock.Resource("arn:*work").Returns(`"longer"`)}, `["longer"]`},
		{[]*aslmock.Mock{aslmock.Resource("*").Returns(`"first"`), aslmock.Resource("*").Returns(`"second"`)}, `["second"]`},
		{[]*aslmock.Mock{aslmock.State("Work").Returns(`1`).When(`{"n": 7}`), aslmock.Resource("*").Returns(`"all"`)}, `["all"]`},
	} {
		aslmock.Run(t, loop, aslmock.Input(`[{"n": 1}]`), aslmock.NewMocks(mocks.mocks...)).Succeeded(t, mocks.want)
	}
	// What runs out of answers leaves the call to the next mock.
	twice := aslmock.State("Work").Returns(`"twice"`).Times(2)
	aslmock.Run(t, loop, aslmock.Input(`[1, 2, 3]`), twice, set).Succeeded(t, `["twice", "twice", "set"]`)
	aslmock.Run(t, loop, aslmock.Input(`[1, 2, 3]`), twice, aslmock.Resource("arn:*").Returns(`"resource"`)).Succeeded(t, `["twice", "twice", "resource"]`)
	handlers := engine.Handlers{"arn:aws:lambda:*": engine.HandlerFunc(func(context.Context, *engine.Call) (value.Value, error) { return value.String("handler"), nil })}
	aslmock.Run(t, loop, aslmock.Input(`[{"n": 1}, {"n": 2}]`), first, aslmock.Handlers(handlers)).Succeeded(t, `["mock", "handler"]`)
	aslmock.Run(t, loop, aslmock.Input(`[1, 2, 3]`), twice, aslmock.Handlers(handlers)).Succeeded(t, `["twice", "twice", "handler"]`)
	// A test case of Step Functions Local does not: a call beyond its responses fails.
	few, err := aslmock.ParseConfig("mocks.json", []byte(`{"StateMachines": {"M": {"TestCases": {"T": {"Work": "R"}}}}, "MockedResponses": {"R": {"0": {"Return": "config"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := mustParse(t, loop).Run(t.Context(), aslmock.Input(`[1, 2]`), aslmock.TestCase(few, "", "T"), set, aslmock.Handlers(handlers))
	if err != nil {
		t.Fatal(err)
	}
	if r.Failed(t, engine.ErrorRuntime); len(r.Unmocked) != 1 {
		t.Error(r.Unmocked)
	}
}

func TestVirtualTime(t *testing.T) {
	timeout := task(`, "TimeoutSeconds": 100, "HeartbeatSeconds": 30`)
	tests := map[string]struct {
		mock  *aslmock.Mock
		error string // empty: it succeeds
		took  time.Duration
	}{
		"no time":                {aslmock.State("Work").Returns(`1`), "", 0},
		"elapse":                 {aslmock.State("Work").Returns(`1`).Elapse(29 * time.Second), "", 29 * time.Second},
		"no heartbeat":           {aslmock.State("Work").Returns(`1`).Elapse(31 * time.Second), "States.Timeout", 30 * time.Second},
		"heartbeats":             {aslmock.State("Work").Returns(`1`).Elapse(90*time.Second).Heartbeats(25*time.Second, 25*time.Second, 25*time.Second), "", 90 * time.Second},
		"heartbeats stop":        {aslmock.State("Work").Returns(`1`).Elapse(90*time.Second).Heartbeats(25*time.Second, 25*time.Second), "States.Timeout", 80 * time.Second},
		"heartbeats, then never": {aslmock.State("Work").Never().Heartbeats(20 * time.Second), "States.Timeout", 50 * time.Second},
		"too long":               {aslmock.State("Work").Returns(`1`).Heartbeats(29*time.Second, 29*time.Second, 29*time.Second, 29*time.Second), "States.Timeout", 100 * time.Second},
		"failure after a while":  {aslmock.State("Work").Throws("E", "c").Elapse(time.Second), "E", time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := aslmock.Run(t, timeout, test.mock)
			if test.error == "" {
				r.Succeeded(t, 1)
			} else {
				r.Failed(t, test.error)
			}
			r.Took(t, test.took)
		})
	}
	aslmock.Run(t, task(``), aslmock.State("Work").Never(), aslmock.Express()).Ended(t, engine.TimedOut)
}

func TestSubmits(t *testing.T) {
	r := aslmock.Run(t, flow, extracted(1),
		aslmock.State("Summarize").Returns(`{"Body": "short"}`),
		aslmock.State("Review").Returns(`{"ok": true}`).Submits(`{"MessageId": "1"}`).Heartbeats(time.Hour, time.Hour).Elapse(2*time.Hour),
	)
	r.Succeeded(t, `["short", {"ok": true}]`)
	r.Took(t, 2*time.Hour)
	for _, e := range r.History {
		if d, ok := e.Details.(*engine.OutputDetails); ok && e.Type == engine.TaskSubmitted && value.Text(d.Output) != `{"MessageId":"1"}` {
			t.Errorf("submitted is %s", value.Text(d.Output))
		}
	}
}

func TestResult(t *testing.T) {
	r := aslmock.Run(t, flow, aslmock.Substitute("ExtractFunction", "extract"), aslmock.Input(map[string]any{"key": "a.pdf"}), aslmock.Name("run-7"),
		aslmock.State("Extract").Throws("Lambda.TooManyRequestsException", "").Times(2).Then().Never().Times(1).Then().Throws("NoText", "a scan"),
	)
	r.Failed(t, "ExtractFailed", "^NoText$")
	r.VisitedExactly(t, "Extract", "Failed")
	r.NotVisited(t, "HowLong", "Each")
	r.Called(t, "Extract", 4)
	r.Retried(t, "Extract", 3)
	r.Caught(t, "Extract", 1)
	r.TookBetween(t, 66*time.Second, 67*time.Second)
	r.Took(t, 67*time.Second) // pauses of 2 and 4 seconds, a time-out of 60, a pause of one
	in := `{"FunctionName": "extract", "Payload": {"key": "a.pdf"}}`
	r.Got(t, "Extract", in, in, in, in)
	r.GotContaining(t, "Extract", `{"Payload": {}}`, `{}`, `{}`, `{}`)
	if c := r.Calls("Extract")[2]; c.RetryCount != 2 || c.Resource != "arn:aws:states:::lambda:invoke" || c.Time.Sub(r.StartTime) != 6*time.Second {
		t.Errorf("call 2 is %+v", c)
	}
	if r.Execution.Name != "run-7" || r.Coverage.Total().Covered != 5 {
		t.Errorf("execution %s, coverage %+v", r.Execution.Name, r.Coverage.Total())
	}
	again := aslmock.Run(t, flow, extracted(11), aslmock.Resource("*").Returns(`{"Body": {"a": [1, {"b": 2, "c": 3}]}}`))
	again.OutputContains(t, `[{"a": [1, {"b": 2}]}, {}, {}]`)
	again.OutputAt(t, "$[1].a[1].c", 3.0)
}

// What assertions say: what was wanted, the way that the execution took, and its last events.
func TestMessages(t *testing.T) {
	r := aslmock.Run(t, flow, aslmock.Substitute("ExtractFunction", "extract"), aslmock.Input(`{"key": "a.pdf"}`),
		aslmock.State("Extract").Throws("Lambda.TooManyRequestsException", "slow down").Then().Returns(`{"Payload": {"pages": 12, "chunks": ["a", "b"], "long": "`+strings.Repeat("x", 300)+`"}}`),
		aslmock.State("Analyze").Returns(`{"Body": {"n": 1, "text": "a"}}`).Elapse(time.Second))
	failed := aslmock.Run(t, flow, aslmock.State("Extract").Throws("NoText", "a scan"))
	var b strings.Builder
	show := func(what string, assert func(*collector)) {
		c := &collector{}
		assert(c)
		fmt.Fprintf(&b, "== %s\n%s\n\n", what, strings.Join(c.texts, "\n"))
	}
	show("Succeeded of a failed one", func(c *collector) { failed.Succeeded(c, `1`) })
	show("Failed of a successful one", func(c *collector) { r.Failed(c, "E") })
	show("another error and cause", func(c *collector) { failed.Failed(c, "Other", "^other") })
	show("a bad pattern", func(c *collector) { failed.CauseMatches(c, "(") })
	show("another output", func(c *collector) { r.Succeeded(c, `[{"text": "a", "n": 1.0}, {"text": "b", "more": true, "n": 1}]`) })
	show("another partial output", func(c *collector) { r.OutputContains(c, `[{"text": "a"}, {"text": "b"}]`) })
	show("no JSON", func(c *collector) { r.Succeeded(c, `{`) })
	show("OutputAt", func(c *collector) { r.OutputAt(c, "$[0].n", 2) })
	show("OutputAt, no such path", func(c *collector) { r.OutputAt(c, "$[0].x", 2) })
	show("OutputAt, no output", func(c *collector) { failed.OutputAt(c, "$", 2) })
	show("Visited", func(c *collector) { r.Visited(c, "HowLong", "Each", "Failed") })
	show("Visited, nothing of it", func(c *collector) { r.Visited(c, "Failed") })
	show("Visited, a slip", func(c *collector) { r.Visited(c, "Analyse") })
	show("VisitedExactly, another", func(c *collector) { r.VisitedExactly(c, "Extract", "Failed") })
	show("VisitedExactly, too many", func(c *collector) { failed.VisitedExactly(c, "Extract", "Failed", "Nothing") })
	show("VisitedExactly, too few", func(c *collector) { failed.VisitedExactly(c, "Extract") })
	show("NotVisited", func(c *collector) { r.NotVisited(c, "Analyze") })
	show("Called", func(c *collector) { r.Called(c, "Analyze", 1) })
	show("Got, too few", func(c *collector) { r.Got(c, "Analyze", `1`) })
	show("Got", func(c *collector) {
		r.Got(c, "Analyze", `{"ModelId": "m", "Body": "a"}`, `{"ModelId": "m", "Body": "c"}`)
	})
	show("GotContaining", func(c *collector) { r.GotContaining(c, "Analyze", `{"Body": "b"}`, `{"Body": "b"}`) })
	show("Retried", func(c *collector) { r.Retried(c, "Extract", 2) })
	show("Caught", func(c *collector) { failed.Caught(c, "Extract", 0) })
	show("Took", func(c *collector) { r.Took(c, time.Second) })
	show("TookBetween", func(c *collector) { r.TookBetween(c, time.Hour, 2*time.Hour) })
	golden(t, "messages.txt", b.String())
}

// fakeTB is a test that may fail.
type fakeTB struct {
	testing.TB
	collector
	fatal string
}

func (f *fakeTB) Helper()                           {}
func (f *fakeTB) Errorf(format string, args ...any) { f.collector.Errorf(format, args...) }
func (f *fakeTB) Fatal(args ...any) {
	f.fatal = fmt.Sprint(args...)
	runtime.Goexit()
}

func try(t *testing.T, run func(t testing.TB)) *fakeTB {
	f := &fakeTB{TB: t}
	done := make(chan bool)
	go func() {
		defer close(done)
		run(f)
	}()
	<-done
	return f
}

func TestRunRefuses(t *testing.T) {
	work := task(``)
	tests := map[string]struct {
		run  func(t testing.TB)
		want string
	}{
		"no file":              {func(t testing.TB) { aslmock.Run(t, "testdata/none.asl.json") }, `no such file`},
		"broken text":          {func(t testing.TB) { aslmock.Run(t, []byte(`{`)) }, `definition:1:`},
		"does not compile":     {func(t testing.TB) { aslmock.Run(t, []byte(`{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}`)) }, `definition:1:29: state "A", Next: is missing`},
		"a machine":            {func(t testing.TB) { aslmock.Run(t, &asl.Machine{StartAt: "A"}) }, `definition: StartAt: names "A"`},
		"input":                {func(t testing.TB) { aslmock.Run(t, work, aslmock.Input(`{`)) }, `input: invalid JSON`},
		"input of no JSON":     {func(t testing.TB) { aslmock.Run(t, work, aslmock.Input(make(chan int))) }, `input: value of chan int`},
		"no input file":        {func(t testing.TB) { aslmock.Run(t, work, aslmock.InputFile("none.json")) }, `none.json: no such file`},
		"large input":          {func(t testing.TB) { aslmock.Run(t, work, aslmock.Input(strings.Repeat("x", 300_000))) }, `input: invalid JSON`},
		"unknown state":        {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Wrk").Returns(1)) }, `the definition has no state "Wrk" to mock; did you mean "Work"?`},
		"no task":              {func(t testing.TB) { aslmock.Run(t, flow, aslmock.State("HowLong").Returns(1)) }, `"HowLong" is a Choice state of testdata/flow.asl.json, which calls nothing; only Task states are mocked`},
		"result of no JSON":    {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Work").Returns(`{`)) }, `the mock of state "Work": Returns: invalid JSON`},
		"When of no JSON":      {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Work").Returns(1).When(`{`)) }, `When: invalid JSON`},
		"Submits of no JSON":   {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Work").Returns(1).Submits(`{`)) }, `Submits: invalid JSON`},
		"Times before":         {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Work").Times(2)) }, `Times is about an answer`},
		"no times":             {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Work").Returns(1).Times(0)) }, `Times(0)`},
		"negative":             {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Work").Returns(1).Elapse(-1)) }, `Elapse(-1ns)`},
		"negative pause":       {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Work").Returns(1).Heartbeats(-1)) }, `Heartbeats([-1ns])`},
		"bad expression":       {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Work").Evaluates(`1 +`)) }, `the expression 1 +: S0207`},
		"unknown substitution": {func(t testing.TB) { aslmock.Run(t, flow, aslmock.Substitute("ExtractFunktion", "x")) }, `testdata/flow.asl.json: it has no substitution ${ExtractFunktion}; did you mean "ExtractFunction"?`},
		"no substitution":      {func(t testing.TB) { aslmock.Run(t, work, aslmock.Substitute("X", "x")) }, `it has no substitution ${X}; there is none`},
		"no config":            {func(t testing.TB) { aslmock.Run(t, work, aslmock.TestCaseFile("none.json", "T")) }, `none.json: no such file`},
		"of no API's type":     {func(t testing.TB) { aslmock.Run(t, flow, aslmock.State("Extract").Returns(`{"StatusCode": "200"}`)) }, `the mock of state "Extract": Field 'StatusCode' must be a number`},
		"TestState, both": {func(t testing.TB) {
			aslmock.Run(t, work, aslmock.State("Work").TestState(`{"result": "1", "errorOutput": {}}`))
		}, `only one of the following fields: [result, errorOutput]`},
		"TestState, a slip": {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Work").TestState(`{"resul": "1"}`)) }, `did you mean "result"?`},
		"TestState, strict": {func(t testing.TB) {
			aslmock.Run(t, []byte(strings.Replace(string(work), "arn:aws:lambda:us-east-1:123456789012:function:work", "arn:aws:states:::states:startExecution", 1)), aslmock.State("Work").TestState(`{"result": "{}"}`))
		}, `Required field 'ExecutionArn' is missing`},
		"TestState, a number": {func(t testing.TB) { aslmock.Run(t, work, aslmock.State("Work").TestState(1)) }, `not int`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := try(t, test.run); !strings.Contains(got.fatal, test.want) {
				t.Errorf("got %q, want %q", got.fatal, test.want)
			}
		})
	}
}

// A task without a mock fails the test, also when the definition catches whatever comes.
func TestUnmocked(t *testing.T) {
	f := try(t, func(t testing.TB) { aslmock.Run(t, flow).Failed(t, "States.Runtime") })
	want := `state "Extract" (arn:aws:states:::lambda:invoke), call 0 (from 0): there is no mock and no handler for it; mock it with aslmock.State("Extract").Returns(…) or aslmock.Resource("arn:aws:states:::lambda:invoke").Returns(…)`
	if len(f.texts) != 1 || !strings.HasPrefix(f.texts[0], want) || !strings.Contains(f.texts[0], "path: Extract") {
		t.Errorf("got %q, want %q", f.texts, want)
	}
	f = try(t, func(t testing.TB) {
		aslmock.Run(t, loop, aslmock.Input(`[1, 2]`), aslmock.State("Work").Returns(1).Times(1))
	})
	want = `state "Work" (arn:aws:lambda:us-east-1:123456789012:function:work), call 1 (from 0): the mock of state "Work" has no answer left; it answers 1 call`
	if len(f.texts) != 1 || !strings.HasPrefix(f.texts[0], want+"\n") || strings.Contains(f.texts[0], "MapStateFailed Work") {
		t.Errorf("got %q, want %q", f.texts, want)
	}
}

func TestOptions(t *testing.T) {
	work := task(`, "Parameters": {"machine.$": "$$.StateMachine.Name", "start.$": "$$.Execution.StartTime", "id.$": "States.UUID()"}`)
	echo := aslmock.State("Work").Evaluates(`$states.input`)
	r := aslmock.Run(t, work, echo, aslmock.StateMachine("Pipeline"), aslmock.StartTime(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)))
	r.OutputContains(t, `{"machine": "Pipeline", "start": "2030-01-02T03:04:05.000Z"}`)
	if same := aslmock.Run(t, work, echo, aslmock.StateMachine("Pipeline"), aslmock.StartTime(r.StartTime)); !value.Equal(same.Output, r.Output) {
		t.Error("two runs differ")
	}
	for _, seed := range []uint64{0, 2} {
		if other := aslmock.Run(t, work, echo, aslmock.StateMachine("Pipeline"), aslmock.Seed(seed), aslmock.StartTime(r.StartTime)); value.Equal(other.Output, r.Output) {
			t.Errorf("seed %d changes nothing", seed)
		}
	}
	var events, decisions int
	aslmock.Run(t, work, echo, aslmock.Engine(func(o *engine.Options) {
		o.OnEvent = func(engine.Event) { events++ }
		o.OnDecision = func(engine.Decision) { decisions++ }
	}))
	if events == 0 || decisions == 0 {
		t.Errorf("%d events, %d decisions", events, decisions)
	}
	aslmock.Run(t, flow, extracted(0), aslmock.InputFile("testdata/flow.asl.json")).Succeeded(t)
	machine := asl.ParseJSON("", work).Machine
	aslmock.Run(t, machine, aslmock.State("Work").Returns([]byte(`1`))).Succeeded(t, 1)
	aslmock.Run(t, []byte("StartAt: A\nStates:\n  A: {Type: Succeed}\n")).Succeeded(t, `{}`)
	strict := task(``)
	if _, err := mustParse(t, strict).Run(t.Context(), aslmock.Input(`"`+strings.Repeat("x", 300_000)+`"`)); !errors.Is(err, engine.ErrInputTooLarge) {
		t.Errorf("a large input gives %v", err)
	}
	aslmock.Run(t, flow, extracted(0), aslmock.Validation(aslmock.NoValidation), aslmock.State("Extract").Returns(`{"StatusCode": "x", "Payload": {"pages": 0}}`)).Succeeded(t)
	aslmock.Run(t, flow, aslmock.State("Extract").Returns(`{"StatusCode": "x", "Payload": {"pages": 0}}`).Validation(aslmock.NoValidation)).Succeeded(t)
}

func mustParse(t *testing.T, text []byte) *aslmock.Definition {
	t.Helper()
	d, err := aslmock.Parse("", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A definition, its mocks and a profile serve many executions at the same time.
func TestConcurrent(t *testing.T) {
	d := load(t)
	mocks := aslmock.NewMocks(extracted(11), aslmock.Resource("arn:aws:states:::bedrock:*").Returns(`{"Body": 1}`).Then().Returns(`{"Body": 2}`))
	profile := d.Coverage()
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			r, err := d.Run(t.Context(), mocks, aslmock.Cover(profile))
			if err != nil {
				t.Error(err)
				return
			}
			r.Succeeded(t, `[1, 2, 2]`)
		})
	}
	wait.Wait()
	if n := profile.Items()[0].Hits; n != 50 {
		t.Errorf("the first state was entered %d times", n)
	}
}
