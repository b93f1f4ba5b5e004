package engine_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/docflow-asl/docflow/asl/engine"
)

func TestCompileProblems(t *testing.T) {
	for _, test := range []struct {
		name, definition string
		want             []string // state and field of each problem
	}{
		{"nothing", `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`, nil},
		{"start", `{"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}`, []string{"/StartAt"}},
		{
			"all at once", `{"StartAt": "A", "States": {
			"A": {"Type": "Pass", "InputPath": "$.", "Parameters": {"x.$": "y", "z.$": 1}, "ResultPath": "$.*", "Next": "Nowhere"},
			"B": {"Type": "Pass"}}}`,
			[]string{"A/InputPath", "A/ResultPath", "A/Parameters.x.$", "A/Parameters.z.$", "A/Next", "B/Next"},
		},
		{"deep", `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "A", "States": {
			"A": {"Type": "Pass", "OutputPath": "x", "End": true}}}]}}}`, []string{"A/OutputPath"}},
		{
			"choice", `{"StartAt": "C", "States": {"C": {"Type": "Choice", "Default": "D", "Choices": [
			{"Variable": "$.a", "NumericEqualsPath": "b", "Next": "E"}, {"And": [{"Variable": "$[", "IsNull": true}], "Next": "C"}]}}}`,
			[]string{"C/Choices[0].NumericEqualsPath", "C/Choices[0].Next", "C/Choices[1].And.Variable", "C/Default"},
		},
		{"intrinsic", `{"StartAt": "A", "States": {"A": {"Type": "Fail", "CausePath": "States.Nothing()"}}}`, []string{"A/CausePath"}},
		{
			"retry", `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:x", "End": true,
			"Retry": [{"ErrorEquals": ["X"], "BackoffRate": 0.5, "IntervalSeconds": -1, "JitterStrategy": "SOME"}],
			"Catch": [{"ErrorEquals": ["X"], "Next": "B"}]}}}`,
			[]string{"A/Retry[0].IntervalSeconds", "A/Retry[0].BackoffRate", "A/Retry[0].JitterStrategy", "A/Catch[0].Next"},
		},
		{"wait", `{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": true}}}`, []string{"A/Seconds"}},
		{
			"map", `{"StartAt": "A", "States": {"A": {"Type": "Map", "End": true, "ItemReader": {"Resource": "r"}}}}`,
			[]string{"A/ItemReader", "A/ItemProcessor"},
		},
		{
			"jsonata", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {
			"A": {"Type": "Pass", "QueryLanguage": "JSONPath", "Next": "B"},
			"B": {"Type": "Pass", "QueryLanguage": "jq", "Next": "C"},
			"C": {"Type": "Task", "Resource": "arn:x", "InputPath": "$.a", "Parameters": {}, "ResultPath": null,
				"Arguments": {"a": ["{% 1 + %}", {"b": "{% foo %}"}], "c": "{% 1"}, "TimeoutSeconds": "{% $$ %}", "Next": "D"},
			"D": {"Type": "Choice", "Choices": [{"Condition": 1, "Next": "E"}, {"Variable": "$.a", "Next": "E"}]},
			"E": {"Type": "Wait", "SecondsPath": "$.a", "End": true}}}`,
			[]string{
				"A/QueryLanguage", "B/QueryLanguage", "C/InputPath", "C/Parameters", "C/ResultPath", "C/Arguments/a[0]", "C/Arguments/a[1]/b",
				"C/Arguments/c", "C/TimeoutSeconds", "D/Choices[0].Condition", "D/Choices[1].Variable", "D/Choices[1].Condition", "E/SecondsPath",
			},
		},
		{"jsonata field", `{"StartAt": "A", "States": {"A": {"Type": "Succeed", "Output": 1}}}`, []string{"A/Output"}},
		{"timeout", `{"TimeoutSeconds": -1, "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`, []string{"/TimeoutSeconds"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := engine.Compile(parseLoosely(t, test.definition))
			var compileError *engine.CompileError
			if errors.As(err, &compileError) != (len(test.want) > 0) {
				t.Fatalf("got error %v, want %d problems", err, len(test.want))
			}
			var got []string
			if compileError != nil {
				for _, p := range compileError.Problems {
					if p.Message == "" {
						t.Errorf("%s/%s has no message", p.State, p.Field)
					}
					got = append(got, p.State+"/"+p.Field)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q\n%v", got, test.want, err)
			}
		})
	}
}
