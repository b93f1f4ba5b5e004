package asl_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
)

func TestMarshalKeepsTheDefinition(t *testing.T) {
	for name, text := range definitions(t) {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			d := asl.ParseJSON(name, text)
			if len(d.Problems) > 0 {
				t.Fatalf("problems: %q", problemTexts(d))
			}
			if want := value.MustParse(string(text)); !value.Equal(want, d.Machine.Value()) {
				t.Errorf("printed definition differs:\n%s", cmp.Diff(value.Indent(want), string(asl.Marshal(d.Machine))))
			}
			yamlText, err := asl.MarshalYAML(d.Machine)
			if err != nil {
				t.Fatal(err)
			}
			back := asl.ParseYAML(name, yamlText)
			if len(back.Problems) > 0 {
				t.Errorf("problems of the YAML: %q", problemTexts(back))
			}
			if diff := cmp.Diff(d.Machine, back.Machine, sameModel...); diff != "" {
				t.Errorf("the YAML is another definition:\n%s\n%s", diff, yamlText)
			}
		})
	}
}

// The files of testdata are written in the order in which fields are printed.
func TestMarshalOrder(t *testing.T) {
	for _, name := range []string{"every-field-jsonpath.asl.json", "every-field-jsonata.asl.json"} {
		text := readFile(t, "testdata", name)
		got := asl.Marshal(asl.ParseJSON(name, text).Machine)
		if want := value.Indent(value.MustParse(string(text))) + "\n"; string(got) != want {
			t.Errorf("%s: other order (-file +printed):\n%s", name, cmp.Diff(want, string(got)))
		}
	}
}

func TestMarshalBuilt(t *testing.T) {
	m := &asl.Machine{
		StartAt:        "Extract",
		TimeoutSeconds: asl.NumberOf(60),
		States: []asl.State{
			&asl.TaskState{
				StateFields: asl.StateFields{Name: "Extract", Comment: `<text> & "more"`},
				Resource:    "${ExtractArn}",
				ResultPath:  asl.NullPath,
				ErrorHandling: asl.ErrorHandling{
					Retry: []asl.Retrier{{ErrorEquals: []string{"Busy"}, MaxAttempts: asl.NumberOf(0), BackoffRate: asl.FloatOf(1.5)}},
					Catch: []asl.Catcher{},
				},
				Transition: asl.Transition{Next: "Done"},
			},
			&asl.ChoiceState{
				StateFields: asl.StateFields{Name: "Which"},
				Choices: []asl.ChoiceRule{{
					Not:  &asl.ChoiceRule{Variable: "$.a", Operator: "StringEquals", Operand: value.String("b")},
					Next: "Done",
				}},
			},
			&asl.SucceedState{StateFields: asl.StateFields{
				Name:   "Done",
				Origin: asl.Origin{Extra: []value.Member{{Name: "Comment", Value: value.String("")}}},
			}},
			&asl.UnknownState{StateFields: asl.StateFields{Name: "Odd"}, TypeText: "Sleep"},
			&asl.UnknownState{StateFields: asl.StateFields{Name: "Number"}, NotObject: value.Int(3)},
		},
	}
	want := `{
  "TimeoutSeconds": 60,
  "StartAt": "Extract",
  "States": {
    "Extract": {
      "Type": "Task",
      "Comment": "<text> & \"more\"",
      "Resource": "${ExtractArn}",
      "ResultPath": null,
      "Retry": [
        {
          "ErrorEquals": [
            "Busy"
          ],
          "MaxAttempts": 0,
          "BackoffRate": 1.5
        }
      ],
      "Catch": [],
      "Next": "Done"
    },
    "Which": {
      "Type": "Choice",
      "Choices": [
        {
          "Not": {
            "Variable": "$.a",
            "StringEquals": "b"
          },
          "Next": "Done"
        }
      ]
    },
    "Done": {
      "Type": "Succeed",
      "Comment": ""
    },
    "Odd": {
      "Type": "Sleep"
    },
    "Number": 3
  }
}
`
	if got := string(asl.Marshal(m)); got != want {
		t.Error(cmp.Diff(want, got))
	}
	if got := string(asl.MarshalState(m.States[2])); got != "{\n  \"Type\": \"Succeed\",\n  \"Comment\": \"\"\n}\n" {
		t.Errorf("MarshalState gives %s", got)
	}
	if diff := cmp.Diff(m, asl.ParseJSON("", []byte(want)).Machine, sameModel...); diff != "" {
		t.Errorf("parsed again (-built +parsed):\n%s", diff)
	}
}

func TestMarshalYAML(t *testing.T) {
	m := asl.ParseJSON("", []byte(`{"Comment": "yes", "StartAt": "A b", "States": {"A b": {"Type": "Pass", "Parameters": {"n": 1e3, "t": "true", "d": "12", "~": "~",
		"lines": "a\n  b\n", "odd": " a\tb\u0000", "e": [], "o": {}, "merge": {"<<": "x"}, "${A}": "${B}", "日本": "語: #1"}, "ResultPath": null, "End": true}}}`)).Machine
	want := `Comment: yes
StartAt: A b
States:
  A b:
    Type: Pass
    Parameters:
      n: 1e3
      t: 'true'
      d: '12'
      '~': '~'
      lines: |
        a
          b
      odd: " a\tb\0"
      e: []
      o: {}
      merge:
        '<<': x
      ${A}: ${B}
      日本: '語: #1'
    ResultPath: null
    End: true
`
	got, err := asl.MarshalYAML(m)
	if err != nil || string(got) != want {
		t.Errorf("error %v\n%s", err, cmp.Diff(want, string(got)))
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, text := range definitions(f) {
		f.Add(string(text))
	}
	f.Add(`{"States": {"A": {"Type": "Pass", "Comment": "", "End": false, "End": true, "Retry": [], "x": {"y": ${Z}}}, "B": [1.0]}, "StartAt": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		d := asl.ParseJSON("", []byte(text))
		first := asl.Marshal(d.Machine)
		again := asl.ParseJSON("", first)
		if diff := cmp.Diff(d.Machine, again.Machine, sameModel...); diff != "" {
			t.Fatalf("another model after printing:\n%s", diff)
		}
		if second := asl.Marshal(again.Machine); !bytes.Equal(first, second) {
			t.Fatalf("printed differently the second time:\n%s", cmp.Diff(string(first), string(second)))
		}
		yamlText, err := asl.MarshalYAML(d.Machine)
		if err != nil {
			t.Fatalf("no YAML: %v", err)
		}
		fromYAML := asl.ParseYAML("", yamlText)
		if text := string(yamlText); !comparableInYAML(d.Root) {
			return
		} else if got, want := fromYAML.Machine.Value(), d.Machine.Value(); !value.Equal(got, want) {
			t.Fatalf("another value after YAML %s\n%q", text, problemTexts(fromYAML))
		}
	})
}

// comparableInYAML tells whether a text has no substitutions in the place of numbers, which YAML reads as strings.
func comparableInYAML(n *asl.Node) bool {
	if n == nil {
		return true
	}
	if number, ok := n.Value.(value.Number); ok && asl.IsHole(string(number)) {
		return false
	}
	for _, item := range n.Items {
		if !comparableInYAML(item) {
			return false
		}
	}
	for _, m := range n.Members {
		if !comparableInYAML(m.Value) {
			return false
		}
	}
	return true
}
