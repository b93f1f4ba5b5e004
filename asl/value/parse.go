package value

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is the deepest nesting of arrays and objects that Parse reads; Jackson, which AWS's service uses, stops there too
// (StreamReadConstraints.maxNestingDepth, default 1000).
const MaxDepth = 1000

// SyntaxError tells where a text stops being JSON.
type SyntaxError struct {
	Offset  int    // in bytes from the start
	Message string // what was found, and what would be right
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON at offset %d: %s", e.Offset, e.Message)
}

// Parse reads one JSON value (RFC 8259) that takes up the whole text. Of members with the same name the last one's value stays.
// A lone surrogate in a \u escape is kept: as the three bytes that UTF-8 would have for it, which Text writes as the escape again.
// Bytes that are not UTF-8 are an error. Errors are *SyntaxError.
func Parse(text string) (Value, error) {
	p := parser{text: text}
	p.space()
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.pos < len(text) {
		return nil, p.errorf("%s after the end of the value", p.found())
	}
	return v, nil
}

// MustParse is Parse for texts known to be right, such as those in tests; it panics on an error.
func MustParse(text string) Value {
	v, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return v
}

type parser struct {
	text  string
	pos   int
	loose int // grows with everything that compact JSON would write otherwise
}

func (p *parser) errorf(format string, args ...any) error {
	return &SyntaxError{Offset: p.pos, Message: fmt.Sprintf(format, args...)}
}

// found describes what stands at the current position.
func (p *parser) found() string {
	if p.pos >= len(p.text) {
		return "end of text"
	}
	r, size := utf8.DecodeRuneInString(p.text[p.pos:])
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("byte 0x%02x, which is not UTF-8,", p.text[p.pos])
	}
	return fmt.Sprintf("%q", r)
}

func (p *parser) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
			p.loose++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (Value, error) {
	if p.pos >= len(p.text) {
		return nil, p.errorf("end of text where a value should be")
	}
	switch c := p.text[p.pos]; {
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.array(depth + 1)
	case c == '"':
		s, err := p.str()
		return String(s), err
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case strings.HasPrefix(p.text[p.pos:], "true"):
		p.pos += 4
		return Bool(true), nil
	case strings.HasPrefix(p.text[p.pos:], "false"):
		p.pos += 5
		return Bool(false), nil
	case strings.HasPrefix(p.text[p.pos:], "null"):
		p.pos += 4
		return Null{}, nil
	}
	return nil, p.errorf("%s where a value should be", p.found())
}

func (p *parser) object(depth int) (Value, error) {
	if depth > MaxDepth {
		return nil, p.errorf("nested deeper than %d", MaxDepth)
	}
	start, loose := p.pos, p.loose
	p.pos++
	p.space()
	var members []Member
	if p.pos < len(p.text) && p.text[p.pos] == '}' {
		p.pos++
		return &Object{source: p.text[start:p.pos], tight: loose == p.loose}, nil
	}
	for {
		if p.pos >= len(p.text) || p.text[p.pos] != '"' {
			return nil, p.errorf("%s where a member name in double quotes should be", p.found())
		}
		name, err := p.str()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.pos >= len(p.text) || p.text[p.pos] != ':' {
			return nil, p.errorf("%s where ':' should be", p.found())
		}
		p.pos++
		p.space()
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		members = append(members, Member{name, v})
		p.space()
		if p.pos < len(p.text) {
			switch p.text[p.pos] {
			case ',':
				p.pos++
				p.space()
				continue
			case '}':
				p.pos++
				o := NewObject(members...)
				if o.Len() == len(members) { // else the source holds members that the value has not
					o.source, o.tight = p.text[start:p.pos], loose == p.loose
				}
				return o, nil
			}
		}
		return nil, p.errorf("%s where ',' or '}' should be", p.found())
	}
}

func (p *parser) array(depth int) (Value, error) {
	if depth > MaxDepth {
		return nil, p.errorf("nested deeper than %d", MaxDepth)
	}
	start, loose := p.pos, p.loose
	p.pos++
	p.space()
	if p.pos < len(p.text) && p.text[p.pos] == ']' {
		p.pos++
		return &Array{source: p.text[start:p.pos], tight: loose == p.loose}, nil
	}
	var items []Value
	for {
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
		p.space()
		if p.pos < len(p.text) {
			switch p.text[p.pos] {
			case ',':
				p.pos++
				p.space()
				continue
			case ']':
				p.pos++
				return &Array{items: items, source: p.text[start:p.pos], tight: loose == p.loose}, nil
			}
		}
		return nil, p.errorf("%s where ',' or ']' should be", p.found())
	}
}

func (p *parser) number() (Value, error) {
	start := p.pos
	if p.text[p.pos] == '-' {
		p.pos++
	}
	switch {
	case p.digit() && p.text[p.pos] == '0':
		p.pos++
		if p.digit() {
			return nil, p.errorf("a digit after a leading zero")
		}
	case p.digit():
		p.digits()
	default:
		return nil, p.errorf("%s where a digit should be", p.found())
	}
	if p.pos < len(p.text) && p.text[p.pos] == '.' {
		p.pos++
		if !p.digit() {
			return nil, p.errorf("%s where a digit should be", p.found())
		}
		p.digits()
	}
	if p.pos < len(p.text) && (p.text[p.pos] == 'e' || p.text[p.pos] == 'E') {
		p.pos++
		if p.pos < len(p.text) && (p.text[p.pos] == '+' || p.text[p.pos] == '-') {
			p.pos++
		}
		if !p.digit() {
			return nil, p.errorf("%s where a digit should be", p.found())
		}
		p.digits()
	}
	return Number(p.text[start:p.pos]), nil
}

func (p *parser) digit() bool {
	return p.pos < len(p.text) && '0' <= p.text[p.pos] && p.text[p.pos] <= '9'
}

func (p *parser) digits() {
	for p.digit() {
		p.pos++
	}
}

func (p *parser) str() (string, error) {
	p.pos++
	start := p.pos
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '"':
			s := p.text[start:p.pos]
			p.pos++
			return s, nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", p.errorf("a control character (0x%02x) in a string; write it as an escape", c)
		case c < utf8.RuneSelf:
			p.pos++
		default:
			r, size := utf8.DecodeRuneInString(p.text[p.pos:])
			if r == utf8.RuneError && size == 1 {
				return "", p.errorf("%s in a string", p.found())
			}
			p.pos += size
		}
	}
	return "", p.errorf("end of text inside a string")
}

// escaped reads on from the first backslash of a string that began at start.
func (p *parser) escaped(start int) (string, error) {
	p.loose++
	buf := make([]byte, 0, p.pos-start+32)
	buf = append(buf, p.text[start:p.pos]...)
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return string(buf), nil
		case c == '\\':
			var err error
			if buf, err = p.escape(buf); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", p.errorf("a control character (0x%02x) in a string; write it as an escape", c)
		case c < utf8.RuneSelf:
			buf = append(buf, c)
			p.pos++
		default:
			r, size := utf8.DecodeRuneInString(p.text[p.pos:])
			if r == utf8.RuneError && size == 1 {
				return "", p.errorf("%s in a string", p.found())
			}
			buf = append(buf, p.text[p.pos:p.pos+size]...)
			p.pos += size
		}
	}
	return "", p.errorf("end of text inside a string")
}

func (p *parser) escape(buf []byte) ([]byte, error) {
	if p.pos+1 >= len(p.text) {
		p.pos = len(p.text)
		return nil, p.errorf("end of text inside a string")
	}
	c := p.text[p.pos+1]
	switch c {
	case '"', '\\', '/':
		buf = append(buf, c)
	case 'b':
		buf = append(buf, '\b')
	case 'f':
		buf = append(buf, '\f')
	case 'n':
		buf = append(buf, '\n')
	case 'r':
		buf = append(buf, '\r')
	case 't':
		buf = append(buf, '\t')
	case 'u':
		r, ok := hex4(p.text, p.pos+2)
		if !ok {
			return nil, p.errorf(`\u must be followed by four hexadecimal digits`)
		}
		p.pos += 6
		if utf16.IsSurrogate(r) {
			low, ok := rune(-1), false
			if strings.HasPrefix(p.text[p.pos:], `\u`) {
				low, ok = hex4(p.text, p.pos+2)
			}
			if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
				p.pos += 6
				return utf8.AppendRune(buf, pair), nil
			}
			return append(buf, 0xED, 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F), nil
		}
		return utf8.AppendRune(buf, r), nil
	default:
		return nil, p.errorf(`unknown escape \%c; JSON knows \" \\ \/ \b \f \n \r \t and \uXXXX`, c)
	}
	p.pos += 2
	return buf, nil
}

func hex4(text string, at int) (rune, bool) {
	if at+4 > len(text) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(text[at : at+4]) {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
