package local

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/text"
	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) {
	text.ServeWorker()
	os.Exit(m.Run())
}

func startStack(t testing.TB, model Model) (*Stack, map[string]string) {
	t.Helper()
	return startStackWith(t, Options{Model: model})
}

func startStackWith(t testing.TB, o Options) (*Stack, map[string]string) {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	stack, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Close(); err != nil {
			t.Error(err)
		}
	})
	substitutions, err := stack.Substitutions()
	if err != nil {
		t.Fatal(err)
	}
	return stack, substitutions
}

func readDocument(t testing.TB, name string) Document {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "testdata", "documents", name))
	if err != nil {
		t.Fatal(err)
	}
	return Document{Name: name, Data: data}
}

func runPipeline(t testing.TB, model Model, name string, onEvent func(engine.Event)) (*engine.Execution, *combine.Report) {
	t.Helper()
	stack, substitutions := startStack(t, model)
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	outcome, err := stack.Run(context.Background(), flow, readDocument(t, name), onEvent)
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Report == nil {
		return outcome.Execution, nil
	}
	report := &combine.Report{}
	if err := json.Unmarshal(outcome.Report, report); err != nil {
		t.Fatal(err)
	}
	return outcome.Execution, report
}

func TestThrottledCallsAreRetried(t *testing.T) {
	failures := 0
	execution, report := runPipeline(t, Model{before: bedrockserver.FailFirst(3, bedrockserver.Throttling)}, "minutes.docx", func(e engine.Event) {
		if e.Type == engine.TaskFailed {
			failures++
		}
	})
	if execution.Status != engine.Succeeded || report.Status != combine.Complete {
		t.Fatalf("%s %s: %s", execution.Status, execution.Error, execution.Cause)
	}
	if failures != 3 {
		t.Errorf("%d failed tasks, want 3", failures)
	}
}

// failStep makes every call for a step fail for good.
func failStep(step bedrock.Step) func(bedrockserver.Call) error {
	model := map[bedrock.Step]string{bedrock.StepAnalysis: bedrock.DefaultAnalysisModel}[step]
	return func(c bedrockserver.Call) error {
		if strings.Contains(c.ModelID, model) {
			return &bedrockserver.Exception{Type: bedrockserver.AccessDenied, Message: "no access"}
		}
		return nil
	}
}

func TestFailedAnalysisLeavesAPartialResult(t *testing.T) {
	execution, report := runPipeline(t, Model{before: failStep(bedrock.StepAnalysis)}, "minutes.docx", nil)
	if execution.Status != engine.Succeeded || report.Status != combine.Partial {
		t.Fatalf("%s %s: %s; report %+v", execution.Status, execution.Error, execution.Cause, report)
	}
	if report.Analysis != nil || report.Summary == nil || report.Sentiment == nil || report.Keywords == nil {
		t.Errorf("analysis %v, summary %v, sentiment %v, keywords %v", report.Analysis, report.Summary, report.Sentiment, report.Keywords)
	}
	found := false
	for _, m := range report.Missing {
		found = found || strings.HasPrefix(m.Part, "analysis") && m.Error == "Bedrock.AccessDeniedException"
	}
	if !found {
		t.Errorf("missing: %+v", report.Missing)
	}
}

func TestNoAnswerAtAllIsAFailure(t *testing.T) {
	deny := func(bedrockserver.Call) error {
		return &bedrockserver.Exception{Type: bedrockserver.AccessDenied, Message: "no access"}
	}
	execution, report := runPipeline(t, Model{before: deny}, "minutes.docx", nil)
	if execution.Status != engine.Failed || report != nil || !strings.Contains(execution.Cause, "NoUsableAnswer") {
		t.Errorf("%s %s: %s", execution.Status, execution.Error, execution.Cause)
	}
}

func TestLongDocumentIsAnalyzedInChunks(t *testing.T) {
	execution, report := runPipeline(t, Model{}, "long-en.pdf", nil)
	if execution.Status != engine.Succeeded || report.Status != combine.Complete {
		t.Fatalf("%s %s: %s", execution.Status, execution.Error, execution.Cause)
	}
	if report.Counts.Pages != 61 || len(report.Manifest.Pages) != 61 || report.Counts.Chunks < 2 || report.Counts.ChunksAnalyzed != report.Counts.Chunks {
		t.Errorf("counts %+v, %d pages in the manifest", report.Counts, len(report.Manifest.Pages))
	}
	for i, chunk := range report.Manifest.Chunks {
		if chunk.Index != i || chunk.StopReason != bedrock.StopEndTurn || chunk.InputTokens == 0 {
			t.Errorf("chunk %d: %+v", i, chunk)
		}
	}
}

func TestTheSameDocumentGivesTheSameResult(t *testing.T) {
	_, first := runPipeline(t, Model{}, "report-en.pdf", nil)
	_, second := runPipeline(t, Model{}, "report-en.pdf", nil)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

func TestDocumentTextDoesNotChangeWhatIsAsked(t *testing.T) {
	_, report := runPipeline(t, Model{}, "injection.txt", nil)
	if report.Status != combine.Complete || report.Sentiment.Sentiment == bedrock.Positive {
		t.Errorf("%s, %+v", report.Status, report.Sentiment)
	}
}

func TestNothingOfADocumentStaysInMemory(t *testing.T) {
	stack, substitutions := startStack(t, Model{})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"minutes.docx", "empty.txt"} {
		if _, err := stack.Run(context.Background(), flow, readDocument(t, name), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, bucket := range []string{DocumentsBucket, ResultsBucket} {
		keys, err := stack.keys(context.Background(), bucket)
		if err != nil || len(keys) > 0 {
			t.Errorf("%s still holds %v, %v", bucket, keys, err)
		}
	}
}

func TestNewFlowNamesWhatIsWrong(t *testing.T) {
	_, substitutions := startStack(t, Model{})
	delete(substitutions, "ResultsBucket")
	if _, err := NewFlow("document-pipeline", substitutions); err == nil || !strings.Contains(err.Error(), "no value for the substitutions ResultsBucket") {
		t.Errorf("error %v", err)
	}
	if _, err := NewFlow("nonsense", nil); err == nil || !strings.Contains(err.Error(), "document-pipeline") {
		t.Errorf("error %v", err)
	}
}

// BenchmarkRun is docflow run on one document, with the stack started.
func BenchmarkRun(b *testing.B) {
	for _, name := range []string{"report-en.pdf", "report-ja.pdf", "minutes.docx", "long-en.pdf"} {
		b.Run(name, func(b *testing.B) {
			stack, substitutions := startStack(b, Model{})
			flow, err := NewFlow("document-pipeline", substitutions)
			if err != nil {
				b.Fatal(err)
			}
			doc := readDocument(b, name)
			b.ReportAllocs()
			for b.Loop() {
				outcome, err := stack.Run(context.Background(), flow, doc, nil)
				if err != nil || outcome.Execution.Status != engine.Succeeded {
					b.Fatal(outcome, err)
				}
			}
		})
	}
}
