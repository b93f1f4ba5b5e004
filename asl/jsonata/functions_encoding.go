package jsonata

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/value"
)

// base64Encode encodes a string of bytes: of every code unit the low eight bits count, as with Buffer.from(s, "binary").
func base64Encode(s string) string {
	units := stringToUnits(s)
	bytes := make([]byte, len(units))
	for i, u := range units {
		bytes[i] = byte(u)
	}
	return base64.StdEncoding.EncodeToString(bytes)
}

// base64Decode is as lenient as Node: characters that do not belong to an encoding are skipped, it ends at the first =, and what is
// left over in the end is dropped. Of every code unit the low eight bits count here, too.
func base64Decode(s string) string {
	var kept []byte
	for _, u := range stringToUnits(s) {
		c := byte(u)
		switch {
		case c == '=':
			s = ""
		case c == '-':
			c = '+'
		case c == '_':
			c = '/'
		}
		if s == "" {
			break
		}
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' {
			kept = append(kept, c)
		}
	}
	if len(kept)%4 == 1 {
		kept = kept[:len(kept)-1]
	}
	bytes, _ := base64.RawStdEncoding.DecodeString(string(kept)) // only characters of the encoding are left
	units := make([]uint16, len(bytes))
	for i, b := range bytes {
		units[i] = uint16(b)
	}
	return unitsToString(units)
}

const (
	urlUnreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()"
	urlReserved   = ";/?:@&=+$,#"
)

func malformed(v any) error { return &Error{Code: "D3140", value: v} }

// urlEncoder percent-encodes the UTF-8 of all characters but those in keep.
func urlEncoder(keep string) nativeFunc {
	return func(r *run, args []any) (any, error) {
		s, ok := toString(arg(args, 0))
		if !ok {
			return nil, nil
		}
		if err := r.step(len(s) / 16); err != nil {
			return nil, err
		}
		var b strings.Builder
		for i := 0; i < len(s); {
			if c := s[i]; c < utf8.RuneSelf && strings.IndexByte(keep, c) >= 0 {
				b.WriteByte(c)
				i++
				continue
			}
			point, size := decode(s[i:])
			if utf16.IsSurrogate(point) {
				return nil, malformed(args[0])
			}
			for _, c := range []byte(s[i : i+size]) {
				b.WriteByte('%')
				b.WriteByte("0123456789ABCDEF"[c>>4])
				b.WriteByte("0123456789ABCDEF"[c&15])
			}
			i += size
		}
		return value.String(b.String()), r.allocBytes(b.Len())
	}
}

// urlDecoder undoes it, but leaves the encodings of the characters in keep.
func urlDecoder(keep string) nativeFunc {
	return func(r *run, args []any) (any, error) {
		s, ok := toString(arg(args, 0))
		if !ok {
			return nil, nil
		}
		if err := r.step(len(s) / 16); err != nil {
			return nil, err
		}
		var b strings.Builder
		for i := 0; i < len(s); {
			if s[i] != '%' {
				b.WriteByte(s[i])
				i++
				continue
			}
			var point []byte
			start := i
			for want := 1; len(point) < want; {
				c, ok := percentByte(s[i:])
				if !ok {
					return nil, malformed(args[0])
				}
				if len(point) == 0 {
					want = sequenceLength(c)
				}
				point = append(point, c)
				i += 3
			}
			switch {
			case !utf8.Valid(point):
				return nil, malformed(args[0])
			case len(point) == 1 && strings.IndexByte(keep, point[0]) >= 0:
				b.WriteString(s[start:i])
			default:
				b.Write(point)
			}
		}
		return value.String(b.String()), r.allocBytes(b.Len())
	}
}

func sequenceLength(first byte) int {
	switch {
	case first >= 0xF0:
		return 4
	case first >= 0xE0:
		return 3
	case first >= 0xC0:
		return 2
	}
	return 1
}

func percentByte(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	high, ok := hexDigit(s[1])
	low, ok2 := hexDigit(s[2])
	return high<<4 | low, ok && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
