package jsonata

import (
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// maxNesting bounds how deep expressions may nest: parentheses, calls, chains of operators.
const maxNesting = 10000

// maxParens bounds the parser's own recursion.
const maxParens = 2500

// maxNodes bounds the size of an expression. A megabyte of numbers fits; what Step Functions runs is a hundred times smaller.
const maxNodes = 150_000

// Parse reads an expression and returns its tree. Errors are *Error, with the codes of the original.
func Parse(text string) (*Node, error) {
	n, err := parse(text)
	if err != nil {
		return nil, err.finish(text)
	}
	if _, err := compileTree(n); err != nil {
		return nil, err.finish(text)
	}
	return n, nil
}

func parse(text string) (node *Node, err *Error) {
	defer func() {
		if p := recover(); p != nil {
			node, err = nil, recovered(p)
		}
	}()
	p := &parser{lexer: lexer{text: text}}
	p.tok = p.next(false)
	p.check()
	node = p.expression(0)
	if p.tok.kind != tokenEnd {
		p.fail("S0201", &p.tok)
	}
	return node, nil
}

type parser struct {
	lexer
	tok   token
	last  int // the end of the token before tok
	depth int
	nodes int
}

func (p *parser) fail(code string, t *token) {
	panic(&Error{Code: code, Token: tokenText(t), bareToken: t.bare(), hasToken: true, pos: t.end})
}

func tokenText(t *token) string {
	if t.kind == tokenEnd {
		return "(end)"
	}
	if t.kind == tokenNumber {
		return formatNumber(t.number)
	}
	return t.text
}

// bare tells whether messages show the token without quotes.
func (t *token) bare() bool { return t.kind == tokenNumber || t.kind == tokenLiteral }

// bindingPower is how strongly an operator binds to the operand on its left.
func bindingPower(t *token) int {
	if t.kind != tokenOperator {
		return 0
	}
	switch t.text {
	case ".":
		return 75
	case "[", "(", "@", "#":
		return 80
	case "{":
		return 70
	case "*", "/", "%":
		return 60
	case "+", "-", "&":
		return 50
	case "=", "!=", "<", "<=", ">", ">=", "^", "~>", "in":
		return 40
	case "and":
		return 30
	case "or":
		return 25
	case "?":
		return 20
	case ":=":
		return 10
	}
	return 0
}

// check refuses the two operator characters that mean nothing by themselves.
func (p *parser) check() {
	if p.tok.kind == tokenOperator && (p.tok.text == "!" || p.tok.text == "~") {
		p.fail("S0204", &p.tok)
	}
}

func (p *parser) advance(infix bool) {
	p.last = p.tok.end
	p.tok = p.next(infix)
	p.check()
}

// at tells whether the current token is the operator op.
func (p *parser) at(op string) bool { return p.tok.kind == tokenOperator && p.tok.text == op }

// expect moves past the operator op.
func (p *parser) expect(op string, infix bool) {
	if !p.at(op) {
		code := "S0202"
		if p.tok.kind == tokenEnd {
			code = "S0203"
		}
		panic(&Error{Code: code, Token: tokenText(&p.tok), bareToken: p.tok.bare(), hasToken: true, pos: p.tok.end, value: value.String(op)})
	}
	p.advance(infix)
}

func (p *parser) expression(power int) *Node {
	p.depth++
	if p.depth > maxParens {
		p.limit(ErrNesting)
	}
	t := p.tok
	p.advance(true)
	left := p.prefix(t)
	for links := 0; power < bindingPower(&p.tok); links++ {
		if links > maxNesting { // each link nests what stands before it
			p.limit(ErrNesting)
		}
		t = p.tok
		p.advance(false)
		left = p.infix(t, left)
	}
	p.depth--
	return left
}

func (p *parser) limit(limit error) {
	e := limitError(limit)
	e.pos = p.tok.end
	panic(e)
}

// node makes a node that starts with t.
func (p *parser) node(kind Kind, t *token) *Node {
	if p.nodes++; p.nodes > maxNodes {
		p.limit(ErrSize)
	}
	return &Node{Kind: kind, Start: t.start, End: t.end, pos: t.end}
}

func (p *parser) prefix(t token) *Node {
	switch t.kind {
	case tokenEnd:
		return p.node(KindEnd, &t)
	case tokenName, tokenVariable:
		kind := KindName
		if t.kind == tokenVariable {
			kind = KindVariable
		}
		n := p.node(kind, &t)
		n.Name = t.text
		return n
	case tokenString:
		n := p.node(KindString, &t)
		n.Value = value.String(t.text)
		return n
	case tokenNumber:
		n := p.node(KindNumber, &t)
		n.Value = value.Number(formatNumber(t.number))
		return n
	case tokenLiteral:
		n := p.node(KindLiteral, &t)
		switch t.text {
		case "true":
			n.Value = value.Bool(true)
		case "false":
			n.Value = value.Bool(false)
		default:
			n.Value = value.Null{}
		}
		return n
	case tokenRegex:
		n := p.node(KindRegex, &t)
		n.Name, n.Flags, n.regex = t.text, t.regex.flags, t.regex
		return n
	}
	return p.prefixOperator(t)
}

func (p *parser) prefixOperator(t token) *Node {
	var n *Node
	switch t.text {
	case "and", "or", "in": // field names where an operand should be
		n = p.node(KindName, &t)
		n.Name, n.operator = t.text, true
		return n
	case "*":
		return p.node(KindWildcard, &t)
	case "**":
		return p.node(KindDescendants, &t)
	case "%":
		return p.node(KindParent, &t)
	case "?":
		p.fail("S0211", &t)
	case "-":
		n = p.node(KindNegate, &t)
		n.Left = p.expression(70)
	case "(":
		n = p.node(KindBlock, &t)
		for !p.at(")") {
			n.Items = append(n.Items, p.expression(0))
			if !p.at(";") {
				break
			}
			p.advance(false)
		}
		p.expect(")", true)
	case "[":
		n = p.array(t)
	case "{":
		n = p.node(KindObject, &t)
		n.Pairs = p.pairs()
	case "|":
		n = p.node(KindTransform, &t)
		n.Left = p.expression(0)
		p.expect("|", false)
		n.Right = p.expression(0)
		if p.at(",") {
			p.advance(false)
			n.Else = p.expression(0)
		}
		p.expect("|", false)
	default:
		p.fail("S0211", &t)
	}
	n.End = p.last
	return n
}

func (p *parser) array(t token) *Node {
	n := p.node(KindArray, &t)
	for !p.at("]") {
		item := p.expression(0)
		if p.at("..") {
			r := p.node(KindRange, &p.tok)
			r.Op = ".."
			p.advance(false)
			r.Left, r.Right = item, p.expression(0)
			r.Start, r.End = item.Start, p.last
			item = r
		}
		n.Items = append(n.Items, item)
		if !p.at(",") {
			break
		}
		p.advance(false)
		if p.at("]") { // the original wants another item here
			p.fail("S0211", &p.tok)
		}
	}
	p.expect("]", true)
	return n
}

func (p *parser) pairs() []Pair {
	var pairs []Pair
	if !p.at("}") {
		for {
			name := p.expression(0)
			p.expect(":", false)
			pairs = append(pairs, Pair{name, p.expression(0)})
			if !p.at(",") {
				break
			}
			p.advance(false)
		}
	}
	p.expect("}", true)
	return pairs
}

func (p *parser) infix(t token, left *Node) *Node {
	n := p.node(KindBinary, &t)
	n.Op, n.Left = t.text, left
	switch t.text {
	case ".":
		n.Kind = KindPath
		n.Right = p.expression(75)
	case "[":
		if p.at("]") {
			step := left
			for step.Kind == KindFilter {
				step = step.Left
			}
			step.KeepArray = true
			p.expect("]", false) // so that a slash here starts a regular expression, in the original too
			left.End = p.last
			return left
		}
		n.Kind = KindFilter
		n.Right = p.expression(0)
		p.expect("]", true)
	case "(":
		n = p.call(n)
	case "{":
		n.Kind = KindGroup
		n.Pairs = p.pairs()
	case "^":
		p.terms(n)
	case "@", "#":
		n.Kind = KindFocus
		if t.text == "#" {
			n.Kind = KindIndex
		}
		n.Right = p.expression(80)
		if n.Right.Kind != KindVariable {
			panic(&Error{Code: "S0214", Token: t.text, pos: n.Right.pos})
		}
	case "?":
		n.Kind = KindCondition
		n.Right = p.expression(0)
		if p.at(":") {
			p.advance(false)
			n.Else = p.expression(0)
		}
	case ":=":
		n.Kind = KindBind
		if left.Kind != KindVariable {
			panic(&Error{Code: "S0212", Token: nodeToken(left), pos: left.pos})
		}
		n.Right = p.expression(9)
	default:
		if t.text == "~>" {
			n.Kind = KindApply
		}
		n.Right = p.expression(bindingPower(&t))
	}
	n.Start, n.End = left.Start, p.last
	return n
}

// nodeToken is the text by which the original names a node in messages.
func nodeToken(n *Node) string {
	switch n.Kind {
	case KindName, KindVariable:
		return n.Name
	case KindString:
		return string(n.Value.(value.String))
	case KindNumber:
		return formatNumber(n.Value.(value.Number).Float())
	case KindLiteral:
		return value.Text(n.Value)
	case KindWildcard:
		return "*"
	case KindDescendants:
		return "**"
	case KindParent:
		return "%"
	case KindCall, KindPartial:
		return "("
	case KindPath:
		return "."
	case KindBlock:
		return "("
	case KindTransform:
		return "|"
	case KindRegex:
		return n.Name
	case KindEnd:
		return "(end)"
	case KindFilter, KindArray:
		return "["
	case KindGroup, KindObject:
		return "{"
	case KindNegate:
		return "-"
	}
	return n.Op
}

func (p *parser) terms(n *Node) {
	n.Kind = KindSort
	p.expect("(", false)
	for {
		var term Term
		if p.at("<") || p.at(">") {
			term.Descending = p.at(">")
			p.advance(false)
		}
		term.Key = p.expression(0)
		n.Terms = append(n.Terms, term)
		if !p.at(",") {
			break
		}
		p.advance(false)
	}
	p.expect(")", false)
}

func (p *parser) call(n *Node) *Node {
	n.Kind = KindCall
	if !p.at(")") {
		for {
			if p.at("?") {
				n.Kind = KindPartial
				n.Items = append(n.Items, p.node(KindPlaceholder, &p.tok))
				p.advance(false)
			} else {
				n.Items = append(n.Items, p.expression(0))
			}
			if !p.at(",") {
				break
			}
			p.advance(false)
		}
	}
	p.expect(")", true)
	if n.Left.Kind == KindName && (n.Left.Name == "function" || n.Left.Name == "λ") {
		p.lambda(n)
	}
	return n
}

// lambda turns a call of "function" into a function definition.
func (p *parser) lambda(n *Node) {
	n.Kind = KindLambda
	for i, param := range n.Items {
		if param.Kind != KindVariable {
			panic(&Error{Code: "S0208", Token: nodeToken(param), pos: param.pos, value: float64(i + 1)})
		}
	}
	if p.at("<") {
		start := p.tok.end
		var sig strings.Builder
		sig.WriteString("<")
		for depth := 1; depth > 0 && !p.at("{") && p.tok.kind != tokenEnd; {
			p.advance(false)
			switch {
			case p.at(">"):
				depth--
			case p.at("<"):
				depth++
			}
			sig.WriteString(tokenText(&p.tok))
		}
		p.expect(">", false)
		n.Signature = sig.String()
		s, err := parseSignature(n.Signature)
		if err != nil {
			err.pos += start
			panic(err)
		}
		n.sig = s
	}
	p.expect("{", false)
	n.Left = nil
	n.Right = p.expression(0)
	p.expect("}", false)
}
