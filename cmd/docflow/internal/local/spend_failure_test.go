package local

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/metrics"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/docflow-asl/docflow/tasks/text"
)

// Executions that fail settle what their calls did cost: where the prompt function finds that nothing can be used, and where
// combine does.
func TestFailedDocumentsAreSettled(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		calls int
	}{
		"one chunk":   {"The harbour grew. ", 4},
		"many chunks": {strings.Repeat("The harbour grew and grew, and so did the town behind it.\n\n", 30), 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := &meter{}
			model := Model{wrap: func(inner bedrockserver.Completer) bedrockserver.Completer {
				m.Completer = refusing{inner}
				return m
			}}
			stack, substitutions := startStackWith(t, Options{Model: model, Chunks: text.ChunkOptions{MaxTokens: 100}, Caps: spend.Caps{Day: 10_000_000}})
			flow, err := NewFlow("document-pipeline", substitutions)
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			outcome, err := stack.Run(ctx, flow, Document{Name: "report.txt", Data: []byte(c.text)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if x := outcome.Execution; x.Error != "DocumentQuarantined" || !strings.Contains(x.Cause, failure.NoUsableAnswer) {
				t.Errorf("%s %s: %s", x.Status, x.Error, x.Cause)
			}
			if c.calls > 0 && m.calls != c.calls || m.calls < 2 {
				t.Errorf("%d calls", m.calls)
			}
			reserved, spent, err := stack.ledger.Day(ctx, time.Now())
			if err != nil || reserved != spent || spent == 0 || math.Abs(spent.Dollars()-m.dollars) > 1e-6 {
				t.Errorf("reserved %v, spent %v, %v; the meter says $%v", reserved, spent, err, m.dollars)
			}
		})
	}
}

// An execution that can be redriven keeps what it has reserved.
func TestWhatCanBeRedrivenStaysReserved(t *testing.T) {
	m := &meter{}
	stack, substitutions := startStackWith(t, Options{Model: m.model(), Caps: spend.Caps{Day: 10_000_000}})
	substitutions["CombineResultsFunctionArn"] = functionArnPrefix + "no-such-function"
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, err := stack.Run(ctx, flow, Document{Name: "report.txt", Data: []byte("The harbour grew.")}, nil); err != nil {
		t.Fatal(err)
	}
	if reserved, spent, err := stack.ledger.Day(ctx, time.Now()); err != nil || reserved == 0 || spent != 0 {
		t.Errorf("reserved %v, spent %v, %v", reserved, spent, err)
	}
}

// refusing is a model that refuses everything, at a price.
type refusing struct{ bedrockserver.Completer }

func (r refusing) Complete(ctx context.Context, request bedrock.Request, modelID string) (bedrock.Response, error) {
	response, err := r.Completer.Complete(ctx, request, modelID)
	if err == nil {
		refuse(&response)
	}
	return response, err
}

// The step that a failed execution ends with: where no call was made, all that was reserved is free again.
// What the calls of an execution without a result did cost is counted by whoever settles it first.
func TestSettledDollarsAreCountedOnce(t *testing.T) {
	stack, _ := startStackWith(t, Options{Caps: spend.Caps{Day: 10_000_000}})
	ctx := context.Background()
	output := claim.Output{Bucket: ResultsBucket, Prefix: "work/run-1"}
	manifest := claim.Manifest{Chunks: []claim.Chunk{{Index: 0}}}
	response := bedrock.Response{Model: "claude-sonnet-4-6", Usage: bedrock.Usage{InputTokens: 1_000_000, OutputTokens: 100_000}}
	for place, body := range map[claim.Object]any{output.Manifest(): manifest, output.Response("analysis", 0, 0): response} {
		if err := claim.PutJSON(ctx, stack.client, place, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := stack.ledger.Reserve(ctx, "run-1", "calls", 9_000_000, "4 calls"); err != nil {
		t.Fatal(err)
	}
	if counted := measuredSettle(t, stack, "run-1"); !strings.Contains(counted, `"Dollars":4.5,`) {
		t.Errorf("it counts %s", counted)
	}
	if again := measuredSettle(t, stack, "run-1"); again != "" {
		t.Errorf("settled again, it counts %s", again)
	}
}

func measuredSettle(t *testing.T, stack *Stack, execution string) string {
	t.Helper()
	var out bytes.Buffer
	task := (&prompt.Handler{S3: stack.client, Spend: stack.ledger, Log: slog.New(slog.DiscardHandler)}).Function()
	task.Observer = &function.Observer{Metrics: metrics.NewEmitter(&out, "prod", "INFO")}
	request := `{"step":"settle","output":{"bucket":"` + ResultsBucket + `","prefix":"work/` + execution + `"},` +
		strings.NewReplacer("A", "global."+bedrock.DefaultAnalysisModel, "H", "global."+bedrock.DefaultSummaryModel).
			Replace(`"models":{"analysis":"A","summary":"H","sentiment":"H","keywords":"H"}}`)
	if answer, err := task.Invoke(t.Context(), []byte(request)); err != nil {
		t.Fatalf("%s, %v", answer, err)
	}
	return out.String()
}

func TestSettleWithoutCalls(t *testing.T) {
	stack, _ := startStackWith(t, Options{Caps: spend.Caps{Day: 10_000_000}})
	ctx := context.Background()
	if err := stack.ledger.Reserve(ctx, "run-1", "calls", 5_000_000, "4 calls"); err != nil {
		t.Fatal(err)
	}
	handler := &prompt.Handler{S3: stack.client, Spend: stack.ledger, Log: slog.New(slog.DiscardHandler)}
	const request = `{"step":"settle","output":{"bucket":"` + ResultsBucket + `","prefix":"work/run-1"},"models":{"analysis":"a","summary":"b","sentiment":"c","keywords":"d"}}`
	for range 2 {
		if out, err := handler.Function().Invoke(ctx, []byte(request)); err != nil || string(out) != `{"calls":0}` {
			t.Fatalf("%s, %v", out, err)
		}
	}
	if reserved, spent, err := stack.ledger.Day(ctx, time.Now()); err != nil || reserved != 0 || spent != 0 {
		t.Errorf("reserved %v, spent %v, %v", reserved, spent, err)
	}
}
