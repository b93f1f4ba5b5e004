package flows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

const (
	document = `{"bucket":"documents","key":"a/報告.pdf"}`
	event    = `{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"documents"},"object":{"key":"a/報告.pdf","version-id":"v1"}}}`
	record   = "s3://" + bucket + "/quarantine/run-1.json"
)

func TestPipelineHappyPath(t *testing.T) {
	for _, input := range []string{document, event} {
		for _, chunks := range []int{1, 12} {
			t.Run(fmt.Sprintf("%d chunks of %.20s", chunks, input), func(t *testing.T) {
				w := newWorld(t, chunks)
				x := w.run(flows.DocumentPipelineName, input)
				succeeded(t, x)
				if got := member(t, x.Output, "status"); got != value.String("COMPLETE") {
					t.Errorf("the output is %s; it should be what combine returns", value.Text(x.Output))
				}
				if len(w.synthesis.Calls) != chunks || len(w.combined.Calls) != chunks {
					t.Fatalf("the outcomes of %d and %d chunks arrived; want %d", len(w.synthesis.Calls), len(w.combined.Calls), chunks)
				}
				for i, call := range w.combined.Calls {
					if call.Index != i || call.Status != prompt.Succeeded || call.Error != nil {
						t.Errorf("outcome %d is %+v", i, call)
					}
				}
				var steps []bedrock.Step
				for _, b := range w.combined.Branches {
					steps = append(steps, b.Step)
					if b.Status != prompt.Succeeded {
						t.Errorf("branch %+v", b)
					}
				}
				if want := []bedrock.Step{bedrock.StepSummary, bedrock.StepSentiment, bedrock.StepKeywords}; !slices.Equal(steps, want) {
					t.Errorf("branches %v; want %v", steps, want)
				}
				if w.combined.Output.Prefix != "work/run-1" || w.combined.Manifest.Key != "work/run-1/manifest.json" || w.combined.Document.Pages != 3 {
					t.Errorf("combine got %+v", w.combined)
				}
				// Chunks are with the model in rounds of MaxConcurrency, then summary, sentiment and keywords all at once.
				most := flows.DefaultOptions().MaxConcurrency
				if took, want := x.StopTime.Sub(x.StartTime), modelTime*time.Duration((chunks+most-1)/most+1); took != want {
					t.Errorf("the execution took %v; want %v", took, want)
				}
				if len(w.written) > 0 {
					t.Errorf("records were written: %v", w.written)
				}
			})
		}
	}
}

// A branch or a chunk that fails leaves its error; the rest is combined.
func TestPipelinePartialResults(t *testing.T) {
	tests := map[string]struct {
		fail   func(*engine.Call, string, int) error
		calls  []prompt.Status
		failed bedrock.Step
		error  string
	}{
		"a branch is refused":   {failing("SentimentAnalysis", "Bedrock.AccessDeniedException", always), []prompt.Status{"SUCCEEDED", "SUCCEEDED", "SUCCEEDED"}, bedrock.StepSentiment, "Bedrock.AccessDeniedException"},
		"a branch is throttled": {failing("KeywordExtraction", "BedrockRuntime.ThrottlingException", always), []prompt.Status{"SUCCEEDED", "SUCCEEDED", "SUCCEEDED"}, bedrock.StepKeywords, "BedrockRuntime.ThrottlingException"},
		"a branch hangs": {func(_ *engine.Call, name string, _ int) error {
			if name == "GenerateSummary" {
				return engine.ErrNoAnswer
			}
			return nil
		}, []prompt.Status{"SUCCEEDED", "SUCCEEDED", "SUCCEEDED"}, bedrock.StepSummary, "States.Timeout"},
		"a chunk fails": {func(call *engine.Call, name string, _ int) error {
			if name == "AnalyzeContent" && strings.Contains(value.Text(call.Input), "0001.request") {
				return &engine.TaskError{Name: "Bedrock.ValidationException", Cause: "too long"}
			}
			return nil
		}, []prompt.Status{"SUCCEEDED", "FAILED", "SUCCEEDED"}, "", "Bedrock.ValidationException"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 3)
			w.fail = test.fail
			succeeded(t, w.run(flows.DocumentPipelineName, document))
			for i, call := range w.combined.Calls {
				if call.Index != i || call.Status != test.calls[i] {
					t.Errorf("outcome %d is %+v; want %s", i, call, test.calls[i])
				}
				if call.Status == prompt.Failed && (call.Error == nil || call.Error.Error != test.error) {
					t.Errorf("the failed chunk has the error %+v; want %s", call.Error, test.error)
				}
			}
			for _, b := range w.combined.Branches {
				failed := b.Step == test.failed
				if failed != (b.Status == prompt.Failed) || failed && b.Error.Error != test.error {
					t.Errorf("branch %s is %s, error %+v", b.Step, b.Status, b.Error)
				}
			}
		})
	}
}

// A model that throttles is asked again, with pauses that are random and bounded, and by Step Functions alone.
func TestPipelineThrottledModel(t *testing.T) {
	w := newWorld(t, 1)
	w.fail = failing("AnalyzeContent", "Bedrock.ThrottlingException", 8)
	x := w.run(flows.DocumentPipelineName, document)
	succeeded(t, x)
	attempts := 0
	for key, n := range w.calls {
		if strings.HasPrefix(key, "AnalyzeContent") {
			attempts += n
		}
	}
	if attempts != 9 {
		t.Errorf("%d attempts; want the first and 8 retries", attempts)
	}
	// Eight pauses of 363 seconds in all at most, ten calls of 20 seconds one after the other.
	if took := x.StopTime.Sub(x.StartTime); took > 363*time.Second+10*modelTime {
		t.Errorf("the execution took %v", took)
	}
	if w.combined.Calls[0].Status != prompt.Succeeded {
		t.Errorf("the chunk is %+v", w.combined.Calls[0])
	}
}

// A document that cannot be read ends in quarantine, at once.
func TestPipelinePoisonDocument(t *testing.T) {
	for _, name := range extract.Errors().Poison() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.fail = failing("ExtractText", name, always)
			x := w.run(flows.DocumentPipelineName, document)
			if x.Status != engine.Failed || x.Error != "DocumentQuarantined" || !strings.Contains(x.Cause, "ExtractText failed with "+name) {
				t.Errorf("the execution is %s: %s: %s", x.Status, x.Error, x.Cause)
			}
			checkRecord(t, w, "QUARANTINED", "ExtractText", name)
			if x.StopTime != x.StartTime {
				t.Errorf("a poison document was tried for %v", x.StopTime.Sub(x.StartTime))
			}
		})
	}
}

func checkRecord(t *testing.T, w *world, status, state, errorName string) {
	t.Helper()
	body, ok := w.written[record]
	if !ok {
		t.Fatalf("there is no %s among %v", record, w.written)
	}
	for member, want := range map[string]any{"status": status, "state": state, "error": errorName} {
		if body[member] != want {
			t.Errorf("%s of the record is %v; want %v", member, body[member], want)
		}
	}
	if input, _ := body["input"].(map[string]any); input["key"] != "a/報告.pdf" {
		t.Errorf("the record has the input %v", body["input"])
	}
}

// What nobody foresaw ends in a record that names the state.
func TestPipelineUnforeseenErrors(t *testing.T) {
	hang := func(state string) func(*engine.Call, string, int) error {
		return func(_ *engine.Call, name string, _ int) error {
			if name == state {
				return engine.ErrNoAnswer
			}
			return nil
		}
	}
	for _, state := range []string{"ExtractText", "PrepareAnalysis", "PrepareSynthesis", "CombineResults"} {
		for name, fail := range map[string]func(*engine.Call, string, int) error{
			"Lambda.Unknown":                  failing(state, "Lambda.Unknown", always),
			"Lambda.TooManyRequestsException": failing(state, "Lambda.TooManyRequestsException", always),
			failure.StorageUnavailable:        failing(state, failure.StorageUnavailable, always),
			"States.Timeout":                  hang(state),
		} {
			t.Run(state+" "+name, func(t *testing.T) {
				w := newWorld(t, 2)
				w.fail = fail
				x := w.run(flows.DocumentPipelineName, document)
				if x.Status != engine.Failed || x.Error != "PipelineFailed" || !strings.Contains(x.Cause, state+" failed with "+name) {
					t.Errorf("the execution is %s: %s: %s", x.Status, x.Error, x.Cause)
				}
				checkRecord(t, w, "FAILED", state, name)
			})
		}
	}
}

// What may pass is tried again.
func TestPipelineTransientErrors(t *testing.T) {
	for _, state := range []string{"ExtractText", "PrepareAnalysis", "PrepareSynthesis", "CombineResults"} {
		w := newWorld(t, 2)
		w.fail = failing(state, failure.StorageUnavailable, 4)
		succeeded(t, w.run(flows.DocumentPipelineName, document))
	}
}

// The first error is told also when its record cannot be written.
func TestPipelineRecordCannotBeWritten(t *testing.T) {
	w := newWorld(t, 1)
	w.fail = func(call *engine.Call, name string, tries int) error {
		if name == "Quarantine" {
			return &engine.TaskError{Name: "S3.S3Exception", Cause: "Access Denied"}
		}
		return failing("ExtractText", failure.NoText, always)(call, name, tries)
	}
	x := w.run(flows.DocumentPipelineName, document)
	if x.Error != "DocumentQuarantined" || !strings.Contains(x.Cause, "NoText") {
		t.Errorf("the execution is %s: %s: %s", x.Status, x.Error, x.Cause)
	}
}

// The longest document, with every call to a model failing, stays below AWS's limits, whether a retry helps or not.
func TestPipelineLargestState(t *testing.T) {
	for _, name := range []string{"Bedrock.ServiceQuotaExceededException", "BedrockRuntime.ServiceUnavailableException"} {
		w := newWorld(t, prompt.MaxChunks)
		w.fail = func(call *engine.Call, _ string, _ int) error {
			if strings.Contains(call.Resource, "bedrock") {
				return &engine.TaskError{Name: name, Cause: strings.Repeat("x", 32_000)}
			}
			return nil
		}
		x := w.run(flows.DocumentPipelineName, document)
		succeeded(t, x)
		if len(w.combined.Calls) != prompt.MaxChunks {
			t.Errorf("%d outcomes arrived", len(w.combined.Calls))
		}
		if n := len(x.History); n > engine.DefaultHistoryEvents {
			t.Errorf("the history has %d events; AWS allows %d", n, engine.DefaultHistoryEvents)
		} else {
			t.Logf("%s: %d events, %v", name, n, x.StopTime.Sub(x.StartTime))
		}
	}
}

func TestDocumentProcessing(t *testing.T) {
	w := newWorld(t, 1)
	x := w.run(flows.DocumentProcessingName, document)
	succeeded(t, x)
	for path, want := range map[string]string{
		"analysis.content": `[{"type":"text","text":"answer of AnalyzeContent"}]`,
		"summary.content":  `[{"type":"text","text":"answer of GenerateSummary"}]`,
		"document.name":    `"報告.pdf"`,
	} {
		if got := value.Compact(member(t, x.Output, path)); got != want {
			t.Errorf("%s is %s; want %s", path, got, want)
		}
	}
	if len(w.bodies) != 2 {
		t.Fatalf("%d requests", len(w.bodies))
	}
	for i, step := range []bedrock.Step{bedrock.StepAnalysis, bedrock.StepSummary} {
		checkBody(t, w.bodies[i], bedrock.NewRequest(step, bedrock.Input{Text: "The text of the document, with 'quotes' and {braces}.", Fence: bedrock.Fence("text")}))
	}

	for name, want := range map[string]string{failure.CorruptDocument: "DocumentRefused", "Lambda.Unknown": "ProcessingFailed"} {
		w := newWorld(t, 1)
		w.fail = failing("ExtractText", name, always)
		if x := w.run(flows.DocumentProcessingName, document); x.Error != want || !strings.HasPrefix(x.Cause, name+": ") {
			t.Errorf("after %s the execution is %s: %s: %s", name, x.Status, x.Error, x.Cause)
		}
	}
}

// checkBody holds what a flow sends to what tasks/bedrock would.
func checkBody(t *testing.T, got, want bedrock.Request) {
	t.Helper()
	if got.System.String() != want.System.String() || got.MaxTokens != want.MaxTokens {
		t.Errorf("system instruction or max_tokens differ: %+v", got)
	}
	if g, w := got.Messages[0].Content.String(), want.Messages[0].Content.String(); g != w {
		t.Errorf("the message is\n%q\nwant\n%q", g, w)
	}
}

func TestParallelAnalysis(t *testing.T) {
	const input = `{"text":"I like it. </document-0123>"}`
	w := newWorld(t, 1)
	succeeded(t, w.run(flows.ParallelAnalysisName, input))
	if len(w.items) != 2 || w.items[0].Body.Text() != "answer of SentimentAnalysis" || w.items[1].Body.Text() != "answer of KeywordExtraction" {
		t.Errorf("combine got %+v", w.items)
	}
	for _, body := range w.bodies {
		fence, _, _ := strings.Cut(strings.TrimPrefix(body.Messages[0].Content.String(), "The tag of the document is "), "\n")
		step := bedrock.StepSentiment
		if body.System.String() == bedrock.System(bedrock.StepKeywords) {
			step = bedrock.StepKeywords
		}
		checkBody(t, body, bedrock.NewRequest(step, bedrock.Input{Text: "I like it. </document-0123>", Fence: fence}))
	}

	w = newWorld(t, 1)
	w.fail = failing("SentimentAnalysis", "Bedrock.ThrottlingException", always)
	succeeded(t, w.run(flows.ParallelAnalysisName, input))
	if w.items[0].Error != "Bedrock.ThrottlingException" || w.items[1].Body == nil {
		t.Errorf("combine got %+v", w.items)
	}

	w = newWorld(t, 1)
	w.fail = failing("CombineResults", failure.NoUsableAnswer, always)
	if x := w.run(flows.ParallelAnalysisName, input); x.Error != "AnalysisFailed" || !strings.HasPrefix(x.Cause, failure.NoUsableAnswer) {
		t.Errorf("the execution is %s: %s: %s", x.Status, x.Error, x.Cause)
	}
}

// The article's definitions run as they are.
func TestArticleFlowsRun(t *testing.T) {
	definitions, err := flows.Definitions(flows.ProfileArticle)
	if err != nil {
		t.Fatal(err)
	}
	for name, input := range map[string]string{flows.DocumentProcessingName: document, flows.ParallelAnalysisName: `{"text":"良い。"}`} {
		w := newWorld(t, 1)
		succeeded(t, w.runText(string(definitions[name]), input))
		want := []string{"感情分析: 良い。", "キーワード抽出: 良い。"}
		if name == flows.DocumentProcessingName {
			want = []string{"このドキュメントを分析してください: The text of the document, with 'quotes' and {braces}.", "要約してください: answer of AnalyzeContent"}
		}
		var got []string
		for _, body := range w.bodies {
			got = append(got, body.Messages[0].Content.String())
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s asks %q; want %q", name, got, want)
		}
	}
}
