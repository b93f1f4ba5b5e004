package engine

import (
	"errors"

	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// pathExpr is a path in a field such as InputPath.
type pathExpr struct {
	path    *jsonpath.Path
	context bool // the path, or one inside its filters, starts from $$
	vars    bool // … from a variable
}

func newPathExpr(p *jsonpath.Path) *pathExpr {
	x := &pathExpr{path: p}
	for inner := range p.All() {
		switch inner.Root {
		case jsonpath.RootContext:
			x.context = true
		case jsonpath.RootVariable:
			x.vars = true
		}
	}
	return x
}

// roots are what the path starts from; what it does not use is not made.
func (p *pathExpr) roots(e *env) jsonpath.Roots { return roots(e, p.context, p.vars) }

func roots(e *env, context, vars bool) jsonpath.Roots {
	r := jsonpath.Roots{Data: e.data}
	if context {
		r.Context = e.t.contextObject()
	}
	if vars {
		r.Variables = e.t.vars.get
	}
	return r
}

// find is the bare evaluation: its error is what jsonpath gives.
func (p *pathExpr) find(e *env) (value.Value, error) {
	return jsonpath.Eval(p.path, p.roots(e))
}

// eval is the evaluation of InputPath, OutputPath and the like, with their text for what is missing.
func (p *pathExpr) eval(e *env) (value.Value, error) {
	v, err := p.find(e)
	if err != nil {
		return nil, runtimeFailure("Invalid path '%s' : %s", p.path, err)
	}
	return v, nil
}

// fieldPath is a path (or intrinsic) whose failure names the field that it stands for, as in payload templates.
type fieldPath struct {
	*pathExpr
	field string
}

func (p *fieldPath) eval(e *env) (value.Value, error) {
	v, err := p.find(e)
	if err == nil {
		return v, nil
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

// path compiles a path; it returns nil after reporting one that is none.
func (c *compiler) path(field, text string) *pathExpr {
	p, err := jsonpath.Parse(text)
	if err != nil {
		c.failed(field, err)
		return nil
	}
	return newPathExpr(p)
}
