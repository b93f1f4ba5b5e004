// Package fields reads files of mocks and tests: JSON or YAML of a fixed form, in which every fault has its place.
package fields

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// Reader reads one file and collects its faults.
type Reader struct {
	Filename string
	Root     *asl.Node // nil when there is nothing to read
	faults   []fault
}

type fault struct {
	at   asl.Position
	text string
}

// maxFile is more than any definition, input or test file has.
const maxFile = 16 << 20

// ReadFile reads a file that is not larger than maxFile.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxFile)
	}
	return text, nil
}

// Read parses a text. Of one with broken syntax there is nothing to read.
func Read(filename string, text []byte) *Reader {
	d := asl.ParseData(filename, text)
	r := &Reader{Filename: filename, Root: d.Root}
	if strings.TrimSpace(string(text)) == "" {
		r.Root = nil
		r.faults = []fault{{asl.Position{Line: 1, Column: 1}, "the file is empty"}}
		return r
	}
	for _, p := range d.Problems {
		r.faults = append(r.faults, fault{p.Span.Start, p.Message})
		if p.Kind == asl.BrokenSyntax {
			r.Root = nil
		}
	}
	return r
}

// Where gives the place of a node: file:line:column.
func (r *Reader) Where(n *asl.Node) string { return r.where(n.Span.Start) }

func (r *Reader) where(at asl.Position) string {
	return fmt.Sprintf("%s:%d:%d", r.Filename, at.Line, at.Column)
}

// Errorf notes a fault of a node.
func (r *Reader) Errorf(n *asl.Node, format string, args ...any) {
	r.faults = append(r.faults, fault{n.Span.Start, fmt.Sprintf(format, args...)})
}

// Err joins the faults in the order of their places; nil when there are none.
func (r *Reader) Err() error {
	slices.SortStableFunc(r.faults, func(a, b fault) int { return a.at.Offset - b.at.Offset })
	var errs []error
	for _, f := range r.faults {
		errs = append(errs, fmt.Errorf("%s: %s", r.where(f.at), f.text))
	}
	return errors.Join(errs...)
}

// Fields says what to do with the members of an object.
type Fields map[string]func(*asl.Node)

// Object reads an object of known fields. what names it in faults: "a case".
func (r *Reader) Object(n *asl.Node, what string, fields Fields) {
	r.Each(n, what, func(m asl.NodeMember) {
		if read, known := fields[m.Name]; known {
			read(m.Value)
			return
		}
		r.Unknown(m, what, slices.Sorted(maps.Keys(fields)))
	})
}

// Each reads an object of any names.
func (r *Reader) Each(n *asl.Node, what string, read func(asl.NodeMember)) {
	if n.Kind != value.KindObject {
		r.Errorf(n, "%s is an object, not %s", what, Article(n.Kind))
		return
	}
	last := make(map[string]int, len(n.Members)) // duplicates are told already
	for i, m := range n.Members {
		last[m.Name] = i
	}
	for i, m := range n.Members {
		if last[m.Name] == i {
			read(m)
		}
	}
}

// Unknown notes a member that the object cannot have.
func (r *Reader) Unknown(m asl.NodeMember, what string, known []string) {
	r.faults = append(r.faults, fault{m.NameSpan.Start, fmt.Sprintf("%s has no field %q; %s", what, m.Name, Instead(m.Name, known))})
}

// Instead says what would be right in the place of a name: the one that was most likely meant, or else all.
func Instead(name string, known []string) string {
	if meant := nearest.Name(name, known); meant != "" {
		return fmt.Sprintf("did you mean %q?", meant)
	}
	if len(known) == 0 {
		return "there is none"
	}
	const most = 20
	quoted := make([]string, 0, most)
	for _, k := range known[:min(most, len(known))] {
		quoted = append(quoted, fmt.Sprintf("%q", k))
	}
	list := strings.Join(quoted, ", ")
	if n := len(known) - len(quoted); n > 0 {
		return fmt.Sprintf("there are %s and %d more", list, n)
	}
	if len(known) == 1 {
		return "there is " + list
	}
	return "there are " + list
}

// List reads an array.
func (r *Reader) List(n *asl.Node, what string, read func(i int, item *asl.Node)) {
	if n.Kind != value.KindArray {
		r.Errorf(n, "%s is an array, not %s", what, Article(n.Kind))
		return
	}
	for i, item := range n.Items {
		read(i, item)
	}
}

// String reads a string into a variable.
func (r *Reader) String(what string, to *string) func(*asl.Node) {
	return func(n *asl.Node) {
		s, ok := n.Value.(value.String)
		if !ok {
			r.Errorf(n, "%s is a string, not %s", what, Article(n.Kind))
			return
		}
		*to = string(s)
	}
}

// Count reads an integer that is not below least.
func (r *Reader) Count(what string, least int64, to *int64) func(*asl.Node) {
	return func(n *asl.Node) {
		number, ok := n.Value.(value.Number)
		i, whole := number.Int()
		if !ok || !whole || i < least {
			r.Errorf(n, "%s is a whole number of at least %d", what, least)
			return
		}
		*to = i
	}
}

// Article gives a kind of value with its article.
func Article(k value.Kind) string {
	switch k {
	case value.KindNull:
		return "null"
	case value.KindArray, value.KindObject:
		return "an " + k.String()
	}
	return "a " + k.String()
}
