package jsonata

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestStepFunctionsLimits stands on both sides of the limits that AWS was measured to have.
func TestStepFunctionsLimits(t *testing.T) {
	recursion := `($f := function($x){ $x <= 0 ? 0 : 1 + $f($x-1) }; $f(`
	doubling := `($f := function($s, $n){ $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f('x', `
	for _, tc := range []struct {
		name, last, first string
		want              error
	}{
		{"sum", "1" + strings.Repeat("+1", 99), "1" + strings.Repeat("+1", 100), ErrDepth},
		{"parentheses", strings.Repeat("(", 99) + "1" + strings.Repeat(")", 99), strings.Repeat("(", 100) + "1" + strings.Repeat(")", 100), ErrDepth},
		{"brackets", strings.Repeat("[", 99) + "1" + strings.Repeat("]", 99), strings.Repeat("[", 100) + "1" + strings.Repeat("]", 100), ErrDepth},
		{"chain", "1" + strings.Repeat("~>$string", 99), "1" + strings.Repeat("~>$string", 100), ErrDepth},
		{"recursion", recursion + "31))", recursion + "32))", ErrDepth},
		{"items", "[1..873782] ~> $count()", "[1..873783] ~> $count()", ErrItems},
		{"padding", "$length($pad('é', 262145, 'ab'))", "$length($pad('é', -262146, 'ab'))", ErrBytes},
		{"characters", doubling + "22)))", doubling + "23)))", ErrBytes},
	} {
		for _, side := range []struct {
			expr string
			want error
		}{{tc.last, nil}, {tc.first, tc.want}} {
			x, err := Compile(side.expr, StepFunctions())
			if err == nil {
				_, err = x.Eval(context.Background(), nil, nil)
			}
			if !errors.Is(err, side.want) || side.want == nil && err != nil {
				t.Errorf("%s, %.60s…: %v, want %v", tc.name, side.expr, err, side.want)
			}
		}
	}
}

func TestCausesOfLimits(t *testing.T) {
	for err, want := range map[error]string{
		limitError(ErrDepth): "evaluation: Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive",
		limitError(ErrItems): "evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage",
		&Error{Code: "T1006", Message: "Attempted to invoke"}: "evaluation. T1006: Attempted to invoke",
	} {
		if got := CauseError("x", "Output/a", err); !strings.HasSuffix(got, "'x' specified for the field 'Output/a' threw an error during "+want) {
			t.Errorf("cause of %v: %s", err, got)
		}
	}
}
