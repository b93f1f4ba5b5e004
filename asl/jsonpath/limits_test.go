package jsonpath

import (
	"errors"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

// TestVisits evaluates what would run for hours on a document of 256 KiB: each ends at MaxVisits, or at PatternTimeout, by its text.
func TestVisits(t *testing.T) {
	list := func(item string, n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
	}
	numbers := list("1", 100_000)
	texts := list(`"aaaaaaaaaaaaaaaaaaaaaaaaaaaa!"`, 7000)
	for _, test := range []struct {
		path, document string
		want           string // in the error; empty for none
	}{
		{"$..*..*", strings.Repeat("[", 900) + "1" + strings.Repeat("]", 900), ""},
		{"$..*..*..*", strings.Repeat("[", 900) + "1" + strings.Repeat("]", 900), "more than 5000000 steps"},
		{"$..*..*..*", list(list(list("1", 30), 30), 30), ""},
		{"$[?(@ in $)]", numbers, "more than 5000000 steps"},
		{"$[?(@ nin $)]", numbers, "more than 5000000 steps"},
		{"$[?($ subsetof $)]", numbers, "more than 5000000 steps"},
		{"$[?($ anyof $)]", numbers, "more than 5000000 steps"},
		{"$[?($ noneof $)]", numbers, "more than 5000000 steps"},
		{"$[?($ contains @)]", numbers, "more than 5000000 steps"},
		{"$.l[?($.a == $.b)]", `{"l": ` + list("1", 1000) + `, "a": ` + list("2", 20_000) + `, "b": ` + list("2", 20_000) + `}`, "more than 5000000 steps"},
		{"$[?($[0] contains $[1])]", `["` + strings.Repeat("a", 150_000) + `","b",` + list("1", 40_000)[1:], "more than 5000000 steps"},
		{"$[?(@ =~ /(a+)+/)]", texts, ""},
		{"$[?(@ =~ /((a{0,30}){0,30})*b/)]", `["` + strings.Repeat("a", 250_000) + `"]`, "more than 5000000 steps"},
		{"$[?(@ =~ /(?=a)(a+)+b/)]", texts, "longer than 250ms"},
		{"$[?($[0] =~ /(?=a)a+b/)]", `["` + strings.Repeat("a", 100_000) + `",` + list("1", 60_000)[1:], "longer than 250ms"},
	} {
		path := MustParse(test.path)
		visits := 0
		_, err := Eval(path, Roots{Data: value.MustParse(test.document), Visits: &visits})
		var failure *EvalError
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", test.path, err)
			}
		} else if !errors.As(err, &failure) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.path, err, test.want)
		}
		if visits == 0 {
			t.Errorf("%s: no visits were counted", test.path)
		}
	}
}
