package jsonata

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

func TestStepFunctionsFunctions(t *testing.T) {
	bindings := map[string]value.Value{"states": value.MustParse(`{"input":{"a":[1,2,3,4,5],"json":"{\"k\": 1.0}"}}`)}
	for _, tc := range []struct{ expr, want string }{
		{`$states.input.a[0]`, `1`},
		{`$partition($states.input.a, 2)`, `[[1,2],[3,4],[5]]`},
		{`$partition($states.input.a, 9)`, `[[1,2,3,4,5]]`},
		{`$partition($states.input.a)`, `[[1,2,3,4,5]]`},
		{`$partition($states.input.a, 2.6)`, `[[1,2],[3,4],[5]]`},
		{`$partition($states.input.a, 0)`, `undefined`},
		{`$partition($states.input.a, -0.5)`, `undefined`},
		{`$partition([], 2)`, `undefined`},
		{`$partition($states.input.none, 2)`, `undefined`},
		{`$partition($states.input.a, -1)`, `D3137: Second argument must be zero or greater`},
		{`$partition($states.input.a, "2")`, `T0410: Argument 2 of function "partition" does not match function signature`},
		{`$partition($states.input.a, null)`, `T0410: Argument 2 of function "partition" does not match function signature`},
		{`$partition($states.input.a, 2, 99)`, `T0410: Argument 3 of function "partition" does not match function signature`},
		{`$partition("text", 2)`, `T0412: Argument 1 of function "partition" must be an array of undefined`},
		{`$partition(null, 2)`, `T0412: Argument 1 of function "partition" must be an array of undefined`},
		{`$range(0, 10, 5)`, `[0,5,10]`},
		{`$range(1, 9, 9)`, `1`}, // seen on AWS
		{`$range(3, 1, -1)`, `[3,2,1]`},
		{`$range(1, 2, 0)`, `undefined`},
		{`$range(1, 10, 0.49)`, `undefined`},
		{`$range(5, 1, 1)`, `undefined`},
		{`$range(1.4, 5.6, 2.2)`, `[1,3,5]`},
		{`$range(-1.7, 2, 1)`, `[-1,0,1,2]`},
		{`$range(5, 1, -1.5)`, `[5,4,3,2,1]`},
		{`$range(1, 5)`, `undefined`},
		{`$range(1)`, `T0410: Argument 2 of function "range" does not match function signature`},
		{`$range("a", 5, 1)`, `T0410: Argument 1 of function "range" does not match function signature`},
		{`$range(1, 5, null)`, `T0410: Argument 3 of function "range" does not match function signature`},
		{`$range(1, 5, 1, 99)`, `T0410: Argument 4 of function "range" does not match function signature`},
		{`$count($range(1, 360145, 1))`, `360145`},
		{`$range(1, 360146, 1)`, `U1002: array is longer than the limit, or all arrays made are together`},
		{`$hash("abc", "MD5")`, `"900150983cd24fb0d6963f7d28e17f72"`},
		{`$hash("abc", "SHA-1")`, `"a9993e364706816aba3e25717850c26c9cd0d89d"`},
		{`$hash("abc", "CRC")`, `D3137: Hash algorithm 'CRC' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5`},
		{`$hash("abc")`, `undefined`},
		{`$hash()`, `T0410: Argument 1 of function "hash" does not match function signature`},
		{`$hash(123, "MD5")`, `T0410: Argument 1 of function "hash" does not match function signature`},
		{`$hash("abc", "MD5", "x")`, `T0410: Argument 3 of function "hash" does not match function signature`},
		{`$random(42)`, `0.7275636800328681`}, // seen on AWS
		{`$random() >= 0`, `true`},
		{`$length($uuid())`, `36`},
		{`$contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)`, `true`},
		{`$parse($states.input.json)`, `{"k": 1.0}`},
		{`$parse("{")`, `D3137: Invalid JSON`},
		{`$parse("")`, `D3137: Invalid JSON`},
		{`$parse()`, `undefined`},
		{`$exists($parse("null"))`, `true`},
		{`$parse(null)`, `T0410: Argument 1 of function "parse" does not match function signature`},
		{`$parse("1", 1)`, `T0410: Argument 2 of function "parse" does not match function signature`},
		{`$uuid("x")`, `T0410: Argument 1 of function "uuid" does not match function signature`},
		{`$random(0.9) = $random(0)`, `true`},
		{`$random(7)`, `0.7306990420600421`}, // seen on AWS
		{`$random("seed")`, `T0410: Argument 1 of function "random" does not match function signature`},
		{`$random(77, 88)`, `T0410: Argument 2 of function "random" does not match function signature`},
		{`$eval("1")`, `T1006: Attempted to invoke a non-function`}, // seen on AWS
		{`$randomSeeded(1)`, `T1006: Attempted to invoke a non-function`},
		{`[1/0]`, `["Infinity"]`}, // seen on AWS
		{`$states.input.missing`, `undefined`},
	} {
		x, err := Compile(tc.expr, StepFunctions())
		var v value.Value
		if err == nil {
			v, err = x.Eval(context.Background(), nil, bindings)
		}
		got := "undefined"
		var failure *Error
		if errors.As(err, &failure) {
			got = failure.Error()
		} else if v != nil {
			got = value.Text(v)
		}
		if got != tc.want {
			t.Errorf("%s gives %s, want %s", tc.expr, got, tc.want)
		}
	}
	for _, name := range []string{"partition", "range", "hash", "uuid", "parse"} {
		if got := evalText(t, "$exists($"+name+")", "null"); got != "false" {
			t.Errorf("plain JSONata has $%s", name)
		}
	}
	if got := evalText(t, "$random(42)", "null"); got != "T0410" {
		t.Errorf("plain JSONata's $random takes a seed: %s", got)
	}
	if list := Functions(true); slices.Contains(list, "eval") || !slices.Contains(list, "uuid") {
		t.Errorf("functions of the dialect: %v", list)
	}
}

func TestUnsupported(t *testing.T) {
	for _, tc := range []struct {
		expr string
		want []string
	}{
		{`$states.input.items[price > 3]`, nil},
		{`$states.input.items^(name){name: $sum(price)}`, nil},
		{`$states.input.items.($.price * qty)`, nil},
		{`$map($states.input.a, function($x){ $x + 1 })`, nil},
		{`$map($states.input.a, function($x){ y + $x })`, []string{"y"}},
		{`name & name & other`, []string{"name", "other"}},
		{`$`, []string{"$"}},
		{`$.a`, []string{"$"}},
		{`$states.input[$$.a = 1]`, []string{"$$"}},
		{`{"a": b}`, []string{"b"}},
		{`[a, 1]`, []string{"a"}},
		{`a ? b : c`, []string{"a", "b", "c"}},
		{`a.b.c`, []string{"a"}},
		{`a[b]`, []string{"a"}},
		{`sum(1)`, []string{"sum"}},
	} {
		tree, err := Parse(tc.expr)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range Unsupported(tree) {
			got = append(got, r.Name)
			if !strings.Contains(r.Message(), "$states.input") {
				t.Errorf("%s: message without a cure: %s", tc.expr, r.Message())
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.expr, got, tc.want)
		}
		_, err = Compile(tc.expr, StepFunctions())
		var failure *Error
		if refused := errors.As(err, &failure) && failure.Code == CodeUnsupported; refused != (len(tc.want) > 0) {
			t.Errorf("Compile(%s): %v", tc.expr, err)
		}
	}
}

func TestCauses(t *testing.T) {
	x, err := Compile(`$randomSeeded(1)`, StepFunctions())
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.Eval(context.Background(), nil, nil)
	function, compileErr := Compile(`function(){1}`)
	if compileErr != nil {
		t.Fatal(compileErr)
	}
	_, functionErr := function.Eval(context.Background(), nil, nil)
	for got, want := range map[string]string{
		Cause("$randomSeeded(1)", "Output/x", err):   `The JSONata expression '$randomSeeded(1)' specified for the field 'Output/x' threw an error during evaluation. T1006: Attempted to invoke a non-function`,
		Cause("function(){1}", "Items", functionErr): `The JSONata expression 'function(){1}' specified for the field 'Items' returned an unsupported result type.`,
		CauseUndefined("$x", "Output"):               `The JSONata expression '$x' specified for the field 'Output' returned nothing (undefined).`,
		CauseType("1", "Items", "array", value.Number("1")): `The JSONata expression '1' specified for the field 'Items' returned an unexpected result type. ` +
			`Expected 'array', but was 'number' for value: 1`,
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestReferences(t *testing.T) {
	for _, tc := range []struct {
		expr, want string
	}{
		{`$states.input.order[0].id`, `$states.input.order[0]`},
		{`$x & $states.result.Payload`, `$x | $states.result.Payload`},
		{`($a := $b.c; $a.d)`, `$b.c`},
		{`function($p){ $p + $q }`, `$q`},
		{`$items@$i.{"i": $i, "j": $j}`, `$items | $j`},
		{`$map($list, $f)`, `$list | $f`},
		{`$s[a = $t.u].v`, `$s | $t.u`},
		{`$a.(b + $c.d).e`, `$a | $c.d`},
		{`$.a`, `$.a`},
	} {
		tree, err := Parse(tc.expr)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range References(tree) {
			got = append(got, tc.expr[r.Start:r.End])
		}
		if s := strings.Join(got, " | "); s != tc.want {
			t.Errorf("%s: %s, want %s", tc.expr, s, tc.want)
		}
	}
	tree, err := Parse(`($f := function(){1}; $f() + $sum([1]) + $g(?, 2))`)
	if err != nil {
		t.Fatal(err)
	}
	calls := Calls(tree)
	if len(calls) != 2 || calls[0].Function != "sum" || calls[0].Arguments != 1 || calls[1].Function != "g" || !calls[1].Partial {
		t.Errorf("calls: %+v", calls)
	}
}

func TestSpans(t *testing.T) {
	const text = `$map( items[price > 3].name , function($x) { "é" & $x.y })[] ~> $count`
	tree, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	Walk(tree, func(n *Node) bool {
		got = append(got, text[n.Start:n.End])
		return true
	})
	want := []string{
		text, `$map( items[price > 3].name , function($x) { "é" & $x.y })[]`, `$map`, `items[price > 3].name`, `items[price > 3]`, `items`, `price > 3`, `price`, `3`,
		`name`, `function($x) { "é" & $x.y }`, `$x`, `"é" & $x.y`, `"é"`, `$x.y`, `$x`, `y`, `$count`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
