package check

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

// validationsReached is how many recorded calls have the result, and among those that AWS rejected the code, location and message, that
// AWS gave. The numbers only ever rise.
var validationsReached = struct{ result, code, location, message int }{164, 5, 4, 4}

// validation is a recorded call of ValidateStateMachineDefinition, CreateStateMachine or UpdateStateMachine.
type validation struct {
	Operation    string
	OnLocalStack bool    `json:"recorded_on_localstack"` // the words are not AWS's
	Definition   *string `json:"definition_raw"`
	Request      struct{ Type MachineType }
	Response     struct {
		Result      string
		Diagnostics []verdict
		Error       struct{ Code, Message string }
	}
}

// verdict is what AWS says of a definition: nothing when all fields are empty.
type verdict struct{ Code, Location, Message string }

func (v verdict) String() string {
	if v == (verdict{}) {
		return "accepted"
	}
	return fmt.Sprintf("%s at %q: %q", v.Code, v.Location, v.Message)
}

// rejection is how CreateStateMachine words a verdict.
var rejection = regexp.MustCompile(`(?s)^Invalid State Machine Definition: '([A-Z_]+): (.*) at (\S+)'$`)

// recorded is the verdict of AWS. A call that was refused for something else than its definition counts as accepted.
func (v *validation) recorded() verdict {
	switch {
	case len(v.Response.Diagnostics) > 0:
		return v.Response.Diagnostics[0]
	case v.Response.Error.Code != "InvalidDefinition":
		return verdict{}
	}
	if m := rejection.FindStringSubmatch(v.Response.Error.Message); m != nil {
		return verdict{Code: m[1], Message: m[2], Location: m[3]}
	}
	return verdict{Code: v.Response.Error.Code, Message: v.Response.Error.Message}
}

// concrete gives the placeholders of a recording a form that may stand in a definition.
var concrete = strings.NewReplacer("<partition>", "aws", "<region>", "us-east-1", "<", "", ">", "")

// found is the verdict of this package: its first finding that AWS has too.
func (v *validation) found() verdict {
	text := *v.Definition
	if !v.OnLocalStack { // else the definition is about the characters < and >
		text = concrete.Replace(text)
	}
	for _, d := range Document(asl.ParseJSON("", []byte(text)), Options{Type: v.Request.Type}) {
		if d.Severity == Error && d.AWSCode != "" {
			return verdict{d.AWSCode, d.Location, d.AWSMessage}
		}
	}
	return verdict{}
}

// recordings is the folder with the recordings; without one the test is skipped.
func recordings(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("DOCFLOW_CONFORMANCE")
	if dir == "" {
		t.Skip("DOCFLOW_CONFORMANCE names no folder with recordings of AWS")
	}
	return dir
}

// TestConformance compares verdicts with those that AWS was recorded to give. DOCFLOW_CONFORMANCE is the folder with the recordings;
// DOCFLOW_CONFORMANCE_MISSES, a file, gets a line more for each call that is judged otherwise.
func TestConformance(t *testing.T) {
	dir := recordings(t)
	var calls, rejected int
	reached := validationsReached
	reached.result, reached.code, reached.location, reached.message = 0, 0, 0, 0
	var misses []string
	for _, file := range files(t, filepath.Join(dir, "validation", "*.json")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v validation
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if v.Definition == nil {
			continue // the call was not about a definition
		}
		calls++
		want, got := v.recorded(), v.found()
		sameResult := (want == verdict{}) == (got == verdict{})
		if sameResult {
			reached.result++
		}
		same := sameResult
		if want != (verdict{}) && !v.OnLocalStack {
			rejected++
			for _, part := range []struct {
				count     *int
				want, got string
			}{{&reached.code, want.Code, got.Code}, {&reached.location, want.Location, got.Location}, {&reached.message, want.Message, got.Message}} {
				if part.want == part.got {
					*part.count++
				} else {
					same = false
				}
			}
		}
		if !same {
			misses = append(misses, fmt.Sprintf("%s %s: want %v, got %v", filepath.Base(file), v.Operation, want, got))
		}
	}
	t.Logf("%d calls: %d with the same result; of %d rejected ones %d with the same code, %d location, %d message",
		calls, reached.result, rejected, reached.code, reached.location, reached.message)
	for _, miss := range misses {
		t.Log(miss)
	}
	if name := os.Getenv("DOCFLOW_CONFORMANCE_MISSES"); name != "" {
		f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fmt.Fprintln(f, strings.Join(misses, "\n"))
	}
	least := validationsReached
	if reached.result < least.result || reached.code < least.code || reached.location < least.location || reached.message < least.message {
		t.Errorf("got %+v, which were %+v before", reached, least)
	}
}

// Definitions that AWS ran have no fault that AWS rejects.
func TestExecutedDefinitions(t *testing.T) {
	for _, file := range files(t, filepath.Join(recordings(t), "cases", "*.json")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Definition json.RawMessage
			Type       MachineType
			Status     string
		}
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, d := range Document(asl.ParseJSON("", []byte(concrete.Replace(string(c.Definition)))), Options{Type: c.Type}) {
			if d.Severity == Error && (d.AWSCode != "" || c.Status != "FAILED") { // that it ran and failed is what the others tell
				t.Errorf("%s: %s: %s", filepath.Base(file), d.Location, d.Message)
			}
		}
	}
}
