package asl

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Decode makes the machine that a node describes, such as the root of a document or the Definition in a CloudFormation
// template. The machine is never nil, and empty
// when the node is. The problems are of the kinds UnknownField and WrongType.
//
// What a field of the model cannot hold goes to the struct's Extra. A function of CloudFormation in the place of a string
// or number is read as the substitution that means the same: {"Ref": "Bucket"} as `${Bucket}`, {"Fn::GetAtt": ["Extract", "Arn"]}
// as `${Extract.Arn}`; functions that no substitution can express, such as Fn::If, go to Extra without a problem.
func Decode(n *Node) (*Machine, []Problem) {
	m := &Machine{}
	d := &decoder{}
	if n == nil {
		return m, nil
	}
	if n.Kind != value.KindObject {
		m.Source = n
		d.wrongType(n, "a definition is an object, not %s", article(n.Kind))
		return m, d.problems
	}
	d.fields(n, reflect.ValueOf(m).Elem())
	return m, d.problems
}

type decoder struct {
	problems []Problem
}

func (d *decoder) wrongType(n *Node, format string, args ...any) {
	if !n.broken && len(d.problems) < MaxProblems {
		d.problems = append(d.problems, Problem{Kind: WrongType, Node: n, Span: n.Span, Message: fmt.Sprintf(format, args...)})
	}
}

// fields reads an object's members into a struct of the model.
func (d *decoder) fields(n *Node, target reflect.Value) {
	l := layouts[target.Type()]
	origin := target.FieldByIndex(l.origin).Addr().Interface().(*Origin)
	origin.Source = n
	_, isState := target.Addr().Interface().(State)
	unknown, _ := target.Addr().Interface().(*UnknownState)
	rule, _ := target.Addr().Interface().(*ChoiceRule)
	for _, m := range n.effective() {
		if m.Value.broken {
			continue
		}
		switch f := l.byName[m.Name]; {
		case f != nil:
			if d.field(m.Name, m.Value, f.kind, target.FieldByIndex(f.index)) {
				continue
			}
		case isState && m.Name == "Type":
			if unknown == nil || d.field(m.Name, m.Value, stringField, reflect.ValueOf(&unknown.TypeText).Elem()) {
				continue
			}
		case unknown != nil: // which fields it may have depends on its type
		case rule != nil && comparisonOperators[m.Name]:
			if rule.Operator == "" {
				rule.Operator, rule.Operand = m.Name, m.Value.ToValue()
				continue
			}
			d.unknown(m, func() string {
				return fmt.Sprintf("the rule compares with %s already; one rule has one operator", rule.Operator)
			})
		default:
			d.unknown(m, func() string { return unknownField(m.Name, l) })
		}
		origin.Extra = append(origin.Extra, value.Member{Name: m.Name, Value: m.Value.ToValue()})
	}
}

// unknown notes a field that the language does not have at its place; why says so, and what may have been meant.
func (d *decoder) unknown(m NodeMember, why func() string) {
	if len(d.problems) < MaxProblems {
		d.problems = append(d.problems, Problem{Kind: UnknownField, Node: m.Value, Span: m.NameSpan, Message: why()})
	}
}

// effective gives the members without duplicates: the last value in the first one's place, as ToValue has it.
func (n *Node) effective() []NodeMember {
	if !n.repeats {
		return n.Members
	}
	at := make(map[string]int, len(n.Members))
	kept := make([]NodeMember, 0, len(n.Members))
	for _, m := range n.Members {
		if i, dup := at[m.Name]; dup {
			kept[i] = m
			continue
		}
		at[m.Name] = len(kept)
		kept = append(kept, m)
	}
	return kept
}

// field reads one member into a field; false when the value does not fit, or is a zero value, which means "absent" there.
func (d *decoder) field(name string, n *Node, kind fieldKind, target reflect.Value) bool {
	switch kind {
	case stringField:
		text, ok := d.text(n, func() { d.wrongType(n, "%s is a string, not %s", name, article(n.Kind)) })
		target.SetString(text)
		return ok && text != ""
	case boolField:
		b, ok := n.Value.(value.Bool)
		if !ok {
			d.wrongType(n, "%s is a boolean, not %s", name, article(n.Kind))
		}
		target.SetBool(bool(b))
		return ok && bool(b)
	case pathField:
		if n.Kind == value.KindNull {
			target.Set(reflect.ValueOf(NullPath))
			return true
		}
		text, ok := d.text(n, func() { d.wrongType(n, "%s is a path (a string) or null, not %s", name, article(n.Kind)) })
		target.Set(reflect.ValueOf(PathOf(text)))
		return ok && text != ""
	case numberField:
		number, ok := d.number(name, n)
		target.Set(reflect.ValueOf(number))
		return ok
	case valueField:
		target.Set(reflect.ValueOf(n.ToValue()))
		return true
	case objectField:
		object, ok := n.ToValue().(*value.Object)
		if !ok {
			d.wrongType(n, "%s is an object, not %s", name, article(n.Kind))
			return false
		}
		target.Set(reflect.ValueOf(object))
		return true
	case stringsField:
		list, ok := d.stringList(name, n)
		if ok {
			target.Set(reflect.ValueOf(list))
		}
		return ok
	case statesField:
		if n.Kind != value.KindObject {
			d.wrongType(n, "%s is an object, with a member for each state, not %s", name, article(n.Kind))
			return false
		}
		target.Set(reflect.ValueOf(d.states(n)))
		return true
	case structField:
		if n.Kind != value.KindObject {
			d.wrongType(n, "%s is an object, not %s", name, article(n.Kind))
			return false
		}
		target.Set(reflect.New(target.Type().Elem()))
		d.fields(n, target.Elem())
		return true
	case structsField:
		return d.structs(name, n, target)
	}
	return false
}

// text reads a string, or a function of CloudFormation that gives one. For what is neither it calls wrong.
func (d *decoder) text(n *Node, wrong func()) (string, bool) {
	if s, ok := n.Value.(value.String); ok {
		return string(s), true
	}
	if !isFunction(n) {
		wrong()
		return "", false
	}
	text, ok := substitution(n)
	if !ok {
		return "", false
	}
	return text, true
}

func (d *decoder) number(name string, n *Node) (Number, bool) {
	if number, ok := n.Value.(value.Number); ok {
		return Number{Text: number}, true
	}
	text, ok := d.text(n, func() { d.wrongType(n, "%s is a number, not %s", name, article(n.Kind)) })
	if !ok || text == "" && isFunction(n) {
		return Number{}, false
	}
	if strings.HasPrefix(text, "{%") || strings.HasSuffix(text, "%}") || len(Holes(text)) > 0 {
		return Number{Expression: text}, true
	}
	d.wrongType(n, "%s is a number, or in JSONata an expression {%% … %%}, not the string %q", name, shorten(text))
	return Number{}, false
}

func (d *decoder) stringList(name string, n *Node) ([]string, bool) {
	if n.Kind != value.KindArray {
		if !isFunction(n) {
			d.wrongType(n, "%s is an array of strings, not %s", name, article(n.Kind))
		}
		return nil, false
	}
	list := make([]string, 0, len(n.Items))
	fits := true
	for _, item := range n.Items {
		text, ok := d.text(item, func() { d.wrongType(item, "%s is an array of strings; this item is %s", name, article(item.Kind)) })
		fits = fits && ok
		list = append(list, text)
	}
	return list, fits
}

// structs reads an array of objects into a slice. One item that is no object, and the array is none of the model's.
func (d *decoder) structs(name string, n *Node, target reflect.Value) bool {
	if n.Kind != value.KindArray {
		d.wrongType(n, "%s is an array of objects, not %s", name, article(n.Kind))
		return false
	}
	fits := true
	for _, item := range n.Items {
		if item.Kind != value.KindObject {
			d.wrongType(item, "%s is an array of objects; this item is %s", name, article(item.Kind))
			fits = false
		}
	}
	if !fits {
		return false
	}
	list := reflect.MakeSlice(target.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		element := list.Index(i)
		if element.Kind() == reflect.Pointer {
			element.Set(reflect.New(element.Type().Elem()))
			element = element.Elem()
		}
		d.fields(item, element)
	}
	target.Set(list)
	return true
}

func (d *decoder) states(n *Node) []State {
	members := n.effective()
	states := make([]State, 0, len(members))
	for _, m := range members {
		states = append(states, d.state(m))
	}
	return states
}

func (d *decoder) state(m NodeMember) State {
	n := m.Value
	if n.Kind != value.KindObject {
		d.wrongType(n, "the state %q is an object, not %s", shorten(m.Name), article(n.Kind))
		return &UnknownState{StateFields: StateFields{Name: m.Name, Origin: Origin{Source: n}}, NotObject: n.ToValue()}
	}
	var typeText value.String
	if t := n.Member("Type"); t != nil {
		typeText, _ = t.Value.(value.String)
	}
	s, _ := newState(StateType(typeText))
	s.Common().Name = m.Name
	d.fields(n, reflect.ValueOf(s).Elem())
	return s
}

// isFunction tells whether a node is a call of a CloudFormation function, such as {"Fn::Sub": "…"}.
func isFunction(n *Node) bool {
	return n.Kind == value.KindObject && len(n.Members) == 1 && (n.Members[0].Name == "Ref" || strings.HasPrefix(n.Members[0].Name, "Fn::"))
}

// substitution gives the text that means the same as a function within Fn::Sub; false where no text does.
func substitution(n *Node) (string, bool) {
	argument := n.Members[0].Value
	text, isText := argument.Value.(value.String)
	switch n.Members[0].Name {
	case "Fn::Sub":
		return string(text), isText
	case "Ref":
		return "${" + string(text) + "}", isHoleName(string(text))
	case "Fn::GetAtt":
		if isText {
			return "${" + string(text) + "}", isHoleName(string(text))
		}
		var parts []string
		for _, item := range argument.Items {
			part, ok := item.Value.(value.String)
			if !ok {
				return "", false
			}
			parts = append(parts, string(part))
		}
		name := strings.Join(parts, ".")
		return "${" + name + "}", isHoleName(name)
	}
	return "", false
}

func isHoleName(name string) bool {
	return name != "" && !strings.ContainsAny(name, "${}! \t\r\n")
}

// shorten cuts a text that is quoted in a message.
func shorten(text string) string {
	const most = 60 // characters
	n := 0
	for i := range text {
		if n == most {
			return text[:i] + "…"
		}
		n++
	}
	return text
}
