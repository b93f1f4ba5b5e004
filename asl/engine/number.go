package engine

import (
	"fmt"
	"math"
	"strconv"

	"github.com/docflow-asl/docflow/asl/value"
)

// A number field says a literal or a path to one. The failures of the three kinds of fields read differently, as recorded.

// evaluate gives what the field's expression comes to; nil when it has none.
func (n *number) evaluate(e *env) (value.Value, error) {
	if n.query == nil {
		return nil, nil
	}
	return n.query.typed(e, value.KindNumber)
}

// maxFieldSeconds is the most that TimeoutSeconds, HeartbeatSeconds and Seconds may be.
const maxFieldSeconds = 99_999_999

// whole is the value of the field's expression as an integer from least to most.
//
// The texts are as AWS gave them for TimeoutSeconds, by which the other fields go here: github.com/gabrielmoreira/tiny-asl-machine
// tests/conformance/cases/.snapshots/aws/Feature.JSONataValidation-007 to -010 (read in 2026-09).
func (n *number) whole(e *env, least, most int64) (int64, *failure) {
	v, err := n.evaluate(e)
	if err != nil {
		return 0, asFailure(err)
	}
	f := v.(value.Number).Float()
	if f != math.Trunc(f) || math.Abs(f) > math.MaxInt64/2 {
		return 0, queryFailure(n.query.field, fmt.Sprintf("The %s field cannot be parsed as an integer: %s", n.field, value.Text(v)))
	}
	if i := int64(f); i < least || i > most {
		return 0, queryFailure(n.query.field, fmt.Sprintf("%s must be between %d and %d but was: %s", n.field, least, most, value.Text(v)))
	}
	return int64(f), nil
}

// truncated is f as an integer, or the integer that is nearest to it.
func truncated(f float64) int64 {
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// find gives the value that the field's path leads to; nil for a literal.
func (n *number) find(e *env) (value.Value, error) {
	if n.expr == nil {
		return nil, nil
	}
	return n.expr.eval(e)
}

// long is the value of a number of seconds to wait: an integer from 0.
func (n *number) long(e *env) (int64, *failure) {
	if n.query != nil {
		return n.whole(e, 0, maxFieldSeconds)
	}
	v, err := n.find(e)
	if err != nil {
		return 0, runtimeFailure("The %s parameter does not reference an input value: %s", n.field, n.path)
	}
	if v == nil {
		return truncated(n.value), nil
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
	if n.query != nil {
		return n.whole(e, 0, maxFieldSeconds)
	}
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
	if n.query != nil {
		return n.whole(e, math.MinInt64, math.MaxInt64)
	}
	v, err := n.find(e)
	if err != nil {
		return 0, asFailure(err)
	}
	if v == nil {
		return truncated(n.value), nil
	}
	i, ok := parseLong(plainText(v))
	if !ok {
		return 0, runtimeFailure("The %s field refers to value \"%s\" which is not a valid integer: %s", n.field, plainText(v), n.path)
	}
	return i, nil
}

// float is the value of a percentage.
func (n *number) float(e *env) (float64, *failure) {
	if n.query != nil {
		v, err := n.evaluate(e)
		if err != nil {
			return 0, asFailure(err)
		}
		return v.(value.Number).Float(), nil
	}
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
