package aslmock

import (
	"fmt"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// ValidationMode says how strictly the result of a mock is held against the API of the service that it stands for, as the
// fieldValidationMode of TestState does
// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_MockInput.html).
type ValidationMode string

// The validation modes.
const (
	Strict       ValidationMode = "STRICT"  // all required fields are there, and all fields are of their types
	Present      ValidationMode = "PRESENT" // the fields that are there are of their types
	NoValidation ValidationMode = "NONE"
)

// ValidationModes lists the modes.
func ValidationModes() []string {
	return []string{string(Strict), string(Present), string(NoValidation)}
}

// ValidationException is why TestState refuses a mock: the text of its error of that name.
type ValidationException string

func (e ValidationException) Error() string { return string(e) }

func refused(format string, args ...any) error {
	return ValidationException(fmt.Sprintf(format, args...))
}

// Validate holds the result of a mock against the API that the resource stands for; results of APIs that are not known are taken as they
// are. Texts are AWS's.
func Validate(resource string, result value.Value, mode ValidationMode) error {
	if mode == NoValidation {
		return nil
	}
	if fault, _ := engine.CheckResult(resource, result, mode == Strict); fault != "" {
		return ValidationException(fault)
	}
	return nil
}
