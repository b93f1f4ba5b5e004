// Package graph draws a definition: as Mermaid text, as Graphviz DOT, and as an SVG with its own layered layout, which needs no
// other program. The same definition always gives the same text.
//
// All three show the same things: each state with its type, choice conditions in a short form on the edges, catchers as
// dashed edges with the names of the errors, a mark (↻) on states that retry, and the branches of a Parallel or the processor
// of a Map as boxes within the state's box. Targets that do not exist are drawn too, marked as missing. Options colour states and
// transitions by what tests covered.
package graph

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// nodeKind tells how a node is drawn: a state's type or one of the kinds below.
type nodeKind string

const (
	startNode   nodeKind = "start"
	endNode     nodeKind = "end"
	missingNode nodeKind = "missing" // a target that no state of the scope has the name of
)

// node is a state, or one of the marks around states.
type node struct {
	kind    nodeKind
	name    string
	detail  string // what is written below the name
	mark    Mark
	comment string
	scopes  []*scope // what a Parallel or Map holds
}

// scope is a graph of nodes: a machine, a branch or a processor. Edges stay within their scope.
type scope struct {
	title string // of a branch or processor, "" for the machine
	nodes []*node
	edges []edge
	index map[edgeKey]int // of edges
}

type edgeKey struct {
	from, to int
	dashed   bool
}

// edge leads from one node of a scope to another; both are indexes into nodes.
type edge struct {
	from, to int
	labels   []string // one for each transition that the edge stands for
	look
}

// scope makes the graph of a scope of a definition.
func (o Options) scope(s *asl.Scope, title string) *scope {
	g := &scope{title: title, nodes: []*node{{kind: startNode}}, index: map[edgeKey]int{}}
	byName := map[string]int{}
	for _, state := range s.States {
		name := state.Common().Name
		if _, twice := byName[name]; !twice {
			byName[name] = len(g.nodes)
		}
		g.nodes = append(g.nodes, o.node(s, state))
	}
	target := func(name string) int {
		i, ok := byName[name]
		if !ok {
			i = len(g.nodes)
			byName[name] = i
			g.nodes = append(g.nodes, &node{kind: missingNode, name: name, detail: "no such state"})
		}
		return i
	}
	if s.StartAt != "" {
		start := target(s.StartAt)
		mark := g.nodes[start].mark
		if mark == Partly { // it was entered
			mark = Covered
		}
		g.connect(0, start, "", look{mark: mark})
	}
	for i, state := range s.States {
		for _, e := range asl.Transitions(state) {
			g.connect(i+1, target(e.Target), edgeLabel(state, e), look{e.Kind == asl.EdgeCatch, o.transition(s.StateLocation(state), e)})
		}
	}
	var ends []int
	for i, state := range s.States {
		if t := asl.TransitionOf(state); t != nil && t.End {
			ends = append(ends, i+1)
		}
	}
	if len(ends) > 0 {
		end := len(g.nodes)
		g.nodes = append(g.nodes, &node{kind: endNode})
		for _, from := range ends {
			g.connect(from, end, "", look{mark: o.transition(s.StateLocation(s.States[from-1]), asl.Edge{Kind: asl.EdgeNext})})
		}
	}
	return g
}

// connect adds an edge, or a label to the edge of the same kind that is there already.
func (g *scope) connect(from, to int, label string, as look) {
	key := edgeKey{from, to, as.dashed}
	i, ok := g.index[key]
	if !ok {
		i = len(g.edges)
		g.index[key] = i
		g.edges = append(g.edges, edge{from: from, to: to, look: as})
	}
	g.edges[i].mark = g.edges[i].mark.and(as.mark)
	if label != "" {
		g.edges[i].labels = append(g.edges[i].labels, label)
	}
}

func (o Options) node(s *asl.Scope, state asl.State) *node {
	common := state.Common()
	n := &node{kind: nodeKind(state.Type()), name: common.Name, detail: detail(state), comment: common.Comment}
	mark, note := o.state(s.StateLocation(state))
	n.mark = mark
	switch {
	case note == "":
	case strings.HasSuffix(n.detail, retries): // ↻ 1/2
		n.detail += " " + note
	default:
		n.detail += " · " + note
	}
	for _, inner := range s.Within(state) {
		title := "processor"
		if _, ok := state.(*asl.ParallelState); ok {
			title = ""
		}
		n.scopes = append(n.scopes, o.scope(inner, title))
	}
	return n
}

// retries marks states that retry.
const retries = "↻"

// detail is the line below a state's name: its type, and what it does in a few words.
func detail(state asl.State) string {
	parts := []string{string(state.Type())}
	switch s := state.(type) {
	case *asl.TaskState:
		if s.Resource != "" {
			parts = append(parts, shortResource(s.Resource))
		}
	case *asl.WaitState:
		switch {
		case s.Seconds.Expression != "":
			parts = append(parts, expression(s.Seconds.Expression))
		case s.Seconds.Text != "":
			parts = append(parts, string(s.Seconds.Text)+" s")
		case s.SecondsPath.Text != "":
			parts = append(parts, s.SecondsPath.Text+" s")
		case s.Timestamp != "":
			parts = append(parts, "until "+expression(s.Timestamp))
		case s.TimestampPath.Text != "":
			parts = append(parts, "until "+s.TimestampPath.Text)
		}
	case *asl.FailState:
		if s.Error != "" {
			parts = append(parts, expression(s.Error))
		} else if s.ErrorPath.Text != "" {
			parts = append(parts, s.ErrorPath.Text)
		}
	case *asl.MapState:
		if s.Distributed() {
			parts = append(parts, "distributed")
		}
	case *asl.UnknownState:
		if s.TypeText == "" {
			parts[0] = "no Type"
		}
	}
	if handling := asl.ErrorHandlingOf(state); handling != nil && len(handling.Retry) > 0 {
		parts = append(parts, retries)
	}
	return strings.Join(parts, " · ")
}
