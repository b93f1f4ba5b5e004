package jsonata

import (
	"context"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

func BenchmarkEval(b *testing.B) {
	items := `[` + strings.Repeat(`{"price":2.5,"qty":4,"name":"bolt"},`, 9) + `{"price":10,"qty":1,"name":"nut"}]`
	states := value.MustParse(`{"input":{"order":{"id":"o-1"},"items":` + items + `}}`)
	input := value.MustParse(`{"items":` + items + `}`)
	bindings := map[string]value.Value{"states": states}
	for _, bench := range []struct{ name, expr string }{
		{"path", `$states.input.order.id`},
		{"sum", `$sum(items.(price*qty))`},
		{"template", `"order " & $states.input.order.id & " has " & $count(items) & " items"`},
		{"map", `$map(items, function($i) { $i.price * 2 })`},
		{"filter", `items[price > 3].name`},
		{"merge", `$merge([items[0], {"total": 3, "name": "x"}])`},
		{"regex", `$match("a1b22c333", /[a-z](\d+)/)`},
		{"date", `$fromMillis(1700000000000, "[Y0001]-[M01]-[D01]")`},
		{"group", `items{name: $sum(qty)}`},
		{"sort", `items^(>price).name`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			x, err := Compile(bench.expr)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if v, err := x.Eval(context.Background(), input, bindings); err != nil || v == nil {
					b.Fatal(v, err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	const text = `$map($states.input.items[price > 3], function($i) { {"name": $uppercase($i.name), "total": $i.price * $i.qty} })`
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(text); err != nil {
			b.Fatal(err)
		}
	}
}
