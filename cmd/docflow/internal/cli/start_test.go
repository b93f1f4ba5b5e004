package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/embeddeds3"
)

const testStateMachine = "arn:aws:states:us-east-1:111122223333:stateMachine:document-pipeline"

// fakeAWS answers the Step Functions operations that start needs, and passes everything else to an embedded S3.
type fakeAWS struct {
	mu      sync.Mutex
	inputs  map[string]string // by execution name
	polls   int
	outcome string // the members of DescribeExecution's answer once the execution has ended
}

func startFakeAWS(t *testing.T, outcome string) (*fakeAWS, string) {
	t.Helper()
	objects, err := embeddeds3.Start(context.Background(), "documents")
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(objects.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeAWS{inputs: map[string]string{}, outcome: outcome}
	toS3 := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AWSStepFunctions.")
		if !ok {
			toS3.ServeHTTP(w, r)
			return
		}
		var in struct{ Name, Input, ExecutionArn string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		f.answer(w, operation, in.Name, in.Input)
	}))
	t.Cleanup(func() {
		server.Close()
		if err := objects.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	return f, server.URL
}

func (f *fakeAWS) answer(w http.ResponseWriter, operation, name, input string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch operation {
	case "StartExecution":
		if _, exists := f.inputs[name]; exists {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"com.amazonaws.swf.service.v2.model#ExecutionAlreadyExists","message":"exists"}`)
			return
		}
		f.inputs[name] = input
		fmt.Fprintf(w, `{"executionArn":%q,"startDate":1.7e9}`, strings.Replace(testStateMachine, "stateMachine", "execution", 1)+":"+name)
	case "DescribeExecution":
		f.polls++
		if f.polls < 3 {
			fmt.Fprint(w, `{"status":"RUNNING"}`)
			return
		}
		fmt.Fprintf(w, `{%s}`, f.outcome)
	}
}

func start(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = Main(context.Background(), append([]string{"start", "--state-machine", testStateMachine, "--poll", "1ms"}, args...), nil, &out, &errs)
	return code, out.String(), errs.String()
}

func TestStartUploadsStartsAndWaits(t *testing.T) {
	f, endpoint := startFakeAWS(t, `"status":"SUCCEEDED","output":"{\"status\":\"COMPLETE\"}"`)
	file := filepath.Join(t.TempDir(), "報告書 1+1.txt")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := start("--endpoint-url", endpoint, "--bucket", "documents", "--prefix", "in", "--wait", "--output", "json", file)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var r startReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.Status != "SUCCEEDED" || string(r.Output) == "" || r.Key != "in/報告書 1+1.txt" || r.AlreadyStarted {
		t.Errorf("report %+v", r)
	}
	if len(f.inputs) != 1 {
		t.Fatalf("executions: %v", f.inputs)
	}
	for name, input := range f.inputs {
		if !strings.HasSuffix(r.ExecutionArn, ":"+name) || !strings.Contains(input, `"bucket":"documents"`) || !strings.Contains(input, "報告書 1+1.txt") {
			t.Errorf("execution %s has the input %s", name, input)
		}
	}

	// The same object again: the same execution, not a second one.
	code, stdout, stderr = start("--endpoint-url", endpoint, "s3://documents/in/報告書 1+1.txt")
	if code != exitOK || !strings.Contains(stderr, "already started") || strings.TrimSpace(stdout) != r.ExecutionArn || len(f.inputs) != 1 {
		t.Errorf("exit %d, stdout %s, stderr %s, executions %v", code, stdout, stderr, f.inputs)
	}
}

func TestStartAgain(t *testing.T) {
	f, endpoint := startFakeAWS(t, `"status":"SUCCEEDED"`)
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := start("--endpoint-url", endpoint, "--bucket", "documents", file); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, tc := range []struct {
		args       []string
		executions int // in all
		already    bool
	}{
		{nil, 1, true},
		{[]string{"--again"}, 2, false},
		{[]string{"--again"}, 3, false},
		{[]string{"--again", "--request-id", "ticket-1"}, 4, false},
		{[]string{"--again", "--request-id", "ticket-1"}, 4, true},
		{[]string{"--again", "--request-id", "ticket-2"}, 5, false},
	} {
		code, stdout, stderr := start(append([]string{"--endpoint-url", endpoint, "--output", "json", "s3://documents/a.txt"}, tc.args...)...)
		var r startReport
		if err := json.Unmarshal([]byte(stdout), &r); code != exitOK || err != nil {
			t.Fatalf("%q: exit %d, %s, %v", tc.args, code, stderr, err)
		}
		if len(f.inputs) != tc.executions || r.AlreadyStarted != tc.already {
			t.Errorf("%q: %d executions, report %+v", tc.args, len(f.inputs), r)
		}
		if again := len(tc.args) > 0; again != (r.RequestID != "") || again != strings.Contains(stderr, "request id "+r.RequestID) {
			t.Errorf("%q: report %+v, stderr %s", tc.args, r, stderr)
		}
	}
	inputs := map[string]bool{}
	for _, input := range f.inputs {
		inputs[input] = true
	}
	if len(inputs) != 1 {
		t.Errorf("the inputs differ: %v", inputs)
	}
}

func TestStartFailures(t *testing.T) {
	_, endpoint := startFakeAWS(t, `"status":"FAILED","error":"DocumentQuarantined","cause":"NoText"`)
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args  []string
		code  int
		words string
	}{
		{[]string{"--bucket", "documents", "--wait", file}, exitFailure, "DocumentQuarantined: NoText"},
		{[]string{"--bucket", "none", file}, exitFailure, "NoSuchBucket"},
		{[]string{"--bucket", "documents", file + "x"}, exitFailure, "no such file"},
		{[]string{"s3://documents/missing"}, exitFailure, "s3://documents/missing"},
		{[]string{"s3://documents"}, exitUsage, "is not an S3 URI"},
		{[]string{"--bucket", "documents", "--poll", "0s", file}, exitUsage, "--poll"},
		{[]string{"--bucket", "documents", "--request-id", "x", file}, exitUsage, "--again"},
	} {
		code, _, stderr := start(append([]string{"--endpoint-url", endpoint}, tc.args...)...)
		if code != tc.code || !strings.Contains(stderr, tc.words) {
			t.Errorf("%q: exit %d, stderr %s; want %d and %q", tc.args, code, stderr, tc.code, tc.words)
		}
	}
}
