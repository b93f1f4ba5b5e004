package graph

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// svgStyle is the drawing's style sheet. Viewers without style sheets show black on white all the same.
const svgStyle = `
text{font-family:Helvetica,Arial,"Noto Sans","Noto Sans CJK JP",sans-serif;fill:#1b262c;text-anchor:middle}
.name{font-size:13px;font-weight:600}
.detail{font-size:10px;fill:#546e7a}
.edge{fill:none;stroke:#455a64;stroke-width:1.3}
.catch{stroke:#c62828;stroke-dasharray:5 3}
.label{font-size:11px;fill:#37474f}
.label.catch{fill:#c62828;stroke:none}
.node{fill:#fff;stroke:#546e7a;stroke-width:1.3}
.Task{fill:#e3f2fd;stroke:#1565c0}
.Choice{fill:#fff8e1;stroke:#f9a825}
.Wait{fill:#f3e5f5;stroke:#7b1fa2}
.Succeed{fill:#e8f5e9;stroke:#2e7d32}
.Fail{fill:#ffebee;stroke:#c62828}
.Parallel,.Map{fill:#fafafa;stroke:#546e7a}
.missing{stroke:#c62828;stroke-dasharray:4 3}
.scope{fill:#fff;stroke:#90a4ae;stroke-dasharray:3 3}
.mark{fill:#37474f}
`

// markStyle is added to it when there are marks.
var markStyle = func() string {
	var b strings.Builder
	for _, m := range []Mark{Covered, Partly, Missed} {
		fmt.Fprintf(&b, ".edge.%[1]s{stroke:%[2]s}\n.label.%[1]s{fill:%[2]s}\n.node.%[1]s{fill:%[3]s;stroke:%[2]s}\n", m, markLine[m], markFill[m])
	}
	return b.String() + ".edge.missed,.node.missed{stroke-width:2.2}\n"
}()

// SVG draws the definition, top to bottom, with a layout of its own. The picture needs no script and loads nothing.
func SVG(m *asl.Machine) string { return Options{}.SVG(m) }

// SVG draws the definition as the function of that name does.
func (o Options) SVG(m *asl.Machine) string {
	d := layOut(o.scope(asl.TopScope(m), ""))
	w := &svgWriter{}
	w.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">`, d.width, d.height, d.width, d.height)
	w.printf("<title>%s</title>", svgEscape(title(m)))
	style, markers := svgStyle, []svgMarker{{"arrow", "#455a64"}, {"catch", "#c62828"}}
	if o.Marks != nil {
		style += markStyle
		for _, m := range []Mark{Covered, Partly, Missed} {
			markers = append(markers, svgMarker{m.String(), markLine[m]})
		}
	}
	w.printf("<style>%s</style>", style)
	for _, marker := range markers {
		w.printf(`<marker id="%s" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 1L10 5L0 9z" fill="%s"/></marker>`,
			marker.id, marker.color)
	}
	w.printf(`<rect width="%d" height="%d" fill="#fff"/>`, d.width, d.height)
	w.drawing(d, 0, 0)
	w.printf("</svg>")
	return w.b.String()
}

// svgMarker is an arrow head.
type svgMarker struct{ id, color string }

func title(m *asl.Machine) string {
	if m.Comment != "" {
		return printable(m.Comment)
	}
	return "State machine"
}

type svgWriter struct{ b strings.Builder }

func (w *svgWriter) printf(format string, args ...any) {
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

// drawing writes a drawing with its corner at x, y: boxes, then edges, then labels, so that labels are on top.
func (w *svgWriter) drawing(d *drawing, x, y int) {
	if d.title != "" {
		w.printf(`<text class="detail" x="%d" y="%d" style="text-anchor:start">%s</text>`, x+padding, y+padding+4, svgEscape(printable(d.title)))
	}
	for i := range d.nodes {
		w.node(&d.nodes[i], x, y)
	}
	for _, p := range d.paths {
		w.path(p, x, y)
	}
	for _, l := range d.labels {
		class := l.look.class("label")
		w.printf("<g>")
		w.printf("<title>%s</title>", svgEscape(printable(strings.Join(l.full, " or "))))
		w.printf(`<rect x="%d" y="%d" width="%d" height="%d" fill="#fff" fill-opacity="0.9"/>`, x+l.x-l.width/2, y+l.y, l.width, len(l.lines)*edgeLine)
		for i, line := range l.lines {
			w.printf(`<text class="%s" x="%d" y="%d">%s</text>`, class, x+l.x, y+l.y+i*edgeLine+edgeLine-3, svgEscape(line))
		}
		w.printf("</g>")
	}
}

func (w *svgWriter) node(n *placedNode, x, y int) {
	left, top := x+n.x, y+n.y
	middle := left + n.width/2
	w.printf("<g>")
	switch n.kind {
	case startNode, endNode:
		w.printf(`<circle class="mark" cx="%d" cy="%d" r="%d"/>`, middle, top+n.height/2, n.height/2-2)
		if n.kind == endNode {
			w.printf(`<circle cx="%d" cy="%d" r="%d" fill="none" stroke="#37474f" stroke-width="1.3"/>`, middle, top+n.height/2, n.height/2)
			w.printf(`<circle cx="%d" cy="%d" r="%d" fill="#fff"/>`, middle, top+n.height/2, n.height/2-5)
		}
		w.printf("</g>")
		return
	case nodeKind(asl.TypeChoice):
		right, bottom, half := left+n.width, top+n.height, top+n.height/2
		w.printf(`<path class="%s" d="M%d %dL%d %dL%d %dL%d %dL%d %dL%d %dz"/>`,
			n.class(), left, half, left+tip, top, right-tip, top, right, half, right-tip, bottom, left+tip, bottom)
	default:
		radius := 6
		if n.kind == nodeKind(asl.TypeSucceed) || n.kind == nodeKind(asl.TypeFail) {
			radius = n.height / 2
		}
		w.printf(`<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="%d"/>`, n.class(), left, top, n.width, n.height, radius)
	}
	w.printf("<title>%s</title>", svgEscape(nodeTitle(n.node)))
	for i, line := range n.lines {
		w.printf(`<text class="name" x="%d" y="%d">%s</text>`, middle, top+lineHeight+3+i*lineHeight, svgEscape(line))
	}
	w.printf(`<text class="detail" x="%d" y="%d">%s</text>`, middle, top+lineHeight+len(n.lines)*lineHeight+1, svgEscape(n.detail))
	w.printf("</g>")
	for _, inner := range n.inner {
		w.printf(`<rect class="scope" x="%d" y="%d" width="%d" height="%d" rx="4"/>`, x+inner.x, y+inner.y, inner.width, inner.height)
		w.drawing(inner.drawing, x+inner.x, y+inner.y)
	}
}

// class is the class of a node's box.
func (n *node) class() string {
	return strings.TrimSuffix("node "+svgClass(n.kind)+" "+n.mark.String(), " ")
}

// class is the class of an edge, or of its label.
func (l look) class(base string) string {
	if l.dashed {
		base += " catch"
	}
	return strings.TrimSuffix(base+" "+l.mark.String(), " ")
}

// svgClass is the class of a kind of node; the Type of an unknown state may hold anything.
func svgClass(kind nodeKind) string {
	for _, t := range asl.StateTypes() {
		if kind == nodeKind(t) {
			return string(t)
		}
	}
	return string(missingNode)
}

// path writes an edge. Where it moves sideways between two rows it bends like an S.
func (w *svgWriter) path(p path, x, y int) {
	var b strings.Builder
	for i, to := range p.points {
		if i == 0 {
			fmt.Fprintf(&b, "M%d %d", x+to.x, y+to.y)
			continue
		}
		from := p.points[i-1]
		switch {
		case from == to:
		case from.x == to.x:
			fmt.Fprintf(&b, "V%d", y+to.y)
		case from.y == to.y:
			fmt.Fprintf(&b, "H%d", x+to.x)
		default:
			middle := y + (from.y+to.y)/2
			fmt.Fprintf(&b, "C%d %d %d %d %d %d", x+from.x, middle, x+to.x, middle, x+to.x, y+to.y)
		}
	}
	class, marker := p.look.class("edge"), "arrow"
	switch {
	case p.look.mark != Unmarked:
		marker = p.look.mark.String()
	case p.look.dashed:
		marker = "catch"
	}
	end := ""
	if p.arrow {
		end = fmt.Sprintf(` marker-end="url(#%s)"`, marker)
	}
	w.printf(`<path class="%s" d="%s"%s/>`, class, b.String(), end)
}

var svgEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// svgEscape writes a text that went through printable as XML.
func svgEscape(text string) string { return svgEscapes.Replace(strings.ToValidUTF8(text, "\ufffd")) }
