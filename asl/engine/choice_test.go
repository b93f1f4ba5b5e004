package engine_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// TestChoiceOperators compares $.v with an operand, literally and through a path.
func TestChoiceOperators(t *testing.T) {
	for _, test := range []struct {
		operator, operand string
		holds, not        string // values for which the rule holds, and for which not, apart by blanks
	}{
		{"StringEquals", `"b"`, `"b" "\u0062"`, `"a" "" 1 null ["b"]`},
		{"StringLessThan", `"b"`, `"a" "" "B" "az"`, `"b" "c" 1 null`},
		{"StringLessThanEquals", `"b"`, `"a" "b"`, `"ba" 1`},
		{"StringGreaterThan", `"b"`, `"ba" "é"`, `"b" "a" 2`},
		{"StringGreaterThanEquals", `"b"`, `"b" "c"`, `"a" true`},
		{"StringGreaterThan", `"😀"`, `"\ufb01"`, `"a"`}, // by UTF-16 units, as Java: an emoji is a pair of surrogates
		{"NumericEquals", `1`, `1 1.0 1e0`, `2 "1" null true`},
		{"NumericEquals", `9007199254740993`, `9007199254740993`, `9007199254740992`},
		{"NumericLessThan", `1.5`, `1 -1e9`, `1.5 2 "1"`},
		{"NumericLessThanEquals", `1.5`, `1.5 1`, `1.51 {}`},
		{"NumericGreaterThan", `-1`, `0 -0.5`, `-1 -2`},
		{"NumericGreaterThanEquals", `-1`, `0 -1.0`, `-2`},
		{"BooleanEquals", `true`, `true`, `false "true" 1 null`},
		{"BooleanEquals", `false`, `false`, `true null`},
		{"TimestampEquals", `"2030-01-01T00:00:00Z"`, `"2030-01-01T00:00:00Z" "2030-01-01T09:00:00+09:00" "2030-01-01T00:00:00.000Z"`, `"2030-01-01T00:00:01Z" "2030-01-01" 1 null`},
		{"TimestampLessThan", `"2030-01-01T00:00:00Z"`, `"2029-12-31T23:59:59.999Z"`, `"2030-01-01T00:00:00Z" "no"`},
		{"TimestampLessThanEquals", `"2030-01-01T00:00:00Z"`, `"2030-01-01T00:00:00Z"`, `"2030-01-01T00:00:00.1Z"`},
		{"TimestampGreaterThan", `"2030-01-01T00:00:00Z"`, `"2030-01-01T00:00:00.1Z"`, `"2030-01-01T00:00:00Z"`},
		{"TimestampGreaterThanEquals", `"2030-01-01T00:00:00Z"`, `"2030-01-01T00:00:00Z"`, `"2029-01-01T00:00:00Z"`},
		{"StringMatches", `"a*c*"`, `"ac" "abcd" "acc" "aXcYc"`, `"a" "bac" "" 1`},
		{"StringMatches", `"*.pdf"`, `".pdf" "x.pdf" "a.pdf.pdf"`, `"x.pdfx" "pdf"`},
		{"StringMatches", `"a\\*b"`, `"a*b"`, `"axb" "a\\*b"`},
		{"StringMatches", `"a\\\\*"`, `"a\\" "a\\x"`, `"a*" "ax"`},
		{"StringMatches", `""`, `""`, `"x"`},
		{"IsNull", `true`, `null`, `0 "" false`},
		{"IsNull", `false`, `0 ""`, `null`},
		{"IsNumeric", `true`, `0 1.5`, `"1" null`},
		{"IsString", `true`, `"" "x"`, `1 null`},
		{"IsBoolean", `true`, `true false`, `"true" 0`},
		{"IsTimestamp", `true`, `"2030-01-01T00:00:00Z" "2030-01-01T00:00:00.123456789+05:30" "2030-01-01T00:00Z"`, `"2030-01-01T00:00:00" "2030-13-01T00:00:00Z" "2030-01-01" 1 null`},
		{"IsPresent", `true`, `null 0`, ``},
		{"IsPresent", `false`, ``, `null 0`},
	} {
		forms := []string{fmt.Sprintf(`{"Variable": "$.v", "%s": %s, "Next": "Yes"}`, test.operator, test.operand)}
		if !strings.HasPrefix(test.operator, "Is") && test.operator != "StringMatches" {
			forms = append(forms, fmt.Sprintf(`{"Variable": "$.v", "%sPath": "$.o", "Next": "Yes"}`, test.operator))
		}
		for _, form := range forms {
			program := compile(t, `{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [`+form+`], "Default": "No"},
				"Yes": {"Type": "Succeed"}, "No": {"Type": "Fail", "Error": "No"}}}`)
			for values, want := range map[string]engine.Status{test.holds: engine.Succeeded, test.not: engine.Failed} {
				for _, v := range strings.Fields(values) {
					x := run(t, program, fmt.Sprintf(`{"v": %s, "o": %s}`, v, test.operand), engine.Options{})
					if x.Status != want || want == engine.Failed && x.Error != "No" {
						t.Errorf("%s with %s: got %s %s %s, want %s", form, v, x.Status, x.Error, x.Cause, want)
					}
				}
			}
		}
	}
}

func TestChoicePathsThatLeadNowhere(t *testing.T) {
	for rule, cause := range map[string]string{
		`{"Variable": "$.a", "IsNull": true, "Next": "C"}`:            "Invalid path '$.a': The choice state's condition path references an invalid value.",
		`{"Variable": "$.b", "StringEqualsPath": "$.c", "Next": "C"}`: "Invalid path '$.c': The choice state's condition path references an invalid value.",
		`{"Not": {"Variable": "$v", "IsString": true}, "Next": "C"}`:  "Invalid path '$v': The choice state's condition path references an invalid value.",
		`{"Variable": "$.a", "IsPresent": true, "Next": "C"}`:         "Failed to transition out of the state. The state does not point to a next state.",
		`{"Or": [{"Variable": "$.b", "IsNull": true}], "Next": "C"}`:  "Failed to transition out of the state. The state does not point to a next state.",
	} {
		x := run(t, compile(t, `{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [`+rule+`]}}}`), `{"b": "x"}`, engine.Options{})
		if want := "An error occurred while executing the state 'C' (entered at the event id #2). " + cause; x.Error != engine.ErrorRuntime || x.Cause != want {
			t.Errorf("%s\ngot  %s %q\nwant %q", rule, x.Error, x.Cause, want)
		}
	}
}

// TestStringMatchesAsRegexp compares StringMatches with a regular expression, over random patterns and texts of few letters.
func TestStringMatchesAsRegexp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	letters := func(alphabet string, most int) string {
		var b strings.Builder
		for range r.IntN(most) {
			b.WriteByte(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	for range 300 {
		pattern := letters(`aab***\`, 9)
		want := regexp.MustCompile(`^` + strings.NewReplacer(`\\\\`, `\\`, `\\\*`, `\*`, `\*`, `.*`).Replace(regexp.QuoteMeta(pattern)) + `$`)
		program := compile(t, `{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$", "StringMatches": `+value.Text(value.String(pattern))+`, "Next": "S"}], "Default": "F"},
			"S": {"Type": "Succeed"}, "F": {"Type": "Fail"}}}`)
		for range 20 {
			text := letters(`aab*\`, 9)
			x, err := program.Run(t.Context(), value.String(text), engine.Options{Seed: 1})
			if err != nil || (x.Status == engine.Succeeded) != want.MatchString(text) {
				t.Errorf("%q matches %q: got %s %v", pattern, text, x.Status, err)
			}
		}
	}
}
