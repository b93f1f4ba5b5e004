package check

import (
	"slices"
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

// TestCallbackTokens looks for requests that pass the token on, and for those that only look so.
func TestCallbackTokens(t *testing.T) {
	for _, c := range []struct {
		field, payload string
		passes         bool
	}{
		{"Parameters", `{"t.$": "$$.Task.Token"}`, true},
		{"Parameters", `{"deep": [{"t.$": "States.Format('{}', $$.Task.Token)"}]}`, true},
		{"Parameters", `{"context.$": "$$"}`, true},
		{"Parameters", `{"task.$": "$$.Task"}`, true},
		{"Parameters", `{"t": "${Token}"}`, true},
		{"Parameters", `{"id.$": "$$.Execution.Id"}`, false},
		{"Parameters", `{"entered.$": "$$.State.EnteredTime"}`, false},
		{"Parameters", `{"TaskToken.$": "$.TaskToken"}`, false},
		{"Parameters", `{"maxTokens": 5, "doc.$": "$.doc"}`, false},
		{"Parameters", `{"TaskToken": "please"}`, false},
		{"Arguments", `{"t": "{% $states.context.Task.Token %}"}`, true},
		{"Arguments", `"{% $merge([$states.input, {'t': $states.context.Task.Token}]) %}"`, true},
		{"Arguments", `"{% $states.context %}"`, true},
		{"Arguments", `{"c": "{% $states.context.Task %}"}`, true},
		{"Arguments", `{"c": "{% ($c := $states.context; $c.Task.Token) %}"}`, true},
		{"Arguments", `{"c": "{% $states %}"}`, true},
		{"Arguments", `{"id": "{% $states.context.Execution.Id %}"}`, false},
		{"Arguments", `{"t": "{% $states.input.taskToken %}"}`, false},
		{"Arguments", `{"t": "$states.context.Task.Token"}`, false},
		{"Arguments", `{"tokens": 5}`, false},
	} {
		definition := task("lambda:invoke.waitForTaskToken", c.field, `{"FunctionName": "f", "Payload": `+c.payload+`}`)
		found := codes(Document(asl.ParseJSON("", []byte(definition)), Options{}))
		if passes := !slices.Contains(found, "callback-without-token"); passes != c.passes {
			t.Errorf("%s: %v", c.payload, found)
		}
	}
}
