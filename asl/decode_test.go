package asl_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
)

// Every field of every struct of the model is read from a definition in testdata.
func TestDecodeReadsEveryField(t *testing.T) {
	seen := map[string]bool{}
	fields := map[string]bool{}
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				visit(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				visit(v.Index(i))
			}
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[asl.Origin]() || v.Type().PkgPath() != reflect.TypeFor[asl.Machine]().PkgPath() {
				return
			}
			for i := range v.NumField() {
				name := v.Type().Name() + "." + v.Type().Field(i).Name
				fields[name] = true
				if !v.Field(i).IsZero() {
					seen[name] = true
				}
				visit(v.Field(i))
			}
		}
	}
	for _, name := range []string{"every-field-jsonpath.asl.json", "every-field-jsonata.asl.json"} {
		d := asl.ParseJSON(name, readFile(t, "testdata", name))
		asl.Walk(d.Machine, func(_ *asl.Scope, s asl.State) {
			if extra := s.Common().Extra; len(extra) > 0 {
				t.Errorf("%s: state %s has the extra fields %v", name, s.Common().Name, extra)
			}
		})
		visit(reflect.ValueOf(d.Machine))
	}
	for field := range fields {
		if !seen[field] {
			t.Errorf("no definition in testdata has %s", field)
		}
	}
	if len(fields) < 100 {
		t.Errorf("only %d fields looked at", len(fields))
	}
}

func TestDecodeProblems(t *testing.T) {
	tests := []struct {
		name, state string // the state's members, or a whole definition
		problems    []string
	}{
		{"misspelt", `"Type": "Task", "Resouce": "x"`, []string{`unknown-field 1:40: "Resouce" is no field of a Task state; did you mean "Resource"?`}},
		{"swapped letters", `"Type": "Pass", "Nxet": "B"`, []string{`unknown-field 1:40: "Nxet" is no field of a Pass state; did you mean "Next"?`}},
		{"wrong case", `"Type": "Pass", "next": "B"`, []string{`unknown-field 1:40: "next" is no field of a Pass state; the names of fields are case-sensitive: write "Next"`}},
		{"suffix of templates", `"Type": "Task", "Parameters.$": "$"`, []string{`unknown-field 1:40: "Parameters.$" is no field of a Task state; did you mean "Parameters"?`}},
		{"of another state type", `"Type": "Pass", "Resource": "x"`, []string{`unknown-field 1:40: "Resource" is a field of Task states, not of a Pass state`}},
		{"of several state types", `"Type": "Wait", "Retry": []`, []string{`unknown-field 1:40: "Retry" is a field of Task, Parallel and Map states, not of a Wait state`}},
		{"of no state", `"Type": "Task", "MaxAttempts": 3`, []string{`unknown-field 1:40: "MaxAttempts" is a field of a retrier, not of a Task state`}},
		{"like nothing", `"Type": "Task", "Colour": "red"`, []string{`unknown-field 1:40: "Colour" is no field of a Task state`}},
		{"unknown state types have any field", `"Type": "Sleep", "Colour": "red"`, nil},
		{"missing type", `"Colour": "red"`, nil},
		{
			"operator", `"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEqual": "b", "Next": "B"}]`,
			[]string{`unknown-field 1:74: "StringEqual" is no field of a choice rule; did you mean "StringEquals"?`},
		},
		{
			"second operator", `"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "IsString": true}]`,
			[]string{`unknown-field 1:90: the rule compares with IsNull already; one rule has one operator`},
		},
		{"string", `"Type": "Pass", "Next": 1`, []string{`wrong-type 1:48: Next is a string, not a number`}},
		{"null", `"Type": "Pass", "Next": null`, []string{`wrong-type 1:48: Next is a string, not null`}},
		{"type", `"Type": 1`, []string{`wrong-type 1:32: Type is a string, not a number`}},
		{"boolean", `"Type": "Pass", "End": "true"`, []string{`wrong-type 1:47: End is a boolean, not a string`}},
		{"path", `"Type": "Pass", "InputPath": ["$"]`, []string{`wrong-type 1:53: InputPath is a path (a string) or null, not an array`}},
		{"number", `"Type": "Wait", "Seconds": true`, []string{`wrong-type 1:51: Seconds is a number, not a boolean`}},
		{
			"number in quotes", `"Type": "Wait", "Seconds": "10"`,
			[]string{`wrong-type 1:51: Seconds is a number, or in JSONata an expression {% … %}, not the string "10"`},
		},
		{"expression", `"Type": "Wait", "Seconds": "{% 1 %}"`, nil},
		{"expression without its end", `"Type": "Wait", "Seconds": "{% 1"`, nil}, // the checker's to say
		{"substitution", `"Type": "Wait", "Seconds": "${Seconds}"`, nil},
		{"object", `"Type": "Pass", "Assign": "x"`, []string{`wrong-type 1:50: Assign is an object, not a string`}},
		{"struct", `"Type": "Map", "ItemProcessor": []`, []string{`wrong-type 1:56: ItemProcessor is an object, not an array`}},
		{"array", `"Type": "Task", "Retry": {}`, []string{`wrong-type 1:49: Retry is an array of objects, not an object`}},
		{"item", `"Type": "Task", "Retry": [{}, 3]`, []string{`wrong-type 1:54: Retry is an array of objects; this item is a number`}},
		{"strings", `"Type": "Task", "Retry": [{"ErrorEquals": "States.ALL"}]`, []string{`wrong-type 1:66: ErrorEquals is an array of strings, not a string`}},
		{
			"string item", `"Type": "Task", "Retry": [{"ErrorEquals": ["States.ALL", 1]}]`,
			[]string{`wrong-type 1:81: ErrorEquals is an array of strings; this item is a number`},
		},
		{"states", `"Type": "Parallel", "Branches": [{"States": []}]`, []string{`wrong-type 1:68: States is an object, with a member for each state, not an array`}},
		{"legal zero values", `"Type": "Pass", "Comment": "", "End": false, "InputPath": "", "Assign": {}, "Result": null`, nil},
		{"functions of CloudFormation", `"Type": "Task", "Resource": {"Fn::If": ["C", "a", "b"]}, "TimeoutSeconds": {"Ref": "T"}, "Retry": [{"ErrorEquals": {"Fn::Split": [",", "a"]}}]`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := `{"States": {"A": {     ` + test.state + `}}}`
			d := asl.ParseJSON("", []byte(text))
			if diff := cmp.Diff(test.problems, problemTexts(d)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			for _, p := range d.Problems {
				if p.Node == nil || !strings.HasPrefix(p.Node.Location(), "/States/A/") {
					t.Errorf("problem at node %v", p.Node.Location())
				}
			}
			if want := value.MustParse(text); test.name != "functions of CloudFormation" && !value.Equal(want, d.Machine.Value()) {
				t.Errorf("something is lost: %s", value.Compact(d.Machine.Value()))
			}
		})
	}
}

func TestDecodeProblemsElsewhere(t *testing.T) {
	tests := []struct{ text, problem string }{
		{`{"Resource": "x"}`, `unknown-field 1:2: "Resource" is a field of Task states, ItemReader and ResultWriter, not of the definition`},
		{`{"StartsAt": "x"}`, `unknown-field 1:2: "StartsAt" is no field of the definition; did you mean "StartAt"?`},
		{`{"States": {"A": 1}}`, `wrong-type 1:18: the state "A" is an object, not a number`},
		{
			`{"States": {"P": {"Type": "Parallel", "Branches": [{"QueryLanguage": "JSONata"}]}}}`,
			`unknown-field 1:53: "QueryLanguage" is a field of Pass, Task, Choice, Wait, Succeed, Fail, Parallel and Map states and the definition, not of a branch`,
		},
	}
	for _, test := range tests {
		d := asl.ParseJSON("", []byte(test.text))
		if got := problemTexts(d); len(got) != 1 || got[0] != test.problem {
			t.Errorf("%s:\n got %q\nwant %q", test.text, got, test.problem)
		}
		if !value.Equal(value.MustParse(test.text), d.Machine.Value()) {
			t.Errorf("%s: something is lost: %s", test.text, value.Compact(d.Machine.Value()))
		}
	}
}

func TestDecodeFields(t *testing.T) {
	d := asl.ParseJSON("", []byte(`{
  "TimeoutSeconds": ${Timeout},
  "States": {
    "Extract": {
      "Type": "Task",
      "Resource": {"Fn::GetAtt": ["Extract", "Arn"]},
      "InputPath": null,
      "TimeoutSeconds": 6.0e1,
      "HeartbeatSeconds": "{% $beat %}",
      "Parameters": {"a": 1},
      "Next": "First",
      "Extra": [1],
      "Comment": "",
      "Next": "Second",
      "Retry": [],
      "Catch": [{"ErrorEquals": [], "Next": "B"}]
    },
    "Odd": {"Type": "Sleep", "Comment": "c", "Seconds": 1},
    "Number": 12
  }
}`))
	m := d.Machine
	if m.Source != d.Root || m.TimeoutSeconds != (asl.Number{Text: "${Timeout}"}) || len(m.States) != 3 {
		t.Fatalf("machine %+v", m)
	}
	task := m.States[0].(*asl.TaskState)
	want := &asl.TaskState{
		StateFields: asl.StateFields{Name: "Extract", Origin: asl.Origin{Extra: []value.Member{
			{Name: "Extra", Value: value.NewArray(value.Int(1))}, {Name: "Comment", Value: value.String("")},
		}}},
		Paths:            asl.Paths{InputPath: asl.NullPath},
		Resource:         "${Extract.Arn}",
		Parameters:       value.NewObject(value.Member{Name: "a", Value: value.Int(1)}),
		TimeoutSeconds:   asl.Number{Text: "6.0e1"},
		HeartbeatSeconds: asl.Number{Expression: "{% $beat %}"},
		ErrorHandling: asl.ErrorHandling{
			Retry: []asl.Retrier{},
			Catch: []asl.Catcher{{ErrorEquals: []string{}, Next: "B"}},
		},
		Transition: asl.Transition{Next: "Second"},
	}
	if diff := cmp.Diff(want, task, sameModel...); diff != "" {
		t.Errorf("task (-want +got):\n%s", diff)
	}
	if comment, ok := task.ExtraValue("Comment"); !ok || comment != value.String("") {
		t.Errorf("ExtraValue gives %v, %v", comment, ok)
	}
	if _, ok := task.ExtraValue("Next"); ok {
		t.Error("Next is in Extra")
	}
	if task.Source.Location() != "/States/Extract" || task.Catch[0].Source.Location() != "/States/Extract/Catch[0]" {
		t.Errorf("sources %s and %s", task.Source.Location(), task.Catch[0].Source.Location())
	}
	odd := &asl.UnknownState{StateFields: asl.StateFields{Name: "Odd", Comment: "c", Origin: asl.Origin{Extra: []value.Member{
		{Name: "Seconds", Value: value.Int(1)},
	}}}, TypeText: "Sleep"}
	number := &asl.UnknownState{StateFields: asl.StateFields{Name: "Number"}, NotObject: value.Int(12)}
	if diff := cmp.Diff([]asl.State{odd, number}, m.States[1:], sameModel...); diff != "" {
		t.Errorf("unknown states (-want +got):\n%s", diff)
	}
	wantProblems := []string{
		`unknown-field 12:7: "Extra" is no field of a Task state`,
		`duplicate-name 14:7: "Next" is in this object already, at 11:7; only the last one counts`,
		`wrong-type 19:15: the state "Number" is an object, not a number`,
	}
	if diff := cmp.Diff(wantProblems, problemTexts(d)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestDecodeFunctions(t *testing.T) {
	tests := []struct {
		resource, want string // want "" for "kept in Extra"
	}{
		{`{"Ref": "Function"}`, "${Function}"},
		{`{"Ref": "AWS::Region"}`, "${AWS::Region}"},
		{`{"Fn::GetAtt": "Function.Arn"}`, "${Function.Arn}"},
		{`{"Fn::GetAtt": ["Stack", "Outputs.Arn"]}`, "${Stack.Outputs.Arn}"},
		{`{"Fn::Sub": "arn:${AWS::Partition}:x"}`, "arn:${AWS::Partition}:x"},
		{`{"Fn::Sub": ["${A}", {"A": "b"}]}`, ""},
		{`{"Fn::ImportValue": "x"}`, ""},
		{`{"Ref": "a b"}`, ""},
		{`{"Fn::GetAtt": [1]}`, ""},
		{`{"Fn::GetAtt": []}`, ""},
	}
	for _, test := range tests {
		n := asl.ParseJSON("", []byte(`{"Definition": {"States": {"A": {"Type": "Task", "Resource": `+test.resource+`}}}}`)).Root.Member("Definition")
		m, problems := asl.Decode(n)
		if len(problems) > 0 {
			t.Errorf("%s: problems %v", test.resource, problems)
		}
		task := m.States[0].(*asl.TaskState)
		kept, extra := task.ExtraValue("Resource")
		if task.Resource != test.want || extra != (test.want == "") {
			t.Errorf("%s gives %q, and %v in Extra", test.resource, task.Resource, kept)
		}
	}
	if m, problems := asl.Decode(nil); m == nil || problems != nil {
		t.Errorf("no node gives %v, %v", m, problems)
	}
}
