package check

import (
	"slices"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/shape"
)

// Knowledge is what the data flow of a definition tells, for those who show it.
type Knowledge struct {
	flow *flow
}

// StateKnowledge is what is known at one state.
type StateKnowledge struct {
	State     string
	Reached   bool         // whether some way leads here
	Input     *shape.Shape // the state's raw input
	Result    *shape.Shape // of its work, before its fields choose from it; shape.Never where nothing comes of it
	Output    *shape.Shape // what the next state gets; of a Choice, by any of its ways
	Context   *shape.Shape // the context object
	Variables []Variable   // that the state sees, by name
}

// Variable is what is known of a variable.
type Variable struct {
	Name     string
	Shape    *shape.Shape
	Presence shape.Presence
}

// Known computes the data flow of a definition. It never fails: what cannot be known is shape.Any.
func Known(doc *asl.Document, opts Options) *Knowledge { return &Knowledge{newPass(doc, opts).flow()} }

// State tells what is known at the state of that name; ok is false when there is none.
func (k *Knowledge) State(name string) (known StateKnowledge, ok bool) {
	for _, s := range k.flow.p.states {
		if s.name == name {
			return k.at(k.flow.states[s]), true
		}
	}
	return StateKnowledge{}, false
}

func (k *Knowledge) at(sf *stateFlow) StateKnowledge {
	if k.flow.gaveUp {
		return StateKnowledge{State: sf.state.name, Reached: true}
	}
	known := StateKnowledge{State: sf.state.name, Reached: sf.reached, Input: sf.in.data, Result: sf.result, Output: sf.out, Context: k.flow.scopes[sf.state.scope].context}
	for _, name := range sortedNames(sf.in.vars.names) {
		v := sf.in.vars.names[name]
		known.Variables = append(known.Variables, Variable{name, v.shape, v.presence})
	}
	return known
}

// Value tells what a path, a call or an expression gives whose text stands at an offset of the source: the state that it is in, its node and
// its value. ok is false where there is none, or where no way leads.
func (k *Knowledge) Value(offset int) (s StateKnowledge, node *asl.Node, v *shape.Shape, ok bool) {
	i := slices.IndexFunc(k.flow.p.uses, func(u *use) bool {
		_, known := k.flow.values[u.node]
		return known && u.node.Span.Start.Offset <= offset && offset < u.node.Span.End.Offset
	})
	if i < 0 || k.flow.gaveUp {
		return StateKnowledge{}, nil, shape.Any, false
	}
	u := k.flow.p.uses[i]
	return k.at(k.flow.states[u.state]), u.node, k.flow.values[u.node], true
}
