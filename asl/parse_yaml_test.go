package asl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
)

func TestParseYAMLValues(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{
			"core schema", "[null, ~, '', true, False, yes, no, on, 12, -0, 0.50, 1e3, +7, 007, 0o17, 0x1F, .5, -5., 1_000, 1:30, 2001-12-14, 0b1, 12e, .e3]",
			`[null, null, "", true, false, "yes", "no", "on", 12, -0, 0.50, 1e3, 7, 7, 15, 31, 0.5, -5, "1_000", "1:30", "2001-12-14", "0b1", "12e", ".e3"]`,
		},
		{"tags of the core schema", "[!!str 12, !!int 12, ! 12, !!float 3, !!null '', !!timestamp 2001-12-14]", `["12", 12, "12", 3, null, "2001-12-14"]`},
		{"names are strings", "{12: a, true: b, ~: c, on: d, 'q': e}", `{"12": "a", "true": "b", "~": "c", "on": "d", "q": "e"}`},
		{"block scalars", "a: |\n  x\n   y\nb: >-\n  x\n  y\n", `{"a": "x\n y\n", "b": "x y"}`},
		{"nothing where a value may be", "a:\nb:\n- \n", `{"a": null, "b": [null]}`},
		{"aliases", "a: &x {k: [1, 2]}\nb: *x\nc: &y text\n*y : z\n", `{"a": {"k": [1, 2]}, "b": {"k": [1, 2]}, "c": "text", "text": "z"}`},
		{
			"merge keys", "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 0\nd: {<<: *b}\ne: {'<<': 1}\n",
			`{"a": {"x": 1, "y": 2}, "b": {"y": 3, "z": 4}, "c": {"x": 0, "y": 2, "z": 4}, "d": {"y": 3, "z": 4}, "e": {"<<": 1}}`,
		},
		{
			"functions of CloudFormation", "a: !Sub '${A}/x'\nb: !Ref A\nc: !GetAtt A.Outputs.Arn\nd: !GetAtt [A, Arn]\ne: !If [C, !Ref X, 1]\nf: !Sub 12\ng: !Condition C\n",
			`{"a": {"Fn::Sub": "${A}/x"}, "b": {"Ref": "A"}, "c": {"Fn::GetAtt": ["A", "Outputs.Arn"]}, "d": {"Fn::GetAtt": ["A", "Arn"]},
			  "e": {"Fn::If": ["C", {"Ref": "X"}, 1]}, "f": {"Fn::Sub": "12"}, "g": {"Condition": "C"}}`,
		},
		{"substitutions are strings", "${A}: ${B}", `{"${A}": "${B}"}`},
		{"JSON", `{"a": [1, "b\u00e9", {"c": null}], "d": "x\/y"}`, `{"a": [1, "bé", {"c": null}], "d": "x/y"}`},
		{"byte order mark", "\ufeffa: b", `{"a": "b"}`},
		{"document marks", "# note\n%YAML 1.2\n---\na: b\n...\n", `{"a": "b"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := asl.ParseYAML("x.yaml", []byte(test.text))
			for _, p := range d.Problems {
				if p.Kind == asl.BrokenSyntax || p.Kind == asl.DuplicateName {
					t.Errorf("problem %v", p)
				}
			}
			if want := value.MustParse(test.want); d.Root == nil || !value.Identical(d.Root.ToValue(), want) {
				t.Errorf("value\n%s\nwant\n%s", value.Compact(d.Root.ToValue()), value.Compact(want))
			}
			checkSpans(t, d)
		})
	}
}

func TestParseYAMLProblems(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'h'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 10), ", "))
	}
	tests := []struct {
		name, text string
		problems   []string // of syntax and names
	}{
		{"empty", "", []string{`syntax 1:1: the text is empty; a definition is a YAML mapping`}},
		{"comment only", "# nothing\n", []string{`syntax 2:1: the text is empty; a definition is a YAML mapping`}},
		{"broken", "a: 1\nb: c: d\n", []string{`syntax 2:5: the text is not YAML: mapping values are not allowed in this context`}},
		{"unclosed", "a: [1,\n", []string{`syntax 2:1: the text is not YAML: did not find expected node content, while parsing a flow node`}},
		{"quote without its end", "é: \"x\n", []string{
			`syntax 2:1: the text is not YAML: found unexpected end of stream, while scanning a quoted scalar (begun at 1:4)`,
		}},
		{"tab", "a:\n\tb: 1\n", []string{`syntax 2:1: the text is not YAML: found character that cannot start any token, while scanning for the next token`}},
		{"control character", "a: b\nc: \x01\n", []string{`syntax 2:4: the text is not YAML: control characters are not allowed (value: 1)`}},
		{"not UTF-8", "a: b\nc: \xff\n", []string{`syntax 2:4: byte 0xff is not UTF-8; save the file as UTF-8`}},
		{"two documents", "a: 1\n---\nb: 2\n", []string{`syntax 2:1: a second YAML document; a file holds one definition, so only the first document is read`}},
		{"broken after the first document", "a: 1\n---\nb: c: d\n", []string{`syntax 3:5: the text is not YAML: mapping values are not allowed in this context`}},
		{"duplicate names", "a: 1\nb: 2\na: 3\n", []string{`duplicate-name 3:1: "a" is in this object already, at 1:1; only the last one counts`}},
		{"unknown anchor", "a: *b\n", []string{`syntax 1:4: the text is not YAML: unknown anchor 'b' referenced`}},
		{"alias within itself", "a: &a [1, *a]\n", []string{
			`syntax 1:11: the alias *a stands within what it is an alias of`,
		}},
		{"mapping as a name", "? [a]\n: b\n", []string{`syntax 1:3: a mapping or sequence as a name; names are strings`}},
		{"infinity", "a: -.inf\nb: .nan\n", []string{
			`syntax 1:4: -.inf has no like in JSON, which definitions become`, `syntax 2:4: .nan has no like in JSON, which definitions become`,
		}},
		{"unknown tag", "a: !Nope x\n", []string{`syntax 1:4: the tag !Nope; tags are read for the functions of CloudFormation only, such as !Sub`}},
		{"merge of a string", "a: {<<: x}\n", []string{`syntax 1:9: a string where a mapping to merge (<<) should be`}},
		{"merge of strings", "a: {<<: [x]}\n", []string{`syntax 1:10: a string among the mappings to merge (<<)`}},
		{"alias bomb", bomb, []string{`syntax 5:36: aliases add more than 100000 nodes (MaxExpansion); the rest is not read`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := asl.ParseYAML("x.yaml", []byte(test.text))
			var got []string
			for i, p := range d.Problems {
				if p.Kind == asl.BrokenSyntax || p.Kind == asl.DuplicateName {
					got = append(got, problemTexts(d)[i])
				}
			}
			if diff := cmp.Diff(test.problems, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			checkSpans(t, d)
		})
	}
}

// Every node covers its own text, in every notation.
func TestParseYAMLPositions(t *testing.T) {
	text := strings.Join([]string{
		`日本: !Sub "x\"y" # note`,
		`plain: two words # note`,
		`folded: two`,
		`  lines`,
		`single: 'it''s'`,
		`block: |-`,
		`  first`,
		``,
		`   second`,
		`flow: {a: [1, "é" ], b: {c: "${D}"}, e}`,
		`list: &l`,
		`- x`,
		`- k: v`,
		`  w: !Ref Z`,
		`alias: *l`,
		`empty:`,
		`merged:`,
		`  <<: {m: 1}`,
		`"last" : true`,
		``,
	}, "\n")
	tests := []struct{ pointer, name, text string }{
		{"", "", strings.TrimSuffix(text, "\n")},
		{"/日本", "日本", `!Sub "x\"y"`},
		{"/日本/Fn::Sub", "!Sub", `!Sub "x\"y"`},
		{"/plain", "plain", "two words"},
		{"/folded", "folded", "two\n  lines"},
		{"/single", "single", "'it''s'"},
		{"/block", "block", "|-\n  first\n\n   second"},
		{"/flow", "flow", `{a: [1, "é" ], b: {c: "${D}"}, e}`},
		{"/flow/a", "a", `[1, "é" ]`},
		{"/flow/a/1", "", `"é"`},
		{"/flow/b", "b", `{c: "${D}"}`},
		{"/flow/b/c", "c", `"${D}"`},
		{"/flow/e", "e", ""},
		{"/list", "list", "&l\n- x\n- k: v\n  w: !Ref Z"},
		{"/list/1", "", "k: v\n  w: !Ref Z"},
		{"/list/1/w", "w", "!Ref Z"},
		{"/list/1/w/Ref", "!Ref", "!Ref Z"},
		{"/alias", "alias", "*l"},
		{"/alias/0", "", "x"},
		{"/empty", "empty", ""},
		{"/merged", "merged", "<<: {m: 1}"},
		{"/merged/m", "m", "1"},
		{"/last", `"last"`, "true"},
	}
	d := asl.ParseYAML("x.yaml", []byte(text))
	if d.Root == nil {
		t.Fatalf("no value: %q", problemTexts(d))
	}
	for _, test := range tests {
		n, ok := d.Root.Find(test.pointer)
		if !ok {
			t.Errorf("no node at %q", test.pointer)
			continue
		}
		if got := text[n.Span.Start.Offset:n.Span.End.Offset]; got != test.text {
			t.Errorf("%q covers %q, want %q", test.pointer, got, test.text)
		}
		if name := n.NameSpan(); test.name != "" && text[name.Start.Offset:name.End.Offset] != test.name {
			t.Errorf("%q has the name %q, want %q", test.pointer, text[name.Start.Offset:name.End.Offset], test.name)
		}
	}
	if n, _ := d.Root.Find("/flow/a/1"); n.Span.Start != (asl.Position{Offset: strings.Index(text, `"é"`), Line: 10, Column: 15}) {
		t.Errorf(`"é" starts at %+v`, n.Span.Start)
	}
}

func TestParseYAMLDefinition(t *testing.T) {
	d := asl.Parse("x.yaml", readFile(t, "testdata", "every-field-jsonpath.asl.yaml"))
	if len(d.Problems) > 0 {
		t.Errorf("problems %q", problemTexts(d))
	}
	want := `{
  "Comment": "Every notation that YAML has for what a definition holds.",
  "TimeoutSeconds": 60,
  "StartAt": "Mark",
  "States": {
    "Mark": {"Type": "Pass", "Comment": "A folded text of two lines.\n",
      "Result": {"script": "first\n  second\n", "list": [1, 0.50, 1e3, 0.5, 15, 7, null, true, false, "yes", "no", "true", "2001-12-14"], "empty": {}, "nothing": null},
      "ResultPath": null, "Next": "Extract"},
    "Extract": {"Type": "Task", "Resource": "${ExtractFunction.Arn}",
      "Parameters": {"Bucket": {"Ref": "DocumentsBucket"}, "Key": {"Fn::Sub": ["${Prefix}/text.txt", {"Prefix": "work"}]}, "Note": {"Fn::Sub": "${AWS::Region}"}},
      "TimeoutSeconds": "${Timeout}", "Retry": [], "Next": "Again"},
    "Again": {"Type": "Pass", "Comment": "A folded text of two lines.\n",
      "Result": {"script": "first\n  second\n", "list": [1, 0.50, 1e3, 0.5, 15, 7, null, true, false, "yes", "no", "true", "2001-12-14"], "empty": {}, "nothing": null},
      "ResultPath": null, "Next": "Done"},
    "Done": {"Type": "Succeed"}
  }
}`
	if diff := cmp.Diff(value.Indent(value.MustParse(want))+"\n", string(asl.Marshal(d.Machine))); diff != "" {
		t.Errorf("definition (-want +got):\n%s", diff)
	}
}

func FuzzParseYAML(f *testing.F) {
	for _, text := range definitions(f) {
		f.Add(string(text))
	}
	for _, text := range []string{"a: &a [*a, !Sub x]\n<<: {b: |\n c\n}", "? - x\n: !!int 0x1f\n---\nb: 2", "\ufeffé: >-\n  x\u0085 y\r\n", "{a: 'b''c', \"d\\x41\": , <<: [{e: .inf}]}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		d := asl.ParseYAML("", []byte(text))
		checkSpans(t, d)
		if d.Root == nil && len(d.Problems) == 0 {
			t.Fatal("neither a value nor a problem")
		}
		if d.Root != nil {
			if _, err := value.Parse(value.Text(d.Root.ToValue())); err != nil {
				t.Fatalf("the value is not JSON: %v", err)
			}
		}
	})
}
