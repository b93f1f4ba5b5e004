package combine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/metrics"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/google/go-cmp/cmp"
)

// measured calls the function, and returns the metrics that it writes and the error that it ends with.
func measured(t *testing.T, h *combine.Handler, request any) (map[string]any, error) {
	t.Helper()
	payload, ok := request.(string)
	if !ok {
		payload = string(marshal(t, request))
	}
	var out bytes.Buffer
	task := h.Function()
	task.Observer = &function.Observer{Metrics: metrics.NewEmitter(&out, "prod", "INFO")}
	_, err := task.Invoke(t.Context(), []byte(payload))
	if out.Len() == 0 {
		return nil, err
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, out.Bytes()) // also more than one line is an error
	}
	for _, name := range []string{"_aws", "timestamp", "level", "Pipeline", "function", "execution"} {
		if line[name] == nil {
			t.Errorf("there is no %s in %s", name, out.Bytes())
		}
		delete(line, name)
	}
	return line, err
}

func TestMetrics(t *testing.T) {
	const haiku = "global." + bedrock.DefaultSummaryModel
	f := newFixture(t, 2)
	f.respondAs(t, func(bedrock.Step) string { return "claude-haiku-4-5-20251001" })
	// One answer was cut, and asked for again twice; one call failed.
	cut := func(attempt int, stop bedrock.StopReason, text string) {
		body := response("claude-haiku-4-5-20251001", stop, text)
		f.server.Put(t, "results", output.Response("summary", 0, attempt).Key, marshal(t, body))
	}
	cut(0, bedrock.StopMaxTokens, `{"summary":"The har`)
	cut(1, bedrock.StopMaxTokens, `{"summary":"The harb`)
	cut(2, bedrock.StopEndTurn, summaryJSON)
	f.respond(t, bedrock.StepKeywords, 0, bedrock.StopEndTurn, `{"nothing":1}`)
	request := f.request
	request.Models = &spend.Models{Analysis: haiku, Summary: haiku, Sentiment: haiku, Keywords: haiku}

	want := map[string]any{
		"Documents": 1.0, "Status": "PARTIAL", "Pages": 4.0, "Tokens": 770.0, "InputTokens": 700.0, "OutputTokens": 70.0,
		"Retries": 2.0, "TruncatedAnswers": 2.0,
	}
	got, err := measured(t, f.handler, request)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a model without a price (-want +got):\n%s", diff)
	}
	if again, err := measured(t, f.handler, request); again != nil || err != nil {
		t.Errorf("a call that is made again counts %v, %v", again, err)
	}
	// The same document in another execution is another document.
	f = newFixture(t, 1)
	f.respondAs(t, func(bedrock.Step) string { return "claude-haiku-4-5-20251001" })
	request = f.request
	request.Models = &spend.Models{Analysis: haiku, Summary: haiku, Sentiment: haiku, Keywords: haiku}
	got, err = measured(t, f.handler, request)
	if err != nil || got["Status"] != "COMPLETE" || got["Documents"] != 1.0 || fmt.Sprintf("%.6f", got["Dollars"]) != fmt.Sprintf("%.6f", 4*(100*1+10*5)/1e6) {
		t.Errorf("got %v, %v", got, err)
	}
}

// losing loses the answer to the write of a report: it is written, and nobody is told.
type losing struct{ claim.S3API }

func (l losing) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	out, err := l.S3API.PutObject(ctx, in, options...)
	if in.IfNoneMatch != nil {
		return nil, context.DeadlineExceeded
	}
	return out, err
}

// A report that may or may not have been written counts once at most.
func TestMetricsOfALostWrite(t *testing.T) {
	f := newFixture(t, 1)
	client := f.handler.S3
	f.handler.S3 = losing{client}
	if got, err := measured(t, f.handler, f.request); got != nil || failure.Name(err) != failure.StorageUnavailable {
		t.Errorf("got %v, %v", got, err)
	}
	f.handler.S3 = client
	if got, err := measured(t, f.handler, f.request); got != nil || err != nil {
		t.Errorf("the second try counts %v, %v", got, err)
	}
}

func TestMetricsOfDocumentsWithoutAResult(t *testing.T) {
	f := newFixture(t, 1)
	for _, step := range bedrock.Steps() {
		f.respond(t, step, 0, bedrock.StopEndTurn, `{"nothing":1}`)
	}
	got, err := measured(t, f.handler, f.request)
	want := map[string]any{
		"Quarantined": 1.0, "Reason": failure.NoUsableAnswer, "Tokens": 440.0, "InputTokens": 400.0, "OutputTokens": 40.0,
		"Retries": 0.0, "TruncatedAnswers": 0.0,
	}
	if diff := cmp.Diff(want, got); diff != "" || failure.Name(err) != failure.NoUsableAnswer {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for name, request := range map[string]any{
		"storage":            combine.Request{Document: f.request.Document, Manifest: claim.Object{Bucket: "none", Key: "none"}, Output: output},
		"the article's form": `[{"Error":"E"},{"Error":"F"}]`,
		"no JSON":            `{`,
	} {
		if got, err := measured(t, f.handler, request); got != nil || err == nil {
			t.Errorf("%s: counts %v, %v", name, got, err)
		}
	}
}
