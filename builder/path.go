package builder

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// segment is one step of a path: a member, an item, or all items.
type segment struct {
	name  string
	index int
	kind  segmentKind
}

type segmentKind uint8

const (
	member segmentKind = iota
	item
	allItems
)

// steps is a path within a value: Body.content[0].text has four.
type steps []segment

// parseSteps reads a path as references write it: names divided by dots, [n], [*] and ['a name'].
// The empty text is the whole value.
func parseSteps(text string) (steps, error) {
	var path steps
	rest := text
	if rest != "" && rest[0] != '[' {
		rest = "." + rest
	}
	for rest != "" {
		var s segment
		var err error
		if rest[0] == '.' {
			s, rest, err = parseName(rest[1:])
		} else {
			s, rest, err = parseBracket(rest)
		}
		if err != nil {
			return nil, fmt.Errorf("the path %q: %w", text, err)
		}
		path = append(path, s)
	}
	return path, nil
}

func parseName(rest string) (segment, string, error) {
	end := strings.IndexAny(rest, ".[")
	if end < 0 {
		end = len(rest)
	}
	name := rest[:end]
	if name == "" {
		return segment{}, "", fmt.Errorf("a name is missing before %q", rest)
	}
	for _, r := range name {
		if !nameRune(r) {
			return segment{}, "", fmt.Errorf("%q in a name: write ['%s']", r, name)
		}
	}
	return segment{name: name}, rest[end:], nil
}

func parseBracket(rest string) (segment, string, error) {
	if strings.HasPrefix(rest, "['") {
		name, after, ok := strings.Cut(rest[2:], "']")
		if !ok {
			return segment{}, "", fmt.Errorf("'] is missing after %q", rest)
		}
		if strings.ContainsAny(name, `'\`) || !utf8.ValidString(name) {
			return segment{}, "", fmt.Errorf("quotes, backslashes and broken UTF-8 in a name are not supported: %q", name)
		}
		return segment{name: name}, after, nil
	}
	if rest[0] != '[' {
		return segment{}, "", fmt.Errorf("%q follows a bracket; a dot or a bracket should", rest)
	}
	end := strings.IndexByte(rest, ']')
	if end < 0 {
		return segment{}, "", fmt.Errorf("] is missing after %q", rest)
	}
	inside := rest[1:end]
	if inside == "*" {
		return segment{kind: allItems}, rest[end+1:], nil
	}
	index, err := strconv.ParseUint(inside, 10, 31)
	if err != nil {
		return segment{}, "", fmt.Errorf("[%s] should be an index from 0, [*] or ['a name']", inside)
	}
	return segment{kind: item, index: int(index)}, rest[end+1:], nil
}

// nameRune tells whether a name with the rune can stand after a dot in every JSONPath dialect that we know.
func nameRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// String writes the path to be put after a root: .Body.content[0].text.
func (p steps) String() string {
	var b strings.Builder
	for _, s := range p {
		switch {
		case s.kind == item:
			fmt.Fprintf(&b, "[%d]", s.index)
		case s.kind == allItems:
			b.WriteString("[*]")
		case plainName(s.name):
			b.WriteString("." + s.name)
		default:
			b.WriteString("['" + s.name + "']")
		}
	}
	return b.String()
}

// relative writes the path as references do, without the dot in front.
func (p steps) relative() string { return strings.TrimPrefix(p.String(), ".") }

func plainName(name string) bool {
	for i, r := range name {
		if !nameRune(r) || i == 0 && unicode.IsDigit(r) {
			return false
		}
	}
	return name != ""
}

func (p steps) equal(other steps) bool {
	return len(p) == len(other) && p.hasPrefix(other)
}

func (p steps) hasPrefix(prefix steps) bool {
	if len(p) < len(prefix) {
		return false
	}
	for i := range prefix {
		if p[i] != prefix[i] {
			return false
		}
	}
	return true
}

// then returns the path with more steps, in memory of its own.
func (p steps) then(more ...segment) steps {
	out := make(steps, 0, len(p)+len(more))
	return append(append(out, p...), more...)
}

// reference tells whether the path leads to one place only, as reference paths must.
func (p steps) reference() bool {
	for _, s := range p {
		if s.kind == allItems {
			return false
		}
	}
	return true
}

// parseResultPath reads a ResultPath: $ or $.name.name. Items are left out: AWS writes into arrays only where they exist.
func parseResultPath(text string) (steps, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok || strings.HasPrefix(rest, "$") || rest != "" && rest[0] != '.' && rest[0] != '[' {
		return nil, fmt.Errorf("%q is no place in the state's data; write $ or $.name", text)
	}
	path, err := parseSteps(strings.TrimPrefix(rest, "."))
	if err != nil {
		return nil, err
	}
	for _, s := range path {
		if s.kind != member {
			return nil, fmt.Errorf("%q leads into an array; write $ or $.name", text)
		}
	}
	return path, nil
}
