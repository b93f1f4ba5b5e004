package lambda_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/cmd/lambda/internal/runtimeapi"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/trigger"
)

// startSettings are what a function cannot start without.
var startSettings = map[string][]string{
	"trigger": {"STATE_MACHINE_ARN=arn:aws:states:us-east-1:123456789012:stateMachine:m", "RESULTS_BUCKET=results", "PIPELINE_VERSION=1"},
}

// eachFunction runs a test for every function, with a process of it.
func eachFunction(t *testing.T, s *services, test func(t *testing.T, name string, process *runtimeapi.Process)) {
	t.Helper()
	for _, name := range functions {
		t.Run(name, func(t *testing.T) {
			process, _ := s.run(t, name, startSettings[name]...)
			test(t, name, process)
		})
	}
}

// requests are requests that the functions answer, with a key of a document in the place of %s. What they say beside that is
// nobody's business.
var requests = map[string]string{
	"extract": `{"bucket":"uploads","key":%q,"surprise":{"deep":[1,null,"x"]}}`,
	"prompt": `{"step":"analysis","document":{"bucket":"uploads","key":%[1]q,"surprise":1},"manifest":{"bucket":"results","key":"work/%[1]s/manifest.json"},` +
		`"output":{"bucket":"results","prefix":"work/run-1"},"surprise":true}`,
	"combine": `{"document":{"bucket":"uploads","key":%[1]q},"manifest":{"bucket":"results","key":"work/%[1]s/manifest.json"},` +
		`"output":{"bucket":"results","prefix":"work/run-1"},"surprise":true}`,
	"trigger": `{"bucket":"uploads","key":%q,"versionId":"v1","surprise":{}}`,
	"batch":   `{"step":"list","source":{"bucket":"uploads","manifest":{"bucket":"uploads","key":%q}},"output":{"bucket":"results","prefix":"work/run-1"},"surprise":true}`,
}

// What is no request is refused for good, with what it should be, and the process lives on.
func TestNonsenseUnderTheRuntimeAPI(t *testing.T) {
	s := startServices(t)
	eachFunction(t, s, func(t *testing.T, name string, process *runtimeapi.Process) {
		for what, payload := range map[string][]byte{
			"nothing": nil, "cut": []byte(`{"bucket":"up`), "null": []byte("null"), "a number": []byte("7"), "a text": []byte(`"x"`),
			"an array": []byte("[]"), "nothing in it": []byte("{}"), "not UTF-8": {'{', '"', 0xff, 0xfe, '"', ':', '1', '}'},
			"other types": []byte(`{"bucket":7,"key":[],"step":{},"output":"x","document":[],"manifest":1,"Records":{}}`),
			"deep":        bytes.Repeat([]byte(`{"source":`), 20_000),
			"huge":        append(bytes.Repeat([]byte(" "), function.MaxPayload+1), "{}"...),
		} {
			call := call(string(payload))
			_, err := process.Invoke(context.Background(), call)
			var fault *runtimeapi.FunctionError
			if !errors.As(err, &fault) || fault.Type != failure.InvalidRequest || fault.Message == "" {
				t.Errorf("%s: got %v", what, err)
			} else if !strings.Contains(fault.XRayCause, `"type":"InvalidRequest"`) {
				t.Errorf("%s: the trace is told %s", what, fault.XRayCause)
			}
		}
	})
}

// An error of a service has a name that the state machine knows, which says whether to try again. When the time runs out the
// function says so itself, before Lambda ends it, and the process lives on.
func TestServiceErrorsUnderTheRuntimeAPI(t *testing.T) {
	s := startServices(t)
	s.put(t, "report.txt", []byte("The harbour grew."))
	transient := map[string]string{
		"extract": failure.StorageUnavailable, "prompt": failure.StorageUnavailable, "combine": failure.StorageUnavailable, "batch": failure.StorageUnavailable, "trigger": failure.StepFunctionsUnavailable,
	}
	gone := map[string]string{
		"extract": failure.DocumentNotFound, "prompt": failure.ManifestNotFound, "combine": failure.ManifestNotFound, "batch": failure.ManifestNotFound, "trigger": failure.StateMachineNotFound,
	}
	eachFunction(t, s, func(t *testing.T, name string, process *runtimeapi.Process) {
		for key, want := range map[string]string{"hangs": transient[name], "slow": transient[name], "denied": failure.AccessDenied, "gone": gone[name]} {
			request := call(fmt.Sprintf(requests[name], key))
			if key == "hangs" {
				request.Deadline = time.Now().Add(function.AnswerMargin + 200*time.Millisecond)
			}
			_, err := process.Invoke(context.Background(), request)
			wantError(t, err, want, "")
		}
		late := call(fmt.Sprintf(requests[name], "report.txt"))
		late.Deadline = time.Now().Add(function.AnswerMargin / 2) // nothing can be done in that time
		_, err := process.Invoke(context.Background(), late)
		wantError(t, err, transient[name], "")
		if name == "extract" || name == "trigger" {
			if _, err := process.Invoke(context.Background(), call(fmt.Sprintf(requests[name], "report.txt"))); err != nil {
				t.Errorf("the next call: %v", err)
			}
		}
	})
}

// Recorded events, in all the ways in which they come to the trigger function.
func TestEventsUnderTheRuntimeAPI(t *testing.T) {
	s := startServices(t)
	process, _ := s.run(t, "trigger", startSettings["trigger"]...)
	const key = "in/report 1+日本.pdf"
	name := trigger.Name("uploads", key, trigger.Identity("IYV3p45BT0ac8hjHg1houSdS1a.Mro8e", "", ""), "1")
	type want struct {
		started, ignored int
		failed           []string
	}
	wants := map[string]want{
		"s3-object-created.json":          {started: 1},
		"s3-test.json":                    {ignored: 1},
		"eventbridge-object-created.json": {started: 1},
		"eventbridge-object-deleted.json": {ignored: 1},
		"sqs-s3.json":                     {started: 2, failed: []string{"2e1424d4-f796-459a-8184-9c92662be6da"}},
		"sqs-sns-s3.json":                 {started: 1},
		"sns-s3.json":                     {started: 1},
		"destination-eventbridge.json":    {started: 1},
	}
	files, err := filepath.Glob("testdata/events/*.json")
	if err != nil || len(files) != len(wants) {
		t.Fatalf("%d events, %v; want %d", len(files), err, len(wants))
	}
	seen := false
	for _, file := range files {
		event, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w, ok := wants[filepath.Base(file)]
		result, err := invoke[trigger.Result](t, process, string(event))
		if err != nil || !ok {
			t.Errorf("%s: %v", file, err)
			continue
		}
		var failed []string
		for _, f := range result.BatchItemFailures {
			failed = append(failed, f.ItemIdentifier)
		}
		if len(result.Started) != w.started || len(result.Ignored) != w.ignored || !slices.Equal(failed, w.failed) {
			t.Errorf("%s: got %+v", file, result)
		}
		// They are all about one upload: whichever way its event comes, it is one execution.
		for _, started := range result.Started {
			if started.Key != key || started.Name != name || started.Duplicate != seen {
				t.Errorf("%s: started %+v, want %s, duplicate %v", file, started, name, seen)
			}
			seen = true
		}
	}
}

// The article's Parallel state gives the function that combines its output array.
func TestArticleFormUnderTheRuntimeAPI(t *testing.T) {
	s := startServices(t)
	process, _ := s.run(t, "combine")
	payload := fmt.Sprintf(`[{"Body":%s,"ContentType":"application/json","surprise":1},{"Error":"Bedrock.ThrottlingException","Cause":"slow"}]`,
		response(t, `{"sentiment":"POSITIVE","score":0.6,"confidence":0.9,"reasons":["grew"]}`))
	result, err := invoke[combine.Result](t, process, payload)
	if err != nil || result.Status != combine.Partial || result.Sentiment == nil || len(result.Missing) != 1 || result.Missing[0].Error != "Bedrock.ThrottlingException" {
		t.Errorf("got %+v, %v", result, err)
	}
}

// What a function cannot start without, and cannot read, is told when it starts: by Lambda to whoever calls it.
func TestSettingsUnderTheRuntimeAPI(t *testing.T) {
	s := startServices(t)
	machine := startSettings["trigger"][0]
	for what, c := range map[string]struct {
		name, message string
		env           []string
	}{
		"no state machine": {"trigger", "STATE_MACHINE_ARN is not set", []string{"RESULTS_BUCKET=results"}},
		"no bucket":        {"trigger", "RESULTS_BUCKET is not set", []string{machine}},
		"no reader":        {"extract", `DOCFLOW_OCR is "nobody"`, []string{"DOCFLOW_OCR=nobody"}},
		"no amount":        {"prompt", "MAX_DOCUMENT_DOLLARS", []string{"SPEND_TABLE=t", "MAX_DOCUMENT_DOLLARS=much"}},
		"no amount a day":  {"combine", "MAX_DAILY_DOLLARS", []string{"SPEND_TABLE=t", "MAX_DAILY_DOLLARS=-1"}},
	} {
		t.Run(what, func(t *testing.T) {
			process, log := s.run(t, c.name, c.env...)
			_, err := process.Invoke(context.Background(), call(`{}`))
			wantError(t, err, "Runtime.ConfigInvalid", c.message)
			<-process.Exited()
			if !strings.Contains(log.String(), `"errorType":"Runtime.ConfigInvalid"`) {
				t.Errorf("the log says %s", log)
			}
		})
	}
}
