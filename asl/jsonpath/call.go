package jsonpath

import (
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// FunctionNames lists the functions that a path may end with, sorted.
func FunctionNames() []string { return slices.Clone(functionNames) }

var functionNames = []string{"append", "avg", "concat", "distinct", "first", "index", "keys", "last", "length", "max", "min", "size", "stddev", "sum"}

// call reads the arguments of a function whose name ends at the current position, a '('.
func (p *parser) call(path *Path, start int, name string) error {
	if p.dialect == StepFunctions && !slices.Contains(functionNames, name) {
		return p.errorf(p.pos-len(name), "unknown function %q; there are %s", name, strings.Join(functionNames, ", "))
	}
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	step := Step{Kind: Function, Offset: start, Func: name}
	p.pos++
	for p.blanks(); p.peek() != ')'; p.blanks() {
		arg, err := p.argument()
		if err != nil {
			return err
		}
		step.Args = append(step.Args, arg)
		p.blanks()
		if p.peek() == ',' {
			p.pos++
			continue
		}
		if p.peek() != ')' {
			return p.errorf(p.pos, "%s where ',' or ')' should be", p.found(p.pos))
		}
	}
	p.pos++
	step.End = p.pos
	path.Steps = append(path.Steps, step)
	return nil
}

// argument reads a path, a number, a string in double quotes or an object.
func (p *parser) argument() (Arg, error) {
	start := p.pos
	end := p.argumentEnd()
	text := strings.TrimRight(p.text[start:end], " ")
	switch c := p.peek(); {
	case c == '$' || c == '@':
		inner := &parser{text: p.text, pos: start, end: start + len(text), dialect: p.dialect, depth: p.depth}
		path, err := inner.path(true)
		if err != nil {
			return Arg{}, err
		}
		p.pos = end
		return Arg{Path: path}, nil
	case c == '{' || c == '"' || c == '-' || '0' <= c && c <= '9':
		v, err := value.Parse(text)
		if err != nil {
			return Arg{}, p.errorf(start, "the argument is not JSON: %v", err)
		}
		p.pos = end
		return Arg{Literal: v}, nil
	}
	return Arg{}, p.errorf(start, "%s where a path, a number, a string in double quotes or an object should be", p.found(start))
}

// argumentEnd finds the ',' or ')' that ends the argument which starts at the current position.
func (p *parser) argumentEnd() int {
	depth := 0
	for i := p.pos; i < p.end; i++ {
		switch c := p.text[i]; c {
		case '"', '\'':
			for i++; i < p.end && p.text[i] != c; i++ {
				if p.text[i] == '\\' {
					i++
				}
			}
		case '(', '[', '{':
			depth++
		case ']', '}':
			depth--
		case ')':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return p.end
}
