package picture

import (
	"math"
	"strings"
)

// datePicture is a picture of a date and time, taken apart (XPath Functions 3.1, section 9.8.4.1).
type datePicture []datePart

// datePart is a text that stands for itself, or a marker.
type datePart struct {
	literal []rune
	marker  *marker
}

// marker is a component in brackets, such as [D1o] or [Y,2-4].
type marker struct {
	component    rune
	presentation string // the first modifier, or the component's default
	traditional  bool   // the second modifier is t
	named        bool   // the presentation is a name, in the case that letters says
	letters      letterCase
	integer      *integerPicture // of components that are numbers
	hasWidth     bool            // a width is written, be it a number or not
	maxWidth     float64         // NaN when there is none
	digits       float64         // of Y, M and D: as many digits as the year is cut to; -1 for all, or NaN
}

// defaultPresentation are the modifiers of components without one.
var defaultPresentation = map[rune]string{
	'Y': "1", 'M': "1", 'D': "1", 'd': "1", 'F': "n", 'W': "1", 'w': "1", 'X': "1", 'x': "1", 'H': "1", 'h': "1",
	'P': "n", 'm': "01", 's': "01", 'f': "1", 'Z': "01:01", 'z': "01:01", 'C': "n", 'E': "n",
}

const (
	numberComponents = "YMDdFWwXxHhmsf"
	dateComponents   = "YMD"
)

// parseDatePicture takes a picture apart. [[ and ]] stand for brackets.
func parseDatePicture(text string) (datePicture, error) {
	if err := checkLength(text); err != nil {
		return nil, err
	}
	var p datePicture
	addLiteral := func(literal string) {
		if literal != "" {
			p = append(p, datePart{literal: []rune(strings.ReplaceAll(literal, "]]", "]"))})
		}
	}
	for {
		open := strings.IndexByte(text, '[')
		if open < 0 {
			addLiteral(text)
			return p, nil
		}
		addLiteral(text[:open])
		text = text[open+1:]
		if strings.HasPrefix(text, "[") {
			addLiteral("[")
			text = text[1:]
			continue
		}
		inside, behind, closed := strings.Cut(text, "]")
		if !closed {
			return nil, coded("D3135", nil)
		}
		m, err := parseMarker(inside)
		if err != nil {
			return nil, err
		}
		p = append(p, datePart{marker: m})
		text = behind
	}
}

// parseMarker reads what stands between brackets. White space does not matter.
func parseMarker(text string) (*marker, error) {
	chars := []rune(strings.Map(func(r rune) rune {
		if isSpace(r) {
			return -1
		}
		return r
	}, text))
	if len(chars) == 0 {
		return nil, coded("D3132", "")
	}
	m := &marker{component: chars[0]}
	modifiers, width := string(chars[1:]), ""
	comma := strings.LastIndexByte(string(chars), ',')
	switch {
	case comma == 0: // the comma is the component, and as JSONata has it, the modifier too
		modifiers, width = ",", string(chars[1:])
	case comma > 0:
		comma = strings.LastIndexByte(modifiers, ',')
		modifiers, width = modifiers[:comma], modifiers[comma+1:]
	}
	minWidth, maxWidth, hasMax, err := parseWidth(width)
	if err != nil {
		return nil, err
	}
	m.hasWidth, m.maxWidth = comma >= 0, maxWidth

	second := m.setPresentation(modifiers)
	if m.presentation == "" {
		return nil, coded("D3132", string(m.component))
	}
	switch {
	case m.presentation[0] == 'n':
		m.named, m.letters = true, lowerCase
	case strings.HasPrefix(m.presentation, "Nn"):
		m.named, m.letters = true, titleCase
	case m.presentation[0] == 'N':
		m.named, m.letters = true, upperCase
	case strings.ContainsRune(numberComponents, m.component):
		if err := m.setInteger(second, minWidth, hasMax); err != nil {
			return nil, err
		}
	}
	if m.isZone() {
		if m.integer, err = parseIntegerPicture(m.presentation); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *marker) isZone() bool { return m.component == 'Z' || m.component == 'z' }

// setPresentation splits the modifiers in the first and the second, which is one of the letters a, t, c and o and is returned. A single
// character is always the first.
func (m *marker) setPresentation(modifiers string) (second string) {
	m.presentation = modifiers
	switch {
	case modifiers == "":
		m.presentation = defaultPresentation[m.component]
	case len([]rune(modifiers)) > 1:
		last := modifiers[len(modifiers)-1]
		if strings.IndexByte("atco", last) >= 0 {
			m.presentation, second = modifiers[:len(modifiers)-1], string(last)
			m.traditional = last == 't'
		}
	}
	return second
}

// setInteger reads the layout of a component that is written as a number (XPath Functions 3.1, sections 9.8.4.3 and 9.8.4.4).
func (m *marker) setInteger(second string, minWidth float64, hasMax bool) error {
	picture := m.presentation
	if second != "" {
		picture += ";" + second
	}
	var err error
	if m.integer, err = parseIntegerPicture(picture); err != nil {
		return err
	}
	if m.integer.mandatory < minWidth {
		m.integer.mandatory = minWidth
	}
	if !strings.ContainsRune(dateComponents, m.component) {
		return nil
	}
	m.digits = -1
	if hasMax {
		m.digits = m.maxWidth
		m.integer.mandatory = m.digits
	} else if width := m.integer.mandatory + m.integer.optional; width >= 2 {
		m.digits = width
	}
	return nil
}

// parseWidth reads a width such as 2-4, *-3 or 2. What is absent or no number is NaN; hasMax tells whether a greatest width is written,
// be it a number or not.
func parseWidth(text string) (least, greatest float64, hasMax bool, err error) {
	least, greatest = math.NaN(), math.NaN()
	before, behind, dash := strings.Cut(text, "-")
	if before != "*" {
		least = parseInt(before)
	}
	if dash && behind != "*" {
		hasMax = true
		greatest = parseInt(behind)
	}
	for _, width := range []float64{least, greatest} {
		if width > MaxWidth {
			return 0, 0, false, uncoded("the width %q in a date/time picture is too large: the limit is %d", text, MaxWidth)
		}
	}
	return least, greatest, hasMax, nil
}
