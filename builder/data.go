package builder

import (
	"maps"
	"slices"
)

// source is something that values come from: a state's result, the machine's input, an item of a Map, a caught error.
// References name a source; where its value lies at some state is found by following the data through the machine.
type source struct {
	kind sourceKind
	node *node  // of a result, an item or a batch
	text string // of a context reference or a plain path
	typ  *typ   // of an input or a context reference
}

type sourceKind uint8

const (
	resultSource   sourceKind = iota
	inputSource               // the input of the execution
	itemSource                // an item of a Map
	batchSource               // a batch of items of a Map
	caughtSource              // the error that a catcher caught last
	contextSource             // a member of the context object
	variableSource            // a variable
	hereSource                // whatever the state's input is
	pathSource                // a JSONPath that is taken as it is
	nothingSource             // null, as an InputPath or OutputPath
)

// caughtError is the source of all caught errors: the last one counts.
var caughtError = &source{kind: caughtSource, typ: &typ{
	kind: objectKind, name: "the caught error",
	fields: []field{{name: "Error", typ: &typ{kind: stringKind}, required: true}, {name: "Cause", typ: &typ{kind: stringKind}, required: true}},
}}

// origin says that a value is what lies at a path of a source's value.
type origin struct {
	source *source
	path   steps
	// partial says that this holds for the members that data.fields does not name only.
	partial bool
}

// data is what is known of a value at some point of the machine. It is never changed once made.
type data struct {
	origins []origin
	typ     *typ             // what the value is, but for fields
	fields  map[string]*data // members of which more is known
	closed  bool             // there are no members but fields
	items   []*data          // of an array of known length
}

var unknown = &data{}

func sourced(s *source, t *typ) *data {
	return &data{origins: []origin{{source: s}}, typ: t}
}

// object is the value of a template.
func object(fields map[string]*data) *data { return &data{fields: fields, closed: true} }

func (d *data) comesFrom(s *source, path steps) bool {
	return slices.ContainsFunc(d.origins, func(o origin) bool { return o.source == s && !o.partial && o.path.equal(path) })
}

// child is the value behind one step, or nil when there is none.
func (d *data) child(s segment) *data {
	if s.kind == member {
		if f, ok := d.fields[s.name]; ok {
			return f
		}
		if d.closed {
			return nil
		}
	}
	if d.items != nil && s.kind == item {
		if s.index >= len(d.items) {
			return nil
		}
		return d.items[s.index]
	}
	t, ok := d.typ.child(s)
	if !ok {
		return nil
	}
	out := &data{typ: t}
	for _, o := range d.origins {
		out.origins = append(out.origins, origin{source: o.source, path: o.path.then(s)})
	}
	return out
}

// follow is the value behind a path, or nil.
func (d *data) follow(path steps) *data {
	for i, s := range path {
		if s.kind == allItems {
			return d.project(path[i:])
		}
		if d = d.child(s); d == nil {
			return nil
		}
	}
	return d
}

// project is the value behind a path that begins with [*].
func (d *data) project(path steps) *data {
	t, _, _, ok := d.shape().walk(path)
	if !ok {
		return nil
	}
	out := &data{typ: t}
	if d.items == nil {
		for _, o := range d.origins {
			out.origins = append(out.origins, origin{source: o.source, path: o.path.then(path...)})
		}
	}
	return out
}

// locate finds where in d the value lies that is at the wanted path of a source.
func (d *data) locate(s *source, want steps) (steps, *data) {
	for _, o := range d.origins {
		if o.source != s || !want.hasPrefix(o.path) {
			continue
		}
		rest := want[len(o.path):]
		if found := d.follow(rest); found != nil && found.comesFrom(s, want) {
			return rest, found
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.fields)) {
		if path, found := d.fields[name].locate(s, want); found != nil {
			return append(steps{{name: name}}, path...), found
		}
	}
	for i, it := range d.items {
		if path, found := it.locate(s, want); found != nil {
			return append(steps{{kind: item, index: i}}, path...), found
		}
	}
	return nil, nil
}

// with is d after something was written to a path of members; false when d is no object there.
func (d *data) with(path steps, v *data) (*data, bool) {
	if len(path) == 0 {
		return v, true
	}
	if k := d.shape().jsonKind(); k != anyKind && k != objectKind {
		return nil, false
	}
	inner := d.child(path[0])
	if inner == nil {
		inner = object(nil) // made by the write
	}
	changed, ok := inner.with(path[1:], v)
	if !ok {
		return nil, false
	}
	out := &data{typ: d.typ, closed: d.closed, fields: maps.Clone(d.fields)}
	if out.fields == nil {
		out.fields = map[string]*data{}
	}
	out.fields[path[0].name] = changed
	for _, o := range d.origins {
		out.origins = append(out.origins, origin{source: o.source, path: o.path, partial: true})
	}
	return out, true
}

// labelled is d as the value of a source: it is also what lies at every path of the source.
func (d *data) labelled(s *source, at steps) *data {
	out := &data{typ: d.typ, closed: d.closed, origins: append(slices.Clone(d.origins), origin{source: s, path: at})}
	if d.fields != nil {
		out.fields = make(map[string]*data, len(d.fields))
		for name, f := range d.fields {
			out.fields[name] = f.labelled(s, at.then(segment{name: name}))
		}
	}
	for i, it := range d.items {
		out.items = append(out.items, it.labelled(s, at.then(segment{kind: item, index: i})))
	}
	return out
}

// without is d with all that is known to come from a source forgotten.
func (d *data) without(s *source) *data {
	out := &data{typ: d.typ, closed: d.closed}
	for _, o := range d.origins {
		if o.source != s {
			out.origins = append(out.origins, o)
		}
	}
	if d.fields != nil {
		out.fields = make(map[string]*data, len(d.fields))
		for name, f := range d.fields {
			out.fields[name] = f.without(s)
		}
	}
	for _, it := range d.items {
		out.items = append(out.items, it.without(s))
	}
	return out
}

// shape is the type of d with all that is known of its members.
func (d *data) shape() *typ {
	if d == nil {
		return nil
	}
	if d.items != nil {
		out := &typ{kind: arrayKind, items: make([]*typ, len(d.items))}
		for i, it := range d.items {
			out.items[i] = it.shape()
		}
		return out
	}
	if d.closed {
		out := &typ{kind: objectKind, literal: true}
		for _, name := range slices.Sorted(maps.Keys(d.fields)) {
			out.fields = append(out.fields, field{name: name, typ: d.fields[name].shape(), required: true})
		}
		return out
	}
	if len(d.fields) == 0 || d.typ.jsonKind() != objectKind {
		return d.typ
	}
	out := *d.typ
	out.fields = slices.Clone(d.typ.fields)
	for _, name := range slices.Sorted(maps.Keys(d.fields)) {
		f := field{name: name, typ: d.fields[name].shape(), required: true}
		if i := slices.IndexFunc(out.fields, func(f field) bool { return f.name == name }); i >= 0 {
			out.fields[i] = f
		} else {
			out.fields = append(out.fields, f)
		}
	}
	return &out
}

// meet is what is known of a value that is a on some ways and b on others. nil stands for a way not looked at yet.
func meet(a, b *data) *data {
	if a == nil || a == b {
		return b
	}
	if b == nil {
		return a
	}
	out := &data{typ: commonType(a, b), closed: a.closed && b.closed}
	for _, o := range a.origins {
		i := slices.IndexFunc(b.origins, func(p origin) bool { return p.source == o.source && p.path.equal(o.path) })
		if i >= 0 {
			o.partial = o.partial || b.origins[i].partial
			out.origins = append(out.origins, o)
		}
	}
	for _, fields := range []map[string]*data{a.fields, b.fields} {
		for name := range fields {
			if _, done := out.fields[name]; done {
				continue
			}
			if out.fields == nil {
				out.fields = map[string]*data{}
			}
			out.fields[name] = meetMembers(a.child(segment{name: name}), b.child(segment{name: name}))
		}
	}
	if len(a.items) == len(b.items) {
		for i := range a.items {
			out.items = append(out.items, meet(a.items[i], b.items[i]))
		}
	}
	return out
}

func meetMembers(a, b *data) *data {
	if a == nil || b == nil {
		return unknown // the member is missing on some ways
	}
	return meet(a, b)
}

// What is left of types that differ.
var (
	someObject = &typ{kind: objectKind, open: anyType}
	someArray  = &typ{kind: arrayKind}
	mixedType  = &typ{kind: mixedKind}
)

// commonType is the type of a value that is a on some ways and b on others.
func commonType(a, b *data) *typ {
	left, right := a.shape(), b.shape()
	switch l, r := left.jsonKind(), right.jsonKind(); {
	case sameType(left, right, 0):
		return left
	case l == anyKind || r == anyKind:
		return nil
	case l == nullKind:
		return right
	case r == nullKind:
		return left
	case l != r:
		return mixedType
	case l == objectKind:
		return someObject
	case l == arrayKind:
		return someArray
	}
	return left
}

// same tells whether two values are known equally well.
func same(a, b *data) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || !sameType(a.typ, b.typ, 0) || a.closed != b.closed ||
		len(a.origins) != len(b.origins) || len(a.fields) != len(b.fields) || len(a.items) != len(b.items) {
		return false
	}
	for i, o := range a.origins {
		p := b.origins[i]
		if o.source != p.source || o.partial != p.partial || !o.path.equal(p.path) {
			return false
		}
	}
	for name, f := range a.fields {
		if !same(f, b.fields[name]) {
			return false
		}
	}
	for i := range a.items {
		if !same(a.items[i], b.items[i]) {
			return false
		}
	}
	return true
}

// env is what is known at some point: the state's data and the variables.
type env struct {
	root      *data
	variables map[string]*data
}

func meetEnv(a, b *env) *env {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	out := &env{root: meet(a.root, b.root), variables: map[string]*data{}}
	for name, v := range a.variables {
		if w, ok := b.variables[name]; ok {
			out.variables[name] = meet(v, w)
		}
	}
	return out
}

func sameEnv(a, b *env) bool {
	if a == nil || b == nil {
		return a == b
	}
	if len(a.variables) != len(b.variables) || !same(a.root, b.root) {
		return false
	}
	for name, v := range a.variables {
		if w, ok := b.variables[name]; !ok || !same(v, w) {
			return false
		}
	}
	return true
}
