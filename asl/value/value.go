// Package value holds JSON values as Step Functions sees them: the order of an object's members and the text of a number
// are kept, and so is the source text of an array or object that nothing changed, since AWS passes untouched data on
// letter by letter (an input of `["a", "b"]` keeps its blank in every history event).
//
// Values are immutable once built and may be shared between goroutines. What changes a value (With, Without) returns a new one.
package value

import (
	"slices"
	"strings"
	"sync/atomic"
)

// Kind tells the JSON type of a Value.
type Kind uint8

// The JSON types.
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// String gives the JSON Schema name of the type: null, boolean, number, string, array, object.
func (k Kind) String() string {
	switch k {
	case KindNull:
		return "null"
	case KindBool:
		return "boolean"
	case KindNumber:
		return "number"
	case KindString:
		return "string"
	case KindArray:
		return "array"
	case KindObject:
		return "object"
	}
	return "unknown"
}

// Value is one of Null, Bool, Number, String, *Array and *Object. A nil Value is no JSON value at all ("absent").
type Value interface {
	Kind() Kind
	appendJSON(dst []byte) []byte
}

// Null is JSON's null.
type Null struct{}

// Bool is true or false.
type Bool bool

// Number is the text of a JSON number, such as `0.0` or `1e3`; it is kept as it was written.
type Number string

// String is a decoded string.
type String string

// Array is an ordered list of values.
type Array struct {
	items  []Value
	source string
	tight  bool // source is what compact JSON would be
	known  facts
}

// Member is one name and value of an object.
type Member struct {
	Name  string
	Value Value
}

// Object is a list of members with distinct names, in order.
type Object struct {
	members []Member
	index   map[string]int // only for objects of more than indexFrom members
	source  string
	tight   bool // source is what compact JSON would be
	known   facts
}

// facts is what was found out about an Array or Object without a source that is not small, so that nobody has to walk through it
// again: the size of its text plus one, and whether Rebuilt gives back the value itself. It is read and written atomically.
type facts uint64

const (
	rebuiltFact facts = 1 << 63
	sizeFact          = rebuiltFact - 1
	factsFrom         = 256 // bytes of text
)

func (f *facts) load() facts { return facts(atomic.LoadUint64((*uint64)(f))) }

func (f *facts) add(more facts) { atomic.OrUint64((*uint64)(f), uint64(more)) }

// indexFrom is the number of members from which a map beats a scan.
const indexFrom = 12

// Kind returns KindNull.
func (Null) Kind() Kind { return KindNull }

// Kind returns KindBool.
func (Bool) Kind() Kind { return KindBool }

// Kind returns KindNumber.
func (Number) Kind() Kind { return KindNumber }

// Kind returns KindString.
func (String) Kind() Kind { return KindString }

// Kind returns KindArray.
func (*Array) Kind() Kind { return KindArray }

// Kind returns KindObject.
func (*Object) Kind() Kind { return KindObject }

// NewArray makes an array of the items; the slice is not copied and must not be changed afterwards.
func NewArray(items ...Value) *Array { return &Array{items: items} }

// Len is the number of items.
func (a *Array) Len() int { return len(a.items) }

// At returns item i, which must be within 0..Len()-1.
func (a *Array) At(i int) Value { return a.items[i] }

// Items returns all items; the slice must not be changed.
func (a *Array) Items() []Value { return a.items }

// NewObject makes an object of the members. Of members with the same name the last one's value stays, in the first one's place.
// The slice must not be changed afterwards.
func NewObject(members ...Member) *Object {
	o := &Object{members: members}
	if len(members) > indexFrom {
		o.index = make(map[string]int, len(members))
		for i, m := range members {
			if _, dup := o.index[m.Name]; dup {
				return newObjectDedup(members)
			}
			o.index[m.Name] = i
		}
		return o
	}
	for i := 1; i < len(members); i++ {
		for j := range i {
			if members[i].Name == members[j].Name {
				return newObjectDedup(members)
			}
		}
	}
	return o
}

func newObjectDedup(members []Member) *Object {
	at := make(map[string]int, len(members))
	kept := make([]Member, 0, len(members))
	for _, m := range members {
		if i, dup := at[m.Name]; dup {
			kept[i].Value = m.Value
			continue
		}
		at[m.Name] = len(kept)
		kept = append(kept, m)
	}
	o := &Object{members: kept}
	if len(kept) > indexFrom {
		o.index = at
	}
	return o
}

// Len is the number of members.
func (o *Object) Len() int { return len(o.members) }

// At returns member i, which must be within 0..Len()-1.
func (o *Object) At(i int) Member { return o.members[i] }

// Members returns all members in order; the slice must not be changed.
func (o *Object) Members() []Member { return o.members }

// Names lists the members' names in order.
func (o *Object) Names() []string {
	names := make([]string, len(o.members))
	for i, m := range o.members {
		names[i] = m.Name
	}
	return names
}

func (o *Object) find(name string) int {
	if o.index != nil {
		if i, ok := o.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].Name == name {
			return i
		}
	}
	return -1
}

// Get returns the member's value, and whether there is one.
func (o *Object) Get(name string) (Value, bool) {
	if i := o.find(name); i >= 0 {
		return o.members[i].Value, true
	}
	return nil, false
}

// Has tells whether a member of that name exists.
func (o *Object) Has(name string) bool { return o.find(name) >= 0 }

// With returns a copy with the member set: in its old place, or at the end.
func (o *Object) With(name string, v Value) *Object {
	i := o.find(name)
	members := make([]Member, len(o.members), len(o.members)+1)
	copy(members, o.members)
	if i >= 0 {
		members[i].Value = v
		return &Object{members: members, index: o.index}
	}
	return NewObject(append(members, Member{name, v})...)
}

// Without returns a copy that lacks the member, or the object itself when it has none of that name.
func (o *Object) Without(name string) *Object {
	i := o.find(name)
	if i < 0 {
		return o
	}
	members := make([]Member, 0, len(o.members)-1)
	members = append(members, o.members[:i]...)
	members = append(members, o.members[i+1:]...)
	return NewObject(members...)
}

// WithItem returns a copy of the array with item i replaced.
func (a *Array) WithItem(i int, v Value) *Array {
	items := make([]Value, len(a.items))
	copy(items, a.items)
	items[i] = v
	return NewArray(items...)
}

// Text returns the JSON text of v: the source text where v was parsed and is unchanged, else compact JSON.
// The text of a nil Value is empty.
func Text(v Value) string {
	if v == nil {
		return ""
	}
	switch v := v.(type) {
	case *Array:
		if v.source != "" {
			return v.source
		}
	case *Object:
		if v.source != "" {
			return v.source
		}
	case Number:
		return string(v)
	}
	return string(v.appendJSON(nil))
}

// Compact returns v's JSON text without blanks between tokens, whatever its source was.
func Compact(v Value) string {
	return Text(Detach(v))
}

// Rebuilt returns v as AWS writes data that a state has put together: what Text gives for it is compact. Where that is so already,
// it is v itself.
func Rebuilt(v Value) Value {
	switch v := v.(type) {
	case *Array:
		if v.tight || v.known.load()&rebuiltFact != 0 {
			return v
		}
		items := v.items
		for i, item := range v.items {
			again := Rebuilt(item)
			if same(again, item) {
				continue
			}
			if &items[0] == &v.items[0] {
				items = slices.Clone(v.items)
			}
			items[i] = again
		}
		if v.source == "" && (len(items) == 0 || &items[0] == &v.items[0]) {
			if Size(v) >= factsFrom {
				v.known.add(rebuiltFact)
			}
			return v
		}
		return &Array{items: items}
	case *Object:
		if v.tight || v.known.load()&rebuiltFact != 0 {
			return v
		}
		members := v.members
		for i, m := range v.members {
			again := Rebuilt(m.Value)
			if same(again, m.Value) {
				continue
			}
			if &members[0] == &v.members[0] {
				members = slices.Clone(v.members)
			}
			members[i].Value = again
		}
		if v.source == "" && (len(members) == 0 || &members[0] == &v.members[0]) {
			if Size(v) >= factsFrom {
				v.known.add(rebuiltFact)
			}
			return v
		}
		return &Object{members: members, index: v.index}
	}
	return v
}

// same tells whether Rebuilt has given back the value itself: it never makes another string or number.
func same(a, b Value) bool {
	switch a := a.(type) {
	case *Array:
		return a == b
	case *Object:
		return a == b
	}
	return true
}

// Detach returns v without its source text, at every depth: what Text gives for it is compact.
func Detach(v Value) Value {
	switch v := v.(type) {
	case *Array:
		items := make([]Value, len(v.items))
		for i, item := range v.items {
			items[i] = Detach(item)
		}
		return &Array{items: items}
	case *Object:
		members := make([]Member, len(v.members))
		for i, m := range v.members {
			members[i] = Member{strings.Clone(m.Name), Detach(m.Value)}
		}
		return &Object{members: members, index: v.index}
	}
	return v
}
