package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// parseTestRequest reads a request of a golden test: the members of the API, but data are JSON and not JSON text.
func parseTestRequest(t *testing.T, doc *asl.Document, text []byte) *engine.TestRequest {
	t.Helper()
	var r struct {
		StateName, RoleArn string
		InspectionLevel    engine.InspectionLevel
		RevealSecrets      bool
		Mock               *struct {
			Result              json.RawMessage
			ResultText          string // of what is no JSON
			ErrorOutput         *engine.TestMockError
			FieldValidationMode string
		}
		StateConfiguration        engine.TestConfiguration
		Input, Variables, Context json.RawMessage
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		t.Fatal(err)
	}
	req := &engine.TestRequest{
		Machine: doc.Machine, StateName: r.StateName, InspectionLevel: r.InspectionLevel, RevealSecrets: r.RevealSecrets, RoleArn: r.RoleArn,
		Configuration: r.StateConfiguration, Options: engine.Options{Seed: 1, StartTime: start},
	}
	if r.Mock != nil {
		req.Mock = &engine.TestMock{Result: string(r.Mock.Result) + r.Mock.ResultText, ErrorOutput: r.Mock.ErrorOutput, FieldValidationMode: r.Mock.FieldValidationMode}
	}
	if r.Input != nil {
		req.Input = value.MustParse(string(r.Input))
	}
	for _, part := range []struct {
		text json.RawMessage
		to   **value.Object
	}{{r.Variables, &req.Variables}, {r.Context, &req.Context}} {
		if part.text != nil {
			*part.to = value.MustParse(string(part.text)).(*value.Object)
		}
	}
	return req
}

// TestStateGolden makes the calls in testdata/teststate/*.txtar: state.json or machine.json is the definition, NAME.request a request and
// NAME.response what TestState answers.
func TestStateGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/teststate/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden tests", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			responses := map[string]string{}
			for _, f := range archive.Files {
				if name, ok := strings.CutSuffix(f.Name, ".response"); ok {
					responses[name] = string(f.Data)
				}
			}
			updated := &txtar.Archive{Comment: archive.Comment}
			var doc *asl.Document
			for _, f := range archive.Files {
				if !strings.HasSuffix(f.Name, ".response") {
					updated.Files = append(updated.Files, f)
				}
				name, isRequest := strings.CutSuffix(f.Name, ".request")
				switch {
				case f.Name == "state.json":
					doc = asl.ParseState(f.Name, f.Data)
				case f.Name == "machine.json":
					doc = asl.Parse(f.Name, f.Data)
				case isRequest:
					got := answerGolden(t, parseTestRequest(t, doc, f.Data))
					updated.Files = append(updated.Files, txtar.File{Name: name + ".response", Data: []byte(got)})
					if want := responses[name]; got != want && !*update {
						t.Errorf("%s: -want +got:\n%s", name, cmp.Diff(want, got))
					}
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(updated), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func answerGolden(t *testing.T, req *engine.TestRequest) string {
	t.Helper()
	response, err := engine.TestState(context.Background(), req)
	var refused *engine.TestStateError
	switch {
	case errors.As(err, &refused):
		return refused.Error() + "\n"
	case err != nil:
		t.Fatal(err)
	}
	return value.Indent(response.Value()) + "\n"
}

// TestStateUnmocked tests a Task with a handler instead of a mock.
func TestStateUnmocked(t *testing.T) {
	const function = "arn:aws:lambda:us-east-1:123456789012:function:double"
	doc := asl.ParseState("", []byte(`{"Type": "Task", "Resource": "`+function+`", "Parameters": {"n.$": "$.n"}, "ResultPath": "$.double", "Next": "Then"}`))
	req := &engine.TestRequest{
		Machine: doc.Machine, Input: value.MustParse(`{"n": 4}`), RoleArn: "arn:aws:iam::123456789012:role/r",
		Options: engine.Options{Tasks: engine.Handlers{function: engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
			n, _ := call.Input.(*value.Object).Get("n")
			i, _ := n.(value.Number).Int()
			return value.Int(2 * i), nil
		})}},
	}
	response, err := engine.TestState(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := value.Text(response.Value()), `{"output":"{\"n\":4,\"double\":8}","nextState":"Then","status":"SUCCEEDED"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	text, err := json.Marshal(response)
	if err != nil || string(text) != value.Text(response.Value()) {
		t.Errorf("marshals as %s, %v", text, err)
	}
}

// TestStateWatchers tests that the caller hears of events and decisions, too.
func TestStateWatchers(t *testing.T) {
	doc := asl.ParseState("", []byte(`{"Type": "Pass", "End": true}`))
	var events []string
	var decisions []engine.Decision
	_, err := engine.TestState(context.Background(), &engine.TestRequest{Machine: doc.Machine, Options: engine.Options{
		OnEvent:    func(e engine.Event) { events = append(events, string(e.Type)) },
		OnDecision: func(d engine.Decision) { decisions = append(decisions, d) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(events, " "), "ExecutionStarted PassStateEntered PassStateExited ExecutionSucceeded"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	if len(decisions) != 2 || decisions[1].Kind != engine.TookNext || decisions[1].State != "/States/StateName" {
		t.Errorf("decisions %v", decisions)
	}
}

// TestStateUnchecked tests that a mock of an API whose responses are not known is told apart.
func TestStateUnchecked(t *testing.T) {
	for resource, want := range map[string]bool{
		"arn:aws:states:::aws-sdk:s3:getObject":                 false,
		"arn:aws:states:::aws-sdk:kendra:query":                 true,
		"arn:aws:states:::batch:submitJob.sync":                 true,
		"arn:aws:states:::sqs:sendMessage.waitForTaskToken":     false,
		"arn:aws:states:::http:invoke":                          false,
		"arn:aws:lambda:us-east-1:123456789012:function:f":      false,
		"arn:aws:states:us-east-1:123456789012:activity:review": false,
	} {
		doc := asl.ParseState("", []byte(`{"Type": "Task", "Resource": "`+resource+`", "End": true}`))
		response, err := engine.TestState(context.Background(), &engine.TestRequest{Machine: doc.Machine, Mock: &engine.TestMock{Result: `{"a": 1}`}})
		if err != nil {
			t.Errorf("%s: %v", resource, err)
			continue
		}
		if response.MockUnchecked != want || response.Status != engine.TestSucceeded {
			t.Errorf("%s: unchecked %v, %s", resource, response.MockUnchecked, response.Status)
		}
	}
}

func TestStateLimits(t *testing.T) {
	pass := asl.ParseState("", []byte(`{"Type": "Pass", "End": true}`)).Machine
	_, err := engine.TestState(context.Background(), &engine.TestRequest{Machine: pass, Input: value.String(strings.Repeat("x", engine.DefaultPayloadBytes))})
	var refused *engine.TestStateError
	if !errors.As(err, &refused) || refused.Code != "InvalidExecutionInput" {
		t.Errorf("an input that is too large: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := engine.TestState(ctx, &engine.TestRequest{Machine: pass}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
	// TestState takes five minutes at most.
	wait := asl.ParseState("", []byte(`{"Type": "Wait", "Seconds": 301, "End": true}`)).Machine
	started := time.Now()
	response, err := engine.TestState(context.Background(), &engine.TestRequest{Machine: wait})
	if err != nil || response.Status != engine.TestFailed || response.Error != engine.ErrorTimeout {
		t.Errorf("a wait of 301 seconds: %+v, %v", response, err)
	}
	if passed := time.Since(started); passed > time.Minute {
		t.Errorf("it took %v", passed)
	}
}
