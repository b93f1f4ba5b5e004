package jsonata

import (
	"github.com/docflow-asl/docflow/asl/value"
)

func arrayFunctions() map[string]*builtin {
	return map[string]*builtin{
		"count":    define("<a:n>", 1, count),
		"append":   define("<xx:a>", 2, func(r *run, args []any) (any, error) { return r.appendValues(arg(args, 0), arg(args, 1)) }),
		"reverse":  define("<a:a>", 1, reverse),
		"shuffle":  define("<a:a>", 1, shuffle),
		"distinct": define("<x:x>", 1, distinct),
		"zip":      define("<a+>", 0, zip),
		"sort":     define("<af?:a>", 2, sortFunction),
		"exists": define("<x:b>", 1, func(_ *run, args []any) (any, error) {
			return value.Bool(arg(args, 0) != nil), nil
		}),
	}
}

func count(_ *run, args []any) (any, error) {
	l, _ := asList(arg(args, 0))
	return float64(l.n), nil
}

func reverse(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok || l.n <= 1 {
		return arg(args, 0), nil
	}
	if err := r.alloc(l.n); err != nil {
		return nil, err
	}
	items := make([]any, l.n)
	for i := range items {
		items[i] = l.at(l.n - 1 - i)
	}
	return &array{items: items}, nil
}

func shuffle(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok || l.n <= 1 {
		return arg(args, 0), nil
	}
	if err := r.alloc(l.n); err != nil {
		return nil, err
	}
	items := make([]any, l.n)
	for i := range items {
		j := int(r.world.Random() * float64(i+1))
		items[i] = items[j]
		items[j] = l.at(i)
	}
	return &array{items: items}, nil
}

func distinct(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok || l.n <= 1 {
		return arg(args, 0), nil
	}
	if err := r.alloc(l.n); err != nil {
		return nil, err
	}
	result := &array{seq: l.made != nil && l.made.seq}
	simple := map[any]bool{} // strings, numbers, booleans and null that were seen; the rest is compared one by one
	var compound []any
next:
	for i := range l.n {
		v := l.at(i)
		key := v
		if f, ok := toFloat(v); ok {
			key = f
		}
		switch k := key.(type) {
		case value.String, float64, value.Bool, value.Null:
			s, _ := k.(value.String)
			if err := r.step(1 + len(s)/64); err != nil {
				return nil, err
			}
			if simple[key] {
				continue
			}
			simple[key] = true
		default:
			if err := r.step(1 + len(compound)); err != nil {
				return nil, err
			}
			for _, known := range compound {
				if r.deepEqual(v, known) {
					continue next
				}
			}
			compound = append(compound, v)
		}
		result.push(v)
	}
	return result, r.step(1)
}

func zip(r *run, args []any) (any, error) {
	shortest := -1
	lists := make([]list, len(args))
	for i, a := range args {
		lists[i], _ = asList(a) // undefined has no items
		if shortest < 0 || lists[i].n < shortest {
			shortest = lists[i].n
		}
	}
	result := &array{}
	if err := r.alloc(max(shortest, 0) * (len(args) + 2)); err != nil {
		return nil, err
	}
	for i := range max(shortest, 0) {
		if err := r.step(2); err != nil {
			return nil, err
		}
		row := &array{}
		for _, l := range lists {
			row.push(l.at(i))
		}
		result.push(row)
	}
	return result, nil
}

func sortFunction(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok || l.n <= 1 {
		return arg(args, 0), nil
	}
	if f := arg(args, 1); f != nil {
		if _, ok := f.(*regex); !ok && !isPlain(f) {
			return nil, errUnwrapped() // which here holds for those that the expression defines, too
		}
		return r.mergeSort(l, func(a, b any) (bool, error) {
			v, err := r.invoke(f, a, b)
			return truthy(v), err
		})
	}
	numbers, err := isNumbers(l)
	if err != nil {
		return nil, err
	}
	if err := r.step(l.n / 4); err != nil {
		return nil, err
	}
	if !numbers && !isStrings(l) {
		return nil, &Error{Code: "D3070", index: 1}
	}
	return r.mergeSort(l, func(a, b any) (bool, error) {
		c, failure := r.compareKeys(a, b)
		if failure != nil {
			return false, failure
		}
		return c > 0, nil
	})
}

// truthy is JavaScript's own notion of truth.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil, value.Null:
		return false
	case value.Bool:
		return bool(v)
	case value.String:
		return v != ""
	}
	f, ok := toFloat(v)
	return !ok || f != 0 && f == f
}
