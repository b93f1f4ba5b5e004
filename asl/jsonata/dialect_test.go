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
		{`$partition($states.input.a, 9)`, `[1,2,3,4,5]`},
		{`$range(0, 10, 5)`, `[0,5,10]`},
		{`$range(1, 9, 9)`, `1`}, // seen on AWS
		{`$range(3, 1, -1)`, `[3,2,1]`},
		{`$range(1, 2, 0)`, CodeFunction},
		{`$hash("abc", "MD5")`, `"900150983cd24fb0d6963f7d28e17f72"`},
		{`$hash("abc", "SHA-1")`, `"a9993e364706816aba3e25717850c26c9cd0d89d"`},
		{`$hash("abc", "CRC")`, CodeFunction},
		{`$random(42)`, `0.7275636800328681`}, // seen on AWS
		{`$random() >= 0`, `true`},
		{`$length($uuid())`, `36`},
		{`$contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)`, `true`},
		{`$parse($states.input.json)`, `{"k": 1.0}`},
		{`$parse("{")`, CodeFunction},
		{`$eval("1")`, `T1006`}, // seen on AWS
		{`$randomSeeded(1)`, `T1006`},
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
			got = failure.Code
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
