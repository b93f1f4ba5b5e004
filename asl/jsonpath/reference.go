package jsonpath

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// The names under which Step Functions reports reference paths that do not fit the data.
const (
	ErrorReferencePathConflict  = "States.ReferencePathConflict"
	ErrorResultPathMatchFailure = "States.ResultPathMatchFailure"
	maxCreatedDepth             = value.MaxDepth // of objects that Set makes
	referenceChars              = "*?@,:"        // what no unquoted name of a reference path may hold
	describeReference           = "a reference path has only .name, ['name'] and [0]"
	unableToApplyStep           = "Unable to apply step %q to input %s"
	unableToApplyReferencePath  = "Unable to apply ReferencePath %s to input %s"
)

// ReferenceError says that a reference path does not fit the data.
type ReferenceError struct {
	Name    string // ErrorReferencePathConflict when reading, ErrorResultPathMatchFailure when writing
	Message string // AWS's text
}

func (e *ReferenceError) Error() string { return e.Message }

// ReferencePath is a path that names exactly one place: only .name, ['name'] and [index] (ASL specification, "Reference Paths").
type ReferencePath struct {
	path *Path
}

// ParseReference reads a reference path; it may start with $, $$ or $name. Errors are *SyntaxError.
func ParseReference(text string) (ReferencePath, error) {
	p, err := Parse(text)
	if err != nil {
		return ReferencePath{}, err
	}
	if err := p.IsReference(); err != nil {
		return ReferencePath{}, err
	}
	return ReferencePath{p}, nil
}

// IsReference returns nil for a reference path, else a *SyntaxError that says which step is none of it.
func (p *Path) IsReference() error {
	for i := range p.Steps {
		s := &p.Steps[i]
		reason := ""
		switch s.Kind {
		case Name:
			if !s.Quoted && strings.ContainsAny(s.Names[0], referenceChars) {
				reason = fmt.Sprintf("the name %q holds one of %s; put it in ['…']", s.Names[0], referenceChars)
			}
		case Index:
			if s.Indexes[0] < 0 {
				reason = "a negative index"
			}
		case Names:
			reason = "a list of names"
		case Indexes:
			reason = "a list of indexes"
		case Slice:
			reason = "a slice"
		case Wildcard:
			reason = "a wildcard"
		case Descend:
			reason = "'..'"
		case Filter:
			reason = "a filter"
		case Function:
			reason = "a function"
		}
		if reason != "" {
			return &SyntaxError{s.Offset, reason + "; " + describeReference}
		}
	}
	return nil
}

// Path returns the reference path as a Path.
func (r ReferencePath) Path() *Path { return r.path }

// String returns the path as it was written.
func (r ReferencePath) String() string { return r.path.text }

// Get returns the value at the path in doc, which stands for the path's root. The *ReferenceError of a path that leads nowhere
// has the text that a Map state reports for its ItemsPath: Unable to apply step "items" to input {…}.
func (r ReferencePath) Get(doc value.Value) (value.Value, error) {
	v := doc
	for i := range r.path.Steps {
		single := Path{Steps: r.path.Steps[i : i+1]}
		next, ok := single.follow(v)
		if !ok {
			return nil, &ReferenceError{ErrorReferencePathConflict, fmt.Sprintf(unableToApplyStep, r.path.Steps[i].label(), value.Text(doc))}
		}
		v = next
	}
	return v, nil
}

func (s *Step) label() string {
	if s.Kind == Name {
		return s.Names[0]
	}
	return fmt.Sprint(s.Indexes[0])
}

// Set returns doc with v at the path, as ResultPath does: $ gives v itself, a missing object on the way is made, what was at the
// place is replaced. An item of an array can be replaced, not added. What is on the way must be an object for a name
// and an array for an index, else the error is a *ReferenceError.
func (r ReferencePath) Set(doc, v value.Value) (value.Value, error) {
	if doc == nil {
		doc = value.Null{}
	}
	if result, ok := set(doc, r.path.Steps, v); ok {
		return result, nil
	}
	return nil, &ReferenceError{ErrorResultPathMatchFailure, fmt.Sprintf(unableToApplyReferencePath, r.path.text, value.Text(doc))}
}

// set writes v into a copy of doc; doc is nil where nothing is yet.
func set(doc value.Value, steps []Step, v value.Value) (value.Value, bool) {
	if len(steps) == 0 {
		return v, true
	}
	if len(steps) > maxCreatedDepth {
		return nil, false
	}
	step := &steps[0]
	if step.Kind == Index {
		array, ok := doc.(*value.Array)
		if !ok || step.Indexes[0] < 0 || step.Indexes[0] >= array.Len() {
			return nil, false
		}
		inner, ok := set(array.At(step.Indexes[0]), steps[1:], v)
		if !ok {
			return nil, false
		}
		return array.WithItem(step.Indexes[0], inner), true
	}
	object, ok := doc.(*value.Object)
	if !ok {
		if doc != nil {
			return nil, false
		}
		object = value.NewObject()
	}
	member, _ := object.Get(step.Names[0])
	inner, ok := set(member, steps[1:], v)
	if !ok {
		return nil, false
	}
	return object.With(step.Names[0], inner), true
}
