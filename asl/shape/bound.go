package shape

import "slices"

// Doubt is a value of which nobody is told any longer that a part of it is sometimes missing: where that hangs together with
// something else, such as the way that a Choice took, what is sometimes missing may always be there.
func Doubt(s *Shape) *Shape { return doubt(s, maxDepth) }

func doubt(s *Shape, depth int) *Shape {
	if s == nil || s.object == nil && s.array == nil || depth == 0 {
		return s
	}
	var doubted *Shape
	change := func() *Shape {
		if doubted == nil {
			copied := *s
			doubted = &copied
		}
		return doubted
	}
	if o := s.object; o != nil {
		var members []Member
		for i, m := range o.members {
			inner := doubt(m.Shape, depth-1)
			if !m.Optional && inner == m.Shape {
				continue
			}
			if members == nil {
				members = slices.Clone(o.members)
			}
			members[i] = Member{Name: m.Name, Shape: inner, Unsure: m.Unsure || m.Optional}
		}
		if members != nil {
			change().object = &object{members: members, open: o.open, rest: o.rest}
		}
	}
	if a := s.array; a != nil {
		inner := *a
		changed := false
		if inner.item = doubt(a.item, depth-1); inner.item != a.item {
			changed = true
		}
		for i, item := range a.items {
			if d := doubt(item, depth-1); d != item {
				if !changed || &inner.items[0] == &a.items[0] {
					inner.items = slices.Clone(a.items)
				}
				inner.items[i], changed = d, true
			}
		}
		if changed {
			change().array = &inner
		}
	}
	if doubted != nil {
		return doubted
	}
	return s
}

// Bound cuts a value off at its depths until it has no more than so many parts.
func Bound(s *Shape, parts int) *Shape {
	if n := parts; fits(s, &n) {
		return s
	}
	if s.object != nil && len(s.object.members) >= parts {
		return Of(s.kinds)
	}
	for depth := maxDepth; depth > 0; depth /= 2 {
		n := parts
		if cut := cutAt(s, depth, &n); n >= 0 {
			return cut
		}
	}
	return Of(s.Kinds())
}

func fits(s *Shape, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	if s == nil {
		return true
	}
	if s.object != nil {
		for _, m := range s.object.members {
			if !fits(m.Shape, left) {
				return false
			}
		}
	}
	if s.array != nil {
		for _, item := range s.array.items {
			if !fits(item, left) {
				return false
			}
		}
		return fits(s.array.item, left)
	}
	return true
}

func cutAt(s *Shape, depth int, left *int) *Shape {
	if *left--; *left < 0 || s == nil || s.object == nil && s.array == nil {
		return s
	}
	if depth == 0 {
		return Of(s.kinds)
	}
	cut := *s
	if s.object != nil {
		o := *s.object
		o.members = slices.Clone(o.members)
		for i := range o.members {
			o.members[i].Shape = cutAt(o.members[i].Shape, depth-1, left)
		}
		o.rest = cutAt(o.rest, depth-1, left)
		cut.object = &o
	}
	if s.array != nil {
		a := *s.array
		a.items = slices.Clone(a.items)
		for i := range a.items {
			a.items[i] = cutAt(a.items[i], depth-1, left)
		}
		a.item = cutAt(a.item, depth-1, left)
		cut.array = &a
	}
	return &cut
}

// forgetting is a value that remembers no more than so many of those whose place it took, one after the other.
func (s *Shape) forgetting(beyond int) *Shape {
	if s == nil || s.before == nil {
		return s
	}
	forgetful := *s
	if beyond <= 0 {
		forgetful.before = nil
		return &forgetful
	}
	forgetful.before = s.before.forgetting(beyond - 1)
	return &forgetful
}
