package combine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/internal/s3test"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/google/go-cmp/cmp"
	"github.com/xeipuuv/gojsonschema"
)

var output = claim.Output{Bucket: "results", Prefix: "work/run-1"}

const (
	analysisJSON  = `{"language":"en","documentType":"report","title":"Growth","topics":["trade"],"keyPoints":["The harbour grew."],"entities":[{"name":"Port Mary","type":"LOCATION"}]}`
	summaryJSON   = `{"summary":"The harbour grew.","bullets":["It grew."]}`
	sentimentJSON = `{"sentiment":"POSITIVE","score":0.6,"confidence":0.9,"reasons":["grew"]}`
	keywordsJSON  = `{"keywords":[{"term":"harbour","score":1}]}`
)

// fixture is an execution at the point where combine is called.
type fixture struct {
	server  *s3test.Server
	handler *combine.Handler
	request combine.Request
	log     bytes.Buffer
}

// newFixture makes an execution in which everything went well: a document of n chunks on
// 2n pages.
func newFixture(t *testing.T, n int) *fixture {
	t.Helper()
	f := &fixture{server: s3test.Start(t, "results")}
	f.handler = &combine.Handler{S3: f.server.Client, Log: slog.New(slog.NewJSONHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	f.request = combine.Request{
		Document: claim.Document{Bucket: "uploads", Key: "in/報告 1.pdf", Name: "報告 1.pdf", Format: "pdf", Title: "Harbour report", Pages: 2 * n, SHA256: claim.SHA256([]byte("document"))},
		Manifest: output.Manifest(), Output: output,
	}
	manifest := claim.Manifest{Document: f.request.Document}
	for i := range n {
		manifest.Chunks = append(manifest.Chunks, claim.Chunk{Index: i, Key: output.Chunk(i).Key, SHA256: claim.SHA256([]byte{byte(i)}), FirstPage: 2*i + 1, LastPage: 2*i + 2})
		manifest.Pages = append(manifest.Pages, claim.Page{Number: 2*i + 1, SHA256: claim.SHA256(nil)}, claim.Page{Number: 2*i + 2, SHA256: claim.SHA256(nil)})
		f.respond(t, bedrock.StepAnalysis, i, bedrock.StopEndTurn, analysisJSON)
	}
	f.writeManifest(t, manifest)
	for step, text := range map[bedrock.Step]string{bedrock.StepSummary: summaryJSON, bedrock.StepSentiment: sentimentJSON, bedrock.StepKeywords: keywordsJSON} {
		f.respond(t, step, 0, bedrock.StopEndTurn, text)
	}
	return f
}

func (f *fixture) writeManifest(t *testing.T, manifest claim.Manifest) {
	t.Helper()
	if err := claim.PutJSON(context.Background(), f.server.Client, output.Manifest(), manifest); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) respond(t *testing.T, step bedrock.Step, index int, stop bedrock.StopReason, text string) {
	t.Helper()
	body, err := json.Marshal(response("some-model", stop, text))
	if err != nil {
		t.Fatal(err)
	}
	f.server.Put(t, "results", output.Response(string(step), index, 0).Key, body)
}

func response(model string, stop bedrock.StopReason, text string) bedrock.Response {
	return bedrock.Response{
		Type: "message", Role: bedrock.Assistant, Model: model, StopReason: stop,
		Content: []bedrock.ContentBlock{{Type: bedrock.BlockText, Text: text}},
		Usage:   bedrock.Usage{InputTokens: 100, OutputTokens: 10},
	}
}

// fail makes a call one that ended with an error.
func (f *fixture) fail(t *testing.T, step bedrock.Step, index int, record answer.Record) {
	t.Helper()
	f.lose(t, step, index)
	data, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	f.server.Put(t, "results", output.Fault(string(step), index).Key, data)
}

// lose makes a call one of which nothing is known.
func (f *fixture) lose(t *testing.T, step bedrock.Step, index int) {
	t.Helper()
	object := output.Response(string(step), index, 0)
	f.server.Fail("GET /"+object.Bucket+"/"+object.Key, s3test.Fault{Status: http.StatusNotFound, Code: "NoSuchKey"})
}

// respondTo is respond for a later attempt.
func (f *fixture) respondTo(t *testing.T, step bedrock.Step, index, attempt int, stop bedrock.StopReason, text string) {
	t.Helper()
	body, err := json.Marshal(response("another-model", stop, text))
	if err != nil {
		t.Fatal(err)
	}
	f.server.Put(t, "results", output.Response(string(step), index, attempt).Key, body)
}

// invoke calls the function as aws-lambda-go does.
func invoke(t *testing.T, h *combine.Handler, payload any) (combine.Result, error) {
	t.Helper()
	data, ok := payload.(string)
	if !ok {
		raw, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		data = string(raw)
	}
	out, err := h.Function().Invoke(context.Background(), []byte(data))
	if err != nil {
		return combine.Result{}, err
	}
	var result combine.Result
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatal(err)
	}
	return result, nil
}

// report reads the report and holds it against its schema.
func (f *fixture) report(t *testing.T, result combine.Result) combine.Report {
	t.Helper()
	data, contentType := f.server.Get(t, result.Result.Bucket, result.Result.Key)
	if contentType != claim.TypeJSON {
		t.Errorf("the report has the content type %q", contentType)
	}
	verdict, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(combine.ReportSchema()), gojsonschema.NewBytesLoader(data))
	if err != nil || !verdict.Valid() {
		t.Fatalf("the report does not match its schema: %v %v", err, verdict.Errors())
	}
	var report combine.Report
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	return report
}

func TestEverythingWentWell(t *testing.T) {
	f := newFixture(t, 2)
	result, err := invoke(t, f.handler, f.request)
	if err != nil {
		t.Fatal(err)
	}
	want := combine.Result{
		Status: combine.Complete, Document: &f.request.Document,
		Analysis: &combine.Analysis{Language: "en", DocumentType: "report", Title: "Harbour report", Topics: []string{"trade"}, KeyPoints: []string{"The harbour grew."}, Entities: []bedrock.Entity{{Name: "Port Mary", Type: bedrock.Location}}},
		Summary:  &bedrock.Summary{Summary: "The harbour grew.", Bullets: []string{"It grew."}}, Sentiment: &bedrock.Sentiment{Sentiment: bedrock.Positive, Score: 0.6, Confidence: 0.9, Reasons: []string{"grew"}},
		Keywords: &bedrock.Keywords{Keywords: []bedrock.Keyword{{Term: "harbour", Score: 1}}}, Missing: []combine.Missing{},
		Counts: &combine.Counts{Pages: 4, Chunks: 2, ChunksAnalyzed: 2}, Usage: combine.Usage{InputTokens: 500, OutputTokens: 50}, Models: []string{"some-model"},
		Result: &claim.Object{Bucket: "results", Key: "results/in/報告 1.pdf/run-1.json"},
	}
	if diff := cmp.Diff(want, result); diff != "" {
		t.Error(diff)
	}
	report := f.report(t, result)
	if diff := cmp.Diff(want, report.Result); diff != "" {
		t.Error(diff)
	}
	if len(report.Manifest.Pages) != 4 || report.Execution != "run-1" || report.PromptVersion != bedrock.PromptVersion() {
		t.Errorf("got %+v", report)
	}
	state := func(folder string, index int) combine.CallState {
		object := output.Response(folder, index, 0)
		data, _ := f.server.Get(t, object.Bucket, object.Key)
		return combine.CallState{
			Status: combine.Succeeded, Response: object.Key, ResponseSHA256: claim.SHA256(data), StopReason: bedrock.StopEndTurn, Attempts: 1, InputTokens: 100, OutputTokens: 10,
		}
	}
	wantChunk := combine.ChunkReport{Index: 1, SHA256: claim.SHA256([]byte{1}), FirstPage: 3, LastPage: 4, CallState: state("analysis", 1)}
	if diff := cmp.Diff(wantChunk, report.Manifest.Chunks[1]); diff != "" {
		t.Error(diff)
	}
	wantCalls := []combine.CallReport{
		{Step: bedrock.StepSummary, CallState: state("summary", 0)}, {Step: bedrock.StepSentiment, CallState: state("sentiment", 0)}, {Step: bedrock.StepKeywords, CallState: state("keywords", 0)},
	}
	if diff := cmp.Diff(wantCalls, report.Manifest.Synthesis); diff != "" || report.SchemaVersion != combine.SchemaVersion {
		t.Errorf("version %d, %s", report.SchemaVersion, diff)
	}
	before, _ := f.server.Get(t, "results", result.Result.Key)
	if _, err := invoke(t, f.handler, f.request); err != nil {
		t.Fatal(err)
	}
	if after, _ := f.server.Get(t, "results", result.Result.Key); !bytes.Equal(before, after) {
		t.Error("the second call wrote something else")
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	cases := []struct {
		name    string
		change  func(*testing.T, *fixture)
		missing []string // part: error
		usage   int      // output tokens
	}{
		{"a branch failed", func(t *testing.T, f *fixture) {
			f.fail(t, bedrock.StepSentiment, 0, answer.Record{Error: "Bedrock.ThrottlingException", Cause: "Too many requests"})
		}, []string{"sentiment: Bedrock.ThrottlingException"}, 40},
		{"a branch left nothing", func(t *testing.T, f *fixture) { f.lose(t, bedrock.StepSummary, 0) }, []string{"summary: NotAnswered"}, 40},
		{"a record is no record", func(t *testing.T, f *fixture) {
			f.lose(t, bedrock.StepSummary, 0)
			f.server.Put(t, "results", output.Fault("summary", 0).Key, []byte("<html>"))
		}, []string{"summary: NotAnswered"}, 40},
		{"an answer was cut three times", func(t *testing.T, f *fixture) {
			f.respond(t, bedrock.StepSummary, 0, bedrock.StopMaxTokens, summaryJSON)
			f.respondTo(t, bedrock.StepSummary, 0, 1, bedrock.StopEndTurn, "{}")
			f.respondTo(t, bedrock.StepSummary, 0, 2, bedrock.StopMaxTokens, summaryJSON)
		}, []string{"summary: TruncatedAnswer"}, 70},
		{"asking again failed", func(t *testing.T, f *fixture) {
			f.respond(t, bedrock.StepSummary, 0, bedrock.StopEndTurn, "{}")
			f.server.Put(t, "results", output.Fault("summary", 0).Key, []byte(`{"Error":"Bedrock.ThrottlingException","Cause":"x"}`))
		}, []string{"summary: InvalidAnswer"}, 50},
		{"an answer was withheld", func(t *testing.T, f *fixture) {
			f.respond(t, bedrock.StepKeywords, 0, bedrock.StopGuardrail, "no")
		}, []string{"keywords: FilteredAnswer"}, 50},
		{"an answer was cut", func(t *testing.T, f *fixture) {
			f.respond(t, bedrock.StepSummary, 0, bedrock.StopMaxTokens, summaryJSON)
		}, []string{"summary: TruncatedAnswer"}, 50},
		{"an answer was refused", func(t *testing.T, f *fixture) {
			f.respond(t, bedrock.StepKeywords, 0, bedrock.StopRefusal, "no")
		}, []string{"keywords: RefusedAnswer"}, 50},
		{"an answer does not match its schema", func(t *testing.T, f *fixture) {
			f.respond(t, bedrock.StepSentiment, 0, bedrock.StopEndTurn, `{"sentiment":"GREAT","score":7}`)
		}, []string{"sentiment: InvalidAnswer"}, 50},
		{"an answer is that of another step", func(t *testing.T, f *fixture) {
			f.respond(t, bedrock.StepSentiment, 0, bedrock.StopEndTurn, keywordsJSON)
		}, []string{"sentiment: InvalidAnswer"}, 50},
		{"a response is no response", func(t *testing.T, f *fixture) {
			f.server.Put(t, "results", "work/run-1/summary/0000.response.json", []byte("<html>"))
		}, []string{"summary: InvalidAnswer"}, 40},
		{"a chunk failed", func(t *testing.T, f *fixture) {
			f.fail(t, bedrock.StepAnalysis, 1, answer.Record{Error: "Bedrock.ModelTimeoutException"})
		}, []string{"analysis of chunk 2: Bedrock.ModelTimeoutException"}, 40},
		{"a chunk left nothing", func(t *testing.T, f *fixture) { f.lose(t, bedrock.StepAnalysis, 1) }, []string{"analysis of chunk 2: NotAnswered"}, 40},
		{"a merge failed", func(t *testing.T, f *fixture) {
			f.merges(t, 1, prompt.Call{Index: 0, Last: 0}, prompt.Call{Index: 1, First: 1, Last: 1})
			f.merges(t, 2, prompt.Call{Index: 0, Last: 1})
			f.server.Put(t, "results", output.Response("merge1", 0, 0).Key, marshal(t, response("m", bedrock.StopEndTurn, analysisJSON)))
			f.server.Put(t, "results", output.Fault("merge1", 1).Key, []byte(`{"Error":"States.Timeout"}`))
			f.server.Put(t, "results", output.Response("merge2", 0, 0).Key, marshal(t, response("m", bedrock.StopRefusal, "no")))
		}, []string{"merge of chunks 2 to 2: States.Timeout", "merge of chunks 1 to 2: RefusedAnswer"}, 70},
		{"all chunks failed", func(t *testing.T, f *fixture) {
			for i := range 2 {
				f.respond(t, bedrock.StepAnalysis, i, bedrock.StopMaxTokens, "")
			}
		}, []string{"analysis: TruncatedAnswer"}, 50},
		{"pages without text", func(t *testing.T, f *fixture) {
			var manifest claim.Manifest
			f.server.GetJSON(t, "results", output.Manifest().Key, &manifest)
			manifest.Warnings = []claim.Warning{
				{Code: "image-only-page", Message: "an image", Page: 2},
				{Code: "page-unreadable", Message: "damaged", Page: 3},
				{Code: "name-mismatch", Message: "the name says .doc"},
				{Code: "attachment-unreadable", Message: "a.zip: damaged"},
			}
			f.writeManifest(t, manifest)
		}, []string{"text of page 2: image-only-page", "text of page 3: page-unreadable", "text of the document: attachment-unreadable"}, 50},
		{"only the summary is left", func(t *testing.T, f *fixture) {
			f.lose(t, bedrock.StepAnalysis, 0)
			f.lose(t, bedrock.StepAnalysis, 1)
			f.lose(t, bedrock.StepSentiment, 0)
			f.lose(t, bedrock.StepKeywords, 0)
		}, []string{"analysis: NotAnswered", "sentiment: NotAnswered", "keywords: NotAnswered"}, 10},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, 2)
			c.change(t, f)
			result, err := invoke(t, f.handler, f.request)
			if err != nil {
				t.Fatal(err)
			}
			var missing []string
			for _, m := range result.Missing {
				missing = append(missing, m.Part+": "+m.Error)
			}
			if diff := cmp.Diff(c.missing, missing); diff != "" {
				t.Error(diff)
			}
			if result.Status != combine.Partial || result.Usage.OutputTokens != c.usage {
				t.Errorf("status %s, %d output tokens, want %d", result.Status, result.Usage.OutputTokens, c.usage)
			}
			if diff := cmp.Diff(result.Missing, f.report(t, result).Missing); diff != "" {
				t.Error(diff)
			}
			for part, there := range map[string]bool{"summary": result.Summary != nil, "sentiment": result.Sentiment != nil, "keywords": result.Keywords != nil, "analysis": result.Analysis != nil} {
				named := false
				for _, m := range result.Missing {
					named = named || m.Part == part
				}
				if named == there {
					t.Errorf("%s: in the result %v, named as missing %v", part, there, named)
				}
			}
		})
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// merges makes the document one whose analyses were merged.
func (f *fixture) merges(t *testing.T, level int, calls ...prompt.Call) {
	t.Helper()
	f.server.Put(t, "results", output.Calls(fmt.Sprintf("merge%d", level)).Key, marshal(t, calls))
}

// An answer that could be used at last is the one that counts; the tokens of all do.
func TestRepairedAnswersCount(t *testing.T) {
	f := newFixture(t, 1)
	f.respond(t, bedrock.StepSummary, 0, bedrock.StopMaxTokens, summaryJSON)
	f.respondTo(t, bedrock.StepSummary, 0, 1, bedrock.StopEndTurn, "{}")
	f.respondTo(t, bedrock.StepSummary, 0, 2, bedrock.StopEndTurn, `{"summary":"It grew.","bullets":[]}`)
	result, err := invoke(t, f.handler, f.request)
	if err != nil {
		t.Fatal(err)
	}
	if result.Status != combine.Complete || result.Summary.Summary != "It grew." || result.Usage != (combine.Usage{InputTokens: 600, OutputTokens: 60}) {
		t.Errorf("status %s, %+v, usage %+v", result.Status, result.Summary, result.Usage)
	}
	if diff := cmp.Diff([]string{"another-model", "some-model"}, result.Models); diff != "" {
		t.Error(diff)
	}
	call := f.report(t, result).Manifest.Synthesis[0]
	if call.Attempts != 3 || call.Response != "work/run-1/summary/0000.repair2.response.json" || call.StopReason != bedrock.StopEndTurn || call.InputTokens != 300 {
		t.Errorf("the report says %+v", call)
	}
}

func TestChunkReportsSayWhatBecameOfEach(t *testing.T) {
	f := newFixture(t, 3)
	f.respond(t, bedrock.StepAnalysis, 1, bedrock.StopMaxTokens, "{")
	f.fail(t, bedrock.StepAnalysis, 2, answer.Record{Error: "Bedrock.ValidationException"})
	result, err := invoke(t, f.handler, f.request)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, chunk := range f.report(t, result).Manifest.Chunks {
		got = append(got, fmt.Sprintf("%d %s %s %s %d %d", chunk.Index, chunk.Status, chunk.Error, chunk.StopReason, chunk.Attempts, chunk.OutputTokens))
	}
	want := []string{"0 SUCCEEDED  end_turn 1 10", "1 FAILED TruncatedAnswer max_tokens 1 10", "2 FAILED Bedrock.ValidationException  0 0"}
	if diff := cmp.Diff(want, got); diff != "" || result.Counts.ChunksAnalyzed != 1 {
		t.Errorf("%d analyzed; %s", result.Counts.ChunksAnalyzed, diff)
	}
}

func TestOfflineModelIsTold(t *testing.T) {
	f := newFixture(t, 1)
	body, err := json.Marshal(response(combine.OfflineModel, bedrock.StopEndTurn, summaryJSON))
	if err != nil {
		t.Fatal(err)
	}
	f.server.Put(t, "results", output.Response("summary", 0, 0).Key, body)
	result, err := invoke(t, f.handler, f.request)
	if err != nil || !result.OfflineModel {
		t.Fatalf("got %+v, %v", result, err)
	}
	if diff := cmp.Diff([]string{combine.OfflineModel, "some-model"}, result.Models); diff != "" {
		t.Error(diff)
	}
}

// What a model may answer is bounded, and so is what it says of itself; with all bounds
// reached the state's output still fits, and the report has everything.
func TestStateOutputFits(t *testing.T) {
	f := newFixture(t, 40)
	long := func(n int) string { return strings.Repeat("語", n) }
	count := 0
	list := func(n, size int) string {
		items := make([]string, n)
		for i := range items {
			count++
			items[i] = fmt.Sprintf(`"%d%s"`, count, long(size))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	for i := range 40 {
		f.respond(t, bedrock.StepAnalysis, i, bedrock.StopEndTurn, fmt.Sprintf(`{"language":"ja","documentType":"報告","title":%q,"topics":%s,"keyPoints":%s,"entities":[]}`, long(400), list(20, 150), list(2, 1900)))
	}
	f.respond(t, bedrock.StepSummary, 0, bedrock.StopEndTurn, fmt.Sprintf(`{"summary":%q,"bullets":%s}`, long(9_000), list(20, 1_000)))
	result, err := invoke(t, f.handler, f.request)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(result)
	if err != nil || len(data) > combine.MaxStateOutput {
		t.Errorf("the output has %d bytes, %v", len(data), err)
	}
	if diff := cmp.Diff([]string{"analysis", "summary"}, result.Omitted); diff != "" || result.Analysis != nil || result.Sentiment == nil {
		t.Errorf("analysis there %v, sentiment there %v; %s", result.Analysis != nil, result.Sentiment != nil, diff)
	}
	if report := f.report(t, result); report.Analysis == nil || len(report.Analysis.KeyPoints) != 40 || result.Status != combine.Complete {
		t.Errorf("the report: %+v", report.Status)
	}
}

func TestFailures(t *testing.T) {
	cases := []struct {
		name   string
		change func(*testing.T, *fixture)
		want   string
		text   string
	}{
		{"nothing usable", func(t *testing.T, f *fixture) {
			for _, step := range bedrock.Steps()[1:] {
				f.lose(t, step, 0)
			}
			f.respond(t, bedrock.StepAnalysis, 0, bedrock.StopEndTurn, `{"secret nightingale":1}`)
		}, failure.NoUsableAnswer, "analysis: InvalidAnswer"},
		{"no manifest", func(_ *testing.T, f *fixture) { f.request.Manifest = claim.Object{} }, failure.InvalidRequest, "manifest is missing"},
		{"manifest gone", func(_ *testing.T, f *fixture) { f.request.Manifest.Key = "none" }, failure.ManifestNotFound, "s3://results/none"},
		{"no output", func(_ *testing.T, f *fixture) { f.request.Output = claim.Output{} }, failure.InvalidRequest, "output.bucket"},
		{"merges of other chunks", func(t *testing.T, f *fixture) { f.merges(t, 1, prompt.Call{Index: 0, Last: 1}) }, failure.InvalidRequest, "call 0 is about the chunks 0 to 1 of 1"},
		{"merges of nothing", func(t *testing.T, f *fixture) { f.merges(t, 1) }, failure.InvalidRequest, "merge1/calls.json is about 0 of 1 chunks"},
		{"storage", func(_ *testing.T, f *fixture) {
			f.server.Fail("GET /results/work/run-1/keywords/0000.response.json", s3test.Fault{Status: http.StatusServiceUnavailable, Code: "SlowDown"})
		}, failure.StorageUnavailable, "SlowDown"},
		{"denied", func(_ *testing.T, f *fixture) {
			f.server.Fail("PUT /results/results/in/報告 1.pdf/run-1.json", s3test.Fault{Status: http.StatusForbidden, Code: "AccessDenied"})
		}, failure.AccessDenied, "s3:PutObject"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, 1)
			c.change(t, f)
			_, err := invoke(t, f.handler, f.request)
			if failure.Name(err) != c.want || !strings.Contains(failure.Message(err), c.text) || strings.Contains(failure.Message(err), "nightingale") {
				t.Errorf("got %v, want %s with %q", err, c.want, c.text)
			}
			if !combine.Errors().Declares(failure.Name(err)) {
				t.Errorf("%s is not declared", failure.Name(err))
			}
		})
	}
}

func TestLogHasTheExecutionAndNoText(t *testing.T) {
	f := newFixture(t, 1)
	f.respond(t, bedrock.StepSummary, 0, bedrock.StopEndTurn, `{"summary":"the nightingale sings","bullets":[]}`)
	f.respond(t, bedrock.StepKeywords, 0, bedrock.StopEndTurn, `{"the nightingale":1}`)
	if _, err := invoke(t, f.handler, f.request); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(f.log.String(), "nightingale") {
		t.Errorf("the log tells the answer: %s", f.log.String())
	}
	for _, part := range []string{`"execution":"run-1"`, `"status":"PARTIAL"`, `"missing":["keywords: InvalidAnswer"]`, `"function":"combine"`, `"outputTokens":40`} {
		if !strings.Contains(f.log.String(), part) {
			t.Errorf("the log has no %s: %s", part, f.log.String())
		}
	}
}

func TestResultObjectOfALongKey(t *testing.T) {
	seen := map[string]bool{}
	for _, end := range []string{"a", "b"} {
		object := combine.ResultObject(claim.Document{Key: strings.Repeat("報", 341) + end}, claim.Output{Bucket: "results", Prefix: "work/" + strings.Repeat("n", 80)})
		if len(object.Key) > claim.MaxKey || !strings.HasPrefix(object.Key, "results/報") || !strings.HasSuffix(object.Key, "n.json") || seen[object.Key] {
			t.Errorf("%d bytes: %s", len(object.Key), object.Key)
		}
		seen[object.Key] = true
	}
}

func TestLoggable(t *testing.T) {
	for want, fault := range map[string]answer.Fault{
		"E: c": {Error: "E", Cause: "c"}, "E": {Error: "E"}, bedrock.InvalidAnswer: {Error: bedrock.InvalidAnswer, Cause: "quotes"},
	} {
		if got := fault.Loggable(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
