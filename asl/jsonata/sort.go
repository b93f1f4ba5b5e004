package jsonata

import "github.com/docflow-asl/docflow/asl/value"

// sort orders a path's items by the terms of an order-by operator.
func (r *run) sort(e *expr, input list, env *frame) (any, error) {
	if input.n <= 1 {
		return listValue(input), nil
	}
	tuples := input.made != nil && input.made.tuples
	after := func(a, b any) (bool, error) {
		for _, t := range e.terms {
			x, err := r.sortKey(t.key, a, tuples, env)
			if err != nil {
				return false, err
			}
			y, err := r.sortKey(t.key, b, tuples, env)
			if err != nil {
				return false, err
			}
			c, failure := r.compareKeys(x, y)
			if failure != nil {
				failure.pos = e.pos
				return false, failure
			}
			if c == 0 {
				continue
			}
			if t.descending && x != nil && y != nil {
				c = -c
			}
			return c > 0, nil
		}
		return false, nil
	}
	return r.mergeSort(input, after)
}

func (r *run) sortKey(key *expr, item any, tuples bool, env *frame) (any, error) {
	if t, ok := item.(*tuple); ok {
		if !tuples {
			return r.eval(key, t.plain(), env)
		}
		return r.eval(key, t.at, t.frame(env))
	}
	return r.eval(key, item, env)
}

// compareKeys orders two sort keys; what is undefined comes last.
func (r *run) compareKeys(x, y any) (int, *Error) {
	switch {
	case x == nil && y == nil:
		return 0, nil
	case x == nil:
		return 1, nil
	case y == nil:
		return -1, nil
	}
	a, aNumber := toFloat(x)
	b, bNumber := toFloat(y)
	s, aString := toString(x)
	t, bString := toString(y)
	switch {
	case !aNumber && !aString:
		return 0, &Error{Code: "T2008", value: x}
	case !bNumber && !bString:
		return 0, &Error{Code: "T2008", value: y}
	case aNumber != bNumber:
		return 0, &Error{Code: "T2007", value: x, value2: y}
	case aNumber && a < b:
		return -1, nil
	case aNumber && a == b:
		return 0, nil
	case aNumber:
		return 1, nil
	}
	r.work(min(len(s), len(t)) / 1024)
	return compareStrings(s, t), nil
}

// mergeSort is stable, and asks about the same pairs in the same order as the original, which a comparing function can see.
func (r *run) mergeSort(l list, after func(a, b any) (bool, error)) (any, error) {
	if err := r.alloc(l.n); err != nil {
		return nil, err
	}
	items := make([]any, l.n)
	for i := range items {
		items[i] = l.at(i)
	}
	sorted, err := r.mergeItems(items, after)
	if err != nil {
		return nil, err
	}
	return &array{items: sorted}, nil
}

func (r *run) mergeItems(items []any, after func(a, b any) (bool, error)) ([]any, error) {
	if len(items) <= 1 {
		return items, nil
	}
	if err := r.step(len(items)); err != nil {
		return nil, err
	}
	middle := len(items) / 2
	left, err := r.mergeItems(items[:middle], after)
	if err != nil {
		return nil, err
	}
	right, err := r.mergeItems(items[middle:], after)
	if err != nil {
		return nil, err
	}
	merged := make([]any, 0, len(items))
	for len(left) > 0 && len(right) > 0 {
		swap, err := after(left[0], right[0])
		if err != nil {
			return nil, err
		}
		if swap {
			merged, right = append(merged, right[0]), right[1:]
		} else {
			merged, left = append(merged, left[0]), left[1:]
		}
	}
	merged = append(merged, left...)
	return append(merged, right...), nil
}

func isStrings(l list) bool {
	for i := range l.n {
		if _, ok := l.at(i).(value.String); !ok {
			return false
		}
	}
	return true
}

func isNumbers(l list) (bool, error) {
	for i := range l.n {
		if _, ok, err := finite(l.at(i)); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}
