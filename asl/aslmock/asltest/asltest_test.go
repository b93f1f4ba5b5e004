package asltest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docflow-asl/docflow/asl/aslmock/internal/fields"
)

var update = flag.Bool("update", false, "write golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("not as in %s (-want +got; -update writes it anew):\n%s", name, diff)
	}
}

// The cases of a file are tests of go test.
func TestRun(t *testing.T) { Run(t, "testdata/*.asltest.yaml") }

func report(t *testing.T, o Options) *Report {
	t.Helper()
	return RunFiles(t.Context(), []string{"testdata/fail.yaml", "testdata/none.asltest.yaml", "testdata/pass.asltest.yaml"}, o)
}

var realTime = regexp.MustCompile(`time="[0-9.]+"| in [0-9.]+m?s`)

// What is reported is the same however many cases run at the same time.
func TestReports(t *testing.T) {
	for _, parallel := range []int{0, 1, 8} {
		r := report(t, Options{Parallel: parallel})
		if passed, failed, broken := r.Counts(); passed != 8 || failed != 15 || broken != 1 || r.Passed() {
			t.Errorf("%d passed, %d failed, %d broken", passed, failed, broken)
		}
		var text, verbose, js, junit bytes.Buffer
		for _, err := range []error{r.WriteText(&text, false), r.WriteText(&verbose, true), r.WriteJSON(&js, r.Coverage()...), r.WriteJUnit(&junit)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		golden(t, "report.txt", text.String()+realTime.ReplaceAllString(r.Summary(), " in 1ms")+"\n")
		golden(t, "report.json", js.String())
		golden(t, "report.xml", realTime.ReplaceAllString(junit.String(), `time="0.001"`))
		if !strings.Contains(verbose.String(), "--- PASS: pass/failure  (FAILED, 7s)\n") {
			t.Errorf("verbose is %s", verbose.String())
		}
		if !json.Valid(js.Bytes()) {
			t.Error("no JSON")
		}
		if err := xml.Unmarshal(junit.Bytes(), new(junitSuites)); err != nil {
			t.Error(err)
		}
		// Both files are about one definition.
		if profiles := r.Coverage(); len(profiles) != 1 || r.Definition(profiles[0]).Name() != "flow" {
			t.Errorf("coverage of %v", profiles)
		}
	}
}

func TestOnly(t *testing.T) {
	r := report(t, Options{Only: regexp.MustCompile(`^pass/(output|failure)$`)})
	if passed, failed, _ := r.Counts(); passed != 2 || failed != 0 {
		t.Errorf("%d passed, %d failed", passed, failed)
	}
	var text bytes.Buffer
	if err := r.WriteText(&text, false); err != nil || !strings.Contains(text.String(), "ok    testdata/fail.yaml  (no cases to run)\n") {
		t.Errorf("%v: %s", err, text.String())
	}
}

func TestFaults(t *testing.T) {
	const head = "definition: flow.asl.json\ncases:\n"
	tests := map[string]struct{ text, want string }{
		"empty":           {"", "t.asltest.yaml:1:1: the file is empty"},
		"broken":          {"a: [", "t.asltest.yaml:"},
		"an array":        {"- a", "t.asltest.yaml:1:1: a test file is an object, not an array"},
		"no definition":   {"cases: []", `t.asltest.yaml:1:1: a test file has the field "definition", the file to test`},
		"no cases":        {"definition: flow.asl.json", `t.asltest.yaml:1:1: a test file has the field "cases"`},
		"definition":      {"definition: 1\ncases: []", `t.asltest.yaml:1:13: definition is a string, not a number`},
		"no such file":    {"definition: none.asl.json\ncases: []", `t.asltest.yaml:1:13: open testdata/none.asl.json: no such file`},
		"a slip":          {"defintion: flow.asl.json\ncases: []", `t.asltest.yaml:1:1: a test file has no field "defintion"; did you mean "definition"?`},
		"type":            {head + "- {name: a, type: EXPRES}", `t.asltest.yaml:3:19: type is "EXPRES"; did you mean "EXPRESS"?`},
		"duplicate":       {head + "- {name: a, name: b}", `t.asltest.yaml:3:13: "name" is in this object already`},
		"substitution":    {"definition: flow.asl.json\nsubstitutions: {ExtractFunction: [1]}\ncases: []", `t.asltest.yaml:2:34: a substitution is a string or a number, not an array`},
		"of no name":      {"definition: flow.asl.json\nsubstitutions: {ExtractFunctionArn: 1}\ncases: []", `testdata/flow.asl.json: it has no substitution ${ExtractFunctionArn}; did you mean "ExtractFunction"?`},
		"case":            {head + "- 1", `t.asltest.yaml:3:3: a case is an object, not a number`},
		"no name":         {head + "- {input: 1}", `t.asltest.yaml:3:3: a case has a name`},
		"same name":       {head + "- {name: a}\n- {name: a}", `t.asltest.yaml:4:10: there is a case "a" already`},
		"case, a slip":    {head + "- {name: a, expects: {}}", `t.asltest.yaml:3:13: a case has no field "expects"; did you mean "expect"?`},
		"two inputs":      {head + "- {name: a, input: 1, inputFile: input.json}", `t.asltest.yaml:3:34: the case has an input already; it has input or inputFile`},
		"no input":        {head + "- {name: a, inputFile: none.json}", `t.asltest.yaml:3:24: open testdata/none.json: no such file`},
		"no JSON input":   {head + "- {name: a, inputFile: pass.asltest.yaml}", `t.asltest.yaml:3:24: testdata/pass.asltest.yaml: invalid JSON`},
		"start time":      {head + "- {name: a, startTime: today}", `t.asltest.yaml:3:24: startTime is "today"; a time such as 2025-01-02T03:04:05Z would be right`},
		"seed":            {head + "- {name: a, seed: 0}", `t.asltest.yaml:3:19: seed is a whole number of at least 1`},
		"mocks":           {head + "- {name: a, mocks: []}", `t.asltest.yaml:3:20: mocks is an object, not an array`},
		"no state":        {head + "- {name: a, mocks: {Extrakt: {return: 1}}}", `t.asltest.yaml:3:21: testdata/flow.asl.json has no state "Extrakt" to mock; did you mean "Extract"?`},
		"no resource":     {head + "- {name: a, mocks: {\"arn:aws:states:::sqs:sendMesage\": {return: 1}}}", `t.asltest.yaml:3:21: no task of testdata/flow.asl.json has the resource arn:aws:states:::sqs:sendMesage; there are "arn:aws:states:::bedrock:invokeModel"`},
		"no answers":      {head + "- {name: a, mocks: {Extract: []}}", `t.asltest.yaml:3:30: the mock of "Extract" has no answer`},
		"answer":          {head + "- {name: a, mocks: {Extract: 1}}", `t.asltest.yaml:3:30: an answer is an object, not a number`},
		"answer, none":    {head + "- {name: a, mocks: {Extract: {times: 1}}}", `t.asltest.yaml:3:30: an answer has one of "return", "throw", "never" and "evaluate"; this one has none`},
		"answer, two":     {head + "- {name: a, mocks: {Extract: {return: 1, throw: {}}}}", `this one has two`},
		"answer, a slip":  {head + "- {name: a, mocks: {Extract: {retrun: 1}}}", `t.asltest.yaml:3:31: an answer has no field "retrun"; did you mean "return"?`},
		"never":           {head + "- {name: a, mocks: {Extract: {never: false}}}", `t.asltest.yaml:3:38: never is true, or left out`},
		"throw":           {head + "- {name: a, mocks: {Extract: {throw: {Error: E}}}}", `t.asltest.yaml:3:39: throw has no field "Error"; did you mean "error"?`},
		"evaluate":        {head + "- {name: a, mocks: {Extract: {evaluate: '1 +'}}}", `t.asltest.yaml:3:30: the mock of state "Extract": the expression 1 +: S0207`},
		"times":           {head + "- {name: a, mocks: {Extract: {return: 1, times: 0}}}", `t.asltest.yaml:3:49: times is a whole number of at least 1`},
		"elapse":          {head + "- {name: a, mocks: {Extract: {return: 1, elapse: soon}}}", `t.asltest.yaml:3:50: elapse is a span of time: 20s, 1h30m, 250ms, or a number of seconds`},
		"negative elapse": {head + "- {name: a, mocks: {Extract: {return: 1, elapse: -1s}}}", `elapse is a span of time`},
		"heartbeats":      {head + "- {name: a, mocks: {Extract: {return: 1, heartbeats: [[]]}}}", `t.asltest.yaml:3:55: a pause is a span of time`},
		"mode":            {head + "- {name: a, mocks: {Extract: {return: 1, fieldValidationMode: STRIKT}}}", `t.asltest.yaml:3:63: fieldValidationMode is "STRIKT"; did you mean "STRICT"?`},
		"an API's type":   {head + "- {name: a, mocks: {Extract: {return: {StatusCode: x}}}}", `t.asltest.yaml:3:30: the mock of state "Extract": Field 'StatusCode' must be a number`},
		"config":          {head + "- {name: a, mockConfig: {file: MockConfigFile.json}}", `t.asltest.yaml:3:25: mockConfig has the fields "file" and "testCase"`},
		"no config":       {head + "- {name: a, mockConfig: {file: none.json, testCase: T}}", `t.asltest.yaml:3:25: open testdata/none.json: no such file`},
		"broken config":   {head + "- {name: a, mockConfig: {file: input.json, testCase: T}}", `t.asltest.yaml:3:25: testdata/input.json:1:1: a mock configuration has the field "StateMachines"`},
		"no test case":    {head + "- {name: a, mockConfig: {file: MockConfigFile.json, testCase: HapyPath}}", `testdata/MockConfigFile.json has no test case "HapyPath" of "flow"; did you mean "HappyPath"?`},
		"expect, a slip":  {head + "- {name: a, expect: {outputs: 1}}", `t.asltest.yaml:3:22: expect has no field "outputs"; did you mean "output"?`},
		"status":          {head + "- {name: a, expect: {status: FAILD}}", `t.asltest.yaml:3:30: status is "FAILD"; did you mean "FAILED"?`},
		"path":            {head + "- {name: a, expect: {outputAt: {'$[': 1}}}", `t.asltest.yaml:3:33: the path $[: `},
		"pattern":         {head + "- {name: a, expect: {causeMatches: '('}}", `t.asltest.yaml:3:36: causeMatches: error parsing regexp`},
		"failed output":   {head + "- {name: a, expect: {error: E, output: 1}}", `t.asltest.yaml:3:40: an execution that ends as FAILED has no output; status SUCCEEDED would be right`},
		"succeeded error": {head + "- {name: a, expect: {status: SUCCEEDED, error: E}}", `t.asltest.yaml:3:48: an execution that ends as SUCCEEDED has no error; status FAILED would be right`},
		"states":          {head + "- {name: a, expect: {visited: A}}", `t.asltest.yaml:3:31: visited is an array, not a string`},
		"a state":         {head + "- {name: a, expect: {visited: [1]}}", `t.asltest.yaml:3:32: a state's name is a string, not a number`},
		"count":           {head + "- {name: a, expect: {calls: {Extract: many}}}", `t.asltest.yaml:3:39: the number for Extract is a whole number of at least 0`},
		"inputs":          {head + "- {name: a, expect: {inputs: {Extract: 1}}}", `t.asltest.yaml:3:40: the inputs of Extract is an array, not a number`},
		"duration":        {head + "- {name: a, expect: {duration: 1e99}}", `t.asltest.yaml:3:32: duration is a span of time`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := Parse("testdata/t.asltest.yaml", []byte(test.text))
			if err == nil { // what does not fit the definition shows when the case runs
				if result := f.Cases[0].Execute(t.Context(), f.Definition.Coverage()); !result.Passed() {
					if got := strings.Join(result.Failures, "\n"); !strings.Contains(strings.ReplaceAll(got, "testdata/t.asltest", "t.asltest"), test.want) {
						t.Errorf("got %s\nwant %s", got, test.want)
					}
					return
				}
				t.Fatalf("no fault; want %s", test.want)
			}
			if got := strings.ReplaceAll(err.Error(), "testdata/t.asltest", "t.asltest"); !strings.Contains(got, test.want) {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

// JSON does as well.
func TestJSON(t *testing.T) {
	text := `{"definition": "flow.asl.json", "cases": [{"name": "a", "mocks": {"Extract": {"return": {"Payload": {"pages": 0}}}}, "expect": {"output": {"pages": 0.0}}}]}`
	f, err := Parse("testdata/t.asltest.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if result := f.Cases[0].Execute(t.Context(), f.Definition.Coverage()); !result.Passed() || result.FullName() != "t/a" || result.Place() != "testdata/t.asltest.json:1:43" {
		t.Errorf("%+v", result)
	}
	if _, err := Read("testdata/none.asltest.json"); err == nil {
		t.Error("a file that is not there was read")
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/pass.asltest.yaml", "testdata/fail.yaml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	definition, err := fields.ReadFile("testdata/flow.asl.json")
	if err != nil {
		f.Fatal(err)
	}
	configuration, err := fields.ReadFile("testdata/MockConfigFile.json")
	if err != nil {
		f.Fatal(err)
	}
	readFile := func(name string) ([]byte, error) {
		if strings.Contains(name, "Mock") {
			return configuration, nil
		}
		return definition, nil
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		file, err := parse("t.asltest.yaml", []byte(text), readFile)
		if err != nil {
			if !strings.Contains(err.Error(), "t.asltest.yaml:") {
				t.Errorf("a fault without a place: %v", err)
			}
			return
		}
		for _, c := range file.Cases[:min(3, len(file.Cases))] {
			c.Execute(t.Context(), file.Definition.Coverage())
		}
	})
}
