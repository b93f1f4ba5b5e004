package picture

import (
	"math"
	"slices"
	"strings"
)

// maxFractionDigits is the greatest number of digits that JavaScript's toFixed writes behind the decimal point.
const maxFractionDigits = 100

// FormatNumber writes a number as the picture says, as $formatNumber does: "#,##0.00", "01%", "0.0e0", with a second picture for
// negative numbers behind a semicolon. The options are the properties of XPath's decimal format, by name: decimal-separator,
// grouping-separator, exponent-separator, minus-sign, percent, per-mille, zero-digit, digit and pattern-separator. The number is
// rounded to the digits of the picture, ties to even. As in the original, Infinity and NaN are words that go through the picture like
// digits, the latter as a negative number, and the properties infinity and NaN mean nothing. Errors are D3080 to D3093.
func FormatNumber(n float64, picture string, options map[string]string) (string, error) {
	if err := checkLength(picture); err != nil {
		return "", err
	}
	s, err := newSymbols(options)
	if err != nil {
		return "", err
	}
	layouts, err := s.parse(picture)
	if err != nil {
		return "", err
	}
	l := layouts[0]
	if !(n >= 0) {
		l = layouts[1]
	}
	if l.maxFraction > maxFractionDigits {
		return "", uncoded("the picture %q asks for %d digits behind the decimal separator: the limit is %d", picture, l.maxFraction, maxFractionDigits)
	}
	return s.format(n, l), nil
}

// parse gives the layouts for positive and for negative numbers.
func (s *symbols) parse(picture string) ([2]*decimalLayout, error) {
	var layouts [2]*decimalLayout
	pictures := strings.Split(picture, string(s.pattern))
	if len(pictures) > 2 {
		return layouts, coded("D3080", nil)
	}
	var parts [2]*decimalParts
	for i, text := range pictures {
		var err error
		if parts[i], err = s.split([]rune(text)); err != nil {
			return layouts, err
		}
	}
	for i := range pictures {
		if err := s.validate(parts[i]); err != nil {
			return layouts, err
		}
		layouts[i] = s.layout(parts[i])
	}
	if len(pictures) == 1 {
		negative := *layouts[0]
		negative.prefix = append(slices.Clone(s.minus), negative.prefix...)
		layouts[1] = &negative
	}
	return layouts, nil
}

// format follows the numbered rules of section 4.7.5.
func (s *symbols) format(n float64, l *decimalLayout) string {
	switch {
	case contains(l.picture, s.percent):
		n *= 100
	case contains(l.picture, s.perMille):
		n *= 1000
	}
	exponent := 0
	if l.minExponent > 0 {
		n, exponent = scientific(n, l.scaling)
	}
	text := s.digits(roundEven(n, l.maxFraction), l.maxFraction)
	point := index(text, []rune{'.'}, 0)
	if point < 0 {
		text = append(text, s.decimal...)
	} else {
		text = slices.Replace(text, point, point+1, s.decimal...)
	}
	text = s.pad(s.trim(text), l)
	text = s.group(text, l)
	if !contains(l.picture, s.decimal) || index(text, s.decimal, 0) == len(text)-1 {
		text = text[:len(text)-1]
	}
	var b strings.Builder
	b.WriteString(string(l.prefix))
	b.WriteString(string(text))
	if l.minExponent > 0 {
		b.WriteString(string(s.exponent))
		if exponent < 0 {
			b.WriteString(string(s.minus))
		}
		digits := s.digits(float64(exponent), 0)
		b.WriteString(strings.Repeat(string(s.zero), max(0, l.minExponent-len(digits))))
		b.WriteString(string(digits))
	}
	b.WriteString(string(l.suffix))
	return b.String()
}

// scientific takes powers of ten from a number until its size is between 10^(scaling-1) and 10^scaling. JSONata 2.0.6 compares the number
// itself, and so never ends with zero or a negative number.
func scientific(n float64, scaling int) (mantissa float64, exponent int) {
	mantissa = math.Abs(n)
	least, greatest := math.Pow10(scaling-1), math.Pow10(scaling)
	if mantissa == 0 || math.IsInf(mantissa, 0) || math.IsInf(least, 0) {
		return n, 0
	}
	for mantissa < least {
		mantissa *= 10
		exponent--
	}
	for mantissa > greatest {
		mantissa /= 10
		exponent++
	}
	return math.Copysign(mantissa, n), exponent
}

// digits writes the size of n in the digit family of the format.
func (s *symbols) digits(n float64, places int) []rune {
	text := []rune(fixed(math.Abs(n), places))
	if is('0', s.zero) {
		return text
	}
	for i, c := range text {
		if c >= '0' && c <= '9' {
			text[i] = s.zero[0] + c - '0'
		}
	}
	return text
}

// trim takes zeros from both ends.
func (s *symbols) trim(text []rune) []rune {
	for len(text) > 0 && is(text[0], s.zero) {
		text = text[1:]
	}
	for len(text) > 0 && is(text[len(text)-1], s.zero) {
		text = text[:len(text)-1]
	}
	return text
}

// pad adds zeros at both ends until the least numbers of digits are there.
func (s *symbols) pad(text []rune, l *decimalLayout) []rune {
	point := index(text, s.decimal, 0)
	left, right := max(0, l.minInteger-point), max(0, l.minFraction-(len(text)-point-1))
	padded := make([]rune, 0, (left+right)*len(s.zero)+len(text))
	for range left {
		padded = append(padded, s.zero...)
	}
	padded = append(padded, text...)
	for range right {
		padded = append(padded, s.zero...)
	}
	return padded
}

// group puts the grouping separators between the digits.
func (s *symbols) group(text []rune, l *decimalLayout) []rune {
	point := index(text, s.decimal, 0)
	if l.interval > 0 {
		for at := point - l.interval; at > 0; at -= l.interval {
			text = slices.Insert(text, at, s.grouping...)
		}
	} else {
		for i, position := range l.integerGroups {
			// A position left of the number counts from the number's end, as JavaScript's slice takes it.
			text = slices.Insert(text, fromEnd(point+i-position, len(text)), s.grouping...)
		}
	}
	point = index(text, s.decimal, 0)
	for _, position := range l.fractionGroups {
		text = slices.Insert(text, min(point+1+position, len(text)), s.grouping...)
	}
	return text
}

// fromEnd reads an index as JavaScript's slice does.
func fromEnd(i, length int) int {
	if i < 0 {
		i += length
	}
	return max(0, min(i, length))
}
