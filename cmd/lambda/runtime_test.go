package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/runtimeapi"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/start"
	"github.com/docflow-asl/docflow/tasks/batch"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/trigger"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// services are the endpoints that the functions talk to.
type services struct {
	s3, sfn string
	client  *s3.Client
}

// faults are words in keys, and in the names of executions made of them, that make a service fail: S3 with a status and a
// code, Step Functions with a code. To "hangs" neither answers until the test ends.
var faults = map[string]struct {
	status  int
	s3, sfn string
}{
	"slow":   {http.StatusServiceUnavailable, "SlowDown", "ServiceUnavailable"},
	"denied": {http.StatusForbidden, "AccessDenied", "AccessDeniedException"},
	"gone":   {http.StatusNotFound, "NoSuchKey", "StateMachineDoesNotExist"},
}

func faultOf(name string) string {
	for word := range faults {
		if strings.Contains(name, word) {
			return word
		}
	}
	return ""
}

func startServices(t testing.TB) *services {
	t.Helper()
	backend := s3mem.New()
	for _, bucket := range []string{"uploads", "results"} {
		if err := backend.CreateBucket(bucket); err != nil {
			t.Fatal(err)
		}
	}
	s := &services{}
	store := gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server()
	ended, end := context.WithCancel(context.Background())
	hang := func(r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-ended.Done():
		}
	}
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "hangs") {
			hang(r)
			return
		}
		if word := faultOf(r.URL.Path); word != "" {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(faults[word].status)
			if _, err := fmt.Fprintf(w, "<Error><Code>%s</Code><Message>about %s</Message></Error>", faults[word].s3, html.EscapeString(r.URL.Path)); err != nil {
				t.Error(err)
			}
			return
		}
		store.ServeHTTP(w, r)
	}))
	t.Cleanup(storage.Close)
	t.Cleanup(end) // runs before Close, which waits for requests
	var mu sync.Mutex
	names := map[string]bool{}
	stepFunctions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Name, Input string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		if strings.Contains(in.Name, "hangs") {
			hang(r)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		answer := `{"executionArn":"arn:aws:states:us-east-1:123456789012:execution:m:` + in.Name + `","startDate":1.5}`
		word := faultOf(in.Name)
		switch {
		case word != "":
			w.WriteHeader(http.StatusBadRequest)
			answer = fmt.Sprintf(`{"__type":%q,"message":%q}`, faults[word].sfn, "about "+in.Input)
		case names[in.Name]:
			w.WriteHeader(http.StatusBadRequest)
			answer = `{"__type":"com.amazonaws.swf.service.v2.model#ExecutionAlreadyExists","message":"exists"}`
		}
		if word == "" {
			names[in.Name] = true
		}
		if _, err := w.Write([]byte(answer)); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(stepFunctions.Close)
	s.s3, s.sfn = storage.URL, stepFunctions.URL
	s.client = s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.s3), UsePathStyle: true, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	return s
}

func (s *services) put(t testing.TB, key string, data []byte) {
	t.Helper()
	s.putIn(t, "uploads", key, data)
}

func (s *services) putIn(t testing.TB, bucket, key string, data []byte) {
	t.Helper()
	_, err := s.client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
}

// run starts a function's binary with the environment that Lambda gives.
func (s *services) run(t testing.TB, name string, env ...string) (*runtimeapi.Process, *runtimeapi.Log) {
	t.Helper()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	log := &runtimeapi.Log{}
	env = append(env,
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL_S3="+s.s3, "AWS_ENDPOINT_URL_SFN="+s.sfn, clients.PathStyle+"=true",
		"AWS_LAMBDA_FUNCTION_NAME="+name, "AWS_LAMBDA_LOG_FORMAT=JSON",
	)
	for _, passed := range []string{"HOME", "XDG_CACHE_HOME", "TMPDIR", "DOCFLOW_CACHE_DIR", "SYSTEMROOT"} {
		if value, ok := os.LookupEnv(passed); ok {
			env = append(env, passed+"="+value)
		}
	}
	process, err := runtimeapi.Start(context.Background(), filepath.Join(dir, name), env, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log of %s:\n%s", name, log)
		}
	})
	return process, log
}

func call(payload string) runtimeapi.Call {
	return runtimeapi.Call{
		Payload: []byte(payload), Deadline: time.Now().Add(2 * time.Minute), TraceID: "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
		FunctionARN: "arn:aws:lambda:us-east-1:123456789012:function:docflow",
	}
}

func invoke[Result any](t testing.TB, process *runtimeapi.Process, payload string) (Result, error) {
	t.Helper()
	var result Result
	answer, err := process.Invoke(context.Background(), call(payload))
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal(answer.Payload, &result); err != nil {
		t.Fatalf("the answer is not JSON: %s", answer.Payload)
	}
	return result, nil
}

// wantError wants an error that the function itself reported under a declared name.
func wantError(t *testing.T, err error, name, text string) {
	t.Helper()
	var fault *runtimeapi.FunctionError
	if !errors.As(err, &fault) || fault.Type != name || !strings.Contains(fault.Message, text) {
		t.Errorf("got %v, want %s with %q", err, name, text)
	}
}

func TestExtractUnderTheRuntimeAPI(t *testing.T) {
	s := startServices(t)
	report, err := os.ReadFile("../../testdata/documents/report-en.pdf")
	if err != nil {
		t.Fatal(err)
	}
	s.put(t, "in/report 1.pdf", report)
	s.put(t, "in/empty.txt", nil)
	process, log := s.run(t, "extract")

	t.Run("the article's event", func(t *testing.T) {
		result, err := invoke[extract.Result](t, process, `{"bucket":"uploads","key":"in/report 1.pdf"}`)
		if err != nil || result.Document.Format != "pdf" || result.Document.Pages != 3 || len(result.ExtractedText) < 500 {
			t.Errorf("got %+v, %v", result.Document, err)
		}
	})
	events := map[string]string{
		"EventBridge": `{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"uploads"},"object":{"key":"in/report 1.pdf"}}}`,
		"S3":          `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"uploads"},"object":{"key":"in/report+1.pdf"}}}]}`,
	}
	for name, event := range events {
		t.Run(name, func(t *testing.T) {
			result, err := invoke[extract.Result](t, process, `{"source":`+event+`,"output":{"bucket":"results","prefix":"work/run-`+name+`"}}`)
			if err != nil || result.Manifest == nil || result.Manifest.Key != "work/run-"+name+"/manifest.json" || result.ChunkCount < 1 || result.ExtractedText != "" {
				t.Errorf("got %+v, %v", result, err)
			}
		})
	}
	t.Run("declared errors", func(t *testing.T) {
		for _, c := range []struct{ payload, name, text string }{
			{`{"bucket":"uploads","key":"in/none.pdf"}`, failure.DocumentNotFound, "s3://uploads/in/none.pdf"},
			{`{"bucket":"uploads","key":"in/empty.txt"}`, failure.EmptyDocument, "empty.txt"},
			{`{"bucket":`, failure.InvalidRequest, "it is not JSON"},
			{`{"bucket":["uploads"]}`, failure.InvalidRequest, "bucket is an array"},
		} {
			_, err := invoke[extract.Result](t, process, c.payload)
			wantError(t, err, c.name, c.text)
		}
	})
	t.Run("the end of the time", func(t *testing.T) {
		// The function answers before Lambda would end it.
		hanging := call(`{"bucket":"uploads","key":"hangs.txt"}`)
		hanging.Deadline = time.Now().Add(function.AnswerMargin + 200*time.Millisecond)
		_, err := process.Invoke(context.Background(), hanging)
		wantError(t, err, failure.StorageUnavailable, "s3://uploads/hangs.txt")
		// And is there for the next call.
		if _, err := invoke[extract.Result](t, process, `{"bucket":"uploads","key":"in/report 1.pdf"}`); err != nil {
			t.Error(err)
		}
	})
	if err := process.Close(); err != nil { // the log is complete then
		t.Fatal(err)
	}
	for _, part := range []string{`"requestId":"`, `"function":"extract"`, `"execution":"run-EventBridge"`, `"execution":"run-S3"`, `"errorType":"EmptyDocument"`} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log has no %s", part)
		}
	}
}

// The three functions of a state machine, one after the other, on the results of those
// before; the answers of the model are written by the test, as Bedrock writes them.
func TestPipelineUnderTheRuntimeAPI(t *testing.T) {
	s := startServices(t)
	s.put(t, "notes.md", []byte("# Harbour\n\nThe harbour grew and everybody was pleased.\n"))
	extracting, _ := s.run(t, "extract")
	prompting, _ := s.run(t, "prompt")
	combining, _ := s.run(t, "combine")

	const output = `{"bucket":"results","prefix":"work/run-1"}`
	extracted, err := process(extracting, `{"source":{"bucket":"uploads","key":"notes.md"},"output":`+output+`}`)
	if err != nil {
		t.Fatal(err)
	}
	common := fmt.Sprintf(`"document":%s,"manifest":%s,"output":%s`, extracted["document"], extracted["manifest"], output)
	analysis, err := invoke[prompt.Result](t, prompting, `{"step":"analysis",`+common+`}`)
	if err != nil || len(analysis.Items) != 1 {
		t.Fatalf("got %+v, %v", analysis, err)
	}
	s.respond(t, analysis.Items[0], `{"language":"en","documentType":"notes","title":"Harbour","topics":[],"keyPoints":["It grew."],"entities":[]}`)
	checked, err := invoke[prompt.Checked](t, prompting, fmt.Sprintf(`{"step":"check","request":%q}`, analysis.Items[0].Request))
	if err != nil || checked.Status != prompt.Usable {
		t.Errorf("got %+v, %v", checked, err)
	}
	synthesis, err := invoke[prompt.Result](t, prompting, `{"step":"synthesis",`+common+`}`)
	if err != nil {
		t.Fatal(err)
	}
	s.respond(t, *synthesis.Summary, `{"summary":"The harbour grew.","bullets":["It grew."]}`)
	s.respond(t, *synthesis.Keywords, `{"keywords":[{"term":"harbour","score":1}]}`)
	s.putIn(t, "results", claim.WorkPrefix+synthesis.Sentiment.Error, []byte(`{"Error":"Bedrock.ThrottlingException","Cause":"slow"}`))
	result, err := invoke[combine.Result](t, combining, `{`+common+`}`)
	if err != nil || result.Status != combine.Partial || result.Summary == nil || result.Keywords == nil || result.Analysis == nil ||
		len(result.Missing) != 1 || result.Missing[0].Error != "Bedrock.ThrottlingException" || result.Result.Key != "results/notes.md/run-1.json" {
		t.Errorf("got %+v, %v", result, err)
	}
	_, err = invoke[prompt.Result](t, prompting, `{"step":"rhyme",`+common+`}`)
	wantError(t, err, failure.InvalidRequest, `step is "rhyme"`)
	_, err = invoke[combine.Result](t, combining, `[{"Error":"E"},{"Error":"F"}]`)
	wantError(t, err, failure.NoUsableAnswer, "sentiment: E")
}

// process invokes a function and returns its answer as raw members.
func process(p *runtimeapi.Process, payload string) (map[string]json.RawMessage, error) {
	answer, err := p.Invoke(context.Background(), call(payload))
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	return members, json.Unmarshal(answer.Payload, &members)
}

// respond writes a response where a call wants it.
func (s *services) respond(t *testing.T, c prompt.Call, text string) {
	t.Helper()
	s.putIn(t, "results", strings.TrimPrefix(c.Response, "s3://results/"), response(t, text))
}

// response is the body of a response of Bedrock with an answer.
func response(t testing.TB, text string) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
		"content": []map[string]string{{"type": "text", "text": text}}, "usage": map[string]int{"input_tokens": 5, "output_tokens": 5},
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestTriggerUnderTheRuntimeAPI(t *testing.T) {
	s := startServices(t)
	running, _ := s.run(t, "trigger", "STATE_MACHINE_ARN=arn:aws:states:us-east-1:123456789012:stateMachine:m", "RESULTS_BUCKET=results", "PIPELINE_VERSION=1")
	const event = `{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"uploads"},"object":{"key":"a.pdf","version-id":"v1"}}}`
	for i := range 2 {
		result, err := invoke[trigger.Result](t, running, event)
		if err != nil || len(result.Started) != 1 || result.Started[0].Duplicate != (i == 1) {
			t.Errorf("delivery %d: %+v, %v", i, result, err)
		}
	}
	result, err := invoke[trigger.Result](t, running, strings.NewReplacer("uploads", "results", "a.pdf", "results/a.pdf/run.json").Replace(event))
	if err != nil || len(result.Started) != 0 || len(result.Ignored) != 1 {
		t.Errorf("an output of the pipeline: %+v, %v", result, err)
	}
	_, err = invoke[trigger.Result](t, running, `{}`)
	wantError(t, err, failure.InvalidRequest, "names no object")
}

// A function without its settings says so and ends, rather than fail on every call.
func TestTriggerWithoutSettingsEnds(t *testing.T) {
	s := startServices(t)
	running, log := s.run(t, "trigger", "RESULTS_BUCKET=results")
	<-running.Exited()
	_, err := running.Invoke(context.Background(), call(`{}`))
	wantError(t, err, start.InitError, "STATE_MACHINE_ARN is not set")
	if !strings.Contains(log.String(), "STATE_MACHINE_ARN is not set") {
		t.Errorf("the log says %s", log)
	}
}

// The function of batches: which documents, and what is next when nothing of them is there.
func TestBatchUnderTheRuntimeAPI(t *testing.T) {
	s := startServices(t)
	s.put(t, "in/a.md", []byte("# Harbour\n"))
	running, log := s.run(t, "batch")
	const common = `"output":{"bucket":"results","prefix":"work/batch-1"},"models":{"analysis":"m","summary":"m","sentiment":"m","keywords":"m"}`
	listed, err := invoke[batch.Planned](t, running, `{"step":"list","source":{"bucket":"uploads","prefix":"in/"},`+common+`}`)
	if err != nil || listed.Action != batch.Extract || listed.Count != 1 || listed.Key != "batch-1/round-0/documents.json" {
		t.Fatalf("got %+v, %v", listed, err)
	}
	planned, err := invoke[batch.Planned](t, running, `{"step":"plan","cursor":{"stage":"PREPARED","round":0,"pass":0},`+common+`}`)
	if err != nil || planned.Action != batch.End || planned.Count != 1 || planned.Cursor.Stage != batch.Calls {
		t.Errorf("got %+v, %v", planned, err)
	}
	report, err := invoke[batch.Report](t, running, `{"step":"finish",`+common+`}`)
	if err != nil || report.Documents != 1 || report.Failed != 1 {
		t.Errorf("got %+v, %v", report, err)
	}
	_, err = invoke[batch.Planned](t, running, `{"step":"rhyme",`+common+`}`)
	wantError(t, err, failure.InvalidRequest, `step is "rhyme"`)
	if err := running.Close(); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"function":"batch"`, `"execution":"batch-1"`, `"action":"END"`, `"errorType":"InvalidRequest"`} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log has no %s", part)
		}
	}
}
