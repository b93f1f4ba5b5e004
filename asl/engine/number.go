package engine

import (
	"math"
	"strconv"

	"github.com/docflow-asl/docflow/asl/value"
)

// A number field says a literal or a path to one. The failures of the three kinds of fields read differently, as recorded.

// find gives the value that the field's path leads to; nil for a literal.
func (n *number) find(e *env) (value.Value, error) {
	if n.expr == nil {
		return nil, nil
	}
	return n.expr.eval(e)
}

// long is the value of a number of seconds to wait: an integer from 0.
func (n *number) long(e *env) (int64, *failure) {
	v, err := n.find(e)
	if err != nil {
		return 0, runtimeFailure("The %s parameter does not reference an input value: %s", n.field, n.path)
	}
	if v == nil {
		return int64(n.value), nil
	}
	i, ok := parseLong(plainText(v))
	if !ok {
		return 0, runtimeFailure("The %s parameter cannot be parsed as a long value: %s == %s", n.field, n.path, plainText(v))
	}
	if i < 0 {
		return 0, runtimeFailure("The %s parameter references a negative value: %s == %s", n.field, n.path, plainText(v))
	}
	return i, nil
}

// timeout is the value of TimeoutSeconds or HeartbeatSeconds; 0 when there is none.
func (n *number) timeout(e *env) (int64, *failure) {
	v, err := n.find(e)
	if err != nil {
		return 0, asFailure(err)
	}
	if v == nil {
		return int64(min(n.value, maxSeconds)), nil
	}
	i, ok := parseLong(plainText(v))
	if !ok || i <= 0 {
		return 0, runtimeFailure("The %s parameter cannot be parsed as a positive long value: %s == %s", n.field, n.path, plainText(v))
	}
	return min(i, maxSeconds), nil
}

// integer is the value of a count, such as MaxConcurrency.
func (n *number) integer(e *env) (int64, *failure) {
	v, err := n.find(e)
	if err != nil {
		return 0, asFailure(err)
	}
	if v == nil {
		return int64(n.value), nil
	}
	i, ok := parseLong(plainText(v))
	if !ok {
		return 0, runtimeFailure("The %s field refers to value \"%s\" which is not a valid integer: %s", n.field, plainText(v), n.path)
	}
	return i, nil
}

// float is the value of a percentage.
func (n *number) float(e *env) (float64, *failure) {
	v, err := n.find(e)
	if err != nil {
		return 0, asFailure(err)
	}
	if v == nil {
		return n.value, nil
	}
	f, err := strconv.ParseFloat(plainText(v), 64)
	if err != nil || math.IsNaN(f) {
		return 0, runtimeFailure("The %s field refers to value \"%s\" which is not a valid float: %s", n.field, plainText(v), n.path)
	}
	return f, nil
}
