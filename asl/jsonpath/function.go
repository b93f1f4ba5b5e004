package jsonpath

import (
	"fmt"
	"math"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

var errNothingToCalculate = &EvalError{"Aggregation function attempted to calculate value using empty array"}

// call applies a function to the value that the path has reached. Arguments that are paths start at the document.
func (e *evaluator) call(step *Step, v value.Value) (value.Value, error) {
	args := make([]value.Value, len(step.Args))
	for i, arg := range step.Args {
		args[i] = arg.Literal
		if arg.Path == nil {
			continue
		}
		path := arg.Path
		if i == 0 && (step.Func == "length" || step.Func == "size") {
			path = childrenOf(path)
		}
		var err error
		if args[i], err = evaluate(path, e.document, e.document, e.require, e.spent); err != nil {
			return nil, err
		}
	}
	for _, arg := range append(args[:len(args):len(args)], v) {
		if err := e.spend(costOf(step.Func, arg)); err != nil {
			return nil, err
		}
	}
	return apply(step.Func, v, args)
}

// costOf is what a value costs a function: by the items that it looks at, or the bytes that it writes.
func costOf(name string, v value.Value) int {
	if name == "concat" || name == "distinct" {
		return value.Size(v) / 8
	}
	if array, ok := v.(*value.Array); ok {
		return array.Len() / 4
	}
	return 0
}

// childrenOf returns path[*]: the argument of length counts what is below it.
func childrenOf(path *Path) *Path {
	if n := len(path.Steps); n == 0 || path.Steps[n-1].Kind == Function {
		return path
	}
	children := *path
	children.Steps = append(append([]Step(nil), path.Steps...), Step{Kind: Wildcard, Offset: path.End, End: path.End})
	children.finish()
	return &children
}

// invertedFunction evaluates `$..a.f()` as `$.f($..a)`; first is the place of the function.
func (e *evaluator) invertedFunction(first int, root value.Value) error {
	steps := e.path.Steps
	argument := &Path{Steps: steps[:first:first], text: e.path.text, dialect: e.path.dialect}
	argument.finish()
	call := steps[first]
	call.Args = []Arg{{Path: argument}}
	result, err := e.call(&call, root)
	if err != nil {
		return err
	}
	return e.walk(first+1, true, result)
}

func apply(name string, v value.Value, args []value.Value) (value.Value, error) {
	switch name {
	case "min", "max", "avg", "sum", "stddev":
		numbers := numbersOf(v, args)
		if len(numbers) == 0 {
			return nil, errNothingToCalculate
		}
		return double(aggregate(name, numbers)), nil
	case "length", "size":
		return length(v, args), nil
	case "keys":
		return keys(v), nil
	case "concat":
		return concat(v, args), nil
	case "append":
		array, ok := v.(*value.Array)
		if !ok {
			return v, nil
		}
		return value.NewArray(append(append([]value.Value(nil), array.Items()...), args...)...), nil
	case "first":
		return itemOf(v, 0)
	case "last":
		return itemOf(v, -1)
	case "index":
		return indexed(v, args)
	case "distinct":
		return distinct(v)
	}
	return nil, &EvalError{fmt.Sprintf("Function with name: %s does not exist.", name)}
}

// numbersOf collects the numbers among the items and in the arguments, one level of arrays opened.
func numbersOf(v value.Value, args []value.Value) []float64 {
	var numbers []float64
	add := func(v value.Value) {
		if n, ok := v.(value.Number); ok {
			numbers = append(numbers, n.Float())
		}
	}
	each := func(v value.Value) {
		if array, ok := v.(*value.Array); ok {
			for _, item := range array.Items() {
				add(item)
			}
		}
	}
	each(v)
	for _, arg := range args {
		add(arg)
		each(arg)
	}
	return numbers
}

func aggregate(name string, numbers []float64) float64 {
	var sum, squares float64
	low, high := math.Inf(1), math.Inf(-1)
	for _, n := range numbers {
		sum += n
		squares += n * n
		low, high = min(low, n), max(high, n)
	}
	count := float64(len(numbers))
	switch name {
	case "min":
		return low
	case "max":
		return high
	case "avg":
		return sum / count
	case "sum":
		return sum
	}
	return math.Sqrt(squares/count - sum*sum/count/count)
}

// double makes the number of a Java double, 3.0 not 3. What JSON has no number for becomes null.
func double(f float64) value.Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return value.Null{}
	}
	return value.Number(javalang.FormatDouble(f))
}

func length(v value.Value, args []value.Value) value.Value {
	if len(args) > 0 {
		if array, ok := args[0].(*value.Array); ok {
			return value.Int(int64(array.Len()))
		}
	}
	switch v := v.(type) {
	case *value.Array:
		return value.Int(int64(v.Len()))
	case *value.Object:
		return value.Int(int64(v.Len()))
	}
	return value.Null{}
}

func keys(v value.Value) value.Value {
	object, ok := v.(*value.Object)
	if !ok {
		return value.Null{}
	}
	names := make([]value.Value, object.Len())
	for i, m := range object.Members() {
		names[i] = value.String(m.Name)
	}
	return value.NewArray(names...)
}

// concat joins the strings among the items and the texts of the arguments.
func concat(v value.Value, args []value.Value) value.Value {
	var b strings.Builder
	if array, ok := v.(*value.Array); ok {
		for _, item := range array.Items() {
			if s, ok := item.(value.String); ok {
				b.WriteString(string(s))
			}
		}
	}
	for _, arg := range args {
		array, ok := arg.(*value.Array)
		if !ok {
			if s, ok := arg.(value.String); ok {
				b.WriteString(string(s))
			}
			continue
		}
		for _, item := range array.Items() {
			if item.Kind() != value.KindNull {
				b.WriteString(javalang.Text(item))
			}
		}
	}
	return value.String(b.String())
}

func itemOf(v value.Value, index int) (value.Value, error) {
	array, ok := v.(*value.Array)
	if !ok {
		return nil, errNothingToCalculate
	}
	if found, ok := item(array, index); ok {
		return found, nil
	}
	return nil, &EvalError{fmt.Sprintf("Target index:%d larger than object count:%d", index, array.Len())}
}

func indexed(v value.Value, args []value.Value) (value.Value, error) {
	for _, f := range numbersOf(nil, args) {
		return itemOf(v, int(max(math.MinInt32, min(math.MaxInt32, f))))
	}
	return nil, &EvalError{"index() needs a number"}
}

func distinct(v value.Value) (value.Value, error) {
	array, ok := v.(*value.Array)
	if !ok {
		return nil, &EvalError{"Aggregation function attempted unique values using non array"}
	}
	seen := make(map[string]bool, array.Len())
	var items []value.Value
	for _, item := range array.Items() {
		if text := value.Compact(item); !seen[text] {
			seen[text] = true
			items = append(items, item)
		}
	}
	return value.NewArray(items...), nil
}
