package asl

import (
	"reflect"

	"github.com/docflow-asl/docflow/asl/value"
)

// Value gives the definition as JSON. Fields stand in one fixed order, states and what Extra holds in theirs.
func (m *Machine) Value() *value.Object { return structValue(reflect.ValueOf(m).Elem(), "") }

// StateValue gives one state as JSON: an object, but for an *UnknownState that is none.
func StateValue(s State) value.Value {
	if unknown, ok := s.(*UnknownState); ok && unknown.NotObject != nil {
		return unknown.NotObject
	}
	return structValue(reflect.ValueOf(s).Elem(), s.Type())
}

// Marshal gives the definition's JSON text, indented by two blanks, with a line end after it.
func Marshal(m *Machine) []byte { return []byte(value.Indent(m.Value()) + "\n") }

// MarshalState gives one state's JSON text, without its name, as Marshal does.
func MarshalState(s State) []byte { return []byte(value.Indent(StateValue(s)) + "\n") }

// structValue gives a struct of the model as an object. A state's object starts with its type.
func structValue(v reflect.Value, stateType StateType) *value.Object {
	l := layouts[v.Type()]
	var members []value.Member
	add := func(name string, val value.Value) {
		if val != nil {
			members = append(members, value.Member{Name: name, Value: val})
		}
	}
	if stateType != "" {
		add("Type", value.String(stateType))
	}
	for _, f := range l.fields {
		if f.kind == comparisonField {
			rule := v.Addr().Interface().(*ChoiceRule)
			if rule.Operator != "" {
				add(rule.Operator, rule.Operand)
			}
			continue
		}
		add(f.name, fieldValue(v.FieldByIndex(f.index), f.kind))
	}
	members = append(members, v.FieldByIndex(l.origin).Interface().(Origin).Extra...)
	return value.NewObject(members...)
}

// fieldValue gives a field's value, nil when it is absent.
func fieldValue(v reflect.Value, kind fieldKind) value.Value {
	switch kind {
	case stringField:
		if v.Len() > 0 {
			return value.String(v.String())
		}
	case boolField:
		if v.Bool() {
			return value.Bool(true)
		}
	case pathField:
		switch p := v.Interface().(Path); {
		case p.Null:
			return value.Null{}
		case p.Text != "":
			return value.String(p.Text)
		}
	case numberField:
		switch n := v.Interface().(Number); {
		case n.Text != "":
			return n.Text
		case n.Expression != "":
			return value.String(n.Expression)
		}
	case valueField, objectField:
		if !v.IsNil() {
			return v.Interface().(value.Value)
		}
	case stringsField:
		if !v.IsNil() {
			return stringsValue(v.Interface().([]string))
		}
	case statesField:
		if !v.IsNil() {
			return statesValue(v.Interface().([]State))
		}
	case structField:
		if !v.IsNil() {
			return structValue(v.Elem(), "")
		}
	case structsField:
		if !v.IsNil() {
			return structsValue(v)
		}
	}
	return nil
}

func stringsValue(list []string) value.Value {
	items := make([]value.Value, len(list))
	for i, text := range list {
		items[i] = value.String(text)
	}
	return value.NewArray(items...)
}

func statesValue(states []State) value.Value {
	members := make([]value.Member, 0, len(states))
	for _, s := range states {
		members = append(members, value.Member{Name: s.Common().Name, Value: StateValue(s)})
	}
	return value.NewObject(members...)
}

func structsValue(v reflect.Value) value.Value {
	items := make([]value.Value, 0, v.Len())
	for i := range v.Len() {
		element := v.Index(i)
		if element.Kind() == reflect.Pointer {
			if element.IsNil() {
				continue
			}
			element = element.Elem()
		}
		items = append(items, structValue(element, ""))
	}
	return value.NewArray(items...)
}
