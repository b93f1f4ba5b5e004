package asl

import (
	"strconv"
	"strings"
)

// Scope is one States object with its StartAt: the machine's own, a Parallel's branch, or a Map's processor.
// Transitions lead only to states of the same scope.
type Scope struct {
	Machine *Machine // the whole definition
	Parent  *Scope   // the scope of Owner; nil for the machine's own
	Owner   State    // the *ParallelState or *MapState that the scope is part of; nil for the machine's own
	Index   int      // which of the Owner's branches the scope is; 0 for the others
	StartAt string
	States  []State
	Source  *Node // of the object that holds States; nil when it was not parsed

	// Pointer is the JSON Pointer (RFC 6901) of the object that holds States: "" for the machine's own, /States/P/Branches/0.
	Pointer string
	// Location is the same place as AWS writes it: "" for the machine's own (where AWS writes "/"), /States/P/Branches[0].
	Location string
}

// StatePointer is the JSON Pointer of a state of the scope, such as /States/P/Branches/0/States/W.
func (s *Scope) StatePointer(state State) string {
	return s.Pointer + "/States/" + escapePointer(state.Common().Name)
}

// StateLocation is the place of a state of the scope as AWS's diagnostics give it, such as /States/P/Branches[0]/States/W.
// Names are not escaped.
func (s *Scope) StateLocation(state State) string {
	return s.Location + "/States/" + state.Common().Name
}

// Depth counts the scopes around this one: 0 for the machine's own.
func (s *Scope) Depth() int {
	n := 0
	for p := s.Parent; p != nil; p = p.Parent {
		n++
	}
	return n
}

// Find returns the scope's state of that name, or nil.
func (s *Scope) Find(name string) State { return FindState(s.States, name) }

// TopScope gives the machine's own scope.
func TopScope(m *Machine) *Scope {
	return &Scope{Machine: m, StartAt: m.StartAt, States: m.States, Source: m.Source}
}

// Within gives the scopes that a state of this scope holds: a Parallel's branches, a Map's ItemProcessor and Iterator (of
// which a definition has one).
func (s *Scope) Within(state State) []*Scope {
	var scopes []*Scope
	add := func(index int, startAt string, states []State, source *Node, pointer, location string) {
		scopes = append(scopes, &Scope{
			Machine: s.Machine, Parent: s, Owner: state, Index: index, StartAt: startAt, States: states, Source: source,
			Pointer: s.StatePointer(state) + pointer, Location: s.StateLocation(state) + location,
		})
	}
	switch state := state.(type) {
	case *ParallelState:
		for i, b := range state.Branches {
			if b != nil {
				at := strconv.Itoa(i)
				add(i, b.StartAt, b.States, b.Source, "/Branches/"+at, "/Branches["+at+"]")
			}
		}
	case *MapState:
		if p := state.ItemProcessor; p != nil {
			add(0, p.StartAt, p.States, p.Source, "/ItemProcessor", "/ItemProcessor")
		}
		if p := state.Iterator; p != nil {
			add(0, p.StartAt, p.States, p.Source, "/Iterator", "/Iterator")
		}
	}
	return scopes
}

// Walk visits every state of every scope in the definition's order: a state before the states within it, and those before
// its next sibling.
func Walk(m *Machine, visit func(*Scope, State)) {
	WalkScopes(m, func(*Scope) {}, visit)
}

// WalkScopes is Walk that also visits every scope, before the states of the scope. Scopes without states are visited too.
func WalkScopes(m *Machine, enter func(*Scope), visit func(*Scope, State)) {
	var walk func(*Scope)
	walk = func(scope *Scope) {
		enter(scope)
		for _, state := range scope.States {
			visit(scope, state)
			for _, inner := range scope.Within(state) {
				walk(inner)
			}
		}
	}
	walk(TopScope(m))
}

// EdgeKind says what makes a transition happen.
type EdgeKind string

// The kinds of transitions.
const (
	EdgeNext    EdgeKind = "Next"
	EdgeChoice  EdgeKind = "Choice"  // the Next of a choice rule
	EdgeDefault EdgeKind = "Default" // of a Choice state
	EdgeCatch   EdgeKind = "Catch"   // the Next of a catcher
)

// Edge is a transition from a state to another of the same scope.
type Edge struct {
	Kind   EdgeKind
	Target string // the name of the state to go to, which may not exist
	Index  int    // of the rule in Choices or the catcher in Catch; 0 for the others
	Node   *Node  // of the text that names the target; nil when the state was not parsed
}

// Transitions lists the transitions that a state names, in the order in which they are looked at: a Choice's rules before its
// Default, Next before catchers.
func Transitions(s State) []Edge {
	var edges []Edge
	add := func(kind EdgeKind, target string, index int, source *Node, field string) {
		if target != "" {
			edges = append(edges, Edge{Kind: kind, Target: target, Index: index, Node: source.Member(field)})
		}
	}
	if choice, ok := s.(*ChoiceState); ok {
		for i, rule := range choice.Choices {
			add(EdgeChoice, rule.Next, i, rule.Source, "Next")
		}
		add(EdgeDefault, choice.Default, 0, choice.Source, "Default")
	}
	if t := TransitionOf(s); t != nil {
		add(EdgeNext, t.Next, 0, s.Common().Source, "Next")
	}
	if handling := ErrorHandlingOf(s); handling != nil {
		for i, catcher := range handling.Catch {
			add(EdgeCatch, catcher.Next, i, catcher.Source, "Next")
		}
	}
	return edges
}

// TransitionOf returns the Next and End of a state that may have them, else nil.
func TransitionOf(s State) *Transition {
	switch s := s.(type) {
	case *PassState:
		return &s.Transition
	case *TaskState:
		return &s.Transition
	case *WaitState:
		return &s.Transition
	case *ParallelState:
		return &s.Transition
	case *MapState:
		return &s.Transition
	}
	return nil
}

// ErrorHandlingOf returns the Retry and Catch of a state that may have them, else nil.
func ErrorHandlingOf(s State) *ErrorHandling {
	switch s := s.(type) {
	case *TaskState:
		return &s.ErrorHandling
	case *ParallelState:
		return &s.ErrorHandling
	case *MapState:
		return &s.ErrorHandling
	}
	return nil
}

// Terminal tells whether a state ends its scope: a Succeed, a Fail, or a state with End.
func Terminal(s State) bool {
	if t := TransitionOf(s); t != nil {
		return t.End
	}
	return s.Type() == TypeSucceed || s.Type() == TypeFail
}

func escapePointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
