package builder

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// evaluation writes the templates and paths of one state, and follows what they make of the data.
type evaluation struct {
	build *build
	scope *scope
	node  *node
	env   *env
	// root is what $ is: the state's input, or its result in ResultSelector and Assign.
	root *data
	// ofResult says that root is the result of the state itself, or the error that a catcher caught.
	ofResult bool
	// leaving says that root is what the state passes on, to which OutputPath applies.
	leaving bool
	// selecting says that the template is a Map's ItemSelector, where the items are in the context object.
	selecting bool
	// selector and output are the state's ResultSelector and OutputPath, or what stands for them.
	selector Object
	output   *Ref
}

func (e *evaluation) fail(kind Kind, field, message string) {
	e.failRef(kind, field, message, "", Ref{})
}

func (e *evaluation) failRef(kind Kind, field, message, nearest string, ref Ref) {
	e.build.report(&Error{
		Kind: kind, Position: e.node.pos, State: e.node.name, Field: field, Message: message, Nearest: nearest, Reference: ref.pos,
	})
}

// part is a piece of a template: a literal, or the text of an expression.
type part struct {
	literal    value.Value
	expression string // set when the piece is an expression
	data       *data
}

// template writes a value of a template. want, which may be nil, gives the order of an object's members.
func (e *evaluation) template(v any, field string, want *typ) part {
	switch v := v.(type) {
	case nil:
		return part{literal: value.Null{}, data: &data{typ: &typ{kind: nullKind}}}
	case Ref:
		text, d := e.resolve(v, field)
		return part{expression: text, data: d}
	case call:
		text, t := e.call(v, field, 1)
		return part{expression: text, data: &data{typ: t}}
	case Object:
		return e.object(v, field, want)
	case map[string]any:
		return e.object(v, field, want)
	case string:
		e.checkText(v, field)
		return part{literal: value.String(v), data: &data{typ: &typ{kind: stringKind}}}
	case value.Value:
		return part{literal: v, data: &data{typ: typeOfValue(v)}}
	}
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice && list.Type().Elem().Kind() != reflect.Uint8 {
		return e.array(list, field, want)
	}
	literal, err := literalOf(v)
	if err != nil {
		e.fail(BadValue, field, fmt.Sprintf("a %T cannot be written as JSON: %v", v, err))
		return part{literal: value.Null{}, data: unknown}
	}
	return part{literal: literal, data: &data{typ: shapeOf(reflect.TypeOf(v))}}
}

// checkText refuses strings that are mostly references gone wrong (AWS's own warning for them is NO_DOLLAR).
func (e *evaluation) checkText(text, field string) {
	if strings.HasPrefix(text, "$.") || strings.HasPrefix(text, "$$.") || strings.HasPrefix(text, "States.") && strings.HasSuffix(text, ")") {
		e.fail(BadValue, field, fmt.Sprintf("the string %q looks like a path or a function, but would be a literal: use Result, Ref, JSONPath "+
			"or Intrinsic, or a value.String when it is meant as it stands", text))
	}
}

func (e *evaluation) object(o map[string]any, field string, want *typ) part {
	var members []value.Member
	fields := make(map[string]*data, len(o))
	for _, name := range memberOrder(o, want) {
		inner := field + steps{{name: name}}.String()
		if strings.HasSuffix(name, ".$") {
			e.fail(BadValue, inner, `the name ends with ".$", which Build adds by itself to names of expressions`)
			continue
		}
		wanted, _ := want.child(segment{name: name})
		p := e.template(o[name], inner, wanted)
		fields[name] = p.data
		if p.expression != "" {
			members = append(members, value.Member{Name: name + ".$", Value: value.String(p.expression)})
			continue
		}
		members = append(members, value.Member{Name: name, Value: p.literal})
	}
	return part{literal: value.NewObject(members...), data: object(fields)}
}

// memberOrder is the order of the wanted type's fields, then that of the names.
func memberOrder(o map[string]any, want *typ) []string {
	var names []string
	for _, name := range want.names() {
		if _, ok := o[name]; ok {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// array writes an array. Step Functions takes no expressions as items of a literal array, so that one with such items becomes a
// call of States.Array.
func (e *evaluation) array(list reflect.Value, field string, want *typ) part {
	literals := make([]value.Value, list.Len())
	items := make([]*data, list.Len())
	arguments := make([]any, list.Len())
	expressions := 0
	for i := range list.Len() {
		wanted, _ := want.child(segment{kind: item, index: i})
		arguments[i] = list.Index(i).Interface()
		p := e.template(arguments[i], fmt.Sprintf("%s[%d]", field, i), wanted)
		literals[i], items[i] = p.literal, p.data
		if p.expression != "" {
			expressions++
		}
	}
	if expressions == 0 {
		return part{literal: value.NewArray(literals...), data: &data{items: items, typ: &typ{kind: arrayKind}}}
	}
	text, _ := e.call(call{name: "States.Array", arguments: arguments}, field, 1)
	return part{expression: text, data: &data{items: items, typ: &typ{kind: arrayKind}}}
}

// call writes a call of an intrinsic function.
func (e *evaluation) call(c call, field string, depth int) (string, *typ) {
	at := Ref{pos: c.pos}
	known, ok := intrinsics[c.name]
	if !ok {
		e.failRef(BadExpression, field, fmt.Sprintf("there is no intrinsic function %q", c.name), nearestName(c.name, slices.Collect(maps.Keys(intrinsics))), at)
		return c.name + "()", nil
	}
	if n := len(c.arguments); n < known.least || known.most >= 0 && n > known.most {
		e.failRef(BadExpression, field, fmt.Sprintf("%s has %d arguments; it takes %s", c.name, n, argumentCount(known)), "", at)
	}
	if depth > maxNesting {
		e.failRef(BadExpression, field, fmt.Sprintf("calls stand more than %d deep in each other", maxNesting), "", at)
		return c.name + "()", known.result
	}
	texts := make([]string, len(c.arguments))
	for i, argument := range c.arguments {
		if i == 0 && c.name == "States.Format" {
			texts[i] = e.formatTemplate(c, field)
			continue
		}
		texts[i] = e.argument(argument, field, depth)
	}
	return c.name + "(" + strings.Join(texts, ", ") + ")", known.result
}

func argumentCount(f intrinsic) string {
	switch {
	case f.most < 0:
		return fmt.Sprintf("%d or more", f.least)
	case f.least == f.most:
		return fmt.Sprint(f.least)
	}
	return fmt.Sprintf("%d to %d", f.least, f.most)
}

// formatTemplate writes the first argument of States.Format and counts its holes.
func (e *evaluation) formatTemplate(c call, field string) string {
	template, ok := c.arguments[0].(string)
	if !ok {
		return e.argument(c.arguments[0], field, 1) // a template that is only known when the machine runs
	}
	text := template
	if !c.escaped {
		text = escape(template, true)
	}
	holes, fault := countHoles(text)
	switch {
	case fault != "":
		e.failRef(BadExpression, field, fmt.Sprintf("the template of States.Format %s: %q", fault, template), "", Ref{pos: c.pos})
	case holes != len(c.arguments)-1:
		e.failRef(BadExpression, field, fmt.Sprintf("the template of States.Format has %d holes {}, but %d values are given", holes, len(c.arguments)-1), "", Ref{pos: c.pos})
	}
	return "'" + text + "'"
}

// argument writes an argument of an intrinsic function.
func (e *evaluation) argument(v any, field string, depth int) string {
	switch v := v.(type) {
	case Ref:
		text, _ := e.resolve(v, field)
		return text
	case call:
		text, _ := e.call(v, field, depth+1)
		return text
	case string:
		e.checkText(v, field)
		return "'" + escape(v, false) + "'"
	case value.String:
		return "'" + escape(string(v), false) + "'"
	}
	literal, err := literalOf(v)
	if err == nil {
		switch literal := literal.(type) {
		case value.String:
			return "'" + escape(string(literal), false) + "'"
		case value.Number, value.Bool, value.Null:
			return value.Text(literal)
		}
	}
	e.fail(BadExpression, field, fmt.Sprintf("a %T cannot be an argument of an intrinsic function; strings, numbers, booleans, nil and expressions can", v))
	return "null"
}

// substitution matches a CloudFormation substitution, whose braces must stay as they are.
var substitution = regexp.MustCompile(`\$\{[A-Za-z0-9_]+\}`)

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, `{`, `\{`, `}`, `\}`)

// escape writes text for a string of an intrinsic function. In a template the holes {} stay.
func escape(text string, template bool) string {
	var b strings.Builder
	for {
		at := substitution.FindStringIndex(text)
		before := text
		if at != nil {
			before = text[:at[0]]
		}
		if template {
			for i, literal := range strings.Split(before, "{}") {
				if i > 0 {
					b.WriteString("{}")
				}
				b.WriteString(escapes.Replace(literal))
			}
		} else {
			b.WriteString(escapes.Replace(before))
		}
		if at == nil {
			return b.String()
		}
		b.WriteString(text[at[0]:at[1]])
		text = text[at[1]:]
	}
}

// countHoles counts the holes of an escaped template; fault says what is not escaped.
func countHoles(text string) (holes int, fault string) {
	text = substitution.ReplaceAllString(text, "")
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
			if i == len(text) || !strings.ContainsRune(`\'{}`, rune(text[i])) {
				return 0, "has a backslash before something that needs none"
			}
		case '\'':
			return 0, "has a quote that is not escaped"
		case '}':
			return 0, "has a brace that is not escaped"
		case '{':
			if i++; i == len(text) || text[i] != '}' {
				return 0, "has a brace that is not escaped"
			}
			holes++
		}
	}
	return holes, ""
}

func typeOfValue(v value.Value) *typ {
	switch v := v.(type) {
	case value.Null:
		return &typ{kind: nullKind}
	case value.Bool:
		return &typ{kind: booleanKind}
	case value.Number:
		return &typ{kind: numberKind}
	case value.String:
		return &typ{kind: stringKind}
	case *value.Array:
		t := &typ{kind: arrayKind, items: []*typ{}}
		for _, it := range v.Items() {
			t.items = append(t.items, typeOfValue(it))
		}
		return t
	case *value.Object:
		t := &typ{kind: objectKind, literal: true}
		for _, m := range v.Members() {
			t.fields = append(t.fields, field{name: m.Name, typ: typeOfValue(m.Value), required: true})
		}
		return t
	}
	return nil
}

// checkFits reports where a value is not what a type asks for.
func (e *evaluation) checkFits(d *data, want *typ, field string) {
	for _, m := range fits(d.shape(), want, nil) {
		where := field + m.path.String()
		message := m.message
		if m.kind == WrongType {
			message = "the value " + message
		}
		e.failRef(m.kind, strings.TrimPrefix(where, "."), message, m.nearest, Ref{})
	}
}

// checkKind reports a value that is known to be of another JSON type.
func (e *evaluation) checkKind(d *data, kind jsonKind, field string, ref Ref) {
	if got := d.shape().jsonKind(); got != kind && got != anyKind && got != mixedKind {
		e.failRef(WrongType, field, fmt.Sprintf("%s is %s; %s is wanted", ref.describe(), got, kind), "", ref)
	}
}

// checkSyntax reports a path that no JSONPath dialect of Step Functions reads.
func (e *evaluation) checkSyntax(ref Ref, field string) {
	if _, err := jsonpath.Parse(ref.source.text); err != nil {
		e.failRef(BadPath, field, fmt.Sprintf("the path %q: %v", ref.source.text, err), "", ref)
	}
}
