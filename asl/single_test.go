package asl

import (
	"strings"
	"testing"
)

func TestParseState(t *testing.T) {
	for name, text := range map[string]string{
		"state.json": `{
  "Type": "Choice",
  "Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "Yes"}, {"Variable": "$.b", "IsPresent": true, "Next": "StateName"}],
  "Default": "No"
}`,
		"state.yaml": "Type: Choice\nChoices:\n  - {Variable: $.a, IsPresent: true, Next: Yes}\n  - {Variable: $.b, IsPresent: true, Next: StateName}\nDefault: No\n",
	} {
		doc := ParseState(name, []byte(text))
		for _, p := range doc.Problems {
			t.Errorf("%s: %v", name, p)
		}
		var names []string
		Walk(doc.Machine, func(_ *Scope, s State) { names = append(names, s.Common().Name+" "+string(s.Type())) })
		if got, want := strings.Join(names, ", "), "StateName Choice, No Succeed, Yes Succeed"; doc.Machine.StartAt != LoneState || got != want {
			t.Errorf("%s: starts at %q and has %s, want %s", name, doc.Machine.StartAt, got, want)
		}
		choice := doc.Machine.States[0].(*ChoiceState)
		node := choice.Choices[0].Source.Member("Next")
		if got := node.Location(); got != "/States/StateName/Choices[0]/Next" || node.Span.Start.Line != 3 {
			t.Errorf("%s: Next is at %s, line %d", name, got, node.Span.Start.Line)
		}
	}
}

func TestParseStateOfNoState(t *testing.T) {
	for text, want := range map[string]string{
		``:                                     "the text is empty",
		`[1]`:                                  `the state "StateName" is an object, not an array`,
		`{"Type": "Pass", "End": tru}`:         "1:25",
		`{"Type": "Pass", "Nxet": "A"}`:        "Nxet",
		`{"Type": "Pass", "Next": ["A", "B"]}`: "Next is a string, not an array",
	} {
		doc := ParseState("", []byte(text))
		if len(doc.Problems) == 0 || !strings.Contains(doc.Problems[0].Error(), want) {
			t.Errorf("%s: problems %v, want %q", text, doc.Problems, want)
		}
	}
}
