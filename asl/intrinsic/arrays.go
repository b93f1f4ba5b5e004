package intrinsic

import (
	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

func array(_ *evaluation, _ *Call, args []value.Value) (value.Value, error) {
	return value.NewArray(args...), nil
}

func items(v value.Value) []value.Value {
	if a, ok := v.(*value.Array); ok {
		return a.Items()
	}
	return nil
}

// arrayContains compares the texts of values as Java prints them: on AWS the number 1 is found among strings that hold "1",
// true among "true", and an object only with its members in the same order.
func arrayContains(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	if value.Size(args[0])+value.Size(args[1]) > MaxOutput {
		return nil, e.tooLarge(call)
	}
	wanted := javalang.Text(args[1])
	for _, item := range items(args[0]) {
		if javalang.Text(item) == wanted {
			return value.Bool(true), nil
		}
	}
	return value.Bool(false), nil
}

// arrayGetItem fails for an index that is not there; but an empty array gives null for every index on AWS.
func arrayGetItem(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	all := items(args[0])
	index, ok := truncated(args[1])
	if !ok {
		return nil, e.invalid(call)
	}
	if len(all) == 0 && index >= 0 {
		return value.Null{}, nil
	}
	if index < 0 || index >= int64(len(all)) {
		return nil, e.invalid(call)
	}
	return all[index], nil
}

func arrayLength(_ *evaluation, _ *Call, args []value.Value) (value.Value, error) {
	return value.Int(len(items(args[0]))), nil
}

func arrayPartition(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	all := items(args[0])
	size, ok := truncated(args[1])
	if !ok || size < 1 {
		return nil, e.invalid(call)
	}
	var chunks []value.Value
	for len(all) > 0 {
		n := min(int64(len(all)), size)
		chunks = append(chunks, value.NewArray(all[:n:n]...))
		all = all[n:]
	}
	return value.NewArray(chunks...), nil
}

// arrayRange counts from the first number to the last, which belongs to the result; a step away from it gives nothing.
func arrayRange(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	first, ok1 := truncated(args[0])
	last, ok2 := truncated(args[1])
	step, ok3 := truncated(args[2])
	if !ok1 || !ok2 || !ok3 || step == 0 {
		return nil, e.invalid(call)
	}
	if (last-first)*step < 0 {
		return value.NewArray(), nil
	}
	n := (last-first)/step + 1
	if n > MaxRange {
		return nil, e.invalid(call)
	}
	numbers := make([]value.Value, n)
	for i := range numbers {
		numbers[i] = value.Int(first + int64(i)*step)
	}
	return value.NewArray(numbers...), nil
}

// arrayUnique gives the items in the order of a Java HashSet, as AWS does: [true, false, true] becomes [false, true].
func arrayUnique(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	if value.Size(args[0]) > MaxOutput {
		return nil, e.tooLarge(call)
	}
	return value.NewArray(javalang.HashSet(items(args[0]))...), nil
}
