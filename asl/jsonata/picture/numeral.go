package picture

import (
	"math"
	"strings"
	"unicode/utf16"
)

var romanNumerals = []struct {
	value   float64
	numeral string
}{
	{1000, "m"},
	{900, "cm"},
	{500, "d"},
	{400, "cd"},
	{100, "c"},
	{90, "xc"},
	{50, "l"},
	{40, "xl"},
	{10, "x"},
	{9, "ix"},
	{5, "v"},
	{4, "iv"},
	{1, "i"},
}

// roman writes an integer that is not negative in small Roman numerals. Zero and NaN are empty.
func roman(n float64) (string, error) {
	if n > MaxRoman {
		return "", uncoded("%s is too large for Roman numerals: the limit is %d", numberText(n), MaxRoman)
	}
	var b strings.Builder
	for _, r := range romanNumerals {
		for n >= r.value {
			b.WriteString(r.numeral)
			n -= r.value
		}
	}
	return b.String(), nil
}

var romanValues = map[rune]float64{'M': 1000, 'D': 500, 'C': 100, 'L': 50, 'X': 10, 'V': 5, 'I': 1}

// fromRoman reads capital Roman numerals, in any order: from the right, a numeral below the greatest so far is taken away. A
// character that is no numeral makes the result NaN.
func fromRoman(text string) float64 {
	letters := []rune(text)
	total, greatest := 0.0, 1.0
	for i := len(letters) - 1; i >= 0; i-- {
		value, ok := romanValues[letters[i]]
		switch {
		case !ok:
			return math.NaN()
		case value < greatest:
			total -= value
		default:
			greatest = value
			total += value
		}
	}
	return total
}

// letters writes an integer as spreadsheets name their columns: a, b, … z, aa, ab. Zero and NaN are empty.
func letters(n float64, first byte) (string, error) {
	if math.IsInf(n, 1) {
		return "", uncoded("Infinity cannot be written in letters")
	}
	var reversed []byte
	for n > 0 {
		reversed = append(reversed, first+byte(math.Mod(n-1, 26)))
		n = math.Floor((n - 1) / 26)
	}
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return string(reversed), nil
}

// fromLetters reads what letters writes. It does not check that the characters, as JavaScript counts them, are letters. From 14 letters on the last digits of the result
// depend on the engine in JavaScript too.
func fromLetters(text string, first rune) float64 {
	units := utf16.Encode([]rune(text))
	total := 0.0
	for i := range units {
		digit := float64(rune(units[len(units)-1-i]) - first + 1)
		total += float64(digit * math.Pow(26, float64(i)))
	}
	return total
}
