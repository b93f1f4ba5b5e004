package flows_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/failure"
)

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
