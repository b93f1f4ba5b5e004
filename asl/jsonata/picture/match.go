package picture

import (
	"strings"
	"unicode"
)

// part is a part of a text that a picture describes. Parts take as much text as they can, but leave what the parts behind them need: they
// match as the parts of a regular expression do, without regard to case, but in a time that grows with the length of the text and of
// the picture only.
type part interface {
	// ends gives for every start in the text where the part ends best, or -1 where it does not match. The part may only end where
	// allowed; both slices have a place for the end of the text.
	ends(text []rune, allowed []bool) []int
}

// match cuts a text into parts and gives the end of each.
func match(text []rune, parts []part) (ends []int, ok bool) {
	allowed := make([]bool, len(text)+1)
	allowed[len(text)] = true
	choices := make([][]int, len(parts))
	for i := len(parts) - 1; i >= 0; i-- {
		choices[i] = parts[i].ends(text, allowed)
		allowed = make([]bool, len(text)+1)
		for at, end := range choices[i] {
			allowed[at] = end >= 0
		}
	}
	if !allowed[0] {
		return nil, false
	}
	at := 0
	for _, choice := range choices {
		at = choice[at]
		ends = append(ends, at)
	}
	return ends, true
}

// part gives what matches a part of a date picture.
func (p datePart) part() (part, error) {
	m := p.marker
	switch {
	case m == nil:
		return literalPart(p.literal), nil
	case m.isZone():
		z := zonePart{}
		if m.component == 'z' {
			z.prefix = []rune("GMT")
		}
		z.separator, z.separated = m.zoneSeparator()
		return z, nil
	case m.integer != nil:
		return m.integer.part(m.digits)
	case m.component != 'P':
		if _, err := m.names(); err != nil {
			return nil, err
		}
	}
	return runPart{is: isLetter, least: 1}, nil
}

// part gives what matches an integer of at most so many digits; none when digits is not above 0.
func (p *integerPicture) part(digits float64) (part, error) {
	switch p.kind {
	case alphabetic:
		return runPart{is: isLetter, least: 1}, nil
	case romanNumeral:
		return runPart{is: isRoman, least: 1}, nil
	case englishWords:
		return wordsPart{}, nil
	case unknownSequence:
		return nil, coded("D3130", p.text)
	}
	// Only ASCII digits match, whatever the digits of the picture are, and no separators.
	r := runPart{is: isDigit, least: 1, ordinal: p.ordinal}
	if digits > 0 {
		r.least, r.most = int(digits-p.optional), int(digits)
		r.never = r.least < 0
	}
	return r, nil
}

// literalPart stands for itself.
type literalPart []rune

func (p literalPart) ends(text []rune, allowed []bool) []int {
	ends := make([]int, len(text)+1)
	for at := range ends {
		ends[at] = -1
		if end := at + len(p); end <= len(text) && allowed[end] && hasPrefixFold(text[at:], p) {
			ends[at] = end
		}
	}
	return ends
}

// runPart is a run of characters of one kind, with an ordinal suffix behind it when that is asked for.
type runPart struct {
	is          func(rune) bool
	least, most int // most is 0 when there is no upper bound
	ordinal     bool
	never       bool // no text matches
}

var ordinalSuffixes = [][]rune{[]rune("th"), []rune("st"), []rune("nd"), []rune("rd")}

func (p runPart) ends(text []rune, allowed []bool) []int {
	ends := make([]int, len(text)+1)
	lastAllowed := make([]int, len(text)+1) // the greatest allowed end up to here
	last := -1
	for at := range lastAllowed {
		if allowed[at] {
			last = at
		}
		lastAllowed[at] = last
	}
	runEnd := 0 // of the run that starts at at
	for at := len(text); at >= 0; at-- {
		if at == len(text) || !p.is(text[at]) {
			runEnd = at
		}
		greatest := runEnd
		if p.most > 0 {
			greatest = min(greatest, at+p.most)
		}
		ends[at] = -1
		switch {
		case p.never || greatest < at+p.least:
		case p.ordinal:
			// A suffix can only stand behind the whole run.
			if end := runEnd + 2; greatest == runEnd && end <= len(text) && allowed[end] && hasOrdinalSuffix(text[runEnd:]) {
				ends[at] = end
			}
		case lastAllowed[greatest] >= at+p.least:
			ends[at] = lastAllowed[greatest]
		}
	}
	return ends
}

func hasOrdinalSuffix(text []rune) bool {
	for _, suffix := range ordinalSuffixes {
		if hasPrefixFold(text, suffix) {
			return true
		}
	}
	return false
}

// wordsPart is a number in words: number words, "and", hyphens, commas and spaces in any order.
type wordsPart struct{}

// wordTexts are what may follow each other, by the first letter and in the order in which they are tried.
var wordTexts = func() map[rune][][]rune {
	all := map[rune][][]rune{}
	add := func(text string) {
		chars := []rune(text)
		all[chars[0]] = append(all[chars[0]], chars)
	}
	for _, w := range numberWords {
		add(w.text)
	}
	for _, text := range []string{"and", "-", ",", " "} {
		add(text)
	}
	return all
}()

func (wordsPart) ends(text []rune, allowed []bool) []int {
	ends := make([]int, len(text)+1)
	ends[len(text)] = -1
	for at := len(text) - 1; at >= 0; at-- {
		ends[at] = -1
		first := text[at]
		if first >= 'A' && first <= 'Z' {
			first += 'a' - 'A'
		}
		for _, word := range wordTexts[first] {
			if !hasPrefixFold(text[at:], word) {
				continue
			}
			if next := at + len(word); ends[next] >= 0 { // more words
				ends[at] = ends[next]
				break
			} else if allowed[next] {
				ends[at] = next
				break
			}
		}
	}
	return ends
}

// zonePart is an offset from UTC: a sign and digits, and more digits behind a separator when there is one.
type zonePart struct {
	prefix    []rune
	separator rune
	separated bool
}

func (p zonePart) ends(text []rune, allowed []bool) []int {
	behindSign := p.numbers(text, allowed)
	ends := make([]int, len(text)+1)
	for at := range ends {
		ends[at] = -1
		sign := at + len(p.prefix)
		if sign < len(text) && (text[sign] == '+' || text[sign] == '-') && hasPrefixFold(text[at:], p.prefix) {
			ends[at] = behindSign[sign+1]
		}
	}
	return ends
}

// numbers matches what stands behind the sign; from the last part to the first.
func (p zonePart) numbers(text []rune, allowed []bool) []int {
	digits := runPart{is: isDigit, least: 1}
	ends := digits.ends(text, allowed)
	if !p.separated {
		return ends
	}
	separator := literalPart{p.separator}.ends(text, matches(ends))
	both := digits.ends(text, matches(separator))
	for at, end := range both {
		if end >= 0 {
			both[at] = ends[separator[end]]
		}
	}
	return both
}

// matches tells where a part with the given ends can start.
func matches(ends []int) []bool {
	at := make([]bool, len(ends))
	for i, end := range ends {
		at[i] = end >= 0
	}
	return at
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isRoman(r rune) bool { return strings.ContainsRune("mdclxviMDCLXVI", r) }

func hasPrefixFold(text, start []rune) bool {
	if len(text) < len(start) {
		return false
	}
	for i, r := range start {
		if text[i] != r && fold(text[i]) != fold(r) {
			return false
		}
	}
	return true
}

// fold makes capitals as a regular expression of JavaScript with the flag i does: no other character becomes an ASCII one, and none beyond
// the basic plane changes.
func fold(r rune) rune {
	upper := unicode.ToUpper(r)
	if r > 0xffff || r >= 0x80 && upper < 0x80 {
		return r
	}
	return upper
}
