package trigger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/trigger"
	"github.com/google/go-cmp/cmp"
)

const machine = "arn:aws:states:us-east-1:123456789012:stateMachine:document-pipeline"

// stepFunctions is an endpoint that speaks StartExecution (AWS JSON 1.0).
type stepFunctions struct {
	mu      sync.Mutex
	started map[string]string // name → input
	fail    func(name string) (status int, code string)
}

func (s *stepFunctions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	answer := func(status int, v any) {
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(v); err != nil {
			panic(err)
		}
	}
	var in struct{ StateMachineArn, Name, Input string }
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	fault := func(status int, code string) {
		answer(status, map[string]string{"__type": "com.amazonaws.swf.service.v2.model#" + code, "message": "as the test asked for"})
	}
	switch {
	case err != nil || r.Header.Get("X-Amz-Target") != "AWSStepFunctions.StartExecution" || in.StateMachineArn != machine:
		fault(http.StatusBadRequest, "ValidationException")
		return
	case s.fail != nil:
		if status, code := s.fail(in.Name); code != "" {
			fault(status, code)
			return
		}
	}
	if _, there := s.started[in.Name]; there {
		fault(http.StatusBadRequest, "ExecutionAlreadyExists")
		return
	}
	s.started[in.Name] = in.Input
	answer(http.StatusOK, map[string]any{"executionArn": strings.Replace(machine, "stateMachine", "execution", 1) + ":" + in.Name, "startDate": 1.5})
}

func start(t *testing.T) (*stepFunctions, *trigger.Handler) {
	t.Helper()
	service := &stepFunctions{started: map[string]string{}}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return service, &trigger.Handler{
		SFN: sfn.New(sfn.Options{
			Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Retryer: aws.NopRetryer{},
			Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		}),
		Log:             slog.New(slog.DiscardHandler),
		StateMachineARN: machine, ResultsBucket: "results-bucket", PipelineVersion: "1",
	}
}

func bridge(bucket, key, version string) string {
	return fmt.Sprintf(`{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":%q},"object":{"key":%q,"version-id":%q,"sequencer":"01"}}}`, bucket, key, version)
}

func notify(event, bucket, encodedKey, version string) string {
	return fmt.Sprintf(`{"Records":[{"eventSource":"aws:s3","eventName":%q,"s3":{"bucket":{"name":%q},"object":{"key":%q,"versionId":%q,"sequencer":"01"}}}]}`, event, bucket, encodedKey, version)
}

func batch(bodies ...string) string {
	var records []string
	for i, body := range bodies {
		records = append(records, fmt.Sprintf(`{"messageId":"m%d","eventSource":"aws:sqs","body":%q}`, i, body))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

func TestHandleStarts(t *testing.T) {
	cases := []struct {
		name, event string
		inputs      []string
		ignored     []string // parts of the reasons
	}{
		{"EventBridge", bridge("uploads", "a b+c.pdf", "v1"), []string{`{"bucket":"uploads","key":"a b+c.pdf","versionId":"v1"}`}, nil},
		{"notification", notify("ObjectCreated:Put", "uploads", "a+b%2Bc%20%E6%97%A5.pdf", "v1"), []string{`{"bucket":"uploads","key":"a b+c 日.pdf","versionId":"v1"}`}, nil},
		{"without versions", notify("ObjectCreated:Put", "uploads", "k", "null"), []string{`{"bucket":"uploads","key":"k"}`}, nil},
		{"an entity tag", strings.Replace(notify("ObjectCreated:Put", "uploads", "k", "null"), `"sequencer"`, `"eTag":"abc","sequencer"`, 1), []string{`{"bucket":"uploads","key":"k","eTag":"abc"}`}, nil},
		{"an entity tag of a version", strings.Replace(bridge("uploads", "k", "v1"), `"sequencer"`, `"etag":"abc","sequencer"`, 1), []string{`{"bucket":"uploads","key":"k","versionId":"v1"}`}, nil},
		{"direct", `{"bucket":"uploads","key":"k"}`, []string{`{"bucket":"uploads","key":"k"}`}, nil},
		{"queue", batch(bridge("uploads", "a", "v1"), notify("ObjectCreated:Put", "uploads", "b", "v1")), []string{`{"bucket":"uploads","key":"a","versionId":"v1"}`, `{"bucket":"uploads","key":"b","versionId":"v1"}`}, nil},
		{"folder", bridge("uploads", "inbox/", "v1"), nil, []string{"folder"}},
		{"removed", notify("ObjectRemoved:Delete", "uploads", "k", "v1"), nil, []string{"ObjectRemoved:Delete"}},
		{"tagged", strings.Replace(bridge("uploads", "k", "v1"), "Object Created", "Object Tags Added", 1), nil, []string{"Object Tags Added"}},
		{"own work", bridge("results-bucket", "work/run/text.txt", "v1"), nil, []string{"work/"}},
		{"own result", bridge("results-bucket", "results/a.pdf/run.json", "v1"), nil, []string{"results/"}},
		{"own quarantine", bridge("results-bucket", "quarantine/run.json", "v1"), nil, []string{"quarantine/"}},
		{"the same prefix in another bucket", bridge("uploads", "results/a.pdf", "v1"), []string{`{"bucket":"uploads","key":"results/a.pdf","versionId":"v1"}`}, nil},
		{"an upload to the bucket of results", bridge("results-bucket", "inbox/a.pdf", "v1"), []string{`{"bucket":"results-bucket","key":"inbox/a.pdf","versionId":"v1"}`}, nil},
		{"test event", `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"uploads"}`, nil, []string{"test event"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			service, handler := start(t)
			result, err := handler.Handle(context.Background(), json.RawMessage(c.event))
			if err != nil {
				t.Fatal(err)
			}
			var inputs []string
			for _, started := range result.Started {
				inputs = append(inputs, service.started[started.Name])
				if started.Duplicate || !strings.HasSuffix(started.ExecutionARN, ":"+started.Name) {
					t.Errorf("got %+v", started)
				}
			}
			if diff := cmp.Diff(c.inputs, inputs); diff != "" || len(service.started) != len(c.inputs) {
				t.Errorf("%d executions started; %s", len(service.started), diff)
			}
			if len(result.Ignored) != len(c.ignored) {
				t.Fatalf("ignored %+v", result.Ignored)
			}
			for i, reason := range c.ignored {
				if !strings.Contains(result.Ignored[i].Reason, reason) {
					t.Errorf("the reason is %q", result.Ignored[i].Reason)
				}
			}
		})
	}
}

// A record that nobody can read does not take its neighbours with it; the message fails, so that it is looked at.
func TestNeighboursOfABrokenRecord(t *testing.T) {
	service, handler := start(t)
	record := func(key string) string {
		whole := notify("ObjectCreated:Put", "uploads", key, "v1")
		return strings.TrimSuffix(strings.TrimPrefix(whole, `{"Records":[`), "]}")
	}
	body := `{"Records":[` + record("a") + "," + record("100%") + `,{"eventSource":"aws:sns"},` + record("b") + "]}"
	for delivery := range 2 {
		result, err := handler.Handle(context.Background(), json.RawMessage(batch(body, bridge("uploads", "c", "v1"))))
		if err != nil || len(result.Started) != 3 || len(result.BatchItemFailures) != 1 || result.BatchItemFailures[0].ItemIdentifier != "m0" {
			t.Errorf("delivery %d: %+v, %v", delivery, result, err)
		}
	}
	if len(service.started) != 3 {
		t.Errorf("%d executions", len(service.started))
	}
	_, err := handler.Handle(context.Background(), json.RawMessage(body))
	if failure.Name(err) != failure.InvalidRequest || !strings.Contains(failure.Message(err), `"100%"`) {
		t.Errorf("without a queue: %v", err)
	}
}

func TestEventThatComesAgainStartsNothing(t *testing.T) {
	service, handler := start(t)
	// The same upload, told by both services, twice.
	events := []string{bridge("uploads", "a b.pdf", "v1"), notify("ObjectCreated:Put", "uploads", "a+b.pdf", "v1")}
	for i := range 4 {
		result, err := handler.Handle(context.Background(), json.RawMessage(events[i%2]))
		if err != nil || len(result.Started) != 1 || result.Started[0].Duplicate != (i > 0) {
			t.Fatalf("delivery %d: %+v, %v", i, result, err)
		}
	}
	if len(service.started) != 1 {
		t.Errorf("%d executions for one upload", len(service.started))
	}
}

func TestNewUploadToTheSameKeyIsProcessed(t *testing.T) {
	cases := map[string][2]string{
		"versions": {bridge("uploads", "k", "v1"), bridge("uploads", "k", "v2")},
		// Without versions the version id is "null" each time: the sequencer must tell.
		"sequencer": {notify("ObjectCreated:Put", "uploads", "k", "null"), strings.Replace(notify("ObjectCreated:Put", "uploads", "k", "null"), `"01"`, `"02"`, 1)},
	}
	for name, events := range cases {
		t.Run(name, func(t *testing.T) {
			service, handler := start(t)
			for _, event := range events {
				if _, err := handler.Handle(context.Background(), json.RawMessage(event)); err != nil {
					t.Fatal(err)
				}
			}
			if len(service.started) != 2 {
				t.Errorf("%d executions for two uploads", len(service.started))
			}
		})
	}
	t.Run("pipeline version", func(t *testing.T) {
		service, handler := start(t)
		for _, version := range []string{"1", "2"} {
			handler.PipelineVersion = version
			if _, err := handler.Handle(context.Background(), json.RawMessage(bridge("uploads", "k", "v1"))); err != nil {
				t.Fatal(err)
			}
		}
		if len(service.started) != 2 {
			t.Errorf("%d executions for two versions of the pipeline", len(service.started))
		}
	})
	t.Run("asked for directly", func(t *testing.T) {
		service, handler := start(t)
		for _, id := range []string{"call-1", "call-1", "call-2"} {
			ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: id})
			if _, err := handler.Handle(ctx, json.RawMessage(`{"bucket":"uploads","key":"k"}`)); err != nil {
				t.Fatal(err)
			}
		}
		if len(service.started) != 2 {
			t.Errorf("%d executions for two requests, one of them retried", len(service.started))
		}
	})
}

func TestErrorsOfStepFunctions(t *testing.T) {
	cases := []struct {
		status     int
		code, want string
	}{
		{400, "StateMachineDoesNotExist", failure.StateMachineNotFound},
		{400, "StateMachineDeleting", failure.StateMachineNotFound},
		{400, "InvalidArn", failure.StateMachineNotFound},
		{400, "AccessDeniedException", failure.AccessDenied},
		{403, "SomethingNew", failure.AccessDenied},
		{400, "ExecutionLimitExceeded", failure.StepFunctionsUnavailable},
		{400, "ThrottlingException", failure.StepFunctionsUnavailable},
		{503, "ServiceUnavailable", failure.StepFunctionsUnavailable},
		{400, "InvalidExecutionInput", failure.Unexpected},
		{400, "InvalidName", failure.Unexpected},
	}
	for _, c := range cases {
		t.Run(c.code, func(t *testing.T) {
			service, handler := start(t)
			service.fail = func(string) (int, string) { return c.status, c.code }
			_, err := handler.Handle(context.Background(), json.RawMessage(bridge("uploads", "k", "v1")))
			if failure.Name(err) != c.want || !strings.Contains(failure.Message(err), c.code) || !strings.Contains(failure.Message(err), "uploads/k") {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if !trigger.Errors().Declares(failure.Name(err)) {
				t.Errorf("%s is not declared", failure.Name(err))
			}
		})
	}
	t.Run("no answer", func(t *testing.T) {
		_, handler := start(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := handler.Handle(ctx, json.RawMessage(bridge("uploads", "k", "v1")))
		if failure.Name(err) != failure.StepFunctionsUnavailable {
			t.Errorf("got %v", err)
		}
	})
}

func TestOneFailedMessageDoesNotBringTheBatchBack(t *testing.T) {
	service, handler := start(t)
	bad := trigger.Name("uploads", "bad", "version v1", "1")
	service.fail = func(name string) (int, string) {
		if name == bad {
			return 400, "ThrottlingException"
		}
		return 0, ""
	}
	var log bytes.Buffer
	handler.Log = slog.New(slog.NewJSONHandler(&log, nil))
	answer, err := handler.Function().Invoke(context.Background(), []byte(batch(
		bridge("uploads", "a", "v1"), bridge("uploads", "bad", "v1"), "not JSON", batch(bridge("uploads", "nested", "v1")), bridge("uploads", "b", "v1"),
	)))
	if err != nil {
		t.Fatal(err)
	}
	var got trigger.Result
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	want := []trigger.BatchItemFailure{{ItemIdentifier: "m1"}, {ItemIdentifier: "m2"}, {ItemIdentifier: "m3"}}
	if diff := cmp.Diff(want, got.BatchItemFailures); diff != "" || len(service.started) != 2 {
		t.Errorf("%d started; %s", len(service.started), diff)
	}
	if !strings.Contains(string(answer), `"batchItemFailures":[{"itemIdentifier":"m1"}`) {
		t.Errorf("not the form that SQS reads: %s", answer)
	}
	for _, id := range []string{"m1", "m2", "m3"} {
		if !strings.Contains(log.String(), `"messageId":"`+id+`"`) {
			t.Errorf("the log does not name %s", id)
		}
	}
}

func TestAllObjectsOfAnEventAreTried(t *testing.T) {
	service, handler := start(t)
	bad := trigger.Name("uploads", "a", "version v1", "1")
	service.fail = func(name string) (int, string) {
		if name == bad {
			return 503, "ServiceUnavailable"
		}
		return 0, ""
	}
	record := func(key string) string {
		whole := notify("ObjectCreated:Put", "uploads", key, "v1")
		return strings.TrimSuffix(strings.TrimPrefix(whole, `{"Records":[`), `]}`)
	}
	_, err := handler.Handle(context.Background(), json.RawMessage(`{"Records":[`+record("a")+","+record("b")+`]}`))
	if failure.Name(err) != failure.StepFunctionsUnavailable || len(service.started) != 1 {
		t.Errorf("%d started, %v", len(service.started), err)
	}
}

var validName = regexp.MustCompile(`^[A-Za-z0-9-]{40,80}$`)

// Different (bucket, key, identity, pipeline version) never give the same name, the same
// always do, and every name is one that Step Functions takes. The sample has what made
// names collide elsewhere: long common beginnings and ends, parts that run together,
// letters that all turn into a hyphen.
func TestNamesNeverCollide(t *testing.T) {
	long := strings.Repeat("annual-report/", 70)
	var keys []string
	for i := range 1000 {
		keys = append(keys,
			fmt.Sprintf("%s%d.pdf", long, i), fmt.Sprintf("%d/%s.pdf", i, long), fmt.Sprintf("報告書%d.pdf", i),
			fmt.Sprintf("a%sb%d", strings.Repeat("?", i%7), i), strings.Repeat("x", i%900+1)+fmt.Sprint(i), fmt.Sprintf("%c/%d", rune(0x4e00+i), i))
	}
	seen := map[string]string{}
	check := func(bucket, key, identity, version string) {
		t.Helper()
		name := trigger.Name(bucket, key, identity, version)
		of := fmt.Sprintf("%q %q %q %q", bucket, key, identity, version)
		if !validName.MatchString(name) {
			t.Fatalf("%s gives %q", of, name)
		}
		if other, there := seen[name]; there {
			t.Fatalf("%s and %s give %q", other, of, name)
		}
		seen[name] = of
		if again := trigger.Name(bucket, key, identity, version); again != name {
			t.Fatalf("%s gives %q and %q", of, name, again)
		}
	}
	for _, key := range keys {
		for _, identity := range []string{"version v1", "version v2", "sequencer v1", ""} {
			check("uploads", key, identity, "1")
		}
	}
	check("uploads", "k1", "", "")
	check("uploadsk", "1", "", "")
	check("uploads", "k", "1", "")
	check("uploads", "k", "", "1")
	check("", "uploadsk1", "", "")
	if len(seen) < 20_000 {
		t.Errorf("the sample has %d names", len(seen))
	}
}

func TestNameIsReadable(t *testing.T) {
	for key, want := range map[string]string{
		"inbox/Q3 report (final).pdf":           "Q3-report-final-pdf-",
		"inbox/報告書.pdf":                         "pdf-",
		"報告書":                                   "",
		"a/" + strings.Repeat("long-name-", 20): "long-name-long-name-long-name-long-name-",
	} {
		name := trigger.Name("b", key, "v", "1")
		if !strings.HasPrefix(name, want) || len(name) != len(want)+40 {
			t.Errorf("%s: got %s, want %s and 40 digits", key, name, want)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add("b", "inbox/報告書.pdf", "v1", "1")
	f.Add("", "", "", "")
	f.Fuzz(func(t *testing.T, bucket, key, identity, version string) {
		name := trigger.Name(bucket, key, identity, version)
		if !validName.MatchString(name) {
			t.Errorf("got %q", name)
		}
		if name == trigger.Name(bucket, key+"x", identity, version) {
			t.Errorf("%q and %q give %q", key, key+"x", name)
		}
	})
}
