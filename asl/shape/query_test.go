package shape

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/value"
)

var testQueries = []string{
	`$v`, `$v.a`, `$v.a.b`, `$v.a[0]`, `$v[0]`, `$v[0].a`, `$v.a[b = 1]`, `$v.a[]`, `$v.*`, `$v.a.b.c`, `{"x": $v.a, "y": 1}`, `[$v.a, $v.b]`, `["x", 1]`,
	`$v.a & "x"`, `$exists($v.a) ? $v.a : "none"`, `($x := $v.a; $x.b)`, `$count($v.a)`, `$string($v)`, `$v.a = 1`, `$v.a = 1 and $exists($v.b)`,
	`$merge([{"a": 1}, {"b": $v.b}])`, `$v.a ~> $string()`, `$v.(a & b)`, `$v.{"k": a}`, `$v.a.{"k": b}`, `[1..3]`, `$map($v.a, function($i){$i})`, `$not($v.a)`, `$split("a,b", ",")`,
	`$v.a ? $v.b`, `$v^(a)`, `($v.a)[0]`, `[$v.a.b]`, `{"k": $v.a[0]}`, `$v."a"`, `$keys($v)`, `$type($v.a)`, `$w`, `$v.a[$ = "x"]`,
	`$v.a@$x.{"k": $x.b}`, `$v#$i.{"n": $i}`, `$v ~> |$|{"z": 1}|`, `$each($v, function($x, $k){$k})`, `$sift($v, function($x){$x = 1})`, `$lookup($v, "a")`, `$v.a{"k": $count(b)}`, `$spread($v)`, `$append($v.a, 1)`,
	`$reverse($v.a)`, `$sum($v.a)`, `$filter($v.a, function($x){$x = 1})`, `$v.**.a`, `$v.a.%.b`, `-$v.a`, `$v.a in ["x"]`, `$v.a[-1]`, `$sort($v.a)`, `$distinct($v.a)`, `[$v.a][0]`, `{"k": [$v.a]}`, `$merge([$v, {"z": 1}])`,
	`$merge([{"a": 1}, $v])`, `$merge($v.a)`, `{$string($v.b): 1}`, `$v.(a; b)`, `($f := function($x){$x.a}; $f($v))`, `$v.a.b[0]`, `$v[a = 1].b`, `$v.{"k": [a, b]}`, `$merge([{"a": $v.a}, {"a": $v.b}])`, `$v.a ~> $map(function($x){$x})`,
	`$max($v.a)`, `$join($v.a)`, `$number($v.a)`, `$v.a + 1`, `$v.a > 1`, `[$v.a, 1..2]`, `$v.a[0][0]`, `$v[].a`, `$v.a[].b`, `($v.a; $v.b)`, `$v.a.$string()`, `$partition($v.a, 2)`,
}

// TestQueriesAreSound wants every result of an expression to be in the shape that Query gives.
func TestQueriesAreSound(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 66))
	compiled := make([]*jsonata.Expression, len(testQueries))
	for i, text := range testQueries {
		x, err := jsonata.Compile(text, jsonata.StepFunctions())
		if err != nil {
			t.Fatal(text, err)
		}
		compiled[i] = x
	}
	for range 30_000 {
		values := []value.Value{randomValue(r, 3), randomValue(r, 3)}
		s := randomShape(r, values)
		x := compiled[r.IntN(len(compiled))]
		got, presence := Query(x.Tree(), func(name string) (*Shape, Presence) {
			if name == "v" {
				return s, Always
			}
			return Never, Absent
		}, nil)
		for _, v := range values {
			result, err := x.Eval(context.Background(), nil, map[string]value.Value{"v": v})
			where := fmt.Sprintf("%s with $v %s gives %s (%d), but with %s", x.Text(), s, got, presence, value.Text(v))
			switch {
			case err != nil:
			case result == nil && presence == Always:
				t.Fatalf("%s nothing", where)
			case result != nil && presence == Absent:
				t.Fatalf("%s it gives %s", where, value.Text(result))
			case result != nil && !got.Contains(result):
				t.Fatalf("%s it gives %s", where, value.Text(result))
			}
		}
	}
}

func TestQueryReads(t *testing.T) {
	input := Object(Member{"order", Object(Member{"id", AnyString, false, false}, Member{"note", AnyString, true, false}), false, false}, Member{"items", Array(Object(Member{"sku", AnyString, false, false})), false, false})
	states := Object(Member{"input", input, false, false})
	scope := func(name string) (*Shape, Presence) {
		switch name {
		case "states":
			return states, Always
		case "seen":
			return AnyString, Sometimes
		}
		return Never, Absent
	}
	for expression, want := range map[string]string{
		`$states.input.order.id`:                        "",
		`$states.input.order.idd`:                       "idd absent",
		`$states.input.order.note`:                      "note sometimes",
		`$exists($states.input.order.note)`:             "",
		`$states.input.items.sku`:                       "",
		`$states.input.items.price`:                     "price absent",
		`$states.input.order.id.x`:                      "x absent",
		`$nowhere & $seen`:                              "$nowhere absent, $seen sometimes",
		`($nowhere := 1; $nowhere)`:                     "",
		`$states.result`:                                "result absent",
		`$map($states.input.items, function($i){$i.x})`: "",
		`{"a": $states.input.missing}`:                  "missing absent",
		`$states.input.items[sku = "x"].sku`:            "",
		`$states.input.missing.deeper`:                  "missing absent",
		`$states.input.items@$i.{"s": $i.sku}`:          "",
		`$states.input.items#$n[$n > 1].{"n": $n}`:      "",
	} {
		tree, err := jsonata.Parse(expression)
		if err != nil {
			t.Fatal(expression, err)
		}
		var got []string
		Query(tree, scope, func(r Read) {
			name := r.Name
			if r.Variable {
				name = "$" + name
			}
			got = append(got, name+" "+map[Presence]string{Absent: "absent", Sometimes: "sometimes"}[r.Presence])
		})
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}
