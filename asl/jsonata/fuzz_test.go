package jsonata

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

var seeds = []string{
	`$states.input.order.id`, `$sum(items.(price*qty))`, `a[b > 1].c^(>d, e){f: $sum(g)}`, `a@$x#$i.b.%.c[$i]`, `$ ~> |**|{"x": $}, ["y"]|`,
	`($f := function($n)<n:n>{ $n < 2 ? 1 : $n * $f($n - 1) }; $f(5))`, `$match("a1b2", /([a-z])(\d)/i).groups`, `$replace("abc", /(b)/, "[$1$0$$]")`,
	`$map([1..5], function($v, $i, $a){ $v & $i })`, `$substring(?, 1)("abc")`, `$fromMillis(0, "[Y]-[M01]")`, `"\u00e9\ud83d\ude00\ud800"`, "`a b`.'c'",
	`$eval("1 + " & a)`, `{"a": [1, {"b": *}], "c": **}`, `-(-1) % 2 .. 3`, `[1..3, 5][-1]`, `$formatNumber(1234.5, "#,##0.00")`, `/* c */ a and b or c in d`,
}

// FuzzParse wants spans inside the text, and the same tree kinds for what Parse takes twice.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := Parse(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Code == "" || e.Code == CodeInternal || e.Message == "" || e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		Walk(tree, func(n *Node) bool {
			if n.Start < 0 || n.End < n.Start || n.End > len(text) {
				t.Fatalf("%q: a node spans %d to %d", text, n.Start, n.End)
			}
			return true
		})
		References(tree)
		Unsupported(tree)
	})
}

// FuzzEval wants an end, soon, and a result that is JSON.
func FuzzEval(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, `{"a":[{"b":2,"c":{"d":1,"e":"x","g":[1,2]}}],"items":[{"price":2.5,"qty":4}]}`)
	}
	f.Fuzz(func(t *testing.T, text, data string) {
		input, err := value.Parse(data)
		if err != nil {
			return
		}
		limits := Limits{Steps: 200_000, Depth: 500, Items: 10_000, Bytes: 100_000, RegexTime: 50 * time.Millisecond}
		for _, options := range [][]Option{{WithLimits(limits)}, {WithLimits(limits), StepFunctions()}} {
			x, err := Compile(text, options...)
			var e *Error
			if errors.As(err, &e) && e.Code == CodeInternal {
				t.Fatalf("%q: %v", text, err)
			}
			if err != nil {
				continue
			}
			start := time.Now()
			v, err := x.Eval(context.Background(), input, map[string]value.Value{"states": input})
			if took := time.Since(start); took > 20*time.Second {
				t.Fatalf("%q took %v", text, took)
			}
			if err != nil {
				if !errors.As(err, &e) || e.Code == "" || e.Code == CodeInternal {
					t.Fatalf("%q: %#v", text, err)
				}
				continue
			}
			if v == nil {
				continue
			}
			if _, err := value.Parse(value.Text(v)); err != nil && !strings.Contains(err.Error(), "nested deeper") {
				t.Fatalf("%q gives %s: %v", text, value.Text(v), err)
			}
		}
	})
}
