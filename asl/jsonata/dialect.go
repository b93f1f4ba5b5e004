package jsonata

import (
	"errors"
	"fmt"

	"github.com/docflow-asl/docflow/asl/value"
)

// Refusal is a use of the context where Step Functions has none: at the top of an expression there is no input to read a field of,
// the data is in $states.
type Refusal struct {
	Name string // the field name, "$" or "$$"
	Node *Node
}

func (r *Refusal) asError(text string) *Error {
	e := &Error{Code: CodeUnsupported, Token: r.Name, pos: r.Node.pos, Message: r.Message()}
	return e.finish(text)
}

// Message says what is refused and what would be right.
func (r *Refusal) Message() string {
	switch r.Name {
	case "$", "$$":
		return fmt.Sprintf("%s has no value at the top of an expression in Step Functions: read the state's input with $states.input", r.Name)
	}
	return fmt.Sprintf("the field name %q has nothing to belong to at the top of an expression in Step Functions: "+
		"write $states.input.%s for a field of the state's input, or $%s for a variable", r.Name, r.Name, r.Name)
}

// Unsupported lists what AWS refuses in an expression with UNSUPPORTED_JSONATA_EXPRESSION, once for each distinct name, as AWS does:
// $ and field names that would be read from the top-level context, and $$ wherever it stands (measured with
// ValidateStateMachineDefinition).
func Unsupported(n *Node) []Refusal {
	f := &refusals{seen: map[string]bool{}}
	f.walk(n, true)
	return f.list
}

type refusals struct {
	seen map[string]bool
	list []Refusal
}

func (f *refusals) add(name string, n *Node) {
	if !f.seen[name] {
		f.seen[name] = true
		f.list = append(f.list, Refusal{name, n})
	}
}

// walk looks at n, whose context is the top-level one if top is set.
func (f *refusals) walk(n *Node, top bool) {
	inner := func(c *Node) { f.walk(c, false) }
	switch n.Kind {
	case KindName:
		if top {
			f.add(n.Name, n)
		}
	case KindVariable:
		switch {
		case n.Name == "$":
			f.add("$$", n)
		case n.Name == "" && top:
			f.add("$", n)
		}
	case KindPath:
		f.walk(n.Left, top)
		f.walk(n.Right, false)
	case KindFilter:
		f.walk(n.Left, top)
		f.walk(n.Right, false)
	case KindGroup, KindSort:
		f.walk(n.Left, top)
		for _, p := range n.Pairs {
			inner(p.Name)
			inner(p.Value)
		}
		for _, t := range n.Terms {
			inner(t.Key)
		}
	case KindTransform:
		n.Children(inner)
	default:
		n.Children(func(c *Node) { f.walk(c, top) })
	}
}

// The causes of States.QueryEvaluationError. AWS puts `An error occurred while executing the state '…' (entered at the event id
// #…). ` before them. field is the path of the field in the state, such as Output/total.

// CauseError is the cause when an expression failed. Limits have no code there, and AWS's own texts (measured:
// https://github.com/floci-io/floci/issues/2737).
func CauseError(expression, field string, err error) string {
	separator, text := ". ", err.Error()
	switch {
	case errors.Is(err, ErrDepth):
		separator, text = ": ", "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive"
	case errors.Is(err, ErrSteps):
		separator, text = ": ", ErrSteps.Error()
	case errors.Is(err, ErrItems), errors.Is(err, ErrBytes), errors.Is(err, ErrNesting):
		separator, text = ": ", "Expression evaluation memory limit exceeded: Check for excessive memory usage"
	}
	return fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' threw an error during evaluation%s%s", expression, field, separator, text)
}

// CauseUndefined is the cause when an expression gave nothing.
func CauseUndefined(expression, field string) string {
	return fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' returned nothing (undefined).", expression, field)
}

// CauseUnsupported is the cause when an expression gave a function.
func CauseUnsupported(expression, field string) string {
	return fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' returned an unsupported result type.", expression, field)
}

// CauseType is the cause when an expression gave a value that the field does not take; want is AWS's name of a type, such as array.
func CauseType(expression, field, want string, got value.Value) string {
	return fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' returned an unexpected result type. Expected '%s', but was '%s' for value: %s",
		expression, field, want, got.Kind(), value.Compact(got))
}

// Cause picks the cause for an error of Eval.
func Cause(expression, field string, err error) string {
	if e, ok := err.(*Error); ok && e.Code == CodeResultType {
		return CauseUnsupported(expression, field)
	}
	return CauseError(expression, field, err)
}
