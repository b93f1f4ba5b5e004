// Package beside times asl/jsonata side by side with the original, jsonata@2.0.6 in goja. It is a module of its own, so that goja
// is no dependency of docflow.
package beside

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/dop251/goja"

	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/value"
)

const (
	folderVariable = "JSONATA_DIR"
	version        = "2.0.6"
)

// The first argument of every evaluation, and the value of $states in it.
const (
	input = `{
		"items": [
			{"sku": "A-100", "price": 1.5, "qty": 2}, {"sku": "A-101", "price": 20, "qty": 1},
			{"sku": "B-200", "price": 3.25, "qty": 4}, {"sku": "B-201", "price": 7, "qty": 3},
			{"sku": "C-300", "price": 12.5, "qty": 2}, {"sku": "C-301", "price": 0.5, "qty": 40},
			{"sku": "D-400", "price": 99, "qty": 1}, {"sku": "D-401", "price": 8.75, "qty": 4},
			{"sku": "E-500", "price": 2, "qty": 9}, {"sku": "E-501", "price": 6, "qty": 5}
		],
		"stored": {"status": "stored", "pages": 12, "tags": ["a", "b"]},
		"checked": {"status": "checked", "by": "ocr"},
		"key": "incoming/2026/report-0042.pdf",
		"millis": 1510067557121,
		"date": "2017-11-07T15:12:37.121Z",
		"day": "7 November 2017"
	}`
	states = `{
		"input": {"order": {"id": "o-4711", "customer": "Ada", "total": 59.5}},
		"context": {"Execution": {"Name": "run-1"}}
	}`
)

var cases = []struct {
	name       string
	expression string
	want       string // as JSON without blanks
}{
	{"path", `$states.input.order.id`, `"o-4711"`},
	{"sum", `$sum(items.(price*qty))`, `284`},
	{
		"template", `"Order " & $states.input.order.id & " of " & $states.input.order.customer & ": " & $states.input.order.total & " EUR"`,
		`"Order o-4711 of Ada: 59.5 EUR"`,
	},
	{
		"map", `$map(items, function($v, $i) { $i & ":" & $v.sku })`,
		`["0:A-100","1:A-101","2:B-200","3:B-201","4:C-300","5:C-301","6:D-400","7:D-401","8:E-500","9:E-501"]`,
	},
	{"merge", `$merge([stored, checked, {"done": true}])`, `{"status":"checked","pages":12,"tags":["a","b"],"by":"ocr","done":true}`},
	{"regex test", `$contains(key, /^incoming\/.*\.pdf$/)`, `true`},
	{"regex groups", `$match(key, /report-(\d+)\.(\w+)/).groups`, `["0042","pdf"]`},
	{"regex replace", `$replace(key, /\d+/, "#")`, `"incoming/#/report-#.pdf"`},
	{"fromMillis", `$fromMillis(millis)`, `"2017-11-07T15:12:37.121Z"`},
	{"fromMillis picture", `$fromMillis(millis, "[D] [MNn] [Y0001], [H01]:[m01]")`, `"7 November 2017, 15:12"`},
	{"toMillis", `$toMillis(date)`, `1510067557121`},
	{"toMillis picture", `$toMillis(day, "[D] [MNn] [Y0001]")`, `1510012800000`},
}

// BenchmarkBeside has each expression compiled once and its input read once on both sides; evaluations are what is timed. The
// metric "times-ours" of an original is its time divided by ours.
func BenchmarkBeside(b *testing.B) {
	vm := load(b)
	for _, c := range cases {
		ours := 0.0
		b.Run(c.name+"/ours", func(b *testing.B) {
			ours = benchmarkOurs(b, c.expression, c.want)
		})
		b.Run(c.name+"/original", func(b *testing.B) {
			if original := benchmarkOriginal(b, vm, c.expression, c.want); ours > 0 { // 0: -bench has left ours out
				b.ReportMetric(original/ours, "times-ours")
			}
		})
	}
}

// benchmarkOurs gives the nanoseconds of an evaluation.
func benchmarkOurs(b *testing.B, expression, want string) float64 {
	x, err := jsonata.Compile(expression)
	if err != nil {
		b.Fatal(err)
	}
	in := value.MustParse(input)
	bindings := map[string]value.Value{"states": value.MustParse(states)}
	var result value.Value
	b.ReportAllocs()
	for b.Loop() {
		if result, err = x.Eval(b.Context(), in, bindings); err != nil {
			b.Fatal(err)
		}
	}
	if result == nil || value.Compact(result) != want {
		b.Fatalf("result is %v, want %s", result, want)
	}
	return perRun(b)
}

// benchmarkOriginal gives the nanoseconds of an evaluation.
func benchmarkOriginal(b *testing.B, vm *goja.Runtime, expression, want string) float64 {
	compiled, err := call(vm.Get("jsonata"), vm.ToValue(expression))
	if err != nil {
		b.Fatal(err)
	}
	x := compiled.ToObject(vm)
	evaluate, ok := goja.AssertFunction(x.Get("evaluate"))
	if !ok {
		b.Fatal("the original's expression has no function evaluate")
	}
	in := parse(b, vm, input)
	bindings := vm.NewObject()
	if err := bindings.Set("states", parse(b, vm, states)); err != nil {
		b.Fatal(err)
	}
	var result goja.Value
	b.ReportAllocs()
	for b.Loop() {
		// goja runs the jobs of promises before it returns to Go, so that the evaluation is over with the call.
		promise, err := evaluate(x, in, bindings)
		if err != nil {
			b.Fatal(err)
		}
		if result, err = settled(promise); err != nil {
			b.Fatal(err)
		}
	}
	text, err := call(vm.Get("JSON").ToObject(vm).Get("stringify"), result)
	if err != nil {
		b.Fatal(err)
	}
	if text.String() != want {
		b.Fatalf("result is %s, want %s", text, want)
	}
	return perRun(b)
}

func perRun(b *testing.B) float64 {
	return float64(b.Elapsed().Nanoseconds()) / float64(b.N)
}

// settled gives what a promise has been fulfilled with.
func settled(v goja.Value) (goja.Value, error) {
	promise, ok := v.Export().(*goja.Promise)
	if !ok {
		return nil, fmt.Errorf("the original gave %v, want a promise", v)
	}
	switch promise.State() {
	case goja.PromiseStateFulfilled:
		return promise.Result(), nil
	case goja.PromiseStateRejected:
		return nil, fmt.Errorf("the original failed: %v", promise.Result())
	default:
		return nil, fmt.Errorf("the original's promise is still pending")
	}
}

// load gives a runtime with the original as its global jsonata.
func load(b *testing.B) *goja.Runtime {
	folder := os.Getenv(folderVariable)
	if folder == "" {
		b.Fatalf("%s is not set: run `npm install jsonata@%s` in an empty folder and give the folder's path in it", folderVariable, version)
	}
	folder = filepath.Join(folder, "node_modules", "jsonata")
	manifest, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err != nil {
		b.Fatalf("%s names no folder where `npm install jsonata@%s` was run: %v", folderVariable, version, err)
	}
	var found struct{ Version string }
	if err := json.Unmarshal(manifest, &found); err != nil {
		b.Fatalf("%s: %v", filepath.Join(folder, "package.json"), err)
	}
	if found.Version != version {
		b.Fatalf("%s holds jsonata %s, want %s", folder, found.Version, version)
	}
	script := filepath.Join(folder, "jsonata.js")
	source, err := os.ReadFile(script)
	if err != nil {
		b.Fatal(err)
	}
	vm := goja.New()
	if _, err := vm.RunScript(script, string(source)); err != nil {
		b.Fatal(err)
	}
	return vm
}

// parse reads JSON with the runtime's own JSON.parse, so that objects are those that the original meets elsewhere.
func parse(b *testing.B, vm *goja.Runtime, text string) goja.Value {
	v, err := call(vm.Get("JSON").ToObject(vm).Get("parse"), vm.ToValue(text))
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func call(function goja.Value, arguments ...goja.Value) (goja.Value, error) {
	f, ok := goja.AssertFunction(function)
	if !ok {
		return nil, fmt.Errorf("%v is no function", function)
	}
	return f(goja.Undefined(), arguments...)
}
