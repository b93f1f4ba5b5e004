package assist

import (
	"errors"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
)

// TestFixes: what the only fix of a text gives; an empty result is for none.
func TestFixes(t *testing.T) {
	const jsonPath = `{"StartAt": "Extract", "States": {"Extract": @}}`
	for _, test := range []struct{ name, file, text, code, gives string }{
		{"target", "a.json", `{"StartAt": "Extract", "States": {"Extract": {"Type": "Pass", "Next": "Sumarise"}, "Summarise": {"Type": "Succeed"}}}`, "missing-target", `"Next": "Summarise"`},
		{"target in YAML", "a.yaml", "StartAt: Extract\nStates:\n  Extract:\n    Type: Pass\n    Next: Sumarise # there\n  Summarise:\n    Type: Succeed\n", "missing-target", "    Next: Summarise # there\n"},
		{"target that needs quotes in YAML", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: 'Sumarise: it'\n  'Summarise: it':\n    Type: Succeed\n", "missing-target", "    Next: 'Summarise: it'\n"},
		{"nothing alike", "a.json", `{"StartAt": "Extract", "States": {"Extract": {"Type": "Pass", "Next": "Zzz"}, "Summarise": {"Type": "Succeed"}}}`, "", ""},
		{"field", "a.json", strings.Replace(jsonPath, "@", `{"Type": "Pass", "Coment": "x", "End": true}`, 1), "unknown-field", `"Comment": "x"`},
		{"field in YAML", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Coment: x\n    End: true\n", "unknown-field", "    Comment: x\n"},
		{"type", "a.json", strings.Replace(jsonPath, "@", `{"Type": "Suceed"}`, 1), "unknown-state-type", `"Type": "Succeed"`},
		{"word", "a.json", strings.Replace(jsonPath, "@", `{"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 60, "Retry": [{"ErrorEquals": ["A"], "JitterStrategy": "FUL"}], "End": true}`, 1), "wrong-value", `"JitterStrategy": "FULL"`},
		{"error", "a.json", strings.Replace(jsonPath, "@", `{"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 60, "Retry": [{"ErrorEquals": ["States.TaskFaild"]}], "End": true}`, 1), "unknown-error-name", `["States.TaskFailed"]`},
		{"intrinsic function", "a.json", strings.Replace(jsonPath, "@", `{"Type": "Pass", "Parameters": {"a.$": "States.Formt('x')"}, "End": true}`, 1), "unknown-intrinsic", `"States.Format('x')"`},
		{"context", "a.json", strings.Replace(jsonPath, "@", `{"Type": "Pass", "Parameters": {"a.$": "$$.Execution.Nam"}, "End": true}`, 1), "unknown-context-field", `"$$.Execution.Name"`},
		{"path without $", "a.json", strings.Replace(jsonPath, "@", `{"Type": "Pass", "InputPath": "order.id", "End": true}`, 1), "invalid-path", `"InputPath": "$.order.id"`},
		{"name without .$", "a.json", strings.Replace(jsonPath, "@", `{"Type": "Pass", "Parameters": {"a": "$.order"}, "End": true}`, 1), "literal-path", `"a.$": "$.order"`},
		{"number in quotes", "a.json", strings.Replace(jsonPath, "@", `{"Type": "Wait", "Seconds": "3", "End": true}`, 1), "wrong-type", `"Seconds": 3,`},
		{"delimiter", "a.json", strings.Replace(jsonPath, "@", `{"QueryLanguage": "JSONata", "Type": "Pass", "Output": "{% 1", "End": true}`, 1), "jsonata-delimiters", `"Output": "{% 1 %}"`},
		{"blank before a delimiter", "a.json", strings.Replace(jsonPath, "@", `{"QueryLanguage": "JSONata", "Type": "Pass", "Output": " {% 1 %}", "End": true}`, 1), "", `"Output": "{% 1 %}"`},
		{"no cure", "a.json", strings.Replace(jsonPath, "@", `{"Type": "Pass"}`, 1), "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := New(asl.Parse(test.file, []byte(test.text)), check.Options{})
			fixes := v.Fixes(0, len(test.text))
			if test.gives == "" {
				if len(fixes) > 0 {
					t.Errorf("a fix where there should be none: %+v", fixes)
				}
				return
			}
			if len(fixes) == 0 {
				t.Fatalf("no fix of %+v", v.Diagnostics())
			}
			changed, ok := Apply(test.text, fixes[0].Edits)
			if !ok || !strings.Contains(changed, test.gives) || test.code != "" && fixes[0].Diagnostic.Code != test.code {
				t.Errorf("%+v gives\n%s", fixes[0], changed)
			}
		})
	}
}

func TestNames(t *testing.T) {
	const text = `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}], "Default": "B"},
	"B": {"Type": "Map", "ItemProcessor": {"StartAt": "A2", "States": {"A2": {"Type": "Pass", "End": true}}}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "A"}], "Next": "C"},
	"C": {"Type": "Pass", "Result": {"Next": "A"}, "End": true}}}`
	v := New(asl.ParseJSON("a.json", []byte(text)), check.Options{})
	at := func(part string) int { return strings.Index(text, part) + len(part) - 2 }
	if name, whole, ok := v.Definition(at(`"Default": "B"`)); !ok || text[name.Start.Offset:name.End.Offset] != `"B"` || !strings.HasPrefix(text[whole.Start.Offset:], `"B": {"Type": "Map"`) {
		t.Errorf("the definition of B: %v", name)
	}
	if _, _, ok := v.Definition(at(`"Result": {"Next": "A"`)); ok {
		t.Error("a payload has a definition")
	}
	if got := v.References(at(`"States": {"A"`), true); len(got) != 3 { // StartAt, itself, Catch
		t.Errorf("references of A: %v", got)
	}
	if got := v.References(at(`"States": {"A"`), false); len(got) != 2 {
		t.Errorf("references of A without its declaration: %v", got)
	}
	edits, err := v.Rename(at(`"StartAt": "A"`), `New "one"`)
	changed, ok := Apply(text, edits)
	if err != nil || !ok || strings.Count(changed, `"New \"one\""`) != 3 || !strings.Contains(changed, `"Result": {"Next": "A"}`) {
		t.Errorf("renamed (%v):\n%s", err, changed)
	}
	if found := check.Document(asl.ParseJSON("", []byte(changed)), check.Options{}); len(found) != len(v.Diagnostics()) {
		t.Errorf("the renamed definition has other findings: %v", found)
	}
	for to, want := range map[string]error{"": ErrEmptyName, "A2": ErrNameTaken, strings.Repeat("x", 81): ErrLongName, "a\nb": ErrControlName, strings.Repeat("é", 80): nil, "A": nil} {
		if _, err := v.Rename(at(`"StartAt": "A"`), to); !errors.Is(err, want) {
			t.Errorf("rename to %.20q: %v", to, err)
		}
	}
	if _, err := v.Rename(at(`"Type"`), "x"); !errors.Is(err, ErrNoState) {
		t.Errorf("rename of a field: %v", err)
	}
	if name, start, end, err := v.Renamable(at(`"Default": "B"`)); err != nil || name != "B" || text[start:end] != "B" {
		t.Errorf("renamable: %q %v", name, err)
	}
}

func TestSymbols(t *testing.T) {
	const text = `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}], "Next": "M"},
	"M": {"Type": "Map", "ItemProcessor": {"StartAt": "J", "States": {"J": {"Type": "Wait", "Seconds": 1, "End": true}}}, "End": true}}}`
	var lines []string
	var walk func(indent string, list []Symbol)
	walk = func(indent string, list []Symbol) {
		for _, s := range list {
			lines = append(lines, indent+s.Name+" "+s.Detail+" "+text[s.Label.Start.Offset:s.Label.End.Offset])
			if s.Label.Start.Offset < s.Whole.Start.Offset || s.Label.End.Offset > s.Whole.End.Offset {
				t.Errorf("%s: the name is not within the whole", s.Name)
			}
			walk(indent+"  ", s.Children)
		}
	}
	walk("", New(asl.ParseJSON("a.json", []byte(text)), check.Options{}).Symbols())
	want := `P Parallel → M "P"
  Branches[0]  
    I Pass, end "I"
M Map, end "M"
  J Wait, end "J"`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("symbols:\n%s", got)
	}
}

func TestFormat(t *testing.T) {
	for _, test := range []struct {
		file, text, indent, want string
		err                      error
	}{
		{"a.json", `{"b": 1.50,"a":[ ], "t": ${Hole}, "é": "\u00e9\n"}`, "    ", "{\n    \"b\": 1.50,\n    \"a\": [],\n    \"t\": ${Hole},\n    \"é\": \"é\\n\"\n}\n", nil},
		{"a.json", "{\r\n\"a\": [{}, {\"b\": null}]}", "\t", "{\r\n\t\"a\": [\r\n\t\t{},\r\n\t\t{\r\n\t\t\t\"b\": null\r\n\t\t}\r\n\t]\r\n}\r\n", nil},
		{"a.json", `{"a": 1 // no`, " ", "", ErrFormatBroken},
		{"a.json", `{"a": 1, "a": 2}`, " ", "", ErrFormatBroken},
		{"a.json", ``, " ", "", ErrFormatBroken},
		{"a.yaml", "a: 1 # x\n", " ", "", ErrNoFormat},
	} {
		got, err := Format(asl.Parse(test.file, []byte(test.text)), test.indent)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s\ngives %v\n%s", test.text, err, got)
		}
		if err == nil {
			if again, _ := Format(asl.Parse(test.file, []byte(got)), test.indent); again != got {
				t.Errorf("%s\nis laid out twice as\n%s", test.text, again)
			}
		}
	}
}
