package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// waitAndAnswer has a branch that waits for a token and another one that answers it after a while.
const waitAndAnswer = `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [
	{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}}, "HeartbeatSeconds": 60, "TimeoutSeconds": 600,
		"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}], "End": true}, "Caught": {"Type": "Pass", "End": true}}},
	{"StartAt": "W1", "States": {
		"W1": {"Type": "Wait", "Seconds": 50, "Next": "First"},
		"First": {"Type": "Task", "Resource": "answer", "Parameters": "first", "Next": "W2"},
		"W2": {"Type": "Wait", "Seconds": 50, "Next": "Second"},
		"Second": {"Type": "Task", "Resource": "answer", "Parameters": "second", "End": true}}}], "End": true}}}`

// TestCallbacksFromWithin answers a task from another task of the same execution, on the virtual clock.
func TestCallbacksFromWithin(t *testing.T) {
	program := compile(t, waitAndAnswer)
	for _, test := range []struct {
		name          string
		first, second func(c *engine.Callbacks, token string) error
		want          string
		took          time.Duration
		wantErr       string // of the second answer
	}{
		{
			"success", func(c *engine.Callbacks, token string) error { return c.SendTaskHeartbeat(token) },
			func(c *engine.Callbacks, token string) error {
				if err := c.SendTaskSuccessText(token, `{"ok"}`); err == nil { // the task waits on
					return errors.New("no error")
				}
				return c.SendTaskSuccessText(token, `{"ok": true}`)
			},
			`[{"ok":true},"none"]`, 100 * time.Second, "",
		},
		{
			"failure", func(c *engine.Callbacks, token string) error { return c.SendTaskFailure(token, "No", "because") },
			func(c *engine.Callbacks, token string) error { return c.SendTaskHeartbeat(token) },
			`[{"Error":"No","Cause":"because"},"none"]`, 100 * time.Second, "TaskTimedOut",
		},
		{
			"failure without a name", func(c *engine.Callbacks, token string) error { return c.SendTaskFailure(token, "", "") },
			func(c *engine.Callbacks, token string) error { return nil },
			`[{"Error":null,"Cause":null},"none"]`, 100 * time.Second, "",
		},
		{
			"no heartbeat", func(c *engine.Callbacks, token string) error { return nil },
			func(c *engine.Callbacks, token string) error { return c.SendTaskSuccess(token, value.Null{}) },
			`[{"Error":"States.Timeout","Cause":""},"none"]`, 100 * time.Second, "TaskTimedOut",
		},
		{
			"unknown token", func(c *engine.Callbacks, token string) error { return c.SendTaskHeartbeat(token) },
			func(c *engine.Callbacks, token string) error {
				return errors.Join(c.SendTaskSuccess(token, value.Int(1)), c.SendTaskSuccess("x"+token, value.Int(2)))
			},
			`[1,"none"]`, 100 * time.Second, "InvalidToken",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			callbacks := engine.NewCallbacks()
			var token string
			var sent error
			tasks := engine.Handlers{
				"arn:aws:states:::sqs:*": engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
					token = call.TaskToken
					call.Submit(value.MustParse(`{"MessageId":"m"}`))
					return nil, engine.ErrNoAnswer
				}),
				"answer": engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
					if call.State == "First" {
						return value.String("none"), test.first(callbacks, token)
					}
					sent = test.second(callbacks, token)
					return value.String("none"), nil
				}),
			}
			x := run(t, program, `{}`, engine.Options{Tasks: tasks, Callbacks: callbacks})
			if got := value.Text(x.Output); x.Status != engine.Succeeded || got != test.want {
				t.Errorf("%s %s %s %s, want %s", x.Status, got, x.Error, x.Cause, test.want)
			}
			if took := x.StopTime.Sub(x.StartTime); took != test.took {
				t.Errorf("took %v, want %v", took, test.took)
			}
			var api *engine.APIError
			if errors.As(sent, &api); (api != nil && api.Name != test.wantErr) || (api == nil) != (test.wantErr == "") {
				t.Errorf("the second answer: %v, want %q", sent, test.wantErr)
			}
			if err := callbacks.SendTaskHeartbeat(token); !errors.As(err, &api) || api.Name != "TaskTimedOut" {
				t.Errorf("after the end: %v", err)
			}
		})
	}
}

// TestCallbackBeforeTheRequestReturns answers a token while the handler that sent it still runs.
func TestCallbackBeforeTheRequestReturns(t *testing.T) {
	callbacks := engine.NewCallbacks()
	x := run(t, compile(t, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
		"Parameters": {"t.$": "$$.Task.Token"}, "End": true}}}`), `{}`, engine.Options{Callbacks: callbacks, Tasks: engine.Handlers{
		"*": engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
			if err := callbacks.SendTaskSuccess(call.TaskToken, value.String("early")); err != nil {
				t.Error(err)
			}
			if err := callbacks.SendTaskSuccess(call.TaskToken, value.String("twice")); err == nil {
				t.Error("a token was answered twice")
			}
			return nil, engine.ErrNoAnswer
		}),
	}})
	var types []string
	for _, e := range x.History {
		types = append(types, string(e.Type))
	}
	if got := value.Text(x.Output); got != `"early"` || !strings.Contains(strings.Join(types, " "), "TaskStarted TaskSubmitted TaskSucceeded") {
		t.Errorf("%s %s %v", x.Status, got, types)
	}
}

// TestActivity has a worker take an activity's tasks, on the computer's clock.
func TestActivity(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:123456789012:activity:review"
	program := compile(t, `{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": {"StartAt": "A", "States": {
		"A": {"Type": "Task", "Resource": "`+arn+`", "HeartbeatSeconds": 30, "Catch": [{"ErrorEquals": ["Bad"], "Next": "B"}], "End": true},
		"B": {"Type": "Pass", "Result": "bad", "End": true}}}, "End": true}}}`)
	callbacks := engine.NewCallbacks()
	callbacks.CreateActivity(arn)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			token, input, err := callbacks.GetActivityTask(ctx, arn, "worker-1")
			if err != nil || token == "" {
				return
			}
			if err := callbacks.SendTaskHeartbeat(token); err != nil {
				t.Error(err)
			}
			if value.Text(input) == "2" {
				err = callbacks.SendTaskFailure(token, "Bad", "")
			} else {
				err = callbacks.SendTaskSuccess(token, input)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}()
	x := run(t, program, `[1, 2, 3]`, engine.Options{Clock: engine.RealClock, Callbacks: callbacks})
	cancel()
	<-done
	if got := value.Text(x.Output); got != `[1,"bad",3]` {
		t.Errorf("%s %s %s %s", x.Status, got, x.Error, x.Cause)
	}
	workers := 0
	for _, e := range x.History {
		if d, ok := e.Details.(*engine.WorkerDetails); ok && d.WorkerName == "worker-1" {
			workers++
		}
	}
	if workers != 3 {
		t.Errorf("%d ActivityStarted events name the worker, want 3", workers)
	}
	var api *engine.APIError
	if _, _, err := callbacks.GetActivityTask(context.Background(), arn+"x", "w"); !errors.As(err, &api) || api.Name != "ActivityDoesNotExist" {
		t.Errorf("an unknown activity: %v", err)
	}
}

// TestActivityNobodyTakes lasts as long as an execution may; one that does not exist fails at once, as recorded.
func TestActivityNobodyTakes(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:123456789012:activity:review"
	program := compile(t, `{"TimeoutSeconds": 200, "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "`+arn+`", "TimeoutSeconds": 90, "End": true}}}`)
	callbacks := engine.NewCallbacks()
	x := run(t, program, `{}`, engine.Options{Callbacks: callbacks})
	if want := "(entered at the event id #2). The activity " + arn + " does not exist."; x.Error != "States.Runtime" || !strings.HasSuffix(x.Cause, want) {
		t.Errorf("%s %s", x.Error, x.Cause)
	}
	callbacks.CreateActivity(arn)
	x = run(t, program, `{}`, engine.Options{Callbacks: callbacks})
	if x.Status != engine.TimedOut || x.Error != "" || x.StopTime.Sub(x.StartTime) != 200*time.Second {
		t.Errorf("%s %s after %v", x.Status, x.Error, x.StopTime.Sub(x.StartTime))
	}
}

// TestActivityTime has a worker take an activity's task after five seconds, and only then its time-outs begin. As captured on AWS in
// 2026-09: github.com/radkawar/stackd testdata/aws/stepfunctions/callback_lifecycle.json.
func TestActivityTime(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:123456789012:activity:review"
	program := compile(t, `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [
		{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "`+arn+`", "TimeoutSeconds": 3, "HeartbeatSeconds": 2,
			"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}], "End": true}, "Z": {"Type": "Pass", "End": true}}},
		{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "Next": "Take"},
			"Take": {"Type": "Task", "Resource": "take", "ResultPath": null, "Next": "W1"}, "W1": {"Type": "Wait", "Seconds": 1, "Next": "Beat"},
			"Beat": {"Type": "Task", "Resource": "beat", "ResultPath": null, "Next": "W2"}, "W2": {"Type": "Wait", "Seconds": 1, "Next": "BeatAgain"},
			"BeatAgain": {"Type": "Task", "Resource": "beat", "End": true}}}], "End": true}}}`)
	for _, test := range []struct {
		beats bool
		want  time.Duration // after ActivityStarted
	}{{false, 2 * time.Second}, {true, 3 * time.Second}} {
		callbacks := engine.NewCallbacks()
		callbacks.CreateActivity(arn)
		var token string
		x := run(t, program, `{}`, engine.Options{Seed: 1, Callbacks: callbacks, Tasks: engine.Handlers{
			"take": engine.HandlerFunc(func(ctx context.Context, _ *engine.Call) (_ value.Value, err error) {
				token, _, err = callbacks.GetActivityTask(ctx, arn, "w")
				return nil, err
			}),
			"beat": engine.HandlerFunc(func(context.Context, *engine.Call) (value.Value, error) {
				if !test.beats {
					return nil, nil
				}
				return nil, callbacks.SendTaskHeartbeat(token)
			}),
		}})
		if want := `[{"Error":"States.Timeout","Cause":""},null]`; x.Status != engine.Succeeded || value.Text(x.Output) != want {
			t.Errorf("%s %s %s %s", x.Status, x.Error, x.Cause, value.Text(x.Output))
		}
		at := map[engine.EventType]time.Duration{}
		for _, e := range x.History {
			at[e.Type] = e.Timestamp.Sub(x.StartTime)
		}
		if at[engine.ActivityStarted] != 5*time.Second || at[engine.ActivityTimedOut]-at[engine.ActivityStarted] != test.want {
			t.Errorf("started after %v, timed out after %v", at[engine.ActivityStarted], at[engine.ActivityTimedOut])
		}
		if err := callbacks.SendTaskHeartbeat(token); err == nil || err.Error() != "TaskTimedOut: Task Timed Out: '"+arn+"'" {
			t.Errorf("after the end: %v", err)
		}
	}
}

// TestCallbackErrors has the texts, and the order of errors, that were captured on AWS in 2026-09: github.com/radkawar/stackd
// testdata/aws/stepfunctions/callback_lifecycle.json.
func TestCallbackErrors(t *testing.T) {
	const gone = "a2000000-0000-4000-8000-000000000000"
	callbacks := engine.NewCallbacks()
	for _, test := range []struct {
		got  error
		want string
	}{
		{callbacks.SendTaskHeartbeat(""), "ValidationException: 1 validation error detected: Value '' at 'taskToken' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{callbacks.SendTaskSuccess("x", nil), "ValidationException: 1 validation error detected: Value at 'output' failed to satisfy constraint: Member must not be null"},
		{callbacks.SendTaskFailure("x", "", ""), "InvalidToken: Invalid Token: 'Invalid token'"},
		{callbacks.SendTaskSuccessText("x", "not-json"), "InvalidToken: Invalid Token: 'Invalid token'"},
		{callbacks.SendTaskSuccessText(gone, "not-json"), "InvalidOutput: Invalid Output: 'not-json' is not valid JSON."},
		{callbacks.SendTaskSuccessText(gone, "1"), "TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'"},
	} {
		if test.got == nil || test.got.Error() != test.want {
			t.Errorf("got %v\nwant %s", test.got, test.want)
		}
	}
}

// TestCallbackThatEndsTheExecution wants an answer that was taken to be no error, although the execution is over before its sender goes on.
func TestCallbackThatEndsTheExecution(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:123456789012:activity:review"
	program := compile(t, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "`+arn+`", "End": true}}}`)
	callbacks := engine.NewCallbacks()
	callbacks.CreateActivity(arn)
	const n = 500
	done := make(chan error)
	go func() {
		for range n {
			token, _, err := callbacks.GetActivityTask(context.Background(), arn, "w")
			if err == nil {
				err = callbacks.SendTaskSuccess(token, value.Int(1))
			}
			done <- err
		}
	}()
	for range n {
		if x := run(t, program, `{}`, engine.Options{Clock: engine.RealClock, Callbacks: callbacks}); x.Status != engine.Succeeded {
			t.Fatal(x.Status, x.Error, x.Cause)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// TestTokensAreTheirTasks runs two executions with one seed at the same time: they have the same tokens, and the second one fails.
func TestTokensAreTheirTasks(t *testing.T) {
	program := compile(t, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true}}}`)
	callbacks := engine.NewCallbacks()
	tokens := make(chan string)
	opts := engine.Options{Seed: 1, Clock: engine.RealClock, Callbacks: callbacks, Tasks: handle(func(_ context.Context, call *engine.Call) (value.Value, error) {
		tokens <- call.TaskToken
		return nil, engine.ErrNoAnswer
	})}
	first := make(chan *engine.Execution)
	go func() {
		x, _ := program.Run(context.Background(), nil, opts)
		first <- x
	}()
	token := <-tokens
	second := run(t, program, `{}`, opts)
	if want := "Another execution waits with the task token " + token; second.Error != engine.ErrorRuntime || !strings.Contains(second.Cause, want) {
		t.Errorf("%s %s, want %s", second.Error, second.Cause, want)
	}
	if err := callbacks.SendTaskSuccess(token, value.Int(1)); err != nil {
		t.Fatal(err)
	}
	if x := <-first; x.Status != engine.Succeeded {
		t.Errorf("%s %s %s", x.Status, x.Error, x.Cause)
	}
}
