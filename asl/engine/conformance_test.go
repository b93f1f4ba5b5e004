package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/internal/conformance"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

// reached is how many cases of each tier pass at L1, L2 and L3. The numbers only ever rise, unless AWS itself changes: the events
// of expressions that fail in a Pass follow another one in captures of September 2026 than in the recordings of November 2024, which
// costs 0396 and 0929 to 0932 their L3 (see tell in thread.go).
var reached = map[string][3]int{
	"A": {605, 267, 253},
	"B": {117, 117, 114},
	"C": {21, 21, 10},
	"D": {9, 9, 8},
}

// TestConformance runs the definitions of recorded executions and compares what the engine does with what AWS did. The environment says how:
//
//   - DOCFLOW_CONFORMANCE is the folder with the recordings;
//   - DOCFLOW_CONFORMANCE_MISSES, a file, gets a line more for each case that fails, with the reason;
//   - DOCFLOW_CONFORMANCE_PRODUCED, a folder, gets each execution as JSON, to be compared by other means.
func TestConformance(t *testing.T) {
	dir := recordings(t)
	cases, err := conformance.LoadCases(filepath.Join(dir, "cases"))
	if err != nil {
		t.Fatal(err)
	}
	table := conformance.NewTable()
	for _, c := range cases {
		table.Add(c, judge(t, c))
	}
	report(t, table)
	for tier, least := range reached {
		counts := table.Tiers[tier]
		if counts == nil {
			continue
		}
		for i, n := range least {
			if counts[i].Pass < n {
				t.Errorf("tier %s, L%d: %d of %d pass, which were %d before", tier, i+1, counts[i].Pass, counts[i].Of, n)
			}
		}
	}
}

// report prints the table and, when asked to, what fails.
func report(t *testing.T, table *conformance.Table) {
	t.Helper()
	t.Logf("\n%v", table)
	misses := strings.Join(table.Misses(), "\n")
	if testing.Verbose() && misses != "" {
		t.Logf("misses:\n%s", misses)
	}
	file := os.Getenv("DOCFLOW_CONFORMANCE_MISSES")
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, misses); err != nil {
		t.Error(err)
	}
}

// recordings is the folder with the recordings; without one the test is skipped.
func recordings(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("DOCFLOW_CONFORMANCE")
	if dir == "" {
		t.Skip("DOCFLOW_CONFORMANCE names no folder with recordings of AWS")
	}
	return dir
}

func judge(t *testing.T, c *conformance.Case) conformance.Result {
	t.Helper()
	x, notes, err := execute(c)
	if err != nil {
		return conformance.Missed(c, err.Error())
	}
	produced, err := conformance.FromExecution(x)
	if err != nil {
		return conformance.Missed(c, err.Error())
	}
	if dir := os.Getenv("DOCFLOW_CONFORMANCE_PRODUCED"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, c.File), []byte(produced.JSON()+"\n"), 0o644); err != nil {
			t.Error(err)
		}
	}
	result := conformance.Compare(c, produced, conformance.Options{})
	if len(notes) > 0 {
		for i := range result.Levels {
			if result.Levels[i].Verdict == conformance.Fail {
				result.Levels[i].Reason += " [tasks: " + strings.Join(notes, "; ") + "]"
			}
		}
	}
	return result
}

// execute runs a case. The notes tell which tasks were called otherwise than recorded.
func execute(c *conformance.Case) (x *engine.Execution, notes []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	doc := asl.Parse("machine.asl.json", []byte(conformance.Source(c.Definition)))
	if len(doc.Problems) > 0 {
		return nil, nil, fmt.Errorf("parse: %v", doc.Problems[0])
	}
	program, err := engine.Compile(doc.Machine)
	if err != nil {
		return nil, nil, fmt.Errorf("compile: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	replay := conformance.NewReplay(c)
	opts := options(c, replay)
	if c.Status == string(engine.Aborted) {
		// Where StopExecution came in is only known by the events before it.
		opts.OnEvent = func(e engine.Event) {
			if e.ID == int64(len(c.History)-1) {
				stop(&engine.StopExecution{})
			}
		}
	}
	x, err = program.Run(ctx, value.MustParse(conformance.Source(c.Input)), opts)
	if err == nil && ctx.Err() == context.DeadlineExceeded {
		err = fmt.Errorf("it took more than five seconds")
	}
	return x, replay.Notes(), err
}

// options are all that the engine gets to know of the world of a case: names, tasks and, once it can use them, what the case has in
// S3 (Case.Objects) and its type.
func options(c *conformance.Case, tasks engine.Handler) engine.Options {
	name := func(placeholder string) string {
		if text := c.Names["<"+placeholder+">"]; text != "" {
			return text
		}
		return placeholder
	}
	machine, execution := name("ArnPart_0idx"), name("ExecArnPart_0idx")
	executionArn := "arn:aws:states:us-east-1:111111111111:execution:" + machine + ":" + execution
	if c.Type == string(engine.Express) {
		execution, executionArn = "", "" // of the machine's, and unknown
	}
	objects := &mapdata.Memory{}
	for _, o := range c.Objects {
		objects.Store(o.Bucket, o.Key, []byte(o.Body))
	}
	handlers := engine.Handlers{"*": tasks}
	if len(c.Calls)+len(c.Mocks) == 0 {
		handlers = nil // then a task that was not called is one that does not exist
	}
	return engine.Options{
		Type:             engine.WorkflowType(c.Type),
		Sync:             strings.Contains(c.ID, "test_express_sync"),
		Objects:          objects,
		Name:             execution,
		ExecutionArn:     executionArn,
		StateMachineName: machine,
		StateMachineArn:  "arn:aws:states:us-east-1:111111111111:stateMachine:" + machine,
		RoleArn:          "arn:aws:iam::111111111111:role/snf_role_arn",
		Tasks:            handlers,
		StartTime:        time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
		Seed:             1,
	}
}

// testStatesReached is how many recorded calls of TestState are answered as AWS did. The number only ever rises.
const testStatesReached = 135

// TestConformanceTestState makes recorded calls of the TestState API.
func TestConformanceTestState(t *testing.T) {
	cases, err := conformance.LoadTestStates(filepath.Join(recordings(t), "teststate"))
	if err != nil {
		t.Fatal(err)
	}
	table := conformance.NewTable()
	for _, c := range cases {
		table.Add(c.Case, c.Run(answerTestState))
	}
	report(t, table)
	if got := table.Tiers["TestState"][0]; got.Pass < testStatesReached {
		t.Errorf("%d of %d calls are answered as AWS did, which were %d before", got.Pass, got.Of, testStatesReached)
	}
}
