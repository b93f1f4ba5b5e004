package text

import (
	"encoding/xml"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mathReader writes equations of Office Math (ISO/IEC 29500-1, 22.1) on one line, as Word's own linear format does:
// (a+b)/2, x^2, √(x), ∑_(i=1)^n i.
type mathReader struct {
	// depth counts open equations.
	depth int
	// after is how long the paragraph was at the end of the last one.
	after   int
	objects []mathObject
	// open are the arguments that are being read; the first has no object around it.
	open []*strings.Builder
}

type mathObject struct {
	kind string
	// sign, before, after and between are the characters that the object's properties set.
	sign, before, after, between string
	arguments                    map[string][]string
	rows                         []string
}

const deepestMath = 100

func isMathObject(local string) bool {
	switch local {
	case "f", "d", "nary", "rad", "sSup", "sSub", "sSubSup", "sPre", "func", "limLow", "limUpp", "acc", "bar", "groupChr", "m", "eqArr", "box", "borderBox", "phant":
		return true
	}
	return false
}

func isMathArgument(local string) bool {
	switch local {
	case "e", "num", "den", "sup", "sub", "deg", "lim", "fName":
		return true
	}
	return false
}

func (m *mathReader) start(local string, element xml.StartElement) {
	switch {
	case isMathObject(local):
		object := mathObject{kind: local, before: "(", after: ")", between: "|", arguments: map[string][]string{}}
		if local == "nary" {
			object.sign = "∫"
		}
		m.objects = append(m.objects, object)
	case len(m.objects) == 0:
	case isMathArgument(local):
		m.open = append(m.open, &strings.Builder{})
	case local == "chr":
		m.objects[len(m.objects)-1].sign = attribute(element, "val")
	case local == "begChr":
		m.objects[len(m.objects)-1].before = attribute(element, "val")
	case local == "endChr":
		m.objects[len(m.objects)-1].after = attribute(element, "val")
	case local == "sepChr":
		m.objects[len(m.objects)-1].between = attribute(element, "val")
	}
}

// write takes text of an argument; it says false when the text stands outside of any.
func (m *mathReader) write(data []byte) bool {
	if len(m.open) == 0 {
		return false
	}
	m.open[len(m.open)-1].Write(data)
	return true
}

// end returns what is to be written outside of all objects.
func (m *mathReader) end(local string) string {
	n := len(m.objects)
	switch {
	case local == "oMath":
		m.depth--
	case n == 0:
	case isMathArgument(local) && len(m.open) > 0:
		argument := m.open[len(m.open)-1].String()
		m.open = m.open[:len(m.open)-1]
		m.objects[n-1].arguments[local] = append(m.objects[n-1].arguments[local], argument)
	case local == "mr":
		object := &m.objects[n-1]
		object.rows = append(object.rows, strings.Join(object.arguments["e"], " & "))
		object.arguments["e"] = nil
	case local == m.objects[n-1].kind:
		written := m.objects[n-1].String()
		m.objects = m.objects[:n-1]
		if len(m.open) == 0 || n > deepestMath {
			return written
		}
		m.open[len(m.open)-1].WriteString(written)
	}
	return ""
}

func (o *mathObject) argument(name string) string { return strings.Join(o.arguments[name], "") }

// String writes a finished object.
func (o *mathObject) String() string {
	base := o.argument("e")
	script := func(mark, name string) string {
		if value := o.argument(name); value != "" {
			return mark + grouped(value)
		}
		return ""
	}
	switch o.kind {
	case "f":
		return grouped(o.argument("num")) + "/" + grouped(o.argument("den"))
	case "d":
		return o.before + strings.Join(o.arguments["e"], o.between) + o.after
	case "nary":
		return o.sign + script("_", "sub") + script("^", "sup") + " " + base
	case "rad":
		return o.argument("deg") + "√" + grouped(base)
	case "sSup", "sSub", "sSubSup":
		return grouped(base) + script("_", "sub") + script("^", "sup")
	case "sPre":
		return script("_", "sub") + script("^", "sup") + base
	case "func":
		if strings.HasPrefix(base, "(") {
			return o.argument("fName") + base
		}
		return o.argument("fName") + " " + base
	case "limLow":
		return base + script("_", "lim")
	case "limUpp":
		return base + script("^", "lim")
	case "m":
		return strings.Join(o.rows, "; ")
	case "eqArr":
		return strings.Join(o.arguments["e"], "; ")
	}
	return base
}

// grouped puts parentheses around what would not hold together without.
func grouped(s string) string {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) < 2 || strings.HasPrefix(s, "(") && strings.IndexByte(s, ')') == len(s)-1 {
		return s
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		return "(" + s + ")"
	}
	return s
}
