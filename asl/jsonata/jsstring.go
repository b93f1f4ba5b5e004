package jsonata

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JavaScript's strings are sequences of UTF-16 code units, of which a lone surrogate is a legal one. Strings here are UTF-8 in which
// a lone surrogate is written as the three bytes that its code point would take, as package value has them.

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// surrogateAt returns the lone surrogate that is written at the start of s, or 0.
func surrogateAt(s string) uint16 {
	if len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 && s[1] <= 0xBF && s[2] >= 0x80 && s[2] <= 0xBF {
		return 0xD000 | uint16(s[1]&0x3F)<<6 | uint16(s[2]&0x3F)
	}
	return 0
}

// decode reads the code point, or lone surrogate, at the start of s.
func decode(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		if u := surrogateAt(s); u != 0 {
			return rune(u), 3
		}
	}
	return r, size
}

func appendUnit(dst []byte, u uint16) []byte {
	if utf16.IsSurrogate(rune(u)) {
		return append(dst, 0xED, 0x80|byte(u>>6)&0x3F, 0x80|byte(u)&0x3F)
	}
	return utf8.AppendRune(dst, rune(u))
}

// joinSurrogates makes one code point of each pair of surrogates that stand side by side.
func joinSurrogates(s string) string {
	for i := 0; ; i++ {
		at := strings.IndexByte(s[i:], 0xED)
		if at < 0 {
			return s
		}
		if i += at; surrogateAt(s[i:]) != 0 {
			return unitsToString(stringToUnits(s))
		}
	}
}

// validString replaces lone surrogates and other bytes that are not UTF-8 by U+FFFD.
func validString(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b []byte
	for i := 0; i < len(s); {
		r, size := decode(s[i:])
		if utf16.IsSurrogate(r) {
			r = utf8.RuneError
		}
		b = utf8.AppendRune(b, r)
		i += size
	}
	return string(b)
}

func stringToUnits(s string) []uint16 {
	units := make([]uint16, 0, len(s))
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			units = append(units, uint16(c))
			i++
			continue
		}
		r, size := decode(s[i:])
		i += size
		if utf16.IsSurrogate(r) {
			units = append(units, uint16(r))
			continue
		}
		units = utf16.AppendRune(units, r)
	}
	return units
}

func unitsToString(units []uint16) string {
	b := make([]byte, 0, len(units))
	for i := 0; i < len(units); i++ {
		u := units[i]
		if utf16.IsSurrogate(rune(u)) && i+1 < len(units) {
			if r := utf16.DecodeRune(rune(u), rune(units[i+1])); r != utf8.RuneError {
				b = utf8.AppendRune(b, r)
				i++
				continue
			}
		}
		b = appendUnit(b, u)
	}
	return string(b)
}

// unitLength counts UTF-16 code units, as JavaScript's length does.
func unitLength(s string) int {
	n := 0
	for i := 0; i < len(s); {
		r, size := decode(s[i:])
		i += size
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// pointLength counts code points.
func pointLength(s string) int {
	n := 0
	for i := 0; i < len(s); n++ {
		_, size := decode(s[i:])
		i += size
	}
	return n
}

// points splits s into its code points.
func points(s string) []string {
	parts := make([]string, 0, len(s))
	for i := 0; i < len(s); {
		_, size := decode(s[i:])
		parts = append(parts, s[i:i+size])
		i += size
	}
	return parts
}

// compareStrings orders as JavaScript's < does: by UTF-16 code units, so that U+FF5E comes after U+1F600.
func compareStrings(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) {
		return len(a) - len(b)
	}
	if a[i] < utf8.RuneSelf || b[i] < utf8.RuneSelf {
		return int(a[i]) - int(b[i])
	}
	for i > 0 && !utf8.RuneStart(a[i]) {
		i--
	}
	ra, _ := decode(a[i:])
	rb, _ := decode(b[i:])
	return int(firstUnit(ra)) - int(firstUnit(rb)) + secondUnit(ra, rb)
}

func firstUnit(r rune) rune {
	if r > 0xFFFF {
		high, _ := utf16.EncodeRune(r)
		return high
	}
	return r
}

// secondUnit breaks the tie of two code points that start with the same surrogate.
func secondUnit(a, b rune) int {
	if firstUnit(a) != firstUnit(b) {
		return 0
	}
	return int(a) - int(b)
}

// isSpaceUnit tells what \s means in JavaScript.
func isSpaceUnit(r rune) bool {
	switch {
	case r >= '\t' && r <= '\r', r == ' ', r == 0xA0, r == 0x1680, r >= 0x2000 && r <= 0x200A:
		return true
	}
	return r == 0x2028 || r == 0x2029 || r == 0x202F || r == 0x205F || r == 0x3000 || r == 0xFEFF
}
