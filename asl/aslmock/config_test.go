package aslmock_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/aslmock"
	"github.com/docflow-asl/docflow/asl/engine"
)

const configFile = "testdata/MockConfigFile.json"

func config(t *testing.T) *aslmock.Config {
	t.Helper()
	c, err := aslmock.ReadConfig(configFile)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfig(t *testing.T) {
	c := config(t)
	d := load(t)
	if err := c.Check("", d); err != nil {
		t.Error(err)
	}
	tests := map[string]func(*testing.T, *aslmock.Result){
		"HappyPath": func(t *testing.T, r *aslmock.Result) {
			r.Succeeded(t, `["short", "reviewed"]`)
		},
		"RetryPath": func(t *testing.T, r *aslmock.Result) {
			r.Succeeded(t, `["first", "second"]`)
			r.Called(t, "Extract", 3)
			r.Retried(t, "Extract", 2)
		},
		"SadPath": func(t *testing.T, r *aslmock.Result) {
			r.Failed(t, "ExtractFailed", "^NoText$")
		},
		"NothingToMock": func(t *testing.T, r *aslmock.Result) { // a response without entries, of a state that is not reached
			r.Succeeded(t, `{"pages": 0}`)
		},
	}
	for name, check := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := d.Run(t.Context(), aslmock.TestCase(c, "", name))
			if err != nil {
				t.Fatal(err)
			}
			check(t, r)
			if len(r.Unmocked) > 0 {
				t.Error(r.Unmocked)
			}
		})
	}
	aslmock.Run(t, flow, aslmock.TestCaseFile(configFile, "HappyPath")).Succeeded(t)
	if got := fmt.Sprint(c.StateMachines(), c.TestCases("flow")); got != "[flow] [Exhausted HappyPath NothingToMock RetryPath SadPath]" {
		t.Error(got)
	}
}

// Calls are counted over the whole execution, retries included, also within a Map. As Step Functions Local 2.0.0 does by
// https://github.com/floci-io/floci/issues/3254: two iterations, of which the first is tried twice, take the answers 0, 1 and 2.
func TestConfigCountsOverTheExecution(t *testing.T) {
	c, err := aslmock.ParseConfig("mocks.json", []byte(`{
		"StateMachines": {"M": {"TestCases": {"T": {"Work": "R"}}}},
		"MockedResponses": {"R": {"0": {"Throw": {"Error": "Boom", "Cause": "c"}}, "1": {"Return": "one"}, "2": {"Return": "two"}, "3-5": {"Return": null}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	inOrder := []byte(strings.Replace(string(loop), `"ItemsPath"`, `"MaxConcurrency": 1, "ItemsPath"`, 1))
	for range 2 { // every execution starts from 0
		aslmock.Run(t, inOrder, aslmock.Input(`[1, 2]`), aslmock.TestCase(c, "M", "T")).Succeeded(t, `["one", "two"]`)
	}
	aslmock.Run(t, inOrder, aslmock.Input(`[1, 2, 3]`), aslmock.TestCase(c, "M", "T")).Succeeded(t, `["one", "two", null]`)
}

// A response is counted for each state that has it.
func TestConfigSharedResponse(t *testing.T) {
	c, err := aslmock.ParseConfig("mocks.json", []byte(`{
		"StateMachines": {"M": {"TestCases": {"T": {"Summarize": "R", "Review": "R", "Extract": "E"}}}},
		"MockedResponses": {"R": {"0": {"Return": {"Body": 1}}}, "E": {"0": {"Return": {"Payload": {"pages": 1}}}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	aslmock.Run(t, flow, aslmock.TestCase(c, "", "T")).Succeeded(t, `[1, {"Body": 1}]`)
}

func TestConfigExhausted(t *testing.T) {
	r, err := load(t).Run(t.Context(), aslmock.TestCase(config(t), "", "Exhausted"))
	if err != nil {
		t.Fatal(err)
	}
	r.Failed(t, engine.ErrorRuntime)
	want := `state "Analyze" (arn:aws:states:::bedrock:invokeModel), call 2 (from 0): the mock of state "Analyze" has no answer left; it answers 2 calls (testdata/MockConfigFile.json:`
	if len(r.Unmocked) != 1 || !strings.HasPrefix(r.Unmocked[0].Error(), want) {
		t.Errorf("got %v, want %s", r.Unmocked, want)
	}
}

func TestConfigFaults(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty":              {``, `m.json:1:1: the file is empty`},
		"broken":             {`{"StateMachines": }`, `m.json:1:19: '}' where a value should be`},
		"an array":           {`[]`, `m.json:1:1: a mock configuration is an object, not an array`},
		"no machines":        {`{"MockedResponses": {}}`, `m.json:1:1: a mock configuration has the field "StateMachines"`},
		"a slip":             {`{"StateMachines": {}, "MockedResponse": {}}`, `m.json:1:23: a mock configuration has no field "MockedResponse"; did you mean "MockedResponses"?`},
		"a comment":          {`{"Comment": "is fine", "StateMachines": {"M": {"TestCases": {}, "Note": 1}}}`, ``},
		"no cases":           {`{"StateMachines": {"M": {}}}`, `m.json:1:25: the state machine "M" has the field "TestCases"`},
		"cases, a slip":      {`{"StateMachines": {"M": {"TestCase": {}}}}`, "m.json:1:25: the state machine \"M\" has the field \"TestCases\"\nm.json:1:26: the state machine \"M\" has no field \"TestCase\"; did you mean \"TestCases\"?"},
		"machine":            {`{"StateMachines": {"M": 1}}`, `m.json:1:25: the state machine "M" is an object, not a number`},
		"case":               {`{"StateMachines": {"M": {"TestCases": {"T": "x"}}}}`, `m.json:1:45: the test case "T" is an object, not a string`},
		"response's name":    {`{"StateMachines": {"M": {"TestCases": {"T": {"A": {}}}}}}`, `m.json:1:51: the response of "A" is a string, not an object`},
		"no response":        {`{"StateMachines": {"M": {"TestCases": {"T": {"A": "Sucess"}}}}, "MockedResponses": {"Success": {}}}`, `m.json:1:51: there is no response "Sucess" among MockedResponses; did you mean "Success"?`},
		"no responses":       {`{"StateMachines": {"M": {"TestCases": {"T": {"A": "X"}}}}}`, `m.json:1:51: there is no response "X" among MockedResponses; there is none`},
		"duplicate":          {`{"StateMachines": {"M": {"TestCases": {"T": {}, "T": {}}}}}`, `m.json:1:49: "T" is in this object already, at 1:40; only the last one counts`},
		"overlap":            {responses(`"0-3": {"Return": 1}, "2": {"Return": 1}`), `m.json:3:23: the response "R" has two entries for call 2: "0-3" and "2"`},
		"overlap with first": {responses(`"0-5": {"Return": 1}, "1": {"Return": 1}, "3": {"Return": 1}`), "m.json:3:23: the response \"R\" has two entries for call 1: \"0-5\" and \"1\"\nm.json:3:43: the response \"R\" has two entries for call 3: \"0-5\" and \"3\""},
		"gap":                {responses(`"0": {"Return": 1}, "2": {"Return": 1}`), `m.json:3:21: the response "R" has no entry for call 1, which comes before "2"`},
		"long gap":           {responses(`"3": {"Return": 1}`), `m.json:3:1: the response "R" has no entry for the calls 0-2, which come before "3"`},
		"backwards":          {responses(`"3-0": {"Return": 1}`), `m.json:3:1: the response "R" has the entry "3-0", which ends before it begins; "0-3" would be right`},
		"no number":          {responses(`"first": {"Return": 1}`), `m.json:3:1: the response "R" has the entry "first"; an entry is for one call, "0", or for some, "1-3"`},
		"minus":              {responses(`"-1": {"Return": 1}`), `the entry "-1"`},
		"both":               {responses(`"0": {"Return": 1, "Throw": {"Error": "E"}}`), `m.json:3:6: entry "0" of the response "R" has both Return and Throw; it has one of them`},
		"neither":            {responses(`"0": {}`), `m.json:3:6: entry "0" of the response "R" has neither Return nor Throw; it has one of them`},
		"an entry's slip":    {responses(`"0": {"Retrun": 1}`), `m.json:3:7: entry "0" of the response "R" has no field "Retrun"; did you mean "Return"?`},
		"an entry":           {responses(`"0": 1`), `m.json:3:6: entry "0" of the response "R" is an object, not a number`},
		"Throw":              {responses(`"0": {"Throw": "E"}`), `m.json:3:16: Throw is an object, not a string`},
		"Throw, a slip":      {responses(`"0": {"Throw": {"Error": "E", "Couse": "c"}}`), `m.json:3:31: Throw has no field "Couse"; did you mean "Cause"?`},
		"Throw's error":      {responses(`"0": {"Throw": {"Error": 1}}`), `m.json:3:26: Error is a string, not a number`},
		"out of order":       {responses(`"1-2": {"Return": 1}, "0": {"Throw": {}}`), ``},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := aslmock.ParseConfig("m.json", []byte(test.text))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
	c := config(t)
	for _, test := range []struct{ machine, name, want string }{
		{"flow", "HapyPath", `testdata/MockConfigFile.json has no test case "HapyPath" of "flow"; did you mean "HappyPath"?`},
		{"flw", "HappyPath", `testdata/MockConfigFile.json has no state machine "flw"; did you mean "flow"?`},
		{"flow", "x", `there are "Exhausted", "HappyPath", "NothingToMock", "RetryPath", "SadPath"`},
	} {
		if _, err := c.TestCase(test.machine, test.name); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s of %s: %v, want %s", test.name, test.machine, err, test.want)
		}
	}
}

// responses is a configuration whose response has these entries, in its third line.
func responses(entries string) string {
	return "{\"StateMachines\": {},\n\"MockedResponses\": {\"R\": {\n" + entries + "\n}}}"
}

// A configuration is held against the definition.
func TestConfigCheck(t *testing.T) {
	c, err := aslmock.ParseConfig("m.json", []byte(`{"StateMachines": {"M": {"TestCases": {
		"One": {"Extrakt": "R"},
		"Two": {"Extract": "R", "Nothing": "R"}
	}}}, "MockedResponses": {"R": {"0": {"Return": {"StatusCode": "x"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `m.json:2:11: testdata/flow.asl.json has no state "Extrakt" to mock; did you mean "Extract"?
m.json:3:27: "Nothing" is a Succeed state of testdata/flow.asl.json, which calls nothing; only Task states are mocked`
	if err := c.Check("", load(t)); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if _, err := load(t).Run(t.Context(), aslmock.TestCase(c, "M", "One")); err == nil || !strings.HasPrefix(want, err.Error()) {
		t.Errorf("got %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	text, err := os.ReadFile(configFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(responses(`"0-3": {"Return": 1}, "2": {"Throw": {"Error": "E", "Cause": "c"}}`))
	f.Fuzz(func(t *testing.T, text string) {
		c, err := aslmock.ParseConfig("m.json", []byte(text))
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(line, "m.json:") && strings.HasPrefix(err.Error(), line) {
					t.Errorf("no place: %s", line)
				}
			}
			return
		}
		for _, machine := range c.StateMachines() {
			for _, name := range c.TestCases(machine) {
				if _, err := c.TestCase(machine, name); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
