package picture

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// numberText gives a number as JavaScript's String(n) does: with an exponent from 1e21 on and below 1e-6.
func numberText(n float64) string {
	switch {
	case math.IsNaN(n):
		return "NaN"
	case math.IsInf(n, 1):
		return "Infinity"
	case math.IsInf(n, -1):
		return "-Infinity"
	case n == 0:
		return "0"
	}
	if abs := math.Abs(n); abs >= 1e-6 && abs < 1e21 {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(n, 'e', -1, 64), "e")
	digits := strings.TrimLeft(exponent[1:], "0")
	return mantissa + "e" + exponent[:1] + digits
}

// fixed gives a number that is not negative as JavaScript's toFixed does: halves go up, and from 1e21 on it is String(n).
func fixed(n float64, places int) string {
	if math.IsNaN(n) || n >= 1e21 {
		return numberText(n)
	}
	// strconv rounds the exact binary value too, but a tie to even. There is a tie only where one more digit would be a 5.
	if s := strconv.FormatFloat(n, 'f', places+1, 64); s[len(s)-1] == '5' {
		return new(big.Rat).SetFloat64(n).FloatString(places)
	}
	return strconv.FormatFloat(n, 'f', places, 64)
}

// roundEven rounds to the given number of decimal places, ties to even, as $round does: the decimal point moves in the number's text, so
// that 2.675 is a tie, although the binary value is below it.
func roundEven(n float64, places int) float64 {
	if places != 0 {
		n = shift(n, places)
	}
	result := math.Floor(n)
	if n-result >= 0.5 {
		result++
	}
	if math.Abs(result-n) == 0.5 && math.Abs(math.Mod(result, 2)) == 1 {
		result--
	}
	if places != 0 {
		result = shift(result, -places)
	}
	if result == 0 {
		return 0 // never -0
	}
	return result
}

// shift multiplies by a power of ten through the number's text. Infinity becomes NaN, as in JSONata.
func shift(n float64, places int) float64 {
	if math.IsInf(n, 0) || math.IsNaN(n) {
		return math.NaN()
	}
	mantissa, exponent, _ := strings.Cut(numberText(n), "e")
	if exponent != "" {
		e, err := strconv.Atoi(exponent)
		if err != nil {
			return math.NaN()
		}
		places += e
	}
	shifted, err := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(places), 64)
	if err != nil && !math.IsInf(shifted, 0) {
		return math.NaN()
	}
	return shifted
}

// parseInt reads an integer at the start of a text as JavaScript's parseInt does: space before it, a sign and 0x are taken, what follows
// the digits is left. It is NaN when there is no digit.
func parseInt(text string) float64 {
	text = strings.TrimLeftFunc(text, isSpace)
	sign := 1.0
	if text != "" && (text[0] == '+' || text[0] == '-') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	prefix, suffix, isDigit := "", "", isDecimal
	if len(text) > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') {
		prefix, suffix, isDigit = "0x", "p0", isHex
		text = text[2:]
	}
	end := 0
	for end < len(text) && isDigit(text[end]) {
		end++
	}
	if end == 0 {
		return math.NaN()
	}
	n, err := strconv.ParseFloat(prefix+text[:end]+suffix, 64)
	if err != nil && !math.IsInf(n, 0) {
		return math.NaN()
	}
	return sign * n
}

func isDecimal(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDecimal(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// isSpace is the white space of JavaScript's \s.
func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff:
		return true
	}
	return r >= 0x2000 && r <= 0x200a
}
