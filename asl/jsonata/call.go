package jsonata

import (
	"errors"

	"github.com/docflow-asl/docflow/asl/value"
)

// lambda is a function that the expression defines, or one of the language that was applied partially.
type lambda struct {
	params  []string
	body    *expr
	inner   any  // the function of the language, when there is no body
	partial bool // made by partial application
	sig     *signature
	env     *frame
	in      any
	site    site
}

// builtin is a function of the language.
type builtin struct {
	name   string
	sig    *signature
	arity  int  // how many parameters the original's implementation has: functions such as $map pass that many arguments
	states bool // of Step Functions' dialect only
	plain  bool // of JSONata only
	call   func(r *run, args []any) (any, error)
	focus  func(r *run, args []any, in any, env *frame) (any, error)
}

// native is a function that was made while evaluating: a composition, a transform, the next match of a regular expression.
type native struct {
	arity int
	sig   *signature
	call  func(r *run, args []any) (any, error)
	site  site
	plain bool // in the original it is no object but a bare function of JavaScript

	through bool // a composition: what goes wrong in the functions is not placed where it is called
}

// noContext is the context of a call that a function of the language makes: null, as in the original.
var noContext any = value.Null{}

// wrap is what the original does to functions that are passed as arguments: they become bare functions of JavaScript, which are
// not true in a condition, as other functions are.
func wrap(v any) any {
	switch f := v.(type) {
	case *lambda, *builtin:
		return &native{arity: arity(f), plain: true, call: func(r *run, args []any) (any, error) {
			return r.apply(f, args, noContext, nil)
		}}
	case *native:
		if !f.plain {
			return &native{arity: f.arity, plain: true, call: func(r *run, args []any) (any, error) {
				return r.apply(f, args, noContext, nil)
			}}
		}
	}
	return v
}

// site is where a function was called last, and by what name. The original keeps that in the function itself, and reports what goes
// wrong within the function there, even when another function calls it later.
type site struct {
	pos   int
	token string
}

// builtinSite is the site of a function of the language, which all evaluations share.
type builtinSite struct {
	of   *builtin
	site site
}

// site gives what is noted in a function; nil for what is no function. It holds until another site is asked for.
func (r *run) site(f any) *site {
	switch f := f.(type) {
	case *lambda:
		return &f.site
	case *native:
		return &f.site
	case *builtin:
		for i := range r.sites {
			if r.sites[i].of == f {
				return &r.sites[i].site
			}
		}
		r.sites = append(r.sites, builtinSite{of: f})
		return &r.sites[len(r.sites)-1].site
	}
	return nil
}

// called notes a call. Only calls in tail position leave a mark in bare functions of JavaScript, too.
func (r *run) called(f any, e *expr) {
	if s := r.site(f); s != nil && !isPlain(f) {
		s.pos, s.token = e.pos, calledName(e.left)
	}
}

// calledLast notes a call in tail position, which has the position of the function rather than that of the call, and a name only if
// that is a variable.
func (r *run) calledLast(f any, e *expr) {
	s := r.site(f)
	if s == nil {
		return
	}
	s.pos = positionOf(e.left)
	if e.left.op == opVariable {
		s.token = e.left.name
	}
}

// thunk is a call in tail position, which apply makes in a loop.
type thunk struct {
	call *expr
	in   any
	env  *frame
}

func arity(f any) int {
	switch f := f.(type) {
	case *lambda:
		return len(f.params)
	case *builtin:
		return f.arity
	case *native:
		return f.arity
	case *regex:
		return 2
	}
	return 0
}

// calledName is the name that messages give the function that e is: the text of its token, for most kinds of expressions.
func calledName(e *expr) string {
	switch e.op {
	case opPath:
		return calledName(e.list[0])
	case opBlock, opCondition, opLambda, opTransform, opParent, opRegex:
		return ""
	case opName:
		return e.name
	}
	return nodeToken(e.from)
}

// namesVariable tells whether e is a plain name and a variable of that name exists: a forgotten $.
func (r *run) namesVariable(e *expr, env *frame) bool {
	return e.op == opPath && r.lookup(e.list[0].name, env) != nil
}

func (r *run) call(e *expr, in any, env *frame, first any, hasFirst bool) (any, error) {
	f, err := r.eval(e.left, in, env)
	if err != nil {
		return nil, err
	}
	if f == nil && r.namesVariable(e.left, env) {
		return nil, &Error{Code: "T1005", Token: calledName(e.left), pos: e.pos}
	}
	args := make([]any, 0, len(e.list)+1)
	if hasFirst {
		args = append(args, first)
	}
	for _, a := range e.list {
		v, err := r.eval(a, in, env)
		if err != nil {
			return nil, err
		}
		args = append(args, wrap(v))
	}
	r.called(f, e)
	v, err := r.apply(f, args, in, env)
	if err != nil {
		var failure *Error
		if errors.As(err, &failure) {
			if failure.pos == 0 {
				failure.pos = e.pos
			}
			if failure.Token == "" {
				failure.Token = calledName(e.left)
			}
		}
		return nil, err
	}
	return v, nil
}

// apply calls f, and then whatever calls it left for its caller.
func (r *run) apply(f any, args []any, in any, env *frame) (any, error) {
	v, err := r.applyOnce(f, args, in, env)
	for err == nil {
		t, ok := v.(*thunk)
		if !ok {
			return v, nil
		}
		if f, err = r.eval(t.call.left, t.in, t.env); err != nil {
			break
		}
		r.calledLast(f, t.call)
		args := make([]any, len(t.call.list))
		for i, a := range t.call.list {
			if args[i], err = r.eval(a, t.in, t.env); err != nil {
				return nil, err
			}
		}
		v, err = r.applyOnce(f, args, in, env)
	}
	return nil, err
}

func (r *run) applyOnce(f any, args []any, in any, env *frame) (any, error) {
	v, err := r.dispatch(f, args, in, env)
	if err != nil {
		if failure, ok := err.(*Error); ok && failure.limit == nil {
			if s := r.site(f); s != nil && !isComposition(f) {
				if s.pos != 0 {
					failure.pos = s.pos
				}
				if failure.Token == "" {
					failure.Token = s.token
				}
			}
		}
	}
	return v, err
}

func (r *run) dispatch(f any, args []any, in any, env *frame) (any, error) {
	switch f := f.(type) {
	case *builtin:
		args, err := r.validate(f.sig, args, in)
		if err != nil {
			return nil, err
		}
		if f.focus != nil {
			return f.focus(r, args, in, env)
		}
		return f.call(r, args)
	case *lambda:
		if f.sig != nil {
			var err error
			if args, err = r.validate(f.sig, args, in); err != nil {
				return nil, err
			}
		}
		return r.enter(f, args)
	case *native:
		if f.sig != nil {
			var err error
			if args, err = r.validate(f.sig, args, in); err != nil {
				return nil, err
			}
		}
		return f.call(r, args)
	case *regex:
		return r.regexCall(f, args)
	}
	return nil, &Error{Code: "T1006"}
}

// enter evaluates a lambda's body.
func (r *run) enter(f *lambda, args []any) (any, error) {
	if f.inner != nil {
		bound := make([]any, 0, partialArity(f.inner))
		for i := range partialArity(f.inner) {
			name := partialName(i)
			v, ok := r.local(f.env, name)
			for j, p := range f.params {
				if p == name && j < len(args) {
					v, ok = args[j], true
				}
			}
			if !ok {
				v = nil
			}
			bound = append(bound, v)
		}
		for len(bound) > 0 && bound[len(bound)-1] == nil {
			bound = bound[:len(bound)-1]
		}
		return r.applyUnchecked(f.inner, bound)
	}
	env := &frame{parent: f.env}
	if len(f.params) > 0 {
		env.vars = make([]binding, 0, len(f.params))
	}
	for i, p := range f.params {
		var v any
		if i < len(args) {
			v = args[i]
		}
		r.bind(env, p, v)
	}
	return r.eval(f.body, f.in, env)
}

// applyUnchecked calls a function as partial application does: no context takes the place of an argument, and none is made an array.
// The original takes arguments of any type here, and makes of wrong ones what JavaScript makes of them: mostly errors, and else nothing
// that was meant.
func (r *run) applyUnchecked(f any, args []any) (any, error) {
	switch f := f.(type) {
	case *builtin:
		for i, v := range args {
			if p, ok := f.sig.param(i); ok && !r.fits(p, v) {
				return nil, badArgument(args, i)
			}
		}
		if f.focus != nil {
			return f.focus(r, args, nil, nil)
		}
		return f.call(r, args)
	case *native:
		return f.call(r, args)
	}
	return r.applyOnce(f, args, nil, nil)
}

// partialArity is how many parameters a function has that is applied partially: one at least, since the original takes the text
// between the parentheses of its definition apart, even an empty one.
func partialArity(f any) int { return max(1, arity(f)) }

func partialName(i int) string { return "?" + formatNumber(float64(i)) }

// partial applies a function to some of its arguments.
func (r *run) partial(e *expr, in any, env *frame) (any, error) {
	args := make([]any, len(e.list))
	for i, a := range e.list {
		if a.op == opPlaceholder {
			continue
		}
		v, err := r.eval(a, in, env)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	f, err := r.eval(e.left, in, env)
	if err != nil {
		return nil, err
	}
	if f == nil && r.namesVariable(e.left, env) {
		return nil, &Error{Code: "T1007", Token: calledName(e.left), pos: e.pos}
	}
	if !isFunction(f) {
		return nil, &Error{Code: "T1008", Token: calledName(e.left), pos: e.pos}
	}
	if b, ok := f.(*builtin); ok && b.name == "string" {
		// The original reads the names of the parameters from the source of the function, where one of $string has a default value.
		return nil, &Error{Code: "S0208", Token: "=", value: 2.0, pos: e.pos}
	}
	result := &lambda{inner: f, partial: true}
	var params []string
	scope := &frame{}
	if known, ok := f.(*lambda); ok {
		*result = *known
		result.sig, result.site, result.partial = nil, site{}, true
		params, scope.parent = known.params, known.env
	} else {
		for i := range partialArity(f) {
			params = append(params, partialName(i))
		}
	}
	result.env, result.params = scope, nil
	for i, p := range params {
		if i < len(e.list) && e.list[i].op == opPlaceholder {
			result.params = append(result.params, p)
			continue
		}
		var v any
		if i < len(args) {
			v = args[i]
		}
		r.bind(scope, p, v)
	}
	return result, nil
}

// applyTo is the ~> operator: a call with one more argument in front, or the composition of two functions.
func (r *run) applyTo(e *expr, in any, env *frame) (any, error) {
	x, err := r.eval(e.left, in, env)
	if err != nil {
		return nil, err
	}
	if e.right.op == opCall {
		return r.call(e.right, in, env, x, true)
	}
	f, err := r.eval(e.right, in, env)
	if err != nil {
		return nil, err
	}
	if !isFunction(f) {
		return nil, &Error{Code: "T2006", value: f, pos: e.pos}
	}
	if !isFunction(x) {
		return r.apply(f, []any{x}, noContext, env)
	}
	return &native{arity: 1, through: true, call: func(r *run, args []any) (any, error) { return r.composed(x, f, args, env) }}, nil
}

// composed calls x, and f with the result. In the original that is the expression $g($f($x)), whose names are left in the functions.
func (r *run) composed(x, f any, args []any, env *frame) (any, error) {
	if s := r.site(f); s != nil {
		*s = site{token: "g"}
	}
	if s := r.site(x); s != nil && !isPlain(x) {
		*s = site{token: "f"}
	}
	v, err := r.apply(x, args[:min(1, len(args))], noContext, env)
	if err != nil {
		if failure, ok := err.(*Error); ok && failure.Token == "" {
			failure.Token = "f"
		}
		return nil, err
	}
	return r.apply(f, []any{v}, noContext, env)
}

func isComposition(f any) bool {
	n, ok := f.(*native)
	return ok && n.through
}

// isPlain tells whether a function is a bare one of JavaScript.
func isPlain(f any) bool {
	n, ok := f.(*native)
	return ok && n.plain
}

// invoke calls a function on behalf of one of the language, with as many of the arguments as it has parameters for.
func (r *run) invoke(f any, args ...any) (any, error) {
	if !canBeApplied(f) {
		return nil, errUnwrapped()
	}
	return r.apply(f, args, noContext, nil)
}

// canBeApplied tells whether the functions of the language can call f. The arguments of most calls are wrapped, but those of a call in
// tail position and of a partial application are not; and of functions that are not, the original can call only those that the
// expression defines.
func canBeApplied(f any) bool {
	switch f := f.(type) {
	case *builtin:
		return false
	case *native:
		return f.plain || f.through
	case *lambda:
		return !f.partial
	}
	return true
}

func errUnwrapped() *Error {
	return &Error{Code: CodeFunction, Message: "a function of the language, or one that was applied partially, cannot be an argument of the call " +
		"that ends a function, or of a partial application: wrap it as in function($x){ $string($x) }"}
}

// higherOrder calls f with an item, its index or name, and the whole, as far as f has parameters for them.
func (r *run) higherOrder(f, item, key, whole any) (any, error) {
	switch n := arity(f); {
	case n >= 3:
		return r.invoke(f, item, key, whole)
	case n == 2:
		return r.invoke(f, item, key)
	}
	return r.invoke(f, item)
}
