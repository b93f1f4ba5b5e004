package jsonata

import (
	"context"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// run is one evaluation.
type run struct {
	ctx      context.Context
	set      *settings
	limits   Limits
	bindings map[string]value.Value
	world    World
	root     any // what $$ means
	millis   float64
	clocked  bool
	top      frame
	sites    []builtinSite // of the functions that were called

	steps, depth, items, bytes, evals int

	searching time.Duration   // by regular expressions
	text      strings.Builder // the last long text that was made of two
	units     []rune          // of the text that is searched
}

// frame is a scope of variables.
type frame struct {
	parent *frame
	vars   []binding
}

type binding struct {
	name string
	val  any
}

func (r *run) bind(f *frame, name string, v any) {
	r.work(len(f.vars) / 16)
	for i := range f.vars {
		if f.vars[i].name == name {
			f.vars[i].val = v
			return
		}
	}
	f.vars = append(f.vars, binding{name, v})
}

// local finds a variable that the expression itself has bound.
func (r *run) local(f *frame, name string) (any, bool) {
	seen := 0
	for ; f != nil; f = f.parent {
		for i := range f.vars {
			if f.vars[i].name == name {
				r.work((seen + i) / 16)
				return f.vars[i].val, true
			}
		}
		seen += 1 + len(f.vars)
	}
	r.work(seen / 16)
	return nil, false
}

// lookup finds a variable by its name: bound by the expression, given by the caller, or a function of the language.
func (r *run) lookup(name string, env *frame) any {
	if v, ok := r.local(env, name); ok {
		return v
	}
	if v, ok := r.bindings[name]; ok {
		if v == nil {
			return nil
		}
		return v
	}
	if name == "$" {
		return r.root
	}
	if b := builtins[name]; b != nil && r.set.has(b) {
		return b
	}
	return nil
}

func (r *run) variable(e *expr, in any, env *frame) any {
	if e.name == "" {
		if a, ok := in.(*array); ok && a.outer {
			return a.items[0]
		}
		return in
	}
	if v, ok := r.local(env, e.name); ok {
		return v
	}
	if v, ok := r.bindings[e.name]; ok {
		if v == nil {
			return nil
		}
		return v
	}
	if e.name == "$" {
		return r.root
	}
	if e.builtin != nil && r.set.has(e.builtin) {
		return e.builtin
	}
	return nil
}

// eval evaluates e against the context value in.
func (r *run) eval(e *expr, in any, env *frame) (any, error) {
	r.depth++
	if r.depth > r.limits.Depth {
		return nil, limitError(ErrDepth)
	}
	if err := r.step(1); err != nil {
		return nil, err
	}
	v, err := r.operation(e, in, env)
	if err != nil {
		return nil, err
	}
	if !e.plain {
		if v, err = r.qualify(e, v, env); err != nil {
			return nil, err
		}
	}
	r.depth--
	if a, ok := v.(*array); ok && a.seq && !a.tuples {
		return unwrap(e, a), nil
	}
	return v, nil
}

// qualify applies the predicates and the grouping behind an expression that is no step of a path.
func (r *run) qualify(e *expr, v any, env *frame) (any, error) {
	var err error
	for _, p := range e.predicates {
		if v, err = r.filter(p.filter, v, env); err != nil {
			return nil, err
		}
	}
	if e.group != nil && e.op != opPath {
		return r.group(e.group.pairs, e.group.pos, v, env)
	}
	return v, nil
}

// unwrap gives what a sequence stands for.
func unwrap(e *expr, a *array) any {
	if e.keepArray {
		a.keep = true
	}
	n := len(a.items)
	if a.length > 0 {
		n = a.length
	}
	switch {
	case n == 0:
		return nil
	case n == 1 && !a.keep:
		l, _ := asList(a)
		return l.at(0)
	}
	return a
}

func (r *run) operation(e *expr, in any, env *frame) (any, error) {
	switch e.op {
	case opPath:
		return r.path(e, in, env)
	case opName:
		return r.name(in, e.name)
	case opVariable:
		return r.variable(e, in, env), nil
	case opConst:
		return e.val, nil
	case opArithmetic, opCompare, opEqual, opAnd, opOr, opConcat, opIn, opRange:
		return r.binary(e, in, env)
	case opCall:
		return r.call(e, in, env, nil, false)
	case opBlock:
		return r.block(e, in, env)
	case opCondition:
		return r.condition(e, in, env)
	case opObject:
		return r.group(e.pairs, e.pos, in, env)
	case opArray:
		return r.array(e, in, env)
	case opNegate:
		return r.negate(e, in, env)
	case opWildcard:
		return r.wildcard(in)
	case opDescendants:
		return r.descendants(in)
	case opParent:
		return r.lookup(e.slot.label, env), nil
	case opRegex:
		return e.regex, nil
	case opBind:
		v, err := r.eval(e.right, in, env)
		if err != nil {
			return nil, err
		}
		r.bind(env, e.name, v)
		return v, nil
	case opApply:
		return r.applyTo(e, in, env)
	case opLambda:
		return &lambda{params: e.params, body: e.right, sig: e.sig, env: env, in: in}, nil
	case opThunk:
		return &thunk{call: e.left, in: in, env: env}, nil
	case opPartial:
		return r.partial(e, in, env)
	case opTransform:
		return r.transform(e, env), nil
	}
	return nil, &Error{Code: "S0201", Token: nodeToken(e.from), pos: e.pos}
}

// name looks a field up, in every item when the context is an array.
func (r *run) name(in any, name string) (any, error) {
	if l, ok := asList(in); ok {
		found, err := r.nameIn(l, name, 0)
		if err != nil {
			return nil, err
		}
		return found, nil
	}
	return get(in, name), nil
}

func (r *run) nameIn(l list, name string, level int) (*array, error) {
	if level > maxNesting {
		return nil, limitError(ErrNesting)
	}
	if err := r.step(l.n); err != nil {
		return nil, err
	}
	result := &array{seq: true, items: make([]any, 0, min(l.n, 64))}
	for i := range l.n {
		item := l.at(i)
		var v any
		if inner, ok := asList(item); ok {
			found, err := r.nameIn(inner, name, level+1)
			if err != nil {
				return nil, err
			}
			v = found
		} else if v = get(item, name); v == nil {
			continue
		}
		items, ok := asList(v)
		if !ok {
			result.push(v)
			continue
		}
		if err := r.alloc(len(result.items) + items.n); err != nil {
			return nil, err
		}
		result.pushAll(items)
	}
	return result, nil
}

func (r *run) block(e *expr, in any, env *frame) (v any, err error) {
	if e.scoped {
		env = &frame{parent: env}
	}
	for _, s := range e.list {
		if v, err = r.eval(s, in, env); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (r *run) condition(e *expr, in any, env *frame) (any, error) {
	v, err := r.eval(e.left, in, env)
	if err != nil {
		return nil, err
	}
	truth, err := r.boolean(v)
	if err != nil {
		return nil, err
	}
	switch {
	case truth:
		return r.eval(e.right, in, env)
	case e.third != nil:
		return r.eval(e.third, in, env)
	}
	return nil, nil
}

func (r *run) array(e *expr, in any, env *frame) (any, error) {
	result := &array{cons: e.cons, items: make([]any, 0, len(e.list))}
	for i, item := range e.list {
		v, err := r.eval(item, in, env)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		l, ok := asList(v)
		if !ok || item.op == opArray {
			result.push(v)
			continue
		}
		if l.made != nil && l.made.length > 0 && i == len(e.list)-1 && len(result.items) == 0 {
			return &array{cons: e.cons, first: l.made.first, length: l.made.length}, nil // a range stays unmade
		}
		if err := r.alloc(len(result.items) + l.n); err != nil {
			return nil, err
		}
		result.pushAll(l)
	}
	return result, nil
}

func (r *run) negate(e *expr, in any, env *frame) (any, error) {
	v, err := r.eval(e.left, in, env)
	if err != nil || v == nil {
		return nil, err
	}
	f, ok, err := finite(v)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &Error{Code: "D1002", Token: "-", value: v, pos: e.pos}
	}
	return -f, nil
}

func (r *run) wildcard(in any) (any, error) {
	if a, ok := in.(*array); ok && a.outer {
		in = a.items[0]
	}
	var result any = newSequence()
	add := func(v any) (err error) {
		if isArray(v) {
			flat := &array{}
			if err := r.flatten(v, flat, 0); err != nil {
				return err
			}
			result, err = r.appendValues(result, flat)
			return err
		}
		result.(*array).push(v)
		return nil
	}
	if l, ok := asList(in); ok {
		for i := range l.n {
			if err := add(l.at(i)); err != nil {
				return nil, err
			}
		}
		for range l.marks() {
			if err := add(value.Bool(true)); err != nil {
				return nil, err
			}
		}
	} else if f, ok := fieldsOf(in); ok {
		for i := range f.n {
			_, v := f.at(i)
			if err := add(v); err != nil {
				return nil, err
			}
		}
	}
	return result, nil
}

func (r *run) flatten(v any, into *array, level int) error {
	if level > maxNesting {
		return limitError(ErrNesting)
	}
	l, ok := asList(v)
	if !ok {
		into.push(v)
		return nil
	}
	if err := r.alloc(l.n + len(into.items)); err != nil {
		return err
	}
	for i := range l.n {
		if err := r.flatten(l.at(i), into, level+1); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) descendants(in any) (any, error) {
	if in == nil {
		return nil, nil
	}
	result := newSequence()
	if err := r.descend(in, result, 0); err != nil {
		return nil, err
	}
	if len(result.items) == 1 {
		return result.items[0], nil
	}
	return result, nil
}

func (r *run) descend(v any, into *array, level int) error {
	if level > maxNesting {
		return limitError(ErrNesting)
	}
	if err := r.step(2); err != nil {
		return err
	}
	if l, ok := asList(v); ok {
		for i := range l.n {
			if err := r.descend(l.at(i), into, level+1); err != nil {
				return err
			}
		}
		return nil
	}
	into.push(v)
	if f, ok := fieldsOf(v); ok {
		for i := range f.n {
			_, m := f.at(i)
			if err := r.descend(m, into, level+1); err != nil {
				return err
			}
		}
	}
	return nil
}
