package jsonata

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenVariable
	tokenOperator
	tokenString
	tokenNumber
	tokenLiteral
	tokenRegex
)

// token is one token of an expression. Its text is the decoded one: a string without its quotes, a variable without its $.
type token struct {
	kind       tokenKind
	text       string
	start, end int
	number     float64
	regex      *regex
}

type lexer struct {
	text string
	pos  int
}

func isOperatorByte(c byte) bool {
	return strings.IndexByte(".[]{}(),@#;:?+-*/%|=<>^&!~", c) >= 0
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' }

// next reads a token. A slash starts a regular expression unless the token stands behind an operand (infix).
func (l *lexer) next(infix bool) token {
	if !l.skipBlanks() {
		return token{kind: tokenEnd, start: len(l.text), end: len(l.text)}
	}
	start := l.pos
	c := l.text[start]
	if c == '/' && !infix {
		return l.regex()
	}
	if start+1 < len(l.text) {
		switch op := l.text[start : start+2]; op {
		case "..", ":=", "!=", ">=", "<=", "**", "~>":
			l.pos += 2
			return token{kind: tokenOperator, text: op, start: start, end: l.pos}
		}
	}
	switch {
	case isOperatorByte(c):
		l.pos++
		return token{kind: tokenOperator, text: l.text[start:l.pos], start: start, end: l.pos}
	case c == '"' || c == '\'':
		return l.str(c)
	case '0' <= c && c <= '9':
		return l.number()
	case c == '`':
		end := strings.IndexByte(l.text[start+1:], '`')
		if end < 0 {
			l.pos = len(l.text)
			l.fail("S0105", "")
		}
		l.pos = start + 1 + end + 1
		return token{kind: tokenName, text: l.text[start+1 : l.pos-1], start: start, end: l.pos}
	}
	return l.name()
}

func (l *lexer) fail(code, tok string) {
	panic(&Error{Code: code, Token: tok, pos: l.pos})
}

// skipBlanks skips white space and comments and tells whether anything is left.
func (l *lexer) skipBlanks() bool {
	for l.pos < len(l.text) {
		switch {
		case isSpace(l.text[l.pos]):
			l.pos++
		case strings.HasPrefix(l.text[l.pos:], "/*"):
			end := strings.Index(l.text[l.pos+2:], "*/")
			if end < 0 {
				l.fail("S0106", "") // at the start of the comment
			}
			l.pos += end + 4
		default:
			return true
		}
	}
	return false
}

func (l *lexer) name() token {
	start := l.pos
	for l.pos < len(l.text) && !isSpace(l.text[l.pos]) && !isOperatorByte(l.text[l.pos]) {
		l.pos++
	}
	t := token{kind: tokenName, text: l.text[start:l.pos], start: start, end: l.pos}
	switch {
	case t.text[0] == '$':
		t.kind, t.text = tokenVariable, t.text[1:]
	case t.text == "and", t.text == "or", t.text == "in":
		t.kind = tokenOperator
	case t.text == "true", t.text == "false", t.text == "null":
		t.kind = tokenLiteral
	}
	return t
}

func (l *lexer) number() token {
	start := l.pos
	digits := func(i int) int {
		for i < len(l.text) && '0' <= l.text[i] && l.text[i] <= '9' {
			i++
		}
		return i
	}
	end := start + 1
	if l.text[start] != '0' {
		end = digits(end)
	}
	if end < len(l.text) && l.text[end] == '.' {
		if e := digits(end + 1); e > end+1 {
			end = e
		}
	}
	if end < len(l.text) && (l.text[end] == 'e' || l.text[end] == 'E') {
		i := end + 1
		if i < len(l.text) && (l.text[i] == '+' || l.text[i] == '-') {
			i++
		}
		if e := digits(i); e > i {
			end = e
		}
	}
	text := l.text[start:end]
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && math.IsInf(f, 0) {
		l.fail("S0102", text)
	}
	l.pos = end
	return token{kind: tokenNumber, text: text, start: start, end: end, number: f}
}

func (l *lexer) str(quote byte) token {
	start := l.pos
	l.pos++
	var b strings.Builder
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		switch {
		case c == quote:
			l.pos++
			return token{kind: tokenString, text: joinSurrogates(b.String()), start: start, end: l.pos}
		case c != '\\':
			b.WriteByte(c)
			l.pos++
		default:
			l.pos++
			l.escape(&b)
		}
	}
	l.fail("S0101", "")
	return token{}
}

// escape reads what stands behind a backslash.
func (l *lexer) escape(b *strings.Builder) {
	if l.pos >= len(l.text) {
		l.fail("S0103", "")
	}
	switch c := l.text[l.pos]; c {
	case '"', '\\', '/':
		b.WriteByte(c)
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'u':
		if l.pos+5 > len(l.text) {
			l.fail("S0104", "")
		}
		code, err := strconv.ParseUint(l.text[l.pos+1:l.pos+5], 16, 16)
		if err != nil {
			l.fail("S0104", "")
		}
		b.Write(appendUnit(nil, uint16(code)))
		l.pos += 4
	default:
		r, _ := utf8.DecodeRuneInString(l.text[l.pos:])
		l.fail("S0103", string(r))
	}
	l.pos++
}

// regex reads a regular expression. Slashes inside brackets of any sort do not end it.
func (l *lexer) regex() token {
	start := l.pos
	l.pos++
	depth := 0
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		escaped := l.text[l.pos-1] == '\\' && (l.pos < 2 || l.text[l.pos-2] != '\\')
		if c == '/' && !escaped && depth == 0 {
			return l.regexEnd(start)
		}
		if !escaped {
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			}
		}
		l.pos++
	}
	l.fail("S0302", "")
	return token{}
}

func (l *lexer) regexEnd(start int) token {
	pattern := l.text[start+1 : l.pos]
	if pattern == "" {
		l.fail("S0301", "")
	}
	l.pos++
	flags := l.pos
	for l.pos < len(l.text) && (l.text[l.pos] == 'i' || l.text[l.pos] == 'm') {
		l.pos++
	}
	t := token{kind: tokenRegex, text: pattern, start: start, end: l.pos}
	re, err := compileRegex(pattern, l.text[flags:l.pos])
	if err != nil {
		panic(&Error{Code: CodeRegex, Message: err.Error(), Token: pattern, pos: l.pos})
	}
	t.regex = re
	return t
}
