// Package javalang holds the few habits of Java that show through Step Functions: how it prints JSON values
// (States.Format of an object gives `{Arg1=1, Arg2=[]}`), in which order a HashMap lists its keys (the members of a payload
// template and of States.JsonMerge come out in it), how it compares strings, and java.util.Random.
//
// That the service reads JSON with Jackson into Java's own maps and lists shows in the same outputs.
package javalang

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/value"
)

// Text is what Java's String.valueOf gives for a JSON value: strings as they are, objects as `{a=1, b=[x, null]}`,
// fractions as Double.toString prints them. An absent value gives "null".
func Text(v value.Value) string {
	if s, ok := v.(value.String); ok {
		return string(s)
	}
	return string(Append(nil, v))
}

// Append appends Text(v) to dst.
func Append(dst []byte, v value.Value) []byte {
	switch v := v.(type) {
	case value.String:
		return append(dst, v...)
	case value.Number:
		return append(dst, NumberText(v)...)
	case value.Bool:
		return strconv.AppendBool(dst, bool(v))
	case *value.Array:
		dst = append(dst, '[')
		for i, item := range v.Items() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = Append(dst, item)
		}
		return append(dst, ']')
	case *value.Object:
		dst = append(dst, '{')
		for i, m := range v.Members() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(dst, m.Name...)
			dst = append(dst, '=')
			dst = Append(dst, m.Value)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// NumberText prints a number as the Java number that Jackson makes of it does: integers digit by digit, all others as a double.
func NumberText(n value.Number) string {
	if !strings.ContainsAny(string(n), ".eE") {
		if n == "-0" {
			return "0"
		}
		return string(n)
	}
	return FormatDouble(n.Float())
}

// FormatDouble is Double.toString: at least one digit after the point, and `1.0E10` from 1e7 up and below 1e-3.
func FormatDouble(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if a := math.Abs(f); a == 0 || a >= 1e-3 && a < 1e7 {
		s := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	exponent = strings.TrimPrefix(exponent, "+")
	negative := strings.HasPrefix(exponent, "-")
	exponent = strings.TrimLeft(strings.TrimPrefix(exponent, "-"), "0")
	if negative {
		exponent = "-" + exponent
	}
	return mantissa + "E" + exponent
}

// ClassName is the name of the Java class that Jackson reads the value into; "null" for null.
func ClassName(v value.Value) string {
	switch v := v.(type) {
	case value.String:
		return "java.lang.String"
	case value.Bool:
		return "java.lang.Boolean"
	case value.Number:
		if strings.ContainsAny(string(v), ".eE") {
			return "java.lang.Double"
		}
		i, err := strconv.ParseInt(string(v), 10, 64)
		switch {
		case err != nil:
			return "java.math.BigInteger"
		case i < math.MinInt32 || i > math.MaxInt32:
			return "java.lang.Long"
		}
		return "java.lang.Integer"
	case *value.Array:
		return "java.util.ArrayList"
	case *value.Object:
		return "java.util.LinkedHashMap"
	}
	return "null"
}

// Compare is String.compareTo, which goes by UTF-16 units: negative, 0 or positive. It differs from Go's order only between
// characters beyond U+FFFF and those from U+E000 to U+FFFF.
func Compare(a, b string) int {
	for a != "" && b != "" {
		ra, na := utf8.DecodeRuneInString(a)
		rb, nb := utf8.DecodeRuneInString(b)
		if ra != rb {
			if ua, ub := firstUnit(ra), firstUnit(rb); ua != ub {
				return cmp.Compare(ua, ub)
			}
			return cmp.Compare(ra, rb) // two characters beyond U+FFFF with the same first unit
		}
		a, b = a[na:], b[nb:]
	}
	return cmp.Compare(len(a), len(b))
}

func firstUnit(r rune) rune {
	if r < 0x10000 {
		return r
	}
	high, _ := utf16.EncodeRune(r)
	return high
}

// Length is String.length(): the number of UTF-16 units.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
