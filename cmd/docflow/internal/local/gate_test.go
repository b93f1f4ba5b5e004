package local

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/quota"
	"github.com/docflow-asl/docflow/tasks/text"
)

// With a quota and a guardrail, the real function and the real definition: calls begin at the rate of the quota, documents wait for
// their turn behind others, and the guardrail is over every call.
func TestQuotaAndGuardrail(t *testing.T) {
	var mu sync.Mutex
	guarded := map[string]int{}
	model := Model{before: func(c bedrockserver.Call) error {
		mu.Lock()
		defer mu.Unlock()
		guarded[c.Guardrail]++
		return nil
	}}
	const perMinute = 6 // a call takes 10 seconds
	limit := quota.Limit{Requests: perMinute / quota.Share}
	stack, substitutions := startStackWith(t, Options{
		Model: model, Analysis: limit, Others: limit, Guardrail: "abc123:7", Chunks: text.ChunkOptions{MaxTokens: 400},
	})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	// run returns how long the execution waited for its turn, and how long it took in all.
	run := func() (turn, took time.Duration) {
		t.Helper()
		waiting := time.Time{}
		outcome, err := stack.Run(context.Background(), flow, readDocument(t, "report-en.pdf"), func(e engine.Event) {
			switch d := e.Details.(type) {
			case *engine.EnteredDetails:
				if d.Name == "AwaitTurn" {
					waiting = e.Timestamp
				}
			case *engine.ExitedDetails:
				if d.Name == "AwaitTurn" {
					turn = e.Timestamp.Sub(waiting)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		var report combine.Report
		if err := json.Unmarshal(outcome.Report, &report); err != nil || report.Status != combine.Complete || len(report.Manifest.Chunks) < 4 {
			t.Fatalf("%s %s, %d chunks: %v", report.Status, outcome.Execution.Cause, len(report.Manifest.Chunks), err)
		}
		calls += len(report.Manifest.Chunks) + 3
		return turn, outcome.Execution.StopTime.Sub(outcome.Execution.StartTime)
	}
	const aCall = time.Minute / perMinute
	turn, took := run()
	chunks := calls - 3
	if least := time.Duration(chunks-1) * aCall; turn != 0 || took < least-time.Second || took > least+4*aCall {
		t.Errorf("the first waited %v for its turn and took %v, with %d calls", turn, took, calls)
	}
	// The clock of an execution is its own: the second begins when the first did.
	turn, took = run()
	if least := time.Duration(chunks) * aCall; turn < least-5*time.Second || turn > least+5*time.Second || took < turn {
		t.Errorf("the second waited %v for its turn and took %v, with %d calls", turn, took, calls/2)
	}
	if len(guarded) != 1 || guarded["abc123:7"] != calls {
		t.Errorf("the calls by their guardrail are %v; want %d", guarded, calls)
	}
}
