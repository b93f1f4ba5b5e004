package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
)

// write puts a file into a folder of the test and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExecInterrupted(t *testing.T) {
	machine := write(t, "sleep.asl.json", `{"StartAt": "Sleep", "States": {"Sleep": {"Type": "Wait", "Seconds": 3600, "End": true}}}`)
	for _, output := range []string{"text", "json"} {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(50*time.Millisecond, cancel)
		var stdout, stderr bytes.Buffer
		if code := Main(ctx, []string{"exec", machine, "--clock", "real", "--output", output}, nil, &stdout, &stderr); code != exitFailure {
			t.Errorf("exit code %d", code)
		}
		if !strings.Contains(stdout.String(), "ABORTED") || !strings.Contains(stdout.String(), "Sleep") {
			t.Errorf("stdout %s", &stdout)
		}
		if got, want := stderr.String(), "docflow: interrupted: the execution was aborted\n"; got != want {
			t.Errorf("stderr %q, want %q", got, want)
		}
	}
}

func TestExecJSON(t *testing.T) {
	for _, test := range []struct {
		state string
		want  map[string]string
	}{
		{`{"Type": "Succeed"}`, map[string]string{"status": "SUCCEEDED", "output": `{"a":  "<&\u2028é\ud800"}`}},
		{`{"Type": "Fail"}`, map[string]string{"status": "FAILED"}},
		{`{"Type": "Fail", "Error": "E"}`, map[string]string{"status": "FAILED", "error": "E"}},
		{`{"Type": "Fail", "Cause": "c <&>"}`, map[string]string{"status": "FAILED", "cause": "c <&>"}},
	} {
		machine := write(t, "m.asl.json", `{"StartAt": "Only", "States": {"Only": `+test.state+`}}`)
		var stdout, stderr bytes.Buffer
		Main(context.Background(), []string{"exec", machine, "--input", `{"a":  "<&\u2028é\ud800"}`, "--output", "json"}, nil, &stdout, &stderr)
		var got map[string]any
		if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
			t.Fatalf("%v\n%s", err, &stdout)
		}
		if history, ok := got["history"].([]any); !ok || len(history) == 0 {
			t.Errorf("%s: history %v", test.state, got["history"])
		}
		delete(got, "history")
		want := map[string]any{}
		for name, text := range test.want {
			want[name] = text
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.state, diff)
		}
		if stderr.Len() > 0 {
			t.Errorf("%s: stderr %s", test.state, &stderr)
		}
	}
}

// TestExecHostile holds definitions and inputs that would not end, or grow without bound, against the limit that ends each.
func TestExecHostile(t *testing.T) {
	machine := func(language, states string) string {
		return fmt.Sprintf(`{"QueryLanguage": %q, "StartAt": "A", "States": %s}`, language, states)
	}
	loop := machine("JSONPath", `{"A": {"Type": "Pass", "Next": "A"}}`)
	same := machine("JSONPath", `{"A": {"Type": "Pass", "End": true}}`)
	nested := same
	for range 1000 {
		nested = machine("JSONPath", `{"A": {"Type": "Parallel", "End": true, "Branches": [`+nested+`]}}`)
	}
	for name, test := range map[string]struct {
		definition, input string
		args              []string
		code              int
		want              string
	}{
		"endless loop":         {loop, `{}`, nil, exitFailure, "maximum number of history events (25000)"},
		"endless Express loop": {loop, `{}`, []string{"--type", "EXPRESS"}, exitFailure, "maximum number of history events (500000)"},
		"endless expression": {
			machine("JSONata", `{"A": {"Type": "Pass", "Output": "{% ($f := function($n){$f($n + 1)}; $f(1)) %}", "End": true}}`), `{}`, nil,
			exitFailure, "Expression evaluation timeout",
		},
		"growing data": {
			machine("JSONPath", `{"A": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "Next": "A"}}`), `{}`, nil,
			exitFailure, "States.DataLimitExceeded",
		},
		"deep definition": {nested, `{}`, nil, exitUsage, "nested deeper than"},
		"deep input":      {same, strings.Repeat("[", 100_000), nil, exitUsage, "nested deeper than 1000"},
		"large input": {
			same, `"` + strings.Repeat("x", 10<<20) + `"`, nil, exitUsage,
			"Value at 'input' failed to satisfy constraint: Member must have size less than or equal to 262144 bytes in UTF-8 encoding",
		},
		"large definition": {strings.Repeat(" ", maxDefinitionFile+1), `{}`, nil, exitUsage, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"exec", write(t, "m.asl.json", test.definition), "--input", write(t, "input.json", test.input)}, test.args...)
			var stdout, stderr bytes.Buffer
			started := time.Now()
			if code := Main(context.Background(), args, nil, &stdout, &stderr); code != test.code {
				t.Errorf("exit code %d", code)
			}
			got := stdout.String() + stderr.String()
			if !strings.Contains(got, test.want) {
				t.Errorf("it does not tell %q:\n%.2000s", test.want, got)
			}
			if len(got) > 20_000 {
				t.Errorf("it tells %d bytes", len(got))
			}
			if took := time.Since(started); took > 30*time.Second { // with the race detector, on a busy machine
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestInputText(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"in.json": `{"f": 1}`, "true": `"of the file"`, "bom.json": "\ufeff{}"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for arg, want := range map[string]string{
		`in.json`:        `{"f": 1}`,
		`file://in.json`: `{"f": 1}`,
		` {"a": 1}`:      ` {"a": 1}`,
		`[1]`:            `[1]`,
		`"text"`:         `"text"`,
		`-1.5`:           `-1.5`,
		`null`:           `null`,
		`true`:           `"of the file"`,
		`bom.json`:       "\ufeff{}",
		`-`:              `from stdin`,
	} {
		got, _, err := inputText(&streams{in: strings.NewReader("from stdin")}, arg)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", arg, got, err, want)
		}
	}
	var usage usageError
	if _, _, err := inputText(&streams{}, "nowhere.json"); !errors.As(err, &usage) {
		t.Errorf("got %v, want a usageError", err)
	}
	if v, err := readInput(&streams{}, "bom.json"); err != nil || value.Text(v) != "{}" {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestDescend(t *testing.T) {
	root := asl.ParseData("x.json", []byte(`{"Parameters": {"a.b": {"x.$": 1}, "a": {"b": 2}}, "Choices": [{"Next": 3}, {"Or": [{"Next": 4}]}], "Twice": 5, "Twice": 6}`)).Root
	for field, want := range map[string]string{
		"Parameters.a.b.x.$":  "1",
		"Parameters.a.b":      "2", // the last that it may mean
		"Choices[0].Next":     "3",
		"Choices[1].Or[0]":    `{"Next": 4}`,
		"Choices[2].Next":     "",
		"Choices[x]":          "",
		"Choices.Next":        "",
		"Nothing":             "",
		"Parameters.a.nobody": "",
		"Twice":               "6",
	} {
		got := ""
		if n := descend(root, field); n != nil {
			got = value.Text(n.ToValue())
		}
		if want != "" {
			want = value.Compact(value.MustParse(want))
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", field, got, want)
		}
	}
}

func TestCauseText(t *testing.T) {
	for cause, want := range map[string]string{
		"plain": "plain",
		`{"errorMessage":"no text","errorType":"NoText"}`: "no text",
		`{"Status":"FAILED","Error":"X"}`:                 "{\n  \"Status\": \"FAILED\",\n  \"Error\": \"X\"\n}",
		`[1]`:                                             `[1]`,
	} {
		if got := causeText(cause); got != want {
			t.Errorf("%s: got %s, want %s", cause, got, want)
		}
	}
}

func TestMachineName(t *testing.T) {
	for file, want := range map[string]string{
		"flows/order.asl.json":                "order",
		"order.asl.yaml":                      "order",
		"order.yml":                           "order",
		"order.v2.json":                       "order-v2",
		"My order.asl.json":                   "My-order",
		stdinName:                             "StateMachine",
		".asl.json":                           "StateMachine",
		"注文.asl.json":                         "-",
		strings.Repeat("x", 99) + ".asl.json": strings.Repeat("x", 80),
	} {
		p := &program{doc: &asl.Document{Filename: file}}
		if got := machineName(p.name()); got != want {
			t.Errorf("%s: got %s, want %s", file, got, want)
		}
	}
}

func TestExecutionName(t *testing.T) {
	for name, ok := range map[string]bool{
		"first": true, "a-b_c.d+e@f=g(h)'!": true, "注文-1": true, strings.Repeat("x", 80): true, strings.Repeat("x", 81): false,
		"a b": false, "a\tb": false, "a/b": false, "a:b": false, "a?": false, "a\u0085b": false, "a\uffffb": false,
	} {
		if err := checkExecutionName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestPairs(t *testing.T) {
	got, err := pairs("substitution", "NAME=VALUE", []string{"A=1", "B=x=y", "C="})
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"A": "1", "B": "x=y", "C": ""}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, wrong := range [][]string{{"A"}, {"=1"}, {"A=1", "A=2"}} {
		if _, err := pairs("substitution", "NAME=VALUE", wrong); err == nil {
			t.Errorf("%v: no error", wrong)
		}
	}
}

// TestExecConcurrently runs several command lines at once, as a program that uses this package would: they share nothing.
func TestExecConcurrently(t *testing.T) {
	machine := write(t, "m.asl.json", `{"StartAt": "All", "States": {"All": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "One", "States": {
		"One": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}}}}`)
	responses := make([]string, 20)
	for i := range responses {
		responses[i] = fmt.Sprintf(`"%d": {"Return": %d}`, i, i)
	}
	mocks := write(t, "mocks.json", `{"StateMachines": {"m": {"TestCases": {"c": {"One": "r"}}}}, "MockedResponses": {"r": {`+strings.Join(responses, ",")+`}}}`)
	input := "[" + strings.Join(slices.Repeat([]string{"0"}, len(responses)), ",") + "]"
	want := `"output": "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]"`
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := Main(context.Background(), []string{"exec", machine, "--input", input, "--mock-config", mocks, "--output", "json"}, nil, &stdout, &stderr)
			if code != exitOK || !strings.Contains(stdout.String(), want) {
				t.Errorf("exit code %d, %s %.500s", code, &stderr, &stdout)
			}
		})
	}
}
