package asl

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/value"
)

// jsonReader reads JSON into nodes and goes on after every error. Each step moves forward, so the time is linear in the text.
type jsonReader struct {
	*source
	pos     int
	depth   int
	objects int // open objects around the place
	arrays  int // open arrays around the place
	stopped bool
}

func readJSON(s *source) *Node {
	r := &jsonReader{source: s}
	if strings.HasPrefix(s.text, byteOrderMark) {
		r.pos = len(byteOrderMark)
		r.problem(BrokenSyntax, 0, r.pos, "the text starts with a byte order mark (U+FEFF); JSON has none")
	}
	r.space()
	if r.pos >= len(r.text) {
		r.problem(BrokenSyntax, r.pos, r.pos, "the text is empty; a definition is a JSON object")
		return nil
	}
	root := r.value()
	r.space()
	if r.pos < len(r.text) && !r.stopped {
		r.problem(BrokenSyntax, r.pos, r.pos+r.runeSize(), "%s after the end of the value; a text holds one definition", r.found())
	}
	return root
}

// space skips white space and comments.
func (r *jsonReader) space() {
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		case '/':
			if !r.comment() {
				return
			}
		case '#':
			r.lineComment()
		case 0xC2, 0xE2, 0xE3, 0xEF: // may begin a Unicode blank, which editors and web pages bring in unseen
			c, size := utf8.DecodeRuneInString(r.text[r.pos:])
			if !unicode.IsSpace(c) && c != '\ufeff' && c != '\u200b' {
				return
			}
			r.problem(BrokenSyntax, r.pos, r.pos+size, "the character U+%04X between values; JSON's white space is blank, tab and line end", c)
			r.pos += size
		default:
			return
		}
	}
}

const noComments = "a comment; AWS takes no comments in a definition, its Comment fields serve instead"

func (r *jsonReader) comment() bool {
	rest := r.text[r.pos:]
	switch {
	case strings.HasPrefix(rest, "//"):
		r.lineComment()
	case strings.HasPrefix(rest, "/*"):
		start := r.pos
		if end := strings.Index(rest[2:], "*/"); end >= 0 {
			r.pos += end + 4
			r.problem(BrokenSyntax, start, r.pos, noComments)
			return true
		}
		r.pos = len(r.text)
		r.problem(BrokenSyntax, start, start+2, noComments+"; this one has no */")
	default:
		return false
	}
	return true
}

func (r *jsonReader) lineComment() {
	start := r.pos
	if end := strings.IndexAny(r.text[r.pos:], "\r\n"); end >= 0 {
		r.pos += end
	} else {
		r.pos = len(r.text)
	}
	r.problem(BrokenSyntax, start, r.pos, noComments)
}

// value reads one value. Where none stands it notes a problem and returns a broken null without moving on.
func (r *jsonReader) value() *Node {
	if r.pos >= len(r.text) {
		return r.missing("the text ends where a value should be")
	}
	rest := r.text[r.pos:]
	switch c := rest[0]; {
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '"' || c == '\'':
		start := r.pos
		text := r.str()
		return r.scalar(value.String(text), start)
	case c == '-' || c == '+' || c == '.' || '0' <= c && c <= '9':
		return r.number()
	case strings.HasPrefix(rest, "${"):
		return r.hole()
	case isWordStart(rest):
		return r.word()
	case c == ',' || c == '}' || c == ']' || c == ':':
		return r.missing(fmt.Sprintf("%s where a value should be", r.found()))
	}
	start := r.pos
	n := r.missing(fmt.Sprintf("%s where a value should be", r.found()))
	r.skipJunk()
	n.Span = r.index.span(start, r.pos)
	return n
}

func (r *jsonReader) scalar(v value.Value, start int) *Node {
	return &Node{Kind: v.Kind(), Value: v, Span: r.index.span(start, r.pos)}
}

// missing makes the node of a value that is not there.
func (r *jsonReader) missing(message string) *Node {
	r.problem(BrokenSyntax, r.pos, r.pos+r.runeSize(), "%s", message)
	n := r.scalar(value.Null{}, r.pos)
	n.broken = true
	return n
}

// object reads from '{' to its '}', or to where the object must have ended.
func (r *jsonReader) object() *Node {
	n := &Node{Kind: value.KindObject}
	start := r.pos
	r.pos++
	if !r.enter() {
		n.Span = r.index.span(start, r.pos)
		return n
	}
	r.objects++
	n.Span.Start = r.index.at(start)
	comma := start // where the comma before this place is; below 0 when a comma is missing, start when none is needed
	for {
		r.space()
		if r.pos >= len(r.text) {
			r.unclosed(start, "object", '}')
			break
		}
		c := r.text[r.pos]
		if c == '}' || c == ']' && r.arrays > 0 {
			if comma > start {
				r.problem(BrokenSyntax, comma, comma+1, "a comma after the last member; JSON has commas only between members")
			}
			if c == ']' {
				r.problem(BrokenSyntax, r.pos, r.pos+1, "']' where '}' should be, which ends the object from %s", r.place(start))
			} else {
				r.pos++
			}
			break
		}
		if c == ',' {
			r.problem(BrokenSyntax, r.pos, r.pos+1, "a comma where a member name should be")
			r.pos++
			continue
		}
		if comma < 0 && (c == '"' || c == '\'' || isWordStart(r.text[r.pos:])) {
			at := n.Members[len(n.Members)-1].Value.Span.End.Offset
			r.problem(BrokenSyntax, at, at, "a comma is missing between two members")
		}
		if !r.member(n) {
			comma = start
			continue
		}
		comma = -1
		r.space()
		if r.pos < len(r.text) && (r.text[r.pos] == ',' || r.text[r.pos] == ';') {
			if r.text[r.pos] == ';' {
				r.problem(BrokenSyntax, r.pos, r.pos+1, "';' where ',' should be")
			}
			comma = r.pos
			r.pos++
		}
	}
	r.objects--
	r.depth--
	n.Span.End = r.index.at(r.pos)
	r.duplicates(n)
	return n
}

// member reads a name, a colon and a value; false when there is no name, after which it has skipped something.
func (r *jsonReader) member(n *Node) bool {
	start := r.pos
	var name string
	switch c := r.text[r.pos]; {
	case c == '"' || c == '\'':
		name = r.str()
	case isWordStart(r.text[r.pos:]):
		name = r.letters()
		r.problem(BrokenSyntax, start, r.pos, "the name %s needs double quotes", name)
	default:
		r.problem(BrokenSyntax, r.pos, r.pos+r.runeSize(), "%s where a member name in double quotes should be", r.found())
		r.skipJunk()
		return false
	}
	nameEnd := r.pos
	nameSpan := r.index.span(start, nameEnd)
	r.space()
	var child *Node
	switch {
	case r.pos < len(r.text) && (r.text[r.pos] == ':' || r.text[r.pos] == '='):
		if r.text[r.pos] == '=' {
			r.problem(BrokenSyntax, r.pos, r.pos+1, "'=' where ':' should be")
		}
		r.pos++
		r.space()
		child = r.value()
	case r.pos < len(r.text) && strings.IndexByte("{[\"", r.text[r.pos]) >= 0 && !strings.ContainsAny(r.text[nameEnd:r.pos], "\r\n"):
		r.problem(BrokenSyntax, nameEnd, nameEnd, "':' is missing after the name %q", name)
		child = r.value()
	default:
		at := r.pos
		r.pos = nameEnd
		child = r.missing(fmt.Sprintf("':' and a value are missing after the name %q", name))
		r.pos = at
	}
	n.adopt(name, nameSpan, child)
	return true
}

// array reads from '[' to its ']', or to where the array must have ended.
func (r *jsonReader) array() *Node {
	n := &Node{Kind: value.KindArray}
	start := r.pos
	r.pos++
	if !r.enter() {
		n.Span = r.index.span(start, r.pos)
		return n
	}
	r.arrays++
	n.Span.Start = r.index.at(start)
	comma := start // as in object
	for {
		r.space()
		if r.pos >= len(r.text) {
			r.unclosed(start, "array", ']')
			break
		}
		c := r.text[r.pos]
		if c == ']' || c == '}' && r.objects > 0 {
			if comma > start {
				r.problem(BrokenSyntax, comma, comma+1, "a comma after the last item; JSON has commas only between items")
			}
			if c == '}' {
				r.problem(BrokenSyntax, r.pos, r.pos+1, "'}' where ']' should be, which ends the array from %s", r.place(start))
			} else {
				r.pos++
			}
			break
		}
		if c == ',' || c == ':' || c == '}' {
			r.problem(BrokenSyntax, r.pos, r.pos+1, "%s where an item should be", r.found())
			r.pos++
			continue
		}
		if comma < 0 {
			at := n.Items[len(n.Items)-1].Span.End.Offset
			r.problem(BrokenSyntax, at, at, "a comma is missing between two items")
		}
		comma = -1
		n.adoptItem(r.value())
		r.space()
		if r.pos < len(r.text) && r.text[r.pos] == ',' {
			comma = r.pos
			r.pos++
		}
	}
	r.arrays--
	r.depth--
	n.Span.End = r.index.at(r.pos)
	return n
}

// enter counts a level of nesting. Below the limit nothing is read any more.
func (r *jsonReader) enter() bool {
	if r.depth >= value.MaxDepth {
		r.problem(BrokenSyntax, r.pos-1, r.pos, "nested deeper than %d levels (value.MaxDepth); the rest is not read", value.MaxDepth)
		r.pos = len(r.text)
		r.stopped = true
		return false
	}
	r.depth++
	return true
}

func (r *jsonReader) unclosed(start int, kind string, closer byte) {
	if !r.stopped {
		r.problem(BrokenSyntax, r.pos, r.pos, "the text ends where %q should be, which ends the %s from %s", closer, kind, r.place(start))
	}
}

func (r *jsonReader) place(offset int) string {
	p := r.shown(r.index.at(offset))
	return fmt.Sprintf("%d:%d", p.Line, p.Column)
}

// found describes what stands at the current place.
func (r *jsonReader) found() string {
	if r.pos >= len(r.text) {
		return "the end of the text"
	}
	c, size := utf8.DecodeRuneInString(r.text[r.pos:])
	if c == utf8.RuneError && size == 1 {
		return fmt.Sprintf("byte 0x%02x, which is not UTF-8,", r.text[r.pos])
	}
	return fmt.Sprintf("%q", c)
}

// runeSize is the number of bytes of the character at the current place, 0 at the end.
func (r *jsonReader) runeSize() int {
	_, size := utf8.DecodeRuneInString(r.text[min(r.pos, len(r.text)):])
	return size
}

// skipJunk moves on by at least one character, to the next place where JSON may go on.
func (r *jsonReader) skipJunk() {
	r.pos += r.runeSize()
	for r.pos < len(r.text) && strings.IndexByte(",:{}[]\"' \t\r\n", r.text[r.pos]) < 0 {
		r.pos++
	}
}
