package asl

import (
	"slices"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
)

func TestSubstitute(t *testing.T) {
	const text = `{
  "Comment": "${Comment}, ${Unknown}, ${!Literal}, ${Open",
  "TimeoutSeconds": ${Timeout},
  "StartAt": "${Prefix}A",
  "States": {
    "${Prefix}A": {
      "Type": "Task",
      "Resource": "arn:aws:lambda:us-east-1:1:function:${Function}",
      "Parameters": {"n": ${Timeout}, "${Prefix}key": ["x ${Comment} y", {"untouched":  [1, 2]}]},
      "TimeoutSeconds": "${Timeout}",
      "ResultPath": "$.${Prefix}",
      "Catch": [{"ErrorEquals": ["${Comment}"], "Next": "B"}],
      "Next": "B"
    },
    "B": {
      "Type": "Choice",
      "Choices": [{"Not": {"Variable": "$.a", "StringEquals": "${Comment}"}, "Next": "C"}]
    },
    "C": {"Type": "Map", "Items": "${Comment}", "ItemProcessor": {"StartAt": "D", "States": {"D": {"Type": "${Comment}", "X": "${Comment}"}}}, "End": true}
  }
}`
	d := ParseJSON("m.asl.json", []byte(text))
	d.Machine.Substitute(map[string]string{"Comment": `a "b"`, "Timeout": "30", "Function": "f", "Prefix": "P"})
	want := `{
  "Comment": "a \"b\", ${Unknown}, ${!Literal}, ${Open",
  "TimeoutSeconds": 30,
  "StartAt": "PA",
  "States": {
    "PA": {
      "Type": "Task",
      "Resource": "arn:aws:lambda:us-east-1:1:function:f",
      "Parameters": {"n": 30, "Pkey": ["x a \"b\" y", {"untouched":  [1, 2]}]},
      "TimeoutSeconds": 30,
      "ResultPath": "$.P",
      "Catch": [{"ErrorEquals": ["a \"b\""], "Next": "B"}],
      "Next": "B"
    },
    "B": {
      "Type": "Choice",
      "Choices": [{"Not": {"Variable": "$.a", "StringEquals": "a \"b\""}, "Next": "C"}]
    },
    "C": {"Type": "Map", "Items": "a \"b\"", "ItemProcessor": {"StartAt": "D", "States": {"D": {"Type": "a \"b\"", "X": "a \"b\""}}}, "End": true}
  }
}`
	if got := value.MustParse(string(Marshal(d.Machine))); !value.Equal(value.MustParse(want), got) { // fields are printed in an order of their own
		t.Errorf("-want +got:\n%s", cmp.Diff(value.Interface(value.MustParse(want)), value.Interface(got)))
	}
	if at := d.Machine.States[0].Common().Source.Span.Start; at.Line != 6 {
		t.Errorf("the first state is in line %d now", at.Line)
	}
	d.Machine.Substitute(nil)
}

func TestParseData(t *testing.T) {
	tests := map[string]struct {
		file, text string
		problems   []ProblemKind
		want       string
	}{
		"JSON":      {"mocks.json", `{"a": [1, 2.0]}`, nil, `{"a":[1,2.0]}`},
		"YAML":      {"test.yaml", "a: &x [1, 2.0]\nb: *x\n", nil, `{"a":[1,2.0],"b":[1,2.0]}`},
		"duplicate": {"mocks.json", `{"a": 1, "a": 2}`, []ProblemKind{DuplicateName}, `{"a":2}`},
		"broken":    {"mocks.json", `{"a": }`, []ProblemKind{BrokenSyntax}, `{"a":null}`},
		"no object": {"mocks.json", `[1]`, nil, `[1]`},
		"empty":     {"test.yaml", ``, []ProblemKind{BrokenSyntax}, ``},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := ParseData(test.file, []byte(test.text))
			var kinds []ProblemKind
			for _, p := range d.Problems {
				kinds = append(kinds, p.Kind)
			}
			if !slices.Equal(kinds, test.problems) {
				t.Errorf("problems %v, want %v", d.Problems, test.problems)
			}
			if d.Machine != nil {
				t.Error("there is a machine")
			}
			got := ""
			if d.Root != nil {
				got = value.Compact(d.Root.ToValue())
			}
			if got != test.want {
				t.Errorf("read %s, want %s", got, test.want)
			}
		})
	}
}
