package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

// smallLimits are reached often.
var smallLimits = engine.Limits{
	HistoryEvents: 300, PayloadBytes: 20_000, AssignBytes: 5_000, VariableBytes: 8_000,
	MemoryBytes: 4 << 20, WriteBytes: 200_000, Steps: 100_000, ChildEvents: 2_000, NestedDepth: 3, NestedExecutions: 12,
}

// world is what an execution of a random machine has around it: tasks that do whatever a stream of choices says, callbacks, storage.
type world struct {
	mu        sync.Mutex
	stream    *choices // nil: what a task does depends on its state and attempt only
	callbacks *engine.Callbacks
	objects   *mapdata.Memory
	tokens    []string
	opts      engine.Options
}

func newWorld(program *engine.Program, seed uint64, data []byte, typ engine.WorkflowType) *world {
	w := &world{callbacks: engine.NewCallbacks(), objects: &mapdata.Memory{Now: func() time.Time { return start }}}
	if seed != 0 {
		w.stream = &choices{data}
	}
	w.callbacks.CreateActivity(resourceWorkers)
	for key, text := range map[string]string{
		"data.json": `[1, {"a": "x"}, [2, 3], "y", null]`, "data.csv": "a,b\n1,x\n2,y\n3,\n", "data.jsonl": "1\n{\"a\": [1]}\n\"z\"\n", "bad.json": `[1, {]`,
	} {
		w.objects.Store("bucket", key, []byte(text))
	}
	w.opts = engine.Options{Seed: seed, Name: "fuzz", Type: typ, StartTime: start, Limits: smallLimits, Callbacks: w.callbacks, Objects: w.objects}
	w.opts.Tasks = engine.Handlers{
		resourceFunction: engine.HandlerFunc(w.work), resourceActivity: engine.HandlerFunc(w.work), resourceJob: engine.HandlerFunc(w.work),
		resourceCallback: engine.HandlerFunc(w.ask), resourceAnswer: engine.HandlerFunc(w.answer), resourcePoll: engine.HandlerFunc(w.poll),
	}
	children := w.opts
	children.Tasks = w.opts.Tasks
	children.Type = engine.Standard
	w.opts.Tasks[engine.StartExecutionPattern] = engine.Machines{childArn: program}.Handler(children, nil)
	return w
}

// n is the next choice.
func (w *world) n(call *engine.Call, n int) int {
	if w.stream != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.stream.n(n)
	}
	h := fnv.New32a()
	fmt.Fprint(h, call.State, call.RetryCount, n)
	return int(h.Sum32()) % n
}

func (w *world) work(_ context.Context, call *engine.Call) (value.Value, error) {
	call.Elapse(time.Duration(w.n(call, 8)) * 5 * time.Second)
	switch w.n(call, 9) {
	case 1:
		return nil, &engine.TaskError{Name: pick(&choices{[]byte{byte(w.n(call, 256))}}, "E", "", "States.Timeout", "Other"), Cause: "because"}
	case 2:
		return nil, engine.ErrNoAnswer
	case 3:
		call.Heartbeat()
		call.Elapse(time.Duration(w.n(call, 8)) * 5 * time.Second)
	case 4:
		call.Submit(value.MustParse(`{"JobId": "j"}`))
	case 5:
		panic("a fault in a task")
	case 6:
		return value.String(strings.Repeat("x", 10_000*w.n(call, 4))), nil
	case 7:
		return nil, nil
	}
	return call.Input, nil
}

// ask is a task that waits for its token.
func (w *world) ask(_ context.Context, call *engine.Call) (value.Value, error) {
	call.Elapse(time.Duration(w.n(call, 3)) * time.Second)
	switch w.n(call, 8) {
	case 1:
		return nil, &engine.TaskError{Name: "E"}
	case 2:
		w.send(call, call.TaskToken)
	}
	w.mu.Lock()
	w.tokens = append(w.tokens, call.TaskToken)
	w.mu.Unlock()
	return nil, engine.ErrNoAnswer
}

// send answers a task with a token.
func (w *world) send(call *engine.Call, token string) {
	switch w.n(call, 4) {
	case 1:
		_ = w.callbacks.SendTaskFailure(token, "E", "")
	case 2:
		_ = w.callbacks.SendTaskHeartbeat(token)
	default:
		_ = w.callbacks.SendTaskSuccess(token, value.MustParse(`{"answered": [true]}`))
	}
}

// answer is a task that answers another one.
func (w *world) answer(_ context.Context, call *engine.Call) (value.Value, error) {
	call.Elapse(time.Duration(w.n(call, 3)) * time.Second)
	w.mu.Lock()
	token := "unknown"
	if len(w.tokens) > 0 {
		token, w.tokens = w.tokens[0], w.tokens[1:]
	}
	w.mu.Unlock()
	w.send(call, token)
	return call.Input, nil
}

// poll is a task that takes an activity's task, if there is one.
func (w *world) poll(ctx context.Context, call *engine.Call) (value.Value, error) {
	at, cancel := context.WithCancel(ctx)
	cancel()
	token, input, err := w.callbacks.GetActivityTask(at, resourceWorkers, "worker")
	if err != nil || token == "" {
		return value.Null{}, err
	}
	w.send(call, token)
	return input, nil
}

// written lists what the storage holds.
func (w *world) written() string {
	var b strings.Builder
	for o, err := range w.objects.List(context.Background(), mapdata.ListInput{Bucket: "bucket"}) {
		if err != nil {
			return err.Error()
		}
		body, _ := w.objects.Bytes("bucket", o.Key)
		fmt.Fprintf(&b, "%s %s\n", o.Key, body)
	}
	return b.String()
}

// randomMachine makes a machine with its input and type; nil when it does not compile.
func randomMachine(t testing.TB, g *machines) (program *engine.Program, text, input string, typ engine.WorkflowType) {
	t.Helper()
	input = pick(g.choices, randomValues...)
	typ = engine.Standard
	if g.n(4) == 3 {
		typ = engine.Express
	}
	text = asJSON(t, g.machine())
	program, err := engine.Compile(asl.Parse("random.json", []byte(text)).Machine)
	if err != nil {
		return nil, text, input, typ
	}
	return program, text, input, typ
}

// patience is how long an execution of a random machine may take; all of them take a thousandth of that.
const patience = time.Minute

// runWhole runs a machine, and redrives it as long as that is possible, twice at most. It gives all that came of it, as text.
func runWhole(t testing.TB, program *engine.Program, text, input string, w *world) (string, *engine.Execution) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	x, err := program.Run(ctx, value.MustParse(input), w.opts)
	var not *engine.NotExpressError
	if errors.As(err, &not) {
		w.opts.Type = engine.Standard
		x, err = program.Run(ctx, value.MustParse(input), w.opts)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var b strings.Builder
	for {
		if ctx.Err() != nil {
			t.Fatalf("it hangs: %s %s after %d events\n%s\n%s", x.Status, x.Error, len(x.History), text, input)
		}
		b.WriteString(transcript(t, x))
		checkHistory(t, x)
		checkLimits(t, x)
		if x.Status == engine.Succeeded || x.RedriveCount == 2 {
			break
		}
		again, err := x.Redrive(ctx, w.opts)
		if err != nil {
			break
		}
		if len(again.History) < len(x.History) || again.RedriveCount != x.RedriveCount+1 {
			t.Fatalf("the redrive has %d events, after %d\n%s", len(again.History), len(x.History), text)
		}
		x = again
	}
	b.WriteString(w.written())
	return b.String(), x
}

// transcript is all that an execution shows: its result, and its history as JSON.
func transcript(t testing.TB, x *engine.Execution) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %q %q %v\n", x.Status, value.Text(x.Output), x.Error, x.Cause, x.StopTime.Sub(x.StartTime))
	for i := range x.History {
		text, err := x.History[i].MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	return b.String()
}

func checkLimits(t testing.TB, x *engine.Execution) {
	t.Helper()
	if len(x.History) > smallLimits.HistoryEvents {
		t.Fatalf("%d events", len(x.History))
	}
	for _, e := range x.History {
		limit := smallLimits.PayloadBytes
		if d, ok := e.Details.(*engine.ExitedDetails); ok {
			for _, v := range d.Assigned {
				if n := value.Size(v.Value); n > smallLimits.AssignBytes {
					t.Fatalf("event %d assigns %d bytes", e.ID, n)
				}
			}
			if n := value.Size(d.Output); n > limit {
				t.Fatalf("event %d has an output of %d bytes", e.ID, n)
			}
			continue
		}
		for _, v := range payloads(e.Details) {
			if n := value.Size(v); n > limit {
				t.Fatalf("event %d has %d bytes", e.ID, n)
			}
		}
	}
}

// difference is the first line in which two texts differ.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("in line %d:\n%s\n%s", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("in the number of lines, %d and %d", len(x), len(y))
}

// checkRandom runs a random machine twice with one seed, which must give the same, and once with tasks that run at the same time. It
// gives the types of the events that the first run had, nil for a machine that does not compile.
func checkRandom(t testing.TB, data []byte) map[engine.EventType]bool {
	t.Helper()
	g := &machines{choices: &choices{data}}
	program, text, input, typ := randomMachine(t, g)
	if program == nil {
		return nil
	}
	rest := bytes.Clone(g.data)
	first, x := runWhole(t, program, text, input, newWorld(program, 1, rest, typ))
	if second, _ := runWhole(t, program, text, input, newWorld(program, 1, rest, typ)); first != second {
		t.Fatalf("two runs with one seed differ, %s\n%s", difference(first, second), text)
	}
	runWhole(t, program, text, input, newWorld(program, 0, nil, typ))
	types := map[engine.EventType]bool{}
	for _, e := range x.History {
		types[e.Type] = true
	}
	return types
}

// randomData is a stream of choices by chance.
func randomData(seed, stream uint64, most int) []byte {
	r := rand.New(rand.NewPCG(seed, stream))
	data := make([]byte, r.IntN(most))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// TestRandomMachines runs random machines, and wants them to come to every kind of event.
func TestRandomMachines(t *testing.T) {
	count := 6_000
	if testing.Short() || raceEnabled {
		count = 600
	}
	seen := map[engine.EventType]bool{}
	compiled := 0
	seed := 0
	defer func() {
		if t.Failed() {
			t.Logf("the last machine was %d", seed)
		}
	}()
	for ; seed < count; seed++ {
		types := checkRandom(t, randomData(uint64(seed), 7, 650))
		if types != nil {
			compiled++
		}
		maps.Copy(seen, types)
	}
	if compiled < count*9/10 {
		t.Errorf("%d of %d machines compile", compiled, count)
	}
	if raceEnabled || testing.Short() {
		return
	}
	for _, typ := range []engine.EventType{
		engine.ExecutionStarted, engine.ExecutionSucceeded, engine.ExecutionFailed, engine.ExecutionTimedOut, engine.ExecutionRedriven, engine.EvaluationFailed,
		engine.TaskScheduled, engine.TaskStarted, engine.TaskSubmitted, engine.TaskSucceeded, engine.TaskFailed, engine.TaskTimedOut,
		engine.LambdaFunctionScheduled, engine.LambdaFunctionStarted, engine.LambdaFunctionSucceeded, engine.LambdaFunctionFailed, engine.LambdaFunctionTimedOut,
		engine.ActivityScheduled, engine.ActivityStarted, engine.ActivitySucceeded, engine.ActivityFailed, engine.ActivityTimedOut,
		engine.ParallelStateStarted, engine.ParallelStateSucceeded, engine.ParallelStateFailed, "ParallelStateAborted", "WaitStateAborted", "TaskStateAborted",
		engine.MapStateStarted, engine.MapStateSucceeded, engine.MapStateFailed, engine.MapIterationStarted, engine.MapIterationSucceeded, engine.MapIterationFailed, engine.MapIterationAborted,
		engine.MapRunStarted, engine.MapRunSucceeded, engine.MapRunFailed, engine.MapRunRedriven,
	} {
		if !seen[typ] {
			t.Errorf("no machine came to %s", typ)
		}
	}
}

// FuzzRun runs machines that the fuzzer makes as TestRandomMachines does.
func FuzzRun(f *testing.F) {
	f.Add([]byte("a pass and a choice"))
	f.Add(bytes.Repeat([]byte{7, 6, 5}, 40))
	f.Add(bytes.Repeat([]byte{1, 0, 6, 3, 2, 9}, 30))
	f.Fuzz(func(t *testing.T, data []byte) { checkRandom(t, data) })
}

// glue has an expression (@@) in every field of a JSONata machine that takes one; states that fail go on.
var glue = func() string {
	const next = `"Catch": [{"ErrorEquals": ["States.ALL"], "Output": @@, "Assign": {"c": @@}, "Next": "NEXT"}], `
	members := []string{
		`"P": {"Type": "Parallel", "Arguments": @@, "Output": @@, "Assign": {"v": @@}, ` + next + `"Next": "NEXT", "Branches": [` +
			states(`"A": {"Type": "Pass", "Output": {"k": [@@]}, "Assign": {"w": @@}, "Next": "B"}`, `"B": {"Type": "Succeed", "Output": @@}`) + `]}`,
		`"T": {` + lambda + `, "Arguments": @@, "TimeoutSeconds": @@, "HeartbeatSeconds": @@, "Credentials": {"RoleArn": @@}, "Output": @@, "Assign": {"v": @@, "u": [@@]}, ` + next + `"Next": "NEXT"}`,
		`"U": {` + lambda + `, "Arguments": {"a": @@}, "Output": [@@], "Assign": {"v": @@}, ` + next + `"Next": "NEXT"}`,
		`"M": {"Type": "Map", "Items": @@, "ItemSelector": @@, "MaxConcurrency": @@, "Output": @@, "Assign": {"v": @@}, ` + next + `"Next": "NEXT", "ItemProcessor": ` + inner("I", "") + `}`,
		`"D": {"Type": "Map", "Items": [1, @@], "ItemSelector": {"s": @@}, "ItemBatcher": {"MaxItemsPerBatch": @@, "MaxInputBytesPerBatch": @@, "BatchInput": {"b": @@}}, "ToleratedFailureCount": @@, "ToleratedFailurePercentage": @@,
			"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "bucket", "Prefix": @@}}, "Output": @@, ` + next + `"Next": "NEXT", "ItemProcessor": ` + inner("J", `"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, `) + `}`,
		`"R": {"Type": "Map", "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": [@@, "h"], "MaxItems": @@}, "Arguments": {"Bucket": "bucket", "Key": @@}},
			` + next + `"Next": "NEXT", "ItemProcessor": ` + inner("K", `"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, `) + `}`,
		`"C": {"Type": "Choice", "Choices": [{"Condition": @@, "Output": @@, "Assign": {"v": @@}, "Next": "NEXT"}, {"Condition": @@, "Next": "NEXT"}], "Default": "NEXT", "Output": @@, "Assign": {"v": @@}}`,
		`"W": {"Type": "Wait", "Seconds": @@, "Output": @@, "Assign": {"v": @@}, "Next": "NEXT"}`,
		`"V": {"Type": "Wait", "Timestamp": @@, "Next": "NEXT"}`,
		`"F": {"Type": "Fail", "Error": @@, "Cause": @@}`,
	}
	for i := range members[:len(members)-1] {
		members[i] = strings.ReplaceAll(members[i], "NEXT", members[i+1][1:2])
	}
	return jsonataStates(members...)
}()

func inner(name, config string) string {
	return `{` + config + `"StartAt": "` + name + `", "States": {"` + name + `": {"Type": "Pass", "Output": @@, "End": true}}}`
}

// FuzzJSONata puts an expression, and another one, into every field of a machine in JSONata, starting at every state.
func FuzzJSONata(f *testing.F) {
	for _, q := range randomQueries {
		f.Add(q, `{"a": [3], "b": {"c": "2030-01-01T00:00:00Z"}}`)
	}
	f.Fuzz(func(t *testing.T, expression, input string) { checkGlue(t, expression, input) })
}

func checkGlue(t testing.TB, expression, input string) {
	t.Helper()
	v, err := value.Parse(input)
	if err != nil || value.Size(v) > 5_000 || len(expression) > 2_000 {
		return
	}
	doc := asl.Parse("glue.json", []byte(strings.ReplaceAll(glue, "@@", asJSON(t, "{% "+expression+" %}"))))
	var starts []string
	for _, s := range doc.Machine.States {
		starts = append(starts, s.Common().Name)
	}
	for _, at := range starts {
		doc.Machine.StartAt = at
		program, err := engine.Compile(doc.Machine)
		if err != nil {
			return
		}
		first, _ := runWhole(t, program, expression, input, newWorld(program, 1, nil, engine.Standard))
		if second, _ := runWhole(t, program, expression, input, newWorld(program, 1, nil, engine.Standard)); first != second {
			t.Fatalf("two runs with one seed differ, %s\n%s", difference(first, second), expression)
		}
	}
}

// TestJSONataInEveryField has each expression of the random machines in every field.
func TestJSONataInEveryField(t *testing.T) {
	queries := randomQueries
	if raceEnabled {
		queries = queries[:8]
	}
	for _, q := range slices.Concat(queries, []string{"5", `"bucket"`, `"data.csv"`, `$states.context.Map.Item`, `$states.context.Task.Token`}) {
		for _, input := range []string{`{"a": [3], "b": {"c": "2030-01-01T00:00:00Z"}}`, `[1, 2]`} {
			checkGlue(t, q, input)
		}
	}
}
