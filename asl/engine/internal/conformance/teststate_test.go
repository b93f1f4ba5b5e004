package conformance

import (
	"errors"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

func object(text string) *value.Object { return value.MustParse(text).(*value.Object) }

func TestTestState(t *testing.T) {
	cases, err := LoadTestStates("testdata/teststate")
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]struct {
		request string
		right   []any // responses and errors that are what was recorded
		wrong   []any
	}{
		"succeeded.json": {
			request: `{"definition":"{\"Type\": \"Pass\", \"End\": true}","input":"{\"a\": [1, 2]}","inspectionLevel":"DEBUG","stateName":"P"}`,
			right: []any{
				`{"output": "{\"a\":[1,2]}", "status": "SUCCEEDED", "inspectionData": {"input": "{\"a\": [1, 2]}"}}`,
			},
			wrong: []any{
				`{"output": "{\"a\":[1,2.0]}", "status": "SUCCEEDED", "inspectionData": {"input": "{\"a\": [1, 2]}"}}`,
				`{"output": "{\"a\":[1,2]}", "status": "FAILED", "inspectionData": {"input": "{\"a\": [1, 2]}"}}`,
				`{"output": "{\"a\":[1,2]}", "status": "SUCCEEDED"}`,
				`{"output": "{\"a\":[1,2]}", "status": "SUCCEEDED", "nextState": "X", "inspectionData": {"input": "{\"a\": [1, 2]}"}}`,
				&APIError{"ValidationException", "no"},
				errors.New("not implemented"),
			},
		},
		"function.json": {
			request: `{"definition":"{\"Type\": \"Task\", \"Resource\": \"arn:aws:lambda:us-east-1:111111111111:function:f\", \"End\": true}","mock":{"result":"\"done\"","fieldValidationMode":"NONE"}}`,
			right:   []any{`{"output": "\"done\"", "status": "SUCCEEDED"}`},
			wrong:   []any{`{"output": "\"not done\"", "status": "SUCCEEDED"}`},
		},
		"refused.json": {
			request: `{"definition":"{}","mock":{"result":"1","errorOutput":{"error":"e"}}}`,
			right:   []any{&APIError{"ValidationException", "Both are set in call 7"}},
			wrong: []any{
				&APIError{"ValidationException", "Both are set"},
				&APIError{"InvalidDefinition", "Both are set in call 7"},
				`{"status": "SUCCEEDED"}`,
			},
		},
		"raised.json": {
			request: `{"definition":"{}","context":"{\"Map\": {}}"}`,
			right:   []any{&APIError{"ValidationException", "Map is not allowed"}},
			wrong:   []any{&APIError{"ValidationException", "Map"}},
		},
		"client.json": {
			request: `{"definition":"{}","stateName":""}`,
			right:   []any{&APIError{"ValidationException", "stateName is empty"}},
			wrong:   []any{`{"status": "SUCCEEDED"}`, errors.New("not implemented")},
		},
	}
	if len(cases) != len(answers) {
		t.Errorf("got %d cases, want %d", len(cases), len(answers))
	}
	for _, c := range cases {
		want := answers[c.Case.File]
		if got := value.Text(c.Request); got != want.request {
			t.Errorf("%s: request\n%s, want\n%s", c.Case.File, got, want.request)
		}
		if c.Case.Category != "test_own" {
			t.Errorf("%s: category %s", c.Case.File, c.Case.Category)
		}
		run := func(answer any) Level {
			return c.Run(func(*value.Object) (*value.Object, error) {
				switch answer := answer.(type) {
				case string:
					return object(answer), nil
				case error:
					return nil, answer
				}
				panic("nothing")
			}).Levels[0]
		}
		for _, answer := range want.right {
			if got := run(answer); got.Verdict != Pass {
				t.Errorf("%s, %v: %+v", c.Case.File, answer, got)
			}
		}
		for _, answer := range append(want.wrong, nil) {
			if got := run(answer); got.Verdict != Fail || got.Reason == "" {
				t.Errorf("%s, %v: %+v", c.Case.File, answer, got)
			}
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	if _, err := LoadCases(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no recordings") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := newTestStateCase("x", object(`{}`)); err == nil {
		t.Error("a call without a response was accepted")
	}
	if _, err := newCase("x", object(`{}`)); err == nil {
		t.Error("a case without a definition was accepted")
	}
}
