package jsonata

import "github.com/docflow-asl/docflow/asl/value"

var transformSignature = mustSignature("<(oa):o>")

// transform makes the function that a transform operator stands for.
func (r *run) transform(e *expr, env *frame) any {
	return &native{arity: 1, sig: transformSignature, call: func(r *run, args []any) (any, error) {
		if len(args) == 0 || args[0] == nil {
			return nil, nil
		}
		clone := r.lookup("clone", env)
		if !isFunction(clone) {
			return nil, &Error{Code: "T2013", pos: e.pos}
		}
		result, err := r.apply(clone, args[:1], nil, env)
		if err != nil {
			return nil, err
		}
		matches, err := r.eval(e.left, result, env)
		if err != nil || matches == nil {
			return result, err
		}
		l, ok := asList(matches)
		if !ok {
			l, _ = asList(newSequence(matches))
		}
		for i := range l.n {
			if err := r.change(e, l.at(i), env); err != nil {
				return nil, err
			}
		}
		return result, nil
	}}
}

// positionOf is the position that the original has for an expression; paths have none.
func positionOf(e *expr) int {
	if e.op == opPath {
		return 0
	}
	return e.pos
}

// change updates one object that a transform's pattern has found, or one array: to JavaScript its items are members, named by their
// numbers. What belongs to the input does not change.
func (r *run) change(e *expr, match any, env *frame) error {
	update, err := r.eval(e.right, match, env)
	if err != nil {
		return err
	}
	if update != nil {
		f, ok := fieldsOf(update)
		if !ok {
			return &Error{Code: "T2011", value: update, pos: positionOf(e.right)}
		}
		for i := range f.n {
			if err := r.put(match, f, i); err != nil {
				if failure, ok := err.(*Error); ok && failure.limit == nil {
					failure.pos = e.right.pos
				}
				return err
			}
		}
	}
	if e.third == nil {
		return nil
	}
	names, err := r.eval(e.third, match, env)
	if err != nil || names == nil {
		return err
	}
	l, ok := asList(names)
	if !ok {
		l, _ = asList(newSequence(names))
	}
	if !isStrings(l) {
		return &Error{Code: "T2012", value: names, pos: positionOf(e.third)}
	}
	for i := range l.n {
		if err := r.drop(match, string(l.at(i).(value.String))); err != nil {
			return err
		}
	}
	return nil
}

// put sets a member of the target to that of an update.
func (r *run) put(target any, update fields, i int) error {
	name, v := update.at(i)
	switch t := target.(type) {
	default:
		if target != nil && !isSimple(target) {
			return nil // of the input, or a function
		}
		return &Error{Code: CodeFunction, Message: "Cannot create property " + quote(name) + " on " + jsonText(target)} // the words of JavaScript
	case *object:
		if err := r.refuseCycle(v, target); err != nil {
			return err
		}
		t.set(name, v)
	case *array:
		at, ok := arrayIndex(name)
		if !ok || t.length > 0 {
			return nil
		}
		if at >= uint64(r.limits.Items) {
			return limitError(ErrItems)
		}
		if err := r.refuseCycle(v, target); err != nil {
			return err
		}
		if missing := int(at) + 1 - len(t.items); missing > 0 {
			if err := r.alloc(missing); err != nil {
				return err
			}
			t.items = append(t.items, make([]any, missing)...)
		}
		t.items[at] = v
	}
	return nil
}

// drop removes a member; that of an array leaves a hole, as JavaScript's delete does.
func (r *run) drop(target any, name string) error {
	switch t := target.(type) {
	case *object:
		if t.index != nil && t.find(name) >= 0 { // all behind it move
			if err := r.step(len(t.names)); err != nil {
				return err
			}
		}
		t.remove(name)
	case *array:
		if at, ok := arrayIndex(name); ok && at < uint64(len(t.items)) {
			t.items[at] = nil
		}
	}
	return nil
}

// refuseCycle fails when v is the target, or has it somewhere inside.
func (r *run) refuseCycle(v, target any) error {
	within, err := r.holds(v, target, 0)
	if within {
		return &Error{Code: CodeFunction, Message: "the transform would make an object part of itself"}
	}
	return err
}

func (r *run) holds(v, target any, level int) (bool, error) {
	if v == target {
		return true, nil
	}
	if level > maxNesting {
		return false, limitError(ErrNesting)
	}
	var inside []any
	switch v := v.(type) {
	case *object:
		inside = v.vals
	case *array:
		inside = v.items
	default:
		return false, nil
	}
	if err := r.step(1 + len(inside)); err != nil {
		return false, err
	}
	for _, m := range inside {
		if within, err := r.holds(m, target, level+1); within || err != nil {
			return within, err
		}
	}
	return false, nil
}
