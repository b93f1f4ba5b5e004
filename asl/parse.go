package asl

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Limits of what is parsed. AWS takes definitions of at most 1,048,576 characters, which are no more than MaxTextSize bytes.
const (
	MaxTextSize  = 4 << 20 // bytes of a text; a larger one is refused unread
	MaxProblems  = 1000    // problems of syntax, and problems of fields, that are kept; the text is read to its end all the same
	MaxExpansion = 100_000 // nodes that the aliases of a YAML text may add
)

// Parse reads a definition: YAML when the file's name ends in .yaml or .yml, JSON when it ends in .json, and else what the
// text looks like. It never fails as a whole: what is wrong is in the document's Problems.
func Parse(filename string, text []byte) *Document {
	if formatOf(filename, text) == FormatYAML {
		return ParseYAML(filename, text)
	}
	return ParseJSON(filename, text)
}

// ParseJSON reads a definition in JSON (RFC 8259). It goes on after errors of syntax, and reads what others call JSON
// (comments, trailing commas, single quotes), with a problem for each. CloudFormation's substitutions may stand unquoted where
// a number should be, as in `"TimeoutSeconds": ${Timeout}`.
func ParseJSON(filename string, text []byte) *Document {
	return parseDocument(filename, text, FormatJSON, readJSON)
}

// ParseYAML reads a definition in YAML 1.2's core schema: `yes` and dates are strings. Aliases and merge keys (`<<`) are
// expanded; the short forms of CloudFormation's functions become the long ones, `!Sub x` {"Fn::Sub": "x"}.
func ParseYAML(filename string, text []byte) *Document {
	return parseDocument(filename, text, FormatYAML, readYAML)
}

// ParseData reads a text that is no definition but lies beside one, such as a file of mocks, in the same way: the document has
// no Machine, and its Problems are those of syntax and of duplicate names.
func ParseData(filename string, text []byte) *Document {
	read, format := readJSON, formatOf(filename, text)
	if format == FormatYAML {
		read = readYAML
	}
	d := readDocument(filename, text, format, read)
	sortProblems(d.Problems)
	return d
}

func parseDocument(filename string, text []byte, format Format, read func(*source) *Node) *Document {
	d := readDocument(filename, text, format, read)
	d.decode()
	return d
}

// decode makes the document's machine.
func (d *Document) decode() {
	var problems []Problem
	d.Machine, problems = Decode(d.Root)
	d.Problems = append(d.Problems, problems...)
	sortProblems(d.Problems)
}

func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Span.Start.Offset - b.Span.Start.Offset })
}

// readDocument reads the text into nodes.
func readDocument(filename string, text []byte, format Format, read func(*source) *Node) *Document {
	d := &Document{Filename: filename, Text: string(text), Format: format}
	s := &source{index: newTextIndex("")}
	if len(text) > MaxTextSize {
		s.problem(BrokenSyntax, 0, 0, "the text has %d bytes; at most %d (MaxTextSize) are read", len(text), MaxTextSize)
		d.Problems = s.problems
		return d
	}
	s = &source{text: d.Text, index: newTextIndex(d.Text)}
	d.Root = read(s)
	d.Problems = s.problems
	return d
}

func formatOf(filename string, text []byte) Format {
	switch strings.ToLower(filepath.Ext(filename)) {
	case ".yaml", ".yml":
		return FormatYAML
	case ".json":
		return FormatJSON
	}
	head := strings.TrimLeft(strings.TrimPrefix(string(text[:min(len(text), 4096)]), byteOrderMark), " \t\r\n")
	if strings.HasPrefix(head, "---") || strings.HasPrefix(head, "#") || strings.HasPrefix(head, "%YAML") {
		return FormatYAML
	}
	// A YAML mapping starts with a name and a colon. JSON's names have quotes and stand within a brace.
	name, _, found := strings.Cut(head, ":")
	if found && name != "" && !strings.ContainsAny(name, "{}[]\"'/\r\n") {
		return FormatYAML
	}
	return FormatJSON
}

// source is a text that is being read, and the problems met so far.
type source struct {
	text     string
	index    *textIndex
	problems []Problem
	locate   func(Position) Position // of what messages name, where that is not the text's own; or nil
}

// shown is a position as messages name it.
func (s *source) shown(p Position) Position {
	if s.locate != nil {
		return s.locate(p)
	}
	return p
}

// problem notes what is wrong between two byte offsets.
func (s *source) problem(kind ProblemKind, start, end int, format string, args ...any) {
	if len(s.problems) >= MaxProblems {
		return
	}
	s.problems = append(s.problems, Problem{Kind: kind, Span: s.index.span(start, end), Message: fmt.Sprintf(format, args...)})
}

// duplicates notes each member of an object whose name an earlier member has too, and marks the object.
func (s *source) duplicates(object *Node) {
	note := func(m NodeMember, first Span) {
		object.repeats = true
		if len(s.problems) < MaxProblems {
			first := s.shown(first.Start)
			s.problems = append(s.problems, Problem{Kind: DuplicateName, Node: m.Value, Span: m.NameSpan, Message: fmt.Sprintf(
				"%q is in this object already, at %d:%d; only the last one counts", m.Name, first.Line, first.Column)})
		}
	}
	const fewMembers = 12 // up to which a scan beats a map
	if len(object.Members) <= fewMembers {
		for i, m := range object.Members {
			for _, earlier := range object.Members[:i] {
				if earlier.Name == m.Name {
					note(m, earlier.NameSpan)
					break
				}
			}
		}
		return
	}
	first := make(map[string]Span, len(object.Members))
	for _, m := range object.Members {
		if span, dup := first[m.Name]; dup {
			note(m, span)
			continue
		}
		first[m.Name] = m.NameSpan
	}
}

// adopt makes child the value of parent's member of that name.
func (n *Node) adopt(name string, nameSpan Span, child *Node) {
	child.Parent, child.name, child.index = n, name, len(n.Members)
	if n.Members == nil {
		n.Members = make([]NodeMember, 0, 4) // most objects have a few
	}
	n.Members = append(n.Members, NodeMember{Name: name, NameSpan: nameSpan, Value: child})
}

// adoptItem makes child the last item of parent.
func (n *Node) adoptItem(child *Node) {
	child.Parent, child.index = n, len(n.Items)
	n.Items = append(n.Items, child)
}

// article gives a kind with its article for messages: "a string", "an object".
func article(k value.Kind) string {
	switch k {
	case value.KindNull:
		return "null"
	case value.KindArray, value.KindObject:
		return "an " + k.String()
	}
	return "a " + k.String()
}
