package check

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/docflow-asl/docflow/asl"
)

// wrappings put a definition into files of other notations. exact tells that what a finding points at is the same text there.
var wrappings = []struct {
	name, file string
	exact      bool
	object     bool // the definition is no text there: what is no JSON is another file's fault
	wrap       func(definition string) string
}{
	{"block scalar", "t.yaml", true, false, func(d string) string {
		return "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: |2\n        " + strings.ReplaceAll(d, "\n", "\n        ") + "\n"
	}},
	{"Sub of a block scalar", "t.yaml", true, false, func(d string) string {
		return "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: !Sub\n        - |2-\n          " + strings.ReplaceAll(d, "\n", "\n          ") + "\n        - {}\n"
	}},
	{"string with escapes", "t.template.json", false, false, func(d string) string {
		return `{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": ` + quoted(d) + `}}}}`
	}},
	{"Join", "t.template.json", false, false, func(d string) string {
		middle := len(d) / 2
		for middle > 0 && !asciiAt(d, middle) {
			middle--
		}
		return `{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": {"Fn::Join": ["", [` + quoted(d[:middle]) + ", " + quoted(d[middle:]) + `]]}}}}}`
	}},
	{"heredoc", "m.tf", true, false, func(d string) string {
		return "resource \"aws_sfn_state_machine\" \"m\" {\n  definition = <<JSON\n" + d + "\nJSON\n}\n"
	}},
	{"object", "t.yaml", true, true, func(d string) string {
		return "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition: " + strings.ReplaceAll(d, "\n", "\n        ") + "\n"
	}},
	{"jsonencode", "m.tf", true, true, func(d string) string {
		return "resource \"aws_sfn_state_machine\" \"m\" {\n  definition = jsonencode(" + d + ")\n}\n"
	}},
}

func asciiAt(s string, i int) bool { return s[i] < 0x80 && s[i-1] < 0x80 }

func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// What is found in a definition does not depend on the file that it stands in, and points at the same text.
func TestWrappedDefinitions(t *testing.T) {
	patterns := []string{"testdata/ok/*.json", "testdata/bad/*.asl.json", "examples/*.asl.json"}
	if corpus := os.Getenv("DOCFLOW_CORPUS"); corpus != "" { // a folder of more definitions
		patterns = append(patterns, filepath.Join(corpus, "*.json"))
	}
	compared := 0
	for _, pattern := range patterns {
		for _, file := range files(t, pattern) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			definition := strings.TrimSpace(string(text))
			// YAML has no control characters; Terraform and Fn::Sub take `${…}` for their own.
			if strings.ContainsFunc(definition, func(c rune) bool {
				return c != '\n' && (unicode.IsControl(c) || c == '\ufeff' || c == 0xfffd || c == 0x2028 || c == 0x2029)
			}) || strings.Contains(definition, "${") || strings.Contains(definition, "%{") || definition == "" {
				continue
			}
			disable := []string{withoutReason.Code, unusedSuppression.Code}
			alone := Document(asl.ParseJSON("alone", []byte(definition)), Options{Disable: disable})
			for _, w := range wrappings {
				if w.object && (!json.Valid([]byte(definition)) || slices.Contains(codes(alone), "duplicate-key") || definition[0] != '{') {
					continue
				}
				compared++
				wrapped := w.wrap(definition)
				results := Text(w.file, []byte(wrapped), Options{Disable: disable})
				var found []Diagnostic
				for _, r := range results {
					found = append(found, r.Diagnostics...)
					for _, s := range r.Suppressed {
						found = append(found, s.Diagnostic)
					}
					spansInside(t, r)
				}
				found = sorted(found)
				if got, want := messages(found), messages(alone); !slices.Equal(got, want) {
					t.Errorf("%s in a %s:\n%s\nalone:\n%s", file, w.name, strings.Join(got, "\n"), strings.Join(want, "\n"))
					continue
				}
				for i, d := range found {
					if !w.exact || d.Span.End.Line != d.Span.Start.Line {
						continue
					}
					got, want := wrapped[d.Span.Start.Offset:d.Span.End.Offset], definition[alone[i].Span.Start.Offset:alone[i].Span.End.Offset]
					if got != want {
						t.Errorf("%s in a %s: %s points at %q; alone at %q", file, w.name, d.Code, got, want)
					}
				}
			}
		}
	}
	if compared < 500 {
		t.Errorf("only %d compared", compared)
	}
}

// messages gives code, pointer and severity of findings; messages may name places.
func messages(list []Diagnostic) []string {
	var all []string
	for _, d := range list {
		all = append(all, fmt.Sprintf("%s %s %s %s", d.Severity, d.Code, d.Pointer, d.Field))
	}
	slices.Sort(all)
	return all
}
