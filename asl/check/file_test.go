package check

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/source"
)

// list gives findings as file:line:column severity code.
func list(results []Result) []string {
	var lines []string
	for _, r := range results {
		for _, d := range r.Diagnostics {
			lines = append(lines, fmt.Sprintf("%s:%d:%d %s %s", r.Document.Filename, d.Span.Start.Line, d.Span.Start.Column, d.Severity, d.Code))
		}
		for _, s := range r.Suppressed {
			lines = append(lines, fmt.Sprintf("%s:%d:%d suppressed %s: %s", r.Document.Filename, s.Span.Start.Line, s.Span.Start.Column, s.Code, s.Reason))
		}
	}
	return lines
}

// allBut are the codes of all rules but the given ones: what other rules find does not matter to a test.
func allBut(codes ...string) []string {
	return slices.DeleteFunc(Codes(), func(code string) bool { return slices.Contains(codes, code) })
}

func TestFile(t *testing.T) {
	opts := Options{Disable: allBut("missing-target", "unreachable-state", "express-duration", "missing-field", "syntax", "unused-substitution", "undeclared-substitution", "definition-not-read")}
	const suffix = `, "States": {"A": {"Type": "Succeed"}}}`
	for _, c := range []struct {
		name, file, text string
		others           map[string]string
		want             []string
	}{
		{
			name: "a place within a block scalar", file: "t.yaml",
			text: "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: |\n        {\n          \"StartAt\": \"B\"" + suffix + "\n",
			want: []string{"t.yaml:7:22 error missing-target", "t.yaml:7:38 error unreachable-state"},
		},
		{
			name: "the template's type", file: "t.yaml",
			text: "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Type: EXPRESS\n      Definition:\n        StartAt: A\n        States:\n          A: {Type: Wait, Seconds: 600, End: true}\n",
			want: []string{"t.yaml:9:36 warning express-duration"},
		},
		{
			name: "a function in the place of a value", file: "t.yaml",
			text: "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n        StartAt: A\n        States:\n          A: {Type: Wait, Seconds: !Ref S, Next: !If [a, b, c]}\n",
			want: []string{},
		},
		{
			name: "functions that decide where to go", file: "t.yaml",
			text: "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n        StartAt: A\n        States:\n          A: {Type: Pass, Next: !If [a, B, C]}\n          B: {Type: Succeed}\n          C: !If [a, {Type: Succeed}, {Type: Fail}]\n",
			want: []string{},
		},
		{
			name: "a Catch that is decided elsewhere", file: "t.yaml",
			text: "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n        StartAt: A\n        States:\n          A: {Type: Parallel, Branches: !Ref B, End: true, Catch: !Ref C}\n          B: {Type: Succeed}\n",
			want: []string{},
		},
		{
			name: "an empty text", file: "t.yaml",
			text: "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties: {DefinitionString: ''}\n",
			want: []string{"t.yaml:4:36 error syntax"},
		},
		{
			name: "a broken template", file: "t.json",
			text: `{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "{}"},}}}`,
			want: []string{"t.json:1:102 error missing-field", "t.json:1:106 error syntax"},
		},
		{
			name: "substitutions", file: "t.yaml",
			text: "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionUri: d.asl.json\n      DefinitionSubstitutions:\n        Arn: x\n        Unused: y\n        In: z\n",
			others: map[string]string{"d.asl.json": `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Anr}", "TimeoutSeconds": ${Other}, ` +
				`"Parameters": {"a": "${Arn}", "b": "${${In}}", "c": "${name: x}", "d": "${!Literal}"}, "End": true}}}`},
			want: []string{"t.yaml:8:9 warning unused-substitution", "d.asl.json:1:63 error undeclared-substitution", "d.asl.json:1:91 warning undeclared-substitution"},
		},
		{
			name: "substitutions that a macro adds to", file: "t.yaml",
			text:   "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionUri: d.asl.json\n      DefinitionSubstitutions:\n        Fn::Transform: {Name: Macro}\n",
			others: map[string]string{"d.asl.json": `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Arn}", "TimeoutSeconds": 9, "End": true}}}`},
			want:   []string{},
		},
		{
			name: "the names of Fn::Sub are CloudFormation's", file: "t.yaml",
			text: "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: !Sub '{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"Result\": \"${X}\", \"End\": true}}}'\n",
			want: []string{},
		},
		{
			name: "a variable of templatefile", file: "m.tf",
			text:   "resource \"aws_sfn_state_machine\" \"m\" {\n  definition = templatefile(\"d.json\", { unused = 1, used = 2 })\n}\n",
			others: map[string]string{"d.json": `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": ${used + 1}, "End": true}}}`},
			want:   []string{"m.tf:2:41 warning unused-substitution"},
		},
		{
			name: "a file that is not there", file: "t.yaml",
			text: "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionUri: d.asl.json\n",
			want: []string{"t.yaml:5:22 note definition-not-read"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			open := func(name string) ([]byte, error) {
				if text, ok := c.others[name]; ok {
					return []byte(text), nil
				}
				return nil, fs.ErrNotExist
			}
			if got := list(File(source.Find(c.file, []byte(c.text), open), opts)); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestSuppressions(t *testing.T) {
	const head = `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, `
	for _, c := range []struct {
		name, file, text string
		opts             Options
		want             []string
	}{
		{"on a state", "a.json", head + `"B": {"Type": "Succeed", "Comment": "Used later. docflow:ignore unreachable-state for redrives"}}}`, Options{}, []string{"a.json:1:55 suppressed unreachable-state: for redrives"}},
		{"on the machine", "a.json", `{"Comment": "docflow:ignore unreachable-state -- all are kept", ` + head[1:] + `"B": {"Type": "Succeed"}}}`, Options{}, []string{"a.json:1:118 suppressed unreachable-state: all are kept"}},
		{"of another state", "a.json", head[:len(head)-3] + `, "Comment": "docflow:ignore unreachable-state x"}, "B": {"Type": "Succeed"}}}`, Options{}, []string{"a.json:1:66 warning unused-suppression", "a.json:1:104 error unreachable-state"}},
		{"without a reason", "a.json", head + `"B": {"Type": "Succeed", "Comment": "docflow:ignore unreachable-state"}}}`, Options{}, []string{"a.json:1:55 error unreachable-state", "a.json:1:92 warning suppression-without-reason"}},
		{"without a code", "a.json", head[:len(head)-3] + `, "Comment": "docflow:ignore"}}}`, Options{}, []string{"a.json:1:66 warning suppression-without-reason"}},
		{"two codes", "a.json", head + `"B": {"Type": "Pass", "Next": "C", "Comment": "docflow:ignore unreachable-state, missing-target: to come"}}}`, Options{}, []string{"a.json:1:55 suppressed unreachable-state: to come", "a.json:1:85 suppressed missing-target: to come"}},
		{"an unknown code", "a.json", head[:len(head)-3] + `, "Comment": "docflow:ignore unreachable-stat x"}}}`, Options{}, []string{"a.json:1:66 warning unused-suppression"}},
		{"of a rule that is off", "a.json", head + `"B": {"Type": "Succeed", "Comment": "docflow:ignore unreachable-state x"}}}`, Options{Disable: []string{"unreachable-state"}}, nil},
		{"a broken text", "a.json", head + `"B": {"Type": "Succeed", "Comment": "docflow:ignore unreachable-state x"}}`, Options{}, []string{"a.json:1:129 error syntax"}},
		{"a comment behind a name", "a.yaml", "StartAt: A\nStates:\n  A: {Type: Succeed}\n  B: # docflow:ignore unreachable-state x\n    Type: Succeed\n", Options{}, []string{"a.yaml:4:3 suppressed unreachable-state: x"}},
		{"a comment above", "a.yaml", "StartAt: A\nStates:\n  # docflow:ignore unreachable-state x\n  # and more\n  B: {Type: Succeed}\n  A: {Type: Succeed}\n  C: {Type: Succeed}\n", Options{}, []string{"a.yaml:7:3 error unreachable-state", "a.yaml:5:3 suppressed unreachable-state: x"}},
		{"a comment at the head", "a.yaml", "# docflow:ignore unreachable-state x\nStartAt: A\nStates:\n  A: {Type: Succeed}\n  B: {Type: Succeed}\n", Options{}, []string{"a.yaml:5:3 suppressed unreachable-state: x"}},
		{"no comment but a text", "a.yaml", "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Result: |\n      # docflow:ignore unreachable-state\n    End: true\n", Options{}, nil},
		{"a severity", "a.yaml", "StartAt: A\nStates:\n  A: {Type: Succeed}\n  B: {Type: Succeed}\n", Options{Severity: map[string]Severity{"unreachable-state": Note}}, []string{"a.yaml:4:3 note unreachable-state"}},
		{
			"in a template", "t.yaml",
			"Resources:\n  # docflow:ignore unreachable-state x\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: |\n        {\"StartAt\": \"A\", \"States\": {\n        \"A\": {\"Type\": \"Succeed\"}, \"B\": {\"Type\": \"Succeed\"}}}\n",
			Options{},
			[]string{"t.yaml:8:35 suppressed unreachable-state: x"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.Disable = append(c.opts.Disable, allBut("unreachable-state", "missing-target", "syntax", "unused-suppression", "suppression-without-reason")...)
			if got := list(Text(c.file, []byte(c.text), c.opts)); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestConfig(t *testing.T) {
	c, err := ParseConfig("d/.docflow.yaml", []byte("severity:\n  unreachable-state: note\n  retry-delay: off\nexclude: [vendored, '*.gen.json', a/**/b.yaml, './top/']\nstrict: true\ntype: EXPRESS\nas-of: 2026-01-31\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Severity["unreachable-state"] != Note || !slices.Equal(c.Off, []string{"retry-delay"}) || !c.Strict || c.Type != Express || c.AsOf.Format("060102") != "260131" {
		t.Errorf("read %+v", c)
	}
	for file, want := range map[string]bool{
		"d/vendored/x.json": true, "d/e/vendored/x/y.json": true, "d/x.gen.json": true, "d/e/x.gen.json": true, "d/a/b.yaml": true, "d/a/c/d/b.yaml": true,
		"d/top/x.yaml": true, "d/e/top/x.yaml": true, "d/x.json": false, "vendored/x.json": false, "d/a/xb.yaml": false, "d/vendoredx/x.json": false,
	} {
		if got := c.Excludes(file); got != want {
			t.Errorf("Excludes(%q) is %v", file, got)
		}
	}
	o := c.Apply(Options{Disable: []string{"x"}, Severity: map[string]Severity{"unreachable-state": Error}})
	if !slices.Equal(o.Disable, []string{"x", "retry-delay"}) || o.Severity["unreachable-state"] != Error || o.DefaultType != Express || o.AsOf != c.AsOf {
		t.Errorf("applied: %+v", o)
	}
	for text, want := range map[string]string{
		"":                                 "",
		"# nothing\n":                      "",
		"severty: {}\n":                    `c:1:1: "severty" is no key of a configuration; did you mean "severity"?`,
		"severity: {unreachable: off}":     `c:1:12: there is no code "unreachable"`,
		"severity: {missing-tarrget: off}": `did you mean "missing-target"?`,
		"severity: {missing-target: bad}":  "c:1:28: the severity of missing-target is error, warning, note or off",
		"severity: []":                     "c:1:11: severity is a mapping",
		"strict: maybe":                    "c:1:9: strict is true or false",
		"type: express":                    "c:1:7: type is STANDARD or EXPRESS",
		"as-of: soon":                      "c:1:8: as-of is a day",
		"exclude: x":                       "c:1:10: exclude is a list of paths",
		"exclude: [1]":                     "c:1:11: exclude is a list of paths",
		"- x":                              "c:1:1: the configuration is no mapping",
		"strict: true\nstrict: false\n":    `"strict" is in this object already, at 1:1`,
		"a: [":                             "the text is not YAML",
		"x: 1\ny: 2\n":                     "c:2:1: \"y\" is no key",
	} {
		_, err := ParseConfig("c", []byte(text))
		if err == nil != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a.yaml", "# docflow:ignore x y\nStartAt: A # docflow:ignore\nStates: {A: {Type: Succeed, Comment: 'docflow:ignore a,b, c d docflow:ignore'}}\n")
	f.Add("m.tf", "# docflow:ignore x y\nresource \"aws_sfn_state_machine\" \"m\" {\n definition = jsonencode({StartAt = \"A\", States = {A = {Type = \"Succeed\"}}})\n}\n")
	f.Add("t.yaml", "Resources:\n  M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionSubstitutions: {A: b}, Definition: {StartAt: '${C}'}}}\n")
	f.Fuzz(func(t *testing.T, name, content string) {
		results := Text(name, []byte(content), Options{})
		for _, r := range results {
			spansInside(t, r)
		}
		_, _ = ParseConfig(name, []byte(content)) // any text may be no configuration
	})
}
