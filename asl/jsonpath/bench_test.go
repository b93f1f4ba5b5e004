package jsonpath

import (
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

var plainDoc = value.MustParse(`{"x": 0, "a": {"y": 1, "b": [{"z": 2, "c": "found"}]}}`)

func TestPlainPathsAllocateNothing(t *testing.T) {
	p := MustParse("$.a.b[0].c")
	r := Roots{Data: plainDoc}
	allocs := testing.AllocsPerRun(100, func() {
		if v, err := Eval(p, r); err != nil || v != value.String("found") {
			t.Fatalf("got %v, %v", v, err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for %s", allocs, p)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, path := range []string{"$.a.b[0].c", "$.items[?(@.price < 10 && @.kind in ['x', 'y'])].name"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEval(b *testing.B) {
	items := value.MustParse(`{"a": {"b": [{"c": 1}]}, "items": [` + strings.Repeat(`{"name": "n", "price": 5, "kind": "x"}, {"name": "m", "price": 50, "kind": "z"},`, 50) + `{}]}`)
	for _, path := range []string{"$.a.b[0].c", "$.items[*].name", "$..name", "$.items[?(@.price < 10)].name", "$.items[?(@.kind =~ /x.*/)].name"} {
		b.Run(path, func(b *testing.B) {
			p := MustParse(path)
			r := Roots{Data: items}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Eval(p, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	r, err := ParseReference("$.a.result")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Set(plainDoc, value.Bool(true)); err != nil {
			b.Fatal(err)
		}
	}
}
