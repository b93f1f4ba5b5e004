package engine_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

// noLeak wants as many goroutines after a test as there were before.
func noLeak(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		var after int
		for range 500 {
			if after = runtime.NumGoroutine(); after <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after\n%s", before, after, stacks[:runtime.Stack(stacks, true)])
	})
}

// everything uses all that the engine has. Its input is {"id": n}.
var everything = states(
	`"Fetch": {`+lambda+`, "ResultPath": "$.doc", "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "BackoffRate": 2, "JitterStrategy": "FULL"}], "Next": "Both"}`,
	`"Both": {"Type": "Parallel", "ResultPath": "$.both", "Next": "Each", "Branches": [`+
		states(`"Left": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"id.$": "$.id"}, "End": true}`)+`,`+
		states(`"Right": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"id.$": "$.id"}, "End": true}`)+`,`+
		states(`"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"t.$": "$$.Task.Token"}, "HeartbeatSeconds": 60, "End": true}`)+`,`+
		states(`"Answer": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"id.$": "$.id"}, "End": true}`)+`]}`,
	`"Each": {`+inline(`"ItemsPath": "$.doc.words", "ItemSelector": {"word.$": "$$.Map.Item.Value", "id.$": "$.id"}, "MaxConcurrency": 3, "ResultPath": "$.each", "Next": "Lines"`,
		states(`"Length": {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"n": "{% $length($states.input.word) %}"}, "Next": "Pause"}`,
			`"Pause": {"Type": "Wait", "Seconds": 3, "Next": "Sum"}`,
			`"Sum": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $n + $states.input.id %}", "End": true}`))+`}`,
	`"Lines": {`+distributed(reader("lines.jsonl", "JSONL")+`, "ItemSelector": {"line.$": "$$.Map.Item.Value", "id.$": "$.id"}, "MaxConcurrency": 2, "ToleratedFailureCount": 1, "ResultPath": "$.lines", "Next": "Child"`,
		states(`"Line": {`+lambda+`, "End": true}`))+`}`,
	`"Child": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "`+childArn+`", "Input": {"id.$": "$.id"}}, "ResultPath": "$.child", "Next": "Late"}`,
	`"Late": {`+lambda+`, "TimeoutSeconds": 5, "Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.late", "Next": "Result"}], "Next": "Result"}`,
	`"Result": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"id": "{% $states.input.id %}", "both": "{% $states.input.both %}", "each": "{% $states.input.each %}", "lines": "{% $states.input.lines %}", "child": "{% $states.input.child.Output.double %}", "late": "{% $states.input.late.Error %}", "name": "{% $states.context.Execution.Name %}"}, "End": true}`,
)

// TestThousandExecutions runs one program a thousand times at once. The tasks Left and Right of each execution wait for each other, so
// that they must run at the same time; its callback is answered by another of its tasks.
func TestThousandExecutions(t *testing.T) {
	noLeak(t)
	const executions = 1000
	program := compile(t, everything)
	child := compile(t, jsonataStates(`"W": {"Type": "Wait", "Seconds": 9, "Next": "D"}`, `"D": {"Type": "Pass", "Output": {"double": "{% 2 * $states.input.id %}"}, "End": true}`))
	objects := &mapdata.Memory{}
	objects.Store("bucket", "lines.jsonl", []byte("1\n2\n\"bad\"\n4\n"))
	callbacks := engine.NewCallbacks()
	meetings, tokens := new(meetings), make([]chan string, executions)
	for i := range tokens {
		tokens[i] = make(chan string, 1)
	}
	id := func(call *engine.Call) int64 {
		if o, ok := call.Input.(*value.Object); ok {
			if v, ok := o.Get("id"); ok {
				n, _ := v.(value.Number).Int()
				return n
			}
		}
		var n int64
		_, _ = fmt.Sscanf(call.ExecutionName, "x%d", &n)
		return n
	}
	opts := engine.Options{Callbacks: callbacks, Objects: objects, Tasks: engine.Handlers{
		"arn:aws:states:::lambda:invoke": engine.HandlerFunc(func(ctx context.Context, call *engine.Call) (value.Value, error) {
			if !meetings.meet(ctx, call.ExecutionName) {
				return nil, errors.New("the other task did not come")
			}
			return value.String(call.State), nil
		}),
		"arn:aws:states:::sqs:sendMessage*": engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
			tokens[id(call)] <- call.TaskToken
			return nil, engine.ErrNoAnswer
		}),
		"arn:aws:states:::sns:publish": engine.HandlerFunc(func(ctx context.Context, call *engine.Call) (value.Value, error) {
			select {
			case token := <-tokens[id(call)]:
				return value.String("sent"), errors.Join(callbacks.SendTaskHeartbeat(token), callbacks.SendTaskSuccess(token, value.Int(id(call))))
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}),
		"arn:aws:lambda:*": engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
			call.Elapse(time.Second)
			switch call.State {
			case "Fetch":
				if call.RetryCount == 0 {
					return nil, &engine.TaskError{Name: "Busy"}
				}
				return value.MustParse(`{"words": ["a", "bcd", "", "efghi"]}`), nil
			case "Late":
				return nil, engine.ErrNoAnswer
			}
			line, _ := call.Input.(*value.Object).Get("line")
			if n, ok := line.(value.Number); ok {
				return n, nil
			}
			return nil, &engine.TaskError{Name: "NoNumber"}
		}),
		engine.StartExecutionPattern: engine.Machines{childArn: child}.Handler(engine.Options{}, nil),
	}}
	var wg sync.WaitGroup
	for i := range executions {
		wg.Go(func() {
			opts := opts
			opts.Name, opts.StartTime = fmt.Sprintf("x%d", i), start
			if i%10 == 0 {
				opts.MaxConcurrentTasks = 4
			}
			x, err := program.Run(context.Background(), value.MustParse(fmt.Sprintf(`{"id": %d}`, i)), opts)
			if err != nil {
				t.Error(err)
				return
			}
			want := fmt.Sprintf(`{"id":%d,"both":["Left","Right",%d,"sent"],"each":[%d,%d,%d,%d],"lines":[1,2,4],"child":%d,"late":"States.Timeout","name":"x%d"}`, i, i, i+1, i+3, i, i+5, 2*i, i)
			if got := value.Text(x.Output); got != want {
				t.Errorf("execution %d: %s %s %s\ngot  %s\nwant %s", i, x.Status, x.Error, x.Cause, got, want)
			}
			checkHistory(t, x)
		})
	}
	wg.Wait()
}

// meetings lets two tasks of an execution wait for each other.
type meetings struct{ waiting sync.Map }

func (m *meetings) meet(ctx context.Context, name string) bool {
	came := make(chan struct{})
	if other, loaded := m.waiting.LoadOrStore(name, came); loaded {
		close(other.(chan struct{}))
		return true
	}
	select {
	case <-came:
		return true
	case <-ctx.Done():
	case <-time.After(time.Minute):
	}
	return false
}

// TestStopAtEveryEvent stops random machines at every event that they have. All end as ABORTED, save where the event led to the end
// in the same breath; handlers that still run see their context end, and nothing is left over. What was stopped can be redriven.
func TestStopAtEveryEvent(t *testing.T) {
	noLeak(t)
	count := 120
	if raceEnabled || testing.Short() {
		count = 40
	}
	stops, aborted := 0, 0
	for seed := range count {
		data := randomData(uint64(seed), 11, 500)
		g := &machines{choices: &choices{data}}
		program, text, input, typ := randomMachine(t, g)
		if program == nil {
			continue
		}
		_, whole := runWhole(t, program, text, input, newWorld(program, 1, g.data, typ))
		if whole.RedriveCount > 0 {
			continue // some of its events are those of the redrives
		}
		for at := 1; at <= len(whole.History); at++ {
			w := newWorld(program, 1, g.data, typ)
			if whole.ExecutionArn == "" {
				t.Fatal("no ARN")
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			w.opts.OnEvent = func(e engine.Event) {
				if e.ID == int64(at) {
					cancel(&engine.StopExecution{ErrorName: "Stopped", Cause: "by hand"})
				}
			}
			x, err := program.Run(ctx, value.MustParse(input), w.opts)
			var not *engine.NotExpressError
			if errors.As(err, &not) {
				w.opts.Type = engine.Standard
				x, err = program.Run(ctx, value.MustParse(input), w.opts)
			}
			if err != nil {
				t.Fatal(err)
			}
			stops++
			checkHistory(t, x)
			last := x.History[len(x.History)-1]
			switch {
			case x.Status == engine.Aborted:
				aborted++
				if d, ok := last.Details.(*engine.FailureDetails); last.Type != engine.ExecutionAborted || x.Error != "Stopped" || x.Cause != "by hand" || !ok || *d.Error != "Stopped" {
					t.Fatalf("machine %d, event %d: %s %s %v", seed, at, x.Error, x.Cause, last)
				}
			case x.Status != whole.Status || len(x.History) < at:
				t.Fatalf("machine %d, event %d: %s after %d events\n%s", seed, at, x.Status, len(x.History), text)
			}
			if x.Status == engine.Aborted && at%5 == 0 {
				w.opts.OnEvent = nil
				if again, err := x.Redrive(t.Context(), w.opts); err == nil {
					checkHistory(t, again)
				}
			}
			cancel(nil)
		}
	}
	if stops < 200 || aborted < stops*6/10 {
		t.Errorf("%d of %d executions were stopped", aborted, stops)
	}
}

// TestStopWhileHandlersRun stops executions whose handlers wait for the end of their context, on either clock.
func TestStopWhileHandlersRun(t *testing.T) {
	noLeak(t)
	program := compile(t, states(`"P": {"Type": "Parallel", "End": true, "Branches": [`+
		states(`"T": {`+lambda+`, "TimeoutSeconds": 1000, "Retry": [{`+all+`}], "Catch": [{`+all+`, "Next": "C"}], "Next": "C"}`, `"C": {"Type": "Succeed"}`)+`,`+
		states(`"M": {`+inline(`"ItemsPath": "$.l", "End": true`, states(`"U": {`+lambda+`, "End": true}`))+`}`)+`,`+
		states(`"D": {`+distributed(`"ItemsPath": "$.l", "End": true`, states(`"V": {`+lambda+`, "HeartbeatSeconds": 500, "End": true}`))+`}`)+`]}`))
	for _, opts := range []engine.Options{{}, {Clock: engine.RealClock}, {MaxConcurrentTasks: 2}, {Seed: 1}, {Seed: 1, Clock: engine.RealClock}} {
		var running, ended atomic.Int64
		ctx, cancel := context.WithCancelCause(t.Context())
		began := make(chan struct{}, 100)
		opts.Tasks = handle(func(ctx context.Context, call *engine.Call) (value.Value, error) {
			running.Add(1)
			began <- struct{}{}
			<-ctx.Done()
			ended.Add(1)
			return nil, ctx.Err()
		})
		tasks := 9
		if opts.MaxConcurrentTasks > 0 {
			tasks = opts.MaxConcurrentTasks
		} else if opts.Seed != 0 && opts.Clock == engine.VirtualClock {
			tasks = 1
		}
		go func() {
			for range tasks {
				<-began
			}
			cancel(&engine.StopExecution{})
		}()
		x, err := program.Run(ctx, value.MustParse(`{"l": [1, 2, 3, 4]}`), opts)
		if err != nil {
			t.Fatal(err)
		}
		checkHistory(t, x)
		if x.Status != engine.Aborted || x.Error != "" {
			t.Errorf("%s %s %s", x.Status, x.Error, x.Cause)
		}
		for range 500 {
			if ended.Load() == running.Load() {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if n := running.Load(); n != int64(tasks) || ended.Load() != n {
			t.Errorf("%d handlers began, %d of them ended, want %d", n, ended.Load(), tasks)
		}
	}
}

// TestHandlersSeeTheirEnd wants the context of a handler to end when its task is taken down: by a branch that fails, by a time-out of
// real time, by the end of the execution.
func TestHandlersSeeTheirEnd(t *testing.T) {
	noLeak(t)
	for name, definition := range map[string]string{
		"a branch fails": states(`"P": {"Type": "Parallel", "Catch": [{`+all+`, "Next": "S"}], "End": true, "Branches": [`+
			states(`"T": {`+lambda+`, "End": true}`)+`,`+states(`"Wait": {"Type": "Task", "Resource": "wait", "Next": "F"}`, `"F": {"Type": "Fail", "Error": "E"}`)+`]}`, `"S": {"Type": "Succeed"}`),
		"the task times out":      states(`"T": {`+lambda+`, "TimeoutSeconds": 1, "Catch": [{`+all+`, "Next": "S"}], "End": true}`, `"S": {"Type": "Succeed"}`),
		"the execution times out": `{"TimeoutSeconds": 1, ` + states(`"T": {` + lambda + `, "TimeoutSeconds": 1, "Retry": [{` + all + `, "MaxAttempts": 100}], "End": true}`)[1:],
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			began := make(chan struct{}, 1)
			saw := make(chan struct{})
			x, err := compile(t, definition).Run(t.Context(), nil, engine.Options{Tasks: engine.Handlers{
				"wait": engine.HandlerFunc(func(context.Context, *engine.Call) (value.Value, error) {
					<-began
					return value.Null{}, nil
				}),
				"*": engine.HandlerFunc(func(ctx context.Context, _ *engine.Call) (value.Value, error) {
					began <- struct{}{}
					<-ctx.Done()
					close(saw)
					return nil, ctx.Err()
				}),
			}})
			if err != nil || x.Status == engine.Failed || x.Status == engine.Aborted {
				t.Errorf("%v %v", x, err)
			}
			select {
			case <-saw:
			case <-time.After(time.Minute):
				t.Error("the handler waits still")
			}
		})
	}
}

// TestPlaceOfAnAbortedTask has a task that waits for a place be taken down in the very moment in which it gets one: the place goes to the
// next one.
func TestPlaceOfAnAbortedTask(t *testing.T) {
	task := func(name string) string { return states(`"` + name + `": {` + lambda + `, "End": true}`) }
	pass := func(name, next string) string {
		return `"` + name + `": {"Type": "Pass", "Next": "` + next + `"}`
	}
	program := compile(t, states(`"All": {"Type": "Parallel", "End": true, "Branches": [`+
		states(`"P": {"Type": "Parallel", "Catch": [{`+all+`, "ResultPath": null, "Next": "S"}], "End": true, "Branches": [`+
			task("A")+`,`+task("B")+`,`+states(pass("X1", "X2"), pass("X2", "X3"), pass("X3", "F"), `"F": {"Type": "Fail", "Error": "E"}`)+`]}`, `"S": {"Type": "Succeed"}`)+`,`+
		states(pass("Y", "Z"), pass("Z", "C"), `"C": {`+lambda+`, "End": true}`)+`]}`))
	x, err := program.Run(t.Context(), value.MustParse(`{}`), engine.Options{MaxConcurrentTasks: 1, Tasks: handle(func(ctx context.Context, call *engine.Call) (value.Value, error) {
		if call.State == "A" {
			<-ctx.Done()
			return nil, errors.New("aborted")
		}
		return value.String(call.State), nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	if got := value.Text(x.Output); got != `[{},"C"]` {
		t.Errorf("%s %s %s %s", x.Status, got, x.Error, x.Cause)
	}
}
