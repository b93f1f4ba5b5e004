package shape

import (
	"slices"
	"sync/atomic"
)

// Presence tells whether a value is there.
type Presence uint8

// The presences.
const (
	Absent    Presence = iota // never there
	Sometimes                 // there on some ways, or for some values
	Always                    // there, whatever the value is
	Unknown                   // nobody can know
)

// Member is what is known of the member of an object. For what is no object it is Absent.
func (s *Shape) Member(name string) (*Shape, Presence) {
	if s == nil {
		return Any, Unknown
	}
	if s.kinds&ObjectKind == 0 {
		return Never, Absent
	}
	found, presence := Any, Unknown
	if o := s.object; o != nil {
		switch i := o.find(name); {
		case i >= 0 && o.members[i].Shape.IsNever():
			return Never, Absent
		case i >= 0 && o.members[i].Optional:
			found, presence = o.members[i].Shape, Sometimes
		case i >= 0 && o.members[i].Unsure:
			found = o.members[i].Shape
		case i >= 0:
			found, presence = o.members[i].Shape, Always
		case o.open:
			found = o.rest
		default:
			return Never, Absent
		}
	}
	if s.kinds != ObjectKind && presence == Always { // it may be no object at all
		presence = Sometimes
	}
	return found, presence
}

// Item is what is known of an item of an array; negative indexes count from the end.
func (s *Shape) Item(index int) (*Shape, Presence) {
	if s == nil {
		return Any, Unknown
	}
	if s.kinds&ArrayKind == 0 {
		return Never, Absent
	}
	a := s.array
	if a == nil {
		return Any, Unknown
	}
	found, presence := a.item, Unknown
	if a.known {
		if index < 0 {
			index += len(a.items)
		}
		if index < 0 || index >= len(a.items) {
			return Never, Absent
		}
		found, presence = a.items[index], Always
	} else if (index == 0 || index == -1) && !a.empty {
		presence = Always
	}
	if s.kinds != ArrayKind && presence == Always {
		presence = Sometimes
	}
	return found, presence
}

// Each is what is known of any item of an array, or any member of an object: of what a wildcard finds.
func (s *Shape) Each() *Shape {
	if s == nil {
		return Any
	}
	each := Never
	if s.kinds&ArrayKind != 0 {
		if s.array == nil {
			return Any
		}
		each = Join(each, s.array.item)
	}
	if s.kinds&ObjectKind != 0 {
		if s.object == nil {
			return Any
		}
		for _, m := range s.object.members {
			each = Join(each, m.Shape)
		}
		if s.object.open {
			each = Join(each, s.object.rest)
		}
	}
	return each
}

// ItemOf is what is known of any item of an array.
func (s *Shape) ItemOf() *Shape {
	if s == nil || s.kinds&ArrayKind != 0 && s.array == nil {
		return Any
	}
	if s.kinds&ArrayKind == 0 {
		return Never
	}
	return s.array.item
}

// WithMember is an object with a member set. Of what is no object it is an object that has that member only.
func (s *Shape) WithMember(name string, v *Shape) *Shape {
	return s.set(Member{Name: name, Shape: v})
}

// set is an object with a member set, whether it is always there or not.
func (s *Shape) set(m Member) *Shape {
	if s == nil {
		return OpenObject(m)
	}
	if s.kinds&ObjectKind == 0 {
		return Object(m)
	}
	set := *s
	set.kinds, set.consts, set.array = ObjectKind, nil, nil
	o := object{open: true}
	if s.object != nil {
		o = *s.object
	}
	n := len(o.members)
	switch i := o.find(m.Name); {
	case i >= 0:
		o.members = slices.Clone(o.members)
		o.members[i] = m
	case o.taken != nil && n < cap(o.members) && o.taken.CompareAndSwap(int32(n), int32(n+1)):
		o.members = append(o.members, m)
	default:
		members := make([]Member, n+1, n+n/4+2)
		copy(members, o.members)
		members[n] = m
		o.members, o.taken = members, new(atomic.Int32)
		o.taken.Store(int32(n + 1))
	}
	set.object = &o
	return &set
}

// WithItem is an array with an item set, where there is such an item.
func (s *Shape) WithItem(index int, v *Shape) *Shape {
	if s == nil || s.array == nil {
		return s
	}
	set := *s
	a := *s.array
	if !a.known {
		a.item = Join(a.item, v)
	} else if index >= 0 && index < len(a.items) {
		items := slices.Clone(a.items)
		items[index] = v
		a = *Tuple(items...).array
	}
	set.array = &a
	return &set
}

// WithoutMember is an object that has no such member.
func (s *Shape) WithoutMember(name string) *Shape {
	if s == nil || s.object == nil {
		return s
	}
	o := *s.object
	o.members = slices.DeleteFunc(slices.Clone(o.members), func(m Member) bool { return m.Name == name })
	if o.open {
		o.members = append(o.members, Member{Name: name, Shape: Never})
	}
	without := *s
	without.object = &o
	return &without
}

// Names lists the members of an object that are known.
func (s *Shape) Names() []string {
	if s == nil || s.object == nil {
		return nil
	}
	var names []string
	for _, m := range s.object.members {
		if !m.Shape.IsNever() {
			names = append(names, m.Name)
		}
	}
	return names
}

// Has tells whether a member is known to an object by its name, if only as one that is never there.
func (s *Shape) Has(name string) bool { return s != nil && s.object != nil && s.object.find(name) >= 0 }

// Mark notes where the texts were made that are members of some names, at any depth.
func Mark(s *Shape, named func(string) bool, o *Origin) *Shape {
	if s == nil || s.object == nil && s.array == nil {
		return s
	}
	marked := *s
	if s.object != nil {
		inner := *s.object
		inner.members = slices.Clone(inner.members)
		for i, m := range inner.members {
			if named(m.Name) && m.Shape.Is(String) {
				inner.members[i].Shape = m.Shape.MadeBy(o)
			} else {
				inner.members[i].Shape = Mark(m.Shape, named, o)
			}
		}
		marked.object = &inner
	}
	if s.array != nil && !s.array.known {
		inner := *s.array
		inner.item = Mark(inner.item, named, o)
		marked.array = &inner
	}
	return &marked
}

// Walk visits a value and all that is known of what is in it; where visit returns false, it goes no deeper.
func Walk(s *Shape, visit func(*Shape) bool) {
	if s == nil || !visit(s) {
		return
	}
	if s.object != nil {
		for _, m := range s.object.members {
			Walk(m.Shape, visit)
		}
		Walk(s.object.rest, visit)
	}
	if s.array != nil {
		if !s.array.known {
			Walk(s.array.item, visit)
		}
		for _, item := range s.array.items {
			Walk(item, visit)
		}
	}
}
