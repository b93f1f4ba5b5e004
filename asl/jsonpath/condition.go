package jsonpath

import (
	"errors"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

// errNoMatch ends the test of a value: an operator met an operand that it cannot work on, so the value does not pass,
// also when the condition stands under a negation.
var errNoMatch = errors.New("the operands do not fit the operator")

// accepts tells whether a value passes a filter.
func (e *evaluator) accepts(step *Step, v value.Value) (bool, error) {
	ok, err := e.holds(step.Filter, v)
	if err == errNoMatch {
		return false, nil
	}
	return ok && err == nil, err
}

func (e *evaluator) holds(expr Expr, v value.Value) (bool, error) {
	switch expr := expr.(type) {
	case *Logical:
		for _, operand := range expr.Operands {
			ok, err := e.holds(operand, v)
			if err != nil || ok != expr.And {
				return ok, err
			}
		}
		return expr.And, nil
	case *Not:
		ok, err := e.holds(expr.Operand, v)
		return !ok && err == nil, err
	case *Exists:
		_, ok, err := e.inner(expr.Path, v, true)
		return ok != expr.Negated && err == nil, err
	case *Comparison:
		left, err := e.side(&expr.Left, v)
		if err != nil {
			return false, err
		}
		right, err := e.side(&expr.Right, v)
		if err != nil {
			return false, err
		}
		return e.compare(expr.Op, left, right)
	}
	return false, errNoMatch
}

// inner evaluates a path of a filter; the second result tells whether it led somewhere.
func (e *evaluator) inner(p *Path, v value.Value, require bool) (value.Value, bool, error) {
	root := e.document
	if p.Root == RootItem {
		root = v
	}
	if p.plain {
		found, ok := p.follow(root)
		return found, ok, e.spend(1)
	}
	found, err := evaluate(p, root, e.document, require, e.spent)
	if err != nil && isMissing(err) {
		return nil, false, nil
	}
	return found, err == nil, err
}

// side is an evaluated operand.
type side struct {
	v       value.Value // nil when a path led nowhere
	pattern *Pattern
	literal bool // written in the filter
}

func (e *evaluator) side(o *Operand, v value.Value) (side, error) {
	if o.Path == nil {
		return side{v: o.Literal, pattern: o.Pattern, literal: true}, nil
	}
	found, _, err := e.inner(o.Path, v, false)
	return side{v: found}, err
}

func (e *evaluator) compare(op Operator, left, right side) (bool, error) {
	switch op {
	case OpEqual:
		return e.equalSides(left, right), e.spend(1)
	case OpNotEqual:
		return !e.equalSides(left, right), e.spend(1)
	case OpSame:
		return sameType(left, right) && e.equalSides(left, right), e.spend(1)
	case OpNotSame:
		return !sameType(left, right) || !e.equalSides(left, right), e.spend(1)
	case OpLess, OpLessOrEqual, OpGreater, OpGreaterOrEqual:
		return ordered(op, left.v, right.v), nil
	case OpMatches:
		return e.matches(left, right)
	case OpIn, OpNotIn:
		found, err := e.inList(left, right)
		return found == (op == OpIn) && err == nil, err
	case OpContains:
		return e.contains(left, right)
	case OpAll:
		// Jayway asks for a list of a kind that a filter cannot write, so that `all` never holds.
		return false, errNoMatch
	case OpSize:
		return hasSize(left.v, right.v), nil
	case OpEmpty:
		return isEmpty(left.v, right.v)
	}
	return e.compareLists(op, left, right)
}

func sameType(left, right side) bool {
	if left.v == nil || right.v == nil || left.pattern != nil || right.pattern != nil {
		return false
	}
	return nodeKind(left.v) == nodeKind(right.v)
}

// nodeKind treats arrays and objects as one type, JSON, as Jayway does.
func nodeKind(v value.Value) value.Kind {
	if v.Kind() == value.KindArray {
		return value.KindObject
	}
	return v.Kind()
}

// equalSides is ==. An array or object written on the left equals nothing: Jayway compares its text with the other's value.
func (e *evaluator) equalSides(left, right side) bool {
	if left.pattern != nil || right.pattern != nil {
		return left.pattern != nil && left.pattern == right.pattern
	}
	if left.v == nil || right.v == nil {
		return false
	}
	if nodeKind(left.v) == value.KindObject {
		return !left.literal && nodeKind(right.v) == value.KindObject && e.sameJSON(left.v, right.v)
	}
	return equalScalars(left.v, right.v, right.literal)
}

// equalScalars compares with the coercions of the left side: a number with a string that is one, a string with a number's text.
// literal tells that the right side stands in the filter.
func equalScalars(left, right value.Value, literal bool) bool {
	switch l := left.(type) {
	case value.Number:
		switch r := right.(type) {
		case value.Number:
			return compareNumbers(l, r) == 0
		case value.String:
			n, ok := number(strings.TrimPrefix(string(r), "+"))
			return ok && compareNumbers(l, n) == 0
		}
		return false
	case value.String:
		switch r := right.(type) {
		case value.String:
			return l == r
		case value.Number:
			return string(l) == decimalText(r, literal)
		}
		return false
	case value.Bool:
		r, ok := right.(value.Bool)
		return ok && l == r
	case value.Null:
		_, ok := right.(value.Null)
		return ok
	}
	return false
}

// sameJSON compares arrays and objects as Java does its lists and maps: a whole number is not equal to a fraction (1 and 1.0).
func (e *evaluator) sameJSON(a, b value.Value) bool {
	e.spent.visits++ // found out behind the comparison
	switch a := a.(type) {
	case *value.Array:
		b, ok := b.(*value.Array)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for i, item := range a.Items() {
			if !e.sameJSON(item, b.At(i)) {
				return false
			}
		}
		return true
	case *value.Object:
		b, ok := b.(*value.Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for _, m := range a.Members() {
			other, ok := b.Get(m.Name)
			if !ok || !e.sameJSON(m.Value, other) {
				return false
			}
		}
		return true
	case value.Number:
		b, ok := b.(value.Number)
		return ok && isFraction(a) == isFraction(b) && compareNumbers(a, b) == 0
	}
	return value.Equal(a, b)
}

func isFraction(n value.Number) bool { return strings.ContainsAny(string(n), ".eE") }

// ordered is <, <=, > and >=, for two numbers or two strings.
func ordered(op Operator, left, right value.Value) bool {
	var order int
	switch l := left.(type) {
	case value.Number:
		r, ok := right.(value.Number)
		if !ok {
			return false
		}
		order = compareNumbers(l, r)
	case value.String:
		r, ok := right.(value.String)
		if !ok {
			return false
		}
		order = javalang.Compare(string(l), string(r))
	default:
		return false
	}
	switch op {
	case OpLess:
		return order < 0
	case OpLessOrEqual:
		return order <= 0
	case OpGreater:
		return order > 0
	}
	return order >= 0
}

// matches is =~: one side is a pattern, the other a text or a list of which one item must match as a whole.
func (e *evaluator) matches(left, right side) (bool, error) {
	if (left.pattern == nil) == (right.pattern == nil) {
		return false, nil
	}
	pattern, input := left.pattern, right.v
	if pattern == nil {
		pattern, input = right.pattern, left.v
	}
	array, ok := input.(*value.Array)
	if !ok {
		return e.match(pattern, patternInput(input))
	}
	for _, item := range array.Items() {
		if ok, err := e.match(pattern, patternInput(item)); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func patternInput(v value.Value) string {
	switch v := v.(type) {
	case value.String:
		return string(v)
	case value.Number:
		return decimalText(v, false)
	case value.Bool:
		return javalang.Text(v)
	}
	return ""
}

// inList is in: the right side must be an array.
func (e *evaluator) inList(left, right side) (bool, error) {
	if right.v == nil || nodeKind(right.v) != value.KindObject {
		return false, errNoMatch
	}
	array, ok := right.v.(*value.Array)
	if !ok {
		return false, nil
	}
	return e.listHas(array, left)
}

func (e *evaluator) listHas(list *value.Array, wanted side) (bool, error) {
	found := false
	for _, item := range list.Items() {
		if err := e.spend(itemCost(item)); err != nil {
			return false, err
		}
		if nodeKind(item) == value.KindObject {
			return false, &EvalError{"Could not determine value type"} // Jayway cannot search lists of lists or objects
		}
		found = found || equalItem(wanted, item)
	}
	return found, nil
}

// itemCost is what equalItem may cost: a string may have to be read as a path, with its patterns.
func itemCost(item value.Value) int {
	s, ok := item.(value.String)
	switch {
	case !ok:
		return 1
	case strings.ContainsAny(string(s[:min(len(s), 1)]), "$@ \t\r\n"):
		return 1 + 4*len(s)
	}
	return 1 + len(s)/bytesPerVisit
}

// equalItem compares with an item of a list. Items that are strings pass through Jayway's guess of what they are: one that
// is a path or JSON itself equals nothing, and one in quotes loses them.
func equalItem(wanted side, item value.Value) bool {
	if wanted.v == nil || wanted.pattern != nil || nodeKind(wanted.v) == value.KindObject {
		return false
	}
	s, ok := item.(value.String)
	if !ok {
		return equalScalars(wanted.v, item, false)
	}
	text := string(s)
	trimmed := strings.TrimSpace(text)
	if len(trimmed) > 1 && (trimmed[0] == '[' && trimmed[len(trimmed)-1] == ']' || trimmed[0] == '{' && trimmed[len(trimmed)-1] == '}') {
		if _, err := value.Parse(trimmed); err == nil {
			return false
		}
	}
	if trimmed != "" && (trimmed[0] == '$' || trimmed[0] == '@') {
		if _, err := ParseDialect(trimmed, Jayway); err == nil {
			return false
		}
	}
	if n := len(text); n > 1 {
		if c := text[0]; (c == '\'' || c == '"') && text[n-1] == c {
			text = text[1 : n-1]
		}
		if plain, bad := unescape(text); bad < 0 {
			text = plain
		}
	}
	return equalScalars(wanted.v, value.String(text), false)
}

func (e *evaluator) contains(left, right side) (bool, error) {
	switch l := left.v.(type) {
	case value.String:
		r, ok := right.v.(value.String)
		return ok && strings.Contains(string(l), string(r)), e.spend(len(l) / 512)
	case *value.Array:
		return e.listHas(l, right)
	}
	return false, nil
}

func hasSize(left, right value.Value) bool {
	n, ok := right.(value.Number)
	if !ok {
		return false
	}
	size, ok := n.Int()
	if !ok {
		size = int64(max(-1<<31, min(1<<31-1, n.Float()))) // intValue drops the fraction
	}
	switch l := left.(type) {
	case value.String:
		return int64(javalang.Length(string(l))) == size
	case *value.Array:
		return int64(l.Len()) == size
	case *value.Object:
		return size == -1 // what Jayway gives as the size of an object
	}
	return false
}

func isEmpty(left, right value.Value) (bool, error) {
	var empty bool
	switch l := left.(type) {
	case value.String:
		empty = l == ""
	case *value.Array:
		empty = l.Len() == 0
	case *value.Object:
		empty = l.Len() == 0
	default:
		return false, nil
	}
	want, ok := right.(value.Bool)
	if !ok {
		return false, errNoMatch
	}
	return empty == bool(want), nil
}

// compareLists is subsetof, anyof and noneof.
func (e *evaluator) compareLists(op Operator, left, right side) (bool, error) {
	if left.v == nil || right.v == nil || nodeKind(left.v) != value.KindObject || nodeKind(right.v) != value.KindObject {
		return false, errNoMatch
	}
	l, leftOK := left.v.(*value.Array)
	r, rightOK := right.v.(*value.Array)
	if !leftOK || !rightOK {
		return false, nil
	}
	common := 0
	for _, item := range l.Items() {
		found, err := e.listHas(r, side{v: item})
		if err != nil {
			return false, err
		}
		if found {
			common++
		}
	}
	switch op {
	case OpSubsetOf:
		return common == l.Len(), nil
	case OpAnyOf:
		return common > 0, nil
	}
	return common == 0, nil
}
