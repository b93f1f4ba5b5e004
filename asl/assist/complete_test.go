package assist

import (
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/intrinsic"
	"github.com/docflow-asl/docflow/asl/jsonata"
)

// open takes the cursor, ¦, out of a text and gives the text's view.
func open(t testing.TB, filename, marked string) (*View, int) {
	t.Helper()
	offset := strings.Index(marked, "¦")
	text := strings.Replace(marked, "¦", "", 1)
	return New(asl.Parse(filename, []byte(text)), check.Options{}), offset
}

func labels(list []Candidate) []string {
	var names []string
	for _, c := range list {
		names = append(names, c.Label)
	}
	return names
}

func find(t testing.TB, list []Candidate, label string) Candidate {
	t.Helper()
	i := slices.IndexFunc(list, func(c Candidate) bool { return c.Label == label })
	if i < 0 {
		t.Fatalf("no candidate %q in %q", label, labels(list))
	}
	return list[i]
}

// TestComplete: for each text, some labels, one of which is chosen, and the text that this gives (as far as it matters).
func TestComplete(t *testing.T) {
	const machine = `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Bee"}, "Bee": {"Type": "Succeed"}, `
	tests := []struct {
		name, file, text string
		want             string // labels that must be there, in this order, with blanks between
		not              string // labels that must not
		choose, gives    string // a part of the text after the choice
	}{
		{"Next, closed string", "a.json", machine + `"C": {"Type": "Pass", "Next": "B¦"}}}`, "A Bee C", "Pass", "Bee", `"Next": "Bee"}}}`},
		{"Next, a word after the cursor", "a.json", machine + `"C": {"Type": "Pass", "Next": "B¦xx"}}}`, "Bee", "", "Bee", `"Next": "Bee"}}}`},
		{"Next, no closing quote at the end of the line", "a.json", machine + "\"C\": {\"Type\": \"Pass\", \"Next\": \"B¦\n}}}", "Bee", "", "Bee", "\"Next\": \"Bee\"\n}}}"},
		{"Next, no closing quote in one line", "a.json", `{"StartAt": "A", "States": {"A": {"Next": "¦, "Type": "Pass"}, "Bee": {"Type": "Succeed"}}}`, "Bee A", "", "Bee", `{"Next": "Bee", "Type"`},
		{"Next, nothing there", "a.json", machine + `"C": {"Type": "Pass", "Next": ¦}}}`, "A Bee C", "", "Bee", `"Next": "Bee"}}}`},
		{"Next, nothing there and more on the next line", "a.json", machine + "\"C\": {\"Type\": \"Pass\", \"Next\": ¦\n  \"Comment\": \"x\"}}}", "Bee", "", "Bee", "\"Next\": \"Bee\"\n"},
		{"Next, bare word", "a.json", machine + `"C": {"Type": "Pass", "Next": Be¦}}}`, "Bee", "", "Bee", `"Next": "Bee"}}}`},
		{"Next, the text ends there", "a.json", machine + `"C": {"Type": "Pass", "Next": "¦`, "A Bee", "", "Bee", `"Next": "Bee"`},
		{"StartAt", "a.json", `{"StartAt": "¦", "States": {"A": {"Type": "Pass", "End": true}}}`, "A", "", "A", `"StartAt": "A"`},
		{"Default and inner Next are of the scope", "a.json", machine + `"M": {"Type": "Map", "ItemProcessor": {"StartAt": "X", "States": {"X": {"Type": "Choice", "Choices": [{"Next": "Y"}], "Default": "¦"}, "Y": {"Type": "Succeed"}}}, "End": true}}}`, "Y X", "A Bee M", "", ""},
		{"StartAt of a branch", "a.json", machine + `"P": {"Type": "Parallel", "Branches": [{"StartAt": "¦", "States": {"X": {"Type": "Succeed"}}}], "End": true}}}`, "X", "A", "", ""},
		{"Next of a rule", "a.json", machine + `"C": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "¦"}]}}}`, "A Bee C", "", "", ""},
		{"Next of a catcher", "a.json", machine + `"C": {"Type": "Task", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "¦"}]}}}`, "A Bee C", "", "", ""},
		{"no states in a payload's Next", "a.json", machine + `"C": {"Type": "Pass", "Parameters": {"Next": "¦"}}}}`, "", "A Bee", "", ""},
		{"fields", "a.json", machine + `"C": {"Type": "Task", "Re¦"}}}`, "Resource Parameters ResultSelector ResultPath Retry", "Type Arguments Choices", "Resource", `"Type": "Task", "Resource": }}}`},
		{"fields, nothing there", "a.json", machine + `"C": {"Type": "Wait", ¦}}}`, "Seconds SecondsPath Next End", "Type Resource", "Seconds", `"Type": "Wait", "Seconds": }`},
		{"fields, with a comma missing", "a.json", machine + "\"C\": {\"Type\": \"Wait\"\n ¦\n\"Next\": \"A\"}}}", "Seconds", "Next", "", ""},
		{"fields of JSONata", "a.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "¦": 1}}}`, "Resource Arguments Output", "Parameters ResultPath", "Arguments", `"Type": "Task", "Arguments": 1`},
		{"fields without a type", "a.json", machine + `"C": {"¦"}}}`, "Type Comment QueryLanguage", "Resource", "Type", `"C": {"Type": }`},
		{"fields of the machine", "a.json", `{"¦"}`, "StartAt States Comment QueryLanguage", "ProcessorConfig Next", "", ""},
		{"fields of a processor", "a.json", machine + `"M": {"Type": "Map", "ItemProcessor": {"¦"}}}}`, "StartAt States ProcessorConfig", "Version", "", ""},
		{"fields of a retrier", "a.json", machine + `"C": {"Type": "Task", "Retry": [{"ErrorEquals": ["States.ALL"], "¦"}]}}}`, "IntervalSeconds MaxAttempts BackoffRate JitterStrategy", "Next", "", ""},
		{"fields of a rule", "a.json", machine + `"C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "Is¦"}]}}}`, "Next IsPresent", "Variable Condition", "", ""},
		{"names of states that are led to", "a.json", `{"StartAt": "First", "States": {"A": {"Type": "Pass", "Next": "Second"}, "¦"}}`, "First Second", "A", "Second", `"Second": }`},
		{"types", "a.json", machine + `"C": {"Type": "¦"}}}`, "Task Pass Choice Wait Parallel Map Succeed Fail", "A", "Map", `"Type": "Map"`},
		{"words of a field", "a.json", machine + `"C": {"Type": "Task", "Retry": [{"JitterStrategy": "¦"}]}}}`, "NONE FULL", "", "FULL", `"JitterStrategy": "FULL"`},
		{"true", "a.json", machine + `"C": {"Type": "Pass", "End": tr¦}}}`, "true", "false", "true", `"End": true}}}`},
		{"errors", "a.json", machine + `"F": {"Type": "Fail", "Error": "Mine"}, "C": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Retry": [{"ErrorEquals": ["¦"]}]}}}`, "Lambda.ServiceException States.ALL Mine", "A", "States.Timeout", `["States.Timeout"]`},
		{"errors, no lambda", "a.json", machine + `"C": {"Type": "Task", "Catch": [{"ErrorEquals": [¦]}]}}}`, "States.ALL", "Lambda.ServiceException", "States.ALL", `["States.ALL"]`},
		{"integrations", "a.json", machine + `"C": {"Type": "Task", "Resource": "arn:¦"}}}`, "arn:aws:states:::bedrock:invokeModel arn:aws:states:::lambda:invoke", "A", "arn:aws:states:::lambda:invoke", `"Resource": "arn:aws:states:::lambda:invoke"`},
		{"fields of a request", "a.json", machine + `"C": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {"TableName.$": "$.t", "¦"}}}}`, "Item", "TableName Resource", "Item", `"Item": }`},
		{"alternatives of a request", "a.json", machine + `"C": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {¦}}}}`, "ModelId Body Input", "", "ModelId", `{"ModelId": }`},
		{"context object", "a.json", machine + `"C": {"Type": "Pass", "Parameters": {"id.$": "$$.Execution.N¦"}}}}`, "Id Input Name", "Item", "Name", `"$$.Execution.Name"`},
		{"context object in a path field", "a.json", machine + `"C": {"Type": "Pass", "InputPath": "$$.¦"}}}`, "Execution State", "States.Format", "Execution", `"$$.Execution"`},
		{"functions", "a.json", machine + `"C": {"Type": "Pass", "Parameters": {"id.$": "States.F¦"}}}}`, "States.Array States.Format States.UUID", "$", "States.Format", `"States.Format("`},
		{"functions as arguments", "a.json", machine + `"C": {"Type": "Pass", "Parameters": {"id.$": "States.Format('{}', ¦)"}}}}`, "$ $$ States.UUID", "", "States.UUID", `"States.Format('{}', States.UUID())"`},
		{"no functions in a path field", "a.json", machine + `"C": {"Type": "Pass", "InputPath": "¦"}}}`, "$ $$", "States.UUID", "", ""},
		{"no paths without .$", "a.json", machine + `"C": {"Type": "Pass", "Parameters": {"id": "¦"}}}}`, "", "$", "", ""},
		{"variables", "a.json", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"one": 1, "two.$": "$"}, "Next": "C"}, "C": {"Type": "Pass", "Parameters": {"id.$": "$o¦"}}}}`, "$ $$ $one $two", "", "$one", `"$one"`},
		{"variables from without", "a.json", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"one": 1}, "Next": "C"}, "C": {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "OutputPath": "$¦"}}}}}}`, "$one", "", "", ""},
		{"no variables in a distributed Map", "a.json", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"one": 1}, "Next": "C"}, "C": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "I", "States": {"I": {"Type": "Pass", "OutputPath": "$¦"}}}}}}`, "$", "$one", "", ""},
		{"no variables of inner states", "a.json", `{"StartAt": "C", "States": {"C": {"Type": "Map", "OutputPath": "$¦", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "Assign": {"one": 1}}}}}}}`, "$", "$one", "", ""},
		{"JSONata", "a.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"n": 1}, "Output": "{% $¦ %}"}}}`, "$states $n $abs $uuid", "$eval", "$uuid", `"{% $uuid( %}"`},
		{"JSONata, $states", "a.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "Output": {"x": ["{% $states.¦ %}"]}}}}`, "input context result", "errorOutput", "result", `{% $states.result %}`},
		{"JSONata, $states in Arguments", "a.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "Arguments": "{% $states.in¦put %}"}}}`, "input context", "result errorOutput", "context", `{% $states.context %}`},
		{"JSONata, $states of a catcher", "a.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "Catch": [{"Output": "{% $states.¦ %}"}]}}}`, "input context errorOutput", "result", "", ""},
		{"JSONata, context", "a.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% $states.context.Execution.¦ %}"}}}`, "Id Input Name", "", "", ""},
		{"no JSONata without delimiters", "a.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "$¦"}}}`, "", "$states", "", ""},
		{"after text of several bytes", "a.json", `{"Comment": "文書 🎉", "StartAt": "¦", "States": {"Ä": {"Type": "Succeed"}}}`, "Ä", "", "Ä", `"StartAt": "Ä"`},
		{"a name with a quote", "a.json", `{"StartAt": "¦", "States": {"a\"b": {"Type": "Succeed"}}}`, `a"b`, "", `a"b`, `"StartAt": "a\"b"`},

		{"YAML: Next", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: ¦\n  Bee:\n    Type: Succeed\n", "Bee A", "", "Bee", "    Next: Bee\n"},
		{"YAML: Next, begun", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: B¦\n  Bee:\n    Type: Succeed\n", "Bee A", "", "Bee", "    Next: Bee\n"},
		{"YAML: Next in quotes", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: \"B¦\"\n  Bee it's:\n    Type: Succeed\n", "", "", "Bee it's", "    Next: \"Bee it's\"\n"},
		{"YAML: Next in single quotes", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: '¦'\n  Bee it's:\n    Type: Succeed\n", "", "", "Bee it's", "    Next: 'Bee it''s'\n"},
		{"YAML: a name that needs quotes", "a.yaml", "StartAt: ¦\nStates:\n  'yes':\n    Type: Succeed\n", "yes", "", "yes", "StartAt: 'yes'\n"},
		{"YAML: field on an empty line", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Wait\n    ¦\n    Next: B\n", "Seconds SecondsPath", "Next Type", "Seconds", "    Seconds: \n"},
		{"YAML: field, begun", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Wait\n    Se¦\n", "Seconds", "Type", "Seconds", "    Seconds: \n"},
		{"YAML: only field, begun", "a.yaml", "StartAt: A\nStates:\n  A:\n    Ty¦\n", "Type", "Next", "Type", "    Type: \n"},
		{"YAML: a field that is there", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Wait\n    Sec¦: 3\n", "Seconds", "Type", "Seconds", "    Seconds: 3\n"},
		{"YAML: errors", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Task\n    Retry:\n      - ErrorEquals:\n          - Sta¦\n", "States.ALL", "", "States.ALL", "          - States.ALL\n"},
		{"YAML: errors in brackets", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Task\n    Retry:\n      - ErrorEquals: [¦]\n", "States.ALL", "", "States.ALL", "ErrorEquals: [States.ALL]\n"},
		{"YAML: fields of a retrier", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Task\n    Retry:\n      - ErrorEquals: [a]\n        Max¦\n", "MaxAttempts", "ErrorEquals", "MaxAttempts", "        MaxAttempts: \n"},
		{"YAML: first field of a rule", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Choice\n    Choices:\n      - Var¦\n", "Variable", "", "Variable", "      - Variable: \n"},
		{"YAML: types", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: ¦\n", "Task Pass", "", "Pass", "    Type: Pass\n"},
		{"YAML: JSONata", "a.yaml", "QueryLanguage: JSONata\nStartAt: A\nStates:\n  A:\n    Type: Task\n    Output: '{% $states.r¦ %}'\n", "result", "", "result", "'{% $states.result %}'\n"},
		{"YAML: JSONata in a block", "a.yaml", "QueryLanguage: JSONata\nStartAt: A\nStates:\n  A:\n    Type: Task\n    Output: |-\n      {% $states.r¦\n      %}\n    End: true\n", "result", "", "result", "      {% $states.result\n"},
		{"YAML: path", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Pass\n    InputPath: $$.Exec¦\n", "Execution", "", "Execution", "InputPath: $$.Execution\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v, offset := open(t, test.file, test.text)
			list := v.Complete(offset)
			got := labels(list)
			at := 0
			for _, want := range strings.Fields(test.want) {
				i := slices.Index(got[at:], want)
				if i < 0 {
					t.Fatalf("no %q, or not in this order, in %q", want, got)
				}
				at += i + 1
			}
			if test.want == "" && test.choose == "" && len(got) > 0 {
				t.Errorf("candidates where there should be none: %q", got)
			}
			for _, not := range strings.Fields(test.not) {
				if slices.Contains(got, not) {
					t.Errorf("%q among %q", not, got)
				}
			}
			if test.choose == "" {
				return
			}
			changed, ok := Apply(v.Document().Text, []Edit{find(t, list, test.choose).Edit})
			if !ok || !strings.Contains(changed, test.gives) {
				t.Errorf("%q gives\n%s\nwithout\n%s", test.choose, changed, test.gives)
			}
		})
	}
}

// TestWords: what can be proposed has a form and an explanation.
func TestWords(t *testing.T) {
	for _, name := range jsonata.Functions(true) {
		if !strings.HasPrefix(jsonataForms[name], "$"+name+"(") || jsonataDocs[name] == "" {
			t.Errorf("$%s has no form or explanation", name)
		}
	}
	if len(jsonataForms) != len(jsonata.Functions(true)) || len(jsonataDocs) != len(jsonataForms) {
		t.Error("functions that Step Functions does not have")
	}
	for _, name := range intrinsic.Functions() {
		if intrinsicDocs[name] == "" {
			t.Errorf("%s has no explanation", name)
		}
	}
	for _, name := range check.ErrorNames() {
		if errorDocs[name] == "" {
			t.Errorf("%s has no explanation", name)
		}
	}
	for _, name := range append(asl.FieldOrder(), asl.ComparisonOperators()...) {
		if fieldDocs[name] == "" {
			t.Errorf("the field %s has no explanation", name)
		}
	}
	for _, typ := range asl.StateTypes() {
		if typeDocs[typ] == "" {
			t.Errorf("%s has no explanation", typ)
		}
	}
	var context func(path ...string)
	context = func(path ...string) {
		names, _ := check.ContextFields(path...)
		for _, name := range names {
			if contextDocs[name] == "" {
				t.Errorf("$$.%s.%s has no explanation", strings.Join(path, "."), name)
			}
			context(append(slices.Clone(path), name)...)
		}
	}
	context()
}

// FuzzView: nothing makes a view panic, wherever the cursor is; edits stay within the text.
func FuzzView(f *testing.F) {
	f.Add("a.json", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B`, 40)
	f.Add("a.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "Output": "{% $states.x %}", "Catch": [{"ErrorEquals": ["`, 95)
	f.Add("a.yaml", "StartAt: A\nStates:\n  A: &a\n    Type: Map\n    ItemProcessor: *a\n    - x", 30)
	f.Add("a.yaml", "A: [{'x': \"", 9)
	f.Fuzz(func(t *testing.T, filename, text string, offset int) {
		if len(text) > 5000 {
			return
		}
		v := New(asl.Parse(filename, []byte(text)), check.Options{})
		for _, c := range v.Complete(offset) {
			if _, ok := Apply(text, []Edit{c.Edit}); !ok {
				t.Fatalf("%q at %d: %+v", text, offset, c)
			}
		}
		if h, ok := v.Hover(offset); ok && (h.Start < 0 || h.End < h.Start || h.End > len(text)) {
			t.Fatalf("%q at %d: %+v", text, offset, h)
		}
		v.Definition(offset)
		v.References(offset, true)
		v.Renamable(offset)
		if edits, err := v.Rename(offset, "New"); err == nil {
			if _, ok := Apply(text, edits); !ok {
				t.Fatalf("%q at %d: %+v", text, offset, edits)
			}
		}
		v.Symbols()
		v.Fixes(0, len(text))
		Format(v.Document(), "\t")
	})
}
