package picture

import "slices"

// symbols are the texts that a number picture is written with and that stand in the result. Usually each is one character.
type symbols struct {
	decimal, grouping, exponent, digit, pattern []rune // active: they shape the number
	percent, perMille                           []rune
	minus, zero                                 []rune
}

// newSymbols gives the symbols of XPath's unnamed decimal format, changed by options.
func newSymbols(options map[string]string) (*symbols, error) {
	value := func(name, otherwise string) string {
		if v, ok := options[name]; ok {
			return v
		}
		return otherwise
	}
	s := &symbols{minus: []rune(value("minus-sign", "-"))}
	for _, symbol := range []struct {
		name, otherwise string
		to              *[]rune
	}{
		{"decimal-separator", ".", &s.decimal},
		{"grouping-separator", ",", &s.grouping},
		{"exponent-separator", "e", &s.exponent},
		{"digit", "#", &s.digit},
		{"pattern-separator", ";", &s.pattern},
		{"percent", "%", &s.percent},
		{"per-mille", "‰", &s.perMille},
		{"zero-digit", "0", &s.zero},
	} {
		*symbol.to = []rune(value(symbol.name, symbol.otherwise))
		if len(*symbol.to) == 0 {
			return nil, uncoded("the option %q of a number picture is empty: it must be a character", symbol.name)
		}
		if len(*symbol.to) > maxSymbol {
			return nil, uncoded("the option %q of a number picture has %d characters: it should be one, and the limit is %d",
				symbol.name, len(*symbol.to), maxSymbol)
		}
	}
	return s, nil
}

// maxSymbol bounds the length of an option, since each may stand in the result as often as the picture has characters.
const maxSymbol = 4

// isDigit tells whether c is a digit of the family that starts with the zero digit.
func (s *symbols) isDigit(c rune) bool { return c >= s.zero[0] && c <= s.zero[0]+9 }

// isPlace tells whether a digit may stand where c stands in the picture.
func (s *symbols) isPlace(c rune) bool { return s.isDigit(c) || is(c, s.digit) }

func (s *symbols) isActive(c rune) bool {
	return s.isPlace(c) || is(c, s.decimal) || is(c, s.exponent) || is(c, s.grouping) || is(c, s.pattern)
}

// is tells whether a symbol is just c.
func is(c rune, symbol []rune) bool { return len(symbol) == 1 && symbol[0] == c }

// index gives where part starts in text at or behind from, or -1.
func index(text, part []rune, from int) int {
	for i := max(from, 0); i+len(part) <= len(text); i++ {
		if slices.Equal(text[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

func contains(text, part []rune) bool { return index(text, part, 0) >= 0 }

// count gives how many characters of text pass the test.
func count(text []rune, test func(rune) bool) int {
	n := 0
	for _, c := range text {
		if test(c) {
			n++
		}
	}
	return n
}

// prefix gives the first n characters of text, or as many as there are.
func prefix(text []rune, n int) []rune { return text[:max(0, min(n, len(text)))] }
