package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// TestDecisions wants each kind of decision, at the location where the state stands.
func TestDecisions(t *testing.T) {
	program := compile(t, `{"StartAt": "Each", "States": {
		"Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Which", "States": {
			"Which": {"Type": "Choice", "Choices": [
				{"Variable": "$", "NumericEquals": 0, "Next": "Done"},
				{"Variable": "$", "NumericEquals": 1, "Next": "Work"}], "Default": "Done"},
			"Work": {"Type": "Task", "Resource": "work", "End": true,
				"Retry": [{"ErrorEquals": ["Other"]}, {"ErrorEquals": ["Flaky"], "MaxAttempts": 1}],
				"Catch": [{"ErrorEquals": ["Other"], "Next": "Done"}, {"ErrorEquals": ["States.ALL"], "Next": "Done"}]},
			"Done": {"Type": "Pass", "End": true}}}, "Next": "Both"},
		"Both": {"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}], "End": true}}}`)
	var got []string
	flaky := engine.HandlerFunc(func(context.Context, *engine.Call) (value.Value, error) {
		return nil, &engine.TaskError{Name: "Flaky"}
	})
	x, err := program.Run(context.Background(), value.MustParse(`[0, 1, 2]`), engine.Options{
		Seed: 1, Tasks: engine.Handlers{"work": flaky},
		OnDecision: func(d engine.Decision) { got = append(got, fmt.Sprintf("%s %s %d", d.State, d.Kind, d.Index)) },
	})
	if err != nil || x.Status != engine.Succeeded {
		t.Fatal(x, err)
	}
	const inner = "/States/Each/ItemProcessor/States/"
	for _, want := range []string{
		"/States/Each state 0", "/States/Each next 0", "/States/Both/Branches[0]/States/A next 0", "/States/Both next 0",
		inner + "Which rule 0", inner + "Which rule 1", inner + "Which default 0",
		inner + "Work retrier 1", inner + "Work catcher 1", inner + "Done next 0",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no decision %q among %q", want, got)
		}
	}
	for _, not := range []string{inner + "Work next 0", inner + "Work retrier 0", inner + "Work catcher 0"} {
		if slices.Contains(got, not) {
			t.Errorf("decision %q, which was not taken", not)
		}
	}
}
