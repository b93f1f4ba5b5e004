package cli

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
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
		switch text := value.Text(key); {
		case strings.Contains(text, "poison"):
			return nil, &engine.TaskError{Name: "DocumentQuarantined", Cause: "no text"}
		case strings.Contains(text, "final"):
			return nil, &engine.TaskError{Name: "PipelineFailed", Cause: "denied"}
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
	for _, name := range []string{"one.txt", "two.txt", "poison.txt", "four.txt", "final.txt"} {
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
		left int
	}{
		{"would", []string{"--state-machine", testStateMachine, "--dry-run"}, exitOK, []string{failed[3], failed[1], failed[0]}, false, 2},
		{"by error", []string{"--state-machine", testStateMachine, "--dry-run", "--error", "DocumentQuarantined"}, exitOK, []string{failed[2]}, false, 0},
		{"by status", []string{"--state-machine", testStateMachine, "--dry-run", "--status", "aborted"}, exitOK, nil, false, 0},
		{"later", []string{"--state-machine", testStateMachine, "--dry-run", "--since", "2999-01-01"}, exitOK, nil, false, 0},
		{"by another error", []string{"--state-machine", testStateMachine, "--dry-run", "--error", "PipelineFailed"}, exitOK, []string{failed[4]}, false, 0},
		{"two at most", []string{"--state-machine", testStateMachine, "--dry-run", "--limit", "2"}, exitOK, []string{failed[3], failed[1]}, false, 2},
		{"one by name", []string{failed[1]}, exitOK, []string{failed[1]}, true, 0},
		{"not twice", []string{failed[1]}, exitFailure, []string{failed[1]}, false, 0},
		{"unknown", []string{failed[1] + "x"}, exitFailure, []string{failed[1] + "x"}, false, 0},
		{"the others", []string{"--state-machine", testStateMachine}, exitOK, []string{failed[3], failed[0]}, true, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, r := redrive(test.args...)
			if left := r.LeftOut["DocumentQuarantined"] + r.LeftOut["PipelineFailed"]; left != test.left {
				t.Errorf("left out are %v", r.LeftOut)
			}
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
		{[]string{"--state-machine", testStateMachine, "--wait"}, "--wait is for --dead-letters only"},
		{[]string{"--dead-letters", "arn:aws:sqs:us-east-1:111122223333:q", "--poll", "0s"}, "--poll"},
	} {
		if code, text := docflow(append([]string{"redrive"}, test.args...)...); code != exitUsage || !strings.Contains(text, test.want) {
			t.Errorf("%q: exit code %d\n%s", test.args, code, text)
		}
	}
}

// letters is a dead-letter queue of Amazon SQS.
type letters struct {
	t        *testing.T
	messages string
	sources  []string
	tasks    []map[string]any // what ListMessageMoveTasks says, one after the other
	moved    []map[string]any // the requests
}

func (l *letters) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in map[string]any
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		l.t.Error(err)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	answer := map[string]any{}
	const queues = "https://sqs.us-east-1.amazonaws.com/111122223333/"
	switch r.Header.Get("X-Amz-Target") {
	case "AmazonSQS.GetQueueUrl":
		if in["QueueName"] != "letters" || in["QueueOwnerAWSAccountId"] != "111122223333" {
			l.t.Errorf("queue %v", in)
		}
		answer["QueueUrl"] = queues + "letters"
	case "AmazonSQS.GetQueueAttributes":
		answer["Attributes"] = map[string]string{"ApproximateNumberOfMessages": l.messages}
	case "AmazonSQS.ListDeadLetterSourceQueues":
		urls := []string{}
		for _, source := range l.sources {
			urls = append(urls, queues+source)
		}
		answer["queueUrls"] = urls
	case "AmazonSQS.StartMessageMoveTask":
		l.moved = append(l.moved, in)
		answer["TaskHandle"] = "handle"
	case "AmazonSQS.ListMessageMoveTasks":
		answer["Results"] = l.tasks[:1]
		l.tasks = l.tasks[1:]
	default:
		l.t.Errorf("operation %s", r.Header.Get("X-Amz-Target"))
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		l.t.Error(err)
	}
}

// What Amazon EventBridge has put into the queue knows no queue that it came from: the messages go where the queue's redrive
// policy is from, which is asked for, and not where each of them came from.
func TestRedriveDeadLetters(t *testing.T) {
	const queue = "arn:aws:sqs:us-east-1:111122223333:"
	running := map[string]any{"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 2, "TaskHandle": "handle"}
	for _, test := range []struct {
		name, messages string
		sources        []string
		args           []string
		tasks          []map[string]any
		code           int
		want, to       string
		rate           any
	}{
		{"would", "7", []string{"uploads"}, []string{"--dry-run"}, nil, exitOK, "would move about 7 messages to " + queue + "uploads\n", "", nil},
		{"none", "0", []string{"uploads"}, nil, nil, exitOK, "nothing to move: about 0 messages to " + queue + "uploads\n", "", nil},
		{"moves", "7", []string{"uploads"}, nil, nil, exitOK, "moving about 7 messages to " + queue + "uploads\n", "uploads", nil},
		{"elsewhere", "7", nil, []string{"--to", queue + "other", "--rate", "10"}, nil, exitOK, "moving about 7 messages to " + queue + "other\n", "other", 10.0},
		{"of no queue", "7", nil, nil, nil, exitFailure, queue + "letters is the dead-letter queue of no queue", "", nil},
		{"of two queues", "7", []string{"a", "b"}, nil, nil, exitUsage, "--to is needed: the queue has the dead letters of " + queue + "a, " + queue + "b", "", nil},
		{
			"waits", "7",
			[]string{"uploads"},
			[]string{"--wait", "--poll", "1ms"},
			[]map[string]any{running, running, {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 7}},
			exitOK, "COMPLETED: moved about 7 messages to " + queue + "uploads\n", "uploads", nil,
		},
		{
			"fails", "7",
			[]string{"uploads"},
			[]string{"--wait", "--poll", "1ms"},
			[]map[string]any{{"Status": "FAILED", "FailureReason": "AccessDenied", "ApproximateNumberOfMessagesMoved": 3}},
			exitFailure, "FAILED: moved about 3 messages to " + queue + "uploads: AccessDenied\n", "uploads", nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			sqs := &letters{t: t, messages: test.messages, sources: test.sources, tasks: test.tasks}
			server := httptest.NewServer(sqs)
			defer server.Close()
			t.Setenv("AWS_ACCESS_KEY_ID", "test")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
			t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
			code, stdout, stderr := docflowStreams(append([]string{"redrive", "--endpoint-url", server.URL, "--dead-letters", queue + "letters"}, test.args...)...)
			if code != test.code || !strings.Contains(stdout+stderr, test.want) {
				t.Errorf("exit code %d, %s%s", code, stdout, stderr)
			}
			switch {
			case test.to == "" && len(sqs.moved) == 0:
			case test.to == "" || len(sqs.moved) != 1 || sqs.moved[0]["SourceArn"] != queue+"letters" || sqs.moved[0]["DestinationArn"] != queue+test.to || sqs.moved[0]["MaxNumberOfMessagesPerSecond"] != test.rate:
				t.Errorf("moved %v", sqs.moved)
			}
			if len(sqs.tasks) > 0 {
				t.Errorf("ended before %v", sqs.tasks)
			}
		})
	}
}

// What was redriven before something went wrong is told, too.
func TestRedriveTellsWhatItDid(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls > 1 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"AccessDeniedException","message":"no"}`))
			return
		}
		_, _ = w.Write([]byte(`{"redriveDate": 1764120000}`))
	}))
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	const execution = "arn:aws:states:us-east-1:111122223333:execution:pipeline:"
	code, stdout, stderr := docflowStreams("redrive", "--endpoint-url", server.URL, execution+"one", execution+"two")
	if code != exitFailure || !strings.Contains(stdout, "redriven  "+execution+"one\n") || strings.Contains(stdout, "two") || !strings.Contains(stderr, "after 1 of 2: SFN RedriveExecution: AccessDeniedException") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}

// Of many calls those that come later are tried more often, unless the user has said how often.
func TestPatience(t *testing.T) {
	for _, c := range []struct{ before, set, want int }{{0, 0, 0}, {1, 0, 10}, {1, 2, 2}} {
		o := sfn.Options{RetryMaxAttempts: c.set}
		if patient(c.before)(&o); o.RetryMaxAttempts != c.want {
			t.Errorf("%+v: %d attempts", c, o.RetryMaxAttempts)
		}
	}
}

// The errors of the Fail states of the flows are those after which a redrive would fail again.
func TestFinalErrors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "asl", "definitions", "*.asl.json"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		asl.Walk(asl.Parse(file, data).Machine, func(_ *asl.Scope, state asl.State) {
			if fail, ok := state.(*asl.FailState); ok && !slices.Contains(finalErrors, fail.Error) {
				t.Errorf("%s: %s ends with %q", file, fail.Name, fail.Error)
			}
		})
	}
}
