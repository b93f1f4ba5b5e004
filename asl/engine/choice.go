package engine

import (
	"cmp"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

type allOf []condition

func (a allOf) holds(e *env) (bool, error) {
	for _, c := range a {
		if ok, err := c.holds(e); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

type anyOf []condition

func (a anyOf) holds(e *env) (bool, error) {
	for _, c := range a {
		if ok, err := c.holds(e); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

type negation struct{ condition }

func (n negation) holds(e *env) (bool, error) {
	ok, err := n.condition.holds(e)
	return !ok, err
}

// never stands in for a condition that could not be compiled.
type never struct{}

func (never) holds(*env) (bool, error) { return false, nil }

// pathCondition compiles a Choice rule in JSONPath.
func (c *compiler) pathCondition(field string, rule *asl.ChoiceRule) condition {
	switch {
	case len(rule.And) > 0:
		return allOf(c.pathConditions(field+".And", rule.And))
	case len(rule.Or) > 0:
		return anyOf(c.pathConditions(field+".Or", rule.Or))
	case rule.Not != nil:
		return negation{c.pathCondition(field+".Not", rule.Not)}
	}
	variable := c.path(field+".Variable", rule.Variable)
	if variable == nil {
		return never{}
	}
	operator, byPath := strings.CutSuffix(rule.Operator, "Path")
	test, ok := comparisons[operator]
	if !ok {
		c.problem(field, "compares with %q, which is no operator of a Choice rule", rule.Operator)
		return never{}
	}
	cmp := &comparison{variable: variable, test: test, presence: operator == "IsPresent"}
	if byPath {
		text, ok := rule.Operand.(value.String)
		if !ok {
			c.problem(field+"."+rule.Operator, "is %s; a path would be right", value.Text(rule.Operand))
			return never{}
		}
		if cmp.operandPath = c.path(field+"."+rule.Operator, string(text)); cmp.operandPath == nil {
			return never{}
		}
		return cmp
	}
	cmp.operand = rule.Operand
	return cmp
}

func (c *compiler) pathConditions(field string, rules []asl.ChoiceRule) []condition {
	conditions := make([]condition, len(rules))
	for i := range rules {
		conditions[i] = c.pathCondition(field, &rules[i])
	}
	return conditions
}

// comparison compares what Variable leads to with an operand.
type comparison struct {
	variable    *pathExpr
	test        func(v, operand value.Value) bool
	operand     value.Value
	operandPath *pathExpr // of an operator …Path
	presence    bool
}

func (c *comparison) holds(e *env) (bool, error) {
	v, err := c.variable.find(e)
	if c.presence {
		return c.operand == value.Bool(err == nil), nil
	}
	if err != nil {
		return false, invalidChoicePath(c.variable, err)
	}
	operand := c.operand
	if c.operandPath != nil {
		if operand, err = c.operandPath.find(e); err != nil {
			return false, invalidChoicePath(c.operandPath, err)
		}
	}
	e.t.x.s.budget.steps += 1 + (scalarLength(v)+scalarLength(operand))/longText
	return c.test(v, operand), nil
}

// longText is how many bytes of texts and numbers a step compares.
const longText = 16

func scalarLength(v value.Value) int {
	switch v := v.(type) {
	case value.String:
		return len(v)
	case value.Number:
		return len(v)
	}
	return 0
}

func invalidChoicePath(p *pathExpr, err error) error {
	if f, ok := err.(*failure); ok {
		return f
	}
	return runtimeFailure("Invalid path '%s': The choice state's condition path references an invalid value.", p.path)
}

// comparisons are the operators of a Choice rule without their …Path forms. A value of another type than the operator is
// for makes it false, never an error (recorded).
var comparisons = buildComparisons()

func buildComparisons() map[string]func(v, operand value.Value) bool {
	relations := map[string]func(order int) bool{
		"Equals":            func(order int) bool { return order == 0 },
		"LessThan":          func(order int) bool { return order < 0 },
		"LessThanEquals":    func(order int) bool { return order <= 0 },
		"GreaterThan":       func(order int) bool { return order > 0 },
		"GreaterThanEquals": func(order int) bool { return order >= 0 },
	}
	orders := map[string]func(a, b value.Value) (int, bool){
		"String": compareStrings, "Numeric": compareNumbers, "Timestamp": compareTimestamps,
	}
	is := func(test func(value.Value) bool) func(v, operand value.Value) bool {
		return func(v, operand value.Value) bool { return operand == value.Bool(test(v)) }
	}
	kind := func(k value.Kind) func(v, operand value.Value) bool {
		return is(func(v value.Value) bool { return v.Kind() == k })
	}
	operators := map[string]func(v, operand value.Value) bool{
		"BooleanEquals": func(v, operand value.Value) bool {
			b, ok := v.(value.Bool)
			return ok && operand == value.Value(b)
		},
		"StringMatches": stringMatches,
		"IsNull":        kind(value.KindNull),
		"IsBoolean":     kind(value.KindBool),
		"IsNumeric":     kind(value.KindNumber),
		"IsString":      kind(value.KindString),
		"IsTimestamp": is(func(v value.Value) bool {
			s, ok := v.(value.String)
			if ok {
				_, ok = parseTimestamp(string(s))
			}
			return ok
		}),
		"IsPresent": nil, // decided before there is a value
	}
	for kind, order := range orders {
		for relation, holds := range relations {
			operators[kind+relation] = func(v, operand value.Value) bool {
				n, ok := order(v, operand)
				return ok && holds(n)
			}
		}
	}
	return operators
}

func compareStrings(a, b value.Value) (int, bool) {
	x, ok := a.(value.String)
	y, ok2 := b.(value.String)
	return javalang.Compare(string(x), string(y)), ok && ok2
}

func compareNumbers(a, b value.Value) (int, bool) {
	x, ok := a.(value.Number)
	y, ok2 := b.(value.Number)
	if !ok || !ok2 {
		return 0, false
	}
	if i, ok := x.Int(); ok {
		if j, ok := y.Int(); ok {
			return cmp.Compare(i, j), true
		}
	}
	return cmp.Compare(x.Float(), y.Float()), true
}

func compareTimestamps(a, b value.Value) (int, bool) {
	x, ok := a.(value.String)
	y, ok2 := b.(value.String)
	if !ok || !ok2 {
		return 0, false
	}
	s, ok := parseTimestamp(string(x))
	t, ok2 := parseTimestamp(string(y))
	return s.Compare(t), ok && ok2
}

// stringMatches matches a whole string with a pattern: `*` stands for any text, `\*` for a star and `\\` for a backslash.
func stringMatches(v, operand value.Value) bool {
	text, ok := v.(value.String)
	pattern, ok2 := operand.(value.String)
	return ok && ok2 && matchPattern(string(pattern), string(text))
}

// matchPattern takes the texts between the stars one after the other, each where it is first found; what follows the last star must
// be the end.
func matchPattern(pattern, text string) bool {
	part, rest, star := cutStar(pattern)
	if !star {
		return part == text
	}
	if !strings.HasPrefix(text, part) {
		return false
	}
	text = text[len(part):]
	for {
		if part, rest, star = cutStar(rest); !star {
			return strings.HasSuffix(text, part)
		}
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
}

// cutStar splits a pattern at its first star. The part before it has no escapes any more.
func cutStar(pattern string) (part, rest string, star bool) {
	i := strings.IndexAny(pattern, `*\`)
	if i < 0 {
		return pattern, "", false
	}
	if pattern[i] == '*' {
		return pattern[:i], pattern[i+1:], true
	}
	literal := []byte(pattern[:i])
	for ; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '*':
			return string(literal), pattern[i+1:], true
		case c == '\\' && i+1 < len(pattern) && (pattern[i+1] == '*' || pattern[i+1] == '\\'):
			i++
			c = pattern[i]
		}
		literal = append(literal, c)
	}
	return string(literal), "", false
}
