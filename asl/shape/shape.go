package shape

import (
	"slices"
	"sync/atomic"

	"github.com/docflow-asl/docflow/asl/value"
)

// Shape is what is known of a value. A nil *Shape is Any.
type Shape struct {
	kinds  Kinds
	consts []value.Value // the scalars that it may be, when it can be no other scalar; nil: any
	object *object       // when it is an object; nil: any object
	array  *array        // when it is an array; nil: any array

	origin *Origin
	before *Shape // what this value took the place of
}

// Any is the shape of which nothing is known.
var Any *Shape

// Never is the shape of no value at all: of what cannot be reached.
var Never = &Shape{}

// Origin says where a value was made.
type Origin struct {
	State string // the state that made it
	What  string // in a few words: "the result of lambda:invoke", "Assign", "the input"
	Node  any    // where in the definition, for the caller
}

// Kinds is a set of JSON types.
type Kinds uint8

// The sets of one type, and some of several.
const (
	Null Kinds = 1 << iota
	Bool
	Number
	String
	ArrayKind
	ObjectKind

	Scalars  = Null | Bool | Number | String
	AllKinds = Scalars | ArrayKind | ObjectKind
)

// KindsOf is the set that holds only the type of a value.
func KindsOf(k value.Kind) Kinds { return Kinds(1) << k }

// Has tells whether all types of other are in the set.
func (k Kinds) Has(other Kinds) bool { return k&other == other }

// object is what is known of objects.
type object struct {
	members []Member // in the order in which they were made
	open    bool     // there may be other members
	rest    *Shape   // what those are

	// taken is how many places of the array behind members are. Objects that grow member by member share it: whoever takes the next place has
	// it, and others that have as many members copy theirs.
	taken *atomic.Int32
}

// Member is a member of an object. In an object that is open, one of the shape Never is known not to be there.
type Member struct {
	Name     string
	Shape    *Shape
	Optional bool // not always there: on one way, or for some values, it is missing
	Unsure   bool // may be missing, as far as anybody knows; nothing tells that it ever is
}

// array is what is known of arrays.
type array struct {
	items []*Shape // each of them, when their number is known
	known bool     // items are all
	item  *Shape   // any of them
	empty bool     // may have none
}

// Scalar is any value of the scalar types.
func Scalar(kinds Kinds) *Shape { return &Shape{kinds: kinds & Scalars} }

// Of is any value of the types.
func Of(kinds Kinds) *Shape {
	if kinds == AllKinds {
		return Any
	}
	return &Shape{kinds: kinds}
}

// The shapes of one type.
var (
	AnyNull   = Of(Null)
	AnyBool   = Of(Bool)
	AnyNumber = Of(Number)
	AnyString = Of(String)
	AnyArray  = Of(ArrayKind)
	AnyObject = Of(ObjectKind)
)

// Object is an object of the members and no others.
func Object(members ...Member) *Shape {
	return &Shape{kinds: ObjectKind, object: &object{members: distinct(members)}}
}

// OpenObject is an object of the members, and of others that are not known.
func OpenObject(members ...Member) *Shape {
	return &Shape{kinds: ObjectKind, object: &object{members: distinct(members), open: true}}
}

// MapOf is an object whose members, whatever their names, all are rest.
func MapOf(rest *Shape) *Shape {
	return &Shape{kinds: ObjectKind, object: &object{open: true, rest: rest}}
}

// distinct keeps the last of members with the same name, in the place of the first.
func distinct(members []Member) []Member {
	for i := 1; i < len(members); i++ {
		for j := range i {
			if members[j].Name == members[i].Name {
				kept := slices.Clone(members[:i])
				kept[j] = members[i]
				return distinct(append(kept, members[i+1:]...))
			}
		}
	}
	return members
}

// Array is an array of any number of items.
func Array(item *Shape) *Shape {
	return &Shape{kinds: ArrayKind, array: &array{item: item, empty: true}}
}

// NonEmptyArray is an array of at least one item.
func NonEmptyArray(item *Shape) *Shape {
	return &Shape{kinds: ArrayKind, array: &array{item: item}}
}

// Tuple is an array of just these items.
func Tuple(items ...*Shape) *Shape {
	return &Shape{kinds: ArrayKind, array: &array{items: items, known: true, item: JoinAll(items), empty: len(items) == 0}}
}

// maxConsts is how many values a scalar may have before it counts as any of its type.
const maxConsts = 16

// Exact is the shape of one value.
func Exact(v value.Value) *Shape {
	switch v := v.(type) {
	case *value.Array:
		if v.Len() > maxItems {
			items := make([]*Shape, v.Len())
			for i, item := range v.Items() {
				items[i] = Exact(item)
			}
			return NonEmptyArray(JoinAll(items))
		}
		items := make([]*Shape, v.Len())
		for i, item := range v.Items() {
			items[i] = Exact(item)
		}
		return Tuple(items...)
	case *value.Object:
		members := make([]Member, v.Len())
		for i, m := range v.Members() {
			members[i] = Member{Name: m.Name, Shape: Exact(m.Value)}
		}
		return &Shape{kinds: ObjectKind, object: &object{members: members}}
	case value.Null:
		return AnyNull
	case nil:
		return Never
	}
	return &Shape{kinds: KindsOf(v.Kind()), consts: []value.Value{v}}
}

// OneOf is one of some scalars.
func OneOf(values ...value.Value) *Shape {
	shapes := make([]*Shape, len(values))
	for i, v := range values {
		shapes[i] = Exact(v)
	}
	return JoinAll(shapes)
}

// Kinds are the types that the value may have.
func (s *Shape) Kinds() Kinds {
	if s == nil {
		return AllKinds
	}
	return s.kinds
}

// May tells whether the value may be of one of the types.
func (s *Shape) May(kinds Kinds) bool { return s.Kinds()&kinds != 0 }

// Is tells whether the value is of one of the types, whatever it is. Never is not of any type.
func (s *Shape) Is(kinds Kinds) bool { return s.Kinds() != 0 && s.Kinds()&^kinds == 0 }

// IsNever tells whether there is no such value.
func (s *Shape) IsNever() bool { return s != nil && s.kinds == 0 }

// IsAny tells whether nothing is known.
func (s *Shape) IsAny() bool { return s == nil }

// Constants are the values that the scalar may have; ok only when they are all, and it can be nothing else.
func (s *Shape) Constants() (values []value.Value, ok bool) {
	if s == nil || s.kinds&^Scalars != 0 || s.kinds == 0 {
		return nil, false
	}
	if s.kinds == Null {
		return []value.Value{value.Null{}}, true
	}
	return s.consts, s.consts != nil
}

// Members are the members of an object that are known, in their order; closed tells that there are no others. Without ok the
// value is no object, or one of which nothing is known.
func (s *Shape) Members() (members []Member, closed, ok bool) {
	if s == nil || s.object == nil {
		return nil, false, false
	}
	return slices.DeleteFunc(slices.Clone(s.object.members), func(m Member) bool { return m.Shape.IsNever() }), !s.object.open, true
}

// Items are the items of an array whose number is known.
func (s *Shape) Items() ([]*Shape, bool) {
	if s == nil || s.array == nil || !s.array.known {
		return nil, false
	}
	return s.array.items, true
}

// MayBeEmpty tells whether an array may have no items.
func (s *Shape) MayBeEmpty() bool { return s == nil || s.array == nil || s.array.empty }

// Origin says where the value was made; nil when nobody noted it.
func (s *Shape) Origin() *Origin {
	if s == nil {
		return nil
	}
	return s.origin
}

// Before is what the value took the place of: a state's input that its result replaced.
func (s *Shape) Before() *Shape {
	if s == nil {
		return Never
	}
	if s.before == nil {
		return Never
	}
	return s.before
}

// MadeBy notes where the value was made. Any notes nothing.
func (s *Shape) MadeBy(o *Origin) *Shape {
	if s == nil {
		return nil
	}
	noted := *s
	noted.origin = o
	return &noted
}

// maxBefore is how many values are remembered that took each other's place.
const maxBefore = 4

// Replacing notes what the value takes the place of.
func (s *Shape) Replacing(before *Shape) *Shape {
	if s == nil || s == before || before.IsNever() {
		return s
	}
	noted := *s
	noted.before = before.forgetting(maxBefore - 1)
	return &noted
}

// OnlyKinds is the value if it is of one of the types.
func (s *Shape) OnlyKinds(kinds Kinds) *Shape {
	if s.Kinds()&^kinds == 0 {
		return s
	}
	if s == nil {
		return Of(kinds)
	}
	if s.kinds&kinds == 0 {
		return Never
	}
	only := *s
	only.kinds &= kinds
	if !only.kinds.Has(ObjectKind) {
		only.object = nil
	}
	if !only.kinds.Has(ArrayKind) {
		only.array = nil
	}
	if only.consts != nil {
		only.consts = slices.DeleteFunc(slices.Clone(only.consts), func(v value.Value) bool { return !kinds.Has(KindsOf(v.Kind())) })
	}
	return &only
}

// Like is any value like an example: objects have the example's members and no others, of the same types; arrays any number of items like
// those of the example; of what is null or an empty array in it, nothing is known.
func Like(v value.Value) *Shape {
	switch v := v.(type) {
	case *value.Object:
		members := make([]Member, v.Len())
		for i, m := range v.Members() {
			members[i] = Member{Name: m.Name, Shape: Like(m.Value)}
		}
		return &Shape{kinds: ObjectKind, object: &object{members: members}}
	case *value.Array:
		if v.Len() == 0 {
			return AnyArray
		}
		item := Never
		for _, example := range v.Items() {
			item = Join(item, Like(example))
		}
		return Array(item)
	case nil, value.Null:
		return Any
	}
	return Of(KindsOf(v.Kind()))
}
