package flows_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/quota"
)

const bucket = "results"

// modelTime is how long a call to a model takes.
const modelTime = 20 * time.Second

// substitutions are what a deployment gives.
var substitutions = strings.NewReplacer(
	"${"+flows.SubExtractFunction+"}", "extract",
	"${"+flows.SubPromptFunction+"}", "prompt",
	"${"+flows.SubCombineFunction+"}", "combine",
	"${"+flows.SubResultsBucket+"}", bucket,
	"${"+flows.SubAnalysisModel+"}", "analysis-model",
	"${"+flows.SubSummaryModel+"}", "summary-model",
	"${"+flows.SubSentimentModel+"}", "sentiment-model",
	"${"+flows.SubKeywordsModel+"}", "keywords-model",
	"${"+flows.SubIndexTable+"}", "index-table",
	"${"+flows.SubGuardrail+"}", "guardrail1",
	"${"+flows.SubGuardrailVersion+"}", "3",
	"${"+flows.SubTopic+"}", "arn:aws:sns:us-east-1:123456789012:topic",
)

// world stands for AWS. Its functions take and return the JSON of the real ones' types, but do nothing.
type world struct {
	t      *testing.T
	chunks int
	// fail is asked before every task; an error that it returns is the task's. name is the state's, tries the number of its
	// attempts before this one (of the item, in a Map).
	fail func(call *engine.Call, name string, tries int) error
	// check says what becomes of an answer; nil: all can be used.
	check func(place claim.Place) prompt.CheckStatus
	// merges are how many calls the levels of merges have; 0: the level is not needed.
	merges  [prompt.MaxLevel]int
	objects mapdata.Memory
	// interval is what a call takes of a quota; 0 is no gate. turn is how long the document waits before its first call.
	interval, turn time.Duration
	guarded        bool // by a guardrail

	mu        sync.Mutex
	calls     map[string]int // by state and request
	written   map[string]map[string]any
	tags      map[string]map[string]string // by place
	messages  []map[string]any             // to the topic
	indexed   []map[string]string          // items
	synthesis []prompt.Request             // what the states that prepare the synthesis got
	checks    []prompt.CheckRequest
	combined  combine.Request // what CombineResults got
	largest   int             // input or output of a state, in bytes
	items     []combine.Item  // or that
	bodies    []bedrock.Request
}

func newWorld(t *testing.T, chunks int) *world {
	return &world{t: t, chunks: chunks, calls: map[string]int{}, written: map[string]map[string]any{}, tags: map[string]map[string]string{}}
}

// run runs the default definition of a flow.
func (w *world) run(flow, input string) *engine.Execution {
	w.t.Helper()
	definitions, err := flows.Definitions(flows.ProfileDefault)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.runText(substitutions.Replace(string(definitions[flow])), input)
}

func (w *world) runText(definition, input string) *engine.Execution {
	w.t.Helper()
	program, err := engine.Compile(asl.ParseJSON("flow", []byte(definition)).Machine)
	if err != nil {
		w.t.Fatal(err)
	}
	in, err := value.Parse(input)
	if err != nil {
		w.t.Fatal(err)
	}
	execution, err := program.Run(context.Background(), in, w.options())
	if err != nil {
		w.t.Fatal(err)
	}
	w.measure(execution)
	return execution
}

func (w *world) options() engine.Options {
	w.objects.CreateBucket(bucket)
	return engine.Options{
		Name: "run-1", StartTime: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
		Tasks: engine.Handlers{
			"arn:aws:states:::lambda:invoke":       engine.HandlerFunc(w.invoke),
			"arn:aws:lambda:*":                     engine.HandlerFunc(w.article),
			"arn:aws:states:::bedrock:invokeModel": engine.HandlerFunc(w.model),
			"arn:aws:states:::aws-sdk:s3:*":        engine.HandlerFunc(w.s3),
			"arn:aws:states:::aws-sdk:dynamodb:*":  engine.HandlerFunc(w.putItem),
			"arn:aws:states:::sns:publish":         engine.HandlerFunc(w.publish),
		},
		Objects: &w.objects,
	}
}

// measure finds the largest input or output of a state. (What the executions of distributed Maps hold is measured where the
// whole stack runs, in cmd/docflow/internal/local.)
func (w *world) measure(x *engine.Execution) {
	for _, e := range x.History {
		switch d := e.Details.(type) {
		case *engine.EnteredDetails:
			w.largest = max(w.largest, len(value.Text(d.Input)))
		case *engine.ExitedDetails:
			w.largest = max(w.largest, len(value.Text(d.Output)))
		}
	}
}

// attempt counts the attempts at a request, and asks whether this one fails.
func (w *world) attempt(call *engine.Call) error {
	w.mu.Lock()
	key := call.State + value.Text(call.Input)
	tries := w.calls[key]
	w.calls[key]++
	w.mu.Unlock()
	if w.fail == nil {
		return nil
	}
	return w.fail(call, call.State, tries)
}

// decode reads JSON into a request and refuses what the type does not have.
func (w *world) decode(v value.Value, into any) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(value.Text(v))))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		w.t.Errorf("the request %s is no %T: %v", value.Text(v), into, err)
	}
}

func encode(v any) (value.Value, error) { return value.FromGo(v) }

func (w *world) invoke(_ context.Context, call *engine.Call) (value.Value, error) {
	if err := w.attempt(call); err != nil {
		return nil, err
	}
	var request struct {
		FunctionName string
		Payload      json.RawMessage
	}
	w.decode(call.Input, &request)
	payload, err := value.Parse(string(request.Payload))
	if err != nil {
		return nil, err
	}
	answer, err := w.function(request.FunctionName, payload, call.Now)
	if err != nil {
		return nil, err
	}
	return encode(map[string]any{"ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200, "SdkHttpMetadata": map[string]any{"HttpStatusCode": 200}})
}

// article runs a function whose ARN is the task's resource.
func (w *world) article(_ context.Context, call *engine.Call) (value.Value, error) {
	name := "combine"
	if strings.HasSuffix(call.Resource, "ExtractText") {
		name = "extract"
	}
	answer, err := w.function(name, call.Input, call.Now)
	if err != nil {
		return nil, err
	}
	return encode(answer)
}

func (w *world) function(name string, payload value.Value, now time.Time) (any, error) {
	document := claim.Document{Bucket: "documents", Key: "a/報告.pdf", Name: "報告.pdf", Format: "pdf", Pages: 3}
	switch name {
	case "extract":
		var request extract.Request
		w.decode(payload, &request)
		result := extract.Result{Fence: bedrock.Fence("text"), Document: document, ChunkCount: w.chunks, Warnings: []claim.Warning{}}
		if request.Output == nil {
			result.ExtractedText = "The text of the document, with 'quotes' and {braces}."
			return result, nil
		}
		manifest := request.Output.Manifest()
		result.Manifest = &manifest
		return result, request.Output.Check()
	case "prompt":
		return w.prompt(payload, now)
	case "combine":
		if payload.Kind() == value.KindArray {
			w.decode(payload, &w.items)
		} else {
			w.decode(payload, &w.combined)
		}
		return combine.Result{Status: combine.Complete, Missing: []combine.Missing{}, Models: []string{}}, nil
	}
	return nil, fmt.Errorf("no function %q", name)
}

// prompt answers as the prompt function does.
func (w *world) prompt(payload value.Value, now time.Time) (any, error) {
	var step struct{ Step prompt.Step }
	if err := value.ToGo(payload, &step); err != nil {
		return nil, err
	}
	if step.Step == prompt.Check {
		return w.checked(payload)
	}
	var request prompt.Request
	w.decode(payload, &request)
	if request.Step == prompt.Analysis && w.turn > 0 && !request.Admitted {
		return prompt.Result{NotBefore: quota.Timestamp(now.Add(w.turn))}, nil
	}
	call := func(folder string, i int) *prompt.Call {
		at := time.Time{}
		if w.interval > 0 {
			at = now.Add(time.Duration(i) * w.interval)
		}
		return &prompt.Call{
			Guarded: w.guarded, NotBefore: quota.Timestamp(at),
			Index: i, Request: request.Output.Request(folder, i, 0).URI(), Response: request.Output.Response(folder, i, 0).URI(),
			Error: strings.TrimPrefix(request.Output.Fault(folder, i).Key, claim.WorkPrefix),
		}
	}
	calls := func(folder string, n int) (prompt.Result, error) {
		where := request.Output.Calls(folder)
		result := prompt.Result{Calls: &where, Count: n, Concurrency: prompt.DefaultConcurrency}
		for i := range n {
			result.Items = append(result.Items, *call(folder, i))
		}
		data, err := json.Marshal(result.Items)
		if err != nil {
			return result, err
		}
		if len(result.Items) > prompt.MaxItems {
			result.Items = nil
		}
		return result, w.objects.Put(context.Background(), where.Bucket, where.Key, bytes.NewReader(data))
	}
	if request.Step == prompt.Analysis {
		return calls("analysis", w.chunks)
	}
	w.mu.Lock()
	w.synthesis = append(w.synthesis, request)
	w.mu.Unlock()
	if request.Level < prompt.MaxLevel && w.merges[request.Level] > 0 {
		return calls(fmt.Sprintf("merge%d", request.Level+1), w.merges[request.Level])
	}
	return prompt.Result{Summary: call("summary", 0), Sentiment: call("sentiment", 0), Keywords: call("keywords", 0)}, nil
}

func (w *world) checked(payload value.Value) (any, error) {
	var request prompt.CheckRequest
	w.decode(payload, &request)
	place, err := claim.PlaceOf(request.Request)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.checks = append(w.checks, request)
	w.mu.Unlock()
	status := prompt.Usable
	if w.check != nil {
		status = w.check(place)
	}
	attempt := place.Attempt
	if status == prompt.Repair {
		attempt++
	}
	return prompt.Checked{
		Guarded: w.guarded && status == prompt.Repair,
		Status:  status, Request: place.Output.Request(place.Folder, place.Index, attempt).URI(), Response: place.Output.Response(place.Folder, place.Index, attempt).URI(),
	}, nil
}

func (w *world) model(_ context.Context, call *engine.Call) (value.Value, error) {
	call.Elapse(modelTime)
	if err := w.attempt(call); err != nil {
		return nil, err
	}
	var request struct {
		ModelId string

		GuardrailIdentifier, GuardrailVersion string
		Body                                  *bedrock.Request
		Input, Output                         *struct{ S3Uri string }
		Accept, ContentType                   string
	}
	w.decode(call.Input, &request)
	if given := request.GuardrailIdentifier == "guardrail1" && request.GuardrailVersion == "3"; given != w.guarded {
		w.t.Errorf("%s asks for the guardrail %q in version %q", call.State, request.GuardrailIdentifier, request.GuardrailVersion)
	}
	if (request.Body == nil) == (request.Input == nil) || (request.Input == nil) != (request.Output == nil) {
		w.t.Errorf("%s sends a body and a place, or neither: %s", call.State, value.Text(call.Input))
	}
	if request.Body != nil {
		if err := request.Body.Validate(); err != nil {
			w.t.Errorf("%s sends a body that Bedrock refuses: %v", call.State, err)
		}
		w.mu.Lock()
		w.bodies = append(w.bodies, *request.Body)
		w.mu.Unlock()
		return encode(bedrock.InvokeModelResult{ContentType: "application/json", Body: bedrock.Response{
			Type: "message", Role: bedrock.Assistant, Content: []bedrock.ContentBlock{{Type: bedrock.BlockText, Text: "answer of " + call.State}}, StopReason: bedrock.StopEndTurn,
		}})
	}
	return encode(map[string]any{"ContentType": "application/json", "Body": map[string]string{"S3Uri": request.Output.S3Uri}})
}

func (w *world) s3(_ context.Context, call *engine.Call) (value.Value, error) {
	if err := w.attempt(call); err != nil {
		return nil, err
	}
	var request struct {
		Bucket, Key, ContentType, VersionId string
		Body                                map[string]any
		Tagging                             struct{ TagSet []struct{ Key, Value string } }
	}
	w.decode(call.Input, &request)
	place := "s3://" + request.Bucket + "/" + request.Key
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.HasSuffix(call.Resource, ":putObjectTagging") {
		w.tags[place+request.VersionId] = map[string]string{}
		for _, tag := range request.Tagging.TagSet {
			w.tags[place+request.VersionId][tag.Key] = tag.Value
		}
		return encode(map[string]string{})
	}
	w.written[place] = request.Body
	return encode(map[string]string{"ETag": "x"})
}

// putItem keeps the texts of an item.
func (w *world) putItem(_ context.Context, call *engine.Call) (value.Value, error) {
	if err := w.attempt(call); err != nil {
		return nil, err
	}
	var request struct {
		TableName, ConditionExpression string
		Item                           map[string]struct{ S string }
		ExpressionAttributeNames       map[string]string
		ExpressionAttributeValues      map[string]struct{ S string }
	}
	w.decode(call.Input, &request)
	item := map[string]string{}
	for name, v := range request.Item {
		item[name] = v.S
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.indexed = append(w.indexed, item)
	return encode(map[string]string{})
}

func (w *world) publish(_ context.Context, call *engine.Call) (value.Value, error) {
	if err := w.attempt(call); err != nil {
		return nil, err
	}
	var request struct {
		TopicArn string
		Message  map[string]any
	}
	w.decode(call.Input, &request)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.messages = append(w.messages, request.Message)
	return encode(map[string]string{"MessageId": "1"})
}

// failing gives a fail that fails the attempts at a state before the given one.
func failing(state, errorName string, before int) func(*engine.Call, string, int) error {
	return func(_ *engine.Call, name string, tries int) error {
		if name == state && tries < before {
			return &engine.TaskError{Name: errorName, Cause: `{"errorType":"` + errorName + `","errorMessage":"as tested"}`}
		}
		return nil
	}
}

// always is more attempts than any retrier makes.
const always = 1000

// member reads a part of an output, such as "summary.content".
func member(t *testing.T, v value.Value, path string) value.Value {
	t.Helper()
	for _, name := range strings.Split(path, ".") {
		o, ok := v.(*value.Object)
		if !ok {
			t.Fatalf("%s: %s is no object", path, value.Text(v))
		}
		if v, ok = o.Get(name); !ok {
			t.Fatalf("%s: there is no %q in %s", path, name, value.Text(o))
		}
	}
	return v
}

func succeeded(t *testing.T, x *engine.Execution) {
	t.Helper()
	if x.Status != engine.Succeeded {
		t.Fatalf("the execution is %s: %s: %s", x.Status, x.Error, x.Cause)
	}
}
