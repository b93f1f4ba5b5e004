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

// change updates one object that a transform's pattern has found.
func (r *run) change(e *expr, match any, env *frame) error {
	update, err := r.eval(e.right, match, env)
	if err != nil {
		return err
	}
	target, _ := match.(*object)
	if update != nil {
		f, ok := fieldsOf(update)
		if !ok {
			return &Error{Code: "T2011", value: update, pos: positionOf(e.right)}
		}
		for i := range f.n {
			name, v := f.at(i)
			if target == nil {
				continue
			}
			within, err := r.holds(v, target, 0)
			if err != nil {
				return err
			}
			if within {
				return &Error{Code: CodeFunction, Message: "the transform would make an object part of itself", pos: e.right.pos}
			}
			target.set(name, v)
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
		if target != nil {
			target.remove(string(l.at(i).(value.String)))
		}
	}
	return nil
}

// holds tells whether v is the object, or has it somewhere inside.
func (r *run) holds(v any, o *object, level int) (bool, error) {
	if level > maxNesting {
		return false, limitError(ErrNesting)
	}
	switch v := v.(type) {
	case *object:
		if v == o {
			return true, nil
		}
		if err := r.step(1 + len(v.vals)); err != nil {
			return false, err
		}
		for _, m := range v.vals {
			if within, err := r.holds(m, o, level+1); within || err != nil {
				return within, err
			}
		}
	case *array:
		if err := r.step(1 + len(v.items)); err != nil {
			return false, err
		}
		for _, item := range v.items {
			if within, err := r.holds(item, o, level+1); within || err != nil {
				return within, err
			}
		}
	}
	return false, nil
}
