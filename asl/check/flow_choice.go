package check

import (
	"maps"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// truth is what is known where a condition holds, and where it does not. Data that is Never is a way that nothing takes.
type truth struct{ yes, no env }

var nowhere = env{shape.Never, noVariables}

// isNowhere tells whether nothing comes here.
func (e env) isNowhere() bool { return e.data.IsNever() }

func joinEnv(a, b env) env {
	switch {
	case a.isNowhere():
		return b
	case b.isNowhere():
		return a
	}
	return env{shape.Join(a.data, b.data), joinVariables(a.vars, b.vars)}
}

// narrow applies a change to what a path of names and indexes leads to.
func (e env) narrow(root jsonpath.Root, variable string, steps []jsonpath.Step, change func(*shape.Shape) *shape.Shape) env {
	if e.isNowhere() {
		return e
	}
	for i := range steps {
		if steps[i].Kind != jsonpath.Name && steps[i].Kind != jsonpath.Index {
			return e
		}
	}
	switch root {
	case jsonpath.RootData:
		return env{shape.Narrow(e.data, steps, change), e.vars}
	case jsonpath.RootVariable:
		return e.changeVariable(variable, func(v *shape.Shape) *shape.Shape { return shape.Narrow(v, steps, change) })
	}
	return e
}

func (e env) changeVariable(name string, change func(*shape.Shape) *shape.Shape) env {
	old, presence := e.vars.get(name)
	if presence == shape.Absent {
		return nowhere
	}
	v := change(old)
	if v.IsNever() {
		return nowhere
	}
	vars := &variables{maps.Clone(e.vars.names), e.vars.open}
	if vars.names == nil {
		vars.names = map[string]variable{}
	}
	vars.names[name] = variable{v, shape.Always}
	return env{e.data, vars}
}

// without is what is left where a path leads nowhere.
func (e env) without(p *jsonpath.Path) env {
	if e.isNowhere() {
		return e
	}
	for i := range p.Steps {
		if p.Steps[i].Kind != jsonpath.Name {
			return e
		}
	}
	switch p.Root {
	case jsonpath.RootData:
		return env{shape.Without(e.data, p.Steps), e.vars}
	case jsonpath.RootVariable:
		old, presence := e.vars.get(p.Variable)
		switch {
		case presence == shape.Absent:
			return e
		case len(p.Steps) == 0 && presence == shape.Always:
			return nowhere
		case len(p.Steps) == 0 || presence != shape.Always:
			return e
		}
		return e.changeVariable(p.Variable, func(*shape.Shape) *shape.Shape { return shape.Without(old, p.Steps) })
	}
	return e
}

// choosePath follows the data through a Choice in JSONPath.
func (f *flow) choosePath(c *site, sf *stateFlow, input *shape.Shape) {
	s := sf.state
	here := env{input, c.vars}
	if choices := s.field("Choices"); isHole(choices) {
		f.anywhere(s)
	} else if choices != nil {
		for _, rule := range choices.Items {
			if rule.Kind != value.KindObject || isHole(rule) {
				f.anywhere(s)
				continue
			}
			t := c.rule(rule, here, 0)
			f.choose(c, s, rule, t.yes)
			here = t.no
		}
	}
	f.choose(c, s, nil, here)
}

// choose leads on by a rule, or by Default.
func (f *flow) choose(c *site, s *state, rule *asl.Node, e env) {
	if e.isNowhere() {
		return
	}
	taken := &site{flow: f, s: s, vars: e.vars, context: c.context, seen: e.data}
	object, field := rule, "Next"
	if rule == nil {
		object, field = s.node, "Default"
	}
	vars := taken.assign(object, e.data)
	next := f.doubt(env{taken.outputPath(e.data), vars})
	if taken.fails {
		c.someFail = true
		if !f.guessing {
			return
		}
		next = guess
	}
	sf := f.states[s]
	sf.out = shape.Join(sf.out, next.data)
	if target, ok := textOf(object.Member(field)); ok {
		f.enter(s.scope, target, next)
	}
}

const maxRuleDepth = 200

// rule evaluates a rule of a Choice.
func (c *site) rule(n *asl.Node, e env, depth int) truth {
	if n == nil || n.Kind != value.KindObject || isHole(n) || depth > maxRuleDepth || e.isNowhere() {
		return truth{e, e}
	}
	if list := n.Member("And"); list != nil {
		t := truth{e, nowhere}
		for _, operand := range list.Items {
			inner := c.rule(operand, t.yes, depth+1)
			t = truth{inner.yes, joinEnv(t.no, inner.no)}
		}
		return t
	}
	if list := n.Member("Or"); list != nil {
		t := truth{nowhere, e}
		for _, operand := range list.Items {
			inner := c.rule(operand, t.no, depth+1)
			t = truth{joinEnv(t.yes, inner.yes), inner.no}
		}
		return t
	}
	if operand := n.Member("Not"); operand != nil {
		t := c.rule(operand, e, depth+1)
		return truth{t.no, t.yes}
	}
	return c.comparison(n, e)
}

// comparison evaluates one comparison of a Choice rule in JSONPath.
func (c *site) comparison(n *asl.Node, e env) truth {
	variable := n.Member("Variable")
	operators := operatorsIn(n)
	u := c.uses[variable]
	if u == nil || u.path == nil || len(operators) != 1 {
		return truth{e, e}
	}
	operator := operators[0]
	operand := n.Member(operator)
	at := &site{flow: c.flow, s: c.s, vars: e.vars, context: c.context}
	p := u.path
	if operator == "IsPresent" {
		want, known := operand.Value.(value.Bool)
		if !known || p.Root == jsonpath.RootContext || !p.Definite() {
			return truth{e, e}
		}
		c.values[variable] = shape.Eval(p, at.roots(e.data)).Shape
		same := func(s *shape.Shape) *shape.Shape { return s }
		t := truth{e.narrow(p.Root, p.Variable, p.Steps, same), e.without(p)}
		if !want {
			t.yes, t.no = t.no, t.yes
		}
		return t
	}
	found := at.path(variable, e.data)
	defer func() { c.fails = c.fails || at.fails }()
	base, byPath := strings.CutSuffix(operator, "Path")
	if byPath {
		other := at.path(operand, e.data)
		if kinds := operandKinds(base); kinds != 0 {
			c.comparable(operand, operator, other, kinds)
		}
	}
	if !p.Definite() || p.Root == jsonpath.RootContext {
		return truth{e, e}
	}
	narrow := func(change func(*shape.Shape) *shape.Shape) env { return e.narrow(p.Root, p.Variable, p.Steps, change) }
	there := narrow(func(s *shape.Shape) *shape.Shape { return s })
	if kinds, isTest := testKinds[operator]; isTest {
		want, known := operand.Value.(value.Bool)
		if !known {
			return truth{there, there}
		}
		t := truth{narrow(func(s *shape.Shape) *shape.Shape { return s.OnlyKinds(kinds) }), narrow(func(s *shape.Shape) *shape.Shape { return s.OnlyKinds(shape.AllKinds &^ kinds) })}
		if operator == "IsTimestamp" { // other strings are none
			t.no = there
		}
		if !want {
			t.yes, t.no = t.no, t.yes
		}
		return t
	}
	kinds := operandKinds(base)
	if kinds == 0 {
		return truth{there, there}
	}
	if !comparedOtherwise(n, u.text, kinds) {
		c.comparable(variable, operator, found, kinds)
	}
	yes := narrow(func(s *shape.Shape) *shape.Shape {
		s = s.OnlyKinds(kinds)
		if !byPath && (operator == "StringEquals" || operator == "BooleanEquals") && operand.Value != nil && !isHole(operand) {
			if text, isText := textOf(operand); !isText || !hasHole(text) {
				if !s.May(shape.KindsOf(operand.Kind)) || !mayBe(s, operand.Value) {
					return shape.Never
				}
				return shape.Meet(s, shape.Exact(operand.Value))
			}
		}
		return s
	})
	return truth{yes, there}
}

// comparedOtherwise tells whether the rule that a comparison is a part of compares the same value as one of another type, too: then it
// is asked for its type, in one way or the other.
func comparedOtherwise(n *asl.Node, variable string, kinds shape.Kinds) bool {
	top := n
	for top.Parent != nil && memberName(top) != "Choices" && (top.Parent.Kind == value.KindArray && memberName(top.Parent) != "Choices" || memberName(top) == "Not" || memberName(top) == "And" || memberName(top) == "Or") {
		top = top.Parent
	}
	other := false
	var walk func(n *asl.Node, depth int)
	walk = func(n *asl.Node, depth int) {
		if n == nil || other || depth > maxRuleDepth {
			return
		}
		if text, _ := textOf(n.Member("Variable")); text == variable {
			for _, operator := range operatorsIn(n) {
				other = other || testKinds[operator] != 0 || operandKinds(operator) != 0 && operandKinds(operator) != kinds
			}
		}
		for _, name := range []string{"And", "Or"} {
			if list := n.Member(name); list != nil {
				for _, operand := range list.Items {
					walk(operand, depth+1)
				}
			}
		}
		walk(n.Member("Not"), depth+1)
	}
	walk(top, 0)
	return other
}

// mayBe tells whether a scalar may have a value.
func mayBe(s *shape.Shape, v value.Value) bool {
	values, ok := s.Constants()
	if !ok {
		return true
	}
	for _, known := range values {
		if value.Equal(known, v) {
			return true
		}
	}
	return false
}

// testKinds are the types that the operators which ask for a type ask for.
var testKinds = map[string]shape.Kinds{"IsNull": shape.Null, "IsBoolean": shape.Bool, "IsNumeric": shape.Number, "IsString": shape.String, "IsTimestamp": shape.String}

// operandKinds are the types that an operator compares, without the Path behind it.
func operandKinds(operator string) shape.Kinds {
	switch {
	case strings.HasPrefix(operator, "String"), strings.HasPrefix(operator, "Timestamp"):
		return shape.String
	case strings.HasPrefix(operator, "Numeric"):
		return shape.Number
	case strings.HasPrefix(operator, "Boolean"):
		return shape.Bool
	}
	return 0
}

// chooseQuery follows the data through a Choice in JSONata.
func (f *flow) chooseQuery(c *site, sf *stateFlow) {
	s := sf.state
	here := env{sf.in.data, c.vars}
	if choices := s.field("Choices"); isHole(choices) {
		f.anywhere(s)
	} else if choices != nil {
		for _, rule := range choices.Items {
			if rule.Kind != value.KindObject || isHole(rule) {
				f.anywhere(s)
				continue
			}
			if here.isNowhere() {
				break
			}
			t := truth{here, here}
			if n := rule.Member("Condition"); n != nil {
				at := &site{flow: f, s: s, vars: here.vars, context: c.context}
				switch text, isText := textOf(n); {
				case n.Value == value.Value(value.Bool(true)):
					t.no = nowhere
				case n.Value == value.Value(value.Bool(false)):
					t.yes = nowhere
				case isText && asl.IsJSONata(text):
					at.expect(n, "Condition", at.query(n, text, at.statesObject(here.data)), shape.Bool)
					if x := f.compiled(n, text); at.fails {
						c.fails, t = true, truth{nowhere, nowhere}
					} else if x != nil {
						t = condition(x.Tree(), here, 0)
					}
				}
			}
			f.chooseBy(c, s, rule, t.yes)
			here = t.no
		}
	}
	f.chooseBy(c, s, nil, here)
}

func (f *flow) chooseBy(c *site, s *state, rule *asl.Node, e env) {
	if e.isNowhere() {
		return
	}
	taken := &site{flow: f, s: s, vars: e.vars, context: c.context, seen: e.data}
	object, field := rule, "Next"
	if rule == nil {
		object, field = s.node, "Default"
	}
	out, vars := taken.results(object, e.data, e.data, taken.statesObject(e.data))
	next := f.doubt(env{out, vars})
	if taken.fails {
		c.someFail = true
		if !f.guessing {
			return
		}
		next = guess
	}
	sf := f.states[s]
	sf.out = shape.Join(sf.out, next.data)
	if target, ok := textOf(object.Member(field)); ok {
		f.enter(s.scope, target, next)
	}
}

// condition tells what is known where a JSONata expression is true, and where it is false, as far as it is a simple one.
func condition(n *jsonata.Node, e env, depth int) truth {
	if e.isNowhere() || depth > maxRuleDepth {
		return truth{e, e}
	}
	switch n.Kind {
	case jsonata.KindBlock:
		if len(n.Items) == 1 {
			return condition(n.Items[0], e, depth+1)
		}
	case jsonata.KindBinary:
		switch n.Op {
		case "and":
			left := condition(n.Left, e, depth+1)
			right := condition(n.Right, left.yes, depth+1)
			return truth{right.yes, joinEnv(left.no, right.no)}
		case "or":
			left := condition(n.Left, e, depth+1)
			right := condition(n.Right, left.no, depth+1)
			return truth{joinEnv(left.yes, right.yes), right.no}
		case "=":
			literal := n.Right.Value
			if literal == nil || n.Right.Kind != jsonata.KindString && n.Right.Kind != jsonata.KindNumber && n.Right.Kind != jsonata.KindLiteral {
				break
			}
			yes := placed(n.Left, e, func(s *shape.Shape) *shape.Shape {
				if s.May(shape.ArrayKind) || !s.May(shape.KindsOf(literal.Kind())) {
					return s
				}
				return shape.Meet(s.OnlyKinds(shape.KindsOf(literal.Kind())), shape.Exact(literal))
			})
			return truth{yes, e}
		}
	case jsonata.KindCall:
		if n.Left.Kind != jsonata.KindVariable || len(n.Items) != 1 {
			break
		}
		switch n.Left.Name {
		case "not":
			if inner := n.Items[0]; inner.Kind == jsonata.KindCall || inner.Kind == jsonata.KindBinary && inner.Op != "&" {
				t := condition(inner, e, depth+1)
				return truth{t.no, t.yes}
			}
		case "exists":
			same := func(s *shape.Shape) *shape.Shape { return s }
			t := truth{placed(n.Items[0], e, same), e}
			if p := dataPath(n.Items[0]); p != nil && p.Root == jsonpath.RootData {
				if found := shape.At(e.data, p.Steps); found.Presence == shape.Always && !found.Shape.May(shape.ArrayKind) {
					t.no = nowhere
				} else if !found.Shape.May(shape.ArrayKind) && objectsOnly(e.data, p.Steps) {
					t.no = e.without(p)
				}
			}
			return t
		}
	}
	return truth{e, e}
}

// placed narrows the place that a JSONata path names, where all on the way are objects.
func placed(n *jsonata.Node, e env, change func(*shape.Shape) *shape.Shape) env {
	p := dataPath(n)
	if p == nil {
		return e
	}
	// In JSONata a field of an array is that of its items: only what is an object is narrowed.
	at := e.data
	if p.Root == jsonpath.RootVariable {
		at, _ = e.vars.get(p.Variable)
	}
	if !objectsOnly(at, p.Steps) {
		return e
	}
	return e.narrow(p.Root, p.Variable, p.Steps, change)
}

// objectsOnly tells whether all that names lead through are objects.
func objectsOnly(at *shape.Shape, steps []jsonpath.Step) bool {
	for i := range steps {
		if !at.Is(shape.ObjectKind) {
			return false
		}
		at, _ = at.Member(steps[i].Names[0])
	}
	return true
}

// dataPath is the path that $states.input.a.b or $variable.a.b stands for; nil for other expressions.
func dataPath(n *jsonata.Node) *jsonpath.Path {
	var names []string
	for n.Kind == jsonata.KindPath {
		if n.Right.Kind != jsonata.KindName || n.Right.KeepArray {
			return nil
		}
		names = append(names, n.Right.Name)
		n = n.Left
	}
	if n.Kind != jsonata.KindVariable || n.Name == "" || n.Name == "$" || n.KeepArray {
		return nil
	}
	p := &jsonpath.Path{Root: jsonpath.RootVariable, Variable: n.Name}
	if n.Name == "states" {
		if len(names) == 0 || names[len(names)-1] != "input" {
			return nil
		}
		names = names[:len(names)-1]
		p = &jsonpath.Path{Root: jsonpath.RootData}
	}
	for i := len(names) - 1; i >= 0; i-- {
		p.Steps = append(p.Steps, jsonpath.Step{Kind: jsonpath.Name, Names: []string{names[i]}})
	}
	return p
}
