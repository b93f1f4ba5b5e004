package aslmock_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// What TestState was recorded to say of mocked results.
func TestValidate(t *testing.T) {
	const prefix = "arn:aws:states:::"
	tests := []struct {
		resource, result string
		strict, present  string // what they say; empty for nothing
	}{
		{"states:startExecution", `{}`, "Required field 'ExecutionArn' is missing", ""},
		{"states:startExecution", `{"executionArn": "a", "startDate": "d"}`, "Required field 'ExecutionArn' is missing", ""},
		{"states:startExecution", `{"ExecutionArn": "a", "StartDate": true}`, "Field 'StartDate' must be a string", "Field 'StartDate' must be a string"},
		{"states:startExecution", `{"ExecutionArn": "a", "StartDate": "d", "more": 1}`, "", ""},
		{"aws-sdk:sfn:startExecution", `{}`, "Required field 'ExecutionArn' is missing", ""},
		{"lambda:invoke", `{"StatusCode": "200"}`, "Field 'StatusCode' must be a number", "Field 'StatusCode' must be a number"},
		{"lambda:invoke", `{"Payload": {"any": ["thing"]}, "StatusCode": 200, "SdkHttpMetadata": {"HttpStatusCode": 200}}`, "", ""},
		{"aws-sdk:lambda:invoke", `{"StatusCode": []}`, "Field 'StatusCode' must be a number", "Field 'StatusCode' must be a number"},
		{"dynamodb:putItem", `{"ConsumedCapacity": {"CapacityUnits": "1"}}`, "Field 'CapacityUnits' must be a number", "Field 'CapacityUnits' must be a number"},
		{"aws-sdk:dynamodb:getItem", `{"Item": {"id": {"S": "a"}, "n": {"N": "1"}, "l": {"L": [{"BOOL": true}, {"M": {"x": {"NULL": true}}}]}}}`, "", ""},
		{"dynamodb:getItem", `{"Item": {"n": {"N": 1}}}`, "Field 'N' must be a string", "Field 'N' must be a string"},
		{"dynamodb:getItem", `{"Item": {"l": {"L": [{"BOOL": "x"}]}}}`, "Field 'BOOL' must be a boolean", "Field 'BOOL' must be a boolean"},
		{"aws-sdk:s3:getObject", `{"ContentLength": "9000"}`, "Field 'ContentLength' must be a number", "Field 'ContentLength' must be a number"},
		{"aws-sdk:s3:getObject", `{"StorageClass": "Papyrus"}`, "Field 'StorageClass' is not an expected value", "Field 'StorageClass' is not an expected value"},
		{"aws-sdk:s3:getObject", `{"Metadata": {"a": 1}}`, "Field 'Metadata' must be a string", "Field 'Metadata' must be a string"},
		{"aws-sdk:s3:getObject", `{"Metadata": []}`, "Field 'Metadata' must be an object", "Field 'Metadata' must be an object"},
		{"aws-sdk:lambda:getFunction", `{"Configuration": {"MemorySize": 127}}`, "Field 'MemorySize' is less than the minimum value", "Field 'MemorySize' is less than the minimum value"},
		{"aws-sdk:lambda:getFunction", `{"Configuration": {"MemorySize": 10241}}`, "Field 'MemorySize' exceeds the maximum value", "Field 'MemorySize' exceeds the maximum value"},
		{"aws-sdk:lambda:getFunction", `{"Configuration": {"MemorySize": "x"}}`, "Field 'MemorySize' must be a number", "Field 'MemorySize' must be a number"},
		{"events:putEvents", `{"Entries": "x"}`, "Field 'Entries' must be an array", "Field 'Entries' must be an array"},
		{"events:putEvents", `{"Entries": [{"EventId": "a"}, {"EventId": ["b"]}]}`, "Field 'EventId' must be a string", "Field 'EventId' must be a string"},
		{"events:putEvents", `{"random": "json"}`, "", ""},
		{"bedrock:invokeModel", `{"Body": {}}`, "Required field 'ContentType' is missing", ""},
		{"aws-sdk:bedrockruntime:invokeModel", `{"Body": "{}", "ContentType": 1}`, "Field 'ContentType' must be a string", "Field 'ContentType' must be a string"},
		{"lambda:invoke", `[]`, "Mocked result must be a JSON object.", "Mocked result must be a JSON object."},
		{"lambda:invoke.waitForTaskToken", `[]`, "", ""}, // what SendTaskSuccess gave
		{"states:startExecution.sync:2", `{}`, "Required field 'ExecutionArn' is missing", ""},
		{"ecs:runTask.sync", `[]`, "", ""},
		{"aws-sdk:unknown:api", `[]`, "", ""},
		{"nothing", `[]`, "", ""},
	}
	for _, test := range tests {
		for mode, want := range map[aslmock.ValidationMode]string{aslmock.Strict: test.strict, aslmock.Present: test.present, aslmock.NoValidation: ""} {
			got := ""
			if err := aslmock.Validate(prefix+test.resource, value.MustParse(test.result), mode); err != nil {
				got = err.Error()
			}
			if got != want {
				t.Errorf("%s %s, %s: got %q, want %q", test.resource, test.result, mode, got, want)
			}
		}
	}
	for _, resource := range []string{"arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws:states:us-east-1:123456789012:activity:a", "${Function}"} {
		if err := aslmock.Validate(resource, value.Null{}, aslmock.Strict); err != nil {
			t.Errorf("%s: %v", resource, err)
		}
	}
}

func TestTestStateMock(t *testing.T) {
	lambda := &asl.TaskState{Resource: "arn:aws:states:::lambda:invoke"}
	tests := map[string]struct {
		mock  string
		state asl.State
		want  string
	}{
		"result":         {`{"result": "{\"Payload\": 1}"}`, lambda, ``},
		"error":          {`{"errorOutput": {"error": "E", "cause": "c"}}`, lambda, ``},
		"nothing":        {`{}`, lambda, ``},
		"both":           {`{"result": "{}", "errorOutput": {"error": "E"}}`, lambda, `A test mock should have only one of the following fields: [result, errorOutput].`},
		"no JSON":        {`{"result": "not JSON", "fieldValidationMode": "NONE"}`, lambda, `Mocked result must be valid JSON`},
		"strict default": {`{"result": "{\"StatusCode\": \"200\"}"}`, lambda, `Mock result schema validation error: Field 'StatusCode' must be a number`},
		"strict":         {`{"result": "{}", "fieldValidationMode": "STRICT"}`, &asl.TaskState{Resource: "arn:aws:states:::states:startExecution"}, `Mock result schema validation error: Required field 'ExecutionArn' is missing`},
		"present":        {`{"result": "{}", "fieldValidationMode": "PRESENT"}`, &asl.TaskState{Resource: "arn:aws:states:::states:startExecution"}, ``},
		"none":           {`{"result": "{\"StatusCode\": \"200\"}", "fieldValidationMode": "NONE"}`, lambda, ``},
		"Pass":           {`{"result": "{}"}`, &asl.PassState{}, `State type 'Pass' is not supported when a mock is specified`},
		"Fail":           {`{"errorOutput": {"error": "E"}}`, &asl.FailState{}, `State type 'Fail' is not supported when a mock is specified`},
		"Map":            {`{"result": "[1]"}`, &asl.MapState{}, ``},
		"Parallel":       {`{"result": "[1]"}`, &asl.ParallelState{}, ``},
		"ResultWriter":   {`{"result": "[1]"}`, &asl.MapState{ResultWriter: &asl.ResultWriter{}}, `Mocked result must be a JSON object.`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := aslmock.ParseTestStateMock("mock.json", []byte(test.mock))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := m.Check(test.state); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	faults := map[string]string{
		`{"result": {}}`:                  `mock.json:1:12: result, the JSON text of what the state's work gives, is a string, not an object`,
		`{"fieldValidationMode": "LAX"}`:  `mock.json:1:25: fieldValidationMode is "LAX"; it is one of ["STRICT" "PRESENT" "NONE"]`,
		`{"errorOutput": {"Error": "E"}}`: `mock.json:1:18: errorOutput has no field "Error"; did you mean "error"?`,
		`{"errorOutput": "E"}`:            `errorOutput is an object, not a string`,
		`{"results": "1"}`:                `a mock has no field "results"; did you mean "result"?`,
		`[`:                               `mock.json:1:`,
		`{"errorOutput": {"error": "` + strings.Repeat("é", 257) + `"}}`: `error has more than 256 characters`,
	}
	for text, want := range faults {
		if _, err := aslmock.ParseTestStateMock("mock.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %s", text, err, want)
		}
	}
	one := "E"
	_, err := (&aslmock.TestStateMock{ErrorOutput: &aslmock.MockError{Error: &one}}).Outcome()
	var failure *engine.TaskError
	if !errors.As(err, &failure) || failure.Name != "E" || failure.Cause != "" {
		t.Errorf("the outcome is %v", err)
	}
	if v, err := (&aslmock.TestStateMock{}).Outcome(); err != nil || value.Text(v) != "{}" {
		t.Errorf("the outcome is %v, %v", v, err)
	}
}
