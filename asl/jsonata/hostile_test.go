package jsonata

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

// TestLimits evaluates what would not end, or not fit, and wants the limit by its name, soon.
func TestLimits(t *testing.T) {
	const few = 500_000 // steps: what they are worth, and that nothing goes uncounted, shows with a tenth of the default
	for _, tc := range []struct {
		name, expr string
		want       error
		code       string
		steps      int // 0 for the default
	}{
		{"recursion", `($f := function($n){ 1 + $f($n + 1) }; $f(0))`, ErrDepth, "U1001", 0},
		{"mutual recursion", `($f := function($n){ [$g($n)] }; $g := function($n){ [$f($n)] }; $f(0))`, ErrDepth, "U1001", 0},
		{"recursion in tail position", `($f := function($n){ $f($n + 1) }; $f(0))`, ErrSteps, "U1001", 0},
		{"evaluation of itself", `($e := "$eval($e)"; $eval($e))`, ErrDepth, "U1001", 0},
		{"backtracking", `$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /(a+)+$/)`, ErrRegexTime, CodeLimit, 0},
		{"range", `[1..10000000]`, ErrItems, CodeLimit, 0},
		{"range, reversed", `$reverse([1..10000000])`, ErrItems, CodeLimit, 0},
		{"range, mapped", `[1..10000000].{"a": $}`, ErrSteps, "U1001", 0},
		{"range, as text", `$string([1..10000000])`, ErrItems, CodeLimit, 0},
		{"range, filtered", `[1..10000000][$ > 5]`, ErrSteps, "U1001", 0},
		{"doubling a string", `($f := function($s){ $f($s & $s) }; $f("abcdefgh"))`, ErrBytes, CodeLimit, 0},
		{"doubling an array", `($f := function($a){ $f($append($a, $a)) }; $f([1..100]))`, ErrItems, CodeLimit, 0},
		{"padding", `$pad("x", 1000000000)`, ErrBytes, CodeLimit, 0},
		{"padding often", `[1..1000].$pad("x", 5000000)`, ErrBytes, CodeLimit, 0},
		{"patterns, one after the other", `($s := $pad("a", 20000, "a"); [1..100000].$contains($s, /a*b/))`, ErrRegexTime, CodeLimit, few},
		{"objects", `[1..10000000].{"a": $}`, ErrSteps, "U1001", few},
		{"groups", `[1..10000000]{$string($): $}`, ErrSteps, "U1001", few},
		{"matches", `$match($pad("a", 8000000, "a"), /a/)`, ErrSteps, "U1001", few},
		{"pieces", `$split($pad("a", 8000000, "a"), "")`, ErrItems, CodeLimit, few},
		{"lengths", `($s := $pad("x", 8000000); [1..1000000].$length($s))`, ErrSteps, "U1001", few},
		{"searches", `($s := $pad("x", 8000000); [1..1000000].$contains($s, "y"))`, ErrSteps, "U1001", few},
		{"numbers read", `($s := $pad("0", 1000000, "0"); [1..1000000].$number($s))`, ErrSteps, "U1001", few},
		{"comparisons", `($a := [1..500000].($ * 2); $b := [1..500000].($ * 2); [1..1000].($a = $b))`, ErrSteps, "U1001", few},
		{"positions", `($a := [1..500000].($ * 2); [1..10000][$a])`, ErrSteps, "U1001", few},
		{"truths", `($a := [1..500000].(0); [1..1000000].($a ? 1 : 2))`, ErrSteps, "U1001", few},
		{"long strings sorted", `($s := $pad("x", 8000000); $sort([1..100000].($s)))`, ErrSteps, "U1001", few},
		{"long strings told apart", `($s := $pad("x", 8000000); $distinct([1..100000].($s)))`, ErrSteps, "U1001", few},
		{"shared arrays as a result", `$reduce([1..100], function($a, $i){ [[$a], [$a]] }, [0])`, ErrItems, CodeLimit, few},
		{"shared arrays, their truth", `$reduce([1..100], function($a, $i){ [[$a], [$a]] }, [0]) ? 1`, ErrSteps, "U1001", few},
		{"shared arrays, compared", `($f := function(){ $reduce([1..100], function($a, $i){ [[$a], [$a]] }, [0]) }; $f() = $f())`, ErrSteps, "U1001", few},
		{"shared objects, changed", `$reduce([1..100], function($a, $i){ {"a": $a, "b": $a} }, {}) ~> |**|{"c": 1}|`, ErrSteps, "U1001", few},
		{"names removed", `($o := $merge([1..50000].{$string($): 1}); $o ~> |$|{}, $keys($o)|)`, ErrSteps, "U1001", few},
		{"scopes", "(" + strings.Repeat("($a := 1; ", 2000) + "[1..1000000].$x" + strings.Repeat(")", 2000) + ")", ErrSteps, "U1001", few},
		{"variables", "(" + manyBindings(20_000) + "[1..1000000].$x)", ErrSteps, "U1001", few},
		{"a signature matched in many ways", "function($x)<" + strings.Repeat("n+", 60) + ">{1}(" + strings.Repeat("1,", 100_000) + `"a")`, ErrSteps, "U1001", few},
		{"a long signature", "function($x)<" + strings.Repeat("n", 100) + ">{1}(1)", ErrSize, CodeLimit, few},
		{"a long list", "[" + strings.Repeat("1,", 500_000) + "1]", ErrSize, CodeLimit, few},
		{"many statements", "(" + strings.Repeat("1;", 500_000) + "1)", ErrSize, CodeLimit, few},
		{"a long list, evaluated", `$eval("[" & $join([1..200000].("1,")) & "1]")`, ErrSize, CodeLimit, 0},
		{"nested by a loop", `$reduce([1..100000], function($a, $i){ [[$a]] })`, ErrNesting, CodeLimit, 0},
		{"nested by a loop, compared", `($a := $reduce([1..100000], function($a, $i){ [[$a]] }); $a.b)`, ErrNesting, CodeLimit, 0},
		{"parentheses", strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000), ErrNesting, CodeLimit, 0},
		{"brackets", strings.Repeat("[", 100_000), ErrNesting, CodeLimit, 0},
		{"minus signs", strings.Repeat("-", 100_000) + "1", ErrNesting, CodeLimit, 0},
		{"a long sum", "1" + strings.Repeat("+1", 500_000), ErrNesting, CodeLimit, 0},
		{"a long path", "a" + strings.Repeat(".a", 500_000), ErrNesting, CodeLimit, 0},
		{"predicates", "a" + strings.Repeat("[0]", 300_000), ErrNesting, CodeLimit, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x, err := Compile(tc.expr, WithLimits(Limits{Steps: tc.steps}))
			if err == nil {
				_, err = x.Eval(context.Background(), value.MustParse(`{"a":1}`), nil)
			}
			var failure *Error
			if !errors.Is(err, tc.want) || !errors.As(err, &failure) || failure.Code != tc.code {
				t.Errorf("error %v, want %s: %v", err, tc.code, tc.want)
			}
		})
	}
}

func manyBindings(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "$a%d := 1; ", i)
	}
	return b.String()
}

func TestLongExpressions(t *testing.T) {
	items := strings.Repeat("1234567,", 125_000)
	x, err := Compile("$sum([" + items + "0])")
	if err != nil {
		t.Fatal(err)
	}
	v, err := x.Eval(context.Background(), nil, nil)
	if err != nil || value.Text(v) != "154320875000" {
		t.Errorf("a megabyte of numbers: %v, %v", v, err)
	}
}

func TestRangesAreLazy(t *testing.T) {
	for expr, want := range map[string]string{
		`[1..10000000] ~> $count()`: "10000000",
		`$count([100..10000099])`:   "10000000",
		`[1..10000000][7]`:          "8",
		`[1..10000000][-1]`:         "10000000",
		`$sum([1..1000000])`:        "500000500000",
		`[5..7][[0..1]]`:            "[5,6]",
		`[1..3].($ * 2)`:            "[2,4,6]",
		`[[1..3], 4]`:               "[[1,2,3],4]",
		`[0, 1..3]`:                 "[0,1,2,3]",
		`$map([1..3], $string)`:     `["1","2","3"]`,
		`[3..1]`:                    "[]",
		`$exists([1..3][5])`:        "false",
		`[1..3] = [1,2,3]`:          "true",
		`$append([1..2], [3..4])`:   "[1,2,3,4]",
		`$reduce([1..4], function($a, $b){ $a * $b })`: "24",
	} {
		if got := evalText(t, expr, `null`); got != want {
			t.Errorf("%s gives %s, want %s", expr, got, want)
		}
	}
}

func TestCancellation(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	x, err := Compile(`1`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Eval(ctx, nil, nil); !errors.Is(err, cause) {
		t.Errorf("error %v, want the cause", err)
	}
	calls := 0
	ctx, cancel = context.WithCancelCause(context.Background())
	x, err = Compile(`($f := function($n){ $f($n + $random()) }; $f(0))`, WithRandom(func() float64 {
		if calls++; calls == 1000 {
			cancel(cause)
		}
		return 0.5
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Eval(ctx, nil, nil); !errors.Is(err, cause) {
		t.Errorf("error %v, want the cause", err)
	}
}

func TestTransformsMakeNoCycles(t *testing.T) {
	x, err := Compile(`$ ~> |$|{"self": $}|`)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := x.Eval(context.Background(), value.MustParse(`{"a":1}`), nil); err == nil || !strings.Contains(err.Error(), "part of itself") {
		t.Errorf("got %v, %v", v, err)
	}
}
