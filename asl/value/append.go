package value

import (
	"bytes"
	"unicode/utf8"
)

// Append appends v's JSON text to dst, as Text gives it.
func Append(dst []byte, v Value) []byte { return v.appendJSON(dst) }

// MarshalJSON makes every value usable with encoding/json.
func (n Null) MarshalJSON() ([]byte, error) { return n.appendJSON(nil), nil }

// MarshalJSON returns the number's text.
func (n Number) MarshalJSON() ([]byte, error) { return n.appendJSON(nil), nil }

// MarshalJSON returns the array's JSON text.
func (a *Array) MarshalJSON() ([]byte, error) { return a.appendJSON(nil), nil }

// MarshalJSON returns the object's JSON text.
func (o *Object) MarshalJSON() ([]byte, error) { return o.appendJSON(nil), nil }

func (Null) appendJSON(dst []byte) []byte { return append(dst, "null"...) }

func (b Bool) appendJSON(dst []byte) []byte {
	if b {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

func (n Number) appendJSON(dst []byte) []byte { return append(dst, n...) }

func (s String) appendJSON(dst []byte) []byte { return appendString(dst, string(s)) }

func (a *Array) appendJSON(dst []byte) []byte {
	if a.source != "" {
		return append(dst, a.source...)
	}
	dst = append(dst, '[')
	for i, item := range a.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item.appendJSON(dst)
	}
	return append(dst, ']')
}

func (o *Object) appendJSON(dst []byte) []byte {
	if o.source != "" {
		return append(dst, o.source...)
	}
	dst = append(dst, '{')
	for i, m := range o.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, m.Name)
		dst = append(dst, ':')
		dst = m.Value.appendJSON(dst)
	}
	return append(dst, '}')
}

// appendInvalid writes what stands at the start of s and is not UTF-8: a lone surrogate, as Parse keeps it, as an escape;
// anything else as U+FFFD. It returns how many bytes that were.
func appendInvalid(dst []byte, s string) ([]byte, int) {
	if len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 && s[1] <= 0xBF && s[2] >= 0x80 && s[2] <= 0xBF {
		return append(dst, '\\', 'u', 'd', hexDigits[8|s[1]>>2&7], hexDigits[s[1]&3<<2|s[2]>>4&3], hexDigits[s[2]&15]), 3
	}
	return append(dst, "\ufffd"...), 1
}

const hexDigits = "0123456789abcdef"

// appendString writes s as JSON with no more escapes than RFC 8259 asks for, as AWS does: `<`, `&` and non-ASCII stay.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[start:i]...)
				dst, size = appendInvalid(dst, s[i:])
				i += size
				start = i
				continue
			}
			i += size
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// Indent returns v's JSON text with one member or item a line, two blanks a level; empty arrays and objects stay on one line.
func Indent(v Value) string {
	var buf bytes.Buffer
	indent(&buf, v, 0)
	return buf.String()
}

func indent(buf *bytes.Buffer, v Value, level int) {
	line := func(level int) {
		buf.WriteByte('\n')
		for range level {
			buf.WriteString("  ")
		}
	}
	switch v := v.(type) {
	case *Array:
		if v.Len() == 0 {
			buf.WriteString("[]")
			return
		}
		buf.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				buf.WriteByte(',')
			}
			line(level + 1)
			indent(buf, item, level+1)
		}
		line(level)
		buf.WriteByte(']')
	case *Object:
		if v.Len() == 0 {
			buf.WriteString("{}")
			return
		}
		buf.WriteByte('{')
		for i, m := range v.members {
			if i > 0 {
				buf.WriteByte(',')
			}
			line(level + 1)
			buf.Write(appendString(nil, m.Name))
			buf.WriteString(": ")
			indent(buf, m.Value, level+1)
		}
		line(level)
		buf.WriteByte('}')
	default:
		buf.Write(v.appendJSON(nil))
	}
}
