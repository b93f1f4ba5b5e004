package text

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
)

// docxStyle is what of a paragraph or character style matters here.
type docxStyle struct {
	basedOn, name  string
	numID, level   string
	outline        string
	hidden         bool
	numberingSeen  bool
	hiddenDeclared bool
}

// docxStyles reads styles.xml (ISO/IEC 29500-1, 17.7).
type docxStyles struct {
	byID    map[string]*docxStyle
	current *docxStyle
}

func (s *docxStyles) start(element xml.StartElement) {
	value := attribute(element, "val")
	if element.Name.Local == "style" {
		if s.byID == nil {
			s.byID = map[string]*docxStyle{}
		}
		s.current = &docxStyle{}
		s.byID[attribute(element, "styleId")] = s.current
		return
	}
	if s.current == nil {
		return
	}
	switch element.Name.Local {
	case "basedOn":
		s.current.basedOn = value
	case "name":
		s.current.name = strings.ToLower(value)
	case "numId":
		s.current.numID, s.current.numberingSeen = value, true
	case "ilvl":
		s.current.level = value
	case "outlineLvl":
		s.current.outline = value
	case "vanish":
		s.current.hidden, s.current.hiddenDeclared = on(element), true
	}
}

func (s *docxStyles) end(name xml.Name) {
	if name.Local == "style" {
		s.current = nil
	}
}
func (s *docxStyles) text([]byte) {}

// inherit walks from a style to those it is based on until visit says that it has found what it looks for. A chain
// that runs in a circle ends after 20 steps.
func (s *docxStyles) inherit(id string, visit func(*docxStyle) bool) {
	for range 20 {
		style := s.byID[id]
		if style == nil || visit(style) {
			return
		}
		id = style.basedOn
	}
}

func (s *docxStyles) hides(id string) (hidden bool) {
	s.inherit(id, func(style *docxStyle) bool {
		hidden = style.hidden
		return style.hiddenDeclared
	})
	return hidden
}

// heading returns the level of a heading style, counted from 1, and 0 for any other style.
func (s *docxStyles) heading(id string) (heading int) {
	s.inherit(id, func(style *docxStyle) bool {
		level, err := strconv.Atoi(style.outline)
		switch number, named := strings.CutPrefix(style.name, "heading "); {
		case err == nil && level < 9:
			heading = level + 1
		case named:
			heading = 1
			if n, err := strconv.Atoi(number); err == nil && n >= 1 && n <= 9 {
				heading = n
			}
		case style.name == "title":
			heading = 1
		}
		return heading > 0 || style.outline != ""
	})
	return min(heading, 6)
}

func (s *docxStyles) numbering(id string) (numID, level string) {
	s.inherit(id, func(style *docxStyle) bool {
		if level == "" {
			level = style.level
		}
		numID = style.numID
		return style.numberingSeen
	})
	return numID, level
}

// docxLevel is one level of a list.
type docxLevel struct {
	format, text string
	start        int
}

// docxNumbering reads numbering.xml (ISO/IEC 29500-1, 17.9).
type docxNumbering struct {
	abstract map[string]map[string]*docxLevel
	// instance maps a numId to its abstract list; override holds the levels it starts anew or redefines.
	instance map[string]string
	override map[string]map[string]*docxLevel

	abstractID, numID string
	level             *docxLevel
	overriding        string
}

func (n *docxNumbering) start(element xml.StartElement) {
	value := attribute(element, "val")
	switch element.Name.Local {
	case "abstractNum":
		if n.abstract == nil {
			n.abstract = map[string]map[string]*docxLevel{}
		}
		n.abstractID = attribute(element, "abstractNumId")
		n.abstract[n.abstractID] = map[string]*docxLevel{}
	case "num":
		if n.instance == nil {
			n.instance, n.override = map[string]string{}, map[string]map[string]*docxLevel{}
		}
		n.numID = attribute(element, "numId")
		n.override[n.numID] = map[string]*docxLevel{}
	case "abstractNumId":
		if n.numID != "" {
			n.instance[n.numID] = value
		}
	case "lvlOverride":
		n.overriding = attribute(element, "ilvl")
	case "startOverride":
		if n.numID != "" && n.overriding != "" {
			first, err := strconv.Atoi(value)
			if err == nil {
				n.override[n.numID][n.overriding] = &docxLevel{start: first}
			}
		}
	case "lvl":
		n.level = &docxLevel{start: 1}
		switch {
		case n.numID != "" && n.overriding != "":
			n.override[n.numID][n.overriding] = n.level
		case n.abstractID != "":
			n.abstract[n.abstractID][attribute(element, "ilvl")] = n.level
		}
	case "numFmt":
		if n.level != nil {
			n.level.format = value
		}
	case "lvlText":
		if n.level != nil {
			n.level.text = value
		}
	case "start":
		if first, err := strconv.Atoi(value); n.level != nil && err == nil {
			n.level.start = first
		}
	}
}

func (n *docxNumbering) end(name xml.Name) {
	switch name.Local {
	case "abstractNum":
		n.abstractID = ""
	case "num":
		n.numID = ""
	case "lvlOverride":
		n.overriding = ""
	case "lvl":
		n.level = nil
	}
}
func (n *docxNumbering) text([]byte) {}

// docxLists counts list items and writes their labels.
type docxLists struct {
	styles    *docxStyles
	numbering *docxNumbering
	counters  map[string]*[9]int
	started   map[string]*[9]bool
	restarted map[string]bool
}

func newDOCXLists(styles *docxStyles, numbering *docxNumbering) *docxLists {
	return &docxLists{styles: styles, numbering: numbering, counters: map[string]*[9]int{}, started: map[string]*[9]bool{}, restarted: map[string]bool{}}
}

// label returns the mark of a list item with its indent, as "- " or "  2. ". ok is false for a paragraph outside lists.
func (l *docxLists) label(style, numID, level string) (label string, ok bool) {
	styleNum, styleLevel := l.styles.numbering(style)
	if numID == "" {
		numID = styleNum
	}
	if level == "" {
		level = styleLevel
	}
	// numId 0 takes a paragraph out of the list of its style (17.9.18).
	if numID == "" || numID == "0" {
		return "", false
	}
	depth, err := strconv.Atoi(level)
	if err != nil || depth < 0 || depth > 8 {
		depth = 0
	}
	list := l.level(numID, depth)
	number := l.count(numID, depth)
	indent := strings.Repeat("  ", depth)
	switch {
	case list == nil, list.format == "bullet":
		return indent + "- ", true
	case list.format == "none":
		return "", false
	}
	text := strings.TrimSpace(l.numberText(numID, list, depth, number))
	if text == "" {
		return "", false
	}
	return indent + text + " ", true
}

func (l *docxLists) level(numID string, depth int) *docxLevel {
	key := strconv.Itoa(depth)
	if own := l.numbering.override[numID][key]; own != nil && own.format != "" {
		return own
	}
	return l.numbering.abstract[l.numbering.instance[numID]][key]
}

// count adds one to the counter of this level and resets the deeper ones. Instances of one abstract list go on
// counting together, unless an instance says where it starts.
func (l *docxLists) count(numID string, depth int) int {
	key := l.numbering.instance[numID]
	if key == "" {
		key = "num " + numID
	}
	if l.counters[key] == nil {
		l.counters[key], l.started[key] = &[9]int{}, &[9]bool{}
	}
	counters, started := l.counters[key], l.started[key]
	level := strconv.Itoa(depth)
	if own := l.numbering.override[numID][level]; own != nil && !l.restarted[numID+" "+level] {
		l.restarted[numID+" "+level] = true
		started[depth] = false
	}
	if !started[depth] {
		started[depth] = true
		counters[depth] = l.first(numID, depth)
	} else {
		counters[depth]++
	}
	for deeper := depth + 1; deeper < len(counters); deeper++ {
		started[deeper] = false
	}
	return counters[depth]
}

func (l *docxLists) first(numID string, depth int) int {
	key := strconv.Itoa(depth)
	if own := l.numbering.override[numID][key]; own != nil {
		return own.start
	}
	if level := l.numbering.abstract[l.numbering.instance[numID]][key]; level != nil {
		return level.start
	}
	return 1
}

var levelHole = regexp.MustCompile(`%[1-9]`)

// numberText fills the holes %1 … %9 of a level's pattern with the counters of the levels.
func (l *docxLists) numberText(numID string, list *docxLevel, depth, number int) string {
	key := l.numbering.instance[numID]
	return levelHole.ReplaceAllStringFunc(list.text, func(hole string) string {
		at := int(hole[1] - '1')
		switch {
		case at == depth:
			return formatNumber(number, list.format)
		case at > depth:
			return ""
		}
		format := "decimal"
		if level := l.level(numID, at); level != nil {
			format = level.format
		}
		value := l.first(numID, at)
		if l.started[key] != nil && l.started[key][at] {
			value = l.counters[key][at]
		}
		return formatNumber(value, format)
	})
}

// formatNumber writes a number in the common formats of 17.18.59; the others are written in digits.
func formatNumber(n int, format string) string {
	switch format {
	case "lowerLetter":
		return strings.ToLower(letters(n))
	case "upperLetter":
		return letters(n)
	case "lowerRoman":
		return strings.ToLower(roman(n))
	case "upperRoman":
		return roman(n)
	case "decimalZero":
		if n >= 0 && n < 10 {
			return "0" + strconv.Itoa(n)
		}
	case "ordinal":
		return ordinal(n)
	case "decimalFullWidth", "decimalFullWidth2":
		return fullWidth(strconv.Itoa(n))
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		if n >= 1 && n <= 20 {
			return string(rune('①' + n - 1))
		}
	case "decimalEnclosedParen":
		return "(" + strconv.Itoa(n) + ")"
	case "japaneseCounting", "chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand", "ideographDigital":
		return kanjiNumber(n)
	case "japaneseDigitalTenThousand", "taiwaneseDigital", "koreanDigital2":
		return strings.Map(func(r rune) rune { return []rune("〇一二三四五六七八九")[min(max(r-'0', 0), 9)] }, strconv.Itoa(max(n, 0)))
	case "aiueo", "aiueoFullWidth":
		return signAt("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン", n)
	case "iroha", "irohaFullWidth":
		return signAt("イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン", n)
	}
	return strconv.Itoa(n)
}

// signAt returns the n-th sign, or the number when there are not so many.
func signAt(signs string, n int) string {
	if all := []rune(signs); n >= 1 && n <= len(all) {
		return string(all[n-1])
	}
	return strconv.Itoa(n)
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

func fullWidth(digits string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, digits)
}

// kanjiNumber writes numbers below ten thousand as 二十三 is written.
func kanjiNumber(n int) string {
	if n < 1 || n > 9999 {
		return strconv.Itoa(n)
	}
	var out strings.Builder
	for _, step := range []struct {
		value int
		sign  string
	}{{1000, "千"}, {100, "百"}, {10, "十"}, {1, ""}} {
		digit := n / step.value
		n %= step.value
		if digit > 1 || digit == 1 && step.value == 1 {
			out.WriteRune([]rune("一二三四五六七八九")[digit-1])
		}
		if digit > 0 {
			out.WriteString(step.sign)
		}
	}
	return out.String()
}

// letters counts A … Z, AA, BB … as Word does.
func letters(n int) string {
	if n < 1 || n > 26*20 {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(rune('A'+(n-1)%26)), (n-1)/26+1)
}

func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var out strings.Builder
	for _, step := range []struct {
		value int
		sign  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for n >= step.value {
			out.WriteString(step.sign)
			n -= step.value
		}
	}
	return out.String()
}
