package intrinsic

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// jackson finds what is wrong with a JSON text and says it as the library does by which AWS reads JSON. Places are lines and columns
// in UTF-16 units; pos stands behind what has been read.
//
// Three of its messages, and where they point, are as AWS gave them: github.com/gabrielmoreira/tiny-asl-machine
// tests/conformance/cases/.snapshots/aws/States.StringToJson-011, -012 and -014 (read in 2026-09). The others are those of the same
// library elsewhere.
type jackson struct {
	units           []uint16
	pos             int
	line, lineStart int
	depth           int
}

const (
	jacksonSource = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %d, column: %d]"
	jacksonDepth  = 1000
	jacksonValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)

// jacksonFault is the message about the first fault of a text; it is empty when none is known.
func jacksonFault(text string) string {
	j := &jackson{units: utf16.Encode([]rune(text)), line: 1}
	c, _ := j.next()
	message, back := j.value(c)
	if message == "" {
		return ""
	}
	return message + "\n at " + j.place(j.pos-back)
}

// place names a place as messages do.
func (j *jackson) place(pos int) string {
	return fmt.Sprintf(jacksonSource, j.line, pos-j.lineStart+1)
}

// next reads up to and with the next unit that is no white space.
func (j *jackson) next() (c uint16, ok bool) {
	for j.pos < len(j.units) {
		c = j.units[j.pos]
		j.pos++
		switch c {
		case ' ', '\t':
		case '\r', '\n':
			if c == '\r' && j.pos < len(j.units) && j.units[j.pos] == '\n' {
				j.pos++
			}
			j.line++
			j.lineStart = j.pos
		default:
			return c, true
		}
	}
	return 0, false
}

// describe is how a unit is shown.
func describe(c uint16) string {
	switch {
	case c < 32 || c >= 127 && c < 160:
		return fmt.Sprintf("(CTRL-CHAR, code %d)", c)
	case c > 255:
		return fmt.Sprintf("'%c' (code %d / 0x%x)", c, c, c)
	}
	return fmt.Sprintf("'%c' (code %d)", c, c)
}

// unexpected points at the unit itself, not behind it.
func unexpected(c uint16, comment string) (string, int) {
	return fmt.Sprintf("Unexpected character (%s): %s", describe(c), comment), 1
}

// value reads a value that begins with c. It returns a message, if there is a fault, and how far behind the place that it tells of
// j stands.
func (j *jackson) value(c uint16) (message string, back int) {
	switch {
	case c == '{':
		return j.list("Object", '}', ']')
	case c == '[':
		return j.list("Array", ']', '}')
	case c == '"':
		return j.text(": was expecting closing quote for a string value", "string value")
	case c == '-' || c >= '0' && c <= '9':
		j.number()
		return "", 0
	case identifier(c):
		return j.token(c), 0
	}
	return unexpected(c, "expected a valid value "+jacksonValues)
}

// list reads the rest of an object or array.
func (j *jackson) list(kind string, end, otherEnd uint16) (string, int) {
	start := j.place(j.pos - 1)
	if j.depth++; j.depth > jacksonDepth {
		return fmt.Sprintf("Document nesting depth (%d) exceeds the maximum allowed (%d, from `StreamReadConstraints.getMaxNestingDepth()`)", j.depth, jacksonDepth), 0
	}
	defer func() { j.depth-- }()
	for first := true; ; first = false {
		c, ok := j.next()
		switch {
		case !ok:
			return fmt.Sprintf("Unexpected end-of-input: expected close marker for %s (start marker at %s)", kind, start), 0
		case c == end:
			return "", 0
		case c == otherEnd:
			return fmt.Sprintf("Unexpected close marker '%c': expected '%c' (for %s starting at %s)", c, end, kind, start), 0
		case !first && c != ',':
			return unexpected(c, "was expecting comma to separate "+kind+" entries")
		case !first:
			if c, ok = j.next(); !ok {
				return j.between(kind)
			}
		}
		if kind == "Object" {
			if c != '"' {
				return unexpected(c, "was expecting double-quote to start field name")
			}
			if message, back := j.text(" in field name", "name"); message != "" {
				return message, back
			}
			if c, ok = j.next(); !ok {
				return j.between(kind)
			}
			if c != ':' {
				return unexpected(c, "was expecting a colon to separate field name and value")
			}
			if c, ok = j.next(); !ok {
				return j.between(kind)
			}
		}
		if message, back := j.value(c); message != "" {
			return message, back
		}
	}
}

func (j *jackson) between(kind string) (string, int) {
	return "Unexpected end-of-input within/between " + kind + " entries", 0
}

// text reads the rest of a string.
func (j *jackson) text(end, in string) (string, int) {
	for j.pos < len(j.units) {
		c := j.units[j.pos]
		j.pos++
		switch {
		case c == '"':
			return "", 0
		case c < 32:
			return "Illegal unquoted character (" + describe(c) + "): has to be escaped using backslash to be included in " + in, 0
		case c != '\\':
		case j.pos == len(j.units):
			return "Unexpected end-of-input in character escape sequence", 0
		default:
			if c = j.units[j.pos]; !strings.ContainsRune(`"\/bfnrtu`, rune(c)) {
				j.pos++
				return "Unrecognized character escape " + describe(c), 0
			}
			j.pos++
		}
	}
	return "Unexpected end-of-input" + end, 0
}

func (j *jackson) number() {
	for j.pos < len(j.units) && strings.ContainsRune("0123456789.eE+-", rune(j.units[j.pos])) {
		j.pos++
	}
}

// token reads a word, of which only three are right. (A word that only begins with one of these is shown as far as it is wrong.)
func (j *jackson) token(first uint16) string {
	const longest = 256
	word := []uint16{first}
	for j.pos < len(j.units) && (identifier(j.units[j.pos]) || unicode.IsDigit(rune(j.units[j.pos]))) && len(word) < longest {
		word = append(word, j.units[j.pos])
		j.pos++
	}
	text := string(utf16.Decode(word))
	switch text {
	case "null", "true", "false":
		return ""
	}
	if len(word) == longest {
		text += "..."
	}
	return "Unrecognized token '" + text + "': was expecting " + jacksonValues
}

func identifier(c uint16) bool {
	return c == '$' || c == '_' || unicode.IsLetter(rune(c)) || utf16.IsSurrogate(rune(c))
}
