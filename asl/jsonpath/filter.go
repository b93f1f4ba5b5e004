package jsonpath

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/value"
)

// Expr is the condition of a filter: *Logical, *Not, *Exists or *Comparison.
type Expr interface{ isExpr() }

// Logical joins conditions by && or ||.
type Logical struct {
	And      bool // && if true, else ||
	Operands []Expr
}

// Not is !condition.
type Not struct {
	Operand Expr
}

// Exists is a path by itself: true when it leads somewhere, with Negated when it does not.
type Exists struct {
	Path    *Path
	Negated bool
}

// Comparison is left operator right.
type Comparison struct {
	Left, Right Operand
	Op          Operator
	OpOffset    int
}

// Operand is a side of a Comparison: a path, a pattern or a literal.
type Operand struct {
	Path    *Path
	Pattern *Pattern
	Literal value.Value
	Offset  int
	End     int
}

func (*Logical) isExpr()    {}
func (*Not) isExpr()        {}
func (*Exists) isExpr()     {}
func (*Comparison) isExpr() {}

// Operator is a comparison operator as it is written, words in lower case.
type Operator string

// The operators. The words are read in any case.
const (
	OpEqual          Operator = "=="
	OpNotEqual       Operator = "!="
	OpSame           Operator = "===" // equal, and of the same type
	OpNotSame        Operator = "!=="
	OpLess           Operator = "<"
	OpLessOrEqual    Operator = "<="
	OpGreater        Operator = ">"
	OpGreaterOrEqual Operator = ">="
	OpMatches        Operator = "=~"
	OpIn             Operator = "in"
	OpNotIn          Operator = "nin"
	OpContains       Operator = "contains"
	OpAll            Operator = "all"
	OpSize           Operator = "size"
	OpEmpty          Operator = "empty"
	OpSubsetOf       Operator = "subsetof"
	OpAnyOf          Operator = "anyof"
	OpNoneOf         Operator = "noneof"
)

var operators = []Operator{
	OpEqual, OpNotEqual, OpSame, OpNotSame, OpLess, OpLessOrEqual, OpGreater, OpGreaterOrEqual, OpMatches,
	OpIn, OpNotIn, OpContains, OpAll, OpSize, OpEmpty, OpSubsetOf, OpAnyOf, OpNoneOf,
}

const symbolChars = "<>=~!"

// filter reads ?(…)] from the question mark on.
func (p *parser) filter(step *Step) error {
	p.pos++
	p.blanks()
	if err := p.expect('(', "'(' after '?'"); err != nil {
		return err
	}
	step.Kind = Filter
	var err error
	if step.Filter, err = p.or(); err != nil {
		return err
	}
	if err := p.closing(); err != nil {
		return err
	}
	p.blanks()
	return p.expect(']', "']' behind the filter")
}

// closing expects the ) of a condition.
func (p *parser) closing() error {
	p.blanks()
	return p.expect(')', "')', '&&' or '||'")
}

// or reads conditions joined by ||, which binds weaker than &&.
func (p *parser) or() (Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	return p.joined("||", func() (Expr, error) { return p.joined("&&", p.condition) })
}

func (p *parser) joined(operator string, operand func() (Expr, error)) (Expr, error) {
	first, err := operand()
	if err != nil {
		return nil, err
	}
	all := []Expr{first}
	for p.blanks(); strings.HasPrefix(p.text[p.pos:p.end], operator); p.blanks() {
		p.pos += len(operator)
		next, err := operand()
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	if len(all) == 1 {
		return first, nil
	}
	return &Logical{And: operator == "&&", Operands: all}, nil
}

func (p *parser) condition() (Expr, error) {
	p.blanks()
	switch p.peek() {
	case '!':
		bang := p.pos
		p.pos++
		p.blanks()
		if c := p.peek(); c == '@' || c == '$' {
			p.pos = bang
			return p.comparison()
		}
		if err := p.enter(); err != nil {
			return nil, err
		}
		defer p.leave()
		operand, err := p.condition()
		return &Not{operand}, err
	case '(':
		p.pos++
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		return inner, p.closing()
	}
	return p.comparison()
}

// comparison reads operand [operator operand]. A ! before the path of a comparison has no effect: in Jayway it belongs to
// the path and counts only when the path stands alone (`!@.a == 1` is `@.a == 1`).
func (p *parser) comparison() (Expr, error) {
	negated := p.peek() == '!'
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.blanks()
	rest := p.text[p.pos:p.end]
	if rest == "" || rest[0] == ')' || strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||") {
		if left.Path == nil {
			return nil, p.errorf(p.pos, "%s where an operator should be; a literal is no condition by itself", p.found(p.pos))
		}
		return &Exists{left.Path, negated}, nil
	}
	c := &Comparison{Left: left, OpOffset: p.pos}
	if c.Op, err = p.operator(); err != nil {
		return nil, err
	}
	c.Right, err = p.operand()
	return c, err
}

func (p *parser) operator() (Operator, error) {
	start := p.pos
	symbols := strings.IndexByte(symbolChars, p.peek()) >= 0
	for p.pos < p.end {
		c := p.text[p.pos]
		if symbols && strings.IndexByte(symbolChars, c) < 0 || !symbols && (c == ' ' || c == ')' || c == ']') {
			break
		}
		p.pos++
	}
	word := Operator(strings.ToLower(p.text[start:p.pos]))
	if slices.Contains(operators, word) {
		return word, nil
	}
	return "", p.errorf(start, "unknown operator %q; there are %s", p.text[start:p.pos], strings.Trim(fmt.Sprint(operators), "[]"))
}

func (p *parser) operand() (Operand, error) {
	p.blanks()
	if p.peek() == '!' { // see comparison
		p.pos++
		p.blanks()
		if c := p.peek(); c != '@' && c != '$' {
			return Operand{}, p.errorf(p.pos, "%s where a path should be after '!'", p.found(p.pos))
		}
	}
	o := Operand{Offset: p.pos}
	var err error
	switch c := p.peek(); {
	case p.pos >= p.end:
		err = p.errorf(p.pos, "the filter ends where a value should be")
	case c == '@' || c == '$':
		o.Path, err = p.innerPath()
	case c == '\'' || c == '"':
		var s string
		s, err = p.quoted()
		o.Literal = value.String(s)
	case c == '/':
		o.Pattern, err = p.pattern()
	case c == '{' || c == '[':
		o.Literal, err = p.jsonLiteral()
	default:
		o.Literal, err = p.word()
	}
	o.End = p.pos
	return o, err
}

// innerPath reads a path inside a filter, which ends at an operator, a blank or the closing ) of the filter. So a path that
// touches && swallows it, as in Jayway: blanks belong around operators.
func (p *parser) innerPath() (*Path, error) {
	start := p.pos
	i := start + 1
scan:
	for i < p.end {
		switch c := p.text[i]; {
		case c == '[':
			closing := p.closingBracket(i)
			if closing < 0 {
				return nil, p.errorf(i, "the closing ] is missing")
			}
			i = closing
		case c == ')':
			// The ) of a function without arguments belongs to the path; functions with arguments cannot stand in a filter.
			if p.text[i-1] != '(' || !strings.Contains(p.text[start:i], ".") {
				break scan
			}
		case c == ' ' || strings.IndexByte(symbolChars, c) >= 0:
			break scan
		}
		i++
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	inner := &parser{text: p.text, pos: start, end: i, dialect: p.dialect, depth: p.depth}
	path, err := inner.path(true)
	if err != nil {
		return nil, err
	}
	p.pos = i
	return path, nil
}

// closingBracket finds the ] that belongs to the [ at an offset, or returns -1.
func (p *parser) closingBracket(open int) int {
	depth := 0
	for i := open; i < p.end; i++ {
		switch c := p.text[i]; c {
		case '\'', '"':
			for i++; i < p.end && p.text[i] != c; i++ {
				if p.text[i] == '\\' {
					i++
				}
			}
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// word reads true, false, null, a number, or (in Step Functions' dialect) an unquoted word, which is a string.
func (p *parser) word() (value.Value, error) {
	start := p.pos
	for p.pos < p.end && strings.IndexByte(" )]"+symbolChars+"&|,", p.text[p.pos]) < 0 {
		_, size := utf8.DecodeRuneInString(p.text[p.pos:])
		p.pos += size
	}
	text := p.text[start:p.pos]
	switch text {
	case "":
		return nil, p.errorf(start, "%s where a path, number, string, list, object or /pattern/ should be", p.found(start))
	case "true":
		return value.Bool(true), nil
	case "false":
		return value.Bool(false), nil
	case "null":
		return value.Null{}, nil
	}
	if n, ok := number(text); ok {
		return n, nil
	}
	if p.dialect == Jayway {
		return nil, p.errorf(start, "%q is no number; strings need quotes", text)
	}
	return value.String(text), nil
}

// number reads what BigDecimal reads of JSON's numbers and a little more: 1, -1.5, 1e3, .5, 1., 007.
func number(text string) (value.Number, bool) {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	mantissa, exponent := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], text[i:]
	}
	whole, fraction, dotted := strings.Cut(mantissa, ".")
	if whole == "" && fraction == "" {
		return "", false
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	canonical := sign + whole
	if dotted && fraction != "" {
		canonical += "." + fraction
	}
	v, err := value.Parse(canonical + exponent)
	n, ok := v.(value.Number)
	return n, err == nil && ok
}
