package jsonata

import (
	"math"

	"github.com/docflow-asl/docflow/asl/value"
)

// binary evaluates an operator of two operands. Whatever goes wrong in the operation itself is reported at the operator; for
// "and" and "or" that includes the right operand, as in the original.
func (r *run) binary(e *expr, in any, env *frame) (any, error) {
	x, err := r.eval(e.left, in, env)
	if err != nil {
		return nil, err
	}
	var v any
	if e.op == opAnd || e.op == opOr {
		v, err = r.logic(e, x, in, env)
	} else {
		var y any
		if y, err = r.eval(e.right, in, env); err != nil {
			return nil, err
		}
		v, err = r.operate(e, x, y)
	}
	if err != nil {
		if failure, ok := err.(*Error); ok && failure.limit == nil {
			failure.pos, failure.Token = e.pos, e.name
		}
		return nil, err
	}
	return v, nil
}

func (r *run) logic(e *expr, x, in any, env *frame) (any, error) {
	truth, err := r.boolean(x)
	if err != nil {
		return nil, err
	}
	if truth == (e.op == opOr) {
		return value.Bool(truth), nil
	}
	y, err := r.eval(e.right, in, env)
	if err != nil {
		return nil, err
	}
	truth, err = r.boolean(y)
	return value.Bool(truth), err
}

func (r *run) operate(e *expr, x, y any) (any, error) {
	switch e.op {
	case opArithmetic:
		return arithmetic(e.name, x, y)
	case opCompare:
		return r.compare(e.name, x, y)
	case opEqual:
		if x == nil || y == nil {
			return value.Bool(false), nil
		}
		return value.Bool(r.deepEqual(x, y) == (e.name == "=")), r.step(1)
	case opConcat:
		return r.concat(x, y)
	case opIn:
		return r.includes(x, y)
	}
	return r.rangeOf(x, y)
}

func arithmetic(op string, x, y any) (any, error) {
	a, ok, err := finite(x)
	if err != nil {
		return nil, err
	}
	if !ok && x != nil {
		return nil, &Error{Code: "T2001", value: x}
	}
	b, ok, err := finite(y)
	if err != nil {
		return nil, err
	}
	if !ok && y != nil {
		return nil, &Error{Code: "T2002", value: y}
	}
	if x == nil || y == nil {
		return nil, nil
	}
	switch op {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	case "/":
		return a / b, nil
	}
	return math.Mod(a, b), nil
}

func (r *run) compare(op string, x, y any) (any, error) {
	a, aNumber := toFloat(x)
	b, bNumber := toFloat(y)
	s, aString := toString(x)
	t, bString := toString(y)
	switch {
	case x != nil && !aNumber && !aString:
		return nil, &Error{Code: "T2010", value: x}
	case y != nil && !bNumber && !bString:
		return nil, &Error{Code: "T2010", value: y}
	case x == nil || y == nil:
		return nil, nil
	case aNumber != bNumber:
		return nil, &Error{Code: "T2009", value: x, value2: y}
	}
	if aString {
		r.work(min(len(s), len(t)) / 1024)
		a, b = float64(compareStrings(s, t)), 0
	}
	var result bool
	switch op {
	case "<":
		result = a < b
	case "<=":
		result = a <= b
	case ">":
		result = a > b
	default:
		result = a >= b
	}
	return value.Bool(result), nil
}

func (r *run) includes(x, y any) (any, error) {
	if x == nil || y == nil {
		return value.Bool(false), nil
	}
	l, ok := asList(y)
	if !ok {
		return value.Bool(identical(x, y)), nil
	}
	for i := range l.n {
		if identical(x, l.at(i)) {
			return value.Bool(true), r.step(i / 4)
		}
	}
	return value.Bool(false), r.step(l.n / 4)
}

func (r *run) concat(x, y any) (any, error) {
	a, err := r.textOf(x)
	if err != nil {
		return nil, err
	}
	b, err := r.textOf(y)
	if err != nil {
		return nil, err
	}
	if len(a) >= growFrom && surrogateAt(a[len(a)-3:]) == 0 {
		return r.grow(a, b)
	}
	if err := r.allocBytes(len(a) + len(b)); err != nil {
		return nil, err
	}
	return value.String(joinSurrogates(a + b)), nil
}

// growFrom is the length from which a text is made so that more can be put behind it.
const growFrom = 2048

// grow puts b behind a. The longest text so far stays in a buffer: a loop that puts a text together piece by piece, as $reduce does,
// does not copy it each time.
func (r *run) grow(a, b string) (any, error) {
	if len(a)+len(b) > r.limits.Bytes {
		return nil, limitError(ErrBytes)
	}
	if r.text.Len() == len(a) && r.text.String() == a {
		if err := r.allocBytes(2 * len(b)); err != nil {
			return nil, err
		}
	} else {
		if err := r.allocBytes(len(a) + 2*len(b)); err != nil {
			return nil, err
		}
		r.text.Reset()
		r.text.WriteString(a)
	}
	r.text.WriteString(b)
	return value.String(r.text.String()), nil
}

// textOf is what $string gives, and "" for undefined.
func (r *run) textOf(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	return r.stringOf(v, false)
}

const maxRange = 10_000_000

func (r *run) rangeOf(x, y any) (any, error) {
	a, aInt := toInteger(x)
	if x != nil && !aInt {
		return nil, &Error{Code: "T2003", value: x}
	}
	b, bInt := toInteger(y)
	if y != nil && !bInt {
		return nil, &Error{Code: "T2004", value: y}
	}
	if x == nil || y == nil || a > b {
		return nil, nil
	}
	n := b - a + 1
	if n > maxRange {
		return nil, &Error{Code: "D2014", value: n}
	}
	if r.set.states && n > float64(r.limits.Items) { // elsewhere a range costs nothing until its items are asked for
		return nil, limitError(ErrItems)
	}
	return &array{first: a, length: int(n), seq: true}, nil
}

func toInteger(v any) (float64, bool) {
	f, ok := toFloat(v)
	return f, ok && f == math.Trunc(f) && !math.IsInf(f, 0)
}
