package cli

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/local"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/stepfunctions"
)

// startLocalAWS starts one endpoint for Step Functions, whose machine is the document pipeline on the embedded engine or the one
// that is given, and for S3.
func startLocalAWS(t *testing.T, machine *stepfunctions.StateMachine) string {
	t.Helper()
	stack, err := local.Start(t.Context(), local.Options{Model: local.Model{Name: local.ModelOffline}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if machine == nil {
		substitutions, err := stack.Substitutions()
		if err != nil {
			t.Fatal(err)
		}
		flow, err := local.NewFlow("document-pipeline", substitutions)
		if err != nil {
			t.Fatal(err)
		}
		machine = &stepfunctions.StateMachine{Program: flow.Program, Definition: flow.Definition, Options: stack.Execution(flow)}
	}
	states, err := stepfunctions.Listen(map[string]stepfunctions.StateMachine{testStateMachine: *machine})
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(stack.S3URL())
	if err != nil {
		t.Fatal(err)
	}
	objects := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "" {
			states.ServeHTTP(w, r)
			return
		}
		objects.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		if err := states.Close(); err != nil {
			t.Error(err)
		}
		if err := stack.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	return server.URL
}

// TestLivingWithThePipeline uploads a document, starts its execution, waits for it, follows it, and finds its result, each time with
// the command and the SDK's real client.
func TestLivingWithThePipeline(t *testing.T) {
	endpoint := startLocalAWS(t, nil)
	document := filepath.Join("..", "..", "..", "..", "testdata", "documents", "report-en.pdf")
	code, stdout, stderr := start("--endpoint-url", endpoint, "--bucket", local.DocumentsBucket, "--prefix", "in", "--wait", "--output", "json", document)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var started startReport
	if err := json.Unmarshal([]byte(stdout), &started); err != nil {
		t.Fatal(err)
	}
	if started.Status != "SUCCEEDED" || !strings.Contains(string(started.Output), `COMPLETE`) {
		t.Errorf("started %+v", started)
	}
	code, text := docflow("watch", "--poll", "1ms", "--endpoint-url", endpoint, started.ExecutionArn)
	if code != exitOK {
		t.Errorf("watch: exit code %d\n%s", code, text)
	}
	for _, want := range []string{"→ ExtractText  task", "■ SUCCEEDED", "CombineResults", "\nSUCCEEDED\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("watch: no %q in\n%s", want, text)
		}
	}
	for _, test := range []struct{ args, want []string }{
		{[]string{"list", "--bucket", local.ResultsBucket}, []string{"in/report-en.pdf", "COMPLETE"}},
		{[]string{"show", "--bucket", local.ResultsBucket, "in/report-en.pdf"}, []string{"Summary", "Keywords"}},
	} {
		code, text := docflow(append(test.args, "--endpoint-url", endpoint, "--region", "us-east-1")...)
		if code != exitOK {
			t.Errorf("%q: exit code %d\n%s", test.args, code, text)
		}
		for _, want := range test.want {
			if !strings.Contains(text, want) {
				t.Errorf("%q: no %q in\n%s", test.args, want, text)
			}
		}
	}
	// What succeeded cannot be redriven, and says so.
	code, text = docflow("redrive", "--endpoint-url", endpoint, started.ExecutionArn)
	if code != exitFailure || !strings.Contains(text, "Execution is SUCCEEDED and cannot be redriven") || !strings.Contains(text, "0 of 1 redriven") {
		t.Errorf("redrive: exit code %d\n%s", code, text)
	}
}

// failingMachine is one whose task fails for the first calls, each with the error that the input names.
func failingMachine(t *testing.T, failures int64) *stepfunctions.StateMachine {
	t.Helper()
	const definition = `{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:111122223333:function:work","End":true}}}`
	program, err := engine.Compile(asl.Parse("test.asl.json", []byte(definition)).Machine)
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int64
	work := engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
		if calls.Add(1) > failures {
			return call.Input, nil
		}
		input, _ := call.Input.(*value.Object)
		key, _ := input.Get("key")
		if strings.Contains(value.Text(key), "poison") {
			return nil, &engine.TaskError{Name: "DocumentQuarantined", Cause: "no text"}
		}
		if strings.Contains(value.Text(key), "recorded") {
			return nil, &engine.TaskError{Name: "PipelineFailed", Cause: "why"}
		}
		return nil, &engine.TaskError{Name: "Broken", Cause: "why"}
	})
	return &stepfunctions.StateMachine{Program: program, Definition: definition, Options: engine.Options{
		Tasks: engine.Handlers{"arn:aws:lambda:us-east-1:111122223333:function:work": work},
	}}
}

func TestRedrive(t *testing.T) {
	endpoint := startLocalAWS(t, failingMachine(t, 5))
	var failed []string
	for _, name := range []string{"one.txt", "two.txt", "poison.txt", "four.txt", "recorded.txt"} {
		code, stdout, stderr := start("--endpoint-url", endpoint, "--bucket", local.DocumentsBucket, "--wait", "--output", "json", write(t, name, name))
		if code != exitFailure {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		var r startReport
		if err := json.Unmarshal([]byte(stdout), &r); err != nil {
			t.Fatal(err)
		}
		failed = append(failed, r.ExecutionArn)
	}
	redrive := func(args ...string) (int, redriveReport) {
		t.Helper()
		code, stdout, stderr := docflowStreams(append([]string{"redrive", "--endpoint-url", endpoint, "--output", "json"}, args...)...)
		var r redriveReport
		if err := json.Unmarshal([]byte(stdout), &r); err != nil {
			t.Fatalf("%v: %s%s", err, stdout, stderr)
		}
		return code, r
	}
	for _, test := range []struct {
		name string
		args []string
		code int
		arns []string // newest first
		did  bool
	}{
		{"would", []string{"--state-machine", testStateMachine, "--dry-run"}, exitOK, []string{failed[3], failed[1], failed[0]}, false},
		{"by error", []string{"--state-machine", testStateMachine, "--dry-run", "--error", "DocumentQuarantined"}, exitOK, []string{failed[2]}, false},
		{"by status", []string{"--state-machine", testStateMachine, "--dry-run", "--status", "aborted"}, exitOK, nil, false},
		{"later", []string{"--state-machine", testStateMachine, "--dry-run", "--since", "2999-01-01"}, exitOK, nil, false},
		{"two at most", []string{"--state-machine", testStateMachine, "--dry-run", "--limit", "2"}, exitOK, []string{failed[3], failed[1]}, false},
		{"one by name", []string{failed[1]}, exitOK, []string{failed[1]}, true},
		{"not twice", []string{failed[1]}, exitFailure, []string{failed[1]}, false},
		{"unknown", []string{failed[1] + "x"}, exitFailure, []string{failed[1] + "x"}, false},
		{"the others", []string{"--state-machine", testStateMachine}, exitOK, []string{failed[3], failed[0]}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, r := redrive(test.args...)
			if code != test.code || len(r.Executions) != len(test.arns) {
				t.Fatalf("exit code %d, %+v", code, r)
			}
			for i, outcome := range r.Executions {
				if outcome.ExecutionArn != test.arns[i] || outcome.Redriven != test.did || (outcome.Reason != "") != (test.code != exitOK) {
					t.Errorf("outcome %d is %+v", i, outcome)
				}
			}
			for _, arn := range test.arns {
				if test.did {
					if code, text := docflow("watch", "--poll", "1ms", "--endpoint-url", endpoint, arn); code != exitOK || !strings.Contains(text, "■ REDRIVEN") {
						t.Errorf("%s: exit code %d\n%s", arn, code, text)
					}
				}
			}
		})
	}
}

func TestRedriveUse(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "one of the three"},
		{[]string{"--state-machine", testStateMachine, "--dead-letters", "arn:aws:sqs:us-east-1:111122223333:q"}, "one of the three"},
		{[]string{"name"}, `is "name"; it takes an ARN such as arn:aws:states:`},
		{[]string{testStateMachine}, "execution:NAME"},
		{[]string{"--state-machine", "x"}, "stateMachine:NAME"},
		{[]string{"--dead-letters", "https://sqs.us-east-1.amazonaws.com/1/q"}, "arn:aws:sqs:"},
		{[]string{"--state-machine", testStateMachine, "--status", "running"}, "--status"},
		{[]string{"--state-machine", testStateMachine, "--limit", "-1"}, "--limit"},
		{[]string{"--dead-letters", "arn:aws:sqs:us-east-1:111122223333:q", "--rate", "501"}, "--rate"},
	} {
		if code, text := docflow(append([]string{"redrive"}, test.args...)...); code != exitUsage || !strings.Contains(text, test.want) {
			t.Errorf("%q: exit code %d\n%s", test.args, code, text)
		}
	}
}

// TestRedriveDeadLetters answers as Amazon SQS does.
func TestRedriveDeadLetters(t *testing.T) {
	var moved []map[string]any
	messages := "7"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		answer := map[string]any{}
		switch r.Header.Get("X-Amz-Target") {
		case "AmazonSQS.GetQueueUrl":
			if in["QueueName"] != "letters" || in["QueueOwnerAWSAccountId"] != "111122223333" {
				t.Errorf("queue %v", in)
			}
			answer["QueueUrl"] = "https://sqs.us-east-1.amazonaws.com/111122223333/letters"
		case "AmazonSQS.GetQueueAttributes":
			answer["Attributes"] = map[string]string{"ApproximateNumberOfMessages": messages}
		case "AmazonSQS.StartMessageMoveTask":
			moved = append(moved, in)
			answer["TaskHandle"] = "handle"
		default:
			t.Errorf("operation %s", r.Header.Get("X-Amz-Target"))
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	const letters = "arn:aws:sqs:us-east-1:111122223333:letters"
	for _, test := range []struct {
		args     []string
		messages string
		want     string
		moves    int
	}{
		{[]string{"--dry-run"}, "7", "would move about 7 messages\n", 0},
		{nil, "0", "nothing to move: about 0 messages\n", 0},
		{nil, "7", "moving about 7 messages\n", 1},
		{[]string{"--to", "arn:aws:sqs:us-east-1:111122223333:other", "--rate", "10"}, "7", "moving about 7 messages\n", 2},
	} {
		messages = test.messages
		code, stdout, stderr := docflowStreams(append([]string{"redrive", "--endpoint-url", server.URL, "--dead-letters", letters}, test.args...)...)
		if code != exitOK || stdout != test.want || len(moved) != test.moves {
			t.Errorf("%q: exit code %d, %s%s, moved %v", test.args, code, stdout, stderr, moved)
		}
	}
	if moved[0]["SourceArn"] != letters || moved[0]["DestinationArn"] != nil || moved[1]["DestinationArn"] != "arn:aws:sqs:us-east-1:111122223333:other" || moved[1]["MaxNumberOfMessagesPerSecond"] != 10.0 {
		t.Errorf("moved %v", moved)
	}
}
