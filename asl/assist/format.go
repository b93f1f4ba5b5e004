package assist

import (
	"errors"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// The reasons why a text is not laid out anew.
var (
	ErrNoFormat     = errors.New("YAML is left as it is: its comments and ways of writing would be lost")
	ErrFormatBroken = errors.New("the text has errors of syntax, or two members of one name in an object; correct them first")
)

// Format lays a JSON text out: one member or item a line, each level by one indent further. The order of members and the text of
// numbers stay.
func Format(doc *asl.Document, indent string) (string, error) {
	if doc.Format != asl.FormatJSON {
		return "", ErrNoFormat
	}
	if doc.Root == nil || slices.ContainsFunc(doc.Problems, func(p asl.Problem) bool { return p.Kind == asl.BrokenSyntax || p.Kind == asl.DuplicateName }) {
		return "", ErrFormatBroken
	}
	before := doc.Root.ToValue()
	lines := strings.Split(value.Indent(before), "\n")
	for i, line := range lines {
		content := strings.TrimLeft(line, " ")
		lines[i] = strings.Repeat(indent, (len(line)-len(content))/2) + content
	}
	laidOut := strings.Join(lines, "\n") + "\n"
	if strings.Contains(doc.Text, "\r\n") {
		laidOut = strings.ReplaceAll(laidOut, "\n", "\r\n")
	}
	after := asl.ParseJSON(doc.Filename, []byte(laidOut))
	if after.Root == nil || newView(after).broken() || value.Compact(after.Root.ToValue()) != value.Compact(before) {
		return "", ErrFormatBroken
	}
	return laidOut, nil
}
