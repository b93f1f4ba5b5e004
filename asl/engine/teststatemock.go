package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/internal/apishape"
	"github.com/docflow-asl/docflow/asl/value"
)

// validate refuses what AWS refuses. Messages that are not marked as assumptions were recorded on AWS, or are in LocalStack as such.
func (test *stateTest) validate() error {
	if !slices.Contains([]InspectionLevel{"", InspectInfo, InspectDebug, InspectTrace}, test.InspectionLevel) {
		return invalidTest("inspectionLevel must be one of: [INFO, DEBUG, TRACE]") // assumed
	}
	if err := test.validateConfiguration(); err != nil {
		return err
	}
	if test.Mock == nil {
		return test.validateUnmocked()
	}
	if err := test.validateMock(); err != nil {
		return err
	}
	return validateContext(test.Context)
}

func (test *stateTest) validateUnmocked() error {
	if test.state.groups != nil {
		return &TestStateError{"InvalidDefinition", "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"}
	}
	if test.Context != nil {
		return invalidTest("A Context object can only be specified when a mock is specified") // assumed; that it is refused is documented
	}
	task := test.state.task
	if task == nil {
		return nil
	}
	switch r := &task.resource; {
	case r.kind == activity: // assumed; that these need a mock is documented
		return &TestStateError{"InvalidDefinition", "TestState API does not support Activity tasks when a mock is not specified"}
	case r.submits:
		return &TestStateError{"InvalidDefinition", "TestState API does not support '.sync' or '.waitForTaskToken' integration patterns."}
	case test.RoleArn == "":
		return invalidTest("RoleArn must be specified when testing a Task state")
	}
	return nil
}

// validateConfiguration looks at what a state's type does not need to be known for. All messages are assumptions.
func (test *stateTest) validateConfiguration() error {
	c := &test.Configuration
	if c.RetrierRetryCount < 0 || c.MapIterationFailureCount < 0 {
		return invalidTest("retrierRetryCount and mapIterationFailureCount must be at least 0")
	}
	if (c.MapIterationFailureCount > 0 || c.MapItemReaderData != "") && test.state.kind != asl.TypeMap {
		return invalidTest("mapIterationFailureCount and mapItemReaderData can only be specified for a Map state")
	}
	if c.ErrorCausedByState == "" {
		return nil
	}
	if test.state.groups == nil || test.Mock == nil || test.Mock.ErrorOutput == nil {
		return invalidTest("errorCausedByState can only be specified when an error is mocked for a Map or Parallel state")
	}
	within := map[string]*state{}
	(&graph{states: map[string]*state{"": test.state}}).collect(within)
	for _, s := range within {
		if s != test.state && s.name == c.ErrorCausedByState {
			return nil
		}
	}
	return invalidTest("State '%s' not found in the %s state", c.ErrorCausedByState, test.state.kind)
}

func (test *stateTest) validateMock() error {
	mock := test.Mock
	mode := cmp.Or(mock.FieldValidationMode, "STRICT")
	switch {
	case test.state.task == nil && test.state.groups == nil:
		return invalidTest("State type '%s' is not supported when a mock is specified", test.state.kind)
	case test.RevealSecrets:
		return invalidTest("TestState does not support RevealSecrets when a mock is specified.")
	case mock.Result != "" && mock.ErrorOutput != nil:
		return invalidTest("A test mock should have only one of the following fields: [result, errorOutput].")
	case mode != "STRICT" && mode != "PRESENT" && mode != "NONE":
		return invalidTest("fieldValidationMode must be one of: [STRICT, PRESENT, NONE]") // assumed
	case mock.Result == "" && mock.ErrorOutput == nil:
		return invalidTest("A test mock should have one of the following fields: [result, errorOutput].") // assumed
	case mock.ErrorOutput != nil:
		return nil
	}
	result, err := value.Parse(mock.Result)
	if err != nil {
		return invalidTest("Mocked result must be valid JSON")
	}
	test.mocked = result
	switch s := test.model.(type) {
	case *asl.MapState:
		if s.ResultWriter != nil {
			return mustBe(result, value.KindObject, "Mocked result must be a JSON object.")
		}
		return mustBe(result, value.KindArray, "Mocked result must be an array.")
	case *asl.ParallelState:
		if a, ok := result.(*value.Array); ok && a.Len() != len(s.Branches) {
			return invalidTest("Mocked result must contain the same number of items as number of Parallel branches.")
		}
		return mustBe(result, value.KindArray, "Mocked result must be an array.")
	}
	if mode == "NONE" {
		return nil
	}
	return test.validateResponse(result, mode == "STRICT")
}

func mustBe(v value.Value, kind value.Kind, message string) error {
	if v.Kind() == kind {
		return nil
	}
	return invalidTest("%s", message)
}

// validateResponse holds a mocked result against the response of the API that the task calls. Members that the API does not have are allowed.
func (test *stateTest) validateResponse(result value.Value, strict bool) error {
	r := &test.state.task.resource
	if r.answersAnything() {
		return nil
	}
	fault, known := CheckResult(r.arn, result, strict)
	test.response.MockUnchecked = !known
	switch {
	case fault == "":
		return nil
	case result.Kind() != value.KindObject:
		return invalidTest("%s", fault)
	}
	return invalidTest("Mock result schema validation error: %s", fault)
}

// answersAnything tells whether a mocked result is not held against any API: that of a function, of a worker, or of who has the token.
func (r *resource) answersAnything() bool {
	return r.kind != integration || r.token || unchecked[r.service]
}

// unchecked are the services that AWS documents not to check mocks of.
var unchecked = map[string]bool{"http": true, "apigateway": true, "eks": true}

// optimized are the services of optimized integrations whose SDK integration has another name.
var optimized = map[string]string{"states": "sfn", "events": "eventbridge", "bedrock": "bedrockruntime"}

// parsed are members of responses that are text in the API, and that an optimized integration parses or hands on as it is.
var parsed = map[string]string{"lambda:invoke": "Payload", "bedrock:invokeModel": "Body", "states:startExecution.sync:2": "Output"}

// responseOf finds the response of what a task calls. Of a job that runs until it is done it is what its state is asked for with
// (documented).
func responseOf(r *resource) (*apishape.Response, bool) {
	operation, pattern, _ := strings.Cut(r.api, ".")
	if service, ok := strings.CutPrefix(r.service, "aws-sdk:"); ok {
		return apishape.Find(service, operation)
	}
	service := cmp.Or(optimized[r.service], r.service)
	if strings.HasPrefix(pattern, "sync") {
		if service != "sfn" || operation != "startExecution" {
			return nil, false
		}
		operation = "describeExecution"
	}
	return apishape.Find(service, operation, parsed[r.service+":"+r.api])
}

// CheckResult tells what TestState finds wrong with a mocked result of a resource, in its words; "" when nothing is. With strict, what the
// API requires must be there. known is false for resources whose answers are not known, such as Lambda functions.
func CheckResult(arn string, result value.Value, strict bool) (fault string, known bool) {
	r := parseResource(arn)
	if r.answersAnything() {
		return "", false
	}
	response, known := responseOf(&r)
	if !known {
		return "", false
	}
	o, ok := result.(*value.Object)
	if !ok {
		return "Mocked result must be a JSON object.", true
	}
	return response.Check(o, strict), true
}

// contextFields are what the context object may hold, and of which type.
var contextFields = map[string]map[string]value.Kind{
	"Execution": {
		"Id": value.KindString, "Input": value.KindNull, "Name": value.KindString, "RoleArn": value.KindString, "StartTime": value.KindString,
		"RedriveCount": value.KindNumber, "RedriveTime": value.KindString,
	},
	"State":        {"EnteredTime": value.KindString, "Name": value.KindString, "RetryCount": value.KindNumber},
	"StateMachine": {"Id": value.KindString, "Name": value.KindString},
	"Task":         {"Token": value.KindString},
}

// validateContext refuses context objects that AWS refuses. KindNull stands for any type: Input may be anything.
func validateContext(object *value.Object) error {
	invalid := func(format string, args ...any) error {
		return invalidTest("Invalid Context object provided: "+format, args...)
	}
	if object == nil {
		return nil
	}
	for _, part := range object.Members() {
		fields := contextFields[part.Name]
		switch {
		case part.Name == "Map":
			return invalid("'Map' field is not supported when mocking a Context object")
		case fields == nil:
			return invalid("Field '%s' is not allowed", part.Name)
		}
		members, ok := part.Value.(*value.Object)
		if !ok {
			return invalid("%s must be an object", part.Name)
		}
		for _, m := range members.Members() {
			kind, ok := fields[m.Name]
			if !ok {
				return invalid("Field '%s' is not allowed", m.Name)
			}
			if kind == value.KindNull || m.Value.Kind() == kind {
				continue
			}
			what := "a string"
			if kind == value.KindNumber {
				what = "an integer"
			}
			return invalid("%s.%s must be %s", part.Name, m.Name, what)
		}
	}
	return nil
}
