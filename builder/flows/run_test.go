package flows_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/index"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/quota"
)

const (
	document = `{"bucket":"documents","key":"a/報告.pdf"}`
	event    = `{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"documents"},"object":{"key":"a/報告.pdf","version-id":"v1"}}}`
	record   = "s3://" + bucket + "/quarantine/run-1.json"
)

func TestPipelineHappyPath(t *testing.T) {
	most := prompt.DefaultConcurrency
	rounds := func(calls int) int { return (calls + most - 1) / most }
	for _, input := range []string{document, event} {
		for _, c := range []struct {
			chunks int
			merges [prompt.MaxLevel]int
		}{
			{1, [2]int{}}, {12, [2]int{}}, {prompt.MaxItems, [2]int{}}, {prompt.MaxItems + 1, [2]int{}}, {12, [2]int{7}}, {300, [2]int{60, 6}},
		} {
			t.Run(fmt.Sprintf("%d chunks and %v merges of %.20s", c.chunks, c.merges, input), func(t *testing.T) {
				w := newWorld(t, c.chunks)
				w.merges = c.merges
				x := w.run(flows.DocumentPipelineName, input)
				succeeded(t, x)
				if got := member(t, x.Output, "status"); got != value.String("COMPLETE") {
					t.Errorf("the output is %s; it should be what combine returns", value.Text(x.Output))
				}
				if w.combined.Output.Prefix != "work/run-1" || w.combined.Manifest.Key != "work/run-1/manifest.json" || w.combined.Document.Pages != 3 {
					t.Errorf("combine got %+v", w.combined)
				}
				calls, levels := c.chunks+3, 0
				took := rounds(c.chunks) + 1 // the chunks in rounds of MaxConcurrency; then summary, sentiment and keywords all at once
				for _, n := range c.merges {
					calls += n
					took += rounds(n)
					if n > 0 {
						levels++
					}
				}
				if len(w.checks) != calls || w.modelCalls() != calls {
					t.Errorf("%d calls of models and %d checks; want %d", w.modelCalls(), len(w.checks), calls)
				}
				if len(w.synthesis) != levels+1 || w.synthesis[levels].Level != levels {
					t.Errorf("the synthesis was prepared with %+v", w.synthesis)
				}
				if got := x.StopTime.Sub(x.StartTime); got != modelTime*time.Duration(took) {
					t.Errorf("the execution took %v; want %v", got, modelTime*time.Duration(took))
				}
				if len(w.written) > 0 || len(w.messages) > 0 {
					t.Errorf("records %v and messages %v were written", w.written, w.messages)
				}
			})
		}
	}
}

// Calls wait for their turn when the prompt function says so, and a guardrail watches over them when it does. What a deployment does
// not have costs it nothing: a call takes the same number of transitions as ever, and one more when it waits.
func TestPipelineTurnsAndGuardrail(t *testing.T) {
	const interval, turn = 30 * time.Second, 2 * time.Hour
	for _, c := range []struct {
		name     string
		chunks   int
		merges   [prompt.MaxLevel]int
		interval time.Duration
		turn     time.Duration
		guarded  bool
		waits    int
		took     time.Duration
	}{
		{"neither", 3, [2]int{}, 0, 0, false, 0, 2 * modelTime},
		{"guardrail", 3, [2]int{}, 0, 0, true, 0, 2 * modelTime},
		// The chunks at 0, 30 and 60 s; of the questions each is the first of its step.
		{"calls in turn", 3, [2]int{}, interval, 0, false, 3 + 3, 2*interval + 2*modelTime},
		{"calls in turn with a guardrail", 3, [2]int{}, interval, 0, true, 3 + 3, 2*interval + 2*modelTime},
		{"the document in turn", 3, [2]int{}, 0, turn, false, 1, turn + 2*modelTime},
		{"a long document in turn", 45, [2]int{4, 2}, interval, turn, true, 1 + 3, turn + 44*interval + modelTime + 3*interval + modelTime + interval + 2*modelTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.chunks)
			w.merges, w.interval, w.turn, w.guarded = c.merges, c.interval, c.turn, c.guarded
			x := w.run(flows.DocumentPipelineName, document)
			succeeded(t, x)
			waits, guarded := 0, 0
			for _, e := range x.History {
				d, ok := e.Details.(*engine.EnteredDetails)
				if !ok {
					continue
				}
				if e.Type == "WaitStateEntered" {
					waits++
				}
				if strings.HasSuffix(d.Name, "Guarded") && e.Type == "TaskStateEntered" {
					guarded++
				}
			}
			if waits != c.waits {
				t.Errorf("the execution waited %d times; want %d", waits, c.waits)
			}
			if got := x.StopTime.Sub(x.StartTime); got != c.took {
				t.Errorf("the execution took %v; want %v", got, c.took)
			}
			if calls := c.chunks + c.merges[0] + c.merges[1] + 3; w.modelCalls() != calls {
				t.Errorf("%d calls of models; want %d", w.modelCalls(), calls)
			}
			if c.guarded != (guarded > 0) {
				t.Errorf("%d guarded tasks", guarded)
			}
		})
	}
}

// A repair is watched over as the first call is.
func TestPipelineGuardedRepairs(t *testing.T) {
	w := newWorld(t, 2)
	w.guarded = true
	w.check = func(claim.Place) prompt.CheckStatus { return prompt.Repair }
	succeeded(t, w.run(flows.DocumentPipelineName, document)) // the world wants the guardrail in each request
	if want := 3 * (2 + 3); w.modelCalls() != want {
		t.Errorf("%d calls of models; want %d", w.modelCalls(), want)
	}
}

// modelCalls counts the calls of models.
func (w *world) modelCalls() int {
	n := 0
	for key, times := range w.calls {
		if strings.Contains(key, `"ModelId"`) {
			n += times
		}
	}
	return n
}

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

// An answer that cannot be used is asked for again, with the requests that the check names, twice at most.
func TestPipelineRepairs(t *testing.T) {
	for _, c := range []struct {
		name   string
		faulty int // answers of each call that cannot be used
		last   prompt.CheckStatus
		calls  int // of a model, for each
		checks int
	}{
		{"usable", 0, prompt.Usable, 1, 1},
		{"refused", 0, prompt.Unusable, 1, 1},
		{"repaired", 1, prompt.Usable, 2, 2},
		{"repaired, then refused", 1, prompt.Unusable, 2, 2},
		{"repaired twice", 2, prompt.Usable, 3, 2},
		{"never usable", always, prompt.Usable, 3, 2},
	} {
		for _, chunks := range []int{2, 50} {
			t.Run(fmt.Sprintf("%s, %d chunks", c.name, chunks), func(t *testing.T) {
				w := newWorld(t, chunks)
				w.merges = [2]int{4, 2}
				w.check = func(place claim.Place) prompt.CheckStatus {
					if place.Attempt < c.faulty {
						return prompt.Repair
					}
					return c.last
				}
				x := w.run(flows.DocumentPipelineName, document)
				succeeded(t, x)
				calls := chunks + 4 + 2 + 3
				if w.modelCalls() != calls*c.calls || len(w.checks) != calls*c.checks {
					t.Errorf("%d calls of models, %d checks; want %d and %d", w.modelCalls(), len(w.checks), calls*c.calls, calls*c.checks)
				}
				seen := map[string]bool{}
				for key, times := range w.calls {
					_, uri, isModel := strings.Cut(key, `"Input":{"S3Uri":"`)
					uri, _, _ = strings.Cut(uri, `"`)
					if isModel && (times != 1 || seen[uri]) {
						t.Errorf("%s was sent %d times", uri, times)
					}
					seen[uri] = true
				}
			})
		}
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

// maxState is how large a state's input or output may be, whatever the document.
const maxState = 32 << 10

// The longest documents, with every call to a model failing, stay below 32 KiB and AWS's limits, whether a retry helps or not.
func TestPipelineLargestState(t *testing.T) {
	for _, chunks := range []int{prompt.MaxItems, prompt.MaxChunks} {
		for _, name := range []string{"BedrockRuntime.ServiceUnavailableException", "Bedrock.ServiceQuotaExceededException"} {
			if chunks == prompt.MaxChunks && name == "Bedrock.ServiceQuotaExceededException" {
				continue // without retries there is less of everything
			}
			w := newWorld(t, chunks)
			w.merges = [2]int{prompt.MaxMerges(1), prompt.MaxMerges(2)}
			w.fail = func(call *engine.Call, _ string, _ int) error {
				if strings.Contains(call.Resource, "bedrock") {
					return &engine.TaskError{Name: name, Cause: strings.Repeat("x", 32_000)}
				}
				return nil
			}
			x := w.run(flows.DocumentPipelineName, document)
			succeeded(t, x)
			if want := chunks + w.merges[0] + w.merges[1] + 3; len(w.written) != want {
				t.Errorf("%d errors are recorded; want %d", len(w.written), want)
			}
			if w.largest > maxState {
				t.Errorf("a state has %d bytes", w.largest)
			}
			if n := len(x.History); n > engine.DefaultHistoryEvents {
				t.Errorf("the history has %d events; AWS allows %d", n, engine.DefaultHistoryEvents)
			} else {
				t.Logf("%d chunks, %s: %d events, %d bytes, %v", chunks, name, n, w.largest, x.StopTime.Sub(x.StartTime))
			}
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

// What the functions can put into the state at once, with names as long as AWS has them, stays below 32 KiB.
func TestLongestNames(t *testing.T) {
	bucket := strings.Repeat("b", 63)
	output := claim.Output{Bucket: bucket, Prefix: "work/" + strings.Repeat("n", 80)}
	manifest, calls := output.Manifest(), output.Calls("analysis")
	extracted := extract.Result{
		Fence: bedrock.Fence("x"), Manifest: &manifest, ChunkCount: prompt.MaxChunks,
		Document: claim.Document{
			Bucket: bucket, Key: strings.Repeat("報", 341), Name: strings.Repeat("報", 341), VersionID: strings.Repeat("v", 64), ETag: strings.Repeat("e", 36),
			Title: strings.Repeat("題", 300), MediaType: strings.Repeat("m", 80), Format: "markdown", Language: "ja", Pages: 5_000, Characters: 16 << 20, Bytes: 100 << 20, SHA256: claim.SHA256(nil),
		},
	}
	for range extract.MaxWarnings {
		extracted.Warnings = append(extracted.Warnings, claim.Warning{Code: "attachment-unreadable", Message: strings.Repeat("x", extract.MaxStateWarnings/extract.MaxWarnings-20), Page: 5_000})
	}
	prepared := prompt.Result{Calls: &calls, Count: prompt.MaxItems, Concurrency: prompt.MaxItems}
	for i := range prompt.MaxItems {
		prepared.Items = append(prepared.Items, prompt.Call{
			Guarded: true, NotBefore: quota.Timestamp(time.Unix(1_800_000_000, 0)),
			Index: i, Request: output.Request("analysis", i, 0).URI(), Response: output.Response("analysis", i, 0).URI(), Error: strings.TrimPrefix(output.Fault("analysis", i).Key, claim.WorkPrefix),
		})
	}
	size := func(v any) int {
		data, err := encode(v)
		if err != nil {
			t.Fatal(err)
		}
		return len(value.Text(data))
	}
	items := size(prepared.Items)
	if items > prompt.MaxItemsBytes { // then they are left out
		items = prompt.MaxItemsBytes
		prepared.Items = nil
	}
	if n := size(extracted) + size(map[string]any{"calls": map[string]any{"Payload": prepared}}) + items; n > maxState {
		t.Errorf("a state can have %d bytes", n)
	} else {
		t.Logf("a state can have %d bytes", n)
	}
	if prompt.MaxChunks != extract.MaxChunks {
		t.Errorf("prompt takes %d chunks, extract makes %d", prompt.MaxChunks, extract.MaxChunks)
	}
	if combine.MaxStateOutput > maxState {
		t.Errorf("the output can have %d bytes", combine.MaxStateOutput)
	}
}
