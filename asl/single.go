package asl

import "github.com/docflow-asl/docflow/asl/value"

// LoneState is the name that AWS gives to a state that TestState gets without a machine around it.
const LoneState = "StateName"

// ParseState reads a single state, as the TestState API takes it, and gives it the form of a machine: the state is LoneState,
// and each state that it may go to is a Succeed. Positions are those in the text. It reads the notations that Parse reads, and
// never fails as a whole.
func ParseState(filename string, text []byte) *Document {
	format, read := FormatJSON, readJSON
	if formatOf(filename, text) == FormatYAML {
		format, read = FormatYAML, readYAML
	}
	return parseDocument(filename, text, format, func(s *source) *Node {
		if state := read(s); state != nil {
			return around(state)
		}
		return nil
	})
}

// around puts a machine around a state.
func around(state *Node) *Node {
	text := func(s string, at Span) *Node { return &Node{Kind: value.KindString, Span: at, Value: value.String(s)} }
	states := &Node{Kind: value.KindObject, Span: state.Span}
	states.adopt(LoneState, state.Span, state)
	known := map[value.String]bool{LoneState: true}
	for _, target := range targets(state) {
		name := target.Value.(value.String)
		if known[name] {
			continue
		}
		known[name] = true
		end := &Node{Kind: value.KindObject, Span: target.Span}
		end.adopt("Type", target.Span, text(string(TypeSucceed), target.Span))
		states.adopt(string(name), target.Span, end)
	}
	machine := &Node{Kind: value.KindObject, Span: state.Span}
	machine.adopt("StartAt", state.Span, text(LoneState, state.Span))
	machine.adopt("States", state.Span, states)
	return machine
}

// targets are the names of the states that a state may go to. They are read off the text: a state of an unknown type has them, too.
func targets(state *Node) []*Node {
	var names []*Node
	add := func(n *Node) {
		if n != nil && n.Kind == value.KindString && n.Value != value.Value(value.String("")) {
			names = append(names, n)
		}
	}
	add(state.Member("Next"))
	add(state.Member("Default"))
	for _, field := range []string{"Choices", "Catch"} {
		if list := state.Member(field); list != nil {
			for _, item := range list.Items {
				add(item.Member("Next"))
			}
		}
	}
	return names
}
