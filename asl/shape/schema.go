package shape

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// FromSchema makes the shape that a JSON Schema (draft 4 to 2020-12) describes. It takes type, enum, const, properties, required,
// additionalProperties, items, prefixItems, minItems, anyOf, oneOf, allOf and $ref within the schema; what it does not know makes the
// shape larger, never smaller.
func FromSchema(schema value.Value) (*Shape, error) {
	r := &schemaReader{root: schema, open: map[string]bool{}}
	s := r.shape(schema, 0)
	return s, r.err
}

type schemaReader struct {
	root value.Value
	open map[string]bool // references that are being followed
	err  error
}

const maxSchemaDepth = 64

func (r *schemaReader) shape(v value.Value, depth int) *Shape {
	if depth > maxSchemaDepth {
		return Any
	}
	switch v := v.(type) {
	case value.Bool:
		if !bool(v) {
			return Never
		}
		return Any
	case *value.Object:
		return r.object(v, depth)
	}
	r.fail(errors.New("a JSON Schema is an object or a boolean"))
	return Any
}

func (r *schemaReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *schemaReader) object(v *value.Object, depth int) *Shape {
	if ref, ok := text(v, "$ref"); ok {
		return r.reference(ref, depth)
	}
	if c, ok := v.Get("const"); ok {
		return Exact(c)
	}
	if enum, ok := list(v, "enum"); ok {
		return OneOf(enum...)
	}
	s := r.typed(v, depth)
	for _, name := range []string{"anyOf", "oneOf"} {
		if parts, ok := list(v, name); ok {
			options := make([]*Shape, len(parts))
			for i, option := range parts {
				options[i] = r.shape(option, depth+1)
			}
			s = Meet(s, JoinAll(options))
		}
	}
	if parts, ok := list(v, "allOf"); ok {
		for _, part := range parts {
			s = Meet(s, r.shape(part, depth+1))
		}
	}
	return s
}

func (r *schemaReader) reference(ref string, depth int) *Shape {
	if r.open[ref] {
		return Any // a recursive schema
	}
	if !strings.HasPrefix(ref, "#") {
		return Any
	}
	target := r.root
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#"), "/") {
		if part == "" {
			continue
		}
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		o, _ := target.(*value.Object)
		if o == nil {
			r.fail(fmt.Errorf("the reference %s leads nowhere", ref))
			return Any
		}
		if target, _ = o.Get(part); target == nil {
			r.fail(fmt.Errorf("the reference %s leads nowhere", ref))
			return Any
		}
	}
	r.open[ref] = true
	s := r.shape(target, depth+1)
	delete(r.open, ref)
	return s
}

var schemaTypes = map[string]Kinds{
	"null": Null, "boolean": Bool, "number": Number, "integer": Number, "string": String, "array": ArrayKind, "object": ObjectKind,
}

// typed is what type and what belongs to the types says.
func (r *schemaReader) typed(v *value.Object, depth int) *Shape {
	kinds := AllKinds
	if t, ok := v.Get("type"); ok {
		kinds = 0
		switch t := t.(type) {
		case value.String:
			kinds = schemaTypes[string(t)]
		case *value.Array:
			for _, item := range t.Items() {
				name, _ := item.(value.String)
				kinds |= schemaTypes[string(name)]
			}
		}
		if kinds == 0 {
			r.fail(fmt.Errorf("the type %s is none of JSON Schema", value.Compact(t)))
			return Any
		}
	}
	s := &Shape{kinds: kinds}
	if kinds&ObjectKind != 0 {
		s.object = r.properties(v, depth)
	}
	if kinds&ArrayKind != 0 {
		s.array = r.items(v, depth)
	}
	if kinds == AllKinds && s.object == nil && s.array == nil {
		return Any
	}
	return s
}

func (r *schemaReader) properties(v *value.Object, depth int) *object {
	properties, _ := v.Get("properties")
	required, _ := list(v, "required")
	additional, hasAdditional := v.Get("additionalProperties")
	_, patterns := v.Get("patternProperties")
	if properties == nil && len(required) == 0 && !hasAdditional {
		return nil
	}
	o := &object{open: true}
	if hasAdditional && !patterns {
		if o.rest = r.shape(additional, depth+1); o.rest.IsNever() {
			o.open, o.rest = false, nil
		}
	}
	must := map[string]bool{}
	for _, item := range required {
		if name, ok := item.(value.String); ok {
			must[string(name)] = true
		}
	}
	if p, ok := properties.(*value.Object); ok {
		for _, m := range p.Members() {
			o.members = append(o.members, Member{Name: m.Name, Shape: r.shape(m.Value, depth+1), Optional: !must[m.Name]})
			delete(must, m.Name)
		}
	}
	for _, item := range required {
		if name, ok := item.(value.String); ok && must[string(name)] {
			o.members = append(o.members, Member{Name: string(name), Shape: o.rest})
			delete(must, string(name))
		}
	}
	return o
}

func (r *schemaReader) items(v *value.Object, depth int) *array {
	items, ok := v.Get("items")
	if _, prefixed := v.Get("prefixItems"); prefixed || !ok {
		return nil
	}
	if _, several := items.(*value.Array); several {
		return nil
	}
	a := &array{item: r.shape(items, depth+1), empty: true}
	if least, ok := v.Get("minItems"); ok {
		if n, ok := least.(value.Number); ok && n.Float() >= 1 {
			a.empty = false
		}
	}
	return a
}

// Meet is what is known of a value that is both. Where that cannot be said exactly it is one of them.
func Meet(a, b *Shape) *Shape {
	switch {
	case a == nil:
		return b
	case b == nil, a == b:
		return a
	}
	m := b.OnlyKinds(a.kinds)
	if m.IsNever() {
		return Never
	}
	met := *m
	switch {
	case met.kinds&ObjectKind == 0 || a.object == nil:
	case met.object == nil:
		met.object = a.object
	default:
		met.object = meetObjects(a.object, met.object)
	}
	if met.kinds&ArrayKind != 0 && met.array == nil {
		met.array = a.array
	}
	if met.consts == nil {
		met.consts = a.OnlyKinds(met.kinds).consts
	}
	return &met
}

func meetObjects(a, b *object) *object {
	met := &object{open: a.open && b.open}
	if met.open {
		met.rest = Meet(a.rest, b.rest)
	}
	for _, m := range a.members {
		switch i := b.find(m.Name); {
		case i >= 0:
			o := b.members[i]
			met.members = append(met.members, Member{Name: m.Name, Shape: Meet(m.Shape, o.Shape), Optional: m.Optional && o.Optional, Unsure: m.Unsure && o.Unsure})
		case b.open:
			met.members = append(met.members, Member{Name: m.Name, Shape: Meet(m.Shape, b.rest), Optional: m.Optional, Unsure: m.Unsure})
		}
	}
	for _, m := range b.members {
		if a.find(m.Name) < 0 && a.open {
			met.members = append(met.members, Member{Name: m.Name, Shape: Meet(m.Shape, a.rest), Optional: m.Optional, Unsure: m.Unsure})
		}
	}
	return met
}

func text(v *value.Object, name string) (string, bool) {
	m, _ := v.Get(name)
	s, ok := m.(value.String)
	return string(s), ok
}

func list(v *value.Object, name string) ([]value.Value, bool) {
	m, _ := v.Get(name)
	a, ok := m.(*value.Array)
	if !ok {
		return nil, false
	}
	return a.Items(), true
}
