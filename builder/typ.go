package builder

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// jsonKind is the JSON type of a value, as far as it is known.
type jsonKind string

const (
	anyKind     jsonKind = "any value"
	nullKind    jsonKind = "null"
	stringKind  jsonKind = "a string"
	numberKind  jsonKind = "a number"
	booleanKind jsonKind = "a boolean"
	objectKind  jsonKind = "an object"
	arrayKind   jsonKind = "an array"
	mixedKind   jsonKind = "of another type on another way"
)

// typ is what is known of the values that a place can hold. A nil *typ is any value.
type typ struct {
	kind    jsonKind
	name    string  // of the Go type, for messages
	fields  []field // of an object, in order
	open    *typ    // of an object that may have other members: their type
	elem    *typ    // of an array
	items   []*typ  // of an array of known length
	literal bool    // written in the description: a field too many is a mistake
}

type field struct {
	name     string
	typ      *typ
	required bool
}

var anyType = &typ{kind: anyKind}

func (t *typ) jsonKind() jsonKind {
	if t == nil {
		return anyKind
	}
	return t.kind
}

// child is the type behind one step; false when there is nothing.
func (t *typ) child(s segment) (*typ, bool) {
	if k := t.jsonKind(); k == anyKind || k == mixedKind {
		return nil, true
	}
	switch {
	case s.kind == member && t.kind == objectKind:
		for _, f := range t.fields {
			if f.name == s.name {
				return f.typ, true
			}
		}
		return t.open, t.open != nil
	case s.kind != member && t.kind == arrayKind:
		if t.items != nil {
			if s.kind == item && s.index < len(t.items) {
				return t.items[s.index], true
			}
			return nil, s.kind == allItems
		}
		return t.elem, true
	}
	return nil, false
}

// walk is the type behind a path: behind [*] it is the array of what the rest of the path gives for every item.
// When there is nothing, at is the number of steps that do exist, and owner the type that they lead to.
func (t *typ) walk(path steps) (found, owner *typ, at int, ok bool) {
	for i, s := range path {
		next, ok := t.child(s)
		if !ok {
			return nil, t, i, false
		}
		if s.kind == allItems {
			inner, owner, at, ok := next.walk(path[i+1:])
			return &typ{kind: arrayKind, elem: inner}, owner, i + 1 + at, ok
		}
		t = next
	}
	return t, nil, len(path), true
}

// names lists the members of an object.
func (t *typ) names() []string {
	if t == nil {
		return nil
	}
	names := make([]string, len(t.fields))
	for i, f := range t.fields {
		names[i] = f.name
	}
	return names
}

// describe names a type in a message: "a string", "extract.Result", "an array".
func (t *typ) describe() string {
	if t == nil {
		return string(anyKind)
	}
	if t.name != "" && t.kind == objectKind {
		return t.name
	}
	return string(t.kind)
}

// knownTypes holds the shape of every Go type that was asked for, so that equal types are one *typ.
var knownTypes = struct {
	sync.Mutex
	byType map[reflect.Type]*typ
}{byType: map[reflect.Type]*typ{}}

// typeFor gives the JSON shape of a Go type, as encoding/json writes it.
func typeFor[T any]() *typ { return shapeOf(reflect.TypeFor[T]()) }

func shapeOf(t reflect.Type) *typ {
	knownTypes.Lock()
	defer knownTypes.Unlock()
	return typeOf(t, knownTypes.byType)
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// typeOf keeps the types under way in known, so that a recursive type ends.
func typeOf(t reflect.Type, known map[reflect.Type]*typ) *typ {
	if t == nil {
		return anyType
	}
	if found, ok := known[t]; ok {
		return found
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return &typ{kind: stringKind, name: t.String()}
	case t == reflect.TypeFor[json.Number]():
		return &typ{kind: numberKind, name: t.String()}
	case t.Kind() != reflect.Pointer && (t.Implements(jsonMarshaler) || reflect.PointerTo(t).Implements(jsonMarshaler)):
		return anyType // its JSON can be anything
	case t.Kind() != reflect.Pointer && (t.Implements(textMarshaler) || reflect.PointerTo(t).Implements(textMarshaler)):
		return &typ{kind: stringKind, name: t.String()}
	}
	out := &typ{kind: anyKind, name: t.String()}
	known[t] = out
	switch t.Kind() {
	case reflect.Pointer:
		known[t] = typeOf(t.Elem(), known)
		return known[t]
	case reflect.String:
		out.kind = stringKind
	case reflect.Bool:
		out.kind = booleanKind
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		out.kind = numberKind
	case reflect.Slice, reflect.Array:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			out.kind = stringKind // base64
			break
		}
		out.kind, out.elem = arrayKind, typeOf(t.Elem(), known)
	case reflect.Map:
		out.kind, out.open = objectKind, typeOf(t.Elem(), known)
	case reflect.Struct:
		out.kind, out.fields = objectKind, structFields(t, known)
	}
	return out
}

// structFields lists the members that encoding/json writes for a struct. Those of embedded structs come in their place; an
// outer member hides an inner one of the same name.
func structFields(t reflect.Type, known map[reflect.Type]*typ) []field {
	var own, embedded []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("json") == "-" {
			continue
		}
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && tag == "" {
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				embedded = append(embedded, structFields(inner, known)...)
				continue
			}
		}
		if !f.IsExported() {
			continue
		}
		name := tag
		if name == "" {
			name = f.Name
		}
		flags := strings.Split(options, ",")
		member := field{name: name, typ: typeOf(f.Type, known)}
		if slices.Contains(flags, "string") {
			member.typ = &typ{kind: stringKind, name: f.Type.String()}
		}
		member.required = !slices.Contains(flags, "omitempty") && !slices.Contains(flags, "omitzero")
		own = append(own, member)
	}
	for _, e := range embedded {
		if !slices.ContainsFunc(own, func(f field) bool { return f.name == e.name }) {
			own = append(own, e)
		}
	}
	return own
}

// sameType compares types, which may have been made twice of the same parts.
func sameType(a, b *typ, depth int) bool {
	const deepest = 32
	if a == b {
		return true
	}
	if depth > deepest || a == nil || b == nil || a.kind != b.kind || a.literal != b.literal ||
		len(a.fields) != len(b.fields) || len(a.items) != len(b.items) {
		return false
	}
	for i, f := range a.fields {
		g := b.fields[i]
		if f.name != g.name || f.required != g.required || !sameType(f.typ, g.typ, depth+1) {
			return false
		}
	}
	for i := range a.items {
		if !sameType(a.items[i], b.items[i], depth+1) {
			return false
		}
	}
	return sameType(a.elem, b.elem, depth+1) && sameType(a.open, b.open, depth+1)
}

// mismatch is one way in which a value does not fit a type.
type mismatch struct {
	kind    Kind
	path    steps
	message string
	nearest string
}

// fits lists how values of type got differ from what want asks for. What is not known fits.
func fits(got, want *typ, at steps) []mismatch {
	const deepest = 32 // types can be recursive
	if len(at) > deepest || got == want || got.jsonKind() == anyKind || want.jsonKind() == anyKind || got.kind == nullKind || got.kind == mixedKind {
		return nil
	}
	if got.kind != want.kind {
		return []mismatch{{kind: WrongType, path: at, message: "is " + got.describe() + "; " + string(want.kind) + " is wanted"}}
	}
	var out []mismatch
	switch got.kind {
	case objectKind:
		for _, f := range got.fields {
			wanted, ok := want.child(segment{name: f.name})
			if !ok {
				if got.literal {
					out = append(out, mismatch{
						kind: UnknownField, path: at.then(segment{name: f.name}),
						message: want.describe() + " has no field " + quote(f.name), nearest: nearestName(f.name, want.names()),
					})
				}
				continue
			}
			out = append(out, fits(f.typ, wanted, at.then(segment{name: f.name}))...)
		}
		for _, f := range want.fields {
			if _, ok := got.child(segment{name: f.name}); f.required && !ok {
				out = append(out, mismatch{
					kind: MissingField, path: at,
					message: "the field " + quote(f.name) + " is missing; " + want.describe() + " needs it",
				})
			}
		}
	case arrayKind:
		for i, t := range got.items {
			wanted, ok := want.child(segment{kind: item, index: i})
			if ok {
				out = append(out, fits(t, wanted, at.then(segment{kind: item, index: i}))...)
			}
		}
		if got.items == nil && want.items == nil {
			out = append(out, fits(got.elem, want.elem, at.then(segment{kind: allItems}))...)
		}
	}
	return out
}

func quote(s string) string { return `"` + s + `"` }
