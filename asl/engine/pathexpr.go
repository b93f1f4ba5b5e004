package engine

import (
	"errors"

	"github.com/docflow-asl/docflow/asl/intrinsic"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// pathExpr is a path in a field such as InputPath.
type pathExpr struct {
	path *jsonpath.Path
	rootsUsed
}

// rootsUsed tells what the paths of an expression start from, so that what they do not use is not made.
type rootsUsed struct {
	context bool // $$
	vars    bool // variables
}

// note adds what a path, and those inside its filters, start from.
func (u *rootsUsed) note(p *jsonpath.Path) {
	for inner := range p.All() {
		switch inner.Root {
		case jsonpath.RootContext:
			u.context = true
		case jsonpath.RootVariable:
			u.vars = true
		}
	}
}

func (u *rootsUsed) roots(e *env) jsonpath.Roots {
	r := jsonpath.Roots{Data: e.data, Visits: &e.t.x.s.budget.steps}
	if u.context {
		r.Context = e.t.contextObject()
	}
	if u.vars {
		r.Variables = e.t.vars.get
	}
	return r
}

func newPathExpr(p *jsonpath.Path) *pathExpr {
	x := &pathExpr{path: p}
	x.note(p)
	return x
}

// find is the bare evaluation: its error is what jsonpath gives.
func (p *pathExpr) find(e *env) (value.Value, error) {
	v, err := jsonpath.Eval(p.path, p.roots(e))
	if err == nil {
		err = e.t.x.s.budget.tired()
	}
	return v, err
}

// eval is the evaluation of InputPath, OutputPath and the like, with their text for what is missing.
func (p *pathExpr) eval(e *env) (value.Value, error) {
	v, err := p.find(e)
	if err == nil {
		return value.Rebuilt(v), nil // an example of TestState in AWS's documentation shows it compact
	}
	if f, ok := err.(*failure); ok {
		return nil, f
	}
	return nil, runtimeFailure("Invalid path '%s' : %s", p.path, err)
}

// fieldPath is a path (or intrinsic) whose failure names the field that it stands for, as in payload templates.
type fieldPath struct {
	*pathExpr
	field string
}

func (p *fieldPath) eval(e *env) (value.Value, error) {
	v, err := p.find(e)
	if err == nil {
		return value.Rebuilt(v), nil // an example of TestState in AWS's documentation shows it compact
	}
	if f, ok := err.(*failure); ok {
		return nil, f
	}
	var missing *jsonpath.NoSuchPathError
	if errors.As(err, &missing) {
		data := e.data
		if p.path.Root == jsonpath.RootContext {
			data = e.t.contextObject()
		}
		return nil, runtimeFailure("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", p.path, p.field, value.Text(data))
	}
	return nil, runtimeFailure("The JSONPath '%s' specified for the field '%s' cannot be evaluated: %s", p.path, p.field, err)
}

// intrinsicExpr is the call of an intrinsic function.
type intrinsicExpr struct {
	call *intrinsic.Call
	rootsUsed
}

func (x *intrinsicExpr) eval(e *env) (value.Value, error) {
	v, err := intrinsic.Eval(x.call, intrinsic.Roots{Roots: x.roots(e), Random: e.t.x.s.source})
	if err != nil {
		// The documentation has States.IntrinsicFailure, but says that such errors come as States.Runtime.
		return nil, runtimeFailure("%s", err)
	}
	return v, e.t.x.s.budget.tired()
}

// intrinsic compiles a call. A wrong number of arguments fails at run time only, as on AWS.
func (c *compiler) intrinsic(field, text string) expr {
	call, err := intrinsic.Parse(text)
	var arity *intrinsic.ArityError
	if err != nil && !errors.As(err, &arity) {
		c.failed(field, err)
		return constant{value.Null{}}
	}
	x := &intrinsicExpr{call: call}
	for arg := range call.Arguments() {
		if arg.Path != nil {
			x.note(arg.Path)
		}
	}
	return x
}

// path compiles a path; it returns nil after reporting one that is none.
func (c *compiler) path(field, text string) *pathExpr {
	p, err := jsonpath.Parse(text)
	if err != nil {
		c.failed(field, err)
		return nil
	}
	return newPathExpr(p)
}
