package picture

import (
	"math"
	"slices"
	"strings"
)

// FormatInteger writes the greatest integer that is not above n as the picture says, as $formatInteger does. Pictures are decimal digits
// with # and separators ("#,##0", also with the digits of other scripts), "A" and "a" (letters), "I" and "i" (Roman numerals), "W",
// "w" and "Ww" (English words); ";o" behind it asks for an ordinal. Other pictures are D3130, digits of two scripts D3131.
func FormatInteger(n float64, picture string) (string, error) {
	if err := checkLength(picture); err != nil {
		return "", err
	}
	p, err := parseIntegerPicture(picture)
	if err != nil {
		return "", err
	}
	return p.format(math.Floor(n))
}

// format writes an integer.
func (p *integerPicture) format(n float64) (string, error) {
	var text string
	var err error
	abs := math.Abs(n)
	switch p.kind {
	case decimalDigits:
		text = p.formatDigits(abs)
	case alphabetic:
		first := byte('a')
		if p.letters == upperCase {
			first = 'A'
		}
		text, err = letters(abs, first)
	case romanNumeral:
		if text, err = roman(abs); p.letters == upperCase {
			text = strings.ToUpper(text)
		}
	case englishWords:
		text, err = words(abs, p.ordinal)
		switch p.letters {
		case upperCase:
			text = strings.ToUpper(text)
		case lowerCase:
			text = strings.ToLower(text)
		}
	default:
		err = coded("D3130", p.text)
	}
	if err != nil {
		return "", err
	}
	if n < 0 {
		text = "-" + text
	}
	return text, nil
}

// formatDigits writes a number that is not negative. It works on the number's text whatever that is, so that 1e21 comes out as 1e+21.
func (p *integerPicture) formatDigits(n float64) string {
	digits := numberText(n)
	if pad := p.mandatory - float64(len(digits)); pad > 0 {
		digits = strings.Repeat("0", int(pad)) + digits
	}
	chars := []rune(digits)
	if p.zero != '0' {
		for i := range chars {
			chars[i] += p.zero - '0'
		}
	}
	if p.interval > 0 {
		chars = p.group(chars)
	} else {
		for i := len(p.separators) - 1; i >= 0; i-- { // the leftmost first
			chars = insertFromRight(chars, p.separators[i])
		}
	}
	text := string(chars)
	if p.ordinal {
		text += ordinalSuffix(chars)
	}
	return text
}

// group puts the separator between all groups of digits.
func (p *integerPicture) group(digits []rune) []rune {
	grouped := make([]rune, 0, len(digits)+len(digits)/p.interval)
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%p.interval == 0 {
			grouped = append(grouped, p.separators[0].char)
		}
		grouped = append(grouped, c)
	}
	return grouped
}

// insertFromRight puts a separator before the last s.right characters. When there are fewer, JSONata counts the difference from the right
// again, keeps only that many characters and puts the separator before them: 5 as "#:###,##0" is ",5".
func insertFromRight(chars []rune, s separator) []rune {
	position := len(chars) - s.right
	if position < 0 {
		keep := min(-position, len(chars))
		return append([]rune{s.char}, chars[len(chars)-keep:]...)
	}
	return slices.Insert(chars, position, s.char)
}

// ordinalSuffix gives st, nd, rd or th. Only ASCII digits are looked at, so that those of other scripts get th.
func ordinalSuffix(digits []rune) string {
	last := digits[len(digits)-1]
	if len(digits) > 1 && digits[len(digits)-2] == '1' {
		return "th"
	}
	switch last {
	case '1':
		return "st"
	case '2':
		return "nd"
	case '3':
		return "rd"
	}
	return "th"
}

// ParseInteger reads what FormatInteger writes with the same picture, as $parseInteger does. The text is not checked against the picture:
// what cannot be read makes the result NaN, and what follows the digits is left. Errors are those of the picture.
func ParseInteger(text, picture string) (float64, error) {
	if err := checkLength(picture); err != nil {
		return 0, err
	}
	p, err := parseIntegerPicture(picture)
	if err != nil {
		return 0, err
	}
	return p.parse(text)
}

func (p *integerPicture) parse(text string) (float64, error) {
	switch p.kind {
	case alphabetic:
		if p.letters == upperCase {
			return fromLetters(text, 'A'), nil
		}
		return fromLetters(text, 'a'), nil
	case romanNumeral:
		if p.letters != upperCase {
			text = strings.ToUpper(text)
		}
		return fromRoman(text), nil
	case englishWords:
		return fromWords(lowerASCII(text)), nil
	case decimalDigits:
		return p.parseDecimal(text)
	}
	return 0, coded("D3130", p.text)
}

// parseDecimal leaves the separators out and reads an integer. A regular picture leaves out commas, whatever its separator is.
func (p *integerPicture) parseDecimal(text string) (float64, error) {
	chars := []rune(text)
	if p.ordinal {
		chars = chars[:max(0, len(chars)-2)] // st, nd, rd or th
	}
	separators := map[rune]bool{}
	if p.interval > 0 {
		separators[','] = true
	} else {
		for _, s := range p.separators {
			separators[s.char] = true
		}
	}
	var digits strings.Builder
	for _, c := range chars {
		if separators[c] {
			continue
		}
		c += '0' - p.zero
		if c < 0 {
			return 0, uncoded("%q cannot be read as an integer: its digits are not those of the picture %q", text, p.text)
		}
		digits.WriteRune(c)
	}
	return parseInt(digits.String()), nil
}
