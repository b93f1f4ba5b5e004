package picture

import (
	"math"
	"strings"
)

// letterCase is how a picture asks for words and names to be written.
type letterCase int

const (
	lowerCase letterCase = iota
	upperCase
	titleCase
)

// sequence is the kind of an integer's layout.
type sequence int

const (
	decimalDigits sequence = iota
	alphabetic
	romanNumeral
	englishWords
	unknownSequence
)

// integerPicture is a picture of an integer, taken apart (XPath Functions 3.1, section 4.6.1).
type integerPicture struct {
	kind    sequence
	text    string // without the modifier
	letters letterCase
	ordinal bool

	// For decimal digits only; for others mandatory and optional are NaN.
	zero                rune    // the zero of the family of digits
	mandatory, optional float64 // numbers of digits; mandatory can be NaN because of a width that is no number
	separators          []separator
	interval            int // between the separators, when they are all the same and repeat; else 0
}

// separator is a character between digits.
type separator struct {
	char  rune
	right int // digits to the right of it
}

// digitFamilies are the zeros of the digit families that JSONata knows.
var digitFamilies = []rune{
	'0', 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20,
	0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0,
	0xA9F0, 0xAA50, 0xABF0, 0xFF10,
}

// zeroOf gives the zero of the family that a digit belongs to.
func zeroOf(c rune) (zero rune, ok bool) {
	for _, zero := range digitFamilies {
		if c >= zero && c <= zero+9 {
			return zero, true
		}
	}
	return 0, false
}

// parseIntegerPicture takes a picture such as "#,##0;o" apart. A picture without any digit that is none of the known words is an
// unknown sequence; that is an error (D3130) only when it is used.
func parseIntegerPicture(picture string) (*integerPicture, error) {
	p := &integerPicture{text: picture, mandatory: math.NaN(), optional: math.NaN()}
	if i := strings.LastIndexByte(picture, ';'); i >= 0 {
		p.text = picture[:i]
		p.ordinal = strings.HasPrefix(picture[i+1:], "o")
	}
	switch p.text {
	case "a":
		p.kind = alphabetic
	case "A":
		p.kind, p.letters = alphabetic, upperCase
	case "i":
		p.kind = romanNumeral
	case "I":
		p.kind, p.letters = romanNumeral, upperCase
	case "w":
		p.kind = englishWords
	case "W":
		p.kind, p.letters = englishWords, upperCase
	case "Ww":
		p.kind, p.letters = englishWords, titleCase
	default:
		if err := p.parseDigits(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// parseDigits reads a decimal digit pattern from its end, since separators count from there. What is neither a digit nor # is a
// separator.
func (p *integerPicture) parseDigits() error {
	chars := []rune(p.text)
	mandatory, optional := 0, 0
	for i := len(chars) - 1; i >= 0; i-- {
		zero, isDigit := zeroOf(chars[i])
		switch {
		case isDigit && mandatory > 0 && zero != p.zero:
			return coded("D3131", nil)
		case isDigit:
			p.zero = zero
			mandatory++
		case chars[i] == '#':
			optional++
		default:
			p.separators = append(p.separators, separator{chars[i], mandatory + optional})
		}
	}
	if mandatory == 0 {
		p.kind, p.separators = unknownSequence, nil
		return nil
	}
	p.mandatory, p.optional = float64(mandatory), float64(optional)
	positions := make([]int, len(p.separators))
	for i, s := range p.separators {
		if s.char != p.separators[0].char {
			return nil
		}
		positions[i] = s.right
	}
	p.interval = regularInterval(positions)
	return nil
}

// regularInterval gives the distance of separators that stand at 1, 2, 3 … times that distance, and 0 for others.
func regularInterval(positions []int) int {
	interval := 0
	for _, p := range positions {
		interval = greatestCommonDivisor(interval, p)
	}
	if interval == 0 {
		return 0
	}
	seen := make(map[int]bool, len(positions))
	for _, p := range positions {
		seen[p] = true
	}
	for i := range positions {
		if !seen[(i+1)*interval] {
			return 0
		}
	}
	return interval
}

func greatestCommonDivisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
