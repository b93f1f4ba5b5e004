package asl

import (
	"reflect"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Substitute puts values in the place of CloudFormation's substitutions, `${Name}`, everywhere in the machine, as a deployment
// does with DefinitionSubstitutions. Substitutions without a value stay. Sources and positions stay those of the text.
func (m *Machine) Substitute(values map[string]string) {
	if len(values) > 0 {
		s := substituter{values}
		s.in(reflect.ValueOf(m).Elem())
	}
}

type substituter struct{ values map[string]string }

// text replaces the substitutions in a text.
func (s substituter) text(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		v, known := s.values[name]
		if !closed || !known {
			b.WriteString("${")
			text = rest
			continue
		}
		b.WriteString(v)
		text = after
	}
}

// value replaces the substitutions in a JSON value; one without any is returned as it is, with its source text.
func (s substituter) value(v value.Value) value.Value {
	if v == nil || !strings.Contains(value.Text(v), "${") {
		return v
	}
	switch v := v.(type) {
	case value.String:
		return value.String(s.text(string(v)))
	case value.Number:
		return value.Number(s.text(string(v)))
	case *value.Array:
		items := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			items[i] = s.value(item)
		}
		return value.NewArray(items...)
	case *value.Object:
		members := make([]value.Member, v.Len())
		for i, m := range v.Members() {
			members[i] = value.Member{Name: s.text(m.Name), Value: s.value(m.Value)}
		}
		return value.NewObject(members...)
	}
	return v
}

// number is for fields: a quoted substitution that stands for a number becomes one.
func (s substituter) number(n Number) Number {
	if text := s.text(n.Expression); n.Text == "" && IsHole(n.Expression) && isJSONNumber(text) {
		return Number{Text: value.Number(text)}
	}
	return Number{Text: value.Number(s.text(string(n.Text))), Expression: s.text(n.Expression)}
}

// in replaces the substitutions in a part of the model.
func (s substituter) in(v reflect.Value) {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return
	}
	switch x := v.Interface().(type) {
	case *Node:
		return
	case value.Value:
		v.Set(reflect.ValueOf(s.value(x)))
		return
	case Number:
		v.Set(reflect.ValueOf(s.number(x)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(s.text(v.String()))
	case reflect.Pointer, reflect.Interface:
		s.in(reflect.Indirect(v.Elem()))
	case reflect.Slice:
		for i := range v.Len() {
			s.in(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			s.in(v.Field(i))
		}
	}
}
