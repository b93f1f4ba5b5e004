package shape

import (
	"slices"

	"github.com/docflow-asl/docflow/asl/value"
)

// Contains tells whether a value is one of those that the shape stands for.
func (s *Shape) Contains(v value.Value) bool {
	if s == nil {
		return v != nil
	}
	if v == nil || s.kinds&KindsOf(v.Kind()) == 0 {
		return false
	}
	switch v := v.(type) {
	case value.Null:
		return true
	case *value.Array:
		return s.array == nil || s.array.contains(v)
	case *value.Object:
		return s.object == nil || s.object.contains(v)
	}
	return s.consts == nil || slices.ContainsFunc(s.consts, func(c value.Value) bool { return value.Equal(c, v) })
}

func (a *array) contains(v *value.Array) bool {
	if a.known {
		if v.Len() != len(a.items) {
			return false
		}
		for i, item := range v.Items() {
			if !a.items[i].Contains(item) {
				return false
			}
		}
		return true
	}
	if v.Len() == 0 {
		return a.empty
	}
	for _, item := range v.Items() {
		if !a.item.Contains(item) {
			return false
		}
	}
	return true
}

func (o *object) contains(v *value.Object) bool {
	for _, m := range o.members {
		member, ok := v.Get(m.Name)
		if !ok && !m.Optional && !m.Unsure && !m.Shape.IsNever() || ok && !m.Shape.Contains(member) {
			return false
		}
	}
	for _, m := range v.Members() {
		if o.find(m.Name) < 0 && (!o.open || !o.rest.Contains(m.Value)) {
			return false
		}
	}
	return true
}
