package coverage

import (
	"fmt"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/graph"
)

// Marks lets package graph draw the definition with what is covered in green and what is not in red:
//
//	svg := graph.Options{Marks: profile.Marks()}.SVG(machine)
//
// A state of whose retriers only some were used is amber, and says how many: ↻ 1/2.
func (p *Profile) Marks() graph.Marks { return marks{p} }

type marks struct{ p *Profile }

func (m marks) hit(kind engine.DecisionKind, location string, index int) graph.Mark {
	i, ok := m.p.index[engine.Decision{Kind: kind, State: location, Index: index}]
	switch {
	case !ok:
		return graph.Unmarked
	case m.p.hits[i].Load() > 0:
		return graph.Covered
	}
	return graph.Missed
}

func (m marks) State(location string) (graph.Mark, string) {
	switch mark := m.hit(engine.EnteredState, location, 0); mark {
	case graph.Covered:
	case graph.Missed:
		return mark, "not covered"
	default:
		return mark, ""
	}
	used, all := 0, 0
	for ; ; all++ {
		retrier := m.hit(engine.TookRetrier, location, all)
		if retrier == graph.Unmarked {
			break
		}
		if retrier == graph.Covered {
			used++
		}
	}
	if used < all {
		return graph.Partly, fmt.Sprintf("%d/%d", used, all)
	}
	return graph.Covered, ""
}

func (m marks) Transition(location string, e asl.Edge) graph.Mark {
	kind := map[asl.EdgeKind]engine.DecisionKind{
		asl.EdgeNext: engine.TookNext, asl.EdgeChoice: engine.TookRule, asl.EdgeDefault: engine.TookDefault, asl.EdgeCatch: engine.TookCatcher,
	}[e.Kind]
	return m.hit(kind, location, e.Index)
}
