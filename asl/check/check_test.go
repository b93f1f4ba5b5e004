package check

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

var update = flag.Bool("update", false, "write the golden files and the generated part of README.md")

// checkFile checks a file; its name decides the notation.
func checkFile(t *testing.T, file string, opts Options) Result {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc := asl.Parse(filepath.Base(file), text)
	return Result{Document: doc, Diagnostics: Document(doc, opts)}
}

// text is what WriteText prints.
func text(t *testing.T, results ...Result) string {
	t.Helper()
	var b strings.Builder
	if err := WriteText(&b, results, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", file, got, want)
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return names
}

func TestGoodDefinitionsAreSilent(t *testing.T) {
	for _, file := range files(t, "testdata/ok/*") {
		if got := text(t, checkFile(t, file, Options{})); got != "" {
			t.Errorf("%s:\n%s", file, got)
		}
	}
}

func TestBadDefinitions(t *testing.T) {
	for _, file := range files(t, "testdata/bad/*.asl.*") {
		if strings.HasSuffix(file, ".want") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			r := checkFile(t, file, Options{})
			golden(t, strings.TrimSuffix(strings.TrimSuffix(file, ".json"), ".yaml")+".want", text(t, r))
			spansInside(t, r)
		})
	}
}

// withoutExample are the rules whose examples would be too large to print.
var withoutExample = map[string]bool{"definition-size": true}

// TestExamples holds every rule to its examples: the bad one breaks this rule and no other, the good one none. Switched off,
// the rule does not report.
func TestExamples(t *testing.T) {
	for _, r := range Rules() {
		if withoutExample[r.Code] {
			continue
		}
		t.Run(r.Code, func(t *testing.T) {
			bad, good, err := r.Example()
			if err != nil {
				t.Fatal(err)
			}
			found := exampleFindings(r, bad, Options{Type: r.Type})
			if len(found) != 1 || found[0].Code != r.Code || found[0].AWSCode != r.AWSCode || found[0].Severity != r.Severity {
				t.Errorf("the bad example gives %v", codes(found))
			}
			for _, d := range found {
				if d.Message == "" || d.Cure == "" || d.Span == (asl.Span{}) {
					t.Errorf("not told in full: %+v", d)
				}
			}
			if found := exampleFindings(r, good, Options{Type: r.Type}); len(found) > 0 {
				t.Errorf("the good example gives %v", codes(found))
			}
			if found := exampleFindings(r, bad, Options{Type: r.Type, Disable: []string{r.Code}}); slices.Contains(codes(found), r.Code) {
				t.Error("the rule reports though it is switched off")
			}
		})
	}
}

// exampleFindings checks an example in its notation.
func exampleFindings(r *Rule, example string, opts Options) []Diagnostic {
	var found []Diagnostic
	for _, result := range Text("example"+r.exampleSuffix(), []byte(example), opts) {
		found = append(found, result.Diagnostics...)
	}
	return found
}

func codes(list []Diagnostic) []string {
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.Code
	}
	return names
}

func TestCodesAreUniqueAndDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.Code] || strings.ToLower(r.Code) != r.Code || r.Doc == "" || r.Severity != Error && r.Severity != Warning && r.Severity != Note {
			t.Errorf("rule %+v", r)
		}
		seen[r.Code] = true
	}
	for _, file := range files(t, "examples/*") {
		if code, _, _ := strings.Cut(filepath.Base(file), "."); !seen[code] {
			t.Errorf("%s is of no rule", file)
		}
	}
}

const readmeMark = "<!-- What follows is written by `go test ./asl/check -run README -update`. -->\n"

// TestREADME keeps the list of rules in README.md equal to what the rules say and do.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(readme), readmeMark)
	if !ok {
		t.Fatalf("README.md lacks the line %q", readmeMark)
	}
	var b strings.Builder
	b.WriteString(head + readmeMark)
	for _, r := range Rules() {
		e, err := r.Explain()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s. %s\n", e.Code, e.Heading(), e.Doc)
		if e.Bad != "" {
			fmt.Fprintf(&b, "\n```%s\n%s```\n\n```text\n%s```\n\nRight:\n\n```%s\n%s```\n", e.Notation, e.Bad, e.Output, e.Notation, e.Good)
		}
	}
	golden(t, "README.md", b.String())
}

func TestDefinitionSize(t *testing.T) {
	definition := func(n int) []Diagnostic {
		head, tail := `{"StartAt": "A", "States": {"A": {"Type": "Succeed", "Comment": "`, `"}}}`
		return Document(asl.ParseJSON("", []byte(head+strings.Repeat("語", n-len(head)-len(tail))+tail)), Options{})
	}
	if found := definition(MaxDefinition); len(found) != 0 {
		t.Errorf("a definition of the greatest size: %v", found)
	}
	found := definition(MaxDefinition + 1)
	if len(found) != 1 || found[0].Code != "definition-size" || !strings.Contains(found[0].Message, "1048577") {
		t.Errorf("a definition that is too large: %v", found)
	}
}

func TestDiagnosticFields(t *testing.T) {
	definition := `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "a/b~", "States": {"a/b~": {"Type": "Choice", "Choices": [{"Next": "X", "Variable": "$.a", "IsNull": true}]}}}]}}}`
	found := Document(asl.ParseJSON("", []byte(definition)), Options{Disable: []string{"choice-without-default"}})
	if len(found) != 1 {
		t.Fatalf("found %v", found)
	}
	d := found[0]
	want := Diagnostic{
		Code: "missing-target", AWSCode: "MISSING_TRANSITION_TARGET", AWSMessage: "Missing 'Next' target: X", Severity: Error, Message: d.Message, Cure: d.Cure,
		Pointer: "/States/P/Branches/0/States/a~1b~0/Choices/0/Next", Location: "/States/P/Branches[0]/States/a/b~/Choices[0]/Next", State: "a/b~", Field: "Choices", Span: d.Span,
	}
	if fmt.Sprint(d) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
	if got := definition[d.Span.Start.Offset:d.Span.End.Offset]; got != `"X"` {
		t.Errorf("the span is %s", got)
	}
}

func TestMachine(t *testing.T) {
	m := &asl.Machine{StartAt: "A", States: []asl.State{&asl.PassState{StateFields: asl.StateFields{Name: "A"}, Transition: asl.Transition{Next: "B"}}}}
	if found := Machine(m, Options{}); !slices.Equal(codes(found), []string{"missing-target"}) {
		t.Errorf("found %v", found)
	}
	m.States[0].(*asl.PassState).Transition = asl.Transition{End: true}
	if found := Machine(m, Options{}); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

func TestExpressRulesNeedTheType(t *testing.T) {
	for _, r := range Rules() {
		if r.Type != Express {
			continue
		}
		bad, _, err := r.Example()
		if err != nil {
			t.Fatal(err)
		}
		if found := Document(asl.ParseJSON("", []byte(bad)), Options{}); slices.Contains(codes(found), r.Code) {
			t.Errorf("%s reports for a Standard machine: %v", r.Code, found)
		}
	}
}

func TestEmptyText(t *testing.T) {
	for _, definition := range []string{"", " \n", `""`, "null", "[]"} {
		found := Document(asl.ParseJSON("", []byte(definition)), Options{})
		if !slices.Equal(codes(found), []string{"not-an-object"}) || found[0].AWSMessage != "Definition must be a valid JSON object" {
			t.Errorf("%q: %v", definition, found)
		}
	}
}

func TestOrderAndDuplicates(t *testing.T) {
	r := checkFile(t, "testdata/bad/paths.asl.json", Options{})
	for i := 1; i < len(r.Diagnostics); i++ {
		a, b := r.Diagnostics[i-1], r.Diagnostics[i]
		if a.Span.Start.Offset > b.Span.Start.Offset {
			t.Errorf("%s stands after %s", b.Code, a.Code)
		}
		if a.Span == b.Span && a.Message == b.Message {
			t.Errorf("%s is reported twice", a.Code)
		}
	}
}

// spansInside fails when a diagnostic points outside of the text.
func spansInside(t *testing.T, r Result) {
	t.Helper()
	inside := func(code string, s asl.Span) {
		if s.Start.Offset < 0 || s.Start.Offset > s.End.Offset || s.End.Offset > len(r.Document.Text) {
			t.Errorf("%s: the span %v is not within the text of %d bytes", code, s, len(r.Document.Text))
		}
	}
	for _, d := range r.Diagnostics {
		inside(d.Code, d.Span)
		for _, related := range d.Related {
			inside(d.Code, related.Span)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, pattern := range []string{"testdata/ok/*", "testdata/bad/*.asl.*", "examples/*"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			if text, err := os.ReadFile(name); err == nil && !strings.HasSuffix(name, ".want") {
				f.Add(string(text), strings.HasSuffix(name, ".yaml"), false)
			}
		}
	}
	f.Fuzz(func(t *testing.T, definition string, yaml, express bool) {
		doc := asl.ParseJSON("f", []byte(definition))
		if yaml {
			doc = asl.ParseYAML("f", []byte(definition))
		}
		opts := Options{}
		if express {
			opts.Type = Express
		}
		r := Result{Document: doc, Diagnostics: Document(doc, opts)}
		spansInside(t, r)
		text(t, r)
		for _, d := range r.Diagnostics {
			if d.Code == "" || d.Message == "" {
				t.Errorf("an empty diagnostic: %+v", d)
			}
		}
	})
}

// large is a definition of n states that go through most rules.
func large(n int) string {
	var b strings.Builder
	b.WriteString(`{"StartAt": "S0", "States": {`)
	for i := range n {
		fmt.Fprintf(&b, `
  "S%d": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60, "InputPath": "$.document",
    "Parameters": {"FunctionName": "f", "Payload": {"name.$": "States.Format('{}-%d', $.name)", "pages.$": "$.pages[*].text", "id.$": "$$.Execution.Id"}},
    "ResultSelector": {"text.$": "$.Payload.text"}, "ResultPath": "$.s%d",
    "Retry": [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1, "MaxAttempts": 5, "BackoffRate": 2, "MaxDelaySeconds": 30, "JitterStrategy": "FULL"}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "End"}], "Next": "%s"},`, i, i, i, map[bool]string{true: "End", false: fmt.Sprintf("S%d", i+1)}[i == n-1])
	}
	b.WriteString(`"End": {"Type": "Succeed"}}}`)
	return b.String()
}

// long is a definition of n states of one line each.
func long(n int) string {
	var b strings.Builder
	b.WriteString(`{"StartAt": "S0", "States": {`)
	for i := range n {
		fmt.Fprintf(&b, `"S%d": {"Type": "Pass", "InputPath": "$.a", "Parameters": {"x.$": "$.b[0]"}, "ResultPath": "$.c", "Next": "S%d"},`+"\n", i, i+1)
	}
	fmt.Fprintf(&b, `"S%d": {"Type": "Succeed"}}}`, n)
	return b.String()
}

func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{100, 1000, 5000, 10_000} {
		text := large(min(n, 5000))
		if n > 5000 { // which would be larger than asl.MaxTextSize
			text = long(n)
		}
		doc := asl.ParseJSON("large", []byte(text))
		// The largest is above AWS's limit, but is checked in full like the others.
		if found := Document(doc, Options{Disable: []string{"definition-size"}}); len(found) > 0 {
			b.Fatal(found)
		}
		b.Run(fmt.Sprintf("states=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(doc.Text)))
			for b.Loop() {
				Document(doc, Options{})
			}
		})
	}
}

// A definition of the greatest size that AWS takes, read and checked: ≤ 50 ms.
func BenchmarkMebibyte(b *testing.B) {
	n := 1
	for len(large(n)) < MaxDefinition-1000 {
		n += max(1, (MaxDefinition-1000-len(large(n)))/700)
	}
	text := []byte(large(n))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Document(asl.ParseJSON("large", text), Options{})
	}
}
