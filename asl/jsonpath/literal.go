package jsonpath

import (
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// jsonLiteral reads the array or object at the current position. As in Jayway's lenient JSON reader, strings may stand in
// single quotes or, when they are plain words, in none.
func (p *parser) jsonLiteral() (value.Value, error) {
	p.jsonBlanks()
	switch c := p.peek(); {
	case p.pos >= p.end:
		return nil, p.errorf(p.pos, "the literal is not closed")
	case c == '[':
		return p.arrayLiteral()
	case c == '{':
		return p.objectLiteral()
	case c == '\'' || c == '"':
		s, err := p.quoted()
		return value.String(s), err
	}
	return p.jsonWord()
}

func (p *parser) jsonBlanks() {
	for p.pos < p.end && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *parser) arrayLiteral() (value.Value, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.pos++
	var items []value.Value
	for p.jsonBlanks(); p.peek() != ']'; p.jsonBlanks() {
		item, err := p.jsonLiteral()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		if err := p.separator(']'); err != nil {
			return nil, err
		}
	}
	p.pos++
	return value.NewArray(items...), nil
}

func (p *parser) objectLiteral() (value.Value, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.pos++
	var members []value.Member
	for p.jsonBlanks(); p.peek() != '}'; p.jsonBlanks() {
		var name string
		var err error
		if c := p.peek(); c == '\'' || c == '"' {
			name, err = p.quoted()
		} else {
			name, err = p.bare()
		}
		if err != nil {
			return nil, err
		}
		p.jsonBlanks()
		if err := p.expect(':', "':'"); err != nil {
			return nil, err
		}
		v, err := p.jsonLiteral()
		if err != nil {
			return nil, err
		}
		members = append(members, value.Member{Name: name, Value: v})
		if err := p.separator('}'); err != nil {
			return nil, err
		}
	}
	p.pos++
	return value.NewObject(members...), nil
}

// separator reads a comma, or stays before the closing character.
func (p *parser) separator(closing byte) error {
	p.jsonBlanks()
	if p.pos < p.end && p.peek() == closing {
		return nil
	}
	return p.expect(',', "',' or '"+string(closing)+"'")
}

func (p *parser) bare() (string, error) {
	start := p.pos
	for p.pos < p.end && strings.IndexByte(",:[]{}'\"", p.text[p.pos]) < 0 {
		p.pos++
	}
	text := strings.TrimRight(p.text[start:p.pos], " \t\r\n")
	if text == "" {
		return "", p.errorf(start, "%s where a value should be", p.found(start))
	}
	return text, nil
}

func (p *parser) jsonWord() (value.Value, error) {
	text, err := p.bare()
	if err != nil {
		return nil, err
	}
	switch text {
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
	return value.String(text), nil
}
