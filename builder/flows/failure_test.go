package flows_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/index"
)

// A branch, a chunk or a merge that fails leaves its error where combine looks for it; the rest is done.
func TestPipelinePartialResults(t *testing.T) {
	only := func(request, errorName string) func(*engine.Call, string, int) error {
		return func(call *engine.Call, _ string, _ int) error {
			if strings.Contains(call.Resource, "bedrock") && strings.Contains(value.Text(call.Input), request) {
				return &engine.TaskError{Name: errorName, Cause: "as tested"}
			}
			return nil
		}
	}
	tests := map[string]struct {
		fail   func(*engine.Call, string, int) error
		chunks int
		merges [2]int
		record string
		error  string
	}{
		"a branch is refused":   {failing("SentimentAnalysis", "Bedrock.AccessDeniedException", always), 3, [2]int{}, "sentiment/0000", "Bedrock.AccessDeniedException"},
		"a branch is throttled": {failing("KeywordExtraction", "BedrockRuntime.ThrottlingException", always), 3, [2]int{}, "keywords/0000", "BedrockRuntime.ThrottlingException"},
		"a branch hangs": {func(_ *engine.Call, name string, _ int) error {
			if name == "GenerateSummary" {
				return engine.ErrNoAnswer
			}
			return nil
		}, 3, [2]int{}, "summary/0000", "States.Timeout"},
		"a chunk of few fails":    {only("analysis/0001.request", "Bedrock.ValidationException"), 3, [2]int{}, "analysis/0001", "Bedrock.ValidationException"},
		"a chunk of many fails":   {only("analysis/0077.request", "Bedrock.ValidationException"), 100, [2]int{}, "analysis/0077", "Bedrock.ValidationException"},
		"a merge fails":           {only("merge1/0002.request", "Bedrock.ValidationException"), 100, [2]int{3, 0}, "merge1/0002", "Bedrock.ValidationException"},
		"a merge of merges fails": {only("merge2/0001.request", "Bedrock.ValidationException"), 100, [2]int{3, 2}, "merge2/0001", "Bedrock.ValidationException"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.chunks)
			w.fail, w.merges = test.fail, test.merges
			succeeded(t, w.run(flows.DocumentPipelineName, document))
			record := w.written["s3://"+bucket+"/work/run-1/"+test.record+".error.json"]
			if len(w.written) != 1 || record["Error"] != test.error {
				t.Errorf("written: %v; want one record, of %s with %s", w.written, test.record, test.error)
			}
			if calls := test.chunks + test.merges[0] + test.merges[1] + 3; len(w.checks) != calls-1 {
				t.Errorf("%d answers were checked; want %d", len(w.checks), calls-1)
			}
		})
	}
}

// The record of an error that cannot be written, a check that fails, even an execution of a Map that does: nothing of that ends
// the pipeline, since what became of the calls is read from S3.
func TestPipelineGoesOnWithoutRecords(t *testing.T) {
	for name, test := range map[string]struct {
		chunks int
		fail   func(*engine.Call, string, int) error
	}{
		"a record cannot be written": {3, func(call *engine.Call, name string, tries int) error {
			if name == "AnalyzeContentFailed" {
				return &engine.TaskError{Name: "S3.S3Exception", Cause: "Access Denied"}
			}
			return failing("AnalyzeContent", "Bedrock.ValidationException", always)(call, name, tries)
		}},
		"checks fail": {100, func(_ *engine.Call, name string, _ int) error {
			if strings.HasPrefix(name, "Check") {
				return &engine.TaskError{Name: "Lambda.Unknown"}
			}
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.chunks)
			w.fail = test.fail
			succeeded(t, w.run(flows.DocumentPipelineName, document))
		})
	}
}

// A model that throttles is asked again, with pauses that are random and bounded, and by Step Functions alone.
func TestPipelineThrottledModel(t *testing.T) {
	w := newWorld(t, 1)
	w.fail = failing("AnalyzeContent", "Bedrock.ThrottlingException", 8)
	x := w.run(flows.DocumentPipelineName, document)
	succeeded(t, x)
	if n := w.modelCalls(); n != 9+3 {
		t.Errorf("%d calls; want the first and 8 retries, and 3 about the whole", n)
	}
	// Eight pauses of 363 seconds in all at most, ten calls of 20 seconds one after the other.
	if took := x.StopTime.Sub(x.StartTime); took > 363*time.Second+10*modelTime {
		t.Errorf("the execution took %v", took)
	}
	if len(w.written) > 0 {
		t.Errorf("written: %v", w.written)
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
			calls := 5 // read, record, item, tag, message: each once
			if name == failure.DocumentReplaced || name == failure.DocumentNotFound {
				// At its key lies another document, which has no tag of this one.
				if calls--; len(w.tags) > 0 {
					t.Errorf("the tags are %v", w.tags)
				}
			} else if tags := w.tags["s3://documents/a/報告.pdf"]; len(tags) != 2 || tags["docflow-status"] != "quarantined" || tags["docflow-reason"] != name {
				t.Errorf("the tags are %v", w.tags)
			}
			if n := w.modelCalls(); n > 0 || len(w.calls) != calls {
				t.Errorf("the calls were %v", w.calls)
			}
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
	if body["work"] != "s3://"+bucket+"/work/run-1/" {
		t.Errorf("the record says that the work lies in %v", body["work"])
	}
	if len(w.indexed) != 1 {
		t.Fatalf("%d items were written", len(w.indexed))
	}
	for name, want := range map[string]string{
		index.ID: "run-1", index.Status: status, index.Error: errorName, index.Record: record, index.Key: "a/報告.pdf", index.Bucket: "documents",
		index.Shard: fmt.Sprintf("2026-11#%d", index.ShardOf("run-1")), index.Result: "",
	} {
		if got := w.indexed[0][name]; got != want {
			t.Errorf("%s of the item is %q; want %q", name, got, want)
		}
	}
	if text := fmt.Sprint(w.indexed[0]); strings.Contains(text, "as tested") {
		t.Errorf("the item has the cause: %s", text)
	}
	if len(w.messages) != 1 {
		t.Fatalf("%d messages were sent", len(w.messages))
	}
	for member, want := range map[string]any{"status": status, "state": state, "error": errorName, "record": record} {
		if w.messages[0][member] != want {
			t.Errorf("%s of the message is %v; want %v", member, w.messages[0][member], want)
		}
	}
	if text := fmt.Sprint(w.messages[0]); strings.Contains(text, "as tested") {
		t.Errorf("the message has the cause: %s", text)
	}
}

// The tag goes to the version that was uploaded. What is named in another way has none.
func TestPipelineTags(t *testing.T) {
	for input, want := range map[string]string{
		document: "s3://documents/a/報告.pdf",
		`{"bucket":"documents","key":"a/報告.pdf","versionId":"v7"}`: "s3://documents/a/報告.pdfv7",
		event: "",
	} {
		w := newWorld(t, 1)
		w.fail = failing("ExtractText", failure.NoText, always)
		if x := w.run(flows.DocumentPipelineName, input); x.Error != "DocumentQuarantined" {
			t.Errorf("the execution is %s: %s: %s", x.Status, x.Error, x.Cause)
		}
		if _, tagged := w.tags[want]; tagged != (want != "") || len(w.tags) > 1 || len(w.messages) != 1 {
			t.Errorf("%s: the tags are %v, the messages %v", input, w.tags, w.messages)
		}
	}
}

// When a step fails behind which work of models lies, what is wrong is recorded, and a redrive goes on there without doing any of
// that work again.
func TestPipelineRedrive(t *testing.T) {
	for _, state := range []string{"PrepareSynthesis", "PrepareSynthesisOfMerges", "PrepareSynthesisOfAll", "CombineResults"} {
		for _, name := range []string{failure.StorageUnavailable, "Lambda.Unknown", "States.Timeout"} {
			t.Run(state+" "+name, func(t *testing.T) {
				w := newWorld(t, 3)
				w.merges = [2]int{2, 1}
				broken := true
				w.fail = func(_ *engine.Call, at string, _ int) error {
					switch {
					case !broken || at != state && at != state+"Again":
						return nil
					case name == "States.Timeout":
						return engine.ErrNoAnswer
					}
					return &engine.TaskError{Name: name, Cause: "as tested"}
				}
				definitions, err := flows.Definitions(flows.ProfileDefault)
				if err != nil {
					t.Fatal(err)
				}
				program, err := engine.Compile(asl.ParseJSON("flow", []byte(substitutions.Replace(string(definitions[flows.DocumentPipelineName])))).Machine)
				if err != nil {
					t.Fatal(err)
				}
				in, err := value.Parse(document)
				if err != nil {
					t.Fatal(err)
				}
				x, err := program.Run(context.Background(), in, w.options())
				if err != nil {
					t.Fatal(err)
				}
				if x.Status != engine.Failed || x.Error != name {
					t.Fatalf("the execution is %s: %s: %s", x.Status, x.Error, x.Cause)
				}
				checkRecord(t, w, "UNFINISHED", state, name)
				broken = false
				again, err := x.Redrive(context.Background(), w.options())
				if err != nil {
					t.Fatal(err)
				}
				succeeded(t, again)
				if member(t, again.Output, "status") != value.String("COMPLETE") {
					t.Errorf("the output is %s", value.Text(again.Output))
				}
				const calls = 3 + 2 + 1 + 3
				if w.modelCalls() != calls {
					t.Errorf("%d calls of models; want each of %d once", w.modelCalls(), calls)
				}
			})
		}
	}
}

// A function that ends without an answer is called once more, and no oftener: what kills it may be the document.
func TestPipelineCrashesOfFunctions(t *testing.T) {
	for _, state := range []string{"ExtractText", "CheckAnalyzeContent", "CombineResults"} {
		names := builder.LambdaCrashes()
		if state != "ExtractText" { // all states have the same retriers
			names = names[:1]
		}
		for _, name := range names {
			t.Run(state+" "+name, func(t *testing.T) {
				for _, crashes := range []int{1, always} {
					w := newWorld(t, 1)
					tried := 0
					fail := failing(state, name, crashes)
					w.fail = func(call *engine.Call, at string, tries int) error {
						if at == state {
							tried++
						}
						return fail(call, at, tries)
					}
					x := w.run(flows.DocumentPipelineName, document)
					// Behind work of models the step has another state for a last try, and a check that fails does no harm.
					fatal := crashes > 1 && state == "ExtractText"
					if (x.Status == engine.Succeeded) == fatal {
						t.Errorf("%d crashes: the execution is %s: %s: %s", crashes, x.Status, x.Error, x.Cause)
					}
					if tried != 2 {
						t.Errorf("%d crashes: %s was tried %d times", crashes, state, tried)
					}
				}
			})
		}
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
	for _, state := range []string{"ExtractText", "PrepareAnalysis", "PrepareAnalysisInTurn"} {
		for name, fail := range map[string]func(*engine.Call, string, int) error{
			"Lambda.Unknown":                  failing(state, "Lambda.Unknown", always),
			"Lambda.TooManyRequestsException": failing(state, "Lambda.TooManyRequestsException", always),
			failure.StorageUnavailable:        failing(state, failure.StorageUnavailable, always),
			"States.Timeout":                  hang(state),
		} {
			t.Run(state+" "+name, func(t *testing.T) {
				w := newWorld(t, 2)
				w.fail, w.merges, w.turn = fail, [2]int{2, 1}, time.Hour
				x := w.run(flows.DocumentPipelineName, document)
				if x.Status != engine.Failed || x.Error != "PipelineFailed" || !strings.Contains(x.Cause, state+" failed with "+name) {
					t.Errorf("the execution is %s: %s: %s", x.Status, x.Error, x.Cause)
				}
				checkRecord(t, w, "FAILED", state, name)
			})
		}
	}
}

// Whatever the input is, the execution is in the index, and the document as far as the input names one.
func TestPipelineIndexesAnyInput(t *testing.T) {
	for _, c := range []struct{ input, bucket, key, version string }{
		{`{"bucket": "b", "key": "a \"q\" 'x' \\ {% $y %} ${Z} .json", "versionId": "v1"}`, "b", `a "q" 'x' \ {% $y %} ${Z} .json`, "v1"},
		{`{"bucket": "b", "key": "` + strings.Repeat("港", 341) + `"}`, "b", strings.Repeat("港", 341), ""},
		{`{"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {"key": "k", "version-id": "v1"}}}`, "b", "k", "v1"},
		{`{"detail": {"object": {"key": "k"}}}`, "", "k", ""},
		{`{"bucket": "", "key": "", "versionId": ""}`, "", "", ""},
		{`{"bucket": null, "versionId": {"S": "x"}}`, "", "", ""},
		{`{"key": ["k", "l"], "versionId": []}`, "", "k", ""},
		{`{"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "a+b.pdf"}}}]}`, "", "", ""},
		{`{"bucket": 7, "key": ["k"], "versionId": true}`, "", "k", ""},
		{`{"bucket": "b", "key": "k", "versionId": 3}`, "b", "k", ""},
		{`[{"key": "k"}]`, "", "k", ""},
		{`"text"`, "", "", ""},
		{`null`, "", "", ""},
		{`7`, "", "", ""},
		{`[]`, "", "", ""},
	} {
		w := newWorld(t, 1)
		w.fail = failing("ExtractText", failure.InvalidRequest, always)
		x := w.run(flows.DocumentPipelineName, c.input)
		if x.Status != engine.Failed || x.Error != "DocumentQuarantined" || len(w.indexed) != 1 {
			t.Errorf("%.80s: %s: %s: %s, %d items", c.input, x.Status, x.Error, x.Cause, len(w.indexed))
			continue
		}
		item := w.indexed[0]
		if item[index.Bucket] != c.bucket || item[index.Key] != c.key || item[index.Version] != c.version || item[index.ID] != "run-1" {
			t.Errorf("%.80s: the item is %v", c.input, item)
		}
		for name, text := range item {
			if text == "" {
				t.Errorf("%.80s: the item has an empty %s", c.input, name)
			}
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

// The first error is told also when its record cannot be written, the document not tagged and nobody told.
func TestPipelineRecordCannotBeWritten(t *testing.T) {
	for _, state := range []string{"Quarantine", "IndexQuarantine", "TagObject", "NotifyQuarantine"} {
		w := newWorld(t, 1)
		w.fail = func(call *engine.Call, name string, tries int) error {
			if name == state {
				return &engine.TaskError{Name: "S3.S3Exception", Cause: "Access Denied"}
			}
			return failing("ExtractText", failure.NoText, always)(call, name, tries)
		}
		x := w.run(flows.DocumentPipelineName, document)
		if x.Error != "DocumentQuarantined" || !strings.Contains(x.Cause, "NoText") {
			t.Errorf("the execution is %s: %s: %s", x.Status, x.Error, x.Cause)
		}
		if done := len(w.written) + len(w.indexed) + len(w.tags) + len(w.messages); done != 3 {
			t.Errorf("without %s, %d of the others were done", state, done)
		}
	}
}
