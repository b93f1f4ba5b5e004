package graph

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// DOT gives the definition as a directed graph in Graphviz's language (https://graphviz.org/doc/info/lang.html). Parallel and
// Map states are clusters.
func DOT(m *asl.Machine) string { return Options{}.DOT(m) }

// DOT gives the definition as the function of that name does.
func (o Options) DOT(m *asl.Machine) string {
	w := &dotWriter{}
	w.line(0, "digraph definition {")
	w.line(1, `graph [compound=true, fontname="Helvetica", fontsize=12, nodesep=0.4, ranksep=0.45]`)
	w.line(1, `node [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica", fontsize=12]`)
	w.line(1, `edge [fontname="Helvetica", fontsize=10]`)
	w.scope(o.scope(asl.TopScope(m), ""), 1)
	w.line(0, "}")
	return w.b.String()
}

type dotWriter struct {
	b    strings.Builder
	next int
}

func (w *dotWriter) line(level int, format string, args ...any) {
	w.b.WriteString(strings.Repeat("  ", level))
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

func (w *dotWriter) id() int {
	w.next++
	return w.next
}

// dotPlace is where edges of a node begin and end: at the node itself, or, for a cluster, at nodes within it.
type dotPlace struct {
	first, last string
	cluster     string // "" for a plain node
}

// scope writes a scope, and returns the places of its nodes.
func (w *dotWriter) scope(s *scope, level int) []dotPlace {
	places := make([]dotPlace, len(s.nodes))
	for i, n := range s.nodes {
		id := w.id()
		if len(n.scopes) == 0 {
			name := fmt.Sprintf("n%d", id)
			places[i] = dotPlace{first: name, last: name}
			attributes := dotNode(n)
			if n.mark != Unmarked {
				attributes += fmt.Sprintf(`, color=%q, fillcolor=%q`, markLine[n.mark], markFill[n.mark])
			}
			w.line(level, "%s [%s]", name, attributes)
			continue
		}
		places[i].cluster = fmt.Sprintf("cluster%d", id)
		w.line(level, "subgraph %s {", places[i].cluster)
		line := "#546e7a"
		if n.mark != Unmarked {
			line = markLine[n.mark]
		}
		w.line(level+1, `label=%s; style="rounded"; color=%q`, dotQuote(n.name+"\n"+n.detail), line)
		for j, inner := range n.scopes {
			w.line(level+1, "subgraph cluster%d {", w.id())
			w.line(level+2, `label=%s; style="rounded,dashed"; color="#90a4ae"`, dotQuote(inner.title))
			within := w.scope(inner, level+2)
			if j == 0 {
				places[i].first = within[0].first
				places[i].last = within[len(within)-1].last
			}
			w.line(level+1, "}")
		}
		w.line(level, "}")
	}
	for _, e := range s.edges {
		var attributes []string
		if len(e.labels) > 0 {
			attributes = append(attributes, "label="+dotQuote(strings.Join(labelLinesOf(e.labels), "\n")))
		}
		if e.dashed {
			attributes = append(attributes, "style=dashed")
		}
		if e.mark != Unmarked {
			attributes = append(attributes, fmt.Sprintf("color=%q", markLine[e.mark]))
		} else if e.dashed {
			attributes = append(attributes, `color="#c62828"`)
		}
		if c := places[e.from].cluster; c != "" && e.from != e.to {
			attributes = append(attributes, "ltail="+c)
		}
		if c := places[e.to].cluster; c != "" && e.from != e.to {
			attributes = append(attributes, "lhead="+c)
		}
		text := ""
		if len(attributes) > 0 {
			text = " [" + strings.Join(attributes, ", ") + "]"
		}
		w.line(level, "%s -> %s%s", places[e.from].last, places[e.to].first, text)
	}
	return places
}

func dotNode(n *node) string {
	label := "label=" + dotQuote(n.name+"\n"+n.detail)
	switch n.kind {
	case startNode:
		return `label="", shape=circle, width=0.2, fillcolor="#37474f"`
	case endNode:
		return `label="", shape=doublecircle, width=0.15, fillcolor="#37474f"`
	case missingNode:
		return label + `, style="rounded,dashed", color="#c62828", fontcolor="#c62828"`
	case nodeKind(asl.TypeChoice):
		return label + `, shape=hexagon, style=filled, fillcolor="#fff8e1"`
	case nodeKind(asl.TypeSucceed):
		return label + `, fillcolor="#e8f5e9"`
	case nodeKind(asl.TypeFail):
		return label + `, fillcolor="#ffebee"`
	}
	return label
}

// dotQuote writes a text as a DOT string, in which lines are centred.
func dotQuote(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = printable(line); line != "" {
			lines = append(lines, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(line))
		}
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
