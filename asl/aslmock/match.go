package aslmock

import (
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
	"github.com/rogpeppe/go-internal/diff"
)

// Contains tells whether a value holds what partial does: an object's members may be more than those of partial, arrays are as
// long, and everything else is equal as JSON: numbers by their value, objects whatever the order of their members.
func Contains(got, partial value.Value) bool {
	switch p := partial.(type) {
	case *value.Object:
		o, ok := got.(*value.Object)
		if !ok {
			return false
		}
		for _, m := range p.Members() {
			v, ok := o.Get(m.Name)
			if !ok || !Contains(v, m.Value) {
				return false
			}
		}
		return true
	case *value.Array:
		a, ok := got.(*value.Array)
		if !ok || a.Len() != p.Len() {
			return false
		}
		for i, item := range p.Items() {
			if !Contains(a.At(i), item) {
				return false
			}
		}
		return true
	}
	return value.Equal(got, partial)
}

// Diff shows how a value differs from the one that was wanted, as lines of JSON; empty when it does not. With partial, what
// the wanted value does not name is left out.
func Diff(want, got value.Value, partial bool) string {
	if partial && Contains(got, want) || !partial && value.Equal(want, got) {
		return ""
	}
	text := func(v value.Value) []byte {
		if v == nil {
			return nil
		}
		return []byte(value.Indent(v) + "\n")
	}
	d := string(diff.Diff("want", text(want), "got", text(align(want, got, partial))))
	_, d, _ = strings.Cut(d, "\n") // the name of a command that nobody ran
	return strings.TrimRight(d, "\n")
}

// align puts the members of objects into the order of those of the wanted value, and what is equal into its notation, so that
// only what differs shows up in a comparison of texts.
func align(want, got value.Value, partial bool) value.Value {
	if value.Equal(want, got) {
		return want
	}
	switch g := got.(type) {
	case *value.Object:
		w, ok := want.(*value.Object)
		if !ok {
			return got
		}
		var members []value.Member
		for _, m := range w.Members() {
			if v, ok := g.Get(m.Name); ok {
				members = append(members, value.Member{Name: m.Name, Value: align(m.Value, v, partial)})
			}
		}
		for _, m := range g.Members() {
			if !partial && !w.Has(m.Name) {
				members = append(members, m)
			}
		}
		return value.NewObject(members...)
	case *value.Array:
		w, ok := want.(*value.Array)
		if !ok {
			return got
		}
		items := make([]value.Value, g.Len())
		for i, item := range g.Items() {
			items[i] = item
			if i < w.Len() {
				items[i] = align(w.At(i), item, partial)
			}
		}
		return value.NewArray(items...)
	}
	return got
}
