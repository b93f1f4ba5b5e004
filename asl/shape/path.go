package shape

import (
	"github.com/docflow-asl/docflow/asl/jsonpath"
)

// Roots are what paths start from.
type Roots struct {
	Data      *Shape
	Context   *Shape
	Variables func(name string) (*Shape, Presence)
}

// Found is what a path leads to.
type Found struct {
	Shape    *Shape
	Presence Presence
	Step     int    // where Presence is Absent or Sometimes: the step that leads nowhere; -1 for the root itself, a variable
	At       *Shape // what that step is applied to
}

// Eval follows a path as Step Functions does (package jsonpath): a definite one leads to a value or nowhere, any other one gives an
// array, an empty one when it finds nothing.
func Eval(p *jsonpath.Path, roots Roots) Found {
	s, presence := roots.root(p)
	if presence == Absent {
		return Found{Shape: Never, Presence: Absent, Step: -1, At: Never}
	}
	found := Found{Shape: s, Presence: presence, Step: -1}
	if presence == Unknown || presence == Always {
		found.Presence = Always
	}
	if p.Definite() {
		return found.definite(p.Steps, 0, roots)
	}
	each, some := follow(s, p.Steps, roots)
	if some == nil {
		each = Never
	}
	found.Shape = Array(each)
	if some == nil {
		found.Shape = Tuple()
	}
	found.Presence = Unknown // some steps fail on what is no object or array
	return found
}

// At follows the steps of a definite path.
func At(s *Shape, steps []jsonpath.Step) Found {
	return Found{Shape: s, Presence: Always, Step: -1}.definite(steps, 0, Roots{})
}

func (r Roots) root(p *jsonpath.Path) (*Shape, Presence) {
	switch p.Root {
	case jsonpath.RootContext:
		return r.Context, Always
	case jsonpath.RootVariable:
		if r.Variables == nil {
			return Any, Unknown
		}
		return r.Variables(p.Variable)
	case jsonpath.RootItem:
		return Any, Unknown
	}
	return r.Data, Always
}

// definite follows the steps of a definite path.
func (f Found) definite(steps []jsonpath.Step, first int, roots Roots) Found {
	for i := range steps {
		at := f.Shape
		next, presence := step(at, &steps[i], roots)
		switch presence {
		case Absent:
			return Found{Shape: Never, Presence: Absent, Step: first + i, At: at}
		case Sometimes:
			if f.Presence == Always {
				f.Presence, f.Step, f.At = Sometimes, first+i, at
			}
		case Unknown:
			if f.Presence == Always {
				f.Presence = Unknown
			}
		}
		f.Shape = next
	}
	return f
}

// step follows one step that leads to at most one value.
func step(s *Shape, st *jsonpath.Step, roots Roots) (*Shape, Presence) {
	switch st.Kind {
	case jsonpath.Name:
		return s.Member(st.Names[0])
	case jsonpath.Index:
		return s.Item(st.Indexes[0])
	case jsonpath.Names: // at the end: an object of those that are there
		if s == nil {
			return AnyObject, Unknown
		}
		if s.kinds&ObjectKind == 0 {
			return Never, Absent
		}
		var members []Member
		for _, name := range st.Names {
			v, presence := s.Member(name)
			if presence != Absent {
				members = append(members, Member{Name: name, Shape: v, Optional: presence == Sometimes, Unsure: presence == Unknown})
			}
		}
		if s.kinds != ObjectKind {
			return Object(members...), Sometimes
		}
		return Object(members...), Always
	case jsonpath.Function:
		return function(s, st)
	}
	return Any, Unknown
}

// function is what a function at the end of a path gives.
func function(s *Shape, st *jsonpath.Step) (*Shape, Presence) {
	switch st.Func {
	case "length", "size":
		return Of(Number | Null), Unknown // null of what has no length
	case "min", "max", "avg", "stddev", "sum":
		return AnyNumber, Unknown
	case "concat":
		return AnyString, Unknown
	}
	return Any, Unknown
}

// follow gives what an indefinite path may find, joined. A nil second result tells that it never finds anything.
func follow(s *Shape, steps []jsonpath.Step, roots Roots) (each *Shape, some *Shape) {
	if len(steps) == 0 {
		return s, AnyObject
	}
	st := &steps[0]
	var next []*Shape
	switch st.Kind {
	case jsonpath.Wildcard:
		next = append(next, s.Each())
	case jsonpath.Slice:
		next = append(next, s.ItemOf())
	case jsonpath.Indexes:
		for _, i := range st.Indexes {
			if v, presence := s.Item(i); presence != Absent {
				next = append(next, v)
			}
		}
	case jsonpath.Names:
		for _, name := range st.Names {
			if v, presence := s.Member(name); presence != Absent {
				next = append(next, v)
			}
		}
	case jsonpath.Filter:
		next = append(next, s.filtered())
	case jsonpath.Descend:
		return Any, AnyObject
	default:
		if v, presence := step(s, st, roots); presence != Absent {
			next = append(next, v)
		}
	}
	joined := Never
	for _, v := range next {
		if v.IsNever() {
			continue
		}
		found, any := follow(v, steps[1:], roots)
		if any != nil {
			joined, some = Join(joined, found), AnyObject
		}
	}
	return joined, some
}

// filtered is what a filter may let through: items of an array, or an object as a whole.
func (s *Shape) filtered() *Shape {
	if s == nil {
		return Any
	}
	through := s.ItemOf()
	if s.kinds&ObjectKind != 0 {
		through = Join(through, s.OnlyKinds(ObjectKind))
	}
	return through
}

// Set puts a value where a reference path says, as ResultPath does: objects on the way are made, and what is no object is replaced.
func Set(s *Shape, steps []jsonpath.Step, v *Shape) *Shape {
	if len(steps) == 0 {
		return v
	}
	switch st := &steps[0]; st.Kind {
	case jsonpath.Name:
		inner, presence := s.Member(st.Names[0])
		if presence == Absent {
			inner = Object()
		} else if presence != Always { // then it may be made
			inner = Join(inner, Object())
		}
		return s.WithMember(st.Names[0], Set(inner, steps[1:], v))
	case jsonpath.Index:
		inner, _ := s.Item(st.Indexes[0])
		return s.WithItem(st.Indexes[0], Set(inner, steps[1:], v))
	}
	return Any
}
