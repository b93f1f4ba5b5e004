package asl_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
)

func TestParseJSONProblems(t *testing.T) {
	tests := []struct {
		name     string
		text     string
		value    string // of the root; "" when there is none
		problems []string
	}{
		{"empty", "", "", []string{`syntax 1:1: the text is empty; a definition is a JSON object`}},
		{"blank", " \n", "", []string{`syntax 2:1: the text is empty; a definition is a JSON object`}},
		{"no object", `["a"]`, `["a"]`, []string{`wrong-type 1:1: a definition is an object, not an array`}},
		{"nothing wrong", ` {"Comment": "é \u00e9 \ud83d\ude00 \/ \n"} `, `{"Comment": "é é 😀 / \n"}`, nil},
		{"half a surrogate pair", `{"Comment": "\ud83d\u0041"}`, `{"Comment": "\ufffdA"}`, nil},
		{"byte order mark", "\ufeff{}", `{}`, []string{`syntax 1:1: the text starts with a byte order mark (U+FEFF); JSON has none`}},
		{
			"missing comma", "{\"Comment\": \"a\"\n \"StartAt\": \"b\"}", `{"Comment": "a", "StartAt": "b"}`,
			[]string{`syntax 1:16: a comma is missing between two members`},
		},
		{
			"missing comma in an array", `{"States": {"A": {"Type": "Pass", "Result": [1 2]}}}`, `{"States": {"A": {"Type": "Pass", "Result": [1, 2]}}}`,
			[]string{`syntax 1:47: a comma is missing between two items`},
		},
		{
			"comma after the last member", `{"Comment": "a", }`, `{"Comment": "a"}`,
			[]string{`syntax 1:16: a comma after the last member; JSON has commas only between members`},
		},
		{
			"comma after the last item", `{"States": {"A": {"Type": "Pass", "Result": [1, ]}}}`, `{"States": {"A": {"Type": "Pass", "Result": [1]}}}`,
			[]string{`syntax 1:47: a comma after the last item; JSON has commas only between items`},
		},
		{
			"two commas", `{"Comment": "a",, "StartAt": "b"}`, `{"Comment": "a", "StartAt": "b"}`,
			[]string{`syntax 1:17: a comma where a member name should be`},
		},
		{"unclosed", `{"States": {"A": {"Type": "Pass"}`, `{"States": {"A": {"Type": "Pass"}}}`, []string{
			`syntax 1:34: the text ends where '}' should be, which ends the object from 1:12`,
			`syntax 1:34: the text ends where '}' should be, which ends the object from 1:1`,
		}},
		{
			"wrong bracket", `{"States": {"A": {"Type": "Pass", "Result": [1}}}`, `{"States": {"A": {"Type": "Pass", "Result": [1]}}}`,
			[]string{`syntax 1:47: '}' where ']' should be, which ends the array from 1:45`},
		},
		{
			"wrong brace", `{"States": {"A": {"Type": "Pass", "Result": [{"a": 1]}}}`, `{"States": {"A": {"Type": "Pass", "Result": [{"a": 1}]}}}`,
			[]string{`syntax 1:53: ']' where '}' should be, which ends the object from 1:46`},
		},
		{
			"missing value", `{"Comment": , "StartAt": "b"}`, `{"Comment": null, "StartAt": "b"}`,
			[]string{`syntax 1:13: ',' where a value should be`},
		},
		{
			"name alone", `{"Comment", "StartAt": "b"}`, `{"Comment": null, "StartAt": "b"}`,
			[]string{`syntax 1:11: ':' and a value are missing after the name "Comment"`},
		},
		{"missing colon", `{"Comment" "a"}`, `{"Comment": "a"}`, []string{`syntax 1:11: ':' is missing after the name "Comment"`}},
		{"equals sign", `{"Comment"= "a"}`, `{"Comment": "a"}`, []string{`syntax 1:11: '=' where ':' should be`}},
		{"semicolon", `{"Comment": "a"; "StartAt": "b"}`, `{"Comment": "a", "StartAt": "b"}`, []string{`syntax 1:16: ';' where ',' should be`}},
		{"name without quotes", `{Comment: "a"}`, `{"Comment": "a"}`, []string{`syntax 1:2: the name Comment needs double quotes`}},
		{"single quotes", `{'Comment': 'it''s'}`, `{"Comment": "it", "s": null}`, []string{
			`syntax 1:2: a single quote; JSON has strings in double quotes`,
			`syntax 1:13: a single quote; JSON has strings in double quotes`,
			`syntax 1:17: a comma is missing between two members`,
			`syntax 1:17: a single quote; JSON has strings in double quotes`,
			`syntax 1:20: ':' and a value are missing after the name "s"`,
		}},
		{"comments", "{ // one\n/* two */ \"Comment\": \"a\" # three\n}", `{"Comment": "a"}`, []string{
			`syntax 1:3: a comment; AWS takes no comments in a definition, its Comment fields serve instead`,
			`syntax 2:1: a comment; AWS takes no comments in a definition, its Comment fields serve instead`,
			`syntax 2:26: a comment; AWS takes no comments in a definition, its Comment fields serve instead`,
		}},
		{
			"comment without end", `{} /* two`, `{}`,
			[]string{`syntax 1:4: a comment; AWS takes no comments in a definition, its Comment fields serve instead; this one has no */`},
		},
		{
			"words", `{"States": {"A": {"Type": "Succeed", "Output": [True, NULL, None, undefined]}}}`,
			`{"States": {"A": {"Type": "Succeed", "Output": [true, null, "None", "undefined"]}}}`,
			[]string{
				`syntax 1:49: True is written true in JSON`,
				`syntax 1:55: NULL is written null in JSON`,
				`syntax 1:61: the word None where a value should be; a string needs double quotes`,
				`syntax 1:67: the word undefined where a value should be; a string needs double quotes`,
			},
		},
		{
			"numbers", `{"States": {"A": {"Type": "Pass", "Result": [01, +1, .5, 1., 0x1F, -, 1e400, 1_0]}}}`,
			`{"States": {"A": {"Type": "Pass", "Result": [1, 1, 0.5, 1, "0x1F", "-", 1e400, 10]}}}`,
			[]string{
				`syntax 1:46: the number 01 is written 1 in JSON`,
				`syntax 1:50: the number +1 is written 1 in JSON`,
				`syntax 1:54: the number .5 is written 0.5 in JSON`,
				`syntax 1:58: the number 1. is written 1 in JSON`,
				`syntax 1:62: 0x1F is no number; JSON has numbers such as 12, -0.5 and 1e3`,
				`syntax 1:68: - is no number; JSON has numbers such as 12, -0.5 and 1e3`,
				`syntax 1:78: the number 1_0 is written 10 in JSON`,
			},
		},
		{"bad value gives no second problem", `{"StartAt": 0x1F, "TimeoutSeconds": None}`, `{"StartAt": "0x1F", "TimeoutSeconds": "None"}`, []string{
			`syntax 1:13: 0x1F is no number; JSON has numbers such as 12, -0.5 and 1e3`,
			`syntax 1:37: the word None where a value should be; a string needs double quotes`,
		}},
		{
			"substitution without its end", "{\"TimeoutSeconds\": ${Timeout\n, \"Comment\": \"a\"}", `{"TimeoutSeconds": null, "Comment": "a"}`,
			[]string{`syntax 1:20: "${" where a value should be; a substitution is written ${Name}`},
		},
		{"string without its end", "{\"Comment\": \"a,\n\"StartAt\": \"b\n}", `{"Comment": "a", "StartAt": "b"}`, []string{
			`syntax 1:13: the string has no closing quote on its line`,
			`syntax 2:12: the string has no closing quote on its line`,
		}},
		{"escapes", `{"Comment": "\x \u12 \'"}`, `{"Comment": "x 12 '"}`, []string{
			`syntax 1:14: the escape \x; JSON knows \" \\ \/ \b \f \n \r \t and \uXXXX`,
			`syntax 1:17: \u without four hexadecimal digits`,
			`syntax 1:22: the escape \'; JSON knows \" \\ \/ \b \f \n \r \t and \uXXXX`,
		}},
		{"bytes that are no text", "{\"Comment\": \"a\xffb\tc\"}", `{"Comment": "a\ufffdb\tc"}`, []string{
			`syntax 1:15: byte 0xff, which is not UTF-8, in a string`,
			`syntax 1:17: a control character (0x09) in a string; JSON writes it \u0009`,
		}},
		{
			"blanks from a web page", "{\u00a0\"Comment\": \"a\"}", `{"Comment": "a"}`,
			[]string{`syntax 1:2: the character U+00A0 between values; JSON's white space is blank, tab and line end`},
		},
		{"junk", `{"Comment": @@, %%% "StartAt": "b"}`, `{"Comment": null, "StartAt": "b"}`, []string{
			`syntax 1:13: '@' where a value should be`,
			`syntax 1:17: '%' where a member name in double quotes should be`,
		}},
		{"text after the end", "{}\n{}", `{}`, []string{`syntax 2:1: '{' after the end of the value; a text holds one definition`}},
		{
			"duplicate names", "{\"Comment\": \"a\",\n \"Comment\": \"b\"}", `{"Comment": "b"}`,
			[]string{`duplicate-name 2:2: "Comment" is in this object already, at 1:2; only the last one counts`},
		},
		{"several at once", "{\"Comment\": 'é',\n \"States\": {,}\n\"StartAt\" \"A\" \"Version\": }", `{"Comment": "é", "States": {}, "StartAt": "A", "Version": null}`, []string{
			`syntax 1:13: a single quote; JSON has strings in double quotes`,
			`syntax 2:13: a comma where a member name should be`,
			`syntax 2:15: a comma is missing between two members`,
			`syntax 3:10: ':' is missing after the name "StartAt"`,
			`syntax 3:14: a comma is missing between two members`,
			`syntax 3:26: '}' where a value should be`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := asl.ParseJSON("x.json", []byte(test.text))
			if test.value == "" {
				if d.Root != nil {
					t.Errorf("root %s, want none", value.Compact(d.Root.ToValue()))
				}
			} else if d.Root == nil || !value.Identical(d.Root.ToValue(), value.MustParse(test.value)) {
				t.Errorf("value %s, want %s", value.Compact(d.Root.ToValue()), test.value)
			}
			if diff := cmp.Diff(test.problems, problemTexts(d)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if d.Machine == nil || d.Format != asl.FormatJSON || d.Filename != "x.json" {
				t.Errorf("document %+v", d)
			}
		})
	}
}

func TestParseJSONPositions(t *testing.T) {
	d := asl.ParseJSON("", []byte("\ufeff{\r\n\t\"日本\": [1,\n  \"é\u00e9\", ${N}],\r \"b\": {\"c\": true}}\n"))
	tests := []struct {
		pointer string
		span    string // "start-end", as line:column/offset
		text    string
		name    string // what the name's span covers
	}{
		{"", "1:1/3-4:19/56", "", ""},
		{"/日本", "2:8/16-3:14/37", "[1,\n  \"éé\", ${N}]", `"日本"`},
		{"/日本/0", "2:9/17-2:10/18", "1", ""},
		{"/日本/1", "3:3/22-3:7/28", `"éé"`, ""},
		{"/日本/2", "3:9/30-3:13/34", "${N}", ""},
		{"/b/c", "4:13/50-4:17/54", "true", `"c"`},
	}
	for _, test := range tests {
		n, ok := d.Root.Find(test.pointer)
		if !ok {
			t.Errorf("no node at %s", test.pointer)
			continue
		}
		covered := d.Text[n.Span.Start.Offset:n.Span.End.Offset]
		if test.text != "" && covered != test.text {
			t.Errorf("%s covers %q, want %q", test.pointer, covered, test.text)
		}
		for _, p := range []asl.Position{n.Span.Start, n.Span.End} {
			lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(d.Text[:p.Offset], "\ufeff")), "\n")
			if want := utf8.RuneCountInString(lines[len(lines)-1]) + 1; p.Line != len(lines) || p.Column != want {
				t.Errorf("%s: offset %d is at %d:%d, want %d:%d", test.pointer, p.Offset, p.Line, p.Column, len(lines), want)
			}
		}
		if name := d.Text[n.NameSpan().Start.Offset:n.NameSpan().End.Offset]; test.name != "" && name != test.name {
			t.Errorf("%s has the name %s, want %s", test.pointer, name, test.name)
		}
		if n.Pointer() != test.pointer {
			t.Errorf("%s has the pointer %s", test.pointer, n.Pointer())
		}
	}
}

// Texts made to be slow or deep are read to their end, in well below a second each; the bound is for loaded machines and the race
// detector, and quadratic work would still pass it by far.
func TestParseHostileTexts(t *testing.T) {
	const size = 1 << 18
	repeat := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	texts := map[string]string{
		"open brackets":     repeat("["),
		"open objects":      repeat(`{"a":`),
		"commas":            "[" + repeat(","),
		"members":           "{" + repeat(`"a":1,`) + "}",
		"unknown fields":    `{"States":{"A":{"Type":"Map",` + repeat(`"ToleratedFailurePercentageX":1,`) + "}}}",
		"open strings":      "{" + repeat("\"a\n"),
		"open escapes":      "[" + repeat(`"\`),
		"substitutions":     "[" + repeat("${"),
		"comments":          repeat("/"),
		"comment starts":    "[" + repeat("/*"),
		"one line of é":     "[" + repeat(`"é",`) + "]",
		"closing brackets":  repeat("]}"),
		"words":             "[" + repeat("a "),
		"no text":           repeat("\xff"),
		"yaml flow":         "- [" + repeat("a,") + "]",
		"yaml nesting":      "a: " + repeat("{a: "),
		"yaml indents":      repeat("- "),
		"yaml question":     repeat("? "),
		"yaml lines":        repeat("k: v\n"),
		"yaml open string":  "a: \"" + repeat("x\n"),
		"yaml block":        "a: |\n" + repeat(" x\n"),
		"yaml long folding": "a: " + repeat("x "),
		"yaml anchors":      repeat("- &a x\n- *a\n"),
		"yaml é":            "- [" + repeat("é,") + "]",
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			file := "x.json"
			if strings.HasPrefix(name, "yaml") {
				file = "x.yaml"
			}
			d := asl.Parse(file, []byte(text))
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %v", took)
			}
			if len(d.Problems) == 0 || d.Machine == nil {
				t.Errorf("no problem found")
			}
			checkSpans(t, d)
		})
	}
}

func TestParseLimits(t *testing.T) {
	d := asl.ParseJSON("", make([]byte, asl.MaxTextSize+1))
	if want := `syntax 1:1: the text has 4194305 bytes; at most 4194304 (MaxTextSize) are read`; len(d.Problems) != 1 || problemTexts(d)[0] != want {
		t.Errorf("problems %q, want %q", problemTexts(d), want)
	}
	deep := strings.Repeat("[", value.MaxDepth) + strings.Repeat("]", value.MaxDepth)
	for _, test := range []struct {
		text, want string
	}{
		{
			`{"States": {"A": {"Type": "Pass", "Result": ` + deep + `}}}`,
			`syntax 1:1042: nested deeper than 1000 levels (value.MaxDepth); the rest is not read`,
		},
		{
			`{"Comment": "` + strings.Repeat("x", 100) + `", "Result": ` + deep[2:len(deep)-2] + `}`,
			`unknown-field 1:117: "Result" is a field of Pass states, not of the definition`,
		},
	} {
		d := asl.ParseJSON("", []byte(test.text))
		if got := problemTexts(d); len(got) != 1 || got[0] != test.want {
			t.Errorf("problems %q, want %q", got, test.want)
		}
	}
	if d := asl.ParseJSON("", []byte("["+strings.Repeat(",", 5000))); len(d.Problems) != asl.MaxProblems+1 {
		t.Errorf("%d problems", len(d.Problems))
	}
}

func TestParseChoosesTheFormat(t *testing.T) {
	tests := []struct {
		file, text string
		want       asl.Format
	}{
		{"a.yaml", `{}`, asl.FormatYAML},
		{"a.YML", ``, asl.FormatYAML},
		{"a.asl.json", "StartAt: A", asl.FormatJSON},
		{"a.asl", "{\n \"a\": 1}", asl.FormatJSON},
		{"a.asl", "StartAt: A", asl.FormatYAML},
		{"a.asl", "---\nStartAt: A", asl.FormatYAML},
		{"a.asl", "# pipeline\nStartAt: A", asl.FormatYAML},
		{"a.asl", "// pipeline: one\n{}", asl.FormatJSON},
		{"a.asl", "\ufeff\n StartAt: A", asl.FormatYAML},
		{"a.asl", "nothing at all", asl.FormatJSON},
		{"", "", asl.FormatJSON},
	}
	for _, test := range tests {
		if got := asl.Parse(test.file, []byte(test.text)).Format; got != test.want {
			t.Errorf("Parse(%q, %q) reads %s, want %s", test.file, test.text, got, test.want)
		}
	}
}

// checkSpans fails when a node or problem stands outside the text, or a tree is not put together right.
func checkSpans(t *testing.T, d *asl.Document) {
	t.Helper()
	inside := func(s asl.Span) bool {
		return s.Start.Offset >= 0 && s.Start.Offset <= s.End.Offset && s.End.Offset <= len(d.Text) && s.Start.Line >= 1 && s.Start.Column >= 1 &&
			s.Start.Line <= s.End.Line && s.End.Column >= 1
	}
	for _, p := range d.Problems {
		if d.Text != "" && !inside(p.Span) {
			t.Fatalf("problem outside the text: %+v", p)
		}
		if p.Message == "" || !utf8.ValidString(p.Message) {
			t.Fatalf("message %q", p.Message)
		}
	}
	var check func(n *asl.Node)
	check = func(n *asl.Node) {
		if !inside(n.Span) {
			t.Fatalf("node outside the text of %d bytes: %+v", len(d.Text), n.Span)
		}
		if n.Kind < value.KindArray && (n.Value == nil || n.Value.Kind() != n.Kind) {
			t.Fatalf("node of kind %v with value %v", n.Kind, n.Value)
		}
		for _, item := range n.Items {
			if item.Parent != n {
				t.Fatal("an item has another parent")
			}
			check(item)
		}
		for _, m := range n.Members {
			if m.Value.Parent != n || m.Value.NameSpan() != m.NameSpan || !inside(m.NameSpan) {
				t.Fatalf("member %q is not put together right", m.Name)
			}
			check(m.Value)
		}
	}
	if d.Root != nil {
		check(d.Root)
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, text := range definitions(f) {
		f.Add(string(text))
	}
	for _, text := range []string{`{"a" 1, 'b': [1 2}, c: ${N}, "d": "x`, "\ufeff{//\n\"a\": 01,}", `{"States":{"A":{"Type":"Choice","Choices":[{"Not":3}]}}}`, "[\"\\ud800\xff\""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		d := asl.ParseJSON("", []byte(text))
		checkSpans(t, d)
		broken := 0
		for _, p := range d.Problems {
			if p.Kind == asl.BrokenSyntax {
				broken++
			}
		}
		switch strict, err := value.Parse(text); {
		case err == nil && broken > 0:
			t.Fatalf("problems in right JSON: %q", problemTexts(d))
		case err == nil && !value.Identical(strict, d.Root.ToValue()):
			t.Fatalf("read as %s, but is %s", value.Compact(d.Root.ToValue()), value.Compact(strict))
		case err != nil && broken == 0 && !strings.Contains(text, "${"):
			t.Fatalf("no problem in what is no JSON: %v", err)
		}
	})
}
