package graph

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// Mermaid gives the definition as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html), which GitHub and GitLab
// draw within Markdown.
func Mermaid(m *asl.Machine) string { return Options{}.Mermaid(m) }

// Mermaid gives the definition as the function of that name does.
func (o Options) Mermaid(m *asl.Machine) string {
	w := &mermaidWriter{}
	w.line(0, "flowchart TD")
	w.scope(o.scope(asl.TopScope(m), ""), 1)
	for _, class := range []string{
		"start fill:#37474f,stroke:#37474f,color:#fff",
		"choice fill:#fff8e1,stroke:#f9a825,color:#000",
		"succeed fill:#e8f5e9,stroke:#2e7d32,color:#000",
		"fail fill:#ffebee,stroke:#c62828,color:#000",
		"missing fill:#fff,stroke:#c62828,color:#c62828,stroke-dasharray:4 3",
	} {
		if name, _, _ := strings.Cut(class, " "); strings.Contains(w.b.String(), ":::"+name) {
			w.line(1, "classDef %s", class)
		}
	}
	for _, m := range []Mark{Covered, Partly, Missed} {
		if ids := w.marked[m]; len(ids) > 0 {
			w.line(1, "classDef %s fill:%s,stroke:%s,color:#000", m, markFill[m], markLine[m])
			w.line(1, "class %s %s", strings.Join(ids, ","), m)
		}
		if edges := w.markedEdges[m]; len(edges) > 0 {
			w.line(1, "linkStyle %s stroke:%s", strings.Join(edges, ","), markLine[m])
		}
	}
	return w.b.String()
}

type mermaidWriter struct {
	b     strings.Builder
	next  int // number of the next id
	edges int

	marked, markedEdges [Missed + 1][]string // ids of nodes, numbers of edges
}

func (w *mermaidWriter) line(level int, format string, args ...any) {
	w.b.WriteString(strings.Repeat("  ", level))
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

func (w *mermaidWriter) id() string {
	w.next++
	return fmt.Sprintf("n%d", w.next)
}

// scope writes the nodes and edges of a scope. A state that holds scopes is a subgraph, to which edges may lead too.
func (w *mermaidWriter) scope(s *scope, level int) {
	ids := make([]string, len(s.nodes))
	for i, n := range s.nodes {
		ids[i] = w.id()
		w.marked[n.mark] = append(w.marked[n.mark], ids[i])
		if len(n.scopes) == 0 {
			w.line(level, "%s", mermaidNode(ids[i], n))
			continue
		}
		w.line(level, "subgraph %s[\"%s\"]", ids[i], mermaidLabel(n.name+" · "+n.detail))
		for _, inner := range n.scopes {
			title := inner.title
			if title == "" {
				title = " "
			}
			w.line(level+1, "subgraph %s[\"%s\"]", w.id(), mermaidLabel(title))
			w.scope(inner, level+2)
			w.line(level+1, "end")
		}
		w.line(level, "end")
	}
	for _, e := range s.edges {
		arrow := "-->"
		if e.dashed {
			arrow = "-.->"
		}
		if len(e.labels) > 0 {
			arrow += "|\"" + mermaidLabel(strings.Join(labelLinesOf(e.labels), "\n")) + "\"|"
		}
		w.line(level, "%s %s %s", ids[e.from], arrow, ids[e.to])
		w.markedEdges[e.mark] = append(w.markedEdges[e.mark], strconv.Itoa(w.edges))
		w.edges++
	}
}

func mermaidNode(id string, n *node) string {
	label := mermaidLabel(n.name + "\n" + n.detail)
	switch n.kind {
	case startNode:
		return id + "(( )):::start"
	case endNode:
		return id + "((( ))):::start"
	case missingNode:
		return fmt.Sprintf("%s[\"%s\"]:::missing", id, label)
	case nodeKind(asl.TypeChoice):
		return fmt.Sprintf("%s{\"%s\"}:::choice", id, label)
	case nodeKind(asl.TypeSucceed):
		return fmt.Sprintf("%s([\"%s\"]):::succeed", id, label)
	case nodeKind(asl.TypeFail):
		return fmt.Sprintf("%s([\"%s\"]):::fail", id, label)
	case nodeKind(asl.TypePass):
		return fmt.Sprintf("%s(\"%s\")", id, label)
	}
	return fmt.Sprintf("%s[\"%s\"]", id, label)
}

// mermaidEscapes are the characters that Mermaid, or the HTML that it makes, would read as something else.
var mermaidEscapes = strings.NewReplacer(`#`, "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;", "`", "#96;", `\`, "#92;", "*", "#42;", "_", "#95;", "~", "#126;")

func mermaidLabel(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = printable(line); line != "" || text == " " {
			lines = append(lines, mermaidEscapes.Replace(line))
		}
	}
	return strings.Join(lines, "<br/>")
}
