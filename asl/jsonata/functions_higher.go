package jsonata

import "github.com/docflow-asl/docflow/asl/value"

func higherOrderFunctions() map[string]*builtin {
	return map[string]*builtin{
		"map":    define("<af>", 2, mapFunction),
		"filter": define("<af>", 2, filterFunction),
		"single": define("<af?>", 2, single),
		"reduce": define("<afj?:j>", 3, reduce),
		"sift":   define("<o-f?:o>", 2, sift),
		"each":   define("<o-f:a>", 2, each),
	}
}

func mapFunction(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok {
		return nil, nil
	}
	if l.n > r.limits.Items {
		return nil, limitError(ErrItems)
	}
	result := &array{seq: true, items: make([]any, 0, min(l.n, 1024))}
	for i := range l.n {
		v, err := r.higherOrder(arg(args, 1), l.at(i), float64(i), args[0])
		if err != nil {
			return nil, err
		}
		if v != nil {
			result.push(v)
		}
	}
	return result, r.alloc(len(result.items))
}

func filterFunction(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok {
		return nil, nil
	}
	result := newSequence()
	for i := range l.n {
		item := l.at(i)
		v, err := r.higherOrder(arg(args, 1), item, float64(i), args[0])
		if err != nil {
			return nil, err
		}
		truth, err := r.boolean(v)
		if err != nil {
			return nil, err
		}
		if truth {
			result.push(item)
		}
	}
	return result, r.alloc(len(result.items))
}

func single(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok {
		return nil, nil
	}
	var found any
	matched := false
	for i := range l.n {
		item := l.at(i)
		truth := true
		if f := arg(args, 1); f != nil {
			v, err := r.higherOrder(f, item, float64(i), args[0])
			if err != nil {
				return nil, err
			}
			if truth, err = r.boolean(v); err != nil {
				return nil, err
			}
		}
		if !truth {
			continue
		}
		if matched {
			return nil, &Error{Code: "D3138", index: i}
		}
		found, matched = item, true
	}
	if !matched {
		return nil, &Error{Code: "D3139"}
	}
	return found, nil
}

func reduce(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok {
		return nil, nil
	}
	f := arg(args, 1)
	params := arity(f)
	if params < 2 {
		return nil, &Error{Code: "D3050", index: 1}
	}
	result := arg(args, 2)
	i := 0
	if result == nil && l.n > 0 {
		result, i = l.at(0), 1
	}
	for ; i < l.n; i++ {
		call := []any{result, l.at(i)}
		if params >= 3 {
			call = append(call, float64(i))
		}
		if params >= 4 {
			call = append(call, args[0])
		}
		var err error
		if result, err = r.invoke(f, call...); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func sift(r *run, args []any) (any, error) {
	f, _ := fieldsOf(arg(args, 0))
	result := &object{}
	for i := range f.n {
		name, m := f.at(i)
		v, err := r.higherOrder(arg(args, 1), m, value.String(name), args[0])
		if err != nil {
			return nil, err
		}
		truth, err := r.boolean(v)
		if err != nil {
			return nil, err
		}
		if truth {
			r.work(2)
			result.set(name, m)
		}
	}
	if len(result.names) == 0 {
		return nil, nil
	}
	return result, nil
}

func each(r *run, args []any) (any, error) {
	f, _ := fieldsOf(arg(args, 0))
	result := newSequence()
	for i := range f.n {
		name, m := f.at(i)
		v, err := r.higherOrder(arg(args, 1), m, value.String(name), args[0])
		if err != nil {
			return nil, err
		}
		if v != nil {
			result.push(v)
		}
	}
	return result, nil
}
