package check

import (
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

func TestRejection(t *testing.T) {
	for definition, want := range map[string]string{
		`{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`:                                                             "",
		`{"StartAt": "A", "States": {"A": {"Type": "Pass", "ResultPath": "$.a[*]", "End": true}, "B": {"Type": "Succeed"}}}`: "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Value is not a Reference Path at /States/A/ResultPath'",
		`{"StartAt": "A", "States": {"A": {"Type": "Parallel", "Branches": [], "End": true}}}`:                               "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/A/Branches'",
		``:   "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object'",
		`[]`: "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at /'",
	} {
		if got := Rejection(Document(asl.ParseJSON("", []byte(definition)), Options{})); got != want {
			t.Errorf("%s: got %q, want %q", definition, got, want)
		}
	}
}
