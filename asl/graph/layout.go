package graph

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// Sizes in pixels.
const (
	nameFont   = 13
	detailFont = 10
	edgeFont   = 11
	lineHeight = 16 // of a name's line
	edgeLine   = 14 // of a label's line

	namePixels   = 190 // widest line of a name
	detailPixels = 210
	minWidth     = 96
	markSize     = 18 // diameter of the start and end marks
	tip          = 14 // width of a Choice's pointed sides
	loopWidth    = 22 // of an edge from a state to itself

	columnGap = 26 // between things side by side
	bendGap   = 13 // least height of the space in which edges move sideways
	maxBend   = 54 // greatest height of it
	padding   = 14 // within a box
)

// maxSegments bounds the work for a definition that is one great tangle: edges beyond it are drawn straight, across what is
// in their way.
const maxSegments = 60_000

// drawing is a scope with a place for everything, from its own upper left corner.
type drawing struct {
	title         string
	width, height int
	nodes         []placedNode
	paths         []path
	labels        []placedLabel
}

// placedNode is a node with its box.
type placedNode struct {
	*node
	lines         []string // of its name
	x, y          int      // upper left corner
	width, height int
	inner         []placedDrawing
}

// placedDrawing is a drawing within a node, from the corner of the drawing that the node is in.
type placedDrawing struct {
	*drawing
	x, y int
}

// point is a place on a path.
type point struct{ x, y int }

// path is an edge, or its part up to where it joins another edge to the same target.
type path struct {
	points []point // lines where x stays, curves where it changes
	look   look
	arrow  bool // at the last point
}

// placedLabel is a label, centred at x.
type placedLabel struct {
	lines []string
	full  []string // uncut, one for each transition
	x, y  int      // of the upper middle
	width int
	look  look
}

// layOut places all that a scope holds, first what is within its nodes.
func layOut(s *scope) *drawing {
	d := &drawing{title: s.title, nodes: make([]placedNode, len(s.nodes))}
	for i, n := range s.nodes {
		d.nodes[i] = measure(n)
	}
	newGrid(s, d.nodes).place(d)
	return d
}

// measure gives a node's size, and places what is within it from the node's own corner.
func measure(n *node) placedNode {
	p := placedNode{node: n}
	if n.kind == startNode || n.kind == endNode {
		p.width, p.height = markSize, markSize
		return p
	}
	p.lines = wrap(printable(n.name), nameFont, namePixels, 4)
	p.detail = shorten(printable(n.detail), detailFont, detailPixels)
	p.width = textWidth(p.detail, detailFont)
	for _, line := range p.lines {
		p.width = max(p.width, textWidth(line, nameFont))
	}
	p.width = max(p.width+2*padding, minWidth)
	if n.kind == nodeKind(asl.TypeChoice) {
		p.width += tip
	}
	p.height = len(p.lines)*lineHeight + detailFont + 18
	if len(n.scopes) == 0 {
		return p
	}
	x, below := padding, 0
	for _, s := range n.scopes {
		inner := layOut(s)
		p.inner = append(p.inner, placedDrawing{inner, x, p.height})
		x += inner.width + padding
		below = max(below, inner.height)
	}
	if x < p.width {
		for i := range p.inner {
			p.inner[i].x += (p.width - x) / 2
		}
	}
	p.width = max(p.width, x)
	p.height += below + padding
	return p
}

// labelLinesOf wraps the labels of an edge.
func labelLinesOf(labels []string) []string {
	var lines []string
	for i, label := range labels {
		if i == labelCount {
			return append(lines, "…")
		}
		if i > 0 {
			label = "or " + label
		}
		lines = append(lines, wrap(printable(label), edgeFont, labelPixels, labelLines)...)
	}
	return lines
}

func widest(lines []string, fontSize int) int {
	w := 0
	for _, line := range lines {
		w = max(w, textWidth(line, fontSize))
	}
	return w
}

// backEdges tells which edges lead back to a node that leads to them, so that without them nothing goes in circles. Edges from
// a node to itself are not among them.
func backEdges(s *scope) []bool {
	back := make([]bool, len(s.edges))
	out := outEdges(s)
	const (
		unseen = iota
		open
		done
	)
	state := make([]int, len(s.nodes))
	type frame struct{ node, next int }
	for root := range s.nodes {
		if state[root] != unseen {
			continue
		}
		stack := []frame{{node: root}}
		state[root] = open
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == len(out[f.node]) {
				state[f.node] = done
				stack = stack[:len(stack)-1]
				continue
			}
			e := out[f.node][f.next]
			f.next++
			switch to := s.edges[e].to; {
			case to == s.edges[e].from:
			case state[to] == open:
				back[e] = true
			case state[to] == unseen:
				state[to] = open
				stack = append(stack, frame{node: to})
			}
		}
	}
	return back
}

// outEdges lists the edges of each node; those of catchers come last, so that the plain way decides what leads back.
func outEdges(s *scope) [][]int {
	out := make([][]int, len(s.nodes))
	for _, dashed := range []bool{false, true} {
		for i, e := range s.edges {
			if e.dashed == dashed {
				out[e.from] = append(out[e.from], i)
			}
		}
	}
	return out
}

// ranks gives each node the number of its row: below all that lead to it. Rows of nodes are even; the odd rows between them
// are for labels. The end mark is in the last row.
func ranks(s *scope, back []bool) []int {
	waiting := make([]int, len(s.nodes)) // edges into a node that are not looked at yet
	ends := func(i int) (from, to int, loop bool) {
		e := s.edges[i]
		if back[i] {
			return e.to, e.from, false
		}
		return e.from, e.to, e.from == e.to
	}
	down := make([][]int, len(s.nodes))
	for i := range s.edges {
		if from, to, loop := ends(i); !loop {
			waiting[to]++
			down[from] = append(down[from], to)
		}
	}
	rank := make([]int, len(s.nodes))
	var ready []int
	for i := range s.nodes {
		if waiting[i] == 0 {
			ready = append(ready, i)
			if i > 0 {
				rank[i] = 2 // nothing but the start mark is in the first row
			}
		}
	}
	last := 0
	for len(ready) > 0 {
		n := ready[0]
		ready = ready[1:]
		last = max(last, rank[n])
		for _, to := range down[n] {
			rank[to] = max(rank[to], rank[n]+2)
			if waiting[to]--; waiting[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	if i := len(s.nodes) - 1; s.nodes[i].kind == endNode {
		rank[i] = last
	}
	return rank
}

// nodeTitle is what a viewer shows when the pointer rests on a node.
func nodeTitle(n *node) string {
	return printable(strings.TrimSuffix(n.name+": "+n.comment, ": "))
}
