package dynamodb

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// env is what an expression sees.
type env struct {
	request *value.Object
	item    map[string]attribute
}

type (
	operand   func(*env) (attribute, error) // errNone where there is no such attribute
	condition func(*env) (bool, error)
)

// assignment sets an attribute, or removes it when there is no value.
type assignment struct {
	path  string
	value operand
}

var errNone = invalid("The provided expression refers to an attribute that does not exist in the item")

// name resolves a #name.
func (e *env) name(path string) (string, error) {
	if !strings.HasPrefix(path, "#") {
		return path, nil
	}
	names, _ := e.request.Get("ExpressionAttributeNames")
	if object, ok := names.(*value.Object); ok {
		if name := textOf(object, path); name != "" {
			return name, nil
		}
	}
	return "", invalid("An expression attribute name used in the document path is not defined; attribute name: %s", path)
}

// operandOf is an attribute or a :value.
func operandOf(token string) operand {
	return func(e *env) (attribute, error) {
		if strings.HasPrefix(token, ":") {
			values, _ := e.request.Get("ExpressionAttributeValues")
			object, _ := values.(*value.Object)
			if object != nil {
				if v, ok := object.Get(token); ok {
					return attributeOf(v)
				}
			}
			return attribute{}, invalid("An expression attribute value used in expression is not defined; attribute value: %s", token)
		}
		name, err := e.name(token)
		if err != nil {
			return attribute{}, err
		}
		v, ok := e.item[name]
		if !ok {
			return attribute{}, errNone
		}
		return v, nil
	}
}

var tokens = regexp.MustCompile(`\s*([:#]?[A-Za-z_][A-Za-z0-9_.]*|<=|>=|<>|[=<>(),+-])`)

type parser struct {
	text string
	list []string
	at   int
}

func newParser(text string) (*parser, error) {
	p := &parser{text: text}
	for rest := text; strings.TrimSpace(rest) != ""; {
		m := tokens.FindStringSubmatchIndex(rest)
		if m == nil || m[0] != 0 {
			return nil, invalid("Invalid expression %q: syntax error near %q", text, rest)
		}
		p.list = append(p.list, rest[m[2]:m[3]])
		rest = rest[m[1]:]
	}
	return p, nil
}

func (p *parser) peek() string {
	if p.at < len(p.list) {
		return p.list[p.at]
	}
	return ""
}

func (p *parser) take() string {
	token := p.peek()
	p.at++
	return token
}

func (p *parser) accept(token string) bool {
	if strings.EqualFold(p.peek(), token) {
		p.at++
		return true
	}
	return false
}

func (p *parser) fail() error {
	return invalid("Invalid expression %q: syntax error near %q", p.text, p.peek())
}

var name = regexp.MustCompile(`^[:#]?[A-Za-z_]`)

func (p *parser) path() (string, error) {
	if !name.MatchString(p.peek()) {
		return "", p.fail()
	}
	return p.take(), nil
}

func parseUpdate(text string) ([]assignment, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	var all []assignment
	for p.at < len(p.list) {
		clause := strings.ToUpper(p.take())
		for first := true; first || p.accept(","); first = false {
			path, err := p.path()
			if err != nil {
				return nil, err
			}
			a := assignment{path: path}
			switch clause {
			case "SET":
				if !p.accept("=") {
					return nil, p.fail()
				}
				a.value, err = p.sum()
			case "ADD":
				var by operand
				if by, err = p.operand(); err == nil {
					zero := attribute{kind: "N", text: "0"}
					a.value = arithmetic(orElse(operandOf(path), func(*env) (attribute, error) { return zero, nil }), by, 1)
				}
			case "REMOVE":
			default:
				return nil, invalid("Invalid UpdateExpression %q: there is no clause %s", text, clause)
			}
			if err != nil {
				return nil, err
			}
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		return nil, invalid("Invalid UpdateExpression: The expression can not be empty;")
	}
	return all, nil
}

func (p *parser) sum() (operand, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	sign := 0.0
	switch {
	case p.accept("+"):
		sign = 1
	case p.accept("-"):
		sign = -1
	default:
		return left, nil
	}
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	return arithmetic(left, right, sign), nil
}

func (p *parser) operand() (operand, error) {
	if !p.accept("if_not_exists") {
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		return operandOf(path), nil
	}
	if !p.accept("(") {
		return nil, p.fail()
	}
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	if !p.accept(",") {
		return nil, p.fail()
	}
	other, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !p.accept(")") {
		return nil, p.fail()
	}
	return orElse(operandOf(path), other), nil
}

func orElse(first, second operand) operand {
	return func(e *env) (attribute, error) {
		v, err := first(e)
		if err == errNone {
			return second(e)
		}
		return v, err
	}
}

func arithmetic(left, right operand, sign float64) operand {
	return func(e *env) (attribute, error) {
		a, err := left(e)
		if err != nil {
			return a, err
		}
		b, err := right(e)
		if err != nil {
			return b, err
		}
		if a.kind != "N" || b.kind != "N" {
			return a, invalid("An operand in the update expression has an incorrect data type")
		}
		n := a.n + sign*b.n
		text := strconv.FormatFloat(n, 'f', -1, 64)
		return attribute{kind: "N", text: text, n: n, raw: value.NewObject(value.Member{Name: "N", Value: value.String(text)})}, nil
	}
}

func parseCondition(text string) (condition, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	c, err := p.or()
	if err == nil && p.at < len(p.list) {
		err = p.fail()
	}
	return c, err
}

func (p *parser) or() (condition, error) { return p.chain("OR", p.and, true) }

func (p *parser) and() (condition, error) { return p.chain("AND", p.not, false) }

// chain is a list of conditions of which one that is stop decides.
func (p *parser) chain(word string, part func() (condition, error), stop bool) (condition, error) {
	first, err := part()
	list := []condition{first}
	for err == nil && p.accept(word) {
		var next condition
		next, err = part()
		list = append(list, next)
	}
	if err != nil || len(list) == 1 {
		return first, err
	}
	return func(e *env) (bool, error) {
		for _, c := range list {
			if holds, err := c(e); err != nil || holds == stop {
				return holds, err
			}
		}
		return !stop, nil
	}, nil
}

func (p *parser) not() (condition, error) {
	if !p.accept("NOT") {
		return p.test()
	}
	c, err := p.not()
	if err != nil {
		return nil, err
	}
	return func(e *env) (bool, error) {
		holds, err := c(e)
		return !holds, err
	}, nil
}

func (p *parser) test() (condition, error) {
	if p.accept("(") {
		c, err := p.or()
		if err == nil && !p.accept(")") {
			err = p.fail()
		}
		return c, err
	}
	if p.accept("begins_with") {
		return p.beginsWith()
	}
	for _, function := range []string{"attribute_exists", "attribute_not_exists"} {
		if !p.accept(function) {
			continue
		}
		if !p.accept("(") {
			return nil, p.fail()
		}
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		if !p.accept(")") {
			return nil, p.fail()
		}
		return func(e *env) (bool, error) {
			name, err := e.name(path)
			_, there := e.item[name]
			return there == (function == "attribute_exists"), err
		}, nil
	}
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if p.accept("IN") {
		return p.in(left)
	}
	comparator := p.take()
	if !slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, comparator) {
		p.at--
		return nil, p.fail()
	}
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	return compared(left, comparator, right), nil
}

func compared(left operand, comparator string, right operand) condition {
	return func(e *env) (bool, error) {
		a, err := left(e)
		if err == errNone {
			return comparator == "<>", nil
		}
		if err != nil {
			return false, err
		}
		b, err := right(e)
		if err == errNone {
			return comparator == "<>", nil
		}
		if err != nil || a.kind != b.kind {
			return comparator == "<>", err
		}
		order := a.compare(b)
		switch comparator {
		case "=":
			return order == 0, nil
		case "<>":
			return order != 0, nil
		case "<":
			return order < 0, nil
		case "<=":
			return order <= 0, nil
		case ">":
			return order > 0, nil
		}
		return order >= 0, nil
	}
}

// compare is the order of values of one kind: numbers by their value, all else by its bytes.
func (a attribute) compare(b attribute) int {
	if a.kind == "N" && b.kind == "N" {
		return cmp.Compare(a.n, b.n)
	}
	return cmp.Compare(a.text, b.text)
}

// beginsWith reads (path, operand) behind begins_with.
func (p *parser) beginsWith() (condition, error) {
	list, err := p.operands()
	if err != nil {
		return nil, err
	}
	if len(list) != 2 {
		return nil, invalid("Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: %d", len(list))
	}
	return func(e *env) (bool, error) {
		a, err := list[0](e)
		if err == errNone {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		b, err := list[1](e)
		return err == nil && a.kind == "S" && b.kind == "S" && strings.HasPrefix(a.text, b.text), err
	}, nil
}

// in reads (operand, …) behind IN.
func (p *parser) in(left operand) (condition, error) {
	list, err := p.operands()
	if err != nil {
		return nil, err
	}
	return func(e *env) (bool, error) {
		for _, right := range list {
			if holds, err := compared(left, "=", right)(e); holds || err != nil {
				return holds, err
			}
		}
		return false, nil
	}, nil
}

// operands reads a list in parentheses.
func (p *parser) operands() ([]operand, error) {
	if !p.accept("(") {
		return nil, p.fail()
	}
	var list []operand
	for len(list) == 0 || p.accept(",") {
		o, err := p.operand()
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	if !p.accept(")") {
		return nil, p.fail()
	}
	return list, nil
}

func attributeOf(v value.Value) (attribute, error) {
	object, _ := v.(*value.Object)
	if object == nil || object.Len() != 1 {
		return attribute{}, invalid(`Supplied AttributeValue must be one of the types, such as {"N": "1"}; it is %s`, value.Text(v))
	}
	m := object.Members()[0]
	a := attribute{kind: m.Name, raw: v}
	text, isText := m.Value.(value.String)
	switch m.Name {
	case "N":
		n, err := strconv.ParseFloat(string(text), 64)
		if !isText || err != nil {
			return a, invalid("The parameter cannot be converted to a numeric value: %s", value.Text(m.Value))
		}
		a.text, a.n = string(text), n
	case "S":
		if !isText {
			return a, invalid("S is no string: %s", value.Text(m.Value))
		}
		a.text = string(text)
	default:
		a.text = value.Compact(v)
	}
	return a, nil
}

func attributesOf(o *value.Object) (map[string]attribute, error) {
	all := map[string]attribute{}
	for _, m := range o.Members() {
		v, err := attributeOf(m.Value)
		if err != nil {
			return nil, err
		}
		all[m.Name] = v
	}
	return all, nil
}

func itemValue(item map[string]attribute) value.Value {
	members := make([]value.Member, 0, len(item))
	for name, v := range item {
		members = append(members, value.Member{Name: name, Value: v.raw})
	}
	slices.SortFunc(members, func(a, b value.Member) int { return cmp.Compare(a.Name, b.Name) })
	return value.NewObject(members...)
}
