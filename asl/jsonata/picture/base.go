package picture

import "math"

// FormatBase gives a number, rounded to an integer (ties to even), in the given base, as $formatBase does. The radix is rounded too and
// must then be from 2 to 36 (D3100). Digits above 9 are small letters.
func FormatBase(n, radix float64) (string, error) {
	n, radix = roundEven(n, 0), roundEven(radix, 0)
	if !(radix >= 2 && radix <= 36) {
		return "", coded("D3100", radix)
	}
	if radix == 10 || math.IsNaN(n) || math.IsInf(n, 0) {
		return numberText(n), nil
	}
	return inRadix(n, radix), nil
}

// exactIntegers is where float64 stops to tell neighbouring integers apart.
const exactIntegers = 1 << 53

// inRadix writes an integer as V8 does. JavaScript's specification leaves the digits of numbers above 2^53 to the implementation; V8
// writes zeros for digits that the number does not determine.
func inRadix(n, radix float64) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	var text []byte // from the last digit to the first
	rest := math.Abs(n)
	for rest/radix >= exactIntegers {
		rest /= radix
		text = append(text, '0')
	}
	for {
		digit := math.Mod(rest, radix)
		text = append(text, digits[int(digit)])
		if rest = (rest - digit) / radix; rest <= 0 {
			break
		}
	}
	if n < 0 {
		text = append(text, '-')
	}
	for i, j := 0, len(text)-1; i < j; i, j = i+1, j-1 {
		text[i], text[j] = text[j], text[i]
	}
	return string(text)
}
