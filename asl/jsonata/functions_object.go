package jsonata

import (
	"math"

	"github.com/docflow-asl/docflow/asl/value"
)

func objectFunctions() map[string]*builtin {
	return map[string]*builtin{
		"keys":   define("<x-:a<s>>", 1, keys),
		"lookup": define("<x-s:x>", 2, lookup),
		"spread": define("<x-:a<o>>", 1, spread),
		"merge":  define("<a<o>:o>", 1, merge),
		"type":   define("<x:s>", 1, typeFunction),
		"error":  define("<s?:x>", 1, errorFunction),
		"assert": define("<bs?:x>", 2, assert),
		"clone":  define("<(oa)-:o>", 1, clone),
		"eval":   {sig: mustSignature("<sx?:x>"), arity: 2, plain: true, focus: evalFunction},
	}
}

func keys(r *run, args []any) (any, error) {
	result := newSequence()
	seen := map[string]bool{}
	names := &object{}
	var collect func(v any, level int) error
	collect = func(v any, level int) error {
		if level > maxNesting {
			return limitError(ErrNesting)
		}
		if err := r.step(1); err != nil {
			return err
		}
		if l, ok := asList(v); ok {
			for i := range l.n {
				if err := collect(l.at(i), level+1); err != nil {
					return err
				}
			}
			return nil
		}
		f, _ := fieldsOf(v)
		for i := range f.n {
			r.work(1)
			if name, _ := f.at(i); !seen[name] {
				r.work(2)
				seen[name] = true
				names.set(name, nil)
			}
		}
		return nil
	}
	if err := collect(arg(args, 0), 0); err != nil {
		return nil, err
	}
	f, _ := fieldsOf(names)
	for i := range f.n {
		name, _ := f.at(i)
		result.push(value.String(name))
	}
	return result, nil
}

func lookup(r *run, args []any) (any, error) {
	return r.name(arg(args, 0), searched(arg(args, 1)))
}

func spread(r *run, args []any) (any, error) { return r.spread(arg(args, 0), 0) }

func (r *run) spread(v any, level int) (any, error) {
	if level > maxNesting {
		return nil, limitError(ErrNesting)
	}
	if l, ok := asList(v); ok {
		result := &array{seq: true}
		for i := range l.n {
			part, err := r.spread(l.at(i), level+1)
			if err != nil {
				return nil, err
			}
			if part == nil {
				continue
			}
			if err := r.alloc(len(result.items) + 8); err != nil {
				return nil, err
			}
			result.join(part)
			result.seq = false
		}
		return result, nil
	}
	f, ok := fieldsOf(v)
	if !ok {
		return v, nil
	}
	result := newSequence()
	for i := range f.n {
		name, m := f.at(i)
		result.push(&object{names: []string{name}, vals: []any{m}})
	}
	return result, r.step(6 * f.n)
}

func merge(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok {
		return nil, nil
	}
	result := &object{}
	for i := range l.n {
		f, _ := fieldsOf(l.at(i))
		if err := r.step(4 * f.n); err != nil {
			return nil, err
		}
		for j := range f.n {
			result.set(f.at(j))
		}
	}
	return result, nil
}

func typeFunction(_ *run, args []any) (any, error) {
	names := map[byte]value.String{
		's': "string", 'n': "number", 'b': "boolean", 'l': "null", 'a': "array", 'f': "function", 'o': "object",
	}
	if arg(args, 0) == nil {
		return nil, nil
	}
	symbol := symbolOf(args[0])
	if symbol == 'n' {
		_, ok, err := finite(args[0])
		if err != nil {
			return nil, err
		}
		if !ok { // NaN is no number to the original
			symbol = 'o'
		}
	}
	return names[symbol], nil
}

func errorFunction(_ *run, args []any) (any, error) {
	message, _ := toString(arg(args, 0))
	if message == "" {
		message = "$error() function evaluated"
	}
	return nil, &Error{Code: "D3137", Message: message}
}

func assert(_ *run, args []any) (any, error) {
	if truthy(arg(args, 0)) {
		return nil, nil
	}
	message, _ := toString(arg(args, 1))
	if message == "" {
		message = "$assert() statement failed"
	}
	return nil, &Error{Code: "D3141", Message: message}
}

// clone copies a value deeply, which makes what transforms may change. Numbers lose what goes beyond 15 digits, as the original
// clones by way of $string; all others keep their text.
func clone(r *run, args []any) (any, error) {
	if arg(args, 0) == nil {
		return nil, nil
	}
	return r.copy(args[0], 0)
}

func (r *run) copy(v any, level int) (any, error) {
	if level > maxNesting {
		return nil, limitError(ErrNesting)
	}
	if err := r.step(1); err != nil {
		return nil, err
	}
	if l, ok := asList(v); ok {
		r.work(6)
		if err := r.alloc(l.n); err != nil {
			return nil, err
		}
		items := make([]any, l.n)
		for i := range items {
			item, err := r.copy(l.at(i), level+1)
			if err != nil {
				return nil, err
			}
			if item == nil {
				item = value.Null{}
			}
			items[i] = item
		}
		return &array{items: items}, nil
	}
	if f, ok := fieldsOf(v); ok {
		o := &object{}
		r.work(6)
		for i := range f.n {
			r.work(4)
			name, m := f.at(i)
			item, err := r.copy(m, level+1)
			if err != nil {
				return nil, err
			}
			o.set(name, item)
		}
		return o, nil
	}
	if isFunction(v) {
		return value.String(""), nil
	}
	if f, ok := toFloat(v); ok {
		switch {
		case math.IsInf(f, 0):
			return nil, outOfRange(f)
		case math.IsNaN(f):
			return value.Null{}, nil
		}
		if rounded := round15(f); rounded != f {
			return rounded, nil
		}
	}
	return v, nil
}

// maxEvals bounds how deep expressions may evaluate expressions.
const maxEvals = 50

func evalFunction(r *run, args []any, in any, env *frame) (any, error) {
	text, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	if focus := arg(args, 1); focus != nil {
		in = focus
		if isArray(in) {
			if a, ok := in.(*array); !ok || !a.seq {
				in = &array{items: []any{in}, seq: true, outer: true}
			}
		}
	}
	if err := r.step(len(text)); err != nil {
		return nil, err
	}
	tree, failure := parse(validString(text))
	var root *expr
	if failure == nil {
		root, failure = compileTree(tree)
	}
	if failure != nil {
		if failure.limit != nil {
			return nil, failure
		}
		return nil, &Error{Code: "D3120", value: value.String(failure.finish(text).Message)}
	}
	if r.evals++; r.evals > maxEvals {
		return nil, limitError(ErrDepth)
	}
	depth := r.depth
	v, err := r.eval(root, in, env)
	r.evals--
	if failure, ok := err.(*Error); ok && failure.limit == nil {
		r.depth = depth
		return nil, &Error{Code: "D3121", value: value.String(failure.finish(text).Message)}
	}
	return v, err
}
