package graph

import "github.com/docflow-asl/docflow/asl"

// Options say how a definition is drawn. The zero value draws it as Mermaid, DOT and SVG do.
type Options struct {
	// Marks, when set, colours states and transitions by what it knows of them, such as whether tests covered them.
	Marks Marks
}

// Marks knows something of the parts of a definition. Locations are as AWS writes them: /States/P/Branches[0]/States/W.
type Marks interface {
	// State gives the mark of the state at a location, and what is written beside its type; "" for nothing.
	State(location string) (mark Mark, note string)
	// Transition gives the mark of a transition of that state. A state's End is the EdgeNext without a Target.
	Transition(location string, edge asl.Edge) Mark
}

// Mark is how a state or a transition is drawn.
type Mark uint8

// The marks.
const (
	Unmarked Mark = iota
	Covered       // green
	Partly        // amber: some of what it stands for is covered
	Missed        // red
)

// String is the mark's name in style sheets.
func (m Mark) String() string { return [...]string{"", "covered", "partly", "missed"}[m] }

// Colours of the marks, for lines and for what they enclose.
var (
	markLine = [...]string{Covered: "#2e7d32", Partly: "#f9a825", Missed: "#c62828"}
	markFill = [...]string{Covered: "#e8f5e9", Partly: "#fff8e1", Missed: "#ffebee"}
)

// and joins the marks of two transitions that are drawn as one edge.
func (m Mark) and(other Mark) Mark {
	if m == other {
		return m
	}
	return Partly
}

// look is what tells edges apart besides where they lead.
type look struct {
	dashed bool // a catcher's
	mark   Mark
}

// state gives the mark and the note of a state.
func (o Options) state(location string) (Mark, string) {
	if o.Marks == nil {
		return Unmarked, ""
	}
	return o.Marks.State(location)
}

// transition gives the mark of a transition.
func (o Options) transition(location string, e asl.Edge) Mark {
	if o.Marks == nil {
		return Unmarked
	}
	return o.Marks.Transition(location, e)
}
