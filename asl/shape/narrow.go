package shape

import (
	"github.com/docflow-asl/docflow/asl/jsonpath"
)

// Narrow is a value of which more is known at the place that a path of names and indexes leads to: change is applied to what is
// known there. Where the path may lead nowhere, nothing is narrowed unless the place must be there.
func Narrow(s *Shape, steps []jsonpath.Step, change func(*Shape) *Shape) *Shape {
	if len(steps) == 0 {
		return change(s)
	}
	st := &steps[0]
	switch st.Kind {
	case jsonpath.Name:
		name := st.Names[0]
		inner, presence := s.Member(name)
		if presence == Absent {
			return Never
		}
		narrowed := Narrow(inner, steps[1:], change)
		if narrowed.IsNever() {
			return Never
		}
		if narrowed == inner && presence == Always { // nothing is new
			return s
		}
		return s.OnlyKinds(ObjectKind).WithMember(name, narrowed)
	case jsonpath.Index:
		i := st.Indexes[0]
		inner, presence := s.Item(i)
		if presence == Absent {
			return Never
		}
		narrowed := Narrow(inner, steps[1:], change)
		if narrowed.IsNever() {
			return Never
		}
		if _, known := s.Items(); known {
			return s.OnlyKinds(ArrayKind).WithItem(i, narrowed)
		}
	}
	return s
}

// Without is a value at which the path leads nowhere.
func Without(s *Shape, steps []jsonpath.Step) *Shape {
	if len(steps) == 0 {
		return Never
	}
	st := &steps[0]
	if st.Kind != jsonpath.Name {
		return s
	}
	name := st.Names[0]
	inner, presence := s.Member(name)
	if presence == Absent {
		return s
	}
	without := Without(inner, steps[1:])
	if without.IsNever() { // then it is this member that is not there
		if presence == Always {
			return Never
		}
		return s.WithoutMember(name)
	}
	if presence != Always { // the member may be missing, too
		return s
	}
	return s.OnlyKinds(ObjectKind).WithMember(name, without)
}
