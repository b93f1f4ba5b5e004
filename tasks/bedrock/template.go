package bedrock

import (
	"fmt"
	"strings"
)

// Hole says what an argument of States.Format stands for.
type Hole string

// The holes of templates.
const (
	HoleFence Hole = "fence" // the tag, as Fence returns it for the text
	HoleText  Hole = "text"
	HolePart  Hole = "part"  // a number from 1
	HoleParts Hole = "parts" // how many parts there are
)

// Template is the user's message of a prompt, ready for the first argument of
// States.Format: its holes are {}, and every quote, brace and backslash of its own is
// escaped (Amazon States Language, "Intrinsic functions": \' \{ \} \\).
// The system instruction of the step goes with it as plain text: System(step).
type Template struct {
	Text string
	// Holes names the holes in order. The fence stands in three of them.
	Holes []Hole
}

// FormatTemplate returns the user's message of a whole document as a template, with the
// holes fence, fence, text, fence.
func FormatTemplate(step Step) Template { return newTemplate(step, false) }

// FormatPartTemplate returns the user's message for one part of a long document, with
// the holes fence, part, parts, fence, text, fence.
func FormatPartTemplate(step Step) Template { return newTemplate(step, true) }

// newTemplate does not depend on the step today: what differs is in the system
// instruction. The parameter keeps callers right when a step gets words of its own.
func newTemplate(_ Step, part bool) Template {
	var t Template
	literal := func(s string) { t.Text += escapeFormat(s) }
	hole := func(h Hole) { t.Text += "{}"; t.Holes = append(t.Holes, h) }

	literal(tagLine)
	hole(HoleFence)
	literal("\n")
	if part {
		pieces := strings.Split(partLine, "%s")
		literal(pieces[0])
		hole(HolePart)
		literal(pieces[1])
		hole(HoleParts)
		literal(pieces[2])
	}
	literal("\n<")
	hole(HoleFence)
	literal(">\n")
	hole(HoleText)
	literal("\n</")
	hole(HoleFence)
	literal(">\n\n" + closingLine)
	return t
}

// Expression returns the whole States.Format call, for a member whose name ends in
// ".$". paths gives the argument for every hole: a path such as "$.text", or a number.
func (t Template) Expression(paths map[Hole]string) (string, error) {
	var b strings.Builder
	b.WriteString("States.Format('" + t.Text + "'")
	for _, h := range t.Holes {
		path := paths[h]
		if path == "" {
			return "", fmt.Errorf("no path for the hole %q; the template has the holes %v", h, t.Holes)
		}
		b.WriteString(", " + path)
	}
	b.WriteString(")")
	return b.String(), nil
}

var formatEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, `{`, `\{`, `}`, `\}`)

// escapeFormat makes text a literal part of a States.Format template.
func escapeFormat(text string) string { return formatEscapes.Replace(text) }
