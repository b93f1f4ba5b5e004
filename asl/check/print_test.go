package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
)

func TestSnippet(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct{ name, text, mark, line, marks string }{
		{"plain", "one\n  two three\nfour", "three", "  two three", "      ^~~~~"},
		{"tabs", "\ta\tb c", "c", "\ta\tb c", "\t \t  ^"},
		{"wide", "日本 x", "x", "日本 x", "     ^"},
		{"wide mark", "a 日本", "日本", "a 日本", "  ^~~~"},
		{"combined", "e\u0301 x", "x", "e\u0301 x", "  ^"},
		{"carriage return", "a b\r\nc", "b", "a b", "  ^"},
		{"several lines", "a {\n}", "{\n}", "a {", "  ^"},
		{"control characters", "a\x1b[31m b", "b", "a\uFFFD[31m b", "       ^"},
		{"cut", long + " x " + long, " x ", "…" + long[:39] + " x " + long[:66] + "…", strings.Repeat(" ", 40) + "^~~"},
		{"cut mark", long, long, long[:109] + "…", "^" + strings.Repeat("~", 109)},
	} {
		at := strings.Index(c.text, c.mark)
		span := asl.Span{Start: asl.Position{Offset: at, Line: 1, Column: 1}, End: asl.Position{Offset: at + len(c.mark), Line: 1, Column: 1}}
		line, marks, ok := snippet(newLineIndex(c.text), span)
		if !ok || line != c.line || marks != c.marks {
			t.Errorf("%s: %v\n%q\n%q\nwant\n%q\n%q", c.name, ok, line, marks, c.line, c.marks)
		}
	}
	if _, _, ok := snippet(newLineIndex("a"), asl.Span{}); ok {
		t.Error("a diagnostic without a place has a snippet")
	}
}

func sample(t *testing.T) Result {
	t.Helper()
	doc := asl.ParseJSON("dir/a.asl.json", []byte(`{"StartAt": "<A>", "States": {"A": {"Type": "Succeed"}}}`))
	return Result{Document: doc, Diagnostics: Document(doc, Options{})}
}

func TestWriteTextColour(t *testing.T) {
	var plain, coloured strings.Builder
	r := sample(t)
	if err := errors.Join(WriteText(&plain, []Result{r}, TextOptions{}), WriteText(&coloured, []Result{r}, TextOptions{Colour: true})); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") {
		t.Error("colours though nobody asked")
	}
	stripped := coloured.String()
	for _, colour := range []string{bold, red, yellow, green, cyan, reset} {
		stripped = strings.ReplaceAll(stripped, colour, "")
	}
	if stripped != plain.String() || !strings.Contains(coloured.String(), red+"error:"+reset) {
		t.Errorf("the coloured text is\n%s\nthe plain one\n%s", coloured.String(), plain.String())
	}
	if !strings.HasPrefix(plain.String(), "dir/a.asl.json:1:13: error: StartAt names \"<A>\"") {
		t.Errorf("the first line is %s", plain.String())
	}
}

func TestWriteJSON(t *testing.T) {
	var b strings.Builder
	r := sample(t)
	if err := WriteJSON(&b, []Result{r}); err != nil {
		t.Fatal(err)
	}
	var records []map[string]any
	if err := json.Unmarshal([]byte(b.String()), &records); err != nil {
		t.Fatal(err)
	}
	if len(records) != 2 {
		t.Fatalf("records: %s", b.String())
	}
	want := map[string]any{
		"file": "dir/a.asl.json", "line": 1.0, "column": 13.0, "endLine": 1.0, "endColumn": 18.0, "severity": "error", "code": "missing-target",
		"awsCode": "MISSING_TRANSITION_TARGET", "awsLocation": "/StartAt",
	}
	for name, v := range want {
		if fmt.Sprint(records[0][name]) != fmt.Sprint(v) {
			t.Errorf("%s is %v; want %v", name, records[0][name], v)
		}
	}
	for _, r := range records {
		var names []string
		for name := range r {
			names = append(names, name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != "awsCode awsLocation code column endColumn endLine file help line message related severity" {
			t.Errorf("the fields are %s", got)
		}
	}
	if strings.Contains(b.String(), `\u003c`) {
		t.Error("angle brackets are escaped")
	}
	b.Reset()
	if err := WriteJSON(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("without findings: %q, %v", b.String(), err)
	}
}

func TestSummary(t *testing.T) {
	one := Result{Diagnostics: []Diagnostic{{Severity: Error}}}
	mixed := Result{Diagnostics: []Diagnostic{{Severity: Error}, {Severity: Warning}, {Severity: Error}}}
	warned := Result{Diagnostics: []Diagnostic{{Severity: Warning}}}
	for want, results := range map[string][]Result{
		"nothing found in 2 definitions":          {{}, {}},
		"1 error in 1 definition":                 {one},
		"3 errors and 1 warning in 2 definitions": {one, mixed},
		"1 warning in 1 definition":               {warned},
	} {
		if got := Summary(results); got != want {
			t.Errorf("got %q; want %q", got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"ResultPath", "Resource", "ResultSelector", "Next", "SHA-256"}
	for name, want := range map[string]string{"resultpath": "ResultPath", "ResutlPath": "ResultPath", "Resorce": "Resource", "Nxt": "Next", "SHA256": "SHA-256", "Parameters": "", "": "", strings.Repeat("x", 500): ""} {
		if got := nearest.Name(name, names); got != want {
			t.Errorf("nearest.Name(%q) is %q; want %q", name, got, want)
		}
	}
}
