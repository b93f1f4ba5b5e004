package lambda_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/runtimeapi"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/docflow-asl/docflow/tasks/trigger"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// permission is an action on a resource. context holds what conditions may ask for.
type permission struct {
	action, resource string
	context          map[string]string
}

func (p permission) String() string { return p.action + " on " + p.resource }

// recorder answers for all of AWS that the functions call, and writes down what permission
// each call takes on AWS.
type recorder struct {
	storage http.Handler

	mu    sync.Mutex
	calls []permission
}

func (r *recorder) add(action, resource string, context map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := permission{action, resource, context}
	if !slices.ContainsFunc(r.calls, func(known permission) bool { return known.String() == p.String() }) {
		r.calls = append(r.calls, p)
	}
}

// take returns what was called since the last time.
func (r *recorder) take() []permission {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	target := request.Header.Get("X-Amz-Target")
	service, operation, _ := strings.Cut(target, ".")
	model, isModel := strings.CutPrefix(request.URL.EscapedPath(), "/model/")
	switch {
	case isModel:
		id, _, _ := strings.Cut(model, "/")
		if id, err = url.PathUnescape(id); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.model(w, id)
	case target == "":
		r.object(w, request)
	default:
		var in struct {
			TableName, StateMachineArn, Name string
		}
		if err := json.Unmarshal(body, &in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer := "{}"
		switch service {
		case "DynamoDB_20120810":
			r.add("dynamodb:"+operation, "arn:aws:dynamodb:"+region+":"+account+":table/"+in.TableName, nil)
			if operation == "UpdateItem" { // what settling reads
				answer = `{"Attributes":{"day":{"S":"2026-01-02"},"reserved":{"N":"5"}}}`
			}
		case "AWSStepFunctions":
			r.add("states:"+operation, in.StateMachineArn, nil)
			answer = `{"executionArn":"` + in.StateMachineArn + `:e","startDate":1.5}`
		case "Textract":
			r.add("textract:"+operation, "*", nil)
			answer = `{"Blocks":[]}`
		default:
			r.add(service+":"+operation, "?", nil) // which nothing grants
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if _, err := io.WriteString(w, answer); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// model answers a call to a model. It takes permission on the profile, and on the model in
// whatever region the profile routes to.
func (r *recorder) model(w http.ResponseWriter, id string) {
	profile := "arn:aws:bedrock:" + region + ":" + account + ":inference-profile/" + id
	r.add("bedrock:InvokeModel", profile, nil)
	_, name, _ := strings.Cut(id, ".")
	r.add("bedrock:InvokeModel", "arn:aws:bedrock:eu-west-1::foundation-model/"+name, map[string]string{"bedrock:InferenceProfileArn": profile})
	w.Header().Set("Content-Type", "application/json")
	const answer = `{"output":{"message":{"role":"assistant","content":[{"text":"<transcript>A page.</transcript>"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}}`
	if _, err := io.WriteString(w, answer); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// object answers a call to S3. To be told that an object is not there takes permission to
// list its bucket (Amazon S3 API Reference, GetObject).
func (r *recorder) object(w http.ResponseWriter, request *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
	resource, query := "arn:aws:s3:::"+bucket+"/"+key, request.URL.Query()
	read := "s3:GetObject"
	if query.Has("versionId") {
		read = "s3:GetObjectVersion"
	}
	answered := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	r.storage.ServeHTTP(answered, request)
	switch {
	case key == "" && request.Method == http.MethodGet:
		r.add("s3:ListBucket", "arn:aws:s3:::"+bucket, nil)
	case request.Method == http.MethodGet || request.Method == http.MethodHead:
		r.add(read, resource, nil)
		if answered.status == http.StatusNotFound {
			r.add("s3:ListBucket", "arn:aws:s3:::"+bucket, nil)
		}
	case request.Method == http.MethodPut && !query.Has("tagging") && request.Header.Get("X-Amz-Copy-Source") == "":
		r.add("s3:PutObject", resource, nil)
	case request.Method == http.MethodPost && (query.Has("uploads") || query.Has("uploadId")): // of the parts of an upload
		r.add("s3:PutObject", resource, nil)
	case request.Method == http.MethodDelete && query.Has("uploadId"):
		r.add("s3:AbortMultipartUpload", resource, nil)
	default:
		r.add("s3:"+request.Method+"?"+request.URL.RawQuery, resource, nil) // which nothing grants
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// calls is what the functions call: by folder and, since that decides who is called, by OcrReader.
type calls map[string]map[string][]permission

var recorded struct {
	once  sync.Once
	calls calls
}

// recordedCalls runs the real functions, as processes, with the environment that the
// template gives them, through everything that they can be asked for.
func recordedCalls(t *testing.T) calls {
	t.Helper()
	recorded.once.Do(func() {
		tpl, err := readTemplate([]byte(templateFile(t)))
		if err != nil {
			t.Fatal(err)
		}
		recorded.calls = record(t, tpl)
	})
	if recorded.calls == nil {
		t.Fatal("the calls of the functions could not be recorded; the first test that needed them says why")
	}
	return recorded.calls
}

// caller runs functions against a recorder.
type caller struct {
	t      *testing.T
	stacks []*stack
	folder map[string]string // resource of each folder's function
	r      *recorder
	client *s3.Client
	url    string
}

func record(t *testing.T, tpl *template) calls {
	t.Helper()
	stacks, err := tpl.stacks()
	if err != nil {
		t.Fatal(err)
	}
	backend := s3mem.New()
	c := &caller{t: t, stacks: stacks, folder: map[string]string{}, r: &recorder{storage: gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server()}}
	for _, name := range tpl.of("AWS::Serverless::Function") {
		c.folder[path.Base(text(tpl.property(name, "CodeUri")))] = name
	}
	server := httptest.NewServer(c.r)
	t.Cleanup(server.Close)
	c.url = server.URL
	c.client = s3.New(s3.Options{
		Region: region, BaseEndpoint: aws.String(server.URL), UsePathStyle: true, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	for _, name := range tpl.of("AWS::S3::Bucket") {
		if _, err := c.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(stacks[0].physical(name))}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String(c.documents()), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	out := calls{}
	run := func(folder, ocr string, steps func(*runtimeapi.Process)) {
		if out[folder] == nil {
			out[folder] = map[string][]permission{}
		}
		process := c.start(folder, ocr)
		c.r.take()
		steps(process)
		out[folder][ocr] = c.r.take()
	}
	for _, ocr := range []string{"", "textract", "bedrock"} {
		run("extract", ocr, func(p *runtimeapi.Process) { c.extract(p, ocr) })
	}
	run("prompt", "", c.prompt)
	run("combine", "", c.combine)
	run("batch", "", c.batch)
	run("trigger", "", c.trigger)
	return out
}

func (c *caller) documents() string { return c.stacks[0].physical("DocumentsBucket") }
func (c *caller) results() string   { return c.stacks[0].physical("ResultsBucket") }

// start runs a function of a folder with the environment that the template gives it.
func (c *caller) start(folder, ocr string) *runtimeapi.Process {
	c.t.Helper()
	i := slices.IndexFunc(c.stacks, func(s *stack) bool { return s.parameters["OcrReader"] == ocr })
	properties, err := c.stacks[i].properties(c.folder[folder])
	if err != nil {
		c.t.Fatal(err)
	}
	env := []string{
		"AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL=" + c.url, clients.PathStyle + "=true", "AWS_LAMBDA_FUNCTION_NAME=" + folder, "AWS_LAMBDA_LOG_FORMAT=JSON",
	}
	variables, _ := at(properties["Environment"], "Variables").(map[string]any)
	for name, value := range variables {
		if name != "DOCFLOW_CACHE_DIR" { // a folder of Lambda's
			env = append(env, name+"="+text(value))
		}
	}
	for _, passed := range []string{"HOME", "XDG_CACHE_HOME", "TMPDIR", "DOCFLOW_CACHE_DIR", "SYSTEMROOT"} {
		if value, ok := os.LookupEnv(passed); ok {
			env = append(env, passed+"="+value)
		}
	}
	dir, err := binaries()
	if err != nil {
		c.t.Fatal(err)
	}
	log := &runtimeapi.Log{}
	process, err := runtimeapi.Start(c.t.Context(), filepath.Join(dir, folder), env, log)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := process.Close(); err != nil {
			c.t.Error(err)
		}
		if recorded.calls == nil {
			c.t.Logf("log of %s:\n%s", folder, log)
		}
	})
	return process
}

func (c *caller) put(bucket, key string, data []byte) (version string) {
	c.t.Helper()
	out, err := c.client.PutObject(c.t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(data)})
	if err != nil {
		c.t.Fatal(err)
	}
	return aws.ToString(out.VersionId)
}

// without forgets what the test itself called meanwhile.
func (c *caller) without(do func()) {
	before := c.r.take()
	do()
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.r.calls = before
}

func asked[Result any](c *caller, p *runtimeapi.Process, format string, args ...any) Result {
	c.t.Helper()
	result, err := invoke[Result](c.t, p, fmt.Sprintf(format, args...))
	if err != nil {
		c.t.Fatal(err)
	}
	return result
}

const output = `{"bucket":%q,"prefix":"work/%s"}`

func (c *caller) extract(p *runtimeapi.Process, ocr string) {
	const notes = "# Harbour\n\nThe harbour grew and everybody was pleased.\n"
	key, data := "notes.md", []byte(notes)
	if ocr != "" {
		var err error
		if data, err = os.ReadFile("../../testdata/documents/scanned.pdf"); err != nil {
			c.t.Fatal(err)
		}
		key = "scanned.pdf"
	}
	var version string
	c.without(func() { version = c.put(c.documents(), key, data) })
	const request = `{"source":{"bucket":%q,"key":%q,"versionId":%q},"output":` + output + `}`
	for _, v := range []string{"", version} {
		// A scan of which nobody reads anything is refused: the calls are made all the same.
		_, err := invoke[extract.Result](c.t, p, fmt.Sprintf(request, c.documents(), key, v, c.results(), "run-"+ocr))
		if err != nil && ocr == "" {
			c.t.Fatal(err)
		}
	}
	if _, err := invoke[extract.Result](c.t, p, fmt.Sprintf(request, c.documents(), "none.md", "", c.results(), "run-none")); err == nil {
		c.t.Fatal("a document that is not there was read")
	}
	if ocr != "" { // what a document with a text writes
		c.without(func() { c.put(c.documents(), "notes.md", []byte(notes)) })
		asked[extract.Result](c, p, request, c.documents(), "notes.md", "", c.results(), "run-"+ocr)
	}
}

// common are the members that requests after the extraction have.
func (c *caller) common(run string) string {
	c.t.Helper()
	out := claim.Output{Bucket: c.results(), Prefix: "work/" + run}
	var manifest struct{ Document claim.Document }
	c.without(func() {
		found, err := claim.Get(c.t.Context(), c.client, claim.Output{Bucket: c.results(), Prefix: "work/run-"}.Manifest(), 1<<20)
		if err != nil {
			c.t.Fatal(err)
		}
		if err := json.Unmarshal(found.Data, &manifest); err != nil {
			c.t.Fatal(err)
		}
	})
	models := spend.Models{Analysis: modelOf(c, "Analysis"), Summary: modelOf(c, "Summary"), Sentiment: modelOf(c, "Sentiment"), Keywords: modelOf(c, "Keywords")}
	return fmt.Sprintf(`"document":%s,"manifest":%s,"output":%s,"models":%s`, text(manifest.Document),
		text(claim.Output{Bucket: c.results(), Prefix: "work/run-"}.Manifest()), text(out), text(models))
}

func modelOf(c *caller, step string) string { return text(c.stacks[0].parameters[step+"ModelId"]) }

// respond writes what the model of a step answers, where the call wants it.
func (c *caller) respond(call prompt.Call, step, answer string) {
	c.t.Helper()
	_, model, _ := strings.Cut(modelOf(c, step), ".") // without the geography, as the model names itself
	body, err := json.Marshal(bedrock.Response{
		Type: "message", Role: "assistant", Model: model, StopReason: "end_turn",
		Content: []bedrock.ContentBlock{{Type: "text", Text: answer}}, Usage: bedrock.Usage{InputTokens: 5, OutputTokens: 5},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.without(func() { c.put(c.results(), strings.TrimPrefix(call.Response, "s3://"+c.results()+"/"), body) })
}

func (c *caller) prompt(p *runtimeapi.Process) {
	// The second time, the answer to the analysis is in the cache.
	for _, run := range []string{"run-1", "run-2"} {
		common := c.common(run)
		analysis := asked[prompt.Result](c, p, `{"step":"analysis",%s}`, common)
		call := analysis.Items[0]
		if call.Cached != (run == "run-2") {
			c.t.Errorf("%s: the answer is in the cache: %v", run, call.Cached)
		}
		if !call.Cached {
			c.respond(call, "Analysis", `{"language":"en","documentType":"notes","title":"Harbour","topics":[],"keyPoints":["It grew."],"entities":[]}`)
		}
		asked[prompt.Checked](c, p, `{"step":"check","request":%q,"model":%q}`, call.Request, modelOf(c, "Analysis"))
		synthesis := asked[prompt.Result](c, p, `{"step":"synthesis",%s}`, common)
		c.respond(*synthesis.Summary, "Summary", `no JSON`) // is asked for again
		asked[prompt.Checked](c, p, `{"step":"check","request":%q,"model":%q}`, synthesis.Summary.Request, modelOf(c, "Summary"))
		asked[prompt.Settled](c, p, `{"step":"settle",%s}`, common)
	}
}

func (c *caller) combine(p *runtimeapi.Process) {
	asked[combine.Result](c, p, `{%s}`, c.common("run-1"))
}

func (c *caller) trigger(p *runtimeapi.Process) {
	const event = `{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"uploads"},"object":{"key":"a.pdf","version-id":"v1"}}}`
	result := asked[trigger.Result](c, p, `{"Records":[{"messageId":"1","eventSource":"aws:sqs","body":%q}]}`, event)
	if len(result.Started) != 1 || len(result.BatchItemFailures) != 0 {
		c.t.Errorf("the trigger did not start an execution: %+v", result)
	}
}
