package aslmock

import (
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock/internal/fields"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// TestStateMock is the mock parameter of the TestState API
// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_MockInput.html):
//
//	{"result": "{\"Payload\": 1}", "fieldValidationMode": "STRICT"}
//	{"errorOutput": {"error": "Lambda.Unknown", "cause": "…"}}
type TestStateMock struct {
	Result              *string // JSON text
	ErrorOutput         *MockError
	FieldValidationMode ValidationMode // STRICT when it is not set
}

// MockError is the errorOutput of a TestStateMock. A nil field is missing.
type MockError struct {
	Error *string
	Cause *string
}

// TestState's limits, in characters.
const (
	maxMockResult = 262_144
	maxMockError  = 256
	maxMockCause  = 32_768
)

// ParseTestStateMock reads the JSON of a mock parameter. The filename is for messages.
func ParseTestStateMock(filename string, data []byte) (*TestStateMock, error) {
	r := fields.Read(filename, data)
	m := &TestStateMock{}
	text := func(what string, most int, to **string) func(*asl.Node) {
		return func(n *asl.Node) {
			var s string
			r.String(what, &s)(n)
			if utf8.RuneCountInString(s) > most {
				r.Errorf(n, "%s has more than %d characters", what, most)
			}
			*to = &s
		}
	}
	if r.Root != nil {
		r.Object(r.Root, "a mock", fields.Fields{
			"result": text("result, the JSON text of what the state's work gives,", maxMockResult, &m.Result),
			"errorOutput": func(n *asl.Node) {
				m.ErrorOutput = &MockError{}
				r.Object(n, "errorOutput", fields.Fields{
					"error": text("error", maxMockError, &m.ErrorOutput.Error), "cause": text("cause", maxMockCause, &m.ErrorOutput.Cause),
				})
			},
			"fieldValidationMode": func(n *asl.Node) {
				var mode string
				r.String("fieldValidationMode", &mode)(n)
				if !slices.Contains(ValidationModes(), mode) {
					r.Errorf(n, "fieldValidationMode is %q; it is one of %q", mode, ValidationModes())
				}
				m.FieldValidationMode = ValidationMode(mode)
			},
		})
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// Check tells whether TestState takes the mock for a state. The texts are those of its ValidationException, as recorded.
func (m *TestStateMock) Check(state asl.State) error {
	if m.Result != nil && m.ErrorOutput != nil {
		return ValidationException("A test mock should have only one of the following fields: [result, errorOutput].")
	}
	switch state.(type) {
	case *asl.TaskState, *asl.MapState, *asl.ParallelState:
	default:
		return refused("State type '%s' is not supported when a mock is specified", state.Type())
	}
	if m.Result == nil {
		return nil
	}
	result, err := value.Parse(*m.Result)
	if err != nil {
		return ValidationException("Mocked result must be valid JSON")
	}
	mode := m.FieldValidationMode
	if mode == "" {
		mode = Strict
	}
	switch s := state.(type) {
	case *asl.MapState:
		if s.ResultWriter != nil && result.Kind() != value.KindObject {
			return ValidationException("Mocked result must be a JSON object.")
		}
	case *asl.TaskState:
		if err := Validate(s.Resource, result, mode); err != nil {
			return refused("Mock result schema validation error: %v", err)
		}
	}
	return nil
}

// Outcome is what the state's work gives: a result, or a failure as an *engine.TaskError. Without either the result is {}.
func (m *TestStateMock) Outcome() (value.Value, error) {
	switch {
	case m.ErrorOutput != nil:
		failure := &engine.TaskError{}
		if m.ErrorOutput.Error != nil {
			failure.Name = *m.ErrorOutput.Error
		}
		if m.ErrorOutput.Cause != nil {
			failure.Cause = *m.ErrorOutput.Cause
		}
		return nil, failure
	case m.Result != nil:
		v, err := value.Parse(*m.Result)
		return value.Detach(v), err
	}
	return value.NewObject(), nil
}

// TestState adds the answer of a mock in the form of the TestState API, as JSON text or as a *TestStateMock.
func (m *Mock) TestState(mock any) *Mock {
	var t *TestStateMock
	switch mock := mock.(type) {
	case *TestStateMock:
		t = mock
	case string:
		parsed, err := ParseTestStateMock("mock", []byte(mock))
		if err != nil {
			m.fail("TestState: %w", err)
			return m
		}
		t = parsed
	default:
		m.fail("TestState takes JSON text or a *TestStateMock, not %T", mock)
		return m
	}
	if err := t.Check(&asl.TaskState{}); err != nil {
		m.fail("TestState: %w", err)
		return m
	}
	if t.ErrorOutput != nil {
		_, err := t.Outcome()
		var failure *engine.TaskError
		errors.As(err, &failure)
		return m.Throws(failure.Name, failure.Cause)
	}
	result, _ := t.Outcome() // valid JSON: checked above
	mode := t.FieldValidationMode
	if mode == "" {
		mode = Strict
	}
	return m.Returns(result).Validation(mode)
}
