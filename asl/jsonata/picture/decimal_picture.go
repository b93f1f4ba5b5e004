package picture

// decimalParts is a sub-picture of a number, cut into its parts (XPath Functions 3.1, section 4.7.3).
type decimalParts struct {
	picture           []rune // all of it
	prefix, suffix    []rune // around the active part
	active            []rune
	mantissa          []rune
	integer, fraction []rune
	exponent          []rune
	hasExponent       bool
}

// split cuts a sub-picture. One without any active character is D3085; JSONata 2.0.6 fails with a JavaScript error there.
func (s *symbols) split(picture []rune) (*decimalParts, error) {
	// An exponent separator does not start or end the active part, so that words may stand around it.
	bounds := func(c rune) bool { return s.isActive(c) && !is(c, s.exponent) }
	first, last := -1, -1
	for i, c := range picture {
		if bounds(c) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return nil, coded("D3085", nil)
	}
	p := &decimalParts{picture: picture, prefix: picture[:first], suffix: picture[last+1:], active: picture[first : last+1]}
	p.mantissa = p.active
	if at := index(picture, s.exponent, first); at >= 0 && at <= last+1 {
		// JSONata counts this position from the start of the picture, although it cuts the active part: a prefix shifts the cut.
		p.hasExponent = true
		p.mantissa = prefix(p.active, at)
		p.exponent = p.active[min(at+1, len(p.active)):]
	}
	if at := index(p.mantissa, s.decimal, 0); at >= 0 {
		p.integer, p.fraction = p.mantissa[:at], p.mantissa[min(at+1, len(p.mantissa)):]
	} else {
		p.integer, p.fraction = p.mantissa, p.suffix // as JSONata: the suffix has no places for digits
	}
	return p, nil
}

// validate returns the error of the last rule that the sub-picture breaks, as JSONata does.
func (s *symbols) validate(p *decimalParts) error {
	repeated := func(symbol []rune) bool {
		at := index(p.picture, symbol, 0)
		return at >= 0 && index(p.picture, symbol, at+1) >= 0
	}
	percent, perMille := contains(p.picture, s.percent), contains(p.picture, s.perMille)
	decimal := index(p.picture, s.decimal, 0)
	groupingAt := func(text []rune, at int) bool { return at >= 0 && at < len(text) && is(text[at], s.grouping) }
	doubled := append(append([]rune{}, s.grouping...), s.grouping...)

	for _, rule := range []struct {
		code   string
		broken bool
	}{
		{"D3093", p.hasExponent && (len(p.exponent) == 0 || count(p.exponent, s.isDigit) < len(p.exponent))},
		{"D3092", len(p.exponent) > 0 && (percent || perMille)},
		{"D3091", s.digitAfterOptional(p.fraction)},
		{"D3090", s.optionalAfterDigit(p.integer)},
		{"D3089", contains(p.picture, doubled)},
		{"D3088", decimal < 0 && groupingAt(p.integer, len(p.integer)-1)},
		{"D3087", decimal >= 0 && (groupingAt(p.picture, decimal-1) || groupingAt(p.picture, decimal+1))},
		{"D3086", count(p.active, s.isActive) < len(p.active)},
		{"D3085", count(p.mantissa, s.isPlace) == 0},
		{"D3084", percent && perMille},
		{"D3083", repeated(s.perMille)},
		{"D3082", repeated(s.percent)},
		{"D3081", repeated(s.decimal)},
	} {
		if rule.broken {
			return coded(rule.code, nil)
		}
	}
	return nil
}

// optionalAfterDigit tells whether a digit stands before the first optional digit.
func (s *symbols) optionalAfterDigit(integer []rune) bool {
	at := index(integer, s.digit, 0)
	return at >= 0 && count(integer[:at], s.isDigit) > 0
}

// digitAfterOptional tells whether a digit stands behind the last optional digit.
func (s *symbols) digitAfterOptional(fraction []rune) bool {
	at := -1
	for i := index(fraction, s.digit, 0); i >= 0; i = index(fraction, s.digit, i+1) {
		at = i
	}
	return at >= 0 && count(fraction[at:], s.isDigit) > 0
}

// decimalLayout is what a sub-picture asks for (XPath Functions 3.1, section 4.7.4).
type decimalLayout struct {
	picture, prefix, suffix  []rune
	minInteger               int // digits before the decimal separator
	minFraction, maxFraction int // digits behind it
	minExponent              int // digits of the exponent; 0 when there is none
	scaling                  int // digits before the decimal separator in a number with an exponent
	interval                 int // between grouping separators, 0 when they are not regular
	integerGroups            []int
	fractionGroups           []int
}

func (s *symbols) layout(p *decimalParts) *decimalLayout {
	l := &decimalLayout{
		picture: p.picture, prefix: p.prefix, suffix: p.suffix,
		minInteger:  count(p.integer, s.isDigit),
		minFraction: count(p.fraction, s.isDigit),
		maxFraction: count(p.fraction, s.isPlace),
		minExponent: count(p.exponent, s.isDigit),
	}
	l.scaling = l.minInteger
	for at := index(p.integer, s.grouping, 0); at >= 0; at = index(p.integer, s.grouping, at+1) {
		l.integerGroups = append(l.integerGroups, count(p.integer[at:], s.isPlace))
	}
	l.interval = regularInterval(l.integerGroups)
	// JSONata finds the first separator in the fraction, but looks for the further ones in the integer part.
	for at := index(p.fraction, s.grouping, 0); at >= 0; at = index(p.integer, s.grouping, at+1) {
		l.fractionGroups = append(l.fractionGroups, count(prefix(p.fraction, at), s.isPlace))
	}

	if l.minInteger == 0 && l.maxFraction == 0 {
		if p.hasExponent {
			l.minFraction, l.maxFraction = 1, 1
		} else {
			l.minInteger = 1
		}
	}
	if p.hasExponent && l.minInteger == 0 && contains(p.integer, s.digit) {
		l.minInteger = 1
	}
	if l.minInteger == 0 && l.minFraction == 0 {
		l.minFraction = 1
	}
	return l
}
