package shape

import (
	"slices"

	"github.com/docflow-asl/docflow/asl/value"
)

// Join is what is known of a value that is one of two.
func Join(a, b *Shape) *Shape {
	switch {
	case a == b, b.IsNever():
		return a
	case a.IsNever():
		return b
	case a == nil || b == nil:
		return Any
	}
	joined := &Shape{kinds: a.kinds | b.kinds, consts: joinConsts(a, b), object: joinObjects(a, b), array: joinArrays(a, b)}
	if a.origin == b.origin {
		joined.origin = a.origin
	}
	if joined.before = a.before; joined.before == nil {
		joined.before = b.before
	}
	if joined.kinds == AllKinds && joined.consts == nil && joined.object == nil && joined.array == nil {
		return Any
	}
	return joined
}

// JoinAll is Join of any number; of none it is Never.
func JoinAll(shapes []*Shape) *Shape {
	joined := Never
	for _, s := range shapes {
		joined = Join(joined, s)
	}
	return joined
}

// scalars are the scalar types of a shape but null, which is its own only value.
func (s *Shape) scalars() Kinds { return s.kinds & (Bool | Number | String) }

func joinConsts(a, b *Shape) []value.Value {
	switch {
	case a.scalars() == 0:
		return b.consts
	case b.scalars() == 0:
		return a.consts
	case a.consts == nil || b.consts == nil:
		return nil
	}
	union := slices.Clone(a.consts)
	for _, v := range b.consts {
		if !slices.ContainsFunc(union, func(known value.Value) bool { return value.Equal(known, v) }) {
			union = append(union, v)
		}
	}
	if len(union) > maxConsts {
		return nil
	}
	return union
}

func joinObjects(a, b *Shape) *object {
	switch {
	case a.kinds&ObjectKind == 0:
		return b.object
	case b.kinds&ObjectKind == 0 || a.object == b.object:
		return a.object
	case a.object == nil || b.object == nil:
		return nil
	}
	x, y := a.object, b.object
	joined := &object{open: x.open || y.open, rest: Never}
	if x.open {
		joined.rest = x.rest
	}
	if y.open {
		joined.rest = Join(joined.rest, y.rest)
	}
	joined.members = make([]Member, 0, max(len(x.members), len(y.members)))
	for i, m := range x.members {
		joined.members = append(joined.members, joinMember(m, i, y))
	}
	for i, m := range y.members {
		if x.findNear(m.Name, i) < 0 {
			joined.members = append(joined.members, joinMember(m, i, x))
		}
	}
	return joined
}

// joinMember joins a member of one object with what the other one has of that name.
func joinMember(m Member, at int, other *object) Member {
	if i := other.findNear(m.Name, at); i >= 0 {
		o := other.members[i]
		return Member{
			Name: m.Name, Shape: Join(m.Shape, o.Shape),
			Optional: m.Optional || o.Optional || m.Shape.IsNever() != o.Shape.IsNever(), Unsure: m.Unsure || o.Unsure,
		}
	}
	if other.open {
		return Member{Name: m.Name, Shape: Join(m.Shape, other.rest), Optional: m.Optional || m.Shape.IsNever(), Unsure: true}
	}
	return Member{Name: m.Name, Shape: m.Shape, Optional: true}
}

// findNear is find where the member most likely stands at a place.
func (o *object) findNear(name string, at int) int {
	if at < len(o.members) && o.members[at].Name == name {
		return at
	}
	return o.find(name)
}

func (o *object) find(name string) int {
	if name == "" {
		return slices.IndexFunc(o.members, func(m Member) bool { return m.Name == "" })
	}
	last := name[len(name)-1]
	for i := range o.members { // of wide objects most names differ at the end, as in step1, step2
		if m := o.members[i].Name; len(m) == len(name) && m[len(m)-1] == last && m == name {
			return i
		}
	}
	return -1
}

func joinArrays(a, b *Shape) *array {
	switch {
	case a.kinds&ArrayKind == 0:
		return b.array
	case b.kinds&ArrayKind == 0 || a.array == b.array:
		return a.array
	case a.array == nil || b.array == nil:
		return nil
	}
	x, y := a.array, b.array
	if x.known && y.known && len(x.items) == len(y.items) {
		items := make([]*Shape, len(x.items))
		for i := range items {
			items[i] = Join(x.items[i], y.items[i])
		}
		return Tuple(items...).array
	}
	return &array{item: Join(x.item, y.item), empty: x.empty || y.empty}
}

// Equal tells whether two shapes stand for the same values, as far as they are kept; what they were made by does not count.
func Equal(a, b *Shape) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.kinds != b.kinds || len(a.consts) != len(b.consts) || (a.consts == nil) != (b.consts == nil) {
		return false
	}
	for _, v := range a.consts {
		if !slices.ContainsFunc(b.consts, func(w value.Value) bool { return value.Equal(v, w) }) {
			return false
		}
	}
	return equalObjects(a.object, b.object) && equalArrays(a.array, b.array)
}

func equalObjects(a, b *object) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.open != b.open || len(a.members) != len(b.members) || a.open && !Equal(a.rest, b.rest) {
		return false
	}
	for at, m := range a.members {
		i := b.findNear(m.Name, at)
		if i < 0 || b.members[i].Optional != m.Optional || b.members[i].Unsure != m.Unsure || !Equal(m.Shape, b.members[i].Shape) {
			return false
		}
	}
	return true
}

func equalArrays(a, b *array) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.known != b.known || a.empty != b.empty || len(a.items) != len(b.items) || !Equal(a.item, b.item) {
		return false
	}
	for i := range a.items {
		if !Equal(a.items[i], b.items[i]) {
			return false
		}
	}
	return true
}

// The bounds that Widen keeps.
const (
	maxDepth   = 24
	maxMembers = 400
	maxItems   = 64
)

// Widen bounds what may grow around a loop: what lies too deep becomes Any, objects of too many members open, and arrays
// of too many items arrays of any number. grown tells that something was cut off.
func Widen(s *Shape) (wide *Shape, grown bool) { return widen(s, maxDepth) }

func widen(s *Shape, depth int) (*Shape, bool) {
	if s == nil || s.object == nil && s.array == nil {
		return s, false
	}
	if depth == 0 {
		return Of(s.kinds), true
	}
	wide, grown := *s, false
	if o := s.object; o != nil {
		inner := *o
		if len(o.members) > maxMembers {
			inner.members, inner.open, inner.rest, grown = o.members[:maxMembers], true, Any, true
		}
		inner.members = slices.Clone(inner.members)
		for i := range inner.members {
			w, g := widen(inner.members[i].Shape, depth-1)
			inner.members[i].Shape, grown = w, grown || g
		}
		wide.object = &inner
	}
	if a := s.array; a != nil {
		inner := *a
		if len(a.items) > maxItems {
			inner.items, inner.known, grown = nil, false, true
		}
		w, g := widen(inner.item, depth-1)
		inner.item, grown = w, grown || g
		inner.items = slices.Clone(inner.items)
		for i := range inner.items {
			w, g := widen(inner.items[i], depth-1)
			inner.items[i], grown = w, grown || g
		}
		wide.array = &inner
	}
	if !grown {
		return s, false
	}
	return &wide, true
}
