package trace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
)

func run(t *testing.T, states, input string, tasks engine.Handlers, adjust func(*engine.Options)) (*Recorder, *engine.Execution) {
	t.Helper()
	doc := asl.Parse("m.asl.json", []byte(`{"StartAt": "A", "States": `+states+`}`))
	if len(doc.Problems) > 0 {
		t.Fatal(doc.Problems)
	}
	program, err := engine.Compile(doc.Machine)
	if err != nil {
		t.Fatal(err)
	}
	r := New(doc.Machine)
	opts := engine.Options{Seed: 1, Tasks: tasks, OnEvent: r.Event, OnDecision: r.Decision}
	if adjust != nil {
		adjust(&opts)
	}
	x, err := program.Run(context.Background(), value.MustParse(input), opts)
	if err != nil {
		t.Fatal(err)
	}
	return r, x
}

func text(t *testing.T, r *Recorder, x *engine.Execution) string {
	t.Helper()
	var b strings.Builder
	if err := r.Text(&b, x, Style{Clock: "virtual time"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// failing answers "fail" with an error and everything else with itself, after a second for each call so far.
func failing() engine.Handlers {
	calls := 0
	return engine.Handlers{"*": engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
		calls++
		call.Elapse(time.Duration(calls) * time.Second)
		if call.Input == value.String("fail") {
			return nil, &engine.TaskError{Name: "Bad", Cause: "it is bad"}
		}
		return call.Input, nil
	})}
}

func TestText(t *testing.T) {
	const task = `"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"`
	for _, test := range []struct {
		name, states, input, want, places string
		adjust                            func(*engine.Options)
	}{
		{
			name: "choices", input: `{"n": 1}`,
			states: `{"A": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 2, "Next": "B"}, {"Variable": "$.n", "NumericEquals": 1, "Next": "C"}]},
				"B": {"Type": "Fail"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 2, "Next": "B"}], "Default": "D"}, "D": {"Type": "Succeed"}}`,
			want: `
START  STATE  TYPE     TOOK
   0s  A      Choice         Choices[1]
   0s  C      Choice         Default
   0s  D      Succeed
SUCCEEDED after 0s of virtual time: 3 transitions, 8 events
`,
		},
		{
			name: "a map with failures", input: `["x", "fail", "y"]`,
			states: `{"A": {"Type": "Map", "MaxConcurrency": 1, "Next": "Z", "ItemProcessor": {"StartAt": "B", "States": {
				"B": {` + task + `, "Retry": [{"ErrorEquals": ["Bad"], "IntervalSeconds": 60, "MaxAttempts": 1}], "Catch": [{"ErrorEquals": ["Bad"], "Next": "C"}], "End": true},
				"C": {"Type": "Wait", "Seconds": 3600, "End": true}}}}, "Z": {"Type": "Pass", "End": true}}`,
			want: `
  START  STATE  TYPE  TOOK
     0s  A      Map   1h1m10s  3 iterations
     0s    B    Task  1m5s     ×3, Bad ×2, 1 retry, caught by Catch[0]
   1m6s    C    Wait  1h
1h1m10s  Z      Pass
SUCCEEDED after 1h1m10s of virtual time: 7 transitions, 1 retry, 34 events
`,
		},
		{
			name: "a parallel that fails", input: `"fail"`,
			states: `{"A": {"Type": "Parallel", "End": true, "Branches": [
				{"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 9, "End": true}}}, {"StartAt": "C", "States": {"C": {` + task + `, "End": true}}}]}}`,
			want: `
START  STATE  TYPE      TOOK
   0s  A      Parallel  1s
   0s    B    Wait      1s
   0s    C    Task      1s    Bad
FAILED after 1s of virtual time: 3 transitions, 12 events
`,
			places: "C",
		},
		{
			name: "a parallel that is tried again", input: `"fail"`,
			states: `{"A": {"Type": "Parallel", "Next": "Z", "Retry": [{"ErrorEquals": ["Bad"], "MaxAttempts": 1}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}], "Branches": [
				{"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 9, "End": true}}}, {"StartAt": "C", "States": {"C": {` + task + `, "End": true}}}]}, "Z": {"Type": "Succeed"}}`,
			want: `
START  STATE  TYPE      TOOK
   0s  A      Parallel  4s    1 retry, caught by Catch[0]
   0s    B    Wait      2s    ×2
   0s    C    Task      2s    ×2, Bad ×2
   4s  Z      Succeed
SUCCEEDED after 4s of virtual time: 7 transitions, 1 retry, 23 events
`,
		},
		{
			name: "time is up", input: `{}`,
			states: `{"A": {"Type": "Parallel", "End": true, "Branches": [
				{"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 86400, "End": true}}}, {"StartAt": "C", "States": {"C": {"Type": "Wait", "Seconds": 86400, "End": true}}}]}}`,
			adjust: func(o *engine.Options) { o.Limits.Duration = 90 * time.Minute },
			want: `
START  STATE  TYPE      TOOK
   0s  A      Parallel  1h30m
   0s    B    Wait      1h30m
   0s    C    Wait      1h30m
TIMED_OUT after 1h30m of virtual time: 3 transitions, 6 events
`,
			places: "A B C",
		},
		{
			name: "an expression that fails", input: `{}`,
			states: `{"A": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $nothing %}", "End": true}}`,
			want: `
START  STATE  TYPE  TOOK
   0s  A      Pass        States.QueryEvaluationError
FAILED after 0s of virtual time: 1 transition, 4 events
`,
			places: "A",
		},
		{
			name: "a distributed map", input: `["x", "y"]`,
			states: `{"A": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "B", "States": {
				"B": {` + task + `, "End": true}}}}}`,
			want: `
START  STATE  TYPE  TOOK
   0s  A      Map   2s
         B    Task        ×2
SUCCEEDED after 2s of virtual time: 3 transitions, 8 events
`,
		},
		{
			name: "wide names", input: `{}`,
			states: `{"A": {"Type": "Pass", "Next": "検査"}, "検査": {"Type": "Succeed"}}`,
			want: `
START  STATE  TYPE     TOOK
   0s  A      Pass
   0s  検査   Succeed
SUCCEEDED after 0s of virtual time: 2 transitions, 6 events
`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, x := run(t, test.states, test.input, failing(), test.adjust)
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), text(t, r, x)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			var names []string
			for _, p := range r.Places(x) {
				names = append(names, p.Name)
				if p.Node == nil || p.Location == "" {
					t.Errorf("the place of %s is not known", p.Name)
				}
			}
			if got := strings.Join(names, " "); got != test.places {
				t.Errorf("places %q, want %q", got, test.places)
			}
		})
	}
}

// A loop is shown by its ends.
func TestLongLoop(t *testing.T) {
	r, x := run(t, `{"A": {"Type": "Wait", "Seconds": 1, "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}`, `{}`, nil, nil)
	got := text(t, r, x)
	lines := strings.Split(got, "\n")
	if len(lines) > keepFirst+2*keepLast+5 {
		t.Errorf("%d lines", len(lines))
	}
	skipped := 0
	for _, line := range lines {
		_, _ = fmt.Sscanf(strings.TrimSpace(line), "… %d states more …", &skipped)
	}
	shown := len(lines) - 4 // the header, the gap, the summary, the end of the text
	if want := 12_500; skipped+shown != want {
		t.Errorf("%d shown and %d skipped, of %d", shown, skipped, want)
	}
	if !strings.Contains(got, "FAILED after 1h44m10s of virtual time: 12500 transitions, 25000 events") {
		t.Errorf("got %s", got)
	}
}

func TestNested(t *testing.T) {
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	var r *Recorder
	tasks := engine.Handlers{"*": engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
		for i := range 7 {
			x := &engine.Execution{Status: engine.Succeeded, StartTime: start, StopTime: start.Add(time.Duration(i) * time.Second)}
			if i == 1 {
				x.Status, x.Error = engine.Failed, "Bad\x1b[31m"
			}
			r.Started(call.State, "child", x)
		}
		return value.NewObject(), nil
	})}
	doc := asl.Parse("m.asl.json", []byte(`{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": true}}}`))
	program, err := engine.Compile(doc.Machine)
	if err != nil {
		t.Fatal(err)
	}
	r = New(doc.Machine)
	x, err := program.Run(context.Background(), nil, engine.Options{Seed: 1, Tasks: tasks, OnEvent: r.Event, OnDecision: r.Decision})
	if err != nil {
		t.Fatal(err)
	}
	const want = `START  STATE                                              TYPE       TOOK
   0s  A                                                  Task
   0s    child                                            execution  0s    SUCCEEDED
   0s    child                                            execution  1s    FAILED: Bad[31m
   0s    child                                            execution  2s    SUCCEEDED
   0s    child                                            execution  3s    SUCCEEDED
   0s    child                                            execution  4s    SUCCEEDED
         … 2 executions more; 1 of all did not succeed …
SUCCEEDED after 0s of virtual time: 1 transition, 7 events
`
	if diff := cmp.Diff(want, text(t, r, x)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestColour(t *testing.T) {
	r, x := run(t, `{"A": {"Type": "Fail", "Error": "E"}}`, `{}`, nil, nil)
	var b strings.Builder
	if err := r.Text(&b, x, Style{Colour: true}); err != nil {
		t.Fatal(err)
	}
	if want := red + "FAILED" + reset + " after 0s: 1 transition, 3 events\n"; !strings.HasSuffix(b.String(), want) {
		t.Errorf("got %q, want %q at its end", b.String(), want)
	}
	if !strings.Contains(b.String(), red+"A"+reset) {
		t.Errorf("got %q, want the state that failed in red", b.String())
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestWriteError(t *testing.T) {
	r, x := run(t, `{"A": {"Type": "Succeed"}}`, `{}`, nil, nil)
	if err := r.Text(closed{}, x, Style{}); err == nil {
		t.Error("no error")
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                   "0s",
		-time.Second:                        "0s",
		400 * time.Microsecond:              "0s",
		250 * time.Millisecond:              "250ms",
		12500 * time.Millisecond:            "12.5s",
		time.Minute:                         "1m",
		90*time.Minute + 7*time.Millisecond: "1h30m0.007s",
		365 * 24 * time.Hour:                "365d",
		50*time.Hour + 1*time.Minute:        "2d2h1m",
		999*time.Millisecond + 900_000*time.Nanosecond: "1s",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}
