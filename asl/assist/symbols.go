package assist

import (
	"fmt"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
)

// Symbol is a state, or a scope within one.
type Symbol struct {
	Name     string
	Detail   string        // the state's type and where it leads
	Type     asl.StateType // empty for a scope
	Label    asl.Span      // where the name stands
	Whole    asl.Span      // from the name to the end of the state
	Children []Symbol
}

// Symbols lists the states of the definition as they stand within each other. The branches of a Parallel stand between it and
// their states; a Map's states are right below it.
func (v *View) Symbols() []Symbol {
	if len(v.scopes) == 0 || v.scopes[0].kind != check.InMachine {
		return nil
	}
	return symbolsOf(v.scopes[0])
}

func symbolsOf(s *scope) []Symbol {
	var list []Symbol
	for _, st := range s.states {
		symbol := Symbol{Name: st.name, Detail: st.detail(), Type: st.typ, Label: st.node.NameSpan()}
		symbol.Whole = asl.Span{Start: symbol.Label.Start, End: st.node.Span.End}
		for _, inner := range st.inner {
			children := symbolsOf(inner)
			if inner.kind != check.InBranch {
				symbol.Children = append(symbol.Children, children...)
				continue
			}
			branch := Symbol{Name: fmt.Sprintf("Branches[%d]", inner.index), Whole: inner.node.Span, Label: inner.node.Span, Children: children}
			branch.Label.End = branch.Label.Start
			symbol.Children = append(symbol.Children, branch)
		}
		list = append(list, symbol)
	}
	return list
}

// detail says in a few words what a state is and where it leads.
func (s *state) detail() string {
	words := string(s.typ)
	if next, ok := text(s.node.Member("Next")); ok {
		words += " → " + next
	} else if s.node.Member("End") != nil {
		words += ", end"
	}
	return words
}
