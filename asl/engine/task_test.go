package engine_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

func handle(f func(ctx context.Context, call *engine.Call) (value.Value, error)) engine.Handlers {
	return engine.Handlers{"*": engine.HandlerFunc(f)}
}

const oneTask = `{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
	"Parameters": {"FunctionName": "f"}, "TimeoutSeconds": 30, "End": true}}}`

func TestHandlersLookup(t *testing.T) {
	named := func(name string) engine.Handler {
		return engine.HandlerFunc(func(context.Context, *engine.Call) (value.Value, error) { return value.String(name), nil })
	}
	handlers := engine.Handlers{}
	for _, pattern := range []string{
		"*", "arn:aws:lambda:*", "arn:aws:lambda:us-east-1:1:function:f", "arn:aws:states:::aws-sdk:s3:*",
		"arn:*:function:f*2", "arn:aws:states:::aws-sdk:*:get*", "ba*", "b*a",
	} {
		handlers[pattern] = named(pattern)
	}
	for resource, want := range map[string]string{
		"arn:aws:lambda:us-east-1:1:function:f":   "arn:aws:lambda:us-east-1:1:function:f",
		"arn:aws:lambda:us-east-1:1:function:g":   "arn:aws:lambda:*",
		"arn:aws:lambda:us-east-1:1:function:fx2": "arn:*:function:f*2",
		"arn:aws:states:::aws-sdk:s3:putObject":   "arn:aws:states:::aws-sdk:s3:*",
		"arn:aws:states:::aws-sdk:s3:getObject":   "arn:aws:states:::aws-sdk:*:get*",
		"arn:aws:states:::bedrock:invokeModel":    "*",
		"":                                        "*",
		"baa":                                     "b*a", // as long as ba*, and before it: * is less than a
	} {
		handler := handlers.Lookup(resource)
		if handler == nil {
			t.Errorf("%q: no handler", resource)
			continue
		}
		if got, err := handler.Handle(t.Context(), nil); err != nil || got != value.String(want) {
			t.Errorf("%q: got %v, want %s", resource, got, want)
		}
	}
	if handler := (engine.Handlers{"a*": named("a")}).Lookup("b"); handler != nil {
		t.Error("a* matched b")
	}
}

// TestTaskFailures has what a handler may do wrong.
func TestTaskFailures(t *testing.T) {
	program := compile(t, oneTask)
	for _, test := range []struct {
		name        string
		handler     func(ctx context.Context, call *engine.Call) (value.Value, error)
		error_      string
		causePrefix string
	}{
		{"task error", func(context.Context, *engine.Call) (value.Value, error) {
			return nil, fmt.Errorf("wrapped: %w", &engine.TaskError{Name: "My.Error", Cause: "why"})
		}, "My.Error", "why"},
		{"other error", func(context.Context, *engine.Call) (value.Value, error) { return nil, errors.New("broken") }, "States.TaskFailed", "broken"},
		{"panic", func(context.Context, *engine.Call) (value.Value, error) { panic("oh") }, "States.TaskFailed", "the handler of arn:aws:states:::lambda:invoke panicked: oh"},
		{"exit", func(context.Context, *engine.Call) (value.Value, error) { runtime.Goexit(); return nil, nil }, "States.TaskFailed", "the handler of arn:aws:states:::lambda:invoke ended its goroutine"},
		{"too much", func(context.Context, *engine.Call) (value.Value, error) {
			return value.String(strings.Repeat("ü", engine.DefaultPayloadBytes/2)), nil
		}, "States.DataLimitExceeded", "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, seed := range []uint64{1, 0} {
				x, err := program.Run(t.Context(), nil, engine.Options{Seed: seed, Tasks: handle(test.handler)})
				if err != nil {
					t.Fatal(err)
				}
				if x.Status != engine.Failed || x.Error != test.error_ || !strings.HasPrefix(x.Cause, test.causePrefix) {
					t.Errorf("got %s %s %q", x.Status, x.Error, x.Cause)
				}
				if typ := x.History[len(x.History)-2].Type; typ != engine.TaskFailed {
					t.Errorf("got %s before the end, want TaskFailed", typ)
				}
			}
		})
	}
}

func TestTaskResultMayBeNil(t *testing.T) {
	x := run(t, compile(t, oneTask), `{}`, engine.Options{Tasks: handle(func(context.Context, *engine.Call) (value.Value, error) { return nil, nil })})
	if x.Status != engine.Succeeded || value.Text(x.Output) != "null" {
		t.Errorf("got %s %s", x.Status, value.Text(x.Output))
	}
}

// TestHangingHandler has a handler that ignores its context: after TimeoutSeconds of real time it counts as one that never answers.
func TestHangingHandler(t *testing.T) {
	for _, clock := range []engine.Clock{engine.VirtualClock, engine.RealClock} {
		for _, seed := range []uint64{0, 1} {
			t.Run(fmt.Sprintf("clock %d seed %d", clock, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					release := make(chan struct{})
					var cancelled atomic.Bool
					x := run(t, compile(t, oneTask), `{}`, engine.Options{Clock: clock, Seed: seed, Tasks: handle(func(ctx context.Context, call *engine.Call) (value.Value, error) {
						<-ctx.Done()
						cancelled.Store(true)
						<-release
						return value.Null{}, nil
					})})
					if x.Status != engine.Failed || x.Error != engine.ErrorTimeout {
						t.Errorf("got %s %s", x.Status, x.Error)
					}
					if got := time.Since(began); got != 30*time.Second {
						t.Errorf("real time: %v", got)
					}
					if got := x.StopTime.Sub(x.StartTime); got != 30*time.Second {
						t.Errorf("execution's time: %v", got)
					}
					synctest.Wait()
					if !cancelled.Load() {
						t.Error("the handler's context did not end")
					}
					close(release)
				})
			})
		}
	}
}

func TestRealClock(t *testing.T) {
	program := compile(t, `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Next": "W", "Branches": [
		{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:x", "HeartbeatSeconds": 10, "End": true}}},
		{"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:x", "End": true}}}]},
		"W": {"Type": "Wait", "Seconds": 100, "End": true}}}`)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		x := run(t, program, `{}`, engine.Options{Clock: engine.RealClock, Tasks: handle(func(ctx context.Context, call *engine.Call) (value.Value, error) {
			if call.State == "B" {
				call.Elapse(25 * time.Second) // more than it takes: the answer waits
				return value.Null{}, nil
			}
			for range 3 {
				time.Sleep(8 * time.Second)
				call.Heartbeat()
			}
			return value.Null{}, nil
		})})
		if x.Status != engine.Succeeded {
			t.Errorf("got %s %s %s", x.Status, x.Error, x.Cause)
		}
		if got := time.Since(began); got != 125*time.Second {
			t.Errorf("took %v, want 125s", got)
		}
		if got := x.StopTime.Sub(x.StartTime); got != 125*time.Second {
			t.Errorf("execution took %v, want 125s", got)
		}
	})
}

func TestRealClockHeartbeatMissed(t *testing.T) {
	program := compile(t, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:x", "HeartbeatSeconds": 10, "End": true}}}`)
	synctest.Test(t, func(t *testing.T) {
		x := run(t, program, `{}`, engine.Options{Clock: engine.RealClock, Tasks: handle(func(ctx context.Context, call *engine.Call) (value.Value, error) {
			time.Sleep(8 * time.Second)
			call.Heartbeat()
			<-ctx.Done()
			return nil, ctx.Err()
		})})
		if x.Error != engine.ErrorTimeout || x.StopTime.Sub(x.StartTime) != 18*time.Second {
			t.Errorf("got %s %s after %v", x.Status, x.Error, x.StopTime.Sub(x.StartTime))
		}
	})
}

// mapTasks is a Map of n items with a task each.
const mapTasks = `{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "T", "States": {
	"T": {"Type": "Task", "Resource": "arn:x", "End": true}}}}}}`

func TestTasksRunAtTheSameTime(t *testing.T) {
	for _, test := range []struct{ limit, want int }{{0, 6}, {2, 2}, {1, 1}} {
		t.Run(fmt.Sprint(test.limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var now, most atomic.Int32
				x, err := compile(t, mapTasks).Run(t.Context(), value.MustParse(`[0,1,2,3,4,5]`), engine.Options{
					MaxConcurrentTasks: test.limit,
					Tasks: handle(func(_ context.Context, call *engine.Call) (value.Value, error) {
						n := now.Add(1)
						for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
						}
						time.Sleep(time.Second)
						now.Add(-1)
						return call.Input, nil
					}),
				})
				if err != nil || x.Status != engine.Succeeded || value.Text(x.Output) != `[0,1,2,3,4,5]` {
					t.Errorf("got %v %v", x, err)
				}
				if int(most.Load()) != test.want {
					t.Errorf("%d tasks at the same time, want %d", most.Load(), test.want)
				}
			})
		})
	}
}

func TestSeedRunsTasksInOrder(t *testing.T) {
	var order []string // no lock: with a seed there is one handler at a time
	x := run(t, compile(t, mapTasks), `[3,1,2]`, engine.Options{Seed: 5, Tasks: handle(func(_ context.Context, call *engine.Call) (value.Value, error) {
		order = append(order, value.Text(call.Input))
		return call.Input, nil
	})})
	if x.Status != engine.Succeeded || strings.Join(order, "") != "312" {
		t.Errorf("got %s, order %v", x.Status, order)
	}
}

func TestAbort(t *testing.T) {
	program := compile(t, `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "Next": "T"},
		"T": {"Type": "Task", "Resource": "arn:x", "End": true}}}`)
	for _, test := range []struct {
		name   string
		at     engine.EventType
		cause  error
		error_ string
	}{
		{"in a wait", "WaitStateEntered", context.Canceled, ""},
		{"in a task", "LambdaFunctionStarted", &engine.StopExecution{ErrorName: "Manual", Cause: "probe"}, "Manual"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			x, err := program.Run(ctx, nil, engine.Options{
				OnEvent: func(e engine.Event) {
					if e.Type == test.at {
						cancel(test.cause)
					}
				},
				Tasks: handle(func(ctx context.Context, _ *engine.Call) (value.Value, error) {
					<-ctx.Done()
					return nil, ctx.Err()
				}),
			})
			if err != nil {
				t.Fatal(err)
			}
			last := x.History[len(x.History)-1]
			if x.Status != engine.Aborted || x.Error != test.error_ || last.Type != engine.ExecutionAborted || last.PreviousEventID != 0 {
				t.Errorf("got %s %q, last event %v", x.Status, x.Error, last)
			}
		})
	}
}

// selective answers the tasks of one state only.
type selective struct{ engine.HandlerFunc }

func (selective) Handles(state, _ string) bool { return state == "A" }

// TestHandlersOfSomeTasks wants a task that a handler does not take to have none, and a RuntimeError to end the execution.
func TestHandlersOfSomeTasks(t *testing.T) {
	const activity = "arn:aws:states:us-east-1:123456789012:activity:x"
	catch := `"Catch": [{"ErrorEquals": ["States.ALL", "States.Runtime"], "Next": "C"}], "Retry": [{"ErrorEquals": ["States.Runtime"]}]`
	definition := func(name, resource string) string {
		return `{"StartAt": "` + name + `", "States": {"` + name + `": {"Type": "Task", "Resource": "` + resource + `", ` + catch + `, "End": true}, "C": {"Type": "Succeed"}}}`
	}
	broken := selective{func(context.Context, *engine.Call) (value.Value, error) {
		return nil, fmt.Errorf("wrapped: %w", &engine.RuntimeError{Cause: "cannot be started"})
	}}
	for _, test := range []struct{ name, resource, want string }{
		{"A", activity, "cannot be started"},
		{"A", "arn:aws:states:::sqs:sendMessage", "cannot be started"},
		{"B", activity, "The activity " + activity + " does not exist."},
		{"B", "arn:aws:states:::sqs:sendMessage", "Nothing answers the task: there is no handler for the resource arn:aws:states:::sqs:sendMessage."},
	} {
		x := run(t, compile(t, definition(test.name, test.resource)), `{}`, engine.Options{Tasks: engine.Handlers{"*": broken}})
		want := "An error occurred while executing the state '" + test.name + "' (entered at the event id #2). " + test.want
		if x.Status != engine.Failed || x.Error != engine.ErrorRuntime || x.Cause != want {
			t.Errorf("%s %s: %s %s %s, want %s", test.name, test.resource, x.Status, x.Error, x.Cause, want)
		}
	}
}
